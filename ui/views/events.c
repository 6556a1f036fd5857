/* The event log, of one citizen or whole, newest first. What the screen holds is a window of a few hundred rows somewhere in the log, whatever
 * its length: at either end of it the next page is asked for from there, and what is far away is let go. Filter and date are the service's
 * work; a filter that hardly anything fits is searched piece by piece, and Esc stops that. */
#include "ui/views/event_row.h"
#include "base/i18n.h"
#include "base/str.h"
#include "model/event.h"
#include "model/purpose.h"
#include "ui/term.h"
#include <stdlib.h>
#include <string.h>

enum { PAGE = 100, WINDOW = 400, BUCKETS = 60, NEAR = 5 };
enum want { WANT_NOTHING, WANT_FRESH, WANT_OLDER, WANT_NEWER, WANT_OLDEST };
enum mode { LIST, FILTER, JUMP };
enum { F_CITIZEN, F_STAFF, F_UNIT, F_KIND, F_OUTCOME, F_PURPOSE, F_FROM, F_TO };
struct events_view {
    struct sg_view v;
    char id[SG_ID_MAX];                                 /* "" = whole log */
    char name[SG_NAME_MAX];
    struct sg_event_filter filter;
    struct sg_event *ev; long n; bool newest_here, oldest_here, known, jumped;      /* the window, newest first */
    uint64_t ask; enum want want; int64_t searching;                        /* place a search has come to, -1 none */
    int64_t size; uint64_t proof_ask, follow_ask;
    bool follow;
    struct sg_list list;
    enum mode mode; struct sg_form form, jump;
    bool detail, failed; char problem[400];
    char proof[400], proof_of[SG_UUID_MAX];             /* of the event that was asked about last */
    int period; uint64_t density_ask; struct sg_density density; bool dense;
};

static const struct { int days; const char *title; } periods[] = {
    {0, N_("Timeline off")}, {1, N_("one day")}, {7, N_("one week")}, {30, N_("thirty days")}, {365, N_("one year")}, {5 * 365, N_("five years")}};

static struct events_view *self(struct sg_view *v)
{
    return (struct events_view *)(void *)v;
}

/* ---- asking ---- */

static void fetch(struct events_view *e, enum want want, int64_t cursor, int64_t until)
{
    struct sg_ask a = {.kind = SG_ASK_EVENTS, .page = {.filter = e->filter, .limit = PAGE, .cursor = cursor}};
    if (e->ask != 0)
        sg_app_cancel(e->v.app, &e->ask);
    a.page.order = want == WANT_NEWER || want == WANT_OLDEST ? SG_EVENTS_OLDEST : SG_EVENTS_NEWEST;
    if (until != 0)
        a.page.filter.to = until;
    SG_COPY(a.key, e->id);
    e->want = want;
    e->searching = -1;
    e->ask = sg_app_ask(e->v.app, &a);
}

static void ask_density(struct events_view *e)
{
    struct sg_ask a = {.kind = SG_ASK_DENSITY, .page = {.filter = e->filter}, .limit = BUCKETS};
    int64_t now = sg_app_now(e->v.app), day = INT64_C(86400000);
    e->dense = false;
    if (periods[e->period].days == 0)
        return;
    if (a.page.filter.to == 0)
        a.page.filter.to = now + 1;
    if (a.page.filter.from == 0)
        a.page.filter.from = a.page.filter.to - periods[e->period].days * day;
    e->density_ask = sg_app_ask(e->v.app, &a);
}

static void afresh(struct events_view *e, int64_t until)
{
    e->known = e->newest_here = e->oldest_here = false;
    e->jumped = until != 0;
    e->n = 0;
    sg_list_set_count(&e->list, 0);
    fetch(e, WANT_FRESH, -1, until);
    ask_density(e);
    e->v.dirty = SG_DIRTY_ALL;
}

/* Waits at the service for what comes next; only at the newest end, and only of the whole log. */
static void follow_on(struct events_view *e)
{
    struct sg_ask a = {.kind = SG_ASK_EVENTS, .hold = true, .page = {.filter = e->filter, .limit = PAGE, .cursor = e->size - 1, .order = SG_EVENTS_OLDEST}};
    if (e->follow && e->follow_ask == 0 && e->newest_here && e->known)
        e->follow_ask = sg_app_ask(e->v.app, &a);
}

static void stop_following(struct events_view *e)
{
    e->follow = false;
    if (e->follow_ask != 0)
        sg_app_cancel(e->v.app, &e->follow_ask);
}

/* The next page when the choice comes near an end of the window. */
static void keep_up(struct events_view *e)
{
    if (e->ask != 0 || e->n == 0)
        return;
    if (!e->oldest_here && e->list.cur >= e->n - NEAR - e->list.rows)
        fetch(e, WANT_OLDER, e->ev[e->n - 1].index, 0);
    else if (!e->newest_here && e->list.cur < NEAR)
        fetch(e, WANT_NEWER, e->ev[0].index, 0);
}

/* ---- the window ---- */

static void reverse(struct sg_event *ev, size_t n)
{
    for (size_t i = 0; i < n / 2; i++) {
        struct sg_event keep = ev[i];
        ev[i] = ev[n - 1 - i];
        ev[n - 1 - i] = keep;
    }
}

static void put_below(struct events_view *e, const struct sg_event *ev, long n)
{
    long drop = e->n + n > WINDOW ? e->n + n - WINDOW : 0;
    memmove(e->ev, e->ev + drop, (size_t)(e->n - drop) * sizeof *ev);
    e->n -= drop;
    memcpy(e->ev + e->n, ev, (size_t)n * sizeof *ev);
    e->n += n;
    e->list.cur -= drop;
    e->list.top -= drop;
    e->newest_here = e->newest_here && drop == 0;
}

static void put_above(struct events_view *e, struct sg_event *ev, long n)
{
    long keep = e->n + n > WINDOW ? WINDOW - n : e->n;
    reverse(ev, (size_t)n);
    e->oldest_here = e->oldest_here && keep == e->n;
    memmove(e->ev + n, e->ev, (size_t)keep * sizeof *ev);
    memcpy(e->ev, ev, (size_t)n * sizeof *ev);
    e->n = keep + n;
    e->list.cur += n;
    e->list.top += n;
}

static void take_page(struct events_view *e, const struct sg_tell *t)
{
    long n = (long)t->n_events;
    bool more = t->go_on >= 0;
    e->ask = 0;
    e->known = true;
    if (e->want != WANT_OLDER)                              /* what came meanwhile is not in the window: following begins where it ends */
        e->size = t->size;
    if (n == 0 && more && e->want != WANT_NOTHING) {          /* looked at many, none fitted: on from there */
        enum want want = e->want;
        fetch(e, want, t->go_on, want == WANT_FRESH ? e->filter.to : 0);
        e->searching = t->go_on;
        e->known = e->n > 0;
        return;
    }
    if (e->want == WANT_NEWER) {
        put_above(e, t->events, n);
        e->newest_here = !more;
    } else if (e->want == WANT_OLDEST) {
        e->n = 0;
        put_above(e, t->events, n);
        e->oldest_here = true;
        e->newest_here = !more && e->list.cur >= 0;
        e->list.cur = e->list.top = e->n - 1;
    } else {
        put_below(e, t->events, n);
        e->oldest_here = !more;
        e->newest_here = e->newest_here || (e->want == WANT_FRESH && !e->jumped);
    }
    sg_list_set_count(&e->list, e->n);
    keep_up(e);
    follow_on(e);
}

/* New rows come in above; who stands at the newest stays there. */
static void take_news(struct events_view *e, const struct sg_tell *t)
{
    bool top = e->list.cur <= 0;
    e->follow_ask = 0;
    e->size = t->size;
    if (t->n_events > 0) {
        put_above(e, t->events, (long)t->n_events);
        if (top)
            e->list.cur = e->list.top = 0;
        sg_list_set_count(&e->list, e->n);
    }
    follow_on(e);
}

static void tell(struct sg_view *v, const struct sg_tell *t)
{
    struct events_view *e = self(v);
    if (t->ask == 0)
        return;
    if (t->kind == SG_TELL_EVENTS && t->ask == e->ask) {
        take_page(e, t);
    } else if (t->ask == e->proof_ask && t->final) {
        e->proof_ask = 0;
        sg_proof_text(e->proof, sizeof e->proof, t);
    } else if (t->kind == SG_TELL_EVENTS && t->ask == e->follow_ask) {
        take_news(e, t);
    } else if (t->kind == SG_TELL_FAILED && t->ask == e->follow_ask) {
        e->follow = false;
        e->follow_ask = 0;
    } else if (t->kind == SG_TELL_DENSITY && t->ask == e->density_ask && t->density) {
        e->density = *t->density;
        e->dense = true;
        e->density_ask = 0;
    } else if (t->kind == SG_TELL_FAILED && (t->ask == e->ask || t->ask == e->density_ask)) {
        e->failed = t->ask == e->ask && !e->known;
        if (t->ask == e->ask)
            e->ask = 0;
        sg_failure_text(e->problem, sizeof e->problem, t);
    } else {
        return;
    }
    v->dirty = SG_DIRTY_ALL;
}

/* ---- opening ---- */

static void fill_filter(struct events_view *e)
{
    static const struct { const char *value, *label; } outcomes[] = {{"", N_("all")}, {"done", N_("done")}, {"refused", N_("refused")}, {"conflict", N_("conflict")}};
    struct sg_form *f = &e->form;
    sg_form_init(f);
    sg_form_text(f, _("Citizen"), "", SG_ID_MAX - 1, _("Citizen id, as it stands with an event. Empty: everybody."));
    f->f[F_CITIZEN].disabled = e->id[0] != '\0';
    sg_form_text(f, _("Member of staff"), "", SG_HSA_MAX - 1, _("HSA-id; empty: everybody."));
    sg_form_text(f, _("Care unit"), "", SG_HSA_MAX - 1, _("HSA-id; empty: all."));
    sg_form_text(f, _("Kind"), "", 39, _("As in login.lock, or a group: login.*, citizen.*. Empty: all."));
    struct sg_form_field *o = sg_form_choice(f, _("Outcome"), _("Space changes it."));
    for (size_t i = 0; o && i < sizeof outcomes / sizeof *outcomes; i++)
        sg_form_add_choice(o, outcomes[i].value, _(outcomes[i].label));
    struct sg_form_field *p = sg_form_choice(f, _("Purpose"), _("Space changes it."));
    sg_form_add_choice(p, "", _("all"));
    for (int i = 0; p && i < SG_PURPOSE_COUNT; i++)
        sg_form_add_choice(p, sg_purpose_code((enum sg_purpose)i), _(sg_purpose_title((enum sg_purpose)i)));
    sg_form_text(f, _("From"), "", 10, _("A day, 2026-03-02; empty: since the beginning."));
    sg_form_text(f, _("To"), "", 10, _("A day, the last one; empty: until now."));
}

static void open_view(struct sg_view *v, const struct sg_view_arg *a)
{
    struct events_view *e = self(v);
    sg_copy(e->id, sizeof e->id, a && a->id ? a->id : "");
    sg_copy(e->name, sizeof e->name, a && a->citizen ? a->citizen->name : "");
    e->ev = calloc(WINDOW + PAGE, sizeof *e->ev);
    sg_list_init(&e->list);
    fill_filter(e);
    sg_form_init(&e->jump);
    sg_form_text(&e->jump, _("Date"), "", 10, _("The day to go to, 2026-03-02. Enter goes there, Esc stays."));
    if (e->ev)
        afresh(e, 0);
}

static void close_view(struct sg_view *v)
{
    struct events_view *e = self(v);
    if (e->ask != 0)
        sg_app_cancel(v->app, &e->ask);
    stop_following(e);
    free(e->ev);
    sg_form_free(&e->form);
    sg_form_free(&e->jump);
}

static void title(struct sg_view *v, char *dst, size_t cap)
{
    struct events_view *e = self(v);
    if (e->name[0])
        sg_format(dst, cap, _("Events  %s"), e->name);
    else
        sg_copy(dst, cap, _("Event log"));
}

/* ---- drawing ---- */

static const struct sg_event *chosen(const struct events_view *e)
{
    return e->list.cur >= 0 && e->list.cur < e->n ? &e->ev[e->list.cur] : NULL;
}

static void row(void *ctx, const struct sg_canvas *c, long i, bool focused)
{
    struct events_view *e = ctx;
    if (i < e->n)
        sg_draw_event_row(c, &e->ev[i], focused, sg_app_now(e->v.app), NULL);
}

/* Bars in eighths of a line, or signs that grow. */
static const char *bar(int64_t n, int64_t most)
{
    static const char *const blocks[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"}, *const ascii[] = {" ", ".", ".", ":", ":", "-", "=", "+", "#"};
    int height = n <= 0 || most <= 0 ? 0 : (int)(1 + (n * 7) / most);
    return sg_term_utf8() ? blocks[height] : ascii[height];
}

static void draw_timeline(struct events_view *e, const struct sg_canvas *c)
{
    const struct sg_density *d = &e->density;
    const struct sg_event *ev = chosen(e);
    char from[SG_RFC3339_MAX], to[SG_RFC3339_MAX];
    int64_t most = 0, total = 0, here = ev ? (ev->at - d->from) / d->width : -1;
    bool guess = false;
    for (int i = 0; i < d->n; i++) {
        most = d->count[i] > most ? d->count[i] : most;
        total += d->count[i];
        guess = guess || d->estimate[i];
    }
    for (int i = 0; i < d->n && i < c->w - 2; i++)
        sg_put(c, 0, 1 + i, 1, i == here ? SG_UI_CURSOR : d->refused[i] ? SG_UI_ATTENTION : SG_UI_TEXT, bar(d->count[i], most));
    sg_local_stamp(from, d->from, 0);
    sg_local_stamp(to, d->from + d->width * d->n, 0);
    from[10] = to[10] = '\0';
    sg_putf(c, 1, 1, -1, SG_UI_DIM, _("%s – %s  %s%lld events, at most %lld in a bar, here %lld"), from, to, guess ? sg_mark(SG_MARK_STALE) : "", (long long)total,
            (long long)most, here >= 0 && here < d->n ? (long long)d->count[here] : 0LL);
}

static void draw_head(struct events_view *e, const struct sg_canvas *c)
{
    char text[160];
    if (e->ask != 0 && e->searching >= 0)
        sg_format(text, sizeof text, _("Searching, at event %lld …  Esc stops"), (long long)e->searching);
    else if (!sg_event_filter_empty(&e->filter))
        sg_format(text, sizeof text, _("Filtered, newest first · %lld events in the log"), (long long)e->size);
    else
        sg_format(text, sizeof text, ngettext("%lld event in the log, newest first", "%lld events in the log, newest first", (unsigned long)e->size), (long long)e->size);
    if (e->known || e->searching >= 0)
        sg_put(c, 0, 1, -1, sg_event_filter_empty(&e->filter) ? SG_UI_DIM : SG_UI_ATTENTION, text);
}

static void draw(struct sg_view *v, const struct sg_canvas *c)
{
    struct events_view *e = self(v);
    int lines = e->dense && periods[e->period].days ? 2 : 0;
    int foot = e->mode == FILTER ? c->h - 4 - lines : e->mode == JUMP ? 3 : e->detail ? (c->h - lines) * 3 / 5 : 0;
    if (v->dirty == SG_DIRTY_ALL)
        sg_canvas_clear(c, SG_UI_TEXT);
    if (e->failed) {
        sg_put_wrapped(c, 1, 2, SG_UI_ERROR, e->problem);
        return;
    }
    if (v->dirty == SG_DIRTY_ALL)
        draw_head(e, c);
    struct sg_canvas time = sg_canvas_sub(c, 1, 0, lines, c->w), body = sg_canvas_sub(c, 1 + lines, 0, c->h - 1 - lines - foot, c->w);
    struct sg_canvas low = sg_canvas_sub(c, c->h - foot, 0, foot, c->w);
    if (lines)
        draw_timeline(e, &time);
    e->list.empty = !e->known ? _("Reading…  Esc cancels") : sg_event_filter_empty(&e->filter) ? _("No events yet.") : _("Nothing matches the filter. Empty the filter to see all.");
    sg_list_draw(&e->list, &body, e->mode == LIST, row, e);
    if (e->mode != LIST)
        sg_form_draw(e->mode == FILTER ? &e->form : &e->jump, &low);
    else if (e->detail && chosen(e)) {
        sg_canvas_clear(&low, SG_UI_TEXT);
        sg_draw_event(&low, chosen(e), _("Citizen id"), chosen(e)->subject, sg_eq(e->proof_of, chosen(e)->id) ? e->proof : "");
    }
}

/* ---- doing ---- */

static bool take_filter(struct events_view *e)
{
    struct sg_event_filter f = {.kind = ""};
    struct sg_form_field *in = e->form.f;
    e->v.dirty = SG_DIRTY_ALL;
    if (!sg_day_field(&in[F_FROM], false, &f.from) || !sg_day_field(&in[F_TO], true, &f.to))
        return true;
    SG_COPY(f.citizen, e->id[0] ? "" : in[F_CITIZEN].text);
    SG_COPY(f.staff, in[F_STAFF].text);
    SG_COPY(f.unit, in[F_UNIT].text);
    SG_COPY(f.kind, in[F_KIND].text);
    SG_COPY(f.outcome, sg_form_value(&in[F_OUTCOME]));
    SG_COPY(f.purpose, sg_form_value(&in[F_PURPOSE]));
    e->filter = f;
    e->mode = LIST;
    stop_following(e);
    afresh(e, 0);
    return true;
}

static bool take_date(struct events_view *e)
{
    int64_t until = 0;
    e->v.dirty = SG_DIRTY_ALL;
    if (!sg_day_field(&e->jump.f[0], true, &until))
        return true;
    e->mode = LIST;
    afresh(e, until);
    return true;
}

static bool next_period(struct events_view *e)
{
    e->period = (e->period + 1) % (int)(sizeof periods / sizeof *periods);
    ask_density(e);
    sg_app_toast(e->v.app, SG_TOAST_INFO, "%s", _(periods[e->period].title));
    return true;
}

static bool follow(struct events_view *e)
{
    if (e->id[0]) {
        sg_app_toast(e->v.app, SG_TOAST_INFO, "%s", _("Only the whole log can be followed."));
        return true;
    }
    bool on = !e->follow;
    stop_following(e);
    e->follow = on;
    sg_app_toast(e->v.app, SG_TOAST_INFO, "%s", on ? _("New events come in at the top as they are written.") : _("Not followed any more."));
    if (on && !e->newest_here)
        afresh(e, 0);
    follow_on(e);
    return true;
}

static bool prove(struct events_view *e)
{
    struct sg_ask a = {.kind = SG_ASK_FETCH};
    if (e->proof_ask != 0)
        sg_app_cancel(e->v.app, &e->proof_ask);
    SG_COPY(e->proof_of, chosen(e)->id);
    SG_COPY(e->proof, _("Reading…  Esc cancels"));
    sg_format(a.note, sizeof a.note, "/events/%s/proof", e->proof_of);
    e->detail = true;
    e->proof_ask = sg_app_ask(e->v.app, &a);
    return true;
}

/* One step back: a form, the detail, a search that goes on, the filter. */
static bool back(struct events_view *e)
{
    if (e->mode != LIST) {
        e->mode = LIST;
    } else if (e->detail) {
        e->detail = false;
    } else if (e->ask != 0 && e->searching >= 0) {
        sg_app_cancel(e->v.app, &e->ask);
        e->searching = -1;
        e->known = e->oldest_here = true;
    } else if (!sg_event_filter_empty(&e->filter)) {
        memset(&e->filter, 0, sizeof e->filter);
        sg_form_free(&e->form);
        fill_filter(e);
        afresh(e, 0);
    } else {
        return false;
    }
    return true;
}

static bool moved(struct events_view *e, int cmd)
{
    if (cmd == SG_CMD_LAST && !e->oldest_here) {
        fetch(e, WANT_OLDEST, -1, 0);
    } else if (cmd == SG_CMD_FIRST && !e->newest_here) {
        afresh(e, 0);
    } else if (sg_list_command(&e->list, cmd)) {
        keep_up(e);
        if (!e->detail && !e->dense)
            e->v.dirty = e->v.dirty > SG_DIRTY_ROWS ? e->v.dirty : SG_DIRTY_ROWS;
        else
            e->v.dirty = SG_DIRTY_ALL;
        return true;
    } else {
        return false;
    }
    e->v.dirty = SG_DIRTY_ALL;
    return true;
}

static bool command(struct sg_view *v, int cmd)
{
    struct events_view *e = self(v);
    bool took = true;
    if (cmd == SG_CMD_BACK)
        took = back(e);
    else if (cmd == SG_CMD_FILTER)
        e->mode = FILTER;
    else if (cmd == SG_CMD_JUMP)
        e->mode = JUMP;
    else if (cmd == SG_CMD_TIMELINE)
        took = next_period(e);
    else if (cmd == SG_CMD_FOLLOW)
        took = follow(e);
    else if (cmd == SG_CMD_PROVE && chosen(e))
        took = prove(e);
    else if (cmd == SG_CMD_SAMPLE)
        took = sg_app_push(v->app, &sg_view_review, NULL) != NULL;
    else if (cmd == SG_CMD_ACTION(SG_ACT_LOG_REVIEW) && chosen(e))
        sg_review_open(v->app, chosen(e));
    else if (cmd == SG_CMD_OPEN)
        e->detail = !e->detail;
    else if (cmd == SG_CMD_REFRESH)
        afresh(e, 0);
    else
        return moved(e, cmd);
    if (took)
        v->dirty = SG_DIRTY_ALL;
    return took;
}

static bool key(struct sg_view *v, const struct sg_key *k)
{
    struct events_view *e = self(v);
    struct sg_form *f = e->mode == FILTER ? &e->form : &e->jump;
    if (e->mode == LIST)
        return false;
    v->dirty = SG_DIRTY_ALL;
    if (k->kind == SG_KEY_NAMED && sg_eq(k->name, "Enter"))
        return e->mode == FILTER ? take_filter(e) : take_date(e);
    return sg_view_form_key(f, k);
}

static void gate(struct sg_view *v, struct sg_gate *g)
{
    g->row = g->event = chosen(self(v)) != NULL;
}

static const int hints[] = {SG_CMD_OPEN, SG_CMD_FILTER, SG_CMD_JUMP, SG_CMD_TIMELINE, SG_CMD_FOLLOW, SG_CMD_PROVE, SG_CMD_SAMPLE, SG_CMD_ACTION(SG_ACT_LOG_REVIEW), SG_CMD_REFRESH, SG_CMD_BACK, SG_CMD_NONE};

const struct sg_view_ops sg_view_events = {
    .name = "events", .context = SG_CTX_EVENTS, .size = sizeof(struct events_view), .open = open_view, .close = close_view, .title = title, .draw = draw,
    .command = command, .key = key, .tell = tell, .gate = gate, .hints = hints};
