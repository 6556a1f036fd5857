/* Which text deserves a second look. Not a full UTS #39 skeleton: bidi and invisible characters, letters that
 * only imitate Latin ones (full width, mathematical, phonetic, enclosed), digits other than 0-9, and letters of two
 * scripts in one text. A whole name in one other script passes. */
#include "base/utf8.h"
#include <string.h>

enum script { COMMON, LATIN, GREEK, CYRILLIC, ARMENIAN, HEBREW, ARABIC, GEORGIAN, CHEROKEE, COPTIC, LISU, IMITATION };

static const struct {
    uint32_t first, last;
    enum script script;
} scripts[] = {
    { 'A', 'Z', LATIN }, { 'a', 'z', LATIN }, { 0xAA, 0xAA, LATIN }, { 0xBA, 0xBA, LATIN }, { 0xC0, 0xD6, LATIN },
    { 0xD8, 0xF6, LATIN }, { 0xF8, 0x24F, LATIN }, { 0x250, 0x2AF, IMITATION }, { 0x370, 0x3FF, GREEK }, { 0x400, 0x52F, CYRILLIC },
    { 0x531, 0x587, ARMENIAN }, { 0x5D0, 0x5F2, HEBREW }, { 0x620, 0x64A, ARABIC }, { 0x660, 0x669, IMITATION },
    { 0x671, 0x6D3, ARABIC }, { 0x6F0, 0x6F9, IMITATION }, { 0x7C0, 0x7C9, IMITATION }, { 0x966, 0x96F, IMITATION },
    { 0x9E6, 0x9EF, IMITATION }, { 0xA66, 0xA6F, IMITATION }, { 0xAE6, 0xAEF, IMITATION }, { 0xB66, 0xB6F, IMITATION },
    { 0xE50, 0xE59, IMITATION }, { 0x10A0, 0x10FF, GEORGIAN }, { 0x13A0, 0x13FF, CHEROKEE }, { 0x1C80, 0x1C8F, CYRILLIC },
    { 0x1C90, 0x1CBF, GEORGIAN }, { 0x1D00, 0x1DBF, IMITATION }, { 0x1E00, 0x1EFF, LATIN }, { 0x1F00, 0x1FFF, GREEK },
    { 0x2070, 0x209C, IMITATION }, { 0x2102, 0x2102, IMITATION }, { 0x210A, 0x2115, IMITATION }, { 0x2119, 0x211D, IMITATION },
    { 0x2124, 0x2124, IMITATION }, { 0x2126, 0x2128, IMITATION }, { 0x212A, 0x212A, IMITATION }, { 0x212C, 0x2139, IMITATION },
    { 0x2145, 0x2149, IMITATION }, { 0x2160, 0x2188, IMITATION }, { 0x2460, 0x24FF, IMITATION }, { 0x2C60, 0x2C7F, LATIN },
    { 0x2C80, 0x2CFF, COPTIC }, { 0x2D00, 0x2D2F, GEORGIAN }, { 0x2DE0, 0x2DFF, CYRILLIC }, { 0xA4D0, 0xA4FF, LISU },
    { 0xA640, 0xA69F, CYRILLIC }, { 0xA720, 0xA7FF, LATIN }, { 0xAB30, 0xAB6A, IMITATION }, { 0xAB70, 0xABBF, CHEROKEE },
    { 0xFB00, 0xFB06, IMITATION }, { 0xFF01, 0xFFDC, IMITATION }, { 0x1D400, 0x1D7FF, IMITATION }, { 0x1F100, 0x1F1FF, IMITATION },
};

static enum script script_of(uint32_t cp)
{
    for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++)
        if (cp >= scripts[i].first && cp <= scripts[i].last)
            return scripts[i].script;
    return COMMON;
}

bool sg_text_suspicious(const char *src)
{
    enum script seen = COMMON;
    uint32_t cp;
    for (size_t left = src ? strlen(src) : 0, n; left > 0; src += n, left -= n) {
        n = sg_utf8_next(src, left, &cp);
        if (cp == '\n' || cp == '\t')
            continue;
        if (cp == SG_UTF8_BAD || !sg_cp_printable(cp))
            return true;
        enum script s = script_of(cp);
        if (s == IMITATION || (s != COMMON && seen != COMMON && s != seen))
            return true;
        if (s != COMMON)
            seen = s;
    }
    return false;
}
