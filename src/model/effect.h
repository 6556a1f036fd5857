/* What an action does to a citizen: checks, effects, preview. Pure: the service applies with it, the client previews with it. */
#pragma once
#include "model/access.h"
#include "model/role.h"

enum { SG_WARNINGS_MAX = 16 };
struct sg_effect_ctx { const struct sg_policy *policy; const struct sg_actor *actor; struct sg_date today; int64_t now; /* wall ms */ };

/* Authorises, checks and applies a validated action to *c in place, all parts or none: on failure c is untouched and
 * *why says which rule (why->detail begins with the part's kind in a bundle). Returns OK, DENIED (role or region), REFUSED or
 * NOMEM. New restrictions get ids from the action's id (part 0: the id itself, part n: id-n), so both sides agree.
 * changed (may be NULL) receives the ids of rows made or ended. etag is left alone. */
struct sg_changed { size_t n; char id[SG_PARTS_MAX * 4][SG_ID_MAX]; };
SG_MUST enum sg_err sg_effect_apply(const struct sg_effect_ctx *x, const struct sg_action *a, struct sg_citizen *c,
                                    struct sg_changed *changed, struct sg_why *why);

struct sg_preview {
    enum sg_err verdict; struct sg_why why;       /* OK: it can be done; otherwise what stands against it */
    size_t n_before, n_after; struct sg_access_row before[SG_ACCESS_ROWS_MAX], after[SG_ACCESS_ROWS_MAX];
    size_t n_not_covered; const char *not_covered[SG_PARTS_MAX];      /* msgids, one per kind involved */
    size_t n_warnings; struct sg_why warning[SG_WARNINGS_MAX];
};
/* The table before and after, what is not stopped, and warnings. c is not changed. after equals before when refused. */
SG_MUST enum sg_err sg_effect_preview(const struct sg_effect_ctx *x, const struct sg_action *a, const struct sg_citizen *c,
                                      struct sg_preview *out);

/* Replay rule of a queued action (pure, DESIGN: protective at any age; widening needs a fresh confirmation when older than
 * policy->widen_fresh_minutes). False + why when it must be confirmed again. decided_at/now are wall ms. */
bool sg_effect_fresh(const struct sg_policy *p, enum sg_action_kind k, int64_t decided_at, int64_t now, struct sg_why *why);
/* One sentence about the action for lists and events, e.g. "Guardian block · Bo Ek"; translated, names from c (may be NULL). */
void sg_action_summary(char *dst, size_t cap, const struct sg_action *a, const struct sg_citizen *c, const struct sg_policy *p);
/* A restriction in words, translated: its kind ("Seal") and what it is about ("Bo Ek", "BUP Öst", "2026-01-01 – 2026-02-01"). */
const char *sg_restriction_title(enum sg_restriction_kind k);
void sg_restriction_object(char *dst, size_t cap, const struct sg_restriction *r, const struct sg_citizen *c, const struct sg_policy *p);
/* The name of a related person, the citizen's own, or the id. */
const char *sg_person_name(const struct sg_citizen *c, const char *id);
/* The action that takes a carried-out one back (inverse of the catalogue), filled in from the rows it made or ended; the etag, id and reason
 * are the person's. False when the kind has no inverse: a bundle is lifted part by part. */
bool sg_action_inverse(const struct sg_action *done, const struct sg_restriction *rows, size_t n, struct sg_action *out);
