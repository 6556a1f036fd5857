/* One request as curl sees it. Everything that could lead a request elsewhere is closed: no proxy from the environment, no
 * redirects, no system certificate store, TLS 1.3 only, host name verified. TCP keep-alive with a user time-out lets the kernel
 * notice a vanished network while a long poll is idle, within about five seconds and without any timer of ours. */
#include "base/version.h"
#include "net/transfer.h"
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include "base/secret.h"
#include "base/str.h"

enum { KEEP_IDLE_S = 2, KEEP_INTERVAL_S = 1, KEEP_COUNT = 3, USER_TIMEOUT_MS = 3000, RETRY_AFTER_MAX_S = 86400 };

static size_t on_body(char *data, size_t one, size_t n, void *ctx)
{
    struct sg_transfer *t = ctx;
    return sg_buf_add(&t->reply.body, data, one * n) == SG_E_OK ? one * n : 0;
}

/* The value of a header line when its name is name (with colon); blanks and line end cut off. */
static bool header_value(const char *line, size_t n, const char *name, char *dst, size_t cap)
{
    size_t len = strlen(name);
    if (n < len || strncasecmp(line, name, len) != 0)
        return false;
    for (line += len, n -= len; n && (*line == ' ' || *line == '\t'); line++)
        n--;
    while (n && strchr(" \t\r\n", line[n - 1]))
        n--;
    if (!sg_copyn(dst, cap, line, n))
        dst[0] = '\0';
    return true;
}

/* A new status line begins a new answer: what an interim answer said is forgotten. */
static void forget_headers(struct sg_transfer *t)
{
    struct sg_http_reply *r = &t->reply;
    r->content_type[0] = r->etag[0] = '\0';
    r->replayed = false;
    r->server_time = 0;
    t->retry_after_seen = t->framed = false;
}

static size_t on_header(char *line, size_t one, size_t n, void *ctx)
{
    struct sg_transfer *t = ctx;
    struct sg_http_reply *r = &t->reply;
    char value[64];
    n *= one;
    if (n >= 5 && memcmp(line, "HTTP/", 5) == 0)
        forget_headers(t);
    else if (header_value(line, n, "Content-Type:", value, sizeof value))
        SG_COPY(r->content_type, value);
    else if (header_value(line, n, "ETag:", value, sizeof value))
        SG_COPY(r->etag, value);
    else if (header_value(line, n, "Content-Length:", value, sizeof value) || header_value(line, n, "Transfer-Encoding:", value, sizeof value))
        t->framed = true;
    else if (header_value(line, n, "Retry-After:", value, sizeof value))
        t->retry_after_seen = true;
    else if (header_value(line, n, "Idempotency-Replayed:", value, sizeof value))
        r->replayed = sg_ieq(value, "true");
    else if (header_value(line, n, "Sigill-Time:", value, sizeof value) && !sg_rfc3339_parse(value, &r->server_time))
        r->server_time = 0;
    return n;
}

static int on_socket(void *ctx, curl_socket_t fd, curlsocktype purpose)
{
    const int count = KEEP_COUNT, ms = USER_TIMEOUT_MS;
    (void)ctx, (void)purpose;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof count);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, sizeof ms);
    return CURL_SOCKOPT_OK;
}

/* Non-blocking from its birth: curl asks for it afterwards and does not look whether it got it, and a socket that blocks holds up everything. */
static curl_socket_t open_socket(void *ctx, curlsocktype purpose, struct curl_sockaddr *a)
{
    (void)ctx, (void)purpose;
    return socket(a->family, a->socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, a->protocol);
}

/* "Name: value"; false for no memory, or a value that would break out of its line. */
static bool add_header(struct sg_transfer *t, const char *name, const char *value)
{
    char line[256];
    if (!*value)
        return true;
    bool fine = !strpbrk(value, "\r\n") && sg_format(line, sizeof line, "%s: %s", name, value);
    struct curl_slist *more = fine ? curl_slist_append(t->headers, line) : NULL;
    sg_wipe(line, sizeof line);
    if (more)
        t->headers = more;
    return more != NULL;
}

static bool set_headers(struct sg_transfer *t, const struct sg_http_request *rq, bool has_body)
{
    char bearer[sizeof rq->bearer + 8] = "";
    if (rq->bearer[0])
        sg_format(bearer, sizeof bearer, "Bearer %s", rq->bearer);
    struct curl_slist *no_expect = curl_slist_append(t->headers, "Expect:");
    if (!no_expect)
        return false;
    t->headers = no_expect;
    bool fine = add_header(t, "Accept", "application/json, application/problem+json") && add_header(t, "Authorization", bearer) &&
                add_header(t, "If-Match", rq->if_match) && add_header(t, "If-None-Match", rq->if_none_match) &&
                add_header(t, "traceparent", rq->traceparent) &&
                (!has_body || add_header(t, "Content-Type", rq->content_type[0] ? rq->content_type : "application/json"));
    sg_wipe(bearer, sizeof bearer);
    return fine && curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->headers) == CURLE_OK;
}

static bool set_method(struct sg_transfer *t, enum sg_method m)
{
    if (m == SG_GET)
        return curl_easy_setopt(t->easy, CURLOPT_HTTPGET, 1L) == CURLE_OK;
    if (curl_easy_setopt(t->easy, CURLOPT_CUSTOMREQUEST, sg_method_name(m)) != CURLE_OK)
        return false;
    if (m == SG_DELETE && !t->body.len)
        return true;
    return curl_easy_setopt(t->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)t->body.len) == CURLE_OK &&
           curl_easy_setopt(t->easy, CURLOPT_POSTFIELDS, t->body.data ? t->body.data : "") == CURLE_OK;
}

struct text_option { CURLoption option; const char *value; };
struct long_option { CURLoption option; long value; };

static bool set_security(struct sg_transfer *t, const struct sg_identity *id)
{
    const struct text_option text[] = {
        { CURLOPT_PROTOCOLS_STR, "https" }, { CURLOPT_PROXY, "" }, { CURLOPT_NOPROXY, "*" }, { CURLOPT_CAINFO, id->ca_file },
        { CURLOPT_CAPATH, NULL }, { CURLOPT_SSLCERT, id->cert_file }, { CURLOPT_SSLKEY, id->key_file },
        { CURLOPT_USERAGENT, "sigill/" SG_VERSION },
    };
    const struct long_option number[] = {
        { CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_3 }, { CURLOPT_SSL_VERIFYPEER, 1 }, { CURLOPT_SSL_VERIFYHOST, 2 },
        { CURLOPT_FOLLOWLOCATION, 0 }, { CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1 }, { CURLOPT_NOSIGNAL, 1 },
        { CURLOPT_QUICK_EXIT, 1 }, { CURLOPT_CONNECTTIMEOUT_MS, id->connect_ms > 0 ? id->connect_ms : SG_CONNECT_MS }, { CURLOPT_TCP_KEEPALIVE, 1 },
        { CURLOPT_TCP_KEEPIDLE, KEEP_IDLE_S }, { CURLOPT_TCP_KEEPINTVL, KEEP_INTERVAL_S }, { CURLOPT_NETRC, CURL_NETRC_IGNORED },
        { CURLOPT_SSL_SESSIONID_CACHE, 0 },      /* curl 7.88 frees strings twice when memory runs out while it keeps a session */
    };
    for (size_t i = 0; i < sizeof text / sizeof *text; i++)
        if (curl_easy_setopt(t->easy, text[i].option, text[i].value) != CURLE_OK)
            return false;
    for (size_t i = 0; i < sizeof number / sizeof *number; i++)
        if (curl_easy_setopt(t->easy, number[i].option, number[i].value) != CURLE_OK)
            return false;
    return true;
}

static bool set_callbacks(struct sg_transfer *t)
{
    CURL *c = t->easy;
    return curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body) == CURLE_OK && curl_easy_setopt(c, CURLOPT_WRITEDATA, t) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header) == CURLE_OK && curl_easy_setopt(c, CURLOPT_HEADERDATA, t) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_SOCKOPTFUNCTION, on_socket) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_OPENSOCKETFUNCTION, open_socket) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_ERRORBUFFER, t->error) == CURLE_OK && curl_easy_setopt(c, CURLOPT_PRIVATE, t) == CURLE_OK;
}

static bool set_target(struct sg_transfer *t, const char *base, const struct sg_http_request *rq, int timeout_ms)
{
    char url[1024];
    return rq->path[0] == '/' && sg_format(url, sizeof url, "%s" SG_API_BASE "%s%s%s", base, rq->path, rq->query[0] ? "?" : "", rq->query) &&
           curl_easy_setopt(t->easy, CURLOPT_URL, url) == CURLE_OK &&
           curl_easy_setopt(t->easy, CURLOPT_TIMEOUT_MS, (long)timeout_ms) == CURLE_OK;
}

struct sg_transfer *sg_transfer_new(const struct sg_identity *id, uint64_t token, struct sg_http_request *rq, int timeout_ms)
{
    struct sg_transfer *t = calloc(1, sizeof *t);
    if (!t)
        return NULL;
    t->token = token;
    t->body = rq->body;
    memset(&rq->body, 0, sizeof rq->body);
    t->reply.retry_after = -1;
    sg_buf_init(&t->reply.body, SG_REPLY_MAX);
    t->easy = curl_easy_init();
    if (t->easy && set_security(t, id) && set_callbacks(t) && set_target(t, id->url, rq, timeout_ms) && set_method(t, rq->method) &&
        set_headers(t, rq, rq->method == SG_PUT || rq->method == SG_POST))
        return t;
    curl_easy_cleanup(t->easy);
    t->easy = NULL;
    t->reply.transport = SG_E_INTERNAL;
    SG_COPY(t->reply.transport_detail, "the request could not be made");
    return t;
}

void sg_transfer_free(struct sg_transfer *t)
{
    if (!t)
        return;
    curl_easy_cleanup(t->easy);
    for (struct curl_slist *h = t->headers; h; h = h->next)
        sg_wipe(h->data, strlen(h->data));
    curl_slist_free_all(t->headers);
    sg_buf_free(&t->body);
    sg_http_reply_free(&t->reply);
    free(t);
}

/* Whether the other side turned our certificate down. In TLS 1.3 that alert comes after the handshake, as a failed read. */
static bool refused_by_peer(CURLcode result, const char *error)
{
    static const char *const about[] = { "certificate", "unknown ca", "access denied" };
    const char *alert = strstr(error, "alert ");
    if (result == CURLE_SSL_CERTPROBLEM)
        return true;
    for (size_t i = 0; alert && i < sizeof about / sizeof *about; i++)
        if (strstr(alert, about[i]))
            return true;
    return false;
}

/* An answer that does not say how long it is ends with the connection, and curl does not tell a cut connection from a closed one. */
static bool whole(const struct sg_transfer *t, long status)
{
    return status >= 200 && (t->framed || status == 204 || status == 304);
}

void sg_transfer_finish(struct sg_transfer *t, CURLcode result)
{
    struct sg_http_reply *r = &t->reply;
    long status = 0;
    curl_off_t wait = 0;
    if (result == CURLE_OK && curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK && whole(t, status)) {
        r->transport = SG_E_OK;
        r->status = (int)status;
        if (t->retry_after_seen && curl_easy_getinfo(t->easy, CURLINFO_RETRY_AFTER, &wait) == CURLE_OK && wait >= 0)
            r->retry_after = wait > RETRY_AFTER_MAX_S ? RETRY_AFTER_MAX_S : (int)wait;
        return;
    }
    const char *what = r->body.failed ? "the answer is too large" : result == CURLE_OK ? "the answer has no known end" : curl_easy_strerror(result);
    forget_headers(t);
    sg_buf_free(&r->body);
    sg_buf_init(&r->body, SG_REPLY_MAX);
    r->transport = refused_by_peer(result, t->error) ? SG_E_AUTH : SG_E_OFFLINE;
    sg_format(r->transport_detail, sizeof r->transport_detail, "%s%s%s", what, t->error[0] ? ": " : "", t->error);
}
