/* A growing byte buffer with a declared ceiling. Always NUL-terminated behind len when data != NULL. */
#pragma once
#include "base/err.h"
#include <stddef.h>

struct sg_buf {
    char *data;
    size_t len, cap, max; /* max: bytes it may never exceed */
    int failed;           /* set when an append was refused (ceiling or memory); later appends do nothing */
};

void sg_buf_init(struct sg_buf *b, size_t max);
void sg_buf_free(struct sg_buf *b);             /* frees data; wipes it first */
void sg_buf_reset(struct sg_buf *b);            /* keeps the memory, forgets the content */
enum sg_err sg_buf_add(struct sg_buf *b, const void *data, size_t n);
enum sg_err sg_buf_addz(struct sg_buf *b, const char *text);
enum sg_err sg_buf_addf(struct sg_buf *b, const char *fmt, ...) SG_PRINTF(2, 3);
SG_MUST enum sg_err sg_buf_check(const struct sg_buf *b); /* SG_E_OK, or SG_E_LIMIT when anything was refused */
char *sg_buf_take(struct sg_buf *b);            /* gives data (or NULL) to the caller, who frees it; empties b */
/* Reads a whole file of at most b->max bytes. */
SG_MUST enum sg_err sg_buf_read_file(struct sg_buf *b, const char *path, struct sg_error *e);
