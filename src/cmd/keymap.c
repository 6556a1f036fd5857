/* Keymaps: INI text whose sections are contexts and whose entries are `key = command`. The shipped ones (keymaps/, made part of
 * the program by the build) and a personal file go through the same parser. Every map starts from the letters in action.def and
 * the default map; "vim" and "function-keys" lie on top. A later binding of the same key wins, `none` takes it away. */
#include <string.h>
#include "base/i18n.h"
#include "base/str.h"
#include "base/utf8.h"
#include "cmd/command.h"
#include "cmd/ini.h"
#include "cmd/suggest.h"

enum { BINDINGS_MAX = sizeof((struct sg_keymap *)0)->b / sizeof(struct sg_binding) };

static size_t find_row(const struct sg_keymap *k, enum sg_context c, const char *key) {
    size_t i = 0;
    while (i < k->n && (k->b[i].context != c || !sg_eq(k->b[i].key, key))) {
        i++;
    }
    return i;
}

static enum sg_err bind(struct sg_keymap *k, enum sg_context c, const char *key, int cmd, struct sg_error *e) {
    size_t i = find_row(k, c, key);
    if (cmd == SG_CMD_NONE) {
        if (i < k->n) {
            memmove(&k->b[i], &k->b[i + 1], (k->n - i - 1) * sizeof k->b[0]);
            k->n--;
        }
        return SG_E_OK;
    }
    if (i == BINDINGS_MAX) {
        return sg_fail(e, SG_E_LIMIT, "", _("more than %d keys"), (int)BINDINGS_MAX);
    }
    k->b[i].context = c;
    k->b[i].cmd = cmd;
    SG_COPY(k->b[i].key, key);
    k->n += i == k->n;
    return SG_E_OK;
}

static enum sg_err parse_context(const char *section, enum sg_context *out, struct sg_error *e) {
    struct sg_suggest near = sg_suggest_start(section);
    for (int c = 0; c < (int)SG_CTX_COUNT; c++) {
        if (sg_eq(section, sg_context_name((enum sg_context)c))) {
            *out = (enum sg_context)c;
            return SG_E_OK;
        }
        sg_suggest_try(&near, sg_context_name((enum sg_context)c));
    }
    char hint[96];
    sg_suggest_text(&near, hint, sizeof hint);
    return sg_fail(e, SG_E_INPUT, section, _("“%s” is not a place where keys can be bound%s"), section, hint);
}

static enum sg_err parse_command(const char *value, int *out, struct sg_error *e) {
    *out = sg_cmd_named(value);
    if (*out != SG_CMD_NONE || sg_eq(value, "none")) {
        return SG_E_OK;
    }
    struct sg_suggest near = sg_suggest_start(value);
    for (int i = 0; i < (int)SG_CMD_TOTAL; i++) {
        sg_suggest_try(&near, sg_cmd_def(i)->name);
    }
    char hint[96];
    sg_suggest_text(&near, hint, sizeof hint);
    return sg_fail(e, SG_E_INPUT, value, _("there is no command “%s”%s"), value, hint);
}

static enum sg_err entry(void *ctx, const char *section, const char *name, const char *value, int line, struct sg_error *e) {
    (void)line;
    enum sg_context c = SG_CTX_GLOBAL;
    int cmd = SG_CMD_NONE;
    char key[24];
    enum sg_err err = parse_context(section, &c, e);
    if (err == SG_E_OK && !sg_key_normalise(name, key)) {
        err = sg_fail(e, SG_E_INPUT, name, _("“%s” is not the name of a key"), name);
    }
    if (err == SG_E_OK) {
        err = parse_command(value, &cmd, e);
    }
    return err == SG_E_OK ? bind(ctx, c, key, cmd, e) : err;
}

void sg_keymap_actions(struct sg_keymap *k) {
    for (int i = 0; i < (int)SG_ACT_COUNT; i++) {
        char key[2] = {sg_action_def((enum sg_action_kind)i)->key, '\0'};
        if (key[0] != '\0') {
            (void)bind(k, SG_CTX_CITIZEN, key, SG_CMD_ACTION(i), NULL);
        }
    }
}

enum sg_err sg_keymap_load(const char *path, struct sg_keymap *into, struct sg_error *e) {
    return sg_ini_file(path, entry, into, e);
}

static const struct sg_keymap_file *shipped(const char *name) {
    const struct sg_keymap_file *f = sg_keymap_files;
    while (f->name != NULL && !sg_eq(f->name, name)) {
        f++;
    }
    return f->name ? f : NULL;
}

static enum sg_err no_such_map(const char *name, struct sg_error *e) {
    struct sg_suggest near = sg_suggest_start(name);
    for (const struct sg_keymap_file *f = sg_keymap_files; f->name != NULL; f++) {
        sg_suggest_try(&near, f->name);
    }
    char hint[96];
    sg_suggest_text(&near, hint, sizeof hint);
    return sg_fail(e, SG_E_INPUT, "keymap", _("there is no keymap “%s”%s"), name, hint);
}

enum sg_err sg_keymap_named(const char *name, struct sg_keymap *out, struct sg_error *e) {
    const struct sg_keymap_file *base = shipped("default"), *own = shipped(name);
    if (own == NULL || base == NULL) {
        return no_such_map(name, e);
    }
    out->n = 0;
    SG_COPY(out->name, name);
    sg_keymap_actions(out);
    enum sg_err err = sg_ini_text(base->text, base->name, entry, out, e);
    if (err == SG_E_OK && own != base) {
        err = sg_ini_text(own->text, own->name, entry, out, e);
    }
    return err;
}

static bool types_text(const char *key) {
    return sg_eq(key, "Space") || sg_eq(key, "Backspace") || sg_eq(key, "Left") || sg_eq(key, "Right") || sg_width(key) == 1;
}

int sg_keymap_find(const struct sg_keymap *k, enum sg_context c, const char *key) {
    bool list = c == SG_CTX_HOME || c == SG_CTX_CITIZEN || c == SG_CTX_QUEUE || c == SG_CTX_CONFLICT || c == SG_CTX_EVENTS;
    bool typing = c == SG_CTX_FORM || c == SG_CTX_DIALOG;
    const enum sg_context order[3] = {c, list ? SG_CTX_LIST : c, typing && types_text(key) ? c : SG_CTX_GLOBAL};
    for (size_t i = 0; i < 3; i++) {
        size_t row = find_row(k, order[i], key);
        if (row < k->n) {
            return k->b[row].cmd;
        }
    }
    return SG_CMD_NONE;
}

const char *sg_keymap_key(const struct sg_keymap *k, int cmd, enum sg_context c) {
    for (size_t i = 0; i < k->n; i++) {
        if (k->b[i].cmd == cmd && sg_keymap_find(k, c, k->b[i].key) == cmd) {
            return k->b[i].key;
        }
    }
    return "";
}
