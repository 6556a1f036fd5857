/* The route and problem tables: one spelling of each path, nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "base/str.h"
#include "wire/endpoint.h"

struct row { enum sg_method method; const char *path; enum sg_endpoint want; const char *param; bool other; };
#define UUID "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b"
#define LONG47 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct row rows[] = {
    { SG_GET, "/me", SG_EP_ME, "", false },
    { SG_GET, "/citizens/" UUID, SG_EP_CITIZEN, UUID, false },
    { SG_GET, "/citizens/a", SG_EP_CITIZEN, "a", false },
    { SG_GET, "/citizens/" LONG47, SG_EP_CITIZEN, LONG47, false },
    { SG_GET, "/citizens/" UUID "/access", SG_EP_ACCESS, UUID, false },
    { SG_GET, "/citizens/access/access", SG_EP_ACCESS, "access", false },
    { SG_PUT, "/actions/" UUID, SG_EP_ACTION_PUT, UUID, false },
    { SG_GET, "/actions/" UUID, SG_EP_ACTION_GET, UUID, false },
    { SG_DELETE, "/sessions/current", SG_EP_SESSION_DELETE, "", false },
    { SG_POST, "/sessions", SG_EP_SESSION_CREATE, "", false },
    /* the path exists, the method is another */
    { SG_PUT, "/actions/" UUID "/withdrawal", SG_EP_ACTION_WITHDRAW, UUID, false },
    { SG_DELETE, "/actions/" UUID, SG_EP_COUNT, "", true },
    { SG_POST, "/me", SG_EP_COUNT, "", true },
    { SG_GET, "/citizen-lookups", SG_EP_COUNT, "", true },
    /* no such path */
    { SG_GET, "", SG_EP_COUNT, "", false },
    { SG_GET, "/", SG_EP_COUNT, "", false },
    { SG_GET, "me", SG_EP_COUNT, "", false },
    { SG_GET, "/me/", SG_EP_COUNT, "", false },
    { SG_GET, "//me", SG_EP_COUNT, "", false },
    { SG_GET, "/ME", SG_EP_COUNT, "", false },
    { SG_GET, "/m%65", SG_EP_COUNT, "", false },
    { SG_GET, "/me?x=1", SG_EP_COUNT, "", false },
    { SG_GET, "/mex", SG_EP_COUNT, "", false },
    { SG_GET, "/citizens", SG_EP_COUNT, "", false },
    { SG_GET, "/citizens/", SG_EP_COUNT, "", false },
    { SG_GET, "/citizens//access", SG_EP_COUNT, "", false },
    { SG_GET, "/citizens/" UUID "/", SG_EP_COUNT, "", false },
    { SG_GET, "/citizens/" UUID "/access/", SG_EP_COUNT, "", false },
    { SG_GET, "/citizens/" UUID "/acces", SG_EP_COUNT, "", false },
    { SG_GET, "/citizens/" UUID "/nothing", SG_EP_COUNT, "", false },
    { SG_GET, "/citizens/0190A1B2", SG_EP_COUNT, "", false },
    { SG_GET, "/citizens/a_b", SG_EP_COUNT, "", false },
    { SG_GET, "/citizens/a.b", SG_EP_COUNT, "", false },
    { SG_GET, "/citizens/..", SG_EP_COUNT, "", false },
    { SG_GET, "/citizens/a%2Fb", SG_EP_COUNT, "", false },
    { SG_GET, "/citizens/a b", SG_EP_COUNT, "", false },
    { SG_GET, "/citizens/\xC3\xA5", SG_EP_COUNT, "", false },
    { SG_GET, "/citizens/" LONG47 "a", SG_EP_COUNT, "", false },
    { SG_GET, "/citizens/{id}", SG_EP_COUNT, "", false },
};

static void test_match_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char param[SG_ID_MAX] = "x";
        bool other = !rows[i].other;
        enum sg_endpoint got = sg_endpoint_match(rows[i].method, rows[i].path, param, &other);
        if (got != rows[i].want || other != rows[i].other || strcmp(param, rows[i].param))
            fail_msg("row %zu, %s: endpoint %d, parameter '%s', other %d", i, rows[i].path, (int)got, param, other);
    }
}

static void test_request_leads_back(void **state)
{
    (void)state;
    for (unsigned i = 0; i < SG_EP_COUNT; i++) {
        const struct sg_endpoint_def *d = sg_endpoint_def((enum sg_endpoint)i);
        struct sg_http_request r = { 0 };
        char param[SG_ID_MAX];
        bool other;
        assert_int_equal(d->id, i);
        sg_endpoint_request(&r, d->id, UUID);
        assert_int_equal(sg_endpoint_match(r.method, r.path, param, &other), i);
        assert_string_equal(param, strchr(d->path, '{') ? UUID : "");
        assert_int_equal(sg_endpoint_match(d->method, d->path, param, &other) == d->id, !strchr(d->path, '{'));
    }
}

static void test_request_refuses_what_is_no_id(void **state)
{
    static const char *const bad[] = { "", "..", "a/b", "A", "201412122389/../x", "a%20b", LONG47 "a" };
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct sg_http_request r = { 0 };
        sg_endpoint_request(&r, SG_EP_CITIZEN, bad[i]);
        assert_string_equal(r.path, "");
    }
    struct sg_http_request r = { 0 };
    sg_endpoint_request(&r, SG_EP_CITIZEN, NULL);
    assert_string_equal(r.path, "");
}

static void test_problem_names(void **state)
{
    (void)state;
    for (unsigned i = 0; i < SG_PROBLEM_COUNT; i++) {
        const struct sg_problem_def *d = sg_problem_def((enum sg_problem)i);
        char uri[128];
        assert_int_equal(d->id, i);
        assert_true(d->status >= 400 && d->status < 600);
        assert_true(sg_format(uri, sizeof uri, "%s%s", SG_PROBLEM_BASE, d->type));
        assert_int_equal(sg_problem_named(uri), i);
        assert_int_equal(sg_problem_named(d->type), i);
    }
    assert_int_equal(sg_problem_named("about:blank"), SG_PROBLEM_COUNT);
    assert_int_equal(sg_problem_named(SG_PROBLEM_BASE), SG_PROBLEM_COUNT);
    assert_int_equal(sg_problem_named(SG_PROBLEM_BASE "Stale"), SG_PROBLEM_COUNT);
    assert_int_equal(sg_problem_named(NULL), SG_PROBLEM_COUNT);
    assert_null(sg_problem_def(SG_PROBLEM_COUNT));
    assert_null(sg_endpoint_def(SG_EP_COUNT));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_match_table),
        cmocka_unit_test(test_request_leads_back),
        cmocka_unit_test(test_request_refuses_what_is_no_id),
        cmocka_unit_test(test_problem_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
