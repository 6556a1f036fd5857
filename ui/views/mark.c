/* A reviewer says what was found about one event: in order, to be asked about, or to be reported. It is an action like any other; nothing
 * of it waits without the service. */
#include "ui/views/event_row.h"
#include "base/i18n.h"
#include "base/str.h"
#include "cmd/extract.h"
#include <stdlib.h>

struct mark_view { struct sg_view v; char event[SG_UUID_MAX], about[200]; struct sg_form form; uint64_t ask; char message[400]; };

static struct mark_view *self(struct sg_view *v)
{
    return (struct mark_view *)(void *)v;
}

void sg_review_open(struct sg_app *a, const struct sg_event *ev)
{
    char about[200], when[SG_RFC3339_MAX];
    sg_local_stamp(when, ev->at, sg_app_now(a));
    sg_format(about, sizeof about, "%s · %s · %s", when, sg_event_title(ev->kind), ev->actor_name[0] ? ev->actor_name : ev->actor);
    sg_app_push(a, &sg_view_mark, &(struct sg_view_arg){.id = ev->id, .text = about, .kind = SG_ACT_LOG_REVIEW});
}

static void open_view(struct sg_view *v, const struct sg_view_arg *a)
{
    static const struct { const char *value, *label; } marks[] = {
        {"ok", N_("In order")}, {"ask", N_("To be asked about")}, {"report", N_("To be reported")}};
    struct mark_view *m = self(v);
    SG_COPY(m->event, a->id);
    SG_COPY(m->about, a->text);
    sg_form_init(&m->form);
    struct sg_form_field *ff = sg_form_choice(&m->form, _("Finding"), _("Space changes it. It becomes an event of the log under your name."));
    for (size_t i = 0; ff && i < sizeof marks / sizeof *marks; i++)
        sg_form_add_choice(ff, marks[i].value, _(marks[i].label));
    sg_form_text(&m->form, _("Note"), "", SG_TEXT_MAX - 1, _("What you ask, or why it is reported. Needed unless it is in order."));
}

static void close_view(struct sg_view *v)
{
    sg_form_free(&self(v)->form);
}

static void title(struct sg_view *v, char *dst, size_t cap)
{
    (void)v;
    sg_copy(dst, cap, _("Review event"));
}

static void size(struct sg_view *v, int *h, int *w)
{
    *w = 70;
    *h = sg_form_rows(&self(v)->form, *w - 2) + 6;
}

static void draw(struct sg_view *v, const struct sg_canvas *c)
{
    struct mark_view *m = self(v);
    struct sg_canvas body = sg_canvas_sub(c, 2, 1, c->h - 5, c->w - 2);
    sg_canvas_clear(c, SG_UI_DIALOG);
    sg_put(c, 0, 1, c->w - 2, SG_UI_STRONG, m->about);
    sg_form_draw(&m->form, &body);
    if (m->ask != 0)
        sg_put(c, c->h - 2, 1, -1, SG_UI_DIM, _("Asking the service…"));
    else if (m->message[0])
        sg_put_wrapped(c, c->h - 3, 1, SG_UI_ERROR, m->message);
    sg_put_right(c, c->h - 1, c->w - 1, 40, SG_UI_BUTTON, _("[ Carry out  F9 ]"));
}

static bool send(struct mark_view *m)
{
    struct sg_error e = {0};
    const char *mark = sg_form_value(&m->form.f[0]), *note = m->form.f[1].text;
    m->v.dirty = SG_DIRTY_ALL;
    m->form.f[1].error[0] = m->message[0] = '\0';
    if (m->ask != 0)
        return true;
    if (!sg_eq(mark, "ok") && !note[0]) {
        SG_COPY(m->form.f[1].error, _("a note is needed"));
        m->form.cur = 1;
        return true;
    }
    struct sg_ask a = {.kind = SG_ASK_ACT, .action = malloc(sizeof *a.action)};
    if (!a.action)
        return true;
    sg_action_init(a.action, SG_ACT_LOG_REVIEW, "me");
    SG_COPY(a.action->reason, note);
    SG_COPY(a.key, "me");
    if (sg_part_set(&a.action->part[0], "event", m->event, &e) != SG_E_OK || sg_part_set(&a.action->part[0], "mark", mark, &e) != SG_E_OK)
        free(a.action);
    else
        m->ask = sg_app_ask(m->v.app, &a);
    return true;
}

static bool command(struct sg_view *v, int cmd)
{
    struct mark_view *m = self(v);
    if (cmd == SG_CMD_SAVE)
        return send(m);
    bool took = sg_form_command(&m->form, cmd);
    if (took)
        v->dirty = SG_DIRTY_ALL;
    return took;
}

static bool key(struct sg_view *v, const struct sg_key *k)
{
    bool took = sg_form_key(&self(v)->form, k);
    if (took)
        v->dirty = SG_DIRTY_ALL;
    return took;
}

/* A refusal has been read here, so it does not hold back the next review. */
static void ended(struct mark_view *m, const struct sg_tell *t)
{
    m->ask = 0;
    m->v.dirty = SG_DIRTY_ALL;
    if (t->row->state == SG_Q_DONE) {
        sg_app_toast(m->v.app, SG_TOAST_OK, _("The review is in the log as event %lld."), (long long)t->row->outcome.event_index);
        sg_app_pop(m->v.app);
        return;
    }
    struct sg_ask a = {.kind = SG_ASK_RESOLVE};
    SG_COPY(a.key, t->row->action.id);
    SG_COPY(a.text, "theirs");
    (void)sg_app_ask(m->v.app, &a);
    if (t->row->has_outcome && t->row->outcome.why.rule < SG_RULE_COUNT)
        sg_why_text(m->message, sizeof m->message, &t->row->outcome.why);
    else
        SG_COPY(m->message, _("The service refused it."));
}

static void tell(struct sg_view *v, const struct sg_tell *t)
{
    struct mark_view *m = self(v);
    if (t->ask == 0 || t->ask != m->ask)
        return;
    if (t->kind == SG_TELL_ACTION && t->row && (t->row->state == SG_Q_DONE || t->row->state == SG_Q_REFUSED)) {
        ended(m, t);
    } else if (t->kind == SG_TELL_FAILED) {
        m->ask = 0;
        sg_failure_text(m->message, sizeof m->message, t);
        v->dirty = SG_DIRTY_ALL;
    }
}

static const int hints[] = {SG_CMD_SAVE, SG_CMD_NEXT_FIELD, SG_CMD_BACK, SG_CMD_NONE};

const struct sg_view_ops sg_view_mark = {
    .name = "mark", .context = SG_CTX_DIALOG, .dialog = true, .size = sizeof(struct mark_view), .open = open_view, .close = close_view, .title = title,
    .dialog_size = size, .draw = draw, .command = command, .key = key, .tell = tell, .hints = hints};
