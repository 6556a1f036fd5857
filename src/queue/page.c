/* A page of the queue: no more rows are unsealed than it holds, however long the queue is. Rows before it and the sum are counted by the
 * clear columns. */
#include "queue/internal.h"
#include "base/str.h"
#include <stdlib.h>

struct page { struct sg_store *s; const struct sg_page *want; uint8_t tag[SG_Q_TAG]; bool open, one, stop; int64_t given; };

/* ?2 is a sequence number, or how many to skip. */
static sqlite3_stmt *bind(struct page *p, enum sg_q_sql open_all, enum sg_q_sql open_one, enum sg_q_sql all, enum sg_q_sql one, int64_t n)
{
    enum sg_q_sql id = p->one ? (p->open ? open_one : one) : p->open ? open_all : all;
    if (!p->one)
        return sg_q_bind(p->s, id, "ii", p->s->actor_n, n);
    return sg_q_bind(p->s, id, "iib", p->s->actor_n, n, (const void *)p->tag, sizeof p->tag);
}

/* The number before that of the page's first row; NOTFOUND: there are not so many. */
static enum sg_err first(struct page *p, int64_t *last)
{
    *last = 0;
    if (p->want->skip <= 0)
        return SG_E_OK;
    enum sg_err err = sg_q_int(p->s, bind(p, SG_SQL_SKIP_OPEN, SG_SQL_SKIP_LINE, SG_SQL_SKIP_ALL, SG_SQL_SKIP_SUBJECT, p->want->skip), last);
    *last -= err == SG_E_OK;
    return err;
}

/* One row behind *last. The statement is reset before the row is handed out. */
static enum sg_err step(struct page *p, int64_t *last, struct sg_qrow *row)
{
    sqlite3_stmt *st = bind(p, SG_SQL_ROW_OPEN, SG_SQL_ROW_LINE, SG_SQL_ROW_NEXT, SG_SQL_ROW_SUBJECT, *last);
    int rc = st ? sqlite3_step(st) : sqlite3_errcode(p->s->db);
    if (rc != SQLITE_ROW) {
        sqlite3_reset(st);
        return rc == SQLITE_DONE ? SG_E_NOTFOUND : sg_q_db_err(p->s, rc);
    }
    *last = sqlite3_column_int64(st, 0);
    bool known_bad = sg_q_is_bad(p->s, *last);
    enum sg_err err = known_bad ? SG_E_OK : sg_q_row_read(p->s, st, row, NULL);
    sqlite3_reset(st);
    if (known_bad || err == SG_E_CORRUPT)
        return SG_E_OK;
    if (err == SG_E_OK) {
        p->given++;
        p->stop = !p->want->fn(p->want->ctx, row);
        sg_qrow_free(row);
    }
    return err;
}

static enum sg_err walk(struct page *p, struct sg_qrow *row)
{
    int64_t last;
    enum sg_err err = first(p, &last);
    while (err == SG_E_OK && !p->stop && p->given < p->want->limit)
        err = step(p, &last, row);
    return err == SG_E_NOTFOUND ? SG_E_OK : err;
}

/* ---- a file with damaged pages is read row by row ---- */

struct slow { struct page *p; int64_t seen, skip; };

static bool take_slow(void *ctx, const struct sg_qrow *row)
{
    struct slow *w = ctx;
    const struct sg_page *want = w->p->want;
    if (w->p->one && !sg_eq(want->subject, row->action.subject))
        return true;
    int64_t at = w->seen++;
    if (at >= w->skip && w->p->given < want->limit && !w->p->stop) {
        w->p->given++;
        w->p->stop = !want->fn(want->ctx, row);
    }
    return true;
}

static enum sg_err slowly(struct page *p, int64_t *total)
{
    struct slow w = {.p = p, .skip = (p->want->skip > 0 ? p->want->skip : 0) + p->given};       /* what was given before the damage */
    enum sg_err err = sg_store_each(p->s, p->open, take_slow, &w, NULL);
    *total = w.seen;
    return err;
}

static enum sg_err fast(struct page *p, struct sg_qrow *row, int64_t *total)
{
    enum sg_err err = p->one ? sg_q_tag(p->s, "subject", p->want->subject, p->tag) : SG_E_OK;
    if (err == SG_E_OK)
        err = sg_q_int(p->s, bind(p, SG_SQL_SUM_OPEN, SG_SQL_SUM_LINE, SG_SQL_SUM_ALL, SG_SQL_SUM_SUBJECT, 0), total);
    if (err != SG_E_OK)
        return err;
    size_t bad = p->s->n_bad;
    err = walk(p, row);
    *total -= (int64_t)(p->s->n_bad - bad);              /* found damaged only now */
    return err;
}

enum sg_err sg_store_page(struct sg_store *s, const struct sg_page *want, int64_t *total)
{
    struct page p = {.s = s, .want = want, .open = want->waiting_only, .one = want->subject && want->subject[0]};
    struct sg_qrow *row = calloc(1, sizeof *row);
    *total = 0;
    if (!row)
        return SG_E_NOMEM;
    enum sg_err err = fast(&p, row, total);
    free(row);
    return err == SG_E_CORRUPT ? slowly(&p, total) : err;
}
