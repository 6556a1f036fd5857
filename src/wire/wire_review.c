/* An event of a review on the wire: the event itself with two members more. */
#include "wire/review.h"
#include <string.h>
#include "base/str.h"
#include "wire/shape.h"

static cJSON *names(uint32_t bits)
{
    cJSON *list = cJSON_CreateArray();
    for (int r = 0; list && r < SG_RISK_COUNT; r++) {
        cJSON *one = bits >> r & 1 ? cJSON_CreateString(sg_risk_name(r)) : NULL;
        if (one && !cJSON_AddItemToArray(list, one)) {
            cJSON_Delete(one);
            cJSON_Delete(list);
            return NULL;
        }
    }
    return list;
}

cJSON *sg_wire_review_row(const struct sg_review_row *r)
{
    cJSON *v = sg_wire_event(&r->event);
    if (v && sg_wire_put_node(v, "risks", names(r->risks)) && sg_wire_put_str(v, "review", r->mark, false)) return v;
    cJSON_Delete(v);
    return NULL;
}

enum sg_err sg_wire_review_row_read(const cJSON *v, struct sg_review_row *out, struct sg_error *e)
{
    const cJSON *one;
    memset(out, 0, sizeof *out);
    enum sg_err err = sg_wire_event_read(v, &out->event, e);
    if (err == SG_E_OK) err = sg_json_str(v, "review", false, out->mark, sizeof out->mark, e);
    cJSON_ArrayForEach(one, cJSON_GetObjectItemCaseSensitive(v, "risks")) {
        enum sg_risk r = cJSON_IsString(one) ? sg_risk_named(one->valuestring) : SG_RISK_COUNT;
        if (r < SG_RISK_COUNT) out->risks |= UINT32_C(1) << r;        /* a newer service may know more */
    }
    return err;
}

bool sg_risks_parse(const char *text, uint32_t *bits)
{
    *bits = 0;
    for (const char *p = text; *p;) {
        char name[24];
        size_t n = strcspn(p, ",");
        enum sg_risk r = sg_copyn(name, sizeof name, p, n) ? sg_risk_named(name) : SG_RISK_COUNT;
        if (r >= SG_RISK_COUNT) return false;
        *bits |= UINT32_C(1) << r;
        p += n + (p[n] == ',');
    }
    return true;
}
