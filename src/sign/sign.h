/* The one who signs the event log's checkpoints: what it has signed, and what it refuses. Kept apart from everything that reads requests,
 * in a small program of its own (main.c), so that a broken parser cannot sign; tests use the same book without the program. */
#pragma once
#include <sys/types.h>
#include "merkle/checkpoint.h"

/* What was signed last under an origin. */
struct sg_signed { char origin[SG_ORIGIN_MAX]; uint64_t size; struct sg_hash root; };
/* proof: consistency from the size that was signed last under that origin. */
struct sg_sign_request { char origin[SG_ORIGIN_MAX]; uint64_t size; struct sg_hash root; struct sg_proof proof; };

enum sg_sign_verdict {
    SG_SIGN_OK,
    SG_SIGN_MALFORMED,             /* not a request */
    SG_SIGN_OTHER_ORIGIN,          /* not a log of this key */
    SG_SIGN_NOT_EMPTY,             /* an unknown log must begin with the empty tree */
    SG_SIGN_EPOCH,                 /* an epoch that is closed, or that no operator has begun */
    SG_SIGN_SMALLER,               /* less than was signed before */
    SG_SIGN_OTHER_ROOT,            /* the same size with another root */
    SG_SIGN_INCONSISTENT,          /* the proof does not lead from what was signed to what is asked for */
    SG_SIGN_STORE,                 /* what is signed could not be written down first */
    SG_SIGN_VERDICTS
};
const char *sg_sign_text(enum sg_sign_verdict v);        /* English, for the diary */

struct sg_sign_book {
    struct sg_note_signer signer;
    struct sg_signed *row; size_t n;                     /* owned; one an origin */
    bool (*keep)(void *ctx, const struct sg_signed *s);  /* durably, before a signature leaves; NULL: memory alone */
    void *ctx;
};
void sg_sign_free(struct sg_sign_book *b);               /* rows and secret; NULL-safe */
const struct sg_signed *sg_sign_last(const struct sg_sign_book *b, const char *origin);   /* NULL: never */
/* Pure: may this be signed? */
enum sg_sign_verdict sg_sign_judge(const struct sg_sign_book *b, const struct sg_sign_request *rq);
/* Judges, writes down, signs: appends the note. */
enum sg_sign_verdict sg_sign(struct sg_sign_book *b, const struct sg_sign_request *rq, struct sg_buf *note);
/* Puts a row in its place, or a new one; also when a state file is read. */
SG_MUST enum sg_err sg_sign_put(struct sg_sign_book *b, const struct sg_signed *s);
/* The operator's word, never a request: the next epoch of a log begins, the one before is closed. STATE: not the next one. */
SG_MUST enum sg_err sg_sign_epoch(struct sg_sign_book *b, const char *origin);

/* ---- key and state files (store.c) ---------------------------------------------------------------------------------------------------- */

struct sg_sign_store { struct sg_sign_book book; int key_fd, state_fd; off_t length; };      /* length: of the state file, bytes */
/* Opens key_file and key_file.state, held against a second signer (LOCKED). A key is made, under that name, when neither file is there.
 * CORRUPT: not a key, a state without its key, or a state that was damaged. The store must stay where it is. */
SG_MUST enum sg_err sg_sign_open(struct sg_sign_store *s, const char *key_file, const char *name, struct sg_error *e);
/* The same for a key of that type: a witness keeps its key and its book in files of the same form. */
SG_MUST enum sg_err sg_sign_open_as(struct sg_sign_store *s, const char *key_file, const char *name, enum sg_note_type type, struct sg_error *e);
void sg_sign_close(struct sg_sign_store *s);

/* ---- messages over a SOCK_SEQPACKET socket (message.c) -------------------------------------------------------------------------------- */

enum sg_sign_op { SG_SIGN_KEY = 1, SG_SIGN_LAST, SG_SIGN_AT, SG_SIGN_SIGN };
enum { SG_SIGN_MESSAGE_MAX = 8192 };
struct sg_sign_ask { enum sg_sign_op op; uint64_t at; struct sg_sign_request rq; };      /* AT: row number; LAST: rq.origin */
struct sg_sign_answer { enum sg_sign_verdict verdict; bool found; struct sg_signed last; char text[SG_CHECKPOINT_MAX]; };   /* text: key or note */
SG_MUST enum sg_err sg_sign_ask_write(const struct sg_sign_ask *a, struct sg_buf *out);
SG_MUST bool sg_sign_ask_read(const void *data, size_t n, struct sg_sign_ask *out);
SG_MUST enum sg_err sg_sign_answer_write(const struct sg_sign_answer *a, struct sg_buf *out);
SG_MUST bool sg_sign_answer_read(const void *data, size_t n, struct sg_sign_answer *out);
/* What a message gets: anything that is not an ask is MALFORMED. */
void sg_sign_serve(struct sg_sign_book *b, const void *data, size_t n, struct sg_sign_answer *out);
