/* A proof is believed only as a whole: the checkpoint is signed by the key we know, the leaf leads to its root, the leaf commits to the
 * event, and the event is the one we asked for. */
#include "sync/receipt.h"
#include "base/base64.h"
#include "base/str.h"
#include "wire/leaf.h"
#include <string.h>

static const char *text_of(const cJSON *o, const char *key)
{
    const char *s = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(o, key));
    return s ? s : "";
}

static bool bytes_of(const cJSON *o, const char *key, uint8_t *dst, size_t cap, size_t *n)
{
    const char *s = text_of(o, key);
    return s[0] && sg_unbase64(dst, cap, n, s, strlen(s));
}

bool sg_proof_read(const cJSON *o, struct sg_proof *out)
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(o, "proof"), *item;
    out->n = 0;
    if (!cJSON_IsArray(list))
        return false;
    cJSON_ArrayForEach(item, list) {
        const char *s = cJSON_GetStringValue(item);
        size_t n = 0;
        if (out->n == SG_PROOF_MAX || !s || !sg_unbase64(out->h[out->n].b, SG_HASH_LEN, &n, s, strlen(s)) || n != SG_HASH_LEN)
            return false;
        out->n++;
    }
    return true;
}

static enum sg_err bad(struct sg_error *e, const char *why) { return sg_fail(e, SG_E_CORRUPT, "proof", "%s", why); }

/* Which tree: signed by the key. */
static enum sg_err check_head(const cJSON *o, const struct sg_note_key *key, struct sg_receipt *out, struct sg_checkpoint *cp, struct sg_error *e)
{
    const char *note = text_of(o, "checkpoint");
    uint64_t epoch = 0;
    enum sg_err err = sg_checkpoint_open(note, strlen(note), key, cp, e);
    if (err != SG_E_OK)
        return err;
    out->tree_size = (int64_t)cp->size;
    bool fits = cp->size <= INT64_MAX && sg_json_int(o, "leafIndex", true, 0, INT64_MAX, &out->leaf_index, e) == SG_E_OK && sg_origin_parse(cp->origin, key->name, out->log, &epoch);
    return fits ? SG_E_OK : bad(e, "the place is missing, or the checkpoint is of no log");
}

/* The event, and the leaf that commits to it. */
static enum sg_err check_event(const cJSON *o, const struct sg_receipt *r, struct sg_event *ev, uint8_t leaf[SG_LEAF_LEN], struct sg_error *e)
{
    uint8_t salt[SG_SALT_LEN];
    struct sg_buf payload;
    size_t n = 0;
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(o, "event");
    if (!bytes_of(o, "salt", salt, sizeof salt, &n) || n != sizeof salt || !sg_payload_unlist(list, r->log, ev))
        return bad(e, "the event's text was erased, or is malformed");
    sg_buf_init(&payload, SG_PAYLOAD_MAX);
    enum sg_err err = sg_payload_encode(ev, &payload);
    if (err == SG_E_OK)
        err = sg_leaf_make(ev->at, salt, payload.data, payload.len, leaf);
    sg_buf_free(&payload);
    return err == SG_E_OK || err == SG_E_NOMEM ? err : bad(e, "the event is malformed");
}

static enum sg_err check_path(const cJSON *o, const struct sg_checkpoint *cp, const struct sg_receipt *r, const uint8_t leaf[SG_LEAF_LEN], struct sg_error *e)
{
    uint8_t all[SG_PROOF_MAX * SG_HASH_LEN];
    struct sg_hash path[SG_PROOF_MAX], h;
    const cJSON *text = cJSON_GetObjectItemCaseSensitive(o, "path");
    size_t n = 0;
    if (!cJSON_IsString(text) || !sg_unbase64(all, sizeof all, &n, text->valuestring, strlen(text->valuestring)) || n % SG_HASH_LEN != 0)
        return bad(e, "the path is malformed");
    for (size_t i = 0; i < n / SG_HASH_LEN; i++)
        memcpy(path[i].b, all + i * SG_HASH_LEN, SG_HASH_LEN);
    sg_merkle_leaf(&h, leaf, SG_LEAF_LEN);
    bool leads = sg_merkle_check_inclusion((uint64_t)r->leaf_index, cp->size, &h, &cp->root, path, n / SG_HASH_LEN);
    return leads ? SG_E_OK : bad(e, "event and path do not lead to the signed root");
}

enum sg_err sg_receipt_check(const char *json, size_t n, const struct sg_note_key *key, const char *event_id, const char *action_id,
                             struct sg_receipt *out, struct sg_checkpoint *cp, struct sg_event *ev, struct sg_error *e)
{
    cJSON *o = NULL;
    struct sg_event own = { 0 };
    uint8_t leaf[SG_LEAF_LEN];
    struct sg_event *event = ev ? ev : &own;
    memset(out, 0, sizeof *out);
    memset(cp, 0, sizeof *cp);
    memset(event, 0, sizeof *event);
    enum sg_err err = sg_json_parse(json, n, &SG_JSON_REPLY, &o, e);
    err = err == SG_E_OK ? check_head(o, key, out, cp, e) : err;
    err = err == SG_E_OK ? check_event(o, out, event, leaf, e) : err;
    err = err == SG_E_OK ? check_path(o, cp, out, leaf, e) : err;
    if (err == SG_E_OK && ((event_id[0] && strcmp(event->id, event_id) != 0) || (action_id && strcmp(event->action_id, action_id) != 0)))
        err = bad(e, "it proves another event");
    cJSON_Delete(o);
    sg_hex(out->root, cp->root.b, SG_HASH_LEN);
    out->verified = err == SG_E_OK;
    return err;
}
