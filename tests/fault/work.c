/* For every class of calls and every k: killed at call k; call k failing once and for ever, with each of its errors. Without FAULT_MS
 * every k is tried; with it, so many k at equal distances as fit into that time for each class and way (the first is drawn). */
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
static int held_clean;                       /* blocks an undisturbed run keeps */
enum { RUN_S = 10, START_ANEW = 3 };
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
                e2e_env("FAULT_TRACE", 0) ? 20000 : 600, r->o.err ? r->o.err : "");
    fault_seen->wrongs++;
    if (e2e_env("FAULT_STOP", 0)) fail();
}

/* Shared with the children it runs in. in_batch: runs since the last settling. */
static struct series { int in_batch; const struct fault_work *w; enum fault_class c; const struct way *y; int64_t calls, k, stride, budget, start, runs; } *now;

/* A crash inside a library that this project cannot mend: GnuTLS takes a certificate apart with libtasn1, which does not look at what its
 * allocations give, and libmicrohttpd ends the program when epoll_ctl fails. Counted and printed, not forgiven to our own code: the call that failed must have been the library's. */
static bool of_library(void)
{
    static const char *const known[] = {"libtasn1.so", "libgnutls.so", "libp11-kit.so", "libhogweed.so", "libnettle.so", "libmicrohttpd.so"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (sg_starts(fault_seen->where, known[i])) return true;
    return false;
}

static void settle(const struct fault_work *w, const struct fault_plan *p, const struct fault_run *r)
{
    if (now->in_batch > 0) w->settle(p, r);
    now->in_batch = 0;
}

/* True when the call to be hit was reached. */
static bool one(const struct fault_work *w, const struct fault_plan *p, bool last)
{
    struct fault_run r = {0};
    w->prepare(now->in_batch == 0);
    fault_arm(p);
    w->perform(&r);
    now->in_batch++;
    bool reached = atomic_load(&fault_seen->hit) > 0;
    bool crashed = r.o.status < 0 && !r.hung && !(p->mode == FAULT_KILL && reached && r.o.status == -9);
    if (r.hung) fault_wrong(p, &r, "it hangs");
    else if (crashed && p->class != FAULT_FILE && of_library()) fault_seen->library++;
    else if (crashed) fault_wrong(p, &r, "it crashed");
    int held = atomic_load(&fault_seen->held);
    if (p->mode != FAULT_COUNT && held > held_clean && !atomic_load(&fault_seen->left)) fault_wrong(p, &r, "%d blocks of memory were not given back", held);
    if (p->mode == FAULT_COUNT) held_clean = held;
    if (p->mode == FAULT_COUNT && e2e_env("FAULT_TRACE", 0) > 1) print_message("%s", r.o.err);
    w->judge(p, &r);
    bool left = atomic_load(&fault_seen->left);          /* what it left open is closed with this process: settled in the next */
    if (!left && (last || now->in_batch >= DESK_BATCH)) settle(w, p, &r);
    e2e_out_free(&r.o);
    return reached;
}



/* From s->k on, until all have been tried. Where it is stands in the shared file. */
static void go_on(struct series *s)
{
    for (; s->k <= s->calls; s->k += s->stride) {
        struct fault_plan p = {.mode = s->y->mode, .class = s->c, .k = s->k, .which = s->y->which, .forever = s->y->forever};
        fault_seen->at = s->k;
        if (s->c == FAULT_MEMORY) (void)alarm(RUN_S);
        if (!fault_worth(s->c, s->k, s->y->which, s->y->forever)) continue;
        s->runs += one(s->w, &p, s->k + s->stride > s->calls);
        if (atomic_load(&fault_seen->left)) _exit(START_ANEW);   /* what it left open stays open in this process */
        if (s->budget && s->runs == 2) {                        /* now it is known what a run costs */
            int64_t fit = s->budget * 2 / (e2e_mono_ms() - s->start + 1);
            s->stride = s->calls / (fit > 0 ? fit : 1) + 1;
        }
    }
}

/* The runs of a series within a forked child: it survives them, and this process survives it. */
static void within_child(struct series *s)
{
    while (s->k <= s->calls) {
        int status = 0;
        fflush(stdout);
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
            setenv("CMOCKA_TEST_ABORT", "1", 1);
            desk_reopen();
            go_on(s);
            _exit(0);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return;
        bool anew = WIFEXITED(status) && WEXITSTATUS(status) == START_ANEW;
        struct fault_plan p = {.mode = s->y->mode, .class = s->c, .k = fault_seen->at, .which = s->y->which, .forever = s->y->forever};
        struct fault_run r = {.o.status = WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status)};
        if (!anew) fault_wrong(&p, &r, "%s", r.o.status == -SIGALRM ? "it hangs" : "it crashed");
        s->k = fault_seen->at + s->stride;
        if (s->k > s->calls) settle(s->w, &p, &r);
    }
}

/* Every k of one class in one way. */
static int64_t all_of(const struct fault_work *w, enum fault_class c, const struct way *y, int64_t calls)
{
    struct series *s = now;
    *s = (struct series){.w = w, .c = c, .y = y, .calls = calls, .stride = 1, .budget = e2e_env("FAULT_MS", 0), .start = e2e_mono_ms()};
    s->k = e2e_env("FAULT_FROM", 1);
    if (e2e_env("FAULT_TO", 0)) s->calls = e2e_env("FAULT_TO", 0);
    if (s->budget && calls > 0) {
        s->stride = (calls + 3) / 4;
        s->k = 1 + (int64_t)(e2e_random(&seed) % (uint64_t)s->stride);
    }
    if (w->within && c == FAULT_MEMORY) within_child(s);
    else go_on(s);
    (void)alarm(0);
    return s->runs;
}

static void one_class(const struct fault_work *w, enum fault_class c)
{
    struct fault_plan count = {.mode = FAULT_COUNT, .class = c};
    *now = (struct series){0};
    (void)one(w, &count, true);
    int64_t calls = atomic_load(&fault_seen->count[c]);
    size_t sites = fault_sites(c);
    printf("%-22s %-7s %6lld calls from %4zu sites:", w->name, CLASS[c], (long long)calls, sites);
    if (held_clean > 0) printf(" (keeps %d)", held_clean);
    for (size_t i = 0; i < sizeof WAYS / sizeof *WAYS; i++) {
        if (c == FAULT_MEMORY && (WAYS[i].mode == FAULT_KILL || WAYS[i].which)) continue;
        printf(" %s %lld;", WAYS[i].name, (long long)all_of(w, c, &WAYS[i], calls));
        fflush(stdout);
    }
    printf("\n");
}

void fault_drive(const struct fault_work *w)
{
    static const char *const only_of[] = {"file", "socket", "memory"};
    const char *only = getenv("FAULT_CLASS");
    fault_seen->wrongs = fault_seen->unsaid = fault_seen->library = 0;
    now = mmap(NULL, sizeof *now, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(now != MAP_FAILED);
    for (int c = 0; c < FAULT_CLASSES; c++)
        if (!only || !*only || sg_eq(only, only_of[c])) one_class(w, (enum fault_class)c);
    if (fault_seen->library) printf("%-22s %ld crashes inside libmicrohttpd, GnuTLS and its libraries, at a fault of their own calls\n", w->name, fault_seen->library);
    if (fault_seen->unsaid) printf("%-22s %ld acts were queued and the program could not say so\n", w->name, fault_seen->unsaid);
    if (fault_seen->wrongs) fail_msg("%ld faults had another end than they should", fault_seen->wrongs);
}
