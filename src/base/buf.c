/* The growing buffer. It doubles up to its ceiling and remembers the first refusal, so that a caller may
 * append many pieces and ask once. A refused append adds nothing: content is never half a piece. Old memory
 * is wiped when it is given back, as answers with personal data pass through here. */
#include "base/buf.h"
#include "base/secret.h"
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void sg_buf_init(struct sg_buf *b, size_t max)
{
    *b = (struct sg_buf){ .max = max };
}

void sg_buf_free(struct sg_buf *b)
{
    size_t max = b->max;
    if (b->data)
        sg_wipe(b->data, b->cap);
    free(b->data);
    *b = (struct sg_buf){ .max = max };
}

void sg_buf_reset(struct sg_buf *b)
{
    b->len = 0;
    b->failed = 0;
    if (b->data)
        b->data[0] = '\0';
}

/* Room for n more bytes and the terminator. Not realloc(), which would leave an unwiped copy behind. */
static enum sg_err grow(struct sg_buf *b, size_t n)
{
    if (b->failed)
        return SG_E_LIMIT;
    if (b->len > b->max || n > b->max - b->len || b->max == SIZE_MAX)
        goto refuse;
    size_t need = b->len + n + 1;
    if (need <= b->cap)
        return SG_E_OK;
    size_t cap = b->cap > (b->max + 1) / 2 ? b->max + 1 : b->cap * 2;
    if (cap < 64)
        cap = 64;
    if (cap < need)
        cap = need;
    char *fresh = malloc(cap);
    if (!fresh)
        goto refuse;
    if (b->data) {
        memcpy(fresh, b->data, b->len + 1);
        sg_wipe(b->data, b->cap);
        free(b->data);
    } else {
        fresh[0] = '\0';
    }
    b->data = fresh;
    b->cap = cap;
    return SG_E_OK;
refuse:
    b->failed = 1;
    return SG_E_LIMIT;
}

enum sg_err sg_buf_add(struct sg_buf *b, const void *data, size_t n)
{
    enum sg_err err = grow(b, n);
    if (err)
        return err;
    if (n)
        memcpy(b->data + b->len, data, n);
    b->len += n;
    b->data[b->len] = '\0';
    return SG_E_OK;
}

enum sg_err sg_buf_addz(struct sg_buf *b, const char *text)
{
    return text ? sg_buf_add(b, text, strlen(text)) : SG_E_OK;
}

enum sg_err sg_buf_addf(struct sg_buf *b, const char *fmt, ...)
{
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    enum sg_err err = SG_E_LIMIT;
    if (n < 0)
        b->failed = 1;
    else
        err = grow(b, (size_t)n);
    if (!err && b->data) {
        vsnprintf(b->data + b->len, (size_t)n + 1, fmt, again);
        b->len += (size_t)n;
    }
    va_end(again);
    return err;
}

enum sg_err sg_buf_check(const struct sg_buf *b)
{
    return b->failed ? SG_E_LIMIT : SG_E_OK;
}

char *sg_buf_take(struct sg_buf *b)
{
    char *data = b->data;
    *b = (struct sg_buf){ .max = b->max };
    return data;
}

static enum sg_err read_all(struct sg_buf *b, int fd, const char *path, struct sg_error *e)
{
    char piece[4096];
    for (;;) {
        ssize_t n = read(fd, piece, sizeof piece);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return sg_fail(e, SG_E_IO, path, "reading failed: errno %d", errno);
        if (n == 0)
            break;
        enum sg_err err = sg_buf_add(b, piece, (size_t)n);
        sg_wipe(piece, (size_t)n);
        if (err)
            return sg_fail(e, err, path, "the file holds more than %zu bytes", b->max);
    }
    return sg_buf_add(b, "", 0);    /* an empty file is an empty string, not NULL */
}

enum sg_err sg_buf_read_file(struct sg_buf *b, const char *path, struct sg_error *e)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return sg_fail(e, errno == ENOENT ? SG_E_NOTFOUND : SG_E_IO, path, "opening failed: errno %d", errno);
    enum sg_err err = read_all(b, fd, path, e);
    close(fd);
    return err;
}
