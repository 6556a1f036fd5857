/* Citizens, relations and restrictions on the wire. The shapes are the definition: API members, their types and limits, in
 * both directions. A citizen's number stands only in this body, never in a path or query. */
#include "wire/shape.h"
#include "wire/wire.h"

static const char *kind_name(int i) { return sg_restriction_kind_name((enum sg_restriction_kind)i); }
static const char *state_name(int i) { return sg_restriction_state_name((enum sg_restriction_state)i); }
static const char *scope_name(int i) { return sg_seal_scope_name((enum sg_seal_scope)i); }
static const char *asker_name(int i) { return sg_requested_by_name((enum sg_requested_by)i); }
static const char *relation_name(int i) { return sg_relation_name((enum sg_relation_kind)i); }
static const char *life_name(int i) { return sg_life_name((enum sg_life)i); }
static const char *gender_name(int i) { return sg_gender_name((enum sg_gender)i); }
static const char *type_name(int i) { return sg_pid_type_name((enum sg_pid_type)i); }
static const char *reserve_name(int i)
{
    static const char *const name[] = { "none", "stockholm", "vastra-gotaland", "varmland", "inera" };
    return i >= 0 && (size_t)i < sizeof name / sizeof *name ? name[i] : "";
}

#define R SG_SHF_REQUIRED
#define D(...) { SG_SHAPE(__VA_ARGS__) }
static const struct sg_shape_field deed[] = {
    D(STR, sg_deed, requester, "requester", 0, "Name or HSA-id of the person who asked for it"),
    D(TIME, sg_deed, requested_at, "requestedAt", 0, "When they asked"),
    D(STR, sg_deed, actor, "actor", 0, "HSA-id of the member of staff"),
    D(STR, sg_deed, actor_name, "actorName", 0, "Their name"),
    D(STR, sg_deed, commission, "commission", 0, "HSA-id of the commission"),
    D(STR, sg_deed, unit, "unit", 0, "HSA-id of the care unit of the commission"),
    D(TIME, sg_deed, performed_at, "performedAt", 0, "When the person decided, by their own clock"),
    D(TIME, sg_deed, registered_at, "registeredAt", 0, "When it took effect, by the clock of the service"),
    D(STR, sg_deed, reason, "reason", 0, "Why"),
    D(STR, sg_deed, reference, "reference", 0, "Diary number or another pointer to the decision"),
    D(UUID, sg_deed, action_id, "actionId", 0, "The action that did it"),
    D(BOOL, sg_deed, offline, "offline", 0, "Decided while the service was away"),
};
const struct sg_shape sg_shape_deed = SG_SHAPE_OF(deed, "Deed", "Who asked, who decided, when and why");

static const struct sg_shape_field restriction[] = {
    D(ID, sg_restriction, id, "restrictionId", R, "Opaque id"),
    { SG_SHAPE_NAME(sg_restriction, kind, "kind", R, kind_name, SG_R_COUNT, "What it restricts or grants") },
    { SG_SHAPE_NAME(sg_restriction, state, "state", R, state_name, SG_RS_ANNULLED + 1, "Never deleted: lifted or annulled") },
    D(STR, sg_restriction, region, "region", 0, "Requesting region of a lock, else the region of the actor"),
    { SG_SHAPE_NAME(sg_restriction, requested_by, "requestedBy", R, asker_name, SG_BY_INERA + 1, "Who wanted a lock or a seal") },
    D(ID, sg_restriction, person, "person", 0, "Guardian of a block, grantee of a grant"),
    { SG_SHAPE_NAME(sg_restriction, scope, "scope", R, scope_name, SG_SEAL_PERIOD + 1, "What a seal covers; account for other kinds") },
    D(STR, sg_restriction, provider, "provider", 0, "HSA-id of the care provider"),
    D(STR, sg_restriction, unit, "unit", 0, "HSA-id of the care unit"),
    D(DATE, sg_restriction, from, "from", 0, "First day of a sealed period"),
    D(DATE, sg_restriction, to, "to", 0, "Last day of a sealed period or of a grant"),
    D(DATE, sg_restriction, review, "reviewDate", 0, "The day on which it is to be looked at again"),
    D(STR, sg_restriction, decision_by, "decisionBy", 0, "HSA-id of the head of operations"),
    D(BOOL, sg_restriction, acute, "acute", 0, "Blocked first, to be investigated afterwards"),
    D(BOOL, sg_restriction, harm_assessed, "harmAssessed", 0, "A harm assessment has been made"),
    D(STR, sg_restriction, consulted_with, "consultedWith", 0, "Whom the actor spoke to before lifting another region's lock"),
    D(TIME, sg_restriction, consulted_at, "consultedAt", 0, "When they spoke"),
    D(BOOL, sg_restriction, child_checked, "childChecked", 0, "For a child: it was checked whether a guardian must be blocked"),
    D(BOOL, sg_restriction, identity_verified, "identityVerified", 0, "The citizen proved who they are before the seal was lifted"),
    { SG_SHAPE_OBJECT(sg_restriction, made, "registered", 0, &sg_shape_deed, "How it came to be") },
    { SG_SHAPE_OBJECT(sg_restriction, ended, "ended", 0, &sg_shape_deed, "How it was lifted or annulled") },
};
const struct sg_shape sg_shape_restriction = SG_SHAPE_OF(restriction, "Restriction", "A login lock, seal, guardian block or minor access grant");

static const struct sg_shape_field relation[] = {
    D(ID, sg_relation, person, "personId", R, "Opaque id of the related person"),
    D(STR, sg_relation, name, "name", 0, "Their name"),
    { SG_SHAPE_NAME(sg_relation, kind, "relation", R, relation_name, SG_REL_REPRESENTATIVE + 1, "What they are to the citizen") },
    D(DATE, sg_relation, from, "from", 0, "First day"),
    D(DATE, sg_relation, to, "to", 0, "Last day; absent while it lasts"),
};
const struct sg_shape sg_shape_relation = SG_SHAPE_OF(relation, "Relation", "A guardian or legal representative");

static void *add_restriction(void *c) { return sg_citizen_add(c); }

static const struct sg_shape_field citizen[] = {
    D(ID, sg_citizen, id, "citizenId", R, "Opaque id"),
    D(ETAG, sg_citizen, etag, "etag", 0, "The strong entity tag, without quotes"),
    D(STR, sg_citizen, name, "name", 0, "Full name"),
    D(STR, sg_citizen, pid.normalised, "personalIdentityNumber", 0, "12 characters without hyphen"),
    { SG_SHAPE_NAME(sg_citizen, pid.type, "idType", R, type_name, SG_PID_RESERVE + 1, "Kind of number") },
    { SG_SHAPE_NAME(sg_citizen, pid.reserve, "reserveSeries", R, reserve_name, SG_RESERVE_INERA + 1, "Series of a reserve number") },
    D(PARTDATE, sg_citizen, pid.birth, "birthDate", 0, "Month and day are 00 where unknown"),
    { SG_SHAPE_NAME(sg_citizen, pid.gender, "gender", R, gender_name, SG_GENDER_MALE + 1, "As the number says") },
    { SG_SHAPE_NAME(sg_citizen, life, "life", R, life_name, SG_EMIGRATED + 1, "Population register status") },
    D(DATE, sg_citizen, deceased_on, "deceasedOn", 0, "Day of death"),
    D(BOOL, sg_citizen, protected_person, "protectedPerson", R, "Secrecy mark (sekretessmarkering)"),
    D(BOOL, sg_citizen, protected_record, "protectedPopulationRecord", R, "Protected population registration (skyddad folkbokföring)"),
    D(BOOL, sg_citizen, active_user, "activeUser", R, "Has logged in and accepted the terms of 1177"),
    D(TIME, sg_citizen, last_login_at, "lastLoginAt", 0, "Latest login at 1177"),
    D(STR, sg_citizen, region, "region", 0, "Region where registered"),
    { SG_SHAPE_LIST(sg_citizen, relation, n_relations, "relations", R, SG_RELATIONS_MAX, &sg_shape_relation, NULL,
                    "Empty for a person with protected identity, unless the reader handles such persons") },
    { SG_SHAPE_LIST(sg_citizen, restriction, n_restrictions, "restrictions", R, SG_RESTRICTIONS_MAX, &sg_shape_restriction, add_restriction,
                    "Oldest first; lifted and annulled ones too") },
    D(TIME, sg_citizen, as_of, "asOf", 0, "When the service read this"),
};
const struct sg_shape sg_shape_citizen = SG_SHAPE_OF(citizen, "Citizen", "One citizen with relations and restrictions");

cJSON *sg_wire_citizen(const struct sg_citizen *c) { return sg_shape_write(&sg_shape_citizen, c); }

enum sg_err sg_wire_citizen_read(const cJSON *v, struct sg_citizen *out, struct sg_error *e)
{
    enum sg_err r = sg_shape_read(&sg_shape_citizen, v, out, sizeof *out, e);
    if (r != SG_E_OK)
        sg_citizen_free(out);
    return r;
}

cJSON *sg_wire_restriction(const struct sg_restriction *r) { return sg_shape_write(&sg_shape_restriction, r); }

enum sg_err sg_wire_restriction_read(const cJSON *v, struct sg_restriction *out, struct sg_error *e)
{
    return sg_shape_read(&sg_shape_restriction, v, out, sizeof *out, e);
}
