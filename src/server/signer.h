/* Whoever signs checkpoints for sigilld: a seam. In the service it is the program sigilld-sign behind a socket, in tests a book in memory. */
#pragma once
#include "sign/sign.h"

struct sg_signer {
    void *ctx;
    /* OK: *out is the answer, whatever its verdict. OFFLINE: nobody answered. */
    enum sg_err (*ask)(void *ctx, const struct sg_sign_ask *ask, struct sg_sign_answer *out);
};
struct sg_signer sg_signer_of_book(struct sg_sign_book *b);               /* borrowed */

/* sigilld-sign as a child with a socket; started again when it has ended, at most once a second. */
struct sg_signer_process;
/* program NULL: sigilld-sign beside this program's own file. IO, OFFLINE: it does not answer (its words are in the diary). */
SG_MUST enum sg_err sg_signer_start(const char *program, const char *key_file, const char *name, struct sg_signer_process **out, struct sg_error *e);
void sg_signer_stop(struct sg_signer_process *p);                         /* waits for its end; NULL-safe */
struct sg_signer sg_signer_of_process(struct sg_signer_process *p);
/* Runs sigilld-sign --epoch for the operator; the serving one must have been stopped. */
SG_MUST enum sg_err sg_signer_epoch(const char *program, const char *key_file, const char *origin, struct sg_error *e);
