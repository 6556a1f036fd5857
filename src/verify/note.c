/* The signed checkpoint: a note of exactly one form, a signature of exactly the key that is trusted. Signature lines of other names or
 * ids are looked at for their form and count for nothing; one that claims to be the key's and is not spoils the note. */
#include "verify/verify.h"
#include <inttypes.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

bool sv_key_read(const char *text, uint8_t type, struct sv_key *out)
{
    const char *plus = strchr(text, '+');
    uint8_t raw[33];
    size_t n = 0, len = plus ? (size_t)(plus - text) : 0;
    struct sv_hash id;
    char hex[9];
    memset(out, 0, sizeof *out);
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)text[i] <= ' ' || (unsigned char)text[i] >= 0x7F)
            return false;               /* names of ours are ASCII without blanks */
    if (!plus || len == 0 || len >= SV_NAME_MAX || strlen(plus) < 10 || plus[9] != '+')
        return false;
    memcpy(out->name, text, len);
    if (!sv_base64(raw, sizeof raw, &n, plus + 10, strlen(plus + 10)) || n != sizeof raw || raw[0] != type)
        return false;
    out->type = type;
    memcpy(out->pub, raw + 1, sizeof out->pub);
    char with_newline[SV_NAME_MAX + 1];
    (void)snprintf(with_newline, sizeof with_newline, "%s\n", out->name);
    sv_sha256(&id, (uint8_t)with_newline[0], with_newline + 1, len, raw, sizeof raw);
    memcpy(out->id, id.b, sizeof out->id);
    (void)snprintf(hex, sizeof hex, "%02x%02x%02x%02x", id.b[0], id.b[1], id.b[2], id.b[3]);
    return memcmp(hex, plus + 1, 8) == 0;
}

/* A witness signs a heading with its time, eight octets that stand before its signature, and then the text. */
static bool signature_good(const struct sv_key *k, const char *text, size_t n, const uint8_t *sig)
{
    static char msg[SV_NOTE_MAX + 64];
    size_t head = 0;
    if (k->type == SV_WITNESS) {
        head = (size_t)snprintf(msg, 64, "cosignature/v1\ntime %llu\n", (unsigned long long)sv_be(sig, 8));
        sig += 8;
    }
    memcpy(msg + head, text, n);
    EVP_PKEY *pub = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, k->pub, sizeof k->pub);
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    bool good = pub && c && EVP_DigestVerifyInit(c, NULL, NULL, NULL, pub) == 1 && EVP_DigestVerify(c, sig, 64, (const uint8_t *)msg, head + n) == 1;
    EVP_MD_CTX_free(c);
    EVP_PKEY_free(pub);
    return good;
}

/* One line "— name base64" of n bytes. 1: the key's and good; 0: another's; -1: malformed, or the key's and bad. */
static int line_verdict(const char *s, size_t n, const struct sv_key *k, const char *text, size_t text_len)
{
    static const char dash[] = "\xE2\x80\x94 ";
    static uint8_t raw[8192];
    size_t got = 0;
    if (n < sizeof dash - 1 || memcmp(s, dash, sizeof dash - 1) != 0)
        return -1;
    s += sizeof dash - 1;
    n -= sizeof dash - 1;
    const char *blank = memchr(s, ' ', n);
    if (!blank || blank == s)
        return -1;
    size_t name = (size_t)(blank - s);
    if (!sv_base64(raw, sizeof raw, &got, blank + 1, n - name - 1) || got <= 4)
        return -1;
    if (name != strlen(k->name) || memcmp(s, k->name, name) != 0 || memcmp(raw, k->id, 4) != 0)
        return 0;
    return got == (k->type == SV_WITNESS ? 4u + 8 + 64 : 4u + 64) && signature_good(k, text, text_len, raw + 4) ? 1 : -1;
}

/* text_len: where the text ends, behind its newline and before the last blank line. */
static bool signed_by(const char *note, size_t n, const struct sv_key *k, size_t *text_len)
{
    int good = 0;
    *text_len = 0;
    for (size_t i = 0; i < n; i++) {
        if ((unsigned char)note[i] < ' ' && note[i] != '\n')
            return false;
        if (i > 1 && note[i] == '\n' && note[i - 1] == '\n')
            *text_len = i;
    }
    if (*text_len == 0 || n >= SV_NOTE_MAX || !sv_utf8(note, n))
        return false;
    const char *at = note + *text_len + 1, *end = note + n;
    while (at < end) {
        const char *nl = memchr(at, '\n', (size_t)(end - at));
        int one = nl ? line_verdict(at, (size_t)(nl - at), k, note, *text_len) : -1;
        if (one < 0)
            return false;
        good += one;
        at = nl + 1;
    }
    return good > 0;
}

bool sv_witnessed(const char *note, size_t n, const struct sv_opts *o, struct sv_verdict *v)
{
    uint64_t good = 0;
    size_t text;
    for (uint64_t i = 0; i < o->witnesses; i++)
        good += signed_by(note, n, &o->witness[i], &text);
    return good >= o->quorum || sv_fail(v, -1, "checkpoint: signed by %" PRIu64 " of %" PRIu64 " witnesses, %" PRIu64 " are demanded", good, o->witnesses, o->quorum);
}

/* The log's id is the part of "<key name>/<log>/<epoch>" in the middle. */
static bool origin_good(struct sv_checkpoint *c, const struct sv_key *k)
{
    size_t n = strlen(k->name);
    uint64_t epoch;
    if (strncmp(c->origin, k->name, n) != 0 || c->origin[n] != '/')
        return false;
    const char *log = c->origin + n + 1, *slash = strchr(log, '/');
    if (!slash || slash == log || (size_t)(slash - log) >= sizeof c->log || !sv_number(slash + 1, strlen(slash + 1), &epoch))
        return false;
    memcpy(c->log, log, (size_t)(slash - log));
    return true;
}

bool sv_checkpoint_read(const char *note, size_t n, const struct sv_key *k, struct sv_checkpoint *out, struct sv_verdict *v)
{
    size_t text = 0, got = 0;
    const char *line[3];
    size_t len[3];
    memset(out, 0, sizeof *out);
    if (!signed_by(note, n, k, &text))
        return sv_fail(v, -1, "checkpoint: not a note signed by %s", k->name);
    const char *at = note, *end = note + text;
    for (int i = 0; i < 3; i++) {
        const char *nl = memchr(at, '\n', (size_t)(end - at));
        if (!nl || nl == at)
            return sv_fail(v, -1, "checkpoint: line %d is missing", i + 1);
        line[i] = at;
        len[i] = (size_t)(nl - at);
        at = nl + 1;
    }
    if (len[0] >= sizeof out->origin || at != end)
        return sv_fail(v, -1, "checkpoint: more than three lines, or too long");
    memcpy(out->origin, line[0], len[0]);
    if (!origin_good(out, k))
        return sv_fail(v, -1, "checkpoint: the origin is not one of the key's");
    if (!sv_number(line[1], len[1], &out->size) || !sv_base64(out->root.b, sizeof out->root.b, &got, line[2], len[2]) || got != sizeof out->root.b)
        return sv_fail(v, -1, "checkpoint: size or root is malformed");
    return true;
}
