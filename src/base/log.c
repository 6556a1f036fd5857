/* The maintainers' diary. One write(2) a line, so that lines of two threads do not mix, and no memory of its
 * own. Control characters become '?': a hostile text cannot forge a second line. Personal data: the last
 * line of defence replaces runs of 10 or more digits, as a personnummer must never be in a log. */
#include "base/log.h"
#include "base/clock.h"
#include "base/str.h"
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LINE = 1024, PID_DIGITS = 10 };

static atomic_int log_fd = 2;
static atomic_int log_most = SG_LOG_WARN;

void sg_log_open(int fd, enum sg_log_level most)
{
    atomic_store(&log_fd, fd);
    atomic_store(&log_most, (int)most);
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* Digits from p on as a person number is written, one - or + inside allowed; *span = bytes covered. */
static size_t digit_run(const char *p, size_t *span)
{
    size_t digits = 0, n = 0;
    for (; is_digit(p[n]) || ((p[n] == '-' || p[n] == '+') && digits >= 6 && is_digit(p[n + 1])); n++)
        digits += is_digit(p[n]);
    *span = n;
    return digits;
}

static void sanitise(char *line)
{
    for (char *p = line; *p;) {
        size_t span;
        if (digit_run(p, &span) >= PID_DIGITS) {
            memset(p, '*', span);
            p += span;
        } else if (span) {
            p += span;
        } else {
            if ((unsigned char)*p < 0x20 || *p == 0x7F)
                *p = '?';
            p++;
        }
    }
}

void sg_log(enum sg_log_level l, const char *fmt, ...)
{
    static const char *const names[] = { "error", "warning", "info", "debug" };
    int fd = atomic_load(&log_fd);
    if (fd < 0 || (int)l > atomic_load(&log_most) || (size_t)l >= sizeof names / sizeof *names)
        return;
    char text[LINE], line[LINE + 64], stamp[SG_RFC3339_MAX];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    sanitise(text);
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    sg_rfc3339(stamp, (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000);
    sg_format(line, sizeof line, "%s %s: %s\n", stamp, names[l], text);
    /* A diary that cannot be written is no reason to stop. */
    ssize_t ignored = write(fd, line, strlen(line));
    (void)ignored;
}
