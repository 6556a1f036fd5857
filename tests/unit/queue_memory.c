/* R1.11, in the manner of SQLite's own tests: every single allocation of SQLite, OpenSSL and cJSON during the store's operations fails,
 * once or together with all that follow. The operation then says so or succeeds; and with memory again nothing is lost, nothing is
 * damaged, and no shortage has been taken for a forgery. */
#include "queue_fixture.h"
#include "tests/patience.h"
#include <openssl/crypto.h>

static long calls, fail_at;                                /* fail_at 0: never */
static bool on_and_on;

static bool refused(void)
{
    if (fail_at == 0)
        return false;
    calls++;
    return calls == fail_at || (on_and_on && calls > fail_at);
}

/* ---- OpenSSL and cJSON ---- */

static void *ssl_malloc(size_t n, const char *file, int line) { (void)file, (void)line; return refused() ? NULL : malloc(n); }
static void *ssl_realloc(void *p, size_t n, const char *file, int line) { (void)file, (void)line; return refused() ? NULL : realloc(p, n); }
static void ssl_free(void *p, const char *file, int line) { (void)file, (void)line; free(p); }
static void *json_malloc(size_t n) { return refused() ? NULL : malloc(n); }

/* ---- SQLite ---- */

static sqlite3_mem_methods system_memory;
static void *sql_malloc(int n) { return refused() ? NULL : system_memory.xMalloc(n); }
static void *sql_realloc(void *p, int n) { return refused() ? NULL : system_memory.xRealloc(p, n); }

static int start_failing(void **state)
{
    (void)state;
    assert_int_equal(CRYPTO_set_mem_functions(ssl_malloc, ssl_realloc, ssl_free), 1);
    cJSON_InitHooks(&(cJSON_Hooks){.malloc_fn = json_malloc, .free_fn = free});
    assert_int_equal(sqlite3_config(SQLITE_CONFIG_GETMALLOC, &system_memory), SQLITE_OK);
    sqlite3_mem_methods mine = system_memory;
    mine.xMalloc = sql_malloc;
    mine.xRealloc = sql_realloc;
    assert_int_equal(sqlite3_config(SQLITE_CONFIG_MALLOC, &mine), SQLITE_OK);
    return 0;
}

/* ---- what is done ---- */

struct done { size_t rows; bool announced, ended; char id[SG_UUID_MAX]; };

static void outcome_of(struct sg_outcome *o, const char *id)
{
    memset(o, 0, sizeof *o);
    SG_COPY(o->action_id, id);
    o->kind = SG_OUT_DONE;
    o->problem = SG_PROBLEM_COUNT;
    o->why.rule = SG_RULE_COUNT;
    SG_COPY(o->etag_before, "e1");
    SG_COPY(o->etag_after, "e2");
}

/* Two acts queued, the first sent and ended; whatever fails on the way, it goes on with the rest. */
static void work(struct fix *f, struct done first_two[2])
{
    struct sg_error e;
    struct sg_qrow row;
    struct sg_qcounts counts;
    struct sg_outcome o;
    int64_t due;
    for (int i = 0; i < 2; i++) {
        struct sg_action a;
        fix_action(&a, "c-1", "e1");
        first_two[i].announced = sg_store_enqueue(f->s, &a, COMMISSION, false, NULL, &e) == SG_E_OK;
        SG_COPY(first_two[i].id, a.id);
    }
    (void)!sg_store_counts(f->s, &counts);
    if (sg_store_claim(f->s, COMMISSION, &row, &due) == SG_E_OK) {
        outcome_of(&o, row.action.id);
        bool ended = sg_store_finish(f->s, row.action.id, &o) == SG_E_OK;
        for (int i = 0; i < 2; i++)
            first_two[i].ended = first_two[i].ended || (ended && sg_eq(first_two[i].id, row.action.id));
        sg_qrow_free(&row);
    }
}

/* A new store: whoever checks all rows each time must not let them grow. The cheapest key derivation there is. */
static void renew(struct fix *f)
{
    struct sg_store_opts o = fix_opts(f, ACTOR);
    struct sg_error e;
    sg_store_close(f->s);
    fix_empty(f);
    o.scrypt_log_n = 10;
    assert_int_equal(sg_store_open(&o, &f->s, &e), SG_E_OK);
}

/* With memory again, in the store as it stands and in the store opened anew. */
static void check(struct fix *f, const struct done d[2], long at, bool reopened)
{
    for (int again = 0; again <= reopened; again++) {
        struct sg_damage what[1];
        size_t n = 0;
        assert_int_equal(sg_store_check(f->s, what, 1, &n), SG_E_OK);
        if (n)
            fail_msg("allocation %ld%s: %s %lld %s", at, on_and_on ? " and all later" : "", what[0].table, (long long)what[0].seq, what[0].what);
        for (int i = 0; i < 2; i++) {
            struct sg_qrow row;
            enum sg_err err = d[i].id[0] ? sg_store_get(f->s, d[i].id, &row) : SG_E_NOTFOUND;
            if (d[i].announced && err != SG_E_OK)
                fail_msg("allocation %ld: an announced act is lost (%s)", at, sg_err_name(err));
            if (err == SG_E_OK && d[i].ended)
                assert_int_equal(row.state, SG_Q_DONE);
            if (err == SG_E_OK)
                sg_qrow_free(&row);
        }
        if (!again && reopened) {
            sg_store_close(f->s);
            fix_open(f);
        }
    }
}

static long series(struct fix *f, bool forever)
{
    long runs = 0;
    for (long at = 1;; at += test_repeats(1, 9), runs++) {
        if (runs % 25 == 0)
            renew(f);
        struct done d[2] = {{0}};
        on_and_on = forever;
        calls = 0;
        fail_at = at;
        work(f, d);
        bool over = calls < at;
        fail_at = 0;
        check(f, d, at, runs % 25 == 24);
        if (over)
            return runs;
    }
}

static void r1_11_a_shortage_of_memory_is_no_forgery_and_loses_nothing(void **state)
{
    struct fix *f = *state;
    long once = series(f, false), on = series(f, true);
    print_message("%ld allocations failed once, %ld with all that followed: nothing lost, nothing damaged\n", once, on);
    assert_true(once > test_repeats(100, 10) && on > test_repeats(100, 10));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(r1_11_a_shortage_of_memory_is_no_forgery_and_loses_nothing, fix_setup, fix_teardown)};
    return cmocka_run_group_tests(tests, start_failing, NULL);
}
