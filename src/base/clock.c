/* Time. Days are counted with the proleptic Gregorian day number (days since 1970-01-01), so no function
 * here reads TZ or the C library's local time. Swedish time follows the EU rule: CET, and CEST from 01:00 UTC
 * on the last Sunday of March to 01:00 UTC on the last Sunday of October.
 *
 * A person born on 29 February reaches an age on 1 March in a year without that day: on 28 February the year
 * is not yet full. Practice varies; the later day is the one that never widens a guardian's or a child's own
 * access too early by rule, and sg_date_add follows it, so that "turns 13" and "is 13" always agree. */
#include "base/clock.h"
#include "base/buf.h"
#include "base/str.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum { DAY_MS = 86400000, HOUR_MS = 3600000, MINUTE_MS = 60000 };

static int64_t system_ms(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int64_t mono_system(void *ctx)
{
    (void)ctx;
    return system_ms(CLOCK_MONOTONIC);
}

static int64_t wall_system(void *ctx)
{
    (void)ctx;
    return system_ms(CLOCK_REALTIME);
}

static bool read_clock_file(const char *path, int64_t *ms)
{
    struct sg_buf b;
    sg_buf_init(&b, 256);
    bool ok = sg_buf_read_file(&b, path, NULL) == SG_E_OK && b.data && sg_rfc3339_parse(sg_trim(b.data), ms);
    sg_buf_free(&b);
    return ok;
}

/* A file written this recently may be written again without its time stamp changing. */
static bool settled(const struct stat *s)
{
    return system_ms(CLOCK_REALTIME) - ((int64_t)s->st_mtim.tv_sec * 1000 + s->st_mtim.tv_nsec / 1000000) > 100;
}

/* A test's clock. The last good reading stays while the file is being rewritten; without any the machine's
 * time is used. stat(2) first, as the clock is asked at every frame. */
static int64_t wall_file(void *ctx)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static struct stat seen;
    static const char *seen_path;
    static int64_t value;
    static bool have;
    const char *path = ctx;
    struct stat now;
    pthread_mutex_lock(&lock);
    bool same_path = seen_path && strcmp(seen_path, path) == 0;
    have = have && same_path;
    if (stat(path, &now) == 0) {
        bool same = have && settled(&now) && now.st_ino == seen.st_ino && now.st_size == seen.st_size
            && now.st_mtim.tv_sec == seen.st_mtim.tv_sec && now.st_mtim.tv_nsec == seen.st_mtim.tv_nsec;
        if (!same && read_clock_file(path, &value)) {
            seen = now;
            seen_path = path;
            have = true;
        }
    }
    int64_t ms = have ? value : system_ms(CLOCK_REALTIME);
    pthread_mutex_unlock(&lock);
    return ms;
}

struct sg_clock sg_clock_system(const char *path)
{
    union { const char *in; void *out; } borrowed = { .in = path };   /* ctx is void *; it is only read */
    return (struct sg_clock){ .wall_ms = path ? wall_file : wall_system, .mono_ms = mono_system, .ctx = borrowed.out };
}

int64_t sg_wall(const struct sg_clock *c) { return c->wall_ms(c->ctx); }
int64_t sg_mono(const struct sg_clock *c) { return c->mono_ms(c->ctx); }

static int64_t floor_div(int64_t a, int64_t b) { return a / b - (a % b < 0); }

static bool leap(int y) { return (y % 4 == 0 && y % 100 != 0) || y % 400 == 0; }

static int days_in(int y, int m)
{
    static const int8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    return days[m - 1] + (m == 2 && leap(y));
}

/* Howard Hinnant's day-number algorithms, public domain: the year starts in March, 400 years are one era. */
static int64_t day_number(int64_t y, int m, int64_t d)
{
    y -= m <= 2;
    int64_t era = (y >= 0 ? y : y - 399) / 400, yoe = y - era * 400;
    int64_t doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
    return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static struct sg_date from_day_number(int64_t z)
{
    z += 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097, doe = z - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365, doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153, m = mp < 10 ? mp + 3 : mp - 9;
    return (struct sg_date){ (int16_t)(yoe + era * 400 + (m <= 2)), (int8_t)m, (int8_t)(doy - (153 * mp + 2) / 5 + 1) };
}

bool sg_date_valid(struct sg_date d)
{
    return d.y >= 1 && d.y <= 9999 && d.m >= 1 && d.m <= 12 && d.d >= 1 && d.d <= days_in(d.y, d.m);
}

/* n digits at s, or -1. */
static int digits(const char *s, int n)
{
    int v = 0;
    for (int i = 0; i < n; i++) {
        if (s[i] < '0' || s[i] > '9')
            return -1;
        v = v * 10 + (s[i] - '0');
    }
    return v;
}

bool sg_date_parse(const char *s, struct sg_date *out)
{
    size_t n = s ? strlen(s) : 0;
    if (n != 8 && n != 10)
        return false;
    int gap = n == 10;
    if (gap && (s[4] != '-' || s[7] != '-'))
        return false;
    int y = digits(s, 4), m = digits(s + 4 + gap, 2), d = digits(s + 6 + 2 * gap, 2);
    if (y < 0 || m < 0 || d < 0)
        return false;
    struct sg_date date = { (int16_t)y, (int8_t)m, (int8_t)d };
    if (!sg_date_valid(date))
        return false;
    *out = date;
    return true;
}

void sg_date_format(char dst[11], struct sg_date d)
{
    if (d.y == 0)
        dst[0] = '\0';
    else
        sg_format(dst, 11, "%04d-%02d-%02d", d.y, d.m, d.d);
}

int sg_date_cmp(struct sg_date a, struct sg_date b)
{
    int x = a.y * 10000 + a.m * 100 + a.d, y = b.y * 10000 + b.m * 100 + b.d;
    return (x > y) - (x < y);
}

/* The latest day a partly unknown birth date can mean: only years that are surely full count. */
static struct sg_date latest(struct sg_date d)
{
    if (d.m < 1 || d.m > 12)
        return (struct sg_date){ d.y, 12, 31 };
    if (d.d < 1)
        d.d = (int8_t)days_in(d.y, d.m);
    return d;
}

struct sg_date sg_date_add(struct sg_date d, int years, int months, int days)
{
    if (d.y == 0)
        return d;
    d = latest(d);
    int64_t month = (int64_t)d.y * 12 + (d.m - 1) + (int64_t)years * 12 + months;
    int y = (int)floor_div(month, 12), m = (int)(month - floor_div(month, 12) * 12) + 1, day = (uint8_t)d.d, over = 0;
    if (day > days_in(y, m)) {
        /* 29 Feb goes on to 1 March (see the top); 31 Jan + 1 month stays inside the month. */
        over = d.m == 2 && months == 0 ? day - days_in(y, m) : 0;
        day = days_in(y, m);
    }
    return from_day_number(day_number(y, m, day) + over + days);
}

int sg_age(struct sg_date birth, struct sg_date today)
{
    if (birth.y == 0)
        return -1;
    birth = latest(birth);
    bool had = today.m > birth.m || (today.m == birth.m && today.d >= birth.d);
    return today.y - birth.y - !had;
}

/* No calendar of ours goes beyond the years 0 to 9999; a stored number may. */
static int64_t within_calendar(int64_t wall_ms)
{
    static const int64_t first = INT64_C(-62167219200000), last = INT64_C(253402300799999);
    return wall_ms < first ? first : wall_ms > last ? last : wall_ms;
}

/* The last Sunday of a month with 31 days, 01:00 UTC. Day number 0 was a Thursday. */
static int64_t summer_edge(int y, int m)
{
    int64_t last = day_number(y, m, 31);
    return (last - (last + 4) % 7) * DAY_MS + HOUR_MS;
}

static int64_t to_stockholm(int64_t wall_ms)
{
    wall_ms = within_calendar(wall_ms);
    int y = from_day_number(floor_div(wall_ms, DAY_MS)).y;
    bool summer = y >= 1980 && wall_ms >= summer_edge(y, 3) && wall_ms < summer_edge(y, 10);
    return wall_ms + (summer ? 2 : 1) * HOUR_MS;
}

struct sg_date sg_date_stockholm(int64_t wall_ms)
{
    return from_day_number(floor_div(to_stockholm(wall_ms), DAY_MS));
}

static void clock_of_day(int64_t ms, int out[4])
{
    int64_t in_day = ms - floor_div(ms, DAY_MS) * DAY_MS;
    out[0] = (int)(in_day / HOUR_MS);
    out[1] = (int)(in_day / MINUTE_MS % 60);
    out[2] = (int)(in_day / 1000 % 60);
    out[3] = (int)(in_day % 1000);
}

void sg_rfc3339(char dst[SG_RFC3339_MAX], int64_t wall_ms)
{
    wall_ms = within_calendar(wall_ms);
    struct sg_date d = from_day_number(floor_div(wall_ms, DAY_MS));
    int t[4];
    clock_of_day(wall_ms, t);
    sg_format(dst, SG_RFC3339_MAX, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", d.y, d.m, d.d, t[0], t[1], t[2], t[3]);
}

/* .d+ after the seconds; more than three digits are cut. Returns what follows. */
static const char *fraction(const char *s, int *ms)
{
    *ms = 0;
    if (*s != '.')
        return s;
    int scale = 100;
    const char *p = s + 1;
    for (; *p >= '0' && *p <= '9'; p++) {
        *ms += (*p - '0') * scale;
        scale /= 10;
    }
    return p > s + 1 ? p : "";
}

/* Z or ±hh:mm, and nothing behind it. */
static bool offset(const char *s, int64_t *ms)
{
    *ms = 0;
    if (*s == 'Z' || *s == 'z')
        return s[1] == '\0';
    if ((*s != '+' && *s != '-') || strlen(s) != 6 || s[3] != ':')
        return false;
    int h = digits(s + 1, 2), m = digits(s + 4, 2);
    if (h < 0 || h > 23 || m < 0 || m > 59)
        return false;
    *ms = (h * (int64_t)HOUR_MS + m * (int64_t)MINUTE_MS) * (*s == '-' ? -1 : 1);
    return true;
}

bool sg_rfc3339_parse(const char *s, int64_t *wall_ms)
{
    struct sg_date d;
    char day[11];
    if (!s || strlen(s) < 20 || (s[10] != 'T' && s[10] != 't' && s[10] != ' ') || s[13] != ':' || s[16] != ':')
        return false;
    sg_copyn(day, sizeof day, s, 10);
    int h = digits(s + 11, 2), m = digits(s + 14, 2), sec = digits(s + 17, 2), ms;
    /* 60: a leap second counts as the first of the next minute. */
    if (!sg_date_parse(day, &d) || h < 0 || h > 23 || m < 0 || m > 59 || sec < 0 || sec > 60)
        return false;
    int64_t off;
    if (!offset(fraction(s + 19, &ms), &off))
        return false;
    *wall_ms = day_number(d.y, d.m, d.d) * DAY_MS + h * (int64_t)HOUR_MS + m * (int64_t)MINUTE_MS + sec * 1000 + ms - off;
    return true;
}

void sg_local_stamp(char dst[SG_RFC3339_MAX], int64_t wall_ms, int64_t now_ms)
{
    struct sg_date d = sg_date_stockholm(wall_ms);
    int t[4];
    clock_of_day(to_stockholm(wall_ms), t);
    if (sg_date_cmp(d, sg_date_stockholm(now_ms)) == 0)
        sg_format(dst, SG_RFC3339_MAX, "%02d:%02d", t[0], t[1]);
    else
        sg_format(dst, SG_RFC3339_MAX, "%04d-%02d-%02d %02d:%02d", d.y, d.m, d.d, t[0], t[1]);
}

void sg_local_time(char dst[SG_RFC3339_MAX], int64_t wall_ms)
{
    struct sg_date d = sg_date_stockholm(wall_ms);
    int t[4];
    clock_of_day(to_stockholm(wall_ms), t);
    sg_format(dst, SG_RFC3339_MAX, "%04d-%02d-%02dT%02d:%02d:%02d", d.y, d.m, d.d, t[0], t[1], t[2]);
}

int64_t sg_local_midnight(struct sg_date d)
{
    int64_t utc = day_number(d.y, d.m, d.d) * DAY_MS;
    return utc - (to_stockholm(utc - 2 * (int64_t)HOUR_MS) - (utc - 2 * (int64_t)HOUR_MS));     /* the clock never changes at midnight */
}

void sg_local_hour(int64_t wall_ms, int *hour, int *weekday)
{
    int64_t local = to_stockholm(wall_ms);
    int t[4];
    clock_of_day(local, t);
    *hour = t[0];
    *weekday = (int)(((floor_div(local, DAY_MS) + 3) % 7 + 7) % 7) + 1;                          /* day number 0 was a Thursday */
}
