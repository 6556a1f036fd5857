/* Writing a struct as a JSON object by its shape. What is empty is left out, unless the shape says it is always there.
 * cJSON copies every string; on any refusal (memory) the whole object is dropped, never sent in part. */
#include "wire/shape.h"
#include <stdio.h>
#include <string.h>
#include "base/clock.h"
#include "base/str.h"
#include "base/utf8.h"
#include "model/ids.h"
#include "model/rule.h"

bool sg_wire_put_node(cJSON *o, const char *key, cJSON *child)
{
    if (child && cJSON_AddItemToObject(o, key, child))
        return true;
    cJSON_Delete(child);
    return false;
}

/* JSON must be valid UTF-8 whatever a database holds: bad bytes become U+FFFD. */
static cJSON *repaired(const char *text)
{
    struct sg_buf b;
    sg_buf_init(&b, 3 * strlen(text) + 1);
    for (size_t left = strlen(text); left > 0;) {
        uint32_t cp;
        size_t n = sg_utf8_next(text, left, &cp);
        (void)sg_buf_add(&b, cp == SG_UTF8_BAD ? "\xEF\xBF\xBD" : text, cp == SG_UTF8_BAD ? 3 : n);
        text += n;
        left -= n;
    }
    cJSON *v = sg_buf_check(&b) == SG_E_OK && b.data ? cJSON_CreateString(b.data) : NULL;
    sg_buf_free(&b);
    return v;
}

static cJSON *text_node(const char *text) { return sg_utf8_valid(text, strlen(text)) ? cJSON_CreateString(text) : repaired(text); }

bool sg_wire_put_str(cJSON *o, const char *key, const char *text, bool always)
{
    if ((!text || !*text) && !always)
        return true;
    if (!text)
        text = "";
    return sg_wire_put_node(o, key, text_node(text));
}

bool sg_wire_put_time(cJSON *o, const char *key, int64_t ms)
{
    char text[SG_RFC3339_MAX];
    if (!ms)
        return true;
    sg_rfc3339(text, ms);
    return sg_wire_put_str(o, key, text, true);
}

static bool put_date(cJSON *o, const char *key, struct sg_date d)
{
    char text[16];
    if (!d.y)
        return true;
    int n = snprintf(text, sizeof text, "%04d-%02d-%02d", d.y, d.m, d.d);
    return n == 10 && sg_wire_put_str(o, key, text, true);
}

static bool put_bits(cJSON *o, const struct sg_shape_field *f, uint32_t bits)
{
    cJSON *list = cJSON_CreateArray();
    for (int i = 0; list && i < f->n_names && i < 32; i++) {
        cJSON *name = bits >> i & 1U ? cJSON_CreateString(f->name(i)) : NULL;
        if (bits >> i & 1U && !(name && cJSON_AddItemToArray(list, name))) {
            cJSON_Delete(name);
            cJSON_Delete(list);
            return false;
        }
    }
    if (list && !cJSON_GetArraySize(list) && !(f->flags & SG_SHF_REQUIRED)) {
        cJSON_Delete(list);
        return true;
    }
    return sg_wire_put_node(o, f->key, list);
}

static bool put_words(cJSON *o, const char *key, const char *words)
{
    if (!*words)
        return true;
    cJSON *list = cJSON_CreateArray();
    while (list && *words) {
        char word[SG_ID_MAX];
        size_t n = strcspn(words, " ");
        (void)sg_copyn(word, sizeof word, words, n);
        cJSON *item = text_node(word);
        if (!item || !cJSON_AddItemToArray(list, item)) {
            cJSON_Delete(item);
            cJSON_Delete(list);
            return false;
        }
        words += n + strspn(words + n, " ");
    }
    return sg_wire_put_node(o, key, list);
}

static bool put_why(cJSON *o, const struct sg_why *w)
{
    char text[512];
    if ((unsigned)w->rule >= SG_RULE_COUNT)
        return true;
    sg_why_text(text, sizeof text, w);
    return sg_wire_put_str(o, "rule", sg_rule_name(w->rule), true) && sg_wire_put_str(o, "text", text, false) &&
           sg_wire_put_str(o, "ruleDetail", w->detail, false) && sg_wire_put_str(o, "restriction", w->restriction, false);
}

static bool put_object(cJSON *o, const struct sg_shape_field *f, const void *at)
{
    cJSON *v = sg_shape_write(f->sub, at);
    if (v && !v->child && !(f->flags & SG_SHF_REQUIRED)) {
        cJSON_Delete(v);
        return true;
    }
    return sg_wire_put_node(o, f->key, v);
}

static bool put_list(cJSON *o, const struct sg_shape_field *f, const char *obj)
{
    size_t n;
    const char *row = obj + f->at;
    memcpy(&n, obj + f->count_at, sizeof n);
    if (f->add)
        memcpy(&row, obj + f->at, sizeof row);
    if (!n && !(f->flags & SG_SHF_REQUIRED))
        return true;
    cJSON *list = cJSON_CreateArray();
    for (size_t i = 0; list && i < n; i++) {
        cJSON *v = sg_shape_write(f->sub, row + i * f->size);
        if (!v || !cJSON_AddItemToArray(list, v)) {
            cJSON_Delete(v);
            cJSON_Delete(list);
            return false;
        }
    }
    return sg_wire_put_node(o, f->key, list);
}

static bool put_number(cJSON *o, const struct sg_shape_field *f, const char *at)
{
    int64_t wide = 0;
    int narrow = 0;
    if (f->type == SG_SH_I64)
        memcpy(&wide, at, sizeof wide);
    else
        memcpy(&narrow, at, sizeof narrow);
    double v = f->type == SG_SH_I64 ? (double)wide : (double)narrow;
    return (v == 0 && !(f->flags & SG_SHF_REQUIRED)) || sg_wire_put_node(o, f->key, cJSON_CreateNumber(v));
}

static bool put_name(cJSON *o, const struct sg_shape_field *f, const char *at)
{
    int v;
    memcpy(&v, at, sizeof v);
    return v < 0 || v >= f->n_names || sg_wire_put_str(o, f->key, f->name(v), true);
}

static bool put_bool(cJSON *o, const struct sg_shape_field *f, const char *at)
{
    bool v;
    memcpy(&v, at, sizeof v);
    return (!v && !(f->flags & SG_SHF_REQUIRED)) || sg_wire_put_node(o, f->key, cJSON_CreateBool(v));
}

static bool put_field(cJSON *o, const struct sg_shape_field *f, const char *obj)
{
    const char *at = obj + f->at;
    int64_t ms;
    struct sg_date day;
    struct sg_why why;
    uint32_t bits;
    switch (f->type) {
    case SG_SH_STR: case SG_SH_ID: case SG_SH_UUID: case SG_SH_ETAG:
        return sg_wire_put_str(o, f->key, at, f->flags & SG_SHF_REQUIRED);
    case SG_SH_TIME: memcpy(&ms, at, sizeof ms); return sg_wire_put_time(o, f->key, ms);
    case SG_SH_DATE: case SG_SH_PARTDATE: memcpy(&day, at, sizeof day); return put_date(o, f->key, day);
    case SG_SH_BOOL: return put_bool(o, f, at);
    case SG_SH_INT: case SG_SH_I64: return put_number(o, f, at);
    case SG_SH_NAME: return put_name(o, f, at);
    case SG_SH_BITS: memcpy(&bits, at, sizeof bits); return put_bits(o, f, bits);
    case SG_SH_WORDS: return put_words(o, f->key, at);
    case SG_SH_WHY: memcpy(&why, at, sizeof why); return put_why(o, &why);
    case SG_SH_OBJECT: return put_object(o, f, at);
    case SG_SH_LIST: return put_list(o, f, obj);
    }
    return false;
}

bool sg_shape_write_into(const struct sg_shape *s, const void *obj, cJSON *o)
{
    for (size_t i = 0; i < s->n; i++)
        if (!put_field(o, &s->field[i], obj))
            return false;
    return true;
}

cJSON *sg_shape_write(const struct sg_shape *s, const void *obj)
{
    cJSON *o = cJSON_CreateObject();
    if (o && !sg_shape_write_into(s, obj, o)) {
        cJSON_Delete(o);
        o = NULL;
    }
    return o;
}
