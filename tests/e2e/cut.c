/* The connection cut after byte k of an action's exchange, for every k of both directions (TLS records included): always exactly one
 * effect, and the row ends as done (R1.2, R1.6). The client's engine runs in this process over one store, so that a cut costs neither
 * a process nor a key derivation; service, transport and TLS are the real ones. CUT_STRIDE=n takes every nth byte; without it the
 * finest stride that fits into CUT_SECONDS (60) is chosen from what the first cuts cost. */
#include "tests/e2e/lib.h"
#include "tests/e2e/proxy.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/str.h"
#include "sync/runner.h"
#include "tests/patience.h"

enum { PER_CITIZEN = 100, WAIT_MS = 20000, CITIZENS_MAX = 100, ACTS_MAX = 20000 };

static struct proxy *proxy;
static struct sg_inline *engine;
static struct e2e_person person[CITIZENS_MAX];
static struct { char id[SG_UUID_MAX]; int person; } act[ACTS_MAX];
static int acts, people;

static void keep(void *ctx, struct sg_tell *t) {
    struct sg_tell **last = ctx;
    if (*last != NULL) {
        sg_tell_free(*last);
    }
    *last = t;
}

/* The final tell; the caller frees it. */
static struct sg_tell *ask(struct sg_ask *a) {
    struct sg_tell *t = NULL;
    enum sg_err err = sg_inline_ask(engine, a, WAIT_MS * test_patience(), keep, &t);
    if (err != SG_E_OK || t == NULL) {
        fail_msg("no final answer to ask %d within %d ms (%s)", (int)a->kind, WAIT_MS, sg_err_name(err));
    }
    return t;
}

static void ask_citizen(const char *id) {
    struct sg_ask a = {.kind = SG_ASK_CITIZEN};
    SG_COPY(a.key, id);
    struct sg_tell *t = ask(&a);
    assert_int_equal(t->kind, SG_TELL_CITIZEN);
    assert_false(t->from_cache);
    sg_tell_free(t);
}

/* Until the service answers again. A machine that stands still for seconds looks like a service that is away, and then sync says so;
 * online and yet not drained is never right, and is found by who looks at the row. */
static void sync_now(void) {
    for (int i = 0; i < 5; i++) {
        struct sg_ask a = {.kind = SG_ASK_SYNC};
        struct sg_tell *t = ask(&a);
        bool online = t->status.link == SG_LINK_ONLINE;
        if (!online) {
            print_message("sync: not online (%d): %s\n", (int)t->status.link, t->status.link_detail);
        }
        sg_tell_free(t);
        if (online) {
            return;
        }
    }
}

/* One seal of a period of its own: no two are the same restriction. */
static struct sg_action *seal(const char *citizen, int n) {
    struct sg_error e = {0};
    char day[11];
    struct sg_action *a = malloc(sizeof *a);
    assert_non_null(a);
    sg_action_init(a, SG_ACT_RECORD_SEAL, citizen);
    sg_date_format(day, sg_date_add((struct sg_date){1980, 1, 1}, 0, 0, n));
    assert_int_equal(sg_part_set(&a->part[0], "scope", "period", &e), SG_E_OK);
    assert_int_equal(sg_part_set(&a->part[0], "from", day, &e), SG_E_OK);
    assert_int_equal(sg_part_set(&a->part[0], "to", day, &e), SG_E_OK);
    SG_COPY(a->reason, "cut");
    return a;
}

/* A citizen has so many restrictions at most: a new one in time, read once so that the engine knows it. */
static void next_citizen(void) {
    if (acts % PER_CITIZEN == 0) {
        assert_true(people < CITIZENS_MAX);
        e2e_citizen(&person[people++], 40, "Disa Dahl", "");
        ask_citizen(person[people - 1].id);
    }
    assert_true(acts < ACTS_MAX);
}

/* A seal through the proxy, armed; notes its id. */
static enum sg_qstate act_once(enum proxy_way way, long cut_at) {
    next_citizen();
    struct sg_ask a = {.kind = SG_ASK_ACT, .action = seal(person[people - 1].id, acts)};
    proxy_arm(proxy, way, cut_at);
    struct sg_tell *t = ask(&a);
    if (t->kind != SG_TELL_ACTION || t->row == NULL) {
        fail_msg("cut at %ld: the action was not taken into the queue", cut_at);
    }
    enum sg_qstate state = t->row->state;
    SG_COPY(act[acts].id, t->row->action.id);
    act[acts++].person = people - 1;
    sg_tell_free(t);
    return state;
}

static enum sg_qstate state_of(const char *id) {
    struct sg_ask a = {.kind = SG_ASK_QROW};
    SG_COPY(a.key, id);
    struct sg_tell *t = ask(&a);
    assert_non_null(t->row);
    enum sg_qstate state = t->row->state;
    sg_tell_free(t);
    return state;
}

/* False when the exchange was over before byte k. */
static bool one_cut(enum proxy_way way, long k) {
    enum sg_qstate state = act_once(way, k);
    bool cut = proxy_was_cut(proxy) != 0;
    if (!cut && state != SG_Q_DONE) {
        fail_msg("not cut at %ld, and yet %s", k, sg_qstate_name(state));
    }
    proxy_arm(proxy, way, -1);
    sync_now();
    state = state_of(act[acts - 1].id);
    if (state != SG_Q_DONE) {
        fail_msg("cut %s after byte %ld: %s", way == PROXY_UP ? "up" : "down", k, sg_qstate_name(state));
    }
    return cut;
}

static long choose_stride(long bytes) {
    long fixed = e2e_env("CUT_STRIDE", 0), budget = e2e_env("CUT_SECONDS", 60) * 1000;
    if (fixed > 0) {
        return fixed;
    }
    int64_t start = e2e_mono_ms();
    for (long k = 0; k < 20; k++) {
        (void)one_cut(k % 2 == 0 ? PROXY_UP : PROXY_DOWN, 30 + k * 13);
    }
    long each = (long)(e2e_mono_ms() - start) / 20 + 1, fit = budget / each;
    return fit >= bytes ? 1 : bytes / (fit > 0 ? fit : 1) + 1;
}

/* Every citizen of the test as the service has it: each action one restriction and one event. */
static void check_effects(void) {
    for (int p = 0; p < people; p++) {
        const struct e2e_out *ev = RUN("manager", "events", person[p].id), *now = RUN("manager", "show", "citizen", person[p].id);
        size_t mine = 0;
        assert_exit(ev, 0);
        assert_exit(now, 0);
        for (int i = 0; i < acts; i++) {
            if (act[i].person == p) {
                assert_int_equal(e2e_done_events(ev, act[i].id), 1);
                assert_int_equal(e2e_made_by(now, act[i].id), 1);
                mine++;
            }
        }
        assert_int_equal(e2e_active(now, "record.seal"), mine);
        assert_int_equal(e2e_count(ev, "kind", "record.seal", "outcome", "done"), mine);
        e2e_forget_results();
    }
}

static void r1_2_cut_after_every_byte(void **state) {
    (void)state;
    assert_int_equal(act_once(PROXY_UP, -1), SG_Q_DONE);                /* signs in, so that the next exchange is the action alone */
    assert_int_equal(act_once(PROXY_UP, -1), SG_Q_DONE);
    long up = proxy_count(proxy, PROXY_UP), down = proxy_count(proxy, PROXY_DOWN);
    assert_true(up > 500 && down > 500);
    long stride = choose_stride(up + down), cuts[2] = {0, 0};
    for (int way = 0; way < 2; way++) {
        for (long k = 0; k < (way == 0 ? up : down) + 64 && one_cut((enum proxy_way)way, k); k += stride) {
            cuts[way]++;
        }
    }
    check_effects();
    printf("exchange of %ld bytes up and %ld down cut after every %ld. byte: %ld + %ld cuts, %d actions, each in effect once\n", up, down, stride,
           cuts[0], cuts[1], acts);
    assert_true(cuts[0] * stride >= up - 64 - stride && cuts[1] * stride >= down - 64 - stride);
}

static int open_all(void **state) {
    static struct sg_secret pass;
    static char url[64], ca[E2E_PATH], cert[E2E_PATH], key[E2E_PATH], dir[E2E_PATH], file[E2E_PATH];
    struct sg_error e = {0};
    int port = 0;
    (void)e2e_open(state);
    proxy = proxy_new(e2e_server_port, &port);
    assert_non_null(proxy);
    e2e_path(file, "passphrase");
    e2e_path(dir, "engine");
    e2e_pki_path(ca, "ca.pem");
    e2e_pki_path(cert, "manager.pem");
    e2e_pki_path(key, "manager.key");
    sg_format(url, sizeof url, "https://127.0.0.1:%d", port);
    assert_int_equal(sg_secret_read_file(&pass, file, &e), SG_E_OK);
    struct sg_engine_opts o = {.identity = {.url = url, .ca_file = ca, .cert_file = cert, .key_file = key},
                               .clock = sg_clock_system(NULL), .random = sg_random_system(), .client = "sigill/cut"};
    char name[SG_NAME_MAX];
    assert_int_equal(sg_identity_read(cert, o.actor, name, &e), SG_E_OK);
    o.store = (struct sg_store_opts){.dir = dir, .actor = o.actor, .passphrase = &pass, .scrypt_log_n = 14, .clock = o.clock, .random = o.random};
    static struct sg_engine_opts kept;
    kept = o;
    kept.store.actor = kept.actor;
    assert_int_equal(sg_inline_open(&kept, &engine, &e), SG_E_OK);
    sg_secret_free(&pass);
    return 0;
}

static int close_all(void **state) {
    sg_inline_close(engine);
    proxy_free(proxy);
    return e2e_close(state);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(r1_2_cut_after_every_byte)};
    return cmocka_run_group_tests_name("cut", tests, open_all, close_all);
}
