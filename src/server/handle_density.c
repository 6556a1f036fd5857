/* The timeline: how many events fell into each of some equal stretches of time. Without a filter the hourly counts kept beside the log
 * answer exactly. With one, each stretch is walked up to its share of the page's ceiling, and a stretch that is longer than that is
 * estimated from the part that was seen; it is named among the estimates. */
#include "server/event_scan.h"
#include <string.h>
#include "base/str.h"

enum { BUCKETS_MAX = 120, BUCKETS_PRESET = 60, REGIONS_MAX = 64 };
static const int64_t HOUR = 3600000;

struct density { struct sg_ctx *x; int64_t from, width; int n; int64_t count[BUCKETS_MAX], refused[BUCKETS_MAX]; bool estimate[BUCKETS_MAX]; };

static enum sg_err hours_of(struct density *d, const char *region)
{
    struct sg_db *db = &d->x->core->db;
    sqlite3_stmt *st = sg_db_query(db, SG_SQL_HOURS, "tii", region, d->from / HOUR, (d->from + d->width * d->n) / HOUR);
    enum sg_err err = sg_db_step(db, st);
    for (; err == SG_E_OK; err = sg_db_step(db, st)) {
        int64_t i = (sqlite3_column_int64(st, 0) * HOUR - d->from) / d->width;
        if (i < 0 || i >= d->n) continue;
        d->count[i] += sqlite3_column_int64(st, 1);
        d->refused[i] += sqlite3_column_int64(st, 2);
    }
    return err == SG_E_NOTFOUND ? SG_E_OK : err;
}

static enum sg_err all_hours(struct density *d, const char *region)
{
    struct sg_db *db = &d->x->core->db;
    char name[REGIONS_MAX][SG_CODE_MAX];
    size_t n = 0;
    if (region[0]) return hours_of(d, region);
    sqlite3_stmt *st = sg_db_query(db, SG_SQL_HOUR_REGIONS, "");
    enum sg_err err = sg_db_step(db, st);
    for (; err == SG_E_OK && n < REGIONS_MAX; n++, err = sg_db_step(db, st)) sg_db_text(st, 0, name[n], sizeof name[n]);
    if (err == SG_E_OK) (void)sqlite3_reset(st);
    if (err == SG_E_NOTFOUND) err = SG_E_OK;
    for (size_t i = 0; i < n && err == SG_E_OK; i++) err = hours_of(d, name[i]);
    return err;
}

struct tally { int64_t n, refused; };
static enum sg_err one(void *ctx, sqlite3_stmt *row)
{
    struct tally *t = ctx;
    t->n++;
    t->refused += !sg_eq((const char *)sqlite3_column_text(row, SG_SC_OUTCOME), "done");
    return SG_E_OK;
}

static enum sg_err walked(struct density *d, const struct sg_event_filter *given, const char *region, int i)
{
    struct sg_db *db = &d->x->core->db;
    struct sg_event_filter f = *given;
    struct sg_scan s;
    struct tally t = {0, 0};
    int64_t next = -1, begin = d->from + d->width * i, end = begin + d->width;
    f.from = given->from > begin ? given->from : begin;
    f.to = given->to != 0 && given->to < end ? given->to : end;
    if (f.from >= f.to) return SG_E_OK;
    enum sg_err err = sg_scan_init(&s, db, &f, region, false);
    if (err == SG_E_OK) err = sg_scan_run(&s, db, SG_SCAN_MAX / d->n, one, &t, &next);
    d->count[i] = t.n;
    d->refused[i] = t.refused;
    if (err != SG_E_OK || next < 0 || next >= s.high) return err;
    double part = (double)(next - s.low + 1) / (double)(s.high - s.low + 1);
    d->count[i] = (int64_t)((double)t.n / part);
    d->refused[i] = (int64_t)((double)t.refused / part);
    d->estimate[i] = true;
    return SG_E_OK;
}

static bool numbers(cJSON *v, const char *key, const int64_t *n, int count)
{
    cJSON *list = cJSON_AddArrayToObject(v, key);
    for (int i = 0; list && i < count; i++) {
        cJSON *one_n = cJSON_CreateNumber((double)n[i]);
        if (one_n && cJSON_AddItemToArray(list, one_n)) continue;
        cJSON_Delete(one_n);
        return false;
    }
    return list != NULL;
}

static cJSON *body(const struct density *d)
{
    char from[SG_RFC3339_MAX];
    int64_t guess[BUCKETS_MAX];
    int n = 0;
    for (int i = 0; i < d->n; i++)
        if (d->estimate[i]) guess[n++] = i;
    sg_rfc3339(from, d->from);
    cJSON *v = cJSON_CreateObject();
    bool ok = v && cJSON_AddStringToObject(v, "from", from) && cJSON_AddNumberToObject(v, "widthMs", (double)d->width) &&
              numbers(v, "count", d->count, d->n) && numbers(v, "refused", d->refused, d->n) && numbers(v, "estimates", guess, n);
    if (ok) return v;
    cJSON_Delete(v);
    return NULL;
}

/* Whole hours, as many stretches as asked for at most. */
static enum sg_err frame(struct density *d, const struct sg_event_filter *f, int64_t buckets)
{
    int64_t first = d->x->now, from = f->from, to = f->to > 0 ? f->to : d->x->now + 1;
    enum sg_err err = from == 0 ? sg_db_number(&d->x->core->db, sg_db_query(&d->x->core->db, SG_SQL_HOUR_FIRST, ""), &first) : SG_E_OK;
    if (err != SG_E_OK && err != SG_E_NOTFOUND) return err;
    if (from == 0) from = first;
    d->from = from - ((from % HOUR) + HOUR) % HOUR;
    if (to <= d->from) to = d->from + 1;
    int64_t hours = (to - d->from + HOUR - 1) / HOUR;
    d->width = (hours + buckets - 1) / buckets * HOUR;
    d->n = (int)((to - d->from + d->width - 1) / d->width);
    return SG_E_OK;
}

/* Times alone are no filter here: they are the frame. */
static bool plain(const struct sg_event_filter *f)
{
    struct sg_event_filter rest = *f;
    rest.from = rest.to = 0;
    return sg_event_filter_empty(&rest);
}

enum sg_err sg_h_density(struct sg_ctx *x)
{
    struct sg_event_page p;
    struct density d = {.x = x};
    const char *where = "", *region = sg_ctx_log_region(x, SG_PERM_LOG_READ);
    int64_t buckets = BUCKETS_PRESET;
    if (!sg_event_page_read(x->rq->query, &p, &where)) return sg_ctx_refuse(x, SG_PROBLEM_INVALID, NULL, where);
    if (!sg_ctx_query(x, "buckets", 1, BUCKETS_MAX, &buckets)) return sg_ctx_refuse(x, SG_PROBLEM_INVALID, NULL, "buckets");
    sg_scan_note(x, &p);
    enum sg_err err = sg_ctx_note(x, "done");
    if (err == SG_E_OK) err = frame(&d, &p.filter, buckets);
    if (err == SG_E_OK && plain(&p.filter)) err = all_hours(&d, region);
    else
        for (int i = 0; i < d.n && err == SG_E_OK; i++) err = walked(&d, &p.filter, region, i);
    return err == SG_E_OK ? sg_ctx_json(x, 200, body(&d)) : err;
}
