/* Verifying the whole store: every row's seal, its place, that it is the newest, that none is missing, and the chain over all. */
#include "queue/internal.h"
#include "base/str.h"
#include <string.h>

struct report { struct sg_store *s; struct sg_damage *list; size_t cap, n; size_t rows_bad; int64_t last; uint8_t sum[SG_Q_KEY]; };

static void say(struct report *r, int64_t seq, const char *table, const char *what)
{
    if (r->n < r->cap) {
        struct sg_damage *d = &r->list[r->n];
        memset(d, 0, sizeof *d);
        d->seq = seq;
        SG_COPY(d->table, table);
        SG_COPY(d->what, what);
    }
    r->n++;
}

static void missing(struct report *r, int64_t from, int64_t to)
{
    for (int64_t seq = from; seq <= to; seq++) {
        say(r, seq, "row", "missing-row");
        r->rows_bad++;
    }
}

static enum sg_err check_row(struct report *r, sqlite3_stmt *st)
{
    static const char *const WHAT[] = {
        [SG_Q_INTACT] = "", [SG_Q_BITFLIP] = "bit-flip", [SG_Q_ORDER] = "order", [SG_Q_ROLLED] = "rolled-back"};
    struct sg_qrow row;
    enum sg_q_fault fault = SG_Q_INTACT;
    uint8_t mark[SG_Q_MARK];
    int64_t seq = sqlite3_column_int64(st, 0);
    enum sg_err err = sg_q_row_read(r->s, st, &row, &fault);
    if (err == SG_E_OK)
        sg_qrow_free(&row);
    if (err != SG_E_OK && err != SG_E_CORRUPT)
        return err;
    if (fault != SG_Q_INTACT) {
        say(r, seq, "row", WHAT[fault]);
        r->rows_bad++;
        return SG_E_OK;
    }
    sg_q_mark(mark, sqlite3_column_blob(st, 8), (size_t)sqlite3_column_bytes(st, 8));
    return sg_q_chain_term(r->s, seq, mark, r->sum);
}

static enum sg_err check_rows(struct report *r)
{
    enum sg_err err = SG_E_OK;
    while (err == SG_E_OK) {
        sqlite3_stmt *st = sg_q_bind(r->s, SG_SQL_ROW_NEXT, "ii", r->s->actor_n, r->last);
        int rc = st ? sqlite3_step(st) : sqlite3_errcode(r->s->db);
        if (rc == SQLITE_ROW) {
            int64_t seq = sqlite3_column_int64(st, 0);
            missing(r, r->last + 1, seq - 1);
            r->last = seq;
            err = check_row(r, st);
        } else if ((rc & 0xff) == SQLITE_CORRUPT && r->s->head.known && r->last < r->s->head.count) {
            r->last++;                                   /* a damaged page: this row cannot be read, perhaps the next can */
            say(r, r->last, "row", "bit-flip");
            r->rows_bad++;
        } else {
            sqlite3_reset(st);
            return sg_q_db_err(r->s, rc);
        }
        sqlite3_reset(st);
    }
    return err;
}

static enum sg_err check_buckets(struct report *r)
{
    uint8_t marks[SG_Q_BUCKET * SG_Q_MARK];
    int64_t most = r->s->head.known && r->s->head.count > r->last ? r->s->head.count : r->last;
    for (int64_t k = 0; k * SG_Q_BUCKET < most; k++) {
        enum sg_err err = sg_q_chain_get(r->s, k, marks);
        if (err == SG_E_CORRUPT)
            say(r, k * SG_Q_BUCKET + 1, "bucket", "bit-flip");
        else if (err == SG_E_NOTFOUND)
            say(r, k * SG_Q_BUCKET + 1, "bucket", "missing-row");
        else if (err != SG_E_OK)
            return err;
    }
    return SG_E_OK;
}

static void check_head(struct report *r)
{
    const struct sg_q_head *h = &r->s->head;
    if (!h->known) {
        say(r, 0, "head", "bit-flip");
        return;
    }
    bool rolled = h->rolled || r->s->witness_gen > h->generation || h->count < r->last;
    /* The sum tells nothing more when rows or buckets are already known to be damaged. */
    if (r->n == 0 && memcmp(h->sum, r->sum, SG_Q_KEY) != 0)
        rolled = true;
    if (rolled)
        say(r, 0, "head", "rolled-back");
}

enum sg_err sg_store_check(struct sg_store *s, struct sg_damage *list, size_t cap, size_t *n)
{
    struct report r = {.s = s, .list = list, .cap = cap};
    *n = 0;
    enum sg_err err = sg_q_begin_read(s);     /* one snapshot: others may write meanwhile */
    if (err != SG_E_OK)
        return err;
    err = sg_q_head_load(s);
    if (err == SG_E_OK)
        err = check_rows(&r);
    if (err == SG_E_OK && s->head.known)
        missing(&r, r.last + 1, s->head.count);
    if (err == SG_E_OK)
        err = check_buckets(&r);
    if (err == SG_E_OK)
        check_head(&r);
    *n = r.n;
    return sg_q_end(s, err);
}
