/* The client's encrypted store: queue, read cache, receipts. One SQLite file per state directory (WAL, synchronous FULL);
 * every meaningful column is AES-256-GCM sealed, rows are chained so that a deleted or swapped row is seen. Several people may
 * share a workstation: each has a key slot and rows of their own; other people's rows are only counted.
 * Times are wall ms for display. Not thread-safe; lives in the engine thread. Several processes may open it. */
#pragma once
#include "base/clock.h"
#include "base/random.h"
#include "base/secret.h"
#include "wire/wire.h"

enum sg_qstate {
    SG_Q_HELD, SG_Q_READY, SG_Q_SENDING, SG_Q_DONE, SG_Q_RETRY, SG_Q_AUTH_WAIT, SG_Q_CONFLICT, SG_Q_REFUSED, SG_Q_WITHDRAWN, SG_Q_COUNT
};
/* "held" "ready" "sending" "done" "retry" "auth-wait" "conflict" "refused" "withdrawn" */
const char *sg_qstate_name(enum sg_qstate s);
bool sg_qstate_terminal(enum sg_qstate s);               /* done, withdrawn; conflict and refused wait for a person */
bool sg_qstate_waiting(enum sg_qstate s);                /* held ready sending retry auth-wait: NOT YET IN EFFECT */

struct sg_qrow {                                         /* owned: base, outcome */
    int64_t seq;                                         /* per device + actor */
    struct sg_action action;
    char commission[SG_HSA_MAX];
    enum sg_qstate state;
    int attempts; int64_t next_try;                      /* wall ms */
    int last_status; char last_error[SG_DETAIL_MAX];
    int64_t created_at, sent_at, done_at;
    bool has_base; struct sg_citizen base;               /* what the person saw when deciding */
    bool has_outcome; struct sg_outcome outcome;
    char resolved_as[16];                                /* conflict: "" "theirs" "redo" "note" */
    char successor[SG_UUID_MAX];                         /* the action made from this one by redo */
    char note[SG_TEXT_MAX];
    bool fresh_needed;                                   /* widening and too old: a person must confirm again */
    bool again;                                          /* was done; the service came back from an old copy without it */
};
void sg_qrow_free(struct sg_qrow *r);
#define SG_Q_OLD_GROUND "old-ground"                      /* last_error of a row that waits because what the person saw was too old */
int64_t sg_qrow_ground_age(const struct sg_qrow *r);      /* of such a row: how old it was when they decided, ms; 0: it does not wait for that */

struct sg_store;
struct sg_store_opts {
    const char *dir;              /* made when missing, 0700 */
    const char *file;             /* its name in dir; NULL: store.db */
    bool existing;                /* only what is there already: nothing is made or moved aside, and a person without rows in it is NOTFOUND */
    const char *vfs;              /* SQLite VFS name (simulation), NULL = default */
    const char *actor;            /* HSA-id whose slot and rows are used */
    const struct sg_secret *passphrase;
    int scrypt_log_n;             /* 17; tests may use 14 */
    bool drill;                   /* a store for practice: it and a live one never open as each other (STATE) */
    bool cache_key;               /* keep the unwrapped key in the kernel's user keyring for 15 min: only with a passphrase from a file */
    struct sg_clock clock; struct sg_random random;
};
/* PASSPHRASE wrong passphrase · CORRUPT damaged: the file is left as it is, except when SQLite cannot read it at all: then it is renamed
 * to store.db.damaged-N (e->detail says so) and the next open makes a new one · VERSION newer format · LOCKED · IO. A key slot holds the
 * 256-bit data key wrapped by something: {kind: passphrase|card, salt, parameters, wrapped key}; a card joins as one more kind. */
SG_MUST enum sg_err sg_store_open(const struct sg_store_opts *o, struct sg_store **out, struct sg_error *e);
void sg_store_close(struct sg_store *s);
const char *sg_store_device(const struct sg_store *s);    /* UUID of this store */
/* Highest sequence number ever given to this person here; -1 when the head is damaged. The service knows the last it has seen of this
 * device: should it know more, an old copy of the whole directory was put in place. */
int64_t sg_store_last_seq(struct sg_store *s);

/* Queue files beside the one in this folder: set aside as unreadable, or of other folders with rows that never ended. open_rows: all of
 * them, mine: those of the actor (NULL: nobody's); -1: it does not say. reads: what was shown without the service and is not in its log yet,
 * of everybody and of the actor; 0 when it does not say. holder: the process that has it open, 0 none that can be seen.
 * Returns how many there are; cap are listed. Only real files, and only of this user. */
enum { SG_LEFTOVER_PATH = 1024, SG_LEFTOVER_FILE = 64 };
enum sg_left { SG_LEFT_NOTHING, SG_LEFT_UNREADABLE, SG_LEFT_NEWER, SG_LEFT_DRILL, SG_LEFT_QUEUE };
struct sg_leftover { char path[SG_LEFTOVER_PATH]; enum sg_left kind; bool damaged; int64_t open_rows, mine, reads, my_reads, format; long holder; };
size_t sg_store_leftovers(const char *dir, const char *actor, struct sg_leftover *list, size_t cap);
/* What lies at a path a person named: a file, or a folder with a queue in it. dir and file as sg_store_opts wants them. NOTFOUND: nothing
 * is there. Not for a file that is open in this process. */
SG_MUST enum sg_err sg_store_look(const char *path, const char *actor, char dir[SG_LEFTOVER_PATH], char file[SG_LEFTOVER_FILE], struct sg_leftover *out);
int sg_store_format(void);        /* the newest format this program knows */
/* A file that had been set aside as unreadable and is emptied gets a name under which it is no longer announced; others keep theirs. */
SG_MUST enum sg_err sg_store_put_away(const char *dir, const char *file);
/* An older copy of the file was once put in place: what was decided since is not in it. */
bool sg_store_rolled(const struct sg_store *s);
/* The commission of the first own row that could go, were it that one's turn (any: that has not ended), leaving out those in skip.
 * NOTFOUND: there is none. */
SG_MUST enum sg_err sg_store_commission(struct sg_store *s, const char (*skip)[SG_HSA_MAX], size_t n, bool any, char out[SG_HSA_MAX]);

/* One damaged or missing row, or (seq 0 or the first row it covers) a part of the chain: table "row" "bucket" "head". *n may exceed cap:
 * all are counted, cap are listed. Intact rows stay usable whatever is damaged. */
struct sg_damage { int64_t seq; char table[16]; char what[48]; };  /* what: "bit-flip" "missing-row" "order" "rolled-back" */
SG_MUST enum sg_err sg_store_check(struct sg_store *s, struct sg_damage *list, size_t cap, size_t *n);

/* Gives the row its seq, writes it durably (fsync) and only then returns OK. a->id, device, seq are filled in. base may be NULL. */
SG_MUST enum sg_err sg_store_enqueue(struct sg_store *s, struct sg_action *a, const char *commission, bool hold,
                                     const struct sg_citizen *base, struct sg_error *e);
typedef bool sg_qrow_fn(void *ctx, const struct sg_qrow *r);       /* false stops */
/* Own rows in order. waiting_only leaves out done and withdrawn. Damaged rows are skipped and counted in *damaged (may be NULL). */
SG_MUST enum sg_err sg_store_each(struct sg_store *s, bool waiting_only, sg_qrow_fn *fn, void *ctx, size_t *damaged);
SG_MUST enum sg_err sg_store_get(struct sg_store *s, const char *action_id, struct sg_qrow *out);   /* caller frees */
/* Own rows in order, of one citizen or (subject NULL or "") of all, without the first skip and at most limit of them: only these are
 * unsealed. *total: how many there are without skip and limit. Damaged rows are left out of both as far as they are known. */
struct sg_page { bool waiting_only; const char *subject; int64_t skip, limit; sg_qrow_fn *fn; void *ctx; };
SG_MUST enum sg_err sg_store_page(struct sg_store *s, const struct sg_page *want, int64_t *total);

/* need_you: conflict, refused, and held ones that need a fresh confirmation (these count as waiting too). damaged: as far as seen since
 * opening (each, get, claim, check). others: unfinished rows of other people here. oldest: created_at of the first waiting row, 0 none.
 * again: rows that were done, that the service forgot, and that have not ended anew. reads: seen_count. */
struct sg_qcounts { size_t waiting, need_you, done, withdrawn, damaged, others, again, reads; int64_t oldest; };
SG_MUST enum sg_err sg_store_counts(struct sg_store *s, struct sg_qcounts *out);

/* Whether writing has failed time after time, or for good (fsync): there is no sense in waiting for it any longer. */
bool sg_store_failing(const struct sg_store *s);

/* Takes the next row that may go: ready, or retry whose time has come; nothing earlier of the same citizen is unfinished
 * (a conflict or refusal of the same citizen holds later ones until a person has decided); not claimed by a living process.
 * Marks it sending for this process, durably. NOTFOUND when there is none; *next_try = when one will be due, 0 never. */
SG_MUST enum sg_err sg_store_claim(struct sg_store *s, const char *commission, struct sg_qrow *out, int64_t *next_try);
/* Rows left in sending by a process that is gone become ready again (their fate is unknown: the same id is sent again). */
SG_MUST enum sg_err sg_store_reclaim(struct sg_store *s, size_t *n);

/* Ends of an attempt. finish stores the outcome, notes that later own rows of the citizen that observed etag_before stand on etag_after
 * (they say so once claimed), and updates the cached citizen, in one transaction. */
SG_MUST enum sg_err sg_store_finish(struct sg_store *s, const char *action_id, const struct sg_outcome *o);
/* later: any state but done and withdrawn, sending gives up its claim. state held = a person must confirm it afresh (fresh_needed). */
SG_MUST enum sg_err sg_store_later(struct sg_store *s, const char *action_id, enum sg_qstate state, int status, const char *error,
                                   int64_t next_try);
/* held, retry, auth-wait -> ready now; STATE when fresh_needed */
SG_MUST enum sg_err sg_store_release(struct sg_store *s, const char *action_id);
SG_MUST enum sg_err sg_store_withdraw(struct sg_store *s, const char *action_id);         /* STATE when sending or ended */
/* The person decided again at that time: performed_at becomes decided_at, fresh_needed ends, ready. STATE unless it waited for that.
 * observed: the ETag of what the person saw when confirming; NULL leaves what was seen at first. */
SG_MUST enum sg_err sg_store_reconfirm(struct sg_store *s, const char *action_id, int64_t decided_at, const char *observed);
/* Own done rows from a number on, in order, by their clear columns: nothing is unsealed. */
typedef bool sg_done_fn(void *ctx, int64_t seq, const char *action_id);                    /* false stops */
SG_MUST enum sg_err sg_store_done(struct sg_store *s, int64_t from, sg_done_fn *fn, void *ctx);
/* The service has forgotten a done row (it came back from an old copy): the same id goes again. What protects is ready at once, on
 * whatever ground it finds; what does not is held until a person has confirmed it afresh. STATE unless it was done. */
SG_MUST enum sg_err sg_store_again(struct sg_store *s, const char *action_id);
/* A person's decision about a conflict or refusal: the row becomes withdrawn, keeps its outcome, and resolved_as says what was
 * decided. redo: *again (id filled in) is enqueued in the same transaction with the new base. */
SG_MUST enum sg_err sg_store_resolve(struct sg_store *s, const char *action_id, const char *as, const char *note,
                                     struct sg_action *again, const struct sg_citizen *base, struct sg_error *e);
SG_MUST enum sg_err sg_store_auth_ready(struct sg_store *s);                              /* all auth-wait -> ready, after sign-in */

/* Ids of actions made beforehand, for paper forms: n of them, reserved durably before they are told. */
SG_MUST enum sg_err sg_store_paper_reserve(struct sg_store *s, size_t n, char (*id)[SG_UUID_MAX]);
/* The reserved id with this number (as sg_paper_parse gives it). NOTFOUND: it was not made here by this person. */
SG_MUST enum sg_err sg_store_paper_find(struct sg_store *s, const char *code, char id[SG_UUID_MAX]);
/* How many are reserved, and how many of them are not in the queue yet. */
SG_MUST enum sg_err sg_store_paper_count(struct sg_store *s, size_t *reserved, size_t *open);

/* What is kept for good, sealed, by kind and key: the last checkpoint of a log, its key, the proofs of one's own actions. Does not expire
 * and is not part of the read cache. CORRUPT: changed or damaged, never taken for missing (NOTFOUND). */
SG_MUST enum sg_err sg_store_kept_put(struct sg_store *s, const char *kind, const char *key, const void *data, size_t n);
SG_MUST enum sg_err sg_store_kept_get(struct sg_store *s, const char *kind, const char *key, struct sg_buf *out);
SG_MUST enum sg_err sg_store_kept_drop(struct sg_store *s, const char *kind, const char *key);

/* What was shown from the cache and is not in the service's log yet, in the order it was shown, each in a place of its own (1 and up, never
 * used twice). add is durable before it returns. list gives at most cap of them from a place on; fn says whether it counts one. drop: these are
 * in the log, or need not be; unknown and emptied places are none of its business. */
typedef bool sg_seen_fn(void *ctx, int64_t place, const struct sg_seen *s);
SG_MUST enum sg_err sg_store_seen_add(struct sg_store *s, const struct sg_seen *seen, int64_t *place);
SG_MUST enum sg_err sg_store_seen_list(struct sg_store *s, int64_t from, size_t cap, sg_seen_fn *fn, void *ctx);
SG_MUST enum sg_err sg_store_seen_drop(struct sg_store *s, const int64_t *place, size_t n);
SG_MUST enum sg_err sg_store_seen_count(struct sg_store *s, size_t *n);

/* Read cache: what one has looked at, sealed, with its as-of time; expires after max_age_ms. */
SG_MUST enum sg_err sg_store_cache_put(struct sg_store *s, const char *kind, const char *key, const char *json, size_t n, int64_t as_of);
SG_MUST enum sg_err sg_store_cache_get(struct sg_store *s, const char *kind, const char *key, int64_t oldest, struct sg_buf *json,
                                       int64_t *as_of);
SG_MUST enum sg_err sg_store_cache_expire(struct sg_store *s, int64_t oldest);
int64_t sg_store_version(struct sg_store *s);             /* changes when another process wrote */
