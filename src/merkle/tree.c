/* Hashing and growing. A tree of n leaves is split at the largest power of two below n; its complete subtrees, one per set bit of n,
 * are the frontier, so that a log grows and knows its root without its leaves. */
#include "merkle/tree.h"
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

/* Short leaves go through one call over a copy; long ones stream. */
void sg_merkle_leaf(struct sg_hash *out, const void *leaf, size_t n)
{
    static const uint8_t prefix = 0;
    uint8_t in[1024];
    if (n < sizeof in) {
        in[0] = prefix;
        memcpy(in + 1, leaf, n);
        SHA256(in, n + 1, out->b);
        return;
    }
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    bool ok = c && EVP_DigestInit_ex(c, EVP_sha256(), NULL) == 1 && EVP_DigestUpdate(c, &prefix, 1) == 1 && EVP_DigestUpdate(c, leaf, n) == 1 &&
        EVP_DigestFinal_ex(c, out->b, NULL) == 1;
    EVP_MD_CTX_free(c);
    if (!ok)
        abort();                        /* a log without hashes must not go on */
}

void sg_merkle_node(struct sg_hash *out, const struct sg_hash *left, const struct sg_hash *right)
{
    uint8_t in[1 + 2 * SG_HASH_LEN] = {1};
    memcpy(in + 1, left->b, SG_HASH_LEN);
    memcpy(in + 1 + SG_HASH_LEN, right->b, SG_HASH_LEN);
    SHA256(in, sizeof in, out->b);
}

void sg_merkle_empty(struct sg_hash *out)
{
    SHA256((const uint8_t *)"", 0, out->b);
}

void sg_frontier_init(struct sg_frontier *f)
{
    memset(f, 0, sizeof *f);
}

void sg_frontier_add(struct sg_frontier *f, const struct sg_hash *leaf_hash)
{
    struct sg_hash h = *leaf_hash;
    for (uint64_t bit = 1; f->size & bit; bit <<= 1) {
        f->n--;
        sg_merkle_node(&h, &f->h[f->n], &h);
    }
    f->h[f->n++] = h;
    f->size++;
}

void sg_frontier_root(const struct sg_frontier *f, struct sg_hash *root)
{
    if (f->n == 0) {
        sg_merkle_empty(root);
        return;
    }
    *root = f->h[f->n - 1];
    for (size_t i = f->n - 1; i-- > 0;)
        sg_merkle_node(root, &f->h[i], root);
}

enum sg_err sg_merkle_range(uint64_t start, uint64_t end, sg_subtree_fn *fn, void *ctx, struct sg_hash *out)
{
    struct sg_hash part[64];
    size_t n = 0;
    while (start < end) {
        uint64_t count = start ? start & (~start + 1) : UINT64_C(1) << 63;
        while (count > end - start)
            count >>= 1;
        if (n == sizeof part / sizeof *part || !fn(ctx, start, count, &part[n]))
            return SG_E_IO;
        n++;
        start += count;
    }
    if (n == 0) {
        sg_merkle_empty(out);
        return SG_E_OK;
    }
    *out = part[n - 1];
    for (size_t i = n - 1; i-- > 0;)
        sg_merkle_node(out, &part[i], out);
    return SG_E_OK;
}
