/* Tells: small heap objects handed to the owner's callback, which frees them. An ask gets tells with its id until a final one;
 * whatever nobody asked for goes out as news (ask 0). No ask stays without an end because memory ran out: then a tell kept in reserve
 * says so, and when even that is gone the engine is mute, which its owner can see. */
#include "sync/inside.h"
#include "base/log.h"
#include "base/str.h"
#include <stdlib.h>
#include <string.h>

void sg_tell_free(struct sg_tell *t)
{
    if (!t)
        return;
    if (t->citizen)
        sg_citizen_free(t->citizen);
    free(t->citizen);
    if (t->policy)
        sg_policy_free(t->policy);
    free(t->policy);
    free(t->actor);
    free(t->events);
    free(t->density);
    free(t->sample);
    if (t->rows)
        sg_wipe(t->rows, t->n_rows * sizeof *t->rows);
    free(t->rows);
    sg_wipe(t->number, sizeof t->number);
    free(t->lines);
    if (t->row)
        sg_qrow_free(t->row);
    free(t->row);
    free(t->damage);
    free(t->paper);
    free(t->leftovers);
    sg_buf_free(&t->body);
    free(t);
}

struct sg_tell *sg_eng_tell(uint64_t ask, enum sg_tell_kind kind, bool final)
{
    struct sg_tell *t = calloc(1, sizeof *t);
    if (!t) {
        sg_log(SG_LOG_ERROR, "no memory for an answer");
        return NULL;
    }
    t->ask = ask;
    t->kind = kind;
    t->final = final;
    return t;
}

void sg_eng_give(struct sg_engine *g, struct sg_tell *t)
{
    if (t)
        g->fn(g->ctx, t);
}

void sg_eng_reserve(struct sg_engine *g)
{
    if (!g->spare)
        g->spare = calloc(1, sizeof *g->spare);
}

bool sg_engine_mute(struct sg_engine *g)
{
    bool mute = g->mute;
    g->mute = false;
    return mute;
}

static struct sg_tell *last_word(struct sg_engine *g, uint64_t ask)
{
    struct sg_tell *t = ask ? sg_eng_tell(ask, SG_TELL_FAILED, true) : NULL;
    if (t || !ask)
        return t;
    t = g->spare;
    g->spare = NULL;
    if (!t) {
        g->mute = true;
        return NULL;
    }
    t->ask = ask;
    t->kind = SG_TELL_FAILED;
    t->final = true;
    return t;
}

void sg_eng_failed(struct sg_engine *g, uint64_t ask, enum sg_err err, const char *where, const char *detail)
{
    struct sg_tell *t = last_word(g, ask);
    if (!t)
        return;
    t->err = err;
    t->problem.problem = SG_PROBLEM_COUNT;
    sg_fail(&t->error, err, where, "%s", detail);
    sg_eng_give(g, t);
}

static enum sg_err problem_err(enum sg_problem p, enum sg_verdict v)
{
    switch (p) {
    case SG_PROBLEM_NOT_PERMITTED: return SG_E_DENIED;
    case SG_PROBLEM_NOT_AVAILABLE: case SG_PROBLEM_NOT_FOUND: return SG_E_NOTFOUND;
    case SG_PROBLEM_INVALID: case SG_PROBLEM_BAD_REQUEST: case SG_PROBLEM_BAD_ID: return SG_E_INPUT;
    case SG_PROBLEM_TOO_LARGE: case SG_PROBLEM_HEADERS: return SG_E_LIMIT;
    default: break;
    }
    static const enum sg_err by_verdict[] = {
        [SG_V_DONE] = SG_E_PARSE, [SG_V_CONFLICT] = SG_E_CONFLICT, [SG_V_REFUSED] = SG_E_REFUSED,
        [SG_V_RETRY] = SG_E_OFFLINE, [SG_V_AUTH] = SG_E_AUTH, [SG_V_OFFLINE] = SG_E_OFFLINE,
    };
    return by_verdict[v];
}

/* DONE here means: a success whose content could not be understood. */
void sg_eng_failed_by(struct sg_engine *g, uint64_t ask, const struct sg_http_reply *r, enum sg_verdict v, const struct sg_problem_info *pi)
{
    struct sg_tell *t = last_word(g, ask);
    if (!t)
        return;
    const struct sg_problem_def *d = pi->problem < SG_PROBLEM_COUNT ? sg_problem_def(pi->problem) : NULL;
    t->err = problem_err(pi->problem, v);
    t->problem = *pi;
    if (d)
        sg_fail(&t->error, t->err, d->type, "%s", pi->detail[0] ? pi->detail : d->title);
    else if (r->status)
        sg_fail(&t->error, t->err, "", "the service answered %d in a way that is not its own", r->status);
    else
        sg_fail(&t->error, t->err, "", "%s", r->transport_detail);
    sg_eng_give(g, t);
}

void sg_eng_done(struct sg_engine *g, uint64_t ask, const char *id)
{
    struct sg_tell *t = ask ? sg_eng_tell(ask, SG_TELL_DONE, true) : NULL;
    if (t) {
        SG_COPY(t->id, id);
        sg_eng_give(g, t);
    } else {
        sg_eng_failed(g, ask, SG_E_NOMEM, "", "it is done, but there was not enough memory to say so");
    }
}

bool sg_eng_watch(struct sg_engine *g, uint64_t ask, const char *action_id)
{
    struct sg_watch *w = calloc(1, sizeof *w);
    if (!w)
        return false;
    w->ask = ask;
    SG_COPY(w->action, action_id);
    w->next = g->watches;
    g->watches = w;
    return true;
}

static struct sg_watch **watch_of(struct sg_engine *g, const char *action_id)
{
    struct sg_watch **at = &g->watches;
    while (*at && strcmp((*at)->action, action_id) != 0)
        at = &(*at)->next;
    return at;
}

void sg_eng_unwatch(struct sg_engine *g, const char *action_id)
{
    struct sg_watch **at = watch_of(g, action_id), *w = *at;
    if (!w)
        return;
    *at = w->next;
    free(w);
}

/* Nothing more is going to happen to the row by itself, as things stand. */
static bool settled(const struct sg_engine *g, const struct sg_qrow *row)
{
    if (!sg_qstate_waiting(row->state) || row->state == SG_Q_HELD)
        return true;
    if (row->state == SG_Q_READY && sg_eng_can_send(g) && !g->drain_due && g->n_rq[SG_RQ_PUT] == 0)
        return true;                            /* behind a row that waits for a person or for its time */
    return row->state != SG_Q_SENDING && (g->link == SG_LINK_OFFLINE || (g->link == SG_LINK_AUTH && g->n_rq[SG_RQ_SESSION] == 0));
}

/* The row is in the file; only its state cannot be told. */
static void row_untold(struct sg_engine *g, const struct sg_watch *w, enum sg_err err)
{
    sg_log(SG_LOG_ERROR, "an action's row could not be read back: %s", sg_err_name(err));
    if (!w)
        return;
    sg_eng_failed(g, w->ask, err, "", "the action is in the queue, but its state could not be read back; look at the queue");
    sg_eng_unwatch(g, w->action);
}

void sg_eng_tell_row(struct sg_engine *g, const char *action_id)
{
    g->status_due = true;
    struct sg_watch *w = *watch_of(g, action_id);
    struct sg_tell *t = sg_eng_tell(w ? w->ask : 0, SG_TELL_ACTION, false);
    enum sg_err err = SG_E_NOMEM;
    if (t && (t->row = calloc(1, sizeof *t->row)))
        err = sg_store_get(g->store, action_id, t->row);
    if (err != SG_E_OK || !t) {
        if (t)
            free(t->row);
        free(t);
        row_untold(g, w, err);
        return;
    }
    (void)sg_eng_receipt(g, action_id, &t->receipt);
    SG_COPY(t->id, action_id);
    t->final = w && settled(g, t->row);
    if (t->final) {
        /* Somebody waits for this one: the counts go first, so that nobody reads "done" beside a queue that still says it waits. */
        g->status_at = 0;
        sg_eng_status_news(g);
        sg_eng_unwatch(g, action_id);
    }
    sg_eng_give(g, t);
}

static bool is_ready(struct sg_engine *g, const char *id)
{
    struct sg_qrow row;
    if (sg_store_get(g->store, id, &row) != SG_E_OK)
        return false;
    bool ready = row.state == SG_Q_READY;
    sg_qrow_free(&row);
    return ready;
}

static struct sg_watch *next_due(struct sg_engine *g)
{
    struct sg_watch *w = g->watches;
    while (w && !w->due)
        w = w->next;
    return w;
}

/* Telling may free watches: those to be told are marked first. */
static void tell_watched(struct sg_engine *g, bool only_ready)
{
    for (struct sg_watch *w = g->watches; w; w = w->next)
        w->due = true;
    for (struct sg_watch *w; (w = next_due(g));) {
        char id[SG_UUID_MAX];
        w->due = false;
        SG_COPY(id, w->action);
        if (!only_ready || is_ready(g, id))
            sg_eng_tell_row(g, id);
    }
}

void sg_eng_watchers_told(struct sg_engine *g)
{
    tell_watched(g, false);
}

void sg_eng_watchers_blocked(struct sg_engine *g)
{
    tell_watched(g, true);
}

void sg_eng_status_fill(struct sg_engine *g, struct sg_status *s)
{
    memset(s, 0, sizeof *s);
    s->link = g->link;
    SG_COPY(s->link_detail, g->detail);
    s->last_contact = g->last_contact;
    s->server_offset = g->offset;
    s->store_open = g->store != NULL;
    s->store_err = g->store_err;
    s->leftovers = g->leftovers;
    s->adopted = g->o.adopt;
    s->bar = g->adopt_bar;
    SG_COPY(s->service, g->adopt_service);
    s->events = g->events;
    sg_eng_logs_status(g, &s->log);
    if (g->store && sg_store_counts(g->store, &s->queue) != SG_E_OK)
        s->store_err = s->store_err ? s->store_err : SG_E_IO;
    if (g->store && sg_store_failing(g->store))
        s->store_err = s->store_err ? s->store_err : SG_E_IO;
}

static bool counts_differ(const struct sg_qcounts *a, const struct sg_qcounts *b)
{
    return a->waiting != b->waiting || a->need_you != b->need_you || a->done != b->done || a->withdrawn != b->withdrawn ||
           a->damaged != b->damaged || a->reads != b->reads || a->again != b->again || a->others != b->others || a->oldest != b->oldest;
}

static bool logs_differ(const struct sg_log_status *a, const struct sg_log_status *b)
{
    return a->verified != b->verified || a->forked != b->forked || a->new_epoch != b->new_epoch || a->quorum != b->quorum || a->witnessed != b->witnessed ||
            strcmp(a->why, b->why) != 0 || strcmp(a->key, b->key) != 0;
}

static bool status_differs(const struct sg_status *a, const struct sg_status *b)
{
    int64_t drift = a->server_offset - b->server_offset;
    return a->link != b->link || strcmp(a->link_detail, b->link_detail) != 0 || counts_differ(&a->queue, &b->queue) ||
           a->store_open != b->store_open || a->leftovers != b->leftovers || a->store_err != b->store_err || a->events != b->events ||
           logs_differ(&a->log, &b->log) || drift > 5000 || drift < -5000;
}

/* Counting a long queue takes its time (some ten milliseconds for 100,000 rows), so it gets a twentieth of the engine's at most. On a busy
 * machine a short one may seem to take as long; it is not made to wait more than a blink for that. */
void sg_eng_status_news(struct sg_engine *g)
{
    enum { SHARE = 20, ROWS_MS = 5000, BLINK_MS = 100 };         /* so many rows are counted in a millisecond at best */
    int64_t began = sg_mono(&g->o.clock);
    struct sg_status now;
    if (began < g->status_at)
        return;
    g->status_due = false;
    sg_eng_status_fill(g, &now);
    int64_t ended = sg_mono(&g->o.clock), rows = (int64_t)(now.queue.waiting + now.queue.done + now.queue.withdrawn);
    int64_t cost = ended - began > rows / ROWS_MS ? ended - began : rows / ROWS_MS;
    int64_t pause = cost * SHARE;
    g->status_at = ended + (pause > BLINK_MS && rows < ROWS_MS ? BLINK_MS : pause);
    if (g->ever_told && !status_differs(&now, &g->told))
        return;
    struct sg_tell *t = sg_eng_tell(0, SG_TELL_STATUS, false);
    if (!t)
        return;
    g->told = t->status = now;
    g->ever_told = true;
    sg_eng_give(g, t);
}
