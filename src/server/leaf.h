/* The one canonical byte form of an event: what the log keeps and what a Merkle tree hashes. Pure. */
#pragma once
#include "base/buf.h"
#include "wire/wire.h"

enum { SG_LEAF_MAX = 8192 };           /* bytes; larger than any event can be */
/* Appends the leaf of ev (its index is its place in the log and not part of it). */
SG_MUST enum sg_err sg_leaf_encode(const struct sg_event *ev, struct sg_buf *out);
/* Reads exactly what encode writes; anything else, trailing bytes included, is CORRUPT. index is left 0. */
SG_MUST enum sg_err sg_leaf_decode(const void *data, size_t n, struct sg_event *out);
