/* The engine: queue, replay, conflicts, freshness, reads. A plain state machine over four seams (clock, random, file system
 * through the store's VFS, wire), stepped by whoever owns it: the engine thread of the full-screen client, the command line, a
 * simulation. It never blocks on the network and knows nothing of screens. Asks come in, tells go out. */
#pragma once
#include "net/transport.h"
#include "model/planned_stop.h"
#include "model/service_level.h"
#include "queue/store.h"
#include "sync/receipt.h"
#include "wire/export.h"
#include "wire/query.h"
#include "wire/review.h"

enum sg_ask_kind {
    SG_ASK_LOOKUP,        /* number, purpose -> TELL_LOOKUP */
    SG_ASK_CITIZEN,       /* id; cached_ok: may answer from cache at once and again when fresh -> TELL_CITIZEN */
    SG_ASK_EVENTS,        /* id ("" = whole log) and a page, or offset and limit when the page has no order -> TELL_EVENTS;
                             hold: answered only when there is something newer, or after a while with nothing */
    SG_ASK_DENSITY,       /* page.filter, limit = how many stretches at most -> TELL_DENSITY */
    SG_ASK_SAMPLE,        /* page.filter, limit = how many, text = seed ("": a new one), ref = size of the log (0: as it is), note = risks
                             with commas -> TELL_SAMPLE */
    SG_ASK_EXPORT,        /* page (oldest first), text = the form it is for -> TELL_EXPORT */
    SG_ASK_EXTRACT,       /* id, page (oldest first) -> TELL_EXPORT with number and name */
    SG_ASK_ACT,           /* action, hold (do not send now), text: number of the paper form it was decided on, or "";
                             observed taken from the cache when empty; performed_at 0:
                             now by the service's clock -> TELL_ACTION when durable, and again at every state change */
    SG_ASK_QUEUE,         /* own rows from offset, at most limit (0: 200), text "waiting" = not done; key = citizen id or ""
                             -> TELL_QUEUE with total */
    SG_ASK_QROW,          /* action id, whole row with base and outcome -> TELL_QROW */
    SG_ASK_RETRY,         /* action id or "" = all */
    SG_ASK_WITHDRAW,      /* action id */
    SG_ASK_RECONFIRM,     /* action id: the person confirmed a stale widening action again */
    SG_ASK_RESOLVE,       /* action id, text = "theirs" | "redo" | "note", note. redo with action: only on the ground it observed */
    SG_ASK_SYNC,          /* probe and drain now; TELL_IDLE when nothing more can be done at present */
    SG_ASK_STATUS,        /* -> TELL_STATUS */
    SG_ASK_POLICY, SG_ASK_ME,   /* -> TELL_POLICY, TELL_ME (cached when offline) */
    SG_ASK_PREPARE,       /* purpose: reads whom one's unit may need into the cache, before a stop -> TELL_PREPARED, news of the progress before */
    SG_ASK_LEVEL,         /* availability this month and the planned stop -> TELL_LEVEL (cached when offline); with watch it is news as well when a
                             stop is announced or called off */
    SG_ASK_PAPER,         /* limit ids made beforehand for paper forms -> TELL_PAPER */
    SG_ASK_FETCH,         /* note: path and query below /logs or /events, as it is read -> TELL_FETCHED with the body */
    SG_ASK_LOG_ACCEPT,    /* a person has looked at a fork: begin anew -> TELL_DONE */
    SG_ASK_LEFTOVERS,     /* queue files beside ours, looked for anew -> TELL_LEFTOVERS */
    SG_ASK_CHECK,         /* verify the whole store -> TELL_DAMAGE */
    SG_ASK_CANCEL,        /* ask id in ref: forget it */
    SG_ASK_STOP
};
struct sg_ask {
    uint64_t id;                       /* chosen by the asker, echoed in tells; 0 = engine picks up by itself */
    enum sg_ask_kind kind;
    char key[SG_ID_MAX];               /* citizen id or action id */
    char text[64];                     /* number to look up (wiped after use), or what to do */
    char purpose[48];
    char note[SG_TEXT_MAX];
    bool cached_ok, hold;
    int64_t offset, limit, ref;
    struct sg_event_page page;         /* EVENTS, DENSITY, SAMPLE, EXPORT, EXTRACT */
    struct sg_action *action;          /* ACT: owned, taken over */
};
enum sg_tell_kind { SG_TELL_STATUS, SG_TELL_LOOKUP, SG_TELL_CITIZEN, SG_TELL_EVENTS, SG_TELL_ACTION, SG_TELL_QUEUE, SG_TELL_QROW,
                    SG_TELL_POLICY, SG_TELL_ME, SG_TELL_DAMAGE, SG_TELL_PAPER, SG_TELL_DONE, SG_TELL_FAILED, SG_TELL_IDLE, SG_TELL_CHANGED,
                    SG_TELL_DENSITY, SG_TELL_SAMPLE, SG_TELL_EXPORT, SG_TELL_FETCHED, SG_TELL_PREPARED, SG_TELL_LEVEL,
                    SG_TELL_LEFTOVERS };

enum { SG_DENSITY_MAX = 120 };
/* n stretches of width ms each from from on; estimate: not counted to the last event. */
struct sg_density { int64_t from, width; int n; int64_t count[SG_DENSITY_MAX], refused[SG_DENSITY_MAX]; bool estimate[SG_DENSITY_MAX]; };

enum sg_link { SG_LINK_STARTING, SG_LINK_ONLINE, SG_LINK_OFFLINE, SG_LINK_AUTH };   /* three separate facts: link, queue, freshness */
/* The event logs as this client has verified them. */
struct sg_log_status {
    int64_t verified;                  /* events in the logs whose checkpoints were verified, -1 not known now */
    int quorum; bool witnessed;        /* so many witnesses must have signed each log (0: none is demanded), and have, lately */
    bool forked, new_epoch;            /* forked: nothing is sent; new_epoch: the service was restored from an older backup and said so */
    char why[SG_DETAIL_MAX];           /* forked: what did not fit */
    char key[SG_VKEY_MAX];             /* verifier key, "" not known */
};
/* A queue that was left behind and is opened to be taken over: whether its rows may be sent to this service. The last two are refused with
 * SG_E_STATE, and nothing in the file is touched. */
enum sg_adopt_bar { SG_ADOPT_FREE, SG_ADOPT_UNKNOWN_SERVICE /* an older program did not note it */, SG_ADOPT_OTHER_SERVICE, SG_ADOPT_OLD_COPY };
enum { SG_SERVICE_MAX = 256 };
struct sg_status {
    enum sg_link link;
    char link_detail[SG_DETAIL_MAX];   /* why offline or refused; no personal data */
    struct sg_qcounts queue;
    int64_t last_contact;              /* wall ms of the last real answer, 0 never */
    int64_t server_offset;             /* service clock minus ours, ms */
    bool store_open; enum sg_err store_err;
    struct sg_log_status log;
    size_t leftovers;                  /* queue files beside ours that somebody should look at */
    bool adopted; enum sg_adopt_bar bar; char service[SG_SERVICE_MAX];      /* adopted: this is one of them. service: whose it says it is */
    int64_t events;                    /* size of the event log as last heard, -1 unknown */
};
/* One line of the queue list. */
struct sg_qline { char action_id[SG_UUID_MAX]; enum sg_action_kind kind; char subject[SG_ID_MAX]; char subject_name[SG_NAME_MAX];
    char summary[160]; enum sg_qstate state; int64_t seq, created_at, next_try, done_at; int attempts; int last_status;
    struct sg_why why; bool fresh_needed, again;      /* again: the service has forgotten that it was done */
    int64_t ground_age;                /* ms, sg_qrow_ground_age */
    int64_t event_index; };
struct sg_tell {
    uint64_t ask;                      /* the ask it answers, 0 = news */
    enum sg_tell_kind kind;
    bool final;                        /* no more tells for this ask */
    enum sg_err err; struct sg_error error; struct sg_problem_info problem;     /* FAILED */
    struct sg_status status;
    char id[SG_ID_MAX];                /* LOOKUP, CITIZEN: citizen id; CHANGED: the same, "" = anybody may have; ACTION: action id */
    struct sg_change change;           /* CHANGED: what the service says of it; all "" when anybody may have changed */
    bool from_cache; int64_t as_of;    /* CITIZEN, POLICY, ME, EVENTS: never claim fresher than it is */
    char seen[SG_UUID_MAX];            /* LOOKUP, CITIZEN from the cache: id of the event that will say that it was shown; "" in a drill */
    struct sg_citizen *citizen;        /* owned by the receiver, all of these; pending own actions are NOT applied: see overlay */
    struct sg_policy *policy;
    struct sg_actor *actor;
    struct sg_event *events; size_t n_events; int64_t total;
    int64_t go_on, size;               /* EVENTS by page, EXPORT: where to go on (-1: that was all); EVENTS, SAMPLE: of the whole log */
    struct sg_density *density;
    struct sg_review_row *sample; size_t n_sample; char seed[17]; bool complete;
    struct sg_export_row *rows; size_t n_rows; char number[13], name[SG_NAME_MAX];      /* wiped when freed */
    struct sg_qline *lines; size_t n_lines;
    struct sg_qrow *row;               /* QROW; ACTION */
    struct sg_damage *damage; size_t n_damage;
    struct sg_receipt receipt;         /* QROW, ACTION: the kept proof, checked anew; verified false: there is none yet. FETCHED of a proof: it, error says why not */
    struct sg_buf body;                /* FETCHED */
    struct sg_leftover *leftovers; size_t n_leftovers;            /* LEFTOVERS */
    struct { size_t wanted, kept, failed; bool more; } prepared;      /* PREPARED; more: the service listed only the most pressing ones */
    struct sg_level level; struct sg_stop stop;       /* LEVEL */
    char (*paper)[SG_UUID_MAX]; size_t n_paper;   /* PAPER */
    struct sg_tell *next;              /* for whoever keeps a list of them */
};
void sg_tell_free(struct sg_tell *t);  /* and all it holds */

struct sg_engine_opts {
    struct sg_identity identity;
    char actor[SG_HSA_MAX];            /* from the certificate */
    const char *commission;            /* NULL: the first the directory gives */
    bool adopt;                        /* the store is a queue left behind (store.existing is set too): sent under whatever commissions its
                                          rows were decided under, oldest first; nothing new is put into it */
    bool moved;                        /* with adopt: the service has another address now than the queue says */
    struct sg_store_opts store;
    struct sg_clock clock; struct sg_random random;
    bool logs; const char *log_key;    /* watch the event logs; their verifier key, NULL: the one seen first is pinned */
    const char *log_witnesses; int log_witness_quorum;     /* verifier keys of witnesses, blanks between them; 0: all must have signed */
    bool watch;                        /* keep a long poll open (full screen); the command line does not */
    const char *client;                /* "sigill/0.1.0" */
};
typedef void sg_tell_fn(void *ctx, struct sg_tell *t);          /* takes over t (heap) */

struct sg_engine;
/* The transport is given by start(); the store is opened by the first step, so that a screen can paint before. */
SG_MUST enum sg_err sg_engine_new(const struct sg_engine_opts *o, sg_tell_fn *fn, void *ctx, struct sg_engine **out, struct sg_error *e);
void sg_engine_set_transport(struct sg_engine *g, struct sg_transport t);
sg_reply_fn sg_engine_reply;                                    /* give to the transport, ctx = the engine */
void sg_engine_ask(struct sg_engine *g, struct sg_ask *a);      /* copies *a, takes over a->action */
/* Does what is due now and returns ms until the next time something is due by itself (-1: never; wait for replies and asks). */
int sg_engine_step(struct sg_engine *g);
/* Memory ran out so thoroughly that an ask was ended without a tell. What is queued stays queued. True once. */
bool sg_engine_mute(struct sg_engine *g);
bool sg_engine_idle(const struct sg_engine *g);                 /* no request in flight (the long poll aside), nothing due now */
void sg_engine_free(struct sg_engine *g);

/* Pending own actions laid over a citizen as the service knows it: a copy with restrictions that would exist, made.registered_at == 0.
 * Views show server snapshot ⊕ pending and mark them NOT YET IN EFFECT. */
SG_MUST enum sg_err sg_overlay(const struct sg_policy *p, const struct sg_actor *me, const struct sg_citizen *c,
                               const struct sg_action *pending, size_t n, struct sg_date today, struct sg_citizen *out);
