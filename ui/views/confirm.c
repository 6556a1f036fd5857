/* The last look before a deed: who, what, before → after, what stays open, warnings. Starts on Cancel; the deed is done by F9 or by
 * choosing its button, never by the key that opened the dialog; the dangerous ones ask for the last four digits. Afterwards it says
 * what really happened: done with its event, or queued and NOT YET IN EFFECT. */
#include "ui/views/common.h"
#include "base/i18n.h"
#include "base/str.h"
#include <stdlib.h>
#include <string.h>

struct confirm_view {
    struct sg_view v;
    struct sg_action action;
    struct sg_citizen citizen; bool have;
    struct sg_preview preview; bool previewed;
    char paper[SG_UUID_MAX];                 /* number of the paper form, else "" */
    char redo_of[SG_UUID_MAX];               /* a conflict decided again: its id, else "" */
    bool on_accept;                          /* which button is chosen */
    char typed[8];
    enum { ASKING, SENDING, ENDED } stage;
    bool durable;                            /* it is on disk: the form below may go */
    uint64_t ask;
    enum sg_qstate state; bool known; int64_t event; struct sg_receipt receipt; char text[400]; char action_id[SG_UUID_MAX];
};

static struct confirm_view *self(struct sg_view *v)
{
    return (struct confirm_view *)(void *)v;
}

static void look_ahead(struct confirm_view *cv)
{
    const struct sg_actor *me = sg_app_me(cv->v.app);
    struct sg_effect_ctx x = {.policy = sg_app_policy(cv->v.app), .actor = me, .today = sg_app_today(cv->v.app), .now = sg_app_now(cv->v.app)};
    cv->previewed = cv->have && me && sg_effect_preview(&x, &cv->action, &cv->citizen, &cv->preview) == SG_E_OK;
}

static void open_view(struct sg_view *v, const struct sg_view_arg *a)
{
    struct confirm_view *cv = self(v);
    cv->action = *a->action;
    sg_copy(cv->redo_of, sizeof cv->redo_of, a->id);
    sg_copy(cv->paper, sizeof cv->paper, a->text);
    cv->have = a->citizen && sg_citizen_copy(&cv->citizen, a->citizen) == SG_E_OK;
    look_ahead(cv);
}

static void close_view(struct sg_view *v)
{
    struct confirm_view *cv = self(v);
    if (cv->have)
        sg_citizen_free(&cv->citizen);
}

static void title(struct sg_view *v, char *dst, size_t cap)
{
    struct confirm_view *cv = self(v);
    sg_format(dst, cap, "%s  %s", _(sg_action_def(cv->action.kind)->title), cv->have ? cv->citizen.name : "");
}

/* As high as what it says; a long warning may wrap to two rows. */
static void size(struct sg_view *v, int *h, int *w)
{
    struct confirm_view *cv = self(v);
    int persons = cv->previewed ? (int)cv->preview.n_after / 2 + 2 : 3, remarks = cv->previewed ? (int)(2 * cv->preview.n_not_covered + 2 * cv->preview.n_warnings) : 0;
    *h = (int)cv->action.n_parts + (cv->stage == ASKING ? persons + remarks + 6 : 8);
    *w = 90;
}

static bool needs_digits(const struct confirm_view *cv)
{
    return sg_action_def(cv->action.kind)->danger == SG_DANGER_TYPE_ID && cv->have && cv->citizen.pid.normalised[0];
}

static bool digits_right(const struct confirm_view *cv)
{
    return !needs_digits(cv) || sg_eq(cv->typed, cv->citizen.pid.normalised + 8);
}

/* A rule stands against it, as far as is known from a fresh reading. */
static bool stands_against(const struct confirm_view *cv)
{
    return cv->previewed && cv->preview.verdict != SG_E_OK && sg_app_status(cv->v.app)->link == SG_LINK_ONLINE;
}

static int parts(const struct confirm_view *cv, const struct sg_canvas *c, int y)
{
    char line[200];
    struct sg_action one;
    for (size_t i = 0; i < cv->action.n_parts; i++) {
        one = cv->action;
        one.kind = cv->action.part[i].kind;
        one.n_parts = 1;
        one.part[0] = cv->action.part[i];
        sg_action_summary(line, sizeof line, &one, cv->have ? &cv->citizen : NULL, sg_app_policy(cv->v.app));
        sg_putf(c, y++, 1, -1, SG_UI_STRONG, "• %s", line);
    }
    return y;
}

static int remarks(const struct confirm_view *cv, const struct sg_canvas *c, int y)
{
    char text[400];
    struct sg_canvas in = sg_canvas_sub(c, 0, 1, c->h, c->w - 2);
    for (size_t i = 0; i < cv->preview.n_not_covered; i++)
        if (cv->preview.not_covered[i][0]) {
            sg_format(text, sizeof text, _("Not stopped: %s"), _(cv->preview.not_covered[i]));
            y += sg_put_wrapped(&in, y, 0, SG_UI_TEXT, text);
        }
    for (size_t i = 0; i < cv->preview.n_warnings; i++) {
        char why[320];
        sg_why_text(why, sizeof why, &cv->preview.warning[i]);
        sg_format(text, sizeof text, "! %s", why);
        y += sg_put_wrapped(&in, y, 0, SG_UI_ATTENTION, text);
    }
    if (cv->preview.verdict != SG_E_OK) {
        char why[320];
        sg_why_text(why, sizeof why, &cv->preview.why);
        sg_format(text, sizeof text, _("Cannot be done: %s"), why);
        y += sg_put_wrapped(&in, y, 0, SG_UI_ERROR, text);
    }
    if (sg_app_status(cv->v.app)->link != SG_LINK_ONLINE)
        y += sg_put_wrapped(&in, y, 0, SG_UI_WAITING, _("The service cannot be reached. This will be queued and is NOT YET IN EFFECT until it has been sent."));
    return y;
}

static void buttons(struct confirm_view *cv, const struct sg_canvas *c)
{
    int y = c->h - 1;
    const char *go = sg_app_status(cv->v.app)->link == SG_LINK_ONLINE ? _("[ Carry out  F9 ]") : _("[ Queue  F9 ]");
    enum sg_ui_role r = stands_against(cv) || !digits_right(cv) ? SG_UI_DISABLED : cv->on_accept ? SG_UI_BUTTON_ON : SG_UI_BUTTON;
    if (needs_digits(cv)) {
        int x = 1 + sg_put(c, y, 1, c->w - 30, SG_UI_TEXT, _("Last four digits of the number:"));
        sg_putf(c, y, x + 1, 6, SG_UI_FIELD_ON, "%-4s", cv->typed);
        if (!cv->on_accept)
            sg_cursor_at(c, y, x + 1 + (int)strlen(cv->typed));
    }
    int x = c->w - 2 - sg_put_right(c, y, c->w - 1, 24, r, go);
    sg_put_right(c, y, x - 1, 16, cv->on_accept ? SG_UI_BUTTON : SG_UI_BUTTON_ON, _("[ Cancel ]"));
}

static void draw_result(struct confirm_view *cv, const struct sg_canvas *c)
{
    struct sg_canvas in = sg_canvas_sub(c, 1, 2, c->h - 2, c->w - 4);
    int y = parts(cv, &in, 0) + 1;
    if (!cv->known && cv->stage == SENDING) {
        sg_put(&in, y, 1, -1, SG_UI_DIM, _("Writing it down…"));
    } else if (cv->known && cv->state == SG_Q_DONE) {
        sg_putf(&in, y, 1, -1, SG_UI_OK, _("%s Done. It is in effect. Event %lld."), sg_mark(SG_MARK_OK), (long long)cv->event);
        if (cv->receipt.verified)
            sg_putf(&in, y + 1, 1, -1, SG_UI_OK, _("%s Proof verified: entry %lld of %lld in the event log."), sg_mark(SG_MARK_OK), (long long)cv->receipt.leaf_index,
                    (long long)cv->receipt.tree_size);
    } else if (cv->known && sg_qstate_waiting(cv->state)) {
        sg_putf(&in, y, 1, -1, SG_UI_WAITING, "%s %s", sg_mark(SG_MARK_WAIT), cv->state == SG_Q_SENDING ? _("Being sent…") : _("Queued on this workstation. NOT YET IN EFFECT."));
        sg_put_wrapped(&in, y + 1, 1, SG_UI_TEXT, _("It is sent by itself when the service answers. You can go on; the queue shows it."));
    } else if (cv->known && cv->state == SG_Q_CONFLICT) {
        sg_putf(&in, y, 1, -1, SG_UI_ATTENTION, "! %s", _("Somebody else changed this citizen first. Nothing was overwritten; Enter shows both."));
    } else {
        sg_put_wrapped(&in, y, 1, SG_UI_ERROR, cv->text[0] ? cv->text : _("Not carried out."));
    }
    if (cv->known && (sg_qstate_waiting(cv->state) || cv->state == SG_Q_DONE))
        sg_putf(c, c->h - 1, 2, 30, SG_UI_TEXT, _("%s  Take back"), sg_app_key(cv->v.app, SG_CMD_UNDO));
    sg_put_right(c, c->h - 1, c->w - 1, 20, SG_UI_BUTTON_ON, _("[ Close  Enter ]"));
}

static void draw(struct sg_view *v, const struct sg_canvas *c)
{
    struct confirm_view *cv = self(v);
    sg_canvas_clear(c, SG_UI_DIALOG);
    if (cv->stage != ASKING) {
        draw_result(cv, c);
        return;
    }
    struct sg_canvas in = sg_canvas_sub(c, 0, 1, c->h - 1, c->w - 2);
    int y = parts(cv, &in, 0);
    if (cv->previewed) {
        y = sg_draw_after(&in, y, &cv->preview);
        remarks(cv, &in, y);
    } else {
        sg_put_wrapped(&in, y, 1, SG_UI_TEXT, _(sg_action_def(cv->action.kind)->help));
    }
    buttons(cv, c);
}

static bool send(struct confirm_view *cv)
{
    struct sg_ask a = {.kind = cv->redo_of[0] ? SG_ASK_RESOLVE : SG_ASK_ACT};
    if (cv->redo_of[0]) {
        SG_COPY(a.key, cv->redo_of);
        SG_COPY(a.text, "redo");
    } else {
        SG_COPY(a.key, cv->action.subject);
        SG_COPY(a.text, cv->paper);
    }
    if ((a.action = malloc(sizeof *a.action)) == NULL)
        return true;
    *a.action = cv->action;                  /* for a redo: on what ground it was confirmed */
    cv->stage = SENDING;
    cv->ask = sg_app_ask(cv->v.app, &a);
    return true;
}

static bool accept(struct confirm_view *cv)
{
    cv->v.dirty = SG_DIRTY_ALL;
    if (cv->stage != ASKING)
        return true;
    if (!digits_right(cv)) {
        sg_app_toast(cv->v.app, SG_TOAST_BAD, "%s", _("The last four digits do not match this person."));
        return true;
    }
    if (stands_against(cv)) {
        sg_app_toast(cv->v.app, SG_TOAST_BAD, "%s", _("This cannot be done; the reason stands in the dialog."));
        return true;
    }
    return send(cv);
}

/* Closes; what lies below has done its work once the deed is durable. */
static bool finish(struct confirm_view *cv)
{
    struct sg_app *app = cv->v.app;
    bool done = cv->durable, conflict = cv->known && cv->state == SG_Q_CONFLICT;
    char id[SG_UUID_MAX];
    SG_COPY(id, cv->action_id);
    sg_app_pop(app);
    if (done)
        sg_app_pop(app);
    if (conflict) {
        struct sg_view_arg a = {.id = id};
        sg_app_push(app, &sg_view_conflict, &a);
    }
    return true;
}

/* Right after the deed: the same as from the queue. The dialog goes first, so that what was open below is there again afterwards. */
static bool take_back(struct confirm_view *cv)
{
    struct sg_app *app = cv->v.app;
    char id[SG_UUID_MAX];
    struct sg_view_arg a = {.id = id};
    SG_COPY(id, cv->action_id);
    finish(cv);
    sg_app_push(app, &sg_view_undo, &a);
    return true;
}

static bool command(struct sg_view *v, int cmd)
{
    struct confirm_view *cv = self(v);
    if (cmd == SG_CMD_UNDO)
        return cv->known ? take_back(cv) : true;
    if (cmd == SG_CMD_SAVE)
        return cv->stage == ASKING ? accept(cv) : finish(cv);
    if (cmd == SG_CMD_BACK)
        return finish(cv);
    return false;
}

/* The field for the last four characters of the number. */
static bool type_digits(struct confirm_view *cv, const struct sg_key *k)
{
    size_t n = strlen(cv->typed);
    if (!needs_digits(cv))
        return false;
    if (k->kind == SG_KEY_NAMED && sg_eq(k->name, "Backspace") && n > 0) {
        cv->typed[n - 1] = '\0';
        return true;
    }
    if (k->kind != SG_KEY_CHAR)
        return false;
    if (n < 4 && k->cp > ' ' && k->cp < 127) {
        cv->typed[n] = (char)(k->cp >= 'a' && k->cp <= 'z' ? k->cp - 32 : k->cp);
        cv->typed[n + 1] = '\0';
    }
    return true;
}

static bool key(struct sg_view *v, const struct sg_key *k)
{
    static const char *const other[] = {"Left", "Right", "Tab", "Shift-Tab"};
    struct confirm_view *cv = self(v);
    bool enter = k->kind == SG_KEY_NAMED && sg_eq(k->name, "Enter");
    if (cv->stage != ASKING)
        return enter ? finish(cv) : false;
    v->dirty = SG_DIRTY_ALL;
    if (type_digits(cv, k))
        return true;
    for (size_t i = 0; k->kind == SG_KEY_NAMED && i < sizeof other / sizeof *other; i++)
        if (sg_eq(k->name, other[i])) {
            cv->on_accept = !cv->on_accept;
            return true;
        }
    if (enter)
        return cv->on_accept ? accept(cv) : finish(cv);
    return false;
}

static void told_row(struct confirm_view *cv, const struct sg_tell *t)
{
    const struct sg_outcome *o = &t->row->outcome;
    cv->known = cv->durable = true;
    cv->state = t->row->state;
    SG_COPY(cv->action_id, t->row->action.id);
    cv->receipt = t->receipt;
    if (t->row->has_outcome)
        cv->event = o->event_index;
    if (t->row->has_outcome && o->kind == SG_OUT_REFUSED) {
        char why[320];
        sg_why_text(why, sizeof why, &o->why);
        sg_format(cv->text, sizeof cv->text, _("Refused: %s"), why);
    }
    if (!sg_qstate_waiting(cv->state) || t->final)
        cv->stage = ENDED;
}

/* A redo has become an action of its own, which the engine names and then tells about as news. */
static void told_successor(struct confirm_view *cv, const char *id)
{
    struct sg_ask a = {.kind = SG_ASK_QROW};
    SG_COPY(cv->action_id, id);
    SG_COPY(a.key, id);
    cv->durable = true;
    (void)sg_app_ask(cv->v.app, &a);
}

static void tell(struct sg_view *v, const struct sg_tell *t)
{
    struct confirm_view *cv = self(v);
    if (t->kind == SG_TELL_STATUS) {
        v->dirty = SG_DIRTY_ALL;
        return;
    }
    bool row = (t->kind == SG_TELL_ACTION || t->kind == SG_TELL_QROW) && t->row;
    bool mine = t->ask != 0 && t->ask == cv->ask;
    if (cv->stage == ASKING || (!mine && !(row && cv->action_id[0] && sg_eq(t->row->action.id, cv->action_id))))
        return;
    v->dirty = SG_DIRTY_ALL;
    if (row)
        told_row(cv, t);
    else if (t->kind == SG_TELL_DONE && cv->redo_of[0])
        told_successor(cv, t->id);
    else if (t->kind == SG_TELL_FAILED) {
        cv->stage = ENDED;
        sg_failure_text(cv->text, sizeof cv->text, t);
    }
}

static void gate(struct sg_view *v, struct sg_gate *g)
{
    g->row = self(v)->known;
}

static const int *hints_now(struct sg_view *v)
{
    static const int before[] = {SG_CMD_SAVE, SG_CMD_BACK, SG_CMD_NONE}, after[] = {SG_CMD_UNDO, SG_CMD_BACK, SG_CMD_NONE};
    return self(v)->stage == ASKING ? before : after;
}

const struct sg_view_ops sg_view_confirm = {
    .name = "confirm", .context = SG_CTX_DIALOG, .dialog = true, .size = sizeof(struct confirm_view), .open = open_view, .close = close_view,
    .title = title, .dialog_size = size, .draw = draw, .command = command, .key = key, .tell = tell, .gate = gate, .hints_now = hints_now};
