/* Every kind of answer a queued action can meet, ours and others', and the back-off. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "base/str.h"
#include "sync/classify.h"

#define JSON "application/json; charset=utf-8"
#define PROBLEM "application/problem+json"
#define HTML "text/html; charset=utf-8"
#define P(type, status) "{\"type\":\"" SG_PROBLEM_BASE type "\",\"title\":\"t\",\"status\":" #status "}"
#define PAGE "<html><body>Please accept the terms</body></html>"

static const struct row {
    int line;
    enum sg_err transport;
    int status;
    const char *type, *body;
    enum sg_verdict want;
} rows[] = {
#define ROW(...) { __LINE__, __VA_ARGS__ }
    /* nothing came: what curl reports */
    ROW(SG_E_OFFLINE, 0, "", "", SG_V_OFFLINE),
    ROW(SG_E_OFFLINE, 200, JSON, "{\"actionId\":", SG_V_OFFLINE),       /* cut in the body, a status line had come */
    ROW(SG_E_OFFLINE, 503, PROBLEM, P("busy", 503), SG_V_OFFLINE),
    ROW(SG_E_AUTH, 0, "", "", SG_V_AUTH),                               /* TLS refused our certificate */
    ROW(SG_E_CANCELLED, 0, "", "", SG_V_OFFLINE),
    ROW(SG_E_LIMIT, 200, JSON, "", SG_V_OFFLINE),                       /* larger than any answer of ours */
    ROW(SG_E_NOMEM, 0, "", "", SG_V_OFFLINE),
    ROW(SG_E_OK, 0, "", "", SG_V_OFFLINE),
    /* 1xx and odd numbers */
    ROW(SG_E_OK, 100, "", "", SG_V_OFFLINE),
    ROW(SG_E_OK, 103, "", "", SG_V_OFFLINE),
    ROW(SG_E_OK, 600, "", "", SG_V_OFFLINE),
    ROW(SG_E_OK, 999, JSON, "{}", SG_V_OFFLINE),
    /* success */
    ROW(SG_E_OK, 200, JSON, "{\"actionId\":\"x\"}", SG_V_DONE),
    ROW(SG_E_OK, 200, "application/json", "{}", SG_V_DONE),
    ROW(SG_E_OK, 200, "Application/JSON", "{}", SG_V_DONE),
    ROW(SG_E_OK, 201, JSON, "{}", SG_V_DONE),
    ROW(SG_E_OK, 200, HTML, PAGE, SG_V_OFFLINE),                        /* captive portal */
    ROW(SG_E_OK, 200, HTML, "{}", SG_V_OFFLINE),
    ROW(SG_E_OK, 200, "", "{}", SG_V_OFFLINE),
    ROW(SG_E_OK, 200, "text/plain", "OK", SG_V_OFFLINE),
    ROW(SG_E_OK, 200, "application/jsonp", "{}", SG_V_OFFLINE),
    ROW(SG_E_OK, 200, "application/problem+json", P("busy", 503), SG_V_OFFLINE),
    ROW(SG_E_OK, 200, JSON, "{\"actionId\":\"x\"", SG_V_RETRY),         /* truncated JSON in a whole answer */
    ROW(SG_E_OK, 200, JSON, "{\"a\":1,\"a\":2}", SG_V_RETRY),           /* duplicate keys: spoilt */
    ROW(SG_E_OK, 200, JSON, "", SG_V_RETRY),
    ROW(SG_E_OK, 200, JSON, "[]", SG_V_RETRY),
    ROW(SG_E_OK, 200, JSON, "null", SG_V_RETRY),
    ROW(SG_E_OK, 200, JSON, PAGE, SG_V_RETRY),
    ROW(SG_E_OK, 202, JSON, "{}", SG_V_RETRY),
    ROW(SG_E_OK, 204, "", "", SG_V_RETRY),
    ROW(SG_E_OK, 206, JSON, "{}", SG_V_RETRY),
    /* redirects are never ours */
    ROW(SG_E_OK, 301, HTML, "", SG_V_OFFLINE),
    ROW(SG_E_OK, 302, HTML, PAGE, SG_V_OFFLINE),
    ROW(SG_E_OK, 302, "", "", SG_V_OFFLINE),
    ROW(SG_E_OK, 307, "", "", SG_V_OFFLINE),
    ROW(SG_E_OK, 304, "", "", SG_V_RETRY),
    /* ours, by class */
    ROW(SG_E_OK, 400, PROBLEM, P("bad-request", 400), SG_V_REFUSED),
    ROW(SG_E_OK, 400, PROBLEM, P("bad-id", 400), SG_V_REFUSED),
    ROW(SG_E_OK, 401, PROBLEM, P("sign-in", 401), SG_V_AUTH),
    ROW(SG_E_OK, 403, PROBLEM, P("certificate", 403), SG_V_AUTH),
    ROW(SG_E_OK, 403, PROBLEM, P("unknown-staff", 403), SG_V_AUTH),
    ROW(SG_E_OK, 403, PROBLEM, P("not-permitted", 403), SG_V_REFUSED),
    ROW(SG_E_OK, 404, PROBLEM, P("not-available", 404), SG_V_REFUSED),
    ROW(SG_E_OK, 404, PROBLEM, P("not-found", 404), SG_V_REFUSED),
    ROW(SG_E_OK, 409, PROBLEM, P("sequence-reused", 409), SG_V_REFUSED),
    ROW(SG_E_OK, 412, PROBLEM, P("stale", 412), SG_V_CONFLICT),
    ROW(SG_E_OK, 422, PROBLEM, P("rule", 422), SG_V_REFUSED),
    ROW(SG_E_OK, 422, PROBLEM, P("invalid", 422), SG_V_REFUSED),
    ROW(SG_E_OK, 422, PROBLEM, P("id-reused", 422), SG_V_REFUSED),
    ROW(SG_E_OK, 428, PROBLEM, P("precondition-required", 428), SG_V_REFUSED),
    ROW(SG_E_OK, 429, PROBLEM, P("too-many-requests", 429), SG_V_RETRY),
    ROW(SG_E_OK, 500, PROBLEM, P("fault", 500), SG_V_RETRY),
    ROW(SG_E_OK, 503, PROBLEM, P("log-unavailable", 503), SG_V_RETRY),
    ROW(SG_E_OK, 503, PROBLEM, P("busy", 503), SG_V_RETRY),
    /* ours in name, but status and type disagree, or the type is unknown or foreign, or it is cut */
    ROW(SG_E_OK, 502, PROBLEM, P("rule", 422), SG_V_RETRY),
    ROW(SG_E_OK, 422, PROBLEM, "{\"type\":\"about:blank\",\"status\":422}", SG_V_RETRY),
    ROW(SG_E_OK, 422, PROBLEM, "{\"type\":\"" SG_PROBLEM_BASE "never-heard\",\"status\":422}", SG_V_RETRY),
    ROW(SG_E_OK, 412, PROBLEM, "{\"type\":\"" SG_PROBLEM_BASE "stale\"", SG_V_RETRY),
    ROW(SG_E_OK, 403, JSON, "{\"message\":\"Forbidden\"}", SG_V_RETRY),
    /* a proxy's */
    ROW(SG_E_OK, 400, HTML, PAGE, SG_V_OFFLINE),
    ROW(SG_E_OK, 400, "", "", SG_V_RETRY),
    ROW(SG_E_OK, 401, "", "", SG_V_AUTH),
    ROW(SG_E_OK, 401, JSON, "{}", SG_V_AUTH),
    ROW(SG_E_OK, 401, HTML, PAGE, SG_V_OFFLINE),
    ROW(SG_E_OK, 403, HTML, PAGE, SG_V_OFFLINE),
    ROW(SG_E_OK, 403, "", "", SG_V_RETRY),
    ROW(SG_E_OK, 404, HTML, PAGE, SG_V_RETRY),
    ROW(SG_E_OK, 404, "", "", SG_V_RETRY),
    ROW(SG_E_OK, 404, JSON, "{\"error\":\"no route\"}", SG_V_RETRY),
    ROW(SG_E_OK, 407, HTML, PAGE, SG_V_OFFLINE),
    ROW(SG_E_OK, 408, "", "", SG_V_RETRY),
    ROW(SG_E_OK, 408, HTML, PAGE, SG_V_RETRY),
    ROW(SG_E_OK, 409, "", "", SG_V_RETRY),
    ROW(SG_E_OK, 410, JSON, "{}", SG_V_RETRY),
    ROW(SG_E_OK, 412, JSON, "{}", SG_V_RETRY),
    ROW(SG_E_OK, 412, HTML, PAGE, SG_V_OFFLINE),
    ROW(SG_E_OK, 413, HTML, PAGE, SG_V_OFFLINE),
    ROW(SG_E_OK, 422, JSON, "{}", SG_V_RETRY),
    ROW(SG_E_OK, 425, "", "", SG_V_RETRY),
    ROW(SG_E_OK, 429, "", "", SG_V_RETRY),
    ROW(SG_E_OK, 429, HTML, PAGE, SG_V_RETRY),
    ROW(SG_E_OK, 500, "", "", SG_V_RETRY),
    ROW(SG_E_OK, 500, HTML, PAGE, SG_V_OFFLINE),
    ROW(SG_E_OK, 502, HTML, PAGE, SG_V_OFFLINE),
    ROW(SG_E_OK, 503, HTML, PAGE, SG_V_OFFLINE),
    ROW(SG_E_OK, 504, "text/plain", "upstream timed out", SG_V_RETRY),
    ROW(SG_E_OK, 511, HTML, PAGE, SG_V_OFFLINE),
    ROW(SG_E_OK, 511, "", "", SG_V_OFFLINE),
};

static enum sg_verdict judge(const struct row *w, struct sg_problem_info *pi)
{
    struct sg_http_reply r = { .status = w->status, .transport = w->transport, .retry_after = -1 };
    SG_COPY(r.content_type, w->type);
    sg_buf_init(&r.body, 4096);
    assert_int_equal(sg_buf_addz(&r.body, w->body), SG_E_OK);
    enum sg_verdict v = sg_classify(&r, pi);
    sg_http_reply_free(&r);
    return v;
}

static void table(void **state)
{
    (void)state;
    enum { N = sizeof rows / sizeof rows[0] };
    assert_true(N >= 60);
    for (size_t i = 0; i < N; i++) {
        struct sg_problem_info pi;
        enum sg_verdict v = judge(&rows[i], &pi);
        if (v != rows[i].want)
            fail_msg("line %d: status %d is %d, wanted %d", rows[i].line, rows[i].status, (int)v, (int)rows[i].want);
        if (v == SG_V_REFUSED || v == SG_V_CONFLICT)
            assert_true(pi.problem < SG_PROBLEM_COUNT);
    }
}

/* Whatever a stranger sends, an action never ends by it. */
static void strangers_never_end_an_action(void **state)
{
    (void)state;
    static const char *const types[] = { "", HTML, "text/plain", JSON, PROBLEM, "application/octet-stream" };
    static const char *const bodies[] = { "", PAGE, "OK", "{\"status\":422}", "[]", "\xff\xfe" };
    for (int status = 0; status < 700; status++) {
        for (size_t t = 0; t < 6; t++) {
            for (size_t b = 0; b < 6; b++) {
                struct row w = { 0, SG_E_OK, status, types[t], bodies[b], SG_V_RETRY };
                enum sg_verdict v = judge(&w, NULL);
                assert_true(v != SG_V_REFUSED && v != SG_V_CONFLICT);
                assert_true(v != SG_V_DONE || ((status == 200 || status == 201) && t == 3 && b == 3));
            }
        }
    }
}

static void problem_is_reported(void **state)
{
    (void)state;
    struct row w = { 0, SG_E_OK, 422, PROBLEM, P("rule", 422), SG_V_REFUSED };
    struct sg_problem_info pi;
    assert_int_equal(judge(&w, &pi), SG_V_REFUSED);
    assert_int_equal(pi.problem, SG_PROBLEM_RULE);
    struct row other = { 0, SG_E_OK, 403, HTML, PAGE, SG_V_OFFLINE };
    judge(&other, &pi);
    assert_int_equal(pi.problem, SG_PROBLEM_COUNT);
    assert_int_equal(pi.status, 403);
}

static void backoff(void **state)
{
    (void)state;
    static const struct { int attempt; int64_t ms; } want[] = {
        { -3, 4000 }, { 0, 4000 }, { 1, 4000 }, { 2, 20000 }, { 3, 300000 }, { 4, 1800000 }, { 5, 1800000 }, { 1000000, 1800000 },
    };
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
        int64_t low = INT64_MAX, high = 0;
        for (uint32_t r = 0; r < 1000; r++) {
            int64_t ms = sg_backoff_ms(want[i].attempt, -1, r * 2654435761u);
            low = ms < low ? ms : low;
            high = ms > high ? ms : high;
        }
        assert_true(low >= want[i].ms * 80 / 100 && low < want[i].ms * 85 / 100);       /* the jitter is really used */
        assert_true(high <= want[i].ms * 120 / 100 && high > want[i].ms * 115 / 100);
    }
    assert_int_equal(sg_backoff_ms(1, 90, 0), 90000);          /* Retry-After wins when longer */
    assert_true(sg_backoff_ms(4, 1, 0) >= 1440000);            /* and not when shorter */
    assert_true(sg_backoff_ms(1, INT32_MAX, 0) <= 86400000);   /* but never parks a row for ever */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table), cmocka_unit_test(strangers_never_end_an_action), cmocka_unit_test(problem_is_reported),
        cmocka_unit_test(backoff),
    };
    return cmocka_run_group_tests_name("sync_classify", tests, NULL, NULL);
}
