/* Writer of an exported log (docs/log.md): what sigill-verify reads. One entry after the other, the checkpoint last, so that an export
 * that was cut off has none. */
#pragma once
#include <stdbool.h>
#include <stdio.h>
#include "merkle/checkpoint.h"
#include "wire/leaf.h"

struct sg_export { char dir[4096 - 64]; FILE *leaves, *events, *hashes; struct sg_frontier tree; uint64_t erased; bool made; };
/* Makes dir (its parent exists); an existing one must hold no export yet. IO with e->where = the path. */
SG_MUST enum sg_err sg_export_open(struct sg_export *x, const char *dir, struct sg_error *e);
/* The next entry. salt and payload NULL: erased. CORRUPT: the leaf does not commit to them, or the payload is none. */
SG_MUST enum sg_err sg_export_add(struct sg_export *x, const uint8_t leaf[SG_LEAF_LEN], const uint8_t *salt, const void *payload, size_t n, struct sg_error *e);
/* Writes key and checkpoint and closes everything, on the disk. CORRUPT when the entries do not give c. Always frees. */
SG_MUST enum sg_err sg_export_close(struct sg_export *x, const struct sg_checkpoint *c, const char *note, const char *key, struct sg_error *e);
void sg_export_drop(struct sg_export *x);        /* after an error: removes the files, and dir when it was made for them */
