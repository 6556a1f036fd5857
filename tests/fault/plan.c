/* The test program's half of the shared file: writes the plan, starts programs with the shim, says what happened. */
#include "fault.h"
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "base/str.h"

struct fault_shared *fault_seen;
static char file_env[E2E_PATH + 16], preload_env[E2E_PATH + 16];

static const struct { const char *name; int16_t error[2]; } CALLS[CALL_COUNT] = {
#define CALL(id, c, g, one, two) {#id, {one, two}},
#include "call.def"
};

void fault_open(void)
{
    char path[E2E_PATH];
    const char *shim = getenv("SIGILL_FAULT_SHIM"), *shared = getenv("SIGILL_FAULT");
    if (!shim || !shared) fail_msg("SIGILL_FAULT_SHIM is not set: run this with `make faults`");
    SG_COPY(path, shared);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0 && ftruncate(fd, sizeof *fault_seen) == 0);
    void *p = mmap(NULL, sizeof *fault_seen, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    assert_true(p != MAP_FAILED);
    close(fd);
    fault_seen = p;
    sg_format(file_env, sizeof file_env, "SIGILL_FAULT=%s", path);
    sg_format(preload_env, sizeof preload_env, "LD_PRELOAD=%s", shim);
}

void fault_close(void)
{
    (void)munmap(fault_seen, sizeof *fault_seen);
    fault_seen = NULL;
}

void fault_arm(const struct fault_plan *p)
{
    struct fault_shared *s = fault_seen;
    if (p->mode == FAULT_COUNT) {
        memset(s->site, 0, sizeof s->site);
        memset(s->path, 0, sizeof s->path);
        memset(s->noted, 0, sizeof s->noted);
        memset(s->noted_path, 0, sizeof s->noted_path);
    }
    s->mode = p->mode;
    s->class = p->class;
    s->which = (uint32_t)p->which;
    s->k = p->k;
    s->way = (uint32_t)p->way;
    s->by = p->path;
    s->forever = p->forever;
    for (int c = 0; c < FAULT_CLASSES; c++) atomic_store(&s->count[c], 0);
    atomic_store(&s->hit, 0);
    s->where[0] = '\0';
    s->trace = p->trace;
    atomic_store(&s->held, -1);
    atomic_store(&s->hit_path, 0);
    atomic_store(&s->left, false);
}

struct e2e_proc fault_spawn(const char *const *argv, const char *const *env, const char *err_file)
{
    const char *all[5] = {file_env, preload_env};
    for (size_t i = 0; env && env[i] && i < 2; i++) all[2 + i] = env[i];
    return e2e_spawn_logged(argv, all, err_file);
}

void fault_collect(struct e2e_proc *p, int ms, struct fault_run *r)
{
    r->hung = !e2e_ends_within(p, ms);
    if (r->hung) kill(p->pid, SIGKILL);
    e2e_finish(p, NULL, &r->o);
}

/* The shim's functions, when this program itself runs under it. */
static void call_shim(const char *name)
{
    union { void *p; void (*f)(void); } u = {.p = dlsym(RTLD_DEFAULT, name)};
    if (u.p) u.f();
}

/* Standard output and error into a file in memory, and back. */
static void turn_output(int to[2], int kept[2])
{
    fflush(stdout);
    for (int i = 0; i < 2; i++) {
        if (kept) assert_true((kept[i] = fcntl(1 + i, F_DUPFD_CLOEXEC, 10)) >= 0);
        assert_int_equal(dup2(to[i], 1 + i), 1 + i);
        close(to[i]);
    }
}

static char *content(int fd)
{
    off_t n = lseek(fd, 0, SEEK_END);
    char *p = calloc(1, (size_t)n + 1);
    assert_non_null(p);
    assert_true(pread(fd, p, (size_t)n, 0) == n);
    return p;
}

void fault_within(int (*fn)(const char *const *arg), const char *const *arg, struct fault_run *r)
{
    int to[2], kept[2];
    for (int i = 0; i < 2; i++) assert_true((to[i] = memfd_create("output", MFD_CLOEXEC)) >= 0);
    turn_output(to, kept);
    call_shim("fault_inject_begin");
    r->o.status = fn(arg);
    if (fflush(stdout) != 0 && r->o.status == 0) r->o.status = 74;
    call_shim("fault_inject_end");
    r->o.out = content(1);
    r->o.err = content(2);
    turn_output(kept, NULL);
}

static const char *error_name(int error)
{
    return error == E_SHORT ? "short" : error == E_LATE ? "error after it" : strerrorname_np(error);
}

void fault_say(char *dst, size_t cap, const struct fault_plan *p)
{
    const struct fault_shared *s = fault_seen;
    enum fault_call call = (enum fault_call)atomic_load(&s->hit_call);
    const char *what = p->mode == FAULT_KILL ? "killed" : error_name(CALLS[call].error[p->which]);
    sg_format(dst, cap, "%s (call %lld) %s%s at %s", CALLS[call].name, (long long)p->k, what, p->forever ? " for ever" : "", s->where);
}

size_t fault_sites(enum fault_class c, bool failed)
{
    static const uint8_t class_of[CALL_COUNT] = {
#define CALL(id, cl, g, one, two) FAULT_##cl,
#include "call.def"
    };
    size_t n = 0;
    for (size_t i = 0; i < FAULT_SITES; i++) n += atomic_load(&fault_seen->site[i].place) != 0 && (!failed || atomic_load(&fault_seen->site[i].failed)) && class_of[fault_seen->site[i].call] == c;
    return n;
}

bool fault_touched(uint64_t place)
{
    for (size_t i = 0; i < FAULT_SITES; i++)
        if (atomic_load(&fault_seen->site[i].place) == place) return atomic_load(&fault_seen->site[i].failed);
    return false;
}

bool fault_asked_for(enum fault_class c, int64_t k)
{
    const char *only = getenv("FAULT_CALL");
    return !only || !*only || (k < FAULT_NOTED && sg_eq(CALLS[fault_seen->noted[c][k]].name, only));
}

bool fault_worth(enum fault_class c, int64_t k, int which, bool forever)
{
    const uint8_t call = k < FAULT_NOTED ? fault_seen->noted[c][k] : 0;
    if (which == 1 && CALLS[call].error[0] == CALLS[call].error[1]) return false;
    if (!forever) return true;
    return CALLS[call].error[which] != EINTR;
}
