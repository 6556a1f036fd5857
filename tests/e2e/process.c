/* Child processes: started with a small fixed environment, fed and read by one poll loop, never outliving the test. Time is
 * measured by waiting on a pidfd, so that a child that ends early is noticed at once and nothing sleeps. */
#include "tests/e2e/lib.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "base/str.h"
#include "tests/patience.h"

enum { ENV_MAX = 24, PATIENCE_MS = 60000 };

int64_t e2e_mono_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

uint64_t e2e_random(uint64_t *seed) {
    uint64_t z = *seed += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

long e2e_env(const char *name, long preset) {
    int64_t n;
    const char *v = getenv(name);
    return v != NULL && sg_parse_i64(v, 0, INT32_MAX, &n) ? (long)n : preset;
}

static void exec_child(const char *const *argv, const char *const *env, int in, int out, int err, pid_t parent) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    if (getppid() != parent || dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(err, 2) < 0) {
        _exit(126);
    }
    union { const char *const *read; char *const *write; } a = {.read = argv}, e = {.read = env};   /* execve's old signature */
    execve(argv[0], a.write, e.write);
    _exit(127);
}

static void environment(const char *const *more, const char *list[ENV_MAX], char home[E2E_PATH]) {
    static const char *const pass[] = {"ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LSAN_OPTIONS"};
    static char kept[4][E2E_PATH];
    size_t n = 0;
    sg_format(home, E2E_PATH, "HOME=%s", e2e_dir);
    list[n++] = home;
    list[n++] = "PATH=/usr/bin:/bin";
    list[n++] = "LC_ALL=C.UTF-8";
    list[n++] = "TERM=dumb";
    for (size_t i = 0; i < 4; i++) {
        const char *v = getenv(pass[i]);
        if (v != NULL) {
            sg_format(kept[i], E2E_PATH, "%s=%s", pass[i], v);
            list[n++] = kept[i];
        }
    }
    for (size_t i = 0; more != NULL && more[i] != NULL && n + 1 < ENV_MAX; i++) {
        list[n++] = more[i];
    }
    list[n] = NULL;
}

static void open_err(const char *err_file, int err[2]) {
    err[0] = -1;
    if (err_file == NULL) {
        assert_int_equal(pipe2(err, O_CLOEXEC), 0);
    } else {
        err[1] = open(err_file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        assert_true(err[1] >= 0);
    }
}

struct e2e_proc e2e_spawn(const char *const *argv, const char *const *env) { return e2e_spawn_logged(argv, env, NULL); }

struct e2e_proc e2e_spawn_logged(const char *const *argv, const char *const *env, const char *err_file) {
    int in[2], out[2], err[2];
    const char *list[ENV_MAX];
    char home[E2E_PATH];
    environment(env, list, home);
    if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0) {
        fail_msg("pipe: %s", strerror(errno));
    }
    open_err(err_file, err);
    pid_t parent = getpid(), pid = fork();
    if (pid < 0) {
        fail_msg("fork: %s", strerror(errno));
    }
    if (pid == 0) {
        exec_child(argv, list, in[0], out[1], err[1], parent);
    }
    close(in[0]);
    close(out[1]);
    close(err[1]);
    struct e2e_proc p = {.pid = pid, .in = in[1], .out = out[0], .err = err[0]};
    p.pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    assert_true(p.pidfd >= 0);
    return p;
}

bool e2e_ends_within(const struct e2e_proc *p, int ms) {
    struct pollfd f = {.fd = p->pidfd, .events = POLLIN};
    return poll(&f, 1, ms) == 1;
}

struct text { char *data; size_t len, cap; };

/* False at the end of the pipe. */
static bool read_some(int fd, struct text *t) {
    if (t->cap - t->len < 65537) {
        assert_true(t->cap < E2E_TEXT_MAX);
        t->cap = t->cap * 2 + 131072;
        t->data = realloc(t->data, t->cap);
        assert_non_null(t->data);
    }
    ssize_t got = read(fd, t->data + t->len, 65536);
    t->len += got > 0 ? (size_t)got : 0;
    t->data[t->len] = '\0';
    return got > 0 || (got < 0 && (errno == EINTR || errno == EAGAIN));
}

static void feed(int *fd, const char **input) {
    ssize_t n = write(*fd, *input, strlen(*input));
    *input += n > 0 ? n : 0;
    if (n < 0 || **input == '\0') {
        close(*fd);
        *fd = -1;
    }
}

static void exchange(struct e2e_proc *p, const char *input, struct text *out, struct text *err) {
    int64_t until = e2e_mono_ms() + PATIENCE_MS * test_patience();
    if (p->in >= 0 && (input == NULL || *input == '\0')) {
        close(p->in);
        p->in = -1;
    }
    while (p->out >= 0 || p->err >= 0) {
        struct pollfd f[3] = {{p->out, POLLIN, 0}, {p->err, POLLIN, 0}, {p->in, POLLOUT, 0}};
        int64_t left = until - e2e_mono_ms();
        if (left <= 0) {
            kill(p->pid, SIGKILL);          /* its pipes close, and the status tells */
            left = 1000;
        }
        (void)poll(f, 3, (int)left);
        if (f[0].revents != 0 && !read_some(p->out, out)) {
            close(p->out);
            p->out = -1;
        }
        if (f[1].revents != 0 && !read_some(p->err, err)) {
            close(p->err);
            p->err = -1;
        }
        if (f[2].revents != 0) {
            feed(&p->in, &input);
        }
    }
}

static void parse_lines(struct e2e_out *o) {
    size_t cap = 0;
    for (const char *s = o->out, *end; s != NULL && *s != '\0'; s = *end != '\0' ? end + 1 : end) {
        end = s + strcspn(s, "\n");
        cJSON *v = *s == '{' && *end == '\n' ? cJSON_ParseWithLength(s, (size_t)(end - s)) : NULL;
        if (v == NULL) {
            continue;
        }
        if (o->n == cap) {
            cap = cap * 2 + 16;
            o->line = realloc(o->line, cap * sizeof *o->line);
            assert_non_null(o->line);
        }
        o->line[o->n++] = v;
    }
}

void e2e_finish(struct e2e_proc *p, const char *input, struct e2e_out *o) {
    struct text out = {calloc(1, 131072), 0, 131072}, err = {calloc(1, 131072), 0, 131072};
    int status = 0;
    assert_true(out.data != NULL && err.data != NULL);
    exchange(p, input, &out, &err);
    if (p->in >= 0) {
        close(p->in);
    }
    close(p->pidfd);
    assert_int_equal(waitpid(p->pid, &status, 0), p->pid);
    *o = (struct e2e_out){.status = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status), .out = out.data, .err = err.data};
    parse_lines(o);
}

void e2e_out_free(struct e2e_out *o) {
    for (size_t i = 0; i < o->n; i++) {
        cJSON_Delete(o->line[i]);
    }
    free(o->line);
    free(o->out);
    free(o->err);
    *o = (struct e2e_out){0};
}
