/* What an event is in the words of the audit standards: one classification for FHIR AuditEvents (IHE BALP) and DICOM audit messages. Pure. */
#pragma once
#include "model/event.h"
#include "wire/wire.h"

/* IHE's Basic Audit Log Patterns that fit. OTHER: none does (an attestation, a session, an alarm). */
enum sg_audit_pattern { SG_AUDIT_READ, SG_AUDIT_UPDATE, SG_AUDIT_DELETE, SG_AUDIT_QUERY, SG_AUDIT_OTHER };
/* Codes of DICOM's DCM with their names; type is "" when there is no second one. action: C R U D E. rest: a call of the service's API, told by
 * its method; else the event speaks for itself. */
struct sg_audit {
    const char *event, *event_name, *type, *type_name, *action;
    enum sg_audit_pattern pattern;
    enum sg_activity activity;
    bool rest;
};
struct sg_audit sg_audit_of(const struct sg_event *v);
/* What was searched for, as far as the log knows it: the kind, and the arguments. Never a person's number. */
void sg_audit_query(const struct sg_event *v, struct sg_buf *out);
/* "urn:sigill:device:…": the log keeps no network addresses, so the device's own id stands for one. */
enum { SG_AUDIT_ADDRESS_MAX = 24 + SG_HSA_MAX };
void sg_audit_client(const struct sg_event *v, char dst[SG_AUDIT_ADDRESS_MAX]);
void sg_audit_server(const struct sg_event *v, char dst[SG_AUDIT_ADDRESS_MAX]);
/* Calls put for each detail that neither standard has an element for and that is there. */
void sg_audit_details(const struct sg_event *v, void (*put)(void *ctx, const char *type, const char *value), void *ctx);
