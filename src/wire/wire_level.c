/* The service level on the wire: whole numbers to reckon with, beside the per cents that people read. */
#include "wire/level.h"
#include <string.h>
#include "base/str.h"

static const int64_t MOST = INT64_C(1) << 53;

cJSON *sg_wire_level(const struct sg_level *l)
{
    char month[8], from[SG_RFC3339_MAX], to[SG_RFC3339_MAX];
    cJSON *v = cJSON_CreateObject();
    (void)sg_format(month, sizeof month, "%04d-%02d", l->year % 10000, l->month % 100);
    sg_rfc3339(from, l->from);
    sg_rfc3339(to, l->to);
    if (v && cJSON_AddStringToObject(v, "month", month) && cJSON_AddStringToObject(v, "from", from) && cJSON_AddStringToObject(v, "to", to) &&
        cJSON_AddNumberToObject(v, "availability", l->availability / 1000.0) && cJSON_AddNumberToObject(v, "availabilityThousandths", l->availability) &&
        cJSON_AddNumberToObject(v, "goal", SG_LEVEL_GOAL / 1000.0) && cJSON_AddNumberToObject(v, "downMs", (double)l->down_ms) &&
        cJSON_AddNumberToObject(v, "budgetMs", (double)l->budget_ms))
        return v;
    cJSON_Delete(v);
    return NULL;
}

static enum sg_err moment(const cJSON *v, const char *key, int64_t *ms, struct sg_error *e)
{
    char text[SG_RFC3339_MAX];
    enum sg_err err = sg_json_str(v, key, true, text, sizeof text, e);
    return err != SG_E_OK || sg_rfc3339_parse(text, ms) ? err : sg_fail(e, SG_E_INPUT, key, "not a time");
}

enum sg_err sg_wire_level_read(const cJSON *v, struct sg_level *out, struct sg_error *e)
{
    char month[8] = "";
    struct sg_date first = {0};
    char day[12];
    int64_t thousandths = 0;
    memset(out, 0, sizeof *out);
    enum sg_err err = sg_json_str(v, "month", true, month, sizeof month, e);
    if (err == SG_E_OK && (!sg_format(day, sizeof day, "%s-01", month) || !sg_date_parse(day, &first))) err = sg_fail(e, SG_E_INPUT, "month", "not a month");
    if (err == SG_E_OK) err = moment(v, "from", &out->from, e);
    if (err == SG_E_OK) err = moment(v, "to", &out->to, e);
    if (err == SG_E_OK) err = sg_json_int(v, "availabilityThousandths", true, 0, 100000, &thousandths, e);
    if (err == SG_E_OK) err = sg_json_int(v, "downMs", true, 0, MOST, &out->down_ms, e);
    if (err == SG_E_OK) err = sg_json_int(v, "budgetMs", true, -MOST, MOST, &out->budget_ms, e);
    if (err != SG_E_OK) return err;
    out->year = first.y;
    out->month = (unsigned char)first.m;
    out->availability = (int)thousandths;
    return SG_E_OK;
}
