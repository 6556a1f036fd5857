/* sigill-verify reads a proof file: what it calls good is an event of the log, at its place, under the checkpoint that was signed. */
#include "tests/fuzz/verify_files.h"
#include "base/base64.h"
#include "verify/verify.h"

typedef void put_fn(const void *data, size_t n);
struct log { put_fn *put; struct sg_hash entry[FUZZ_ENTRIES]; struct sg_hash root; };

static bool subtree(void *ctx, uint64_t start, uint64_t count, struct sg_hash *out)
{
    struct sg_hash right;
    if (count == 1) return *out = ((const struct sg_hash *)ctx)[start], true;
    if (!subtree(ctx, start, count / 2, out) || !subtree(ctx, start + count / 2, count / 2, &right)) return false;
    sg_merkle_node(out, out, &right);
    return true;
}

static void read_hashes(const char *dir, void *ctx)
{
    struct log *l = ctx;
    size_t n = 0;
    char *text = mk_read(dir, "hashes", &n);
    FUZZ_HOLDS(n == sizeof l->entry);
    memcpy(l->entry, text, n);
    FUZZ_HOLDS(sg_merkle_range(0, FUZZ_ENTRIES, subtree, l->entry, &l->root) == SG_E_OK);
    free(text);
}

static size_t good;       /* inputs that were called so */

void fuzz_run(const uint8_t *data, size_t n)
{
    static struct log l;
    static bool known;
    struct sv_opts o = {.key_text = NULL};
    struct sv_verdict v = {.index = -1};
    char key[SG_VKEY_MAX];
    struct sg_note_signer s = mk_signer(1);
    if (!known) with_log(read_hashes, &l);
    known = true;
    sg_note_key_print(key, &s.key);
    o.key_text = key;
    mem_clear();
    mem_add("", data, n);
    if (!sv_check_proof("mem:", &o, &v)) {
        FUZZ_HOLDS(v.why[0]);
        return;
    }
    good++;
    FUZZ_HOLDS(v.size == FUZZ_ENTRIES && v.index >= 0 && v.index < FUZZ_ENTRIES && memcmp(v.root.b, l.root.b, sizeof l.root.b) == 0);
}

static void add_bytes(cJSON *v, const char *key, const void *p, size_t n)
{
    char text[SG_BASE64_LEN(SG_PAYLOAD_MAX) + 1];
    sg_base64(text, p, n);
    FUZZ_HOLDS(cJSON_AddStringToObject(v, key, text) != NULL);
}

/* Entry i as log prove writes it. */
static void prove(const char *dir, struct log *l, uint64_t i, bool erased)
{
    uint8_t leaf[SG_LEAF_LEN], salt[SG_SALT_LEN], payload[SG_PAYLOAD_MAX];
    struct sg_event ev;
    struct sg_proof p;
    size_t n = 0;
    char *note = mk_read(dir, "checkpoint", &n);
    FUZZ_HOLDS(sg_merkle_inclusion(i, FUZZ_ENTRIES, subtree, l->entry, &p) == SG_E_OK);
    mk_dice = 7 * 1000003 + i * 7919;
    n = mk_entry((int64_t)i, leaf, salt, payload);
    FUZZ_HOLDS(sg_payload_decode(payload, n, &ev) == SG_E_OK);
    cJSON *v = cJSON_CreateObject();
    if (erased) add_bytes(v, "leaf", leaf, sizeof leaf);
    else FUZZ_HOLDS(cJSON_AddItemToObject(v, "event", sg_payload_list(&ev)));
    if (!erased) add_bytes(v, "salt", salt, sizeof salt);
    (void)cJSON_AddNumberToObject(v, "leafIndex", (double)i);
    add_bytes(v, "path", p.h, p.n * SG_HASH_LEN);
    (void)cJSON_AddStringToObject(v, "checkpoint", note);
    char *text = cJSON_PrintUnformatted(v);
    size_t before = good;
    fuzz_run((const uint8_t *)text, strlen(text));
    FUZZ_HOLDS(good == before + 1);
    fuzz_put_text(l->put, text);
    cJSON_free(text);
    cJSON_Delete(v);
    free(note);
}

static void each(const char *dir, void *ctx)
{
    struct log *l = ctx;
    read_hashes(dir, ctx);
    for (uint64_t i = 0; i < FUZZ_ENTRIES; i++) prove(dir, l, i, i == 2);
}

void fuzz_seeds(put_fn *put)
{
    struct log l = {.put = put};
    with_log(each, &l);
}
