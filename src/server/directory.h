/* Rows of the database as values of the model, and back. Nothing here begins or commits. */
#pragma once
#include "base/clock.h"
#include "base/random.h"
#include "model/citizen.h"
#include "model/policy.h"
#include "model/role.h"
#include "server/db.h"

/* Policy with regions and units; etag is a hash of the content. out is uninitialised; the caller frees it. */
SG_MUST enum sg_err sg_dir_policy(struct sg_db *db, struct sg_policy *out);
SG_MUST enum sg_err sg_dir_policy_put(struct sg_db *db, const struct sg_policy *p);        /* ages and terms only */

/* Staff member without commission. NOTFOUND when unknown. */
SG_MUST enum sg_err sg_dir_staff(struct sg_db *db, const struct sg_policy *p, const char *hsa, struct sg_actor *out);
/* Fills a->commission; id "" takes the first. NOTFOUND when the person has no such commission. */
SG_MUST enum sg_err sg_dir_commission(struct sg_db *db, struct sg_actor *a, const char *id);
typedef bool sg_commission_fn(void *ctx, const struct sg_commission *c);                   /* false stops */
SG_MUST enum sg_err sg_dir_commissions(struct sg_db *db, const char *hsa, sg_commission_fn *fn, void *ctx);

struct sg_changed_by { char name[SG_NAME_MAX], unit[SG_NAME_MAX]; int64_t at; };
/* The whole citizen. NOTFOUND when unknown. changed may be NULL. out is uninitialised; on OK the caller frees it. */
SG_MUST enum sg_err sg_dir_citizen(struct sg_db *db, const char *id, int64_t now, struct sg_citizen *out, struct sg_changed_by *changed);
SG_MUST enum sg_err sg_dir_restriction_put(struct sg_db *db, const char *citizen, const struct sg_restriction *r);
/* New version of a citizen: a new etag (into c->etag) and a row among the changes. */
SG_MUST enum sg_err sg_dir_touch(struct sg_db *db, struct sg_citizen *c, const struct sg_changed_by *by, const struct sg_random *rnd);
void sg_dir_new_etag(char dst[SG_ETAG_MAX], const struct sg_random *rnd);
void sg_uuid4(char dst[SG_UUID_MAX], const struct sg_random *rnd);                         /* no time inside: for citizens */
SG_MUST enum sg_err sg_dir_revision(struct sg_db *db, int64_t *out);
