/* How rows move from state to state after an attempt or by a person's hand. Every step is one transaction: load, decide, put, commit.
 * Nothing is ever deleted; what a person decided about a conflict stays in the row together with the outcome it was about. */
#include "queue/internal.h"
#include "base/mutant.h"
#include "base/str.h"
#include <stdlib.h>
#include <string.h>

/* Changes *row, or refuses with STATE. */
typedef enum sg_err change_fn(struct sg_store *s, struct sg_qrow *row, const void *arg);

static enum sg_err change_in_tx(struct sg_store *s, const char *action_id, struct sg_qrow *row, change_fn *fn, const void *arg)
{
    enum sg_err err = sg_store_get(s, action_id, row);
    if (err != SG_E_OK)
        return err;
    err = fn(s, row, arg);
    if (err == SG_E_OK)
        err = sg_q_row_put(s, row, "");
    sg_qrow_free(row);
    return err;
}

static enum sg_err change(struct sg_store *s, const char *action_id, change_fn *fn, const void *arg)
{
    struct sg_qrow *row = calloc(1, sizeof *row);
    if (!row)
        return SG_E_NOMEM;
    enum sg_err err = sg_q_begin(s);
    if (err == SG_E_OK)
        err = sg_q_end(s, change_in_tx(s, action_id, row, fn, arg));
    free(row);
    return err;
}

struct later { enum sg_qstate state; int status; const char *error; int64_t next_try; };

static enum sg_err do_later(struct sg_store *s, struct sg_qrow *row, const void *arg)
{
    const struct later *l = arg;
    (void)s;
    if (sg_qstate_terminal(row->state))
        return SG_E_STATE;
    row->state = l->state;
    row->last_status = l->status;
    SG_COPY(row->last_error, l->error);
    row->next_try = l->state == SG_Q_RETRY ? l->next_try : 0;
    row->fresh_needed = l->state == SG_Q_HELD && !SG_MUTANT(17);
    return SG_E_OK;
}

enum sg_err sg_store_later(struct sg_store *s, const char *action_id, enum sg_qstate state, int status, const char *error, int64_t next_try)
{
    if (state >= SG_Q_COUNT || sg_qstate_terminal(state) || state == SG_Q_SENDING)
        return SG_E_INPUT;
    struct later l = {state, status, error, next_try};
    return change(s, action_id, do_later, &l);
}

static enum sg_err do_release(struct sg_store *s, struct sg_qrow *row, const void *arg)
{
    (void)s, (void)arg;
    if ((row->state != SG_Q_HELD && row->state != SG_Q_RETRY && row->state != SG_Q_AUTH_WAIT) || row->fresh_needed)
        return SG_E_STATE;
    row->state = SG_Q_READY;
    row->next_try = 0;
    return SG_E_OK;
}

enum sg_err sg_store_release(struct sg_store *s, const char *action_id)
{
    return change(s, action_id, do_release, NULL);
}

static enum sg_err do_withdraw(struct sg_store *s, struct sg_qrow *row, const void *arg)
{
    (void)arg;
    if ((row->state == SG_Q_SENDING && !SG_MUTANT(11)) || sg_qstate_terminal(row->state))
        return SG_E_STATE;
    row->state = SG_Q_WITHDRAWN;
    row->next_try = 0;
    row->fresh_needed = false;
    row->done_at = sg_wall(&s->clock);
    return SG_E_OK;
}

enum sg_err sg_store_withdraw(struct sg_store *s, const char *action_id)
{
    return change(s, action_id, do_withdraw, NULL);
}

struct reconfirm { int64_t decided_at; const char *observed; };

static enum sg_err do_reconfirm(struct sg_store *s, struct sg_qrow *row, const void *arg)
{
    (void)s;
    if (!row->fresh_needed || row->state != SG_Q_HELD)
        return SG_E_STATE;
    const struct reconfirm *c = arg;
    if (!SG_MUTANT(12))
        row->action.performed_at = c->decided_at;
    if (c->observed)
        SG_COPY(row->action.observed, c->observed);
    row->fresh_needed = false;
    row->state = SG_Q_READY;
    return SG_E_OK;
}

enum sg_err sg_store_reconfirm(struct sg_store *s, const char *action_id, int64_t decided_at, const char *observed)
{
    struct reconfirm c = {decided_at, observed};
    return change(s, action_id, do_reconfirm, &c);
}

static enum sg_err do_again(struct sg_store *s, struct sg_qrow *row, const void *arg)
{
    (void)s, (void)arg;
    if (row->state != SG_Q_DONE)
        return SG_E_STATE;
    bool protects = sg_action_def(row->action.kind)->effect == SG_EFFECT_PROTECTS;
    row->again = true;
    row->fresh_needed = !protects;
    row->state = SG_MUTANT(14) ? SG_Q_DONE : protects ? SG_Q_READY : SG_Q_HELD;
    row->next_try = 0;
    row->attempts = 0;                                   /* to this service, as it is now, it has never been sent */
    row->sent_at = 0;
    if (protects)
        SG_COPY(row->action.observed, "*");              /* the version it was decided on is of a history that is gone */
    return SG_E_OK;
}

enum sg_err sg_store_again(struct sg_store *s, const char *action_id)
{
    return change(s, action_id, do_again, NULL);
}

static enum sg_err outcome_copy(struct sg_outcome *dst, const struct sg_outcome *src)
{
    *dst = *src;
    dst->restriction = NULL;
    dst->n_restrictions = 0;
    dst->has_current = false;
    memset(&dst->current, 0, sizeof dst->current);
    if (src->n_restrictions) {
        dst->restriction = calloc(src->n_restrictions, sizeof *dst->restriction);
        if (!dst->restriction)
            return SG_E_NOMEM;
        memcpy(dst->restriction, src->restriction, src->n_restrictions * sizeof *dst->restriction);
        dst->n_restrictions = src->n_restrictions;
    }
    if (!src->has_current)
        return SG_E_OK;
    dst->has_current = true;
    return sg_citizen_copy(&dst->current, &src->current);
}

static enum sg_err do_finish(struct sg_store *s, struct sg_qrow *row, const void *arg)
{
    static const enum sg_qstate STATE[SG_OUT_COUNT] = {
        [SG_OUT_DONE] = SG_Q_DONE, [SG_OUT_REFUSED] = SG_Q_REFUSED, [SG_OUT_CONFLICT] = SG_Q_CONFLICT};
    const struct sg_outcome *o = arg;
    if (row->state == SG_Q_DONE || row->resolved_as[0])
        return SG_E_STATE;                               /* an outcome heard twice: the first stands, the caller sees it as done */
    if (row->has_outcome)
        sg_outcome_free(&row->outcome);
    row->has_outcome = true;
    row->state = SG_MUTANT(13) && o->kind == SG_OUT_CONFLICT ? SG_Q_DONE : STATE[o->kind];
    if (o->kind == SG_OUT_REFUSED && o->problem == SG_PROBLEM_WITHDRAWN)
        row->state = SG_Q_WITHDRAWN;                     /* the service had noted it, and nobody here heard of that */
    row->next_try = 0;
    row->fresh_needed = false;
    row->done_at = sg_wall(&s->clock);
    enum sg_err err = outcome_copy(&row->outcome, o);
    SG_COPY(row->outcome.action_id, row->action.id);
    return err;
}

static enum sg_err finish_in_tx(struct sg_store *s, const char *action_id, const struct sg_outcome *o, struct sg_qrow *row)
{
    char subject[SG_ID_MAX];
    enum sg_err err = sg_store_get(s, action_id, row);
    if (err != SG_E_OK)
        return err;
    int64_t seq = row->seq;
    SG_COPY(subject, row->action.subject);
    err = do_finish(s, row, o);
    if (err == SG_E_OK)
        err = sg_q_row_put(s, row, "");
    sg_qrow_free(row);
    if (err != SG_E_OK || o->kind != SG_OUT_DONE)
        return err == SG_E_STATE ? SG_E_OK : err;
    if (o->etag_before[0] && o->etag_after[0])
        err = sg_q_ground_moved(s, subject, seq, o->etag_before, o->etag_after);
    return err == SG_E_OK ? sg_q_cache_outcome(s, subject, o) : err;
}

enum sg_err sg_store_finish(struct sg_store *s, const char *action_id, const struct sg_outcome *o)
{
    if (o->kind >= SG_OUT_COUNT)
        return SG_E_INPUT;
    struct sg_qrow *row = calloc(1, sizeof *row);
    if (!row)
        return SG_E_NOMEM;
    enum sg_err err = sg_q_begin(s);
    if (err == SG_E_OK)
        err = sg_q_end(s, finish_in_tx(s, action_id, o, row));
    free(row);
    return err;
}

struct resolve { const char *as, *note, *successor; char commission[SG_HSA_MAX]; };

static enum sg_err do_resolve(struct sg_store *s, struct sg_qrow *row, const void *arg)
{
    const struct resolve *x = arg;
    if (row->state != SG_Q_CONFLICT && row->state != SG_Q_REFUSED)
        return SG_E_STATE;
    row->state = SG_MUTANT(15) && x->successor[0] ? row->state : SG_Q_WITHDRAWN;
    row->done_at = sg_wall(&s->clock);
    SG_COPY(row->resolved_as, x->as);
    SG_COPY(row->note, x->note);
    SG_COPY(row->successor, x->successor);
    return SG_E_OK;
}

static enum sg_err resolve_in_tx(struct sg_store *s, const char *action_id, struct resolve *x, struct sg_action *again,
                                 const struct sg_citizen *base, struct sg_qrow *row, struct sg_error *e)
{
    enum sg_err err = sg_store_get(s, action_id, row);
    if (err != SG_E_OK)
        return sg_fail(e, err, "queue", "%s", err == SG_E_NOTFOUND ? "no such row" : sg_err_name(err));
    SG_COPY(x->commission, row->commission);
    bool open = row->state == SG_Q_CONFLICT || row->state == SG_Q_REFUSED;
    sg_qrow_free(row);
    if (!open)
        return sg_fail(e, SG_E_STATE, "queue", "there is nothing to decide about this row");
    if (again) {
        if (sg_eq(again->id, action_id))
            again->id[0] = 0;                            /* a new decision is a new action */
        err = sg_q_new_row(s, again, x->commission, false, base, e);
        x->successor = again->id;
    }
    if (err != SG_E_OK)
        return err;
    err = change_in_tx(s, action_id, row, do_resolve, x);
    return err == SG_E_OK ? err : sg_fail(e, err, "queue", "%s", sg_err_name(err));
}

enum sg_err sg_store_resolve(struct sg_store *s, const char *action_id, const char *as, const char *note, struct sg_action *again,
                             const struct sg_citizen *base, struct sg_error *e)
{
    bool redo = sg_eq(as, "redo");
    if ((!redo && !sg_eq(as, "theirs") && !sg_eq(as, "note")) || redo != (again != NULL))
        return sg_fail(e, SG_E_INPUT, "resolve", "theirs, redo (with a new action) or note");
    struct resolve x = {.as = as, .note = note, .successor = ""};
    struct sg_qrow *row = calloc(1, sizeof *row);
    if (!row)
        return sg_fail(e, SG_E_NOMEM, "", "no memory");
    enum sg_err err = sg_q_begin(s);
    if (err == SG_E_OK) {
        enum sg_err inner = resolve_in_tx(s, action_id, &x, again, base, row, e);
        err = sg_q_end(s, inner);
        if (inner == SG_E_OK && err != SG_E_OK)
            sg_fail(e, err, "queue", "not written");
    } else {
        sg_fail(e, err, "queue", "not written");
    }
    free(row);
    return err;
}

static enum sg_err auth_ready_in_tx(struct sg_store *s, struct sg_qrow *row)
{
    enum sg_err err = SG_E_OK;
    for (int64_t last = 0; err == SG_E_OK;) {
        sqlite3_stmt *st = sg_q_bind(s, SG_SQL_ROW_STATE, "iii", s->actor_n, last, (int64_t)SG_Q_AUTH_WAIT);
        int rc = st ? sqlite3_step(st) : sqlite3_errcode(s->db);
        if (rc != SQLITE_ROW) {
            sqlite3_reset(st);
            return sg_q_db_err(s, rc);
        }
        last = sqlite3_column_int64(st, 0);
        err = sg_q_row_read(s, st, row, NULL);
        sqlite3_reset(st);
        if (err == SG_E_CORRUPT) {
            err = SG_E_OK;
            continue;
        }
        if (err != SG_E_OK)
            return err;
        row->state = SG_MUTANT(16) ? SG_Q_DONE : SG_Q_READY;
        err = sg_q_row_put(s, row, "");
        sg_qrow_free(row);
    }
    return err;
}

enum sg_err sg_store_auth_ready(struct sg_store *s)
{
    struct sg_qrow *row = calloc(1, sizeof *row);
    if (!row)
        return SG_E_NOMEM;
    enum sg_err err = sg_q_begin(s);
    if (err == SG_E_OK)
        err = sg_q_end(s, auth_ready_in_tx(s, row));
    free(row);
    return err;
}
