/* Taking back: what is not sent yet is withdrawn; for what is done the deed that takes it back is proposed in its ordinary form, on the
 * ground of how the citizen is now. Nothing is undone behind anybody's back: a deed and its inverse both stand in the history. */
#include "ui/views/common.h"
#include "base/i18n.h"
#include "base/str.h"
#include <string.h>

enum stage { READING, WITHDRAW, WITHDRAWING, WITHDRAWN, READING_CITIZEN, INVERSE, NEVER };
struct undo_view {
    struct sg_view v;
    char id[SG_UUID_MAX];
    uint64_t ask_row, ask_citizen, ask_withdraw;
    enum stage stage;
    struct sg_action inverse;
    struct sg_citizen citizen; bool have;
    char what[200], text[400];
};

static struct undo_view *self(struct sg_view *v)
{
    return (struct undo_view *)(void *)v;
}

static void open_view(struct sg_view *v, const struct sg_view_arg *a)
{
    struct undo_view *u = self(v);
    struct sg_ask ask = {.kind = SG_ASK_QROW};
    SG_COPY(u->id, a->id);
    SG_COPY(ask.key, u->id);
    u->ask_row = sg_app_ask(v->app, &ask);
}

static void close_view(struct sg_view *v)
{
    if (self(v)->have)
        sg_citizen_free(&self(v)->citizen);
}

static void title(struct sg_view *v, char *dst, size_t cap)
{
    (void)v;
    sg_copy(dst, cap, _("Take back"));
}

static void size(struct sg_view *v, int *h, int *w)
{
    (void)v;
    *h = 8;
    *w = 76;
}

static void draw(struct sg_view *v, const struct sg_canvas *c)
{
    struct undo_view *u = self(v);
    struct sg_canvas in = sg_canvas_sub(c, 0, 1, c->h, c->w - 2);
    const char *button = u->stage == WITHDRAW ? _("[ Withdraw  F9 ]") : u->stage == INVERSE ? _("[ Open the form  F9 ]") : NULL;
    sg_canvas_clear(c, SG_UI_DIALOG);
    int y = sg_put_wrapped(&in, 0, 0, SG_UI_STRONG, u->what) + 1;
    sg_put_wrapped(&in, y, 0, u->stage == NEVER ? SG_UI_ATTENTION : SG_UI_TEXT, u->text[0] ? u->text : _("Reading…"));
    int x = c->w - 2 - (button ? sg_put_right(c, c->h - 1, c->w - 1, 30, SG_UI_BUTTON, button) : 0);
    sg_put_right(c, c->h - 1, x - 1, 20, SG_UI_BUTTON_ON, button ? _("[ Leave it ]") : _("[ Close  Enter ]"));
}

static void say(struct undo_view *u, enum stage stage, const char *text)
{
    u->stage = stage;
    SG_COPY(u->text, text);
    u->v.dirty = SG_DIRTY_ALL;
}

static void propose(struct undo_view *u, const struct sg_qrow *r)
{
    struct sg_ask a = {.kind = SG_ASK_CITIZEN, .cached_ok = sg_app_status(u->v.app)->link != SG_LINK_ONLINE};
    if (!r->has_outcome || !sg_action_inverse(&r->action, r->outcome.restriction, r->outcome.n_restrictions, &u->inverse)) {
        say(u, NEVER, _("It is done and has no single deed that takes it back. Open the citizen and lift what is to be lifted, one by one."));
        return;
    }
    SG_COPY(a.key, r->action.subject);
    u->ask_citizen = sg_app_ask(u->v.app, &a);
    u->stage = READING_CITIZEN;
}

static void told_row(struct undo_view *u, const struct sg_qrow *r)
{
    if (u->stage != READING && u->stage != WITHDRAWING)
        return;
    sg_action_summary(u->what, sizeof u->what, &r->action, r->has_base ? &r->base : NULL, sg_app_policy(u->v.app));
    if (r->state == SG_Q_DONE)
        propose(u, r);
    else if (r->state == SG_Q_WITHDRAWN)
        say(u, WITHDRAWN, _("It is withdrawn and is not sent. Nothing was changed."));
    else if (u->stage == WITHDRAWING)
        return;
    else if (sg_qstate_waiting(r->state))
        say(u, WITHDRAW, _("It is NOT YET IN EFFECT. Withdrawn, it is never sent; it stays in the list as withdrawn."));
    else
        say(u, NEVER, _("It was not carried out, so there is nothing to take back. It waits for your decision."));
}

/* A restriction that is to be lifted must still be in force; otherwise the form would propose another one. */
static bool still_there(const struct undo_view *u)
{
    const struct sg_field_def *f = sg_action_def(u->inverse.kind)->fields;
    if (f->type != SG_FT_RESTRICTION)
        return true;
    const struct sg_restriction *r = sg_citizen_restriction(&u->citizen, u->inverse.part[0].value[0]);
    return r && sg_restriction_in_force(r, sg_app_today(u->v.app));
}

static void told_citizen(struct undo_view *u, const struct sg_citizen *c)
{
    char what[200], text[400];
    if (u->stage != READING_CITIZEN || !c || sg_citizen_copy(&u->citizen, c) != SG_E_OK)
        return;
    u->have = true;
    if (!still_there(u)) {
        say(u, NEVER, _("Somebody has already taken it back: the entry is no longer in force."));
        return;
    }
    sg_action_summary(what, sizeof what, &u->inverse, c, sg_app_policy(u->v.app));
    sg_format(text, sizeof text, _("It is done and in effect. What takes it back is: %s. The form opens filled in; nothing happens until you carry it out there."), what);
    say(u, INVERSE, text);
}

static void told_end(struct undo_view *u, const struct sg_tell *t)
{
    char why[400];
    sg_failure_text(why, sizeof why, t);
    if (t->error.detail[0] && t->err == SG_E_STATE)
        say(u, NEVER, _("It could not be withdrawn: it is being sent, or has been sent and the answer is not known yet."));
    else
        say(u, NEVER, why);
}

static void tell(struct sg_view *v, const struct sg_tell *t)
{
    struct undo_view *u = self(v);
    bool mine = t->ask != 0 && (t->ask == u->ask_row || t->ask == u->ask_citizen || t->ask == u->ask_withdraw);
    if ((t->kind == SG_TELL_QROW || t->kind == SG_TELL_ACTION) && t->row && sg_eq(t->row->action.id, u->id))
        told_row(u, t->row);
    else if (t->kind == SG_TELL_CITIZEN && mine)
        told_citizen(u, t->citizen);
    else if (t->kind == SG_TELL_FAILED && mine)
        told_end(u, t);
}

static bool withdraw(struct undo_view *u)
{
    struct sg_ask a = {.kind = SG_ASK_WITHDRAW};
    SG_COPY(a.key, u->id);
    u->stage = WITHDRAWING;
    u->ask_withdraw = sg_app_ask(u->v.app, &a);
    return true;
}

/* A closed view stays in memory until the turn is over, so the form may copy from it. */
static bool open_form(struct undo_view *u)
{
    struct sg_view_arg a = {.id = u->citizen.id, .kind = u->inverse.kind, .action = &u->inverse, .citizen = &u->citizen};
    sg_app_replace(u->v.app, &sg_view_form, &a);
    return true;
}

static bool command(struct sg_view *v, int cmd)
{
    struct undo_view *u = self(v);
    v->dirty = SG_DIRTY_ALL;
    if (cmd == SG_CMD_SAVE && u->stage == WITHDRAW)
        return withdraw(u);
    if (cmd == SG_CMD_SAVE && u->stage == INVERSE)
        return open_form(u);
    return cmd == SG_CMD_SAVE || cmd == SG_CMD_UNDO;
}

static bool key(struct sg_view *v, const struct sg_key *k)
{
    if (k->kind != SG_KEY_NAMED || !sg_eq(k->name, "Enter"))
        return false;
    sg_app_pop(v->app);
    return true;
}

static const int hints[] = {SG_CMD_SAVE, SG_CMD_BACK, SG_CMD_NONE};

const struct sg_view_ops sg_view_undo = {
    .name = "undo", .context = SG_CTX_DIALOG, .dialog = true, .size = sizeof(struct undo_view), .open = open_view, .close = close_view, .title = title,
    .dialog_size = size, .draw = draw, .command = command, .key = key, .tell = tell, .hints = hints};
