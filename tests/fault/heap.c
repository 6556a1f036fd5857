/* Which blocks of memory are still held: every block given out while accounting is on, by address. For runs inside a forked child, where
 * everything the run allocates must be given back; what libraries keep for good they have got before. */
#include "inject.h"
#include <dlfcn.h>
#include <execinfo.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { BITS = 14, SLOTS = 1 << BITS, DEPTH = 40 };
struct block { uintptr_t p; uint32_t n, nth; };
static struct block block[SLOTS];
static void *from[SLOTS][DEPTH];             /* touched only when traced */
static atomic_flag lock = ATOMIC_FLAG_INIT;
static bool on;
static uint32_t nth, wanted[FAULT_HELD], trace;

static struct block *find(uintptr_t p)
{
    size_t at = (size_t)((p * UINT64_C(0x9e3779b97f4a7c15)) >> (64 - BITS));
    for (size_t i = 0; i < SLOTS; i++, at = (at + 1) % SLOTS)
        if (block[at].p == p || block[at].p == 0) return &block[at];
    return NULL;
}

bool heap_of_locale(const void *ra)
{
    static const char *first, *last;
    if (!first) {
        last = dlsym(RTLD_NEXT, "catopen");
        first = dlsym(RTLD_NEXT, "setlocale");
    }
    return (const char *)ra >= first && (const char *)ra < last;
}

static void take_lock(void) { while (atomic_flag_test_and_set(&lock)) {} }

/* Looking where a block comes from costs more than all else, so it is done for those that were held the last time. */
static bool traced(uint32_t which)
{
    for (size_t i = 0; trace == FAULT_TRACE_HELD && i < FAULT_HELD; i++)
        if (wanted[i] == which) return true;
    return trace == FAULT_TRACE_ALL;
}

void heap_note(void *p, size_t n)
{
    if (!on || !p) return;
    take_lock();
    struct block *b = find((uintptr_t)p);
    if (b) {
        b->p = (uintptr_t)p;
        b->n = (uint32_t)n + 1;              /* 0: given back; its place stays, for those behind it */
        b->nth = ++nth;
        if (traced(nth)) from[b - block][backtrace(from[b - block], DEPTH - 1)] = NULL;
        else if (trace) from[b - block][0] = NULL;
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

void heap_begin(const struct fault_shared *sh)
{
    trace = sh->trace;
    memcpy(wanted, sh->held_nth, sizeof wanted);
    nth = 0;
    memset(block, 0, sizeof block);
    on = true;
}

static bool ends_with(const char *s, const char *end)
{
    size_t n = strlen(s), m = strlen(end);
    return n >= m && strcmp(s + n - m, end) == 0;
}

/* What these ask for is the library's for good, and which run asks first depends on which one was let down before: locales and message
 * catalogues of libc (its code from setlocale to catopen), the stack of a thread that has ended, which libc keeps for the next one, tables and
 * state of the thread in OpenSSL, what a loaded library needs. */
static bool kept_for_good(void *const *frame)
{
    static const char *const KEEPERS[] = {"OPENSSL_init_crypto", "OPENSSL_init_ssl", "ERR_vset_error", "ERR_add_error_vdata", "ERR_get_state", "OSSL_ERR_STATE_new",
                                          "RAND_bytes_ex", "RAND_priv_bytes_ex", "RAND_get0_public", "RAND_get0_private", "dlopen", "curl_global_init",
                                          "sqlite3_initialize", "_dl_allocate_tls"};
    for (size_t f = 0; f < DEPTH && frame[f]; f++) {
        Dl_info i;
        if (heap_of_locale(frame[f])) return true;
        if (!dladdr(frame[f], &i) || !i.dli_sname) continue;
        if (ends_with(i.dli_sname, "_fetch")) return true;       /* methods of OpenSSL, found once */
        for (size_t k = 0; k < sizeof KEEPERS / sizeof *KEEPERS; k++)
            if (strcmp(i.dli_sname, KEEPERS[k]) == 0) return true;
    }
    return false;
}

/* OpenSSL 3.0 loses a block here and there when an allocation of its own fails in a handshake (a context whose key could not be kept). The
 * rule is narrow: libcrypto asked for the block, libssl was the one that asked libcrypto, and the allocation that failed was one of these
 * two. What libcurl or the program itself would lose has another stack. */
static bool lost_in_handshake(void *const *frame, const char *failed)
{
    if (strncmp(failed, "libcrypto.so", 12) != 0 && strncmp(failed, "libssl.so", 9) != 0) return false;
    for (size_t f = 2; f < DEPTH && frame[f]; f++) {             /* 0 and 1: heap_note and malloc */
        Dl_info i;
        if (!dladdr(frame[f], &i) || !i.dli_fname) return false;
        const char *base = strrchr(i.dli_fname, '/');
        base = base ? base + 1 : i.dli_fname;
        if (strncmp(base, "libcrypto.so", 12) != 0) return f > 2 && strncmp(base, "libssl.so", 9) == 0;
    }
    return false;
}

/* Blocks still held; traced, those a library keeps for good are left out, and the others are told on standard error. */
void heap_end(struct fault_shared *sh)
{
    int held = 0;
    on = false;
    sh->tls = 0;
    if (!trace) memset(sh->held_nth, 0, sizeof sh->held_nth);
    for (size_t i = 0; i < SLOTS; i++) {
        if (block[i].n == 0 || (trace && kept_for_good(from[i]))) continue;
        if (trace && lost_in_handshake(from[i], sh->where)) {
            sh->tls++;
            continue;
        }
        if (!trace && held < FAULT_HELD) {
            sh->held_nth[held] = block[i].nth;
            sh->held_size[held] = block[i].n;
        }
        held++;
        if (!trace || held > 8) continue;
        dprintf(2, "held: %u bytes\n", block[i].n - 1);
        int depth = 0;
        while (depth < DEPTH && from[i][depth]) depth++;
        backtrace_symbols_fd(from[i], depth, 2);
    }
    atomic_store(&sh->held, held);
}
