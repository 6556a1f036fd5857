/* A greedy pass from every possible first letter, the best of them counts. Texts are titles and sentences of at most a few hundred
 * bytes, so the quadratic cost is of no account; longer texts are cut. Blanks in the query are ignored. */
#include "ui/fuzzy.h"
#include "base/utf8.h"
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

enum { LETTERS = 256, WORD_START = 8, IN_A_ROW = 5, FIRST = 6 };

static uint32_t lower(uint32_t c)
{
    if ((c >= 'A' && c <= 'Z') || (c >= 0xC0 && c <= 0xDE && c != 0xD7))
        return c + 32;
    return c;
}

static uint32_t undot(uint32_t c)
{
    return c == 0xE5 || c == 0xE4 ? 'a' : c == 0xF6 ? 'o' : c == 0xE9 || c == 0xE8 ? 'e' : c;
}

static size_t letters(const char *s, uint32_t out[LETTERS], bool keep_blanks, bool *dotted)
{
    size_t n = 0, left = strlen(s);
    while (left > 0 && n < LETTERS) {
        uint32_t c;
        size_t used = sg_utf8_next(s, left, &c);
        c = lower(c);
        *dotted = *dotted || undot(c) != c;
        if (keep_blanks || c != ' ')
            out[n++] = c;
        s += used;
        left -= used;
    }
    return n;
}

static bool starts_word(const uint32_t *t, size_t i)
{
    return i == 0 || t[i - 1] == ' ' || t[i - 1] == '-' || t[i - 1] == '.' || t[i - 1] == '(';
}

static int score_from(const uint32_t *q, size_t nq, const uint32_t *t, size_t nt, size_t from)
{
    int score = from == 0 ? FIRST : 0;
    size_t k = 0, last = nt;
    for (size_t i = from; i < nt && k < nq; i++) {
        if (t[i] != q[k])
            continue;
        score += starts_word(t, i) ? WORD_START : 0;
        score += last + 1 == i ? IN_A_ROW : 0;
        score -= last < nt && i > last + 1 ? (int)(i - last - 1 < 4 ? i - last - 1 : 4) : 0;
        last = i;
        k++;
    }
    return k == nq ? (score < 0 ? 0 : score) : -1;
}

int sg_fuzzy(const char *query, const char *text)
{
    uint32_t q[LETTERS], t[LETTERS];
    bool dotted = false, ignored = false;
    size_t nq = letters(query, q, false, &dotted), nt = letters(text, t, true, &ignored);
    int best = -1;
    if (nq == 0)
        return 0;
    for (size_t i = 0; i < nt && !dotted; i++)
        t[i] = undot(t[i]);
    for (size_t i = 0; i < nt; i++)
        if (t[i] == q[0]) {
            int s = score_from(q, nq, t, nt, i);
            best = s > best ? s : best;
        }
    return best;
}
