/* The citizen screen's own state, shared by its three files. */
#pragma once
#include "ui/views/common.h"

enum { SG_CITIZEN_PENDING_MAX = 24 };
struct citizen_view {
    struct sg_view v;
    char id[SG_ID_MAX];
    bool have, from_cache, revealed, failed;
    char problem[400];                                   /* why there is nothing to show */
    struct sg_citizen now, after;                        /* as the service knows it; with own pending acts laid over */
    bool have_after;
    size_t n_pending; struct sg_qline line[SG_CITIZEN_PENDING_MAX];
    struct sg_action *pending[SG_CITIZEN_PENDING_MAX];   /* owned; NULL until told */
    size_t n_shown; size_t shown[SG_RESTRICTIONS_MAX];   /* indices of restrictions in force, for the list */
    struct sg_list list;                                 /* restrictions in force, then pending lines */
    struct sg_pace pace; uint64_t ask_citizen, ask_queue;
    struct sg_change changed; bool heard;                /* the last change the service told of */
    char own_etag[SG_ETAG_MAX];                          /* what one's own last act made of the citizen */
    char sending[SG_UUID_MAX];                           /* the own act on its way, "" none: what changes now may be it */
    struct sg_qcounts counted;                           /* as the waiting acts were last asked for */
};
void sg_citizen_draw(struct sg_view *v, const struct sg_canvas *c);
/* The service has told of a state that is neither what is shown nor one's own doing. */
bool sg_citizen_stale(const struct citizen_view *cv);
/* The chosen restriction in force, or NULL. */
const struct sg_restriction *sg_citizen_chosen(const struct citizen_view *cv);
