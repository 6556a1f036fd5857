/* The database thread: takes jobs from any thread, runs them through the core in batches, keeps parked ones until they are due. */
#pragma once
#include "server/core.h"

struct sg_task {                                       /* embedded in the owner's exchange; the owner frees it after done was called */
    struct sg_job job;
    struct sg_task *next;
    void (*done)(struct sg_task *t);                   /* called once, in the database thread, with the reply in job.reply */
};
struct sg_worker;
/* core is borrowed; nobody else may use it until sg_worker_stop has returned. */
SG_MUST enum sg_err sg_worker_start(struct sg_core *core, struct sg_worker **out, struct sg_error *e);
bool sg_worker_put(struct sg_worker *w, struct sg_task *t);    /* false: stopping or full, done will not be called */
size_t sg_worker_queued(struct sg_worker *w);          /* of these, waiting for the next batch */
size_t sg_worker_load(struct sg_worker *w);                    /* tasks put and not yet done, long polls included */
/* The core has something to do by itself (sg_core_due). From any thread. */
void sg_worker_wake(struct sg_worker *w);
/* Answers everything that is in hand, long polls at once, then ends the thread; put is refused from then on. */
void sg_worker_stop(struct sg_worker *w);
void sg_worker_free(struct sg_worker *w);                      /* after stop, when nobody can call put any more; NULL-safe */
