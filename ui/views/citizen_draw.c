/* Drawing of the citizen screen: facts, the access table, restrictions in force and what waits. From 120 columns the chosen
 * restriction is shown in full beside the list. */
#include "ui/views/citizen.h"
#include "base/i18n.h"
#include "base/str.h"
#include "base/utf8.h"
#include <string.h>

enum { WIDE = 120, ROOMY = 76, NAME_MIN = 12, NAME_MOST = 26, REL_MOST = 24 };
/* The access table's columns: name, relation (none in a narrow window), from x on two of w for the cells. */
struct cols { int name, rel, x, w; };

static void stale(struct citizen_view *cv, const struct sg_canvas *c, int y)
{
    const struct sg_change *w = &cv->changed;
    const char *again = sg_app_key(cv->v.app, SG_CMD_REFRESH);
    char when[SG_RFC3339_MAX] = "", text[400];
    if (w->at > 0)
        sg_local_stamp(when, w->at, sg_app_now(cv->v.app));
    if (w->by[0])
        sg_format(text, sizeof text, _("%s, %s, changed this citizen %s. %s reads again."), w->by, w->unit, when, again);
    else if (w->etag[0])
        sg_format(text, sizeof text, _("This citizen has been changed. %s reads again."), again);
    else
        sg_format(text, sizeof text, _("This citizen may have been changed. %s reads again."), again);
    sg_putf(c, y, 1, -1, SG_UI_ATTENTION, "! %s", text);
}

static int facts(struct citizen_view *cv, const struct sg_canvas *c, int y)
{
    const struct sg_citizen *z = &cv->now;
    char fresh[120], age[48];
    sg_age_text(age, sizeof age, z->pid.birth, sg_app_today(cv->v.app));
    int x = sg_put(c, y, 1, c->w / 3, SG_UI_STRONG, z->name) + 3;
    x += sg_put(c, y, x, 12, SG_UI_TEXT, age) + 2;
    if (sg_citizen_protected(z))
        x += sg_putf(c, y, x, -1, SG_UI_ATTENTION, "! %s", _("protected identity")) + 2;
    if (z->life == SG_DECEASED)
        x += sg_putf(c, y, x, -1, SG_UI_ATTENTION, "! %s", _("deceased")) + 2;
    if (z->pid.type != SG_PID_PERSONNUMMER)
        sg_put(c, y, x, -1, SG_UI_DIM, sg_pid_type_name(z->pid.type));
    sg_freshness_text(fresh, sizeof fresh, cv->from_cache, z->as_of, sg_app_now(cv->v.app));
    sg_put_right(c, y, c->w - 1, c->w / 2, cv->from_cache ? SG_UI_STALE : SG_UI_DIM, fresh);
    if (sg_citizen_stale(cv))
        stale(cv, c, ++y);
    return y + 1;
}

static int most(int a, int b) { return a > b ? a : b; }
static int least(int a, int b) { return a < b ? a : b; }

/* As wide as what stands in them needs, so that the rules have the rest; never so narrow that a heading or the waiting line is cut. */
static struct cols columns(const struct sg_access_table *t, int width)
{
    struct cols k = {.name = sg_access_names(t, NAME_MIN, NAME_MOST)};
    int heading = 4 + most(sg_width(_("Who reaches what, now")), 2 + sg_width(_("not yet in effect:")));
    for (size_t i = 0; i < t->n; i++) {
        const struct sg_access_row *r = t->row[i].eservices ? t->row[i].eservices : t->row[i].journal;
        k.rel = most(k.rel, sg_width(sg_relation_title(r->relation)) + 2);
    }
    k.rel = width < ROOMY ? 0 : least(k.rel, REL_MOST);
    k.x = most(2 + k.name + k.rel, heading + 1);
    k.w = (width - k.x) / 2;
    return k;
}

static void person_line(const struct sg_canvas *c, int y, const struct cols *k, const struct sg_access_row *any)
{
    sg_put(c, y, 2, k->name - 1, any->relation == SG_REL_SELF ? SG_UI_STRONG : SG_UI_TEXT, any->name);
    if (k->rel > 0)
        sg_put(c, y, 2 + k->name, k->x - 3 - k->name, SG_UI_DIM, sg_relation_title(any->relation));
}

/* "◷ → ✗ blocked …" under a row that own waiting acts will change. */
static int pending_line(const struct sg_canvas *c, int y, int x, int col, const struct sg_access_row *now_e, const struct sg_access_row *now_j,
                        const struct sg_access_row *then_e, const struct sg_access_row *then_j)
{
    bool e = now_e && then_e && now_e->reach != then_e->reach, j = now_j && then_j && now_j->reach != then_j->reach;
    if (!e && !j)
        return y;
    sg_putf(c, y, 4, x - 5, SG_UI_WAITING, "%s %s", sg_mark(SG_MARK_WAIT), _("not yet in effect:"));
    if (e)
        sg_draw_access(c, y, x, col - 1, then_e, false);
    if (j)
        sg_draw_access(c, y, x + col, col - 1, then_j, false);
    return y + 1;
}

static int access_table(struct citizen_view *cv, const struct sg_canvas *c, int y)
{
    struct sg_access_row rows[SG_ACCESS_ROWS_MAX], later[SG_ACCESS_ROWS_MAX];
    struct sg_access_table now, then = {0};
    const struct sg_policy *p = sg_app_policy(cv->v.app);
    sg_access_fold(&now, rows, sg_access_list(p, &cv->now, sg_app_today(cv->v.app), rows));
    if (cv->have_after)
        sg_access_fold(&then, later, sg_access_list(p, &cv->after, sg_app_today(cv->v.app), later));
    struct cols k = columns(&now, c->w);
    sg_heading(c, y, _("Who reaches what, now"));
    sg_put(c, y, k.x, k.w - 1, SG_UI_HEADING, _("e-services"));
    sg_put(c, y, k.x + k.w, k.w - 1, SG_UI_HEADING, _("journal"));
    y++;
    for (size_t i = 0; i < now.n; i++) {
        person_line(c, y, &k, now.row[i].eservices ? now.row[i].eservices : now.row[i].journal);
        sg_draw_access(c, y, k.x, k.w - 1, now.row[i].eservices, false);
        sg_draw_access(c, y, k.x + k.w, k.w, now.row[i].journal, false);
        y++;
        if (i < then.n)
            y = pending_line(c, y, k.x, k.w, now.row[i].eservices, now.row[i].journal, then.row[i].eservices, then.row[i].journal);
    }
    if (now.jump) {
        sg_put(c, y, 2, k.x - 3, SG_UI_TEXT, _("Jump-out services"));
        sg_draw_access(c, y++, k.x, c->w - k.x, now.jump, false);
    }
    if (sg_citizen_protected(&cv->now) && cv->now.n_relations == 0)
        sg_put(c, y++, 2, -1, SG_UI_DIM, _("Relations are not shown for a person with protected identity."));
    return y;
}

static void waiting_row(struct citizen_view *cv, const struct sg_canvas *row, const struct sg_qline *l, bool focused)
{
    char when[SG_RFC3339_MAX], tail[200];
    enum sg_ui_role r = focused ? SG_UI_CURSOR : sg_qstate_role(l->state);
    sg_local_stamp(when, l->created_at, sg_app_now(cv->v.app));
    if (sg_qstate_waiting(l->state))
        sg_format(tail, sizeof tail, _("queued %s · NOT YET IN EFFECT"), when);
    else
        sg_format(tail, sizeof tail, _("%s · press Enter"), sg_qstate_title(l->state));
    sg_put(row, 0, 2, 2, r, sg_mark(sg_qstate_mark(l->state)));
    int half = row->w / 2;
    sg_put(row, 0, 4, half - 5, focused ? SG_UI_CURSOR : SG_UI_TEXT, l->summary);
    sg_put(row, 0, half, row->w - half, r, tail);
}

static void restriction_row(void *ctx, const struct sg_canvas *row, long index, bool focused)
{
    struct citizen_view *cv = ctx;
    size_t i = (size_t)index;
    sg_focus_row(row, 0, focused);
    if (i >= cv->n_shown) {
        if (i - cv->n_shown < cv->n_pending)
            waiting_row(cv, row, &cv->line[i - cv->n_shown], focused);
        return;
    }
    const struct sg_restriction *r = &cv->now.restriction[cv->shown[i]];
    char object[160], since[SG_RFC3339_MAX], review[11], tail[220];
    enum sg_ui_role role = focused ? SG_UI_CURSOR : SG_UI_TEXT;
    sg_restriction_object(object, sizeof object, r, &cv->now, sg_app_policy(cv->v.app));
    sg_local_stamp(since, r->made.registered_at, sg_app_now(cv->v.app));
    sg_date_format(review, r->kind == SG_R_MINOR_GRANT ? r->to : r->review);
    sg_put(row, 0, 2, 2, focused ? SG_UI_CURSOR : r->kind == SG_R_MINOR_GRANT ? SG_UI_OK : SG_UI_BLOCKED, sg_mark(r->kind == SG_R_MINOR_GRANT ? SG_MARK_OK : SG_MARK_NO));
    int kind = row->w < ROOMY ? 17 : 21, at = row->w < ROOMY ? 4 + kind + 18 : row->w / 2;
    sg_put(row, 0, 4, kind - 1, role, sg_restriction_title(r->kind));
    sg_put(row, 0, 4 + kind, at - kind - 5, role, object);
    sg_format(tail, sizeof tail, _("since %s"), since);
    int x = at + sg_put(row, 0, at, row->w - at, focused ? SG_UI_CURSOR : SG_UI_DIM, tail);
    if (review[0]) {
        sg_format(tail, sizeof tail, r->kind == SG_R_MINOR_GRANT ? _("until %s") : _("review %s"), review);
        x += 2 + sg_put(row, 0, x + 2, row->w - x - 2, focused ? SG_UI_CURSOR : SG_UI_DIM, tail);
    }
    if (r->made.reference[0])
        sg_putf(row, 0, x + 2, row->w - x - 2, focused ? SG_UI_CURSOR : SG_UI_DIM, _("ref %s"), r->made.reference);
}

static void detail(struct citizen_view *cv, const struct sg_canvas *c)
{
    const struct sg_restriction *r = sg_citizen_chosen(cv);
    char when[SG_RFC3339_MAX], object[160];
    if (!r)
        return;
    int y = sg_heading(c, 0, _("Chosen restriction"));
    sg_restriction_object(object, sizeof object, r, &cv->now, sg_app_policy(cv->v.app));
    sg_put(c, y++, 1, -1, SG_UI_STRONG, sg_restriction_title(r->kind));
    sg_put(c, y++, 1, -1, SG_UI_TEXT, object);
    sg_local_stamp(when, r->made.registered_at, sg_app_now(cv->v.app));
    y += 1;
    sg_putf(c, y++, 1, -1, SG_UI_TEXT, _("In effect since %s"), when);
    sg_local_stamp(when, r->made.performed_at, sg_app_now(cv->v.app));
    sg_putf(c, y++, 1, -1, SG_UI_TEXT, _("Decided %s"), when);
    sg_putf(c, y++, 1, -1, SG_UI_TEXT, _("Registered by %s"), r->made.actor_name[0] ? r->made.actor_name : r->made.actor);
    if (r->decision_by[0])
        sg_putf(c, y++, 1, -1, SG_UI_TEXT, _("Decided by %s"), r->decision_by);
    if (r->made.reference[0])
        sg_putf(c, y++, 1, -1, SG_UI_TEXT, _("Reference %s"), r->made.reference);
    if (r->made.reason[0])
        sg_put_wrapped(c, y, 1, SG_UI_TEXT, r->made.reason);
}

static void nothing(struct citizen_view *cv, const struct sg_canvas *c)
{
    sg_canvas_clear(c, SG_UI_TEXT);
    if (cv->failed)
        sg_put_wrapped(c, 1, 2, SG_UI_ERROR, cv->problem);
    else
        sg_put(c, 1, 2, -1, SG_UI_DIM, _("Reading…  Esc cancels"));
}

void sg_citizen_draw(struct sg_view *v, const struct sg_canvas *c)
{
    struct citizen_view *cv = (struct citizen_view *)(void *)v;
    if (!cv->have) {
        nothing(cv, c);
        return;
    }
    struct sg_canvas main = sg_canvas_sub(c, 0, 0, c->h, c->w >= WIDE ? c->w * 2 / 3 : c->w);
    int y = 0;
    if (v->dirty == SG_DIRTY_ALL)
        sg_canvas_clear(c, SG_UI_TEXT);
    y = facts(cv, &main, y);
    y = access_table(cv, &main, y + (main.h > 18));
    sg_rule(&main, y++, SG_UI_DIM);
    sg_heading(&main, y++, _("Restrictions"));
    cv->list.empty = _("Nothing is in force for this person.");
    struct sg_canvas rest = sg_canvas_sub(&main, y, 0, main.h - y, main.w);
    sg_list_draw(&cv->list, &rest, true, restriction_row, cv);
    if (c->w >= WIDE) {
        struct sg_canvas side = sg_canvas_sub(c, 2, main.w + 2, c->h - 2, c->w - main.w - 3);
        sg_canvas_clear(&side, SG_UI_TEXT);
        detail(cv, &side);
    }
}
