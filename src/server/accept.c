/* A thread that accepts. A handshake costs the processor more than most requests, so when all workstations come back at once, new ones wait
 * in the kernel's backlog while requests of those inside are queued or many are still shaking hands: what was begun is answered soon, and
 * all come in no later for it. There is a least pace whatever happens, so that connections which never say anything keep out nobody; http.c
 * ends them after twenty seconds, and their number from one address has a limit. */
#include "server/accept.h"
#include <microhttpd.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { YOUNG_MAX = 8, QUEUED_MAX = 4, LOOK_MS = 1, LEAST_PACE_MS = 10, NO_ROOM_MS = 20 };
struct sg_acceptor {
    int fd, stop;
    struct MHD_Daemon *daemon;
    struct sg_worker *worker;
    atomic_int young;                  /* let in, and not heard yet */
    atomic_bool ending;                /* said here as well, for when poll fails */
    pthread_t thread;
};

static bool full(struct sg_acceptor *a) { return atomic_load(&a->young) >= YOUNG_MAX || sg_worker_queued(a->worker) > QUEUED_MAX; }

/* False: it is over. */
static bool wait_until(struct sg_acceptor *a, bool somebody, int ms)
{
    struct pollfd p[2] = {{.fd = a->stop, .events = POLLIN}, {.fd = a->fd, .events = POLLIN}};
    if (poll(p, somebody ? 2 : 1, ms) < 0) {
        const struct timespec pause = {.tv_nsec = NO_ROOM_MS * 1000000L};
        (void)nanosleep(&pause, NULL);                       /* no memory in the kernel: neither hang nor spin */
    }
    return p[0].revents == 0 && !atomic_load(&a->ending);
}

static void let_in(struct sg_acceptor *a)
{
    struct sockaddr_storage who;
    socklen_t n = sizeof who;
    int c = accept4(a->fd, (struct sockaddr *)&who, &n, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (c < 0) {
        (void)wait_until(a, false, NO_ROOM_MS);              /* it has gone, or there are no descriptors left */
        return;
    }
    atomic_fetch_add(&a->young, 1);
    if (MHD_add_connection(a->daemon, c, (struct sockaddr *)&who, n) != MHD_YES) sg_acceptor_settled(a);     /* closed there */
}

static void *loop(void *ctx)
{
    struct sg_acceptor *a = ctx;
    while (wait_until(a, true, -1)) {
        for (int waited = 0; waited < LEAST_PACE_MS && full(a); waited += LOOK_MS)
            if (!wait_until(a, false, LOOK_MS)) return NULL;
        let_in(a);
    }
    return NULL;
}

enum sg_err sg_acceptor_start(int fd, struct MHD_Daemon *daemon, struct sg_worker *w, struct sg_acceptor **out, struct sg_error *e)
{
    struct sg_acceptor *a = calloc(1, sizeof *a);
    *out = NULL;
    if (!a) return sg_fail(e, SG_E_NOMEM, "", "no memory");
    a->fd = fd;
    a->daemon = daemon;
    a->worker = w;
    a->stop = eventfd(0, EFD_CLOEXEC);
    *out = a;                          /* before the thread: what it lets in may settle at once */
    if (a->stop >= 0 && pthread_create(&a->thread, NULL, loop, a) == 0) return SG_E_OK;
    *out = NULL;
    if (a->stop >= 0) (void)close(a->stop);
    free(a);
    return sg_fail(e, SG_E_INTERNAL, "", "no thread");
}

void sg_acceptor_settled(struct sg_acceptor *a) { atomic_fetch_sub(&a->young, 1); }

void sg_acceptor_stop(struct sg_acceptor *a)
{
    atomic_store(&a->ending, true);
    (void)eventfd_write(a->stop, 1);
    (void)pthread_join(a->thread, NULL);
}

void sg_acceptor_free(struct sg_acceptor *a)
{
    if (!a) return;
    (void)close(a->stop);
    free(a);
}
