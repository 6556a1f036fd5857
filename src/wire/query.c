/* A page of the log as a query string: name=value pairs, values percent-encoded. The table below is read in both directions. Nothing in
 * a query is personal data: citizens go by their opaque ids. */
#include "wire/query.h"
#include <string.h>
#include "base/str.h"
#include "base/utf8.h"
#include "wire/shape.h"

enum { LIMIT_MAX = 1000 };

struct text_field { const char *name; size_t at, size; };
#define T(name, m) {name, offsetof(struct sg_event_filter, m), sizeof(((struct sg_event_filter *)0)->m)}
static const struct text_field TEXTS[] = {
    T("citizen", citizen), T("staff", staff), T("unit", unit), T("kind", kind), T("outcome", outcome), T("purpose", purpose),
};
static const struct { const char *name; size_t at; } TIMES[] = {
    {"from", offsetof(struct sg_event_filter, from)}, {"to", offsetof(struct sg_event_filter, to)},
};
enum { N_TEXTS = sizeof TEXTS / sizeof *TEXTS, N_TIMES = sizeof TIMES / sizeof *TIMES };

static int64_t *time_of(struct sg_event_filter *f, size_t i) { return (int64_t *)(void *)((char *)f + TIMES[i].at); }

bool sg_event_filter_empty(const struct sg_event_filter *f)
{
    for (size_t i = 0; i < N_TEXTS; i++)
        if (((const char *)f)[TEXTS[i].at]) return false;
    return f->from == 0 && f->to == 0;
}

bool sg_event_kind_fits(const char *pattern, const char *kind)
{
    size_t n = strlen(pattern);
    if (n > 0 && pattern[n - 1] == '*') return strncmp(pattern, kind, n - 1) == 0;
    return n == 0 || sg_eq(pattern, kind);
}

/* ---- writing ------------------------------------------------------------------------------------------------------------- */

static bool plain(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c != 0 && strchr("._:-*", c) != NULL);
}

static bool put_text(char *dst, size_t cap, const char *name, const char *value)
{
    static const char hex[] = "0123456789ABCDEF";
    char coded[3 * 64 + 1];
    size_t n = 0, len = strlen(dst);
    for (const unsigned char *p = (const unsigned char *)value; *p; p++) {
        if (n + 4 > sizeof coded) return false;
        if (plain(*p)) {
            coded[n++] = (char)*p;
        } else {
            coded[n++] = '%';
            coded[n++] = hex[*p >> 4];
            coded[n++] = hex[*p & 15];
        }
    }
    coded[n] = '\0';
    return sg_format(dst + len, cap - len, "%s%s=%s", len ? "&" : "", name, coded);
}

static bool put_number(char *dst, size_t cap, const char *name, int64_t v)
{
    size_t len = strlen(dst);
    return sg_format(dst + len, cap - len, "%s%s=%lld", len ? "&" : "", name, (long long)v);
}

bool sg_event_page_write(const struct sg_event_page *p, char *dst, size_t cap)
{
    char when[SG_RFC3339_MAX];
    struct sg_event_filter f = p->filter;
    bool ok = true;
    for (size_t i = 0; i < N_TEXTS && ok; i++) {
        const char *value = (const char *)&f + TEXTS[i].at;
        if (value[0]) ok = put_text(dst, cap, TEXTS[i].name, value);
    }
    for (size_t i = 0; i < N_TIMES && ok; i++) {
        if (*time_of(&f, i) == 0) continue;
        sg_rfc3339(when, *time_of(&f, i));
        ok = put_text(dst, cap, TIMES[i].name, when);
    }
    if (ok && p->order != SG_EVENTS_OFFSET && p->cursor >= 0) ok = put_number(dst, cap, p->order == SG_EVENTS_NEWEST ? "before" : "after", p->cursor);
    else if (ok && p->order != SG_EVENTS_OFFSET) ok = put_text(dst, cap, "order", p->order == SG_EVENTS_NEWEST ? "newest" : "oldest");
    return ok && (p->limit <= 0 || put_number(dst, cap, "limit", p->limit));
}

/* ---- reading ------------------------------------------------------------------------------------------------------------- */

static int digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One value of n bytes into dst, decoded; false when it is malformed, too long, not UTF-8 or holds a control character. */
static bool take_text(const char *p, size_t n, char *dst, size_t cap)
{
    size_t len = 0;
    for (size_t i = 0; i < n; i++) {
        int c = (unsigned char)p[i];
        if (c == '%') {
            if (n - i < 3 || digit(p[i + 1]) < 0 || digit(p[i + 2]) < 0) return false;
            c = digit(p[i + 1]) << 4 | digit(p[i + 2]);
            i += 2;
        } else if (!plain((unsigned char)c)) {
            return false;
        }
        if (c < 0x20 || c == 0x7F || len + 1 >= cap) return false;
        dst[len++] = (char)c;
    }
    dst[len] = '\0';
    return sg_utf8_valid(dst, len);
}

static bool take_order(const char *value, struct sg_event_page *p)
{
    if (sg_eq(value, "newest")) p->order = SG_EVENTS_NEWEST;
    else if (sg_eq(value, "oldest")) p->order = SG_EVENTS_OLDEST;
    else return false;
    return true;
}

static bool take_number(const char *name, const char *value, struct sg_event_page *p)
{
    if (sg_eq(name, "limit")) return sg_parse_i64(value, 1, LIMIT_MAX, &p->limit);
    p->order = sg_eq(name, "before") ? SG_EVENTS_NEWEST : SG_EVENTS_OLDEST;
    return sg_parse_i64(value, 0, INT64_C(1) << 53, &p->cursor);
}

static bool take(const char *name, const char *p, size_t n, struct sg_event_page *out)
{
    char value[64];
    for (size_t i = 0; i < N_TEXTS; i++)
        if (sg_eq(TEXTS[i].name, name)) return take_text(p, n, (char *)&out->filter + TEXTS[i].at, TEXTS[i].size);
    if (!take_text(p, n, value, sizeof value)) return false;
    for (size_t i = 0; i < N_TIMES; i++)
        if (sg_eq(TIMES[i].name, name)) return sg_rfc3339_parse(value, time_of(&out->filter, i));
    return sg_eq(name, "order") ? take_order(value, out) : take_number(name, value, out);
}

static const char *known(const char *p, size_t n)
{
    static const char *const names[] = {"citizen", "staff", "unit", "kind", "outcome", "purpose", "from", "to", "before", "after", "order", "limit"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strlen(names[i]) == n && strncmp(names[i], p, n) == 0) return names[i];
    return NULL;
}

bool sg_event_page_read(const char *query, struct sg_event_page *out, const char **where)
{
    memset(out, 0, sizeof *out);
    out->cursor = -1;
    *where = "";
    for (const char *p = query; *p;) {
        size_t n = strcspn(p, "&"), key = strcspn(p, "=&");
        const char *name = known(p, key);
        if (name && (key == n || !take(name, p + key + 1, n - key - 1, out))) {
            *where = name;
            return false;
        }
        p += n;
        if (*p == '&') p++;
    }
    if (out->order == SG_EVENTS_OFFSET && !sg_event_filter_empty(&out->filter)) out->order = SG_EVENTS_OLDEST;
    return true;
}
