/* A service that takes connections and never answers (its process is stopped): every key is answered while a request provably waits,
 * on each kind of wait there is, and Esc ends the wait. What the person is waiting for still stands on the screen when the key's effect
 * has been painted, and the service is still stopped: so it cannot have been an answer or a time-out that let the key through. */
#include "tests/e2e/desk.h"
#include <sqlite3.h>
#include <string.h>
#include "base/str.h"

static double longest;                                      /* ms from a key to its effect, over all tests */

static void key_answered(struct vt *v, const char *key, const char *effect, const char *still) {
    desk_see(v, still);
    double from = vt_now();
    vt_send(v, key);
    desk_see(v, effect);
    double took = vt_now() - from;
    assert_true(vt_find(v, still) >= 0);
    assert_true(e2e_server_halted());
    longest = took > longest ? took : longest;
}

static void find(struct vt *v, const struct e2e_person *p) {
    vt_send(v, "f");
    desk_see(v, "< Care and treatment >");
    vt_type(v, p->pid);
    vt_send(v, "\r");
}

static struct vt *at_citizen(const struct e2e_person *p) {
    struct vt *v = desk_start("manager", "en");
    desk_see(v, "● online");
    find(v, p);
    desk_see(v, "WHO REACHES WHAT, NOW");
    desk_see(v, "read ");
    return v;
}

static void the_start_does_not_wait(void **state) {
    (void)state;
    e2e_server_halt();
    struct vt *v = desk_start("manager", "en");
    desk_see(v, "Home");
    key_answered(v, "f", "< Care and treatment >", "○ connecting");
    key_answered(v, "2", "▸ Personnummer  2", "○ connecting");
    desk_esc(v);
    desk_gone(v, "Personnummer  2");
    desk_see(v, "○ offline");                               /* and it says so by itself */
    e2e_server_go_on();
    desk_row(v, "Maja Lind", "● online");                   /* who one is was asked in vain at the start, and is known now */
    desk_leave(v);
}

static void finding_can_be_cancelled(void **state) {
    struct e2e_person p;
    (void)state;
    e2e_citizen(&p, 40, "Sara Dahl", "");
    struct vt *v = desk_start("manager", "en");
    desk_see(v, "● online");
    e2e_server_halt();
    find(v, &p);
    key_answered(v, "\t", "▸ Purpose", "Asking the service…");
    key_answered(v, " ", "< Administration >", "Asking the service…");
    desk_esc(v);
    desk_see(v, "Cancelled. What you typed is still here.");
    desk_see(v, p.pid);
    assert_true(e2e_server_halted());
    e2e_server_go_on();
    vt_send(v, "\r");
    desk_see(v, "WHO REACHES WHAT, NOW");
    desk_see(v, "Sara Dahl");
    desk_leave(v);
}

/* What the client keeps of what was read, so that a citizen it has met must be read anew. */
static void forget_what_was_read(void) {
    char path[E2E_PATH];
    sqlite3 *db = NULL;
    e2e_path(path, "state/manager/store.db");
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    sqlite3_busy_timeout(db, 10000);
    assert_int_equal(sqlite3_exec(db, "DELETE FROM cache", NULL, NULL, NULL), SQLITE_OK);
    assert_true(sqlite3_changes(db) > 0);
    sqlite3_close(db);
}

static void opening_a_citizen_can_be_cancelled(void **state) {
    struct e2e_person p;
    (void)state;
    e2e_citizen(&p, 41, "Tage Dahl", "");
    struct vt *v = at_citizen(&p);
    desk_esc(v);
    desk_row(v, "▸", "Tage Dahl", "read");
    forget_what_was_read();
    e2e_server_halt();
    vt_send(v, "\r");
    key_answered(v, "\xC3\xB6", "“ö” does nothing here", "Reading…");
    desk_esc(v);
    desk_see(v, "NEEDS YOU");
    assert_true(e2e_server_halted());
    e2e_server_go_on();
    vt_send(v, "\r");
    desk_see(v, "WHO REACHES WHAT, NOW");
    desk_leave(v);
}

static void an_act_does_not_wait(void **state) {
    struct e2e_person p;
    (void)state;
    e2e_citizen(&p, 42, "Ulla Dahl", "");
    struct vt *v = at_citizen(&p);
    vt_send(v, "l");
    desk_row(v, "Ulla Dahl", "Lock login");
    desk_fn(v, 8);
    desk_see(v, "[ Carry out  F9 ]");
    e2e_server_halt();
    desk_fn(v, 9);
    key_answered(v, "\xC3\xB6", "“ö” does nothing here", "Being sent…");
    key_answered(v, "\r", "NOT YET IN EFFECT", "Ulla Dahl");   /* closed: the citizen, with the act on its way */
    desk_gone(v, "Being sent…");
    desk_row(v, "◷", "Lock login", "NOT YET IN EFFECT");
    assert_true(e2e_server_halted());
    e2e_server_go_on();
    desk_row(v, "✗", "Login lock", "Region Demo", "since");
    desk_leave(v);
    assert_int_equal(e2e_active(RUN("second", "show", "citizen", p.id), "login.lock"), 1);
    assert_int_equal(e2e_count(RUN("second", "events", p.id), "kind", "login.lock", "outcome", "done"), 1);
}

static void events_can_be_cancelled(void **state) {
    struct e2e_person p;
    (void)state;
    e2e_citizen(&p, 43, "Vera Dahl", "");
    struct vt *v = at_citizen(&p);
    e2e_server_halt();
    vt_send(v, "e");
    key_answered(v, "/", "Member of staff", "Reading…");
    desk_esc(v);
    key_answered(v, "\xC3\xB6", "“ö” does nothing here", "Reading…");
    desk_esc(v);
    desk_see(v, "WHO REACHES WHAT, NOW");
    assert_true(e2e_server_halted());
    e2e_server_go_on();
    vt_send(v, "e");
    desk_row(v, "Events read", "Maja Lind");
    desk_leave(v);
}

static int back_to_work(void **state) {
    if (e2e_server_running()) {
        e2e_server_go_on();
    }
    return desk_clear(state);
}

static int report(void **state) {
    print_message("longest time from a key to its effect while a request waits: %.1f ms\n", longest);
    return e2e_close(state);
}

int main(void) {
#define HUNG(f) cmocka_unit_test_setup_teardown(f, e2e_ready, back_to_work)
    const struct CMUnitTest tests[] = {HUNG(the_start_does_not_wait), HUNG(finding_can_be_cancelled), HUNG(opening_a_citizen_can_be_cancelled),
                                       HUNG(an_act_does_not_wait), HUNG(events_can_be_cancelled)};
    return cmocka_run_group_tests_name("screen hung", tests, e2e_open, report);
}
