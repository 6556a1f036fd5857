/* Erasure in portions, so that a large log does not grow one transaction without bound: each portion is whole, and a run that was broken off
 * is finished by the next. secure_delete overwrites what is freed, and the write-ahead log is emptied at the end, so that no file keeps it. */
#include "server/admin.h"
#include <stdlib.h>
#include <string.h>
#include "base/base64.h"
#include "base/str.h"
#include "server/evlog_inside.h"

enum { PORTION = 20000 };

/* ---- erasure ---------------------------------------------------------------------------------------------------------------------- */

/* The first ms of a Swedish day. */
static int64_t midnight(struct sg_date d)
{
    char day[11], text[SG_RFC3339_MAX];
    int64_t ms = 0;
    sg_date_format(day, d);
    if (!sg_format(text, sizeof text, "%sT00:00:00Z", day) || !sg_rfc3339_parse(text, &ms)) return 0;
    ms -= INT64_C(3600000);
    if (sg_date_cmp(sg_date_stockholm(ms - 1), d) >= 0) ms -= INT64_C(3600000);         /* summer time */
    return ms;
}

static enum sg_err portions(struct sg_db *db, int64_t before)
{
    int64_t last = -1;
    enum sg_err err = sg_db_number(db, sg_db_query(db, SG_SQL_EVENTS_OLD_LAST, "i", before), &last);
    for (int64_t at = 0; err == SG_E_OK && at <= last; at += PORTION) {
        err = sg_db_run(db, SG_SQL_BEGIN, "");
        if (err == SG_E_OK) err = sg_db_run(db, SG_SQL_EVENTS_ERASE, "iii", before, at, at + PORTION - 1);
        if (err == SG_E_OK) err = sg_db_commit(db);
    }
    return err;
}

static enum sg_err announce(struct sg_db *db, struct sg_evlog *log, const struct sg_clock *clock, const struct sg_random *random,
                            struct sg_date before, int64_t n)
{
    static const char gone[] = "{\"type\":\"" SG_PROBLEM_BASE "not-found\",\"title\":\"Erased\",\"status\":404}";
    struct sg_event ev;
    char day[11];
    sg_event_of_service(&ev, "log.erased", clock, random);
    sg_date_format(day, before);
    (void)sg_format(ev.activity_args, sizeof ev.activity_args, "{\"before\":\"%s\",\"events\":%lld}", day, (long long)n);
    enum sg_err err = sg_db_run(db, SG_SQL_BEGIN, "");
    if (err == SG_E_OK) err = sg_evlog_append(log, &ev);
    if (err == SG_E_OK)
        err = sg_db_run(db, SG_SQL_ACTIONS_ERASE, "itb", midnight(before), "application/problem+json; charset=utf-8", (const void *)gone, sizeof gone - 1);
    return err == SG_E_OK ? sg_db_commit(db) : err;
}

static bool pragma(struct sg_db *db, const char *sql)
{
    return sqlite3_exec(db->h, sql, NULL, NULL, NULL) == SQLITE_OK;
}

/* Nothing of what was overwritten is left in the write-ahead log. */
static enum sg_err empty_wal(struct sg_db *db)
{
    int left = -1;
    int rc = sqlite3_wal_checkpoint_v2(db->h, NULL, SQLITE_CHECKPOINT_TRUNCATE, &left, NULL);
    return rc == SQLITE_OK && left <= 0 ? SG_E_OK : SG_E_LOCKED;
}

enum sg_err sg_admin_erase(struct sg_db *db, struct sg_evlog *log, const struct sg_clock *clock, const struct sg_random *random,
                           struct sg_date before, int years, int64_t *n, struct sg_error *e)
{
    struct sg_date limit = sg_date_add(sg_date_stockholm(sg_wall(clock)), -years, 0, 0);
    char day[11];
    *n = 0;
    sg_date_format(day, limit);
    if (years < SG_RETENTION_YEARS_MIN || sg_date_cmp(before, limit) > 0)
        return sg_fail(e, SG_E_REFUSED, "erase", "events are kept for %d years: nothing after %s may be erased", years, day);
    enum sg_err err = sg_db_number(db, sg_db_query(db, SG_SQL_EVENTS_OLD, "i", midnight(before)), n);
    if (err == SG_E_OK && !pragma(db, "PRAGMA secure_delete = ON")) err = SG_E_IO;
    if (err == SG_E_OK && *n > 0) err = announce(db, log, clock, random, before, *n);
    if (err == SG_E_OK) err = portions(db, midnight(before));
    sg_db_rollback(db);
    if (err == SG_E_OK) err = empty_wal(db);
    return err == SG_E_OK ? err : sg_fail(e, err, "database", err == SG_E_LOCKED ? "is in use: stop the service" : "cannot be written");
}

/* ---- after a restored backup -------------------------------------------------------------------------------------------------------- */

/* The newest epoch of every log that the signer knows. */
struct book { struct sg_signed *row; size_t n; };

static enum sg_err ask_row(const struct sg_signer *s, uint64_t i, struct sg_sign_answer *a)
{
    struct sg_sign_ask ask = {.op = SG_SIGN_AT, .at = i};
    return s->ask(s->ctx, &ask, a);
}

static enum sg_err note_row(struct book *b, const char *name, const struct sg_signed *s)
{
    char log[SG_LOG_ID_MAX], other[SG_LOG_ID_MAX];
    uint64_t epoch = 0, had = 0;
    if (!sg_origin_parse(s->origin, name, log, &epoch)) return SG_E_OK;
    for (size_t i = 0; i < b->n; i++) {
        if (!sg_origin_parse(b->row[i].origin, name, other, &had) || !sg_eq(other, log)) continue;
        if (epoch > had) b->row[i] = *s;
        return SG_E_OK;
    }
    struct sg_signed *more = realloc(b->row, (b->n + 1) * sizeof *more);
    if (!more) return SG_E_NOMEM;
    b->row = more;
    b->row[b->n++] = *s;
    return SG_E_OK;
}

static enum sg_err read_book(const struct sg_signer *s, const char *name, struct book *b)
{
    struct sg_sign_answer a = {.found = true};
    enum sg_err err = SG_E_OK;
    for (uint64_t i = 0; err == SG_E_OK && a.found; i++) {
        err = ask_row(s, i, &a);
        if (err == SG_E_OK && a.found) err = note_row(b, name, &a.last);
    }
    return err;
}

/* Whether the tree still grows out of what was signed. */
static enum sg_err holds(struct sg_evlog *l, const struct sg_tree *t, const struct sg_signed *s, bool *yes)
{
    struct sg_hash root;
    *yes = false;
    if (t->size < s->size) return SG_E_OK;
    enum sg_err err = sg_tree_root(l, t, s->size, &root);
    *yes = err == SG_E_OK && memcmp(&root, &s->root, sizeof root) == 0;
    return err;
}

/* The row of the new epoch and its first event, which names the end of the old one. */
static enum sg_err begin_epoch(struct sg_db *db, struct sg_evlog *l, const char *log, uint64_t epoch, const struct sg_signed *last, struct sg_event *ev)
{
    char root[SG_BASE64_LEN(SG_HASH_LEN) + 1];
    enum sg_err err = SG_E_OK;
    if (!sg_eq(log, SG_LOG_SERVICE)) {
        sqlite3_stmt *st = sg_db_query(db, SG_SQL_PROVIDER_OF, "t", log);
        err = sg_db_step(db, st);
        if (err == SG_E_OK) {
            sg_db_text(st, 0, ev->provider, sizeof ev->provider);
            sg_db_text(st, 1, ev->provider_name, sizeof ev->provider_name);
            (void)sqlite3_reset(st);
        }
        if (err == SG_E_NOTFOUND) err = SG_COPY(ev->provider, log) ? SG_E_OK : SG_E_INTERNAL;
    }
    sg_base64(root, last->root.b, sizeof last->root.b);
    (void)sg_format(ev->reason, sizeof ev->reason, "%s %llu %s", last->origin, (unsigned long long)last->size, root);
    if (err == SG_E_OK) err = sg_db_run(db, SG_SQL_BEGIN, "");
    if (err == SG_E_OK) err = sg_db_run(db, SG_SQL_LOG_NEW, "ttii", log, ev->provider_name, (int64_t)epoch, ev->at);
    if (err == SG_E_OK) sg_evlog_forget(l);
    if (err == SG_E_OK) err = sg_evlog_append(l, ev);
    if (err == SG_E_OK) err = sg_db_commit(db);
    sg_db_rollback(db);
    sg_evlog_forget(l);
    return err;
}

/* One log. The database goes first; a run that was broken off between the two is finished by the next. */
static enum sg_err put_right(struct sg_db *db, struct sg_evlog *l, const struct sg_signed *last, struct sg_event *ev, const struct sg_restored *r,
                             struct sg_error *e)
{
    struct sg_tree *t = NULL;
    char log[SG_LOG_ID_MAX], origin[SG_ORIGIN_MAX];
    uint64_t signed_epoch = 0;
    bool fine = false;
    if (!sg_origin_parse(last->origin, l->id.name, log, &signed_epoch)) return SG_E_INTERNAL;
    enum sg_err err = sg_tree_find(l, log, &t);
    if (err != SG_E_OK && err != SG_E_NOTFOUND) return err;
    bool ahead = err == SG_E_OK && (uint64_t)t->epoch > signed_epoch;
    if (err == SG_E_OK && (uint64_t)t->epoch == signed_epoch) {
        err = holds(l, t, last, &fine);
        if (err != SG_E_OK || fine) return err;
    }
    uint64_t next = ahead ? (uint64_t)t->epoch : last->size == 0 && signed_epoch > 0 ? signed_epoch : signed_epoch + 1;
    if (!sg_origin_print(origin, l->id.name, log, next)) return SG_E_INTERNAL;
    err = ahead ? SG_E_OK : begin_epoch(db, l, log, next, last, ev);
    if (err == SG_E_OK && next > signed_epoch) err = r->epoch(r->ctx, origin, e);
    if (err == SG_E_OK && r->begun) r->begun(r->ctx, origin, last);
    return err;
}

enum sg_err sg_admin_restored(struct sg_db *db, struct sg_evlog *log, const struct sg_clock *clock, const struct sg_random *random,
                              const struct sg_restored *r, struct sg_error *e)
{
    struct book b = {0};
    enum sg_err err = read_book(r->signer, log->id.name, &b);
    for (size_t i = 0; i < b.n && err == SG_E_OK; i++) {
        struct sg_event ev;
        sg_event_of_service(&ev, "log.restored", clock, random);
        err = put_right(db, log, &b.row[i], &ev, r, e);
    }
    free(b.row);
    return err == SG_E_OK || (e && e->code != SG_E_OK) ? err : sg_fail(e, err, "event-log", "cannot be put right");
}
