/* Inside the client as a witness: logs.c asks and judges, logs_kept.c holds what outlives the program. */
#pragma once
#include "sync/inside.h"
#include "sync/logs.h"
#include "sync/witnessed.h"

struct sg_logs_row { char log[SG_LOG_ID_MAX], origin[SG_ORIGIN_MAX]; uint64_t size; };
/* A proof to be fetched: in the order in which they were wanted, and by the hash of the action, because a long queue may want thousands. */
enum { SG_DUE_BUCKETS = 1024 };
struct sg_logs_due { struct sg_logs_due *next, *same; char action[SG_UUID_MAX], event[SG_UUID_MAX]; };
enum sg_logs_step { NOTHING, LIST, CHECKPOINT, CONSISTENCY, PROOF };

struct sg_logs {
    bool wanted, absent, loaded;            /* absent: this service has no logs */
    int64_t not_before, listed_at, proof_at;          /* mono ms; proof_at: before then acts on the wire go first */
    int64_t unkept_until;                             /* mono ms; before then nothing is asked, because the store cannot keep it */
    int tries;
    enum sg_logs_step step;                         /* of the request on the wire */
    struct sg_note_key key; bool has_key;
    struct sg_logs_row *row; size_t n, at;          /* list being walked */
    struct sg_view view;                    /* of the log being asked about */
    struct sg_checkpoint shown; char *note; /* what waits for its consistency proof */
    bool keep;                              /* it becomes the one we keep, if it fits */
    struct sg_logs_due *due, *due_last, *due_by[SG_DUE_BUCKETS];
    size_t n_due, unwritten;                /* unwritten: changes of it that the file does not know yet */
    struct sg_witnessed witness;
    char *cosigned;                         /* what came with the newest checkpoint; owned */
    bool forked; char why[SG_DETAIL_MAX];
    int64_t generation;                     /* grows when a person has accepted what looked like a fork: then all views begin anew */
    uint64_t verified; bool new_epoch;      /* sum of the verified sizes of the list so far */
    int64_t total;                          /* the same of the last list that was walked to its end, -1 none */
};

/* Stops everything for good and writes the evidence. answer: what the service sent last (a list, a checkpoint, a proof), or NULL. */
void sg_logs_fork(struct sg_engine *g, const char *why, const struct sg_http_reply *answer);
/* What could not be looked at is looked at again, a few times. */
void sg_logs_later(struct sg_engine *g);
/* The view of one log, from the store, into g->logs->view. False: it was damaged, which is a fork; or it could not be read, and is later. */
SG_MUST bool sg_logs_open_view(struct sg_engine *g, const char *log);
/* note becomes the checkpoint that is kept of the log whose view is open. */
void sg_logs_keep(struct sg_engine *g, const struct sg_checkpoint *c, const char *note);
void sg_logs_drop_shown(struct sg_logs *l);
/* The proof of the first action that waits for one is here, or never will be. */
void sg_logs_due_done(struct sg_engine *g);
/* A person has accepted what looked like a fork: all views begin anew. */
SG_MUST enum sg_err sg_logs_accepted(struct sg_engine *g);
