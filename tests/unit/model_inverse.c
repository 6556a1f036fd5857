/* Taking back: for every kind that has an inverse, the deed and then its inverse leave nothing in force that was not before, and the other
 * way round, by the real rules. */
#include "tests/unit/model_fixture.h"

static struct sg_policy policy;
static struct sg_actor me;

static int policy_made(void **state) { (void)state; fixture_policy(&policy); me = fixture_actor(JOURNAL_AND_LOCK, "alpha"); return 0; }
static int policy_gone(void **state) { (void)state; sg_policy_free(&policy); return 0; }

struct made { size_t n; struct sg_restriction row[SG_PARTS_MAX]; };

/* Applies and notes the rows made or ended, as an outcome does. */
static void carry_out(struct sg_citizen *c, struct sg_action *a, int serial, struct made *m)
{
    struct sg_changed ch = {0};
    struct sg_why why = {0};
    struct sg_error e = {0};
    struct sg_effect_ctx x = {.policy = &policy, .actor = &me, .today = day(20260302), .now = 1772456400000};
    sg_format(a->id, sizeof a->id, "019b0000-0000-7000-8000-000000000%03d", serial);
    assert_int_equal(sg_action_validate(a, &e), SG_E_OK);
    assert_int_equal(sg_effect_apply(&x, a, c, &ch, &why), SG_E_OK);
    m->n = 0;
    for (size_t i = 0; i < ch.n; i++)
        m->row[m->n++] = *sg_citizen_restriction(c, ch.id[i]);
}

static size_t in_force(const struct sg_citizen *c)
{
    size_t n = 0;
    for (size_t i = 0; i < c->n_restrictions; i++)
        n += sg_restriction_in_force(&c->restriction[i], day(20260302));
    return n;
}

static void set(struct sg_action *a, const char *name, const char *value)
{
    struct sg_error e = {0};
    assert_int_equal(sg_part_set(&a->part[0], name, value, &e), SG_E_OK);
}

/* What a person adds in the form before going on: rules ask for it, no program may answer it. */
static void add_checks(struct sg_action *a)
{
    if (a->kind == SG_ACT_LOGIN_UNLOCK)
        set(a, "childChecked", "yes");
}

static const struct { enum sg_action_kind kind; const char *name[5], *value[5]; } first[] = {
    {SG_ACT_LOGIN_LOCK, {"region", "requestedBy"}, {"alpha", "care"}},
    {SG_ACT_RECORD_SEAL, {"scope", "unit"}, {"unit", UNIT_A}},
    {SG_ACT_RECORD_SEAL, {"scope", "from", "to"}, {"period", "2026-01-01", "2026-01-31"}},
    {SG_ACT_GUARDIAN_BLOCK, {"guardian", "decisionBy", "reviewDate"}, {"c-bo", "SE2321000016-7777", "2026-04-01"}},
    {SG_ACT_MINOR_GRANT, {"grantee", "unit", "decisionBy", "harmAssessed"}, {"c-bo", UNIT_A, "SE2321000016-7777", "yes"}},
};

static void r1_7_a_deed_and_its_inverse_leave_nothing_in_force(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof first / sizeof first[0]; i++) {
        struct sg_citizen c;
        struct sg_action a, back, forth;
        struct made m;
        fixture_child(&c, first[i].kind == SG_ACT_MINOR_GRANT ? 20111214 : 20141214);
        sg_action_init(&a, first[i].kind, c.id);
        for (int k = 0; k < 5 && first[i].name[k]; k++)
            set(&a, first[i].name[k], first[i].value[k]);
        carry_out(&c, &a, 1, &m);
        assert_int_equal(in_force(&c), 1);
        struct sg_restriction made = m.row[0];
        assert_true(sg_action_inverse(&a, m.row, m.n, &back));
        assert_string_equal(back.subject, c.id);
        assert_string_equal(back.reason, "");
        add_checks(&back);
        carry_out(&c, &back, 2, &m);
        assert_int_equal(in_force(&c), 0);
        if (sg_action_inverse(&back, m.row, m.n, &forth)) {      /* and forth again: the same restriction, not a wider or narrower one */
            carry_out(&c, &forth, 3, &m);
            assert_int_equal(in_force(&c), 1);
            assert_int_equal(m.row[0].kind, made.kind);
            assert_int_equal(m.row[0].scope, made.scope);
            assert_string_equal(m.row[0].unit, made.unit);
            assert_string_equal(m.row[0].person, made.person);
            assert_string_equal(m.row[0].region, made.region);
            assert_int_equal(sg_date_cmp(m.row[0].from, made.from), 0);
            assert_int_equal(sg_date_cmp(m.row[0].to, made.to), 0);
            assert_int_equal(sg_date_cmp(m.row[0].review, made.review), 0);
        }
        sg_citizen_free(&c);
    }
}

static void what_has_no_inverse_says_so(void **state)
{
    static const enum sg_action_kind none[] = {SG_ACT_CITIZEN_PROTECT, SG_ACT_RESTRICTION_ANNUL, SG_ACT_MINOR_WITHDRAW, SG_ACT_TERMS_ACCEPT};
    struct sg_restriction r = {.id = "r-1"};
    (void)state;
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        struct sg_action a = {.kind = none[i]}, out;
        assert_false(sg_action_inverse(&a, &r, 1, &out));
    }
    struct sg_action lock = {.kind = SG_ACT_LOGIN_LOCK}, out;
    assert_false(sg_action_inverse(&lock, NULL, 0, &out));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(r1_7_a_deed_and_its_inverse_leave_nothing_in_force), cmocka_unit_test(what_has_no_inverse_says_so)};
    return cmocka_run_group_tests_name("inverse", tests, policy_made, policy_gone);
}
