/* One thread, one poll over all connections; the counters are shared with the test under a mutex. Data is passed on as it comes;
 * whoever is cut gets a reset, as from a network that fell away. */
#include "tests/e2e/proxy.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LINKS = 16, CHUNK = 16384 };
struct link { int fd[2]; };                                  /* fd[PROXY_UP]: the client's side, read for that way; -1: free */
struct proxy {
    int listen, stop, to_port;
    pthread_t thread;
    pthread_mutex_t lock;
    long count[2], cut_at;
    enum proxy_way way;
    bool cut, shut, ended;
    proxy_gate_fn *gate;
    struct link link[LINKS];
};

static struct sockaddr_in loopback(int port) {
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    return a;
}

static void hang_up(struct link *l) {
    struct linger reset = {.l_onoff = 1, .l_linger = 0};
    for (int i = 0; i < 2; i++) {
        if (l->fd[i] >= 0) {
            (void)setsockopt(l->fd[i], SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
            close(l->fd[i]);
            l->fd[i] = -1;
        }
    }
}

static bool is_set(struct proxy *p, const bool *flag) {
    pthread_mutex_lock(&p->lock);
    bool v = *flag;
    pthread_mutex_unlock(&p->lock);
    return v;
}

static void take_in(struct proxy *p) {
    int one = 1, fd = accept4(p->listen, NULL, NULL, SOCK_CLOEXEC);
    struct sockaddr_in a = loopback(p->to_port);
    struct link *l = p->link;
    while (l < p->link + LINKS && l->fd[0] >= 0) {
        l++;
    }
    int out = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (is_set(p, &p->shut) || fd < 0 || out < 0 || l == p->link + LINKS || connect(out, (struct sockaddr *)&a, sizeof a) != 0) {
        struct link none = {{fd, out}};
        hang_up(&none);
        return;
    }
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    (void)setsockopt(out, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    *l = (struct link){{fd, out}};
}

/* How many of n bytes may go on; *cut: and no more. */
static size_t allow(struct proxy *p, enum proxy_way way, size_t n, bool *cut) {
    pthread_mutex_lock(&p->lock);
    long before = p->count[way];
    p->count[way] += (long)n;
    *cut = p->cut_at >= 0 && way == p->way && p->count[way] > p->cut_at;
    if (*cut) {
        n = p->cut_at > before ? (size_t)(p->cut_at - before) : 0;
        p->cut = true;
        p->cut_at = -1;
    }
    pthread_mutex_unlock(&p->lock);
    return n;
}

static bool send_all(int fd, const char *data, size_t n) {
    while (n > 0) {
        ssize_t sent = send(fd, data, n, MSG_NOSIGNAL);
        if (sent <= 0) {
            return false;
        }
        data += sent;
        n -= (size_t)sent;
    }
    return true;
}

static void cut_all(struct proxy *p) {
    for (int i = 0; i < LINKS; i++) {
        hang_up(&p->link[i]);
    }
}

static void pass_on(struct proxy *p, struct link *l, enum proxy_way way) {
    char data[CHUNK];
    ssize_t got = recv(l->fd[way], data, sizeof data, 0);
    if (got <= 0) {
        hang_up(l);
        return;
    }
    bool cut = false;
    pthread_mutex_lock(&p->lock);
    proxy_gate_fn *gate = way == PROXY_DOWN ? p->gate : NULL;
    pthread_mutex_unlock(&p->lock);
    if (gate != NULL && gate() == 0) {
        return;
    }
    size_t n = allow(p, way, (size_t)got, &cut);
    bool sent = send_all(l->fd[1 - way], data, n);
    if (cut) {
        cut_all(p);
    } else if (!sent) {
        hang_up(l);
    }
}

static void *serve(void *arg) {
    struct proxy *p = arg;
    for (;;) {
        struct pollfd f[2 + 2 * LINKS] = {{p->stop, POLLIN, 0}, {p->listen, POLLIN, 0}};
        for (int i = 0; i < 2 * LINKS; i++) {
            f[2 + i] = (struct pollfd){p->link[i / 2].fd[i % 2], POLLIN, 0};
        }
        if (poll(f, 2 + 2 * LINKS, -1) < 0 && errno != EINTR) {
            return NULL;
        }
        if (f[0].revents != 0) {
            uint64_t n;
            (void)!read(p->stop, &n, sizeof n);
            cut_all(p);
            if (is_set(p, &p->ended)) {
                return NULL;
            }
            continue;
        }
        for (int i = 0; i < 2 * LINKS; i++) {
            struct link *l = &p->link[i / 2];
            if (f[2 + i].revents != 0 && l->fd[i % 2] == f[2 + i].fd && f[2 + i].fd >= 0) {
                pass_on(p, l, (enum proxy_way)(i % 2));
            }
        }
        if (f[1].revents != 0) {
            take_in(p);
        }
    }
}

struct proxy *proxy_new(int to_port, int *port) {
    struct proxy *p = calloc(1, sizeof *p);
    struct sockaddr_in a = loopback(0);
    socklen_t n = sizeof a;
    if (p == NULL) {
        return NULL;
    }
    for (int i = 0; i < LINKS; i++) {
        p->link[i] = (struct link){{-1, -1}};
    }
    p->to_port = to_port;
    p->cut_at = -1;
    p->stop = eventfd(0, EFD_CLOEXEC);
    p->listen = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool fine = p->stop >= 0 && p->listen >= 0 && bind(p->listen, (struct sockaddr *)&a, sizeof a) == 0 && listen(p->listen, 64) == 0 &&
                getsockname(p->listen, (struct sockaddr *)&a, &n) == 0 && pthread_mutex_init(&p->lock, NULL) == 0 &&
                pthread_create(&p->thread, NULL, serve, p) == 0;
    if (!fine) {
        free(p);
        return NULL;
    }
    *port = ntohs(a.sin_port);
    return p;
}

void proxy_arm(struct proxy *p, enum proxy_way way, long cut_at) {
    pthread_mutex_lock(&p->lock);
    p->count[0] = p->count[1] = 0;
    p->way = way;
    p->cut_at = cut_at;
    p->cut = false;
    pthread_mutex_unlock(&p->lock);
}

long proxy_count(struct proxy *p, enum proxy_way way) {
    pthread_mutex_lock(&p->lock);
    long n = p->count[way];
    pthread_mutex_unlock(&p->lock);
    return n;
}

int proxy_was_cut(struct proxy *p) {
    pthread_mutex_lock(&p->lock);
    int cut = p->cut;
    pthread_mutex_unlock(&p->lock);
    return cut;
}

static void set(struct proxy *p, bool *flag, bool v) {
    pthread_mutex_lock(&p->lock);
    *flag = v;
    pthread_mutex_unlock(&p->lock);
}

void proxy_shut(struct proxy *p, int shut) {
    uint64_t one = 1;
    set(p, &p->shut, shut != 0);
    (void)!write(p->stop, &one, sizeof one);
}

void proxy_gate(struct proxy *p, proxy_gate_fn *fn) {
    pthread_mutex_lock(&p->lock);
    p->gate = fn;
    pthread_mutex_unlock(&p->lock);
}

void proxy_free(struct proxy *p) {
    uint64_t one = 1;
    set(p, &p->ended, true);
    (void)!write(p->stop, &one, sizeof one);
    pthread_join(p->thread, NULL);
    close(p->stop);
    close(p->listen);
    pthread_mutex_destroy(&p->lock);
    free(p);
}
