/* The shapes of the sub-command events. Nothing here is for others. */
#pragma once
#include "cli/inside.h"

/* Places of the options in subcommands.c. */
enum { EV_ALL, EV_OFFSET, EV_LIMIT, EV_CITIZEN, EV_STAFF, EV_UNIT, EV_KIND, EV_OUTCOME, EV_PURPOSE, EV_FROM, EV_TO, EV_BEFORE, EV_AFTER, EV_NEWEST,
       EV_FORMAT, EV_OUT, EV_EXTRACT, EV_HISTORY, EV_SAMPLE, EV_SEED, EV_SIZE, EV_RISK };
/* Filter and place from the options. */
SG_MUST enum sg_err sg_events_page(struct cli *c, struct sg_event_page *p, struct sg_error *e);
/* The engine is open; each returns an exit status. */
int sg_events_export(struct cli *c, const struct sg_event_page *p);
int sg_events_extract(struct cli *c, const struct sg_event_page *p);
int sg_events_history(struct cli *c, const struct sg_event_page *p);
int sg_events_sample(struct cli *c, const struct sg_event_page *p);
