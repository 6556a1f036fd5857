/* Two people change the same citizen: the second is told, with what they saw, what they wanted and what is now; nothing is overwritten,
 * and a person decides (R1.5, R1.6, R1.7). */
#include "tests/e2e/lib.h"
#include <string.h>
#include "base/str.h"

static const struct e2e_out *citizen(const char *id) {
    const struct e2e_out *o = RUN("manager", "show", "citizen", id);
    assert_exit(o, 0);
    return o;
}

/* manager has seen the citizen, second has blocked a guardian since, and manager's lock met that. id: the lock. */
static void meet(struct e2e_family *f, char id[SG_UUID_MAX]) {
    char who[128];
    e2e_make_family(f, 8, "");
    assert_exit(RUN("manager", "access", f->child.id), 0);
    assert_exit(RUN("second", "access", f->child.id), 0);
    sg_format(who, sizeof who, "guardian=%s", f->guardian[0].id);
    assert_exit(RUN("second", "do", "guardian.block", f->child.id, who, "--reason", "seen first"), 0);
    const struct e2e_out *o = RUN("manager", "do", "login.lock", f->child.id, "--reason", "my reason");
    assert_exit(o, 76);
    assert_string_equal(e2e_str(o->line[0], "outcome"), "conflict");
    assert_false(e2e_true(o->line[0], "inEffect"));
    assert_string_equal(e2e_str(o->line[0], "changedBy"), "Sven Ek");
    assert_string_equal(e2e_str(o->line[0], "changedUnit"), "Barnkliniken");
    assert_true(sg_copy(id, SG_UUID_MAX, e2e_str(o->line[0], "actionId")));
}

static int rows(const cJSON *citizen, const char *kind) {
    int n = 0;
    const cJSON *r;
    cJSON_ArrayForEach(r, cJSON_GetObjectItemCaseSensitive(citizen, "restrictions")) {
        n += sg_eq(e2e_str(r, "kind"), kind);
    }
    return n;
}

static void r1_7_base_mine_and_theirs_are_shown(void **state) {
    (void)state;
    struct e2e_family f;
    char id[SG_UUID_MAX];
    meet(&f, id);
    const struct e2e_out *o = RUN("manager", "queue", "show", id);
    assert_exit(o, 0);
    assert_int_equal(o->n, 1);
    const cJSON *base = cJSON_GetObjectItemCaseSensitive(o->line[0], "base"), *mine = cJSON_GetObjectItemCaseSensitive(o->line[0], "mine"),
                *theirs = cJSON_GetObjectItemCaseSensitive(o->line[0], "theirs");
    assert_true(cJSON_IsObject(base) && cJSON_IsObject(mine) && cJSON_IsObject(theirs));
    assert_string_equal(e2e_str(base, "citizenId"), f.child.id);
    assert_int_equal(rows(base, "guardian.block"), 0);
    assert_string_equal(e2e_str(mine, "kind"), "login.lock");
    assert_string_equal(e2e_str(mine, "reason"), "my reason");
    assert_int_equal(rows(theirs, "guardian.block"), 1);
    assert_string_not_equal(e2e_str(base, "etag"), e2e_str(theirs, "etag"));
    const struct e2e_out *now = citizen(f.child.id);
    assert_int_equal(e2e_active(now, "login.lock"), 0);
    assert_int_equal(e2e_active(now, "guardian.block"), 1);
    const struct e2e_out *ev = RUN("manager", "events", f.child.id);
    assert_int_equal(e2e_count(ev, "actionId", id, "outcome", "conflict"), 1);
    assert_int_equal(e2e_done_events(ev, id), 0);
}

static void r1_7_redo_is_a_new_act_on_what_is_now(void **state) {
    (void)state;
    struct e2e_family f;
    char id[SG_UUID_MAX];
    meet(&f, id);
    const struct e2e_out *o = RUN("manager", "queue", "resolve", id, "redo");
    assert_exit(o, 0);
    const char *again = e2e_str(o->line[o->n - 1], "actionId");
    assert_string_not_equal(again, id);
    assert_string_equal(e2e_str(o->line[o->n - 1], "outcome"), "done");
    const struct e2e_out *now = citizen(f.child.id);
    assert_int_equal(e2e_made_by(now, again), 1);
    assert_int_equal(e2e_made_by(now, id), 0);
    assert_int_equal(e2e_active(now, "guardian.block"), 1);
    const struct e2e_out *old = RUN("manager", "queue", "show", id);
    assert_string_equal(e2e_str(old->line[0], "state"), "withdrawn");
    assert_string_equal(e2e_str(old->line[0], "successor"), again);
    assert_int_equal(e2e_done_events(RUN("manager", "events", f.child.id), again), 1);
}

static void leave_it(const char *way, const char *note) {
    struct e2e_family f;
    char id[SG_UUID_MAX];
    meet(&f, id);
    assert_exit(RUN("manager", "queue", "resolve", id, "mine"), 2);             /* overwriting is not among the ways */
    assert_exit(RUN("manager", "queue", "resolve", id, way, "--note", note), 0);
    assert_string_equal(e2e_str(RUN("manager", "queue", "show", id)->line[0], "state"), "withdrawn");
    assert_exit(RUN("manager", "sync"), 0);
    assert_int_equal(e2e_active(citizen(f.child.id), "login.lock"), 0);
    assert_exit(RUN("manager", "queue", "resolve", id, way), 1);                /* decided once */
    assert_exit(RUN("manager", "do", "login.lock", f.child.id), 0);             /* and the way is free */
}

static void r1_7_theirs_leaves_it_as_it_is(void **state) {
    (void)state;
    leave_it("theirs", "they are right");
}

static void r1_7_a_note_leaves_it_as_it_is(void **state) {
    (void)state;
    leave_it("note", "told my colleague");
}

static void r1_6_a_conflict_holds_back_its_own_citizen_only(void **state) {
    (void)state;
    struct e2e_family f;
    struct e2e_person other;
    char id[SG_UUID_MAX];
    meet(&f, id);
    e2e_citizen(&other, 30, "Olle Dahl", "");
    const struct e2e_out *later = RUN("manager", "do", "record.seal", f.child.id);
    assert_exit(later, 75);
    assert_exit(RUN("manager", "do", "login.lock", other.id), 0);
    assert_int_equal(e2e_active(citizen(f.child.id), "record.seal"), 0);
    char seal[SG_UUID_MAX];
    SG_COPY(seal, e2e_str(later->line[0], "actionId"));
    assert_exit(RUN("manager", "queue", "resolve", id, "theirs"), 0);
    assert_exit(RUN("manager", "sync"), 76);        /* it was decided on the same old knowledge: sent now, and met the same change */
    assert_string_equal(e2e_str(RUN("manager", "queue", "show", seal)->line[0], "state"), "conflict");
    assert_exit(RUN("manager", "queue", "resolve", seal, "redo"), 0);
    assert_int_equal(e2e_active(citizen(f.child.id), "record.seal"), 1);
}

static void r1_5_what_was_seen_can_be_said(void **state) {
    (void)state;
    struct e2e_person p;
    char etag[64];
    e2e_citizen(&p, 31, "Per Dahl", "");
    SG_COPY(etag, e2e_str(citizen(p.id)->line[0], "etag"));
    assert_exit(RUN("manager", "do", "login.lock", p.id, "--observed", "0123456789abcdef"), 76);
    assert_exit(RUN("second", "do", "login.lock", p.id, "--observed", etag), 0);
    assert_exit(RUN("second", "do", "record.seal", p.id, "--observed", etag), 76);
}

static void r1_7_all_are_decided_together(void **state) {
    (void)state;
    struct e2e_family f, g;
    char one[SG_UUID_MAX], two[SG_UUID_MAX];
    assert_exit(RUN("manager", "queue", "resolve", "--all", "note"), 0);             /* what earlier tests have left */
    meet(&f, one);
    meet(&g, two);
    assert_exit(RUN("manager", "queue", "resolve", "--all"), 2);                    /* nothing is decided by default */
    assert_exit(RUN("manager", "queue", "resolve", "--all", "theirs", "redo"), 2);
    assert_string_equal(e2e_str(RUN("manager", "queue", "show", one)->line[0], "state"), "conflict");
    const struct e2e_out *o = RUN("manager", "queue", "resolve", "--all", "theirs", "--note", "both");
    assert_exit(o, 0);
    assert_int_equal(o->n, 2);
    assert_int_equal(e2e_count(o, "actionId", one, "state", "withdrawn") + e2e_count(o, "actionId", two, "state", "withdrawn"), 2);
    assert_int_equal(e2e_active(citizen(f.child.id), "login.lock"), 0);
    meet(&f, one);
    o = RUN("manager", "queue", "resolve", "--all", "redo");
    assert_exit(o, 0);
    assert_int_equal(e2e_active(citizen(f.child.id), "login.lock"), 1);
    o = RUN("manager", "queue", "resolve", "--all", "redo");
    assert_exit(o, 0);
    assert_int_equal(o->n, 0);
}

/* manager's unlocking of p met a colleague's seal. */
static void unlock_meets(struct e2e_person *p, char id[SG_UUID_MAX]) {
    char lock[128];
    e2e_citizen(p, 40, "Lisa Lucka", "");
    assert_exit(RUN("manager", "do", "login.lock", p->id), 0);
    sg_format(lock, sizeof lock, "restriction=%s", e2e_restriction_id(citizen(p->id), "login.lock"));
    assert_exit(RUN("second", "access", p->id), 0);
    assert_exit(RUN("second", "do", "record.seal", p->id), 0);
    const struct e2e_out *o = RUN("manager", "do", "login.unlock", p->id, lock);
    assert_exit(o, 76);
    assert_true(sg_copy(id, SG_UUID_MAX, e2e_str(o->line[0], "actionId")));
}

/* manager's grant to the child was decided on another knowledge than there is. */
static void grant_meets(struct e2e_family *f, char id[SG_UUID_MAX]) {
    e2e_make_family(f, 14, "");
    const struct e2e_out *o = RUN("manager", "do", "minor-access.grant", f->child.id, "grantee=child", "unit=SE2321000016-11",
                                  "decisionBy=SE2321000016-1001", "harmAssessed=yes", "--observed", "0123456789abcdef");
    assert_exit(o, 76);
    assert_true(sg_copy(id, SG_UUID_MAX, e2e_str(o->line[0], "actionId")));
}

static void assert_left_alone(const struct e2e_out *o, const char *id) {
    const cJSON *said = e2e_find(o, "where", id, "error", "wrong-state");
    assert_non_null(said);
    assert_string_equal(e2e_str(said, "detail"), "opens access, so it is decided alone");
    assert_int_equal(e2e_count(o, "actionId", id, NULL, NULL), 0);
    assert_string_equal(e2e_str(RUN("manager", "queue", "show", id)->line[0], "state"), "conflict");
}

static void r1_7_what_opens_access_is_not_redone_together(void **state) {
    (void)state;
    struct e2e_person p;
    struct e2e_family f, g;
    char unlock[SG_UUID_MAX], lock[SG_UUID_MAX], grant[SG_UUID_MAX];
    assert_exit(RUN("manager", "queue", "resolve", "--all", "note"), 0);             /* what earlier tests have left */
    unlock_meets(&p, unlock);
    meet(&f, lock);
    grant_meets(&g, grant);
    const struct e2e_out *o = RUN("manager", "queue", "resolve", "--all", "redo");
    assert_exit(o, 76);                                                             /* not everything is decided */
    assert_int_equal(o->n, 3);
    assert_left_alone(o, unlock);
    assert_left_alone(o, grant);
    assert_int_equal(e2e_count(o, "kind", "login.lock", "outcome", "done"), 1);     /* and what restricts is not held up by it */
    assert_int_equal(e2e_active(citizen(f.child.id), "login.lock"), 1);
    assert_int_equal(e2e_active(citizen(p.id), "login.lock"), 1);
    assert_int_equal(e2e_active(citizen(g.child.id), "minor-access.grant"), 0);
    assert_exit(RUN("manager", "queue", "resolve", unlock, "redo"), 0);              /* alone it can be redone */
    assert_int_equal(e2e_active(citizen(p.id), "login.lock"), 0);
    o = RUN("manager", "queue", "resolve", "--all", "theirs");                      /* leaving it opens nothing */
    assert_exit(o, 0);
    assert_int_equal(o->n, 1);
    assert_int_equal(e2e_count(o, "actionId", grant, "state", "withdrawn"), 1);
}

static void what_is_done_is_taken_back_by_its_inverse(void **state) {
    (void)state;
    struct e2e_person p;
    char id[SG_UUID_MAX];
    e2e_citizen(&p, 52, "Tage Tillbaka", "");
    const struct e2e_out *o = RUN("manager", "do", "login.lock", p.id, "--reason", "a mistake");
    assert_exit(o, 0);
    assert_true(SG_COPY(id, e2e_str(o->line[0], "actionId")));
    assert_int_equal(e2e_active(citizen(p.id), "login.lock"), 1);
    o = RUN("manager", "queue", "undo", id, "--reason", "wrong person");
    assert_exit(o, 0);
    assert_string_equal(e2e_str(o->line[0], "kind"), "login.unlock");
    assert_int_equal(e2e_active(citizen(p.id), "login.lock"), 0);
    assert_int_equal(e2e_done_events(RUN("manager", "events", p.id), id), 1);      /* both stand in the history */
    o = RUN("manager", "queue", "undo", id);
    assert_int_not_equal(o->status, 0);                                             /* once is enough */
    assert_int_equal(e2e_active(citizen(p.id), "login.lock"), 0);
    o = RUN("manager", "do", "login.lock", p.id, "--queue");
    assert_exit(o, 75);
    assert_true(SG_COPY(id, e2e_str(o->line[0], "actionId")));
    assert_exit(RUN("manager", "queue", "undo", id), 0);                            /* what waits is withdrawn */
    assert_string_equal(e2e_str(RUN("manager", "queue", "show", id)->line[0], "state"), "withdrawn");
    assert_exit(RUN("manager", "queue", "undo", "0190a000-0000-7000-8000-000000000001"), 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(r1_7_base_mine_and_theirs_are_shown), cmocka_unit_test(r1_7_redo_is_a_new_act_on_what_is_now),
        cmocka_unit_test(r1_7_theirs_leaves_it_as_it_is), cmocka_unit_test(r1_7_a_note_leaves_it_as_it_is),
        cmocka_unit_test(r1_6_a_conflict_holds_back_its_own_citizen_only), cmocka_unit_test(r1_5_what_was_seen_can_be_said),
        cmocka_unit_test(r1_7_all_are_decided_together), cmocka_unit_test(r1_7_what_opens_access_is_not_redone_together),
        cmocka_unit_test(what_is_done_is_taken_back_by_its_inverse)};
    return cmocka_run_group_tests_name("conflict", tests, e2e_open, e2e_close);
}
