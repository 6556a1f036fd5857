/* paper: numbered forms for the day when there is no computer either. Each bears the id of an action that does not exist yet, reserved on
 * this workstation before it is printed; what is filled in is keyed in later with “sigill do … --paper NUMBER”. A form is one A4 page of plain
 * text, 78 columns wide, made from the catalogue of actions. Only what protects is on it: opening access is not decided on paper. */
#include <stdio.h>
#include <string.h>
#include "base/i18n.h"
#include "cli/inside.h"
#include "model/paper.h"

enum { PAPER_COLS = 78, PAPER_LABEL = 24 };

static void fill_in(const char *label) {
    int used = sg_width(label), dots = PAPER_COLS - 4 - (used < PAPER_LABEL ? PAPER_LABEL : used) - 1;
    printf("    %s%*s ", label, used < PAPER_LABEL ? PAPER_LABEL - used : 0, "");
    for (int i = 0; i < dots; i++) {
        putchar('_');
    }
    putchar('\n');
}

static void rule(void) {
    for (int i = 0; i < PAPER_COLS; i++) {
        putchar('-');
    }
    putchar('\n');
}

/* The fields that differ from kind to kind; the common ones stand once below. */
static bool own_field(const struct sg_field_def *f) {
    return !sg_eq(f->name, "reference") && !sg_eq(f->name, "requester") && !sg_eq(f->name, "requestedAt") && f->type != SG_FT_RESTRICTION;
}

static void choices(const struct sg_action_def *d) {
    for (size_t i = 0; i < d->n_fields; i++) {
        const struct sg_field_def *f = &d->fields[i];
        if (f->required && own_field(f) && f->type != SG_FT_CHOICE) {
            fill_in(_(f->label));
        }
    }
}

static void kinds(void) {
    for (int k = 0; k < (int)SG_ACT_COUNT; k++) {
        const struct sg_action_def *d = sg_action_def((enum sg_action_kind)k);
        if (d->effect == SG_EFFECT_PROTECTS && d->offline == SG_OFFLINE_QUEUE && k != SG_ACT_CITIZEN_PROTECT) {
            printf("[ ] %s\n", _(d->title));
            choices(d);
        }
    }
}

static void form(const char *id, size_t i, size_t n) {
    char number[SG_PAPER_MAX], of[64];
    sg_paper_number(id, number);
    sg_format(of, sizeof of, _("Form %zu of %zu"), i + 1, n);
    printf("%s%*s%s\n", _("DECISION ON PAPER"), PAPER_COLS - sg_width(_("DECISION ON PAPER")) - sg_width(of), "", of);
    printf("%s  %s\n%s  %s\n", _("Number"), number, _("Whole id"), id);
    rule();
    sg_out_text("%s", _("NOT YET IN EFFECT: nothing is stopped until this form has been keyed in."));
    sg_out_text("%s", _("When it is urgent, phone as well. One form, one decision, one person."));
    putchar('\n');
    fill_in(_("Personnummer"));
    fill_in(_("Name"));
    putchar('\n');
    kinds();
    fill_in(_("Details"));
    putchar('\n');
    fill_in(_("Reason"));
    fill_in("");
    fill_in(_("Reference"));
    fill_in(_("Requester"));
    putchar('\n');
    fill_in(_("Decided, date and time"));
    fill_in(_("Decided by, HSA-id"));
    fill_in(_("Signature"));
    rule();
    printf("%s\n    sigill do KIND CITIZEN … --paper %s --decided TIME\n", _("Keyed in afterwards, once, by whoever decided:"), number);
    fill_in(_("Keyed in, date and time"));
    fill_in(_("Event in the log"));
    if (i + 1 < n) {
        putchar('\f');
    }
}

static void say_json(const char *id) {
    char number[SG_PAPER_MAX];
    cJSON *o = sg_out_new();
    sg_paper_number(id, number);
    sg_out_str(o, "number", number);
    sg_out_str(o, "actionId", id);
    sg_out_line(o);
}

int sg_run_paper(struct cli *c) {
    struct sg_error e = {0};
    struct sg_tell *t = NULL;
    struct sg_ask a = {.kind = SG_ASK_PAPER};
    if (c->opt[0] == NULL || !sg_parse_i64(c->opt[0], 1, SG_PAPERS_MOST, &a.limit)) {
        (void)sg_fail(&e, SG_E_USAGE, "--count", _("how many forms: 1 to %d"), (int)SG_PAPERS_MOST);
        return sg_cli_failed(&e, c->json);
    }
    if (sg_client_open(c, &e) != SG_E_OK) {
        return sg_cli_failed(&e, c->json);
    }
    enum sg_err err = sg_client_ask(c, &a, SG_CLI_WAIT, &t, &e);
    int status = err == SG_E_OK ? 0 : sg_client_failed(c, t, &e);
    for (size_t i = 0; err == SG_E_OK && i < t->n_paper; i++) {
        if (c->json) {
            say_json(t->paper[i]);
        } else {
            form(t->paper[i], i, t->n_paper);
        }
    }
    sg_tell_free(t);
    return status;
}
