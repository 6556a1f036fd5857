/* Compares every answer of the service with the description of the API (openapi.json beside the test's build): route, status, media type
 * and every member must be declared. Stricter than the description itself: an unknown member is a fault here. */
#pragma once
#include <cjson/cJSON.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "base/buf.h"
#include "wire/endpoint.h"

static cJSON *api_doc;
static bool api_silent;                            /* for a test of this file: faults are told by the result alone */

static inline const cJSON *api_at(const cJSON *v, const char *key) { return v ? cJSON_GetObjectItemCaseSensitive(v, key) : NULL; }

/* Kept for the whole program: read once by tests that ask a thousand times. */
static inline const cJSON *api_load(void)
{
    char path[512];
    struct sg_buf b;
    struct sg_error e = {0};
    if (api_doc) return api_doc;
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 32);
    for (int up = 0; up < 3 && n > 0; up++)
        while (n > 0 && path[--n] != '/') {}
    (void)snprintf(path + n, sizeof path - (size_t)n, "/openapi.json");
    sg_buf_init(&b, 8 << 20);
    if (sg_buf_read_file(&b, path, &e) == SG_E_OK) api_doc = cJSON_Parse(b.data);
    sg_buf_free(&b);
    if (!api_doc) fail_msg("%s cannot be read: make openapi", path);
    return api_doc;
}
static inline void api_free(void)
{
    cJSON_Delete(api_doc);
    api_doc = NULL;
}

static inline bool api_fault(const char *where, const char *what, const char *which)
{
    if (!api_silent) print_error("not as described: %s: %s %s\n", where, what, which);
    return false;
}

static inline const cJSON *api_schema(const cJSON *s)
{
    static const char at[] = "#/components/schemas/";
    const char *ref = cJSON_GetStringValue(api_at(s, "$ref"));
    return ref ? api_at(api_at(api_at(api_load(), "components"), "schemas"), ref + sizeof at - 1) : s;
}

static inline bool api_typed(const char *type, const cJSON *v)
{
    return strcmp(type, "object") == 0 ? cJSON_IsObject(v) : strcmp(type, "array") == 0 ? cJSON_IsArray(v) : strcmp(type, "string") == 0 ? cJSON_IsString(v)
         : strcmp(type, "boolean") == 0 ? cJSON_IsBool(v) : strcmp(type, "number") == 0 ? cJSON_IsNumber(v) : strcmp(type, "integer") == 0 && cJSON_IsNumber(v) && v->valuedouble == (double)(long long)v->valuedouble;
}

static inline bool api_in_enum(const cJSON *list, const cJSON *v)
{
    const cJSON *one;
    cJSON_ArrayForEach(one, list) if (cJSON_Compare(one, v, true)) return true;
    return !list;
}

static inline bool api_fits(const cJSON *schema, const cJSON *v, const char *where);

static inline bool api_members(const cJSON *s, const cJSON *v, const char *where)
{
    const cJSON *m;
    bool ok = true;
    cJSON_ArrayForEach(m, v) {
        const cJSON *of = api_at(api_at(s, "properties"), m->string);
        char at[256];
        (void)snprintf(at, sizeof at, "%.180s.%.60s", where, m->string);
        ok = (of ? api_fits(of, m, at) : api_fault(at, "is not declared", "")) && ok;
    }
    cJSON_ArrayForEach(m, api_at(s, "required")) if (!api_at(v, m->valuestring)) ok = api_fault(where, "lacks", m->valuestring);
    return ok;
}

static inline bool api_fits(const cJSON *schema, const cJSON *v, const char *where)
{
    const cJSON *s = api_schema(schema), *m, *most = api_at(s, "maxLength");
    const cJSON *types = api_at(s, "type"), *one = types && cJSON_IsArray(types) ? types->child : types;
    while (one && one->next && cJSON_IsArray(types) && !api_typed(one->valuestring, v)) one = one->next;     /* one of several, or the last */
    const char *type = cJSON_GetStringValue(one);
    bool ok = true;
    if (!type) return api_fault(where, "has no schema", "");
    if (!api_typed(type, v)) return api_fault(where, "is not a", type);
    if (!api_in_enum(api_at(s, "enum"), v)) return api_fault(where, "has an undeclared value", v->valuestring ? v->valuestring : "");
    if (most && strlen(v->valuestring) > (size_t)most->valuedouble) return api_fault(where, "is too long", "");
    if (cJSON_IsObject(v)) return api_members(s, v, where);
    if (cJSON_IsArray(v))
        cJSON_ArrayForEach(m, v) ok = api_fits(api_at(s, "items"), m, where) && ok;
    return ok;
}

static inline bool api_body(const cJSON *response, const struct sg_http_reply *re, const char *where)
{
    const cJSON *type, *content = api_at(response, "content");
    if (re->body.len == 0) return !content || api_fault(where, "has no body", "");
    cJSON_ArrayForEach(type, content) {
        if (strncmp(re->content_type, type->string, strlen(type->string)) != 0) continue;
        if (strcmp(type->string, "application/octet-stream") == 0) return true;
        cJSON *v = cJSON_ParseWithLength(re->body.data, re->body.len);
        bool ok = v && api_fits(api_at(type, "schema"), v, where);
        cJSON_Delete(v);
        return ok;
    }
    return api_fault(where, "has an undeclared media type", re->content_type);
}

/* Whether an answer is one that the description allows. A path that is no route at all may only get a problem. */
static inline bool api_allows(enum sg_method method, const char *path, const struct sg_http_reply *re)
{
    char param[SG_ID_MAX], status[16], where[128], verb[8];
    bool other = false;
    enum sg_endpoint ep = sg_endpoint_match(method, path, param, &other);
    const cJSON *response = NULL, *paths = api_at(api_load(), "paths");
    (void)snprintf(status, sizeof status, "%d", re->status);
    (void)snprintf(verb, sizeof verb, "%s", sg_method_name(method));
    for (char *c = verb; *c; c++) *c = (char)(*c | 32);
    if (ep < SG_EP_COUNT) {
        (void)snprintf(where, sizeof where, "%s %s %s", sg_method_name(method), sg_endpoint_def(ep)->path, status);
        response = api_at(api_at(api_at(api_at(paths, sg_endpoint_def(ep)->path), verb), "responses"), status);
        return response ? api_body(response, re, where) : api_fault(where, "is not declared", "");
    }
    (void)snprintf(where, sizeof where, "no route %s", status);
    cJSON *only = cJSON_Parse("{\"content\":{\"application/problem+json\":{\"schema\":{\"$ref\":\"#/components/schemas/Problem\"}}}}");
    bool ok = re->status >= 400 && api_body(only, re, where);
    cJSON_Delete(only);
    return ok;
}
