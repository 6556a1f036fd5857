/* A read that was made from the cache while the service did not log it: as a client keeps it, and as it hands it in afterwards. */
#include <string.h>
#include "base/str.h"
#include "wire/shape.h"
#include "wire/wire.h"

static const char *const KINDS[] = {"citizen.lookup", "citizen.read", "citizen.access", "citizen.restrictions"};

#define R SG_SHF_REQUIRED
#define D(...) { SG_SHAPE(__VA_ARGS__) }
static const struct sg_shape_field fields[] = {
    D(UUID, sg_seen, id, "eventId", R, "Made by the client; the event bears it, so that handing in twice makes one event"),
    D(STR, sg_seen, kind, "kind", R, "citizen.lookup, citizen.read, citizen.access or citizen.restrictions"),
    D(ID, sg_seen, citizen, "citizenId", R, "Opaque id of the citizen"),
    D(STR, sg_seen, commission, "commission", 0, "HSA-id of the commission it was read under"),
    D(STR, sg_seen, purpose, "purpose", 0, "Purpose that was stated; absent: that of the commission"),
    D(TIME, sg_seen, at, "performedAt", R, "When it was shown"),
    D(TIME, sg_seen, as_of, "asOf", 0, "When what was shown had been read from the service"),
};
const struct sg_shape sg_shape_seen = SG_SHAPE_OF(fields, "OfflineRead", "A read that the service has not logged");

cJSON *sg_wire_seen(const struct sg_seen *s) { return sg_shape_write(&sg_shape_seen, s); }

enum sg_err sg_wire_seen_read(const cJSON *v, struct sg_seen *out, struct sg_error *e)
{
    enum sg_err err = sg_shape_read(&sg_shape_seen, v, out, sizeof *out, e);
    if (err != SG_E_OK) return err;
    for (size_t i = 0; i < sizeof KINDS / sizeof *KINDS; i++)
        if (sg_eq(out->kind, KINDS[i])) return SG_E_OK;
    return sg_fail(e, SG_E_INPUT, "kind", "not a read");
}
