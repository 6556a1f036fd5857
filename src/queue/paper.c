/* Ids reserved for paper forms: sealed like rows, found by a MAC of the number on the form, so that the file does not tell which forms are
 * out. A reservation is never deleted; it is used up by the row that bears its id, of which there can be only one. */
#include "queue/internal.h"
#include "base/str.h"
#include "model/paper.h"
#include <string.h>

static struct sg_q_ad paper_ad(const struct sg_store *s, const uint8_t tag[SG_Q_TAG])
{
    return (struct sg_q_ad){.table = "paper", .device = s->device, .actor = s->actor, .index = 0, .extra = tag, .n_extra = SG_Q_TAG};
}

static enum sg_err add(struct sg_store *s, const char *id)
{
    char number[SG_PAPER_MAX], code[SG_PAPER_CODE];
    uint8_t tag[SG_Q_TAG];
    struct sg_q_blob b = {0};
    sg_paper_number(id, number);
    if (!sg_paper_parse(number, code))
        return SG_E_INTERNAL;
    enum sg_err err = sg_q_tag(s, "paper", code, tag);
    struct sg_q_ad ad = paper_ad(s, tag);
    if (err == SG_E_OK)
        err = sg_q_seal(sg_q_key(s, SG_USE_ROW), &s->random, &ad, id, strlen(id), &b);
    if (err == SG_E_OK)
        err = sg_q_done(s, sg_q_bind(s, SG_SQL_PAPER_ADD, "ibb", s->actor_n, (const void *)tag, sizeof tag, (const void *)b.p, b.n));
    sg_q_blob_free(&b);
    return err;
}

enum sg_err sg_store_paper_reserve(struct sg_store *s, size_t n, char (*id)[SG_UUID_MAX])
{
    if (n == 0 || n > SG_PAPERS_MOST)
        return SG_E_INPUT;
    enum sg_err err = sg_q_begin(s);
    if (err != SG_E_OK)
        return err;
    for (size_t i = 0; i < n && err == SG_E_OK; i++) {
        sg_uuid7(id[i], &s->clock, &s->random);
        err = add(s, id[i]);
    }
    return sg_q_end(s, err);
}

static enum sg_err open_id(const struct sg_store *s, const uint8_t tag[SG_Q_TAG], const void *sealed, size_t n, char id[SG_UUID_MAX])
{
    struct sg_q_ad ad = paper_ad(s, tag);
    struct sg_q_blob b = {0};
    int64_t index = 0;
    enum sg_err err = sg_q_unseal(sg_q_key(s, SG_USE_ROW), &ad, sealed, n, &index, &b);
    if (err == SG_E_OK && (!sg_copyn(id, SG_UUID_MAX, (const char *)b.p, b.n) || !sg_uuid_valid(id)))
        err = SG_E_CORRUPT;
    sg_q_blob_free(&b);
    return err;
}

enum sg_err sg_store_paper_find(struct sg_store *s, const char *code, char id[SG_UUID_MAX])
{
    uint8_t tag[SG_Q_TAG];
    enum sg_err err = sg_q_tag(s, "paper", code, tag);
    if (err != SG_E_OK)
        return err;
    sqlite3_stmt *st = sg_q_bind(s, SG_SQL_PAPER_GET, "ib", s->actor_n, (const void *)tag, sizeof tag);
    int rc = st ? sqlite3_step(st) : sqlite3_errcode(s->db);
    if (rc == SQLITE_ROW)
        err = open_id(s, tag, sqlite3_column_blob(st, 0), (size_t)sqlite3_column_bytes(st, 0), id);
    else
        err = rc == SQLITE_DONE ? SG_E_NOTFOUND : sg_q_db_err(s, rc);
    sqlite3_reset(st);
    return err;
}

/* Steps to the reservation behind tag. NOTFOUND: that was the last. */
static enum sg_err next(struct sg_store *s, uint8_t tag[SG_Q_TAG], char id[SG_UUID_MAX])
{
    sqlite3_stmt *st = sg_q_bind(s, SG_SQL_PAPER_NEXT, "ib", s->actor_n, (const void *)tag, (size_t)SG_Q_TAG);
    int rc = st ? sqlite3_step(st) : sqlite3_errcode(s->db);
    enum sg_err err = rc == SQLITE_DONE ? SG_E_NOTFOUND : sg_q_db_err(s, rc);
    if (rc == SQLITE_ROW) {
        err = sqlite3_column_bytes(st, 0) == SG_Q_TAG ? SG_E_OK : SG_E_CORRUPT;
        if (err == SG_E_OK)
            memcpy(tag, sqlite3_column_blob(st, 0), SG_Q_TAG);
        if (err == SG_E_OK)
            err = open_id(s, tag, sqlite3_column_blob(st, 1), (size_t)sqlite3_column_bytes(st, 1), id);
    }
    sqlite3_reset(st);
    return err;
}

enum sg_err sg_store_paper_count(struct sg_store *s, size_t *reserved, size_t *open)
{
    uint8_t tag[SG_Q_TAG] = {0};
    char id[SG_UUID_MAX];
    enum sg_err err = SG_E_OK;
    *reserved = *open = 0;
    while ((err = next(s, tag, id)) == SG_E_OK) {
        int64_t one = 0;
        enum sg_err used = sg_q_int(s, sg_q_bind(s, SG_SQL_ROW_HAS, "t", id), &one);
        if (used != SG_E_OK && used != SG_E_NOTFOUND)
            return used;
        ++*reserved;
        *open += used == SG_E_NOTFOUND;
    }
    return err == SG_E_NOTFOUND ? SG_E_OK : err;
}
