/* What is asked of the event log: a filter, a place in it and a direction. One form for both sides. */
#pragma once
#include "wire/wire.h"

/* Rows that agree with everything that is given. */
struct sg_event_filter {
    char citizen[SG_ID_MAX], staff[SG_HSA_MAX], unit[SG_HSA_MAX], kind[40], outcome[12];
    char purpose[48];                  /* code or Swedish name of a purpose; any other text must be the same to the last byte */
    int64_t from, to;                  /* recorded from <= at < to, wall ms; 0: open */
};
bool sg_event_filter_empty(const struct sg_event_filter *f);
/* Whether a kind answers to the filter's: the same, or a group that ends with a star ("login.*"). */
bool sg_event_kind_fits(const char *pattern, const char *kind);

enum sg_event_order { SG_EVENTS_OFFSET, SG_EVENTS_NEWEST, SG_EVENTS_OLDEST };      /* OFFSET: by limit, offset and snapshot */
struct sg_event_page {
    struct sg_event_filter filter;
    enum sg_event_order order;
    int64_t cursor;                    /* NEWEST: only below this place in the log; OLDEST: only above it; -1: from the end that comes first */
    int64_t limit;                     /* 0: the service's preset */
};
/* Appends "name=value&…" to what dst holds. False: it does not fit. */
SG_MUST bool sg_event_page_write(const struct sg_event_page *p, char *dst, size_t cap);
/* Reads a query string; names that are not of a page are left to others. On failure *where is the name of the bad one. */
SG_MUST bool sg_event_page_read(const char *query, struct sg_event_page *out, const char **where);
