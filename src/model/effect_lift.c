/* The kinds that end a restriction. The row stays in the list with who ended it and why. Lifting widens somebody's access,
 * so most rules here ask for something: another region's word, a look at the guardians, proof of identity, time. */
#include "base/str.h"
#include "model/effect_step.h"

enum { HOUR_MS = 3600000 };

/* The restriction a lifting kind names: of that kind (SG_R_COUNT: any) and still active. */
static enum sg_err named(struct sg_step *s, enum sg_field_id f, enum sg_restriction_kind kind, struct sg_restriction **out)
{
    struct sg_restriction *r = sg_citizen_restriction(s->c, sg_step_get(s, f));
    if (!r || (kind != SG_R_COUNT && r->kind != kind)) return sg_step_refuse(s, SG_RULE_NO_RESTRICTION, "");
    if (r->state != SG_RS_ACTIVE) return sg_step_refuse_id(s, SG_RULE_NOT_ACTIVE, "", r->id);
    *out = r;
    return SG_E_OK;
}

enum sg_err sg_step_login_unlock(struct sg_step *s)
{
    struct sg_restriction *r = NULL;
    enum sg_err e = sg_step_authorise(s, SG_PERM_LOGIN_LOCK, "");
    if (e != SG_E_OK || (e = named(s, SG_F_LOGIN_UNLOCK_RESTRICTION, SG_R_LOGIN_LOCK, &r)) != SG_E_OK || !r) return e;
    const char *with = sg_step_get(s, SG_F_LOGIN_UNLOCK_CONSULTED_WITH);
    int64_t at = sg_step_time(sg_step_get(s, SG_F_LOGIN_UNLOCK_CONSULTED_AT));
    bool checked = sg_flag(sg_step_get(s, SG_F_LOGIN_UNLOCK_CHILD_CHECKED));
    if (!sg_eq(r->region, sg_step_region(s)) && (!*with || !at)) {
        const struct sg_region *g = sg_policy_region(s->x->policy, r->region);
        return sg_step_refuse_id(s, SG_RULE_CONSULT, g && g->name[0] ? g->name : r->region, r->id);
    }
    if (sg_step_age(s, true) < s->x->policy->adult_from && !checked) return sg_step_refuse_id(s, SG_RULE_CHILD_CHECK, "", r->id);
    SG_COPY(r->consulted_with, with);
    r->consulted_at = at;
    r->child_checked = checked;
    sg_step_end(s, r, SG_RS_LIFTED);
    return SG_E_OK;
}

/* A seal the citizen wanted needs proof of identity, and in some regions time to think. */
static enum sg_err own_wish(struct sg_step *s, const struct sg_restriction *r, bool verified)
{
    if (r->requested_by != SG_BY_CITIZEN) return SG_E_OK;
    if (!verified) return sg_step_refuse_id(s, SG_RULE_IDENTITY_CHECK, "", r->id);
    const struct sg_region *region = sg_policy_region(s->x->policy, r->region);
    int64_t made = r->made.registered_at ? r->made.registered_at : r->made.performed_at;
    int64_t earliest = made + (int64_t)(region ? region->unseal_wait_hours : 0) * HOUR_MS;
    if (s->x->now >= earliest) return SG_E_OK;
    char stamp[SG_RFC3339_MAX];
    sg_local_stamp(stamp, earliest, s->x->now);
    return sg_step_refuse_id(s, SG_RULE_WAITING_PERIOD, stamp, r->id);
}

enum sg_err sg_step_record_unseal(struct sg_step *s)
{
    struct sg_restriction *r = NULL;
    enum sg_err e = sg_step_authorise(s, SG_PERM_RECORD_SEAL, "");
    if (e != SG_E_OK || (e = named(s, SG_F_RECORD_UNSEAL_RESTRICTION, SG_R_SEAL, &r)) != SG_E_OK || !r) return e;
    bool verified = sg_flag(sg_step_get(s, SG_F_RECORD_UNSEAL_IDENTITY_VERIFIED));
    if ((e = sg_step_authorise(s, SG_PERM_RECORD_SEAL, r->region)) != SG_E_OK || (e = own_wish(s, r, verified)) != SG_E_OK) return e;
    r->identity_verified = verified;
    sg_step_end(s, r, SG_RS_LIFTED);
    return SG_E_OK;
}

/* The kinds that end a restriction with nothing to ask but role and region. */
enum sg_err sg_step_lift(struct sg_step *s, enum sg_perm perm, enum sg_field_id f, enum sg_restriction_kind kind)
{
    struct sg_restriction *r = NULL;
    enum sg_err e = sg_step_authorise(s, perm, "");
    if (e != SG_E_OK || (e = named(s, f, kind, &r)) != SG_E_OK || !r) return e;
    if ((e = sg_step_authorise(s, perm, r->region)) != SG_E_OK) return e;
    sg_step_end(s, r, SG_RS_LIFTED);
    return SG_E_OK;
}

enum sg_err sg_step_annul(struct sg_step *s)
{
    static const enum sg_perm perm[SG_R_COUNT] = {SG_PERM_LOGIN_LOCK, SG_PERM_RECORD_SEAL, SG_PERM_GUARDIAN_BLOCK, SG_PERM_MINOR_GRANT};
    struct sg_restriction *r = NULL;
    if (!sg_actor_may(s->x->actor, SG_ACT_RESTRICTION_ANNUL, s->why)) return SG_E_DENIED;
    enum sg_err e = named(s, SG_F_RESTRICTION_ANNUL_RESTRICTION, SG_R_COUNT, &r);
    if (e != SG_E_OK || !r) return e;
    if ((e = sg_step_authorise(s, perm[r->kind], r->region)) != SG_E_OK) return e;
    if (!s->a->reason[0]) return sg_step_refuse(s, SG_RULE_BAD_FIELD, "reason");
    sg_step_end(s, r, SG_RS_ANNULLED);
    return SG_E_OK;
}

