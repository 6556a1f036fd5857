/* Practising an outage: people who do not exist, a folder of its own, every line marked, and nothing that a later real session could find
 * (R6.10). */
#include "tests/e2e/desk.h"
#include <string.h>
#include "base/str.h"

static void r6_10_a_drill_is_marked_and_stays_apart(void **state) {
    (void)state;
    const struct e2e_out *o = RUN_IN("manager", "201412122382", "--drill", "lookup");
    assert_exit(o, 0);
    assert_true(e2e_true(o->line[0], "drill"));
    char id[SG_ID_MAX];
    assert_true(SG_COPY(id, e2e_str(o->line[0], "citizenId")));
    o = RUN("manager", "--drill", "do", "login.lock", id, "--reason", "only practice");
    assert_exit(o, 75);
    assert_true(e2e_true(o->line[0], "drill"));
    assert_int_equal(RUN("manager", "--drill", "queue", "list")->n, 1);
    o = RUN("manager", "queue", "list");                    /* the service runs all the while: nothing has gone there, nothing lies in the real queue */
    assert_exit(o, 0);
    assert_int_equal(o->n, 0);
    assert_exit(RUN_IN("manager", "201412122382", "lookup"), 1);
    assert_exit(RUN("manager", "--drill", "sync"), 75);
    assert_int_equal(e2e_count(RUN("manager", "events", "--all", "--limit", "1000"), "kind", "login.lock", NULL, NULL), 0);
}

static void r6_10_a_drill_is_marked_on_the_screen(void **state) {
    (void)state;
    const char *argv[] = {getenv("SIGILL_BIN"), "--profile", "manager", "--lang", "sv", "--drill", NULL}, *env[] = {NULL, NULL};
    char path[E2E_PATH], conf[E2E_PATH + 16];
    static struct vt v;
    e2e_path(path, "sigill.conf");
    sg_format(conf, sizeof conf, "SIGILL_CONFIG=%s", path);
    env[0] = conf;
    assert_true(vt_start(&v, DESK_ROWS, DESK_COLS, true, argv, env));
    desk_see(&v, "▓ ÖVNING ▓");
    vt_send(&v, "f");
    desk_see(&v, "< Vård och behandling >");
    assert_true(strstr(vt_row(&v, 0), "ÖVNING") != NULL);
    vt_type(&v, "201412122382");
    vt_send(&v, "\r");
    desk_see(&v, "Övning Ek");
    desk_see(&v, "▓ ÖVNING ▓");
    vt_send(&v, "q");
    desk_see(&v, "Kö");
    desk_see(&v, "▓ ÖVNING ▓");
    vt_free(&v);
}

static void each_line_marked(const char *text, const char *mark) {
    size_t lines = 0;
    for (const char *p = text; *p != '\0'; p += strcspn(p, "\n") + (p[strcspn(p, "\n")] != '\0')) {
        if (strncmp(p, mark, strlen(mark)) != 0) {
            fail_msg("a line without the mark: %.200s", p);
        }
        lines++;
    }
    assert_true(lines > 0);
}

/* Text, errors and the line-by-line form: no line, on either output, without the word. */
static void r6_10_no_line_of_a_drill_is_without_its_mark(void **state) {
    (void)state;
    char path[E2E_PATH], conf[E2E_PATH + 16];
    e2e_path(path, "sigill.conf");
    sg_format(conf, sizeof conf, "SIGILL_CONFIG=%s", path);
    const char *env[] = {conf, NULL}, *bin = getenv("SIGILL_BIN");
    const struct { const char *argv[9], *input; } run[] = {
        {{bin, "--profile", "manager", "--lang", "sv", "--drill", "status", NULL}, NULL},
        {{bin, "--profile", "manager", "--lang", "sv", "--drill", "paper", NULL}, NULL},
        {{bin, "--profile", "manager", "--lang", "sv", "--drill", "sync", NULL}, NULL},
        {{bin, "--profile", "manager", "--lang", "sv", "--drill", "--linear", NULL}, "x\n0\n"},
    };
    for (size_t i = 0; i < sizeof run / sizeof run[0]; i++) {
        struct e2e_out o;
        struct e2e_proc p = e2e_spawn(run[i].argv, env);
        e2e_finish(&p, run[i].input, &o);
        assert_true(o.out[0] != '\0' || o.err[0] != '\0');
        if (o.out[0] != '\0') {
            each_line_marked(o.out, "[ÖVNING] ");
        }
        if (o.err[0] != '\0') {
            each_line_marked(o.err, "[ÖVNING] ");
        }
        e2e_out_free(&o);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup(r6_10_no_line_of_a_drill_is_without_its_mark, e2e_ready),
                                       cmocka_unit_test_setup(r6_10_a_drill_is_marked_and_stays_apart, e2e_ready),
                                       cmocka_unit_test_setup(r6_10_a_drill_is_marked_on_the_screen, e2e_ready)};
    return cmocka_run_group_tests_name("drill", tests, e2e_open, e2e_close);
}
