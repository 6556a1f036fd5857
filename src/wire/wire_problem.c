/* Problems (RFC 9457). A body counts as ours only when its media type, its type and its status agree with the closed list:
 * anything else was written by something between us, and says nothing about the action. */
#include <string.h>
#include "base/str.h"
#include "wire/shape.h"
#include "wire/wire.h"

#define R SG_SHF_REQUIRED
#define D(...) { SG_SHAPE(__VA_ARGS__) }
struct problem { char type[96], title[128], detail[SG_DETAIL_MAX], instance[128]; int status; struct sg_why why; };
static const struct sg_shape_field fields[] = {
    D(STR, problem, type, "type", R, "One of a closed list of URIs"),
    D(STR, problem, title, "title", 0, "The type in words"),
    { SG_SHAPE_NUM(INT, problem, status, "status", R, 100, 599, "The HTTP status") },
    D(STR, problem, detail, "detail", 0, "What was wrong here; names the field"),
    D(STR, problem, instance, "instance", 0, "The event that records the refusal"),
    D(WHY, problem, why, "rule", 0, "The rule behind a refusal"),
};
const struct sg_shape sg_shape_problem = SG_SHAPE_OF(fields, "Problem", "An error as of RFC 9457");

cJSON *sg_wire_problem(enum sg_problem p, const char *instance, const struct sg_why *w, const char *detail)
{
    const struct sg_problem_def *d = sg_problem_def(p);
    struct problem v = { .why.rule = SG_RULE_COUNT };
    if (!d)
        return NULL;
    if (w)
        v.why = *w;
    v.status = d->status;
    sg_format(v.type, sizeof v.type, "%s%s", SG_PROBLEM_BASE, d->type);
    SG_COPY(v.title, d->title);
    SG_COPY(v.detail, detail);
    SG_COPY(v.instance, instance);
    return sg_shape_write(&sg_shape_problem, &v);
}

/* "application/problem+json", alone or with parameters. */
static bool problem_type(const char *content_type)
{
    static const char want[] = "application/problem+json";
    char head[sizeof want];
    return strlen(content_type) >= sizeof want - 1 && sg_copyn(head, sizeof head, content_type, sizeof want - 1) && sg_ieq(head, want) &&
           strchr("; \t", content_type[sizeof want - 1]);
}

enum sg_err sg_wire_problem_read(const struct sg_http_reply *r, struct sg_problem_info *out)
{
    struct problem v;
    cJSON *tree = NULL;
    memset(out, 0, sizeof *out);
    out->problem = SG_PROBLEM_COUNT;
    if (r->status < 400 || !problem_type(r->content_type) || !r->body.data)
        return SG_E_PARSE;
    enum sg_err err = sg_json_parse(r->body.data, r->body.len, &SG_JSON_REPLY, &tree, NULL);
    if (err == SG_E_OK)
        err = sg_shape_read(&sg_shape_problem, tree, &v, sizeof v, NULL);
    cJSON_Delete(tree);
    if (err != SG_E_OK || !sg_starts(v.type, SG_PROBLEM_BASE))
        return err == SG_E_NOMEM ? err : SG_E_PARSE;
    const struct sg_problem_def *d = sg_problem_def(sg_problem_named(v.type));
    if (!d || d->status != r->status || v.status != r->status)
        return SG_E_PARSE;
    out->problem = d->id;
    out->status = r->status;
    out->why = v.why;
    SG_COPY(out->detail, v.detail);
    return SG_E_OK;
}
