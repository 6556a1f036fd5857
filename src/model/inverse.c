/* The deed that takes another one back, filled in as far as it follows from what was done. It is only a proposal for the ordinary form:
 * whoever takes something back decides anew, with a reason of their own. */
#include "base/str.h"
#include "model/effect.h"

static bool set(struct sg_action *a, const char *name, const char *value)
{
    struct sg_error e = {0};
    return !value[0] || sg_part_set(&a->part[0], name, value, &e) == SG_E_OK;
}

static bool set_date(struct sg_action *a, const char *name, struct sg_date d)
{
    char text[11];
    sg_date_format(text, d);
    return set(a, name, text);
}

/* The same restriction made again. */
static bool again(struct sg_action *a, const struct sg_restriction *r)
{
    switch (a->kind) {
    case SG_ACT_LOGIN_LOCK: return set(a, "region", r->region) && set(a, "requestedBy", sg_requested_by_name(r->requested_by));
    case SG_ACT_RECORD_SEAL:
        return set(a, "scope", sg_seal_scope_name(r->scope)) && set(a, "provider", r->provider) && set(a, "unit", r->unit) && set_date(a, "from", r->from) &&
               set_date(a, "to", r->to);
    case SG_ACT_GUARDIAN_BLOCK: return set(a, "guardian", r->person) && set(a, "decisionBy", r->decision_by) && set_date(a, "reviewDate", r->review);
    default: return false;
    }
}

bool sg_action_inverse(const struct sg_action *done, const struct sg_restriction *rows, size_t n, struct sg_action *out)
{
    enum sg_action_kind kind = sg_action_def(done->kind)->inverse;
    if (kind == SG_ACT_COUNT || n == 0) return false;
    const struct sg_action_def *def = sg_action_def(kind);
    sg_action_init(out, kind, done->subject);
    if (def->n_fields > 0 && def->fields[0].type == SG_FT_RESTRICTION) return set(out, def->fields[0].name, rows[0].id);
    return again(out, &rows[0]);
}
