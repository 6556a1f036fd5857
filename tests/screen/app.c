/* The program around the views, without a service: palette, help, refusals, pastes, privacy, themes, idleness, bursts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "tests/screen/vt.h"

static char conf[128];
static struct vt v;

static int at_home(void **state)
{
    const char *argv[] = { getenv("SIGILL_BIN"), NULL }, *env[] = { conf, NULL };
    (void)state;
    if (!vt_start(&v, 24, 80, true, argv, env))
        return -1;
    bool there = vt_wait(&v, "Home", 5000) && vt_wait(&v, "offline", 10000) && vt_wait(&v, "NOT YET IN EF", 10000);
    if (!there)
        vt_dump(&v);
    return there ? 0 : -1;
}

static int quit(void **state)
{
    (void)state;
    vt_send(&v, "\x11");
    int status = vt_end(&v, 5000);
    vt_free(&v);
    return status;
}

static void the_palette_finds_and_says_why_not(void **state)
{
    (void)state;
    vt_send(&v, ":");
    VT_ASSERT(&v, "type to search");
    vt_type(&v, "loc");
    VT_ASSERT(&v, "Lock login");
    VT_ASSERT(&v, "login.lock");
    VT_ASSERT(&v, "First open a citizen");
    assert_true(vt_wait_gone(&v, "Find citizen", 3000) || vt_find(&v, "Find citizen") == v.rows - 1);
    vt_send(&v, "\r");
    VT_ASSERT(&v, "Lock login: First open a citizen.");
    assert_true(vt_wait_gone(&v, "┌ Command", 3000));
}

static void the_palette_runs_what_is_chosen(void **state)
{
    (void)state;
    vt_send(&v, "\x10messages\r");
    VT_ASSERT(&v, "Home › Messages");
    assert_true(vt_wait_gone(&v, "┌ Command", 3000));
    vt_send(&v, "\033");
    assert_true(vt_wait_gone(&v, "› Messages", 3000));
}

static void help_shows_keys_of_this_screen(void **state)
{
    (void)state;
    vt_send(&v, "?");
    VT_ASSERT(&v, "Help: Home");
    VT_ASSERT(&v, "Find citizen");
    vt_type(&v, "blank");
    VT_ASSERT(&v, "│   blank");
    VT_ASSERT(&v, "F12");
    vt_send(&v, "\033");
    VT_ASSERT(&v, "type to search");        /* the first Esc empties the filter */
    vt_send(&v, "\033");
    assert_true(vt_wait_gone(&v, "Help: Home", 3000));
}

static void esc_never_quits(void **state)
{
    (void)state;
    vt_send(&v, "\033");
    VT_ASSERT(&v, "This is the first screen");
    vt_send(&v, "\033");
    for (double end = vt_now() + 200; vt_now() < end;)     /* Esc directly followed by a letter would be Alt */
        vt_pump(&v, 20);
    vt_send(&v, "m");
    VT_ASSERT(&v, "Home › Messages");
}

static void a_paste_outside_a_field_does_nothing(void **state)
{
    (void)state;
    vt_send(&v, "\033[200~m\033[201~");
    VT_ASSERT(&v, "Pasted text was refused");
    assert_true(vt_find(&v, "› Messages") < 0);
    vt_send(&v, ":\033[200~blank\nscreen\033[201~");
    VT_ASSERT(&v, "Blank the screen");
    assert_true(vt_find(&v, "type to search") < 0);
    vt_send(&v, "\033");
    vt_send(&v, "\033");
}

/* The mark of its end is lost: what came is handed on after a moment, and keys work again. */
static void a_paste_without_its_end_does_not_swallow_keys(void **state)
{
    (void)state;
    vt_send(&v, "\033[200~rm -rf");
    VT_ASSERT(&v, "Pasted text was refused");
    vt_send(&v, "m");
    VT_ASSERT(&v, "Home › Messages");
}

static void privacy_hides_everything_at_once(void **state)
{
    (void)state;
    vt_key(&v, VTERM_KEY_FUNCTION(12), VTERM_MOD_NONE);
    VT_ASSERT(&v, "Hidden. Press any key.");
    for (int i = 0; i < v.rows; i++)
        assert_true(vt_row(&v, i)[0] == '\0' || strstr(vt_row(&v, i), "Hidden"));
    vt_send(&v, "m");
    VT_ASSERT(&v, "Home");
    assert_true(vt_find(&v, "› Messages") < 0);     /* the waking key does nothing else */
}

static void unknown_keys_say_where_help_is(void **state)
{
    (void)state;
    vt_send(&v, "\xC3\xB6");
    VT_ASSERT(&v, "“ö” does nothing here. ? shows what can be done.");
}

/* Needs the Swedish catalogue beside the program (make mo). */
static void the_language_changes_at_once(void **state)
{
    (void)state;
    vt_send(&v, "\033l");
    VT_ASSERT(&v, "Sök invånare");
    VT_ASSERT(&v, "Hjälp");
    vt_send(&v, "\033l");
    VT_ASSERT(&v, "Find citizen");
    VT_ASSERT(&v, "Help");
}

static void themes_go_round(void **state)
{
    static const char *const names[] = { "Theme: light", "Theme: high-contrast", "Theme: mono", "Theme: dark" };
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        vt_send(&v, "\033t");
        VT_ASSERT(&v, names[i]);
    }
}

/* With mouse = no it is the terminal's own until it is asked for; then a click chooses and the wheel scrolls. */
static void the_mouse_only_when_wanted(void **state)
{
    (void)state;
    assert_false(vt_wrote(&v, "\033[?1000h"));
    assert_false(vt_wrote(&v, "1006;1000h"));
    vt_send(&v, "\033m");
    VT_ASSERT(&v, "The mouse chooses and scrolls.");
    vt_send(&v, ":");
    VT_ASSERT(&v, "▸");
    int first = vt_find(&v, "▸");
    char click[32];
    snprintf(click, sizeof click, "\033[<0;10;%dM\033[<0;10;%dm", first + 4, first + 4);
    vt_send(&v, click);
    for (double end = vt_now() + 3000; vt_find(&v, "▸") != first + 3 && vt_now() < end;)
        vt_pump(&v, 20);
    assert_int_equal(vt_find(&v, "▸"), first + 3);
    vt_send(&v, "\033[<65;10;10M");
    for (double end = vt_now() + 3000; vt_find(&v, "▸") != first + 6 && vt_now() < end;)
        vt_pump(&v, 20);
    assert_int_equal(vt_find(&v, "▸"), first + 6);
    vt_send(&v, "\033");
}

static long switches(void)
{
    char path[64], line[128];
    long n = -1;
    snprintf(path, sizeof path, "/proc/%d/status", (int)v.pid);
    FILE *f = fopen(path, "r");
    while (f && fgets(line, sizeof line, f))
        sscanf(line, "voluntary_ctxt_switches: %ld", &n);
    if (f)
        fclose(f);
    return n;
}

/* The screen thread sleeps as long as nothing happens. (The engine tries the service again on its own clock; its news may wake the screen.) */
static void idle_means_idle(void **state)
{
    (void)state;
    vt_pump(&v, 300);
    long before = switches();
    double end = vt_now() + 1500;
    while (vt_now() < end)
        vt_pump(&v, 1500);
    assert_true(before >= 0);
    assert_in_range(switches() - before, 0, 3);
}

/* Thousand keys that wait are taken before one frame is painted. */
static void a_burst_costs_a_frame(void **state)
{
    char burst[4096];
    size_t n = 0;
    (void)state;
    vt_send(&v, ":");
    VT_ASSERT(&v, "type to search");
    for (int i = 0; i < 1000; i++) {
        memcpy(burst + n, i % 2 ? "\033OA" : "\033OB", 3);
        n += 3;
    }
    memcpy(burst + n, "loc", 4);
    size_t before = v.n_raw;
    vt_send(&v, burst);
    VT_ASSERT(&v, "Lock login");
    vt_pump(&v, 200);
    assert_in_range(v.n_raw - before, 1, 30000);
    vt_send(&v, "\033");
    vt_send(&v, "\033");
}

int main(void)
{
#define SCREEN_TEST(f) cmocka_unit_test_setup_teardown(f, at_home, quit)
    const struct CMUnitTest tests[] = {
        SCREEN_TEST(the_palette_finds_and_says_why_not), SCREEN_TEST(the_palette_runs_what_is_chosen), SCREEN_TEST(help_shows_keys_of_this_screen),
        SCREEN_TEST(esc_never_quits), SCREEN_TEST(a_paste_outside_a_field_does_nothing),
        SCREEN_TEST(a_paste_without_its_end_does_not_swallow_keys), SCREEN_TEST(privacy_hides_everything_at_once),
        SCREEN_TEST(unknown_keys_say_where_help_is), SCREEN_TEST(the_language_changes_at_once), SCREEN_TEST(themes_go_round),
        SCREEN_TEST(the_mouse_only_when_wanted), SCREEN_TEST(idle_means_idle), SCREEN_TEST(a_burst_costs_a_frame),
    };
    if (!getenv("SIGILL_BIN") || !vt_conf())
        return fprintf(stderr, "SIGILL_BIN is not set, or openssl is missing\n"), 1;
    snprintf(conf, sizeof conf, "SIGILL_CONFIG=%s", vt_conf());
    int failed = cmocka_run_group_tests_name("screen program", tests, NULL, NULL);
    vt_conf_free();
    return failed;
}
