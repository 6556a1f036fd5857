/* Base 64 of RFC 4648 §4, strictly: padded, no blanks, no stray bits behind the last byte. So every value has one spelling. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/err.h"
#include "base/str.h"

#define SG_BASE64_LEN(n) (((n) + 2) / 3 * 4)     /* characters for n bytes, without the NUL */
void sg_base64(char *dst, const void *src, size_t n);                     /* dst: SG_BASE64_LEN(n) + 1 bytes */
/* Decodes text of len characters into dst of cap bytes; *n = bytes written. False: another spelling, or more than cap. */
SG_MUST bool sg_unbase64(uint8_t *dst, size_t cap, size_t *n, const char *text, size_t len);
