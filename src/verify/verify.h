/* sigill-verify: an outsider's check of an exported event log. Written apart from the rest of sigill on purpose: it shares no line with
 * the programs it checks and needs nothing but libcrypto. Formats: docs/log.md. Everything here fails closed. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SV_LEAF = 42, SV_SALT = 32, SV_PAYLOAD_MAX = 16384, SV_LINE_MAX = 128 * 1024, SV_NOTE_MAX = 64 * 1024, SV_NAME_MAX = 200, SV_PROOF_MAX = 64, SV_NODES = 256 };
struct sv_hash { uint8_t b[32]; };

/* What was found. index: the first bad entry, -1 when no single one can be named. */
struct sv_verdict { bool ok; int64_t index; char why[256]; uint64_t size, erased; struct sv_hash root; char origin[256]; };
/* Sets a failed verdict; always returns false, so that a check can `return sv_fail(...)`. */
bool sv_fail(struct sv_verdict *v, int64_t index, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* hash.c */
void sv_sha256(struct sv_hash *out, uint8_t first, const void *a, size_t an, const void *b, size_t bn);   /* SHA-256(first ‖ a ‖ b) */
struct sv_tree { uint64_t size; struct sv_hash edge[64]; };        /* edge[k] holds a subtree of 2^k leaves where bit k of size is set */
void sv_tree_add(struct sv_tree *t, const void *leaf, size_t n, struct sv_hash *leaf_hash);
void sv_tree_root(const struct sv_tree *t, struct sv_hash *out);
/* Root that a proof of RFC 6962 gives for the leaf; false when its length cannot be right. */
bool sv_root_of_path(uint64_t index, uint64_t size, const struct sv_hash *leaf, const struct sv_hash *path, size_t n, struct sv_hash *out);
bool sv_base64(uint8_t *dst, size_t cap, size_t *n, const char *text, size_t len);    /* strict: one spelling a value */
bool sv_number(const char *s, size_t n, uint64_t *out);                               /* decimal, no leading zero, below 2^63; no digit follows */
uint64_t sv_be(const uint8_t *p, size_t n);

/* note.c */
enum { SV_LOG = 1, SV_WITNESS = 4, SV_WITNESSES = 8 };            /* types of keys, all of them Ed25519 */
struct sv_key { char name[SV_NAME_MAX]; uint8_t type, id[4], pub[32]; };
bool sv_key_read(const char *text, uint8_t type, struct sv_key *out);     /* "<name>+<id>+<base64>" */
struct sv_checkpoint { char origin[256], log[64]; uint64_t size; struct sv_hash root; };
bool sv_checkpoint_read(const char *note, size_t n, const struct sv_key *k, struct sv_checkpoint *out, struct sv_verdict *v);

/* json.c: one strict JSON value of at most SV_NODES nodes, read in place (text is changed). */
enum sv_type { SV_OBJECT, SV_ARRAY, SV_STRING, SV_NUMBER, SV_TRUE, SV_FALSE, SV_NULL };
struct sv_node { enum sv_type type; const char *key, *text; size_t len; uint64_t number; int child, next, members; };      /* child, next: -1 for none */
struct sv_json { struct sv_node node[SV_NODES]; int n; };
bool sv_json_read(struct sv_json *j, char *text, size_t n);       /* node 0 is the value */
bool sv_utf8(const char *text, size_t n);                         /* NUL follows */
const struct sv_node *sv_member(const struct sv_json *j, const struct sv_node *object, const char *key);
bool sv_member_bytes(const struct sv_json *j, const char *key, uint8_t *dst, size_t cap, size_t *n);      /* base 64 text of node 0 */
bool sv_member_number(const struct sv_json *j, const char *key, uint64_t *out);

/* event.c: payload against leaf, and the readable event against the payload. */
void sv_leaf_make(uint8_t leaf[SV_LEAF], const uint8_t at[8], const uint8_t salt[SV_SALT], const uint8_t *payload, size_t n);
/* NULL: fits; else what does not. */
const char *sv_event_fault(const uint8_t leaf[SV_LEAF], const uint8_t *payload, size_t n, const char *log, const struct sv_json *j, const struct sv_node *event);
/* The payload of a proof file's list of values, in which the log alone is missing; at: its time. */
bool sv_event_pack(const struct sv_json *j, const struct sv_node *list, const char *log, uint8_t *dst, size_t cap, size_t *n, uint8_t at[8]);

/* directory.c, proof.c */
struct sv_opts { const char *key_text; const char *since; bool leaves_only; struct sv_key witness[SV_WITNESSES]; uint64_t witnesses, quorum; };
bool sv_witnessed(const char *note, size_t n, const struct sv_opts *o, struct sv_verdict *v);     /* by as many as are demanded */
/* key: the text that lies beside what is checked, NULL for none. */
bool sv_find_key(const char *beside, const struct sv_opts *o, struct sv_key *k, struct sv_verdict *v);
bool sv_check_directory(const char *path, const struct sv_opts *o, struct sv_verdict *v);
bool sv_check_proof(const char *path, const struct sv_opts *o, struct sv_verdict *v);
/* Reads a whole file of at most cap - 1 bytes and ends it with NUL. Negative: not there or too long. */
long sv_read_file(const char *dir, const char *name, char *dst, size_t cap);
