/* The planned stop that is next or going on, as a member of what clients ask for anyway. Absent: none is announced. */
#include <string.h>
#include "base/str.h"
#include "wire/level.h"
#include "wire/shape.h"

#define D(...) { SG_SHAPE(__VA_ARGS__) }
static const struct sg_shape_field fields[] = {
    D(TIME, sg_stop, from, "from", SG_SHF_REQUIRED, "When it begins, or began"),
    D(TIME, sg_stop, to, "to", 0, "When it ends; absent: not known yet"),
    D(TIME, sg_stop, announced, "announcedAt", SG_SHF_REQUIRED, "When it was announced"),
};
const struct sg_shape sg_shape_stop = SG_SHAPE_OF(fields, "PlannedStop", "A stop of the service that is planned and not over");

bool sg_wire_stop_add(cJSON *o, const struct sg_stop *s)
{
    return s->from == 0 || sg_wire_put_node(o, "plannedStop", sg_wire_stop(s));
}

cJSON *sg_wire_stop(const struct sg_stop *s) { return sg_shape_write(&sg_shape_stop, s); }

enum sg_err sg_wire_stop_read(const cJSON *v, struct sg_stop *out, struct sg_error *e)
{
    enum sg_err err = sg_shape_read(&sg_shape_stop, v, out, sizeof *out, e);
    if (err != SG_E_OK) return err;
    return out->from <= 0 || (out->to != 0 && out->to < out->from) ? sg_fail(e, SG_E_INPUT, "to", "ends before it begins") : SG_E_OK;
}

enum sg_err sg_wire_stop_of(const cJSON *o, struct sg_stop *out, struct sg_error *e)
{
    const cJSON *v = cJSON_GetObjectItemCaseSensitive(o, "plannedStop");
    memset(out, 0, sizeof *out);
    if (!v) return SG_E_OK;
    enum sg_err err = sg_wire_within(e, "plannedStop", sg_wire_stop_read(v, out, e));
    if (err != SG_E_OK) memset(out, 0, sizeof *out);
    return err;
}
