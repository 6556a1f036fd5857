/* Arguments: common options anywhere, the guard against personal numbers, the words of errors. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include "cli/inside.h"

enum { MOST = 12 };

/* Parses a line of words separated by blanks. The copies live until the next call. */
static enum sg_err parse(const char *line, struct sg_cli_args *a, struct sg_error *e, char **argv) {
    static char words[MOST][400];
    int argc = 0;
    while (*line != '\0') {
        size_t n = strcspn(line, " ");
        assert_true(argc < MOST - 1 && n < sizeof words[0]);
        memcpy(words[argc], line, n);
        words[argc][n] = '\0';
        argv[argc] = words[argc];
        argc++;
        line += n + (line[n] == ' ');
    }
    argv[argc] = NULL;
    memset(e, 0, sizeof *e);
    return sg_cli_parse(argc, argv, a, e);
}

static void options_anywhere(void **state) {
    (void)state;
    struct sg_cli_args a;
    struct sg_error e;
    char *v[MOST];
    assert_int_equal(parse("sigill", &a, &e, v), SG_E_OK);
    assert_int_equal(a.first, 1);
    assert_int_equal(parse("sigill --profile nurse access x --json --lang=sv", &a, &e, v), SG_E_OK);
    assert_string_equal(a.profile, "nurse");
    assert_string_equal(a.lang, "sv");
    assert_true(a.json);
    assert_int_equal(a.first, 3);
    assert_int_equal(parse("sigill --linear --theme mono", &a, &e, v), SG_E_OK);
    assert_true(a.linear && a.first == 4);
    assert_int_equal(parse("sigill do x y --reason --json", &a, &e, v), SG_E_OK);      /* a sub-command's value is read later */
    assert_int_equal(parse("sigill -h", &a, &e, v), SG_E_OK);
    assert_true(a.help);
    assert_int_equal(parse("sigill access -- --json", &a, &e, v), SG_E_OK);
    assert_false(a.json);
}

static void faults(void **state) {
    (void)state;
    static const struct { const char *line, *where, *says; } table[] = {
        {"sigill --profle x", "--profle", "--profile"}, {"sigill --profile", "--profile", "NAME"}, {"sigill --lang de", "--lang", "sv"},
        {"sigill --json=1", "--json", "no value"}, {"sigill -x", "-x", ""}};
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct sg_cli_args a;
        struct sg_error e;
        char *v[MOST];
        assert_int_equal(parse(table[i].line, &a, &e, v), SG_E_USAGE);
        assert_string_equal(e.where, table[i].where);
        assert_non_null(strstr(e.detail, table[i].says));
    }
}

/* R3.8: a personal number in argv is refused and wiped, and the message does not repeat it. */
static void personal_number_refused(void **state) {
    (void)state;
    static const char *const bad[] = {
        "191212121212", "19121212-1212", "19121212+1212", "121212-1212", "1212121212", "201901012391", "20190101-2390", "191401682396",
        "19140168-2396", "141401682396x=19121212-1212", "requester=Tolvan,19121212-1212", "--reason=19121212-1212", "(19121212-1212)",
        "19810829M071", "restriction=19810829SU3A", "991981000010", "198108320014", "citizen=198108320014", "19121212-1212.",
        "note=(20260161-2380)", "reason:1212121213", "note=1212611213,"};
    static const char *const fine[] = {
        "01234567-1234-7123-8123-123456789012", "20141212", "2014-12-12", "to=2014-12-12", "SE2321000016-1003", "unit=SE5560001234-0101",
        "2321000016-1003", "2026/118", "2026-11-24T10:14:00Z", "1764000000000", "reference=2026-131", "191213121299999",
        "01a20bf1-644a-7305-8df5-191212121212", "556000-1234", "12345678901", "X191212121212", "01900000-0000-7000-8000-000000000001"};
    struct sg_cli_args a;
    struct sg_error e;
    char *v[MOST], line[512];
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        sg_format(line, sizeof line, "sigill access %s", bad[i]);
        assert_int_equal(parse(line, &a, &e, v), SG_E_USAGE);
        assert_null(strstr(e.detail, "1212"));
        assert_non_null(strstr(e.where, "2"));
        assert_int_equal(strspn(v[2], "*"), strlen(bad[i]));
    }
    for (size_t i = 0; i < sizeof fine / sizeof fine[0]; i++) {
        sg_format(line, sizeof line, "sigill access %s", fine[i]);
        assert_int_equal(parse(line, &a, &e, v), SG_E_OK);
    }
    assert_true(sg_looks_like_person("wrote to 19121212 1212 about it"));
    assert_false(sg_looks_like_person("wrote on 20141212 about 12 things"));
}

static void subcommands_are_whole(void **state) {
    (void)state;
    static const char *const promised[] = {"lookup", "show", "access", "preview", "do", "batch", "queue", "sync", "cases", "events", "log",
                                           "actions", "keys", "status", "paths", "completion", "identify"};
    for (size_t i = 0; i < sizeof promised / sizeof promised[0]; i++) {
        const struct subcommand *s = sg_subcommand(promised[i]);
        assert_non_null(s);
        assert_non_null(s->fn);
        assert_true(strlen(s->help) > 5);
        for (const struct option *o = s->options; o != NULL && o->name != NULL; o++) {
            assert_true(o - s->options < 24);                            /* cli.opt[] has so many places */
        }
    }
    assert_null(sg_subcommand("nope"));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(options_anywhere), cmocka_unit_test(faults), cmocka_unit_test(personal_number_refused),
                                       cmocka_unit_test(subcommands_are_whole)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
