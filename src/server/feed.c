/* One round: of every log that has been signed further than it was shown, the newest checkpoint goes to each witness in turn, with the proof
 * from the size that witness knows. A checkpoint that enough of them have signed replaces the one that is kept, so what is served is always
 * one checkpoint with all its signatures. The database is read in short transactions, never while a witness is being waited for, so that
 * the write-ahead log can be emptied; a witness that does not answer is asked again later and later. */
#include "server/feed.h"
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "base/log.h"
#include "base/str.h"
#include "server/evlog_inside.h"
#include "server/feed_news.h"
#include "witness/witness.h"

enum { POST_MS = 5000, AGAIN_MS = 1000, AGAIN_MOST_MS = 60000, SILENT_AFTER = 3, LOGS_MOST = 4096 };

/* When to ask again, and how often it went wrong. bad: an event says so. */
struct patience { bool bad; int failures; int64_t not_before; };
struct witness { struct sg_feed_witness is; struct sg_note_key key; struct patience silent; };
/* What each witness has cosigned of a tree, whether it says that this log contradicts itself, and what has been shown to all of them. */
struct mark { struct mark *next; int64_t tree; uint64_t size[SG_FEED_MAX]; struct patience refused[SG_FEED_MAX]; uint64_t shown; };
struct snap { int64_t tree; uint64_t size; char origin[SG_ORIGIN_MAX], note[SG_CHECKPOINT_MAX]; };

struct sg_feed {
    struct sg_feed_opts o;
    char *database;
    struct witness witness[SG_FEED_MAX];
    pthread_t thread;
    bool running;
    atomic_bool stopping;
    pthread_mutex_t lock;
    pthread_cond_t more;
    bool dirty;                              /* under the lock: something was signed */
    struct sg_news_box news;
    void (*wake)(void *ctx); void *ctx;
    struct sg_db db; struct sg_evlog *log;   /* of the feeding thread, as what follows */
    struct mark *marks;
    bool owed;                               /* somebody has not signed what was shown */
};

/* ---- news for the other thread ---------------------------------------------------------------------------------------------------------- */

static void tell(struct sg_feed *f, const struct witness *w, const char *kind, const char *origin, const char *why)
{
    struct sg_news *n = calloc(1, sizeof *n);
    sg_log(SG_LOG_ERROR, "%s: %s, %s: %s", kind, w->is.name, origin, why);
    if (!n) return;
    n->kind = kind;
    if (sg_format(n->args, sizeof n->args, "{\"witness\":\"%s\",\"log\":\"%s\",\"why\":\"%s\"}", w->is.name, origin, why)) {
        sg_news_put(&f->news, n);
        f->wake(f->ctx);
    } else {
        free(n);
    }
}

static void publish(struct sg_feed *f, const struct snap *s, const struct sg_buf *lines)
{
    struct sg_news *n = calloc(1, sizeof *n);
    size_t head = strlen(s->note);
    if (!n || !(n->note = malloc(head + lines->len + 1))) {
        free(n);
        return;
    }
    memcpy(n->note, s->note, head);
    memcpy(n->note + head, lines->data, lines->len + 1);
    n->tree = s->tree;
    n->size = (int64_t)s->size;
    n->at = sg_wall(&f->o.clock);
    sg_news_put(&f->news, n);
}

/* ---- reading the log -------------------------------------------------------------------------------------------------------------------- */

static enum sg_err reading(struct sg_feed *f) { return sg_db_run(&f->db, SG_SQL_READ, ""); }
static void read_end(struct sg_feed *f)
{
    sg_db_rollback(&f->db);
    sg_evlog_forget(f->log);
}

static struct mark *mark_of(struct sg_feed *f, int64_t tree)
{
    struct mark *m = f->marks;
    while (m && m->tree != tree) m = m->next;
    if (m || !(m = calloc(1, sizeof *m))) return m;
    m->tree = tree;
    m->next = f->marks;
    return f->marks = m;
}

static bool behind(const struct sg_feed *f, const struct mark *m, uint64_t size)
{
    for (size_t i = 0; i < f->o.n; i++)
        if (m->size[i] != size) return true;
    return m->shown != size;
}

/* The newest epoch of each log of which somebody has not signed all: rows come by log, then epoch. */
static size_t find_due(struct sg_feed *f, int64_t *tree, size_t cap)
{
    struct { char log[SG_LOG_ID_MAX]; int64_t tree; uint64_t size; } last = {"", 0, 0}, row;
    size_t n = 0;
    bool more = reading(f) == SG_E_OK;
    sqlite3_stmt *st = more ? sg_db_query(&f->db, SG_SQL_LOGS, "") : NULL;
    while (more) {
        more = sg_db_step(&f->db, st) == SG_E_OK;
        memset(&row, 0, sizeof row);
        if (more) {
            row.tree = sqlite3_column_int64(st, 0);
            sg_db_text(st, 1, row.log, sizeof row.log);
            row.size = (uint64_t)sqlite3_column_int64(st, 4);
        }
        struct mark *m = last.tree && !sg_eq(row.log, last.log) ? mark_of(f, last.tree) : NULL;
        if (m && last.size > 0 && n < cap && behind(f, m, last.size)) tree[n++] = last.tree;
        memcpy(&last, &row, sizeof last);
    }
    if (st) (void)sqlite3_reset(st);
    read_end(f);
    return n;
}

static bool snapshot(struct sg_feed *f, int64_t tree, struct snap *s)
{
    struct sg_tree *t = NULL;
    bool ok = reading(f) == SG_E_OK && sg_tree_at(f->log, tree, &t) == SG_E_OK && t->note[0] && sg_tree_origin(f->log, t, s->origin) && SG_COPY(s->note, t->note);
    s->tree = tree;
    s->size = ok ? t->signed_size : 0;
    read_end(f);
    return ok;
}

static bool prove(struct sg_feed *f, const struct snap *s, uint64_t from, struct sg_proof *p)
{
    struct sg_tree *t = NULL;
    p->n = 0;
    bool ok = reading(f) == SG_E_OK && sg_tree_at(f->log, s->tree, &t) == SG_E_OK && sg_tree_consistency(f->log, t, from, s->size, p) == SG_E_OK;
    read_end(f);
    return ok;
}

/* ---- asking a witness ------------------------------------------------------------------------------------------------------------------- */

static void calm(struct sg_feed *f, const struct witness *w, const struct snap *s, struct patience *p)
{
    if (p->bad) tell(f, w, "witness.back", s->origin, "it cosigns again");
    memset(p, 0, sizeof *p);
}

/* Later and later; an event once it has gone wrong often enough. */
static void trouble(struct sg_feed *f, const struct witness *w, const struct snap *s, struct patience *p, int often, const char *kind, const char *why)
{
    int64_t wait = f->o.every_ms;
    for (int i = 0; i < p->failures && wait < AGAIN_MOST_MS; i++) wait *= 2;
    p->not_before = sg_mono(&f->o.clock) + (wait < AGAIN_MOST_MS ? wait : AGAIN_MOST_MS);
    p->failures++;
    if (p->bad || p->failures < often) return;
    p->bad = true;
    tell(f, w, kind, s->origin, why);
}

/* One POST. Its status, 0 when nobody answered. */
static int post(struct sg_feed *f, const struct witness *w, const struct snap *s, uint64_t old, struct sg_buf *answer)
{
    struct sg_witness_ask ask = {.old = old, .note = s->note, .note_len = strlen(s->note)};
    struct sg_error e = {0};
    struct sg_buf body;
    int status = 0;
    sg_buf_init(&body, SG_WITNESS_BODY_MAX);
    sg_buf_reset(answer);
    bool ok = (old == 0 || old == s->size || prove(f, s, old, &ask.proof)) && sg_witness_ask_write(&ask, &body) == SG_E_OK;
    if (ok && sg_witness_post(w->is.url, w->is.ca, &body, POST_MS, &f->stopping, &status, answer, &e) != SG_E_OK)
        sg_log(SG_LOG_DEBUG, "witness %s: %s", w->is.name, e.detail);
    sg_buf_free(&body);
    return status;
}

static bool size_of(const struct sg_buf *answer, uint64_t *size)
{
    return answer->len > 1 && answer->data[answer->len - 1] == '\n' && sg_size_parse(answer->data, answer->len - 1, size);
}

/* Asks until it has signed or is not going to; a 409 says where it stands, and it is asked once more from there. */
static void ask_one(struct sg_feed *f, size_t i, struct mark *m, const struct snap *s, struct sg_buf *lines)
{
    struct witness *w = &f->witness[i];
    struct sg_buf answer;
    uint64_t knows = 0, when = 0;
    sg_buf_init(&answer, SG_NOTE_MAX);
    int status = post(f, w, s, m->size[i], &answer);
    bool moved = status == 409 && size_of(&answer, &knows) && knows != m->size[i];
    if (moved && knows <= s->size) status = post(f, w, s, knows, &answer);
    bool signs = status == 200 && sg_witness_line(s->note, strlen(s->note), answer.data ? answer.data : "", answer.len, &w->key, &when, lines) == SG_E_OK;
    bool against = status == 422 || status == 409;
    if (signs) m->size[i] = s->size;
    if (status != 0) calm(f, w, s, &w->silent);
    if (signs) calm(f, w, s, &m->refused[i]);
    else if (against)
        trouble(f, w, s, &m->refused[i], 1, "witness.refused", knows > s->size ? "it has cosigned more than this log holds" : "it has cosigned another log under this name");
    else if (status != 0)
        trouble(f, w, s, &m->refused[i], SILENT_AFTER, "witness.silent", status == 200 ? "it does not sign with its key" : status == 404 ? "it does not know this log" : "it does not cosign");
    else if (!atomic_load(&f->stopping))
        trouble(f, w, s, &w->silent, SILENT_AFTER, "witness.silent", "it does not answer");
    sg_buf_free(&answer);
}

/* All of them are shown the same checkpoint; those that have signed it before do so again. */
static void show(struct sg_feed *f, int64_t tree)
{
    static const struct snap none;
    struct snap s = none;
    struct sg_buf lines;
    struct mark *m = mark_of(f, tree);
    size_t signatures = 0, before;
    if (!m || !snapshot(f, tree, &s)) return;
    sg_buf_init(&lines, SG_NOTE_MAX);
    for (size_t i = 0; i < f->o.n && !atomic_load(&f->stopping); i++) {
        before = lines.len;
        int64_t now = sg_mono(&f->o.clock);
        if (now >= f->witness[i].silent.not_before && now >= m->refused[i].not_before) ask_one(f, i, m, &s, &lines);
        signatures += lines.len > before;
    }
    if (signatures >= (size_t)f->o.quorum) {
        publish(f, &s, &lines);
        m->shown = s.size;
    }
    f->owed = f->owed || behind(f, m, s.size);
    sg_buf_free(&lines);
}

static void feed_round(struct sg_feed *f)
{
    int64_t *tree = calloc(LOGS_MOST, sizeof *tree);
    size_t n = tree ? find_due(f, tree, LOGS_MOST) : 0;
    f->owed = !tree;
    for (size_t i = 0; i < n && !atomic_load(&f->stopping); i++) show(f, tree[i]);
    free(tree);
}

/* ---- the thread ------------------------------------------------------------------------------------------------------------------------- */

/* Until something was signed, or ms have passed (-1: no limit). */
static void wait_signed(struct sg_feed *f, int64_t ms, bool even_dirty)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ms / 1000;
    until.tv_nsec += ms % 1000 * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    (void)pthread_mutex_lock(&f->lock);
    int rc = 0;
    while (rc == 0 && !atomic_load(&f->stopping) && (even_dirty || !f->dirty))
        rc = ms < 0 ? pthread_cond_wait(&f->more, &f->lock) : pthread_cond_timedwait(&f->more, &f->lock, &until);
    if (!even_dirty) f->dirty = false;
    (void)pthread_mutex_unlock(&f->lock);
}

static void *loop(void *ctx)
{
    struct sg_feed *f = ctx;
    while (!atomic_load(&f->stopping)) {
        feed_round(f);
        wait_signed(f, f->o.every_ms, true);
        wait_signed(f, f->owed ? f->o.every_ms : -1, false);
    }
    return NULL;
}

enum sg_err sg_feed_new(const struct sg_feed_opts *o, struct sg_feed **out, struct sg_error *e)
{
    pthread_condattr_t mono;
    *out = NULL;
    if (o->n == 0) return SG_E_OK;
    struct sg_feed *f = calloc(1, sizeof *f);
    if (!f || !(f->database = strdup(o->database))) {
        free(f);
        return sg_fail(e, SG_E_NOMEM, "", "no memory");
    }
    f->o = *o;
    f->o.database = f->database;
    if (f->o.quorum <= 0 || (size_t)f->o.quorum > o->n) f->o.quorum = (int)o->n;
    if (f->o.every_ms <= 0) f->o.every_ms = AGAIN_MS;
    (void)pthread_mutex_init(&f->lock, NULL);
    sg_news_begin(&f->news);
    (void)pthread_condattr_init(&mono);
    (void)pthread_condattr_setclock(&mono, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&f->more, &mono);
    (void)pthread_condattr_destroy(&mono);
    for (size_t i = 0; i < o->n; i++) {
        struct witness *w = &f->witness[i];
        w->is = o->witness[i];
        if (sg_note_key_parse(w->is.vkey, &w->key, NULL) == SG_E_OK && w->key.type == SG_NOTE_COSIGNATURE && w->is.url[0]) continue;
        enum sg_err err = sg_fail(e, SG_E_INPUT, w->is.name, "a witness needs url and key, the key that sigill-witness --key prints");
        sg_feed_free(f);
        return err;
    }
    *out = f;
    return SG_E_OK;
}

enum sg_err sg_feed_start(struct sg_feed *f, void (*wake)(void *ctx), void *ctx, struct sg_error *e)
{
    if (!f) return SG_E_OK;
    f->wake = wake;
    f->ctx = ctx;
    enum sg_err err = sg_db_open(&f->db, f->database, NULL, e);
    if (err == SG_E_OK) err = sg_evlog_open(&f->db, &f->o.random, NULL, &f->log, e);
    if (err == SG_E_OK && pthread_create(&f->thread, NULL, loop, f) != 0) err = sg_fail(e, SG_E_INTERNAL, "", "no thread");
    f->running = err == SG_E_OK;
    return err;
}

void sg_feed_stop(struct sg_feed *f)
{
    if (!f || !f->running) return;
    (void)pthread_mutex_lock(&f->lock);
    atomic_store(&f->stopping, true);
    (void)pthread_cond_signal(&f->more);
    (void)pthread_mutex_unlock(&f->lock);
    (void)pthread_join(f->thread, NULL);
    f->running = false;
}

void sg_feed_free(struct sg_feed *f)
{
    if (!f) return;
    sg_evlog_close(f->log);
    sg_db_close(&f->db);
    while (f->marks) {
        struct mark *m = f->marks;
        f->marks = m->next;
        free(m);
    }
    sg_news_end(&f->news);
    (void)pthread_cond_destroy(&f->more);
    (void)pthread_mutex_destroy(&f->lock);
    free(f->database);
    free(f);
}

/* ---- called by the thread that appends -------------------------------------------------------------------------------------------------- */

void sg_feed_signed(struct sg_feed *f)
{
    if (!f) return;
    (void)pthread_mutex_lock(&f->lock);
    f->dirty = true;
    (void)pthread_cond_signal(&f->more);
    (void)pthread_mutex_unlock(&f->lock);
}

bool sg_feed_waiting(struct sg_feed *f) { return f && sg_news_waiting(&f->news); }

enum sg_err sg_feed_store(struct sg_feed *f, struct sg_db *db, struct sg_evlog *log)
{
    return f ? sg_news_store(&f->news, db, log, &f->o.clock, &f->o.random) : SG_E_OK;
}

void sg_feed_stored(struct sg_feed *f)
{
    if (f) sg_news_stored(&f->news);
}
