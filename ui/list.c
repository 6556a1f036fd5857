/* A list holds numbers only: how many rows, which is chosen, which stands on top. Rows are asked for one at a time when they have to be
 * painted. What stands on the screen is remembered, so that moving the choice paints two rows, and scrolling by one lets the terminal
 * move the rest. Side effects of others (a cleared screen, a new size) show in the canvas's epoch and place. */
#include "ui/list.h"
#include "cmd/command.h"
#include <string.h>

void sg_list_init(struct sg_list *l)
{
    memset(l, 0, sizeof *l);
    l->cur = l->drawn_top = l->drawn_cur = -1;
}

void sg_list_invalidate(struct sg_list *l)
{
    l->drawn_top = -1;
}

static void clamp(struct sg_list *l)
{
    long last_top = l->n > l->rows ? l->n - l->rows : 0;
    if (l->cur >= l->n)
        l->cur = l->n - 1;
    if (l->cur < 0 && l->n > 0)
        l->cur = 0;
    if (l->top > l->cur)
        l->top = l->cur;
    if (l->rows > 0 && l->cur >= l->top + l->rows)
        l->top = l->cur - l->rows + 1;
    if (l->top > last_top)
        l->top = last_top;
    if (l->top < 0)
        l->top = 0;
}

void sg_list_set_count(struct sg_list *l, long n)
{
    l->n = n < 0 ? 0 : n;
    if (l->n == 0)
        l->cur = -1;
    clamp(l);
    sg_list_invalidate(l);
}

struct painter { struct sg_list *l; const struct sg_canvas *c; bool focus; sg_list_row_fn *fn; void *ctx; };

static void paint(const struct painter *p, long i)
{
    long y = i - p->l->top;
    if (i < 0 || y < 0 || y >= p->l->rows)
        return;
    struct sg_canvas row = sg_canvas_sub(p->c, (int)y, 0, 1, p->c->w);
    bool focused = p->focus && i == p->l->cur;
    sg_focus_row(&row, 0, focused);
    if (i < p->l->n)
        p->fn(p->ctx, &row, i, focused);
}

static bool same_place(const struct sg_list *l, const struct sg_canvas *c, bool focus)
{
    return l->drawn_top >= 0 && l->epoch == sg_canvas_epoch() && memcmp(&l->at, c, sizeof *c) == 0 && l->had_focus == focus;
}

static bool scrolled(const struct painter *p)
{
    struct sg_list *l = p->l;
    long by = l->top - l->drawn_top;
    if ((by != 1 && by != -1) || !sg_canvas_scroll(p->c, (int)by))
        return false;
    long fresh = by > 0 ? l->top + l->rows - 1 : l->top;
    paint(p, l->drawn_cur);
    if (fresh != l->cur)
        paint(p, fresh);
    paint(p, l->cur);
    return true;
}

static void paint_moved(const struct painter *p)
{
    struct sg_list *l = p->l;
    if (l->drawn_cur == l->cur)
        return;
    paint(p, l->drawn_cur);
    paint(p, l->cur);
}

static void nothing(struct sg_list *l, const struct sg_canvas *c)
{
    for (int y = 0; y < c->h; y++)
        sg_canvas_clear_row(c, y, SG_UI_TEXT);
    if (l->empty)
        sg_put_wrapped(c, 0, 2, SG_UI_DIM, l->empty);
}

void sg_list_draw(struct sg_list *l, const struct sg_canvas *c, bool focus, sg_list_row_fn *fn, void *ctx)
{
    struct painter p = { l, c, focus, fn, ctx };
    l->rows = c->h;
    clamp(l);
    if (l->n == 0) {
        nothing(l, c);
        sg_list_invalidate(l);
        return;
    }
    if (same_place(l, c, focus) && l->top == l->drawn_top)
        paint_moved(&p);
    else if (!same_place(l, c, focus) || !scrolled(&p))
        for (long y = 0; y < l->rows; y++)
            paint(&p, l->top + y);
    l->drawn_top = l->top;
    l->drawn_cur = l->cur;
    l->at = *c;
    l->epoch = sg_canvas_epoch();
    l->had_focus = focus;
    if (focus)
        sg_cursor_at(c, (int)(l->cur - l->top), 0);
}

bool sg_list_command(struct sg_list *l, int cmd)
{
    long page = l->rows > 1 ? l->rows - 1 : 1;
    switch (cmd) {
    case SG_CMD_UP: l->cur -= l->cur > 0; break;
    case SG_CMD_DOWN: l->cur += l->cur + 1 < l->n; break;
    case SG_CMD_PAGE_UP: l->cur -= page; l->top -= page; break;
    case SG_CMD_PAGE_DOWN: l->cur += page; l->top += page; break;
    case SG_CMD_FIRST: l->cur = 0; break;
    case SG_CMD_LAST: l->cur = l->n - 1; break;
    default: return false;
    }
    clamp(l);
    return true;
}

bool sg_list_mouse(struct sg_list *l, const struct sg_canvas *c, const struct sg_key *k)
{
    if (k->kind != SG_KEY_MOUSE || k->my < c->y || k->my >= c->y + c->h || k->mx < c->x || k->mx >= c->x + c->w || l->n == 0)
        return false;
    if (k->click && l->top + (k->my - c->y) < l->n)
        l->cur = l->top + (k->my - c->y);
    if (k->wheel)
        l->cur += 3 * k->wheel;
    clamp(l);
    return true;
}
