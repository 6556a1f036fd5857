/* DICOM audit messages (PS3.15 A.5, the successor of RFC 3881 that IHE's ATNA profile sends): one AuditMessage a line, which a receiver takes as
 * it is, all of them in an element of our own so that the file is one document. What the standard has no element for are details of the object,
 * base 64 as it demands. */
#include <string.h>
#include "base/base64.h"
#include "base/str.h"
#include "wire/export.h"
#include "wire/export_audit.h"

enum { MOST = 1024 };       /* characters of an attribute */

static void attribute(struct sg_buf *out, const char *name, const char *text)
{
    (void)sg_buf_addf(out, " %s=\"", name);
    sg_xml_attribute(out, text, MOST);
    (void)sg_buf_addz(out, "\"");
}

/* Nothing is left of it when a reader takes the blanks at both ends away. */
static bool blank(const char *text) { return text[strspn(text, " \t\r\n")] == '\0'; }

static void may(struct sg_buf *out, const char *name, const char *text)
{
    if (!blank(text)) attribute(out, name, text);
}

static const char *or_else(const char *text, const char *other) { return blank(text) ? other : text; }

/* A coded value. */
static void code(struct sg_buf *out, const char *element, const char *value, const char *system, const char *text)
{
    (void)sg_buf_addf(out, "<%s", element);
    attribute(out, "csd-code", value);
    attribute(out, "codeSystemName", system);
    attribute(out, "originalText", or_else(text, value));
    (void)sg_buf_addz(out, "/>");
}

static void event(struct sg_buf *out, const struct sg_event *v, const struct sg_audit *a)
{
    char when[SG_RFC3339_MAX];
    sg_rfc3339(when, v->performed_at > 0 ? v->performed_at : v->at);
    (void)sg_buf_addz(out, "<EventIdentification");
    attribute(out, "EventActionCode", a->action);
    attribute(out, "EventDateTime", when);
    attribute(out, "EventOutcomeIndicator", sg_eq(v->outcome, "done") ? "0" : "4");
    (void)sg_buf_addz(out, ">");
    code(out, "EventID", a->event, "DCM", a->event_name);
    if (a->type[0]) code(out, "EventTypeCode", a->type, "DCM", a->type_name);
    if (a->activity == SG_ACTIVITY_EMERGENCY) code(out, "EventTypeCode", "110127", "DCM", "Emergency Override Started");
    code(out, "EventTypeCode", v->kind, "sigill", v->kind);
    if (v->rule[0]) {
        (void)sg_buf_addz(out, "<EventOutcomeDescription>");
        sg_xml_text(out, v->rule, MOST);
        (void)sg_buf_addz(out, "</EventOutcomeDescription>");
    }
    (void)sg_buf_addz(out, "</EventIdentification>");
}

static void person(struct sg_buf *out, const struct sg_event *v)
{
    (void)sg_buf_addz(out, "<ActiveParticipant");
    attribute(out, "UserID", or_else(v->actor, "unknown"));
    may(out, "UserName", v->actor_name);
    (void)sg_buf_addz(out, " UserIsRequestor=\"true\">");
    if (v->commission[0]) code(out, "RoleIDCode", v->commission, SG_OID_HSA, v->assignment);
    if (!blank(v->title)) code(out, "RoleIDCode", v->title, "title", v->title);
    (void)sg_buf_addz(out, "</ActiveParticipant>");
}

static void machine(struct sg_buf *out, const char *id, const char *name, const char *address, const char *role, const char *role_name)
{
    (void)sg_buf_addz(out, "<ActiveParticipant");
    attribute(out, "UserID", id);
    may(out, "UserName", name);
    (void)sg_buf_addz(out, " UserIsRequestor=\"false\"");
    attribute(out, "NetworkAccessPointID", address);
    (void)sg_buf_addz(out, " NetworkAccessPointTypeCode=\"5\">");          /* a URI */
    code(out, "RoleIDCode", role, "DCM", role_name);
    (void)sg_buf_addz(out, "</ActiveParticipant>");
}

static void participants(struct sg_buf *out, const struct sg_event *v)
{
    char address[SG_AUDIT_ADDRESS_MAX];
    person(out, v);
    sg_audit_client(v, address);
    machine(out, or_else(v->device, "client"), v->client, address, "110153", "Source Role ID");
    sg_audit_server(v, address);
    machine(out, or_else(v->system, "sigilld"), "sigilld", address, "110152", "Destination Role ID");
}

static void source(struct sg_buf *out, const struct sg_event *v)
{
    (void)sg_buf_addz(out, "<AuditSourceIdentification");
    may(out, "AuditEnterpriseSiteID", v->provider);
    attribute(out, "AuditSourceID", or_else(v->system, "sigilld"));
    (void)sg_buf_addz(out, "><AuditSourceTypeCode csd-code=\"4\"/></AuditSourceIdentification>");
}

static void encoded(struct sg_buf *out, const char *text)
{
    char coded[SG_BASE64_LEN(SG_TEXT_MAX) + 1];
    size_t n = strlen(text);
    sg_base64(coded, text, n < SG_TEXT_MAX ? n : SG_TEXT_MAX);
    (void)sg_buf_addz(out, coded);
}

static void detail(void *ctx, const char *type, const char *value)
{
    struct sg_buf *out = ctx;
    (void)sg_buf_addz(out, "<ParticipantObjectDetail");
    attribute(out, "type", type);
    (void)sg_buf_addz(out, " value=\"");
    encoded(out, value);
    (void)sg_buf_addz(out, "\"/>");
}

static void named(struct sg_buf *out, const char *name)
{
    (void)sg_buf_addz(out, "<ParticipantObjectName>");
    sg_xml_text(out, name, MOST);
    (void)sg_buf_addz(out, "</ParticipantObjectName>");
}

/* A number is written as HL7 writes it, with who gives such numbers: NUMBER^^^&OID&ISO. */
static void patient(struct sg_buf *out, const struct sg_export_row *r)
{
    const char *oid = sg_export_number_oid(r);
    char id[128];
    if (!r->number[0] && !r->event.subject[0]) return;
    if (oid[0]) sg_format(id, sizeof id, "%s^^^&%s&ISO", r->number, oid);
    else SG_COPY(id, r->number[0] ? r->number : r->event.subject);
    (void)sg_buf_addz(out, "<ParticipantObjectIdentification");
    attribute(out, "ParticipantObjectID", id);
    (void)sg_buf_addz(out, " ParticipantObjectTypeCode=\"1\" ParticipantObjectTypeCodeRole=\"1\">");
    if (r->number[0]) code(out, "ParticipantObjectIDTypeCode", "2", "RFC-3881", "Patient Number");
    else code(out, "ParticipantObjectIDTypeCode", "citizen", "sigill", "citizen");
    named(out, or_else(r->name, "-"));
    (void)sg_buf_addz(out, "</ParticipantObjectIdentification>");
}

/* What was asked for, in the words of the log. */
static void query(struct sg_buf *out, const struct sg_event *v)
{
    struct sg_buf b;
    sg_buf_init(&b, SG_TEXT_MAX);
    sg_audit_query(v, &b);
    (void)sg_buf_addz(out, "<ParticipantObjectQuery>");
    encoded(out, b.data ? b.data : "");
    (void)sg_buf_addz(out, "</ParticipantObjectQuery>");
    if (sg_buf_check(&b) != SG_E_OK) out->failed = 1;
    sg_buf_free(&b);
}

static void object(struct sg_buf *out, const struct sg_event *v, const struct sg_audit *a)
{
    static const char *const CYCLE[] = {
        [SG_AUDIT_READ] = "6", [SG_AUDIT_UPDATE] = "3", [SG_AUDIT_DELETE] = "15", [SG_AUDIT_QUERY] = "6", [SG_AUDIT_OTHER] = ""};
    const char *what = or_else(v->resource, v->kind);
    bool asked = a->pattern == SG_AUDIT_QUERY;
    char id[64];
    sg_format(id, sizeof id, "urn:%s:%s", v->action_id[0] ? "uuid" : "sigill", v->action_id[0] ? v->action_id : what);
    (void)sg_buf_addz(out, "<ParticipantObjectIdentification");
    attribute(out, "ParticipantObjectID", id);
    (void)sg_buf_addz(out, " ParticipantObjectTypeCode=\"2\"");
    may(out, "ParticipantObjectTypeCodeRole", asked ? "24" : sg_eq(v->resource, "event-log") ? "13" : "");
    may(out, "ParticipantObjectDataLifeCycle", CYCLE[a->pattern]);
    (void)sg_buf_addz(out, ">");
    code(out, "ParticipantObjectIDTypeCode", asked ? "10" : "12", "RFC-3881", asked ? "Search Criteria" : "URI");
    if (asked) query(out, v);
    else named(out, what);
    detail(out, "eventId", v->id);
    sg_audit_details(v, detail, out);
    if (v->purpose[0]) detail(out, "purpose", v->purpose);
    if (v->traceparent[0]) detail(out, "traceparent", v->traceparent);
    (void)sg_buf_addz(out, "</ParticipantObjectIdentification>");
}

void sg_export_atna_row(const struct sg_export_row *r, struct sg_buf *out)
{
    const struct sg_audit a = sg_audit_of(&r->event);
    (void)sg_buf_addz(out, "<AuditMessage>");
    event(out, &r->event, &a);
    participants(out, &r->event);
    source(out, &r->event);
    patient(out, r);
    object(out, &r->event, &a);
    (void)sg_buf_addz(out, "</AuditMessage>\n");
}
