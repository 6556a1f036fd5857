/* What an operator does to the event log while the service is stopped: lawful erasure, and going on after an old backup was restored. */
#pragma once
#include "server/config.h"
#include "server/evlog.h"

enum { SG_RETENTION_YEARS_MIN = 5 };                 /* the law: logs are kept at least five years */
/* Erases what events recorded before a day (Swedish calendar) say: salt, payload and the columns made of it, and the stored outcomes of that
 * time; leaves, places and times stay, so that every proof stays valid. The day must lie at least `years` years (5 or more) back: REFUSED.
 * One event tells how many. *n: how many were erased. */
SG_MUST enum sg_err sg_admin_erase(struct sg_db *db, struct sg_evlog *log, const struct sg_clock *clock, const struct sg_random *random,
                                   struct sg_date before, int years, int64_t *n, struct sg_error *e);
/* Begins the next epoch of every log of which the signer has signed more, or otherwise, than the database holds. begun is told of each.
 * epoch: the operator's word to the signer, after the database has it. */
struct sg_restored {
    const struct sg_signer *signer;
    enum sg_err (*epoch)(void *ctx, const char *origin, struct sg_error *e);
    void (*begun)(void *ctx, const char *origin, const struct sg_signed *last);
    void *ctx;
};
SG_MUST enum sg_err sg_admin_restored(struct sg_db *db, struct sg_evlog *log, const struct sg_clock *clock, const struct sg_random *random,
                                      const struct sg_restored *r, struct sg_error *e);
