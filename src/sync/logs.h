/* The event logs as the engine watches them. Inside of this room only. */
#pragma once
#include "merkle/view.h"
#include "net/transport.h"
#include "sync/engine.h"
#include "sync/receipt.h"

struct sg_engine;
bool sg_eng_logs_new(struct sg_engine *g);                          /* false: no memory */
void sg_eng_logs_free(struct sg_engine *g);
void sg_eng_logs_want(struct sg_engine *g, bool now);               /* look at the logs; now: asked by a person, else not more than once in three seconds */
void sg_eng_receipt_want(struct sg_engine *g, const char *action_id, const char *event_id);
void sg_eng_logs_load(struct sg_engine *g);                         /* after the store was opened: before anything is sent */
void sg_eng_logs_step(struct sg_engine *g);
bool sg_eng_logs_busy(const struct sg_engine *g);                   /* a sync waits for it */
int64_t sg_eng_logs_due(const struct sg_engine *g);                 /* mono ms of the next request, -1 none */
bool sg_eng_forked(const struct sg_engine *g);                      /* nothing may be sent */
void sg_eng_logs_status(const struct sg_engine *g, struct sg_log_status *s);
bool sg_eng_receipt(struct sg_engine *g, const char *action_id, struct sg_receipt *out);
/* A proof that was just fetched, by the key this client trusts. CORRUPT, STATE (no key yet). */
SG_MUST enum sg_err sg_eng_proof_check(const struct sg_engine *g, const struct sg_http_reply *r, const char *event_id, struct sg_receipt *out, struct sg_error *e);
/* A person has looked: forgets the fork and the pinned key, and begins every view anew. */
SG_MUST enum sg_err sg_eng_logs_accept(struct sg_engine *g);
