/* R6.8: the service came back from an old copy. What was done here and is not there goes again under the same id: what protects by
 * itself, what opens only after a person has confirmed it on the ground of now; and nothing at all goes by mistake. */
#include "sync_fake.h"

static void done(struct fake *f, enum sg_action_kind kind, const char *subject, char id[SG_UUID_MAX])
{
    uint64_t q = ask_act(f, kind, subject, false);
    settle(f);
    assert_int_equal(final_of(f, q)->row->state, SG_Q_DONE);
    sg_copy(id, SG_UUID_MAX, final_of(f, q)->id);
}

static struct sg_qrow *row_of(struct fake *f, const char *id)
{
    uint64_t q = ask(f, SG_ASK_QROW, id, "");
    settle(f);
    return final_of(f, q)->row;
}

static const struct sg_qcounts *counts(struct fake *f)
{
    uint64_t q = ask(f, SG_ASK_STATUS, "", "");
    settle(f);
    return &final_of(f, q)->status.queue;
}

static size_t gets(const struct fake *f, const char *head)
{
    size_t n = 0;
    for (size_t i = 0; i < f->n_sent; i++)
        n += f->sent[i].method == SG_GET && sg_starts(f->sent[i].path, head);
    return n;
}

static void sync_now(struct fake *f)
{
    (void)ask(f, SG_ASK_SYNC, "", "");
    settle(f);
}

static void r6_8_what_protects_goes_again_by_itself(void **state)
{
    (void)state;
    struct fake *f = new_fake(false);
    char a[SG_UUID_MAX], b[SG_UUID_MAX];
    f->has_devices = true;
    see(f, "c-1");
    done(f, SG_ACT_LOGIN_LOCK, "c-1", a);
    done(f, SG_ACT_RECORD_SEAL, "c-2", b);
    forget_all(f);
    sync_now(f);
    assert_int_equal(f->applied[1], 1);
    assert_int_equal(f->applied[2], 1);
    assert_int_equal(f->n_stored, 2);
    assert_string_equal(f->stored[0].id, a);            /* the same ids, in the order of their numbers */
    assert_string_equal(f->stored[1].id, b);
    assert_int_equal(row_of(f, a)->state, SG_Q_DONE);
    assert_true(row_of(f, a)->again);
    assert_int_equal(counts(f)->again, 0);
    end_fake(f);
}

static void r6_8_what_opens_waits_for_a_person(void **state)
{
    (void)state;
    struct fake *f = new_fake(false);
    char a[SG_UUID_MAX];
    f->has_devices = true;
    see(f, "c-1");
    done(f, SG_ACT_LOGIN_UNLOCK, "c-1", a);
    forget_all(f);
    sync_now(f);
    assert_int_equal(f->applied[1], 0);
    assert_int_equal(row_of(f, a)->state, SG_Q_HELD);
    assert_true(row_of(f, a)->fresh_needed);
    assert_int_equal(counts(f)->again, 1);
    assert_int_equal(counts(f)->need_you, 1);
    uint64_t q = ask(f, SG_ASK_RECONFIRM, a, "");
    settle(f);
    assert_int_equal(final_of(f, q)->err, SG_E_STATE);  /* what was read is of a history that is gone: read again first */
    see(f, "c-1");
    q = ask(f, SG_ASK_RECONFIRM, a, "");
    settle(f);
    assert_int_equal(final_of(f, q)->err, SG_E_OK);
    assert_int_equal(f->applied[1], 1);
    assert_int_equal(row_of(f, a)->state, SG_Q_DONE);
    assert_int_equal(counts(f)->again, 0);
    end_fake(f);
}

static void r6_8_older_goes_before_newer(void **state)
{
    (void)state;
    struct fake *f = new_fake(false);
    char a[SG_UUID_MAX];
    f->has_devices = true;
    see(f, "c-1");
    done(f, SG_ACT_LOGIN_LOCK, "c-1", a);
    f->down = true;
    settle(f);
    (void)ask_act(f, SG_ACT_RECORD_SEAL, "c-1", false);
    settle(f);
    forget_all(f);
    f->down = false;
    sync_now(f);
    assert_int_equal(f->n_stored, 2);
    assert_string_equal(f->stored[0].id, a);
    end_fake(f);
}

static void r6_8_judged_anew_is_for_a_person(void **state)
{
    (void)state;
    struct fake *f = new_fake(false);
    char a[SG_UUID_MAX];
    f->has_devices = true;
    see(f, "c-1");
    done(f, SG_ACT_LOGIN_LOCK, "c-1", a);
    forget_all(f);
    struct sg_http_reply r = { .status = 412 };
    sg_buf_init(&r.body, 1 << 16);
    cJSON *p = sg_wire_problem(SG_PROBLEM_STALE, "/x", NULL, NULL);
    merge_problem(p, outcome_json(f, a, 1, SG_OUT_CONFLICT));
    json_reply(&r, 412, p);
    store_answer(f, a, 1, &r);
    sg_http_reply_free(&r);
    sync_now(f);
    assert_int_equal(row_of(f, a)->state, SG_Q_CONFLICT);
    assert_int_equal(counts(f)->need_you, 1);
    end_fake(f);
}

static void r6_8_a_mistake_costs_a_question(void **state)
{
    static const char *const SAYS[] = {"", "2-9", "x", "1-", "3 2", "1 1", "-4", "1,", "1  2", "0x1", "9223372036854775807"};
    (void)state;
    for (size_t i = 0; i < sizeof SAYS / sizeof *SAYS; i++) {
        struct fake *f = new_fake(false);
        char a[SG_UUID_MAX];
        f->has_devices = true;
        see(f, "c-1");
        done(f, SG_ACT_LOGIN_LOCK, "c-1", a);
        f->done_says = SAYS[i];
        f->expired = true;
        sync_now(f);
        assert_int_equal(f->applied[1], 1);
        assert_int_equal(row_of(f, a)->state, SG_Q_DONE);
        assert_false(row_of(f, a)->again);
        end_fake(f);
    }
}

static void r6_8_silence_holds_nobody_up(void **state)
{
    (void)state;
    struct fake *f = new_fake(false);                   /* a service without such a list */
    char a[SG_UUID_MAX];
    see(f, "c-1");
    done(f, SG_ACT_LOGIN_LOCK, "c-1", a);
    f->expired = true;
    sync_now(f);
    assert_true(gets(f, "/devices/") > 0);
    assert_int_equal(gets(f, "/actions/"), 0);
    done(f, SG_ACT_RECORD_SEAL, "c-1", a);
    assert_int_equal(f->applied[1], 2);
    end_fake(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(r6_8_what_protects_goes_again_by_itself), cmocka_unit_test(r6_8_what_opens_waits_for_a_person),
        cmocka_unit_test(r6_8_older_goes_before_newer), cmocka_unit_test(r6_8_judged_anew_is_for_a_person),
        cmocka_unit_test(r6_8_a_mistake_costs_a_question), cmocka_unit_test(r6_8_silence_holds_nobody_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
