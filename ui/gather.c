/* curses empties its buffer at every movement of the cursor, so a changed row of five columns reaches the terminal in five writes; each
 * wakes the other side, which may then show half a row. Therefore curses gets a descriptor of its own. While a frame is painted it stands
 * for a piece of memory (memfd), afterwards for the terminal again: settings, size and the way out are always the terminal's. Where
 * memfd is not to be had, frames go out as curses makes them. */
#include "ui/gather.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>

static struct { FILE *stream; int fd, memory; bool on; } g = { .fd = -1, .memory = -1 };

FILE *sg_gather_open(void)
{
    g.fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    g.stream = g.fd >= 0 ? fdopen(g.fd, "w") : NULL;
    if (!g.stream && g.fd >= 0) {
        close(g.fd);
        g.fd = -1;
    }
    g.memory = g.stream ? memfd_create("frame", MFD_CLOEXEC) : -1;
    return g.stream;
}

void sg_gather_close(void)
{
    if (g.stream)
        fclose(g.stream);
    if (g.memory >= 0)
        close(g.memory);
    g.stream = NULL;
    g.fd = g.memory = -1;
}

void sg_gather_begin(void)
{
    g.on = g.memory >= 0 && dup3(g.memory, g.fd, O_CLOEXEC) == g.fd;
}

/* A terminal that was made non-blocking by someone else is waited for, as curses would not. */
static void write_all(const char *s, size_t n)
{
    while (n > 0) {
        ssize_t done = write(STDOUT_FILENO, s, n);
        if (done < 0 && errno == EAGAIN) {
            struct pollfd p = { .fd = STDOUT_FILENO, .events = POLLOUT };
            if (poll(&p, 1, 1000) <= 0)
                return;
            continue;
        }
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return;
        s += done;
        n -= (size_t)done;
    }
}

void sg_gather_end(void)
{
    static char piece[65536];
    off_t at = 0, all = 0;
    if (!g.on)
        return;
    g.on = false;
    (void)dup3(STDOUT_FILENO, g.fd, O_CLOEXEC);
    all = lseek(g.memory, 0, SEEK_CUR);
    while (at < all) {
        size_t most = all - at < (off_t)sizeof piece ? (size_t)(all - at) : sizeof piece;
        ssize_t n = pread(g.memory, piece, most, at);
        if (n <= 0)
            break;
        write_all(piece, (size_t)n);
        at += n;
    }
    (void)lseek(g.memory, 0, SEEK_SET);
}
