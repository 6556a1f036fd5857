/* Whose cosignatures a checkpoint must bear: k of n witnesses. Pure. */
#pragma once
#include "merkle/note.h"

enum { SG_WITNESSES_MAX = 8 };
struct sg_witnesses { struct sg_note_key key[SG_WITNESSES_MAX]; size_t n; int quorum; };     /* n 0: nothing is demanded */
/* text: verifier keys of witnesses with blanks between them, NULL and "" none. quorum 0: all of them. INPUT, LIMIT: not such keys, one of
 * them twice, or a quorum of more than there are. */
SG_MUST enum sg_err sg_witnesses_parse(const char *text, int quorum, struct sg_witnesses *out, struct sg_error *e);
/* OK: at least quorum of them have signed; *when is since when so many had (seconds). NOTFOUND: fewer. CRYPTO: a line claims to be one
 * of theirs and is not. PARSE: no note. */
SG_MUST enum sg_err sg_witnesses_check(const struct sg_witnesses *w, const char *note, size_t n, uint64_t *when);
