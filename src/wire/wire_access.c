/* Who reaches what, and what an action would change. Rows carry the rule as data and as a sentence: people reading the API get
 * the sentence, programs translate for themselves. */
#include "wire/shape.h"
#include "wire/wire.h"

static const char *relation_name(int i) { return sg_relation_name((enum sg_relation_kind)i); }
static const char *service_name(int i) { return sg_service_name((enum sg_service)i); }
static const char *reach_name(int i) { return sg_reach_name((enum sg_reach)i); }

#define R SG_SHF_REQUIRED
#define D(...) { SG_SHAPE(__VA_ARGS__) }
static const struct sg_shape_field row[] = {
    D(ID, sg_access_row, who, "who", R, "Opaque id of the person"),
    D(STR, sg_access_row, name, "name", 0, "Their name"),
    { SG_SHAPE_NAME(sg_access_row, relation, "relation", R, relation_name, SG_REL_REPRESENTATIVE + 1, "What they are to the citizen") },
    { SG_SHAPE_NAME(sg_access_row, service, "service", R, service_name, SG_SVC_COUNT, "What is reached") },
    D(BOOL, sg_access_row, allowed, "allowed", R, "Whether anything is reached"),
    { SG_SHAPE_NAME(sg_access_row, reach, "reach", R, reach_name, SG_REACH_ALL + 1, "How much; only and except name units or providers in ruleDetail") },
    D(WHY, sg_access_row, why, "rule", R, "The rule behind it"),
};
const struct sg_shape sg_shape_access_row = SG_SHAPE_OF(row, "AccessRow", "One cell of the access table and the rule behind it");

cJSON *sg_wire_access_row(const struct sg_access_row *r) { return sg_shape_write(&sg_shape_access_row, r); }

enum sg_err sg_wire_access_row_read(const cJSON *v, struct sg_access_row *out, struct sg_error *e)
{
    return sg_shape_read(&sg_shape_access_row, v, out, sizeof *out, e);
}

/* Adds item to list; drops the list when either is missing. */
static cJSON *append(cJSON *list, cJSON *item)
{
    if (list && item && cJSON_AddItemToArray(list, item))
        return list;
    cJSON_Delete(item);
    cJSON_Delete(list);
    return NULL;
}

cJSON *sg_wire_access(const struct sg_access_row *rows, size_t n)
{
    cJSON *list = cJSON_CreateArray();
    for (size_t i = 0; list && i < n; i++)
        list = append(list, sg_wire_access_row(&rows[i]));
    return list;
}

static const struct sg_shape_field why[] = { { .key = "rule", .type = SG_SH_WHY } };
static const struct sg_shape why_shape = SG_SHAPE_OF(why, "Why", "A rule");

static cJSON *warnings(const struct sg_preview *p)
{
    cJSON *list = cJSON_CreateArray();
    for (size_t i = 0; list && i < p->n_warnings; i++)
        list = append(list, sg_shape_write(&why_shape, &p->warning[i]));
    return list;
}

static cJSON *not_covered(const struct sg_preview *p)
{
    cJSON *list = cJSON_CreateArray();
    for (size_t i = 0; list && i < p->n_not_covered; i++)
        if (p->not_covered[i] && *p->not_covered[i])
            list = append(list, cJSON_CreateString(p->not_covered[i]));
    return list;
}

cJSON *sg_wire_preview(const struct sg_preview *p)
{
    const char *outcome = p->verdict == SG_E_OK ? "possible" : p->verdict == SG_E_DENIED ? "not-permitted" : "refused";
    cJSON *o = cJSON_CreateObject();
    bool fine = o && sg_wire_put_str(o, "outcome", outcome, true) && (p->verdict == SG_E_OK || sg_shape_write_into(&why_shape, &p->why, o)) &&
                sg_wire_put_node(o, "before", sg_wire_access(p->before, p->n_before)) &&
                sg_wire_put_node(o, "after", sg_wire_access(p->after, p->n_after)) &&
                sg_wire_put_node(o, "notCovered", not_covered(p)) && sg_wire_put_node(o, "warnings", warnings(p));
    if (fine)
        return o;
    cJSON_Delete(o);
    return NULL;
}
