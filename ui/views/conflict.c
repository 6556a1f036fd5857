/* A conflict as an object: what was in force when I decided (base), what I want (mine), what is in force now (theirs), by whom.
 * Nothing destructive is the default, nothing is decided by itself. */
#include "ui/views/common.h"
#include "base/i18n.h"
#include "base/str.h"
#include <stdlib.h>
#include <string.h>

struct conflict_view {
    struct sg_view v;
    char id[SG_UUID_MAX]; uint64_t ask, ask_resolve;
    struct sg_qrow row; bool have, gone;
    struct sg_citizen mine; bool have_mine;          /* base with my act laid over it */
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
    sg_form_text(&cv->form, _("Note"), "", SG_TEXT_MAX - 1, _("Why it is left as it is. The note is kept with the act. Enter keeps it."));
    cv->ask = sg_app_ask(v->app, &ask);
}

static void drop(struct conflict_view *cv)
{
    if (cv->have)
        sg_qrow_free(&cv->row);
    if (cv->have_mine)
        sg_citizen_free(&cv->mine);
    cv->have = cv->have_mine = false;
}

static void close_view(struct sg_view *v)
{
    drop(self(v));
    sg_form_free(&self(v)->form);
}

static void title(struct sg_view *v, char *dst, size_t cap)
{
    struct conflict_view *cv = self(v);
    sg_format(dst, cap, _("Conflict  %s"), cv->have && cv->row.has_base ? cv->row.base.name : "");
}

/* State of one restriction in one version, in a word. */
static const char *state_in(const struct sg_citizen *c, bool known, const char *id, struct sg_date today)
{
    const struct sg_restriction *r = known ? sg_citizen_restriction(c, id) : NULL;
    if (!known)
        return _("not known");
    if (!r)
        return _("–");
    if (r->state == SG_RS_ANNULLED)
        return _("annulled");
    return sg_restriction_in_force(r, today) ? _("in force") : _("lifted");
}

static int field_rows(const struct conflict_view *cv, const struct sg_canvas *c, int y, int col, const struct sg_citizen *from, bool known, const struct sg_citizen *skip, bool skip_known)
{
    struct sg_date today = sg_app_today(cv->v.app);
    const struct sg_citizen *now = &cv->row.outcome.current;
    bool has_now = cv->row.has_outcome && cv->row.outcome.has_current;
    for (size_t i = 0; known && i < from->n_restrictions && y < c->h; i++) {
        const struct sg_restriction *r = &from->restriction[i];
        char object[160], label[220];
        if (skip_known && sg_citizen_restriction(skip, r->id))
            continue;
        const char *base = state_in(&cv->row.base, cv->row.has_base, r->id, today);
        const char *mine = state_in(&cv->mine, cv->have_mine, r->id, today), *theirs = state_in(now, has_now, r->id, today);
        bool differs = !sg_eq(base, mine) || !sg_eq(base, theirs);
        sg_restriction_object(object, sizeof object, r, has_now ? now : &cv->row.base, sg_app_policy(cv->v.app));
        sg_format(label, sizeof label, "%s %s · %s", differs ? "!" : " ", sg_restriction_title(r->kind), object);
        sg_put(c, y, 1, c->w - 3 * col - 2, differs ? SG_UI_STRONG : SG_UI_DIM, label);
        sg_put(c, y, c->w - 3 * col, col - 1, SG_UI_DIM, base);
        sg_put(c, y, c->w - 2 * col, col - 1, sg_eq(base, mine) ? SG_UI_DIM : SG_UI_WAITING, mine);
        sg_put(c, y, c->w - col, col - 1, sg_eq(base, theirs) ? SG_UI_DIM : SG_UI_ATTENTION, theirs);
        y++;
    }
    return y;
}

static int who_changed(const struct conflict_view *cv, const struct sg_canvas *c, int y)
{
    const struct sg_outcome *o = &cv->row.outcome;
    char when[SG_RFC3339_MAX] = "", decided[SG_RFC3339_MAX], mine[200];
    if (o->changed_at > 0)
        sg_local_stamp(when, o->changed_at, sg_app_now(cv->v.app));
    sg_local_stamp(decided, cv->row.action.performed_at, sg_app_now(cv->v.app));
    sg_action_summary(mine, sizeof mine, &cv->row.action, cv->row.has_base ? &cv->row.base : NULL, sg_app_policy(cv->v.app));
    sg_putf(c, y++, 1, -1, SG_UI_TEXT, _("You decided %s: %s"), decided, mine);
    sg_putf(c, y++, 1, -1, SG_UI_ATTENTION, _("! %s, %s, changed this citizen %s. Yours was not carried out; nothing was overwritten."), o->changed_by, o->changed_unit, when);
    return y;
}

static void draw(struct sg_view *v, const struct sg_canvas *c)
{
    struct conflict_view *cv = self(v);
    int col = c->w >= 100 ? 18 : 13;
    sg_canvas_clear(c, SG_UI_TEXT);
    if (!cv->have) {
        sg_put(c, 0, 1, -1, SG_UI_DIM, cv->gone ? _("This act is not in the queue of this workstation.") : _("Reading…"));
        return;
    }
    int y = who_changed(cv, c, 0) + 1;
    const struct sg_citizen *now = &cv->row.outcome.current;
    bool has_now = cv->row.has_outcome && cv->row.outcome.has_current;
    sg_heading(c, y, _("Restriction"));
    sg_put(c, y, c->w - 3 * col, col - 1, SG_UI_HEADING, _("You saw"));
    sg_put(c, y, c->w - 2 * col, col - 1, SG_UI_HEADING, _("Mine"));
    sg_put(c, y++, c->w - col, col - 1, SG_UI_HEADING, _("Theirs, now"));
    y = field_rows(cv, c, y, col, now, has_now, NULL, false);
    y = field_rows(cv, c, y, col, &cv->mine, cv->have_mine, now, has_now);
    if (cv->noting) {
        struct sg_canvas body = sg_canvas_sub(c, y + 1, 1, c->h - y - 1, c->w - 2);
        sg_form_draw(&cv->form, &body);
        return;
    }
    struct sg_canvas text = sg_canvas_sub(c, y + 1, 1, c->h - y - 1, c->w - 2);
    int t = sg_put_wrapped(&text, 0, 0, SG_UI_TEXT, _("Accept theirs: it stays as it is now, yours is put away."));
    t += sg_put_wrapped(&text, t, 0, SG_UI_TEXT, _("Redo mine: you see the form of what will happen on the ground of how it is now, and confirm."));
    sg_put_wrapped(&text, t, 0, SG_UI_TEXT, _("Write note: it stays as it is now, and your note is kept. Nothing happens until you choose."));
}

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
    if (!cv->row.outcome.has_current) {
        sg_app_toast(cv->v.app, SG_TOAST_BAD, "%s", _("How it is now is not known yet. Read the citizen again first."));
        return;
    }
    again = cv->row.action;
    SG_COPY(again.observed, cv->row.outcome.current.etag);
    struct sg_view_arg a = {.id = cv->id, .kind = again.kind, .action = &again, .citizen = &cv->row.outcome.current};
    sg_app_push(cv->v.app, &sg_view_confirm, &a);
}

static bool command(struct sg_view *v, int cmd)
{
    struct conflict_view *cv = self(v);
    v->dirty = SG_DIRTY_ALL;
    switch (cmd) {
    case SG_CMD_THEIRS:
        resolve(cv, "theirs");
        return true;
    case SG_CMD_REDO:
        redo(cv);
        return true;
    case SG_CMD_NOTE:
        cv->noting = true;
        return true;
    case SG_CMD_BACK:
        if (!cv->noting)
            return false;
        cv->noting = false;
        return true;
    default:
        return false;
    }
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

/* A copy of what the screen needs; the tell belongs to everybody. */
static void told_row(struct conflict_view *cv, const struct sg_qrow *r)
{
    drop(cv);
    cv->row = *r;
    memset(&cv->row.base, 0, sizeof cv->row.base);
    memset(&cv->row.outcome.current, 0, sizeof cv->row.outcome.current);
    cv->row.outcome.restriction = NULL;
    cv->row.outcome.n_restrictions = 0;
    cv->row.has_base = r->has_base && sg_citizen_copy(&cv->row.base, &r->base) == SG_E_OK;
    cv->row.outcome.has_current = r->has_outcome && r->outcome.has_current && sg_citizen_copy(&cv->row.outcome.current, &r->outcome.current) == SG_E_OK;
    cv->have = true;
    cv->have_mine = cv->row.has_base && sg_app_me(cv->v.app) &&
        sg_overlay(sg_app_policy(cv->v.app), sg_app_me(cv->v.app), &cv->row.base, &cv->row.action, 1, sg_app_today(cv->v.app), &cv->mine) == SG_E_OK;
    cv->v.dirty = SG_DIRTY_ALL;
}

static void tell(struct sg_view *v, const struct sg_tell *t)
{
    struct conflict_view *cv = self(v);
    if (t->kind == SG_TELL_QROW && t->ask == cv->ask && t->row) {
        told_row(cv, t->row);
    } else if (t->kind == SG_TELL_FAILED && t->ask == cv->ask) {
        cv->gone = true;
        v->dirty = SG_DIRTY_ALL;
    } else if (t->ask != 0 && t->ask == cv->ask_resolve && (t->kind == SG_TELL_DONE || t->kind == SG_TELL_ACTION)) {
        cv->ask_resolve = 0;
        sg_app_toast(v->app, SG_TOAST_OK, "%s", _("Your choice is kept."));
        sg_app_pop(v->app);
    } else if (t->ask != 0 && t->ask == cv->ask_resolve && t->kind == SG_TELL_FAILED) {
        char why[400];
        sg_failure_text(why, sizeof why, t);
        sg_app_toast(v->app, SG_TOAST_BAD, "%s", why);
    }
}

static void gate(struct sg_view *v, struct sg_gate *g)
{
    g->conflict_row = g->row = self(v)->have;
}

static const int hints[] = {SG_CMD_THEIRS, SG_CMD_REDO, SG_CMD_NOTE, SG_CMD_BACK, SG_CMD_NONE};

const struct sg_view_ops sg_view_conflict = {
    .name = "conflict", .context = SG_CTX_CONFLICT, .size = sizeof(struct conflict_view), .open = open_view, .close = close_view, .title = title,
    .draw = draw, .command = command, .key = key, .tell = tell, .gate = gate, .hints = hints};
