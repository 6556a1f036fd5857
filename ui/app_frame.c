/* The one frame function. Line 1: who, and three separate facts: connection, queue, log. Line 2: where. Then the view, a line for the
 * last message, and the hints. Only what is dirty is painted: a moved choice costs two rows. Dialogs are drawn over the view below, so
 * when anything below a dialog changes, everything from there up is painted again. */
#include "ui/app.h"
#include "base/i18n.h"
#include "base/str.h"
#include "base/utf8.h"
#include "ui/term.h"
#include <string.h>

/* ---- line 1 ---- */

struct bar_part { char text[64]; int rank; };           /* rank: the highest goes first when there is no room */

static void link_part(const struct sg_status *s, struct bar_part *p)
{
    static const char *const words[] = {
        [SG_LINK_STARTING] = N_("connecting"), [SG_LINK_ONLINE] = N_("online"),
        [SG_LINK_OFFLINE] = N_("offline"), [SG_LINK_AUTH] = N_("identity not accepted") };
    static const enum sg_mark marks[] = { [SG_LINK_STARTING] = SG_MARK_OFFLINE, [SG_LINK_ONLINE] = SG_MARK_ONLINE,
                                          [SG_LINK_OFFLINE] = SG_MARK_OFFLINE, [SG_LINK_AUTH] = SG_MARK_NO };
    sg_format(p->text, sizeof p->text, "%s %s", sg_mark(marks[s->link]), _(words[s->link]));
}

static void store_part(const struct sg_status *s, struct bar_part *p)
{
    sg_format(p->text, sizeof p->text, s->store_open ? _("%s queue read-only") : _("%s queue not open"), sg_mark(SG_MARK_NEED));
}

static int bar_parts(const struct sg_app *a, struct bar_part p[SG_BAR_PARTS])
{
    const struct sg_status *s = &a->status;
    int n = 0;
    if (a->cfg->drill) {
        sg_format(p[n].text, sizeof p[n].text, sg_term_utf8() ? "▓ %s ▓" : "# %s #", _("DRILL"));
        p[n++].rank = 0;
    }
    if (a->left.on) {
        sg_format(p[n].text, sizeof p[n].text, sg_term_utf8() ? "▓ %s ▓" : "# %s #", _("LEFT BEHIND"));
        p[n++].rank = 0;
    }
    link_part(s, &p[n]);
    p[n++].rank = 0;
    sg_format(p[n].text, sizeof p[n].text, "%s %zu", sg_term_utf8() ? "⇅" : _("queue"), s->queue.waiting);
    p[n++].rank = 2;
    if (s->queue.waiting > 0) {
        sg_format(p[n].text, sizeof p[n].text, ngettext("%s %zu not yet in effect", "%s %zu not yet in effect", s->queue.waiting), sg_mark(SG_MARK_WAIT), s->queue.waiting);
        p[n++].rank = 1;
    }
    if (s->queue.need_you > 0) {
        sg_format(p[n].text, sizeof p[n].text, _("%s %zu need you"), sg_mark(SG_MARK_NEED), s->queue.need_you);
        p[n++].rank = 0;
    }
    if (s->store_err != SG_E_OK) {
        store_part(s, &p[n]);
        p[n++].rank = 0;
    }
    if (s->log.forked) {
        sg_format(p[n].text, sizeof p[n].text, _("%s log FORKED"), sg_mark(SG_MARK_NO));
        p[n++].rank = 0;
    } else if (s->log.verified >= 0 || s->events >= 0) {            /* ticked when verified, else only as heard */
        bool verified = s->log.verified >= 0, alone = verified && s->log.quorum > 0 && !s->log.witnessed;
        if (alone)
            sg_format(p[n].text, sizeof p[n].text, _("%s log %lld not witnessed"), sg_mark(SG_MARK_NEED), (long long)s->log.verified);
        else
            sg_format(p[n].text, sizeof p[n].text, _("%s log %lld"), sg_mark(verified ? SG_MARK_OK : SG_MARK_STALE), (long long)(verified ? s->log.verified : s->events));
        p[n++].rank = alone ? 1 : 3;
    }
    if (s->log.new_epoch && !s->log.forked) {
        sg_format(p[n].text, sizeof p[n].text, _("%s log begun anew"), sg_mark(SG_MARK_NEED));
        p[n++].rank = 1;
    }
    return n;
}

static int parts_width(const struct bar_part *p, int n)
{
    int w = 1;
    for (int i = 0; i < n; i++)
        w += p[i].text[0] ? sg_width(p[i].text) + 2 : 0;
    return w;
}

static void join_parts(struct bar_part *p, int n, int room, char *dst, size_t cap)
{
    for (int rank = 3; rank > 0 && parts_width(p, n) > room; rank--)
        for (int i = 0; i < n; i++)
            if (p[i].rank == rank)
                p[i].text[0] = '\0';
    dst[0] = '\0';
    for (int i = 0; i < n; i++)
        if (p[i].text[0]) {
            size_t at = strlen(dst);
            sg_format(dst + at, cap - at, "%s%s", at ? "  " : "", p[i].text);
        }
}

static void draw_bar(const struct sg_app *a, const struct sg_canvas *screen)
{
    struct sg_canvas c = sg_canvas_sub(screen, 0, 0, 1, screen->w);
    struct bar_part part[SG_BAR_PARTS];
    char right[512], left[512];
    int n = bar_parts(a, part);
    join_parts(part, n, c.w - 12, right, sizeof right);
    if (a->have_me)
        sg_format(left, sizeof left, "sigill  %s · %s · %s", a->me.name, a->me.commission.name, a->me.commission.region_name);
    else
        SG_COPY(left, "sigill");
    sg_canvas_clear_row(&c, 0, SG_UI_BAR);
    int w = sg_width(right);
    sg_put_right(&c, 0, c.w - 1, w, SG_UI_BAR, right);
    sg_put(&c, 0, 1, c.w - w - 4, SG_UI_BAR, left);
}

/* ---- line 2 ---- */

static void draw_crumbs(const struct sg_app *a, const struct sg_canvas *screen)
{
    struct sg_canvas c = sg_canvas_sub(screen, 1, 0, 1, screen->w);
    char line[512] = "", part[160];
    struct sg_view *ground = NULL;
    for (int i = 0; i < a->n; i++) {
        struct sg_view *v = a->view[i];
        if (v->ops->dialog || !v->ops->title)
            continue;
        ground = v;
        part[0] = '\0';
        v->ops->title(v, part, sizeof part);
        size_t at = strlen(line);
        sg_format(line + at, sizeof line - at, "%s%s", at ? " › " : "", part);
    }
    part[0] = '\0';
    if (ground && ground->ops->fresh)
        ground->ops->fresh(ground, part, sizeof part);
    sg_canvas_clear_row(&c, 0, SG_UI_CRUMB);
    int w = sg_width(part);
    sg_put_right(&c, 0, c.w - 1, w, SG_UI_DIM, part);
    sg_put(&c, 0, 1, c.w - w - 3, SG_UI_CRUMB, line);
}

/* ---- last lines ---- */

/* A message that does not fit into one row has up to three: its end is often the reason. */
static int toast_rows(const struct sg_app *a, int w)
{
    const struct sg_canvas nowhere = { 0, 0, 0, w - 4 };
    int rows = a->toast.at != 0 && sg_width(a->toast.text) > w - 4 ? sg_put_wrapped(&nowhere, 0, 0, SG_UI_TEXT, a->toast.text) : 1;
    return rows < 3 ? rows : 3;
}

static void draw_toast(const struct sg_app *a, const struct sg_canvas *screen)
{
    static const enum sg_mark marks[] = { [SG_TOAST_INFO] = SG_MARK_NONE, [SG_TOAST_OK] = SG_MARK_OK, [SG_TOAST_WAIT] = SG_MARK_WAIT,
                                          [SG_TOAST_BAD] = SG_MARK_NEED };
    struct sg_canvas c = sg_canvas_sub(screen, screen->h - 1 - a->toast_rows, 0, a->toast_rows, screen->w);
    struct sg_canvas text = sg_canvas_sub(&c, 0, 3, c.h, c.w - 4);
    enum sg_ui_role r = a->toast.kind == SG_TOAST_BAD ? SG_UI_ERROR : SG_UI_TOAST;
    sg_canvas_clear(&c, SG_UI_TEXT);
    if (a->status.log.forked) {                 /* stays until a person has looked; across the full width */
        sg_canvas_clear_row(&c, 0, SG_UI_ERROR);
        sg_putf(&c, 0, 1, c.w - 2, SG_UI_ERROR, _("%s THE EVENT LOG DOES NOT FIT WHAT WAS SEEN BEFORE. Nothing is sent. Call security; “sigill status” says more."),
                sg_mark(SG_MARK_NEED));
        return;
    }
    if (a->toast.at == 0)
        return;
    sg_put_mark(&c, 0, 1, marks[a->toast.kind]);
    if (c.h == 1)
        sg_put(&text, 0, 0, -1, r, a->toast.text);
    else
        sg_put_wrapped(&text, 0, 0, r, a->toast.text);
}

/* In the last line one word must do where the screen says what it is about. */
static const char *hint_title(int cmd)
{
    static const struct { int cmd; const char *title; } word[] = {
        { SG_CMD_ACTION(SG_ACT_GUARDIAN_BLOCK), N_("Block…") }, { SG_CMD_ACTION(SG_ACT_LOGIN_LOCK), N_("Lock…") },
        { SG_CMD_ACTION(SG_ACT_RECORD_SEAL), N_("Seal…") }, { SG_CMD_TOGGLE, N_("Change") } };
    for (size_t i = 0; i < sizeof word / sizeof word[0]; i++)
        if (word[i].cmd == cmd)
            return _(word[i].title);
    const struct sg_cmd_def *d = sg_cmd_def(cmd);
    return d ? _(d->title) : "";
}

static int hint_width(const struct sg_app *a, enum sg_context ctx, int cmd)
{
    const char *key = sg_keymap_key(&a->keys, cmd, ctx);
    return *key ? sg_width(key) + 1 + sg_width(hint_title(cmd)) : 0;
}

static void draw_hint(struct sg_app *a, const struct sg_canvas *c, int x, enum sg_context ctx, int cmd, bool enabled)
{
    int w = hint_width(a, ctx, cmd), used = sg_put(c, 0, x, -1, enabled ? SG_UI_HINT_KEY : SG_UI_DISABLED, sg_keymap_key(&a->keys, cmd, ctx));
    sg_put(c, 0, x + used + 1, -1, enabled ? SG_UI_HINT : SG_UI_DISABLED, hint_title(cmd));
    if (a->n_spots < (int)(sizeof a->spot / sizeof a->spot[0]))
        a->spot[a->n_spots++] = (struct sg_hint_spot){ cmd, x, w };
}

static bool enabled_now(const struct sg_app *a, int cmd)
{
    char reason[320];
    struct sg_gate g;
    sg_app_gate(a, &g);
    return sg_cmd_enabled(cmd, &g, reason, sizeof reason);
}

enum { HINTS_MAX = 16 };
struct hints { int n, width; struct { int cmd, w; bool enabled; } of[HINTS_MAX]; };

static void want_hint(const struct sg_app *a, enum sg_context ctx, int cmd, struct hints *h)
{
    int w = hint_width(a, ctx, cmd);
    for (int i = 0; i < h->n; i++)
        if (h->of[i].cmd == cmd)
            return;
    if (w == 0 || cmd == SG_CMD_HELP || h->n == HINTS_MAX)
        return;
    h->of[h->n].cmd = cmd;
    h->of[h->n].w = w;
    h->of[h->n++].enabled = enabled_now(a, cmd);
    h->width += w;
}

static void wanted_hints(const struct sg_app *a, enum sg_context ctx, struct hints *h)
{
    struct sg_view *v = sg_app_top(a);
    const int *own = v && v->ops->hints_now ? v->ops->hints_now(v) : v ? v->ops->hints : NULL;
    h->n = h->width = 0;
    for (; own && *own != SG_CMD_NONE; own++)
        want_hint(a, ctx, *own, h);
    want_hint(a, ctx, SG_CMD_PALETTE, h);
}

/* When there is no room for all, what cannot be done now goes first, then the least important. */
static void draw_hints(struct sg_app *a, const struct sg_canvas *screen)
{
    struct sg_canvas c = sg_canvas_sub(screen, screen->h - 1, 0, 1, screen->w);
    const struct sg_view *v = sg_app_top(a);
    enum sg_context ctx = v ? v->ops->context : SG_CTX_GLOBAL;
    struct hints h;
    int help = hint_width(a, ctx, SG_CMD_HELP), x = 1, room = c.w - help - 3, gap = 3;
    wanted_hints(a, ctx, &h);
    if (h.width + gap * h.n > room)
        gap = 2;
    bool crowded = h.width + gap * h.n > room;
    sg_canvas_clear_row(&c, 0, SG_UI_HINT);
    a->n_spots = 0;
    for (int i = 0; i < h.n; i++) {
        if (x + h.of[i].w > room || (crowded && !h.of[i].enabled))
            continue;
        draw_hint(a, &c, x, ctx, h.of[i].cmd, h.of[i].enabled);
        x += h.of[i].w + gap;
    }
    draw_hint(a, &c, c.w - help - 1, ctx, SG_CMD_HELP, true);
}

/* ---- views ---- */

static struct sg_canvas dialog_rect(struct sg_view *v, const struct sg_canvas *area)
{
    int h = area->h - 2, w = area->w - 4;
    if (v->ops->dialog_size)
        v->ops->dialog_size(v, &h, &w);
    h = h + 2 > area->h ? area->h : h + 2;
    w = w + 4 > area->w ? area->w : w + 4;
    return sg_canvas_sub(area, (area->h - h) / 2, (area->w - w) / 2, h, w);
}

static void draw_view(struct sg_app *a, int i, const struct sg_canvas *area)
{
    struct sg_view *v = a->view[i];
    struct sg_canvas c = *area;
    if (v->ops->dialog) {
        char title[160] = "";
        struct sg_canvas rect = dialog_rect(v, area);
        a->rect[i] = rect;
        c = sg_canvas_sub(&rect, 1, 2, rect.h - 2, rect.w - 4);
        if (v->dirty == SG_DIRTY_ALL) {
            sg_canvas_clear(&rect, SG_UI_TEXT);
            if (v->ops->title)
                v->ops->title(v, title, sizeof title);
            sg_box(&rect, SG_UI_DIALOG, title);
        }
    } else {
        a->rect[i] = c;
        if (v->dirty == SG_DIRTY_ALL)
            sg_canvas_clear(&c, SG_UI_TEXT);
    }
    a->drawing = v;
    v->ops->draw(v, &c);
    a->drawing = NULL;
    v->dirty = SG_DIRTY_NONE;
}

/* The lowest view that must be painted; everything above it follows. a->n: nothing. */
static int lowest_dirty(struct sg_app *a, int base, const struct sg_canvas *area)
{
    for (int i = base; i < a->n; i++) {
        struct sg_view *v = a->view[i];
        if (v->ops->dialog && v->dirty == SG_DIRTY_ALL) {
            struct sg_canvas now = dialog_rect(v, area);
            if (memcmp(&now, &a->rect[i], sizeof now) != 0)
                return base;
        }
    }
    for (int i = base; i < a->n; i++)
        if (a->view[i]->dirty != SG_DIRTY_NONE)
            return i;
    return a->n;
}

static bool draw_views(struct sg_app *a, const struct sg_canvas *screen)
{
    struct sg_canvas area = sg_canvas_sub(screen, 2, 0, screen->h - 3 - a->toast_rows, screen->w);
    int base = a->n - 1;
    while (base > 0 && a->view[base]->ops->dialog)
        base--;
    int from = a->all_dirty ? base : lowest_dirty(a, base, &area);
    for (int i = from; i < a->n; i++) {
        if (a->all_dirty || from < a->n - 1)
            a->view[i]->dirty = SG_DIRTY_ALL;
        draw_view(a, i, &area);
    }
    return from < a->n;
}

/* A moved choice rarely changes what can be done; the hints are judged again only when it may. */
static bool hints_stand(struct sg_app *a)
{
    struct sg_gate g;
    sg_app_gate(a, &g);
    const struct sg_gate *was = &a->hint_gate;
    bool same = g.me == was->me && g.link == was->link && g.read_only == was->read_only && g.citizen == was->citizen && g.row == was->row
             && g.waiting_row == was->waiting_row && g.conflict_row == was->conflict_row;
    a->hint_gate = g;
    return same;
}

static void draw_small(const struct sg_app *a, const struct sg_canvas *screen)
{
    char text[256];
    sg_format(text, sizeof text, _("The window is too small: %d×%d is needed. Queue: %zu not yet in effect, %zu need you."), SG_MIN_COLS, SG_MIN_ROWS,
              a->status.queue.waiting, a->status.queue.need_you);
    sg_canvas_reset();
    sg_put_wrapped(screen, 0, 0, SG_UI_TEXT, text);
}

void sg_app_frame(struct sg_app *a)
{
    struct sg_canvas screen = sg_canvas_screen();
    if (a->n == 0)
        return;
    if (a->blank) {
        sg_canvas_reset();
        sg_put(&screen, screen.h / 2, 2, -1, SG_UI_DIM, _("Hidden. Press any key."));
    } else if (screen.h < SG_MIN_ROWS || screen.w < SG_MIN_COLS) {
        draw_small(a, &screen);
    } else {
        int rows = toast_rows(a, screen.w);
        a->all_dirty = a->all_dirty || rows != a->toast_rows;
        a->toast_rows = rows;
        if (a->all_dirty)
            sg_canvas_reset();
        enum sg_dirty top = sg_app_top(a)->dirty;
        bool any = draw_views(a, &screen);
        if (a->all_dirty || a->bar_dirty)
            draw_bar(a, &screen);
        if (a->all_dirty || a->bar_dirty || (any && top != SG_DIRTY_ROWS))
            draw_crumbs(a, &screen);
        if (a->all_dirty || a->bar_dirty)
            draw_toast(a, &screen);
        if (!hints_stand(a) || a->all_dirty || a->bar_dirty || (any && top != SG_DIRTY_ROWS))
            draw_hints(a, &screen);
        a->all_dirty = a->bar_dirty = false;
    }
    sg_canvas_show();
}
