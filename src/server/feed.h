/* Feeding the witnesses: what has been signed is shown to each of them and the checkpoint is kept with their signatures. A thread of its own
 * with a connection of its own that only reads; the thread that appends is told nothing but what is ready to be written down. */
#pragma once
#include "base/clock.h"
#include "base/random.h"
#include "server/db.h"
#include "server/evlog.h"

enum { SG_FEED_MAX = 8 };
/* url without a slash at its end; ca "": the system's authorities; vkey: the witness's verifier key. */
struct sg_feed_witness { char name[64], url[300], ca[512], vkey[SG_VKEY_MAX]; };
struct sg_feed_opts {
    const char *database;
    const struct sg_feed_witness *witness; size_t n;
    int quorum;                              /* a checkpoint is kept when this many have signed it; 0: all */
    int every_ms;                            /* least time between two rounds */
    struct sg_clock clock;
    struct sg_random random;
};
struct sg_feed;
/* n 0: *out is NULL, which every function here takes. INPUT: a key that is none. */
SG_MUST enum sg_err sg_feed_new(const struct sg_feed_opts *o, struct sg_feed **out, struct sg_error *e);
/* wake is called, from the feeding thread, when sg_feed_waiting has become true. */
SG_MUST enum sg_err sg_feed_start(struct sg_feed *f, void (*wake)(void *ctx), void *ctx, struct sg_error *e);
void sg_feed_stop(struct sg_feed *f);        /* breaks off what is under way */
void sg_feed_free(struct sg_feed *f);

/* ---- called by the one thread that appends; none of these waits for the network or the disk ---- */
void sg_feed_signed(struct sg_feed *f);                          /* there are new checkpoints, committed */
bool sg_feed_waiting(struct sg_feed *f);                         /* something happened that is to be an event */
/* Inside a transaction: writes down the cosigned checkpoints and the events (witness.refused, witness.silent, witness.back). */
SG_MUST enum sg_err sg_feed_store(struct sg_feed *f, struct sg_db *db, struct sg_evlog *log);
void sg_feed_stored(struct sg_feed *f);                          /* it was committed; until then it is written again */

/* The newest checkpoint of a tree that witnesses have signed. NOTFOUND: none. */
SG_MUST enum sg_err sg_feed_cosigned(struct sg_db *db, int64_t tree, struct sg_buf *note, int64_t *size, int64_t *at);
