/* Reading a struct from a JSON object by its shape. Types, lengths, names and limits are checked here, once for every type;
 * members the shape does not know are skipped, so that an old client meets a new service. The one tolerance for values: an
 * unknown rule is kept as "none" and an unknown role or kind in a set is skipped, because they only explain or offer. An
 * unknown word anywhere else is an error: to guess a restriction's kind or state would be to lie about what is in force. */
#include "wire/shape.h"
#include <string.h>
#include "base/clock.h"
#include "base/random.h"
#include "base/str.h"
#include "model/ids.h"
#include "model/rule.h"
#include "wire/endpoint.h"

enum sg_err sg_wire_within(struct sg_error *e, const char *prefix, enum sg_err err)
{
    if (e && err != SG_E_OK) {
        char inner[SG_WHERE_MAX];
        SG_COPY(inner, e->where);
        sg_format(e->where, sizeof e->where, "%s%s%s", prefix, inner[0] && inner[0] != '[' ? "." : "", inner);
    }
    return err;
}

enum sg_err sg_wire_get_time(const cJSON *o, const char *key, int64_t *ms, struct sg_error *e)
{
    char text[48] = "";
    enum sg_err r = sg_json_str(o, key, false, text, sizeof text, e);
    *ms = 0;
    if (r != SG_E_OK || !cJSON_GetObjectItemCaseSensitive(o, key))
        return r;
    return sg_rfc3339_parse(text, ms) ? SG_E_OK : sg_fail(e, SG_E_INPUT, key, "not an RFC 3339 time");
}

static int two(const char *s)
{
    return s[0] >= '0' && s[0] <= '9' && s[1] >= '0' && s[1] <= '9' ? (s[0] - '0') * 10 + s[1] - '0' : -1;
}

/* YYYY-MM-DD; with part, month and day may be 00. */
static bool parse_date(const char *s, bool part, struct sg_date *d)
{
    if (strlen(s) != 10 || s[4] != '-' || s[7] != '-')
        return false;
    int c = two(s), y = two(s + 2), m = two(s + 5), day = two(s + 8);
    if (c < 0 || y < 0 || m < 0 || day < 0 || m > 12 || day > 31)
        return false;
    *d = (struct sg_date){ .y = (int16_t)(c * 100 + y), .m = (int8_t)m, .d = (int8_t)day };
    return d->y > 0 && (sg_date_valid(*d) || (part && (!m || !day)));
}

static enum sg_err get_date(const cJSON *v, const struct sg_shape_field *f, char *at, struct sg_error *e)
{
    char text[16] = "";
    struct sg_date d = { 0, 0, 0 };
    enum sg_err r = sg_json_str(v, f->key, true, text, sizeof text, e);
    if (r != SG_E_OK)
        return r;
    if (!parse_date(text, f->type == SG_SH_PARTDATE, &d))
        return sg_fail(e, SG_E_INPUT, f->key, "not a date YYYY-MM-DD");
    memcpy(at, &d, sizeof d);
    return SG_E_OK;
}

static bool etag_ok(const char *s)
{
    for (; *s; s++)
        if (*s <= ' ' || *s > '~' || *s == '"' || *s == '\\')
            return false;
    return true;
}

static enum sg_err get_text(const cJSON *v, const struct sg_shape_field *f, char *at, struct sg_error *e)
{
    enum sg_err r = sg_json_str(v, f->key, true, at, f->size, e);
    if (r != SG_E_OK || (!*at && (f->type == SG_SH_STR || !(f->flags & SG_SHF_REQUIRED))))
        return r;
    bool fine = f->type == SG_SH_ID ? sg_endpoint_id(at) : f->type == SG_SH_UUID ? sg_uuid_valid(at)
              : f->type != SG_SH_ETAG || etag_ok(at);
    return fine ? SG_E_OK : sg_fail(e, SG_E_INPUT, f->key, "not a valid id");
}

static enum sg_err get_number(const cJSON *v, const struct sg_shape_field *f, char *at, struct sg_error *e)
{
    int64_t n = 0;
    enum sg_err r = sg_json_int(v, f->key, true, f->min, f->max, &n, e);
    int narrow = (int)n;
    if (r == SG_E_OK)
        memcpy(at, f->type == SG_SH_I64 ? (const void *)&n : (const void *)&narrow, f->type == SG_SH_I64 ? sizeof n : sizeof narrow);
    return r;
}

static int find_name(const struct sg_shape_field *f, const char *name)
{
    for (int i = 0; i < f->n_names; i++)
        if (sg_eq(f->name(i), name))
            return i;
    return -1;
}

static enum sg_err get_name(const cJSON *v, const struct sg_shape_field *f, char *at, struct sg_error *e)
{
    char text[64] = "";
    enum sg_err r = sg_json_str(v, f->key, true, text, sizeof text, e);
    int i = r == SG_E_OK ? find_name(f, text) : 0;
    if (r != SG_E_OK)
        return r;
    if (i < 0)
        return sg_fail(e, SG_E_INPUT, f->key, "unknown word");
    memcpy(at, &i, sizeof i);
    return SG_E_OK;
}

static enum sg_err get_bits(const cJSON *item, const struct sg_shape_field *f, char *at, struct sg_error *e)
{
    uint32_t bits = 0;
    const cJSON *name;
    if (!cJSON_IsArray(item))
        return sg_fail(e, SG_E_INPUT, f->key, "not an array");
    cJSON_ArrayForEach(name, item) {
        if (!cJSON_IsString(name))
            return sg_fail(e, SG_E_INPUT, f->key, "not a list of words");
        int i = find_name(f, name->valuestring);
        if (i >= 0 && i < 32)
            bits |= 1U << i;
    }
    memcpy(at, &bits, sizeof bits);
    return SG_E_OK;
}

static enum sg_err get_words(const cJSON *list, const struct sg_shape_field *f, char *at, struct sg_error *e)
{
    const cJSON *item;
    size_t used = 0;
    if (!cJSON_IsArray(list))
        return sg_fail(e, SG_E_INPUT, f->key, "not an array");
    cJSON_ArrayForEach(item, list) {
        if (!cJSON_IsString(item) || !sg_endpoint_id(item->valuestring))
            return sg_fail(e, SG_E_INPUT, f->key, "not a list of ids");
        if (!sg_format(at + used, f->size - used, "%s%s", used ? " " : "", item->valuestring))
            return sg_fail(e, SG_E_LIMIT, f->key, "too many ids");
        used += strlen(at + used);
    }
    return SG_E_OK;
}

static enum sg_err get_why(const cJSON *v, char *at, struct sg_error *e)
{
    char name[64] = "";
    struct sg_why w = { .rule = SG_RULE_COUNT };
    enum sg_err r = sg_json_str(v, "rule", false, name, sizeof name, e);
    if (r == SG_E_OK)
        r = sg_json_str(v, "ruleDetail", false, w.detail, sizeof w.detail, e);
    if (r == SG_E_OK)
        r = sg_json_str(v, "restriction", false, w.restriction, sizeof w.restriction, e);
    if (name[0])
        w.rule = sg_rule_named(name);
    if (r == SG_E_OK)
        memcpy(at, &w, sizeof w);
    return r;
}

static enum sg_err get_list(const cJSON *list, const struct sg_shape_field *f, char *obj, struct sg_error *e)
{
    size_t n = 0;
    const cJSON *item;
    if (!cJSON_IsArray(list))
        return sg_fail(e, SG_E_INPUT, f->key, "not an array");
    cJSON_ArrayForEach(item, list) {
        char prefix[SG_WHERE_MAX];
        if ((int64_t)n >= f->max)
            return sg_fail(e, SG_E_LIMIT, f->key, "more than %lld elements", (long long)f->max);
        char *row = f->add ? f->add(obj) : obj + f->at + n * f->size;
        if (!row)
            return sg_fail(e, SG_E_NOMEM, f->key, "no memory for an element");
        sg_format(prefix, sizeof prefix, "%s[%zu]", f->key, n);
        enum sg_err r = sg_wire_within(e, prefix, sg_shape_read(f->sub, item, row, f->size, e));
        if (r != SG_E_OK)
            return r;
        n++;
        if (!f->add)
            memcpy(obj + f->count_at, &n, sizeof n);
    }
    return SG_E_OK;
}

static enum sg_err get_bool(const cJSON *v, const struct sg_shape_field *f, char *at, struct sg_error *e)
{
    bool b = false;
    enum sg_err r = sg_json_bool(v, f->key, true, &b, e);
    memcpy(at, &b, sizeof b);
    return r;
}

static enum sg_err get_field(const cJSON *v, const struct sg_shape_field *f, char *obj, struct sg_error *e)
{
    char *at = obj + f->at;
    const cJSON *item = f->type == SG_SH_WHY ? v : cJSON_GetObjectItemCaseSensitive(v, f->key);
    if (!item)
        return f->flags & SG_SHF_REQUIRED ? sg_fail(e, SG_E_INPUT, f->key, "missing") : SG_E_OK;
    switch (f->type) {
    case SG_SH_STR: case SG_SH_ID: case SG_SH_UUID: case SG_SH_ETAG: return get_text(v, f, at, e);
    case SG_SH_TIME: {
        int64_t ms;
        enum sg_err r = sg_wire_get_time(v, f->key, &ms, e);
        memcpy(at, &ms, sizeof ms);
        return r;
    }
    case SG_SH_DATE: case SG_SH_PARTDATE: return get_date(v, f, at, e);
    case SG_SH_BOOL: return get_bool(v, f, at, e);
    case SG_SH_INT: case SG_SH_I64: return get_number(v, f, at, e);
    case SG_SH_NAME: return get_name(v, f, at, e);
    case SG_SH_BITS: return get_bits(item, f, at, e);
    case SG_SH_WORDS: return get_words(item, f, at, e);
    case SG_SH_WHY: return get_why(v, at, e);
    case SG_SH_OBJECT: return sg_wire_within(e, f->key, sg_shape_read(f->sub, item, at, f->size, e));
    case SG_SH_LIST: return get_list(item, f, obj, e);
    }
    return SG_E_INTERNAL;
}

enum sg_err sg_shape_read(const struct sg_shape *s, const cJSON *v, void *dst, size_t size, struct sg_error *e)
{
    memset(dst, 0, size);
    if (!cJSON_IsObject(v))
        return sg_fail(e, SG_E_INPUT, "", "not an object");
    for (size_t i = 0; i < s->n; i++) {
        enum sg_err r = get_field(v, &s->field[i], dst, e);
        if (r != SG_E_OK)
            return r;
    }
    return SG_E_OK;
}
