/* Line mode and the unlock dialog: no control sequences, wrong passphrase, end of input. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tests/screen/vt.h"

static char conf[128];

static void start_linear(struct vt *v, const char *term)
{
    const char *argv[] = { getenv("SIGILL_BIN"), "--linear", NULL }, *env[] = { conf, term, NULL };
    assert_true(vt_start(v, 24, 80, false, argv, env));
}

static void says_and_asks_without_control_sequences(void **state)
{
    struct vt v;
    (void)state;
    start_linear(&v, "TERM=dumb");
    assert_true(vt_wait_raw(&v, "Number: ", 10000));
    assert_true(vt_wrote(&v, "1. Find citizen"));
    assert_true(vt_wrote(&v, "Offline. Queue: 0 not yet in effect"));
    vt_send(&v, "7\n");
    assert_true(vt_wait_raw(&v, "Type a number from 0 to 3.", 5000));
    vt_send(&v, "1\n");
    assert_true(vt_wait_raw(&v, "Personnummer", 5000));
    vt_send(&v, "20141212-2388\n");
    assert_true(vt_wait_raw(&v, "check digit", 5000));
    vt_send(&v, "0\n");
    vt_send(&v, "0\n");
    assert_int_equal(vt_end(&v, 10000), 0);
    assert_false(vt_wrote(&v, "\033"));
    vt_free(&v);
}

static void the_end_of_input_ends_it(void **state)
{
    struct vt v;
    (void)state;
    start_linear(&v, "TERM=xterm");
    assert_true(vt_wait_raw(&v, "Number: ", 10000));
    vt_send(&v, "\x04");
    assert_int_equal(vt_end(&v, 10000), 0);
    vt_free(&v);
}

/* The store was made by the tests before, with the right passphrase. */
static void the_passphrase_is_asked_for_and_never_shown(void **state)
{
    struct vt v;
    const char *argv[] = { getenv("SIGILL_BIN"), "--profile", "ask", NULL }, *env[] = { conf, NULL };
    (void)state;
    assert_true(vt_start(&v, 24, 80, true, argv, env));
    VT_ASSERT(&v, "Open the queue");
    vt_send(&v, "\r");
    VT_ASSERT(&v, "Type the passphrase first.");
    vt_type(&v, "wrong");
    VT_ASSERT(&v, "•••••");
    vt_send(&v, "\r");
    VT_ASSERT(&v, "Wrong passphrase. Try again.");
    vt_type(&v, "correct horse battery\r");
    assert_true(vt_wait_gone(&v, "Open the queue", 10000));
    assert_true(vt_wait_gone(&v, "not open", 10000));
    vt_send(&v, "\x11");
    assert_int_equal(vt_end(&v, 5000), 0);
    assert_false(vt_wrote(&v, "horse"));
    assert_false(vt_wrote(&v, "wrong"));
    vt_free(&v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_and_asks_without_control_sequences), cmocka_unit_test(the_end_of_input_ends_it),
        cmocka_unit_test(the_passphrase_is_asked_for_and_never_shown),
    };
    if (!getenv("SIGILL_BIN") || !vt_conf())
        return fprintf(stderr, "SIGILL_BIN is not set, or openssl is missing\n"), 1;
    snprintf(conf, sizeof conf, "SIGILL_CONFIG=%s", vt_conf());
    int failed = cmocka_run_group_tests_name("screen line mode", tests, NULL, NULL);
    vt_conf_free();
    return failed;
}
