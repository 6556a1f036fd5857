/* Who goes when: FIFO per citizen, citizens independent of each other, commissions and processes apart (DESIGN: offline rules). */
#include "queue_fixture.h"
#include <signal.h>
#include <sys/wait.h>

static void first_in_first_out_per_citizen(void **state)
{
    struct fix *f = *state;
    char a[SG_UUID_MAX];
    fix_add(f, "c-1", "e1", false, a);
    fix_add(f, "c-1", "e1", false, NULL);
    fix_add(f, "c-2", "e1", false, NULL);
    fix_add(f, "c-3", "e1", false, NULL);
    assert_int_equal(fix_claim(f, NULL), 1);
    assert_int_equal(fix_claim(f, NULL), 3);               /* 2 waits for 1, other citizens do not */
    assert_int_equal(fix_claim(f, NULL), 4);
    assert_int_equal(fix_claim(f, NULL), 0);
    fix_finish(f, a, SG_OUT_DONE, "e1", "e2");
    assert_int_equal(fix_claim(f, NULL), 2);
}

static void a_conflict_holds_only_its_own_citizen(void **state)
{
    struct fix *f = *state;
    struct sg_error e;
    char a[SG_UUID_MAX], b[SG_UUID_MAX];
    fix_add(f, "c-1", "e1", false, a);
    fix_add(f, "c-1", "e1", false, b);
    fix_add(f, "c-2", "e1", false, NULL);
    assert_int_equal(fix_claim(f, NULL), 1);
    fix_finish(f, a, SG_OUT_CONFLICT, "e5", "");
    assert_int_equal(fix_claim(f, NULL), 3);
    assert_int_equal(fix_claim(f, NULL), 0);
    assert_int_equal(fix_state(f, b), SG_Q_READY);
    assert_int_equal(sg_store_resolve(f->s, a, "theirs", "", NULL, NULL, &e), SG_E_OK);
    assert_int_equal(fix_claim(f, NULL), 2);
}

static void a_refusal_holds_until_a_person_looked(void **state)
{
    struct fix *f = *state;
    struct sg_error e;
    char a[SG_UUID_MAX];
    fix_add(f, "c-1", "e1", false, a);
    fix_add(f, "c-1", "e1", false, NULL);
    fix_finish(f, a, SG_OUT_REFUSED, "", "");
    assert_int_equal(fix_claim(f, NULL), 0);
    assert_int_equal(sg_store_resolve(f->s, a, "note", "seen", NULL, NULL, &e), SG_E_OK);
    assert_int_equal(fix_claim(f, NULL), 2);
}

static void held_rows_and_those_behind_them_stay(void **state)
{
    struct fix *f = *state;
    char a[SG_UUID_MAX];
    fix_add(f, "c-1", "e1", true, a);
    fix_add(f, "c-1", "e1", false, NULL);
    assert_int_equal(fix_claim(f, NULL), 0);
    assert_int_equal(sg_store_release(f->s, a), SG_E_OK);
    assert_int_equal(fix_claim(f, NULL), 1);
}

static void retry_waits_for_its_time_and_tells_when(void **state)
{
    struct fix *f = *state;
    char a[SG_UUID_MAX], b[SG_UUID_MAX];
    struct sg_qrow r;
    int64_t due = 0;
    fix_add(f, "c-1", "e1", false, a);
    fix_add(f, "c-2", "e1", false, b);
    assert_int_equal(sg_store_later(f->s, a, SG_Q_RETRY, 0, "", fix_now + 20000), SG_E_OK);
    assert_int_equal(sg_store_later(f->s, b, SG_Q_RETRY, 0, "", fix_now + 4000), SG_E_OK);
    assert_int_equal(sg_store_claim(f->s, COMMISSION, &r, &due), SG_E_NOTFOUND);
    assert_int_equal(due, fix_now + 4000);
    fix_now += 4000;
    assert_int_equal(fix_claim(f, NULL), 2);
    assert_int_equal(sg_store_release(f->s, a), SG_E_OK);
    assert_int_equal(fix_claim(f, NULL), 1);
}

static void another_commission_waits_for_its_own(void **state)
{
    struct fix *f = *state;
    struct sg_qrow r;
    int64_t due = 0;
    fix_add(f, "c-1", "e1", false, NULL);
    assert_int_equal(sg_store_claim(f->s, "TSTNMT2321000156-COM2", &r, &due), SG_E_NOTFOUND);
    assert_int_equal(due, 0);
    assert_int_equal(fix_claim(f, NULL), 1);
}

/* A child that claims through a store of its own and then waits, or is gone. */
static pid_t claimer(const struct fix *f, int *ready)
{
    int p[2];
    assert_int_equal(pipe(p), 0);
    pid_t pid = fork();
    if (pid == 0) {
        struct fix c = *f;
        struct sg_error e;
        struct sg_qrow r;
        int64_t due;
        struct sg_secret pass = {0};
        if (sg_secret_new(&pass, 64, &e) != SG_E_OK)
            _exit(2);
        memcpy(pass.data, "correct horse", 13);            /* memory of secrets is wiped in a child */
        pass.len = 13;
        c.pass = pass;
        char ok = fix_try_open(&c, ACTOR, &e) == SG_E_OK && sg_store_claim(c.s, COMMISSION, &r, &due) == SG_E_OK;
        if (write(p[1], &ok, 1) != 1)
            _exit(2);
        for (;;)
            pause();
    }
    char ok = 0;
    assert_int_equal(read(p[0], &ok, 1), 1);
    assert_int_equal(ok, 1);
    close(p[0]);
    close(p[1]);
    *ready = 1;
    return pid;
}

static void only_a_dead_owners_rows_come_back(void **state)
{
    struct fix *f = *state;
    int ready = 0, status = 0;
    size_t n = 9;
    fix_add(f, "c-1", "e1", false, NULL);
    sg_store_close(f->s);
    f->s = NULL;
    pid_t pid = claimer(f, &ready);
    fix_open(f);
    assert_int_equal(fix_claim(f, NULL), 0);
    assert_int_equal(sg_store_reclaim(f->s, &n), SG_E_OK);
    assert_int_equal(n, 0);                                /* it lives: hands off */
    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
    assert_int_equal(sg_store_reclaim(f->s, &n), SG_E_OK);
    assert_int_equal(n, 1);
    assert_int_equal(fix_claim(f, NULL), 1);
    assert_int_equal(sg_store_reclaim(f->s, &n), SG_E_OK);
    assert_int_equal(n, 0);                                /* one's own claim is not an orphan */
}

static void a_closed_store_in_this_process_is_gone_too(void **state)
{
    struct fix *f = *state;
    size_t n = 0;
    fix_add(f, "c-1", "e1", false, NULL);
    assert_int_equal(fix_claim(f, NULL), 1);
    fix_reopen(f);
    assert_int_equal(sg_store_reclaim(f->s, &n), SG_E_OK);
    assert_int_equal(n, 1);
    struct sg_qrow r;
    int64_t due;
    assert_int_equal(sg_store_claim(f->s, COMMISSION, &r, &due), SG_E_OK);
    assert_int_equal(r.attempts, 2);                       /* the same id goes again */
    sg_qrow_free(&r);
}

static void a_reused_pid_does_not_keep_a_row(void **state)
{
    struct fix *f = *state;
    char sql[200];
    size_t n = 0;
    fix_add(f, "c-1", "e1", false, NULL);
    assert_int_equal(fix_claim(f, NULL), 1);
    sg_format(sql, sizeof sql, "UPDATE row SET owner='1 7 ' || substr(owner, length(owner) - 24)");    /* pid 1 lives, but began at another time */
    fix_sql(f, sql);
    assert_int_equal(sg_store_reclaim(f->s, &n), SG_E_OK);
    assert_int_equal(n, 1);
}

static void two_stores_never_get_the_same_row(void **state)
{
    struct fix *f = *state;
    struct fix g = *f;
    char who[16];
    int seen[41] = {0};
    fix_open(&g);
    for (int i = 0; i < 40; i++) {
        sg_format(who, sizeof who, "c-%d", i);
        fix_add(i % 2 ? f : &g, who, "e1", false, NULL);
    }
    for (int i = 0; i < 40; i++) {
        int64_t seq = fix_claim(i % 2 ? f : &g, NULL);
        assert_true(seq >= 1 && seq <= 40);
        seen[seq]++;
    }
    for (int i = 1; i <= 40; i++)
        assert_int_equal(seen[i], 1);
    sg_store_close(g.s);
}

#define T(name) cmocka_unit_test_setup_teardown(name, fix_setup, fix_teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(first_in_first_out_per_citizen), T(a_conflict_holds_only_its_own_citizen), T(a_refusal_holds_until_a_person_looked),
        T(held_rows_and_those_behind_them_stay), T(retry_waits_for_its_time_and_tells_when), T(another_commission_waits_for_its_own),
        T(only_a_dead_owners_rows_come_back), T(a_closed_store_in_this_process_is_gone_too), T(a_reused_pid_does_not_keep_a_row),
        T(two_stores_never_get_the_same_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
