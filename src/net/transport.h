/* The wire seam of the client: requests go out, replies come back by token. Real: one curl multi handle per signed-in
 * identity, destroyed at sign-out. Simulated: tests/sim. Not thread-safe; lives in the engine thread. */
#pragma once
#include "wire/http.h"

typedef void sg_reply_fn(void *ctx, uint64_t token, struct sg_http_reply *r);     /* takes over r->body */
struct sg_transport_ops {
    /* Takes over rq's body. The reply (also a failed one) arrives later through the callback, exactly once, never from inside start. */
    void (*start)(void *self, uint64_t token, struct sg_http_request *rq, int timeout_ms);
    void (*cancel)(void *self, uint64_t token);            /* no callback afterwards */
    void (*close)(void *self);                             /* drops connections, TLS sessions and the transport itself */
};
struct sg_transport { const struct sg_transport_ops *ops; void *self; };

struct sg_identity {                                       /* certificate files; a smart card joins here later */
    const char *url;                                       /* "https://host:port" */
    const char *ca_file, *cert_file, *key_file;
    int connect_ms;                                        /* until a connection must stand; 0: SG_CONNECT_MS */
};
/* Reads who the certificate is for: subject serialNumber (HSA-id) and CN. */
SG_MUST enum sg_err sg_identity_read(const char *cert_file, char hsa[SG_HSA_MAX], char name[SG_NAME_MAX], struct sg_error *e);

struct sg_curl;                                            /* the real one */
SG_MUST enum sg_err sg_curl_new(const struct sg_identity *id, sg_reply_fn *fn, void *ctx, struct sg_curl **out, struct sg_error *e);
struct sg_transport sg_curl_transport(struct sg_curl *c);
/* Runs transfers and waits at most wait_ms (-1: no limit) for one of them, for fd (or -1) to be readable, or for sg_curl_wake. Calls back. */
void sg_curl_run(struct sg_curl *c, int fd, int wait_ms);
void sg_curl_wake(struct sg_curl *c);                      /* from any thread */
