/* After the service came back from an old copy. What is in effect here and not there is noticed by number: at every new contact the
 * service is asked which of this device's actions it has carried out, and whatever is done here and not on that list is asked for by
 * its id. Only "not found" in the service's own words makes it go again, under the same id, so that a mistake costs a question and
 * never a second effect. Until that is settled nothing else is sent: older acts on a citizen go before newer ones. */
#include "sync/inside.h"
#include "base/mutant.h"
#include "base/log.h"
#include "base/str.h"
#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { LOOK_BACK = 100000, CHECK_TIMEOUT_MS = 5000 };

static void drop_lost(struct sg_engine *g)
{
    for (struct sg_lost *l = g->lost, *next; l; l = next) {
        next = l->next;
        free(l);
    }
    g->lost = NULL;
}

void sg_eng_again_end(struct sg_engine *g)
{
    drop_lost(g);
    g->checking = false;
    g->drain_due = true;
}

void sg_eng_again_check(struct sg_engine *g)
{
    if (SG_MUTANT(38) || !g->store || !sg_eng_can_send(g) || g->checking || g->n_rq[SG_RQ_DEVICE] + g->n_rq[SG_RQ_LOST] > 0)
        return;
    int64_t last = sg_store_last_seq(g->store);
    struct sg_qcounts n;
    if (last == 0 || sg_store_counts(g->store, &n) != SG_E_OK || n.done == 0)
        return;
    struct sg_http_request rq = { 0 };
    sg_endpoint_request(&rq, SG_EP_DEVICE, sg_store_device(g->store));
    sg_format(rq.query, sizeof rq.query, "from=%lld", (long long)(last > LOOK_BACK ? last - LOOK_BACK : 1));
    g->checking = sg_eng_send(g, SG_RQ_DEVICE, &rq, CHECK_TIMEOUT_MS) != NULL;
}

/* ---- the list of the service against ours ---- */

struct compare {
    const char *at;                     /* "1-40 42 45-50", ascending */
    int64_t from, first, last;          /* from: of the question; first..last: the span at hand */
    struct sg_lost **end;
    bool bad;
};

static bool number(struct compare *c, int64_t *v)
{
    char *end = NULL;
    long long n = strtoll(c->at, &end, 10);
    if (end == c->at || n <= c->last || n == LLONG_MAX)
        return false;
    c->at = end;
    *v = n;
    return true;
}

/* The next span. At the end of the text, one beyond everything. */
static void next_span(struct compare *c)
{
    if (!*c->at) {
        c->first = c->last = INT64_MAX;
        return;
    }
    c->bad = c->bad || !number(c, &c->first);
    c->last = c->first;
    if (!c->bad && *c->at == '-') {
        c->at++;
        c->bad = !number(c, &c->last);
    }
    c->bad = c->bad || (*c->at != ' ' && *c->at != '\0') || (*c->at == ' ' && !c->at[1]);
    c->at += !c->bad && *c->at == ' ';
}

static bool one_done(void *ctx, int64_t seq, const char *id)
{
    struct compare *c = ctx;
    while (!c->bad && c->last < seq)
        next_span(c);
    if (c->bad || seq + (SG_MUTANT(39) ? 1 : 0) >= c->first)
        return !c->bad;
    struct sg_lost *l = calloc(1, sizeof *l);
    c->bad = !l || !SG_COPY(l->action, id);
    if (l) {
        *c->end = l;
        c->end = &l->next;
    }
    return !c->bad;
}

/* False: the answer is not of the form it must have; nothing is concluded from it. */
static bool find_lost(struct sg_engine *g, const struct sg_http_reply *r)
{
    cJSON *v = NULL;
    bool ok = sg_eng_body(r, &v) == SG_E_OK;
    const cJSON *done = cJSON_GetObjectItemCaseSensitive(v, "done"), *device = cJSON_GetObjectItemCaseSensitive(v, "device");
    ok = ok && cJSON_IsString(done) && cJSON_IsString(device) && strcmp(device->valuestring, sg_store_device(g->store)) == 0;
    int64_t last = sg_store_last_seq(g->store);
    if (ok) {
        struct compare c = { .at = done->valuestring, .from = last > LOOK_BACK ? last - LOOK_BACK : 1, .end = &g->lost };
        ok = sg_store_done(g->store, c.from, one_done, &c) == SG_E_OK && !c.bad;
    }
    cJSON_Delete(v);
    if (!ok)
        drop_lost(g);
    return ok;
}

/* ---- one by one ---- */

static void ask_next(struct sg_engine *g)
{
    struct sg_http_request rq = { 0 };
    if (!g->lost) {
        sg_eng_again_end(g);
        return;
    }
    sg_endpoint_request(&rq, SG_EP_ACTION_GET, g->lost->action);
    if (!sg_eng_send(g, SG_RQ_LOST, &rq, CHECK_TIMEOUT_MS))
        sg_eng_again_end(g);
}

void sg_eng_on_device(struct sg_engine *g, struct sg_rq *q, struct sg_http_reply *r, enum sg_verdict v, struct sg_problem_info *pi)
{
    (void)q;
    (void)pi;
    if (v != SG_V_DONE || !g->store || !find_lost(g, r)) {
        sg_eng_again_end(g);            /* an older service has no such list; what waits must not wait for it */
        return;
    }
    ask_next(g);
}

/* What was read belongs to a history that is gone. */
static void forget_cache(struct sg_engine *g)
{
    if (sg_store_cache_expire(g->store, INT64_MAX) != SG_E_OK)
        sg_log(SG_LOG_WARN, "the read cache could not be emptied after the service came back from an old copy");
    g->policy_as_of = 0;
    sg_eng_self_ask(g, SG_ASK_POLICY);
    sg_eng_self_ask(g, SG_ASK_ME);
}

static bool go_again(struct sg_engine *g, const char *id)
{
    if (sg_store_again(g->store, id) != SG_E_OK)
        return false;
    sg_log(SG_LOG_WARN, "the service has forgotten action %s: it goes again", id);
    sg_eng_tell_row(g, id);
    return true;
}

/* It stands there, but as something else: a late copy was judged anew by the service that had forgotten it. A person decides. */
static bool judged_anew(struct sg_engine *g, const char *id, const struct sg_http_reply *r, enum sg_verdict v)
{
    struct sg_outcome o;
    if (sg_eng_outcome_read(id, r, v, &o) != SG_E_OK)
        return false;
    bool ok = sg_store_again(g->store, id) == SG_E_OK && sg_store_finish(g->store, id, &o) == SG_E_OK;
    sg_outcome_free(&o);
    if (ok)
        sg_eng_tell_row(g, id);
    return ok;
}

void sg_eng_on_lost(struct sg_engine *g, struct sg_rq *q, struct sg_http_reply *r, enum sg_verdict v, struct sg_problem_info *pi)
{
    struct sg_lost *l = g->lost;
    (void)q;
    if (!l || !g->store)
        return;
    bool gone = v == SG_V_REFUSED && pi->problem == SG_PROBLEM_NOT_FOUND, other = !gone && (v == SG_V_CONFLICT || v == SG_V_REFUSED);
    if (!gone && !other && v != SG_V_DONE) {
        sg_eng_again_end(g);            /* no answer: it is looked for again at the next contact */
        return;
    }
    g->lost = l->next;
    if (SG_MUTANT(40) && !g->lost && gone)
        gone = false, other = false;
    bool changed = gone ? go_again(g, l->action) : other && judged_anew(g, l->action, r, v);
    if (changed && !g->forgot)
        forget_cache(g);
    g->forgot = g->lost && (g->forgot || changed);
    free(l);
    ask_next(g);
}
