/* What an action does. Every part runs through the same steps on a copy of the citizen: may the actor do this at all, does
 * the part's rule allow it here, change the list of restrictions. When all parts passed the copy takes the citizen's place;
 * when one fails the copy is thrown away, so a bundle is carried out whole or not at all.
 *
 * Authorisation comes before everything else, first without a region: somebody without the role learns nothing about the
 * citizen from the refusal. */
#include "model/effect.h"
#include <string.h>
#include "base/str.h"
#include "model/effect_step.h"

enum { MINUTE_MS = 60000 };

enum sg_err sg_step_refuse_id(struct sg_step *s, enum sg_rule rule, const char *detail, const char *restriction)
{
    memset(s->why, 0, sizeof *s->why);
    s->why->rule = rule;
    SG_COPY(s->why->detail, detail);
    SG_COPY(s->why->restriction, restriction);
    return SG_E_REFUSED;
}
enum sg_err sg_step_refuse(struct sg_step *s, enum sg_rule rule, const char *detail) { return sg_step_refuse_id(s, rule, detail, ""); }

enum sg_err sg_step_refuse_years(struct sg_step *s, enum sg_rule rule, int years)
{
    char text[16];
    sg_format(text, sizeof text, "%d", years);
    return sg_step_refuse(s, rule, text);
}

const char *sg_step_get(const struct sg_step *s, enum sg_field_id f) { return sg_part_get(s->p, f); }

/* The common fields stand last in every kind that has them, in the order reference, requester, requestedAt. */
static const char *common(const struct sg_step *s, const char *name)
{
    const struct sg_field_def *f = sg_action_field(s->p->kind, name);
    return f ? sg_part_get(s->p, f->id) : "";
}

int64_t sg_step_time(const char *text)
{
    int64_t ms;
    return *text && sg_rfc3339_parse(text, &ms) ? ms : 0;
}

struct sg_date sg_step_date(const char *text)
{
    struct sg_date d = {0, 0, 0};
    return *text && sg_date_parse(text, &d) ? d : (struct sg_date){0, 0, 0};
}

const char *sg_step_region(const struct sg_step *s) { return s->x->actor->commission.region; }

/* Role and region, then whether the actor's region wants a second person for this kind. */
enum sg_err sg_step_authorise(struct sg_step *s, enum sg_perm perm, const char *region)
{
    if (!sg_authorise(s->x->actor, perm, region, s->why)) return SG_E_DENIED;
    const struct sg_region *r = sg_policy_region(s->x->policy, sg_step_region(s));
    uint32_t wanted = (UINT32_C(1) << s->p->kind) | (UINT32_C(1) << s->a->kind);
    return r && (r->second_person & wanted) ? sg_step_refuse(s, SG_RULE_SECOND_PERSON, "") : SG_E_OK;
}

static void deed(const struct sg_step *s, struct sg_deed *d)
{
    const struct sg_actor *actor = s->x->actor;
    memset(d, 0, sizeof *d);
    SG_COPY(d->requester, common(s, "requester"));
    d->requested_at = sg_step_time(common(s, "requestedAt"));
    SG_COPY(d->actor, actor->hsa);
    SG_COPY(d->actor_name, actor->name);
    SG_COPY(d->commission, actor->commission.id);
    SG_COPY(d->unit, actor->commission.unit);
    d->performed_at = s->a->performed_at;
    d->registered_at = s->x->now;
    SG_COPY(d->reason, s->a->reason);
    SG_COPY(d->reference, common(s, "reference"));
    SG_COPY(d->action_id, s->a->id);
    d->offline = s->a->offline;
}

static void note_change(struct sg_step *s, const char *id)
{
    struct sg_changed *ch = s->changed;
    if (!ch || ch->n >= sizeof ch->id / sizeof *ch->id) return;
    SG_COPY(ch->id[ch->n], id);
    ch->n++;
}

/* Adds the row. An action that has no id yet is only being previewed. */
enum sg_err sg_step_make(struct sg_step *s, struct sg_restriction *r)
{
    const char *id = s->a->id[0] ? s->a->id : "preview";
    if (s->index)
        sg_format(r->id, sizeof r->id, "%s-%zu", id, s->index);
    else
        SG_COPY(r->id, id);
    if (sg_citizen_restriction(s->c, r->id)) return sg_step_refuse_id(s, SG_RULE_ALREADY, "", r->id);
    r->state = SG_RS_ACTIVE;
    deed(s, &r->made);
    enum sg_err e = sg_citizen_put(s->c, r);
    if (e == SG_E_OK) note_change(s, r->id);
    return e;
}

void sg_step_end(struct sg_step *s, struct sg_restriction *r, enum sg_restriction_state state)
{
    r->state = state;
    deed(s, &r->ended);
    note_change(s, r->id);
}

int sg_step_age(const struct sg_step *s, bool youngest)
{
    int low, high;
    sg_citizen_ages(s->c, s->x->today, &low, &high);
    return youngest ? low : high;
}

static enum sg_err carry_out(struct sg_step *s)
{
    switch (s->p->kind) {
    case SG_ACT_LOGIN_LOCK: return sg_step_login_lock(s);
    case SG_ACT_LOGIN_UNLOCK: return sg_step_login_unlock(s);
    case SG_ACT_RECORD_SEAL: return sg_step_record_seal(s);
    case SG_ACT_RECORD_UNSEAL: return sg_step_record_unseal(s);
    case SG_ACT_GUARDIAN_BLOCK: return sg_step_guardian_block(s);
    case SG_ACT_GUARDIAN_UNBLOCK: return sg_step_lift(s, SG_PERM_GUARDIAN_BLOCK, SG_F_GUARDIAN_UNBLOCK_RESTRICTION, SG_R_GUARDIAN_BLOCK);
    case SG_ACT_MINOR_GRANT: return sg_step_minor_grant(s);
    case SG_ACT_MINOR_WITHDRAW: return sg_step_lift(s, SG_PERM_MINOR_WITHDRAW, SG_F_MINOR_WITHDRAW_RESTRICTION, SG_R_MINOR_GRANT);
    case SG_ACT_RESTRICTION_ANNUL: return sg_step_annul(s);
    case SG_ACT_CITIZEN_PROTECT:
    case SG_ACT_TERMS_ACCEPT:
    case SG_ACT_LOG_REVIEW:
    case SG_ACT_COUNT: break;
    }
    return sg_step_refuse(s, SG_RULE_BAD_FIELD, "kind");
}

static bool same_part(const struct sg_part *a, const struct sg_part *b)
{
    if (a->kind != b->kind) return false;
    for (size_t i = 0; i < sg_action_def(a->kind)->n_fields; i++)
        if (!sg_eq(a->value[i], b->value[i])) return false;
    return true;
}

/* The shape of a bundle: parts that may stand in one, none twice. */
static enum sg_err check_bundle(struct sg_step *s)
{
    const struct sg_action *a = s->a;
    if (!a->n_parts) return sg_step_refuse(s, SG_RULE_NOTHING, "");
    for (size_t i = 0; i < a->n_parts; i++) {
        s->p = &a->part[i];
        if (!sg_action_may_be_part(s->p->kind)) return sg_step_refuse(s, SG_RULE_BAD_FIELD, "kind");
        for (size_t j = 0; j < i; j++)
            if (same_part(&a->part[j], s->p)) return sg_step_refuse(s, SG_RULE_ALREADY, "");
    }
    return SG_E_OK;
}

/* In a bundle the detail begins with the kind of the part that stood against it. */
static void name_part(const struct sg_step *s)
{
    char detail[sizeof s->why->detail];
    if (s->a->kind != SG_ACT_CITIZEN_PROTECT || !s->p || !sg_action_def(s->p->kind)) return;
    const char *sep = s->why->detail[0] ? ": " : "";
    sg_format(detail, sizeof detail, "%s%s%s", sg_action_def(s->p->kind)->name, sep, s->why->detail);
    SG_COPY(s->why->detail, detail);
}

static enum sg_err all_parts(struct sg_step *s)
{
    bool bundle = s->a->kind == SG_ACT_CITIZEN_PROTECT;
    if (bundle && !sg_actor_may(s->x->actor, SG_ACT_CITIZEN_PROTECT, s->why)) return SG_E_DENIED;
    bool shape = bundle ? s->a->n_parts <= SG_PARTS_MAX : s->a->n_parts == 1 && s->a->part[0].kind == s->a->kind;
    if (!shape) return sg_step_refuse(s, SG_RULE_BAD_FIELD, "parts");
    enum sg_err e = bundle ? check_bundle(s) : SG_E_OK;
    for (s->index = 0; e == SG_E_OK && s->index < s->a->n_parts; s->index++) {
        s->p = &s->a->part[s->index];
        e = carry_out(s);
    }
    if (e == SG_E_REFUSED || e == SG_E_DENIED) name_part(s);
    return e;
}

enum sg_err sg_effect_apply(const struct sg_effect_ctx *x, const struct sg_action *a, struct sg_citizen *c,
                            struct sg_changed *changed, struct sg_why *why)
{
    struct sg_citizen work;
    struct sg_why scrap = {0};
    struct sg_changed rows = {0};
    struct sg_step s = {.x = x, .a = a, .c = &work, .changed = &rows, .why = why ? why : &scrap};
    memset(s.why, 0, sizeof *s.why);
    if (changed) changed->n = 0;
    if (!sg_action_about_citizen(a->kind)) return sg_authorise(x->actor, (enum sg_perm)sg_action_def(a->kind)->perm, "", s.why) ? SG_E_OK : SG_E_DENIED;
    if (!c || !sg_eq(a->subject, c->id)) return sg_step_refuse(&s, SG_RULE_NOT_AVAILABLE, "");
    enum sg_err e = sg_citizen_copy(&work, c);
    if (e != SG_E_OK) return e;
    e = all_parts(&s);
    if (e != SG_E_OK) {
        sg_citizen_free(&work);
        return e;
    }
    memset(s.why, 0, sizeof *s.why);
    sg_citizen_free(c);
    *c = work;
    if (changed) *changed = rows;
    return SG_E_OK;
}

bool sg_effect_fresh(const struct sg_policy *p, enum sg_action_kind k, int64_t decided_at, int64_t now, struct sg_why *why)
{
    const struct sg_action_def *def = sg_action_def(k);
    int64_t window = (int64_t)p->widen_fresh_minutes * MINUTE_MS, old = now - decided_at;
    if (def && def->effect != SG_EFFECT_WIDENS) return true;
    if (def && old <= window && old >= -window) return true; /* a clock far ahead must not keep a decision fresh for ever */
    if (why) {
        memset(why, 0, sizeof *why);
        why->rule = SG_RULE_STALE_WIDENING;
    }
    return false;
}
