/* From curses to names. A key is a character, a name, or a paste; names are those of the keymaps. Bracketed pastes are gathered
 * whatever they hold (a pasted line break is text, not Enter) and handed over as one; beyond the ceiling the rest is dropped.
 * Esc directly followed by a character is Alt: a terminal has no other way of saying it. */
#include "ui/input.h"
#include "base/buf.h"
#include "base/str.h"
#include "base/utf8.h"
#include <curses.h>
#include <string.h>

enum { CODE_PASTE_ON = KEY_MAX - 20, CODE_PASTE_OFF = KEY_MAX - 21 };

static struct {
    bool pasting;
    struct sg_buf text;
    bool have_text;          /* text is initialised */
    bool held;               /* one key was read too far */
    int held_rc; wint_t held_c;
} in;

static const struct { int code; const char *name; } codes[] = {
    { KEY_UP, "Up" }, { KEY_DOWN, "Down" }, { KEY_LEFT, "Left" }, { KEY_RIGHT, "Right" }, { KEY_HOME, "Home" }, { KEY_END, "End" },
    { KEY_PPAGE, "PageUp" }, { KEY_NPAGE, "PageDown" }, { KEY_IC, "Insert" }, { KEY_DC, "Delete" }, { KEY_BACKSPACE, "Backspace" },
    { KEY_ENTER, "Enter" }, { KEY_BTAB, "Shift-Tab" }, { KEY_SLEFT, "Shift-Left" }, { KEY_SRIGHT, "Shift-Right" },
    { KEY_SR, "Shift-Up" }, { KEY_SF, "Shift-Down" }, { KEY_FIND, "Home" }, { KEY_SELECT, "End" }, { KEY_SHOME, "Shift-Home" },
    { KEY_SEND, "Shift-End" }, { KEY_SDC, "Shift-Delete" },
};

void sg_input_define_keys(void)
{
    define_key("\033[200~", CODE_PASTE_ON);
    define_key("\033[201~", CODE_PASTE_OFF);
}

bool sg_input_pasting(void) { return in.pasting; }

static int read_key(wint_t *c)
{
    if (in.held) {
        in.held = false;
        *c = in.held_c;
        return in.held_rc;
    }
    return get_wch(c);
}

static void character(struct sg_key *k, uint32_t cp)
{
    char utf8[5] = { 0 };
    size_t n = sg_utf8_put(utf8, cp);
    k->kind = SG_KEY_CHAR;
    k->cp = cp;
    sg_copyn(k->name, sizeof k->name, utf8, n);
    if (cp == ' ')
        SG_COPY(k->name, "Space");
}

static void named(struct sg_key *k, const char *name)
{
    k->kind = SG_KEY_NAMED;
    SG_COPY(k->name, name);
}

static bool alt(struct sg_key *k)
{
    wint_t c = 0;
    int rc = get_wch(&c);
    if (rc == OK && c > 32 && c != 127) {
        struct sg_key plain = { 0 };
        character(&plain, (uint32_t)c);
        k->kind = SG_KEY_NAMED;
        return sg_format(k->name, sizeof k->name, "Alt-%s", plain.name);
    }
    if (rc != ERR) {
        in.held = true;
        in.held_rc = rc;
        in.held_c = c;
    }
    named(k, "Esc");
    return true;
}

static bool control(struct sg_key *k, wint_t c)
{
    switch (c) {
    case 27: return alt(k);
    case '\t': named(k, "Tab"); return true;
    case '\r': case '\n': named(k, "Enter"); return true;
    case 8: case 127: named(k, "Backspace"); return true;
    case 0: named(k, "Ctrl-Space"); return true;
    default: break;
    }
    if (c > 26)
        return false;
    k->kind = SG_KEY_NAMED;
    return sg_format(k->name, sizeof k->name, "Ctrl-%c", (char)('A' + c - 1));
}

static bool mouse(struct sg_key *k)
{
    MEVENT m;
    if (getmouse(&m) != OK)
        return false;
    k->kind = SG_KEY_MOUSE;
    k->my = m.y;
    k->mx = m.x;
    k->click = (m.bstate & BUTTON1_PRESSED) != 0;
    k->wheel = m.bstate & BUTTON4_PRESSED ? -1 : m.bstate & BUTTON5_PRESSED ? 1 : 0;
    return k->click || k->wheel;
}

static void paste_begin(void)
{
    if (!in.have_text)
        sg_buf_init(&in.text, SG_PASTE_MAX);
    in.have_text = true;
    sg_buf_reset(&in.text);
    in.pasting = true;
}

bool sg_input_end_paste(struct sg_key *k)
{
    if (!in.pasting)
        return false;
    in.pasting = false;
    memset(k, 0, sizeof *k);
    k->kind = SG_KEY_PASTE;
    SG_COPY(k->name, "Paste");
    k->paste = in.text.data ? in.text.data : "";
    return true;
}

/* Text of a paste; what is no text (function keys) is not part of one. */
static void paste_add(int rc, wint_t c)
{
    char utf8[4];
    if (rc != OK)
        return;
    size_t n = sg_utf8_put(utf8, c == '\r' ? '\n' : (uint32_t)c);
    (void)sg_buf_add(&in.text, utf8, n);
}

static bool coded(struct sg_key *k, int code)
{
    if (code == KEY_MOUSE)
        return mouse(k);
    if (code == KEY_RESIZE) {
        k->kind = SG_KEY_RESIZE;
        return true;
    }
    if (code >= KEY_F(1) && code <= KEY_F(24)) {
        k->kind = SG_KEY_NAMED;
        return sg_format(k->name, sizeof k->name, "F%d", code - KEY_F0);
    }
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        if (codes[i].code == code) {
            named(k, codes[i].name);
            return true;
        }
    return false;
}

bool sg_input_next(struct sg_key *k)
{
    wint_t c = 0;
    int rc;
    while ((rc = read_key(&c)) != ERR) {
        memset(k, 0, sizeof *k);
        if (rc == KEY_CODE_YES && c == CODE_PASTE_ON)
            paste_begin();
        else if (rc == KEY_CODE_YES && c == CODE_PASTE_OFF) {
            if (sg_input_end_paste(k))
                return true;
        } else if (in.pasting)
            paste_add(rc, c);
        else if (rc == KEY_CODE_YES ? coded(k, (int)c) : c < 32 || c == 127 ? control(k, c) : (character(k, (uint32_t)c), true))
            return true;
    }
    return false;
}

void sg_input_forget(void)
{
    struct sg_key k;
    while (sg_input_next(&k))
        ;
}
