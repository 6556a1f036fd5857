/* Screen figures in one run: this client beside a floor and beside other programs, all in a pseudo-terminal of 132×50 with a
 * list of 100,000 rows. Prints figures and ratios, no verdict.
 *   screen FLOOR SIGILL|- LIST-KEYS WORKDIR     (tools/bench.sh prepares WORKDIR and the service) */
#include "tests/bench/pty.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { ROWS = 50, COLS = 132, KEYS = 300, STARTS = 9, RESIZES = 200 };
#define DOWN "\033OB"

struct target {
    const char *name;
    char *argv[12];
    const char *first;      /* on the first frame */
    const char *enter;      /* keys that lead to the list, or NULL */
    const char *list;       /* on the list's first frame */
    const char *quit;
};
struct figures { double start, live, key50, key99, bytes, burst; long burst_bytes; double wakeups; long rss; };

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double quantile(double *v, size_t n, double q)
{
    qsort(v, n, sizeof *v, by_value);
    size_t i = (size_t)(q * (double)(n - 1) + 0.5);
    return n ? v[i] : 0;
}

static bool open_list(struct pty *p, const struct target *t)
{
    if (!pty_start(p, ROWS, COLS, t->argv) || !pty_wait(p, t->first, 60000))
        return false;
    pty_quiet(p, 250, 20000);
    if (!t->enter)
        return true;
    pty_forget(p);
    pty_send(p, t->enter, strlen(t->enter));
    bool ok = pty_wait(p, t->list, 10000);
    pty_quiet(p, 250, 20000);
    return ok;
}

static void quit(struct pty *p, const struct target *t)
{
    pty_send(p, t->quit, strlen(t->quit));
    pty_end(p, 3000);
}

static double start_ms(const struct target *t, const char *until)
{
    double v[STARTS];
    for (int i = 0; i < STARTS; i++) {
        struct pty p;
        double t0 = pty_now();
        pty_start(&p, ROWS, COLS, t->argv);
        v[i] = pty_wait(&p, until, 60000) ? p.last - t0 : -1;
        pty_quiet(&p, 100, 2000);
        quit(&p, t);
    }
    return quantile(v, STARTS, 0.5);
}

static void keys(struct pty *p, struct figures *f)
{
    static double v[KEYS];
    size_t bytes = 0;
    pty_quiet(p, 100, 2000);
    for (int i = 0; i < KEYS; i++) {
        pty_forget(p);
        p->last = 0;
        double t0 = pty_now();
        pty_send(p, DOWN, 3);
        pty_quiet(p, 12, 500);
        v[i] = p->last > 0 ? p->last - t0 : 0;
        bytes += p->bytes;
    }
    f->key50 = quantile(v, KEYS, 0.50);
    f->key99 = quantile(v, KEYS, 0.99);
    f->bytes = (double)bytes / KEYS;
}

static void burst(struct pty *p, struct figures *f)
{
    static char all[3 * 1000 + 1];
    for (int i = 0; i < 1000; i++)
        memcpy(all + 3 * i, DOWN, 3);
    pty_quiet(p, 100, 2000);
    pty_forget(p);
    p->last = 0;
    double t0 = pty_now();
    pty_send(p, all, 3000);
    pty_quiet(p, 300, 60000);
    f->burst = p->last > 0 ? p->last - t0 : 0;
    f->burst_bytes = (long)p->bytes;
}

static void idle(struct pty *p, struct figures *f)
{
    pty_quiet(p, 500, 5000);
    long before = pty_switches(p);
    double t0 = pty_now();
    pty_quiet(p, 5000, 5000);
    f->wakeups = (double)(pty_switches(p) - before) / ((pty_now() - t0) / 1000.0);
    f->rss = pty_rss_kib(p);
}

static bool measure(const struct target *t, const char *live, struct figures *f)
{
    memset(f, 0, sizeof *f);
    f->start = start_ms(t, t->first);
    f->live = live ? start_ms(t, live) : 0;
    struct pty p;
    if (!open_list(&p, t)) {
        fprintf(stderr, "%s: the list did not appear; last output:\n%.2000s\n", t->name, p.n_tail > 2000 ? p.tail + p.n_tail - 2000 : p.tail);
        pty_end(&p, 0);
        return false;
    }
    keys(&p, f);
    burst(&p, f);
    idle(&p, f);
    quit(&p, t);
    return true;
}

static void print(const char *name, const struct figures *f, const struct figures *floor, const struct figures *co)
{
    printf("%-15s %8.1f %6.1fx %8.0f %8.3f %5.2fx %8.3f %5.2fx %8.0f %5.2fx %9.1f %7.2fx %8ld %8.1f %8.1f\n", name, f->start, f->start / floor->start,
           f->live, f->key50, f->key50 / floor->key50, f->key99, f->key99 / floor->key99, f->bytes, f->bytes / floor->bytes, f->burst,
           f->burst / co->burst, f->burst_bytes, f->wakeups, (double)f->rss / 1024.0);
    fflush(stdout);
}

/* Terminal as before after the ways to end, and redrawn after each of 200 resizes. */
static void manners(const struct target *t)
{
    static const struct { const char *name; int sig; } way[] = {{"quit", 0}, {"SIGTERM", SIGTERM}, {"SIGINT", SIGINT}, {"SIGHUP", SIGHUP}};
    int good = 0;
    printf("%-15s restored after", t->name);
    for (size_t i = 0; i < sizeof way / sizeof *way; i++) {
        struct pty p;
        pty_start(&p, ROWS, COLS, t->argv);
        pty_wait(&p, t->first, 60000);
        pty_quiet(&p, 200, 5000);
        if (way[i].sig)
            kill(p.pid, way[i].sig);
        else
            pty_send(&p, t->quit, strlen(t->quit));
        bool ended = pty_end(&p, 3000) != -1;
        bool ok = ended && pty_restored(&p);
        good += ok;
        printf(" %s:%s", way[i].name, ok ? "yes" : ended ? "NO" : "NO(stays)");
    }
    struct pty p;
    int drawn = 0;
    unsigned seed = 7;
    open_list(&p, t);
    for (int i = 0; i < RESIZES; i++) {
        int r = 1 + (int)(rand_r(&seed) % 60), c = 1 + (int)(rand_r(&seed) % 160);
        if (i % 20 == 0)
            r = c = 1;
        pty_forget(&p);
        pty_resize(&p, r, c);
        pty_quiet(&p, 25, 400);
        drawn += p.bytes > 0 && !p.eof;
    }
    pty_forget(&p);
    pty_resize(&p, ROWS, COLS);
    pty_quiet(&p, 100, 2000);
    printf("   %d of 4; %d of %d resizes redrawn; whole again at the end: %zu bytes\n", good, drawn, RESIZES, p.bytes);
    quit(&p, t);
    fflush(stdout);
}

static const char *stamp(const time_t *t)
{
    static char b[32];
    strftime(b, sizeof b, "%Y-%m-%d %H:%M", localtime(t));
    return b;
}

int main(int argc, char **argv)
{
    if (argc != 5) {
        fprintf(stderr, "usage: screen FLOOR SIGILL LIST-KEYS WORKDIR\n");
        return 2;
    }
    char rows[300], repo[300], mbox[300], files[300];
    snprintf(rows, sizeof rows, "%s/rows.txt", argv[4]);
    snprintf(repo, sizeof repo, "%s/repo", argv[4]);
    snprintf(mbox, sizeof mbox, "%s/mbox", argv[4]);
    snprintf(files, sizeof files, "%s/files", argv[4]);
    struct target t[] = {
        {"floor", {argv[1], "each", NULL}, "row 000004", NULL, NULL, "q"},
        {"floor-coalesce", {argv[1], "coalesce", NULL}, "row 000004", NULL, NULL, "q"},
        {"sigill", {argv[2], "--lang", "en", NULL}, "sigill", argv[3], "Read", "\021"},
        {"less", {"less", rows, NULL}, "row 000004", NULL, NULL, "q"},
        {"tig", {"tig", "-C", repo, NULL}, "row 00999", NULL, NULL, "Q"},
        {"neomutt", {"neomutt", "-n", "-R", "-F", "/dev/null", "-e", "set folder=/tmp", "-f", mbox, NULL}, "row 0", "=", "row 0", "x"},
        {"mc", {"mc", "-u", "-x", files, files, NULL}, "row 000001", NULL, NULL, "\033[21~\r"},
    };
    enum { MOST = sizeof t / sizeof *t };
    const size_t N = getenv("BENCH_ALONE") ? 3 : MOST;        /* without the other programs, for a quick look */
    static struct figures f[MOST];
    time_t now = time(NULL);
    printf("Screen, %s  132x50, 100,000 rows; medians; x = ratio to the floor of the same run (1,000 keys: to the coalesced floor)\n", stamp(&now));
    printf("%-15s %8s %7s %8s %8s %6s %8s %6s %8s %6s %9s %8s %8s %8s %8s\n", "program", "start ms", "", "live ms", "key p50", "", "key p99", "", "B/key", "",
           "1000 keys", "", "bytes", "wakes/s", "RSS MiB");
    bool ok[MOST] = {false};
    for (size_t i = 0; i < N; i++) {
        ok[i] = (i != 2 || argv[2][0] != '-') && measure(&t[i], i == 2 ? "\xe2\x97\x8f" : NULL, &f[i]);
        if (i == 1)
            for (size_t k = 0; k < 2; k++)
                print(t[k].name, &f[k], &f[0], &f[1]);
        else if (i > 1 && ok[i])
            print(t[i].name, &f[i], &f[0], &f[1]);
    }
    for (size_t i = 1; i < N; i++)
        if (ok[i])
            manners(&t[i]);
    return ok[2] ? 0 : 1;
}
