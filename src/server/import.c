/* Import: a line is parsed strictly, dispatched by its type, and written with prepared upserts; the first bad line ends it all with a
 * rollback. A person number read here never appears in a message: errors name file, line and field only. */
#include "server/import.h"
#include "server/evlog.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/str.h"
#include "server/ctx.h"

enum { LINE_MAX_BYTES = 64 << 10 };

enum sg_err sg_import_hsa(const cJSON *v, const char *key, bool required, char dst[SG_HSA_MAX], struct sg_error *e)
{
    char text[64] = "";
    enum sg_err err = sg_json_str(v, key, required, text, sizeof text, e);
    dst[0] = '\0';
    if (err != SG_E_OK || (!required && !text[0])) return err;
    return sg_hsa_parse(text, dst) ? SG_E_OK : sg_fail(e, SG_E_INPUT, key, "not an HSA-id");
}

enum sg_err sg_import_has(struct sg_import *m, enum sg_sql s, const char *key, const char *value, struct sg_error *e)
{
    sqlite3_stmt *st = sg_db_query(m->db, s, "t", value);
    enum sg_err err = sg_db_step(m->db, st);
    if (err == SG_E_OK) (void)sqlite3_reset(st);
    return err == SG_E_NOTFOUND ? sg_fail(e, SG_E_INPUT, key, "refers to nothing that stands before this line") : err;
}

/* Joins the names of an array with blanks, each accepted by known(). */
static enum sg_err names(const cJSON *v, const char *key, bool (*known)(const char *), char *dst, size_t cap, struct sg_error *e)
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(v, key), *one;
    size_t n = 0;
    dst[0] = '\0';
    if (list && !cJSON_IsArray(list)) return sg_fail(e, SG_E_INPUT, key, "not an array");
    cJSON_ArrayForEach(one, list) {
        if (!cJSON_IsString(one) || !known(one->valuestring)) return sg_fail(e, SG_E_INPUT, key, "an unknown name");
        if (!sg_format(dst + n, cap - n, "%s%s", n ? " " : "", one->valuestring)) return sg_fail(e, SG_E_LIMIT, key, "too many");
        n += strlen(dst + n);
    }
    return SG_E_OK;
}

static bool is_role(const char *name) { return sg_role_named(name) < SG_ROLE_COUNT; }
static bool is_kind(const char *name) { return sg_action_kind_named(name) < SG_ACT_COUNT; }

static bool is_code(const char *s)
{
    return s[0] && strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(s);
}

static enum sg_err region(struct sg_import *m, const cJSON *v, struct sg_error *e)
{
    static const char *const keys[] = {"type", "code", "name", "hsa", "unsealWaitHours", "secondPerson", NULL};
    char code[SG_CODE_MAX], name[SG_NAME_MAX], hsa[SG_HSA_MAX], second[512];
    int64_t wait = 0;
    enum sg_err err = sg_json_only(v, keys, e);
    if (err == SG_E_OK) err = sg_json_str(v, "code", true, code, sizeof code, e);
    if (err == SG_E_OK && !is_code(code)) err = sg_fail(e, SG_E_INPUT, "code", "lower-case letters, digits and - only");
    if (err == SG_E_OK) err = sg_json_str(v, "name", true, name, sizeof name, e);
    if (err == SG_E_OK) err = sg_import_hsa(v, "hsa", false, hsa, e);
    if (err == SG_E_OK) err = sg_json_int(v, "unsealWaitHours", false, 0, 24 * 366, &wait, e);
    if (err == SG_E_OK) err = names(v, "secondPerson", is_kind, second, sizeof second, e);
    return err == SG_E_OK ? sg_db_run(m->db, SG_SQL_REGION_PUT, "tttit", code, name, hsa, wait, second) : err;
}

static enum sg_err provider(struct sg_import *m, const cJSON *v, struct sg_error *e)
{
    static const char *const keys[] = {"type", "hsa", "name", NULL};
    char hsa[SG_HSA_MAX], name[SG_NAME_MAX];
    enum sg_err err = sg_json_only(v, keys, e);
    if (err == SG_E_OK) err = sg_import_hsa(v, "hsa", true, hsa, e);
    if (err == SG_E_OK) err = sg_json_str(v, "name", true, name, sizeof name, e);
    return err == SG_E_OK ? sg_db_run(m->db, SG_SQL_PROVIDER_PUT, "tt", hsa, name) : err;
}

static enum sg_err unit(struct sg_import *m, const cJSON *v, struct sg_error *e)
{
    static const char *const keys[] = {"type", "hsa", "name", "provider", "region", NULL};
    char hsa[SG_HSA_MAX], name[SG_NAME_MAX], owner[SG_HSA_MAX], code[SG_CODE_MAX];
    enum sg_err err = sg_json_only(v, keys, e);
    if (err == SG_E_OK) err = sg_import_hsa(v, "hsa", true, hsa, e);
    if (err == SG_E_OK) err = sg_json_str(v, "name", true, name, sizeof name, e);
    if (err == SG_E_OK) err = sg_import_hsa(v, "provider", true, owner, e);
    if (err == SG_E_OK) err = sg_json_str(v, "region", true, code, sizeof code, e);
    if (err == SG_E_OK) err = sg_import_has(m, SG_SQL_PROVIDER_HAS, "provider", owner, e);
    if (err == SG_E_OK) err = sg_import_has(m, SG_SQL_REGION_HAS, "region", code, e);
    return err == SG_E_OK ? sg_db_run(m->db, SG_SQL_UNIT_PUT, "tttt", hsa, name, owner, code) : err;
}

static enum sg_err staff(struct sg_import *m, const cJSON *v, struct sg_error *e)
{
    static const char *const keys[] = {"type", "hsa", "name", "title", "active", "termsAccepted", NULL};
    char hsa[SG_HSA_MAX], name[SG_NAME_MAX], title[SG_NAME_MAX] = "";
    bool active = true, accepted = false;
    enum sg_err err = sg_json_only(v, keys, e);
    if (err == SG_E_OK) err = sg_import_hsa(v, "hsa", true, hsa, e);
    if (err == SG_E_OK) err = sg_json_str(v, "name", true, name, sizeof name, e);
    if (err == SG_E_OK) err = sg_json_str(v, "title", false, title, sizeof title, e);
    if (err == SG_E_OK) err = sg_json_bool(v, "active", false, &active, e);
    if (err == SG_E_OK) err = sg_json_bool(v, "termsAccepted", false, &accepted, e);
    return err == SG_E_OK ? sg_db_run(m->db, SG_SQL_STAFF_PUT, "tttit", hsa, name, title, (int64_t)active, accepted ? m->policy.terms_version : "")
                          : err;
}

static enum sg_err commission(struct sg_import *m, const cJSON *v, struct sg_error *e)
{
    static const char *const keys[] = {"type", "id", "staff", "name", "purpose", "unit", "roles", NULL};
    char id[SG_HSA_MAX], who[SG_HSA_MAX], name[SG_NAME_MAX], purpose[48] = "", at[SG_HSA_MAX], roles[1024];
    enum sg_err err = sg_json_only(v, keys, e);
    if (err == SG_E_OK) err = sg_import_hsa(v, "id", true, id, e);
    if (err == SG_E_OK) err = sg_import_hsa(v, "staff", true, who, e);
    if (err == SG_E_OK) err = sg_json_str(v, "name", true, name, sizeof name, e);
    if (err == SG_E_OK) err = sg_json_str(v, "purpose", false, purpose, sizeof purpose, e);
    if (err == SG_E_OK) err = sg_import_hsa(v, "unit", true, at, e);
    if (err == SG_E_OK) err = names(v, "roles", is_role, roles, sizeof roles, e);
    if (err == SG_E_OK) err = sg_import_has(m, SG_SQL_STAFF_HAS, "staff", who, e);
    if (err == SG_E_OK) err = sg_import_has(m, SG_SQL_UNIT_HAS, "unit", at, e);
    return err == SG_E_OK ? sg_db_run(m->db, SG_SQL_COMMISSION_PUT, "tttttt", id, who, name, purpose, at, roles) : err;
}

static enum sg_err policy(struct sg_import *m, const cJSON *v, struct sg_error *e)
{
    static const char *const keys[] = {"type", "guardianUntil", "childEservicesFrom", "childJournalFrom", "jumpoutFrom", "adultFrom",
                                       "widenFreshMinutes", "groundHours", "cacheHours", "idleMinutes", "termsVersion", "termsText", NULL};
    struct sg_policy *p = &m->policy;
    const struct { const char *key; int *to; int64_t min, max; } number[] = {
        {"guardianUntil", &p->guardian_until, 0, 30}, {"childEservicesFrom", &p->child_eservices_from, 0, 30},
        {"childJournalFrom", &p->child_journal_from, 0, 30}, {"jumpoutFrom", &p->jumpout_from, 0, 30}, {"adultFrom", &p->adult_from, 0, 30},
        {"widenFreshMinutes", &p->widen_fresh_minutes, 1, 525600}, {"groundHours", &p->ground_hours, 1, 8760},
        {"cacheHours", &p->cache_hours, 0, 8760}, {"idleMinutes", &p->idle_minutes, 1, 1440}};
    enum sg_err err = sg_json_only(v, keys, e);
    for (size_t i = 0; i < sizeof number / sizeof *number && err == SG_E_OK; i++) {
        int64_t n = *number[i].to;
        err = sg_json_int(v, number[i].key, false, number[i].min, number[i].max, &n, e);
        *number[i].to = (int)n;
    }
    if (err == SG_E_OK && cJSON_HasObjectItem(v, "termsVersion"))
        err = sg_json_str(v, "termsVersion", true, p->terms_version, sizeof p->terms_version, e);
    if (err == SG_E_OK && cJSON_HasObjectItem(v, "termsText")) err = sg_json_str(v, "termsText", true, p->terms_text, sizeof p->terms_text, e);
    return err == SG_E_OK ? sg_dir_policy_put(m->db, p) : err;
}

typedef enum sg_err line_fn(struct sg_import *, const cJSON *, struct sg_error *);
static const struct { const char *type; line_fn *fn; } TYPES[] = {
    {"region", region}, {"provider", provider}, {"unit", unit}, {"staff", staff}, {"commission", commission}, {"policy", policy},
    {"citizen", sg_import_citizen}, {"relation", sg_import_relation}, {"restriction", sg_import_restriction},
};
enum { N_TYPES = sizeof TYPES / sizeof *TYPES };
_Static_assert(N_TYPES == sizeof ((struct sg_import *)0)->lines / sizeof(size_t), "one count a type");

enum sg_err sg_import_line(struct sg_import *m, const cJSON *v, struct sg_error *e)
{
    char type[24];
    enum sg_err err = sg_json_str(v, "type", true, type, sizeof type, e);
    if (err != SG_E_OK) return err;
    for (size_t i = 0; i < N_TYPES; i++) {
        if (!sg_eq(TYPES[i].type, type)) continue;
        err = TYPES[i].fn(m, v, e);
        if (err == SG_E_OK) m->lines[i]++;
        return err;
    }
    return sg_fail(e, SG_E_INPUT, "type", "unknown");
}

/* ---- files --------------------------------------------------------------------------------------------------------------- */

static enum sg_err one_line(struct sg_import *m, char *line, struct sg_error *e)
{
    cJSON *v = NULL;
    size_t n = strcspn(line, "\r\n"), blank = strspn(line, " \t");
    if (line[0] == '#' || blank >= n) return SG_E_OK;
    enum sg_err err = sg_json_parse(line, n, &SG_JSON_BODY, &v, e);
    if (err == SG_E_OK && !cJSON_IsObject(v)) err = sg_fail(e, SG_E_INPUT, "line", "not an object");
    if (err == SG_E_OK) err = sg_import_line(m, v, e);
    cJSON_Delete(v);
    return err;
}

/* A fault of the line is INPUT whatever noticed it; faults of the machine keep their own code. */
static enum sg_err placed(struct sg_error *e, const char *file, size_t line, enum sg_err err)
{
    struct sg_error inner = *e;
    const char *base = strrchr(file, '/');
    char where[SG_WHERE_MAX];
    bool machine = err == SG_E_IO || err == SG_E_NOMEM || err == SG_E_LOCKED || err == SG_E_CORRUPT || err == SG_E_INTERNAL;
    (void)sg_format(where, sizeof where, "%.50s:%zu: %.30s", base ? base + 1 : file, line, inner.where);
    return sg_fail(e, machine ? err : SG_E_INPUT, where, "%s", inner.detail[0] ? inner.detail : sg_err_name(err));
}

static enum sg_err one_file(struct sg_import *m, const char *file, char *line, struct sg_error *e)
{
    FILE *f = fopen(file, "r");
    enum sg_err err = SG_E_OK;
    if (!f) return sg_fail(e, SG_E_IO, file, "cannot be opened");
    for (size_t n = 1; err == SG_E_OK && fgets(line, LINE_MAX_BYTES + 2, f); n++) {
        struct sg_error bad = {0};
        size_t len = strlen(line);
        err = len > LINE_MAX_BYTES ? sg_fail(&bad, SG_E_LIMIT, "line", "longer than 64 KiB") : one_line(m, line, &bad);
        if (err == SG_E_OK) continue;
        if (e) *e = bad;
        err = e ? placed(e, file, n, err) : err;
    }
    if (err == SG_E_OK && ferror(f)) err = sg_fail(e, SG_E_IO, file, "cannot be read");
    (void)fclose(f);
    return err;
}

/* "unit 3, region 1" of the types whose kind of event it is; NULL: of all. False: there was none. */
static const char *const KIND[N_TYPES] = {"unit.change", "unit.change", "unit.change", "staff.change", "permission.change", "policy.change", "citizen.import",
                                          "citizen.import", "restriction.import"};
static bool counted(const struct sg_import *m, const char *kind, char *dst, size_t cap)
{
    size_t n = 0;
    for (size_t i = 0; i < N_TYPES; i++) {
        if (!m->lines[i] || (kind && !sg_eq(KIND[i], kind))) continue;
        (void)sg_format(dst + n, cap - n, "%s%s %zu", n ? ", " : "", TYPES[i].type, m->lines[i]);
        n += strlen(dst + n);
    }
    return n > 0;
}

static enum sg_err note_one(struct sg_import *m, struct sg_evlog *log, const char *kind)
{
    struct sg_event ev;
    sg_event_of_service(&ev, kind ? kind : "directory.import", &m->clock, &m->random);
    ev.at = m->now;
    return counted(m, kind, ev.reason, sizeof ev.reason) || !kind ? sg_evlog_append(log, &ev) : SG_E_OK;
}

/* The import, and what it changed by kinds, so that a change of roles can be found without reading every import. */
static enum sg_err note(struct sg_import *m)
{
    struct sg_evlog *log = NULL;
    enum sg_err err = sg_evlog_open(m->db, &m->random, NULL, &log, NULL);
    if (err == SG_E_OK) err = note_one(m, log, NULL);
    for (size_t i = 0; i < N_TYPES && err == SG_E_OK; i++)
        if (i == 0 || !sg_eq(KIND[i], KIND[i - 1])) err = note_one(m, log, KIND[i]);
    sg_evlog_close(log);
    return err;
}

static enum sg_err all_files(struct sg_import *m, const char *const *file, size_t n, struct sg_error *e)
{
    char *line = malloc(LINE_MAX_BYTES + 2);
    if (!line) return sg_fail(e, SG_E_NOMEM, "", "no memory");
    enum sg_err err = sg_dir_policy(m->db, &m->policy);
    for (size_t i = 0; i < n && err == SG_E_OK; i++) err = one_file(m, file[i], line, e);
    if (err == SG_E_OK) err = note(m);
    free(line);
    sg_policy_free(&m->policy);
    return err;
}

enum sg_err sg_import_files(struct sg_db *db, const struct sg_clock *clock, const struct sg_random *random, const char *const *file, size_t n,
                            struct sg_error *e)
{
    struct sg_import m = {.db = db, .clock = *clock, .random = *random, .now = sg_wall(clock)};
    m.today = sg_date_stockholm(m.now);
    enum sg_err err = sg_db_run(db, SG_SQL_BEGIN, "");
    if (err != SG_E_OK) return sg_fail(e, err, "database", "cannot be written");
    err = all_files(&m, file, n, e);
    if (err == SG_E_OK) err = sg_db_commit(db);
    if (err == SG_E_OK) return err;
    if (e && e->code == SG_E_OK) (void)sg_fail(e, err, "database", "cannot be written");
    sg_db_rollback(db);
    return err;
}
