/* Reading the log, and waiting for changes. Reading events is an event, appended first and therefore part of what is read. Pages are
 * stable: the answer names the snapshot (highest index) it was made of, and a later page asked with it sees no newer events. */
#include "server/ctx.h"
#include "base/str.h"
#include "wire/leaf.h"

enum { LIMIT_MAX = 1000, LIMIT_PRESET = 100, CHANGES_MAX = 1000, WAIT_MAX_S = 300 };

struct page { int64_t limit, offset, snapshot, total; };
struct source { enum sg_sql rows, count; const char *key; };      /* key: bound first */

static enum sg_err count(struct sg_ctx *x, const struct source *s, struct page *p)
{
    int64_t next = 0;
    struct sg_db *db = &x->core->db;
    enum sg_err err = sg_db_number(db, sg_db_query(db, SG_SQL_EVENT_NEXT, ""), &next);
    if (err != SG_E_OK) return err;
    if (p->snapshot < 0 || p->snapshot >= next) p->snapshot = next - 1;
    p->total = p->snapshot + 1;
    return s->count == SG_SQL_COUNT ? SG_E_OK : sg_db_number(db, sg_db_query(db, s->count, "ti", s->key, p->snapshot), &p->total);
}

static enum sg_err add_event(cJSON *list, sqlite3_stmt *st)
{
    struct sg_event ev;
    enum sg_err err = sg_payload_decode(sqlite3_column_blob(st, 2), (size_t)sqlite3_column_bytes(st, 2), &ev);
    if (err != SG_E_OK) return err;
    ev.index = sqlite3_column_int64(st, 0);
    ev.leaf_index = sqlite3_column_int64(st, 1);
    cJSON *v = sg_wire_event(&ev);
    if (v && cJSON_AddItemToArray(list, v)) return SG_E_OK;
    cJSON_Delete(v);
    return SG_E_NOMEM;
}

static enum sg_err rows(struct sg_ctx *x, const struct source *s, const struct page *p, cJSON *list)
{
    struct sg_db *db = &x->core->db;
    sqlite3_stmt *st = sg_db_query(db, s->rows, "tiii", s->key, p->snapshot, p->limit, p->offset);
    enum sg_err err = sg_db_step(db, st);
    for (; err == SG_E_OK; err = sg_db_step(db, st)) {
        err = add_event(list, st);
        if (err != SG_E_OK) {
            (void)sqlite3_reset(st);
            return err;
        }
    }
    return err == SG_E_NOTFOUND ? SG_E_OK : err;
}

static enum sg_err answer(struct sg_ctx *x, const struct source *s, struct page *p)
{
    enum sg_err err = sg_ctx_note(x, "done");
    if (err == SG_E_OK) err = count(x, s, p);
    if (err != SG_E_OK) return err;
    cJSON *v = cJSON_CreateObject(), *list = NULL;
    bool ok = v && cJSON_AddNumberToObject(v, "total", (double)p->total) && cJSON_AddNumberToObject(v, "offset", (double)p->offset) &&
              cJSON_AddNumberToObject(v, "limit", (double)p->limit) && cJSON_AddNumberToObject(v, "snapshot", (double)p->snapshot) &&
              (list = cJSON_AddArrayToObject(v, "events")) != NULL;
    err = ok ? rows(x, s, p, list) : SG_E_NOMEM;
    if (err == SG_E_OK) return sg_ctx_json(x, 200, v);
    cJSON_Delete(v);
    return err;
}

static bool read_page(const struct sg_ctx *x, struct page *p)
{
    *p = (struct page){.limit = LIMIT_PRESET, .snapshot = -1};
    return sg_ctx_query(x, "limit", 1, LIMIT_MAX, &p->limit) && sg_ctx_query(x, "offset", 0, INT64_C(1) << 53, &p->offset) &&
           sg_ctx_query(x, "snapshot", 0, INT64_C(1) << 53, &p->snapshot);
}

enum sg_err sg_h_citizen_events(struct sg_ctx *x)
{
    struct page p;
    struct sg_citizen c;
    bool refused = false;
    if (!read_page(x, &p)) return sg_ctx_refuse(x, SG_PROBLEM_INVALID, NULL, "limit, offset or snapshot");
    enum sg_err err = sg_ctx_citizen(x, x->param, &c, NULL, &refused);
    if (err != SG_E_OK || refused) return err;
    sg_citizen_free(&c);
    return answer(x, &(struct source){SG_SQL_EVENTS_OF, SG_SQL_EVENTS_OF_N, x->param}, &p);
}

enum sg_err sg_h_events(struct sg_ctx *x)
{
    struct page p;
    if (!read_page(x, &p)) return sg_ctx_refuse(x, SG_PROBLEM_INVALID, NULL, "limit, offset or snapshot");
    if (sg_actor_scope(&x->actor, SG_PERM_LOG_READ) == SG_SCOPE_ALL)
        return answer(x, &(struct source){SG_SQL_EVENTS_ALL, SG_SQL_COUNT, ""}, &p);
    return answer(x, &(struct source){SG_SQL_EVENTS_IN, SG_SQL_EVENTS_IN_N, x->actor.commission.region}, &p);
}

/* ---- changes ------------------------------------------------------------------------------------------------------------- */

static enum sg_err changed_ids(struct sg_ctx *x, int64_t since, cJSON *v)
{
    struct sg_db *db = &x->core->db;
    cJSON *list = cJSON_AddArrayToObject(v, "citizens");
    if (!list) return SG_E_NOMEM;
    int64_t all = sg_authorise(&x->actor, SG_PERM_PROTECTED_SEE, "", NULL);
    sqlite3_stmt *st = sg_db_query(db, SG_SQL_CHANGES, "ii", since, all);
    enum sg_err err = sg_db_step(db, st);
    int n = 0;
    for (; err == SG_E_OK && n < CHANGES_MAX; n++, err = sg_db_step(db, st)) {
        cJSON *id = cJSON_CreateString((const char *)sqlite3_column_text(st, 0));
        if (id && cJSON_AddItemToArray(list, id)) continue;
        cJSON_Delete(id);
        (void)sqlite3_reset(st);
        return SG_E_NOMEM;
    }
    if (err == SG_E_OK) {
        (void)sqlite3_reset(st);
        return cJSON_AddTrueToObject(v, "truncated") ? SG_E_OK : SG_E_NOMEM;
    }
    return err == SG_E_NOTFOUND ? SG_E_OK : err;
}

static enum sg_err tell_changes(struct sg_ctx *x, int64_t since, int64_t revision)
{
    int64_t events = 0;
    struct sg_db *db = &x->core->db;
    enum sg_err err = sg_db_number(db, sg_db_query(db, SG_SQL_EVENT_NEXT, ""), &events);
    if (err != SG_E_OK) return err;
    cJSON *v = cJSON_CreateObject();
    if (!v || !cJSON_AddNumberToObject(v, "revision", (double)revision) || !cJSON_AddNumberToObject(v, "events", (double)events)) err = SG_E_NOMEM;
    if (err == SG_E_OK) err = changed_ids(x, since, v);
    if (err == SG_E_OK && since > revision && !cJSON_AddTrueToObject(v, "truncated")) err = SG_E_NOMEM;
    if (err == SG_E_OK) return sg_ctx_json(x, 200, v);
    cJSON_Delete(v);
    return err;
}

/* Parks while nothing has changed. A revision that went backwards (a restored database) answers at once. */
enum sg_err sg_h_changes(struct sg_ctx *x)
{
    int64_t since = 0, wait = 0, revision = 0;
    struct sg_job *j = x->job;
    if (!sg_ctx_query(x, "since", 0, INT64_C(1) << 53, &since) || !sg_ctx_query(x, "wait", 0, WAIT_MAX_S, &wait))
        return sg_ctx_refuse(x, SG_PROBLEM_INVALID, NULL, "since or wait");
    enum sg_err err = sg_dir_revision(&x->core->db, &revision);
    if (err != SG_E_OK) return err;
    int64_t now = sg_mono(&x->core->clock);
    if (j->parked_until == 0) j->parked_until = now + wait * 1000;
    j->parked_since = since;
    j->parked = revision == since && now < j->parked_until && !x->core->hurry;
    return j->parked ? SG_E_OK : tell_changes(x, since, revision);
}
