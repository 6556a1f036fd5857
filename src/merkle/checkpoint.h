/* Checkpoints (C2SP tlog-checkpoint): "<origin>\n<size>\n<base64 root>\n" inside a signed note. Origins of ours are
 * "<key name>/<log>/<epoch>": the log is a care provider's HSA-id or "service", the epoch a number from 0 that grows by one when a service
 * was restored from an older backup. */
#pragma once
#include "merkle/note.h"
#include "merkle/tree.h"

enum { SG_ORIGIN_MAX = 256, SG_LOG_ID_MAX = 64, SG_CHECKPOINT_MAX = 4096 };
struct sg_checkpoint { char origin[SG_ORIGIN_MAX]; uint64_t size; struct sg_hash root; };

/* Text of the body, ends in a newline; LIMIT when out is full. */
SG_MUST enum sg_err sg_checkpoint_print(const struct sg_checkpoint *c, struct sg_buf *out);
/* Body only. The size has no leading zero and is below 2^63; an empty tree has the empty root. Extension lines are allowed, not kept. */
SG_MUST enum sg_err sg_checkpoint_parse(const char *text, size_t n, struct sg_checkpoint *out, struct sg_error *e);
/* A whole note: form, signature of k, body. CRYPTO: badly signed; NOTFOUND: not signed by k; PARSE, LIMIT: not such a note. On any error
 * *out is empty, so that nothing unsigned can be used by mistake. */
SG_MUST enum sg_err sg_checkpoint_open(const char *note, size_t n, const struct sg_note_key *k, struct sg_checkpoint *out, struct sg_error *e);
/* Body and signature. */
SG_MUST enum sg_err sg_checkpoint_sign(const struct sg_checkpoint *c, const struct sg_note_signer *s, struct sg_buf *out);

/* The parts of an origin of ours; false when it is another's or malformed. */
SG_MUST bool sg_origin_parse(const char *origin, const char *key_name, char log[SG_LOG_ID_MAX], uint64_t *epoch);
SG_MUST bool sg_origin_print(char dst[SG_ORIGIN_MAX], const char *key_name, const char *log, uint64_t epoch);
/* Decimal without sign or leading zero, at most 2^63 - 1. */
SG_MUST bool sg_size_parse(const char *s, size_t n, uint64_t *out);
