/* Reads. One row per kind of ask: the request, what to do with a good answer, and what is known without the service. A read asked with
 * cached_ok is answered twice when the cache knows it: at once, and again when fresh. While offline the cache is the final answer, with
 * its age; where it knows nothing the ask fails, never waits. */
#include "sync/inside.h"
#include "base/log.h"
#include "base/str.h"
#include "base/utf8.h"
#include "wire/level.h"
#include <stdlib.h>
#include <string.h>

enum { READ_TIMEOUT_MS = 10000, HOLD_TIMEOUT_MS = 40000 };

struct read_def {
    enum sg_ask_kind kind;
    bool (*request)(struct sg_engine *g, struct sg_pend *p, struct sg_http_request *rq);     /* false: told FAILED */
    struct sg_tell *(*fresh)(struct sg_engine *g, struct sg_pend *p, const struct sg_http_reply *r);   /* NULL: not understood */
    struct sg_tell *(*cached)(struct sg_engine *g, struct sg_pend *p);                       /* NULL: nothing known */
    const char *unknown;                                                                    /* said when offline and not cached */
    const char *seen;           /* the kind of event that showing the cached answer is, since the service does not log it; NULL: nothing about anybody */
};

static struct sg_tell *tell_with(const struct sg_pend *p, enum sg_tell_kind kind, bool cached, int64_t as_of)
{
    struct sg_tell *t = sg_eng_tell(p->a.id, kind, false);
    if (t) {
        t->from_cache = cached;
        t->as_of = as_of;
    }
    return t;
}

/* ---- look-up ---- */

static bool number_of(struct sg_engine *g, struct sg_pend *p, char dst[13])
{
    struct sg_pid pid;
    enum sg_pid_fault fault = sg_pid_parse(p->a.text, sg_date_stockholm(sg_eng_service_now(g)), &pid);
    if (fault == SG_PID_FINE)
        sg_copy(dst, 13, pid.normalised);
    else
        sg_eng_failed(g, p->a.id, SG_E_INPUT, "personalIdentityNumber", sg_pid_fault_text(fault));
    sg_wipe(&pid, sizeof pid);
    return fault == SG_PID_FINE;
}

static bool purpose_fits(const char *s)
{
    for (const char *c = s; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == '"' || *c == '\\')
            return false;
    return s[0] && sg_utf8_valid(s, strlen(s));
}

/* Written by hand and not as a cJSON tree, whose memory would keep the number after use. */
static bool lookup_request(struct sg_engine *g, struct sg_pend *p, struct sg_http_request *rq)
{
    char number[13];
    if (!purpose_fits(p->a.purpose)) {
        sg_eng_failed(g, p->a.id, SG_E_INPUT, "purpose", "a purpose is needed");
        return false;
    }
    if (!number_of(g, p, number))
        return false;
    sg_endpoint_request(rq, SG_EP_LOOKUP, NULL);
    sg_buf_init(&rq->body, 512);
    enum sg_err err = sg_buf_addf(&rq->body, "{\"personalIdentityNumber\":\"%s\",\"purpose\":\"%s\"}", number, p->a.purpose);
    sg_wipe(number, sizeof number);
    if (err != SG_E_OK)
        sg_eng_failed(g, p->a.id, err, "", "");
    return err == SG_E_OK;
}

static struct sg_tell *lookup_tell(const struct sg_pend *p, const char *id, bool cached, int64_t as_of)
{
    struct sg_tell *t = tell_with(p, SG_TELL_LOOKUP, cached, as_of);
    if (t)
        SG_COPY(t->id, id);
    return t;
}

static bool lookup_key(const struct sg_engine *g, const struct sg_pend *p, char key[SG_ID_MAX])
{
    struct sg_pid pid;
    bool ok = sg_pid_parse(p->a.text, sg_date_stockholm(sg_eng_service_now(g)), &pid) == SG_PID_FINE;
    if (ok)
        sg_eng_lookup_key(g, pid.normalised, key);
    sg_wipe(&pid, sizeof pid);
    return ok;
}

static struct sg_tell *lookup_fresh(struct sg_engine *g, struct sg_pend *p, const struct sg_http_reply *r)
{
    cJSON *v = NULL;
    char id[SG_ID_MAX] = "", key[SG_ID_MAX];
    bool ok = sg_eng_body(r, &v) == SG_E_OK && sg_json_str(v, "citizenId", true, id, sizeof id, NULL) == SG_E_OK && id[0];
    cJSON_Delete(v);
    if (!ok)
        return NULL;
    char json[SG_ID_MAX + 32];
    sg_format(json, sizeof json, "{\"citizenId\":\"%s\"}", id);
    if (lookup_key(g, p, key))
        sg_eng_cache_text(g, "lookup", key, json, strlen(json));
    return lookup_tell(p, id, false, sg_eng_now(g));
}

static struct sg_tell *lookup_cached(struct sg_engine *g, struct sg_pend *p)
{
    char key[SG_ID_MAX], id[SG_ID_MAX] = "";
    cJSON *v = NULL;
    int64_t as_of = 0;
    bool ok = lookup_key(g, p, key) && sg_eng_cache_json(g, "lookup", key, &v, &as_of) &&
              sg_json_str(v, "citizenId", true, id, sizeof id, NULL) == SG_E_OK;
    cJSON_Delete(v);
    return ok ? lookup_tell(p, id, true, as_of) : NULL;
}

/* ---- citizen ---- */

static bool citizen_request(struct sg_engine *g, struct sg_pend *p, struct sg_http_request *rq)
{
    (void)g;
    sg_endpoint_request(rq, SG_EP_CITIZEN, p->a.key);
    return true;
}

bool sg_eng_citizen_reply(struct sg_engine *g, const struct sg_http_reply *r, struct sg_citizen *out)
{
    cJSON *v = NULL;
    memset(out, 0, sizeof *out);
    bool ok = sg_eng_body(r, &v) == SG_E_OK && sg_wire_citizen_read(v, out, NULL) == SG_E_OK;
    cJSON_Delete(v);
    if (ok && !sg_eng_outrun(g, out))
        sg_eng_cache_citizen(g, out);
    return ok;
}

static struct sg_tell *citizen_tell(struct sg_pend *p, struct sg_citizen *c, bool cached, int64_t as_of)
{
    struct sg_tell *t = tell_with(p, SG_TELL_CITIZEN, cached, as_of);
    struct sg_citizen *own = t ? malloc(sizeof *own) : NULL;
    if (!own) {
        sg_citizen_free(c);
        free(t);
        return NULL;
    }
    *own = *c;                                                  /* takes the list over */
    t->citizen = own;
    SG_COPY(t->id, own->id);
    return t;
}

static struct sg_tell *citizen_fresh(struct sg_engine *g, struct sg_pend *p, const struct sg_http_reply *r)
{
    struct sg_citizen c;
    return sg_eng_citizen_reply(g, r, &c) ? citizen_tell(p, &c, false, sg_eng_now(g)) : NULL;
}

static struct sg_tell *citizen_cached(struct sg_engine *g, struct sg_pend *p)
{
    struct sg_citizen c;
    int64_t as_of = 0;
    return sg_eng_cached_citizen(g, p->a.key, &c, &as_of) ? citizen_tell(p, &c, true, as_of) : NULL;
}

/* ---- policy and me ---- */

static bool policy_request(struct sg_engine *g, struct sg_pend *p, struct sg_http_request *rq)
{
    (void)g;
    (void)p;
    sg_endpoint_request(rq, SG_EP_POLICY, NULL);
    return true;
}

static struct sg_tell *policy_tell(struct sg_engine *g, struct sg_pend *p, bool cached)
{
    struct sg_tell *t = g->has_policy ? tell_with(p, SG_TELL_POLICY, cached, g->policy_as_of) : NULL;
    if (!t)
        return NULL;
    t->policy = calloc(1, sizeof *t->policy);
    if (t->policy && sg_policy_copy(t->policy, &g->policy) == SG_E_OK)
        return t;
    free(t->policy);
    t->policy = NULL;
    sg_tell_free(t);
    return NULL;
}

static struct sg_tell *policy_fresh(struct sg_engine *g, struct sg_pend *p, const struct sg_http_reply *r)
{
    struct sg_policy fresh;
    cJSON *v = NULL;
    memset(&fresh, 0, sizeof fresh);
    bool ok = sg_eng_body(r, &v) == SG_E_OK && sg_wire_policy_read(v, &fresh, NULL) == SG_E_OK;
    cJSON_Delete(v);
    if (!ok)
        return NULL;
    sg_policy_free(&g->policy);
    g->policy = fresh;
    g->has_policy = true;
    g->policy_as_of = sg_eng_now(g);
    sg_eng_cache_text(g, "policy", "", r->body.data, r->body.len);
    return policy_tell(g, p, false);
}

static struct sg_tell *policy_cached(struct sg_engine *g, struct sg_pend *p)
{
    return policy_tell(g, p, true);
}

static bool me_request(struct sg_engine *g, struct sg_pend *p, struct sg_http_request *rq)
{
    (void)g;
    (void)p;
    sg_endpoint_request(rq, SG_EP_ME, NULL);
    return true;
}

static struct sg_tell *me_tell(struct sg_pend *p, const struct sg_actor *a, bool cached, int64_t as_of)
{
    struct sg_tell *t = tell_with(p, SG_TELL_ME, cached, as_of);
    if (!t)
        return NULL;
    t->actor = malloc(sizeof *t->actor);
    if (!t->actor) {
        sg_tell_free(t);
        return NULL;
    }
    *t->actor = *a;
    return t;
}

static struct sg_tell *me_fresh(struct sg_engine *g, struct sg_pend *p, const struct sg_http_reply *r)
{
    struct sg_actor a;
    cJSON *v = NULL;
    memset(&a, 0, sizeof a);
    bool ok = sg_eng_body(r, &v) == SG_E_OK && sg_wire_actor_read(v, &a, NULL) == SG_E_OK;
    cJSON_Delete(v);
    if (!ok)
        return NULL;
    sg_eng_set_actor(g, &a, r->body.data, r->body.len);
    return me_tell(p, &a, false, sg_eng_now(g));
}

static struct sg_tell *me_cached(struct sg_engine *g, struct sg_pend *p)
{
    struct sg_actor a;
    int64_t as_of = 0;
    return sg_eng_cached_actor(g, &a, &as_of) ? me_tell(p, &a, true, as_of) : NULL;
}

/* ---- leaves and proofs, as they are ---- */

static bool fetch_request(struct sg_engine *g, struct sg_pend *p, struct sg_http_request *rq)
{
    const char *path = p->a.note, *query = strchr(path, '?');
    size_t n = query ? (size_t)(query - path) : strlen(path);
    bool ok = (strncmp(path, "/logs", 5) == 0 || strncmp(path, "/events/", 8) == 0) && sg_copyn(rq->path, sizeof rq->path, path, n) &&
              SG_COPY(rq->query, query ? query + 1 : "");
    if (!ok)
        sg_eng_failed(g, p->a.id, SG_E_INPUT, "path", "not below the event log");
    return ok;
}

/* "/events/ID/proof" */
static bool proved_event(const char *path, char id[SG_UUID_MAX])
{
    const char *from = path + sizeof "/events/" - 1;
    return sg_starts(path, "/events/") && sg_copyn(id, SG_UUID_MAX, from, strcspn(from, "/")) && sg_uuid_valid(id) && sg_eq(from + strlen(id), "/proof");
}

static struct sg_tell *fetch_fresh(struct sg_engine *g, struct sg_pend *p, const struct sg_http_reply *r)
{
    char id[SG_UUID_MAX];
    struct sg_tell *t = tell_with(p, SG_TELL_FETCHED, false, sg_eng_now(g));
    if (!t)
        return NULL;
    sg_buf_init(&t->body, r->body.len + 1);
    bool ok = sg_buf_add(&t->body, r->body.data ? r->body.data : "", r->body.len) == SG_E_OK;
    if (ok && proved_event(p->a.note, id) && sg_eng_proof_check(g, r, id, &t->receipt, &t->error) != SG_E_OK)
        t->receipt.verified = false;
    if (ok)
        return t;
    sg_tell_free(t);
    return NULL;
}

/* ---- service level ---- */

static bool level_request(struct sg_engine *g, struct sg_pend *p, struct sg_http_request *rq)
{
    (void)g;
    (void)p;
    sg_endpoint_request(rq, SG_EP_SERVICE_LEVEL, NULL);
    return true;
}

static struct sg_tell *level_tell(const struct sg_pend *p, const cJSON *v, bool cached, int64_t as_of)
{
    struct sg_tell *t = tell_with(p, SG_TELL_LEVEL, cached, as_of);
    if (t && sg_wire_level_read(v, &t->level, NULL) == SG_E_OK && sg_wire_stop_of(v, &t->stop, NULL) == SG_E_OK)
        return t;
    sg_tell_free(t);
    return NULL;
}

static struct sg_tell *level_fresh(struct sg_engine *g, struct sg_pend *p, const struct sg_http_reply *r)
{
    cJSON *v = NULL;
    struct sg_tell *t = sg_eng_body(r, &v) == SG_E_OK ? level_tell(p, v, false, sg_eng_now(g)) : NULL;
    cJSON_Delete(v);
    if (t) {
        g->stop = t->stop;
        sg_eng_cache_text(g, "level", "", r->body.data, r->body.len);
    }
    return t;
}

static struct sg_tell *level_cached(struct sg_engine *g, struct sg_pend *p)
{
    cJSON *v = NULL;
    int64_t as_of = 0;
    struct sg_tell *t = sg_eng_cache_json(g, "level", "", &v, &as_of) ? level_tell(p, v, true, as_of) : NULL;
    cJSON_Delete(v);
    return t;
}

static const struct read_def defs[] = {
    { SG_ASK_LOOKUP, lookup_request, lookup_fresh, lookup_cached,
      "the service cannot be reached, and this number has not been looked up here lately", "citizen.lookup" },
    { SG_ASK_CITIZEN, citizen_request, citizen_fresh, citizen_cached,
      "the service cannot be reached, and this person has not been read here lately", "citizen.read" },
    { SG_ASK_EVENTS, sg_eng_events_request, sg_eng_events_fresh, NULL, SG_EVENTS_OFFLINE, NULL },
    { SG_ASK_DENSITY, sg_eng_events_request, sg_eng_density_fresh, NULL, SG_EVENTS_OFFLINE, NULL },
    { SG_ASK_SAMPLE, sg_eng_events_request, sg_eng_sample_fresh, NULL, SG_EVENTS_OFFLINE, NULL },
    { SG_ASK_EXPORT, sg_eng_events_request, sg_eng_export_fresh, NULL, SG_EVENTS_OFFLINE, NULL },
    { SG_ASK_EXTRACT, sg_eng_events_request, sg_eng_export_fresh, NULL, SG_EVENTS_OFFLINE, NULL },
    { SG_ASK_POLICY, policy_request, policy_fresh, policy_cached, "the service cannot be reached, and its policy is not known here yet", NULL },
    { SG_ASK_ME, me_request, me_fresh, me_cached, "the service cannot be reached, and nobody has signed in here yet", NULL },
    { SG_ASK_FETCH, fetch_request, fetch_fresh, NULL, "the service cannot be reached; its event log is only there", NULL },
    { SG_ASK_LEVEL, level_request, level_fresh, level_cached, "the service cannot be reached, and its service level is not known here yet", NULL },
};

static const struct read_def *def_of(const struct sg_pend *p)
{
    for (size_t i = 0; i < sizeof defs / sizeof defs[0]; i++)
        if (defs[i].kind == p->a.kind)
            return &defs[i];
    return NULL;
}

/* Noted first, then shown. NULL: nothing known (OK), or it could not be noted and must not be shown. */
static struct sg_tell *cached(struct sg_engine *g, const struct read_def *d, struct sg_pend *p, enum sg_err *err)
{
    struct sg_tell *t = d->cached ? d->cached(g, p) : NULL;
    *err = t && d->seen ? sg_eng_seen_note(g, p, d->seen, t) : SG_E_OK;
    if (*err != SG_E_OK) {
        sg_tell_free(t);
        return NULL;
    }
    if (t)
        SG_COPY(t->seen, p->seen_id);
    return t;
}

void sg_eng_read_cached(struct sg_engine *g, struct sg_pend *p)
{
    const struct read_def *d = def_of(p);
    if (p->cache_told || !p->a.cached_ok || !d || !d->cached || g->link == SG_LINK_AUTH)
        return;
    enum sg_err err;
    p->cache_told = true;
    sg_eng_give(g, cached(g, d, p, &err));
}

static void answer_offline(struct sg_engine *g, const struct read_def *d, struct sg_pend *p)
{
    enum sg_err err;
    struct sg_tell *t = cached(g, d, p, &err);
    if (t) {
        t->final = true;
        sg_eng_give(g, t);
    } else if (err != SG_E_OK) {
        sg_eng_failed(g, p->a.id, err, "reads", SG_SEEN_NOT_NOTED);
    } else {
        sg_eng_failed(g, p->a.id, SG_E_OFFLINE, "", d->unknown);
    }
    sg_eng_pend_free(p);
}

static void send_read(struct sg_engine *g, const struct read_def *d, struct sg_pend *p)
{
    struct sg_http_request rq = { 0 };
    if (!d->request(g, p, &rq)) {
        sg_http_request_free(&rq);
        sg_eng_pend_free(p);
        return;
    }
    struct sg_rq *q = sg_eng_send(g, SG_RQ_READ, &rq, p->a.hold ? HOLD_TIMEOUT_MS : READ_TIMEOUT_MS);
    if (q) {
        q->pend = p;
        return;
    }
    sg_eng_failed(g, p->a.id, SG_E_NOMEM, "", "");
    sg_eng_pend_free(p);
}

void sg_eng_read(struct sg_engine *g, struct sg_pend *p)
{
    const struct read_def *d = def_of(p);
    if (!d) {
        sg_eng_failed(g, p->a.id, SG_E_INTERNAL, "", "not a read");
        sg_eng_pend_free(p);
    } else if (g->link == SG_LINK_ONLINE) {
        send_read(g, d, p);
    } else if (g->link == SG_LINK_AUTH) {
        sg_eng_failed(g, p->a.id, SG_E_AUTH, "", g->detail);
        sg_eng_pend_free(p);
    } else {
        answer_offline(g, d, p);
    }
}

/* What may no longer be seen is not kept either. */
static void forget_refused(struct sg_engine *g, const struct sg_pend *p, enum sg_verdict v)
{
    char key[SG_ID_MAX];
    if (v != SG_V_REFUSED)
        return;
    if (p->a.kind == SG_ASK_CITIZEN) {
        sg_eng_cache_forget(g, "citizen", p->a.key);
    } else if (p->a.kind == SG_ASK_LOOKUP && lookup_key(g, p, key)) {
        sg_eng_cache_forget(g, "lookup", key);
    }
}

void sg_eng_on_read(struct sg_engine *g, struct sg_rq *q, struct sg_http_reply *r, enum sg_verdict v, struct sg_problem_info *pi)
{
    struct sg_pend *p = q->pend;
    q->pend = NULL;
    if (!p)
        return;
    if (v == SG_V_OFFLINE || (v == SG_V_AUTH && p->tries == 0)) {
        p->tries += v == SG_V_AUTH;
        sg_eng_wait(g, p);                      /* answered from what is known, or sent again after sign-in */
        return;
    }
    const struct read_def *d = def_of(p);
    struct sg_tell *t = v == SG_V_DONE && d ? d->fresh(g, p, r) : NULL;
    if (t) {
        sg_eng_seen_logged(g, p);
        t->final = true;
        sg_eng_give(g, t);
    } else {
        g->seen_due = g->seen_due || p->seen > 0;
        forget_refused(g, p, v);
        sg_eng_failed_by(g, p->a.id, r, v, pi);
    }
    sg_eng_pend_free(p);
}
