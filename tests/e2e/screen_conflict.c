/* Two people and one citizen, by keys on 80×24: whoever looks at the citizen is told who changed it, and one's own act is never announced
 * as somebody else's; a conflict shows what was seen, mine and theirs, does nothing by itself, and each of the three ways out works
 * (R1.5, R1.7). */
#include "tests/e2e/desk.h"
#include <string.h>
#include "base/str.h"

static struct vt *at_citizen(const struct e2e_person *p) {
    struct vt *v = desk_start("manager", "en");
    desk_see(v, "● online");
    vt_send(v, "f");
    desk_see(v, "< Care and treatment >");
    vt_type(v, p->pid);
    vt_send(v, "\r");
    desk_see(v, "WHO REACHES WHAT, NOW");
    desk_see(v, "read ");
    return v;
}

static void somebody_else_blocks(const struct e2e_family *f) {
    char who[128];
    assert_exit(RUN("second", "access", f->child.id), 0);
    sg_format(who, sizeof who, "guardian=%s", f->guardian[0].id);
    assert_exit(RUN("second", "do", "guardian.block", f->child.id, who, "--reason", "seen first"), 0);
}

/* At the conflict: manager saw nothing in force, decided a lock, and Sven Ek had blocked Bo Ek. */
static struct vt *meet(struct e2e_family *f, char id[SG_UUID_MAX]) {
    e2e_make_family(f, 8, "");
    struct vt *v = at_citizen(&f->child);
    somebody_else_blocks(f);
    desk_row(v, "Sven Ek, Barnkliniken, changed this citizen", "F5 reads again.");
    vt_send(v, "l");
    desk_row(v, "Alva Ek", "Lock login");
    desk_fn(v, 8);
    desk_see(v, "[ Carry out  F9 ]");
    desk_fn(v, 9);
    desk_see(v, "Nothing was overwritten");
    vt_send(v, "\r");
    desk_see(v, "Conflict  Alva Ek");
    const struct e2e_out *q = RUN("manager", "queue", "list", "--waiting");
    const cJSON *row = e2e_find(q, "state", "conflict", "kind", "login.lock");
    assert_non_null(row);
    assert_true(sg_copy(id, SG_UUID_MAX, e2e_str(row, "actionId")));
    return v;
}

static const char *state_of(const char *id) { return e2e_str(RUN("manager", "queue", "show", id)->line[0], "state"); }

static void assert_in_force(const struct e2e_family *f, size_t locks) {
    const struct e2e_out *now = RUN("second", "show", "citizen", f->child.id);
    assert_int_equal(e2e_active(now, "login.lock"), locks);
    assert_int_equal(e2e_active(now, "guardian.block"), 1);
}

static void r1_7_three_sides_are_shown_and_nothing_is_the_default(void **state) {
    (void)state;
    struct e2e_family f;
    char id[SG_UUID_MAX];
    struct vt *v = meet(&f, id);
    desk_row(v, "Mine:", "Maja Lind", "Lock login");
    desk_see(v, "You saw:");
    desk_row(v, "Theirs:", "Sven Ek, Barnkliniken");
    desk_row(v, "Guardian block", "Bo Ek");
    vt_send(v, "\r");
    desk_esc(v);
    desk_gone(v, "Conflict  Alva Ek");
    assert_string_equal(state_of(id), "conflict");          /* Enter and Esc decide nothing */
    assert_in_force(&f, 0);
    vt_send(v, "q");
    desk_row(v, "!", "Alva Ek", "conflict");
    vt_send(v, "\r");
    desk_see(v, "Conflict  Alva Ek");
    desk_esc(v);
    desk_esc(v);
    vt_send(v, "\x11");
    desk_see(v, "1 action needs your decision.");
    desk_fn(v, 9);
    desk_leave(v);
    assert_exit(RUN("manager", "queue", "resolve", id, "theirs"), 0);
}

static void r1_7_theirs_is_accepted(void **state) {
    (void)state;
    struct e2e_family f;
    char id[SG_UUID_MAX];
    struct vt *v = meet(&f, id);
    vt_send(v, "t");
    desk_gone(v, "Conflict  Alva Ek");
    desk_row(v, "Bo Ek", "✗ blocked");                      /* the citizen below is read again */
    desk_leave(v);
    assert_string_equal(state_of(id), "withdrawn");
    assert_in_force(&f, 0);
}

static void r1_7_mine_is_done_again(void **state) {
    (void)state;
    struct e2e_family f;
    char id[SG_UUID_MAX];
    struct vt *v = meet(&f, id);
    vt_send(v, "d");
    desk_see(v, "AFTER THIS");
    desk_row(v, "Bo Ek", "✗ blocked");                      /* on the ground of how it is now */
    assert_in_force(&f, 0);
    desk_fn(v, 9);
    desk_see(v, "Done. It is in effect.");
    vt_send(v, "\r");
    desk_gone(v, "Done. It is in effect.");
    desk_leave(v);
    assert_string_equal(state_of(id), "withdrawn");
    assert_in_force(&f, 1);
    assert_int_equal(e2e_count(RUN("second", "events", f.child.id), "kind", "login.lock", "outcome", "done"), 1);
}

static void r1_7_a_note_is_kept(void **state) {
    (void)state;
    struct e2e_family f;
    char id[SG_UUID_MAX];
    struct vt *v = meet(&f, id);
    vt_send(v, "n");
    vt_type(v, "Sven has taken it over");
    desk_see(v, "Sven has taken it over");
    vt_send(v, "\r");
    desk_gone(v, "Conflict  Alva Ek");
    desk_leave(v);
    assert_string_equal(state_of(id), "withdrawn");
    assert_in_force(&f, 0);
    assert_string_equal(e2e_str(RUN("manager", "queue", "show", id)->line[0], "note"), "Sven has taken it over");
}

/* At no moment does the screen speak of a change by somebody. */
static void r1_5_own_acts_are_not_announced(void **state) {
    static const struct { const char *key, *title, *made; } acts[] = {
        {"l", "Lock login", "Login lock"}, {"b", "Block guardian", "Guardian block"}, {"s", "Seal record", "Seal"}};
    (void)state;
    struct e2e_family f;
    e2e_make_family(&f, 8, "");
    struct vt *v = at_citizen(&f.child);
    for (size_t i = 0; i < sizeof acts / sizeof acts[0]; i++) {
        vt_send(v, acts[i].key);
        desk_row(v, "Alva Ek", acts[i].title);
        desk_fn(v, 8);
        desk_see(v, "[ Carry out  F9 ]");
        desk_fn(v, 9);
        desk_see(v, "Done. It is in effect.");
        vt_send(v, "\r");
        desk_row(v, "✗", acts[i].made, "since");
    }
    assert_false(vt_wrote(v, "changed this citizen"));
    assert_false(vt_wrote(v, "has been changed"));
    assert_exit(RUN("second", "access", f.child.id), 0);
    char who[128];
    sg_format(who, sizeof who, "guardian=%s", f.guardian[1].id);
    assert_exit(RUN("second", "do", "guardian.block", f.child.id, who), 0);
    desk_see(v, "Sven Ek, Barnkliniken, changed this citizen");
    desk_fn(v, 5);
    desk_gone(v, "changed this citizen");
    desk_row(v, "Cia Ek", "✗ blocked");
    desk_leave(v);
}

int main(void) {
#define AT_DESK(f) cmocka_unit_test_setup_teardown(f, e2e_ready, desk_clear)
    const struct CMUnitTest tests[] = {
        AT_DESK(r1_7_three_sides_are_shown_and_nothing_is_the_default), AT_DESK(r1_7_theirs_is_accepted), AT_DESK(r1_7_mine_is_done_again),
        AT_DESK(r1_7_a_note_is_kept), AT_DESK(r1_5_own_acts_are_not_announced)};
    return cmocka_run_group_tests_name("screen conflict", tests, e2e_open, e2e_close);
}
