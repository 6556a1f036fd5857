/* Proofs: made by walking down from the root, checked by walking up from the leaf as RFC 9162 spells it out. The maker follows the
 * recursive definition of RFC 6962, the checker the iterative one, so that they do not share a mistake. */
#include "merkle/tree.h"
#include <string.h>

/* Largest power of two below n, n >= 2. */
static uint64_t split(uint64_t n)
{
    uint64_t k = 1;
    while (k << 1 < n && k << 1 != 0)
        k <<= 1;
    return k;
}

static enum sg_err put(struct sg_proof *p, uint64_t start, uint64_t end, sg_subtree_fn *fn, void *ctx)
{
    if (p->n == SG_PROOF_MAX)
        return SG_E_LIMIT;
    return sg_merkle_range(start, end, fn, ctx, &p->h[p->n++]);
}

static void reverse(struct sg_proof *p)
{
    for (size_t i = 0; i < p->n / 2; i++) {
        struct sg_hash t = p->h[i];
        p->h[i] = p->h[p->n - 1 - i];
        p->h[p->n - 1 - i] = t;
    }
}

enum sg_err sg_merkle_inclusion(uint64_t index, uint64_t size, sg_subtree_fn *fn, void *ctx, struct sg_proof *out)
{
    uint64_t start = 0, end = size;
    memset(out, 0, sizeof *out);
    if (index >= size)
        return SG_E_INPUT;
    while (end - start > 1) {
        uint64_t k = start + split(end - start);
        enum sg_err err = index < k ? put(out, k, end, fn, ctx) : put(out, start, k, fn, ctx);
        if (err != SG_E_OK)
            return err;
        if (index < k)
            end = k;
        else
            start = k;
    }
    reverse(out);
    return SG_E_OK;
}

enum sg_err sg_merkle_consistency(uint64_t size1, uint64_t size2, sg_subtree_fn *fn, void *ctx, struct sg_proof *out)
{
    uint64_t start = 0, end = size2;
    bool whole = true;                  /* the old tree is still the whole left part: its root is known to the other side */
    memset(out, 0, sizeof *out);
    if (size1 > size2)
        return SG_E_INPUT;
    if (size1 == 0 || size1 == size2)
        return SG_E_OK;
    while (end != size1) {
        uint64_t k = start + split(end - start);
        enum sg_err err = size1 <= k ? put(out, k, end, fn, ctx) : put(out, start, k, fn, ctx);
        if (err != SG_E_OK)
            return err;
        if (size1 <= k) {
            end = k;
        } else {
            start = k;
            whole = false;
        }
    }
    if (!whole) {
        enum sg_err err = put(out, start, end, fn, ctx);
        if (err != SG_E_OK)
            return err;
    }
    reverse(out);
    return SG_E_OK;
}

static bool same(const struct sg_hash *a, const struct sg_hash *b)
{
    return memcmp(a->b, b->b, SG_HASH_LEN) == 0;
}

bool sg_merkle_check_inclusion(uint64_t index, uint64_t size, const struct sg_hash *leaf_hash, const struct sg_hash *root, const struct sg_hash *proof, size_t n)
{
    if (index >= size)
        return false;
    uint64_t fn = index, sn = size - 1;
    struct sg_hash r = *leaf_hash;
    for (size_t i = 0; i < n; i++) {
        if (sn == 0)
            return false;
        if ((fn & 1) || fn == sn) {
            sg_merkle_node(&r, &proof[i], &r);
            while (!(fn & 1) && fn != 0) {
                fn >>= 1;
                sn >>= 1;
            }
        } else {
            sg_merkle_node(&r, &r, &proof[i]);
        }
        fn >>= 1;
        sn >>= 1;
    }
    return sn == 0 && same(&r, root);
}

/* Both roots are rebuilt from one walk: fr the old, sr the new. */
static bool walk_up(uint64_t fn, uint64_t sn, struct sg_hash fr, const struct sg_hash *proof, size_t n, const struct sg_hash *root1, const struct sg_hash *root2)
{
    struct sg_hash sr = fr;
    for (size_t i = 0; i < n; i++) {
        if (sn == 0)
            return false;
        if ((fn & 1) || fn == sn) {
            sg_merkle_node(&fr, &proof[i], &fr);
            sg_merkle_node(&sr, &proof[i], &sr);
            while (!(fn & 1) && fn != 0) {
                fn >>= 1;
                sn >>= 1;
            }
        } else {
            sg_merkle_node(&sr, &sr, &proof[i]);
        }
        fn >>= 1;
        sn >>= 1;
    }
    return sn == 0 && same(&fr, root1) && same(&sr, root2);
}

bool sg_merkle_check_consistency(uint64_t size1, uint64_t size2, const struct sg_hash *root1, const struct sg_hash *root2, const struct sg_hash *proof, size_t n)
{
    if (size1 > size2)
        return false;
    if (size1 == size2)
        return n == 0 && same(root1, root2);
    if (size1 == 0) {
        struct sg_hash empty;
        sg_merkle_empty(&empty);
        return n == 0 && same(root1, &empty);
    }
    uint64_t fn = size1 - 1, sn = size2 - 1;
    while (fn & 1) {
        fn >>= 1;
        sn >>= 1;
    }
    bool power = (size1 & (size1 - 1)) == 0;       /* then the old root itself is where the walk begins */
    if (power)
        return walk_up(fn, sn, *root1, proof, n, root1, root2);
    return n > 0 && walk_up(fn, sn, proof[0], proof + 1, n - 1, root1, root2);
}
