/* openapi PARTS YAML JSON: writes the API's description, as YAML for people and tools and as JSON for the tests. Paths come from
 * wire/endpoint.def, statuses from wire/problem.def, who may from model/permission.def, bodies from schema.c; api.def adds what no table
 * of the programs knows. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/str.h"
#include "tools/openapi/openapi.h"
#include "wire/endpoint.h"

struct api { enum sg_endpoint ep; const char *tag, *request, *reply, *problems, *more; };
static const struct api apis[] = {
#define SG_API(id, tag, request, reply, problems, more) {SG_EP_##id, tag, request, reply, problems, more},
#include "tools/openapi/api.def"
};
enum query_type { TEXT, INTEGER, DATE, TIME };
static const struct { enum sg_endpoint ep; const char *name; enum query_type type; const char *help; } queries[] = {
#define SG_API_QUERY(id, name, type, help) {SG_EP_##id, name, type, help},
#include "tools/openapi/api.def"
};
static const char *const ids[] = {
#define SG_ENDPOINT(id, ...) #id,
#include "wire/endpoint.def"
};

/* What every route can answer; those with a path parameter and those with a body more. */
static const char ALWAYS[] = "bad-request certificate unknown-staff headers-too-large fault log-unavailable busy",
                  SIGNED_IN[] = "sign-in not-permitted", WITH_ID[] = "not-found not-available", WITH_BODY[] = "too-large media-type",
                  BAD_IDS[] = "bad-id";

static const struct api *api_of(enum sg_endpoint ep)
{
    for (size_t i = 0; i < sizeof apis / sizeof *apis; i++)
        if (apis[i].ep == ep) return &apis[i];
    return NULL;
}

static bool has_body(enum sg_method m) { return m == SG_PUT || m == SG_POST; }
static bool has_word(const char *list, const char *word)
{
    size_t n = strlen(word);
    for (const char *p = list; (p = strstr(p, word)) != NULL; p += n)
        if ((p == list || p[-1] == ' ') && (p[n] == ' ' || !p[n])) return true;
    return false;
}

static bool gives(const struct sg_endpoint_def *d, const struct api *a, const char *problem)
{
    return has_word(ALWAYS, problem) || (d->mode != SG_EP_OPEN && has_word(SIGNED_IN, problem)) ||
           (strchr(d->path, '{') && (has_word(WITH_ID, problem) || has_word(BAD_IDS, problem))) ||
           (has_body(d->method) && has_word(WITH_BODY, problem)) || (d->id == SG_EP_ACTION_PREVIEW && has_word(WITH_ID, problem)) ||
           (d->id == SG_EP_LOOKUP && has_word("not-available", problem)) || (a && has_word(a->problems, problem));
}

static cJSON *content(const char *type, const char *schema, const cJSON *examples)
{
    cJSON *body = oa_object(), *of = oa_object();
    const cJSON *example = cJSON_GetObjectItemCaseSensitive(examples, schema);
    oa_put(body, "schema", *schema ? oa_ref(schema) : oa_object());
    if (example) oa_put(body, "example", cJSON_Duplicate(example, true));
    oa_put(of, type, body);
    return of;
}

static cJSON *header_of(const char *help)
{
    cJSON *h = oa_object(), *s = oa_object();
    oa_str(h, "description", help);
    oa_str(s, "type", "string");
    oa_put(h, "schema", s);
    return h;
}

static bool of_action(enum sg_endpoint ep) { return ep == SG_EP_ACTION_PUT || ep == SG_EP_ACTION_GET || ep == SG_EP_ACTION_WITHDRAW; }

static void reply_headers(cJSON *reply, enum sg_endpoint ep)
{
    cJSON *h = oa_object();
    oa_put(h, "Sigill-Time", header_of("The service's clock, RFC 3339"));
    if (ep == SG_EP_CITIZEN || ep == SG_EP_POLICY) oa_put(h, "ETag", header_of("Strong entity tag"));
    if (of_action(ep)) oa_put(h, "Idempotency-Replayed", header_of("true: a stored answer"));
    oa_put(reply, "headers", h);
}

/* One response for each status; the problems behind it are listed. */
static void problems(cJSON *responses, const struct sg_endpoint_def *d, const struct api *a, const cJSON *examples)
{
    const char *schema = of_action(d->id) ? "ActionProblem" : "Problem";
    for (int p = 0; p < (int)SG_PROBLEM_COUNT; p++) {
        const struct sg_problem_def *def = sg_problem_def((enum sg_problem)p);
        char status[8], text[512];
        if (!gives(d, a, def->type)) continue;
        (void)sg_format(status, sizeof status, "%d", def->status);
        cJSON *r = cJSON_GetObjectItemCaseSensitive(responses, status);
        if (r) {
            cJSON *help = cJSON_GetObjectItemCaseSensitive(r, "description");
            (void)sg_format(text, sizeof text, "%s %s (%s).", help->valuestring, def->title, def->type);
            cJSON_SetValuestring(help, text);
            continue;
        }
        r = oa_object();
        (void)sg_format(text, sizeof text, "%s (%s).", def->title, def->type);
        oa_str(r, "description", text);
        if (def->cls == SG_CLASS_RETRY) {
            cJSON *h = oa_object();
            oa_put(h, "Retry-After", header_of("Seconds"));
            oa_put(r, "headers", h);
        }
        oa_put(r, "content", content("application/problem+json", schema, examples));
        oa_put(responses, status, r);
    }
}

static cJSON *responses(const struct sg_endpoint_def *d, const struct api *a, const cJSON *examples)
{
    cJSON *all = oa_object(), *ok = oa_object();
    oa_str(ok, "description", "Done");
    reply_headers(ok, d->id);
    oa_put(ok, "content", content(d->id == SG_EP_LOG_LEAVES ? "application/octet-stream" : "application/json", a ? a->reply : "", examples));
    oa_put(all, "200", ok);
    if (d->id == SG_EP_POLICY) {
        cJSON *same = oa_object();
        oa_str(same, "description", "If-None-Match names the version in force");
        oa_put(all, "304", same);
    }
    problems(all, d, a, examples);
    return all;
}

static void parameter(cJSON *list, const char *in, const char *name, enum query_type type, bool required, const char *help)
{
    static const char *const formats[] = {NULL, NULL, "date", "date-time"};
    cJSON *p = oa_object(), *s = oa_object();
    oa_str(p, "name", name);
    oa_str(p, "in", in);
    if (required) (void)cJSON_AddTrueToObject(p, "required");
    oa_str(p, "description", help);
    oa_str(s, "type", type == INTEGER ? "integer" : "string");
    if (formats[type]) oa_str(s, "format", formats[type]);
    oa_put(p, "schema", s);
    cJSON_AddItemToArray(list, p);
}

static cJSON *parameters(const struct sg_endpoint_def *d)
{
    cJSON *list = oa_list();
    const char *open = strchr(d->path, '{');
    if (open) {
        char name[32];
        (void)sg_copyn(name, sizeof name, open + 1, strcspn(open + 1, "}"));
        parameter(list, "path", name, TEXT, true, "Opaque id: a-z, 0-9 and -");
    }
    if (d->id == SG_EP_ACTION_PUT) parameter(list, "header", "If-Match", TEXT, true, "The ETag of the citizen the person saw; * only for protective kinds");
    if (d->id == SG_EP_POLICY) parameter(list, "header", "If-None-Match", TEXT, false, "The ETag of the version one has");
    for (size_t i = 0; i < sizeof queries / sizeof *queries; i++)
        if (queries[i].ep == d->id) parameter(list, "query", queries[i].name, queries[i].type, false, queries[i].help);
    return list;
}

static cJSON *security(const struct sg_endpoint_def *d)
{
    cJSON *list = oa_list(), *both = oa_object();
    oa_put(both, "certificate", oa_list());
    if (d->mode != SG_EP_OPEN) oa_put(both, "session", oa_list());
    cJSON_AddItemToArray(list, both);
    return list;
}

static cJSON *roles(enum sg_perm p)
{
    cJSON *list = oa_list();
    for (int r = 0; r < (int)SG_ROLE_COUNT; r++)
        if (sg_role_scope((enum sg_role)r, p) != SG_SCOPE_NONE) cJSON_AddItemToArray(list, cJSON_CreateString(sg_role_name((enum sg_role)r)));
    return list;
}

/* SESSION_CREATE → sessionCreate */
static void operation_id(char *dst, size_t cap, const char *id)
{
    size_t n = 0;
    bool up = false;
    for (; *id && n + 1 < cap; id++) {
        if (*id != '_') dst[n++] = (char)(up || *id < 'A' || *id > 'Z' ? *id : *id + 32);
        up = *id == '_';
    }
    dst[n] = '\0';
}

static cJSON *operation(const struct sg_endpoint_def *d, const cJSON *examples)
{
    const struct api *a = api_of(d->id);
    cJSON *o = oa_object(), *tags = oa_list();
    char id[64], text[1024];
    operation_id(id, sizeof id, ids[d->id]);
    oa_str(o, "operationId", id);
    oa_str(o, "summary", d->summary);
    (void)sg_format(text, sizeof text, "%s.%s%s", d->summary, a && *a->more ? " " : "", a ? a->more : "");
    oa_str(o, "description", text);
    cJSON_AddItemToArray(tags, cJSON_CreateString(a ? a->tag : "other"));
    oa_put(o, "tags", tags);
    oa_put(o, "security", security(d));
    oa_str(o, "x-permission", sg_perm_name(d->perm));
    if (d->perm != SG_PERM_SELF) oa_put(o, "x-roles", roles(d->perm));
    oa_put(o, "parameters", parameters(d));
    if (has_body(d->method)) {
        cJSON *body = oa_object();
        (void)cJSON_AddTrueToObject(body, "required");
        oa_put(body, "content", content("application/json", a ? a->request : "", examples));
        oa_put(o, "requestBody", body);
    }
    oa_put(o, "responses", responses(d, a, examples));
    if (!a) fprintf(stderr, "openapi: %s %s is described by its summary alone: add a row to tools/openapi/api.def\n", sg_method_name(d->method), d->path);
    return o;
}

static cJSON *paths(const cJSON *examples)
{
    cJSON *all = oa_object();
    for (int e = 0; e < (int)SG_EP_COUNT; e++) {
        const struct sg_endpoint_def *d = sg_endpoint_def((enum sg_endpoint)e);
        cJSON *path = cJSON_GetObjectItemCaseSensitive(all, d->path);
        char method[8];
        if (!path) {
            path = oa_object();
            oa_put(all, d->path, path);
        }
        (void)sg_copy(method, sizeof method, sg_method_name(d->method));
        for (char *c = method; *c; c++) *c = (char)(*c + 32);
        oa_put(path, method, operation(d, examples));
    }
    return all;
}

static cJSON *parse(const char *text)
{
    cJSON *v = cJSON_Parse(text);
    if (!v) {
        fprintf(stderr, "openapi: bad JSON\n");
        exit(70);
    }
    return v;
}

static cJSON *document(const cJSON *parts)
{
    cJSON *o = oa_object(), *c = oa_object();
    oa_str(o, "openapi", "3.1.0");
    oa_put(o, "info", parse("{\"title\":\"sigilld\",\"version\":\"1\",\"summary\":\"Administration of citizens' access to the 1177 services\",\"description\":"
        "\"TLS 1.3 with a client certificate; the person is the HSA-id in its subject. Bodies are UTF-8 JSON, at most 64 KiB. Answers are never stored "
        "(no-store). Errors are problems of RFC 9457 of a closed list of types; a refusal names its event as instance. Generated from the tables of the "
        "source: make openapi.\",\"license\":{\"name\":\"Apache-2.0\",\"identifier\":\"Apache-2.0\"}}"));
    oa_put(o, "servers", parse("[{\"url\":\"https://localhost:8443" SG_API_BASE "\",\"description\":\"The demo\"}]"));
    oa_put(o, "tags", parse("[{\"name\":\"session\",\"description\":\"Signing in, who am I, policy\"},{\"name\":\"citizens\",\"description\":\"Finding and reading\"},"
        "{\"name\":\"actions\",\"description\":\"Doing\"},{\"name\":\"events\",\"description\":\"The log\"},{\"name\":\"changes\",\"description\":\"News and numbering\"},"
        "{\"name\":\"other\",\"description\":\"Not yet described further\"}]"));
    oa_put(o, "paths", paths(cJSON_GetObjectItemCaseSensitive(parts, "examples")));
    oa_put(c, "securitySchemes", parse("{\"certificate\":{\"type\":\"mutualTLS\",\"description\":\"Client certificate with the HSA-id as serialNumber\"},"
        "\"session\":{\"type\":\"http\",\"scheme\":\"bearer\",\"description\":\"Token of POST /sessions, bound to the certificate\"}}"));
    oa_put(c, "schemas", oa_schemas(cJSON_GetObjectItemCaseSensitive(parts, "schemas"), cJSON_GetObjectItemCaseSensitive(parts, "more")));
    oa_put(o, "components", c);
    return o;
}

static bool save(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    bool ok = f && fputs(text, f) >= 0;
    return f && fclose(f) == 0 && ok;
}

int main(int argc, char **argv)
{
    struct sg_buf in, yaml;
    struct sg_error e = {0};
    sg_buf_init(&in, 1 << 20);
    sg_buf_init(&yaml, 4 << 20);
    if (argc != 4 || sg_buf_read_file(&in, argv[1], &e) != SG_E_OK) {
        fprintf(stderr, "use it as: openapi PARTS YAML JSON\n");
        return 2;
    }
    cJSON *parts = parse(in.data), *doc = document(parts);
    char *json = cJSON_Print(doc);
    (void)sg_buf_addz(&yaml, "# Generated by make openapi from the tables of the source. Do not edit.\n");
    oa_yaml(doc, &yaml);
    bool ok = json && sg_buf_check(&yaml) == SG_E_OK && save(argv[2], yaml.data) && save(argv[3], json);
    if (!ok) fprintf(stderr, "openapi: cannot write\n");
    cJSON_free(json);
    cJSON_Delete(doc);
    cJSON_Delete(parts);
    sg_buf_free(&in);
    sg_buf_free(&yaml);
    return ok ? 0 : 1;
}
