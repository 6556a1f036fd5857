/* Signed notes. The form is read by hand, byte by byte; only a note in exactly that form reaches a signature check. Signatures of keys one
 * does not know are skipped as the specification says, and count for nothing. A line that claims the known key and does not verify spoils
 * the note, so that no reader can be shown a half-good one. */
#include "merkle/note.h"
#include "base/base64.h"
#include "base/secret.h"
#include "base/utf8.h"
#include <inttypes.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <string.h>

enum { ED_LEN = 64, COSIG_LEN = 8 + ED_LEN };
static const char dash[] = "\xE2\x80\x94 ";

/* White space of Unicode (White_Space property). */
static bool is_space(uint32_t cp)
{
    return cp <= ' ' || cp == 0x7F || cp == 0x85 || cp == 0xA0 || cp == 0x1680 || (cp >= 0x2000 && cp <= 0x200A) || cp == 0x2028 || cp == 0x2029 ||
        cp == 0x202F || cp == 0x205F || cp == 0x3000;
}

static bool name_valid(const char *s, size_t n)
{
    if (n == 0 || n >= SG_NOTE_NAME_MAX)
        return false;
    for (size_t i = 0; i < n;) {
        uint32_t cp;
        i += sg_utf8_next(s + i, n - i, &cp);
        if (cp == SG_UTF8_BAD || cp == '+' || is_space(cp))
            return false;
    }
    return true;
}

static void key_id(struct sg_note_key *k)
{
    uint8_t in[SG_NOTE_NAME_MAX + 2 + 32], full[SHA256_DIGEST_LENGTH];
    size_t n = strlen(k->name);
    memcpy(in, k->name, n);
    in[n] = '\n';
    in[n + 1] = k->type;
    memcpy(in + n + 2, k->pub, 32);
    SHA256(in, n + 2 + 32, full);
    memcpy(k->id, full, 4);
}

enum sg_err sg_note_key_make(const char *name, enum sg_note_type type, const uint8_t pub[32], struct sg_note_key *out)
{
    memset(out, 0, sizeof *out);
    if (!name || !name_valid(name, strlen(name)) || (type != SG_NOTE_ED25519 && type != SG_NOTE_COSIGNATURE) || !SG_COPY(out->name, name))
        return SG_E_INPUT;
    out->type = (uint8_t)type;
    memcpy(out->pub, pub, 32);
    key_id(out);
    return SG_E_OK;
}

enum sg_err sg_note_key_parse(const char *text, struct sg_note_key *out, struct sg_error *e)
{
    char name[SG_NOTE_NAME_MAX];
    uint8_t id[4], raw[33];
    char hex[9];
    size_t n = 0;
    const char *plus = strchr(text, '+');
    memset(out, 0, sizeof *out);
    if (!plus || (size_t)(plus - text) >= sizeof name || strlen(plus) < 10 || plus[9] != '+')
        return sg_fail(e, SG_E_PARSE, "key", "not <name>+<8 hex digits>+<base64>");
    (void)sg_copyn(name, sizeof name, text, (size_t)(plus - text));
    (void)sg_copyn(hex, sizeof hex, plus + 1, 8);
    if (!sg_unhex(id, 4, hex) || !sg_unbase64(raw, sizeof raw, &n, plus + 10, strlen(plus + 10)) || n != sizeof raw)
        return sg_fail(e, SG_E_PARSE, "key", "not <name>+<8 hex digits>+<base64 of 33 bytes>");
    if (sg_note_key_make(name, raw[0], raw + 1, out) != SG_E_OK)
        return sg_fail(e, SG_E_INPUT, "key", "unknown type, or a name that cannot be one");
    if (memcmp(out->id, id, 4) != 0)
        return sg_fail(e, SG_E_CORRUPT, "key", "the id does not fit the key");
    return SG_E_OK;
}

void sg_note_key_print(char dst[SG_VKEY_MAX], const struct sg_note_key *k)
{
    uint8_t raw[33];
    char hex[9], text[SG_BASE64_LEN(sizeof raw) + 1];
    raw[0] = k->type;
    memcpy(raw + 1, k->pub, 32);
    sg_hex(hex, k->id, 4);
    sg_base64(text, raw, sizeof raw);
    (void)sg_format(dst, SG_VKEY_MAX, "%s+%s+%s", k->name, hex, text);
}

bool sg_note_key_same(const struct sg_note_key *a, const struct sg_note_key *b)
{
    return a->type == b->type && memcmp(a->pub, b->pub, 32) == 0 && strcmp(a->name, b->name) == 0;
}

enum sg_err sg_note_signer_make(const char *name, enum sg_note_type type, const uint8_t seed[SG_SEED_LEN], struct sg_note_signer *out)
{
    uint8_t pub[32];
    size_t n = sizeof pub;
    memset(out, 0, sizeof *out);
    EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, SG_SEED_LEN);
    bool ok = key && EVP_PKEY_get_raw_public_key(key, pub, &n) == 1 && n == sizeof pub;
    EVP_PKEY_free(key);
    if (!ok)
        return SG_E_CRYPTO;
    memcpy(out->seed, seed, SG_SEED_LEN);
    return sg_note_key_make(name, type, pub, &out->key);
}

/* What is really signed: the text, for a cosignature behind its two lines. */
static enum sg_err message(const struct sg_note_key *k, const char *text, size_t n, uint64_t when, struct sg_buf *out)
{
    sg_buf_init(out, SG_NOTE_MAX + 128);
    if (k->type == SG_NOTE_COSIGNATURE)
        (void)sg_buf_addf(out, "cosignature/v1\ntime %" PRIu64 "\n", when);
    (void)sg_buf_add(out, text, n);
    return sg_buf_check(out);
}

static bool ed25519_sign(const uint8_t seed[SG_SEED_LEN], const struct sg_buf *msg, uint8_t sig[ED_LEN])
{
    size_t n = ED_LEN;
    EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, SG_SEED_LEN);
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    bool ok = key && c && EVP_DigestSignInit(c, NULL, NULL, NULL, key) == 1 && EVP_DigestSign(c, sig, &n, (const uint8_t *)msg->data, msg->len) == 1 && n == ED_LEN;
    EVP_MD_CTX_free(c);
    EVP_PKEY_free(key);
    return ok;
}

/* NOMEM: it could not be looked at, which says nothing against it. */
static enum sg_err ed25519_verify(const uint8_t pub[32], const struct sg_buf *msg, const uint8_t sig[ED_LEN])
{
    ERR_clear_error();
    EVP_PKEY *key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, pub, 32);
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    bool ok = key && c && EVP_DigestVerifyInit(c, NULL, NULL, NULL, key) == 1 && EVP_DigestVerify(c, sig, ED_LEN, (const uint8_t *)msg->data, msg->len) == 1;
    bool no_memory = !ok && (!c || ERR_GET_REASON(ERR_peek_last_error()) == ERR_R_MALLOC_FAILURE);
    EVP_MD_CTX_free(c);
    EVP_PKEY_free(key);
    return ok ? SG_E_OK : no_memory ? SG_E_NOMEM : SG_E_CRYPTO;
}

static void be64(uint8_t *dst, uint64_t v)
{
    for (int i = 0; i < 8; i++)
        dst[i] = (uint8_t)(v >> (56 - 8 * i));
}

enum sg_err sg_note_sign_line(const struct sg_note_signer *s, const char *text, size_t n, uint64_t when, struct sg_buf *out)
{
    uint8_t raw[4 + COSIG_LEN];
    char b64[SG_BASE64_LEN(sizeof raw) + 1];
    bool cosign = s->key.type == SG_NOTE_COSIGNATURE;
    size_t at = cosign ? 12 : 4;
    struct sg_buf msg;
    if (n == 0 || text[n - 1] != '\n' || when > INT64_MAX)
        return SG_E_INPUT;
    memcpy(raw, s->key.id, 4);
    if (cosign)
        be64(raw + 4, when);
    enum sg_err err = message(&s->key, text, n, when, &msg);
    if (err == SG_E_OK && !ed25519_sign(s->seed, &msg, raw + at))
        err = SG_E_CRYPTO;
    sg_buf_free(&msg);
    if (err != SG_E_OK)
        return err;
    sg_base64(b64, raw, at + ED_LEN);
    return sg_buf_addf(out, "%s%s %s\n", dash, s->key.name, b64);
}

enum sg_err sg_note_sign(const struct sg_note_signer *s, const char *text, size_t n, struct sg_buf *out)
{
    (void)sg_buf_add(out, text, n);
    (void)sg_buf_addz(out, "\n");
    enum sg_err err = sg_note_sign_line(s, text, n, 0, out);
    return err == SG_E_OK ? sg_buf_check(out) : err;
}

/* "— name base64\n" without the newline. */
static bool read_line(const char *s, size_t n, struct sg_note_line *out)
{
    uint8_t raw[SG_NOTE_SIG_MAX];
    size_t len = 0;
    if (n < 4 || memcmp(s, dash, 4) != 0)
        return false;
    s += 4;
    n -= 4;
    const char *blank = memchr(s, ' ', n);
    if (!blank || !name_valid(s, (size_t)(blank - s)))
        return false;
    *out = (struct sg_note_line){.name = s, .name_len = (size_t)(blank - s), .sig = blank + 1, .sig_len = n - (size_t)(blank - s) - 1};
    if (!sg_unbase64(raw, sizeof raw, &len, out->sig, out->sig_len) || len <= 4)
        return false;
    memcpy(out->id, raw, 4);
    return true;
}

/* The last blank line parts text and signatures: there is none inside the signatures. */
static const char *last_blank(const char *note, size_t n)
{
    for (size_t i = n; i >= 2; i--)
        if (note[i - 1] == '\n' && note[i - 2] == '\n')
            return note + i;
    return NULL;
}

static enum sg_err check_bytes(const char *note, size_t n, struct sg_error *e)
{
    if (n == 0 || n > SG_NOTE_MAX)
        return sg_fail(e, SG_E_LIMIT, "", "a note of %zu bytes", n);
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)note[i] < ' ' && note[i] != '\n') {
            char where[32];
            (void)sg_format(where, sizeof where, "byte %zu", i);
            return sg_fail(e, SG_E_PARSE, where, "a control character");
        }
    return sg_utf8_valid(note, n) ? SG_E_OK : sg_fail(e, SG_E_PARSE, "", "not UTF-8");
}

enum sg_err sg_note_parse(const char *note, size_t n, struct sg_note *out, struct sg_error *e)
{
    memset(out, 0, sizeof *out);
    enum sg_err err = check_bytes(note, n, e);
    if (err != SG_E_OK)
        return err;
    const char *at = last_blank(note, n), *end = note + n;
    if (note[n - 1] != '\n' || !at || at - note < 2 || at == end)
        return sg_fail(e, SG_E_PARSE, "", "no text, blank line and signatures that end in a newline");
    out->text = note;
    out->text_len = (size_t)(at - note) - 1;
    while (at < end) {
        const char *nl = memchr(at, '\n', (size_t)(end - at));
        char where[32];
        (void)sg_format(where, sizeof where, "signature %zu", out->lines + 1);
        if (out->lines == SG_NOTE_SIGS_MAX)
            return sg_fail(e, SG_E_LIMIT, where, "more than %d signatures", SG_NOTE_SIGS_MAX);
        if (!nl || !read_line(at, (size_t)(nl - at), &out->line[out->lines]))
            return sg_fail(e, SG_E_PARSE, where, "not a signature line");
        out->lines++;
        at = nl + 1;
    }
    return SG_E_OK;
}

static enum sg_err line_good(const struct sg_note *note, const struct sg_note_line *l, const struct sg_note_key *k, uint64_t *when)
{
    uint8_t raw[4 + COSIG_LEN];
    size_t n = 0, head = k->type == SG_NOTE_COSIGNATURE ? 12 : 4;
    struct sg_buf msg;
    if (!sg_unbase64(raw, sizeof raw, &n, l->sig, l->sig_len) || n != head + ED_LEN)
        return SG_E_CRYPTO;
    *when = 0;
    for (size_t i = 4; i < head; i++)
        *when = *when << 8 | raw[i];
    if (*when > INT64_MAX)
        return SG_E_CRYPTO;
    enum sg_err err = message(k, note->text, note->text_len, *when, &msg);
    if (err == SG_E_OK)
        err = ed25519_verify(k->pub, &msg, raw + head);
    sg_buf_free(&msg);
    return err == SG_E_OK || err == SG_E_NOMEM ? err : SG_E_CRYPTO;
}

enum sg_err sg_note_verify(const struct sg_note *note, const struct sg_note_key *k, uint64_t *when)
{
    size_t good = 0, len = strlen(k->name);
    uint64_t at = 0;
    for (size_t i = 0; i < note->lines; i++) {
        const struct sg_note_line *l = &note->line[i];
        if (memcmp(l->id, k->id, 4) != 0 || l->name_len != len || memcmp(l->name, k->name, len) != 0)
            continue;
        enum sg_err err = line_good(note, l, k, &at);
        if (err != SG_E_OK)
            return err;
        good++;
    }
    if (when)
        *when = at;
    return good > 0 ? SG_E_OK : SG_E_NOTFOUND;
}
