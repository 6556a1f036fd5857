/* A sample of the log for a review. Drawn uniformly from the events about citizens that fit the filter, by a seed: the same seed, filter and
 * size of the log draw the same again, whatever has been written since. A filter that one index narrows to few is listed whole and
 * shuffled; otherwise places are drawn at random and those that do not fit are thrown away. Both look at a bounded number of rows, and
 * the answer says when that was not enough. */
#include "server/event_scan.h"
#include <stdlib.h>
#include <string.h>
#include "base/str.h"
#include "model/event.h"
#include "wire/review.h"

enum { ASK_PRESET = 20, ASK_MAX = 200, WEIGH_MAX = 2000, NEIGHBOURS = 2 * SG_RISK_MANY, HALF_HOUR_MS = 30 * 60 * 1000 };

struct draw {
    struct sg_ctx *x;
    struct sg_event_page page;
    struct sg_scan scan;
    uint32_t risks;                                    /* any of these; 0: whatever */
    struct sg_sampler sampler;
    char seed[17];
    int64_t asked, found, tried;
    bool complete;                                     /* everything that fits was in the drum */
    int64_t *place; size_t n;                          /* candidates, in the order they are to be looked at */
    cJSON *list;
};

/* ---- risk marks ------------------------------------------------------------------------------------------------------------ */

struct near { int64_t at; int n, looked; };

static bool reads_a_citizen(const char *kind) { return sg_starts(kind, "citizen."); }

static enum sg_err neighbour(void *ctx, sqlite3_stmt *row)
{
    struct near *c = ctx;
    int64_t apart = sqlite3_column_int64(row, SG_SC_AT) - c->at;
    const char *kind = (const char *)sqlite3_column_text(row, SG_SC_KIND);
    if (apart >= -HALF_HOUR_MS && apart <= HALF_HOUR_MS && kind && reads_a_citizen(kind)) c->n++;
    return ++c->looked < NEIGHBOURS ? SG_E_OK : SG_E_NOTFOUND;
}

/* Reads by the same person half an hour before and after. */
static enum sg_err within_hour(struct draw *d, const struct sg_event *ev, int *out)
{
    struct sg_event_filter f = {.kind = ""};
    struct near c = {.at = ev->at};
    int64_t next = -1;
    SG_COPY(f.staff, ev->actor);
    struct sg_scan s = {.filter = &f, .region = "", .newest = true, .low = 0, .high = ev->index};
    enum sg_err err = sg_scan_run(&s, &d->x->core->db, NEIGHBOURS, neighbour, &c, &next);
    c.looked = 0;
    s = (struct sg_scan){.filter = &f, .region = "", .low = ev->index + 1, .high = d->scan.high};
    if (err == SG_E_OK) err = sg_scan_run(&s, &d->x->core->db, NEIGHBOURS, neighbour, &c, &next);
    *out = c.n;
    return err;
}

static enum sg_err colleague(struct draw *d, const struct sg_event *ev, const char *name, bool *out)
{
    struct sg_db *db = &d->x->core->db;
    sqlite3_stmt *st = sg_db_query(db, SG_SQL_COLLEAGUE, "ttt", ev->unit, ev->actor, name);
    enum sg_err err = sg_db_step(db, st);
    *out = err == SG_E_OK;
    if (*out) (void)sqlite3_reset(st);
    return err == SG_E_NOTFOUND ? SG_E_OK : err;
}

static enum sg_err weigh(struct draw *d, const struct sg_event *ev, uint32_t *risks)
{
    struct sg_citizen c = {.name = ""};
    struct sg_risk_facts f = {.actor_name = ev->actor_name, .at = ev->performed_at > 0 ? ev->performed_at : ev->at};
    enum sg_err err = ev->subject[0] ? sg_dir_citizen(&d->x->core->db, ev->subject, d->x->now, &c, NULL) : SG_E_NOTFOUND;
    bool there = err == SG_E_OK;
    if (err != SG_E_OK && err != SG_E_NOTFOUND) return err;
    err = SG_E_OK;
    if (there) {
        f.citizen_name = c.name;
        f.is_protected = sg_citizen_protected(&c);
        for (size_t i = 0; i < c.n_relations && f.n_related < SG_RISK_RELATED_MAX; i++) f.related[f.n_related++] = c.relation[i].name;
        err = colleague(d, ev, c.name, &f.colleague);
    }
    f.emergency = sg_activity_named(ev->activity) == SG_ACTIVITY_EMERGENCY;
    if (err == SG_E_OK) err = within_hour(d, ev, &f.within_hour);
    *risks = sg_risks(&f);
    if (there) sg_citizen_free(&c);
    return err;
}

/* ---- candidates ------------------------------------------------------------------------------------------------------------ */

static bool about_a_citizen(sqlite3_stmt *row)
{
    const char *subject = (const char *)sqlite3_column_text(row, SG_SC_SUBJECT);
    return subject && subject[0];
}

static enum sg_err note_place(void *ctx, sqlite3_stmt *row)
{
    struct draw *d = ctx;
    if (about_a_citizen(row)) d->place[d->n++] = sqlite3_column_int64(row, SG_SC_IDX);
    return SG_E_OK;
}

/* All that fit, shuffled. False in *few: too many for that. */
static enum sg_err list_all(struct draw *d, bool *few)
{
    int64_t next = -1;
    enum sg_err err = sg_scan_run(&d->scan, &d->x->core->db, SG_SCAN_MAX, note_place, d, &next);
    *few = err == SG_E_OK && next < 0;
    d->tried = (int64_t)d->n;
    if (*few) sg_sample_shuffle(&d->sampler, d->place, d->n, d->n);
    else d->n = 0;
    return err;
}

static int by_place(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* Places at random, no one twice; whether they fit is seen when they are looked at. */
static enum sg_err draw_places(struct draw *d)
{
    size_t span = (size_t)(d->scan.high - d->scan.low + 1), n = 0;
    for (size_t i = 0; i < SG_SCAN_MAX; i++) d->place[i] = d->scan.low + (int64_t)sg_sample_below(&d->sampler, span);
    int64_t *sorted = malloc(SG_SCAN_MAX * sizeof *sorted);
    bool *used = calloc(SG_SCAN_MAX, sizeof *used);
    if (!sorted || !used) {
        free(sorted);
        free(used);
        return SG_E_NOMEM;
    }
    memcpy(sorted, d->place, SG_SCAN_MAX * sizeof *sorted);
    qsort(sorted, SG_SCAN_MAX, sizeof *sorted, by_place);
    for (size_t i = 0; i < SG_SCAN_MAX; i++) {
        const int64_t *at = bsearch(&d->place[i], sorted, SG_SCAN_MAX, sizeof *sorted, by_place);
        while (at > sorted && at[-1] == *at) at--;
        bool *seen = &used[at - sorted];
        if (!*seen) d->place[n++] = d->place[i];
        *seen = true;
    }
    free(sorted);
    free(used);
    d->n = n;
    return SG_E_OK;
}

static enum sg_err candidates(struct draw *d)
{
    bool few = false;
    d->place = malloc((SG_SCAN_MAX + 1) * sizeof *d->place);
    if (!d->place) return SG_E_NOMEM;
    if (d->scan.low > d->scan.high) {
        d->complete = true;
        return SG_E_OK;
    }
    enum sg_err err = list_all(d, &few);
    d->complete = few;
    return err != SG_E_OK || few ? err : draw_places(d);
}

/* ---- the sample ------------------------------------------------------------------------------------------------------------ */

struct look { struct draw *d; struct sg_event event; bool fits; };

static enum sg_err look_at(void *ctx, sqlite3_stmt *row)
{
    struct look *l = ctx;
    l->fits = about_a_citizen(row) && sg_scan_fits(&l->d->scan, row);
    enum sg_err err = l->fits ? sg_scan_event(&l->d->x->core->db, row, &l->event) : SG_E_OK;
    return err == SG_E_OK ? SG_E_NOTFOUND : err;
}

static enum sg_err add(struct draw *d, const struct sg_event *ev, uint32_t risks)
{
    struct sg_db *db = &d->x->core->db;
    struct sg_review_row r = {.event = *ev, .risks = risks};
    sqlite3_stmt *st = sg_db_query(db, SG_SQL_REVIEW_LAST, "i", ev->index);
    enum sg_err err = sg_db_step(db, st);
    if (err == SG_E_OK) {
        sg_db_text(st, 0, r.mark, sizeof r.mark);
        (void)sqlite3_reset(st);
    }
    if (err != SG_E_OK && err != SG_E_NOTFOUND) return err;
    cJSON *v = sg_wire_review_row(&r);
    if (!v || !cJSON_AddItemToArray(d->list, v)) {
        cJSON_Delete(v);
        return SG_E_NOMEM;
    }
    d->found++;
    return SG_E_OK;
}

static enum sg_err pick(struct draw *d)
{
    static const struct sg_event_filter any = {.kind = ""};
    enum sg_err err = SG_E_OK;
    int64_t weighed = 0;
    for (size_t i = 0; i < d->n && d->found < d->asked && weighed < WEIGH_MAX && err == SG_E_OK; i++) {
        struct look l = {.d = d};
        int64_t next = -1;
        uint32_t risks = 0;
        struct sg_scan one = {.filter = &any, .region = "", .low = d->place[i], .high = d->place[i]};
        err = sg_scan_run(&one, &d->x->core->db, 1, look_at, &l, &next);
        if (!d->complete) d->tried++;
        if (err != SG_E_OK || !l.fits) continue;
        err = weigh(d, &l.event, &risks);
        weighed++;
        if (err == SG_E_OK && (d->risks == 0 || (risks & d->risks))) err = add(d, &l.event, risks);
    }
    d->complete = d->complete && weighed < WEIGH_MAX;
    return err;
}

/* ---- the request ----------------------------------------------------------------------------------------------------------- */

static bool seed_of(struct sg_ctx *x, struct draw *d)
{
    uint8_t raw[8];
    if (!sg_ctx_query_text(x, "seed", d->seed, sizeof d->seed)) {
        if (strstr(x->rq->query, "seed=")) return false;
        sg_random_fill(&x->core->random, raw, sizeof raw);
        sg_hex(d->seed, raw, sizeof raw);
    }
    if (strlen(d->seed) != 16 || !sg_unhex(raw, sizeof raw, d->seed)) return false;
    for (size_t i = 0; i < sizeof raw; i++) d->sampler.state = d->sampler.state << 8 | raw[i];
    return true;
}

static bool read_draw(struct sg_ctx *x, struct draw *d, int64_t *size, const char **where)
{
    char risks[160] = "";
    if (!sg_event_page_read(x->rq->query, &d->page, where)) return false;
    *where = "seed";
    if (!seed_of(x, d)) return false;
    *where = "risk";
    (void)sg_ctx_query_list(x, "risk", risks, sizeof risks);
    if (!sg_risks_parse(risks, &d->risks)) return false;
    *where = "size";
    if (!sg_ctx_query(x, "size", 0, INT64_C(1) << 53, size)) return false;
    *where = "count";
    d->asked = ASK_PRESET;
    return sg_ctx_query(x, "count", 1, ASK_MAX, &d->asked);
}

static void note(struct sg_ctx *x, const struct draw *d, int64_t size)
{
    char args[sizeof x->args];
    sg_scan_note(x, &d->page);
    const char *rest = x->args[0] ? x->args + 1 : "}";
    if (sg_format(args, sizeof args, "{\"seed\":\"%s\",\"size\":%lld,\"count\":%lld%s%s", d->seed, (long long)size, (long long)d->asked,
                  rest[0] == '}' ? "" : ",", rest))
        SG_COPY(x->args, args);
}

static enum sg_err answer(struct draw *d, cJSON *v, int64_t size)
{
    d->list = cJSON_AddArrayToObject(v, "events");
    enum sg_err err = d->list ? candidates(d) : SG_E_NOMEM;
    if (err == SG_E_OK) err = pick(d);
    bool ok = err == SG_E_OK && cJSON_AddStringToObject(v, "seed", d->seed) && cJSON_AddNumberToObject(v, "size", (double)size) &&
              cJSON_AddNumberToObject(v, "asked", (double)d->asked) && cJSON_AddNumberToObject(v, "looked", (double)d->tried) &&
              cJSON_AddBoolToObject(v, "complete", d->complete);
    return err != SG_E_OK ? err : ok ? SG_E_OK : SG_E_NOMEM;
}

/* ?size is the size of the log to draw from: its answer names it, and given again the draw is the same. */
enum sg_err sg_h_sample(struct sg_ctx *x)
{
    struct draw d = {.x = x};
    const char *where = "";
    int64_t size = -1;
    if (!read_draw(x, &d, &size, &where)) return sg_ctx_refuse(x, SG_PROBLEM_INVALID, NULL, where);
    enum sg_err err = sg_scan_init(&d.scan, &x->core->db, &d.page.filter, sg_ctx_log_region(x, SG_PERM_LOG_REVIEW), false);
    if (err != SG_E_OK) return err;
    int64_t now = 0;
    err = sg_db_number(&x->core->db, sg_db_query(&x->core->db, SG_SQL_EVENT_NEXT, ""), &now);
    if (size < 0 || size > now) size = now;
    if (d.scan.high >= size) d.scan.high = size - 1;
    note(x, &d, size);
    if (err == SG_E_OK) err = sg_ctx_note(x, "done");
    cJSON *v = err == SG_E_OK ? cJSON_CreateObject() : NULL;
    if (err == SG_E_OK) err = v ? answer(&d, v, size) : SG_E_NOMEM;
    free(d.place);
    if (err == SG_E_OK) return sg_ctx_json(x, 200, v);
    cJSON_Delete(v);
    return err;
}
