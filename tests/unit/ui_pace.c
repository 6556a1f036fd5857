/* Lists that are read anew while the queue goes through: a few readings a second, however many acts end (R1.16). */
#include "tests/unit/ui_kit.h"

enum { ACTS = 900 };

static size_t asked(enum sg_ask_kind kind)
{
    size_t n = 0;
    for (size_t i = 0; i < kit_n_asked; i++)
        n += kit_asked[i].kind == kind;
    return n;
}

static void act_ends(void)
{
    struct sg_tell *t = kit_new_tell(SG_TELL_ACTION, 0);
    t->row = calloc(1, sizeof *t->row);
    assert_non_null(t->row);
    sg_action_init(&t->row->action, SG_ACT_LOGIN_LOCK, "c-alva");
    t->row->state = SG_Q_DONE;
    kit_tell(t);
}

static void answer(void)
{
    struct sg_tell *t = kit_new_tell(SG_TELL_QUEUE, kit_last(SG_ASK_QUEUE)->id);
    kit_tell(t);
}

static void later(int ms)
{
    kit_now += ms;
    sg_app_due(&kit_app);
    kit_turn();
}

/* Nine hundred acts in nine tenths of a second, each answer at once. */
static void drain(void)
{
    for (int i = 0; i < ACTS; i++) {
        size_t before = asked(SG_ASK_QUEUE);
        act_ends();
        later(1);
        if (asked(SG_ASK_QUEUE) > before)
            answer();
    }
}

static void r1_16_a_draining_queue_is_read_a_few_times_a_second(void **state)
{
    (void)state;
    answer();
    later(5000);
    size_t before = asked(SG_ASK_QUEUE);
    act_ends();
    assert_int_equal(asked(SG_ASK_QUEUE), before + 1);     /* at once, when it was quiet */
    answer();
    drain();
    assert_in_range(asked(SG_ASK_QUEUE) - before, 3, 6);
    before = asked(SG_ASK_QUEUE);
    later(400);                                            /* the last one is not forgotten */
    assert_int_equal(asked(SG_ASK_QUEUE), before + 1);
    answer();
    later(60000);                                          /* and nothing is read when nothing happens */
    assert_int_equal(asked(SG_ASK_QUEUE), before + 1);
}

static void an_answer_that_is_awaited_is_not_asked_for_again(void **state)
{
    (void)state;
    later(60000);
    answer();
    later(5000);
    act_ends();
    size_t before = asked(SG_ASK_QUEUE);
    for (int i = 0; i < 20; i++) {
        act_ends();
        later(100);
    }
    assert_int_equal(asked(SG_ASK_QUEUE), before);
    answer();
    later(1);
    assert_int_equal(asked(SG_ASK_QUEUE), before + 1);
}

static void the_queue_itself_is_read_so_too(void **state)
{
    (void)state;
    answer();
    kit_press("q");
    answer();
    later(5000);
    size_t before = asked(SG_ASK_QUEUE);
    drain();
    assert_in_range(asked(SG_ASK_QUEUE) - before, 3, 12);  /* home below it as well */
}

int main(void)
{
#define VIEW_TEST(f) cmocka_unit_test_setup_teardown(f, kit_fresh, kit_over)
    const struct CMUnitTest tests[] = {
        VIEW_TEST(r1_16_a_draining_queue_is_read_a_few_times_a_second), VIEW_TEST(an_answer_that_is_awaited_is_not_asked_for_again),
        VIEW_TEST(the_queue_itself_is_read_so_too),
    };
    return cmocka_run_group_tests_name("pace", tests, kit_screen, kit_screen_end);
}
