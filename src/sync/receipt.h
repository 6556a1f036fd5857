/* The proof that an event is in a signed log, checked where it arrives. Pure. */
#pragma once
#include "merkle/checkpoint.h"
#include "wire/wire.h"

struct sg_receipt { bool verified; char log[SG_LOG_ID_MAX]; int64_t leaf_index, tree_size; char root[2 * SG_HASH_LEN + 1]; };     /* root: hex */
/* json: the answer of /events/{id}/proof, or a proof file. Checks signature, log, path, commitment and that the payload is of event_id
 * ("" : any) and, when action_id is given, of that action. ev (may be NULL): the event that is proved. CORRUPT with e->detail: it proves nothing. */
SG_MUST enum sg_err sg_receipt_check(const char *json, size_t n, const struct sg_note_key *key, const char *event_id, const char *action_id,
                                     struct sg_receipt *out, struct sg_checkpoint *cp, struct sg_event *ev, struct sg_error *e);
/* "proof" of an object: hashes in base 64. */
SG_MUST bool sg_proof_read(const cJSON *o, struct sg_proof *out);
