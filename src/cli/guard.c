/* A personal identity number must never stand in the arguments of a process: everybody on the machine can read them, and the
 * shell keeps them. So every argument is searched for something that looks like one, also inside a longer text. Check digits are
 * not demanded: a mistyped number still points to somebody. Dates, HSA-ids and UUIDs do not look like one, because the digits must
 * stand free on both sides. */
#include <ctype.h>
#include <string.h>
#include "cli/inside.h"

static bool alnum(char c) { return isalnum((unsigned char)c) != 0; }
static bool digit(char c) { return c >= '0' && c <= '9'; }
static int two(const char *d) { return (d[0] - '0') * 10 + d[1] - '0'; }

/* d: 10 or 12 digits. Months 01–12 (00: unknown), days 01–91 (coordination and reserve numbers add to the day). */
static bool plausible(const char *d, size_t n) {
    const char *md = d + n - 8;
    int month = two(md), day = two(md + 2), century = n == 12 ? two(d) : 20;
    return (century >= 18 && century <= 20) && month <= 12 && day >= 1 && day <= 91;
}

/* One candidate from s on: digits with at most one - or + before the last four, or blanks as people type them. */
static bool number_at(const char *s) {
    char d[13];
    size_t n = 0, i = 0, sep = 0;
    for (; n < 13 && s[i] != '\0'; i++) {
        if (digit(s[i])) {
            d[n++] = s[i];
            if (n == 13) {
                return false;
            }
        } else if ((s[i] == '-' || s[i] == '+' || s[i] == ' ') && sep == 0 && (n == 6 || n == 8) && digit(s[i + 1])) {
            sep = n;
        } else {
            break;
        }
    }
    bool ends = !alnum(s[i]) && !(s[i] == '-' && alnum(s[i + 1]));
    return ends && (n == 10 || n == 12) && (sep == 0 || sep == n - 4) && plausible(d, n);
}

/* Also the kinds with letters, when nothing stands beside them. */
static bool whole(const char *text) {
    struct sg_pid pid;
    return strlen(text) <= 16 && sg_pid_parse(text, (struct sg_date){9000, 1, 1}, &pid) == SG_PID_FINE;
}

bool sg_looks_like_person(const char *text) {
    const char *eq = strchr(text, '=');
    if (whole(text) || (eq != NULL && whole(eq + 1))) {
        return true;
    }
    for (size_t i = 0; text[i] != '\0'; i++) {
        bool starts = digit(text[i]) && (i == 0 || (!alnum(text[i - 1]) && !(text[i - 1] == '-' && i > 1 && alnum(text[i - 2]))));
        if (starts && number_at(text + i)) {
            return true;
        }
    }
    return false;
}
