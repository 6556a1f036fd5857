/* Protect: every protective measure for one person on one page, carried out as one act: everything or nothing. The table below
 * shows, while boxes are ticked, who would still reach what afterwards. */
#include "ui/views/common.h"
#include "base/i18n.h"
#include "base/str.h"
#include <string.h>

/* What a form row stands for. */
enum { TAG_BLOCK = 100, TAG_WITHDRAW = 200, TAG_LOCK = 300, TAG_REGION, TAG_SEAL, TAG_REFERENCE, TAG_DECIDED, TAG_REASON };
struct protect_view {
    struct sg_view v;
    struct sg_citizen citizen; bool have;
    struct sg_form form; bool warned;
    struct sg_action action; struct sg_preview preview; bool previewed;
};

static struct protect_view *self(struct sg_view *v)
{
    return (struct protect_view *)(void *)v;
}

static void guardian_boxes(struct protect_view *p)
{
    struct sg_date today = sg_app_today(p->v.app);
    for (size_t i = 0; i < p->citizen.n_relations; i++) {
        char label[96];
        if (p->citizen.relation[i].kind != SG_REL_GUARDIAN)
            continue;
        sg_format(label, sizeof label, _("Block guardian  %s"), p->citizen.relation[i].name);
        struct sg_form_field *f = sg_form_check(&p->form, label, false, _("Neither journal nor acting for the child"));
        if (!f)
            return;
        f->tag = TAG_BLOCK + (int)i;
        if (sg_guardian_blocked(&p->citizen, p->citizen.relation[i].person, today)) {
            f->disabled = true;
            SG_COPY(f->why, _("already blocked"));
        }
    }
}

static void grant_boxes(struct protect_view *p)
{
    struct sg_date today = sg_app_today(p->v.app);
    int found = 0;
    for (size_t i = 0; i < p->citizen.n_restrictions && i < 100; i++) {
        char label[96], object[160];
        const struct sg_restriction *r = &p->citizen.restriction[i];
        if (r->kind != SG_R_MINOR_GRANT || !sg_restriction_in_force(r, today))
            continue;
        sg_restriction_object(object, sizeof object, r, &p->citizen, sg_app_policy(p->v.app));
        sg_format(label, sizeof label, _("Withdraw minor access  %s"), object);
        struct sg_form_field *f = sg_form_check(&p->form, label, false, _("The ordinary age rules apply again"));
        if (f)
            f->tag = TAG_WITHDRAW + (int)i;
        found++;
    }
    if (found > 0)
        return;
    struct sg_form_field *f = sg_form_check(&p->form, _("Withdraw minor access"), false, NULL);
    if (f) {
        f->disabled = true;
        SG_COPY(f->why, _("none is granted"));
    }
}

static void tagged(struct sg_form_field *f, int tag)
{
    if (f)
        f->tag = tag;
}

static void open_view(struct sg_view *v, const struct sg_view_arg *a)
{
    struct protect_view *p = self(v);
    const struct sg_policy *policy = sg_app_policy(v->app);
    const struct sg_actor *me = sg_app_me(v->app);
    p->have = a->citizen && sg_citizen_copy(&p->citizen, a->citizen) == SG_E_OK;
    sg_form_init(&p->form);
    guardian_boxes(p);
    grant_boxes(p);
    tagged(sg_form_check(&p->form, _("Lock login"), false, _(sg_action_def(SG_ACT_LOGIN_LOCK)->not_covered)), TAG_LOCK);
    struct sg_form_field *region = sg_form_choice(&p->form, _("  at the request of"), NULL);
    for (size_t i = 0; region && i < policy->n_regions; i++) {
        sg_form_add_choice(region, policy->region[i].code, policy->region[i].name);
        if (me && sg_eq(me->commission.region, policy->region[i].code))
            region->choice = region->n_choices - 1;
    }
    tagged(region, TAG_REGION);
    tagged(sg_form_check(&p->form, _("Seal record  the whole account"), false, _(sg_action_def(SG_ACT_RECORD_SEAL)->not_covered)), TAG_SEAL);
    tagged(sg_form_text(&p->form, _("Reference"), "", SG_REF_MAX - 1, _("Diary number or another pointer to the decision")), TAG_REFERENCE);
    tagged(sg_form_text(&p->form, _("Decided by"), "", SG_HSA_MAX - 1, _("HSA-id of the head of operations")), TAG_DECIDED);
    tagged(sg_form_text(&p->form, _("Reason"), "", SG_TEXT_MAX - 1, _("In your own words; it stands in the event log.")), TAG_REASON);
}

static void close_view(struct sg_view *v)
{
    struct protect_view *p = self(v);
    sg_form_free(&p->form);
    if (p->have)
        sg_citizen_free(&p->citizen);
}

static void title(struct sg_view *v, char *dst, size_t cap)
{
    struct protect_view *p = self(v);
    sg_format(dst, cap, _("Protect %s"), p->have ? p->citizen.name : "");
}

static struct sg_form_field *field(struct protect_view *p, int tag)
{
    for (int i = 0; i < p->form.n; i++)
        if (p->form.f[i].tag == tag)
            return &p->form.f[i];
    return NULL;
}

static const char *value(struct protect_view *p, int tag)
{
    struct sg_form_field *f = field(p, tag);
    return f ? sg_form_value(f) : "";
}

static enum sg_err set_common(struct protect_view *p, struct sg_part *part, struct sg_error *e)
{
    enum sg_err err = sg_part_set(part, "reference", value(p, TAG_REFERENCE), e);
    if (err == SG_E_OK && sg_action_field(part->kind, "decisionBy"))
        err = sg_part_set(part, "decisionBy", value(p, TAG_DECIDED), e);
    return err;
}

static enum sg_err add(struct protect_view *p, enum sg_action_kind k, const char *name, const char *val, struct sg_error *e)
{
    struct sg_part *part = sg_action_add_part(&p->action, k);
    if (!part)
        return sg_fail(e, SG_E_LIMIT, sg_action_def(k)->name, "too many parts");
    enum sg_err err = sg_part_set(part, name, val, e);
    return err == SG_E_OK ? set_common(p, part, e) : err;
}

/* The ticked boxes as one action. */
static enum sg_err build(struct protect_view *p, struct sg_error *e)
{
    enum sg_err err = SG_E_OK;
    sg_action_init(&p->action, SG_ACT_CITIZEN_PROTECT, p->citizen.id);
    SG_COPY(p->action.observed, p->citizen.etag);
    SG_COPY(p->action.reason, value(p, TAG_REASON));
    for (int i = 0; i < p->form.n && err == SG_E_OK; i++) {
        const struct sg_form_field *f = &p->form.f[i];
        if (f->kind != SG_FF_CHECK || !f->checked || f->disabled)
            continue;
        if (f->tag == TAG_LOCK)
            err = add(p, SG_ACT_LOGIN_LOCK, "region", value(p, TAG_REGION), e);
        else if (f->tag == TAG_SEAL)
            err = add(p, SG_ACT_RECORD_SEAL, "scope", "account", e);
        else if (f->tag >= TAG_WITHDRAW)
            err = add(p, SG_ACT_MINOR_WITHDRAW, "restriction", p->citizen.restriction[f->tag - TAG_WITHDRAW].id, e);
        else if (f->tag >= TAG_BLOCK)
            err = add(p, SG_ACT_GUARDIAN_BLOCK, "guardian", p->citizen.relation[f->tag - TAG_BLOCK].person, e);
    }
    return err;
}

static void look_ahead(struct protect_view *p)
{
    struct sg_error e = {0};
    const struct sg_actor *me = sg_app_me(p->v.app);
    struct sg_effect_ctx x = {.policy = sg_app_policy(p->v.app), .actor = me, .today = sg_app_today(p->v.app), .now = sg_app_now(p->v.app)};
    p->previewed = p->have && me && build(p, &e) == SG_E_OK && sg_effect_preview(&x, &p->action, &p->citizen, &p->preview) == SG_E_OK;
}

static void draw(struct sg_view *v, const struct sg_canvas *c)
{
    struct protect_view *p = self(v);
    struct sg_access_table a;
    look_ahead(p);
    sg_canvas_clear(c, SG_UI_TEXT);
    if (!p->previewed) {
        sg_form_draw(&p->form, c);
        return;
    }
    sg_access_fold(&a, p->preview.after, p->preview.n_after);
    int tail = (int)a.n + 3;
    struct sg_canvas body = sg_canvas_sub(c, 0, 1, c->h - tail, c->w - 2);
    sg_form_draw(&p->form, &body);
    int y = c->h - tail;
    sg_rule(c, y++, SG_UI_DIM);
    y = sg_draw_after(c, y, &p->preview);
    char why[320];
    sg_why_text(why, sizeof why, &p->preview.why);
    if (p->action.n_parts > 0 && p->preview.verdict != SG_E_OK)
        sg_putf(c, y, 1, -1, SG_UI_ERROR, _("Cannot be done: %s"), why);
    else
        sg_put(c, y, 1, -1, SG_UI_DIM, _("Still open: Läkemedelskollen and other jump-out services."));
}

static bool save(struct protect_view *p)
{
    struct sg_error e = {0};
    enum sg_err err = build(p, &e);
    p->v.dirty = SG_DIRTY_ALL;
    if (p->action.n_parts == 0) {
        sg_app_toast(p->v.app, SG_TOAST_BAD, "%s", _("Tick at least one measure first."));
        return true;
    }
    if (err == SG_E_OK)
        err = sg_action_validate(&p->action, &e);
    if (err != SG_E_OK) {
        bool decided = strstr(e.where, "decisionBy") != NULL;
        struct sg_form_field *f = field(p, decided ? TAG_DECIDED : TAG_REFERENCE);
        if (f) {
            SG_COPY(f->error, sg_field_fault(decided ? SG_FT_STAFF : SG_FT_TEXT, f->text));
            p->form.cur = (int)(f - p->form.f);
        }
        sg_app_toast(p->v.app, SG_TOAST_BAD, "%s: %s", _(sg_err_text(err)), e.where);
        return true;
    }
    struct sg_view_arg a = {.kind = SG_ACT_CITIZEN_PROTECT, .action = &p->action, .citizen = &p->citizen};
    sg_app_push(p->v.app, &sg_view_confirm, &a);
    return true;
}

static bool command(struct sg_view *v, int cmd)
{
    struct protect_view *p = self(v);
    if (cmd == SG_CMD_BACK)
        return sg_form_keeps(v->app, &p->form, &p->warned);
    p->warned = false;
    if (cmd == SG_CMD_GO_ON)
        return save(p);
    bool took = sg_form_command(&p->form, cmd);
    if (took)
        v->dirty = SG_DIRTY_ALL;
    return took;
}

static bool key(struct sg_view *v, const struct sg_key *k)
{
    struct protect_view *p = self(v);
    if (!sg_form_key(&p->form, k))
        return false;
    p->warned = false;
    for (int i = 0; i < p->form.n; i++)
        p->form.f[i].error[0] = '\0';
    v->dirty = SG_DIRTY_ALL;
    return true;
}

static void gate(struct sg_view *v, struct sg_gate *g)
{
    g->citizen = self(v)->have ? &self(v)->citizen : NULL;
}

static const int hints[] = {SG_CMD_GO_ON, SG_CMD_TOGGLE, SG_CMD_NEXT_FIELD, SG_CMD_BACK, SG_CMD_NONE};

const struct sg_view_ops sg_view_protect = {
    .name = "protect", .context = SG_CTX_FORM, .size = sizeof(struct protect_view), .open = open_view, .close = close_view, .title = title,
    .draw = draw, .command = command, .key = key, .gate = gate, .hints = hints};
