/* How a form looks: labels in one column, values in the next, what is wrong beside the value or on a row of its own below it, the help
 * of the focused field on the last row. When there are more rows than room, the focused field is always among those shown. */
#include "ui/form.h"
#include "base/i18n.h"
#include "base/str.h"
#include "base/utf8.h"
#include "ui/term.h"
#include <string.h>

enum { LABEL_MAX = 26, VALUE_MIN = 12, VALUE_MOST = 60 };

/* The label's column: as wide as the widest, but never more than a third of the room. */
static int label_width(const struct sg_form *f, int w)
{
    int widest = 0, most = w / 3 < LABEL_MAX ? w / 3 : LABEL_MAX;
    for (int i = 0; i < f->n; i++)
        if (f->f[i].kind == SG_FF_TEXT || f->f[i].kind == SG_FF_CHOICE) {
            int n = sg_width(f->f[i].label);
            widest = n > widest ? n : widest;
        }
    return widest < most ? widest : most;
}

static int wrapped(int w, const char *text)
{
    struct sg_canvas nowhere = { 0, 0, 0, w };
    return sg_put_wrapped(&nowhere, 0, 0, SG_UI_TEXT, text);
}

static int field_rows(const struct sg_form_field *ff, int w)
{
    if (ff->kind == SG_FF_LABEL)
        return ff->text[0] ? wrapped(w - 2, ff->text) : 1;
    return 1 + (ff->error[0] ? wrapped(w - 4, ff->error) : 0);
}

static int body_rows(const struct sg_form *f, int w)
{
    int rows = 0;
    for (int i = 0; i < f->n; i++)
        rows += field_rows(&f->f[i], w);
    return rows;
}

/* Rows of the longest help, so that nothing moves when the focus does. */
static int help_rows(const struct sg_form *f, int w)
{
    int rows = 0;
    for (int i = 0; i < f->n; i++)
        if (f->f[i].help && *f->f[i].help) {
            int n = wrapped(w - 2, f->f[i].help);
            rows = n > rows ? n : rows;
        }
    return rows;
}

int sg_form_rows(const struct sg_form *f, int w)
{
    int help = help_rows(f, w);
    return body_rows(f, w) + (help ? 1 + help : 0);
}

/* What of the text is seen: the part around the caret. Gives the first byte shown. */
static const char *window(const struct sg_form_field *ff, const char *text, int caret, int cols, int *caret_col)
{
    char head[SG_FF_TEXT_MAX * 3 + 1];
    const char *from = text;
    (void)ff;
    for (;;) {
        size_t n = (size_t)(text + caret - from);
        sg_copyn(head, sizeof head, from, n);
        *caret_col = sg_width(head);
        if (*caret_col < cols || n == 0)
            return from;
        uint32_t cp;
        from += sg_utf8_next(from, n, &cp);
    }
}

/* A secret is shown as one dot a character. *caret: its place in the dots, in bytes. */
static void dots(char *dst, size_t cap, const struct sg_form_field *ff, int *caret)
{
    const char *dot = sg_term_utf8() ? "•" : "*";
    size_t n = strlen(ff->text), at = 0, unit = strlen(dot), caret_at = 0;
    for (size_t i = 0; i < n && at + unit < cap;) {
        uint32_t cp;
        if (i == (size_t)ff->caret)
            caret_at = at;
        i += sg_utf8_next(ff->text + i, n - i, &cp);
        memcpy(dst + at, dot, unit);
        at += unit;
    }
    dst[at] = '\0';
    *caret = (int)((size_t)ff->caret >= n ? at : caret_at);
}

static void draw_text(const struct sg_form_field *ff, const struct sg_canvas *c, bool on)
{
    char shown[SG_FF_TEXT_MAX * 3 + 1];
    int caret = ff->caret, col = 0;
    enum sg_ui_role r = ff->disabled ? SG_UI_DISABLED : on ? SG_UI_FIELD_ON : SG_UI_FIELD;
    if (ff->secret)
        dots(shown, sizeof shown, ff, &caret);
    else
        SG_COPY(shown, ff->text);
    sg_canvas_clear_row(c, 0, r);
    sg_put(c, 0, 0, -1, r, on ? window(ff, shown, caret, c->w - 1, &col) : shown);
    if (on)
        sg_cursor_at(c, 0, col);
}

static int value_width(const struct sg_form_field *ff, int room)
{
    int w = ff->max > 0 && ff->max + 1 < (size_t)VALUE_MOST ? (int)ff->max + 1 : VALUE_MOST;
    w = w < VALUE_MIN ? VALUE_MIN : w;
    return w < room ? w : room;
}

/* Which of how many, and where there is room how to change it. */
static void choice_count(const struct sg_form_field *ff, const struct sg_canvas *c, int x)
{
    char text[96];
    sg_format(text, sizeof text, _("%d of %d, Space changes"), ff->choice + 1, ff->n_choices);
    if (x + sg_width(text) > c->w)
        sg_format(text, sizeof text, _("%d of %d"), ff->choice + 1, ff->n_choices);
    sg_put(c, 0, x, -1, SG_UI_DIM, text);
}

static void draw_choice(const struct sg_form_field *ff, const struct sg_canvas *c, bool on)
{
    enum sg_ui_role r = ff->disabled ? SG_UI_DISABLED : on ? SG_UI_FIELD_ON : SG_UI_FIELD;
    const char *label = ff->choices && ff->choice >= 0 && ff->choice < ff->n_choices ? ff->choices[ff->choice].label : _("nothing to choose");
    int w = sg_width(label) + 4 < c->w ? sg_width(label) + 4 : c->w;
    struct sg_canvas box = sg_canvas_sub(c, 0, 0, 1, w);
    sg_canvas_clear_row(&box, 0, r);
    sg_put(&box, 0, 0, 1, r, "<");
    sg_put(&box, 0, 2, w - 4, r, label);
    sg_put(&box, 0, w - 1, 1, r, ">");
    if (ff->n_choices > 1 && on)
        choice_count(ff, c, w + 1);
    if (on)
        sg_cursor_at(c, 0, 0);
}

static void draw_check(const struct sg_form_field *ff, const struct sg_canvas *c, bool on)
{
    enum sg_ui_role r = ff->disabled ? SG_UI_DISABLED : on ? SG_UI_FIELD_ON : SG_UI_TEXT;
    int used = sg_putf(c, 0, 2, -1, r, "[%s] %s", ff->checked && !ff->disabled ? "x" : " ", ff->label);
    if (ff->disabled && ff->why[0])
        sg_put(c, 0, used + 4, -1, SG_UI_DISABLED, ff->why);
    if (on)
        sg_cursor_at(c, 0, 3);
}

static void draw_valued(const struct sg_form_field *ff, const struct sg_canvas *c, int label, bool on)
{
    int x = label + 4, room = c->w - x;
    sg_put(c, 0, 2, label, ff->disabled ? SG_UI_DISABLED : on ? SG_UI_STRONG : SG_UI_TEXT, ff->label);
    struct sg_canvas v = sg_canvas_sub(c, 0, x, 1, ff->kind == SG_FF_TEXT ? value_width(ff, room) : room);
    if (ff->disabled && ff->why[0])
        sg_put(c, 0, x, -1, SG_UI_DISABLED, ff->why);
    else if (ff->kind == SG_FF_TEXT)
        draw_text(ff, &v, on);
    else
        draw_choice(ff, &v, on);
}

static void draw_field(const struct sg_form_field *ff, const struct sg_canvas *c, int label, bool on)
{
    if (ff->kind == SG_FF_LABEL) {
        sg_put_wrapped(c, 0, 2, SG_UI_DIM, ff->text);
        return;
    }
    if (on)
        sg_put(c, 0, 0, 1, SG_UI_HINT_KEY, sg_mark(SG_MARK_FOCUS));
    if (ff->kind == SG_FF_CHECK)
        draw_check(ff, c, on);
    else
        draw_valued(ff, c, label, on);
    if (ff->error[0])
        sg_put_wrapped(c, 1, 4, SG_UI_ERROR, ff->error);
}

static int row_of(const struct sg_form *f, int field, int w)
{
    int y = 0;
    for (int i = 0; i < field; i++)
        y += field_rows(&f->f[i], w);
    return y;
}

/* The first field shown. The row of the focused one and its error must lie within the room. */
static void scroll(struct sg_form *f, int w, int room)
{
    if (body_rows(f, w) <= room) {
        f->top = 0;
        return;
    }
    if (f->top > f->cur)
        f->top = f->cur;
    while (f->top < f->cur && row_of(f, f->cur, w) + field_rows(&f->f[f->cur], w) - row_of(f, f->top, w) > room)
        f->top++;
    while (f->top > 0 && f->f[f->top - 1].kind == SG_FF_LABEL
           && row_of(f, f->cur, w) + field_rows(&f->f[f->cur], w) - row_of(f, f->top - 1, w) <= room)
        f->top--;
}

int sg_form_draw(struct sg_form *f, const struct sg_canvas *c)
{
    int help = c->h >= 3 ? help_rows(f, c->w) : 0;
    if (help > 1 && body_rows(f, c->w) + 1 + help > c->h)
        help = 1;                                       /* fields go before the rest of a sentence */
    int room = c->h - (help ? 1 + help : 0), label = label_width(f, c->w), y = 0;
    scroll(f, c->w, room);
    for (int r = 0; r < c->h && r < sg_form_rows(f, c->w); r++)
        sg_canvas_clear_row(c, r, SG_UI_TEXT);
    for (int i = f->top; i < f->n && y < room; i++) {
        int rows = field_rows(&f->f[i], c->w);
        struct sg_canvas row = sg_canvas_sub(c, y, 0, y + rows <= room ? rows : room - y, c->w);
        draw_field(&f->f[i], &row, label, i == f->cur);
        y += rows;
    }
    y = y < room ? y : room;
    if (!help)
        return y;
    struct sg_canvas low = sg_canvas_sub(c, y + 1, 0, help, c->w);
    if (f->n > 0 && f->f[f->cur].help && help == 1)
        sg_put(&low, 0, 2, -1, SG_UI_DIM, f->f[f->cur].help);
    else if (f->n > 0 && f->f[f->cur].help)
        sg_put_wrapped(&low, 0, 2, SG_UI_DIM, f->f[f->cur].help);
    return y + 1 + help;
}

bool sg_form_mouse(struct sg_form *f, const struct sg_canvas *c, const struct sg_key *k)
{
    if (k->kind != SG_KEY_MOUSE || !k->click || k->mx < c->x || k->mx >= c->x + c->w)
        return false;
    int y = c->y;
    for (int i = f->top; i < f->n; i++) {
        int rows = field_rows(&f->f[i], c->w);
        if (k->my >= y && k->my < y + rows && k->my < c->y + c->h && f->f[i].kind != SG_FF_LABEL && !f->f[i].disabled) {
            if (i == f->cur)
                sg_form_command(f, SG_CMD_TOGGLE);
            f->cur = i;
            return true;
        }
        y += rows;
    }
    return false;
}
