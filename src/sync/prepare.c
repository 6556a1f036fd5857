/* Preparing for a stop: the service names whom one's unit may need, and each of them is read on the ordinary way into the sealed cache, with
 * its time, four at once; what may not be seen is refused there like anywhere. The number is kept as well, so that the look-up works without
 * the service. Stops when the service goes away: what has been read by then is kept and counted. */
#include "sync/inside.h"
#include "base/str.h"
#include <stdlib.h>
#include <string.h>

enum { PREPARE_TIMEOUT_MS = 30000, KEEP_TIMEOUT_MS = 10000, AT_ONCE = 4, PREPARE_MOST = 1000, NEWS_EVERY = 25 };
struct sg_prepare {
    uint64_t ask;
    char (*id)[SG_ID_MAX]; size_t n, next, flying, kept, failed;
    bool more;
};

static void tell(struct sg_engine *g, bool final)
{
    const struct sg_prepare *w = g->prepare;
    struct sg_tell *t = sg_eng_tell(w->ask, SG_TELL_PREPARED, final);
    if (!t)
        return;
    t->prepared.wanted = w->n;
    t->prepared.kept = w->kept;
    t->prepared.failed = w->failed;
    t->prepared.more = w->more;
    t->as_of = sg_eng_now(g);
    sg_eng_give(g, t);
}

static void forget(struct sg_engine *g)
{
    free(g->prepare->id);
    free(g->prepare);
    g->prepare = NULL;
}

void sg_eng_prepare_free(struct sg_engine *g)
{
    if (g->prepare)
        forget(g);
}

static void cancel_flying(struct sg_engine *g)
{
    for (struct sg_rq *q = g->rqs, *next; q; q = next) {
        next = q->next;
        if (q->kind == SG_RQ_KEEP)
            sg_eng_rq_cancel(g, q);
    }
}

void sg_eng_prepare_end(struct sg_engine *g)
{
    if (!g->prepare)
        return;
    cancel_flying(g);
    g->prepare->failed = g->prepare->n - g->prepare->kept;
    tell(g, true);
    forget(g);
}

static bool keep(struct sg_engine *g, const char *id)
{
    struct sg_http_request rq = { 0 };
    sg_endpoint_request(&rq, SG_EP_CITIZEN, id);
    return sg_eng_send(g, SG_RQ_KEEP, &rq, KEEP_TIMEOUT_MS) != NULL;
}

static void go_on(struct sg_engine *g)
{
    struct sg_prepare *w = g->prepare;
    while (w->flying < AT_ONCE && w->next < w->n) {
        if (keep(g, w->id[w->next++]))
            w->flying++;
        else
            w->failed++;
    }
    if (w->flying > 0 || w->next < w->n)
        return;
    tell(g, true);
    forget(g);
}

void sg_eng_prepare(struct sg_engine *g, struct sg_pend *p)
{
    struct sg_http_request rq = { 0 };
    bool online = g->link == SG_LINK_ONLINE && sg_eng_can_send(g);
    if (g->prepare || !g->store || !online || strpbrk(p->a.purpose, "\"\\")) {
        sg_eng_failed(g, p->a.id, g->prepare ? SG_E_STATE : !online ? SG_E_OFFLINE : g->store ? SG_E_INPUT : SG_E_IO, "prepare",
                      g->prepare ? "it is being done already" : "the service must answer, and the queue must be open");
        sg_eng_pend_free(p);
        return;
    }
    sg_endpoint_request(&rq, SG_EP_PREPARE, NULL);
    sg_buf_init(&rq.body, 256);
    struct sg_rq *q = NULL;
    if (sg_buf_addf(&rq.body, "{\"purpose\":\"%s\"}", p->a.purpose) == SG_E_OK)
        q = sg_eng_send(g, SG_RQ_PREPARE, &rq, PREPARE_TIMEOUT_MS);
    else
        sg_http_request_free(&rq);
    if (q) {
        q->pend = p;
        return;
    }
    sg_eng_failed(g, p->a.id, SG_E_NOMEM, "", "");
    sg_eng_pend_free(p);
}

/* {"citizens":[{"citizenId":…}…],"more":…} */
static bool take_list(struct sg_prepare *w, const struct sg_http_reply *r)
{
    cJSON *v = NULL;
    const cJSON *one;
    bool ok = sg_eng_body(r, &v) == SG_E_OK;
    const cJSON *list = ok ? cJSON_GetObjectItemCaseSensitive(v, "citizens") : NULL;
    int n = cJSON_GetArraySize(list);
    ok = cJSON_IsArray(list) && n <= PREPARE_MOST && sg_json_bool(v, "more", false, &w->more, NULL) == SG_E_OK &&
         (w->id = calloc((size_t)n + 1, sizeof *w->id)) != NULL;
    cJSON_ArrayForEach(one, list) {
        ok = ok && sg_json_str(one, "citizenId", true, w->id[w->n], sizeof w->id[0], NULL) == SG_E_OK && sg_endpoint_id(w->id[w->n]);
        if (ok)
            w->n++;
    }
    cJSON_Delete(v);
    return ok;
}

void sg_eng_on_prepare(struct sg_engine *g, struct sg_rq *q, struct sg_http_reply *r, enum sg_verdict v, struct sg_problem_info *pi)
{
    struct sg_pend *p = q->pend;
    q->pend = NULL;
    if (!p)
        return;
    struct sg_prepare *w = v == SG_V_DONE && !g->prepare ? calloc(1, sizeof *w) : NULL;
    if (w && take_list(w, r)) {
        w->ask = p->a.id;
        g->prepare = w;
        go_on(g);
    } else {
        if (w)
            free(w->id);
        free(w);
        sg_eng_failed_by(g, p->a.id, r, v, pi);
    }
    sg_eng_pend_free(p);
}

/* The number leads to the person also without the service. */
static void keep_number(struct sg_engine *g, const struct sg_citizen *c)
{
    char key[SG_ID_MAX], json[SG_ID_MAX + 32];
    if (!c->pid.normalised[0])
        return;
    sg_eng_lookup_key(g, c->pid.normalised, key);
    sg_format(json, sizeof json, "{\"citizenId\":\"%s\"}", c->id);
    sg_eng_cache_text(g, "lookup", key, json, strlen(json));
}

void sg_eng_on_keep(struct sg_engine *g, struct sg_rq *q, struct sg_http_reply *r, enum sg_verdict v, struct sg_problem_info *pi)
{
    struct sg_citizen c;
    (void)q;
    (void)pi;
    if (!g->prepare)
        return;
    g->prepare->flying--;
    if (v == SG_V_DONE && sg_eng_citizen_reply(g, r, &c)) {
        keep_number(g, &c);
        sg_citizen_free(&c);
        g->prepare->kept++;
    } else {
        g->prepare->failed++;
    }
    if (v == SG_V_OFFLINE) {
        sg_eng_prepare_end(g);
        return;
    }
    if (g->prepare->kept % NEWS_EVERY == 0)
        tell(g, false);
    go_on(g);
}
