/* Files of other versions of the program: a real one of format 1 is taken over with every row; and reservations for paper forms last
 * (R1.18, R6.6). */
#include "tests/unit/queue_fixture.h"
#include "model/paper.h"

static void put_file(const struct fix *f, const char *from)
{
    char path[512];
    static char data[256 * 1024];
    FILE *in = fopen(from, "rb");
    assert_non_null(in);
    size_t n = fread(data, 1, sizeof data, in);
    fclose(in);
    fix_path(f, "store.db", path, sizeof path);
    FILE *out = fopen(path, "wb");
    assert_non_null(out);
    assert_int_equal(fwrite(data, 1, n, out), n);
    assert_int_equal(fclose(out), 0);
}

/* A directory that holds nothing but the given file. */
static int with_file(void **state, const char *from)
{
    if (fix_setup(state) != 0)
        return -1;
    struct fix *f = *state;
    sg_store_close(f->s);
    f->s = NULL;
    DIR *d = opendir(f->dir);
    char path[512];
    for (struct dirent *e; d && (e = readdir(d));) {
        fix_path(f, e->d_name, path, sizeof path);
        unlink(path);
    }
    closedir(d);
    put_file(f, from);
    return 0;
}

static int old_file(void **state) { return with_file(state, "tests/data/queue/format-1.db"); }

static bool count_state(void *ctx, const struct sg_qrow *r)
{
    size_t *n = ctx;
    n[r->state]++;
    return true;
}

static void r1_18_a_queue_of_format_1_is_taken_over_whole(void **state)
{
    struct fix *f = *state;
    size_t n[SG_Q_COUNT] = {0}, damaged = 0;
    for (int opened = 0; opened < 2; opened++) {         /* and the second time it is an ordinary file */
        memset(n, 0, sizeof n);
        fix_open(f);
        assert_int_equal(sg_store_each(f->s, false, count_state, n, &damaged), SG_E_OK);
        assert_int_equal(damaged, 0);
        assert_int_equal(n[SG_Q_CONFLICT], 1);
        assert_int_equal(n[SG_Q_DONE], 1);
        assert_int_equal(n[SG_Q_REFUSED], 1);
        assert_int_equal(n[SG_Q_WITHDRAWN], 1);
        assert_int_equal(n[SG_Q_READY], 1);
        assert_int_equal(n[SG_Q_HELD], 1);
        struct sg_damage d[4];
        size_t n_damage = 0;
        assert_int_equal(sg_store_check(f->s, d, 4, &n_damage), SG_E_OK);
        if (opened == 0)
            sg_store_close(f->s);
    }
    assert_int_equal(fix_add(f, "citizen-9", "e1", false, NULL), 7);
    char id[3][SG_UUID_MAX];
    assert_int_equal(sg_store_paper_reserve(f->s, 3, id), SG_E_OK);
}

static void r6_6_a_reserved_number_is_found_again(void **state)
{
    struct fix *f = *state;
    char id[5][SG_UUID_MAX], found[SG_UUID_MAX], number[SG_PAPER_MAX], code[SG_PAPER_CODE];
    size_t reserved = 0, open = 0;
    assert_int_equal(sg_store_paper_reserve(f->s, 5, id), SG_E_OK);
    fix_reopen(f);
    for (int i = 0; i < 5; i++) {
        sg_paper_number(id[i], number);
        assert_true(sg_paper_parse(number, code));
        assert_int_equal(sg_store_paper_find(f->s, code, found), SG_E_OK);
        assert_string_equal(found, id[i]);
    }
    assert_int_equal(sg_store_paper_find(f->s, "000000000101", found), SG_E_NOTFOUND);
    struct sg_action a;
    struct sg_error e = {0};
    fix_action(&a, CANARY_CITIZEN, "e1");
    SG_COPY(a.id, id[0]);
    assert_int_equal(sg_store_enqueue(f->s, &a, COMMISSION, false, NULL, &e), SG_E_OK);
    assert_int_equal(sg_store_paper_count(f->s, &reserved, &open), SG_E_OK);
    assert_int_equal(reserved, 5);
    assert_int_equal(open, 4);
    fix_action(&a, CANARY_CITIZEN, "e1");
    SG_COPY(a.id, id[0]);
    assert_int_equal(sg_store_enqueue(f->s, &a, COMMISSION, false, NULL, &e), SG_E_CONFLICT);    /* keyed in twice */
}

/* Whose forms they are: another person of the same workstation neither finds nor opens them. */
static void r6_6_reservations_belong_to_a_person(void **state)
{
    struct fix *f = *state;
    char id[1][SG_UUID_MAX], found[SG_UUID_MAX], number[SG_PAPER_MAX], code[SG_PAPER_CODE];
    struct sg_error e;
    assert_int_equal(sg_store_paper_reserve(f->s, 1, id), SG_E_OK);
    sg_paper_number(id[0], number);
    assert_true(sg_paper_parse(number, code));
    sg_store_close(f->s);
    assert_int_equal(fix_try_open(f, OTHER, &e), SG_E_OK);
    assert_int_equal(sg_store_paper_find(f->s, code, found), SG_E_NOTFOUND);
}

int main(void)
{
#define STORE_TEST(f) cmocka_unit_test_setup_teardown(f, fix_setup, fix_teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(r1_18_a_queue_of_format_1_is_taken_over_whole, old_file, fix_teardown),
        STORE_TEST(r6_6_a_reserved_number_is_found_again),
        STORE_TEST(r6_6_reservations_belong_to_a_person),
    };
    return cmocka_run_group_tests_name("queue formats", tests, NULL, NULL);
}
