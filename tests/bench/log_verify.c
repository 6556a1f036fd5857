/* sigill-verify on a large log, beside the bare floor: the same number of SHA-256 blocks with nothing around them. log_verify N DIR PROGRAM,
 * or only the floor: log_verify floor N. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "base/str.h"
#include "merkle/checkpoint.h"

/* Processor time, so that a busy machine does not count. */
static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static FILE *make(const char *dir, const char *name)
{
    char path[512];
    sg_format(path, sizeof path, "%s/%s", dir, name);
    return fopen(path, "wb");
}

static int make_log(const char *dir, long n, const struct sg_note_signer *s)
{
    struct sg_frontier f;
    struct sg_hash h;
    struct sg_checkpoint c = { .size = (uint64_t)n };
    struct sg_buf note;
    char key[SG_VKEY_MAX];
    uint8_t leaf[42] = { 2 };
    (void)mkdir(dir, 0700);
    FILE *out = make(dir, "leaves"), *head = make(dir, "checkpoint"), *k = make(dir, "key");
    if (!out || !head || !k)
        return 1;
    sg_frontier_init(&f);
    for (long i = 0; i < n; i++) {
        for (int b = 0; b < 8; b++)
            leaf[1 + b] = (uint8_t)(i >> (56 - 8 * b));
        memcpy(leaf + 10, &i, sizeof i);
        sg_merkle_leaf(&h, leaf, sizeof leaf);
        sg_frontier_add(&f, &h);
        fwrite(leaf, 1, sizeof leaf, out);
    }
    sg_frontier_root(&f, &c.root);
    sg_note_key_print(key, &s->key);
    sg_buf_init(&note, SG_CHECKPOINT_MAX);
    if (!sg_origin_print(c.origin, s->key.name, "bench", 0) || sg_checkpoint_sign(&c, s, &note) != SG_E_OK)
        return 1;
    fputs(note.data, head);
    fprintf(k, "%s\n", key);
    sg_buf_free(&note);
    return fclose(out) | fclose(head) | fclose(k);
}

/* A leaf is one block, a node two. */
static double floor_of(long n)
{
    SHA256_CTX c;
    uint8_t block[64] = { 0 };
    double from = now();
    SHA256_Init(&c);
    for (long i = 0; i < 3 * n; i++)
        SHA256_Update(&c, block, sizeof block);
    SHA256_Final(block, &c);
    return now() - from;
}

int main(int argc, char **argv)
{
    struct sg_note_signer s;
    uint8_t seed[SG_SEED_LEN] = { 1 };
    if (argc == 3 && sg_eq(argv[1], "floor")) {
        printf("bare SHA-256 of as many blocks (three an entry): %.2f s of one core\n", floor_of(strtol(argv[2], NULL, 10)));
        return 0;
    }
    if (argc < 4 || sg_note_signer_make("bench", SG_NOTE_ED25519, seed, &s) != SG_E_OK)
        return 2;
    long n = strtol(argv[1], NULL, 10);
    if (make_log(argv[2], n, &s) != 0)
        return 1;
    double floor = floor_of(n);
    struct rusage used;
    pid_t pid = fork();
    if (pid == 0) {
        (void)!freopen("/dev/null", "w", stdout);
        execl(argv[3], argv[3], "--leaves", argv[2], (char *)NULL);
        _exit(127);
    }
    int status = 1;
    wait4(pid, &status, 0, &used);
    double took = (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) + (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
    printf("sigill-verify, %ld entries: %.2f s of one core; bare SHA-256 of as many blocks: %.2f s%s\n", n, took, floor, status == 0 ? "" : "  FAILED");
    return status != 0;
}
