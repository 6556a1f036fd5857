/* What the files of this room share. Nothing here is for others. */
#pragma once
#include "sync/classify.h"
#include "sync/engine.h"
#include "sync/logs.h"

enum sg_rq_kind { SG_RQ_SESSION, SG_RQ_PROBE, SG_RQ_POLL, SG_RQ_READ, SG_RQ_BASE, SG_RQ_PUT, SG_RQ_READBACK, SG_RQ_DEVICE, SG_RQ_LOST, SG_RQ_LOG, SG_RQ_PREPARE,
                  SG_RQ_KEEP, SG_RQ_SEEN, SG_RQ_COUNT };
enum { SG_PUTS_MAX = 4, SG_INBOX_MAX = 4096, SG_PROBE_MS = 2000, SG_PROBE_JITTER_MS = 2400, SG_AUTH_RETRY_MS = 300000 };

/* An ask on its way through the engine. Owned by exactly one list or request. */
struct sg_pend {
    struct sg_pend *next;
    struct sg_ask a;
    int64_t asked_at;           /* wall ms, ours: when the person decided, however long it waits in here */
    int tries;                  /* times sent again after a 401 */
    bool cache_told;            /* the cached answer has gone out already */
    int64_t seen;               /* LOOKUP, CITIZEN: its place among the reads that are not in the service's log; 0 none */
    char seen_id[SG_UUID_MAX];
    bool base_tried;            /* ACT: the citizen has been asked for */
    bool early;                 /* STATUS: told once while the link was still unknown */
    bool waited;                /* has waited for the link once; the next time it takes what it gets */
};
struct sg_got;
struct sg_rq {                  /* one request on the wire */
    struct sg_rq *next;
    uint64_t token;
    enum sg_rq_kind kind;
    unsigned session;           /* the session it was sent under: a late 401 of an older one counts for nothing */
    int64_t started;            /* mono ms */
    struct sg_pend *pend;       /* READ, BASE, READBACK */
    struct sg_qrow *row;        /* PUT */
    struct sg_got *got;         /* where the reply is going to lie: there must be room for it */
};
struct sg_got { struct sg_got *next; uint64_t token; struct sg_http_reply r; };
struct sg_lost { struct sg_lost *next; char action[SG_UUID_MAX]; };
/* Who wants to hear of an action until it ends. */
struct sg_watch { struct sg_watch *next; uint64_t ask; char action[SG_UUID_MAX]; bool due; };

enum { SG_MOVED_MAX = 32 };
/* What an own act of this process made of a citizen's version: a read that was under way meanwhile may still bring the one before. */
struct sg_moved { char subject[SG_ID_MAX], before[SG_ETAG_MAX]; };
struct sg_engine {
    struct sg_moved moved[SG_MOVED_MAX]; unsigned n_moved;      /* a ring */
    struct sg_engine_opts o;            /* pointers inside point to the copies below */
    char *dir, *file, *service, *vfs, *commission_opt, *client, *log_key, *log_witnesses;
    struct sg_secret passphrase;        /* freed when the store has been opened */
    sg_tell_fn *fn; void *ctx;
    struct sg_transport t; bool has_t;
    struct sg_store *store; enum sg_err store_err;
    size_t leftovers;                   /* as found when the store was opened, or last asked for */
    struct sg_adopt *adopt;             /* a queue left behind is open; NULL: it is our own */
    enum sg_adopt_bar adopt_bar; char adopt_service[SG_SERVICE_MAX];
    bool started, dead, drain_due, status_due;

    enum sg_link link; char detail[SG_DETAIL_MAX];
    char bearer[80];                    /* memory only, wiped */
    unsigned session; int auth_fails;
    int64_t probe_at, poll_at, signin_at;       /* mono ms, -1 none */
    int64_t next_try;                           /* wall ms, 0 none */
    int64_t probe_started;
    int64_t revision; bool no_poll;             /* of the change feed; no_poll: this service has none for us */
    int64_t last_contact, offset, events;
    struct sg_stop stop;                /* beside the level as last read; from 0: none */

    char commission[SG_HSA_MAX];
    struct sg_actor actor; bool has_actor;
    struct sg_policy policy; bool has_policy; int64_t policy_as_of;

    uint64_t next_token;
    struct sg_rq *rqs; size_t n_rq[SG_RQ_COUNT];
    struct sg_got *got, **got_end;
    struct sg_pend *inbox, **inbox_end; size_t n_inbox;
    struct sg_pend *waiting;            /* for the link to be known, or for sign-in */
    struct sg_pend *syncs;              /* SYNC asks not yet idle */
    struct sg_watch *watches;
    struct sg_watch *unnoted; int64_t unnoted_at;       /* rows whose answer could not be written; mono ms of the next try, -1 none */
    struct sg_logs *logs;               /* NULL: not watched */
    struct sg_prepare *prepare;         /* one at a time; NULL: none */
    bool seen_due;                      /* reads may have to be handed in */
    int64_t seen_from, seen_at; int seen_most;          /* from this place on, so many at once; mono ms of the next try, -1 none */
    struct sg_seen_batch *seen_sent;    /* what is on the wire */
    struct sg_status told; bool ever_told; int64_t status_at;      /* mono ms: not before */
    bool forgot;                        /* it does not: this round has found something */
    bool checking;                      /* whether the service still knows what it has said: nothing is sent meanwhile */
    struct sg_lost *lost;               /* done rows it does not list, to be asked for one by one */
    struct sg_tell *spare; bool mute;   /* the last word when memory has run out, and whether even that is gone */
};

/* engine.c */
int64_t sg_eng_now(const struct sg_engine *g);                      /* wall ms, ours */
int64_t sg_eng_service_now(const struct sg_engine *g);              /* wall ms, corrected by what the service says */
bool sg_eng_can_send(const struct sg_engine *g);
void sg_eng_wait(struct sg_engine *g, struct sg_pend *p);           /* puts p into the waiting list, in order */
void sg_eng_pend_free(struct sg_pend *p);
void sg_eng_self_ask(struct sg_engine *g, enum sg_ask_kind kind);   /* news: ask id 0 */

/* ask.c */
void sg_eng_dispatch(struct sg_engine *g, struct sg_pend *p);       /* takes p */
bool sg_eng_link_known(const struct sg_engine *g);

/* request.c */
struct sg_rq *sg_eng_send(struct sg_engine *g, enum sg_rq_kind kind, struct sg_http_request *rq, int timeout_ms);    /* takes the body */
void sg_eng_rq_cancel(struct sg_engine *g, struct sg_rq *rq);       /* unlinks and frees it with all it holds */
struct sg_rq *sg_eng_rq_take(struct sg_engine *g, uint64_t token);  /* unlinks; caller frees */
void sg_eng_rq_free(struct sg_rq *rq);
void sg_eng_answered(struct sg_engine *g, struct sg_got *got);      /* one reply, whole */
enum sg_err sg_eng_body(const struct sg_http_reply *r, cJSON **out);

/* link.c */
void sg_eng_sign_in(struct sg_engine *g);
void sg_eng_probe(struct sg_engine *g);
void sg_eng_online(struct sg_engine *g);
void sg_eng_offline(struct sg_engine *g, const char *why);
void sg_eng_auth(struct sg_engine *g, const char *why);
void sg_eng_unauthorised(struct sg_engine *g, const struct sg_rq *rq, const struct sg_problem_info *pi, const char *transport);
void sg_eng_set_actor(struct sg_engine *g, const struct sg_actor *a, const char *json, size_t n);
void sg_eng_poll(struct sg_engine *g);
void sg_eng_on_session(struct sg_engine *g, struct sg_rq *rq, struct sg_http_reply *r, enum sg_verdict v, struct sg_problem_info *pi);
void sg_eng_on_probe(struct sg_engine *g, struct sg_rq *rq, struct sg_http_reply *r, enum sg_verdict v, struct sg_problem_info *pi);
void sg_eng_on_poll(struct sg_engine *g, struct sg_rq *rq, struct sg_http_reply *r, enum sg_verdict v, struct sg_problem_info *pi);

/* read.c, cache.c */
void sg_eng_read(struct sg_engine *g, struct sg_pend *p);           /* link known; takes p */
void sg_eng_read_cached(struct sg_engine *g, struct sg_pend *p);    /* the early answer, p stays */
void sg_eng_on_read(struct sg_engine *g, struct sg_rq *rq, struct sg_http_reply *r, enum sg_verdict v, struct sg_problem_info *pi);
bool sg_eng_citizen_reply(struct sg_engine *g, const struct sg_http_reply *r, struct sg_citizen *out);    /* decodes and caches */
bool sg_eng_cached_citizen(struct sg_engine *g, const char *id, struct sg_citizen *out, int64_t *as_of);
void sg_eng_cache_citizen(struct sg_engine *g, const struct sg_citizen *c);
void sg_eng_cache_forget(struct sg_engine *g, const char *kind, const char *key);
bool sg_eng_cache_json(struct sg_engine *g, const char *kind, const char *key, cJSON **out, int64_t *as_of);
void sg_eng_cache_text(struct sg_engine *g, const char *kind, const char *key, const char *json, size_t n);
bool sg_eng_cached_actor(struct sg_engine *g, struct sg_actor *out, int64_t *as_of);
void sg_eng_load_cached(struct sg_engine *g);                       /* policy and me, at start */
void sg_eng_lookup_key(const struct sg_engine *g, const char *number, char dst[SG_ID_MAX]);

/* events.c: reading the log; never cached, a log that is not whole proves nothing */
#define SG_EVENTS_OFFLINE "the service cannot be reached; events are only shown as it gives them"
bool sg_eng_events_request(struct sg_engine *g, struct sg_pend *p, struct sg_http_request *rq);
struct sg_tell *sg_eng_events_fresh(struct sg_engine *g, struct sg_pend *p, const struct sg_http_reply *r);
struct sg_tell *sg_eng_density_fresh(struct sg_engine *g, struct sg_pend *p, const struct sg_http_reply *r);
struct sg_tell *sg_eng_sample_fresh(struct sg_engine *g, struct sg_pend *p, const struct sg_http_reply *r);
struct sg_tell *sg_eng_export_fresh(struct sg_engine *g, struct sg_pend *p, const struct sg_http_reply *r);

/* logs.c; the rest is in logs.h */
void sg_eng_on_log(struct sg_engine *g, struct sg_rq *rq, struct sg_http_reply *r, enum sg_verdict v, struct sg_problem_info *pi);

/* act.c, drain.c */
bool sg_eng_act_check(struct sg_engine *g, struct sg_pend *p);      /* false: told FAILED and freed */
void sg_eng_act(struct sg_engine *g, struct sg_pend *p);            /* link known; takes p */
void sg_eng_on_base(struct sg_engine *g, struct sg_rq *rq, struct sg_http_reply *r, enum sg_verdict v, struct sg_problem_info *pi);
void sg_eng_drain(struct sg_engine *g);
void sg_eng_on_put(struct sg_engine *g, struct sg_rq *rq, struct sg_http_reply *r, enum sg_verdict v, struct sg_problem_info *pi);
/* What the service says became of this action: nothing else counts. v: DONE, CONFLICT or REFUSED. */
SG_MUST enum sg_err sg_eng_outcome_read(const char *action_id, const struct sg_http_reply *r, enum sg_verdict v, struct sg_outcome *out);
/* Whether an own act that has ended came after this picture of the citizen. */
bool sg_eng_outrun(const struct sg_engine *g, const struct sg_citizen *c);
bool sg_eng_put_back(struct sg_engine *g, const char *action_id);   /* its fate is unknown: the same id goes again */
void sg_eng_unnoted(struct sg_engine *g);                           /* tries to put back what could not be written */

/* again.c: after the service came back from an old copy */
void sg_eng_again_check(struct sg_engine *g);                       /* link online */
void sg_eng_again_end(struct sg_engine *g);                         /* the wire is gone; it is checked anew when it is back */
void sg_eng_on_device(struct sg_engine *g, struct sg_rq *rq, struct sg_http_reply *r, enum sg_verdict v, struct sg_problem_info *pi);
void sg_eng_on_lost(struct sg_engine *g, struct sg_rq *rq, struct sg_http_reply *r, enum sg_verdict v, struct sg_problem_info *pi);

/* seen.c: reads that are not in the service's log yet */
#define SG_SEEN_NOT_NOTED "that you read this could not be noted on this computer, so it is not shown: the event log must know it"
/* Before t is shown. Not OK: it must not be. */
SG_MUST enum sg_err sg_eng_seen_note(struct sg_engine *g, struct sg_pend *p, const char *kind, const struct sg_tell *t);
void sg_eng_seen_logged(struct sg_engine *g, struct sg_pend *p);    /* the service has answered, and so logged, this ask itself */
void sg_eng_seen_contact(struct sg_engine *g);                      /* the service answers again, or a person wants it tried */
bool sg_eng_seen_ready(const struct sg_engine *g);                  /* the next step will hand some in */
void sg_eng_seen_send(struct sg_engine *g);
void sg_eng_on_seen(struct sg_engine *g, struct sg_rq *rq, struct sg_http_reply *r, enum sg_verdict v, struct sg_problem_info *pi);

/* adopt.c: a queue left behind */
void sg_eng_note_service(struct sg_engine *g);                      /* which service our own queue is for */
bool sg_eng_adopt_open(struct sg_engine *g);                        /* the store is open. False: it must not be used, adopt_bar says why */
bool sg_eng_adopt_next(struct sg_engine *g);                        /* nothing more goes under this commission: signs in under the next */
void sg_eng_adopt_anew(struct sg_engine *g);                        /* something has gone, or a person asks: all commissions may be tried again */

/* drill.c: staff, policy and citizens that do not exist, into the cache */
void sg_eng_drill(struct sg_engine *g);

/* prepare.c */
void sg_eng_prepare(struct sg_engine *g, struct sg_pend *p);        /* link known; takes p */
void sg_eng_prepare_end(struct sg_engine *g);                       /* the service is gone: told as far as it came */
void sg_eng_prepare_free(struct sg_engine *g);
void sg_eng_on_prepare(struct sg_engine *g, struct sg_rq *rq, struct sg_http_reply *r, enum sg_verdict v, struct sg_problem_info *pi);
void sg_eng_on_keep(struct sg_engine *g, struct sg_rq *rq, struct sg_http_reply *r, enum sg_verdict v, struct sg_problem_info *pi);

/* tray.c: asks about the queue, answered at once */
void sg_eng_tray(struct sg_engine *g, struct sg_pend *p);           /* takes p */
void sg_eng_on_readback(struct sg_engine *g, struct sg_rq *rq, struct sg_http_reply *r, enum sg_verdict v, struct sg_problem_info *pi);
enum sg_err sg_eng_release(struct sg_engine *g, bool by_person);    /* retry rows go again now; by a person also held, parked; the first error */

/* tell.c */
void sg_eng_reserve(struct sg_engine *g);                           /* the last word, made again when it is gone */
struct sg_tell *sg_eng_tell(uint64_t ask, enum sg_tell_kind kind, bool final);     /* NULL: no memory */
void sg_eng_give(struct sg_engine *g, struct sg_tell *t);           /* NULL is allowed */
void sg_eng_failed(struct sg_engine *g, uint64_t ask, enum sg_err err, const char *where, const char *detail);
void sg_eng_failed_by(struct sg_engine *g, uint64_t ask, const struct sg_http_reply *r, enum sg_verdict v,
                      const struct sg_problem_info *pi);
void sg_eng_done(struct sg_engine *g, uint64_t ask, const char *id);
void sg_eng_tell_row(struct sg_engine *g, const char *action_id);   /* to its watcher, or as news */
bool sg_eng_watch(struct sg_engine *g, uint64_t ask, const char *action_id);
void sg_eng_watchers_told(struct sg_engine *g);                     /* the link is gone: what waits is final for now */
void sg_eng_watchers_blocked(struct sg_engine *g);                  /* all is drained: what is still ready waits behind another row */
void sg_eng_unwatch(struct sg_engine *g, const char *action_id);
void sg_eng_status_fill(struct sg_engine *g, struct sg_status *s);
void sg_eng_status_news(struct sg_engine *g);                       /* tells when something changed */
