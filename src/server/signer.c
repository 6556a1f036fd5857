/* The signer's two bodies. The child has nothing of this process but a socket as its standard input and the diary as its standard error;
 * it ends when the socket does. */
#include "server/signer.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"

enum { PATHS = 600, PATIENCE_MS = 5000, AGAIN_MS = 1000 };
struct sg_signer_process {
    char program[PATHS], key[PATHS], name[SG_NOTE_NAME_MAX];
    struct sg_clock clock;
    pid_t pid;
    int fd;                                          /* -1: not running */
    int64_t started;                                 /* mono ms of the last try */
};

static enum sg_err ask_book(void *ctx, const struct sg_sign_ask *ask, struct sg_sign_answer *out)
{
    struct sg_buf b;
    sg_buf_init(&b, SG_SIGN_MESSAGE_MAX);
    enum sg_err err = sg_sign_ask_write(ask, &b);
    if (err == SG_E_OK) sg_sign_serve(ctx, b.data, b.len, out);
    sg_buf_free(&b);
    return err;
}

struct sg_signer sg_signer_of_book(struct sg_sign_book *b) { return (struct sg_signer){b, ask_book}; }

/* ---- the child ------------------------------------------------------------------------------------------------------------------------ */

/* argv[0] with its path: program, or sigilld-sign beside this program. */
static bool find_program(const char *program, char dst[PATHS])
{
    char self[PATHS];
    if (program && program[0]) return sg_copy(dst, PATHS, program);
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    if (n <= 0) return false;
    self[n] = '\0';
    char *slash = strrchr(self, '/');
    if (!slash) return false;
    slash[1] = '\0';
    return sg_format(dst, PATHS, "%ssigilld-sign", self);
}

/* The child's signals are as at its own start, so that a stop of sigilld's does not stay blocked in it. */
static int spawn(pid_t *pid, const char *const *argv, int socket)
{
    static char *no_environment[] = {NULL};
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attr;
    sigset_t none;
    char *words[8] = {NULL};
    for (size_t i = 0; argv[i]; i++) words[i] = strdup(argv[i]);
    (void)sigemptyset(&none);
    (void)posix_spawn_file_actions_init(&files);
    if (socket >= 0) (void)posix_spawn_file_actions_adddup2(&files, socket, STDIN_FILENO);
    (void)posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", 1, 0);
    (void)posix_spawn_file_actions_addclosefrom_np(&files, 3);
    (void)posix_spawnattr_init(&attr);
    (void)posix_spawnattr_setsigmask(&attr, &none);
    (void)posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK);
    int rc = posix_spawn(pid, argv[0], &files, &attr, words, no_environment);
    (void)posix_spawnattr_destroy(&attr);
    (void)posix_spawn_file_actions_destroy(&files);
    for (size_t i = 0; words[i]; i++) free(words[i]);
    return rc;
}

static void reap(struct sg_signer_process *p)
{
    if (p->fd >= 0) (void)close(p->fd);
    p->fd = -1;
    if (p->pid > 0)
        while (waitpid(p->pid, NULL, 0) < 0 && errno == EINTR) {}
    p->pid = 0;
}

static bool launch(struct sg_signer_process *p)
{
    int sv[2];
    const char *const argv[] = {p->program, "--serve", p->key, p->name, NULL};
    int64_t now = sg_mono(&p->clock);
    if (p->started && now - p->started < AGAIN_MS) return false;
    p->started = now > 0 ? now : 1;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv) != 0) return false;
    int rc = spawn(&p->pid, argv, sv[1]);
    (void)close(sv[1]);
    p->fd = sv[0];
    if (rc == 0) return true;
    sg_log(SG_LOG_ERROR, "%s: %s", p->program, strerror(rc));
    p->pid = 0;
    reap(p);
    return false;
}

static bool exchange(struct sg_signer_process *p, const struct sg_buf *ask, struct sg_sign_answer *out)
{
    char packet[SG_SIGN_MESSAGE_MAX];
    struct pollfd wait = {.fd = p->fd, .events = POLLIN};
    int rc;
    if (send(p->fd, ask->data, ask->len, MSG_NOSIGNAL) != (ssize_t)ask->len) return false;
    do rc = poll(&wait, 1, PATIENCE_MS); while (rc < 0 && errno == EINTR);
    if (rc <= 0) return false;
    ssize_t n = recv(p->fd, packet, sizeof packet, 0);
    return n > 0 && sg_sign_answer_read(packet, (size_t)n, out);
}

static enum sg_err ask_process(void *ctx, const struct sg_sign_ask *ask, struct sg_sign_answer *out)
{
    struct sg_signer_process *p = ctx;
    struct sg_buf b;
    if (p->fd < 0 && !launch(p)) return SG_E_OFFLINE;
    sg_buf_init(&b, SG_SIGN_MESSAGE_MAX);
    enum sg_err err = sg_sign_ask_write(ask, &b);
    if (err == SG_E_OK && !exchange(p, &b, out)) {
        sg_log(SG_LOG_ERROR, "the signer does not answer; it is started anew");
        if (p->pid > 0) (void)kill(p->pid, SIGKILL);
        reap(p);
        err = SG_E_OFFLINE;
    }
    sg_buf_free(&b);
    return err;
}

struct sg_signer sg_signer_of_process(struct sg_signer_process *p) { return (struct sg_signer){p, ask_process}; }

enum sg_err sg_signer_start(const char *program, const char *key_file, const char *name, struct sg_signer_process **out, struct sg_error *e)
{
    static struct sg_sign_answer a;
    struct sg_sign_ask ask = {.op = SG_SIGN_KEY};
    struct sg_signer_process *p = calloc(1, sizeof *p);
    *out = NULL;
    if (!p) return sg_fail(e, SG_E_NOMEM, "", "no memory");
    p->fd = -1;
    p->clock = sg_clock_system(NULL);
    bool ok = find_program(program, p->program) && SG_COPY(p->key, key_file) && SG_COPY(p->name, name);
    enum sg_err err = ok ? ask_process(p, &ask, &a) : SG_E_IO;
    if (err == SG_E_OK) {
        *out = p;
        return SG_E_OK;
    }
    err = sg_fail(e, err, p->program, "the signer of the event log does not start");
    sg_signer_stop(p);
    return err;
}

void sg_signer_stop(struct sg_signer_process *p)
{
    if (!p) return;
    reap(p);
    free(p);
}

enum sg_err sg_signer_epoch(const char *program, const char *key_file, const char *origin, struct sg_error *e)
{
    char path[PATHS];
    pid_t pid = 0;
    int status = 0;
    if (!find_program(program, path)) return sg_fail(e, SG_E_IO, "sigilld-sign", "cannot be found");
    const char *const argv[] = {path, "--epoch", key_file, origin, NULL};
    int rc = spawn(&pid, argv, -1);
    if (rc != 0) return sg_fail(e, SG_E_IO, path, "%s", strerror(rc));
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {}
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? SG_E_OK : sg_fail(e, SG_E_STATE, origin, "the signer does not begin this epoch");
}
