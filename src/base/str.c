/* Bounded strings. Every writer takes the size of its destination, terminates it and says whether all fitted. */
#include "base/str.h"
#include "base/utf8.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The longest prefix of src (at most n bytes) that does not end inside a character. Invalid bytes are kept. */
static size_t whole_chars(const char *src, size_t n)
{
    size_t back = 0;
    while (back < 3 && back < n && ((unsigned char)src[n - back] & 0xC0) == 0x80)
        back++;
    return ((unsigned char)src[n - back] & 0xC0) == 0xC0 ? n - back : n;
}

bool sg_copyn(char *dst, size_t cap, const char *src, size_t n)
{
    if (cap == 0)
        return false;
    if (!src)
        n = 0;
    bool fits = n < cap;
    size_t keep = fits ? n : whole_chars(src, cap - 1);
    if (keep)
        memmove(dst, src, keep);
    dst[keep] = '\0';
    return fits;
}

bool sg_copy(char *dst, size_t cap, const char *src)
{
    return sg_copyn(dst, cap, src, src ? strlen(src) : 0);
}

bool sg_format(char *dst, size_t cap, const char *fmt, ...)
{
    if (cap == 0)
        return false;
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(dst, cap, fmt, ap);
    va_end(ap);
    if (n < 0) {
        dst[0] = '\0';
        return false;
    }
    if ((size_t)n < cap)
        return true;
    /* vsnprintf cuts anywhere: drop a character that lost its tail. */
    size_t at = cap - 1, start = at;
    while (start > 0 && at - start < 3 && ((unsigned char)dst[start - 1] & 0xC0) == 0x80)
        start--;
    if (start > 0 && ((unsigned char)dst[start - 1] & 0xC0) == 0xC0 && !sg_utf8_valid(dst + start - 1, at - start + 1))
        dst[start - 1] = '\0';
    return false;
}

/* Bytes of the blank at s, 0 when it is none. */
static size_t blank(const char *s)
{
    static const char *const wide[] = {
        "\xC2\xA0", "\xE2\x80\xAF", "\xE2\x80\x87", "\xE2\x80\x89", "\xE2\x80\x8B", "\xE2\x80\x8C",
        "\xE2\x80\x8D", "\xE2\x81\xA0", "\xEF\xBB\xBF",
    };
    if (*s == ' ' || (*s >= '\t' && *s <= '\r'))
        return 1;
    for (size_t i = 0; i < sizeof wide / sizeof *wide; i++)
        if (sg_starts(s, wide[i]))
            return strlen(wide[i]);
    return 0;
}

char *sg_trim(char *s)
{
    const char *from = s;
    for (size_t n; (n = blank(from)) > 0;)
        from += n;
    const char *end = from;
    for (const char *p = from; *p;) {
        size_t n = blank(p);
        p += n ? n : 1;
        if (!n)
            end = p;
    }
    size_t len = (size_t)(end - from);
    memmove(s, from, len);
    s[len] = '\0';
    return s;
}

char *sg_strip_blanks(char *s)
{
    char *to = s;
    for (const char *p = s; *p;) {
        size_t n = blank(p);
        if (n)
            p += n;
        else
            *to++ = *p++;
    }
    *to = '\0';
    return s;
}

bool sg_eq(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static int lower(char c) { return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c; }

bool sg_ieq(const char *a, const char *b)
{
    if (!a || !b)
        return a == b;
    while (*a && lower(*a) == lower(*b)) {
        a++;
        b++;
    }
    return lower(*a) == lower(*b);
}

bool sg_starts(const char *s, const char *prefix)
{
    return s && prefix && strncmp(s, prefix, strlen(prefix)) == 0;
}

bool sg_parse_i64(const char *s, int64_t min, int64_t max, int64_t *out)
{
    if (!s || !*s)
        return false;
    const char *digits = *s == '-' ? s + 1 : s;
    if (!*digits || strspn(digits, "0123456789") != strlen(digits))
        return false;      /* strtoll would take blanks and a plus sign */
    errno = 0;
    long long v = strtoll(s, NULL, 10);
    if (errno || v < min || v > max)
        return false;
    *out = v;
    return true;
}

void sg_hex(char *dst, const uint8_t *src, size_t n)
{
    static const char digit[] = "0123456789abcdef";
    for (size_t i = 0; i < n; i++) {
        dst[2 * i] = digit[src[i] >> 4];
        dst[2 * i + 1] = digit[src[i] & 15];
    }
    dst[2 * n] = '\0';
}

static int nibble(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    int l = lower(c);
    return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

bool sg_unhex(uint8_t *dst, size_t n, const char *src)
{
    if (!src || strlen(src) != 2 * n)
        return false;
    for (size_t i = 0; i < n; i++) {
        int hi = nibble(src[2 * i]), lo = nibble(src[2 * i + 1]);
        if (hi < 0 || lo < 0)
            return false;
        dst[i] = (uint8_t)(hi << 4 | lo);
    }
    return true;
}
