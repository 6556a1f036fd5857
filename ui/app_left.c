/* A queue that was left behind, on the screen: the engine is stopped and started anew on that file, so that its list, its conflicts and its
 * receipts are seen and decided with the ordinary screens. One's own queue rests meanwhile and nothing new is put into the other. Should it
 * not open, or not be sendable, the program goes back to its own at once and says why. */
#include "ui/app.h"
#include "base/i18n.h"
#include "base/str.h"
#include <string.h>

const char *sg_app_left(const struct sg_app *a)
{
    return a->left.on ? a->left.dir : NULL;
}

static void send_all(struct sg_app *a)
{
    struct sg_ask held = { .kind = SG_ASK_RETRY }, all = { .kind = SG_ASK_SYNC };
    sg_app_ask(a, &held);
    a->sync_ask = sg_app_ask(a, &all);
}

static void show_queue(struct sg_app *a)
{
    while (a->n > 0)
        sg_app_pop(a);
    sg_app_home(a);
    sg_app_push(a, &sg_view_queue, NULL);
}

bool sg_app_take_over(struct sg_app *a, const char *path, struct sg_secret *passphrase)
{
    const char *slash = strrchr(path, '/');
    if (!slash || !sg_copyn(a->left.dir, sizeof a->left.dir, path, (size_t)(slash - path)) || !SG_COPY(a->left.file, slash + 1))
        return false;
    sg_secret_free(&a->left.passphrase);
    if (passphrase) {
        a->left.passphrase = *passphrase;
        *passphrase = (struct sg_secret){ 0 };
    }
    a->left.on = true;
    sg_app_restart(a);
    send_all(a);
    show_queue(a);
    return true;
}

void sg_app_own_queue(struct sg_app *a)
{
    if (!a->left.on)
        return;
    a->left.on = false;
    sg_secret_free(&a->left.passphrase);
    sg_app_restart(a);
    show_queue(a);
}

void sg_app_left_failed(struct sg_app *a)
{
    const struct sg_status s = a->status;
    sg_app_own_queue(a);
    if (s.bar == SG_ADOPT_OTHER_SERVICE)
        sg_app_toast(a, SG_TOAST_BAD, _("That queue is for the service at %s, not for this one. Nothing was sent."), s.service);
    else if (s.bar == SG_ADOPT_OLD_COPY)
        sg_app_toast(a, SG_TOAST_BAD, "%s", _("That is an older copy of a queue: what was decided since is not in it. Nothing was sent."));
    else if (s.store_err == SG_E_NOTFOUND)
        sg_app_toast(a, SG_TOAST_BAD, "%s", _("There is nothing of yours in that queue."));
    else
        sg_app_toast(a, SG_TOAST_BAD, _("That queue cannot be opened: %s. This is your own again."), _(sg_err_text(s.store_err)));
}

bool sg_app_left_done(struct sg_app *a)
{
    size_t need = a->status.queue.need_you;
    if (!a->left.on || a->status.link != SG_LINK_ONLINE || a->status.queue.waiting > 0)
        return false;
    if (need > 0)
        sg_app_toast(a, SG_TOAST_WAIT, ngettext("What waited is sent; %zu act needs your decision.", "What waited is sent; %zu acts need your decision.", need), need);
    else
        sg_app_toast(a, SG_TOAST_OK, _("All of yours in this queue has ended. %s goes back to your own."), sg_keymap_key(&a->keys, SG_CMD_ADOPT, SG_CTX_QUEUE));
    return true;
}
