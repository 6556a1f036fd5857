/* What a page of the log costs in the service, by what is asked for:  log_pages DATABASE HSA-ID
 * The database is a demo's filled by make_log; HSA-ID is somebody who reads the whole log. Every request goes the way of a real one (session,
 * role, its own event, commit with fsync) but for HTTP. Cold: the first of its sort after opening; then the median and worst of 50. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "base/str.h"
#include "server/ctx.h"

enum { TIMES = 50 };
static struct sg_core *core;
static struct sg_peer peer = {.certified = true};
static char token[80];

static double now(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* ms; the body stays in *re when keep is given. */
static double ask(enum sg_method m, const char *path, const char *query, const char *body, struct sg_http_reply *keep)
{
    struct sg_http_request rq = {.method = m};
    struct sg_http_reply re = {0};
    SG_COPY(rq.path, path);
    SG_COPY(rq.query, query);
    SG_COPY(rq.bearer, token);
    sg_buf_init(&rq.body, 4096);
    if (body) {
        SG_COPY(rq.content_type, "application/json");
        (void)sg_buf_addz(&rq.body, body);
    }
    double began = now();
    sg_core_handle(core, &peer, &rq, &re);
    double took = now() - began;
    if (re.status != 200) {
        fprintf(stderr, "%s?%s: %d %s\n", path, query, re.status, re.body.data ? re.body.data : "");
        exit(1);
    }
    if (keep) *keep = re;
    else sg_http_reply_free(&re);
    sg_http_request_free(&rq);
    return took;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void measure(const char *title, const char *path, const char *query)
{
    double cold = ask(SG_GET, path, query, NULL, NULL), t[TIMES];
    for (int i = 0; i < TIMES; i++) t[i] = ask(SG_GET, path, query, NULL, NULL);
    qsort(t, TIMES, sizeof *t, by_size);
    printf("%-44s cold %7.1f ms   median %6.1f ms   worst %6.1f ms\n", title, cold, t[TIMES / 2], t[TIMES - 1]);
    fflush(stdout);
}

/* A text of the first event of the newest page that has one. */
static void take(const char *key, char *dst, size_t cap)
{
    struct sg_http_reply re;
    ask(SG_GET, "/events", "order=newest&limit=1000&kind=citizen.read", NULL, &re);
    cJSON *v = cJSON_Parse(re.body.data), *e;
    cJSON_ArrayForEach(e, cJSON_GetObjectItemCaseSensitive(v, "events")) {
        const char *s = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(e, key));
        if (s && !dst[0]) (void)sg_copy(dst, cap, s);
    }
    cJSON_Delete(v);
    sg_http_reply_free(&re);
}

int main(int argc, char **argv)
{
    struct sg_error e = {0};
    struct sg_http_reply re;
    char query[256], subject[SG_ID_MAX] = "", unit[SG_HSA_MAX] = "", actor[SG_HSA_MAX] = "";
    if (argc != 3) return 2;
    SG_COPY(peer.hsa, argv[2]);
    SG_COPY(peer.fingerprint, "bench");
    struct sg_core_opts o = {.database = argv[1], .clock = sg_clock_system(NULL), .random = sg_random_system()};
    if (sg_core_open(&o, &core, &e) != SG_E_OK) {
        fprintf(stderr, "%s: %s\n", e.where, e.detail);
        return 1;
    }
    ask(SG_POST, "/sessions", "", "{\"client\":\"bench/1\"}", &re);
    cJSON *v = cJSON_Parse(re.body.data);
    SG_COPY(token, cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(v, "token")));
    cJSON_Delete(v);
    sg_http_reply_free(&re);
    measure("first page, newest first", "/events", "order=newest&limit=100");
    measure("to a date four years back", "/events", "order=newest&limit=100&to=2022-06-15T12:00:00Z");
    measure("to a date two years back", "/events", "order=newest&limit=100&to=2024-06-15T12:00:00Z");
    take("subject", subject, sizeof subject);
    take("unit", unit, sizeof unit);
    take("actor", actor, sizeof actor);
    sg_format(query, sizeof query, "order=newest&limit=100&citizen=%s", subject);
    measure("one citizen", "/events", query);
    sg_format(query, sizeof query, "order=newest&limit=100&staff=%s", actor);
    measure("one member of staff", "/events", query);
    sg_format(query, sizeof query, "order=newest&limit=100&unit=%s&outcome=refused&from=2024-01-01T00:00:00Z&to=2025-01-01T00:00:00Z", unit);
    measure("one unit, refused, one year", "/events", query);
    measure("a purpose nobody has", "/events", "order=newest&limit=100&purpose=none");
    sg_format(query, sizeof query, "order=newest&limit=100&purpose=quality&kind=citizen.protect&staff=%s", actor);
    measure("staff, kind and purpose together", "/events", query);
    measure("kind and refused together, oldest first", "/events", "order=oldest&limit=100&kind=record.seal&outcome=refused");
    sg_format(query, sizeof query, "order=newest&limit=100&kind=session.*&staff=%s&purpose=none", actor);
    measure("a group of kinds, staff, a purpose nobody has", "/events", query);
    measure("timeline, five years", "/events/density", "buckets=60&from=2021-12-01T00:00:00Z");
    sg_format(query, sizeof query, "buckets=60&from=2021-12-01T00:00:00Z&staff=%s", actor);
    measure("timeline of one member of staff", "/events/density", query);
    measure("sample of 20", "/events/sample", "count=20");
    measure("sample of 20 with a risk", "/events/sample", "count=20&risk=out-of-hours");
    sg_core_close(core);
    return 0;
}
