/* A scrolling list of any length: holds a position, asks for rows by index, draws only what changed. */
#pragma once
#include "ui/canvas.h"
#include "ui/input.h"
struct sg_list {
    long n, top, cur;            /* rows; first visible; chosen (-1: none) */
    long drawn_top, drawn_cur;   /* what stands on the screen; drawn_top -1: nothing */
    int rows;                    /* visible rows at the last draw */
    struct sg_canvas at; unsigned epoch; bool had_focus;   /* where and when that was; another place or a cleared screen: all again */
    const char *empty;           /* translated: why it is empty and what to press; set it after sg_list_init */
};
/* Draws one row into a canvas of one line. focused: in the SG_UI_CURSOR role. */
typedef void sg_list_row_fn(void *ctx, const struct sg_canvas *row, long index, bool focused);
void sg_list_init(struct sg_list *l);
void sg_list_set_count(struct sg_list *l, long n);       /* keeps the choice where possible */
void sg_list_invalidate(struct sg_list *l);              /* content changed: all visible rows are drawn again */
void sg_list_draw(struct sg_list *l, const struct sg_canvas *c, bool focus, sg_list_row_fn *fn, void *ctx);
bool sg_list_command(struct sg_list *l, int cmd);        /* up, down, page-up …: true when it was one of its own */
bool sg_list_mouse(struct sg_list *l, const struct sg_canvas *c, const struct sg_key *k);
