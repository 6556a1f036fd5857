/* Themes: dark, light, high-contrast, mono. Colour never carries meaning alone. */
#pragma once
enum sg_ui_role {
#define SG_UI_ROLE(id, ...) SG_UI_##id,
#include "ui/theme.def"
    SG_UI_ROLE_COUNT
};
/* State marks, the same everywhere; glyph or ASCII stand-in: ✓+ ✗x –- ◷~ !! ≈? ▸> */
enum sg_mark { SG_MARK_OK, SG_MARK_NO, SG_MARK_RULE, SG_MARK_WAIT, SG_MARK_NEED, SG_MARK_STALE, SG_MARK_FOCUS, SG_MARK_NONE, SG_MARK_ONLINE, SG_MARK_OFFLINE };
enum { SG_TA_BOLD = 1, SG_TA_REVERSE = 2, SG_TA_UNDERLINE = 4 };                          /* attrs */
struct sg_theme_spec { const char *name; struct { short fg, bg; unsigned attrs; } role[SG_UI_ROLE_COUNT]; };  /* fg, bg: 256-colour index or -1 */
const struct sg_theme_spec *sg_theme_named(const char *name);   /* NULL when unknown */
const struct sg_theme_spec *sg_theme_at(int i);                 /* NULL behind the last */
/* Applies to the running terminal: NO_COLOR or a terminal without colour gets mono. Returns the theme in use. */
const struct sg_theme_spec *sg_theme_use(const char *name);
unsigned long sg_theme_attr(enum sg_ui_role r);                 /* curses attribute incl. colour pair (attr_t) */
const char *sg_mark(enum sg_mark m);                            /* UTF-8 or ASCII by terminal */
void sg_theme_rgb(int index, int rgb[3]);                       /* of the fixed colours 16–255 */
