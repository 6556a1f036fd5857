/* R2.15: marks for a review, each from the facts that give it and no others; draws that are uniform and can be repeated. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "base/str.h"
#include "model/risk.h"

static int64_t at(const char *s)
{
    int64_t ms = 0;
    assert_true(sg_rfc3339_parse(s, &ms));
    return ms;
}

static struct sg_risk_facts harmless(void)
{
    return (struct sg_risk_facts){.actor_name = "Anna Berg", .citizen_name = "Alva Ek", .at = at("2026-03-03T09:00:00Z")};
}

#define BIT(r) (UINT32_C(1) << SG_RISK_##r)

static void r2_15_each_mark_has_its_fact(void **state)
{
    (void)state;
    struct sg_risk_facts f = harmless();
    assert_int_equal(sg_risks(&f), 0);
    f = harmless(), f.citizen_name = "Bo BERG";
    assert_int_equal(sg_risks(&f), BIT(SAME_SURNAME));
    f = harmless(), f.citizen_name = "anna berg";
    assert_int_equal(sg_risks(&f), BIT(SAME_SURNAME) | BIT(RELATION));
    f = harmless(), f.related[0] = "Bo Ek", f.related[1] = "Anna Berg", f.n_related = 2;
    assert_int_equal(sg_risks(&f), BIT(RELATION));
    f = harmless(), f.colleague = true;
    assert_int_equal(sg_risks(&f), BIT(COLLEAGUE));
    f = harmless(), f.is_protected = true;
    assert_int_equal(sg_risks(&f), BIT(PROTECTED));
    f = harmless(), f.emergency = true;
    assert_int_equal(sg_risks(&f), BIT(BREAK_GLASS));
    f = harmless(), f.within_hour = SG_RISK_MANY - 1;
    assert_int_equal(sg_risks(&f), 0);
    f.within_hour++;
    assert_int_equal(sg_risks(&f), BIT(BULK));
    f = (struct sg_risk_facts){.actor_name = "", .citizen_name = "", .at = at("2026-03-03T09:00:00Z")};
    assert_int_equal(sg_risks(&f), 0);
}

/* Swedish time, summer and winter, and weekends. */
static void r2_15_out_of_hours(void **state)
{
    (void)state;
    static const struct { const char *at; bool out; } rows[] = {
        {"2026-03-03T06:00:00Z", false}, {"2026-03-03T05:59:59Z", true}, {"2026-03-03T17:59:59Z", false}, {"2026-03-03T18:00:00Z", true},
        {"2026-07-01T05:00:00Z", false}, {"2026-07-01T04:59:59Z", true}, {"2026-07-01T17:00:00Z", true},
        {"2026-03-07T10:00:00Z", true}, {"2026-03-08T10:00:00Z", true}, {"2026-03-06T22:59:00Z", true}, {"2026-03-08T23:30:00Z", true}, {"2026-03-09T09:00:00Z", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct sg_risk_facts f = harmless();
        f.at = at(rows[i].at);
        if ((sg_risks(&f) == BIT(OUT_OF_HOURS)) != rows[i].out) fail_msg("%s", rows[i].at);
    }
}

static void names_are_found_again(void **state)
{
    (void)state;
    for (int r = 0; r < SG_RISK_COUNT; r++) assert_int_equal(sg_risk_named(sg_risk_name(r)), r);
    assert_int_equal(sg_risk_named("none"), SG_RISK_COUNT);
    assert_string_equal(sg_risk_name(SG_RISK_COUNT), "");
}

/* The upper tail of chi squared with k degrees of freedom (Wilson and Hilferty). */
static double tail(double x, double k)
{
    double z = (cbrt(x / k) - (1 - 2 / (9 * k))) / sqrt(2 / (9 * k));
    return 0.5 * erfc(z / sqrt(2));
}

/* 100,000 draws of 10 out of n into n boxes; p > 0.01 for fixed seeds, so the test never flickers. */
static void r2_15_draws_are_uniform(void **state)
{
    (void)state;
    enum { DRAWS = 100000, K = 10, MOST = 997 };
    static const size_t sizes[] = {20, 100, MOST};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        size_t n = sizes[s];
        static int64_t v[MOST];
        static double box[MOST];
        struct sg_sampler d = {.state = 20260302 + s};
        memset(box, 0, sizeof box);
        for (size_t draw = 0; draw < DRAWS / K; draw++) {
            for (size_t i = 0; i < n; i++) v[i] = (int64_t)i;
            sg_sample_shuffle(&d, v, n, K);
            for (size_t i = 0; i < K; i++) box[v[i]]++;
        }
        double chi = 0, want = (double)DRAWS / (double)n;
        for (size_t i = 0; i < n; i++) chi += (box[i] - want) * (box[i] - want) / want;
        double p = tail(chi * (double)(n - 1) / (double)(n - K), (double)n - 1);     /* without replacement boxes vary less */
        print_message("uniform: %d draws over %zu, chi squared %.1f, p %.3f\n", DRAWS, n, chi, p);
        assert_true(p > 0.01);
    }
    struct sg_sampler d = {.state = 7};
    double chi = 0, box[MOST] = {0};
    for (size_t i = 0; i < DRAWS; i++) box[sg_sample_below(&d, MOST)]++;
    for (size_t i = 0; i < MOST; i++) chi += (box[i] - (double)DRAWS / MOST) * (box[i] - (double)DRAWS / MOST) / ((double)DRAWS / MOST);
    print_message("uniform: %d single draws over %d, chi squared %.1f, p %.3f\n", DRAWS, MOST, chi, tail(chi, MOST - 1));
    assert_true(tail(chi, MOST - 1) > 0.01);
}

static void r2_15_a_seed_repeats_its_draw(void **state)
{
    (void)state;
    int64_t a[50], b[50], c[50];
    for (int i = 0; i < 50; i++) a[i] = b[i] = c[i] = i;
    sg_sample_shuffle(&(struct sg_sampler){.state = 4711}, a, 50, 10);
    sg_sample_shuffle(&(struct sg_sampler){.state = 4711}, b, 50, 10);
    sg_sample_shuffle(&(struct sg_sampler){.state = 4712}, c, 50, 10);
    assert_memory_equal(a, b, sizeof a);
    assert_memory_not_equal(a, c, sizeof a);
    for (int i = 0; i < 10; i++)
        for (int j = 0; j < i; j++) assert_true(a[i] != a[j]);
    struct sg_sampler first = {.state = 0};
    assert_true(sg_sample_next(&first) == UINT64_C(0xE220A8397B1DCDAF));          /* the published sequence of SplitMix64 */
    assert_true(sg_sample_next(&first) == UINT64_C(0x6E789E6AA1B965F4));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(r2_15_each_mark_has_its_fact), cmocka_unit_test(r2_15_out_of_hours), cmocka_unit_test(names_are_found_again),
        cmocka_unit_test(r2_15_draws_are_uniform), cmocka_unit_test(r2_15_a_seed_repeats_its_draw),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
