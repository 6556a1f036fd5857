/* R2.1: random trees against a naive oracle that follows the recursive definitions of RFC 6962 §2.1 word by word and shares no code with
 * src/merkle. A few thousand trees by default, as many as the first argument says in the long form (`make merkle-random`). Size, leaves,
 * index and the spoiled bit of each tree come from its number alone. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <openssl/sha.h>
#include "merkle/tree.h"

enum { LARGE = 2000 };
static uint8_t d[LARGE][32];
static long trees = 4000;
static uint64_t dice;

static uint64_t roll(void) {
    uint64_t z = (dice += UINT64_C(0x9E3779B97F4A7C15));
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

static void hash_pair(uint8_t out[32], const uint8_t l[32], const uint8_t r[32]) {
    static const uint8_t one = 1;
    SHA256_CTX c;
    SHA256_Init(&c);
    SHA256_Update(&c, &one, 1);
    SHA256_Update(&c, l, 32);
    SHA256_Update(&c, r, 32);
    SHA256_Final(out, &c);
}

static size_t largest_power_below(size_t n) {
    size_t k = 1;
    while (k * 2 < n)
        k *= 2;
    return k;
}

/* MTH(D[a:b]) over leaf hashes. */
static void mth(size_t a, size_t b, uint8_t out[32]) {
    uint8_t l[32], r[32];
    if (b - a == 1) {
        memcpy(out, d[a], 32);
        return;
    }
    size_t k = largest_power_below(b - a);
    mth(a, a + k, l);
    mth(a + k, b, r);
    hash_pair(out, l, r);
}

/* PATH(m, D[a:b]), m counted from a. */
static size_t path(size_t m, size_t a, size_t b, uint8_t out[][32]) {
    if (b - a == 1)
        return 0;
    size_t k = largest_power_below(b - a), n;
    if (m < k) {
        n = path(m, a, a + k, out);
        mth(a + k, b, out[n]);
    } else {
        n = path(m - k, a + k, b, out);
        mth(a, a + k, out[n]);
    }
    return n + 1;
}

/* SUBPROOF(m, D[a:b], whole). */
static size_t subproof(size_t m, size_t a, size_t b, bool whole, uint8_t out[][32]) {
    if (m == b - a) {
        if (!whole)
            mth(a, b, out[0]);
        return whole ? 0 : 1;
    }
    size_t k = largest_power_below(b - a), n;
    if (m <= k) {
        n = subproof(m, a, a + k, whole, out);
        mth(a + k, b, out[n]);
    } else {
        n = subproof(m - k, a + k, b, false, out);
        mth(a, a + k, out[n]);
    }
    return n + 1;
}

static bool subtree(void *ctx, uint64_t start, uint64_t count, struct sg_hash *out) {
    (void)ctx;
    mth((size_t)start, (size_t)(start + count), out->b);
    return true;
}

static void spoil(struct sg_proof *p) {
    uint64_t bit = roll();
    if (p->n > 0)
        p->h[bit / 256 % p->n].b[bit % 32] ^= (uint8_t)(1u << (bit / 32 % 8));
}

static void check_inclusion(size_t n, const struct sg_hash *root) {
    uint8_t want[64][32];
    struct sg_hash leaf;
    struct sg_proof p;
    size_t m = roll() % n, len = path(m, 0, n, want);
    memcpy(leaf.b, d[m], 32);
    assert_int_equal(sg_merkle_inclusion(m, n, subtree, NULL, &p), SG_E_OK);
    assert_int_equal(p.n, len);
    assert_memory_equal(p.h, want, len * 32);
    assert_true(sg_merkle_check_inclusion(m, n, &leaf, root, p.h, p.n));
    size_t other = roll() % n;
    assert_int_equal(sg_merkle_check_inclusion(other, n, &leaf, root, p.h, p.n), other == m);
    if (len > 0) {
        assert_false(sg_merkle_check_inclusion(m, n, &leaf, root, p.h, p.n - 1));
        spoil(&p);
        assert_false(sg_merkle_check_inclusion(m, n, &leaf, root, p.h, p.n));
    }
}

static void check_consistency(size_t n, const struct sg_hash *root) {
    uint8_t want[64][32];
    struct sg_hash old;
    struct sg_proof p;
    size_t m = 1 + roll() % n, len = subproof(m, 0, n, true, want);
    mth(0, m, old.b);
    assert_int_equal(sg_merkle_consistency(m, n, subtree, NULL, &p), SG_E_OK);
    assert_int_equal(p.n, len);
    assert_memory_equal(p.h, want, len * 32);
    assert_true(sg_merkle_check_consistency(m, n, &old, root, p.h, p.n));
    size_t other = 1 + roll() % n;
    assert_int_equal(sg_merkle_check_consistency(other, n, &old, root, p.h, p.n), other == m);
    if (len > 0) {
        assert_false(sg_merkle_check_consistency(m, n, &old, root, p.h, p.n - 1));
        spoil(&p);
        assert_false(sg_merkle_check_consistency(m, n, &old, root, p.h, p.n));
    }
}

static void one_tree(uint64_t number) {
    struct sg_frontier f;
    struct sg_hash root, want;
    dice = number;
    size_t n = roll() % 1000 == 0 ? 1 + roll() % LARGE : 1 + roll() % 48;
    sg_frontier_init(&f);
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < 32; k += 8) {
            uint64_t v = roll();
            memcpy(d[i] + k, &v, 8);
        }
        struct sg_hash h;
        memcpy(h.b, d[i], 32);
        sg_frontier_add(&f, &h);
    }
    sg_frontier_root(&f, &root);
    mth(0, n, want.b);
    assert_memory_equal(&root, &want, 32);
    check_inclusion(n, &root);
    check_consistency(n, &root);
}

static void r2_1_random_trees(void **state) {
    (void)state;
    for (long i = 0; i < trees; i++)
        one_tree((uint64_t)i);
}

int main(int argc, char **argv) {
    if (argc > 1)
        trees = strtol(argv[1], NULL, 10);
    const struct CMUnitTest tests[] = {cmocka_unit_test(r2_1_random_trees)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
