/* The main jobs by keys alone on 80×24, in English and in Swedish, against a real service: find a child, see who reaches what, block a
 * guardian, read the events, protect; and the whole way of an act that is decided without the service (R1.1, R1.2, R6.5). */
#include "tests/e2e/desk.h"
#include <string.h>
#include "base/str.h"

/* What the screen must say, word for word, in each language. */
struct words {
    const char *lang, *home, *online, *offline, *find, *purpose, *reaches, *nothing, *guardian, *blocked, *form, *after, *not_stopped, *carry, *cancel,
        *done, *act, *block, *since, *events, *looked_up, *read, *events_read, *ok, *protect, *protect_lock, *protect_head, *parts_block, *parts_lock, *locked,
        *lock_title, *queue_button, *waits, *waiting, *bar_waits, *queue, *queue_none, *lock, *region, *now;
};
static const struct words english = {
    "en", "Home", "● online", "○ offline", "Find citizen", "< Care and treatment >", "WHO REACHES WHAT, NOW", "Nothing is in force for this person.",
    "✓ guardian", "✗ blocked", "Block guardian", "AFTER THIS", "Not stopped:", "[ Carry out  F9 ]", "[ Cancel ]", "Done. It is in effect.", "Block guardian", "Guardian block",
    "since", "Events", "Looked up", "Read", "Events read", "✓ done", "Protect", "Lock login", "AFTER THIS", "• Block guardian · Bo Ek", "• Lock login",
    "✗ locked by Region Demo", "Lock login", "[ Queue  F9 ]", "NOT YET IN EFFECT", "waiting · NOT YET IN EFFECT", "1 not yet in effect", "Queue", "Nothing waits.",
    "Login lock", "Region Demo", "Now in effect:"};
static const struct words swedish = {
    "sv", "Start", "● ansluten", "○ ingen kontakt", "Sök invånare", "< Vård och behandling >", "VEM NÅR VAD JUST NU", "Inga begränsningar gäller för personen.",
    "✓ vårdnadshavare", "✗ blockerad", "Blockera vårdnadshavare", "EFTER DETTA", "Stoppas inte:", "[ Utför  F9 ]", "[ Avbryt ]", "Klart. Åtgärden är verkställd.",
    "Blockera vårdnadsh", "Blockering", "sedan", "Händelser", "Sökt", "Läst", "Händelser lästa", "✓ klar", "Skydda", "Lås inloggning", "EFTER DETTA",
    "• Blockera vårdnadshavare · Bo Ek", "• Lås inloggning", "✗ låst av Region Demo", "Lås inloggning", "[ Lägg i kö  F9 ]", "ÄNNU INTE VERKSTÄLLD", "väntar · ÄNNU INTE VERKSTÄLLD",
    "1 ännu inte verkställd ", "Kö", "Inget väntar.", "Inloggningslås", "Region Demo", "Nu verkställt:"};

static void find(struct vt *v, const struct words *w, const struct e2e_person *p) {
    vt_send(v, "f");
    desk_see(v, w->purpose);
    vt_type(v, p->pid);
    vt_send(v, "\r");
    desk_see(v, w->reaches);
    desk_see(v, p->name);
}

static void blocks_a_guardian(const struct words *w) {
    struct e2e_family f;
    e2e_make_family(&f, 8, "");
    struct vt *v = desk_start("manager", w->lang);
    desk_see(v, w->online);
    find(v, w, &f.child);
    desk_row(v, "Bo Ek", w->guardian, w->guardian);
    desk_see(v, w->nothing);
    vt_send(v, "b");
    desk_row(v, "Alva Ek", w->form);                       /* the way here, in line 2 */
    desk_row(v, "▸", "< Bo Ek >");
    desk_fn(v, 8);
    desk_see(v, w->after);
    desk_row(v, "Bo Ek", "✓ → ✗", "✓ → ✗");
    desk_row(v, "Cia Ek", w->guardian, w->guardian);
    desk_see(v, w->not_stopped);
    desk_row(v, w->cancel, w->carry);
    assert_int_equal(e2e_active(RUN("second", "show", "citizen", f.child.id), "guardian.block"), 0);     /* a look ahead does nothing */
    desk_fn(v, 9);
    desk_see(v, w->done);
    vt_send(v, "\r");
    desk_gone(v, w->done);
    desk_row(v, "Bo Ek", w->blocked, w->blocked);
    desk_row(v, "Cia Ek", w->guardian, w->guardian);
    desk_row(v, "✗", w->block, "Bo Ek", w->since);
    vt_send(v, "e");
    desk_row(v, w->events_read, "Maja Lind", w->ok);       /* this very reading first, then back in time */
    desk_row(v, w->act, "Maja Lind", w->ok);
    desk_row(v, w->read, "Maja Lind", w->ok);
    desk_row(v, w->looked_up, "Maja Lind", w->ok);
    for (int down = vt_find(v, w->act) - vt_find(v, "▸"); down > 0; down--) {
        vt_send(v, "\033OB");
    }
    desk_row(v, "▸", w->act);
    vt_send(v, "\r");
    desk_row(v, w->form, "·", w->ok + strlen("✓ "));
    desk_row(v, "Maja Lind", "SE2321000016-1001");
    desk_leave(v);
    assert_false(e2e_reaches(RUN("second", "access", f.child.id), f.guardian[0].id, "journal", "guardian-block"));
    assert_int_equal(e2e_active(RUN("second", "show", "citizen", f.child.id), "guardian.block"), 1);
}

static void a_guardian_is_blocked_in_english(void **state) { (void)state; blocks_a_guardian(&english); }
static void a_guardian_is_blocked_in_swedish(void **state) { (void)state; blocks_a_guardian(&swedish); }

static void protects(const struct words *w) {
    struct e2e_family f;
    e2e_make_family(&f, 14, "");
    struct vt *v = desk_start("manager", w->lang);
    desk_see(v, w->online);
    find(v, w, &f.child);
    vt_send(v, "p");
    desk_row(v, "▸ [ ]", "Bo Ek");
    vt_send(v, " ");
    desk_row(v, "▸ [x]", "Bo Ek");
    vt_send(v, "\033OB\033OB");
    desk_row(v, "▸ [ ]", w->protect_lock);
    vt_send(v, " ");
    desk_row(v, "▸ [x]", w->protect_lock);
    desk_row(v, "Bo Ek", "✗");                             /* the table below follows the boxes */
    desk_fn(v, 8);
    desk_see(v, w->parts_block);
    desk_see(v, w->parts_lock);
    desk_fn(v, 9);
    desk_see(v, w->done);
    vt_send(v, "\r");
    desk_gone(v, w->done);
    desk_row(v, "✗", w->lock, w->region);
    desk_row(v, "✗", w->block, "Bo Ek");
    desk_leave(v);
    const struct e2e_out *now = RUN("second", "show", "citizen", f.child.id);
    assert_int_equal(e2e_active(now, "guardian.block"), 1);
    assert_int_equal(e2e_active(now, "login.lock"), 1);
    assert_int_equal(e2e_count(RUN("second", "events", f.child.id), "kind", "citizen.protect", "outcome", "done"), 1);
}

static void a_child_is_protected_in_english(void **state) { (void)state; protects(&english); }
static void a_child_is_protected_in_swedish(void **state) { (void)state; protects(&swedish); }

/* What is wrong stands at its place with what was typed; an HSA-id pasted with blanks is taken; Esc never lets go of a filled form at once. */
static void a_form_keeps_what_was_typed(void **state) {
    struct e2e_family f;
    (void)state;
    e2e_make_family(&f, 9, "");
    struct vt *v = desk_start("manager", "en");
    desk_see(v, english.online);
    vt_send(v, "f");
    desk_see(v, english.purpose);
    vt_type(v, "20141212-2388");
    vt_send(v, "\r");
    desk_see(v, "The check digit (the last one) is wrong");
    desk_row(v, "▸ Personnummer", "20141212-2388");
    for (int i = 0; i < 13; i++) {
        vt_send(v, "\x7f");
    }
    vt_type(v, f.child.pid);
    vt_send(v, "\r");
    desk_see(v, english.reaches);
    vt_send(v, "b");
    desk_row(v, "▸", "< Bo Ek >");
    vt_send(v, "\r");
    vt_send(v, "\033[200~ SE2321000016 - 1002 \n\033[201~");
    desk_row(v, "▸ Decided by", "SE2321000016 - 1002");
    vt_send(v, "\r\rsoon");
    desk_row(v, "▸ Review on", "soon");
    desk_fn(v, 8);
    desk_see(v, "must be a date, like 2026-12-24");
    desk_row(v, "▸ Review on", "soon");
    desk_esc(v);
    desk_see(v, "What you filled in is not kept. Esc once more leaves it.");
    vt_send(v, "\x15");
    desk_gone(v, "soon");
    desk_esc(v);
    desk_row(v, "▸ Review on");                              /* going on took the warning back */
    desk_fn(v, 8);
    desk_see(v, english.carry);
    desk_fn(v, 9);
    desk_see(v, english.done);
    vt_send(v, "\r");
    desk_row(v, "✗", english.block, "Bo Ek");
    desk_leave(v);
    const cJSON *r, *list = cJSON_GetObjectItemCaseSensitive(RUN("second", "show", "citizen", f.child.id)->line[0], "restrictions");
    cJSON_ArrayForEach(r, list) {
        assert_string_equal(e2e_str(r, "decisionBy"), "SE2321000016-1002");
    }
    assert_int_equal(cJSON_GetArraySize(list), 1);
}

static void id_of_the_only_row(char id[SG_UUID_MAX]) {
    const struct e2e_out *q = RUN("manager", "queue", "list", "--waiting");
    assert_exit(q, 0);
    assert_int_equal(q->n, 1);
    assert_string_equal(e2e_str(q->line[0], "kind"), "login.lock");
    assert_true(sg_copy(id, SG_UUID_MAX, e2e_str(q->line[0], "actionId")));
}

static struct vt *queue_a_lock(const struct words *w, struct e2e_person *p) {
    e2e_citizen(p, 30, "Olle Dahl", "");
    struct vt *v = desk_start("manager", w->lang);
    desk_see(v, w->online);
    find(v, w, p);
    e2e_server_stop();
    desk_see(v, w->offline);
    desk_see(v, p->name);                                   /* losing the service clears nothing */
    vt_send(v, "l");
    desk_row(v, p->name, w->lock_title);
    desk_fn(v, 8);
    desk_see(v, w->queue_button);
    desk_fn(v, 9);
    desk_see(v, w->waits);
    vt_send(v, "\r");
    desk_gone(v, w->queue_button);
    desk_row(v, "◷", w->lock_title, w->waits);
    desk_see(v, w->bar_waits);
    return v;
}

static void waits_and_survives(const struct words *w) {
    struct e2e_person p;
    char id[SG_UUID_MAX];
    struct vt *v = queue_a_lock(w, &p);
    vt_send(v, "q");
    desk_row(v, "◷", p.name, w->lock_title, w->waiting);
    desk_kill(v);
    id_of_the_only_row(id);
    v = desk_start("manager", w->lang);
    desk_see(v, w->offline);
    desk_row(v, "◷", p.name, w->waiting);                  /* home shows it at once */
    e2e_server_start();
    desk_see(v, w->online);
    desk_row(v, w->now, p.name, w->lock_title);             /* and says when it has come into effect */
    desk_gone(v, w->waiting);
    vt_send(v, "q");
    desk_see(v, w->queue_none);
    desk_leave(v);
    assert_int_equal(RUN("manager", "queue", "list", "--waiting")->n, 0);
    assert_int_equal(e2e_made_by(RUN("second", "show", "citizen", p.id), id), 1);
    assert_int_equal(e2e_active(RUN("second", "show", "citizen", p.id), "login.lock"), 1);
    assert_int_equal(e2e_done_events(RUN("second", "events", p.id), id), 1);
}

static void r1_2_a_queued_lock_survives_a_kill_in_english(void **state) { (void)state; waits_and_survives(&english); }
static void r1_2_a_queued_lock_survives_a_kill_in_swedish(void **state) { (void)state; waits_and_survives(&swedish); }

/* Who leaves while something waits is asked; when it is answered meanwhile, the question is, too. */
static void leaving_goes_on_when_nothing_waits(void **state) {
    (void)state;
    struct e2e_person p;
    struct vt *v = queue_a_lock(&english, &p);
    vt_send(v, "\x11");
    desk_see(v, "1 action waits and is NOT YET IN EFFECT");
    e2e_server_start();
    desk_left(v);
    assert_int_equal(RUN("manager", "queue", "list", "--waiting")->n, 0);
    assert_int_equal(e2e_active(RUN("second", "show", "citizen", p.id), "login.lock"), 1);
}

int main(void) {
#define AT_DESK(f) cmocka_unit_test_setup_teardown(f, e2e_ready, desk_clear)
    const struct CMUnitTest tests[] = {
        AT_DESK(a_guardian_is_blocked_in_english), AT_DESK(a_guardian_is_blocked_in_swedish), AT_DESK(a_child_is_protected_in_english),
        AT_DESK(a_child_is_protected_in_swedish), AT_DESK(a_form_keeps_what_was_typed), AT_DESK(r1_2_a_queued_lock_survives_a_kill_in_english),
        AT_DESK(r1_2_a_queued_lock_survives_a_kill_in_swedish), AT_DESK(leaving_goes_on_when_nothing_waits)};
    return cmocka_run_group_tests_name("screen flow", tests, e2e_open, e2e_close);
}
