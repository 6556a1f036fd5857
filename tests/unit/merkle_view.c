/* R2.7: a client that keeps its last checkpoint finds the fork. Ten thousand malicious services, each with two histories that part
 * somewhere, signed by one and the same key: whoever has seen one of them is never talked into the other, whatever proof comes with it. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "base/str.h"
#include "merkle/view.h"

enum { MOST = 96 };
static struct sg_note_signer signer;
static uint64_t dice;
static long services = 1500;                    /* `make forks`: 10,000 */
static uint64_t roll(void) {
    uint64_t z = (dice += UINT64_C(0x9E3779B97F4A7C15));
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

struct history { struct sg_hash leaf[MOST]; };
static bool subtree(void *ctx, uint64_t start, uint64_t count, struct sg_hash *out) {
    struct history *h = ctx;
    if (count == 1) {
        *out = h->leaf[start];
        return true;
    }
    struct sg_hash r;
    return subtree(ctx, start, count / 2, out) && subtree(ctx, start + count / 2, count / 2, &r) && (sg_merkle_node(out, out, &r), true);
}

static void sign(struct history *h, uint64_t size, uint64_t epoch, struct sg_buf *note) {
    struct sg_checkpoint c = {.size = size};
    assert_true(sg_origin_print(c.origin, signer.key.name, "p1", epoch));
    assert_int_equal(sg_merkle_range(0, size, subtree, h, &c.root), SG_E_OK);
    sg_buf_init(note, SG_CHECKPOINT_MAX);
    assert_int_equal(sg_checkpoint_sign(&c, &signer, note), SG_E_OK);
}

static enum sg_view_verdict show(struct sg_view *v, struct history *h, uint64_t size, uint64_t epoch, bool current, struct sg_checkpoint *c) {
    struct sg_buf note;
    struct sg_error e = {0};
    sign(h, size, epoch, &note);
    enum sg_view_verdict got = sg_view_judge(v, note.data, note.len, current, c, &e);
    sg_buf_free(&note);
    return got;
}

static int setup(void **state) {
    (void)state;
    uint8_t seed[SG_SEED_LEN] = {9};
    return sg_note_signer_make("log.test", SG_NOTE_ED25519, seed, &signer) != SG_E_OK;
}

/* The proof a liar would send: an honest one of either history, or one of those with a hash changed. */
static void lie(struct history *a, struct history *b, uint64_t from, uint64_t to, struct sg_proof *p) {
    assert_int_equal(sg_merkle_consistency(from, to, subtree, roll() % 2 ? a : b, p), SG_E_OK);
    if (p->n > 0 && roll() % 3 == 0)
        p->h[roll() % p->n] = b->leaf[roll() % MOST];
    if (p->n > 0 && roll() % 5 == 0)
        p->n--;
}

static void r2_7_every_fork_is_found(void **state) {
    (void)state;
    static struct history a, b;
    long found = 0;
    for (long n = 0; n < services; n++) {
        dice = (uint64_t)n;
        for (int i = 0; i < MOST; i++)
            for (size_t k = 0; k < SG_HASH_LEN; k += 8) {
                uint64_t v = roll();
                memcpy(a.leaf[i].b + k, &v, 8);
            }
        b = a;
        uint64_t seen = 1 + roll() % (MOST - 1), apart = roll() % seen, shown = 1 + roll() % MOST;
        for (uint64_t i = apart; i < MOST; i++)
            b.leaf[i].b[0] ^= 1;
        struct sg_view v = {.key = signer.key, .log = "p1"};
        struct sg_checkpoint c;
        assert_int_equal(show(&v, &a, seen, 0, true, &c), SG_VIEW_FIRST);
        v.has = true;
        v.last = c;
        enum sg_view_verdict got = show(&v, &b, shown, 0, true, &c);
        if (got == SG_VIEW_GREW) {
            struct sg_proof p;
            lie(&a, &b, seen, shown, &p);
            found += !sg_view_proved(&v, &c, p.h, p.n);
        } else {
            found += got == SG_VIEW_FORK;
        }
    }
    assert_int_equal(found, services);
}

static void r2_7_an_honest_log_never_looks_like_a_fork(void **state) {
    (void)state;
    static struct history h;
    dice = 5;
    for (int i = 0; i < MOST; i++)
        h.leaf[i].b[0] = (uint8_t)i;
    for (uint64_t known = 0; known <= MOST; known += 5)
        for (uint64_t shown = 0; shown <= MOST; shown += 3) {
            struct sg_view v = {.key = signer.key, .log = "p1"};
            struct sg_checkpoint c;
            struct sg_proof p;
            assert_int_equal(show(&v, &h, known, 0, true, &c), SG_VIEW_FIRST);
            v.has = true;
            v.last = c;
            enum sg_view_verdict got = show(&v, &h, shown, 0, false, &c);
            assert_int_equal(got, shown == known ? SG_VIEW_SAME : shown > known ? SG_VIEW_GREW : SG_VIEW_EARLIER);
            uint64_t low = known < shown ? known : shown, high = known < shown ? shown : known;
            assert_int_equal(sg_merkle_consistency(low, high, subtree, &h, &p), SG_E_OK);
            assert_true(sg_view_proved(&v, &c, p.h, p.n));
        }
}

static void r2_7_epochs_and_strangers(void **state) {
    (void)state;
    static struct history h;
    struct sg_view v = {.key = signer.key, .log = "p1"};
    struct sg_checkpoint c, none = {.size = 0};
    struct sg_note_signer other = signer;
    struct sg_buf note;
    struct sg_error e = {0};
    assert_int_equal(show(&v, &h, 9, 1, true, &c), SG_VIEW_FIRST);
    v.has = true;
    v.last = c;
    assert_int_equal(show(&v, &h, 1, 2, true, &c), SG_VIEW_NEW_EPOCH);
    assert_int_equal(show(&v, &h, 20, 0, true, &c), SG_VIEW_FORK);          /* an epoch that was left */
    assert_int_equal(show(&v, &h, 8, 1, true, &c), SG_VIEW_FORK);           /* backwards */
    assert_int_equal(show(&v, &h, 8, 1, false, &c), SG_VIEW_EARLIER);
    SG_COPY(v.log, "p2");
    assert_int_equal(show(&v, &h, 9, 1, true, &c), SG_VIEW_BAD);
    assert_memory_equal(&c, &none, sizeof c);
    SG_COPY(v.log, "p1");
    uint8_t seed[SG_SEED_LEN] = {10};
    assert_int_equal(sg_note_signer_make("log.test", SG_NOTE_ED25519, seed, &other), SG_E_OK);
    v.key = other.key;
    sign(&h, 9, 1, &note);
    assert_int_equal(sg_view_judge(&v, note.data, note.len, true, &c, &e), SG_VIEW_BAD);
    sg_buf_free(&note);
}

int main(int argc, char **argv) {
    if (argc > 1)
        services = strtol(argv[1], NULL, 10);
    const struct CMUnitTest tests[] = {cmocka_unit_test(r2_7_every_fork_is_found), cmocka_unit_test(r2_7_an_honest_log_never_looks_like_a_fork),
                                       cmocka_unit_test(r2_7_epochs_and_strangers)};
    return cmocka_run_group_tests(tests, setup, NULL);
}
