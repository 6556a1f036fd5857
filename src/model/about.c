/* What restrictions are called and what they are about, for every place that shows one. Foreign text is not made safe here. */
#include "base/str.h"
#include "model/effect.h"

const char *sg_restriction_title(enum sg_restriction_kind k)
{
    static const char *const title[SG_R_COUNT] = {
        [SG_R_LOGIN_LOCK] = N_("Login lock"), [SG_R_SEAL] = N_("Seal"), [SG_R_GUARDIAN_BLOCK] = N_("Guardian block"), [SG_R_MINOR_GRANT] = N_("Minor access")};
    return k < SG_R_COUNT ? _(title[k]) : "";
}

const char *sg_person_name(const struct sg_citizen *c, const char *id)
{
    for (size_t i = 0; c && i < c->n_relations; i++)
        if (sg_eq(c->relation[i].person, id))
            return c->relation[i].name;
    return c && sg_eq(c->id, id) ? c->name : id;
}

static void seal_object(char *dst, size_t cap, const struct sg_restriction *r, const struct sg_policy *p)
{
    char from[11], to[11];
    const struct sg_unit *u = sg_policy_unit(p, r->unit);
    const char *provider = sg_policy_provider_name(p, r->provider);
    switch (r->scope) {
    case SG_SEAL_ACCOUNT:
        sg_copy(dst, cap, _("everything"));
        return;
    case SG_SEAL_PROVIDER:
        sg_copy(dst, cap, provider ? provider : r->provider);
        return;
    case SG_SEAL_UNIT:
        sg_copy(dst, cap, u ? u->name : r->unit);
        return;
    case SG_SEAL_PERIOD:
        sg_date_format(from, r->from);
        sg_date_format(to, r->to);
        sg_format(dst, cap, "%s – %s", from, to);
        return;
    }
}

void sg_restriction_object(char *dst, size_t cap, const struct sg_restriction *r, const struct sg_citizen *c, const struct sg_policy *p)
{
    const struct sg_region *g = sg_policy_region(p, r->region);
    const struct sg_unit *u = sg_policy_unit(p, r->unit);
    dst[0] = '\0';
    switch (r->kind) {
    case SG_R_LOGIN_LOCK:
        sg_copy(dst, cap, g ? g->name : r->region);
        return;
    case SG_R_SEAL:
        seal_object(dst, cap, r, p);
        return;
    case SG_R_GUARDIAN_BLOCK:
        sg_copy(dst, cap, sg_person_name(c, r->person));
        return;
    case SG_R_MINOR_GRANT:
        sg_format(dst, cap, "%s · %s", sg_person_name(c, r->person), u ? u->name : r->unit);
        return;
    case SG_R_COUNT:
        return;
    }
}
