/* The simulated world: what its parts share. One process, one thread, and every choice from one seed. */
#pragma once
#include "base/clock.h"
#include "base/random.h"
#include "server/core.h"
#include "sync/engine.h"

/* ---- chance and trace (sim.c) ---- */
struct sim_rng { uint64_t s; };
uint64_t sim_next(struct sim_rng *r);
uint32_t sim_below(struct sim_rng *r, uint32_t n);               /* n > 0 */
bool sim_chance(struct sim_rng *r, unsigned per_mille);
struct sim_rng sim_stream(uint64_t seed, uint64_t which);        /* an independent stream of the seed */
struct sg_random sim_random(struct sim_rng *r);

struct sim_world;
extern struct sim_world *sim_w;                                  /* the world being run: SQLite calls back without a context */
/* Adds an observation to the trace hash, and prints it under --trace. */
void sim_trace(const char *fmt, ...) SG_PRINTF(1, 2);

/* ---- disk (disk.c): an SQLite VFS in memory that knows what has been synced ---- */
enum { SIM_CLIENTS = 5, SIM_SERVICE_DISK = SIM_CLIENTS, SIM_DISKS, SIM_FILES = 4 };
enum sim_fault { SIM_FAULT_NONE, SIM_FAULT_FULL, SIM_FAULT_WRITE, SIM_FAULT_READ, SIM_FAULT_SYNC };
enum sim_loss { SIM_KEEP_ALL, SIM_LOSE_ALL, SIM_LOSE_SOME, SIM_LOSE_TAIL, SIM_LOSSES };
struct sim_bytes { uint8_t *p; size_t n, cap; };
struct sim_op { int64_t at; size_t from, n; bool truncate; };    /* from: where its bytes stand in the file's op_bytes */
struct sim_file {
    char name[32];
    bool used, exists, safe_exists;                              /* as the program sees it; as a power loss would leave it */
    struct sim_bytes data, safe, op_bytes;
    struct sim_op *op; size_t n_op, cap_op;                      /* since the last sync */
    void *shm[16];
};
struct sim_disk {
    struct sim_file file[SIM_FILES];
    struct sim_rng rng;
    enum sim_fault fault; int64_t fault_in, fault_for;           /* operations until it begins, then how many it hits */
    int64_t freeze_in;                                           /* the process dies at this operation; -1 never */
    bool frozen;                                                 /* it has died: nothing it still does reaches the disk */
    bool sync_dead;                                              /* a sync has failed: what it lost is lost until the power is cycled … */
    bool sync_lies;                                              /* … and from then on none succeeds, or all seem to */
    bool sync_failed_once;
    int64_t ops, faults, lost;                                   /* lost: writes that a crash dropped or tore */
};
SG_MUST bool sim_vfs_register(void);
void sim_disk_init(struct sim_disk *d, struct sim_rng rng);
void sim_disk_free(struct sim_disk *d);
void sim_disk_crash(struct sim_disk *d, enum sim_loss loss);     /* what is left when the process, or the power, is gone */
void sim_disk_wipe(struct sim_disk *d);                          /* all files gone for good */
void sim_disk_load(struct sim_disk *d, const char *name, const void *p, size_t n);       /* a file, synced */
const struct sim_file *sim_disk_file(const struct sim_disk *d, const char *name);        /* NULL when there is none */

/* ---- service (service.c) ---- */
enum { SIM_STAFF = 5, SIM_CITIZENS = 4, SIM_PARKED = 16 };
struct sim_staff { const char *hsa, *commission, *roles; };
extern const struct sim_staff sim_staff[SIM_STAFF];
struct sim_citizen { char id[SG_ID_MAX]; char guardian[SG_ID_MAX]; char etag[SG_ETAG_MAX]; };
struct sim_msg;
struct sim_service {
    struct sg_core *core;                                        /* NULL: down */
    struct sim_rng rng;
    struct sim_msg *parked[SIM_PARKED]; size_t n_parked;
    struct sg_job parked_job[SIM_PARKED];
    bool revoked[SIM_STAFF];
    uint8_t *backup; size_t n_backup;
    bool backup_revoked[SIM_STAFF];
};
SG_MUST bool sim_template_make(void);                            /* the first database, once a process */
void sim_template_free(void);
void sim_service_init(struct sim_world *w);
void sim_service_start(struct sim_world *w);
void sim_service_crash(struct sim_world *w, enum sim_loss loss);
void sim_service_stop(struct sim_world *w);                      /* in order */
void sim_service_batch(struct sim_world *w, struct sim_msg **m, size_t n);
void sim_service_parked(struct sim_world *w, bool all);
void sim_service_commission(struct sim_world *w, int staff, bool revoke);
void sim_service_report(struct sim_world *w);                    /* its tables, to the checker */
int64_t sim_service_events(struct sim_world *w);

/* ---- wire (wire.c) ---- */
struct sim_client;
enum sim_way { SIM_TO_SERVICE, SIM_TO_CLIENT };
struct sim_msg {
    struct sim_msg *next;
    enum sim_way way;
    int64_t at; uint64_t order;                                  /* mono ms of arrival; ties in order of sending */
    struct sim_client *c; unsigned life; uint64_t token;
    bool mute;                                                   /* nobody waits for its answer (a doubled request) */
    struct sg_http_request rq; struct sg_http_reply re;
    struct sg_peer peer;
};
extern const struct sg_transport_ops sim_wire_ops;
void sim_msg_free(struct sim_msg *m);
struct sim_msg *sim_wire_next(struct sim_world *w);              /* the earliest, or NULL; still in the list */
void sim_wire_unlink(struct sim_world *w, struct sim_msg *m);
void sim_wire_answer(struct sim_world *w, struct sim_msg *request, struct sg_http_reply *re);    /* takes re->body */
void sim_wire_refuse(struct sim_world *w, struct sim_msg *request, const char *why);
void sim_wire_drop_all(struct sim_world *w);
void sim_wire_drop_requests(struct sim_world *w);                /* on their way to a service that is not there any more */

/* ---- client (client.c) ---- */
enum { SIM_ROWS = 400, SIM_SEEN = 40, SIM_EXCHANGES = 64 };
struct sim_row { char id[SG_UUID_MAX]; char subject[SG_ID_MAX]; enum sg_qstate state; bool fresh_needed, again; enum sg_action_kind kind; };
struct sim_seen { char id[SG_ID_MAX]; enum sg_restriction_kind kind; };
struct sim_exchange { uint64_t token; int64_t deadline; bool open; };
struct sim_client {
    struct sim_world *w;
    int n, staff;
    bool watch;
    struct sg_engine *g;                                         /* NULL: not running */
    unsigned life;                                               /* which run of the program */
    bool dying;
    struct sim_rng rng;
    int64_t skew; bool clock_touched;
    bool net, hang;                                              /* network on; off: hang instead of refusing at once */
    int64_t wake;                                                /* mono ms, -1 none */
    struct sim_exchange ex[SIM_EXCHANGES]; size_t n_ex;
    struct sim_row row[SIM_ROWS]; size_t n_row;                  /* as last told to the person */
    struct sim_seen seen[SIM_CITIZENS][SIM_SEEN]; size_t n_seen[SIM_CITIZENS];
    char etag_seen[SIM_CITIZENS][SG_ETAG_MAX];
    struct { uint64_t ask; int64_t at; char id[SG_UUID_MAX]; } act[16]; size_t n_act;        /* asked, not yet answered */
    bool store_bad;
    size_t reads_left;                                           /* as last told */
    size_t listed;                                               /* rows of the final listing */
};
void sim_client_start(struct sim_client *c);
void sim_client_stop(struct sim_client *c);                      /* in order */
void sim_client_crash(struct sim_client *c, enum sim_loss loss);
void sim_client_step(struct sim_client *c);
uint64_t sim_client_ask(struct sim_client *c, enum sg_ask_kind kind, const char *key, const char *text);
void sim_client_act(struct sim_client *c, struct sg_action *a, bool hold);       /* copies */

/* ---- people (people.c): what is decided, by whom ---- */
void sim_people_act(struct sim_world *w, struct sim_client *c);
void sim_people_tend(struct sim_world *w, struct sim_client *c); /* conflicts, refusals, stale ones, second thoughts */

/* ---- the world (world.c) ---- */
struct sim_options { bool trace, restore; int steps; };
/* What was done to the world and hit something: SIM_HITS(name, text). */
#define SIM_HITS(X) X(KILL, "kills") X(LOST_WRITE, "writes lost or torn") X(DISK, "disk errors") X(NO_NET, "requests without a network") \
    X(LOST, "messages lost") X(LATE, "late") X(DOUBLE, "doubled") X(CUT, "cut") X(FOREIGN, "answered by others") X(BUSY, "turned away") \
    X(CLOCK, "clock jumps") X(REVOKE, "commissions revoked") X(RESTORE, "old backups put back")
enum sim_hit {
#define X(name, text) SIM_HIT_##name,
    SIM_HITS(X)
#undef X
    SIM_HIT_COUNT
};
/* asked: decided by people; queued: of these durable in a queue; done: of these in effect in the end; again: forgotten by a
 * service put back to its backup, and sent again; reads: shown from the cache because the service did not answer. */
struct sim_counts { int64_t seeds, asked, queued, done, again, restarts, messages, batches, reads, hit[SIM_HIT_COUNT]; };
int64_t sim_faults(const struct sim_counts *n);
struct sim_world {
    uint64_t seed, hash;
    struct sim_options opt;
    struct sim_rng plan, net;
    int64_t now, wall_extra;                                     /* mono ms; wall clock runs ahead of it by this */
    uint64_t told; int round;                                    /* rows told of so far; round of the last draining */
    int chaos;                                                   /* 0 none … 3 much */
    bool restores, plan_restore; int backup_at, restore_at;      /* a world in which the service loses its disk */
    bool healed, restored, final;                               /* final: the listing that counts */
    int n_clients;
    struct sim_client client[SIM_CLIENTS];
    struct sim_disk disk[SIM_DISKS];
    struct sim_service service;
    struct sim_citizen citizen[SIM_CITIZENS];
    struct sim_msg *msgs; uint64_t order;
    struct chk *chk;
    struct sim_counts n;
};
extern const int64_t SIM_T0;
int64_t sim_world_wall(const struct sim_world *w);
struct sg_clock sim_service_clock(struct sim_world *w);
int sim_citizen_index(const struct sim_world *w, const char *id);        /* -1 unknown */
/* Plants every fault of the table in turn and runs its seed; with search, also the seeds 1..search. True: each was found (mutants.c). */
bool sim_mutants(const char *file, int search, int steps);
/* Runs one seed. False: the checker found something; *why (cap bytes) says what. */
bool sim_run(uint64_t seed, const struct sim_options *o, struct sim_counts *total, uint64_t *hash, char *why, size_t cap);
