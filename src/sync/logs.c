/* The client as a witness of the event logs. At each sync, and in the full screen whenever the service says that its log grew, the list of
 * logs is read; of each log that grew the newest checkpoint; and of each such checkpoint the proof that it continues the one we kept. Only
 * then it becomes the one we keep. The proof of each own action is fetched and kept with it, and its checkpoint must fit as well.
 *
 * One request at a time. What cannot be asked now is asked later; what does not fit is a FORK: both checkpoints are written to a file
 * beside the queue, nothing is sent any more, and that stays so over restarts until a person has looked (sigill log accept). */
#include "sync/logs.h"
#include "base/base64.h"
#include "base/log.h"
#include "base/str.h"
#include "sync/inside.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LOGS_MOST = 512, LOG_TIMEOUT_MS = 10000, AGAIN_MS = 1000, CALM_MS = 3000, TRIES_MOST = 6 };
struct row { char log[SG_LOG_ID_MAX], origin[SG_ORIGIN_MAX]; uint64_t size; };
struct due { struct due *next; char action[SG_UUID_MAX], event[SG_UUID_MAX]; };
enum step { NOTHING, LIST, CHECKPOINT, CONSISTENCY, PROOF };

struct sg_logs {
    bool wanted, absent, loaded;            /* absent: this service has no logs */
    int64_t not_before, listed_at;          /* mono ms */
    int tries;
    enum step step;                         /* of the request on the wire */
    struct sg_note_key key; bool has_key;
    struct row *row; size_t n, at;          /* list being walked */
    struct sg_view view;                    /* of the log being asked about */
    struct sg_checkpoint shown; char *note; /* what waits for its consistency proof */
    bool keep;                              /* it becomes the one we keep, if it fits */
    struct due *due;
    size_t n_due, unwritten;                /* unwritten: changes of it that the file does not know yet */
    bool forked; char why[SG_DETAIL_MAX];
    int64_t generation;                     /* grows when a person has accepted what looked like a fork: then all views begin anew */
    uint64_t verified; bool new_epoch;      /* sum of the verified sizes of the list so far */
    int64_t total;                          /* the same of the last list that was walked to its end, -1 none */
};

static int64_t mono(const struct sg_engine *g) { return sg_mono(&g->o.clock); }

bool sg_eng_logs_new(struct sg_engine *g)
{
    g->logs = calloc(1, sizeof *g->logs);
    if (g->logs)
        g->logs->total = -1;
    return g->logs != NULL;
}

static void drop_shown(struct sg_logs *l)
{
    free(l->note);
    l->note = NULL;
}

bool sg_eng_forked(const struct sg_engine *g) { return g->logs && g->logs->forked; }

/* Under what a checkpoint is kept. */
static const char *view_key(const struct sg_logs *l, const char *log, char dst[SG_LOG_ID_MAX + 24])
{
    sg_format(dst, SG_LOG_ID_MAX + 24, "%lld/%s", (long long)l->generation, log);
    return dst;
}

/* ---- fork ---- */

static void put_evidence(struct sg_engine *g, const char *text, size_t n)
{
    char path[1024];
    if (g->vfs || !sg_format(path, sizeof path, "%s/fork-%lld.json", g->dir, (long long)sg_eng_now(g)))
        return;
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool ok = fd >= 0 && write(fd, text, n) == (ssize_t)n && fsync(fd) == 0;
    if (fd >= 0)
        (void)close(fd);
    if (!ok)
        sg_log(SG_LOG_ERROR, "the evidence of a fork could not be written: %s", strerror(errno));
}

/* answer: what the service sent last (a list, a checkpoint, a proof), or NULL. */
static void fork_found(struct sg_engine *g, const char *why, const struct sg_http_reply *answer)
{
    struct sg_logs *l = g->logs;
    struct sg_buf text, kept;
    char name[SG_LOG_ID_MAX + 24];
    sg_buf_init(&text, SG_JSON_REPLY.bytes);
    sg_buf_init(&kept, SG_CHECKPOINT_MAX);
    l->forked = true;
    SG_COPY(l->why, why);
    if (l->view.has && sg_store_kept_get(g->store, "checkpoint", view_key(l, l->view.log, name), &kept) != SG_E_OK)
        sg_log(SG_LOG_WARN, "the checkpoint kept here cannot be read");
    cJSON *o = cJSON_CreateObject();
    char key[SG_VKEY_MAX] = "";
    if (l->has_key)
        sg_note_key_print(key, &l->key);
    (void)cJSON_AddStringToObject(o, "why", why);
    (void)cJSON_AddStringToObject(o, "log", l->view.log);
    (void)cJSON_AddStringToObject(o, "key", key);
    (void)cJSON_AddStringToObject(o, "kept", kept.data ? kept.data : "");
    (void)cJSON_AddStringToObject(o, "shown", l->note ? l->note : "");
    (void)cJSON_AddStringToObject(o, "answer", answer && answer->body.data ? answer->body.data : "");
    if (sg_wire_print(o, &text) == SG_E_OK && text.data) {
        put_evidence(g, text.data, text.len);
        if (sg_store_kept_put(g->store, "fork", "", why, strlen(why)) != SG_E_OK)
            sg_log(SG_LOG_ERROR, "a fork could not be noted");
    }
    sg_log(SG_LOG_ERROR, "FORK of the event log: %s", why);
    sg_buf_free(&text);
    sg_buf_free(&kept);
    drop_shown(l);
    g->status_due = true;
}

/* ---- what is kept ---- */

static void read_key(struct sg_engine *g)
{
    struct sg_logs *l = g->logs;
    struct sg_buf b;
    sg_buf_init(&b, SG_VKEY_MAX);
    if (g->log_key)
        l->has_key = sg_note_key_parse(g->log_key, &l->key, NULL) == SG_E_OK;
    else if (sg_store_kept_get(g->store, "log-key", "", &b) == SG_E_OK && b.data)
        l->has_key = sg_note_key_parse(b.data, &l->key, NULL) == SG_E_OK;
    sg_buf_free(&b);
}

static void read_due(struct sg_engine *g)
{
    struct sg_buf b;
    sg_buf_init(&b, SG_JSON_REPLY.bytes);
    if (sg_store_kept_get(g->store, "receipts-due", "", &b) == SG_E_OK && b.data)
        for (char *s = b.data; s[0] && strlen(s) >= 2 * (SG_UUID_MAX - 1) + 2; s += 2 * (SG_UUID_MAX - 1) + 2) {
            char action[SG_UUID_MAX], event[SG_UUID_MAX];
            (void)sg_copyn(action, sizeof action, s, SG_UUID_MAX - 1);
            (void)sg_copyn(event, sizeof event, s + SG_UUID_MAX, SG_UUID_MAX - 1);
            sg_eng_receipt_want(g, action, event);
        }
    sg_buf_free(&b);
}

/* The list is written as a whole, so a long one not at each change, or a queue of thousands would cost the square of it. What a kill
 * takes is only that a proof is fetched twice, or not before somebody looks at the row. */
static void write_due(struct sg_engine *g, bool now)
{
    enum { SHARE = 16 };
    struct sg_buf b;
    if (!now && ++g->logs->unwritten * SHARE < g->logs->n_due)
        return;
    g->logs->unwritten = 0;
    sg_buf_init(&b, SG_JSON_REPLY.bytes);
    for (const struct due *d = g->logs->due; d; d = d->next)
        (void)sg_buf_addf(&b, "%s %s\n", d->action, d->event);
    if (sg_store_kept_put(g->store, "receipts-due", "", b.data ? b.data : "", b.len) != SG_E_OK)
        sg_log(SG_LOG_WARN, "which proofs are still to be fetched could not be noted");
    sg_buf_free(&b);
}

void sg_eng_logs_free(struct sg_engine *g)
{
    struct sg_logs *l = g->logs;
    if (!l)
        return;
    if (l->unwritten && g->store)
        write_due(g, true);
    while (l->due) {
        struct due *d = l->due;
        l->due = d->next;
        free(d);
    }
    drop_shown(l);
    free(l->row);
    free(l);
    g->logs = NULL;
}

static void read_generation(struct sg_engine *g)
{
    struct sg_buf b;
    sg_buf_init(&b, 32);
    if (sg_store_kept_get(g->store, "log-generation", "", &b) != SG_E_OK || !b.data || !sg_parse_i64(b.data, 0, INT64_MAX, &g->logs->generation))
        g->logs->generation = 0;
    sg_buf_free(&b);
}

void sg_eng_logs_load(struct sg_engine *g)
{
    struct sg_logs *l = g->logs;
    struct sg_buf b;
    if (!l || l->loaded || !g->store)
        return;
    l->loaded = true;
    read_generation(g);
    read_key(g);
    sg_buf_init(&b, SG_DETAIL_MAX);
    enum sg_err err = sg_store_kept_get(g->store, "fork", "", &b);
    l->forked = err != SG_E_NOTFOUND;           /* also when it cannot be read: fail closed */
    SG_COPY(l->why, err == SG_E_OK && b.data ? b.data : "");
    sg_buf_free(&b);
    read_due(g);
}

/* The view of one log, from the store. An entry that is damaged is no reason to trust whatever comes. */
static bool open_view(struct sg_engine *g, const char *log)
{
    struct sg_logs *l = g->logs;
    struct sg_buf b;
    struct sg_error e = { 0 };
    char name[SG_LOG_ID_MAX + 24];
    memset(&l->view, 0, sizeof l->view);
    l->view.key = l->key;
    SG_COPY(l->view.log, log);
    sg_buf_init(&b, SG_CHECKPOINT_MAX);
    enum sg_err err = sg_store_kept_get(g->store, "checkpoint", view_key(l, log, name), &b);
    if (err == SG_E_OK)
        l->view.has = b.data && sg_checkpoint_open(b.data, b.len, &l->key, &l->view.last, &e) == SG_E_OK;
    sg_buf_free(&b);
    if (err == SG_E_NOTFOUND || (err == SG_E_OK && l->view.has))
        return true;
    fork_found(g, "the checkpoint kept here was changed, or is signed by another key", NULL);
    return false;
}

static void keep(struct sg_engine *g, const struct sg_checkpoint *c, const char *note)
{
    struct sg_logs *l = g->logs;
    char name[SG_LOG_ID_MAX + 24];
    if (sg_store_kept_put(g->store, "checkpoint", view_key(l, l->view.log, name), note, strlen(note)) != SG_E_OK)
        sg_log(SG_LOG_ERROR, "a checkpoint could not be kept");
    l->view.last = *c;
    l->view.has = true;
}

/* ---- asking ---- */

static bool ask(struct sg_engine *g, enum step step, const char *path, const char *query)
{
    struct sg_http_request rq = { .method = SG_GET };
    if (!SG_COPY(rq.path, path) || !SG_COPY(rq.query, query))
        return false;
    g->logs->step = step;
    return sg_eng_send(g, SG_RQ_LOG, &rq, LOG_TIMEOUT_MS) != NULL;
}

static bool ask_consistency(struct sg_engine *g)
{
    struct sg_logs *l = g->logs;
    uint64_t a = l->view.last.size, b = l->shown.size, epoch = 0;
    char path[256], query[160], log[SG_LOG_ID_MAX];
    if (!sg_origin_parse(l->shown.origin, l->key.name, log, &epoch))
        return false;
    sg_format(path, sizeof path, "/logs/%s/consistency", log);
    sg_format(query, sizeof query, "from=%llu&to=%llu&epoch=%llu", (unsigned long long)(a < b ? a : b), (unsigned long long)(a < b ? b : a), (unsigned long long)epoch);
    return ask(g, CONSISTENCY, path, query);
}

static void list_done(struct sg_engine *g)
{
    struct sg_logs *l = g->logs;
    free(l->row);
    l->row = NULL;
    l->n = l->at = 0;
    l->wanted = false;
    g->status_due = true;
}

/* Also of a log whose size did not change: the list is not signed, and another tree may be as large. */
static bool ask_next_log(struct sg_engine *g)
{
    struct sg_logs *l = g->logs;
    char path[256];
    if (l->at == l->n) {
        l->total = (int64_t)l->verified;
        list_done(g);
        return false;
    }
    sg_format(path, sizeof path, "/logs/%s/checkpoint", l->row[l->at].log);
    return open_view(g, l->row[l->at].log) && ask(g, CHECKPOINT, path, "");
}

static bool ask_receipt(struct sg_engine *g)
{
    char path[256];
    sg_format(path, sizeof path, "/events/%s/proof", g->logs->due->event);
    return ask(g, PROOF, path, "");
}

/* Something is to be asked, now or within the time that a sync waits for. */
bool sg_eng_logs_busy(const struct sg_engine *g)
{
    const struct sg_logs *l = g->logs;
    if (!l || !g->store || l->forked || l->absent || !sg_eng_can_send(g) || l->tries >= TRIES_MOST)
        return false;
    return l->note || l->n > 0 || l->due || l->wanted;
}

int64_t sg_eng_logs_due(const struct sg_engine *g)
{
    return sg_eng_logs_busy(g) && g->n_rq[SG_RQ_LOG] == 0 ? g->logs->not_before : -1;
}

void sg_eng_logs_step(struct sg_engine *g)
{
    struct sg_logs *l = g->logs;
    if (!l || !g->store)
        return;
    sg_eng_logs_load(g);
    if (g->n_rq[SG_RQ_LOG] > 0 || !sg_eng_logs_busy(g) || mono(g) < l->not_before)
        return;
    if (l->note) {
        if (!ask_consistency(g))
            drop_shown(l);
    } else if (l->n > 0) {
        (void)ask_next_log(g);
    } else if (l->due && l->has_key) {
        (void)ask_receipt(g);
    } else {
        l->listed_at = mono(g);
        (void)ask(g, LIST, "/logs", "");
    }
}

void sg_eng_logs_want(struct sg_engine *g, bool now)
{
    struct sg_logs *l = g->logs;
    if (!l)
        return;
    l->wanted = true;
    l->tries = 0;
    if (now)
        l->absent = false;
    else if (l->not_before < l->listed_at + CALM_MS && l->listed_at > 0)
        l->not_before = l->listed_at + CALM_MS;
}

void sg_eng_receipt_want(struct sg_engine *g, const char *action_id, const char *event_id)
{
    struct sg_logs *l = g->logs;
    if (!l || !sg_uuid_valid(event_id) || !sg_uuid_valid(action_id))
        return;
    struct due **at = &l->due;
    for (; *at; at = &(*at)->next)
        if (strcmp((*at)->action, action_id) == 0)
            return;
    if (!(*at = calloc(1, sizeof **at)))
        return;
    SG_COPY((*at)->action, action_id);
    SG_COPY((*at)->event, event_id);
    l->n_due++;
    l->tries = 0;
    if (l->loaded)
        write_due(g, false);
}

/* ---- answers ---- */

static const char *text_of(const cJSON *o, const char *key)
{
    const char *s = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(o, key));
    return s ? s : "";
}

/* The key is the profile's, or the one that was shown at first; another one is no key rotation but a fork. */
static bool take_key(struct sg_engine *g, const char *text, const struct sg_http_reply *r)
{
    struct sg_logs *l = g->logs;
    struct sg_note_key k;
    if (sg_note_key_parse(text, &k, NULL) != SG_E_OK)
        return false;
    if (l->has_key && !sg_note_key_same(&k, &l->key)) {
        fork_found(g, "the service signs its log with another key", r);
        return false;
    }
    if (!l->has_key && g->log_key) {
        fork_found(g, "log_key of the profile is not a verifier key", r);
        return false;
    }
    if (!l->has_key && sg_store_kept_put(g->store, "log-key", "", text, strlen(text)) != SG_E_OK)
        return false;
    l->key = k;
    l->has_key = true;
    return true;
}

/* One row a log: the newest epoch of it. */
static void take_row(struct sg_logs *l, const cJSON *o)
{
    struct row r = { 0 };
    int64_t size = 0;
    uint64_t epoch = 0, other = 0;
    char log[SG_LOG_ID_MAX];
    if (l->n == LOGS_MOST || sg_json_int(o, "size", true, 0, INT64_MAX, &size, NULL) != SG_E_OK || !SG_COPY(r.origin, text_of(o, "origin")) ||
        !sg_origin_parse(r.origin, l->key.name, r.log, &epoch))
        return;
    r.size = (uint64_t)size;
    for (size_t i = 0; i < l->n; i++)
        if (strcmp(l->row[i].log, r.log) == 0) {
            if (sg_origin_parse(l->row[i].origin, l->key.name, log, &other) && other < epoch)
                l->row[i] = r;
            return;
        }
    if (r.size > 0)
        l->row[l->n++] = r;
}

static void on_list(struct sg_engine *g, const cJSON *v, const struct sg_http_reply *r)
{
    struct sg_logs *l = g->logs;
    const cJSON *item;
    free(l->row);
    l->n = l->at = 0;
    l->verified = 0;
    l->row = calloc(LOGS_MOST, sizeof *l->row);
    if (!l->row || !take_key(g, text_of(v, "key"), r)) {
        list_done(g);
        return;
    }
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(v, "logs"))
        take_row(l, item);
    if (l->n == 0)
        list_done(g);
}

/* Judges a checkpoint against the view that is open. False: nothing more to ask about it. */
static bool judge(struct sg_engine *g, const char *note, bool current, const struct sg_http_reply *r)
{
    struct sg_logs *l = g->logs;
    struct sg_error e = { 0 };
    drop_shown(l);
    l->note = strdup(note);
    switch (l->note ? sg_view_judge(&l->view, note, strlen(note), current, &l->shown, &e) : SG_VIEW_SAME) {
    case SG_VIEW_NEW_EPOCH:
        l->new_epoch = true;
        sg_log(SG_LOG_WARN, "the service was restored from an older backup: its log goes on as %s", l->shown.origin);
        if (sg_store_kept_put(g->store, "old-checkpoint", l->view.last.origin, note, strlen(note)) != SG_E_OK)
            sg_log(SG_LOG_WARN, "the last checkpoint of the old log could not be kept");
        keep(g, &l->shown, note);
        drop_shown(l);
        return false;
    case SG_VIEW_FIRST:
        keep(g, &l->shown, note);
        drop_shown(l);
        return false;
    case SG_VIEW_SAME:
        drop_shown(l);
        return false;
    case SG_VIEW_GREW:
        l->keep = true;
        return true;
    case SG_VIEW_EARLIER:
        l->keep = false;
        if (strcmp(l->shown.origin, l->view.last.origin) == 0)
            return true;
        drop_shown(l);
        return false;
    case SG_VIEW_FORK:
        fork_found(g, "the service shows another log than before, or one that goes backwards", r);
        return false;
    case SG_VIEW_BAD:
        fork_found(g, e.detail, r);
        return false;
    }
    return false;
}

static void next_log(struct sg_logs *l)
{
    if (l->at < l->n) {
        l->verified += l->view.last.size;
        l->at++;
    }
}

static void on_checkpoint(struct sg_engine *g, const cJSON *v, const struct sg_http_reply *r)
{
    if (!judge(g, text_of(v, "checkpoint"), true, r) && !g->logs->forked)
        next_log(g->logs);
}

static void on_consistency(struct sg_engine *g, const cJSON *v, const struct sg_http_reply *r)
{
    struct sg_logs *l = g->logs;
    struct sg_proof p;
    if (!l->note)
        return;
    if (!sg_proof_read(v, &p) || !sg_view_proved(&l->view, &l->shown, p.h, p.n)) {
        fork_found(g, "the service cannot prove that its log only grew", r);
        return;
    }
    if (l->keep)
        keep(g, &l->shown, l->note);
    drop_shown(l);
    next_log(l);
}

static void due_done(struct sg_engine *g)
{
    struct due *d = g->logs->due;
    g->logs->due = d->next;
    g->logs->n_due--;
    write_due(g, false);
    sg_eng_tell_row(g, d->action);
    free(d);
}

/* The proof of an own action. One that does not hold is as good a reason to stop as a fork. */
static void on_proof(struct sg_engine *g, const struct sg_http_reply *r)
{
    struct sg_logs *l = g->logs;
    struct sg_receipt receipt;
    struct sg_checkpoint c;
    struct sg_error e = { 0 };
    cJSON *v = NULL;
    char why[SG_DETAIL_MAX];
    if (!l->due)
        return;
    if (sg_receipt_check(r->body.data ? r->body.data : "", r->body.len, &l->key, l->due->event, l->due->action, &receipt, &c, NULL, &e) != SG_E_OK) {
        sg_format(why, sizeof why, "the proof of an action does not hold: %s", e.detail);
        memset(&l->view, 0, sizeof l->view);
        fork_found(g, why, r);
        return;
    }
    if (sg_store_kept_put(g->store, "receipt", l->due->action, r->body.data, r->body.len) != SG_E_OK)
        sg_log(SG_LOG_ERROR, "a proof could not be kept");
    if (open_view(g, receipt.log) && sg_eng_body(r, &v) == SG_E_OK)
        (void)judge(g, text_of(v, "checkpoint"), false, r);
    cJSON_Delete(v);
    due_done(g);
}

static void again(struct sg_engine *g, const struct sg_http_reply *r)
{
    struct sg_logs *l = g->logs;
    int64_t wait = r->retry_after > 0 && r->retry_after < 60 ? (int64_t)r->retry_after * 1000 : AGAIN_MS;
    l->tries++;
    l->not_before = mono(g) + (wait > AGAIN_MS / 2 ? wait : AGAIN_MS);
}

/* Refused: this service has no logs (an older one), or the event is not for us. */
static void refused(struct sg_engine *g)
{
    struct sg_logs *l = g->logs;
    if (l->step == PROOF && l->due)
        due_done(g);
    else if (l->step == LIST)
        l->absent = true;
    else if (l->step == CONSISTENCY && l->note)
        fork_found(g, "the service refuses to prove that its log only grew", NULL);
    if (l->step == CHECKPOINT)
        l->at++;
}

void sg_eng_on_log(struct sg_engine *g, struct sg_rq *q, struct sg_http_reply *r, enum sg_verdict v, struct sg_problem_info *pi)
{
    struct sg_logs *l = g->logs;
    cJSON *o = NULL;
    (void)q;
    (void)pi;
    if (!l || l->forked)
        return;
    if (v != SG_V_DONE) {
        if (v == SG_V_REFUSED || v == SG_V_CONFLICT)
            refused(g);
        else
            again(g, r);
        return;
    }
    if (sg_eng_body(r, &o) != SG_E_OK) {
        again(g, r);
        return;
    }
    l->tries = 0;
    l->not_before = 0;
    switch (l->step) {
    case LIST: on_list(g, o, r); break;
    case CHECKPOINT: on_checkpoint(g, o, r); break;
    case CONSISTENCY: on_consistency(g, o, r); break;
    case PROOF: on_proof(g, r); break;
    case NOTHING: break;
    }
    cJSON_Delete(o);
    g->status_due = true;
}

/* ---- out ---- */

void sg_eng_logs_status(const struct sg_engine *g, struct sg_log_status *s)
{
    const struct sg_logs *l = g->logs;
    memset(s, 0, sizeof *s);
    s->verified = -1;
    if (!l)
        return;
    s->verified = l->forked ? -1 : l->total;
    s->forked = l->forked;
    s->new_epoch = l->new_epoch;
    SG_COPY(s->why, l->why);
    if (l->has_key)
        sg_note_key_print(s->key, &l->key);
}

/* The kept proof of an action, checked anew. False: none, or it does not hold. */
bool sg_eng_receipt(struct sg_engine *g, const char *action_id, struct sg_receipt *out)
{
    struct sg_buf b;
    struct sg_checkpoint c;
    struct sg_error e = { 0 };
    memset(out, 0, sizeof *out);
    if (!g->logs || !g->store || !g->logs->has_key)
        return false;
    sg_buf_init(&b, SG_JSON_REPLY.bytes);
    bool ok = sg_store_kept_get(g->store, "receipt", action_id, &b) == SG_E_OK && b.data &&
              sg_receipt_check(b.data, b.len, &g->logs->key, "", action_id, out, &c, NULL, &e) == SG_E_OK;
    sg_buf_free(&b);
    return ok;
}

enum sg_err sg_eng_logs_accept(struct sg_engine *g)
{
    struct sg_logs *l = g->logs;
    char number[32];
    if (!l || !g->store)
        return SG_E_STATE;
    sg_eng_logs_load(g);
    sg_format(number, sizeof number, "%lld", (long long)l->generation + 1);
    enum sg_err err = sg_store_kept_put(g->store, "log-generation", "", number, strlen(number));
    err = err == SG_E_OK ? sg_store_kept_drop(g->store, "log-key", "") : err;
    err = err == SG_E_OK ? sg_store_kept_drop(g->store, "fork", "") : err;
    if (err != SG_E_OK)
        return err;
    l->generation++;
    l->forked = l->has_key = false;
    l->why[0] = '\0';
    read_key(g);
    drop_shown(l);
    list_done(g);
    g->drain_due = true;
    sg_eng_logs_want(g, true);
    return SG_E_OK;
}
