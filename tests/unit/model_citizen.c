/* The citizen and the policy as values, and reasons as sentences. */
#include "model_fixture.h"

static void test_copy_is_independent(void **state)
{
    (void)state;
    struct sg_citizen a, b;
    fixture_child(&a, 20120615);
    fixture_restriction(&a, SG_R_SEAL, "r-1");
    assert_int_equal(sg_citizen_copy(&b, &a), SG_E_OK);
    SG_COPY(b.restriction[0].region, "beta");
    fixture_restriction(&b, SG_R_SEAL, "r-2");
    assert_string_equal(a.restriction[0].region, "alpha");
    assert_int_equal(a.n_restrictions, 1);
    assert_int_equal(b.n_restrictions, 2);
    sg_citizen_free(&a);
    assert_null(a.restriction);
    assert_string_equal(a.id, "");
    assert_string_equal(b.restriction[0].id, "r-1");
    sg_citizen_free(&b);
    sg_citizen_free(NULL);
}

static void test_put_replaces_or_appends(void **state)
{
    (void)state;
    struct sg_citizen c;
    fixture_child(&c, 20120615);
    struct sg_restriction r = *fixture_restriction(&c, SG_R_SEAL, "r-1");
    r.state = SG_RS_LIFTED;
    assert_int_equal(sg_citizen_put(&c, &r), SG_E_OK);
    assert_int_equal(c.n_restrictions, 1);
    assert_int_equal(c.restriction[0].state, SG_RS_LIFTED);
    SG_COPY(r.id, "r-2");
    assert_int_equal(sg_citizen_put(&c, &r), SG_E_OK);
    assert_int_equal(c.n_restrictions, 2);
    assert_ptr_equal(sg_citizen_restriction(&c, "r-2"), &c.restriction[1]);
    assert_null(sg_citizen_restriction(&c, "r-3"));
    assert_null(sg_citizen_restriction(&c, ""));
    assert_null(sg_citizen_restriction(&c, NULL));
    while (c.n_restrictions < SG_RESTRICTIONS_MAX) assert_non_null(sg_citizen_add(&c));
    assert_null(sg_citizen_add(&c));
    SG_COPY(r.id, "r-3");
    assert_int_equal(sg_citizen_put(&c, &r), SG_E_LIMIT);
    struct sg_citizen full;
    assert_int_equal(sg_citizen_copy(&full, &c), SG_E_OK);
    assert_int_equal(full.n_restrictions, SG_RESTRICTIONS_MAX);
    sg_citizen_free(&full);
    SG_COPY(r.id, "r-1"); /* full, but this one is known */
    assert_int_equal(sg_citizen_put(&c, &r), SG_E_OK);
    sg_citizen_free(&c);
}

static void test_in_force(void **state)
{
    (void)state;
    struct sg_restriction r = {.kind = SG_R_SEAL, .to = day(20200101)};
    assert_true(sg_restriction_in_force(&r, day(20260101))); /* a sealed period stays sealed */
    r.kind = SG_R_MINOR_GRANT;
    assert_false(sg_restriction_in_force(&r, day(20200102)));
    assert_true(sg_restriction_in_force(&r, day(20200101)));
    r.from = day(20191201);
    assert_false(sg_restriction_in_force(&r, day(20191130)));
    r.to = (struct sg_date){0, 0, 0};
    assert_true(sg_restriction_in_force(&r, day(20260101)));
    r.state = SG_RS_LIFTED;
    assert_false(sg_restriction_in_force(&r, day(20260101)));
    r.state = SG_RS_ANNULLED;
    assert_false(sg_restriction_in_force(&r, day(20260101)));
}

static void test_names(void **state)
{
    (void)state;
    static const char *const kinds[] = {"login.lock", "record.seal", "guardian.block", "minor-access.grant"};
    for (int k = 0; k < SG_R_COUNT; k++) assert_string_equal(sg_restriction_kind_name((enum sg_restriction_kind)k), kinds[k]);
    assert_string_equal(sg_restriction_kind_name(SG_R_COUNT), "");
    assert_string_equal(sg_restriction_state_name(SG_RS_ANNULLED), "annulled");
    assert_string_equal(sg_seal_scope_name(SG_SEAL_PERIOD), "period");
    assert_string_equal(sg_requested_by_name(SG_BY_INERA), "inera");
    assert_string_equal(sg_relation_name(SG_REL_REPRESENTATIVE), "representative");
    assert_string_equal(sg_life_name(SG_EMIGRATED), "emigrated");
    assert_string_equal(sg_reach_name(SG_REACH_EXCEPT), "except");
    assert_string_equal(sg_service_name(SG_SVC_COUNT), "");
    assert_int_equal(sg_name_index(kinds, 4, "guardian.block"), 2);
    assert_int_equal(sg_name_index(kinds, 4, "guardian"), -1);
    assert_int_equal(sg_name_index(kinds, 4, NULL), -1);
}

static void test_policy_look_ups(void **state)
{
    (void)state;
    struct sg_policy p, q;
    fixture_policy(&p);
    assert_string_equal(sg_policy_region(&p, "BETA")->code, "beta");
    assert_string_equal(sg_policy_region(&p, "region beta")->code, "beta");
    assert_string_equal(sg_policy_region(&p, "se2321000024-0000")->code, "beta");
    assert_null(sg_policy_region(&p, "")); /* gamma has no HSA-id: nothing is not that */
    assert_null(sg_policy_region(&p, "delta"));
    assert_string_equal(sg_policy_unit(&p, UNIT_C)->name, "Unit C");
    assert_null(sg_policy_unit(&p, ""));
    assert_string_equal(sg_policy_provider_name(&p, PROVIDER_2), "Provider Two");
    assert_null(sg_policy_provider_name(&p, UNIT_A));
    assert_int_equal(sg_policy_copy(&q, &p), SG_E_OK);
    SG_COPY(q.unit[2].name, "changed");
    assert_string_equal(sg_policy_unit(&p, UNIT_C)->name, "Unit C");
    sg_policy_free(&p);
    assert_string_equal(sg_policy_unit(&q, UNIT_C)->name, "changed");
    sg_policy_free(&q);
    sg_policy_free(NULL);
    sg_policy_defaults(&p);
    assert_int_equal(p.guardian_until, 13);
    assert_int_equal(p.child_eservices_from, 13);
    assert_int_equal(p.child_journal_from, 16);
    assert_int_equal(p.jumpout_from, 13);
    assert_int_equal(p.adult_from, 18);
    assert_int_equal(p.widen_fresh_minutes, 240);
    assert_int_equal(p.ground_hours, 24);
    assert_int_equal(p.cache_hours, 12);
    assert_int_equal(p.idle_minutes, 5);
}

static void expect_next(const struct sg_citizen *c, int today, const char *want)
{
    struct sg_policy p;
    char text[11];
    sg_policy_defaults(&p);
    sg_date_format(text, sg_policy_next_change(&p, c, day(today)));
    assert_string_equal(text, want);
}

static void test_next_change(void **state)
{
    (void)state;
    struct sg_citizen c;
    fixture_child(&c, 20080229);
    expect_next(&c, 20100101, "2021-03-01");
    expect_next(&c, 20210228, "2021-03-01");
    expect_next(&c, 20210301, "2024-02-29");
    expect_next(&c, 20240229, "2026-03-01");
    expect_next(&c, 20260301, "");
    c.life = SG_DECEASED;
    expect_next(&c, 20100101, "");
    c.life = SG_ALIVE;
    c.pid.birth.d = 0;
    expect_next(&c, 20100101, "");
}

static void test_reasons(void **state)
{
    (void)state;
    for (unsigned r = 0; r < SG_RULE_COUNT; r++) {
        const char *msg = sg_rule_msgid((enum sg_rule)r), *mark = strchr(msg, '%');
        assert_int_equal(sg_rule_named(sg_rule_name((enum sg_rule)r)), r);
        assert_true(*msg);
        if (mark) assert_true(mark[1] == 's' && !strchr(mark + 1, '%'));
    }
    assert_int_equal(sg_rule_named("nonsense"), SG_RULE_COUNT);
    assert_int_equal(sg_rule_named(NULL), SG_RULE_COUNT);
    static const struct { struct sg_why why; const char *want; } cases[] = {
        {{SG_RULE_UNDER_AGE, "13", ""}, "under 13"},
        {{SG_RULE_BLOCKED, "2025-11-02 ref 2026/118", ""}, "blocked 2025-11-02 ref 2026/118"},
        {{SG_RULE_BLOCKED, "", ""}, "blocked"},
        {{SG_RULE_OTHER_REGION, "", ""}, "belongs to another region"},
        {{SG_RULE_GRANTED_UNIT, "%s%n", ""}, "granted for %s%n only"}, /* a detail is never a format */
        {{SG_RULE_OWN, "ignored", ""}, "own access"},
        {{SG_RULE_CONSULT, "Region Beta", ""}, "locked by Region Beta: consult them first and say whom you spoke to and when"},
        {{SG_RULE_COUNT, "", ""}, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[256];
        sg_why_text(text, sizeof text, &cases[i].why);
        assert_string_equal(text, cases[i].want);
    }
    char small[8];
    sg_why_text(small, sizeof small, &cases[1].why);
    assert_string_equal(small, "blocked");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_copy_is_independent), cmocka_unit_test(test_put_replaces_or_appends), cmocka_unit_test(test_in_force),
        cmocka_unit_test(test_names),               cmocka_unit_test(test_policy_look_ups),         cmocka_unit_test(test_next_change),
        cmocka_unit_test(test_reasons),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
