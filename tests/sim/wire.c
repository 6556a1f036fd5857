/* The network. A request leaves at once and its fate is drawn then: it arrives after a while, twice, long after its sender gave up, or
 * never; or somebody else answers in the service's place. The answer's fate is drawn when the service gives it. Whatever happens, the
 * sender hears exactly once, at its time-out at the latest, as with the real transport. */
#include "sim.h"
#include <stdlib.h>
#include <string.h>
#include "base/str.h"
#include "server/ctx.h"

enum { LATE_MS = 45000 };
static const unsigned RISK[] = {0, 40, 120, 250};        /* per mille, each way */

static void hit(struct sim_world *w, enum sim_hit what) { w->n.hit[what]++; }

void sim_msg_free(struct sim_msg *m)
{
    if (!m) return;
    sg_http_request_free(&m->rq);
    sg_http_reply_free(&m->re);
    free(m);
}

static struct sim_msg *post(struct sim_world *w, struct sim_client *c, enum sim_way way, uint64_t token, int64_t at)
{
    struct sim_msg *m = calloc(1, sizeof *m);
    if (!m) abort();
    m->way = way;
    m->c = c;
    m->life = c->life;
    m->token = token;
    m->at = at;
    m->order = w->order++;
    m->re.retry_after = -1;
    m->next = w->msgs;
    w->msgs = m;
    w->n.messages++;
    return m;
}

struct sim_msg *sim_wire_next(struct sim_world *w)
{
    struct sim_msg *best = NULL;
    for (struct sim_msg *m = w->msgs; m; m = m->next)
        if (!best || m->at < best->at || (m->at == best->at && m->order < best->order)) best = m;
    return best;
}

void sim_wire_unlink(struct sim_world *w, struct sim_msg *m)
{
    for (struct sim_msg **at = &w->msgs; *at; at = &(*at)->next)
        if (*at == m) {
            *at = m->next;
            return;
        }
}

void sim_wire_drop_all(struct sim_world *w)
{
    while (w->msgs) {
        struct sim_msg *m = w->msgs;
        w->msgs = m->next;
        sim_msg_free(m);
    }
}

void sim_wire_drop_requests(struct sim_world *w)
{
    for (struct sim_msg **at = &w->msgs; *at;) {
        struct sim_msg *m = *at;
        if (m->way != SIM_TO_SERVICE) {
            at = &m->next;
            continue;
        }
        *at = m->next;
        hit(w, SIM_HIT_LOST);
        sim_msg_free(m);
    }
}

/* ---- answers ---- */

/* Something that is not the service speaks. */
static void impostor(struct sim_world *w, struct sg_http_reply *re)
{
    static const struct { int status; const char *type, *body; int retry_after; } SAYS[] = {
        {502, "text/html", "<html>Bad gateway</html>", -1},      {200, "text/html", "<html>Welcome to the guest network</html>", -1},
        {302, "text/html", "", -1},                              {503, "text/html; charset=utf-8", "<html>busy</html>", 30},
        {404, "text/html", "<html>not here</html>", -1},         {401, "text/plain", "who are you", -1},
        {429, "application/json", "{\"slow\":\"down\"}", 20},    {500, "text/plain", "oops", -1},
        {407, "text/html", "<html>proxy</html>", -1},            {200, "application/json", "{\"hello\":\"world\"}", -1},
        {200, "application/json", "[]", -1},                     {409, "application/json", "{\"no\":1}", -1},
        {412, "text/html", "<html>precondition</html>", -1},     {422, "application/json", "{}", -1},
        {403, "text/html", "<html>blocked by policy</html>", -1}, {204, "", "", -1},
        {404, "application/problem+json", "{\"type\":\"about:blank\",\"status\":404}", -1},
    };
    uint32_t i = sim_below(&w->net, sizeof SAYS / sizeof *SAYS);
    sg_buf_reset(&re->body);
    re->status = SAYS[i].status;
    re->retry_after = SAYS[i].retry_after;
    re->etag[0] = '\0';
    re->replayed = false;
    re->server_time = 0;
    SG_COPY(re->content_type, SAYS[i].type);
    (void)sg_buf_addz(&re->body, SAYS[i].body);
}

static struct sim_exchange *exchange(struct sim_client *c, uint64_t token)
{
    for (size_t i = 0; i < c->n_ex; i++)
        if (c->ex[i].open && c->ex[i].token == token) return &c->ex[i];
    return NULL;
}

static void failure(struct sg_http_reply *re, const char *why)
{
    sg_buf_reset(&re->body);
    re->status = 0;
    re->transport = SG_E_OFFLINE;
    SG_COPY(re->transport_detail, why);
}

/* Per mille. What changes something meets more of it: that is where it can hurt. */
static unsigned risk(const struct sim_world *w, const struct sg_http_request *rq) { return RISK[w->chaos] * (rq->method == SG_PUT ? 2 : 1); }

/* What the way back does to an answer. False: it is lost. */
static bool way_back(struct sim_world *w, const struct sim_msg *q, struct sg_http_reply *re)
{
    if (w->healed || !sim_chance(&w->net, risk(w, &q->rq))) return true;
    switch (sim_below(&w->net, 5)) {
    case 0: case 1:
        hit(w, SIM_HIT_LOST);
        return false;
    case 2:                                             /* cut: the length told does not come */
        hit(w, SIM_HIT_CUT);
        failure(re, "transfer closed with bytes remaining");
        return true;
    case 3:                                             /* cut, and nobody counts */
        if (!re->body.len) return true;
        hit(w, SIM_HIT_CUT);
        re->body.len = sim_below(&w->net, (uint32_t)re->body.len);
        re->body.data[re->body.len] = '\0';
        return true;
    default:
        hit(w, SIM_HIT_FOREIGN);
        impostor(w, re);
        return true;
    }
}

void sim_wire_answer(struct sim_world *w, struct sim_msg *q, struct sg_http_reply *re)
{
    bool arrives = !q->mute && q->life == q->c->life && exchange(q->c, q->token) && q->c->net && way_back(w, q, re);
    sim_trace("answer c%d %llu status %d %s", q->c->n, (unsigned long long)q->token, re->status, arrives ? "" : "lost");
    if (!arrives) {
        sg_http_reply_free(re);
        return;
    }
    struct sim_msg *m = post(w, q->c, SIM_TO_CLIENT, q->token, w->now + 1 + (int64_t)sim_below(&w->net, w->chaos ? 400 : 40));
    m->re = *re;
}

void sim_wire_refuse(struct sim_world *w, struct sim_msg *q, const char *why)
{
    struct sg_http_reply re = {.retry_after = -1};
    sg_buf_init(&re.body, 1 << 16);
    failure(&re, why);
    sim_wire_answer(w, q, &re);
}

/* ---- requests ---- */

static void copy_request(struct sg_http_request *dst, const struct sg_http_request *src)
{
    *dst = *src;
    sg_buf_init(&dst->body, src->body.max ? src->body.max : 1 << 16);
    if (src->body.len && sg_buf_add(&dst->body, src->body.data, src->body.len) != SG_E_OK) abort();
}

static struct sim_msg *send_on(struct sim_world *w, struct sim_client *c, uint64_t token, const struct sg_http_request *rq, int64_t at)
{
    struct sim_msg *m = post(w, c, SIM_TO_SERVICE, token, at);
    copy_request(&m->rq, rq);
    m->peer.certified = true;
    SG_COPY(m->peer.hsa, sim_staff[c->staff].hsa);
    sg_format(m->peer.fingerprint, sizeof m->peer.fingerprint, "%063d%d", 0, c->n);
    return m;
}

/* The service's own front turns a request away before any of it is done, in the service's own words. */
static void front(struct sim_world *w, struct sg_http_reply *re)
{
    static const enum sg_problem SAYS[] = {SG_PROBLEM_BUSY, SG_PROBLEM_TOO_MANY, SG_PROBLEM_LOG_UNAVAILABLE, SG_PROBLEM_FAULT, SG_PROBLEM_SIGN_IN};
    sg_reply_problem(re, SAYS[sim_below(&w->net, sizeof SAYS / sizeof *SAYS)], (int)sim_below(&w->net, 40));
}

enum teller { NOBODY, IMPOSTOR, FRONT };
static void local_answer(struct sim_world *w, struct sim_client *c, uint64_t token, int64_t at, enum teller who)
{
    struct sim_msg *m = post(w, c, SIM_TO_CLIENT, token, at);
    sg_buf_init(&m->re.body, 1 << 16);
    if (who == IMPOSTOR) impostor(w, &m->re);
    else if (who == FRONT) front(w, &m->re);
    else failure(&m->re, "connection refused");
}

/* The first bytes went out and no more: the service sees a request that it cannot read, or half a body. */
static void send_cut(struct sim_world *w, struct sim_client *c, uint64_t token, const struct sg_http_request *rq, int64_t at)
{
    struct sim_msg *m = send_on(w, c, token, rq, at);
    m->mute = true;                                     /* the connection is gone: its answer reaches nobody */
    if (!m->rq.body.len) return;
    m->rq.body.len = sim_below(&w->net, (uint32_t)m->rq.body.len);
    m->rq.body.data[m->rq.body.len] = '\0';
}

static void mishap(struct sim_world *w, struct sim_client *c, uint64_t token, const struct sg_http_request *rq, int timeout_ms, int64_t at)
{
    switch (sim_below(&w->net, 9)) {
    case 0: hit(w, SIM_HIT_LOST); break;
    case 1:
        hit(w, SIM_HIT_LOST);
        local_answer(w, c, token, at, NOBODY);
        break;
    case 2: case 3:
        hit(w, SIM_HIT_FOREIGN);
        local_answer(w, c, token, at, IMPOSTOR);
        break;
    case 4:                                     /* doubled on the way */
        hit(w, SIM_HIT_DOUBLE);
        (void)send_on(w, c, token, rq, at);
        send_on(w, c, token, rq, at + (int64_t)sim_below(&w->net, LATE_MS))->mute = true;
        break;
    case 5:
        hit(w, SIM_HIT_LATE);
        (void)send_on(w, c, token, rq, at + 500 + (int64_t)sim_below(&w->net, 3000));
        break;
    case 6:
        hit(w, SIM_HIT_CUT);
        send_cut(w, c, token, rq, at);
        break;
    case 7:
        hit(w, SIM_HIT_BUSY);
        local_answer(w, c, token, at, FRONT);
        break;
    default:
        hit(w, SIM_HIT_LATE);
        (void)send_on(w, c, token, rq, at + timeout_ms / 2 + (int64_t)sim_below(&w->net, LATE_MS));
        break;
    }
}

static void depart(struct sim_world *w, struct sim_client *c, uint64_t token, const struct sg_http_request *rq, int timeout_ms)
{
    int64_t at = w->now + 1 + (int64_t)sim_below(&w->net, w->chaos ? 300 : 30);
    if (!c->net) {
        hit(w, SIM_HIT_NO_NET);
        if (!c->hang) local_answer(w, c, token, w->now + 1, NOBODY);
    } else if (w->healed || !sim_chance(&w->net, risk(w, rq))) {
        (void)send_on(w, c, token, rq, at);
    } else {
        mishap(w, c, token, rq, timeout_ms, at);
    }
}

static void w_start(void *self, uint64_t token, struct sg_http_request *rq, int timeout_ms)
{
    struct sim_client *c = self;
    struct sim_world *w = c->w;
    size_t at = 0;
    while (at < c->n_ex && c->ex[at].open) at++;
    if (at == SIM_EXCHANGES) abort();
    if (at == c->n_ex) c->n_ex++;
    c->ex[at] = (struct sim_exchange){token, w->now + timeout_ms, true};
    sim_trace("send c%d %llu %s %s %s", c->n, (unsigned long long)token, sg_method_name(rq->method), rq->path, rq->if_match);
    if (!c->dying) depart(w, c, token, rq, timeout_ms);
    sg_http_request_free(rq);
}

static void w_cancel(void *self, uint64_t token)
{
    struct sim_exchange *x = exchange(self, token);
    if (x) x->open = false;
}

static void w_close(void *self)
{
    struct sim_client *c = self;
    c->n_ex = 0;
}

const struct sg_transport_ops sim_wire_ops = {w_start, w_cancel, w_close};
