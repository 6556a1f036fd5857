/* An action, asked line by line from the catalogue: fields, reason, what changes, confirmation, outcome. What was typed is offered again when
 * something is wrong with it. */
#include "ui/linear_inside.h"
#include "base/i18n.h"
#include "base/str.h"
#include "ui/views/common.h"
#include <stdlib.h>
#include <string.h>

enum { ACT_WAIT_MS = 15000 };

/* ---- fields ---- */

struct choices { struct sg_menu m; char value[SG_CHOICES_LINEAR][SG_VALUE_MAX]; };

static void add_choice(struct choices *c, const char *value, const char *label)
{
    if (c->m.n == SG_CHOICES_LINEAR)
        return;
    SG_COPY(c->value[c->m.n], value);
    sg_menu_add(&c->m, c->m.n, "%s", label);
}

static void restrictions(const struct sg_linear *l, struct choices *c, const char *kind)
{
    char object[160], label[240];
    for (size_t i = 0; i < l->citizen.n_restrictions; i++) {
        const struct sg_restriction *r = &l->citizen.restriction[i];
        if (!sg_restriction_in_force(r, sg_linear_today(l)) || (!sg_eq(kind, "*") && !sg_eq(kind, sg_restriction_kind_name(r->kind))))
            continue;
        sg_restriction_object(object, sizeof object, r, &l->citizen, &l->policy);
        sg_format(label, sizeof label, "%s, %s", sg_restriction_title(r->kind), object);
        add_choice(c, r->id, label);
    }
}

static void words(struct choices *c, const char *list)
{
    for (const char *s = list; s && *s;) {
        char one[SG_VALUE_MAX];
        size_t n = strcspn(s, "|");
        sg_copyn(one, sizeof one, s, n);
        add_choice(c, one, sg_choice_title(one));
        s += n + (s[n] == '|');
    }
}

/* True when the field is chosen from a list. */
static bool list_for(const struct sg_linear *l, const struct sg_field_def *d, struct choices *c)
{
    switch (d->type) {
    case SG_FT_CHOICE:
        words(c, d->choices);
        return true;
    case SG_FT_REGION:
        for (size_t i = 0; i < l->policy.n_regions; i++)
            add_choice(c, l->policy.region[i].code, l->policy.region[i].name);
        return l->policy.n_regions > 0;
    case SG_FT_GRANTEE:
        add_choice(c, l->citizen.id, l->citizen.name);
        __attribute__((fallthrough));
    case SG_FT_GUARDIAN:
        for (size_t i = 0; i < l->citizen.n_relations; i++)
            if (l->citizen.relation[i].kind == SG_REL_GUARDIAN)
                add_choice(c, l->citizen.relation[i].person, l->citizen.relation[i].name);
        return true;
    case SG_FT_RESTRICTION:
        restrictions(l, c, d->choices);
        return true;
    default:
        return false;
    }
}

static bool one_field(struct sg_linear *l, struct sg_part *p, const struct sg_field_def *d)
{
    static struct choices c;
    char label[256], value[SG_LINE_MAX];
    struct sg_error e = { 0 };
    const char *had = sg_part_get(p, d->id);
    memset(&c, 0, sizeof c);
    sg_format(label, sizeof label, "%s. %s", _(d->label), _(d->help));
    if (d->type == SG_FT_FLAG) {
        SG_COPY(value, sg_ask_yes(l, label) ? "yes" : "no");
    } else if (list_for(l, d, &c)) {
        int at = sg_menu_choose(l, &c.m, label, d->required ? _("Back") : _("No answer"));
        if (at < 0 && (d->required || l->ended))
            return false;
        SG_COPY(value, at < 0 ? "" : c.value[at]);
    } else if (!sg_ask_text(l, label, had, value, sizeof value)) {
        return false;
    }
    if (sg_part_set(p, d->name, value, &e) == SG_E_OK)
        return true;
    sg_say("%s: %s", _(d->label), _(sg_err_text(e.code)));
    return !l->ended && one_field(l, p, d);
}

bool sg_linear_fields(struct sg_linear *l, struct sg_part *p)
{
    const struct sg_action_def *def = sg_action_def(p->kind);
    for (size_t i = 0; i < def->n_fields; i++)
        if (!one_field(l, p, &def->fields[i]))
            return false;
    return true;
}

/* ---- before carrying out ---- */

static const struct sg_access_row *same_cell(const struct sg_preview *p, const struct sg_access_row *r)
{
    for (size_t i = 0; i < p->n_before; i++)
        if (p->before[i].service == r->service && sg_eq(p->before[i].who, r->who))
            return &p->before[i];
    return NULL;
}

static void say_changes(const struct sg_preview *p)
{
    char now[320], then[320];
    int n = 0;
    for (size_t i = 0; i < p->n_after; i++) {
        const struct sg_access_row *after = &p->after[i], *before = same_cell(p, after);
        if (!before || (before->reach == after->reach && before->why.rule == after->why.rule))
            continue;
        sg_why_text(now, sizeof now, &before->why);
        sg_why_text(then, sizeof then, &after->why);
        sg_say(_("%s, %s: now %s (%s), afterwards %s (%s)."), after->name, _(sg_service_title(after->service)),
               before->allowed ? _("allowed") : _("not allowed"), now, after->allowed ? _("allowed") : _("not allowed"), then);
        n++;
    }
    if (n == 0)
        sg_say("%s", _("Nobody's access changes."));
}

static bool preview(struct sg_linear *l, const struct sg_action *a)
{
    static struct sg_preview p;
    char text[400];
    struct sg_effect_ctx x = { &l->policy, &l->me, sg_linear_today(l), sg_linear_now(l) };
    if (sg_effect_preview(&x, a, &l->citizen, &p) != SG_E_OK)
        return true;                                /* the service decides in any case */
    if (p.verdict != SG_E_OK) {
        sg_why_text(text, sizeof text, &p.why);
        sg_say(_("This cannot be done: %s."), text);
        return false;
    }
    say_changes(&p);
    for (size_t i = 0; i < p.n_not_covered; i++)
        if (p.not_covered[i][0])
            sg_say(_("Not stopped by this: %s"), _(p.not_covered[i]));
    for (size_t i = 0; i < p.n_warnings; i++) {
        sg_why_text(text, sizeof text, &p.warning[i]);
        sg_say(_("Note: %s."), text);
    }
    return true;
}

static bool confirm(struct sg_linear *l, const struct sg_action *a)
{
    char line[16], summary[200];
    sg_action_summary(summary, sizeof summary, a, l->have ? &l->citizen : NULL, &l->policy);
    sg_say("%s", summary);
    if (l->status.link != SG_LINK_ONLINE)
        sg_say("%s", _("The service cannot be reached: this will be queued and is NOT YET IN EFFECT until it has been sent."));
    if (sg_action_def(a->kind)->danger != SG_DANGER_TYPE_ID || !l->have)
        return sg_ask_yes(l, _("Carry it out? yes or no"));
    const char *last = l->citizen.pid.normalised + strlen(l->citizen.pid.normalised);
    last -= last - l->citizen.pid.normalised >= 4 ? 4 : 0;
    if (!sg_ask_text(l, _("Type the last four digits of the personnummer to carry it out"), NULL, line, sizeof line))
        return false;
    if (sg_eq(line, last))
        return true;
    sg_say("%s", _("The digits are not right. Nothing was done."));
    return false;
}

/* ---- outcome ---- */

static void say_outcome(const struct sg_qrow *r)
{
    char why[320] = "";
    if (r->has_outcome)
        sg_why_text(why, sizeof why, &r->outcome.why);
    if (r->state == SG_Q_DONE)
        sg_say(_("Done. Event %lld."), (long long)r->outcome.event_index);
    else if (r->state == SG_Q_REFUSED)
        sg_say(_("Refused: %s."), why);
    else if (r->state == SG_Q_CONFLICT)
        sg_say("%s", _("Conflict: somebody else changed this in the meantime. Nothing was done. It stands in the queue and needs you."));
    else
        sg_say("%s", _("Queued. NOT YET IN EFFECT."));
}

static void carry_out(struct sg_linear *l, const struct sg_action *a)
{
    struct sg_ask ask = { .kind = SG_ASK_ACT, .action = malloc(sizeof *a) };
    if (!ask.action)
        return;
    *ask.action = *a;
    struct sg_tell *t = sg_linear_ask(l, &ask, ACT_WAIT_MS);
    if (t && t->row)
        say_outcome(t->row);
    sg_tell_free(t);
}

static bool fill(struct sg_linear *l, struct sg_action *a)
{
    char reason[SG_TEXT_MAX];
    struct sg_error e = { 0 };
    if (a->kind == SG_ACT_CITIZEN_PROTECT ? !sg_linear_protect(l, a) : !sg_linear_fields(l, &a->part[0]))
        return false;
    if (!sg_ask_text(l, _("Reason, in your own words; it stands in the event log"), a->reason, reason, sizeof reason))
        return false;
    SG_COPY(a->reason, reason);
    if (sg_action_validate(a, &e) == SG_E_OK)
        return true;
    sg_say("%s: %s", _(sg_err_text(e.code)), e.where);
    return !l->ended && a->kind != SG_ACT_CITIZEN_PROTECT && fill(l, a);
}

static bool terms(struct sg_linear *l, struct sg_action *a)
{
    struct sg_error e = { 0 };
    sg_say_lines(l->policy.terms_text);
    return sg_ask_yes(l, _("Do you accept the terms of use? yes or no")) && sg_part_set(&a->part[0], "version", l->policy.terms_version, &e) == SG_E_OK;
}

void sg_linear_act(struct sg_linear *l, enum sg_action_kind kind)
{
    static struct sg_action a;
    char reason[320];
    struct sg_gate g;
    sg_linear_gate(l, &g);
    if (!sg_cmd_enabled(SG_CMD_ACTION(kind), &g, reason, sizeof reason)) {
        sg_say("%s", reason);
        return;
    }
    sg_action_init(&a, kind, kind == SG_ACT_TERMS_ACCEPT ? "me" : l->citizen.id);
    sg_uuid7(a.id, &l->clock, &l->random);
    a.performed_at = sg_linear_now(l);
    if (kind == SG_ACT_TERMS_ACCEPT) {
        if (terms(l, &a))
            carry_out(l, &a);
        return;
    }
    SG_COPY(a.observed, l->citizen.etag);
    sg_say("%s", _(sg_action_def(kind)->help));
    if (fill(l, &a) && preview(l, &a) && confirm(l, &a))
        carry_out(l, &a);
    else
        sg_say("%s", _("Nothing was done."));
}

/* ---- protect ---- */

static bool part(struct sg_action *a, enum sg_action_kind kind, const char *field, const char *value)
{
    struct sg_error e = { 0 };
    struct sg_part *p = sg_action_add_part(a, kind);
    return p && (!field || sg_part_set(p, field, value, &e) == SG_E_OK);
}

static void each_guardian(struct sg_linear *l, struct sg_action *a)
{
    char question[256];
    for (size_t i = 0; i < l->citizen.n_relations; i++) {
        const struct sg_relation *r = &l->citizen.relation[i];
        if (r->kind != SG_REL_GUARDIAN)
            continue;
        sg_format(question, sizeof question, _("Block guardian %s? yes or no"), r->name);
        if (sg_ask_yes(l, question))
            (void)part(a, SG_ACT_GUARDIAN_BLOCK, "guardian", r->person);
    }
}

static void each_grant(struct sg_linear *l, struct sg_action *a)
{
    char object[160], question[320];
    for (size_t i = 0; i < l->citizen.n_restrictions; i++) {
        const struct sg_restriction *r = &l->citizen.restriction[i];
        if (r->kind != SG_R_MINOR_GRANT || !sg_restriction_in_force(r, sg_linear_today(l)))
            continue;
        sg_restriction_object(object, sizeof object, r, &l->citizen, &l->policy);
        sg_format(question, sizeof question, _("Withdraw minor access, %s? yes or no"), object);
        if (sg_ask_yes(l, question))
            (void)part(a, SG_ACT_MINOR_WITHDRAW, "restriction", r->id);
    }
}

bool sg_linear_protect(struct sg_linear *l, struct sg_action *a)
{
    char reference[SG_REF_MAX];
    struct sg_error e = { 0 };
    a->n_parts = 0;
    each_guardian(l, a);
    each_grant(l, a);
    if (sg_ask_yes(l, _("Lock login? yes or no")))
        (void)part(a, SG_ACT_LOGIN_LOCK, NULL, NULL);
    if (sg_ask_yes(l, _("Seal the whole record? yes or no")))
        (void)part(a, SG_ACT_RECORD_SEAL, "scope", "account");
    if (a->n_parts == 0 || l->ended)
        return false;
    if (!sg_ask_text(l, _("Reference"), "", reference, sizeof reference))
        return false;
    for (size_t i = 0; i < a->n_parts && reference[0]; i++)
        (void)!sg_part_set(&a->part[i], "reference", reference, &e);
    return true;
}
