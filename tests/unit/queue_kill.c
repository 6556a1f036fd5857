/* R1.1, R1.12: a process that queues actions is killed at a random moment, a hundred times. What it announced after OK is there exactly
 * once; at most the one it was writing may be there unannounced; the file checks clean each time. Nothing is promised about power loss
 * here: the simulation with its own file system does that. */
#include "queue_fixture.h"
#include "tests/patience.h"
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

enum { ANNOUNCED_MOST = 200000 };
struct ids { char (*id)[SG_UUID_MAX]; size_t n; };

/* The child: queue, finish or withdraw now and then, announce each new id once it is durable. Never returns. */
static void child(const struct fix *parent, int out)
{
    struct fix f = *parent;
    struct sg_error e;
    struct sg_secret pass = {0};
    if (sg_secret_new(&pass, 64, &e) != SG_E_OK)
        _exit(2);
    memcpy(pass.data, "correct horse", 13);                /* memory of secrets is wiped in a child */
    pass.len = 13;
    f.pass = pass;
    if (fix_try_open(&f, ACTOR, &e) != SG_E_OK)
        _exit(3);
    for (int i = 0;; i++) {
        struct sg_action a;
        char who[16];
        sg_format(who, sizeof who, "c-%d", i % 5);
        fix_action(&a, who, "e1");
        if (sg_store_enqueue(f.s, &a, COMMISSION, false, NULL, &e) != SG_E_OK)
            _exit(4);
        if (write(out, a.id, SG_UUID_MAX) != SG_UUID_MAX)
            _exit(5);
        if (i % 7 == 3 && sg_store_withdraw(f.s, a.id) != SG_E_OK)
            _exit(6);
    }
}

static void read_announced(int in, struct ids *all)
{
    char id[SG_UUID_MAX];
    while (read(in, id, sizeof id) == (ssize_t)sizeof id) {
        assert_true(all->n < ANNOUNCED_MOST);
        memcpy(all->id[all->n++], id, sizeof id);
    }
}

static void one_kill(const struct fix *f, struct ids *all, long wait_us)
{
    int p[2], status = 0;
    assert_int_equal(pipe(p), 0);
    pid_t pid = fork();
    if (pid == 0) {
        close(p[0]);
        child(f, p[1]);
    }
    close(p[1]);
    char first[SG_UUID_MAX];
    size_t before = all->n;
    if (wait_us % 4 != 0 && read(p[0], first, sizeof first) == (ssize_t)sizeof first)
        memcpy(all->id[all->n++], first, sizeof first);    /* three in four die while writing, the others while opening or soon after */
    struct timespec t = {0, wait_us * 1000};
    nanosleep(&t, NULL);
    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
    if (WIFEXITED(status))
        print_error("the child ended by itself: %d, after %zu\n", WEXITSTATUS(status), all->n - before);
    assert_true(WIFSIGNALED(status));
    read_announced(p[0], all);
    close(p[0]);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(a, b);
}

static bool gather(void *ctx, const struct sg_qrow *r)
{
    struct ids *got = ctx;
    assert_true(got->n < ANNOUNCED_MOST);
    SG_COPY(got->id[got->n], r->action.id);
    got->n++;
    return true;
}

static void announced_rows_are_there_once(const struct ids *all, struct ids *got)
{
    qsort(got->id, got->n, sizeof *got->id, by_text);
    for (size_t i = 1; i < got->n; i++)
        assert_string_not_equal(got->id[i - 1], got->id[i]);
    for (size_t i = 0; i < all->n; i++)
        if (!bsearch(all->id[i], got->id, got->n, sizeof *got->id, by_text)) {
            print_error("%s was announced and is gone\n", all->id[i]);
            fail();
        }
}

static void a_hundred_kills_lose_and_double_nothing(void **state)
{
    struct fix *f = *state;
    struct ids all = {calloc(ANNOUNCED_MOST, SG_UUID_MAX), 0}, got = {calloc(ANNOUNCED_MOST, SG_UUID_MAX), 0};
    struct sg_random rnd = sg_random_system();
    size_t unannounced = 0, damaged = 0, n = 0;
    assert_non_null(all.id);
    assert_non_null(got.id);
    sg_store_close(f->s);
    f->s = NULL;
    long kills = test_repeats(100, 10);
    for (long i = 0; i < kills; i++) {
        one_kill(f, &all, (long)sg_random_below(&rnd, 30000));
        if (i % 10 == 9) {
            fix_open(f);
            got.n = 0;
            assert_int_equal(sg_store_each(f->s, false, gather, &got, &damaged), SG_E_OK);
            assert_int_equal(damaged, 0);
            announced_rows_are_there_once(&all, &got);
            assert_true(got.n - all.n <= (size_t)i + 1);
            unannounced = got.n - all.n;
            assert_int_equal(sg_store_check(f->s, NULL, 0, &n), SG_E_OK);
            assert_int_equal(n, 0);
            sg_store_close(f->s);
            f->s = NULL;
        }
    }
    print_message("%ld kills: %zu announced, 0 lost, 0 double, %zu written but not yet announced\n", kills, all.n, unannounced);
    assert_true(all.n > (size_t)kills);                            /* it did work between the kills */
    free(all.id);
    free(got.id);
    fix_open(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(a_hundred_kills_lose_and_double_nothing, fix_setup, fix_teardown)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
