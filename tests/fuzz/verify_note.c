/* The two readers of checkpoints, sigill's and sigill-verify's, about the same note. Signatures are made here for whatever text the input holds (first
 * byte even), or it is the whole note. What sigill-verify accepts, sigill accepts with the same meaning; the other way they differ only where
 * sigill-verify says that it wants less. */
#include "tests/fuzz/fuzz.h"
#include "base/str.h"
#include "merkle/checkpoint.h"
#include "verify/verify.h"

#define NAME "log.test"

static const struct sg_note_signer *signer(void)
{
    static struct sg_note_signer s;
    static const uint8_t seed[SG_SEED_LEN] = {1};
    if (!s.key.name[0]) FUZZ_HOLDS(sg_note_signer_make(NAME, SG_NOTE_ED25519, seed, &s) == SG_E_OK);
    return &s;
}

/* sigill allows lines behind the root and origins of others; sigill-verify reads only what sigill writes. */
static bool ours(const struct sg_checkpoint *c, const char *note)
{
    char log[SG_LOG_ID_MAX];
    uint64_t epoch = 0;
    struct sg_buf b;
    sg_buf_init(&b, SG_CHECKPOINT_MAX);
    bool plain = sg_checkpoint_print(c, &b) == SG_E_OK && strncmp(note, b.data, b.len) == 0 && note[b.len] == '\n';
    sg_buf_free(&b);
    return plain && sg_origin_parse(c->origin, NAME, log, &epoch);
}

static void both(const char *note, size_t n)
{
    struct sv_key k;
    struct sv_checkpoint theirs;
    struct sv_verdict v = {.index = -1};
    struct sg_checkpoint c;
    char key[SG_VKEY_MAX];
    sg_note_key_print(key, &signer()->key);
    FUZZ_HOLDS(sv_key_read(key, SV_LOG, &k));
    bool one = sg_checkpoint_open(note, n, &signer()->key, &c, NULL) == SG_E_OK, two = sv_checkpoint_read(note, n, &k, &theirs, &v);
    if (two && theirs.size == 0) return;       /* an empty tree has one root only: sigill says so here, sigill-verify when it adds up the entries */
    if (two) {
        FUZZ_HOLDS(one);
        FUZZ_HOLDS(c.size == theirs.size && sg_eq(c.origin, theirs.origin) && memcmp(c.root.b, theirs.root.b, sizeof c.root.b) == 0);
    } else if (one) {
        FUZZ_HOLDS(!ours(&c, note));
    }
}

void fuzz_run(const uint8_t *data, size_t n)
{
    struct sg_buf b;
    if (n < 2) return;
    char *text = fuzz_text(data + 1, n - 1);
    if (data[0] % 2 == 0) {
        sg_buf_init(&b, SG_NOTE_MAX);
        if (sg_note_sign(signer(), text, n - 1, &b) == SG_E_OK) both(b.data, b.len);
        sg_buf_free(&b);
    } else {
        both(text, n - 1);
    }
    free(text);
}

void fuzz_seeds(void (*put)(const void *data, size_t n))
{
    static const char root[] = "\nAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\n";
    static const char *const heads[] = {NAME "/se2321000016-0100/0\n5", NAME "/service/12\n9223372036854775807", "other/x/1\n1", NAME "/service/0\n0"};
    char text[512];
    for (size_t i = 0; i < 4; i++) {
        (void)sg_format(text, sizeof text, "\x02%s%s%s", heads[i], root, i == 1 ? "more\n" : "");
        fuzz_put_text(put, text);
    }
    fuzz_put_text(put, "\x02" NAME "/service/0\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n");
    struct sg_buf b;
    sg_buf_init(&b, SG_NOTE_MAX);
    (void)sg_buf_addz(&b, "\x01");
    (void)sg_format(text, sizeof text, "%s%s", heads[0], root);
    FUZZ_HOLDS(sg_note_sign(signer(), text, strlen(text), &b) == SG_E_OK);
    put(b.data, b.len);
    sg_buf_free(&b);
}
