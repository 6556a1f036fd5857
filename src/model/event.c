/* Two tables make the kinds of events: event.def, and the actions, which write to a citizen's restrictions (the terms of use are the one
 * that does not). */
#include "model/event.h"
#include "base/i18n.h"
#include "base/str.h"
#include "model/action.h"

static const struct sg_event_def KINDS[] = {
#define SG_EVENT(id, kind, activity, resource, title) {kind, SG_ACTIVITY_##activity, resource, title},
#include "model/event.def"
};
static const struct { const char *name, *word; } ACTIVITIES[SG_ACTIVITY_COUNT] = {
    [SG_ACTIVITY_READ] = {"read", "Läsa"}, [SG_ACTIVITY_WRITE] = {"write", "Skriva"}, [SG_ACTIVITY_SIGN] = {"sign", "Signera"},
    [SG_ACTIVITY_PRINT] = {"print", "Utskrift"}, [SG_ACTIVITY_ATTEST] = {"attest", "Vidimera"}, [SG_ACTIVITY_DELETE] = {"delete", "Radera"},
    [SG_ACTIVITY_EMERGENCY] = {"emergency", "Nödöppning"},
};

const char *sg_activity_name(enum sg_activity a) { return (unsigned)a < SG_ACTIVITY_COUNT ? ACTIVITIES[a].name : ""; }
const char *sg_activity_word(enum sg_activity a) { return (unsigned)a < SG_ACTIVITY_COUNT ? ACTIVITIES[a].word : ""; }

enum sg_activity sg_activity_named(const char *name)
{
    unsigned a = 0;
    while (a < SG_ACTIVITY_COUNT && !sg_eq(ACTIVITIES[a].name, name)) a++;
    return (enum sg_activity)a;
}

const struct sg_event_def *sg_event_def(enum sg_event_kind k) { return (unsigned)k < SG_EV_COUNT ? &KINDS[k] : NULL; }

bool sg_event_find(const char *kind, struct sg_event_def *out)
{
    for (unsigned i = 0; i < SG_EV_COUNT; i++) {
        if (!sg_eq(KINDS[i].kind, kind)) continue;
        *out = KINDS[i];
        return true;
    }
    const struct sg_action_def *a = sg_action_def(sg_action_kind_named(kind));
    if (!a) return false;
    *out = (struct sg_event_def){a->name, SG_ACTIVITY_WRITE, a->kind == SG_ACT_TERMS_ACCEPT ? "policy" : a->kind == SG_ACT_LOG_REVIEW ? "event-log" : "restriction", a->title};
    return true;
}
