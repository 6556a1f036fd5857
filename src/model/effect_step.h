/* Inside effect*.c only: one part being carried out, and what every kind does in the same way. */
#pragma once
#include "model/effect.h"

struct sg_step {
    const struct sg_effect_ctx *x;
    const struct sg_action *a;
    const struct sg_part *p;
    size_t index;
    struct sg_citizen *c;                /* the working copy */
    struct sg_changed *changed;
    struct sg_why *why;
};

/* Refusals set s->why and return SG_E_REFUSED; restriction: the one that stands against it. */
SG_MUST enum sg_err sg_step_refuse(struct sg_step *s, enum sg_rule rule, const char *detail);
SG_MUST enum sg_err sg_step_refuse_id(struct sg_step *s, enum sg_rule rule, const char *detail, const char *restriction);
SG_MUST enum sg_err sg_step_refuse_years(struct sg_step *s, enum sg_rule rule, int years);
/* Role and region, then whether the actor's region wants a second person for this kind. */
SG_MUST enum sg_err sg_step_authorise(struct sg_step *s, enum sg_perm perm, const char *region);

const char *sg_step_get(const struct sg_step *s, enum sg_field_id f);
const char *sg_step_region(const struct sg_step *s);             /* the actor's own region */
int64_t sg_step_time(const char *text);                          /* 0 when none */
struct sg_date sg_step_date(const char *text);                   /* y == 0 when none */
/* The youngest (or oldest) age the citizen can have when the birth date is partly unknown. */
int sg_step_age(const struct sg_step *s, bool youngest);

/* Adds the row with its id and deed; ends one. */
SG_MUST enum sg_err sg_step_make(struct sg_step *s, struct sg_restriction *r);
void sg_step_end(struct sg_step *s, struct sg_restriction *r, enum sg_restriction_state state);

SG_MUST enum sg_err sg_step_login_lock(struct sg_step *s);
SG_MUST enum sg_err sg_step_record_seal(struct sg_step *s);
SG_MUST enum sg_err sg_step_guardian_block(struct sg_step *s);
SG_MUST enum sg_err sg_step_minor_grant(struct sg_step *s);
SG_MUST enum sg_err sg_step_login_unlock(struct sg_step *s);
SG_MUST enum sg_err sg_step_record_unseal(struct sg_step *s);
SG_MUST enum sg_err sg_step_annul(struct sg_step *s);
/* The kinds that end a restriction with nothing to ask but role and region. */
SG_MUST enum sg_err sg_step_lift(struct sg_step *s, enum sg_perm perm, enum sg_field_id f, enum sg_restriction_kind kind);
