/* One transfer: a request on its way and the reply being collected. Internal to net. */
#pragma once
#include "net/curl_lib.h"
#include "net/transport.h"

enum { SG_REPLY_MAX = 8 << 20, SG_CONNECT_MS = 3000 };     /* bytes; ms until a connection must stand */

struct sg_transfer {
    struct sg_transfer *next;
    uint64_t token;
    CURL *easy;                     /* NULL: could not be started, the reply says why */
    struct curl_slist *headers;
    struct sg_buf body;             /* of the request, kept as long as curl reads from it */
    struct sg_http_reply reply;
    bool retry_after_seen;
    bool framed;                    /* the answer said how long it is */
    char error[CURL_ERROR_SIZE];
};
/* Prepares a transfer; takes over rq->body. Never NULL but for want of memory for the struct itself. */
struct sg_transfer *sg_transfer_new(const struct sg_identity *id, uint64_t token, struct sg_http_request *rq, int timeout_ms);
void sg_transfer_free(struct sg_transfer *t);              /* the reply's body too */
/* Turns curl's verdict into the reply's: status and body stay only when the answer is whole. */
void sg_transfer_finish(struct sg_transfer *t, CURLcode result);
