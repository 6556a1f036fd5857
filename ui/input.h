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
