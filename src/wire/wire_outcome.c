/* What became of an action. Done: the rows made or ended. Refused or conflict: a whole problem object with the members of the
 * outcome beside it, so that one body serves every reader. A conflict carries the citizen as it is now: the client then needs
 * no second read to show mine beside theirs. */
#include <stdlib.h>
#include <string.h>
#include "wire/shape.h"
#include "wire/wire.h"

static const char *outcome_name(int i)
{
    static const char *const name[] = { [SG_OUT_DONE] = "done", [SG_OUT_REFUSED] = "refused", [SG_OUT_CONFLICT] = "conflict" };
    return i >= 0 && i < SG_OUT_COUNT ? name[i] : "";
}

static void *add_restriction(void *outcome)
{
    struct sg_outcome *o = outcome;
    struct sg_restriction *more = realloc(o->restriction, (o->n_restrictions + 1) * sizeof *more);
    if (!more)
        return NULL;
    o->restriction = more;
    return memset(&more[o->n_restrictions++], 0, sizeof *more);
}

#define D(...) { SG_SHAPE(__VA_ARGS__) }
static const struct sg_shape_field fields[] = {
    D(UUID, sg_outcome, action_id, "actionId", 0, "The action"),
    { SG_SHAPE_NAME(sg_outcome, kind, "outcome", 0, outcome_name, SG_OUT_COUNT, "What became of it") },
    D(ETAG, sg_outcome, etag_before, "etagBefore", 0, "Entity tag of the citizen before"),
    D(ETAG, sg_outcome, etag_after, "etagAfter", 0, "Entity tag of the citizen after"),
    { SG_SHAPE_NUM(I64, sg_outcome, event_index, "eventIndex", 0, 0, (int64_t)1 << 53, "Place of its event among all events") },
    D(UUID, sg_outcome, event_id, "eventId", 0, "Its event"),
    D(STR, sg_outcome, log, "log", 0, "The log that holds the event"),
    { SG_SHAPE_NUM(I64, sg_outcome, leaf_index, "leafIndex", 0, 0, (int64_t)1 << 53, "Place of the event in that log") },
    D(TIME, sg_outcome, recorded_at, "recordedAt", 0, "When, by the clock of the service"),
    { SG_SHAPE_LIST(sg_outcome, restriction, n_restrictions, "restrictions", 0, SG_RESTRICTIONS_MAX, &sg_shape_restriction, add_restriction,
                    "Rows made or ended, whole") },
    D(STR, sg_outcome, changed_by, "changedBy", 0, "Conflict: who changed the citizen last"),
    D(STR, sg_outcome, changed_unit, "changedUnit", 0, "Conflict: at which unit"),
    D(TIME, sg_outcome, changed_at, "changedAt", 0, "Conflict: when"),
};
const struct sg_shape sg_shape_outcome = SG_SHAPE_OF(fields, "Outcome", "What became of an action, the same at every repetition");

void sg_outcome_free(struct sg_outcome *o)
{
    if (!o)
        return;
    free(o->restriction);
    sg_citizen_free(&o->current);
    memset(o, 0, sizeof *o);
}

cJSON *sg_wire_outcome(const struct sg_outcome *o)
{
    const struct sg_why *why = (unsigned)o->why.rule < SG_RULE_COUNT ? &o->why : NULL;
    cJSON *v = o->kind == SG_OUT_DONE ? cJSON_CreateObject() : sg_wire_problem(o->problem, NULL, why, NULL);
    bool fine = v && sg_shape_write_into(&sg_shape_outcome, o, v) &&
                (!o->has_current || sg_wire_put_node(v, "current", sg_wire_citizen(&o->current)));
    if (fine)
        return v;
    cJSON_Delete(v);
    return NULL;
}

static const struct sg_shape_field why_field[] = { D(WHY, sg_outcome, why, "rule", 0, "") };
static const struct sg_shape why_shape = SG_SHAPE_OF(why_field, "", "");

/* The problem's side: which one, and the rule. A problem without an outcome member still tells what became of the action. */
static enum sg_err read_problem(const cJSON *v, struct sg_outcome *o, struct sg_error *e)
{
    char type[96];
    struct sg_outcome rule;
    enum sg_err r = sg_json_str(v, "type", true, type, sizeof type, e);
    if (r != SG_E_OK)
        return r;
    const struct sg_problem_def *d = sg_problem_def(sg_problem_named(type));
    if (!d)
        return sg_fail(e, SG_E_INPUT, "type", "unknown problem");
    o->problem = d->id;
    if (!cJSON_GetObjectItemCaseSensitive(v, "outcome"))
        o->kind = d->cls == SG_CLASS_CONFLICT ? SG_OUT_CONFLICT : SG_OUT_REFUSED;
    r = sg_shape_read(&why_shape, v, &rule, sizeof rule, e);
    o->why = rule.why;
    return r;
}

enum sg_err sg_wire_outcome_read(const cJSON *v, struct sg_outcome *out, struct sg_error *e)
{
    enum sg_err r = sg_shape_read(&sg_shape_outcome, v, out, sizeof *out, e);
    const cJSON *current = cJSON_GetObjectItemCaseSensitive(v, "current");
    bool told = cJSON_GetObjectItemCaseSensitive(v, "outcome") != NULL;
    if (r == SG_E_OK && (!told || out->kind != SG_OUT_DONE))
        r = read_problem(v, out, e);
    if (r == SG_E_OK && current) {
        r = sg_wire_within(e, "current", sg_wire_citizen_read(current, &out->current, e));
        out->has_current = r == SG_E_OK;
    }
    if (r != SG_E_OK)
        sg_outcome_free(out);
    return r;
}
