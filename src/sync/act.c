/* ACT: from a person's decision to a durable row. Validate, find what the person saw (base and its ETag), enqueue, and only then tell.
 * The service decides about rules and roles, so that its refusal becomes an event there; refused here is only what cannot be sent at all:
 * bad input, and kinds that may not wait while the service is away. */
#include "sync/inside.h"
#include "base/mutant.h"
#include "model/paper.h"
#include "base/log.h"
#include "base/str.h"
#include <stdlib.h>
#include <string.h>

enum { BASE_TIMEOUT_MS = 10000 };

static void fail(struct sg_engine *g, struct sg_pend *p, enum sg_err err, const char *where, const char *detail)
{
    sg_eng_failed(g, p->a.id, err, where, detail);
    sg_eng_pend_free(p);
}

bool sg_eng_act_check(struct sg_engine *g, struct sg_pend *p)
{
    struct sg_error e = { 0 };
    if (!p->a.action) {
        fail(g, p, SG_E_INTERNAL, "", "no action given");
        return false;
    }
    enum sg_err err = sg_action_validate(p->a.action, &e);
    if (err == SG_E_OK && !p->a.action->subject[0])
        err = sg_fail(&e, SG_E_INPUT, "subject", "nobody is named");
    if (err != SG_E_OK)
        fail(g, p, err, e.where, e.detail);
    return err == SG_E_OK;
}

static bool about_a_citizen(const struct sg_action *a)
{
    return sg_action_about_citizen(a->kind);
}

static bool ask_for_base(struct sg_engine *g, struct sg_pend *p)
{
    struct sg_http_request rq = { 0 };
    p->base_tried = true;
    sg_endpoint_request(&rq, SG_EP_CITIZEN, p->a.action->subject);
    struct sg_rq *q = sg_eng_send(g, SG_RQ_BASE, &rq, BASE_TIMEOUT_MS);
    if (q)
        q->pend = p;
    return q != NULL;
}

/* An act decided on paper bears the id that was printed there. */
static enum sg_err take_paper_id(struct sg_engine *g, struct sg_pend *p, struct sg_error *e)
{
    char code[SG_PAPER_CODE];
    struct sg_action *a = p->a.action;
    if (sg_uuid_valid(p->a.text)) {
        SG_COPY(a->id, p->a.text);
        return SG_E_OK;
    }
    if (!sg_paper_parse(p->a.text, code))
        return sg_fail(e, SG_E_INPUT, "paper", "not the number of a form: a character is wrong, missing or exchanged");
    enum sg_err err = sg_store_paper_find(g->store, code, a->id);
    if (err == SG_E_NOTFOUND)
        return sg_fail(e, SG_E_INPUT, "paper", "this form was not printed here: type the whole id that stands on it");
    return err == SG_E_OK ? err : sg_fail(e, err, "paper", "%s", sg_err_name(err));
}

/* Fills observed; false when nothing was seen and the kind may not go blindly. */
static bool observe(struct sg_action *a, const struct sg_citizen *base)
{
    if (a->observed[0])
        return true;
    if (base)
        return SG_COPY(a->observed, base->etag);
    bool blind = !about_a_citizen(a) || sg_action_def(a->kind)->effect == SG_EFFECT_PROTECTS;
    return blind && SG_COPY(a->observed, "*");
}

/* What opens access is not sent on ground older than the policy says (a day) until a person has confirmed it again; offline that is how it is known to be. */
static bool old_ground(const struct sg_engine *g, const struct sg_action *a, const struct sg_citizen *base)
{
    const int64_t most = INT64_C(3600000) * (g->has_policy ? g->policy.ground_hours : SG_GROUND_HOURS);
    return base && base->as_of > 0 && sg_action_def(a->kind)->effect == SG_EFFECT_WIDENS && sg_eng_service_now(g) - base->as_of > most;
}

static void enqueue(struct sg_engine *g, struct sg_pend *p, const struct sg_citizen *base)
{
    struct sg_action *a = p->a.action;
    struct sg_error e = { 0 };
    bool paper = p->a.text[0];
    a->offline = paper || g->link != SG_LINK_ONLINE;
    if (paper && take_paper_id(g, p, &e) != SG_E_OK) {
        fail(g, p, e.code, e.where, e.detail);
        return;
    }
    if (a->performed_at == 0)
        a->performed_at = SG_MUTANT(36) ? sg_eng_service_now(g) : p->asked_at + g->offset;
    if (base && strcmp(base->etag, a->observed) != 0)
        base = NULL;                            /* not what the person saw: better no base in a conflict than a wrong one */
    if (!a->id[0])
        sg_uuid7(a->id, &g->o.clock, &g->o.random);
    if (p->a.id && !sg_eng_watch(g, p->a.id, a->id)) {          /* first: what is queued must be followed */
        fail(g, p, SG_E_NOMEM, "", "not enough memory; nothing was queued");
        return;
    }
    bool old = old_ground(g, a, base);
    enum sg_err err = sg_store_enqueue(g->store, a, g->commission, p->a.hold || old, base, &e);
    if (err == SG_E_OK && old && sg_store_later(g->store, a->id, SG_Q_HELD, 0, SG_Q_OLD_GROUND, 0) != SG_E_OK)
        sg_log(SG_LOG_WARN, "an act on old ground is held, but not marked to be confirmed again");
    if (paper && err == SG_E_CONFLICT)
        err = sg_fail(&e, SG_E_STATE, "paper", "this form has been keyed in already; the queue shows what became of it");
    if (err != SG_E_OK) {
        sg_eng_unwatch(g, a->id);
        fail(g, p, err, e.where, e.detail);
        return;
    }
    g->drain_due = true;
    sg_eng_tell_row(g, a->id);
    sg_eng_pend_free(p);
}

/* Why it cannot be enqueued as things stand, or NULL. */
static const char *obstacle(const struct sg_engine *g, const struct sg_action *a, enum sg_err *err)
{
    *err = g->link == SG_LINK_AUTH ? SG_E_AUTH : SG_E_OFFLINE;
    if (!g->store) {
        *err = g->store_err ? g->store_err : SG_E_IO;
        return "the queue on this computer cannot be opened, so nothing is sent either";
    }
    if (g->o.adopt) {
        *err = SG_E_STATE;
        return "this queue was left behind: what waits in it is sent, but nothing new is put into it";
    }
    if (g->link != SG_LINK_ONLINE && sg_action_def(a->kind)->offline == SG_OFFLINE_ONLINE)
        return "this can only be done while the service answers";
    if (!g->commission[0])
        return "nobody has signed in here yet, so the commission is not known";
    return NULL;
}

void sg_eng_act(struct sg_engine *g, struct sg_pend *p)
{
    enum sg_err err;
    struct sg_action *a = p->a.action;
    if (!a) {
        fail(g, p, SG_E_INTERNAL, "", "no action given");
        return;
    }
    const char *why = obstacle(g, a, &err);
    if (why) {
        fail(g, p, err, "", why);
        return;
    }
    struct sg_citizen base;
    int64_t as_of = 0;
    bool have = about_a_citizen(a) && sg_eng_cached_citizen(g, a->subject, &base, &as_of);
    bool wanted = about_a_citizen(a) && !have && !a->observed[0] && !p->base_tried;
    if (wanted && sg_eng_can_send(g) && ask_for_base(g, p))
        return;
    if (!observe(a, have ? &base : NULL))
        fail(g, p, SG_E_OFFLINE, "", "this person has not been read here lately, and what opens access is not decided blindly");
    else
        enqueue(g, p, have ? &base : NULL);
    if (have)
        sg_citizen_free(&base);
}

void sg_eng_on_base(struct sg_engine *g, struct sg_rq *q, struct sg_http_reply *r, enum sg_verdict v, struct sg_problem_info *pi)
{
    struct sg_pend *p = q->pend;
    struct sg_citizen c;
    q->pend = NULL;
    if (!p)
        return;
    if (v == SG_V_REFUSED || v == SG_V_CONFLICT) {
        sg_eng_failed_by(g, p->a.id, r, v, pi);
        sg_eng_pend_free(p);
        return;
    }
    if (v == SG_V_DONE && sg_eng_citizen_reply(g, r, &c)) {
        if (sg_eng_outrun(g, &c) && p->tries++ < 2)
            p->base_tried = false;              /* read before an own act took effect: once more */
        else if (p->a.action)
            SG_COPY(p->a.action->observed, c.etag);
        sg_citizen_free(&c);                    /* it is in the cache; act() takes it from there */
    }
    if (v == SG_V_AUTH && p->tries++ == 0)
        p->base_tried = false;
    sg_eng_wait(g, p);
}
