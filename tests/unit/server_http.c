/* The service on the network: a real listener over TLS 1.3 with client certificates, spoken to byte by byte. */
#include "server_pki.h"
#include <gnutls/gnutls.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include "server/http.h"

static struct sg_worker *worker;
static struct sg_trust *trust;
static struct sg_http_server *server;
static int port;
static char token[80], reply[32768];

static void make_certificates(void)
{
    struct pki_issuer ca = pki_make_issuer("Test CA");
    EVP_PKEY *key = pki_key();
    X509 *c = pki_leaf(&ca, key, &(struct pki_wish){.usage = "serverAuth", .san = "IP:127.0.0.1"});
    pki_write(ca.cert, NULL, "ca.pem", NULL);
    pki_write(c, key, "server.pem", "server.key");
    X509_free(c);
    c = pki_leaf(&ca, key, &(struct pki_wish){.usage = "clientAuth", .serial = "SE2321000016-1000"});
    pki_write(c, key, "anna.pem", "anna.key");
    X509_free(c);
    c = pki_leaf(&ca, key, &(struct pki_wish){.usage = "serverAuth", .serial = "SE2321000016-1000"});
    pki_write(c, key, "bad.pem", "bad.key");
    X509_free(c);
    EVP_PKEY_free(key);
    pki_free_issuer(&ca);
}

static int start(void **state)
{
    static struct sg_config c;
    struct sg_error e = {0};
    if (kit_setup(state)) return -1;
    kit_core->clock = sg_clock_system(NULL);
    make_certificates();
    sg_config_defaults(&c);
    c.port = 0;
    SG_COPY(c.cert, pki_path("server.pem"));
    SG_COPY(c.key, pki_path("server.key"));
    SG_COPY(c.ca, pki_path("ca.pem"));
    assert_int_equal(sg_trust_open(c.ca, NULL, &trust, &e), SG_E_OK);
    assert_int_equal(sg_worker_start(kit_core, &worker, &e), SG_E_OK);
    assert_int_equal(sg_http_start(&c, trust, worker, &server, &port, &e), SG_E_OK);
    assert_in_range(port, 1, 65535);
    return 0;
}
static void halt(void)
{
    if (!server) return;
    sg_http_quiesce(server);
    sg_worker_stop(worker);
    sg_http_stop(server);
    server = NULL;
    sg_worker_free(worker);
    sg_trust_close(trust);
}
static int stop(void **state)
{
    static const char *const files[] = {"ca.pem", "server.pem", "server.key", "anna.pem", "anna.key", "bad.pem", "bad.key"};
    halt();
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) unlink(pki_path(files[i]));
    return kit_teardown(state);
}

/* ---- a client ------------------------------------------------------------------------------------------------------------------ */

struct line { int fd; gnutls_session_t tls; gnutls_certificate_credentials_t cred; };

/* Connected and shaken hands, as who ("anna", "bad" or NULL: without a certificate); 0 or a TLS error. */
static int dial(struct line *l, const char *who, const char *priority)
{
    char cert[32], key[32];
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    gnutls_certificate_allocate_credentials(&l->cred);
    assert_true(gnutls_certificate_set_x509_trust_file(l->cred, pki_path("ca.pem"), GNUTLS_X509_FMT_PEM) > 0);
    if (who) {
        snprintf(cert, sizeof cert, "%s.pem", who);
        snprintf(key, sizeof key, "%s.key", who);
        assert_int_equal(gnutls_certificate_set_x509_key_file(l->cred, pki_path(cert), pki_path(key), GNUTLS_X509_FMT_PEM), 0);
    }
    l->fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(l->fd, (struct sockaddr *)&a, sizeof a), 0);
    gnutls_init(&l->tls, GNUTLS_CLIENT);
    gnutls_priority_set_direct(l->tls, priority ? priority : "NORMAL", NULL);
    gnutls_credentials_set(l->tls, GNUTLS_CRD_CERTIFICATE, l->cred);
    gnutls_session_set_verify_cert(l->tls, NULL, 0);
    gnutls_transport_set_int(l->tls, l->fd);
    int rc;
    do rc = gnutls_handshake(l->tls); while (rc < 0 && !gnutls_error_is_fatal(rc));
    return rc;
}
static void hang_up(struct line *l)
{
    gnutls_deinit(l->tls);
    gnutls_certificate_free_credentials(l->cred);
    close(l->fd);
}
static void say(struct line *l, const char *text, size_t n)
{
    for (size_t at = 0; at < n;) {
        ssize_t k = gnutls_record_send(l->tls, text + at, n - at);
        if (k < 0 && !gnutls_error_is_fatal((int)k)) continue;
        if (k <= 0) return;                                  /* the service has had enough: what it answered is still read */
        at += (size_t)k;
    }
}
/* One whole answer into reply; its status, 0 when the connection ended first. */
static int hear(struct line *l)
{
    size_t n = 0;
    long length = -1;
    reply[0] = '\0';
    while (n + 1 < sizeof reply) {
        ssize_t k = gnutls_record_recv(l->tls, reply + n, sizeof reply - 1 - n);
        if (k < 0 && !gnutls_error_is_fatal((int)k)) continue;            /* also after a ticket; alarm() ends what never ends */
        if (k <= 0) break;
        n += (size_t)k;
        reply[n] = '\0';
        const char *end = strstr(reply, "\r\n\r\n"), *cl = strcasestr(reply, "\r\nContent-Length: ");
        if (end && cl && cl < end) length = strtol(cl + 18, NULL, 10);
        if (end && length >= 0 && n >= (size_t)(end + 4 - reply) + (size_t)length) break;
    }
    return strncmp(reply, "HTTP/1.1 ", 9) == 0 ? (int)strtol(reply + 9, NULL, 10) : 0;
}
static bool heard(const char *text) { return strstr(reply, text) != NULL; }

/* One request on a connection of its own. */
static int ask(const char *who, const char *head, const char *body, size_t n)
{
    struct line l;
    assert_int_equal(dial(&l, who, NULL), 0);
    say(&l, head, strlen(head));
    if (n) say(&l, body, n);
    int status = hear(&l);
    hang_up(&l);
    return status;
}
static int ask_with(const char *method, const char *path, const char *more)
{
    char head[1024];
    snprintf(head, sizeof head, "%s /sigill/v1%s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\n%s\r\n", method, path, token, more);
    return ask("anna", head, NULL, 0);
}
static void sign_in(void)
{
    assert_int_equal(ask("anna", "POST /sigill/v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}", NULL, 0), 200);
    const char *t = strstr(reply, "\"token\":\"");
    assert_non_null(t);
    snprintf(token, sizeof token, "%.64s", t + 9);
}

/* ---- what it does ---------------------------------------------------------------------------------------------------------------- */

static void every_answer_bears_its_headers(void **state)
{
    (void)state;
    sign_in();
    assert_int_equal(ask_with("GET", "/me", ""), 200);
    assert_true(heard("Cache-Control: no-store\r\n") && heard("X-Content-Type-Options: nosniff\r\n") && heard("Strict-Transport-Security: max-age="));
    assert_true(heard("Content-Type: application/json; charset=utf-8\r\n") && heard("Sigill-Time: 20") && !heard("Server:"));
    assert_int_equal(ask_with("GET", "/nothing", ""), 404);
    assert_true(heard("Cache-Control: no-store\r\n") && heard("Content-Type: application/problem+json; charset=utf-8\r\n"));
    assert_int_equal(ask_with("GET", "/policy", ""), 200);
    const char *tag = strstr(reply, "ETag: \"");
    assert_non_null(tag);
    char more[96];
    snprintf(more, sizeof more, "If-None-Match: %.*s\r\n", (int)strcspn(tag + 6, "\r"), tag + 6);
    assert_int_equal(ask_with("GET", "/policy", more), 304);
}

static void only_valid_certificates_get_past_the_door(void **state)
{
    (void)state;
    static const char get[] = "GET /sigill/v1/me HTTP/1.1\r\nHost: x\r\n\r\n";
    assert_int_equal(ask(NULL, get, NULL, 0), 403);
    assert_true(heard("problems/certificate"));
    assert_int_equal(ask("bad", get, NULL, 0), 403);
    assert_true(heard("problems/certificate") && !heard("purpose"));          /* why is not told outside */
    assert_int_equal(ask("anna", get, NULL, 0), 401);
    struct line l;
    assert_int_not_equal(dial(&l, "anna", "NORMAL:-VERS-ALL:+VERS-TLS1.2"), 0);
    hang_up(&l);
}

static void odd_requests_are_refused(void **state)
{
    (void)state;
    sign_in();
    assert_int_equal(ask_with("DELETE", "/me", ""), 405);
    assert_true(heard("Allow: GET\r\n"));
    assert_int_equal(ask_with("PATCH", "/me", ""), 405);
    assert_int_equal(ask_with("TRACE", "/actions/0190a1b2-0000-7000-8000-000000000001", ""), 405);
    assert_true(heard("Allow: GET, PUT\r\n"));
    assert_int_equal(ask_with("GET", "/me", "Content-Length: 1\r\n"), 400);
    assert_int_equal(ask_with("POST", "/sessions", "Content-Length: 2\r\nTransfer-Encoding: chunked\r\nContent-Type: application/json\r\n"), 400);
    assert_int_equal(ask_with("POST", "/sessions", "Content-Length: 0\r\n"), 415);
    assert_int_equal(ask_with("POST", "/sessions", "Content-Length: 0\r\nContent-Type: application/json; charset=latin1\r\n"), 415);
    assert_int_equal(ask_with("GET", "/%6de", ""), 404);                        /* nothing is unescaped */
    assert_int_equal(ask_with("GET", "/me/", ""), 404);
    assert_int_equal(ask("anna", "GET /other HTTP/1.1\r\nHost: x\r\n\r\n", NULL, 0), 404);
    assert_int_equal(ask("anna", "GET /sigill/v1/me HTTP/1.1\r\n\r\n", NULL, 0), 400);   /* no Host */
}

static void large_bodies_are_refused(void **state)
{
    (void)state;
    static char big[70000];
    char head[512];
    memset(big, ' ', sizeof big);
    sign_in();
    snprintf(head, sizeof head, "POST /sigill/v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n", sizeof big);
    assert_int_equal(ask("anna", head, big, sizeof big), 413);
    assert_true(heard("problems/too-large"));
    snprintf(head, sizeof head, "POST /sigill/v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99999999999\r\n\r\n");
    assert_int_equal(ask("anna", head, NULL, 0), 413);                          /* before any of it has come */
    snprintf(head, sizeof head, "POST /sigill/v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n11170\r\n");
    struct line l;
    assert_int_equal(dial(&l, "anna", NULL), 0);
    say(&l, head, strlen(head));
    say(&l, big, sizeof big);
    say(&l, "\r\n0\r\n\r\n", 7);
    assert_int_equal(hear(&l), 413);
    hang_up(&l);
    big[0] = '{';
    big[1] = '}';
    snprintf(head, sizeof head, "POST /sigill/v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 65536\r\n\r\n");
    assert_int_equal(ask("anna", head, big, 65536), 200);                       /* exactly the limit is fine */
}

static void one_connection_serves_many(void **state)
{
    (void)state;
    struct line l;
    char get[256];
    sign_in();
    snprintf(get, sizeof get, "GET /sigill/v1/me HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n\r\n", token);
    assert_int_equal(dial(&l, "anna", NULL), 0);
    for (int i = 0; i < 50; i++) {
        say(&l, get, strlen(get));
        assert_int_equal(hear(&l), 200);
    }
    hang_up(&l);
}

/* A reconnect with the ticket of the session before is the same person, without another signature. */
static void a_session_is_resumed_with_its_identity(void **state)
{
    (void)state;
    struct line l;
    gnutls_datum_t ticket;
    char get[256];
    sign_in();
    snprintf(get, sizeof get, "GET /sigill/v1/me HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n\r\n", token);
    assert_int_equal(dial(&l, "anna", NULL), 0);
    say(&l, get, strlen(get));
    assert_int_equal(hear(&l), 200);
    assert_int_equal(gnutls_session_get_data2(l.tls, &ticket), 0);
    hang_up(&l);
    memset(&l, 0, sizeof l);
    gnutls_certificate_allocate_credentials(&l.cred);                            /* without any certificate */
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    l.fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(l.fd, (struct sockaddr *)&a, sizeof a), 0);
    gnutls_init(&l.tls, GNUTLS_CLIENT);
    gnutls_priority_set_direct(l.tls, "NORMAL", NULL);
    gnutls_credentials_set(l.tls, GNUTLS_CRD_CERTIFICATE, l.cred);
    gnutls_session_set_data(l.tls, ticket.data, ticket.size);
    gnutls_transport_set_int(l.tls, l.fd);
    int rc;
    do rc = gnutls_handshake(l.tls); while (rc < 0 && !gnutls_error_is_fatal(rc));
    assert_int_equal(rc, 0);
    assert_true(gnutls_session_is_resumed(l.tls));
    say(&l, get, strlen(get));
    assert_int_equal(hear(&l), 200);
    assert_true(heard("Anna Berg"));
    hang_up(&l);
    gnutls_free(ticket.data);
}

/* Stopping answers a long poll that would have waited five minutes. */
static void stopping_answers_what_is_in_hand(void **state)
{
    (void)state;
    struct line l;
    char get[256];
    sign_in();
    snprintf(get, sizeof get, "GET /sigill/v1/changes?since=0&wait=300 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n\r\n", token);
    assert_int_equal(dial(&l, "anna", NULL), 0);
    struct timespec moment = {.tv_nsec = 1000000};
    while (sg_worker_load(worker) > 0) nanosleep(&moment, NULL);                 /* the sign-in is put away */
    say(&l, get, strlen(get));
    while (sg_worker_load(worker) == 0) nanosleep(&moment, NULL);
    halt();
    assert_int_equal(hear(&l), 200);
    assert_true(heard("\"revision\":0"));
    hang_up(&l);
}

#define T(f) cmocka_unit_test_setup_teardown(f, start, stop)
/* More of them than are let in at once: they slow down nobody for long (R6.2). */
static void r6_2_silent_connections_keep_out_nobody(void **state)
{
    (void)state;
    enum { SILENT = 60, PATIENCE_S = 10 };
    int fd[SILENT];
    struct sg_clock clock_now = sg_clock_system(NULL);
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    for (int i = 0; i < SILENT; i++) {
        fd[i] = socket(AF_INET, SOCK_STREAM, 0);
        assert_int_equal(connect(fd[i], (struct sockaddr *)&a, sizeof a), 0);
    }
    int64_t before = sg_mono(&clock_now);
    assert_int_equal(ask("anna", "GET /sigill/v1/me HTTP/1.1\r\nHost: x\r\n\r\n", "", 0), 401);
    assert_true(sg_mono(&clock_now) - before < PATIENCE_S * 1000);
    for (int i = 0; i < SILENT; i++) close(fd[i]);
}

int main(void)
{
    alarm(120);
    const struct CMUnitTest tests[] = {T(every_answer_bears_its_headers), T(only_valid_certificates_get_past_the_door), T(odd_requests_are_refused),
        T(large_bodies_are_refused), T(one_connection_serves_many), T(a_session_is_resumed_with_its_identity), T(r6_2_silent_connections_keep_out_nobody),
        T(stopping_answers_what_is_in_hand)};
    return cmocka_run_group_tests_name("server_http", tests, NULL, NULL);
}
