/* A sample of the log for a review: first what is to be drawn, then what was drawn, with the marks that make an event worth a look and what
 * has been said about it. The seed is shown, so that anybody may draw the same again. */
#include "ui/views/event_row.h"
#include "base/i18n.h"
#include "base/str.h"
#include <stdlib.h>
#include <string.h>

enum { F_COUNT, F_RISK, F_STAFF, F_FROM, F_TO, F_SEED };
struct review_view {
    struct sg_view v;
    struct sg_form form; bool drawn, detail; uint64_t ask; char message[400];
    struct sg_review_row *row; size_t n; char seed[17]; int64_t size; bool complete;
    struct sg_list list;
};

static struct review_view *self(struct sg_view *v)
{
    return (struct review_view *)(void *)v;
}

static void open_view(struct sg_view *v, const struct sg_view_arg *a)
{
    struct review_view *w = self(v);
    (void)a;
    sg_list_init(&w->list);
    sg_form_init(&w->form);
    sg_form_text(&w->form, _("How many"), "20", 3, _("1 to 200 events about citizens, drawn at random."));
    struct sg_form_field *risk = sg_form_choice(&w->form, _("Only with"), _("Space changes it. Names are compared; addresses are not known here."));
    sg_form_add_choice(risk, "", _("whatever it is"));
    for (int r = 0; r < SG_RISK_COUNT; r++)
        sg_form_add_choice(risk, sg_risk_name(r), _(sg_risk_title((enum sg_risk)r)));
    sg_form_text(&w->form, _("Member of staff"), "", SG_HSA_MAX - 1, _("HSA-id; empty: everybody."));
    sg_form_text(&w->form, _("From"), "", 10, _("A day, 2026-03-02; empty: since the beginning."));
    sg_form_text(&w->form, _("To"), "", 10, _("A day, the last one; empty: until now."));
    sg_form_text(&w->form, _("Seed"), "", 16, _("Empty draws anew; a seed from before draws the same again."));
}

static void close_view(struct sg_view *v)
{
    sg_form_free(&self(v)->form);
    free(self(v)->row);
}

static void title(struct sg_view *v, char *dst, size_t cap)
{
    (void)v;
    sg_copy(dst, cap, _("Review sample"));
}

static const char *mark_title(const char *mark)
{
    return sg_eq(mark, "ok") ? _("In order") : sg_eq(mark, "ask") ? _("To be asked about") : sg_eq(mark, "report") ? _("To be reported") : "";
}

static const struct sg_review_row *chosen(const struct review_view *w)
{
    return w->drawn && w->list.cur >= 0 && (size_t)w->list.cur < w->n ? &w->row[w->list.cur] : NULL;
}

static void row(void *ctx, const struct sg_canvas *c, long i, bool focused)
{
    struct review_view *w = ctx;
    char tail[256];
    const struct sg_review_row *r = &w->row[i];
    if (r->mark[0])
        sg_format(tail, sizeof tail, "%s %s", sg_mark(sg_eq(r->mark, "ok") ? SG_MARK_OK : SG_MARK_NEED), mark_title(r->mark));
    else
        sg_risk_text(tail, sizeof tail, r->risks);
    sg_draw_event_row(c, &r->event, focused, sg_app_now(w->v.app), tail);
}

static void draw_drawn(struct review_view *w, const struct sg_canvas *c)
{
    int foot = w->detail ? c->h * 3 / 5 : 0;
    if (w->v.dirty == SG_DIRTY_ALL)
        sg_putf(c, 0, 1, -1, SG_UI_DIM, _("%zu drawn · seed %s · from %lld events%s"), w->n, w->seed, (long long)w->size, w->complete ? "" : _(" · there may be more"));
    w->list.empty = _("Nothing that fits was found. Esc goes back to the form.");
    struct sg_canvas body = sg_canvas_sub(c, 1, 0, c->h - 1 - foot, c->w), low = sg_canvas_sub(c, c->h - foot, 0, foot, c->w);
    sg_list_draw(&w->list, &body, true, row, w);
    const struct sg_review_row *r = chosen(w);
    if (foot == 0 || !r)
        return;
    char risks[256];
    sg_risk_text(risks, sizeof risks, r->risks);
    sg_canvas_clear(&low, SG_UI_TEXT);
    sg_draw_event(&low, &r->event, _("Risks"), risks, "");
}

static void draw(struct sg_view *v, const struct sg_canvas *c)
{
    struct review_view *w = self(v);
    if (v->dirty == SG_DIRTY_ALL)
        sg_canvas_clear(c, SG_UI_TEXT);
    if (w->drawn) {
        draw_drawn(w, c);
        return;
    }
    struct sg_canvas body = sg_canvas_sub(c, 1, 1, c->h - 4, c->w - 2);
    sg_form_draw(&w->form, &body);
    if (w->ask != 0)
        sg_put(c, c->h - 2, 1, -1, SG_UI_DIM, _("Asking the service…"));
    else if (w->message[0])
        sg_put_wrapped(c, c->h - 2, 1, SG_UI_ERROR, w->message);
    else
        sg_put(c, c->h - 2, 1, -1, SG_UI_DIM, _("Enter draws, Esc goes back"));
}

bool sg_day_field(struct sg_form_field *ff, bool end, int64_t *out)
{
    struct sg_date d;
    ff->error[0] = '\0';
    *out = 0;
    if (!ff->text[0])
        return true;
    if (sg_date_parse(ff->text, &d)) {
        *out = sg_local_midnight(end ? sg_date_add(d, 0, 0, 1) : d);
        return true;
    }
    SG_COPY(ff->error, _("a day such as 2026-03-02"));
    return false;
}

bool sg_view_form_key(struct sg_form *f, const struct sg_key *k)
{
    static const struct { const char *key; int cmd; } moves[] = {
        {"Tab", SG_CMD_NEXT_FIELD}, {"Down", SG_CMD_NEXT_FIELD}, {"Shift-Tab", SG_CMD_PREV_FIELD}, {"Up", SG_CMD_PREV_FIELD}};
    for (size_t i = 0; i < sizeof moves / sizeof *moves; i++)
        if (sg_eq(k->name, moves[i].key) && sg_form_command(f, moves[i].cmd))
            return true;
    if ((sg_eq(k->name, "Space") || (k->kind == SG_KEY_CHAR && k->cp == ' ')) && sg_form_command(f, SG_CMD_TOGGLE))
        return true;
    return sg_form_key(f, k);
}

static bool ask_sample(struct review_view *w)
{
    struct sg_form_field *f = w->form.f;
    struct sg_ask a = {.kind = SG_ASK_SAMPLE};
    w->v.dirty = SG_DIRTY_ALL;
    w->message[0] = f[F_COUNT].error[0] = f[F_SEED].error[0] = '\0';
    if (!sg_parse_i64(f[F_COUNT].text, 1, 200, &a.limit)) {
        SG_COPY(f[F_COUNT].error, _("a number from 1 to 200"));
        return true;
    }
    if (!sg_day_field(&f[F_FROM], false, &a.page.filter.from) || !sg_day_field(&f[F_TO], true, &a.page.filter.to))
        return true;
    if (f[F_SEED].text[0] && strlen(f[F_SEED].text) != 16) {
        SG_COPY(f[F_SEED].error, _("16 hexadecimal digits"));
        return true;
    }
    SG_COPY(a.text, f[F_SEED].text);
    SG_COPY(a.note, sg_form_value(&f[F_RISK]));
    SG_COPY(a.page.filter.staff, f[F_STAFF].text);
    a.ref = f[F_SEED].text[0] && sg_eq(f[F_SEED].text, w->seed) ? w->size : 0;
    w->ask = sg_app_ask(w->v.app, &a);
    return true;
}

static bool command(struct sg_view *v, int cmd)
{
    struct review_view *w = self(v);
    v->dirty = SG_DIRTY_ALL;
    if (!w->drawn)
        return cmd == SG_CMD_GO_ON || cmd == SG_CMD_OPEN ? ask_sample(w) : sg_form_command(&w->form, cmd);
    if (cmd == SG_CMD_OPEN) {
        w->detail = !w->detail;
    } else if (cmd == SG_CMD_ACTION(SG_ACT_LOG_REVIEW) && chosen(w)) {
        sg_review_open(v->app, &chosen(w)->event);
    } else if (cmd == SG_CMD_BACK) {
        if (w->detail)
            w->detail = false;
        else
            w->drawn = false;
    } else if (!sg_list_command(&w->list, cmd)) {
        return false;
    }
    return true;
}

static bool key(struct sg_view *v, const struct sg_key *k)
{
    struct review_view *w = self(v);
    if (w->drawn)
        return false;
    v->dirty = SG_DIRTY_ALL;
    if (k->kind == SG_KEY_NAMED && sg_eq(k->name, "Enter"))
        return ask_sample(w);
    return sg_view_form_key(&w->form, k);
}

static void take(struct review_view *w, const struct sg_tell *t)
{
    struct sg_review_row *copy = malloc((t->n_sample + 1) * sizeof *copy);
    w->ask = 0;
    if (!copy)
        return;
    memcpy(copy, t->sample, t->n_sample * sizeof *copy);
    free(w->row);
    w->row = copy;
    w->n = t->n_sample;
    w->size = t->size;
    w->complete = t->complete;
    SG_COPY(w->seed, t->seed);
    SG_COPY(w->form.f[F_SEED].text, t->seed);
    w->drawn = true;
    w->list.cur = w->list.top = 0;
    sg_list_set_count(&w->list, (long)w->n);
}

/* A review that was carried out, whoever's dialog it came from. */
static void reviewed(struct review_view *w, const struct sg_action *a)
{
    const char *id = sg_part_get(&a->part[0], SG_F_LOG_REVIEW_EVENT);
    for (size_t i = 0; i < w->n; i++)
        if (sg_eq(w->row[i].event.id, id))
            SG_COPY(w->row[i].mark, sg_part_get(&a->part[0], SG_F_LOG_REVIEW_MARK));
    sg_list_invalidate(&w->list);
    w->v.dirty = SG_DIRTY_ALL;
}

static void tell(struct sg_view *v, const struct sg_tell *t)
{
    struct review_view *w = self(v);
    if (t->kind == SG_TELL_ACTION && t->row && t->row->action.kind == SG_ACT_LOG_REVIEW && t->row->state == SG_Q_DONE)
        reviewed(w, &t->row->action);
    if (t->ask == 0 || t->ask != w->ask)
        return;
    v->dirty = SG_DIRTY_ALL;
    if (t->kind == SG_TELL_SAMPLE) {
        take(w, t);
    } else if (t->kind == SG_TELL_FAILED) {
        w->ask = 0;
        sg_failure_text(w->message, sizeof w->message, t);
    }
}

static void gate(struct sg_view *v, struct sg_gate *g)
{
    g->row = g->event = chosen(self(v)) != NULL;
}

static const int hints[] = {SG_CMD_ACTION(SG_ACT_LOG_REVIEW), SG_CMD_OPEN, SG_CMD_BACK, SG_CMD_NONE};

const struct sg_view_ops sg_view_review = {
    .name = "review", .context = SG_CTX_EVENTS, .size = sizeof(struct review_view), .open = open_view, .close = close_view, .title = title, .draw = draw,
    .command = command, .key = key, .tell = tell, .gate = gate, .hints = hints};
