/* Shared drawing of the screens. A cell shows a mark and words, never colour alone: ✓ allowed, ✗ shut by an act of staff or of
 * the population register, – shut by a general rule such as age. */
#include "ui/views/common.h"
#include "base/i18n.h"
#include "base/str.h"
#include "base/utf8.h"
#include <string.h>

void sg_access_fold(struct sg_access_table *t, const struct sg_access_row *rows, size_t n)
{
    memset(t, 0, sizeof *t);
    for (size_t i = 0; i < n; i++) {
        if (rows[i].service == SG_SVC_JUMPOUT) {
            t->jump = &rows[i];
            continue;
        }
        size_t k = 0;
        while (k < t->n && !sg_eq((t->row[k].eservices ? t->row[k].eservices : t->row[k].journal)->who, rows[i].who))
            k++;
        if (k == sizeof t->row / sizeof *t->row)
            continue;
        if (k == t->n)
            t->n++;
        if (rows[i].service == SG_SVC_ESERVICES)
            t->row[k].eservices = &rows[i];
        else
            t->row[k].journal = &rows[i];
    }
}

int sg_access_names(const struct sg_access_table *t, int least, int most)
{
    int w = least;
    for (size_t i = 0; i < t->n; i++) {
        const struct sg_access_row *r = t->row[i].eservices ? t->row[i].eservices : t->row[i].journal;
        int n = sg_width(r->name) + 2;
        w = n > w ? n : w;
    }
    return w < most ? w : most;
}

enum sg_mark sg_access_mark(const struct sg_access_row *r)
{
    if (r->allowed)
        return SG_MARK_OK;
    switch (r->why.rule) {
    case SG_RULE_UNDER_AGE: case SG_RULE_OVER_AGE: case SG_RULE_RELATION_ENDED: case SG_RULE_NO_PERSONNUMMER: case SG_RULE_DECEASED:
        return SG_MARK_RULE;
    default:
        return SG_MARK_NO;
    }
}

enum sg_ui_role sg_access_role(const struct sg_access_row *r)
{
    enum sg_mark m = sg_access_mark(r);
    return m == SG_MARK_OK ? SG_UI_OK : m == SG_MARK_NO ? SG_UI_BLOCKED : SG_UI_DIM;
}

void sg_draw_access(const struct sg_canvas *c, int y, int x, int cols, const struct sg_access_row *r, bool focused)
{
    if (!r)
        return;
    char text[320];
    sg_why_text(text, sizeof text, &r->why);
    if (focused)
        sg_putf(c, y, x, cols, SG_UI_CURSOR, "%s %s", sg_mark(sg_access_mark(r)), text);
    else if (cols > 3) {
        sg_put(c, y, x, 2, sg_access_role(r), sg_mark(sg_access_mark(r)));
        sg_put(c, y, x + 2, cols - 2, sg_access_mark(r) == SG_MARK_RULE ? SG_UI_DIM : SG_UI_TEXT, text);
    }
}

void sg_draw_change(const struct sg_canvas *c, int y, int x, int cols, const struct sg_access_row *before, const struct sg_access_row *after)
{
    if (!before || !after || (before->reach == after->reach && before->why.rule == after->why.rule)) {
        sg_draw_access(c, y, x, cols, after ? after : before, false);
        return;
    }
    int used = sg_put(c, y, x, cols, sg_access_role(before), sg_mark(sg_access_mark(before)));
    used += sg_put(c, y, x + used, cols - used, SG_UI_TEXT, " → ");
    sg_draw_access(c, y, x + used, cols - used, after, false);
}

int sg_draw_after(const struct sg_canvas *c, int y, const struct sg_preview *p)
{
    struct sg_access_table b, a;
    sg_access_fold(&b, p->before, p->n_before);
    sg_access_fold(&a, p->after, p->n_after);
    int x = 2 + sg_access_names(&b, sg_width(_("After this")) + 1, 24), col = (c->w - x) / 2;
    sg_heading(c, y, _("After this"));
    sg_put(c, y, x, col - 1, SG_UI_HEADING, _("e-services"));
    sg_put(c, y++, x + col, col, SG_UI_HEADING, _("journal"));
    for (size_t i = 0; i < b.n && i < a.n; i++, y++) {
        sg_put(c, y, 2, x - 3, SG_UI_TEXT, b.row[i].journal->name);
        sg_draw_change(c, y, x, col - 1, b.row[i].eservices, a.row[i].eservices);
        sg_draw_change(c, y, x + col, col, b.row[i].journal, a.row[i].journal);
    }
    return y;
}

const char *sg_relation_title(enum sg_relation_kind k)
{
    return k == SG_REL_GUARDIAN ? _("guardian") : k == SG_REL_REPRESENTATIVE ? _("legal representative") : _("self");
}

bool sg_guardian_blocked(const struct sg_citizen *c, const char *person, struct sg_date today)
{
    for (size_t i = 0; i < c->n_restrictions; i++)
        if (c->restriction[i].kind == SG_R_GUARDIAN_BLOCK && sg_eq(c->restriction[i].person, person) && sg_restriction_in_force(&c->restriction[i], today))
            return true;
    return false;
}

enum sg_action_kind sg_restriction_lift_kind(enum sg_restriction_kind k)
{
    static const enum sg_action_kind lift[SG_R_COUNT] = {
        [SG_R_LOGIN_LOCK] = SG_ACT_LOGIN_UNLOCK, [SG_R_SEAL] = SG_ACT_RECORD_UNSEAL, [SG_R_GUARDIAN_BLOCK] = SG_ACT_GUARDIAN_UNBLOCK, [SG_R_MINOR_GRANT] = SG_ACT_MINOR_WITHDRAW};
    return k < SG_R_COUNT ? lift[k] : SG_ACT_COUNT;
}

const struct sg_view_ops *sg_qstate_view(enum sg_qstate s)
{
    return s == SG_Q_CONFLICT || s == SG_Q_REFUSED ? &sg_view_conflict : &sg_view_qrow;
}

bool sg_counts_differ(const struct sg_qcounts *a, const struct sg_qcounts *b)
{
    return a->waiting != b->waiting || a->need_you != b->need_you || a->done != b->done || a->withdrawn != b->withdrawn;
}

const char *sg_qstate_title(enum sg_qstate s)
{
    static const char *const title[SG_Q_COUNT] = {
        [SG_Q_HELD] = N_("held"), [SG_Q_READY] = N_("waiting"), [SG_Q_SENDING] = N_("sending"), [SG_Q_DONE] = N_("done"), [SG_Q_RETRY] = N_("waiting"),
        [SG_Q_AUTH_WAIT] = N_("waits for sign-in"), [SG_Q_CONFLICT] = N_("conflict"), [SG_Q_REFUSED] = N_("refused"), [SG_Q_WITHDRAWN] = N_("withdrawn")};
    return s < SG_Q_COUNT ? _(title[s]) : "";
}

enum sg_mark sg_qstate_mark(enum sg_qstate s)
{
    if (s == SG_Q_DONE)
        return SG_MARK_OK;
    if (s == SG_Q_CONFLICT)
        return SG_MARK_NEED;
    if (s == SG_Q_REFUSED)
        return SG_MARK_NO;
    return s == SG_Q_WITHDRAWN ? SG_MARK_RULE : SG_MARK_WAIT;
}

enum sg_ui_role sg_qstate_role(enum sg_qstate s)
{
    if (s == SG_Q_DONE)
        return SG_UI_OK;
    if (s == SG_Q_CONFLICT || s == SG_Q_REFUSED)
        return SG_UI_ATTENTION;
    return s == SG_Q_WITHDRAWN ? SG_UI_DIM : SG_UI_WAITING;
}

void sg_end_restriction(struct sg_app *app, const struct sg_citizen *c, const struct sg_restriction *r, bool annul)
{
    char reason[320];
    struct sg_gate g;
    enum sg_action_kind k = annul ? SG_ACT_RESTRICTION_ANNUL : sg_restriction_lift_kind(r->kind);
    struct sg_view_arg a = {.id = c->id, .citizen = c, .text = r->id, .kind = k};
    sg_app_gate(app, &g);
    if (!sg_cmd_enabled(SG_CMD_ACTION(k), &g, reason, sizeof reason))
        sg_app_toast(app, SG_TOAST_BAD, "%s: %s", _(sg_action_def(k)->title), reason);
    else if (r->state != SG_RS_ACTIVE)
        sg_app_toast(app, SG_TOAST_BAD, "%s: %s", _(sg_action_def(k)->title), _("it is no longer in force"));
    else
        sg_app_push(app, &sg_view_form, &a);
}

const char *sg_field_fault(enum sg_field_type type, const char *value)
{
    if (!value[0])
        return _("must be filled in");
    switch (type) {
    case SG_FT_DATE: return _("must be a date, like 2026-12-24");
    case SG_FT_TIME: return _("must be a day and a time, like 2026-12-24 09:30");
    case SG_FT_UNIT: case SG_FT_PROVIDER: case SG_FT_STAFF: return _("must be an HSA-id, like SE2321000016-1003");
    default: return _("not valid");
    }
}

bool sg_form_keeps(struct sg_app *app, const struct sg_form *f, bool *warned)
{
    if (*warned)
        sg_app_hush(app);
    if (!f->touched || *warned)
        return false;
    *warned = true;
    sg_app_toast(app, SG_TOAST_WAIT, _("What you filled in is not kept. %s once more leaves it."), sg_app_key(app, SG_CMD_BACK));
    return true;
}

const char *sg_choice_title(const char *value)
{
    static const struct { const char *value, *title; } all[] = {
        {"citizen", N_("the citizen")}, {"care", N_("the care provider")}, {"inera", "Inera"}, {"account", N_("the whole account")},
        {"provider", N_("one care provider")}, {"unit", N_("one care unit")}, {"period", N_("a period")}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (sg_eq(all[i].value, value))
            return _(all[i].title);
    return value;
}

void sg_age_text(char *dst, size_t cap, struct sg_date birth, struct sg_date today)
{
    int years = sg_age(birth, today);
    if (years < 0)
        sg_copy(dst, cap, _("age not known"));
    else
        sg_format(dst, cap, ngettext("%d year", "%d years", (unsigned long)years), years);
}

void sg_failure_text(char *dst, size_t cap, const struct sg_tell *t)
{
    if (t->problem.status != 0 && t->problem.why.rule < SG_RULE_COUNT && t->problem.why.rule != SG_RULE_OWN) {
        char why[320];
        sg_why_text(why, sizeof why, &t->problem.why);
        if (t->err == SG_E_NOTFOUND)                    /* the rule says it all, and more would tell one case from the other */
            sg_copy(dst, cap, why);
        else
            sg_format(dst, cap, "%s: %s", _(sg_err_text(t->err)), why);
    } else if (t->problem.status != 0 && t->problem.problem < SG_PROBLEM_COUNT) {
        sg_format(dst, cap, "%s: %s", _(sg_err_text(t->err)), _(sg_problem_def(t->problem.problem)->title));
    } else if (sg_eq(t->error.where, "paper")) {
        sg_copy(dst, cap, t->err == SG_E_STATE ? _("This form has been keyed in already; the queue shows what became of it.")
                                               : _("This form was not printed at this workstation: type the whole id that stands on it."));
    } else if (sg_eq(t->error.where, "reads")) {
        sg_copy(dst, cap, _("That you read this could not be noted on this computer, so it is not shown: the event log must know it."));
    } else {
        sg_copy(dst, cap, _(sg_err_text(t->err)));
    }
}

void sg_freshness_text(char *dst, size_t cap, bool from_cache, int64_t as_of, int64_t now)
{
    char when[SG_RFC3339_MAX] = "";
    if (as_of > 0)
        sg_local_stamp(when, as_of, now);
    if (from_cache)
        sg_format(dst, cap, _("%s kept copy, as known %s"), sg_mark(SG_MARK_STALE), when);
    else
        sg_format(dst, cap, _("read %s"), when);
}

enum { PACE_MS = 250, LOST_MS = 10000 };                 /* an answer that late is not waited for */

bool sg_pace_now(struct sg_view *v, struct sg_pace *p)
{
    int64_t now = sg_app_mono(v->app), from = p->asked_at + (p->awaited ? LOST_MS : PACE_MS);
    p->put_off = p->asked_at != 0 && now < from;
    v->due = p->put_off ? from : 0;
    if (p->put_off)
        return false;
    p->asked_at = now;
    p->awaited = true;
    return true;
}

void sg_pace_answered(struct sg_view *v, struct sg_pace *p)
{
    p->awaited = false;
    if (p->put_off)
        v->due = p->asked_at + PACE_MS;
}
