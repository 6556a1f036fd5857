/* sigilld without HTTP: requests in, replies out, over a clock, randomness and an SQLite file. One thread owns a core.
 * The rule of the house: a reply leaves this room only after everything it tells of, its event included, has been committed. */
#pragma once
#include "base/clock.h"
#include "base/random.h"
#include "server/evlog.h"
#include "server/feed.h"
#include "wire/endpoint.h"

struct sg_limits {
    int lookups_minute, lookups_hour, lookups_day;       /* per person */
    int idle_minutes, session_hours;
};
struct sg_core_opts {
    const char *database, *vfs;                          /* vfs NULL: SQLite's own; else the file is held exclusively */
    struct sg_clock clock;
    struct sg_random random;
    struct sg_limits limits;                             /* a zero takes the default */
    const struct sg_log_identity *log;                   /* NULL: as the database has it */
    struct sg_feed *feed;                                /* of witnesses; NULL: none. Borrowed */
    const struct sg_signer *signer;                      /* of checkpoints; NULL: none are made. What it points to is copied */
};
/* Who is at the other end, as the TLS layer has established it. */
struct sg_peer {
    bool certified;                                      /* chain, purpose, dates, revocation and HSA-id are all in order */
    char hsa[SG_HSA_MAX];
    char fingerprint[65];                                /* SHA-256 of the certificate, hex */
    char why[96];                                        /* when not certified; for the diary, not for the other end */
};
/* One exchange. The request and the peer are borrowed; the reply's body belongs to the holder of the job. */
struct sg_job {
    const struct sg_peer *peer;
    const struct sg_http_request *request;
    enum sg_problem refuse;                              /* the transport already knows this refusal; SG_PROBLEM_COUNT: no */
    struct sg_http_reply reply;
    bool parked;                                         /* no reply yet: hand the job in again when … */
    int64_t parked_until;                                /* … the monotonic clock has reached this, or … */
    int64_t parked_since;                                /* … sg_core_revision is not this any more, or, unless 0, … */
    int64_t parked_size;                                 /* … sg_core_events is not this any more */
};

struct sg_core;
SG_MUST enum sg_err sg_core_open(const struct sg_core_opts *o, struct sg_core **out, struct sg_error *e);
void sg_core_close(struct sg_core *c);                   /* NULL-safe */
void sg_job_init(struct sg_job *j, const struct sg_peer *peer, const struct sg_http_request *rq);

/* One transaction and one fsync for all of them. When it cannot be committed every reply is 503 log-unavailable and nothing was done. */
void sg_core_batch(struct sg_core *c, struct sg_job **job, size_t n);
/* Whoever hands in batches calls this between them, when the answers are on their way: the write-ahead log is brought home early while
 * nobody waits, late while many do. Without it that happens inside a batch, before its answers. */
void sg_core_tidy(struct sg_core *c, bool idle);
/* Whether a batch of nothing should be run: monotonic ms from which on it should, or -1. Events must be signed within a second. */
int64_t sg_core_due(const struct sg_core *c);
/* A batch of one that never parks: a long poll is answered at once. */
void sg_core_handle(struct sg_core *c, const struct sg_peer *peer, const struct sg_http_request *rq, struct sg_http_reply *re);
/* An event of the service itself (service.start, service.stop), when no batch is running. */
SG_MUST enum sg_err sg_core_note(struct sg_core *c, const char *kind);
/* Answers every parked job at once from now on (the service is stopping). */
void sg_core_hurry(struct sg_core *c);
void sg_reply_busy(struct sg_http_reply *re, int64_t now);  /* 503 busy, for a request that no core has seen */
int64_t sg_core_revision(const struct sg_core *c);       /* as of the last batch, both */
int64_t sg_core_events(const struct sg_core *c);
bool sg_core_dead(const struct sg_core *c);              /* a failed fsync: everything is refused until a restart */
