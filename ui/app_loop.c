/* The one wait. Three descriptors: keys, signals, news from the engine; a time only when something ends by itself (a message, a paste
 * without its end, the idle limit) or a view put something off. Everything that waits is taken before one frame is painted, so a burst of keys costs one frame.
 * Nothing wakes up when nothing happens. */
#include "ui/app.h"
#include "ui/term.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

enum { KEYS_A_FRAME = 4000, PASTE_WAIT_MS = 500, EXIT_SIGNAL = 128 };

static int64_t sooner(int64_t a, int64_t b)
{
    return a == 0 || (b != 0 && b < a) ? b : a;
}

static int64_t idle_at(const struct sg_app *a)
{
    return a->blank || a->policy.idle_minutes <= 0 ? 0 : a->last_key + (int64_t)a->policy.idle_minutes * 60000;
}

static int64_t view_at(const struct sg_app *a)
{
    int64_t at = 0;
    for (int i = 0; i < a->n; i++)
        at = sooner(at, a->view[i]->due);
    return at;
}

/* ms until something ends by itself, -1 never. */
static int wait_ms(const struct sg_app *a)
{
    int64_t at = sooner(sooner(a->toast.at != 0 ? a->toast_until : 0, idle_at(a)), a->paste_until), now = sg_mono(&a->clock);
    at = sooner(at, view_at(a));
    if (at == 0)
        return -1;
    return at <= now ? 0 : at - now > 3600000 ? 3600000 : (int)(at - now);
}

static void take_due(struct sg_app *a)
{
    int64_t now = sg_mono(&a->clock);
    struct sg_key k;
    if (a->toast.at != 0 && now >= a->toast_until) {
        a->toast.at = 0;
        a->bar_dirty = true;
    }
    if (idle_at(a) != 0 && now >= idle_at(a))
        a->blank = a->all_dirty = true;
    if (a->paste_until != 0 && now >= a->paste_until && sg_input_end_paste(&k))
        sg_app_key_event(a, &k);
    sg_app_due(a);
}

/* True when there may be more than one turn takes. */
static bool take_keys(struct sg_app *a)
{
    struct sg_key k;
    int n = 0;
    while (!a->quit && n < KEYS_A_FRAME && sg_input_next(&k)) {
        sg_app_key_event(a, &k);
        n++;
    }
    if (n == 0 && !sg_input_pasting() && sg_term_gone())
        sg_app_leave(a, EXIT_SIGNAL + SIGHUP);
    a->paste_until = sg_input_pasting() ? sg_mono(&a->clock) + PASTE_WAIT_MS : 0;
    if (n < KEYS_A_FRAME)
        a->swallow = false;
    return n == KEYS_A_FRAME;
}

static void take_signals(struct sg_app *a)
{
    int sig;
    while ((sig = sg_term_signal()) != 0) {
        if (sig == SIGTSTP)
            sg_term_suspend();
        else if (sig != SIGWINCH && sig != SIGCONT)
            sg_app_leave(a, EXIT_SIGNAL + sig);
        a->all_dirty = true;
    }
}

static void take_news(struct sg_app *a)
{
    struct sg_tell *t;
    while (a->runner && (t = sg_runner_take(a->runner)) != NULL)
        sg_app_tell(a, t);
}

static void turn(struct sg_app *a, int timeout, bool *more)
{
    struct pollfd p[3] = { { .fd = STDIN_FILENO, .events = POLLIN }, { .fd = sg_term_signal_fd(), .events = POLLIN },
                           { .fd = a->wake_fd, .events = POLLIN } };
    int n = poll(p, 3, timeout);
    if (n < 0 && errno != EINTR) {
        sg_app_leave(a, EXIT_SIGNAL + SIGHUP);
        return;
    }
    if (p[1].revents)
        take_signals(a);
    if (p[2].revents)
        take_news(a);
    if (*more || p[0].revents)
        *more = take_keys(a);
    take_due(a);
}

int sg_app_loop(struct sg_app *a)
{
    bool more = false;
    a->last_key = sg_mono(&a->clock);
    sg_term_mouse(a->mouse);
    sg_app_home(a);
    sg_app_frame(a);
    sg_app_unlock(a, NULL);
    while (!a->quit) {
        sg_app_frame(a);
        sg_app_bury(a);
        turn(a, more ? 0 : wait_ms(a), &more);
    }
    return a->exit_status;
}
