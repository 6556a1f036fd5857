/* Which blocks of memory are still held: every block given out while accounting is on, by address. For runs inside a forked child, where
 * everything the run allocates must be given back; what libraries keep for good they have got before. */
#include "inject.h"
#include <dlfcn.h>
#include <execinfo.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { BITS = 14, SLOTS = 1 << BITS, DEPTH = 40 };
struct block { uintptr_t p; size_t n; };
static struct block block[SLOTS];
static void *from[SLOTS][DEPTH];             /* touched only when traced */
static atomic_flag lock = ATOMIC_FLAG_INIT;
static bool on;

static struct block *find(uintptr_t p)
{
    size_t at = (size_t)((p * UINT64_C(0x9e3779b97f4a7c15)) >> (64 - BITS));
    for (size_t i = 0; i < SLOTS; i++, at = (at + 1) % SLOTS)
        if (block[at].p == p || block[at].p == 0) return &block[at];
    return NULL;
}

static void take_lock(void) { while (atomic_flag_test_and_set(&lock)) {} }

void heap_note(void *p, size_t n, bool trace)
{
    if (!on || !p) return;
    take_lock();
    struct block *b = find((uintptr_t)p);
    if (b) {
        b->p = (uintptr_t)p;
        b->n = n + 1;                        /* 0: given back; its place stays, for those behind it */
        if (trace) from[b - block][backtrace(from[b - block], DEPTH - 1)] = NULL;
    }
    atomic_flag_clear(&lock);
}

void heap_drop(const void *p)
{
    if (!on || !p) return;
    take_lock();
    struct block *b = find((uintptr_t)p);
    if (b && b->p == (uintptr_t)p) b->n = 0;
    atomic_flag_clear(&lock);
}

void heap_begin(bool trace)
{
    void *first[2];
    if (trace) (void)backtrace(first, 2);    /* loads its library now */
    memset(block, 0, sizeof block);
    on = true;
}

/* What these ask for is the library's for good, and which run asks first depends on which one was let down before: locales and message
 * catalogues of libc (its code from setlocale to catopen), tables and state of the thread in OpenSSL, what a loaded library needs. */
static bool kept_for_good(void *const *frame)
{
    static const char *const KEEPERS[] = {"OPENSSL_init_crypto", "OPENSSL_init_ssl", "ERR_vset_error", "ERR_add_error_vdata", "ERR_get_state", "OSSL_ERR_STATE_new",
                                          "RAND_bytes_ex", "RAND_priv_bytes_ex", "RAND_get0_public", "RAND_get0_private", "dlopen", "curl_global_init",
                                          "sqlite3_initialize"};
    const char *first = dlsym(RTLD_NEXT, "setlocale"), *last = dlsym(RTLD_NEXT, "catopen");
    for (size_t f = 0; f < DEPTH && frame[f]; f++) {
        Dl_info i;
        if ((const char *)frame[f] >= first && (const char *)frame[f] < last) return true;
        if (!dladdr(frame[f], &i) || !i.dli_sname) continue;
        for (size_t k = 0; k < sizeof KEEPERS / sizeof *KEEPERS; k++)
            if (strcmp(i.dli_sname, KEEPERS[k]) == 0) return true;
    }
    return false;
}

/* Blocks still held; the first few are written to fd when it is not -1. Traced, those a library keeps for good are left out. */
long heap_end(int fd, bool traced)
{
    long held = 0;
    on = false;
    for (size_t i = 0; i < SLOTS; i++) {
        if (block[i].n == 0 || (traced && kept_for_good(from[i]))) continue;
        if (held++ < 8 && fd >= 0) {
            dprintf(fd, "held: %zu bytes\n", block[i].n - 1);
            int depth = 0;
            while (depth < DEPTH && from[i][depth]) depth++;
            backtrace_symbols_fd(from[i], depth, fd);
        }
    }
    return held;
}
