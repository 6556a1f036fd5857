/* Risk marks for reviewing the log, and the sampler that draws what is reviewed. Pure. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/i18n.h"
#include "model/ids.h"

enum sg_risk {
#define SG_RISK(id, ...) SG_RISK_##id,
#include "model/risk.def"
    SG_RISK_COUNT
};
enum { SG_RISK_RELATED_MAX = 8, SG_RISK_MANY = 30 };
/* What is known about one event. Names are borrowed; "" or NULL: not known. */
struct sg_risk_facts {
    const char *actor_name, *citizen_name, *related[SG_RISK_RELATED_MAX];
    size_t n_related;
    bool colleague, is_protected, emergency;
    int64_t at;                                      /* when it was done, wall ms */
    int within_hour;                                 /* look-ups and reads by the same person within an hour around it */
};
uint32_t sg_risks(const struct sg_risk_facts *f);    /* bit per enum sg_risk */
const char *sg_risk_name(int r);                     /* api name; "" beyond the last */
const char *sg_risk_title(enum sg_risk r);           /* msgids */
const char *sg_risk_help(enum sg_risk r);
enum sg_risk sg_risk_named(const char *name);        /* SG_RISK_COUNT when unknown */

/* Draws that can be repeated: the same seed gives the same numbers on every machine (SplitMix64). */
struct sg_sampler { uint64_t state; };
uint64_t sg_sample_next(struct sg_sampler *s);
uint64_t sg_sample_below(struct sg_sampler *s, uint64_t n);      /* uniform in 0 … n-1; n > 0 */
/* Puts k of the n values, drawn uniformly without replacement and in the order drawn, at the front. */
void sg_sample_shuffle(struct sg_sampler *s, int64_t *v, size_t n, size_t k);
