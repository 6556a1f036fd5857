/* The files. KEY: three lines, "sigill log key 1" (a witness's: "sigill witness key 1"), the name, the seed in base 64; 0600, never written again. KEY.state: a line
 * "origin size root" a signature, the last one of an origin counts; a line is on the disk before its signature leaves. A line that was
 * torn by a power cut never led to a signature and is cut off at the next start, which also writes the file anew without what is old. */
#include <errno.h>
#include <fcntl.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/base64.h"
#include "base/secret.h"
#include "base/str.h"
#include "sign/sign.h"

enum { PATHS = 600, KEY_FILE_MAX = 1024, STATE_MAX = 64 << 20, LOCK_TRIES = 50, LOCK_WAIT_US = 100000 };
static const char *head(enum sg_note_type type) { return type == SG_NOTE_COSIGNATURE ? "sigill witness key 1" : "sigill log key 1"; }

static enum sg_err failed(struct sg_error *e, const char *path) { return sg_fail(e, SG_E_IO, path, "%s", strerror(errno)); }

static bool write_all(int fd, const char *p, size_t n)
{
    while (n > 0) {
        ssize_t got = write(fd, p, n);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return false;
        p += got;
        n -= (size_t)got;
    }
    return true;
}

/* The folder's entry of path is on the disk. */
static bool sync_folder(const char *path)
{
    char dir[PATHS];
    const char *slash = strrchr(path, '/');
    if (!sg_copyn(dir, sizeof dir, slash ? path : ".", slash ? (size_t)(slash - path) + 1 : 1)) return false;
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0) (void)close(fd);
    return ok;
}

/* ---- key -------------------------------------------------------------------------------------------------------------------------- */

static enum sg_err make_key(const char *path, const char *name, enum sg_note_type type, struct sg_error *e)
{
    uint8_t seed[SG_SEED_LEN];
    char text[KEY_FILE_MAX], base64[SG_BASE64_LEN(sizeof seed) + 1];
    if (RAND_priv_bytes(seed, sizeof seed) != 1) return sg_fail(e, SG_E_CRYPTO, path, "no randomness");
    sg_base64(base64, seed, sizeof seed);
    bool ok = sg_format(text, sizeof text, "%s\n%s\n%s\n", head(type), name, base64);
    int fd = ok ? open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600) : -1;
    ok = fd >= 0 && write_all(fd, text, strlen(text)) && fsync(fd) == 0;
    if (fd >= 0 && close(fd) != 0) ok = false;
    ok = ok && sync_folder(path);
    sg_wipe(seed, sizeof seed);
    sg_wipe(text, sizeof text);
    sg_wipe(base64, sizeof base64);
    return ok ? SG_E_OK : failed(e, path);
}

static enum sg_err parse_key(struct sg_sign_store *s, char *text, const char *path, enum sg_note_type type, struct sg_error *e)
{
    uint8_t seed[SG_SEED_LEN];
    size_t n = 0;
    char *name = strchr(text, '\n'), *base64 = name ? strchr(name + 1, '\n') : NULL, *end = base64 ? strchr(base64 + 1, '\n') : NULL;
    if (end) *name = *base64 = *end = '\0';
    bool ok = end && !end[1] && sg_eq(text, head(type)) && sg_unbase64(seed, sizeof seed, &n, base64 + 1, strlen(base64 + 1)) && n == sizeof seed;
    enum sg_err err = ok ? sg_note_signer_make(name + 1, type, seed, &s->book.signer) : SG_E_CORRUPT;
    sg_wipe(seed, sizeof seed);
    return err == SG_E_OK ? err : sg_fail(e, SG_E_CORRUPT, path, "not a key of %s", type == SG_NOTE_COSIGNATURE ? "a witness" : "the event log");
}

/* One signer a key. One that is just ending is waited for. */
static enum sg_err hold(int fd, const char *path, struct sg_error *e)
{
    for (int i = 0; i < LOCK_TRIES; i++) {
        if (flock(fd, LOCK_EX | LOCK_NB) == 0) return SG_E_OK;
        if (errno != EWOULDBLOCK && errno != EINTR) return failed(e, path);
        (void)usleep(LOCK_WAIT_US);
    }
    return sg_fail(e, SG_E_LOCKED, path, "another signer holds this key");
}

static enum sg_err read_key(struct sg_sign_store *s, const char *path, enum sg_note_type type, struct sg_error *e)
{
    struct stat st;
    char text[KEY_FILE_MAX];
    s->key_fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (s->key_fd < 0 || fstat(s->key_fd, &st) != 0) return failed(e, path);
    if (st.st_mode & (S_IRWXG | S_IRWXO)) return sg_fail(e, SG_E_IO, path, "others may read it (mode %o); it must be 0600", (unsigned)(st.st_mode & 0777));
    enum sg_err err = hold(s->key_fd, path, e);
    if (err != SG_E_OK) return err;
    ssize_t n = read(s->key_fd, text, sizeof text - 1);
    if (n < 0) return failed(e, path);
    text[n] = '\0';
    err = parse_key(s, text, path, type, e);
    sg_wipe(text, sizeof text);
    return err;
}

/* ---- state ------------------------------------------------------------------------------------------------------------------------ */

static bool print(const struct sg_signed *s, char *dst, size_t cap)
{
    char hex[2 * SG_HASH_LEN + 1];
    sg_hex(hex, s->root.b, SG_HASH_LEN);
    return sg_format(dst, cap, "%s %llu %s\n", s->origin, (unsigned long long)s->size, hex);
}

static bool parse(const char *line, size_t n, struct sg_signed *s)
{
    const char *one = memchr(line, ' ', n), *two = one ? memchr(one + 1, ' ', n - (size_t)(one + 1 - line)) : NULL;
    char hex[2 * SG_HASH_LEN + 1];
    if (!two || n - (size_t)(two + 1 - line) != 2 * SG_HASH_LEN) return false;
    return sg_copyn(s->origin, sizeof s->origin, line, (size_t)(one - line)) && sg_size_parse(one + 1, (size_t)(two - one - 1), &s->size) &&
           sg_copyn(hex, sizeof hex, two + 1, 2 * SG_HASH_LEN) && sg_unhex(s->root.b, SG_HASH_LEN, hex);
}

/* A line that could not be written whole is taken back; once the disk has not confirmed one, nothing is signed until a restart has read the
 * file anew. */
static bool keep(void *ctx, const struct sg_signed *s)
{
    struct sg_sign_store *st = ctx;
    char line[SG_ORIGIN_MAX + 128];
    if (st->state_fd < 0 || !print(s, line, sizeof line)) return false;
    bool written = write_all(st->state_fd, line, strlen(line));
    if (written && fdatasync(st->state_fd) == 0) {
        st->length += (off_t)strlen(line);
        return true;
    }
    if (!written && ftruncate(st->state_fd, st->length) == 0) return false;
    (void)close(st->state_fd);
    st->state_fd = -1;
    return false;
}

static enum sg_err read_lines(struct sg_sign_store *s, const char *path, const struct sg_buf *b, struct sg_error *e)
{
    enum sg_err err = SG_E_OK;
    size_t at = 0;
    const char *end;
    for (; err == SG_E_OK && at < b->len && (end = memchr(b->data + at, '\n', b->len - at)); at = (size_t)(end - b->data) + 1) {
        struct sg_signed row = {0};
        if (!parse(b->data + at, (size_t)(end - b->data) - at, &row)) return sg_fail(e, SG_E_CORRUPT, path, "damaged at byte %zu", at);
        err = sg_sign_put(&s->book, &row);
    }
    return err;
}

/* The rows as they are now in a file of their own, moved into place; it stays open for what is added. */
static enum sg_err write_anew(struct sg_sign_store *s, const char *path, struct sg_error *e)
{
    char beside[PATHS];
    if (!sg_format(beside, sizeof beside, "%s.new", path)) return sg_fail(e, SG_E_LIMIT, path, "too long");
    s->state_fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
    bool ok = s->state_fd >= 0;
    s->length = 0;
    for (size_t i = 0; i < s->book.n && ok; i++) {
        char line[SG_ORIGIN_MAX + 128];
        ok = print(&s->book.row[i], line, sizeof line) && write_all(s->state_fd, line, strlen(line));
        s->length += (off_t)strlen(line);
    }
    ok = ok && fsync(s->state_fd) == 0 && rename(beside, path) == 0 && sync_folder(path);
    return ok ? SG_E_OK : failed(e, path);
}

static enum sg_err read_state(struct sg_sign_store *s, const char *path, struct sg_error *e)
{
    struct sg_buf b;
    enum sg_err err = SG_E_OK;
    sg_buf_init(&b, STATE_MAX);
    if (access(path, F_OK) == 0) {
        err = sg_buf_read_file(&b, path, e);
        if (err == SG_E_OK) err = read_lines(s, path, &b, e);
    }
    sg_buf_free(&b);
    return err == SG_E_OK ? write_anew(s, path, e) : err;
}

enum sg_err sg_sign_open(struct sg_sign_store *s, const char *key_file, const char *name, struct sg_error *e)
{
    return sg_sign_open_as(s, key_file, name, SG_NOTE_ED25519, e);
}

enum sg_err sg_sign_open_as(struct sg_sign_store *s, const char *key_file, const char *name, enum sg_note_type type, struct sg_error *e)
{
    char state[PATHS];
    memset(s, 0, sizeof *s);
    s->key_fd = s->state_fd = -1;
    s->book.keep = keep;
    s->book.ctx = s;
    if (!sg_format(state, sizeof state, "%s.state", key_file)) return sg_fail(e, SG_E_LIMIT, key_file, "too long");
    enum sg_err err = SG_E_OK;
    if (access(key_file, F_OK) != 0) {
        if (access(state, F_OK) == 0) return sg_fail(e, SG_E_CORRUPT, key_file, "the key is gone, but it has signed (%s)", state);
        if (!name || !name[0]) return sg_fail(e, SG_E_NOTFOUND, key_file, "no such key");
        err = make_key(key_file, name, type, e);
    }
    if (err == SG_E_OK) err = read_key(s, key_file, type, e);
    if (err == SG_E_OK) err = read_state(s, state, e);
    if (err != SG_E_OK) sg_sign_close(s);
    return err;
}

void sg_sign_close(struct sg_sign_store *s)
{
    if (s->state_fd >= 0) (void)close(s->state_fd);
    if (s->key_fd >= 0) (void)close(s->key_fd);
    s->state_fd = s->key_fd = -1;
    sg_sign_free(&s->book);
}
