/* Asks about the queue: lists, and a person's decisions about single rows. All but one are answered at once from the store. The exception
 * is withdrawing a row that has been sent: it may be in effect already, or a copy of it be under way, so the service must have noted that it is
 * withdrawn before we say so. */
#include "sync/inside.h"
#include "base/mutant.h"
#include "model/paper.h"
#include "base/log.h"
#include "base/str.h"
#include <stdlib.h>
#include <string.h>

enum { LINES_MAX = 100000, DAMAGE_MAX = 256, LEFTOVERS_MAX = 64, READBACK_TIMEOUT_MS = 10000 };

static void reply(struct sg_engine *g, struct sg_pend *p, enum sg_err err, const char *detail, const char *id)
{
    if (err == SG_E_OK)
        sg_eng_done(g, p->a.id, id);
    else
        sg_eng_failed(g, p->a.id, err, "", detail);
    sg_eng_pend_free(p);
}

/* ---- lists ---- */

struct lines { const struct sg_engine *g; struct sg_qline *line; size_t n, cap; bool failed; };

static bool grow(struct lines *l)
{
    if (l->n < l->cap)
        return true;
    size_t cap = l->cap ? l->cap * 2 : 64;
    struct sg_qline *more = l->n < LINES_MAX ? realloc(l->line, cap * sizeof *more) : NULL;
    if (!more)
        return false;
    l->line = more;
    l->cap = cap;
    return true;
}

static void fill_line(const struct sg_engine *g, struct sg_qline *q, const struct sg_qrow *row)
{
    memset(q, 0, sizeof *q);
    SG_COPY(q->action_id, row->action.id);
    q->kind = row->action.kind;
    SG_COPY(q->subject, row->action.subject);
    SG_COPY(q->subject_name, row->has_base ? row->base.name : "");
    sg_action_summary(q->summary, sizeof q->summary, &row->action, row->has_base ? &row->base : NULL,
                      g->has_policy ? &g->policy : NULL);
    q->state = row->state;
    q->seq = row->seq;
    q->created_at = row->created_at;
    q->next_try = row->next_try;
    q->done_at = row->done_at;
    q->attempts = row->attempts;
    q->last_status = row->last_status;
    q->fresh_needed = row->fresh_needed;
    q->again = row->again;
    q->ground_age = sg_qrow_ground_age(row);
    q->event_index = row->has_outcome ? row->outcome.event_index : -1;
    q->why.rule = SG_RULE_COUNT;
    if (row->has_outcome && row->outcome.kind != SG_OUT_DONE)
        q->why = row->outcome.why;
}

static bool add_line(void *ctx, const struct sg_qrow *row)
{
    struct lines *l = ctx;
    l->failed = !grow(l);
    if (!l->failed)
        fill_line(l->g, &l->line[l->n++], row);
    return !l->failed;
}

static void tell_queue(struct sg_engine *g, struct sg_pend *p)
{
    const int64_t page = 200;
    int64_t total = 0;
    struct lines l = { .g = g };
    struct sg_page want = { .waiting_only = strcmp(p->a.text, "waiting") == 0, .subject = p->a.key, .fn = add_line, .ctx = &l };
    want.skip = p->a.offset > 0 ? p->a.offset : 0;
    want.limit = p->a.limit > 0 ? p->a.limit : page;
    enum sg_err err = sg_store_page(g->store, &want, &total);
    struct sg_tell *t = err == SG_E_OK && !l.failed ? sg_eng_tell(p->a.id, SG_TELL_QUEUE, true) : NULL;
    if (t) {
        t->lines = l.line;
        t->n_lines = l.n;
        t->total = total;
        sg_eng_give(g, t);
    } else {
        free(l.line);
        sg_eng_failed(g, p->a.id, err ? err : SG_E_NOMEM, "", "the queue could not be read");
    }
    sg_eng_pend_free(p);
}

static void tell_qrow(struct sg_engine *g, struct sg_pend *p)
{
    struct sg_tell *t = sg_eng_tell(p->a.id, SG_TELL_QROW, true);
    enum sg_err err = SG_E_NOMEM;
    if (t && (t->row = calloc(1, sizeof *t->row)))
        err = sg_store_get(g->store, p->a.key, t->row);
    if (err == SG_E_OK && t) {
        SG_COPY(t->id, p->a.key);
        if (!sg_eng_receipt(g, p->a.key, &t->receipt) && t->row->has_outcome)
            sg_eng_receipt_want(g, p->a.key, t->row->outcome.event_id);
        sg_eng_give(g, t);
    } else {
        if (t)
            free(t->row);
        free(t);
        sg_eng_failed(g, p->a.id, err, "", "no such row in the queue");
    }
    sg_eng_pend_free(p);
}

static void tell_damage(struct sg_engine *g, struct sg_pend *p)
{
    struct sg_tell *t = sg_eng_tell(p->a.id, SG_TELL_DAMAGE, true);
    enum sg_err err = SG_E_NOMEM;
    if (t && (t->damage = calloc(DAMAGE_MAX, sizeof *t->damage)))
        err = sg_store_check(g->store, t->damage, DAMAGE_MAX, &t->n_damage);
    if (t && (err == SG_E_OK || (err == SG_E_CORRUPT && t->n_damage > 0))) {
        t->total = (int64_t)t->n_damage;
        if (t->n_damage > DAMAGE_MAX)
            t->n_damage = DAMAGE_MAX;
        sg_eng_give(g, t);
    } else {
        sg_tell_free(t);
        sg_eng_failed(g, p->a.id, err, "", "the store could not be checked");
    }
    sg_eng_pend_free(p);
}

static void tell_paper(struct sg_engine *g, struct sg_pend *p)
{
    size_t n = p->a.limit > 0 && p->a.limit <= SG_PAPERS_MOST ? (size_t)p->a.limit : 0;
    struct sg_tell *t = sg_eng_tell(p->a.id, SG_TELL_PAPER, true);
    enum sg_err err = n ? SG_E_NOMEM : SG_E_INPUT;
    if (t && n && (t->paper = calloc(n, sizeof *t->paper)))
        err = sg_store_paper_reserve(g->store, n, t->paper);
    if (t && err == SG_E_OK) {
        t->n_paper = n;
        sg_eng_give(g, t);
    } else {
        sg_tell_free(t);
        sg_eng_failed(g, p->a.id, err, "count", err == SG_E_INPUT ? "1 to 500 forms at a time" : "no ids could be reserved");
    }
    sg_eng_pend_free(p);
}

/* ---- release ---- */

struct ids { char (*id)[SG_UUID_MAX]; size_t n, cap; bool by_person, failed; };

/* By itself only what waited for the service. What the service asked us to delay (429) keeps its time, and so does a row that has been
 * tried often: while offline nothing is tried, so such a row may be the one that breaks the service. */
static bool wanted(const struct sg_qrow *row, bool by_person)
{
    const int often = 5;
    if (row->state == SG_Q_RETRY)
        return by_person || (row->last_status != 429 && row->attempts < often);
    return by_person && ((row->state == SG_Q_HELD && !row->fresh_needed) || row->state == SG_Q_AUTH_WAIT);
}

static bool add_id(void *ctx, const struct sg_qrow *row)
{
    struct ids *l = ctx;
    if (!wanted(row, l->by_person))
        return true;
    if (l->n == l->cap) {
        size_t cap = l->cap ? l->cap * 2 : 64;
        void *more = cap <= LINES_MAX * 2 ? realloc(l->id, cap * sizeof *l->id) : NULL;
        if (!more) {
            l->failed = true;
            return false;
        }
        l->id = more;
        l->cap = cap;
    }
    SG_COPY(l->id[l->n], row->action.id);
    l->n++;
    return true;
}

enum sg_err sg_eng_release(struct sg_engine *g, bool by_person)
{
    struct ids l = { .by_person = by_person };
    if (!g->store)
        return SG_E_OK;
    enum sg_err all = sg_store_each(g->store, true, add_id, &l, NULL);
    if (all == SG_E_OK && l.failed)
        all = SG_E_NOMEM;
    for (size_t i = 0; i < l.n; i++) {
        enum sg_err err = sg_store_release(g->store, l.id[i]);
        if (err == SG_E_OK)
            sg_eng_tell_row(g, l.id[i]);
        else if (err != SG_E_STATE && all == SG_E_OK)           /* STATE: another process was quicker */
            all = err;
    }
    if (all != SG_E_OK)
        sg_log(SG_LOG_WARN, "not all that waits could be let go: %s", sg_err_name(all));
    free(l.id);
    sg_eng_adopt_anew(g);
    g->drain_due = true;
    return all;
}

static void ask_retry(struct sg_engine *g, struct sg_pend *p)
{
    enum sg_err err = SG_E_OK;
    struct sg_qrow row;
    if (!p->a.key[0]) {
        err = sg_eng_release(g, true);
    } else if ((err = sg_store_get(g->store, p->a.key, &row)) == SG_E_OK) {
        err = row.fresh_needed ? SG_E_STATE : sg_store_release(g->store, p->a.key);
        sg_qrow_free(&row);
    }
    if (err == SG_E_OK && p->a.key[0])
        sg_eng_tell_row(g, p->a.key);
    g->drain_due = true;
    const char *why = err == SG_E_STATE ? "it does not wait to be sent, or must be confirmed again first" : "the queue could not be changed";
    reply(g, p, err, err == SG_E_NOTFOUND ? "no such row in the queue" : why, p->a.key);
}

/* ---- withdraw ---- */

/* It has left the house. Some attempt may have got no word of the service itself, and even one that was turned away may have a copy under way
 * that is still to arrive. That a decision is too old is said only after the service has looked for the action among its outcomes, and a
 * copy comes later still. */
static bool fate_unknown(const struct sg_qrow *row)
{
    bool waits = row->state == SG_Q_RETRY || row->state == SG_Q_READY || row->state == SG_Q_AUTH_WAIT;
    bool word = strcmp(row->last_error, sg_rule_name(SG_RULE_STALE_WIDENING)) == 0;
    if (SG_MUTANT(32))
        word = sg_problem_named(row->last_error) != SG_PROBLEM_COUNT;
    return waits && row->sent_at > 0 && row->attempts > 0 && !word && !SG_MUTANT(31);
}

static void withdraw_now(struct sg_engine *g, struct sg_pend *p)
{
    enum sg_err err = sg_store_withdraw(g->store, p->a.key);
    if (err == SG_E_OK)
        sg_eng_tell_row(g, p->a.key);
    g->drain_due = true;
    reply(g, p, err, err == SG_E_NOTFOUND ? "no such row in the queue" : "it is being sent or has ended", p->a.key);
}

/* "See to it that this is not carried out any more": answered with its outcome, if it has ended. */
static enum sg_err withdrawal_of(const struct sg_engine *g, const struct sg_qrow *row, struct sg_http_request *rq)
{
    cJSON *v = cJSON_CreateObject();
    bool made = v && cJSON_AddStringToObject(v, "device", sg_store_device(g->store)) && cJSON_AddNumberToObject(v, "seq", (double)row->seq) &&
                (!row->action.subject[0] || cJSON_AddStringToObject(v, "subject", row->action.subject));
    if (!made) {
        cJSON_Delete(v);
        v = NULL;                                       /* then printing says that there is no memory */
    }
    sg_endpoint_request(rq, SG_EP_ACTION_WITHDRAW, row->action.id);
    sg_buf_init(&rq->body, SG_JSON_BODY.bytes);
    return sg_wire_print(v, &rq->body);
}

static void ask_withdraw(struct sg_engine *g, struct sg_pend *p)
{
    struct sg_qrow row;
    enum sg_err err = sg_store_get(g->store, p->a.key, &row);
    if (err != SG_E_OK) {
        reply(g, p, err, "no such row in the queue", "");
        return;
    }
    struct sg_http_request rq = { 0 };
    struct sg_rq *q = NULL;
    bool unknown = fate_unknown(&row);
    if (unknown && sg_eng_can_send(g) && withdrawal_of(g, &row, &rq) == SG_E_OK)
        q = sg_eng_send(g, SG_RQ_READBACK, &rq, READBACK_TIMEOUT_MS);
    else
        sg_http_request_free(&rq);
    sg_qrow_free(&row);
    if (!unknown)
        withdraw_now(g, p);
    else if (q)
        q->pend = p;
    else
        reply(g, p, SG_E_STATE, "it was sent and no answer came, so it may be in effect: it can be withdrawn when the service answers", "");
}

void sg_eng_on_readback(struct sg_engine *g, struct sg_rq *q, struct sg_http_reply *r, enum sg_verdict v, struct sg_problem_info *pi)
{
    struct sg_pend *p = q->pend;
    struct sg_outcome o;
    bool ends = v == SG_V_DONE || v == SG_V_CONFLICT || v == SG_V_REFUSED;
    q->pend = NULL;
    if (!p)
        return;
    if ((v == SG_V_REFUSED && pi->problem == SG_PROBLEM_WITHDRAWN) || (SG_MUTANT(33) && !ends)) {
        withdraw_now(g, p);
    } else if (ends && sg_eng_outcome_read(p->a.key, r, v, &o) == SG_E_OK) {
        enum sg_err err = sg_store_finish(g->store, p->a.key, &o);
        sg_outcome_free(&o);
        sg_eng_tell_row(g, p->a.key);
        g->drain_due = true;
        reply(g, p, err ? err : SG_E_STATE, v == SG_V_DONE ? "it has already been carried out" : "the service had already answered it", "");
    } else {
        reply(g, p, SG_E_STATE, "the service does not say whether it was carried out, so it stays in the queue", "");
    }
}

/* ---- confirm again, resolve ---- */

/* What the service had done and forgotten is confirmed on the ground of now: that of then is gone. */
static enum sg_err reconfirm(struct sg_engine *g, const char *id, const char **why)
{
    struct sg_qrow row;
    struct sg_citizen now;
    int64_t as_of = 0;
    *why = "no such row in the queue";
    enum sg_err err = sg_store_get(g->store, id, &row);
    if (err != SG_E_OK)
        return err;
    bool ground = row.again && row.action.kind != SG_ACT_TERMS_ACCEPT;
    bool seen = ground && sg_eng_cached_citizen(g, row.action.subject, &now, &as_of);
    sg_qrow_free(&row);
    *why = "the person must be read again first";
    if (ground && !seen)
        return SG_E_STATE;
    *why = "it does not wait for a confirmation";
    err = sg_store_reconfirm(g->store, id, sg_eng_service_now(g), seen ? now.etag : NULL);
    if (seen)
        sg_citizen_free(&now);
    return err;
}

static void ask_reconfirm(struct sg_engine *g, struct sg_pend *p)
{
    const char *why;
    enum sg_err err = reconfirm(g, p->a.key, &why);
    if (err == SG_E_OK)
        sg_eng_tell_row(g, p->a.key);
    g->drain_due = true;
    reply(g, p, err, why, p->a.key);
}

/* "mine" again on top of what is there now: a new action with a new id, so that both stay in the history. */
static enum sg_err redo(struct sg_engine *g, const struct sg_pend *p, const struct sg_qrow *row, char id[SG_UUID_MAX], struct sg_error *e)
{
    struct sg_citizen now;
    int64_t as_of = 0;
    const struct sg_citizen *base = row->has_outcome && row->outcome.has_current ? &row->outcome.current : NULL;
    const char *seen = p->a.action ? p->a.action->observed : NULL;      /* on what ground the person confirmed it */
    bool fits = base && (!seen || strcmp(base->etag, seen) == 0);
    bool cached = !fits && sg_eng_cached_citizen(g, row->action.subject, &now, &as_of);
    if (!fits)
        base = cached && (!seen || strcmp(now.etag, seen) == 0) ? &now : NULL;
    if (!base) {
        if (cached)
            sg_citizen_free(&now);
        return sg_fail(e, SG_E_STATE, "", "the person must be read again first");
    }
    struct sg_action *again = malloc(sizeof *again);
    enum sg_err err = SG_E_NOMEM;
    if (again) {
        *again = row->action;
        sg_uuid7(again->id, &g->o.clock, &g->o.random);
        SG_COPY(again->observed, base->etag);
        again->performed_at = sg_eng_service_now(g);
        again->offline = g->link != SG_LINK_ONLINE;
        again->seq = 0;
        err = sg_store_resolve(g->store, row->action.id, "redo", p->a.note, again, base, e);
        sg_copy(id, SG_UUID_MAX, again->id);
    }
    if (err == SG_E_OK && base != &now)
        sg_eng_cache_citizen(g, base);
    if (cached)
        sg_citizen_free(&now);
    free(again);
    return err;
}

static enum sg_err resolve(struct sg_engine *g, const struct sg_pend *p, const struct sg_qrow *row, char id[SG_UUID_MAX],
                           struct sg_error *e)
{
    if (row->state != SG_Q_CONFLICT && row->state != SG_Q_REFUSED)
        return sg_fail(e, SG_E_STATE, "", "there is nothing to decide about it");
    if (strcmp(p->a.text, "redo") == 0)
        return redo(g, p, row, id, e);
    if (strcmp(p->a.text, "theirs") != 0 && strcmp(p->a.text, "note") != 0)
        return sg_fail(e, SG_E_INPUT, "resolve", "theirs, redo or note");
    enum sg_err err = sg_store_resolve(g->store, row->action.id, p->a.text, p->a.note, NULL, NULL, e);
    if (err == SG_E_OK && row->has_outcome && row->outcome.has_current)
        sg_eng_cache_citizen(g, &row->outcome.current);
    return err;
}

static void ask_resolve(struct sg_engine *g, struct sg_pend *p)
{
    struct sg_qrow row;
    struct sg_error e = { 0 };
    char id[SG_UUID_MAX] = "";
    enum sg_err err = sg_store_get(g->store, p->a.key, &row);
    if (err != SG_E_OK) {
        reply(g, p, err, "no such row in the queue", "");
        return;
    }
    err = resolve(g, p, &row, id, &e);
    sg_qrow_free(&row);
    if (err == SG_E_OK) {
        sg_eng_tell_row(g, p->a.key);
        if (id[0])
            sg_eng_tell_row(g, id);
        g->drain_due = true;
    }
    reply(g, p, err, e.detail, id[0] ? id : p->a.key);
}

static void tell_leftovers(struct sg_engine *g, struct sg_pend *p)
{
    bool alone = g->o.store.vfs || g->o.store.drill || g->o.adopt;
    struct sg_tell *t = sg_eng_tell(p->a.id, SG_TELL_LEFTOVERS, true);
    if (t && !alone && (t->leftovers = calloc(LEFTOVERS_MAX, sizeof *t->leftovers)))
        g->leftovers = sg_store_leftovers(g->o.store.dir, g->o.actor, t->leftovers, LEFTOVERS_MAX);
    if (t && (alone || t->leftovers)) {
        t->total = (int64_t)g->leftovers;
        t->n_leftovers = g->leftovers < LEFTOVERS_MAX ? g->leftovers : LEFTOVERS_MAX;
        sg_eng_give(g, t);
        g->status_due = true;
    } else {
        sg_tell_free(t);
        sg_eng_failed(g, p->a.id, SG_E_NOMEM, "", "not enough memory");
    }
    sg_eng_pend_free(p);
}

static void ask_log_accept(struct sg_engine *g, struct sg_pend *p)
{
    reply(g, p, sg_eng_logs_accept(g), "it could not be noted", "");
}

void sg_eng_tray(struct sg_engine *g, struct sg_pend *p)
{
    static const struct { enum sg_ask_kind kind; void (*fn)(struct sg_engine *, struct sg_pend *); } table[] = {
        { SG_ASK_QUEUE, tell_queue }, { SG_ASK_QROW, tell_qrow }, { SG_ASK_CHECK, tell_damage }, { SG_ASK_PAPER, tell_paper }, { SG_ASK_RETRY, ask_retry },
        { SG_ASK_WITHDRAW, ask_withdraw }, { SG_ASK_RECONFIRM, ask_reconfirm }, { SG_ASK_RESOLVE, ask_resolve },
        { SG_ASK_LOG_ACCEPT, ask_log_accept }, { SG_ASK_LEFTOVERS, tell_leftovers },
    };
    if (!g->store) {
        reply(g, p, g->store_err ? g->store_err : SG_E_IO, "the queue on this computer cannot be opened", "");
        return;
    }
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (table[i].kind == p->a.kind) {
            table[i].fn(g, p);
            return;
        }
    }
    reply(g, p, SG_E_INTERNAL, "not about the queue", "");
}
