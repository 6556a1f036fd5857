/* Base 32 with Crockford's letters over the last 50 bits of the id (all random in a UUIDv7). The check is the number modulo the prime 1021:
 * a changed character changes it by d·32^k, two exchanged neighbours by (a-b)·31·32^k, and neither is a multiple of 1021. */
#include "model/paper.h"
#include <string.h>
#include "base/str.h"

enum { DIGITS = 10, PRIME = 1021 };
static const char LETTERS[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/* The last 50 bits. */
static uint64_t tail(const char *uuid)
{
    uint64_t v = 0;
    for (const char *p = uuid; *p; p++) {
        if (*p == '-') continue;
        v = (v << 4) | (uint64_t)(*p <= '9' ? *p - '0' : *p - 'a' + 10);
    }
    return v & ((UINT64_C(1) << 50) - 1);
}

static void encode(uint64_t v, char code[SG_PAPER_CODE])
{
    uint64_t check = v % PRIME;
    for (int i = DIGITS - 1; i >= 0; i--, v >>= 5) code[i] = LETTERS[v & 31];
    code[DIGITS] = LETTERS[check >> 5];
    code[DIGITS + 1] = LETTERS[check & 31];
    code[DIGITS + 2] = '\0';
}

void sg_paper_number(const char *uuid, char dst[SG_PAPER_MAX])
{
    char code[SG_PAPER_CODE];
    encode(tail(uuid), code);
    sg_format(dst, SG_PAPER_MAX, "%.4s-%.4s-%.4s", code, code + 4, code + 8);
}

static char plain(char c)
{
    if (c >= 'a' && c <= 'z') c = (char)(c - 'a' + 'A');
    return c == 'O' ? '0' : c == 'I' || c == 'L' ? '1' : c;
}

bool sg_paper_parse(const char *typed, char code[SG_PAPER_CODE])
{
    char right[SG_PAPER_CODE];
    uint64_t v = 0;
    int n = 0;
    for (const char *p = typed; *p; p++) {
        if (*p == ' ' || *p == '-') continue;
        const char *at = strchr(LETTERS, plain(*p));
        if (!at || n == SG_PAPER_CODE - 1) return false;
        if (n < DIGITS) v = (v << 5) | (uint64_t)(at - LETTERS);
        code[n++] = *at;
    }
    code[n] = '\0';
    if (n != SG_PAPER_CODE - 1) return false;
    encode(v, right);
    return sg_eq(code, right);
}

bool sg_paper_valid(const char *typed)
{
    char code[SG_PAPER_CODE];
    return sg_uuid_valid(typed) || sg_paper_parse(typed, code);
}
