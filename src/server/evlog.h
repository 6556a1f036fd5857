/* The event log over the database: what every event must hold, its place, its leaf, and the trees (one a care provider and epoch). Every
 * write belongs to a transaction of the caller, who calls sg_evlog_forget whenever something of it was rolled back. One thread owns it. */
#pragma once
#include "base/random.h"
#include "server/db.h"
#include "server/signer.h"
#include "wire/leaf.h"

/* Who keeps the log: from sigilld.conf, kept in the database so that an import knows it too. */
struct sg_log_identity {
    char name[96];                                   /* of the log's key; origins are name/log/epoch */
    char system[SG_HSA_MAX];                         /* HSA-id of the service */
    char provider[SG_HSA_MAX], provider_name[SG_NAME_MAX];     /* who answers for events without a commission */
};
#define SG_LOG_NAME "sigilld.invalid"                /* until sigilld.conf names the log */
#define SG_LOG_SERVICE "service"                     /* the log of events without a commission */

struct sg_evlog;
/* id NULL: as in the database, else presets; an id is written there. CONFLICT: the log has begun under another name. */
SG_MUST enum sg_err sg_evlog_open(struct sg_db *db, const struct sg_random *random, const struct sg_log_identity *id, struct sg_evlog **out,
                                  struct sg_error *e);
void sg_evlog_close(struct sg_evlog *l);             /* NULL-safe */
const struct sg_log_identity *sg_evlog_identity(const struct sg_evlog *l);
/* Template of an event that nobody's commission stands behind. */
void sg_event_of_service(struct sg_event *ev, const char *kind, const struct sg_clock *clock, const struct sg_random *random);
/* Completes ev (system, activity, resource, provider and unit when there is no commission, log) and writes it; sets index, log and
 * leaf_index. INTERNAL: a kind that event.def does not know, or one of the ten fields of the national contract is missing. */
SG_MUST enum sg_err sg_evlog_append(struct sg_evlog *l, struct sg_event *ev);
/* Signs whatever is not signed, in a transaction in which nothing was appended yet. OFFLINE: no signer, try again later · REFUSED: the
 * database does not hold what was signed before; sg_evlog_why says what. */
SG_MUST enum sg_err sg_evlog_sign(struct sg_evlog *l, const struct sg_signer *s, int64_t now);
bool sg_evlog_grew(struct sg_evlog *l);             /* since it was asked last, or it is not known */
const char *sg_evlog_why(const struct sg_evlog *l);
/* The signer's verifier key; it is written into the database the first time, CONFLICT when it is another one later. In a transaction. */
SG_MUST enum sg_err sg_evlog_key(struct sg_evlog *l, const struct sg_signer *s, char vkey[SG_VKEY_MAX], struct sg_error *e);
/* REFUSED: the signer has signed a log, or an epoch, that is not in the database. */
SG_MUST enum sg_err sg_evlog_missing(struct sg_evlog *l, const struct sg_signer *s);
/* What is kept in memory is read anew: after a rollback, or when another process has written. */
void sg_evlog_forget(struct sg_evlog *l);
