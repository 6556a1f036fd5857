/* The read cache: what one has looked at. Each entry is sealed with its as-of time as the index, so that nobody can make old data look
 * fresh; its key is a MAC, so that the file does not tell who was looked up. Own entries end by the age given; anybody's after 90 days,
 * so that a colleague who never comes back leaves nothing for ever. */
#include "queue/internal.h"
#include "base/str.h"
#include <string.h>

enum { ENTRIES_MOST = 4096 };
static const int64_t ANYBODY_MS = INT64_C(90) * 24 * 3600 * 1000;

static enum sg_err cache_tag(struct sg_store *s, const char *kind, const char *key, uint8_t tag[SG_Q_TAG])
{
    char both[256];
    if (!sg_format(both, sizeof both, "%s\n%s", kind, key))
        return SG_E_LIMIT;
    return sg_q_tag(s, "cache", both, tag);
}

static struct sg_q_ad cache_ad(const struct sg_store *s, const uint8_t tag[SG_Q_TAG], int64_t as_of)
{
    return (struct sg_q_ad){.table = "cache", .device = s->device, .actor = s->actor, .index = as_of, .extra = tag, .n_extra = SG_Q_TAG};
}

enum sg_err sg_q_cache_write(struct sg_store *s, const char *kind, const char *key, const char *json, size_t n, int64_t as_of)
{
    uint8_t tag[SG_Q_TAG];
    struct sg_q_blob b;
    if (n > SG_JSON_REPLY.bytes)
        return SG_E_LIMIT;
    enum sg_err err = cache_tag(s, kind, key, tag);
    if (err != SG_E_OK)
        return err;
    struct sg_q_ad ad = cache_ad(s, tag, as_of);
    err = sg_q_seal(sg_q_key(s, SG_USE_CACHE), &s->random, &ad, json, n, &b);
    if (err == SG_E_OK)
        err = sg_q_done(s, sg_q_bind(s, SG_SQL_CACHE_PUT, "ibib", s->actor_n, (const void *)tag, sizeof tag, as_of,
                                     (const void *)b.p, b.n));
    if (err == SG_E_OK)
        err = sg_q_done(s, sg_q_bind(s, SG_SQL_CACHE_TRIM, "ii", s->actor_n, (int64_t)ENTRIES_MOST));
    sg_q_blob_free(&b);
    return err;
}

enum sg_err sg_store_cache_put(struct sg_store *s, const char *kind, const char *key, const char *json, size_t n, int64_t as_of)
{
    enum sg_err err = sg_q_begin(s);
    return err == SG_E_OK ? sg_q_end(s, sg_q_cache_write(s, kind, key, json, n, as_of)) : err;
}

enum sg_err sg_store_cache_get(struct sg_store *s, const char *kind, const char *key, int64_t oldest, struct sg_buf *json, int64_t *as_of)
{
    uint8_t tag[SG_Q_TAG];
    enum sg_err err = cache_tag(s, kind, key, tag);
    if (err != SG_E_OK)
        return err;
    sqlite3_stmt *st = sg_q_bind(s, SG_SQL_CACHE_GET, "ib", s->actor_n, (const void *)tag, sizeof tag);
    int rc = st ? sqlite3_step(st) : sqlite3_errcode(s->db);
    if (rc != SQLITE_ROW) {
        sqlite3_reset(st);
        err = sg_q_db_err(s, rc);
        return err == SG_E_OK ? SG_E_NOTFOUND : err;
    }
    int64_t at = sqlite3_column_int64(st, 0), says = 0;
    struct sg_q_ad ad = cache_ad(s, tag, at);
    struct sg_q_blob b = {0};
    const void *sealed = sqlite3_column_blob(st, 1);
    err = at < oldest ? SG_E_NOTFOUND
                      : !sealed ? sg_q_column_err(s)
                      : sg_q_unseal(sg_q_key(s, SG_USE_CACHE), &ad, sealed, (size_t)sqlite3_column_bytes(st, 1), &says, &b);
    if (err == SG_E_OK && says != at)
        err = SG_E_CORRUPT;
    if (err == SG_E_OK)
        err = sg_buf_add(json, b.p, b.n);
    if (err == SG_E_OK)
        *as_of = at;
    sg_q_blob_free(&b);
    sqlite3_reset(st);
    return err;
}

enum sg_err sg_store_cache_expire(struct sg_store *s, int64_t oldest)
{
    enum sg_err err = sg_q_begin(s);
    if (err != SG_E_OK)
        return err;
    return sg_q_end(s, sg_q_done(s, sg_q_bind(s, SG_SQL_CACHE_EXPIRE, "iii", s->actor_n, oldest, sg_wall(&s->clock) - ANYBODY_MS)));
}

static enum sg_err write_citizen(struct sg_store *s, const char *subject, const struct sg_citizen *c, int64_t as_of)
{
    struct sg_buf text;
    sg_buf_init(&text, SG_JSON_REPLY.bytes);
    enum sg_err err = sg_wire_print(sg_wire_citizen(c), &text);
    if (err == SG_E_OK)
        err = text.data ? sg_q_cache_write(s, "citizen", subject, text.data, text.len, as_of) : SG_E_INTERNAL;
    sg_buf_free(&text);
    return err;
}

static enum sg_err read_citizen(struct sg_store *s, const char *subject, struct sg_citizen *out, int64_t *as_of)
{
    struct sg_buf text;
    cJSON *v = NULL;
    sg_buf_init(&text, SG_JSON_REPLY.bytes);
    enum sg_err err = sg_store_cache_get(s, "citizen", subject, INT64_MIN, &text, as_of);
    if (err == SG_E_OK)
        err = text.data ? sg_json_parse(text.data, text.len, &SG_JSON_REPLY, &v, NULL) : SG_E_CORRUPT;
    if (err == SG_E_OK)
        err = sg_wire_citizen_read(v, out, NULL);
    cJSON_Delete(v);
    sg_buf_free(&text);
    return err;
}

/* Lays the rows of an outcome over the cached citizen. The as-of time stays: the rest of the picture is no fresher than it was. */
enum sg_err sg_q_cache_outcome(struct sg_store *s, const char *subject, const struct sg_outcome *o)
{
    struct sg_citizen c;
    int64_t as_of = 0;
    memset(&c, 0, sizeof c);
    enum sg_err err = read_citizen(s, subject, &c, &as_of);
    if (err == SG_E_NOMEM || err == SG_E_IO || err == SG_E_LOCKED)
        return err;
    if (err != SG_E_OK)
        return SG_E_OK;                                  /* nothing cached, a tombstone, or damaged: nothing to update */
    for (size_t i = 0; i < o->n_restrictions && err == SG_E_OK; i++)
        err = sg_citizen_put(&c, &o->restriction[i]);
    if (o->etag_after[0] && sg_eq(c.etag, o->etag_before))
        SG_COPY(c.etag, o->etag_after);
    if (err == SG_E_OK)
        err = write_citizen(s, subject, &c, as_of);
    sg_citizen_free(&c);
    return err;
}
