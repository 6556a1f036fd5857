/* Drives a fuzz target. Under libFuzzer (SG_LIBFUZZER) that does everything; SIGILL_FUZZ_SEEDS=DIR makes the program write its seeds there and
 * end. Otherwise:  NAME RUNS [SEED [FROM]] [FILE...]  runs the files, the seeds, and RUNS mutations of them all. Mutation number i of a SEED is
 * always the same input for the same files. What fails is left in NAME.failed and says how it is run again. */
#include "tests/fuzz/fuzz.h"
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

enum { SEEDS_MAX = 16384, INPUT_MAX = 64 * 1024 };
static struct { uint8_t *p; size_t n; } seeds[SEEDS_MAX];
static size_t n_seeds;

static void keep(const void *data, size_t n)
{
    if (n_seeds == SEEDS_MAX) abort();
    seeds[n_seeds].p = malloc(n ? n : 1);
    if (!seeds[n_seeds].p) abort();
    if (n > 0) memcpy(seeds[n_seeds].p, data, n);
    seeds[n_seeds++].n = n;
}

#ifdef SG_LIBFUZZER
_Noreturn void fuzz_fails(const char *what, const char *file, int line)
{
    fprintf(stderr, "fuzz: %s:%d: does not hold: %s\n", file, line, what);
    abort();
}

static void write_seeds(const char *dir)
{
    char path[4096];
    for (size_t i = 0; i < n_seeds; i++) {
        snprintf(path, sizeof path, "%s/seed-%zu", dir, i);
        FILE *f = fopen(path, "wb");
        if (!f || fwrite(seeds[i].p, 1, seeds[i].n, f) != seeds[i].n || fclose(f) != 0) abort();
    }
}

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    const char *dir = getenv("SIGILL_FUZZ_SEEDS");
    if (!dir) return 0;
    fuzz_seeds(keep);
    write_seeds(dir);
    exit(0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    fuzz_run(data, n);
    return 0;
}
#else

static struct { const char *name; char failed[4096]; const uint8_t *p; size_t n; uint64_t seed, i; bool mutated; } now;

/* Only what may be called in a signal handler. */
static void say(const char *text) { (void)!write(2, text, strlen(text)); }

static void say_number(uint64_t v)
{
    char digits[24], *p = digits + sizeof digits - 1;
    *p = '\0';
    do *--p = (char)('0' + v % 10);
    while ((v /= 10) > 0);
    say(p);
}

/* The input goes into a file, so that it can be looked at and kept. */
static void say_where(void)
{
    int fd = open(now.failed, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd >= 0) (void)!write(fd, now.p, now.n);
    say("\nfuzz: fails, and again with: ");
    say(now.name);
    say(" 0 0 0 ");
    say(now.failed);
    if (now.mutated) {
        say("  (mutation ");
        say_number(now.i);
        say(" of seed ");
        say_number(now.seed);
        say(")");
    }
    say("\n");
}

static void died(int number)
{
    say_where();
    (void)signal(number, SIG_DFL);
    (void)raise(number);
}

_Noreturn void fuzz_fails(const char *what, const char *file, int line)
{
    fprintf(stderr, "fuzz: %s:%d: does not hold: %s\n", file, line, what);
    abort();
}

#ifdef __SANITIZE_ADDRESS__
void __sanitizer_set_death_callback(void (*callback)(void));
#define ON_DEATH() __sanitizer_set_death_callback(say_where)
#else
#define ON_DEATH() ((void)0)
#endif

/* ---- mutations ---- */

static uint64_t dice;

static uint64_t roll(uint64_t below)
{
    uint64_t z = (dice += UINT64_C(0x9E3779B97F4A7C15));
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return (z ^ z >> 31) % below;
}

struct input { uint8_t *p; size_t n; };       /* p: INPUT_MAX bytes */

static void cut(struct input *in, size_t at, size_t n)
{
    memmove(in->p + at, in->p + at + n, in->n - at - n);
    in->n -= n;
}

static void insert(struct input *in, size_t at, const uint8_t *from, size_t n)
{
    if (n > INPUT_MAX - in->n) n = INPUT_MAX - in->n;
    memmove(in->p + at + n, in->p + at, in->n - at);
    memcpy(in->p + at, from, n);
    in->n += n;
}

/* A piece of a seed, at most most bytes. */
static size_t piece(const uint8_t **p, size_t most)
{
    size_t s = roll(n_seeds), n = seeds[s].n;
    if (n == 0) return 0;
    size_t at = roll(n), len = 1 + roll(n - at < most ? n - at : most);
    *p = seeds[s].p + at;
    return len;
}

static void mutate(struct input *in)
{
    static const char odd[] = {0, 1, 0x1B, 0x7F, '"', '\\', '{', '}', '[', ']', ',', ':', '\n', '\r', '%', '&', '=', '+', '-', '0', '9', ' ', '/', '\xC2', '\x9B', '\xFF', '\x80'};
    const uint8_t *p = NULL;
    uint8_t few[8];
    size_t at = roll(in->n + 1), left = in->n - at, n;
    switch (roll(9)) {
    case 0: if (left > 0) in->p[at] ^= (uint8_t)(1U << roll(8)); break;
    case 1: if (left > 0) in->p[at] = (uint8_t)roll(256); break;
    case 2: if (left > 0) in->p[at] = (uint8_t)odd[roll(sizeof odd)]; break;
    case 3: if (left > 0) cut(in, at, 1 + roll(left < 16 ? left : 16)); break;
    case 4: for (n = 0; n < sizeof few; n++) few[n] = (uint8_t)odd[roll(sizeof odd)]; insert(in, at, few, 1 + roll(sizeof few)); break;
    case 5: n = piece(&p, 64); if (n > 0) insert(in, at, p, n); break;
    case 6: n = piece(&p, 64); if (n > left) n = left; if (n > 0) memcpy(in->p + at, p, n); break;
    case 7: if (left > 1) { n = 1 + roll(left < 64 ? left - 1 : 63); uint8_t copy[64]; memcpy(copy, in->p + at, n); insert(in, at, copy, n); } break;
    default: in->n = at; break;
    }
}

static void make(struct input *in)
{
    size_t s = roll(n_seeds);
    in->n = seeds[s].n < INPUT_MAX ? seeds[s].n : INPUT_MAX;
    memcpy(in->p, seeds[s].p, in->n);
    if (roll(32) == 0) {
        in->n = roll(256);
        for (size_t i = 0; i < in->n; i++) in->p[i] = (uint8_t)roll(256);
    }
    for (uint64_t n = 1 + roll(1 + roll(8)); n > 0; n--) mutate(in);
}

/* In memory of just its size, so that AddressSanitizer sees the byte behind it. */
static void run(const uint8_t *p, size_t n)
{
    uint8_t *copy = malloc(n ? n : 1);
    if (!copy) abort();
    if (n > 0) memcpy(copy, p, n);
    now.p = copy;
    now.n = n;
    fuzz_run(copy, n);
    now.n = 0;
    free(copy);
}

static void keep_file(const char *path)
{
    static uint8_t room[INPUT_MAX];
    FILE *f = fopen(path, "rb");
    if (!f) {
        fprintf(stderr, "fuzz: %s cannot be read\n", path);
        exit(2);
    }
    size_t n = fread(room, 1, sizeof room, f);
    (void)fclose(f);
    keep(room, n);
}

int main(int argc, char **argv)
{
    static uint8_t room[INPUT_MAX];
    uint64_t runs = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000, from = argc > 3 ? strtoull(argv[3], NULL, 10) : 0;
    struct input in = {room, 0};
    now.name = argv[0];
    snprintf(now.failed, sizeof now.failed, "%s.failed", argv[0]);
    now.seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    ON_DEATH();
    for (size_t i = 0; i < 4; i++) (void)signal((const int[]){SIGABRT, SIGSEGV, SIGBUS, SIGFPE}[i], died);
    for (int i = 4; i < argc; i++) keep_file(argv[i]);
    fuzz_seeds(keep);
    for (size_t i = 0; i < n_seeds; i++) run(seeds[i].p, seeds[i].n);
    now.mutated = true;
    for (now.i = from; now.i < from + runs; now.i++) {
        dice = now.seed * UINT64_C(1000003) + now.i;
        make(&in);
        run(in.p, in.n);
    }
    for (size_t i = 0; i < n_seeds; i++) free(seeds[i].p);
    printf("fuzz: %s: %llu runs, %zu seeds\n", strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0], (unsigned long long)runs, n_seeds);
    return 0;
}
#endif
