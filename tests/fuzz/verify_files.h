/* Files of an exported log for sigill-verify, out of the input instead of the disk: fopen of a path that begins with "mem:" opens a part of it
 * (linked with --wrap=fopen). The log itself is made once, in a folder that is removed again. */
#pragma once
#include "tests/fuzz/fuzz.h"
#include "tests/unit/log_maker.h"

FILE *__real_fopen(const char *path, const char *mode);
FILE *__wrap_fopen(const char *path, const char *mode);

static struct { const char *name; const uint8_t *p; size_t n; } mem[8];
static size_t n_mem;

FILE *__wrap_fopen(const char *path, const char *mode)
{
    static char nothing[1];
    if (strncmp(path, "mem:", 4) != 0) return __real_fopen(path, mode);
    for (size_t i = 0; i < n_mem; i++) {
        if (!sg_eq(path + 4, mem[i].name)) continue;
        FILE *f = fmemopen(mem[i].n ? (void *)(uintptr_t)mem[i].p : nothing, mem[i].n ? mem[i].n : 1, "rb");
        if (f && mem[i].n == 0) (void)getc(f);       /* as if it were empty */
        return f;
    }
    return NULL;
}

static inline void mem_clear(void) { n_mem = 0; }
static inline void mem_add(const char *name, const uint8_t *p, size_t n)
{
    mem[n_mem].name = name;
    mem[n_mem].p = p;
    mem[n_mem++].n = n;
}

enum { FUZZ_ENTRIES = 5 };

/* Calls use with the folder of a small signed log; one of its entries is erased. */
static inline void with_log(void (*use)(const char *dir, void *ctx), void *ctx)
{
    char work[] = "/tmp/sigill-fuzz-XXXXXX", dir[512];
    struct sg_note_signer s = mk_signer(1);
    if (!mkdtemp(work)) abort();
    mk_path(dir, work, "log");
    mk_log(dir, 7, 0, FUZZ_ENTRIES, 4, &s);
    use(dir, ctx);
    mk_remove(dir);
    (void)rmdir(work);
}
