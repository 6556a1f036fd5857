/* Query strings of the event log: a page that is read is written and read as the same page. */
#include "tests/fuzz/fuzz.h"
#include "base/str.h"
#include "wire/query.h"

static bool same(const struct sg_event_page *a, const struct sg_event_page *b)
{
    const struct sg_event_filter *f = &a->filter, *g = &b->filter;
    return sg_eq(f->citizen, g->citizen) && sg_eq(f->staff, g->staff) && sg_eq(f->unit, g->unit) && sg_eq(f->kind, g->kind) && sg_eq(f->outcome, g->outcome) &&
           sg_eq(f->purpose, g->purpose) && f->from == g->from && f->to == g->to && a->order == b->order && a->cursor == b->cursor && a->limit == b->limit;
}

void fuzz_run(const uint8_t *data, size_t n)
{
    char *query = fuzz_text(data, n), written[2048] = "";
    struct sg_event_page p, again;
    const char *where = NULL;
    if (!sg_event_page_read(query, &p, &where)) {
        FUZZ_HOLDS(where && where[0]);
    } else if (sg_event_page_write(&p, written, sizeof written)) {
        FUZZ_HOLDS(sg_event_page_read(written, &again, &where));
        if (p.order == SG_EVENTS_OFFSET) again.cursor = p.cursor;        /* not written: there the offset counts */
        FUZZ_HOLDS(same(&p, &again));
    }
    free(query);
}

void fuzz_seeds(void (*put)(const void *data, size_t n))
{
    static const char *const texts[] = {"", "limit=50", "citizen=01a21b25&staff=SE2321000016-1001&unit=SE2&kind=login.*&outcome=done", "purpose=V%C3%A5rd%20och%20behandling",
        "from=2026-03-02T14%3A00%3A00.000Z&to=2026-03-03T00:00:00Z", "order=newest&limit=1000", "before=123", "after=0&limit=1", "order=oldest", "offset=3&snapshot=9"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) fuzz_put_text(put, texts[i]);
}
