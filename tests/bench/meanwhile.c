/* From key to paint in the full screen while it drains a queue of thousands: a letter typed into the palette until it is on the screen.
 * What else is painted meanwhile are counts, in digits, so a letter in the output is the one typed. Prints figures, no verdict.
 *   meanwhile SIGILL PROFILE WORKDIR COMMISSION        (SIGILL_CONFIG; WORKDIR/ids.txt names citizens) */
#include "tests/bench/pty.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/str.h"
#include "cmd/config.h"
#include "queue/store.h"

enum { ROWS = 8000, KEYS = 400, CITIZENS = 400 };
static char citizen[CITIZENS][SG_ID_MAX];
static size_t n_citizens;

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void die(const char *what, const struct sg_error *e)
{
    fprintf(stderr, "bench: %s: %s %s\n", what, e ? e->where : "", e ? e->detail : "");
    exit(1);
}

static void read_ids(const char *dir)
{
    char path[600], line[128];
    sg_format(path, sizeof path, "%s/ids.txt", dir);
    FILE *f = fopen(path, "r");
    while (f && n_citizens < CITIZENS && fgets(line, sizeof line, f)) {
        line[strcspn(line, "\n")] = '\0';
        SG_COPY(citizen[n_citizens++], line);
    }
    if (!f || n_citizens == 0)
        die("ids.txt", NULL);
    fclose(f);
}

/* Seals of days that the other measurement has not used, ready to go. */
static void fill(const struct sg_store_opts *o, const char *commission)
{
    struct sg_store *s = NULL;
    struct sg_error e = {0};
    struct sg_action *a = calloc(1, sizeof *a);
    if (!a || sg_store_open(o, &s, &e) != SG_E_OK)
        die("store", &e);
    for (int i = 0; i < ROWS; i++) {
        char day[11];
        sg_date_format(day, sg_date_add((struct sg_date){1985, 1, 1}, 0, 0, i / (int)n_citizens));
        sg_action_init(a, SG_ACT_RECORD_SEAL, citizen[(size_t)i % n_citizens]);
        if (sg_part_set(&a->part[0], "scope", "period", &e) != SG_E_OK || sg_part_set(&a->part[0], "from", day, &e) != SG_E_OK ||
            sg_part_set(&a->part[0], "to", day, &e) != SG_E_OK)
            die("field", &e);
        SG_COPY(a->observed, "*");
        if (sg_store_enqueue(s, a, commission, false, NULL, &e) != SG_E_OK)
            die("enqueue", &e);
    }
    free(a);
    sg_store_close(s);
}

static long done_rows(const struct sg_store_opts *o)
{
    struct sg_store *s = NULL;
    struct sg_error e = {0};
    struct sg_qcounts c = {0};
    if (sg_store_open(o, &s, &e) != SG_E_OK || sg_store_counts(s, &c) != SG_E_OK)
        die("store", &e);
    sg_store_close(s);
    return (long)c.done;
}

static void type(struct pty *p, double *v, int *n)
{
    static const char letters[] = "zxwv";
    for (int i = 0; i < KEYS; i++) {
        char text[2] = {letters[i % 4], '\0'};
        pty_forget(p);
        double t0 = pty_now();
        pty_send(p, text, 1);
        if (pty_wait(p, text, 1000))
            v[(*n)++] = pty_now() - t0;
        pty_send(p, "\177", 1);
        pty_quiet(p, 5, 25);
    }
}

static void measure(const struct sg_store_opts *o, char *const *args)
{
    static double v[KEYS];
    struct pty p;
    int n = 0;
    if (!pty_start(&p, 40, 120, args) || !pty_wait(&p, "\xe2\x97\x8f", 20000))
        die("the screen did not come on line", NULL);
    pty_send(&p, ":", 1);
    pty_quiet(&p, 20, 300);
    long before = done_rows(o);
    double t = pty_now();
    type(&p, v, &n);
    t = pty_now() - t;
    long after = done_rows(o);
    if (n == 0)
        die("no letter was painted", NULL);
    qsort(v, (size_t)n, sizeof *v, by_value);
    printf("key to paint while draining   p50 %7.2f ms   p99 %7.2f ms   %d keys in %.0f ms; %ld actions carried out meanwhile, %.0f /s\n",
           v[n / 2], v[n * 99 / 100], n, t, after - before, (double)(after - before) / t * 1e3);
    pty_send(&p, "\033", 1);
    pty_quiet(&p, 50, 300);
    pty_send(&p, "\021", 1);
    pty_end(&p, 3000);
}

int main(int argc, char **argv)
{
    static struct sg_config c;
    struct sg_engine_opts o;
    struct sg_secret pass;
    struct sg_error e = {0};
    char name[64];
    if (argc != 5) {
        fprintf(stderr, "usage: meanwhile SIGILL PROFILE WORKDIR COMMISSION\n");
        return 2;
    }
    if (sg_config_load(argv[2], &c, &e) != SG_E_OK || sg_secret_read_file(&pass, c.passphrase_file, &e) != SG_E_OK)
        die("configuration", &e);
    read_ids(argv[3]);
    if (sg_config_engine(&c, &pass, &o, &e) != SG_E_OK)
        die("engine", &e);
    fill(&o.store, argv[4]);
    SG_COPY(name, argv[2]);
    char *args[] = {argv[1], "--lang", "en", "--profile", name, NULL};
    measure(&o.store, args);
    sg_secret_free(&pass);
    return 0;
}
