/* The passphrase of the queue. It is asked for over the first screen, never shown, and handed on in locked memory; the form that held it
 * is wiped. Without it nothing can be queued and nothing read from the cache, so leaving the dialog says so. */
#include "base/i18n.h"
#include "base/str.h"
#include "ui/app.h"
#include <string.h>

struct unlock { struct sg_view v; struct sg_form form; };

static void open_unlock(struct sg_view *v, const struct sg_view_arg *arg)
{
    struct unlock *u = (struct unlock *)v;
    sg_form_init(&u->form);
    sg_form_label(&u->form, _("The queue and what has been read are kept encrypted on this computer."));
    struct sg_form_field *ff = sg_form_text(&u->form, _("Passphrase"), "", 256, NULL);
    ff->secret = true;
    if (arg->text)
        SG_COPY(ff->error, arg->text);
}

static void close_unlock(struct sg_view *v)
{
    sg_form_free(&((struct unlock *)v)->form);
}

static void title(struct sg_view *v, char *dst, size_t cap)
{
    (void)v;
    sg_copy(dst, cap, _("Open the queue"));
}

static void size(struct sg_view *v, int *h, int *w)
{
    *w = 64;
    *h = sg_form_rows(&((struct unlock *)v)->form, *w) + 2;
}

static void draw(struct sg_view *v, const struct sg_canvas *c)
{
    struct unlock *u = (struct unlock *)v;
    struct sg_canvas form = sg_canvas_sub(c, 0, 0, c->h - 2, c->w);
    sg_form_draw(&u->form, &form);
    sg_put(c, c->h - 1, 2, -1, SG_UI_DIM, _("Enter opens it. Esc: without it nothing can be queued."));
}

static void submit(struct unlock *u)
{
    struct sg_form_field *ff = &u->form.f[1];
    struct sg_secret s;
    size_t n = strlen(ff->text);
    if (n == 0) {
        SG_COPY(ff->error, _("Type the passphrase first."));
        return;
    }
    if (sg_secret_new(&s, n + 1, NULL) != SG_E_OK) {
        SG_COPY(ff->error, _("Not enough memory"));
        return;
    }
    memcpy(s.data, ff->text, n + 1);
    s.len = n;
    struct sg_app *a = u->v.app;
    sg_app_pop(a);
    sg_app_unlock(a, &s);
    sg_secret_free(&s);
}

static bool key(struct sg_view *v, const struct sg_key *k)
{
    struct unlock *u = (struct unlock *)v;
    if (k->kind == SG_KEY_NAMED && sg_eq(k->name, "Enter")) {
        submit(u);
        return true;
    }
    return sg_form_key(&u->form, k);
}

static bool command(struct sg_view *v, int cmd)
{
    struct unlock *u = (struct unlock *)v;
    if (cmd != SG_CMD_SAVE)
        return sg_form_command(&u->form, cmd);
    submit(u);
    return true;
}

const struct sg_view_ops sg_view_unlock = {
    .name = "unlock", .context = SG_CTX_FORM, .dialog = true, .size = sizeof(struct unlock), .open = open_unlock, .close = close_unlock,
    .title = title, .dialog_size = size, .draw = draw, .command = command, .key = key,
};
