/* log: proofs of the event log. Only check-proof does without a configuration. */
#include "base/i18n.h"
#include "cli/inside.h"

int sg_run_log(struct cli *c) {
    static const struct { const char *name; int args; int (*fn)(struct cli *c); } verbs[] = {
        {"verify", 0, sg_log_verify}, {"prove", 1, sg_log_prove}, {"export", 1, sg_log_export}, {"accept", 0, sg_log_accept}, {"check-proof", 0, sg_check_proofs}};
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        if (sg_eq(c->arg[0], verbs[i].name) && c->n == 1 + verbs[i].args) {
            struct sg_error e = {0};
            if (verbs[i].fn != sg_check_proofs && sg_cli_configure(c, &e) != SG_E_OK) {
                return sg_cli_failed(&e, c->json);
            }
            return verbs[i].fn(c);
        }
    }
    struct sg_error e = {0};
    (void)sg_fail(&e, SG_E_USAGE, c->sub->name, _("use it as: sigill %s %s"), c->sub->name, c->sub->usage);
    return sg_cli_failed(&e, c->json);
}
