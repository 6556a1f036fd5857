/* Somebody who holds the signer's socket, as one would who broke into the parser: whatever is asked, nothing is signed that contradicts what
 * was signed before. Asked as packets, like from outside, of a store with real files; opened anew between the attacks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include "base/str.h"
#include "sign/sign.h"

enum { LEAVES = 600, HONEST = 300 };
#define NAME "log.example"
#define ORIGIN NAME "/se2321000016-p1/0"
static char dir[64], key[128];
static struct sg_sign_store store;
static struct sg_hash leaf[2][LEAVES];                       /* the true log and a forged one that parts from it at leaf 100 */
static struct sg_sign_answer answer;

static bool subtree(void *ctx, uint64_t start, uint64_t count, struct sg_hash *out)
{
    struct sg_hash a, b;
    const struct sg_hash *l = ctx;
    if (count == 1) return *out = l[start], true;
    if (!subtree(ctx, start, count / 2, &a) || !subtree(ctx, start + count / 2, count / 2, &b)) return false;
    sg_merkle_node(out, &a, &b);
    return true;
}

static void reopen(void)
{
    struct sg_error e = {0};
    sg_sign_close(&store);
    assert_int_equal(sg_sign_open(&store, key, NAME, &e), SG_E_OK);
}

static int setup(void **state)
{
    (void)state;
    SG_COPY(dir, "/tmp/sigill-sign-XXXXXX");
    assert_non_null(mkdtemp(dir));
    sg_format(key, sizeof key, "%s/key", dir);
    memset(&store, 0, sizeof store);
    store.key_fd = store.state_fd = -1;
    reopen();
    for (int i = 0; i < LEAVES; i++) {
        sg_merkle_leaf(&leaf[0][i], &i, sizeof i);
        leaf[1][i] = leaf[0][i];
        if (i >= 100) sg_merkle_leaf(&leaf[1][i], "forged", 6);
    }
    return 0;
}
static int teardown(void **state)
{
    char path[160];
    (void)state;
    sg_sign_close(&store);
    static const char *const names[] = {"key", "key.state", "key.state.new"};
    for (size_t i = 0; i < 3; i++) {
        sg_format(path, sizeof path, "%s/%s", dir, names[i]);
        (void)unlink(path);
    }
    return rmdir(dir);
}

static enum sg_sign_verdict send(const struct sg_sign_ask *ask)
{
    struct sg_buf b;
    sg_buf_init(&b, SG_SIGN_MESSAGE_MAX);
    assert_int_equal(sg_sign_ask_write(ask, &b), SG_E_OK);
    sg_sign_serve(&store.book, b.data, b.len, &answer);
    sg_buf_free(&b);
    return answer.verdict;
}

/* Asks for a size of one of the two logs with the proof from a size of the same. */
static struct sg_sign_ask want(const char *origin, int log, uint64_t from, uint64_t size)
{
    struct sg_sign_ask a = {.op = SG_SIGN_SIGN, .rq.size = size};
    SG_COPY(a.rq.origin, origin);
    assert_int_equal(sg_merkle_range(0, size, subtree, leaf[log], &a.rq.root), SG_E_OK);
    if (from <= size) assert_int_equal(sg_merkle_consistency(from, size, subtree, leaf[log], &a.rq.proof), SG_E_OK);
    return a;
}
static enum sg_sign_verdict ask_for(const char *origin, int log, uint64_t from, uint64_t size)
{
    struct sg_sign_ask a = want(origin, log, from, size);
    return send(&a);
}
static void honest(void)
{
    assert_int_equal(ask_for(ORIGIN, 0, 0, 0), SG_SIGN_OK);
    assert_int_equal(ask_for(ORIGIN, 0, 0, 10), SG_SIGN_OK);
    assert_int_equal(ask_for(ORIGIN, 0, 10, HONEST), SG_SIGN_OK);
}

/* A refusal: its reason, no signature, nothing changed; and after a restart the same, and honest work goes on. */
static void refused(enum sg_sign_verdict got, enum sg_sign_verdict wanted)
{
    assert_int_equal(got, wanted);
    assert_string_equal(answer.text, "");
    const struct sg_signed *last = sg_sign_last(&store.book, ORIGIN);
    assert_true(last && last->size == HONEST);
    reopen();
    last = sg_sign_last(&store.book, ORIGIN);
    assert_true(last && last->size == HONEST);
}

static void r2_2_honest_growth_is_signed(void **state)
{
    (void)state;
    struct sg_note_key k;
    struct sg_checkpoint c;
    char vkey[SG_VKEY_MAX];
    honest();
    sg_note_key_print(vkey, &store.book.signer.key);
    assert_int_equal(sg_note_key_parse(vkey, &k, NULL), SG_E_OK);
    assert_int_equal(sg_checkpoint_open(answer.text, strlen(answer.text), &k, &c, NULL), SG_E_OK);
    assert_string_equal(c.origin, ORIGIN);
    assert_int_equal(c.size, HONEST);
    assert_int_equal(ask_for(ORIGIN, 0, HONEST, HONEST), SG_SIGN_OK);          /* the same again is the same */
    reopen();
    assert_int_equal(ask_for(ORIGIN, 0, HONEST, LEAVES), SG_SIGN_OK);
}

static void attack_1_smaller(void **state) { (void)state; honest(); refused(ask_for(ORIGIN, 0, HONEST + 1, 299), SG_SIGN_SMALLER); }
static void attack_2_same_size_other_root(void **state) { (void)state; honest(); refused(ask_for(ORIGIN, 1, HONEST, HONEST), SG_SIGN_OTHER_ROOT); }
static void attack_3_larger_fork(void **state) { (void)state; honest(); refused(ask_for(ORIGIN, 1, HONEST, 400), SG_SIGN_INCONSISTENT); }

static void attack_4_proof_left_out(void **state)
{
    (void)state;
    honest();
    struct sg_sign_ask a = want(ORIGIN, 1, HONEST, 400);
    a.rq.proof.n = 0;
    refused(send(&a), SG_SIGN_INCONSISTENT);
    a = want(ORIGIN, 0, HONEST, 400);                        /* even the true log is not signed on trust */
    a.rq.proof.n--;
    refused(send(&a), SG_SIGN_INCONSISTENT);
}

static void attack_5_proof_from_another_size(void **state)
{
    (void)state;
    honest();
    refused(ask_for(ORIGIN, 1, 99, 400), SG_SIGN_INCONSISTENT);                /* true up to 99, so this proof is good for itself */
    refused(ask_for(ORIGIN, 1, 0, 400), SG_SIGN_INCONSISTENT);
}

static void attack_6_other_origin(void **state)
{
    (void)state;
    static const char *const origins[] = {
        "other.example/se2321000016-p1/0", NAME "x/se2321000016-p1/0", NAME "/SE2321000016-P1/0", NAME "/se2321000016-p1/00", NAME "/se2321000016-p1/+0",
        NAME "/se2321000016-p1/0\n999\nAAAA", NAME "/a\nb/0", NAME "//0", NAME "/se2321000016-p1", NAME, "", NAME "/../0", NAME "/se2321000016-p1/0/0"};
    honest();
    for (size_t i = 0; i < sizeof origins / sizeof *origins; i++) refused(ask_for(origins[i], 0, 0, 0), SG_SIGN_OTHER_ORIGIN);
}

static void attack_7_a_new_log_that_is_not_empty(void **state)
{
    (void)state;
    honest();
    refused(ask_for(NAME "/se2321000016-p2/0", 1, 0, 400), SG_SIGN_NOT_EMPTY);
}

static void attack_8_epochs(void **state)
{
    (void)state;
    honest();
    refused(ask_for(NAME "/se2321000016-p1/1", 1, 0, 0), SG_SIGN_EPOCH);       /* a fork in the clothes of a restored backup */
    refused(ask_for(NAME "/se2321000016-p1/1", 1, 0, 400), SG_SIGN_EPOCH);
    refused(ask_for(NAME "/se2321000016-p9/7", 1, 0, 0), SG_SIGN_EPOCH);
    assert_int_equal(sg_sign_epoch(&store.book, NAME "/se2321000016-p1/2"), SG_E_STATE);
    assert_int_equal(sg_sign_epoch(&store.book, NAME "/se2321000016-p1/1"), SG_E_OK);   /* the operator */
    refused(ask_for(ORIGIN, 0, HONEST, 400), SG_SIGN_EPOCH);                   /* the old one is closed, also to what is true */
    assert_int_equal(ask_for(NAME "/se2321000016-p1/1", 1, 0, 400), SG_SIGN_OK);
}

static void attack_9_replay(void **state)
{
    (void)state;
    struct sg_sign_ask first = want(ORIGIN, 0, 0, 0), second = want(ORIGIN, 0, 0, 10);
    honest();
    refused(send(&first), SG_SIGN_SMALLER);
    refused(send(&second), SG_SIGN_SMALLER);
}

static uint64_t seed = 88172645463325252u;
static uint8_t octet(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (uint8_t)(seed >> 32);
}

/* Garbage, cut and changed packets: no signature but for what could have been signed honestly. */
static void attack_10_broken_packets(void **state)
{
    (void)state;
    struct sg_buf good;
    struct sg_sign_ask a;
    honest();
    a = want(ORIGIN, 1, HONEST, 400);
    sg_buf_init(&good, SG_SIGN_MESSAGE_MAX);
    assert_int_equal(sg_sign_ask_write(&a, &good), SG_E_OK);
    for (size_t n = 0; n < good.len; n++) {
        sg_sign_serve(&store.book, good.data, n, &answer);
        assert_int_equal(answer.verdict, SG_SIGN_MALFORMED);
    }
    for (int i = 0; i < 20000; i++) {
        size_t at = (size_t)(octet() << 8 | octet()) % good.len;
        char before = good.data[at];
        good.data[at] = (char)octet();
        sg_sign_serve(&store.book, good.data, good.len, &answer);
        assert_true(good.data[0] != SG_SIGN_SIGN || answer.verdict != SG_SIGN_OK);
        good.data[at] = before;
    }
    for (int i = 0; i < 20000; i++) {
        char junk[300];
        for (size_t n = 0; n < sizeof junk; n++) junk[n] = (char)octet();
        if (i % 2) junk[0] = SG_SIGN_SIGN;
        sg_sign_serve(&store.book, junk, octet(), &answer);
        assert_true(junk[0] != SG_SIGN_SIGN || answer.verdict != SG_SIGN_OK);
    }
    sg_buf_free(&good);
    a.rq.size = UINT64_MAX;
    refused(send(&a), SG_SIGN_MALFORMED);
}

/* The files: one holder, own eyes only, never a new key over an old state; a line torn by a power cut is as if never written. */
static void files_are_guarded(void **state)
{
    (void)state;
    static struct sg_sign_store other;
    char path[160];
    struct sg_error e = {0};
    honest();
    sg_sign_close(&store);
    sg_format(path, sizeof path, "%s.state", key);
    FILE *f = fopen(path, "a");
    assert_non_null(f);
    fputs(ORIGIN " 999 00", f);
    fclose(f);
    reopen();
    assert_int_equal(sg_sign_last(&store.book, ORIGIN)->size, HONEST);
    sg_sign_close(&store);
    assert_int_equal(chmod(key, 0640), 0);
    assert_int_equal(sg_sign_open(&other, key, NAME, &e), SG_E_IO);
    assert_int_equal(unlink(key), 0);
    assert_int_equal(sg_sign_open(&other, key, NAME, &e), SG_E_CORRUPT);
    f = fopen(path, "w");
    fputs("nonsense\n", f);
    fclose(f);
    f = fopen(key, "w");
    fputs("sigill log key 1\n" NAME "\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n", f);
    fclose(f);
    assert_int_equal(chmod(key, 0600), 0);
    assert_int_equal(sg_sign_open(&other, key, NAME, &e), SG_E_CORRUPT);
}

static bool full(void *ctx, const struct sg_signed *s) { (void)ctx; (void)s; return false; }

static void what_cannot_be_written_down_is_not_signed(void **state)
{
    (void)state;
    honest();
    bool (*keep)(void *, const struct sg_signed *) = store.book.keep;
    store.book.keep = full;
    enum sg_sign_verdict v = ask_for(ORIGIN, 0, HONEST, 400);
    store.book.keep = keep;
    refused(v, SG_SIGN_STORE);
    assert_int_equal(ask_for(ORIGIN, 0, HONEST, 400), SG_SIGN_OK);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(r2_2_honest_growth_is_signed), T(attack_1_smaller), T(attack_2_same_size_other_root), T(attack_3_larger_fork), T(attack_4_proof_left_out),
        T(attack_5_proof_from_another_size), T(attack_6_other_origin), T(attack_7_a_new_log_that_is_not_empty), T(attack_8_epochs), T(attack_9_replay),
        T(attack_10_broken_packets), T(files_are_guarded), T(what_cannot_be_written_down_is_not_signed),
    };
    return cmocka_run_group_tests_name("sign_attack", tests, NULL, NULL);
}
