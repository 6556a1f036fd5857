/* The terms of use, once for every member of staff, before anything else can be done. */
#include "ui/views/common.h"
#include "base/i18n.h"
#include "base/str.h"
#include <stdlib.h>

struct terms_view { struct sg_view v; uint64_t ask; char message[400]; };

static struct terms_view *self(struct sg_view *v)
{
    return (struct terms_view *)(void *)v;
}

static void open_view(struct sg_view *v, const struct sg_view_arg *a)
{
    (void)v;
    (void)a;
}

static void title(struct sg_view *v, char *dst, size_t cap)
{
    (void)v;
    sg_copy(dst, cap, _("Terms of use"));
}

static void size(struct sg_view *v, int *h, int *w)
{
    (void)v;
    *h = 18;
    *w = 70;
}

static void draw(struct sg_view *v, const struct sg_canvas *c)
{
    const struct sg_policy *p = sg_app_policy(v->app);
    struct sg_canvas in = sg_canvas_sub(c, 0, 1, c->h - 2, c->w - 2);
    sg_canvas_clear(c, SG_UI_DIALOG);
    sg_put_wrapped(&in, 0, 0, SG_UI_TEXT, p->terms_text[0] ? p->terms_text : _("The service has not sent any terms yet."));
    if (self(v)->message[0])
        sg_put(c, c->h - 2, 1, -1, SG_UI_ERROR, self(v)->message);
    sg_put_right(c, c->h - 1, c->w - 1, 40, SG_UI_BUTTON, _("[ I accept  F9 ]"));
}

static bool command(struct sg_view *v, int cmd)
{
    const struct sg_policy *p = sg_app_policy(v->app);
    struct sg_error e = {0};
    if (cmd != SG_CMD_SAVE)
        return false;
    struct sg_ask a = {.kind = SG_ASK_ACT, .action = malloc(sizeof *a.action)};
    if (!a.action)
        return true;
    sg_action_init(a.action, SG_ACT_TERMS_ACCEPT, "me");
    if (sg_part_set(&a.action->part[0], "version", p->terms_version, &e) != SG_E_OK) {
        free(a.action);
        return true;
    }
    SG_COPY(a.key, "me");
    self(v)->ask = sg_app_ask(v->app, &a);
    return true;
}

static void tell(struct sg_view *v, const struct sg_tell *t)
{
    if (t->ask == 0 || t->ask != self(v)->ask)
        return;
    if (t->kind == SG_TELL_ACTION && t->row && t->row->state == SG_Q_DONE) {
        struct sg_ask a = {.kind = SG_ASK_ME};
        sg_app_ask(v->app, &a);
        sg_app_pop(v->app);
    } else if (t->kind == SG_TELL_FAILED) {
        sg_failure_text(self(v)->message, sizeof self(v)->message, t);
        v->dirty = SG_DIRTY_ALL;
    }
}

static const int hints[] = {SG_CMD_SAVE, SG_CMD_BACK, SG_CMD_NONE};

const struct sg_view_ops sg_view_terms = {
    .name = "terms", .context = SG_CTX_DIALOG, .dialog = true, .size = sizeof(struct terms_view), .open = open_view, .title = title, .dialog_size = size,
    .draw = draw, .command = command, .tell = tell, .hints = hints};
