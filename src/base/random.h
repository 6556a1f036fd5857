/* The random seam and UUIDv7. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/clock.h"
struct sg_random { void (*fill)(void *ctx, void *dst, size_t n); void *ctx; };
struct sg_random sg_random_system(void);            /* getrandom(2); aborts if the kernel refuses */
void sg_random_fill(const struct sg_random *r, void *dst, size_t n);
uint32_t sg_random_below(const struct sg_random *r, uint32_t bound);     /* unbiased, bound > 0 */
enum { SG_UUID_MAX = 37 };
void sg_uuid7(char dst[SG_UUID_MAX], const struct sg_clock *c, const struct sg_random *r);  /* lower case */
bool sg_uuid_valid(const char *s);                  /* lower case, 8-4-4-4-12 */
