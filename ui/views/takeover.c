/* The last look before a queue that was left behind is taken over: which one, what becomes of it, and its passphrase when it is not that of
 * one's own queue. The field is wiped with the form. */
#include "base/i18n.h"
#include "base/str.h"
#include "ui/app.h"
#include <string.h>

enum { TEXT_ROWS = 8 };
struct takeover { struct sg_view v; struct sg_form form; char path[SG_LEFTOVER_PATH]; int64_t mine; bool reads; };

static void open_takeover(struct sg_view *v, const struct sg_view_arg *arg)
{
    struct takeover *t = (struct takeover *)v;
    SG_COPY(t->path, arg->id ? arg->id : "");
    t->mine = arg->number;
    t->reads = arg->text != NULL;
    sg_form_init(&t->form);
    sg_form_text(&t->form, _("Its passphrase"), "", 256, _("Empty: that of your own queue"))->secret = true;
}

static void close_takeover(struct sg_view *v)
{
    sg_form_free(&((struct takeover *)v)->form);
}

static void title(struct sg_view *v, char *dst, size_t cap)
{
    (void)v;
    sg_copy(dst, cap, _("Take over a queue"));
}

static void size(struct sg_view *v, int *h, int *w)
{
    *w = 70;
    *h = TEXT_ROWS + 2 + sg_form_rows(&((struct takeover *)v)->form, *w);
}

static void says(const struct takeover *t, char *dst, size_t cap)
{
    if (t->mine > 0)
        sg_format(dst, cap, ngettext("%lld act of yours in it has not ended. It is sent from there under its own number, once, also if it was sent before and the answer was lost.",
                                     "%lld acts of yours in it have not ended. They are sent from there under their own numbers, each once, also if they were sent before and the answer was lost.",
                                     (unsigned long)t->mine), (long long)t->mine);
    else if (t->reads)
        sg_copy(dst, cap, _("You looked at somebody without the service and it is not in the service's log. It is handed in from there, each once."));
    else
        sg_copy(dst, cap, _("It could not be read when it was set aside. If it can be now, what is yours in it is sent from there, each act once."));
}

static void draw(struct sg_view *v, const struct sg_canvas *c)
{
    struct takeover *t = (struct takeover *)v;
    char text[512];
    struct sg_canvas head = sg_canvas_sub(c, 0, 2, TEXT_ROWS, c->w - 4), form = sg_canvas_sub(c, TEXT_ROWS, 0, c->h - TEXT_ROWS - 1, c->w);
    for (int y = 0; y < c->h; y++)
        sg_canvas_clear_row(c, y, SG_UI_TEXT);
    says(t, text, sizeof text);
    int y = sg_put_wrapped(&head, 0, 0, SG_UI_DIM, t->path);
    y += sg_put_wrapped(&head, y, 0, SG_UI_TEXT, text);
    sg_put_wrapped(&head, y, 0, SG_UI_TEXT, _("Your own queue rests meanwhile. What somebody else decided stays for them."));
    sg_form_draw(&t->form, &form);
    sg_putf(c, c->h - 1, 2, -1, SG_UI_DIM, _("%s takes it over. Esc leaves it as it is."), sg_app_key(v->app, SG_CMD_SAVE));
}

static void take(struct takeover *t)
{
    struct sg_app *a = t->v.app;
    const char *text = t->form.f[0].text;
    size_t n = strlen(text);
    struct sg_secret s = { 0 };
    if (n > 0 && sg_secret_new(&s, n + 1, NULL) != SG_E_OK) {
        SG_COPY(t->form.f[0].error, _("Not enough memory"));
        return;
    }
    if (n > 0) {
        memcpy(s.data, text, n + 1);
        s.len = n;
    }
    char path[SG_LEFTOVER_PATH];
    SG_COPY(path, t->path);
    sg_app_pop(a);
    (void)sg_app_take_over(a, path, n > 0 ? &s : NULL);
    sg_secret_free(&s);
}

static bool key(struct sg_view *v, const struct sg_key *k)
{
    return sg_form_key(&((struct takeover *)v)->form, k);
}

static bool command(struct sg_view *v, int cmd)
{
    if (cmd != SG_CMD_SAVE)
        return sg_form_command(&((struct takeover *)v)->form, cmd);
    take((struct takeover *)v);
    return true;
}

const struct sg_view_ops sg_view_takeover = {
    .name = "takeover", .context = SG_CTX_DIALOG, .dialog = true, .size = sizeof(struct takeover), .open = open_takeover, .close = close_takeover,
    .title = title, .dialog_size = size, .draw = draw, .command = command, .key = key,
};
