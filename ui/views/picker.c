/* Commands to choose from. Matching goes over the title in the language of the screen, the English name and the help sentence, in this
 * order of weight, so that one finds what one cannot name. A command that cannot be done now is grey, and the last lines say why; Enter
 * closes the list and runs the chosen one through the gate like any key. */
#include "ui/views/picker.h"
#include "base/i18n.h"
#include "base/str.h"
#include "base/utf8.h"
#include "ui/app.h"
#include "ui/fuzzy.h"
#include <string.h>

enum { TITLE_WEIGHT = 1000, NAME_WEIGHT = 500 };

static bool reachable(const struct sg_picker *p, const struct sg_cmd_def *d)
{
    return !p->here_only || sg_keymap_key(sg_app_keymap(p->v.app), d->cmd, p->context)[0] != '\0';
}

static int score(const struct sg_picker *p, const struct sg_cmd_def *d)
{
    int title = sg_fuzzy(p->query, _(d->title)), name = sg_fuzzy(p->query, d->name), help = sg_fuzzy(p->query, _(d->help));
    int best = title >= 0 ? title + TITLE_WEIGHT : -1;
    best = name >= 0 && name + NAME_WEIGHT > best ? name + NAME_WEIGHT : best;
    /* a few letters strewn over a whole sentence are no match: consecutive letters are */
    return best >= 0 ? best : help >= 5 * ((int)strlen(p->query) - 1) ? help : -1;
}

/* Without a query: what can be done now, what belongs to this screen, actions; then the rest as in the table. */
static int rank(const struct sg_picker *p, const struct sg_cmd_def *d)
{
    char reason[320];
    if (p->query[0])
        return score(p, d);
    return (sg_cmd_enabled(d->cmd, &p->gate, reason, sizeof reason) ? 4 : 0) + (d->context == p->context ? 2 : 0) + (d->action != SG_ACT_COUNT);
}

static void match(struct sg_picker *p)
{
    int got[SG_CMD_TOTAL] = { 0 };
    p->n = 0;
    for (int cmd = 0; cmd < (int)SG_CMD_TOTAL; cmd++) {
        const struct sg_cmd_def *d = sg_cmd_def(cmd);
        int s = rank(p, d);
        if (s < 0 || !reachable(p, d))
            continue;
        long at = p->n++;
        for (; at > 0 && got[at - 1] < s; at--) {
            got[at] = got[at - 1];
            p->cmd[at] = p->cmd[at - 1];
        }
        got[at] = s;
        p->cmd[at] = cmd;
    }
    sg_list_set_count(&p->list, p->n);
    p->list.cur = p->n > 0 ? 0 : -1;
    p->list.top = 0;
    p->v.dirty = SG_DIRTY_ALL;
}

void sg_picker_open(struct sg_picker *p, bool here_only)
{
    const struct sg_view *below = sg_app_ground(p->v.app);
    p->here_only = here_only;
    p->context = below ? below->ops->context : SG_CTX_GLOBAL;
    sg_list_init(&p->list);
    p->list.empty = _("No command matches. Backspace widens the search.");
    sg_app_gate(p->v.app, &p->gate);
    match(p);
}

static void draw_row(void *ctx, const struct sg_canvas *row, long i, bool focused)
{
    struct sg_picker *p = ctx;
    const struct sg_cmd_def *d = sg_cmd_def(p->cmd[i]);
    char reason[320];
    bool can = sg_cmd_enabled(d->cmd, &p->gate, reason, sizeof reason);
    const char *key = sg_keymap_key(sg_app_keymap(p->v.app), d->cmd, p->context);
    int title = row->w >= 64 ? 24 : row->w / 2 - 6, keys = *key ? 10 : 0;
    (void)focused;
    sg_put(row, 0, 2, title, can ? SG_UI_TEXT : SG_UI_DISABLED, _(d->title));
    sg_put(row, 0, title + 3, row->w - title - keys - 4, can ? SG_UI_DIM : SG_UI_DISABLED, can ? _(d->help) : reason);
    sg_put_right(row, 0, row->w - 1, keys, can ? SG_UI_HINT_KEY : SG_UI_DISABLED, key);
}

/* Below the list: the chosen command's name, and in full what the row may have cut. */
static void draw_foot(struct sg_picker *p, const struct sg_canvas *c)
{
    char reason[320], text[512];
    for (int y = 0; y < c->h; y++)
        sg_canvas_clear_row(c, y, SG_UI_TEXT);
    if (p->list.cur < 0)
        return;
    const struct sg_cmd_def *d = sg_cmd_def(p->cmd[p->list.cur]);
    bool can = sg_cmd_enabled(d->cmd, &p->gate, reason, sizeof reason);
    sg_rule(c, 0, SG_UI_DIM);
    sg_format(text, sizeof text, "%s — %s", d->name, _(d->help));
    int rows = sg_put_wrapped(c, 1, 2, SG_UI_DIM, text);
    if (!can)
        sg_put_wrapped(c, 1 + rows, 2, SG_UI_ERROR, reason);
}

static struct sg_canvas rows_of(const struct sg_canvas *c)
{
    return sg_canvas_sub(c, 2, 0, c->h - 6, c->w);
}

void sg_picker_draw(struct sg_view *v, const struct sg_canvas *c)
{
    struct sg_picker *p = (struct sg_picker *)v;
    struct sg_canvas rows = rows_of(c), foot = sg_canvas_sub(c, c->h - 4, 0, 4, c->w), query = sg_canvas_sub(c, 0, 2, 1, c->w - 14);
    char count[64];
    sg_list_draw(&p->list, &rows, true, draw_row, p);
    draw_foot(p, &foot);
    sg_canvas_clear_row(&query, 0, SG_UI_FIELD_ON);
    int used = sg_put(&query, 0, 0, -1, SG_UI_FIELD_ON, p->query);
    if (!p->query[0])
        sg_put(&query, 0, 0, -1, SG_UI_FIELD_ON, _("type to search"));
    sg_format(count, sizeof count, _("%ld of %d"), p->n, (int)SG_CMD_TOTAL);
    sg_put_right(c, 0, c->w - 1, 11, SG_UI_DIM, count);
    sg_cursor_at(&query, 0, used);
}

static bool typed(struct sg_picker *p, const struct sg_key *k)
{
    size_t n = strlen(p->query);
    char utf8[5] = { 0 };
    if (k->kind == SG_KEY_CHAR) {
        size_t len = sg_utf8_put(utf8, k->cp);
        if (n + len < sizeof p->query)
            memcpy(p->query + n, utf8, len + 1);
    } else if (k->kind == SG_KEY_PASTE) {
        sg_copy(p->query + n, sizeof p->query - n, k->paste);
        p->query[strcspn(p->query, "\r\n")] = '\0';
    } else if (sg_eq(k->name, "Backspace") && n > 0) {
        while (n > 0 && ((unsigned char)p->query[--n] & 0xC0) == 0x80)
            ;
        p->query[n] = '\0';
    } else if (sg_eq(k->name, "Ctrl-U")) {
        p->query[0] = '\0';
    } else {
        return false;
    }
    match(p);
    return true;
}

static int moves(const char *name)
{
    static const struct { const char *key; int cmd; } keys[] = {
        { "Up", SG_CMD_UP }, { "Down", SG_CMD_DOWN }, { "PageUp", SG_CMD_PAGE_UP }, { "PageDown", SG_CMD_PAGE_DOWN },
        { "Home", SG_CMD_FIRST }, { "End", SG_CMD_LAST }, { "Tab", SG_CMD_DOWN }, { "Shift-Tab", SG_CMD_UP },
    };
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (sg_eq(keys[i].key, name))
            return keys[i].cmd;
    return SG_CMD_NONE;
}

static void run(struct sg_picker *p)
{
    struct sg_app *a = p->v.app;
    if (p->list.cur < 0)
        return;
    int cmd = p->cmd[p->list.cur];
    sg_app_pop(a);
    sg_app_run(a, cmd);
}

bool sg_picker_key(struct sg_view *v, const struct sg_key *k)
{
    struct sg_picker *p = (struct sg_picker *)v;
    if (k->kind == SG_KEY_NAMED && sg_eq(k->name, "Enter")) {
        run(p);
        return true;
    }
    if (k->kind == SG_KEY_NAMED && moves(k->name) != SG_CMD_NONE) {
        sg_list_command(&p->list, moves(k->name));
        v->dirty = SG_DIRTY_ROWS;
        return true;
    }
    if (k->kind == SG_KEY_MOUSE) {
        if (!sg_list_mouse(&p->list, &p->list.at, k))
            return false;
        v->dirty = SG_DIRTY_ROWS;
        return true;
    }
    if (k->kind == SG_KEY_NAMED && sg_eq(k->name, "Esc") && p->query[0]) {
        p->query[0] = '\0';
        match(p);
        return true;
    }
    return typed(p, k);
}

bool sg_picker_command(struct sg_view *v, int cmd)
{
    struct sg_picker *p = (struct sg_picker *)v;
    if (cmd == SG_CMD_SAVE) {
        run(p);
        return true;
    }
    return cmd == SG_CMD_PALETTE || cmd == SG_CMD_HELP;   /* already open */
}

/* What can be done may have changed: another connection, a citizen read again. */
void sg_picker_tell(struct sg_view *v, const struct sg_tell *t)
{
    struct sg_picker *p = (struct sg_picker *)v;
    if (t->kind != SG_TELL_STATUS && t->kind != SG_TELL_ME && t->kind != SG_TELL_CITIZEN)
        return;
    sg_app_gate(v->app, &p->gate);
    sg_list_invalidate(&p->list);
    v->dirty = SG_DIRTY_ALL;
}
