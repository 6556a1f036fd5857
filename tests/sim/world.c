/* One seed: a world is made, lives through a number of steps drawn from the seed, is healed, drains, and is judged. Time is a queue of
 * messages, wake-ups and time-outs; nothing sleeps. Healing means: disks and network work, everybody is let in, people decide whatever
 * waits for them. After that every action must have come to an end. */
#include "sim.h"
#include <stdlib.h>
#include <string.h>
#include "base/str.h"
#include "checker.h"
#include <sqlite3.h>

enum { ROUNDS = 400, WINDOW_MS = 4, SECOND = 1000, MINUTE = 60000 };
const int64_t SIM_T0 = INT64_C(1772445600000);           /* 2026-03-02T10:00:00Z */

int64_t sim_world_wall(const struct sim_world *w) { return SIM_T0 + w->now + w->wall_extra; }
static int64_t s_wall(void *ctx) { return sim_world_wall(ctx); }
static int64_t s_mono(void *ctx) { return ((const struct sim_world *)ctx)->now + 1; }
struct sg_clock sim_service_clock(struct sim_world *w) { return (struct sg_clock){s_wall, s_mono, w}; }

int sim_citizen_index(const struct sim_world *w, const char *id)
{
    for (int i = 0; i < SIM_CITIZENS; i++)
        if (sg_eq(w->citizen[i].id, id)) return i;
    return -1;
}

static uint32_t below(struct sim_world *w, uint32_t n) { return sim_below(&w->plan, n); }

/* ---- time ---- */

static int64_t sooner(int64_t a, int64_t b) { return b < a ? b : a; }

static int64_t next_event(struct sim_world *w)
{
    int64_t at = INT64_MAX;
    struct sim_msg *m = sim_wire_next(w);
    if (m) at = m->at;
    for (int i = 0; i < w->n_clients; i++) {
        const struct sim_client *c = &w->client[i];
        if (!c->g) continue;
        if (c->wake >= 0) at = sooner(at, c->wake);
        for (size_t k = 0; k < c->n_ex; k++)
            if (c->ex[k].open) at = sooner(at, c->ex[k].deadline);
    }
    for (size_t i = 0; i < w->service.n_parked; i++) at = sooner(at, w->service.parked_job[i].parked_until);
    return at;
}

static void hand_over(struct sim_client *c, uint64_t token, struct sg_http_reply *re)
{
    for (size_t k = 0; k < c->n_ex; k++) {
        if (!c->ex[k].open || c->ex[k].token != token) continue;
        c->ex[k].open = false;
        sg_engine_reply(c->g, token, re);
        sim_client_step(c);
        return;
    }
}

static void arrive(struct sim_world *w, struct sim_msg *m)
{
    sim_wire_unlink(w, m);
    if (m->c->g && m->life == m->c->life) hand_over(m->c, m->token, &m->re);
    sim_msg_free(m);
}

static void time_outs(struct sim_client *c)
{
    for (size_t k = 0; k < c->n_ex && c->g; k++) {
        if (!c->ex[k].open || c->ex[k].deadline > c->w->now) continue;
        struct sg_http_reply re = {.retry_after = -1, .transport = SG_E_OFFLINE};
        SG_COPY(re.transport_detail, "timed out");
        sim_trace("time-out c%d %llu", c->n, (unsigned long long)c->ex[k].token);
        hand_over(c, c->ex[k].token, &re);
    }
}

/* Everything that arrives at the service within the same few milliseconds is one batch. */
static void deliver(struct sim_world *w)
{
    struct sim_msg *m, *batch[SIM_PARKED];
    size_t n = 0;
    while ((m = sim_wire_next(w)) && m->at <= w->now) {
        if (m->way == SIM_TO_CLIENT) {
            arrive(w, m);
        } else if (n < 8) {
            sim_wire_unlink(w, m);
            batch[n++] = m;
        } else {
            break;
        }
    }
    if (n) sim_service_batch(w, batch, n);
}

static void advance(struct sim_world *w, int64_t ms)
{
    int64_t until = w->now + ms;
    for (int guard = 0; guard < 200000; guard++) {
        int64_t at = next_event(w);
        if (at > until) break;
        w->now = sooner(until, (at > w->now ? at : w->now) + (sim_wire_next(w) ? WINDOW_MS : 0));
        deliver(w);
        for (int i = 0; i < w->n_clients; i++) {
            struct sim_client *c = &w->client[i];
            time_outs(c);
            if (c->g && c->wake >= 0 && c->wake <= w->now) sim_client_step(c);
        }
        if (w->service.core && w->service.n_parked) sim_service_parked(w, false);
        if (guard == 199999) chk_note(w->chk, "the world does not come to rest");
    }
    w->now = until;
}

/* ---- steps ---- */

static void step_act(struct sim_world *w, struct sim_client *c)
{
    for (uint32_t n = 1 + below(w, 4); n > 0 && c->g; n--) sim_people_act(w, c);
}
static void step_tend(struct sim_world *w, struct sim_client *c) { sim_people_tend(w, c); }
static void step_sync(struct sim_world *w, struct sim_client *c) { (void)w; (void)sim_client_ask(c, SG_ASK_SYNC, "", ""); }
static void step_read(struct sim_world *w, struct sim_client *c) { (void)sim_client_ask(c, SG_ASK_CITIZEN, w->citizen[below(w, SIM_CITIZENS)].id, ""); }

static void step_net(struct sim_world *w, struct sim_client *c)
{
    c->net = !c->net;
    c->hang = below(w, 3) == 0;
    sim_trace("network c%d %s%s", c->n, c->net ? "on" : "off", c->hang ? " hanging" : "");
    for (int i = 0; i < SIM_CITIZENS && !c->net; i++) (void)sim_client_ask(c, SG_ASK_CITIZEN, w->citizen[i].id, "");        /* people look all the same */
}
static void step_kill(struct sim_world *w, struct sim_client *c)
{
    if (c->g) sim_client_crash(c, (enum sim_loss)below(w, SIM_LOSSES));
}
static void step_kill_at(struct sim_world *w, struct sim_client *c)
{
    w->disk[c->n].freeze_in = below(w, 40);
    sim_trace("c%d will die at operation %lld", c->n, (long long)w->disk[c->n].freeze_in);
    sim_people_act(w, c);
}
static void step_restart(struct sim_world *w, struct sim_client *c)
{
    sim_client_stop(c);
    if (below(w, 2)) sim_client_start(c);
}
static void disk_fault(struct sim_world *w, struct sim_disk *d)
{
    d->fault = (enum sim_fault)(1 + below(w, 4));
    if (d->fault == SIM_FAULT_SYNC && below(w, 2)) d->fault = SIM_FAULT_FULL;
    d->fault_in = below(w, 30);
    d->fault_for = 1 + below(w, d->fault == SIM_FAULT_FULL ? 40 : 4);
    sim_trace("disk fault %d in %lld for %lld", (int)d->fault, (long long)d->fault_in, (long long)d->fault_for);
}
static void step_disk(struct sim_world *w, struct sim_client *c) { disk_fault(w, &w->disk[c->n]); }
static void step_service_disk(struct sim_world *w, struct sim_client *c)
{
    (void)c;
    disk_fault(w, &w->disk[SIM_SERVICE_DISK]);
}
static void step_service_kill(struct sim_world *w, struct sim_client *c)
{
    (void)c;
    if (w->service.core) sim_service_crash(w, (enum sim_loss)below(w, SIM_LOSSES));
}
static void step_service_kill_at(struct sim_world *w, struct sim_client *c)
{
    (void)c;
    w->disk[SIM_SERVICE_DISK].freeze_in = below(w, 60);
}
static void step_service_restart(struct sim_world *w, struct sim_client *c)
{
    (void)c;
    sim_service_stop(w);
    sim_service_start(w);
}
static void step_clock(struct sim_world *w, struct sim_client *c)
{
    static const int64_t JUMPS[] = {-5 * MINUTE, 7 * MINUTE, 3 * 60 * MINUTE, -3 * 60 * MINUTE, INT64_C(315360000000), -INT64_C(315360000000)};
    c->skew = below(w, 3) ? c->skew + JUMPS[below(w, 6)] : 0;
    c->clock_touched = true;
    w->n.hit[SIM_HIT_CLOCK]++;
    chk_clock_touched(w->chk, c->n);
    sim_trace("clock c%d %lld", c->n, (long long)c->skew);
}
/* Everybody sleeps: the wall clock goes on, the monotonic one does not. */
static void step_sleep(struct sim_world *w, struct sim_client *c)
{
    (void)c;
    w->wall_extra += (int64_t)(5 + below(w, 400)) * MINUTE;
    sim_trace("all sleep");
}
static void step_commission(struct sim_world *w, struct sim_client *c)
{
    sim_service_commission(w, c->staff, !w->service.revoked[c->staff]);
}

static const char SERVICE_DB[] = "/s0/db";
static bool take_backup(struct sim_world *w)
{
    struct sim_service *s = &w->service;
    const struct sim_file *f = sim_disk_file(&w->disk[SIM_SERVICE_DISK], SERVICE_DB);
    uint8_t *p = f ? malloc(f->data.n) : NULL;
    if (!p) return false;
    memcpy(p, f->data.p, s->n_backup = f->data.n);
    free(s->backup);
    s->backup = p;
    memcpy(s->backup_revoked, s->revoked, sizeof s->revoked);
    sim_trace("backup of the service");
    return true;
}

/* The service's disk was lost; it comes back as it was in the night. That takes longer than a message can be under way. */
static void put_back(struct sim_world *w)
{
    struct sim_service *s = &w->service;
    sim_disk_wipe(&w->disk[SIM_SERVICE_DISK]);           /* a log of the old one beside it would be replayed into it */
    sim_disk_load(&w->disk[SIM_SERVICE_DISK], SERVICE_DB, s->backup, s->n_backup);
    memcpy(s->revoked, s->backup_revoked, sizeof s->revoked);
    sim_wire_drop_requests(w);
    w->restored = true;
    w->n.hit[SIM_HIT_RESTORE]++;
    chk_restored(w->chk);
    sim_trace("the service is put back to its backup");
}

static bool step_backup(struct sim_world *w)
{
    struct sim_service *s = &w->service;
    const struct sim_disk *d = &w->disk[SIM_SERVICE_DISK];
    if (!s->core || d->sync_dead || d->fault != SIM_FAULT_NONE || d->freeze_in >= 0) return false;
    sim_service_stop(w);
    bool ok = s->backup != NULL || take_backup(w);
    if (s->backup && ok && w->plan_restore) put_back(w);
    sim_service_start(w);
    return ok;
}

/* In a world with a restore the backup is taken in the first half and put back in the second, once at least. */
static void backup_plan(struct sim_world *w, int i)
{
    int steps = w->opt.steps;
    if (!w->restores) return;
    if (!w->service.backup && i >= w->backup_at && i < steps) (void)step_backup(w);
    if (!w->service.backup || i < w->restore_at) return;
    w->plan_restore = true;
    if (step_backup(w)) w->restore_at = below(w, 4) ? steps + 1 : i + 1 + (int)below(w, 20);
    w->plan_restore = false;
}

static const struct { void (*fn)(struct sim_world *, struct sim_client *); int weight, chaos; } STEPS[] = {
    {step_act, 40, 0}, {step_read, 12, 0}, {step_tend, 14, 0}, {step_sync, 4, 0}, {step_net, 6, 0}, {step_restart, 2, 0}, {step_sleep, 2, 0},
    {step_clock, 2, 1}, {step_kill, 3, 1}, {step_kill_at, 5, 1}, {step_disk, 4, 2}, {step_service_disk, 2, 2}, {step_service_kill, 2, 1},
    {step_service_kill_at, 3, 1}, {step_service_restart, 1, 0}, {step_commission, 2, 0},
};

static void step(struct sim_world *w)
{
    int total = 0;
    for (size_t i = 0; i < sizeof STEPS / sizeof *STEPS; i++) total += STEPS[i].chaos <= w->chaos ? STEPS[i].weight : 0;
    int at = (int)below(w, (uint32_t)total);
    struct sim_client *c = &w->client[below(w, (uint32_t)w->n_clients)];
    for (size_t i = 0; i < sizeof STEPS / sizeof *STEPS; i++) {
        if (STEPS[i].chaos > w->chaos) continue;
        at -= STEPS[i].weight;
        if (at >= 0) continue;
        STEPS[i].fn(w, c);
        return;
    }
}

/* Whatever is down is started again sooner or later; whatever has lost its disk goes through a reboot. */
static void supervise(struct sim_world *w)
{
    if (w->service.core && sg_core_dead(w->service.core) && below(w, 3) == 0) sim_service_crash(w, SIM_LOSE_SOME);
    if (!w->service.core && below(w, 3) == 0) sim_service_start(w);
    for (int i = 0; i < w->n_clients; i++) {
        struct sim_client *c = &w->client[i];
        if (c->g && (c->store_bad || w->disk[i].sync_dead) && below(w, 4) == 0) sim_client_stop(c);
        if (!c->g && below(w, 3) == 0) sim_client_start(c);
    }
}

static int64_t gap(struct sim_world *w)
{
    uint32_t k = below(w, 50);
    return k < 32 ? below(w, SECOND) : k < 44 ? below(w, 6 * SECOND) : k < 49 ? below(w, 30 * SECOND) : below(w, 6 * MINUTE);
}

/* ---- healing ---- */

static void heal(struct sim_world *w)
{
    w->healed = true;
    sim_trace("healing");
    for (int i = 0; i < w->n_clients; i++) {
        struct sim_client *c = &w->client[i];
        c->net = true;
        c->hang = false;
        if (c->g) sim_client_stop(c);
        else sim_disk_crash(&w->disk[i], SIM_KEEP_ALL);
        w->disk[i].fault = SIM_FAULT_NONE;
        w->disk[i].freeze_in = -1;
    }
    if (w->service.core) sim_service_crash(w, SIM_LOSE_SOME);
    sim_disk_crash(&w->disk[SIM_SERVICE_DISK], SIM_KEEP_ALL);
    sim_service_start(w);
    for (int i = 0; i < SIM_STAFF && w->service.core; i++) sim_service_commission(w, i, false);
    for (int i = 0; i < w->n_clients; i++) sim_client_start(&w->client[i]);
}

/* As last told; with listing, as the stores say now. */
static bool all_ended(struct sim_world *w, bool listing)
{
    bool ended = true;
    for (int i = 0; i < w->n_clients; i++) {
        struct sim_client *c = &w->client[i];
        if (listing) (void)sim_client_ask(c, SG_ASK_QUEUE, "", "");
        for (size_t k = 0; k < c->n_row; k++) ended = ended && sg_qstate_terminal(c->row[k].state);
    }
    return ended;
}

/* A short while as long as it gets on, a long one when something waits for its time. */
static void drain(struct sim_world *w)
{
    bool ended = all_ended(w, true);
    uint64_t before = 0;
    for (int round = 0; round < ROUNDS && !(ended && all_ended(w, true)); round++) {
        bool stuck = w->told == before;
        advance(w, stuck ? 30 * SECOND : SECOND);
        before = w->told;
        w->round = round;
        for (int i = 0; i < w->n_clients; i++) {
            sim_people_tend(w, &w->client[i]);
            if (stuck) (void)sim_client_ask(&w->client[i], SG_ASK_SYNC, "", "");
        }
        ended = all_ended(w, false);
    }
    for (int i = 0; i < w->n_clients; i++) (void)sim_client_ask(&w->client[i], SG_ASK_SYNC, "", "");
    advance(w, MINUTE);                                  /* what is still under way arrives */
}

static void judge(struct sim_world *w, char *why, size_t cap)
{
    w->final = true;
    for (int i = 0; i < w->n_clients; i++) {
        struct sim_client *c = &w->client[i];
        c->listed = 0;
        (void)sim_client_ask(c, SG_ASK_QUEUE, "", "");
        (void)sim_client_ask(c, SG_ASK_CHECK, "", "");
        (void)sim_client_ask(c, SG_ASK_STATUS, "", "");
        chk_reads_left(w->chk, i, c->reads_left);
        if (c->listed < c->n_row) chk_note(w->chk, "client %d lists %zu rows; %zu were told of", i, c->listed, c->n_row);
        w->n.queued += (int64_t)c->n_row;
        for (size_t k = 0; k < c->n_row; k++) w->n.done += c->row[k].state == SG_Q_DONE;
    }
    if (w->service.core) sim_service_report(w);
    const char *verdict = chk_verdict(w->chk);
    sg_copy(why, cap, verdict ? verdict : "");
}

/* ---- one seed ---- */

static void make_clients(struct sim_world *w)
{
    w->n_clients = 1 + (int)below(w, SIM_CLIENTS);
    for (int i = 0; i < w->n_clients; i++) {
        struct sim_client *c = &w->client[i];
        c->w = w;
        c->n = i;
        c->staff = below(w, 6) ? (int)below(w, 4) : 4;
        c->watch = below(w, 3) == 0;
        c->rng = sim_stream(w->seed, 30 + (uint64_t)i);
        c->net = true;
        c->wake = -1;
        sim_client_start(c);
    }
}

static void clear(struct sim_world *w)
{
    for (int i = 0; i < w->n_clients; i++)
        if (w->client[i].g) sim_client_stop(&w->client[i]);
    sim_service_stop(w);
    sim_wire_drop_all(w);
    for (int i = 0; i < SIM_DISKS; i++) {
        w->n.hit[SIM_HIT_DISK] += w->disk[i].faults;
        w->n.hit[SIM_HIT_LOST_WRITE] += w->disk[i].lost;
        sim_disk_free(&w->disk[i]);
    }
    free(w->service.backup);
    chk_free(w->chk);
}

static void add(struct sim_counts *t, const struct sim_counts *n)
{
    t->seeds++;
    t->asked += n->asked;
    t->queued += n->queued;
    t->done += n->done;
    t->again += n->again;
    t->restarts += n->restarts;
    t->messages += n->messages;
    t->batches += n->batches;
    t->reads += n->reads;
    for (int i = 0; i < SIM_HIT_COUNT; i++) t->hit[i] += n->hit[i];
}

int64_t sim_faults(const struct sim_counts *n)
{
    int64_t sum = 0;
    for (int i = 0; i < SIM_HIT_COUNT; i++) sum += n->hit[i];
    return sum;
}

bool sim_run(uint64_t seed, const struct sim_options *o, struct sim_counts *total, uint64_t *hash, char *why, size_t cap)
{
    struct sim_world *w = calloc(1, sizeof *w);
    if (!w) abort();
    sim_w = w;
    w->seed = seed;
    w->hash = UINT64_C(0xcbf29ce484222325);
    w->opt = *o;
    w->plan = sim_stream(seed, 1);
    w->net = sim_stream(seed, 2);
    (void)sqlite3_randomness(0, NULL);                   /* SQLite's own generator begins anew from the seed */
    w->chk = chk_new();
    for (int i = 0; i < SIM_DISKS; i++) sim_disk_init(&w->disk[i], sim_stream(seed, 10 + (uint64_t)i));
    w->chaos = (int)below(w, 4);
    sim_service_init(w);
    sim_service_start(w);
    make_clients(w);
    w->restores = o->restore || below(w, 8) == 0;
    w->backup_at = (int)below(w, (uint32_t)o->steps / 2 + 1);
    w->restore_at = o->steps / 2 + (int)below(w, (uint32_t)o->steps / 2 + 1);
    for (int i = 0; i < o->steps; i++) {
        advance(w, gap(w));
        supervise(w);
        backup_plan(w, i);
        step(w);
    }
    if (!w->restored) backup_plan(w, o->steps);
    heal(w);
    drain(w);
    judge(w, why, cap);
    *hash = w->hash;
    clear(w);
    add(total, &w->n);
    sim_w = NULL;
    free(w);
    return !why[0];
}
