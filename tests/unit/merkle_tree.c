/* R2.1: the tree against a naive recursive oracle written from RFC 6962 §2.1, and the edge cases of proofs. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <openssl/evp.h>
#include "merkle/tree.h"

enum { MOST = 300 };
static struct sg_hash leaf[MOST];

/* The oracle: MTH, PATH and PROOF as the RFC writes them, own hashing through EVP. */
static struct sg_hash sha(const uint8_t *data, size_t n)
{
    struct sg_hash h;
    EVP_Digest(data, n, h.b, NULL, EVP_sha256(), NULL);
    return h;
}

static struct sg_hash mth(int from, int n)
{
    if (n == 0)
        return sha((const uint8_t *)"", 0);
    if (n == 1)
        return leaf[from];
    int k = 1;
    while (2 * k < n)
        k *= 2;
    struct sg_hash l = mth(from, k), r = mth(from + k, n - k);
    uint8_t in[65] = {1};
    memcpy(in + 1, l.b, 32);
    memcpy(in + 33, r.b, 32);
    return sha(in, 65);
}

static int path(int m, int from, int n, struct sg_hash *out)
{
    if (n == 1)
        return 0;
    int k = 1;
    while (2 * k < n)
        k *= 2;
    int len = m < k ? path(m, from, k, out) : path(m - k, from + k, n - k, out);
    out[len] = m < k ? mth(from + k, n - k) : mth(from, k);
    return len + 1;
}

static int subproof(int m, int from, int n, int whole, struct sg_hash *out)
{
    if (m == n) {
        if (whole)
            return 0;
        out[0] = mth(from, n);
        return 1;
    }
    int k = 1;
    while (2 * k < n)
        k *= 2;
    int len = m <= k ? subproof(m, from, k, whole, out) : subproof(m - k, from + k, n - k, 0, out);
    out[len] = m <= k ? mth(from + k, n - k) : mth(from, k);
    return len + 1;
}

static bool subtree(void *ctx, uint64_t start, uint64_t count, struct sg_hash *out)
{
    (void)ctx;
    *out = mth((int)start, (int)count);
    return true;
}

static int setup(void **state)
{
    (void)state;
    for (int i = 0; i < MOST; i++) {
        uint8_t in[2] = {0, (uint8_t)(i * 7 + i / 256)};
        uint8_t data[3] = {(uint8_t)i, (uint8_t)(i >> 8), in[1]};
        sg_merkle_leaf(&leaf[i], data, 3);
        uint8_t whole[4] = {0, data[0], data[1], data[2]};
        struct sg_hash own = sha(whole, 4);
        assert_memory_equal(leaf[i].b, own.b, 32);
    }
    return 0;
}

static void r2_1_frontier_and_range_give_the_root(void **state)
{
    (void)state;
    struct sg_frontier f;
    sg_frontier_init(&f);
    for (int n = 0; n <= MOST; n++) {
        struct sg_hash want = mth(0, n), got, range;
        sg_frontier_root(&f, &got);
        assert_memory_equal(got.b, want.b, 32);
        assert_int_equal(sg_merkle_range(0, (uint64_t)n, subtree, NULL, &range), SG_E_OK);
        assert_memory_equal(range.b, want.b, 32);
        if (n < MOST)
            sg_frontier_add(&f, &leaf[n]);
    }
}

static void r2_1_inclusion_equals_oracle(void **state)
{
    (void)state;
    for (int n = 1; n <= 70; n++) {
        struct sg_hash root = mth(0, n);
        for (int m = 0; m < n; m++) {
            struct sg_hash want[64];
            struct sg_proof p;
            int len = path(m, 0, n, want);
            assert_int_equal(sg_merkle_inclusion((uint64_t)m, (uint64_t)n, subtree, NULL, &p), SG_E_OK);
            assert_int_equal(p.n, len);
            assert_memory_equal(p.h, want, (size_t)len * 32);
            assert_true(sg_merkle_check_inclusion((uint64_t)m, (uint64_t)n, &leaf[m], &root, p.h, p.n));
        }
    }
}

static void r2_1_consistency_equals_oracle(void **state)
{
    (void)state;
    for (int n = 1; n <= 70; n++)
        for (int m = 1; m <= n; m++) {
            struct sg_hash want[64], r1 = mth(0, m), r2 = mth(0, n);
            struct sg_proof p;
            int len = subproof(m, 0, n, 1, want);
            assert_int_equal(sg_merkle_consistency((uint64_t)m, (uint64_t)n, subtree, NULL, &p), SG_E_OK);
            assert_int_equal(p.n, len);
            assert_memory_equal(p.h, want, (size_t)len * 32);
            assert_true(sg_merkle_check_consistency((uint64_t)m, (uint64_t)n, &r1, &r2, p.h, p.n));
        }
}

/* Every proof of small trees, spoiled in every way that is at hand, is refused. */
static void r2_2_spoiled_proofs_are_refused(void **state)
{
    (void)state;
    long refused = 0;
    for (int n = 1; n <= 20; n++)
        for (int m = 0; m < n; m++) {
            struct sg_hash root = mth(0, n);
            struct sg_proof p;
            assert_int_equal(sg_merkle_inclusion((uint64_t)m, (uint64_t)n, subtree, NULL, &p), SG_E_OK);
            for (size_t bit = 0; bit < p.n * 256; bit += 5, refused++) {
                p.h[bit / 256].b[bit % 256 / 8] ^= (uint8_t)(1u << (bit % 8));
                assert_false(sg_merkle_check_inclusion((uint64_t)m, (uint64_t)n, &leaf[m], &root, p.h, p.n));
                p.h[bit / 256].b[bit % 256 / 8] ^= (uint8_t)(1u << (bit % 8));
            }
            if (p.n > 0)
                assert_false(sg_merkle_check_inclusion((uint64_t)m, (uint64_t)n, &leaf[m], &root, p.h, p.n - 1));
            p.h[p.n] = root;
            assert_false(sg_merkle_check_inclusion((uint64_t)m, (uint64_t)n, &leaf[m], &root, p.h, p.n + 1));
            assert_false(sg_merkle_check_inclusion((uint64_t)n, (uint64_t)n, &leaf[m], &root, p.h, p.n));
            for (int other = 0; other < n; other++)
                if (other != m)
                    assert_false(sg_merkle_check_inclusion((uint64_t)other, (uint64_t)n, &leaf[m], &root, p.h, p.n));
        }
    assert_true(refused > 10000);
}

static void r2_3_edges_fail_closed(void **state)
{
    (void)state;
    struct sg_hash empty, one = leaf[0], two = mth(0, 2);
    struct sg_proof p;
    sg_merkle_empty(&empty);
    assert_false(sg_merkle_check_inclusion(0, 0, &one, &empty, NULL, 0));
    assert_true(sg_merkle_check_inclusion(0, 1, &one, &one, NULL, 0));
    assert_true(sg_merkle_check_consistency(0, 0, &empty, &empty, NULL, 0));
    assert_true(sg_merkle_check_consistency(0, 2, &empty, &two, NULL, 0));
    assert_false(sg_merkle_check_consistency(0, 2, &one, &two, NULL, 0));
    assert_false(sg_merkle_check_consistency(0, 2, &empty, &two, &one, 1));
    assert_true(sg_merkle_check_consistency(2, 2, &two, &two, NULL, 0));
    assert_false(sg_merkle_check_consistency(2, 2, &two, &one, NULL, 0));
    assert_false(sg_merkle_check_consistency(2, 2, &two, &two, &one, 1));
    assert_false(sg_merkle_check_consistency(2, 1, &two, &one, NULL, 0));
    assert_false(sg_merkle_check_consistency(1, 2, &one, &two, NULL, 0));
    assert_false(sg_merkle_check_consistency(UINT64_MAX, UINT64_MAX - 1, &one, &two, NULL, 0));
    assert_int_equal(sg_merkle_inclusion(1, 1, subtree, NULL, &p), SG_E_INPUT);
    assert_int_equal(sg_merkle_consistency(3, 2, subtree, NULL, &p), SG_E_INPUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(r2_1_frontier_and_range_give_the_root), cmocka_unit_test(r2_1_inclusion_equals_oracle), cmocka_unit_test(r2_1_consistency_equals_oracle),
        cmocka_unit_test(r2_2_spoiled_proofs_are_refused), cmocka_unit_test(r2_3_edges_fail_closed)};
    return cmocka_run_group_tests(tests, setup, NULL);
}
