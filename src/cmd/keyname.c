/* Names of keys. One spelling each, so that a keymap, the screen and the help agree: modifiers "Ctrl-" "Alt-" "Shift-", then a
 * name of the table below or one printable character. Signs that an INI file cannot hold as a name (: = ; # [) have a word. */
#include <string.h>
#include "base/str.h"
#include "base/utf8.h"
#include "cmd/command.h"

struct spelling { const char *typed, *name; };
static const struct spelling names[] = {
    {"enter", "Enter"}, {"return", "Enter"}, {"esc", "Esc"}, {"escape", "Esc"}, {"tab", "Tab"}, {"space", "Space"},
    {"up", "Up"}, {"down", "Down"}, {"left", "Left"}, {"right", "Right"}, {"home", "Home"}, {"end", "End"},
    {"pageup", "PageUp"}, {"pgup", "PageUp"}, {"pagedown", "PageDown"}, {"pgdn", "PageDown"}, {"insert", "Insert"},
    {"delete", "Delete"}, {"del", "Delete"}, {"backspace", "Backspace"},
    {"colon", ":"}, {"equals", "="}, {"semicolon", ";"}, {"hash", "#"}, {"bracket", "["},
};

static const char *special(const char *s) {
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (sg_ieq(names[i].typed, s)) {
            return names[i].name;
        }
    }
    return NULL;
}

static bool one_character(const char *s) {
    uint32_t cp = 0;
    size_t n = strlen(s), used = n ? sg_utf8_next(s, n, &cp) : 0;
    return n > 0 && used == n && cp != SG_UTF8_BAD && cp > 32 && cp != 127 && sg_cp_width(cp) > 0;
}

static bool function_key(const char *s, char *dst, size_t cap) {
    int64_t n;
    if ((s[0] != 'F' && s[0] != 'f') || !sg_parse_i64(s + 1, 1, 24, &n)) {
        return false;
    }
    return sg_format(dst, cap, "F%d", (int)n);
}

static bool plain_key(const char *s, char *dst, size_t cap) {
    const char *name = special(s);
    if (name != NULL || one_character(s)) {
        return sg_copy(dst, cap, name ? name : s);
    }
    return function_key(s, dst, cap);
}

static const char *after(const char *s, const char *prefix) {
    size_t n = strlen(prefix);
    char head[8] = {0};
    if (strlen(s) <= n || n >= sizeof head) {
        return NULL;
    }
    memcpy(head, s, n);
    return sg_ieq(head, prefix) ? s + n : NULL;
}

bool sg_key_normalise(const char *name, char dst[24]) {
    static const char *const mods[] = {"Ctrl-", "Alt-", "Shift-"};
    char rest[24];
    for (size_t m = 0; m < 3; m++) {
        const char *s = after(name, mods[m]);
        if (s == NULL) {
            continue;
        }
        if (!plain_key(s, rest, sizeof rest)) {
            return false;
        }
        bool letter = rest[1] == '\0' && rest[0] >= 'a' && rest[0] <= 'z';
        if (m == 0 && letter) {
            rest[0] = (char)(rest[0] - 32);     /* a terminal cannot tell Ctrl-p from Ctrl-P */
        }
        return (m != 2 || rest[1] != '\0') && sg_format(dst, 24, "%s%s", mods[m], rest);
    }
    return plain_key(name, dst, 24);
}
