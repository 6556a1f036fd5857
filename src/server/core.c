/* A batch is one transaction: BEGIN IMMEDIATE, every job inside a savepoint of its own, one COMMIT with one fsync. Only then may the
 * replies be used. A job that fails alone is undone alone; a batch that cannot be committed is undone whole and every one of its
 * replies becomes 503 log-unavailable, so nothing is ever revealed or claimed that the log does not hold.
 * The way of one request: transport refusal -> certificate -> route -> staff -> session -> media type -> role -> body -> handler. */
#include "server/ctx.h"
#include "base/mutant.h"
#include <stdlib.h>
#include <string.h>
#include "base/log.h"
#include "base/secret.h"
#include "base/str.h"

enum { REPLY_MAX = 8 << 20, SIGN_MS = 1000 };

sg_handler *const sg_handlers[SG_EP_COUNT] = {
    [SG_EP_SESSION_CREATE] = sg_h_session_create, [SG_EP_SESSION_DELETE] = sg_h_session_delete, [SG_EP_ME] = sg_h_me,
    [SG_EP_POLICY] = sg_h_policy, [SG_EP_LOOKUP] = sg_h_lookup, [SG_EP_CITIZEN] = sg_h_citizen, [SG_EP_ACCESS] = sg_h_access,
    [SG_EP_RESTRICTIONS] = sg_h_restrictions, [SG_EP_CITIZEN_EVENTS] = sg_h_citizen_events, [SG_EP_ACTION_PUT] = sg_h_action_put,
    [SG_EP_ACTION_GET] = sg_h_action_get, [SG_EP_ACTION_PREVIEW] = sg_h_action_preview, [SG_EP_EVENTS] = sg_h_events,
    [SG_EP_EVENTS_DENSITY] = sg_h_density, [SG_EP_EVENTS_SAMPLE] = sg_h_sample, [SG_EP_EVENTS_EXPORT] = sg_h_export, [SG_EP_EXTRACT] = sg_h_extract,
    [SG_EP_CHANGES] = sg_h_changes, [SG_EP_DEVICE] = sg_h_device, [SG_EP_EVENT_PROOF] = sg_h_event_proof, [SG_EP_LOGS] = sg_h_logs,
    [SG_EP_LOG_CHECKPOINT] = sg_h_log_checkpoint, [SG_EP_LOG_CONSISTENCY] = sg_h_log_consistency, [SG_EP_LOG_INCLUSION] = sg_h_log_inclusion,
    [SG_EP_LOG_LEAVES] = sg_h_log_leaves, [SG_EP_LOG_ENTRIES] = sg_h_log_entries,
    [SG_EP_PREPARE] = sg_h_prepare, [SG_EP_SERVICE_LEVEL] = sg_h_service_level, [SG_EP_ACTION_WITHDRAW] = sg_h_action_withdraw,
    [SG_EP_OFFLINE_READS] = sg_h_offline_reads,
};
/* What a request to a route is called in the log, also when it is refused. */
static const char *const KINDS[SG_EP_COUNT] = {
    [SG_EP_SESSION_CREATE] = "session.start", [SG_EP_SESSION_DELETE] = "session.end", [SG_EP_ME] = "me.read",
    [SG_EP_POLICY] = "policy.read", [SG_EP_LOOKUP] = "citizen.lookup", [SG_EP_CITIZEN] = "citizen.read",
    [SG_EP_ACCESS] = "citizen.access", [SG_EP_RESTRICTIONS] = "citizen.restrictions", [SG_EP_CITIZEN_EVENTS] = "events.read",
    [SG_EP_ACTION_PUT] = "action", [SG_EP_ACTION_GET] = "action.read", [SG_EP_ACTION_PREVIEW] = "action.preview",
    [SG_EP_EVENTS] = "log.read", [SG_EP_EVENTS_DENSITY] = "log.density", [SG_EP_EVENTS_SAMPLE] = "log.sample",
    [SG_EP_EVENTS_EXPORT] = "log.export", [SG_EP_EXTRACT] = "events.extract", [SG_EP_CHANGES] = "changes.read", [SG_EP_DEVICE] = "device.read",
    [SG_EP_EVENT_PROOF] = "log.proof", [SG_EP_LOGS] = "log.list", [SG_EP_LOG_CHECKPOINT] = "log.checkpoint", [SG_EP_LOG_CONSISTENCY] = "log.consistency",
    [SG_EP_LOG_INCLUSION] = "log.inclusion", [SG_EP_LOG_LEAVES] = "log.leaves", [SG_EP_LOG_ENTRIES] = "log.entries",
    [SG_EP_PREPARE] = "citizen.prepare", [SG_EP_SERVICE_LEVEL] = "service-level.read", [SG_EP_ACTION_WITHDRAW] = "action.withdraw",
    [SG_EP_OFFLINE_READS] = "offline.reads",
};

static enum sg_err routes_complete(struct sg_error *e)
{
    for (int i = 0; i < SG_EP_COUNT; i++) {
        const struct sg_endpoint_def *d = sg_endpoint_def((enum sg_endpoint)i);
        if (!d || !sg_handlers[i] || !KINDS[i] || (size_t)d->perm >= SG_PERM_COUNT)
            return sg_fail(e, SG_E_INTERNAL, d ? d->path : "route", "a route without handler, permission or event name");
    }
    return SG_E_OK;
}

static int or_default(int v, int preset) { return v > 0 ? v : preset; }

static void set_limits(struct sg_limits *l, const struct sg_limits *o)
{
    l->lookups_minute = or_default(o->lookups_minute, 30);
    l->lookups_hour = or_default(o->lookups_hour, 300);
    l->lookups_day = or_default(o->lookups_day, 1000);
    l->idle_minutes = or_default(o->idle_minutes, 30);
    l->session_hours = or_default(o->session_hours, 12);
}

/* Policy, regions and units are kept in memory until another process has written. */
static enum sg_err refresh(struct sg_core *c)
{
    int64_t version = 0;
    enum sg_err err = sg_db_number(&c->db, sg_db_query(&c->db, SG_SQL_DATA_VERSION, ""), &version);
    if (err == SG_E_OK) err = sg_dir_revision(&c->db, &c->revision);
    if (err != SG_E_OK || (c->has_policy && version == c->data_version)) return err;
    sg_evlog_forget(c->log);
    struct sg_policy fresh;
    err = sg_dir_policy(&c->db, &fresh);
    if (err != SG_E_OK) return err;
    if (c->has_policy) sg_policy_free(&c->policy);
    c->policy = fresh;
    c->has_policy = true;
    c->data_version = version;
    sg_buf_reset(&c->policy_body);
    return sg_wire_print(sg_wire_policy(&c->policy), &c->policy_body);
}

/* ---- signing --------------------------------------------------------------------------------------------------------------- */

int64_t sg_core_due(const struct sg_core *c)
{
    if (c->sealed || c->db.fsync_failed) return -1;
    int64_t sign = c->signer.ask && c->is_unsigned ? c->signed_at + SIGN_MS : -1, feed = sg_feed_waiting(c->feed) ? c->fed_at + SIGN_MS : -1;
    return sign < 0 || (feed >= 0 && feed < sign) ? feed : sign;
}

/* At the beginning of a transaction. Only a refusal stops the service; a signer that is away is asked again in a second. */
static enum sg_err sign(struct sg_core *c)
{
    c->signed_at = sg_mono(&c->clock);
    enum sg_err err = sg_evlog_sign(c->log, &c->signer, sg_wall(&c->clock));
    c->is_unsigned = err != SG_E_OK;
    c->has_signed = err == SG_E_OK;
    if (err == SG_E_REFUSED) {
        c->sealed = true;
        sg_log(SG_LOG_ERROR, "nothing is written any more: %s", sg_evlog_why(c->log));
    }
    return err;
}

/* Once when the signer falls silent and once when it signs again; nothing was signed over these events, the next round does. */
static enum sg_err tell_signer(struct sg_core *c, enum sg_err err)
{
    struct sg_event ev;
    bool away = err == SG_E_OFFLINE;
    if (err != SG_E_OK && !away) return err;
    if (away == c->signer_away) return SG_E_OK;
    sg_event_of_service(&ev, away ? "signer.away" : "signer.back", &c->clock, &c->random);
    err = sg_evlog_append(c->log, &ev);
    if (err == SG_E_OK) c->signer_away = away;
    return err;
}

static bool wants_proof(const struct sg_job *j)
{
    const char *p = j->request->path;
    size_t n = strlen(p), tail = sizeof "/proof" - 1;
    return sg_starts(p, "/logs") || (sg_starts(p, "/events/") && n > tail && sg_eq(p + n - tail, "/proof"));
}

static enum sg_err sign_if_due(struct sg_core *c, struct sg_job *const *job, size_t n)
{
    bool now = c->hurry && n == 0;
    if (!c->signer.ask || !c->is_unsigned) return SG_E_OK;
    for (size_t i = 0; i < n; i++) now = now || wants_proof(job[i]);
    return now || sg_mono(&c->clock) - c->signed_at >= SIGN_MS ? tell_signer(c, sign(c)) : SG_E_OK;
}

/* At the start: the key is the log's, and the database holds everything that was ever signed. */
static enum sg_err begin_log(struct sg_core *c, struct sg_error *e)
{
    if (!c->signer.ask) return SG_E_OK;
    enum sg_err err = sg_db_run(&c->db, SG_SQL_BEGIN, "");
    if (err == SG_E_OK) err = sg_evlog_key(c->log, &c->signer, c->log_key, e);
    if (err == SG_E_OK) err = sg_evlog_missing(c->log, &c->signer);
    if (err == SG_E_OK) err = tell_signer(c, sign(c));
    if (err == SG_E_OK) err = sg_db_commit(&c->db);
    if (err == SG_E_OK) return err;
    sg_db_rollback(&c->db);
    sg_evlog_forget(c->log);
    if (err == SG_E_REFUSED)
        return sg_fail(e, err, "event-log", "%s; was an old backup restored? (docs/log.md, sigilld restored)", sg_evlog_why(c->log));
    return !e || e->code == SG_E_OK ? sg_fail(e, err, "event-log", "no checkpoint can be made") : err;
}

enum sg_err sg_core_open(const struct sg_core_opts *o, struct sg_core **out, struct sg_error *e)
{
    *out = NULL;
    enum sg_err err = routes_complete(e);
    struct sg_core *c = err == SG_E_OK ? calloc(1, sizeof *c) : NULL;
    if (!c) return err == SG_E_OK ? sg_fail(e, SG_E_NOMEM, "", "no memory") : err;
    c->clock = o->clock;
    c->random = o->random;
    if (o->signer) c->signer = *o->signer;
    c->feed = o->feed;
    set_limits(&c->limits, &o->limits);
    sg_buf_init(&c->policy_body, REPLY_MAX);
    err = sg_db_open(&c->db, o->database, o->vfs, e);
    if (err == SG_E_OK) err = sg_evlog_open(&c->db, &c->random, o->log, &c->log, e);
    if (err == SG_E_OK) {
        err = refresh(c);
        if (err != SG_E_OK) (void)sg_fail(e, err, "database", "the directory cannot be read");
    }
    if (err == SG_E_OK) err = begin_log(c, e);
    if (err != SG_E_OK) {
        sg_core_close(c);
        return err;
    }
    *out = c;
    return SG_E_OK;
}

void sg_core_close(struct sg_core *c)
{
    if (!c) return;
    if (c->has_policy) sg_policy_free(&c->policy);
    sg_buf_free(&c->policy_body);
    sg_evlog_close(c->log);
    sg_db_close(&c->db);
    free(c);
}

enum sg_err sg_core_note(struct sg_core *c, const char *kind)
{
    struct sg_event ev;
    if (c->sealed || c->db.fsync_failed) return SG_E_STATE;
    enum sg_err err = sg_db_run(&c->db, SG_SQL_BEGIN, "");
    sg_event_of_service(&ev, kind, &c->clock, &c->random);
    if (err == SG_E_OK) err = sg_evlog_append(c->log, &ev);
    if (err == SG_E_OK) err = sg_db_commit(&c->db);
    if (err == SG_E_OK) {
        c->is_unsigned = true;
        return err;
    }
    sg_db_rollback(&c->db);
    sg_evlog_forget(c->log);
    return err;
}

void sg_core_hurry(struct sg_core *c) { c->hurry = true; }
int64_t sg_core_revision(const struct sg_core *c) { return c->revision; }
int64_t sg_core_events(const struct sg_core *c) { return c->events; }
bool sg_core_dead(const struct sg_core *c) { return c->db.fsync_failed; }

void sg_job_init(struct sg_job *j, const struct sg_peer *peer, const struct sg_http_request *rq)
{
    memset(j, 0, sizeof *j);
    j->peer = peer;
    j->request = rq;
    j->refuse = SG_PROBLEM_COUNT;
    j->reply.retry_after = -1;
    sg_buf_init(&j->reply.body, REPLY_MAX);
}

static void clear_reply(struct sg_http_reply *re)
{
    sg_buf_reset(&re->body);
    re->body.failed = 0;
    re->status = 0;
    re->etag[0] = re->content_type[0] = '\0';
    re->retry_after = -1;
    re->replayed = false;
}

/* ---- the way of one request ---------------------------------------------------------------------------------------------- */

static bool has_body(const struct sg_http_request *rq) { return rq->method == SG_PUT || rq->method == SG_POST; }

static bool json_type(const char *ct)
{
    static const char want[] = "application/json";
    size_t n = sizeof want - 1;
    char head[sizeof want];
    (void)sg_copyn(head, sizeof head, ct, n);
    if (!sg_ieq(head, want)) return false;
    if (ct[n] == '\0') return true;
    const char *p = ct + n;
    while (*p == ' ') p++;
    if (*p++ != ';') return false;
    while (*p == ' ') p++;
    return sg_ieq(p, "charset=utf-8") || sg_ieq(p, "charset=\"utf-8\"");
}

static enum sg_err no_route(struct sg_ctx *x, bool other_method)
{
    if (other_method) return sg_ctx_refuse(x, SG_PROBLEM_METHOD, NULL, NULL);
    if (sg_starts(x->rq->path, "/actions/")) return sg_ctx_refuse(x, SG_PROBLEM_BAD_ID, NULL, NULL);
    return sg_ctx_refuse(x, SG_PROBLEM_NOT_FOUND, NULL, NULL);
}

static enum sg_err read_body(struct sg_ctx *x, bool *refused)
{
    const struct sg_http_request *rq = x->rq;
    struct sg_error e = {0};
    *refused = true;
    if (!has_body(rq)) {
        *refused = rq->body.len > 0;
        return *refused ? sg_ctx_refuse(x, SG_PROBLEM_BAD_REQUEST, NULL, "this method takes no body") : SG_E_OK;
    }
    if (!json_type(rq->content_type)) return sg_ctx_refuse(x, SG_PROBLEM_MEDIA_TYPE, NULL, NULL);
    enum sg_err err = sg_json_parse(rq->body.data ? rq->body.data : "", rq->body.len, &SG_JSON_BODY, &x->body, &e);
    if (err == SG_E_NOMEM) return err;
    if (err != SG_E_OK) return sg_ctx_refuse(x, SG_PROBLEM_BAD_REQUEST, NULL, e.where);
    if (!cJSON_IsObject(x->body)) return sg_ctx_refuse(x, SG_PROBLEM_BAD_REQUEST, NULL, "not an object");
    *refused = false;
    return SG_E_OK;
}

static enum sg_err permitted(struct sg_ctx *x, const struct sg_endpoint_def *d, bool *refused)
{
    struct sg_why why = {0};
    *refused = !sg_authorise(&x->actor, d->perm, "", &why);
    return *refused ? sg_ctx_refuse(x, SG_PROBLEM_NOT_PERMITTED, &why, NULL) : SG_E_OK;
}

/* Ids that clients make are UUIDs; anything else is refused before it is looked for. */
static enum sg_err well_formed(struct sg_ctx *x, bool *refused)
{
    bool made = x->ep == SG_EP_ACTION_PUT || x->ep == SG_EP_ACTION_GET || x->ep == SG_EP_ACTION_WITHDRAW || x->ep == SG_EP_DEVICE || x->ep == SG_EP_EVENT_PROOF;
    *refused = made && !sg_uuid_valid(x->param);
    return *refused ? sg_ctx_refuse(x, SG_PROBLEM_BAD_ID, NULL, NULL) : SG_E_OK;
}

static enum sg_err serve(struct sg_ctx *x)
{
    bool refused = false, other = false;
    if (!x->job->peer->certified) {
        SG_COPY(x->kind, "certificate.refused");
        return sg_ctx_refuse(x, SG_PROBLEM_CERTIFICATE, NULL, NULL);
    }
    if (x->job->refuse != SG_PROBLEM_COUNT) return sg_ctx_refuse(x, x->job->refuse, NULL, NULL);
    x->ep = sg_endpoint_match(x->rq->method, x->rq->path, x->param, &other);
    if (x->ep >= SG_EP_COUNT) return no_route(x, other);
    const struct sg_endpoint_def *d = sg_endpoint_def(x->ep);
    SG_COPY(x->kind, KINDS[x->ep]);
    enum sg_err err = sg_auth_person(x, &refused);
    if (err == SG_E_OK && !refused && d->mode != SG_EP_OPEN) err = sg_auth_session(x, &refused);
    if (err == SG_E_OK && !refused) err = permitted(x, d, &refused);
    if (err == SG_E_OK && !refused) err = well_formed(x, &refused);
    if (err == SG_E_OK && !refused) err = read_body(x, &refused);
    return err != SG_E_OK || refused ? err : sg_handlers[x->ep](x);
}

/* One job inside the open transaction. False: the transaction itself is gone. */
static bool one(struct sg_core *c, struct sg_job *j)
{
    struct sg_ctx *x = calloc(1, sizeof *x);
    clear_reply(&j->reply);
    j->parked = false;
    if (!x || sg_db_run(&c->db, SG_SQL_SAVEPOINT, "") != SG_E_OK) {
        free(x);
        sg_reply_problem(&j->reply, SG_PROBLEM_LOG_UNAVAILABLE, 4);
        return !sqlite3_get_autocommit(c->db.h);
    }
    x->core = c;
    x->job = j;
    x->rq = j->request;
    x->re = &j->reply;
    x->now = sg_wall(&c->clock);
    x->today = sg_date_stockholm(x->now);
    SG_COPY(x->kind, "request");
    enum sg_err err = serve(x);
    cJSON_Delete(x->body);
    sg_wipe(x, sizeof *x);
    free(x);
    if (err == SG_E_OK) err = sg_db_run(&c->db, SG_SQL_RELEASE, "");
    if (err == SG_E_OK) return true;
    j->parked = false;
    clear_reply(&j->reply);
    bool store = err == SG_E_IO || err == SG_E_LOCKED;
    if (!store) sg_log(SG_LOG_ERROR, "a request ended in a fault: %s", sg_err_name(err));
    sg_reply_problem(&j->reply, store ? SG_PROBLEM_LOG_UNAVAILABLE : SG_PROBLEM_FAULT, 4);
    sg_evlog_forget(c->log);
    if (sqlite3_get_autocommit(c->db.h)) return false;
    return (SG_MUTANT(67) || sg_db_run(&c->db, SG_SQL_BACK_TO, "") == SG_E_OK) && sg_db_run(&c->db, SG_SQL_RELEASE, "") == SG_E_OK;
}

/* ---- the batch ----------------------------------------------------------------------------------------------------------- */

static void all_unavailable(struct sg_job **job, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        job[i]->parked = false;
        clear_reply(&job[i]->reply);
        sg_reply_problem(&job[i]->reply, SG_PROBLEM_LOG_UNAVAILABLE, 4);
    }
}

static bool work(struct sg_core *c, struct sg_job **job, size_t n)
{
    if (c->db.fsync_failed || c->sealed || sg_db_run(&c->db, SG_SQL_BEGIN, "") != SG_E_OK) return false;
    c->has_signed = false;
    c->signer_was = c->signer_away;
    c->fed_at = sg_mono(&c->clock);
    if (refresh(c) != SG_E_OK || sign_if_due(c, job, n) != SG_E_OK || sg_feed_store(c->feed, &c->db, c->log) != SG_E_OK) return false;
    for (size_t i = 0; i < n; i++)
        if (!one(c, job[i])) return false;
    int64_t revision = 0, events = 0;
    if (sg_dir_revision(&c->db, &revision) != SG_E_OK || c->db.fsync_failed) return false;
    if (sg_db_number(&c->db, sg_db_query(&c->db, SG_SQL_EVENT_NEXT, ""), &events) != SG_E_OK) return false;
    if (sg_db_commit(&c->db) != SG_E_OK) {
        if (!SG_MUTANT(68)) return false;
        sg_db_rollback(&c->db);
    }
    c->revision = revision;
    c->events = events;
    c->is_unsigned = c->is_unsigned || sg_evlog_grew(c->log);
    sg_feed_stored(c->feed);
    if (c->has_signed) sg_feed_signed(c->feed);
    return true;
}

/* A checkpoint writes each page once however often it was changed, and waits for the disk twice; long ones cost least a page, short ones
 * do not keep the next request waiting for long. */
void sg_core_tidy(struct sg_core *c, bool idle)
{
    enum { EARLY_PAGES = 1000, LATE_PAGES = 4000 };
    c->db.tidy_later = true;
    sg_db_tidy(&c->db, idle ? EARLY_PAGES : LATE_PAGES);
}

void sg_core_batch(struct sg_core *c, struct sg_job **job, size_t n)
{
    if (!work(c, job, n)) {
        sg_db_rollback(&c->db);
        sg_evlog_forget(c->log);
        c->signer_away = c->signer_was;
        c->is_unsigned = true;                           /* a checkpoint of this transaction was not kept */
        c->signed_at = c->fed_at = sg_mono(&c->clock);   /* however early it failed: tried again in its time, not at once and for ever */
        if (!SG_MUTANT(69)) all_unavailable(job, n);
    }
    int64_t now = sg_wall(&c->clock);
    for (size_t i = 0; i < n; i++) job[i]->reply.server_time = now;
}

void sg_core_handle(struct sg_core *c, const struct sg_peer *peer, const struct sg_http_request *rq, struct sg_http_reply *re)
{
    struct sg_job j;
    struct sg_job *list[1] = {&j};
    bool before = c->hurry;
    sg_job_init(&j, peer, rq);
    c->hurry = true;
    sg_core_batch(c, list, 1);
    c->hurry = before;
    *re = j.reply;
}
