/* A proof file: one event, from which follows its leaf, and its path to the root of a signed checkpoint. */
#include "verify/verify.h"
#include <stdio.h>
#include <string.h>

static struct sv_json doc;

static bool text_of(const char *key, char *dst, size_t cap)
{
    const struct sv_node *m = sv_member(&doc, &doc.node[0], key);
    if (!m || m->type != SV_STRING || m->len >= cap || strlen(m->text) != m->len)
        return false;
    memcpy(dst, m->text, m->len + 1);
    return true;
}

/* The key in the file counts only as long as none was given; then they must be the same. */
static bool find_key(const struct sv_opts *o, struct sv_key *k, int *members, struct sv_verdict *v)
{
    char text[512];
    bool own = sv_member(&doc, &doc.node[0], "key") != NULL;
    *members += own;
    if (own && !text_of("key", text, sizeof text))
        return sv_fail(v, -1, "key: malformed");
    if (!own && !o->key_text)
        return sv_fail(v, -1, "key: the file has none, give the one you trust with --key");
    if (own && o->key_text && strcmp(text, o->key_text) != 0)
        return sv_fail(v, -1, "key: not the key that is trusted");
    return sv_key_read(o->key_text ? o->key_text : text, SV_LOG, k) || sv_fail(v, -1, "key: not a verifier key");
}

/* The leaf follows from event and salt; after an erasure it stands alone. */
static bool find_leaf(const char *log, uint8_t leaf[SV_LEAF], int *members, struct sv_verdict *v)
{
    static uint8_t payload[SV_PAYLOAD_MAX];
    uint8_t salt[SV_SALT], at[8];
    size_t n = 0;
    const struct sv_node *event = sv_member(&doc, &doc.node[0], "event");
    if (!event) {
        v->erased = 1;
        bool known = sv_member_bytes(&doc, "leaf", leaf, SV_LEAF, &n) && n == SV_LEAF && leaf[0] == 2 && leaf[9] == 0;
        return known || sv_fail(v, -1, "neither an event nor a leaf of a known version");
    }
    *members += 1;
    if (!sv_member_bytes(&doc, "salt", salt, sizeof salt, &n) || n != SV_SALT || !sv_event_pack(&doc, event, log, payload, sizeof payload, &n, at))
        return sv_fail(v, -1, "event or salt is malformed");
    sv_leaf_make(leaf, at, salt, payload, n);
    return true;
}

static bool check(const struct sv_opts *o, struct sv_verdict *v)
{
    static char note[SV_NOTE_MAX];
    struct sv_key k;
    struct sv_checkpoint c;
    struct sv_hash path[SV_PROOF_MAX], h;
    uint8_t leaf[SV_LEAF], all[sizeof path];
    uint64_t index;
    size_t n = 0;
    int members = 4;
    if (!find_key(o, &k, &members, v))
        return false;
    if (!text_of("checkpoint", note, sizeof note) || !sv_checkpoint_read(note, strlen(note), &k, &c, v) || !sv_witnessed(note, strlen(note), o, v))
        return v->why[0] ? false : sv_fail(v, -1, "checkpoint: missing");
    if (!sv_member_number(&doc, "leafIndex", &index) || !sv_member_bytes(&doc, "path", all, sizeof all, &n) || n % sizeof h.b != 0)
        return sv_fail(v, -1, "the proof is malformed");
    memcpy(path, all, n);
    if (!find_leaf(c.log, leaf, &members, v))
        return false;
    if (sv_members(&doc, &doc.node[0]) != members)
        return sv_fail(v, -1, "the proof has members that nothing vouches for");
    sv_sha256(&h, 0, leaf, sizeof leaf, NULL, 0);
    (void)snprintf(v->origin, sizeof v->origin, "%s", c.origin);
    v->size = c.size;
    v->index = (int64_t)index;
    if (!sv_root_of_path(index, c.size, &h, path, n / sizeof h.b, &v->root) || !sv_same(&v->root, &c.root))
        return sv_fail(v, -1, "event and path do not lead to the root that was signed");
    return true;
}

void sv_check_proof(const char *path, const struct sv_opts *o, struct sv_verdict *v)
{
    static char text[SV_LINE_MAX];
    long n = sv_read_file(path, "", text, sizeof text);
    if (n <= 0 || !sv_json_read(&doc, text, (size_t)n))
        (void)sv_fail(v, -1, "not a directory and not a proof file");
    else
        v->ok = check(o, v);
}
