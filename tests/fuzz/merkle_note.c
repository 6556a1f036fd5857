/* Notes, checkpoints, verifier keys and origins: what is read prints as it was written, and nothing that was not signed opens. */
#include "tests/fuzz/fuzz.h"
#include "base/str.h"
#include "merkle/checkpoint.h"
#include "merkle/witnesses.h"

#define NAME "log.test"
static struct sg_note_signer signer, witness;
static const char *const ORIGINS[] = {NAME "/se2321000016-0100/0", NAME "/service/3", "other.example/tree"};
enum { N_ORIGINS = sizeof ORIGINS / sizeof *ORIGINS };

static void keys(void)
{
    static const uint8_t one[SG_SEED_LEN] = {1}, two[SG_SEED_LEN] = {2};
    if (signer.key.name[0]) return;
    FUZZ_HOLDS(sg_note_signer_make(NAME, SG_NOTE_ED25519, one, &signer) == SG_E_OK);
    FUZZ_HOLDS(sg_note_signer_make("witness.test", SG_NOTE_COSIGNATURE, two, &witness) == SG_E_OK);
}

static struct sg_checkpoint signed_one(size_t i)
{
    struct sg_checkpoint c = {.size = 1 + i * 1000};
    memset(c.root.b, (int)i + 1, sizeof c.root.b);
    SG_COPY(c.origin, ORIGINS[i]);
    return c;
}

static void body(const char *text, size_t n)
{
    struct sg_checkpoint c, again;
    struct sg_buf b;
    char log[SG_LOG_ID_MAX], origin[SG_ORIGIN_MAX];
    uint64_t epoch = 0;
    if (sg_checkpoint_parse(text, n, &c, NULL) != SG_E_OK) return;
    sg_buf_init(&b, SG_CHECKPOINT_MAX);
    FUZZ_HOLDS(sg_checkpoint_print(&c, &b) == SG_E_OK);
    FUZZ_HOLDS(b.len <= n && memcmp(b.data, text, b.len) == 0);            /* extension lines may follow */
    FUZZ_HOLDS(sg_checkpoint_parse(b.data, b.len, &again, NULL) == SG_E_OK && memcmp(&c.root, &again.root, sizeof c.root) == 0 && c.size == again.size);
    sg_buf_free(&b);
    if (!sg_origin_parse(c.origin, NAME, log, &epoch)) return;
    FUZZ_HOLDS(sg_origin_print(origin, NAME, log, epoch) && sg_eq(origin, c.origin));
}

static void note(const char *text, size_t n)
{
    struct sg_checkpoint c;
    struct sg_note parts;
    struct sg_witnesses w = {.n = 1, .quorum = 1};
    uint64_t when = 0;
    w.key[0] = witness.key;
    if (sg_note_parse(text, n, &parts, NULL) == SG_E_OK) {
        FUZZ_HOLDS(parts.text == text && parts.text_len < n && parts.lines > 0 && parts.lines <= SG_NOTE_SIGS_MAX);
        for (size_t i = 0; i < parts.lines; i++)
            FUZZ_HOLDS(parts.line[i].name > text && parts.line[i].sig + parts.line[i].sig_len < text + n);
    }
    (void)!sg_witnesses_check(&w, text, n, &when);
    if (sg_checkpoint_open(text, n, &signer.key, &c, NULL) != SG_E_OK) {
        FUZZ_HOLDS(c.size == 0 && !c.origin[0]);
        return;
    }
    bool known = false;
    for (size_t i = 0; i < N_ORIGINS; i++) {
        struct sg_checkpoint s = signed_one(i);
        known = known || (s.size == c.size && sg_eq(s.origin, c.origin) && memcmp(&s.root, &c.root, sizeof s.root) == 0);
    }
    FUZZ_HOLDS(known);
}

static void key(const char *text)
{
    struct sg_note_key k;
    struct sg_witnesses w;
    char printed[SG_VKEY_MAX];
    uint64_t size = 0;
    if (sg_note_key_parse(text, &k, NULL) == SG_E_OK) {
        sg_note_key_print(printed, &k);
        FUZZ_HOLDS(strlen(printed) == strlen(text));
        FUZZ_HOLDS(strncasecmp(printed, text, strlen(text)) == 0);         /* the id may be written in capitals */
    }
    (void)!sg_witnesses_parse(text, 0, &w, NULL);
    if (sg_size_parse(text, strlen(text), &size)) FUZZ_HOLDS(size <= INT64_MAX);
}

void fuzz_run(const uint8_t *data, size_t n)
{
    char *text = fuzz_text(data, n);
    keys();
    body(text, n);
    note(text, n);
    key(text);
    free(text);
}

void fuzz_seeds(void (*put)(const void *data, size_t n))
{
    char text[SG_VKEY_MAX];
    struct sg_buf b;
    keys();
    sg_buf_init(&b, SG_NOTE_MAX);
    for (size_t i = 0; i < N_ORIGINS; i++) {
        struct sg_checkpoint c = signed_one(i);
        sg_buf_reset(&b);
        FUZZ_HOLDS(sg_checkpoint_print(&c, &b) == SG_E_OK);
        put(b.data, b.len);
        sg_buf_reset(&b);
        FUZZ_HOLDS(sg_checkpoint_sign(&c, &signer, &b) == SG_E_OK);
        put(b.data, b.len);
        struct sg_note parts;
        struct sg_buf more;
        FUZZ_HOLDS(sg_note_parse(b.data, b.len, &parts, NULL) == SG_E_OK);
        sg_buf_init(&more, SG_NOTE_MAX);
        (void)sg_buf_add(&more, b.data, b.len);
        FUZZ_HOLDS(sg_note_sign_line(&witness, parts.text, parts.text_len, 1700000000, &more) == SG_E_OK);
        put(more.data, more.len);
        sg_buf_free(&more);
    }
    sg_buf_free(&b);
    sg_note_key_print(text, &signer.key);
    fuzz_put_text(put, text);
    sg_note_key_print(text, &witness.key);
    fuzz_put_text(put, text);
    fuzz_put_text(put, "9223372036854775807");
}
