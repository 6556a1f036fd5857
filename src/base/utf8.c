/* UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing above U+10FFFF. Width comes from our
 * own table (width_table.h), so that a frame looks the same whatever locale or C library is there. */
#include "base/utf8.h"
#include "base/width_table.h"
#include <string.h>

size_t sg_utf8_next(const char *s, size_t n, uint32_t *cp)
{
    static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
    const unsigned char *p = (const unsigned char *)s;
    size_t len = p[0] < 0x80 ? 1 : (p[0] & 0xE0) == 0xC0 ? 2 : (p[0] & 0xF0) == 0xE0 ? 3 : (p[0] & 0xF8) == 0xF0 ? 4 : 0;
    *cp = SG_UTF8_BAD;
    if (len == 1)
        *cp = p[0];
    if (len < 2 || len > n)
        return 1;
    uint32_t v = p[0] & (0x7Fu >> len);
    for (size_t i = 1; i < len; i++) {
        if ((p[i] & 0xC0) != 0x80)
            return 1;
        v = v << 6 | (p[i] & 0x3F);
    }
    if (v < smallest[len] || v > 0x10FFFF || (v >= 0xD800 && v <= 0xDFFF))
        return 1;
    *cp = v;
    return len;
}

size_t sg_utf8_put(char dst[4], uint32_t cp)
{
    static const uint8_t lead[] = { 0, 0, 0xC0, 0xE0, 0xF0 };
    size_t len = cp < 0x80 ? 1 : cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;
    for (size_t i = len - 1; i > 0; i--, cp >>= 6)
        dst[i] = (char)(0x80 | (cp & 0x3F));
    dst[0] = (char)(lead[len] | cp);
    return len;
}

bool sg_utf8_valid(const char *s, size_t n)
{
    uint32_t cp;
    for (size_t i = 0; i < n;) {
        i += sg_utf8_next(s + i, n - i, &cp);
        if (cp == SG_UTF8_BAD)
            return false;
    }
    return true;
}

static bool in_table(const struct sg_range *t, size_t n, uint32_t cp)
{
    size_t lo = 0, hi = n;
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        if (cp > t[mid].last)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < n && cp >= t[lo].first;
}
#define IN(table, cp) in_table((table), sizeof(table) / sizeof *(table), (cp))

bool sg_cp_printable(uint32_t cp)
{
    return cp < 0x7F ? cp >= 0x20 : IN(sg_printable, cp);
}

int sg_cp_width(uint32_t cp)
{
    if (cp < 0x300)
        return cp == 0xAD ? 0 : 1;
    return IN(sg_zero_width, cp) ? 0 : IN(sg_double_width, cp) ? 2 : 1;
}

int sg_width(const char *utf8)
{
    int cols = 0;
    uint32_t cp;
    for (size_t n = strlen(utf8), len; n > 0; utf8 += len, n -= len) {
        len = sg_utf8_next(utf8, n, &cp);
        cols += cp == SG_UTF8_BAD ? 1 : sg_cp_width(cp);
    }
    return cols;
}
