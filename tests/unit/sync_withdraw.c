/* Withdrawing: at once what never left, only with the service's word what has been sent. */
#include "sync_fake.h"

static void act_id(struct fake *f, uint64_t ask_id, char id[SG_UUID_MAX])
{
    struct sg_tell *t = last(f, ask_id, SG_TELL_ACTION);
    assert_non_null(t);
    sg_copy(id, SG_UUID_MAX, t->id);
}

static void withdrawing_what_may_be_in_effect_asks_first(void **state)
{
    (void)state;
    struct fake *f = new_fake(true);
    see(f, "c-1");
    f->lose_put_reply = true;
    uint64_t id = ask_act(f, SG_ACT_LOGIN_LOCK, "c-1", false);
    f->put_status = 0;
    settle(f);
    char action[SG_UUID_MAX];
    act_id(f, id, action);
    f->down = true;
    uint64_t gone = ask(f, SG_ASK_WITHDRAW, action, "");
    settle(f);
    assert_int_equal(final_of(f, gone)->err, SG_E_STATE);      /* it is in effect; "withdrawn" would be a lie */
    assert_int_equal(state_of(f, action), SG_Q_RETRY);
    end_fake(f);
}

/* Somebody else's 401 is no word of the service: its answer may be what got lost. */
static void a_foreign_401_may_hide_an_effect(void **state)
{
    (void)state;
    struct fake *f = new_fake(true);
    see(f, "c-1");
    f->foreign_401 = true;
    uint64_t id = ask_act(f, SG_ACT_LOGIN_LOCK, "c-1", false);
    settle(f);
    char action[SG_UUID_MAX];
    act_id(f, id, action);
    assert_int_equal(f->applied[1], 1);
    assert_int_equal(state_of(f, action), SG_Q_AUTH_WAIT);
    uint64_t gone = ask(f, SG_ASK_WITHDRAW, action, "");
    settle(f);
    assert_int_equal(final_of(f, gone)->err, SG_E_STATE);
    assert_int_equal(state_of(f, action), SG_Q_AUTH_WAIT);
    end_fake(f);
}

static void withdrawing_what_never_left_is_simple(void **state)
{
    (void)state;
    struct fake *f = new_fake(true);
    see(f, "c-1");
    f->down = true;
    pass(f, 5000);
    uint64_t id = ask_act(f, SG_ACT_LOGIN_LOCK, "c-1", false);
    settle(f);
    char action[SG_UUID_MAX];
    act_id(f, id, action);
    uint64_t gone = ask(f, SG_ASK_WITHDRAW, action, "");
    settle(f);
    assert_int_equal(final_of(f, gone)->kind, SG_TELL_DONE);
    assert_int_equal(state_of(f, action), SG_Q_WITHDRAWN);
    f->down = false;
    pass(f, 10000);
    assert_int_equal(f->applied[1], 0);
    end_fake(f);
}

/* Sent, turned away, withdrawn: a copy that was still under way finds it withdrawn; and so does a client that was killed before it heard. */
static void r1_6_what_was_sent_is_withdrawn_at_the_service_too(void **state)
{
    for (int killed = 0; killed < 2; killed++) {
        (void)state;
        struct fake *f = new_fake(true);
        see(f, "c-1");
        f->put_status = 503;
        f->put_problem = "busy";
        uint64_t id = ask_act(f, SG_ACT_LOGIN_LOCK, "c-1", false);
        settle(f);
        char action[SG_UUID_MAX];
        act_id(f, id, action);
        assert_int_equal(state_of(f, action), SG_Q_RETRY);
        f->put_status = 0;
        f->lose_put_reply = killed;
        uint64_t gone = ask(f, SG_ASK_WITHDRAW, action, "");
        settle(f);
        f->lose_put_reply = false;
        if (!killed)
            assert_int_equal(final_of(f, gone)->kind, SG_TELL_DONE);
        pass(f, 60000);
        assert_int_equal(state_of(f, action), SG_Q_WITHDRAWN);
        assert_int_equal(count_sent(f, SG_PUT, "/actions/"), killed ? 3 : 2);
        assert_int_equal(f->n_stored, 1);
        assert_int_equal(f->stored[0].status, 410);
        assert_int_equal(f->applied[1], 0);
        end_fake(f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(withdrawing_what_may_be_in_effect_asks_first), cmocka_unit_test(a_foreign_401_may_hide_an_effect),
        cmocka_unit_test(withdrawing_what_never_left_is_simple), cmocka_unit_test(r1_6_what_was_sent_is_withdrawn_at_the_service_too),
    };
    return cmocka_run_group_tests_name("sync_withdraw", tests, NULL, NULL);
}
