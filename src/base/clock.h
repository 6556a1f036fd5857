/* Time: the clock seam, dates, RFC 3339. Wall clocks are for display and law, never for order. */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include "base/err.h"

/* A seam: real, frozen by a file, or simulated. Milliseconds; wall since 1970 UTC, mono since any point. */
struct sg_clock {
    int64_t (*wall_ms)(void *ctx);
    int64_t (*mono_ms)(void *ctx);
    void *ctx;
};
/* The machine's clock. With path != NULL the wall clock is read from that file (one RFC 3339 time), for tests.
 * path is borrowed for the life of the clock. */
struct sg_clock sg_clock_system(const char *path);
int64_t sg_wall(const struct sg_clock *c);
int64_t sg_mono(const struct sg_clock *c);

struct sg_date { int16_t y; int8_t m, d; };       /* m or d may be 0 in a partly unknown birth date; y == 0: no date */
bool sg_date_valid(struct sg_date d);             /* a real calendar day */
bool sg_date_parse(const char *s, struct sg_date *out);   /* YYYY-MM-DD or YYYYMMDD */
void sg_date_format(char dst[11], struct sg_date d);      /* YYYY-MM-DD, "" when none */
int sg_date_cmp(struct sg_date a, struct sg_date b);
/* A partly unknown date counts as its latest possible day; no date stays none. 29 Feb + 1 year = 1 Mar, see clock.c. */
struct sg_date sg_date_add(struct sg_date d, int years, int months, int days);
/* Years surely full; the birthday itself counts. -1 when the year of birth is unknown. */
int sg_age(struct sg_date birth, struct sg_date today);
struct sg_date sg_date_stockholm(int64_t wall_ms);        /* the Swedish calendar day (own EU rule for summer time) */

enum { SG_RFC3339_MAX = 32 };
void sg_rfc3339(char dst[SG_RFC3339_MAX], int64_t wall_ms);            /* UTC, with milliseconds, Z */
SG_MUST bool sg_rfc3339_parse(const char *s, int64_t *wall_ms);        /* any offset */
void sg_local_stamp(char dst[SG_RFC3339_MAX], int64_t wall_ms, int64_t now_ms); /* HH:MM today (Swedish time), else YYYY-MM-DD HH:MM */
void sg_local_time(char dst[SG_RFC3339_MAX], int64_t wall_ms);         /* YYYY-MM-DDTHH:MM:SS in Swedish time, without a zone */
int64_t sg_local_midnight(struct sg_date d);                           /* when that Swedish day began, wall ms */
void sg_local_hour(int64_t wall_ms, int *hour, int *weekday);          /* Swedish time: 0-23; Monday is 1, Sunday 7 */
