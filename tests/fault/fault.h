/* Faults of the machine, one at a time, in the real programs. A workload is prepared, run once undisturbed to learn how many calls of a
 * class it makes (N), and then run again for k = 1 … N with call k made to fail, or the program killed at it. After each run the verdict
 * is the same: no crash, no hang, nothing lost that was announced, an honest exit status; and after one more run without faults, every
 * row of the queue is in effect exactly once. */
#pragma once
#include "inject.h"
#include "tests/e2e/lib.h"
#include "sync/engine.h"

/* path: not 0, the first call that comes this way is meant instead of call k. */
struct fault_plan { enum fault_mode mode; enum fault_class class; int64_t k; int which; bool forever; int way; enum fault_trace trace; bool quiet; uint64_t path; };
struct fault_run { struct e2e_out o; bool hung; };

/* ---- plan.c: the shim's side ---- */
extern struct fault_shared *fault_seen;                   /* of the latest run */
void fault_open(void);                                    /* maps the shared file in e2e_dir */
void fault_close(void);
void fault_arm(const struct fault_plan *p);
/* Starts argv with the shim before it; env as in e2e_spawn, at most two. */
struct e2e_proc fault_spawn(const char *const *argv, const char *const *env, const char *err_file);
/* Runs fn within this process, counted and with accounts of its memory; its return value is the exit status. */
void fault_within(int (*fn)(const char *const *arg), const char *const *arg, struct fault_run *r);
/* Collects it; a program that does not end within ms is killed and hung. */
void fault_collect(struct e2e_proc *p, int ms, struct fault_run *r);
void fault_say(char *dst, size_t cap, const struct fault_plan *p);       /* "FSYNC #12 EIO for ever at libsqlite3.so+0x…" */
size_t fault_sites(enum fault_class c, bool failed);      /* distinct places calls came from in the latest counting run; those where one was made to fail since */
bool fault_touched(uint64_t place);                       /* a call from there was made to fail since the counting run */
/* Whether call k has such an error. Nothing is interrupted for ever. */
bool fault_worth(enum fault_class c, int64_t k, int which, bool forever);
bool fault_asked_for(enum fault_class c, int64_t k);      /* whether call k is the one that FAULT_CALL names ("LOCK"), or none is named */

/* ---- desk.c: one workstation, and what the service thinks of it ---- */
enum { DESK_ROWS = 256, DESK_BATCH = 20 };
struct desk_row { char id[SG_UUID_MAX]; enum sg_qstate state; };
struct desk { char device[SG_UUID_MAX]; size_t n, before; struct desk_row row[DESK_ROWS]; };   /* before: rows of earlier runs */
void desk_open(void);                                     /* citizens for a run, the service's database */
void desk_sit_at(int station);                            /* another workstation of the same person, with a state directory of its own */
const struct sg_engine_opts *desk_opts(void);
void desk_reopen(void);                                   /* in a forked child: connection and passphrase of its own */
void desk_close(void);
void desk_fresh(bool with_store);                         /* an empty state directory, or one with a store and nothing in it */
const char *desk_citizen(char day[11]);                   /* the next citizen and a day nobody has sealed of theirs */
void desk_queue(int n);                                   /* n acts into the store, ready to go, each of another citizen */
void desk_mark(void);                                     /* the rows there are now are those of earlier runs */
void desk_look(struct desk *d);                           /* opens the store without faults: rows; fails on damage */
void desk_try(int ms);                                    /* drains once, whatever the service is worth */
void desk_sync(void);                                     /* lets go what is held, and drains, without faults */
long desk_effects(const char *action_id);                 /* done events of it that are no repetitions; must be 0 or 1 */
long desk_acts_of(const char *device);                    /* acts the service has of this device */

/* ---- work.c: the loop over every k ---- */
struct fault_work {
    const char *name;
    bool within;                                          /* runs within this process when memory is counted */
    void (*prepare)(bool first);                          /* first of a batch: with a new store */
    void (*perform)(struct fault_run *r);                 /* runs the program under the armed plan */
    void (*judge)(const struct fault_plan *p, const struct fault_run *r);        /* what must hold at once */
    void (*settle)(const struct fault_plan *p, const struct fault_run *r);       /* what must hold after a batch and a run without faults */
};
/* All classes of calls of one workload; prints a line each. */
void fault_drive(const struct fault_work *w);
/* What went wrong, with the plan that did it; judge calls this. */
void fault_wrong(const struct fault_plan *p, const struct fault_run *r, const char *format, ...) __attribute__((format(printf, 3, 4)));
void fault_warm_up(void);                                 /* a run within this process: what libraries keep for good they keep from now on */
extern const struct fault_work FAULT_ENQUEUE_FIRST, FAULT_ENQUEUE, FAULT_DO, FAULT_SYNC, FAULT_APPLY;
