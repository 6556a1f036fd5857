/* Putting rows in and looking at them. Reading goes row by row with a fresh statement each time, so that the callback may write, and
 * so that a damaged page costs the rows on it and no others. When an index itself is damaged, rows are looked for by their place in
 * the table, one by one. */
#include "queue/internal.h"
#include "base/str.h"
#include <stdlib.h>
#include <string.h>

enum sg_err sg_q_new_row(struct sg_store *s, struct sg_action *a, const char *commission, bool hold, const struct sg_citizen *base,
                         struct sg_error *e)
{
    struct sg_qrow *r = calloc(1, sizeof *r);
    if (!r)
        return sg_fail(e, SG_E_NOMEM, "", "no memory");
    if (!a->id[0])
        sg_uuid7(a->id, &s->clock, &s->random);
    int64_t now = sg_wall(&s->clock);
    if (a->performed_at == 0)
        a->performed_at = now;
    r->action = *a;
    r->created_at = now;
    r->state = hold ? SG_Q_HELD : SG_Q_READY;
    SG_COPY(r->commission, commission);
    if (base) {
        r->has_base = true;
        r->base = *base;                                 /* borrowed for the encoder, not freed */
    }
    enum sg_err err = sg_uuid_valid(a->id) ? sg_q_row_add(s, r) : SG_E_INPUT;
    if (err == SG_E_OK) {
        a->seq = r->seq;
        SG_COPY(a->device, s->device);
    } else {
        sg_fail(e, err, "queue", "%s", err == SG_E_CONFLICT ? "an action of this id is queued already" : sg_err_name(err));
    }
    sg_wipe(r, sizeof *r);
    free(r);
    return err;
}

enum sg_err sg_store_enqueue(struct sg_store *s, struct sg_action *a, const char *commission, bool hold, const struct sg_citizen *base,
                             struct sg_error *e)
{
    struct sg_action before = *a;
    enum sg_err err = sg_q_begin(s);
    if (err != SG_E_OK)
        return sg_fail(e, err, "queue", "%s", s->dead ? "a write to disk failed earlier; nothing is accepted until the program is restarted"
                                                       : sqlite3_errmsg(s->db));
    err = sg_q_new_row(s, a, commission ? commission : "", hold, base, e);
    bool inner = err != SG_E_OK;
    err = sg_q_end(s, err);
    if (err != SG_E_OK) {
        *a = before;
        if (!inner)
            sg_fail(e, err, "queue", "not written: %s", sqlite3_errmsg(s->db));
    }
    return err;
}

/* One visit: the row behind seq in the wanted view. */
struct walk { struct sg_store *s; bool waiting_only; sg_qrow_fn *fn; void *ctx; size_t damaged; bool stop; };

static bool wanted(const struct walk *w, enum sg_qstate state)
{
    return !w->waiting_only || !sg_qstate_terminal(state);
}

static void visit(struct walk *w, struct sg_qrow *row)
{
    if (wanted(w, row->state))
        w->stop = !w->fn(w->ctx, row);
    sg_qrow_free(row);
}

/* Reads the row the statement stands on and hands it out after the statement is reset. */
static enum sg_err take(struct walk *w, sqlite3_stmt *st, struct sg_qrow *row)
{
    enum sg_err err = sg_q_row_read(w->s, st, row, NULL);
    sqlite3_reset(st);
    if (err == SG_E_CORRUPT)
        w->damaged++;
    else if (err == SG_E_OK)
        visit(w, row);
    return err == SG_E_CORRUPT ? SG_E_OK : err;
}

/* The slow way through a file with damaged pages. */
static enum sg_err salvage(struct walk *w, int64_t from, struct sg_qrow *row)
{
    int64_t max = 0;
    if (sg_q_int(w->s, sg_q_bind(w->s, SG_SQL_RAW_MAX, ""), &max) != SG_E_OK)
        max = w->s->head.known ? w->s->head.count * 2 + 1000 : 100000;
    enum sg_err err = SG_E_OK;
    bool broken = false;
    for (int64_t id = 1; id <= max && !w->stop && err == SG_E_OK; id++) {
        sqlite3_stmt *st = sg_q_bind(w->s, SG_SQL_ROW_RAW, "i", id);
        int rc = st ? sqlite3_step(st) : SQLITE_ERROR;
        bool mine = rc == SQLITE_ROW && sqlite3_column_int64(st, 10) == w->s->actor_n && sqlite3_column_int64(st, 0) > from;
        if (mine)
            err = take(w, st, row);
        sqlite3_reset(st);
        broken = broken || (rc & 0xff) == SQLITE_CORRUPT;
        if (rc != SQLITE_ROW && rc != SQLITE_DONE && (rc & 0xff) != SQLITE_CORRUPT)
            err = sg_q_db_err(w->s, rc);
    }
    w->damaged += broken;
    return err;
}

static enum sg_err walk_rows(struct walk *w, struct sg_qrow *row)
{
    enum sg_q_sql id = w->waiting_only ? SG_SQL_ROW_OPEN : SG_SQL_ROW_NEXT;
    int64_t last = 0;
    while (!w->stop) {
        sqlite3_stmt *st = sg_q_bind(w->s, id, "ii", w->s->actor_n, last);
        int rc = st ? sqlite3_step(st) : sqlite3_errcode(w->s->db);
        if (rc != SQLITE_ROW) {
            sqlite3_reset(st);
            return rc == SQLITE_DONE ? SG_E_OK : (rc & 0xff) == SQLITE_CORRUPT ? salvage(w, last, row) : sg_q_db_err(w->s, rc);
        }
        last = sqlite3_column_int64(st, 0);
        enum sg_err err = take(w, st, row);
        if (err != SG_E_OK)
            return err;
    }
    return SG_E_OK;
}

enum sg_err sg_store_each(struct sg_store *s, bool waiting_only, sg_qrow_fn *fn, void *ctx, size_t *damaged)
{
    struct walk w = {.s = s, .waiting_only = waiting_only, .fn = fn, .ctx = ctx};
    struct sg_qrow *row = calloc(1, sizeof *row);
    if (!row)
        return SG_E_NOMEM;
    enum sg_err err = walk_rows(&w, row);
    free(row);
    if (damaged)
        *damaged = w.damaged;
    return err;
}

enum sg_err sg_store_done(struct sg_store *s, int64_t from, sg_done_fn *fn, void *ctx)
{
    sqlite3_stmt *st = sg_q_bind(s, SG_SQL_ROW_DONE, "ii", s->actor_n, from);
    int rc = st ? SQLITE_ROW : sqlite3_errcode(s->db);
    bool on = true;
    while (on && rc == SQLITE_ROW && (rc = sqlite3_step(st)) == SQLITE_ROW) {
        const char *id = (const char *)sqlite3_column_text(st, 1);
        on = fn(ctx, sqlite3_column_int64(st, 0), id ? id : "");
    }
    sqlite3_reset(st);
    return sg_q_db_err(s, rc);
}

enum sg_err sg_store_get(struct sg_store *s, const char *action_id, struct sg_qrow *out)
{
    memset(out, 0, sizeof *out);
    return sg_q_row_load(s, sg_q_bind(s, SG_SQL_ROW_ID, "it", s->actor_n, action_id), out);
}

static void add_count(struct sg_qcounts *c, enum sg_qstate state, size_t n, size_t fresh)
{
    if (sg_qstate_waiting(state))
        c->waiting += n;
    else if (state == SG_Q_DONE)
        c->done += n;
    else if (state == SG_Q_WITHDRAWN)
        c->withdrawn += n;
    else
        c->need_you += n;
    c->need_you += fresh;
}

static enum sg_err count_states(struct sg_store *s, struct sg_qcounts *out, int64_t *rows)
{
    sqlite3_stmt *st = sg_q_bind(s, SG_SQL_COUNTS, "i", s->actor_n);
    int rc = st ? SQLITE_ROW : sqlite3_errcode(s->db);
    while (rc == SQLITE_ROW && (rc = sqlite3_step(st)) == SQLITE_ROW) {
        int64_t n = sqlite3_column_int64(st, 1);
        *rows += n;
        enum sg_qstate state = (enum sg_qstate)sqlite3_column_int(st, 0);
        add_count(out, state, (size_t)n, (size_t)sqlite3_column_int64(st, 2));
        if (!sg_qstate_terminal(state))
            out->again += (size_t)sqlite3_column_int64(st, 3);
    }
    sqlite3_reset(st);
    return sg_q_db_err(s, rc);
}

static enum sg_err count_all(struct sg_store *s, struct sg_qcounts *out)
{
    int64_t rows = 0, others = 0;
    enum sg_err err = count_states(s, out, &rows);
    if (err == SG_E_OK)
        err = sg_q_int(s, sg_q_bind(s, SG_SQL_OLDEST, "i", s->actor_n), &out->oldest);
    if (err == SG_E_NOTFOUND)
        err = SG_E_OK;
    if (err == SG_E_OK)
        err = sg_q_int(s, sg_q_bind(s, SG_SQL_OTHERS, "i", s->actor_n), &others);
    if (err == SG_E_OK)
        err = sg_q_head_load(s);
    out->others = (size_t)others;
    out->damaged = s->n_bad;
    enum sg_err reads = err == SG_E_OK ? sg_store_seen_count(s, &out->reads) : SG_E_OK;
    if (reads != SG_E_OK && reads != SG_E_CORRUPT)
        err = reads;
    out->damaged += reads == SG_E_CORRUPT;
    if (s->head.known && s->head.count > rows)
        out->damaged += (size_t)(s->head.count - rows);  /* missing ones need no search */
    return err;
}

enum sg_err sg_store_counts(struct sg_store *s, struct sg_qcounts *out)
{
    memset(out, 0, sizeof *out);
    enum sg_err err = sg_q_begin_read(s);     /* rows and head of one snapshot */
    return err == SG_E_OK ? sg_q_end(s, count_all(s, out)) : err;
}
