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

/* Which tree: signed by the key, of the log the proof names, of the size it names. */
static enum sg_err check_head(const cJSON *o, const struct sg_note_key *key, struct sg_receipt *out, struct sg_checkpoint *cp, struct sg_error *e)
{
    const char *note = text_of(o, "checkpoint");
    uint64_t epoch = 0;
    enum sg_err err = sg_checkpoint_open(note, strlen(note), key, cp, e);
    if (err != SG_E_OK)
        return err;
    bool fits = sg_json_int(o, "leafIndex", true, 0, INT64_MAX, &out->leaf_index, e) == SG_E_OK &&
                sg_json_int(o, "treeSize", true, 0, INT64_MAX, &out->tree_size, e) == SG_E_OK && (uint64_t)out->tree_size == cp->size &&
                sg_origin_parse(cp->origin, key->name, out->log, &epoch) && strcmp(out->log, text_of(o, "log")) == 0 && strcmp(cp->origin, text_of(o, "origin")) == 0;
    return fits ? SG_E_OK : bad(e, "the checkpoint is of another log or size");
}

static enum sg_err check_path(const cJSON *o, const struct sg_checkpoint *cp, const struct sg_receipt *r, uint8_t leaf[SG_LEAF_LEN], struct sg_error *e)
{
    struct sg_proof p;
    struct sg_hash h;
    size_t n = 0;
    if (!bytes_of(o, "leaf", leaf, SG_LEAF_LEN, &n) || n != SG_LEAF_LEN || !sg_proof_read(o, &p))
        return bad(e, "leaf or path is malformed");
    sg_merkle_leaf(&h, leaf, SG_LEAF_LEN);
    return sg_merkle_check_inclusion((uint64_t)r->leaf_index, cp->size, &h, &cp->root, p.h, p.n) ? SG_E_OK : bad(e, "the path does not lead to the signed root");
}

static enum sg_err check_event(const cJSON *o, const uint8_t leaf[SG_LEAF_LEN], const struct sg_receipt *r, struct sg_event *ev, struct sg_error *e)
{
    uint8_t salt[SG_SALT_LEN], payload[SG_PAYLOAD_MAX], again[SG_LEAF_LEN];
    size_t salt_n = 0, n = 0;
    int64_t at = 0;
    if (!bytes_of(o, "salt", salt, sizeof salt, &salt_n) || salt_n != sizeof salt || !bytes_of(o, "payload", payload, sizeof payload, &n))
        return bad(e, "the event's text was erased, or is malformed");
    if (!sg_leaf_read(leaf, SG_LEAF_LEN, &at, NULL) || sg_leaf_make(at, salt, payload, n, again) != SG_E_OK || memcmp(again, leaf, SG_LEAF_LEN) != 0)
        return bad(e, "the leaf does not commit to this event");
    if (sg_payload_decode(payload, n, ev) != SG_E_OK || ev->at != at || strcmp(ev->log, r->log) != 0)
        return bad(e, "the event is malformed, or of another log");
    return strcmp(ev->id, text_of(o, "eventId")) == 0 ? SG_E_OK : bad(e, "the event has another id");
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
    err = err == SG_E_OK ? check_path(o, cp, out, leaf, e) : err;
    err = err == SG_E_OK ? check_event(o, leaf, out, event, e) : err;
    if (err == SG_E_OK && ((event_id[0] && strcmp(event->id, event_id) != 0) || (action_id && strcmp(event->action_id, action_id) != 0)))
        err = bad(e, "it proves another event");
    cJSON_Delete(o);
    out->verified = err == SG_E_OK;
    return err;
}
