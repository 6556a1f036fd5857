/* R2.9: two verifiers that share no code, sigill-verify (C) and tools/verify-log.py (Python and the openssl command), agree about random
 * logs, good and bad: the same verdict and the same first bad entry. Good ones must be good and spoiled ones bad, so that agreeing on
 * nonsense does not count; some of each batch also where one or both of two witnesses are demanded. Beside each log lies the proof file of one of its events, good or spoiled as well. A few dozen logs by default;
 * in the long form (`make verifiers`) as many as the first argument says, from the number that the second one says. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/base64.h"
#include "log_maker.h"

enum { BATCH = 100, ENTRIES_MAX = 70 };
static long logs = 60, first_log = 0;
static char work[] = "/tmp/sigill-pair-XXXXXX";
static char here[512];                          /* folder of this program: build/tests/unit */
enum want { GOOD, BAD, EITHER };

static void flip_bit(char *t, size_t n) { t[mk_below(n)] ^= (char)(1 << mk_below(8)); }

/* One change of one file's bytes. Returns the new length; t has room for 64 bytes more. */
static size_t spoil_bytes(char *t, size_t n) {
    size_t at = n > 0 ? mk_below(n) : 0, len = 1 + mk_below(60), to = n > 0 ? mk_below(n) : 0;
    switch (n > 0 ? mk_below(6) : 2) {
    case 0: flip_bit(t, n); return n;
    case 1: return at;                                          /* cut off */
    case 2: memmove(t + at + 1, t + at, n - at); t[at] = (char)mk_roll(); return n + 1;
    case 3: len = len > n - at ? n - at : len; memmove(t + at, t + at + len, n - at - len); return n - len;
    case 4: t[at] = (char)(t[at] + 1); return n;
    default: len = t[at] == t[to]; char c = t[at]; t[at] = t[to]; t[to] = c; return n;
    }
}

/* Rows of fixed length, or lines: takes one out, doubles one, or swaps two neighbours. */
static size_t spoil_rows(char *t, size_t n, size_t row) {
    size_t rows = n / row;
    if (rows < 2)
        return n - row;
    size_t at = mk_below(rows - 1) * row;
    char keep[64];
    switch (mk_below(3)) {
    case 0: memmove(t + at, t + at + row, n - at - row); return n - row;
    case 1: memmove(t + at + row, t + at, n - at); return n + row;
    default: memcpy(keep, t + at, row); memmove(t + at, t + at + row, row); memcpy(t + at + row, keep, row); return n;
    }
}

static void spoil_file(const char *dir, const char *name) {
    size_t n;
    char *t = mk_read(dir, name, &n);
    assert_non_null(t);
    t = realloc(t, n + 128);
    size_t row = sg_eq(name, "leaves") ? SG_LEAF_LEN : sg_eq(name, "hashes") ? SG_HASH_LEN : 0;
    size_t now = row > 0 && n >= row && mk_below(2) ? spoil_rows(t, n, row) : spoil_bytes(t, n);
    mk_write(dir, name, t, now);
    free(t);
}

static struct sg_note_signer witness_of(int i) {
    struct sg_note_signer s;
    const uint8_t seed[SG_SEED_LEN] = {(uint8_t)(200 + i)};
    assert_int_equal(sg_note_signer_make(i ? "w2.test" : "w1.test", SG_NOTE_COSIGNATURE, seed, &s), SG_E_OK);
    return s;
}

/* What witnesses have put below the checkpoint, five ways by the log's number: nothing; one; both; one, and a forgery in the other's name;
 * one twice. */
static void cosign(const char *dir, uint64_t number) {
    static const char *const lines[] = {"", "1", "12", "1x", "11"};
    size_t n;
    char *t = mk_read(dir, "checkpoint", &n);
    struct sg_buf b;
    sg_buf_init(&b, SG_NOTE_MAX);
    (void)sg_buf_add(&b, t, n);
    size_t text = (size_t)(strstr(t, "\n\n") - t) + 1;
    for (const char *l = lines[number % 5]; *l; l++) {
        struct sg_note_signer s = witness_of(*l != '1');
        assert_int_equal(sg_note_sign_line(&s, *l == 'x' ? "else\n" : t, *l == 'x' ? 5 : text, 1764115200 + number, &b), SG_E_OK);
    }
    mk_write(dir, "checkpoint", b.data, b.len);
    sg_buf_free(&b);
    free(t);
}
static int cosigned(uint64_t number) { return number % 5 == 0 ? 0 : number % 5 == 2 ? 2 : 1; }

/* A checkpoint with more lines: those of other keys change nothing, a bad one in the key's name does. */
static enum want more_signatures(const char *dir, const struct sg_note_signer *s) {
    struct sg_note_signer other = mk_signer(77);
    struct sg_buf b;
    size_t n;
    char *t = mk_read(dir, "checkpoint", &n);
    sg_buf_init(&b, SG_NOTE_MAX);
    (void)sg_buf_add(&b, t, n);
    bool forged = mk_below(2);
    assert_int_equal(sg_note_sign_line(forged ? s : &other, forged ? "else\n" : "x\n", forged ? 5 : 2, 0, &b), SG_E_OK);
    mk_write(dir, "checkpoint", b.data, b.len);
    sg_buf_free(&b);
    free(t);
    return forged ? BAD : GOOD;
}

static void resign(const char *dir, const struct sg_note_signer *s, bool other_size) {
    size_t n;
    char *t = mk_read(dir, "checkpoint", &n);
    struct sg_note note;
    struct sg_checkpoint c;
    struct sg_error e = {0};
    struct sg_buf b;
    assert_int_equal(sg_note_parse(t, n, &note, &e), SG_E_OK);
    assert_int_equal(sg_checkpoint_parse(note.text, note.text_len, &c, &e), SG_E_OK);
    c.size += other_size;
    sg_buf_init(&b, SG_NOTE_MAX);
    assert_int_equal(sg_checkpoint_sign(&c, s, &b), SG_E_OK);
    mk_write(dir, "checkpoint", b.data, b.len);
    sg_buf_free(&b);
    free(t);
}

/* Everything fits together, only not with what was signed: the checkpoint of another log of the same size. */
static void foreign_checkpoint(const char *dir, int64_t n, uint64_t number, const struct sg_note_signer *s) {
    char other[512];
    size_t len;
    mk_path(other, dir, "other");
    mk_log(other, 999999, 0, n, 0, s);
    cosign(other, number);
    char *t = mk_read(other, "checkpoint", &len);
    mk_write(dir, "checkpoint", t, len);
    free(t);
    mk_remove(other);
}

/* The readable event is given a member, or loses one. */
static void retell(const char *dir, bool more) {
    size_t n;
    char *t = mk_read(dir, "events.ndjson", &n), *at = strstr(t, "\"event\":{");
    if (at) {
        char *from = at + strlen("\"event\":{"), *next = strstr(from, ",\"kind\"");
        assert_non_null(next);
        struct sg_buf b;
        sg_buf_init(&b, n + 64);
        (void)sg_buf_add(&b, t, (size_t)(from - t));
        (void)sg_buf_addz(&b, more ? "\"index\":7," : "");
        (void)sg_buf_addz(&b, more ? from : next + 1);
        mk_write(dir, "events.ndjson", b.data, b.len);
        sg_buf_free(&b);
    }
    free(t);
}

/* ---- the proof of one event ---- */

static bool subtree(void *ctx, uint64_t start, uint64_t count, struct sg_hash *out) {
    struct sg_hash r;
    if (count == 1) {
        *out = ((const struct sg_hash *)ctx)[start];
        return true;
    }
    return subtree(ctx, start, count / 2, out) && subtree(ctx, start + count / 2, count / 2, &r) && (sg_merkle_node(out, out, &r), true);
}

static void add_bytes(cJSON *v, const char *key, const void *p, size_t n) {
    char text[SG_BASE64_LEN(SG_PAYLOAD_MAX) + 1];
    sg_base64(text, p, n);
    assert_non_null(cJSON_AddStringToObject(v, key, text));
}

/* Entry i of the log of that seed in dir, as the service gives it. */
static cJSON *proof_of(const char *dir, uint64_t seed, uint64_t i, bool erased) {
    uint8_t leaf[SG_LEAF_LEN], salt[SG_SALT_LEN], payload[SG_PAYLOAD_MAX];
    struct sg_hash hashes[ENTRIES_MAX];
    struct sg_event ev;
    struct sg_proof p;
    size_t n, len;
    mk_dice = seed * 1000003 + i * 7919;
    len = mk_entry((int64_t)i, leaf, salt, payload);
    char *h = mk_read(dir, "hashes", &n), *note = mk_read(dir, "checkpoint", &len);
    assert_true(n <= sizeof hashes);
    memcpy(hashes, h, n);
    assert_int_equal(sg_merkle_inclusion(i, n / SG_HASH_LEN, subtree, hashes, &p), SG_E_OK);
    mk_dice = seed * 1000003 + i * 7919;
    len = mk_entry((int64_t)i, leaf, salt, payload);
    assert_int_equal(sg_payload_decode(payload, len, &ev), SG_E_OK);
    cJSON *v = cJSON_CreateObject();
    if (erased)
        add_bytes(v, "leaf", leaf, sizeof leaf);
    else
        assert_true(cJSON_AddItemToObject(v, "event", sg_payload_list(&ev)));
    if (!erased)
        add_bytes(v, "salt", salt, sizeof salt);
    (void)cJSON_AddNumberToObject(v, "leafIndex", (double)i);
    add_bytes(v, "path", p.h, p.n * SG_HASH_LEN);
    (void)cJSON_AddStringToObject(v, "checkpoint", note);
    free(h);
    free(note);
    return v;
}

static enum want spoil_proof(cJSON *v, const char *file, uint64_t i) {
    struct sg_note_signer s = mk_signer(mk_below(2) ? 1 : 2);
    enum want want = GOOD;
    char key[SG_VKEY_MAX];
    sg_note_key_print(key, &s.key);
    uint64_t how = mk_below(9);
    if (how == 4) {
        (void)cJSON_AddStringToObject(v, "key", key);
        want = s.key.id[0] == mk_signer(1).key.id[0] ? GOOD : BAD;
    } else if (how == 5) {
        (void)cJSON_AddStringToObject(v, mk_below(2) ? "leaf" : "note", "AAAA");
        want = BAD;
    } else if (how == 6) {
        cJSON_SetNumberValue(cJSON_GetObjectItemCaseSensitive(v, "leafIndex"), (double)(i + 1 + mk_below(3)));
        want = BAD;
    }
    char *text = cJSON_PrintUnformatted(v);
    size_t n = strlen(text);
    text = realloc(text, n + 128);
    if (how > 6) {
        n = spoil_bytes(text, n);
        want = EITHER;
    }
    mk_write(work, file, text, n);
    free(text);
    return want;
}

static enum want make_proof(const char *dir, const char *file, uint64_t number) {
    size_t n;
    free(mk_read(dir, "hashes", &n));
    if (n == 0) {
        mk_write(work, file, "{}", 2);
        return BAD;
    }
    mk_dice = number * 7 + 3;
    uint64_t i = mk_below(n / SG_HASH_LEN);
    cJSON *v = proof_of(dir, number + 1, i, mk_below(4) == 0);
    mk_dice = number * 11 + 5;
    enum want want = spoil_proof(v, file, i);
    cJSON_Delete(v);
    return want;
}

/* A log of its number: how it was spoiled, if at all, follows from it. */
static enum want make_one(const char *dir, const char *proof, uint64_t number, enum want *of_proof) {
    struct sg_note_signer s = mk_signer(1), thief = mk_signer(2);
    char path[512];
    mk_dice = number * 31337;
    int64_t n = (int64_t)mk_below(mk_below(10) ? 12 : 70);
    mk_log(dir, number + 1, 0, n, mk_below(3) ? 0 : 4, &s);
    cosign(dir, number);
    *of_proof = make_proof(dir, proof, number);
    mk_dice = number * 65537 + 5;
    switch (mk_below(11)) {
    case 0: case 1: case 2: return GOOD;
    case 3: return more_signatures(dir, &s);
    case 4: resign(dir, &thief, false); return BAD;
    case 5: resign(dir, &s, true); return BAD;
    case 6: foreign_checkpoint(dir, n, number, &s); return n > 0 ? BAD : GOOD;
    case 7: retell(dir, mk_below(2)); return EITHER;
    case 8:
        mk_path(path, dir, mk_files[mk_below(MK_FILES)]);
        (void)unlink(path);
        return strstr(path, "hashes") ? GOOD : BAD;
    default: spoil_file(dir, mk_files[mk_below(MK_FILES)]); return EITHER;
    }
}

/* What both must say alike: the line up to the second colon behind the path. */
static size_t verdict(const char *line, char *dst, size_t cap) {
    const char *at = strstr(line, ": ");
    size_t n = at ? strcspn(at + 2, ":\n") : 0;
    (void)sg_copyn(dst, cap, at ? at + 2 : "", n);
    return n;
}

static void run(const char *tool, const char *options, int n, char *out, size_t cap) {
    struct sg_buf cmd;
    sg_buf_init(&cmd, 1 << 16);
    (void)sg_buf_addf(&cmd, "cd %s && %s %s", work, tool, options);
    for (int i = 0; i < n; i++)
        (void)sg_buf_addf(&cmd, " %d %d.json", i, i);
    FILE *f = popen(cmd.data, "r");
    assert_non_null(f);
    out[fread(out, 1, cap - 1, f)] = '\0';
    (void)pclose(f);
    sg_buf_free(&cmd);
}

/* quorum: how many witnesses are demanded, 0 for none. */
static void compare(uint64_t first, int n, const enum want *want, const char *key, int quorum) {
    static char a[1 << 17], b[1 << 17];
    char tool[1024], va[64], vb[64], options[2048], w[2][SG_VKEY_MAX], source[512];
    for (int i = 0; i < 2; i++) {
        struct sg_note_signer s = witness_of(i);
        sg_note_key_print(w[i], &s.key);
    }
    (void)sg_format(options, sizeof options, "--key '%s'", key);
    if (quorum > 0)
        (void)sg_format(options, sizeof options, "--key '%s' --witness '%s' --witness '%s' --quorum %d", key, w[0], w[1], quorum);
    (void)sg_format(tool, sizeof tool, "%s/../../sigill-verify", here);
    run(tool, options, n, a, sizeof a);
    assert_non_null(getcwd(source, sizeof source));
    (void)sg_format(tool, sizeof tool, "python3 %s/tools/verify-log.py", source);
    run(tool, options, n, b, sizeof b);
    char *la = a, *lb = b;
    for (int i = 0; i < 2 * n; i++) {
        assert_true(verdict(la, va, sizeof va) > 0 && verdict(lb, vb, sizeof vb) > 0);
        uint64_t number = first + (uint64_t)i / 2;
        enum want right = cosigned(number) < quorum ? BAD : want[i];
        bool ok = sg_eq(va, "OK");
        if (!sg_eq(va, vb) || (right == GOOD && !ok) || (right == BAD && ok))
            fail_msg("log %llu, %d witnesses: %.*s / %.*s", (unsigned long long)number, quorum, (int)strcspn(la, "\n"), la, (int)strcspn(lb, "\n"), lb);
        la += strcspn(la, "\n") + 1;
        lb += strcspn(lb, "\n") + 1;
    }
}

static void r2_9_two_verifiers_agree(void **state) {
    (void)state;
    struct sg_note_signer s = mk_signer(1);
    char key[SG_VKEY_MAX], dir[512], file[16];
    enum want want[2 * BATCH];
    long good = 0, bad = 0;
    sg_note_key_print(key, &s.key);
    for (long at = 0; at < logs; at += BATCH) {
        int n = logs - at < BATCH ? (int)(logs - at) : BATCH;
        for (int i = 0; i < n; i++) {
            (void)sg_format(dir, sizeof dir, "%s/%d", work, i);
            (void)sg_format(file, sizeof file, "%d.json", i);
            want[2 * i] = make_one(dir, file, (uint64_t)(first_log + at + i), &want[2 * i + 1]);
            good += want[2 * i] == GOOD;
            bad += want[2 * i] == BAD;
        }
        compare((uint64_t)(first_log + at), n, want, key, 0);
        for (int quorum = 1; quorum <= 2; quorum++)
            compare((uint64_t)(first_log + at), n < 20 ? n : 20, want, key, quorum);
        for (int i = 0; i < n; i++) {
            (void)sg_format(dir, sizeof dir, "%s/%d", work, i);
            mk_remove(dir);
            (void)sg_format(dir, sizeof dir, "%s/%d.json", work, i);
            (void)unlink(dir);
        }
    }
    assert_true(good > logs / 5 && bad > logs / 10);
    print_message("%ld logs and as many proofs: of the logs %ld surely good, %ld surely bad, %ld spoiled at random\n", logs, good, bad, logs - good - bad);
}

static int setup(void **state) {
    (void)state;
    ssize_t n = readlink("/proc/self/exe", here, sizeof here - 1);
    here[n > 0 ? n : 0] = '\0';
    char *slash = strrchr(here, '/');
    if (slash)
        *slash = '\0';
    return mkdtemp(work) ? 0 : 1;
}

static int teardown(void **state) {
    (void)state;
    return rmdir(work);
}

int main(int argc, char **argv) {
    if (argc > 1)
        logs = strtol(argv[1], NULL, 10);
    if (argc > 2)
        first_log = strtol(argv[2], NULL, 10);
    const struct CMUnitTest tests[] = {cmocka_unit_test(r2_9_two_verifiers_agree)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
