/* Everything the program has said since its start, newest first: what was missed while looking elsewhere. */
#include "base/i18n.h"
#include "base/str.h"
#include "ui/app.h"

struct messages { struct sg_view v; struct sg_list list; };

static void count(struct messages *m)
{
    sg_list_set_count(&m->list, m->v.app->n_msg);
}

static void open_messages(struct sg_view *v, const struct sg_view_arg *arg)
{
    struct messages *m = (struct messages *)v;
    (void)arg;
    sg_list_init(&m->list);
    m->list.empty = _("Nothing has been said yet.");
    count(m);
}

static void title(struct sg_view *v, char *dst, size_t cap)
{
    (void)v;
    sg_copy(dst, cap, _("Messages"));
}

static void draw_row(void *ctx, const struct sg_canvas *row, long i, bool focused)
{
    static const enum sg_mark marks[] = { [SG_TOAST_INFO] = SG_MARK_NONE, [SG_TOAST_OK] = SG_MARK_OK, [SG_TOAST_WAIT] = SG_MARK_WAIT,
                                          [SG_TOAST_BAD] = SG_MARK_NEED };
    struct messages *m = ctx;
    const struct sg_message *msg = sg_app_message_at(m->v.app, (int)i);
    char when[SG_RFC3339_MAX];
    (void)focused;
    if (!msg)
        return;
    sg_local_stamp(when, msg->at, sg_app_now(m->v.app));
    sg_put(row, 0, 2, 16, SG_UI_DIM, when);
    sg_put_mark(row, 0, 19, marks[msg->kind]);
    sg_put(row, 0, 21, -1, SG_UI_TEXT, msg->text);
}

static void draw(struct sg_view *v, const struct sg_canvas *c)
{
    struct messages *m = (struct messages *)v;
    const struct sg_message *msg = m->list.cur >= 0 ? sg_app_message_at(v->app, (int)m->list.cur) : NULL;
    struct sg_canvas rows = sg_canvas_sub(c, 0, 0, c->h - 5, c->w), foot = sg_canvas_sub(c, c->h - 4, 0, 4, c->w);
    if (m->list.n != v->app->n_msg)
        count(m);
    sg_list_draw(&m->list, &rows, true, draw_row, m);
    for (int y = 0; y < foot.h; y++)
        sg_canvas_clear_row(&foot, y, SG_UI_TEXT);
    sg_rule(&foot, 0, SG_UI_DIM);
    if (msg)
        sg_put_wrapped(&foot, 1, 2, SG_UI_TEXT, msg->text);
}

static bool command(struct sg_view *v, int cmd)
{
    return sg_list_command(&((struct messages *)v)->list, cmd);
}

static bool key(struct sg_view *v, const struct sg_key *k)
{
    struct messages *m = (struct messages *)v;
    if (!sg_list_mouse(&m->list, &m->list.at, k))
        return false;
    v->dirty = SG_DIRTY_ROWS;
    return true;
}

/* News may have brought a message of its own. */
static void tell(struct sg_view *v, const struct sg_tell *t)
{
    (void)t;
    v->dirty = v->dirty == SG_DIRTY_ALL ? SG_DIRTY_ALL : SG_DIRTY_ROWS;
}

static const int hints[] = { SG_CMD_BACK, SG_CMD_HOME, SG_CMD_NONE };

const struct sg_view_ops sg_view_messages = {
    .name = "messages", .context = SG_CTX_LIST, .size = sizeof(struct messages), .open = open_messages, .title = title, .draw = draw,
    .command = command, .key = key, .tell = tell, .hints = hints,
};
