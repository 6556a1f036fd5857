/* What is kept for good: sealed like rows, found by a MAC of kind and key, so that the file does not tell what there is. An entry of
 * another key, person or device does not open in its place. */
#include "queue/internal.h"
#include "base/str.h"

static enum sg_err kept_tag(struct sg_store *s, const char *kind, const char *key, uint8_t tag[SG_Q_TAG])
{
    char both[400];
    return sg_format(both, sizeof both, "%s\n%s", kind, key) ? sg_q_tag(s, "kept", both, tag) : SG_E_LIMIT;
}

static struct sg_q_ad kept_ad(const struct sg_store *s, const uint8_t tag[SG_Q_TAG])
{
    return (struct sg_q_ad){.table = "kept", .device = s->device, .actor = s->actor, .index = 0, .extra = tag, .n_extra = SG_Q_TAG};
}

enum sg_err sg_q_kept_write(struct sg_store *s, const char *kind, const char *key, const void *data, size_t n)
{
    uint8_t tag[SG_Q_TAG];
    struct sg_q_blob b = {0};
    if (n > SG_JSON_REPLY.bytes)
        return SG_E_LIMIT;
    enum sg_err err = kept_tag(s, kind, key, tag);
    if (err != SG_E_OK)
        return err;
    struct sg_q_ad ad = kept_ad(s, tag);
    err = sg_q_seal(sg_q_key(s, SG_USE_ROW), &s->random, &ad, data, n, &b);
    if (err == SG_E_OK)
        err = sg_q_done(s, sg_q_bind(s, SG_SQL_KEPT_PUT, "ibb", s->actor_n, (const void *)tag, sizeof tag, (const void *)b.p, b.n));
    sg_q_blob_free(&b);
    return err;
}

enum sg_err sg_q_kept_erase(struct sg_store *s, const char *kind, const char *key)
{
    uint8_t tag[SG_Q_TAG];
    enum sg_err err = kept_tag(s, kind, key, tag);
    return err == SG_E_OK ? sg_q_done(s, sg_q_bind(s, SG_SQL_KEPT_DROP, "ib", s->actor_n, (const void *)tag, sizeof tag)) : err;
}

enum sg_err sg_store_kept_put(struct sg_store *s, const char *kind, const char *key, const void *data, size_t n)
{
    enum sg_err err = sg_q_begin(s);
    return err == SG_E_OK ? sg_q_end(s, sg_q_kept_write(s, kind, key, data, n)) : err;
}

enum sg_err sg_store_kept_get(struct sg_store *s, const char *kind, const char *key, struct sg_buf *out)
{
    uint8_t tag[SG_Q_TAG];
    enum sg_err err = kept_tag(s, kind, key, tag);
    if (err != SG_E_OK)
        return err;
    sqlite3_stmt *st = sg_q_bind(s, SG_SQL_KEPT_GET, "ib", s->actor_n, (const void *)tag, sizeof tag);
    int rc = st ? sqlite3_step(st) : sqlite3_errcode(s->db);
    if (rc == SQLITE_ROW) {
        struct sg_q_ad ad = kept_ad(s, tag);
        struct sg_q_blob b = {0};
        int64_t index = 0;
        err = sg_q_unseal(sg_q_key(s, SG_USE_ROW), &ad, sqlite3_column_blob(st, 0), (size_t)sqlite3_column_bytes(st, 0), &index, &b);
        if (err == SG_E_OK)
            err = sg_buf_add(out, b.p, b.n);
        sg_q_blob_free(&b);
    } else {
        err = rc == SQLITE_DONE ? SG_E_NOTFOUND : sg_q_db_err(s, rc);
    }
    sqlite3_reset(st);
    return err;
}

enum sg_err sg_store_kept_drop(struct sg_store *s, const char *kind, const char *key)
{
    enum sg_err err = sg_q_begin(s);
    return err == SG_E_OK ? sg_q_end(s, sg_q_kept_erase(s, kind, key)) : err;
}
