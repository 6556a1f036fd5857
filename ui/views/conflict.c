/* A conflict as an object: what was in force when I decided (base), what I want (mine), what is in force now (theirs), field by field, by
 * whom and when. A refusal is shown the same way. Nothing destructive is the default, nothing is decided by itself. */
#include "ui/views/common.h"
#include "base/i18n.h"
#include "base/str.h"
#include "model/three_way.h"
#include <string.h>

struct conflict_view {
    struct sg_view v;
    char id[SG_UUID_MAX]; uint64_t ask, ask_resolve, ask_now;
    struct sg_qrow row; bool have, gone;
    struct sg_citizen mine; bool have_mine;          /* base with my act laid over it */
    struct sg_citizen now; bool have_now;            /* theirs: from the answer, or read since */
    struct sg_three_way diff; struct sg_list list;
    bool redo_known, redo_possible; char redo_why[320];
    bool noting; struct sg_form form;                 /* writing a note */
};

static struct conflict_view *self(struct sg_view *v)
{
    return (struct conflict_view *)(void *)v;
}

static void open_view(struct sg_view *v, const struct sg_view_arg *a)
{
    struct conflict_view *cv = self(v);
    struct sg_ask ask = {.kind = SG_ASK_QROW};
    SG_COPY(cv->id, a->id);
    SG_COPY(ask.key, cv->id);
    sg_form_init(&cv->form);
    sg_list_init(&cv->list);
    sg_form_text(&cv->form, _("Note"), "", SG_TEXT_MAX - 1, _("Why it is left as it is. The note is kept with the act. Enter keeps it."));
    cv->ask = sg_app_ask(v->app, &ask);
}

static void drop(struct conflict_view *cv)
{
    if (cv->have)
        sg_qrow_free(&cv->row);
    if (cv->have_mine)
        sg_citizen_free(&cv->mine);
    if (cv->have_now)
        sg_citizen_free(&cv->now);
    sg_three_way_free(&cv->diff);
    cv->have = cv->have_mine = cv->have_now = false;
}

static void close_view(struct sg_view *v)
{
    drop(self(v));
    sg_form_free(&self(v)->form);
}

static bool refused(const struct conflict_view *cv)
{
    return cv->row.state == SG_Q_REFUSED;
}

static void title(struct sg_view *v, char *dst, size_t cap)
{
    struct conflict_view *cv = self(v);
    const char *name = cv->have && cv->row.has_base ? cv->row.base.name : cv->have_now ? cv->now.name : "";
    sg_format(dst, cap, cv->have && refused(cv) ? _("Refused  %s") : _("Conflict  %s"), name);
}

/* ---- what is known ---- */

/* Whether the same deed can be done on the ground of how it is now. */
static void look_ahead(struct conflict_view *cv)
{
    static struct sg_preview p;
    const struct sg_actor *me = sg_app_me(cv->v.app);
    struct sg_effect_ctx x = {.policy = sg_app_policy(cv->v.app), .actor = me, .today = sg_app_today(cv->v.app), .now = sg_app_now(cv->v.app)};
    cv->redo_known = cv->have_now && me && sg_effect_preview(&x, &cv->row.action, &cv->now, &p) == SG_E_OK;
    cv->redo_possible = cv->redo_known && p.verdict == SG_E_OK;
    cv->redo_why[0] = '\0';
    if (cv->redo_known && !cv->redo_possible)
        sg_why_text(cv->redo_why, sizeof cv->redo_why, &p.why);
}

static void compare(struct conflict_view *cv)
{
    struct sg_three_way_in in = {.base = cv->row.has_base ? &cv->row.base : NULL, .mine = cv->have_mine ? &cv->mine : NULL,
                                 .theirs = cv->have_now ? &cv->now : NULL, .policy = sg_app_policy(cv->v.app), .today = sg_app_today(cv->v.app)};
    sg_three_way_free(&cv->diff);
    if (sg_three_way_make(&in, &cv->diff) != SG_E_OK)
        cv->diff.n = 0;
    sg_list_set_count(&cv->list, (long)cv->diff.n);
    sg_list_invalidate(&cv->list);
    look_ahead(cv);
    cv->v.dirty = SG_DIRTY_ALL;
}

/* The answer of a conflict holds the citizen as it is now; a refusal does not, so it is read. */
static void ask_now(struct conflict_view *cv)
{
    struct sg_ask a = {.kind = SG_ASK_CITIZEN, .cached_ok = true};
    SG_COPY(a.key, cv->row.action.subject);
    cv->ask_now = sg_app_ask(cv->v.app, &a);
}

/* A copy of what the screen needs; the tell belongs to everybody. */
static void told_row(struct conflict_view *cv, const struct sg_qrow *r)
{
    drop(cv);
    cv->row = *r;
    memset(&cv->row.base, 0, sizeof cv->row.base);
    memset(&cv->row.outcome.current, 0, sizeof cv->row.outcome.current);
    cv->row.outcome.restriction = NULL;
    cv->row.outcome.n_restrictions = 0;
    cv->row.outcome.has_current = false;
    cv->row.has_base = r->has_base && sg_citizen_copy(&cv->row.base, &r->base) == SG_E_OK;
    cv->have_now = r->has_outcome && r->outcome.has_current && sg_citizen_copy(&cv->now, &r->outcome.current) == SG_E_OK;
    cv->have = true;
    cv->have_mine = cv->row.has_base && sg_app_me(cv->v.app) &&
        sg_overlay(sg_app_policy(cv->v.app), sg_app_me(cv->v.app), &cv->row.base, &cv->row.action, 1, sg_app_today(cv->v.app), &cv->mine) == SG_E_OK;
    if (!cv->have_now && cv->row.action.kind != SG_ACT_TERMS_ACCEPT)
        ask_now(cv);
    compare(cv);
}

static void told_now(struct conflict_view *cv, const struct sg_citizen *c)
{
    if (!cv->have || !c || !sg_eq(c->id, cv->row.action.subject))
        return;
    if (cv->have_now)
        sg_citizen_free(&cv->now);
    cv->have_now = sg_citizen_copy(&cv->now, c) == SG_E_OK;
    compare(cv);
}

/* ---- drawing ---- */

static int col_width(const struct sg_canvas *c)
{
    return c->w >= 100 ? 20 : 15;
}

static void mine_line(const struct conflict_view *cv, const struct sg_canvas *c, int y)
{
    char decided[SG_RFC3339_MAX], what[200];
    const struct sg_actor *me = sg_app_me(cv->v.app);
    sg_local_stamp(decided, cv->row.action.performed_at, sg_app_now(cv->v.app));
    sg_action_summary(what, sizeof what, &cv->row.action, cv->row.has_base ? &cv->row.base : NULL, sg_app_policy(cv->v.app));
    sg_putf(c, y, 1, -1, SG_UI_TEXT, _("Mine: %s, %s, decided %s: %s"), me ? me->name : "", me ? me->commission.unit_name : "", decided, what);
}

static void saw_line(const struct conflict_view *cv, const struct sg_canvas *c, int y)
{
    char when[SG_RFC3339_MAX];
    if (!cv->row.has_base) {
        sg_put(c, y, 1, -1, SG_UI_DIM, _("You saw: nothing; it was decided without having read this citizen."));
        return;
    }
    sg_local_stamp(when, cv->row.base.as_of, sg_app_now(cv->v.app));
    sg_putf(c, y, 1, -1, SG_UI_TEXT, _("You saw: as known %s"), when);
}

static int theirs_lines(const struct conflict_view *cv, const struct sg_canvas *c, int y)
{
    const struct sg_outcome *o = &cv->row.outcome;
    struct sg_canvas in = sg_canvas_sub(c, y, 1, c->h - y, c->w - 2);
    char when[SG_RFC3339_MAX] = "", text[500], why[320];
    if (refused(cv)) {
        sg_why_text(why, sizeof why, &o->why);
        sg_format(text, sizeof text, _("! The service refused: %s. Nothing was changed."), why[0] ? why : _(sg_problem_said(o->problem < SG_PROBLEM_COUNT ? o->problem : SG_PROBLEM_RULE)));
        return y + sg_put_wrapped(&in, 0, 0, SG_UI_ATTENTION, text);
    }
    if (o->changed_at > 0)
        sg_local_stamp(when, o->changed_at, sg_app_now(cv->v.app));
    if (o->changed_by[0])
        sg_format(text, sizeof text, _("! Theirs: %s, %s, changed %s. Yours was not carried out; nothing was overwritten."), o->changed_by, o->changed_unit, when);
    else
        sg_format(text, sizeof text, _("! Theirs: changed %s by the register. Yours was not carried out; nothing was overwritten."), when);
    return y + sg_put_wrapped(&in, 0, 0, SG_UI_ATTENTION, text);
}

static void diff_row(void *ctx, const struct sg_canvas *c, long i, bool focused)
{
    struct conflict_view *cv = ctx;
    const struct sg_diff *d = &cv->diff.row[i];
    int col = col_width(c);
    bool differs = d->mine_differs || d->theirs_differs;
    char label[300];
    enum sg_ui_role plain = focused ? SG_UI_CURSOR : SG_UI_DIM;
    sg_focus_row(c, 0, focused);
    sg_format(label, sizeof label, "%s %s%s", differs ? sg_mark(SG_MARK_NEED) : " ", d->field[0] ? "  " : d->what, d->field);
    sg_put(c, 0, 2, c->w - 3 * col - 3, focused ? SG_UI_CURSOR : differs ? SG_UI_STRONG : SG_UI_DIM, label);
    sg_put(c, 0, c->w - 3 * col, col - 1, plain, d->base);
    sg_put(c, 0, c->w - 2 * col, col - 1, focused ? SG_UI_CURSOR : d->mine_differs ? SG_UI_WAITING : SG_UI_DIM, d->mine);
    sg_put(c, 0, c->w - col, col - 1, focused ? SG_UI_CURSOR : d->theirs_differs ? SG_UI_ATTENTION : SG_UI_DIM, d->theirs);
}

/* The chosen row in full: cells are cut in the table, and who made it stands here. */
static void chosen_line(const struct conflict_view *cv, const struct sg_canvas *c, int y)
{
    char when[SG_RFC3339_MAX] = "";
    const struct sg_diff *d = cv->list.cur >= 0 && (size_t)cv->list.cur < cv->diff.n ? &cv->diff.row[cv->list.cur] : NULL;
    if (!d)
        return;
    if (d->at > 0)
        sg_local_stamp(when, d->at, sg_app_now(cv->v.app));
    if (d->by[0])
        sg_putf(c, y, 1, -1, SG_UI_TEXT, _("%s: %s. By %s, %s, %s"), d->what, d->theirs, d->by, d->by_unit, when);
    else
        sg_putf(c, y, 1, -1, SG_UI_TEXT, "%s%s%s: %s → %s / %s", d->what, d->field[0] ? " · " : "", d->field, d->base, d->mine, d->theirs);
}

enum { FOOT = 5 };
static void choices(const struct conflict_view *cv, const struct sg_canvas *c)
{
    struct sg_canvas in = sg_canvas_sub(c, c->h - FOOT, 1, FOOT, c->w - 2);
    sg_rule(&in, 0, SG_UI_DIM);
    sg_putf(&in, 1, 0, -1, SG_UI_TEXT, _("%s  Accept theirs: it stays as it is now, yours is put away."), sg_app_key(cv->v.app, SG_CMD_THEIRS));
    if (cv->redo_known && !cv->redo_possible)
        sg_putf(&in, 2, 0, -1, SG_UI_DISABLED, _("%s  Redo mine: cannot be done now: %s"), sg_app_key(cv->v.app, SG_CMD_REDO), cv->redo_why);
    else
        sg_putf(&in, 2, 0, -1, SG_UI_TEXT, _("%s  Redo mine: you see what will happen to how it is now, and confirm."), sg_app_key(cv->v.app, SG_CMD_REDO));
    sg_putf(&in, 3, 0, -1, SG_UI_TEXT, _("%s  Write note: it stays as it is now, and your note is kept."), sg_app_key(cv->v.app, SG_CMD_NOTE));
    sg_put(&in, 4, 0, -1, SG_UI_DIM, _("Nothing happens until you choose; Esc leaves it open."));
}

static void draw_table(struct conflict_view *cv, const struct sg_canvas *c, int y, bool all)
{
    int col = col_width(c);
    struct sg_canvas body = sg_canvas_sub(c, y + 1, 0, c->h - y - 2 - FOOT, c->w);
    cv->list.empty = cv->have_now ? _("Nothing else differs; only the version is another.") : _("How it is now is not known yet.");
    if (all) {
        sg_heading(c, y, _("What"));
        sg_put(c, y, c->w - 3 * col, col - 1, SG_UI_HEADING, _("You saw"));
        sg_put(c, y, c->w - 2 * col, col - 1, SG_UI_HEADING, _("Mine"));
        sg_put(c, y, c->w - col, col - 1, SG_UI_HEADING, _("Theirs, now"));
    }
    sg_list_draw(&cv->list, &body, true, diff_row, cv);
    sg_canvas_clear_row(c, c->h - FOOT - 1, SG_UI_TEXT);
    chosen_line(cv, c, c->h - FOOT - 1);
}

static void draw(struct sg_view *v, const struct sg_canvas *c)
{
    struct conflict_view *cv = self(v);
    bool all = v->dirty == SG_DIRTY_ALL;
    if (all)
        sg_canvas_clear(c, SG_UI_TEXT);
    if (!cv->have) {
        sg_put(c, 0, 1, -1, SG_UI_DIM, cv->gone ? _("This act is not in the queue of this workstation.") : _("Reading…"));
        return;
    }
    if (all) {
        mine_line(cv, c, 0);
        saw_line(cv, c, 1);
    }
    int y = theirs_lines(cv, c, 2) + 1;
    draw_table(cv, c, y, all);
    if (cv->noting) {
        struct sg_canvas body = sg_canvas_sub(c, c->h - FOOT, 1, FOOT, c->w - 2);
        sg_form_draw(&cv->form, &body);
    } else if (all) {
        choices(cv, c);
    }
}

/* ---- deciding ---- */

static void resolve(struct conflict_view *cv, const char *how)
{
    struct sg_ask a = {.kind = SG_ASK_RESOLVE};
    SG_COPY(a.key, cv->id);
    SG_COPY(a.text, how);
    if (sg_eq(how, "note"))
        SG_COPY(a.note, cv->form.f[0].text);
    cv->ask_resolve = sg_app_ask(cv->v.app, &a);
}

/* The same deed on the ground of how it is now: through the confirm dialog, like any deed. */
static void redo(struct conflict_view *cv)
{
    static struct sg_action again;
    if (!cv->have_now) {
        sg_app_toast(cv->v.app, SG_TOAST_BAD, "%s", _("How it is now is not known yet. Read the citizen again first."));
        return;
    }
    if (cv->redo_known && !cv->redo_possible) {
        sg_app_toast(cv->v.app, SG_TOAST_BAD, _("Cannot be done: %s"), cv->redo_why);
        return;
    }
    again = cv->row.action;
    SG_COPY(again.observed, cv->now.etag);
    struct sg_view_arg a = {.id = cv->id, .kind = again.kind, .action = &again, .citizen = &cv->now};
    sg_app_push(cv->v.app, &sg_view_confirm, &a);
}

static bool command(struct sg_view *v, int cmd)
{
    struct conflict_view *cv = self(v);
    switch (cmd) {
    case SG_CMD_THEIRS:
        resolve(cv, "theirs");
        break;
    case SG_CMD_REDO:
        redo(cv);
        break;
    case SG_CMD_NOTE:
        cv->noting = true;
        break;
    case SG_CMD_REFRESH:
        ask_now(cv);
        break;
    case SG_CMD_OPEN:
        break;
    case SG_CMD_BACK:
        if (!cv->noting)
            return false;
        cv->noting = false;
        break;
    default:
        return sg_list_command(&cv->list, cmd);
    }
    v->dirty = SG_DIRTY_ALL;
    return true;
}

static bool key(struct sg_view *v, const struct sg_key *k)
{
    struct conflict_view *cv = self(v);
    if (!cv->noting)
        return false;
    if (k->kind == SG_KEY_NAMED && sg_eq(k->name, "Enter")) {
        resolve(cv, "note");
        return true;
    }
    v->dirty = SG_DIRTY_ALL;
    return sg_form_key(&cv->form, k);
}

static void told_end(struct conflict_view *cv, const struct sg_tell *t)
{
    char why[400];
    if (t->kind == SG_TELL_DONE || t->kind == SG_TELL_ACTION) {
        cv->ask_resolve = 0;
        sg_app_toast(cv->v.app, SG_TOAST_OK, "%s", _("Your choice is kept."));
        sg_app_pop(cv->v.app);
    } else if (t->kind == SG_TELL_FAILED) {
        sg_failure_text(why, sizeof why, t);
        sg_app_toast(cv->v.app, SG_TOAST_BAD, "%s", why);
    }
}

static void tell(struct sg_view *v, const struct sg_tell *t)
{
    struct conflict_view *cv = self(v);
    if (t->kind == SG_TELL_QROW && t->ask == cv->ask && t->row)
        told_row(cv, t->row);
    else if (t->kind == SG_TELL_CITIZEN && t->ask != 0 && t->ask == cv->ask_now)
        told_now(cv, t->citizen);
    else if (t->kind == SG_TELL_FAILED && t->ask == cv->ask) {
        cv->gone = true;
        v->dirty = SG_DIRTY_ALL;
    } else if (t->ask != 0 && t->ask == cv->ask_resolve)
        told_end(cv, t);
}

static void gate(struct sg_view *v, struct sg_gate *g)
{
    g->conflict_row = g->row = self(v)->have;
}

static const int hints[] = {SG_CMD_THEIRS, SG_CMD_REDO, SG_CMD_NOTE, SG_CMD_BACK, SG_CMD_NONE};

const struct sg_view_ops sg_view_conflict = {
    .name = "conflict", .context = SG_CTX_CONFLICT, .size = sizeof(struct conflict_view), .open = open_view, .close = close_view, .title = title,
    .draw = draw, .command = command, .key = key, .tell = tell, .gate = gate, .hints = hints};
