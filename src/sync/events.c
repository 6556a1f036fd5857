/* Reading the log: pages, the timeline, samples, exports. Each is one request and one answer; nothing of it is kept here, so that what is
 * shown is always what the service has, and however long the log is the client holds one page of it. */
#include "sync/inside.h"
#include "base/str.h"
#include <stdlib.h>
#include <string.h>

enum { EVENTS_MAX = 1000, HOLD_S = 25 };

/* ---- the request ---- */

static bool add(struct sg_http_request *rq, const char *name, const char *value)
{
    size_t n = strlen(rq->query);
    return sg_format(rq->query + n, sizeof rq->query - n, "%s%s=%s", n ? "&" : "", name, value);
}

static bool add_number(struct sg_http_request *rq, const char *name, int64_t v)
{
    char text[24];
    sg_format(text, sizeof text, "%lld", (long long)v);
    return add(rq, name, text);
}

static enum sg_endpoint where(const struct sg_ask *a)
{
    switch (a->kind) {
    case SG_ASK_DENSITY: return SG_EP_EVENTS_DENSITY;
    case SG_ASK_SAMPLE: return SG_EP_EVENTS_SAMPLE;
    case SG_ASK_EXPORT: return SG_EP_EVENTS_EXPORT;
    case SG_ASK_EXTRACT: return SG_EP_EXTRACT;
    default: return a->key[0] ? SG_EP_CITIZEN_EVENTS : SG_EP_EVENTS;
    }
}

static bool by_offset(const struct sg_ask *a, struct sg_http_request *rq)
{
    return add_number(rq, "limit", a->limit > 0 && a->limit <= EVENTS_MAX ? a->limit : 100) && add_number(rq, "offset", a->offset > 0 ? a->offset : 0);
}

static bool sample(const struct sg_ask *a, struct sg_http_request *rq)
{
    return add_number(rq, "count", a->limit > 0 ? a->limit : 20) && (!a->text[0] || add(rq, "seed", a->text)) && (a->ref <= 0 || add_number(rq, "size", a->ref)) &&
           (!a->note[0] || add(rq, "risk", a->note));
}

/* What stands beside the page. */
static bool more(const struct sg_ask *a, struct sg_http_request *rq)
{
    switch (a->kind) {
    case SG_ASK_DENSITY: return a->limit <= 0 || add_number(rq, "buckets", a->limit < SG_DENSITY_MAX ? a->limit : SG_DENSITY_MAX);
    case SG_ASK_SAMPLE: return sample(a, rq);
    case SG_ASK_EXPORT: return !a->text[0] || add(rq, "format", a->text);
    case SG_ASK_EVENTS: return !a->hold || add_number(rq, "wait", HOLD_S);
    default: return true;
    }
}

bool sg_eng_events_request(struct sg_engine *g, struct sg_pend *p, struct sg_http_request *rq)
{
    const struct sg_ask *a = &p->a;
    bool frame = a->kind == SG_ASK_DENSITY || a->kind == SG_ASK_SAMPLE;
    struct sg_event_page page = a->page;
    if (frame)
        page.order = SG_EVENTS_OFFSET;                      /* a filter and no place */
    sg_endpoint_request(rq, where(a), a->key[0] ? a->key : NULL);
    bool ok = a->kind == SG_ASK_EVENTS && page.order == SG_EVENTS_OFFSET ? by_offset(a, rq) : sg_event_page_write(&page, rq->query, sizeof rq->query);
    if (ok && more(a, rq))
        return true;
    sg_eng_failed(g, a->id, SG_E_LIMIT, "", "the filter is too long");
    return false;
}

/* ---- the answers ---- */

static struct sg_tell *told(struct sg_engine *g, const struct sg_pend *p, enum sg_tell_kind kind)
{
    struct sg_tell *t = sg_eng_tell(p->a.id, kind, false);
    if (!t)
        return NULL;
    t->as_of = sg_eng_now(g);
    t->go_on = t->size = -1;
    SG_COPY(t->id, p->a.key);
    return t;
}

typedef bool fill_fn(const cJSON *v, struct sg_tell *t);

static struct sg_tell *read_into(struct sg_engine *g, struct sg_pend *p, const struct sg_http_reply *r, enum sg_tell_kind kind, fill_fn *fill)
{
    struct sg_tell *t = told(g, p, kind);
    cJSON *v = NULL;
    bool ok = t && sg_eng_body(r, &v) == SG_E_OK && fill(v, t);
    cJSON_Delete(v);
    if (ok)
        return t;
    if (t)
        sg_tell_free(t);
    return NULL;
}

/* Room for the elements of v's list "events"; *n is how many there are. */
static void *room(const cJSON *v, size_t size, int *n)
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(v, "events");
    *n = cJSON_GetArraySize(list);
    return cJSON_IsArray(list) && *n <= EVENTS_MAX ? calloc((size_t)*n + 1, size) : NULL;
}

static bool fill_events(const cJSON *v, struct sg_tell *t)
{
    const cJSON *one;
    int n = 0;
    t->events = room(v, sizeof *t->events, &n);
    if (!t->events || sg_json_int(v, "total", false, 0, INT64_C(1) << 53, &t->total, NULL) != SG_E_OK ||
        sg_json_int(v, "next", false, 0, INT64_C(1) << 53, &t->go_on, NULL) != SG_E_OK || sg_json_int(v, "size", false, 0, INT64_C(1) << 53, &t->size, NULL) != SG_E_OK)
        return false;
    cJSON_ArrayForEach(one, cJSON_GetObjectItemCaseSensitive(v, "events")) {
        if (sg_wire_event_read(one, &t->events[t->n_events], NULL) != SG_E_OK)
            return false;
        t->n_events++;
    }
    return true;
}

struct sg_tell *sg_eng_events_fresh(struct sg_engine *g, struct sg_pend *p, const struct sg_http_reply *r)
{
    struct sg_tell *t = read_into(g, p, r, SG_TELL_EVENTS, fill_events);
    if (t && (t->size >= 0 || !p->a.key[0]))
        g->events = t->size >= 0 ? t->size : t->total;
    return t;
}

static bool numbers(const cJSON *v, const char *key, int64_t *dst, int *n)
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(v, key), *one;
    *n = 0;
    cJSON_ArrayForEach(one, list) {
        if (!cJSON_IsNumber(one) || *n >= SG_DENSITY_MAX)
            return false;
        dst[(*n)++] = (int64_t)one->valuedouble;
    }
    return cJSON_IsArray(list);
}

static bool fill_density(const cJSON *v, struct sg_tell *t)
{
    char from[SG_RFC3339_MAX];
    int64_t guess[SG_DENSITY_MAX];
    int refused = 0, guessed = 0;
    struct sg_density *d = t->density = calloc(1, sizeof *d);
    bool ok = d && sg_json_str(v, "from", true, from, sizeof from, NULL) == SG_E_OK && sg_rfc3339_parse(from, &d->from) &&
              sg_json_int(v, "widthMs", true, 1, INT64_C(1) << 53, &d->width, NULL) == SG_E_OK && numbers(v, "count", d->count, &d->n) &&
              numbers(v, "refused", d->refused, &refused) && refused == d->n && numbers(v, "estimates", guess, &guessed);
    for (int i = 0; ok && i < guessed; i++)
        if (guess[i] >= 0 && guess[i] < d->n)
            d->estimate[guess[i]] = true;
    return ok;
}

struct sg_tell *sg_eng_density_fresh(struct sg_engine *g, struct sg_pend *p, const struct sg_http_reply *r)
{
    return read_into(g, p, r, SG_TELL_DENSITY, fill_density);
}

static bool fill_sample(const cJSON *v, struct sg_tell *t)
{
    const cJSON *one;
    int n = 0;
    t->sample = room(v, sizeof *t->sample, &n);
    if (!t->sample || sg_json_str(v, "seed", true, t->seed, sizeof t->seed, NULL) != SG_E_OK ||
        sg_json_int(v, "size", true, 0, INT64_C(1) << 53, &t->size, NULL) != SG_E_OK || sg_json_bool(v, "complete", true, &t->complete, NULL) != SG_E_OK)
        return false;
    cJSON_ArrayForEach(one, cJSON_GetObjectItemCaseSensitive(v, "events")) {
        if (sg_wire_review_row_read(one, &t->sample[t->n_sample], NULL) != SG_E_OK)
            return false;
        t->n_sample++;
    }
    return true;
}

struct sg_tell *sg_eng_sample_fresh(struct sg_engine *g, struct sg_pend *p, const struct sg_http_reply *r)
{
    return read_into(g, p, r, SG_TELL_SAMPLE, fill_sample);
}

static bool fill_export(const cJSON *v, struct sg_tell *t)
{
    const cJSON *one, *citizen = cJSON_GetObjectItemCaseSensitive(v, "citizen");
    int n = 0;
    t->rows = room(v, sizeof *t->rows, &n);
    if (!t->rows || sg_json_int(v, "next", false, 0, INT64_C(1) << 53, &t->go_on, NULL) != SG_E_OK)
        return false;
    if (citizen && (sg_json_str(citizen, "personalIdentityNumber", true, t->number, sizeof t->number, NULL) != SG_E_OK ||
                    sg_json_str(citizen, "name", false, t->name, sizeof t->name, NULL) != SG_E_OK))
        return false;
    cJSON_ArrayForEach(one, cJSON_GetObjectItemCaseSensitive(v, "events")) {
        if (sg_wire_export_row_read(one, &t->rows[t->n_rows], NULL) != SG_E_OK)
            return false;
        t->n_rows++;
    }
    return true;
}

struct sg_tell *sg_eng_export_fresh(struct sg_engine *g, struct sg_pend *p, const struct sg_http_reply *r)
{
    return read_into(g, p, r, SG_TELL_EXPORT, fill_export);
}
