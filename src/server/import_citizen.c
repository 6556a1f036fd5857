/* Import of citizens, relations and restrictions. They are named by person number in the files and by a random citizenId ever after. */
#include "server/import.h"
#include <string.h>
#include "base/secret.h"
#include "base/str.h"
#include "wire/wire.h"

/* The normalised number of a field. */
static enum sg_err pid_of(struct sg_import *m, const cJSON *v, const char *key, char pid[13], struct sg_error *e)
{
    char text[32] = "";
    struct sg_pid parsed;
    enum sg_err err = sg_json_str(v, key, true, text, sizeof text, e);
    if (err != SG_E_OK) return err;
    enum sg_pid_fault fault = sg_pid_parse(text, m->today, &parsed);
    if (fault == SG_PID_FINE) (void)sg_copy(pid, 13, parsed.normalised);
    else err = sg_fail(e, SG_E_INPUT, key, "%s", sg_pid_fault_text(fault));
    sg_wipe(text, sizeof text);
    sg_wipe(&parsed, sizeof parsed);
    return err;
}

static enum sg_err id_by_pid(struct sg_import *m, const char *pid, char id[SG_ID_MAX])
{
    sqlite3_stmt *st = sg_db_query(m->db, SG_SQL_CITIZEN_BY_PID, "t", pid);
    enum sg_err err = sg_db_step(m->db, st);
    if (err != SG_E_OK) return err;
    sg_db_text(st, 0, id, SG_ID_MAX);
    (void)sqlite3_reset(st);
    return SG_E_OK;
}

/* The citizenId behind the number in a field. */
static enum sg_err citizen_of(struct sg_import *m, const cJSON *v, const char *key, char id[SG_ID_MAX], struct sg_error *e)
{
    char pid[13];
    enum sg_err err = pid_of(m, v, key, pid, e);
    if (err == SG_E_OK) err = id_by_pid(m, pid, id);
    sg_wipe(pid, sizeof pid);
    return err == SG_E_NOTFOUND ? sg_fail(e, SG_E_INPUT, key, "no such citizen before this line") : err;
}

/* A citizen of an earlier time has changed: a new version, and somebody may be waiting for it. */
static enum sg_err touch(struct sg_import *m, const char *id)
{
    int64_t fresh = 0;
    struct sg_citizen c = {0};
    struct sg_changed_by by = {.at = m->now};
    enum sg_err err = sg_db_number(m->db, sg_db_query(m->db, SG_SQL_CITIZEN_NEW, "ti", id, m->now), &fresh);
    if (err != SG_E_OK || fresh) return err;
    SG_COPY(c.id, id);
    return sg_dir_touch(m->db, &c, &by, &m->random);
}

/* An optional calendar day as text. */
static enum sg_err day(const cJSON *v, const char *key, struct sg_date *d, char text[11], struct sg_error *e)
{
    char raw[16] = "";
    memset(d, 0, sizeof *d);
    text[0] = '\0';
    enum sg_err err = sg_json_str(v, key, false, raw, sizeof raw, e);
    if (err != SG_E_OK || !raw[0]) return err;
    if (!sg_date_parse(raw, d)) return sg_fail(e, SG_E_INPUT, key, "not a date");
    sg_date_format(text, *d);
    return SG_E_OK;
}

static enum sg_err moment(const cJSON *v, const char *key, bool required, int64_t *ms, struct sg_error *e)
{
    char raw[SG_RFC3339_MAX + 8] = "";
    *ms = 0;
    enum sg_err err = sg_json_str(v, key, required, raw, sizeof raw, e);
    if (err != SG_E_OK || !raw[0]) return err;
    return sg_rfc3339_parse(raw, ms) ? SG_E_OK : sg_fail(e, SG_E_INPUT, key, "not an RFC 3339 time");
}

static enum sg_err region_of(struct sg_import *m, const cJSON *v, char code[SG_CODE_MAX], struct sg_error *e)
{
    enum sg_err err = sg_json_str(v, "region", false, code, SG_CODE_MAX, e);
    return err == SG_E_OK && code[0] ? sg_import_has(m, SG_SQL_REGION_HAS, "region", code, e) : err;
}

/* One of the names name(0) … name(n-1). */
static enum sg_err choice(const cJSON *v, const char *key, const char *preset, const char *(*name)(int), int n, int *out, struct sg_error *e)
{
    char text[32] = "";
    enum sg_err err = sg_json_str(v, key, preset == NULL, text, sizeof text, e);
    if (err != SG_E_OK) return err;
    for (int i = 0; i < n; i++)
        if (sg_eq(name(i), text[0] ? text : preset)) return *out = i, SG_E_OK;
    return sg_fail(e, SG_E_INPUT, key, "unknown");
}
static const char *life_name(int i) { return sg_life_name((enum sg_life)i); }
static const char *kind_name(int i) { return sg_restriction_kind_name((enum sg_restriction_kind)i); }
static const char *state_name(int i) { return sg_restriction_state_name((enum sg_restriction_state)i); }
static const char *by_name(int i) { return sg_requested_by_name((enum sg_requested_by)i); }
static const char *scope_name(int i) { return sg_seal_scope_name((enum sg_seal_scope)i); }
static const char *relation_name(int i) { return sg_relation_name((enum sg_relation_kind)(i + 1)); }       /* not self */

struct citizen_in { char pid[13], name[SG_NAME_MAX], region[SG_CODE_MAX], dead[11]; int life; bool flag[3]; int64_t login; };

static enum sg_err read_citizen(struct sg_import *m, const cJSON *v, struct citizen_in *c, struct sg_error *e)
{
    static const char *const keys[] = {"type", "personalIdentityNumber", "name", "region", "life", "deceasedOn", "protectedPerson",
                                       "protectedPopulationRecord", "activeUser", "lastLoginAt", NULL};
    struct sg_date d;
    enum sg_err err = sg_json_only(v, keys, e);
    if (err == SG_E_OK) err = pid_of(m, v, "personalIdentityNumber", c->pid, e);
    if (err == SG_E_OK) err = sg_json_str(v, "name", true, c->name, sizeof c->name, e);
    if (err == SG_E_OK) err = region_of(m, v, c->region, e);
    if (err == SG_E_OK) err = choice(v, "life", "alive", life_name, SG_EMIGRATED + 1, &c->life, e);
    if (err == SG_E_OK) err = day(v, "deceasedOn", &d, c->dead, e);
    if (err == SG_E_OK && c->dead[0] && c->life != SG_DECEASED) err = sg_fail(e, SG_E_INPUT, "deceasedOn", "only for the deceased");
    if (err == SG_E_OK) err = sg_json_bool(v, "protectedPerson", false, &c->flag[0], e);
    if (err == SG_E_OK) err = sg_json_bool(v, "protectedPopulationRecord", false, &c->flag[1], e);
    if (err == SG_E_OK) err = sg_json_bool(v, "activeUser", false, &c->flag[2], e);
    return err == SG_E_OK ? moment(v, "lastLoginAt", false, &c->login, e) : err;
}

enum sg_err sg_import_citizen(struct sg_import *m, const cJSON *v, struct sg_error *e)
{
    struct citizen_in c = {0};
    char id[SG_ID_MAX], etag[SG_ETAG_MAX];
    enum sg_err err = read_citizen(m, v, &c, e);
    if (err != SG_E_OK) return err;
    err = id_by_pid(m, c.pid, id);
    bool known = err == SG_E_OK;
    if (err == SG_E_NOTFOUND) sg_uuid4(id, &m->random);
    else if (!known) return err;
    sg_dir_new_etag(etag, &m->random);
    err = sg_db_run(m->db, SG_SQL_CITIZEN_PUT, "tttttiiiitti", id, c.pid, c.name, life_name(c.life), c.dead, (int64_t)c.flag[0],
                    (int64_t)c.flag[1], (int64_t)c.flag[2], c.login, c.region, etag, m->now);
    sg_wipe(c.pid, sizeof c.pid);
    return err == SG_E_OK && known ? sg_db_run(m->db, SG_SQL_CHANGE_PUT, "t", id) : err;
}

enum sg_err sg_import_relation(struct sg_import *m, const cJSON *v, struct sg_error *e)
{
    static const char *const keys[] = {"type", "citizen", "person", "relation", "from", "to", NULL};
    char citizen[SG_ID_MAX], person[SG_ID_MAX], from[11], to[11];
    struct sg_date d;
    int kind = 0;
    int64_t n = 0;
    enum sg_err err = sg_json_only(v, keys, e);
    if (err == SG_E_OK) err = citizen_of(m, v, "citizen", citizen, e);
    if (err == SG_E_OK) err = citizen_of(m, v, "person", person, e);
    if (err == SG_E_OK && sg_eq(citizen, person)) err = sg_fail(e, SG_E_INPUT, "person", "the same as the citizen");
    if (err == SG_E_OK) err = choice(v, "relation", NULL, relation_name, 2, &kind, e);
    if (err == SG_E_OK) err = day(v, "from", &d, from, e);
    if (err == SG_E_OK) err = day(v, "to", &d, to, e);
    if (err == SG_E_OK) err = sg_db_number(m->db, sg_db_query(m->db, SG_SQL_RELATION_COUNT, "tt", citizen, person), &n);
    if (err == SG_E_OK && n >= SG_RELATIONS_MAX) err = sg_fail(e, SG_E_LIMIT, "citizen", "too many relations");
    if (err == SG_E_OK) err = sg_db_run(m->db, SG_SQL_RELATION_PUT, "ttttt", citizen, person, relation_name(kind), from, to);
    return err == SG_E_OK ? touch(m, citizen) : err;
}

/* ---- restrictions -------------------------------------------------------------------------------------------------------- */

/* Who made it and, when it is over, who ended it: the import, unless said otherwise. */
static enum sg_err read_deeds(const cJSON *v, struct sg_restriction *r, struct sg_error *e)
{
    struct sg_deed *d = &r->made;
    enum sg_err err = moment(v, "registeredAt", true, &d->registered_at, e);
    if (err == SG_E_OK) err = sg_import_hsa(v, "actor", false, d->actor, e);
    if (err == SG_E_OK) err = sg_json_str(v, "actorName", false, d->actor_name, sizeof d->actor_name, e);
    if (err == SG_E_OK) err = sg_import_hsa(v, "unitOfActor", false, d->unit, e);
    if (err == SG_E_OK) err = sg_json_str(v, "requester", false, d->requester, sizeof d->requester, e);
    if (err == SG_E_OK) err = sg_json_str(v, "reference", false, d->reference, sizeof d->reference, e);
    if (err == SG_E_OK) err = sg_json_str(v, "reason", false, d->reason, sizeof d->reason, e);
    d->performed_at = d->registered_at;
    if (err != SG_E_OK || r->state == SG_RS_ACTIVE) return err;
    struct sg_deed *end = &r->ended;
    err = moment(v, "endedAt", true, &end->registered_at, e);
    if (err == SG_E_OK) err = sg_json_str(v, "endedReason", false, end->reason, sizeof end->reason, e);
    SG_COPY(end->actor, d->actor);
    SG_COPY(end->actor_name, d->actor_name);
    SG_COPY(end->unit, d->unit);
    end->performed_at = end->registered_at;
    return err;
}

static enum sg_err read_seal(const cJSON *v, struct sg_restriction *r, struct sg_error *e)
{
    int scope = 0;
    enum sg_err err = choice(v, "scope", NULL, scope_name, SG_SEAL_PERIOD + 1, &scope, e);
    r->scope = (enum sg_seal_scope)scope;
    if (err == SG_E_OK) err = sg_import_hsa(v, "provider", r->scope == SG_SEAL_PROVIDER, r->provider, e);
    if (err == SG_E_OK) err = sg_import_hsa(v, "unit", r->scope == SG_SEAL_UNIT, r->unit, e);
    if (err == SG_E_OK && r->scope == SG_SEAL_PERIOD && r->from.y == 0 && r->to.y == 0) err = sg_fail(e, SG_E_INPUT, "from", "a period needs a day");
    return err;
}

static enum sg_err read_kind(struct sg_import *m, const cJSON *v, struct sg_restriction *r, struct sg_error *e)
{
    enum sg_err err = SG_E_OK;
    bool block = r->kind == SG_R_GUARDIAN_BLOCK, grant = r->kind == SG_R_MINOR_GRANT;
    if (r->kind == SG_R_SEAL) err = read_seal(v, r, e);
    if (err == SG_E_OK && (block || grant)) err = citizen_of(m, v, "person", r->person, e);
    if (err == SG_E_OK && grant) err = sg_import_hsa(v, "unit", true, r->unit, e);
    if (err == SG_E_OK && grant && r->to.y == 0) err = sg_fail(e, SG_E_INPUT, "to", "missing");
    if (err == SG_E_OK && r->unit[0]) err = sg_import_has(m, SG_SQL_UNIT_HAS, "unit", r->unit, e);
    if (err == SG_E_OK && r->provider[0]) err = sg_import_has(m, SG_SQL_PROVIDER_HAS, "provider", r->provider, e);
    if (err == SG_E_OK) err = sg_json_bool(v, "acute", false, &r->acute, e);
    if (err == SG_E_OK) err = sg_json_bool(v, "harmAssessed", false, &r->harm_assessed, e);
    return err == SG_E_OK ? sg_import_hsa(v, "decisionBy", false, r->decision_by, e) : err;
}

static enum sg_err read_common(struct sg_import *m, const cJSON *v, struct sg_restriction *r, struct sg_error *e)
{
    char text[11];
    int kind = 0, state = 0, by = 0;
    enum sg_err err = sg_json_str(v, "id", false, r->id, sizeof r->id, e);
    if (err == SG_E_OK && r->id[0] && !sg_uuid_valid(r->id)) err = sg_fail(e, SG_E_INPUT, "id", "not a UUID");
    if (err == SG_E_OK) err = choice(v, "kind", NULL, kind_name, SG_R_COUNT, &kind, e);
    if (err == SG_E_OK) err = choice(v, "state", "active", state_name, SG_RS_ANNULLED + 1, &state, e);
    if (err == SG_E_OK) err = choice(v, "requestedBy", "care", by_name, SG_BY_INERA + 1, &by, e);
    if (err == SG_E_OK) err = day(v, "from", &r->from, text, e);
    if (err == SG_E_OK) err = day(v, "to", &r->to, text, e);
    if (err == SG_E_OK) err = day(v, "reviewDate", &r->review, text, e);
    if (err == SG_E_OK) err = region_of(m, v, r->region, e);
    r->kind = (enum sg_restriction_kind)kind;
    r->state = (enum sg_restriction_state)state;
    r->requested_by = (enum sg_requested_by)by;
    return err == SG_E_OK && r->kind == SG_R_LOGIN_LOCK && !r->region[0] ? sg_fail(e, SG_E_INPUT, "region", "missing") : err;
}

/* An id that is there already must belong to the same citizen; a new one must still fit. */
static enum sg_err placeable(struct sg_import *m, const char *citizen, const char *id, struct sg_error *e)
{
    char owner[SG_ID_MAX];
    int64_t n = 0;
    sqlite3_stmt *st = sg_db_query(m->db, SG_SQL_RESTRICTION_OWNER, "t", id);
    enum sg_err err = sg_db_step(m->db, st);
    if (err == SG_E_OK) {
        sg_db_text(st, 0, owner, sizeof owner);
        (void)sqlite3_reset(st);
        return sg_eq(owner, citizen) ? SG_E_OK : sg_fail(e, SG_E_INPUT, "id", "belongs to another citizen");
    }
    if (err != SG_E_NOTFOUND) return err;
    err = sg_db_number(m->db, sg_db_query(m->db, SG_SQL_RESTRICTION_COUNT, "t", citizen), &n);
    return err == SG_E_OK && n >= SG_RESTRICTIONS_MAX / 2 ? sg_fail(e, SG_E_LIMIT, "citizen", "too many restrictions") : err;
}

enum sg_err sg_import_restriction(struct sg_import *m, const cJSON *v, struct sg_error *e)
{
    static const char *const keys[] = {"type", "citizen", "kind", "id", "state", "region", "requestedBy", "scope", "provider", "unit", "from", "to",
        "person", "acute", "harmAssessed", "reviewDate", "decisionBy", "registeredAt", "actor", "actorName", "unitOfActor", "requester",
        "reference", "reason", "endedAt", "endedReason", NULL};
    struct sg_restriction r = {0};
    struct sg_citizen c = {0};
    char citizen[SG_ID_MAX];
    enum sg_err err = sg_json_only(v, keys, e);
    if (err == SG_E_OK) err = citizen_of(m, v, "citizen", citizen, e);
    if (err == SG_E_OK) err = read_common(m, v, &r, e);
    if (err == SG_E_OK) err = read_kind(m, v, &r, e);
    if (err == SG_E_OK) err = read_deeds(v, &r, e);
    if (err == SG_E_OK && !r.id[0]) sg_uuid4(r.id, &m->random);
    if (err == SG_E_OK) err = placeable(m, citizen, r.id, e);
    if (err == SG_E_OK && !r.region[0]) {
        err = sg_dir_citizen(m->db, citizen, m->now, &c, NULL);
        SG_COPY(r.region, c.region);
        sg_citizen_free(&c);
    }
    if (err == SG_E_OK) err = sg_dir_restriction_put(m->db, citizen, &r);
    return err == SG_E_OK ? touch(m, citizen) : err;
}
