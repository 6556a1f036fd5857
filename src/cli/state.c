/* What became of an action, in words and as an exit status. The states of the queue are many; a script needs four answers: done,
 * queued (not yet in effect), refused, conflict. */
#include <string.h>
#include "base/i18n.h"
#include "cli/inside.h"

static const char *const texts[SG_Q_COUNT] = {
    [SG_Q_HELD] = N_("held back, NOT YET IN EFFECT"),
    [SG_Q_READY] = N_("waiting to be sent, NOT YET IN EFFECT"),
    [SG_Q_SENDING] = N_("being sent, NOT YET IN EFFECT"),
    [SG_Q_DONE] = N_("done and in effect"),
    [SG_Q_RETRY] = N_("waiting for the service, NOT YET IN EFFECT"),
    [SG_Q_AUTH_WAIT] = N_("waiting for sign-in, NOT YET IN EFFECT"),
    [SG_Q_CONFLICT] = N_("conflict, not carried out: needs you"),
    [SG_Q_REFUSED] = N_("refused, not carried out: needs you"),
    [SG_Q_WITHDRAWN] = N_("withdrawn, not carried out"),
};

const char *sg_state_text(enum sg_qstate s) { return s < SG_Q_COUNT ? _(texts[s]) : ""; }

static const char *outcome_name(enum sg_qstate s) {
    switch (s) {
    case SG_Q_DONE: return "done";
    case SG_Q_CONFLICT: return "conflict";
    case SG_Q_REFUSED: return "refused";
    case SG_Q_WITHDRAWN: return "withdrawn";
    default: return "queued";
    }
}

static bool not_permitted(const struct sg_qrow *row) {
    return row->has_outcome && (row->outcome.problem == SG_PROBLEM_NOT_PERMITTED || row->outcome.problem == SG_PROBLEM_CERTIFICATE ||
                                row->outcome.problem == SG_PROBLEM_NO_STAFF);
}

int sg_row_exit(const struct sg_qrow *row) {
    switch (row->state) {
    case SG_Q_DONE: return 0;
    case SG_Q_CONFLICT: return sg_err_exit(SG_E_CONFLICT);
    case SG_Q_REFUSED: return sg_err_exit(not_permitted(row) ? SG_E_DENIED : SG_E_REFUSED);
    case SG_Q_WITHDRAWN: return sg_err_exit(SG_E_REFUSED);
    case SG_Q_AUTH_WAIT: return sg_err_exit(SG_E_AUTH);
    default: return sg_err_exit(SG_E_QUEUED);
    }
}

void sg_ground_text(char *dst, size_t cap, int64_t age_ms) {
    char how[160];
    sg_format(how, sizeof how, _("decided on what was known %lld hours before, NOT YET IN EFFECT"), (long long)(age_ms / 3600000));
    sg_format(dst, cap, "%s: %s", how, _("read the person again, then confirm it with “sigill queue confirm”"));
}

/* The sentence behind a refusal or conflict; the state's own text else. */
static void row_text(const struct sg_qrow *row, char *dst, size_t cap) {
    const struct sg_outcome *o = &row->outcome;
    bool ended = row->state == SG_Q_REFUSED || row->state == SG_Q_CONFLICT;
    if (row->again && row->fresh_needed) {
        sg_format(dst, cap, "%s: %s", _("was done, but the service came back from an old copy without it, NOT YET IN EFFECT"),
                  _("read the person again, then confirm it with “sigill queue confirm”"));
    } else if (row->again && sg_qstate_waiting(row->state)) {
        sg_copy(dst, cap, _("was done, but the service came back from an old copy without it, NOT YET IN EFFECT: it is sent again"));
    } else if (sg_qrow_ground_age(row) > 0) {
        sg_ground_text(dst, cap, sg_qrow_ground_age(row));
    } else if (row->fresh_needed) {
        sg_format(dst, cap, "%s: %s", _("decided too long ago, NOT YET IN EFFECT"), _("confirm it with “sigill queue confirm”"));
    } else if (row->state == SG_Q_CONFLICT && row->has_outcome && o->changed_by[0] != '\0') {
        sg_format(dst, cap, _("%s changed this citizen in the meantime"), o->changed_by);
    } else if (ended && row->has_outcome && o->why.rule < SG_RULE_COUNT && o->problem != SG_PROBLEM_STALE) {
        sg_why_text(dst, cap, &o->why);
    } else if (ended && row->has_outcome && o->problem < SG_PROBLEM_COUNT) {
        sg_copy(dst, cap, _(sg_problem_said(o->problem)));
    } else {
        sg_copy(dst, cap, sg_state_text(row->state));
    }
}

/* The three grounds of a conflict: what the person saw, what they decided, how it is now. */
static void conflict_json(cJSON *j, const struct sg_qrow *row) {
    if (row->has_base) {
        (void)cJSON_AddItemToObject(j, "base", sg_wire_citizen(&row->base));
    }
    (void)cJSON_AddItemToObject(j, "mine", sg_wire_action(&row->action, true));
    if (row->outcome.has_current) {
        (void)cJSON_AddItemToObject(j, "theirs", sg_wire_citizen(&row->outcome.current));
    }
}

static void receipt_json(cJSON *j, const struct sg_receipt *r) {
    cJSON *o = r->verified ? cJSON_AddObjectToObject(j, "receipt") : NULL;
    if (o != NULL) {
        sg_out_str(o, "log", r->log);
        (void)cJSON_AddNumberToObject(o, "leafIndex", (double)r->leaf_index);
        (void)cJSON_AddNumberToObject(o, "treeSize", (double)r->tree_size);
        sg_out_str(o, "root", r->root);
        (void)cJSON_AddBoolToObject(o, "verified", true);
    }
}

static void row_json(const struct cli *c, const struct sg_qrow *row, const char *text) {
    const struct sg_outcome *o = &row->outcome;
    bool ended = row->has_outcome && (row->state == SG_Q_REFUSED || row->state == SG_Q_CONFLICT);
    cJSON *j = sg_out_new();
    sg_out_str(j, "actionId", row->action.id);
    sg_out_str(j, "kind", sg_action_def(row->action.kind)->name);
    sg_out_str(j, "subject", row->action.subject);
    sg_out_str(j, "outcome", outcome_name(row->state));
    sg_out_str(j, "state", sg_qstate_name(row->state));
    (void)cJSON_AddBoolToObject(j, "inEffect", row->state == SG_Q_DONE);
    if (ended && o->why.rule < SG_RULE_COUNT && o->problem != SG_PROBLEM_STALE) {
        sg_out_str(j, "rule", sg_rule_name(o->why.rule));
    }
    if (ended && o->problem < SG_PROBLEM_COUNT) {
        sg_out_str(j, "problem", sg_problem_def(o->problem)->type);
    }
    sg_out_str(j, "text", text);
    if (row->has_outcome && row->state == SG_Q_DONE) {
        (void)cJSON_AddNumberToObject(j, "eventIndex", (double)o->event_index);
        sg_out_time(j, "recordedAt", o->recorded_at);
        sg_out_str(j, "eventId", o->event_id);
    }
    receipt_json(j, &c->receipt);
    sg_out_str(j, "observed", row->action.observed);
    sg_out_str(j, "changedBy", ended ? o->changed_by : "");
    sg_out_str(j, "changedUnit", ended ? o->changed_unit : "");
    sg_out_time(j, "changedAt", ended ? o->changed_at : 0);
    sg_out_str(j, "successor", row->successor);
    sg_out_str(j, "note", row->note);
    if (row->state == SG_Q_CONFLICT && row->has_outcome) {
        conflict_json(j, row);
    }
    sg_out_line(j);
}

int sg_say_row(struct cli *c, const struct sg_qrow *row) {
    char text[512];
    row_text(row, text, sizeof text);
    if (c->json) {
        row_json(c, row, text);
        return sg_row_exit(row);
    }
    sg_out_text("%s  %s", row->action.id, sg_action_def(row->action.kind)->name);
    sg_out_text("  %s", sg_state_text(row->state));
    if (!sg_eq(text, sg_state_text(row->state))) {
        sg_out_text("  %s", text);
    }
    if (c->receipt.verified) {
        sg_out_text(_("  ✓ proof verified: entry %lld of %lld in the log of %s"), (long long)c->receipt.leaf_index, (long long)c->receipt.tree_size, c->receipt.log);
    }
    return sg_row_exit(row);
}
