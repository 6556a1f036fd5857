/* Processes killed at random moments (R1.2, R1.12, R4.14): clients in the middle of `do` and of `sync`, the service under them, with
 * the service up and down in turn. Afterwards every act that was announced — its id printed, or found in the queue — is in effect
 * exactly once with exactly one event, and nothing is in effect that the queue does not know. KILLS is the number of runs (200). The
 * moment is drawn from what an undisturbed run takes on this machine, so that every phase is hit. */
#include "tests/e2e/lib.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/str.h"

enum { PER_CITIZEN = 40, CITIZENS_MAX = 500, SPREAD = 20 };

static struct e2e_person person[CITIZENS_MAX];
static char (*announced)[SG_UUID_MAX];
static size_t n_announced;
static struct { long clients, servers, finished; } did;
static uint64_t seed = 20261124;

static long below(long n) { return (long)(e2e_random(&seed) % (uint64_t)n); }

/* Each act is one of its own: the first of a citizen locks the login, the others seal a day each. */
static struct e2e_proc start_act(long i) {
    char from[32], to[32], day[11];
    const struct e2e_person *p = &person[i / PER_CITIZEN];
    sg_date_format(day, sg_date_add((struct sg_date){1980, 1, 1}, 0, 0, (int)(i % PER_CITIZEN)));
    sg_format(from, sizeof from, "from=%s", day);
    sg_format(to, sizeof to, "to=%s", day);
    if (i % PER_CITIZEN == 0) {
        return e2e_sigill_start("manager", (const char *const[]){"do", "login.lock", p->id, NULL});
    }
    return e2e_sigill_start("manager", (const char *const[]){"do", "record.seal", p->id, "scope=period", from, to, NULL});
}

/* How long an undisturbed run takes here: the median of three. */
static int usual_ms(const char *const *args) {
    int64_t t[3];
    for (int i = 0; i < 3; i++) {
        int64_t start = e2e_mono_ms();
        assert_exit(e2e_sigill("manager", NULL, args), 0);
        t[i] = e2e_mono_ms() - start;
    }
    int64_t low = t[0] < t[1] ? t[0] : t[1], high = t[0] < t[1] ? t[1] : t[0];
    return (int)(t[2] < low ? low : t[2] > high ? high : t[2]);
}

/* Half of the moments lie anywhere, half in the second part, where things are written and sent. */
static int moment(int ms) { return (int)(below(2) == 0 ? below(ms + 1) : ms / 2 + below(ms / 2 + 1)); }

/* Kills the client within ms, and before that, one time in four, the service as well. */
static void kill_within(struct e2e_proc *c, int ms, struct e2e_out *o) {
    int at = moment(ms);
    if (e2e_server_running() && below(4) == 0) {
        int first = moment(at);
        (void)e2e_ends_within(c, first);
        e2e_server_kill();
        did.servers++;
        at -= first;
    }
    if (!e2e_ends_within(c, at)) {
        kill(c->pid, SIGKILL);
    }
    e2e_finish(c, NULL, o);
    did.clients += o->status == -SIGKILL;
    did.finished += o->status != -SIGKILL;
}

static void note(const struct e2e_out *o) {
    for (size_t i = 0; i < o->n; i++) {
        if (e2e_str(o->line[i], "actionId")[0] != '\0') {
            SG_COPY(announced[n_announced], e2e_str(o->line[i], "actionId"));
            n_announced++;
            return;
        }
    }
}

static void change_service(void) {
    if (!e2e_server_running()) {
        if (below(3) != 0) {
            e2e_server_start();
        }
    } else if (below(5) == 0) {
        e2e_server_stop();
    }
}

static void storm(long kills, int ms) {
    for (long i = 0; i < kills; i++) {
        struct e2e_out o;
        struct e2e_proc c = start_act(i);
        kill_within(&c, ms, &o);
        note(&o);
        e2e_out_free(&o);
        change_service();
        if (below(3) == 0) {
            c = e2e_sigill_start("manager", (const char *const[]){"sync", NULL});
            kill_within(&c, ms * 2, &o);
            e2e_out_free(&o);
        }
    }
}

/* One citizen: every row of the queue done, once, and nothing beside them. Returns the rows. */
static size_t check_citizen(const struct e2e_out *queue, const struct e2e_person *p) {
    const struct e2e_out *ev = RUN("manager", "events", p->id), *now = RUN("manager", "show", "citizen", p->id);
    size_t mine = 0;
    assert_exit(ev, 0);
    assert_exit(now, 0);
    for (size_t i = 0; i < queue->n; i++) {
        const char *id = e2e_str(queue->line[i], "actionId");
        if (!sg_eq(e2e_str(queue->line[i], "subject"), p->id)) {
            continue;
        }
        if (!sg_eq(e2e_str(queue->line[i], "state"), "done")) {
            fail_msg("%s is %s: %s", id, e2e_str(queue->line[i], "state"), e2e_str(queue->line[i], "text"));
        }
        assert_int_equal(e2e_done_events(ev, id), 1);
        assert_int_equal(e2e_made_by(now, id), 1);
        mine++;
    }
    assert_int_equal(e2e_count(ev, "kind", "record.seal", "outcome", "done") + e2e_count(ev, "kind", "login.lock", "outcome", "done"), mine);
    assert_int_equal(e2e_active(now, "record.seal") + e2e_active(now, "login.lock"), mine);
    return mine;
}

static void r1_12_kills_lose_and_double_nothing(void **state) {
    (void)state;
    long kills = e2e_env("KILLS", 200);
    int citizens = (int)((kills + PER_CITIZEN - 1) / PER_CITIZEN);
    assert_true(kills > 0 && citizens <= CITIZENS_MAX);
    announced = calloc((size_t)kills, sizeof *announced);
    assert_non_null(announced);
    for (int i = 0; i < citizens; i++) {
        e2e_citizen(&person[i], 40, "Mira Dahl", "");
    }
    int ms = usual_ms((const char *const[]){"show", "citizen", person[0].id, NULL}) * 3 / 2 + 10;
    e2e_forget_results();
    storm(kills, ms);
    if (!e2e_server_running()) {
        e2e_server_start();
    }
    /* A machine that stands still for seconds looks like a service that is away: then once more. What is stuck stays stuck. */
    const struct e2e_out *drained = RUN("manager", "sync");
    for (int i = 0; i < 5 && drained->status == 75; i++) {
        drained = RUN("manager", "sync");
    }
    assert_exit(drained, 0);
    struct e2e_proc c = e2e_sigill_start("manager", (const char *const[]){"queue", "list", NULL});
    struct e2e_out queue;
    e2e_finish(&c, NULL, &queue);
    assert_exit(&queue, 0);
    for (size_t i = 0; i < n_announced; i++) {
        if (e2e_find(&queue, "actionId", announced[i], NULL, NULL) == NULL) {
            fail_msg("%s was announced and is lost", announced[i]);
        }
    }
    size_t done = 0;
    for (int i = 0; i < citizens; i++) {
        done += check_citizen(&queue, &person[i]);
        e2e_forget_results();
    }
    printf("%ld acts begun, killed within %d ms: %ld clients and %ld services killed, %ld runs ended before; %zu acts announced, %zu in the queue, "
           "all in effect once\n", kills, ms, did.clients, did.servers, did.finished, n_announced, done);
    assert_int_equal(done, queue.n);
    assert_true(done >= n_announced);
    assert_true(kills < SPREAD || (did.clients > 0 && done > 0 && (long)n_announced < kills));    /* every phase was met */
    e2e_out_free(&queue);
    free(announced);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(r1_12_kills_lose_and_double_nothing)};
    return cmocka_run_group_tests_name("kill", tests, e2e_open, e2e_close);
}
