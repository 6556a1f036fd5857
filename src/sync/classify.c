/* What an answer means. Three questions in order: did anything come at all, is it ours (JSON, or a problem of our closed list),
 * and which class has that problem. Whatever is not ours never ends an action: it is "offline" when somebody else plainly answered
 * in the service's place (a page, a redirect), and "retry" otherwise. */
#include "sync/classify.h"
#include "base/mutant.h"
#include "base/str.h"
#include <string.h>

static bool type_is(const char *content_type, const char *wanted)
{
    size_t n = strlen(wanted);
    char head[48];
    if (strlen(content_type) < n || !sg_copyn(head, sizeof head, content_type, n))
        return false;
    return sg_ieq(head, wanted) && (content_type[n] == '\0' || content_type[n] == ';' || content_type[n] == ' ');
}

static bool is_page(const struct sg_http_reply *r)
{
    return type_is(r->content_type, "text/html") || type_is(r->content_type, "application/xhtml+xml");
}

static bool is_json_object(const struct sg_http_reply *r)
{
    if (!type_is(r->content_type, "application/json") || !r->body.data)
        return false;
    cJSON *v = NULL;
    if (sg_json_parse(r->body.data, r->body.len, &SG_JSON_REPLY, &v, NULL) != SG_E_OK)
        return false;
    bool object = cJSON_IsObject(v);
    cJSON_Delete(v);
    return object;
}

static enum sg_verdict success(const struct sg_http_reply *r)
{
    if (r->status != 200 && r->status != 201)
        return SG_V_RETRY;
    if (type_is(r->content_type, "application/json"))
        return is_json_object(r) ? SG_V_DONE : SG_V_RETRY;      /* cut or spoilt on the way: the same id is sent again */
    return SG_V_OFFLINE;                                        /* a captive portal's friendly page */
}

static enum sg_verdict ours(int status, const struct sg_problem_info *p)
{
    const struct sg_problem_def *d = sg_problem_def(p->problem);
    if (!d || (d->status != status && !SG_MUTANT(42)))
        return SG_V_RETRY;                                      /* type and status disagree: somebody rewrote it */
    switch (d->cls) {
    case SG_CLASS_AUTH: return SG_MUTANT(23) ? SG_V_REFUSED : SG_V_AUTH;
    case SG_CLASS_CONFLICT: return SG_V_CONFLICT;
    case SG_CLASS_REFUSED: return SG_V_REFUSED;
    case SG_CLASS_RETRY: break;
    }
    if (SG_MUTANT(21))
        return SG_V_REFUSED;
    return SG_V_RETRY;
}

/* Statuses that mean the same whoever sends them. */
static enum sg_verdict foreign(const struct sg_http_reply *r)
{
    switch (r->status) {
    case 404: case 408: case 425: case 429: return SG_V_RETRY;
    case 407: case 511: return SG_V_OFFLINE;
    default: break;
    }
    if (is_page(r) || r->status >= 600)
        return SG_V_OFFLINE;
    return r->status == 401 ? SG_V_AUTH : SG_V_RETRY;
}

enum sg_verdict sg_classify(const struct sg_http_reply *r, struct sg_problem_info *problem)
{
    struct sg_problem_info scratch = { 0 };
    struct sg_problem_info *p = problem ? problem : &scratch;
    memset(p, 0, sizeof *p);
    p->problem = SG_PROBLEM_COUNT;
    p->status = r->status;
    if (r->transport != SG_E_OK)
        return r->transport == SG_E_AUTH ? SG_V_AUTH : SG_V_OFFLINE;
    if (r->status < 200)
        return SG_V_OFFLINE;
    if (r->status < 300)
        return success(r);
    if (r->status < 400)
        return r->status == 304 ? SG_V_RETRY : SG_V_OFFLINE;
    if (type_is(r->content_type, "application/problem+json") && sg_wire_problem_read(r, p) == SG_E_OK && p->problem < SG_PROBLEM_COUNT)
        return ours(r->status, p);
    memset(p, 0, sizeof *p);
    p->problem = SG_PROBLEM_COUNT;
    p->status = r->status;
#ifdef SG_MUTANTS
    static const struct { int mutant, status; enum sg_problem says; enum sg_verdict v; } believed[] = {
        { 18, 404, SG_PROBLEM_NOT_FOUND, SG_V_REFUSED }, { 19, 412, SG_PROBLEM_STALE, SG_V_CONFLICT }, { 19, 409, SG_PROBLEM_STALE, SG_V_CONFLICT },
        { 20, 422, SG_PROBLEM_INVALID, SG_V_REFUSED }, { 22, 429, SG_PROBLEM_TOO_MANY, SG_V_REFUSED }, { 41, 403, SG_PROBLEM_NOT_PERMITTED, SG_V_REFUSED },
    };
    for (size_t i = 0; i < sizeof believed / sizeof believed[0]; i++)
        if (SG_MUTANT(believed[i].mutant) && r->status == believed[i].status)
            return p->problem = believed[i].says, believed[i].v;
#endif
    return foreign(r);
}

int64_t sg_backoff_ms(int attempt, int retry_after, uint32_t random)
{
    static const int64_t step[] = { 4000, 20000, 300000, 1800000 };
    enum { STEPS = sizeof step / sizeof step[0] };
    const int64_t longest = INT64_C(86400000);          /* a day: no header can park a row for ever */
    int i = attempt < 1 ? 0 : attempt > STEPS ? STEPS - 1 : attempt - 1;
    int64_t ms = step[i] * (80 + (int64_t)(random % 41)) / 100;
    int64_t told = retry_after > 0 ? (int64_t)retry_after * 1000 : 0;
    if (told > longest)
        told = longest;
    return told > ms ? told : ms;
}
