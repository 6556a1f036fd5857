/* sigill-verify reads an exported log, all five files from the input: a part begins behind each 0xFF 0x00 pair. What it calls good has the
 * leaves that were signed; an event line that it calls good says what its payload says (verify_event looks at that alone). */
#include "tests/fuzz/verify_files.h"
#include "verify/verify.h"

static char *leaves;
static size_t n_leaves;

static void keep_leaves(const char *dir, void *ctx)
{
    (void)ctx;
    leaves = mk_read(dir, "leaves", &n_leaves);       /* kept until the end */
}

static const uint8_t *split(const uint8_t *p, const uint8_t *end)
{
    for (; end - p >= 2; p++)
        if (p[0] == 0xFF && p[1] == 0) return p;
    return end;
}

static size_t good;       /* inputs that were called so */

enum how { WHOLE, SINCE, LEAVES, HOWS };

static void check(enum how how)
{
    struct sv_opts o = {.since = how == SINCE ? "mem:since" : NULL, .leaves_only = how == LEAVES};
    struct sv_verdict v = {.index = -1};
    v.ok = sv_check_directory("mem:", &o, &v);
    if (!v.ok) {
        FUZZ_HOLDS(v.why[0]);
        return;
    }
    /* Beside it lies a key; it may be another's only when all of it was signed anew, which nobody here can. */
    good++;
    FUZZ_HOLDS(v.size == FUZZ_ENTRIES);
    FUZZ_HOLDS(mem[2].n == n_leaves && memcmp(mem[2].p, leaves, n_leaves) == 0);
}

static void take(const uint8_t *data, size_t n)
{
    static const char *const names[] = {"/checkpoint", "/key", "/leaves", "/events.ndjson", "/hashes"};
    const uint8_t *p = data, *end = data + n;
    mem_clear();
    for (size_t i = 0; i < 5; i++) {
        const uint8_t *to = split(p, end);
        if (i < 4 || p < end) mem_add(names[i], p, (size_t)(to - p));
        p = to < end ? to + 2 : end;
    }
    mem_add("since", mem[0].p, mem[0].n);
}

void fuzz_run(const uint8_t *data, size_t n)
{
    if (!leaves) with_log(keep_leaves, NULL);
    take(data, n);
    check((enum how)(n % HOWS));
}

struct put { void (*put)(const void *data, size_t n); };

static void all(const char *dir, void *ctx)
{
    static const uint8_t between[2] = {0xFF, 0};
    struct put *p = ctx;
    struct sg_buf b, c;
    sg_buf_init(&b, 1 << 20);
    sg_buf_init(&c, 1 << 20);
    for (size_t i = 0; i < MK_FILES; i++) {
        size_t n = 0;
        char *text = mk_read(dir, mk_files[i], &n);
        if (i > 0) (void)sg_buf_add(&b, between, 2);
        (void)sg_buf_add(&b, text, n);
        if (i < 3) (void)sg_buf_add(&c, text, n), (void)sg_buf_add(&c, between, 2);
        free(text);
    }
    take((const uint8_t *)b.data, b.len);
    for (int how = 0; how < HOWS; how++) check((enum how)how);
    FUZZ_HOLDS(good == HOWS);
    take((const uint8_t *)c.data, c.len);
    check(LEAVES);
    FUZZ_HOLDS(good == HOWS + 1);
    p->put(b.data, b.len);
    p->put(c.data, c.len);
    sg_buf_free(&b);
    sg_buf_free(&c);
}

void fuzz_seeds(void (*put)(const void *data, size_t n))
{
    struct put p = {put};
    if (!leaves) with_log(keep_leaves, NULL);
    good = 0;
    with_log(all, &p);
}
