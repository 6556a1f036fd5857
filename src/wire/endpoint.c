/* The route table and the list of problem types, built from endpoint.def and problem.def. Matching compares segment by
 * segment and byte by byte: there is exactly one spelling of a path, so nothing (escapes, doubled or trailing slashes,
 * case) can lead around a check. A path has at most one parameter. */
#include "wire/endpoint.h"
#include <string.h>
#include "base/i18n.h"
#include "base/str.h"

static const struct sg_endpoint_def endpoints[] = {
#define GET SG_GET
#define PUT SG_PUT
#define POST SG_POST
#define DELETE SG_DELETE
#define SG_ENDPOINT(id, method, path, perm, mode, summary) \
    [SG_EP_##id] = { SG_EP_##id, method, path, SG_PERM_##perm, SG_EP_##mode, summary },
#include "wire/endpoint.def"
#undef GET
#undef PUT
#undef POST
#undef DELETE
};

const struct sg_endpoint_def *sg_endpoint_def(enum sg_endpoint e)
{
    return (unsigned)e < SG_EP_COUNT ? &endpoints[e] : NULL;
}

static bool id_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
}

bool sg_endpoint_id(const char *s)
{
    size_t n = 0;
    while (id_char(s[n]))
        n++;
    return n > 0 && n < SG_ID_MAX && !s[n];
}

/* Compares a path with a pattern; the parameter is copied to param. */
static bool path_matches(const char *pattern, const char *path, char param[SG_ID_MAX])
{
    param[0] = '\0';
    while (*pattern) {
        if (*pattern != '{') {
            if (*pattern++ != *path++)
                return false;
            continue;
        }
        size_t n = strcspn(path, "/");
        if (n >= SG_ID_MAX)
            return false;
        sg_copyn(param, SG_ID_MAX, path, n);
        if (!sg_endpoint_id(param))
            return false;
        path += n;
        pattern += strcspn(pattern, "}") + 1;
    }
    return !*path;
}

enum sg_endpoint sg_endpoint_match(enum sg_method m, const char *path, char param[SG_ID_MAX], bool *other_method)
{
    *other_method = false;
    for (unsigned i = 0; i < SG_EP_COUNT; i++) {
        if (!path_matches(endpoints[i].path, path, param))
            continue;
        if (endpoints[i].method == m) {
            *other_method = false;
            return endpoints[i].id;
        }
        *other_method = true;
    }
    param[0] = '\0';
    return SG_EP_COUNT;
}

void sg_endpoint_request(struct sg_http_request *r, enum sg_endpoint e, const char *param)
{
    const struct sg_endpoint_def *d = sg_endpoint_def(e);
    r->path[0] = '\0';
    if (!d)
        return;
    r->method = d->method;
    const char *open = strchr(d->path, '{');
    if (!open)
        SG_COPY(r->path, d->path);
    else if (param && sg_endpoint_id(param))
        sg_format(r->path, sizeof r->path, "%.*s%s%s", (int)(open - d->path), d->path, param, open + strcspn(open, "}") + 1);
}

static const struct sg_problem_def problems[] = {
#define SG_PROBLEM(id, type, status, cls, title) [SG_PROBLEM_##id] = { SG_PROBLEM_##id, type, status, SG_CLASS_##cls, title },
#include "wire/problem.def"
};

const struct sg_problem_def *sg_problem_def(enum sg_problem p)
{
    return (unsigned)p < SG_PROBLEM_COUNT ? &problems[p] : NULL;
}

/* Mostly a paper form keyed in twice, at two workstations. */
const char *sg_problem_said(enum sg_problem p)
{
    if (p == SG_PROBLEM_ID_REUSED)
        return N_("this id, or paper form, has been used already; what was keyed in first stands, see the person's events; this was not carried out again");
    return sg_problem_def(p)->title;
}

enum sg_problem sg_problem_named(const char *type)
{
    if (!type)
        return SG_PROBLEM_COUNT;
    if (sg_starts(type, SG_PROBLEM_BASE))
        type += sizeof SG_PROBLEM_BASE - 1;
    for (unsigned i = 0; i < SG_PROBLEM_COUNT; i++)
        if (sg_eq(problems[i].type, type))
            return problems[i].id;
    return SG_PROBLEM_COUNT;
}
