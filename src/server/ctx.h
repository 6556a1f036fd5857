/* Inside a core: one request on its way, and what handlers may use. */
#pragma once
#include "model/effect.h"
#include "server/core.h"
#include "server/directory.h"
#include "server/evlog.h"
#include "wire/wire.h"

struct sg_core {
    struct sg_db db;
    struct sg_evlog *log;
    struct sg_signer signer;             /* ask NULL: no checkpoints are made */
    char log_key[SG_VKEY_MAX];
    bool is_unsigned, sealed;            /* something is committed and not signed; the signer refused: nothing may be written */
    bool signer_away, signer_was;        /* and an event says so; before this transaction */
    bool has_signed;                     /* in this transaction */
    int64_t signed_at;                   /* mono ms of the last try */
    struct sg_feed *feed;
    int64_t fed_at;                      /* mono ms of the last try to write down what the feed has found */
    struct sg_clock clock;
    struct sg_random random;
    struct sg_limits limits;
    struct sg_policy policy;
    bool has_policy, hurry;
    int64_t data_version;                /* of the file when policy was read: another process (an import) changes it */
    int64_t revision, events;
    struct sg_buf policy_body;           /* policy as sent */
};
struct sg_session { uint8_t token[32]; char device[SG_UUID_MAX]; char client[32]; int64_t created, used; };  /* token: its SHA-256 */

struct sg_ctx {
    struct sg_core *core;
    struct sg_job *job;
    const struct sg_http_request *rq;
    struct sg_http_reply *re;
    enum sg_endpoint ep;
    char param[SG_ID_MAX];
    int64_t now;
    struct sg_date today;
    bool known;                          /* actor is filled: certificate and directory agree */
    struct sg_actor actor;
    struct sg_session session;
    cJSON *body;                         /* of POST and PUT */
    char kind[40], subject[SG_ID_MAX];   /* of the event this request becomes */
    char purpose[48];                    /* stated for this request; "" = the commission's */
    char args[256];                      /* what its event says it was done with: short JSON, "" = nothing */
};

/* A handler answers and returns OK, or returns a fault: then everything it wrote is undone and the answer is 503 or 500. */
typedef enum sg_err sg_handler(struct sg_ctx *x);
extern sg_handler *const sg_handlers[SG_EP_COUNT];
sg_handler sg_h_session_create, sg_h_session_delete, sg_h_me, sg_h_policy, sg_h_lookup, sg_h_citizen, sg_h_access, sg_h_restrictions,
    sg_h_citizen_events, sg_h_action_put, sg_h_action_get, sg_h_action_preview, sg_h_events, sg_h_density, sg_h_sample, sg_h_export, sg_h_extract, sg_h_changes,
    sg_h_device, sg_h_event_proof, sg_h_logs, sg_h_log_checkpoint, sg_h_log_consistency, sg_h_log_inclusion, sg_h_log_leaves, sg_h_log_entries,
    sg_h_prepare, sg_h_service_level, sg_h_action_withdraw, sg_h_offline_reads;

/* Of an action that has ended (handle_action.c): the stored answer in a row of SG_SQL_ACTION; which leaf of which log says so. */
SG_MUST enum sg_err sg_action_repeat(struct sg_ctx *x, sqlite3_stmt *row);
void sg_action_receipt(struct sg_outcome *o, const struct sg_event *ev);

/* Authentication (auth.c). *refused: the refusal is already the answer. */
SG_MUST enum sg_err sg_auth_person(struct sg_ctx *x, bool *refused);
SG_MUST enum sg_err sg_auth_session(struct sg_ctx *x, bool *refused);
SG_MUST enum sg_err sg_sha256(uint8_t dst[32], const void *data, size_t n);

/* Events. The template knows who, where, when and the kind; append gives it its index. */
void sg_ctx_event(const struct sg_ctx *x, struct sg_event *ev, const char *outcome);
SG_MUST enum sg_err sg_ctx_append(struct sg_ctx *x, struct sg_event *ev);
SG_MUST enum sg_err sg_ctx_note(struct sg_ctx *x, const char *outcome);                    /* template and append */

/* Answers. */
SG_MUST enum sg_err sg_ctx_json(struct sg_ctx *x, int status, cJSON *v);                   /* frees v; NULL v = NOMEM */
SG_MUST enum sg_err sg_ctx_problem(struct sg_ctx *x, enum sg_problem p, const struct sg_why *w, const char *detail, cJSON *members,
                                   const char *event_id);                                  /* frees members (may be NULL) */
/* The refusal as an event, then as the answer. */
SG_MUST enum sg_err sg_ctx_refuse(struct sg_ctx *x, enum sg_problem p, const struct sg_why *w, const char *detail);
void sg_reply_problem(struct sg_http_reply *re, enum sg_problem p, int retry_after);       /* without a context; cannot fail */

/* The one region whose events the actor may see by this permission; "" = all regions. */
const char *sg_ctx_log_region(const struct sg_ctx *x, enum sg_perm perm);
/* Whether this actor may know that c exists. */
bool sg_ctx_sees(const struct sg_ctx *x, const struct sg_citizen *c);
/* Reads a citizen for the actor. *refused: unknown or not available, already answered. */
SG_MUST enum sg_err sg_ctx_citizen(struct sg_ctx *x, const char *id, struct sg_citizen *out, struct sg_changed_by *by, bool *refused);
/* A text of the query string (letters, digits and . _ : - as they stand); false when absent, too long or of other characters. */
bool sg_ctx_query_text(const struct sg_ctx *x, const char *key, char *dst, size_t cap);
bool sg_ctx_query_list(const struct sg_ctx *x, const char *key, char *dst, size_t cap);    /* names with commas between them */
/* A number in the query string; absent leaves *v. False when it is there and not within [min,max]. */
SG_MUST bool sg_ctx_query(const struct sg_ctx *x, const char *key, int64_t min, int64_t max, int64_t *v);
