/* Queues that were left behind beside one's own: what they are, and what can be done about each. Enter takes one over. */
#include "base/i18n.h"
#include "base/str.h"
#include "ui/app.h"
#include <stdlib.h>
#include <string.h>

struct left { struct sg_view v; struct sg_list list; struct sg_leftover *l; size_t n; uint64_t ask; };

static struct left *self(struct sg_view *v)
{
    return (struct left *)(void *)v;
}

static void look(struct left *s)
{
    struct sg_ask a = { .kind = SG_ASK_LEFTOVERS };
    s->ask = sg_app_ask(s->v.app, &a);
}

static void open_left(struct sg_view *v, const struct sg_view_arg *arg)
{
    (void)arg;
    sg_list_init(&self(v)->list);
    self(v)->list.empty = _("Reading…");
    look(self(v));
}

static void close_left(struct sg_view *v)
{
    free(self(v)->l);
}

static void title(struct sg_view *v, char *dst, size_t cap)
{
    (void)v;
    sg_copy(dst, cap, _("Left behind"));
}

static const struct sg_leftover *at(const struct left *s, long i)
{
    return i >= 0 && (size_t)i < s->n ? &s->l[i] : NULL;
}

/* The folder's own name; of a file that was set aside the file's. */
static const char *short_name(const struct sg_leftover *l, char *dst, size_t cap)
{
    sg_copy(dst, cap, l->path);
    char *file = strrchr(dst, '/');
    if (!file || !sg_eq(file, "/store.db"))
        return file ? file + 1 : dst;
    *file = '\0';
    char *dir = strrchr(dst, '/');
    return dir ? dir + 1 : dst;
}

static void state_text(const struct sg_leftover *l, char *dst, size_t cap)
{
    if (l->kind == SG_LEFT_NEWER)
        sg_copy(dst, cap, _("of a newer program"));
    else if (l->damaged)
        sg_copy(dst, cap, _("set aside, could not be read"));
    else if (l->holder != 0)
        sg_format(dst, cap, _("process %ld has it open"), l->holder);
    else if (l->mine > 0)
        sg_format(dst, cap, ngettext("%lld of yours · NOT YET ENDED", "%lld of yours · NOT YET ENDED", (unsigned long)l->mine), (long long)l->mine);
    else if (l->my_reads > 0)
        sg_format(dst, cap, ngettext("%lld read of yours · not logged", "%lld reads of yours · not logged", (unsigned long)l->my_reads), (long long)l->my_reads);
    else if (l->open_rows <= 0)
        sg_copy(dst, cap, _("somebody else's reads"));
    else
        sg_format(dst, cap, ngettext("%lld of somebody else", "%lld of somebody else", (unsigned long)l->open_rows), (long long)l->open_rows);
}

/* What a person can do about it. */
static const char *advice(const struct sg_leftover *l)
{
    if (l->kind == SG_LEFT_NEWER)
        return _("A newer version of the program made it, and only that one sends it.");
    if (l->damaged)
        return _("It could not be read when it was set aside. Enter tries whether it can be now; docs/offline.md says what else.");
    if (l->holder != 0)
        return _("A program that runs has it open and sends what is in it. It can be taken over when that program has ended.");
    if (l->mine > 0)
        return _("Enter takes it over: what is yours in it is sent from there, each act once.");
    if (l->my_reads > 0)
        return _("Enter takes it over: that you looked at somebody without the service is handed in to its log.");
    return _("Only whose acts they are can send them.");
}

static bool takeable(const struct sg_leftover *l)
{
    return l->holder == 0 && (l->mine > 0 || l->my_reads > 0 || (l->damaged && l->kind != SG_LEFT_NEWER));
}

static void draw_row(void *ctx, const struct sg_canvas *row, long i, bool focused)
{
    const struct sg_leftover *l = at(ctx, i);
    char name[SG_LEFTOVER_PATH], state[96];
    int state_w = row->w > 76 ? 34 : 28;
    enum sg_ui_role r = focused ? SG_UI_CURSOR : SG_UI_TEXT;
    sg_focus_row(row, 0, focused);
    if (!l)
        return;
    state_text(l, state, sizeof state);
    sg_put_mark(row, 0, 2, takeable(l) ? SG_MARK_NEED : SG_MARK_NONE);
    sg_put(row, 0, 4, row->w - 5 - state_w, r, short_name(l, name, sizeof name));
    sg_put(row, 0, row->w - state_w, state_w, r, state);
}

static void draw(struct sg_view *v, const struct sg_canvas *c)
{
    struct left *s = self(v);
    const struct sg_leftover *l = at(s, s->list.cur);
    struct sg_canvas rows = sg_canvas_sub(c, 0, 0, c->h - 6, c->w), foot = sg_canvas_sub(c, c->h - 5, 0, 5, c->w);
    sg_list_draw(&s->list, &rows, true, draw_row, s);
    for (int y = 0; y < foot.h; y++)
        sg_canvas_clear_row(&foot, y, SG_UI_TEXT);
    sg_rule(&foot, 0, SG_UI_DIM);
    if (!l)
        return;
    int y = 1 + sg_put_wrapped(&foot, 1, 2, SG_UI_DIM, l->path);
    sg_put_wrapped(&foot, y < 3 ? y : 3, 2, SG_UI_TEXT, advice(l));
}

static bool command(struct sg_view *v, int cmd)
{
    struct left *s = self(v);
    const struct sg_leftover *l = at(s, s->list.cur);
    if (cmd == SG_CMD_REFRESH) {
        look(s);
        return true;
    }
    if (cmd != SG_CMD_OPEN)
        return sg_list_command(&s->list, cmd);
    if (l && takeable(l))
        sg_app_push(v->app, &sg_view_takeover, &(struct sg_view_arg){ .id = l->path, .kind = SG_ACT_COUNT, .number = l->mine, .text = l->my_reads > 0 ? "reads" : NULL });
    else if (l)
        sg_app_toast(v->app, SG_TOAST_BAD, "%s", advice(l));
    return true;
}

static bool key(struct sg_view *v, const struct sg_key *k)
{
    if (!sg_list_mouse(&self(v)->list, &self(v)->list.at, k))
        return false;
    v->dirty = SG_DIRTY_ROWS;
    return true;
}

static void tell(struct sg_view *v, const struct sg_tell *t)
{
    struct left *s = self(v);
    if (t->ask != s->ask || t->ask == 0)
        return;
    size_t n = t->kind == SG_TELL_LEFTOVERS ? t->n_leftovers : 0;
    struct sg_leftover *copy = n ? malloc(n * sizeof *copy) : NULL;
    s->n = copy ? n : 0;
    if (copy)
        memcpy(copy, t->leftovers, n * sizeof *copy);
    free(s->l);
    s->l = copy;
    s->list.empty = _("No queue was left behind. Esc goes back.");
    sg_list_set_count(&s->list, (long)s->n);
    sg_list_invalidate(&s->list);
    v->dirty = SG_DIRTY_ALL;
}

static void gate(struct sg_view *v, struct sg_gate *g)
{
    g->row = self(v)->list.cur >= 0;
}

static const int hints[] = { SG_CMD_OPEN, SG_CMD_REFRESH, SG_CMD_BACK, SG_CMD_NONE };

const struct sg_view_ops sg_view_left = {
    .name = "left", .context = SG_CTX_LIST, .size = sizeof(struct left), .open = open_left, .close = close_left, .title = title, .draw = draw,
    .command = command, .key = key, .tell = tell, .gate = gate, .hints = hints,
};
