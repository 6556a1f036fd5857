/* The engine in a thread of its own. Two queues under one mutex are all the two threads share: asks in (curl is woken for them), tells out
 * (an eventfd is readable while any wait). The thread blocks every signal; the screen thread gets them all. */
#include "sync/runner.h"
#include "base/log.h"
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct asked { struct asked *next; struct sg_ask a; };

struct sg_runner {
    pthread_t thread;
    pthread_mutex_t lock;                       /* guards the four pointers and stop */
    struct asked *asks, **asks_end;
    struct sg_tell *tells, **tells_end;
    bool stop;
    int wake_fd;
    struct sg_engine *engine;                   /* the thread's own */
    struct sg_curl *curl;
};

static void on_tell(void *ctx, struct sg_tell *t)
{
    struct sg_runner *r = ctx;
    t->next = NULL;
    pthread_mutex_lock(&r->lock);
    *r->tells_end = t;
    r->tells_end = &t->next;
    pthread_mutex_unlock(&r->lock);
    const uint64_t one = 1;
    if (write(r->wake_fd, &one, sizeof one) < 0 && errno != EAGAIN)
        sg_log(SG_LOG_ERROR, "the screen could not be woken");
}

static void free_ask(struct asked *n)
{
    sg_wipe(&n->a.text, sizeof n->a.text);
    free(n->a.action);
    free(n);
}

/* True when the thread is to end. */
static bool take_mail(struct sg_runner *r)
{
    pthread_mutex_lock(&r->lock);
    struct asked *list = r->asks;
    r->asks = NULL;
    r->asks_end = &r->asks;
    bool stop = r->stop;
    pthread_mutex_unlock(&r->lock);
    while (list) {
        struct asked *n = list;
        list = n->next;
        sg_engine_ask(r->engine, &n->a);
        free_ask(n);
    }
    return stop;
}

static void *run(void *arg)
{
    struct sg_runner *r = arg;
    while (!take_mail(r))
        sg_curl_run(r->curl, -1, sg_engine_step(r->engine));
    sg_engine_free(r->engine);                  /* closes the transport as well */
    r->engine = NULL;
    return NULL;
}

static void free_runner(struct sg_runner *r)
{
    while (r->asks) {
        struct asked *n = r->asks;
        r->asks = n->next;
        free_ask(n);
    }
    while (r->tells) {
        struct sg_tell *t = r->tells;
        r->tells = t->next;
        sg_tell_free(t);
    }
    sg_engine_free(r->engine);
    if (r->wake_fd >= 0)
        close(r->wake_fd);
    pthread_mutex_destroy(&r->lock);
    free(r);
}

static enum sg_err start_thread(struct sg_runner *r, struct sg_error *e)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&r->thread, NULL, run, r);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failed ? sg_fail(e, SG_E_NOMEM, "", "thread: %s", strerror(failed)) : SG_E_OK;
}

enum sg_err sg_runner_start(const struct sg_engine_opts *o, struct sg_runner **out, int *wake_fd, struct sg_error *e)
{
    *out = NULL;
    struct sg_runner *r = calloc(1, sizeof *r);
    if (!r)
        return sg_fail(e, SG_E_NOMEM, "", "runner");
    pthread_mutex_init(&r->lock, NULL);
    r->asks_end = &r->asks;
    r->tells_end = &r->tells;
    r->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    enum sg_err err = r->wake_fd < 0 ? sg_fail(e, SG_E_IO, "", "eventfd: %s", strerror(errno)) : SG_E_OK;
    if (err == SG_E_OK)
        err = sg_engine_new(o, on_tell, r, &r->engine, e);
    if (err == SG_E_OK)
        err = sg_curl_new(&o->identity, sg_engine_reply, r->engine, &r->curl, e);
    if (err == SG_E_OK) {
        sg_engine_set_transport(r->engine, sg_curl_transport(r->curl));
        err = start_thread(r, e);
    }
    if (err != SG_E_OK) {
        free_runner(r);
        return err;
    }
    *wake_fd = r->wake_fd;
    *out = r;
    return SG_E_OK;
}

void sg_runner_ask(struct sg_runner *r, struct sg_ask *a)
{
    struct asked *n = calloc(1, sizeof *n);
    if (!n) {
        sg_log(SG_LOG_ERROR, "no memory to ask");
        free(a->action);
        a->action = NULL;
        return;
    }
    n->a = *a;
    a->action = NULL;
    pthread_mutex_lock(&r->lock);
    *r->asks_end = n;
    r->asks_end = &n->next;
    pthread_mutex_unlock(&r->lock);
    sg_curl_wake(r->curl);
}

struct sg_tell *sg_runner_take(struct sg_runner *r)
{
    uint64_t count;
    pthread_mutex_lock(&r->lock);
    struct sg_tell *t = r->tells;
    if (t)
        r->tells = t->next;
    if (!r->tells) {
        r->tells_end = &r->tells;
        if (read(r->wake_fd, &count, sizeof count) < 0 && errno != EAGAIN)
            sg_log(SG_LOG_ERROR, "the wake-up could not be cleared");
    }
    pthread_mutex_unlock(&r->lock);
    return t;
}

void sg_runner_stop(struct sg_runner *r)
{
    if (!r)
        return;
    pthread_mutex_lock(&r->lock);
    r->stop = true;
    sg_curl_wake(r->curl);                      /* under the lock: once the thread has seen stop, curl is gone */
    pthread_mutex_unlock(&r->lock);
    pthread_join(r->thread, NULL);
    free_runner(r);
}
