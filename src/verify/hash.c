/* SHA-256, the tree of RFC 6962, base 64 and numbers. A proof is checked by the recursive definition of the RFC, read backwards. */
#define OPENSSL_SUPPRESS_DEPRECATED     /* SHA256_Init: the newer calls cost ten times the hash itself */
#include "verify/verify.h"
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

void sv_sha256(struct sv_hash *out, uint8_t first, const void *a, size_t an, const void *b, size_t bn)
{
    SHA256_CTX c;
    SHA256_Init(&c);
    SHA256_Update(&c, &first, 1);
    SHA256_Update(&c, a, an);
    SHA256_Update(&c, b, bn);
    SHA256_Final(out->b, &c);
}

void sv_tree_add(struct sv_tree *t, const void *leaf, size_t n, struct sv_hash *leaf_hash)
{
    struct sv_hash h;
    unsigned level = 0;
    sv_sha256(&h, 0, leaf, n, NULL, 0);
    *leaf_hash = h;
    for (; t->size >> level & 1; level++)
        sv_sha256(&h, 1, t->edge[level].b, sizeof h.b, h.b, sizeof h.b);
    t->edge[level] = h;
    t->size++;
}

void sv_tree_root(const struct sv_tree *t, struct sv_hash *out)
{
    const uint64_t n = t->size;
    SHA256((const unsigned char *)"", 0, out->b);        /* of the empty tree */
    for (unsigned level = 0; level < 64; level++)
        if (n >> level & 1 && n << (63 - level) << 1 == 0)
            *out = t->edge[level];
        else if (n >> level & 1)
            sv_sha256(out, 1, t->edge[level].b, sizeof out->b, out->b, sizeof out->b);
}

bool sv_root_of_path(uint64_t index, uint64_t size, const struct sv_hash *leaf, const struct sv_hash *path, size_t n, struct sv_hash *out)
{
    struct sv_hash below;
    uint64_t k = 1;
    if (size == 1 && index == 0 && n == 0) {
        *out = *leaf;
        return true;
    }
    if (index >= size || size == 1 || n == 0 || n > SV_PROOF_MAX)
        return false;
    while (k < size - k)
        k *= 2;
    bool left = index < k;
    if (!sv_root_of_path(left ? index : index - k, left ? k : size - k, leaf, path, n - 1, &below))
        return false;
    const struct sv_hash *beside = &path[n - 1];
    sv_sha256(out, 1, left ? below.b : beside->b, sizeof below.b, left ? beside->b : below.b, sizeof below.b);
    return true;
}

/* libcrypto reads many spellings; what is not the one it would write itself is refused. */
bool sv_base64(uint8_t *dst, size_t cap, size_t *n, const char *text, size_t len)
{
    static uint8_t raw[SV_LINE_MAX], again[SV_LINE_MAX];
    int got = len < SV_LINE_MAX / 2 ? EVP_DecodeBlock(raw, (const uint8_t *)text, (int)len) : -1;
    size_t padding = len < 4 || text[len - 1] != '=' ? 0 : text[len - 2] != '=' ? 1 : 2;
    *n = got < 0 ? 0 : (size_t)got - padding;
    if (got < 0 || *n > cap || EVP_EncodeBlock(again, raw, (int)*n) != (int)len || memcmp(again, text, len) != 0)
        return false;
    memcpy(dst, raw, *n);
    return true;
}

bool sv_number(const char *s, size_t n, uint64_t *out)
{
    if (n == 0 || n > 19 || (n > 1 && s[0] == '0') || strspn(s, "0123456789") != n)
        return false;
    *out = strtoull(s, NULL, 10);
    return *out >> 63 == 0;
}

uint64_t sv_be(const uint8_t *p, size_t n)
{
    uint64_t v = 0;
    while (n-- > 0)
        v = v << 8 | *p++;
    return v;
}
