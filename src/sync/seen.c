/* Reads that the service did not log, because what was shown came from the cache: noted in the store, durably, before anything is shown, and
 * handed in when the service answers. Each bears the id its event will have, so that handing in again, after whatever was lost or killed on the
 * way, makes no second event; it is forgotten here only when the service has said that it is in the log. One ask is one read, as it is one
 * request, and one event, while the service answers. What was shown at once while the service was asked too is forgotten when its answer has
 * come, for that is an event there; until then it is not handed in. */
#include "sync/inside.h"
#include "base/mutant.h"
#include "base/log.h"
#include "base/str.h"
#include <stdlib.h>
#include <string.h>

enum { SEEN_TIMEOUT_MS = 20000, SEEN_PAUSE_MS = 30000 };
struct sg_seen_batch {
    const struct sg_engine *g;
    int64_t place[SG_SEEN_BATCH];
    char id[SG_SEEN_BATCH][SG_UUID_MAX];
    size_t n;
    cJSON *list;
    bool failed;
};

enum sg_err sg_eng_seen_note(struct sg_engine *g, struct sg_pend *p, const char *kind, const struct sg_tell *t)
{
    struct sg_seen s = { .at = sg_eng_service_now(g), .as_of = t->as_of > 0 ? t->as_of + g->offset : 0 };
    if (g->o.store.drill || p->seen > 0)
        return SG_E_OK;                             /* nobody who exists; noted when it was shown before */
    sg_uuid7(s.id, &g->o.clock, &g->o.random);
    SG_COPY(s.kind, kind);
    SG_COPY(s.citizen, t->id);
    SG_COPY(s.commission, g->commission);
    if (p->a.kind == SG_ASK_LOOKUP)
        SG_COPY(s.purpose, p->a.purpose);
    enum sg_err err = g->store ? sg_store_seen_add(g->store, &s, &p->seen) : SG_E_IO;
    if (SG_MUTANT(77) && err != SG_E_OK)
        return SG_E_OK;
    if (err != SG_E_OK) {
        sg_log(SG_LOG_ERROR, "a read could not be noted, so nothing is shown: %s", sg_err_name(err));
        return err;
    }
    SG_COPY(p->seen_id, s.id);
    g->seen_due = g->status_due = true;
    return SG_E_OK;
}

void sg_eng_seen_logged(struct sg_engine *g, struct sg_pend *p)
{
    if (p->seen > 0 && g->store && sg_store_seen_drop(g->store, &p->seen, 1) != SG_E_OK)
        sg_log(SG_LOG_WARN, "a read that is in the service's log could not be forgotten here; it is handed in as well");
    g->status_due = g->status_due || p->seen > 0;
    p->seen = 0;
}

void sg_eng_seen_contact(struct sg_engine *g)
{
    g->seen_due = true;
    g->seen_from = 0;
    g->seen_most = SG_SEEN_BATCH;
    g->seen_at = -1;
}

bool sg_eng_seen_ready(const struct sg_engine *g)
{
    return g->seen_due && g->store && sg_eng_can_send(g) && !sg_eng_forked(g) && !sg_store_failing(g->store);     /* handed in, it could not be forgotten */
}

/* The service is being asked about it: the answer decides whether it is to be handed in. */
static bool undecided(const struct sg_engine *g, int64_t place)
{
    for (const struct sg_rq *q = g->rqs; q; q = q->next)
        if (q->pend && q->pend->seen == place)
            return true;
    for (const struct sg_pend *p = g->waiting; p; p = p->next)
        if (p->seen == place)
            return true;
    return false;
}

static bool take(void *ctx, int64_t place, const struct sg_seen *s)
{
    struct sg_seen_batch *b = ctx;
    cJSON *v = undecided(b->g, place) ? NULL : sg_wire_seen(s);
    if (!v || !cJSON_AddItemToArray(b->list, v)) {
        cJSON_Delete(v);
        return false;
    }
    b->place[b->n] = place;
    SG_COPY(b->id[b->n], s->id);
    b->n++;
    return true;
}

/* {"device":…,"reads":[…]} */
static bool body_of(struct sg_engine *g, struct sg_seen_batch *b, struct sg_buf *out)
{
    cJSON *v = cJSON_CreateObject();
    b->list = v && cJSON_AddStringToObject(v, "device", sg_store_device(g->store)) ? cJSON_AddArrayToObject(v, "reads") : NULL;
    bool ok = b->list && sg_store_seen_list(g->store, g->seen_from, (size_t)g->seen_most, take, b) == SG_E_OK && b->n > 0;
    sg_buf_init(out, SG_JSON_BODY.bytes);
    if (ok)
        return sg_wire_print(v, out) == SG_E_OK;
    cJSON_Delete(v);
    return false;
}

void sg_eng_seen_send(struct sg_engine *g)
{
    struct sg_http_request rq = { 0 };
    if (!sg_eng_seen_ready(g) || g->n_rq[SG_RQ_SEEN] > 0)
        return;
    struct sg_seen_batch *b = calloc(1, sizeof *b);
    g->seen_due = false;
    if (!b)
        return;
    b->g = g;
    sg_endpoint_request(&rq, SG_EP_OFFLINE_READS, NULL);
    if (!body_of(g, b, &rq.body)) {
        sg_http_request_free(&rq);
        free(b);
        return;
    }
    if (SG_MUTANT(79) && sg_store_seen_drop(g->store, b->place, b->n) != SG_E_OK)
        sg_log(SG_LOG_WARN, "planted");
    free(g->seen_sent);
    g->seen_sent = b;
    if (!sg_eng_send(g, SG_RQ_SEEN, &rq, SEEN_TIMEOUT_MS))
        g->seen_at = sg_mono(&g->o.clock) + SEEN_PAUSE_MS;
}

/* All that was handed in is named; anything else is not the answer it must be. */
static bool all_stored(const struct sg_seen_batch *b, const struct sg_http_reply *r)
{
    cJSON *v = NULL;
    const cJSON *one;
    size_t n = 0;
    bool ok = sg_eng_body(r, &v) == SG_E_OK;
    cJSON_ArrayForEach(one, cJSON_GetObjectItemCaseSensitive(v, "stored")) {
        ok = ok && n < b->n && cJSON_IsString(one) && sg_eq(one->valuestring, b->id[n]);
        n++;
    }
    cJSON_Delete(v);
    return ok && n == b->n;
}

/* One that the service does not take must not keep the others back: one by one, and that one stays until the next contact. */
static void refused(struct sg_engine *g, const struct sg_seen_batch *b, const struct sg_problem_info *pi)
{
    bool for_itself = pi->problem == SG_PROBLEM_INVALID || pi->problem == SG_PROBLEM_ID_REUSED;
    sg_log(SG_LOG_WARN, "the service does not take reads that were made without it; they are kept");
    if (!for_itself)
        return;
    if (g->seen_most == 1)
        g->seen_from = b->place[0] + 1;
    g->seen_most = 1;
    g->seen_due = true;
}

void sg_eng_on_seen(struct sg_engine *g, struct sg_rq *q, struct sg_http_reply *r, enum sg_verdict v, struct sg_problem_info *pi)
{
    struct sg_seen_batch *b = g->seen_sent;
    (void)q;
    g->seen_sent = NULL;
    if (!b || !g->store) {
        free(b);
        return;
    }
    if (v == SG_V_DONE && (all_stored(b, r) || SG_MUTANT(78))) {
        if (sg_store_seen_drop(g->store, b->place, b->n) == SG_E_OK)
            g->seen_due = true;
        else
            sg_log(SG_LOG_WARN, "reads that are in the service's log could not be forgotten here; they are handed in again");
    } else if (v == SG_V_REFUSED || v == SG_V_CONFLICT) {
        refused(g, b, pi);
    } else if (v == SG_V_AUTH) {
        g->seen_due = true;                         /* when somebody is signed in again */
    } else {
        g->seen_at = sg_mono(&g->o.clock) + SEEN_PAUSE_MS;
    }
    free(b);
}
