/* A queue that was left behind is sent from its own file (R1.18): each row under the commission it was decided under, oldest first; never
 * to another service; and nothing new is put into it. */
#include "tests/unit/sync_fake.h"

#define K1 "SE2321000016-K001"
#define K2 "SE2321000016-K002"
#define K9 "SE2321000016-K009"

static void open_as(struct fake *f, bool adopt, const char *commission)
{
    sg_engine_free(f->g);
    f->adopt = adopt;
    f->wish = commission;
    open_engine(f);
}

static void decide(struct fake *f, const char *commission, const char *subject, char id[SG_UUID_MAX])
{
    open_as(f, false, commission);
    see(f, subject);
    uint64_t q = ask_act(f, SG_ACT_LOGIN_LOCK, subject, true);
    settle(f);
    assert_int_equal(last(f, q, SG_TELL_ACTION)->row->state, SG_Q_HELD);
    sg_copy(id, SG_UUID_MAX, last(f, q, SG_TELL_ACTION)->id);
}

static struct sg_status sync_status(struct fake *f)
{
    uint64_t q = ask(f, SG_ASK_SYNC, "", "");
    settle(f);
    return final_of(f, q)->status;
}

/* The n-th action that was sent, and the commission of its session. */
static const struct sent *put_at(const struct fake *f, size_t n, const char **commission)
{
    for (size_t i = 0; i < f->n_sent; i++)
        if (f->sent[i].method == SG_PUT && n-- == 0) {
            *commission = f->under[atoi(f->sent[i].bearer + strlen("token-"))];
            return &f->sent[i];
        }
    return NULL;
}

static void assert_put(const struct fake *f, size_t n, const char *id, const char *commission)
{
    const char *under = "";
    const struct sent *s = put_at(f, n, &under);
    assert_non_null(s);
    assert_string_equal(s->path + strlen("/actions/"), id);
    assert_string_equal(under, commission);
}

static void r1_18_each_row_goes_under_its_own_commission(void **state)
{
    (void)state;
    struct fake *f = new_fake(false);
    char id[4][SG_UUID_MAX];
    const char *under;
    decide(f, K1, "c-1", id[0]);
    decide(f, K2, "c-1", id[1]);                        /* behind the first, though under another commission */
    decide(f, K1, "c-1", id[2]);                        /* and back again */
    decide(f, K2, "c-2", id[3]);
    open_as(f, true, K9);
    struct sg_status s = sync_status(f);
    assert_true(s.adopted && s.store_open);
    assert_int_equal(s.queue.waiting, 0);
    assert_int_equal(s.queue.done, 4);
    assert_int_equal(f->applied[1], 3);
    assert_int_equal(f->applied[2], 1);
    assert_put(f, 0, id[0], K1);
    assert_put(f, 1, id[1], K2);
    assert_put(f, 2, id[3], K2);
    assert_put(f, 3, id[2], K1);
    assert_null(put_at(f, 4, &under));
    end_fake(f);
}

static void r1_18_under_a_commission_one_has_no_more_nothing_goes(void **state)
{
    (void)state;
    struct fake *f = new_fake(false);
    char id[3][SG_UUID_MAX];
    const char *under;
    decide(f, K2, "c-1", id[0]);
    decide(f, K1, "c-2", id[1]);
    decide(f, K1, "c-1", id[2]);
    f->withdrawn_commission = K2;
    open_as(f, true, NULL);
    struct sg_status s = sync_status(f);
    assert_int_equal(s.queue.done, 1);
    assert_int_equal(s.queue.waiting, 2);               /* what one may not send, and what waits behind it */
    assert_put(f, 0, id[1], K1);
    assert_null(put_at(f, 1, &under));
    f->withdrawn_commission = NULL;
    assert_int_equal(sync_status(f).queue.waiting, 0);
    assert_put(f, 1, id[0], K2);
    assert_put(f, 2, id[2], K1);
    end_fake(f);
}

static void r1_18_nothing_new_is_put_into_it(void **state)
{
    (void)state;
    struct fake *f = new_fake(false);
    char id[SG_UUID_MAX];
    decide(f, K1, "c-1", id);
    open_as(f, true, NULL);
    see(f, "c-2");
    uint64_t q = ask_act(f, SG_ACT_LOGIN_LOCK, "c-2", false);
    settle(f);
    assert_int_equal(final_of(f, q)->kind, SG_TELL_FAILED);
    assert_int_equal(final_of(f, q)->err, SG_E_STATE);
    (void)sync_status(f);
    assert_int_equal(f->applied[1], 1);
    assert_int_equal(f->applied[2], 0);
    end_fake(f);
}

static void r1_18_a_queue_of_another_service_is_not_sent(void **state)
{
    (void)state;
    struct fake *f = new_fake(false);
    char id[SG_UUID_MAX];
    f->url = "https://one.example";
    decide(f, K1, "c-1", id);
    f->url = "https://two.example";
    open_as(f, true, NULL);
    struct sg_status s = sync_status(f);
    assert_false(s.store_open);
    assert_int_equal(s.store_err, SG_E_STATE);
    assert_int_equal(s.bar, SG_ADOPT_OTHER_SERVICE);
    assert_string_equal(s.service, "https://one.example");
    assert_int_equal(f->applied[1], 0);
    f->moved = true;                                    /* somebody says that it is the same one */
    open_as(f, true, NULL);
    assert_int_equal(sync_status(f).bar, SG_ADOPT_FREE);
    assert_int_equal(f->applied[1], 1);
    f->moved = false;
    open_as(f, true, NULL);
    assert_true(sync_status(f).store_open);
    end_fake(f);
}

static void r1_18_a_queue_that_does_not_say_whose_it_is_says_so(void **state)
{
    (void)state;
    struct fake *f = new_fake(false);
    char id[SG_UUID_MAX];
    decide(f, K1, "c-1", id);                           /* as a program did that noted no address */
    f->url = "https://one.example";
    open_as(f, true, NULL);
    struct sg_status s = sync_status(f);
    assert_int_equal(s.bar, SG_ADOPT_UNKNOWN_SERVICE);
    assert_int_equal(s.queue.done, 1);
    end_fake(f);
}

static void r1_18_nothing_is_made_where_nothing_was(void **state)
{
    (void)state;
    struct fake *f = new_fake(false);
    nftw(f->dir, rm_one, 8, FTW_DEPTH | FTW_PHYS);
    open_as(f, true, NULL);
    struct sg_status s = sync_status(f);
    assert_false(s.store_open);
    assert_int_not_equal(access(f->dir, F_OK), 0);
    end_fake(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(r1_18_each_row_goes_under_its_own_commission),
        cmocka_unit_test(r1_18_under_a_commission_one_has_no_more_nothing_goes),
        cmocka_unit_test(r1_18_nothing_new_is_put_into_it),
        cmocka_unit_test(r1_18_a_queue_of_another_service_is_not_sent),
        cmocka_unit_test(r1_18_a_queue_that_does_not_say_whose_it_is_says_so),
        cmocka_unit_test(r1_18_nothing_is_made_where_nothing_was),
    };
    return cmocka_run_group_tests_name("adopt", tests, NULL, NULL);
}
