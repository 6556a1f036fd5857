/* The description of the API and what the service sends, both ways: the other tests of the service compare every answer (server_kit.h);
 * here the comparison itself is proved to see faults, every route is asked, and the description's own examples fit its schemas. */
#include "tests/unit/server_kit.h"

static struct sg_http_reply said(int status, const char *type, const char *body)
{
    struct sg_http_reply re = {.status = status};
    SG_COPY(re.content_type, type);
    sg_buf_init(&re.body, 1 << 16);
    assert_int_equal(sg_buf_addz(&re.body, body), SG_E_OK);
    return re;
}

static bool fine(enum sg_method m, const char *path, int status, const char *type, const char *body)
{
    struct sg_http_reply re = said(status, type, body);
    api_silent = true;
    bool ok = api_allows(m, path, &re);
    api_silent = false;
    sg_http_reply_free(&re);
    return ok;
}

static void faults_are_seen(void **state)
{
    static const char json[] = "application/json; charset=utf-8", problem[] = "application/problem+json; charset=utf-8";
    (void)state;
    assert_true(fine(SG_POST, "/citizen-lookups", 200, json, "{\"citizenId\":\"a\"}"));
    assert_false(fine(SG_POST, "/citizen-lookups", 200, json, "{\"citizenId\":\"a\",\"name\":\"Bo\"}"));
    assert_false(fine(SG_POST, "/citizen-lookups", 200, json, "{}"));
    assert_false(fine(SG_POST, "/citizen-lookups", 200, json, "{\"citizenId\":1}"));
    assert_false(fine(SG_POST, "/citizen-lookups", 200, "text/html", "{\"citizenId\":\"a\"}"));
    assert_false(fine(SG_POST, "/citizen-lookups", 201, json, "{\"citizenId\":\"a\"}"));
    assert_false(fine(SG_GET, "/me", 412, problem, "{\"type\":\"t\",\"status\":412}"));
    assert_true(fine(SG_GET, "/me", 401, problem, "{\"type\":\"t\",\"status\":401}"));
    assert_false(fine(SG_GET, "/no-such", 200, json, "{}"));
}

static void every_route_answers_as_described(void **state)
{
    char alva[SG_ID_MAX], path[128];
    (void)state;
    kit_citizen_id(ALVA, alva);
    for (int e = 0; e < (int)SG_EP_COUNT; e++) {
        const struct sg_endpoint_def *d = sg_endpoint_def((enum sg_endpoint)e);
        const char *open = strchr(d->path, '{');
        if (open) snprintf(path, sizeof path, "%.*s%s%s", (int)(open - d->path), d->path, alva, strchr(open, '}') + 1);
        else SG_COPY(path, d->path);
        for (int who = 0; who < KIT_PEOPLE; who++) {
            if (d->id == SG_EP_SESSION_DELETE && who != STEN) continue;
            struct kit_ask a = {.who = (enum kit_who)who, .method = d->method, .path = path};
            if (d->method == SG_POST || d->method == SG_PUT) a.body = "{}";
            assert_int_not_equal(kit_send(&a), 500);
        }
    }
}

static void examples_fit_their_schemas(void **state)
{
    const cJSON *path, *op, *response, *type;
    int n = 0;
    (void)state;
    cJSON_ArrayForEach(path, api_at(api_load(), "paths"))
        cJSON_ArrayForEach(op, path)
            cJSON_ArrayForEach(response, api_at(op, "responses"))
                cJSON_ArrayForEach(type, api_at(response, "content")) {
                    const cJSON *example = api_at(type, "example");
                    if (!example) continue;
                    assert_true(api_fits(api_at(type, "schema"), example, path->string));
                    n++;
                }
    assert_true(n > 20);
}

/* Nobody is asked to guess: every operation says what it is for and who may, and every answer has a schema. */
static void every_operation_is_described(void **state)
{
    const cJSON *path, *op, *response, *type;
    (void)state;
    cJSON_ArrayForEach(path, api_at(api_load(), "paths"))
        cJSON_ArrayForEach(op, path) {
            assert_non_null(api_at(op, "description"));
            assert_true(cJSON_GetArraySize(api_at(op, "security")) == 1);
            assert_non_null(api_at(api_at(op, "responses"), "200"));
            cJSON_ArrayForEach(response, api_at(op, "responses")) {
                assert_non_null(api_at(response, "description"));
                cJSON_ArrayForEach(type, api_at(response, "content"))
                    if (!api_schema(api_at(type, "schema")) || !api_at(api_schema(api_at(type, "schema")), "type"))
                        fail_msg("%s %s: no schema (tools/openapi/api.def)", op->string, path->string);
            }
        }
}

static int forget(void **state)
{
    (void)state;
    api_free();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faults_are_seen),
        cmocka_unit_test_setup_teardown(every_route_answers_as_described, kit_setup, kit_teardown),
        cmocka_unit_test(examples_fit_their_schemas),
        cmocka_unit_test(every_operation_is_described),
    };
    return cmocka_run_group_tests_name("server described", tests, NULL, forget);
}
