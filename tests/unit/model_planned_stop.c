/* Planned stops: none in office hours, announced 72 hours ahead, and how they are told of and counted down to (R6.9). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/i18n.h"
#include "base/str.h"
#include "model/planned_stop.h"

enum { MINUTE = 60000, HOUR = 3600000 };

static int64_t ms(const char *text)
{
    int64_t at = 0;
    if (!sg_rfc3339_parse(text, &at))
        fail_msg("%s", text);
    return at;
}

/* at "": the stop keeps out of office hours. 27 November 2026 is a Friday; the clocks go on 29 March and back 25 October 2026, both Sundays. */
static const struct { const char *name, *from, *to, *at; } office[] = {
    {"a whole weekend, to the millisecond", "2026-11-27T17:00:00+01:00", "2026-11-30T07:00:00+01:00", ""},
    {"from Friday 16:59:59", "2026-11-27T16:59:59+01:00", "2026-11-27T18:00:00+01:00", "2026-11-27T16:59:59+01:00"},
    {"a millisecond before Friday 17:00", "2026-11-27T16:59:59.999+01:00", "2026-11-27T17:00:00+01:00", "2026-11-27T16:59:59.999+01:00"},
    {"until Monday 06:59", "2026-11-30T05:00:00+01:00", "2026-11-30T06:59:00+01:00", ""},
    {"until Monday 07:00", "2026-11-30T05:00:00+01:00", "2026-11-30T07:00:00+01:00", ""},
    {"a millisecond after Monday 07:00", "2026-11-30T05:00:00+01:00", "2026-11-30T07:00:00.001+01:00", "2026-11-30T07:00:00+01:00"},
    {"over Monday 07:00", "2026-11-30T06:59:00+01:00", "2026-11-30T07:01:00+01:00", "2026-11-30T07:00:00+01:00"},
    {"over the weekend into Monday", "2026-11-27T17:00:00+01:00", "2026-11-30T07:30:00+01:00", "2026-11-30T07:00:00+01:00"},
    {"Saturday by day", "2026-11-28T08:00:00+01:00", "2026-11-28T16:00:00+01:00", ""},
    {"Sunday by day", "2026-11-29T07:00:00+01:00", "2026-11-29T17:00:00+01:00", ""},
    {"a night in the week", "2026-12-01T22:00:00+01:00", "2026-12-02T06:00:00+01:00", ""},
    {"a night that gets long", "2026-12-01T22:00:00+01:00", "2026-12-02T12:00:00+01:00", "2026-12-02T07:00:00+01:00"},
    {"an evening and the next", "2026-12-01T17:00:00+01:00", "2026-12-02T18:00:00+01:00", "2026-12-02T07:00:00+01:00"},
    {"around a whole day", "2026-12-01T06:00:00+01:00", "2026-12-01T18:00:00+01:00", "2026-12-01T07:00:00+01:00"},
    {"in the middle of a day", "2026-12-03T11:00:00+01:00", "2026-12-03T11:01:00+01:00", "2026-12-03T11:00:00+01:00"},
    {"no time at all", "2026-12-03T11:00:00+01:00", "2026-12-03T11:00:00+01:00", ""},
    {"a month from Saturday on", "2026-11-28T00:00:00+01:00", "2026-12-28T00:00:00+01:00", "2026-11-30T07:00:00+01:00"},
    {"a public holiday is not known", "2027-01-01T10:00:00+01:00", "2027-01-01T11:00:00+01:00", "2027-01-01T10:00:00+01:00"},
    {"the weekend with the short night", "2026-03-27T17:00:00+01:00", "2026-03-30T07:00:00+02:00", ""},
    {"06:30 by the winter's clock on the first Monday of summer time", "2026-03-29T22:00:00+01:00", "2026-03-30T06:30:00+01:00", "2026-03-30T07:00:00+02:00"},
    {"in the short night itself", "2026-03-29T01:30:00+01:00", "2026-03-29T03:30:00+02:00", ""},
    {"the weekend with the long night", "2026-10-23T17:00:00+02:00", "2026-10-26T07:00:00+01:00", ""},
    {"07:59 by the summer's clock on the first Monday of winter time", "2026-10-25T22:00:00+02:00", "2026-10-26T07:59:00+02:00", ""},
    {"a minute more than that", "2026-10-25T22:00:00+02:00", "2026-10-26T08:01:00+02:00", "2026-10-26T07:00:00+01:00"},
    {"in the long night itself", "2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00", ""},
    {"07:00 in summer", "2026-06-10T04:00:00Z", "2026-06-10T05:00:00Z", ""},
    {"07:01 in summer", "2026-06-10T04:00:00Z", "2026-06-10T05:01:00Z", "2026-06-10T05:00:00Z"},
    {"17:00 in summer", "2026-06-10T15:00:00Z", "2026-06-10T16:00:00Z", ""},
    {"16:59 in summer", "2026-06-10T14:59:00Z", "2026-06-10T16:00:00Z", "2026-06-10T14:59:00Z"},
};

static void r6_9_office_hours(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof office / sizeof office[0]; i++) {
        int64_t at = 0;
        bool touches = sg_stop_in_office(ms(office[i].from), ms(office[i].to), &at);
        if (touches != (office[i].at[0] != '\0') || (touches && at != ms(office[i].at)))
            fail_msg("%s: %d at %lld", office[i].name, touches, (long long)at);
    }
}

static void r6_9_three_days_ahead(void **state)
{
    (void)state;
    static const char *const days[] = {"2026-11-24T08:00:00Z", "2026-03-27T22:00:00Z", "2026-10-24T00:30:00Z"};       /* 72 hours, whatever the clocks do meanwhile */
    for (size_t i = 0; i < 3; i++) {
        int64_t now = ms(days[i]);
        assert_int_equal(sg_stop_late(now + INT64_C(72) * HOUR, now), 0);
        assert_int_equal(sg_stop_late(now + INT64_C(72) * HOUR + 1, now), 0);
        assert_int_equal(sg_stop_late(now + INT64_C(72) * HOUR - 1, now), 1);
        assert_int_equal(sg_stop_late(now + HOUR, now), INT64_C(71) * HOUR);
    }
}

static void says(const struct sg_stop *s, const char *now, const char *want)
{
    char text[240];
    sg_stop_text(text, sizeof text, s, ms(now));
    assert_string_equal(text, want);
}

static void r6_9_a_stop_in_words(void **state)
{
    (void)state;
    struct sg_stop s = {ms("2026-11-28T22:00:00+01:00"), ms("2026-11-28T23:30:00+01:00"), ms("2026-11-24T08:00:00Z")};
    says(&s, "2026-11-25T18:00:00+01:00", "Planned stop Sat 2026-11-28 22:00–23:30, in 3 d 4 h");
    says(&s, "2026-11-25T18:00:00.001+01:00", "Planned stop Sat 2026-11-28 22:00–23:30, in 3 d 3 h");
    says(&s, "2026-11-27T22:00:00.001+01:00", "Planned stop Sat 2026-11-28 22:00–23:30, in 23 h");
    says(&s, "2026-11-28T21:00:00+01:00", "Planned stop Sat 2026-11-28 22:00–23:30, in 1 h");
    says(&s, "2026-11-28T21:17:30+01:00", "Planned stop Sat 2026-11-28 22:00–23:30, in 42 min");
    says(&s, "2026-11-28T21:59:01+01:00", "Planned stop Sat 2026-11-28 22:00–23:30, in less than a minute");
    says(&s, "2026-11-28T22:00:00+01:00", "Planned stop since 22:00, until 23:30");
    says(&s, "2026-11-28T23:29:59.999+01:00", "Planned stop since 22:00, until 23:30");
    says(&s, "2026-11-28T23:30:00+01:00", "");
    s.to = ms("2026-11-29T01:30:00+01:00");
    says(&s, "2026-11-28T09:00:00+01:00", "Planned stop Sat 2026-11-28 22:00 – Sun 2026-11-29 01:30, in 13 h");
    says(&s, "2026-11-28T23:00:00+01:00", "Planned stop since 22:00, until 2026-11-29 01:30");
    says(&s, "2026-11-29T00:00:00+01:00", "Planned stop since 2026-11-28 22:00, until 01:30");
    s.to = 0;
    says(&s, "2026-11-28T23:00:00+01:00", "Planned stop since 22:00");
    s.from = 0;
    says(&s, "2026-11-28T23:00:00+01:00", "");
}

/* Looking again when it is said to change is enough, and no look is in vain: 3 days and 3 hours by the hour, the last hour by the minute, then
 * the beginning, midnight and the end. */
static void r6_9_the_countdown_is_painted_when_it_changes(void **state)
{
    (void)state;
    struct sg_stop s = {ms("2026-11-28T22:00:00+01:00"), ms("2026-11-29T01:30:00+01:00"), 1};
    int64_t now = ms("2026-11-25T18:00:00+01:00"), in;
    int looks = 0;
    for (; (in = sg_stop_changes_in(&s, now)) >= 0; now += in, looks++) {
        char before[240], just[240], after[240];
        assert_true(in > 0);
        sg_stop_text(before, sizeof before, &s, now);
        sg_stop_text(just, sizeof just, &s, now + in - 1);
        sg_stop_text(after, sizeof after, &s, now + in);
        assert_string_equal(before, just);
        assert_string_not_equal(before, after);
    }
    assert_int_equal(looks, 3 * 24 + 3 + 1 + 60 + 2);
    assert_int_equal(now, s.to);
    s.from = 0;
    assert_int_equal(sg_stop_changes_in(&s, now), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(r6_9_office_hours), cmocka_unit_test(r6_9_three_days_ahead), cmocka_unit_test(r6_9_a_stop_in_words),
                                       cmocka_unit_test(r6_9_the_countdown_is_painted_when_it_changes)};
    sg_i18n_init("en");
    return cmocka_run_group_tests_name("planned stops", tests, NULL, NULL);
}
