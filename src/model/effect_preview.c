/* The preview: the access table before and after an action, what the action leaves open, and warnings. The action is carried
 * out on a copy by the same function the service uses, so a preview cannot promise what the service would refuse.
 *
 * Warnings are looked for in one pass over the parts, each comparing the two tables or the list of restrictions afterwards:
 * a block and a lock of one bundle see each other, and a warning that another part of the bundle has answered is not given. */
#include <string.h>
#include "base/str.h"
#include "model/effect.h"

enum { SOON_DAYS = 90 };

struct look {
    const struct sg_effect_ctx *x;
    const struct sg_action *a;
    const struct sg_citizen *before, *after;
    struct sg_preview *out;
};

static void warn(struct look *l, enum sg_rule rule, const char *detail, const char *restriction)
{
    struct sg_preview *o = l->out;
    for (size_t i = 0; i < o->n_warnings; i++)
        if (o->warning[i].rule == rule && sg_eq(o->warning[i].detail, detail) && sg_eq(o->warning[i].restriction, restriction)) return;
    if (o->n_warnings >= SG_WARNINGS_MAX) return;
    struct sg_why *w = &o->warning[o->n_warnings++];
    memset(w, 0, sizeof *w);
    w->rule = rule;
    SG_COPY(w->detail, detail);
    SG_COPY(w->restriction, restriction);
}

static bool reaches(const struct sg_access_row *rows, size_t n, const char *who, enum sg_service s)
{
    for (size_t i = 0; i < n; i++)
        if (rows[i].allowed && rows[i].service == s && sg_eq(rows[i].who, who)) return true;
    return false;
}
static bool reaches_any(const struct sg_access_row *rows, size_t n, const char *who)
{
    return reaches(rows, n, who, SG_SVC_ESERVICES) || reaches(rows, n, who, SG_SVC_JOURNAL);
}

/* The block this part made: rows that are new afterwards and whose person is blocked. */
static void warn_block(struct look *l, const struct sg_restriction *block)
{
    const struct sg_preview *o = l->out;
    for (size_t i = 0; i < l->after->n_restrictions; i++) {
        const struct sg_restriction *r = &l->after->restriction[i];
        if (r->kind == SG_R_MINOR_GRANT && sg_eq(r->person, block->person) && sg_restriction_in_force(r, l->x->today))
            warn(l, SG_RULE_W_MINOR_ACCESS, "", r->id);
    }
    if (!reaches_any(o->before, o->n_before, block->person)) warn(l, SG_RULE_W_ALREADY_SHUT, "", "");
    for (size_t i = 0; i < o->n_after; i++) {
        const struct sg_access_row *row = &o->after[i];
        if (row->allowed && row->relation == SG_REL_GUARDIAN && !sg_eq(row->who, block->person))
            warn(l, SG_RULE_W_OTHER_GUARDIAN, row->name, "");
    }
}

static void warn_lock(struct look *l)
{
    const struct sg_preview *o = l->out;
    if (reaches(o->after, o->n_after, l->after->id, SG_SVC_JOURNAL)) warn(l, SG_RULE_W_JOURNAL_OPEN, "", "");
    for (size_t i = 0; i < o->n_before; i++) {
        const struct sg_access_row *row = &o->before[i];
        if (row->relation != SG_REL_GUARDIAN || row->service != SG_SVC_ESERVICES || !row->allowed) continue;
        for (size_t k = 0; k < o->n_after; k++)
            if (sg_eq(o->after[k].who, row->who) && o->after[k].service == SG_SVC_ESERVICES && o->after[k].why.rule == SG_RULE_LOCKED)
                warn(l, SG_RULE_W_PROXY_ENDS, "", "");
    }
}

static void warn_other_locks(struct look *l)
{
    for (size_t i = 0; i < l->after->n_restrictions; i++) {
        const struct sg_restriction *r = &l->after->restriction[i];
        if (r->kind != SG_R_LOGIN_LOCK || r->state != SG_RS_ACTIVE) continue;
        const struct sg_region *g = sg_policy_region(l->x->policy, r->region);
        warn(l, SG_RULE_W_OTHER_LOCK, g && g->name[0] ? g->name : r->region, r->id);
    }
}

/* What one row that the action made or ended gives cause to say. */
static void warn_row(struct look *l, const struct sg_restriction *r, bool made)
{
    const struct sg_preview *o = l->out;
    if (r->kind == SG_R_LOGIN_LOCK) made ? warn_lock(l) : warn_other_locks(l);
    if (!made) return;
    if (r->kind == SG_R_SEAL && reaches(o->after, o->n_after, l->after->id, SG_SVC_ESERVICES)) warn(l, SG_RULE_W_ESERVICES_OPEN, "", "");
    if (r->kind == SG_R_GUARDIAN_BLOCK) warn_block(l, r);
    if (r->kind == SG_R_MINOR_GRANT && !r->harm_assessed) warn(l, SG_RULE_W_NO_HARM_CHECK, "", "");
}

static void warnings(struct look *l, const struct sg_changed *changed)
{
    for (size_t i = 0; i < changed->n; i++) {
        const struct sg_restriction *r = sg_citizen_restriction(l->after, changed->id[i]);
        if (r) warn_row(l, r, sg_citizen_restriction(l->before, r->id) == NULL);
    }
    struct sg_date next = sg_policy_next_change(l->x->policy, l->after, l->x->today);
    if (next.y && sg_date_cmp(next, sg_date_add(l->x->today, 0, 0, SOON_DAYS)) <= 0) {
        char day[11];
        sg_date_format(day, next);
        warn(l, SG_RULE_W_TURNS_AGE, day, "");
    }
}

static bool has_part(const struct sg_action *a, enum sg_action_kind k)
{
    for (size_t i = 0; i < a->n_parts && i < SG_PARTS_MAX; i++)
        if (a->part[i].kind == k) return true;
    return false;
}

static void leaves_open(struct sg_preview *o, enum sg_action_kind k)
{
    const struct sg_action_def *def = sg_action_def(k);
    if (!def || !*def->not_covered || o->n_not_covered >= SG_PARTS_MAX) return;
    for (size_t i = 0; i < o->n_not_covered; i++)
        if (o->not_covered[i] == def->not_covered) return;
    o->not_covered[o->n_not_covered++] = def->not_covered;
}

/* In a bundle a lock and a seal close what the other leaves open, so neither's own sentence is true there. */
static void not_covered(struct sg_preview *o, const struct sg_action *a)
{
    bool both = has_part(a, SG_ACT_LOGIN_LOCK) && has_part(a, SG_ACT_RECORD_SEAL);
    leaves_open(o, a->kind);
    for (size_t i = 0; i < a->n_parts && i < SG_PARTS_MAX; i++) {
        enum sg_action_kind k = a->part[i].kind;
        if (!(both && (k == SG_ACT_LOGIN_LOCK || k == SG_ACT_RECORD_SEAL))) leaves_open(o, k);
    }
}

enum sg_err sg_effect_preview(const struct sg_effect_ctx *x, const struct sg_action *a, const struct sg_citizen *c, struct sg_preview *out)
{
    struct sg_citizen work;
    struct sg_changed changed;
    memset(out, 0, sizeof *out);
    enum sg_err e = sg_citizen_copy(&work, c);
    if (e != SG_E_OK) return e;
    out->n_before = sg_access_list(x->policy, c, x->today, out->before);
    out->verdict = sg_effect_apply(x, a, &work, &changed, &out->why);
    out->n_after = sg_access_list(x->policy, &work, x->today, out->after);
    not_covered(out, a);
    if (out->verdict == SG_E_OK) warnings(&(struct look){x, a, c, &work, out}, &changed);
    sg_citizen_free(&work);
    return out->verdict == SG_E_NOMEM ? SG_E_NOMEM : SG_E_OK;
}
