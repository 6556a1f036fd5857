/* INI reading on top of libinih. The library is fed line by line from memory, so that we know the number of the line an entry
 * stands on, can refuse lines longer than its buffer instead of letting it split them, and can keep it from joining indented
 * lines to the one above (a path that was indented by mistake must not become part of another value). */
#include "cmd/ini.h"
#include <ini.h>
#include <stdbool.h>
#include <string.h>
#include "base/buf.h"
#include "base/str.h"

struct source {
    const char *at, *label;
    int line;
    bool too_long;
    sg_ini_fn *fn;
    void *ctx;
    struct sg_error *e;
    enum sg_err err;
};

static char *next_line(char *dst, int cap, void *stream) {
    struct source *s = stream;
    if (*s->at == '\0' || s->err != SG_E_OK || s->too_long) {
        return NULL;
    }
    s->line++;
    s->at += strspn(s->at, " \t");
    size_t n = strcspn(s->at, "\n");
    if (n + 2 > (size_t)cap) {
        s->too_long = true;
        return NULL;
    }
    memcpy(dst, s->at, n);
    dst[n] = '\n';
    dst[n + 1] = '\0';
    s->at += n + (s->at[n] == '\n');
    return dst;
}

static enum sg_err at_line(const struct source *s, enum sg_err code, const char *text) {
    char where[SG_WHERE_MAX];
    sg_format(where, sizeof where, "%s:%d", s->label, s->line);
    return sg_fail(s->e, code, where, "%s", text);
}

static int entry(void *user, const char *section, const char *name, const char *value) {
    struct source *s = user;
    if (s->err != SG_E_OK) {
        return 0;
    }
    struct sg_error inner = {0};
    s->err = s->fn(s->ctx, section, name, value ? value : "", s->line, &inner);
    if (s->err != SG_E_OK) {
        s->err = at_line(s, s->err, inner.detail);
        return 0;
    }
    return 1;
}

enum sg_err sg_ini_text(const char *text, const char *label, sg_ini_fn *fn, void *ctx, struct sg_error *e) {
    struct source s = {.at = text, .label = label, .fn = fn, .ctx = ctx, .e = e, .err = SG_E_OK};
    int bad = ini_parse_stream(next_line, &s, entry, &s);
    if (s.err != SG_E_OK) {
        return s.err;
    }
    if (s.too_long) {
        return at_line(&s, SG_E_LIMIT, "the line is too long");
    }
    if (bad > 0) {
        s.line = bad;
        return at_line(&s, SG_E_PARSE, "neither [section] nor name = value");
    }
    return bad == 0 ? SG_E_OK : sg_fail(e, SG_E_NOMEM, label, "out of memory");
}

enum sg_err sg_ini_file(const char *path, sg_ini_fn *fn, void *ctx, struct sg_error *e) {
    struct sg_buf b;
    sg_buf_init(&b, SG_INI_MAX);
    enum sg_err err = sg_buf_read_file(&b, path, e);
    if (err == SG_E_OK && b.data != NULL && memchr(b.data, 0, b.len) != NULL) {
        err = sg_fail(e, SG_E_PARSE, path, "not a text file");
    }
    if (err == SG_E_OK) {
        err = sg_ini_text(b.data ? b.data : "", path, fn, ctx, e);
    }
    sg_buf_free(&b);
    return err;
}
