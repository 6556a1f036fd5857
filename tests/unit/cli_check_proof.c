/* R2.1: the verdicts of `log check-proof`, line by line, on the edge cases that implementations of RFC 6962 publish. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/base64.h"
#include "cli/inside.h"
#include "merkle/tree.h"

enum { LEAVES = 8 };
static struct sg_hash leaf[LEAVES];

static int setup(void **state) {
    (void)state;
    for (uint8_t i = 0; i < LEAVES; i++)
        sg_merkle_leaf(&leaf[i], &i, 1);
    return 0;
}

static bool subtree(void *ctx, uint64_t start, uint64_t count, struct sg_hash *out) {
    (void)ctx;
    if (count == 1) {
        *out = leaf[start];
        return true;
    }
    struct sg_hash r;
    return subtree(NULL, start, count / 2, out) && subtree(NULL, start + count / 2, count / 2, &r) && (sg_merkle_node(out, out, &r), true);
}

static struct sg_hash root_of(uint64_t n) {
    struct sg_hash h;
    assert_int_equal(sg_merkle_range(0, n, subtree, NULL, &h), SG_E_OK);
    return h;
}

/* Runs the sub-command over the text; fills the output, returns the exit status. */
static int run(const char *in, char *out, size_t cap) {
    FILE *from = tmpfile(), *to = tmpfile();
    assert_true(from && to && fputs(in, from) >= 0 && fflush(from) == 0);
    rewind(from);
    (void)fflush(stdout);
    int kept0 = dup(0), kept1 = dup(1);
    clearerr(stdin);
    assert_true(dup2(fileno(from), 0) == 0 && dup2(fileno(to), 1) == 1);
    struct cli c = {.n = 1, .arg = {(char *)(uintptr_t)"check-proof"}, .sub = sg_subcommand("log")};
    int status = sg_run_log(&c);
    (void)fflush(stdout);
    dup2(kept0, 0);
    dup2(kept1, 1);
    close(kept0);
    close(kept1);
    ssize_t n = pread(fileno(to), out, cap - 1, 0);
    out[n > 0 ? n : 0] = '\0';
    (void)fclose(from);
    (void)fclose(to);
    return status;
}

static void expect(const char *in, bool valid, int status) {
    char out[4096], line[16384];
    sg_format(line, sizeof line, "%s\n", in);
    int got = run(line, out, sizeof out);
    bool says = strstr(out, "\"valid\":true") != NULL, denies = strstr(out, "\"valid\":false") != NULL;
    if (got != status || says != valid || denies == valid)
        fail_msg("%s\n-> %d %s", in, got, out);
}

static void text_of(char *dst, const struct sg_hash *h, bool hex) {
    if (hex)
        sg_hex(dst, h->b, SG_HASH_LEN);
    else
        sg_base64(dst, h->b, SG_HASH_LEN);
}

static void inclusion_line(char dst[8192], uint64_t index, uint64_t size, const struct sg_hash *root, const struct sg_hash *l, const struct sg_proof *p, bool hex) {
    char r[80], h[80];
    text_of(r, root, hex);
    text_of(h, l, hex);
    sg_format(dst, 8192, "{\"leafHash\":\"%s\",\"kind\":\"inclusion\",\"leafIndex\":%llu,\"treeSize\":%llu,\"root\":\"%s\",\"proof\":[", h, (unsigned long long)index,
              (unsigned long long)size, r);
    for (size_t i = 0; i < p->n; i++) {
        text_of(h, &p->h[i], hex);
        sg_format(dst + strlen(dst), 8192 - strlen(dst), "%s\"%s\"", i ? "," : "", h);
    }
    sg_format(dst + strlen(dst), 8192 - strlen(dst), "]}");
}

static void r2_1_inclusion(void **state) {
    (void)state;
    char line[8192];
    for (uint64_t n = 1; n <= LEAVES; n++) {
        struct sg_hash root = root_of(n);
        for (uint64_t i = 0; i < n; i++) {
            struct sg_proof p;
            assert_int_equal(sg_merkle_inclusion(i, n, subtree, NULL, &p), SG_E_OK);
            inclusion_line(line, i, n, &root, &leaf[i], &p, i % 2);
            expect(line, true, 0);
            inclusion_line(line, i, n, &root, &leaf[(i + 1) % LEAVES], &p, false);
            expect(line, false, 1);
            inclusion_line(line, i ^ 1, n, &root, &leaf[i], &p, false);
            expect(line, false, 1);
            inclusion_line(line, i - 1, n, &root, &leaf[i], &p, false);          /* 2^64 - 1 for the first */
            expect(line, false, 1);
            inclusion_line(line, i, n * 2, &root, &leaf[i], &p, false);
            expect(line, false, 1);
            inclusion_line(line, i, n / 2, &root, &leaf[i], &p, false);
            expect(line, false, 1);
            p.h[p.n++] = root;
            inclusion_line(line, i, n, &root, &leaf[i], &p, false);
            expect(line, false, 1);
            p.n -= p.n >= 2 ? 2 : 1;
            inclusion_line(line, i, n, &root, &leaf[i], &p, false);
            expect(line, n == 1, n == 1 ? 0 : 1);
        }
    }
}

/* A tree of 2^63 + 1 leaves: the last one stands beside everything else. Numbers that a double would round. */
static void r2_1_sixty_four_bits(void **state) {
    (void)state;
    char line[8192];
    struct sg_proof p = {.n = 1, .h = {leaf[1]}};
    struct sg_hash root;
    sg_merkle_node(&root, &leaf[1], &leaf[0]);
    inclusion_line(line, UINT64_C(1) << 63, (UINT64_C(1) << 63) + 1, &root, &leaf[0], &p, true);
    expect(line, true, 0);
    inclusion_line(line, (UINT64_C(1) << 63) - 1, (UINT64_C(1) << 63) + 1, &root, &leaf[0], &p, true);
    expect(line, false, 1);
    inclusion_line(line, UINT64_C(1) << 63, (UINT64_C(1) << 63) + 2, &root, &leaf[0], &p, true);
    expect(line, false, 1);
}

/* The right hash with something behind it is another value. */
static void r2_1_longer_hashes(void **state) {
    (void)state;
    char line[8192], h[80];
    struct sg_proof p = {.n = 1, .h = {leaf[0]}};
    struct sg_hash root;
    sg_merkle_node(&root, &leaf[0], &leaf[1]);
    inclusion_line(line, 1, 2, &root, &leaf[1], &p, true);
    expect(line, true, 0);
    sg_hex(h, leaf[0].b, SG_HASH_LEN);
    char *at = strstr(line, h);
    assert_non_null(at);
    memmove(at + 66, at + 64, strlen(at + 64) + 1);
    memcpy(at + 64, "00", 2);
    expect(line, false, 1);
}

#define E0 "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
#define L0 "bjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0="
static void r2_1_edges(void **state) {
    (void)state;
    static const struct { const char *line; bool valid; int status; } table[] = {
        {"{\"kind\":\"consistency\",\"size1\":0,\"size2\":0,\"root1\":\"" E0 "\",\"root2\":\"" E0 "\",\"proof\":[]}", true, 0},
        {"{\"kind\":\"consistency\",\"size1\":0,\"size2\":0,\"root1\":\"" E0 "\",\"root2\":\"" E0 "\",\"proof\":null}", true, 0},
        {"{\"kind\":\"consistency\",\"size1\":0,\"size2\":0,\"root1\":\"ZG9uJ3QgY2FyZQ==\",\"root2\":\"ZG9uJ3QgY2FyZQ==\",\"proof\":[]}", true, 0},
        {"{\"kind\":\"consistency\",\"size1\":0,\"size2\":0,\"root1\":\"ZG9uJ3QgY2FyZQ==\",\"root2\":\"ZG9uJ3QgY2FyZS==\",\"proof\":[]}", false, 65},
        {"{\"kind\":\"consistency\",\"size1\":0,\"size2\":0,\"root1\":\"" E0 "\",\"root2\":\"" L0 "\",\"proof\":[]}", false, 1},
        {"{\"kind\":\"consistency\",\"size1\":0,\"size2\":1,\"root1\":\"" E0 "\",\"root2\":\"" L0 "\",\"proof\":[]}", false, 1},
        {"{\"kind\":\"consistency\",\"size1\":0,\"size2\":1,\"root1\":\"" E0 "\",\"root2\":\"" E0 "\",\"proof\":[\"" E0 "\"]}", false, 1},
        {"{\"kind\":\"consistency\",\"size1\":1,\"size2\":1,\"root1\":\"" L0 "\",\"root2\":\"" L0 "\",\"proof\":[]}", true, 0},
        {"{\"kind\":\"consistency\",\"size1\":1,\"size2\":1,\"root1\":\"" L0 "\",\"root2\":\"" L0 "\",\"proof\":[\"" L0 "\"]}", false, 1},
        {"{\"kind\":\"consistency\",\"size1\":1,\"size2\":1,\"root1\":\"" L0 "\",\"root2\":\"" L0 "\",\"proof\":[\"\"]}", false, 1},
        {"{\"kind\":\"consistency\",\"size1\":1,\"size2\":0,\"root1\":\"" L0 "\",\"root2\":\"" E0 "\",\"proof\":[]}", false, 1},
        {"{\"kind\":\"consistency\",\"size1\":1,\"size2\":2,\"root1\":\"" L0 "\",\"root2\":\"" L0 "\",\"proof\":[]}", false, 1},
        {"{\"kind\":\"inclusion\",\"leafIndex\":0,\"treeSize\":1,\"root\":\"" L0 "\",\"leafHash\":\"" L0 "\",\"proof\":[]}", true, 0},
        {"{\"kind\":\"inclusion\",\"leafIndex\":0,\"treeSize\":1,\"root\":\"" L0 "\",\"leafHash\":\"6E340B9CFFB37A989CA544E6BB780A2C78901D3FB33738768511A30617AFA01D\",\"proof\":[]}", true, 0},
        {"{\"kind\":\"inclusion\",\"leafIndex\":0,\"treeSize\":0,\"root\":\"" E0 "\",\"leafHash\":\"" E0 "\",\"proof\":[]}", false, 1},
        {"{\"kind\":\"inclusion\",\"leafIndex\":0,\"treeSize\":1,\"root\":\"\",\"leafHash\":\"\",\"proof\":[]}", false, 1},
        {"{\"kind\":\"inclusion\",\"leafIndex\":0,\"treeSize\":1,\"root\":null,\"leafHash\":null,\"proof\":[]}", false, 1},
        {"{\"kind\":\"inclusion\",\"leafIndex\":0,\"treeSize\":1,\"root\":\"00\",\"leafHash\":\"00\",\"proof\":[]}", false, 1},
        {"{\"kind\":\"inclusion\",\"leafIndex\":-1,\"treeSize\":1,\"root\":\"" L0 "\",\"leafHash\":\"" L0 "\",\"proof\":[]}", false, 65},
        {"{\"kind\":\"inclusion\",\"leafIndex\":18446744073709551616,\"treeSize\":1,\"root\":\"" L0 "\",\"leafHash\":\"" L0 "\",\"proof\":[]}", false, 65},
        {"{\"kind\":\"inclusion\",\"leafIndex\":0.0,\"treeSize\":1,\"root\":\"" L0 "\",\"leafHash\":\"" L0 "\",\"proof\":[]}", false, 65},
        {"{\"kind\":\"inclusion\",\"leafIndex\":\"0\",\"treeSize\":1,\"root\":\"" L0 "\",\"leafHash\":\"" L0 "\",\"proof\":[]}", false, 65},
        {"{\"kind\":\"inclusion\",\"x\":{\"leafIndex\":0},\"treeSize\":1,\"root\":\"" L0 "\",\"leafHash\":\"" L0 "\",\"proof\":[]}", false, 65},
        {"{\"kind\":\"inclusion\",\"x\":\"\\\"leafIndex\\\":7\",\"leafIndex\" : 0,\"treeSize\":1,\"root\":\"" L0 "\",\"leafHash\":\"" L0 "\",\"proof\":[]}", true, 0},
        {"{\"kind\":\"inclusion\",\"leafIndex\":0,\"treeSize\":1,\"root\":\"" L0 "\",\"proof\":[]}", false, 65},
        {"{\"kind\":\"inclusion\",\"leafIndex\":0,\"treeSize\":1,\"root\":\"x\",\"leafHash\":\"" L0 "\",\"proof\":[]}", false, 65},
        {"{\"kind\":\"inclusion\",\"leafIndex\":0,\"treeSize\":1,\"root\":\"" L0 "\",\"leafHash\":\"" L0 "\"}", false, 65},
        {"{\"kind\":\"inclusion\",\"leafIndex\":0,\"treeSize\":1,\"root\":\"" L0 "\",\"leafHash\":\"" L0 "\",\"proof\":[7]}", false, 65},
        {"{\"kind\":\"inclusion\",\"leafIndex\":0,\"leafIndex\":0,\"treeSize\":1,\"root\":\"" L0 "\",\"leafHash\":\"" L0 "\",\"proof\":[]}", false, 65},
        {"{\"kind\":\"exclusion\"}", false, 65}, {"{}", false, 65}, {"[]", false, 65}, {"nonsense", false, 65}, {"{\"kind\":\"inclusion\"", false, 65}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        expect(table[i].line, table[i].valid, table[i].status);
}

static void every_line_has_a_verdict_and_the_worst_status(void **state) {
    (void)state;
    char out[8192];
    static const char good[] = "{\"kind\":\"inclusion\",\"leafIndex\":0,\"treeSize\":1,\"root\":\"" L0 "\",\"leafHash\":\"" L0 "\",\"proof\":[]}\n";
    static const char bad[] = "{\"kind\":\"inclusion\",\"leafIndex\":1,\"treeSize\":1,\"root\":\"" L0 "\",\"leafHash\":\"" L0 "\",\"proof\":[]}\n";
    char in[4096];
    sg_format(in, sizeof in, "%s%sx\n%s", good, bad, good);
    assert_int_equal(run(in, out, sizeof out), 65);
    assert_non_null(strstr(out, "\"line\":1,\"kind\":\"inclusion\",\"valid\":true"));
    assert_non_null(strstr(out, "\"line\":2,\"kind\":\"inclusion\",\"valid\":false"));
    assert_non_null(strstr(out, "\"line\":3,\"valid\":false"));
    assert_non_null(strstr(out, "\"line\":4,\"kind\":\"inclusion\",\"valid\":true"));
    sg_format(in, sizeof in, "%s%s%s", good, bad, good);
    assert_int_equal(run(in, out, sizeof out), 1);
    assert_int_equal(run("", out, sizeof out), 65);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(r2_1_inclusion), cmocka_unit_test(r2_1_sixty_four_bits), cmocka_unit_test(r2_1_longer_hashes), cmocka_unit_test(r2_1_edges),
                                       cmocka_unit_test(every_line_has_a_verdict_and_the_worst_status)};
    return cmocka_run_group_tests(tests, setup, NULL);
}
