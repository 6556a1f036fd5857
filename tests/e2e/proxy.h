/* A TCP proxy on 127.0.0.1 that cuts every connection with a reset after a given byte of one direction. */
#pragma once
#include <stddef.h>
enum proxy_way { PROXY_UP, PROXY_DOWN };          /* client to server, server to client */
struct proxy;
struct proxy *proxy_new(int to_port, int *port);
/* From now on bytes are counted anew; when more than `bytes` have come in one direction, only so many are passed on and all
 * connections are cut. cut_at < 0: pass everything on. */
void proxy_arm(struct proxy *p, enum proxy_way way, long cut_at);
long proxy_count(struct proxy *p, enum proxy_way way);     /* bytes that came since proxy_arm */
int proxy_was_cut(struct proxy *p);
/* Shut: every connection is cut and every new one too, as if the network were gone; open again: as before. */
void proxy_shut(struct proxy *p, int shut);
/* Each piece of what the server says is asked about, in the proxy's thread, before it is passed on: 0 lets it vanish, and nobody notices,
 * because the connections stay. NULL: everything passes. */
typedef int proxy_gate_fn(void);
void proxy_gate(struct proxy *p, proxy_gate_fn *fn);
void proxy_free(struct proxy *p);
