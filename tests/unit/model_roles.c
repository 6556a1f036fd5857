/* R4.1: roles x permissions against a matrix written out by hand here, combinations of roles, regions, inactive staff, terms. */
#include "model_fixture.h"

/* One letter per permission: - no, R own region, A everywhere. Columns: lookup, read, events, log, review, export, lock, seal, block, grant,
 * withdraw, protected. (terms.accept and self belong to no role.) */
static const struct { const char *role, *may; } WANT[] = {
    {"case-handler", "AA----------"},      {"case-receiver", "AA----------"},     {"local-admin", "AA----------"},
    {"permission-admin", "------------"},  {"reviewer", "--ARRR------"},          {"regional-admin", "AAAR-RR-----"},
    {"account-admin", "AAA---R-----"},     {"block-guardian", "AAA-----R-R-"},    {"journal-superadmin", "AAA----RRRR-"},
    {"seal", "AAA----R----"},              {"minor-access", "AAA------RR-"},      {"support", "AAA---------"},
    {"national-admin", "AAAAAAAAA-A-"},    {"protected-persons", "-----------A"},
};
static const char *const COLUMNS[] = {"citizen.lookup", "citizen.read", "events.read", "log.read", "log.review", "log.export", "login.lock", "record.seal",
                                      "guardian.block", "minor-access.grant", "minor-access.withdraw", "protected.see"};
enum { ROLES = sizeof WANT / sizeof *WANT, COLS = sizeof COLUMNS / sizeof *COLUMNS };

static enum sg_scope want(size_t role, size_t col)
{
    char c = WANT[role].may[col];
    return c == 'A' ? SG_SCOPE_ALL : c == 'R' ? SG_SCOPE_REGION : SG_SCOPE_NONE;
}

static void test_matrix(void **state)
{
    (void)state;
    assert_int_equal(ROLES, SG_ROLE_COUNT);
    assert_int_equal(COLS + 2, SG_PERM_COUNT);
    for (size_t r = 0; r < ROLES; r++) {
        enum sg_role role = sg_role_named(WANT[r].role);
        assert_true(role < SG_ROLE_COUNT);
        assert_int_equal(strlen(WANT[r].may), COLS);
        for (size_t c = 0; c < COLS; c++) {
            if (sg_role_scope(role, sg_perm_named(COLUMNS[c])) != want(r, c)) fail_msg("%s x %s", WANT[r].role, COLUMNS[c]);
        }
        assert_int_equal(sg_role_scope(role, SG_PERM_TERMS_ACCEPT), SG_SCOPE_NONE);
        assert_int_equal(sg_role_scope(role, SG_PERM_SELF), SG_SCOPE_NONE);
    }
}

/* The decision for every pair of roles: the wider scope of the two, in the own region, another, and none. */
static void test_authorise_all_pairs(void **state)
{
    (void)state;
    size_t cells = 0;
    for (size_t a = 0; a < ROLES; a++)
        for (size_t b = 0; b < ROLES; b++)
            for (size_t c = 0; c < COLS; c++) {
                uint32_t bits = UINT32_C(1) << sg_role_named(WANT[a].role) | UINT32_C(1) << sg_role_named(WANT[b].role);
                struct sg_actor actor = fixture_actor(bits, "alpha");
                enum sg_perm p = sg_perm_named(COLUMNS[c]);
                enum sg_scope s = want(a, c) > want(b, c) ? want(a, c) : want(b, c);
                struct sg_why why;
                assert_int_equal(sg_actor_scope(&actor, p), s);
                assert_int_equal(sg_authorise(&actor, p, "alpha", &why), s != SG_SCOPE_NONE);
                assert_int_equal(sg_authorise(&actor, p, "", &why), s != SG_SCOPE_NONE);
                bool other = sg_authorise(&actor, p, "beta", &why);
                assert_int_equal(other, s == SG_SCOPE_ALL);
                if (!other) assert_int_equal(why.rule, s == SG_SCOPE_NONE ? SG_RULE_NO_ROLE : SG_RULE_OTHER_REGION);
                if (!other && s == SG_SCOPE_REGION) assert_string_equal(why.detail, "beta");
                cells += 3;
            }
    print_message("authorisation cells: %zu\n", cells);
}

/* Whatever the roles: an inactive HSA-id may nothing, and without the terms only the terms and one's own data are open. */
static void test_inactive_and_terms(void **state)
{
    (void)state;
    for (unsigned p = 0; p < SG_PERM_COUNT; p++)
        for (int bits = 0; bits < 4; bits++) {
            struct sg_actor a = fixture_actor(UINT32_MAX, "alpha");
            struct sg_why why = {0};
            a.active = bits & 1;
            a.terms_accepted = bits & 2;
            bool open = p == SG_PERM_TERMS_ACCEPT || p == SG_PERM_SELF;
            assert_int_equal(sg_authorise(&a, (enum sg_perm)p, "alpha", &why), a.active && (a.terms_accepted || open));
            if (!a.active)
                assert_int_equal(why.rule, SG_RULE_STAFF_INACTIVE);
            else if (!a.terms_accepted && !open)
                assert_int_equal(why.rule, SG_RULE_TERMS);
        }
    struct sg_actor nobody = fixture_actor(0, "alpha");
    assert_true(sg_authorise(&nobody, SG_PERM_SELF, "", NULL));
    assert_true(sg_authorise(&nobody, SG_PERM_TERMS_ACCEPT, "beta", NULL));
    for (unsigned p = 0; p < SG_PERM_COUNT; p++)
        if (p != SG_PERM_SELF && p != SG_PERM_TERMS_ACCEPT) assert_false(sg_authorise(&nobody, (enum sg_perm)p, "", NULL));
    assert_false(sg_authorise(&nobody, SG_PERM_COUNT, "", NULL));
}

static void test_whether_to_offer_a_command(void **state)
{
    (void)state;
    struct sg_why why;
    static const struct { enum sg_action_kind kind; const char *roles; } may[] = {
        {SG_ACT_LOGIN_LOCK, "regional-admin account-admin national-admin"},
        {SG_ACT_LOGIN_UNLOCK, "regional-admin account-admin national-admin"},
        {SG_ACT_RECORD_SEAL, "seal journal-superadmin national-admin"},
        {SG_ACT_RECORD_UNSEAL, "seal journal-superadmin national-admin"},
        {SG_ACT_GUARDIAN_BLOCK, "block-guardian journal-superadmin national-admin"},
        {SG_ACT_GUARDIAN_UNBLOCK, "block-guardian journal-superadmin national-admin"},
        {SG_ACT_MINOR_GRANT, "minor-access journal-superadmin"},
        {SG_ACT_MINOR_WITHDRAW, "minor-access journal-superadmin block-guardian national-admin"},
        {SG_ACT_RESTRICTION_ANNUL, "regional-admin account-admin national-admin seal journal-superadmin block-guardian minor-access"},
        {SG_ACT_CITIZEN_PROTECT, "regional-admin account-admin national-admin seal journal-superadmin block-guardian minor-access"},
    };
    for (size_t k = 0; k < sizeof may / sizeof *may; k++)
        for (size_t r = 0; r < ROLES; r++) {
            struct sg_actor a = fixture_actor(UINT32_C(1) << sg_role_named(WANT[r].role), "alpha");
            char padded[256], word[40];
            sg_format(padded, sizeof padded, " %s ", may[k].roles);
            sg_format(word, sizeof word, " %s ", WANT[r].role);
            bool yes = strstr(padded, word) != NULL;
            if (sg_actor_may(&a, may[k].kind, &why) != yes) fail_msg("%s: %s", sg_action_def(may[k].kind)->name, WANT[r].role);
            if (!yes) assert_int_equal(why.rule, SG_RULE_NO_ROLE);
        }
    struct sg_actor a = fixture_actor(0, "alpha");
    assert_true(sg_actor_may(&a, SG_ACT_TERMS_ACCEPT, &why));
    assert_false(sg_actor_may(&a, SG_ACT_COUNT, &why));
}

/* docs/roles.md shows the same matrix. The tests run from the root of the source tree. */
static void test_documented_matrix(void **state)
{
    (void)state;
    char line[512];
    size_t rows = 0;
    FILE *doc = fopen("docs/roles.md", "r");
    if (!doc) {
        print_message("SKIPPED: docs/roles.md is not here; run from the root of the source tree\n");
        skip();
    }
    while (doc && fgets(line, sizeof line, doc)) {
        for (size_t r = 0; r < ROLES; r++) {
            char want_row[256];
            sg_format(want_row, sizeof want_row, "| `%s` |", WANT[r].role);
            if (!sg_starts(line, want_row) || strlen(line) < strlen(want_row) + 4 * COLS || line[strlen(want_row) + 3] != '|') continue;
            for (size_t c = 0; c < COLS; c++) assert_int_equal(line[strlen(want_row) + 1 + 4 * c], WANT[r].may[c]);
            rows++;
        }
    }
    if (doc) fclose(doc);
    assert_int_equal(rows, ROLES);
}

static void test_names(void **state)
{
    (void)state;
    for (unsigned r = 0; r < SG_ROLE_COUNT; r++) {
        assert_int_equal(sg_role_named(sg_role_name((enum sg_role)r)), r);
        assert_true(*sg_role_title((enum sg_role)r));
    }
    for (unsigned p = 0; p < SG_PERM_COUNT; p++) {
        assert_int_equal(sg_perm_named(sg_perm_name((enum sg_perm)p)), p);
        assert_true(*sg_perm_title((enum sg_perm)p));
    }
    assert_int_equal(sg_role_named("root"), SG_ROLE_COUNT);
    assert_int_equal(sg_role_named(NULL), SG_ROLE_COUNT);
    assert_int_equal(sg_role_scope(SG_ROLE_COUNT, SG_PERM_LOG_READ), SG_SCOPE_NONE);
    assert_int_equal(sg_role_scope(SG_ROLE_REVIEWER, SG_PERM_COUNT), SG_SCOPE_NONE);
    assert_int_equal(sg_perm_named(""), SG_PERM_COUNT);
    assert_string_equal(sg_role_name(SG_ROLE_COUNT), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_matrix),
        cmocka_unit_test(test_authorise_all_pairs),
        cmocka_unit_test(test_inactive_and_terms),
        cmocka_unit_test(test_whether_to_offer_a_command),
        cmocka_unit_test(test_documented_matrix),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
