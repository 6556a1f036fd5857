/* Asks: what each kind needs before it can be answered. Those about the queue are answered from the store at once; those that need the
 * service wait until it is known whether it answers, and then get what there is. Nothing waits for the service to come back. */
#include "sync/inside.h"
#include <stdlib.h>

/* ---- cancel ---- */

static bool cut(struct sg_pend **list, uint64_t id)
{
    for (struct sg_pend **at = list; *at; at = &(*at)->next) {
        struct sg_pend *p = *at;
        if (p->a.id != id)
            continue;
        *at = p->next;
        sg_eng_pend_free(p);
        return true;
    }
    return false;
}

static bool cut_request(struct sg_engine *g, uint64_t id)
{
    for (struct sg_rq *q = g->rqs; q; q = q->next) {
        if (q->pend && q->pend->a.id == id) {
            sg_eng_rq_cancel(g, q);
            return true;
        }
    }
    return false;
}

static bool cut_watch(struct sg_engine *g, uint64_t id)
{
    for (struct sg_watch *w = g->watches; w; w = w->next) {
        if (w->ask == id) {
            sg_eng_unwatch(g, w->action);       /* what is queued stays queued; only the asker is gone */
            return true;
        }
    }
    return false;
}

static void cancel(struct sg_engine *g, uint64_t id)
{
    if (id && (cut(&g->waiting, id) || cut(&g->syncs, id) || cut_request(g, id) || cut_watch(g, id)))
        sg_eng_failed(g, id, SG_E_CANCELLED, "", "cancelled");
    g->seen_due = true;                         /* it may have been shown */
}

/* ---- asks ---- */

static void ask_status(struct sg_engine *g, struct sg_pend *p)
{
    bool known = g->link != SG_LINK_STARTING;
    struct sg_tell *t = !known && p->early ? NULL : sg_eng_tell(p->a.id, SG_TELL_STATUS, known);
    if (t) {
        sg_eng_status_fill(g, &t->status);
        sg_eng_give(g, t);
    } else if (known) {
        sg_eng_failed(g, p->a.id, SG_E_NOMEM, "", "not enough memory");
    }
    p->early = true;
    if (known)
        sg_eng_pend_free(p);
    else
        sg_eng_wait(g, p);
}

static void ask_sync(struct sg_engine *g, struct sg_pend *p)
{
    const int64_t just_now = 2000;
    (void)sg_eng_release(g, true);                      /* what stays behind is among what still waits */
    sg_eng_seen_contact(g);
    sg_eng_logs_want(g, true);
    if (g->link == SG_LINK_AUTH) {
        g->auth_fails = 0;
        sg_eng_sign_in(g);
    } else if (g->link != SG_LINK_STARTING && (g->link == SG_LINK_OFFLINE || sg_eng_now(g) - g->last_contact > just_now)) {
        sg_eng_probe(g);
    }
    sg_eng_again_check(g);
    p->next = g->syncs;
    g->syncs = p;
}

bool sg_eng_link_known(const struct sg_engine *g)
{
    switch (g->link) {
    case SG_LINK_STARTING: return false;
    case SG_LINK_ONLINE: return g->bearer[0] != '\0';
    case SG_LINK_AUTH: return g->n_rq[SG_RQ_SESSION] == 0;
    case SG_LINK_OFFLINE: break;
    }
    return g->o.watch || (g->n_rq[SG_RQ_SESSION] == 0 && g->n_rq[SG_RQ_PROBE] == 0);
}

/* Needs the service, or at least to know whether it answers. */
static void ask_service(struct sg_engine *g, struct sg_pend *p)
{
    bool act = p->a.kind == SG_ASK_ACT;
    if (!act)
        sg_eng_read_cached(g, p);
    if (g->link == SG_LINK_OFFLINE && !g->o.watch && !p->waited && g->probe_at >= 0 && sg_mono(&g->o.clock) >= g->probe_at)
        sg_eng_probe(g);
    if (!sg_eng_link_known(g))
        sg_eng_wait(g, p);
    else if (act)
        sg_eng_act(g, p);
    else if (p->a.kind == SG_ASK_PREPARE)
        sg_eng_prepare(g, p);
    else
        sg_eng_read(g, p);
}

void sg_eng_dispatch(struct sg_engine *g, struct sg_pend *p)
{
    switch (p->a.kind) {
    case SG_ASK_LOOKUP: case SG_ASK_CITIZEN: case SG_ASK_EVENTS: case SG_ASK_DENSITY: case SG_ASK_SAMPLE: case SG_ASK_EXPORT: case SG_ASK_EXTRACT:
    case SG_ASK_POLICY: case SG_ASK_ME: case SG_ASK_FETCH: case SG_ASK_PREPARE: case SG_ASK_LEVEL:
        ask_service(g, p);
        break;
    case SG_ASK_ACT:
        if (p->waited || sg_eng_act_check(g, p))
            ask_service(g, p);
        break;
    case SG_ASK_STATUS:
        ask_status(g, p);
        break;
    case SG_ASK_SYNC:
        ask_sync(g, p);
        break;
    case SG_ASK_CANCEL:
        cancel(g, (uint64_t)p->a.ref);
        sg_eng_pend_free(p);
        break;
    case SG_ASK_STOP:
        g->dead = true;
        sg_eng_pend_free(p);
        break;
    default:
        sg_eng_tray(g, p);
        break;
    }
}
