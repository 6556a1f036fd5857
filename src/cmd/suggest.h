/* "Did you mean …?": the candidate nearest to what was typed. */
#pragma once
#include <stddef.h>
struct sg_suggest { const char *typed, *best; size_t distance; };   /* both borrowed */
struct sg_suggest sg_suggest_start(const char *typed);
void sg_suggest_try(struct sg_suggest *s, const char *candidate);
/* " (did you mean “x”?)", translated, or "" when nothing is near enough. */
void sg_suggest_text(const struct sg_suggest *s, char *dst, size_t cap);
