/* One client: the real engine and store, the people's window on it (what was told last), and its end, orderly or not. Everything told is
 * handed to the checker at once. */
#include "sim.h"
#include <stdlib.h>
#include <string.h>
#include "base/str.h"
#include "checker.h"

static int64_t c_wall(void *ctx)
{
    const struct sim_client *c = ctx;
    return sim_world_wall(c->w) + c->skew;
}
static int64_t c_mono(void *ctx) { return ((const struct sim_client *)ctx)->w->now + 1000; }

static enum chk_state state_of(enum sg_qstate s)
{
    switch (s) {
    case SG_Q_DONE: return CHK_DONE;
    case SG_Q_REFUSED: return CHK_REFUSED;
    case SG_Q_CONFLICT: return CHK_CONFLICT;
    case SG_Q_WITHDRAWN: return CHK_WITHDRAWN;
    default: return CHK_WAITING;
    }
}

static void answered(struct sim_client *c, uint64_t ask, bool accepted, bool told)
{
    for (size_t i = 0; i < c->n_act; i++) {
        if (c->act[i].ask != ask) continue;
        if (!accepted && told) chk_declined(c->w->chk, c->act[i].id, c->w->disk[c->n].sync_failed_once);
        c->act[i] = c->act[--c->n_act];
        return;
    }
}

static struct sim_row *row_of(struct sim_client *c, const char *id)
{
    size_t i = 0;
    while (i < c->n_row && !sg_eq(c->row[i].id, id)) i++;
    if (i == c->n_row && c->n_row < SIM_ROWS) c->n_row++;
    if (i == SIM_ROWS) abort();
    SG_COPY(c->row[i].id, id);
    return &c->row[i];
}

static void on_row(struct sim_client *c, const struct sg_tell *t)
{
    const struct sg_qrow *r = t->row;
    if (!r) return;
    struct sim_row *m = row_of(c, r->action.id);
    c->w->told++;
    SG_COPY(m->subject, r->action.subject);
    m->state = r->state;
    m->fresh_needed = r->fresh_needed;
    c->w->n.again += r->again && !m->again;
    m->again = r->again;
    m->kind = r->action.kind;
    if (r->successor[0]) chk_again(c->w->chk, c->n, r->action.id, r->successor, sim_world_wall(c->w));
    chk_told(c->w->chk, c->n, r->action.id, r->seq, r->action.observed, state_of(r->state), r->has_outcome ? r->outcome.event_index : -1, sim_world_wall(c->w));
    sim_trace("told c%d %s #%lld %s%s observed %s", c->n, r->action.id, (long long)r->seq, sg_qstate_name(r->state), r->fresh_needed ? " fresh" : "",
              r->action.observed);
}

static void on_citizen(struct sim_client *c, const struct sg_tell *t)
{
    int k = sim_citizen_index(c->w, t->citizen->id);
    if (k < 0) return;
    if (t->from_cache && !t->seen[0]) chk_note(c->w->chk, "client %d shows a citizen from the cache, and nothing says that it will be logged", c->n);
    if (t->from_cache) chk_read(c->w->chk, sim_staff[c->staff].hsa, t->seen, t->citizen->id, t->final);
    c->w->n.reads += t->from_cache && t->final;
    SG_COPY(c->etag_seen[k], t->citizen->etag);
    c->n_seen[k] = 0;
    for (size_t i = 0; i < t->citizen->n_restrictions; i++) {
        const struct sg_restriction *r = &t->citizen->restriction[i];
        chk_shown(c->w->chk, r->id);
        if (r->state != SG_RS_ACTIVE) continue;
        size_t n = c->n_seen[k] < SIM_SEEN ? c->n_seen[k]++ : SIM_SEEN - 1;
        SG_COPY(c->seen[k][n].id, r->id);
        c->seen[k][n].kind = r->kind;
    }
    sim_trace("shown c%d citizen %d %s%s", c->n, k, t->citizen->etag, t->from_cache ? " cached" : "");
}

static void on_queue(struct sim_client *c, const struct sg_tell *t)
{
    for (size_t i = 0; i < t->n_lines; i++) {
        const struct sg_qline *l = &t->lines[i];
        struct sim_row *m = row_of(c, l->action_id);
        SG_COPY(m->subject, l->subject);
        m->state = l->state;
        m->fresh_needed = l->fresh_needed;
        m->again = l->again;
        m->kind = l->kind;
        if (c->w->final) chk_row(c->w->chk, c->n, l->action_id, l->seq, state_of(l->state));
    }
    c->listed = t->n_lines;
}

static void on_tell(void *ctx, struct sg_tell *t)
{
    struct sim_client *c = ctx;
    if (!c->dying && !c->w->disk[c->n].frozen) {
        if (t->kind == SG_TELL_ACTION) {
            answered(c, t->ask, true, true);
            on_row(c, t);
        } else if (t->kind == SG_TELL_FAILED) {
            sim_trace("failed c%d: %s %s", c->n, sg_err_name(t->err), t->error.detail);
            answered(c, t->ask, false, true);
        } else if (t->kind == SG_TELL_CITIZEN && t->citizen) {
            on_citizen(c, t);
        } else if (t->kind == SG_TELL_QUEUE) {
            on_queue(c, t);
        } else if (t->kind == SG_TELL_DAMAGE) {
            chk_damage(c->w->chk, c->n, t->n_damage);
        } else if (t->kind == SG_TELL_STATUS) {
            c->reads_left = t->status.queue.reads;
            c->store_bad = !t->status.store_open || t->status.store_err != SG_E_OK;
            sim_trace("status c%d link %d store %d %s", c->n, (int)t->status.link, t->status.store_open, t->status.link_detail);
        }
    }
    sg_tell_free(t);
}

void sim_client_start(struct sim_client *c)
{
    static uint8_t word[] = "correct horse battery";
    struct sg_secret pass = {word, sizeof word - 1, sizeof word};
    char dir[8];
    struct sg_error e = {0};
    if (c->g) return;
    sg_format(dir, sizeof dir, "/c%d", c->n);
    struct sg_engine_opts o = {.client = "sim/1", .watch = c->watch, .clock = {c_wall, c_mono, c}, .random = sim_random(&c->rng)};
    SG_COPY(o.actor, sim_staff[c->staff].hsa);
    o.store = (struct sg_store_opts){.dir = dir, .vfs = "sim", .passphrase = &pass, .scrypt_log_n = 14};
    sim_trace("start c%d", c->n);
    c->life++;
    c->dying = c->store_bad = false;
    c->n_ex = c->n_act = 0;
    if (sg_engine_new(&o, on_tell, c, &c->g, &e) != SG_E_OK) abort();
    sg_engine_set_transport(c->g, (struct sg_transport){&sim_wire_ops, c});
    sim_client_step(c);
}

/* Who decides is told what became of it: queued, or why not. */
static void unheard(struct sim_client *c)
{
    const int64_t patience = 90000;
    for (size_t i = 0; i < c->n_act; i++)
        if (c->w->now - c->act[i].at > patience) chk_note(c->w->chk, "%s was decided, and nobody was told what became of it", c->act[i].id);
}

static void end(struct sim_client *c)
{
    struct sg_engine *g = c->g;
    unheard(c);
    c->dying = true;
    c->g = NULL;
    c->wake = -1;
    c->life++;
    c->n_act = 0;
    sg_engine_free(g);
}

void sim_client_stop(struct sim_client *c)
{
    if (!c->g) return;
    sim_trace("stop c%d", c->n);
    c->w->n.restarts++;
    end(c);
    if (c->w->disk[c->n].frozen || c->w->disk[c->n].sync_dead) sim_disk_crash(&c->w->disk[c->n], SIM_LOSE_SOME);
}

void sim_client_crash(struct sim_client *c, enum sim_loss loss)
{
    sim_trace("kill c%d loss %d", c->n, loss);
    c->w->n.hit[SIM_HIT_KILL]++;
    c->w->disk[c->n].frozen = true;
    if (c->g) end(c);
    sim_disk_crash(&c->w->disk[c->n], loss);
}

void sim_client_step(struct sim_client *c)
{
    if (!c->g) return;
    int due = sg_engine_step(c->g);
    c->wake = due < 0 ? -1 : c->w->now + due;
    if (c->w->disk[c->n].frozen) sim_client_crash(c, (enum sim_loss)sim_below(&c->w->plan, SIM_LOSSES));
}

uint64_t sim_client_ask(struct sim_client *c, enum sg_ask_kind kind, const char *key, const char *text)
{
    struct sg_ask a = {.id = ++c->w->order, .kind = kind, .cached_ok = true};
    SG_COPY(a.key, key);
    SG_COPY(a.text, text);
    SG_COPY(a.note, "noted");
    if (!c->g) return 0;
    a.limit = kind == SG_ASK_QUEUE ? SIM_ROWS * 2 : 0;
    sg_engine_ask(c->g, &a);
    sim_client_step(c);
    return a.id;
}

void sim_client_act(struct sim_client *c, struct sg_action *a, bool hold)
{
    struct sg_ask q = {.id = ++c->w->order, .kind = SG_ASK_ACT, .hold = hold, .action = malloc(sizeof *a)};
    if (!q.action) abort();
    *q.action = *a;
    if (!c->g) {
        free(q.action);
        return;
    }
    if (c->n_act < sizeof c->act / sizeof *c->act) {
        c->act[c->n_act].ask = q.id;
        c->act[c->n_act].at = c->w->now;
        SG_COPY(c->act[c->n_act++].id, a->id);
    }
    sg_engine_ask(c->g, &q);
    sim_client_step(c);
}
