/* Nearest candidate by edit distance (insert, delete, replace, swap of neighbours), case-blind. A candidate counts when no more
 * than a third of it, and at most three letters, differ; otherwise a wild guess would only mislead. */
#include "cmd/suggest.h"
#include <string.h>
#include "base/i18n.h"
#include "base/str.h"

enum { LONGEST = 40 };

static char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c; }
static size_t least(size_t a, size_t b) { return a < b ? a : b; }

static size_t distance(const char *a, size_t na, const char *b, size_t nb) {
    size_t row[3][LONGEST + 1];
    for (size_t j = 0; j <= nb; j++) {
        row[0][j] = j;
        row[2][j] = 0;
    }
    for (size_t i = 1; i <= na; i++) {
        size_t *now = row[i % 3], *up = row[(i + 2) % 3], *upup = row[(i + 1) % 3];
        now[0] = i;
        for (size_t j = 1; j <= nb; j++) {
            char x = lower(a[i - 1]), y = lower(b[j - 1]);
            now[j] = least(least(up[j], now[j - 1]) + 1, up[j - 1] + (x != y));
            if (i > 1 && j > 1 && x == lower(b[j - 2]) && lower(a[i - 2]) == y) {
                now[j] = least(now[j], upup[j - 2] + 1);
            }
        }
    }
    return row[na % 3][nb];
}

struct sg_suggest sg_suggest_start(const char *typed) { return (struct sg_suggest){.typed = typed, .best = NULL, .distance = LONGEST}; }

void sg_suggest_try(struct sg_suggest *s, const char *candidate) {
    size_t na = strlen(s->typed), nb = strlen(candidate);
    if (na == 0 || nb == 0 || na > LONGEST || nb > LONGEST) {
        return;
    }
    size_t d = distance(s->typed, na, candidate, nb), limit = least(3, (nb + 2) / 3);
    if (d <= limit && d < s->distance) {
        s->distance = d;
        s->best = candidate;
    }
}

void sg_suggest_text(const struct sg_suggest *s, char *dst, size_t cap) {
    dst[0] = '\0';
    if (s->best != NULL) {
        sg_format(dst, cap, _(" (did you mean “%s”?)"), s->best);
    }
}
