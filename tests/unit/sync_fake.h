/* A service of a hundred lines behind the transport seam, a clock that only moves when told, and an engine between them. The service is
 * honest (idempotent by id, compares ETags, versions citizens); the tests break the wire around it. */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/str.h"
#include "sync/engine.h"
#include "wire/level.h"

enum { LOG_MAX = 4096, TELLS_MAX = 4096, CITIZENS = 8, STORED_MAX = 256 };
#define ACTOR "SE2321000016-1001"
#define COMMISSION "SE2321000016-K001"
#define T0 INT64_C(1764543600000)

struct sent {
    uint64_t token; enum sg_method method; bool open; int64_t at;
    char path[256], query[256], if_match[64], bearer[80]; char *body;
};
struct stored { char id[SG_UUID_MAX]; char *body; int status; int64_t seq; };

struct logged { struct sg_seen s; char device[SG_UUID_MAX]; int times; };

struct fake {
    struct sg_engine *g;
    int64_t now;                                /* wall and mono ms */
    char dir[64];
    bool watch, drill, adopt, moved;
    const char *url, *wish;                     /* the service's address; the commission asked for, NULL: whatever there is */
    int cache_hours, ground_hours;              /* of the policy; 0: its default */
    struct sent *sent; size_t n_sent;
    struct sg_tell **tell; size_t n_tell;
    /* the service */
    int version[CITIZENS];                      /* of citizen c-0 … c-7 */
    struct stored stored[STORED_MAX]; size_t n_stored;
    int applied[CITIZENS];
    struct logged logged[STORED_MAX]; size_t n_logged;      /* reads that were handed in; times: how often */
    const char *seen_problem, *seen_bad;        /* answer those so; only a batch with this citizen */
    bool seen_other;                            /* some other JSON object comes in the place of the answer */
    int sessions; char token[80]; uint32_t roles;
    char commission[SG_HSA_MAX], under[STORED_MAX][SG_HSA_MAX];       /* of the session now, and of each by its number */
    const char *withdrawn_commission;           /* nobody may sign in under it any more */
    int64_t revision; struct sg_stop stop;      /* stop: told by the poll and beside the level */
    char changed[SG_ID_MAX];                    /* answered by the next poll */
    /* answers further paths when it returns true; outcomes then name an event, whose id is the action's; and its key for the client */
    bool (*extra)(struct fake *, const struct sent *, struct sg_http_reply *); void *extra_ctx; const char *log_key, *witnesses; int quorum;
    /* what is broken */
    bool down, portal, lose_put_reply, lose_seen_reply, no_staff, expired, always_401, truncate_put, foreign_401;
    int put_status; const char *put_problem; int retry_after;       /* answer every PUT so */
    int citizen_status; const char *citizen_problem;
    char stuck[SG_ID_MAX];                      /* a PUT about this citizen is never answered */
    bool has_devices; const char *done_says;    /* knows GET /devices/{id}; and answers so whatever is true */
    int64_t clock_skew;                         /* of the service */
};

static int64_t fake_clock(void *ctx) { return ((struct fake *)ctx)->now; }
static void fake_random(void *ctx, void *dst, size_t n)
{
    (void)ctx;
    static uint64_t x = 88172645463325252u;
    for (size_t i = 0; i < n; i++) {
        x ^= x << 13; x ^= x >> 7; x ^= x << 17;
        ((uint8_t *)dst)[i] = (uint8_t)x;
    }
}

/* ---- the service ---- */

static void make_citizen(const struct fake *f, const char *id, struct sg_citizen *c)
{
    memset(c, 0, sizeof *c);
    SG_COPY(c->id, id);
    int n = id[2] - '0';
    sg_format(c->etag, sizeof c->etag, "v%d", f->version[n]);
    sg_format(c->name, sizeof c->name, "Test Person %d", n);
    SG_COPY(c->pid.normalised, "201412122382");
    c->pid.type = SG_PID_PERSONNUMMER;
    c->pid.birth = (struct sg_date){ 2014, 12, 12 };
    c->active_user = true;
    SG_COPY(c->region, "demo");
    c->as_of = f->now;
}

static void json_reply(struct sg_http_reply *r, int status, cJSON *v)
{
    r->status = status;
    SG_COPY(r->content_type, status < 300 ? "application/json; charset=utf-8" : "application/problem+json; charset=utf-8");
    assert_int_equal(sg_wire_print(v, &r->body), SG_E_OK);
}

static void problem_reply(struct sg_http_reply *r, enum sg_problem p)
{
    json_reply(r, sg_problem_def(p)->status, sg_wire_problem(p, "/x", NULL, NULL));
}

static cJSON *actor_json(const struct fake *f)
{
    struct sg_actor a;
    memset(&a, 0, sizeof a);
    SG_COPY(a.hsa, ACTOR);
    SG_COPY(a.name, "Anna Berg");
    a.active = a.terms_accepted = true;
    SG_COPY(a.commission.id, f->commission);
    SG_COPY(a.commission.region, "demo");
    a.commission.roles = f->roles ? f->roles : 1;
    return sg_wire_actor(&a);
}

static void on_session(struct fake *f, const struct sent *s, struct sg_http_reply *r)
{
    cJSON *wish = cJSON_Parse(s->body);
    const cJSON *commission = cJSON_GetObjectItemCaseSensitive(wish, "commission");
    SG_COPY(f->commission, cJSON_IsString(commission) ? commission->valuestring : COMMISSION);
    cJSON_Delete(wish);
    if (f->no_staff || (f->withdrawn_commission && strcmp(f->commission, f->withdrawn_commission) == 0)) {
        problem_reply(r, f->no_staff ? SG_PROBLEM_NO_STAFF : SG_PROBLEM_NOT_PERMITTED);
        return;
    }
    assert_true(f->sessions + 1 < STORED_MAX);
    SG_COPY(f->under[f->sessions + 1], f->commission);
    sg_format(f->token, sizeof f->token, "token-%d", ++f->sessions);
    f->expired = false;
    cJSON *v = cJSON_CreateObject();
    cJSON_AddStringToObject(v, "token", f->token);
    cJSON_AddItemToObject(v, "me", actor_json(f));
    json_reply(r, 200, v);
}

static cJSON *outcome_json(const struct fake *f, const char *id, int n, enum sg_outcome_kind kind)
{
    struct sg_outcome o;
    memset(&o, 0, sizeof o);
    SG_COPY(o.action_id, id);
    o.kind = kind;
    o.problem = kind == SG_OUT_DONE ? SG_PROBLEM_COUNT : SG_PROBLEM_STALE;
    sg_format(o.etag_before, sizeof o.etag_before, "v%d", kind == SG_OUT_DONE ? f->version[n] - 1 : f->version[n]);
    sg_format(o.etag_after, sizeof o.etag_after, "v%d", f->version[n]);
    o.event_index = 100 + (int64_t)f->n_stored;
    o.recorded_at = f->now;
    if (f->extra) {
        SG_COPY(o.event_id, id);
        SG_COPY(o.log, "p1");
    }
    char cid[SG_ID_MAX];
    if (kind == SG_OUT_CONFLICT) {
        sg_format(cid, sizeof cid, "c-%d", n);
        o.has_current = true;
        make_citizen(f, cid, &o.current);
        SG_COPY(o.changed_by, "Somebody Else");
        o.changed_at = f->now;
    }
    cJSON *v = sg_wire_outcome(&o);
    sg_outcome_free(&o);
    return v;
}

static void store_answer(struct fake *f, const char *id, int64_t seq, const struct sg_http_reply *r)
{
    assert_true(f->n_stored < STORED_MAX);
    struct stored *s = &f->stored[f->n_stored++];
    SG_COPY(s->id, id);
    s->status = r->status;
    s->seq = seq;
    s->body = strndup(r->body.data, r->body.len);
}

static bool repeat(struct fake *f, const char *id, struct sg_http_reply *r)
{
    for (size_t i = 0; i < f->n_stored; i++) {
        if (strcmp(f->stored[i].id, id) != 0)
            continue;
        r->status = f->stored[i].status;
        r->replayed = true;
        SG_COPY(r->content_type, r->status < 300 ? "application/json" : "application/problem+json");
        sg_buf_addz(&r->body, f->stored[i].body);
        return true;
    }
    return false;
}

static void merge_problem(cJSON *problem, cJSON *members)
{
    while (members->child) {
        cJSON *m = cJSON_DetachItemViaPointer(members, members->child);
        if (cJSON_GetObjectItemCaseSensitive(problem, m->string))
            cJSON_Delete(m);
        else
            cJSON_AddItemToObject(problem, m->string, m);
    }
    cJSON_Delete(members);
}

static void on_put(struct fake *f, const struct sent *s, struct sg_http_reply *r)
{
    const char *id = s->path + strlen("/actions/");
    cJSON *v = cJSON_Parse(s->body);
    const cJSON *subject = cJSON_GetObjectItemCaseSensitive(v, "subject");
    assert_true(cJSON_IsString(subject));
    int n = strcmp(subject->valuestring, "me") == 0 ? 0 : subject->valuestring[2] - '0';
    int64_t seq = 0;
    assert_int_equal(sg_json_int(v, "seq", true, 1, 1 << 30, &seq, NULL), SG_E_OK);
    cJSON_Delete(v);
    if (repeat(f, id, r))
        return;
    char tag[64];
    sg_format(tag, sizeof tag, "\"v%d\"", f->version[n]);
    if (strcmp(s->if_match, "*") != 0 && strcmp(s->if_match, tag) != 0) {
        cJSON *p = sg_wire_problem(SG_PROBLEM_STALE, "/x", NULL, NULL);
        merge_problem(p, outcome_json(f, id, n, SG_OUT_CONFLICT));
        json_reply(r, 412, p);
    } else {
        f->version[n]++;
        f->applied[n]++;
        json_reply(r, 200, outcome_json(f, id, n, SG_OUT_DONE));
    }
    store_answer(f, id, seq, r);
}

static void on_withdraw(struct fake *f, const struct sent *s, struct sg_http_reply *r)
{
    char id[SG_UUID_MAX];
    int64_t seq = 0;
    cJSON *v = cJSON_Parse(s->body);
    const char *from = s->path + strlen("/actions/");
    assert_true(sg_copyn(id, sizeof id, from, strcspn(from, "/")));
    assert_int_equal(sg_json_int(v, "seq", true, 1, 1 << 30, &seq, NULL), SG_E_OK);
    cJSON_Delete(v);
    if (repeat(f, id, r))
        return;
    cJSON *p = sg_wire_problem(SG_PROBLEM_WITHDRAWN, "/x", NULL, NULL);
    merge_problem(p, outcome_json(f, id, 0, SG_OUT_REFUSED));
    json_reply(r, 410, p);
    store_answer(f, id, seq, r);
}

/* Which numbers it has carried out, in no order a client may rely on but ascending. */
static void on_device(struct fake *f, const struct sent *s, struct sg_http_reply *r)
{
    char done[4096] = "";
    for (int64_t seq = 1; seq < 100; seq++)
        for (size_t i = 0; i < f->n_stored; i++)
            if (f->stored[i].seq == seq && f->stored[i].status == 200)
                sg_format(done + strlen(done), sizeof done - strlen(done), "%s%lld", done[0] ? " " : "", (long long)seq);
    cJSON *v = cJSON_CreateObject();
    cJSON_AddStringToObject(v, "device", s->path + strlen("/devices/"));
    cJSON_AddStringToObject(v, "done", f->done_says ? f->done_says : done);
    json_reply(r, 200, v);
}

/* As after the restore of a backup that is older than everything. */
static inline void forget_all(struct fake *f)
{
    for (size_t i = 0; i < f->n_stored; i++)
        free(f->stored[i].body);
    f->n_stored = 0;
    for (int i = 0; i < CITIZENS; i++) {
        f->version[i] += 1000;
        f->applied[i] = 0;
    }
    f->expired = true;
}

static void on_get(struct fake *f, const struct sent *s, struct sg_http_reply *r)
{
    if (f->extra && f->extra(f, s, r))
        return;
    if (strcmp(s->path, "/me") == 0) {
        json_reply(r, 200, actor_json(f));
    } else if (strcmp(s->path, "/policy") == 0) {
        struct sg_policy p;
        memset(&p, 0, sizeof p);
        sg_policy_defaults(&p);
        if (f->cache_hours)
            p.cache_hours = f->cache_hours;
        if (f->ground_hours)
            p.ground_hours = f->ground_hours;
        SG_COPY(p.etag, "p1");
        json_reply(r, 200, sg_wire_policy(&p));
    } else if (sg_starts(s->path, "/citizens/")) {
        struct sg_citizen c;
        if (f->citizen_status) {
            problem_reply(r, sg_problem_named(f->citizen_problem));
            return;
        }
        make_citizen(f, s->path + strlen("/citizens/"), &c);
        json_reply(r, 200, sg_wire_citizen(&c));
    } else if (sg_starts(s->path, "/devices/") && f->has_devices) {
        on_device(f, s, r);
    } else if (sg_starts(s->path, "/actions/")) {
        if (!repeat(f, s->path + strlen("/actions/"), r))
            problem_reply(r, SG_PROBLEM_NOT_FOUND);
    } else {
        problem_reply(r, SG_PROBLEM_NOT_FOUND);
    }
}

static void on_seen(struct fake *f, const struct sent *s, struct sg_http_reply *r)
{
    if (f->seen_problem && (!f->seen_bad || strstr(s->body, f->seen_bad))) {
        problem_reply(r, sg_problem_named(f->seen_problem));
        return;
    }
    if (f->seen_other) {
        json_reply(r, 200, cJSON_CreateObject());
        return;
    }
    cJSON *v = cJSON_Parse(s->body), *re = cJSON_CreateObject(), *list = cJSON_AddArrayToObject(re, "stored");
    const cJSON *one;
    cJSON_ArrayForEach(one, cJSON_GetObjectItemCaseSensitive(v, "reads")) {
        struct sg_seen seen;
        size_t i = 0;
        assert_int_equal(sg_wire_seen_read(one, &seen, NULL), SG_E_OK);
        while (i < f->n_logged && strcmp(f->logged[i].s.id, seen.id) != 0)
            i++;
        assert_true(i < STORED_MAX);
        f->n_logged += i == f->n_logged;
        f->logged[i].s = seen;
        f->logged[i].times++;
        SG_COPY(f->logged[i].device, cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(v, "device")));
        cJSON_AddItemToArray(list, cJSON_CreateString(seen.id));
    }
    cJSON_Delete(v);
    json_reply(r, 200, re);
}

static void serve(struct fake *f, const struct sent *s, struct sg_http_reply *r)
{
    if (strcmp(s->path, "/sessions") == 0) {
        on_session(f, s, r);
    } else if (f->expired || f->always_401 || strcmp(s->bearer, f->token) != 0) {
        problem_reply(r, SG_PROBLEM_SIGN_IN);
    } else if (s->method == SG_PUT && f->put_status) {
        problem_reply(r, sg_problem_named(f->put_problem));
        r->retry_after = f->retry_after;
    } else if (s->method == SG_PUT && strstr(s->path, "/withdrawal")) {
        on_withdraw(f, s, r);
    } else if (s->method == SG_PUT) {
        on_put(f, s, r);
    } else if (strcmp(s->path, "/offline-reads") == 0) {
        on_seen(f, s, r);
    } else if (s->method == SG_POST) {
        cJSON *v = cJSON_CreateObject();
        cJSON_AddStringToObject(v, "citizenId", "c-1");
        json_reply(r, 200, v);
    } else {
        on_get(f, s, r);
    }
}

static void garble(struct fake *f, const struct sent *s, struct sg_http_reply *r)
{
    if (f->portal) {
        sg_buf_reset(&r->body);
        r->status = 200;
        SG_COPY(r->content_type, "text/html");
        sg_buf_addz(&r->body, "<html>Welcome to the guest network</html>");
    } else if (s->method == SG_PUT && f->truncate_put) {
        r->body.len /= 2;
        r->body.data[r->body.len] = '\0';
    } else if (f->foreign_401) {                /* the service has answered, but somebody else's words arrive */
        sg_buf_reset(&r->body);
        r->status = 401;
        SG_COPY(r->content_type, "text/plain");
        sg_buf_addz(&r->body, "who are you");
    } else if ((s->method == SG_PUT && f->lose_put_reply) || (strcmp(s->path, "/offline-reads") == 0 && f->lose_seen_reply)) {
        sg_buf_reset(&r->body);
        r->status = 0;
        r->transport = SG_E_OFFLINE;
        SG_COPY(r->transport_detail, "connection reset");
    }
}

static bool is_poll(const struct sent *s) { return strcmp(s->path, "/changes") == 0; }

static bool withheld(struct fake *f, const struct sent *s)
{
    if (f->down)
        return false;
    if (is_poll(s) && !strstr(s->query, "wait=0") && !f->changed[0])
        return true;
    return s->method == SG_PUT && f->stuck[0] && strstr(s->body, f->stuck);
}

static cJSON *changed_now(const struct fake *f)
{
    struct sg_change c = { .by = "Bo Berg", .unit = "Enhet 2", .etag = "tag-9" };
    SG_COPY(c.citizen, f->changed);
    return sg_wire_change(&c);
}

static void poll_reply(struct fake *f, struct sg_http_reply *r)
{
    cJSON *v = cJSON_CreateObject(), *list = cJSON_AddArrayToObject(v, "citizens");
    cJSON_AddNumberToObject(v, "revision", (double)++f->revision);
    if (f->changed[0])
        cJSON_AddItemToArray(list, changed_now(f));
    f->changed[0] = '\0';
    assert_true(sg_wire_stop_add(v, &f->stop));
    json_reply(r, 200, v);
}

/* Answers everything that is open and not withheld. */
static size_t deliver(struct fake *f)
{
    size_t n = 0;
    for (size_t i = 0; i < f->n_sent; i++) {
        struct sent *s = &f->sent[i];
        if (!s->open || withheld(f, s))
            continue;
        struct sg_http_reply r = { .retry_after = -1 };
        sg_buf_init(&r.body, 1 << 20);
        s->open = false;
        if (f->down) {
            r.transport = SG_E_OFFLINE;
            SG_COPY(r.transport_detail, "connection refused");
        } else {
            if (is_poll(s))
                poll_reply(f, &r);
            else
                serve(f, s, &r);
            garble(f, s, &r);
            r.server_time = f->now + f->clock_skew;
        }
        sg_engine_reply(f->g, s->token, &r);
        sg_http_reply_free(&r);
        n++;
    }
    return n;
}

/* ---- transport ---- */

static void fake_start(void *self, uint64_t token, struct sg_http_request *rq, int timeout_ms)
{
    struct fake *f = self;
    (void)timeout_ms;
    assert_true(f->n_sent < LOG_MAX);
    struct sent *s = &f->sent[f->n_sent++];
    s->token = token;
    s->method = rq->method;
    SG_COPY(s->path, rq->path);
    SG_COPY(s->query, rq->query);
    SG_COPY(s->if_match, rq->if_match);
    SG_COPY(s->bearer, rq->bearer);
    s->body = rq->body.data ? strndup(rq->body.data, rq->body.len) : strdup("");
    s->open = true;
    s->at = f->now;
    sg_http_request_free(rq);
}
static void fake_cancel(void *self, uint64_t token)
{
    struct fake *f = self;
    for (size_t i = 0; i < f->n_sent; i++)
        if (f->sent[i].token == token)
            f->sent[i].open = false;
}
static void fake_close(void *self)
{
    struct fake *f = self;
    for (size_t i = 0; i < f->n_sent; i++)
        f->sent[i].open = false;
}
static const struct sg_transport_ops fake_ops = { fake_start, fake_cancel, fake_close };

/* ---- engine ---- */

static void on_tell(void *ctx, struct sg_tell *t)
{
    struct fake *f = ctx;
    assert_true(f->n_tell < TELLS_MAX);
    f->tell[f->n_tell++] = t;
}

static void open_engine(struct fake *f)
{
    static uint8_t secret[] = "correct horse";
    struct sg_secret pass = { secret, sizeof secret - 1, sizeof secret };
    struct sg_engine_opts o = { .actor = ACTOR, .client = "test/1", .watch = f->watch, .logs = f->extra != NULL, .log_key = f->log_key,
                                .log_witnesses = f->witnesses, .log_witness_quorum = f->quorum };
    o.clock = (struct sg_clock){ fake_clock, fake_clock, f };
    o.random = (struct sg_random){ fake_random, NULL };
    o.store.dir = f->dir;
    o.store.passphrase = &pass;
    o.store.scrypt_log_n = 14;
    o.store.drill = f->drill;
    o.adopt = o.store.existing = f->adopt;
    o.moved = f->moved;
    o.identity.url = f->url;
    o.commission = f->wish;
    struct sg_error e = { 0 };
    assert_int_equal(sg_engine_new(&o, on_tell, f, &f->g, &e), SG_E_OK);
    sg_engine_set_transport(f->g, (struct sg_transport){ &fake_ops, f });
}

/* Steps and delivers until both rest. Returns what the last step said. */
static int settle(struct fake *f)
{
    int due = 0;
    for (int i = 0; i < 500; i++) {
        due = sg_engine_step(f->g);
        if (deliver(f) == 0 && due != 0)
            return due;
    }
    fail_msg("the engine does not come to rest");
    return due;
}

/* Lets time pass in the steps the engine itself asks for, at most ms. */
static inline void pass(struct fake *f, int64_t ms)
{
    int64_t until = f->now + ms;
    for (;;) {
        int due = settle(f);
        if (due < 0 || f->now + due > until)
            break;
        f->now += due > 0 ? due : 1;
    }
    f->now = until;
    settle(f);
}

static int rm_one(const char *p, const struct stat *st, int flag, struct FTW *w)
{
    (void)st; (void)flag; (void)w;
    return remove(p);
}

static void forget_tells(struct fake *f)
{
    for (size_t i = 0; i < f->n_tell; i++)
        sg_tell_free(f->tell[i]);
    f->n_tell = 0;
}

static struct fake *new_fake(bool watch)
{
    struct fake *f = calloc(1, sizeof *f);
    assert_non_null(f);
    f->now = T0;
    f->watch = watch;
    f->sent = calloc(LOG_MAX, sizeof *f->sent);
    f->tell = calloc(TELLS_MAX, sizeof(struct sg_tell *));
    assert_true(f->sent && f->tell);
    for (int i = 0; i < CITIZENS; i++)
        f->version[i] = 1;
    SG_COPY(f->dir, "/tmp/sigill-sync-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    open_engine(f);
    return f;
}

static void end_fake(struct fake *f)
{
    sg_engine_free(f->g);
    forget_tells(f);
    for (size_t i = 0; i < f->n_sent; i++)
        free(f->sent[i].body);
    for (size_t i = 0; i < f->n_stored; i++)
        free(f->stored[i].body);
    free(f->sent);
    free(f->tell);
    nftw(f->dir, rm_one, 8, FTW_DEPTH | FTW_PHYS);
    free(f);
}

/* As if the program had been ended and started again. */
static inline void restart(struct fake *f)
{
    sg_engine_free(f->g);
    open_engine(f);
}

/* ---- asking ---- */

static uint64_t ask(struct fake *f, enum sg_ask_kind kind, const char *key, const char *text)
{
    static uint64_t id;
    struct sg_ask a = { .id = ++id, .kind = kind };
    SG_COPY(a.key, key);
    SG_COPY(a.text, text);
    SG_COPY(a.purpose, "care");
    sg_engine_ask(f->g, &a);
    return id;
}

static inline uint64_t ask_act(struct fake *f, enum sg_action_kind kind, const char *subject, bool hold)
{
    static uint64_t id = 1000000;
    struct sg_ask a = { .id = ++id, .kind = SG_ASK_ACT, .hold = hold };
    a.action = calloc(1, sizeof *a.action);
    sg_action_init(a.action, kind, subject);
    struct sg_error e = { 0 };
    if (kind == SG_ACT_LOGIN_UNLOCK)
        assert_int_equal(sg_part_set(&a.action->part[0], "restriction", "r-1", &e), SG_E_OK);
    if (kind == SG_ACT_TERMS_ACCEPT)
        assert_int_equal(sg_part_set(&a.action->part[0], "version", "1", &e), SG_E_OK);
    sg_engine_ask(f->g, &a);
    return id;
}

static inline void see(struct fake *f, const char *citizen)
{
    ask(f, SG_ASK_CITIZEN, citizen, "");
    settle(f);
}

/* The last tell of an ask (0: news) of that kind; NULL when none. */
static struct sg_tell *last(struct fake *f, uint64_t id, enum sg_tell_kind kind)
{
    for (size_t i = f->n_tell; i-- > 0;)
        if (f->tell[i]->ask == id && f->tell[i]->kind == kind)
            return f->tell[i];
    return NULL;
}

static inline struct sg_tell *final_of(struct fake *f, uint64_t id)
{
    struct sg_tell *found = NULL;
    for (size_t i = 0; i < f->n_tell; i++) {
        if (f->tell[i]->ask != id || !f->tell[i]->final)
            continue;
        if (found)
            fail_msg("two final answers to one ask");
        found = f->tell[i];
    }
    return found;
}

static inline enum sg_qstate state_of(struct fake *f, const char *action_id)
{
    uint64_t id = ask(f, SG_ASK_QROW, action_id, "");
    sg_engine_step(f->g);
    struct sg_tell *t = last(f, id, SG_TELL_QROW);
    if (!t)
        fail_msg("no row %s", action_id);
    return t ? t->row->state : SG_Q_COUNT;
}

static inline enum sg_link link_of(struct fake *f)
{
    uint64_t id = ask(f, SG_ASK_STATUS, "", "");
    sg_engine_step(f->g);
    struct sg_tell *t = last(f, id, SG_TELL_STATUS);
    assert_non_null(t);
    return t->status.link;
}

static inline size_t count_sent(const struct fake *f, enum sg_method m, const char *prefix)
{
    size_t n = 0;
    for (size_t i = 0; i < f->n_sent; i++)
        n += f->sent[i].method == m && sg_starts(f->sent[i].path, prefix);
    return n;
}
