/* GET /service-level, and the planned stop that it and GET /changes tell of. */
#pragma once
#include "base/json.h"
#include "model/planned_stop.h"
#include "model/service_level.h"
cJSON *sg_wire_level(const struct sg_level *l);
SG_MUST enum sg_err sg_wire_level_read(const cJSON *v, struct sg_level *out, struct sg_error *e);

cJSON *sg_wire_stop(const struct sg_stop *s);
SG_MUST enum sg_err sg_wire_stop_read(const cJSON *v, struct sg_stop *out, struct sg_error *e);
/* As the member plannedStop of o; nothing is added when there is none. False: no memory. */
SG_MUST bool sg_wire_stop_add(cJSON *o, const struct sg_stop *s);
/* From that member. *out has from 0 when it is absent, or on an error. */
SG_MUST enum sg_err sg_wire_stop_of(const cJSON *o, struct sg_stop *out, struct sg_error *e);
