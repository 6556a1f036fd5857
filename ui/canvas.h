/* Drawing: a clipped rectangle of the screen. The only place that writes to curses. Coordinates are relative, columns are
 * terminal columns; text outside is cut. All text passes sg_text_render/sg_text_fit here. */
#pragma once
#include <stdbool.h>
#include "base/err.h"
#include "ui/theme.h"
struct sg_canvas { int y, x, h, w; };            /* on the standard screen */
struct sg_canvas sg_canvas_sub(const struct sg_canvas *c, int y, int x, int h, int w);    /* clipped to c */
void sg_canvas_clear(const struct sg_canvas *c, enum sg_ui_role r);
void sg_canvas_clear_row(const struct sg_canvas *c, int y, enum sg_ui_role r);
/* Writes text fitted into at most cols columns (… when cut); returns the columns used. cols < 0: to the right edge. */
int sg_put(const struct sg_canvas *c, int y, int x, int cols, enum sg_ui_role r, const char *text);
int sg_putf(const struct sg_canvas *c, int y, int x, int cols, enum sg_ui_role r, const char *fmt, ...) SG_PRINTF(6, 7);
int sg_put_right(const struct sg_canvas *c, int y, int right, int cols, enum sg_ui_role r, const char *text);   /* ends before column right */
int sg_put_mark(const struct sg_canvas *c, int y, int x, enum sg_mark m);                 /* mark in its own role; 2 columns */
void sg_rule(const struct sg_canvas *c, int y, enum sg_ui_role r);                        /* a horizontal line */
void sg_box(const struct sg_canvas *c, enum sg_ui_role r, const char *title);             /* dialogs only */
int sg_heading(const struct sg_canvas *c, int y, const char *text);                       /* capitals; returns next free row */
/* Word-wraps text into rows from y; returns the number of rows used (also when it does not fit: what would be needed). */
int sg_put_wrapped(const struct sg_canvas *c, int y, int x, enum sg_ui_role r, const char *text);
void sg_cursor_at(const struct sg_canvas *c, int y, int x);                               /* real cursor, for screen readers; last call of the frame wins */
/* Reverses and marks a whole row as focused: draws the focus mark in column 0 of the row. Call before writing its cells with SG_UI_CURSOR. */
void sg_focus_row(const struct sg_canvas *c, int y, bool focused);
bool sg_canvas_scroll(const struct sg_canvas *c, int n);     /* moves what stands there up by n rows; false when it cannot */
/* Letters without their dots and plain signs for a terminal that is not UTF-8, in place (never longer). */
void sg_text_ascii(char *text);
/* For the frame alone. */
struct sg_canvas sg_canvas_screen(void);
void sg_canvas_reset(void);                                  /* everything blank, no focus, no cursor */
void sg_canvas_show(void);                                   /* cursor, and what changed goes out at once */
unsigned sg_canvas_epoch(void);                              /* changes whenever something was cleared: what stood there is gone */
unsigned long sg_canvas_cells(void);                         /* cells written since the start: what drawing costs, for tests */
