/* The gate: whether a command may be done now, and if not, one whole sentence why. Checked in this order: a read-only profile,
 * what must be open or chosen, the role, the connection. The service decides again; the gate only spares a person the detour. */
#include <string.h>
#include "base/buf.h"
#include "base/i18n.h"
#include "base/str.h"
#include "cmd/command.h"

static bool no(char *reason, size_t cap, const char *sentence) {
    sg_copy(reason, cap, sentence);
    return false;
}

/* Commands (not actions) that ask the service for something a role must allow. SG_PERM_COUNT: none. */
static enum sg_perm perm_of(int cmd) {
    switch (cmd) {
    case SG_CMD_FIND: return SG_PERM_CITIZEN_LOOKUP;
    case SG_CMD_LOG: return SG_PERM_LOG_READ;
    case SG_CMD_SAMPLE: return SG_PERM_LOG_REVIEW;
    case SG_CMD_EVENTS: return SG_PERM_EVENTS_READ;
    default: return SG_PERM_COUNT;
    }
}

static bool writes(int cmd) {
    return cmd >= (int)SG_CMD_COUNT || cmd == SG_CMD_LIFT || cmd == SG_CMD_ANNUL || cmd == SG_CMD_REDO || cmd == SG_CMD_RECONFIRM;
}

/* "A, B or C": the roles that have the permission. */
static void role_list(enum sg_perm p, char *dst, size_t cap) {
    struct sg_buf b;
    sg_buf_init(&b, 1024);
    int total = 0, seen = 0;
    for (int r = 0; r < (int)SG_ROLE_COUNT; r++) {
        total += sg_role_scope((enum sg_role)r, p) != SG_SCOPE_NONE;
    }
    for (int r = 0; r < (int)SG_ROLE_COUNT; r++) {
        if (sg_role_scope((enum sg_role)r, p) != SG_SCOPE_NONE) {
            seen++;
            const char *before = seen == 1 ? "" : seen == total ? _(" or ") : ", ";
            (void)sg_buf_addf(&b, "%s%s", before, _(sg_role_title((enum sg_role)r)));
        }
    }
    sg_copy(dst, cap, b.data ? b.data : "");
    sg_buf_free(&b);
}

static bool missing_role(enum sg_perm p, char *reason, size_t cap) {
    char roles[512];
    role_list(p, roles, sizeof roles);
    sg_format(reason, cap, _("Your commission may not %s: that takes the role %s."), _(sg_perm_title(p)), roles);
    return false;
}

static bool why_sentence(const struct sg_why *w, char *reason, size_t cap) {
    char text[320];
    sg_why_text(text, sizeof text, w);
    sg_format(reason, cap, _("Not permitted: %s."), text);
    return false;
}

static bool staff_ok(const struct sg_actor *me, char *reason, size_t cap) {
    if (!me->active) {
        return no(reason, cap, _("Your HSA-id is not active, so nothing may be done with it."));
    }
    if (!me->terms_accepted) {
        return no(reason, cap, _("First accept the terms of use (command “terms.accept”)."));
    }
    return true;
}

static bool role_ok(int cmd, const struct sg_gate *g, char *reason, size_t cap) {
    const struct sg_action_def *a = cmd >= (int)SG_CMD_COUNT ? sg_action_def(sg_cmd_def(cmd)->action) : NULL;
    enum sg_perm p = a != NULL ? (enum sg_perm)a->perm : perm_of(cmd);
    if (a == NULL && p == SG_PERM_COUNT) {
        return true;
    }
    if (g->me == NULL) {
        return a == NULL || no(reason, cap, _("Your roles are not known yet: the service has not been reached."));
    }
    if (a != NULL && a->kind == SG_ACT_TERMS_ACCEPT) {
        return !g->me->terms_accepted || no(reason, cap, _("You have already accepted the terms of use."));
    }
    if (!staff_ok(g->me, reason, cap)) {
        return false;
    }
    struct sg_why why = {0};
    bool may = a != NULL ? sg_actor_may(g->me, a->kind, &why) : sg_actor_scope(g->me, p) != SG_SCOPE_NONE;
    if (may) {
        return true;
    }
    return p < SG_PERM_COUNT ? missing_role(p, reason, cap) : why_sentence(&why, reason, cap);
}

static bool place_ok(const struct sg_cmd_def *d, const struct sg_gate *g, char *reason, size_t cap) {
    switch (d->needs) {
    case SG_NEEDS_CITIZEN: return g->citizen != NULL || no(reason, cap, _("First open a citizen."));
    case SG_NEEDS_ROW: return g->row || no(reason, cap, _("First choose a row in the list."));
    case SG_NEEDS_WAITING_ROW: return g->waiting_row || no(reason, cap, _("First choose an action in the queue that is still waiting."));
    case SG_NEEDS_CONFLICT_ROW: return g->conflict_row || no(reason, cap, _("First choose an action that is in conflict."));
    case SG_NEEDS_EVENT: return g->event || no(reason, cap, _("First choose an event in the log."));
    case SG_NEEDS_NOTHING:
    case SG_NEEDS_ONLINE: break;
    }
    return true;
}

static bool link_ok(const struct sg_cmd_def *d, const struct sg_gate *g, char *reason, size_t cap) {
    bool online = d->needs == SG_NEEDS_ONLINE || (d->action < SG_ACT_COUNT && sg_action_def(d->action)->offline == SG_OFFLINE_ONLINE);
    if (!online || g->link == SG_LINK_ONLINE) {
        return true;
    }
    return no(reason, cap, g->link == SG_LINK_AUTH ? _("The service does not accept your identity, and this cannot wait in the queue.")
                                                   : _("The service cannot be reached, and this cannot wait in the queue."));
}

bool sg_cmd_enabled(int cmd, const struct sg_gate *g, char *reason, size_t cap) {
    const struct sg_cmd_def *d = sg_cmd_def(cmd);
    reason[0] = '\0';
    if (d == NULL) {
        return no(reason, cap, _("There is no such command."));
    }
    if (g->read_only && writes(cmd)) {
        return no(reason, cap, _("This profile is read-only (read_only = yes in the configuration)."));
    }
    if (g->left && (cmd >= (int)SG_CMD_COUNT || cmd == SG_CMD_LIFT || cmd == SG_CMD_ANNUL)) {
        return no(reason, cap, _("This queue was left behind: nothing new is decided in it. Go back to your own first."));
    }
    return place_ok(d, g, reason, cap) && role_ok(cmd, g, reason, cap) && link_ok(d, g, reason, cap);
}
