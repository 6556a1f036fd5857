/* How many times as long as usual a test waits before it says that something does not come: the sanitizers and valgrind slow every
 * program down, and a wait that has ended well costs nothing. */
#pragma once
#include <stdlib.h>

static inline int test_patience(void)
{
#ifdef __SANITIZE_ADDRESS__
    int built = 5;
#else
    int built = 1;
#endif
    return getenv("SG_UNDER_VALGRIND") ? 20 : built;
}

/* How often something is repeated: valgrind, which looks for what goes wrong the first time, makes do with fewer. */
static inline long test_repeats(long usual, long under_valgrind) { return getenv("SG_UNDER_VALGRIND") ? under_valgrind : usual; }
