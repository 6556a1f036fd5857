/* The store of reads that are not in the service's log yet: durable, in order, each place once, sealed for one person; a damaged one keeps no
 * other back, and where it is not known what there is nothing more is promised. */
#include "queue_fixture.h"

static int64_t put(struct fix *f, int n)
{
    struct sg_seen s = {.at = fix_now + n, .as_of = fix_now - 1000};
    int64_t place = 0;
    sg_format(s.id, sizeof s.id, "019b0000-1111-7000-8000-%012d", n);
    SG_COPY(s.kind, "citizen.read");
    SG_COPY(s.citizen, CANARY_CITIZEN);
    SG_COPY(s.commission, COMMISSION);
    assert_int_equal(sg_store_seen_add(f->s, &s, &place), SG_E_OK);
    return place;
}

struct got { int n; int serial[16]; int64_t place[16]; };
static bool take(void *ctx, int64_t place, const struct sg_seen *s)
{
    struct got *g = ctx;
    assert_string_equal(s->citizen, CANARY_CITIZEN);
    assert_int_equal(s->as_of, fix_now - 1000);
    g->serial[g->n] = atoi(s->id + 24);
    g->place[g->n++] = place;
    return true;
}

/* "1 2 4": which ones there are, in order. */
static void assert_there(struct fix *f, const char *want, size_t count)
{
    char text[160] = "";
    struct got g = {0};
    size_t n = 99;
    assert_int_equal(sg_store_seen_list(f->s, 0, 16, take, &g), SG_E_OK);
    for (int i = 0; i < g.n; i++)
        sg_format(text + strlen(text), sizeof text - strlen(text), "%s%d", i ? " " : "", g.serial[i]);
    assert_string_equal(text, want);
    assert_int_equal(sg_store_seen_count(f->s, &n), SG_E_OK);
    assert_int_equal(n, count);
}

static void drop(struct fix *f, int64_t a, int64_t b)
{
    int64_t place[2] = {a, b};
    assert_int_equal(sg_store_seen_drop(f->s, place, b ? 2 : 1), SG_E_OK);
}

static int64_t entries(struct fix *f)
{
    char path[512];
    sqlite3 *h = NULL;
    sqlite3_stmt *st = NULL;
    fix_path(f, "store.db", path, sizeof path);
    assert_int_equal(sqlite3_open(path, &h), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(h, "SELECT count(*) FROM kept", -1, &st, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(st), SQLITE_ROW);
    int64_t n = sqlite3_column_int64(st, 0);
    sqlite3_finalize(st);
    sqlite3_close(h);
    return n;
}

static void r6_5_reads_stay_until_they_are_dropped(void **state)
{
    struct fix *f = *state;
    int64_t p[6];
    assert_there(f, "", 0);
    for (int i = 1; i <= 5; i++)
        p[i] = put(f, i);
    assert_there(f, "1 2 3 4 5", 5);
    struct got g = {0};
    assert_int_equal(sg_store_seen_list(f->s, p[2], 2, take, &g), SG_E_OK);
    assert_true(g.n == 2 && g.serial[0] == 2 && g.serial[1] == 3);
    drop(f, p[3], 0);
    fix_reopen(f);
    assert_there(f, "1 2 4 5", 4);
    drop(f, p[1], p[2]);
    drop(f, p[3], p[1]);                                     /* done already, by another process perhaps */
    assert_there(f, "4 5", 2);
    assert_int_equal(entries(f), 3);                         /* and the emptied ones are gone */
    drop(f, p[4], p[5]);
    assert_there(f, "", 0);
    assert_int_equal(entries(f), 1);
    assert_true(put(f, 6) > p[5]);                           /* no place is used twice */
    assert_there(f, "6", 1);
}

static void r6_5_reads_are_their_owners(void **state)
{
    struct fix *f = *state;
    struct sg_error e;
    put(f, 1);
    sg_store_close(f->s);
    f->s = NULL;
    assert_int_equal(fix_try_open(f, OTHER, &e), SG_E_OK);
    assert_there(f, "", 0);
    put(f, 7);
    assert_there(f, "7", 1);
    fix_reopen(f);
    assert_there(f, "1", 1);
    char path[512];
    fix_path(f, "store.db", path, sizeof path);
    struct sg_buf b;
    sg_buf_init(&b, 1 << 24);
    assert_int_equal(sg_buf_read_file(&b, path, &e), SG_E_OK);
    assert_null(memmem(b.data, b.len, CANARY_CITIZEN, strlen(CANARY_CITIZEN)));
    sg_buf_free(&b);
}

/* One spoilt entry is still counted, since nobody has logged it, and keeps no other back. */
static void r6_5_a_damaged_read_keeps_no_other_back(void **state)
{
    struct fix *f = *state;
    struct sg_seen one = {.at = 1};
    int64_t place = 0;
    size_t n = 0;
    drop(f, put(f, 9), 0);
    fix_sql(f, "CREATE TABLE head AS SELECT tag FROM kept");
    place = put(f, 1);
    fix_sql(f, "CREATE TABLE first AS SELECT tag FROM kept WHERE tag NOT IN (SELECT tag FROM head)");
    int64_t second = put(f, 2);
    put(f, 3);
    fix_sql(f, "UPDATE kept SET sealed=zeroblob(80) WHERE tag IN (SELECT tag FROM first)");
    assert_there(f, "2 3", 3);
    drop(f, place, second);
    assert_there(f, "3", 2);
    fix_sql(f, "DELETE FROM kept WHERE tag IN (SELECT tag FROM first)");
    assert_there(f, "3", 2);                                 /* taken out: missed all the same */
    fix_sql(f, "UPDATE kept SET sealed=zeroblob(80) WHERE tag IN (SELECT tag FROM head)");
    assert_int_equal(sg_store_seen_count(f->s, &n), SG_E_CORRUPT);
    assert_int_equal(sg_store_seen_add(f->s, &one, &place), SG_E_CORRUPT);      /* not known what there is: nothing is promised */
    struct sg_qcounts c;
    assert_int_equal(sg_store_counts(f->s, &c), SG_E_OK);
    assert_int_equal(c.damaged, 1);                          /* and that is said */
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, fix_setup, fix_teardown)
    const struct CMUnitTest tests[] = {T(r6_5_reads_stay_until_they_are_dropped), T(r6_5_reads_are_their_owners), T(r6_5_a_damaged_read_keeps_no_other_back)};
    return cmocka_run_group_tests_name("queue_seen", tests, NULL, NULL);
}
