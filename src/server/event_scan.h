/* Walking the log by a filter, along the one index that fits it best, with a ceiling on the rows looked at. */
#pragma once
#include "server/ctx.h"
#include "wire/query.h"

enum { SG_SCAN_MAX = 20000 };                /* rows one page may look at */
enum sg_scan_column { SG_SC_IDX, SG_SC_ID, SG_SC_AT, SG_SC_KIND, SG_SC_OUTCOME, SG_SC_REGION, SG_SC_PROVIDER, SG_SC_ACTOR, SG_SC_UNIT, SG_SC_PURPOSE,
                      SG_SC_SUBJECT, SG_SC_LEAF_INDEX, SG_SC_PAYLOAD, SG_SC_TREE };
struct sg_scan {
    const struct sg_event_filter *filter;
    const char *region;                      /* nothing of other regions; "" = all */
    bool newest;                             /* downwards */
    int64_t low, high;                       /* places, both included; low > high: nothing */
};
/* The whole log, or what the filter's times leave of it (with a margin, as a clock may have been set back: the walk itself is exact). */
SG_MUST enum sg_err sg_scan_init(struct sg_scan *s, struct sg_db *db, const struct sg_event_filter *f, const char *region, bool newest);
/* Calls fn for each row that fits, at most budget rows being looked at; fn may end the walk with NOTFOUND. *next: the place to go on
 * from, -1 when everything has been seen. */
typedef enum sg_err sg_scan_fn(void *ctx, sqlite3_stmt *row);
SG_MUST enum sg_err sg_scan_run(const struct sg_scan *s, struct sg_db *db, int64_t budget, sg_scan_fn *fn, void *ctx, int64_t *next);
bool sg_scan_fits(const struct sg_scan *s, sqlite3_stmt *row);
/* The event of a row. Of an erased one only what the log keeps: id, place, time, kind, outcome, region, provider. */
SG_MUST enum sg_err sg_scan_event(struct sg_db *db, sqlite3_stmt *row, struct sg_event *out);
/* One event by its id; NOTFOUND. */
SG_MUST enum sg_err sg_event_by_id(struct sg_db *db, const char *id, struct sg_event *out);
/* What a request asked for as the arguments of its event, and its subject when it asked for one citizen. */
void sg_scan_note(struct sg_ctx *x, const struct sg_event_page *p);
