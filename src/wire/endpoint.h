/* Routes and problem types as data, for both sides. */
#pragma once
#include "model/role.h"
#include "wire/http.h"

enum sg_endpoint {
#define SG_ENDPOINT(id, ...) SG_EP_##id,
#include "wire/endpoint.def"
    SG_EP_COUNT
};
enum sg_endpoint_mode { SG_EP_READS, SG_EP_WRITES, SG_EP_OPEN };
struct sg_endpoint_def { enum sg_endpoint id; enum sg_method method; const char *path; enum sg_perm perm; enum sg_endpoint_mode mode; const char *summary; };
const struct sg_endpoint_def *sg_endpoint_def(enum sg_endpoint e);
/* Server side: which route is this? SG_EP_COUNT: none; *other_method is then set when the path exists with another method.
 * param receives the one {id} of the path (lower-case a-z 0-9 - only, else no match). */
enum sg_endpoint sg_endpoint_match(enum sg_method m, const char *path, char param[SG_ID_MAX], bool *other_method);
/* An id as it may stand in a path: a-z 0-9 -, shorter than SG_ID_MAX, not empty. */
bool sg_endpoint_id(const char *s);
/* Client side: fills method and path; the path is "" when param is not an id (a transport refuses that). */
void sg_endpoint_request(struct sg_http_request *r, enum sg_endpoint e, const char *param);

enum sg_problem {
#define SG_PROBLEM(id, ...) SG_PROBLEM_##id,
#include "wire/problem.def"
    SG_PROBLEM_COUNT
};
enum sg_problem_class { SG_CLASS_RETRY, SG_CLASS_AUTH, SG_CLASS_CONFLICT, SG_CLASS_REFUSED };
struct sg_problem_def { enum sg_problem id; const char *type; int status; enum sg_problem_class cls; const char *title; };
const struct sg_problem_def *sg_problem_def(enum sg_problem p);
const char *sg_problem_said(enum sg_problem p);          /* the same to the person whose act it was, to be translated: what it means for the act */
enum sg_problem sg_problem_named(const char *type);       /* suffix or whole URI; SG_PROBLEM_COUNT when unknown */
#define SG_PROBLEM_BASE "https://sigill.invalid/problems/"
