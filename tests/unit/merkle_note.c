/* R2.1, R2.3: signed notes and checkpoints, published examples and hostile ones. Nothing unsigned and nothing by an unknown key passes. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "base/base64.h"
#include "merkle/checkpoint.h"

static struct sg_note_signer log_signer, other_signer, witness;
static char note[2048];
static size_t note_len;
#define ORIGIN "log.example/SE2321000016-1003/0"

static int setup(void **state)
{
    (void)state;
    uint8_t seed[32] = {1};
    struct sg_checkpoint c = {.origin = ORIGIN, .size = 7};
    struct sg_buf b;
    memset(c.root.b, 0xAB, sizeof c.root.b);
    sg_buf_init(&b, SG_CHECKPOINT_MAX);
    int bad = sg_note_signer_make("log.example", SG_NOTE_ED25519, seed, &log_signer) != SG_E_OK;
    seed[0] = 2;
    bad += sg_note_signer_make("log.example", SG_NOTE_ED25519, seed, &other_signer) != SG_E_OK;
    seed[0] = 3;
    bad += sg_note_signer_make("witness.example/w1", SG_NOTE_COSIGNATURE, seed, &witness) != SG_E_OK;
    bad += sg_checkpoint_sign(&c, &log_signer, &b) != SG_E_OK;
    if (bad == 0) {
        note_len = b.len;
        memcpy(note, b.data, b.len + 1);
    }
    sg_buf_free(&b);
    return bad;
}

static enum sg_err open_text(const char *text, size_t n, struct sg_checkpoint *c)
{
    struct sg_error e = {0};
    return sg_checkpoint_open(text, n, &log_signer.key, c, &e);
}

static bool passes(const char *text, size_t n)
{
    struct sg_checkpoint c, none = {0};
    enum sg_err err = open_text(text, n, &c);
    if (err != SG_E_OK)
        assert_memory_equal(&c, &none, sizeof c);
    return err == SG_E_OK;
}

/* The example of the Go package that the format comes from: key, text and signature by another implementation. */
static void r2_1_published_note(void **state)
{
    (void)state;
    static const char text[] = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n"
        "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
    static const char vkey[] = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    static const char *const seed64 = "gQoUAtUUbI2E8kQzMPVAgOv5juF9nHT2JS/F1ccoMXM=";
    struct sg_note_key k;
    struct sg_note n;
    struct sg_error e = {0};
    char again[SG_VKEY_MAX];
    assert_int_equal(sg_note_key_parse(vkey, &k, &e), SG_E_OK);
    sg_note_key_print(again, &k);
    assert_string_equal(again, vkey);
    assert_int_equal(sg_note_parse(text, strlen(text), &n, &e), SG_E_OK);
    assert_int_equal(sg_note_verify(&n, &k, NULL), SG_E_OK);

    uint8_t seed[32];
    size_t len = 0;
    struct sg_note_signer s;
    struct sg_buf b;
    assert_true(sg_unbase64(seed, sizeof seed, &len, seed64, strlen(seed64)) && len == 32);
    assert_int_equal(sg_note_signer_make("PeterNeumann", SG_NOTE_ED25519, seed, &s), SG_E_OK);
    sg_buf_init(&b, 1000);
    assert_int_equal(sg_note_sign(&s, text, n.text_len, &b), SG_E_OK);
    assert_string_equal(b.data, text);
    sg_buf_free(&b);
}

static void r2_1_keys(void **state)
{
    (void)state;
    struct sg_note_key k;
    struct sg_error e = {0};
    assert_int_equal(sg_note_key_parse("sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8", &k, &e), SG_E_OK);
    static const char *const bad[] = {"", "x", "+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8", "sum.golang.org+033de0af+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8",
        "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn", "sum.golang.org+033de0ae+As4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8",
        "sum golang+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8", "sum.golang.org+33de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8",
        "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8\n"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_not_equal(sg_note_key_parse(bad[i], &k, &e), SG_E_OK);
    static const char *const names[] = {"", "a b", "a+b", "a\tb", "a\xC2\xA0""b", "a\xE2\x80\x83""b", "a\xE3\x80\x80", "\xFF", "a\nb"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_int_equal(sg_note_key_make(names[i], SG_NOTE_ED25519, log_signer.key.pub, &k), SG_E_INPUT);
    assert_int_equal(sg_note_key_make("a", 6, log_signer.key.pub, &k), SG_E_INPUT);
    assert_false(sg_note_key_same(&log_signer.key, &other_signer.key));
    assert_true(sg_note_key_same(&log_signer.key, &log_signer.key));
}

static void r2_1_round_trip(void **state)
{
    (void)state;
    struct sg_checkpoint c;
    char log[SG_LOG_ID_MAX];
    uint64_t epoch = 9;
    assert_int_equal(open_text(note, note_len, &c), SG_E_OK);
    assert_string_equal(c.origin, ORIGIN);
    assert_int_equal(c.size, 7);
    assert_int_equal(c.root.b[31], 0xAB);
    assert_true(sg_origin_parse(c.origin, "log.example", log, &epoch));
    assert_string_equal(log, "SE2321000016-1003");
    assert_int_equal(epoch, 0);
    static const char *const bad[] = {"log.example", "log.example/", "log.example//0", "log.example/x", "log.example/x/", "log.example/x/01", "log.example/x/-1", "log.example/x/0/1", "log.examplf/x/0", "log.exampleX/x/0"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(sg_origin_parse(bad[i], "log.example", log, &epoch));
}

/* Every bit, every cut, every byte taken out or put twice. */
static void r2_2_every_change_is_found(void **state)
{
    (void)state;
    char t[2048];
    for (size_t i = 0; i < note_len * 8; i++) {
        memcpy(t, note, note_len);
        t[i / 8] = (char)(t[i / 8] ^ 1 << i % 8);
        assert_false(passes(t, note_len));
    }
    for (size_t i = 0; i < note_len; i++) {
        assert_false(passes(note, i));
        memcpy(t, note, i);
        memcpy(t + i, note + i + 1, note_len - i - 1);
        assert_false(passes(t, note_len - 1));
        memcpy(t, note, i + 1);
        memcpy(t + i + 1, note + i, note_len - i);
        assert_false(passes(t, note_len + 1));
    }
    assert_true(passes(note, note_len));
}

static void r2_3_unsigned_and_unknown_never_pass(void **state)
{
    (void)state;
    const char *blank = strstr(note, "\n\n");
    assert_false(passes("", 0));
    assert_false(passes(note, (size_t)(blank - note) + 1));
    assert_false(passes(note, (size_t)(blank - note) + 2));
    struct sg_checkpoint c = {.origin = ORIGIN, .size = 7}, got;
    struct sg_buf b;
    struct sg_error e = {0};
    memset(c.root.b, 0xAB, sizeof c.root.b);
    sg_buf_init(&b, SG_CHECKPOINT_MAX);
    assert_int_equal(sg_checkpoint_sign(&c, &other_signer, &b), SG_E_OK);
    assert_int_equal(sg_checkpoint_open(b.data, b.len, &log_signer.key, &got, &e), SG_E_NOTFOUND);
    assert_int_equal(sg_checkpoint_open(b.data, b.len, &other_signer.key, &got, &e), SG_E_OK);
    /* The same name, the other's id forged into a key that did not sign. */
    struct sg_note_key forged = log_signer.key;
    memcpy(forged.id, other_signer.key.id, 4);
    assert_int_equal(sg_checkpoint_open(b.data, b.len, &forged, &got, &e), SG_E_CRYPTO);
    sg_buf_free(&b);
}

static void append(struct sg_buf *b, const struct sg_note_signer *s, uint64_t when)
{
    assert_int_equal(sg_note_sign_line(s, note, (size_t)(strstr(note, "\n\n") - note) + 1, when, b), SG_E_OK);
}

static void r2_3_several_signatures(void **state)
{
    (void)state;
    struct sg_buf b;
    struct sg_note n;
    struct sg_error e = {0};
    uint64_t when = 0;
    sg_buf_init(&b, SG_NOTE_MAX);
    (void)sg_buf_add(&b, note, note_len);
    append(&b, &other_signer, 0);
    append(&b, &witness, 1700000000);
    assert_true(passes(b.data, b.len));                      /* unknown keys are skipped */
    assert_int_equal(sg_note_parse(b.data, b.len, &n, &e), SG_E_OK);
    assert_int_equal(n.lines, 3);
    assert_int_equal(sg_note_verify(&n, &witness.key, &when), SG_E_OK);
    assert_int_equal(when, 1700000000);
    append(&b, &log_signer, 0);
    assert_true(passes(b.data, b.len));                      /* a repeated good one is good */
    (void)sg_buf_addz(&b, "— log.example ");
    uint8_t raw[68] = {0};
    char text[SG_BASE64_LEN(sizeof raw) + 1];
    memcpy(raw, log_signer.key.id, 4);
    sg_base64(text, raw, sizeof raw);
    (void)sg_buf_addf(&b, "%s\n", text);
    assert_false(passes(b.data, b.len));                     /* a bad one beside a good one spoils the note */
    sg_buf_free(&b);

    sg_buf_init(&b, SG_NOTE_MAX);
    (void)sg_buf_add(&b, note, note_len);
    for (int i = 0; i < SG_NOTE_SIGS_MAX - 1; i++)
        append(&b, &other_signer, 0);
    assert_true(passes(b.data, b.len));
    append(&b, &other_signer, 0);
    assert_false(passes(b.data, b.len));
    sg_buf_free(&b);
}

/* A cosignature vouches for another message than a signature: neither passes as the other. */
static void r2_8_cosignature_is_no_signature(void **state)
{
    (void)state;
    struct sg_note_signer twin;
    struct sg_buf b;
    struct sg_note n;
    struct sg_error e = {0};
    assert_int_equal(sg_note_signer_make("log.example", SG_NOTE_COSIGNATURE, log_signer.seed, &twin), SG_E_OK);
    sg_buf_init(&b, SG_NOTE_MAX);
    (void)sg_buf_add(&b, note, (size_t)(strstr(note, "\n\n") - note) + 2);
    append(&b, &twin, 5);
    assert_false(passes(b.data, b.len));
    assert_int_equal(sg_note_parse(b.data, b.len, &n, &e), SG_E_OK);
    assert_int_equal(sg_note_verify(&n, &twin.key, NULL), SG_E_OK);
    assert_int_equal(sg_note_sign_line(&twin, "x\n", 2, UINT64_MAX, &b), SG_E_INPUT);
    sg_buf_free(&b);
}

/* Signed by the right key, and still no checkpoint. */
static void r2_3_signed_nonsense(void **state)
{
    (void)state;
#define ROOT "q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s=\n"
    static const char *const bad[] = {
        "\n7\n" ROOT, "o\n\n7\n" ROOT, "o\n07\n" ROOT, "o\n00\n" ROOT, "o\n-7\n" ROOT, "o\n+7\n" ROOT, "o\n 7\n" ROOT, "o\n7 \n" ROOT, "o\n\n" ROOT, "o\n0x7\n" ROOT, "o\n7.0\n" ROOT, "o\n1e3\n" ROOT,
        "o\n9223372036854775808\n" ROOT, "o\n18446744073709551616\n" ROOT, "o\n18446744073709551623\n" ROOT, "o\n99999999999999999999999999\n" ROOT, "o\n0\n" ROOT,
        "o\n7\n", "o\n7\n\n", "o\n7\nq6s=\n", "o\n7\nq6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6t=\n", "o\n7\nq6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s\n",
        "o\n7\n " ROOT, "o\n7\n" ROOT "\n", "o\n7\n" ROOT "\next\n", "o\n", "\n", "o\n٧\n" ROOT};
    static const char *const good[] = {"o\n7\n" ROOT, "o\n9223372036854775807\n" ROOT, "o\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n", "o\n7\n" ROOT "ext 1\next 2\n", "o p å\n1\n" ROOT};
    for (size_t i = 0; i < sizeof bad / sizeof *bad + sizeof good / sizeof *good; i++) {
        bool want = i >= sizeof bad / sizeof *bad;
        const char *text = want ? good[i - sizeof bad / sizeof *bad] : bad[i];
        struct sg_buf b;
        sg_buf_init(&b, SG_NOTE_MAX);
        assert_int_equal(sg_note_sign(&log_signer, text, strlen(text), &b), SG_E_OK);
        if (passes(b.data, b.len) != want)
            fail_msg("%s: %s", want ? "refused" : "passed", text);
        sg_buf_free(&b);
    }
}

static void r2_3_hostile_forms(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "o\n7\n" ROOT "\n— log.example\n", "o\n7\n" ROOT "\n— log.example \n", "o\n7\n" ROOT "\n- log.example AAAAAAAA\n", "o\n7\n" ROOT "\n— log.example AAAA\n",
        "o\n7\n" ROOT "\n—log.example AAAAAAAA\n", "o\n7\n" ROOT "\n— log.example AAAAAAAA", "o\n7\n" ROOT "\n— log.example AAAAAAA=\r\n", "o\r\n7\r\n" ROOT "\n— log.example AAAAAAAA\n",
        "o\n7\n" ROOT "\n— log.example AAAAAAA\n", "o\n7\n" ROOT "\n— log.example  AAAAAAAA\n", "o\n7\n" ROOT "\n— log+example AAAAAAAA\n", "o\n7\n" ROOT "\n— log.example AAAAAAAA \n",
        "o\n7\n" ROOT "\n— log.example AAAAAAAA\n\n", "o\n7\n" ROOT "— log.example AAAAAAAA\n", "\n— log.example AAAAAAAA\n", "\xFF\n\n— log.example AAAAAAAA\n", "o\t\n\n— log.example AAAAAAAA\n"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct sg_note n;
        struct sg_error e = {0};
        if (sg_note_parse(bad[i], strlen(bad[i]), &n, &e) == SG_E_OK)
            fail_msg("parsed: %s", bad[i]);
    }
    struct sg_note n;
    struct sg_error e = {0};
    assert_int_equal(sg_note_parse("o\n\n— a AAAAAAAA\n", strlen("o\n\n— a AAAAAAAA\n"), &n, &e), SG_E_OK);
    assert_int_equal(sg_note_parse("o\0\n\n— a AAAAAAAA\n", 18, &n, &e), SG_E_PARSE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(r2_1_published_note), cmocka_unit_test(r2_1_keys), cmocka_unit_test(r2_1_round_trip), cmocka_unit_test(r2_2_every_change_is_found),
        cmocka_unit_test(r2_3_unsigned_and_unknown_never_pass), cmocka_unit_test(r2_3_several_signatures), cmocka_unit_test(r2_8_cosignature_is_no_signature),
        cmocka_unit_test(r2_3_signed_nonsense), cmocka_unit_test(r2_3_hostile_forms)};
    return cmocka_run_group_tests(tests, setup, NULL);
}
