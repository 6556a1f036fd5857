/* Two hosts on one machine: network namespaces joined by a wire that loses, doubles, delays and reorders IP packets, or carries nothing at
 * all (two TUN devices and a process between them: no module of the kernel beyond TUN is needed). As root, or in a user namespace. */
#include "tests/e2e/wire.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/str.h"
#include "tests/e2e/lib.h"

enum { PACKET = 2048, UNDER_WAY = 2048 };
struct packet { int64_t due; int to; size_t n; unsigned char data[PACKET]; };

struct wire *wire;
static int ns[2];

static bool put_line(const char *path, const char *text) {
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool ok = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    if (fd >= 0) {
        close(fd);
    }
    return ok;
}

/* Root within, to own the namespaces; whoever it was without. */
static bool own_user(void) {
    char map[64];
    unsigned uid = (unsigned)geteuid(), gid = (unsigned)getegid();
    if (unshare(CLONE_NEWUSER) != 0) {
        return false;
    }
    sg_format(map, sizeof map, "%u %u 1", uid, uid);
    bool ok = put_line("/proc/self/uid_map", map);
    sg_format(map, sizeof map, "%u %u 1", gid, gid);
    return ok && put_line("/proc/self/setgroups", "deny") && put_line("/proc/self/gid_map", map);
}

static bool set_address(int s, struct ifreq *r, unsigned long what, const char *text) {
    struct sockaddr_in in = {.sin_family = AF_INET};
    inet_pton(AF_INET, text, &in.sin_addr);
    memcpy(&r->ifr_addr, &in, sizeof in);
    return ioctl(s, what, r) == 0;
}

static bool up(int s, const char *name) {
    struct ifreq r = {.ifr_name = ""};
    sg_copy(r.ifr_name, sizeof r.ifr_name, name);
    bool ok = ioctl(s, SIOCGIFFLAGS, &r) == 0;
    r.ifr_flags = (short)(r.ifr_flags | IFF_UP | IFF_RUNNING);
    return ok && ioctl(s, SIOCSIFFLAGS, &r) == 0;
}

/* A host of its own from here on; the end of the wire, or -1. */
static int new_host(int *ns_fd, const char *address) {
    struct ifreq r = {.ifr_name = "wire"};
    if (unshare(CLONE_NEWNET) != 0 || (*ns_fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC)) < 0) {
        return -1;
    }
    int tun = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK), s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    r.ifr_flags = IFF_TUN | IFF_NO_PI;
    bool ok = tun >= 0 && s >= 0 && ioctl(tun, TUNSETIFF, &r) == 0 && set_address(s, &r, SIOCSIFADDR, address)
        && set_address(s, &r, SIOCSIFNETMASK, "255.255.255.0") && up(s, "wire") && up(s, "lo");
    if (s >= 0) {
        close(s);
    }
    return ok ? tun : -1;
}

static bool happens(uint64_t *seed, int per_mille) { return (int)(e2e_random(seed) % 1000) < per_mille; }

static void enter(struct packet *q, size_t *n, int to, const unsigned char *data, size_t size, uint64_t *seed) {
    if (*n == UNDER_WAY) {
        wire->lost++;
        return;
    }
    struct packet *p = &q[(*n)++];
    p->due = e2e_mono_ms() + wire->delay_ms + (wire->jitter_ms > 0 ? (int64_t)(e2e_random(seed) % (uint64_t)wire->jitter_ms) : 0);
    p->to = to;
    p->n = size;
    memcpy(p->data, data, size);
}

static void take(struct packet *q, size_t *n, const int *tun, int from, uint64_t *seed) {
    unsigned char data[PACKET];
    for (ssize_t got; (got = read(tun[from], data, sizeof data)) > 0;) {
        wire->carried++;
        if (wire->cut || happens(seed, wire->lose)) {
            wire->lost++;
            continue;
        }
        enter(q, n, !from, data, (size_t)got, seed);
        if (happens(seed, wire->twice)) {
            wire->doubled++;
            enter(q, n, !from, data, (size_t)got, seed);
        }
    }
}

static int deliver(struct packet *q, size_t *n, const int *tun) {
    int64_t now = e2e_mono_ms(), next = now + 1000;
    for (size_t i = 0; i < *n;) {
        if (q[i].due > now) {
            next = q[i].due < next ? q[i].due : next;
            i++;
            continue;
        }
        if (write(tun[q[i].to], q[i].data, q[i].n) < 0) {
            wire->lost++;
        }
        q[i] = q[--*n];
    }
    return (int)(next - now);
}

static _Noreturn void carry(const int *tun) {
    static struct packet q[UNDER_WAY];
    size_t n = 0;
    uint64_t seed = (uint64_t)e2e_env("SEED", 1);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;) {
        int wait = deliver(q, &n, tun);
        struct pollfd f[2] = {{.fd = tun[0], .events = POLLIN}, {.fd = tun[1], .events = POLLIN}};
        if (poll(f, 2, wait) > 0) {
            take(q, &n, tun, 0, &seed);
            take(q, &n, tun, 1, &seed);
        }
    }
}

bool wire_up(void) {
    int tun[2];
    wire = mmap(NULL, sizeof *wire, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (wire == MAP_FAILED || (geteuid() != 0 && !own_user())) {
        return false;
    }
    if ((tun[0] = new_host(&ns[0], WIRE_SERVICE)) < 0 || (tun[1] = new_host(&ns[1], WIRE_CLIENT)) < 0) {
        return false;
    }
    pid_t relay = fork();
    if (relay == 0) {
        carry(tun);
    }
    close(tun[0]);
    close(tun[1]);
    return relay > 0;
}

void wire_host(enum wire_host which) { assert_int_equal(setns(ns[which], CLONE_NEWNET), 0); }
