/* JSON ⇄ model: one definition for both sides and for stored rows. Encoders append one object to out; decoders are strict
 * (unknown fields refused in requests, ignored in answers so that an old client meets a new service). */
#pragma once
#include "base/json.h"
#include "model/effect.h"
#include "wire/endpoint.h"

/* Encoders build cJSON (caller owns) and printers write it compactly. */
SG_MUST enum sg_err sg_wire_print(cJSON *v, struct sg_buf *out);                        /* frees v, also on failure; NULL v = NOMEM */

cJSON *sg_wire_citizen(const struct sg_citizen *c);                                     /* GET /citizens/{id}; etag inside too */
SG_MUST enum sg_err sg_wire_citizen_read(const cJSON *v, struct sg_citizen *out, struct sg_error *e);   /* out: caller frees */
cJSON *sg_wire_restriction(const struct sg_restriction *r);
SG_MUST enum sg_err sg_wire_restriction_read(const cJSON *v, struct sg_restriction *out, struct sg_error *e);
cJSON *sg_wire_policy(const struct sg_policy *p);
SG_MUST enum sg_err sg_wire_policy_read(const cJSON *v, struct sg_policy *out, struct sg_error *e);
cJSON *sg_wire_actor(const struct sg_actor *a);
SG_MUST enum sg_err sg_wire_actor_read(const cJSON *v, struct sg_actor *out, struct sg_error *e);
cJSON *sg_wire_commission(const struct sg_commission *c);
SG_MUST enum sg_err sg_wire_commission_read(const cJSON *v, struct sg_commission *out, struct sg_error *e);
/* The body of PUT /actions/{id}: kind, subject, params (by field name) or parts, reason, performedAt, offline, device, seq.
 * The id stands in the path, observed in If-Match; the stored form (queue row) has both inside. */
cJSON *sg_wire_action(const struct sg_action *a, bool stored);
SG_MUST enum sg_err sg_wire_action_read(const cJSON *v, bool stored, struct sg_action *out, struct sg_error *e);
/* Flags among the values may come as true or false as well as "yes" or "no". A value that is not given is absent; presets are
 * left to sg_action_validate. */
/* Access list: an array of {who,name,relation,service,allowed,reach,rule,text,ruleDetail,restriction}. text is in the service's
 * language; a reader translates for itself from rule and ruleDetail. */
cJSON *sg_wire_access(const struct sg_access_row *rows, size_t n);
cJSON *sg_wire_access_row(const struct sg_access_row *row);
SG_MUST enum sg_err sg_wire_access_row_read(const cJSON *v, struct sg_access_row *out, struct sg_error *e);
cJSON *sg_wire_preview(const struct sg_preview *p);                                     /* before, after, notCovered, warnings, outcome, rule, text */

enum sg_outcome_kind { SG_OUT_DONE, SG_OUT_REFUSED, SG_OUT_CONFLICT, SG_OUT_COUNT };
/* What became of an action, as the service stores and repeats it byte for byte. */
struct sg_outcome {
    char action_id[SG_UUID_MAX];
    enum sg_outcome_kind kind;
    enum sg_problem problem;               /* unless done */
    struct sg_why why;                     /* unless done */
    char etag_before[SG_ETAG_MAX], etag_after[SG_ETAG_MAX];
    int64_t event_index;                   /* its event among all events of the service */
    char event_id[SG_UUID_MAX], log[SG_HSA_MAX]; int64_t leaf_index;    /* the receipt: its event, and that one's place in its log */
    int64_t recorded_at;                   /* wall ms of the service */
    size_t n_restrictions; struct sg_restriction *restriction;   /* rows made or ended, whole; owned */
    bool has_current; struct sg_citizen current;                 /* conflict: the citizen as it is now; owned */
    char changed_by[SG_NAME_MAX], changed_unit[SG_NAME_MAX]; int64_t changed_at;   /* conflict: who changed it last */
};
void sg_outcome_free(struct sg_outcome *o);
/* The 200 body when done; a whole problem otherwise (type, title, status, rule … and the members of the outcome). */
cJSON *sg_wire_outcome(const struct sg_outcome *o);
/* Reads both, and any other problem of ours as a refusal or conflict without the members. why.rule is SG_RULE_COUNT when none is given. */
SG_MUST enum sg_err sg_wire_outcome_read(const cJSON *v, struct sg_outcome *out, struct sg_error *e);

/* One event. kind: an action's name, or "citizen.lookup" "citizen.read" "events.read" "session.start" …; outcome "done" "refused" "conflict". */
struct sg_event {
    int64_t index; char id[SG_UUID_MAX]; char kind[40]; char outcome[12];
    int64_t at, performed_at;              /* recorded by the service; decided by the person (0 = same) */
    char actor[SG_HSA_MAX], actor_name[SG_NAME_MAX], commission[SG_HSA_MAX], unit[SG_HSA_MAX], unit_name[SG_NAME_MAX], provider[SG_HSA_MAX];
    char purpose[48]; char subject[SG_ID_MAX]; char action_id[SG_UUID_MAX];
    char restriction[SG_PARTS_MAX * SG_ID_MAX];    /* ids of the rows made or ended, one blank between them */
    char rule[40]; char device[SG_UUID_MAX]; bool offline; char reason[SG_TEXT_MAX]; char reference[SG_REF_MAX];
    char client[32];                       /* client version */
    char etag_before[SG_ETAG_MAX];
    char region[SG_CODE_MAX];
    char log[SG_HSA_MAX]; int64_t leaf_index;      /* which log (a care provider's HSA-id in lower case, or "service") and its place there */
    char system[SG_HSA_MAX];               /* HSA-id of the service that recorded it */
    char activity[12];                     /* sg_activity_name */
    char activity_args[256];               /* short JSON, or "" */
    char title[SG_NAME_MAX], assignment[SG_NAME_MAX], provider_name[SG_NAME_MAX];   /* of the actor, of the commission */
    char resource[24];                     /* what kind of thing it was done to */
    char decision[SG_HSA_MAX];             /* HSA-id of the one who decided, when that is named */
    char traceparent[56];                  /* W3C trace context of the request */
    bool skew;                             /* decided and recorded are more than five minutes apart though not offline, or decided later than recorded */
};
cJSON *sg_wire_event(const struct sg_event *ev);
SG_MUST enum sg_err sg_wire_event_read(const cJSON *v, struct sg_event *out, struct sg_error *e);

/* A read from the cache that the service has not logged: kind is one of the reads' kinds of event; at, as_of: wall ms of the service's clock,
 * as_of 0 = not known. Reading refuses other kinds. */
struct sg_seen { char id[SG_UUID_MAX], kind[40], citizen[SG_ID_MAX], commission[SG_HSA_MAX], purpose[48]; int64_t at, as_of; };
cJSON *sg_wire_seen(const struct sg_seen *s);
SG_MUST enum sg_err sg_wire_seen_read(const cJSON *v, struct sg_seen *out, struct sg_error *e);
enum { SG_SEEN_BATCH = 100 };              /* of them are handed in at once, at most */

/* One citizen of the change feed. */
struct sg_change { char citizen[SG_ID_MAX], etag[SG_ETAG_MAX], by[SG_NAME_MAX], unit[SG_NAME_MAX]; int64_t at; };
cJSON *sg_wire_change(const struct sg_change *c);
SG_MUST enum sg_err sg_wire_change_read(const cJSON *v, struct sg_change *out, struct sg_error *e);

/* problem+json with type, title, status, detail, instance and, when w != NULL, rule and text. */
cJSON *sg_wire_problem(enum sg_problem p, const char *instance, const struct sg_why *w, const char *detail);
struct sg_problem_info { enum sg_problem problem; int status; struct sg_why why; char detail[SG_DETAIL_MAX]; };
/* SG_E_PARSE when the body is not one of our problems (then it came from somebody else: a proxy). */
SG_MUST enum sg_err sg_wire_problem_read(const struct sg_http_reply *r, struct sg_problem_info *out);
