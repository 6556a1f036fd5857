/* What a waiting act stands on after one's own acts before it (R1.5, R1.16): it holds for what they made of the person, through any number
 * of them, and what others made of the person is still a conflict. */
#include "queue_fixture.h"

enum { ACTS = 25 };

/* Claims the next row and says on what it stands. */
static void claimed_on(struct fix *f, int64_t seq, const char *want, char id[SG_UUID_MAX])
{
    struct sg_qrow r;
    int64_t due = 0;
    assert_int_equal(sg_store_claim(f->s, COMMISSION, &r, &due), SG_E_OK);
    assert_int_equal(r.seq, seq);
    assert_string_equal(r.action.observed, want);
    sg_copy(id, SG_UUID_MAX, r.action.id);
    sg_qrow_free(&r);
}

static void etag(char dst[8], int n)
{
    sg_format(dst, 8, "e%d", n);
}

/* A person decided about a while ago: all of it on what was seen then. */
static void acts_in_a_row_stand_on_each_other(void **state)
{
    struct fix *f = *state;
    char id[SG_UUID_MAX], before[8], after[8];
    for (int i = 0; i < ACTS; i++)
        fix_add(f, "c-1", "e0", false, NULL);
    for (int i = 0; i < ACTS; i++) {
        etag(before, i);
        etag(after, i + 1);
        claimed_on(f, i + 1, before, id);
        fix_finish(f, id, SG_OUT_DONE, before, after);
        if (i % 10 == 5)
            fix_reopen(f);
    }
}

static void what_others_did_in_between_is_a_conflict(void **state)
{
    struct fix *f = *state;
    char id[SG_UUID_MAX];
    fix_add(f, "c-1", "e0", false, NULL);
    fix_add(f, "c-1", "e0", false, NULL);
    fix_add(f, "c-1", "e7", false, NULL);                  /* decided by somebody who had seen the colleague's change */
    claimed_on(f, 1, "e0", id);
    fix_finish(f, id, SG_OUT_DONE, "e6", "e8");            /* protecting: carried out on a version it was not decided on */
    claimed_on(f, 2, "e0", id);
    fix_finish(f, id, SG_OUT_DONE, "e8", "e9");
    claimed_on(f, 3, "e7", id);
}

/* Decided after the change, on a reading from before it: that is an old reading, whoever made the change. */
static void a_later_act_on_an_old_reading_is_not_moved(void **state)
{
    struct fix *f = *state;
    char id[SG_UUID_MAX];
    fix_add(f, "c-1", "e0", false, NULL);
    fix_add(f, "c-1", "e0", false, NULL);
    claimed_on(f, 1, "e0", id);
    fix_finish(f, id, SG_OUT_DONE, "e0", "e1");
    fix_add(f, "c-1", "e0", false, NULL);
    fix_add(f, "c-1", "e1", false, NULL);
    claimed_on(f, 2, "e1", id);
    fix_finish(f, id, SG_OUT_DONE, "e1", "e2");
    claimed_on(f, 3, "e0", id);
    fix_finish(f, id, SG_OUT_DONE, "e2", "e3");
    claimed_on(f, 4, "e3", id);
}

/* No later row is read or written when an act ends: those here cannot be, and would be counted as damaged. */
static void r1_16_an_end_costs_the_same_however_many_wait(void **state)
{
    struct fix *f = *state;
    struct sg_qcounts c;
    char id[SG_UUID_MAX];
    for (int i = 0; i < ACTS; i++)
        fix_add(f, "c-1", "e0", false, NULL);
    claimed_on(f, 1, "e0", id);
    fix_sql(f, "UPDATE row SET sealed=zeroblob(200) WHERE seq>1");
    fix_finish(f, id, SG_OUT_DONE, "e0", "e1");
    assert_int_equal(sg_store_counts(f->s, &c), SG_E_OK);
    assert_int_equal(c.damaged, 0);
}

/* An old copy of the note, or none: the act goes on what it was decided on, and the service says that it is old. Never on something newer. */
static void a_note_that_is_lost_moves_nothing(void **state)
{
    struct fix *f = *state;
    char id[SG_UUID_MAX];
    for (int i = 0; i < 3; i++)
        fix_add(f, "c-1", "e0", false, NULL);
    claimed_on(f, 1, "e0", id);
    fix_finish(f, id, SG_OUT_DONE, "e0", "e1");
    fix_sql(f, "UPDATE kept SET sealed=zeroblob(100)");
    claimed_on(f, 2, "e0", id);
    fix_finish(f, id, SG_OUT_CONFLICT, "e1", "");
    assert_int_equal(sg_store_resolve(f->s, id, "theirs", "", NULL, NULL, NULL), SG_E_OK);
    fix_sql(f, "DELETE FROM kept");
    claimed_on(f, 3, "e0", id);
}

#define T(name) cmocka_unit_test_setup_teardown(name, fix_setup, fix_teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(acts_in_a_row_stand_on_each_other), T(what_others_did_in_between_is_a_conflict), T(a_later_act_on_an_old_reading_is_not_moved),
        T(r1_16_an_end_costs_the_same_however_many_wait), T(a_note_that_is_lost_moves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
