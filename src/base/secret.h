/* Secrets have their own type: locked, kept out of core dumps, wiped. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/err.h"
struct sg_secret { uint8_t *data; size_t len, cap; };
SG_MUST enum sg_err sg_secret_new(struct sg_secret *s, size_t cap, struct sg_error *e); /* mlock where permitted, MADV_DONTDUMP */
void sg_secret_free(struct sg_secret *s);                                  /* wipes */
/* First line of a file without the newline; e.g. a passphrase file. */
SG_MUST enum sg_err sg_secret_read_file(struct sg_secret *s, const char *path, struct sg_error *e);
bool sg_secret_equal(const void *a, const void *b, size_t n);              /* constant time */
void sg_wipe(void *p, size_t n);
/* No core dumps, not ptrace-able, umask 077. Called first in main. */
void sg_process_harden(void);
