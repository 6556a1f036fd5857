/* A proof file: one event, from which follows its leaf, and its path to the root of a signed checkpoint. */
#include "verify/verify.h"
#include <stdio.h>
#include <string.h>

static struct sv_json doc;

static const char *text_of(const char *key)
{
    const struct sv_node *m = sv_member(&doc, &doc.node[0], key);
    return m && m->type == SV_STRING ? m->text : NULL;
}

/* The leaf follows from event and salt; after an erasure it stands alone. */
static bool find_leaf(const struct sv_node *event, const char *log, uint8_t leaf[SV_LEAF], struct sv_verdict *v)
{
    static uint8_t payload[SV_PAYLOAD_MAX];
    uint8_t salt[SV_SALT], at[8];
    size_t n = 0;
    if (!event) {
        v->erased = 1;
        bool known = sv_member_bytes(&doc, "leaf", leaf, SV_LEAF, &n) && n == SV_LEAF && leaf[0] == 2 && leaf[9] == 0;
        return known || sv_fail(v, -1, "neither an event nor a leaf of a known version");
    }
    if (!sv_member_bytes(&doc, "salt", salt, sizeof salt, &n) || n != SV_SALT || !sv_event_pack(&doc, event, log, payload, sizeof payload, &n, at))
        return sv_fail(v, -1, "event or salt is malformed");
    sv_leaf_make(leaf, at, salt, payload, n);
    return true;
}

bool sv_check_proof(const char *path, const struct sv_opts *o, struct sv_verdict *v)
{
    static char text[SV_LINE_MAX];
    struct sv_key k;
    struct sv_checkpoint c;
    struct sv_hash hashes[SV_PROOF_MAX], h;
    uint8_t leaf[SV_LEAF];
    uint64_t index;
    size_t n = 0;
    long len = sv_read_file(path, "", text, sizeof text);
    if (len <= 0 || !sv_json_read(&doc, text, (size_t)len))
        return sv_fail(v, -1, "not a directory and not a proof file");
    const char *note = text_of("checkpoint"), *key = text_of("key");
    const struct sv_node *event = sv_member(&doc, &doc.node[0], "event");
    if (!sv_find_key(key, o, &k, v))
        return false;
    if (!note || !sv_checkpoint_read(note, strlen(note), &k, &c, v) || !sv_witnessed(note, strlen(note), o, v))
        return note ? false : sv_fail(v, -1, "checkpoint: missing");
    if (!sv_member_number(&doc, "leafIndex", &index) || !sv_member_bytes(&doc, "path", (uint8_t *)hashes, sizeof hashes, &n) || n % sizeof h.b != 0)
        return sv_fail(v, -1, "the proof is malformed");
    if (!find_leaf(event, c.log, leaf, v))
        return false;
    if (doc.node[0].members != 4 + (key != NULL) + (event != NULL))
        return sv_fail(v, -1, "the proof has members that nothing vouches for");
    sv_sha256(&h, 0, leaf, sizeof leaf, NULL, 0);
    (void)snprintf(v->origin, sizeof v->origin, "%s", c.origin);
    v->size = c.size;
    v->index = (int64_t)index;
    if (!sv_root_of_path(index, c.size, &h, hashes, n / sizeof h.b, &v->root) || memcmp(v->root.b, c.root.b, sizeof h.b) != 0)
        return sv_fail(v, -1, "event and path do not lead to the root that was signed");
    return true;
}
