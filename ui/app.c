/* The program's state and what views may ask of it: the stack of views, asks to the engine, messages, the gate. Views that are closed
 * stay in memory until the turn is over, because it is often their own code that closes them. Asks made before the engine runs (the
 * first frame is painted before it starts) wait in a short row. */
#include "base/version.h"
#include "ui/app.h"
#include "base/i18n.h"
#include "base/str.h"
#include "ui/term.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TOAST_SHORT_MS = 6000, TOAST_LONG_MS = 15000 };

enum sg_err sg_app_init(struct sg_app *a, const struct sg_config *cfg, struct sg_error *e)
{
    memset(a, 0, sizeof *a);
    a->cfg = cfg;
    a->clock = sg_clock_system(cfg->clock_file[0] ? cfg->clock_file : NULL);
    a->random = sg_random_system();
    a->wake_fd = -1;
    a->mouse = cfg->mouse;
    a->status.link = SG_LINK_STARTING;
    a->status.events = a->status.log.verified = -1;
    a->all_dirty = true;
    sg_policy_defaults(&a->policy);
    enum sg_err err = sg_keymap_named(cfg->keymap[0] ? cfg->keymap : "default", &a->keys, e);
    if (err == SG_E_OK && cfg->keymap_file[0])
        err = sg_keymap_load(cfg->keymap_file, &a->keys, e);
    return err;
}

void sg_app_bury(struct sg_app *a)
{
    while (a->n_dead > 0) {
        struct sg_view *v = a->dead[--a->n_dead];
        if (v->ops->close)
            v->ops->close(v);
        free(v);
    }
}

void sg_app_due(struct sg_app *a)
{
    for (int i = 0; i < a->n; i++) {
        struct sg_view *v = a->view[i];
        if (v->due == 0 || sg_mono(&a->clock) < v->due)
            continue;
        v->due = 0;
        v->ops->due(v);
    }
}

void sg_app_free(struct sg_app *a)
{
    while (a->n > 0)
        a->dead[a->n_dead++] = a->view[--a->n];
    sg_app_bury(a);
    if (a->runner)
        sg_runner_stop(a->runner);
    for (int i = 0; i < a->n_pending; i++)
        free(a->pending[i].action);
    sg_secret_free(&a->passphrase);
    sg_secret_free(&a->left.passphrase);
    sg_policy_free(&a->policy);
}

void sg_app_leave(struct sg_app *a, int exit_status)
{
    a->quit = true;
    a->exit_status = exit_status;
}

/* ---- the stack ---- */

struct sg_view *sg_app_top(const struct sg_app *a)
{
    return a->n > 0 ? a->view[a->n - 1] : NULL;
}

struct sg_view *sg_app_ground(const struct sg_app *a)
{
    for (int i = a->n - 1; i >= 0; i--)
        if (a->view[i]->ops != &sg_view_palette && a->view[i]->ops != &sg_view_help)
            return a->view[i];
    return NULL;
}

struct sg_view *sg_app_push(struct sg_app *a, const struct sg_view_ops *ops, const struct sg_view_arg *arg)
{
    static const struct sg_view_arg nothing = { .kind = SG_ACT_COUNT };
    struct sg_view *v = a->n < SG_STACK_MAX ? calloc(1, ops->size) : NULL;
    if (!v) {
        sg_app_toast(a, SG_TOAST_BAD, "%s", _("Too many screens are open. Go back first."));
        return NULL;
    }
    *v = (struct sg_view){ .ops = ops, .app = a, .dirty = SG_DIRTY_ALL };
    a->view[a->n++] = v;
    a->all_dirty = true;
    a->swallow = a->swallow || ops->context == SG_CTX_DIALOG;
    if (ops->open)
        ops->open(v, arg ? arg : &nothing);
    return v;
}

void sg_app_pop(struct sg_app *a)
{
    if (a->n == 0)
        return;
    if (a->n_dead < (int)(sizeof a->dead / sizeof a->dead[0]))
        a->dead[a->n_dead++] = a->view[--a->n];
    a->all_dirty = true;
    if (a->n > 0)
        a->view[a->n - 1]->dirty = SG_DIRTY_ALL;
}

void sg_app_replace(struct sg_app *a, const struct sg_view_ops *ops, const struct sg_view_arg *arg)
{
    sg_app_pop(a);
    sg_app_push(a, ops, arg);
}

void sg_app_home(struct sg_app *a)
{
    while (a->n > 1)
        sg_app_pop(a);
    if (a->n == 0)
        sg_app_push(a, &sg_view_home, NULL);
}

/* ---- asks ---- */

uint64_t sg_app_ask(struct sg_app *a, struct sg_ask *ask)
{
    ask->id = ++a->last_ask;
    if (a->runner)
        sg_runner_ask(a->runner, ask);
    else if (a->n_pending < SG_PENDING_MAX)
        a->pending[a->n_pending++] = *ask;
    else
        free(ask->action);
    return ask->id;
}

void sg_app_cancel(struct sg_app *a, uint64_t *ask)
{
    struct sg_ask no = { .kind = SG_ASK_CANCEL, .ref = (int64_t)*ask };
    if (*ask != 0)
        sg_app_ask(a, &no);
    *ask = 0;
}

static void ask_kind(struct sg_app *a, enum sg_ask_kind kind)
{
    struct sg_ask ask = { .kind = kind, .cached_ok = true };
    sg_app_ask(a, &ask);
}

/* The connection, who one is and the policy come first; then what views asked before. */
static void engine_started(struct sg_app *a)
{
    ask_kind(a, SG_ASK_STATUS);
    ask_kind(a, SG_ASK_ME);
    ask_kind(a, SG_ASK_POLICY);
    for (int i = 0; i < a->n_pending; i++)
        sg_runner_ask(a->runner, &a->pending[i]);
    a->n_pending = 0;
}

static enum sg_err start(struct sg_app *a, struct sg_error *e)
{
    const struct sg_secret *passphrase = a->left.on && a->left.passphrase.data ? &a->left.passphrase : &a->passphrase;
    enum sg_err err = sg_config_engine(a->cfg, passphrase, &a->opts, e);
    if (err)
        return err;
    if (a->left.on) {
        a->opts.adopt = a->opts.store.existing = true;
        a->opts.store.dir = a->left.dir;
        a->opts.store.file = a->left.file;
    }
    a->opts.watch = true;
    a->opts.client = "sigill/" SG_VERSION;
    a->opts.clock = a->clock;
    a->opts.random = a->random;
    return sg_runner_start(&a->opts, &a->runner, &a->wake_fd, e);
}

/* What stops the program at its start is not a message that goes away: home stays and says it until it is mended. */
static void cannot_start(struct sg_app *a, const struct sg_error *e)
{
    sg_copy(a->status.link_detail, sizeof a->status.link_detail, e->detail);
    a->status.link = SG_LINK_OFFLINE;
    a->bar_dirty = true;
    sg_app_toast(a, SG_TOAST_BAD, "%s: %s %s", _(sg_err_text(e->code)), e->where, e->detail);
}

static void stop(struct sg_app *a)
{
    if (a->runner)
        sg_runner_stop(a->runner);
    a->runner = NULL;
    a->wake_fd = -1;
}

void sg_app_restart(struct sg_app *a)
{
    struct sg_error e = { 0 };
    stop(a);
    memset(&a->status, 0, sizeof a->status);
    a->status.link = SG_LINK_STARTING;
    a->status.events = a->status.log.verified = -1;
    a->sync_ask = a->prepare_ask = 0;
    a->all_dirty = true;
    if (start(a, &e) == SG_E_OK)
        engine_started(a);
    else
        cannot_start(a, &e);
}

void sg_app_unlock(struct sg_app *a, struct sg_secret *passphrase)
{
    struct sg_error e = { 0 };
    enum sg_err err = SG_E_OK;
    stop(a);
    sg_secret_free(&a->passphrase);
    if (passphrase) {
        a->passphrase = *passphrase;
        *passphrase = (struct sg_secret){ 0 };
    } else if (!a->cfg->passphrase_file[0]) {
        sg_app_push(a, &sg_view_unlock, NULL);
        return;
    } else {
        err = sg_secret_read_file(&a->passphrase, a->cfg->passphrase_file, &e);
    }
    if (err == SG_E_OK)
        err = start(a, &e);
    if (err == SG_E_OK)
        engine_started(a);
    else
        cannot_start(a, &e);
}

/* ---- what views may know ---- */

const struct sg_actor *sg_app_me(const struct sg_app *a) { return a->have_me ? &a->me : NULL; }
const struct sg_policy *sg_app_policy(const struct sg_app *a) { return &a->policy; }
const struct sg_status *sg_app_status(const struct sg_app *a) { return &a->status; }
const struct sg_config *sg_app_config(const struct sg_app *a) { return a->cfg; }
const struct sg_keymap *sg_app_keymap(const struct sg_app *a) { return &a->keys; }
int64_t sg_app_now(const struct sg_app *a) { return sg_wall(&a->clock) + a->status.server_offset; }
int64_t sg_app_mono(const struct sg_app *a) { return sg_mono(&a->clock); }
struct sg_date sg_app_today(const struct sg_app *a) { return sg_date_stockholm(sg_app_now(a)); }
void sg_app_new_id(struct sg_app *a, char dst[SG_UUID_MAX]) { sg_uuid7(dst, &a->clock, &a->random); }

const char *sg_app_key(const struct sg_app *a, int cmd)
{
    const struct sg_view *v = a->drawing ? a->drawing : sg_app_ground(a);
    return sg_keymap_key(&a->keys, cmd, v ? v->ops->context : SG_CTX_GLOBAL);
}

void sg_app_gate(const struct sg_app *a, struct sg_gate *g)
{
    struct sg_view *v = sg_app_ground(a);
    *g = (struct sg_gate){ .me = sg_app_me(a), .link = a->status.link, .read_only = a->cfg->read_only, .left = a->left.on };
    if (v && v->ops->gate)
        v->ops->gate(v, g);
}

void sg_app_dirty(struct sg_app *a) { a->all_dirty = true; }

void sg_app_theme(struct sg_app *a, const char *name)
{
    a->theme = sg_theme_use(name);
    a->all_dirty = true;
}

/* ---- messages ---- */

void sg_app_toast(struct sg_app *a, enum sg_toast kind, const char *fmt, ...)
{
    struct sg_message *m = &a->msg[a->msg_head];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(m->text, sizeof m->text, fmt, ap);
    va_end(ap);
    m->kind = kind;
    m->at = sg_app_now(a);
    a->msg_head = (a->msg_head + 1) % SG_MESSAGES_MAX;
    a->n_msg += a->n_msg < SG_MESSAGES_MAX;
    a->toast = *m;
    a->toast_until = sg_mono(&a->clock) + (kind == SG_TOAST_INFO || kind == SG_TOAST_OK ? TOAST_SHORT_MS : TOAST_LONG_MS);
    a->bar_dirty = true;
}

void sg_app_hush(struct sg_app *a)
{
    a->toast.at = 0;
    a->bar_dirty = true;
}

const struct sg_message *sg_app_message_at(const struct sg_app *a, int i)
{
    return i >= 0 && i < a->n_msg ? &a->msg[(a->msg_head - 1 - i + 2 * SG_MESSAGES_MAX) % SG_MESSAGES_MAX] : NULL;
}

const char *sg_app_message(const struct sg_app *a, int i, int64_t *at)
{
    const struct sg_message *m = sg_app_message_at(a, i);
    if (m && at)
        *at = m->at;
    return m ? m->text : NULL;
}
