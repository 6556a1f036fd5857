/* Themes. A theme is a table: role → colours and attributes. Dark and light keep the terminal's own background (-1) and write ordinary
 * text in the terminal's own colour: it is readable wherever the owner can read anything, and blanks and letters being alike costs no
 * bytes. Only fields, buttons, the first line and the focused row have a ground of their own. All indices are from the fixed part of the
 * 256 colours (16–255), because 0–15 are whatever the terminal's owner made of them; a unit test computes the contrast of every role. On
 * a terminal with 8 colours the hue is kept and grounds become reverse; without colour, or with NO_COLOR, attributes remain. */
#include "ui/theme.h"
#include "base/str.h"
#include "ui/term.h"
#include <curses.h>
#include <stdlib.h>
#include <string.h>

enum { B = SG_TA_BOLD, R = SG_TA_REVERSE, U = SG_TA_UNDERLINE };
enum { DARK, LIGHT, HIGH, MONO, THEMES };

static const struct sg_theme_spec themes[THEMES] = {
    [DARK] = { "dark", {
        [SG_UI_TEXT] = { -1, -1, 0 },       [SG_UI_DIM] = { 246, -1, 0 },         [SG_UI_STRONG] = { 255, -1, B },
        [SG_UI_HEADING] = { 110, -1, 0 },   [SG_UI_BAR] = { 253, 236, 0 },        [SG_UI_CRUMB] = { 249, -1, 0 },
        [SG_UI_HINT_KEY] = { 110, -1, B },  [SG_UI_HINT] = { 248, -1, 0 },        [SG_UI_CURSOR] = { 16, 110, 0 },
        [SG_UI_OK] = { 114, -1, 0 },        [SG_UI_BLOCKED] = { 210, -1, 0 },     [SG_UI_WAITING] = { 221, -1, 0 },
        [SG_UI_ATTENTION] = { 216, -1, B }, [SG_UI_STALE] = { 180, -1, 0 },       [SG_UI_DISABLED] = { 245, -1, 0 },
        [SG_UI_FIELD] = { 253, 238, 0 },    [SG_UI_FIELD_ON] = { 231, 24, 0 },    [SG_UI_ERROR] = { 210, -1, 0 },
        [SG_UI_DIALOG] = { 110, -1, 0 },    [SG_UI_BUTTON] = { 253, 238, 0 },     [SG_UI_BUTTON_ON] = { 16, 110, B },
        [SG_UI_TOAST] = { 252, -1, 0 } } },
    [LIGHT] = { "light", {
        [SG_UI_TEXT] = { -1, -1, 0 },       [SG_UI_DIM] = { 240, -1, 0 },         [SG_UI_STRONG] = { 232, -1, B },
        [SG_UI_HEADING] = { 24, -1, 0 },    [SG_UI_BAR] = { 235, 254, 0 },        [SG_UI_CRUMB] = { 238, -1, 0 },
        [SG_UI_HINT_KEY] = { 24, -1, B },   [SG_UI_HINT] = { 240, -1, 0 },        [SG_UI_CURSOR] = { 231, 24, 0 },
        [SG_UI_OK] = { 22, -1, 0 },         [SG_UI_BLOCKED] = { 124, -1, 0 },     [SG_UI_WAITING] = { 94, -1, 0 },
        [SG_UI_ATTENTION] = { 88, -1, B },  [SG_UI_STALE] = { 58, -1, 0 },        [SG_UI_DISABLED] = { 242, -1, 0 },
        [SG_UI_FIELD] = { 234, 254, 0 },    [SG_UI_FIELD_ON] = { 16, 153, 0 },    [SG_UI_ERROR] = { 124, -1, 0 },
        [SG_UI_DIALOG] = { 24, -1, 0 },     [SG_UI_BUTTON] = { 235, 252, 0 },     [SG_UI_BUTTON_ON] = { 231, 24, B },
        [SG_UI_TOAST] = { 235, -1, 0 } } },
    [HIGH] = { "high-contrast", {
        [SG_UI_TEXT] = { 231, 16, 0 },      [SG_UI_DIM] = { 255, 16, 0 },         [SG_UI_STRONG] = { 231, 16, B },
        [SG_UI_HEADING] = { 51, 16, B },    [SG_UI_BAR] = { 16, 231, B },         [SG_UI_CRUMB] = { 231, 16, B },
        [SG_UI_HINT_KEY] = { 226, 16, B },  [SG_UI_HINT] = { 231, 16, 0 },        [SG_UI_CURSOR] = { 16, 226, B },
        [SG_UI_OK] = { 120, 16, B },        [SG_UI_BLOCKED] = { 217, 16, B },     [SG_UI_WAITING] = { 226, 16, B },
        [SG_UI_ATTENTION] = { 226, 16, B | U }, [SG_UI_STALE] = { 223, 16, B },   [SG_UI_DISABLED] = { 252, 16, 0 },
        [SG_UI_FIELD] = { 231, 16, U },     [SG_UI_FIELD_ON] = { 16, 231, 0 },    [SG_UI_ERROR] = { 217, 16, B | U },
        [SG_UI_DIALOG] = { 231, 16, B },    [SG_UI_BUTTON] = { 231, 16, U },      [SG_UI_BUTTON_ON] = { 16, 226, B },
        [SG_UI_TOAST] = { 231, 16, B } } },
    [MONO] = { "mono", {
        [SG_UI_TEXT] = { -1, -1, 0 },       [SG_UI_DIM] = { -1, -1, 0 },          [SG_UI_STRONG] = { -1, -1, B },
        [SG_UI_HEADING] = { -1, -1, B },    [SG_UI_BAR] = { -1, -1, R },          [SG_UI_CRUMB] = { -1, -1, 0 },
        [SG_UI_HINT_KEY] = { -1, -1, B },   [SG_UI_HINT] = { -1, -1, 0 },         [SG_UI_CURSOR] = { -1, -1, R },
        [SG_UI_OK] = { -1, -1, 0 },         [SG_UI_BLOCKED] = { -1, -1, B },      [SG_UI_WAITING] = { -1, -1, B },
        [SG_UI_ATTENTION] = { -1, -1, B | U }, [SG_UI_STALE] = { -1, -1, 0 },     [SG_UI_DISABLED] = { -1, -1, 0 },
        [SG_UI_FIELD] = { -1, -1, U },      [SG_UI_FIELD_ON] = { -1, -1, R },     [SG_UI_ERROR] = { -1, -1, B | U },
        [SG_UI_DIALOG] = { -1, -1, 0 },     [SG_UI_BUTTON] = { -1, -1, 0 },       [SG_UI_BUTTON_ON] = { -1, -1, R | B },
        [SG_UI_TOAST] = { -1, -1, B } } },
};

static attr_t in_use[SG_UI_ROLE_COUNT];

const struct sg_theme_spec *sg_theme_at(int i)
{
    return i >= 0 && i < THEMES ? &themes[i] : NULL;
}

const struct sg_theme_spec *sg_theme_named(const char *name)
{
    for (int i = 0; i < THEMES; i++)
        if (sg_ieq(themes[i].name, name))
            return &themes[i];
    return NULL;
}

/* COLORFGBG is "foreground;background" and set by several terminals; 7 and 15 are their light grounds. */
static const struct sg_theme_spec *by_terminal(void)
{
    const char *v = getenv("COLORFGBG");
    const char *bg = v ? v + strlen(v) : "";
    while (v && bg > v && bg[-1] != ';')
        bg--;
    return &themes[sg_eq(bg, "15") || sg_eq(bg, "7") ? LIGHT : DARK];
}

void sg_theme_rgb(int index, int rgb[3])
{
    static const int step[6] = { 0, 95, 135, 175, 215, 255 };
    int i = index - 16, grey = 8 + (index - 232) * 10;
    for (int k = 0; k < 3; k++)
        rgb[k] = index >= 232 ? grey : step[(k == 0 ? i / 36 : k == 1 ? i / 6 : i) % 6];
}

/* The hue among the eight old colours; -1 for grey. Dark blue cannot be read on black nor yellow on white. */
static short old_colour(int index, bool light)
{
    int c[3];
    if (index < 16)
        return -1;
    sg_theme_rgb(index, c);
    int most = c[0] > c[1] ? c[0] : c[1], least = c[0] < c[1] ? c[0] : c[1];
    most = c[2] > most ? c[2] : most;
    least = c[2] < least ? c[2] : least;
    if (most - least < 50)
        return -1;
    int mid = (most + least) / 2, hue = (c[0] > mid ? COLOR_RED : 0) | (c[1] > mid ? COLOR_GREEN : 0) | (c[2] > mid ? COLOR_BLUE : 0);
    if (light)
        return (short)(hue == COLOR_YELLOW ? COLOR_MAGENTA : hue == COLOR_CYAN ? COLOR_BLUE : hue);
    return (short)(hue == COLOR_BLUE ? COLOR_CYAN : hue);
}

static attr_t attributes(unsigned a)
{
    return (a & SG_TA_BOLD ? A_BOLD : 0) | (a & SG_TA_REVERSE ? A_REVERSE : 0) | (a & SG_TA_UNDERLINE ? A_UNDERLINE : 0);
}

static attr_t role_attr(const struct sg_theme_spec *t, int r)
{
    short pair = (short)(r + 1), fg = t->role[r].fg, bg = t->role[r].bg;
    attr_t a = attributes(t->role[r].attrs);
    if (t == &themes[MONO] || (fg < 0 && bg < 0))
        return a;
    if (COLORS >= 256) {
        init_pair(pair, fg, bg);
    } else {
        /* a ground of its own is a tool of emphasis: with eight colours, reverse does that */
        bool ground = bg >= 0 && t != &themes[HIGH];
        init_pair(pair, old_colour(ground ? bg : fg, t == &themes[LIGHT]), -1);
        if (ground || (t == &themes[HIGH] && fg == 16))
            a |= A_REVERSE;
    }
    return a | (attr_t)COLOR_PAIR(pair);
}

const struct sg_theme_spec *sg_theme_use(const char *name)
{
    const char *none = getenv("NO_COLOR");
    const struct sg_theme_spec *t = sg_theme_named(name);
    if (!t)
        t = by_terminal();
    if ((none && *none) || !has_colors() || COLORS < 8)
        t = &themes[MONO];
    for (int r = 0; r < SG_UI_ROLE_COUNT; r++)
        in_use[r] = role_attr(t, r);
    return t;
}

unsigned long sg_theme_attr(enum sg_ui_role r)
{
    return in_use[r];
}

const char *sg_mark(enum sg_mark m)
{
    static const char *const utf8[] = { "✓", "✗", "–", "◷", "!", "≈", "▸", " ", "●", "○" };
    static const char *const ascii[] = { "+", "x", "-", "~", "!", "?", ">", " ", "*", "o" };
    return (sg_term_utf8() ? utf8 : ascii)[m];
}
