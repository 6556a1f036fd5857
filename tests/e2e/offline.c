/* Without the service: what is queued is durable, says that it is not in effect, and is carried out once when the service is there
 * again; what was read stays readable with its age; a widening act that waited too long asks a person again (R1.9, R6.5, R6.7). */
#include "tests/e2e/lib.h"
#include <string.h>
#include "base/str.h"

static int64_t start_ms;

static void clock_at(int hours) { e2e_set_clock("clock", start_ms + (int64_t)hours * 3600000); }

static void id_of(const struct e2e_out *o, char dst[SG_UUID_MAX]) {
    assert_int_equal(o->n, 1);
    assert_true(sg_copy(dst, SG_UUID_MAX, e2e_str(o->line[0], "actionId")));
    assert_true(sg_uuid_valid(dst));
}

static const struct e2e_out *citizen(const char *id) {
    const struct e2e_out *o = RUN("manager", "show", "citizen", id);
    assert_exit(o, 0);
    return o;
}

static void assert_queued(const struct e2e_out *o, char id[SG_UUID_MAX]) {
    assert_exit(o, 75);
    assert_string_equal(e2e_str(o->line[0], "outcome"), "queued");
    assert_false(e2e_true(o->line[0], "inEffect"));
    assert_non_null(strstr(e2e_str(o->line[0], "text"), "NOT YET IN EFFECT"));
    id_of(o, id);
}

static void r1_9_protecting_acts_go_at_any_age_in_order(void **state) {
    (void)state;
    struct e2e_family f;
    char lock[SG_UUID_MAX], seal[SG_UUID_MAX], block[SG_UUID_MAX], who[128];
    clock_at(0);
    e2e_make_family(&f, 15, "");
    (void)citizen(f.child.id);
    e2e_server_stop();
    assert_queued(RUN("manager", "do", "login.lock", f.child.id), lock);
    assert_queued(RUN("manager", "do", "record.seal", f.child.id), seal);
    sg_format(who, sizeof who, "guardian=%s", f.guardian[0].id);
    assert_queued(RUN("manager", "do", "guardian.block", f.child.id, who), block);
    const struct e2e_out *q = RUN("manager", "queue", "list", "--waiting");
    assert_exit(q, 0);
    assert_int_equal(q->n, 3);
    assert_exit(RUN("manager", "sync"), 75);
    clock_at(200);
    e2e_server_start();
    assert_exit(RUN("manager", "sync"), 0);
    const struct e2e_out *ev = RUN("manager", "events", f.child.id), *now = citizen(f.child.id);
    const char *const all[] = {lock, seal, block};
    double last = -1;
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(e2e_done_events(ev, all[i]), 1);
        assert_int_equal(e2e_made_by(now, all[i]), 1);
        const cJSON *line = e2e_find(ev, "actionId", all[i], "outcome", "done");
        double index = cJSON_GetObjectItemCaseSensitive(line, "index")->valuedouble;
        assert_true(index > last);                                  /* as they were decided */
        last = index;
        assert_true(e2e_true(line, "offline"));
        assert_string_not_equal(e2e_str(line, "performedAt"), "");   /* decided and in effect are two times */
        assert_string_not_equal(e2e_str(line, "performedAt"), e2e_str(line, "at"));
    }
    assert_int_equal(RUN("manager", "queue", "list", "--waiting")->n, 0);
}

static void r6_5_reads_come_from_the_cache_with_their_age(void **state) {
    (void)state;
    struct e2e_person p, unseen;
    clock_at(0);
    e2e_citizen(&p, 40, "Hedda Dahl", "");
    e2e_citizen(&unseen, 41, "Inga Dahl", "");
    assert_exit(RUN_IN("manager", p.pid, "lookup"), 0);
    assert_exit(RUN("manager", "access", p.id), 0);
    e2e_server_stop();
    clock_at(1);
    const struct e2e_out *o = RUN("manager", "access", p.id);
    assert_exit(o, 0);
    assert_true(o->n >= 3);
    char as_of[SG_RFC3339_MAX];
    sg_rfc3339(as_of, start_ms);
    for (size_t i = 0; i < o->n; i++) {
        assert_true(e2e_true(o->line[i], "fromCache"));
        assert_memory_equal(e2e_str(o->line[i], "asOf"), as_of, 16);
    }
    assert_true(e2e_true(citizen(p.id)->line[0], "fromCache"));
    o = RUN_IN("manager", p.pid, "lookup");
    assert_exit(o, 0);
    assert_string_equal(e2e_str(o->line[0], "citizenId"), p.id);
    assert_exit(RUN("manager", "show", "citizen", unseen.id), 69);
    assert_exit(RUN_IN("manager", unseen.pid, "lookup"), 69);
    assert_exit(RUN("second", "show", "citizen", p.id), 69);         /* somebody else's cache is not theirs */
    clock_at(13);                                                    /* the policy says twelve hours */
    assert_exit(RUN("manager", "show", "citizen", p.id), 69);
    e2e_server_start();
    assert_false(e2e_true(citizen(p.id)->line[0], "fromCache"));
}

static void r1_9_an_old_widening_act_asks_again(void **state) {
    (void)state;
    struct e2e_person p;
    char id[SG_UUID_MAX], seal[128];
    clock_at(0);
    e2e_citizen(&p, 42, "Jon Dahl", "");
    assert_exit(RUN("manager", "do", "record.seal", p.id), 0);
    sg_format(seal, sizeof seal, "restriction=%s", e2e_restriction_id(citizen(p.id), "record.seal"));
    e2e_server_stop();
    assert_queued(RUN("manager", "do", "record.unseal", p.id, seal), id);
    clock_at(5);
    e2e_server_start();
    assert_exit(RUN("manager", "sync"), 75);
    const cJSON *row = e2e_find(RUN("manager", "queue", "list"), "actionId", id, NULL, NULL);
    assert_string_equal(e2e_str(row, "state"), "held");
    assert_true(e2e_true(row, "freshNeeded"));
    assert_int_equal(e2e_active(citizen(p.id), "record.seal"), 1);   /* still sealed */
    assert_exit(RUN("manager", "sync"), 75);                         /* sending again is not confirming */
    assert_int_equal(e2e_active(citizen(p.id), "record.seal"), 1);
    assert_exit(RUN("manager", "queue", "confirm", id), 0);
    assert_int_equal(e2e_active(citizen(p.id), "record.seal"), 0);
    assert_int_equal(e2e_done_events(RUN("manager", "events", p.id), id), 1);
}

/* Where the policy lets a view be kept for days: how old it was is said, and nothing goes before it has been confirmed. */
static void r6_5_a_widening_act_on_old_ground_names_its_age(void **state) {
    (void)state;
    struct e2e_person p;
    char id[SG_UUID_MAX], seal[128];
    clock_at(0);
    e2e_import("{\"type\":\"policy\",\"cacheHours\":72}\n");
    e2e_citizen(&p, 44, "Kim Dahl", "");
    assert_exit(RUN("manager", "do", "record.seal", p.id), 0);
    sg_format(seal, sizeof seal, "restriction=%s", e2e_restriction_id(citizen(p.id), "record.seal"));
    e2e_server_stop();
    clock_at(30);
    const struct e2e_out *o = RUN("manager", "do", "record.unseal", p.id, seal);
    assert_queued(o, id);
    assert_non_null(strstr(e2e_str(o->line[0], "text"), "known 30 hours before, NOT YET IN EFFECT"));
    const cJSON *row = e2e_find(RUN("manager", "queue", "list"), "actionId", id, NULL, NULL);
    assert_true(e2e_true(row, "freshNeeded"));
    assert_non_null(strstr(e2e_str(row, "text"), "known 30 hours before, NOT YET IN EFFECT"));
    e2e_server_start();
    assert_exit(RUN("manager", "sync"), 75);
    assert_int_equal(e2e_active(citizen(p.id), "record.seal"), 1);
    assert_exit(RUN("manager", "queue", "confirm", id), 0);
    assert_int_equal(e2e_active(citizen(p.id), "record.seal"), 0);
    e2e_import("{\"type\":\"policy\",\"cacheHours\":12}\n");
    clock_at(0);
}

static void r1_9_a_young_widening_act_goes_by_itself(void **state) {
    (void)state;
    struct e2e_person p;
    char id[SG_UUID_MAX], seal[128];
    clock_at(0);
    e2e_citizen(&p, 43, "Kaj Dahl", "");
    assert_exit(RUN("manager", "do", "record.seal", p.id), 0);
    sg_format(seal, sizeof seal, "restriction=%s", e2e_restriction_id(citizen(p.id), "record.seal"));
    e2e_server_stop();
    assert_queued(RUN("manager", "do", "record.unseal", p.id, seal), id);
    clock_at(3);
    e2e_server_start();
    assert_exit(RUN("manager", "sync"), 0);
    assert_int_equal(e2e_active(citizen(p.id), "record.seal"), 0);
}

static void what_cannot_wait_is_not_queued(void **state) {
    (void)state;
    clock_at(0);
    e2e_server_stop();
    assert_exit(RUN("manager", "do", "terms.accept", "me", "version=2026-1"), 69);
    assert_exit(RUN("manager", "events", "--all"), 69);
    assert_int_equal(RUN("manager", "queue", "list", "--waiting")->n, 0);
    e2e_server_start();
}

static void r1_6_a_withdrawn_act_is_never_sent(void **state) {
    (void)state;
    struct e2e_person p;
    char id[SG_UUID_MAX];
    clock_at(0);
    e2e_citizen(&p, 44, "Liv Dahl", "");
    (void)citizen(p.id);
    e2e_server_stop();
    assert_queued(RUN("manager", "do", "login.lock", p.id), id);
    assert_exit(RUN("manager", "queue", "withdraw", id), 0);
    e2e_server_start();
    assert_exit(RUN("manager", "sync"), 0);
    assert_int_equal(e2e_active(citizen(p.id), "login.lock"), 0);
    assert_null(e2e_find(RUN("manager", "events", p.id), "actionId", id, NULL, NULL));
    assert_string_equal(e2e_str(e2e_find(RUN("manager", "queue", "list"), "actionId", id, NULL, NULL), "state"), "withdrawn");
}

static int open_frozen(void **state) {
    struct sg_clock real = sg_clock_system(NULL);
    start_ms = sg_wall(&real);
    e2e_freeze("clock", start_ms);
    return e2e_open(state);
}

#define TEST(f) cmocka_unit_test_setup(f, e2e_ready)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(r1_9_protecting_acts_go_at_any_age_in_order), TEST(r6_5_reads_come_from_the_cache_with_their_age),
        TEST(r1_9_an_old_widening_act_asks_again), TEST(r6_5_a_widening_act_on_old_ground_names_its_age),
        TEST(r1_9_a_young_widening_act_goes_by_itself),
        TEST(what_cannot_wait_is_not_queued), TEST(r1_6_a_withdrawn_act_is_never_sent)};
    return cmocka_run_group_tests_name("offline", tests, open_frozen, e2e_close);
}
