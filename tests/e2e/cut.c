/* The connection cut after byte k of an action's exchange, for every kind of action and every k of both directions (TLS records included):
 * always exactly one effect and one event, and the row ends as done (R1.2, R1.6, R1.14). The client's engine runs in this process over one
 * store, so that a cut costs neither a process nor a key derivation; service, transport and TLS are the real ones. Each kind has
 * CUT_SECONDS / kinds (40) of time and cuts at equal distances from a start drawn with CUT_SEED (printed); CUT_STRIDE=n takes every nth
 * byte, CUT_SIZES=2 also an act with every text filled in. */
#include "tests/e2e/lib.h"
#include "tests/e2e/proxy.h"
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/str.h"
#include "sync/runner.h"
#include "tests/patience.h"

enum { PER_CITIZEN = 80, WAIT_MS = 20000, FIRST_CUTS = 6, PARTS = 2 };

static struct proxy *proxy;
static struct sg_inline *engine;
static uint64_t seed;
static long acts, acts_of[SG_ACT_COUNT], days;  /* acts decided, and of each kind; a day of its own for each seal */
static char event[SG_UUID_MAX];                 /* somebody else's, to be reviewed */
/* Whom acts of a kind are about, and how many there have been. */
static struct { char citizen[SG_ID_MAX], guardian[SG_ID_MAX]; int acts; } subject[SG_ACT_COUNT];

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

/* ---- whom, and what ---- */

/* Read once, so that the engine knows them; a citizen has so many restrictions at most. */
static void new_subject(enum sg_action_kind k) {
    struct e2e_family f;
    struct e2e_person p;
    if (k == SG_ACT_GUARDIAN_BLOCK || k == SG_ACT_MINOR_GRANT) {
        e2e_make_family(&f, k == SG_ACT_MINOR_GRANT ? 14 : 8, "");
        SG_COPY(subject[k].citizen, f.child.id);
        SG_COPY(subject[k].guardian, f.guardian[0].id);
    } else {
        e2e_citizen(&p, 40, "Disa Dahl", "");
        SG_COPY(subject[k].citizen, p.id);
    }
    subject[k].acts = 0;
    ask_citizen(subject[k].citizen);
}

static void put(struct sg_part *p, const char *name, const char *value) {
    struct sg_error e = {0};
    assert_int_equal(sg_part_set(p, name, value, &e), SG_E_OK);
}

/* No two are the same restriction. */
static void period(struct sg_part *p) {
    char day[11];
    sg_date_format(day, sg_date_add((struct sg_date){1920, 1, 1}, 0, 0, (int)(days++ % 36000)));
    put(p, "scope", "period");
    put(p, "from", day);
    put(p, "to", day);
}

/* The kind whose restriction k ends; k itself when it ends none. */
static enum sg_action_kind ended_by(enum sg_action_kind k) {
    const struct sg_action_def *d = sg_action_def(k);
    if (d->n_fields == 0 || d->fields[0].type != SG_FT_RESTRICTION) {
        return k;
    }
    return k == SG_ACT_RESTRICTION_ANNUL ? SG_ACT_RECORD_SEAL : sg_action_kind_named(d->fields[0].choices);
}

static void fill(struct sg_action *a, enum sg_action_kind k, const char *restriction) {
    struct sg_part *p = &a->part[0];
    switch (k) {
    case SG_ACT_LOGIN_LOCK:
        break;
    case SG_ACT_RECORD_SEAL:
        period(p);
        break;
    case SG_ACT_GUARDIAN_BLOCK:
        put(p, "guardian", subject[k].guardian);
        break;
    case SG_ACT_MINOR_GRANT:
        put(p, "grantee", subject[k].guardian);
        put(p, "unit", "SE2321000016-11");
        put(p, "decisionBy", "SE2321000016-1001");
        put(p, "harmAssessed", "yes");
        break;
    case SG_ACT_CITIZEN_PROTECT:
        for (int i = 0; i < PARTS; i++) {
            period(sg_action_add_part(a, SG_ACT_RECORD_SEAL));
        }
        break;
    case SG_ACT_TERMS_ACCEPT:
        put(p, "version", "2026-1");
        break;
    case SG_ACT_LOG_REVIEW:
        put(p, "event", event);
        put(p, "mark", "ok");
        break;
    case SG_ACT_LOGIN_UNLOCK:
    case SG_ACT_RECORD_UNSEAL:
    case SG_ACT_GUARDIAN_UNBLOCK:
    case SG_ACT_MINOR_WITHDRAW:
    case SG_ACT_RESTRICTION_ANNUL:
        put(p, "restriction", restriction);
        break;
    default:
        fail_msg("%s is a kind this test does not know how to make", sg_action_def(k)->name);
    }
}

static struct sg_action *make(enum sg_action_kind k, const char *restriction, bool large) {
    enum sg_action_kind whose = ended_by(k);
    struct sg_action *a = calloc(1, sizeof *a);
    struct sg_error e = {0};
    assert_non_null(a);
    if (sg_action_about_citizen(k) && (!subject[whose].citizen[0] || (subject[whose].acts++ >= PER_CITIZEN && !restriction[0]))) {
        new_subject(whose);
    }
    sg_action_init(a, k, sg_action_about_citizen(k) ? subject[whose].citizen : "me");
    fill(a, k, restriction);
    SG_COPY(a->reason, "cut");
    if (large) {
        memset(a->reason, 'r', 400);
        for (size_t i = 0; i < 2; i++) {        /* kinds without the common fields have none to fill */
            (void)!sg_part_set(&a->part[0], i ? "requester" : "reference", "somebody whose name is as long as the field allows it to be", &e);
        }
    }
    return a;
}

/* ---- acts ---- */

static struct sg_tell *row_of(const char *id) {
    struct sg_ask a = {.kind = SG_ASK_QROW};
    SG_COPY(a.key, id);
    struct sg_tell *t = ask(&a);
    assert_non_null(t->row);
    return t;
}

/* An act through the proxy, armed; id: its own. False when it was not said to be done. */
static bool act(enum sg_action_kind k, const char *restriction, bool large, enum proxy_way way, long cut_at, char id[SG_UUID_MAX]) {
    struct sg_ask a = {.kind = SG_ASK_ACT, .action = make(k, restriction, large)};
    proxy_arm(proxy, way, cut_at);
    struct sg_tell *t = ask(&a);
    if (t->kind != SG_TELL_ACTION || t->row == NULL) {
        fail_msg("%s, cut at %ld: the action was not taken into the queue (%s)", sg_action_def(k)->name, cut_at, sg_err_name(t->err));
    }
    bool done = t->row->state == SG_Q_DONE;
    sg_copy(id, SG_UUID_MAX, t->row->action.id);
    acts++;
    acts_of[k]++;
    sg_tell_free(t);
    return done;
}

/* The first restriction this act made. */
static void restriction_of(const char *id, char dst[SG_VALUE_MAX]) {
    struct sg_tell *t = row_of(id);
    assert_true(t->row->state == SG_Q_DONE && t->row->outcome.n_restrictions > 0);
    sg_copy(dst, SG_VALUE_MAX, t->row->outcome.restriction[0].id);
    sg_tell_free(t);
}

/* What k needs: the restriction it ends, just made. */
static void before(enum sg_action_kind k, char restriction[SG_VALUE_MAX]) {
    char id[SG_UUID_MAX];
    restriction[0] = '\0';
    if (ended_by(k) == k) {
        return;
    }
    assert_true(act(ended_by(k), "", false, PROXY_UP, -1, id));
    restriction_of(id, restriction);
}

/* What stands in the way of the next of the kind is taken away. */
static void after(enum sg_action_kind k, const char *id) {
    char restriction[SG_VALUE_MAX], own[SG_UUID_MAX];
    if (k == SG_ACT_LOGIN_LOCK || k == SG_ACT_GUARDIAN_BLOCK || k == SG_ACT_MINOR_GRANT) {
        restriction_of(id, restriction);
        assert_true(act(sg_action_def(k)->inverse, restriction, false, PROXY_UP, -1, own));
    }
}

/* False when the exchange was over before byte at. */
static bool one_cut(enum sg_action_kind k, bool large, enum proxy_way way, long at) {
    char restriction[SG_VALUE_MAX], id[SG_UUID_MAX];
    before(k, restriction);
    bool done = act(k, restriction, large, way, at, id), cut = proxy_was_cut(proxy) != 0;
    if (!cut && !done) {
        fail_msg("%s not cut at %ld, and yet not done", sg_action_def(k)->name, at);
    }
    proxy_arm(proxy, way, -1);
    sync_now();
    struct sg_tell *t = row_of(id);
    if (t->row->state != SG_Q_DONE) {
        fail_msg("%s cut %s after byte %ld: %s", sg_action_def(k)->name, way == PROXY_UP ? "up" : "down", at, sg_qstate_name(t->row->state));
    }
    sg_tell_free(t);
    after(k, id);
    return cut;
}

/* ---- the service's side ---- */

/* The first value of the first row; text: as text, when it is to be had. The SQL may have ?1 a kind, ?2 made and ?3 ended. */
static long look_up(const char *sql, const char *kind, int made, int ended, char text[SG_UUID_MAX]) {
    char path[E2E_PATH];
    sqlite3 *db = NULL;
    sqlite3_stmt *st = NULL;
    e2e_path(path, "sigill.db");
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    sqlite3_busy_timeout(db, 10000);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &st, NULL), SQLITE_OK);
    if (kind) {
        assert_int_equal(sqlite3_bind_text(st, 1, kind, -1, SQLITE_STATIC), SQLITE_OK);
    }
    if (sqlite3_bind_parameter_count(st) == 3) {
        assert_true(sqlite3_bind_int(st, 2, made) == SQLITE_OK && sqlite3_bind_int(st, 3, ended) == SQLITE_OK);
    }
    assert_int_equal(sqlite3_step(st), SQLITE_ROW);
    long n = (long)sqlite3_column_int64(st, 0);
    if (text) {
        union { const unsigned char *u; const char *c; } t = {.u = sqlite3_column_text(st, 0)};
        sg_copy(text, SG_UUID_MAX, t.c);
    }
    sqlite3_finalize(st);
    sqlite3_close(db);
    return n;
}

#define DONE "FROM event WHERE outcome = 'done' AND action <> '' AND kind NOT LIKE 'action.%'"
#define COUNTED(by) "(SELECT json_extract(CAST(body AS TEXT), '$." by ".actionId') AS act, count(*) AS n FROM restriction GROUP BY act)"
static const char ASTRAY[] = "SELECT count(*) FROM (SELECT action " DONE " AND kind = ?1) LEFT JOIN " COUNTED("registered") " AS m ON m.act = action "
                             "LEFT JOIN " COUNTED("ended") " AS l ON l.act = action WHERE coalesce(m.n, 0) <> ?2 OR coalesce(l.n, 0) <> ?3";

/* Of each kind one event for each act, and no other; and each act has made and ended just as many restrictions as the kind does. */
static void check_effects(void) {
    assert_int_equal(look_up("SELECT count(DISTINCT action) " DONE, NULL, 0, 0, NULL), acts);
    for (int i = 0; i < SG_ACT_COUNT; i++) {
        const enum sg_action_kind k = (enum sg_action_kind)i;
        const char *name = sg_action_def(k)->name;
        int ended = ended_by(k) != k, made = k == SG_ACT_CITIZEN_PROTECT ? PARTS : sg_action_about_citizen(k) && !ended;
        long events = look_up("SELECT count(*) " DONE " AND kind = ?1", name, 0, 0, NULL), astray = look_up(ASTRAY, name, made, ended, NULL);
        if (events != acts_of[k] || astray != 0) {
            fail_msg("%s: %ld acts, %ld events, %ld without just one effect", name, acts_of[k], events, astray);
        }
    }
    assert_int_equal(look_up("SELECT count(*) FROM review", NULL, 0, 0, NULL), acts_of[SG_ACT_LOG_REVIEW]);
}

/* ---- every kind ---- */

/* The distance that fits into the kind's time, from what the first cuts cost. */
static long choose_stride(enum sg_action_kind k, bool large, long bytes) {
    long fixed = e2e_env("CUT_STRIDE", 0), budget = e2e_env("CUT_SECONDS", 40) * 1000 / (SG_ACT_COUNT * e2e_env("CUT_SIZES", 1));
    if (fixed > 0) {
        return fixed;
    }
    int64_t start = e2e_mono_ms();
    for (long i = 0; i < FIRST_CUTS; i++) {
        (void)one_cut(k, large, i % 2 == 0 ? PROXY_UP : PROXY_DOWN, 30 + i * 37);
    }
    int64_t used = e2e_mono_ms() - start;
    long each = (long)used / FIRST_CUTS + 1, fit = (budget - (long)used) / each;
    return fit >= bytes ? 1 : bytes / (fit > 2 ? fit : 2) + 1;
}

static long cut_kind(enum sg_action_kind k, bool large) {
    char restriction[SG_VALUE_MAX], id[SG_UUID_MAX];
    long bytes[2], cuts[2] = {0, 0};
    for (int i = 0; i < 4; i++) {                           /* the shortest: it signs in for one, and reads something by the way for another */
        before(k, restriction);
        sync_now();
        assert_true(act(k, restriction, large, PROXY_UP, -1, id));
        for (int way = 0; way < 2; way++) {
            long n = proxy_count(proxy, (enum proxy_way)way);
            bytes[way] = i == 0 || n < bytes[way] ? n : bytes[way];
        }
        after(k, id);
    }
    assert_true(bytes[0] > 300 && bytes[1] > 300);
    long stride = choose_stride(k, large, bytes[0] + bytes[1]);
    for (int way = 0; way < 2; way++) {
        for (long at = (long)(e2e_random(&seed) % (uint64_t)stride); at < bytes[way] + 64 && one_cut(k, large, (enum proxy_way)way, at); at += stride) {
            cuts[way]++;
        }
        if ((cuts[way] + 1) * stride < bytes[way] - 64 - stride) {
            fail_msg("%s: %ld cuts of every %ld. byte are not all of %ld", sg_action_def(k)->name, cuts[way], stride, bytes[way]);
        }
    }
    printf("%-22s %-5s %5ld bytes up, %5ld down, cut after every %ld. byte: %ld + %ld cuts\n", sg_action_def(k)->name, large ? "large" : "", bytes[0], bytes[1],
           stride, cuts[0], cuts[1]);
    return cuts[0] + cuts[1];
}

static void r1_14_every_kind_cut_after_every_byte(void **state) {
    (void)state;
    long cuts = 0;
    seed = (uint64_t)e2e_env("CUT_SEED", (long)(e2e_mono_ms() % 1000000));
    printf("CUT_SEED=%ld\n", (long)seed);
    struct e2e_person p;
    e2e_citizen(&p, 40, "Siri Dahl", "");
    assert_exit(RUN("second", "show", "citizen", p.id), 0);
    (void)look_up("SELECT id FROM event WHERE actor = 'SE2321000016-1002' AND subject <> '' ORDER BY idx DESC LIMIT 1", NULL, 0, 0, event);
    for (long size = 0; size < e2e_env("CUT_SIZES", 1); size++) {
        for (int k = 0; k < SG_ACT_COUNT; k++) {
            cuts += cut_kind((enum sg_action_kind)k, size > 0);
        }
    }
    check_effects();
    printf("%ld cuts of %d kinds, %ld actions, each in effect once\n", cuts, SG_ACT_COUNT, acts);
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
    const struct CMUnitTest tests[] = {cmocka_unit_test(r1_14_every_kind_cut_after_every_byte)};
    return cmocka_run_group_tests_name("cut", tests, open_all, close_all);
}
