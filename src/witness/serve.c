/* HTTP for one witness. One thread of libmicrohttpd serves everybody in turn, which is what makes looking and writing down one step. */
#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include "base/log.h"
#include "base/str.h"
#include "witness/witness.h"

enum { PEM_MAX = 1 << 20, CONNECTIONS = 64, PER_IP = 16, TIMEOUT_S = 20, MEMORY = 32 << 10 };
struct sg_witness_server { struct MHD_Daemon *daemon; struct sg_witness *w; struct sg_buf cert, key; };

static enum MHD_Result reply(struct MHD_Connection *c, int status, struct sg_buf *text)
{
    static char none[1];
    struct MHD_Response *r = MHD_create_response_from_buffer(text->len, text->data ? text->data : none, MHD_RESPMEM_MUST_COPY);
    if (!r) return MHD_NO;
    bool size = status == MHD_HTTP_CONFLICT;
    (void)MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, size ? "text/x.tlog.size" : "text/plain; charset=utf-8");
    enum MHD_Result rc = MHD_queue_response(c, (unsigned)status, r);
    MHD_destroy_response(r);
    return rc;
}

static bool wanted(const char *url)
{
    static const char tail[] = "/add-checkpoint";
    size_t n = strlen(url);
    return n >= sizeof tail - 1 && sg_eq(url + n - (sizeof tail - 1), tail);
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *c, const char *url, const char *method, const char *version, const char *data, size_t *n, void **ctx)
{
    struct sg_witness_server *s = cls;
    struct sg_buf *body = *ctx, answer;
    (void)version;
    if (!body) {
        body = *ctx = calloc(1, sizeof *body);
        if (body) sg_buf_init(body, SG_WITNESS_BODY_MAX);
        return body ? MHD_YES : MHD_NO;
    }
    if (*n > 0) {
        (void)sg_buf_add(body, data, *n);                    /* what is beyond the limit is taken off the wire and dropped */
        *n = 0;
        return MHD_YES;
    }
    sg_buf_init(&answer, SG_NOTE_MAX);
    int status = !wanted(url) ? MHD_HTTP_NOT_FOUND : !sg_eq(method, MHD_HTTP_METHOD_POST) ? MHD_HTTP_METHOD_NOT_ALLOWED :
                 sg_buf_check(body) != SG_E_OK ? MHD_HTTP_CONTENT_TOO_LARGE : sg_witness_add(s->w, body->data ? body->data : "", body->len, &answer);
    sg_log(SG_LOG_DEBUG, "%s %s: %d", method, wanted(url) ? "add-checkpoint" : "something else", status);
    enum MHD_Result rc = reply(c, status, &answer);
    sg_buf_free(&answer);
    return rc;
}

static void on_end(void *cls, struct MHD_Connection *c, void **ctx, enum MHD_RequestTerminationCode how)
{
    (void)cls, (void)c, (void)how;
    if (*ctx) sg_buf_free(*ctx);
    free(*ctx);
    *ctx = NULL;
}

static enum sg_err read_pem(struct sg_witness_server *s, const struct sg_witness_listen *l, struct sg_error *e)
{
    sg_buf_init(&s->cert, PEM_MAX);
    sg_buf_init(&s->key, PEM_MAX);
    enum sg_err err = l->cert_file ? sg_buf_read_file(&s->cert, l->cert_file, e) : SG_E_OK;
    return err == SG_E_OK && l->cert_file ? sg_buf_read_file(&s->key, l->key_file, e) : err;
}

static struct MHD_Daemon *begin(struct sg_witness_server *s, const struct sockaddr_in *at, bool tls)
{
    const struct MHD_OptionItem secure[] = {{MHD_OPTION_HTTPS_MEM_CERT, 0, s->cert.data}, {MHD_OPTION_HTTPS_MEM_KEY, 0, s->key.data}, {MHD_OPTION_END, 0, NULL}};
    const struct MHD_OptionItem plain[] = {{MHD_OPTION_END, 0, NULL}};
    return MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL | (tls ? MHD_USE_TLS : 0u), 0, NULL, NULL, on_request, s, MHD_OPTION_SOCK_ADDR, at,
                            MHD_OPTION_NOTIFY_COMPLETED, on_end, NULL, MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
                            (unsigned)PER_IP, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)TIMEOUT_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)MEMORY,
                            MHD_OPTION_ARRAY, tls ? secure : plain, MHD_OPTION_END);
}

enum sg_err sg_witness_serve(struct sg_witness *w, const struct sg_witness_listen *l, struct sg_witness_server **out, int *port, struct sg_error *e)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)l->port)};
    struct sg_witness_server *s = calloc(1, sizeof *s);
    *out = NULL;
    if (!s) return sg_fail(e, SG_E_NOMEM, "", "no memory");
    s->w = w;
    enum sg_err err = inet_pton(AF_INET, l->address, &at.sin_addr) == 1 ? read_pem(s, l, e) : sg_fail(e, SG_E_INPUT, "--listen", "not an IPv4 address");
    if (err == SG_E_OK && !(s->daemon = begin(s, &at, l->cert_file != NULL))) err = sg_fail(e, SG_E_IO, "--listen", "cannot listen on %s:%d", l->address, l->port);
    if (err != SG_E_OK) {
        sg_witness_stop(s);
        return err;
    }
    *port = MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
    *out = s;
    return SG_E_OK;
}

void sg_witness_stop(struct sg_witness_server *s)
{
    if (!s) return;
    if (s->daemon) MHD_stop_daemon(s->daemon);
    sg_buf_free(&s->cert);
    sg_buf_free(&s->key);
    free(s);
}
