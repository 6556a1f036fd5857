/* A tiny TLS server in a thread and a small certificate authority, for the tests of the transport. Loopback, any free port. */
#pragma once
#include <arpa/inet.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CHECK(x) do { if (!(x)) { fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #x); abort(); } } while (0)

struct cert { X509 *x; EVP_PKEY *key; };

/* names: "CN=…" pairs as type, value, NULL. issuer NULL: self-signed CA. */
static inline struct cert make_cert(const char *const *names, const struct cert *issuer, const char *san)
{
    struct cert c = { X509_new(), EVP_EC_gen("P-256") };
    static long serial = 1;
    CHECK(c.x && c.key && X509_set_version(c.x, 2) && ASN1_INTEGER_set(X509_get_serialNumber(c.x), serial++));
    CHECK(X509_gmtime_adj(X509_getm_notBefore(c.x), -3600) && X509_gmtime_adj(X509_getm_notAfter(c.x), 3600));
    for (; *names; names += 2)
        CHECK(X509_NAME_add_entry_by_txt(X509_get_subject_name(c.x), names[0], MBSTRING_UTF8, (const unsigned char *)names[1], -1, -1, 0));
    CHECK(X509_set_issuer_name(c.x, X509_get_subject_name(issuer ? issuer->x : c.x)) && X509_set_pubkey(c.x, c.key));
    X509V3_CTX v;
    X509V3_set_ctx_nodb(&v);
    X509V3_set_ctx(&v, issuer ? issuer->x : c.x, c.x, NULL, NULL, 0);
    const char *const ext[][2] = { { issuer ? NULL : "basicConstraints", "critical,CA:TRUE" }, { san ? "subjectAltName" : NULL, san } };
    for (size_t i = 0; i < 2; i++) {
        X509_EXTENSION *e = ext[i][0] ? X509V3_EXT_conf(NULL, &v, ext[i][0], ext[i][1]) : NULL;
        CHECK(!ext[i][0] || (e && X509_add_ext(c.x, e, -1)));
        X509_EXTENSION_free(e);
    }
    CHECK(X509_sign(c.x, issuer ? issuer->key : c.key, EVP_sha256()));
    return c;
}

static inline void free_cert(struct cert *c)
{
    X509_free(c->x);
    EVP_PKEY_free(c->key);
}

static inline void save_cert(const struct cert *c, const char *cert_path, const char *key_path)
{
    FILE *f = fopen(cert_path, "w");
    CHECK(f && PEM_write_X509(f, c->x) && fclose(f) == 0);
    f = key_path ? fopen(key_path, "w") : NULL;
    CHECK(!key_path || (f && PEM_write_PrivateKey(f, c->key, NULL, NULL, 0, NULL, NULL) && fclose(f) == 0));
}

enum manner { ANSWER, CUT, CUT_UNFRAMED, HUGE_ANSWER, HOLD };      /* HOLD: read the request and say nothing */
struct server {
    SSL_CTX *ctx;
    int listener, port;
    pthread_t thread;
    enum manner manner;
    const char *answer;              /* status line, headers and body as sent; for CUT: what comes before the cut */
    char request[8192];              /* the latest one, as received */
    int connections;
    pthread_mutex_t lock;
    pthread_cond_t heard;            /* a request has arrived */
    int requests;
};

static inline bool whole_request(const char *text, size_t n)
{
    const char *end = strstr(text, "\r\n\r\n"), *len = strstr(text, "Content-Length: ");
    return end && (!len || n >= (size_t)(end + 4 - text) + (size_t)strtoul(len + 16, NULL, 10));
}

static inline bool hear(struct server *s, SSL *tls, enum manner *manner, const char **answer)
{
    char text[sizeof s->request] = "";
    size_t n = 0;
    while (!whole_request(text, n)) {
        int got = SSL_read(tls, text + n, (int)(sizeof text - 1 - n));
        if (got <= 0)
            return false;
        n += (size_t)got;
        text[n] = '\0';
    }
    pthread_mutex_lock(&s->lock);
    memcpy(s->request, text, sizeof text);
    s->requests++;
    *manner = s->manner;
    *answer = s->answer;
    pthread_cond_signal(&s->heard);
    pthread_mutex_unlock(&s->lock);
    return true;
}

static inline void say(SSL *tls, enum manner manner, const char *answer)
{
    static char block[1 << 16];
    char c;
    if (manner == HOLD) {
        (void)SSL_read(tls, &c, 1);
        return;
    }
    if (SSL_write(tls, answer, (int)strlen(answer)) <= 0 || manner == CUT || manner == CUT_UNFRAMED)
        return;
    memset(block, ' ', sizeof block);
    for (int left = manner == HUGE_ANSWER ? 9 << 20 : 0; left > 0; left -= (int)sizeof block)
        if (SSL_write(tls, block, (int)sizeof block) <= 0)
            return;
    (void)SSL_shutdown(tls);
    (void)SSL_read(tls, &c, 1);
}

/* Lets the alert arrive: closing with unread data would reset the connection before the client reads it. */
static inline void linger(int fd)
{
    char block[4096];
    shutdown(fd, SHUT_WR);
    while (read(fd, block, sizeof block) > 0)
        ;
}

static inline void *serve(void *ctx)
{
    struct server *s = ctx;
    for (int fd; (fd = accept(s->listener, NULL, NULL)) >= 0; close(fd)) {
        SSL *tls = SSL_new(s->ctx);
        enum manner manner;
        const char *answer;
        s->connections++;
        CHECK(tls && SSL_set_fd(tls, fd));
        if (SSL_accept(tls) == 1 && hear(s, tls, &manner, &answer))
            say(tls, manner, answer);
        else
            linger(fd);
        SSL_free(tls);
    }
    return NULL;
}

static inline void server_listen(struct server *s)
{
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t n = sizeof a;
    s->listener = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(s->listener >= 0 && bind(s->listener, (struct sockaddr *)&a, n) == 0 && listen(s->listener, 16) == 0);
    CHECK(getsockname(s->listener, (struct sockaddr *)&a, &n) == 0);
    s->port = ntohs(a.sin_port);
}

/* ca: whom the server trusts for its clients; a client without a certificate is turned away. most: highest TLS version. */
static inline void server_start(struct server *s, const struct cert *own, const struct cert *ca, int most)
{
    CHECK(pthread_mutex_init(&s->lock, NULL) == 0 && pthread_cond_init(&s->heard, NULL) == 0);
    server_listen(s);
    s->ctx = SSL_CTX_new(TLS_server_method());
    CHECK(s->ctx && SSL_CTX_use_certificate(s->ctx, own->x) && SSL_CTX_use_PrivateKey(s->ctx, own->key));
    CHECK(SSL_CTX_set_max_proto_version(s->ctx, most) && X509_STORE_add_cert(SSL_CTX_get_cert_store(s->ctx), ca->x));
    SSL_CTX_set_verify(s->ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    CHECK(pthread_create(&s->thread, NULL, serve, s) == 0);
}

static inline void server_wait_request(struct server *s, int n)
{
    pthread_mutex_lock(&s->lock);
    while (s->requests < n)
        pthread_cond_wait(&s->heard, &s->lock);
    pthread_mutex_unlock(&s->lock);
}

static inline void server_stop(struct server *s)
{
    shutdown(s->listener, SHUT_RDWR);
    pthread_join(s->thread, NULL);
    close(s->listener);
    SSL_CTX_free(s->ctx);
    pthread_mutex_destroy(&s->lock);
    pthread_cond_destroy(&s->heard);
}
