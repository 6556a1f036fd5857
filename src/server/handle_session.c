/* Signing in and out, who am I, and the policy in force. A session is bound to the certificate it was opened with (auth.c). */
#include "server/ctx.h"
#include "base/mutant.h"
#include <string.h>
#include "base/secret.h"
#include "base/str.h"

struct wish { char commission[SG_HSA_MAX], device[SG_UUID_MAX], client[32]; };

static enum sg_err read_wish(const cJSON *v, struct wish *w, struct sg_error *e)
{
    static const char *const keys[] = {"commission", "device", "client", NULL};
    enum sg_err err = sg_json_only(v, keys, e);
    if (err == SG_E_OK) err = sg_json_str(v, "commission", false, w->commission, sizeof w->commission, e);
    if (err == SG_E_OK) err = sg_json_str(v, "device", false, w->device, sizeof w->device, e);
    if (err == SG_E_OK) err = sg_json_str(v, "client", false, w->client, sizeof w->client, e);
    if (err == SG_E_OK && w->device[0] && !sg_uuid_valid(w->device)) err = sg_fail(e, SG_E_INPUT, "device", "not a UUID");
    return err;
}

struct listing { cJSON *array; const struct sg_actor *who; bool ok; };

/* The commission's own form on the wire, taken out of the actor's. */
static bool add_commission(void *ctx, const struct sg_commission *c)
{
    struct listing *l = ctx;
    struct sg_actor a = *l->who;
    a.commission = *c;
    cJSON *v = sg_wire_actor(&a);
    cJSON *own = v ? cJSON_DetachItemFromObjectCaseSensitive(v, "commission") : NULL;
    cJSON_Delete(v);
    l->ok = own && cJSON_AddItemToArray(l->array, own);
    if (!l->ok) cJSON_Delete(own);
    return l->ok;
}

static enum sg_err answer(struct sg_ctx *x, const char *token)
{
    char until[SG_RFC3339_MAX];
    sg_rfc3339(until, x->now + INT64_C(3600000) * x->core->limits.session_hours);
    cJSON *v = cJSON_CreateObject(), *me = sg_wire_actor(&x->actor);
    bool ok = v && me && cJSON_AddStringToObject(v, "token", token) && cJSON_AddStringToObject(v, "expiresAt", until) &&
              cJSON_AddNumberToObject(v, "idleMinutes", x->core->limits.idle_minutes) && cJSON_AddItemToObject(v, "me", me);
    if (!ok) {
        cJSON_Delete(me);
        cJSON_Delete(v);
        return SG_E_NOMEM;
    }
    struct listing l = {.array = cJSON_AddArrayToObject(v, "commissions"), .who = &x->actor, .ok = true};
    enum sg_err err = l.array ? sg_dir_commissions(&x->core->db, x->actor.hsa, add_commission, &l) : SG_E_NOMEM;
    if (err == SG_E_OK && l.ok) return sg_ctx_json(x, 200, v);
    cJSON_Delete(v);
    return err == SG_E_OK ? SG_E_NOMEM : err;
}

static enum sg_err store(struct sg_ctx *x, const char *token)
{
    const struct sg_limits *l = &x->core->limits;
    struct sg_db *db = &x->core->db;
    struct sg_session *s = &x->session;
    enum sg_err err = sg_sha256(s->token, token, strlen(token));
    if (err == SG_E_OK)
        err = sg_db_run(db, SG_SQL_SESSION_OLD, "ii", x->now - INT64_C(3600000) * l->session_hours, x->now - INT64_C(60000) * l->idle_minutes);
    if (err == SG_E_OK)
        err = sg_db_run(db, SG_SQL_SESSION_PUT, "bttttti", (const void *)s->token, sizeof s->token, x->actor.hsa, x->actor.commission.id,
                        x->job->peer->fingerprint, s->device, s->client, x->now);
    return err;
}

enum sg_err sg_h_session_create(struct sg_ctx *x)
{
    static const struct sg_why none = {.rule = SG_RULE_NO_ROLE};
    struct wish w = {0};
    struct sg_error e = {0};
    uint8_t raw[32];
    char token[2 * sizeof raw + 1];
    if (read_wish(x->body, &w, &e) != SG_E_OK) return sg_ctx_refuse(x, SG_PROBLEM_INVALID, NULL, e.where);
    SG_COPY(x->session.device, w.device);
    SG_COPY(x->session.client, w.client);
    enum sg_err err = sg_dir_commission(&x->core->db, &x->actor, w.commission);
    if (err == SG_E_NOTFOUND) {
        SG_COPY(x->kind, "session.refused");
        return sg_ctx_refuse(x, SG_PROBLEM_NOT_PERMITTED, &none, w.commission[0] ? "commission" : NULL);
    }
    if (err != SG_E_OK) return err;
    sg_random_fill(&x->core->random, raw, sizeof raw);
    sg_hex(token, raw, sizeof raw);
    err = store(x, token);
    if (err == SG_E_OK) err = sg_ctx_note(x, "done");
    if (err == SG_E_OK) err = answer(x, token);
    sg_wipe(raw, sizeof raw);
    sg_wipe(token, sizeof token);
    return err;
}

enum sg_err sg_h_session_delete(struct sg_ctx *x)
{
    enum sg_err err = sg_db_run(&x->core->db, SG_SQL_SESSION_END, "b", (const void *)x->session.token, sizeof x->session.token);
    if (err == SG_E_OK) err = sg_ctx_note(x, "done");
    return err == SG_E_OK ? sg_ctx_json(x, 200, cJSON_CreateObject()) : err;
}

enum sg_err sg_h_me(struct sg_ctx *x) { return sg_ctx_json(x, 200, sg_wire_actor(&x->actor)); }

enum sg_err sg_h_policy(struct sg_ctx *x)
{
    struct sg_http_reply *re = x->re;
    const struct sg_buf *b = &x->core->policy_body;
    (void)sg_format(re->etag, sizeof re->etag, "\"%s\"", x->core->policy.etag);
    if (sg_eq(x->rq->if_none_match, re->etag)) {
        re->status = 304;
        return SG_E_OK;
    }
    re->status = 200;
    SG_COPY(re->content_type, "application/json; charset=utf-8");
    return sg_buf_add(&re->body, b->data, b->len);
}

/* "1-40 42 45-50": the numbers from `from` on that are in effect. */
static enum sg_err done_numbers(struct sg_ctx *x, int64_t from, struct sg_buf *out)
{
    struct sg_db *db = &x->core->db;
    int64_t first = 0, last = 0;
    if (SG_MUTANT(73)) return sg_buf_addf(out, "1-%d", 1 << 20);
    sqlite3_stmt *st = sg_db_query(db, SG_SQL_DEVICE_DONE, "tti", x->param, x->actor.hsa, from);
    enum sg_err err;
    while ((err = sg_db_step(db, st)) == SG_E_OK) {
        int64_t seq = sqlite3_column_int64(st, 0);
        if (seq != last + 1 || first == 0) {
            if (last > first) (void)sg_buf_addf(out, "-%lld", (long long)last);
            (void)sg_buf_addf(out, "%s%lld", first ? " " : "", (long long)seq);
            first = seq;
        }
        last = seq;
    }
    if (st) (void)sqlite3_reset(st);
    if (last > first) (void)sg_buf_addf(out, "-%lld", (long long)last);
    if (err != SG_E_NOTFOUND) return err;
    return out->data ? sg_buf_check(out) : sg_buf_addz(out, "");
}

/* The last number received from a device for this person, and how many below it have not come: an action that waits for a decision in
 * the client leaves a gap without holding up the others. done, asked for by from=: what of it is in effect, so that a client notices when
 * the service has come back from an old copy and knows less than it once said. */
enum sg_err sg_h_device(struct sg_ctx *x)
{
    int64_t from = 0;
    if (!sg_ctx_query(x, "from", 1, INT64_C(1) << 53, &from)) return sg_ctx_refuse(x, SG_PROBLEM_INVALID, NULL, "from");
    sqlite3_stmt *st = sg_db_query(&x->core->db, SG_SQL_DEVICE, "tt", x->param, x->actor.hsa);
    enum sg_err err = sg_db_step(&x->core->db, st);
    if (err != SG_E_OK) return err == SG_E_NOTFOUND ? SG_E_INTERNAL : err;
    int64_t last = sqlite3_column_int64(st, 0), n = sqlite3_column_int64(st, 1);
    (void)sqlite3_reset(st);
    struct sg_buf done;
    sg_buf_init(&done, 4 << 20);
    if (from > 0) err = done_numbers(x, from, &done);
    cJSON *v = err == SG_E_OK ? cJSON_CreateObject() : NULL;
    bool ok = v && cJSON_AddStringToObject(v, "device", x->param) && cJSON_AddNumberToObject(v, "lastSeq", (double)last) &&
              cJSON_AddNumberToObject(v, "missing", (double)(last - n)) && (!done.data || cJSON_AddStringToObject(v, "done", done.data));
    sg_buf_free(&done);
    if (ok) return sg_ctx_json(x, 200, v);
    cJSON_Delete(v);
    return err != SG_E_OK ? err : SG_E_NOMEM;
}
