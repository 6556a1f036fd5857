/* The service on the network: libmicrohttpd over TLS 1.3 in front of a worker. */
#pragma once
#include "server/config.h"
#include "server/trust.h"
#include "server/worker.h"

struct sg_http_server;
/* config, trust and worker are borrowed. *port: the one it listens on. */
SG_MUST enum sg_err sg_http_start(const struct sg_config *c, struct sg_trust *t, struct sg_worker *w, struct sg_http_server **out, int *port,
                                  struct sg_error *e);
void sg_http_quiesce(struct sg_http_server *s);        /* takes no new connections; then stop the worker, then stop this */
void sg_http_stop(struct sg_http_server *s);           /* waits at most two seconds for answers on their way out */
