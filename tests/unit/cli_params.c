/* field=value and JSON to actions: parts of a bundle, lists, fields for all, unknown names with a suggestion. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "cli/inside.h"

static struct sg_action a;
static struct sg_error e;

#define APPLY(kind, citizen, ...) apply((kind), (citizen), (const char *const[]){__VA_ARGS__, NULL})
static enum sg_err apply(enum sg_action_kind k, const struct sg_citizen *c, const char *const *words) {
    static char copy[12][200];
    char *arg[12];
    int n = 0;
    for (; words[n] != NULL; n++) {
        SG_COPY(copy[n], words[n]);
        arg[n] = copy[n];
    }
    memset(&e, 0, sizeof e);
    sg_action_init(&a, k, "0190-x");
    return sg_params_apply(&a, n, arg, c, &e);
}

static void simple_kinds(void **state) {
    (void)state;
    assert_int_equal(APPLY(SG_ACT_LOGIN_LOCK, NULL, "region=norr", "requestedBy=citizen"), SG_E_OK);
    assert_int_equal(a.n_parts, 1);
    assert_string_equal(sg_part_get(&a.part[0], SG_F_LOGIN_LOCK_REGION), "norr");
    assert_int_equal(APPLY(SG_ACT_LOGIN_LOCK, NULL, "regoin=norr"), SG_E_INPUT);
    assert_string_equal(e.where, "regoin");
    assert_non_null(strstr(e.detail, "region"));
    assert_int_equal(APPLY(SG_ACT_LOGIN_LOCK, NULL, "norr"), SG_E_INPUT);
    assert_int_equal(APPLY(SG_ACT_LOGIN_LOCK, NULL, "=norr"), SG_E_INPUT);
    assert_int_equal(APPLY(SG_ACT_LOGIN_LOCK, NULL, "reference=a=b"), SG_E_OK);
    assert_string_equal(sg_part_get(&a.part[0], SG_F_LOGIN_LOCK_REFERENCE), "a=b");
}

static void bundles(void **state) {
    (void)state;
    assert_int_equal(APPLY(SG_ACT_CITIZEN_PROTECT, NULL, "reference=2026/1", "guardian.block.acute=yes", "guardian.block.guardian=aa,bb", "login.lock=yes",
                           "record.seal.scope=account", "login.lock.region=syd"), SG_E_OK);
    assert_int_equal(a.n_parts, 4);
    size_t blocks = 0;
    for (size_t i = 0; i < a.n_parts; i++) {
        const struct sg_part *p = &a.part[i];
        if (p->kind == SG_ACT_GUARDIAN_BLOCK) {
            assert_string_equal(sg_part_get(p, SG_F_GUARDIAN_BLOCK_GUARDIAN), blocks++ == 0 ? "aa" : "bb");
            assert_string_equal(sg_part_get(p, SG_F_GUARDIAN_BLOCK_ACUTE), "yes");
            assert_string_equal(sg_part_get(p, SG_F_GUARDIAN_BLOCK_REFERENCE), "2026/1");
        } else if (p->kind == SG_ACT_LOGIN_LOCK) {
            assert_string_equal(sg_part_get(p, SG_F_LOGIN_LOCK_REGION), "syd");
            assert_string_equal(sg_part_get(p, SG_F_LOGIN_LOCK_REFERENCE), "2026/1");
        } else {
            assert_int_equal(p->kind, SG_ACT_RECORD_SEAL);
        }
    }
    assert_int_equal(blocks, 2);
    assert_int_equal(APPLY(SG_ACT_CITIZEN_PROTECT, NULL, "login.lock=no"), SG_E_OK);
    assert_int_equal(a.n_parts, 0);
}

static void bundle_faults(void **state) {
    (void)state;
    assert_int_equal(APPLY(SG_ACT_CITIZEN_PROTECT, NULL, "login.lcok=yes"), SG_E_INPUT);
    assert_non_null(strstr(e.detail, "login.lock"));
    assert_int_equal(APPLY(SG_ACT_CITIZEN_PROTECT, NULL, "login.lock.regin=x"), SG_E_INPUT);
    assert_non_null(strstr(e.detail, "region"));
    assert_int_equal(APPLY(SG_ACT_CITIZEN_PROTECT, NULL, "login.lock=perhaps"), SG_E_INPUT);
    assert_int_equal(APPLY(SG_ACT_CITIZEN_PROTECT, NULL, "login.unlock=yes"), SG_E_INPUT);       /* widening: no part of protect */
    assert_int_equal(APPLY(SG_ACT_CITIZEN_PROTECT, NULL, "guardian.block.guardian=a,b,c,d,e,f,g,h,i,j,k"), SG_E_LIMIT);
    assert_int_equal(APPLY(SG_ACT_CITIZEN_PROTECT, NULL, "reference=1"), SG_E_INPUT);            /* nothing to refer to */
}

static void all_grants(void **state) {
    (void)state;
    struct sg_restriction r[3] = {{.kind = SG_R_MINOR_GRANT, .state = SG_RS_ACTIVE, .id = "one"}, {.kind = SG_R_MINOR_GRANT, .state = SG_RS_LIFTED, .id = "old"},
                                  {.kind = SG_R_MINOR_GRANT, .state = SG_RS_ACTIVE, .id = "two"}};
    struct sg_citizen c = {.n_restrictions = 3, .restriction = r};
    char yes[] = "minor-access.withdraw=yes", no[] = "minor-access.withdraw.restriction=one";
    assert_int_equal(APPLY(SG_ACT_CITIZEN_PROTECT, &c, yes), SG_E_OK);
    assert_int_equal(a.n_parts, 2);
    assert_string_equal(sg_part_get(&a.part[0], SG_F_MINOR_WITHDRAW_RESTRICTION), "one");
    assert_string_equal(sg_part_get(&a.part[1], SG_F_MINOR_WITHDRAW_RESTRICTION), "two");
    assert_true(sg_params_need_citizen(&a, 1, (char *[]){yes}));
    assert_false(sg_params_need_citizen(&a, 1, (char *[]){no}));
}

static enum sg_err from_json(const char *text, bool *hold) {
    cJSON *v = NULL;
    memset(&e, 0, sizeof e);
    assert_int_equal(sg_json_parse(text, strlen(text), &SG_JSON_BODY, &v, &e), SG_E_OK);
    enum sg_err err = sg_params_json(v, &a, hold, &e);
    cJSON_Delete(v);
    return err;
}

static void json_lines(void **state) {
    (void)state;
    bool hold;
    assert_int_equal(from_json("{\"kind\":\"login.lock\",\"subject\":\"x\",\"params\":{\"region\":\"norr\"},\"reason\":\"why\",\"queue\":true}", &hold), SG_E_OK);
    assert_true(hold);
    assert_string_equal(a.reason, "why");
    assert_string_equal(sg_part_get(&a.part[0], SG_F_LOGIN_LOCK_REGION), "norr");
    assert_int_equal(from_json("{\"kind\":\"citizen.protect\",\"subject\":\"x\",\"parts\":[{\"kind\":\"login.lock\"},"
                               "{\"kind\":\"guardian.block\",\"params\":{\"guardian\":\"g\",\"acute\":true}}]}", &hold), SG_E_OK);
    assert_false(hold);
    assert_int_equal(a.n_parts, 2);
    assert_string_equal(sg_part_get(&a.part[1], SG_F_GUARDIAN_BLOCK_ACUTE), "yes");
    static const struct { const char *text, *where; } bad[] = {
        {"{\"kind\":\"login.lokc\",\"subject\":\"x\"}", "login.lokc"}, {"{\"subject\":\"x\"}", "kind"}, {"{\"kind\":\"login.lock\"}", "subject"},
        {"{\"kind\":\"login.lock\",\"subject\":\"x\",\"parms\":{}}", "parms"}, {"{\"kind\":\"login.lock\",\"subject\":\"x\",\"params\":[]}", "params"},
        {"{\"kind\":\"login.lock\",\"subject\":\"x\",\"params\":{\"region\":7}}", "region"},
        {"{\"kind\":\"login.lock\",\"subject\":\"x\",\"params\":{\"regin\":\"a\"}}", "regin"},
        {"{\"kind\":\"citizen.protect\",\"subject\":\"x\"}", "parts"},
        {"{\"kind\":\"citizen.protect\",\"subject\":\"x\",\"parts\":[{\"kind\":\"login.unlock\"}]}", "login.unlock"}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_not_equal(from_json(bad[i].text, &hold), SG_E_OK);
        assert_string_equal(e.where, bad[i].where);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(simple_kinds), cmocka_unit_test(bundles), cmocka_unit_test(bundle_faults),
                                       cmocka_unit_test(all_grants), cmocka_unit_test(json_lines)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
