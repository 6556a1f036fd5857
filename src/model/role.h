/* Staff: roles, commissions, and the one authorisation function. */
#pragma once
#include "model/action.h"
#include "model/rule.h"

enum sg_role {
#define SG_ROLE(id, ...) SG_ROLE_##id,
#include "model/role.def"
    SG_ROLE_COUNT
};
enum sg_perm {
#define SG_PERM(id, ...) SG_PERM_##id,
#include "model/permission.def"
    SG_PERM_COUNT
};
enum sg_scope { SG_SCOPE_NONE, SG_SCOPE_REGION, SG_SCOPE_ALL };

struct sg_commission {
    char id[SG_HSA_MAX]; char name[SG_NAME_MAX]; char purpose[48];
    char unit[SG_HSA_MAX], unit_name[SG_NAME_MAX], provider[SG_HSA_MAX], provider_name[SG_NAME_MAX];
    char region[SG_CODE_MAX], region_name[SG_NAME_MAX];
    uint32_t roles;                              /* bit per enum sg_role */
};
struct sg_actor {
    char hsa[SG_HSA_MAX]; char name[SG_NAME_MAX]; char title[SG_NAME_MAX];
    bool active, terms_accepted;
    struct sg_commission commission;             /* the one in use */
};
const char *sg_role_name(enum sg_role r);        /* api name */
const char *sg_role_title(enum sg_role r);       /* msgid */
enum sg_role sg_role_named(const char *name);    /* SG_ROLE_COUNT when unknown */
const char *sg_perm_name(enum sg_perm p);
enum sg_perm sg_perm_named(const char *name);
const char *sg_perm_title(enum sg_perm p);
enum sg_scope sg_role_scope(enum sg_role r, enum sg_perm p);     /* one cell of the matrix */
enum sg_scope sg_actor_scope(const struct sg_actor *a, enum sg_perm p);  /* the widest of the actor's roles */

/* The one decision: may this actor use this permission on something of that region ("" = no region in play)?
 * Default is no. TERMS_ACCEPT and SELF are open to every active member of staff; everything else also needs accepted terms.
 * On false *why says which rule. */
bool sg_authorise(const struct sg_actor *a, enum sg_perm p, const char *region, struct sg_why *why);
/* Whether a command that carries out this kind is worth offering at all (some region, some subject). */
bool sg_actor_may(const struct sg_actor *a, enum sg_action_kind k, struct sg_why *why);
