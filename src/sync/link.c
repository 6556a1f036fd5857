/* The link: sign-in, loss and return of the service, the change feed. Four states (STARTING, ONLINE, OFFLINE, AUTH) and two rules:
 * any failed transfer means OFFLINE at once, and only a real answer of the service under a session means ONLINE. While OFFLINE a screen
 * probes every two seconds, whatever the back-off of the queue says; a command line probes only when something is asked. */
#include "sync/inside.h"
#include "base/log.h"
#include "base/str.h"
#include "wire/level.h"
#include <stdlib.h>
#include <string.h>

#define REVISION_MAX (INT64_C(1) << 53)
enum { SIGN_IN_TIMEOUT_MS = 5000, PROBE_TIMEOUT_MS = 2500, POLL_WAIT_S = 240, POLL_TIMEOUT_MS = 250000, POLL_PAUSE_MS = 5000 };

static int64_t mono(const struct sg_engine *g)
{
    return sg_mono(&g->o.clock);
}

static enum sg_err session_body(const struct sg_engine *g, struct sg_buf *out)
{
    cJSON *v = cJSON_CreateObject();
    if (!v)
        return SG_E_NOMEM;
    const char *commission = g->o.commission ? g->o.commission : g->commission;
    bool ok = !commission[0] || cJSON_AddStringToObject(v, "commission", commission);
    ok = ok && (!g->store || cJSON_AddStringToObject(v, "device", sg_store_device(g->store)));
    ok = ok && (!g->client || cJSON_AddStringToObject(v, "client", g->client));
    if (!ok) {
        cJSON_Delete(v);
        return SG_E_NOMEM;
    }
    return sg_wire_print(v, out);
}

void sg_eng_sign_in(struct sg_engine *g)
{
    if (!g->has_t || g->n_rq[SG_RQ_SESSION] > 0)
        return;
    struct sg_http_request rq = { 0 };
    sg_endpoint_request(&rq, SG_EP_SESSION_CREATE, NULL);
    sg_buf_init(&rq.body, 4096);
    if (session_body(g, &rq.body) != SG_E_OK) {
        sg_http_request_free(&rq);
        sg_eng_offline(g, "not enough memory to sign in");
        return;
    }
    g->session++;
    g->probe_started = mono(g);
    g->probe_at = g->signin_at = -1;
    sg_wipe(g->bearer, sizeof g->bearer);
    if (!sg_eng_send(g, SG_RQ_SESSION, &rq, SIGN_IN_TIMEOUT_MS))
        sg_eng_offline(g, "not enough memory to sign in");
}

void sg_eng_probe(struct sg_engine *g)
{
    if (!g->has_t || g->n_rq[SG_RQ_PROBE] || g->n_rq[SG_RQ_SESSION])
        return;
    if (!g->bearer[0]) {
        sg_eng_sign_in(g);
        return;
    }
    struct sg_http_request rq = { 0 };
    sg_endpoint_request(&rq, SG_EP_ME, NULL);
    g->probe_started = mono(g);
    g->probe_at = -1;
    if (!sg_eng_send(g, SG_RQ_PROBE, &rq, PROBE_TIMEOUT_MS))
        g->probe_at = mono(g) + SG_PROBE_MS;
}

static void cancel_kind(struct sg_engine *g, enum sg_rq_kind kind)
{
    for (struct sg_rq *q = g->rqs, *next; q; q = next) {
        next = q->next;
        if (q->kind == kind)
            sg_eng_rq_cancel(g, q);
    }
}

void sg_eng_online(struct sg_engine *g)
{
    if (g->link == SG_LINK_ONLINE)
        return;
    bool returned = g->link == SG_LINK_OFFLINE;
    g->link = SG_LINK_ONLINE;
    g->detail[0] = '\0';
    g->probe_at = g->signin_at = -1;
    g->poll_at = mono(g);
    g->drain_due = g->status_due = true;
    sg_eng_seen_contact(g);
    if (returned)
        (void)sg_eng_release(g, false);                 /* what could not be let go now goes at its time */
    if (g->o.watch)
        sg_eng_logs_want(g, true);
    size_t n;
    if (g->store && sg_store_reclaim(g->store, &n) != SG_E_OK)
        sg_log(SG_LOG_WARN, "rows of ended processes could not be taken up");
    sg_eng_again_check(g);
    const int64_t fresh = INT64_C(3600000);
    if (!g->has_policy || sg_eng_now(g) - g->policy_as_of > fresh)
        sg_eng_self_ask(g, SG_ASK_POLICY);
}

/* The next probe is counted from the start of the last one: at most one in two seconds, also when each hangs until its time-out. */
static void plan_probe(struct sg_engine *g)
{
    int64_t next = g->probe_started + SG_PROBE_MS + (int64_t)sg_random_below(&g->o.random, SG_PROBE_JITTER_MS + 1), now = mono(g);
    g->probe_at = next > now ? next : now;
}

void sg_eng_offline(struct sg_engine *g, const char *why)
{
    bool was = g->link == SG_LINK_OFFLINE;
    g->link = SG_LINK_OFFLINE;
    SG_COPY(g->detail, why);
    g->poll_at = g->signin_at = -1;
    g->status_due = true;
    plan_probe(g);
    if (was)
        return;
    cancel_kind(g, SG_RQ_POLL);
    sg_eng_watchers_told(g);
}

void sg_eng_auth(struct sg_engine *g, const char *why)
{
    g->link = SG_LINK_AUTH;
    SG_COPY(g->detail, why);
    sg_wipe(g->bearer, sizeof g->bearer);
    g->session++;
    g->probe_at = g->poll_at = -1;
    g->signin_at = g->o.watch ? mono(g) + SG_AUTH_RETRY_MS : -1;
    g->status_due = true;
    cancel_kind(g, SG_RQ_POLL);
    sg_eng_watchers_told(g);
}

/* One more try for a session that ran out; a certificate or a person that is not accepted will not get better by asking again. */
void sg_eng_unauthorised(struct sg_engine *g, const struct sg_rq *q, const struct sg_problem_info *pi, const char *transport)
{
    if (q->session != g->session || g->n_rq[SG_RQ_SESSION] > 0)
        return;
    const struct sg_problem_def *d = pi->problem < SG_PROBLEM_COUNT ? sg_problem_def(pi->problem) : NULL;
    bool expired = !transport && pi->problem != SG_PROBLEM_CERTIFICATE && pi->problem != SG_PROBLEM_NO_STAFF;
    if (expired && g->auth_fails++ == 0)
        sg_eng_sign_in(g);
    else
        sg_eng_auth(g, transport ? transport : d ? d->title : "signed out by the service");
}

void sg_eng_set_actor(struct sg_engine *g, const struct sg_actor *a, const char *json, size_t n)
{
    const struct sg_commission *was = &g->actor.commission, *is = &a->commission;
    bool changed = g->has_actor && (was->roles != is->roles || strcmp(was->id, is->id) != 0);
    /* What was read under other roles is not shown. */
    if (changed && g->store && sg_store_cache_expire(g->store, INT64_MAX) != SG_E_OK)
        sg_log(SG_LOG_WARN, "the read cache could not be emptied after a change of roles");
    if (changed)
        g->policy_as_of = 0;
    g->actor = *a;
    g->has_actor = true;
    SG_COPY(g->commission, a->commission.id);
    sg_eng_cache_text(g, "me", g->o.commission ? g->o.commission : "", json, n);
}

static bool take_actor(struct sg_engine *g, const cJSON *v)
{
    struct sg_actor a;
    memset(&a, 0, sizeof a);
    if (!v || sg_wire_actor_read(v, &a, NULL) != SG_E_OK)
        return false;
    struct sg_buf text;
    sg_buf_init(&text, 65536);
    if (sg_wire_print(sg_wire_actor(&a), &text) == SG_E_OK && text.data)
        sg_eng_set_actor(g, &a, text.data, text.len);
    sg_buf_free(&text);
    return true;
}

static bool session_read(struct sg_engine *g, const struct sg_http_reply *r)
{
    cJSON *v = NULL;
    char bearer[sizeof g->bearer] = "";
    bool ok = sg_eng_body(r, &v) == SG_E_OK && sg_json_str(v, "token", true, bearer, sizeof bearer, NULL) == SG_E_OK && bearer[0] &&
              take_actor(g, cJSON_GetObjectItemCaseSensitive(v, "me"));
    cJSON *token = cJSON_GetObjectItemCaseSensitive(v, "token");
    if (ok)
        SG_COPY(g->bearer, bearer);
    if (cJSON_IsString(token) && token->valuestring)
        sg_wipe(token->valuestring, strlen(token->valuestring));
    sg_wipe(bearer, sizeof bearer);
    cJSON_Delete(v);
    return ok;
}

static void signed_in(struct sg_engine *g)
{
    if (g->store && sg_store_auth_ready(g->store) != SG_E_OK)
        sg_log(SG_LOG_WARN, "parked rows could not be made ready");
    g->drain_due = true;
    g->no_poll = false;
    g->poll_at = mono(g);
    bool was = g->link == SG_LINK_ONLINE;
    sg_eng_online(g);
    if (was)
        sg_eng_again_check(g);
}

static void delay_probe(struct sg_engine *g, int retry_after)
{
    const int longest = 60;
    if (retry_after > 0 && g->probe_at >= 0)
        g->probe_at += (int64_t)(retry_after < longest ? retry_after : longest) * 1000;
}

void sg_eng_on_session(struct sg_engine *g, struct sg_rq *q, struct sg_http_reply *r, enum sg_verdict v, struct sg_problem_info *pi)
{
    (void)q;
    const struct sg_problem_def *d = pi->problem < SG_PROBLEM_COUNT ? sg_problem_def(pi->problem) : NULL;
    char why[SG_DETAIL_MAX];
    if (v == SG_V_DONE && session_read(g, r)) {
        signed_in(g);
        return;
    }
    if (r->transport != SG_E_OK)
        SG_COPY(why, r->transport_detail[0] ? r->transport_detail : "no answer");
    else if (d)
        SG_COPY(why, pi->detail[0] ? pi->detail : d->title);
    else
        sg_format(why, sizeof why, "somebody else answered (status %d)", r->status);
    if (v == SG_V_AUTH || v == SG_V_REFUSED || v == SG_V_CONFLICT) {
        if (!sg_eng_adopt_next(g))
            sg_eng_auth(g, why);
        return;
    }
    sg_eng_offline(g, why);
    delay_probe(g, r->retry_after);
}

void sg_eng_on_probe(struct sg_engine *g, struct sg_rq *q, struct sg_http_reply *r, enum sg_verdict v, struct sg_problem_info *pi)
{
    (void)q;
    (void)pi;
    if (v == SG_V_DONE) {
        cJSON *me = NULL;
        if (sg_eng_body(r, &me) != SG_E_OK || !take_actor(g, me))
            sg_log(SG_LOG_WARN, "the answer to a probe was not understood");
        cJSON_Delete(me);
    } else if (v == SG_V_RETRY) {
        plan_probe(g);
        delay_probe(g, r->retry_after);
    }
}

/* The change feed. The first call only learns where the feed stands, and asks for nothing else; what was not seen cannot have become stale. */
void sg_eng_poll(struct sg_engine *g)
{
    g->poll_at = -1;
    if (!g->o.watch || g->no_poll || g->n_rq[SG_RQ_POLL] > 0 || !sg_eng_can_send(g))
        return;
    struct sg_http_request rq = { 0 };
    sg_endpoint_request(&rq, SG_EP_CHANGES, NULL);
    bool first = g->revision < 0;
    sg_format(rq.query, sizeof rq.query, "since=%lld&wait=%d", (long long)(first ? REVISION_MAX : g->revision), first ? 0 : POLL_WAIT_S);
    if (!sg_eng_send(g, SG_RQ_POLL, &rq, POLL_TIMEOUT_MS))
        g->poll_at = mono(g) + POLL_PAUSE_MS;
}

static void tell_one_changed(struct sg_engine *g, const struct sg_change *c)
{
    struct sg_tell *t = sg_eng_tell(0, SG_TELL_CHANGED, false);
    if (!t)
        return;
    SG_COPY(t->id, c->citizen);
    t->change = *c;
    sg_eng_give(g, t);
}

static void tell_changed(struct sg_engine *g, const cJSON *changes)
{
    static const struct sg_change anybody;
    const cJSON *v;
    cJSON_ArrayForEach(v, cJSON_GetObjectItemCaseSensitive(changes, "citizens")) {
        struct sg_change c;
        bool fine = sg_wire_change_read(v, &c, NULL) == SG_E_OK;
        tell_one_changed(g, fine ? &c : &anybody);          /* what is not understood must not be missed */
    }
    if (cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(changes, "truncated")))
        tell_one_changed(g, &anybody);
}

/* The level is asked for anew, which keeps both for the time when the service is away, and is news; again until that has been answered. */
static void take_stop(struct sg_engine *g, const cJSON *changes)
{
    struct sg_stop is;
    if (sg_wire_stop_of(changes, &is, NULL) == SG_E_OK && memcmp(&is, &g->stop, sizeof is) != 0)
        sg_eng_self_ask(g, SG_ASK_LEVEL);
}

static bool take_changes(struct sg_engine *g, const struct sg_http_reply *r)
{
    cJSON *v = NULL;
    int64_t revision = 0, events = -1;
    bool ok = sg_eng_body(r, &v) == SG_E_OK && sg_json_int(v, "revision", true, 0, REVISION_MAX, &revision, NULL) == SG_E_OK &&
              sg_json_int(v, "events", false, 0, REVISION_MAX, &events, NULL) == SG_E_OK;
    bool back = ok && (revision < g->revision || (events >= 0 && events < g->events));
    if (ok && g->revision >= 0)
        tell_changed(g, v);
    if (ok && events > g->events)
        sg_eng_logs_want(g, false);
    if (ok && events >= 0)
        g->events = events;
    if (ok)
        take_stop(g, v);
    if (ok)
        g->revision = revision;
    if (back)
        sg_eng_again_check(g);
    cJSON_Delete(v);
    return ok;
}

void sg_eng_on_poll(struct sg_engine *g, struct sg_rq *q, struct sg_http_reply *r, enum sg_verdict v, struct sg_problem_info *pi)
{
    (void)pi;
    int64_t before = g->revision;
    bool ok = v == SG_V_DONE && take_changes(g, r);
    g->no_poll = v == SG_V_REFUSED || v == SG_V_CONFLICT;
    bool hasty = before >= 0 && g->revision == before && mono(g) - q->started < 1000;     /* never spin on a feed that does not wait */
    if (v != SG_V_OFFLINE)
        g->poll_at = mono(g) + (ok && !hasty ? 0 : POLL_PAUSE_MS);
}
