/* sigilld import: directory, citizens and restrictions from NDJSON, all files in one transaction (docs/server.md). */
#pragma once
#include "base/clock.h"
#include "base/random.h"
#include "base/json.h"
#include "server/directory.h"

struct sg_import {
    struct sg_db *db;
    struct sg_clock clock;
    struct sg_random random;
    int64_t now;
    struct sg_date today;
    struct sg_policy policy;               /* as far as it has been read */
    size_t lines[9];                       /* loaded, by type */
};
/* On failure nothing is loaded; e->where is "FILE:LINE: field" (INPUT) or the file (IO). */
SG_MUST enum sg_err sg_import_files(struct sg_db *db, const struct sg_clock *clock, const struct sg_random *random, const char *const *file, size_t n,
                                    struct sg_error *e);
/* One line's object; e->where = the field. */
SG_MUST enum sg_err sg_import_line(struct sg_import *m, const cJSON *v, struct sg_error *e);
/* Rows of the second file (import_citizen.c). */
SG_MUST enum sg_err sg_import_citizen(struct sg_import *m, const cJSON *v, struct sg_error *e);
SG_MUST enum sg_err sg_import_relation(struct sg_import *m, const cJSON *v, struct sg_error *e);
SG_MUST enum sg_err sg_import_restriction(struct sg_import *m, const cJSON *v, struct sg_error *e);
/* A required or optional HSA-id. */
SG_MUST enum sg_err sg_import_hsa(const cJSON *v, const char *key, bool required, char dst[SG_HSA_MAX], struct sg_error *e);
/* Fails with where = key unless the row is there. */
SG_MUST enum sg_err sg_import_has(struct sg_import *m, enum sg_sql s, const char *key, const char *value, struct sg_error *e);
