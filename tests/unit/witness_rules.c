/* R2.8: what a witness cosigns and what it does not, by the answers of C2SP tlog-witness: asked with bodies, like from outside, of a witness
 * with real files that is opened anew between the questions. And both ends over the loopback, plain. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "base/base64.h"
#include "base/str.h"
#include "witness/witness.h"

enum { LEAVES = 300, TRUE_LOG = 0, FORGED = 1, PARTS = 100 };
#define LOG "log.example"
#define ORIGIN LOG "/se2321000016-p1/0"
static char dir[64], key[128];
static struct sg_witness w;
static struct sg_note_signer log_signer, stranger;
static struct sg_hash leaf[2][LEAVES];                       /* the true log and one that parts from it at leaf 100 */
static struct sg_buf answer, body, note;
static int evidence;

static int64_t at(void *ctx) { (void)ctx; return 1700000000123; }
static void on_evidence(void *ctx, const char *text, size_t n) { (void)ctx, (void)text, (void)n; evidence++; }

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
    sg_witness_close(&w);
    assert_int_equal(sg_witness_open(&w, key, "w.example", &e), SG_E_OK);
}

static int setup(void **state)
{
    struct sg_error e = {0};
    char vkey[SG_VKEY_MAX];
    (void)state;
    memset(&w, 0, sizeof w);
    w.store.key_fd = w.store.state_fd = -1;
    w.clock = (struct sg_clock){at, at, NULL};
    w.evidence = on_evidence;
    evidence = 0;
    SG_COPY(dir, "/tmp/sigill-witness-XXXXXX");
    assert_non_null(mkdtemp(dir));
    sg_format(key, sizeof key, "%s/key", dir);
    assert_int_equal(sg_note_signer_make(LOG, SG_NOTE_ED25519, (const uint8_t[SG_SEED_LEN]){7}, &log_signer), SG_E_OK);
    assert_int_equal(sg_note_signer_make(LOG, SG_NOTE_ED25519, (const uint8_t[SG_SEED_LEN]){8}, &stranger), SG_E_OK);
    sg_note_key_print(vkey, &log_signer.key);
    assert_int_equal(sg_witness_log(&w, vkey, &e), SG_E_OK);
    reopen();
    for (int i = 0; i < LEAVES; i++) {
        sg_merkle_leaf(&leaf[TRUE_LOG][i], &i, sizeof i);
        leaf[FORGED][i] = leaf[TRUE_LOG][i];
        if (i >= PARTS) sg_merkle_leaf(&leaf[FORGED][i], "forged", 6);
    }
    sg_buf_init(&answer, SG_NOTE_MAX);
    sg_buf_init(&body, SG_WITNESS_BODY_MAX);
    sg_buf_init(&note, SG_NOTE_MAX);
    return 0;
}

static int teardown(void **state)
{
    static const char *const names[] = {"key", "key.state", "key.state.new"};
    char path[160];
    (void)state;
    sg_witness_close(&w);
    sg_buf_free(&answer);
    sg_buf_free(&body);
    sg_buf_free(&note);
    for (size_t i = 0; i < 3; i++) {
        sg_format(path, sizeof path, "%s/%s", dir, names[i]);
        (void)unlink(path);
    }
    return rmdir(dir);
}

struct ask { const char *origin; int log; uint64_t old, proof_from, size; const struct sg_note_signer *by; };

static void make(const struct ask *a)
{
    struct sg_checkpoint c = {.size = a->size};
    struct sg_witness_ask ask = {.old = a->old};
    SG_COPY(c.origin, a->origin ? a->origin : ORIGIN);
    sg_buf_reset(&note);
    sg_buf_reset(&body);
    sg_buf_reset(&answer);
    assert_int_equal(sg_merkle_range(0, a->size, subtree, leaf[a->log], &c.root), SG_E_OK);
    if (a->proof_from <= a->size) assert_int_equal(sg_merkle_consistency(a->proof_from, a->size, subtree, leaf[a->log], &ask.proof), SG_E_OK);
    assert_int_equal(sg_checkpoint_sign(&c, a->by ? a->by : &log_signer, &note), SG_E_OK);
    ask.note = note.data;
    ask.note_len = note.len;
    assert_int_equal(sg_witness_ask_write(&ask, &body), SG_E_OK);
}
static int put(struct ask a)
{
    make(&a);
    return sg_witness_add(&w, body.data, body.len, &answer);
}
/* An honest step. */
static int grow(uint64_t from, uint64_t to) { return put((struct ask){.old = from, .proof_from = from, .size = to}); }

static uint64_t cosigned(void)
{
    const struct sg_signed *s = sg_sign_last(&w.store.book, ORIGIN);
    return s ? s->size : 0;
}

static void r2_8_a_log_that_only_grows_is_cosigned(void **state)
{
    (void)state;
    uint64_t when = 0;
    struct sg_buf line;
    sg_buf_init(&line, SG_NOTE_MAX);
    assert_int_equal(grow(0, 10), 200);
    assert_int_equal(sg_witness_line(note.data, note.len, answer.data, answer.len, &w.store.book.signer.key, &when, &line), SG_E_OK);
    assert_true(when == 1700000000);
    assert_int_equal(line.len, answer.len);
    assert_int_equal(grow(10, 10), 200);                     /* the same again is the same */
    reopen();
    assert_int_equal(grow(10, 256), 200);
    reopen();
    assert_true(cosigned() == 256);
    sg_buf_free(&line);
}

static void r2_8_a_fork_is_not_cosigned(void **state)
{
    (void)state;
    assert_int_equal(grow(0, 200), 200);
    assert_int_equal(put((struct ask){.log = FORGED, .old = 200, .proof_from = 200, .size = 250}), 422);
    assert_int_equal(put((struct ask){.log = FORGED, .old = 200, .proof_from = 200, .size = 200}), 409);     /* as large, with another root */
    assert_int_equal(evidence, 2);
    assert_int_equal(put((struct ask){.log = FORGED, .old = 200, .proof_from = 99, .size = 250}), 422);      /* true up to 99 */
    assert_int_equal(put((struct ask){.old = 200, .proof_from = 250, .size = 250}), 422);                    /* the true log, proof left out */
    reopen();
    assert_true(cosigned() == 200);
    assert_int_equal(grow(200, 250), 200);
}

static void r2_8_a_log_that_shrinks_is_not_cosigned(void **state)
{
    (void)state;
    assert_int_equal(grow(0, 200), 200);
    assert_int_equal(put((struct ask){.old = 200, .proof_from = 200, .size = 150}), 400);                    /* old beyond the checkpoint */
    assert_int_equal(put((struct ask){.old = 150, .proof_from = 150, .size = 150}), 409);
    assert_string_equal(answer.data, "200\n");
    assert_int_equal(put((struct ask){.old = 0, .proof_from = 0, .size = 250}), 409);
    assert_string_equal(answer.data, "200\n");
    assert_true(cosigned() == 200);
}

static void r2_8_others_are_not_cosigned(void **state)
{
    (void)state;
    assert_int_equal(put((struct ask){.size = 10, .by = &stranger}), 403);
    assert_int_equal(put((struct ask){.origin = "other.example/x/0", .size = 10}), 404);
    assert_int_equal(put((struct ask){.origin = LOG "/se2321000016-p1/1", .size = 10}), 200);                /* a later epoch … */
    assert_int_equal(grow(0, 10), 403);                                                                     /* … closes the one before */
    assert_int_equal(w.store.book.n, 1);
}

static void r2_8_what_is_no_request(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "\n", "old\n", "old 00\n\n", "old -1\n\n", "old 1 \n\n", "new 1\n\n", "old 1\n", "old 1\n\n", "old 1\nAAAA\n\n",
                                      "old 1\n\nnot a note\n", "old 1\n\nx\n1\nAAAA\n\n\xE2\x80\x94 x AAAAAAA=\n"};
    struct ask ok = {.size = 10};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) assert_int_equal(sg_witness_add(&w, bad[i], strlen(bad[i]), &answer), 400);
    make(&ok);
    for (size_t n = 0; n < body.len; n++) assert_int_not_equal(sg_witness_add(&w, body.data, n, &answer), 200);
    for (size_t i = 0; i < body.len; i++) {                  /* every bit counts */
        body.data[i] ^= 1;
        assert_int_not_equal(sg_witness_add(&w, body.data, body.len, &answer), 200);
        body.data[i] ^= 1;
    }
    assert_true(cosigned() == 0);
    struct sg_buf many;
    sg_buf_init(&many, SG_WITNESS_BODY_MAX);
    (void)sg_buf_addz(&many, "old 1\n");
    for (int i = 0; i < 64; i++) (void)sg_buf_addz(&many, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n");
    (void)sg_buf_addf(&many, "\n%s", note.data);
    assert_int_equal(sg_witness_add(&w, many.data, many.len, &answer), 400);                                 /* 63 hashes at most */
    sg_buf_free(&many);
}

static bool full(void *ctx, const struct sg_signed *s) { (void)ctx, (void)s; return false; }
static void r2_8_what_is_not_written_down_is_not_cosigned(void **state)
{
    (void)state;
    assert_int_equal(grow(0, 10), 200);
    w.store.book.keep = full;
    assert_int_equal(grow(10, 20), 500);
    assert_int_equal(answer.len, 0);
    assert_true(cosigned() == 10);
}

/* The asker takes a good line of the key it trusts and nothing else. */
static void r2_8_only_the_witness_s_own_line_is_taken(void **state)
{
    (void)state;
    struct sg_note_signer other;
    struct sg_buf line, mixed;
    uint64_t when = 0;
    const struct sg_note_key *k = &w.store.book.signer.key;
    sg_buf_init(&line, SG_NOTE_MAX);
    sg_buf_init(&mixed, SG_NOTE_MAX);
    assert_int_equal(grow(0, 10), 200);
    assert_int_equal(sg_note_signer_make("w.example", SG_NOTE_COSIGNATURE, (const uint8_t[SG_SEED_LEN]){9}, &other), SG_E_OK);
    assert_int_equal(sg_witness_line(note.data, note.len, answer.data, answer.len, &other.key, &when, &line), SG_E_NOTFOUND);
    assert_int_equal(sg_witness_line(note.data, note.len, "nonsense\n", 9, k, &when, &line), SG_E_NOTFOUND);
    assert_int_equal(sg_witness_line(note.data, note.len, "", 0, k, &when, &line), SG_E_NOTFOUND);
    (void)sg_buf_addf(&mixed, "nonsense\n%s", answer.data);
    assert_int_equal(sg_witness_line(note.data, note.len, mixed.data, mixed.len, k, &when, &line), SG_E_OK);
    assert_string_equal(line.data, answer.data);
    answer.data[answer.len - 4] ^= 1;
    assert_int_not_equal(sg_witness_line(note.data, note.len, answer.data, answer.len, k, &when, &line), SG_E_OK);
    sg_buf_free(&line);
    sg_buf_free(&mixed);
}

static void r2_8_over_http(void **state)
{
    (void)state;
    struct sg_witness_server *s = NULL;
    struct sg_witness_listen l = {.address = "127.0.0.1"};
    struct sg_error e = {0};
    char url[64], longer[80];
    int port = 0, status = 0;
    if (sg_witness_serve(&w, &l, &s, &port, &e) != SG_E_OK) fail_msg("%s: %s", e.where, e.detail);
    sg_format(url, sizeof url, "http://127.0.0.1:%d", port);
    struct ask a = {.size = 10};
    make(&a);
    assert_int_equal(sg_witness_post(url, "", &body, 5000, NULL, &status, &answer, &e), SG_E_OK);
    assert_int_equal(status, 200);
    assert_true(sg_starts(answer.data, "\xE2\x80\x94 w.example "));
    struct ask again = {.old = 4, .proof_from = 4, .size = 20};
    make(&again);
    assert_int_equal(sg_witness_post(url, "", &body, 5000, NULL, &status, &answer, &e), SG_E_OK);
    assert_int_equal(status, 409);
    assert_string_equal(answer.data, "10\n");
    sg_format(longer, sizeof longer, "%s/elsewhere?", url);
    assert_int_equal(sg_witness_post(longer, "", &body, 5000, NULL, &status, &answer, &e), SG_E_OK);
    assert_int_equal(status, 404);
    sg_witness_stop(s);
    assert_int_equal(sg_witness_post(url, "", &body, 5000, NULL, &status, &answer, &e), SG_E_OFFLINE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
        T(r2_8_a_log_that_only_grows_is_cosigned), T(r2_8_a_fork_is_not_cosigned), T(r2_8_a_log_that_shrinks_is_not_cosigned), T(r2_8_others_are_not_cosigned),
        T(r2_8_what_is_no_request), T(r2_8_what_is_not_written_down_is_not_cosigned), T(r2_8_only_the_witness_s_own_line_is_taken), T(r2_8_over_http),
    };
    return cmocka_run_group_tests_name("witness_rules", tests, NULL, NULL);
}
