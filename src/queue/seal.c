/* Sealing. One sealed blob is
 *     format (1) · index (8, big endian) · nonce (12) · ciphertext (n) · tag (16)
 * AES-256-GCM with a random nonce, so that neither an update nor a file put back from a copy ever uses a nonce twice. The associated
 * data is format, table, device, actor and index, and whatever else of the row stands in clear ("extra"): whoever changes a clear
 * column breaks the seal. The index stands in clear as well, so that a blob found in another place is told from a damaged one.
 * Sub-keys come from the data key by HKDF-SHA256 (RFC 5869, one block, salt = device). */
#include "queue/internal.h"
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>

enum { INDEX_AT = 1, NONCE_AT = 9, BODY_AT = 21, NONCE_LEN = 12, GCM_TAG = 16, PLAIN_MAX = 16 << 20 };

void sg_q_blob_free(struct sg_q_blob *b)
{
    if (b->p)
        sg_wipe(b->p, b->n);
    free(b->p);
    *b = (struct sg_q_blob){0};
}

void sg_q_be64(uint8_t dst[8], int64_t v)
{
    for (int i = 0; i < 8; i++)
        dst[i] = (uint8_t)((uint64_t)v >> (56 - 8 * i));
}

int64_t sg_q_rd64(const uint8_t src[8])
{
    uint64_t v = 0;
    for (int i = 0; i < 8; i++)
        v = v << 8 | src[i];
    return (int64_t)v;
}

const uint8_t *sg_q_key(const struct sg_store *s, enum sg_q_use u)
{
    return s->keys.data + (size_t)u * SG_Q_KEY;
}

/* Feeds the associated data; works for sealing and unsealing. */
static bool feed_ad(EVP_CIPHER_CTX *c, const struct sg_q_ad *ad, int64_t index, bool seal)
{
    uint8_t head[8 + 1 + 16 + SG_UUID_MAX + SG_Q_TAG + 8] = {'s', 'i', 'g', 'i', 'l', 'l', '-', 'q', SG_Q_FORMAT};
    size_t at = 9;
    memcpy(head + at, ad->table, strnlen(ad->table, 16)), at += 16;
    memcpy(head + at, ad->device, strnlen(ad->device, SG_UUID_MAX)), at += SG_UUID_MAX;
    memcpy(head + at, ad->actor, SG_Q_TAG), at += SG_Q_TAG;
    sg_q_be64(head + at, index);
    int n = 0;
    int (*update)(EVP_CIPHER_CTX *, unsigned char *, int *, const unsigned char *, int) = seal ? EVP_EncryptUpdate : EVP_DecryptUpdate;
    if (update(c, NULL, &n, head, (int)sizeof head) != 1)
        return false;
    return ad->n_extra == 0 || update(c, NULL, &n, ad->extra, (int)ad->n_extra) == 1;
}

enum sg_err sg_q_seal(const uint8_t *key, const struct sg_random *r, const struct sg_q_ad *ad, const void *plain, size_t n,
                      struct sg_q_blob *out)
{
    *out = (struct sg_q_blob){0};
    if (n > PLAIN_MAX)
        return SG_E_LIMIT;
    uint8_t *p = malloc(BODY_AT + n + GCM_TAG);
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    if (!p || !c) {
        free(p);
        EVP_CIPHER_CTX_free(c);
        return SG_E_NOMEM;
    }
    p[0] = SG_Q_FORMAT;
    sg_q_be64(p + INDEX_AT, ad->index);
    sg_random_fill(r, p + NONCE_AT, NONCE_LEN);
    int len = 0, tail = 0;
    bool ok = EVP_EncryptInit_ex(c, EVP_aes_256_gcm(), NULL, key, p + NONCE_AT) == 1 && feed_ad(c, ad, ad->index, true)
        && EVP_EncryptUpdate(c, p + BODY_AT, &len, plain, (int)n) == 1 && EVP_EncryptFinal_ex(c, p + BODY_AT + len, &tail) == 1
        && EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_GET_TAG, GCM_TAG, p + BODY_AT + n) == 1;
    EVP_CIPHER_CTX_free(c);
    if (!ok) {
        free(p);
        return SG_E_CRYPTO;
    }
    out->p = p;
    out->n = BODY_AT + n + GCM_TAG;
    return SG_E_OK;
}

/* CORRUPT only when the tag does not fit: whatever else fails (memory) says nothing about the blob. */
static enum sg_err open_body(const uint8_t *key, const struct sg_q_ad *ad, int64_t index, const uint8_t *blob, size_t body, uint8_t *dst)
{
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    if (!c)
        return SG_E_NOMEM;
    uint8_t tag[GCM_TAG];
    memcpy(tag, blob + BODY_AT + body, sizeof tag);
    int len = 0, tail = 0;
    bool ok = EVP_DecryptInit_ex(c, EVP_aes_256_gcm(), NULL, key, blob + NONCE_AT) == 1 && feed_ad(c, ad, index, false)
        && EVP_DecryptUpdate(c, dst, &len, blob + BODY_AT, (int)body) == 1
        && EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_SET_TAG, GCM_TAG, tag) == 1;
    enum sg_err err = !ok ? SG_E_NOMEM : EVP_DecryptFinal_ex(c, dst + len, &tail) == 1 ? SG_E_OK : SG_E_CORRUPT;
    EVP_CIPHER_CTX_free(c);
    return err;
}

enum sg_err sg_q_unseal(const uint8_t *key, const struct sg_q_ad *ad, const void *blob, size_t n, int64_t *index, struct sg_q_blob *out)
{
    *out = (struct sg_q_blob){0};
    *index = ad->index;
    const uint8_t *b = blob;
    if (!b || n < BODY_AT + GCM_TAG || n > (size_t)PLAIN_MAX + BODY_AT + GCM_TAG || b[0] != SG_Q_FORMAT)
        return SG_E_CORRUPT;
    size_t body = n - BODY_AT - GCM_TAG;
    uint8_t *p = malloc(body + 1);
    if (!p)
        return SG_E_NOMEM;
    int64_t says = sg_q_rd64(b + INDEX_AT);
    enum sg_err err = open_body(key, ad, says, b, body, p);
    if (err != SG_E_OK) {
        /* Not authentic. Told apart for the report: a changed index over an intact body is a flipped bit, everything else that
         * claims another place was put there. */
        *index = says == ad->index || open_body(key, ad, ad->index, b, body, p) != SG_E_CORRUPT ? ad->index : says;
        sg_wipe(p, body);
        free(p);
        return err;
    }
    p[body] = 0;
    *index = says;
    *out = (struct sg_q_blob){p, body};
    return SG_E_OK;
}

void sg_q_mark(uint8_t dst[SG_Q_MARK], const void *blob, size_t n)
{
    memset(dst, 0, SG_Q_MARK);
    if (blob && n >= GCM_TAG)
        memcpy(dst, (const uint8_t *)blob + n - GCM_TAG, SG_Q_MARK);
}

enum sg_err sg_q_hmac(const uint8_t *key, const char *label, const void *data, size_t n, uint8_t out[SG_Q_KEY])
{
    uint8_t buf[1200];
    size_t l = strlen(label) + 1;                        /* with its NUL: labels and data cannot run into each other */
    if (l + n > sizeof buf)
        return SG_E_LIMIT;
    memcpy(buf, label, l);
    if (n)
        memcpy(buf + l, data, n);
    unsigned len = SG_Q_KEY;
    bool ok = HMAC(EVP_sha256(), key, SG_Q_KEY, buf, l + n, out, &len) != NULL;
    sg_wipe(buf, sizeof buf);
    return ok ? SG_E_OK : SG_E_CRYPTO;
}

enum sg_err sg_q_sha256(const char *label, const void *a, size_t na, const void *b, size_t nb, uint8_t out[SG_Q_KEY])
{
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    if (!c)
        return SG_E_NOMEM;
    uint8_t len[8];
    sg_q_be64(len, (int64_t)na);
    unsigned n = SG_Q_KEY;
    bool ok = EVP_DigestInit_ex(c, EVP_sha256(), NULL) == 1 && EVP_DigestUpdate(c, label, strlen(label) + 1) == 1
        && EVP_DigestUpdate(c, len, sizeof len) == 1 && EVP_DigestUpdate(c, a, na) == 1
        && (nb == 0 || EVP_DigestUpdate(c, b, nb) == 1) && EVP_DigestFinal_ex(c, out, &n) == 1;
    EVP_MD_CTX_free(c);
    return ok ? SG_E_OK : SG_E_CRYPTO;
}

enum sg_err sg_q_subkeys(const uint8_t *data_key, const char *device, struct sg_secret *out)
{
    static const char *const INFO[SG_USE_COUNT] = {
        [SG_USE_ROW] = "sigill queue 1 row", [SG_USE_CACHE] = "sigill queue 1 cache",
        [SG_USE_TAG] = "sigill queue 1 tag", [SG_USE_CHAIN] = "sigill queue 1 chain",
    };
    uint8_t prk[SG_Q_KEY], info[64];
    unsigned len = sizeof prk;
    if (!HMAC(EVP_sha256(), device, (int)strlen(device), data_key, SG_Q_KEY, prk, &len))
        return SG_E_CRYPTO;
    enum sg_err err = SG_E_OK;
    for (int u = 0; u < SG_USE_COUNT && err == SG_E_OK; u++) {
        size_t n = strlen(INFO[u]);
        memcpy(info, INFO[u], n);
        info[n] = 1;                                     /* HKDF-Expand: T(1) = HMAC(PRK, info ‖ 0x01) */
        len = SG_Q_KEY;
        if (!HMAC(EVP_sha256(), prk, sizeof prk, info, n + 1, out->data + u * SG_Q_KEY, &len))
            err = SG_E_CRYPTO;
    }
    out->len = (size_t)SG_USE_COUNT * SG_Q_KEY;
    sg_wipe(prk, sizeof prk);
    return err;
}
