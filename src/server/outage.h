/* Outages of the service as its operator records them, and the availability that follows from them. */
#pragma once
#include "model/service_level.h"
#include "server/db.h"

/* sigilld outage …: records one, or the end of the one that is not over yet. USAGE, INPUT, NOTFOUND, or what the database says. */
SG_MUST enum sg_err sg_outage_command(int argc, char **argv, struct sg_error *e);
/* The level of the month that holds `at`. */
SG_MUST enum sg_err sg_outage_level(struct sg_db *db, int64_t at, int64_t now, struct sg_level *out);
