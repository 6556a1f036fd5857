/* A page of the log as a query string: what is written is read back, and nothing else is read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "base/str.h"
#include "wire/query.h"

static void written_is_read(void **state)
{
    (void)state;
    struct sg_event_page a = {.order = SG_EVENTS_NEWEST, .cursor = 4711, .limit = 100}, b;
    char q[768] = "";
    const char *where = NULL;
    SG_COPY(a.filter.citizen, "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b");
    SG_COPY(a.filter.staff, "SE2321000016-1003");
    SG_COPY(a.filter.unit, "SE2321000016-U1");
    SG_COPY(a.filter.kind, "login.*");
    SG_COPY(a.filter.outcome, "refused");
    SG_COPY(a.filter.purpose, "Vård & behandling = 100 %");
    a.filter.from = 1760000000000;
    a.filter.to = 1770000000123;
    assert_true(sg_event_page_write(&a, q, sizeof q));
    assert_non_null(strstr(q, "purpose=V%C3%A5rd%20%26%20behandling%20%3D%20100%20%25"));
    assert_true(sg_event_page_read(q, &b, &where));
    assert_memory_equal(&a, &b, sizeof a);
    a = (struct sg_event_page){.order = SG_EVENTS_OLDEST, .cursor = -1};
    q[0] = '\0';
    assert_true(sg_event_page_write(&a, q, sizeof q));
    assert_string_equal(q, "order=oldest");
    assert_true(sg_event_page_read(q, &b, &where));
    assert_memory_equal(&a, &b, sizeof a);
    assert_false(sg_event_page_write(&a, (char[8]){0}, 8));
}

static void what_is_read(void **state)
{
    (void)state;
    static const struct { const char *query; bool ok; enum sg_event_order order; int64_t cursor; const char *where; } rows[] = {
        {"", true, SG_EVENTS_OFFSET, -1, ""}, {"offset=5&snapshot=7&limit=9", true, SG_EVENTS_OFFSET, -1, ""}, {"other=%zz", true, SG_EVENTS_OFFSET, -1, ""},
        {"staff=SE1-2", true, SG_EVENTS_OLDEST, -1, ""}, {"before=0", true, SG_EVENTS_NEWEST, 0, ""}, {"after=9&order=newest", true, SG_EVENTS_NEWEST, 9, ""},
        {"before=-1", false, 0, 0, "before"}, {"before=", false, 0, 0, "before"}, {"before", false, 0, 0, "before"}, {"limit=0", false, 0, 0, "limit"},
        {"limit=1001", false, 0, 0, "limit"}, {"order=random", false, 0, 0, "order"}, {"from=yesterday", false, 0, 0, "from"}, {"to=2026-02-30T00:00:00Z", false, 0, 0, "to"},
        {"purpose=%", false, 0, 0, "purpose"}, {"purpose=%4", false, 0, 0, "purpose"}, {"purpose=%C3", false, 0, 0, "purpose"}, {"purpose=%00", false, 0, 0, "purpose"},
        {"purpose=%0A", false, 0, 0, "purpose"}, {"purpose=a b", false, 0, 0, "purpose"}, {"outcome=refused-by-rule", false, 0, 0, "outcome"},
        {"citizen=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false, 0, 0, "citizen"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct sg_event_page p;
        const char *where = NULL;
        bool ok = sg_event_page_read(rows[i].query, &p, &where);
        if (ok != rows[i].ok || !sg_eq(where, rows[i].where)) fail_msg("%s: %d %s", rows[i].query, ok, where);
        if (ok && (p.order != rows[i].order || p.cursor != rows[i].cursor)) fail_msg("%s: order %d cursor %lld", rows[i].query, p.order, (long long)p.cursor);
    }
}

static void kinds_and_groups(void **state)
{
    (void)state;
    assert_true(sg_event_kind_fits("", "login.lock"));
    assert_true(sg_event_kind_fits("login.lock", "login.lock"));
    assert_true(sg_event_kind_fits("login.*", "login.unlock"));
    assert_true(sg_event_kind_fits("*", "x"));
    assert_false(sg_event_kind_fits("login", "login.lock"));
    assert_false(sg_event_kind_fits("login.*", "log.read"));
    struct sg_event_filter f = {0};
    assert_true(sg_event_filter_empty(&f));
    f.to = 1;
    assert_false(sg_event_filter_empty(&f));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(written_is_read), cmocka_unit_test(what_is_read), cmocka_unit_test(kinds_and_groups)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
