/* An event as bytes, and the leaf of the public log that commits to them (docs/log.md). Pure.
 *   payload     the one canonical byte form of the whole event: private
 *   commitment  SHA-256(0x02 ‖ salt ‖ payload): tells nothing once salt and payload are gone (erasure)
 *   leaf        0x02 ‖ recordedAt, 8 bytes big endian ms ‖ flags, one byte, 0 ‖ commitment: public, what the tree hashes */
#pragma once
#include "base/buf.h"
#include "wire/wire.h"

enum { SG_PAYLOAD_MAX = 8192,          /* bytes; larger than any event can be */
       SG_SALT_LEN = 32, SG_COMMITMENT_LEN = 32, SG_LEAF_LEN = 42 };
/* Appends the payload of ev (its index and leaf index are its place and not part of it). */
SG_MUST enum sg_err sg_payload_encode(const struct sg_event *ev, struct sg_buf *out);
/* Reads exactly what encode writes; anything else, trailing bytes included, is CORRUPT. index and leaf_index are left 0. */
SG_MUST enum sg_err sg_payload_decode(const void *data, size_t n, struct sg_event *out);
/* The event as the list of values that a proof file holds: every field in the order of the payload but its log, which the checkpoint names
 * (docs/log-verify.md). NULL: no memory. Owned by the caller. */
cJSON *sg_payload_list(const struct sg_event *ev);
/* The event of such a list, of that log; false when it is malformed. index and leaf_index are left 0. */
SG_MUST bool sg_payload_unlist(const cJSON *list, const char *log, struct sg_event *out);
/* CRYPTO or NOMEM: the library failed. */
SG_MUST enum sg_err sg_leaf_make(int64_t at, const uint8_t salt[SG_SALT_LEN], const void *payload, size_t n, uint8_t leaf[SG_LEAF_LEN]);
/* False unless n is that of a leaf, its version is known and its flags are 0. at: ms; commitment points into leaf; either may be NULL. */
bool sg_leaf_read(const void *leaf, size_t n, int64_t *at, const uint8_t **commitment);
