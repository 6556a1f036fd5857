/* The list of commands: the rows of command.def, followed by one row per kind of action. Both come from tables; here they are
 * only put side by side so that palette, keymaps and gate see one list. */
#include "cmd/command.h"
#include "base/str.h"

#define SG_COMMAND(id, name, ctx, needs, title, help) {SG_CMD_##id, name, SG_CTX_##ctx, SG_NEEDS_##needs, SG_ACT_COUNT, title, help},
static const struct sg_cmd_def plain[] = {
#include "cmd/command.def"
};

static const char *const contexts[SG_CTX_COUNT] = {
    [SG_CTX_GLOBAL] = "global", [SG_CTX_HOME] = "home", [SG_CTX_CITIZEN] = "citizen", [SG_CTX_QUEUE] = "queue",
    [SG_CTX_CONFLICT] = "conflict", [SG_CTX_EVENTS] = "events", [SG_CTX_LIST] = "list", [SG_CTX_FORM] = "form", [SG_CTX_DIALOG] = "dialog",
};

/* Filled on first use with the same values whoever does it; the screen thread and the command line are the only callers. */
static struct sg_cmd_def act[SG_ACT_COUNT];

static const struct sg_cmd_def *action_row(enum sg_action_kind k) {
    struct sg_cmd_def *d = &act[k];
    if (d->name == NULL) {
        const struct sg_action_def *a = sg_action_def(k);
        bool citizen = sg_action_about_citizen(k), row = k == SG_ACT_LOG_REVIEW;
        *d = (struct sg_cmd_def){SG_CMD_ACTION(k), a->name, citizen ? SG_CTX_CITIZEN : row ? SG_CTX_EVENTS : SG_CTX_GLOBAL,
                                 citizen ? SG_NEEDS_CITIZEN : row ? SG_NEEDS_EVENT : SG_NEEDS_NOTHING, k, a->title, a->help};
    }
    return d;
}

const struct sg_cmd_def *sg_cmd_def(int cmd) {
    if (cmd < 0 || cmd >= (int)SG_CMD_TOTAL) {
        return NULL;
    }
    return cmd < (int)SG_CMD_COUNT ? &plain[cmd] : action_row((enum sg_action_kind)(cmd - (int)SG_CMD_COUNT));
}

int sg_cmd_named(const char *name) {
    for (int i = 0; i < (int)SG_CMD_TOTAL; i++) {
        if (sg_eq(sg_cmd_def(i)->name, name)) {
            return i;
        }
    }
    return SG_CMD_NONE;
}

const char *sg_context_name(enum sg_context c) { return c < SG_CTX_COUNT ? contexts[c] : ""; }
