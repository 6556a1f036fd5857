/* The catalogue is sane, and the form of an action: a table of values per type, what depends on each other, normalisation. */
#include "model_fixture.h"

static void test_catalogue(void **state)
{
    (void)state;
    size_t fields = 0;
    for (unsigned k = 0; k < SG_ACT_COUNT; k++) {
        const struct sg_action_def *d = sg_action_def((enum sg_action_kind)k);
        assert_non_null(d);
        assert_int_equal(d->kind, k);
        assert_int_equal(sg_action_kind_named(d->name), k);
        assert_true(*d->title && *d->help);
        assert_in_range(d->n_fields, 0, SG_FIELDS_MAX);
        assert_in_range(d->perm, 0, SG_PERM_COUNT);
        const struct sg_action_def *back = sg_action_def(d->inverse);
        if (back && back->inverse != SG_ACT_COUNT) assert_int_equal(back->inverse, k);
        /* what widens is never just queued, and asks for the digits; what cannot be queued is not urgent */
        if (d->effect == SG_EFFECT_WIDENS) assert_true(d->offline != SG_OFFLINE_QUEUE && d->danger == SG_DANGER_TYPE_ID);
        if (d->effect == SG_EFFECT_PROTECTS) assert_true(d->offline == SG_OFFLINE_QUEUE && *d->not_covered);
        for (unsigned o = 0; o < k; o++)
            if (d->key) assert_int_not_equal(d->key, sg_action_def((enum sg_action_kind)o)->key);
        for (size_t i = 0; i < d->n_fields; i++, fields++) {
            const struct sg_field_def *f = &d->fields[i];
            assert_int_equal(f->kind, k);
            assert_int_equal(f->id, fields); /* in table order, none missing */
            assert_in_range(f->max, 1, SG_VALUE_MAX - 1);
            assert_true(*f->label && *f->help);
            assert_ptr_equal(sg_action_field(d->kind, f->name), f);
            assert_int_equal(f->choices != NULL, f->type == SG_FT_CHOICE || f->type == SG_FT_RESTRICTION);
        }
    }
    assert_int_equal(fields, SG_F_COUNT);
    assert_null(sg_action_def(SG_ACT_COUNT));
    assert_int_equal(sg_action_kind_named("login.Lock"), SG_ACT_COUNT);
    assert_int_equal(sg_action_kind_named(NULL), SG_ACT_COUNT);
    assert_null(sg_action_field(SG_ACT_LOGIN_LOCK, "scope"));
}

static void test_parts_of_a_bundle(void **state)
{
    (void)state;
    static const char *const yes = " login.lock record.seal guardian.block minor-access.withdraw ";
    for (unsigned k = 0; k < SG_ACT_COUNT; k++) {
        char word[48];
        sg_format(word, sizeof word, " %s ", sg_action_def((enum sg_action_kind)k)->name);
        assert_int_equal(sg_action_may_be_part((enum sg_action_kind)k), strstr(yes, word) != NULL);
    }
    assert_false(sg_action_may_be_part(SG_ACT_COUNT));
    struct sg_action a;
    sg_action_init(&a, SG_ACT_CITIZEN_PROTECT, "c-1");
    assert_int_equal(a.n_parts, 0);
    assert_null(sg_action_add_part(&a, SG_ACT_COUNT));
    for (int i = 0; i < SG_PARTS_MAX; i++) assert_non_null(sg_action_add_part(&a, SG_ACT_LOGIN_LOCK));
    assert_null(sg_action_add_part(&a, SG_ACT_LOGIN_LOCK));
    assert_int_equal(sg_action_validate(&a, NULL), SG_E_OK);
    a.n_parts++;
    assert_int_equal(sg_action_validate(&a, NULL), SG_E_INPUT);
}

static void test_get_and_set(void **state)
{
    (void)state;
    struct sg_action a;
    struct sg_error e;
    char big[SG_VALUE_MAX + 1];
    sg_action_init(&a, SG_ACT_RECORD_SEAL, "c-1");
    struct sg_part *p = &a.part[0];
    assert_int_equal(a.n_parts, 1);
    assert_string_equal(sg_part_get(p, SG_F_RECORD_SEAL_SCOPE), "account"); /* presets are there */
    assert_string_equal(sg_part_get(p, SG_F_RECORD_SEAL_INITIATIVE), "care");
    assert_int_equal(sg_part_set(p, "unit", UNIT_A, &e), SG_E_OK);
    assert_string_equal(sg_part_get(p, SG_F_RECORD_SEAL_UNIT), UNIT_A);
    assert_string_equal(sg_part_get(p, SG_F_RECORD_SEAL_PROVIDER), "");
    assert_string_equal(sg_part_get(p, SG_F_LOGIN_LOCK_REGION), ""); /* another kind's field */
    assert_string_equal(sg_part_get(p, SG_F_COUNT), "");
    assert_int_equal(sg_part_set(p, "guardian", "x", &e), SG_E_INPUT);
    assert_string_equal(e.where, "guardian");
    memset(big, 'x', sizeof big - 1);
    big[sizeof big - 1] = '\0';
    assert_int_equal(sg_part_set(p, "reference", big, &e), SG_E_LIMIT);
    big[64] = '\0';
    assert_int_equal(sg_part_set(p, "reference", big, &e), SG_E_OK);
    assert_int_equal(sg_part_set(p, "reference", NULL, &e), SG_E_OK);
    assert_string_equal(sg_part_get(p, SG_F_RECORD_SEAL_REFERENCE), "");
}

/* want: the value after validation, or NULL when it is refused (where = the field). */
static const struct { enum sg_action_kind kind; const char *field, *value, *want; } VALUES[] = {
    {SG_ACT_LOGIN_LOCK, "requestedBy", "Citizen", "citizen"},
    {SG_ACT_LOGIN_LOCK, "requestedBy", "", "care"},
    {SG_ACT_LOGIN_LOCK, "requestedBy", "car", NULL},
    {SG_ACT_LOGIN_LOCK, "requestedBy", "dare", NULL},
    {SG_ACT_LOGIN_LOCK, "requestedBy", "citizen|care", NULL},
    {SG_ACT_LOGIN_LOCK, "region", "  Region Å ", "Region Å"},
    {SG_ACT_LOGIN_LOCK, "reference", "D\x01", NULL},
    {SG_ACT_LOGIN_LOCK, "reference", "a\nb", NULL},
    {SG_ACT_LOGIN_LOCK, "reference", "a\x7F", NULL},
    {SG_ACT_LOGIN_LOCK, "reference", "\xC3(", NULL},
    {SG_ACT_LOGIN_LOCK, "reference", "\xC2\x85", NULL},
    {SG_ACT_LOGIN_LOCK, "requestedAt", "2026-03-10T12:00:00+01:00", "2026-03-10T11:00:00.000Z"},
    {SG_ACT_LOGIN_LOCK, "requestedAt", "2026-03-10 12:00", "2026-03-10T11:00:00.000Z"},
    {SG_ACT_LOGIN_LOCK, "requestedAt", "2026-07-10T12:00", "2026-07-10T10:00:00.000Z"},
    {SG_ACT_LOGIN_LOCK, "requestedAt", "2026-01-01 00:30", "2025-12-31T23:30:00.000Z"},
    {SG_ACT_LOGIN_LOCK, "requestedAt", "2026-03-29 02:30", NULL},                          /* skipped by summer time */
    {SG_ACT_LOGIN_LOCK, "requestedAt", "2026-10-25 02:30", "2026-10-25T00:30:00.000Z"},    /* comes twice: the first */
    {SG_ACT_LOGIN_LOCK, "requestedAt", "2026-03-10 25:00", NULL},
    {SG_ACT_LOGIN_LOCK, "requestedAt", "yesterday", NULL},
    {SG_ACT_LOGIN_LOCK, "requestedAt", "2026-03-10 12:00:30", NULL},
    {SG_ACT_LOGIN_LOCK, "requestedAt", "2026-03-10_12:00", NULL},
    {SG_ACT_LOGIN_UNLOCK, "childChecked", "JA", "yes"},
    {SG_ACT_LOGIN_UNLOCK, "childChecked", "1", "yes"},
    {SG_ACT_LOGIN_UNLOCK, "childChecked", "True", "yes"},
    {SG_ACT_LOGIN_UNLOCK, "childChecked", "nej", "no"},
    {SG_ACT_LOGIN_UNLOCK, "childChecked", "0", "no"},
    {SG_ACT_LOGIN_UNLOCK, "childChecked", "", "no"},
    {SG_ACT_LOGIN_UNLOCK, "childChecked", "maybe", NULL},
    {SG_ACT_LOGIN_UNLOCK, "restriction", "R-1", NULL},
    {SG_ACT_LOGIN_UNLOCK, "restriction", "r_1", NULL},
    {SG_ACT_LOGIN_UNLOCK, "restriction", "", NULL},
    {SG_ACT_LOGIN_UNLOCK, "restriction", "az-09", "az-09"},
    {SG_ACT_LOGIN_UNLOCK, "restriction", ACTION_ID "-2", ACTION_ID "-2"},
    {SG_ACT_GUARDIAN_BLOCK, "reviewDate", "20260401", "2026-04-01"},
    {SG_ACT_GUARDIAN_BLOCK, "reviewDate", "2026-02-29", NULL},
    {SG_ACT_GUARDIAN_BLOCK, "decisionBy", " se2321000016-1DEF", "SE2321000016-1DEF"},
    {SG_ACT_GUARDIAN_BLOCK, "decisionBy", "the boss", NULL},
    {SG_ACT_GUARDIAN_BLOCK, "guardian", "", NULL},
    {SG_ACT_GUARDIAN_BLOCK, "guardian", "Bo Ek", "Bo Ek"},
    {SG_ACT_GUARDIAN_BLOCK, "guardian", "c-0198", "c-0198"},
    {SG_ACT_GUARDIAN_BLOCK, "guardian", ACTION_ID, ACTION_ID},
    {SG_ACT_GUARDIAN_BLOCK, "guardian", "191212121212", NULL},
    {SG_ACT_GUARDIAN_BLOCK, "guardian", "19121212-1212", NULL},
    {SG_ACT_GUARDIAN_BLOCK, "guardian", "121212-1212", NULL},
    {SG_ACT_GUARDIAN_BLOCK, "guardian", "121212+1212", NULL},
    {SG_ACT_GUARDIAN_BLOCK, "guardian", "1212121212", NULL},
    {SG_ACT_GUARDIAN_BLOCK, "guardian", "Bo Ek 19121212-1212", NULL},
    {SG_ACT_GUARDIAN_BLOCK, "guardian", "Bo Ek (19121212 1212)", NULL},
    {SG_ACT_GUARDIAN_BLOCK, "guardian", "Bo:191212121212.", NULL},
    {SG_ACT_GUARDIAN_BLOCK, "guardian", "Bo191212121212", NULL},
    {SG_ACT_GUARDIAN_BLOCK, "guardian", "19121212-1213", "19121212-1213"},                 /* a wrong check digit: not a number */
    {SG_ACT_MINOR_GRANT, "grantee", "191212121212", NULL},
    {SG_ACT_MINOR_GRANT, "grantee", "child", "child"},
    {SG_ACT_MINOR_GRANT, "decisionBy", "", NULL},
    {SG_ACT_MINOR_GRANT, "unit", "Unit A", NULL},
    {SG_ACT_MINOR_GRANT, "to", "2027", NULL},
};

static void good_action(struct sg_action *a, enum sg_action_kind k)
{
    static const struct { const char *name, *value; } good[] = {
        {"restriction", "r-1"}, {"guardian", "c-bo"}, {"grantee", "child"}, {"unit", UNIT_A}, {"decisionBy", STAFF_HSA}, {"version", "1"},
        {"event", "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b"}, {"mark", "ok"}};
    sg_action_init(a, k, sg_action_about_citizen(k) ? "c-alva" : "me");
    SG_COPY(a->reason, "because");
    for (size_t i = 0; i < sizeof good / sizeof *good && a->n_parts; i++) {
        const struct sg_field_def *f = sg_action_field(k, good[i].name);
        if (f && f->required) assert_int_equal(sg_part_set(&a->part[0], f->name, good[i].value, NULL), SG_E_OK);
    }
}

static void test_values(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof VALUES / sizeof *VALUES; i++) {
        struct sg_action a;
        struct sg_error e = {0};
        good_action(&a, VALUES[i].kind);
        assert_int_equal(sg_part_set(&a.part[0], VALUES[i].field, VALUES[i].value, NULL), SG_E_OK);
        enum sg_err r = sg_action_validate(&a, &e);
        if ((r == SG_E_OK) != (VALUES[i].want != NULL)) fail_msg("%s=%s", VALUES[i].field, VALUES[i].value);
        if (r == SG_E_OK)
            assert_string_equal(sg_part_get(&a.part[0], sg_action_field(a.kind, VALUES[i].field)->id), VALUES[i].want);
        else
            assert_string_equal(e.where, VALUES[i].field);
        assert_null(strstr(e.detail, "1212")); /* an error never repeats a number */
        if (r == SG_E_OK) assert_int_equal(sg_action_validate(&a, &e), SG_E_OK); /* and what it made is valid again */
    }
}

static void test_required_fields(void **state)
{
    (void)state;
    for (unsigned k = 0; k < SG_ACT_COUNT; k++) {
        struct sg_action a;
        struct sg_error e;
        good_action(&a, (enum sg_action_kind)k);
        assert_int_equal(sg_action_validate(&a, &e), SG_E_OK);
        const struct sg_action_def *d = sg_action_def(a.kind);
        for (size_t i = 0; i < d->n_fields; i++) {
            if (!d->fields[i].required || d->fields[i].preset) continue;
            good_action(&a, (enum sg_action_kind)k);
            a.part[0].value[i][0] = '\0';
            assert_int_equal(sg_action_validate(&a, &e), SG_E_INPUT);
            assert_string_equal(e.where, d->fields[i].name);
        }
    }
}

static void test_seal_scopes(void **state)
{
    (void)state;
    static const struct { const char *scope, *unit, *provider, *from, *to, *where; } cases[] = {
        {"account", "", "", "", "", NULL},
        {"account", UNIT_A, "", "", "", "unit"},
        {"account", "", PROVIDER_1, "", "", "provider"},
        {"account", "", "", "2020-01-01", "", "from"},
        {"account", "", "", "", "2020-01-01", "to"},
        {"unit", UNIT_A, "", "", "", NULL},
        {"unit", "", "", "", "", "unit"},
        {"unit", UNIT_A, PROVIDER_1, "", "", "provider"},
        {"unit", UNIT_A, "", "2020-01-01", "", "from"},
        {"provider", "", PROVIDER_1, "", "", NULL},
        {"provider", "", "", "", "", "provider"},
        {"provider", UNIT_A, PROVIDER_1, "", "", "unit"},
        {"period", "", "", "", "", "from"},
        {"period", "", "", "2020-01-01", "", NULL},
        {"period", "", "", "", "20200101", NULL},
        {"period", "", "", "2020-01-01", "20200101", NULL},
        {"period", "", "", "2020-01-02", "20200101", "to"},
        {"period", UNIT_A, "", "2020-01-01", "", "unit"},
        {"everything", "", "", "", "", "scope"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *const set[][2] = {
            {"scope", cases[i].scope}, {"unit", cases[i].unit}, {"provider", cases[i].provider}, {"from", cases[i].from}, {"to", cases[i].to},
        };
        struct sg_action a, b;
        struct sg_error e = {0};
        sg_action_init(&a, SG_ACT_RECORD_SEAL, "c-1");
        sg_action_init(&b, SG_ACT_CITIZEN_PROTECT, "c-1");
        struct sg_part *p = sg_action_add_part(&b, SG_ACT_RECORD_SEAL);
        for (size_t k = 0; k < 5; k++) {
            assert_int_equal(sg_part_set(&a.part[0], set[k][0], set[k][1], NULL), SG_E_OK);
            assert_int_equal(sg_part_set(p, set[k][0], set[k][1], NULL), SG_E_OK);
        }
        enum sg_err r = sg_action_validate(&a, &e);
        if ((r == SG_E_OK) != !cases[i].where) fail_msg("case %zu: %s", i, e.where);
        if (r != SG_E_OK) assert_string_equal(e.where, cases[i].where);
        char where[64];
        sg_format(where, sizeof where, "record.seal.%s", cases[i].where ? cases[i].where : "");
        assert_int_equal(sg_action_validate(&b, &e), r);
        if (r != SG_E_OK) assert_string_equal(e.where, where);
    }
}

static void expect_bad(struct sg_action *a, const char *where)
{
    struct sg_error e = {0};
    assert_int_equal(sg_action_validate(a, &e), SG_E_INPUT);
    assert_string_equal(e.where, where);
}

static void test_whole_action(void **state)
{
    (void)state;
    struct sg_action a;
    good_action(&a, SG_ACT_LOGIN_LOCK);
    SG_COPY(a.reason, " two\nlines ");
    struct sg_error e;
    assert_int_equal(sg_action_validate(&a, &e), SG_E_OK);
    assert_string_equal(a.reason, "two\nlines");
    SG_COPY(a.reason, "bell\a");
    expect_bad(&a, "reason");
    good_action(&a, SG_ACT_LOGIN_LOCK);
    SG_COPY(a.subject, "19121212-1212 ");
    expect_bad(&a, "subject");
    a.subject[0] = '\0';
    expect_bad(&a, "subject");
    good_action(&a, SG_ACT_LOGIN_LOCK);
    SG_COPY(a.id, "not-a-uuid");
    expect_bad(&a, "id");
    good_action(&a, SG_ACT_RESTRICTION_ANNUL);
    SG_COPY(a.reason, " \n ");
    expect_bad(&a, "reason");
    good_action(&a, SG_ACT_LOGIN_LOCK);
    a.n_parts = 2;
    expect_bad(&a, "parts");
    a.n_parts = 1;
    a.part[0].kind = SG_ACT_RECORD_SEAL;
    expect_bad(&a, "parts");
    a.kind = SG_ACT_COUNT;
    expect_bad(&a, "kind");
    sg_action_init(&a, SG_ACT_CITIZEN_PROTECT, "c-1");
    assert_int_equal(sg_action_validate(&a, &e), SG_E_OK); /* empty: form is fine, the effect refuses it */
    assert_non_null(sg_action_add_part(&a, SG_ACT_LOGIN_UNLOCK));
    expect_bad(&a, "login.unlock.kind");
    a.part[0].kind = SG_ACT_COUNT;
    expect_bad(&a, "kind");
}

/* Deciding many at once, and doing again what came back as a conflict, leave out what asks for the number to be typed: whatever opens access must. */
static void r1_9_what_opens_access_is_decided_alone(void **state)
{
    (void)state;
    int opening = 0;
    for (int k = 0; k < SG_ACT_COUNT; k++) {
        const struct sg_action_def *d = sg_action_def((enum sg_action_kind)k);
        opening += d->effect == SG_EFFECT_WIDENS;
        if (d->effect == SG_EFFECT_WIDENS && d->danger != SG_DANGER_TYPE_ID)
            fail_msg("%s opens access and is not decided alone", d->name);
    }
    assert_true(opening > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(r1_9_what_opens_access_is_decided_alone),
        cmocka_unit_test(test_catalogue),    cmocka_unit_test(test_parts_of_a_bundle), cmocka_unit_test(test_get_and_set),
        cmocka_unit_test(test_values),       cmocka_unit_test(test_required_fields),   cmocka_unit_test(test_seal_scopes),
        cmocka_unit_test(test_whole_action),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
