/* Requests on the wire and the one place where an answer is judged. Order matters: first the handler of the request's kind keeps
 * what belongs to it (a row back in the queue, an ask back in line), then the link follows from the verdict, so that a change of the
 * link already sees everything at rest. */
#include "sync/inside.h"
#include "base/log.h"
#include "base/str.h"
#include <stdlib.h>
#include <string.h>

static void trace(const struct sg_engine *g, char *dst, size_t cap)
{
    uint8_t raw[24];
    char hex[49];
    sg_random_fill(&g->o.random, raw, sizeof raw);
    sg_hex(hex, raw, sizeof raw);
    sg_format(dst, cap, "00-%.32s-%.16s-01", hex, hex + 32);
}

struct sg_rq *sg_eng_send(struct sg_engine *g, enum sg_rq_kind kind, struct sg_http_request *rq, int timeout_ms)
{
    struct sg_rq *q = calloc(1, sizeof *q);
    if (q && !(q->got = calloc(1, sizeof *q->got))) {
        free(q);
        q = NULL;
    }
    if (!q) {
        sg_http_request_free(rq);
        return NULL;
    }
    q->token = ++g->next_token;
    q->kind = kind;
    q->session = g->session;
    q->started = sg_mono(&g->o.clock);
    q->next = g->rqs;
    g->rqs = q;
    g->n_rq[kind]++;
    if (kind != SG_RQ_SESSION)
        SG_COPY(rq->bearer, g->bearer);
    if (rq->body.data)
        SG_COPY(rq->content_type, "application/json");
    trace(g, rq->traceparent, sizeof rq->traceparent);
    g->t.ops->start(g->t.self, q->token, rq, timeout_ms);
    return q;
}

struct sg_rq *sg_eng_rq_take(struct sg_engine *g, uint64_t token)
{
    for (struct sg_rq **at = &g->rqs; *at; at = &(*at)->next) {
        struct sg_rq *q = *at;
        if (q->token != token)
            continue;
        *at = q->next;
        g->n_rq[q->kind]--;
        return q;
    }
    return NULL;
}

void sg_eng_rq_free(struct sg_rq *q)
{
    if (!q)
        return;
    sg_eng_pend_free(q->pend);
    if (q->row)
        sg_qrow_free(q->row);
    free(q->row);
    free(q->got);
    free(q);
}

void sg_eng_rq_cancel(struct sg_engine *g, struct sg_rq *rq)
{
    struct sg_rq *q = sg_eng_rq_take(g, rq->token);
    if (!q)
        return;
    g->t.ops->cancel(g->t.self, q->token);
    sg_eng_rq_free(q);
}

enum sg_err sg_eng_body(const struct sg_http_reply *r, cJSON **out)
{
    *out = NULL;
    if (!r->body.data)
        return SG_E_PARSE;
    enum sg_err err = sg_json_parse(r->body.data, r->body.len, &SG_JSON_REPLY, out, NULL);
    return err == SG_E_OK && !*out ? SG_E_PARSE : err;
}

static bool real_answer(enum sg_verdict v, const struct sg_problem_info *pi)
{
    return v == SG_V_DONE || v == SG_V_CONFLICT || v == SG_V_REFUSED || pi->problem < SG_PROBLEM_COUNT;
}

static void note_contact(struct sg_engine *g, const struct sg_http_reply *r, enum sg_verdict v, const struct sg_problem_info *pi)
{
    if (!real_answer(v, pi))
        return;
    g->last_contact = sg_eng_now(g);
    if (r->server_time > 0)
        g->offset = r->server_time - g->last_contact;
}

static const char *offline_why(char *dst, size_t cap, const struct sg_http_reply *r)
{
    if (r->transport != SG_E_OK)
        sg_copy(dst, cap, r->transport_detail[0] ? r->transport_detail : "no answer");
    else
        sg_format(dst, cap, "somebody else answered (status %d)", r->status);
    return dst;
}

typedef void reply_fn(struct sg_engine *, struct sg_rq *, struct sg_http_reply *, enum sg_verdict, struct sg_problem_info *);
static reply_fn *const handler[SG_RQ_COUNT] = {
    [SG_RQ_SESSION] = sg_eng_on_session, [SG_RQ_PROBE] = sg_eng_on_probe, [SG_RQ_POLL] = sg_eng_on_poll, [SG_RQ_READ] = sg_eng_on_read,
    [SG_RQ_BASE] = sg_eng_on_base, [SG_RQ_PUT] = sg_eng_on_put, [SG_RQ_READBACK] = sg_eng_on_readback,
    [SG_RQ_DEVICE] = sg_eng_on_device, [SG_RQ_LOST] = sg_eng_on_lost,
    [SG_RQ_LOG] = sg_eng_on_log,
    [SG_RQ_PREPARE] = sg_eng_on_prepare, [SG_RQ_KEEP] = sg_eng_on_keep,
    [SG_RQ_SEEN] = sg_eng_on_seen,
};

static void link_follows(struct sg_engine *g, const struct sg_rq *q, const struct sg_http_reply *r, enum sg_verdict v,
                         struct sg_problem_info *pi)
{
    char why[SG_DETAIL_MAX];
    if (v == SG_V_OFFLINE) {
        sg_eng_offline(g, offline_why(why, sizeof why, r));
    } else if (v == SG_V_AUTH) {
        sg_eng_unauthorised(g, q, pi, r->transport == SG_E_AUTH ? r->transport_detail : NULL);
    } else if (v != SG_V_RETRY && q->session == g->session && g->bearer[0]) {
        g->auth_fails = 0;
        sg_eng_online(g);
    }
}

/* Leaves of the event log are the only answer that is not JSON; asked for by name, and checked against a signed root anyway. */
static bool leaves_came(const struct sg_rq *q, const struct sg_http_reply *r)
{
    return q->kind == SG_RQ_READ && q->pend && q->pend->a.kind == SG_ASK_FETCH && r->transport == SG_E_OK && r->status == 200 &&
           strcmp(r->content_type, "application/octet-stream") == 0;
}

void sg_eng_answered(struct sg_engine *g, struct sg_got *got)
{
    struct sg_rq *q = sg_eng_rq_take(g, got->token);
    if (!q)
        return;                                 /* forgotten meanwhile */
    struct sg_problem_info pi;
    enum sg_verdict v = sg_classify(&got->r, &pi);
    if (leaves_came(q, &got->r))
        v = SG_V_DONE;
    note_contact(g, &got->r, v, &pi);
    handler[q->kind](g, q, &got->r, v, &pi);
    if (q->kind != SG_RQ_SESSION)               /* sign-in decides about the link itself */
        link_follows(g, q, &got->r, v, &pi);
    sg_eng_rq_free(q);
    g->status_due = true;
}
