/* Witnesses of event logs (C2SP tlog-witness): somebody else's small program that remembers one thing about a log, the last checkpoint it
 * saw, and cosigns the next one only when it is proved to grow out of that one. A service that wants to show two people two logs would have
 * to get both past it. This room holds both ends: what sigilld sends (protocol.c, post.c) and what sigill-witness does (rules.c, serve.c). */
#pragma once
#include <stdatomic.h>
#include "base/clock.h"
#include "sign/sign.h"

/* ---- the request: "old <size>", proof lines, an empty line, the checkpoint ------------------------------------------------------------- */

enum { SG_WITNESS_PROOF_MAX = 63, SG_WITNESS_BODY_MAX = 64 << 10, SG_WITNESS_LOGS_MAX = 64 };
struct sg_witness_ask { uint64_t old; struct sg_proof proof; const char *note; size_t note_len; };     /* note points into the request */
SG_MUST enum sg_err sg_witness_ask_write(const struct sg_witness_ask *a, struct sg_buf *out);
/* Form alone. False: not a request. */
SG_MUST bool sg_witness_ask_read(const char *body, size_t n, struct sg_witness_ask *out);
/* The asker's side: appends to out the one line of body that is k's good cosignature of this checkpoint; others are ignored. when: its time,
 * seconds. NOTFOUND: none is; CRYPTO: one claims to be and is not. */
SG_MUST enum sg_err sg_witness_line(const char *note, size_t n, const char *body, size_t len, const struct sg_note_key *k, uint64_t *when,
                                    struct sg_buf *out);

/* ---- the witness --------------------------------------------------------------------------------------------------------------------------- */

/* Logs are known by their verifier keys; every origin "<key name>/<log>/<epoch>" and "<key name>" itself is one of that key's. */
struct sg_witness {
    struct sg_sign_store store;                          /* key, and the last checkpoint cosigned of each origin; on disk before an answer */
    struct sg_note_key log[SG_WITNESS_LOGS_MAX]; size_t n;
    struct sg_clock clock;
    void (*evidence)(void *ctx, const char *body, size_t n);   /* a checkpoint that its log has signed and that contradicts what it signed before; NULL */
    void *ctx;
};
SG_MUST enum sg_err sg_witness_open(struct sg_witness *w, const char *key_file, const char *name, struct sg_error *e);
void sg_witness_close(struct sg_witness *w);
SG_MUST enum sg_err sg_witness_log(struct sg_witness *w, const char *vkey, struct sg_error *e);
/* One request, from its body to status and answer. Requests must come one at a time: looking and writing down is one step.
 * 200 a signature line · 400 not a request, or old beyond the checkpoint · 403 not signed by the log's key, or a closed epoch · 404 another log ·
 * 409 old is not what was cosigned last (the answer is that size), or the same size with another root · 422 the proof does not lead there ·
 * 500 it could not be written down. */
int sg_witness_add(struct sg_witness *w, const char *body, size_t n, struct sg_buf *answer);

/* serve.c: HTTP, or HTTPS with a certificate; POST …/add-checkpoint and nothing else. */
struct sg_witness_listen { const char *address; int port; const char *cert_file, *key_file; };      /* port 0: any; cert NULL: plain HTTP */
struct sg_witness_server;
SG_MUST enum sg_err sg_witness_serve(struct sg_witness *w, const struct sg_witness_listen *l, struct sg_witness_server **out, int *port, struct sg_error *e);
void sg_witness_stop(struct sg_witness_server *s);       /* NULL-safe */

/* ---- asking one ---------------------------------------------------------------------------------------------------------------------------- */

/* POSTs body to url/add-checkpoint and waits, timeout_ms at most in all. ca_file "": the system's. OK: *status and the answer's body.
 * OFFLINE with e->detail: nobody answered, or *stop (may be NULL) became true. From any thread, each with calls of its own. */
SG_MUST enum sg_err sg_witness_post(const char *url, const char *ca_file, const struct sg_buf *body, int timeout_ms, const atomic_bool *stop, int *status,
                                    struct sg_buf *answer, struct sg_error *e);
