/* Reading the log, and waiting for changes. Reading events is an event, appended first and therefore part of what is read. A page is a
 * stretch of the log along its places: the answer names the place to go on from, so that no page costs more than another however far back
 * it lies. The older form by offset and snapshot stays for those who use it. */
#include "server/event_scan.h"
#include "base/str.h"
#include "server/outage.h"
#include "wire/level.h"

enum { LIMIT_MAX = 1000, LIMIT_PRESET = 100, CHANGES_MAX = 100, WAIT_MAX_S = 300 };

/* ---- by place -------------------------------------------------------------------------------------------------------------- */

struct collector { struct sg_db *db; cJSON *list; int64_t left; };

static enum sg_err collect(void *ctx, sqlite3_stmt *row)
{
    struct collector *c = ctx;
    struct sg_event ev;
    enum sg_err err = sg_scan_event(c->db, row, &ev);
    if (err != SG_E_OK) return err;
    cJSON *v = sg_wire_event(&ev);
    if (!v || !cJSON_AddItemToArray(c->list, v)) {
        cJSON_Delete(v);
        return SG_E_NOMEM;
    }
    return --c->left > 0 ? SG_E_OK : SG_E_NOTFOUND;
}

static enum sg_err page_rows(struct sg_ctx *x, const struct sg_event_page *p, const char *region, cJSON *v)
{
    struct sg_db *db = &x->core->db;
    struct collector c = {.db = db, .list = cJSON_AddArrayToObject(v, "events"), .left = p->limit};
    struct sg_scan s;
    int64_t next = -1, size = 0;
    if (!c.list) return SG_E_NOMEM;
    enum sg_err err = sg_scan_init(&s, db, &p->filter, region, p->order == SG_EVENTS_NEWEST);
    if (err == SG_E_OK) err = sg_db_number(db, sg_db_query(db, SG_SQL_EVENT_NEXT, ""), &size);
    if (s.newest && p->cursor >= 0 && p->cursor - 1 < s.high) s.high = p->cursor - 1;
    if (!s.newest && p->cursor + 1 > s.low) s.low = p->cursor + 1;
    if (err == SG_E_OK) err = sg_scan_run(&s, db, SG_SCAN_MAX, collect, &c, &next);
    if (err != SG_E_OK) return err;
    bool ok = cJSON_AddStringToObject(v, "order", s.newest ? "newest" : "oldest") && cJSON_AddNumberToObject(v, "size", (double)size) &&
              (next < 0 || cJSON_AddNumberToObject(v, "next", (double)next));
    return ok ? SG_E_OK : SG_E_NOMEM;
}

/* region: nothing of other regions; "" = all. */
static enum sg_err answer_page(struct sg_ctx *x, struct sg_event_page *p, const char *region)
{
    if (p->limit <= 0) p->limit = LIMIT_PRESET;
    sg_scan_note(x, p);
    enum sg_err err = sg_ctx_note(x, "done");
    if (err != SG_E_OK) return err;
    cJSON *v = cJSON_CreateObject();
    err = v ? page_rows(x, p, region, v) : SG_E_NOMEM;
    if (err == SG_E_OK) return sg_ctx_json(x, 200, v);
    cJSON_Delete(v);
    return err;
}

/* ---- by offset ------------------------------------------------------------------------------------------------------------- */

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

static enum sg_err rows(struct sg_ctx *x, const struct source *s, const struct page *p, cJSON *list)
{
    struct sg_db *db = &x->core->db;
    sqlite3_stmt *st = sg_db_query(db, s->rows, "tiii", s->key, p->snapshot, p->limit, p->offset);
    enum sg_err err = sg_db_step(db, st);
    struct collector c = {.db = db, .list = list, .left = p->limit + 1};
    for (; err == SG_E_OK; err = sg_db_step(db, st)) {
        err = collect(&c, st);
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

/* ---- the two lists --------------------------------------------------------------------------------------------------------- */

static bool read_query(struct sg_ctx *x, struct sg_event_page *e, struct page *p, const char **where)
{
    if (!sg_event_page_read(x->rq->query, e, where)) return false;
    *where = "limit, offset or snapshot";
    return e->order != SG_EVENTS_OFFSET || read_page(x, p);
}

enum sg_err sg_h_citizen_events(struct sg_ctx *x)
{
    struct page p;
    struct sg_event_page e;
    struct sg_citizen c;
    const char *where = "";
    bool refused = false;
    if (!read_query(x, &e, &p, &where)) return sg_ctx_refuse(x, SG_PROBLEM_INVALID, NULL, where);
    enum sg_err err = sg_ctx_citizen(x, x->param, &c, NULL, &refused);
    if (err != SG_E_OK || refused) return err;
    sg_citizen_free(&c);
    if (e.order == SG_EVENTS_OFFSET) return answer(x, &(struct source){SG_SQL_EVENTS_OF, SG_SQL_EVENTS_OF_N, x->param}, &p);
    SG_COPY(e.filter.citizen, x->param);
    return answer_page(x, &e, "");
}

const char *sg_ctx_log_region(const struct sg_ctx *x, enum sg_perm perm)
{
    const char *own = x->actor.commission.region;
    return sg_actor_scope(&x->actor, perm) == SG_SCOPE_ALL ? "" : own[0] ? own : "-";       /* "-" is no region */
}

/* ---- following the log ----------------------------------------------------------------------------------------------------- */

/* Reading the log is an event; two who follow it must not wake each other for ever. */
static enum sg_err worth_telling(void *ctx, sqlite3_stmt *row)
{
    bool *any = ctx;
    *any = !sg_eq((const char *)sqlite3_column_text(row, SG_SC_KIND), "log.read");
    return *any ? SG_E_NOTFOUND : SG_E_OK;
}

static enum sg_err nothing_new(struct sg_ctx *x, int64_t size)
{
    cJSON *v = cJSON_CreateObject();
    if (v && cJSON_AddArrayToObject(v, "events") && cJSON_AddStringToObject(v, "order", "oldest") && cJSON_AddNumberToObject(v, "size", (double)size))
        return sg_ctx_json(x, 200, v);
    cJSON_Delete(v);
    return SG_E_NOMEM;
}

/* ?after=N&wait=S: parks until something fits behind N, or answers with nothing when the time is up; nothing was read then, and nothing is
 * logged. *held: parked or answered. */
static enum sg_err hold(struct sg_ctx *x, const struct sg_event_page *p, const char *region, int64_t wait, bool *held)
{
    struct sg_job *j = x->job;
    struct sg_db *db = &x->core->db;
    struct sg_scan s;
    bool any = false;
    int64_t next = -1, now = sg_mono(&x->core->clock), size = 0;
    enum sg_err err = sg_scan_init(&s, db, &p->filter, region, false);
    if (p->cursor + 1 > s.low) s.low = p->cursor + 1;
    if (err == SG_E_OK) err = sg_scan_run(&s, db, SG_SCAN_MAX, worth_telling, &any, &next);
    if (err == SG_E_OK) err = sg_db_number(db, sg_db_query(db, SG_SQL_EVENT_NEXT, ""), &size);
    *held = !any;
    if (err != SG_E_OK || any) return err;
    if (j->parked_until == 0) j->parked_until = now + wait * 1000;
    j->parked_since = x->core->revision;
    j->parked_size = size;
    j->parked = now < j->parked_until && !x->core->hurry;
    return j->parked ? SG_E_OK : nothing_new(x, size);
}

enum sg_err sg_h_events(struct sg_ctx *x)
{
    int64_t wait = 0;
    bool held = false;
    struct page p;
    struct sg_event_page e;
    const char *where = "", *region = sg_ctx_log_region(x, SG_PERM_LOG_READ);
    if (!read_query(x, &e, &p, &where)) return sg_ctx_refuse(x, SG_PROBLEM_INVALID, NULL, where);
    if (!sg_ctx_query(x, "wait", 0, WAIT_MAX_S, &wait)) return sg_ctx_refuse(x, SG_PROBLEM_INVALID, NULL, "wait");
    if (wait > 0 && e.order == SG_EVENTS_OLDEST) {
        enum sg_err err = hold(x, &e, region, wait, &held);
        if (err != SG_E_OK || held) return err;
    }
    if (e.order != SG_EVENTS_OFFSET) return answer_page(x, &e, region);
    if (!region[0]) return answer(x, &(struct source){SG_SQL_EVENTS_ALL, SG_SQL_COUNT, ""}, &p);
    return answer(x, &(struct source){SG_SQL_EVENTS_IN, SG_SQL_EVENTS_IN_N, region}, &p);
}

/* ---- changes ------------------------------------------------------------------------------------------------------------- */

static cJSON *change_of(sqlite3_stmt *st)
{
    struct sg_change c = {.at = sqlite3_column_int64(st, 4)};
    sg_db_text(st, 0, c.citizen, sizeof c.citizen);
    sg_db_text(st, 1, c.etag, sizeof c.etag);
    sg_db_text(st, 2, c.by, sizeof c.by);
    sg_db_text(st, 3, c.unit, sizeof c.unit);
    return sg_wire_change(&c);
}

/* A client that was away for long takes everything for changed: a list of hundreds for each of a thousand that return at once would cost
 * the service more than all they ask besides. */
static enum sg_err changed_citizens(struct sg_ctx *x, int64_t since, cJSON *v)
{
    struct sg_db *db = &x->core->db;
    cJSON *list = cJSON_AddArrayToObject(v, "citizens");
    if (!list) return SG_E_NOMEM;
    int64_t all = sg_authorise(&x->actor, SG_PERM_PROTECTED_SEE, "", NULL);
    sqlite3_stmt *st = sg_db_query(db, SG_SQL_CHANGES, "ii", since, all);
    enum sg_err err = sg_db_step(db, st);
    int n = 0;
    for (; err == SG_E_OK && n < CHANGES_MAX; n++, err = sg_db_step(db, st)) {
        cJSON *one = change_of(st);
        if (one && cJSON_AddItemToArray(list, one)) continue;
        cJSON_Delete(one);
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
    struct sg_stop stop;
    struct sg_db *db = &x->core->db;
    enum sg_err err = sg_db_number(db, sg_db_query(db, SG_SQL_EVENT_NEXT, ""), &events);
    if (err == SG_E_OK) err = sg_outage_stop(db, x->now, &stop);
    if (err != SG_E_OK) return err;
    cJSON *v = cJSON_CreateObject();
    if (!v || !cJSON_AddNumberToObject(v, "revision", (double)revision) || !cJSON_AddNumberToObject(v, "events", (double)events)) err = SG_E_NOMEM;
    if (err == SG_E_OK) err = changed_citizens(x, since, v);
    if (err == SG_E_OK && since > revision && !cJSON_AddTrueToObject(v, "truncated")) err = SG_E_NOMEM;
    if (err == SG_E_OK && !sg_wire_stop_add(v, &stop)) err = SG_E_NOMEM;
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
