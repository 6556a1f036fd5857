/* Whom one looks at while the service is away: noted on the workstation before it is shown, in the service's log once when it is back, whatever
 * is killed in between (R2.4, R6.5). */
#include "tests/e2e/lib.h"
#include <poll.h>
#include <signal.h>
#include <sqlite3.h>
#include <string.h>
#include <unistd.h>
#include "base/str.h"

static const char MANAGER[] = "SE2321000016-1001";

static int open_reads(const char *profile) {
    const struct e2e_out *o = RUN(profile, "status");
    assert_int_equal(o->n, 1);
    return cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(o->line[0], "queue"), "readsNotLogged")->valueint;
}

/* Events of that kind and mark about the person; those with the mark bear both times, the commission and the device. */
static int events(const char *citizen, const char *kind, bool offline) {
    const struct e2e_out *o = RUN("manager", "events", citizen, "--limit", "1000");
    int n = 0;
    assert_exit(o, 0);
    for (size_t i = 0; i < o->n; i++) {
        const cJSON *ev = o->line[i];
        if (!sg_eq(e2e_str(ev, "kind"), kind) || e2e_true(ev, "offline") != offline) {
            continue;
        }
        n++;
        if (!offline) {
            continue;
        }
        assert_string_equal(e2e_str(ev, "actor"), MANAGER);
        assert_string_equal(e2e_str(ev, "outcome"), "done");
        assert_true(strcmp(e2e_str(ev, "performedAt"), e2e_str(ev, "at")) < 0);
        assert_true(e2e_str(ev, "commission")[0] && e2e_str(ev, "device")[0] && e2e_str(ev, "purpose")[0]);
        for (size_t k = 0; k < i; k++) {
            assert_string_not_equal(e2e_str(o->line[k], "eventId"), e2e_str(ev, "eventId"));
        }
    }
    return n;
}

/* Killed as soon as it has shown the first byte. */
static void show_and_die(const char *citizen) {
    struct e2e_out o = {0};
    char c;
    struct e2e_proc p = e2e_sigill_start("manager", (const char *const[]){"show", "citizen", citizen, NULL});
    struct pollfd shown = {.fd = p.out, .events = POLLIN};
    assert_int_equal(poll(&shown, 1, 30000), 1);
    assert_int_equal(read(p.out, &c, 1), 1);
    assert_int_equal(kill(p.pid, SIGKILL), 0);
    e2e_finish(&p, NULL, &o);
    e2e_out_free(&o);
}

static void sync_and_die(int ms) {
    struct e2e_out o = {0};
    struct e2e_proc p = e2e_sigill_start("manager", (const char *const[]){"sync", NULL});
    if (!e2e_ends_within(&p, ms)) {
        (void)kill(p.pid, SIGKILL);
    }
    e2e_finish(&p, NULL, &o);
    e2e_out_free(&o);
}

static void r6_5_what_was_read_without_the_service_is_in_its_log_once(void **state) {
    (void)state;
    struct e2e_person p;
    e2e_citizen(&p, 41, "Lisa Läst", "");
    assert_exit(RUN_IN("manager", p.pid, "lookup"), 0);
    assert_exit(RUN("manager", "show", "citizen", p.id), 0);
    assert_int_equal(open_reads("manager"), 0);
    int before = events(p.id, "citizen.read", false);
    e2e_server_stop();
    assert_exit(RUN_IN("manager", p.pid, "lookup"), 0);
    assert_exit(RUN("manager", "show", "citizen", p.id), 0);
    assert_exit(RUN("manager", "show", "citizen", p.id), 0);
    show_and_die(p.id);
    assert_int_equal(open_reads("manager"), 4);
    e2e_server_start();
    for (int ms = 10; ms <= 120; ms += 22) {
        sync_and_die(ms);
    }
    e2e_server_kill();
    e2e_server_start();
    assert_exit(RUN("manager", "sync"), 0);
    assert_exit(RUN("manager", "sync"), 0);
    assert_int_equal(open_reads("manager"), 0);
    assert_int_equal(events(p.id, "citizen.lookup", true), 1);
    assert_int_equal(events(p.id, "citizen.read", true), 3);
    assert_int_equal(events(p.id, "citizen.read", false), before);
}

/* The store cannot be written: what cannot be noted is not shown, and that is said. */
static void r2_4_what_cannot_be_noted_is_not_shown(void **state) {
    (void)state;
    struct e2e_person p;
    char path[E2E_PATH];
    e2e_citizen(&p, 42, "Olga Oläst", "");
    assert_exit(RUN("manager", "show", "citizen", p.id), 0);
    e2e_server_stop();
    assert_exit(RUN("manager", "show", "citizen", p.id), 0);
    e2e_path(path, "state/manager/store.db");
    sqlite3 *h = NULL;
    assert_int_equal(sqlite3_open(path, &h), SQLITE_OK);
    assert_int_equal(sqlite3_exec(h, "CREATE TRIGGER no BEFORE INSERT ON kept BEGIN SELECT RAISE(ABORT, 'no'); END", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(h);
    const struct e2e_out *said = RUN("manager", "show", "citizen", p.id);
    assert_int_not_equal(said->status, 0);
    assert_null(strstr(said->out, "Olga"));
    assert_non_null(strstr(said->err, "could not be noted"));
    e2e_server_start();
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup(r6_5_what_was_read_without_the_service_is_in_its_log_once, e2e_ready),
                                       cmocka_unit_test_setup(r2_4_what_cannot_be_noted_is_not_shown, e2e_ready)};
    return cmocka_run_group_tests_name("reads without the service", tests, e2e_open, e2e_close);
}
