/* What is not let in: actions with anything unknown or misplaced, answers with values that would have to be guessed, problems
 * that are not ours. And what is let in on purpose: unknown members of answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "base/str.h"
#include "wire/wire.h"

#define UUID "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b"
struct row { const char *json; enum sg_err want; const char *where; };

static cJSON *tree(const char *json)
{
    cJSON *v = NULL;
    struct sg_error e = { 0 };
    if (sg_json_parse(json, strlen(json), &SG_JSON_BODY, &v, &e) != SG_E_OK)
        fail_msg("the test's own JSON is bad: %s (%s)", json, e.where);
    return v;
}

static void check_action(const struct row *r, bool stored)
{
    struct sg_action a;
    struct sg_error e = { 0 };
    cJSON *v = tree(r->json);
    enum sg_err got = sg_wire_action_read(v, stored, &a, &e);
    cJSON_Delete(v);
    if (got != r->want || strcmp(e.where, r->where))
        fail_msg("%s: %s where '%s', wanted %s where '%s'", r->json, sg_err_name(got), e.where, sg_err_name(r->want), r->where);
}

static void test_action_requests(void **state)
{
    static const struct row rows[] = {
        { "{\"kind\":\"login.lock\",\"subject\":\"a\"}", SG_E_OK, "" },
        { "{\"kind\":\"login.lock\",\"subject\":\"a\",\"params\":{}}", SG_E_OK, "" },
        { "{\"kind\":\"login.lock\",\"subject\":\"a\",\"params\":{\"region\":\"demo\"},\"seq\":1,\"device\":\"" UUID "\"}", SG_E_OK, "" },
        { "{\"kind\":\"login.unlock\",\"subject\":\"a\",\"params\":{\"childChecked\":true}}", SG_E_OK, "" },
        { "{\"kind\":\"citizen.protect\",\"subject\":\"a\",\"parts\":[]}", SG_E_OK, "" },
        { "{\"kind\":\"citizen.protect\",\"subject\":\"a\",\"parts\":[{\"kind\":\"login.lock\"}]}", SG_E_OK, "" },
        { "[]", SG_E_INPUT, "" },
        { "{}", SG_E_INPUT, "kind" },
        { "{\"kind\":7}", SG_E_INPUT, "kind" },
        { "{\"kind\":null}", SG_E_INPUT, "kind" },
        { "{\"kind\":\"login.lok\"}", SG_E_INPUT, "kind" },
        { "{\"kind\":\"LOGIN.LOCK\"}", SG_E_INPUT, "kind" },
        { "{\"kind\":\"login.lock\",\"Subject\":\"a\"}", SG_E_INPUT, "Subject" },
        { "{\"kind\":\"login.lock\",\"role\":\"national-admin\"}", SG_E_INPUT, "role" },
        { "{\"kind\":\"login.lock\",\"actionId\":\"" UUID "\"}", SG_E_INPUT, "actionId" },
        { "{\"kind\":\"login.lock\",\"observed\":\"x\"}", SG_E_INPUT, "observed" },
        { "{\"kind\":\"login.lock\",\"subject\":\"A b\"}", SG_E_INPUT, "subject" },
        { "{\"kind\":\"login.lock\",\"subject\":\"../x\"}", SG_E_INPUT, "subject" },
        { "{\"kind\":\"login.lock\",\"subject\":null}", SG_E_INPUT, "subject" },
        { "{\"kind\":\"login.lock\",\"params\":[]}", SG_E_INPUT, "params" },
        { "{\"kind\":\"login.lock\",\"params\":null}", SG_E_INPUT, "params" },
        { "{\"kind\":\"login.lock\",\"params\":{\"unit\":\"x\"}}", SG_E_INPUT, "params.unit" },
        { "{\"kind\":\"login.lock\",\"params\":{\"region\":7}}", SG_E_INPUT, "params.region" },
        { "{\"kind\":\"login.lock\",\"params\":{\"region\":null}}", SG_E_INPUT, "params.region" },
        { "{\"kind\":\"login.lock\",\"params\":{\"region\":true}}", SG_E_INPUT, "params.region" },
        { "{\"kind\":\"login.lock\",\"params\":{\"requestedBy\":\"12345678901234567\"}}", SG_E_LIMIT, "params.requestedBy" },
        { "{\"kind\":\"login.lock\",\"parts\":[]}", SG_E_INPUT, "parts" },
        { "{\"kind\":\"citizen.protect\"}", SG_E_INPUT, "parts" },
        { "{\"kind\":\"citizen.protect\",\"parts\":{}}", SG_E_INPUT, "parts" },
        { "{\"kind\":\"citizen.protect\",\"params\":{},\"parts\":[]}", SG_E_INPUT, "params" },
        { "{\"kind\":\"citizen.protect\",\"parts\":[1]}", SG_E_INPUT, "parts[0]" },
        { "{\"kind\":\"citizen.protect\",\"parts\":[{\"kind\":\"login.lock\"},{\"kind\":\"x\"}]}", SG_E_INPUT, "parts[1].kind" },
        { "{\"kind\":\"citizen.protect\",\"parts\":[{\"kind\":\"login.lock\",\"reason\":\"x\"}]}", SG_E_INPUT, "parts[0].reason" },
        { "{\"kind\":\"citizen.protect\",\"parts\":[{\"kind\":\"login.lock\",\"params\":{\"x\":\"y\"}}]}", SG_E_INPUT, "parts[0].params.x" },
        { "{\"kind\":\"login.lock\",\"offline\":\"yes\"}", SG_E_INPUT, "offline" },
        { "{\"kind\":\"login.lock\",\"offline\":1}", SG_E_INPUT, "offline" },
        { "{\"kind\":\"login.lock\",\"performedAt\":\"yesterday\"}", SG_E_INPUT, "performedAt" },
        { "{\"kind\":\"login.lock\",\"performedAt\":\"\"}", SG_E_INPUT, "performedAt" },
        { "{\"kind\":\"login.lock\",\"performedAt\":1764000000}", SG_E_INPUT, "performedAt" },
        { "{\"kind\":\"login.lock\",\"device\":\"laptop\"}", SG_E_INPUT, "device" },
        { "{\"kind\":\"login.lock\",\"seq\":0}", SG_E_INPUT, "seq" },
        { "{\"kind\":\"login.lock\",\"seq\":-1}", SG_E_INPUT, "seq" },
        { "{\"kind\":\"login.lock\",\"seq\":1.5}", SG_E_INPUT, "seq" },
        { "{\"kind\":\"login.lock\",\"seq\":\"1\"}", SG_E_INPUT, "seq" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check_action(&rows[i], false);
}

static void test_stored_actions(void **state)
{
    static const struct row rows[] = {
        { "{\"kind\":\"login.lock\",\"actionId\":\"" UUID "\",\"observed\":\"x\"}", SG_E_OK, "" },
        { "{\"kind\":\"login.lock\",\"observed\":\"*\"}", SG_E_OK, "" },
        { "{\"kind\":\"login.lock\",\"actionId\":\"X\"}", SG_E_INPUT, "actionId" },
        { "{\"kind\":\"login.lock\",\"observed\":\"a\\\"b\"}", SG_E_INPUT, "observed" },
        { "{\"kind\":\"login.lock\",\"state\":\"done\"}", SG_E_INPUT, "state" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check_action(&rows[i], true);
}

static void test_too_many_parts(void **state)
{
    char json[1024] = "{\"kind\":\"citizen.protect\",\"parts\":[";
    struct row r = { json, SG_E_LIMIT, "parts[10]" };
    (void)state;
    for (int i = 0; i <= SG_PARTS_MAX; i++)
        strncat(json, i ? ",{\"kind\":\"login.lock\"}" : "{\"kind\":\"login.lock\"}", 64);
    strncat(json, "]}", 3);
    check_action(&r, false);
}

/* A flag may be a truth value; it is kept as the word the catalogue knows. */
static void test_flag_as_truth_value(void **state)
{
    struct sg_action a;
    cJSON *v = tree("{\"kind\":\"guardian.block\",\"subject\":\"a\",\"params\":{\"acute\":true,\"guardian\":\"b\"}}");
    (void)state;
    assert_int_equal(sg_wire_action_read(v, false, &a, NULL), SG_E_OK);
    cJSON_Delete(v);
    assert_string_equal(sg_part_get(&a.part[0], SG_F_GUARDIAN_BLOCK_ACUTE), "yes");
    assert_string_equal(sg_part_get(&a.part[0], SG_F_GUARDIAN_BLOCK_GUARDIAN), "b");
}

#define RESTRICTION "\"restrictionId\":\"r\",\"kind\":\"login.lock\",\"state\":\"active\",\"requestedBy\":\"care\",\"scope\":\"account\""
#define CITIZEN "\"citizenId\":\"c\",\"idType\":\"none\",\"reserveSeries\":\"none\",\"gender\":\"unknown\",\"life\":\"alive\"," \
    "\"protectedPerson\":false,\"protectedPopulationRecord\":false,\"activeUser\":true"

static void test_citizen_answers(void **state)
{
    static const struct row rows[] = {
        { "{" CITIZEN ",\"relations\":[],\"restrictions\":[]}", SG_E_OK, "" },
        { "{" CITIZEN ",\"relations\":[],\"restrictions\":[{" RESTRICTION "}],\"news\":{\"a\":[1]}}", SG_E_OK, "" },
        { "{" CITIZEN ",\"relations\":[],\"restrictions\":[{" RESTRICTION ",\"colour\":1}]}", SG_E_OK, "" },
        { "{" CITIZEN ",\"relations\":[],\"restrictions\":[],\"birthDate\":\"1990-00-00\"}", SG_E_OK, "" },
        { "{}", SG_E_INPUT, "citizenId" },
        { "{" CITIZEN ",\"relations\":[]}", SG_E_INPUT, "restrictions" },
        { "{" CITIZEN ",\"restrictions\":[]}", SG_E_INPUT, "relations" },
        { "{" CITIZEN ",\"relations\":[],\"restrictions\":{}}", SG_E_INPUT, "restrictions" },
        { "{" CITIZEN ",\"relations\":[],\"restrictions\":[{}]}", SG_E_INPUT, "restrictions[0].restrictionId" },
        { "{" CITIZEN ",\"relations\":[],\"restrictions\":[{" RESTRICTION "},{\"restrictionId\":\"r\",\"kind\":\"record.burn\"}]}", SG_E_INPUT,
          "restrictions[1].kind" },
        { "{" CITIZEN ",\"relations\":[],\"restrictions\":[{" RESTRICTION ",\"registered\":{\"registeredAt\":\"now\"}}]}", SG_E_INPUT,
          "restrictions[0].registered.registeredAt" },
        { "{" CITIZEN ",\"relations\":[],\"restrictions\":[{" RESTRICTION ",\"to\":\"2026-02-29\"}]}", SG_E_INPUT, "restrictions[0].to" },
        { "{" CITIZEN ",\"relations\":[],\"restrictions\":[{" RESTRICTION ",\"to\":\"2026-02-00\"}]}", SG_E_INPUT, "restrictions[0].to" },
        { "{" CITIZEN ",\"relations\":[],\"restrictions\":[{" RESTRICTION ",\"acute\":\"yes\"}]}", SG_E_INPUT, "restrictions[0].acute" },
        { "{" CITIZEN ",\"relations\":[],\"restrictions\":[],\"birthDate\":\"1990-02-30\"}", SG_E_INPUT, "birthDate" },
        { "{" CITIZEN ",\"relations\":[],\"restrictions\":[],\"birthDate\":\"19900203\"}", SG_E_INPUT, "birthDate" },
        { "{" CITIZEN ",\"relations\":[],\"restrictions\":[],\"etag\":\"a b\"}", SG_E_INPUT, "etag" },
        { "{" CITIZEN ",\"relations\":[],\"restrictions\":[],\"name\":null}", SG_E_INPUT, "name" },
        { "{" CITIZEN ",\"relations\":[],\"restrictions\":[],\"personalIdentityNumber\":\"1234567890123\"}", SG_E_LIMIT, "personalIdentityNumber" },
        { "{\"citizenId\":\"\"}", SG_E_INPUT, "citizenId" },
        { "{\"citizenId\":\"../../etc\"}", SG_E_INPUT, "citizenId" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct sg_citizen c;
        struct sg_error e = { 0 };
        cJSON *v = tree(rows[i].json);
        enum sg_err got = sg_wire_citizen_read(v, &c, &e);
        cJSON_Delete(v);
        if (got != rows[i].want || strcmp(e.where, rows[i].where))
            fail_msg("%s: %s where '%s'", rows[i].json, sg_err_name(got), e.where);
        if (got != SG_E_OK) /* nothing left to free */
            assert_null(c.restriction);
        sg_citizen_free(&c);
    }
}

static void test_unknown_role_and_rule_are_borne(void **state)
{
    struct sg_actor a;
    struct sg_access_row row;
    cJSON *v = tree("{\"hsaId\":\"x\",\"active\":true,\"termsAccepted\":true,\"commission\":{\"commissionId\":\"c\",\"roles\":[\"astronaut\",\"seal\"]}}");
    (void)state;
    assert_int_equal(sg_wire_actor_read(v, &a, NULL), SG_E_OK);
    cJSON_Delete(v);
    assert_int_equal(a.commission.roles, 1U << SG_ROLE_SEAL);
    v = tree("{\"who\":\"a\",\"relation\":\"self\",\"service\":\"journal\",\"allowed\":false,\"reach\":\"none\",\"rule\":\"brand-new\"}");
    assert_int_equal(sg_wire_access_row_read(v, &row, NULL), SG_E_OK);
    cJSON_Delete(v);
    assert_int_equal(row.why.rule, SG_RULE_COUNT);
}

struct answer { int status; const char *type, *body; enum sg_err want; enum sg_problem problem; };
#define PJ "application/problem+json"
#define OURS(t, s) "{\"type\":\"" SG_PROBLEM_BASE t "\",\"title\":\"x\",\"status\":" s "}"

static void test_problems(void **state)
{
    static const struct answer rows[] = {
        { 412, PJ, OURS("stale", "412"), SG_E_OK, SG_PROBLEM_STALE },
        { 412, PJ "; charset=utf-8", OURS("stale", "412"), SG_E_OK, SG_PROBLEM_STALE },
        { 503, "Application/Problem+JSON", OURS("busy", "503"), SG_E_OK, SG_PROBLEM_BUSY },
        { 404, PJ, OURS("not-available", "404"), SG_E_OK, SG_PROBLEM_NOT_AVAILABLE },
        { 404, "text/html", "<html>not found</html>", SG_E_PARSE, SG_PROBLEM_COUNT },
        { 404, "application/json", OURS("not-available", "404"), SG_E_PARSE, SG_PROBLEM_COUNT },
        { 404, PJ "x", OURS("not-available", "404"), SG_E_PARSE, SG_PROBLEM_COUNT },
        { 404, "", OURS("not-available", "404"), SG_E_PARSE, SG_PROBLEM_COUNT },
        { 200, PJ, OURS("stale", "412"), SG_E_PARSE, SG_PROBLEM_COUNT },
        { 502, PJ, OURS("stale", "412"), SG_E_PARSE, SG_PROBLEM_COUNT },
        { 502, PJ, OURS("stale", "502"), SG_E_PARSE, SG_PROBLEM_COUNT },
        { 412, PJ, OURS("stale", "409"), SG_E_PARSE, SG_PROBLEM_COUNT },
        { 404, PJ, OURS("brand-new", "404"), SG_E_PARSE, SG_PROBLEM_COUNT },
        { 404, PJ, "{\"type\":\"about:blank\",\"status\":404}", SG_E_PARSE, SG_PROBLEM_COUNT },
        { 404, PJ, "{\"type\":\"not-found\",\"status\":404}", SG_E_PARSE, SG_PROBLEM_COUNT },
        { 404, PJ, "{\"status\":404}", SG_E_PARSE, SG_PROBLEM_COUNT },
        { 404, PJ, "[]", SG_E_PARSE, SG_PROBLEM_COUNT },
        { 404, PJ, "", SG_E_PARSE, SG_PROBLEM_COUNT },
        { 412, PJ, "{\"type\":\"" SG_PROBLEM_BASE "stale\",\"stat", SG_E_PARSE, SG_PROBLEM_COUNT },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct sg_http_reply r = { .status = rows[i].status, .retry_after = -1 };
        struct sg_problem_info info;
        SG_COPY(r.content_type, rows[i].type);
        sg_buf_init(&r.body, 4096);
        assert_int_equal(sg_buf_addz(&r.body, rows[i].body), SG_E_OK);
        enum sg_err got = sg_wire_problem_read(&r, &info);
        if (got != rows[i].want || info.problem != rows[i].problem)
            fail_msg("row %zu: %s, problem %d", i, sg_err_name(got), (int)info.problem);
        sg_http_reply_free(&r);
    }
}

static void test_problem_written_and_read(void **state)
{
    const struct sg_why why = { SG_RULE_WAITING_PERIOD, "2026-12-01", "seal-1" };
    struct sg_http_reply r = { .status = 422, .content_type = PJ };
    struct sg_problem_info info;
    (void)state;
    sg_buf_init(&r.body, 4096);
    assert_int_equal(sg_wire_print(sg_wire_problem(SG_PROBLEM_RULE, "urn:uuid:" UUID, &why, "params.to"), &r.body), SG_E_OK);
    assert_int_equal(sg_wire_problem_read(&r, &info), SG_E_OK);
    assert_int_equal(info.problem, SG_PROBLEM_RULE);
    assert_int_equal(info.why.rule, why.rule);
    assert_string_equal(info.why.detail, why.detail);
    assert_string_equal(info.why.restriction, why.restriction);
    assert_string_equal(info.detail, "params.to");
    assert_non_null(strstr(r.body.data, "may be lifted at the earliest 2026-12-01"));
    sg_http_reply_free(&r);
    assert_null(sg_wire_problem(SG_PROBLEM_COUNT, NULL, NULL, NULL));
}

/* Any problem of ours tells what became of an action, with or without the members of an outcome. */
static void test_outcome_from_bare_problem(void **state)
{
    struct sg_outcome o;
    cJSON *v = sg_wire_problem(SG_PROBLEM_INVALID, NULL, NULL, "params.to");
    (void)state;
    assert_int_equal(sg_wire_outcome_read(v, &o, NULL), SG_E_OK);
    cJSON_Delete(v);
    assert_int_equal(o.kind, SG_OUT_REFUSED);
    assert_int_equal(o.problem, SG_PROBLEM_INVALID);
    assert_int_equal(o.why.rule, SG_RULE_COUNT);
    v = sg_wire_problem(SG_PROBLEM_STALE, NULL, NULL, NULL);
    assert_int_equal(sg_wire_outcome_read(v, &o, NULL), SG_E_OK);
    cJSON_Delete(v);
    assert_int_equal(o.kind, SG_OUT_CONFLICT);
    v = tree("{\"hello\":\"from a proxy\"}");
    assert_int_equal(sg_wire_outcome_read(v, &o, NULL), SG_E_INPUT);
    cJSON_Delete(v);
}

/* What a damaged database holds must not become invalid JSON. */
static void test_bad_utf8_is_repaired(void **state)
{
    struct sg_actor a = { .hsa = "x", .name = "B\xE5" "de \xC3\xA5" };
    struct sg_buf b;
    (void)state;
    sg_buf_init(&b, 4096);
    assert_int_equal(sg_wire_print(sg_wire_actor(&a), &b), SG_E_OK);
    assert_int_equal(sg_json_check(b.data, b.len, &SG_JSON_REPLY, NULL), SG_E_OK);
    assert_non_null(strstr(b.data, "\"B\xEF\xBF\xBD" "de \xC3\xA5\""));
    sg_buf_free(&b);
}

static void test_print_keeps_the_ceiling(void **state)
{
    struct sg_buf b;
    struct sg_actor a = { .hsa = "x" };
    (void)state;
    sg_buf_init(&b, 8);
    assert_int_equal(sg_wire_print(sg_wire_actor(&a), &b), SG_E_LIMIT);
    assert_int_equal(sg_wire_print(NULL, &b), SG_E_NOMEM);
    sg_buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_action_requests), cmocka_unit_test(test_stored_actions), cmocka_unit_test(test_too_many_parts),
        cmocka_unit_test(test_flag_as_truth_value), cmocka_unit_test(test_citizen_answers),
        cmocka_unit_test(test_unknown_role_and_rule_are_borne), cmocka_unit_test(test_problems),
        cmocka_unit_test(test_problem_written_and_read), cmocka_unit_test(test_outcome_from_bare_problem),
        cmocka_unit_test(test_bad_utf8_is_repaired), cmocka_unit_test(test_print_keeps_the_ceiling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
