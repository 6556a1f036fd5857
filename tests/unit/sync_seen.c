/* Reads from the cache: each is noted before it is shown, handed in when the service answers, and forgotten only on its word; one that cannot be
 * noted is not shown (R2.4, R6.5). */
#include <sys/stat.h>
#include <sqlite3.h>
#include "sync_fake.h"

static size_t open_reads(struct fake *f)
{
    uint64_t id = ask(f, SG_ASK_STATUS, "", "");
    sg_engine_step(f->g);
    struct sg_tell *t = last(f, id, SG_TELL_STATUS);
    assert_non_null(t);
    return t->status.queue.reads;
}

/* Has read c-1 and looked its number up; then the service is gone. */
static struct fake *prepared(bool watch)
{
    struct fake *f = new_fake(watch);
    see(f, "c-1");
    ask(f, SG_ASK_LOOKUP, "", "20141212-2382");
    settle(f);
    f->down = true;
    f->now += 3600000;
    restart(f);
    settle(f);
    return f;
}

static struct sg_tell *look(struct fake *f, enum sg_ask_kind kind)
{
    uint64_t id = ask(f, kind, "c-1", "20141212-2382");
    settle(f);
    return final_of(f, id);
}

static void comes_back(struct fake *f)
{
    f->down = false;
    ask(f, SG_ASK_SYNC, "", "");
    settle(f);
}

static void r6_5_offline_reads_are_handed_in_on_contact(void **state)
{
    (void)state;
    struct fake *f = prepared(false);
    char id[3][SG_UUID_MAX];
    SG_COPY(id[0], look(f, SG_ASK_LOOKUP)->seen);
    SG_COPY(id[1], look(f, SG_ASK_CITIZEN)->seen);
    f->now += 1000;
    SG_COPY(id[2], look(f, SG_ASK_CITIZEN)->seen);                    /* each look is one, as it is while the service answers */
    assert_int_equal(open_reads(f), 3);
    restart(f);                                                       /* nothing of it is in memory only */
    settle(f);
    assert_int_equal(open_reads(f), 3);
    comes_back(f);
    assert_int_equal(f->n_logged, 3);
    for (size_t i = 0; i < 3; i++) {
        const struct logged *l = &f->logged[i];
        assert_string_equal(l->s.id, id[i]);
        assert_string_equal(l->s.kind, i ? "citizen.read" : "citizen.lookup");
        assert_string_equal(l->s.citizen, "c-1");
        assert_string_equal(l->s.commission, COMMISSION);
        assert_string_equal(l->s.purpose, i ? "" : "care");
        assert_int_equal(l->s.at, T0 + 3600000 + (i == 2 ? 1000 : 0));
        assert_int_equal(l->s.as_of, T0);
        assert_true(sg_uuid_valid(l->device));
        assert_int_equal(l->times, 1);
    }
    assert_int_equal(open_reads(f), 0);
    comes_back(f);
    assert_int_equal(count_sent(f, SG_POST, "/offline-reads"), 1);    /* and then there is nothing to hand in */
    end_fake(f);
}

/* The answer is lost, and lost again after a restart: the same ids, so that one event each comes of it. */
static void r6_5_a_lost_answer_makes_no_second_read(void **state)
{
    (void)state;
    struct fake *f = prepared(false);
    look(f, SG_ASK_CITIZEN);
    f->lose_seen_reply = true;
    comes_back(f);
    assert_int_equal(f->n_logged, 1);
    assert_int_equal(open_reads(f), 1);                               /* nobody has said that it is in the log */
    restart(f);
    comes_back(f);
    f->lose_seen_reply = false;
    comes_back(f);
    assert_int_equal(f->n_logged, 1);
    assert_true(f->logged[0].times >= 3);
    assert_int_equal(open_reads(f), 0);
    end_fake(f);
}

/* Shown at once and asked of the service as well: its answer is the event. */
static void r6_5_what_the_service_logs_is_not_handed_in(void **state)
{
    (void)state;
    struct fake *f = new_fake(false);
    see(f, "c-1");
    struct sg_ask a = { .id = 777, .kind = SG_ASK_CITIZEN, .cached_ok = true };
    SG_COPY(a.key, "c-1");
    sg_engine_ask(f->g, &a);
    sg_engine_step(f->g);
    assert_true(last(f, 777, SG_TELL_CITIZEN)->from_cache);
    assert_int_equal(open_reads(f), 1);                               /* until it is known */
    settle(f);
    assert_false(final_of(f, 777)->from_cache);
    assert_int_equal(open_reads(f), 0);
    assert_int_equal(count_sent(f, SG_POST, "/offline-reads"), 0);
    f->citizen_status = 404;
    f->citizen_problem = "not-available";
    a.id = 778;
    sg_engine_ask(f->g, &a);
    settle(f);
    assert_int_equal(final_of(f, 778)->err, SG_E_NOTFOUND);           /* shown, and then refused: it was shown */
    assert_int_equal(f->n_logged, 1);
    assert_int_equal(open_reads(f), 0);
    end_fake(f);
}

/* Shown at once, then the service does not answer after all: one look, one read. */
static void r6_5_shown_twice_for_one_ask_is_one_read(void **state)
{
    (void)state;
    struct fake *f = new_fake(false);
    see(f, "c-1");
    f->down = true;
    struct sg_ask a = { .id = 777, .kind = SG_ASK_CITIZEN, .cached_ok = true };
    SG_COPY(a.key, "c-1");
    sg_engine_ask(f->g, &a);
    settle(f);
    struct sg_tell *t = final_of(f, 777);
    assert_true(t->from_cache && t->seen[0]);
    assert_int_equal(open_reads(f), 1);
    comes_back(f);
    assert_int_equal(f->n_logged, 1);
    assert_string_equal(f->logged[0].s.id, t->seen);
    end_fake(f);
}

static void forbid_writing(struct fake *f, bool forbid)
{
    char path[128];
    sqlite3 *h = NULL;
    sg_format(path, sizeof path, "%s/store.db", f->dir);
    assert_int_equal(sqlite3_open(path, &h), SQLITE_OK);
    assert_int_equal(sqlite3_exec(h, forbid ? "CREATE TRIGGER no BEFORE INSERT ON kept BEGIN SELECT RAISE(ABORT, 'no'); END" : "DROP TRIGGER no", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(h);
}

static void r2_4_what_cannot_be_noted_is_not_shown(void **state)
{
    (void)state;
    struct fake *f = prepared(false);
    forbid_writing(f, true);
    struct sg_ask a = { .id = 777, .kind = SG_ASK_CITIZEN, .cached_ok = true };
    SG_COPY(a.key, "c-1");
    sg_engine_ask(f->g, &a);
    settle(f);
    assert_null(last(f, 777, SG_TELL_CITIZEN));                       /* neither at once nor in the end */
    assert_int_equal(final_of(f, 777)->kind, SG_TELL_FAILED);
    assert_string_equal(final_of(f, 777)->error.where, "reads");
    assert_int_equal(look(f, SG_ASK_LOOKUP)->kind, SG_TELL_FAILED);
    assert_int_equal(look(f, SG_ASK_POLICY)->kind, SG_TELL_POLICY);   /* nothing about anybody */
    forbid_writing(f, false);
    assert_int_equal(look(f, SG_ASK_CITIZEN)->kind, SG_TELL_CITIZEN);
    comes_back(f);
    assert_int_equal(f->n_logged, 1);
    end_fake(f);
}

/* One that the service does not take keeps no other back; it stays and is counted. An answer that does not name them counts for nothing. */
static void r6_5_what_the_service_refuses_is_kept(void **state)
{
    (void)state;
    struct fake *f = new_fake(false);
    see(f, "c-1");
    see(f, "c-2");
    f->down = true;
    f->now += 1000;
    restart(f);
    settle(f);
    for (int i = 0; i < 3; i++)
        see(f, i == 1 ? "c-2" : "c-1");
    assert_int_equal(open_reads(f), 3);
    f->seen_problem = "id-reused";
    f->seen_bad = "\"c-2\"";
    comes_back(f);
    assert_int_equal(f->n_logged, 2);
    assert_int_equal(open_reads(f), 1);
    f->seen_problem = "not-found";                                    /* a service of before */
    f->seen_bad = NULL;
    comes_back(f);
    assert_int_equal(open_reads(f), 1);
    f->portal = true;
    comes_back(f);
    assert_int_equal(open_reads(f), 1);
    f->portal = false;
    f->seen_problem = NULL;
    f->seen_other = true;
    comes_back(f);
    assert_int_equal(open_reads(f), 1);
    f->seen_other = false;
    comes_back(f);
    assert_int_equal(open_reads(f), 0);
    end_fake(f);
}

static void r6_5_a_long_time_without_the_service(void **state)
{
    (void)state;
    struct fake *f = prepared(false);
    enum { LOOKS = 230 };
    for (int i = 0; i < LOOKS; i++)
        look(f, SG_ASK_CITIZEN);
    assert_int_equal(open_reads(f), LOOKS);
    comes_back(f);
    assert_int_equal(f->n_logged, LOOKS);
    assert_int_equal(count_sent(f, SG_POST, "/offline-reads"), 3);
    assert_int_equal(open_reads(f), 0);
    end_fake(f);
}

static void a_drill_reads_nobody(void **state)
{
    (void)state;
    struct fake *f = new_fake(false);
    sg_engine_free(f->g);
    nftw(f->dir, rm_one, 8, FTW_DEPTH | FTW_PHYS);
    assert_int_equal(mkdir(f->dir, 0700), 0);
    f->drill = true;
    open_engine(f);
    settle(f);
    uint64_t id = ask(f, SG_ASK_LOOKUP, "", "20141212-2382");
    settle(f);
    assert_int_equal(final_of(f, id)->kind, SG_TELL_LOOKUP);
    assert_int_equal(open_reads(f), 0);
    end_fake(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(r6_5_offline_reads_are_handed_in_on_contact), cmocka_unit_test(r6_5_a_lost_answer_makes_no_second_read),
        cmocka_unit_test(r6_5_what_the_service_logs_is_not_handed_in), cmocka_unit_test(r6_5_shown_twice_for_one_ask_is_one_read),
        cmocka_unit_test(r2_4_what_cannot_be_noted_is_not_shown), cmocka_unit_test(r6_5_what_the_service_refuses_is_kept),
        cmocka_unit_test(r6_5_a_long_time_without_the_service), cmocka_unit_test(a_drill_reads_nobody),
    };
    return cmocka_run_group_tests_name("sync: reads without the service", tests, NULL, NULL);
}
