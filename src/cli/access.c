/* access and preview: who reaches what, now or on another day, and what an action would change. Both decide with the same pure
 * functions as the service, on the citizen as the service (or, offline, the sealed cache) gives it. */
#include <stdio.h>
#include <string.h>
#include "base/i18n.h"
#include "cli/inside.h"

void sg_say_freshness(const struct sg_tell *t) {
    char when[SG_RFC3339_MAX];
    if (t->from_cache) {
        sg_rfc3339(when, t->as_of);
        (void)fflush(stdout);
        fprintf(stderr, _("Not fresh: as known at %s, the service cannot be reached.\n"), when);
    }
}

static void add_freshness(cJSON *o, const struct sg_tell *from) {
    if (from->from_cache) {
        (void)cJSON_AddBoolToObject(o, "fromCache", true);
    }
    sg_out_time(o, "asOf", from->as_of);
}

static const char *reach_text(const struct sg_access_row *r) {
    static const char *const words[] = {[SG_REACH_NONE] = N_("✗ no"), [SG_REACH_ONLY] = N_("✓ only"), [SG_REACH_EXCEPT] = N_("✓ except"),
                                        [SG_REACH_ALL] = N_("✓ yes")};
    return _(words[r->reach]);
}

static const char *relation_text(enum sg_relation_kind k) {
    static const char *const words[] = {[SG_REL_SELF] = N_("self"), [SG_REL_GUARDIAN] = N_("guardian"),
                                        [SG_REL_REPRESENTATIVE] = N_("representative")};
    return _(words[k]);
}

void sg_say_access(struct cli *c, const struct sg_access_row *rows, size_t n, const struct sg_tell *from) {
    static const char *const head[] = {N_("WHO"), N_("RELATION"), N_("SERVICE"), N_("REACHES"), N_("WHY")};
    struct table t;
    sg_table_init(&t, 5, head, 1u << 3);
    for (size_t i = 0; i < n; i++) {
        const struct sg_access_row *r = &rows[i];
        char why[320];
        if (c->json) {
            cJSON *o = sg_out_with(sg_wire_access_row(r));
            add_freshness(o, from);
            sg_out_line(o);
            continue;
        }
        sg_why_text(why, sizeof why, &r->why);
        const char *const cells[] = {r->name, relation_text(r->relation), _(sg_service_title(r->service)), reach_text(r), why};
        sg_table_row(&t, cells);
    }
    if (!c->json) {
        sg_table_print(&t);
    }
}

/* Own actions that are not carried out yet are not in the table; say that there are some. */
static void say_pending(struct cli *c, const char *citizen) {
    struct sg_ask a = {.kind = SG_ASK_QUEUE};
    struct sg_error e = {0};
    struct sg_tell *t = NULL;
    SG_COPY(a.key, citizen);
    SG_COPY(a.text, "waiting");
    enum sg_err err = sg_client_ask(c, &a, SG_CLI_WAIT, &t, &e);
    if (err == SG_E_OK && t->total > 0) {
        (void)fflush(stdout);
        fprintf(stderr, ngettext("%d action for this citizen is in your queue, NOT YET IN EFFECT and not in the table.\n",
                                 "%d actions for this citizen are in your queue, NOT YET IN EFFECT and not in the table.\n",
                                 (unsigned long)t->total), (int)t->total);
    }
    if (t != NULL) {
        sg_tell_free(t);
    }
}

static void table(struct cli *c, const struct known *k, struct sg_date day) {
    static struct sg_access_row rows[SG_ACCESS_ROWS_MAX];
    size_t n = sg_access_list(k->policy->policy, k->citizen->citizen, day, rows);
    if (!c->json) {
        char date[11];
        sg_date_format(date, day);
        sg_out_text(_("%s: who reaches what on %s"), k->citizen->citizen->name, date);
    }
    sg_say_access(c, rows, n, k->citizen);
}

int sg_run_access(struct cli *c) {
    struct sg_error e = {0};
    struct sg_date day = {0};
    if (c->opt[0] != NULL && !sg_date_parse(c->opt[0], &day)) {
        (void)sg_fail(&e, SG_E_INPUT, "--at", _("expected a date as YYYY-MM-DD"));
        return sg_cli_failed(&e, c->json);
    }
    struct known k;
    int status = sg_client_know(c, c->arg[0], false, &k);
    if (status == 0) {
        table(c, &k, c->opt[0] != NULL ? day : k.today);
        if (!c->json) {
            sg_say_freshness(k.citizen);
            say_pending(c, c->arg[0]);
        }
    }
    sg_known_free(&k);
    return status;
}

static void preview_text(struct cli *c, const struct sg_preview *p, const struct known *k) {
    char text[512];
    sg_out_text("%s", _("BEFORE"));
    sg_say_access(c, p->before, p->n_before, k->citizen);
    sg_out_text("%s", _("AFTER"));
    sg_say_access(c, p->after, p->n_after, k->citizen);
    for (size_t i = 0; i < p->n_not_covered; i++) {
        sg_out_text(_("Not covered: %s"), _(p->not_covered[i]));
    }
    for (size_t i = 0; i < p->n_warnings; i++) {
        sg_why_text(text, sizeof text, &p->warning[i]);
        sg_out_text(_("Warning: %s."), text);
    }
    if (p->verdict != SG_E_OK) {
        sg_why_text(text, sizeof text, &p->why);
        sg_out_text(_("This would be refused: %s."), text);
    }
    sg_say_freshness(k->citizen);
}

static int preview(struct cli *c, struct sg_action *a, const struct known *k, struct sg_error *e) {
    static struct sg_preview p;
    struct sg_effect_ctx x = {.policy = k->policy->policy, .actor = k->me->actor, .today = k->today, .now = sg_wall(&c->clock)};
    a->performed_at = x.now;
    if (sg_params_apply(a, c->n - 2, c->arg + 2, k->citizen->citizen, e) != SG_E_OK || sg_action_validate(a, e) != SG_E_OK ||
        sg_effect_preview(&x, a, k->citizen->citizen, &p) != SG_E_OK) {
        return sg_cli_failed(e, c->json);
    }
    if (c->json) {
        cJSON *o = sg_out_with(sg_wire_preview(&p));
        add_freshness(o, k->citizen);
        sg_out_line(o);
    } else {
        preview_text(c, &p, k);
    }
    return sg_err_exit(p.verdict);
}

int sg_run_preview(struct cli *c) {
    static struct sg_action a;
    struct sg_error e = {0};
    enum sg_action_kind kind;
    if (sg_params_kind(c->arg[0], &kind, &e) != SG_E_OK) {
        return sg_cli_failed(&e, c->json);
    }
    if (!sg_action_about_citizen(kind)) {
        (void)sg_fail(&e, SG_E_INPUT, c->arg[0], _("concerns no citizen, so there is nothing to preview"));
        return sg_cli_failed(&e, c->json);
    }
    struct known k;
    int status = sg_client_know(c, c->arg[1], true, &k);
    if (status == 0) {
        sg_action_init(&a, kind, c->arg[1]);
        sg_uuid7(a.id, &c->engine.clock, &c->engine.random);        /* new restrictions get ids from it */
        status = preview(c, &a, &k, &e);
    }
    sg_known_free(&k);
    return status;
}
