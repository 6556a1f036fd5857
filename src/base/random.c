/* The random seam and UUIDv7 (RFC 9562). The 48-bit time comes from the clock seam; the 12 bits of rand_a are
 * a counter, so that identifiers made by one process rise even when the clock stands still or goes back: the
 * last time used is kept and, when the counter is full, advanced by one millisecond. */
#include "base/random.h"
#include "base/str.h"
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

static void fill_system(void *ctx, void *dst, size_t n)
{
    (void)ctx;
    for (char *p = dst; n > 0;) {
        ssize_t got = getrandom(p, n, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            abort();    /* nothing that follows would be safe */
        p += got;
        n -= (size_t)got;
    }
}

struct sg_random sg_random_system(void)
{
    return (struct sg_random){ .fill = fill_system };
}

void sg_random_fill(const struct sg_random *r, void *dst, size_t n)
{
    r->fill(r->ctx, dst, n);
}

uint32_t sg_random_below(const struct sg_random *r, uint32_t bound)
{
    if (bound < 2)
        return 0;
    /* Values below 2^32 mod bound would make the small results likelier. */
    uint32_t skip = (uint32_t)(0u - bound) % bound, v = 0;
    do
        sg_random_fill(r, &v, sizeof v);
    while (v < skip);
    return v % bound;
}

/* One order for the whole process, whichever thread asks. */
static void tick(uint64_t now, uint64_t *ms, unsigned *count, unsigned seed)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static uint64_t last_ms;
    static unsigned last_count;
    pthread_mutex_lock(&lock);
    if (now > last_ms) {
        last_ms = now;
        last_count = seed & 0x3FF;   /* starts low: three quarters of the counter are room to rise */
    } else if (++last_count > 0xFFF) {
        last_ms++;
        last_count = 0;
    }
    *ms = last_ms;
    *count = last_count;
    pthread_mutex_unlock(&lock);
}

void sg_uuid7(char dst[SG_UUID_MAX], const struct sg_clock *c, const struct sg_random *r)
{
    uint8_t b[16];
    sg_random_fill(r, b, sizeof b);
    int64_t wall = sg_wall(c);
    uint64_t ms;
    unsigned count;
    tick(wall > 0 ? (uint64_t)wall : 0, &ms, &count, (unsigned)(b[6] << 8 | b[7]));
    for (int i = 0; i < 6; i++)
        b[i] = (uint8_t)(ms >> (40 - 8 * i));
    b[6] = (uint8_t)(0x70 | count >> 8);
    b[7] = (uint8_t)count;
    b[8] = (uint8_t)(0x80 | (b[8] & 0x3F));
    char hex[33];
    sg_hex(hex, b, sizeof b);
    sg_format(dst, SG_UUID_MAX, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16, hex + 20);
}

bool sg_uuid_valid(const char *s)
{
    if (!s || strlen(s) != SG_UUID_MAX - 1)
        return false;
    for (size_t i = 0; i < SG_UUID_MAX - 1; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        bool hex = (s[i] >= '0' && s[i] <= '9') || (s[i] >= 'a' && s[i] <= 'f');
        if (dash ? s[i] != '-' : !hex)
            return false;
    }
    return true;
}
