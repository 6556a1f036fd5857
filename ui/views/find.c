/* Finding a citizen: number and purpose. What was typed stays; the number is echoed in full with the age before anything is asked,
 * so that a slip is seen. Whether a person is unknown or not available is never told apart. */
#include "ui/views/common.h"
#include "base/i18n.h"
#include "base/secret.h"
#include "base/str.h"

struct find_view { struct sg_view v; struct sg_form form; uint64_t ask; bool asking; char message[400]; };

static struct find_view *self(struct sg_view *v)
{
    return (struct find_view *)(void *)v;
}

static const struct { const char *value, *label; } purposes[] = {
    {"care", N_("Care and treatment")}, {"administration", N_("Administration")}, {"support", N_("Support")}, {"quality", N_("Quality assurance")},
    {"documentation", N_("Other documentation by law")}, {"statistics", N_("Statistics")}};

static void open_view(struct sg_view *v, const struct sg_view_arg *a)
{
    struct find_view *f = self(v);
    const struct sg_config *cfg = sg_app_config(v->app);
    (void)a;
    sg_form_init(&f->form);
    sg_form_text(&f->form, _("Personnummer"), "", 32, _("10 or 12 digits; blanks and - do not matter. Samordningsnummer and reserve numbers work too."));
    struct sg_form_field *p = sg_form_choice(&f->form, _("Purpose"), _("Why you look this person up. It stands in the event log."));
    for (size_t i = 0; p && i < sizeof purposes / sizeof *purposes; i++) {
        sg_form_add_choice(p, purposes[i].value, _(purposes[i].label));
        if (cfg && sg_eq(cfg->purpose, purposes[i].value))
            p->choice = (int)i;
    }
}

static void close_view(struct sg_view *v)
{
    struct find_view *f = self(v);
    if (f->asking)
        sg_app_cancel(v->app, &f->ask);
    sg_wipe(f->form.f[0].text, sizeof f->form.f[0].text);
    sg_form_free(&f->form);
}

static void title(struct sg_view *v, char *dst, size_t cap)
{
    (void)v;
    sg_copy(dst, cap, _("Find citizen"));
}

static void size(struct sg_view *v, int *h, int *w)
{
    *w = 66;
    *h = sg_form_rows(&self(v)->form, *w - 2) + 5;
}

static void draw(struct sg_view *v, const struct sg_canvas *c)
{
    struct find_view *f = self(v);
    struct sg_pid pid;
    sg_canvas_clear(c, SG_UI_DIALOG);
    struct sg_canvas body = sg_canvas_sub(c, 1, 1, c->h - 4, c->w - 2);
    sg_form_draw(&f->form, &body);
    if (sg_pid_parse(f->form.f[0].text, sg_app_today(v->app), &pid) == SG_PID_FINE) {
        char number[32], age[48];
        sg_pid_show(number, pid.normalised, false, false);
        sg_age_text(age, sizeof age, pid.birth, sg_app_today(v->app));
        sg_putf(c, c->h - 3, 1, -1, SG_UI_STRONG, "%s · %s · %s", number, sg_pid_type_name(pid.type), age);
    }
    if (f->asking)
        sg_put(c, c->h - 2, 1, -1, SG_UI_DIM, _("Asking the service…  Esc cancels"));
    else if (f->message[0])
        sg_put_wrapped(c, c->h - 2, 1, SG_UI_ERROR, f->message);
    else
        sg_put(c, c->h - 2, 1, -1, SG_UI_DIM, _("Enter finds, Esc goes back"));
}

static bool search(struct find_view *f)
{
    struct sg_pid pid;
    struct sg_form_field *n = &f->form.f[0];
    enum sg_pid_fault fault = sg_pid_parse(n->text, sg_app_today(f->v.app), &pid);
    n->error[0] = f->message[0] = '\0';
    f->v.dirty = SG_DIRTY_ALL;
    if (fault != SG_PID_FINE) {
        SG_COPY(n->error, _(sg_pid_fault_text(fault)));
        f->form.cur = 0;
        return true;
    }
    struct sg_ask a = {.kind = SG_ASK_LOOKUP};
    SG_COPY(a.text, pid.normalised);
    SG_COPY(a.purpose, sg_form_value(&f->form.f[1]));
    f->ask = sg_app_ask(f->v.app, &a);
    f->asking = true;
    sg_wipe(&a, sizeof a);
    sg_wipe(&pid, sizeof pid);
    return true;
}

static bool command(struct sg_view *v, int cmd)
{
    struct find_view *f = self(v);
    if (cmd == SG_CMD_GO_ON || cmd == SG_CMD_OPEN)
        return search(f);
    if (cmd == SG_CMD_BACK && f->asking) {
        sg_app_cancel(v->app, &f->ask);
        f->asking = false;
        SG_COPY(f->message, _("Cancelled. What you typed is still here."));
        v->dirty = SG_DIRTY_ALL;
        return true;
    }
    bool took = sg_form_command(&f->form, cmd);
    if (took)
        v->dirty = SG_DIRTY_ALL;
    return took;
}

static bool key(struct sg_view *v, const struct sg_key *k)
{
    struct find_view *f = self(v);
    if (k->kind == SG_KEY_NAMED && sg_eq(k->name, "Enter"))
        return search(f);
    if (!sg_form_key(&f->form, k))
        return false;
    f->form.f[0].error[0] = f->message[0] = '\0';
    v->dirty = SG_DIRTY_ALL;
    return true;
}

static void tell(struct sg_view *v, const struct sg_tell *t)
{
    struct find_view *f = self(v);
    if (!f->asking || t->ask != f->ask)
        return;
    if (t->kind == SG_TELL_LOOKUP) {
        struct sg_view_arg a = {.id = t->id};
        f->asking = false;
        sg_app_replace(v->app, &sg_view_citizen, &a);
        return;
    }
    if (t->kind == SG_TELL_FAILED) {
        f->asking = false;
        if (t->err == SG_E_OFFLINE)
            SG_COPY(f->message, _("No contact with the service, and this number has not been looked up here lately."));
        else
            sg_failure_text(f->message, sizeof f->message, t);
        v->dirty = SG_DIRTY_ALL;
    }
}

static const int hints[] = {SG_CMD_GO_ON, SG_CMD_NEXT_FIELD, SG_CMD_TOGGLE, SG_CMD_BACK, SG_CMD_NONE};

const struct sg_view_ops sg_view_find = {
    .name = "find", .context = SG_CTX_FORM, .dialog = true, .size = sizeof(struct find_view), .open = open_view, .close = close_view, .title = title,
    .dialog_size = size, .draw = draw, .command = command, .key = key, .tell = tell, .hints = hints};
