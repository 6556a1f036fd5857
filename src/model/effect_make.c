/* The four kinds that make a restriction. Each: role, life and age of the citizen, that what the fields name exists, that the
 * same is not in force already, then the new row. */
#include <string.h>
#include "base/str.h"
#include "model/effect_step.h"

static const struct sg_restriction *find_active(const struct sg_step *s, const struct sg_restriction *like,
                                                bool (*same)(const struct sg_restriction *, const struct sg_restriction *))
{
    for (size_t i = 0; i < s->c->n_restrictions; i++) {
        const struct sg_restriction *r = &s->c->restriction[i];
        if (r->kind == like->kind && sg_restriction_in_force(r, s->x->today) && same(r, like)) return r;
    }
    return NULL;
}

static bool same_region(const struct sg_restriction *a, const struct sg_restriction *b) { return sg_eq(a->region, b->region); }
static bool same_person(const struct sg_restriction *a, const struct sg_restriction *b) { return sg_eq(a->person, b->person); }
static bool same_grant(const struct sg_restriction *a, const struct sg_restriction *b)
{
    return same_person(a, b) && sg_ieq(a->unit, b->unit);
}
static bool same_seal(const struct sg_restriction *a, const struct sg_restriction *b)
{
    return a->scope == b->scope && sg_ieq(a->provider, b->provider) && sg_ieq(a->unit, b->unit) && sg_date_cmp(a->from, b->from) == 0 &&
           sg_date_cmp(a->to, b->to) == 0;
}

static enum sg_requested_by asker(const char *word)
{
    return sg_eq(word, "citizen") ? SG_BY_CITIZEN : sg_eq(word, "inera") ? SG_BY_INERA : SG_BY_CARE;
}

static enum sg_err not_dead(struct sg_step *s)
{
    return s->c->life == SG_DECEASED ? sg_step_refuse(s, SG_RULE_IS_DECEASED, "") : SG_E_OK;
}

enum sg_err sg_step_login_lock(struct sg_step *s)
{
    struct sg_restriction r = {.kind = SG_R_LOGIN_LOCK, .requested_by = asker(sg_step_get(s, SG_F_LOGIN_LOCK_REQUESTED_BY))};
    const char *typed = sg_step_get(s, SG_F_LOGIN_LOCK_REGION);
    enum sg_err e = sg_step_authorise(s, SG_PERM_LOGIN_LOCK, "");
    if (e != SG_E_OK) return e;
    if (!*typed) typed = sg_step_region(s);
    const struct sg_region *region = sg_policy_region(s->x->policy, typed);
    if (!region) return sg_step_refuse(s, SG_RULE_NO_SUCH_REGION, typed);
    if ((e = sg_step_authorise(s, SG_PERM_LOGIN_LOCK, region->code)) != SG_E_OK || (e = not_dead(s)) != SG_E_OK) return e;
    SG_COPY(r.region, region->code);
    const struct sg_restriction *old = find_active(s, &r, same_region);
    return old ? sg_step_refuse_id(s, SG_RULE_ALREADY, "", old->id) : sg_step_make(s, &r);
}

enum sg_err sg_step_record_seal(struct sg_step *s)
{
    struct sg_restriction r = {.kind = SG_R_SEAL, .requested_by = asker(sg_step_get(s, SG_F_RECORD_SEAL_INITIATIVE))};
    const char *scope = sg_step_get(s, SG_F_RECORD_SEAL_SCOPE);
    enum sg_err e = sg_step_authorise(s, SG_PERM_RECORD_SEAL, sg_step_region(s));
    if (e != SG_E_OK) return e;
    while (r.scope < SG_SEAL_PERIOD && !sg_eq(sg_seal_scope_name(r.scope), scope)) r.scope++;
    if (!sg_eq(sg_seal_scope_name(r.scope), scope)) return sg_step_refuse(s, SG_RULE_BAD_FIELD, "scope");
    SG_COPY(r.region, sg_step_region(s));
    if (r.scope == SG_SEAL_PROVIDER) SG_COPY(r.provider, sg_step_get(s, SG_F_RECORD_SEAL_PROVIDER));
    if (r.scope == SG_SEAL_UNIT) SG_COPY(r.unit, sg_step_get(s, SG_F_RECORD_SEAL_UNIT));
    if (r.scope == SG_SEAL_PERIOD) {
        r.from = sg_step_date(sg_step_get(s, SG_F_RECORD_SEAL_FROM));
        r.to = sg_step_date(sg_step_get(s, SG_F_RECORD_SEAL_TO));
    }
    if (r.scope == SG_SEAL_PROVIDER && !sg_policy_provider_name(s->x->policy, r.provider))
        return sg_step_refuse(s, SG_RULE_NO_SUCH_PROVIDER, r.provider);
    if (r.scope == SG_SEAL_UNIT && !sg_policy_unit(s->x->policy, r.unit)) return sg_step_refuse(s, SG_RULE_NO_SUCH_UNIT, r.unit);
    const struct sg_restriction *old = find_active(s, &r, same_seal);
    return old ? sg_step_refuse_id(s, SG_RULE_ALREADY, "", old->id) : sg_step_make(s, &r);
}

/* Names compare without regard to case, å ä ö é included: in UTF-8 the letters U+00C0–U+00DE lie 0x20 below their small ones. */
static unsigned char fold(unsigned char before, unsigned char c)
{
    if (c >= 'A' && c <= 'Z') return (unsigned char)(c + 0x20);
    return before == 0xC3 && c >= 0x80 && c <= 0x9E && c != 0x97 ? (unsigned char)(c + 0x20) : c;
}
static bool same_name(const char *a, const char *b)
{
    unsigned char before = 0;
    for (; *a && *b; a++, b++) {
        unsigned char x = (unsigned char)*a, y = (unsigned char)*b;
        if (fold(before, x) != fold(before, y)) return false;
        before = x;
    }
    return *a == *b;
}

/* A guardian by id, or by a name that only one person among the guardians has. current: the relation must hold today. */
static const struct sg_relation *guardian_of(const struct sg_step *s, const char *text, bool current)
{
    const struct sg_relation *found = NULL;
    for (size_t i = 0; i < s->c->n_relations && i < SG_RELATIONS_MAX; i++) {
        const struct sg_relation *r = &s->c->relation[i];
        if (r->kind != SG_REL_GUARDIAN || (current && !sg_relation_in_force(r, s->x->today))) continue;
        if (sg_eq(r->person, text)) return r;
        if (!same_name(r->name, text)) continue;
        if (found && !sg_eq(found->person, r->person)) return NULL;
        found = r;
    }
    return found;
}

enum sg_err sg_step_guardian_block(struct sg_step *s)
{
    struct sg_restriction r = {.kind = SG_R_GUARDIAN_BLOCK, .requested_by = SG_BY_CARE};
    enum sg_err e = sg_step_authorise(s, SG_PERM_GUARDIAN_BLOCK, sg_step_region(s));
    if (e != SG_E_OK || (e = not_dead(s)) != SG_E_OK) return e;
    if (sg_step_age(s, true) >= s->x->policy->adult_from) return sg_step_refuse_years(s, SG_RULE_NOT_A_CHILD, s->x->policy->adult_from);
    const struct sg_relation *g = guardian_of(s, sg_step_get(s, SG_F_GUARDIAN_BLOCK_GUARDIAN), false);
    if (!g) return sg_step_refuse(s, SG_RULE_NOT_A_GUARDIAN, "");
    SG_COPY(r.region, sg_step_region(s));
    SG_COPY(r.person, g->person);
    SG_COPY(r.decision_by, sg_step_get(s, SG_F_GUARDIAN_BLOCK_DECISION_BY));
    r.acute = sg_flag(sg_step_get(s, SG_F_GUARDIAN_BLOCK_ACUTE));
    r.review = sg_step_date(sg_step_get(s, SG_F_GUARDIAN_BLOCK_REVIEW_DATE));
    const struct sg_restriction *old = find_active(s, &r, same_person);
    return old ? sg_step_refuse_id(s, SG_RULE_ALREADY, "", old->id) : sg_step_make(s, &r);
}

/* Age first: a grant is only for the years between the two limits, and certainly so. */
static enum sg_err grant_age(struct sg_step *s)
{
    const struct sg_policy *p = s->x->policy;
    if (sg_step_age(s, false) >= p->adult_from) return sg_step_refuse_years(s, SG_RULE_NOT_A_CHILD, p->adult_from);
    if (sg_step_age(s, true) >= p->guardian_until && sg_step_age(s, false) < p->child_journal_from) return SG_E_OK;
    char years[24];
    sg_format(years, sizeof years, "%d–%d", p->guardian_until, p->child_journal_from - 1);
    return sg_step_refuse(s, SG_RULE_NOT_13_TO_15, years);
}

/* The last day: as asked, at most the day before the child reaches the record on its own. */
static enum sg_err grant_end(struct sg_step *s, struct sg_restriction *r)
{
    struct sg_date b = s->c->pid.birth;
    if (!b.m) b.m = b.d = 1;
    if (!b.d) b.d = 1;
    struct sg_date last = sg_date_add(sg_date_add(b, s->x->policy->child_journal_from, 0, 0), 0, 0, -1);
    r->from = s->x->today;
    r->to = sg_step_date(sg_step_get(s, SG_F_MINOR_GRANT_TO));
    if (!r->to.y) r->to = last;
    bool fits = sg_date_cmp(r->to, last) <= 0 && sg_date_cmp(r->to, r->from) >= 0;
    return fits ? SG_E_OK : sg_step_refuse(s, SG_RULE_BAD_FIELD, "to");
}

static enum sg_err grantee(struct sg_step *s, struct sg_restriction *r)
{
    const char *who = sg_step_get(s, SG_F_MINOR_GRANT_GRANTEE);
    struct sg_restriction block = {.kind = SG_R_GUARDIAN_BLOCK};
    if (sg_ieq(who, "child") || sg_ieq(who, "self") || sg_eq(who, s->c->id)) {
        SG_COPY(r->person, s->c->id);
        return SG_E_OK;
    }
    const struct sg_relation *g = guardian_of(s, who, true);
    if (!g) return sg_step_refuse(s, SG_RULE_NOT_A_GUARDIAN, "");
    SG_COPY(r->person, g->person);
    SG_COPY(block.person, g->person);
    const struct sg_restriction *b = find_active(s, &block, same_person);
    return b ? sg_step_refuse_id(s, SG_RULE_BLOCKED_GRANTEE, "", b->id) : SG_E_OK;
}

enum sg_err sg_step_minor_grant(struct sg_step *s)
{
    struct sg_restriction r = {.kind = SG_R_MINOR_GRANT, .requested_by = SG_BY_CARE};
    const char *hsa = sg_step_get(s, SG_F_MINOR_GRANT_UNIT);
    enum sg_err e = sg_step_authorise(s, SG_PERM_MINOR_GRANT, sg_step_region(s));
    if (e != SG_E_OK || (e = not_dead(s)) != SG_E_OK || (e = grant_age(s)) != SG_E_OK) return e;
    const struct sg_unit *unit = sg_policy_unit(s->x->policy, hsa);
    if (!unit) return sg_step_refuse(s, SG_RULE_NO_SUCH_UNIT, hsa);
    /* It opens that unit's record: another region's unit decides about its own. */
    if ((e = sg_step_authorise(s, SG_PERM_MINOR_GRANT, unit->region)) != SG_E_OK) return e;
    if ((e = grant_end(s, &r)) != SG_E_OK || (e = grantee(s, &r)) != SG_E_OK) return e;
    SG_COPY(r.region, sg_step_region(s));
    SG_COPY(r.unit, unit->hsa);
    SG_COPY(r.provider, unit->provider);
    SG_COPY(r.decision_by, sg_step_get(s, SG_F_MINOR_GRANT_DECISION_BY));
    r.harm_assessed = sg_flag(sg_step_get(s, SG_F_MINOR_GRANT_HARM_ASSESSED));
    const struct sg_restriction *old = find_active(s, &r, same_grant);
    return old ? sg_step_refuse_id(s, SG_RULE_ALREADY, "", old->id) : sg_step_make(s, &r);
}

