/* The form of any action kind, made from the catalogue: one row a field, by type. What is typed stays until the action is durable;
 * what is wrong is said at its field. Saving leads to the confirm dialog, never straight to the deed. */
#include "ui/views/common.h"
#include "base/i18n.h"
#include "base/str.h"
#include "model/paper.h"
#include <string.h>

enum { TAG_REASON = 1000, TAG_PAPER, TAG_DECIDED };
struct form_view { struct sg_view v; enum sg_action_kind kind; struct sg_citizen citizen; bool have; char preset[SG_ID_MAX]; struct sg_form form; bool warned; };

static struct form_view *self(struct sg_view *v)
{
    return (struct form_view *)(void *)v;
}

static void choices_of(struct sg_form_field *ff, const char *list, const char *preset)
{
    for (const char *s = list; s && *s; s += strcspn(s, "|") + (s[strcspn(s, "|")] == '|')) {
        char one[SG_VALUE_MAX];
        sg_copyn(one, sizeof one, s, strcspn(s, "|"));
        sg_form_add_choice(ff, one, sg_choice_title(one));
        if (preset && sg_eq(one, preset))
            ff->choice = ff->n_choices - 1;
    }
}

static void regions(struct form_view *f, struct sg_form_field *ff)
{
    const struct sg_policy *p = sg_app_policy(f->v.app);
    const struct sg_actor *me = sg_app_me(f->v.app);
    for (size_t i = 0; i < p->n_regions; i++) {
        sg_form_add_choice(ff, p->region[i].code, p->region[i].name);
        if (me && sg_eq(me->commission.region, p->region[i].code))
            ff->choice = ff->n_choices - 1;
    }
}

/* Who is blocked says so, and is not the one proposed. True once one is proposed. */
static bool add_guardian(struct form_view *f, struct sg_form_field *ff, const struct sg_relation *r, bool chosen)
{
    char label[160];
    bool blocked = sg_guardian_blocked(&f->citizen, r->person, sg_app_today(f->v.app));
    sg_format(label, sizeof label, "%s%s%s", r->name, blocked ? " · " : "", blocked ? _("already blocked") : "");
    if (sg_form_add_choice(ff, r->person, label) && !blocked && !chosen) {
        ff->choice = ff->n_choices - 1;
        chosen = true;
    }
    return chosen;
}

static void people(struct form_view *f, struct sg_form_field *ff, bool with_child)
{
    if (with_child)
        sg_form_add_choice(ff, f->citizen.id, f->citizen.name);
    bool chosen = with_child;
    for (size_t i = 0; i < f->citizen.n_relations; i++)
        if (f->citizen.relation[i].kind == SG_REL_GUARDIAN)
            chosen = add_guardian(f, ff, &f->citizen.relation[i], chosen);
    if (ff->n_choices == 0) {
        ff->disabled = true;
        SG_COPY(ff->why, _("no guardian is registered"));
    }
}

static void restrictions(struct form_view *f, struct sg_form_field *ff, const char *kind)
{
    struct sg_date today = sg_app_today(f->v.app);
    for (size_t i = 0; i < f->citizen.n_restrictions; i++) {
        const struct sg_restriction *r = &f->citizen.restriction[i];
        char object[160], label[240];
        if (!sg_restriction_in_force(r, today) || (!sg_eq(kind, "*") && !sg_eq(kind, sg_restriction_kind_name(r->kind))))
            continue;
        sg_restriction_object(object, sizeof object, r, &f->citizen, sg_app_policy(f->v.app));
        sg_format(label, sizeof label, "%s · %s", sg_restriction_title(r->kind), object);
        sg_form_add_choice(ff, r->id, label);
        if (sg_eq(f->preset, r->id))
            ff->choice = ff->n_choices - 1;
    }
    if (ff->n_choices == 0) {
        ff->disabled = true;
        SG_COPY(ff->why, _("there is none in force"));
    }
}

/* The value a proposed action has for the field, else what the catalogue presets. */
static void fill(struct sg_form_field *ff, const char *value)
{
    if (ff->kind == SG_FF_CHECK)
        ff->checked = sg_flag(value);
    else if (ff->kind == SG_FF_TEXT)
        SG_COPY(ff->text, value);
    for (int i = 0; ff->kind == SG_FF_CHOICE && i < ff->n_choices; i++)
        if (sg_eq(ff->choices[i].value, value))
            ff->choice = i;
}

static void add_field(struct form_view *f, const struct sg_field_def *d, int tag)
{
    struct sg_form_field *ff = NULL;
    const char *label = _(d->label), *help = _(d->help);
    switch (d->type) {
    case SG_FT_FLAG:
        ff = sg_form_check(&f->form, label, d->preset && sg_flag(d->preset), help);
        break;
    case SG_FT_CHOICE: case SG_FT_REGION: case SG_FT_GUARDIAN: case SG_FT_GRANTEE: case SG_FT_RESTRICTION:
        ff = sg_form_choice(&f->form, label, help);
        break;
    default:
        ff = sg_form_text(&f->form, label, d->preset ? d->preset : "", d->max, help);
        break;
    }
    if (!ff)
        return;
    ff->tag = tag;
    if (d->type == SG_FT_CHOICE)
        choices_of(ff, d->choices, d->preset);
    else if (d->type == SG_FT_REGION)
        regions(f, ff);
    else if (d->type == SG_FT_GUARDIAN || d->type == SG_FT_GRANTEE)
        people(f, ff, d->type == SG_FT_GRANTEE);
    else if (d->type == SG_FT_RESTRICTION)
        restrictions(f, ff, d->choices);
}

static void open_view(struct sg_view *v, const struct sg_view_arg *a)
{
    struct form_view *f = self(v);
    f->kind = a->kind;
    sg_copy(f->preset, sizeof f->preset, a->text);
    f->have = a->citizen && sg_citizen_copy(&f->citizen, a->citizen) == SG_E_OK;
    sg_form_init(&f->form);
    const struct sg_action_def *d = sg_action_def(f->kind);
    for (size_t i = 0; i < d->n_fields; i++)
        add_field(f, &d->fields[i], (int)i);
    for (int i = 0; a->action && a->action->kind == f->kind && i < f->form.n; i++)
        if (a->action->part[0].value[f->form.f[i].tag][0])
            fill(&f->form.f[i], a->action->part[0].value[f->form.f[i].tag]);
    struct sg_form_field *reason = sg_form_text(&f->form, _("Reason"), "", SG_TEXT_MAX - 1, _("In your own words; it stands in the event log."));
    if (reason)
        reason->tag = TAG_REASON;
    struct sg_form_field *paper = f->kind == SG_ACT_TERMS_ACCEPT ? NULL
        : sg_form_text(&f->form, _("Paper form"), "", SG_UUID_MAX - 1, _("When it was decided on paper: the number on the form. Otherwise leave it empty."));
    if (paper)
        paper->tag = TAG_PAPER;
    struct sg_form_field *decided = paper
        ? sg_form_text(&f->form, _("Decided at"), "", SG_RFC3339_MAX - 1, _("The day and time that stand on the paper form, like 2026-12-24 09:30.")) : NULL;
    if (decided)
        decided->tag = TAG_DECIDED;
}

static void close_view(struct sg_view *v)
{
    struct form_view *f = self(v);
    sg_form_free(&f->form);
    if (f->have)
        sg_citizen_free(&f->citizen);
}

static void title(struct sg_view *v, char *dst, size_t cap)
{
    sg_copy(dst, cap, _(sg_action_def(self(v)->kind)->title));
}

static void draw(struct sg_view *v, const struct sg_canvas *c)
{
    struct form_view *f = self(v);
    const struct sg_action_def *d = sg_action_def(f->kind);
    sg_canvas_clear(c, SG_UI_TEXT);
    sg_put(c, 0, 1, -1, SG_UI_STRONG, f->have ? f->citizen.name : "");
    struct sg_canvas text = sg_canvas_sub(c, 1, 1, c->h - 2, c->w - 2);
    int y = 2 + sg_put_wrapped(&text, 0, 0, SG_UI_DIM, _(d->help));
    struct sg_canvas body = sg_canvas_sub(c, y, 1, c->h - y, c->w - 2);
    sg_form_draw(&f->form, &body);
}

/* where is "field" or "kind.field": puts the sentence at that field. */
static void show_error(struct form_view *f, const struct sg_error *e)
{
    const char *dot = strrchr(e->where, '.');
    const struct sg_field_def *d = sg_action_field(f->kind, dot ? dot + 1 : e->where);
    const struct sg_action_def *def = sg_action_def(f->kind);
    for (int i = 0; i < f->form.n; i++) {
        int tag = d ? (int)(d - def->fields) : sg_eq(e->where, "paper") ? TAG_PAPER : sg_eq(e->where, "decided") ? TAG_DECIDED : sg_eq(e->where, "reason") ? TAG_REASON : -1;
        bool here = f->form.f[i].tag == tag;
        if (!here)
            continue;
        SG_COPY(f->form.f[i].error, tag == TAG_DECIDED ? _("goes with a paper form and is a past time, like 2026-12-24 09:30") : sg_field_fault(d ? d->type : SG_FT_TEXT, sg_form_value(&f->form.f[i])));
        f->form.cur = i;
        return;
    }
    sg_app_toast(f->v.app, SG_TOAST_BAD, "%s: %s", _(sg_err_text(e->code)), e->where);
}

static enum sg_err take_paper(struct sg_form_field *ff, char paper[SG_UUID_MAX], struct sg_error *e)
{
    sg_copy(paper, SG_UUID_MAX, sg_trim(ff->text));
    return !paper[0] || sg_paper_valid(paper) ? SG_E_OK : sg_fail(e, SG_E_INPUT, "paper", "a slip in the number");
}

/* What the form's signer wrote there; empty: when it is keyed in. */
static enum sg_err take_decided(const struct form_view *f, struct sg_form_field *ff, const char *paper, int64_t *at, struct sg_error *e)
{
    const char *text = sg_trim(ff->text);
    if (!text[0] || (paper[0] && sg_action_time(text, at) && *at > 0 && *at <= sg_app_now(f->v.app)))
        return SG_E_OK;
    return sg_fail(e, SG_E_INPUT, "decided", "no past time that stands on a form");
}

static bool save(struct form_view *f)
{
    static struct sg_action a;
    char paper[SG_UUID_MAX] = "";
    struct sg_error e = {0};
    sg_action_init(&a, f->kind, f->have ? f->citizen.id : "me");
    if (f->have)
        SG_COPY(a.observed, f->citizen.etag);
    enum sg_err err = SG_E_OK;
    for (int i = 0; i < f->form.n && err == SG_E_OK; i++) {
        struct sg_form_field *ff = &f->form.f[i];
        ff->error[0] = '\0';
        if (ff->tag == TAG_REASON)
            SG_COPY(a.reason, ff->text);
        else if (ff->tag == TAG_PAPER)
            err = take_paper(ff, paper, &e);
        else if (ff->tag == TAG_DECIDED)
            err = take_decided(f, ff, paper, &a.performed_at, &e);
        else if (!ff->disabled)
            err = sg_part_set(&a.part[0], sg_action_def(f->kind)->fields[ff->tag].name, sg_form_value(ff), &e);
    }
    if (err == SG_E_OK)
        err = sg_action_validate(&a, &e);
    f->v.dirty = SG_DIRTY_ALL;
    if (err != SG_E_OK) {
        show_error(f, &e);
        return true;
    }
    struct sg_view_arg arg = {.kind = f->kind, .action = &a, .citizen = f->have ? &f->citizen : NULL, .text = paper};
    sg_app_push(f->v.app, &sg_view_confirm, &arg);
    return true;
}

static bool command(struct sg_view *v, int cmd)
{
    struct form_view *f = self(v);
    if (cmd == SG_CMD_BACK)
        return sg_form_keeps(v->app, &f->form, &f->warned);
    f->warned = false;
    if (cmd == SG_CMD_GO_ON)
        return save(f);
    bool took = sg_form_command(&f->form, cmd);
    if (took)
        v->dirty = SG_DIRTY_ALL;
    return took;
}

static bool key(struct sg_view *v, const struct sg_key *k)
{
    bool took = sg_form_key(&self(v)->form, k);
    self(v)->warned = self(v)->warned && !took;
    if (took)
        v->dirty = SG_DIRTY_ALL;
    return took;
}

static void gate(struct sg_view *v, struct sg_gate *g)
{
    g->citizen = self(v)->have ? &self(v)->citizen : NULL;
}

static const int hints[] = {SG_CMD_GO_ON, SG_CMD_NEXT_FIELD, SG_CMD_PREV_FIELD, SG_CMD_TOGGLE, SG_CMD_BACK, SG_CMD_NONE};

const struct sg_view_ops sg_view_form = {
    .name = "form", .context = SG_CTX_FORM, .size = sizeof(struct form_view), .open = open_view, .close = close_view, .title = title, .draw = draw,
    .command = command, .key = key, .gate = gate, .hints = hints};
