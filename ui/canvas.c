/* Drawing on the one curses screen. A canvas is only a rectangle, so making and clipping one costs nothing. Every text passes
 * sg_text_fit: there is no other way to the screen, so nothing foreign can move the cursor or turn the direction of writing.
 * A terminal that is not UTF-8 gets letters without their dots and plain signs, not garbage. The focused row is remembered:
 * whatever is written on it later takes the focus colours, so that a mark in its own colour stays readable there. */
#include "ui/canvas.h"
#include "base/str.h"
#include "base/utf8.h"
#include "ui/gather.h"
#include "ui/term.h"
#include <curses.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { LINE_MAX_BYTES = 4096 };

static struct { struct sg_canvas focus; bool focused, cursor; int cy, cx; unsigned epoch; unsigned long cells; } s = { .epoch = 1 };

static const struct { uint32_t cp; char as; } folds[] = {
    { 0xE5, 'a' }, { 0xE4, 'a' }, { 0xF6, 'o' }, { 0xC5, 'A' }, { 0xC4, 'A' }, { 0xD6, 'O' }, { 0xE9, 'e' }, { 0xC9, 'E' }, { 0xE8, 'e' },
    { 0xFC, 'u' }, { 0xDC, 'U' }, { 0xE6, 'a' }, { 0xF8, 'o' }, { 0xC6, 'A' }, { 0xD8, 'O' }, { 0xE1, 'a' }, { 0xF1, 'n' }, { 0xE7, 'c' },
    { 0x2026, '~' }, { 0x2013, '-' }, { 0x2014, '-' }, { 0xB7, '|' }, { 0x203A, '>' }, { 0x2019, '\'' }, { 0x201C, '"' }, { 0x201D, '"' },
    { 0x2022, '*' }, { 0xA0, ' ' }, { 0x2192, '>' }, { 0x25C7, '~' }, { 0x25F7, '~' }, { 0x2713, '+' }, { 0x2717, 'x' }, { 0x2248, '?' },
    { 0x25B8, '>' }, { 0x25CF, '*' }, { 0x25CB, 'o' }, { 0x2500, '-' }, { 0x202F, ' ' },
};

static char fold(uint32_t cp)
{
    for (size_t i = 0; i < sizeof folds / sizeof folds[0]; i++)
        if (folds[i].cp == cp)
            return folds[i].as;
    return '?';
}

void sg_text_ascii(char *text)
{
    char *out = text;
    size_t n = strlen(text);
    for (const char *p = text; n > 0;) {
        uint32_t cp;
        size_t used = sg_utf8_next(p, n, &cp);
        int w = cp == SG_UTF8_BAD ? 1 : sg_cp_width(cp);
        if (cp < 128)
            *out++ = (char)cp;
        else if (w > 0) {
            *out++ = fold(cp);
            if (w == 2 && used > 1)
                *out++ = '?';
        }
        p += used;
        n -= used;
    }
    *out = '\0';
}

struct sg_canvas sg_canvas_sub(const struct sg_canvas *c, int y, int x, int h, int w)
{
    int top = y < 0 ? 0 : y, left = x < 0 ? 0 : x, bottom = y + h, right = x + w;
    bottom = bottom > c->h ? c->h : bottom;
    right = right > c->w ? c->w : right;
    struct sg_canvas sub = { c->y + top, c->x + left, bottom > top ? bottom - top : 0, right > left ? right - left : 0 };
    return sub;
}

static bool on_focus(const struct sg_canvas *c, int y, int x)
{
    return s.focused && c->y + y == s.focus.y && c->x + x >= s.focus.x && c->x + x < s.focus.x + s.focus.w;
}

static bool begin(const struct sg_canvas *c, int y, int x, enum sg_ui_role r)
{
    if (y < 0 || y >= c->h || x < 0 || x >= c->w || c->y + y >= LINES || c->x + x >= COLS)
        return false;
    attrset((int)sg_theme_attr(on_focus(c, y, x) ? SG_UI_CURSOR : r));
    return move(c->y + y, c->x + x) == OK;
}

static void blank_row(const struct sg_canvas *c, int y, enum sg_ui_role r)
{
    if (begin(c, y, 0, r)) {
        hline((chtype)' ' | (chtype)sg_theme_attr(r), c->w);
        s.cells += (unsigned long)c->w;
    }
}

void sg_canvas_clear_row(const struct sg_canvas *c, int y, enum sg_ui_role r)
{
    if (s.focused && c->y + y == s.focus.y && c->x <= s.focus.x && c->x + c->w >= s.focus.x + s.focus.w)
        s.focused = false;
    blank_row(c, y, r);
}

void sg_canvas_clear(const struct sg_canvas *c, enum sg_ui_role r)
{
    s.epoch++;
    for (int y = 0; y < c->h; y++)
        sg_canvas_clear_row(c, y, r);
}

unsigned sg_canvas_epoch(void) { return s.epoch; }
unsigned long sg_canvas_cells(void) { return s.cells; }

int sg_put(const struct sg_canvas *c, int y, int x, int cols, enum sg_ui_role r, const char *text)
{
    char line[LINE_MAX_BYTES];
    int room = c->w - x;
    if (cols < 0 || cols > room)
        cols = room;
    if (cols <= 0 || !text || !*text || !begin(c, y, x, r))
        return 0;
    sg_text_fit(line, sizeof line, text, cols, !sg_term_utf8());
    if (!sg_term_utf8())
        sg_text_ascii(line);
    addstr(line);
    int used = sg_width(line);
    s.cells += (unsigned long)used;
    return used;
}

int sg_putf(const struct sg_canvas *c, int y, int x, int cols, enum sg_ui_role r, const char *fmt, ...)
{
    char line[LINE_MAX_BYTES];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(line, sizeof line, fmt, ap);
    va_end(ap);
    return n > 0 ? sg_put(c, y, x, cols, r, line) : 0;
}

int sg_put_right(const struct sg_canvas *c, int y, int right, int cols, enum sg_ui_role r, const char *text)
{
    char line[LINE_MAX_BYTES];
    if (right > c->w)
        right = c->w;
    if (cols < 0 || cols > right)
        cols = right;
    if (cols <= 0 || !text)
        return 0;
    sg_text_fit(line, sizeof line, text, cols, !sg_term_utf8());
    return sg_put(c, y, right - sg_width(line), cols, r, text);
}

static enum sg_ui_role mark_role(enum sg_mark m)
{
    static const enum sg_ui_role role[] = {
        [SG_MARK_OK] = SG_UI_OK, [SG_MARK_NO] = SG_UI_BLOCKED, [SG_MARK_RULE] = SG_UI_DIM, [SG_MARK_WAIT] = SG_UI_WAITING,
        [SG_MARK_NEED] = SG_UI_ATTENTION, [SG_MARK_STALE] = SG_UI_STALE, [SG_MARK_FOCUS] = SG_UI_TEXT, [SG_MARK_NONE] = SG_UI_TEXT,
        [SG_MARK_ONLINE] = SG_UI_OK, [SG_MARK_OFFLINE] = SG_UI_STALE,
    };
    return role[m];
}

int sg_put_mark(const struct sg_canvas *c, int y, int x, enum sg_mark m)
{
    if (m != SG_MARK_NONE)
        sg_put(c, y, x, 1, mark_role(m), sg_mark(m));
    return 2;
}

void sg_rule(const struct sg_canvas *c, int y, enum sg_ui_role r)
{
    cchar_t line;
    if (!begin(c, y, 0, r))
        return;
    if (!sg_term_utf8())
        hline('-', c->w);
    else if (setcchar(&line, L"─", (attr_t)sg_theme_attr(r), (short)PAIR_NUMBER((int)sg_theme_attr(r)), NULL) == OK)
        hline_set(&line, c->w);
}

static void corner(const struct sg_canvas *c, int y, int x, enum sg_ui_role r, const char *utf8, const char *ascii)
{
    sg_put(c, y, x, 1, r, sg_term_utf8() ? utf8 : ascii);
}

void sg_box(const struct sg_canvas *c, enum sg_ui_role r, const char *title)
{
    if (c->h < 2 || c->w < 4)
        return;
    sg_rule(c, 0, r);
    sg_rule(c, c->h - 1, r);
    for (int y = 1; y < c->h - 1; y++) {
        corner(c, y, 0, r, "│", "|");
        corner(c, y, c->w - 1, r, "│", "|");
    }
    corner(c, 0, 0, r, "┌", "+");
    corner(c, 0, c->w - 1, r, "┐", "+");
    corner(c, c->h - 1, 0, r, "└", "+");
    corner(c, c->h - 1, c->w - 1, r, "┘", "+");
    if (title && *title)
        sg_putf(c, 0, 1, c->w - 2, r, " %s ", title);
}

/* Capitals by Unicode for the letters that headings of the two languages have. */
static void capitals(char *dst, size_t cap, const char *src)
{
    size_t n = strlen(src), at = 0;
    while (n > 0) {
        uint32_t cp;
        size_t used = sg_utf8_next(src, n, &cp);
        char out[4];
        if ((cp >= 'a' && cp <= 'z') || (cp >= 0xE0 && cp <= 0xFE && cp != 0xF7))
            cp -= 32;
        size_t len = cp == SG_UTF8_BAD ? 0 : sg_utf8_put(out, cp);
        if (at + len + 1 > cap)
            break;
        memcpy(dst + at, out, len);
        at += len;
        src += used;
        n -= used;
    }
    dst[at] = '\0';
}

int sg_heading(const struct sg_canvas *c, int y, const char *text)
{
    char up[512];
    capitals(up, sizeof up, text ? text : "");
    sg_put(c, y, 1, -1, SG_UI_HEADING, up);
    return y + 1;
}

/* Bytes of the next line of at most cols columns; *skip: blanks and line break behind it. */
static size_t wrap_at(const char *s0, int cols, size_t *skip)
{
    size_t n = strlen(s0), at = 0, last = 0;
    int used = 0;
    while (at < n && s0[at] != '\n') {
        uint32_t cp;
        size_t len = sg_utf8_next(s0 + at, n - at, &cp);
        int w = cp == SG_UTF8_BAD ? 4 : sg_cp_width(cp);
        if (s0[at] == ' ')
            last = at;
        if (used + w > cols) {
            at = last > 0 ? last : at > 0 ? at : len;
            break;
        }
        used += w;
        at += len;
    }
    *skip = 0;
    while (s0[at + *skip] == ' ')
        ++*skip;
    if (s0[at + *skip] == '\n')
        ++*skip;
    return at;
}

int sg_put_wrapped(const struct sg_canvas *c, int y, int x, enum sg_ui_role r, const char *text)
{
    int rows = 0, cols = c->w - x;
    char line[LINE_MAX_BYTES];
    if (cols <= 0)
        return 0;
    for (const char *p = text ? text : ""; *p; rows++) {
        size_t skip, n = wrap_at(p, cols, &skip);
        sg_copyn(line, sizeof line, p, n);
        sg_put(c, y + rows, x, cols, r, line);
        p += n + skip;
    }
    return rows;
}

void sg_cursor_at(const struct sg_canvas *c, int y, int x)
{
    s.cursor = y >= 0 && y < c->h && x >= 0 && x < c->w;
    s.cy = c->y + y;
    s.cx = c->x + x;
}

void sg_focus_row(const struct sg_canvas *c, int y, bool focused)
{
    struct sg_canvas row = sg_canvas_sub(c, y, 0, 1, c->w);
    sg_canvas_clear_row(c, y, SG_UI_TEXT);
    if (!focused || row.h == 0)
        return;
    s.focus = row;
    s.focused = true;
    blank_row(&row, 0, SG_UI_CURSOR);
    sg_put(&row, 0, 0, 1, SG_UI_CURSOR, sg_mark(SG_MARK_FOCUS));
    sg_cursor_at(&row, 0, 0);
}

bool sg_canvas_scroll(const struct sg_canvas *c, int n)
{
    if (c->x != 0 || c->w != COLS || c->h < 3 || c->y + c->h > LINES)
        return false;
    s.focused = false;
    attrset((int)sg_theme_attr(SG_UI_TEXT));
    scrollok(stdscr, TRUE);
    bool done = setscrreg(c->y, c->y + c->h - 1) == OK && scrl(n) == OK;
    setscrreg(0, LINES - 1);
    scrollok(stdscr, FALSE);
    return done;
}

struct sg_canvas sg_canvas_screen(void)
{
    return (struct sg_canvas){ 0, 0, LINES, COLS };
}

void sg_canvas_reset(void)
{
    s.focused = s.cursor = false;
    s.epoch++;
    attrset((int)sg_theme_attr(SG_UI_TEXT));
    bkgdset((chtype)' ' | (chtype)sg_theme_attr(SG_UI_TEXT));
    erase();
}

void sg_canvas_show(void)
{
    if (s.cursor && s.cy < LINES && s.cx < COLS)
        move(s.cy, s.cx);
    else
        move(LINES - 1, 0);
    sg_gather_begin();
    curs_set(s.cursor ? 1 : 0);
    refresh();
    sg_gather_end();
}
