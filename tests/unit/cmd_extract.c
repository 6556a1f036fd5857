/* R2.14: the extract fits A4 whatever its length: 80 columns, 60 lines a page, no entry split, every page numbered; foreign text is made safe. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "base/str.h"
#include "base/utf8.h"
#include "cmd/extract.h"

static char *made(size_t n, const char *unit)
{
    struct sg_extract x = {.name = "Alva Ek", .number = "201412122382", .taken_by = "BUP Norr, Region Norr", .now = 1772445600000};
    struct sg_event *ev = calloc(n + 1, sizeof *ev);
    struct sg_buf b;
    assert_non_null(ev);
    for (size_t i = 0; i < n; i++) {
        ev[i].at = 1772000000000 + (int64_t)i * 60000;
        SG_COPY(ev[i].kind, i % 2 ? "citizen.read" : "citizen.lookup");
        SG_COPY(ev[i].outcome, i % 7 ? "done" : "refused");
        SG_COPY(ev[i].unit_name, unit);
        SG_COPY(ev[i].actor_name, "Anna Berg");
        SG_COPY(ev[i].purpose, "Vård och behandling");
    }
    sg_buf_init(&b, 8 << 20);
    assert_int_equal(sg_extract_write(&x, ev, n, &b), SG_E_OK);
    free(ev);
    return sg_buf_take(&b);
}

static void r2_14_pages_fit(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 23, 24, 51, 52, 500};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        char *doc = made(sizes[s], "BUP Norr"), *rest = doc;
        size_t entries = 0, pages = 0;
        for (char *page; (page = strsep(&rest, "\f")) != NULL; pages++) {
            size_t lines = 0, heads = 0;
            for (char *line, *p = page; (line = strsep(&p, "\n")) != NULL; lines++) {
                assert_true(sg_width(line) <= SG_EXTRACT_COLS);
                heads += strstr(line, "LOG EXTRACT") != NULL;
                entries += strstr(line, "Searched for you") || strstr(line, "Read your details");
            }
            assert_true(lines - 1 <= SG_EXTRACT_LINES);
            assert_int_equal(heads, 1);
        }
        assert_int_equal(entries, sizes[s]);
        assert_int_equal(pages, sizes[s] <= 23 ? 1 : 1 + (sizes[s] - 23 + 27) / 28);
        free(doc);
    }
}

static void r2_14_says_what_it_must_and_not_who(void **state)
{
    (void)state;
    char *doc = made(3, "BUP\x1B[31m Norr with a name that is far too long for its column");
    assert_non_null(strstr(doc, "Alva Ek, 20141212-2382"));
    assert_non_null(strstr(doc, "Care and treatment"));
    assert_non_null(strstr(doc, "Searched for you by your number (refused)"));
    assert_non_null(strstr(doc, "3 entries."));
    assert_null(strstr(doc, "Anna Berg"));
    assert_null(strchr(doc, '\x1B'));
    free(doc);
    doc = made(0, "");
    assert_non_null(strstr(doc, "Nobody has done anything"));
    free(doc);
    assert_string_equal(sg_event_plain("no.such"), "no.such");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(r2_14_pages_fit), cmocka_unit_test(r2_14_says_what_it_must_and_not_who)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
