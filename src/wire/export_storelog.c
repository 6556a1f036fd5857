/* The national log contract, urn:riv:ehr:log StoreLog 1.0: one Log element an event. The ten mandatory leaves are never empty: what an
 * event does not know (a refusal before anybody is known) is named by the service itself. Times of the contract carry no zone and mean
 * Swedish local time. Lengths are those of the contract's schema. */
#include "wire/export.h"
#include <string.h>
#include "base/str.h"
#include "model/event.h"
#include "model/purpose.h"

enum { HSA = 32, NAME = 256, ARGS = 8192, SHORT = 50, UUID_LENGTH = 36 };

static void leaf(struct sg_buf *out, const char *name, const char *text, size_t max)
{
    (void)sg_buf_addf(out, "<log:%s>", name);
    sg_xml_text(out, text, max);
    (void)sg_buf_addf(out, "</log:%s>", name);
}

/* An element that may be absent. */
static void may(struct sg_buf *out, const char *name, const char *text, size_t max)
{
    if (text[0]) leaf(out, name, text, max);
}

static const char *or_else(const char *text, const char *other) { return text[0] ? text : other[0] ? other : "-"; }

static const char *purpose_word(const char *purpose)
{
    enum sg_purpose p = sg_purpose_named(purpose);
    return p < SG_PURPOSE_COUNT ? sg_purpose_swedish(p) : or_else(purpose, "Administration");
}

/* What the contract has no element for, as compact JSON. */
static void args(struct sg_buf *out, const struct sg_event *v)
{
    cJSON *o = cJSON_CreateObject(), *own = v->activity_args[0] ? cJSON_Parse(v->activity_args) : NULL;
    const char *const text[][2] = {{"kind", v->kind}, {"outcome", v->outcome}, {"rule", v->rule}, {"actionId", v->action_id}, {"reference", v->reference},
                                   {"decision", v->decision}, {"log", v->log}};
    for (size_t i = 0; o && i < sizeof text / sizeof *text; i++)
        if (text[i][1][0]) (void)cJSON_AddStringToObject(o, text[i][0], text[i][1]);
    char at[SG_RFC3339_MAX];
    sg_rfc3339(at, v->at);
    bool ok = o && cJSON_AddStringToObject(o, "recordedAt", at) && cJSON_AddNumberToObject(o, "leafIndex", (double)v->leaf_index) &&
              (!v->offline || cJSON_AddTrueToObject(o, "offline"));
    if (ok && own && cJSON_AddItemToObject(o, "args", own)) own = NULL;
    char *printed = ok ? cJSON_PrintUnformatted(o) : NULL;
    if (printed) leaf(out, "ActivityArgs", printed, ARGS);
    else out->failed = 1;
    cJSON_free(printed);
    cJSON_Delete(own);
    cJSON_Delete(o);
}

static void provider(struct sg_buf *out, const struct sg_event *v)
{
    (void)sg_buf_addz(out, "<log:CareProvider>");
    leaf(out, "CareProviderId", or_else(v->provider, v->system), HSA);
    may(out, "CareProviderName", v->provider_name, NAME);
    (void)sg_buf_addz(out, "</log:CareProvider>");
}

static void unit(struct sg_buf *out, const struct sg_event *v)
{
    (void)sg_buf_addz(out, "<log:CareUnit>");
    leaf(out, "CareUnitId", or_else(v->unit, v->system), HSA);
    may(out, "CareUnitName", v->unit_name, NAME);
    (void)sg_buf_addz(out, "</log:CareUnit>");
}

static void activity(struct sg_buf *out, const struct sg_event *v)
{
    char when[SG_RFC3339_MAX];
    enum sg_activity a = sg_activity_named(v->activity);
    sg_local_time(when, v->performed_at > 0 ? v->performed_at : v->at);
    (void)sg_buf_addz(out, "<log:Activity>");
    leaf(out, "ActivityType", sg_activity_word(a < SG_ACTIVITY_COUNT ? a : SG_ACTIVITY_READ), NAME);
    args(out, v);
    leaf(out, "StartDate", when, SG_RFC3339_MAX);
    leaf(out, "Purpose", purpose_word(v->purpose), NAME);
    (void)sg_buf_addz(out, "</log:Activity>");
}

void sg_export_storelog_row(const struct sg_export_row *r, struct sg_buf *out)
{
    const struct sg_event *v = &r->event;
    (void)sg_buf_addz(out, "<Log>");
    leaf(out, "LogId", v->id, UUID_LENGTH);
    (void)sg_buf_addz(out, "<log:System>");
    leaf(out, "SystemId", or_else(v->system, "sigill"), HSA);
    (void)sg_buf_addz(out, "<log:SystemName>sigill</log:SystemName></log:System>");
    activity(out, v);
    (void)sg_buf_addz(out, "<log:User>");
    leaf(out, "UserId", or_else(v->actor, v->system), HSA);
    may(out, "Name", v->actor_name, NAME);
    may(out, "Assignment", v->assignment, NAME);
    may(out, "Title", v->title, NAME);
    provider(out, v);
    unit(out, v);
    (void)sg_buf_addz(out, "</log:User><log:Resources><log:Resource>");
    leaf(out, "ResourceType", or_else(v->resource, "service"), SHORT);
    if (r->number[0]) {
        (void)sg_buf_addz(out, "<log:Patient>");
        leaf(out, "PatientId", r->number, 12);
        may(out, "PatientName", r->name, NAME);
        (void)sg_buf_addz(out, "</log:Patient>");
    }
    provider(out, v);
    (void)sg_buf_addz(out, "</log:Resource></log:Resources></Log>\n");
}
