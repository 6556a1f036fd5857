/* The terminal as a thing that is borrowed. Everything that was switched on is switched off on every way out: end, signal, suspend
 * and crash. For the crash a string of bytes is prepared when the terminal is taken, because nothing but write(2) and tcsetattr(3)
 * may be called then. Signals arrive through one descriptor (signalfd) like everything else, so nothing ever interrupts anything;
 * they are blocked before the first thread starts and stay so in all threads. */
#include "ui/term.h"
#include "base/i18n.h"
#include "base/str.h"
#include <curses.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>
#include "ui/gather.h"
#include "ui/input.h"

#define PASTE_ON "\033[?2004h"
#define PASTE_OFF "\033[?2004l"
#define MOUSE_OFF "\033[?1000l\033[?1002l\033[?1006l"

static struct {
    SCREEN *screen;
    bool open, plain, mouse;         /* plain: not UTF-8 */
    int signals;
    sigset_t before;
    struct termios modes;
    char reset[512]; size_t n_reset; /* written by the crash handler */
} t = { .signals = -1 };

static const int caught[] = { SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGTSTP, SIGCONT, SIGWINCH };
static const int fatal[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT };

bool sg_term_utf8(void) { return !t.plain; }
void sg_term_set_utf8(bool utf8) { t.plain = !utf8; }
int sg_term_signal_fd(void) { return t.signals; }

const char *sg_term_unfit(void)
{
    const char *term = getenv("TERM");
    int err = 0;
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
        return _("The full screen needs a terminal. Use the sub-commands (sigill --help), or sigill --linear.");
    if (!term || !*term)
        return _("TERM is not set, so it is not known what this terminal can do. Use sigill --linear.");
    if (setupterm(term, STDOUT_FILENO, &err) != OK)
        return _("This terminal (TERM) is not in the terminfo database. Set TERM to what it is, or use sigill --linear.");
    const char *address = tigetstr("cup");
    bool can_place = address && address != (char *)-1;
    del_curterm(cur_term);
    if (!can_place)
        return _("This terminal (TERM) cannot place the cursor. Use sigill --linear.");
    return NULL;
}

static void write_all(const char *s, size_t n)
{
    while (n > 0) {
        ssize_t done = write(STDOUT_FILENO, s, n);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return;
        s += done;
        n -= (size_t)done;
    }
}

static void crashed(int sig)
{
    write_all(t.reset, t.n_reset);
    tcsetattr(STDIN_FILENO, TCSANOW, &t.modes);
    signal(sig, SIG_DFL);
    raise(sig);
}

static void add_reset(const char *s)
{
    size_t n = s && s != (char *)-1 ? strlen(s) : 0;
    if (n > 0 && t.n_reset + n <= sizeof t.reset) {
        memcpy(t.reset + t.n_reset, s, n);
        t.n_reset += n;
    }
}

/* Padding such as $<2> is left out by not using strings that have it: these are sent on one occasion and read by people. */
static void arm_reset(void)
{
    static const char *const caps[] = { "sgr0", "cnorm", "rmkx", "rmcup" };
    t.n_reset = 0;
    add_reset(PASTE_OFF MOUSE_OFF);
    for (size_t i = 0; i < sizeof caps / sizeof caps[0]; i++) {
        const char *s = tigetstr(caps[i]);
        if (s && s != (char *)-1 && !strstr(s, "$<"))
            add_reset(s);
    }
    add_reset("\r\n");
}

static void catch_crashes(void)
{
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    static char stack[16384];
    stack_t ss = { .ss_sp = stack, .ss_size = sizeof stack };
    sigaltstack(&ss, NULL);
    struct sigaction sa = { .sa_handler = crashed, .sa_flags = (int)(SA_ONSTACK | SA_RESETHAND) };
    for (size_t i = 0; i < sizeof fatal / sizeof fatal[0]; i++)
        sigaction(fatal[i], &sa, NULL);
#else
    (void)fatal;
    (void)crashed;
#endif
}

static enum sg_err catch_signals(struct sg_error *e)
{
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < sizeof caught / sizeof caught[0]; i++)
        sigaddset(&set, caught[i]);
    signal(SIGPIPE, SIG_IGN);
    if (sigprocmask(SIG_BLOCK, &set, &t.before) != 0)
        return sg_fail(e, SG_E_INTERNAL, "signals", "sigprocmask: errno %d", errno);
    t.signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    if (t.signals >= 0)
        return SG_E_OK;
    sigprocmask(SIG_SETMASK, &t.before, NULL);
    return sg_fail(e, SG_E_INTERNAL, "signals", "signalfd: errno %d", errno);
}

static void modes(void)
{
    raw();
    noecho();
    nonl();
    intrflush(stdscr, FALSE);
    keypad(stdscr, TRUE);
    nodelay(stdscr, TRUE);
    idlok(stdscr, TRUE);
    idcok(stdscr, FALSE);
    leaveok(stdscr, FALSE);
    sg_input_define_keys();
    write_all(PASTE_ON, sizeof PASTE_ON - 1);
}

enum sg_err sg_term_open(bool utf8, struct sg_error *e)
{
    t.plain = !utf8;
    if (tcgetattr(STDIN_FILENO, &t.modes) != 0)
        return sg_fail(e, SG_E_IO, "terminal", "tcgetattr: errno %d", errno);
    enum sg_err err = catch_signals(e);
    if (err)
        return err;
    use_tioctl(TRUE);
    set_escdelay(25);
    FILE *out = sg_gather_open();
    t.screen = out ? newterm(NULL, out, stdin) : NULL;
    if (!t.screen) {
        sg_gather_close();
        close(t.signals);
        t.signals = -1;
        sigprocmask(SIG_SETMASK, &t.before, NULL);
        return sg_fail(e, SG_E_IO, "terminal", "newterm failed");
    }
    t.open = true;
    arm_reset();
    catch_crashes();
    if (has_colors()) {
        start_color();
        use_default_colors();
    }
    modes();
    return SG_E_OK;
}

static void leave(void)
{
    sg_term_mouse(false);
    write_all(PASTE_OFF, sizeof PASTE_OFF - 1);
    curs_set(1);
    endwin();
    tcsetattr(STDIN_FILENO, TCSANOW, &t.modes);
}

void sg_term_close(void)
{
    if (!t.open)
        return;
    t.open = false;
    leave();
    delscreen(t.screen);
    sg_gather_close();
    t.screen = NULL;
    close(t.signals);
    t.signals = -1;
    sigprocmask(SIG_SETMASK, &t.before, NULL);
}

void sg_term_suspend(void)
{
    bool mouse = t.mouse;
    leave();
    raise(SIGSTOP);
    tcgetattr(STDIN_FILENO, &t.modes);
    sg_term_redraw();
    modes();
    sg_term_mouse(mouse);
    refresh();
}

static void resized(void)
{
    struct winsize w;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_row > 0 && w.ws_col > 0 && is_term_resized(w.ws_row, w.ws_col))
        resizeterm(w.ws_row, w.ws_col);
}

int sg_term_signal(void)
{
    struct signalfd_siginfo s;
    if (t.signals < 0 || read(t.signals, &s, sizeof s) != (ssize_t)sizeof s)
        return 0;
    int sig = (int)s.ssi_signo;
    if (sig == SIGWINCH || sig == SIGCONT)
        resized();
    if (sig == SIGCONT)
        sg_term_redraw();
    return sig;
}

/* Untouched as long as nobody wants it: on a console curses would look for a mouse daemon. */
void sg_term_mouse(bool on)
{
    if (on == t.mouse)
        return;
    t.mouse = on;
    mouseinterval(0);
    mousemask(on ? BUTTON1_PRESSED | BUTTON4_PRESSED | BUTTON5_PRESSED : 0, NULL);
}

void sg_term_redraw(void)
{
    clearok(curscr, TRUE);
}

/* After POLLIN brought no key: end of file, or the other side closed. */
bool sg_term_gone(void)
{
    struct pollfd p = { .fd = STDIN_FILENO, .events = POLLIN };
    int waiting = 0;
    if (poll(&p, 1, 0) <= 0)
        return false;
    if (p.revents & (POLLHUP | POLLERR | POLLNVAL))
        return true;
    return ioctl(STDIN_FILENO, FIONREAD, &waiting) != 0 || waiting == 0;
}

void sg_term_bell(void)
{
    beep();
}
