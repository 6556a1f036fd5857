/* Leaving while something waits: says what is kept and what is not in effect. Starts on staying; leaves when nothing waits any more. */
#include "base/i18n.h"
#include "base/str.h"
#include "base/utf8.h"
#include "ui/app.h"
#include <string.h>

struct quit { struct sg_view v; bool on_quit; };

static void title(struct sg_view *v, char *dst, size_t cap)
{
    (void)v;
    sg_copy(dst, cap, _("Quit"));
}

static void size(struct sg_view *v, int *h, int *w)
{
    (void)v;
    *h = 9;
    *w = 62;
}

static void says(const struct sg_app *a, char *dst, size_t cap)
{
    size_t n = a->status.queue.waiting, need = a->status.queue.need_you, at;
    dst[0] = '\0';
    if (n > 0 && sg_app_left(a))
        sg_format(dst, cap, ngettext("%zu action waits in the queue that was left behind and is NOT YET IN EFFECT. It is sent when that queue is taken "
                                     "over again.",
                                     "%zu actions wait in the queue that was left behind and are NOT YET IN EFFECT. They are sent when that queue is "
                                     "taken over again.", n), n);
    else if (n > 0)
        sg_format(dst, cap, ngettext("%zu action waits and is NOT YET IN EFFECT. It stays in the queue on this computer and is sent when you start the "
                                     "program again.",
                                     "%zu actions wait and are NOT YET IN EFFECT. They stay in the queue on this computer and are sent when you start "
                                     "the program again.", n), n);
    at = strlen(dst);
    if (need > 0)
        sg_format(dst + at, cap - at, ngettext("%s%zu action needs your decision.", "%s%zu actions need your decision.", need), at ? "\n" : "", need);
}

static void button(const struct sg_canvas *c, int *x, const char *label, bool on)
{
    *x += sg_putf(c, c->h - 1, *x, -1, on ? SG_UI_BUTTON_ON : SG_UI_BUTTON, "[ %s ]", label);
    if (on)
        sg_cursor_at(c, c->h - 1, *x - 2);
    *x += 3;
}

static void draw(struct sg_view *v, const struct sg_canvas *c)
{
    struct quit *q = (struct quit *)v;
    char text[512], go[96];
    int x = 2;
    says(v->app, text, sizeof text);
    for (int y = 0; y < c->h; y++)
        sg_canvas_clear_row(c, y, SG_UI_TEXT);
    sg_put_wrapped(c, 1, 2, SG_UI_WAITING, text);
    sg_format(go, sizeof go, "%s  %s", _("Quit and keep the queue"), sg_app_key(v->app, SG_CMD_SAVE));
    button(c, &x, _("Stay"), !q->on_quit);
    button(c, &x, go, q->on_quit);
}

static bool command(struct sg_view *v, int cmd)
{
    struct quit *q = (struct quit *)v;
    if (cmd == SG_CMD_NEXT_FIELD || cmd == SG_CMD_PREV_FIELD || cmd == SG_CMD_TOGGLE)
        q->on_quit = !q->on_quit;
    else if (cmd == SG_CMD_SAVE || cmd == SG_CMD_QUIT)
        sg_app_leave(v->app, 0);
    else
        return false;
    return true;
}

static bool key(struct sg_view *v, const struct sg_key *k)
{
    struct quit *q = (struct quit *)v;
    if (k->kind != SG_KEY_NAMED)
        return false;
    if (sg_eq(k->name, "Left") || sg_eq(k->name, "Right"))
        q->on_quit = !q->on_quit;
    else if (sg_eq(k->name, "Enter") && q->on_quit)
        sg_app_leave(v->app, 0);
    else if (sg_eq(k->name, "Enter"))
        sg_app_pop(v->app);
    else
        return false;
    return true;
}

static void tell(struct sg_view *v, const struct sg_tell *t)
{
    if (t->kind != SG_TELL_STATUS)
        return;
    v->dirty = SG_DIRTY_ALL;
    /* What was asked about is answered: it goes as it would have gone without the question. */
    if (t->status.store_open && t->status.store_err == SG_E_OK && t->status.queue.waiting + t->status.queue.need_you == 0)
        sg_app_leave(v->app, 0);
}

const struct sg_view_ops sg_view_quit = {
    .name = "quit", .context = SG_CTX_DIALOG, .dialog = true, .size = sizeof(struct quit), .title = title, .dialog_size = size, .draw = draw,
    .command = command, .key = key, .tell = tell,
};
