/* What the model's tests share: a policy of three regions, staff of any role, and a child with two guardians. */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/str.h"
#include "model/effect.h"

#define UNIT_A "SE2321000016-1003"
#define UNIT_B "SE2321000016-1004"
#define UNIT_C "SE2321000024-2001"
#define PROVIDER_1 "SE2321000016-39KJ"
#define PROVIDER_2 "SE2321000016-40KJ"
#define PROVIDER_3 "SE2321000024-0001"
#define STAFF_HSA "SE2321000016-1ABC"
#define ACTION_ID "019b0000-0000-7000-8000-000000000001"

static inline void fixture_unit(struct sg_unit *u, const char *hsa, const char *name, const char *provider,
                                const char *provider_name, const char *region)
{
    SG_COPY(u->hsa, hsa);
    SG_COPY(u->name, name);
    SG_COPY(u->provider, provider);
    SG_COPY(u->provider_name, provider_name);
    SG_COPY(u->region, region);
}

static inline void fixture_policy(struct sg_policy *p)
{
    static const char *const regions[][3] = {
        {"alpha", "Region Alpha", "SE2321000016-0000"}, {"beta", "Region Beta", "SE2321000024-0000"}, {"gamma", "Region Gamma", ""}};
    sg_policy_defaults(p);
    for (size_t i = 0; i < 3; i++) {
        struct sg_region *r = &p->region[p->n_regions++];
        SG_COPY(r->code, regions[i][0]);
        SG_COPY(r->name, regions[i][1]);
        SG_COPY(r->hsa, regions[i][2]);
    }
    p->unit = calloc(3, sizeof *p->unit);
    assert_non_null(p->unit);
    p->n_units = 3;
    fixture_unit(&p->unit[0], UNIT_A, "Unit A", PROVIDER_1, "Provider One", "alpha");
    fixture_unit(&p->unit[1], UNIT_B, "Unit B", PROVIDER_2, "Provider Two", "alpha");
    fixture_unit(&p->unit[2], UNIT_C, "Unit C", PROVIDER_3, "Provider Three", "beta");
}

static inline struct sg_actor fixture_actor(uint32_t roles, const char *region)
{
    struct sg_actor a = {.active = true, .terms_accepted = true};
    SG_COPY(a.hsa, STAFF_HSA);
    SG_COPY(a.name, "Anna Berg");
    SG_COPY(a.commission.id, "SE2321000016-2COM");
    SG_COPY(a.commission.unit, UNIT_A);
    SG_COPY(a.commission.region, region);
    a.commission.roles = roles;
    return a;
}
#define ROLE_BIT(r) (UINT32_C(1) << SG_ROLE_##r)
#define JOURNAL_AND_LOCK (ROLE_BIT(JOURNAL_SUPERADMIN) | ROLE_BIT(ACCOUNT_ADMIN) | ROLE_BIT(SEAL))

static inline struct sg_date day(int yyyymmdd)
{
    return (struct sg_date){(int16_t)(yyyymmdd / 10000), (int8_t)(yyyymmdd / 100 % 100), (int8_t)(yyyymmdd % 100)};
}

static inline void fixture_relation(struct sg_citizen *c, const char *id, const char *name, enum sg_relation_kind kind)
{
    struct sg_relation *r = &c->relation[c->n_relations++];
    memset(r, 0, sizeof *r);
    SG_COPY(r->person, id);
    SG_COPY(r->name, name);
    r->kind = kind;
}

/* Alva, with the guardians Bo and Cia. Nothing is restricted. */
static inline void fixture_child(struct sg_citizen *c, int birth)
{
    memset(c, 0, sizeof *c);
    SG_COPY(c->id, "c-alva");
    SG_COPY(c->name, "Alva Ek");
    SG_COPY(c->etag, "e1");
    c->pid.type = SG_PID_PERSONNUMMER;
    c->pid.birth = day(birth);
    fixture_relation(c, "c-bo", "Bo Ek", SG_REL_GUARDIAN);
    fixture_relation(c, "c-cia", "Cia Åkesson", SG_REL_GUARDIAN);
}

static inline struct sg_restriction *fixture_restriction(struct sg_citizen *c, enum sg_restriction_kind kind, const char *id)
{
    struct sg_restriction *r = sg_citizen_add(c);
    assert_non_null(r);
    SG_COPY(r->id, id);
    r->kind = kind;
    SG_COPY(r->region, "alpha");
    return r;
}
