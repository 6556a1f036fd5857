/* One decision about several conflicts and refusals: all of them are named, and it starts on leaving them as they are. What opens access is
 * not redone together: each of those asks for the last digits of a person. */
#include "ui/views/common.h"
#include "base/i18n.h"
#include "base/str.h"
#include <string.h>

enum { LEAVE, THEIRS, REDO, NOTE, WAYS };
struct batch_view {
    struct sg_view v;
    size_t n; struct sg_qline line[SG_BATCH_MAX];
    uint64_t ask[SG_BATCH_MAX]; char result[SG_BATCH_MAX][120];
    int way, sent, ended, failed;
    struct sg_form form;
};

static const char *const way_name[WAYS] = {"", "theirs", "redo", "note"};

static struct batch_view *self(struct sg_view *v)
{
    return (struct batch_view *)(void *)v;
}

static bool may_redo(const struct sg_qline *l)
{
    return sg_action_def(l->kind)->danger != SG_DANGER_TYPE_ID;
}

static void open_view(struct sg_view *v, const struct sg_view_arg *a)
{
    static const char *const title[WAYS] = {N_("Leave them open; nothing happens"), N_("Accept theirs: mine are put away"),
                                            N_("Redo mine on how it is now"), N_("Write one note: mine are put away with it")};
    struct batch_view *b = self(v);
    for (size_t i = 0; i < a->n_lines && i < SG_BATCH_MAX; i++)
        b->line[b->n++] = a->lines[i];
    sg_form_init(&b->form);
    struct sg_form_field *ff = sg_form_choice(&b->form, _("Decision"), _("It holds for every act above."));
    for (int i = 0; ff && i < WAYS; i++)
        sg_form_add_choice(ff, i == LEAVE ? "leave" : way_name[i], _(title[i]));
    sg_form_text(&b->form, _("Note"), "", SG_TEXT_MAX - 1, _("Kept with each of them."));
}

static void close_view(struct sg_view *v)
{
    sg_form_free(&self(v)->form);
}

static void title(struct sg_view *v, char *dst, size_t cap)
{
    struct batch_view *b = self(v);
    sg_format(dst, cap, ngettext("Decide about %zu act", "Decide about %zu acts together", b->n), b->n);
}

static void size(struct sg_view *v, int *h, int *w)
{
    *h = (int)self(v)->n + 7;
    *w = 76;
}

static void draw_lines(const struct batch_view *b, const struct sg_canvas *c)
{
    for (size_t i = 0; i < b->n; i++) {
        const struct sg_qline *l = &b->line[i];
        const char *rest = b->result[i][0] ? b->result[i] : b->way == REDO && !may_redo(l) ? _("opens access: is decided alone") : sg_qstate_title(l->state);
        sg_putf(c, (int)i, 1, c->w - 34, SG_UI_STRONG, "• %s  %s", l->subject_name, l->summary);
        sg_put(c, (int)i, c->w - 32, 31, SG_UI_TEXT, rest);
    }
}

static void draw(struct sg_view *v, const struct sg_canvas *c)
{
    struct batch_view *b = self(v);
    sg_canvas_clear(c, SG_UI_DIALOG);
    b->way = b->form.f[0].choice;
    draw_lines(b, c);
    if (b->sent > 0) {
        sg_putf(c, (int)b->n + 1, 1, -1, b->failed ? SG_UI_ATTENTION : SG_UI_OK, _("%d of %d decisions are kept; what was redone is sent as usual."), b->ended - b->failed, b->sent);
        sg_put_right(c, c->h - 1, c->w - 1, 20, SG_UI_BUTTON_ON, _("[ Close  Enter ]"));
        return;
    }
    struct sg_canvas body = sg_canvas_sub(c, (int)b->n + 1, 1, c->h - (int)b->n - 2, c->w - 2);
    sg_form_draw(&b->form, &body);
    int x = c->w - 2 - sg_put_right(c, c->h - 1, c->w - 1, 24, b->way == LEAVE ? SG_UI_DISABLED : SG_UI_BUTTON, _("[ Decide  F9 ]"));
    sg_put_right(c, c->h - 1, x - 1, 16, SG_UI_BUTTON_ON, _("[ Cancel ]"));
}

static void decide(struct batch_view *b)
{
    if (b->way == LEAVE) {
        sg_app_pop(b->v.app);
        return;
    }
    for (size_t i = 0; i < b->n; i++) {
        struct sg_ask a = {.kind = SG_ASK_RESOLVE};
        if (b->way == REDO && !may_redo(&b->line[i]))
            continue;
        SG_COPY(a.key, b->line[i].action_id);
        SG_COPY(a.text, way_name[b->way]);
        SG_COPY(a.note, b->form.f[1].text);
        b->ask[i] = sg_app_ask(b->v.app, &a);
        b->sent++;
    }
    if (b->sent == 0)
        sg_app_toast(b->v.app, SG_TOAST_BAD, "%s", _("All of these open access: decide about them one by one."));
}

static bool command(struct sg_view *v, int cmd)
{
    struct batch_view *b = self(v);
    v->dirty = SG_DIRTY_ALL;
    if (cmd == SG_CMD_SAVE) {
        if (b->sent == 0)
            decide(b);
        else
            sg_app_pop(v->app);
        return true;
    }
    return b->sent == 0 && sg_form_command(&b->form, cmd);
}

static bool key(struct sg_view *v, const struct sg_key *k)
{
    struct batch_view *b = self(v);
    if (k->kind == SG_KEY_NAMED && sg_eq(k->name, "Enter")) {
        sg_app_pop(v->app);
        return true;
    }
    return b->sent == 0 && sg_form_key(&b->form, k);
}

static void tell(struct sg_view *v, const struct sg_tell *t)
{
    struct batch_view *b = self(v);
    for (size_t i = 0; i < b->n && t->ask != 0; i++) {
        if (b->ask[i] != t->ask || (t->kind != SG_TELL_DONE && t->kind != SG_TELL_FAILED))
            continue;
        b->ask[i] = 0;
        b->ended++;
        if (t->kind == SG_TELL_DONE)
            SG_COPY(b->result[i], b->way == REDO ? _("decided again") : _("put away"));
        else
            sg_failure_text(b->result[i], sizeof b->result[i], t);
        b->failed += t->kind == SG_TELL_FAILED;
        v->dirty = SG_DIRTY_ALL;
    }
}

static const int hints[] = {SG_CMD_SAVE, SG_CMD_NEXT_FIELD, SG_CMD_TOGGLE, SG_CMD_BACK, SG_CMD_NONE};

const struct sg_view_ops sg_view_batch = {
    .name = "batch", .context = SG_CTX_DIALOG, .dialog = true, .size = sizeof(struct batch_view), .open = open_view, .close = close_view, .title = title,
    .dialog_size = size, .draw = draw, .command = command, .key = key, .tell = tell, .hints = hints};
