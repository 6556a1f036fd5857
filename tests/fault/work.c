/* For every class of calls and every k: killed at call k; call k failing once and for ever, with each of its errors. Of the tens of
 * thousands of allocations every call path (path.c) is tried at its first call, with FAULT_ALL=1 every k as well; a path that the disturbed
 * runs did not come by is tried again by its name, whatever its number is then. How many of all paths were made to fail is counted where the
 * call fails, and printed. With FAULT_MS, so many k at equal distances as fit into that time for each class and way (the first is drawn). */
#include "fault.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/str.h"

static const char *const CLASS[FAULT_CLASSES] = {"file", "socket", "memory"};
static const struct way { const char *name; enum fault_mode mode; int which; bool forever; } WAYS[] = {
    {"killed", FAULT_KILL, 0, false},          {"once", FAULT_FAIL, 0, false},      {"for ever", FAULT_FAIL, 0, true},
    {"once, other error", FAULT_FAIL, 1, false}, {"for ever, other error", FAULT_FAIL, 1, true},
};
enum { RUN_S = 60, START_ANEW = 3, START_AGAIN = 4, KEPT_MAX = 512 };
/* A block that was held after a run and found to be a library's: which allocation, of how much. */
struct kept { uint32_t nth, size; };
static uint64_t seed = 20261127;

void fault_wrong(const struct fault_plan *p, const struct fault_run *r, const char *format, ...)
{
    char how[256], what[512];
    va_list ap;
    va_start(ap, format);
    vsnprintf(what, sizeof what, format, ap);
    va_end(ap);
    fault_say(how, sizeof how, p);
    print_error("WRONG %s: %s\n   exit %d stdout: %.400s\n   stderr: %.*s\n", how, what, r->o.status, r->o.out ? r->o.out : "",
                p->trace ? 20000 : 600, r->o.err ? r->o.err : "");
    fault_seen->wrongs++;
    if (e2e_env("FAULT_STOP", 0)) fail();
}

/* Shared with the children it runs in. in_batch: runs since the last settling; batch: so many at most. */
static struct series { int in_batch; const struct fault_work *w; enum fault_class c; int y; int64_t i, stride, budget, start, runs; size_t n_kept; struct kept kept[KEPT_MAX]; int afresh, batch; uint64_t hit_path; } *now;
/* The calls that are to be hit, in order; filled anew for each way. */
static struct { int64_t k[FAULT_NOTED]; uint64_t path[FAULT_NOTED]; int64_t n; } chosen;
static struct { long runs, paths, missed, places, untouched; } total;

/* A crash inside a library that this project cannot mend: GnuTLS takes a certificate apart with libtasn1, which does not look at what its
 * allocations give; its arithmetic, libgmp, ends the program for want of memory, and libmicrohttpd when epoll_ctl fails. Counted and printed, not
 * forgiven to our own code: the call that failed must have been the library's. */
static bool of_library(void)
{
    static const char *const known[] = {"libtasn1.so", "libgnutls.so", "libp11-kit.so", "libhogweed.so", "libnettle.so", "libgmp.so", "libmicrohttpd.so"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (sg_starts(fault_seen->where, known[i])) return true;
    return false;
}

static void settle(const struct fault_work *w, const struct fault_plan *p, const struct fault_run *r)
{
    if (now->in_batch > 0) w->settle(p, r);
    now->in_batch = 0;
}

/* How a program must not end, whatever it was told. */
static void judge_end(const struct fault_plan *p, const struct fault_run *r)
{
    bool reached = atomic_load(&fault_seen->hit) > 0;
    bool crashed = r->o.status < 0 && !r->hung && !(p->mode == FAULT_KILL && reached && r->o.status == -9);
    if (r->hung) fault_wrong(p, r, "it hangs");
    else if (crashed && p->class != FAULT_FILE && of_library()) fault_seen->library++;
    else if (crashed) fault_wrong(p, r, "it crashed");
}

static void run(const struct fault_work *w, const struct fault_plan *p)
{
    struct fault_run r = {0};
    w->prepare(now->in_batch == 0);
    fault_arm(p);
    if (e2e_env("FAULT_SAY", 0)) printf("\n  %s call %lld", WAYS[p->way].name, (long long)p->k);
    w->perform(&r);
    now->in_batch++;
    if (e2e_env("FAULT_SAY", 0)) printf(" at %s: exit %d ", fault_seen->where, r.o.status);
    judge_end(p, &r);
    int held = atomic_load(&fault_seen->held);
    bool left = atomic_load(&fault_seen->left);
    if (p->trace && !p->quiet && p->mode != FAULT_COUNT && held > 0 && !left) fault_wrong(p, &r, "%d blocks of memory were not given back", held);
    if (p->mode == FAULT_COUNT && held > 0) fault_wrong(p, &r, "undisturbed, %d blocks of memory were not given back", held);
    w->judge(p, &r);
    e2e_out_free(&r.o);
}

static bool harmless(uint32_t nth, uint32_t size)
{
    for (size_t i = 0; i < now->n_kept; i++)
        if (now->kept[i].nth == nth && now->kept[i].size == size) return true;
    return false;
}

/* Whether it holds anything that has not been looked at before. */
static bool holds_new(void)
{
    int held = atomic_load(&fault_seen->held);
    if (held > FAULT_HELD) return true;
    for (int i = 0; i < held; i++)
        if (!harmless(fault_seen->held_nth[i], fault_seen->held_size[i])) return true;
    return false;
}

static void remember_harmless(void)
{
    for (size_t i = 0; i < FAULT_HELD && fault_seen->held_nth[i]; i++)
        if (now->n_kept < KEPT_MAX && !harmless(fault_seen->held_nth[i], fault_seen->held_size[i]))
            now->kept[now->n_kept++] = (struct kept){fault_seen->held_nth[i], fault_seen->held_size[i]};
}

/* Libraries keep some memory for good. The same fault is met again, and it is looked from where the blocks come that were held (if they are
 * others this time, from where all come): what no library keeps is a leak. False: the fault hit another call, and the program left by exit(). */
static bool look_closer(const struct fault_work *w, const struct fault_plan *p, enum fault_trace trace)
{
    struct fault_plan again = *p;
    again.trace = trace;
    again.quiet = trace == FAULT_TRACE_HELD;
    run(w, &again);
    if (atomic_load(&fault_seen->left)) return false;
    if (fault_seen->tls > 0) fault_seen->lost++;
    if (atomic_load(&fault_seen->held) == 0 && fault_seen->tls == 0) remember_harmless();
    else if (atomic_load(&fault_seen->held) == 0) return true;
    else if (again.quiet) return look_closer(w, p, FAULT_TRACE_ALL);
    return true;
}

/* Calls are numbered a little otherwise in each run (SQLite asks for memory as its file grows): where looking closer met another call, fresh
 * processes look, by the path that was hit and then by the calls around. */
static void look_afresh(const struct series *s, const struct fault_plan *p)
{
    enum { TRIES = 12 };
    struct fault_plan again = *p;
    int n = now->afresh++;
    again.path = n == 1 ? now->hit_path : 0;
    again.k = p->k + (n % 2 ? n / 2 : -(n / 2));
    bool seen = look_closer(s->w, &again, FAULT_TRACE_ALL);
    if (!seen && n < TRIES) _exit(START_AGAIN);
    if (!seen) fault_wrong(p, &(struct fault_run){0}, "memory was not given back, and it could not be seen which");
    now->afresh = 0;
    _exit(START_ANEW);
}

/* True when the call to be hit was reached. */
static bool one(const struct fault_work *w, const struct fault_plan *p, bool last)
{
    run(w, p);
    bool reached = atomic_load(&fault_seen->hit) > 0;
    bool suspect = !p->trace && reached && atomic_load(&fault_seen->held) > 0 && !atomic_load(&fault_seen->left) && holds_new();
    now->hit_path = atomic_load(&fault_seen->hit_path);
    if (suspect && !look_closer(w, p, FAULT_TRACE_HELD)) {
        now->afresh = 1;
        _exit(START_AGAIN);
    }
    bool left = atomic_load(&fault_seen->left);          /* what it left open is closed with this process: settled in the next */
    if (!left && (last || now->in_batch >= now->batch)) settle(w, p, &(struct fault_run){0});
    return reached;
}

static struct fault_plan plan_of(const struct series *s)
{
    const struct way *y = &WAYS[s->y];
    return (struct fault_plan){.mode = y->mode, .class = s->c, .k = chosen.k[s->i], .path = chosen.path[s->i],
                               .which = y->which, .forever = y->forever, .way = s->y};
}

/* From s->i on, until all have been tried. Where it is stands in the shared memory. */
static void go_on(struct series *s)
{
    for (; s->i < chosen.n; s->i += s->stride) {
        struct fault_plan p = plan_of(s);
        if (s->c == FAULT_MEMORY) (void)alarm(RUN_S);
        if (now->afresh) look_afresh(s, &p);
        s->runs += one(s->w, &p, s->i + s->stride >= chosen.n);
        if (atomic_load(&fault_seen->left)) _exit(START_ANEW);   /* what it left open stays open in this process */
        if (s->budget && s->runs == 2) {                        /* now it is known what a run costs */
            int64_t fit = s->budget * 2 / (e2e_mono_ms() - s->start + 1);
            s->stride = chosen.n / (fit > 0 ? fit : 1) + 1;
        }
    }
}

/* The runs of a series within a forked child: it survives them, and this process survives it. */
static void within_child(struct series *s)
{
    bool anew = false;
    while (s->i < chosen.n) {
        int status = 0;
        fflush(stdout);
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
            struct fault_plan p = plan_of(s);
            setenv("CMOCKA_TEST_ABORT", "1", 1);
            desk_reopen();
            if (now->in_batch >= now->batch) settle(s->w, &p, &(struct fault_run){0});
            go_on(s);
            _exit(0);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return;
        if (WIFEXITED(status) && WEXITSTATUS(status) == START_AGAIN) continue;
        anew = WIFEXITED(status) && WEXITSTATUS(status) == START_ANEW;
        struct fault_plan p = plan_of(s);
        struct fault_run r = {.o.status = WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status)};
        if (!anew) fault_wrong(&p, &r, "%s", r.o.status == -SIGALRM ? "it hangs" : "it crashed");
        s->i += s->stride;
        if (s->i >= chosen.n) settle(s->w, &p, &r);
    }
}

static void choose(const struct series *s, int64_t k, uint64_t path)
{
    const struct way *y = &WAYS[s->y];
    if (chosen.n >= FAULT_NOTED || !fault_worth(s->c, k, y->which, y->forever) || !fault_asked_for(s->c, k)) return;
    chosen.k[chosen.n] = k;
    chosen.path[chosen.n++] = path;
}

/* With FAULT_PLACES=1 the first call from every place is enough. */
static bool place_again(uint16_t path)
{
    static uint64_t seen[FAULT_SITES];
    static size_t n;
    if (!e2e_env("FAULT_PLACES", 0)) return false;
    if (!path) n = 0;
    if (!path || n == FAULT_SITES) return false;
    for (size_t i = 0; i < n; i++)
        if (seen[i] == fault_seen->path[path - 1].place) return true;
    seen[n++] = fault_seen->path[path - 1].place;
    return false;
}

/* Every call; or, of allocations, the first of every path. */
static void choose_all(const struct series *s, int64_t calls)
{
    static bool seen[FAULT_PATHS + 1];
    bool every = s->c != FAULT_MEMORY || e2e_env("FAULT_ALL", 0);
    const uint16_t *path = fault_seen->noted_path[s->c];
    int64_t from = e2e_env("FAULT_FROM", 1), to = e2e_env("FAULT_TO", calls);
    memset(seen, 0, sizeof seen);
    (void)place_again(0);
    for (int64_t k = from; k <= to && k <= calls && k < FAULT_NOTED; k++) {
        if ((every || !seen[path[k]]) && !place_again(path[k])) choose(s, k, 0);
        seen[path[k]] = true;
    }
}

/* Each path that this way has not been seen to come by: whichever call comes by it. */
static void choose_missed(const struct series *s, int64_t calls)
{
    static bool seen[FAULT_PATHS + 1];
    const uint16_t *path = fault_seen->noted_path[s->c];
    memset(seen, 0, sizeof seen);
    for (int64_t k = 1; k <= calls && k < FAULT_NOTED; k++) {
        if (!path[k] || seen[path[k]]) continue;
        const struct fault_path *p = &fault_seen->path[path[k] - 1];
        seen[path[k]] = true;
        if (!(atomic_load(&p->ways) & 1U << s->y)) choose(s, k, atomic_load(&p->hash));
    }
}

/* For each place that was not touched yet, a path that leads there and has not been tried by its name. */
static void choose_untouched(const struct series *s, int64_t calls)
{
    static bool tried[FAULT_PATHS + 1];
    const uint16_t *path = fault_seen->noted_path[s->c];
    (void)place_again(0);
    for (int64_t k = 1; k <= calls && k < FAULT_NOTED; k++) {
        if (!path[k] || tried[path[k]]) continue;
        const struct fault_path *p = &fault_seen->path[path[k] - 1];
        if (fault_touched(p->place) || place_again(path[k])) continue;
        tried[path[k]] = true;
        choose(s, k, atomic_load(&p->hash));
    }
}

static void run_chosen(struct series *s)
{
    s->i = 0;
    s->stride = 1;
    if (s->budget && chosen.n > 0) {
        s->stride = (chosen.n + 3) / 4;
        s->i = (int64_t)(e2e_random(&seed) % (uint64_t)s->stride);
    }
    if (s->w->within && s->c == FAULT_MEMORY) within_child(s);
    else go_on(s);
    (void)alarm(0);
}

/* Every k of one class in one way. */
static int64_t all_of(const struct fault_work *w, enum fault_class c, int way, int64_t calls)
{
    enum { ROUNDS = 10 };
    struct series *s = now;
    *s = (struct series){.w = w, .c = c, .y = way, .batch = DESK_BATCH, .budget = e2e_env("FAULT_MS", 0), .start = e2e_mono_ms()};
    chosen.n = 0;
    choose_all(s, calls);
    run_chosen(s);
    for (int i = 0; i < ROUNDS && !s->budget && !e2e_env("FAULT_TO", 0); i++) {
        chosen.n = 0;
        if (e2e_env("FAULT_PLACES", 0)) choose_untouched(s, calls);
        else choose_missed(s, calls);
        if (chosen.n == 0) break;
        s->batch = 1;                    /* some ways are taken in a new store only, as the counting run had it */
        run_chosen(s);
    }
    return s->runs;
}

/* Paths whose calls can fail in one way, and those that did. */
static size_t paths_of(enum fault_class c, int way, int64_t calls, size_t *reached)
{
    static bool seen[FAULT_PATHS + 1];
    const uint16_t *path = fault_seen->noted_path[c];
    size_t n = 0;
    memset(seen, 0, sizeof seen);
    *reached = 0;
    for (int64_t k = 1; k <= calls && k < FAULT_NOTED; k++) {
        if (!path[k] || seen[path[k]] || !fault_worth(c, k, WAYS[way].which, WAYS[way].forever)) continue;
        seen[path[k]] = true;
        n++;
        *reached += (atomic_load(&fault_seen->path[path[k] - 1].ways) >> way) & 1U;
    }
    return n;
}

static void one_class(const struct fault_work *w, enum fault_class c)
{
    struct fault_plan count = {.mode = FAULT_COUNT, .class = c, .trace = c == FAULT_MEMORY ? FAULT_TRACE_ALL : FAULT_UNTRACED};
    *now = (struct series){.batch = 1};
    if (w->within && c == FAULT_MEMORY) (void)one(w, &count, false);       /* what is asked for once in the life of a process is not counted */
    (void)one(w, &count, true);
    int64_t calls = atomic_load(&fault_seen->count[c]);
    printf("%-22s %-7s %6lld calls from %4zu places:", w->name, CLASS[c], (long long)calls, fault_sites(c, false));
    const char *only = getenv("FAULT_WAY");
    for (int i = 0; i < (int)(sizeof WAYS / sizeof *WAYS); i++) {
        size_t reached = 0;
        if (only && *only && !sg_eq(only, WAYS[i].name)) continue;
        if (c == FAULT_MEMORY && (WAYS[i].mode == FAULT_KILL || WAYS[i].which)) continue;
        int64_t runs = all_of(w, c, i, calls);
        size_t paths = paths_of(c, i, calls, &reached);
        printf(" %s %lld, %zu of %zu paths;", WAYS[i].name, (long long)runs, reached, paths);
        total.runs += runs;
        total.paths += (long)reached;
        total.missed += (long)(paths - reached);
        fflush(stdout);
    }
    size_t sites = fault_sites(c, false), failed = fault_sites(c, true);
    total.places += (long)sites;
    total.untouched += (long)(sites - failed);
    printf(" %zu of %zu places failed\n", failed, sites);
}

void fault_drive(const struct fault_work *w)
{
    static const char *const only_of[] = {"file", "socket", "memory"};
    const char *only = getenv("FAULT_CLASS");
    fault_seen->wrongs = fault_seen->unsaid = fault_seen->library = fault_seen->lost = 0;
    now = mmap(NULL, sizeof *now, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(now != MAP_FAILED);
    for (int c = 0; c < FAULT_CLASSES; c++)
        if (!only || !*only || sg_eq(only, only_of[c])) one_class(w, (enum fault_class)c);
    if (fault_seen->library) printf("%-22s %ld crashes inside libmicrohttpd, GnuTLS and its libraries, at a fault of their own calls\n", w->name, fault_seen->library);
    if (fault_seen->lost) printf("%-22s %ld times OpenSSL lost memory in a handshake when an allocation of its own failed\n", w->name, fault_seen->lost);
    if (fault_seen->unsaid) printf("%-22s %ld acts were queued and the program could not say so\n", w->name, fault_seen->unsaid);
    printf("%-22s runs %ld, places %ld, untouched %ld, paths reached %ld, missed %ld, wrong %ld\n", w->name, total.runs, total.places, total.untouched,
           total.paths, total.missed, fault_seen->wrongs);
    memset(&total, 0, sizeof total);
    if (fault_seen->wrongs) fail_msg("%ld faults had another end than they should", fault_seen->wrongs);
}
