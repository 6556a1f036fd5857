/* The real service core in the simulated world: its first database, start, orderly stop and sudden end, batches, long polls, and at the
 * end what its tables hold. The database of the first moment is made once a process and copied for every seed. */
#include "sim.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/str.h"
#include "checker.h"
#include "server/ctx.h"
#include "server/import.h"
#include "wire/leaf.h"

static const char DB[] = "/s0/db";
const struct sim_staff sim_staff[SIM_STAFF] = {
    {"SE2321000016-1000", "SE2321000016-C0", "\"account-admin\",\"journal-superadmin\""},
    {"SE2321000016-1001", "SE2321000016-C1", "\"account-admin\",\"journal-superadmin\""},
    {"SE2321000016-1002", "SE2321000016-C2", "\"national-admin\""},
    {"SE2321000016-1003", "SE2321000016-C3", "\"account-admin\",\"block-guardian\",\"minor-access\",\"seal\""},
    {"SE2321000016-1004", "SE2321000016-C4", "\"support\""},
};
static const char *const PIDS[] = {"201212122384", "201101012381", "201505052389", "198001012387", "198202022383"};
static const char *const LINES[] = {
    "{\"type\":\"policy\",\"termsVersion\":\"1\",\"termsText\":\"Terms\"}",
    "{\"type\":\"region\",\"code\":\"norr\",\"name\":\"Region Norr\"}",
    "{\"type\":\"region\",\"code\":\"syd\",\"name\":\"Region Syd\"}",
    "{\"type\":\"provider\",\"hsa\":\"SE2321000016-P1\",\"name\":\"Norr\"}",
    "{\"type\":\"unit\",\"hsa\":\"SE2321000016-U0\",\"name\":\"BUP Norr\",\"provider\":\"SE2321000016-P1\",\"region\":\"norr\"}",
    "{\"type\":\"unit\",\"hsa\":\"SE2321000016-U1\",\"name\":\"BUP Syd\",\"provider\":\"SE2321000016-P1\",\"region\":\"syd\"}",
};
static struct sim_citizen first[SIM_CITIZENS];
static uint8_t *template_db;
static size_t template_n;

/* ---- the first database ---- */

static bool line(struct sg_import *m, const char *text)
{
    cJSON *v = cJSON_Parse(text);
    struct sg_error e = {0};
    bool ok = v && sg_import_line(m, v, &e) == SG_E_OK;
    if (!ok) fprintf(stderr, "sigill-sim: %s: %s %s\n", text, e.where, e.detail);
    cJSON_Delete(v);
    return ok;
}

static bool people(struct sg_import *m)
{
    char text[512];
    bool ok = true;
    for (int i = 0; i < SIM_STAFF && ok; i++) {
        sg_format(text, sizeof text, "{\"type\":\"staff\",\"hsa\":\"%s\",\"name\":\"Staff %d\",\"termsAccepted\":%s}", sim_staff[i].hsa, i,
                  i == 3 ? "false" : "true");
        ok = line(m, text);
        sg_format(text, sizeof text, "{\"type\":\"commission\",\"id\":\"%s\",\"staff\":\"%s\",\"name\":\"C\",\"purpose\":\"administration\","
                  "\"unit\":\"SE2321000016-U%d\",\"roles\":[%s]}", sim_staff[i].commission, sim_staff[i].hsa, i == 1, sim_staff[i].roles);
        ok = ok && line(m, text);
    }
    for (size_t i = 0; i < sizeof PIDS / sizeof *PIDS && ok; i++) {
        sg_format(text, sizeof text, "{\"type\":\"citizen\",\"personalIdentityNumber\":\"%s\",\"name\":\"Citizen %zu\",\"region\":\"norr\","
                  "\"activeUser\":true}", PIDS[i], i);
        ok = line(m, text);
    }
    for (int i = 0; i < 3 && ok; i++) {
        sg_format(text, sizeof text, "{\"type\":\"relation\",\"citizen\":\"%s\",\"person\":\"%s\",\"relation\":\"guardian\"}", PIDS[i], PIDS[3 + i % 2]);
        ok = line(m, text);
    }
    return ok;
}

static bool fill(struct sg_db *db, const struct sg_clock *clock, const struct sg_random *random)
{
    struct sg_import m = {.db = db, .clock = *clock, .random = *random, .now = SIM_T0};
    m.today = sg_date_stockholm(m.now);
    bool ok = sg_db_run(db, SG_SQL_BEGIN, "") == SG_E_OK && sg_dir_policy(db, &m.policy) == SG_E_OK;
    for (size_t i = 0; i < sizeof LINES / sizeof *LINES && ok; i++) ok = line(&m, LINES[i]);
    ok = ok && people(&m) && sg_db_commit(db) == SG_E_OK;
    sg_policy_free(&m.policy);
    for (int i = 0; i < SIM_CITIZENS && ok; i++) {
        struct sg_citizen c = {0};
        sqlite3_stmt *st = sg_db_query(db, SG_SQL_CITIZEN_BY_PID, "t", PIDS[i]);
        ok = sg_db_step(db, st) == SG_E_OK;
        sg_db_text(st, 0, first[i].id, sizeof first[i].id);
        (void)sqlite3_reset(st);
        ok = ok && sg_dir_citizen(db, first[i].id, SIM_T0, &c, NULL) == SG_E_OK;
        SG_COPY(first[i].etag, c.etag);
        SG_COPY(first[i].guardian, c.n_relations ? c.relation[0].person : first[i].id);
        sg_citizen_free(&c);
    }
    return ok;
}

bool sim_template_make(void)
{
    struct sim_world *w = calloc(1, sizeof *w);
    struct sim_rng r = sim_stream(1, 99);
    struct sg_db db;
    struct sg_error e = {0};
    if (!w) return false;
    sim_w = w;
    w->plan = sim_stream(1, 98);
    sim_disk_init(&w->disk[SIM_SERVICE_DISK], sim_stream(1, 97));
    struct sg_clock clock = sim_service_clock(w);
    struct sg_random random = sim_random(&r);
    (void)sqlite3_randomness(0, NULL);
    bool ok = sg_db_open(&db, DB, "sim", &e) == SG_E_OK;
    if (!ok) fprintf(stderr, "sigill-sim: first database: %s\n", e.detail);
    if (ok) {
        ok = fill(&db, &clock, &random);
        sg_db_close(&db);
    }
    const struct sim_file *f = sim_disk_file(&w->disk[SIM_SERVICE_DISK], DB);
    template_db = ok && f ? malloc(f->data.n) : NULL;
    if (template_db) memcpy(template_db, f->data.p, template_n = f->data.n);
    sim_disk_free(&w->disk[SIM_SERVICE_DISK]);
    free(w);
    sim_w = NULL;
    return template_db != NULL;
}

void sim_template_free(void)
{
    free(template_db);
    template_db = NULL;
}

void sim_service_init(struct sim_world *w)
{
    w->service.rng = sim_stream(w->seed, 20);
    sim_disk_load(&w->disk[SIM_SERVICE_DISK], DB, template_db, template_n);
    memcpy(w->citizen, first, sizeof first);
    for (int i = 0; i < SIM_CITIZENS; i++) chk_citizen(w->chk, first[i].id, first[i].etag);
}

/* ---- life ---- */

void sim_service_start(struct sim_world *w)
{
    struct sg_error e = {0};
    struct sg_core_opts o = {.database = DB, .vfs = "sim", .clock = sim_service_clock(w), .random = sim_random(&w->service.rng)};
    if (w->service.core) return;
    enum sg_err err = sg_core_open(&o, &w->service.core, &e);
    sim_trace("service start: %s", sg_err_name(err));
    if (err == SG_E_OK) return;
    w->service.core = NULL;
    if (w->disk[SIM_SERVICE_DISK].frozen || w->disk[SIM_SERVICE_DISK].sync_dead) sim_disk_crash(&w->disk[SIM_SERVICE_DISK], SIM_LOSE_SOME);
    if (w->healed) chk_note(w->chk, "the service does not start on a healthy disk: %s %s", sg_err_name(err), e.detail);
}

static void let_go(struct sim_world *w, bool refuse)
{
    struct sim_service *s = &w->service;
    for (size_t i = 0; i < s->n_parked; i++) {
        if (refuse) sim_wire_refuse(w, s->parked[i], "connection reset");
        sg_http_reply_free(&s->parked_job[i].reply);
        sim_msg_free(s->parked[i]);
    }
    s->n_parked = 0;
}

void sim_service_crash(struct sim_world *w, enum sim_loss loss)
{
    struct sim_disk *d = &w->disk[SIM_SERVICE_DISK];
    sim_trace("service killed, loss %d", loss);
    w->n.hit[SIM_HIT_KILL]++;
    d->frozen = true;
    let_go(w, true);
    sg_core_close(w->service.core);
    w->service.core = NULL;
    sim_disk_crash(d, loss);
}

void sim_service_stop(struct sim_world *w)
{
    if (!w->service.core) return;
    sim_trace("service stopped");
    w->n.restarts++;
    let_go(w, true);
    sg_core_close(w->service.core);
    w->service.core = NULL;
    if (w->disk[SIM_SERVICE_DISK].frozen || w->disk[SIM_SERVICE_DISK].sync_dead) sim_disk_crash(&w->disk[SIM_SERVICE_DISK], SIM_LOSE_SOME);
}

/* ---- batches ---- */

static void park(struct sim_world *w, struct sim_msg *m, const struct sg_job *j)
{
    struct sim_service *s = &w->service;
    s->parked[s->n_parked] = m;
    s->parked_job[s->n_parked] = *j;
    s->parked_job[s->n_parked].peer = &m->peer;
    s->parked_job[s->n_parked++].request = &m->rq;
}

/* Runs jobs and gives their answers out; takes the messages over. */
static void run(struct sim_world *w, struct sim_msg **m, struct sg_job *job, size_t n)
{
    struct sim_service *s = &w->service;
    struct sim_disk *d = &w->disk[SIM_SERVICE_DISK];
    struct sg_job *list[SIM_PARKED];
    for (size_t i = 0; i < n; i++) list[i] = &job[i];
    sg_core_batch(s->core, list, n);
    w->n.batches++;
    bool died = d->frozen;
    for (size_t i = 0; i < n; i++) {
        if (!died && job[i].parked && s->n_parked < SIM_PARKED) {
            park(w, m[i], &job[i]);
            continue;
        }
        if (died) sim_wire_refuse(w, m[i], "connection reset");
        else sim_wire_answer(w, m[i], &job[i].reply);
        if (died) sg_http_reply_free(&job[i].reply);
        sim_msg_free(m[i]);
    }
    if (died) sim_service_crash(w, (enum sim_loss)sim_below(&w->plan, SIM_LOSSES));
}

void sim_service_batch(struct sim_world *w, struct sim_msg **m, size_t n)
{
    struct sg_job job[SIM_PARKED];
    if (!w->service.core) {
        for (size_t i = 0; i < n; i++) {
            sim_wire_refuse(w, m[i], "connection refused");
            sim_msg_free(m[i]);
        }
        return;
    }
    for (size_t i = 0; i < n; i++) sg_job_init(&job[i], &m[i]->peer, &m[i]->rq);
    run(w, m, job, n);
    if (w->service.core) sim_service_parked(w, false);
}

/* Long polls whose time has come, or whose revision is not that of the service any more. */
void sim_service_parked(struct sim_world *w, bool all)
{
    struct sim_service *s = &w->service;
    struct sim_msg *m[SIM_PARKED];
    struct sg_job job[SIM_PARKED];
    size_t n = 0, kept = 0;
    for (size_t i = 0; i < s->n_parked; i++) {
        const struct sg_job *j = &s->parked_job[i];
        if (all || j->parked_until <= w->now || j->parked_since != sg_core_revision(s->core)) {
            m[n] = s->parked[i];
            job[n++] = *j;
        } else {
            s->parked[kept] = s->parked[i];
            s->parked_job[kept++] = *j;
        }
    }
    s->n_parked = kept;
    if (n) run(w, m, job, n);
}

/* ---- the directory changes ---- */

int64_t sim_service_events(struct sim_world *w)
{
    int64_t n = 0;
    sqlite3_stmt *st = NULL;
    if (sqlite3_prepare_v2(w->service.core->db.h, "SELECT count(*) FROM event", -1, &st, NULL) == SQLITE_OK && sqlite3_step(st) == SQLITE_ROW)
        n = sqlite3_column_int64(st, 0);
    sqlite3_finalize(st);
    return n;
}

void sim_service_commission(struct sim_world *w, int staff, bool revoke)
{
    struct sim_disk *d = &w->disk[SIM_SERVICE_DISK];
    char sql[256];
    if (!w->service.core || w->service.revoked[staff] == revoke || d->sync_dead || d->fault != SIM_FAULT_NONE || d->freeze_in >= 0) return;
    sg_format(sql, sizeof sql, "UPDATE commission SET roles = replace(replace('%s', '\"', ''), ',', ' ') WHERE id = '%s'",
              revoke ? "" : sim_staff[staff].roles, sim_staff[staff].commission);
    if (sqlite3_exec(w->service.core->db.h, sql, NULL, NULL, NULL) != SQLITE_OK) return;
    w->service.revoked[staff] = revoke;
    w->n.hit[SIM_HIT_REVOKE] += revoke;
    sim_trace("commission of staff %d %s", staff, revoke ? "revoked" : "given back");
    chk_commission(w->chk, sim_staff[staff].hsa, revoke, sim_service_events(w));
}

/* ---- its tables, at the end ---- */

static void report_events(struct sim_world *w, sqlite3 *h)
{
    sqlite3_stmt *st = NULL;
    if (sqlite3_prepare_v2(h, "SELECT idx, payload, at, kind, outcome, actor, subject, action FROM event ORDER BY idx", -1, &st, NULL) != SQLITE_OK) return;
    while (sqlite3_step(st) == SQLITE_ROW) {
        struct sg_event ev;
        if (sg_payload_decode(sqlite3_column_blob(st, 1), (size_t)sqlite3_column_bytes(st, 1), &ev) != SG_E_OK) {
            chk_note(w->chk, "a leaf of the log cannot be read");
            continue;
        }
        struct chk_event e = {.index = sqlite3_column_int64(st, 0), .at = ev.at, .performed_at = ev.performed_at, .outcome = ev.outcome,
            .actor = ev.actor, .action = ev.action_id, .citizen = ev.subject, .etag_before = ev.etag_before, .device = ev.device,
            .restrictions = ev.restriction, .is_action = sg_action_kind_named(ev.kind) < SG_ACT_COUNT,
            .id = ev.id, .read = sg_eq(ev.kind, "citizen.read"), .offline = ev.offline};
        chk_event(w->chk, &e);
    }
    sqlite3_finalize(st);
}

static const char *text(sqlite3_stmt *st, int col)
{
    const char *s = (const char *)sqlite3_column_text(st, col);
    return s ? s : "";
}

static void report_stored(struct sim_world *w, sqlite3 *h)
{
    sqlite3_stmt *st = NULL;
    if (sqlite3_prepare_v2(h, "SELECT id, device, actor, seq, status, etag, event_index FROM action ORDER BY event_index", -1, &st, NULL) != SQLITE_OK) return;
    while (sqlite3_step(st) == SQLITE_ROW) {
        char etag[SG_ETAG_MAX] = "";
        const char *quoted = text(st, 5);
        size_t n = strlen(quoted);
        if (n > 2) (void)sg_copyn(etag, sizeof etag, quoted + 1, n - 2);
        chk_stored(w->chk, text(st, 0), text(st, 1), text(st, 2), sqlite3_column_int64(st, 3), sqlite3_column_int(st, 4), etag, sqlite3_column_int64(st, 6));
    }
    sqlite3_finalize(st);
}

static void report_restrictions(struct sim_world *w, sqlite3 *h)
{
    sqlite3_stmt *st = NULL;
    if (sqlite3_prepare_v2(h, "SELECT id, citizen, body, state FROM restriction ORDER BY ord", -1, &st, NULL) != SQLITE_OK) return;
    while (sqlite3_step(st) == SQLITE_ROW) {
        cJSON *v = cJSON_ParseWithLength(sqlite3_column_blob(st, 2), (size_t)sqlite3_column_bytes(st, 2));
        struct sg_restriction r;
        if (v && sg_wire_restriction_read(v, &r, NULL) == SG_E_OK)
            chk_restriction(w->chk, text(st, 0), text(st, 1), r.made.action_id, r.state == SG_RS_ACTIVE, r.ended.action_id);
        else
            chk_note(w->chk, "a restriction of the service cannot be read");
        cJSON_Delete(v);
    }
    sqlite3_finalize(st);
}

void sim_service_report(struct sim_world *w)
{
    sqlite3 *h = w->service.core->db.h;
    report_events(w, h);
    report_stored(w, h);
    report_restrictions(w, h);
}
