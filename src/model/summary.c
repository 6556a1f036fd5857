/* One sentence about an action, for lists and events: the kind's title and what it is about, joined by a middle dot. Names
 * come from the citizen and the policy when they are known, else the id stands there. Foreign text is not made safe here. */
#include "base/str.h"
#include "model/effect.h"

static const char *or_id(const char *name, const char *id) { return name && *name ? name : id; }

static const char *person(const struct sg_citizen *c, const char *who)
{
    if (sg_ieq(who, "child") || sg_ieq(who, "self") || (c && sg_eq(who, c->id))) return c ? or_id(c->name, who) : _("the child");
    for (size_t i = 0; c && i < c->n_relations && i < SG_RELATIONS_MAX; i++)
        if (sg_eq(c->relation[i].person, who)) return or_id(c->relation[i].name, who);
    return who;
}

static const char *region(const struct sg_policy *p, const char *code)
{
    const struct sg_region *r = p ? sg_policy_region(p, code) : NULL;
    return r ? or_id(r->name, code) : code;
}

static const char *unit(const struct sg_policy *p, const char *hsa)
{
    const struct sg_unit *u = p ? sg_policy_unit(p, hsa) : NULL;
    return u ? or_id(u->name, hsa) : hsa;
}

static void seal(char *dst, size_t cap, const struct sg_policy *p, const char *scope, const char *provider, const char *hsa,
                 const char *from, const char *to)
{
    if (sg_eq(scope, "unit"))
        sg_copy(dst, cap, unit(p, hsa));
    else if (sg_eq(scope, "provider"))
        sg_copy(dst, cap, or_id(p ? sg_policy_provider_name(p, provider) : NULL, provider));
    else if (sg_eq(scope, "period"))
        sg_format(dst, cap, "%s–%s", from, to);
    else
        sg_copy(dst, cap, _("the whole record"));
}

/* What a lifting kind lifts. */
static void restriction(char *dst, size_t cap, const struct sg_citizen *c, const struct sg_policy *p, const char *id)
{
    const struct sg_restriction *r = c ? sg_citizen_restriction(c, id) : NULL;
    char from[11], to[11];
    sg_copy(dst, cap, "");
    if (!r) return;
    switch (r->kind) {
    case SG_R_LOGIN_LOCK: sg_copy(dst, cap, region(p, r->region)); break;
    case SG_R_SEAL:
        sg_date_format(from, r->from);
        sg_date_format(to, r->to);
        seal(dst, cap, p, sg_seal_scope_name(r->scope), r->provider, r->unit, from, to);
        break;
    case SG_R_GUARDIAN_BLOCK: sg_copy(dst, cap, person(c, r->person)); break;
    case SG_R_MINOR_GRANT: sg_format(dst, cap, "%s, %s", person(c, r->person), unit(p, r->unit)); break;
    case SG_R_COUNT: break;
    }
}

static void about(char *dst, size_t cap, const struct sg_part *q, const struct sg_citizen *c, const struct sg_policy *p)
{
    const struct sg_action_def *def = sg_action_def(q->kind);
    sg_copy(dst, cap, "");
    if (q->kind == SG_ACT_LOGIN_LOCK) sg_copy(dst, cap, region(p, sg_part_get(q, SG_F_LOGIN_LOCK_REGION)));
    if (q->kind == SG_ACT_GUARDIAN_BLOCK) sg_copy(dst, cap, person(c, sg_part_get(q, SG_F_GUARDIAN_BLOCK_GUARDIAN)));
    if (q->kind == SG_ACT_TERMS_ACCEPT) sg_copy(dst, cap, sg_part_get(q, SG_F_TERMS_ACCEPT_VERSION));
    if (q->kind == SG_ACT_MINOR_GRANT)
        sg_format(dst, cap, "%s, %s", person(c, sg_part_get(q, SG_F_MINOR_GRANT_GRANTEE)), unit(p, sg_part_get(q, SG_F_MINOR_GRANT_UNIT)));
    if (q->kind == SG_ACT_RECORD_SEAL)
        seal(dst, cap, p, sg_part_get(q, SG_F_RECORD_SEAL_SCOPE), sg_part_get(q, SG_F_RECORD_SEAL_PROVIDER),
             sg_part_get(q, SG_F_RECORD_SEAL_UNIT), sg_part_get(q, SG_F_RECORD_SEAL_FROM), sg_part_get(q, SG_F_RECORD_SEAL_TO));
    if (def && def->n_fields && def->fields[0].type == SG_FT_RESTRICTION) restriction(dst, cap, c, p, sg_part_get(q, def->fields[0].id));
}

static void one(char *dst, size_t cap, const struct sg_part *q, const struct sg_citizen *c, const struct sg_policy *p, const char *join)
{
    char what[2 * SG_NAME_MAX + 4];
    const struct sg_action_def *def = sg_action_def(q->kind);
    about(what, sizeof what, q, c, p);
    sg_format(dst, cap, "%s%s%s", def ? _(def->title) : "", what[0] ? join : "", what);
}

void sg_action_summary(char *dst, size_t cap, const struct sg_action *a, const struct sg_citizen *c, const struct sg_policy *p)
{
    const struct sg_action_def *def = sg_action_def(a->kind);
    if (a->kind != SG_ACT_CITIZEN_PROTECT) {
        if (a->n_parts)
            one(dst, cap, &a->part[0], c, p, " · ");
        else
            sg_copy(dst, cap, def ? _(def->title) : "");
        return;
    }
    char all[1024] = "", item[512];
    size_t used = 0;
    for (size_t i = 0; i < a->n_parts && i < SG_PARTS_MAX; i++) {
        one(item, sizeof item, &a->part[i], c, p, " ");
        if (!sg_format(all + used, sizeof all - used, "%s%s", i ? ", " : " · ", item)) break;
        while (all[used]) used++;
    }
    sg_format(dst, cap, "%s%s", def ? _(def->title) : "", all);
}
