/* Schemas: from the shapes that both sides read and write by, from the catalogue of actions, and the composites of parts.json. Unknown
 * members are allowed by the description, because a client must bear with a newer service; the test that compares answers with it is
 * stricter (tests/unit/server_api.h). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/str.h"
#include "model/role.h"
#include "tools/openapi/openapi.h"
#include "wire/shape.h"

static void *need(void *p)
{
    if (!p) {
        fprintf(stderr, "openapi: no memory\n");
        exit(70);
    }
    return p;
}

cJSON *oa_object(void) { return need(cJSON_CreateObject()); }
cJSON *oa_list(void) { return need(cJSON_CreateArray()); }
void oa_put(cJSON *o, const char *key, cJSON *v) { (void)need(cJSON_AddItemToObject(o, key, v) ? o : NULL); }
void oa_str(cJSON *o, const char *key, const char *text) { (void)need(cJSON_AddStringToObject(o, key, text)); }

cJSON *oa_ref(const char *schema)
{
    char text[96];
    cJSON *o = oa_object();
    (void)sg_format(text, sizeof text, "#/components/schemas/%s", schema);
    oa_str(o, "$ref", text);
    return o;
}

static cJSON *typed(const char *type, const char *help)
{
    cJSON *o = oa_object();
    oa_str(o, "type", type);
    if (help && *help) oa_str(o, "description", help);
    return o;
}

static void add_text(cJSON *list, const char *text) { cJSON_AddItemToArray(list, need(cJSON_CreateString(text))); }

static cJSON *names(const char *(*name)(int), int n)
{
    cJSON *list = oa_list();
    for (int i = 0; i < n; i++)
        if (*name(i)) add_text(list, name(i));
    return list;
}

static cJSON *text_field(const struct sg_shape_field *f, const char *format)
{
    cJSON *o = typed("string", f->help);
    if (format) oa_str(o, "format", format);
    else if (f->size > 1) (void)cJSON_AddNumberToObject(o, "maxLength", (double)(f->size - 1));
    return o;
}

static cJSON *number_field(const struct sg_shape_field *f)
{
    cJSON *o = typed("integer", f->help);
    if (f->max > f->min) {
        (void)cJSON_AddNumberToObject(o, "minimum", (double)f->min);
        (void)cJSON_AddNumberToObject(o, "maximum", (double)f->max);
    }
    return o;
}

static cJSON *list_of(cJSON *item, const char *help)
{
    cJSON *o = typed("array", help);
    oa_put(o, "items", item);
    return o;
}

static cJSON *field(const struct sg_shape_field *f)
{
    cJSON *o;
    switch (f->type) {
    case SG_SH_ID: case SG_SH_ETAG: case SG_SH_STR: return text_field(f, NULL);
    case SG_SH_UUID: return text_field(f, "uuid");
    case SG_SH_TIME: return text_field(f, "date-time");
    case SG_SH_DATE: return text_field(f, "date");
    case SG_SH_PARTDATE: o = typed("string", f->help); oa_str(o, "pattern", "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"); return o;
    case SG_SH_BOOL: return typed("boolean", f->help);
    case SG_SH_INT: case SG_SH_I64: return number_field(f);
    case SG_SH_NAME: o = typed("string", f->help); oa_put(o, "enum", names(f->name, f->n_names)); return o;
    case SG_SH_BITS: o = oa_object(); oa_str(o, "type", "string"); oa_put(o, "enum", names(f->name, f->n_names)); return list_of(o, f->help);
    case SG_SH_WORDS: return list_of(typed("string", NULL), f->help);
    case SG_SH_OBJECT: return oa_ref(f->sub->title);
    case SG_SH_LIST: return list_of(oa_ref(f->sub->title), f->help);
    case SG_SH_WHY: break;
    }
    return oa_object();
}

/* A rule is spread over four members of the object it stands in. */
static void why_fields(cJSON *props, const struct sg_shape_field *f)
{
    oa_put(props, "rule", typed("string", f->help));
    oa_put(props, "text", typed("string", "The rule as a sentence"));
    oa_put(props, "ruleDetail", typed("string", "What the rule is about: a unit, a region, a number"));
    oa_put(props, "restriction", typed("string", "The restriction behind it"));
}

static void properties(const struct sg_shape *s, cJSON *props, cJSON *required)
{
    for (size_t i = 0; i < s->n; i++) {
        const struct sg_shape_field *f = &s->field[i];
        if (cJSON_GetObjectItemCaseSensitive(props, f->key)) continue;
        if (f->type == SG_SH_WHY) why_fields(props, f);
        else oa_put(props, f->key, field(f));
        if (f->flags & SG_SHF_REQUIRED) add_text(required, f->key);
    }
}

static cJSON *object_of(const char *help, cJSON *required, cJSON *props)
{
    cJSON *o = typed("object", help);
    if (cJSON_GetArraySize(required)) oa_put(o, "required", required);
    else cJSON_Delete(required);
    oa_put(o, "properties", props);
    return o;
}

static cJSON *shape(const struct sg_shape *s)
{
    cJSON *props = oa_object(), *required = oa_list();
    properties(s, props, required);
    return object_of(s->help, required, props);
}

/* ---- actions ---------------------------------------------------------------------------------------------------------------- */

static cJSON *choice(const char *list)
{
    cJSON *o = oa_list();
    while (*list) {
        char word[64];
        size_t n = strcspn(list, "|");
        (void)sg_copyn(word, sizeof word, list, n);
        add_text(o, word);
        list += n + (list[n] == '|');
    }
    return o;
}

static cJSON *param(const struct sg_field_def *f)
{
    cJSON *o = typed("string", f->help);
    if (f->type == SG_FT_CHOICE) oa_put(o, "enum", choice(f->choices));
    else if (f->type == SG_FT_FLAG) oa_put(o, "enum", choice("yes|no"));
    else if (f->type == SG_FT_DATE) oa_str(o, "format", "date");
    else if (f->type == SG_FT_TIME) oa_str(o, "format", "date-time");
    else (void)cJSON_AddNumberToObject(o, "maxLength", (double)f->max);
    if (f->preset) oa_str(o, "default", f->preset);
    return o;
}

static cJSON *params(const struct sg_action_def *d)
{
    cJSON *props = oa_object(), *required = oa_list();
    for (size_t i = 0; i < d->n_fields; i++) {
        oa_put(props, d->fields[i].name, param(&d->fields[i]));
        if (d->fields[i].required) add_text(required, d->fields[i].name);
    }
    cJSON *o = object_of("The fields of this kind", required, props);
    (void)cJSON_AddFalseToObject(o, "additionalProperties");
    return o;
}

static cJSON *parts_of(void)
{
    cJSON *any = oa_list(), *item = oa_object();
    for (int k = 0; k < (int)SG_ACT_COUNT; k++) {
        const struct sg_action_def *d = sg_action_def((enum sg_action_kind)k);
        if (!sg_action_may_be_part(d->kind)) continue;
        cJSON *props = oa_object(), *kind = oa_object(), *required = oa_list();
        oa_str(kind, "const", d->name);
        oa_put(props, "kind", kind);
        oa_put(props, "params", params(d));
        add_text(required, "kind");
        cJSON_AddItemToArray(any, object_of(d->help, required, props));
    }
    oa_put(item, "oneOf", any);
    cJSON *list = list_of(item, "All of them or nothing");
    (void)cJSON_AddNumberToObject(list, "minItems", 1);
    (void)cJSON_AddNumberToObject(list, "maxItems", SG_PARTS_MAX);
    return list;
}

static void common(cJSON *props)
{
    oa_put(props, "subject", typed("string", "Opaque id of the citizen; \"me\" when it is about oneself"));
    oa_put(props, "reason", typed("string", "Why, in the person's words"));
    cJSON *at = typed("string", "When the person decided, by their own clock");
    oa_str(at, "format", "date-time");
    oa_put(props, "performedAt", at);
    oa_put(props, "offline", typed("boolean", "Decided while the service was away"));
    cJSON *device = typed("string", "The client's installation");
    oa_str(device, "format", "uuid");
    oa_put(props, "device", device);
    cJSON *seq = typed("integer", "1, 2, 3 … for each device and member of staff");
    (void)cJSON_AddNumberToObject(seq, "minimum", 1);
    oa_put(props, "seq", seq);
}

static void traits(cJSON *o, const struct sg_action_def *d)
{
    static const char *const effect[] = {"protects", "widens", "neutral"}, *const offline[] = {"queue", "reconfirm", "online"},
                      *const danger[] = {"plain", "confirm", "type-id"};
    oa_str(o, "x-effect", effect[d->effect]);
    oa_str(o, "x-offline", offline[d->offline]);
    oa_str(o, "x-danger", danger[d->danger]);
    if (d->perm < (int)SG_PERM_COUNT) oa_str(o, "x-permission", sg_perm_name((enum sg_perm)d->perm));
    if (d->not_covered && *d->not_covered) oa_str(o, "x-notCovered", d->not_covered);
}

/* login.lock → ActionLoginLock */
static void schema_name(char *dst, size_t cap, const char *kind)
{
    size_t n = 0;
    bool up = true;
    (void)sg_copy(dst, cap, "Action");
    n = strlen(dst);
    for (; *kind && n + 1 < cap; kind++) {
        if (*kind >= 'a' && *kind <= 'z') dst[n++] = (char)(up ? *kind - 32 : *kind);
        up = *kind < 'a' || *kind > 'z';
    }
    dst[n] = '\0';
}

static void action(cJSON *schemas, const struct sg_action_def *d, cJSON *any, cJSON *mapping)
{
    char name[64], ref[128];
    cJSON *props = oa_object(), *kind = oa_object(), *required = oa_list();
    schema_name(name, sizeof name, d->name);
    oa_str(kind, "const", d->name);
    oa_put(props, "kind", kind);
    common(props);
    if (d->kind == SG_ACT_CITIZEN_PROTECT) oa_put(props, "parts", parts_of());
    else oa_put(props, "params", params(d));
    for (const char *const *r = (const char *const[]){"kind", "subject", "device", "seq", NULL}; *r; r++) add_text(required, *r);
    cJSON *o = object_of(d->help, required, props);
    oa_str(o, "title", d->title);
    traits(o, d);
    oa_put(schemas, name, o);
    cJSON_AddItemToArray(any, oa_ref(name));
    (void)sg_format(ref, sizeof ref, "#/components/schemas/%s", name);
    oa_str(mapping, d->name, ref);
}

static void actions(cJSON *schemas)
{
    cJSON *one = oa_object(), *any = oa_list(), *mapping = oa_object(), *by = oa_object();
    for (int k = 0; k < (int)SG_ACT_COUNT; k++) action(schemas, sg_action_def((enum sg_action_kind)k), any, mapping);
    oa_str(one, "description", "What a member of staff does; the members depend on its kind");
    oa_put(one, "oneOf", any);
    oa_str(by, "propertyName", "kind");
    oa_put(by, "mapping", mapping);
    oa_put(one, "discriminator", by);
    oa_put(schemas, "Action", one);
}

/* A problem that answers an action: the members of both, and the citizen as it is now. */
static void action_problem(cJSON *schemas)
{
    cJSON *props = oa_object(), *required = oa_list(), *none = oa_list();
    properties(&sg_shape_problem, props, required);
    properties(&sg_shape_outcome, props, none);
    cJSON_Delete(none);
    oa_put(props, "current", oa_ref(sg_shape_citizen.title));
    oa_put(schemas, "ActionProblem", object_of("A refused or conflicting action: a problem with the members of the outcome beside it", required, props));
}

/* An event with a few members more, which stand in parts.json under "more". */
static void events_with_more(cJSON *schemas, const cJSON *more)
{
    for (const cJSON *m = more->child; m; m = m->next) {
        cJSON *props = oa_object(), *required = oa_list();
        properties(&sg_shape_event, props, required);
        for (const cJSON *p = cJSON_GetObjectItemCaseSensitive(m, "properties")->child; p; p = p->next)
            oa_put(props, p->string, need(cJSON_Duplicate(p, true)));
        oa_put(schemas, m->string, object_of(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(m, "description")), required, props));
    }
}

cJSON *oa_schemas(const cJSON *parts, const cJSON *more)
{
    static const struct sg_shape *const shapes[] = {&sg_shape_citizen, &sg_shape_relation, &sg_shape_restriction, &sg_shape_deed, &sg_shape_policy,
        &sg_shape_region, &sg_shape_unit, &sg_shape_actor, &sg_shape_commission, &sg_shape_event, &sg_shape_access_row, &sg_shape_outcome, &sg_shape_problem,
        &sg_shape_change, &sg_shape_seen, &sg_shape_stop};
    cJSON *o = oa_object();
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) oa_put(o, shapes[i]->title, shape(shapes[i]));
    action_problem(o);
    events_with_more(o, more);
    actions(o);
    for (const cJSON *p = parts->child; p; p = p->next) oa_put(o, p->string, need(cJSON_Duplicate(p, true)));
    return o;
}
