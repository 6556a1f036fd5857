/* See vt.h. Byte order of a session: everything the program writes goes to raw[] and to the screen model; what the model answers (the
 * program may ask the terminal who it is) goes back as input. */
#include "tests/screen/vt.h"
#include "tests/patience.h"
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

bool vt_no_controlling_terminal;

double vt_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void set_env(const char *const env[])
{
    setenv("TERM", "xterm-256color", 1);
    setenv("LANG", "C.UTF-8", 1);
    unsetenv("LC_ALL");
    unsetenv("LC_MESSAGES");
    unsetenv("NO_COLOR");
    unsetenv("LINES");
    unsetenv("COLUMNS");
    for (; env && *env; env++) {
        char name[64];
        const char *eq = strchr(*env, '=');
        if (**env == '-')
            unsetenv(*env + 1);
        else if (eq && (size_t)(eq - *env) < sizeof name) {
            memcpy(name, *env, (size_t)(eq - *env));
            name[eq - *env] = '\0';
            setenv(name, eq + 1, 1);
        }
    }
}

static void child(int slave, const char *const argv[], const char *const env[])
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setsid();
    if (!vt_no_controlling_terminal)
        ioctl(slave, TIOCSCTTY, 0);
    for (int fd = 0; fd < 3; fd++)
        dup2(slave, fd);
    set_env(env);
    for (int fd = 3; fd < 64; fd++)
        close(fd);
    char *own[24] = { NULL };                   /* execvp wants them writable */
    for (int i = 0; i < 23 && argv[i]; i++)
        own[i] = strdup(argv[i]);
    if (own[0])
        execvp(own[0], own);
    _exit(127);
}

bool vt_start(struct vt *v, int rows, int cols, bool model, const char *const argv[], const char *const env[])
{
    struct winsize w = { .ws_row = (unsigned short)rows, .ws_col = (unsigned short)cols };
    memset(v, 0, sizeof *v);
    v->rows = rows;
    v->cols = cols;
    v->raw = malloc(VT_RAW_MAX + 1);
    if (!v->raw || openpty(&v->fd, &v->slave, NULL, NULL, &w) != 0)
        return false;
    v->raw[0] = '\0';
    tcgetattr(v->slave, &v->before);
    fflush(NULL);
    v->pid = fork();
    if (v->pid == 0)
        child(v->slave, argv, env);
    fcntl(v->fd, F_SETFL, O_NONBLOCK);
    if (model) {
        v->term = vterm_new(rows, cols);
        vterm_set_utf8(v->term, 1);
        v->screen = vterm_obtain_screen(v->term);
        vterm_screen_enable_altscreen(v->screen, 1);
        vterm_screen_reset(v->screen, 1);
    }
    return v->pid > 0;
}

static void answer(struct vt *v)
{
    char b[512];
    size_t n;
    while (v->term && (n = vterm_output_read(v->term, b, sizeof b)) > 0)
        if (write(v->fd, b, n) < 0)
            return;
}

void vt_pump(struct vt *v, int ms)
{
    struct pollfd p = { .fd = v->fd, .events = POLLIN };
    char b[16384];
    if (v->eof || poll(&p, 1, ms) <= 0)
        return;
    ssize_t n = read(v->fd, b, sizeof b);
    if (n <= 0) {
        v->eof = n == 0 || errno != EAGAIN;
        return;
    }
    size_t keep = v->n_raw + (size_t)n <= VT_RAW_MAX ? (size_t)n : VT_RAW_MAX - v->n_raw;
    memcpy(v->raw + v->n_raw, b, keep);
    v->n_raw += keep;
    v->raw[v->n_raw] = '\0';
    if (v->term)
        vterm_input_write(v->term, b, (size_t)n);
    answer(v);
}

/* The slave is held open here, so the end of the program does not show as the end of the terminal. */
static bool alive(struct vt *v)
{
    if (!v->ended && waitpid(v->pid, &v->status, WNOHANG) == v->pid)
        v->ended = true;
    return !v->ended;
}

const char *vt_row(struct vt *v, int row)
{
    static char buf[16][4096];
    static int k;
    char *o = buf[k = (k + 1) % 16];
    VTermRect r = { row, row + 1, 0, v->cols };
    size_t n = v->screen ? vterm_screen_get_text(v->screen, o, sizeof buf[0] - 1, r) : 0;
    o[n] = '\0';
    while (n > 0 && o[n - 1] == ' ')
        o[--n] = '\0';
    return o;
}

int vt_find(struct vt *v, const char *text)
{
    for (int i = 0; i < v->rows; i++)
        if (strstr(vt_row(v, i), text))
            return i;
    return -1;
}

/* When waiting ends. */
static double patience(int ms)
{
    return vt_now() + (double)test_patience() * ms;
}

static bool until(struct vt *v, const char *text, int ms, bool there)
{
    double end = patience(ms);
    while ((vt_find(v, text) >= 0) != there) {
        if (vt_now() >= end || v->eof)
            return false;
        bool was_alive = alive(v);
        size_t before = v->n_raw;
        vt_pump(v, 20);
        if (!was_alive && v->n_raw == before)
            return (vt_find(v, text) >= 0) == there;
    }
    return true;
}

bool vt_wait(struct vt *v, const char *text, int ms) { return until(v, text, ms, true); }
bool vt_wait_gone(struct vt *v, const char *text, int ms) { return until(v, text, ms, false); }
bool vt_wrote(const struct vt *v, const char *bytes) { return memmem(v->raw, v->n_raw, bytes, strlen(bytes)) != NULL; }

bool vt_wait_raw(struct vt *v, const char *bytes, int ms)
{
    double end = patience(ms);
    while (!vt_wrote(v, bytes) && vt_now() < end && !v->eof)
        vt_pump(v, 20);
    return vt_wrote(v, bytes);
}

VTermScreenCell vt_cell(struct vt *v, int row, int col)
{
    VTermScreenCell c;
    memset(&c, 0, sizeof c);
    vterm_screen_get_cell(v->screen, (VTermPos){ row, col }, &c);
    return c;
}

void vt_dump(struct vt *v)
{
    for (int i = 0; i < v->rows && v->screen; i++)
        fprintf(stderr, "|%s\n", vt_row(v, i));
}

void vt_send(struct vt *v, const char *bytes)
{
    for (size_t n = strlen(bytes); n > 0;) {
        ssize_t done = write(v->fd, bytes, n);
        if (done > 0) {
            bytes += done;
            n -= (size_t)done;
        } else if (errno == EAGAIN) {
            vt_pump(v, 20);
        } else {
            return;
        }
    }
}

void vt_type(struct vt *v, const char *utf8) { vt_send(v, utf8); }

void vt_key(struct vt *v, VTermKey k, VTermModifier m)
{
    vterm_keyboard_key(v->term, k, m);
    answer(v);
}

void vt_resize(struct vt *v, int rows, int cols)
{
    struct winsize w = { .ws_row = (unsigned short)rows, .ws_col = (unsigned short)cols };
    v->rows = rows;
    v->cols = cols;
    if (v->term)
        vterm_set_size(v->term, rows, cols);
    ioctl(v->fd, TIOCSWINSZ, &w);
}

static size_t last(const struct vt *v, const char *bytes)
{
    size_t n = strlen(bytes), at = 0;
    for (size_t i = 0; i + n <= v->n_raw; i++)
        if (memcmp(v->raw + i, bytes, n) == 0)
            at = i + 1;
    return at;
}

bool vt_restored(struct vt *v)
{
    struct termios now;
    vt_pump(v, 0);
    bool left = last(v, "\033[?1049l") > last(v, "\033[?1049h"), off = last(v, "\033[?2004l") > last(v, "\033[?2004h");
    tcgetattr(v->slave, &now);
    bool modes = now.c_lflag == v->before.c_lflag && now.c_iflag == v->before.c_iflag && now.c_oflag == v->before.c_oflag;
    if (!left || !off || !modes)
        fprintf(stderr, "not restored: alternate screen left %d, paste off %d, settings as before %d\n", left, off, modes);
    return left && off && modes;
}

int vt_end(struct vt *v, int ms)
{
    double end = patience(ms);
    while (alive(v) && vt_now() < end)
        vt_pump(v, 10);
    bool late = alive(v);
    if (late) {
        kill(v->pid, SIGKILL);
        waitpid(v->pid, &v->status, 0);
        v->ended = true;
    }
    for (size_t before = v->n_raw + 1; v->n_raw != before;) {
        before = v->n_raw;
        vt_pump(v, 20);
    }
    return late ? -1 : WIFEXITED(v->status) ? WEXITSTATUS(v->status) : 128 + WTERMSIG(v->status);
}

void vt_free(struct vt *v)
{
    if (!v->ended)
        vt_end(v, 0);
    close(v->fd);
    close(v->slave);
    if (v->term)
        vterm_free(v->term);
    free(v->raw);
    memset(v, 0, sizeof *v);
}
