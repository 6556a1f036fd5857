/* The event log, of one citizen or whole, newest first. Rows come in pages of any log's length; the screen holds a few pages. */
#include "ui/views/common.h"
#include "base/i18n.h"
#include "base/str.h"
#include "model/event.h"
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { PAGE = 100, PAGES = 6, FILTER_MOST = 500, NARROW = 76 };
struct events_view {
    struct sg_view v;
    char id[SG_ID_MAX];                                 /* "" = whole log */
    char name[SG_NAME_MAX];
    struct sg_list list; long total; bool known, failed; char problem[400];
    struct { bool have; long offset; size_t n; struct sg_event *ev; uint64_t ask; } page[PAGES]; int next;
    bool filtering; struct sg_form form; char filter[80]; long hit[FILTER_MOST]; long n_hits;
    bool detail;
};

static struct events_view *self(struct sg_view *v)
{
    return (struct events_view *)(void *)v;
}

static void fetch(struct events_view *e, long offset)
{
    struct sg_ask a = {.kind = SG_ASK_EVENTS, .offset = offset, .limit = PAGE};
    int k = e->next;
    for (int i = 0; i < PAGES; i++)
        if (e->page[i].ask != 0 && e->page[i].offset == offset)
            return;
    SG_COPY(a.key, e->id);
    free(e->page[k].ev);
    memset(&e->page[k], 0, sizeof e->page[k]);
    e->page[k].offset = offset;
    e->next = (k + 1) % PAGES;
    e->page[k].ask = sg_app_ask(e->v.app, &a);
}

/* Row 0 is the newest: the last of the log. */
static long place(const struct events_view *e, long row)
{
    return e->filter[0] ? e->hit[row] : e->total - 1 - row;
}

static const struct sg_event *event_at(const struct events_view *e, long at)
{
    for (int k = 0; k < PAGES; k++)
        if (e->page[k].have && at >= e->page[k].offset && at < e->page[k].offset + (long)e->page[k].n)
            return &e->page[k].ev[at - e->page[k].offset];
    return NULL;
}

static void open_view(struct sg_view *v, const struct sg_view_arg *a)
{
    struct events_view *e = self(v);
    sg_copy(e->id, sizeof e->id, a ? a->id : "");
    sg_copy(e->name, sizeof e->name, a && a->citizen ? a->citizen->name : "");
    sg_list_init(&e->list);
    sg_form_init(&e->form);
    sg_form_text(&e->form, _("Filter"), "", sizeof e->filter - 1, _("Shows only rows that contain this text. Empty shows all."));
    fetch(e, 0);
}

static void close_view(struct sg_view *v)
{
    struct events_view *e = self(v);
    for (int k = 0; k < PAGES; k++) {
        if (!e->page[k].have)
            sg_app_cancel(v->app, &e->page[k].ask);
        free(e->page[k].ev);
    }
    sg_form_free(&e->form);
}

static void title(struct sg_view *v, char *dst, size_t cap)
{
    struct events_view *e = self(v);
    if (e->name[0])
        sg_format(dst, cap, _("Events  %s"), e->name);
    else
        sg_copy(dst, cap, _("Event log"));
}

static const char *kind_title(const char *kind)
{
    struct sg_event_def d;
    if (sg_event_find(kind, &d))
        return _(d.title);
    return kind;
}

static enum sg_mark outcome_mark(const char *outcome)
{
    return sg_eq(outcome, "done") ? SG_MARK_OK : sg_eq(outcome, "conflict") ? SG_MARK_NEED : SG_MARK_NO;
}

static const char *outcome_title(const char *outcome)
{
    return sg_eq(outcome, "done") ? _("done") : sg_eq(outcome, "conflict") ? _("conflict") : _("refused");
}

static void row(void *ctx, const struct sg_canvas *c, long i, bool focused)
{
    struct events_view *e = ctx;
    long at = place(e, i);
    const struct sg_event *ev = event_at(e, at);
    char when[SG_RFC3339_MAX];
    sg_focus_row(c, 0, focused);
    if (!ev) {
        fetch(e, at / PAGE * PAGE);
        sg_putf(c, 0, 2, -1, SG_UI_DIM, "%ld …", at);
        return;
    }
    enum sg_ui_role r = focused ? SG_UI_CURSOR : SG_UI_TEXT;
    bool narrow = c->w < NARROW;                        /* the place in the log stands in the detail, the year goes */
    int when_x = narrow ? 2 : 10, kind = narrow ? 14 : 27, kind_w = narrow ? 20 : 24, who = kind + kind_w, who_w = c->w >= 100 ? 26 : c->w - 11 - who;
    int unit = c->w - 11 - who - who_w;
    sg_local_stamp(when, ev->at, sg_app_now(e->v.app));
    if (!narrow)
        sg_putf(c, 0, 1, 8, r, "%8lld", (long long)ev->index);
    sg_put(c, 0, when_x, kind - when_x - 1, r, narrow && strlen(when) > 5 ? when + 5 : when);
    sg_put(c, 0, kind, kind_w - 1, r, kind_title(ev->kind));
    sg_put(c, 0, who, who_w - 1, r, ev->actor_name[0] ? ev->actor_name : ev->actor[0] ? ev->actor : _("not known"));
    if (unit > 6)
        sg_put(c, 0, who + who_w, unit - 1, r, ev->unit_name[0] ? ev->unit_name : ev->unit);
    sg_putf(c, 0, c->w - 10, 10, focused ? SG_UI_CURSOR : sg_eq(ev->outcome, "done") ? SG_UI_TEXT : SG_UI_BLOCKED, "%s %s", sg_mark(outcome_mark(ev->outcome)), outcome_title(ev->outcome));
}

static int fact(const struct sg_canvas *c, int y, const char *label, const char *value)
{
    if (!value[0])
        return y;
    sg_put(c, y, 1, 20, SG_UI_DIM, label);
    struct sg_canvas in = sg_canvas_sub(c, 0, 22, c->h, c->w - 23);
    return y + sg_put_wrapped(&in, y, 0, SG_UI_TEXT, value);
}

/* Day and second in Swedish time, with a blank between them. */
static void full_stamp(char dst[SG_RFC3339_MAX], int64_t at)
{
    sg_local_time(dst, at);
    char *t = strchr(dst, 'T');
    if (t)
        *t = ' ';
}

static void draw_detail(struct events_view *e, const struct sg_canvas *c)
{
    const struct sg_event *ev = e->list.cur >= 0 ? event_at(e, place(e, e->list.cur)) : NULL;
    char text[400], at[SG_RFC3339_MAX];
    sg_canvas_clear(c, SG_UI_TEXT);
    sg_rule(c, 0, SG_UI_DIM);
    if (!ev)
        return;
    full_stamp(at, ev->at);
    int y = 1;
    sg_format(text, sizeof text, "%s · %s", kind_title(ev->kind), outcome_title(ev->outcome));
    y = fact(c, y, _("What"), text);
    sg_format(text, sizeof text, _("%s, event %lld"), at, (long long)ev->index);
    y = fact(c, y, _("In the log"), text);
    if (ev->performed_at > 0 && ev->performed_at != ev->at) {
        full_stamp(at, ev->performed_at);
        sg_format(text, sizeof text, ev->offline ? _("%s, without contact with the service") : "%s", at);
        y = fact(c, y, _("Decided"), text);
    }
    sg_format(text, sizeof text, "%s  %s", ev->actor_name, ev->actor);
    y = fact(c, y, _("Who"), text);
    sg_format(text, sizeof text, "%s  %s", ev->unit_name, ev->unit);
    y = fact(c, y, _("Where"), text);
    y = fact(c, y, _("Purpose"), ev->purpose);
    enum sg_rule rule = sg_rule_named(ev->rule);
    if (rule < SG_RULE_COUNT) {
        struct sg_why w = {.rule = rule};
        sg_why_text(text, sizeof text, &w);
        y = fact(c, y, _("Rule"), text);
    }
    y = fact(c, y, _("Reason"), ev->reason);
    y = fact(c, y, _("Reference"), ev->reference);
    fact(c, y, _("Event id"), ev->id);
}

static void draw(struct sg_view *v, const struct sg_canvas *c)
{
    struct events_view *e = self(v);
    int foot = e->filtering ? 3 : e->detail ? c->h / 2 : 0;
    if (v->dirty == SG_DIRTY_ALL)
        sg_canvas_clear(c, SG_UI_TEXT);
    if (e->failed) {
        sg_put_wrapped(c, 1, 2, SG_UI_ERROR, e->problem);
        return;
    }
    if (v->dirty == SG_DIRTY_ALL && e->filter[0])
        sg_putf(c, 0, 1, -1, SG_UI_ATTENTION, _("Filter \"%s\": %ld of %ld"), e->filter, e->n_hits, e->total);
    else if (v->dirty == SG_DIRTY_ALL)
        sg_putf(c, 0, 1, -1, SG_UI_DIM, ngettext("%ld event, newest first", "%ld events, newest first", (unsigned long)e->total), e->total);
    e->list.empty = !e->known ? _("Reading…  Esc cancels") : e->filter[0] ? _("Nothing matches the filter. Empty the filter to see all.") : _("No events yet.");
    struct sg_canvas body = sg_canvas_sub(c, 1, 0, c->h - 1 - foot, c->w);
    sg_list_draw(&e->list, &body, !e->filtering, row, e);
    struct sg_canvas low = sg_canvas_sub(c, c->h - foot, 0, foot, c->w);
    if (e->filtering)
        sg_form_draw(&e->form, &low);
    else if (e->detail)
        draw_detail(e, &low);
}

static bool matches(const struct sg_event *ev, const char *text)
{
    const char *in[] = {ev->kind, kind_title(ev->kind), ev->actor, ev->actor_name, ev->unit, ev->unit_name, ev->outcome, ev->reason, ev->reference, ev->rule, ev->purpose};
    for (size_t i = 0; i < sizeof in / sizeof *in; i++)
        if (strcasestr(in[i], text))
            return true;
    return false;
}

static void apply_filter(struct events_view *e)
{
    e->filtering = false;
    e->n_hits = 0;
    SG_COPY(e->filter, e->form.f[0].text);
    if (e->filter[0] && e->total > FILTER_MOST) {
        sg_app_toast(e->v.app, SG_TOAST_BAD, _("A filter works on at most %d events; open the events of one citizen."), FILTER_MOST);
        e->filter[0] = '\0';
    }
    for (long at = e->total - 1; e->filter[0] && at >= 0; at--) {
        const struct sg_event *ev = event_at(e, at);
        if (!ev)
            fetch(e, at / PAGE * PAGE);
        else if (matches(ev, e->filter))
            e->hit[e->n_hits++] = at;
    }
    sg_list_set_count(&e->list, e->filter[0] ? e->n_hits : e->total);
    sg_list_invalidate(&e->list);
    e->v.dirty = SG_DIRTY_ALL;
}

static bool command(struct sg_view *v, int cmd)
{
    struct events_view *e = self(v);
    if (cmd == SG_CMD_FILTER) {
        e->filtering = true;
    } else if (cmd == SG_CMD_OPEN) {
        e->detail = !e->detail;
    } else if (cmd == SG_CMD_REFRESH) {
        memset(&e->page[0].ask, 0, sizeof e->page[0].ask);
        for (int k = 0; k < PAGES; k++)
            e->page[k].ask = 0;
        fetch(e, e->total > 0 ? (e->total - 1) / PAGE * PAGE : 0);
    } else if (cmd == SG_CMD_BACK && (e->filtering || e->detail || e->filter[0])) {
        if (e->filtering || e->detail)
            e->filtering = e->detail = false;
        else
            e->form.f[0].text[0] = '\0', apply_filter(e);
    } else if (sg_list_command(&e->list, cmd)) {
        enum sg_dirty d = e->detail ? SG_DIRTY_ALL : SG_DIRTY_ROWS;
        v->dirty = v->dirty > d ? v->dirty : d;
        return true;
    } else {
        return false;
    }
    v->dirty = SG_DIRTY_ALL;
    return true;
}

static bool key(struct sg_view *v, const struct sg_key *k)
{
    struct events_view *e = self(v);
    if (!e->filtering)
        return false;
    v->dirty = SG_DIRTY_ALL;
    if (k->kind == SG_KEY_NAMED && sg_eq(k->name, "Enter")) {
        apply_filter(e);
        return true;
    }
    return sg_form_key(&e->form, k);
}

static void told_page(struct events_view *e, const struct sg_tell *t)
{
    for (int k = 0; k < PAGES; k++) {
        if (e->page[k].ask == 0 || e->page[k].ask != t->ask)
            continue;
        free(e->page[k].ev);
        e->page[k].ev = t->n_events ? malloc(t->n_events * sizeof *t->events) : NULL;
        if (e->page[k].ev)
            memcpy(e->page[k].ev, t->events, t->n_events * sizeof *t->events);
        e->page[k].n = e->page[k].ev ? t->n_events : 0;
        e->page[k].have = true;
        e->known = true;
        e->total = (long)t->total;
        if (e->filter[0])
            apply_filter(e);
        else
            sg_list_set_count(&e->list, e->total);
        sg_list_invalidate(&e->list);
        e->v.dirty = SG_DIRTY_ALL;
    }
}

static void tell(struct sg_view *v, const struct sg_tell *t)
{
    struct events_view *e = self(v);
    if (t->kind == SG_TELL_EVENTS) {
        told_page(e, t);
    } else if (t->kind == SG_TELL_FAILED) {
        for (int k = 0; k < PAGES; k++)
            if (e->page[k].ask == t->ask && t->ask != 0) {
                e->page[k].ask = 0;
                e->failed = !e->known;
                sg_failure_text(e->problem, sizeof e->problem, t);
                v->dirty = SG_DIRTY_ALL;
            }
    }
}

static void gate(struct sg_view *v, struct sg_gate *g)
{
    g->row = self(v)->list.cur >= 0;
}

static const int hints[] = {SG_CMD_OPEN, SG_CMD_FILTER, SG_CMD_REFRESH, SG_CMD_BACK, SG_CMD_NONE};

const struct sg_view_ops sg_view_events = {
    .name = "events", .context = SG_CTX_EVENTS, .size = sizeof(struct events_view), .open = open_view, .close = close_view, .title = title, .draw = draw,
    .command = command, .key = key, .tell = tell, .gate = gate, .hints = hints};
