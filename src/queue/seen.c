/* Reads that were shown from the cache and are not in the service's log yet: kept entries in numbered places from first to before next, so
 * that one that was taken out of the file is missed. A place is never used twice; one that need not be handed in any more is emptied, and
 * the emptied ones at the beginning are erased. Several processes may do this at once: whatever changes goes through a transaction. */
#include "queue/internal.h"
#include "base/log.h"
#include "base/str.h"
#include <string.h>

struct head { int64_t first, next, live; };        /* live: places that are not empty */
enum { HEAD_LEN = 24, SEEN_TEXT = 2048 };
static const char KIND[] = "seen", HEAD[] = "head";

static enum sg_err head_get(struct sg_store *s, struct head *h)
{
    struct sg_buf b;
    sg_buf_init(&b, HEAD_LEN * 2);
    *h = (struct head){.first = 1, .next = 1};
    enum sg_err err = sg_store_kept_get(s, KIND, HEAD, &b);
    if (err == SG_E_OK && b.len != HEAD_LEN)
        err = SG_E_CORRUPT;
    if (err == SG_E_OK) {
        const uint8_t *p = (const uint8_t *)b.data;
        *h = (struct head){sg_q_rd64(p), sg_q_rd64(p + 8), sg_q_rd64(p + 16)};
    }
    sg_buf_free(&b);
    return err == SG_E_NOTFOUND ? SG_E_OK : err;
}

/* Also in the clear, as the number of unfinished rows is: a queue that is left behind with reads only must be announced, too (look.c). */
static enum sg_err say_how_many(struct sg_store *s, int64_t live)
{
    char key[32];
    sg_format(key, sizeof key, SG_Q_READS "%lld", (long long)s->actor_n);
    return sg_q_done(s, sg_q_bind(s, SG_SQL_META_PUT, "ti", key, live > 0 ? live : 0));
}

static enum sg_err head_put(struct sg_store *s, const struct head *h)
{
    uint8_t b[HEAD_LEN];
    sg_q_be64(b, h->first);
    sg_q_be64(b + 8, h->next);
    sg_q_be64(b + 16, h->live);
    enum sg_err err = sg_q_kept_write(s, KIND, HEAD, b, sizeof b);
    return err == SG_E_OK ? say_how_many(s, h->live) : err;
}

static void key_of(char key[24], int64_t place)
{
    sg_format(key, 24, "%lld", (long long)place);
}

/* *empty: it need not be handed in any more. */
static enum sg_err place_get(struct sg_store *s, int64_t place, struct sg_seen *out, bool *empty)
{
    char key[24];
    struct sg_buf b;
    cJSON *v = NULL;
    key_of(key, place);
    sg_buf_init(&b, SEEN_TEXT);
    enum sg_err err = sg_store_kept_get(s, KIND, key, &b);
    *empty = err == SG_E_OK && b.len == 0;
    if (err == SG_E_OK && !*empty && out) {
        err = sg_json_parse(b.data, b.len, &SG_JSON_REPLY, &v, NULL);
        if (err == SG_E_OK)
            err = sg_wire_seen_read(v, out, NULL);
        if (err == SG_E_PARSE || err == SG_E_INPUT)
            err = SG_E_CORRUPT;
        cJSON_Delete(v);
    }
    sg_buf_free(&b);
    return err;
}

static enum sg_err add(struct sg_store *s, const struct sg_seen *seen, int64_t *place)
{
    char key[24];
    struct head h;
    struct sg_buf b;
    sg_buf_init(&b, SEEN_TEXT);
    enum sg_err err = head_get(s, &h);
    if (err == SG_E_OK)
        err = sg_wire_print(sg_wire_seen(seen), &b);
    if (err == SG_E_OK) {
        key_of(key, h.next);
        *place = h.next++;
        h.live++;
        err = sg_q_kept_write(s, KIND, key, b.data, b.len);
    }
    if (err == SG_E_OK)
        err = head_put(s, &h);
    sg_buf_free(&b);
    return err;
}

enum sg_err sg_store_seen_add(struct sg_store *s, const struct sg_seen *seen, int64_t *place)
{
    enum sg_err err = sg_q_begin(s);
    if (err == SG_E_OK)
        err = sg_q_end(s, add(s, seen, place));
    if (err != SG_E_OK)
        *place = 0;
    return err;
}

enum sg_err sg_store_seen_list(struct sg_store *s, int64_t from, size_t cap, sg_seen_fn *fn, void *ctx)
{
    struct head h;
    struct sg_seen one;
    size_t n = 0;
    enum sg_err err = head_get(s, &h);
    for (int64_t at = from > h.first ? from : h.first; err == SG_E_OK && at < h.next && n < cap; at++) {
        bool empty = false;
        err = place_get(s, at, &one, &empty);
        if (err == SG_E_CORRUPT || err == SG_E_NOTFOUND) {
            sg_log(SG_LOG_ERROR, "store: a read that is not in the service's log yet cannot be read back");
            err = SG_E_OK;
            continue;
        }
        if (err == SG_E_OK && !empty)
            n += fn(ctx, at, &one);
    }
    return err;
}

/* Another process may have done it already. */
static enum sg_err clear(struct sg_store *s, struct head *h, int64_t place)
{
    char key[24];
    bool empty = false;
    if (place < h->first || place >= h->next)
        return SG_E_OK;
    enum sg_err err = place_get(s, place, NULL, &empty);
    if (err != SG_E_OK || empty)
        return err == SG_E_NOTFOUND || err == SG_E_CORRUPT ? SG_E_OK : err;
    key_of(key, place);
    h->live--;
    return sg_q_kept_write(s, KIND, key, "", 0);
}

static enum sg_err advance(struct sg_store *s, struct head *h)
{
    enum sg_err err = SG_E_OK;
    while (err == SG_E_OK && h->first < h->next) {
        char key[24];
        bool empty = false;
        err = place_get(s, h->first, NULL, &empty);
        if (err != SG_E_OK || !empty)
            return err == SG_E_NOTFOUND || err == SG_E_CORRUPT ? SG_E_OK : err;
        key_of(key, h->first++);
        err = sg_q_kept_erase(s, KIND, key);
    }
    return err;
}

enum sg_err sg_store_seen_drop(struct sg_store *s, const int64_t *place, size_t n)
{
    struct head h;
    enum sg_err err = sg_q_begin(s);
    if (err != SG_E_OK)
        return err;
    err = head_get(s, &h);
    for (size_t i = 0; i < n && err == SG_E_OK; i++)
        err = clear(s, &h, place[i]);
    if (err == SG_E_OK)
        err = advance(s, &h);
    if (err == SG_E_OK)
        err = head_put(s, &h);
    return sg_q_end(s, err);
}

enum sg_err sg_store_seen_count(struct sg_store *s, size_t *n)
{
    struct head h;
    enum sg_err err = head_get(s, &h);
    *n = err == SG_E_OK && h.live > 0 ? (size_t)h.live : 0;
    return err;
}
