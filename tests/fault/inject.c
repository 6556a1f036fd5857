/* The preloaded shim: LD_PRELOAD=inject.so SIGILL_FAULT=FILE program. It stands before libc for the program and for every library the
 * program uses, counts file, socket and memory calls, and lets one of them, or all from one on, fail; or kills the program there.
 * Calls made before the shim's constructor has run are not counted. The shim brings a cheap key derivation as well (kdf.c). */
#undef _FORTIFY_SOURCE
#include "inject.h"
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static const struct { uint8_t class, group; int16_t error[2]; } CALLS[CALL_COUNT] = {
#define CALL(id, c, g, one, two) {FAULT_##c, FAULT_##g, {one, two}},
#include "call.def"
};
enum { SOCKETS = 1024, KNOWN = 1024 };
static struct fault_shared *sh, *later;
static atomic_bool is_socket[SOCKETS];
static _Atomic uintptr_t known[KNOWN];           /* return addresses already noted, with the call mixed in */
static __thread bool inside;

/* The next definition of a function: libc's, or that of the next library. */
#define NEXT(ret, name, params) \
    static ret(*next_##name) params; \
    if (!next_##name) { union { void *p; ret(*f) params; } u = {.p = dlsym(RTLD_NEXT, #name)}; next_##name = u.f; }

/* Its entry; entered when missing and told to. */
static struct fault_site *site_find(uint64_t place, enum fault_call call, bool enter)
{
    for (size_t i = 0, s = (size_t)(place % FAULT_SITES); i < FAULT_SITES; i++, s = (s + 1) % FAULT_SITES) {
        uint64_t is = atomic_load(&sh->site[s].place), none = 0;
        if (is == place) return &sh->site[s];
        if (is) continue;
        if (!enter) return NULL;
        if (atomic_compare_exchange_strong(&sh->site[s].place, &none, place) || none == place) {
            sh->site[s].call = (uint16_t)call;
            return &sh->site[s];
        }
    }
    return NULL;
}

static void note_site(enum fault_call call, const void *ra)
{
    uintptr_t key = ((uintptr_t)ra << 7) ^ (uintptr_t)call;
    size_t at = (size_t)((key * UINT64_C(0x9e3779b97f4a7c15)) >> 40) % KNOWN;
    if (atomic_load(&known[at]) == key) return;
    atomic_store(&known[at], key);
    (void)site_find(place_of(ra, NULL, 0) ^ ((uint64_t)call << 56), call, true);
}

/* The counting run: what call n of its class was, and which way it came. */
static void note(enum fault_call call, int64_t n, const void *ra, uint64_t way)
{
    int c = CALLS[call].class;
    note_site(call, ra);
    if (n >= FAULT_NOTED || !way) return;
    struct fault_path *p = path_find(sh, way, call, true);
    sh->noted[c][n] = (uint8_t)call;
    if (p && !p->place) p->place = place_of(ra, NULL, 0) ^ ((uint64_t)call << 56);
    sh->noted_path[c][n] = p ? (uint16_t)(p - sh->path + 1) : 0;
}

static __attribute__((always_inline)) inline bool meant(enum fault_call call, int64_t n)
{
    if (CALLS[call].class != sh->class) return false;
    bool before = atomic_load(&sh->hit) == 0;
    if (sh->by ? before && path_here(call) == sh->by : n == sh->k) return true;
    if (before || (!sh->by && n < sh->k)) return false;
    if (CALLS[call].error[sh->which] == EINTR) return false;     /* nothing is interrupted for ever */
    return sh->forever && CALLS[call].group == CALLS[atomic_load(&sh->hit_call)].group;
}

/* 0: let it pass; else the error. */
__attribute__((noinline)) static int hit(enum fault_call call, const void *ra)
{
    if (!sh || inside) return 0;
    inside = true;
    int kept = errno, error = 0;
    int64_t n = atomic_fetch_add(&sh->count[CALLS[call].class], 1) + 1;
    if (sh->mode == FAULT_COUNT) note(call, n, ra, CALLS[call].class == sh->class ? path_here(call) : 0);
    if (sh->mode != FAULT_COUNT && meant(call, n)) {
        if (atomic_fetch_add(&sh->hit, 1) == 0) {
            atomic_store(&sh->hit_call, (int)call);
            uint64_t place = place_of(ra, sh->where, sizeof sh->where) ^ ((uint64_t)call << 56);
            atomic_store(&sh->hit_place, place);
            struct fault_site *site = site_find(place, call, false);
            if (site) atomic_store(&site->failed, true);
            uint64_t way = path_here(call);
            atomic_store(&sh->hit_path, way);
            struct fault_path *p = path_find(sh, way, call, false);
            if (p) atomic_fetch_or(&p->ways, (unsigned char)(1U << sh->way));
            const char *tell = getenv("FAULT_STACK");
            if (tell) path_tell(tell);
        }
        if (sh->mode == FAULT_KILL) {
            (void)syscall(SYS_kill, (int)syscall(SYS_getpid), SIGKILL);
            for (;;) (void)syscall(SYS_pause);
        }
        error = CALLS[call].error[sh->which];
    }
    errno = kept;
    inside = false;
    return error;
}
#define HIT(id) hit(CALL_##id, __builtin_return_address(0))

static bool sock(int fd) { return fd >= 0 && fd < SOCKETS && atomic_load(&is_socket[fd]); }
static int new_socket(int fd)
{
    if (fd >= 0 && fd < SOCKETS) atomic_store(&is_socket[fd], true);
    return fd;
}

__attribute__((constructor)) static void begin(void)
{
    const char *file = getenv("SIGILL_FAULT");
    inside = true;
    path_root(NULL);
    int fd = file ? (int)syscall(SYS_openat, AT_FDCWD, file, O_RDWR | O_CLOEXEC) : -1;
    void *p = fd < 0 ? MAP_FAILED : (void *)syscall(SYS_mmap, NULL, sizeof *sh, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (fd >= 0) (void)syscall(SYS_close, fd);
    if (p != MAP_FAILED && getenv("SIGILL_FAULT_LATER")) {
        later = p;
    } else if (p != MAP_FAILED) {
        sh = p;
        (void)unsetenv("SIGILL_FAULT");              /* programs it starts are themselves again */
        (void)unsetenv("LD_PRELOAD");
    }
    inside = false;
}

void fault_inject_begin(void)
{
    path_root(__builtin_return_address(0));
    sh = later;
    for (size_t i = 0; i < KNOWN; i++) atomic_store(&known[i], 0);       /* the table of places may have been emptied since */
    if (sh) atomic_store(&sh->held, -1);
    if (sh && sh->class == FAULT_MEMORY) heap_begin(sh);
}

void fault_inject_end(void)
{
    struct fault_shared *was = sh;
    sh = NULL;
    inside = true;
    if (was && was->class == FAULT_MEMORY) heap_end(was);
    inside = false;
}

/* ---- opening ---------------------------------------------------------------------------------------------------------------- */

#define MODE_OF(flags) mode_t mode = 0; if ((flags) & (O_CREAT | O_TMPFILE)) { va_list ap; va_start(ap, flags); mode = (mode_t)va_arg(ap, int); va_end(ap); }
static int opening(int error, int dir, const char *path, int flags, mode_t mode)
{
    if (error) {
        errno = error;
        return -1;
    }
    return (int)syscall(SYS_openat, dir, path, flags, mode);
}
int open(const char *path, int flags, ...) { MODE_OF(flags) return opening(HIT(OPEN), AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE_OF(flags) return opening(HIT(OPEN), AT_FDCWD, path, flags, mode); }
int openat(int dir, const char *path, int flags, ...) { MODE_OF(flags) return opening(HIT(OPEN), dir, path, flags, mode); }
int openat64(int dir, const char *path, int flags, ...) { MODE_OF(flags) return opening(HIT(OPEN), dir, path, flags, mode); }
int __open_2(const char *path, int flags);
int __open64_2(const char *path, int flags);
int __open_2(const char *path, int flags) { return opening(HIT(OPEN), AT_FDCWD, path, flags, 0); }
int __open64_2(const char *path, int flags) { return opening(HIT(OPEN), AT_FDCWD, path, flags, 0); }

/* FAIL: the error becomes errno and the call returns bad. */
#define FAIL(id, bad) do { int error_ = HIT(id); if (error_) { errno = error_; return bad; } } while (0)

FILE *fopen(const char *path, const char *how) { NEXT(FILE *, fopen, (const char *, const char *)) FAIL(FOPEN, NULL); return next_fopen(path, how); }
FILE *fopen64(const char *path, const char *how) { NEXT(FILE *, fopen64, (const char *, const char *)) FAIL(FOPEN, NULL); return next_fopen64(path, how); }
DIR *opendir(const char *path) { NEXT(DIR *, opendir, (const char *)) FAIL(OPENDIR, NULL); return next_opendir(path); }
int eventfd(unsigned n, int flags) { NEXT(int, eventfd, (unsigned, int)) FAIL(EVENTFD, -1); return next_eventfd(n, flags); }
int epoll_create1(int flags) { NEXT(int, epoll_create1, (int)) FAIL(EPOLLNEW, -1); return next_epoll_create1(flags); }
int pipe(int p[2]) { NEXT(int, pipe, (int *)) FAIL(PIPE, -1); return next_pipe(p); }
int pipe2(int p[2], int flags) { NEXT(int, pipe2, (int *, int)) FAIL(PIPE, -1); return next_pipe2(p, flags); }
int dup(int fd) { NEXT(int, dup, (int)) FAIL(DUP, -1); return next_dup(fd); }

/* ---- reading and writing ------------------------------------------------------------------------------------------------------ */

static ssize_t bad_io(int error)
{
    errno = error;
    return -1;
}
/* The other side of a socket may have ended there; a file that has another byte never says that it has none. */
static ssize_t reading(int error, int fd, void *p, size_t n)
{
    if (error == E_SHORT) return n > 1 || !sock(fd) ? (ssize_t)syscall(SYS_read, fd, p, (n + 1) / 2) : 0;
    return error ? bad_io(error) : (ssize_t)syscall(SYS_read, fd, p, n);
}
ssize_t read(int fd, void *p, size_t n) { return reading(sock(fd) ? HIT(SREAD) : HIT(READ), fd, p, n); }
ssize_t __read_chk(int fd, void *p, size_t n, size_t room);
ssize_t __read_chk(int fd, void *p, size_t n, size_t room) { (void)room; return reading(sock(fd) ? HIT(SREAD) : HIT(READ), fd, p, n); }
static ssize_t preading(int error, int fd, void *p, size_t n, off_t at)
{
    if (error == E_SHORT) return (ssize_t)syscall(SYS_pread64, fd, p, (n + 1) / 2, at);
    return error ? bad_io(error) : (ssize_t)syscall(SYS_pread64, fd, p, n, at);
}
ssize_t pread(int fd, void *p, size_t n, off_t at) { return preading(HIT(PREAD), fd, p, n, at); }
ssize_t pread64(int fd, void *p, size_t n, off_t at) { return preading(HIT(PREAD), fd, p, n, at); }
/* Bells between threads (pipes, eventfds) are no files: they are let pass. */
static bool bell(int fd)
{
    struct stat s;
    return fd > 2 && !sock(fd) && (syscall(SYS_newfstatat, fd, "", &s, AT_EMPTY_PATH) != 0 || !S_ISREG(s.st_mode));
}
ssize_t write(int fd, const void *p, size_t n)
{
    if (sh && bell(fd)) return (ssize_t)syscall(SYS_write, fd, p, n);
    int error = sock(fd) ? HIT(SWRITE) : HIT(WRITE);
    if (error == E_SHORT) return (ssize_t)syscall(SYS_write, fd, p, (n + 1) / 2);
    return error ? bad_io(error) : (ssize_t)syscall(SYS_write, fd, p, n);
}
static ssize_t pwriting(int error, int fd, const void *p, size_t n, off_t at)
{
    return error ? bad_io(error) : (ssize_t)syscall(SYS_pwrite64, fd, p, n, at);
}
ssize_t pwrite(int fd, const void *p, size_t n, off_t at) { return pwriting(HIT(PWRITE), fd, p, n, at); }
ssize_t pwrite64(int fd, const void *p, size_t n, off_t at) { return pwriting(HIT(PWRITE), fd, p, n, at); }
ssize_t writev(int fd, const struct iovec *v, int n)
{
    int error = sock(fd) ? HIT(SENDMSG) : HIT(WRITEV);
    return error ? bad_io(error) : (ssize_t)syscall(SYS_writev, fd, v, n);
}
size_t fread(void *p, size_t one, size_t n, FILE *f) { NEXT(size_t, fread, (void *, size_t, size_t, FILE *)) FAIL(FREAD, 0); return next_fread(p, one, n, f); }
char *fgets(char *p, int n, FILE *f) { NEXT(char *, fgets, (char *, int, FILE *)) FAIL(FGETS, NULL); return next_fgets(p, n, f); }
char *__fgets_chk(char *p, size_t room, int n, FILE *f);
char *__fgets_chk(char *p, size_t room, int n, FILE *f)
{
    (void)room;
    NEXT(char *, fgets, (char *, int, FILE *)) FAIL(FGETS, NULL);
    return next_fgets(p, n, f);
}
int fflush(FILE *f) { NEXT(int, fflush, (FILE *)) FAIL(FFLUSH, EOF); return next_fflush(f); }
int ftruncate(int fd, off_t n) { FAIL(FTRUNCATE, -1); return (int)syscall(SYS_ftruncate, fd, n); }
int ftruncate64(int fd, off_t n) { FAIL(FTRUNCATE, -1); return (int)syscall(SYS_ftruncate, fd, n); }
int posix_fallocate(int fd, off_t at, off_t n) { int e = HIT(FALLOCATE); return e ? e : syscall(SYS_fallocate, fd, 0, at, n) == 0 ? 0 : errno; }
int posix_fallocate64(int fd, off_t at, off_t n) { int e = HIT(FALLOCATE); return e ? e : syscall(SYS_fallocate, fd, 0, at, n) == 0 ? 0 : errno; }
int fsync(int fd) { FAIL(FSYNC, -1); return (int)syscall(SYS_fsync, fd); }
int fdatasync(int fd) { FAIL(FDATASYNC, -1); return (int)syscall(SYS_fdatasync, fd); }

/* ---- names and places ---------------------------------------------------------------------------------------------------------- */

int stat(const char *path, struct stat *s) { FAIL(STAT, -1); return (int)syscall(SYS_newfstatat, AT_FDCWD, path, s, 0); }
int stat64(const char *path, struct stat64 *s) { FAIL(STAT, -1); return (int)syscall(SYS_newfstatat, AT_FDCWD, path, s, 0); }
int lstat(const char *path, struct stat *s) { FAIL(STAT, -1); return (int)syscall(SYS_newfstatat, AT_FDCWD, path, s, AT_SYMLINK_NOFOLLOW); }
int lstat64(const char *path, struct stat64 *s) { FAIL(STAT, -1); return (int)syscall(SYS_newfstatat, AT_FDCWD, path, s, AT_SYMLINK_NOFOLLOW); }
int fstat(int fd, struct stat *s) { FAIL(FSTAT, -1); return (int)syscall(SYS_newfstatat, fd, "", s, AT_EMPTY_PATH); }
int fstat64(int fd, struct stat64 *s) { FAIL(FSTAT, -1); return (int)syscall(SYS_newfstatat, fd, "", s, AT_EMPTY_PATH); }
int access(const char *path, int mode) { FAIL(ACCESS, -1); return (int)syscall(SYS_faccessat, AT_FDCWD, path, mode); }
int mkdir(const char *path, mode_t mode) { FAIL(MKDIR, -1); return (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode); }
int rmdir(const char *path) { FAIL(RMDIR, -1); return (int)syscall(SYS_unlinkat, AT_FDCWD, path, AT_REMOVEDIR); }
int rename(const char *from, const char *to) { FAIL(RENAME, -1); return (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0); }
int renameat2(int a, const char *from, int b, const char *to, unsigned flags) { FAIL(RENAME, -1); return (int)syscall(SYS_renameat2, a, from, b, to, flags); }
int unlink(const char *path) { FAIL(UNLINK, -1); return (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0); }
ssize_t readlink(const char *path, char *to, size_t n) { FAIL(READLINK, -1); return (ssize_t)syscall(SYS_readlinkat, AT_FDCWD, path, to, n); }
char *getcwd(char *to, size_t n) { NEXT(char *, getcwd, (char *, size_t)) FAIL(GETCWD, NULL); return next_getcwd(to, n); }
int fchmod(int fd, mode_t mode) { FAIL(FCHMOD, -1); return (int)syscall(SYS_fchmod, fd, mode); }
off_t lseek(int fd, off_t at, int whence) { FAIL(LSEEK, -1); return (off_t)syscall(SYS_lseek, fd, at, whence); }
off64_t lseek64(int fd, off64_t at, int whence) { FAIL(LSEEK, -1); return (off64_t)syscall(SYS_lseek, fd, at, whence); }
void *mmap(void *at, size_t n, int prot, int flags, int fd, off_t off) { FAIL(MMAP, MAP_FAILED); return (void *)syscall(SYS_mmap, at, n, prot, flags, fd, off); }
void *mmap64(void *at, size_t n, int prot, int flags, int fd, off_t off) { FAIL(MMAP, MAP_FAILED); return (void *)syscall(SYS_mmap, at, n, prot, flags, fd, off); }
void *mremap(void *old, size_t n, size_t to, int flags, ...) { FAIL(MREMAP, MAP_FAILED); return (void *)syscall(SYS_mremap, old, n, to, flags, NULL); }

static int fcntling(int error, int fd, int what, void *arg)
{
    if (error) {
        errno = error;
        return -1;
    }
    return (int)syscall(SYS_fcntl, fd, what, arg);
}
static enum fault_call fcntl_call(int fd, int what)
{
    bool lock = what == F_SETLK || what == F_SETLKW || what == F_GETLK || what == F_OFD_SETLK;
    return lock ? CALL_LOCK : sock(fd) ? CALL_SFCNTL : CALL_FCNTL;
}
#define FCNTL_ARG(what) va_list ap; va_start(ap, what); void *arg = va_arg(ap, void *); va_end(ap);
int fcntl(int fd, int what, ...) { FCNTL_ARG(what) return fcntling(hit(fcntl_call(fd, what), __builtin_return_address(0)), fd, what, arg); }
int fcntl64(int fd, int what, ...) { FCNTL_ARG(what) return fcntling(hit(fcntl_call(fd, what), __builtin_return_address(0)), fd, what, arg); }

int close(int fd)
{
    int error = sock(fd) ? HIT(SCLOSE) : HIT(CLOSE);
    if (fd >= 0 && fd < SOCKETS) atomic_store(&is_socket[fd], false);
    int rc = (int)syscall(SYS_close, fd);
    if (!error) return rc;
    errno = EIO;
    return -1;
}
int fclose(FILE *f)
{
    NEXT(int, fclose, (FILE *))
    int error = HIT(FCLOSE), rc = next_fclose(f);
    if (!error) return rc;
    errno = EIO;
    return EOF;
}

/* ---- sockets --------------------------------------------------------------------------------------------------------------------- */

int socket(int a, int b, int c) { FAIL(SOCKET, -1); return new_socket((int)syscall(SYS_socket, a, b, c)); }
int socketpair(int a, int b, int c, int p[2])
{
    FAIL(SOCKET, -1);
    int rc = (int)syscall(SYS_socketpair, a, b, c, p);
    if (rc == 0) {
        (void)new_socket(p[0]);
        (void)new_socket(p[1]);
    }
    return rc;
}
int bind(int fd, const struct sockaddr *a, socklen_t n) { FAIL(BIND, -1); return (int)syscall(SYS_bind, fd, a, n); }
int listen(int fd, int n) { FAIL(LISTEN, -1); return (int)syscall(SYS_listen, fd, n); }
int connect(int fd, const struct sockaddr *a, socklen_t n) { FAIL(CONNECT, -1); return (int)syscall(SYS_connect, fd, a, n); }
int accept(int fd, struct sockaddr *a, socklen_t *n) { FAIL(ACCEPT, -1); return new_socket((int)syscall(SYS_accept4, fd, a, n, 0)); }
int accept4(int fd, struct sockaddr *a, socklen_t *n, int flags) { FAIL(ACCEPT, -1); return new_socket((int)syscall(SYS_accept4, fd, a, n, flags)); }
ssize_t send(int fd, const void *p, size_t n, int flags) { FAIL(SEND, -1); return (ssize_t)syscall(SYS_sendto, fd, p, n, flags, NULL, 0); }
ssize_t sendto(int fd, const void *p, size_t n, int flags, const struct sockaddr *a, socklen_t na) { FAIL(SEND, -1); return (ssize_t)syscall(SYS_sendto, fd, p, n, flags, a, na); }
ssize_t sendmsg(int fd, const struct msghdr *m, int flags) { FAIL(SENDMSG, -1); return (ssize_t)syscall(SYS_sendmsg, fd, m, flags); }
static ssize_t receiving(int error, int fd, void *p, size_t n, int flags, struct sockaddr *a, socklen_t *na)
{
    if (error == E_SHORT) return 0;
    return error ? bad_io(error) : (ssize_t)syscall(SYS_recvfrom, fd, p, n, flags, a, na);
}
ssize_t recv(int fd, void *p, size_t n, int flags) { return receiving(HIT(RECV), fd, p, n, flags, NULL, NULL); }
ssize_t __recv_chk(int fd, void *p, size_t n, size_t room, int flags);
ssize_t __recv_chk(int fd, void *p, size_t n, size_t room, int flags) { (void)room; return receiving(HIT(RECV), fd, p, n, flags, NULL, NULL); }
ssize_t recvfrom(int fd, void *p, size_t n, int flags, struct sockaddr *a, socklen_t *na) { return receiving(HIT(RECV), fd, p, n, flags, a, na); }
ssize_t recvmsg(int fd, struct msghdr *m, int flags) { FAIL(RECVMSG, -1); return (ssize_t)syscall(SYS_recvmsg, fd, m, flags); }
int setsockopt(int fd, int l, int o, const void *p, socklen_t n) { FAIL(SETOPT, -1); return (int)syscall(SYS_setsockopt, fd, l, o, p, n); }
int getsockopt(int fd, int l, int o, void *p, socklen_t *n) { FAIL(GETOPT, -1); return (int)syscall(SYS_getsockopt, fd, l, o, p, n); }
int getsockname(int fd, struct sockaddr *a, socklen_t *n) { FAIL(NAME, -1); return (int)syscall(SYS_getsockname, fd, a, n); }
int getpeername(int fd, struct sockaddr *a, socklen_t *n) { FAIL(NAME, -1); return (int)syscall(SYS_getpeername, fd, a, n); }
int shutdown(int fd, int how) { FAIL(SHUTDOWN, -1); return (int)syscall(SYS_shutdown, fd, how); }
int getaddrinfo(const char *host, const char *service, const struct addrinfo *hint, struct addrinfo **out)
{
    NEXT(int, getaddrinfo, (const char *, const char *, const struct addrinfo *, struct addrinfo **))
    int error = HIT(RESOLVE);
    return error == EAGAIN ? EAI_AGAIN : error ? EAI_MEMORY : next_getaddrinfo(host, service, hint, out);
}
int poll(struct pollfd *f, nfds_t n, int ms) { NEXT(int, poll, (struct pollfd *, nfds_t, int)) FAIL(POLL, -1); return next_poll(f, n, ms); }
/* Nobody has a lock that is never to be had: waiting for it need not take its time. */
static bool in_vain(void) { return sh && sh->mode == FAULT_FAIL && sh->forever && atomic_load(&sh->hit) > 0 && atomic_load(&sh->hit_call) == CALL_LOCK; }
int nanosleep(const struct timespec *t, struct timespec *left)
{
    struct timespec short_one = {0, 1000};
    return (int)syscall(SYS_nanosleep, in_vain() ? &short_one : t, left);
}
int usleep(useconds_t us)
{
    struct timespec t = {us / 1000000, (long)(us % 1000000) * 1000};
    return nanosleep(&t, NULL);
}
int epoll_ctl(int e, int op, int fd, struct epoll_event *ev) { FAIL(EPOLLCTL, -1); return (int)syscall(SYS_epoll_ctl, e, op, fd, ev); }
int epoll_wait(int e, struct epoll_event *ev, int n, int ms) { NEXT(int, epoll_wait, (int, struct epoll_event *, int, int)) FAIL(EPOLLWAIT, -1); return next_epoll_wait(e, ev, n, ms); }

/* ---- memory ---------------------------------------------------------------------------------------------------------------------- */

extern void *__libc_malloc(size_t n), *__libc_calloc(size_t n, size_t one), *__libc_realloc(void *p, size_t n), *__libc_memalign(size_t a, size_t n);
extern void __libc_free(void *p);
static void *noted(void *p, size_t n, const void *ra)
{
    if (sh && !inside && !heap_of_locale(ra)) {
        inside = true;
        heap_note(p, n);
        inside = false;
    }
    return p;
}
void *malloc(size_t n) { FAIL(MALLOC, NULL); return noted(__libc_malloc(n), n, __builtin_return_address(0)); }
void *calloc(size_t n, size_t one) { FAIL(CALLOC, NULL); return noted(__libc_calloc(n, one), n * one, __builtin_return_address(0)); }
void *realloc(void *p, size_t n)
{
    FAIL(REALLOC, NULL);
    heap_drop(p);
    void *q = __libc_realloc(p, n);
    return noted(q ? q : n ? p : NULL, n, __builtin_return_address(0));
}
void free(void *p)
{
    heap_drop(p);
    __libc_free(p);
}
void *memalign(size_t a, size_t n);
void *memalign(size_t a, size_t n) { FAIL(ALIGNED, NULL); return noted(__libc_memalign(a, n), n, __builtin_return_address(0)); }
void *aligned_alloc(size_t a, size_t n) { FAIL(ALIGNED, NULL); return noted(__libc_memalign(a, n), n, __builtin_return_address(0)); }
int posix_memalign(void **out, size_t a, size_t n)
{
    if (HIT(ALIGNED)) return ENOMEM;
    void *p = __libc_memalign(a, n);
    if (p) *out = noted(p, n, __builtin_return_address(0));
    return p ? 0 : ENOMEM;
}
