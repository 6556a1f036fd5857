/* A thousand clients that come back at once (R6.2): each with a connection, a TLS handshake, a session and a device of its own, in the real
 * format of the wire. The service has been away; all of them have noticed and look again within two seconds and the jitter of the
 * client's own probes (src/sync/link.c, inside.h). Each signs in, reads what changed since the last it knew, and sends three queued acts.
 * Prints how long the service took to answer (request sent until first byte of the answer, 99 of 100) and until all were drained; the
 * thousand handshakes are paid by the same processors. HERD is the number of clients; HERD_VERDICT=1 makes the limits a verdict. */
#include "tests/fault/fault.h"
#include <curl/curl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>
#include "base/str.h"
#include "wire/wire.h"

enum { ACTS = 3, STEPS = 2 + ACTS, PATIENCE_MS = 300000, PROBE_MS = 2000, JITTER_MS = 2400, AGAIN_MS = 3200, P99_MS = 200, DRAINED_MS = 60000 };
struct client {
    CURLM *multi; CURL *easy; struct curl_slist *headers;
    struct sg_buf body; struct sg_buf reply;
    int step, tries; double due, timer; bool busy;      /* due: ms after the start; timer: curl's, -1 none */
    char device[SG_UUID_MAX], token[80], id[ACTS][SG_UUID_MAX];
    struct sg_action act[ACTS];
    const char *cert;
};
static struct client *herd;
static int64_t before;                              /* the last revision that all had seen */
static int poll_fd;
static long n, done, failed, refused;
static double *latency; static size_t n_latency;
static double connect_worst, started;
static char pem[2][E2E_PATH], key[2][E2E_PATH], ca[E2E_PATH];
static struct sg_clock clock_now;
static struct sg_random chance;

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static size_t keep(char *p, size_t one, size_t k, void *ctx)
{
    return sg_buf_add(ctx, p, one * k) == SG_E_OK ? one * k : 0;
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *ctx, void *known);
static int on_timer(CURLM *m, long ms, void *ctx);

static void make(struct client *c, long i)
{
    struct sg_error e = {0};
    c->cert = pem[i % 2];
    sg_uuid7(c->device, &clock_now, &chance);
    for (int k = 0; k < ACTS; k++) {
        char day[11];
        struct sg_action *a = &c->act[k];
        sg_action_init(a, SG_ACT_RECORD_SEAL, desk_citizen(day));
        assert_int_equal(sg_part_set(&a->part[0], "scope", "period", &e), SG_E_OK);
        assert_int_equal(sg_part_set(&a->part[0], "from", day, &e), SG_E_OK);
        assert_int_equal(sg_part_set(&a->part[0], "to", day, &e), SG_E_OK);
        sg_uuid7(a->id, &clock_now, &chance);
        SG_COPY(a->device, c->device);
        a->seq = k + 1;
        a->performed_at = sg_wall(&clock_now);
        a->offline = true;
    }
    sg_buf_init(&c->body, 65536);
    sg_buf_init(&c->reply, 1 << 20);
    c->multi = curl_multi_init();
    c->easy = curl_easy_init();
    assert_true(c->multi && c->easy);
    c->timer = -1;
    curl_multi_setopt(c->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(c->multi, CURLMOPT_SOCKETDATA, c);
    curl_multi_setopt(c->multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(c->multi, CURLMOPT_TIMERDATA, c);
    c->due = (double)sg_random_below(&chance, PROBE_MS + JITTER_MS);
}

static int64_t revision_now(void)
{
    char path[E2E_PATH];
    sqlite3 *db = NULL;
    sqlite3_stmt *st = NULL;
    e2e_path(path, "sigill.db");
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, "SELECT coalesce(max(revision), 0) FROM change", -1, &st, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(st), SQLITE_ROW);
    int64_t n_changes = sqlite3_column_int64(st, 0);
    sqlite3_finalize(st);
    sqlite3_close(db);
    return n_changes;
}

static void begin(struct client *c)
{
    char url[400], auth[120];
    CURL *e = c->easy;
    const char *method = c->step == 0 ? "POST" : c->step == 1 ? "GET" : "PUT";
    curl_easy_reset(e);
    curl_slist_free_all(c->headers);
    c->headers = curl_slist_append(NULL, "Content-Type: application/json");
    sg_buf_reset(&c->body);
    sg_buf_reset(&c->reply);
    if (c->step == 0) {
        (void)sg_buf_addf(&c->body, "{\"device\":\"%s\",\"client\":\"herd\"}", c->device);
        sg_format(url, sizeof url, "https://127.0.0.1:%d" SG_API_BASE "/sessions", e2e_server_port);
    } else {
        sg_format(auth, sizeof auth, "Authorization: Bearer %s", c->token);
        c->headers = curl_slist_append(c->headers, auth);
        if (c->step == 1) {
            sg_format(url, sizeof url, "https://127.0.0.1:%d" SG_API_BASE "/changes?since=%lld&wait=0", e2e_server_port, (long long)before);
        } else {
            c->headers = curl_slist_append(c->headers, "If-Match: *");
            assert_int_equal(sg_wire_print(sg_wire_action(&c->act[c->step - 2], false), &c->body), SG_E_OK);
            sg_format(url, sizeof url, "https://127.0.0.1:%d" SG_API_BASE "/actions/%s", e2e_server_port, c->act[c->step - 2].id);
        }
    }
    curl_easy_setopt(e, CURLOPT_URL, url);
    curl_easy_setopt(e, CURLOPT_CAINFO, ca);
    curl_easy_setopt(e, CURLOPT_SSLCERT, c->cert);
    curl_easy_setopt(e, CURLOPT_SSLKEY, c->cert == pem[0] ? key[0] : key[1]);
    curl_easy_setopt(e, CURLOPT_HTTPHEADER, c->headers);
    curl_easy_setopt(e, CURLOPT_CUSTOMREQUEST, method);
    curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
    if (c->step != 1) {
        curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE, (long)c->body.len);
        curl_easy_setopt(e, CURLOPT_POSTFIELDS, c->body.data);
    }
    curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, keep);
    curl_easy_setopt(e, CURLOPT_WRITEDATA, &c->reply);
    assert_int_equal(curl_multi_add_handle(c->multi, e), CURLM_OK);
    c->busy = true;
}

static void ended(struct client *c, CURLcode rc)
{
    long status = 0;
    curl_off_t sent = 0, first = 0, tls = 0;
    curl_multi_remove_handle(c->multi, c->easy);
    c->busy = false;
    curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &status);
    if (rc != CURLE_OK || status == 503) {                   /* as the client does: again, after a while */
        failed++;
        c->tries++;
        c->due = now_ms() - started + PROBE_MS + (double)sg_random_below(&chance, AGAIN_MS);
        return;
    }
    curl_easy_getinfo(c->easy, CURLINFO_PRETRANSFER_TIME_T, &sent);
    curl_easy_getinfo(c->easy, CURLINFO_STARTTRANSFER_TIME_T, &first);
    curl_easy_getinfo(c->easy, CURLINFO_APPCONNECT_TIME_T, &tls);
    if ((double)tls / 1e3 > connect_worst) connect_worst = (double)tls / 1e3;
    latency[n_latency++] = (double)(first - sent) / 1e3;
    const char *at = c->step == 0 && c->reply.data ? strstr(c->reply.data, "\"token\":\"") : NULL;
    if (at) sg_copyn(c->token, sizeof c->token, at + 9, strcspn(at + 9, "\""));
    if (status != 200 && refused++ == 0) print_error("%s: status %ld %.*s\n", c->step == 0 ? "session" : c->step == 1 ? "changes" : "act", status, 300, c->reply.data);
    if (++c->step == STEPS) done++;
}

/* Seconds of the processors that this process, and the service, have had. */
static void cpu(double *own, double *service)
{
    struct rusage u;
    char path[64], line[1024] = "";
    unsigned long user = 0, sys = 0;
    getrusage(RUSAGE_SELF, &u);
    *own = (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
    sg_format(path, sizeof path, "/proc/%d/stat", (int)e2e_server_pid());
    FILE *f = fopen(path, "r");
    if (f && fgets(line, sizeof line, f) && strrchr(line, ')'))
        (void)sscanf(strrchr(line, ')') + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &sys);
    if (f) (void)fclose(f);
    *service = (double)(user + sys) / (double)sysconf(_SC_CLK_TCK);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* ---- one epoll for the sockets of all: what happens to one client costs nothing for the others, so that the service has the processors ---- */

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *ctx, void *known)
{
    struct client *c = ctx;
    struct epoll_event ev = {.events = (what & CURL_POLL_IN ? EPOLLIN : 0u) | (what & CURL_POLL_OUT ? EPOLLOUT : 0u),
                             .data.u64 = (uint64_t)(c - herd) << 32 | (uint32_t)fd};
    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        (void)epoll_ctl(poll_fd, EPOLL_CTL_DEL, fd, NULL);
    } else {
        assert_int_equal(epoll_ctl(poll_fd, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &ev), 0);
        curl_multi_assign(c->multi, fd, c);
    }
    return 0;
}

static int on_timer(CURLM *m, long ms, void *ctx)
{
    struct client *c = ctx;
    (void)m;
    c->timer = ms < 0 ? -1 : now_ms() + (double)ms;
    return 0;
}

static void act(struct client *c, curl_socket_t fd, int mask)
{
    int running = 0, left = 0;
    curl_multi_socket_action(c->multi, fd, mask, &running);
    CURLMsg *m = curl_multi_info_read(c->multi, &left);
    if (m && m->msg == CURLMSG_DONE) ended(c, m->data.result);
    if (!c->busy && c->step < STEPS && now_ms() - started >= c->due) begin(c);
}

static void due_ones(double t)
{
    for (long i = 0; i < n; i++) {
        struct client *c = &herd[i];
        if (!c->busy && c->step < STEPS && t - started >= c->due) begin(c);
        if (c->timer >= 0 && c->timer <= t) {
            c->timer = -1;
            act(c, CURL_SOCKET_TIMEOUT, 0);
        }
    }
}

static void run_all(void)
{
    struct epoll_event ev[256];
    started = now_ms();
    while (done < n) {
        double t = now_ms();
        if (t - started > PATIENCE_MS) fail_msg("%ld of %ld clients drained in %d s", done, n, PATIENCE_MS / 1000);
        due_ones(t);
        int got = epoll_wait(poll_fd, ev, 256, 1);
        for (int i = 0; i < got; i++) {
            int mask = (ev[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR) ? CURL_CSELECT_IN : 0) | (ev[i].events & EPOLLOUT ? CURL_CSELECT_OUT : 0);
            act(&herd[ev[i].data.u64 >> 32], (curl_socket_t)(uint32_t)ev[i].data.u64, mask);
        }
    }
}

static void r6_2_a_thousand_clients_return_at_once(void **state)
{
    (void)state;
    n = e2e_env("HERD", 1000);
    herd = calloc((size_t)n, sizeof *herd);
    latency = calloc((size_t)n * STEPS * 4, sizeof *latency);
    assert_true(herd && latency);
    poll_fd = epoll_create1(EPOLL_CLOEXEC);
    assert_true(poll_fd >= 0);
    for (long i = 0; i < n; i++) make(&herd[i], i);
    double own = 0, service = 0, own_end = 0, service_end = 0;
    cpu(&own, &service);
    before = revision_now();
    run_all();
    double t = now_ms() - started;
    cpu(&own_end, &service_end);
    qsort(latency, n_latency, sizeof *latency, by_value);
    double p50 = latency[n_latency / 2], p99 = latency[n_latency * 99 / 100];
    printf("%ld clients at once: %zu answers, p50 %.1f ms, p99 %.1f ms (limit %d); slowest handshake %.0f ms; %ld tries failed; all drained after %.1f s "
           "(limit %d)\n", n, n_latency, p50, p99, P99_MS, connect_worst, failed, t / 1e3, DRAINED_MS / 1000);
    printf("processor time: the service %.1f s, the clients %.1f s\n", service_end - service, own_end - own);
    long acts = 0;
    for (long i = 0; i < n; i++) acts += desk_acts_of(herd[i].device);
    assert_int_equal(acts, n * ACTS);
    assert_int_equal(refused, 0);
    if (e2e_env("HERD_VERDICT", 0)) assert_true(p99 <= P99_MS && t <= DRAINED_MS);
    for (long i = 0; i < n; i++) {
        curl_easy_cleanup(herd[i].easy);
        curl_multi_cleanup(herd[i].multi);
        curl_slist_free_all(herd[i].headers);
        sg_buf_free(&herd[i].body);
        sg_buf_free(&herd[i].reply);
    }
    free(herd);
    free(latency);
}

static int open_all(void **state)
{
    static const char *const who[2] = {"manager", "second"};
    struct rlimit files = {16384, 16384};
    struct sg_buf b;
    struct sg_error e = {0};
    char path[E2E_PATH], name[E2E_PATH];
    (void)setrlimit(RLIMIT_NOFILE, &files);
    (void)e2e_open(state);
    desk_open();
    clock_now = sg_clock_system(NULL);
    chance = sg_random_system();
    for (int i = 0; i < 2; i++) {
        sg_format(name, sizeof name, "%s.pem", who[i]);
        e2e_pki_path(pem[i], name);
        sg_format(name, sizeof name, "%s.key", who[i]);
        e2e_pki_path(key[i], name);
    }
    e2e_pki_path(ca, "ca.pem");
    e2e_server_stop();                                       /* a thousand from one address: here only */
    e2e_path(path, "sigilld.conf");
    sg_buf_init(&b, 65536);
    assert_int_equal(sg_buf_read_file(&b, path, &e), SG_E_OK);
    (void)sg_buf_addz(&b, "\n[limits]\nconnections-per-ip = 4000\nconnections = 4000\n[log]\nlevel = warn\n");
    e2e_write("sigilld.conf", b.data);
    sg_buf_free(&b);
    e2e_server_start();
    return 0;
}

static int close_all(void **state)
{
    desk_close();
    return e2e_close(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(r6_2_a_thousand_clients_return_at_once)};
    setvbuf(stdout, NULL, _IOLBF, 0);
    return cmocka_run_group_tests_name("herd", tests, open_all, close_all);
}
