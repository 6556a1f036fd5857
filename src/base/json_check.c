/* The strict scanner. Recursive by value, never deeper than the limit says (at most DEEPEST), and it alone decides
 * what is JSON: what passes here cJSON also takes, whole. Keys of the objects that are open lie unescaped in one
 * arena; when an object closes its keys are sorted and neighbours compared, so that {"a":1,"\u0061":2} is seen
 * as a duplicate and a body of many keys costs n log n. */
#include "base/json.h"
#include "base/str.h"
#include "base/utf8.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DEEPEST = 64, NUMBER_MAX = 63 /* cJSON's own limit */ };

const struct sg_json_limits SG_JSON_BODY = { 64 * 1024, 16, 2000, false };
const struct sg_json_limits SG_JSON_REPLY = { 8 * 1024 * 1024, 16, 200000, false };

struct key { size_t at, len, pos; };   /* at: in the arena; pos: byte of the text */

struct scan {
    const char *s;
    size_t n, i;
    const struct sg_json_limits *lim;
    struct sg_error *e;
    size_t tokens;
    struct sg_buf text;     /* unescaped keys */
    struct sg_buf keys;     /* struct key, of all open objects */
};

static enum sg_err value(struct scan *c, size_t depth);

static enum sg_err bad_at(struct scan *c, size_t pos, enum sg_err code, const char *why)
{
    char where[SG_WHERE_MAX];
    sg_format(where, sizeof where, "byte %zu", pos);
    return sg_fail(c->e, code, where, "%s", why);
}

static enum sg_err bad(struct scan *c, const char *why) { return bad_at(c, c->i, SG_E_PARSE, why); }

static int peek(const struct scan *c) { return c->i < c->n ? (unsigned char)c->s[c->i] : -1; }

static void blanks(struct scan *c)
{
    for (int ch = peek(c); ch == ' ' || ch == '\t' || ch == '\n' || ch == '\r'; ch = peek(c))
        c->i++;
}

static bool is_digit(int ch) { return ch >= '0' && ch <= '9'; }

/* Skips digits; returns how many. */
static size_t digits(struct scan *c)
{
    size_t from = c->i;
    while (is_digit(peek(c)))
        c->i++;
    return c->i - from;
}

static enum sg_err number_range(struct scan *c, size_t from, bool integer)
{
    char text[NUMBER_MAX + 1];
    if (!sg_copyn(text, sizeof text, c->s + from, c->i - from))
        return bad_at(c, from, SG_E_LIMIT, "a number is longer than 63 characters");
    int64_t v;
    if (integer && !c->lim->any_integer && !sg_parse_i64(text, -(INT64_C(1) << 53), INT64_C(1) << 53, &v))
        return bad_at(c, from, SG_E_PARSE, "an integer is outside of +-2^53");
    if (!integer && !isfinite(strtod(text, NULL)))
        return bad_at(c, from, SG_E_PARSE, "a number is too large");
    return SG_E_OK;
}

static enum sg_err number(struct scan *c)
{
    size_t from = c->i;
    bool integer = true;
    if (peek(c) == '-')
        c->i++;
    bool zero = peek(c) == '0';
    size_t n = digits(c);
    if (n == 0 || (zero && n > 1))
        return bad(c, "not a number");
    if (peek(c) == '.') {
        integer = false;
        c->i++;
        if (digits(c) == 0)
            return bad(c, "no digit after the point");
    }
    if (peek(c) == 'e' || peek(c) == 'E') {
        integer = false;
        c->i++;
        if (peek(c) == '+' || peek(c) == '-')
            c->i++;
        if (digits(c) == 0)
            return bad(c, "no digit in the exponent");
    }
    return number_range(c, from, integer);
}

/* The four digits behind \u, or -1. */
static int32_t hex4(struct scan *c)
{
    uint8_t b[2];
    char text[5];
    if (c->n - c->i < 4)
        return -1;
    sg_copyn(text, sizeof text, c->s + c->i, 4);
    if (!sg_unhex(b, 2, text))
        return -1;
    c->i += 4;
    return b[0] << 8 | b[1];
}

/* c->i is behind "\u". */
static enum sg_err unicode_escape(struct scan *c, uint32_t *cp)
{
    int32_t hi = hex4(c);
    if (hi < 0)
        return bad(c, "\\u needs four hexadecimal digits");
    if (hi == 0)
        return bad(c, "\\u0000 is not allowed");
    *cp = (uint32_t)hi;
    if (hi < 0xD800 || hi > 0xDFFF)
        return SG_E_OK;
    if (hi > 0xDBFF || c->n - c->i < 6 || c->s[c->i] != '\\' || c->s[c->i + 1] != 'u')
        return bad(c, "a lone surrogate");
    c->i += 2;
    int32_t lo = hex4(c);
    if (lo < 0xDC00 || lo > 0xDFFF)
        return bad(c, "a lone surrogate");
    *cp = 0x10000u + (((uint32_t)hi - 0xD800) << 10) + ((uint32_t)lo - 0xDC00);
    return SG_E_OK;
}

/* c->i is at the backslash. */
static enum sg_err escape(struct scan *c, uint32_t *cp)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    c->i++;
    int ch = peek(c);
    if (ch == 'u') {
        c->i++;
        return unicode_escape(c, cp);
    }
    const char *at = ch > 0 ? strchr(from, ch) : NULL;
    if (!at)
        return bad(c, "an unknown escape");
    *cp = (unsigned char)to[at - from];
    c->i++;
    return SG_E_OK;
}

/* How many characters from here on stand for themselves: printable ASCII, most of every text. */
static size_t plain_run(const struct scan *c)
{
    size_t i = c->i;
    while (i < c->n && (unsigned char)c->s[i] >= 0x20 && (unsigned char)c->s[i] < 0x7F && c->s[i] != '"' && c->s[i] != '\\')
        i++;
    return i - c->i;
}

/* out: where the unescaped text goes, or NULL. */
static enum sg_err string(struct scan *c, struct sg_buf *out)
{
    if (peek(c) != '"')
        return bad(c, "a string was expected");
    c->i++;
    for (;;) {
        uint32_t cp;
        size_t run = plain_run(c);
        if (run > 0 && out && sg_buf_add(out, c->s + c->i, run) != SG_E_OK)
            return bad_at(c, c->i, SG_E_NOMEM, "no memory");
        c->i += run;
        int ch = peek(c);
        if (ch < 0x20)
            return bad(c, ch < 0 ? "the text ends inside a string" : "a control character in a string");
        if (ch == '"')
            break;
        if (ch == '\\') {
            enum sg_err err = escape(c, &cp);
            if (err)
                return err;
        } else {
            size_t len = sg_utf8_next(c->s + c->i, c->n - c->i, &cp);
            if (cp == SG_UTF8_BAD)
                return bad(c, "not UTF-8");
            c->i += len;
        }
        char bytes[4];
        if (out && sg_buf_add(out, bytes, sg_utf8_put(bytes, cp)) != SG_E_OK)
            return bad_at(c, c->i, SG_E_NOMEM, "no memory");
    }
    c->i++;
    return SG_E_OK;
}

static int key_order(const void *a, const void *b, void *arena)
{
    const struct key *x = a, *y = b;
    const char *text = arena;
    size_t n = x->len < y->len ? x->len : y->len;
    int d = n > 0 ? memcmp(text + x->at, text + y->at, n) : 0;
    if (d == 0 && x->len != y->len)
        return x->len < y->len ? -1 : 1;
    return d != 0 ? d : (x->pos > y->pos) - (x->pos < y->pos);
}

static bool same_key(const struct scan *c, const struct key *a, const struct key *b)
{
    /* Nothing but empty keys leaves the arena without memory. */
    return a->len == b->len && (a->len == 0 || memcmp(c->text.data + a->at, c->text.data + b->at, a->len) == 0);
}

/* Compares the keys from byte `from` of c->keys on and forgets them. */
static enum sg_err close_object(struct scan *c, size_t keys_from, size_t text_from)
{
    size_t n = (c->keys.len - keys_from) / sizeof(struct key);
    c->keys.len = keys_from;
    if (n < 2 || !c->keys.data) {
        c->text.len = text_from;
        return SG_E_OK;
    }
    /* Aligned: the buffer comes from malloc and holds nothing but whole structs. */
    struct key *k = (struct key *)(void *)(c->keys.data + keys_from);
    qsort_r(k, n, sizeof *k, key_order, c->text.data);
    for (size_t i = 1; i < n; i++)
        if (same_key(c, &k[i], &k[i - 1]))
            return bad_at(c, k[i].pos, SG_E_PARSE, "a key occurs twice");
    c->text.len = text_from;
    return SG_E_OK;
}

static enum sg_err key(struct scan *c)
{
    struct key k = { .at = c->text.len, .pos = c->i };
    enum sg_err err = string(c, &c->text);
    if (err)
        return err;
    k.len = c->text.len - k.at;
    if (sg_buf_add(&c->keys, &k, sizeof k) != SG_E_OK)
        return bad_at(c, c->i, SG_E_NOMEM, "no memory");
    blanks(c);
    if (peek(c) != ':')
        return bad(c, "a colon was expected");
    c->i++;
    c->tokens++;
    return SG_E_OK;
}

/* The inside of {} or []; c->i is at the opening bracket. */
static enum sg_err members(struct scan *c, size_t depth, bool object)
{
    const int end = object ? '}' : ']';
    size_t keys_from = c->keys.len, text_from = c->text.len;
    if (depth >= c->lim->depth || depth >= DEEPEST)
        return bad_at(c, c->i, SG_E_LIMIT, "nested too deeply");
    c->i++;
    blanks(c);
    if (peek(c) == end) {
        c->i++;
        return SG_E_OK;
    }
    for (;;) {
        blanks(c);
        enum sg_err err = object ? key(c) : SG_E_OK;
        if (!err)
            err = value(c, depth + 1);
        if (err)
            return err;
        blanks(c);
        int ch = peek(c);
        if (ch != ',' && ch != end)
            return bad(c, "a comma or the end was expected");
        c->i++;
        if (ch == end)
            return object ? close_object(c, keys_from, text_from) : SG_E_OK;
    }
}

static enum sg_err word(struct scan *c, const char *w)
{
    size_t n = strlen(w);
    if (c->n - c->i < n || memcmp(c->s + c->i, w, n) != 0)
        return bad(c, "not a value");
    c->i += n;
    return SG_E_OK;
}

static enum sg_err value(struct scan *c, size_t depth)
{
    blanks(c);
    if (++c->tokens > c->lim->tokens)
        return bad_at(c, c->i, SG_E_LIMIT, "too many values");
    switch (peek(c)) {
    case '{': return members(c, depth, true);
    case '[': return members(c, depth, false);
    case '"': return string(c, NULL);
    case 't': return word(c, "true");
    case 'f': return word(c, "false");
    case 'n': return word(c, "null");
    default: return number(c);
    }
}

enum sg_err sg_json_check(const char *text, size_t n, const struct sg_json_limits *lim, struct sg_error *e)
{
    struct scan c = { .s = text, .n = n, .lim = lim, .e = e };
    if (n > lim->bytes)
        return bad_at(&c, lim->bytes, SG_E_LIMIT, "the text is too long");
    if (!text || n == 0)
        return bad(&c, "empty");
    sg_buf_init(&c.text, n + 1);
    sg_buf_init(&c.keys, (lim->tokens + 1) * sizeof(struct key));
    enum sg_err err = value(&c, 0);
    blanks(&c);
    if (!err && c.i < c.n)
        err = bad(&c, "something follows the value");
    sg_buf_free(&c.text);
    sg_buf_free(&c.keys);
    return err;
}
