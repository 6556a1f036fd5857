/* The forms of an export and what each puts around its rows. NDJSON is what the API gives, one event a line. */
#include "wire/export.h"
#include <string.h>
#include "base/str.h"
#include "model/ids.h"
#include "wire/shape.h"

static const char *const NAMES[SG_EXPORT_COUNT] = {
    [SG_EXPORT_NDJSON] = "ndjson", [SG_EXPORT_CSV] = "csv", [SG_EXPORT_STORELOG] = "storelog", [SG_EXPORT_FHIR] = "fhir",
    [SG_EXPORT_ATNA] = "atna"};

const char *sg_export_name(enum sg_export_form f) { return (unsigned)f < SG_EXPORT_COUNT ? NAMES[f] : ""; }

enum sg_export_form sg_export_named(const char *name)
{
    unsigned f = 0;
    while (f < SG_EXPORT_COUNT && !sg_eq(NAMES[f], name)) f++;
    return (enum sg_export_form)f;
}

const char *sg_export_number_oid(const struct sg_export_row *r)
{
    static const char *const TYPES[] = {[SG_PID_NONE] = "", [SG_PID_PERSONNUMMER] = "1.2.752.129.2.1.3.1", [SG_PID_SAMORDNINGSNUMMER] = "1.2.752.129.2.1.3.3",
                                        [SG_PID_NRID] = "1.2.752.74.9.1", [SG_PID_RESERVE] = ""};
    static const char *const REGIONS[] = {[SG_RESERVE_NONE] = "", [SG_RESERVE_STOCKHOLM] = "1.2.752.97.3.1.3", [SG_RESERVE_VASTRA_GOTALAND] = "1.2.752.113.11.0.2.1.1.1",
                                          [SG_RESERVE_VARMLAND] = "1.2.752.74.9.2", [SG_RESERVE_INERA] = "1.2.752.129.2.1.3.2"};
    struct sg_pid p;
    if (sg_pid_parse(r->number, sg_date_stockholm(r->event.at), &p) != SG_PID_FINE) return "";
    return p.type == SG_PID_RESERVE ? REGIONS[p.reserve] : TYPES[p.type];
}

void sg_export_begin(enum sg_export_form f, struct sg_buf *out)
{
    if (f == SG_EXPORT_CSV) sg_export_csv_head(out);
    if (f == SG_EXPORT_STORELOG)
        (void)sg_buf_addz(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                               "<StoreLogRequest xmlns=\"urn:riv:ehr:log:store:StoreLogResponder:1\" xmlns:log=\"urn:riv:ehr:log:1\">\n");
    if (f == SG_EXPORT_FHIR) (void)sg_buf_addz(out, "{\"resourceType\":\"Bundle\",\"type\":\"collection\",\"entry\":[\n");
    if (f == SG_EXPORT_ATNA) (void)sg_buf_addz(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<AuditMessages>\n");
}

static void ndjson_row(const struct sg_export_row *r, struct sg_buf *out)
{
    sg_export_json(sg_wire_export_row(r), out);
    (void)sg_buf_add(out, "\n", 1);
}

void sg_export_json(cJSON *v, struct sg_buf *out)
{
    struct sg_buf plain;
    sg_buf_init(&plain, 1 << 20);
    if (!v || sg_wire_print(v, &plain) != SG_E_OK) out->failed = 1;
    else sg_json_visible(out, plain.data);
    sg_buf_free(&plain);
}

void sg_export_row(enum sg_export_form f, const struct sg_export_row *r, bool first, struct sg_buf *out)
{
    if (f == SG_EXPORT_NDJSON) ndjson_row(r, out);
    if (f == SG_EXPORT_CSV) sg_export_csv_row(r, out);
    if (f == SG_EXPORT_STORELOG) sg_export_storelog_row(r, out);
    if (f == SG_EXPORT_ATNA) sg_export_atna_row(r, out);
    if (f != SG_EXPORT_FHIR) return;
    if (!first) (void)sg_buf_addz(out, ",\n");
    sg_export_fhir_row(r, out);
}

void sg_export_end(enum sg_export_form f, struct sg_buf *out)
{
    if (f == SG_EXPORT_STORELOG) (void)sg_buf_addz(out, "</StoreLogRequest>\n");
    if (f == SG_EXPORT_ATNA) (void)sg_buf_addz(out, "</AuditMessages>\n");
    if (f == SG_EXPORT_FHIR) (void)sg_buf_addz(out, "\n]}\n");
}

/* ---- from and to the service ----------------------------------------------------------------------------------------------- */

cJSON *sg_wire_export_row(const struct sg_export_row *r)
{
    cJSON *v = sg_wire_event(&r->event), *p = NULL;
    if (!v || !r->number[0]) return v;
    p = cJSON_CreateObject();
    bool ok = p && sg_wire_put_str(p, "personalIdentityNumber", r->number, true) && sg_wire_put_str(p, "name", r->name, false);
    if (ok && cJSON_AddItemToObject(v, "patient", p)) return v;
    cJSON_Delete(p);
    cJSON_Delete(v);
    return NULL;
}

enum sg_err sg_wire_export_row_read(const cJSON *v, struct sg_export_row *out, struct sg_error *e)
{
    memset(out, 0, sizeof *out);
    enum sg_err err = sg_wire_event_read(v, &out->event, e);
    const cJSON *p = cJSON_GetObjectItemCaseSensitive(v, "patient");
    if (err != SG_E_OK || !p) return err;
    err = sg_json_str(p, "personalIdentityNumber", true, out->number, sizeof out->number, e);
    if (err == SG_E_OK) err = sg_json_str(p, "name", false, out->name, sizeof out->name, e);
    return sg_wire_within(e, "patient.", err);
}
