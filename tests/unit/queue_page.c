/* A page of the queue: the same rows as walking through it all gives, but no others are unsealed (R1.16): rows outside of it are broken
 * here, and a row that is read broken is counted as damaged. */
#include "queue_fixture.h"

enum { MANY = 60 };
struct got { size_t n; int64_t seq[MANY + 8]; };

static bool keep(void *ctx, const struct sg_qrow *r)
{
    struct got *g = ctx;
    assert_true(g->n < MANY);
    g->seq[g->n++] = r->seq;
    return true;
}

static int64_t page(struct fix *f, bool waiting, const char *subject, int64_t skip, int64_t limit, struct got *g)
{
    struct sg_page want = {.waiting_only = waiting, .subject = subject, .skip = skip, .limit = limit, .fn = keep, .ctx = g};
    int64_t total = -1;
    g->n = 0;
    assert_int_equal(sg_store_page(f->s, &want, &total), SG_E_OK);
    return total;
}

/* Every third is about Alva, the first ten are withdrawn. */
static void fill(struct fix *f)
{
    char id[SG_UUID_MAX];
    for (int i = 0; i < MANY; i++) {
        fix_add(f, i % 3 == 0 ? "c-alva" : "c-bo", "e1", false, id);
        if (i < 10)
            assert_int_equal(sg_store_withdraw(f->s, id), SG_E_OK);
    }
}

static void it_gives_the_rows_asked_for(void **state)
{
    struct fix *f = *state;
    struct got g;
    fill(f);
    assert_int_equal(page(f, false, "", 0, 7, &g), MANY);
    assert_int_equal(g.n, 7);
    assert_int_equal(g.seq[0], 1);
    assert_int_equal(page(f, false, NULL, 58, 7, &g), MANY);
    assert_int_equal(g.n, 2);
    assert_int_equal(g.seq[1], 60);
    assert_int_equal(page(f, true, "", 5, 3, &g), 50);
    assert_int_equal(g.seq[0], 16);
    assert_int_equal(page(f, true, "c-alva", 1, 2, &g), 16);
    assert_int_equal(g.seq[0], 16);
    assert_int_equal(g.seq[1], 19);
    assert_int_equal(page(f, false, "c-alva", 1, 2, &g), 20);
    assert_int_equal(g.seq[0], 4);
    assert_int_equal(page(f, true, "", 50, 3, &g), 50);
    assert_int_equal(g.n, 0);
    assert_int_equal(page(f, true, "c-nobody", 0, 3, &g), 0);
    assert_int_equal(g.n, 0);
}

static size_t damaged(struct fix *f)
{
    struct sg_qcounts c;
    assert_int_equal(sg_store_counts(f->s, &c), SG_E_OK);
    return c.damaged;
}

static void r1_16_no_row_outside_of_it_is_unsealed(void **state)
{
    struct fix *f = *state;
    struct got g;
    fill(f);
    fix_sql(f, "UPDATE row SET sealed=zeroblob(200) WHERE seq NOT BETWEEN 16 AND 22");
    (void)page(f, true, "", 5, 7, &g);
    assert_int_equal(g.n, 7);
    (void)page(f, false, "", 15, 7, &g);
    assert_int_equal(g.n, 7);
    (void)page(f, true, "c-alva", 1, 3, &g);
    assert_int_equal(g.n, 3);
    (void)page(f, false, "c-alva", 5, 3, &g);
    assert_int_equal(g.n, 3);
    assert_int_equal(damaged(f), 0);
    (void)page(f, false, "", 14, 8, &g);                   /* and one row more is */
    assert_int_equal(g.seq[0], 16);
    assert_true(damaged(f) > 0);
}

/* Pages one after the other give every whole row once, whatever is damaged. */
static void damaged_rows_are_neither_given_nor_counted(void **state)
{
    struct fix *f = *state;
    struct got g;
    int64_t seen = 0, last = 0;
    fill(f);
    fix_sql(f, "UPDATE row SET sealed=zeroblob(200) WHERE seq IN (3,4,17)");
    for (int64_t at = 0, total = 1; at < total; at += (int64_t)g.n) {
        total = page(f, false, "", at, 10, &g);
        assert_true(g.n > 0);
        for (size_t i = 0; i < g.n; i++, seen++) {
            assert_true(g.seq[i] > last);
            last = g.seq[i];
        }
    }
    assert_int_equal(seen, MANY - 3);
    assert_int_equal(page(f, false, "", 0, 1, &g), MANY - 3);
}

#define T(name) cmocka_unit_test_setup_teardown(name, fix_setup, fix_teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {T(it_gives_the_rows_asked_for), T(r1_16_no_row_outside_of_it_is_unsealed),
                                       T(damaged_rows_are_neither_given_nor_counted)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
