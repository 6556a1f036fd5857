/* Events on their way out of the service: an export, with the numbers of those concerned, under a permission of its own; and the extract
 * that is handed to a citizen who asks who has seen their data. Both are events before their first byte, a page each. A protected person's
 * number leaves only with somebody who handles such persons. */
#include "server/event_scan.h"
#include <string.h>
#include "base/secret.h"
#include "base/str.h"
#include "wire/export.h"

enum { PAGE_PRESET = 500 };
struct out { struct sg_ctx *x; cJSON *list; int64_t left; bool numbers; };

static enum sg_err concerned(struct out *o, struct sg_export_row *r)
{
    struct sg_db *db = &o->x->core->db;
    if (!o->numbers || !r->event.subject[0]) return SG_E_OK;
    sqlite3_stmt *st = sg_db_query(db, SG_SQL_CONCERNED, "t", r->event.subject);
    enum sg_err err = sg_db_step(db, st);
    if (err == SG_E_NOTFOUND) return SG_E_OK;
    if (err != SG_E_OK) return err;
    if (sqlite3_column_int(st, 2) == 0 || sg_authorise(&o->x->actor, SG_PERM_PROTECTED_SEE, "", NULL)) {
        sg_db_text(st, 0, r->number, sizeof r->number);
        sg_db_text(st, 1, r->name, sizeof r->name);
    }
    (void)sqlite3_reset(st);
    return SG_E_OK;
}

static enum sg_err take(void *ctx, sqlite3_stmt *row)
{
    struct out *o = ctx;
    struct sg_export_row r = {.number = ""};
    enum sg_err err = sg_scan_event(&o->x->core->db, row, &r.event);
    if (err == SG_E_OK) err = concerned(o, &r);
    cJSON *v = err == SG_E_OK ? sg_wire_export_row(&r) : NULL;
    sg_wipe(&r, sizeof r);
    if (err != SG_E_OK) return err;
    if (!v || !cJSON_AddItemToArray(o->list, v)) {
        cJSON_Delete(v);
        return SG_E_NOMEM;
    }
    return --o->left > 0 ? SG_E_OK : SG_E_NOTFOUND;
}

/* Puts the rows of a page, oldest first, and the place to go on from into v. */
static enum sg_err fill(struct out *o, const struct sg_event_page *p, const char *region, cJSON *v)
{
    struct sg_scan s;
    int64_t next = -1;
    o->list = cJSON_AddArrayToObject(v, "events");
    o->left = p->limit > 0 ? p->limit : PAGE_PRESET;
    enum sg_err err = o->list ? sg_scan_init(&s, &o->x->core->db, &p->filter, region, false) : SG_E_NOMEM;
    if (err != SG_E_OK) return err;
    if (p->cursor + 1 > s.low) s.low = p->cursor + 1;
    err = sg_scan_run(&s, &o->x->core->db, SG_SCAN_MAX, take, o, &next);
    if (err == SG_E_OK && next >= 0 && !cJSON_AddNumberToObject(v, "next", (double)next)) err = SG_E_NOMEM;
    return err;
}

static enum sg_err answer(struct sg_ctx *x, const struct sg_event_page *p, const char *region, bool numbers, cJSON *v)
{
    struct out o = {.x = x, .numbers = numbers};
    enum sg_err err = v ? sg_ctx_note(x, "done") : SG_E_NOMEM;
    if (err == SG_E_OK) err = fill(&o, p, region, v);
    if (err == SG_E_OK) return sg_ctx_json(x, 200, v);
    cJSON_Delete(v);
    return err;
}

enum sg_err sg_h_export(struct sg_ctx *x)
{
    struct sg_event_page p;
    const char *where = "";
    char format[16] = "", args[sizeof x->args];
    if (!sg_event_page_read(x->rq->query, &p, &where)) return sg_ctx_refuse(x, SG_PROBLEM_INVALID, NULL, where);
    sg_scan_note(x, &p);
    if (sg_ctx_query_text(x, "format", format, sizeof format) && x->args[0] &&
        sg_format(args, sizeof args, "{\"format\":\"%s\",%s", format, x->args + 1))
        SG_COPY(x->args, args);
    return answer(x, &p, sg_ctx_log_region(x, SG_PERM_LOG_EXPORT), true, cJSON_CreateObject());
}

static cJSON *headed(const struct sg_citizen *c)
{
    cJSON *v = cJSON_CreateObject(), *who = v ? cJSON_AddObjectToObject(v, "citizen") : NULL;
    if (who && cJSON_AddStringToObject(who, "personalIdentityNumber", c->pid.normalised) && cJSON_AddStringToObject(who, "name", c->name)) return v;
    cJSON_Delete(v);
    return NULL;
}

enum sg_err sg_h_extract(struct sg_ctx *x)
{
    struct sg_event_page p;
    struct sg_citizen c;
    const char *where = "";
    bool refused = false;
    if (!sg_event_page_read(x->rq->query, &p, &where)) return sg_ctx_refuse(x, SG_PROBLEM_INVALID, NULL, where);
    enum sg_err err = sg_ctx_citizen(x, x->param, &c, NULL, &refused);
    if (err != SG_E_OK || refused) return err;
    p.filter.citizen[0] = '\0';
    sg_scan_note(x, &p);
    SG_COPY(x->subject, x->param);
    SG_COPY(p.filter.citizen, x->param);
    cJSON *v = headed(&c);
    sg_citizen_free(&c);
    return answer(x, &p, "", false, v);
}
