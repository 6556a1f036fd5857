/* Text for XML 1.0: marks escaped, what XML cannot hold replaced by U+FFFD, and what nobody should meet raw in a file that may be shown in a
 * terminal (control characters of C1, bidi, zero-width) as a reference, which means the same to whoever parses it. */
#include "wire/export.h"
#include <string.h>
#include "base/str.h"
#include "base/utf8.h"

static bool xml_char(uint32_t cp)
{
    return cp == '\t' || cp == '\n' || cp == '\r' || (cp >= 0x20 && cp < 0xD800) || (cp >= 0xE000 && cp < 0xFFFE) || (cp >= 0x10000 && cp <= 0x10FFFF);
}

static const char *mark(uint32_t cp)
{
    return cp == '&' ? "&amp;" : cp == '<' ? "&lt;" : cp == '>' ? "&gt;" : cp == '\r' ? "&#13;" : NULL;
}

/* In an attribute a reader makes blanks of line ends and tabs unless they are references. */
static const char *attribute_mark(uint32_t cp)
{
    return cp == '"' ? "&quot;" : cp == '\'' ? "&apos;" : cp == '\n' ? "&#10;" : cp == '\t' ? "&#9;" : mark(cp);
}

static void escaped(struct sg_buf *out, const char *text, size_t max, const char *(*marked)(uint32_t))
{
    size_t n = strlen(text), at = 0;
    for (size_t chars = 0; at < n && chars < max; chars++) {
        uint32_t cp = 0;
        size_t used = sg_utf8_next(text + at, n - at, &cp);
        const char *m = marked(cp);
        if (m) (void)sg_buf_addz(out, m);
        else if (!xml_char(cp)) (void)sg_buf_addz(out, "\xEF\xBF\xBD");
        else if (cp >= 0x7F && !sg_cp_printable(cp)) (void)sg_buf_addf(out, "&#x%X;", (unsigned)cp);
        else (void)sg_buf_add(out, text + at, used);
        at += used;
    }
}

void sg_xml_text(struct sg_buf *out, const char *text, size_t max) { escaped(out, text, max, mark); }
void sg_xml_attribute(struct sg_buf *out, const char *text, size_t max) { escaped(out, text, max, attribute_mark); }
