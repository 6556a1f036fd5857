/* PUT /actions/{id}/withdrawal: an action whose fate its sender does not know is not to be carried out any more. Has it ended, its stored
 * outcome is the answer; otherwise "withdrawn" becomes its outcome, in one transaction with the event, and a copy of the action that is
 * still under way somewhere in the network is answered by it, whenever it comes. Only so may a client say "withdrawn" of what it has sent. */
#include "server/ctx.h"
#include "base/mutant.h"
#include "base/str.h"

struct withdrawal { char device[SG_UUID_MAX], subject[SG_ID_MAX]; int64_t seq; };

static enum sg_err read_body(struct sg_ctx *x, struct withdrawal *w, struct sg_error *e)
{
    static const char *const keys[] = {"device", "seq", "subject", NULL};
    enum sg_err err = sg_json_only(x->body, keys, e);
    if (err == SG_E_OK) err = sg_json_str(x->body, "device", true, w->device, sizeof w->device, e);
    if (err == SG_E_OK) err = sg_json_int(x->body, "seq", true, 1, INT64_MAX, &w->seq, e);
    if (err == SG_E_OK) err = sg_json_str(x->body, "subject", false, w->subject, sizeof w->subject, e);
    if (err == SG_E_OK && !sg_uuid_valid(w->device)) err = sg_fail(e, SG_E_INPUT, "device", "not a UUID");
    return err;
}

/* *ended: its outcome is the answer; to others than its sender the id is merely taken. */
static enum sg_err has_ended(struct sg_ctx *x, bool *ended)
{
    char actor[SG_HSA_MAX] = "";
    struct sg_event ev;
    sqlite3_stmt *st = sg_db_query(&x->core->db, SG_SQL_ACTION, "t", x->param);
    enum sg_err err = sg_db_step(&x->core->db, st);
    *ended = err == SG_E_OK;
    if (err != SG_E_OK) return err == SG_E_NOTFOUND ? SG_E_OK : err;
    sg_db_text(st, 1, actor, sizeof actor);
    bool own = sg_eq(actor, x->actor.hsa);
    if (own) err = sg_action_repeat(x, st);
    (void)sqlite3_reset(st);
    if (!own) return sg_ctx_refuse(x, SG_PROBLEM_ID_REUSED, NULL, NULL);
    if (err != SG_E_OK) return err;
    sg_ctx_event(x, &ev, "done");
    SG_COPY(ev.kind, "action.repeat");
    SG_COPY(ev.action_id, x->param);
    return sg_ctx_append(x, &ev);
}

static enum sg_err number_free(struct sg_ctx *x, const struct withdrawal *w, bool *refused)
{
    struct sg_db *db = &x->core->db;
    enum sg_err err = sg_db_step(db, sg_db_query(db, SG_SQL_ACTION_SEQ, "tti", w->device, x->actor.hsa, w->seq));
    *refused = err == SG_E_OK;
    if (*refused) {
        (void)sqlite3_reset(db->stmt[SG_SQL_ACTION_SEQ]);
        return sg_ctx_refuse(x, SG_PROBLEM_SEQUENCE_REUSED, NULL, NULL);
    }
    return err == SG_E_NOTFOUND ? SG_E_OK : err;
}

static enum sg_err end_withdrawn(struct sg_ctx *x, const struct withdrawal *w)
{
    struct sg_event ev;
    struct sg_outcome o = {.kind = SG_OUT_REFUSED, .problem = SG_PROBLEM_WITHDRAWN, .why.rule = SG_RULE_COUNT};
    sg_ctx_event(x, &ev, "done");
    SG_COPY(ev.action_id, x->param);
    SG_COPY(ev.device, w->device);
    enum sg_err err = sg_ctx_append(x, &ev);
    if (err != SG_E_OK) return err;
    SG_COPY(o.action_id, x->param);
    sg_action_receipt(&o, &ev);
    err = sg_ctx_problem(x, SG_PROBLEM_WITHDRAWN, NULL, NULL, sg_wire_outcome(&o), ev.id);
    if (err != SG_E_OK) return err;
    if (SG_MUTANT(76)) return SG_E_OK;
    return sg_db_run(&x->core->db, SG_SQL_ACTION_PUT, "tttibittbii", x->param, w->device, x->actor.hsa, w->seq, (const void *)"", (size_t)0,
                     (int64_t)x->re->status, x->re->content_type, "", (const void *)x->re->body.data, x->re->body.len, ev.index, x->now);
}

enum sg_err sg_h_action_withdraw(struct sg_ctx *x)
{
    struct withdrawal w = {.seq = 0};
    struct sg_error e = {0};
    bool answered = false;
    enum sg_err err = read_body(x, &w, &e);
    if (err == SG_E_NOMEM) return err;
    if (err != SG_E_OK) return sg_ctx_refuse(x, SG_PROBLEM_INVALID, NULL, e.where);
    if (sg_uuid_valid(w.subject)) SG_COPY(x->subject, w.subject);
    err = has_ended(x, &answered);
    if (err == SG_E_OK && !answered) err = number_free(x, &w, &answered);
    return err == SG_E_OK && !answered ? end_withdrawn(x, &w) : err;
}
