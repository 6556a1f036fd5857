/* One citizen: who reaches what now, and what is in force. Shows the service's snapshot; own acts that are not in effect yet are
 * laid over it as a second, clearly marked layer (◷), never mixed into the first. */
#include "ui/views/citizen.h"
#include "base/i18n.h"
#include "base/str.h"
#include <stdlib.h>
#include <string.h>

static struct citizen_view *self(struct sg_view *v)
{
    return (struct citizen_view *)(void *)v;
}

static void ask_citizen(struct citizen_view *cv)
{
    struct sg_ask a = {.kind = SG_ASK_CITIZEN, .cached_ok = !cv->have};
    SG_COPY(a.key, cv->id);
    cv->ask_citizen = sg_app_ask(cv->v.app, &a);
}

static void ask_queue(struct citizen_view *cv)
{
    struct sg_ask a = {.kind = SG_ASK_QUEUE, .limit = SG_CITIZEN_PENDING_MAX};
    SG_COPY(a.key, cv->id);
    SG_COPY(a.text, "waiting");
    cv->counted = sg_app_status(cv->v.app)->queue;
    cv->ask_queue = sg_app_ask(cv->v.app, &a);
}

static void open_view(struct sg_view *v, const struct sg_view_arg *a)
{
    struct citizen_view *cv = self(v);
    SG_COPY(cv->id, a->id);
    sg_list_init(&cv->list);
    ask_citizen(cv);
    ask_queue(cv);
}

static void drop_pending(struct citizen_view *cv)
{
    for (size_t i = 0; i < SG_CITIZEN_PENDING_MAX; i++) {
        free(cv->pending[i]);
        cv->pending[i] = NULL;
    }
    cv->n_pending = 0;
    if (cv->have_after)
        sg_citizen_free(&cv->after);
    cv->have_after = false;
}

static void close_view(struct sg_view *v)
{
    struct citizen_view *cv = self(v);
    sg_app_cancel(v->app, &cv->ask_citizen);
    drop_pending(cv);
    if (cv->have)
        sg_citizen_free(&cv->now);
}

static void title(struct sg_view *v, char *dst, size_t cap)
{
    struct citizen_view *cv = self(v);
    char number[32] = "";
    if (!cv->have) {
        sg_copy(dst, cap, _("Citizen"));
        return;
    }
    sg_pid_show(number, cv->now.pid.normalised, !cv->revealed, false);
    sg_format(dst, cap, "%s  %s", cv->now.name, number);
}

static void recount(struct citizen_view *cv)
{
    struct sg_date today = sg_app_today(cv->v.app);
    cv->n_shown = 0;
    for (size_t i = 0; cv->have && i < cv->now.n_restrictions && cv->n_shown < SG_RESTRICTIONS_MAX; i++)
        if (sg_restriction_in_force(&cv->now.restriction[i], today))
            cv->shown[cv->n_shown++] = i;
    sg_list_set_count(&cv->list, (long)(cv->n_shown + cv->n_pending));
    sg_list_invalidate(&cv->list);
}

/* Lays the pending acts over the snapshot as soon as all of them are known. */
static void relay(struct citizen_view *cv)
{
    struct sg_action *all = NULL;
    size_t n = 0;
    if (cv->have_after)
        sg_citizen_free(&cv->after);
    cv->have_after = false;
    if (cv->have && cv->n_pending > 0 && (all = calloc(cv->n_pending, sizeof *all)) != NULL) {
        for (size_t i = 0; i < cv->n_pending; i++)
            if (cv->pending[i])
                all[n++] = *cv->pending[i];
        cv->have_after = n > 0 && sg_app_me(cv->v.app) &&
            sg_overlay(sg_app_policy(cv->v.app), sg_app_me(cv->v.app), &cv->now, all, n, sg_app_today(cv->v.app), &cv->after) == SG_E_OK;
        free(all);
    }
    recount(cv);
    cv->v.dirty = SG_DIRTY_ALL;
}

static void told_citizen(struct citizen_view *cv, const struct sg_tell *t)
{
    struct sg_citizen copy;
    if (!t->citizen || !sg_eq(t->citizen->id, cv->id) || sg_citizen_copy(&copy, t->citizen) != SG_E_OK)
        return;
    if (cv->have)
        sg_citizen_free(&cv->now);
    cv->now = copy;
    if (t->as_of > 0)
        cv->now.as_of = t->as_of;
    cv->have = true;
    cv->failed = false;
    cv->from_cache = t->from_cache;
    cv->heard = cv->heard && t->from_cache;                 /* a fresh reading knows what was told before it */
    relay(cv);
}

static void told_queue(struct citizen_view *cv, const struct sg_tell *t)
{
    drop_pending(cv);
    for (size_t i = 0; i < t->n_lines && cv->n_pending < SG_CITIZEN_PENDING_MAX; i++) {
        if (!sg_eq(t->lines[i].subject, cv->id) || sg_qstate_terminal(t->lines[i].state))
            continue;
        if (t->lines[i].state == SG_Q_SENDING)
            SG_COPY(cv->sending, t->lines[i].action_id);
        cv->line[cv->n_pending++] = t->lines[i];
        struct sg_ask a = {.kind = SG_ASK_QROW};
        SG_COPY(a.key, t->lines[i].action_id);
        sg_app_ask(cv->v.app, &a);
    }
    relay(cv);
}

static void told_row(struct citizen_view *cv, const struct sg_qrow *r)
{
    for (size_t i = 0; r && i < cv->n_pending; i++) {
        if (!sg_eq(cv->line[i].action_id, r->action.id) || !sg_qstate_waiting(r->state))
            continue;
        free(cv->pending[i]);
        if ((cv->pending[i] = malloc(sizeof *cv->pending[i])) != NULL)
            *cv->pending[i] = r->action;
        relay(cv);
    }
}

/* Old acts are told of again when their receipts are verified; only the end of the one that was on its way is news. */
static void told_act(struct citizen_view *cv, const struct sg_qrow *r)
{
    bool ours = sg_eq(cv->sending, r->action.id);
    cv->v.dirty = SG_DIRTY_ALL;
    ask_queue(cv);
    if (r->state == SG_Q_SENDING) {
        SG_COPY(cv->sending, r->action.id);
        return;
    }
    if (!ours)
        return;
    cv->sending[0] = '\0';
    if (r->state == SG_Q_DONE && r->has_outcome)
        SG_COPY(cv->own_etag, r->outcome.etag_after);
    if (r->state == SG_Q_DONE || r->state == SG_Q_CONFLICT)
        ask_citizen(cv);
}

bool sg_citizen_stale(const struct citizen_view *cv)
{
    const char *tag = cv->changed.etag;
    return cv->heard && !cv->sending[0] && !(tag[0] && (sg_eq(tag, cv->now.etag) || sg_eq(tag, cv->own_etag)));
}

static void queue_moved(struct citizen_view *cv)
{
    if (sg_pace_now(&cv->v, &cv->pace))
        ask_queue(cv);
}

static void due(struct sg_view *v)
{
    queue_moved(self(v));
}

static void tell(struct sg_view *v, const struct sg_tell *t)
{
    struct citizen_view *cv = self(v);
    if (t->ask == cv->ask_queue && (t->kind == SG_TELL_QUEUE || t->kind == SG_TELL_FAILED))
        sg_pace_answered(v, &cv->pace);
    if (t->kind == SG_TELL_CITIZEN)
        told_citizen(cv, t);
    else if (t->kind == SG_TELL_QUEUE && t->ask == cv->ask_queue)
        told_queue(cv, t);
    else if (t->kind == SG_TELL_QROW)
        told_row(cv, t->row);
    else if (t->kind == SG_TELL_CHANGED && (sg_eq(t->id, cv->id) || !t->id[0])) {
        cv->changed = t->change;
        cv->heard = true;
        v->dirty = SG_DIRTY_ALL;
    } else if (t->kind == SG_TELL_ACTION && t->row && sg_eq(t->row->action.subject, cv->id))
        told_act(cv, t->row);
    else if (t->kind == SG_TELL_STATUS && t->status.store_open && sg_counts_differ(&cv->counted, &t->status.queue)) {
        queue_moved(cv);
    } else if (t->kind == SG_TELL_FAILED && t->ask == cv->ask_citizen) {
        cv->failed = true;
        sg_failure_text(cv->problem, sizeof cv->problem, t);
        if (cv->have)
            sg_app_toast(v->app, SG_TOAST_BAD, "%s", cv->problem);
        v->dirty = SG_DIRTY_ALL;
    }
}

const struct sg_restriction *sg_citizen_chosen(const struct citizen_view *cv)
{
    long i = cv->list.cur;
    return cv->have && i >= 0 && (size_t)i < cv->n_shown ? &cv->now.restriction[cv->shown[i]] : NULL;
}

static void gate(struct sg_view *v, struct sg_gate *g)
{
    struct citizen_view *cv = self(v);
    g->citizen = cv->have ? &cv->now : NULL;
    g->row = sg_citizen_chosen(cv) != NULL;
}

static void open_action(struct citizen_view *cv, enum sg_action_kind k, const char *restriction)
{
    struct sg_view_arg a = {.id = cv->id, .kind = k, .citizen = &cv->now, .text = restriction};
    sg_app_push(cv->v.app, k == SG_ACT_CITIZEN_PROTECT ? &sg_view_protect : &sg_view_form, &a);
}

static bool open_row(struct citizen_view *cv)
{
    const struct sg_restriction *r = sg_citizen_chosen(cv);
    size_t i = (size_t)cv->list.cur;
    struct sg_view_arg a = {.id = cv->id, .citizen = &cv->now, .text = r ? r->id : NULL};
    if (r) {
        sg_app_push(cv->v.app, &sg_view_history, &a);
    } else if (cv->list.cur >= 0 && i - cv->n_shown < cv->n_pending) {
        a.id = cv->line[i - cv->n_shown].action_id;
        sg_app_push(cv->v.app, sg_qstate_view(cv->line[i - cv->n_shown].state), &a);
    }
    return true;
}

static bool command(struct sg_view *v, int cmd)
{
    struct citizen_view *cv = self(v);
    const struct sg_restriction *r = sg_citizen_chosen(cv);
    struct sg_view_arg a = {.id = cv->id, .citizen = cv->have ? &cv->now : NULL};
    if (cmd >= SG_CMD_COUNT && cv->have) {
        open_action(cv, (enum sg_action_kind)(cmd - SG_CMD_COUNT), NULL);
        return true;
    }
    switch (cmd) {
    case SG_CMD_LIFT: case SG_CMD_ANNUL:
        if (r)
            sg_end_restriction(v->app, &cv->now, r, cmd == SG_CMD_ANNUL);
        return true;
    case SG_CMD_EVENTS:
        sg_app_push(v->app, &sg_view_events, &a);
        return true;
    case SG_CMD_HISTORY:
        sg_app_push(v->app, &sg_view_history, &a);
        return true;
    case SG_CMD_EXPLAIN:
        sg_app_push(v->app, &sg_view_explain, &a);
        return true;
    case SG_CMD_REVEAL:
        cv->revealed = !cv->revealed;
        sg_app_dirty(v->app);
        return true;
    case SG_CMD_REFRESH:
        ask_citizen(cv);
        ask_queue(cv);
        return true;
    case SG_CMD_OPEN:
        return open_row(cv);
    default:
        if (!sg_list_command(&cv->list, cmd))
            return false;
        v->dirty = v->dirty > SG_DIRTY_ROWS ? v->dirty : SG_DIRTY_ROWS;
        return true;
    }
}

static const int hints[] = {
    SG_CMD_ACTION(SG_ACT_CITIZEN_PROTECT), SG_CMD_ACTION(SG_ACT_GUARDIAN_BLOCK), SG_CMD_ACTION(SG_ACT_LOGIN_LOCK), SG_CMD_ACTION(SG_ACT_RECORD_SEAL),
    SG_CMD_LIFT, SG_CMD_EXPLAIN, SG_CMD_EVENTS, SG_CMD_HISTORY, SG_CMD_REFRESH, SG_CMD_NONE};

const struct sg_view_ops sg_view_citizen = {
    .name = "citizen", .context = SG_CTX_CITIZEN, .size = sizeof(struct citizen_view), .open = open_view, .close = close_view, .title = title,
    .draw = sg_citizen_draw, .command = command, .tell = tell, .due = due, .gate = gate, .hints = hints};
