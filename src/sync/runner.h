/* Two ways to run an engine: in a thread of its own behind two message queues, or inline until an ask is answered. */
#pragma once
#include "sync/engine.h"
struct sg_runner;
/* Threaded (full screen): all signals blocked in the thread. *wake_fd becomes readable when tells wait. */
SG_MUST enum sg_err sg_runner_start(const struct sg_engine_opts *o, struct sg_runner **out, int *wake_fd, struct sg_error *e);
void sg_runner_ask(struct sg_runner *r, struct sg_ask *a);            /* any time, from the screen thread; copies; takes a->action */
struct sg_tell *sg_runner_take(struct sg_runner *r);                  /* NULL when none waits; caller frees with sg_tell_free */
void sg_runner_stop(struct sg_runner *r);                             /* loses nothing: what was told durable is on disk */

/* Inline (command line): runs the engine until the ask has its final tell or wait_ms passed; every tell of that ask goes to fn. */
struct sg_inline;
SG_MUST enum sg_err sg_inline_open(const struct sg_engine_opts *o, struct sg_inline **out, struct sg_error *e);
SG_MUST enum sg_err sg_inline_ask(struct sg_inline *r, struct sg_ask *a, int wait_ms, sg_tell_fn *fn, void *ctx);
void sg_inline_close(struct sg_inline *r);
