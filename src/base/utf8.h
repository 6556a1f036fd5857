/* UTF-8 and the one door by which foreign text reaches a terminal. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SG_UTF8_BAD UINT32_C(0xFFFFFFFF)   /* no code point */
/* Decodes one character at s (n bytes left). Returns its length in bytes, *cp = code point; on a bad
 * sequence returns 1 and *cp = SG_UTF8_BAD. n must be > 0. */
size_t sg_utf8_next(const char *s, size_t n, uint32_t *cp);
size_t sg_utf8_put(char dst[4], uint32_t cp);
bool sg_utf8_valid(const char *s, size_t n);
bool sg_cp_printable(uint32_t cp);               /* on the allow-list; combining marks are */
int sg_cp_width(uint32_t cp);                    /* 0, 1 or 2 columns, own table; independent of locale */
int sg_width(const char *utf8);                  /* columns of a rendered string */

/* Makes foreign text safe to show: everything that is not printable (controls, bidi, zero-width, tags,
 * private use, unassigned, surrogates, line separators) becomes visible as ⟨U+202E⟩, at most 4 combining
 * marks per base stay, invalid bytes become ⟨FF⟩. dst is always terminated. Returns bytes written.
 * Every byte from outside the program passes here before it reaches a terminal or a title. */
size_t sg_text_render(char *dst, size_t cap, const char *src);
/* Same, then cut to cols columns, ending in … (or ~ when ascii) when something was cut. */
size_t sg_text_fit(char *dst, size_t cap, const char *src, int cols, bool ascii);
bool sg_text_suspicious(const char *src);        /* bidi, zero-width or mixed-script content: flag it in the row */
