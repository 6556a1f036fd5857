/* A proof file: one event, its leaf, its path to the root of a signed checkpoint. */
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

static bool read_path(struct sv_hash *path, size_t *n)
{
    const struct sv_node *list = sv_member(&doc, &doc.node[0], "proof");
    *n = 0;
    if (!list || list->type != SV_ARRAY)
        return false;
    for (int i = list->child; i >= 0; i = doc.node[i].next) {
        size_t len = 0;
        const struct sv_node *m = &doc.node[i];
        if (*n == SV_PROOF_MAX || m->type != SV_STRING || !sv_base64(path[*n].b, sizeof path->b, &len, m->text, m->len) || len != sizeof path->b)
            return false;
        (*n)++;
    }
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
    return sv_key_read(o->key_text ? o->key_text : text, k) || sv_fail(v, -1, "key: not a verifier key");
}

/* Salt and payload are there together or, after an erasure, neither. */
static bool check_payload(const uint8_t leaf[SV_LEAF], const char *log, int *members, struct sv_verdict *v, int64_t index)
{
    static uint8_t payload[SV_PAYLOAD_MAX];
    uint8_t salt[SV_SALT];
    char id[64], said[64];
    size_t salt_len = 0, n = 0;
    if (!sv_member(&doc, &doc.node[0], "salt") && !sv_member(&doc, &doc.node[0], "payload")) {
        v->erased = 1;
        return leaf[0] == 2 && leaf[9] == 0 ? true : sv_fail(v, index, "not a leaf of a known version");
    }
    *members += 2;
    if (!sv_member_bytes(&doc, "salt", salt, sizeof salt, &salt_len) || salt_len != SV_SALT || !sv_member_bytes(&doc, "payload", payload, sizeof payload, &n))
        return sv_fail(v, index, "salt or payload is malformed");
    if (!sv_leaf_commits(leaf, salt, payload, n))
        return sv_fail(v, index, "the event is not the one the leaf commits to");
    const char *fault = sv_event_fault(leaf, payload, n, log, NULL, NULL, id);
    if (fault)
        return sv_fail(v, index, "%s", fault);
    return text_of("eventId", said, sizeof said) && strcmp(id, said) == 0 ? true : sv_fail(v, index, "the event has another id");
}

static bool check(const struct sv_opts *o, struct sv_verdict *v)
{
    static char note[SV_NOTE_MAX];
    struct sv_key k;
    struct sv_checkpoint c;
    struct sv_hash path[SV_PROOF_MAX], h;
    uint8_t leaf[SV_LEAF];
    char origin[256], log[64], id[64];
    uint64_t index, size;
    size_t n = 0, leaf_len = 0;
    int members = 8;
    if (!find_key(o, &k, &members, v))
        return false;
    if (!text_of("checkpoint", note, sizeof note) || !sv_checkpoint_read(note, strlen(note), &k, &c, v))
        return v->why[0] ? false : sv_fail(v, -1, "checkpoint: missing");
    if (!sv_member_number(&doc, "leafIndex", &index) || !sv_member_number(&doc, "treeSize", &size) || !text_of("origin", origin, sizeof origin) ||
        !text_of("log", log, sizeof log) || !text_of("eventId", id, sizeof id) || !sv_member_bytes(&doc, "leaf", leaf, sizeof leaf, &leaf_len) || leaf_len != SV_LEAF ||
        !read_path(path, &n))
        return sv_fail(v, -1, "the proof is malformed");
    if (strcmp(origin, c.origin) != 0 || strcmp(log, c.log) != 0 || size != c.size)
        return sv_fail(v, (int64_t)index, "the checkpoint is of another log or size");
    if (!check_payload(leaf, log, &members, v, (int64_t)index))
        return false;
    if (sv_members(&doc, &doc.node[0]) != members)
        return sv_fail(v, -1, "the proof has members that nothing vouches for");
    sv_sha256(&h, 0, leaf, sizeof leaf, NULL, 0);
    (void)snprintf(v->origin, sizeof v->origin, "%s", c.origin);
    v->size = c.size;
    v->index = (int64_t)index;
    if (!sv_root_of_path(index, size, &h, path, n, &v->root) || !sv_same(&v->root, &c.root))
        return sv_fail(v, (int64_t)index, "the path does not lead to the root that was signed");
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
