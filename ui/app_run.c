/* What happens: keys become commands, commands pass the gate, news from the engine reaches the views. A command is first the top view's;
 * what it does not take is the program's (moving between screens, leaving, looks). */
#include "ui/app.h"
#include "base/i18n.h"
#include "base/str.h"
#include "ui/term.h"
#include <string.h>

/* ---- commands of the program itself ---- */

static bool back(struct sg_app *a)
{
    if (a->n > 1)
        sg_app_pop(a);
    else
        sg_app_toast(a, SG_TOAST_INFO, _("This is the first screen. %s leaves the program."), sg_app_key(a, SG_CMD_QUIT));
    return true;
}

/* A queue with waiting rows is kept, but nobody should leave in the belief that all was sent. */
static bool leave(struct sg_app *a)
{
    bool waits = a->status.queue.waiting > 0 || a->status.queue.need_you > 0;
    if (!waits || sg_app_top(a)->ops == &sg_view_quit)
        sg_app_leave(a, 0);
    else
        sg_app_push(a, &sg_view_quit, NULL);
    return true;
}

static bool send_now(struct sg_app *a)
{
    struct sg_ask ask = { .kind = SG_ASK_SYNC };
    a->sync_ask = sg_app_ask(a, &ask);
    sg_app_toast(a, SG_TOAST_INFO, "%s", _("Trying the service …"));
    return true;
}

static bool prepare(struct sg_app *a)
{
    struct sg_ask ask = { .kind = SG_ASK_PREPARE };
    SG_COPY(ask.purpose, a->cfg->purpose[0] ? a->cfg->purpose : "care");
    a->prepare_ask = sg_app_ask(a, &ask);
    sg_app_toast(a, SG_TOAST_INFO, "%s", _("Reading whom your unit may need …"));
    return true;
}

static bool next_theme(struct sg_app *a)
{
    int i = 0;
    while (sg_theme_at(i) && sg_theme_at(i) != a->theme)
        i++;
    const struct sg_theme_spec *next = sg_theme_at(i + 1) ? sg_theme_at(i + 1) : sg_theme_at(0);
    sg_app_theme(a, next->name);
    sg_app_toast(a, SG_TOAST_INFO, _("Theme: %s"), a->theme->name);
    return true;
}

static bool next_language(struct sg_app *a)
{
    sg_i18n_init(sg_eq(sg_i18n_lang(), "sv") ? "en" : "sv");
    a->all_dirty = true;
    return true;
}

static bool toggle_mouse(struct sg_app *a)
{
    a->mouse = !a->mouse;
    sg_term_mouse(a->mouse);
    sg_app_toast(a, SG_TOAST_INFO, "%s", a->mouse ? _("The mouse chooses and scrolls.") : _("The mouse is left to the terminal."));
    return true;
}

static bool blank(struct sg_app *a)
{
    a->blank = a->all_dirty = true;
    return true;
}

static bool redraw(struct sg_app *a)
{
    sg_term_redraw();
    a->all_dirty = true;
    return true;
}

static bool go(struct sg_app *a, const struct sg_view_ops *ops)
{
    if (sg_app_top(a) && sg_app_top(a)->ops == ops)
        return true;
    return sg_app_push(a, ops, NULL) != NULL;
}

static bool home(struct sg_app *a) { sg_app_home(a); return true; }

/* An action that the view did not take itself: its form, or its own screen. */
static bool act(struct sg_app *a, enum sg_action_kind kind)
{
    struct sg_gate g;
    sg_app_gate(a, &g);
    struct sg_view_arg arg = { .kind = kind, .citizen = g.citizen, .id = g.citizen ? g.citizen->id : NULL };
    if (kind == SG_ACT_TERMS_ACCEPT)
        return go(a, &sg_view_terms);
    return sg_app_push(a, kind == SG_ACT_CITIZEN_PROTECT ? &sg_view_protect : &sg_view_form, &arg) != NULL;
}

static bool left_behind(struct sg_app *a)
{
    if (!a->left.on)
        return go(a, &sg_view_left);
    sg_app_own_queue(a);
    return true;
}

static bool own(struct sg_app *a, int cmd)
{
    if (cmd >= (int)SG_CMD_COUNT)
        return act(a, sg_cmd_def(cmd)->action);
    switch (cmd) {
    case SG_CMD_FIND: return go(a, &sg_view_find);
    case SG_CMD_QUEUE: return go(a, &sg_view_queue);
    case SG_CMD_LOG: return go(a, &sg_view_events);
    case SG_CMD_ADOPT: return left_behind(a);
    case SG_CMD_MESSAGES: return go(a, &sg_view_messages);
    case SG_CMD_PALETTE: return go(a, &sg_view_palette);
    case SG_CMD_HELP: return go(a, &sg_view_help);
    case SG_CMD_HOME: return home(a);
    case SG_CMD_BACK: return back(a);
    case SG_CMD_QUIT: return leave(a);
    case SG_CMD_REDRAW: return redraw(a);
    case SG_CMD_REFRESH: return redraw(a);
    case SG_CMD_SYNC: return send_now(a);
    case SG_CMD_PREPARE: return prepare(a);
    case SG_CMD_PRIVACY: return blank(a);
    case SG_CMD_MOUSE: return toggle_mouse(a);
    case SG_CMD_THEME: return next_theme(a);
    case SG_CMD_LANGUAGE: return next_language(a);
    default: return false;
    }
}

bool sg_app_run(struct sg_app *a, int cmd)
{
    char reason[320];
    struct sg_gate g;
    struct sg_view *v = sg_app_top(a);
    sg_app_gate(a, &g);
    if (!sg_cmd_enabled(cmd, &g, reason, sizeof reason)) {
        sg_app_toast(a, SG_TOAST_BAD, "%s: %s", _(sg_cmd_def(cmd) ? sg_cmd_def(cmd)->title : N_("Unknown command")), reason);
        return false;
    }
    if (v && v->ops->command && v->ops->command(v, cmd)) {
        if (v->dirty == SG_DIRTY_NONE)
            v->dirty = SG_DIRTY_ROWS;
        return true;
    }
    return own(a, cmd);
}

/* ---- keys ---- */

static void clicked_hint(struct sg_app *a, const struct sg_key *k)
{
    if (!k->click || k->my != sg_canvas_screen().h - 1)
        return;
    for (int i = 0; i < a->n_spots; i++)
        if (k->mx >= a->spot[i].x && k->mx < a->spot[i].x + a->spot[i].w) {
            sg_app_run(a, a->spot[i].cmd);
            return;
        }
}

static void unbound(struct sg_app *a, const struct sg_key *k)
{
    if (sg_eq(k->name, "Ctrl-C"))
        leave(a);
    else if (sg_eq(k->name, "Ctrl-Z")) {
        sg_term_suspend();
        a->all_dirty = true;
    } else
        sg_app_toast(a, SG_TOAST_INFO, _("“%s” does nothing here. %s shows what can be done."), k->name, sg_app_key(a, SG_CMD_HELP));
}

static bool taken_by_view(struct sg_view *v, const struct sg_key *k)
{
    if (!v->ops->key || !v->ops->key(v, k))
        return false;
    if (v->dirty == SG_DIRTY_NONE)
        v->dirty = SG_DIRTY_ALL;
    return true;
}

void sg_app_key_event(struct sg_app *a, const struct sg_key *k)
{
    struct sg_view *v = sg_app_top(a);
    a->last_key = sg_mono(&a->clock);
    if (k->kind == SG_KEY_RESIZE) {
        a->all_dirty = true;
        return;
    }
    if (a->blank) {
        a->blank = false;
        a->all_dirty = true;
        return;
    }
    if (a->swallow || !v || taken_by_view(v, k))
        return;
    if (k->kind == SG_KEY_PASTE) {
        sg_app_toast(a, SG_TOAST_BAD, "%s", _("Pasted text was refused: there is no text field here."));
        return;
    }
    if (k->kind == SG_KEY_MOUSE) {
        clicked_hint(a, k);
        return;
    }
    int cmd = sg_keymap_find(&a->keys, v->ops->context, k->name);
    if (cmd == SG_CMD_NONE)
        unbound(a, k);
    else
        sg_app_run(a, cmd);
}

/* ---- news ---- */

/* A wrong passphrase is asked for again; other faults of the store stay in line 1 and are said once. */
static void store_state(struct sg_app *a, const struct sg_status *was)
{
    const struct sg_status *s = &a->status;
    if (s->store_err == was->store_err || s->store_err == SG_E_OK)
        return;
    if (a->left.on)
        sg_app_left_failed(a);
    else if (s->store_err == SG_E_PASSPHRASE && !a->cfg->passphrase_file[0])
        sg_app_push(a, &sg_view_unlock, &(struct sg_view_arg){ .text = _("Wrong passphrase. Try again."), .kind = SG_ACT_COUNT });
    else
        sg_app_toast(a, SG_TOAST_BAD, s->store_open ? _("The queue cannot be written: %s. What waits stays in it.") : _("The queue cannot be opened: %s."),
                     _(sg_err_text(s->store_err)));
}

/* Who was offline at the start and has never signed in here does not know who one is before the service answers. */
static void introduce(struct sg_app *a)
{
    struct sg_ask ask = { .kind = SG_ASK_ME };
    sg_app_ask(a, &ask);
}

static void link_state(struct sg_app *a, const struct sg_status *was)
{
    if (a->status.link == SG_LINK_ONLINE && was->link != SG_LINK_ONLINE && !a->have_me)
        introduce(a);
    if (a->status.link == was->link || (was->link == SG_LINK_STARTING && a->status.link == SG_LINK_ONLINE))
        return;
    if (a->status.link == SG_LINK_OFFLINE)
        sg_app_toast(a, SG_TOAST_WAIT, "%s", _("The service cannot be reached. What you decide is queued and NOT YET IN EFFECT."));
    else if (a->status.link == SG_LINK_ONLINE)
        sg_app_toast(a, SG_TOAST_OK, "%s", _("The service answers again."));
    else if (a->status.link == SG_LINK_AUTH)
        sg_app_toast(a, SG_TOAST_BAD, "%s", _("The service does not accept this identity. What waits stays in the queue."));
}

/* What the service says of itself; a fork has a line of its own that stays. */
static void log_state(struct sg_app *a, const struct sg_status *was)
{
    if (a->status.log.new_epoch && !was->log.new_epoch)
        sg_app_toast(a, SG_TOAST_BAD, "%s", _("The event log was begun anew: the service was restored from an older backup and says so. What was seen last is kept as evidence."));
}

static void take_status(struct sg_app *a, const struct sg_tell *t)
{
    struct sg_status was = a->status;
    a->status = t->status;
    a->bar_dirty = true;
    store_state(a, &was);
    link_state(a, &was);
    log_state(a, &was);
}

static void sync_done(struct sg_app *a)
{
    size_t n = a->status.queue.waiting;
    a->sync_ask = 0;
    if (sg_app_left_done(a))
        return;
    if (a->status.link != SG_LINK_ONLINE)
        sg_app_toast(a, SG_TOAST_WAIT, ngettext("The service cannot be reached. %zu action is NOT YET IN EFFECT.",
                                                "The service cannot be reached. %zu actions are NOT YET IN EFFECT.", n), n);
    else if (n > 0)
        sg_app_toast(a, SG_TOAST_WAIT, ngettext("%zu action still waits and is NOT YET IN EFFECT.",
                                                "%zu actions still wait and are NOT YET IN EFFECT.", n), n);
    else
        sg_app_toast(a, SG_TOAST_OK, "%s", _("The service answers and nothing waits."));
}

/* What became of an act that nobody waits for at its dialog any more: decided without contact, or in another session. */
static void act_ended(struct sg_app *a, const struct sg_qrow *r)
{
    char what[200];
    const struct sg_citizen *c = r->has_base ? &r->base : NULL;
    sg_action_summary(what, sizeof what, &r->action, c, &a->policy);
    if (r->state == SG_Q_DONE)
        sg_app_toast(a, SG_TOAST_OK, _("Now in effect: %s%s%s"), c ? c->name : "", c ? " · " : "", what);
    else if (r->state == SG_Q_CONFLICT || r->state == SG_Q_REFUSED)
        sg_app_toast(a, SG_TOAST_BAD, _("Not carried out, needs your decision: %s%s%s"), c ? c->name : "", c ? " · " : "", what);
}

/* Kept until: as long as the policy lets a reading be kept. */
static void prepared(struct sg_app *a, const struct sg_tell *t)
{
    char until[SG_RFC3339_MAX];
    sg_local_stamp(until, t->as_of + (int64_t)a->policy.cache_hours * 3600000, sg_app_now(a));
    if (!t->final)
        sg_app_toast(a, SG_TOAST_INFO, _("Read so far: %zu of %zu."), t->prepared.kept, t->prepared.wanted);
    else if (t->prepared.failed > 0)
        sg_app_toast(a, SG_TOAST_BAD, _("%zu people are kept until %s; %zu could not be read."), t->prepared.kept, until, t->prepared.failed);
    else
        sg_app_toast(a, SG_TOAST_OK, _("%zu people are kept here, sealed, until %s."), t->prepared.kept, until);
}

/* Where the act stands among those on their way; -1: it is not. */
static int sending_at(const struct sg_app *a, const char *id)
{
    for (int i = 0; i < a->n_sending; i++)
        if (sg_eq(a->sending[i], id))
            return i;
    return -1;
}

/* An act is told of more than once at its end (its receipt is verified later): only the way from sending to an end is news, and only
 * when no dialog waits for it. */
static void act_moved(struct sg_app *a, const struct sg_tell *t)
{
    int i = sending_at(a, t->row->action.id);
    if (t->row->state == SG_Q_SENDING) {
        if (i < 0 && a->n_sending < SG_SENDING_MAX) {
            SG_COPY(a->sending[a->n_sending], t->row->action.id);
            a->n_sending++;
        }
        return;
    }
    if (i < 0)
        return;
    a->n_sending--;
    SG_COPY(a->sending[i], a->sending[a->n_sending]);
    if (t->ask == 0)
        act_ended(a, t->row);
}

/* Told again whenever it has been read anew. */
static void take_policy(struct sg_app *a, const struct sg_policy *told)
{
    struct sg_policy fresh;
    if (!told || sg_policy_copy(&fresh, told) != SG_E_OK)
        return;
    sg_policy_free(&a->policy);
    a->policy = fresh;
    a->all_dirty = true;
}

static void take_for_program(struct sg_app *a, const struct sg_tell *t)
{
    switch (t->kind) {
    case SG_TELL_STATUS:
        take_status(a, t);
        break;
    case SG_TELL_ME:
        a->have_me = t->actor != NULL;
        if (t->actor)
            a->me = *t->actor;
        a->all_dirty = true;
        break;
    case SG_TELL_POLICY:
        take_policy(a, t->policy);
        break;
    case SG_TELL_ACTION:
        if (t->row)
            act_moved(a, t);
        break;
    case SG_TELL_PREPARED:
        prepared(a, t);
        break;
    case SG_TELL_IDLE:
    case SG_TELL_FAILED:
        if (a->sync_ask != 0 && t->ask == a->sync_ask)
            sync_done(a);
        else if (t->kind == SG_TELL_FAILED && a->prepare_ask != 0 && t->ask == a->prepare_ask)
            sg_app_toast(a, SG_TOAST_BAD, "%s", _("Nobody could be read in advance."));
        break;
    default:
        break;
    }
}

void sg_app_tell(struct sg_app *a, struct sg_tell *t)
{
    take_for_program(a, t);
    for (int i = 0; i < a->n; i++)
        if (a->view[i]->ops->tell)
            a->view[i]->ops->tell(a->view[i], t);
    sg_tell_free(t);
}
