/* Policy: what regions and the law may change without a new program. Delivered by the service, cached by the client. */
#pragma once
#include "model/citizen.h"

struct sg_region { char code[SG_CODE_MAX]; char name[SG_NAME_MAX]; char hsa[SG_HSA_MAX];
    int unseal_wait_hours;                       /* earliest lifting of a citizen's own seal, hours after it was made */
    uint32_t second_person;                      /* bit per enum sg_action_kind */
};
struct sg_unit { char hsa[SG_HSA_MAX]; char name[SG_NAME_MAX]; char provider[SG_HSA_MAX];
    char provider_name[SG_NAME_MAX]; char region[SG_CODE_MAX]; };
enum { SG_GROUND_HOURS = 24 };
struct sg_policy {
    char etag[SG_ETAG_MAX];
    int guardian_until;                          /* 13: guardian's ordinary access ends on this birthday */
    int child_eservices_from;                    /* 13 */
    int child_journal_from;                      /* 16 */
    int jumpout_from;                            /* 13 */
    int adult_from;                              /* 18: guardianship ends */
    int widen_fresh_minutes;                     /* 240: a widening action older than this needs a fresh confirmation */
    int ground_hours;                            /* 24: a widening action decided on knowledge older than this needs one too */
    int cache_hours;                             /* 12: read cache expires */
    int idle_minutes;                            /* 5 */
    char terms_version[32]; char terms_text[2048];
    size_t n_regions; struct sg_region region[32];
    size_t n_units; struct sg_unit *unit;        /* owned */
};
void sg_policy_defaults(struct sg_policy *p);    /* the ages above, no regions, no units */
void sg_policy_free(struct sg_policy *p);
SG_MUST enum sg_err sg_policy_copy(struct sg_policy *dst, const struct sg_policy *src);
/* By code, name (any case) or HSA-id. NULL when unknown. */
const struct sg_region *sg_policy_region(const struct sg_policy *p, const char *text);
const struct sg_unit *sg_policy_unit(const struct sg_policy *p, const char *hsa);
const char *sg_policy_provider_name(const struct sg_policy *p, const char *hsa);    /* NULL when unknown */
/* The next birthday on which a limit of this policy is reached; y == 0 when none. */
struct sg_date sg_policy_next_change(const struct sg_policy *p, const struct sg_citizen *c, struct sg_date today);
