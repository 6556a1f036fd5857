/* Secrets. Each has pages of its own from mmap, locked and left out of core dumps, so that locking and
 * unlocking one never touches another's neighbour. Locking may be forbidden by a limit: the program goes
 * on and says so once, since a passphrase in swap is a smaller harm than a restriction not carried out. */
#include "base/secret.h"
#include "base/log.h"
#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SG_UNDER_ASAN 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define SG_UNDER_ASAN 1
#endif

enum { SECRET_MOST = 1 << 20 };

void sg_wipe(void *p, size_t n)
{
    if (p && n)
        OPENSSL_cleanse(p, n);
}

bool sg_secret_equal(const void *a, const void *b, size_t n)
{
    return CRYPTO_memcmp(a, b, n) == 0;
}

static size_t pages(size_t n)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    return (n + page - 1) / page * page;
}

enum sg_err sg_secret_new(struct sg_secret *s, size_t cap, struct sg_error *e)
{
    static atomic_flag said = ATOMIC_FLAG_INIT;
    *s = (struct sg_secret){ 0 };
    if (cap == 0 || cap > SECRET_MOST)
        return sg_fail(e, SG_E_LIMIT, "secret", "a secret of %zu bytes is not held", cap);
    void *p = mmap(NULL, pages(cap), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
        return sg_fail(e, SG_E_NOMEM, "secret", "mmap: errno %d", errno);
    madvise(p, pages(cap), MADV_DONTDUMP);
    madvise(p, pages(cap), MADV_WIPEONFORK);
    if (mlock(p, pages(cap)) != 0 && !atomic_flag_test_and_set(&said))
        sg_log(SG_LOG_WARN, "secrets are not locked in memory (mlock: errno %d); raise the limit memlock", errno);
    *s = (struct sg_secret){ .data = p, .cap = cap };
    return SG_E_OK;
}

void sg_secret_free(struct sg_secret *s)
{
    if (s->data) {
        sg_wipe(s->data, s->cap);
        munlock(s->data, pages(s->cap));
        munmap(s->data, pages(s->cap));
    }
    *s = (struct sg_secret){ 0 };
}

/* Whether a file that says it is over after n bytes is: half a passphrase would open nothing, and seal a new store for ever. */
static bool over(int fd, size_t n)
{
    struct stat st;
    return fstat(fd, &st) == 0 && (!S_ISREG(st.st_mode) || (size_t)st.st_size == n);
}

/* Straight into the locked pages: no stdio buffer keeps a copy. */
static enum sg_err read_line(struct sg_secret *s, int fd, const char *path, struct sg_error *e)
{
    size_t n = 0;
    for (;;) {
        if (n == s->cap)
            return sg_fail(e, SG_E_LIMIT, path, "the first line is longer than %zu bytes", s->cap - 1);
        ssize_t got = read(fd, s->data + n, 1);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return sg_fail(e, SG_E_IO, path, "reading failed: errno %d", errno);
        if (got == 0 && !over(fd, n))
            return sg_fail(e, SG_E_IO, path, "it ended before its end");
        if (got == 0 || s->data[n] == '\n')
            break;
        n++;
    }
    if (n > 0 && s->data[n - 1] == '\r')
        n--;
    s->data[n] = 0;
    s->len = n;
    return n ? SG_E_OK : sg_fail(e, SG_E_INPUT, path, "the first line is empty");
}

enum sg_err sg_secret_read_file(struct sg_secret *s, const char *path, struct sg_error *e)
{
    enum sg_err err = sg_secret_new(s, 1024, e);
    if (err)
        return err;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) {
        err = sg_fail(e, errno == ENOENT ? SG_E_NOTFOUND : SG_E_IO, path, "opening failed: errno %d", errno);
    } else {
        err = read_line(s, fd, path, e);
        close(fd);
    }
    if (err)
        sg_secret_free(s);
    return err;
}

void sg_process_harden(void)
{
    struct rlimit none = { 0, 0 };
    setrlimit(RLIMIT_CORE, &none);
    umask(077);
#ifndef SG_UNDER_ASAN
    /* Not under AddressSanitizer: its leak check attaches to the process by ptrace. */
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}
