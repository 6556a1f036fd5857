/* Commands and the gate: one place decides what may be done now, for key, palette, mouse, command line and batch. */
#pragma once
#include "sync/engine.h"

enum sg_cmd {
#define SG_COMMAND(id, ...) SG_CMD_##id,
#include "cmd/command.def"
    SG_CMD_COUNT               /* from here on: one command per action kind, SG_CMD_COUNT + kind */
};
#define SG_CMD_ACTION(kind) ((int)SG_CMD_COUNT + (int)(kind))
enum { SG_CMD_TOTAL = SG_CMD_COUNT + SG_ACT_COUNT, SG_CMD_NONE = -1 };
enum sg_context { SG_CTX_GLOBAL, SG_CTX_HOME, SG_CTX_CITIZEN, SG_CTX_QUEUE, SG_CTX_CONFLICT, SG_CTX_EVENTS, SG_CTX_LIST, SG_CTX_FORM, SG_CTX_DIALOG, SG_CTX_COUNT };
enum sg_needs { SG_NEEDS_NOTHING, SG_NEEDS_ONLINE, SG_NEEDS_CITIZEN, SG_NEEDS_ROW, SG_NEEDS_WAITING_ROW, SG_NEEDS_CONFLICT_ROW,
                SG_NEEDS_EVENT };
struct sg_cmd_def { int cmd; const char *name; enum sg_context context; enum sg_needs needs; enum sg_action_kind action; /* SG_ACT_COUNT: none */ const char *title, *help; };
const struct sg_cmd_def *sg_cmd_def(int cmd);
int sg_cmd_named(const char *name);                     /* SG_CMD_NONE when unknown */
const char *sg_context_name(enum sg_context c);

/* What the gate looks at. Pointers are borrowed and may be NULL. */
struct sg_gate {
    const struct sg_actor *me; enum sg_link link; bool read_only, left;      /* left: a queue that was left behind is open */
    const struct sg_citizen *citizen; bool row, waiting_row, conflict_row, event;
};
/* True: may be done now. False: reason holds one translated sentence why not (never empty). */
bool sg_cmd_enabled(int cmd, const struct sg_gate *g, char *reason, size_t cap);

/* Keymaps: data files, one parser for shipped and personal ones. A key is a name: "a", "Ctrl-P", "F9", "Enter", "Esc", "Up",
 * "PageDown", "Space", "Tab", "Shift-Tab", "Alt-x". Sections are context names; unknown command or key = error with line and suggestion. */
struct sg_binding { enum sg_context context; char key[24]; int cmd; };
struct sg_keymap { char name[32]; size_t n; struct sg_binding b[256]; };
SG_MUST enum sg_err sg_keymap_load(const char *path, struct sg_keymap *into, struct sg_error *e);      /* adds, later ones win; `key = none` unbinds */
SG_MUST enum sg_err sg_keymap_named(const char *name, struct sg_keymap *out, struct sg_error *e);      /* "default" "vim" "function-keys", built in from keymaps/ */
/* Where a key is looked for: this context; then LIST for home, citizen, queue, conflict and events, which are lists as well; then
 * GLOBAL, but from a form or a dialog only for keys that cannot be typed as text. SG_CMD_NONE when nothing is bound. */
int sg_keymap_find(const struct sg_keymap *k, enum sg_context c, const char *key);
/* The one spelling of a key name: "ctrl-p" -> "Ctrl-P", "colon" -> ":", "pgdn" -> "PageDown". False when it is no key. */
bool sg_key_normalise(const char *name, char dst[24]);
/* Letters of action.def in the citizen view, before any file. */
void sg_keymap_actions(struct sg_keymap *k);
struct sg_keymap_file { const char *name, *text; };
extern const struct sg_keymap_file sg_keymap_files[];   /* keymaps/ as made part of the program; ends with name NULL */
const char *sg_keymap_key(const struct sg_keymap *k, int cmd, enum sg_context c);                      /* the key shown for a command; "" when none */
