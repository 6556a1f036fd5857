/* What a drill starts with: staff, policy and citizens that do not exist, put into the sealed cache of the drill's own store at every start.
 * There is no service, so everything is an outage; nothing decided here leaves the workstation. Numbers are of the official test series. */
#include "sync/inside.h"
#include "base/log.h"
#include "base/str.h"
#include <stdlib.h>
#include <string.h>

#define DRILL_UNIT "SE2321000016-OVN1"
#define DRILL_COMMISSION "SE2321000016-OVNC"
static const struct { const char *number, *name, *id, *guardian[2]; } people[] = {
    { "201412122382", "Övning Ek", "drill-child", { "drill-guardian-1", "drill-guardian-2" } },
    { "198001012387", "Ö. Vårdnadshavare ett", "drill-guardian-1", { NULL, NULL } },
    { "198202022383", "Ö. Vårdnadshavare två", "drill-guardian-2", { NULL, NULL } },
    { "194506062399", "Ö. Vuxen", "drill-adult", { NULL, NULL } },
};
enum { PEOPLE = sizeof people / sizeof people[0] };

static void put(struct sg_engine *g, const char *kind, const char *key, cJSON *v)
{
    struct sg_buf text;
    sg_buf_init(&text, SG_JSON_REPLY.bytes);
    if (sg_wire_print(v, &text) == SG_E_OK && text.data)
        sg_eng_cache_text(g, kind, key, text.data, text.len);
    sg_buf_free(&text);
}

static void put_me(struct sg_engine *g)
{
    struct sg_actor me = { .active = true, .terms_accepted = true };
    struct sg_commission *c = &me.commission;
    SG_COPY(me.hsa, g->o.actor);
    SG_COPY(me.name, "Övning");
    SG_COPY(c->id, DRILL_COMMISSION);
    SG_COPY(c->name, "Övning");
    SG_COPY(c->purpose, "care");
    SG_COPY(c->unit, DRILL_UNIT);
    SG_COPY(c->unit_name, "Övningsenheten");
    SG_COPY(c->provider, "SE2321000016-OVNP");
    SG_COPY(c->provider_name, "Övning");
    SG_COPY(c->region, "ovning");
    SG_COPY(c->region_name, "Region Övning");
    c->roles = (UINT32_C(1) << SG_ROLE_ACCOUNT_ADMIN) | (UINT32_C(1) << SG_ROLE_JOURNAL_SUPERADMIN);
    put(g, "me", g->o.commission ? g->o.commission : "", sg_wire_actor(&me));
}

static void put_policy(struct sg_engine *g)
{
    static struct sg_policy p;
    static struct sg_unit unit = { .hsa = DRILL_UNIT, .name = "Övningsenheten", .provider = "SE2321000016-OVNP", .provider_name = "Övning", .region = "ovning" };
    memset(&p, 0, sizeof p);
    sg_policy_defaults(&p);
    SG_COPY(p.etag, "drill");
    p.n_regions = 1;
    SG_COPY(p.region[0].code, "ovning");
    SG_COPY(p.region[0].name, "Region Övning");
    p.unit = &unit;
    p.n_units = 1;
    put(g, "policy", "", sg_wire_policy(&p));
}

static const char *name_of(const char *id)
{
    for (size_t i = 0; i < PEOPLE; i++)
        if (sg_eq(people[i].id, id))
            return people[i].name;
    return "";
}

static void put_person(struct sg_engine *g, size_t i)
{
    struct sg_citizen c = { .life = SG_ALIVE, .active_user = true, .as_of = sg_eng_now(g) };
    char key[SG_ID_MAX], json[SG_ID_MAX + 32];
    SG_COPY(c.id, people[i].id);
    SG_COPY(c.etag, "drill");
    SG_COPY(c.name, people[i].name);
    SG_COPY(c.region, "ovning");
    if (sg_pid_parse(people[i].number, sg_date_stockholm(sg_eng_now(g)), &c.pid) != SG_PID_FINE)
        return;
    for (int k = 0; k < 2 && people[i].guardian[k]; k++) {
        struct sg_relation *r = &c.relation[c.n_relations++];
        SG_COPY(r->person, people[i].guardian[k]);
        SG_COPY(r->name, name_of(people[i].guardian[k]));
        r->kind = SG_REL_GUARDIAN;
    }
    put(g, "citizen", c.id, sg_wire_citizen(&c));
    sg_eng_lookup_key(g, c.pid.normalised, key);
    sg_format(json, sizeof json, "{\"citizenId\":\"%s\"}", c.id);
    sg_eng_cache_text(g, "lookup", key, json, strlen(json));
}

void sg_eng_drill(struct sg_engine *g)
{
    put_me(g);
    put_policy(g);
    for (size_t i = 0; i < PEOPLE; i++)
        put_person(g, i);
    sg_log(SG_LOG_INFO, "a drill: nothing of it leaves this computer");
}
