/* The events screen on a long log, in the real client against the real service over TLS: from a key until what it asked for is painted.
 *   log_screen SIGILL PROFILE CITIZENS [SCREENSHOT]
 * CITIZENS: a file with one citizen id a line. Prints median, 99th percentile and worst of each, and the client's memory. */
#include "tests/bench/pty.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 50, COLS = 132, TIMES = 60, ID = 40, WAIT_MS = 30000 };
#define CLEAR "\x15"                                    /* Ctrl-U: empties the field */
static char citizen[TIMES][ID];

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void die(struct pty *p, const char *what)
{
    fprintf(stderr, "log_screen: %s did not come; last output:\n%.3000s\n", what, p->n_tail > 3000 ? p->tail + p->n_tail - 3000 : p->tail);
    pty_end(p, 0);
    exit(1);
}

/* Sends the keys and waits for the text that only the finished page shows. The time runs to the last byte of that page's frame. */
static double ask(struct pty *p, const char *before, const char *keys, const char *text)
{
    pty_send(p, before, strlen(before));
    pty_quiet(p, before[0] ? 60 : 10, 5000);
    pty_forget(p);
    p->last = 0;
    double t0 = pty_now();
    pty_send(p, keys, strlen(keys));
    if (!pty_wait(p, text, WAIT_MS))
        die(p, text);
    double seen = p->last;
    pty_quiet(p, 4, 100);                               /* the rest of the frame, if it came in two reads */
    double took = (p->last - seen < 8 ? p->last : seen) - t0;
    pty_quiet(p, 150, 5000);                            /* what the client does behind the page: the log grew by this very reading */
    return took;
}

static void print(const char *title, double *v, int n)
{
    double cold = v[0];
    for (int i = 0; i < n && getenv("BENCH_EACH"); i++)
        printf("%.0f%c", v[i], i == n - 1 ? '\n' : ' ');
    qsort(v, (size_t)n, sizeof *v, by_value);
    printf("%-44s first %7.1f ms   median %6.1f ms   p99 %6.1f ms   worst %6.1f ms   (%d)\n", title, cold, v[n / 2], v[(n - 1) * 99 / 100], v[n - 1], n);
    fflush(stdout);
}

static void first_pages(struct pty *p)
{
    double v[TIMES];
    for (int i = 0; i < TIMES; i++)
        v[i] = ask(p, "h", "o", "newest first");
    print("first page of the log", v, TIMES);
}

static void dates(struct pty *p)
{
    double v[TIMES];
    char keys[32], day[16], seen[16];
    unsigned seed = 11;
    for (int i = 0; i < TIMES; i++) {
        snprintf(day, sizeof day, "%04d-%02d-%02d", 2022 + (int)(rand_r(&seed) % 4), 1 + (int)(rand_r(&seed) % 12), 1 + (int)(rand_r(&seed) % 28));
        snprintf(keys, sizeof keys, "d" CLEAR "%s", day);
        snprintf(seen, sizeof seen, "%s", day + 5);     /* the year of the row above may be left standing */
        v[i] = ask(p, keys, "\r", seen);
    }
    print("to a date of the last five years", v, TIMES);
}

static void citizens(struct pty *p, int n)
{
    double v[TIMES];
    char keys[ID + 8];
    for (int i = 0; i < n; i++) {
        snprintf(keys, sizeof keys, "/" CLEAR "%.39s", citizen[i]);
        v[i] = ask(p, keys, "\r", "Filtered");
        ask(p, "", "r", "Filtered");                    /* the same again, so that the word is written anew next time */
        pty_send(p, "h", 1);
        pty_quiet(p, 100, 2000);
        ask(p, "", "o", "newest first");
    }
    print("filter by citizen", v, n);
}

static void rare(struct pty *p)
{
    double v[3];
    static const char *const staff[] = {"SE2321000016-M250", "SE2321000016-M301", "SE2321000016-M377"};
    char keys[128];
    for (int i = 0; i < 3; i++) {
        snprintf(keys, sizeof keys, "/" "\t" CLEAR "%s" "\t\t" CLEAR "citizen.protect" "\t\t" " ", staff[i]);      /* staff, kind, purpose */
        v[i] = ask(p, keys, "\r", "Filtered");
        pty_send(p, "h", 1);
        pty_quiet(p, 100, 2000);
        ask(p, "", "o", "newest first");
    }
    print("staff, kind and purpose together (rare)", v, 3);
}

static void timeline(struct pty *p)
{
    double v[5];
    for (int i = 0; i < 5; i++)
        v[i] = ask(p, "", "t", "at most");
    print("timeline of a day … five years", v, 5);
}

static int read_citizens(const char *path)
{
    int n = 0;
    FILE *f = fopen(path, "r");
    while (f && n < TIMES && fscanf(f, "%39s", citizen[n]) == 1)
        n++;
    if (f)
        fclose(f);
    return n;
}

int main(int argc, char **argv)
{
    struct pty p;
    int n = argc >= 4 ? read_citizens(argv[3]) : 0;
    if (n == 0)
        return 2;
    char *client[] = {argv[1], "--lang", "en", "--profile", argv[2], NULL};
    if (!pty_start(&p, ROWS, COLS, client) || !pty_wait(&p, "\xe2\x97\x8f", WAIT_MS))
        die(&p, "the service");
    pty_quiet(&p, 500, 20000);
    long before = pty_rss_kib(&p);
    first_pages(&p);
    dates(&p);
    pty_send(&p, "h", 1);
    pty_quiet(&p, 200, 2000);
    ask(&p, "", "o", "newest first");
    citizens(&p, n);
    rare(&p);
    timeline(&p);
    for (int i = 0; i < 40; i++) {                      /* through four thousand rows, so that pages come and go */
        pty_send(&p, "\033[6~\033[6~", 8);
        pty_quiet(&p, 40, 2000);
    }
    printf("memory of the client                         %.1f MiB at the start, %.1f MiB after all this\n", (double)before / 1024, (double)pty_rss_kib(&p) / 1024);
    pty_send(&p, "\021", 1);
    return pty_end(&p, 3000) == 0 ? 0 : 1;
}
