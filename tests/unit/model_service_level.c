/* Availability by the formula of the service descriptions. The expected values were computed apart, with exact fractions and the system's
 * time zone data (Python's fractions and zoneinfo), for the Swedish calendar month. kind: 0 fault, 1 planned stop, 2 force majeure; class:
 * 0 critical, 1 high, 2 medium, 3 low; end 0: not over yet. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include "base/str.h"
#include "model/service_level.h"

struct raw { int64_t from, to; int kind, cls; };
static const struct { const char *name; int year, month; struct raw o[4]; size_t n; int64_t now, total, down; int availability; int64_t budget; } vector[] = {
    {"nothing", 2026, 1, {{0, 0, 0, 0}}, 0, 1769900400000, 2678400000, 0, 100000, 5356800},
    {"nothing", 2026, 2, {{0, 0, 0, 0}}, 0, 1772319600000, 2419200000, 0, 100000, 4838400},
    {"nothing", 2024, 2, {{0, 0, 0, 0}}, 0, 1709247600000, 2505600000, 0, 100000, 5011200},
    {"nothing", 2000, 2, {{0, 0, 0, 0}}, 0, 951865200000, 2505600000, 0, 100000, 5011200},
    {"nothing", 2100, 2, {{0, 0, 0, 0}}, 0, 4107538800000, 2419200000, 0, 100000, 4838400},
    {"nothing", 2026, 3, {{0, 0, 0, 0}}, 0, 1774994400000, 2674800000, 0, 100000, 5349600},
    {"nothing", 2026, 4, {{0, 0, 0, 0}}, 0, 1777586400000, 2592000000, 0, 100000, 5184000},
    {"nothing", 2026, 10, {{0, 0, 0, 0}}, 0, 1793487600000, 2682000000, 0, 100000, 5364000},
    {"nothing", 2026, 12, {{0, 0, 0, 0}}, 0, 1798758000000, 2678400000, 0, 100000, 5356800},
    {"one hour critical", 2026, 1, {{1768035600000, 1768039200000, 0, 0}}, 1, 1769900400000, 2678400000, 3600000, 99865, 1756800},
    {"one hour high", 2026, 1, {{1768035600000, 1768039200000, 0, 1}}, 1, 1769900400000, 2678400000, 3600000, 99865, 1756800},
    {"one hour medium", 2026, 1, {{1768035600000, 1768039200000, 0, 2}}, 1, 1769900400000, 2678400000, 0, 100000, 5356800},
    {"one hour low", 2026, 1, {{1768035600000, 1768039200000, 0, 3}}, 1, 1769900400000, 2678400000, 0, 100000, 5356800},
    {"planned stop", 2026, 1, {{1768078800000, 1768100400000, 1, 0}}, 1, 1769900400000, 2678400000, 0, 100000, 5356800},
    {"force majeure", 2026, 1, {{1768078800000, 1768186800000, 2, 0}}, 1, 1769900400000, 2678400000, 0, 100000, 5356800},
    {"one hour of a February", 2026, 2, {{1770714000000, 1770717600000, 0, 0}}, 1, 1772319600000, 2419200000, 3600000, 99851, 1238400},
    {"one hour of a leap February", 2024, 2, {{1709197200000, 1709200800000, 0, 0}}, 1, 1709247600000, 2505600000, 3600000, 99856, 1411200},
    {"the 29th of a leap year, all day", 2024, 2, {{1709161200000, 1709247600000, 0, 0}}, 1, 1709247600000, 2505600000, 86400000, 96551, -81388800},
    {"exactly the budget", 2026, 1, {{1768460400000, 1768465756800, 0, 0}}, 1, 1769900400000, 2678400000, 5356800, 99800, 0},
    {"a millisecond more than the budget", 2026, 1, {{1768460400000, 1768465756801, 0, 0}}, 1, 1769900400000, 2678400000, 5356801, 99799, -1},
    {"a millisecond less than the budget", 2026, 1, {{1768460400000, 1768465756799, 0, 0}}, 1, 1769900400000, 2678400000, 5356799, 99800, 1},
    {"budget of 30 days to the minute", 2026, 4, {{1776232800000, 1776237960000, 0, 0}}, 1, 1777586400000, 2592000000, 5160000, 99800, 24000},
    {"one millisecond", 2026, 1, {{1768460400000, 1768460400001, 0, 0}}, 1, 1769900400000, 2678400000, 1, 99999, 5356799},
    {"no length", 2026, 1, {{1768460400000, 1768460400000, 0, 0}}, 1, 1769900400000, 2678400000, 0, 100000, 5356800},
    {"the whole month", 2026, 1, {{1767222000000, 1769900400000, 0, 0}}, 1, 1769900400000, 2678400000, 2678400000, 0, -2673043200},
    {"longer than the month", 2026, 2, {{1768863600000, 1772665200000, 0, 0}}, 1, 1772319600000, 2419200000, 2419200000, 0, -2414361600},
    {"the hour that is skipped", 2026, 3, {{1774742400000, 1774749600000, 0, 0}}, 1, 1774994400000, 2674800000, 7200000, 99730, -1850400},
    {"the night of the skipped hour", 2026, 3, {{1774731600000, 1774756800000, 0, 0}}, 1, 1774994400000, 2674800000, 25200000, 99057, -19850400},
    {"the hour that comes twice", 2026, 10, {{1792886400000, 1792893600000, 0, 0}}, 1, 1793487600000, 2682000000, 7200000, 99731, -1836000},
    {"only its second time", 2026, 10, {{1792890000000, 1792893600000, 0, 0}}, 1, 1793487600000, 2682000000, 3600000, 99865, 1764000},
    {"the long night", 2026, 10, {{1792872000000, 1792904400000, 0, 1}}, 1, 1793487600000, 2682000000, 32400000, 98791, -27036000},
    {"over the end of March, here", 2026, 3, {{1774990800000, 1775001600000, 0, 0}}, 1, 1774994400000, 2674800000, 3600000, 99865, 1749600},
    {"over the end of March, there", 2026, 4, {{1774990800000, 1775001600000, 0, 0}}, 1, 1777586400000, 2592000000, 7200000, 99722, -2016000},
    {"over New Year, here", 2026, 12, {{1798756200000, 1798761600000, 0, 0}}, 1, 1798758000000, 2678400000, 1800000, 99932, 3556800},
    {"over New Year, there", 2027, 1, {{1798756200000, 1798761600000, 0, 0}}, 1, 1801436400000, 2678400000, 3600000, 99865, 1756800},
    {"only in the month before", 2026, 5, {{1777572000000, 1777586400000, 0, 0}}, 1, 1780264800000, 2678400000, 0, 100000, 5356800},
    {"only in the month after", 2026, 5, {{1780264800000, 1780282800000, 0, 0}}, 1, 1780264800000, 2678400000, 0, 100000, 5356800},
    {"two that overlap", 2026, 5, {{1777968000000, 1777975200000, 0, 0}, {1777971600000, 1777978800000, 0, 1}}, 2, 1780264800000, 2678400000, 10800000, 99596, -5443200},
    {"one within another", 2026, 5, {{1777968000000, 1777989600000, 0, 1}, {1777971600000, 1777978800000, 0, 0}}, 2, 1780264800000, 2678400000, 21600000, 99193, -16243200},
    {"two that touch", 2026, 5, {{1777968000000, 1777971600000, 0, 0}, {1777971600000, 1777975200000, 0, 0}}, 2, 1780264800000, 2678400000, 7200000, 99731, -1843200},
    {"twice the same", 2026, 5, {{1777968000000, 1777971600000, 0, 0}, {1777968000000, 1777971600000, 0, 0}}, 2, 1780264800000, 2678400000, 3600000, 99865, 1756800},
    {"three apart", 2026, 5, {{1779264000000, 1779264420000, 0, 0}, {1777795200000, 1777795620000, 0, 0}, {1778486400000, 1778486820000, 0, 0}}, 3, 1780264800000, 2678400000, 1260000, 99952, 4096800},
    {"a fault longer than the planned stop", 2026, 5, {{1778011200000, 1778025600000, 1, 0}, {1778009400000, 1778030100000, 0, 0}}, 2, 1780264800000, 2678400000, 6300000, 99764, -943200},
    {"a planned stop within a fault", 2026, 5, {{1777968000000, 1777989600000, 0, 0}, {1777975200000, 1777978800000, 1, 0}}, 2, 1780264800000, 2678400000, 18000000, 99327, -12643200},
    {"two excuses that overlap", 2026, 5, {{1777968000000, 1777989600000, 0, 0}, {1777971600000, 1777978800000, 1, 0}, {1777975200000, 1777982400000, 2, 0}}, 3, 1780264800000, 2678400000, 10800000, 99596, -5443200},
    {"a medium fault beside a high one", 2026, 5, {{1777968000000, 1777989600000, 0, 2}, {1777971600000, 1777972200000, 0, 1}}, 2, 1780264800000, 2678400000, 600000, 99977, 4756800},
    {"not over yet", 2026, 5, {{1777968000000, 0, 0, 0}}, 1, 1777970700000, 2678400000, 2700000, 99899, 2656800},
    {"not over yet since last month", 2026, 5, {{1777449600000, 0, 0, 0}}, 1, 1777597200000, 2678400000, 10800000, 99596, -5443200},
    {"begins later than now", 2026, 5, {{1779264000000, 0, 0, 0}}, 1, 1777970700000, 2678400000, 0, 100000, 5356800},
    {"a thousandth down", 2026, 1, {{1768460400000, 1768460426784, 0, 0}}, 1, 1769900400000, 2678400000, 26784, 99999, 5330016},
    {"a hair more than a thousandth", 2026, 1, {{1768460400000, 1768460426785, 0, 0}}, 1, 1769900400000, 2678400000, 26785, 99998, 5330015},
};
enum { VECTORS = sizeof vector / sizeof vector[0] };

static void r6_4_every_vector_to_the_thousandth(void **state)
{
    (void)state;
    assert_true(VECTORS >= 40);
    for (size_t i = 0; i < VECTORS; i++) {
        struct sg_outage o[4];
        struct sg_level l;
        int64_t middle = 0;
        char text[SG_RFC3339_MAX];
        for (size_t k = 0; k < vector[i].n; k++)
            o[k] = (struct sg_outage){vector[i].o[k].from, vector[i].o[k].to, (enum sg_outage_kind)vector[i].o[k].kind, (enum sg_fault_class)vector[i].o[k].cls};
        sg_format(text, sizeof text, "%04d-%02d-15T12:00:00Z", vector[i].year, vector[i].month);
        assert_true(sg_rfc3339_parse(text, &middle));
        assert_int_equal(sg_level_of(o, vector[i].n, middle, vector[i].now, &l), SG_E_OK);
        bool right = l.availability == vector[i].availability && l.down_ms == vector[i].down && l.budget_ms == vector[i].budget &&
                     l.to - l.from == vector[i].total && l.year == vector[i].year && l.month == vector[i].month;
        if (!right)
            print_error("%s: %d, %lld ms down of %lld, budget %lld\n", vector[i].name, l.availability, (long long)l.down_ms, (long long)(l.to - l.from), (long long)l.budget_ms);
        assert_true(right);
    }
}

/* The same outages in another order say the same. */
static void r6_4_order_does_not_matter(void **state)
{
    (void)state;
    for (size_t i = 0; i < VECTORS; i++) {
        struct sg_outage o[4];
        struct sg_level l;
        size_t n = vector[i].n;
        for (size_t k = 0; k < n; k++)
            o[n - 1 - k] = (struct sg_outage){vector[i].o[k].from, vector[i].o[k].to, (enum sg_outage_kind)vector[i].o[k].kind, (enum sg_fault_class)vector[i].o[k].cls};
        char text[SG_RFC3339_MAX];
        int64_t first = 0;
        sg_format(text, sizeof text, "%04d-%02d-01T12:00:00Z", vector[i].year, vector[i].month);
        assert_true(sg_rfc3339_parse(text, &first));
        assert_int_equal(sg_level_of(o, n, first, vector[i].now, &l), SG_E_OK);
        assert_int_equal(l.down_ms, vector[i].down);
    }
}

static void an_outage_that_ends_before_it_begins_is_refused(void **state)
{
    struct sg_outage o = {.from = 2000, .to = 1000};
    struct sg_level l;
    (void)state;
    assert_int_equal(sg_level_of(&o, 1, 3000, 3000, &l), SG_E_INPUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(r6_4_every_vector_to_the_thousandth), cmocka_unit_test(r6_4_order_does_not_matter),
                                       cmocka_unit_test(an_outage_that_ends_before_it_begins_is_refused)};
    return cmocka_run_group_tests_name("service level", tests, NULL, NULL);
}
