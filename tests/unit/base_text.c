/* UTF-8 and the door to the terminal (R3.1). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include "base/utf8.h"

#define O "\xE2\x9F\xA8"      /* opening bracket of a visible code point */
#define C "\xE2\x9F\xA9"
#define DOTS "\xE2\x80\xA6"

/* Table 3-7 of the Unicode standard: the well-formed sequences, by ranges of bytes. */
static size_t by_the_book(const unsigned char *p, size_t n)
{
    static const unsigned char rows[][5] = {
        { 0xC2, 0xDF, 0x80, 0xBF, 2 }, { 0xE0, 0xE0, 0xA0, 0xBF, 3 }, { 0xE1, 0xEC, 0x80, 0xBF, 3 }, { 0xED, 0xED, 0x80, 0x9F, 3 },
        { 0xEE, 0xEF, 0x80, 0xBF, 3 }, { 0xF0, 0xF0, 0x90, 0xBF, 4 }, { 0xF1, 0xF3, 0x80, 0xBF, 4 }, { 0xF4, 0xF4, 0x80, 0x8F, 4 },
    };
    if (p[0] < 0x80)
        return 1;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (p[0] < rows[i][0] || p[0] > rows[i][1])
            continue;
        if (n < rows[i][4] || p[1] < rows[i][2] || p[1] > rows[i][3])
            return 0;
        for (size_t k = 2; k < rows[i][4]; k++)
            if (p[k] < 0x80 || p[k] > 0xBF)
                return 0;
        return rows[i][4];
    }
    return 0;
}

static void decoding_by_the_book(void **state)
{
    (void)state;
    /* Second byte: all; third and fourth: the edges. */
    static const unsigned char edge[] = { 0x00, 0x7F, 0x80, 0xBF, 0xC0, 0xFF };
    for (unsigned a = 0; a < 256; a++)
        for (unsigned b = 0; b < 256; b++)
            for (size_t c = 0; c < sizeof edge; c++)
                for (size_t d = 0; d < sizeof edge; d++)
                    for (size_t n = 1; n <= 4; n++) {
                        unsigned char p[4] = { (unsigned char)a, (unsigned char)b, edge[c], edge[d] };
                        uint32_t cp;
                        size_t want = by_the_book(p, n), got = sg_utf8_next((const char *)p, n, &cp);
                        if (want ? got != want || cp == SG_UTF8_BAD : got != 1 || cp != SG_UTF8_BAD)
                            fail_msg("%02x %02x %02x %02x of %zu", a, b, p[2], p[3], n);
                    }
    for (uint32_t cp = 0; cp <= 0x10FFFF; cp++) {
        char bytes[4];
        uint32_t back;
        if (cp >= 0xD800 && cp <= 0xDFFF)
            continue;
        size_t n = sg_utf8_put(bytes, cp);
        assert_int_equal(sg_utf8_next(bytes, n, &back), n);
        assert_int_equal(back, cp);
    }
    assert_true(sg_utf8_valid("\xC3\xA5\0x", 4));
    assert_false(sg_utf8_valid("a\xC3", 2));
}

static void widths(void **state)
{
    (void)state;
    static const struct { uint32_t cp; int w; } rows[] = {
        { 'a', 1 }, { 0xE5, 1 }, { 0x301, 0 }, { 0x4E2D, 2 }, { 0xFF21, 2 }, { 0x1F600, 2 }, { 0x200B, 0 }, { 0x2713, 1 }, { 0x25F7, 1 },
        { 0x2026, 1 }, { 0x25B8, 1 }, { 0x21C5, 1 }, { 0xAC00, 2 }, { 0x1161, 0 }, { 0x2248, 1 }, { 0x2500, 1 }, { 0x27E8, 1 },
        { 0x20AC, 1 }, { 0xAD, 0 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (sg_cp_width(rows[i].cp) != rows[i].w)
            fail_msg("U+%04X is %d wide", (unsigned)rows[i].cp, sg_cp_width(rows[i].cp));
    assert_int_equal(sg_width("\xC3\x85ke \xE4\xB8\xAD" "e\xCC\x81"), 7);
}

static void rendered(const char *src, const char *want)
{
    char dst[256];
    size_t n = sg_text_render(dst, sizeof dst, src);
    assert_string_equal(dst, want);
    assert_int_equal(n, strlen(want));
}

static void what_is_not_printable_becomes_visible(void **state)
{
    (void)state;
    rendered("\xC3\x85sa \xC3\x96qvist-Ek", "\xC3\x85sa \xC3\x96qvist-Ek");
    rendered("a\x1B[2Jb", "a" O "U+001B" C "[2Jb");
    rendered("a\nb\tc\x7F", "a" O "U+000A" C "b" O "U+0009" C "c" O "U+007F" C);
    rendered("\xC2\x9B" "31m", O "U+009B" C "31m");                     /* C1 CSI */
    rendered("a\xE2\x80\xAE" "b", "a" O "U+202E" C "b");
    rendered("a\xE2\x81\xA6" "b", "a" O "U+2066" C "b");
    rendered("a\xE2\x80\x8B" "b\xC2\xAD", "a" O "U+200B" C "b" O "U+00AD" C);
    rendered("a\xE2\x80\xA8" "b", "a" O "U+2028" C "b");
    rendered("\xEE\x80\x80", O "U+E000" C);
    rendered("\xF3\xA0\x81\x81", O "U+E0041" C);                        /* tag character */
    rendered("\xEF\xB8\x8F", O "U+FE0F" C);                             /* variation selector */
    rendered("\xE2\x80\x83", O "U+2003" C);                             /* em space */
    rendered("\xE3\x85\xA4", O "U+3164" C);                             /* Hangul filler */
    rendered("\xCD\xB8", O "U+0378" C);                                 /* unassigned */
    rendered("a\xFF\xC3", "a" O "FF" C O "C3" C);
    rendered("\xED\xA0\x80", O "ED" C O "A0" C O "80" C);               /* surrogate */
    rendered("a\xC2\xA0" "b", "a\xC2\xA0" "b");
    rendered("", "");
    rendered(NULL, "");
}

static void marks_are_composed_and_counted(void **state)
{
    (void)state;
#define ACUTE "\xCC\x81"
    rendered("A\xCC\x8A" "a\xCC\x88", "\xC3\x85\xC3\xA4");
    rendered("a\xCC\x82\xCC\x81", "\xE1\xBA\xA5");                      /* two steps */
    rendered("x" ACUTE ACUTE ACUTE ACUTE, "x" ACUTE ACUTE ACUTE ACUTE);
    rendered("x" ACUTE ACUTE ACUTE ACUTE ACUTE ACUTE "y", "x" ACUTE ACUTE ACUTE ACUTE O "U+0301" C O "U+0301" C "y");
    rendered(ACUTE "a", O "U+0301" C "a");                              /* nothing to sit on */
    rendered("\x1B" ACUTE, O "U+001B" C O "U+0301" C);
}

/* Whatever comes in: valid, printable, terminated, in bounds; and rendering the rendered changes nothing. */
static void random_bytes_come_out_clean(void **state)
{
    (void)state;
    uint32_t seed = 20261124;
    for (int round = 0; round < 60000; round++) {
        char src[40], dst[200], again[200];
        size_t n = 0, cap = 1 + (size_t)round % sizeof dst;
        while (n < 39) {
            seed = seed * 1664525u + 1013904223u;
            uint32_t r = seed >> 8;
            if (r % 3 && n + 4 < 40)
                n += sg_utf8_put(src + n, 1 + (r >> 2) % (r % 7 ? 0x3000 : 0x10FFFE));
            else
                src[n++] = (char)(1 + r % 255);
            if (r % 11 == 0)
                break;
        }
        src[n] = '\0';
        memset(dst, 'Z', sizeof dst);
        size_t len = sg_text_render(dst, cap, src);
        assert_int_equal(strlen(dst), len);
        assert_true(len < cap && (cap == sizeof dst || dst[cap] == 'Z'));
        uint32_t cp;
        for (size_t i = 0; i < len;) {
            i += sg_utf8_next(dst + i, len - i, &cp);
            assert_true(cp != SG_UTF8_BAD && sg_cp_printable(cp));
        }
        sg_text_render(again, sizeof again, dst);
        assert_string_equal(again, dst);
        for (int cols = 0; cols < 12; cols++) {
            sg_text_fit(dst, cap, src, cols, round % 2);
            assert_true(sg_width(dst) <= cols && strlen(dst) < cap);
        }
    }
}

static void fits(const char *src, int cols, const char *want)
{
    char dst[64];
    assert_int_equal(sg_text_fit(dst, sizeof dst, src, cols, false), strlen(want));
    assert_string_equal(dst, want);
}

static void cut_to_columns(void **state)
{
    (void)state;
    fits("Alva Ek", 7, "Alva Ek");
    fits("Alva Ek", 6, "Alva " DOTS);
    fits("Alva Ek", 1, DOTS);
    fits("Alva Ek", 0, "");
    fits("Alva Ek", -3, "");
    fits("", 5, "");
    fits("\xE4\xB8\xAD\xE4\xB8\xAD\xE4\xB8\xAD", 6, "\xE4\xB8\xAD\xE4\xB8\xAD\xE4\xB8\xAD");
    fits("\xE4\xB8\xAD\xE4\xB8\xAD\xE4\xB8\xAD", 5, "\xE4\xB8\xAD\xE4\xB8\xAD" DOTS);
    fits("\xE4\xB8\xAD\xE4\xB8\xAD\xE4\xB8\xAD", 4, "\xE4\xB8\xAD" DOTS);
    fits("ab\x1B", 9, "ab" DOTS);                               /* an escape is never halved */
    fits("ab\x1B", 10, "ab" O "U+001B" C);
    fits("ae\xCC\x81", 2, "a\xC3\xA9");
    char dst[64], tiny[6];
    sg_text_fit(dst, sizeof dst, "Alva Ek", 6, true);
    assert_string_equal(dst, "Alva ~");
    sg_text_fit(dst, sizeof dst, "\x07", 20, true);
    assert_string_equal(dst, "<U+0007>");
    sg_text_fit(tiny, sizeof tiny, "Alva Ek", 7, false);        /* the buffer is what is too small */
    assert_string_equal(tiny, "Al" DOTS);
}

static void suspicious_names(void **state)
{
    (void)state;
    static const char *const plain[] = {
        "", "Anna Berg", "\xC3\x85sa \xC3\x96qvist", "Nguy\xE1\xBB\x85n", "\xD0\x90\xD0\xBD\xD0\xBD\xD0\xB0", "O'Neill-3",
        "\xCE\x91\xCE\xBD\xCE\xBD\xCE\xB1", "rad\nrad", "e\xCC\x81", "5 \xE2\x82\xAC",
    };
    static const char *const odd[] = {
        "\xD0\x90nna", "Anna \xCE\x91", "a\xE2\x80\xAE" "b", "a\xE2\x80\x8B", "\xEF\xBC\xA1nna", "\xF0\x9D\x90\x80",
        "\xD9\xA1\xD9\xA2", "a\x1B",
        "\xFF", "\xC9\xA1", "\xE2\x84\xAA" "arl", "a\xC2\xAD" "b",
    };
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        if (sg_text_suspicious(plain[i]))
            fail_msg("plain %zu", i);
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++)
        if (!sg_text_suspicious(odd[i]))
            fail_msg("odd %zu", i);
    assert_false(sg_text_suspicious(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decoding_by_the_book), cmocka_unit_test(widths), cmocka_unit_test(what_is_not_printable_becomes_visible),
        cmocka_unit_test(marks_are_composed_and_counted), cmocka_unit_test(random_bytes_come_out_clean), cmocka_unit_test(cut_to_columns),
        cmocka_unit_test(suspicious_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
