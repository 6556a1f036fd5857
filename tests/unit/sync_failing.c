/* The disk fails for good while acts are under way (R1.13): a sync that waits ends, and says so; nothing is lost. */
#include "sync_fake.h"
#include <errno.h>

static bool fail_sync;
int fdatasync(int fd);
int fdatasync(int fd)
{
    (void)fd;
    errno = EIO;
    return fail_sync ? -1 : 0;
}

static void r1_13_sync_ends_when_the_disk_fails(void **state)
{
    (void)state;
    struct fake *f = new_fake(true);
    see(f, "c-1");
    f->down = true;
    uint64_t id = ask_act(f, SG_ACT_LOGIN_LOCK, "c-1", false);
    settle(f);
    char action[SG_UUID_MAX];
    SG_COPY(action, last(f, id, SG_TELL_ACTION)->id);
    f->down = false;
    fail_sync = true;
    uint64_t sync = ask(f, SG_ASK_SYNC, "", "");
    pass(f, 20000);
    struct sg_tell *t = final_of(f, sync);
    assert_non_null(t);
    assert_int_equal(t->kind, SG_TELL_IDLE);
    assert_int_equal(t->status.store_err, SG_E_IO);
    fail_sync = false;                          /* the disk seems well again: no matter, until the program is started again */
    sync = ask(f, SG_ASK_SYNC, "", "");
    pass(f, 20000);
    t = final_of(f, sync);
    assert_non_null(t);
    assert_int_equal(t->status.store_err, SG_E_IO);
    restart(f);
    settle(f);
    ask(f, SG_ASK_SYNC, "", "");
    pass(f, 20000);
    assert_int_equal(state_of(f, action), SG_Q_DONE);
    assert_int_equal(f->applied[1], 1);
    end_fake(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(r1_13_sync_ends_when_the_disk_fails)};
    return cmocka_run_group_tests_name("sync_failing", tests, NULL, NULL);
}
