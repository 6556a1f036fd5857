/* Generator of the API's description. */
#pragma once
#include "base/buf.h"
#include "base/json.h"

/* components/schemas out of the shapes, the catalogue, parts ("schemas") and more ("more": events with further members); never NULL, ends
 * the program for want of memory. */
cJSON *oa_schemas(const cJSON *parts, const cJSON *more);
void oa_yaml(const cJSON *v, struct sg_buf *out);
void oa_str(cJSON *o, const char *key, const char *text);
void oa_put(cJSON *o, const char *key, cJSON *v);
cJSON *oa_ref(const char *schema);              /* {"$ref": "#/components/schemas/NAME"} */
cJSON *oa_object(void);
cJSON *oa_list(void);
