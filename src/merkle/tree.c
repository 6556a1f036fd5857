/* Hashing and growing. A tree of n leaves is split at the largest power of two below n; its complete subtrees, one per set bit of n,
 * are the frontier, so that a log grows and knows its root without its leaves. */
#define OPENSSL_SUPPRESS_DEPRECATED     /* SHA256_Init and its like: the one-shot calls look the algorithm up anew for every hash, ten times as slow */
#include "merkle/tree.h"
#include <openssl/sha.h>
#include <string.h>

void sg_merkle_leaf(struct sg_hash *out, const void *leaf, size_t n)
{
    static const uint8_t prefix = 0;
    SHA256_CTX c;
    SHA256_Init(&c);
    SHA256_Update(&c, &prefix, 1);
    SHA256_Update(&c, leaf, n);
    SHA256_Final(out->b, &c);
}

void sg_merkle_node(struct sg_hash *out, const struct sg_hash *left, const struct sg_hash *right)
{
    uint8_t in[1 + 2 * SG_HASH_LEN] = {1};
    SHA256_CTX c;
    memcpy(in + 1, left->b, SG_HASH_LEN);
    memcpy(in + 1 + SG_HASH_LEN, right->b, SG_HASH_LEN);
    SHA256_Init(&c);
    SHA256_Update(&c, in, sizeof in);
    SHA256_Final(out->b, &c);
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
