/* show: one thing as a whole. A citizen from the service, an action from one's own queue, a unit from the policy. */
#include <string.h>
#include "base/i18n.h"
#include "cli/inside.h"

static void restriction_text(const struct sg_restriction *r) {
    char from[SG_RFC3339_MAX];
    sg_rfc3339(from, r->made.registered_at ? r->made.registered_at : r->made.performed_at);
    from[10] = '\0';
    sg_out_text("%-18s  %-8s  %s  %s", sg_restriction_kind_name(r->kind), sg_restriction_state_name(r->state), from, r->region);
    sg_out_text("  %s", r->id);
}

static void citizen_text(const struct sg_citizen *z) {
    static const char *const people[] = {N_("RELATED"), N_("RELATION"), N_("ID")};
    char pid[32];
    sg_pid_show(pid, z->pid.normalised, true, false);
    sg_out_text("%s  %s%s%s", z->name, pid, sg_citizen_protected(z) ? "  " : "", sg_citizen_protected(z) ? _("PROTECTED IDENTITY") : "");
    sg_out_text("%s %s", _("Citizen id"), z->id);
    struct table t;
    sg_table_init(&t, 3, people, 1u << 2);
    for (size_t i = 0; i < z->n_relations; i++) {
        const char *const cells[] = {z->relation[i].name, sg_relation_name(z->relation[i].kind), z->relation[i].person};
        sg_table_row(&t, cells);
    }
    if (z->n_relations > 0) {
        sg_table_print(&t);
    }
    sg_out_text("%s", z->n_restrictions > 0 ? _("RESTRICTIONS") : _("No restrictions."));
    for (size_t i = 0; i < z->n_restrictions; i++) {
        restriction_text(&z->restriction[i]);
    }
}

static int show_citizen(struct cli *c) {
    struct known k;
    int status = sg_client_know(c, c->arg[1], false, &k);
    if (status == 0 && c->json) {
        cJSON *o = sg_out_with(sg_wire_citizen(k.citizen->citizen));
        (void)cJSON_AddBoolToObject(o, "fromCache", k.citizen->from_cache);
        sg_out_line(o);
    } else if (status == 0) {
        citizen_text(k.citizen->citizen);
        sg_say_freshness(k.citizen);
    }
    sg_known_free(&k);
    return status;
}

static int show_action(struct cli *c) {
    struct sg_error e = {0};
    struct sg_tell *t = NULL;
    struct sg_ask a = {.kind = SG_ASK_QROW};
    SG_COPY(a.key, c->arg[1]);
    enum sg_err err = sg_client_open(c, &e);
    err = err ? err : sg_client_ask(c, &a, SG_CLI_WAIT, &t, &e);
    if (err == SG_E_OK && t->row == NULL) {
        err = sg_fail(&e, SG_E_NOTFOUND, c->arg[1], _("is not in your queue"));
    }
    int status = 0;
    if (err == SG_E_OK) {
        (void)sg_say_row(c, t->row);        /* shown, whatever became of it */
    } else {
        status = sg_client_failed(c, t, &e);
    }
    if (t != NULL) {
        sg_tell_free(t);
    }
    return status;
}

static int show_unit(struct cli *c) {
    struct known k;
    struct sg_error e = {0};
    int status = sg_client_know(c, NULL, false, &k);
    const struct sg_unit *u = status == 0 ? sg_policy_unit(k.policy->policy, c->arg[1]) : NULL;
    if (status == 0 && u == NULL) {
        (void)sg_fail(&e, SG_E_NOTFOUND, c->arg[1], _("no unit has this HSA-id"));
        status = sg_cli_failed(&e, c->json);
    } else if (u != NULL && c->json) {
        cJSON *o = sg_out_new();
        sg_out_str(o, "unit", u->hsa);
        sg_out_str(o, "name", u->name);
        sg_out_str(o, "provider", u->provider);
        sg_out_str(o, "providerName", u->provider_name);
        sg_out_str(o, "region", u->region);
        sg_out_line(o);
    } else if (u != NULL) {
        sg_out_text("%s  %s", u->hsa, u->name);
        sg_out_text("  %s  %s", u->provider, u->provider_name);
        sg_out_text("  %s", u->region);
    }
    sg_known_free(&k);
    return status;
}

int sg_run_later(struct cli *c) {
    struct sg_error e = {0};
    (void)sg_fail(&e, SG_E_USAGE, c->sub->name, _("not in this version"));
    return sg_cli_failed(&e, c->json);
}

int sg_run_show(struct cli *c) {
    static const struct { const char *name; int (*fn)(struct cli *); } what[] = {
        {"citizen", show_citizen}, {"action", show_action}, {"unit", show_unit}, {"case", sg_run_later}};
    for (size_t i = 0; i < sizeof what / sizeof what[0]; i++) {
        if (sg_eq(c->arg[0], what[i].name)) {
            return what[i].fn(c);
        }
    }
    struct sg_error e = {0};
    (void)sg_fail(&e, SG_E_USAGE, c->arg[0], _("use it as: sigill %s %s"), c->sub->name, c->sub->usage);
    return sg_cli_failed(&e, c->json);
}
