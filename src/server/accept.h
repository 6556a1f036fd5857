/* Lets connections in one by one, at the pace of what is already in the house. */
#pragma once
#include <netinet/in.h>
#include "base/err.h"
#include "server/worker.h"

struct sg_acceptor;
struct MHD_Daemon;
/* fd listens and does not block; it, the daemon and the worker are borrowed and outlive the acceptor. */
SG_MUST enum sg_err sg_acceptor_start(int fd, struct MHD_Daemon *daemon, struct sg_worker *w, struct sg_acceptor **out, struct sg_error *e);
/* A connection that was let in has sent its first request, or has gone without. Any thread. */
void sg_acceptor_settled(struct sg_acceptor *a);
void sg_acceptor_stop(struct sg_acceptor *a);          /* nobody comes in any more when it returns; settled may still be called */
void sg_acceptor_free(struct sg_acceptor *a);          /* after stop; NULL is fine */
