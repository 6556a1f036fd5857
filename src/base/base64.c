/* Base 64 both ways. Decoding is strict on purpose: two spellings of one signature would be two different notes. */
#include "base/base64.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void sg_base64(char *dst, const void *src, size_t n)
{
    const uint8_t *s = src;
    for (size_t i = 0; i < n; i += 3) {
        uint32_t v = (uint32_t)s[i] << 16 | (i + 1 < n ? (uint32_t)s[i + 1] << 8 : 0) | (i + 2 < n ? s[i + 2] : 0);
        *dst++ = alphabet[v >> 18];
        *dst++ = alphabet[v >> 12 & 63];
        *dst++ = i + 1 < n ? alphabet[v >> 6 & 63] : '=';
        *dst++ = i + 2 < n ? alphabet[v & 63] : '=';
    }
    *dst = '\0';
}

static int digit(char c)
{
    return c >= 'A' && c <= 'Z' ? c - 'A' : c >= 'a' && c <= 'z' ? c - 'a' + 26 : c >= '0' && c <= '9' ? c - '0' + 52 : c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool sg_unbase64(uint8_t *dst, size_t cap, size_t *n, const char *text, size_t len)
{
    *n = 0;
    if (len % 4 != 0)
        return false;
    for (size_t i = 0; i < len; i += 4) {
        bool last = i + 4 == len;
        size_t pad = last && text[i + 3] == '=' ? text[i + 2] == '=' ? 2 : 1 : 0;
        uint32_t v = 0;
        for (size_t k = 0; k < 4; k++) {
            int d = k < 4 - pad ? digit(text[i + k]) : 0;
            if (d < 0)
                return false;
            v = v << 6 | (uint32_t)d;
        }
        if (cap - *n < 3 - pad || (pad == 1 && (v & 0xFF)) || (pad == 2 && (v & 0xFFFF)))
            return false;
        for (size_t k = 0; k < 3 - pad; k++)
            dst[(*n)++] = (uint8_t)(v >> (16 - 8 * k));
    }
    return true;
}
