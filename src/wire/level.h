/* GET /service-level. */
#pragma once
#include "base/json.h"
#include "model/service_level.h"
cJSON *sg_wire_level(const struct sg_level *l);
SG_MUST enum sg_err sg_wire_level_read(const cJSON *v, struct sg_level *out, struct sg_error *e);
