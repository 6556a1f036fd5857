/* A queue that was left behind, taken over at the full screen by keys alone (R1.18): named in the queue, opened with its own passphrase, sent,
 * a conflict in it decided there with the ordinary screens, nothing new put into it, and back to one's own. */
#include "tests/e2e/desk.h"
#include <string.h>
#include "base/buf.h"
#include "base/str.h"

static int left_open(void **state) {
    struct sg_buf b;
    struct sg_error e = {0};
    char path[E2E_PATH], pem[E2E_PATH], key[E2E_PATH];
    if (e2e_open(state) != 0) {
        return -1;
    }
    sg_buf_init(&b, 64 << 10);
    e2e_path(path, "sigill.conf");
    assert_int_equal(sg_buf_read_file(&b, path, &e), SG_E_OK);
    e2e_pki_path(pem, "manager.pem");
    e2e_pki_path(key, "manager.key");
    assert_int_equal(sg_buf_addf(&b, "[left]\ncert = %s\nkey = %s\nstate_dir = desk/left\npassphrase_file = old-passphrase\n"
                                     "[mine]\ncert = %s\nkey = %s\nstate_dir = desk/mine\n", pem, key, pem, key), SG_E_OK);
    e2e_write("sigill.conf", b.data);
    e2e_write("old-passphrase", "another horse\n");
    sg_buf_free(&b);
    return 0;
}

static void queued(const char *kind, const char *who, char id[SG_UUID_MAX]) {
    const struct e2e_out *o = RUN("left", "do", kind, who, "--queue");
    assert_exit(o, 75);
    assert_true(sg_copy(id, SG_UUID_MAX, e2e_str(o->line[0], "actionId")));
}

static void r1_18_a_queue_left_behind_is_taken_over_by_keys(void **state) {
    (void)state;
    struct e2e_person p[2];
    char lock[SG_UUID_MAX], seal[SG_UUID_MAX];
    e2e_citizen(&p[0], 40, "Kurt Kvar", "");
    e2e_citizen(&p[1], 41, "Lena Lämnad", "");
    assert_exit(RUN("left", "show", "citizen", p[0].id), 0);
    assert_exit(RUN("left", "show", "citizen", p[1].id), 0);
    queued("login.lock", p[0].id, lock);
    queued("record.seal", p[1].id, seal);
    assert_exit(RUN("second", "do", "login.lock", p[1].id), 0);          /* a colleague is there first: a conflict to come */
    struct vt *v = desk_start("mine", "sv");
    desk_see(v, "ansluten");
    vt_send(v, "q");
    desk_see(v, "1 kö har lämnats kvar");
    vt_send(v, "a");
    desk_row(v, "left", "2 av dina", "INTE AVSLUTADE");
    vt_send(v, "\r");
    desk_see(v, "Köns lösenfras");
    desk_fn(v, 9);                                                       /* with one's own passphrase: not that one's */
    desk_see(v, "Fel lösenfras");
    desk_gone(v, "KVARLÄMNAD");
    vt_send(v, "a");
    desk_row(v, "left", "2 av dina");
    vt_send(v, "\r");
    desk_see(v, "Köns lösenfras");
    vt_type(v, "another horse");
    desk_fn(v, 9);
    desk_see(v, "▓ KVARLÄMNAD KÖ ▓");
    desk_see(v, "1 åtgärd kräver ditt beslut");
    desk_row(v, "Lena Lämnad", "konflikt");
    assert_int_equal(e2e_done_events(RUN("manager", "events", p[0].id), lock), 1);
    vt_send(v, "\r");                                                    /* decided where it lies: leave it as the colleague made it */
    desk_see(v, "Behåll deras");
    vt_send(v, "t");
    desk_see(v, "0 väntar, ännu inte verkställda · 0 kräver beslut");
    vt_send(v, "a");
    desk_gone(v, "KVARLÄMNAD");
    desk_gone(v, "har lämnats kvar");
    desk_leave(v);
    assert_int_equal(e2e_done_events(RUN("manager", "events", p[0].id), lock), 1);
    assert_int_equal(e2e_done_events(RUN("manager", "events", p[1].id), seal), 0);
    assert_int_equal(RUN("mine", "queue", "list")->n, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(r1_18_a_queue_left_behind_is_taken_over_by_keys, e2e_ready, desk_clear)};
    return cmocka_run_group_tests_name("adopt on the screen", tests, left_open, e2e_close);
}
