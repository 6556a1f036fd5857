/* The citizen as a value. The only part that owns memory is the list of restrictions: one allocation, grown a row at a time
 * up to SG_RESTRICTIONS_MAX, since a person rarely has more than a handful. Rows are never removed: what is lifted or
 * annulled stays in the list with its state. The name tables below are the API's words for the enums. */
#include "model/citizen.h"
#include <stdlib.h>
#include <string.h>
#include "base/str.h"

static const char *const RELATIONS[] = {"self", "guardian", "representative"};
static const char *const KINDS[] = {"login.lock", "record.seal", "guardian.block", "minor-access.grant"};
static const char *const STATES[] = {"active", "lifted", "annulled"};
static const char *const SCOPES[] = {"account", "provider", "unit", "period"};
static const char *const ASKERS[] = {"citizen", "care", "inera"};
static const char *const LIVES[] = {"alive", "deceased", "emigrated"};
#define NAME_OF(table, i) ((size_t)(i) < sizeof(table) / sizeof *(table) ? (table)[(size_t)(i)] : "")

const char *sg_relation_name(enum sg_relation_kind k) { return NAME_OF(RELATIONS, k); }
const char *sg_restriction_kind_name(enum sg_restriction_kind k) { return NAME_OF(KINDS, k); }
const char *sg_restriction_state_name(enum sg_restriction_state s) { return NAME_OF(STATES, s); }
const char *sg_seal_scope_name(enum sg_seal_scope s) { return NAME_OF(SCOPES, s); }
const char *sg_requested_by_name(enum sg_requested_by b) { return NAME_OF(ASKERS, b); }
const char *sg_life_name(enum sg_life l) { return NAME_OF(LIVES, l); }

int sg_name_index(const char *const *names, size_t n, const char *name)
{
    for (size_t i = 0; name && i < n; i++)
        if (sg_eq(names[i], name)) return (int)i;
    return -1;
}

void sg_citizen_free(struct sg_citizen *c)
{
    if (!c) return;
    free(c->restriction);
    memset(c, 0, sizeof *c);
}

enum sg_err sg_citizen_copy(struct sg_citizen *dst, const struct sg_citizen *src)
{
    struct sg_restriction *list = NULL;
    if (src->n_restrictions > SG_RESTRICTIONS_MAX) return SG_E_LIMIT;
    if (src->n_restrictions && src->restriction) {
        list = calloc(src->n_restrictions, sizeof *list);
        if (!list) return SG_E_NOMEM;
        memcpy(list, src->restriction, src->n_restrictions * sizeof *list);
    }
    *dst = *src;
    dst->restriction = list;
    dst->n_restrictions = list ? src->n_restrictions : 0;
    return SG_E_OK;
}

struct sg_restriction *sg_citizen_add(struct sg_citizen *c)
{
    if (c->n_restrictions >= SG_RESTRICTIONS_MAX) return NULL;
    struct sg_restriction *list = realloc(c->restriction, (c->n_restrictions + 1) * sizeof *list);
    if (!list) return NULL;
    c->restriction = list;
    struct sg_restriction *r = &list[c->n_restrictions++];
    memset(r, 0, sizeof *r);
    return r;
}

struct sg_restriction *sg_citizen_restriction(const struct sg_citizen *c, const char *id)
{
    for (size_t i = 0; id && *id && i < c->n_restrictions; i++)
        if (sg_eq(c->restriction[i].id, id)) return &c->restriction[i];
    return NULL;
}

enum sg_err sg_citizen_put(struct sg_citizen *c, const struct sg_restriction *r)
{
    struct sg_restriction kept = *r; /* r may point into the list, which add can move */
    struct sg_restriction *row = sg_citizen_restriction(c, kept.id);
    if (!row) row = sg_citizen_add(c);
    if (!row) return c->n_restrictions >= SG_RESTRICTIONS_MAX ? SG_E_LIMIT : SG_E_NOMEM;
    *row = kept;
    return SG_E_OK;
}

bool sg_citizen_protected(const struct sg_citizen *c) { return c->protected_person || c->protected_record; }

void sg_citizen_ages(const struct sg_citizen *c, struct sg_date today, int *youngest, int *oldest)
{
    struct sg_date first = c->pid.birth, last = first;
    *youngest = 0;
    *oldest = 200;
    if (!first.y) return;
    if (!first.m) {
        first = (struct sg_date){first.y, 1, 1};
        last = (struct sg_date){first.y, 12, 31};
    } else if (!first.d) {
        first.d = 1;
        last.d = 31;
        while (!sg_date_valid(last) && last.d > 28) last.d--;
    }
    *oldest = sg_age(first, today);
    *youngest = sg_age(last, today);
}

bool sg_relation_in_force(const struct sg_relation *r, struct sg_date today)
{
    return (!r->from.y || sg_date_cmp(today, r->from) >= 0) && (!r->to.y || sg_date_cmp(today, r->to) <= 0);
}

bool sg_restriction_in_force(const struct sg_restriction *r, struct sg_date today)
{
    if (r->state != SG_RS_ACTIVE) return false;
    if (r->kind != SG_R_MINOR_GRANT) return true;
    if (r->from.y && sg_date_cmp(today, r->from) < 0) return false;
    return !r->to.y || sg_date_cmp(today, r->to) <= 0;
}
