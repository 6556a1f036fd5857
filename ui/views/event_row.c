/* How one event looks: a line of a list, and everything it says. */
#include "ui/views/event_row.h"
#include "base/i18n.h"
#include "base/str.h"
#include "cmd/extract.h"
#include <string.h>

enum { NARROW = 96 };

static enum sg_mark outcome_mark(const char *outcome)
{
    return sg_eq(outcome, "done") ? SG_MARK_OK : sg_eq(outcome, "conflict") ? SG_MARK_NEED : SG_MARK_NO;
}

static const char *outcome_title(const char *outcome)
{
    return sg_eq(outcome, "done") ? _("done") : sg_eq(outcome, "conflict") ? _("conflict") : _("refused");
}

void sg_draw_event_row(const struct sg_canvas *c, const struct sg_event *ev, bool focused, int64_t now, const char *tail)
{
    char when[SG_RFC3339_MAX];
    enum sg_ui_role r = focused ? SG_UI_CURSOR : SG_UI_TEXT;
    bool narrow = c->w < NARROW, done = sg_eq(ev->outcome, "done");     /* narrow: the place in the log stands in the detail, the year goes */
    int tail_w = tail ? 24 : 10, when_x = narrow ? 2 : 10, kind = narrow ? 14 : 27, kind_w = narrow ? 20 : 24, who = kind + kind_w;
    int who_w = c->w >= 100 ? 26 : c->w - tail_w - 1 - who, unit = c->w - tail_w - 1 - who - who_w;
    sg_focus_row(c, 0, focused);
    sg_local_stamp(when, ev->at, now);
    if (!narrow)
        sg_putf(c, 0, 1, 8, r, "%8lld", (long long)ev->index);
    sg_put(c, 0, when_x, kind - when_x - 1, r, narrow && strlen(when) > 5 ? when + 5 : when);
    sg_put(c, 0, kind, kind_w - 1, r, sg_event_title(ev->kind));
    sg_put(c, 0, who, who_w - 1, r, ev->actor_name[0] ? ev->actor_name : ev->actor[0] ? ev->actor : _("erased"));
    if (unit > 6)
        sg_put(c, 0, who + who_w, unit - 1, r, ev->unit_name[0] ? ev->unit_name : ev->unit);
    if (tail)
        sg_put(c, 0, c->w - tail_w, tail_w, focused ? SG_UI_CURSOR : SG_UI_ATTENTION, tail);
    else
        sg_putf(c, 0, c->w - tail_w, tail_w, focused ? SG_UI_CURSOR : done ? SG_UI_TEXT : SG_UI_BLOCKED, "%s %s", sg_mark(outcome_mark(ev->outcome)), outcome_title(ev->outcome));
}

static int fact(const struct sg_canvas *c, int y, const char *label, const char *value)
{
    if (!value[0])
        return y;
    sg_put(c, y, 1, 20, SG_UI_DIM, label);
    struct sg_canvas in = sg_canvas_sub(c, 0, 22, c->h, c->w - 23);
    return y + sg_put_wrapped(&in, y, 0, SG_UI_TEXT, value);
}

/* Day and second in Swedish time, with a blank between them. */
static void full_stamp(char dst[SG_RFC3339_MAX], int64_t at)
{
    sg_local_time(dst, at);
    char *t = strchr(dst, 'T');
    if (t)
        *t = ' ';
}

void sg_proof_text(char *dst, size_t cap, const struct sg_tell *t)
{
    const struct sg_receipt *p = &t->receipt;
    if (t->kind == SG_TELL_FETCHED && p->verified)
        sg_format(dst, cap, _("%s entry %lld of %lld in the log of %s, verified; root %s"), sg_mark(SG_MARK_OK), (long long)p->leaf_index, (long long)p->tree_size, p->log, p->root);
    else if (t->kind == SG_TELL_FETCHED)
        sg_format(dst, cap, _("%s NOT verified: %s"), sg_mark(SG_MARK_NO), t->error.detail);
    else
        sg_format(dst, cap, _("%s not here: %s"), sg_mark(SG_MARK_NEED), _(sg_err_text(t->err)));
}

void sg_draw_event(const struct sg_canvas *c, const struct sg_event *ev, const char *label, const char *more, const char *proof)
{
    char text[400], at[SG_RFC3339_MAX];
    sg_canvas_clear(c, SG_UI_TEXT);
    sg_rule(c, 0, SG_UI_DIM);
    if (!ev)
        return;
    full_stamp(at, ev->at);
    int y = fact(c, 1, _("Proof"), proof);
    sg_format(text, sizeof text, "%s · %s", sg_event_title(ev->kind), outcome_title(ev->outcome));
    y = fact(c, y, _("What"), text);
    sg_format(text, sizeof text, _("%s, event %lld"), at, (long long)ev->index);
    y = fact(c, y, _("In the log"), text);
    if (ev->performed_at > 0 && ev->performed_at != ev->at) {
        full_stamp(at, ev->performed_at);
        sg_format(text, sizeof text, ev->offline ? _("%s, without contact with the service") : "%s", at);
        y = fact(c, y, _("Decided"), text);
    }
    sg_format(text, sizeof text, "%s  %s", ev->actor_name, ev->actor);
    y = fact(c, y, _("Who"), text);
    sg_format(text, sizeof text, "%s  %s", ev->unit_name, ev->unit);
    y = fact(c, y, _("Where"), text);
    y = fact(c, y, _("Purpose"), sg_purpose_text(ev->purpose));
    enum sg_rule rule = sg_rule_named(ev->rule);
    if (rule < SG_RULE_COUNT) {
        struct sg_why w = {.rule = rule};
        sg_why_text(text, sizeof text, &w);
        y = fact(c, y, _("Rule"), text);
    }
    y = fact(c, y, _("Reason"), ev->reason);
    y = fact(c, y, _("Reference"), ev->reference);
    y = fact(c, y, label, more);
    if (ev->log[0]) {
        sg_format(text, sizeof text, _("%s, leaf %lld"), ev->log, (long long)ev->leaf_index);
        y = fact(c, y, _("Log"), text);
    }
    fact(c, y, _("Event id"), ev->id);
}

void sg_risk_text(char *dst, size_t cap, uint32_t risks)
{
    dst[0] = '\0';
    for (int r = 0; r < SG_RISK_COUNT; r++) {
        size_t n = strlen(dst);
        if (risks >> r & 1)
            sg_format(dst + n, cap - n, "%s%s", n ? ", " : "", _(sg_risk_title((enum sg_risk)r)));
    }
}
