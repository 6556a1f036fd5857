/* The program with a false engine: what it was told, which keys were pressed, what then stands on the screen (a curses one whose output
 * goes to memory). The four functions of the runner are replaced here; everything above them is real. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <curses.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "base/i18n.h"
#include "base/str.h"
#include "ui/app.h"

static struct sg_app app;
static struct sg_config cfg;
static int asked[SG_ASK_STOP + 1];
static uint64_t last_ask[SG_ASK_STOP + 1];
struct sg_runner { int unused; };
static struct sg_runner fake;

enum sg_err sg_runner_start(const struct sg_engine_opts *o, struct sg_runner **out, int *wake_fd, struct sg_error *e)
{
    (void)o;
    *out = &fake;
    *wake_fd = -1;
    return sg_fail(e, SG_E_INTERNAL, "", "not in this test");
}

void sg_runner_ask(struct sg_runner *r, struct sg_ask *a)
{
    (void)r;
    asked[a->kind]++;
    last_ask[a->kind] = a->id;
    free(a->action);
    a->action = NULL;
}

struct sg_tell *sg_runner_take(struct sg_runner *r) { (void)r; return NULL; }
void sg_runner_stop(struct sg_runner *r) { (void)r; }

static int screen(void **state)
{
    (void)state;
    sg_i18n_init("en");
    setenv("LINES", "24", 1);
    setenv("COLUMNS", "80", 1);
    FILE *out = fdopen(memfd_create("screen", 0), "w+"), *in = fopen("/dev/null", "r");
    if (!out || !in || !newterm("xterm-256color", out, in))
        return -1;
    start_color();
    use_default_colors();
    return 0;
}

static int screen_end(void **state)
{
    (void)state;
    endwin();
    return 0;
}

static void turn(void)
{
    sg_app_frame(&app);
    sg_app_bury(&app);
}

static int fresh(void **state)
{
    struct sg_error e;
    (void)state;
    memset(asked, 0, sizeof asked);
    if (sg_app_init(&app, &cfg, &e) != SG_E_OK)
        return -1;
    app.runner = &fake;
    sg_app_theme(&app, "dark");
    sg_app_home(&app);
    turn();
    return 0;
}

static int over(void **state)
{
    (void)state;
    sg_app_free(&app);
    return 0;
}

static void press(const char *name)
{
    struct sg_key k = { .kind = name[1] ? SG_KEY_NAMED : SG_KEY_CHAR, .cp = (unsigned char)name[0] };
    SG_COPY(k.name, name);
    sg_app_key_event(&app, &k);
}

static void status(enum sg_link link, size_t waiting, size_t need)
{
    struct sg_tell *t = calloc(1, sizeof *t);
    t->kind = SG_TELL_STATUS;
    t->status = (struct sg_status){ .link = link, .queue = { .waiting = waiting, .need_you = need }, .store_open = true, .events = -1, .log = { .verified = -1 } };
    sg_app_tell(&app, t);
    turn();
}

static bool shows(const char *text)
{
    wchar_t row[128];
    char utf8[512];
    for (int y = 0; y < 24; y++)
        if (mvinnwstr(y, 0, row, 120) != ERR && wcstombs(utf8, row, sizeof utf8) != (size_t)-1 && strstr(utf8, text))
            return true;
    return false;
}

static void leaving_with_waiting_rows_asks_first(void **state)
{
    (void)state;
    status(SG_LINK_OFFLINE, 2, 1);
    press("Ctrl-Q");
    turn();
    assert_false(app.quit);
    assert_true(shows("2 actions wait and are NOT YET IN EFFECT"));
    assert_true(shows("1 action needs your decision"));
    app.swallow = false;
    press("Enter");                         /* it starts on staying */
    turn();
    assert_false(app.quit);
    assert_false(shows("2 actions wait"));
    press("Ctrl-Q");
    turn();
    app.swallow = false;
    press("Tab");
    press("Enter");
    assert_true(app.quit);
    assert_int_equal(app.exit_status, 0);
}

static void leaving_with_nothing_waiting_just_leaves(void **state)
{
    (void)state;
    status(SG_LINK_ONLINE, 0, 0);
    press("Ctrl-Q");
    assert_true(app.quit);
}

/* Keys that waited when a question appeared were not meant as an answer to it. */
static void keys_typed_before_a_question_are_no_answer(void **state)
{
    (void)state;
    status(SG_LINK_OFFLINE, 2, 0);
    press("Ctrl-Q");
    press("F9");
    press("Tab");
    press("Enter");
    assert_false(app.quit);
    turn();
    assert_true(shows("2 actions wait"));
}

static void three_facts_stand_apart_in_line_one(void **state)
{
    (void)state;
    status(SG_LINK_ONLINE, 3, 1);
    assert_true(shows("● online"));
    assert_true(shows("⇅ 3"));
    assert_true(shows("◷ 3 not yet in effect"));
    assert_true(shows("! 1 need you"));
    status(SG_LINK_AUTH, 0, 0);
    assert_true(shows("✗ identity not accepted"));
    assert_true(shows("⇅ 0"));
    assert_false(shows("not yet in effect  "));
}

static void losing_and_finding_the_service_is_said(void **state)
{
    (void)state;
    status(SG_LINK_ONLINE, 0, 0);
    assert_int_equal(app.n_msg, 0);
    status(SG_LINK_OFFLINE, 0, 0);
    assert_true(strstr(sg_app_message(&app, 0, NULL), "NOT YET IN EFFECT") != NULL);
    status(SG_LINK_OFFLINE, 0, 0);
    assert_int_equal(app.n_msg, 1);
    status(SG_LINK_ONLINE, 0, 0);
    assert_true(strstr(sg_app_message(&app, 0, NULL), "answers again") != NULL);
}

static void send_now_tells_how_it_ended(void **state)
{
    (void)state;
    status(SG_LINK_ONLINE, 1, 0);
    press("F6");
    assert_int_equal(asked[SG_ASK_SYNC], 1);
    struct sg_tell *t = calloc(1, sizeof *t);
    t->kind = SG_TELL_IDLE;
    t->ask = last_ask[SG_ASK_SYNC];
    sg_app_tell(&app, t);
    turn();
    assert_true(shows("1 action still waits and is NOT YET IN EFFECT"));
}

/* Refused with the reason, and nothing is opened. */
static void the_gate_stands_before_every_command(void **state)
{
    (void)state;
    int n = app.n;
    assert_false(sg_app_run(&app, SG_CMD_ACTION(SG_ACT_LOGIN_LOCK)));
    assert_int_equal(app.n, n);
    turn();
    assert_true(shows("Lock login: First open a citizen."));
    assert_false(sg_app_run(&app, SG_CMD_LOG));
    turn();
    assert_int_equal(app.n, n);
}

static void the_stack_has_a_ceiling(void **state)
{
    (void)state;
    for (int i = 0; i < 3 * SG_STACK_MAX; i++)
        sg_app_push(&app, &sg_view_messages, NULL);
    assert_int_equal(app.n, SG_STACK_MAX);
    turn();
    for (int i = 0; i < 3 * SG_STACK_MAX; i++)
        press("Esc");
    assert_int_equal(app.n, 1);
    turn();
    assert_false(app.quit);
}

/* Asked while the screen is blanked by idleness or by hand: the first key only wakes. */
static void the_waking_key_does_nothing_else(void **state)
{
    (void)state;
    press("F12");
    turn();
    assert_true(shows("Hidden"));
    assert_false(shows("Home"));
    press("m");
    turn();
    assert_int_equal(app.n, 1);
    assert_true(shows("Home"));
}

static void what_is_below_a_dialog_is_painted_again_with_it(void **state)
{
    (void)state;
    press(":");
    turn();
    assert_true(shows("type to search"));
    status(SG_LINK_OFFLINE, 2, 0);          /* home below becomes dirty */
    assert_true(shows("type to search"));
    assert_true(shows("┌ Command"));
    press("Esc");
    turn();
    assert_false(shows("┌ Command"));
    assert_true(shows("Home"));
}

static void messages_are_kept_newest_first_and_bounded(void **state)
{
    (void)state;
    for (int i = 0; i < SG_MESSAGES_MAX + 30; i++)
        sg_app_toast(&app, SG_TOAST_INFO, "number %d", i);
    assert_int_equal(app.n_msg, SG_MESSAGES_MAX);
    assert_string_equal(sg_app_message(&app, 0, NULL), "number 129");
    assert_string_equal(sg_app_message(&app, SG_MESSAGES_MAX - 1, NULL), "number 30");
    assert_null(sg_app_message(&app, SG_MESSAGES_MAX, NULL));
    assert_null(sg_app_message(&app, -1, NULL));
}

int main(void)
{
#define APP_TEST(f) cmocka_unit_test_setup_teardown(f, fresh, over)
    const struct CMUnitTest tests[] = {
        APP_TEST(leaving_with_waiting_rows_asks_first), APP_TEST(leaving_with_nothing_waiting_just_leaves),
        APP_TEST(keys_typed_before_a_question_are_no_answer), APP_TEST(three_facts_stand_apart_in_line_one),
        APP_TEST(losing_and_finding_the_service_is_said), APP_TEST(send_now_tells_how_it_ended), APP_TEST(the_gate_stands_before_every_command),
        APP_TEST(the_stack_has_a_ceiling), APP_TEST(the_waking_key_does_nothing_else), APP_TEST(what_is_below_a_dialog_is_painted_again_with_it),
        APP_TEST(messages_are_kept_newest_first_and_bounded),
    };
    return cmocka_run_group_tests_name("ui program", tests, screen, screen_end);
}
