/* Every restriction a person has had: in force, lifted, annulled; nothing is ever deleted. The chosen one stands in full below. */
#include "ui/views/common.h"
#include "base/i18n.h"
#include "base/str.h"

struct history_view { struct sg_view v; struct sg_citizen citizen; bool have; struct sg_list list; };

static struct history_view *self(struct sg_view *v)
{
    return (struct history_view *)(void *)v;
}

/* Newest first. */
static const struct sg_restriction *at(const struct history_view *h, long i)
{
    return i >= 0 && (size_t)i < h->citizen.n_restrictions ? &h->citizen.restriction[h->citizen.n_restrictions - 1 - (size_t)i] : NULL;
}

static void take(struct history_view *h, const struct sg_citizen *c)
{
    struct sg_citizen copy;
    if (!c || sg_citizen_copy(&copy, c) != SG_E_OK)
        return;
    if (h->have)
        sg_citizen_free(&h->citizen);
    h->citizen = copy;
    h->have = true;
    sg_list_set_count(&h->list, (long)copy.n_restrictions);
    sg_list_invalidate(&h->list);
    h->v.dirty = SG_DIRTY_ALL;
}

static void open_view(struct sg_view *v, const struct sg_view_arg *a)
{
    struct history_view *h = self(v);
    sg_list_init(&h->list);
    take(h, a->citizen);
    for (long i = 0; a->text && h->have && i < (long)h->citizen.n_restrictions; i++)
        if (sg_eq(at(h, i)->id, a->text))
            h->list.cur = i;
}

static void close_view(struct sg_view *v)
{
    if (self(v)->have)
        sg_citizen_free(&self(v)->citizen);
}

static void title(struct sg_view *v, char *dst, size_t cap)
{
    sg_format(dst, cap, _("History  %s"), self(v)->have ? self(v)->citizen.name : "");
}

static const char *state_title(const struct history_view *h, const struct sg_restriction *r)
{
    if (r->state == SG_RS_ANNULLED)
        return _("annulled");
    if (r->state == SG_RS_LIFTED)
        return _("lifted");
    return sg_restriction_in_force(r, sg_app_today(h->v.app)) ? _("in force") : _("ended");
}

static void row(void *ctx, const struct sg_canvas *c, long i, bool focused)
{
    struct history_view *h = ctx;
    const struct sg_restriction *r = at(h, i);
    char object[160], when[SG_RFC3339_MAX];
    enum sg_ui_role role = focused ? SG_UI_CURSOR : r && r->state == SG_RS_ACTIVE ? SG_UI_TEXT : SG_UI_DIM;
    sg_focus_row(c, 0, focused);
    if (!r)
        return;
    sg_restriction_object(object, sizeof object, r, &h->citizen, sg_app_policy(h->v.app));
    sg_local_stamp(when, r->made.registered_at, sg_app_now(h->v.app));
    sg_put(c, 0, 2, 16, role, when);
    sg_put(c, 0, 19, 11, role, state_title(h, r));
    sg_put(c, 0, 31, 17, role, sg_restriction_title(r->kind));
    sg_put(c, 0, 49, c->w - 49, role, object);
}

static int deed(const struct history_view *h, const struct sg_canvas *c, int y, const char *head, const struct sg_deed *d)
{
    char when[SG_RFC3339_MAX], decided[SG_RFC3339_MAX];
    if (d->registered_at <= 0)
        return y;
    sg_local_stamp(when, d->registered_at, sg_app_now(h->v.app));
    sg_local_stamp(decided, d->performed_at, sg_app_now(h->v.app));
    sg_putf(c, y++, 1, -1, SG_UI_STRONG, "%s %s", head, when);
    sg_putf(c, y++, 3, -1, SG_UI_TEXT, d->offline ? _("by %s (%s), decided %s without contact with the service") : _("by %s (%s), decided %s"), d->actor_name, d->actor, decided);
    if (d->requester[0])
        sg_putf(c, y++, 3, -1, SG_UI_TEXT, _("requested by %s"), d->requester);
    if (d->reference[0])
        sg_putf(c, y++, 3, -1, SG_UI_TEXT, _("reference %s"), d->reference);
    if (d->reason[0]) {
        struct sg_canvas in = sg_canvas_sub(c, 0, 3, c->h, c->w - 4);
        y += sg_put_wrapped(&in, y, 0, SG_UI_TEXT, d->reason);
    }
    return y;
}

static void draw(struct sg_view *v, const struct sg_canvas *c)
{
    struct history_view *h = self(v);
    int foot = c->h / 2;
    if (v->dirty == SG_DIRTY_ALL)
        sg_canvas_clear(c, SG_UI_TEXT);
    h->list.empty = _("This person has never had a restriction.");
    struct sg_canvas body = sg_canvas_sub(c, 0, 0, c->h - foot, c->w);
    sg_list_draw(&h->list, &body, true, row, h);
    struct sg_canvas low = sg_canvas_sub(c, c->h - foot, 0, foot, c->w);
    const struct sg_restriction *r = at(h, h->list.cur);
    sg_canvas_clear(&low, SG_UI_TEXT);
    sg_rule(&low, 0, SG_UI_DIM);
    if (!r)
        return;
    int y = deed(h, &low, 1, _("In effect"), &r->made);
    if (r->decision_by[0])
        sg_putf(&low, y++, 3, -1, SG_UI_TEXT, _("decided by %s"), r->decision_by);
    y = deed(h, &low, y, r->state == SG_RS_ANNULLED ? _("Annulled") : _("Lifted"), &r->ended);
    if (r->consulted_with[0])
        sg_putf(&low, y, 3, -1, SG_UI_TEXT, _("consulted %s"), r->consulted_with);
}

static bool command(struct sg_view *v, int cmd)
{
    struct history_view *h = self(v);
    const struct sg_restriction *r = at(h, h->list.cur);
    if (r && (cmd == SG_CMD_LIFT || cmd == SG_CMD_ANNUL)) {
        sg_end_restriction(v->app, &h->citizen, r, cmd == SG_CMD_ANNUL);
        return true;
    }
    if (!sg_list_command(&h->list, cmd))
        return false;
    v->dirty = SG_DIRTY_ALL;
    return true;
}

static void tell(struct sg_view *v, const struct sg_tell *t)
{
    if (t->kind == SG_TELL_CITIZEN && t->citizen && self(v)->have && sg_eq(t->citizen->id, self(v)->citizen.id))
        take(self(v), t->citizen);
}

static void gate(struct sg_view *v, struct sg_gate *g)
{
    const struct sg_restriction *r = at(self(v), self(v)->list.cur);
    g->citizen = self(v)->have ? &self(v)->citizen : NULL;
    g->row = r != NULL;
}

static const int hints[] = {SG_CMD_LIFT, SG_CMD_ANNUL, SG_CMD_BACK, SG_CMD_NONE};

const struct sg_view_ops sg_view_history = {
    .name = "history", .context = SG_CTX_CITIZEN, .size = sizeof(struct history_view), .open = open_view, .close = close_view, .title = title,
    .draw = draw, .command = command, .tell = tell, .gate = gate, .hints = hints};
