/* Answers and their events. A refusal is appended to the log in the same transaction as everything else and only then becomes an answer;
 * its event id is the problem's instance, so that whoever was refused can name it. The one exception is not-available, whose answer must
 * be the same to the last byte whether the person is unknown or hidden. */
#include "server/ctx.h"
#include <string.h>
#include "base/log.h"
#include "base/str.h"

static const char JSON[] = "application/json; charset=utf-8", PROBLEM[] = "application/problem+json; charset=utf-8";

/* version-trace-span-flags in lower-case hex (W3C Trace Context); anything else is not written down. */
static bool trace_context(const char *s)
{
    static const char form[] = "hh-hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh-hhhhhhhhhhhhhhhh-hh";
    if (strlen(s) != sizeof form - 1) return false;
    for (size_t i = 0; form[i]; i++)
        if (form[i] == '-' ? s[i] != '-' : !strchr("0123456789abcdef", s[i])) return false;
    return true;
}

void sg_ctx_event(const struct sg_ctx *x, struct sg_event *ev, const char *outcome)
{
    const struct sg_commission *c = &x->actor.commission;
    memset(ev, 0, sizeof *ev);
    sg_uuid7(ev->id, &x->core->clock, &x->core->random);
    SG_COPY(ev->kind, x->kind);
    SG_COPY(ev->outcome, outcome);
    ev->at = x->now;
    SG_COPY(ev->actor, x->known ? x->actor.hsa : x->job->peer->certified ? x->job->peer->hsa : "unknown");
    SG_COPY(ev->actor_name, x->actor.name);
    SG_COPY(ev->commission, c->id);
    SG_COPY(ev->unit, c->unit);
    SG_COPY(ev->unit_name, c->unit_name);
    SG_COPY(ev->provider, c->provider);
    SG_COPY(ev->purpose, x->purpose[0] ? x->purpose : c->purpose);
    SG_COPY(ev->subject, x->subject);
    SG_COPY(ev->device, x->session.device);
    SG_COPY(ev->client, x->session.client);
    SG_COPY(ev->region, c->region);
    SG_COPY(ev->title, x->actor.title);
    SG_COPY(ev->assignment, c->name);
    SG_COPY(ev->provider_name, c->provider_name);
    SG_COPY(ev->activity_args, x->args);
    if (trace_context(x->rq->traceparent)) SG_COPY(ev->traceparent, x->rq->traceparent);
}

enum sg_err sg_ctx_append(struct sg_ctx *x, struct sg_event *ev) { return sg_evlog_append(x->core->log, ev); }

enum sg_err sg_ctx_note(struct sg_ctx *x, const char *outcome)
{
    struct sg_event ev;
    sg_ctx_event(x, &ev, outcome);
    return sg_ctx_append(x, &ev);
}

enum sg_err sg_ctx_json(struct sg_ctx *x, int status, cJSON *v)
{
    x->re->status = status;
    SG_COPY(x->re->content_type, JSON);
    return sg_wire_print(v, &x->re->body);
}

/* Moves every member of from that v does not have yet into v; frees from. */
static void merge(cJSON *v, cJSON *from)
{
    for (cJSON *m = from ? from->child : NULL, *next; m; m = next) {
        next = m->next;
        if (cJSON_GetObjectItemCaseSensitive(v, m->string)) continue;
        (void)cJSON_DetachItemViaPointer(from, m);
        (void)cJSON_AddItemToObject(v, m->string, m);
    }
    cJSON_Delete(from);
}

enum sg_err sg_ctx_problem(struct sg_ctx *x, enum sg_problem p, const struct sg_why *w, const char *detail, cJSON *members, const char *event_id)
{
    char instance[16 + SG_UUID_MAX] = "";
    if (event_id && event_id[0] && p != SG_PROBLEM_NOT_AVAILABLE) (void)sg_format(instance, sizeof instance, "urn:uuid:%s", event_id);
    cJSON *v = sg_wire_problem(p, instance[0] ? instance : NULL, w, detail);
    if (v) merge(v, members);
    else cJSON_Delete(members);
    x->re->status = sg_problem_def(p)->status;
    SG_COPY(x->re->content_type, PROBLEM);
    return sg_wire_print(v, &x->re->body);
}

enum sg_err sg_ctx_refuse(struct sg_ctx *x, enum sg_problem p, const struct sg_why *w, const char *detail)
{
    struct sg_event ev;
    sg_ctx_event(x, &ev, sg_problem_def(p)->cls == SG_CLASS_CONFLICT ? "conflict" : "refused");
    SG_COPY(ev.rule, w ? sg_rule_name(w->rule) : sg_problem_def(p)->type);
    enum sg_err err = sg_ctx_append(x, &ev);
    return err == SG_E_OK ? sg_ctx_problem(x, p, w, detail, NULL, ev.id) : err;
}

void sg_reply_problem(struct sg_http_reply *re, enum sg_problem p, int retry_after)
{
    re->status = sg_problem_def(p)->status;
    re->retry_after = retry_after;
    SG_COPY(re->content_type, PROBLEM);
    if (sg_wire_print(sg_wire_problem(p, NULL, NULL, NULL), &re->body) != SG_E_OK) sg_log(SG_LOG_ERROR, "no memory for an answer");
}

void sg_reply_busy(struct sg_http_reply *re, int64_t now)
{
    sg_reply_problem(re, SG_PROBLEM_BUSY, 2);
    re->server_time = now;
}

bool sg_ctx_sees(const struct sg_ctx *x, const struct sg_citizen *c)
{
    return !sg_citizen_protected(c) || sg_authorise(&x->actor, SG_PERM_PROTECTED_SEE, "", NULL);
}

enum sg_err sg_ctx_citizen(struct sg_ctx *x, const char *id, struct sg_citizen *out, struct sg_changed_by *by, bool *refused)
{
    static const struct sg_why none = {.rule = SG_RULE_NOT_AVAILABLE};
    if (sg_uuid_valid(id)) SG_COPY(x->subject, id);          /* anything else might be a number that must not enter the log */
    enum sg_err err = sg_dir_citizen(&x->core->db, id, x->now, out, by);
    *refused = err == SG_E_NOTFOUND || (err == SG_E_OK && !sg_ctx_sees(x, out));
    if (!*refused) return err;
    if (err == SG_E_OK) sg_citizen_free(out);
    memset(out, 0, sizeof *out);
    return sg_ctx_refuse(x, SG_PROBLEM_NOT_AVAILABLE, &none, NULL);
}

/* The value of key in the query string, not terminated; NULL when absent. */
static const char *query_at(const char *query, const char *key, size_t *len)
{
    size_t k = strlen(key);
    for (const char *p = query; *p;) {
        size_t n = strcspn(p, "&");
        if (n > k && p[k] == '=' && strncmp(p, key, k) == 0) {
            *len = n - k - 1;
            return p + k + 1;
        }
        p += n;
        if (*p == '&') p++;
    }
    return NULL;
}

static bool query_of(const struct sg_ctx *x, const char *key, const char *plain, char *dst, size_t cap)
{
    size_t n = 0;
    const char *p = query_at(x->rq->query, key, &n);
    if (!p || !sg_copyn(dst, cap, p, n)) return false;
    return strspn(dst, plain) == n;
}

bool sg_ctx_query_text(const struct sg_ctx *x, const char *key, char *dst, size_t cap)
{
    return query_of(x, key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._:-", dst, cap);
}

bool sg_ctx_query_list(const struct sg_ctx *x, const char *key, char *dst, size_t cap)
{
    return query_of(x, key, "abcdefghijklmnopqrstuvwxyz-,", dst, cap);
}

bool sg_ctx_query(const struct sg_ctx *x, const char *key, int64_t min, int64_t max, int64_t *v)
{
    size_t n = 0;
    char text[24];
    if (!query_at(x->rq->query, key, &n)) return true;
    return sg_ctx_query_text(x, key, text, sizeof text) && sg_parse_i64(text, min, max, v);
}
