/* One statement walks one index; everything else that was asked for is decided row by row from the columns beside the payload, which is
 * read only for rows that are wanted. So a page costs a bounded number of steps however long the log is: when the ceiling is reached, the
 * answer says from where to go on. The index is the one of the most telling filter given: citizen, member of staff, unit, refusals, kind,
 * then region. */
#include "server/event_scan.h"
#include <string.h>
#include "base/str.h"
#include "model/purpose.h"

enum { MARGIN_MS = 10 * 60 * 1000 };

/* The place that one of the two searches by time finds; absent: none. */
static enum sg_err place(struct sg_db *db, enum sg_sql sql, int64_t at, int64_t none, int64_t *out)
{
    enum sg_err err = sg_db_number(db, sg_db_query(db, sql, "i", at), out);
    if (err != SG_E_NOTFOUND) return err;
    *out = none;
    return SG_E_OK;
}

enum sg_err sg_scan_init(struct sg_scan *s, struct sg_db *db, const struct sg_event_filter *f, const char *region, bool newest)
{
    int64_t size = 0;
    *s = (struct sg_scan){.filter = f, .region = region, .newest = newest};
    enum sg_err err = sg_db_number(db, sg_db_query(db, SG_SQL_EVENT_NEXT, ""), &size);
    s->high = size - 1;
    if (err == SG_E_OK && f->from != 0) err = place(db, SG_SQL_EVENT_SINCE, f->from - MARGIN_MS, size, &s->low);
    if (err == SG_E_OK && f->to != 0) err = place(db, SG_SQL_EVENT_BEFORE, f->to + MARGIN_MS, -1, &s->high);
    return err;
}

static sqlite3_stmt *walk(const struct sg_scan *s, struct sg_db *db)
{
    const struct sg_event_filter *f = s->filter;
    size_t n = strlen(f->kind);
    bool one_kind = n > 0 && f->kind[n - 1] != '*', refused = f->outcome[0] && !sg_eq(f->outcome, "done");
    const struct { const char *key; enum sg_sql down, up; } ways[] = {
        {f->citizen, SG_SQL_DOWN_SUBJECT, SG_SQL_UP_SUBJECT}, {f->staff, SG_SQL_DOWN_ACTOR, SG_SQL_UP_ACTOR}, {f->unit, SG_SQL_DOWN_UNIT, SG_SQL_UP_UNIT},
        {refused ? f->outcome : "", SG_SQL_DOWN_REFUSED, SG_SQL_UP_REFUSED}, {one_kind ? f->kind : "", SG_SQL_DOWN_KIND, SG_SQL_UP_KIND},
        {s->region, SG_SQL_DOWN_REGION, SG_SQL_UP_REGION}, {NULL, SG_SQL_DOWN_ALL, SG_SQL_UP_ALL}};
    size_t i = 0;
    while (ways[i].key && !ways[i].key[0]) i++;
    return sg_db_query(db, s->newest ? ways[i].down : ways[i].up, "tii", ways[i].key ? ways[i].key : "", s->low, s->high);
}

static bool is(sqlite3_stmt *row, int column, const char *want)
{
    return !want[0] || sg_eq((const char *)sqlite3_column_text(row, column), want);
}

static bool purpose_is(sqlite3_stmt *row, const char *want)
{
    const char *has = (const char *)sqlite3_column_text(row, SG_SC_PURPOSE);
    enum sg_purpose p = sg_purpose_named(want);
    return !want[0] || sg_eq(has, want) || (has && p < SG_PURPOSE_COUNT && sg_purpose_named(has) == p);
}

bool sg_scan_fits(const struct sg_scan *s, sqlite3_stmt *row)
{
    const struct sg_event_filter *f = s->filter;
    int64_t at = sqlite3_column_int64(row, SG_SC_AT);
    if ((f->from != 0 && at < f->from) || (f->to != 0 && at >= f->to)) return false;
    if (!is(row, SG_SC_REGION, s->region) || !is(row, SG_SC_SUBJECT, f->citizen) || !is(row, SG_SC_ACTOR, f->staff) || !is(row, SG_SC_UNIT, f->unit))
        return false;
    const char *kind = (const char *)sqlite3_column_text(row, SG_SC_KIND);
    return is(row, SG_SC_OUTCOME, f->outcome) && purpose_is(row, f->purpose) && kind && sg_event_kind_fits(f->kind, kind);
}

enum sg_err sg_scan_run(const struct sg_scan *s, struct sg_db *db, int64_t budget, sg_scan_fn *fn, void *ctx, int64_t *next)
{
    *next = -1;
    if (s->low > s->high) return SG_E_OK;
    sqlite3_stmt *st = walk(s, db);
    enum sg_err err = sg_db_step(db, st);
    for (int64_t seen = 0; err == SG_E_OK;) {
        int64_t here = sqlite3_column_int64(st, SG_SC_IDX);
        if (sg_scan_fits(s, st)) err = fn(ctx, st);
        if (err != SG_E_OK || ++seen >= budget) {
            (void)sqlite3_reset(st);
            *next = here;
            return err == SG_E_NOTFOUND ? SG_E_OK : err;
        }
        err = sg_db_step(db, st);
    }
    return err == SG_E_NOTFOUND ? SG_E_OK : err;
}

static enum sg_err erased(struct sg_db *db, sqlite3_stmt *row, struct sg_event *out)
{
    memset(out, 0, sizeof *out);
    sg_db_text(row, SG_SC_ID, out->id, sizeof out->id);
    sg_db_text(row, SG_SC_KIND, out->kind, sizeof out->kind);
    sg_db_text(row, SG_SC_OUTCOME, out->outcome, sizeof out->outcome);
    sg_db_text(row, SG_SC_REGION, out->region, sizeof out->region);
    sg_db_text(row, SG_SC_PROVIDER, out->provider, sizeof out->provider);
    out->at = sqlite3_column_int64(row, SG_SC_AT);
    sqlite3_stmt *st = sg_db_query(db, SG_SQL_LOG_OF, "i", (int64_t)sqlite3_column_int64(row, SG_SC_TREE));
    enum sg_err err = sg_db_step(db, st);
    if (err != SG_E_OK) return err == SG_E_NOTFOUND ? SG_E_CORRUPT : err;
    sg_db_text(st, 0, out->log, sizeof out->log);
    (void)sqlite3_reset(st);
    return SG_E_OK;
}

enum sg_err sg_scan_event(struct sg_db *db, sqlite3_stmt *row, struct sg_event *out)
{
    bool gone = sqlite3_column_type(row, SG_SC_PAYLOAD) == SQLITE_NULL;
    enum sg_err err = gone ? erased(db, row, out)
                           : sg_payload_decode(sqlite3_column_blob(row, SG_SC_PAYLOAD), (size_t)sqlite3_column_bytes(row, SG_SC_PAYLOAD), out);
    out->index = sqlite3_column_int64(row, SG_SC_IDX);
    out->leaf_index = sqlite3_column_int64(row, SG_SC_LEAF_INDEX);
    return err;
}

struct found { struct sg_db *db; struct sg_event *out; bool any; };
static enum sg_err found(void *ctx, sqlite3_stmt *row)
{
    struct found *f = ctx;
    enum sg_err err = sg_scan_event(f->db, row, f->out);
    f->any = err == SG_E_OK;
    return f->any ? SG_E_NOTFOUND : err;
}

enum sg_err sg_event_by_id(struct sg_db *db, const char *id, struct sg_event *out)
{
    static const struct sg_event_filter any = {.kind = ""};
    int64_t at = 0, next = -1;
    struct found f = {.db = db, .out = out};
    enum sg_err err = sg_db_number(db, sg_db_query(db, SG_SQL_EVENT_BY_ID, "t", id), &at);
    struct sg_scan one = {.filter = &any, .region = "", .low = at, .high = at};
    if (err == SG_E_OK) err = sg_scan_run(&one, db, 1, found, &f, &next);
    return err == SG_E_OK && !f.any ? SG_E_CORRUPT : err;
}

void sg_scan_note(struct sg_ctx *x, const struct sg_event_page *p)
{
    char query[sizeof x->args - 16] = "";
    if (sg_uuid_valid(p->filter.citizen)) SG_COPY(x->subject, p->filter.citizen);      /* anything else might be a number */
    struct sg_event_page shown = *p;
    if (!sg_uuid_valid(p->filter.citizen)) shown.filter.citizen[0] = '\0';
    if (sg_event_page_write(&shown, query, sizeof query) && query[0]) (void)sg_format(x->args, sizeof x->args, "{\"query\":\"%s\"}", query);
}
