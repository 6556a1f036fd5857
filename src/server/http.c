/* HTTP and TLS. accept.c lets connections in; two threads of libmicrohttpd read requests; a complete one is handed to the worker while its connection is suspended, and
 * resumed when the reply is there. The TLS library proves possession of the client's key; trust.c decides what the certificate is worth,
 * once per connection and again after five minutes. A client without a valid certificate gets through the handshake on purpose, so that
 * it receives a problem it can show instead of a bare alert; it receives nothing else. */
#include "server/http.h"
#include <arpa/inet.h>
#include <gnutls/gnutls.h>
#include <microhttpd.h>
#include <netdb.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "base/str.h"
#include "server/accept.h"

enum { BODY_MAX = 64 << 10, DRAIN_MAX = 1 << 20, PEM_MAX = 1 << 20, FIRST_TIMEOUT_S = 20, IDLE_TIMEOUT_S = 300, REQUEST_MS = 60000,
       VERDICT_MS = 300000, CHAIN_MAX = 8, THREADS = 2, MEMORY = 24 << 10, STOP_MS = 2000 };

struct sg_http_server {
    struct MHD_Daemon *daemon;
    struct sg_trust *trust;
    struct sg_worker *worker;
    struct sg_clock clock;             /* the machine's: certificates are judged by real time also when the service's clock is frozen */
    gnutls_datum_t ticket;
    struct sg_buf cert, key, ca;
    struct sg_acceptor *acceptor;
    int fd;
    pthread_mutex_t lock;
    pthread_cond_t idle;
    size_t in_hand;                    /* requests begun and not completed */
    size_t suspended;                  /* of these, handed to the worker and not yet resumed */
    bool stopping;                     /* from now on nothing is suspended any more: libmicrohttpd ends the program over what is */
};
struct conn { struct sg_peer peer; int64_t judged; bool heard; };         /* judged: monotonic ms, 0 never */
struct exchange {
    struct sg_task task;               /* first: the worker gives it back */
    struct sg_http_server *server;
    struct MHD_Connection *c;
    struct sg_peer peer;
    struct sg_http_request rq;
    char uri[600];
    bool begun;
    atomic_bool done;
    size_t received;
    int64_t started;
};

/* ---- one request --------------------------------------------------------------------------------------------------------- */

/* The first request of a connection, or its end. The acceptor starts behind the daemon, but lets in all that comes here. */
static void heard(struct sg_http_server *s, struct conn *c)
{
    if (!c || c->heard) return;
    c->heard = true;
    sg_acceptor_settled(s->acceptor);
}

static void *on_uri(void *cls, const char *uri, struct MHD_Connection *c)
{
    struct sg_http_server *s = cls;
    struct exchange *x = calloc(1, sizeof *x);
    if (!x) return NULL;
    x->server = s;
    x->c = c;
    x->started = sg_mono(&s->clock);
    sg_job_init(&x->task.job, &x->peer, &x->rq);
    sg_buf_init(&x->rq.body, BODY_MAX);
    if (!sg_copy(x->uri, sizeof x->uri, uri)) x->task.job.refuse = SG_PROBLEM_NOT_FOUND;
    (void)pthread_mutex_lock(&s->lock);
    s->in_hand++;
    (void)pthread_mutex_unlock(&s->lock);
    return x;
}

static size_t no_unescape(void *cls, struct MHD_Connection *c, char *text)
{
    (void)cls; (void)c;
    return strlen(text);
}

static void on_completed(void *cls, struct MHD_Connection *c, void **ctx, enum MHD_RequestTerminationCode how)
{
    struct sg_http_server *s = cls;
    struct exchange *x = *ctx;
    (void)c; (void)how;
    *ctx = NULL;
    if (!x) return;
    sg_http_request_free(&x->rq);
    sg_http_reply_free(&x->task.job.reply);
    free(x);
    (void)pthread_mutex_lock(&s->lock);
    if (--s->in_hand == 0) (void)pthread_cond_signal(&s->idle);
    (void)pthread_mutex_unlock(&s->lock);
}

static const char *header(struct MHD_Connection *c, const char *name) { return MHD_lookup_connection_value(c, MHD_HEADER_KIND, name); }

static void refuse(struct exchange *x, enum sg_problem p)
{
    if (x->task.job.refuse == SG_PROBLEM_COUNT) x->task.job.refuse = p;
}

static void judge(struct exchange *x)
{
    struct sg_http_server *s = x->server;
    const union MHD_ConnectionInfo *own = MHD_get_connection_info(x->c, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    const union MHD_ConnectionInfo *tls = MHD_get_connection_info(x->c, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    struct conn *conn = own ? own->socket_context : NULL;
    heard(s, conn);
    if (!conn || !tls) return;
    int64_t now = sg_mono(&s->clock);
    if (conn->judged == 0 || now - conn->judged > VERDICT_MS) {
        struct sg_der chain[CHAIN_MAX];
        unsigned n = 0;
        const gnutls_datum_t *d = gnutls_certificate_get_peers(tls->tls_session, &n);
        if (!d) n = 0;
        if (n > CHAIN_MAX) n = CHAIN_MAX;
        for (unsigned i = 0; i < n; i++) chain[i] = (struct sg_der){d[i].data, d[i].size};
        sg_trust_judge(s->trust, chain, n, sg_wall(&s->clock), &conn->peer);
        if (!conn->peer.certified) sg_log(SG_LOG_WARN, "certificate not accepted: %s", conn->peer.why);
        conn->judged = now > 0 ? now : 1;
    }
    x->peer = conn->peer;
}

static void read_target(struct exchange *x)
{
    static const size_t base = sizeof SG_API_BASE - 1;
    const char *mark = strchr(x->uri, '?');
    size_t n = mark ? (size_t)(mark - x->uri) : strlen(x->uri);
    if (mark && !SG_COPY(x->rq.query, mark + 1)) refuse(x, SG_PROBLEM_BAD_REQUEST);
    if (n <= base || strncmp(x->uri, SG_API_BASE, base) != 0 || x->uri[base] != '/') return;         /* path "" matches no route */
    if (!sg_copyn(x->rq.path, sizeof x->rq.path, x->uri + base, n - base)) refuse(x, SG_PROBLEM_NOT_FOUND);
}

static void read_method(struct exchange *x, const char *method)
{
    static const enum sg_method all[] = {SG_GET, SG_PUT, SG_POST, SG_DELETE};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (!sg_eq(method, sg_method_name(all[i]))) continue;
        x->rq.method = all[i];
        return;
    }
    refuse(x, SG_PROBLEM_METHOD);
}

static void take(char *dst, size_t cap, const char *value, struct exchange *x)
{
    if (value && !sg_copy(dst, cap, value)) refuse(x, SG_PROBLEM_BAD_REQUEST);
}

/* Whether a body is announced, and whether it may come. */
static bool read_framing(struct exchange *x)
{
    int64_t n = 0;
    const char *length = header(x->c, "Content-Length"), *coding = header(x->c, "Transfer-Encoding");
    if (length && coding) refuse(x, SG_PROBLEM_BAD_REQUEST);
    if (length && !sg_parse_i64(length, 0, INT64_MAX, &n)) refuse(x, SG_PROBLEM_BAD_REQUEST);
    bool body = n > 0 || coding;
    if (body && x->rq.method != SG_PUT && x->rq.method != SG_POST) refuse(x, SG_PROBLEM_BAD_REQUEST);
    if (n > BODY_MAX) refuse(x, SG_PROBLEM_TOO_LARGE);
    return body;
}

/* The head of a request is complete. True: there is nothing more to wait for. */
static bool begin(struct exchange *x, const char *method)
{
    const char *auth = header(x->c, "Authorization");
    x->begun = true;
    judge(x);
    read_target(x);
    read_method(x, method);
    take(x->rq.if_match, sizeof x->rq.if_match, header(x->c, "If-Match"), x);
    if (!sg_copy(x->rq.if_none_match, sizeof x->rq.if_none_match, header(x->c, "If-None-Match"))) x->rq.if_none_match[0] = '\0';
    (void)sg_copy(x->rq.content_type, sizeof x->rq.content_type, header(x->c, "Content-Type"));
    (void)sg_copy(x->rq.traceparent, sizeof x->rq.traceparent, header(x->c, "traceparent"));
    if (auth && sg_starts(auth, "Bearer ") && !SG_COPY(x->rq.bearer, auth + 7)) x->rq.bearer[0] = '\0';
    return read_framing(x) && x->task.job.refuse != SG_PROBLEM_COUNT;
}

static bool receive(struct exchange *x, const char *data, size_t n)
{
    x->received += n;
    if (x->received > DRAIN_MAX || sg_mono(&x->server->clock) - x->started > REQUEST_MS) return false;
    if (x->received > BODY_MAX) refuse(x, SG_PROBLEM_TOO_LARGE);
    else if (sg_buf_add(&x->rq.body, data, n) != SG_E_OK) refuse(x, SG_PROBLEM_TOO_LARGE);
    return true;
}

/* ---- the answer ---------------------------------------------------------------------------------------------------------- */

static void allow(struct MHD_Response *r, const char *path)
{
    char list[64] = "", param[SG_ID_MAX];
    static const enum sg_method all[] = {SG_GET, SG_PUT, SG_POST, SG_DELETE};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        bool other = false;
        size_t n = strlen(list);
        if (sg_endpoint_match(all[i], path, param, &other) < SG_EP_COUNT)
            (void)sg_format(list + n, sizeof list - n, "%s%s", n ? ", " : "", sg_method_name(all[i]));
    }
    (void)MHD_add_response_header(r, "Allow", list);
}

static void headers(struct MHD_Response *r, const struct sg_http_reply *re, const char *path)
{
    char text[SG_RFC3339_MAX];
    (void)MHD_add_response_header(r, "Cache-Control", "no-store");
    (void)MHD_add_response_header(r, "X-Content-Type-Options", "nosniff");
    (void)MHD_add_response_header(r, "Strict-Transport-Security", "max-age=31536000");
    sg_rfc3339(text, re->server_time);
    (void)MHD_add_response_header(r, "Sigill-Time", text);
    if (re->content_type[0]) (void)MHD_add_response_header(r, "Content-Type", re->content_type);
    if (re->etag[0]) (void)MHD_add_response_header(r, "ETag", re->etag);
    if (re->replayed) (void)MHD_add_response_header(r, "Idempotency-Replayed", "true");
    if (re->retry_after >= 0 && sg_format(text, sizeof text, "%d", re->retry_after)) (void)MHD_add_response_header(r, "Retry-After", text);
    if (re->status == 405) allow(r, path);
}

static enum MHD_Result answer(struct exchange *x)
{
    struct sg_http_reply *re = &x->task.job.reply;
    size_t n = re->body.len;
    char *body = sg_buf_take(&re->body);
    struct MHD_Response *r = body ? MHD_create_response_from_buffer(n, body, MHD_RESPMEM_MUST_FREE)
                                  : MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    if (!r) {
        free(body);
        return MHD_NO;
    }
    headers(r, re, x->rq.path);
    (void)MHD_set_connection_option(x->c, MHD_CONNECTION_OPTION_TIMEOUT, (unsigned)IDLE_TIMEOUT_S);
    enum MHD_Result rc = MHD_queue_response(x->c, re->status > 0 ? (unsigned)re->status : 500u, r);
    MHD_destroy_response(r);
    return rc;
}

static void on_done(struct sg_task *t)
{
    struct exchange *x = (struct exchange *)(void *)t;
    struct sg_http_server *s = x->server;
    atomic_store(&x->done, true);
    MHD_resume_connection(x->c);                       /* x may be gone from here on */
    (void)pthread_mutex_lock(&s->lock);
    if (--s->suspended == 0) (void)pthread_cond_signal(&s->idle);
    (void)pthread_mutex_unlock(&s->lock);
}

/* Judged and counted in one step, so that stopping never overlooks one that is just about to be suspended. */
static bool may_suspend(struct sg_http_server *s)
{
    (void)pthread_mutex_lock(&s->lock);
    bool may = !s->stopping;
    if (may) s->suspended++;
    (void)pthread_mutex_unlock(&s->lock);
    return may;
}

static enum MHD_Result submit(struct exchange *x)
{
    if (!may_suspend(x->server)) {
        sg_reply_busy(&x->task.job.reply, sg_wall(&x->server->clock));
        atomic_store(&x->done, true);
        return answer(x);
    }
    x->task.done = on_done;
    MHD_suspend_connection(x->c);
    if (sg_worker_put(x->server->worker, &x->task)) return MHD_YES;
    sg_reply_busy(&x->task.job.reply, sg_wall(&x->server->clock));
    on_done(&x->task);
    return MHD_YES;
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *c, const char *url, const char *method, const char *version,
                                  const char *data, size_t *size, void **ctx)
{
    struct exchange *x = *ctx;
    (void)cls; (void)c; (void)url; (void)version;
    if (!x) return MHD_NO;
    if (atomic_load(&x->done)) {
        *size = 0;
        return answer(x);
    }
    if (!x->begun) return begin(x, method) ? submit(x) : MHD_YES;
    if (*size == 0) return submit(x);
    bool ok = receive(x, data, *size);
    *size = 0;
    return ok ? MHD_YES : MHD_NO;
}

static void on_connection(void *cls, struct MHD_Connection *c, void **ctx, enum MHD_ConnectionNotificationCode what)
{
    struct sg_http_server *s = cls;
    if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
        heard(s, *ctx);
        free(*ctx);
        *ctx = NULL;
        return;
    }
    *ctx = calloc(1, sizeof(struct conn));
    (void)MHD_set_connection_option(c, MHD_CONNECTION_OPTION_TIMEOUT, (unsigned)FIRST_TIMEOUT_S);
    const union MHD_ConnectionInfo *tls = MHD_get_connection_info(c, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    if (tls && tls->tls_session) (void)gnutls_session_ticket_enable_server(tls->tls_session, &s->ticket);
}

/* ---- starting and stopping ------------------------------------------------------------------------------------------------- */

static int bound_port(int fd)
{
    struct sockaddr_storage a;
    socklen_t n = sizeof a;
    char port[8];
    int64_t v = 0;
    if (getsockname(fd, (struct sockaddr *)&a, &n) != 0) return 0;
    if (getnameinfo((struct sockaddr *)&a, n, NULL, 0, port, sizeof port, NI_NUMERICSERV) != 0) return 0;
    return sg_parse_i64(port, 1, 65535, &v) ? (int)v : 0;
}

static int listen_on(const char *address, int port)
{
    char service[8];
    int one = 1, fd = -1;
    struct addrinfo *list = NULL, hint = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV};
    if (!sg_format(service, sizeof service, "%d", port) || getaddrinfo(address, service, &hint, &list) != 0) return -1;
    fd = socket(list->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    bool ok = fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) == 0 && bind(fd, list->ai_addr, list->ai_addrlen) == 0 &&
              listen(fd, 1024) == 0;
    freeaddrinfo(list);
    if (ok) return fd;
    if (fd >= 0) (void)close(fd);
    return -1;
}

static enum sg_err load(struct sg_http_server *s, const struct sg_config *c, struct sg_error *e)
{
    sg_buf_init(&s->cert, PEM_MAX);
    sg_buf_init(&s->key, PEM_MAX);
    sg_buf_init(&s->ca, PEM_MAX);
    enum sg_err err = sg_buf_read_file(&s->cert, c->cert, e);
    if (err == SG_E_OK) err = sg_buf_read_file(&s->key, c->key, e);
    return err == SG_E_OK ? sg_buf_read_file(&s->ca, c->ca, e) : err;
}

/* poll and not epoll: the library's epoll turns without pause over every connection that has not finished its handshake. */
static struct MHD_Daemon *daemon_of(struct sg_http_server *s, const struct sg_config *c)
{
    return MHD_start_daemon(MHD_USE_POLL_INTERNAL_THREAD | MHD_USE_TLS | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC | MHD_USE_NO_LISTEN_SOCKET, 0,
        NULL, NULL, on_request, s, MHD_OPTION_HTTPS_MEM_KEY, s->key.data, MHD_OPTION_HTTPS_MEM_CERT, s->cert.data,
        MHD_OPTION_HTTPS_MEM_TRUST, s->ca.data, MHD_OPTION_HTTPS_PRIORITIES, "SECURE128:-VERS-ALL:+VERS-TLS1.3",
        MHD_OPTION_THREAD_POOL_SIZE, (unsigned)THREADS, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_TIMEOUT_S,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)c->connections, MHD_OPTION_PER_IP_CONNECTION_LIMIT, (unsigned)c->connections_per_ip,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)MEMORY, MHD_OPTION_STRICT_FOR_CLIENT, 1,
        MHD_OPTION_UNESCAPE_CALLBACK, no_unescape, NULL, MHD_OPTION_URI_LOG_CALLBACK, on_uri, s,
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, s, MHD_OPTION_NOTIFY_COMPLETED, on_completed, s, MHD_OPTION_END);
}

static void release(struct sg_http_server *s)
{
    if (s->fd >= 0) (void)close(s->fd);
    sg_acceptor_free(s->acceptor);
    sg_buf_free(&s->cert);
    sg_buf_free(&s->key);
    sg_buf_free(&s->ca);
    gnutls_free(s->ticket.data);
    (void)pthread_cond_destroy(&s->idle);
    (void)pthread_mutex_destroy(&s->lock);
    free(s);
}

static struct sg_http_server *server_new(struct sg_trust *t, struct sg_worker *w)
{
    pthread_condattr_t mono;
    struct sg_http_server *s = calloc(1, sizeof *s);
    if (!s) return NULL;
    s->trust = t;
    s->worker = w;
    s->clock = sg_clock_system(NULL);
    s->fd = -1;
    (void)pthread_mutex_init(&s->lock, NULL);
    (void)pthread_condattr_init(&mono);
    (void)pthread_condattr_setclock(&mono, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&s->idle, &mono);
    (void)pthread_condattr_destroy(&mono);
    return s;
}

enum sg_err sg_http_start(const struct sg_config *c, struct sg_trust *t, struct sg_worker *w, struct sg_http_server **out, int *port,
                          struct sg_error *e)
{
    struct sg_http_server *s = server_new(t, w);
    *out = NULL;
    if (!s) return sg_fail(e, SG_E_NOMEM, "", "no memory");
    enum sg_err err = load(s, c, e);
    if (err == SG_E_OK && gnutls_session_ticket_key_generate(&s->ticket) != 0) err = sg_fail(e, SG_E_CRYPTO, "", "no ticket key");
    if (err == SG_E_OK && (s->fd = listen_on(c->listen, c->port)) < 0) err = sg_fail(e, SG_E_IO, c->listen, "cannot listen on port %d", c->port);
    if (err == SG_E_OK) {
        *port = bound_port(s->fd);
        s->daemon = daemon_of(s, c);
        err = s->daemon ? sg_acceptor_start(s->fd, s->daemon, w, &s->acceptor, e)
                        : sg_fail(e, SG_E_IO, c->cert, "TLS cannot be set up with this certificate and key");
    }
    if (err != SG_E_OK) {
        if (s->daemon) MHD_stop_daemon(s->daemon);
        release(s);
        return err;
    }
    *out = s;
    return SG_E_OK;
}

void sg_http_quiesce(struct sg_http_server *s)
{
    sg_acceptor_stop(s->acceptor);
    (void)close(s->fd);
    s->fd = -1;
}

void sg_http_stop(struct sg_http_server *s)
{
    struct timespec until;
    if (!s) return;
    (void)pthread_mutex_lock(&s->lock);
    s->stopping = true;
    while (s->suspended > 0) (void)pthread_cond_wait(&s->idle, &s->lock);       /* the worker has stopped: they resume by themselves */
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += STOP_MS / 1000;
    while (s->in_hand > 0 && pthread_cond_timedwait(&s->idle, &s->lock, &until) == 0) {}
    (void)pthread_mutex_unlock(&s->lock);
    MHD_stop_daemon(s->daemon);
    release(s);
}
