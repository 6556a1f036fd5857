/* Outages of the service as its operator records them, and the availability that follows from them. */
#pragma once
#include "model/planned_stop.h"
#include "model/service_level.h"
#include "server/db.h"

/* sigilld outage …: records one, the end of the one that is not over yet, or that a planned stop will not be. USAGE, INPUT, NOTFOUND, or what the
 * database says. A planned stop that lies ahead keeps out of office hours or says why not (INPUT); one announced late is recorded, and that is
 * said in the diary. */
SG_MUST enum sg_err sg_outage_command(int argc, char **argv, struct sg_error *e);
/* Records what the service found out by itself at its start: that it was away from then until now, a fault of class critical until somebody
 * judges otherwise. A stop that was planned is recorded as such and does not count for all that. */
SG_MUST enum sg_err sg_outage_detected(const char *database, int64_t from, const struct sg_clock *clock, struct sg_error *e);
/* The planned stop that goes on or is the next; from 0: none is announced. */
SG_MUST enum sg_err sg_outage_stop(struct sg_db *db, int64_t now, struct sg_stop *out);
/* The level of the month that holds `at`. */
SG_MUST enum sg_err sg_outage_level(struct sg_db *db, int64_t at, int64_t now, struct sg_level *out);
