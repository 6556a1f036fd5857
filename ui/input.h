/* Keys as names and text, taken from curses all at once before a frame is painted. */
#pragma once
#include <stdbool.h>
#include <stdint.h>
enum sg_key_kind { SG_KEY_CHAR, SG_KEY_NAMED, SG_KEY_PASTE, SG_KEY_MOUSE, SG_KEY_RESIZE };
struct sg_key {
    enum sg_key_kind kind;
    uint32_t cp;                 /* CHAR */
    char name[24];               /* as in keymaps: "a", "Ctrl-P", "F9", "Enter", "Esc", "Up", "Tab", "Shift-Tab", "Backspace", "Delete" … */
    const char *paste;           /* PASTE: whole text, borrowed for the call */
    int my, mx, wheel; bool click;
};
enum { SG_PASTE_MAX = 64 * 1024 };
void sg_input_define_keys(void);                 /* tells curses the marks around a paste; after keypad() */
/* The next waiting key; false when none waits. Never waits itself (but for the 25 ms that tell Esc from a function key). */
bool sg_input_next(struct sg_key *k);
bool sg_input_pasting(void);                     /* a paste has begun and its end has not come yet */
bool sg_input_end_paste(struct sg_key *k);       /* the end never came: gives what there is */
void sg_input_forget(void);                      /* throws away what waits */
