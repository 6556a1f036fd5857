/* The engine's outside: asks in, one step at a time, tells out. A step takes replies, then asks, then what is due by the clock, then lets
 * go what waited for the link, then drains; it repeats while that produced more work, and says when it wants to be called by itself again.
 * Everything lives in one thread and nothing here waits; the store alone may take its time (opening: half a second for scrypt), which is
 * why the first request goes out before it is opened. */
#include "sync/inside.h"
#include "base/crypto.h"
#include "base/log.h"
#include "base/str.h"
#include <limits.h>
#include <stdlib.h>
#include <string.h>

int64_t sg_eng_now(const struct sg_engine *g)
{
    return sg_wall(&g->o.clock);
}

int64_t sg_eng_service_now(const struct sg_engine *g)
{
    return sg_eng_now(g) + g->offset;
}

bool sg_eng_can_send(const struct sg_engine *g)
{
    return g->has_t && g->link == SG_LINK_ONLINE && g->bearer[0] != '\0';
}

/* ---- making and ending ---- */

static bool dup_text(char **dst, const char *src)
{
    *dst = src ? strdup(src) : NULL;
    return !src || *dst;
}

static enum sg_err keep_passphrase(struct sg_engine *g, const struct sg_secret *s, struct sg_error *e)
{
    if (!s || !s->data)
        return SG_E_OK;
    enum sg_err err = sg_secret_new(&g->passphrase, s->len ? s->len : 1, e);
    if (err != SG_E_OK)
        return err;
    memcpy(g->passphrase.data, s->data, s->len);
    g->passphrase.len = s->len;
    return SG_E_OK;
}

static bool keep_options(struct sg_engine *g, const struct sg_engine_opts *o)
{
    g->o = *o;
    memset(&g->o.identity, 0, sizeof g->o.identity);            /* the transport's business */
    bool ok = dup_text(&g->dir, o->store.dir) && dup_text(&g->file, o->store.file) && dup_text(&g->service, o->identity.url) && dup_text(&g->vfs, o->store.vfs) && dup_text(&g->commission_opt, o->commission) &&
              dup_text(&g->client, o->client) && dup_text(&g->log_key, o->log_key) && dup_text(&g->log_witnesses, o->log_witnesses);
    g->o.store.dir = g->dir;
    g->o.store.file = g->file;
    g->o.store.vfs = g->vfs;
    g->o.commission = g->commission_opt;
    g->o.client = g->client;
    g->o.log_key = g->log_key;
    g->o.log_witnesses = g->log_witnesses;
    g->o.store.actor = g->o.actor;
    g->o.store.passphrase = &g->passphrase;
    if (!o->store.clock.wall_ms)
        g->o.store.clock = o->clock;
    if (!o->store.random.fill)
        g->o.store.random = o->random;
    return ok;
}

enum sg_err sg_engine_new(const struct sg_engine_opts *o, sg_tell_fn *fn, void *ctx, struct sg_engine **out, struct sg_error *e)
{
    struct sg_engine *g = calloc(1, sizeof *g);
    *out = NULL;
    if (!g)
        return sg_fail(e, SG_E_NOMEM, "", "engine");
    g->fn = fn;
    g->ctx = ctx;
    g->link = SG_LINK_STARTING;
    g->probe_at = g->poll_at = g->signin_at = g->unnoted_at = -1;
    sg_eng_seen_contact(g);
    g->revision = g->events = -1;
    g->got_end = &g->got;
    g->inbox_end = &g->inbox;
    sg_eng_reserve(g);
    enum sg_err err = g->spare && keep_options(g, o) ? keep_passphrase(g, o->store.passphrase, e) : sg_fail(e, SG_E_NOMEM, "", "engine");
    if (o->commission)
        SG_COPY(g->commission, o->commission);
    if (err != SG_E_OK) {
        sg_engine_free(g);
        return err;
    }
    if (o->logs && !sg_eng_logs_new(g)) {
        sg_engine_free(g);
        return sg_fail(e, SG_E_NOMEM, "", "engine");
    }
    *out = g;
    return SG_E_OK;
}

void sg_eng_pend_free(struct sg_pend *p)
{
    if (!p)
        return;
    sg_wipe(p->a.text, sizeof p->a.text);
    free(p->a.action);
    free(p);
}

static void free_list(struct sg_pend **list)
{
    for (struct sg_pend *p = *list, *next; p; p = next) {
        next = p->next;
        sg_eng_pend_free(p);
    }
    *list = NULL;
}

static void free_watches(struct sg_watch *w)
{
    for (struct sg_watch *next; w; w = next) {
        next = w->next;
        free(w);
    }
}

/* Rows on the wire go back into the queue: whether they were carried out is not known, and the same id will be sent again. */
static void drop_wire(struct sg_engine *g)
{
    while (g->rqs) {
        if (g->rqs->row && g->store)
            (void)sg_eng_put_back(g, g->rqs->row->action.id);    /* else taken up at the next start */
        sg_eng_rq_cancel(g, g->rqs);
    }
    for (struct sg_got *r = g->got, *next; r; r = next) {
        next = r->next;
        sg_http_reply_free(&r->r);
        free(r);
    }
    g->got = NULL;
    g->got_end = &g->got;
    if (g->t.ops)
        g->t.ops->close(g->t.self);
    g->t.ops = NULL;
    g->has_t = false;
    sg_eng_again_end(g);
    sg_wipe(g->bearer, sizeof g->bearer);
}

void sg_engine_set_transport(struct sg_engine *g, struct sg_transport t)
{
    drop_wire(g);
    g->t = t;
    g->has_t = t.ops != NULL && !g->o.store.drill;      /* a drill has no way to any service, so nothing of it can ever go there */
    g->link = SG_LINK_STARTING;
    if (g->started && g->has_t)
        sg_eng_sign_in(g);
}

void sg_engine_free(struct sg_engine *g)
{
    if (!g)
        return;
    drop_wire(g);
    free_list(&g->inbox);
    free_list(&g->waiting);
    free_list(&g->syncs);
    free_watches(g->watches);
    free_watches(g->unnoted);
    sg_eng_logs_free(g);
    sg_eng_prepare_free(g);
    free(g->seen_sent);
    if (g->store)
        sg_store_close(g->store);
    sg_secret_free(&g->passphrase);
    sg_policy_free(&g->policy);
    free(g->spare);
    free(g->adopt);
    free(g->dir);
    free(g->file);
    free(g->service);
    free(g->vfs);
    free(g->commission_opt);
    free(g->client);
    free(g->log_key);
    free(g->log_witnesses);
    free(g);
}

/* ---- in ---- */

void sg_engine_reply(void *ctx, uint64_t token, struct sg_http_reply *r)
{
    struct sg_engine *g = ctx;
    struct sg_rq *q = g->rqs;
    while (q && q->token != token)
        q = q->next;
    struct sg_got *got = q ? q->got : NULL;
    if (!got) {                                 /* forgotten meanwhile */
        sg_http_reply_free(r);
        return;
    }
    q->got = NULL;
    got->token = token;
    got->r = *r;
    memset(&r->body, 0, sizeof r->body);
    *g->got_end = got;
    g->got_end = &got->next;
}

static void push(struct sg_engine *g, const struct sg_ask *a)
{
    struct sg_pend *p = g->n_inbox < SG_INBOX_MAX ? calloc(1, sizeof *p) : NULL;
    if (!p) {
        sg_eng_failed(g, a->id, SG_E_LIMIT, "", "too much is asked at once");
        free(a->action);
        return;
    }
    p->a = *a;
    p->asked_at = sg_eng_now(g);
    *g->inbox_end = p;
    g->inbox_end = &p->next;
    g->n_inbox++;
}

void sg_engine_ask(struct sg_engine *g, struct sg_ask *a)
{
    push(g, a);
    a->action = NULL;
}

void sg_eng_self_ask(struct sg_engine *g, enum sg_ask_kind kind)
{
    struct sg_ask *a = calloc(1, sizeof *a);
    if (!a)
        return;
    a->kind = kind;
    push(g, a);
    free(a);
}

void sg_eng_wait(struct sg_engine *g, struct sg_pend *p)
{
    struct sg_pend **at = &g->waiting;
    while (*at)
        at = &(*at)->next;
    p->next = NULL;
    p->waited = true;
    *at = p;
}

/* ---- the step ---- */

static void open_store(struct sg_engine *g)
{
    struct sg_error e = { 0 };
    size_t n = 0;
    bool alone = g->o.store.vfs || g->o.store.drill || g->o.adopt;
    g->store_err = sg_store_open(&g->o.store, &g->store, &e);
    g->leftovers = alone ? 0 : sg_store_leftovers(g->o.store.dir, g->o.actor, NULL, 0);
    sg_secret_free(&g->passphrase);
    if (g->store_err == SG_E_OK && g->o.adopt && !sg_eng_adopt_open(g)) {
        sg_store_close(g->store);
        g->store_err = sg_fail(&e, SG_E_STATE, "", "it belongs to another service, or is an old copy");
    }
    if (g->store_err != SG_E_OK) {
        g->store = NULL;
        sg_log(g->o.adopt ? SG_LOG_WARN : SG_LOG_ERROR, "the store cannot be opened: %s %s", sg_err_name(g->store_err), e.detail);
        return;
    }
    if (sg_store_reclaim(g->store, &n) != SG_E_OK)
        sg_log(SG_LOG_WARN, "rows of ended processes could not be taken up");
    if (!g->o.adopt)
        sg_eng_note_service(g);
    if (g->o.store.drill)
        sg_eng_drill(g);
    sg_eng_load_cached(g);
    sg_eng_logs_load(g);
}

static void start_once(struct sg_engine *g)
{
    if (g->started)
        return;
    g->started = g->status_due = true;
    struct sg_error e = { 0 };
    g->store_err = sg_crypto_start(&e);
    if (g->store_err != SG_E_OK) {              /* neither a queue nor a connection without it */
        sg_log(SG_LOG_ERROR, "%s: %s", e.where, e.detail);
        sg_eng_offline(g, e.detail);
        return;
    }
    if (g->o.adopt)                             /* it says under which commission to sign in */
        open_store(g);
    if (g->has_t)
        sg_eng_sign_in(g);
    if (!g->o.adopt)
        open_store(g);
    if (!g->has_t)
        sg_eng_offline(g, g->o.store.drill ? "this is a drill" : "there is no way to the service");
}

static void take_replies(struct sg_engine *g)
{
    while (g->got) {
        struct sg_got *got = g->got;
        g->got = got->next;
        if (!g->got)
            g->got_end = &g->got;
        sg_eng_answered(g, got);
        sg_http_reply_free(&got->r);
        free(got);
    }
}

static void take_asks(struct sg_engine *g)
{
    while (g->inbox && !g->dead) {
        struct sg_pend *p = g->inbox;
        g->inbox = p->next;
        if (!g->inbox)
            g->inbox_end = &g->inbox;
        g->n_inbox--;
        p->next = NULL;
        sg_eng_dispatch(g, p);
    }
}

static bool due(int64_t at, int64_t now)
{
    return at >= 0 && now >= at;
}

static bool probing(const struct sg_engine *g)
{
    return g->n_rq[SG_RQ_PROBE] > 0 || g->n_rq[SG_RQ_SESSION] > 0;
}

static bool watches_return(const struct sg_engine *g)
{
    return g->o.watch && g->has_t && g->link == SG_LINK_OFFLINE && !probing(g);
}

static void take_timers(struct sg_engine *g)
{
    int64_t now = sg_mono(&g->o.clock);
    if (watches_return(g) && due(g->probe_at, now))
        sg_eng_probe(g);
    if (due(g->signin_at, now)) {
        g->auth_fails = 0;
        sg_eng_sign_in(g);
    }
    if (due(g->poll_at, now))
        sg_eng_poll(g);
    if (due(g->unnoted_at, now))
        sg_eng_unnoted(g);
    if (due(g->seen_at, now))
        sg_eng_seen_contact(g);
}

static void take_waiting(struct sg_engine *g)
{
    struct sg_pend *list = g->waiting;
    if (!list || !sg_eng_link_known(g))
        return;
    g->waiting = NULL;
    while (list) {
        struct sg_pend *p = list;
        list = p->next;
        p->next = NULL;
        sg_eng_dispatch(g, p);
    }
}

/* Nothing goes on and nothing will go on by itself as things stand. */
static bool quiet(const struct sg_engine *g)
{
    size_t on_wire = 0;
    for (int k = 0; k < SG_RQ_COUNT; k++)
        on_wire += k == SG_RQ_POLL ? 0 : g->n_rq[k];
    if (on_wire > 0 || g->got || g->inbox || g->waiting)
        return false;
    if (g->store && sg_store_failing(g->store))         /* what is tried again and again is not waited for */
        return true;
    return !sg_eng_logs_busy(g) && !(g->drain_due && g->store && sg_eng_can_send(g)) && !sg_eng_seen_ready(g);
}

static void tell_idle(struct sg_engine *g)
{
    while (g->syncs && quiet(g) && g->link != SG_LINK_STARTING) {
        struct sg_pend *p = g->syncs;
        g->syncs = p->next;
        struct sg_tell *t = sg_eng_tell(p->a.id, SG_TELL_IDLE, true);
        if (t) {
            sg_eng_status_fill(g, &t->status);
            sg_eng_give(g, t);
        } else {
            sg_eng_failed(g, p->a.id, SG_E_NOMEM, "", "not enough memory to say what the queue has come to");
        }
        sg_eng_pend_free(p);
    }
}

static int64_t sooner(int64_t a, int64_t b)
{
    return a < 0 || b < a ? b : a;
}

static int next_due(const struct sg_engine *g)
{
    const int64_t recheck = 60000;              /* the wall clock may be set while we wait for a wall time */
    int64_t now = sg_mono(&g->o.clock), at = -1;
    if (g->got || g->inbox)
        return 0;
    const int64_t timers[] = { watches_return(g) ? g->probe_at : -1, g->signin_at, g->poll_at, g->unnoted_at, g->o.watch ? g->seen_at : -1,
                               g->status_due ? g->status_at : -1, sg_eng_logs_due(g) };
    for (size_t i = 0; i < sizeof timers / sizeof *timers; i++)
        at = timers[i] >= 0 ? sooner(at, timers[i]) : at;
    if (g->next_try > 0 && g->store && sg_eng_can_send(g) && !g->checking && g->n_rq[SG_RQ_PUT] < SG_PUTS_MAX) {
        int64_t wait = g->next_try - sg_eng_now(g);
        at = sooner(at, now + (wait < 0 ? 0 : wait > recheck ? recheck : wait));
    }
    if (at < 0)
        return -1;
    return at <= now ? 0 : at - now > INT_MAX ? INT_MAX : (int)(at - now);
}

int sg_engine_step(struct sg_engine *g)
{
    const int rounds = 64;
    sg_eng_reserve(g);
    start_once(g);
    for (int i = 0; i < rounds && !g->dead; i++) {
        take_replies(g);
        take_asks(g);
        take_timers(g);
        take_waiting(g);
        sg_eng_seen_send(g);
        sg_eng_drain(g);
        sg_eng_logs_step(g);
        if (!g->got && !g->inbox)
            break;
    }
    if (g->dead)
        return -1;
    tell_idle(g);
    if (g->status_due)
        sg_eng_status_news(g);
    return next_due(g);
}

bool sg_engine_idle(const struct sg_engine *g)
{
    return g->started && quiet(g) && next_due(g) != 0;
}
