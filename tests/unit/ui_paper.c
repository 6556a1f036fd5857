/* What was decided on paper, keyed in at the screen: the form's number and the time that stands on it (R6.6). */
#include "tests/unit/ui_kit.h"
#include "tests/unit/model_fixture.h"
#include "model/paper.h"

static struct sg_citizen alva;

static int person(void **state)
{
    if (kit_fresh(state) != 0)
        return -1;
    sg_policy_free(&kit_app.policy);
    fixture_policy(&kit_app.policy);
    kit_app.me = fixture_actor(JOURNAL_AND_LOCK, "alpha");
    kit_app.have_me = true;
    kit_link(SG_LINK_ONLINE);
    memset(&alva, 0, sizeof alva);
    SG_COPY(alva.id, "c-alva");
    SG_COPY(alva.etag, "e1");
    SG_COPY(alva.name, "Alva Ek");
    struct sg_view_arg arg = {.kind = SG_ACT_LOGIN_LOCK, .citizen = &alva};
    sg_app_push(&kit_app, &sg_view_form, &arg);
    kit_turn();
    return 0;
}

static void type(const char *text)
{
    for (char one[2] = ""; *text; text++) {
        one[0] = *text;
        kit_press(one);
    }
}

/* The last two fields, and on to the confirmation. */
static void fill_in(const char *number, const char *decided)
{
    for (size_t i = 0; i < sg_action_def(SG_ACT_LOGIN_LOCK)->n_fields + 1; i++)
        kit_press("Tab");
    type(number);
    kit_press("Tab");
    type(decided);
    struct sg_view *v = sg_app_top(&kit_app);
    assert_true(v->ops->command(v, SG_CMD_GO_ON));
    kit_turn();
}

static void number(char dst[SG_PAPER_MAX])
{
    sg_paper_number("019b0000-0000-7000-8000-000000000200", dst);
}

static void r6_6_the_time_on_the_form_goes_with_the_act(void **state)
{
    (void)state;
    char no[SG_PAPER_MAX];
    int64_t then = 0;
    number(no);
    fill_in(no, "2026-03-01 09:30");
    assert_string_equal(sg_app_top(&kit_app)->ops->name, "confirm");
    assert_true(sg_app_top(&kit_app)->ops->command(sg_app_top(&kit_app), SG_CMD_SAVE));
    assert_non_null(kit_last(SG_ASK_ACT));
    assert_string_equal(kit_last(SG_ASK_ACT)->text, no);
    assert_true(sg_rfc3339_parse("2026-03-01T08:30:00Z", &then));
    assert_int_equal(kit_action.performed_at, then);
}

static void r6_6_a_time_to_come_is_not_taken(void **state)
{
    (void)state;
    char no[SG_PAPER_MAX];
    number(no);
    fill_in(no, "2026-03-03 09:30");
    assert_string_equal(sg_app_top(&kit_app)->ops->name, "form");
    assert_true(kit_shows("goes with a paper form and is a past time"));
}

static void r6_6_a_time_without_a_form_is_not_taken(void **state)
{
    (void)state;
    fill_in("", "2026-03-01 09:30");
    assert_string_equal(sg_app_top(&kit_app)->ops->name, "form");
    assert_true(kit_shows("goes with a paper form and is a past time"));
}

int main(void)
{
#define VIEW_TEST(f) cmocka_unit_test_setup_teardown(f, person, kit_over)
    const struct CMUnitTest tests[] = {
        VIEW_TEST(r6_6_the_time_on_the_form_goes_with_the_act), VIEW_TEST(r6_6_a_time_to_come_is_not_taken),
        VIEW_TEST(r6_6_a_time_without_a_form_is_not_taken),
    };
    return cmocka_run_group_tests_name("paper", tests, kit_screen, kit_screen_end);
}
