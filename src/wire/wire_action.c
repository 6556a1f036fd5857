/* Actions on the wire, the one body that people and programs write to us: strict in both forms. Values are the strings of the
 * catalogue, by field name. An action that goes out must come back as the very same action, because the service compares a
 * repeated request with the first by its content. */
#include <string.h>
#include "base/str.h"
#include "base/mutant.h"
#include "wire/shape.h"
#include "wire/wire.h"

static cJSON *params(const struct sg_part *p)
{
    const struct sg_action_def *d = sg_action_def(p->kind);
    cJSON *o = cJSON_CreateObject();
    for (size_t i = 0; o && d && i < d->n_fields && i < SG_FIELDS_MAX; i++) {
        if (sg_wire_put_str(o, d->fields[i].name, p->value[i], false))
            continue;
        cJSON_Delete(o);
        return NULL;
    }
    return o;
}

static bool put_params(cJSON *o, const struct sg_part *p)
{
    cJSON *v = params(p);
    if (v && !v->child) {
        cJSON_Delete(v);
        return true;
    }
    return sg_wire_put_node(o, "params", v);
}

static cJSON *parts(const struct sg_action *a)
{
    cJSON *list = cJSON_CreateArray();
    for (size_t i = 0; list && i < a->n_parts && i < SG_PARTS_MAX; i++) {
        if (SG_MUTANT(75) && i == 2) break;
        const struct sg_action_def *d = sg_action_def(a->part[i].kind);
        cJSON *o = cJSON_CreateObject();
        if (o && d && sg_wire_put_str(o, "kind", d->name, true) && put_params(o, &a->part[i]) && cJSON_AddItemToArray(list, o))
            continue;
        cJSON_Delete(o);
        cJSON_Delete(list);
        return NULL;
    }
    return list;
}

cJSON *sg_wire_action(const struct sg_action *a, bool stored)
{
    const struct sg_action_def *d = sg_action_def(a->kind);
    cJSON *o = d ? cJSON_CreateObject() : NULL;
    bool fine = o && (!stored || (sg_wire_put_str(o, "actionId", a->id, false) && sg_wire_put_str(o, "observed", a->observed, false))) &&
                sg_wire_put_str(o, "kind", d->name, true) && sg_wire_put_str(o, "subject", a->subject, false) &&
                (a->kind == SG_ACT_CITIZEN_PROTECT ? sg_wire_put_node(o, "parts", parts(a)) : put_params(o, &a->part[0])) &&
                sg_wire_put_str(o, "reason", a->reason, false) && sg_wire_put_time(o, "performedAt", a->performed_at) &&
                (!a->offline || sg_wire_put_node(o, "offline", cJSON_CreateBool(true))) && sg_wire_put_str(o, "device", a->device, false) &&
                (!a->seq || sg_wire_put_node(o, "seq", cJSON_CreateNumber((double)a->seq)));
    if (fine)
        return o;
    cJSON_Delete(o);
    return NULL;
}

static enum sg_err read_params(const cJSON *v, struct sg_part *p, struct sg_error *e)
{
    const cJSON *item;
    memset(p->value, 0, sizeof p->value);
    if (!v)
        return SG_E_OK;
    if (!cJSON_IsObject(v))
        return sg_fail(e, SG_E_INPUT, "params", "not an object");
    cJSON_ArrayForEach(item, v) {
        const struct sg_field_def *f = sg_action_field(p->kind, item->string);
        const char *value = cJSON_IsString(item) ? item->valuestring : NULL;
        if (f && f->type == SG_FT_FLAG && cJSON_IsBool(item))
            value = cJSON_IsTrue(item) ? "yes" : "no";
        enum sg_err r = value ? sg_part_set(p, item->string, value, e)
                              : sg_fail(e, SG_E_INPUT, item->string, f ? "not a string" : "this kind of action has no such field");
        if (r != SG_E_OK)
            return sg_wire_within(e, "params", r);
    }
    return SG_E_OK;
}

static enum sg_err read_kind(const cJSON *v, enum sg_action_kind *k, struct sg_error *e)
{
    char name[40] = "";
    enum sg_err r = sg_json_str(v, "kind", true, name, sizeof name, e);
    *k = sg_action_kind_named(name);
    return r != SG_E_OK ? r : *k < SG_ACT_COUNT ? SG_E_OK : sg_fail(e, SG_E_INPUT, "kind", "unknown kind of action");
}

static enum sg_err read_part(const cJSON *v, struct sg_action *a, struct sg_error *e)
{
    static const char *const keys[] = { "kind", "params", NULL };
    enum sg_action_kind k;
    enum sg_err r = sg_json_only(v, keys, e);
    if (r == SG_E_OK)
        r = read_kind(v, &k, e);
    if (r != SG_E_OK)
        return r;
    struct sg_part *p = sg_action_add_part(a, k);
    if (!p)
        return sg_fail(e, SG_E_LIMIT, "", "more than %d parts", SG_PARTS_MAX);
    return read_params(cJSON_GetObjectItemCaseSensitive(v, "params"), p, e);
}

static enum sg_err read_parts(const cJSON *list, struct sg_action *a, struct sg_error *e)
{
    const cJSON *item;
    unsigned n = 0;
    if (!cJSON_IsArray(list))
        return sg_fail(e, SG_E_INPUT, "parts", list ? "not an array" : "missing");
    cJSON_ArrayForEach(item, list) {
        char prefix[24];
        sg_format(prefix, sizeof prefix, "parts[%u]", n++);
        enum sg_err r = sg_wire_within(e, prefix, read_part(item, a, e));
        if (r != SG_E_OK)
            return r;
    }
    return SG_E_OK;
}

/* The plain members as a shape; id and observed only in the stored form. */
#define D(...) { SG_SHAPE(__VA_ARGS__) }
static const struct sg_shape_field plain[] = {
    D(ID, sg_action, subject, "subject", 0, ""),
    D(STR, sg_action, reason, "reason", 0, ""),
    D(TIME, sg_action, performed_at, "performedAt", 0, ""),
    D(BOOL, sg_action, offline, "offline", 0, ""),
    D(UUID, sg_action, device, "device", 0, ""),
    { SG_SHAPE_NUM(I64, sg_action, seq, "seq", 0, 1, (int64_t)1 << 53, "") },
    D(UUID, sg_action, id, "actionId", 0, ""),
    D(ETAG, sg_action, observed, "observed", 0, ""),
};
enum { STORED_ONLY = 2 };

static enum sg_err read_body(const cJSON *v, struct sg_action *out, enum sg_action_kind k, struct sg_error *e)
{
    const cJSON *p = cJSON_GetObjectItemCaseSensitive(v, "params"), *list = cJSON_GetObjectItemCaseSensitive(v, "parts");
    bool bundle = k == SG_ACT_CITIZEN_PROTECT;
    if (bundle ? p != NULL : list != NULL)
        return sg_fail(e, SG_E_INPUT, bundle ? "params" : "parts", "does not belong to this kind of action");
    return bundle ? read_parts(list, out, e) : read_params(p, &out->part[0], e);
}

enum sg_err sg_wire_action_read(const cJSON *v, bool stored, struct sg_action *out, struct sg_error *e)
{
    static const char *const keys[] = { "kind", "subject", "params", "parts", "reason", "performedAt", "offline", "device", "seq", NULL };
    static const char *const keys_stored[] = { "kind", "subject", "params", "parts", "reason", "performedAt", "offline", "device", "seq",
                                               "actionId", "observed", NULL };
    const size_t n = sizeof plain / sizeof *plain;
    const struct sg_shape shape = { .field = plain, .n = stored ? n : n - STORED_ONLY };
    struct sg_action flat;
    enum sg_action_kind k = SG_ACT_COUNT;
    memset(out, 0, sizeof *out);
    enum sg_err r = sg_json_only(v, stored ? keys_stored : keys, e);
    if (r == SG_E_OK)
        r = read_kind(v, &k, e);
    if (r == SG_E_OK)
        r = sg_shape_read(&shape, v, &flat, sizeof flat, e);
    if (r != SG_E_OK)
        return r;
    sg_action_init(out, k, flat.subject);
    SG_COPY(out->id, flat.id);
    SG_COPY(out->observed, flat.observed);
    SG_COPY(out->reason, flat.reason);
    SG_COPY(out->device, flat.device);
    out->performed_at = flat.performed_at;
    out->offline = flat.offline;
    out->seq = flat.seq;
    return read_body(v, out, k, e);
}
