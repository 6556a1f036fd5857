/* What a fuzz target gives to main.c, which drives it with libFuzzer or with random mutations of its own (docs/testing.md). */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Must come back whatever the input is. What has to hold is said with FUZZ_HOLDS. Nothing of an earlier input may matter. */
void fuzz_run(const uint8_t *data, size_t n);
/* Calls put for each input that is good to begin with. */
void fuzz_seeds(void (*put)(const void *data, size_t n));

/* Ends the program and says so; main.c has it keep the input. */
_Noreturn void fuzz_fails(const char *what, const char *file, int line);
#define FUZZ_HOLDS(x) ((x) ? (void)0 : fuzz_fails(#x, __FILE__, __LINE__))

/* The input as a text that ends in NUL, in memory of just that size; the caller frees it. */
static inline char *fuzz_text(const uint8_t *data, size_t n)
{
    char *text = malloc(n + 1);
    if (!text) abort();
    if (n > 0) memcpy(text, data, n);
    text[n] = '\0';
    return text;
}

static inline void fuzz_put_text(void (*put)(const void *data, size_t n), const char *text) { put(text, strlen(text)); }
