/* The transport against a real TLS server on loopback: what is sent, what counts as an answer, and what every kind of failure is
 * called. No sleeps: the tests wait for events, with a deadline against hanging. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <netinet/tcp.h>
#include <signal.h>
#include "base/clock.h"
#include "base/str.h"
#include "net/transport.h"
#include "net_server.h"

enum { DEADLINE_MS = 20000, TIMEOUT_MS = 10000 };
static char dir[] = "/tmp/sigill-net-XXXXXX";
static char ca_file[64], cert_file[64], key_file[64], other_ca_file[64], other_cert_file[64], other_key_file[64];
static struct cert ca, own, wrong_name, staff, other_ca, other_staff;

struct inbox { int n; uint64_t token; struct sg_http_reply reply; struct sg_curl *close_me; };
static void on_reply(void *ctx, uint64_t token, struct sg_http_reply *r)
{
    struct inbox *in = ctx;
    if (in->n++)
        sg_http_reply_free(&in->reply);
    in->token = token;
    in->reply = *r;
    if (in->close_me) {
        struct sg_transport t = sg_curl_transport(in->close_me);
        t.ops->close(t.self);
    }
}

static const char *url_of(int port)
{
    static char url[64];
    sg_format(url, sizeof url, "https://127.0.0.1:%d", port);
    return url;
}

static struct sg_curl *client(int port, struct inbox *in, bool other_cert, bool other_trust)
{
    const struct sg_identity id = { url_of(port), other_trust ? other_ca_file : ca_file, other_cert ? other_cert_file : cert_file,
                                    other_cert ? other_key_file : key_file, 0 };
    struct sg_curl *c = NULL;
    struct sg_error e = { 0 };
    memset(in, 0, sizeof *in);
    if (sg_curl_new(&id, on_reply, in, &c, &e) != SG_E_OK)
        fail_msg("%s: %s", e.where, e.detail);
    return c;
}

static void ask(struct sg_curl *c, uint64_t token, enum sg_method m, const char *path, int timeout_ms)
{
    struct sg_transport t = sg_curl_transport(c);
    struct sg_http_request rq = { .method = m };
    SG_COPY(rq.path, path);
    t.ops->start(t.self, token, &rq, timeout_ms);
}

static void wait_reply(struct sg_curl *c, const struct inbox *in, int n)
{
    struct sg_clock clock = sg_clock_system(NULL);
    int64_t end = sg_mono(&clock) + DEADLINE_MS;
    while (in->n < n && sg_mono(&clock) < end)
        sg_curl_run(c, -1, 1000);
    assert_int_equal(in->n, n);
}

static void finish(struct sg_curl *c, struct inbox *in)
{
    struct sg_transport t = sg_curl_transport(c);
    t.ops->close(t.self);
    sg_http_reply_free(&in->reply);
}

/* One GET against a server of that manner; the reply is in *in, to be freed. */
static void exchange(enum manner manner, const char *answer, struct inbox *in)
{
    struct server s = { .manner = manner, .answer = answer };
    server_start(&s, &own, &ca, TLS1_3_VERSION);
    struct sg_curl *c = client(s.port, in, false, false);
    ask(c, 7, SG_GET, "/me", TIMEOUT_MS);
    assert_int_equal(in->n, 0);
    wait_reply(c, in, 1);
    assert_int_equal(in->token, 7);
    struct sg_transport t = sg_curl_transport(c);
    t.ops->close(t.self);
    server_stop(&s);
}

#define CRLF "\r\n"
static void test_answer(void **state)
{
    struct inbox in;
    int64_t want;
    (void)state;
    exchange(ANSWER, "HTTP/1.1 429 Too Many" CRLF "content-type: application/problem+json; charset=utf-8" CRLF "ETag: \"e-1\"" CRLF
             "Retry-After:  17 " CRLF "Idempotency-Replayed: true" CRLF "Sigill-Time: 2026-11-24T10:00:00.250Z" CRLF "Content-Length: 2" CRLF CRLF "{}", &in);
    assert_int_equal(in.reply.transport, SG_E_OK);
    assert_int_equal(in.reply.status, 429);
    assert_string_equal(in.reply.content_type, "application/problem+json; charset=utf-8");
    assert_string_equal(in.reply.etag, "\"e-1\"");
    assert_int_equal(in.reply.retry_after, 17);
    assert_true(in.reply.replayed);
    assert_true(sg_rfc3339_parse("2026-11-24T10:00:00.250Z", &want));
    assert_int_equal(in.reply.server_time, want);
    assert_string_equal(in.reply.body.data, "{}");
    sg_http_reply_free(&in.reply);
}

/* What an interim answer says does not belong to the final one. */
static void test_interim_answer(void **state)
{
    struct inbox in;
    (void)state;
    exchange(ANSWER, "HTTP/1.1 103 Early Hints" CRLF "ETag: \"early\"" CRLF "Retry-After: 5" CRLF "Idempotency-Replayed: true" CRLF CRLF
             "HTTP/1.1 200 OK" CRLF "Content-Length: 2" CRLF CRLF "[]", &in);
    assert_int_equal(in.reply.status, 200);
    assert_string_equal(in.reply.etag, "");
    assert_int_equal(in.reply.retry_after, -1);
    assert_false(in.reply.replayed);
    sg_http_reply_free(&in.reply);
}

static void test_redirect_is_not_followed(void **state)
{
    struct inbox in;
    (void)state;
    exchange(ANSWER, "HTTP/1.1 302 Found" CRLF "Location: https://127.0.0.1:1/" CRLF "Content-Length: 0" CRLF CRLF, &in);
    assert_int_equal(in.reply.status, 302);
    sg_http_reply_free(&in.reply);
}

static void expect_failure(struct inbox *in, enum sg_err want)
{
    if (in->reply.transport != want)
        fail_msg("%s instead of %s: %s", sg_err_name(in->reply.transport), sg_err_name(want), in->reply.transport_detail);
    assert_int_equal(in->reply.status, 0);
    assert_int_equal(in->reply.body.len, 0);
    assert_string_equal(in->reply.etag, "");
    assert_true(in->reply.transport_detail[0]);
    sg_http_reply_free(&in->reply);
}

static void test_cut_answers(void **state)
{
    static const struct { enum manner manner; const char *said; } rows[] = {
        { CUT, "HTTP/1.1 200 OK" CRLF "ETag: \"e\"" CRLF "Content-Length: 100" CRLF CRLF "{\"half\":" },
        { CUT, "HTTP/1.1 200 OK" CRLF "Transfer-Encoding: chunked" CRLF CRLF "5" CRLF "{\"a\":" CRLF },
        { CUT_UNFRAMED, "HTTP/1.1 200 OK" CRLF "ETag: \"e\"" CRLF CRLF "{\"half\":" },
        { CUT, "HTTP/1.1 200 OK" CRLF "ETag: \"e\"" CRLF },
        { CUT, "" },
        { ANSWER, "this is not HTTP" CRLF CRLF },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct inbox in;
        exchange(rows[i].manner, rows[i].said, &in);
        expect_failure(&in, SG_E_OFFLINE);
    }
}

static void test_huge_answer(void **state)
{
    struct inbox in;
    (void)state;
    exchange(HUGE_ANSWER, "HTTP/1.1 200 OK" CRLF "Content-Length: 9437184" CRLF CRLF, &in);
    assert_true(sg_starts(in.reply.transport_detail, "the answer is too large"));
    expect_failure(&in, SG_E_OFFLINE);
}

static bool sent(const struct server *s, const char *text) { return strstr(s->request, text) != NULL; }

static void test_request_as_sent(void **state)
{
    struct server s = { .answer = "HTTP/1.1 200 OK" CRLF "Content-Length: 0" CRLF CRLF };
    struct sg_http_request rq = { .method = SG_PUT, .path = "/actions/a-1", .query = "x=1", .if_match = "\"e-1\"", .bearer = "secret",
                                  .traceparent = "00-1-2-01" };
    struct inbox in;
    (void)state;
    setenv("https_proxy", "http://127.0.0.1:1", 1);
    setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
    server_start(&s, &own, &ca, TLS1_3_VERSION);
    struct sg_curl *c = client(s.port, &in, false, false);
    struct sg_transport t = sg_curl_transport(c);
    sg_buf_init(&rq.body, 8192);
    assert_int_equal(sg_buf_addz(&rq.body, "{\"a\":\"12345678\"}"), SG_E_OK);
    t.ops->start(t.self, 1, &rq, TIMEOUT_MS);
    assert_null(rq.body.data);
    wait_reply(c, &in, 1);
    assert_int_equal(in.reply.transport, SG_E_OK);
    finish(c, &in);
    server_stop(&s);
    assert_true(sg_starts(s.request, "PUT /sigill/v1/actions/a-1?x=1 HTTP/1.1\r\n"));
    assert_true(sent(&s, "\r\nIf-Match: \"e-1\"\r\n"));
    assert_true(sent(&s, "\r\nAuthorization: Bearer secret\r\n"));
    assert_true(sent(&s, "\r\nContent-Type: application/json\r\n"));
    assert_true(sent(&s, "\r\nUser-Agent: sigill/"));
    assert_true(sent(&s, "\r\ntraceparent: 00-1-2-01\r\n"));
    assert_false(sent(&s, "Accept-Encoding"));
    assert_string_equal(strstr(s.request, "\r\n\r\n"), "\r\n\r\n{\"a\":\"12345678\"}");
    unsetenv("https_proxy");
    unsetenv("ALL_PROXY");
}

static void test_methods_as_sent(void **state)
{
    static const struct { enum sg_method m; const char *line, *length; } rows[] = {
        { SG_GET, "GET /sigill/v1/me HTTP/1.1\r\n", NULL }, { SG_DELETE, "DELETE /sigill/v1/me HTTP/1.1\r\n", NULL },
        { SG_POST, "POST /sigill/v1/me HTTP/1.1\r\n", "\r\nContent-Length: 0\r\n" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct server s = { .answer = "HTTP/1.1 204 No Content" CRLF CRLF };
        struct inbox in;
        server_start(&s, &own, &ca, TLS1_3_VERSION);
        struct sg_curl *c = client(s.port, &in, false, false);
        ask(c, 1, rows[i].m, "/me", TIMEOUT_MS);
        wait_reply(c, &in, 1);
        assert_int_equal(in.reply.status, 204);
        finish(c, &in);
        server_stop(&s);
        assert_true(sg_starts(s.request, rows[i].line));
        assert_int_equal(sent(&s, "Content-Length"), rows[i].length != NULL);
        assert_true(!rows[i].length || sent(&s, rows[i].length));
    }
}

static void test_requests_that_cannot_be_made(void **state)
{
    static const struct { const char *path, *bearer; } rows[] = { { "", "" }, { "me", "" }, { "/me", "a\r\nX-Evil: 1" }, { "/me", "a\nb" } };
    struct server s = { .answer = "HTTP/1.1 204 No Content" CRLF CRLF };
    struct inbox in;
    (void)state;
    server_start(&s, &own, &ca, TLS1_3_VERSION);
    struct sg_curl *c = client(s.port, &in, false, false);
    struct sg_transport t = sg_curl_transport(c);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct sg_http_request rq = { .method = SG_GET };
        SG_COPY(rq.path, rows[i].path);
        SG_COPY(rq.bearer, rows[i].bearer);
        t.ops->start(t.self, 40 + i, &rq, TIMEOUT_MS);
        assert_int_equal(in.n, (int)i);
        sg_curl_run(c, -1, -1);       /* does not wait: a reply is due */
        assert_int_equal(in.n, (int)i + 1);
        assert_int_equal(in.token, 40 + i);
        assert_int_equal(in.reply.transport, SG_E_INTERNAL);
    }
    finish(c, &in);
    server_stop(&s);
    assert_int_equal(s.connections, 0);
}

static void failing(struct server *s, const struct cert *server_cert, int most, bool other_cert, bool other_trust, enum sg_err want)
{
    struct inbox in;
    server_start(s, server_cert, &ca, most);
    struct sg_curl *c = client(s->port, &in, other_cert, other_trust);
    ask(c, 1, SG_GET, "/me", TIMEOUT_MS);
    wait_reply(c, &in, 1);
    expect_failure(&in, want);
    memset(&in.reply, 0, sizeof in.reply);
    finish(c, &in);
    server_stop(s);
}

static void test_trust(void **state)
{
    struct server turned_away = { .answer = "" }, untrusted = { .answer = "" }, misnamed = { .answer = "" }, old = { .answer = "" };
    (void)state;
    failing(&turned_away, &own, TLS1_3_VERSION, true, false, SG_E_AUTH);
    failing(&untrusted, &own, TLS1_3_VERSION, false, true, SG_E_OFFLINE);
    failing(&misnamed, &wrong_name, TLS1_3_VERSION, false, false, SG_E_OFFLINE);
    failing(&old, &own, TLS1_2_VERSION, false, false, SG_E_OFFLINE);
    assert_int_equal(turned_away.requests + untrusted.requests + misnamed.requests + old.requests, 0);
}

static void test_refused_connection(void **state)
{
    struct server s = { 0 };
    struct inbox in;
    (void)state;
    server_listen(&s);
    close(s.listener);
    struct sg_curl *c = client(s.port, &in, false, false);
    ask(c, 1, SG_GET, "/me", TIMEOUT_MS);
    wait_reply(c, &in, 1);
    expect_failure(&in, SG_E_OFFLINE);
    memset(&in.reply, 0, sizeof in.reply);
    finish(c, &in);
}

/* The kernel takes the connection, nobody ever says anything. */
static void test_black_hole(void **state)
{
    struct server s = { 0 };
    struct inbox in;
    (void)state;
    server_listen(&s);
    struct sg_curl *c = client(s.port, &in, false, false);
    ask(c, 1, SG_GET, "/me", 300);
    wait_reply(c, &in, 1);
    expect_failure(&in, SG_E_OFFLINE);
    memset(&in.reply, 0, sizeof in.reply);
    finish(c, &in);
    close(s.listener);
}

/* The request was heard, but no answer comes. */
static void test_silence(void **state)
{
    struct inbox in;
    struct server s = { .manner = HOLD };
    (void)state;
    server_start(&s, &own, &ca, TLS1_3_VERSION);
    struct sg_curl *c = client(s.port, &in, false, false);
    ask(c, 1, SG_GET, "/me", 300);
    wait_reply(c, &in, 1);
    expect_failure(&in, SG_E_OFFLINE);
    memset(&in.reply, 0, sizeof in.reply);
    finish(c, &in);
    server_stop(&s);
}

/* Runs until the server has heard n requests. */
static void run_until_heard(struct sg_curl *c, struct server *s, int n)
{
    struct sg_clock clock = sg_clock_system(NULL);
    int64_t end = sg_mono(&clock) + DEADLINE_MS;
    for (bool heard = false; !heard;) {
        assert_true(sg_mono(&clock) < end);
        sg_curl_run(c, -1, 5);
        pthread_mutex_lock(&s->lock);
        heard = s->requests >= n;
        pthread_mutex_unlock(&s->lock);
    }
}

static void test_cancel(void **state)
{
    struct server s = { .manner = HOLD };
    struct inbox in;
    (void)state;
    server_start(&s, &own, &ca, TLS1_3_VERSION);
    struct sg_curl *c = client(s.port, &in, false, false);
    struct sg_transport t = sg_curl_transport(c);
    ask(c, 5, SG_GET, "/changes", TIMEOUT_MS);
    run_until_heard(c, &s, 1);
    t.ops->cancel(t.self, 99);
    pthread_mutex_lock(&s.lock);
    s.manner = ANSWER;
    s.answer = "HTTP/1.1 204 No Content" CRLF CRLF;
    pthread_mutex_unlock(&s.lock);
    t.ops->cancel(t.self, 5);
    t.ops->cancel(t.self, 5);
    ask(c, 6, SG_GET, "/me", TIMEOUT_MS);   /* the server serves one at a time: it has noticed that 5 is gone */
    wait_reply(c, &in, 1);
    assert_int_equal(in.token, 6);
    assert_int_equal(in.reply.status, 204);
    finish(c, &in);
    server_stop(&s);
}

/* The client's socket to that port, found among the process's own files. */
static int client_socket(int port)
{
    for (int fd = 3; fd < 256; fd++) {
        struct sockaddr_in a;
        socklen_t n = sizeof a;
        if (getpeername(fd, (struct sockaddr *)&a, &n) == 0 && a.sin_family == AF_INET && ntohs(a.sin_port) == port)
            return fd;
    }
    return -1;
}

static int option(int fd, int level, int name)
{
    int v = -1;
    socklen_t n = sizeof v;
    return getsockopt(fd, level, name, &v, &n) == 0 ? v : -1;
}

/* An idle long poll learns of a vanished network from the kernel. */
static void test_idle_connection_is_watched(void **state)
{
    struct server s = { .manner = HOLD };
    struct inbox in;
    (void)state;
    server_start(&s, &own, &ca, TLS1_3_VERSION);
    struct sg_curl *c = client(s.port, &in, false, false);
    ask(c, 5, SG_GET, "/changes", TIMEOUT_MS);
    run_until_heard(c, &s, 1);
    int fd = client_socket(s.port);
    assert_true(fd >= 0);
    assert_int_equal(option(fd, SOL_SOCKET, SO_KEEPALIVE), 1);
    assert_int_equal(option(fd, IPPROTO_TCP, TCP_KEEPIDLE), 2);
    assert_int_equal(option(fd, IPPROTO_TCP, TCP_KEEPINTVL), 1);
    assert_int_equal(option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT), 3000);
    finish(c, &in);
    server_stop(&s);
}

static void *wake_later(void *ctx)
{
    sg_curl_wake(ctx);
    return NULL;
}

/* With no limit on the wait, only these end it; the test hangs (and is killed by the runner's limit) when they do not. */
static void test_wake_and_fd(void **state)
{
    struct server s = { 0 };
    struct inbox in;
    pthread_t thread;
    int fds[2];
    (void)state;
    server_listen(&s);
    struct sg_curl *c = client(s.port, &in, false, false);
    assert_int_equal(pthread_create(&thread, NULL, wake_later, c), 0);
    sg_curl_run(c, -1, -1);
    pthread_join(thread, NULL);
    assert_int_equal(pipe(fds), 0);
    assert_int_equal(write(fds[1], "x", 1), 1);
    sg_curl_run(c, fds[0], -1);
    close(fds[0]);
    close(fds[1]);
    finish(c, &in);
    close(s.listener);
}

/* A callback may close the transport (sign-out on an answer); what else was under way is dropped without a word. */
static void test_close_from_callback(void **state)
{
    struct inbox in;
    struct server s = { 0 };
    (void)state;
    server_listen(&s);
    struct sg_curl *c = client(s.port, &in, false, false);
    in.close_me = c;
    ask(c, 1, SG_GET, "", TIMEOUT_MS);
    ask(c, 2, SG_GET, "", TIMEOUT_MS);
    ask(c, 3, SG_GET, "/me", TIMEOUT_MS);
    sg_curl_run(c, -1, 0);
    assert_int_equal(in.n, 1);
    sg_http_reply_free(&in.reply);
    close(s.listener);
}

static void test_new_is_choosy(void **state)
{
    const struct { struct sg_identity id; enum sg_err want; const char *where; } rows[] = {
        { { "http://127.0.0.1:1", ca_file, cert_file, key_file, 0 }, SG_E_INPUT, "url" },
        { { "https://user:pw@127.0.0.1:1", ca_file, cert_file, key_file, 0 }, SG_E_INPUT, "url" },
        { { "https://127.0.0.1:1/x", ca_file, cert_file, key_file, 0 }, SG_E_INPUT, "url" },
        { { "https://", ca_file, cert_file, key_file, 0 }, SG_E_INPUT, "url" },
        { { NULL, ca_file, cert_file, key_file, 0 }, SG_E_INPUT, "url" },
        { { "https://127.0.0.1:1", "/nowhere", cert_file, key_file, 0 }, SG_E_IO, "/nowhere" },
        { { "https://127.0.0.1:1", ca_file, "/nowhere", key_file, 0 }, SG_E_IO, "/nowhere" },
        { { "https://127.0.0.1:1", ca_file, cert_file, "/nowhere", 0 }, SG_E_IO, "/nowhere" },
        { { "https://127.0.0.1:1", ca_file, cert_file, NULL, 0 }, SG_E_IO, "" },
        { { "https://127.0.0.1:1", ca_file, cert_file, other_key_file, 0 }, SG_E_IO, other_key_file },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct sg_error e = { 0 };
        struct sg_curl *c = NULL;
        struct inbox in;
        assert_int_equal(sg_curl_new(&rows[i].id, on_reply, &in, &c, &e), rows[i].want);
        assert_string_equal(e.where, rows[i].where);
        assert_null(c);
    }
}

static void test_identity(void **state)
{
    char hsa[SG_HSA_MAX], name[SG_NAME_MAX];
    struct sg_error e = { 0 };
    (void)state;
    assert_int_equal(sg_identity_read(cert_file, hsa, name, &e), SG_E_OK);
    assert_string_equal(hsa, "SE2321000016-1003");
    assert_string_equal(name, "Anna Åberg");
    assert_int_equal(sg_identity_read(ca_file, hsa, name, &e), SG_E_AUTH);      /* no HSA-id in it */
    assert_string_equal(hsa, "");
    assert_int_equal(sg_identity_read(key_file, hsa, name, &e), SG_E_PARSE);
    assert_int_equal(sg_identity_read("/nowhere", hsa, name, &e), SG_E_IO);
    assert_int_equal(sg_identity_read(NULL, hsa, name, &e), SG_E_IO);
}

static void place(char dst[64], const char *name) { sg_format(dst, 64, "%s/%s", dir, name); }

static int set_up(void **state)
{
    static const char *const ca_name[] = { "CN", "Test CA", NULL }, *const other_name[] = { "CN", "Other CA", NULL };
    static const char *const server_name[] = { "CN", "server", NULL };
    static const char *const staff_name[] = { "CN", "Anna Åberg", "serialNumber", "SE2321000016-1003", NULL };
    (void)state;
    CHECK(mkdtemp(dir));
    place(ca_file, "ca.pem"); place(cert_file, "cert.pem"); place(key_file, "key.pem");
    place(other_ca_file, "other-ca.pem"); place(other_cert_file, "other-cert.pem"); place(other_key_file, "other-key.pem");
    ca = make_cert(ca_name, NULL, NULL);
    other_ca = make_cert(other_name, NULL, NULL);
    own = make_cert(server_name, &ca, "IP:127.0.0.1");
    wrong_name = make_cert(server_name, &ca, "IP:127.0.0.2,DNS:elsewhere");
    staff = make_cert(staff_name, &ca, NULL);
    other_staff = make_cert(staff_name, &other_ca, NULL);
    save_cert(&ca, ca_file, NULL);
    save_cert(&other_ca, other_ca_file, NULL);
    save_cert(&staff, cert_file, key_file);
    save_cert(&other_staff, other_cert_file, other_key_file);
    signal(SIGPIPE, SIG_IGN);        /* the test's own server writes to clients that left */
    return 0;
}

static int tear_down(void **state)
{
    struct cert *const certs[] = { &ca, &own, &wrong_name, &staff, &other_ca, &other_staff };
    const char *const files[] = { ca_file, cert_file, key_file, other_ca_file, other_cert_file, other_key_file };
    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        free_cert(certs[i]);
        unlink(files[i]);
    }
    return rmdir(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answer), cmocka_unit_test(test_interim_answer), cmocka_unit_test(test_redirect_is_not_followed),
        cmocka_unit_test(test_cut_answers), cmocka_unit_test(test_huge_answer), cmocka_unit_test(test_request_as_sent),
        cmocka_unit_test(test_methods_as_sent), cmocka_unit_test(test_requests_that_cannot_be_made), cmocka_unit_test(test_trust),
        cmocka_unit_test(test_refused_connection), cmocka_unit_test(test_black_hole), cmocka_unit_test(test_silence),
        cmocka_unit_test(test_cancel),
        cmocka_unit_test(test_idle_connection_is_watched), cmocka_unit_test(test_wake_and_fd), cmocka_unit_test(test_close_from_callback),
        cmocka_unit_test(test_new_is_choosy), cmocka_unit_test(test_identity),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
