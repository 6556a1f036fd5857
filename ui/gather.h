/* One write a frame. */
#pragma once
#include <stdbool.h>
#include <stdio.h>

/* The stream curses is to write to: a descriptor of its own for the terminal on standard output. NULL: no memory, no descriptor. */
FILE *sg_gather_open(void);
void sg_gather_close(void);                     /* after curses has let go of the stream */
void sg_gather_begin(void);                     /* what curses writes from now on is kept … */
void sg_gather_end(void);                       /* … and goes to the terminal in one piece */
