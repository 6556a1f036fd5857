/* One thread owns the core. Whatever has come in while the last commit was waiting for the disk forms the next batch (group commit), so the
 * number of fsyncs falls as the load grows. A long poll costs nothing while it waits: it lies in a list and is handed in again when the
 * revision moves or its time is up. An import by another process is noticed by looking every few seconds while anybody waits. */
#include "server/worker.h"
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

enum { BATCH_MAX = 256, QUEUE_MAX = 10000, LOOK_MS = 2000 };

struct sg_worker {
    struct sg_core *core;
    struct sg_clock clock;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t more;
    struct sg_task *head, **tail;
    size_t queued, load;
    bool stopping;
    struct sg_task *parked;                            /* of the database thread alone */
};

static struct sg_task *pop(struct sg_worker *w)
{
    struct sg_task *t = w->head;
    if (!t) return NULL;
    w->head = t->next;
    if (!w->head) w->tail = &w->head;
    w->queued--;
    return t;
}

/* Takes due tasks out of the parked list into batch. all: whatever they wait for. */
static size_t unpark(struct sg_worker *w, struct sg_task **batch, size_t n, bool all)
{
    int64_t now = sg_mono(&w->clock), revision = sg_core_revision(w->core), events = sg_core_events(w->core);
    for (struct sg_task **at = &w->parked; *at && n < BATCH_MAX;) {
        struct sg_task *t = *at;
        bool grown = t->job.parked_size != 0 && t->job.parked_size != events;
        if (all || grown || t->job.parked_since != revision || now >= t->job.parked_until) {
            *at = t->next;
            batch[n++] = t;
        } else {
            at = &t->next;
        }
    }
    return n;
}

static void run(struct sg_worker *w, struct sg_task **batch, size_t n)
{
    struct sg_job *job[BATCH_MAX];
    for (size_t i = 0; i < n; i++) job[i] = &batch[i]->job;
    sg_core_batch(w->core, job, n);
    size_t done = 0;
    for (size_t i = 0; i < n; i++) {
        if (batch[i]->job.parked) {
            batch[i]->next = w->parked;
            w->parked = batch[i];
        } else {
            batch[i]->done(batch[i]);
            done++;
        }
    }
    (void)pthread_mutex_lock(&w->lock);
    w->load -= done;
    bool idle = !w->head;
    (void)pthread_mutex_unlock(&w->lock);
    sg_core_tidy(w->core, idle);
}

/* When to look again though nobody calls: at the earliest parked deadline, and every LOOK_MS. */
static int64_t patience_ms(const struct sg_worker *w)
{
    int64_t now = sg_mono(&w->clock), least = LOOK_MS, due = sg_core_due(w->core);
    if (due >= 0 && due - now < least) least = due - now;
    for (const struct sg_task *t = w->parked; t; t = t->next)
        if (t->job.parked_until - now < least) least = t->job.parked_until - now;
    return least > 0 ? least : 0;
}

static void wait_more(struct sg_worker *w)
{
    if (!w->parked && sg_core_due(w->core) < 0) {
        (void)pthread_cond_wait(&w->more, &w->lock);
        return;
    }
    struct timespec until;
    int64_t ms = patience_ms(w);
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ms / 1000;
    until.tv_nsec += ms % 1000 * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    (void)pthread_cond_timedwait(&w->more, &w->lock, &until);
}

/* The next batch; 0: stopping and nothing left. An idle look with waiting polls hands in one of them, which reads the revision anew. */
static size_t gather(struct sg_worker *w, struct sg_task **batch)
{
    size_t n = unpark(w, batch, 0, false);
    (void)pthread_mutex_lock(&w->lock);
    if (n == 0 && !w->head && !w->stopping) wait_more(w);
    while (n < BATCH_MAX && w->head) batch[n++] = pop(w);
    bool stopping = w->stopping;
    (void)pthread_mutex_unlock(&w->lock);
    if (stopping) sg_core_hurry(w->core);
    n = unpark(w, batch, n, stopping);
    if (n == 0 && w->parked) {
        batch[n++] = w->parked;
        w->parked = w->parked->next;
    }
    return n;
}

static bool finished(struct sg_worker *w)
{
    (void)pthread_mutex_lock(&w->lock);
    bool yes = w->stopping && !w->head && !w->parked;
    (void)pthread_mutex_unlock(&w->lock);
    return yes;
}

static bool is_due(const struct sg_worker *w)
{
    int64_t due = sg_core_due(w->core);
    return due >= 0 && sg_mono(&w->clock) >= due;
}

static void *loop(void *ctx)
{
    struct sg_worker *w = ctx;
    struct sg_task *batch[BATCH_MAX];
    while (!finished(w)) {
        size_t n = gather(w, batch);
        if (n || is_due(w)) run(w, batch, n);
    }
    sg_core_batch(w->core, NULL, 0);                   /* the last events are signed */
    return NULL;
}

enum sg_err sg_worker_start(struct sg_core *core, struct sg_worker **out, struct sg_error *e)
{
    pthread_condattr_t mono;
    struct sg_worker *w = calloc(1, sizeof *w);
    *out = NULL;
    if (!w) return sg_fail(e, SG_E_NOMEM, "", "no memory");
    w->core = core;
    w->clock = sg_clock_system(NULL);                  /* only its monotonic half, which a frozen clock leaves running */
    w->tail = &w->head;
    (void)pthread_mutex_init(&w->lock, NULL);
    (void)pthread_condattr_init(&mono);
    (void)pthread_condattr_setclock(&mono, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&w->more, &mono);
    (void)pthread_condattr_destroy(&mono);
    if (pthread_create(&w->thread, NULL, loop, w) != 0) {
        free(w);
        return sg_fail(e, SG_E_INTERNAL, "", "no thread");
    }
    *out = w;
    return SG_E_OK;
}

bool sg_worker_put(struct sg_worker *w, struct sg_task *t)
{
    t->next = NULL;
    (void)pthread_mutex_lock(&w->lock);
    bool ok = !w->stopping && w->queued < QUEUE_MAX;
    if (ok) {
        *w->tail = t;
        w->tail = &t->next;
        w->queued++;
        w->load++;
        (void)pthread_cond_signal(&w->more);
    }
    (void)pthread_mutex_unlock(&w->lock);
    return ok;
}

void sg_worker_wake(struct sg_worker *w)
{
    (void)pthread_mutex_lock(&w->lock);
    (void)pthread_cond_signal(&w->more);
    (void)pthread_mutex_unlock(&w->lock);
}

size_t sg_worker_queued(struct sg_worker *w)
{
    (void)pthread_mutex_lock(&w->lock);
    size_t n = w->queued;
    (void)pthread_mutex_unlock(&w->lock);
    return n;
}

size_t sg_worker_load(struct sg_worker *w)
{
    (void)pthread_mutex_lock(&w->lock);
    size_t n = w->load;
    (void)pthread_mutex_unlock(&w->lock);
    return n;
}

void sg_worker_stop(struct sg_worker *w)
{
    (void)pthread_mutex_lock(&w->lock);
    w->stopping = true;
    (void)pthread_cond_signal(&w->more);
    (void)pthread_mutex_unlock(&w->lock);
    (void)pthread_join(w->thread, NULL);
}

void sg_worker_free(struct sg_worker *w)
{
    if (!w) return;
    (void)pthread_cond_destroy(&w->more);
    (void)pthread_mutex_destroy(&w->lock);
    free(w);
}
