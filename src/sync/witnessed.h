/* What the profile demands of witnesses, log by log. Pure but for its memory. */
#pragma once
#include "merkle/checkpoint.h"
#include "merkle/witnesses.h"

struct sg_witnessed {
    bool asked;                              /* the profile names witnesses */
    struct sg_witnesses want;
    char *note; struct sg_checkpoint c;      /* what the service shows as cosigned of the log that is being walked; owned */
    uint64_t when;                           /* since when enough have signed it, seconds */
    bool proving;                            /* its consistency with the newest checkpoint is being asked for */
    size_t missing;                          /* logs of this walk that are not cosigned well enough */
    bool known, met;                         /* of the last whole walk */
};
/* NULL: none. Keys that cannot be read demand what nobody can meet: it is asked, and never met. */
void sg_witnessed_begin(struct sg_witnessed *w, const char *keys, int quorum);
void sg_witnessed_end(struct sg_witnessed *w);
void sg_witnessed_forget(struct sg_witnessed *w);                /* the log that was walked */
/* Takes what the service shows (NULL: nothing) of the log whose newest checkpoint is last. False: it contradicts last under the log's own
 * signature, a fork. need_proof: consistency from w->c.size to last->size is to be asked for, then w->proving is over. */
bool sg_witnessed_show(struct sg_witnessed *w, const char *note, const struct sg_note_key *key, const struct sg_checkpoint *last, int64_t now_ms, bool *need_proof);
void sg_witnessed_walked(struct sg_witnessed *w);                /* the whole list */
