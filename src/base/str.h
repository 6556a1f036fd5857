/* Bounded strings. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/err.h"

/* Copies src (NULL counts as "") into dst of cap bytes, always terminated, never splitting a UTF-8
 * character. Returns true when all of it fitted. */
bool sg_copy(char *dst, size_t cap, const char *src);
bool sg_copyn(char *dst, size_t cap, const char *src, size_t n);
bool sg_format(char *dst, size_t cap, const char *fmt, ...) SG_PRINTF(3, 4);
#define SG_COPY(array, src) sg_copy((array), sizeof(array), (src))

/* Removes blanks (ASCII, NBSP, narrow NBSP, zero-width) around s in place; returns s. */
char *sg_trim(char *s);
/* Removes every blank inside as well: pasted HSA-ids and personnummer. */
char *sg_strip_blanks(char *s);
bool sg_eq(const char *a, const char *b);        /* NULL-safe */
bool sg_ieq(const char *a, const char *b);       /* ASCII case-insensitive */
bool sg_starts(const char *s, const char *prefix);
/* Decimal, whole string, within [min,max]. */
SG_MUST bool sg_parse_i64(const char *s, int64_t min, int64_t max, int64_t *out);
void sg_hex(char *dst, const uint8_t *src, size_t n);                     /* dst: 2n+1 bytes */
SG_MUST bool sg_unhex(uint8_t *dst, size_t n, const char *src);           /* exactly 2n digits */
