/* The queue: every act of one's own on this workstation, what became of it, and what needs a person. Rows are asked for in pages,
 * never all at once. */
#include "ui/views/common.h"
#include "base/i18n.h"
#include "base/str.h"
#include "ui/term.h"
#include <stdlib.h>
#include <string.h>

enum { PAGE = 200, PAGES = 4 };
#define MARKED "■"
struct queue_view {
    struct sg_view v;
    struct sg_list list;
    bool all;                                                          /* also what is done and withdrawn */
    struct { bool have; long offset; size_t n; struct sg_qline *line; uint64_t ask; } page[PAGES];
    int next;                                                          /* page slot to reuse */
    size_t n_marked; struct sg_qline marked[SG_BATCH_MAX];             /* by copy: they stay marked while pages come and go */
    bool known; struct sg_pace pace;
};

static struct queue_view *self(struct sg_view *v)
{
    return (struct queue_view *)(void *)v;
}

static void drop(struct queue_view *q)
{
    for (int i = 0; i < PAGES; i++) {
        free(q->page[i].line);
        memset(&q->page[i], 0, sizeof q->page[i]);
    }
}

static void fetch(struct queue_view *q, long offset)
{
    struct sg_ask a = {.kind = SG_ASK_QUEUE, .offset = offset, .limit = PAGE};
    int k = q->next;
    for (int i = 0; i < PAGES; i++)
        if (q->page[i].ask != 0 && q->page[i].offset == offset)
            return;
    SG_COPY(a.text, q->all ? "" : "waiting");
    for (int i = 0; i < PAGES; i++)
        if (q->page[i].have && q->page[i].offset == offset) {
            q->page[i].ask = sg_app_ask(q->v.app, &a);
            return;
        }
    free(q->page[k].line);
    memset(&q->page[k], 0, sizeof q->page[k]);
    q->page[k].offset = offset;
    q->next = (k + 1) % PAGES;
    q->page[k].ask = sg_app_ask(q->v.app, &a);
}

/* What is shown stays, and can be chosen, until the new page has come: a key is never lost to a reading. */
static void refresh(struct queue_view *q)
{
    long offset = q->list.top > 0 ? q->list.top / PAGE * PAGE : 0;
    for (int k = 0; k < PAGES; k++) {
        bool shown = q->page[k].have && q->page[k].offset == offset;
        q->page[k].ask = 0;
        if (shown)
            continue;
        free(q->page[k].line);
        memset(&q->page[k], 0, sizeof q->page[k]);
    }
    fetch(q, offset);
}

static void refresh_paced(struct queue_view *q)
{
    if (sg_pace_now(&q->v, &q->pace))
        refresh(q);
}

static void due(struct sg_view *v)
{
    refresh_paced(self(v));
}

static const struct sg_qline *line_at(const struct queue_view *q, long i)
{
    for (int k = 0; k < PAGES; k++)
        if (q->page[k].have && i >= q->page[k].offset && i < q->page[k].offset + (long)q->page[k].n)
            return &q->page[k].line[i - q->page[k].offset];
    return NULL;
}

static void open_view(struct sg_view *v, const struct sg_view_arg *a)
{
    (void)a;
    sg_list_init(&self(v)->list);
    fetch(self(v), 0);
}

static void close_view(struct sg_view *v)
{
    drop(self(v));
}

static void title(struct sg_view *v, char *dst, size_t cap)
{
    if (sg_app_left(v->app))
        sg_copy(dst, cap, _("Queue that was left behind"));
    else
        sg_copy(dst, cap, self(v)->all ? _("Queue · everything") : _("Queue · waiting and open"));
}

static size_t marked_at(const struct queue_view *q, const char *id)
{
    size_t i = 0;
    while (i < q->n_marked && !sg_eq(q->marked[i].action_id, id))
        i++;
    return i;
}

/* The state in words; in a narrow window only what must not be misunderstood. */
static void state_text(char *dst, size_t cap, const struct sg_qline *l, bool narrow)
{
    if (l->fresh_needed)
        sg_copy(dst, cap, l->again && !narrow ? _("forgotten · confirm again") : _("confirm again"));
    else if (sg_qstate_waiting(l->state) && narrow)
        sg_copy(dst, cap, _("NOT YET IN EFFECT"));
    else if (l->again && sg_qstate_waiting(l->state))
        sg_copy(dst, cap, _("forgotten · NOT YET IN EFFECT"));
    else if (sg_qstate_waiting(l->state))
        sg_format(dst, cap, _("%s · NOT YET IN EFFECT"), sg_qstate_title(l->state));
    else if (l->state == SG_Q_DONE)
        sg_format(dst, cap, _("done · event %lld"), (long long)l->event_index);
    else
        sg_copy(dst, cap, sg_qstate_title(l->state));
}

static void row(void *ctx, const struct sg_canvas *c, long i, bool focused)
{
    struct queue_view *q = ctx;
    const struct sg_qline *l = line_at(q, i);
    char when[SG_RFC3339_MAX], state[120];
    sg_focus_row(c, 0, focused);
    if (!l) {
        fetch(q, i / PAGE * PAGE);
        sg_put(c, 0, 4, -1, SG_UI_DIM, "…");
        return;
    }
    enum sg_ui_role r = focused ? SG_UI_CURSOR : SG_UI_TEXT, rs = focused ? SG_UI_CURSOR : sg_qstate_role(l->state);
    bool narrow = c->w < 76;
    int state_w = narrow ? 21 : 31, name_w = c->w >= 100 ? 24 : 13, x = 10;
    sg_local_stamp(when, l->created_at, sg_app_now(q->v.app));
    if (strlen(when) > 10)
        sg_copyn(when, sizeof when, when + 5, 5);           /* another day: month and day */
    state_text(state, sizeof state, l, narrow);
    sg_put(c, 0, 2, 2, rs, marked_at(q, l->action_id) < q->n_marked ? (sg_term_utf8() ? MARKED : "#") : sg_mark(sg_qstate_mark(l->state)));
    sg_put_right(c, 0, x - 1, 5, focused ? SG_UI_CURSOR : SG_UI_DIM, when);
    sg_put(c, 0, x, name_w - 1, r, l->subject_name);
    sg_put(c, 0, x + name_w, c->w - x - name_w - state_w - 1, r, l->summary);
    sg_put(c, 0, c->w - state_w, state_w, rs, state);
}

static void draw(struct sg_view *v, const struct sg_canvas *c)
{
    struct queue_view *q = self(v);
    const struct sg_qcounts *n = &sg_app_status(v->app)->queue;
    if (v->dirty == SG_DIRTY_ALL) {
        sg_canvas_clear(c, SG_UI_TEXT);
        sg_putf(c, 0, 1, -1, SG_UI_TEXT, _("%zu waiting, not yet in effect · %zu need you · %zu done"), n->waiting, n->need_you, n->done);
        if (n->reads > 0)
            sg_putf(c, 2, 1, -1, SG_UI_DIM, ngettext("%zu read without the service is not yet in its log.", "%zu reads without the service are not yet in its log.", n->reads), n->reads);
        if (n->others > 0)
            sg_putf(c, 1, 1, -1, SG_UI_DIM, ngettext("%zu row of somebody else on this workstation; only they can send it.", "%zu rows of somebody else on this workstation; only they can send them.", n->others), n->others);
        if (n->again > 0)
            sg_putf(c, 1, 1, -1, SG_UI_ERROR, ngettext("! The restored service lacks %zu of your acts: sent again, or yours to confirm.", "! The restored service lacks %zu of your acts: sent again, or yours to confirm.", n->again), n->again);
        if (sg_app_status(v->app)->leftovers > 0)
            sg_putf(c, 2, 1, -1, SG_UI_ATTENTION, ngettext("! %zu queue was left behind beside this one. %s shows it.", "! %zu queues were left behind beside this one. %s shows them.", sg_app_status(v->app)->leftovers), sg_app_status(v->app)->leftovers, sg_app_key(v->app, SG_CMD_ADOPT));
        if (sg_app_left(v->app))
            sg_putf(c, 2, 1, -1, SG_UI_ATTENTION, _("! Not your own queue: it was left behind. %s goes back. %s"), sg_app_key(v->app, SG_CMD_ADOPT), sg_app_left(v->app));
        if (sg_app_left(v->app) && sg_app_status(v->app)->bar == SG_ADOPT_UNKNOWN_SERVICE)
            sg_putf(c, 1, 1, -1, SG_UI_ATTENTION, _("! It does not say which service it is for. It is sent to %s."), sg_app_config(v->app)->url);
        if (n->damaged > 0)
            sg_putf(c, 1, 1, -1, SG_UI_ERROR, ngettext("! %zu row is damaged; the others are whole.", "! %zu rows are damaged; the others are whole.", n->damaged), n->damaged);
    }
    q->list.empty = q->known ? _("Nothing waits. Press Space to see what is done as well.") : _("Reading…");
    struct sg_canvas body = sg_canvas_sub(c, 3, 0, c->h - 3, c->w);
    sg_list_draw(&q->list, &body, true, row, q);
}

static const struct sg_qline *chosen(const struct queue_view *q)
{
    return q->list.cur >= 0 ? line_at(q, q->list.cur) : NULL;
}

static bool act(struct queue_view *q, enum sg_ask_kind kind)
{
    const struct sg_qline *l = chosen(q);
    struct sg_ask a = {.kind = kind};
    if (!l)
        return true;
    SG_COPY(a.key, l->action_id);
    sg_app_ask(q->v.app, &a);
    return true;
}

/* Marks and unmarks; the list goes one row on, so that a run of conflicts is marked with one key held. */
static bool mark(struct queue_view *q, const struct sg_qline *l)
{
    size_t i = marked_at(q, l->action_id);
    if (i < q->n_marked)
        q->marked[i] = q->marked[--q->n_marked];
    else if (q->n_marked < SG_BATCH_MAX)
        q->marked[q->n_marked++] = *l;
    else
        sg_app_toast(q->v.app, SG_TOAST_BAD, _("At most %d can be decided about together."), (int)SG_BATCH_MAX);
    sg_list_command(&q->list, SG_CMD_DOWN);
    sg_list_invalidate(&q->list);
    q->v.dirty = SG_DIRTY_ALL;
    return true;
}

static bool decide(struct queue_view *q)
{
    struct sg_view_arg a = {.lines = q->marked, .n_lines = q->n_marked};
    if (q->n_marked == 0)
        sg_app_toast(q->v.app, SG_TOAST_INFO, _("Mark conflicts or refusals first with %s."), sg_app_key(q->v.app, SG_CMD_MARK));
    else
        sg_app_push(q->v.app, &sg_view_batch, &a);
    return true;
}

static bool command(struct sg_view *v, int cmd)
{
    struct queue_view *q = self(v);
    const struct sg_qline *l = chosen(q);
    struct sg_view_arg a = {.id = l ? l->action_id : ""};
    switch (cmd) {
    case SG_CMD_OPEN:
        if (l)
            sg_app_push(v->app, sg_qstate_view(l->state), &a);
        return true;
    case SG_CMD_RETRY:
        return act(q, SG_ASK_RETRY);
    case SG_CMD_WITHDRAW:
        return act(q, SG_ASK_WITHDRAW);
    case SG_CMD_RECONFIRM:
        return act(q, SG_ASK_RECONFIRM);
    case SG_CMD_UNDO:
        if (l)
            sg_app_push(v->app, &sg_view_undo, &a);
        return true;
    case SG_CMD_MARK:
        return l ? mark(q, l) : true;
    case SG_CMD_DECIDE:
        return decide(q);
    case SG_CMD_REFRESH:
        refresh(q);
        return true;
    default:
        if (!sg_list_command(&q->list, cmd))
            return false;
        v->dirty = v->dirty > SG_DIRTY_ROWS ? v->dirty : SG_DIRTY_ROWS;
        return true;
    }
}

static bool key(struct sg_view *v, const struct sg_key *k)
{
    struct queue_view *q = self(v);
    if (!(k->kind == SG_KEY_NAMED && sg_eq(k->name, "Space")) && !(k->kind == SG_KEY_CHAR && k->cp == ' '))
        return false;
    q->all = !q->all;
    q->list.top = 0;
    refresh(q);
    v->dirty = SG_DIRTY_ALL;
    return true;
}

/* What has been decided, here or elsewhere, is no longer marked. */
static void unmark(struct queue_view *q, const struct sg_tell *t)
{
    size_t i = t->row ? marked_at(q, t->row->action.id) : q->n_marked;
    if (i < q->n_marked && t->row && t->row->state != SG_Q_CONFLICT && t->row->state != SG_Q_REFUSED)
        q->marked[i] = q->marked[--q->n_marked];
}

static void told_page(struct queue_view *q, const struct sg_tell *t)
{
    for (int k = 0; k < PAGES; k++) {
        if (q->page[k].ask == 0 || q->page[k].ask != t->ask)
            continue;
        free(q->page[k].line);
        q->page[k].line = t->n_lines ? malloc(t->n_lines * sizeof *t->lines) : NULL;
        if (q->page[k].line)
            memcpy(q->page[k].line, t->lines, t->n_lines * sizeof *t->lines);
        q->page[k].n = q->page[k].line ? t->n_lines : 0;
        q->page[k].have = true;
        q->known = true;
        sg_list_set_count(&q->list, (long)t->total);
        sg_list_invalidate(&q->list);
        q->v.dirty = SG_DIRTY_ALL;
    }
}

static void tell(struct sg_view *v, const struct sg_tell *t)
{
    struct queue_view *q = self(v);
    if (t->kind == SG_TELL_QUEUE || t->kind == SG_TELL_FAILED)
        sg_pace_answered(v, &q->pace);
    if (t->kind == SG_TELL_QUEUE) {
        told_page(q, t);
    } else if (t->kind == SG_TELL_ACTION) {
        unmark(q, t);
        refresh_paced(q);
    } else if (t->kind == SG_TELL_STATUS && q->known) {
        refresh_paced(q);
    } else if (t->kind == SG_TELL_DONE) {
        refresh_paced(q);
    }
}

static void gate(struct sg_view *v, struct sg_gate *g)
{
    const struct sg_qline *l = chosen(self(v));
    g->row = l != NULL;
    g->waiting_row = l && (sg_qstate_waiting(l->state) || l->fresh_needed);
    g->conflict_row = l && (l->state == SG_Q_CONFLICT || l->state == SG_Q_REFUSED);
}

/* The key for queues that were left behind only while there is one. */
static const int *hints_now(struct sg_view *v)
{
    static const int plain[] = {SG_CMD_OPEN, SG_CMD_WITHDRAW, SG_CMD_UNDO, SG_CMD_MARK, SG_CMD_DECIDE, SG_CMD_RETRY, SG_CMD_RECONFIRM, SG_CMD_SYNC, SG_CMD_BACK, SG_CMD_NONE};
    static const int left[] = {SG_CMD_OPEN, SG_CMD_ADOPT, SG_CMD_WITHDRAW, SG_CMD_UNDO, SG_CMD_MARK, SG_CMD_DECIDE, SG_CMD_RETRY, SG_CMD_RECONFIRM, SG_CMD_SYNC, SG_CMD_BACK, SG_CMD_NONE};
    return sg_app_left(v->app) || sg_app_status(v->app)->leftovers > 0 ? left : plain;
}

const struct sg_view_ops sg_view_queue = {
    .name = "queue", .context = SG_CTX_QUEUE, .size = sizeof(struct queue_view), .open = open_view, .close = close_view, .title = title, .draw = draw,
    .command = command, .key = key, .tell = tell, .due = due, .gate = gate, .hints_now = hints_now};
