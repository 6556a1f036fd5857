/* A file system that does not take a lock back (R1.11): SQLite then takes its own lock for somebody else's. The queue opens its file again
 * and goes on; the first time that takes the five seconds a lock of somebody else is waited for. */
#include "queue_fixture.h"
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include <unistd.h>

static int keep;                                /* so many locks are not given back */
static int kept;

static int locking(int fd, int what, void *arg)
{
    const struct flock *l = arg;
    if (keep > 0 && what == F_SETLK && l->l_type == F_UNLCK) {
        keep--;
        kept++;
        errno = EIO;
        return -1;
    }
    return (int)syscall(SYS_fcntl, fd, what, arg);
}
int fcntl(int fd, int what, ...)
{
    va_list ap;
    va_start(ap, what);
    void *arg = va_arg(ap, void *);
    va_end(ap);
    return locking(fd, what, arg);
}
int fcntl64(int fd, int what, ...);
int fcntl64(int fd, int what, ...)
{
    va_list ap;
    va_start(ap, what);
    void *arg = va_arg(ap, void *);
    va_end(ap);
    return locking(fd, what, arg);
}

static void r1_11_a_lock_that_is_not_given_back(void **state)
{
    struct fix *f = *state;
    assert_int_equal(fix_add(f, CANARY_CITIZEN, "e1", false, NULL), 1);
    keep = 2;
    assert_int_equal(fix_add(f, CANARY_CITIZEN, "e2", false, NULL), 2);
    assert_int_equal(kept, 2);
    keep = 0;
    assert_int_equal(fix_add(f, CANARY_CITIZEN, "e3", false, NULL), 3);
    assert_false(sg_store_failing(f->s));
    keep = 0;
    struct sg_damage what[1];
    size_t damaged = 0;
    assert_int_equal(sg_store_check(f->s, what, 1, &damaged), SG_E_OK);
    assert_int_equal(damaged, 0);
}

/* For ever: it fails, soon, and says so; what was queued before is there after a start. */
static void r1_11_locks_that_are_never_given_back(void **state)
{
    struct fix *f = *state;
    struct sg_action a;
    struct sg_error e;
    int64_t queued = fix_add(f, CANARY_CITIZEN, "e1", false, NULL);
    keep = 1 << 30;
    for (int i = 0; i < 20; i++) {
        fix_action(&a, CANARY_CITIZEN, "e2");
        queued += sg_store_enqueue(f->s, &a, COMMISSION, false, NULL, &e) == SG_E_OK;
    }
    assert_true(sg_store_failing(f->s));
    keep = 0;
    fix_reopen(f);
    assert_int_equal(sg_store_last_seq(f->s), queued);
    assert_int_equal(fix_add(f, CANARY_CITIZEN, "e3", false, NULL), queued + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(r1_11_a_lock_that_is_not_given_back, fix_setup, fix_teardown),
                                       cmocka_unit_test_setup_teardown(r1_11_locks_that_are_never_given_back, fix_setup, fix_teardown)};
    return cmocka_run_group_tests_name("queue_lock", tests, NULL, NULL);
}
