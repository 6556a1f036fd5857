/* A whole outage by keys alone at 80×24: five acts without the service, a colleague who changes two of the same people meanwhile, the service
 * back, both conflicts solved, one alone and one by a decision about several, and five receipts (R1.2, R1.6, R1.7). */
#include "tests/e2e/desk.h"
#include <string.h>
#include "base/str.h"
#include "tests/e2e/proxy.h"

enum { FIVE = 5 };
static struct proxy *line;              /* between manager and the service; the colleague has another */

static void find(struct vt *v, const struct e2e_person *p) {
    vt_send(v, "f");
    desk_see(v, "Find citizen");
    vt_type(v, p->pid);
    vt_send(v, "\r");
    desk_see(v, "WHO REACHES WHAT, NOW");
    desk_row(v, "Home", p->name);
}

static void home(struct vt *v) {
    vt_send(v, "h");
    desk_see(v, "SERVICE AND QUEUE");
}

/* One act by its letter in the citizen view, its form as proposed, and the last look. offline: it is queued. */
static void act(struct vt *v, const struct e2e_person *p, const char *letter, const char *button, const char *result) {
    find(v, p);
    vt_send(v, letter);
    desk_row(v, p->name);
    desk_see(v, "Reason");
    desk_fn(v, 8);
    desk_see(v, button);
    desk_fn(v, 9);
    desk_see(v, result);
    vt_send(v, "\r");
    desk_gone(v, result[0] == 'D' ? result : button);
    home(v);
}

static void people(struct e2e_family *child, struct e2e_person p[FIVE]) {
    static const char *const name[FIVE] = {"", "Britta Ahl", "Curt Boman", "Dag Frisk", "Elsa Dalin"};
    e2e_make_family(child, 8, "");
    p[0] = child->child;
    for (int i = 1; i < FIVE; i++) {
        e2e_citizen(&p[i], 30 + i, name[i], "");
    }
}

static void decide_offline(struct vt *v, const struct e2e_person p[FIVE]) {
    static const char *const letter[FIVE] = {"l", "s", "l", "s", "l"};
    for (int i = 0; i < FIVE; i++) {
        act(v, &p[i], letter[i], "[ Queue  F9 ]", "Queued on this workstation. NOT YET IN EFFECT.");
    }
    desk_see(v, "◷ 5 acts wait, not yet in effect.");
}

static void colleague_changes_two(const struct e2e_person p[FIVE]) {
    struct vt *v = desk_start("second", "en");
    desk_see(v, "● online");
    act(v, &p[0], "b", "[ Carry out  F9 ]", "Done. It is in effect.");
    act(v, &p[1], "l", "[ Carry out  F9 ]", "Done. It is in effect.");
    desk_leave(v);
}

/* Alone: all three grounds on one screen, then the same deed again on how it is now. */
static void solve_the_first(struct vt *v, const struct e2e_person *p) {
    vt_send(v, "q");
    desk_see(v, "Home › Queue");
    desk_row(v, "▸", "!", p->name, "Lock login", "conflict");
    vt_send(v, "\r");
    desk_row(v, "Conflict", p->name);
    desk_row(v, "Mine: Maja Lind, BUP Öst", "Lock login");
    desk_row(v, "You saw: as known");
    desk_row(v, "Theirs: Sven Ek, Barnkliniken");
    desk_row(v, "WHAT", "You saw", "Mine", "Theirs, now");
    desk_row(v, "Guardian block · Bo Ek", "–", "–", "in force");
    desk_row(v, "Login lock · Region Demo", "–", "in force", "–");
    vt_send(v, "d");
    desk_see(v, "[ Carry out  F9 ]");
    desk_row(v, "Bo Ek", "✗ blocked");
    desk_fn(v, 9);
    desk_see(v, "Done. It is in effect.");
    vt_send(v, "\r");
    desk_gone(v, "Done. It is in effect.");
}

static void solve_the_second_with_others(struct vt *v, const struct e2e_person *p) {
    home(v);
    vt_send(v, "q");
    desk_see(v, "Home › Queue");
    desk_row(v, "▸", "!", p->name, "Seal record", "conflict");
    vt_send(v, "x");
    desk_row(v, "■", p->name);
    vt_send(v, "d");
    desk_see(v, "Leave them open; nothing happens");
    desk_row(v, p->name, "Seal record");
    vt_send(v, "\033OC\033OC");
    desk_see(v, "Redo mine on how it is now");
    desk_fn(v, 9);
    desk_see(v, "1 of 1 decisions are kept");
    vt_send(v, "\r");
    desk_see(v, "Nothing waits.");
}

static void five_receipts(struct vt *v, const struct e2e_person p[FIVE]) {
    vt_send(v, " ");
    for (int i = 0; i < FIVE; i++) {
        desk_row(v, "✓", p[i].name, "done · event");
    }
    desk_see(v, "0 waiting, not yet in effect · 0 need you · 5 done");
}

static void each_took_effect_once(const struct e2e_person p[FIVE]) {
    static const char *const kind[FIVE] = {"login.lock", "record.seal", "login.lock", "record.seal", "login.lock"};
    for (int i = 0; i < FIVE; i++) {
        const struct e2e_out *ev = RUN("second", "events", p[i].id, "--limit", "1000");
        assert_exit(ev, 0);
        assert_int_equal(e2e_count(ev, "kind", kind[i], "outcome", "done"), 1);
        assert_int_equal(e2e_count(ev, "kind", kind[i], "outcome", "conflict"), i < 2 ? 1 : 0);
        assert_int_equal(e2e_active(RUN("second", "show", "citizen", p[i].id), kind[i]), 1);
    }
    assert_int_equal(e2e_active(RUN("second", "show", "citizen", p[0].id), "guardian.block"), 1);       /* nothing of theirs was overwritten */
    assert_int_equal(e2e_active(RUN("second", "show", "citizen", p[1].id), "login.lock"), 1);
}

static void r1_7_an_outage_from_end_to_end_by_keys(void **state) {
    (void)state;
    struct e2e_family child;
    struct e2e_person p[FIVE];
    int port = 0, direct = e2e_server_port;
    people(&child, p);
    line = proxy_new(direct, &port);
    assert_non_null(line);
    e2e_configure(port);
    struct vt *v = desk_start("manager", "en");
    desk_see(v, "● online");
    e2e_configure(direct);
    for (int i = 0; i < FIVE; i++) {
        find(v, &p[i]);
        home(v);
    }
    proxy_shut(line, 1);
    desk_see(v, "○ offline");
    decide_offline(v, p);
    colleague_changes_two(p);
    desk_see(v, "◷ 5 acts wait, not yet in effect.");
    proxy_shut(line, 0);
    desk_see(v, "● online");
    desk_see(v, "! 2 need you");
    solve_the_first(v, &p[0]);
    solve_the_second_with_others(v, &p[1]);
    five_receipts(v, p);
    desk_leave(v);
    each_took_effect_once(p);
    proxy_free(line);
    line = NULL;
}

int main(void) {
#define AT_DESK(f) cmocka_unit_test_setup_teardown(f, e2e_ready, desk_clear)
    const struct CMUnitTest tests[] = {AT_DESK(r1_7_an_outage_from_end_to_end_by_keys)};
    return cmocka_run_group_tests_name("screen offline", tests, e2e_open, e2e_close);
}
