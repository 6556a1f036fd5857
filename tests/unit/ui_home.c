/* Home with a planned stop: announced, counted down to, going on, called off; in both languages; and what it costs in wake-ups (R6.9). */
#include "tests/unit/ui_kit.h"
#include <libintl.h>
#include <limits.h>
#include <unistd.h>

enum { MINUTE = 60000, HOUR = 3600000 };

static int64_t ms(const char *text)
{
    int64_t at = 0;
    assert_true(sg_rfc3339_parse(text, &at));
    return at;
}

/* Saturday night; kit_fresh makes it Monday before, 14:05. */
static struct sg_stop saturday(void) { return (struct sg_stop){ms("2026-03-07T22:00:00+01:00"), ms("2026-03-07T23:30:00+01:00"), ms("2026-03-02T08:00:00Z")}; }

/* Two acts wait, and the last answer came when the test began. */
static void linked(enum sg_link link)
{
    struct sg_tell *t = kit_new_tell(SG_TELL_STATUS, 0);
    t->status = (struct sg_status){.link = link, .store_open = true, .events = -1, .log = {.verified = -1}, .queue = {.waiting = 2}, .last_contact = ms("2026-03-02T13:05:00Z")};
    kit_tell(t);
    sg_app_hush(&kit_app);
}

static void level(uint64_t ask, struct sg_stop stop, bool cached, int64_t as_of)
{
    struct sg_tell *t = kit_new_tell(SG_TELL_LEVEL, ask);
    t->level = (struct sg_level){.year = 2026, .month = 3, .availability = 99950, .budget_ms = 5000000};
    t->stop = stop;
    t->from_cache = cached;
    t->as_of = as_of;
    kit_tell(t);
}

static void answered(struct sg_stop stop) { level(kit_last(SG_ASK_LEVEL)->id, stop, false, kit_now); }

static void queue_of_two(void)
{
    struct sg_tell *t = kit_new_tell(SG_TELL_QUEUE, kit_last(SG_ASK_QUEUE)->id);
    t->lines = calloc(2, sizeof *t->lines);
    assert_non_null(t->lines);
    for (size_t i = 0; i < 2; i++) {
        SG_COPY(t->lines[i].subject_name, i ? "Alva Ek" : "Bo Berg");
        SG_COPY(t->lines[i].summary, "Lock the log-in · Region Demo");
        t->lines[i].state = SG_Q_READY;
    }
    t->n_lines = 2;
    kit_tell(t);
}

static void later(int64_t at)
{
    kit_now = at;
    sg_app_due(&kit_app);
    kit_turn();
}

/* Nothing is awaited or put off any more. */
static void start(enum sg_link link)
{
    queue_of_two();
    later(kit_now + 5000);
    linked(link);
    queue_of_two();
}

/* The catalogue lies beside the folder of the tests. */
static void language(const char *lang)
{
    char path[PATH_MAX], *end = NULL;
    sg_i18n_init(lang);
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
    assert_true(n > 0);
    path[n] = '\0';
    end = strstr(path, "/tests/unit/");
    assert_non_null(end);
    snprintf(end, sizeof path - (size_t)(end - path), "/locale");
    assert_non_null(bindtextdomain("sigill", path));
    sg_app_dirty(&kit_app);
    kit_turn();
}

static void both_languages(const char *name)
{
    char swedish[64];
    snprintf(swedish, sizeof swedish, "%s-sv", name);
    kit_golden(name);
    language("sv");
    kit_golden(swedish);
    language("en");
}

static int english_again(void **state)
{
    sg_i18n_init("en");
    return kit_over(state);
}

static void r6_9_golden_announced(void **state)
{
    (void)state;
    start(SG_LINK_ONLINE);
    answered(saturday());
    both_languages("home-stop-announced");
}

static void r6_9_golden_going_on(void **state)
{
    (void)state;
    start(SG_LINK_ONLINE);
    answered(saturday());
    int64_t known = kit_now;
    linked(SG_LINK_OFFLINE);
    later(ms("2026-03-07T22:10:00+01:00"));
    assert_true(kit_now > known && kit_shows("since 22:00, until 23:30"));
    both_languages("home-stop-going-on");
}

/* Nothing new can be heard, the countdown goes on, and how old the knowledge is stands below. */
static void r6_9_golden_the_last_hour_without_the_service(void **state)
{
    (void)state;
    struct sg_stop s = saturday();
    s.to = ms("2026-03-08T01:30:00+01:00");
    start(SG_LINK_OFFLINE);
    level(kit_last(SG_ASK_LEVEL)->id, s, true, kit_now);
    later(ms("2026-03-07T21:17:30+01:00"));
    both_languages("home-stop-last-hour");
}

static void r6_9_news_while_the_screen_is_open(void **state)
{
    (void)state;
    char before[4096], after[4096];
    start(SG_LINK_ONLINE);
    answered((struct sg_stop){0});
    kit_picture(before, sizeof before);
    assert_false(kit_shows("Planned stop"));
    level(0, saturday(), false, kit_now);
    assert_true(kit_shows("! Planned stop Sat 2026-03-07 22:00–23:30, in 5 d 7 h"));
    assert_true(kit_shows("Alva Ek"));
    level(0, (struct sg_stop){0}, false, kit_now);           /* called off */
    kit_picture(after, sizeof after);
    assert_string_equal(before, after);                      /* without one the screen is as it was */
}

/* How often it is woken until `end`, without anything from outside. */
static int wakes_until(int64_t end)
{
    int n = 0;
    for (int64_t at; (at = sg_app_top(&kit_app)->due) != 0 && at <= end; n++) {
        assert_true(at > kit_now);
        later(at);
    }
    return n;
}

static void r6_9_nothing_wakes_up_without_a_stop(void **state)
{
    (void)state;
    start(SG_LINK_ONLINE);
    answered((struct sg_stop){0});
    assert_int_equal(sg_app_top(&kit_app)->due, 0);
    answered(saturday());
    assert_true(sg_app_top(&kit_app)->due > kit_now);
    answered((struct sg_stop){0});                           /* called off */
    assert_int_equal(sg_app_top(&kit_app)->due, 0);
    answered((struct sg_stop){kit_now - 2 * HOUR, kit_now - HOUR, 1});       /* over */
    assert_int_equal(sg_app_top(&kit_app)->due, 0);
}

/* 5 days 7 hours and 55 minutes: once an hour, in the last hour once a minute, then the beginning and the end. */
static void r6_9_it_wakes_up_for_changes_alone(void **state)
{
    (void)state;
    struct sg_stop s = saturday();
    start(SG_LINK_ONLINE);
    later(kit_now + MINUTE);
    answered(s);
    size_t asked = kit_n_asked;
    assert_int_equal(wakes_until(s.from - HOUR), 5 * 24 + 7 - 1 + 1 - 1);
    assert_true(kit_shows("in 1 h"));
    assert_int_equal(wakes_until(s.from - 1), 1 + 59);
    assert_true(kit_shows("in less than a minute"));
    assert_int_equal(wakes_until(s.from), 1);
    assert_true(kit_shows("Planned stop since 22:00, until 23:30"));
    assert_int_equal(wakes_until(s.to + INT64_C(30) * 24 * HOUR), 1);
    assert_false(kit_shows("Planned stop"));
    assert_int_equal(sg_app_top(&kit_app)->due, 0);
    assert_int_equal(kit_n_asked, asked);                    /* and asks nothing for it */
}

/* What is not seen is not kept up to date: it is when it is seen again. */
static void r6_9_behind_another_screen_it_sleeps(void **state)
{
    (void)state;
    start(SG_LINK_ONLINE);
    later(kit_now + MINUTE);
    answered(saturday());
    struct sg_view *home = sg_app_top(&kit_app);
    kit_press("q");
    assert_ptr_not_equal(sg_app_top(&kit_app), home);
    later(kit_now + 2 * HOUR);
    assert_int_equal(home->due, 0);
    later(kit_now + 2 * HOUR);
    kit_press("Esc");
    assert_ptr_equal(sg_app_top(&kit_app), home);
    assert_true(kit_shows("in 5 d 3 h"));
    assert_true(home->due > kit_now);
}

/* The list that is read a few times a second has the same alarm. */
static void r6_9_a_busy_queue_does_not_stop_the_countdown(void **state)
{
    (void)state;
    start(SG_LINK_ONLINE);
    answered(saturday());
    struct sg_view *home = sg_app_top(&kit_app);
    int64_t hour = home->due;
    assert_true(hour > kit_now);
    later(kit_now + MINUTE);
    kit_tell(kit_new_tell(SG_TELL_DONE, 0));                 /* asked for at once … */
    assert_true(home->due == hour);
    kit_tell(kit_new_tell(SG_TELL_DONE, 0));                 /* … and put off */
    assert_true(home->due != 0 && home->due < hour);
    size_t asked = kit_n_asked;
    kit_tell(kit_new_tell(SG_TELL_FAILED, kit_last(SG_ASK_QUEUE)->id));
    later(home->due);
    assert_int_equal(kit_n_asked, asked + 1);
    kit_tell(kit_new_tell(SG_TELL_FAILED, kit_last(SG_ASK_QUEUE)->id));
    assert_true(home->due == hour);
    later(hour);
    assert_true(kit_shows("in 5 d 6 h"));
}

static void r6_9_two_alarms_do_not_lose_each_other(void **state)
{
    (void)state;
    start(SG_LINK_ONLINE);
    answered(saturday());
    struct sg_view *home = sg_app_top(&kit_app);
    int64_t hour = home->due;
    kit_press("q");
    later(hour - 100);
    kit_tell(kit_new_tell(SG_TELL_DONE, 0));
    kit_tell(kit_new_tell(SG_TELL_DONE, 0));                 /* put off until the answer, or for ten seconds */
    assert_true(home->due == hour);
    later(hour);
    assert_true(home->due > hour && home->due < hour + MINUTE);
}

int main(void)
{
#define VIEW_TEST(f) cmocka_unit_test_setup_teardown(f, kit_fresh, english_again)
    const struct CMUnitTest tests[] = {
        VIEW_TEST(r6_9_golden_announced), VIEW_TEST(r6_9_golden_going_on), VIEW_TEST(r6_9_golden_the_last_hour_without_the_service),
        VIEW_TEST(r6_9_news_while_the_screen_is_open), VIEW_TEST(r6_9_nothing_wakes_up_without_a_stop), VIEW_TEST(r6_9_it_wakes_up_for_changes_alone),
        VIEW_TEST(r6_9_behind_another_screen_it_sleeps), VIEW_TEST(r6_9_a_busy_queue_does_not_stop_the_countdown),
        VIEW_TEST(r6_9_two_alarms_do_not_lose_each_other),
    };
    return cmocka_run_group_tests_name("home", tests, kit_screen, kit_screen_end);
}
