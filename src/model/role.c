/* The matrix of roles and permissions, and the one function that reads it for a decision. permission.def is expanded into a
 * dense table role x permission; what is not written there is SG_SCOPE_NONE, so the default is no. */
#include "model/role.h"
#include <stdint.h>
#include <string.h>
#include "base/str.h"

struct naming { const char *name, *title; };
static const struct naming ROLES[] = {
#define SG_ROLE(id, name, title) {name, title},
#include "model/role.def"
};
static const struct naming PERMS[] = {
#define SG_PERM(id, name, title) {name, title},
#include "model/permission.def"
};
static const uint8_t MATRIX[SG_ROLE_COUNT][SG_PERM_COUNT] = {
#define SG_PERM(...)
#define SG_CELL(perm, role, scope) [SG_ROLE_##role][SG_PERM_##perm] = SG_SCOPE_##scope,
#include "model/permission.def"
};

const char *sg_role_name(enum sg_role r) { return (size_t)r < SG_ROLE_COUNT ? ROLES[r].name : ""; }
const char *sg_role_title(enum sg_role r) { return (size_t)r < SG_ROLE_COUNT ? ROLES[r].title : ""; }
const char *sg_perm_name(enum sg_perm p) { return (size_t)p < SG_PERM_COUNT ? PERMS[p].name : ""; }
const char *sg_perm_title(enum sg_perm p) { return (size_t)p < SG_PERM_COUNT ? PERMS[p].title : ""; }

static size_t named(const struct naming *table, size_t n, const char *name)
{
    size_t i = 0;
    while (i < n && !sg_eq(table[i].name, name)) i++;
    return i;
}
enum sg_role sg_role_named(const char *name) { return (enum sg_role)named(ROLES, SG_ROLE_COUNT, name); }
enum sg_perm sg_perm_named(const char *name) { return (enum sg_perm)named(PERMS, SG_PERM_COUNT, name); }

enum sg_scope sg_role_scope(enum sg_role r, enum sg_perm p)
{
    if ((size_t)r >= SG_ROLE_COUNT || (size_t)p >= SG_PERM_COUNT) return SG_SCOPE_NONE;
    return (enum sg_scope)MATRIX[r][p];
}

enum sg_scope sg_actor_scope(const struct sg_actor *a, enum sg_perm p)
{
    enum sg_scope widest = SG_SCOPE_NONE;
    for (unsigned r = 0; r < SG_ROLE_COUNT; r++) {
        if (!(a->commission.roles & (UINT32_C(1) << r))) continue;
        enum sg_scope s = sg_role_scope((enum sg_role)r, p);
        if (s > widest) widest = s;
    }
    return widest;
}

static bool no(struct sg_why *why, enum sg_rule rule, const char *detail)
{
    if (why) {
        memset(why, 0, sizeof *why);
        why->rule = rule;
        SG_COPY(why->detail, detail);
    }
    return false;
}

bool sg_authorise(const struct sg_actor *a, enum sg_perm p, const char *region, struct sg_why *why)
{
    if ((size_t)p >= SG_PERM_COUNT) return no(why, SG_RULE_NO_ROLE, "");
    if (!a->active) return no(why, SG_RULE_STAFF_INACTIVE, "");
    if (p == SG_PERM_TERMS_ACCEPT || p == SG_PERM_SELF) return true;
    if (!a->terms_accepted) return no(why, SG_RULE_TERMS, "");
    enum sg_scope scope = sg_actor_scope(a, p);
    if (scope == SG_SCOPE_NONE) return no(why, SG_RULE_NO_ROLE, "");
    if (scope == SG_SCOPE_REGION && region && *region && !sg_eq(region, a->commission.region))
        return no(why, SG_RULE_OTHER_REGION, region);
    return true;
}

/* Kinds whose permission depends on the part or the restriction: any of these will do to offer the command. */
static bool may_any(const struct sg_actor *a, const enum sg_perm *perms, size_t n, struct sg_why *why)
{
    bool ok = false;
    for (size_t i = 0; i < n && !ok; i++) ok = sg_authorise(a, perms[i], "", why);
    return ok;
}

bool sg_actor_may(const struct sg_actor *a, enum sg_action_kind k, struct sg_why *why)
{
    static const enum sg_perm ANNUL[] = {SG_PERM_LOGIN_LOCK, SG_PERM_RECORD_SEAL, SG_PERM_GUARDIAN_BLOCK, SG_PERM_MINOR_GRANT};
    static const enum sg_perm PROTECT[] = {SG_PERM_LOGIN_LOCK, SG_PERM_RECORD_SEAL, SG_PERM_GUARDIAN_BLOCK, SG_PERM_MINOR_WITHDRAW};
    if ((size_t)k >= SG_ACT_COUNT) return no(why, SG_RULE_NO_ROLE, "");
    if (k == SG_ACT_RESTRICTION_ANNUL) return may_any(a, ANNUL, sizeof ANNUL / sizeof *ANNUL, why);
    if (k == SG_ACT_CITIZEN_PROTECT) return may_any(a, PROTECT, sizeof PROTECT / sizeof *PROTECT, why);
    return sg_authorise(a, (enum sg_perm)sg_action_def(k)->perm, "", why);
}
