/* Home: what needs a person, what waits, whom one has looked at, and three separate facts: connection, queue, freshness. */
#include "ui/views/common.h"
#include "base/i18n.h"
#include "base/str.h"
#include <string.h>

enum { LINES = 20, RECENT = 10 };
struct home_view {
    struct sg_view v;
    struct sg_list list;
    size_t n_lines; struct sg_qline line[LINES];
    size_t n_recent; struct { char id[SG_ID_MAX]; char name[SG_NAME_MAX]; int64_t at; } recent[RECENT];
    uint64_t ask; struct sg_pace pace;
    struct sg_level level; struct sg_stop stop; bool have_level, level_cached; enum sg_link link_was; int64_t level_at; uint64_t ask_level;
    int stop_rows;                                         /* it takes, as last painted */
    int64_t stop_at, list_at;                              /* when the line about the stop says something else, and when the list may be read; 0: never */
    struct sg_qcounts counted;                             /* as the list was last asked for */
};

static struct home_view *self(struct sg_view *v)
{
    return (struct home_view *)(void *)v;
}

static void fetch(struct home_view *h)
{
    struct sg_ask a = {.kind = SG_ASK_QUEUE, .limit = LINES};
    SG_COPY(a.text, "waiting");
    h->counted = sg_app_status(h->v.app)->queue;
    h->ask = sg_app_ask(h->v.app, &a);
}

/* The one alarm of a screen serves two here: a list that was put off, and the time until a stop. */
static void set_alarm(struct home_view *h)
{
    bool stop_first = h->list_at == 0 || (h->stop_at != 0 && h->stop_at < h->list_at);
    h->v.due = stop_first ? h->stop_at : h->list_at;
}

static void fetch_paced(struct home_view *h)
{
    if (sg_pace_now(&h->v, &h->pace))
        fetch(h);
    h->list_at = h->v.due;
    set_alarm(h);
}

static void due(struct sg_view *v)
{
    struct home_view *h = self(v);
    int64_t now = sg_app_mono(v->app);
    if (h->stop_at != 0 && now >= h->stop_at) {
        h->stop_at = 0;
        v->dirty = SG_DIRTY_ALL;
    }
    if (h->list_at != 0 && now >= h->list_at)
        fetch_paced(h);
    set_alarm(h);
}

static void fetch_level(struct home_view *h)
{
    struct sg_ask a = {.kind = SG_ASK_LEVEL, .cached_ok = true};
    h->ask_level = sg_app_ask(h->v.app, &a);
}

static void open_view(struct sg_view *v, const struct sg_view_arg *a)
{
    (void)a;
    sg_list_init(&self(v)->list);
    fetch_paced(self(v));
    fetch_level(self(v));
}

static void title(struct sg_view *v, char *dst, size_t cap)
{
    (void)v;
    sg_copy(dst, cap, _("Home"));
}

/* Minutes are rounded towards the worse. */
static void service_level(const struct home_view *h, const struct sg_canvas *c, int y)
{
    const struct sg_level *l = &h->level;
    char when[SG_RFC3339_MAX] = "";
    if (!h->have_level)
        return;
    if (h->level_cached)
        sg_local_stamp(when, h->level_at, sg_app_now(h->v.app));
    long left = (long)(l->budget_ms >= 0 ? l->budget_ms / 60000 : -((-l->budget_ms + 59999) / 60000));
    if (left >= 0)
        sg_putf(c, y, 2, -1, SG_UI_DIM, _("Service level %04d-%02d: %d.%03d %% of at least 99.80 %%; %ld min of outage left. %s%s"), l->year, l->month,
                l->availability / 1000, l->availability % 1000, left, h->level_cached ? sg_mark(SG_MARK_STALE) : "", when);
    else
        sg_putf(c, y, 2, -1, SG_UI_ATTENTION, _("! Service level %04d-%02d: %d.%03d %%, below 99.80 %% by %ld min of down-time. %s%s"), l->year, l->month,
                l->availability / 1000, l->availability % 1000, -left, h->level_cached ? sg_mark(SG_MARK_STALE) : "", when);
}

/* Above the rest, the stop itself and a row of what may be done about it, or, when the service is away, of how old the knowledge is. */
static int stop_lines(struct home_view *h, const struct sg_canvas *c, int y)
{
    char text[240], known[96];
    int64_t now = sg_app_now(h->v.app);
    enum sg_stop_phase phase = sg_stop_phase(&h->stop, now);
    bool old = h->level_cached || sg_app_status(h->v.app)->link != SG_LINK_ONLINE;
    sg_stop_text(text, sizeof text, &h->stop, now);
    sg_freshness_text(known, sizeof known, true, h->level_at, now);
    if (phase == SG_STOP_NONE)
        return 0;
    sg_putf(c, y, 2, -1, SG_UI_ATTENTION, "%s %s", sg_mark(SG_MARK_NEED), text);
    if (old)
        sg_put(c, y + 1, 4, -1, SG_UI_DIM, known);
    else if (phase == SG_STOP_AHEAD)
        sg_putf(c, y + 1, 4, -1, SG_UI_DIM, _("Press %s and choose “%s”: it reads whom your unit may need."), sg_app_key(h->v.app, SG_CMD_PALETTE),
                _(sg_cmd_def(SG_CMD_PREPARE)->title));
    return old || phase == SG_STOP_AHEAD ? 2 : 1;
}

/* Woken only for a line that somebody sees: the time is set by painting it. */
static int planned_stop(struct home_view *h, const struct sg_canvas *c, int y)
{
    int64_t in = sg_stop_changes_in(&h->stop, sg_app_now(h->v.app));
    h->stop_at = in < 0 ? 0 : sg_app_mono(h->v.app) + in;
    set_alarm(h);
    return stop_lines(h, c, y);
}

static int connection(struct home_view *h, const struct sg_canvas *c, int y, int last)
{
    const struct sg_status *s = sg_app_status(h->v.app);
    char when[SG_RFC3339_MAX] = "", text[400];
    if (s->last_contact > 0)
        sg_local_stamp(when, s->last_contact, sg_app_now(h->v.app));
    if (s->link == SG_LINK_ONLINE)
        sg_putf(c, y++, 2, -1, SG_UI_OK, "%s %s", sg_mark(SG_MARK_ONLINE), _("Connected with the service."));
    else if (s->link == SG_LINK_STARTING)
        sg_putf(c, y++, 2, -1, SG_UI_DIM, "%s %s", sg_mark(SG_MARK_OFFLINE), _("Connecting…"));
    else if (s->link == SG_LINK_AUTH)
        sg_putf(c, y++, 2, -1, SG_UI_ATTENTION, "! %s", _("The service does not accept this identity."));
    else {
        if (when[0])
            sg_format(text, sizeof text, _("%s No contact with the service since %s. What you do is queued and NOT YET IN EFFECT."), sg_mark(SG_MARK_OFFLINE), when);
        else
            sg_format(text, sizeof text, _("%s No contact with the service. What you do is queued and NOT YET IN EFFECT."), sg_mark(SG_MARK_OFFLINE));
        y += sg_put_wrapped(c, y, 2, SG_UI_ATTENTION, text);
    }
    if (!s->store_open)
        sg_put(c, y++, 2, -1, s->store_err ? SG_UI_ERROR : SG_UI_DIM, s->store_err ? _(sg_err_text(s->store_err)) : _("Opening the queue…"));
    else if (s->queue.waiting > 0)
        sg_putf(c, y++, 2, -1, SG_UI_WAITING, ngettext("%s %zu act waits, not yet in effect.", "%s %zu acts wait, not yet in effect.", s->queue.waiting), sg_mark(SG_MARK_WAIT), s->queue.waiting);
    else
        sg_putf(c, y++, 2, -1, SG_UI_TEXT, _("%s Nothing waits in the queue."), sg_mark(SG_MARK_OK));
    if (when[0] && y < last)
        sg_putf(c, y++, 2, -1, SG_UI_DIM, _("Last answer %s."), when);
    return y;
}

static void row(void *ctx, const struct sg_canvas *c, long i, bool focused)
{
    struct home_view *h = ctx;
    enum sg_ui_role r = focused ? SG_UI_CURSOR : SG_UI_TEXT;
    char when[SG_RFC3339_MAX], text[240];
    sg_focus_row(c, 0, focused);
    if ((size_t)i < h->n_lines) {
        const struct sg_qline *l = &h->line[i];
        enum sg_ui_role rs = focused ? SG_UI_CURSOR : sg_qstate_role(l->state);
        bool narrow = c->w < 76;
        int tail = narrow ? 21 : 32;
        if (sg_qstate_waiting(l->state) && narrow)
            sg_copy(text, sizeof text, _("NOT YET IN EFFECT"));
        else if (sg_qstate_waiting(l->state))
            sg_format(text, sizeof text, _("%s · NOT YET IN EFFECT"), sg_qstate_title(l->state));
        else
            sg_copy(text, sizeof text, sg_qstate_title(l->state));
        sg_put(c, 0, 2, 2, rs, sg_mark(sg_qstate_mark(l->state)));
        sg_put(c, 0, 4, 18, r, l->subject_name);
        sg_put(c, 0, 23, c->w - 24 - tail, r, l->summary);
        sg_put(c, 0, c->w - tail, tail, rs, text);
        return;
    }
    size_t k = (size_t)i - h->n_lines;
    if (k >= h->n_recent)
        return;
    sg_local_stamp(when, h->recent[k].at, sg_app_now(h->v.app));
    sg_put(c, 0, 4, 40, r, h->recent[k].name);
    sg_putf(c, 0, 46, -1, focused ? SG_UI_CURSOR : SG_UI_DIM, _("read %s"), when);
}

/* Nothing else can be done before. */
static bool terms_missing(const struct home_view *h)
{
    const struct sg_actor *me = sg_app_me(h->v.app);
    return me && me->active && !me->terms_accepted;
}

static void draw(struct sg_view *v, const struct sg_canvas *c)
{
    struct home_view *h = self(v);
    if (v->dirty == SG_DIRTY_ALL) {
        sg_canvas_clear(c, SG_UI_TEXT);
        sg_heading(c, 1, _("Find"));
        if (terms_missing(h))
            sg_putf(c, 2, 2, -1, SG_UI_ATTENTION, _("%s Read and accept the terms of use first: press %s."), sg_mark(SG_MARK_NEED), sg_app_key(v->app, SG_CMD_OPEN));
        else
            sg_putf(c, 2, 2, -1, SG_UI_TEXT, _("Press %s and type a personnummer."), sg_app_key(v->app, SG_CMD_FIND));
        sg_heading(c, 4, _("Service and queue"));
        h->stop_rows = planned_stop(h, c, 5);
        service_level(h, c, connection(h, c, 5 + h->stop_rows, 8 + h->stop_rows));
        sg_heading(c, 9 + h->stop_rows, _("Needs you, waits, looked at lately"));
    }
    h->list.empty = _("Nothing yet. People you look up are listed here until you quit.");
    int top = 10 + h->stop_rows;
    struct sg_canvas body = sg_canvas_sub(c, top, 0, c->h - top, c->w);
    sg_list_draw(&h->list, &body, true, row, h);
}

static bool open_row(struct home_view *h)
{
    long i = h->list.cur;
    struct sg_view_arg a = {0};
    if (terms_missing(h)) {
        sg_app_push(h->v.app, &sg_view_terms, NULL);
        return true;
    }
    if (i < 0)
        return true;
    if ((size_t)i < h->n_lines) {
        a.id = h->line[i].action_id;
        sg_app_push(h->v.app, sg_qstate_view(h->line[i].state), &a);
    } else if ((size_t)i - h->n_lines < h->n_recent) {
        a.id = h->recent[(size_t)i - h->n_lines].id;
        sg_app_push(h->v.app, &sg_view_citizen, &a);
    }
    return true;
}

static bool command(struct sg_view *v, int cmd)
{
    struct home_view *h = self(v);
    if (cmd == SG_CMD_OPEN)
        return open_row(h);
    if (cmd == SG_CMD_REFRESH) {
        fetch(h);
        return true;
    }
    if (!sg_list_command(&h->list, cmd))
        return false;
    v->dirty = v->dirty > SG_DIRTY_ROWS ? v->dirty : SG_DIRTY_ROWS;
    return true;
}

static void recount(struct home_view *h)
{
    sg_list_set_count(&h->list, (long)(h->n_lines + h->n_recent));
    sg_list_invalidate(&h->list);
    h->v.dirty = SG_DIRTY_ALL;
}

static void seen(struct home_view *h, const struct sg_tell *t)
{
    size_t k = 0;
    while (k < h->n_recent && !sg_eq(h->recent[k].id, t->citizen->id))
        k++;
    if (k == h->n_recent && h->n_recent < RECENT)
        h->n_recent++;
    if (k >= RECENT)
        k = RECENT - 1;
    memmove(&h->recent[1], &h->recent[0], k * sizeof h->recent[0]);
    SG_COPY(h->recent[0].id, t->citizen->id);
    SG_COPY(h->recent[0].name, t->citizen->name);
    h->recent[0].at = t->as_of;
    recount(h);
}

static void told_list(struct home_view *h, const struct sg_tell *t)
{
    h->v.due = h->list_at;
    sg_pace_answered(&h->v, &h->pace);
    h->list_at = h->v.due;
    set_alarm(h);
    if (t->kind != SG_TELL_QUEUE)
        return;
    h->n_lines = 0;
    for (size_t i = 0; i < t->n_lines && h->n_lines < LINES; i++)
        if (!sg_qstate_terminal(t->lines[i].state))
            h->line[h->n_lines++] = t->lines[i];
    recount(h);
}

static void told_status(struct home_view *h, const struct sg_status *s)
{
    if (s->link == SG_LINK_ONLINE && (!h->have_level || h->level_cached) && h->link_was != SG_LINK_ONLINE)
        fetch_level(h);
    h->link_was = s->link;
    if (s->store_open && sg_counts_differ(&h->counted, &s->queue))
        fetch_paced(h);                                    /* another program on this queue may have moved it */
    h->v.dirty = SG_DIRTY_ALL;
}

static void tell(struct sg_view *v, const struct sg_tell *t)
{
    struct home_view *h = self(v);
    if (t->ask == h->ask && (t->kind == SG_TELL_QUEUE || t->kind == SG_TELL_FAILED)) {
        told_list(h, t);
    } else if (t->kind == SG_TELL_CITIZEN && t->citizen) {
        seen(h, t);
    } else if (t->kind == SG_TELL_ACTION || t->kind == SG_TELL_DONE) {
        fetch_paced(h);
    } else if (t->kind == SG_TELL_LEVEL && (t->ask == h->ask_level || t->ask == 0)) {
        h->level = t->level;
        h->stop = t->stop;
        h->level_cached = t->from_cache;
        h->level_at = t->as_of;
        h->have_level = true;
        v->dirty = SG_DIRTY_ALL;
    } else if (t->kind == SG_TELL_STATUS) {
        told_status(h, &t->status);
    }
}

static void gate(struct sg_view *v, struct sg_gate *g)
{
    g->row = self(v)->list.cur >= 0 || terms_missing(self(v));
}

static const int hints[] = {SG_CMD_FIND, SG_CMD_QUEUE, SG_CMD_OPEN, SG_CMD_SYNC, SG_CMD_PALETTE, SG_CMD_QUIT, SG_CMD_NONE};

const struct sg_view_ops sg_view_home = {
    .name = "home", .context = SG_CTX_HOME, .size = sizeof(struct home_view), .open = open_view, .title = title, .draw = draw, .command = command,
    .tell = tell, .due = due, .gate = gate, .hints = hints};
