/* Signed notes (C2SP signed-note): a text, a blank line, signature lines "— <key name> <base64(key id ‖ signature)>". Read strictly:
 * a note that is not exactly of this form is none. Nothing unsigned and nothing signed by an unknown key alone ever passes. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/buf.h"
#include "base/err.h"

enum { SG_NOTE_MAX = 64 * 1024, SG_NOTE_SIGS_MAX = 32, SG_NOTE_NAME_MAX = 200, SG_NOTE_SIG_MAX = 4096, SG_VKEY_MAX = 300, SG_SEED_LEN = 32 };
/* Signature types. The octet stays in every key, so that ML-DSA-44 (6) can be added without a new format. */
enum sg_note_type { SG_NOTE_ED25519 = 1, SG_NOTE_COSIGNATURE = 4 };

struct sg_note_key { char name[SG_NOTE_NAME_MAX]; uint8_t type, id[4], pub[32]; };
/* The name: not empty, no space of any script, no plus, no control characters. INPUT otherwise. */
SG_MUST enum sg_err sg_note_key_make(const char *name, enum sg_note_type type, const uint8_t pub[32], struct sg_note_key *out);
/* Verifier key text "<name>+<id in hex>+<base64(type ‖ public key)>"; an id that does not fit the key is refused. */
SG_MUST enum sg_err sg_note_key_parse(const char *text, struct sg_note_key *out, struct sg_error *e);
void sg_note_key_print(char dst[SG_VKEY_MAX], const struct sg_note_key *k);
bool sg_note_key_same(const struct sg_note_key *a, const struct sg_note_key *b);

/* A key that signs. seed is the secret; the owner wipes it (sg_wipe). */
struct sg_note_signer { struct sg_note_key key; uint8_t seed[SG_SEED_LEN]; };
SG_MUST enum sg_err sg_note_signer_make(const char *name, enum sg_note_type type, const uint8_t seed[SG_SEED_LEN], struct sg_note_signer *out);
/* Appends one signature line for text (which ends in a newline) to out. when: seconds since 1970, for a cosignature only. */
SG_MUST enum sg_err sg_note_sign_line(const struct sg_note_signer *s, const char *text, size_t n, uint64_t when, struct sg_buf *out);
/* Appends the whole note: text, blank line, one signature line. */
SG_MUST enum sg_err sg_note_sign(const struct sg_note_signer *s, const char *text, size_t n, struct sg_buf *out);

struct sg_note_line { const char *name; size_t name_len; uint8_t id[4]; const char *sig; size_t sig_len; };   /* sig: base 64 with the key id */
/* Pointers go into the caller's note. text includes its final newline. */
struct sg_note { const char *text; size_t text_len; struct sg_note_line line[SG_NOTE_SIGS_MAX]; size_t lines; };
/* Form only: says nothing about who signed. e->where is "byte N" or "signature N". */
SG_MUST enum sg_err sg_note_parse(const char *note, size_t n, struct sg_note *out, struct sg_error *e);
/* OK only when k signed, and every line in k's name and id is a good signature. CRYPTO: a bad one; NOTFOUND: k did not sign.
 * when (may be NULL): time of a cosignature, else 0. */
SG_MUST enum sg_err sg_note_verify(const struct sg_note *note, const struct sg_note_key *k, uint64_t *when);
