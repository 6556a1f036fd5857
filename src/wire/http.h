/* One HTTP exchange as both sides see it: the wire seam. Plain values; the body buffer is owned by the holder. */
#pragma once
#include "base/buf.h"
#include "model/ids.h"

enum sg_method { SG_GET, SG_PUT, SG_POST, SG_DELETE };
const char *sg_method_name(enum sg_method m);

struct sg_http_request {
    enum sg_method method;
    char path[256];                  /* below the base "/sigill/v1", e.g. "/citizens/0190…"; never personal data */
    char query[768];                 /* without '?', "" when none */
    char if_match[SG_ETAG_MAX + 4];  /* as sent, with quotes, or "*"; "" when none */
    char if_none_match[SG_ETAG_MAX + 4];   /* as sent, with quotes; "" when none */
    char bearer[80];                 /* session token, "" when none */
    char content_type[48];
    char traceparent[64];
    struct sg_buf body;
};
struct sg_http_reply {
    int status;                      /* 0: no answer (transport failed, see transport) */
    char content_type[48];
    char etag[SG_ETAG_MAX + 4];
    int retry_after;                 /* seconds, -1 none */
    bool replayed;                   /* Idempotency-Replayed: true */
    int64_t server_time;             /* wall ms from the Date-like header X-… "Sigill-Time", 0 none */
    enum sg_err transport;           /* SG_E_OK, SG_E_OFFLINE (nothing came), SG_E_AUTH (TLS refused us), SG_E_CANCELLED */
    char transport_detail[128];      /* for the diary, no personal data */
    struct sg_buf body;
};
void sg_http_request_free(struct sg_http_request *r);
void sg_http_reply_free(struct sg_http_reply *r);
#define SG_API_BASE "/sigill/v1"
