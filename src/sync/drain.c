/* Draining: up to four rows on the wire, one a citizen (the store's claim sees to that). Every end of an attempt is written before it is
 * told. A row whose end cannot be written stays "sending" in the file; as soon as it can be written, or at the next start, the same id and
 * bytes go again and the service answers with the outcome it stored. */
#include "sync/inside.h"
#include "base/mutant.h"
#include "base/log.h"
#include "base/str.h"
#include <stdlib.h>
#include <string.h>

enum { PUT_TIMEOUT_MS = 20000, CLAIM_PAUSE_MS = 5000, UNNOTED_PAUSE_MS = 10000 };

/* Remembered, so that the row does not stay "sending" until the next start when the file was only locked for a while. */
static void remember(struct sg_engine *g, const char *action_id)
{
    struct sg_watch *w = calloc(1, sizeof *w);
    if (!w)
        return;
    SG_COPY(w->action, action_id);
    w->next = g->unnoted;
    g->unnoted = w;
    g->unnoted_at = sg_mono(&g->o.clock) + UNNOTED_PAUSE_MS;
}

void sg_eng_unnoted(struct sg_engine *g)
{
    g->unnoted_at = -1;
    while (g->unnoted) {
        struct sg_watch *w = g->unnoted;
        if (!sg_eng_put_back(g, w->action)) {
            g->unnoted_at = sg_mono(&g->o.clock) + UNNOTED_PAUSE_MS;
            return;
        }
        g->unnoted = w->next;
        g->store_err = SG_E_OK;
        sg_eng_tell_row(g, w->action);
        free(w);
    }
}

static void later(struct sg_engine *g, const struct sg_qrow *row, enum sg_qstate state, int status, const char *error, int64_t next_try)
{
    enum sg_err err = sg_store_later(g->store, row->action.id, state, status, error, next_try);
    if (err != SG_E_OK) {
        sg_log(SG_LOG_ERROR, "the queue could not be written: %s", sg_err_name(err));
        g->store_err = err;
        remember(g, row->action.id);
    }
    if (state == SG_Q_RETRY && (g->next_try == 0 || next_try < g->next_try))
        g->next_try = next_try;
    sg_eng_tell_row(g, row->action.id);
}

bool sg_eng_put_back(struct sg_engine *g, const char *action_id)
{
    enum sg_err err = sg_store_later(g->store, action_id, SG_Q_RETRY, 0, "interrupted", sg_eng_now(g));
    g->drain_due = true;
    if (err == SG_E_OK || err == SG_E_STATE)
        return true;
    sg_log(SG_LOG_ERROR, "an interrupted row could not be put back: %s", sg_err_name(err));
    return false;
}

/* A widening row that has never been on the wire must be fresh. One that has may have been carried out already: then only the service
 * knows, and asking it with the same bytes is safe, because it checks the age itself before it does anything new. */
static bool fresh(const struct sg_engine *g, const struct sg_qrow *row)
{
    struct sg_policy defaults;
    struct sg_why why;
    if (row->sent_at > 0 && row->attempts > 1)
        return true;
    memset(&defaults, 0, sizeof defaults);
    sg_policy_defaults(&defaults);
    return sg_effect_fresh(g->has_policy ? &g->policy : &defaults, row->action.kind, row->action.performed_at, sg_eng_service_now(g), &why);
}

static enum sg_err request_of(const struct sg_action *a, struct sg_http_request *rq)
{
    sg_endpoint_request(rq, SG_EP_ACTION_PUT, a->id);
    if (strcmp(a->observed, "*") == 0)
        SG_COPY(rq->if_match, "*");
    else
        sg_format(rq->if_match, sizeof rq->if_match, "\"%s\"", a->observed);
    sg_buf_init(&rq->body, SG_JSON_BODY.bytes);
    return sg_wire_print(sg_wire_action(a, false), &rq->body);
}

static void send_row(struct sg_engine *g, struct sg_qrow *row)
{
    struct sg_http_request rq = { 0 };
    struct sg_rq *q = NULL;
#ifdef SG_MUTANTS
    struct sg_citizen now;
    int64_t as_of;
    if (SG_MUTANT(28) && sg_eng_cached_citizen(g, row->action.subject, &now, &as_of)) {
        SG_COPY(row->action.observed, now.etag);
        sg_citizen_free(&now);
    }
#endif
    if (request_of(&row->action, &rq) == SG_E_OK)
        q = sg_eng_send(g, SG_RQ_PUT, &rq, PUT_TIMEOUT_MS);
    else
        sg_http_request_free(&rq);
    if (q) {
        q->row = row;
        sg_eng_tell_row(g, row->action.id);
        return;
    }
    later(g, row, SG_Q_RETRY, 0, "not enough memory to send", sg_eng_now(g) + CLAIM_PAUSE_MS);
    sg_qrow_free(row);
    free(row);
}

/* False: nothing more to claim now. */
static bool claim_one(struct sg_engine *g)
{
    struct sg_qrow *row = calloc(1, sizeof *row);
    if (!row)
        return false;
    enum sg_err err = sg_store_claim(g->store, g->commission, row, &g->next_try);
    if (err != SG_E_OK) {
        int64_t now = sg_eng_now(g);
        free(row);
        if (g->next_try > 0 && g->next_try <= now)
            g->next_try = now + CLAIM_PAUSE_MS;         /* due, yet not to be had: behind another row, or another process has it */
        if (err != SG_E_NOTFOUND) {
            sg_log(SG_LOG_ERROR, "the queue could not be read: %s", sg_err_name(err));
            g->next_try = now + CLAIM_PAUSE_MS;
        }
        return false;
    }
    sg_eng_adopt_anew(g);
    if (fresh(g, row)) {
        send_row(g, row);
        return true;
    }
    later(g, row, SG_Q_HELD, 0, sg_rule_name(SG_RULE_STALE_WIDENING), 0);
    sg_qrow_free(row);
    free(row);
    return true;
}

void sg_eng_drain(struct sg_engine *g)
{
    if (!g->store || !sg_eng_can_send(g) || g->checking)
        return;
    if (sg_eng_forked(g)) {                     /* what waits stays; nobody waits for it */
        bool due = g->drain_due;
        g->drain_due = false;                   /* before they are told: nothing more is going to happen */
        if (due && g->n_rq[SG_RQ_PUT] == 0)
            sg_eng_watchers_blocked(g);
        return;
    }
    if (g->next_try > 0 && g->next_try <= sg_eng_now(g))
        g->drain_due = true;
    while (g->drain_due && g->n_rq[SG_RQ_PUT] < SG_PUTS_MAX)
        if (!claim_one(g)) {
            g->drain_due = false;
            if (g->n_rq[SG_RQ_PUT] == 0 && !sg_eng_adopt_next(g))
                sg_eng_watchers_blocked(g);
        }
}

enum sg_err sg_eng_outcome_read(const char *action_id, const struct sg_http_reply *r, enum sg_verdict v, struct sg_outcome *out)
{
    static const enum sg_outcome_kind kind[] = {
        [SG_V_DONE] = SG_OUT_DONE, [SG_V_CONFLICT] = SG_OUT_CONFLICT, [SG_V_REFUSED] = SG_OUT_REFUSED,
    };
    cJSON *v_json = NULL;
    memset(out, 0, sizeof *out);
    enum sg_err err = sg_eng_body(r, &v_json);
    if (err == SG_E_OK)
        err = sg_wire_outcome_read(v_json, out, NULL);
    cJSON_Delete(v_json);
    if (err == SG_E_OK && strcmp(out->action_id, action_id) == 0 && out->kind == kind[v])
        return SG_E_OK;
    sg_outcome_free(out);
    memset(out, 0, sizeof *out);
    return SG_E_PARSE;
}

/* "Done" is only believed when it says what was done; a refusal of ours stands without further words. */
static enum sg_err outcome_of(const char *action_id, const struct sg_http_reply *r, enum sg_verdict v, const struct sg_problem_info *pi,
                              struct sg_outcome *out)
{
    if (sg_eng_outcome_read(action_id, r, v, out) == SG_E_OK)
        return SG_E_OK;
    if (v == SG_V_DONE && !SG_MUTANT(25))
        return SG_E_PARSE;
    SG_COPY(out->action_id, action_id);
    out->kind = v == SG_V_CONFLICT ? SG_OUT_CONFLICT : SG_MUTANT(25) && v == SG_V_DONE ? SG_OUT_DONE : SG_OUT_REFUSED;
    out->problem = pi->problem;
    out->why = pi->why;
    out->event_index = -1;
    return SG_E_OK;
}

static void retry(struct sg_engine *g, const struct sg_qrow *row, const struct sg_http_reply *r, const struct sg_problem_info *pi)
{
    const struct sg_problem_def *d = pi->problem < SG_PROBLEM_COUNT ? sg_problem_def(pi->problem) : NULL;
    uint32_t random;
    char error[SG_DETAIL_MAX];
    sg_random_fill(&g->o.random, &random, sizeof random);
    if (d)
        SG_COPY(error, d->type);
    else if (r->transport != SG_E_OK)
        SG_COPY(error, r->transport_detail[0] ? r->transport_detail : "no answer");
    else
        sg_format(error, sizeof error, "not an answer of the service (status %d)", r->status);
    later(g, row, SG_Q_RETRY, r->status, error, sg_eng_now(g) + sg_backoff_ms(row->attempts, r->retry_after, random));
}

static void note_moved(struct sg_engine *g, const char *subject, const struct sg_outcome *o)
{
    struct sg_moved *m = &g->moved[g->n_moved % SG_MOVED_MAX];
    if (o->kind != SG_OUT_DONE || !o->etag_before[0] || strcmp(o->etag_before, o->etag_after) == 0)
        return;
    SG_COPY(m->subject, subject);
    SG_COPY(m->before, o->etag_before);
    g->n_moved++;
}

bool sg_eng_outrun(const struct sg_engine *g, const struct sg_citizen *c)
{
    for (unsigned i = 0; i < SG_MOVED_MAX && i < g->n_moved; i++)
        if (sg_eq(g->moved[i].subject, c->id) && sg_eq(g->moved[i].before, c->etag))
            return true;
    return false;
}

static void ended(struct sg_engine *g, const struct sg_qrow *row, const struct sg_outcome *o)
{
    static const char unnoted[] = "the service has answered, but this could not be noted here; it is asked again";
    enum sg_err err = sg_store_finish(g->store, row->action.id, o);
    g->drain_due = true;
    if (err != SG_E_OK) {
        sg_log(SG_LOG_ERROR, "an outcome could not be written: %s", sg_err_name(err));
        g->store_err = err;
        g->status_due = true;
        remember(g, row->action.id);
        for (const struct sg_watch *w = g->watches; w; w = w->next)
            if (strcmp(w->action, row->action.id) == 0)
                sg_eng_failed(g, w->ask, err, "", unnoted);
        sg_eng_unwatch(g, row->action.id);
        return;
    }
    note_moved(g, row->action.subject, o);
    if (o->event_index >= g->events)
        g->events = o->event_index + 1;
    sg_eng_receipt_want(g, row->action.id, o->event_id);
    if (o->kind == SG_OUT_DONE && row->action.kind == SG_ACT_TERMS_ACCEPT)
        sg_eng_self_ask(g, SG_ASK_ME);
    sg_eng_tell_row(g, row->action.id);
}

/* Nobody is signed in. Only the service's own word, or a refused handshake, tells that the action was not carried out: somebody else's
 * 401 may stand in the place of a lost answer. */
static void unauthorised(struct sg_engine *g, const struct sg_qrow *row, enum sg_qstate state, const struct sg_http_reply *r, const struct sg_problem_info *pi)
{
    bool word = r->transport == SG_E_AUTH || pi->problem < SG_PROBLEM_COUNT;
    later(g, row, state, r->status, word ? sg_problem_def(SG_PROBLEM_SIGN_IN)->type : "not an answer of the service (status 401)", 0);
}

void sg_eng_on_put(struct sg_engine *g, struct sg_rq *q, struct sg_http_reply *r, enum sg_verdict v, struct sg_problem_info *pi)
{
    const struct sg_qrow *row = q->row;
    struct sg_outcome o;
    if (!row)
        return;
    g->drain_due = true;                        /* a place on the wire is free */
    if (SG_MUTANT(26) && v == SG_V_OFFLINE) {
        v = SG_V_REFUSED;
        pi->problem = SG_PROBLEM_BUSY;
    }
    if (v == SG_V_REFUSED && pi->why.rule == SG_RULE_STALE_WIDENING) {
        later(g, row, SG_Q_HELD, r->status, sg_rule_name(SG_RULE_STALE_WIDENING), 0);
    } else if (v == SG_V_AUTH && q->session != g->session && g->bearer[0]) {
        unauthorised(g, row, SG_Q_READY, r, pi);                /* we have signed in again meanwhile */
    } else if (v == SG_V_AUTH) {
        unauthorised(g, row, SG_Q_AUTH_WAIT, r, pi);
    } else if (v == SG_V_RETRY || v == SG_V_OFFLINE || outcome_of(row->action.id, r, v, pi, &o) != SG_E_OK) {
        retry(g, row, r, pi);
    } else {
        ended(g, row, &o);
        sg_outcome_free(&o);
    }
}
