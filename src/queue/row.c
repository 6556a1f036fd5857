/* Rows: from columns to struct sg_qrow and back. Each read verifies three things: the seal over content and clear columns, that the
 * blob belongs to this sequence number, and that it is the newest seal of the row (chain). What fails is noted as bad for the life of
 * the store: bad rows are skipped and neither go nor hold others back. */
#include "queue/internal.h"
#include "base/mutant.h"
#include "base/str.h"
#include <stdlib.h>
#include <string.h>

enum { C_SEQ, C_ID, C_STATE, C_FRESH, C_SUBJECT, C_COMMISSION, C_NEXT, C_CREATED, C_SEALED };
enum { CLEAR_BYTES = 2 + 8 + 8 + SG_UUID_MAX + 2 * SG_Q_TAG, BAD_MOST = 16 << 20 };

/* The clear columns of a row, flattened as associated data. */
struct clear {
    int64_t seq, next_try, created_at;
    int state, fresh;
    char id[SG_UUID_MAX];
    uint8_t subject[SG_Q_TAG], commission[SG_Q_TAG];
};

static void flatten(uint8_t dst[CLEAR_BYTES], const struct clear *c)
{
    dst[0] = (uint8_t)c->state;
    dst[1] = (uint8_t)c->fresh;
    sg_q_be64(dst + 2, c->next_try);
    sg_q_be64(dst + 10, c->created_at);
    memcpy(dst + 18, c->id, SG_UUID_MAX);
    memcpy(dst + 18 + SG_UUID_MAX, c->subject, SG_Q_TAG);
    memcpy(dst + 18 + SG_UUID_MAX + SG_Q_TAG, c->commission, SG_Q_TAG);
}

static struct sg_q_ad row_ad(const struct sg_store *s, int64_t seq, const uint8_t flat[CLEAR_BYTES])
{
    return (struct sg_q_ad){.table = "row", .device = s->device, .actor = s->actor, .index = seq, .extra = flat, .n_extra = CLEAR_BYTES};
}

enum sg_err sg_q_tag(struct sg_store *s, const char *label, const char *text, uint8_t tag[SG_Q_TAG])
{
    uint8_t h[SG_Q_KEY];
    enum sg_err err = sg_q_hmac(sg_q_key(s, SG_USE_TAG), label, text, strlen(text), h);
    memcpy(tag, h, SG_Q_TAG);
    return err;
}

void sg_q_note_bad(struct sg_store *s, int64_t seq)
{
    if (seq < 1 || seq / 8 >= BAD_MOST || sg_q_is_bad(s, seq))
        return;
    size_t at = (size_t)seq / 8;
    if (at >= s->bad_cap) {
        size_t cap = (at + 1) * 2 + 64;
        uint8_t *p = realloc(s->bad, cap);
        if (!p)
            return;
        memset(p + s->bad_cap, 0, cap - s->bad_cap);
        s->bad = p;
        s->bad_cap = cap;
    }
    s->bad[at] |= (uint8_t)(1u << (seq % 8));
    s->n_bad++;
}

bool sg_q_is_bad(const struct sg_store *s, int64_t seq)
{
    return seq >= 1 && (size_t)seq / 8 < s->bad_cap && (s->bad[(size_t)seq / 8] >> (seq % 8) & 1);
}

static bool tag_column(sqlite3_stmt *st, int col, uint8_t dst[SG_Q_TAG])
{
    const void *p = sqlite3_column_blob(st, col);
    if (!p || sqlite3_column_bytes(st, col) != SG_Q_TAG)
        return false;
    memcpy(dst, p, SG_Q_TAG);
    return true;
}

static bool clear_read(sqlite3_stmt *st, struct clear *c)
{
    memset(c, 0, sizeof *c);
    c->seq = sqlite3_column_int64(st, C_SEQ);
    c->state = sqlite3_column_int(st, C_STATE);
    c->fresh = sqlite3_column_int(st, C_FRESH);
    c->next_try = sqlite3_column_int64(st, C_NEXT);
    c->created_at = sqlite3_column_int64(st, C_CREATED);
    return c->state >= 0 && c->state < SG_Q_COUNT && (c->fresh & ~3) == 0 && SG_COPY(c->id, (const char *)sqlite3_column_text(st, C_ID))
        && tag_column(st, C_SUBJECT, c->subject) && tag_column(st, C_COMMISSION, c->commission);
}

static enum sg_err open_row(struct sg_store *s, sqlite3_stmt *st, const struct clear *c, struct sg_q_blob *plain, enum sg_q_fault *fault)
{
    uint8_t flat[CLEAR_BYTES], mark[SG_Q_MARK];
    flatten(flat, c);
    struct sg_q_ad ad = row_ad(s, c->seq, flat);
    const void *sealed = sqlite3_column_blob(st, C_SEALED);
    size_t n = (size_t)sqlite3_column_bytes(st, C_SEALED);
    int64_t says = c->seq;
    enum sg_err err = sealed ? sg_q_unseal(sg_q_key(s, SG_USE_ROW), &ad, sealed, n, &says, plain) : sg_q_column_err(s);
    if (err != SG_E_OK && err != SG_E_CORRUPT)
        return err;
    *fault = err == SG_E_OK ? SG_Q_INTACT : SG_Q_BITFLIP;
    if (says != c->seq)
        *fault = SG_Q_ORDER;
    sg_q_mark(mark, sealed, n);
    if (*fault == SG_Q_INTACT && (err = sg_q_chain_test(s, c->seq, mark, fault)) != SG_E_OK)
        return err;
    return *fault == SG_Q_INTACT ? SG_E_OK : SG_E_CORRUPT;
}

static void from_clear(struct sg_qrow *r, const struct clear *c, const char *device)
{
    r->seq = c->seq;
    r->state = (enum sg_qstate)c->state;
    r->fresh_needed = c->fresh & 1;
    r->again = c->fresh & 2;
    r->next_try = c->next_try;
    r->created_at = c->created_at;
    SG_COPY(r->action.id, c->id);
    SG_COPY(r->action.device, device);
    r->action.seq = c->seq;
}

enum sg_err sg_q_row_read(struct sg_store *s, sqlite3_stmt *st, struct sg_qrow *out, enum sg_q_fault *fault)
{
    struct clear c;
    struct sg_q_blob plain = {0};
    enum sg_q_fault f = SG_Q_BITFLIP;
    enum sg_err err = clear_read(st, &c) ? open_row(s, st, &c, &plain, &f) : sg_q_column_err(s);
    if (err == SG_E_OK && out) {
        memset(out, 0, sizeof *out);
        err = sg_q_decode((const char *)plain.p, plain.n, out);
        if (err == SG_E_OK)
            from_clear(out, &c, s->device);
        else
            f = SG_Q_BITFLIP;
    }
    sg_q_blob_free(&plain);
    if (err == SG_E_CORRUPT)
        sg_q_note_bad(s, c.seq);
    else if (err == SG_E_OK && sg_q_is_bad(s, c.seq)) {
        s->bad[(size_t)c.seq / 8] &= (uint8_t)~(1u << (c.seq % 8));      /* somebody has put it right */
        s->n_bad--;
    }
    if (fault)
        *fault = err == SG_E_CORRUPT ? f : SG_Q_INTACT;
    return err;
}

enum sg_err sg_q_row_load(struct sg_store *s, sqlite3_stmt *st, struct sg_qrow *out)
{
    int rc = st ? sqlite3_step(st) : sqlite3_errcode(s->db);
    enum sg_err err = SG_E_NOTFOUND;
    if (rc == SQLITE_ROW)
        err = sg_q_row_read(s, st, out, NULL);
    else if (rc != SQLITE_DONE)
        err = sg_q_db_err(s, rc);
    sqlite3_reset(st);
    return err == SG_E_OK && rc != SQLITE_ROW ? SG_E_INTERNAL : err;
}

/* A row that could not be read back must not be written: the caller hears it now, not after the promise. */
static enum sg_err reads_back(const struct sg_buf *json)
{
    struct sg_qrow *r = calloc(1, sizeof *r);
    if (!r)
        return SG_E_NOMEM;
    enum sg_err err = json->data ? sg_q_decode(json->data, json->len, r) : SG_E_INTERNAL;
    sg_qrow_free(r);
    free(r);
    return err == SG_E_CORRUPT ? SG_E_INPUT : err;
}

/* Fills the clear columns and the sealed blob of r. */
static enum sg_err seal_row(struct sg_store *s, const struct sg_qrow *r, struct clear *c, struct sg_q_blob *out)
{
    memset(c, 0, sizeof *c);
    *out = (struct sg_q_blob){0};
    c->seq = r->seq;
    c->state = (int)r->state;
    c->fresh = (r->fresh_needed ? 1 : 0) | (r->again ? 2 : 0);
    c->next_try = r->next_try;
    c->created_at = r->created_at;
    SG_COPY(c->id, r->action.id);
    enum sg_err err = sg_q_tag(s, "subject", r->action.subject, c->subject);
    if (err == SG_E_OK)
        err = sg_q_tag(s, "commission", r->commission, c->commission);
    struct sg_buf json;
    sg_buf_init(&json, SG_JSON_REPLY.bytes);
    if (err == SG_E_OK)
        err = sg_q_encode(r, &json);
    if (err == SG_E_OK)
        err = reads_back(&json);
    uint8_t flat[CLEAR_BYTES];
    flatten(flat, c);
    struct sg_q_ad ad = row_ad(s, r->seq, flat);
    if (err == SG_E_OK)
        err = sg_q_seal(sg_q_key(s, SG_USE_ROW), &s->random, &ad, json.data, json.len, out);
    sg_buf_free(&json);
    return err;
}

static enum sg_err chain_row(struct sg_store *s, int64_t seq, const struct sg_q_blob *b)
{
    uint8_t mark[SG_Q_MARK];
    sg_q_mark(mark, b->p, b->n);
    return sg_q_chain_set(s, seq, mark);
}

static enum sg_err next_seq(struct sg_store *s, int64_t *seq)
{
    int64_t max = 0;
    enum sg_err err = sg_q_int(s, sg_q_bind(s, SG_SQL_ROW_MAX, "i", s->actor_n), &max);
    if (s->head.known && s->head.count > max)
        max = s->head.count;                             /* a deleted last row's number is never given again */
    *seq = max + 1;
    return err;
}

enum sg_err sg_q_row_add(struct sg_store *s, struct sg_qrow *r)
{
    struct clear c;
    struct sg_q_blob b;
    enum sg_err err = next_seq(s, &r->seq);
    if (err != SG_E_OK)
        return err;
    r->action.seq = r->seq;
    SG_COPY(r->action.device, s->device);
    err = seal_row(s, r, &c, &b);
    if (err == SG_E_OK) {
        sqlite3_stmt *st = sg_q_bind(s, SG_SQL_ROW_ADD, "iitiibbiibt", s->actor_n, r->seq, c.id, (int64_t)c.state, (int64_t)c.fresh,
                                     (const void *)c.subject, sizeof c.subject, (const void *)c.commission, sizeof c.commission,
                                     c.next_try, c.created_at, (const void *)b.p, b.n, "");
        err = sg_q_done(s, st);
    }
    s->head.count = r->seq;
    if (err == SG_E_OK && !SG_MUTANT(5))
        err = chain_row(s, r->seq, &b);
    sg_q_blob_free(&b);
    return err;
}

enum sg_err sg_q_row_put(struct sg_store *s, const struct sg_qrow *r, const char *owner)
{
    struct clear c;
    struct sg_q_blob b;
    enum sg_err err = seal_row(s, r, &c, &b);
    if (err == SG_E_OK)
        err = sg_q_done(s, sg_q_bind(s, SG_SQL_ROW_PUT, "iiiiibt", s->actor_n, r->seq, (int64_t)c.state, (int64_t)c.fresh, c.next_try,
                                     (const void *)b.p, b.n, owner));
    if (err == SG_E_OK && !SG_MUTANT(4))
        err = chain_row(s, r->seq, &b);
    sg_q_blob_free(&b);
    return err;
}
