/* R1.14, R6.2 on a real network: the service and its clients on two hosts, and the wire between them loses packets, doubles, delays and
 * reorders them, or is pulled out in the middle. What is decided meanwhile is in effect once, with one event, and nothing is lost. */
#include "tests/e2e/lib.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "base/str.h"
#include "tests/e2e/wire.h"
#include "tests/patience.h"

enum { ACTS_MOST = 64, SYNCS_MOST = 40 };
static struct { char id[SG_UUID_MAX], citizen[SG_ID_MAX]; } act[ACTS_MOST];
static size_t n_acts;
static int refused_by_machine;

static void quality(int lose, int twice, int delay_ms, int jitter_ms) {
    wire->lose = lose;
    wire->twice = twice;
    wire->delay_ms = delay_ms;
    wire->jitter_ms = jitter_ms;
}

static void note(const struct e2e_out *o, const char *citizen, bool must_wait) {
    if (o->status != 0 && o->status != 75) {
        fail_msg("exit %d: %s", o->status, o->err);
    }
    if (must_wait) {
        assert_exit(o, 75);
    }
    assert_true(n_acts < ACTS_MOST && o->n == 1);
    SG_COPY(act[n_acts].id, e2e_str(o->line[0], "actionId"));
    SG_COPY(act[n_acts++].citizen, citizen);
}

static void lock_and_seal(const struct e2e_person *p, bool must_wait) {
    note(RUN("manager", "do", "login.lock", p->id), p->id, must_wait);
    note(RUN("manager", "do", "record.seal", p->id), p->id, must_wait);
}

/* As often as it takes; every one of them ends by itself. */
static int sync_all(void) {
    for (int i = 1; i <= SYNCS_MOST; i++) {
        if (RUN("manager", "sync")->status == 0) {
            return i;
        }
    }
    fail_msg("after %d times sync something waits still", SYNCS_MOST);
    return 0;
}

static void each_once(void) {
    quality(0, 0, 0, 0);
    for (size_t i = 0; i < n_acts; i++) {
        assert_int_equal(e2e_made_by(RUN("manager", "show", "citizen", act[i].citizen), act[i].id), 1);
        assert_int_equal(e2e_done_events(RUN("manager", "events", act[i].citizen), act[i].id), 1);
    }
    assert_int_equal(RUN("manager", "queue", "list", "--waiting")->n, 0);
    n_acts = 0;
}

static void known(struct e2e_person *p, const char *name) {
    e2e_citizen(p, 40, name, "");
    assert_exit(RUN_IN("manager", p->pid, "lookup"), 0);
    assert_exit(RUN("manager", "show", "citizen", p->id), 0);
}

static void skip_without_hosts(void) {
    if (refused_by_machine != 0) {
        print_message("SKIPPED: two hosts on this machine: network namespaces or TUN devices are not to be had here (%s)\n", strerror(refused_by_machine));
        skip();
    }
}

static void r1_14_lost_doubled_late_packets(void **state) {
    (void)state;
    struct e2e_person p[4];
    skip_without_hosts();
    for (int i = 0; i < 4; i++) {
        known(&p[i], "Viola Lind");
    }
    long before = wire->lost;
    for (int i = 0; i < 4; i++) {
        quality(50 * i, 30, 10 * i, 40);
        lock_and_seal(&p[i], false);
    }
    quality(100, 30, 20, 40);
    int syncs = sync_all();
    assert_true(wire->lost > before && wire->doubled > 0);
    print_message("packets: %ld carried, %ld lost, %ld doubled; %d times sync\n", wire->carried, wire->lost, wire->doubled, syncs);
    each_once();
}

/* Pulled out for the decisions; put back; pulled out again at some moment of the sending. */
static void r6_2_pulled_out_in_the_middle(void **state) {
    (void)state;
    struct e2e_person p[2];
    uint64_t seed = 7;
    skip_without_hosts();
    for (int i = 0; i < 2; i++) {
        known(&p[i], "Vera Ström");
    }
    wire->cut = true;
    for (int i = 0; i < 2; i++) {
        lock_and_seal(&p[i], true);
    }
    for (int i = 0; i < 4; i++) {
        wire->cut = false;
        quality(20, 10, 15, 10);
        struct e2e_proc c = e2e_sigill_start("manager", (const char *const[]){"sync", NULL});
        struct e2e_out o;
        (void)e2e_ends_within(&c, (int)(e2e_random(&seed) % 400) * test_patience());
        wire->cut = true;
        e2e_finish(&c, NULL, &o);
        if (o.status != 0 && o.status != 75 && o.status != 69) {     /* 69: all had been sent, and then the wire was out */
            print_error("exit %d: %s%s\n", o.status, o.out, o.err);
        }
        bool ended_well = o.status == 0 || o.status == 75 || o.status == 69;
        e2e_out_free(&o);
        assert_true(ended_well);
    }
    wire->cut = false;
    (void)sync_all();
    each_once();
}

static int open_world(void **state) {
    if (!wire_up()) {
        refused_by_machine = errno != 0 ? errno : ENOSYS;
        return 0;
    }
    e2e_host = WIRE_SERVICE;
    static char short_waits[64];
    sg_format(short_waits, sizeof short_waits, "connect_seconds = %d\nanswer_seconds = %d\n", test_patience(), 5 * test_patience());
    e2e_more_client = short_waits;
    wire_host(WIRE_AT_SERVICE);
    int rc = e2e_open(state);
    wire_host(WIRE_AT_CLIENT);
    return rc;
}

static int close_world(void **state) { return refused_by_machine != 0 ? 0 : e2e_close(state); }

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(r1_14_lost_doubled_late_packets), cmocka_unit_test(r6_2_pulled_out_in_the_middle)};
    return cmocka_run_group_tests(tests, open_world, close_world);
}
