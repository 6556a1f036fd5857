/* A strict reader for one line of JSON that ends in NUL, in place: strings are unescaped where they stand and end in NUL, so no memory is needed. Only UTF-8, no
 * duplicate keys, no \u0000, no lone surrogates, no blanks other than JSON's, nothing behind the value. */
#include "verify/verify.h"
#include <stdlib.h>
#include <string.h>

struct scan { char *s, *end; struct sv_json *j; int depth; };

static int value(struct scan *c);

static void blanks(struct scan *c) { c->s += strspn(c->s, " \t\r\n"); }

static bool take(struct scan *c, char ch)
{
    blanks(c);
    if (c->s == c->end || *c->s != ch)
        return false;
    c->s++;
    return true;
}

static int32_t hex4(struct scan *c)
{
    char digits[5] = "";
    if (strspn(c->s, "0123456789abcdefABCDEF") < 4)
        return -1;
    memcpy(digits, c->s, 4);
    c->s += 4;
    return (int32_t)strtol(digits, NULL, 16);
}

static char *put_utf8(char *to, uint32_t cp)
{
    int more = cp < 0x80 ? 0 : cp < 0x800 ? 1 : cp < 0x10000 ? 2 : 3;
    static const uint8_t lead[] = {0, 0xC0, 0xE0, 0xF0};
    *to++ = (char)(lead[more] | cp >> (6 * more));
    while (more-- > 0)
        *to++ = (char)(0x80 | (cp >> (6 * more) & 0x3F));
    return to;
}

/* Behind the backslash. Never writes more than it has read. */
static char *escape(struct scan *c, char *to)
{
    static const char from[] = "\"\\/bfnrt", into[] = "\"\\/\b\f\n\r\t";
    const char *at = c->s < c->end && *c->s ? strchr(from, *c->s) : NULL;
    if (at) {
        c->s++;
        *to++ = into[at - from];
        return to;
    }
    if (c->s == c->end || *c->s++ != 'u')
        return NULL;
    int32_t hi = hex4(c), lo;
    if (hi <= 0 || (hi >= 0xDC00 && hi <= 0xDFFF))
        return NULL;
    if (hi < 0xD800 || hi > 0xDFFF)
        return put_utf8(to, (uint32_t)hi);
    if (c->end - c->s < 6 || *c->s++ != '\\' || *c->s++ != 'u' || (lo = hex4(c)) < 0xDC00 || lo > 0xDFFF)
        return NULL;
    return put_utf8(to, 0x10000u + (((uint32_t)hi - 0xD800) << 10) + ((uint32_t)lo - 0xDC00));
}

static bool string(struct scan *c, const char **text, size_t *len)
{
    if (!take(c, '"'))
        return false;
    char *to = c->s;
    *text = to;
    while (c->s < c->end && *c->s != '"') {
        if ((unsigned char)*c->s < ' ')
            return false;
        if (*c->s == '\\') {
            c->s++;
            to = escape(c, to);
            if (!to)
                return false;
        } else {
            *to++ = *c->s++;
        }
    }
    if (c->s == c->end)
        return false;
    *len = (size_t)(to - *text);
    c->s++;
    *to = '\0';
    return true;
}

/* Children of an object or array; the opening bracket is taken. */
static bool members(struct scan *c, struct sv_node *parent, bool object, char close)
{
    int *link = &parent->child;
    if (take(c, close))
        return true;
    do {
        const char *key = NULL;
        size_t n = 0;
        if (object && (!string(c, &key, &n) || strlen(key) != n || sv_member(c->j, parent, key) || !take(c, ':')))
            return false;
        int one = value(c);
        if (one < 0)
            return false;
        c->j->node[one].key = key;
        *link = one;
        link = &c->j->node[one].next;
        parent->members++;
    } while (take(c, ','));
    return take(c, close);
}

static bool word(struct scan *c, const char *w)
{
    size_t n = strlen(w);
    bool there = strncmp(c->s, w, n) == 0;
    c->s += there ? n : 0;
    return there;
}

/* Only whole numbers without sign occur. */
static bool number(struct scan *c, struct sv_node *node)
{
    size_t n = strspn(c->s, "0123456789");
    c->s += n;
    return sv_number(c->s - n, n, &node->number);
}

static int value(struct scan *c)
{
    blanks(c);
    if (c->s == c->end || c->depth == 8 || c->j->n == SV_NODES)
        return -1;
    char ch = *c->s;
    int at = c->j->n++;
    struct sv_node *node = &c->j->node[at];
    *node = (struct sv_node){.child = -1, .next = -1};
    node->type = ch == '{' ? SV_OBJECT : ch == '[' ? SV_ARRAY : ch == '"' ? SV_STRING : ch == 't' ? SV_TRUE : ch == 'f' ? SV_FALSE : ch == 'n' ? SV_NULL : SV_NUMBER;
    bool ok;
    c->depth++;
    switch (node->type) {
    case SV_OBJECT: c->s++; ok = members(c, node, true, '}'); break;
    case SV_ARRAY: c->s++; ok = members(c, node, false, ']'); break;
    case SV_STRING: ok = string(c, &node->text, &node->len); break;
    case SV_NUMBER: ok = number(c, node); break;
    default: ok = word(c, node->type == SV_TRUE ? "true" : node->type == SV_FALSE ? "false" : "null"); break;
    }
    c->depth--;
    return ok ? at : -1;
}

/* Octets of the UTF-8 character at s, 0 when it is none. */
static size_t utf8(const uint8_t *s)
{
    size_t n = s[0] < 0x80 ? 1 : s[0] < 0xC2 ? 0 : s[0] < 0xE0 ? 2 : s[0] < 0xF0 ? 3 : s[0] < 0xF5 ? 4 : 0;
    bool good = !((s[0] == 0xE0 && s[1] < 0xA0) || (s[0] == 0xED && s[1] > 0x9F) || (s[0] == 0xF0 && s[1] < 0x90) || (s[0] == 0xF4 && s[1] > 0x8F));
    for (size_t i = 1; i < n; i++)
        good = good && (s[i] & 0xC0) == 0x80;
    return good ? n : 0;
}

bool sv_utf8(const char *text, size_t n)
{
    size_t step = 1;
    for (size_t i = 0; i < n && step > 0; i += step)
        step = utf8((const uint8_t *)text + i);
    return step > 0;
}

bool sv_json_read(struct sv_json *j, char *text, size_t n)
{
    struct scan c = {.s = text, .end = text + n, .j = j};
    j->n = 0;
    if (!sv_utf8(text, n) || value(&c) != 0)
        return false;
    blanks(&c);
    return c.s == c.end && j->node[0].type == SV_OBJECT;
}

const struct sv_node *sv_member(const struct sv_json *j, const struct sv_node *object, const char *key)
{
    for (int i = object->child; i >= 0; i = j->node[i].next)
        if (strcmp(j->node[i].key, key) == 0)
            return &j->node[i];
    return NULL;
}

bool sv_member_bytes(const struct sv_json *j, const char *key, uint8_t *dst, size_t cap, size_t *n)
{
    const struct sv_node *m = sv_member(j, &j->node[0], key);
    return m && m->type == SV_STRING && sv_base64(dst, cap, n, m->text, m->len);
}

bool sv_member_number(const struct sv_json *j, const char *key, uint64_t *out)
{
    const struct sv_node *m = sv_member(j, &j->node[0], key);
    *out = m ? m->number : 0;
    return m && m->type == SV_NUMBER;
}
