/* One event of a review: what made it worth a look, and what a reviewer last said about it. */
#pragma once
#include "model/risk.h"
#include "wire/wire.h"

struct sg_review_row {
    struct sg_event event;
    uint32_t risks;                    /* bit per enum sg_risk */
    char mark[8];                      /* "ok" "ask" "report", "" = not reviewed */
};
/* The event's members, "risks":[names] and, when there is one, "review". */
cJSON *sg_wire_review_row(const struct sg_review_row *r);
SG_MUST enum sg_err sg_wire_review_row_read(const cJSON *v, struct sg_review_row *out, struct sg_error *e);
/* "name,name" to bits; false when one is unknown. */
bool sg_risks_parse(const char *text, uint32_t *bits);
