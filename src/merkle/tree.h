/* RFC 6962 hash tree over SHA-256: roots, a frontier that grows leaf by leaf, inclusion and consistency proofs. Pure, no I/O.
 * Leaf hash = SHA-256(0x00 ‖ leaf), node hash = SHA-256(0x01 ‖ left ‖ right), the empty tree is SHA-256("") (RFC 6962 §2.1). */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/err.h"

enum { SG_HASH_LEN = 32, SG_PROOF_MAX = 64 };
struct sg_hash { uint8_t b[SG_HASH_LEN]; };

void sg_merkle_leaf(struct sg_hash *out, const void *leaf, size_t n);
void sg_merkle_node(struct sg_hash *out, const struct sg_hash *left, const struct sg_hash *right);
void sg_merkle_empty(struct sg_hash *out);

/* The right edge of a growing tree: one hash per set bit of size, largest subtree first. 64 hashes hold any log. */
struct sg_frontier { uint64_t size; size_t n; struct sg_hash h[SG_PROOF_MAX]; };
void sg_frontier_init(struct sg_frontier *f);
void sg_frontier_add(struct sg_frontier *f, const struct sg_hash *leaf_hash);
void sg_frontier_root(const struct sg_frontier *f, struct sg_hash *root);

/* Hash of the complete subtree that covers leaves [start, start + count) of a log, count a power of two, start a multiple of it; the
 * caller keeps leaves or subtrees as it likes. False: it cannot (then the whole proof fails). */
typedef bool sg_subtree_fn(void *ctx, uint64_t start, uint64_t count, struct sg_hash *out);
/* Root of leaves [start, end). */
SG_MUST enum sg_err sg_merkle_range(uint64_t start, uint64_t end, sg_subtree_fn *fn, void *ctx, struct sg_hash *out);

struct sg_proof { size_t n; struct sg_hash h[SG_PROOF_MAX]; };
/* PATH(m, D[n]) of RFC 6962 §2.1.1. INPUT when index >= size. */
SG_MUST enum sg_err sg_merkle_inclusion(uint64_t index, uint64_t size, sg_subtree_fn *fn, void *ctx, struct sg_proof *out);
/* PROOF(m, D[n]) of RFC 6962 §2.1.2. INPUT when size1 > size2; empty when size1 is 0 or equal to size2. */
SG_MUST enum sg_err sg_merkle_consistency(uint64_t size1, uint64_t size2, sg_subtree_fn *fn, void *ctx, struct sg_proof *out);

/* Verdicts (RFC 9162 §2.1.3.2 and §2.1.4.2). Fail closed: a proof that is too short, too long or for an impossible size is false. */
bool sg_merkle_check_inclusion(uint64_t index, uint64_t size, const struct sg_hash *leaf_hash, const struct sg_hash *root, const struct sg_hash *proof, size_t n);
/* From the empty tree: only the empty proof, any root2. Equal sizes: only the empty proof and equal roots. */
bool sg_merkle_check_consistency(uint64_t size1, uint64_t size2, const struct sg_hash *root1, const struct sg_hash *root2, const struct sg_hash *proof, size_t n);
