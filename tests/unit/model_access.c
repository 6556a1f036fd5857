/* The access decision beside the table: partly unknown births, boundaries of grants and relations, lists, other policies. */
#include "model_fixture.h"

static struct sg_policy policy;
static struct sg_citizen child;

static int setup(void **state)
{
    (void)state;
    fixture_policy(&policy);
    fixture_child(&child, 20120615);
    return 0;
}
static int teardown(void **state)
{
    (void)state;
    sg_citizen_free(&child);
    sg_policy_free(&policy);
    return 0;
}

static struct sg_access_row decide(const char *who, enum sg_service s, int today)
{
    struct sg_access_row row;
    sg_access_decide(&policy, &child, who, s, day(today), &row);
    return row;
}
#define EXPECT(who, svc, today, want) assert_string_equal(sg_rule_name(decide(who, SG_SVC_##svc, today).why.rule), want)

static void test_partly_unknown_birth(void **state)
{
    (void)state;
    child.pid.birth = (struct sg_date){2012, 6, 0}; /* some day in June 2012 */
    EXPECT("c-bo", ESERVICES, 20250531, "guardian");
    EXPECT("c-bo", ESERVICES, 20250601, "over-age");  /* could be 13 today */
    EXPECT(NULL, ESERVICES, 20250629, "under-age");   /* might not be yet */
    EXPECT(NULL, ESERVICES, 20250630, "own");
    child.pid.birth = (struct sg_date){2012, 0, 0};
    EXPECT("c-bo", JOURNAL, 20241231, "guardian");
    EXPECT("c-bo", JOURNAL, 20250101, "over-age");
    EXPECT(NULL, JOURNAL, 20281230, "under-age");
    EXPECT(NULL, JOURNAL, 20281231, "own");
    child.pid.birth = (struct sg_date){2012, 2, 0}; /* the last day of that February is the 29th */
    EXPECT(NULL, ESERVICES, 20250228, "under-age");
    EXPECT(NULL, ESERVICES, 20250301, "own");
    child.pid.birth = (struct sg_date){0, 0, 0};
    EXPECT("c-bo", JOURNAL, 20250101, "over-age");
    EXPECT(NULL, JOURNAL, 20250101, "under-age");
}

static void test_grant_holds_through_its_last_day(void **state)
{
    (void)state;
    struct sg_restriction *r = fixture_restriction(&child, SG_R_MINOR_GRANT, "r-g");
    SG_COPY(r->person, "c-bo");
    SG_COPY(r->unit, UNIT_A);
    r->from = day(20260101);
    r->to = day(20260131);
    EXPECT("c-bo", JOURNAL, 20251231, "over-age");
    EXPECT("c-bo", JOURNAL, 20260101, "granted-unit");
    EXPECT("c-bo", JOURNAL, 20260131, "granted-unit");
    EXPECT("c-bo", JOURNAL, 20260201, "over-age");
    EXPECT("c-bo", ESERVICES, 20260115, "over-age");
    EXPECT("c-cia", JOURNAL, 20260115, "over-age");
    assert_string_equal(decide("c-bo", SG_SVC_JOURNAL, 20260115).why.restriction, "r-g");
    r->to = day(20990101);
    EXPECT("c-bo", JOURNAL, 20280614, "granted-unit");
    EXPECT("c-bo", JOURNAL, 20280615, "over-age");  /* never past the day before the 16th birthday */
    SG_COPY(r->unit, "SE2321000016-9999");          /* a unit the policy does not know: its id stands there */
    assert_string_equal(decide("c-bo", SG_SVC_JOURNAL, 20260601).why.detail, "SE2321000016-9999");
}

static void test_relation_holds_through_its_last_day(void **state)
{
    (void)state;
    child.relation[0].from = day(20200101);
    child.relation[0].to = day(20200131);
    EXPECT("c-bo", JOURNAL, 20191231, "relation-ended");
    EXPECT("c-bo", JOURNAL, 20200101, "guardian");
    EXPECT("c-bo", JOURNAL, 20200131, "guardian");
    EXPECT("c-bo", JOURNAL, 20200201, "relation-ended");
    fixture_relation(&child, "c-bo", "Bo Ek", SG_REL_GUARDIAN); /* custody came back: the relation in force counts */
    EXPECT("c-bo", JOURNAL, 20200201, "guardian");
    struct sg_access_row rows[SG_ACCESS_ROWS_MAX];
    assert_int_equal(sg_access_list(&policy, &child, day(20200201), rows), 3 + 2 * 2);
}

static void test_strangers_reach_nothing(void **state)
{
    (void)state;
    EXPECT("c-nobody", JOURNAL, 20200101, "not-a-guardian");
    EXPECT("c-nobody", ESERVICES, 20200101, "not-a-guardian");
    EXPECT("", JOURNAL, 20200101, "not-a-guardian");
    assert_false(decide("c-nobody", SG_SVC_JUMPOUT, 20200101).allowed);
    EXPECT("c-alva", JOURNAL, 20290101, "own"); /* the citizen's own id is the citizen */
}

static void test_list_order_and_names(void **state)
{
    (void)state;
    struct sg_access_row rows[SG_ACCESS_ROWS_MAX];
    static const char *const who[] = {"c-alva", "c-alva", "c-alva", "c-bo", "c-bo", "c-cia", "c-cia"};
    static const char *const service[] = {"e-services", "journal", "jump-out", "e-services", "journal", "e-services", "journal"};
    assert_int_equal(sg_access_list(&policy, &child, day(20200101), rows), 7);
    for (size_t i = 0; i < 7; i++) {
        assert_string_equal(rows[i].who, who[i]);
        assert_string_equal(sg_service_name(rows[i].service), service[i]);
        assert_int_equal(rows[i].relation, i < 3 ? SG_REL_SELF : SG_REL_GUARDIAN);
    }
    assert_string_equal(rows[0].name, "Alva Ek");
    assert_string_equal(rows[6].name, "Cia Åkesson");
    while (child.n_relations < SG_RELATIONS_MAX) {
        char id[8];
        sg_format(id, sizeof id, "g-%zu", child.n_relations);
        fixture_relation(&child, id, "G", SG_REL_GUARDIAN);
    }
    assert_int_equal(sg_access_list(&policy, &child, day(20200101), rows), SG_ACCESS_ROWS_MAX);
}

static void test_several_seals_and_locks(void **state)
{
    (void)state;
    struct sg_restriction *r = fixture_restriction(&child, SG_R_SEAL, "r-1");
    r->scope = SG_SEAL_UNIT;
    SG_COPY(r->unit, UNIT_B);
    r = fixture_restriction(&child, SG_R_SEAL, "r-2");
    r->scope = SG_SEAL_PROVIDER;
    SG_COPY(r->provider, PROVIDER_3);
    r = fixture_restriction(&child, SG_R_SEAL, "r-3");
    r->scope = SG_SEAL_PERIOD;
    r->to = day(20201231);
    struct sg_access_row row = decide("c-bo", SG_SVC_JOURNAL, 20200101);
    assert_string_equal(row.why.detail, "Unit B, Provider Three, –2020-12-31");
    assert_string_equal(row.why.restriction, "r-1");
    assert_int_equal(row.reach, SG_REACH_EXCEPT);
    SG_COPY(fixture_restriction(&child, SG_R_LOGIN_LOCK, "r-4")->region, "beta");
    SG_COPY(fixture_restriction(&child, SG_R_LOGIN_LOCK, "r-5")->region, "nowhere");
    SG_COPY(fixture_restriction(&child, SG_R_LOGIN_LOCK, "r-6")->region, "beta"); /* once is enough */
    fixture_restriction(&child, SG_R_LOGIN_LOCK, "r-7")->state = SG_RS_ANNULLED;
    row = decide("c-bo", SG_SVC_ESERVICES, 20200101);
    assert_string_equal(row.why.detail, "Region Beta, nowhere");
    assert_string_equal(row.why.restriction, "r-4");
    EXPECT("c-bo", JOURNAL, 20200101, "sealed-part"); /* a lock is no seal */
}

static void test_reason_of_a_sealed_grant(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct sg_restriction *r = fixture_restriction(&child, SG_R_MINOR_GRANT, i ? "r-g2" : "r-g1");
        SG_COPY(r->person, "c-bo");
        SG_COPY(r->unit, i ? UNIT_B : UNIT_A);
        r = fixture_restriction(&child, SG_R_SEAL, i ? "r-s2" : "r-s1");
        r->scope = SG_SEAL_UNIT;
        SG_COPY(r->unit, i ? UNIT_B : UNIT_A);
    }
    struct sg_access_row row = decide("c-bo", SG_SVC_JOURNAL, 20260101);
    assert_int_equal(row.why.rule, SG_RULE_SEALED);
    assert_string_equal(row.why.restriction, "r-s1"); /* the first seal that stands against it */
    child.n_restrictions = 0;
    struct sg_restriction *r = fixture_restriction(&child, SG_R_SEAL, "r-s");
    r->scope = SG_SEAL_PROVIDER;
    SG_COPY(r->provider, "SE2321000016-GONE"); /* a provider the policy does not know: its id stands there */
    assert_string_equal(decide("c-bo", SG_SVC_JOURNAL, 20200101).why.detail, "SE2321000016-GONE");
}

static void test_sealed_periods_of_a_grant(void **state)
{
    (void)state;
    struct sg_restriction *r = fixture_restriction(&child, SG_R_MINOR_GRANT, "r-g");
    SG_COPY(r->person, "c-alva");
    SG_COPY(r->unit, UNIT_A);
    for (int i = 0; i < 2; i++) {
        r = fixture_restriction(&child, SG_R_SEAL, i ? "r-s2" : "r-s1");
        r->scope = SG_SEAL_PERIOD;
        r->from = day(20200101 + i * 20000);
    }
    assert_string_equal(decide(NULL, SG_SVC_JOURNAL, 20260101).why.detail, "Unit A – ✗ 2020-01-01–, 2022-01-01–");
}

/* A list too long for the detail ends in an ellipsis behind a whole item. */
static void test_long_lists_are_cut_between_items(void **state)
{
    (void)state;
    for (int i = 0; i < 30; i++) {
        char id[16];
        sg_format(id, sizeof id, "r-%d", i);
        struct sg_restriction *r = fixture_restriction(&child, SG_R_SEAL, id);
        r->scope = SG_SEAL_UNIT;
        sg_format(r->unit, sizeof r->unit, "SE2321000016-U%02d", i);
    }
    struct sg_access_row row = decide("c-bo", SG_SVC_JOURNAL, 20200101);
    size_t n = strlen(row.why.detail);
    assert_in_range(n, 120, sizeof row.why.detail - 1);
    assert_string_equal(row.why.detail + n - strlen("0 …") + 1, " …");
    assert_non_null(strstr(row.why.detail, "SE2321000016-U00, SE2321000016-U01, "));
    size_t items = 1;
    for (const char *p = row.why.detail; (p = strchr(p, ',')); p++) items++;
    assert_int_equal(n, items * strlen("SE2321000016-U00, ") - 2 + strlen(" …"));
}

static void test_limits_come_from_the_policy(void **state)
{
    (void)state;
    EXPECT("c-bo", ESERVICES, 20260101, "over-age");
    policy.guardian_until = 15;
    EXPECT("c-bo", ESERVICES, 20260101, "guardian");
    policy.child_journal_from = 13;
    EXPECT(NULL, JOURNAL, 20260101, "own");
    policy.child_eservices_from = 14;
    EXPECT(NULL, ESERVICES, 20260101, "under-age");
    assert_string_equal(decide(NULL, SG_SVC_ESERVICES, 20260101).why.detail, "14");
    policy.jumpout_from = 18;
    EXPECT(NULL, JUMPOUT, 20260101, "under-age");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_partly_unknown_birth, setup, teardown),
        cmocka_unit_test_setup_teardown(test_grant_holds_through_its_last_day, setup, teardown),
        cmocka_unit_test_setup_teardown(test_relation_holds_through_its_last_day, setup, teardown),
        cmocka_unit_test_setup_teardown(test_strangers_reach_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_list_order_and_names, setup, teardown),
        cmocka_unit_test_setup_teardown(test_several_seals_and_locks, setup, teardown),
        cmocka_unit_test_setup_teardown(test_reason_of_a_sealed_grant, setup, teardown),
        cmocka_unit_test_setup_teardown(test_sealed_periods_of_a_grant, setup, teardown),
        cmocka_unit_test_setup_teardown(test_long_lists_are_cut_between_items, setup, teardown),
        cmocka_unit_test_setup_teardown(test_limits_come_from_the_policy, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
