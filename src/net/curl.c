/* The real transport: one curl multi handle for one signed-in identity, because curl would otherwise use a connection or TLS
 * session of the previous person for the next. Requests are few (four actions, one long poll, some reads), so the map from
 * token to transfer is a list. Replies are handed out only in sg_curl_run, after the transfer left the list: a callback may
 * start, cancel, or close. Closing from inside a callback takes effect when the run ends. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include "base/str.h"
#include "net/identity.h"
#include "net/transfer.h"

enum { WAIT_MAX_MS = 24 * 3600 * 1000, CONNECTIONS_MAX = 8, STILLBORN_MAX = 256 };

struct sg_curl {
    CURLM *multi;
    struct sg_transfer *first;
    struct sg_identity id;          /* strings owned */
    char *owned[4];
    sg_reply_fn *fn;
    void *ctx;
    bool running, closing;
    uint64_t stillborn[STILLBORN_MAX];      /* there was no memory to begin them: their reply says so */
    size_t n_stillborn;
};

static void destroy(struct sg_curl *c)
{
    while (c->first) {
        struct sg_transfer *t = c->first;
        c->first = t->next;
        if (t->easy)
            (void)curl_multi_remove_handle(c->multi, t->easy);
        sg_transfer_free(t);
    }
    if (c->multi)
        (void)curl_multi_cleanup(c->multi);
    for (size_t i = 0; i < sizeof c->owned / sizeof *c->owned; i++)
        free(c->owned[i]);
    free(c);
}

static void start(void *self, uint64_t token, struct sg_http_request *rq, int timeout_ms)
{
    struct sg_curl *c = self;
    struct sg_transfer *t = sg_transfer_new(&c->id, token, rq, timeout_ms);
    if (!t) {
        sg_http_request_free(rq);
        if (c->n_stillborn == STILLBORN_MAX)
            abort();                /* the engine has made room for every one of these requests, and the transport for none: cannot be */
        c->stillborn[c->n_stillborn++] = token;
        return;
    }
    if (t->easy && curl_multi_add_handle(c->multi, t->easy) != CURLM_OK) {
        curl_easy_cleanup(t->easy);
        t->easy = NULL;
        t->reply.transport = SG_E_INTERNAL;
        SG_COPY(t->reply.transport_detail, "the request could not be started");
    }
    t->next = c->first;
    c->first = t;
}

static bool unlink_transfer(struct sg_curl *c, const struct sg_transfer *t)
{
    for (struct sg_transfer **at = &c->first; *at; at = &(*at)->next)
        if (*at == t) {
            *at = t->next;
            return true;
        }
    return false;
}

static void cancel(void *self, uint64_t token)
{
    struct sg_curl *c = self;
    struct sg_transfer *t = c->first;
    while (t && t->token != token)
        t = t->next;
    for (size_t i = 0; i < c->n_stillborn; i++)
        if (c->stillborn[i] == token)
            c->stillborn[i] = c->stillborn[--c->n_stillborn];
    if (!t || !unlink_transfer(c, t))
        return;
    if (t->easy)
        (void)curl_multi_remove_handle(c->multi, t->easy);
    sg_transfer_free(t);
}

static void close_all(void *self)
{
    struct sg_curl *c = self;
    c->closing = true;
    if (!c->running)
        destroy(c);
}

/* Hands out one reply; t is freed. */
static void deliver(struct sg_curl *c, struct sg_transfer *t)
{
    struct sg_http_reply reply = t->reply;
    memset(&t->reply.body, 0, sizeof t->reply.body);
    uint64_t token = t->token;
    sg_transfer_free(t);
    if (c->closing)
        sg_http_reply_free(&reply);
    else
        c->fn(c->ctx, token, &reply);
}

static unsigned deliver_stillborn(struct sg_curl *c)
{
    unsigned n = 0;
    while (c->n_stillborn > 0 && !c->closing) {
        struct sg_http_reply reply = { .transport = SG_E_NOMEM, .transport_detail = "not enough memory to send", .retry_after = -1 };
        sg_buf_init(&reply.body, SG_REPLY_MAX);
        uint64_t token = c->stillborn[0];
        c->n_stillborn--;
        memmove(c->stillborn, c->stillborn + 1, c->n_stillborn * sizeof *c->stillborn);
        c->fn(c->ctx, token, &reply);
        n++;
    }
    return n;
}

static unsigned deliver_unstarted(struct sg_curl *c)
{
    unsigned n = deliver_stillborn(c);
    for (struct sg_transfer *t = c->first; t;) {
        if (t->easy) {
            t = t->next;
            continue;
        }
        (void)unlink_transfer(c, t);
        deliver(c, t);
        n++;
        t = c->first;               /* the callback may have changed the list */
    }
    return n;
}

static unsigned perform(struct sg_curl *c)
{
    int busy, left;
    unsigned n = deliver_unstarted(c);
    (void)curl_multi_perform(c->multi, &busy);
    for (CURLMsg *m; (m = curl_multi_info_read(c->multi, &left));) {
        struct sg_transfer *t = NULL;
        CURLcode result = m->data.result;
        if (m->msg != CURLMSG_DONE || curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &t) != CURLE_OK || !t)
            continue;
        (void)curl_multi_remove_handle(c->multi, t->easy);
        (void)unlink_transfer(c, t);
        sg_transfer_finish(t, result);
        deliver(c, t);
        n++;
    }
    return n;
}

void sg_curl_run(struct sg_curl *c, int fd, int wait_ms)
{
    struct curl_waitfd extra = { .fd = fd, .events = CURL_WAIT_POLLIN };
    c->running = true;
    if (!perform(c)) {
        int ms = wait_ms < 0 || wait_ms > WAIT_MAX_MS ? WAIT_MAX_MS : wait_ms;
        (void)curl_multi_poll(c->multi, fd >= 0 ? &extra : NULL, fd >= 0 ? 1 : 0, ms, NULL);
        (void)perform(c);
    }
    c->running = false;
    if (c->closing)
        destroy(c);
}

void sg_curl_wake(struct sg_curl *c)
{
    (void)curl_multi_wakeup(c->multi);
}

struct sg_transport sg_curl_transport(struct sg_curl *c)
{
    static const struct sg_transport_ops ops = { .start = start, .cancel = cancel, .close = close_all };
    return (struct sg_transport){ .ops = &ops, .self = c };
}

/* "https://host[:port]" and nothing behind it. */
static bool url_ok(const char *url)
{
    static const char scheme[] = "https://";
    if (!url || !sg_starts(url, scheme) || strlen(url) > 255)
        return false;
    const char *host = url + sizeof scheme - 1;
    return *host && !strpbrk(host, "/?#@\\ \t\r\n");
}

/* With CURLOPT_NOSIGNAL curl leaves SIGPIPE alone, and OpenSSL writes to sockets that may be closed. */
static void ignore_sigpipe(void)
{
    struct sigaction now;
    if (sigaction(SIGPIPE, NULL, &now) == 0 && now.sa_handler == SIG_DFL) {
        now.sa_handler = SIG_IGN;
        (void)sigaction(SIGPIPE, &now, NULL);
    }
}

static bool keep_strings(struct sg_curl *c, const struct sg_identity *id)
{
    const char *const text[] = { id->url, id->ca_file, id->cert_file, id->key_file };
    for (size_t i = 0; i < sizeof text / sizeof *text; i++)
        if (!(c->owned[i] = strdup(text[i])))
            return false;
    c->id = (struct sg_identity){ .url = c->owned[0], .ca_file = c->owned[1], .cert_file = c->owned[2], .key_file = c->owned[3],
                                 .connect_ms = id->connect_ms };
    return true;
}

enum sg_err sg_curl_new(const struct sg_identity *id, sg_reply_fn *fn, void *ctx, struct sg_curl **out, struct sg_error *e)
{
    *out = NULL;
    if (!url_ok(id->url))
        return sg_fail(e, SG_E_INPUT, "url", "must be https://host or https://host:port");
    enum sg_err r = sg_identity_check(id, e);
    if (r != SG_E_OK)
        return r;
    if ((r = sg_curl_load(e)) != SG_E_OK)
        return r;
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return sg_fail(e, SG_E_INTERNAL, "", "libcurl does not start");
    ignore_sigpipe();
    struct sg_curl *c = calloc(1, sizeof *c);
    if (!c)
        return sg_fail(e, SG_E_NOMEM, "", "no memory for the transport");
    c->fn = fn;
    c->ctx = ctx;
    c->multi = curl_multi_init();
    if (!c->multi || !keep_strings(c, id)) {
        destroy(c);
        return sg_fail(e, SG_E_NOMEM, "", "no memory for the transport");
    }
    (void)curl_multi_setopt(c->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
    (void)curl_multi_setopt(c->multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)CONNECTIONS_MAX);
    *out = c;
    return SG_E_OK;
}
