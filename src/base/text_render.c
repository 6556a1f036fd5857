/* The door to the terminal. Foreign text is walked character by character; each becomes one piece: itself when
 * it is on the allow-list, else its code point in brackets, which is plain text by construction. Pieces are
 * never split, so neither a full buffer nor a narrow column can leave half of an escape or of a character.
 *
 * Composition is done for a Latin base and the mark right after it (all that Swedish, Sami, Finnish or Vietnamese
 * names need). Marks are not reordered: full NFC of other scripts is left to whoever stored the text. */
#include "base/utf8.h"
#include "base/compose_table.h"
#include "base/str.h"
#include <string.h>

enum { MOST_MARKS = 4, PIECE = 20 };

/* Where the walk is; base 0: there is nothing a mark may sit on. */
struct walk {
    const char *s;
    size_t left;
    uint32_t base;
    int marks;
    bool ascii;
};
struct piece {
    char bytes[PIECE];
    size_t len;
    int cols;
    bool replaces;      /* composed: takes the place of the piece before it */
};

static uint32_t compose(uint32_t base, uint32_t mark)
{
    size_t lo = 0, hi = sizeof sg_composed / sizeof *sg_composed;
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        uint32_t b = sg_composed[mid].base, m = sg_composed[mid].mark;
        if (b == base && m == mark)
            return sg_composed[mid].composed;
        if (b < base || (b == base && m < mark))
            lo = mid + 1;
        else
            hi = mid;
    }
    return 0;
}

static void put_char(struct piece *p, uint32_t cp)
{
    p->len = sg_utf8_put(p->bytes, cp);
    p->cols = sg_cp_width(cp);
}

static void put_visible(struct piece *p, const struct walk *w, const char *prefix, int digits, uint32_t v)
{
    sg_format(p->bytes, sizeof p->bytes, "%s%s%0*X%s", w->ascii ? "<" : "\xE2\x9F\xA8", prefix, digits, (unsigned)v,
              w->ascii ? ">" : "\xE2\x9F\xA9");
    p->len = strlen(p->bytes);
    p->cols = sg_width(p->bytes);
}

/* A mark without a base would sit on whatever stands before the text on the screen. */
static bool put_mark(struct piece *p, struct walk *w, uint32_t cp)
{
    uint32_t whole = w->marks == 0 ? compose(w->base, cp) : 0;
    if (whole) {
        put_char(p, whole);
        p->replaces = true;
        w->base = whole;
        return true;
    }
    if (w->base == 0 || w->marks == MOST_MARKS)
        return false;
    put_char(p, cp);
    w->marks++;
    return true;
}

static bool step(struct walk *w, struct piece *p)
{
    if (w->left == 0)
        return false;
    uint32_t cp;
    size_t n = sg_utf8_next(w->s, w->left, &cp);
    unsigned char byte = (unsigned char)*w->s;
    w->s += n;
    w->left -= n;
    p->replaces = false;
    bool printable = cp != SG_UTF8_BAD && sg_cp_printable(cp);
    if (printable && sg_cp_width(cp) == 0 && put_mark(p, w, cp))
        return true;
    if (printable && sg_cp_width(cp) > 0) {
        put_char(p, cp);
        w->base = cp;
        w->marks = 0;
        return true;
    }
    bool one_too_many = printable && w->base != 0;
    if (cp == SG_UTF8_BAD)
        put_visible(p, w, "", 2, byte);
    else
        put_visible(p, w, "U+", 4, cp);
    if (!one_too_many)
        w->marks = 0;
    w->base = one_too_many ? w->base : 0;
    return true;
}

size_t sg_text_render(char *dst, size_t cap, const char *src)
{
    if (cap == 0)
        return 0;
    struct walk w = { .s = src ? src : "", .left = src ? strlen(src) : 0 };
    struct piece p;
    size_t len = 0, last = 0;
    while (step(&w, &p)) {
        size_t at = p.replaces ? last : len;
        if (p.len >= cap - at)
            break;
        memcpy(dst + at, p.bytes, p.len);
        last = at;
        len = at + p.len;
    }
    dst[len] = '\0';
    return len;
}

size_t sg_text_fit(char *dst, size_t cap, const char *src, int cols, bool ascii)
{
    if (cap == 0)
        return 0;
    const char *more = ascii ? "~" : "\xE2\x80\xA6";
    size_t more_len = strlen(more), len = 0, last = 0, cut = 0;
    struct walk w = { .s = src ? src : "", .left = src ? strlen(src) : 0, .ascii = ascii };
    struct piece p;
    int used = 0;
    bool over = false;
    while (step(&w, &p)) {
        size_t at = p.replaces ? last : len;
        int grows = p.replaces ? 0 : p.cols;
        over = p.len >= cap - at || used + grows > cols;
        if (over)
            break;
        memcpy(dst + at, p.bytes, p.len);
        last = at;
        len = at + p.len;
        used += grows;
        if (used < cols && len + more_len < cap)
            cut = len;      /* up to here there is room for the sign that something follows */
    }
    if (over) {
        len = cut;
        if (cols > 0 && more_len < cap) {
            memcpy(dst + cut, more, more_len);
            len += more_len;
        }
    }
    dst[len] = '\0';
    return len;
}
