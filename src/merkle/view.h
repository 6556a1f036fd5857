/* One client's view of one log: the last checkpoint it has verified. Every checkpoint it is shown must fit that one; a service that shows
 * two clients different logs is found by the first that has seen the other side. Pure. */
#pragma once
#include "merkle/checkpoint.h"

enum sg_view_verdict {
    SG_VIEW_FIRST,       /* nothing was known of this log */
    SG_VIEW_SAME,        /* the same tree */
    SG_VIEW_GREW,        /* larger: ask for consistency from the known size to this one, then sg_view_proved */
    SG_VIEW_EARLIER,     /* smaller, of a time before: ask for consistency from this size to the known one (a receipt's checkpoint) */
    SG_VIEW_NEW_EPOCH,   /* the service was restored from an older backup and says so: the old checkpoint stays as evidence */
    SG_VIEW_FORK,        /* same size and other root, or an epoch that was already left */
    SG_VIEW_BAD          /* not signed by the key, or not a checkpoint of this log */
};
struct sg_view { struct sg_note_key key; char log[SG_LOG_ID_MAX]; bool has; struct sg_checkpoint last; };
/* Judges a signed note. out: the checkpoint it holds (empty when BAD). current: it claims to be the newest, so that a smaller size of the
 * same epoch is a FORK, too; a receipt's checkpoint may be earlier. */
enum sg_view_verdict sg_view_judge(const struct sg_view *v, const char *note, size_t n, bool current, struct sg_checkpoint *out, struct sg_error *e);
/* True when the proof makes one tree of both; the smaller one is from the known or from the shown checkpoint. */
bool sg_view_proved(const struct sg_view *v, const struct sg_checkpoint *shown, const struct sg_hash *proof, size_t n);
