/* Standard input, line by line, with a ceiling. What passes here may be a personal number, so callers wipe their line
 * when they are done with it. */
#include <stdio.h>
#include "cli/inside.h"

long sg_read_line(char *dst, size_t cap) {
    size_t n = 0;
    bool some = false, too_long = false;
    int c;
    while ((c = getc(stdin)) != EOF && c != '\n') {
        some = true;
        if (n + 1 < cap) {
            dst[n++] = (char)c;
        } else {
            too_long = true;
        }
    }
    dst[n] = '\0';
    if (c == EOF && !some) {
        return SG_LINE_END;
    }
    return too_long ? SG_LINE_LONG : (long)n;
}
