/* What is asked for is looked up in indexes, each of which is in the order of the log. One condition: a statement walks along its index.
 * Several: the indexes leap over each other, each to the first place at or beyond where the last one stopped, and only where all of them
 * agree a row is read; so what matches rarely costs what its rarest condition costs. What no index knows (a group of kinds, what was done)
 * is decided row by row, the payload being read only for rows that are wanted. A page costs a bounded number of steps however long the log
 * is: when the ceiling is reached, the answer says from where to go on. */
#include "server/event_scan.h"
#include <string.h>
#include "base/str.h"
#include "model/purpose.h"

enum { MARGIN_MS = 10 * 60 * 1000 };

/* The place that one of the two searches by time finds; absent: none. */
static enum sg_err place(struct sg_db *db, enum sg_sql sql, int64_t at, int64_t none, int64_t *out)
{
    enum sg_err err = sg_db_number(db, sg_db_query(db, sql, "i", at), out);
    if (err != SG_E_NOTFOUND) return err;
    *out = none;
    return SG_E_OK;
}

enum sg_err sg_scan_init(struct sg_scan *s, struct sg_db *db, const struct sg_event_filter *f, const char *region, bool newest)
{
    int64_t size = 0;
    *s = (struct sg_scan){.filter = f, .region = region, .newest = newest};
    enum sg_err err = sg_db_number(db, sg_db_query(db, SG_SQL_EVENT_NEXT, ""), &size);
    s->high = size - 1;
    if (err == SG_E_OK && f->from != 0) err = place(db, SG_SQL_EVENT_SINCE, f->from - MARGIN_MS, size, &s->low);
    if (err == SG_E_OK && f->to != 0) err = place(db, SG_SQL_EVENT_BEFORE, f->to + MARGIN_MS, -1, &s->high);
    return err;
}

enum { PURPOSES_MAX = 16, WAYS_MAX = 7 };
/* One condition that an index knows: any of n keys. */
struct way { enum sg_sql walk_down, walk_up, below, above; char key[PURPOSES_MAX][SG_ID_MAX]; size_t n; };

/* Purposes are written as a code or in Swedish, and both are meant. */
static enum sg_err purposes(struct sg_db *db, const char *want, struct way *w, bool *fit)
{
    char one[SG_ID_MAX];
    enum sg_purpose p = sg_purpose_named(want);
    sqlite3_stmt *st = sg_db_query(db, SG_SQL_PURPOSES, "");
    enum sg_err err;
    for (*fit = true; (err = sg_db_step(db, st)) == SG_E_OK;) {
        sg_db_text(st, 0, one, sizeof one);
        if (!sg_eq(one, want) && (p >= SG_PURPOSE_COUNT || sg_purpose_named(one) != p)) continue;
        *fit = w->n < PURPOSES_MAX && SG_COPY(w->key[w->n], one);
        if (!*fit) break;
        w->n++;
    }
    if (st) (void)sqlite3_reset(st);
    return err == SG_E_NOTFOUND || err == SG_E_OK ? SG_E_OK : err;
}

/* The ways, the most telling first. */
static enum sg_err find_ways(const struct sg_scan *s, struct sg_db *db, struct way w[WAYS_MAX], size_t *n)
{
    const struct sg_event_filter *f = s->filter;
    size_t len = strlen(f->kind);
    bool one_kind = len > 0 && f->kind[len - 1] != '*', refused = f->outcome[0] && !sg_eq(f->outcome, "done"), fit = true;
#define W(key, id) {key, SG_SQL_DOWN_##id, SG_SQL_UP_##id, SG_SQL_BELOW_##id, SG_SQL_ABOVE_##id}
    const struct { const char *key; enum sg_sql walk_down, walk_up, below, above; } all[] = {
        W(f->citizen, SUBJECT), W(f->staff, ACTOR), W(f->unit, UNIT), W(refused ? f->outcome : "", REFUSED), W(one_kind ? f->kind : "", KIND), W(s->region, REGION)};
#undef W
    *n = 0;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        struct way *to = &w[*n];
        to->n = 1;
        to->walk_down = all[i].walk_down;
        to->walk_up = all[i].walk_up;
        to->below = all[i].below;
        to->above = all[i].above;
        *n += all[i].key[0] && SG_COPY(to->key[0], all[i].key);
    }
    if (!f->purpose[0]) return SG_E_OK;
    w[*n] = (struct way){.walk_down = SG_SQL_DOWN_PURPOSE, .walk_up = SG_SQL_UP_PURPOSE, .below = SG_SQL_BELOW_PURPOSE, .above = SG_SQL_ABOVE_PURPOSE};
    enum sg_err err = purposes(db, f->purpose, &w[*n], &fit);
    *n += fit;
    return err;
}

static bool is(sqlite3_stmt *row, int column, const char *want)
{
    return !want[0] || sg_eq((const char *)sqlite3_column_text(row, column), want);
}

static bool purpose_is(sqlite3_stmt *row, const char *want)
{
    const char *has = (const char *)sqlite3_column_text(row, SG_SC_PURPOSE);
    enum sg_purpose p = sg_purpose_named(want);
    return !want[0] || sg_eq(has, want) || (has && p < SG_PURPOSE_COUNT && sg_purpose_named(has) == p);
}

bool sg_scan_fits(const struct sg_scan *s, sqlite3_stmt *row)
{
    const struct sg_event_filter *f = s->filter;
    int64_t at = sqlite3_column_int64(row, SG_SC_AT);
    if ((f->from != 0 && at < f->from) || (f->to != 0 && at >= f->to)) return false;
    if (!is(row, SG_SC_REGION, s->region) || !is(row, SG_SC_SUBJECT, f->citizen) || !is(row, SG_SC_ACTOR, f->staff) || !is(row, SG_SC_UNIT, f->unit))
        return false;
    const char *kind = (const char *)sqlite3_column_text(row, SG_SC_KIND);
    return is(row, SG_SC_OUTCOME, f->outcome) && purpose_is(row, f->purpose) && kind && sg_event_kind_fits(f->kind, kind);
}

/* Looks at the rows that st gives, one after the other. */
static enum sg_err walk(const struct sg_scan *s, struct sg_db *db, sqlite3_stmt *st, int64_t budget, sg_scan_fn *fn, void *ctx, int64_t *next)
{
    enum sg_err err = sg_db_step(db, st);
    for (int64_t seen = 0; err == SG_E_OK;) {
        int64_t here = sqlite3_column_int64(st, SG_SC_IDX);
        if (sg_scan_fits(s, st)) err = fn(ctx, st);
        if (err != SG_E_OK || ++seen >= budget) {
            (void)sqlite3_reset(st);
            *next = here;
            return err == SG_E_NOTFOUND ? SG_E_OK : err;
        }
        err = sg_db_step(db, st);
    }
    return err == SG_E_NOTFOUND ? SG_E_OK : err;
}

/* The first place of a way at `from` or beyond; NOTFOUND: none. */
static enum sg_err seek(const struct sg_scan *s, struct sg_db *db, const struct way *w, int64_t from, int64_t *out)
{
    enum sg_err any = SG_E_NOTFOUND;
    for (size_t i = 0; i < w->n; i++) {
        int64_t at = 0;
        enum sg_err err = sg_db_number(db, sg_db_query(db, s->newest ? w->below : w->above, "ti", w->key[i], from), &at);
        if (err != SG_E_OK && err != SG_E_NOTFOUND) return err;
        if (err == SG_E_OK && (any == SG_E_NOTFOUND || (s->newest ? at > *out : at < *out))) *out = at;
        if (err == SG_E_OK) any = SG_E_OK;
    }
    return any;
}

static enum sg_err leap(const struct sg_scan *s, struct sg_db *db, const struct way *w, size_t n, int64_t budget, sg_scan_fn *fn, void *ctx, int64_t *next)
{
    const int64_t step = s->newest ? -1 : 1;
    int64_t here = s->newest ? s->high : s->low, at = here, ignored = -1;
    enum sg_err err = SG_E_OK;
    for (size_t i = 0, agreed = 0; here >= s->low && here <= s->high; i = (i + 1) % n) {
        if (--budget < 0) {
            *next = here - step;
            return SG_E_OK;
        }
        err = seek(s, db, &w[i], here, &at);
        if (err != SG_E_OK) return err == SG_E_NOTFOUND ? SG_E_OK : err;
        agreed = at == here ? agreed + 1 : 1;
        here = at;
        if (agreed < n || here < s->low || here > s->high) continue;
        *next = -1;
        err = walk(s, db, sg_db_query(db, SG_SQL_UP_ALL, "tii", "", here, here), 2, fn, ctx, &ignored);
        if (err != SG_E_OK || ignored >= 0) {
            *next = here;                                             /* whoever reads has enough */
            return err;
        }
        here += step;
        agreed = 0;
    }
    return SG_E_OK;
}

enum sg_err sg_scan_run(const struct sg_scan *s, struct sg_db *db, int64_t budget, sg_scan_fn *fn, void *ctx, int64_t *next)
{
    struct way w[WAYS_MAX];
    size_t n = 0;
    *next = -1;
    if (s->low > s->high) return SG_E_OK;
    enum sg_err err = find_ways(s, db, w, &n);
    if (err != SG_E_OK) return err;
    if (n > 1 || (n == 1 && w[0].n != 1)) return leap(s, db, w, n, budget, fn, ctx, next);
    enum sg_sql all = s->newest ? SG_SQL_DOWN_ALL : SG_SQL_UP_ALL;
    return walk(s, db, sg_db_query(db, n == 0 ? all : s->newest ? w[0].walk_down : w[0].walk_up, "tii", n == 0 ? "" : w[0].key[0], s->low, s->high), budget, fn, ctx, next);
}

static enum sg_err erased(struct sg_db *db, sqlite3_stmt *row, struct sg_event *out)
{
    memset(out, 0, sizeof *out);
    sg_db_text(row, SG_SC_ID, out->id, sizeof out->id);
    sg_db_text(row, SG_SC_KIND, out->kind, sizeof out->kind);
    sg_db_text(row, SG_SC_OUTCOME, out->outcome, sizeof out->outcome);
    sg_db_text(row, SG_SC_REGION, out->region, sizeof out->region);
    sg_db_text(row, SG_SC_PROVIDER, out->provider, sizeof out->provider);
    out->at = sqlite3_column_int64(row, SG_SC_AT);
    sqlite3_stmt *st = sg_db_query(db, SG_SQL_LOG_OF, "i", (int64_t)sqlite3_column_int64(row, SG_SC_TREE));
    enum sg_err err = sg_db_step(db, st);
    if (err != SG_E_OK) return err == SG_E_NOTFOUND ? SG_E_CORRUPT : err;
    sg_db_text(st, 0, out->log, sizeof out->log);
    (void)sqlite3_reset(st);
    return SG_E_OK;
}

enum sg_err sg_scan_event(struct sg_db *db, sqlite3_stmt *row, struct sg_event *out)
{
    bool gone = sqlite3_column_type(row, SG_SC_PAYLOAD) == SQLITE_NULL;
    enum sg_err err = gone ? erased(db, row, out)
                           : sg_payload_decode(sqlite3_column_blob(row, SG_SC_PAYLOAD), (size_t)sqlite3_column_bytes(row, SG_SC_PAYLOAD), out);
    out->index = sqlite3_column_int64(row, SG_SC_IDX);
    out->leaf_index = sqlite3_column_int64(row, SG_SC_LEAF_INDEX);
    return err;
}

struct found { struct sg_db *db; struct sg_event *out; bool any; };
static enum sg_err found(void *ctx, sqlite3_stmt *row)
{
    struct found *f = ctx;
    enum sg_err err = sg_scan_event(f->db, row, f->out);
    f->any = err == SG_E_OK;
    return f->any ? SG_E_NOTFOUND : err;
}

enum sg_err sg_event_by_id(struct sg_db *db, const char *id, struct sg_event *out)
{
    static const struct sg_event_filter any = {.kind = ""};
    int64_t at = 0, next = -1;
    struct found f = {.db = db, .out = out};
    enum sg_err err = sg_db_number(db, sg_db_query(db, SG_SQL_EVENT_BY_ID, "t", id), &at);
    struct sg_scan one = {.filter = &any, .region = "", .low = at, .high = at};
    if (err == SG_E_OK) err = sg_scan_run(&one, db, 1, found, &f, &next);
    return err == SG_E_OK && !f.any ? SG_E_CORRUPT : err;
}

void sg_scan_note(struct sg_ctx *x, const struct sg_event_page *p)
{
    char query[sizeof x->args - 16] = "";
    if (sg_uuid_valid(p->filter.citizen)) SG_COPY(x->subject, p->filter.citizen);      /* anything else might be a number */
    struct sg_event_page shown = *p;
    if (!sg_uuid_valid(p->filter.citizen)) shown.filter.citizen[0] = '\0';
    if (sg_event_page_write(&shown, query, sizeof query) && query[0]) (void)sg_format(x->args, sizeof x->args, "{\"query\":\"%s\"}", query);
}
