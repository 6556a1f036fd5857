/* Manners: the terminal is taken and given back on every way out, resized, suspended, lost; every TERM; no colour; no UTF-8. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "tests/screen/vt.h"

static char conf[128];

static bool start(struct vt *v, int rows, int cols, bool model, const char *const more[])
{
    const char *argv[] = { getenv("SIGILL_BIN"), NULL };
    const char *env[8] = { conf };
    for (int i = 0; more && more[i] && i < 6; i++)
        env[i + 1] = more[i];
    return vt_start(v, rows, cols, model, argv, env);
}

static void at_home(struct vt *v)
{
    assert_true(start(v, 24, 80, true, NULL));
    VT_ASSERT(v, "Home");
    VT_ASSERT(v, "? Help");
}

static void quit_restores(void **state)
{
    struct vt v;
    (void)state;
    at_home(&v);
    assert_true(vt_wrote(&v, "\033[?1049h"));
    assert_true(vt_wrote(&v, "\033[?2004h"));
    vt_send(&v, "\x11");
    assert_int_equal(vt_end(&v, 5000), 0);
    assert_true(vt_restored(&v));
    assert_false(vt_wrote(&v, "\033]"));   /* no title is ever set */
    vt_free(&v);
}

static void signals_restore(void **state)
{
    static const int sig[] = { SIGTERM, SIGINT, SIGHUP, SIGQUIT };
    (void)state;
    for (size_t i = 0; i < sizeof sig / sizeof sig[0]; i++) {
        struct vt v;
        at_home(&v);
        kill(v.pid, sig[i]);
        assert_int_equal(vt_end(&v, 5000), 128 + sig[i]);
        assert_true(vt_restored(&v));
        vt_free(&v);
    }
}

static void a_crash_restores(void **state)
{
    struct vt v;
    (void)state;
#ifdef __SANITIZE_ADDRESS__
    print_message("skipped: the sanitizer has its own handler for crashes\n");
    skip();
#endif
    at_home(&v);
    kill(v.pid, SIGSEGV);
    assert_int_equal(vt_end(&v, 5000), 128 + SIGSEGV);
    assert_true(vt_restored(&v));
    vt_free(&v);
}

static void ctrl_c_quits(void **state)
{
    struct vt v;
    (void)state;
    at_home(&v);
    vt_send(&v, "\x03");
    assert_int_equal(vt_end(&v, 5000), 0);
    assert_true(vt_restored(&v));
    vt_free(&v);
}

/* Also when no hang-up signal comes, because the terminal is not the controlling one: then only its end itself tells. */
static void a_lost_terminal_ends_it(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct vt v;
        vt_no_controlling_terminal = i == 1;
        at_home(&v);
        vt_no_controlling_terminal = false;
        close(v.slave);
        close(v.fd);
        v.fd = v.slave = -1;
        assert_int_equal(vt_end(&v, 3000), 128 + SIGHUP);
        vt_free(&v);
    }
}

static void suspended_and_resumed(void **state)
{
    struct vt v;
    int status;
    (void)state;
    at_home(&v);
    vt_send(&v, "\x1a");
    assert_true(vt_wait_raw(&v, "\033[?1049l", 3000));
    assert_int_equal(waitpid(v.pid, &status, WUNTRACED), v.pid);
    assert_true(WIFSTOPPED(status));
    assert_true(vt_restored(&v));
    size_t before = v.n_raw;
    kill(v.pid, SIGCONT);
    double end = vt_now() + 3000;
    while (vt_now() < end && !memmem(v.raw + before, v.n_raw - before, "Home", 4))
        vt_pump(&v, 20);
    assert_non_null(memmem(v.raw + before, v.n_raw - before, "Home", 4));
    assert_non_null(memmem(v.raw + before, v.n_raw - before, "\033[?2004h", 8));
    vt_send(&v, "\x11");
    assert_int_equal(vt_end(&v, 5000), 0);
    assert_true(vt_restored(&v));
    vt_free(&v);
}

/* 200 sizes down to 1×1, in a burst, without a screen model; then the ordinary size shows the ordinary screen. */
static void resized_at_random(void **state)
{
    struct vt v;
    unsigned x = 12345;
    (void)state;
    assert_true(start(&v, 24, 80, false, NULL));
    assert_true(vt_wait_raw(&v, "Home", 5000));
    for (int i = 0; i < 200; i++) {
        x = x * 1103515245u + 12345u;
        int rows = 1 + (int)(x >> 16) % 60;
        x = x * 1103515245u + 12345u;
        int cols = 1 + (int)(x >> 16) % 200;
        vt_resize(&v, i % 10 == 0 ? 1 : rows, i % 15 == 0 ? 1 : cols);
        if (i % 7 == 0)
            vt_send(&v, i % 2 ? ":" : "\033");
        vt_pump(&v, i % 3);
    }
    vt_resize(&v, 24, 80);
    vt_send(&v, "\x0c");
    size_t before = v.n_raw;
    double end = vt_now() + 5000;
    while (vt_now() < end && !memmem(v.raw + before, v.n_raw - before, "Help", 4))
        vt_pump(&v, 20);
    assert_non_null(memmem(v.raw + before, v.n_raw - before, "Help", 4));
    vt_send(&v, "\x11");
    assert_int_equal(vt_end(&v, 5000), 0);
    assert_true(vt_restored(&v));
    vt_free(&v);
}

static void too_small_says_so(void **state)
{
    struct vt v;
    (void)state;
    at_home(&v);
    vt_resize(&v, 10, 40);
    VT_ASSERT(&v, "too small");
    VT_ASSERT(&v, "Queue");
    vt_resize(&v, 16, 60);
    VT_ASSERT(&v, "Home");
    vt_send(&v, "\x11");
    assert_int_equal(vt_end(&v, 5000), 0);
    vt_free(&v);
}

static void every_terminal(void **state)
{
    static const char *const terms[] = { "TERM=xterm-256color", "TERM=screen-256color", "TERM=tmux-256color", "TERM=linux", "TERM=vt100", "TERM=vt220",
                                         "TERM=xterm" };
    (void)state;
    for (size_t i = 0; i < sizeof terms / sizeof terms[0]; i++) {
        struct vt v;
        /* on the console curses loads libgpm, which keeps 10 bytes: not ours, and unloaded before a suppression could name it */
        const char *leaks = strstr(terms[i], "linux") ? "ASAN_OPTIONS=detect_leaks=0" : NULL;
        assert_true(start(&v, 24, 80, true, (const char *[]){ terms[i], leaks, NULL }));
        if (!vt_wait(&v, "Home", 5000)) {
            vt_dump(&v);
            fail_msg("%s: no first screen", terms[i]);
        }
        vt_send(&v, "\x11");
        assert_int_equal(vt_end(&v, 5000), 0);
        vt_free(&v);
    }
}

static void unfit_terminals_are_refused(void **state)
{
    static const char *const envs[] = { "TERM=dumb", "-TERM", "TERM=", "TERM=no-such-terminal" };
    (void)state;
    for (size_t i = 0; i < sizeof envs / sizeof envs[0]; i++) {
        struct vt v;
        assert_true(start(&v, 24, 80, false, (const char *[]){ envs[i], NULL }));
        assert_int_equal(vt_end(&v, 5000), 2);
        assert_true(vt_wrote(&v, "--linear"));
        assert_false(vt_wrote(&v, "\033"));
        vt_free(&v);
    }
}

static bool writes_colour(const struct vt *v)
{
    static const char *const codes[] = { "\033[38;5", "\033[48;5", "\033[3%", ";38;5", ";48;5" };
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        if (vt_wrote(v, codes[i]))
            return true;
    return false;
}

static void no_colour_when_asked(void **state)
{
    struct vt v;
    (void)state;
    at_home(&v);
    assert_true(writes_colour(&v));
    vt_send(&v, "\x11");
    vt_end(&v, 5000);
    vt_free(&v);
    assert_true(start(&v, 24, 80, true, (const char *[]){ "NO_COLOR=1", NULL }));
    VT_ASSERT(&v, "Home");
    assert_false(writes_colour(&v));
    vt_send(&v, "\x11");
    assert_int_equal(vt_end(&v, 5000), 0);
    vt_free(&v);
}

static void plain_letters_without_utf8(void **state)
{
    struct vt v;
    const char *argv[] = { getenv("SIGILL_BIN"), "--lang", "sv", NULL };
    (void)state;
    assert_true(vt_start(&v, 24, 80, true, argv, (const char *[]){ conf, "LANG=C", NULL }));
    VT_ASSERT(&v, "sigill");
    vt_send(&v, ":");
    assert_true(vt_wait_raw(&v, "+-", 5000));
    vt_send(&v, "\033");
    vt_send(&v, "\x11");
    assert_int_equal(vt_end(&v, 5000), 0);
    for (size_t i = 0; i < v.n_raw; i++)
        assert_true((unsigned char)v.raw[i] < 128);
    vt_free(&v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quit_restores), cmocka_unit_test(signals_restore), cmocka_unit_test(a_crash_restores), cmocka_unit_test(ctrl_c_quits),
        cmocka_unit_test(a_lost_terminal_ends_it), cmocka_unit_test(suspended_and_resumed), cmocka_unit_test(resized_at_random),
        cmocka_unit_test(too_small_says_so), cmocka_unit_test(every_terminal), cmocka_unit_test(unfit_terminals_are_refused),
        cmocka_unit_test(no_colour_when_asked), cmocka_unit_test(plain_letters_without_utf8),
    };
    if (!getenv("SIGILL_BIN") || !vt_conf())
        return fprintf(stderr, "SIGILL_BIN is not set, or openssl is missing\n"), 1;
    snprintf(conf, sizeof conf, "SIGILL_CONFIG=%s", vt_conf());
    int failed = cmocka_run_group_tests_name("screen terminal", tests, NULL, NULL);
    vt_conf_free();
    return failed;
}
