/* Before and after an outage: whom a unit may need while the service is away, and how available the service has been. The list of people
 * holds ids only; each of them is then read on the ordinary way, with its own event, so that nothing is shown here that could not be read. */
#include <string.h>
#include "base/str.h"
#include "model/purpose.h"
#include "server/ctx.h"
#include "server/outage.h"
#include "wire/level.h"

enum { MOST = 500, LATELY_DAYS = 14, REVIEW_DAYS = 14, BIRTHDAY_DAYS = 30 };
static const int64_t DAY_MS = INT64_C(86400000);

static void compact(char dst[9], struct sg_date d) { (void)sg_format(dst, 9, "%04d%02d%02d", d.y, d.m, d.d); }

/* Birth dates of those who reach the age from tomorrow on. */
static void turning(const struct sg_ctx *x, int age, char from[9], char to[9])
{
    compact(from, sg_date_add(x->today, -age, 0, 1));
    compact(to, sg_date_add(x->today, -age, 0, BIRTHDAY_DAYS));
}

/* What is bound lives here as long as the statement is stepped. */
struct days { char review[11], from13[9], to13[9], from16[9], to16[9]; };

static sqlite3_stmt *query(struct sg_ctx *x, struct days *d)
{
    const struct sg_policy *p = &x->core->policy;
    const struct sg_commission *c = &x->actor.commission;
    sg_date_format(d->review, sg_date_add(x->today, 0, 0, REVIEW_DAYS));
    turning(x, p->guardian_until, d->from13, d->to13);
    turning(x, p->child_journal_from, d->from16, d->to16);
    return sg_db_query(&x->core->db, SG_SQL_PREPARE, "ttititttt", c->region, c->unit, (int64_t)sg_authorise(&x->actor, SG_PERM_PROTECTED_SEE, "", NULL),
                       d->review, x->now - LATELY_DAYS * DAY_MS, d->from13, d->to13, d->from16, d->to16);
}

static const char *reason(int rank)
{
    static const char *const name[] = {"", "review", "restricted", "read", "birthday"};
    return rank > 0 && rank < 5 ? name[rank] : "";
}

static bool add(cJSON *list, sqlite3_stmt *st)
{
    char id[SG_ID_MAX];
    cJSON *one = cJSON_CreateObject();
    sg_db_text(st, 0, id, sizeof id);
    if (one && cJSON_AddStringToObject(one, "citizenId", id) && cJSON_AddStringToObject(one, "why", reason(sqlite3_column_int(st, 1))) &&
        cJSON_AddItemToArray(list, one))
        return true;
    cJSON_Delete(one);
    return false;
}

static enum sg_err people(struct sg_ctx *x, cJSON *list, bool *more)
{
    struct days days;
    sqlite3_stmt *st = query(x, &days);
    enum sg_err err = SG_E_OK;
    int n = 0;
    *more = false;
    while ((err = sg_db_step(&x->core->db, st)) == SG_E_OK && !*more) {
        if (n++ == MOST)
            *more = true;
        else if (!add(list, st)) {
            (void)sqlite3_reset(st);
            return SG_E_NOMEM;
        }
    }
    if (st) (void)sqlite3_reset(st);
    return err == SG_E_NOTFOUND ? SG_E_OK : err;
}

static enum sg_err read_purpose(struct sg_ctx *x, struct sg_error *e)
{
    static const char *const keys[] = {"purpose", NULL};
    char purpose[48] = "";
    enum sg_err err = sg_json_only(x->body, keys, e);
    if (err == SG_E_OK) err = sg_json_str(x->body, "purpose", true, purpose, sizeof purpose, e);
    if (err == SG_E_OK && sg_purpose_named(purpose) >= SG_PURPOSE_COUNT) err = sg_fail(e, SG_E_INPUT, "purpose", "unknown purpose");
    if (err == SG_E_OK) SG_COPY(x->purpose, sg_purpose_code(sg_purpose_named(purpose)));
    return err;
}

enum sg_err sg_h_prepare(struct sg_ctx *x)
{
    struct sg_error e = {0};
    bool more = false;
    if (read_purpose(x, &e) != SG_E_OK) return sg_ctx_refuse(x, SG_PROBLEM_INVALID, NULL, e.where);
    cJSON *v = cJSON_CreateObject(), *list = v ? cJSON_AddArrayToObject(v, "citizens") : NULL;
    enum sg_err err = list ? people(x, list, &more) : SG_E_NOMEM;
    if (err == SG_E_OK && !cJSON_AddBoolToObject(v, "more", more)) err = SG_E_NOMEM;
    if (err == SG_E_OK) err = sg_ctx_note(x, "done");
    if (err == SG_E_OK) return sg_ctx_json(x, 200, v);
    cJSON_Delete(v);
    return err;
}

/* ?month=YYYY-MM: another month than this one. */
enum sg_err sg_h_service_level(struct sg_ctx *x)
{
    char month[8], text[SG_RFC3339_MAX];
    struct sg_level l;
    int64_t at = x->now;
    if (sg_ctx_query_text(x, "month", month, sizeof month)) {
        (void)sg_format(text, sizeof text, "%s-15T12:00:00Z", month);
        if (!sg_rfc3339_parse(text, &at)) return sg_ctx_refuse(x, SG_PROBLEM_INVALID, NULL, "month");
    }
    struct sg_stop stop;
    enum sg_err err = sg_outage_level(&x->core->db, at, x->now, &l);
    if (err == SG_E_OK) err = sg_outage_stop(&x->core->db, x->now, &stop);
    if (err != SG_E_OK) return err;
    cJSON *v = sg_wire_level(&l);
    if (v && sg_wire_stop_add(v, &stop)) return sg_ctx_json(x, 200, v);
    cJSON_Delete(v);
    return SG_E_NOMEM;
}
