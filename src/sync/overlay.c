/* Own pending actions over what the service last said. The snapshot itself is never touched, so a refresh cannot eat an unsent
 * decision: views compute this again whenever either side changes. What cannot be applied (already done, refused by a rule) is left out. */
#include "sync/engine.h"
#include <string.h>

static void unregister(const struct sg_citizen *before, struct sg_citizen *after, const struct sg_changed *changed)
{
    for (size_t i = 0; i < changed->n; i++) {
        struct sg_restriction *r = sg_citizen_restriction(after, changed->id[i]);
        if (!r)
            continue;
        if (!sg_citizen_restriction(before, r->id))
            r->made.registered_at = 0;
        if (r->state != SG_RS_ACTIVE)
            r->ended.registered_at = 0;
    }
}

enum sg_err sg_overlay(const struct sg_policy *p, const struct sg_actor *me, const struct sg_citizen *c, const struct sg_action *pending,
                       size_t n, struct sg_date today, struct sg_citizen *out)
{
    memset(out, 0, sizeof *out);
    enum sg_err err = sg_citizen_copy(out, c);
    for (size_t i = 0; err == SG_E_OK && i < n; i++) {
        const struct sg_action *a = &pending[i];
        if (strcmp(a->subject, c->id) != 0)
            continue;
        struct sg_effect_ctx x = { .policy = p, .actor = me, .today = today, .now = a->performed_at };
        struct sg_changed changed = { 0 };
        struct sg_why why = { 0 };
        enum sg_err applied = sg_effect_apply(&x, a, out, &changed, &why);
        if (applied == SG_E_OK)
            unregister(c, out, &changed);
        else if (applied == SG_E_NOMEM)
            err = applied;
    }
    if (err != SG_E_OK)
        sg_citizen_free(out);
    return err;
}
