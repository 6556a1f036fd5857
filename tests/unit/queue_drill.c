/* A drill and what is real never meet: whichever is opened on whichever folder, in any order, a file opens only for what it was made for, and
 * what was queued in one never shows in the other (R6.10). SWITCHES: how often. */
#include "tests/unit/queue_fixture.h"

enum { SIDES = 2 };
struct side { char dir[80]; long rows; };

static enum sg_err try_open(const struct side *s, bool drill, const struct sg_secret *pass, struct sg_store **out, struct sg_error *e)
{
    struct sg_store_opts o = {.dir = s->dir, .actor = ACTOR, .passphrase = pass, .scrypt_log_n = 10, .drill = drill, .clock = {fix_wall, fix_wall, NULL},
                              .random = sg_random_system()};
    memset(e, 0, sizeof *e);
    return sg_store_open(&o, out, e);
}

static bool count_one(void *ctx, const struct sg_qrow *r)
{
    struct { bool drill; long n; } *seen = ctx;
    assert_true(sg_eq(r->action.reason, seen->drill ? "drill" : "live"));
    seen->n++;
    return true;
}

static void work(struct side *s, bool drill, struct sg_store *store, bool add)
{
    struct { bool drill; long n; } seen = {drill, 0};
    struct sg_action a;
    struct sg_error e = {0};
    if (add) {
        fix_action(&a, CANARY_CITIZEN, "e1");
        SG_COPY(a.reason, drill ? "drill" : "live");
        assert_int_equal(sg_store_enqueue(store, &a, COMMISSION, false, NULL, &e), SG_E_OK);
        s->rows++;
    }
    assert_int_equal(sg_store_each(store, false, count_one, &seen, NULL), SG_E_OK);
    assert_int_equal(seen.n, s->rows);
}

static void r6_10_no_crossing_over_in_random_switches(void **state)
{
    struct fix *f = *state;
    struct side side[SIDES] = {0};
    struct sg_error e;
    int64_t switches = 200, refused = 0;
    const char *wanted = getenv("SWITCHES");
    uint32_t x = 2463534242u;
    assert_true(!wanted || sg_parse_i64(wanted, 1, 1000000, &switches));
    for (int i = 0; i < SIDES; i++) {
        struct sg_store *s = NULL;
        assert_true(sg_format(side[i].dir, sizeof side[i].dir, "%s/%s", f->dir, i ? "drill" : "live"));
        assert_int_equal(try_open(&side[i], i == 1, &f->pass, &s, &e), SG_E_OK);
        sg_store_close(s);
    }
    for (int64_t k = 0; k < switches; k++) {
        struct sg_store *s = NULL;
        x ^= x << 13, x ^= x >> 17, x ^= x << 5;
        int folder = (int)(x & 1);
        bool as_drill = x >> 1 & 1;
        enum sg_err err = try_open(&side[folder], as_drill, &f->pass, &s, &e);
        assert_int_equal(err, (folder == 1) == as_drill ? SG_E_OK : SG_E_STATE);
        if (err == SG_E_OK)
            work(&side[folder], as_drill, s, (x >> 2) % 8 == 0);
        else
            refused++;
        sg_store_close(s);
    }
    assert_true(refused > 0 && side[0].rows > 0 && side[1].rows > 0);
    for (int i = 0; i < SIDES; i++) {
        static const char *const file[] = {"store.db", "store.db-wal", "store.db-shm"};
        char path[200];
        for (size_t n = 0; n < 3; n++) {
            sg_format(path, sizeof path, "%s/%s", side[i].dir, file[n]);
            unlink(path);
        }
        DIR *d = opendir(side[i].dir);
        for (struct dirent *one; d && (one = readdir(d));) {
            sg_format(path, sizeof path, "%s/%s", side[i].dir, one->d_name);
            unlink(path);
        }
        closedir(d);
        rmdir(side[i].dir);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(r6_10_no_crossing_over_in_random_switches, fix_setup, fix_teardown)};
    return cmocka_run_group_tests_name("drill", tests, NULL, NULL);
}
