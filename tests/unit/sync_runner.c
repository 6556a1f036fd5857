/* The two ways to run an engine, over the real transport: a service that is not there, and one that never answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include "net_server.h"
#include "base/str.h"
#include "sync/runner.h"

static char dir[64];
static struct server server;
static struct cert ca, own, staff;

static int rm_one(const char *p, const struct stat *st, int flag, struct FTW *w)
{
    (void)st; (void)flag; (void)w;
    return remove(p);
}

static const char *at(const char *name)
{
    static char path[4][160];
    static int n;
    char *p = path[n++ % 4];
    snprintf(p, sizeof path[0], "%s/%s", dir, name);
    return p;
}

static int setup(void **state)
{
    (void)state;
    static const char *const ca_name[] = { "CN", "Test CA", NULL }, *const own_name[] = { "CN", "localhost", NULL };
    static const char *const staff_name[] = { "CN", "Anna Berg", "serialNumber", "SE2321000016-1001", NULL };
    SG_COPY(dir, "/tmp/sigill-runner-XXXXXX");
    assert_non_null(mkdtemp(dir));
    ca = make_cert(ca_name, NULL, NULL);
    own = make_cert(own_name, &ca, "IP:127.0.0.1,DNS:localhost");
    staff = make_cert(staff_name, &ca, NULL);
    save_cert(&ca, at("ca.pem"), NULL);
    save_cert(&staff, at("cert.pem"), at("key.pem"));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    free_cert(&ca);
    free_cert(&own);
    free_cert(&staff);
    return nftw(dir, rm_one, 8, FTW_DEPTH | FTW_PHYS);
}

static struct sg_engine_opts options(int port, const char *store, bool watch)
{
    static uint8_t secret[] = "correct horse";
    static struct sg_secret pass = { secret, sizeof secret - 1, sizeof secret };
    static char url[64], files[4][160];
    snprintf(url, sizeof url, "https://127.0.0.1:%d", port);
    SG_COPY(files[0], at("ca.pem"));
    SG_COPY(files[1], at("cert.pem"));
    SG_COPY(files[2], at("key.pem"));
    SG_COPY(files[3], at(store));
    struct sg_engine_opts o = { .actor = "SE2321000016-1001", .commission = "SE2321000016-K001", .client = "test/1", .watch = watch };
    o.identity = (struct sg_identity){ .url = url, .ca_file = files[0], .cert_file = files[1], .key_file = files[2] };
    o.clock = sg_clock_system(NULL);
    o.random = sg_random_system();
    o.store.dir = files[3];
    o.store.passphrase = &pass;
    o.store.scrypt_log_n = 14;
    return o;
}

/* A port on which nobody listens. */
static int closed_port(void)
{
    struct server s = { 0 };
    server_listen(&s);
    close(s.listener);
    return s.port;
}

static struct sg_ask lock_ask(uint64_t id)
{
    struct sg_ask a = { .id = id, .kind = SG_ASK_ACT };
    a.action = malloc(sizeof *a.action);
    assert_non_null(a.action);
    sg_action_init(a.action, SG_ACT_LOGIN_LOCK, "c-1");
    return a;
}

static struct sg_tell *wait_final(struct sg_runner *r, int fd, uint64_t id)
{
    struct pollfd p = { .fd = fd, .events = POLLIN };
    for (;;) {
        struct sg_tell *t = sg_runner_take(r);
        if (t && t->ask == id && t->final)
            return t;
        sg_tell_free(t);
        if (!t && poll(&p, 1, 20000) != 1)
            fail_msg("no answer from the engine thread");
    }
}

static void threaded_queues_what_cannot_go(void **state)
{
    (void)state;
    struct sg_runner *r;
    struct sg_error e;
    int fd;
    struct sg_engine_opts o = options(closed_port(), "threaded", true);
    assert_int_equal(sg_runner_start(&o, &r, &fd, &e), SG_E_OK);
    struct sg_ask a = lock_ask(7);
    sg_runner_ask(r, &a);
    assert_null(a.action);
    struct sg_tell *t = wait_final(r, fd, 7);
    assert_int_equal(t->kind, SG_TELL_ACTION);
    assert_int_equal(t->row->state, SG_Q_READY);
    assert_true(t->row->action.offline);
    sg_tell_free(t);
    sg_runner_stop(r);
}

static enum sg_qstate seen;
static size_t lines;
static void note(void *ctx, struct sg_tell *t)
{
    (void)ctx;
    if (t->kind == SG_TELL_ACTION)
        seen = t->row->state;
    if (t->kind == SG_TELL_QUEUE)
        lines = t->n_lines;
    sg_tell_free(t);
}

static void inline_finds_it_again(void **state)
{
    (void)state;
    struct sg_inline *r;
    struct sg_error e;
    struct sg_engine_opts o = options(closed_port(), "threaded", false);
    assert_int_equal(sg_inline_open(&o, &r, &e), SG_E_OK);
    struct sg_ask q = { .kind = SG_ASK_QUEUE }, act = lock_ask(0);
    assert_int_equal(sg_inline_ask(r, &q, 10000, note, NULL), SG_E_OK);
    assert_int_equal(lines, 1);                 /* what the thread told durable */
    assert_int_equal(sg_inline_ask(r, &act, 10000, note, NULL), SG_E_OK);
    assert_int_equal(seen, SG_Q_READY);
    sg_inline_close(r);
}

static void time_is_up_when_nobody_answers(void **state)
{
    (void)state;
    struct sg_inline *r;
    struct sg_error e;
    server = (struct server){ .manner = HOLD };
    server_start(&server, &own, &ca, TLS1_3_VERSION);
    struct sg_engine_opts o = options(server.port, "inline", false);
    assert_int_equal(sg_inline_open(&o, &r, &e), SG_E_OK);
    struct sg_ask me = { .kind = SG_ASK_ME };
    int64_t before = sg_mono(&o.clock);
    assert_int_equal(sg_inline_ask(r, &me, 300, note, NULL), SG_E_OFFLINE);
    int64_t took = sg_mono(&o.clock) - before;
    assert_true(took >= 300 && took < 3000);
    sg_inline_close(r);
    server_stop(&server);
}

static void stop_does_not_wait_for_the_service(void **state)
{
    (void)state;
    struct sg_runner *r;
    struct sg_error e;
    int fd;
    server = (struct server){ .manner = HOLD };
    server_start(&server, &own, &ca, TLS1_3_VERSION);
    struct sg_engine_opts o = options(server.port, "stop", true);
    assert_int_equal(sg_runner_start(&o, &r, &fd, &e), SG_E_OK);
    server_wait_request(&server, 1);            /* signing in, and no answer will come */
    struct sg_ask q = { .id = 5, .kind = SG_ASK_QUEUE };
    sg_runner_ask(r, &q);                       /* the store is open and the thread waits for the wire again */
    sg_tell_free(wait_final(r, fd, 5));
    int64_t before = sg_mono(&o.clock);
    sg_runner_stop(r);
    assert_true(sg_mono(&o.clock) - before < 800);
    server_stop(&server);
}

/* Nothing on the wire and no timer: only the wake-up ends the wait, which would otherwise last a day. */
static void stop_wakes_a_quiet_engine(void **state)
{
    (void)state;
    struct sg_runner *r;
    struct sg_error e;
    int fd;
    struct sg_engine_opts o = options(closed_port(), "quiet", false);
    assert_int_equal(sg_runner_start(&o, &r, &fd, &e), SG_E_OK);
    struct sg_ask s = { .id = 9, .kind = SG_ASK_SYNC };
    sg_runner_ask(r, &s);
    sg_tell_free(wait_final(r, fd, 9));
    alarm(20);
    sg_runner_stop(r);
    alarm(0);
}

static void missing_certificate_is_said_at_once(void **state)
{
    (void)state;
    struct sg_runner *r = NULL;
    struct sg_inline *i = NULL;
    struct sg_error e = { 0 };
    int fd;
    struct sg_engine_opts o = options(1, "none", true);
    o.identity.cert_file = "/nonexistent/cert.pem";
    enum sg_err err = sg_runner_start(&o, &r, &fd, &e);
    assert_true(err != SG_E_OK && e.detail[0]);
    assert_null(r);
    assert_int_equal(sg_inline_open(&o, &i, &e), err);
    assert_null(i);
}

static volatile sig_atomic_t got;
static void on_signal(int n) { (void)n; got++; }

/* The engine thread takes no signals: the screen's own wait is what they must interrupt. */
static void signals_reach_only_the_screen(void **state)
{
    (void)state;
    struct sg_runner *r;
    struct sg_error e;
    int fd;
    struct sg_engine_opts o = options(closed_port(), "signals", true);
    struct sigaction sa = { .sa_handler = on_signal };
    sigset_t usr, before;
    sigemptyset(&usr);
    sigaddset(&usr, SIGUSR1);
    assert_int_equal(sigaction(SIGUSR1, &sa, NULL), 0);
    assert_int_equal(sg_runner_start(&o, &r, &fd, &e), SG_E_OK);
    assert_int_equal(pthread_sigmask(SIG_BLOCK, &usr, &before), 0);
    assert_int_equal(kill(getpid(), SIGUSR1), 0);
    struct sg_ask s = { .id = 3, .kind = SG_ASK_SYNC };
    sg_runner_ask(r, &s);
    sg_tell_free(wait_final(r, fd, 3));
    assert_int_equal(got, 0);                   /* pending: no thread would take it */
    assert_int_equal(pthread_sigmask(SIG_SETMASK, &before, NULL), 0);
    assert_int_equal(got, 1);
    sg_runner_stop(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threaded_queues_what_cannot_go), cmocka_unit_test(inline_finds_it_again),
        cmocka_unit_test(time_is_up_when_nobody_answers), cmocka_unit_test(stop_does_not_wait_for_the_service),
        cmocka_unit_test(stop_wakes_a_quiet_engine),
        cmocka_unit_test(missing_certificate_is_said_at_once), cmocka_unit_test(signals_reach_only_the_screen),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests_name("sync_runner", tests, setup, teardown);
}
