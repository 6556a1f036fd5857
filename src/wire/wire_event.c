/* Events on the wire. Flat: an event is one line of a log, and every member can be a column. */
#include "wire/shape.h"
#include "wire/wire.h"

#define R SG_SHF_REQUIRED
#define D(...) { SG_SHAPE(__VA_ARGS__) }
static const struct sg_shape_field event[] = {
    { SG_SHAPE_NUM(I64, sg_event, index, "index", R, 0, (int64_t)1 << 53, "Place among all events") },
    D(UUID, sg_event, id, "eventId", R, "Id of the event"),
    D(STR, sg_event, kind, "kind", R, "Name of an action, or citizen.lookup, citizen.read, session.start and the like"),
    D(STR, sg_event, outcome, "outcome", R, "done, refused or conflict"),
    D(TIME, sg_event, at, "at", R, "Recorded by the service"),
    D(TIME, sg_event, performed_at, "performedAt", 0, "Decided by the person; absent when the same"),
    D(STR, sg_event, actor, "actor", 0, "HSA-id of the member of staff"),
    D(STR, sg_event, actor_name, "actorName", 0, "Their name"),
    D(STR, sg_event, commission, "commission", 0, "HSA-id of the commission"),
    D(STR, sg_event, unit, "unit", 0, "HSA-id of the care unit"),
    D(STR, sg_event, unit_name, "unitName", 0, "Its name"),
    D(STR, sg_event, provider, "provider", 0, "HSA-id of the care provider"),
    D(STR, sg_event, purpose, "purpose", 0, "Purpose of the act"),
    D(ID, sg_event, subject, "subject", 0, "Opaque id of the citizen"),
    D(UUID, sg_event, action_id, "actionId", 0, "The action"),
    D(WORDS, sg_event, restriction, "restrictions", 0, "Restrictions made or ended"),
    D(STR, sg_event, rule, "rule", 0, "Why it was refused"),
    D(UUID, sg_event, device, "device", 0, "The device it came from"),
    D(BOOL, sg_event, offline, "offline", 0, "Decided while the service was away"),
    D(STR, sg_event, reason, "reason", 0, "Why, in the person's words"),
    D(STR, sg_event, reference, "reference", 0, "Diary number or another pointer to the decision"),
    D(STR, sg_event, client, "client", 0, "Name and version of the client"),
    D(ETAG, sg_event, etag_before, "etagBefore", 0, "Entity tag of the citizen before"),
    D(STR, sg_event, region, "region", 0, "Code of the region"),
    D(STR, sg_event, log, "log", 0, "The log it belongs to: a care provider's HSA-id in lower case, or service"),
    { SG_SHAPE_NUM(I64, sg_event, leaf_index, "leafIndex", 0, 0, (int64_t)1 << 53, "Place in that log") },
    D(STR, sg_event, system, "system", 0, "HSA-id of the service that recorded it"),
    D(STR, sg_event, activity, "activityType", 0, "read, write, sign, print, attest, delete or emergency"),
    D(STR, sg_event, activity_args, "activityArgs", 0, "What it was done with, as short JSON"),
    D(STR, sg_event, title, "title", 0, "Title of the member of staff"),
    D(STR, sg_event, assignment, "assignment", 0, "Name of the commission"),
    D(STR, sg_event, provider_name, "providerName", 0, "Name of the care provider"),
    D(STR, sg_event, resource, "resourceType", 0, "What kind of thing it was done to"),
    D(STR, sg_event, decision, "decision", 0, "HSA-id of the one who decided"),
    D(STR, sg_event, traceparent, "traceparent", 0, "W3C trace context of the request"),
    D(BOOL, sg_event, skew, "skew", 0, "Decided and recorded more than five minutes apart though not offline, or decided later than recorded"),
};
const struct sg_shape sg_shape_event = SG_SHAPE_OF(event, "Event", "One leaf of the log: an action, a refusal or a read");

cJSON *sg_wire_event(const struct sg_event *ev) { return sg_shape_write(&sg_shape_event, ev); }

enum sg_err sg_wire_event_read(const cJSON *v, struct sg_event *out, struct sg_error *e)
{
    return sg_shape_read(&sg_shape_event, v, out, sizeof *out, e);
}
