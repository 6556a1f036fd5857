/* See pty.h. The slave side is kept open in the parent, so that the terminal's settings can be compared after the program has gone. */
#include "tests/bench/pty.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

double pty_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

bool pty_start(struct pty *p, int rows, int cols, char *const argv[])
{
    struct winsize w = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)cols};
    memset(p, 0, sizeof *p);
    int slave;
    if (openpty(&p->fd, &slave, NULL, NULL, &w) != 0)
        return false;
    tcgetattr(slave, &p->before);
    p->keep = slave;
    p->pid = fork();
    if (p->pid == 0) {
        setsid();
        ioctl(slave, TIOCSCTTY, 0);
        dup2(slave, 0);
        dup2(slave, 1);
        dup2(slave, 2);
        close(p->fd);
        if (slave > 2)
            close(slave);
        setenv("TERM", "xterm-256color", 1);
        execvp(argv[0], argv);
        _exit(127);
    }
    fcntl(p->fd, F_SETFL, O_NONBLOCK);
    return p->pid > 0;
}

static bool pump(struct pty *p, int ms)
{
    struct pollfd f = {.fd = p->fd, .events = POLLIN};
    if (p->eof || poll(&f, 1, ms) <= 0)
        return false;
    char b[16384];
    ssize_t n = read(p->fd, b, sizeof b);
    if (n <= 0) {
        p->eof = n == 0 || errno != EAGAIN;
        return false;
    }
    p->last = pty_now();
    p->bytes += (size_t)n;
    size_t room = sizeof p->tail - 1;
    if (p->n_tail + (size_t)n > room) {
        size_t keep = room / 2 > p->n_tail ? p->n_tail : room / 2;
        memmove(p->tail, p->tail + p->n_tail - keep, keep);
        p->n_tail = keep;
    }
    memcpy(p->tail + p->n_tail, b, (size_t)n);
    p->n_tail += (size_t)n;
    p->tail[p->n_tail] = '\0';
    return true;
}

void pty_send(struct pty *p, const char *keys, size_t n)
{
    while (n > 0) {
        ssize_t w = write(p->fd, keys, n);
        if (w > 0) {
            keys += w;
            n -= (size_t)w;
        } else if (errno == EAGAIN) {
            pump(p, 1);
        } else {
            return;
        }
    }
}

bool pty_wait(struct pty *p, const char *text, double ms)
{
    double end = pty_now() + ms;
    while (!memmem(p->tail, p->n_tail, text, strlen(text))) {
        if (p->eof || pty_now() > end)
            return false;
        pump(p, 20);
    }
    return true;
}

void pty_forget(struct pty *p)
{
    p->n_tail = 0;
    p->tail[0] = '\0';
    p->bytes = 0;
}

void pty_quiet(struct pty *p, double quiet_ms, double most_ms)
{
    double start = pty_now(), seen = start;
    while (!p->eof && pty_now() - seen < quiet_ms && pty_now() - start < most_ms)
        if (pump(p, (int)quiet_ms / 2 + 1))
            seen = pty_now();
}

void pty_resize(struct pty *p, int rows, int cols)
{
    struct winsize w = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)cols};
    ioctl(p->fd, TIOCSWINSZ, &w);
}

bool pty_restored(const struct pty *p)
{
    struct termios now;
    if (tcgetattr(p->keep, &now) != 0)
        return false;
    bool same = now.c_lflag == p->before.c_lflag && now.c_iflag == p->before.c_iflag && now.c_oflag == p->before.c_oflag;
    const char *in = memmem(p->tail, p->n_tail, "\033[?1049h", 8), *out = NULL;
    for (size_t i = 0; i + 8 <= p->n_tail; i++)
        if (memcmp(p->tail + i, "\033[?1049l", 8) == 0)
            out = p->tail + i;
    return same && (!in || (out && out > in));
}

int pty_end(struct pty *p, double ms)
{
    double end = pty_now() + ms;
    int st = 0;
    bool late = false;
    while (waitpid(p->pid, &st, WNOHANG) != p->pid) {
        pump(p, 5);
        if (pty_now() > end) {
            late = true;
            kill(p->pid, SIGKILL);
            waitpid(p->pid, &st, 0);
            break;
        }
    }
    while (pump(p, 5))
        ;
    return late ? -1 : WIFEXITED(st) ? WEXITSTATUS(st) : 128 + WTERMSIG(st);
}

long pty_switches(const struct pty *p)
{
    char path[300];
    snprintf(path, sizeof path, "/proc/%d/task", (int)p->pid);
    DIR *d = opendir(path);
    long sum = 0, v;
    for (struct dirent *e; d && (e = readdir(d));) {
        snprintf(path, sizeof path, "/proc/%d/task/%s/status", (int)p->pid, e->d_name);
        FILE *f = e->d_name[0] == '.' ? NULL : fopen(path, "r");
        char line[256];
        while (f && fgets(line, sizeof line, f))
            if (sscanf(line, "voluntary_ctxt_switches: %ld", &v) == 1)
                sum += v;
        if (f)
            fclose(f);
    }
    if (d)
        closedir(d);
    return sum;
}

long pty_rss_kib(const struct pty *p)
{
    char path[64], line[256];
    snprintf(path, sizeof path, "/proc/%d/status", (int)p->pid);
    FILE *f = fopen(path, "r");
    long v = -1;
    while (f && fgets(line, sizeof line, f))
        if (sscanf(line, "VmRSS: %ld", &v) == 1)
            break;
    if (f)
        fclose(f);
    return v;
}
