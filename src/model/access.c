/* The access decision. One cell (person x service) is decided by a chain of rules in a fixed order; the first that denies
 * wins. docs/access.md states the same rules in prose, with their sources.
 *
 *   1 deceased            2 no personnummer         3 the relation: ended, protected, blocked, age (and grants)
 *   4 the citizen's age   5 journal: seals          6 e-services: login locks
 *
 * A birth date may be partly unknown. The chain therefore works with the youngest and the oldest age the person can have and
 * takes, in each rule, the one that gives less. */
#include "model/access.h"
#include <string.h>
#include "base/str.h"

static const struct { const char *name, *title; } SERVICES[] = {
    {"e-services", N_("E-services")},
    {"journal", N_("Journal")},
    {"jump-out", N_("Jump-out services")},
};
static const char *const REACHES[] = {"none", "only", "except", "all"};

const char *sg_service_name(enum sg_service s) { return (size_t)s < SG_SVC_COUNT ? SERVICES[s].name : ""; }
const char *sg_service_title(enum sg_service s) { return (size_t)s < SG_SVC_COUNT ? SERVICES[s].title : ""; }
const char *sg_reach_name(enum sg_reach r) { return (size_t)r < sizeof REACHES / sizeof *REACHES ? REACHES[r] : ""; }

/* The question being decided, and what every rule needs of it. */
struct cell {
    const struct sg_policy *p;
    const struct sg_citizen *c;
    struct sg_date today;
    int youngest, oldest;           /* ages the person can have */
    struct sg_access_row *out;
};

static void deny(struct cell *q, enum sg_rule rule, const char *detail, const char *restriction)
{
    q->out->reach = SG_REACH_NONE;
    q->out->why.rule = rule;
    SG_COPY(q->out->why.detail, detail);
    SG_COPY(q->out->why.restriction, restriction);
}

static void allow(struct cell *q, enum sg_reach reach, enum sg_rule rule)
{
    memset(&q->out->why, 0, sizeof q->out->why);
    q->out->reach = reach;
    q->out->why.rule = rule;
}

static void deny_age(struct cell *q, enum sg_rule rule, int years)
{
    char text[16];
    sg_format(text, sizeof text, "%d", years);
    deny(q, rule, text, "");
}

/* Adds one item to a comma-separated list. A list that does not fit ends in an ellipsis, never in half a name. */
static void list_add(char *list, size_t cap, const char *separator, const char *item)
{
    static const char more[] = " …";
    size_t n = strlen(list), need = (n ? strlen(separator) : 0) + strlen(item);
    if (n + need + sizeof more <= cap)
        sg_format(list + n, cap - n, "%s%s", n ? separator : "", item);
    else if (n >= sizeof more && !sg_eq(list + n - (sizeof more - 1), more))
        sg_copy(list + n, cap - n, more);
    else if (!n)
        sg_copy(list, cap, item);
}

static bool is_active(const struct sg_restriction *r, enum sg_restriction_kind kind, struct sg_date today)
{
    return r->kind == kind && sg_restriction_in_force(r, today);
}

/* The next active restriction of a kind from *at on; NULL at the end. */
static const struct sg_restriction *next(const struct cell *q, enum sg_restriction_kind kind, size_t *at)
{
    while (*at < q->c->n_restrictions) {
        const struct sg_restriction *r = &q->c->restriction[(*at)++];
        if (is_active(r, kind, q->today)) return r;
    }
    return NULL;
}

/* Whether a unit or provider seal covers the unit. (A seal of the whole account is rule 5's first question.) */
static bool seal_covers(const struct cell *q, const struct sg_restriction *seal, const char *unit)
{
    if (seal->scope == SG_SEAL_UNIT) return sg_ieq(seal->unit, unit);
    const struct sg_unit *u = sg_policy_unit(q->p, unit);
    return seal->scope == SG_SEAL_PROVIDER && u && sg_ieq(u->provider, seal->provider);
}

static const struct sg_restriction *sealed_by(const struct cell *q, const char *unit)
{
    const struct sg_restriction *r;
    for (size_t at = 0; (r = next(q, SG_R_SEAL, &at)) != NULL;)
        if (seal_covers(q, r, unit)) return r;
    return NULL;
}

static const char *unit_name(const struct cell *q, const char *hsa)
{
    const struct sg_unit *u = sg_policy_unit(q->p, hsa);
    return u && u->name[0] ? u->name : hsa;
}

/* The grants of who, as a list of units. Sealed units are left out; when nothing is left the record is sealed for them. */
static bool granted(struct cell *q, const char *who)
{
    const struct sg_restriction *r, *seal = NULL, *first = NULL;
    char units[sizeof q->out->why.detail] = "";
    bool any = false;
    for (size_t at = 0; (r = next(q, SG_R_MINOR_GRANT, &at)) != NULL;) {
        if (!sg_eq(r->person, who)) continue;
        any = true;
        const struct sg_restriction *cover = sealed_by(q, r->unit);
        if (cover) {
            if (!seal) seal = cover;
            continue;
        }
        if (!first) first = r;
        list_add(units, sizeof units, ", ", unit_name(q, r->unit));
    }
    if (first) {
        allow(q, SG_REACH_ONLY, SG_RULE_GRANTED_UNIT);
        SG_COPY(q->out->why.detail, units);
        SG_COPY(q->out->why.restriction, first->id);
    } else if (any) {
        deny(q, SG_RULE_SEALED, "", seal ? seal->id : "");
    }
    return any;
}

static void describe_seal(const struct cell *q, const struct sg_restriction *r, char *dst, size_t cap)
{
    char from[11], to[11];
    const char *name;
    switch (r->scope) {
    case SG_SEAL_UNIT: sg_copy(dst, cap, unit_name(q, r->unit)); break;
    case SG_SEAL_PROVIDER:
        name = sg_policy_provider_name(q->p, r->provider);
        sg_copy(dst, cap, name && *name ? name : r->provider);
        break;
    case SG_SEAL_PERIOD:
        sg_date_format(from, r->from);
        sg_date_format(to, r->to);
        sg_format(dst, cap, "%s–%s", from, to);
        break;
    case SG_SEAL_ACCOUNT: sg_copy(dst, cap, ""); break;
    }
}

/* Rule 5. A whole record makes an exception list; a list of granted units only learns of sealed periods, since its sealed
 * units are already gone. */
static void seals(struct cell *q)
{
    const struct sg_restriction *r;
    struct sg_access_row *o = q->out;
    char item[SG_NAME_MAX];
    bool some = o->reach == SG_REACH_ONLY, first = true;
    for (size_t at = 0; (r = next(q, SG_R_SEAL, &at)) != NULL;) {
        if (r->scope == SG_SEAL_ACCOUNT) {
            deny(q, SG_RULE_SEALED, "", r->id);
            return;
        }
    }
    for (size_t at = 0; (r = next(q, SG_R_SEAL, &at)) != NULL;) {
        if (some && r->scope != SG_SEAL_PERIOD) continue;
        describe_seal(q, r, item, sizeof item);
        if (!some && first) {
            allow(q, SG_REACH_EXCEPT, SG_RULE_SEALED_PART);
            SG_COPY(o->why.restriction, r->id);
        }
        list_add(o->why.detail, sizeof o->why.detail, some && first ? " – ✗ " : ", ", item);
        first = false;
    }
}

/* Rule 6. Every region that holds a lock is named once. */
static void locks(struct cell *q)
{
    const struct sg_restriction *r, *seen;
    char regions[sizeof q->out->why.detail] = "", id[SG_ID_MAX] = "";
    for (size_t at = 0; (r = next(q, SG_R_LOGIN_LOCK, &at)) != NULL;) {
        size_t before = 0;
        while ((seen = next(q, SG_R_LOGIN_LOCK, &before)) != NULL && seen != r && !sg_eq(seen->region, r->region)) continue;
        if (seen != r) continue;
        const struct sg_region *g = sg_policy_region(q->p, r->region);
        list_add(regions, sizeof regions, ", ", g && g->name[0] ? g->name : r->region);
        if (!id[0]) SG_COPY(id, r->id);
    }
    if (id[0]) deny(q, SG_RULE_LOCKED, regions, id);
}

static bool blocked(struct cell *q, const char *who)
{
    const struct sg_restriction *r;
    for (size_t at = 0; (r = next(q, SG_R_GUARDIAN_BLOCK, &at)) != NULL;) {
        if (!sg_eq(r->person, who)) continue;
        char day[11], detail[sizeof q->out->why.detail];
        sg_date_format(day, sg_date_stockholm(r->made.registered_at ? r->made.registered_at : r->made.performed_at));
        sg_format(detail, sizeof detail, "%s%s%s", day, r->made.reference[0] ? " ref " : "", r->made.reference);
        deny(q, SG_RULE_BLOCKED, detail, r->id);
        return true;
    }
    return false;
}

/* Rule 3, a guardian's age limits. A grant opens the journal only, and only between the two limits. */
static void guardian_age(struct cell *q, const char *who, enum sg_service s)
{
    const struct sg_policy *p = q->p;
    if (q->oldest < p->guardian_until)
        allow(q, SG_REACH_ALL, SG_RULE_GUARDIAN);
    else if (q->oldest >= p->adult_from)
        deny_age(q, SG_RULE_OVER_AGE, p->adult_from);
    else if (s == SG_SVC_ESERVICES)
        deny_age(q, SG_RULE_OVER_AGE, p->guardian_until);
    else if (q->oldest >= p->child_journal_from)
        deny_age(q, SG_RULE_OVER_AGE, p->child_journal_from);
    else if (!granted(q, who))
        deny_age(q, SG_RULE_OVER_AGE, p->guardian_until);
}

static void relation(struct cell *q, const struct sg_relation *r, enum sg_service s)
{
    bool guardian = r->kind == SG_REL_GUARDIAN;
    if (!sg_relation_in_force(r, q->today))
        deny(q, SG_RULE_RELATION_ENDED, "", "");
    else if (guardian && sg_citizen_protected(q->c))
        deny(q, SG_RULE_PROTECTED, "", "");
    else if (blocked(q, r->person))
        return;
    else if (s == SG_SVC_JUMPOUT)
        deny(q, SG_RULE_NOT_AVAILABLE, "", "");     /* a jump-out service knows no representation */
    else if (guardian)
        guardian_age(q, r->person, s);
    else if (q->youngest < q->p->child_journal_from)
        deny_age(q, SG_RULE_UNDER_AGE, q->p->child_journal_from);
    else
        allow(q, SG_REACH_ALL, SG_RULE_REPRESENTATIVE);
}

static bool has_lock(const struct cell *q)
{
    size_t at = 0;
    return next(q, SG_R_LOGIN_LOCK, &at) != NULL;
}

/* Rule 4. */
static void citizen(struct cell *q, enum sg_service s)
{
    const struct sg_policy *p = q->p;
    int from = s == SG_SVC_ESERVICES ? p->child_eservices_from : s == SG_SVC_JOURNAL ? p->child_journal_from : p->jumpout_from;
    if (q->youngest >= from)
        allow(q, SG_REACH_ALL, s == SG_SVC_JUMPOUT && has_lock(q) ? SG_RULE_NOT_COVERED : SG_RULE_OWN);
    else if (s != SG_SVC_JOURNAL || q->youngest < p->guardian_until || !granted(q, q->c->id))
        deny_age(q, SG_RULE_UNDER_AGE, from);
}

/* A person may stand there twice (an ended relation and a new one): the one in force counts. */
static const struct sg_relation *relation_of(const struct sg_citizen *c, const char *who, struct sg_date today)
{
    const struct sg_relation *found = NULL;
    for (size_t i = 0; i < c->n_relations && i < SG_RELATIONS_MAX; i++) {
        const struct sg_relation *r = &c->relation[i];
        if (r->kind == SG_REL_SELF || !sg_eq(r->person, who)) continue;
        if (!found || (!sg_relation_in_force(found, today) && sg_relation_in_force(r, today))) found = r;
    }
    return found;
}

static void decide(struct cell *q, const struct sg_relation *r, bool self, enum sg_service s)
{
    if (q->c->life == SG_DECEASED)
        deny(q, SG_RULE_DECEASED, "", "");
    else if (q->c->pid.type != SG_PID_PERSONNUMMER)
        deny(q, SG_RULE_NO_PERSONNUMMER, "", "");
    else if (self)
        citizen(q, s);
    else if (r)
        relation(q, r, s);
    else
        deny(q, SG_RULE_NOT_A_GUARDIAN, "", "");
    if (q->out->reach != SG_REACH_NONE && s == SG_SVC_JOURNAL) seals(q);
    if (q->out->reach != SG_REACH_NONE && s == SG_SVC_ESERVICES) locks(q);
    q->out->allowed = q->out->reach != SG_REACH_NONE;
}

void sg_access_decide(const struct sg_policy *p, const struct sg_citizen *c, const char *who, enum sg_service s,
                      struct sg_date today, struct sg_access_row *out)
{
    bool self = !who || sg_eq(who, c->id);
    const struct sg_relation *r = self ? NULL : relation_of(c, who, today);
    struct cell q = {.p = p, .c = c, .today = today, .out = out};
    memset(out, 0, sizeof *out);
    out->service = s;
    out->relation = self ? SG_REL_SELF : r ? r->kind : SG_REL_GUARDIAN;
    SG_COPY(out->who, self ? c->id : who);
    SG_COPY(out->name, self ? c->name : r ? r->name : "");
    sg_citizen_ages(c, today, &q.youngest, &q.oldest);
    decide(&q, r, self, s);
}

size_t sg_access_list(const struct sg_policy *p, const struct sg_citizen *c, struct sg_date today,
                      struct sg_access_row rows[SG_ACCESS_ROWS_MAX])
{
    size_t n = 0;
    for (int s = 0; s < SG_SVC_COUNT; s++) sg_access_decide(p, c, NULL, (enum sg_service)s, today, &rows[n++]);
    for (size_t i = 0; i < c->n_relations && i < SG_RELATIONS_MAX; i++) {
        const struct sg_relation *r = &c->relation[i];
        if (relation_of(c, r->person, today) != r) continue;
        sg_access_decide(p, c, r->person, SG_SVC_ESERVICES, today, &rows[n++]);
        sg_access_decide(p, c, r->person, SG_SVC_JOURNAL, today, &rows[n++]);
    }
    return n;
}
