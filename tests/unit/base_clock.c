/* Dates and times, checked against the C library's calendar and a slow second way of counting. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "base/clock.h"

static int64_t utc(const char *s)
{
    int64_t ms = -1;
    if (!sg_rfc3339_parse(s, &ms))
        fail_msg("%s is not read", s);
    return ms;
}

static void every_day_of_400_years(void **state)
{
    (void)state;
    char want[40], got[SG_RFC3339_MAX];
    for (int64_t day = -80000; day < 66097; day++) {
        int64_t ms = day * 86400000 + 12345678;
        time_t t = (time_t)(day * 86400 + 12345);
        struct tm tm;
        gmtime_r(&t, &tm);
        strftime(want, sizeof want, "%Y-%m-%dT%H:%M:%S.678Z", &tm);
        sg_rfc3339(got, ms);
        assert_string_equal(got, want);
        assert_true(utc(got) == ms);
        struct sg_date d = { (int16_t)(tm.tm_year + 1900), (int8_t)(tm.tm_mon + 1), (int8_t)tm.tm_mday };
        assert_true(sg_date_valid(d));
        struct sg_date next = sg_date_add(d, 0, 0, 1), back = sg_date_add(next, 0, 0, -1);
        assert_int_equal(sg_date_cmp(next, d), 1);
        assert_int_equal(sg_date_cmp(back, d), 0);
    }
}

static void stamps_with_offsets(void **state)
{
    (void)state;
    assert_true(utc("1970-01-01T00:00:00Z") == 0);
    assert_true(utc("1970-01-01T01:00:00+01:00") == 0);
    assert_true(utc("1969-12-31T18:30:00.5-05:30") == 500);
    assert_true(utc("1970-01-01 00:00:00.123456789z") == 123);
    assert_true(utc("2016-12-31T23:59:60Z") == utc("2017-01-01T00:00:00Z"));
    static const char *const bad[] = {
        "", "1970-01-01", "1970-01-01T00:00:00", "1970-01-01T24:00:00Z", "1970-01-01T00:60:00Z", "1970-01-01T00:00:61Z",
        "1970-13-01T00:00:00Z", "1970-02-29T00:00:00Z", "1970-01-01T00:00:00.Z", "1970-01-01T00:00:00Zx", "1970-01-01T00:00:00+0100",
        "1970-01-01T00:00:00+24:00", "1970-01-01X00:00:00Z", "1970-01-01T0a:00:00Z", "1970-01-01T00:00:00 Z", NULL,
    };
    int64_t ms;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (sg_rfc3339_parse(bad[i], &ms))
            fail_msg("%s is read", bad[i] ? bad[i] : "NULL");
}

/* The C library with the EU rule spelled out in TZ is the second opinion, every half hour of 1996-2060. */
static void swedish_time(void **state)
{
    (void)state;
    setenv("TZ", "CET-1CEST,M3.5.0/2,M10.5.0/3", 1);
    tzset();
    char want[40], got[SG_RFC3339_MAX];
    for (int64_t s = utc("1996-01-01T00:00:00Z") / 1000; s < utc("2060-01-01T00:00:00Z") / 1000; s += 1800) {
        time_t t = (time_t)s;
        struct tm tm;
        localtime_r(&t, &tm);
        strftime(want, sizeof want, "%Y-%m-%d %H:%M", &tm);
        sg_local_stamp(got, s * 1000, 0);
        assert_string_equal(got, want);
    }
    sg_local_stamp(got, utc("2026-03-29T00:59:59.999Z"), 0);
    assert_string_equal(got, "2026-03-29 01:59");
    sg_local_stamp(got, utc("2026-03-29T01:00:00Z"), 0);
    assert_string_equal(got, "2026-03-29 03:00");
    sg_local_stamp(got, utc("2026-11-02T22:41:00Z"), utc("2026-11-02T00:00:00Z"));
    assert_string_equal(got, "23:41");
    sg_local_stamp(got, utc("2026-11-02T23:41:00Z"), utc("2026-11-02T22:00:00Z"));
    assert_string_equal(got, "2026-11-03 00:41");
    struct sg_date d = sg_date_stockholm(utc("2026-06-30T22:00:00Z"));
    assert_int_equal(d.m, 7);
    assert_int_equal(d.d, 1);
}

static void dates_as_text(void **state)
{
    (void)state;
    struct sg_date d = { 1, 1, 1 };
    static const char *const bad[] = { "", "2026-1-01", "2026-13-01", "2026-00-01", "2026-04-31", "20260230", "2026/01-01",
    "2026-01/01", "0000-01-01",
                                       "2026-01-011", "202601", "2026-0a-01", "+2026-1-1", NULL };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(sg_date_parse(bad[i], &d));
    assert_int_equal(d.y, 1);
    char text[11];
    assert_true(sg_date_parse("20240229", &d));
    sg_date_format(text, d);
    assert_string_equal(text, "2024-02-29");
    assert_true(sg_date_parse("2000-02-29", &d));
    sg_date_format(text, (struct sg_date){ 0, 0, 0 });
    assert_string_equal(text, "");
}

static void day_is(struct sg_date d, const char *want)
{
    char text[11];
    sg_date_format(text, d);
    assert_string_equal(text, want);
}

static void adding_to_dates(void **state)
{
    (void)state;
    day_is(sg_date_add((struct sg_date){ 2024, 2, 29 }, 1, 0, 0), "2025-03-01");
    day_is(sg_date_add((struct sg_date){ 2024, 2, 29 }, 4, 0, 0), "2028-02-29");
    day_is(sg_date_add((struct sg_date){ 2026, 1, 31 }, 0, 1, 0), "2026-02-28");
    day_is(sg_date_add((struct sg_date){ 2026, 3, 31 }, 0, -13, 0), "2025-02-28");
    day_is(sg_date_add((struct sg_date){ 2026, 12, 31 }, 0, 0, 1), "2027-01-01");
    day_is(sg_date_add((struct sg_date){ 2026, 1, 1 }, 0, -1, 0), "2025-12-01");
    day_is(sg_date_add((struct sg_date){ 2013, 0, 0 }, 13, 0, 0), "2026-12-31");
    day_is(sg_date_add((struct sg_date){ 2012, 2, 0 }, 13, 0, 0), "2025-03-01");
    day_is(sg_date_add((struct sg_date){ 0, 0, 0 }, 13, 0, 0), "");
}

/* "Turns n" by sg_date_add and "is n" by sg_age are one rule, for every birthday of a leap year and a year after. */
static void ages_agree_with_birthdays(void **state)
{
    (void)state;
    struct sg_date birth = { 2012, 1, 1 };
    for (int i = 0; i < 731; i++, birth = sg_date_add(birth, 0, 0, 1))
        for (int n = 1; n <= 18; n++) {
            struct sg_date day = sg_date_add(birth, n, 0, 0);
            assert_int_equal(sg_age(birth, day), n);
            assert_int_equal(sg_age(birth, sg_date_add(day, 0, 0, -1)), n - 1);
        }
    struct sg_date leap = { 2012, 2, 29 };
    assert_int_equal(sg_age(leap, (struct sg_date){ 2025, 2, 28 }), 12);
    assert_int_equal(sg_age(leap, (struct sg_date){ 2025, 3, 1 }), 13);
    assert_int_equal(sg_age((struct sg_date){ 2012, 0, 0 }, (struct sg_date){ 2025, 12, 30 }), 12);
    assert_int_equal(sg_age((struct sg_date){ 2012, 0, 0 }, (struct sg_date){ 2025, 12, 31 }), 13);
    assert_int_equal(sg_age((struct sg_date){ 2012, 5, 0 }, (struct sg_date){ 2025, 5, 30 }), 12);
    assert_int_equal(sg_age((struct sg_date){ 0, 0, 0 }, (struct sg_date){ 2025, 5, 30 }), -1);
}

static void write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void stamp(const char *path, time_t when, long nanoseconds)
{
    struct timespec t[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_sec = when, .tv_nsec = nanoseconds } };
    assert_int_equal(utimensat(AT_FDCWD, path, t, 0), 0);
}

static void clock_from_a_file(void **state)
{
    (void)state;
    char path[] = "/tmp/sg-clock-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    struct sg_clock c = sg_clock_system(path), real = sg_clock_system(NULL);
    int64_t now = sg_wall(&real);
    assert_true(llabs((long long)now - (long long)time(NULL) * 1000) < 5000);
    assert_true(sg_wall(&c) >= now);                    /* nothing readable yet: the machine's time */
    write_file(path, "2026-11-02T22:41:00Z\n");
    assert_true(sg_wall(&c) == utc("2026-11-02T22:41:00Z"));
    assert_true(sg_wall(&c) == utc("2026-11-02T22:41:00Z"));
    write_file(path, "2026-11-03T22:41:00.5Z");
    assert_true(sg_wall(&c) == utc("2026-11-03T22:41:00.5Z"));
    /* As long and with the same time stamp, which is too young to be trusted. */
    time_t soon = time(NULL) + 3600;
    stamp(path, soon, 0);
    assert_true(sg_wall(&c) == utc("2026-11-03T22:41:00.5Z"));
    write_file(path, "2026-11-03T22:42:00.5Z");
    stamp(path, soon, 0);
    assert_true(sg_wall(&c) == utc("2026-11-03T22:42:00.5Z"));
    /* An old stamp is trusted, to the nanosecond. */
    stamp(path, soon - 7200, 1);
    assert_true(sg_wall(&c) == utc("2026-11-03T22:42:00.5Z"));
    write_file(path, "2026-11-03T22:41:00.5Z");
    stamp(path, soon - 7200, 2);
    assert_true(sg_wall(&c) == utc("2026-11-03T22:41:00.5Z"));
    write_file(path, "nonsense");
    assert_true(sg_wall(&c) == utc("2026-11-03T22:41:00.5Z"));
    unlink(path);
    assert_true(sg_wall(&c) == utc("2026-11-03T22:41:00.5Z"));
    int64_t before = sg_mono(&c);
    usleep(2000);
    assert_true(sg_mono(&c) > before);
}

/* Every day of 60 years begins at midnight Swedish time, and the hours and weekdays follow. */
static void swedish_days_begin(void **state)
{
    (void)state;
    for (struct sg_date d = {1990, 1, 1}; d.y < 2050; d = sg_date_add(d, 0, 0, 1)) {
        int64_t ms = sg_local_midnight(d);
        int hour = -1, weekday = -1;
        char text[SG_RFC3339_MAX], want[40];
        time_t t = (time_t)(ms / 1000 + 12 * 3600);
        struct tm tm;
        gmtime_r(&t, &tm);
        sg_local_hour(ms, &hour, &weekday);
        sg_local_time(text, ms);
        snprintf(want, sizeof want, "%04d-%02d-%02dT00:00:00", d.y, d.m, d.d);
        assert_string_equal(text, want);
        assert_int_equal(hour, 0);
        assert_int_equal(weekday, tm.tm_wday == 0 ? 7 : tm.tm_wday);
        assert_int_equal(sg_date_cmp(sg_date_stockholm(ms), d), 0);
        assert_int_equal(sg_date_cmp(sg_date_stockholm(ms - 1), d), -1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_day_of_400_years), cmocka_unit_test(stamps_with_offsets), cmocka_unit_test(swedish_time),
        cmocka_unit_test(dates_as_text), cmocka_unit_test(adding_to_dates), cmocka_unit_test(ages_agree_with_birthdays),
        cmocka_unit_test(clock_from_a_file), cmocka_unit_test(swedish_days_begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
