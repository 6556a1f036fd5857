/* The terminal itself: taken, given back on every way out, its size, its signals. */
#pragma once
#include <stdbool.h>
#include "base/err.h"

/* Why the full screen cannot be had here, as a translated sentence; NULL when it can. Writes nothing. */
const char *sg_term_unfit(void);
/* Takes the terminal: alternate screen, raw keys, bracketed paste, signals to one descriptor. utf8: what its encoding can show. */
SG_MUST enum sg_err sg_term_open(bool utf8, struct sg_error *e);
void sg_term_close(void);                       /* gives it back; safe to call twice and when it is gone */
bool sg_term_utf8(void);                        /* true as long as nothing else was said */
void sg_term_set_utf8(bool utf8);               /* for tests and line mode */
int sg_term_signal_fd(void);
/* One waiting signal, 0 when none. SIGWINCH is already carried out (the screen has its new size), so is SIGCONT. */
int sg_term_signal(void);
void sg_term_suspend(void);                     /* gives the terminal back, stops, takes it again */
void sg_term_mouse(bool on);
void sg_term_redraw(void);                      /* the next frame paints every cell */
bool sg_term_gone(void);                        /* the other side of the terminal is closed */
void sg_term_bell(void);
