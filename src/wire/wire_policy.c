/* Policy and staff on the wire: what the client caches to judge by while the service is away. */
#include <stdlib.h>
#include <string.h>
#include "wire/shape.h"
#include "wire/wire.h"

#define R SG_SHF_REQUIRED
#define D(...) { SG_SHAPE(__VA_ARGS__) }
enum { UNITS_MAX = 20000, AGE_MAX = 150, HOURS_MAX = 24 * 366 };

static const char *action_name(int i) { return sg_action_def((enum sg_action_kind)i)->name; }
static const char *role_name(int i) { return sg_role_name((enum sg_role)i); }

static const struct sg_shape_field region[] = {
    D(STR, sg_region, code, "code", R, "Short code"),
    D(STR, sg_region, name, "name", 0, "Name"),
    D(STR, sg_region, hsa, "hsaId", 0, "HSA-id of the region"),
    { SG_SHAPE_NUM(INT, sg_region, unseal_wait_hours, "unsealWaitHours", R, 0, HOURS_MAX,
                   "Hours before a seal the citizen wanted may be lifted") },
    { SG_SHAPE_BITS(sg_region, second_person, "secondPerson", 0, action_name, SG_ACT_COUNT, "Kinds for which the region demands a second person") },
};
const struct sg_shape sg_shape_region = SG_SHAPE_OF(region, "Region", "A region and its own rules");

static const struct sg_shape_field unit[] = {
    D(STR, sg_unit, hsa, "hsaId", R, "HSA-id"),
    D(STR, sg_unit, name, "name", 0, "Name"),
    D(STR, sg_unit, provider, "provider", 0, "HSA-id of the care provider"),
    D(STR, sg_unit, provider_name, "providerName", 0, "Name of the care provider"),
    D(STR, sg_unit, region, "region", 0, "Code of the region"),
};
const struct sg_shape sg_shape_unit = SG_SHAPE_OF(unit, "Unit", "A care unit");

/* Doubles at each power of two, so that many units cost few moves. */
static void *add_unit(void *policy)
{
    struct sg_policy *p = policy;
    size_t n = p->n_units;
    if ((n & (n - 1)) == 0) {
        struct sg_unit *more = realloc(p->unit, (n ? 2 * n : 1) * sizeof *more);
        if (!more)
            return NULL;
        p->unit = more;
    }
    p->n_units = n + 1;
    return memset(&p->unit[n], 0, sizeof *p->unit);
}

#define AGE(m, k, h) { SG_SHAPE_NUM(INT, sg_policy, m, k, R, 0, AGE_MAX, h) }
static const struct sg_shape_field policy[] = {
    D(ETAG, sg_policy, etag, "etag", 0, "The strong entity tag, without quotes"),
    AGE(guardian_until, "guardianUntil", "A guardian's ordinary access ends on this birthday"),
    AGE(child_eservices_from, "childEservicesFrom", "The child's own e-services begin"),
    AGE(child_journal_from, "childJournalFrom", "The child's own journal begins"),
    AGE(jumpout_from, "jumpOutFrom", "Jump-out services begin"),
    AGE(adult_from, "adultFrom", "Guardianship ends"),
    { SG_SHAPE_NUM(INT, sg_policy, widen_fresh_minutes, "widenFreshMinutes", R, 0, 525600,
                   "A widening action older than this needs a fresh confirmation") },
    { SG_SHAPE_NUM(INT, sg_policy, ground_hours, "groundHours", 0, 0, HOURS_MAX,
                   "A widening action decided on knowledge older than this needs one too; absent: 24") },
    { SG_SHAPE_NUM(INT, sg_policy, cache_hours, "cacheHours", R, 0, HOURS_MAX, "How long a client may show what it read") },
    { SG_SHAPE_NUM(INT, sg_policy, idle_minutes, "idleMinutes", R, 0, 1440, "Lock the screen after") },
    D(STR, sg_policy, terms_version, "termsVersion", 0, "Version of the terms of use"),
    D(STR, sg_policy, terms_text, "termsText", 0, "The terms of use"),
    { SG_SHAPE_LIST(sg_policy, region, n_regions, "regions", R, 32, &sg_shape_region, NULL, "Every region") },
    { SG_SHAPE_LIST(sg_policy, unit, n_units, "units", R, UNITS_MAX, &sg_shape_unit, add_unit, "Every care unit") },
};
const struct sg_shape sg_shape_policy = SG_SHAPE_OF(policy, "Policy", "What regions and the law may change without a new program");

cJSON *sg_wire_policy(const struct sg_policy *p) { return sg_shape_write(&sg_shape_policy, p); }

enum sg_err sg_wire_policy_read(const cJSON *v, struct sg_policy *out, struct sg_error *e)
{
    enum sg_err r = sg_shape_read(&sg_shape_policy, v, out, sizeof *out, e);
    if (r != SG_E_OK)
        sg_policy_free(out);
    else if (out->ground_hours == 0)
        out->ground_hours = SG_GROUND_HOURS;              /* of a service or a cache that did not know it */
    return r;
}

static const struct sg_shape_field commission[] = {
    D(STR, sg_commission, id, "commissionId", R, "HSA-id of the commission (medarbetaruppdrag)"),
    D(STR, sg_commission, name, "name", 0, "Name"),
    D(STR, sg_commission, purpose, "purpose", 0, "Purpose"),
    D(STR, sg_commission, unit, "unit", 0, "HSA-id of the care unit"),
    D(STR, sg_commission, unit_name, "unitName", 0, "Its name"),
    D(STR, sg_commission, provider, "provider", 0, "HSA-id of the care provider"),
    D(STR, sg_commission, provider_name, "providerName", 0, "Its name"),
    D(STR, sg_commission, region, "region", 0, "Code of the region"),
    D(STR, sg_commission, region_name, "regionName", 0, "Its name"),
    { SG_SHAPE_BITS(sg_commission, roles, "roles", R, role_name, SG_ROLE_COUNT, "Roles under this commission") },
};
const struct sg_shape sg_shape_commission = SG_SHAPE_OF(commission, "Commission", "The assignment under which a member of staff acts");

static const struct sg_shape_field actor[] = {
    D(STR, sg_actor, hsa, "hsaId", R, "HSA-id, as in the certificate"),
    D(STR, sg_actor, name, "name", 0, "Name"),
    D(STR, sg_actor, title, "title", 0, "Title"),
    D(BOOL, sg_actor, active, "active", R, "May sign in"),
    D(BOOL, sg_actor, terms_accepted, "termsAccepted", R, "Has accepted the terms in force"),
    { SG_SHAPE_OBJECT(sg_actor, commission, "commission", 0, &sg_shape_commission, "The one in use") },
};
const struct sg_shape sg_shape_actor = SG_SHAPE_OF(actor, "Actor", "A signed-in member of staff");

cJSON *sg_wire_actor(const struct sg_actor *a)
{
    cJSON *o = sg_shape_write(&sg_shape_actor, a);
    if (o && !a->commission.id[0])
        cJSON_DeleteItemFromObjectCaseSensitive(o, "commission");
    return o;
}

enum sg_err sg_wire_actor_read(const cJSON *v, struct sg_actor *out, struct sg_error *e)
{
    return sg_shape_read(&sg_shape_actor, v, out, sizeof *out, e);
}

cJSON *sg_wire_commission(const struct sg_commission *c) { return sg_shape_write(&sg_shape_commission, c); }

enum sg_err sg_wire_commission_read(const cJSON *v, struct sg_commission *out, struct sg_error *e)
{
    return sg_shape_read(&sg_shape_commission, v, out, sizeof *out, e);
}
