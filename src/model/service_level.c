/* Moments are swept in order with two counters, of faults that count and of excuses: time is down while a fault and no excuse is open. Whole
 * milliseconds throughout, so nothing is rounded before the last division. */
#include "model/service_level.h"
#include <stdlib.h>
#include <string.h>
#include "base/str.h"

enum { HOUR_MS = 3600000 };
struct edge { int64_t at; int fault, excuse; };

static const char *const CLASS[SG_FAULT_CLASSES] = {"critical", "high", "medium", "low"};
static const char *const KIND[SG_OUTAGE_KINDS] = {"fault", "planned", "force-majeure"};

const char *sg_fault_class_name(enum sg_fault_class c) { return c < SG_FAULT_CLASSES ? CLASS[c] : ""; }
const char *sg_outage_kind_name(enum sg_outage_kind k) { return k < SG_OUTAGE_KINDS ? KIND[k] : ""; }

enum sg_fault_class sg_fault_class_named(const char *name)
{
    int i = 0;
    while (i < SG_FAULT_CLASSES && !sg_eq(CLASS[i], name)) i++;
    return (enum sg_fault_class)i;
}

enum sg_outage_kind sg_outage_kind_named(const char *name)
{
    int i = 0;
    while (i < SG_OUTAGE_KINDS && !sg_eq(KIND[i], name)) i++;
    return (enum sg_outage_kind)i;
}

/* Midnight in Sweden: two hours before that of UTC in summer, else one. */
static int64_t first_of(int year, int month)
{
    char text[SG_RFC3339_MAX];
    int64_t utc = 0;
    sg_format(text, sizeof text, "%04d-%02d-01T00:00:00Z", year, month);
    if (!sg_rfc3339_parse(text, &utc)) return 0;
    struct sg_date summer = sg_date_stockholm(utc - 2 * HOUR_MS);
    return summer.m == month ? utc - 2 * HOUR_MS : utc - HOUR_MS;
}

static int by_time(const void *a, const void *b)
{
    const struct edge *x = a, *y = b;
    return x->at < y->at ? -1 : x->at > y->at;
}

static int64_t clip(int64_t t, const struct sg_level *l) { return t < l->from ? l->from : t > l->to ? l->to : t; }

/* Two edges an outage that counts for anything, clipped to the month. */
static size_t edges_of(const struct sg_outage *o, size_t n, int64_t now, const struct sg_level *l, struct edge *e)
{
    size_t k = 0;
    for (size_t i = 0; i < n; i++) {
        bool excuse = o[i].kind != SG_OUTAGE_FAULT;
        if (!excuse && o[i].cls != SG_FAULT_CRITICAL && o[i].cls != SG_FAULT_HIGH) continue;
        int64_t to = o[i].to ? o[i].to : now > o[i].from ? now : o[i].from;
        e[k++] = (struct edge){clip(o[i].from, l), !excuse, excuse};
        e[k++] = (struct edge){clip(to, l), -!excuse, -(int)excuse};
    }
    return k;
}

static int64_t sweep(struct edge *e, size_t n)
{
    int64_t down = 0;
    int fault = 0, excuse = 0;
    if (n) qsort(e, n, sizeof *e, by_time);
    for (size_t i = 0; i < n; i++) {
        if (i > 0 && fault > 0 && excuse == 0) down += e[i].at - e[i - 1].at;
        fault += e[i].fault;
        excuse += e[i].excuse;
    }
    return down;
}

enum sg_err sg_level_of(const struct sg_outage *o, size_t n, int64_t at, int64_t now, struct sg_level *out)
{
    struct sg_date day = sg_date_stockholm(at);
    memset(out, 0, sizeof *out);
    for (size_t i = 0; i < n; i++)
        if (o[i].to && o[i].to < o[i].from) return SG_E_INPUT;
    out->year = day.y;
    out->month = (int)(unsigned char)day.m;
    out->from = first_of(day.y, day.m);
    out->to = day.m == 12 ? first_of(day.y + 1, 1) : first_of(day.y, day.m + 1);
    struct edge *e = calloc(2 * n + 1, sizeof *e);
    if (!e) return SG_E_NOMEM;
    out->down_ms = sweep(e, edges_of(o, n, now, out, e));
    free(e);
    int64_t total = out->to - out->from;                 /* a month: never nothing */
    if (total <= 0) return SG_E_INTERNAL;
    out->availability = (int)(100000 - (out->down_ms * 100000 + total - 1) / total);
    out->budget_ms = total * (100000 - SG_LEVEL_GOAL) / 100000 - out->down_ms;
    return SG_E_OK;
}
