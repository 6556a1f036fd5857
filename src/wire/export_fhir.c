/* FHIR R4 AuditEvent after the pattern of IHE's Basic Audit Log Patterns: a RESTful event with the person, the client and the service as
 * agents, the patient as entity, the trace of the request as transaction. Every member is left out rather than empty, as FHIR demands. */
#include "wire/export.h"
#include <string.h>
#include "base/str.h"
#include "base/utf8.h"
#include "model/event.h"
#include "model/purpose.h"

#define DICOM "http://dicom.nema.org/resources/ontology/DCM"
#define TERMS "http://terminology.hl7.org/CodeSystem/"
#define HSA_OID "urn:oid:1.2.752.129.2.1.4.1"
#define PERSONNUMMER_OID "urn:oid:1.2.752.129.2.1.3.1"
#define SAMORDNING_OID "urn:oid:1.2.752.129.2.1.3.3"
#define SIGILL "urn:sigill:"

/* Builders fail softly: a NULL somewhere makes add() note it, and the row is not written. */
struct fhir { bool ok; };

static void put(struct fhir *f, cJSON *o, const char *key, cJSON *v)
{
    if (v && o && cJSON_AddItemToObject(o, key, v)) return;
    cJSON_Delete(v);
    f->ok = false;
}

/* A FHIR string holds no blank but space, tab, CR and LF, and no control character. */
static bool plain(uint32_t cp)
{
    if (cp < 0x20) return cp == '\t' || cp == '\r' || cp == '\n';
    return cp != SG_UTF8_BAD && cp != 0x7F && cp != 0xA0 && cp != 0x1680 && !(cp >= 0x2000 && cp <= 0x200A) && cp != 0x2028 && cp != 0x2029 && cp != 0x202F &&
           cp != 0x205F && cp != 0x3000 && cp != 0xFEFF;
}

/* Nothing for "". */
static void str(struct fhir *f, cJSON *o, const char *key, const char *text)
{
    char clean[SG_TEXT_MAX * 3];
    size_t n = strlen(text), len = 0;
    for (size_t at = 0; at < n && len + 4 < sizeof clean;) {
        uint32_t cp = 0;
        size_t used = sg_utf8_next(text + at, n - at, &cp);
        len += sg_utf8_put(clean + len, plain(cp) ? cp : cp == SG_UTF8_BAD ? 0xFFFD : ' ');
        at += used;
    }
    if (len == 0) return;
    clean[len] = '\0';
    put(f, o, key, cJSON_CreateString(clean));
}

static cJSON *object(struct fhir *f, cJSON *o, const char *key)
{
    cJSON *v = cJSON_CreateObject();
    put(f, o, key, v);
    return f->ok ? v : NULL;
}

static cJSON *element(struct fhir *f, cJSON *list)
{
    cJSON *v = cJSON_CreateObject();
    if (v && list && cJSON_AddItemToArray(list, v)) return v;
    cJSON_Delete(v);
    f->ok = false;
    return NULL;
}

static cJSON *array(struct fhir *f, cJSON *o, const char *key)
{
    cJSON *v = cJSON_CreateArray();
    put(f, o, key, v);
    return f->ok ? v : NULL;
}

static void coding(struct fhir *f, cJSON *o, const char *system, const char *code, const char *display)
{
    str(f, o, "system", system);
    str(f, o, "code", code);
    str(f, o, "display", display);
}

/* A CodeableConcept with one coding, filled into c. */
static void concept(struct fhir *f, cJSON *c, const char *system, const char *code, const char *text)
{
    coding(f, element(f, array(f, c, "coding")), system, code, "");
    str(f, c, "text", text);
}

/* A Reference by identifier. */
static void reference(struct fhir *f, cJSON *o, const char *key, const char *system, const char *value, const char *display)
{
    cJSON *r = object(f, o, key);
    if (value[0]) {
        cJSON *id = object(f, r, "identifier");
        str(f, id, "system", system);
        str(f, id, "value", value);
    }
    str(f, r, "display", display);
}

static const struct { const char *action, *code; } ACTIVITIES[SG_ACTIVITY_COUNT] = {
    [SG_ACTIVITY_READ] = {"R", "read"}, [SG_ACTIVITY_WRITE] = {"U", "update"}, [SG_ACTIVITY_SIGN] = {"U", "update"}, [SG_ACTIVITY_PRINT] = {"R", "read"},
    [SG_ACTIVITY_ATTEST] = {"E", "operation"}, [SG_ACTIVITY_DELETE] = {"D", "delete"}, [SG_ACTIVITY_EMERGENCY] = {"R", "read"},
};

static void what(struct fhir *f, cJSON *o, const struct sg_event *v)
{
    enum sg_activity a = sg_activity_named(v->activity);
    if (a >= SG_ACTIVITY_COUNT) a = SG_ACTIVITY_READ;
    cJSON *type = object(f, o, "type"), *sub = array(f, o, "subtype");
    coding(f, type, TERMS "audit-event-type", "rest", "RESTful Operation");
    coding(f, element(f, sub), "http://hl7.org/fhir/restful-interaction", ACTIVITIES[a].code, "");
    coding(f, element(f, sub), SIGILL "event-kind", v->kind, "");
    str(f, o, "action", ACTIVITIES[a].action);
}

static void when(struct fhir *f, cJSON *o, const struct sg_event *v)
{
    char at[SG_RFC3339_MAX], performed[SG_RFC3339_MAX];
    sg_rfc3339(at, v->at);
    if (v->performed_at > 0 && v->performed_at <= v->at) {
        cJSON *period = object(f, o, "period");
        sg_rfc3339(performed, v->performed_at);
        str(f, period, "start", performed);
        str(f, period, "end", at);
    }
    str(f, o, "recorded", at);
    str(f, o, "outcome", sg_eq(v->outcome, "done") ? "0" : "4");
    str(f, o, "outcomeDesc", v->rule);
}

static void why(struct fhir *f, cJSON *o, const char *purpose)
{
    static const char *const CODES[SG_PURPOSE_COUNT] = {[SG_PURPOSE_CARE] = "TREAT", [SG_PURPOSE_QUALITY] = "HQUALIMP", [SG_PURPOSE_DOCUMENTATION] = "HLEGAL",
        [SG_PURPOSE_STATISTICS] = "HOPERAT", [SG_PURPOSE_ADMINISTRATION] = "HOPERAT", [SG_PURPOSE_SUPPORT] = "HSYSADMIN"};
    enum sg_purpose p = sg_purpose_named(purpose);
    cJSON *list = purpose[0] ? array(f, o, "purposeOfEvent") : NULL;
    cJSON *c = list ? element(f, list) : NULL;
    if (!c) return;
    if (p < SG_PURPOSE_COUNT) coding(f, element(f, array(f, c, "coding")), TERMS "v3-ActReason", CODES[p], "");
    str(f, c, "text", p < SG_PURPOSE_COUNT ? sg_purpose_swedish(p) : purpose);
}

static void agents(struct fhir *f, cJSON *o, const struct sg_event *v)
{
    cJSON *list = array(f, o, "agent"), *user = element(f, list), *client = element(f, list), *server = element(f, list);
    concept(f, object(f, user, "type"), TERMS "v3-ParticipationType", "IRCP", v->title);
    if (v->commission[0]) concept(f, element(f, array(f, user, "role")), SIGILL "commission", v->commission, v->assignment);
    reference(f, user, "who", HSA_OID, v->actor, v->actor_name);
    str(f, user, "name", v->actor_name);
    put(f, user, "requestor", cJSON_CreateTrue());
    if (v->unit[0]) reference(f, user, "location", HSA_OID, v->unit, v->unit_name);
    concept(f, object(f, client, "type"), DICOM, "110153", "Source Role ID");
    reference(f, client, "who", SIGILL "device", v->device, v->client[0] ? v->client : "client");
    put(f, client, "requestor", cJSON_CreateFalse());
    concept(f, object(f, server, "type"), DICOM, "110152", "Destination Role ID");
    reference(f, server, "who", HSA_OID, v->system, "sigilld");
    put(f, server, "requestor", cJSON_CreateFalse());
}

static void source(struct fhir *f, cJSON *o, const struct sg_event *v)
{
    cJSON *s = object(f, o, "source");
    str(f, s, "site", v->provider);
    reference(f, s, "observer", HSA_OID, v->system, "sigilld");
    coding(f, element(f, array(f, s, "type")), TERMS "security-source-type", "3", "Web Server");
}

static void patient(struct fhir *f, cJSON *list, const struct sg_export_row *r)
{
    const struct sg_event *v = &r->event;
    bool coordination = r->number[0] && strlen(r->number) == 12 && r->number[6] >= '6' && r->number[6] <= '9';
    cJSON *e = element(f, list);
    if (r->number[0]) reference(f, e, "what", coordination ? SAMORDNING_OID : PERSONNUMMER_OID, r->number, r->name);
    else reference(f, e, "what", SIGILL "citizen", v->subject, "");
    coding(f, object(f, e, "type"), TERMS "audit-entity-type", "1", "Person");
    coding(f, object(f, e, "role"), TERMS "object-role", "1", "Patient");
}

static void detail(struct fhir *f, cJSON *list, const char *type, const char *value)
{
    if (!value[0]) return;
    cJSON *d = element(f, list);
    str(f, d, "type", type);
    str(f, d, "valueString", value);
}

static void object_of(struct fhir *f, cJSON *list, const struct sg_event *v)
{
    char leaf[24];
    sg_format(leaf, sizeof leaf, "%lld", (long long)v->leaf_index);
    cJSON *e = element(f, list);
    reference(f, e, "what", SIGILL "action", v->action_id, v->action_id[0] ? "" : v->resource[0] ? v->resource : v->kind);
    coding(f, object(f, e, "type"), TERMS "audit-entity-type", "2", "System Object");
    cJSON *details = array(f, e, "detail");
    detail(f, details, "log", v->log);
    detail(f, details, "leafIndex", leaf);
    detail(f, details, "outcome", v->outcome);
    detail(f, details, "reference", v->reference);
    detail(f, details, "decision", v->decision);
    detail(f, details, "reason", v->reason);
    detail(f, details, "activityArgs", v->activity_args);
    if (v->offline) detail(f, details, "offline", "true");
}

static void transaction(struct fhir *f, cJSON *list, const struct sg_event *v)
{
    if (!v->traceparent[0]) return;
    cJSON *e = element(f, list);
    reference(f, e, "what", SIGILL "traceparent", v->traceparent, "");
    coding(f, object(f, e, "type"), "https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType", "XrequestId", "");
}

void sg_export_fhir_row(const struct sg_export_row *r, struct sg_buf *out)
{
    struct fhir f = {true};
    const struct sg_event *v = &r->event;
    char url[16 + SG_UUID_MAX];
    cJSON *entry = cJSON_CreateObject();
    f.ok = entry != NULL;
    sg_format(url, sizeof url, "urn:uuid:%s", v->id);
    str(&f, entry, "fullUrl", url);
    cJSON *o = object(&f, entry, "resource");
    str(&f, o, "resourceType", "AuditEvent");
    str(&f, o, "id", v->id);
    what(&f, o, v);
    when(&f, o, v);
    why(&f, o, v->purpose);
    agents(&f, o, v);
    source(&f, o, v);
    cJSON *list = array(&f, o, "entity");
    if (v->subject[0] || r->number[0]) patient(&f, list, r);
    object_of(&f, list, v);
    transaction(&f, list, v);
    if (!f.ok || sg_wire_print(entry, out) != SG_E_OK) out->failed = 1;
    if (!f.ok) cJSON_Delete(entry);
}
