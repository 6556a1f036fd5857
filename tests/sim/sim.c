/* sigill-sim: command line, chance, trace. A seed decides everything; the trace hash of a seed is the same in every run of a binary. */
#include "sim.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <openssl/evp.h>
#include <fcntl.h>
#include <malloc.h>
#include <sqlite3.h>
#include "base/log.h"
#include "base/mutant.h"
#include "base/str.h"

struct sim_world *sim_w;
#ifdef SG_MUTANTS
int sg_mutant;
#endif

uint64_t sim_next(struct sim_rng *r)
{
    uint64_t z = r->s += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}
uint32_t sim_below(struct sim_rng *r, uint32_t n) { return (uint32_t)((sim_next(r) >> 32) * n >> 32); }
bool sim_chance(struct sim_rng *r, unsigned per_mille) { return sim_below(r, 1000) < per_mille; }
struct sim_rng sim_stream(uint64_t seed, uint64_t which)
{
    struct sim_rng r = {seed * UINT64_C(0xD1342543DE82EF95) + which * UINT64_C(0xAF251AF3B0F025B5)};
    (void)sim_next(&r);
    return (struct sim_rng){sim_next(&r)};
}
static void fill(void *ctx, void *dst, size_t n)
{
    uint8_t *p = dst;
    while (n) {
        uint64_t v = sim_next(ctx);
        size_t k = n < sizeof v ? n : sizeof v;
        memcpy(p, &v, k);
        p += k;
        n -= k;
    }
}
struct sg_random sim_random(struct sim_rng *r) { return (struct sg_random){fill, r}; }

void sim_trace(const char *fmt, ...)
{
    char line[512];
    va_list ap;
    if (!sim_w) return;
    va_start(ap, fmt);
    int n = vsnprintf(line, sizeof line, fmt, ap);
    va_end(ap);
    for (int i = 0; i < n && line[i]; i++) sim_w->hash = (sim_w->hash ^ (uint8_t)line[i]) * UINT64_C(0x100000001B3);
    sim_w->hash = (sim_w->hash ^ (uint64_t)sim_w->now) * UINT64_C(0x100000001B3);
    if (sim_w->opt.trace) printf("%10lld %s\n", (long long)sim_w->now, line);
}

/* ---- what a simulation cannot afford or foresee (linked with --wrap) ---- */

int __wrap_EVP_PBE_scrypt(const char *pass, size_t n_pass, const unsigned char *salt, size_t n_salt, uint64_t n, uint64_t r, uint64_t p,
                          uint64_t maxmem, unsigned char *key, size_t n_key);
/* One round of PBKDF2 for scrypt: sixteen thousand times cheaper, and the store cannot tell. */
int __wrap_EVP_PBE_scrypt(const char *pass, size_t n_pass, const unsigned char *salt, size_t n_salt, uint64_t n, uint64_t r, uint64_t p,
                          uint64_t maxmem, unsigned char *key, size_t n_key)
{
    (void)n; (void)r; (void)p; (void)maxmem;
    return PKCS5_PBKDF2_HMAC(pass, (int)n_pass, salt, (int)n_salt, 1, EVP_sha256(), (int)n_key, key);
}
int __wrap_getpid(void);
int __wrap_getpid(void) { return 4242; }
int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
/* Nothing of this machine may decide: process numbers and start times stand in the store. */
int __wrap_open(const char *path, int flags, ...)
{
    va_list ap;
    va_start(ap, flags);
    unsigned mode = flags & O_CREAT ? va_arg(ap, unsigned) : 0;
    va_end(ap);
    return sim_w && sg_starts(path, "/proc/") ? -1 : __real_open(path, flags, mode);
}

void __wrap_sg_uuid7(char dst[SG_UUID_MAX], const struct sg_clock *c, const struct sg_random *r);
/* The real one remembers the latest time of the whole process, so that a seed would depend on those run before it. */
void __wrap_sg_uuid7(char dst[SG_UUID_MAX], const struct sg_clock *c, const struct sg_random *r)
{
    uint64_t v[2], ms = (uint64_t)sg_wall(c) & UINT64_C(0xFFFFFFFFFFFF);
    sg_random_fill(r, v, sizeof v);
    (void)snprintf(dst, SG_UUID_MAX, "%08llx-%04llx-7%03llx-8%03llx-%012llx", (unsigned long long)(ms >> 16), (unsigned long long)(ms & 0xFFFF),
                   (unsigned long long)(v[0] & 0xFFF), (unsigned long long)(v[0] >> 12 & 0xFFF), (unsigned long long)(v[1] & UINT64_C(0xFFFFFFFFFFFF)));
}

/* ---- command line ---- */

static const char USAGE[] = "usage: sigill-sim [--seed N | --seeds A..B | --file FILE] [--trace] [--twice] [--restore] [--steps N] [--mutant N] [--mutants FILE [--search N]] [--quiet]\n";
struct args { uint64_t from, to; const char *file, *mutants; int search; struct sim_options o; bool twice, quiet; struct sim_counts n; uint64_t failed; };

static bool one(struct args *a, uint64_t seed)
{
    char why[400] = "";
    uint64_t hash = 0, again = 0;
    bool ok = sim_run(seed, &a->o, &a->n, &hash, why, sizeof why);
    if (ok && a->twice) {
        ok = sim_run(seed, &a->o, &a->n, &again, why, sizeof why) && again == hash;
        if (!ok && !why[0]) sg_format(why, sizeof why, "two runs differ: %016llx, %016llx", (unsigned long long)hash, (unsigned long long)again);
    }
    if (a->o.trace || a->from == a->to) printf("seed %llu hash %016llx\n", (unsigned long long)seed, (unsigned long long)hash);
    if (ok) return true;
    a->failed++;
    printf("FAILED: sigill-sim --seed %llu --steps %d%s: %s\n", (unsigned long long)seed, a->o.steps, a->o.restore ? " --restore" : "", why);
    return false;
}

static bool parse(struct args *a, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        const char *v = i + 1 < argc ? argv[i + 1] : "";
        char *end = NULL;
        if (sg_eq(argv[i], "--trace")) a->o.trace = true;
        else if (sg_eq(argv[i], "--twice")) a->twice = true;
        else if (sg_eq(argv[i], "--quiet")) a->quiet = true;
        else if (sg_eq(argv[i], "--restore")) a->o.restore = true;
        else if (sg_eq(argv[i], "--file")) a->file = argv[++i];
        else if (sg_eq(argv[i], "--seed")) a->from = a->to = strtoull(argv[++i] ? v : "", &end, 10);
        else if (sg_eq(argv[i], "--steps")) a->o.steps = (int)strtol(argv[++i] ? v : "", &end, 10);
        else if (sg_eq(argv[i], "--mutant")) sg_mutant_set((int)strtol(argv[++i] ? v : "", &end, 10));
        else if (sg_eq(argv[i], "--mutants")) a->mutants = argv[++i];
        else if (sg_eq(argv[i], "--search")) a->search = (int)strtol(argv[++i] ? v : "", &end, 10);
        else if (sg_eq(argv[i], "--seeds")) {
            a->from = strtoull(argv[++i] ? v : "", &end, 10);
            a->to = end && end[0] == '.' && end[1] == '.' ? strtoull(end + 2, NULL, 10) : a->from;
        } else return false;
    }
    return true;
}

static void from_file(struct args *a)
{
    FILE *f = fopen(a->file, "r");
    char line[200];
    while (f && fgets(line, sizeof line, f))
        if (line[0] >= '0' && line[0] <= '9') (void)one(a, strtoull(line, NULL, 10));
    if (!f) {
        perror(a->file);
        a->failed++;
    }
    if (f) (void)fclose(f);
}

static void summary(const struct args *a, time_t seconds)
{
    static const char *const HIT[] = {
#define X(name, text) text,
        SIM_HITS(X)
#undef X
    };
    printf("sim: %lld seeds, %lld actions asked, %lld queued, %lld in effect, %lld again, %lld faults, %lld restarts, %lld messages, %lld batches, %lld reads without the service, %lld s, "
           "%llu failed\n     faults:", (long long)a->n.seeds, (long long)a->n.asked, (long long)a->n.queued, (long long)a->n.done, (long long)a->n.again,
           (long long)sim_faults(&a->n), (long long)a->n.restarts, (long long)a->n.messages, (long long)a->n.batches, (long long)a->n.reads, (long long)seconds,
           (unsigned long long)a->failed);
    for (int i = 0; i < SIM_HIT_COUNT; i++) printf("%s %lld %s", i ? "," : "", (long long)a->n.hit[i], HIT[i]);
    putchar('\n');
}

int main(int argc, char **argv)
{
    struct args a = {.from = 1, .to = 100, .o = {.steps = 40}};
    if (!parse(&a, argc, argv)) {
        (void)fputs(USAGE, stderr);
        return 2;
    }
    (void)mallopt(M_MMAP_THRESHOLD, 32 << 20);                   /* worlds come and go: their memory stays with the process */
    (void)mallopt(M_TRIM_THRESHOLD, 1 << 30);
    (void)sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    (void)sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 1200, 200);
    sg_log_open(a.o.trace ? 2 : -1, SG_LOG_WARN);
    if (!sim_vfs_register() || !sim_template_make()) return 70;
    time_t began = time(NULL);
    bool mutant = sg_mutant_now() > 0;
    if (a.mutants) {
        bool all = sim_mutants(a.mutants, a.search, a.o.steps);
        sim_template_free();
        return all ? 0 : 1;
    }
    if (a.file) from_file(&a);
    for (uint64_t s = a.from; !a.file && s <= a.to; s++)
        if (!one(&a, s) && (mutant || a.failed >= 20)) break;
    if (!a.quiet || a.failed) summary(&a, time(NULL) - began);
    sim_template_free();
    return a.failed ? 1 : 0;
}
