/* Memory for one thread that makes and forgets thousands of worlds: blocks of twenty-odd sizes a power of two, kept on lists and never given
 * back. A seventh of the simulation's time went into the general allocator. Under a sanitizer this file is empty. */
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#include <errno.h>
#include <malloc.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { SIZES = 160, CHUNK = 8 << 20, STEPS = 4, SMALLEST = 5 };
struct head { uint32_t size, shift; uint64_t pad; };             /* before every block: its size's number, and how far the block's own start lies back */
struct block { struct block *next; };
static struct block *kept[SIZES];
static char *at, *end;

/* Four sizes a power of two: 32 40 48 56 64 80 … */
static size_t bytes_of(unsigned size) { return ((size_t)(STEPS + size % STEPS) << (SMALLEST + size / STEPS)) / STEPS; }
static unsigned size_of(size_t n)
{
    if (n <= (size_t)1 << SMALLEST) return 0;
    unsigned top = 63 - (unsigned)__builtin_clzll((unsigned long long)(n - 1));
    unsigned part = (unsigned)((n - 1) >> (top - 2)) & 3;
    return (top - SMALLEST) * STEPS + part + 1;
}

static void *fresh(size_t n)
{
    n = (n + 15) & ~(size_t)15;
    if (n > (size_t)(end - at)) {
        size_t chunk = n > CHUNK ? n : CHUNK;
        char *p = mmap(NULL, chunk, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (p == MAP_FAILED) return NULL;
        at = p;
        end = p + chunk;
    }
    char *p = at;
    at += n;
    return p;
}

static struct head *head(void *p) { return (struct head *)p - 1; }

static void *get(size_t n)
{
    unsigned size = n < SIZE_MAX / 4 ? size_of(n + sizeof(struct head)) : SIZES;
    if (size >= SIZES) {
        errno = ENOMEM;
        return NULL;
    }
    struct head *h = (struct head *)(void *)kept[size];
    if (h) kept[size] = kept[size]->next;
    else h = fresh(bytes_of(size));
    if (!h) return NULL;
    *h = (struct head){size, 0, 0};
    return h + 1;
}

static void put_back(void *p)
{
    if (!p) return;
    struct head *h = head(p);
    unsigned size = h->size;
    struct block *b = (struct block *)(void *)((char *)h - h->shift);
    b->next = kept[size];
    kept[size] = b;
}

static size_t usable(void *p) { return p ? bytes_of(head(p)->size) - sizeof(struct head) - head(p)->shift : 0; }

void *malloc(size_t n) { return get(n); }
void free(void *p) { put_back(p); }
size_t malloc_usable_size(void *p) { return usable(p); }

void *calloc(size_t n, size_t each)
{
    size_t all;
    if (__builtin_mul_overflow(n, each, &all)) {
        errno = ENOMEM;
        return NULL;
    }
    void *p = get(all);
    return p ? memset(p, 0, all) : NULL;
}

void *realloc(void *p, size_t n)
{
    if (!p) return get(n);
    size_t had = usable(p);
    if (n <= had && n >= had / 4) return p;
    void *q = get(n);
    if (!q) return NULL;
    memcpy(q, p, n < had ? n : had);
    put_back(p);
    return q;
}

void *aligned_alloc(size_t to, size_t n)
{
    if (to <= sizeof(struct head)) return get(n);
    char *p = get(n + to);
    if (!p) return NULL;
    uint32_t size = head(p)->size;
    char *q = (char *)(((uintptr_t)p + to - 1) & ~(uintptr_t)(to - 1));
    *head(q) = (struct head){size, (uint32_t)(q - p), 0};
    return q;
}
void *memalign(size_t to, size_t n) { return aligned_alloc(to, n); }
int posix_memalign(void **out, size_t to, size_t n)
{
    *out = aligned_alloc(to, n);
    return *out ? 0 : ENOMEM;
}
#else
typedef int sim_heap_is_not_ours;
#endif
