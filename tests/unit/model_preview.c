/* The preview: before and after, what is not covered, and each warning where it belongs and only there. And the summary line. */
#include "model_fixture.h"

static struct sg_policy policy;
static struct sg_actor actor;
static struct sg_citizen child;
static struct sg_effect_ctx ctx;
static struct sg_action act;
static struct sg_preview view;
enum { TODAY = 20260310, TEEN = 20120615, SMALL = 20180615, ADULT = 19900615 };

static int setup(void **state)
{
    (void)state;
    fixture_policy(&policy);
    fixture_child(&child, SMALL);
    actor = fixture_actor(JOURNAL_AND_LOCK, "alpha");
    ctx = (struct sg_effect_ctx){.policy = &policy, .actor = &actor, .today = day(TODAY), .now = INT64_C(1773140400000)};
    return 0;
}
static int teardown(void **state)
{
    (void)state;
    sg_citizen_free(&child);
    sg_policy_free(&policy);
    return 0;
}

static struct sg_part *part(enum sg_action_kind k, const char *name, const char *value)
{
    struct sg_part *p = act.kind == SG_ACT_CITIZEN_PROTECT ? sg_action_add_part(&act, k) : &act.part[0];
    assert_non_null(p);
    if (name) assert_int_equal(sg_part_set(p, name, value, NULL), SG_E_OK);
    return p;
}
static void simple(enum sg_action_kind k, const char *name, const char *value)
{
    sg_action_init(&act, k, "c-alva");
    part(k, name, value);
}
static void preview(void)
{
    struct sg_error e;
    if (sg_action_validate(&act, &e) != SG_E_OK) fail_msg("not valid: %s: %s", e.where, e.detail);
    size_t n = child.n_restrictions;
    assert_int_equal(sg_effect_preview(&ctx, &act, &child, &view), SG_E_OK);
    assert_int_equal(child.n_restrictions, n);
}
static const struct sg_why *warning(enum sg_rule rule)
{
    for (size_t i = 0; i < view.n_warnings; i++)
        if (view.warning[i].rule == rule) return &view.warning[i];
    return NULL;
}
/* Exactly these warnings, ended by SG_RULE_COUNT. */
static void expect_warnings(enum sg_rule first, ...)
{
    va_list ap;
    va_start(ap, first);
    size_t n = 0;
    for (int r = (int)first; r != SG_RULE_COUNT; r = va_arg(ap, int), n++)
        if (!warning((enum sg_rule)r)) fail_msg("missing: %s", sg_rule_name((enum sg_rule)r));
    va_end(ap);
    const char *last = view.n_warnings ? sg_rule_name(view.warning[view.n_warnings - 1].rule) : "none";
    if (view.n_warnings != n) fail_msg("%zu warnings, the last is %s", view.n_warnings, last);
}
static const struct sg_access_row *row(bool after, const char *who, enum sg_service s)
{
    const struct sg_access_row *rows = after ? view.after : view.before;
    for (size_t i = 0; i < (after ? view.n_after : view.n_before); i++)
        if (rows[i].service == s && sg_eq(rows[i].who, who)) return &rows[i];
    fail_msg("no such row");
    return rows;
}

static void test_before_and_after(void **state)
{
    (void)state;
    simple(SG_ACT_GUARDIAN_BLOCK, "guardian", "Bo Ek");
    preview();
    assert_int_equal(view.verdict, SG_E_OK);
    assert_int_equal(view.n_before, 7);
    assert_int_equal(view.n_after, 7);
    assert_true(row(false, "c-bo", SG_SVC_JOURNAL)->allowed);
    assert_false(row(true, "c-bo", SG_SVC_JOURNAL)->allowed);
    assert_false(row(true, "c-bo", SG_SVC_ESERVICES)->allowed);
    assert_int_equal(row(true, "c-bo", SG_SVC_ESERVICES)->why.rule, SG_RULE_BLOCKED);
    assert_true(row(true, "c-cia", SG_SVC_JOURNAL)->allowed);
    expect_warnings(SG_RULE_W_OTHER_GUARDIAN, SG_RULE_COUNT);
    assert_string_equal(warning(SG_RULE_W_OTHER_GUARDIAN)->detail, "Cia Åkesson");
    assert_int_equal(view.n_not_covered, 1);
    assert_ptr_equal(view.not_covered[0], sg_action_def(SG_ACT_GUARDIAN_BLOCK)->not_covered);
    fixture_relation(&child, "c-dag", "Dag", SG_REL_GUARDIAN); /* a row for each who still reaches the child */
    preview();
    assert_int_equal(view.n_warnings, 2);
    assert_string_equal(view.warning[1].detail, "Dag");
}

static void test_refused_shows_nothing_changed(void **state)
{
    (void)state;
    simple(SG_ACT_GUARDIAN_BLOCK, "guardian", "nobody");
    preview();
    assert_int_equal(view.verdict, SG_E_REFUSED);
    assert_int_equal(view.why.rule, SG_RULE_NOT_A_GUARDIAN);
    assert_int_equal(view.n_after, view.n_before);
    assert_memory_equal(view.before, view.after, sizeof view.before);
    expect_warnings(SG_RULE_COUNT);
    actor.commission.roles = 0;
    preview();
    assert_int_equal(view.verdict, SG_E_DENIED);
    assert_int_equal(view.why.rule, SG_RULE_NO_ROLE);
}

static void test_block_warnings(void **state)
{
    (void)state;
    child.pid.birth = day(TEEN);
    struct sg_restriction *r = fixture_restriction(&child, SG_R_MINOR_GRANT, "r-g");
    SG_COPY(r->person, "c-bo");
    SG_COPY(r->unit, UNIT_A);
    simple(SG_ACT_GUARDIAN_BLOCK, "guardian", "c-bo");
    preview();
    expect_warnings(SG_RULE_W_MINOR_ACCESS, SG_RULE_COUNT); /* Cia reaches nothing at 13 */
    assert_string_equal(warning(SG_RULE_W_MINOR_ACCESS)->restriction, "r-g");
    simple(SG_ACT_GUARDIAN_BLOCK, "guardian", "c-cia");
    preview();
    expect_warnings(SG_RULE_W_ALREADY_SHUT, SG_RULE_W_OTHER_GUARDIAN, SG_RULE_COUNT);
    sg_action_init(&act, SG_ACT_CITIZEN_PROTECT, "c-alva"); /* withdrawn in the same act: nothing left to warn of */
    part(SG_ACT_GUARDIAN_BLOCK, "guardian", "c-bo");
    part(SG_ACT_MINOR_WITHDRAW, "restriction", "r-g");
    preview();
    expect_warnings(SG_RULE_COUNT);
}

static void test_lock_and_seal_warnings(void **state)
{
    (void)state;
    child.pid.birth = day(ADULT);
    child.n_relations = 0;
    simple(SG_ACT_LOGIN_LOCK, NULL, NULL);
    preview();
    expect_warnings(SG_RULE_W_JOURNAL_OPEN, SG_RULE_COUNT);
    simple(SG_ACT_RECORD_SEAL, NULL, NULL);
    preview();
    expect_warnings(SG_RULE_W_ESERVICES_OPEN, SG_RULE_COUNT);
    sg_action_init(&act, SG_ACT_CITIZEN_PROTECT, "c-alva");
    part(SG_ACT_LOGIN_LOCK, NULL, NULL);
    part(SG_ACT_RECORD_SEAL, NULL, NULL);
    preview();
    expect_warnings(SG_RULE_COUNT);
    assert_int_equal(view.n_not_covered, 1); /* the two close what the other leaves open */
    assert_ptr_equal(view.not_covered[0], sg_action_def(SG_ACT_CITIZEN_PROTECT)->not_covered);
    act.n_parts = 1; /* a lock alone does not */
    preview();
    assert_int_equal(view.n_not_covered, 2);
    assert_ptr_equal(view.not_covered[1], sg_action_def(SG_ACT_LOGIN_LOCK)->not_covered);
    expect_warnings(SG_RULE_W_JOURNAL_OPEN, SG_RULE_COUNT);
    child.pid.birth = day(SMALL);
    fixture_relation(&child, "c-bo", "Bo Ek", SG_REL_GUARDIAN);
    part(SG_ACT_GUARDIAN_BLOCK, "guardian", "c-bo"); /* nor does a lock with a block */
    preview();
    assert_int_equal(view.verdict, SG_E_OK);
    assert_int_equal(view.n_not_covered, 3);
}

static void test_locking_a_small_child_ends_proxies(void **state)
{
    (void)state;
    simple(SG_ACT_LOGIN_LOCK, NULL, NULL);
    preview();
    expect_warnings(SG_RULE_W_PROXY_ENDS, SG_RULE_COUNT);
    child.pid.birth = day(TEEN);
    preview();
    expect_warnings(SG_RULE_COUNT);
    child.pid.birth = day(SMALL);
    fixture_restriction(&child, SG_R_LOGIN_LOCK, "r-l"); /* another region's lock: the proxies were out already */
    SG_COPY(child.restriction[0].region, "beta");
    preview();
    expect_warnings(SG_RULE_COUNT);
}

static void test_unlock_names_the_other_locks(void **state)
{
    (void)state;
    child.pid.birth = day(ADULT);
    fixture_restriction(&child, SG_R_LOGIN_LOCK, "r-1");
    simple(SG_ACT_LOGIN_UNLOCK, "restriction", "r-1");
    preview();
    assert_int_equal(view.verdict, SG_E_OK);
    expect_warnings(SG_RULE_COUNT);
    SG_COPY(fixture_restriction(&child, SG_R_LOGIN_LOCK, "r-2")->region, "beta");
    preview();
    expect_warnings(SG_RULE_W_OTHER_LOCK, SG_RULE_COUNT);
    assert_string_equal(warning(SG_RULE_W_OTHER_LOCK)->detail, "Region Beta");
    assert_false(row(true, "c-alva", SG_SVC_ESERVICES)->allowed);
    SG_COPY(child.restriction[1].region, "left");
    preview();
    assert_string_equal(warning(SG_RULE_W_OTHER_LOCK)->detail, "left");
}

static void test_grant_without_harm_assessment(void **state)
{
    (void)state;
    child.pid.birth = day(TEEN);
    simple(SG_ACT_MINOR_GRANT, "grantee", "child");
    part(SG_ACT_MINOR_GRANT, "unit", UNIT_A);
    part(SG_ACT_MINOR_GRANT, "decisionBy", STAFF_HSA);
    preview();
    assert_int_equal(view.verdict, SG_E_OK);
    expect_warnings(SG_RULE_W_NO_HARM_CHECK, SG_RULE_COUNT);
    assert_int_equal(row(true, "c-alva", SG_SVC_JOURNAL)->reach, SG_REACH_ONLY);
    part(SG_ACT_MINOR_GRANT, "harmAssessed", "yes");
    preview();
    expect_warnings(SG_RULE_COUNT);
}

static void test_birthday_within_ninety_days(void **state)
{
    (void)state;
    static const struct { int birth; const char *day; } cases[] = {
        {20130608, "2026-06-08"}, {20130609, NULL},         {20130311, "2026-03-11"}, {20130310, NULL},
        {20100401, "2026-04-01"}, {20080401, "2026-04-01"}, {20150401, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        child.pid.birth = day(cases[i].birth);
        simple(SG_ACT_GUARDIAN_UNBLOCK, "restriction", "r-b");
        child.n_restrictions = 0;
        SG_COPY(fixture_restriction(&child, SG_R_GUARDIAN_BLOCK, "r-b")->person, "c-bo");
        preview();
        const struct sg_why *w = warning(SG_RULE_W_TURNS_AGE);
        if (!w != !cases[i].day) fail_msg("born %d", cases[i].birth);
        if (w) assert_string_equal(w->detail, cases[i].day);
    }
}

static void expect_summary(const char *want)
{
    char line[512];
    sg_action_summary(line, sizeof line, &act, &child, &policy);
    assert_string_equal(line, want);
}

static void test_summary(void **state)
{
    (void)state;
    simple(SG_ACT_GUARDIAN_BLOCK, "guardian", "c-bo");
    expect_summary("Block guardian · Bo Ek");
    simple(SG_ACT_LOGIN_LOCK, "region", "beta");
    expect_summary("Lock login · Region Beta");
    simple(SG_ACT_LOGIN_LOCK, NULL, NULL);
    expect_summary("Lock login");
    simple(SG_ACT_RECORD_SEAL, NULL, NULL);
    expect_summary("Seal record · the whole record");
    simple(SG_ACT_RECORD_SEAL, "scope", "unit");
    part(SG_ACT_RECORD_SEAL, "unit", UNIT_B);
    expect_summary("Seal record · Unit B");
    simple(SG_ACT_MINOR_GRANT, "grantee", "child");
    part(SG_ACT_MINOR_GRANT, "unit", UNIT_A);
    expect_summary("Grant minor access · Alva Ek, Unit A");
    SG_COPY(fixture_restriction(&child, SG_R_GUARDIAN_BLOCK, "r-b")->person, "c-cia");
    simple(SG_ACT_GUARDIAN_UNBLOCK, "restriction", "r-b");
    expect_summary("Unblock guardian · Cia Åkesson");
    sg_action_init(&act, SG_ACT_CITIZEN_PROTECT, "c-alva");
    part(SG_ACT_LOGIN_LOCK, NULL, NULL);
    part(SG_ACT_GUARDIAN_BLOCK, "guardian", "c-bo");
    expect_summary("Protect… · Lock login, Block guardian Bo Ek");
    char line[512];
    simple(SG_ACT_GUARDIAN_BLOCK, "guardian", "c-bo");
    sg_action_summary(line, sizeof line, &act, NULL, NULL); /* nothing is known: the ids stand there */
    assert_string_equal(line, "Block guardian · c-bo");
    sg_action_summary(line, 10, &act, &child, &policy);
    assert_string_equal(line, "Block gua");
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_before_and_after), T(test_refused_shows_nothing_changed), T(test_block_warnings), T(test_lock_and_seal_warnings),
        T(test_locking_a_small_child_ends_proxies), T(test_unlock_names_the_other_locks), T(test_grant_without_harm_assessment),
        T(test_birthday_within_ninety_days), T(test_summary),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
