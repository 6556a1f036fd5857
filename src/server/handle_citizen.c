/* Finding and reading a citizen. Every read appends its event before it answers. A number that is unknown, an id that is unknown and a
 * person who is hidden from this actor get the same answer. Look-ups are counted per person in three fixed windows, in the database, so
 * that a restart does not open them anew. */
#include "server/ctx.h"
#include <string.h>
#include "base/secret.h"
#include "base/str.h"
#include "model/purpose.h"

/* ---- look-up ------------------------------------------------------------------------------------------------------------- */

struct window { int64_t span, began, n; int limit; };

/* OK and *wait 0: within the limits, and counted. *wait > 0: seconds until it may be tried again, not counted. */
static enum sg_err count_lookup(struct sg_ctx *x, int *wait)
{
    const struct sg_limits *l = &x->core->limits;
    struct window w[] = {{60000, 0, 0, l->lookups_minute}, {3600000, 0, 0, l->lookups_hour}, {86400000, 0, 0, l->lookups_day}};
    struct sg_db *db = &x->core->db;
    enum sg_err err = SG_E_OK;
    *wait = 0;
    for (size_t i = 0; i < sizeof w / sizeof *w; i++) {
        sqlite3_stmt *st = sg_db_query(db, SG_SQL_TALLY, "ti", x->actor.hsa, w[i].span);
        err = sg_db_step(db, st);
        if (err != SG_E_OK && err != SG_E_NOTFOUND) return err;
        if (err == SG_E_OK) {
            w[i].began = sqlite3_column_int64(st, 0);
            w[i].n = sqlite3_column_int64(st, 1);
            (void)sqlite3_reset(st);
        }
        if (x->now - w[i].began >= w[i].span || x->now < w[i].began) {
            w[i].began = x->now;
            w[i].n = 0;
        }
        if (w[i].n >= w[i].limit) *wait = (int)((w[i].began + w[i].span - x->now + 999) / 1000);
    }
    err = SG_E_OK;
    for (size_t i = 0; *wait == 0 && i < sizeof w / sizeof *w && err == SG_E_OK; i++)
        err = sg_db_run(db, SG_SQL_TALLY_PUT, "tiii", x->actor.hsa, w[i].span, w[i].began, w[i].n + 1);
    return err;
}

/* Reads and checks the two fields. detail of a bad one never repeats what was typed. */
static enum sg_err read_lookup(struct sg_ctx *x, char pid[13], struct sg_error *e)
{
    static const char *const keys[] = {"personalIdentityNumber", "purpose", NULL};
    char number[32] = "", purpose[48] = "";
    struct sg_pid parsed;
    enum sg_err err = sg_json_only(x->body, keys, e);
    if (err == SG_E_OK) err = sg_json_str(x->body, "purpose", true, purpose, sizeof purpose, e);
    if (err == SG_E_OK && sg_purpose_named(purpose) >= SG_PURPOSE_COUNT) err = sg_fail(e, SG_E_INPUT, "purpose", "unknown purpose");
    if (err == SG_E_OK) err = sg_json_str(x->body, "personalIdentityNumber", true, number, sizeof number, e);
    if (err != SG_E_OK) return err;
    SG_COPY(x->purpose, sg_purpose_code(sg_purpose_named(purpose)));
    enum sg_pid_fault fault = sg_pid_parse(number, x->today, &parsed);
    if (fault == SG_PID_FINE) (void)sg_copy(pid, 13, parsed.normalised);
    else err = sg_fail(e, SG_E_INPUT, "personalIdentityNumber", "%s", sg_pid_fault_text(fault));
    sg_wipe(number, sizeof number);
    sg_wipe(&parsed, sizeof parsed);
    return err;
}

static enum sg_err invalid(struct sg_ctx *x, const struct sg_error *e)
{
    char text[SG_WHERE_MAX + SG_DETAIL_MAX + 2];
    (void)sg_format(text, sizeof text, "%s: %s", e->where, e->detail);
    return sg_ctx_refuse(x, SG_PROBLEM_INVALID, NULL, text);
}

/* The number's citizen as far as this actor may know: *id "" when there is none. x->subject is set also for one who is hidden, so that
 * the log shows whom the attempt was about. */
static enum sg_err find(struct sg_ctx *x, const char *pid, char id[SG_ID_MAX])
{
    struct sg_db *db = &x->core->db;
    id[0] = '\0';
    sqlite3_stmt *st = sg_db_query(db, SG_SQL_CITIZEN_BY_PID, "t", pid);
    enum sg_err err = sg_db_step(db, st);
    if (err == SG_E_NOTFOUND) return SG_E_OK;
    if (err != SG_E_OK) return err;
    sg_db_text(st, 0, x->subject, sizeof x->subject);
    bool hidden = sqlite3_column_int(st, 1) != 0;
    (void)sqlite3_reset(st);
    if (!hidden || sg_authorise(&x->actor, SG_PERM_PROTECTED_SEE, "", NULL)) (void)sg_copy(id, SG_ID_MAX, x->subject);
    return SG_E_OK;
}

enum sg_err sg_h_lookup(struct sg_ctx *x)
{
    static const struct sg_why none = {.rule = SG_RULE_NOT_AVAILABLE};
    struct sg_error e = {0};
    char pid[13] = "", id[SG_ID_MAX];
    int wait = 0;
    enum sg_err err = count_lookup(x, &wait);
    if (err != SG_E_OK) return err;
    if (wait > 0) {
        SG_COPY(x->kind, "lookup.limit");
        x->re->retry_after = wait;
        return sg_ctx_refuse(x, SG_PROBLEM_TOO_MANY, NULL, NULL);
    }
    if (read_lookup(x, pid, &e) != SG_E_OK) return invalid(x, &e);
    err = find(x, pid, id);
    sg_wipe(pid, sizeof pid);
    if (err != SG_E_OK) return err;
    if (!id[0]) return sg_ctx_refuse(x, SG_PROBLEM_NOT_AVAILABLE, &none, NULL);
    err = sg_ctx_note(x, "done");
    if (err != SG_E_OK) return err;
    cJSON *v = cJSON_CreateObject();
    if (v && cJSON_AddStringToObject(v, "citizenId", id)) return sg_ctx_json(x, 200, v);
    cJSON_Delete(v);
    return SG_E_NOMEM;
}

/* ---- reading ------------------------------------------------------------------------------------------------------------- */

typedef cJSON *render_fn(struct sg_ctx *x, const struct sg_citizen *c);

static cJSON *whole(struct sg_ctx *x, const struct sg_citizen *c)
{
    (void)sg_format(x->re->etag, sizeof x->re->etag, "\"%s\"", c->etag);
    return sg_wire_citizen(c);
}

/* {"citizenId": …, key: list}; takes list. */
static cJSON *listed(const struct sg_citizen *c, const char *key, cJSON *list)
{
    cJSON *v = cJSON_CreateObject();
    if (v && list && cJSON_AddStringToObject(v, "citizenId", c->id) && cJSON_AddItemToObject(v, key, list)) return v;
    cJSON_Delete(list);
    cJSON_Delete(v);
    return NULL;
}

static cJSON *access_of(struct sg_ctx *x, const struct sg_citizen *c)
{
    struct sg_access_row rows[SG_ACCESS_ROWS_MAX];
    char day[11];
    size_t n = sg_access_list(&x->core->policy, c, x->today, rows);
    cJSON *v = listed(c, "access", sg_wire_access(rows, n));
    sg_date_format(day, x->today);
    if (v && cJSON_AddStringToObject(v, "date", day)) return v;
    cJSON_Delete(v);
    return NULL;
}

static cJSON *restrictions_of(struct sg_ctx *x, const struct sg_citizen *c)
{
    (void)x;
    cJSON *list = cJSON_CreateArray();
    for (size_t i = 0; list && i < c->n_restrictions; i++) {
        cJSON *r = sg_wire_restriction(&c->restriction[i]);
        if (r && cJSON_AddItemToArray(list, r)) continue;
        cJSON_Delete(r);
        cJSON_Delete(list);
        list = NULL;
    }
    return listed(c, "restrictions", list);
}

static enum sg_err read_as(struct sg_ctx *x, render_fn *render)
{
    struct sg_citizen c;
    bool refused = false;
    enum sg_err err = sg_ctx_citizen(x, x->param, &c, NULL, &refused);
    if (err != SG_E_OK || refused) return err;
    err = sg_ctx_note(x, "done");
    if (err == SG_E_OK) err = sg_ctx_json(x, 200, render(x, &c));
    sg_citizen_free(&c);
    return err;
}

enum sg_err sg_h_citizen(struct sg_ctx *x) { return read_as(x, whole); }
enum sg_err sg_h_restrictions(struct sg_ctx *x) { return read_as(x, restrictions_of); }

/* ?at=YYYY-MM-DD asks about another day, with the restrictions of today. */
enum sg_err sg_h_access(struct sg_ctx *x)
{
    char day[16];
    if (sg_ctx_query_text(x, "at", day, sizeof day) && !sg_date_parse(day, &x->today)) return sg_ctx_refuse(x, SG_PROBLEM_INVALID, NULL, "at");
    return read_as(x, access_of);
}
