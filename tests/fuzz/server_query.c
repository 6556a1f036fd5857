/* Query strings in the service, by the readers that handlers use: what comes out has the letters it may have and fits. */
#include "tests/fuzz/fuzz.h"
#include "base/str.h"
#include "server/ctx.h"

void fuzz_run(const uint8_t *data, size_t n)
{
    static const char *const keys[] = {"limit", "offset", "snapshot", "format", "risks", "seed", "from", "size"};
    static struct sg_http_request rq;
    struct sg_ctx x = {.rq = &rq};
    if (n >= sizeof rq.query) n = sizeof rq.query - 1;
    memcpy(rq.query, data, n);
    rq.query[n] = '\0';
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        char text[16], list[64];
        int64_t v = 7;
        if (sg_ctx_query_text(&x, keys[i], text, sizeof text)) FUZZ_HOLDS(strpbrk(text, "&=%\" \\<>'") == NULL && strlen(text) < sizeof text);
        if (sg_ctx_query_list(&x, keys[i], list, sizeof list)) FUZZ_HOLDS(strspn(list, "abcdefghijklmnopqrstuvwxyz-,") == strlen(list));
        if (sg_ctx_query(&x, keys[i], 1, 1000, &v)) FUZZ_HOLDS(v >= 1 && v <= 1000);
        else FUZZ_HOLDS(strstr(rq.query, keys[i]) != NULL);
    }
}

void fuzz_seeds(void (*put)(const void *data, size_t n))
{
    static const char *const texts[] = {"", "limit=50&offset=0&snapshot=77", "format=storelog&seed=0000000000000007", "risks=surname,out-of-hours&size=5", "limit=", "&&limit=1&limit=2", "xlimit=5", "from=2026"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) fuzz_put_text(put, texts[i]);
}
