/* Taking over a queue that was left behind. Its own file is opened as the store, and the ordinary engine sends what waits in it: each row
 * under the device, number, id and ground it was decided with, claimed, noted and ended in that file. Nothing is copied into another
 * queue, so the service knows every row again, however often this is begun, killed and begun anew, and whoever else drains the same file.
 *
 * Two things are particular. A file that belongs to another service, or that is an old copy, is not used at all. And rows go only under
 * the commission they were decided under: when nothing more can go under one, the engine signs in under the next that something waits for,
 * each at most once until something has gone. */
#include "sync/inside.h"
#include "base/log.h"
#include "base/str.h"
#include <stdlib.h>
#include <string.h>

enum { TRIED_MOST = 16 };
struct sg_adopt { char tried[TRIED_MOST][SG_HSA_MAX]; size_t n; };

/* ---- which service a queue is for ---- */

void sg_eng_note_service(struct sg_engine *g)
{
    struct sg_buf b;
    if (!g->service || !g->store || g->o.store.drill)
        return;
    sg_buf_init(&b, SG_SERVICE_MAX);
    enum sg_err err = sg_store_kept_get(g->store, "service", "", &b);
    if (err == SG_E_NOTFOUND || (err == SG_E_OK && !sg_eq(b.data, g->service)))
        err = sg_store_kept_put(g->store, "service", "", g->service, strlen(g->service));
    if (err != SG_E_OK)
        sg_log(SG_LOG_WARN, "which service this queue is for could not be noted: %s", sg_err_name(err));
    sg_buf_free(&b);
}

static enum sg_adopt_bar look_at_service(struct sg_engine *g)
{
    struct sg_buf b;
    sg_buf_init(&b, SG_SERVICE_MAX);
    enum sg_err err = sg_store_kept_get(g->store, "service", "", &b);
    SG_COPY(g->adopt_service, err == SG_E_OK && b.data ? b.data : "");
    sg_buf_free(&b);
    if (err == SG_E_NOTFOUND || !g->service)
        return SG_ADOPT_UNKNOWN_SERVICE;
    return err == SG_E_OK && sg_eq(g->adopt_service, g->service) ? SG_ADOPT_FREE : SG_ADOPT_OTHER_SERVICE;
}

/* ---- commissions ---- */

/* From the next sign-in on. */
static bool use(struct sg_engine *g, const char *commission)
{
    char *copy = strdup(commission);
    if (!copy)
        return false;
    free(g->commission_opt);
    g->o.commission = g->commission_opt = copy;
    SG_COPY(g->commission, commission);
    return true;
}

static void tried(struct sg_engine *g, const char *commission)
{
    struct sg_adopt *a = g->adopt;
    if (a->n == TRIED_MOST)
        return;
    SG_COPY(a->tried[a->n], commission);
    a->n++;
}

void sg_eng_adopt_anew(struct sg_engine *g)
{
    if (!g->adopt)
        return;
    g->adopt->n = 0;
    tried(g, g->commission);
}

bool sg_eng_adopt_next(struct sg_engine *g)
{
    char next[SG_HSA_MAX];
    const struct sg_adopt *a = g->adopt;
    if (!a || !g->store || a->n == TRIED_MOST || g->n_rq[SG_RQ_SESSION] > 0)
        return false;
    if (sg_store_commission(g->store, a->tried, a->n, false, next) != SG_E_OK || !use(g, next))
        return false;
    tried(g, next);
    sg_log(SG_LOG_INFO, "going on under commission %s", next);
    sg_eng_sign_in(g);
    return true;
}

/* ---- opening ---- */

bool sg_eng_adopt_open(struct sg_engine *g)
{
    char first[SG_HSA_MAX];
    g->adopt_bar = sg_store_rolled(g->store) ? SG_ADOPT_OLD_COPY : look_at_service(g);
    if (g->adopt_bar == SG_ADOPT_OTHER_SERVICE && g->o.moved) {
        sg_eng_note_service(g);
        g->adopt_bar = SG_ADOPT_FREE;
    }
    if (g->adopt_bar == SG_ADOPT_OTHER_SERVICE || g->adopt_bar == SG_ADOPT_OLD_COPY)
        return false;
    enum sg_err err = sg_store_commission(g->store, NULL, 0, false, first);
    if (err == SG_E_NOTFOUND)                   /* nothing can go, but something may wait for a decision */
        err = sg_store_commission(g->store, NULL, 0, true, first);
    g->adopt = calloc(1, sizeof *g->adopt);
    if (!g->adopt || (err == SG_E_OK && !use(g, first)))
        return false;
    sg_eng_adopt_anew(g);
    return true;
}
