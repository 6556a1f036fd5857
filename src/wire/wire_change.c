/* One citizen of the change feed. The tag lets whoever already has that state, because it made it or has read it since, keep quiet. */
#include "wire/shape.h"
#include "wire/wire.h"

#define D(...) { SG_SHAPE(__VA_ARGS__) }
static const struct sg_shape_field fields[] = {
    D(ID, sg_change, citizen, "citizenId", SG_SHF_REQUIRED, "The citizen"),
    D(ETAG, sg_change, etag, "etag", SG_SHF_REQUIRED, "The strong entity tag now, without quotes"),
    D(STR, sg_change, by, "changedBy", 0, "Who changed the citizen last; absent when it was loaded"),
    D(STR, sg_change, unit, "changedUnit", 0, "At which unit"),
    D(TIME, sg_change, at, "changedAt", 0, "When"),
};
const struct sg_shape sg_shape_change = SG_SHAPE_OF(fields, "Change", "A citizen that was changed");

cJSON *sg_wire_change(const struct sg_change *c) { return sg_shape_write(&sg_shape_change, c); }

enum sg_err sg_wire_change_read(const cJSON *v, struct sg_change *out, struct sg_error *e)
{
    return sg_shape_read(&sg_shape_change, v, out, sizeof *out, e);
}
