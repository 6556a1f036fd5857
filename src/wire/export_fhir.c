/* FHIR R4 AuditEvent after IHE's Basic Audit Log Patterns: the person, the client and the service as agents, the patient, what it was done to
 * (or what was asked for) and the trace of the request as entities; meta.profile names the pattern that it keeps. Every member is left out
 * rather than empty, as FHIR demands. */
#include <string.h>
#include "base/base64.h"
#include "base/str.h"
#include "base/utf8.h"
#include "model/purpose.h"
#include "wire/export.h"
#include "wire/export_audit.h"

#define DICOM "http://dicom.nema.org/resources/ontology/DCM"
#define TERMS "http://terminology.hl7.org/CodeSystem/"
#define HSA_OID "urn:oid:" SG_OID_HSA
#define SIGILL "urn:sigill:"
#define PARTICIPATION TERMS "v3-ParticipationType"
#define ACT_REASON TERMS "v3-ActReason"
#define BALP "https://profiles.ihe.net/ITI/BALP/"

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

/* One of IHE's patterns: its interaction, its profile and who is called what in it. Of what a read or a query
 * brings, the client is where it goes and the service where it comes from; IHE keeps DICOM's order for a query nevertheless. */
static const struct pattern {
    const char *interaction, *profile;
    struct { const char *system, *code, *name; } client, server, user;
} PATTERNS[] = {
    [SG_AUDIT_READ] = {"read", "Read", {DICOM, "110152", "Destination Role ID"}, {DICOM, "110153", "Source Role ID"}, {PARTICIPATION, "IRCP", ""}},
    [SG_AUDIT_UPDATE] = {"update", "Update", {DICOM, "110153", "Source Role ID"}, {DICOM, "110152", "Destination Role ID"}, {PARTICIPATION, "AUT", ""}},
    [SG_AUDIT_DELETE] = {"delete", "Delete", {DICOM, "110150", "Application"}, {TERMS "provenance-participant-type", "custodian", "Custodian"},
                         {PARTICIPATION, "AUT", ""}},
    [SG_AUDIT_QUERY] = {"search", "Query", {DICOM, "110153", "Source Role ID"}, {DICOM, "110152", "Destination Role ID"}, {PARTICIPATION, "IRCP", ""}},
    [SG_AUDIT_OTHER] = {"operation", "", {DICOM, "110153", "Source Role ID"}, {DICOM, "110152", "Destination Role ID"}, {PARTICIPATION, "AUT", ""}},
};

static bool concerns(const struct sg_export_row *r) { return r->event.subject[0] || r->number[0]; }

/* The patterns are of what succeeded; "failures are recorded differently", in the same shape but without the claim. */
static void profile(struct fhir *f, cJSON *o, const struct sg_export_row *r, const struct sg_audit *a)
{
    char url[96];
    if (!PATTERNS[a->pattern].profile[0] || !sg_eq(r->event.outcome, "done")) return;
    sg_format(url, sizeof url, BALP "StructureDefinition/IHE.BasicAudit.%s%s", concerns(r) ? "Patient" : "", PATTERNS[a->pattern].profile);
    cJSON *list = array(f, object(f, o, "meta"), "profile"), *v = cJSON_CreateString(url);
    if (v && list && cJSON_AddItemToArray(list, v)) return;
    cJSON_Delete(v);
    f->ok = false;
}

static void what(struct fhir *f, cJSON *o, const struct sg_event *v, const struct sg_audit *a)
{
    cJSON *type = object(f, o, "type"), *sub = array(f, o, "subtype");
    if (a->rest) {
        coding(f, type, TERMS "audit-event-type", "rest", "RESTful Operation");
        coding(f, element(f, sub), "http://hl7.org/fhir/restful-interaction", PATTERNS[a->pattern].interaction, PATTERNS[a->pattern].interaction);
    } else {
        coding(f, type, DICOM, a->event, a->event_name);
        if (a->type[0]) coding(f, element(f, sub), DICOM, a->type, a->type_name);
    }
    if (a->pattern != SG_AUDIT_DELETE) coding(f, element(f, sub), SIGILL "event-kind", v->kind, "");     /* there a subtype stands alone */
    str(f, o, "action", a->action);
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

static cJSON *reason(struct fhir *f, cJSON *list, const char *code, const char *text)
{
    cJSON *c = element(f, list);
    if (code[0]) coding(f, element(f, array(f, c, "coding")), ACT_REASON, code, "");
    str(f, c, "text", text);
    return c;
}

static void why(struct fhir *f, cJSON *o, const char *key, const struct sg_event *v, const struct sg_audit *a)
{
    static const char *const CODES[SG_PURPOSE_COUNT] = {[SG_PURPOSE_CARE] = "TREAT", [SG_PURPOSE_QUALITY] = "HQUALIMP", [SG_PURPOSE_DOCUMENTATION] = "HLEGAL",
        [SG_PURPOSE_STATISTICS] = "HOPERAT", [SG_PURPOSE_ADMINISTRATION] = "HOPERAT", [SG_PURPOSE_SUPPORT] = "HSYSADMIN"};
    enum sg_purpose p = sg_purpose_named(v->purpose);
    bool emergency = a->activity == SG_ACTIVITY_EMERGENCY;
    cJSON *list = v->purpose[0] || emergency ? array(f, o, key) : NULL;
    if (v->purpose[0]) (void)reason(f, list, p < SG_PURPOSE_COUNT ? CODES[p] : "", p < SG_PURPOSE_COUNT ? sg_purpose_swedish(p) : v->purpose);
    if (emergency) (void)reason(f, list, "BTG", "");
}

static void network(struct fhir *f, cJSON *agent, const char *address)
{
    cJSON *n = object(f, agent, "network");
    str(f, n, "address", address);
    str(f, n, "type", "5");                          /* a URI */
}

static void user(struct fhir *f, cJSON *u, const struct sg_event *v, const struct sg_audit *a)
{
    concept(f, object(f, u, "type"), PATTERNS[a->pattern].user.system, PATTERNS[a->pattern].user.code, v->title);
    if (v->commission[0]) concept(f, element(f, array(f, u, "role")), SIGILL "commission", v->commission, v->assignment);
    reference(f, u, "who", HSA_OID, v->actor, v->actor_name[0] || v->actor[0] ? v->actor_name : "unknown");
    str(f, u, "name", v->actor_name);
    put(f, u, "requestor", cJSON_CreateTrue());
    if (v->unit[0] && a->pattern != SG_AUDIT_DELETE) reference(f, u, "location", HSA_OID, v->unit, v->unit_name);
    why(f, u, "purposeOfUse", v, a);
}

static void agents(struct fhir *f, cJSON *o, const struct sg_event *v, const struct sg_audit *a)
{
    const struct pattern *p = &PATTERNS[a->pattern];
    char address[SG_AUDIT_ADDRESS_MAX];
    cJSON *list = array(f, o, "agent"), *client, *server;
    user(f, element(f, list), v, a);
    client = element(f, list);
    concept(f, object(f, client, "type"), p->client.system, p->client.code, p->client.name);
    reference(f, client, "who", SIGILL "device", v->device, v->client[0] ? v->client : "client");
    put(f, client, "requestor", cJSON_CreateFalse());
    sg_audit_client(v, address);
    network(f, client, address);
    server = element(f, list);
    concept(f, object(f, server, "type"), p->server.system, p->server.code, p->server.name);
    reference(f, server, "who", HSA_OID, v->system, "sigilld");
    put(f, server, "requestor", cJSON_CreateFalse());
    sg_audit_server(v, address);
    network(f, server, address);
}

static void source(struct fhir *f, cJSON *o, const struct sg_event *v)
{
    cJSON *s = object(f, o, "source");
    str(f, s, "site", v->provider);
    reference(f, s, "observer", HSA_OID, v->system, "sigilld");
    coding(f, element(f, array(f, s, "type")), TERMS "security-source-type", "4", "Application Server");
}

static void patient(struct fhir *f, cJSON *list, const struct sg_export_row *r)
{
    const struct sg_event *v = &r->event;
    const char *oid = sg_export_number_oid(r);
    char system[64] = SIGILL "number";
    cJSON *e = element(f, list);
    if (oid[0]) sg_format(system, sizeof system, "urn:oid:%s", oid);
    if (r->number[0]) reference(f, e, "what", system, r->number, r->name);
    else reference(f, e, "what", SIGILL "citizen", v->subject, "");
    str(f, cJSON_GetObjectItemCaseSensitive(e, "what"), "type", "Patient");
    coding(f, object(f, e, "type"), TERMS "audit-entity-type", "1", "Person");
    coding(f, object(f, e, "role"), TERMS "object-role", "1", "Patient");
}

/* What was asked for. A pattern's query has no other members, so what else is known stands with the leaf. */
static void query(struct fhir *f, cJSON *e, const struct sg_event *v)
{
    struct sg_buf b;
    char coded[SG_BASE64_LEN(sizeof v->kind + 1 + sizeof v->activity_args) + 1];
    sg_buf_init(&b, sizeof v->kind + 1 + sizeof v->activity_args);
    sg_audit_query(v, &b);
    sg_base64(coded, b.data ? b.data : "", b.len);
    if (sg_buf_check(&b) != SG_E_OK) f->ok = false;
    sg_buf_free(&b);
    coding(f, object(f, e, "type"), TERMS "audit-entity-type", "2", "System Object");
    coding(f, object(f, e, "role"), TERMS "object-role", "24", "Query");
    str(f, e, "query", coded);
}

/* What it was done to. */
static void data(struct fhir *f, cJSON *e, const struct sg_event *v)
{
    reference(f, e, "what", SIGILL "action", v->action_id, v->action_id[0] ? "" : v->resource[0] ? v->resource : v->kind);
    coding(f, object(f, e, "type"), TERMS "audit-entity-type", "2", "System Object");
    coding(f, object(f, e, "role"), TERMS "object-role", "4", "Domain Resource");
}

struct details { struct fhir *f; cJSON *list; };

static void detail(void *ctx, const char *type, const char *value)
{
    struct details *d = ctx;
    cJSON *o = element(d->f, d->list);
    str(d->f, o, "type", type);
    str(d->f, o, "valueString", value);
}

/* Where it stands in the log, with all that has no other place. */
static void leaf(struct fhir *f, cJSON *list, const struct sg_event *v)
{
    char place[SG_HSA_MAX + 32];
    cJSON *e = element(f, list);
    sg_format(place, sizeof place, "%s/%lld", v->log, (long long)v->leaf_index);
    reference(f, e, "what", SIGILL "leaf", place, "");
    coding(f, object(f, e, "type"), TERMS "audit-entity-type", "4", "Other");
    struct details d = {f, array(f, e, "detail")};
    sg_audit_details(v, detail, &d);
}

static void transaction(struct fhir *f, cJSON *list, const struct sg_event *v)
{
    if (!v->traceparent[0]) return;
    cJSON *e = element(f, list);
    reference(f, e, "what", SIGILL "traceparent", v->traceparent, "");
    coding(f, object(f, e, "type"), BALP "CodeSystem/BasicAuditEntityType", "XrequestId", "");
}

static void entities(struct fhir *f, cJSON *o, const struct sg_export_row *r, const struct sg_audit *a)
{
    cJSON *list = array(f, o, "entity");
    if (concerns(r)) patient(f, list, r);
    if (a->pattern == SG_AUDIT_QUERY) query(f, element(f, list), &r->event);
    else data(f, element(f, list), &r->event);
    leaf(f, list, &r->event);
    transaction(f, list, &r->event);
}

void sg_export_fhir_row(const struct sg_export_row *r, struct sg_buf *out)
{
    struct fhir f = {true};
    const struct sg_event *v = &r->event;
    const struct sg_audit a = sg_audit_of(v);
    char url[16 + SG_UUID_MAX];
    cJSON *entry = cJSON_CreateObject();
    f.ok = entry != NULL;
    sg_format(url, sizeof url, "urn:uuid:%s", v->id);
    str(&f, entry, "fullUrl", url);
    cJSON *o = object(&f, entry, "resource");
    str(&f, o, "resourceType", "AuditEvent");
    str(&f, o, "id", v->id);
    profile(&f, o, r, &a);
    what(&f, o, v, &a);
    when(&f, o, v);
    why(&f, o, "purposeOfEvent", v, &a);
    agents(&f, o, v, &a);
    source(&f, o, v);
    entities(&f, o, r, &a);
    if (!f.ok) cJSON_Delete(entry);
    sg_export_json(f.ok ? entry : NULL, out);
}
