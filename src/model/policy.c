/* Policy as a value. Only the list of units is allocated; regions are few and stand inside. Look-ups are linear: a few
 * thousand units at most, searched when a person acts, never in a loop over citizens. */
#include "model/policy.h"
#include <stdlib.h>
#include <string.h>
#include "base/str.h"

void sg_policy_defaults(struct sg_policy *p)
{
    memset(p, 0, sizeof *p);
    p->guardian_until = 13;
    p->child_eservices_from = 13;
    p->child_journal_from = 16;
    p->jumpout_from = 13;
    p->adult_from = 18;
    p->widen_fresh_minutes = 240;
    p->ground_hours = SG_GROUND_HOURS;
    p->cache_hours = 12;
    p->idle_minutes = 5;
}

void sg_policy_free(struct sg_policy *p)
{
    if (!p) return;
    free(p->unit);
    memset(p, 0, sizeof *p);
}

enum sg_err sg_policy_copy(struct sg_policy *dst, const struct sg_policy *src)
{
    struct sg_unit *list = NULL;
    if (src->n_units && src->unit) {
        list = calloc(src->n_units, sizeof *list);
        if (!list) return SG_E_NOMEM;
        memcpy(list, src->unit, src->n_units * sizeof *list);
    }
    *dst = *src;
    dst->unit = list;
    dst->n_units = list ? src->n_units : 0;
    return SG_E_OK;
}

const struct sg_region *sg_policy_region(const struct sg_policy *p, const char *text)
{
    if (!text || !*text) return NULL;
    for (size_t i = 0; i < p->n_regions; i++) {
        const struct sg_region *r = &p->region[i];
        if (sg_ieq(r->code, text) || sg_ieq(r->name, text) || (r->hsa[0] && sg_ieq(r->hsa, text))) return r;
    }
    return NULL;
}

const struct sg_unit *sg_policy_unit(const struct sg_policy *p, const char *hsa)
{
    if (!hsa || !*hsa) return NULL;
    for (size_t i = 0; i < p->n_units; i++)
        if (sg_ieq(p->unit[i].hsa, hsa)) return &p->unit[i];
    return NULL;
}

const char *sg_policy_provider_name(const struct sg_policy *p, const char *hsa)
{
    if (!hsa || !*hsa) return NULL;
    for (size_t i = 0; i < p->n_units; i++)
        if (sg_ieq(p->unit[i].provider, hsa)) return p->unit[i].provider_name;
    return NULL;
}

struct sg_date sg_policy_next_change(const struct sg_policy *p, const struct sg_citizen *c, struct sg_date today)
{
    const int limits[] = {p->guardian_until, p->child_eservices_from, p->child_journal_from, p->jumpout_from, p->adult_from};
    struct sg_date next = {0, 0, 0};
    if (!sg_date_valid(c->pid.birth) || c->life == SG_DECEASED) return next;
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        struct sg_date day = sg_date_add(c->pid.birth, limits[i], 0, 0);
        if (sg_date_cmp(day, today) > 0 && (!next.y || sg_date_cmp(day, next) < 0)) next = day;
    }
    return next;
}
