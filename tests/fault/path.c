/* Which way a call came: every return address of the stack, each as module and offset, so that the same way has the same number in the next
 * process. What dladdr says of an address is kept, because the same few thousand come again and again. */
#include "inject.h"
#include <dlfcn.h>
#include <execinfo.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { DEPTH = 96, BITS = 13, KEPT = 1 << BITS, OWN = 2, ONE_FILE = 2048 };
static struct { const void *ra; uint64_t place; } kept[KEPT];
static atomic_flag lock = ATOMIC_FLAG_INIT;
static uintptr_t root;

void path_root(const void *ra)
{
    void *first[2];
    root = (uintptr_t)ra;
    (void)backtrace(first, 2);               /* loads its library now, with what memory that takes */
}

static bool of_test(const void *ra)
{
    uintptr_t at = (uintptr_t)ra;
    return root && (at > root ? at - root : root - at) < ONE_FILE;
}

uint64_t place_of(const void *ra, char *text, unsigned long cap)
{
    Dl_info i;
    uint64_t h = UINT64_C(14695981039346656037);
    const char *base = "?";
    uintptr_t off = (uintptr_t)ra;
    if (dladdr(ra, &i) && i.dli_fname) {
        base = strrchr(i.dli_fname, '/');
        base = base ? base + 1 : i.dli_fname;
        off -= (uintptr_t)i.dli_fbase;
    }
    for (const char *p = base; *p; p++) h = (h ^ (uint8_t)*p) * UINT64_C(1099511628211);
    if (text) snprintf(text, cap, "%s+0x%zx", base, (size_t)off);
    h ^= off * UINT64_C(0x9e3779b97f4a7c15);
    return h ? h : 1;
}

static uint64_t known_place(const void *ra)
{
    size_t at = (size_t)(((uintptr_t)ra * UINT64_C(0x9e3779b97f4a7c15)) >> (64 - BITS));
    if (kept[at].ra != ra) {
        kept[at].ra = ra;
        kept[at].place = place_of(ra, NULL, 0);
    }
    return kept[at].place;
}

uint64_t path_here(enum fault_call call)
{
    void *frame[DEPTH];
    int n = backtrace(frame, DEPTH);
    uint64_t h = (uint64_t)call + 1;
    while (atomic_flag_test_and_set(&lock)) {}
    for (int i = OWN; i < n && !of_test(frame[i]); i++) h = (h ^ known_place(frame[i])) * UINT64_C(0x9e3779b97f4a7c15) + (h >> 29);
    atomic_flag_clear(&lock);
    return h ? h : 1;
}

void path_tell(const char *file)
{
    void *frame[DEPTH];
    int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    backtrace_symbols_fd(frame, backtrace(frame, DEPTH), fd);
    if (fd >= 0) (void)close(fd);
}

struct fault_path *path_find(struct fault_shared *sh, uint64_t hash, enum fault_call call, bool enter)
{
    for (size_t i = 0, s = (size_t)(hash % FAULT_PATHS); i < FAULT_PATHS; i++, s = (s + 1) % FAULT_PATHS) {
        struct fault_path *p = &sh->path[s];
        uint64_t is = atomic_load(&p->hash), none = 0;
        if (is == hash) return p;
        if (is) continue;
        if (!enter) return NULL;
        if (atomic_compare_exchange_strong(&p->hash, &none, hash) || none == hash) {
            p->call = (uint16_t)call;
            return p;
        }
    }
    return NULL;
}
