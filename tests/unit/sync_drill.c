/* A drill over a transport that would answer: it is never asked anything, whatever is decided and however long it goes on (R6.10). */
#include "tests/unit/sync_fake.h"

static void r6_10_nothing_of_a_drill_ever_leaves(void **state)
{
    (void)state;
    const int64_t days = 3 * 86400000LL;
    struct fake *f = new_fake(true);
    sg_engine_free(f->g);
    nftw(f->dir, rm_one, 8, FTW_DEPTH | FTW_PHYS);
    f->drill = true;
    open_engine(f);
    see(f, "drill-adult");
    uint64_t id = ask_act(f, SG_ACT_LOGIN_LOCK, "drill-adult", false);
    settle(f);
    struct sg_tell *t = last(f, id, SG_TELL_ACTION);
    assert_non_null(t);
    assert_int_equal(t->row->state, SG_Q_READY);
    ask(f, SG_ASK_SYNC, "", "");
    ask(f, SG_ASK_RETRY, "", "");
    ask(f, SG_ASK_PREPARE, "", "");
    pass(f, days);
    restart(f);
    pass(f, days);
    uint64_t status = ask(f, SG_ASK_STATUS, "", "");
    settle(f);
    t = last(f, status, SG_TELL_STATUS);
    assert_non_null(t);
    assert_int_equal(t->status.link, SG_LINK_OFFLINE);
    assert_int_equal(t->status.queue.waiting, 1);
    assert_int_equal(f->n_sent, 0);
    f->drill = false;                                /* and the real program does not open its queue */
    restart(f);
    settle(f);
    status = ask(f, SG_ASK_STATUS, "", "");
    settle(f);
    t = last(f, status, SG_TELL_STATUS);
    assert_true(t && !t->status.store_open && t->status.store_err == SG_E_STATE);
    for (size_t i = 0; i < f->n_sent; i++)
        assert_int_not_equal(f->sent[i].method, SG_PUT);
    end_fake(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(r6_10_nothing_of_a_drill_ever_leaves) };
    return cmocka_run_group_tests_name("drill", tests, NULL, NULL);
}
