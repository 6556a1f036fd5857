/* Reading JSON after the scanner has let it through (json_check.c). Readers are exact: names are compared with
 * case, null is a wrong type, nothing is converted. A missing optional field leaves "" in a string and what the
 * caller put there in a number or truth value. */
#include "base/json.h"
#include "base/str.h"
#include "base/utf8.h"
#include <math.h>
#include <string.h>

enum sg_err sg_json_parse(const char *text, size_t n, const struct sg_json_limits *lim, cJSON **out, struct sg_error *e)
{
    *out = NULL;
    enum sg_err err = sg_json_check(text, n, lim, e);
    if (err)
        return err;
    *out = cJSON_ParseWithLength(text, n);
    return *out ? SG_E_OK : sg_fail(e, SG_E_NOMEM, "", "no memory for the tree");
}

/* *item = the field, NULL when absent. */
static enum sg_err field(const cJSON *obj, const char *key, bool required, const cJSON **item, struct sg_error *e)
{
    *item = NULL;
    if (!cJSON_IsObject(obj))
        return sg_fail(e, SG_E_INPUT, key, "not inside an object");
    *item = cJSON_GetObjectItemCaseSensitive(obj, key);
    if (!*item && required)
        return sg_fail(e, SG_E_INPUT, key, "the field is missing");
    return SG_E_OK;
}

enum sg_err sg_json_str(const cJSON *obj, const char *key, bool required, char *dst, size_t cap, struct sg_error *e)
{
    const cJSON *item;
    if (cap == 0)
        return sg_fail(e, SG_E_INTERNAL, key, "no room for a string");
    dst[0] = '\0';
    enum sg_err err = field(obj, key, required, &item, e);
    if (err || !item)
        return err;
    if (!cJSON_IsString(item))
        return sg_fail(e, SG_E_INPUT, key, "the field is not a string");
    if (!sg_copy(dst, cap, item->valuestring)) {
        dst[0] = '\0';
        return sg_fail(e, SG_E_LIMIT, key, "the string is longer than %zu bytes", cap - 1);
    }
    return SG_E_OK;
}

enum sg_err sg_json_int(const cJSON *obj, const char *key, bool required, int64_t min, int64_t max, int64_t *dst, struct sg_error *e)
{
    const double most = 9007199254740992.0;   /* 2^53 */
    const cJSON *item;
    enum sg_err err = field(obj, key, required, &item, e);
    if (err || !item)
        return err;
    double v = cJSON_IsNumber(item) ? item->valuedouble : NAN;
    /* Cut by the conversion, not by floor(), which would need libm. */
    if (!(v >= -most && v <= most) || (double)(int64_t)v < v || (double)(int64_t)v > v)
        return sg_fail(e, SG_E_INPUT, key, "the field is not an integer");
    if ((int64_t)v < min || (int64_t)v > max)
        return sg_fail(e, SG_E_INPUT, key, "the number is out of range");
    *dst = (int64_t)v;
    return SG_E_OK;
}

enum sg_err sg_json_bool(const cJSON *obj, const char *key, bool required, bool *dst, struct sg_error *e)
{
    const cJSON *item;
    enum sg_err err = field(obj, key, required, &item, e);
    if (err || !item)
        return err;
    if (!cJSON_IsBool(item))
        return sg_fail(e, SG_E_INPUT, key, "the field is not true or false");
    *dst = cJSON_IsTrue(item);
    return SG_E_OK;
}

static bool listed(const char *name, const char *const *keys)
{
    for (; *keys; keys++)
        if (sg_eq(name, *keys))
            return true;
    return false;
}

enum sg_err sg_json_only(const cJSON *obj, const char *const *keys, struct sg_error *e)
{
    if (!cJSON_IsObject(obj))
        return sg_fail(e, SG_E_INPUT, "", "not an object");
    for (const cJSON *item = obj->child; item; item = item->next)
        if (!listed(item->string, keys))
            return sg_fail(e, SG_E_INPUT, item->string, "the field is not known");
    return SG_E_OK;
}

/* ASCII needs nothing: cJSON escapes what is below a blank. */
static bool harmless(char c) { return (unsigned char)c < 0x7F; }

void sg_json_visible(struct sg_buf *out, const char *printed)
{
    for (size_t n = strlen(printed), used = 0; n > 0; printed += used, n -= used) {
        for (used = 0; used < n && harmless(printed[used]);) used++;
        if (used > 0) {
            (void)sg_buf_add(out, printed, used);
            continue;
        }
        uint32_t cp = 0;
        used = sg_utf8_next(printed, n, &cp);
        if (cp == SG_UTF8_BAD) cp = 0xFFFD;
        if (sg_cp_printable(cp)) (void)sg_buf_add(out, printed, used);
        else if (cp < 0x10000) (void)sg_buf_addf(out, "\\u%04x", (unsigned)cp);
        else (void)sg_buf_addf(out, "\\u%04x\\u%04x", 0xD800U + ((unsigned)(cp - 0x10000) >> 10), 0xDC00U + ((unsigned)(cp - 0x10000) & 0x3FFU));
    }
}
