/* Why: every cell of the access table as a sentence with the rule behind it, and the day on which the rules change by themselves. */
#include "ui/views/common.h"
#include "base/i18n.h"
#include "base/str.h"

struct explain_view { struct sg_view v; struct sg_citizen citizen; bool have; struct sg_list list; size_t n; struct sg_access_row rows[SG_ACCESS_ROWS_MAX]; };

static struct explain_view *self(struct sg_view *v)
{
    return (struct explain_view *)(void *)v;
}

static void open_view(struct sg_view *v, const struct sg_view_arg *a)
{
    struct explain_view *e = self(v);
    e->have = a->citizen && sg_citizen_copy(&e->citizen, a->citizen) == SG_E_OK;
    sg_list_init(&e->list);
    if (e->have)
        e->n = sg_access_list(sg_app_policy(v->app), &e->citizen, sg_app_today(v->app), e->rows);
    sg_list_set_count(&e->list, (long)e->n);
}

static void close_view(struct sg_view *v)
{
    if (self(v)->have)
        sg_citizen_free(&self(v)->citizen);
}

static void title(struct sg_view *v, char *dst, size_t cap)
{
    (void)v;
    sg_copy(dst, cap, _("Why"));
}

static void row(void *ctx, const struct sg_canvas *c, long i, bool focused)
{
    struct explain_view *e = ctx;
    const struct sg_access_row *r = &e->rows[i];
    enum sg_ui_role role = focused ? SG_UI_CURSOR : SG_UI_TEXT;
    sg_focus_row(c, 0, focused);
    sg_put(c, 0, 2, 21, role, r->name);
    sg_put(c, 0, 24, 17, focused ? SG_UI_CURSOR : SG_UI_DIM, _(sg_service_title(r->service)));
    sg_draw_access(c, 0, 42, c->w - 42, r, focused);
}

/* What could change the chosen cell. */
static const char *what_would_change(const struct sg_access_row *r)
{
    switch (r->why.rule) {
    case SG_RULE_BLOCKED:
        return _("A block is lifted by the unit that decided it: choose it under Restrictions and lift it.");
    case SG_RULE_LOCKED:
        return _("The login opens when every region that holds a lock has removed it.");
    case SG_RULE_SEALED: case SG_RULE_SEALED_PART:
        return _("A seal is removed by staff after the citizen or the care provider has asked for it.");
    case SG_RULE_UNDER_AGE: case SG_RULE_OVER_AGE:
        return _("This follows from the age. From 13 to 15 a unit can grant access to its own information after a harm assessment.");
    case SG_RULE_PROTECTED:
        return _("This follows by itself from the population register and ends with it.");
    case SG_RULE_GUARDIAN: case SG_RULE_OWN: case SG_RULE_GRANTED_UNIT: case SG_RULE_REPRESENTATIVE:
        return _("Nothing restricts this now. Protect shows every measure on one page.");
    case SG_RULE_NOT_COVERED:
        return _("A login lock does not stop other services that are reached by a jump-out link.");
    default:
        return _("This cannot be changed here.");
    }
}

static void draw(struct sg_view *v, const struct sg_canvas *c)
{
    struct explain_view *e = self(v);
    char day[11];
    sg_canvas_clear(c, SG_UI_TEXT);
    sg_list_invalidate(&e->list);
    e->list.empty = _("There is nobody to explain for.");
    struct sg_canvas body = sg_canvas_sub(c, 0, 0, c->h - 6, c->w);
    sg_list_draw(&e->list, &body, true, row, e);
    if (e->list.cur < 0 || (size_t)e->list.cur >= e->n)
        return;
    sg_rule(c, c->h - 6, SG_UI_DIM);
    const struct sg_access_row *r = &e->rows[e->list.cur];
    struct sg_canvas low = sg_canvas_sub(c, c->h - 5, 1, 5, c->w - 2);
    int y = sg_put_wrapped(&low, 0, 0, SG_UI_TEXT, what_would_change(r));
    sg_putf(&low, y++, 0, -1, SG_UI_DIM, _("Rule: %s"), sg_rule_name(r->why.rule));
    struct sg_date next = sg_policy_next_change(sg_app_policy(v->app), &e->citizen, sg_app_today(v->app));
    if (next.y > 0) {
        sg_date_format(day, next);
        sg_putf(&low, y, 0, -1, SG_UI_ATTENTION, _("The rules change by age on %s."), day);
    }
}

static bool command(struct sg_view *v, int cmd)
{
    if (!sg_list_command(&self(v)->list, cmd))
        return false;
    v->dirty = SG_DIRTY_ALL;
    return true;
}

static const int hints[] = {SG_CMD_BACK, SG_CMD_NONE};

const struct sg_view_ops sg_view_explain = {
    .name = "explain", .context = SG_CTX_LIST, .size = sizeof(struct explain_view), .open = open_view, .close = close_view, .title = title, .draw = draw,
    .command = command, .hints = hints};
