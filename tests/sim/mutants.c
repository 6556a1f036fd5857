/* Planted faults: one after the other is switched on and the seed of its line is run, which must then fail. A line of the table is a number,
 * the seed ("17", or "17r" for a world whose service comes back from an old backup, or "-" for none known), and what is wrong. With a search
 * the first seeds are tried as well, so that a table that no longer fits the simulation mends itself: each line is printed as it ought to be. */
#include "sim.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/mutant.h"
#include "base/str.h"

struct hunt { int number, steps; char seed[24], what[240]; };

/* In a process of its own: a planted fault may do anything, for ever too. */
static bool found_by(const struct hunt *h, uint64_t seed, bool restore, char *why, size_t cap)
{
    int fd[2];
    why[0] = '\0';
    if (pipe(fd) != 0) return false;
    (void)fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        struct sim_options o = {.steps = h->steps, .restore = restore};
        struct sim_counts n = {0};
        uint64_t hash;
        char text[400] = "";
        (void)alarm(60);
        sg_mutant_set(h->number);
        bool ok = sim_run(seed, &o, &n, &hash, text, sizeof text);
        if (!ok && write(fd[1], text, strlen(text)) < 0) _exit(3);
        _exit(ok ? 0 : 1);
    }
    (void)close(fd[1]);
    ssize_t n = read(fd[0], why, cap - 1);
    why[n > 0 ? n : 0] = '\0';
    (void)close(fd[0]);
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child) return false;
    if (WIFSIGNALED(status)) sg_format(why, cap, "ended by signal %d", WTERMSIG(status));
    return !WIFEXITED(status) || WEXITSTATUS(status) != 0;
}

static bool hunt(struct hunt *h, int search, char *why, size_t cap)
{
    char *end = NULL;
    uint64_t seed = strtoull(h->seed, &end, 10);
    if (end != h->seed && found_by(h, seed, *end == 'r', why, cap)) return true;
    for (int i = 1; i <= search; i++)
        for (int r = 0; r < 2; r++)
            if (found_by(h, (uint64_t)i, r, why, cap)) {
                sg_format(h->seed, sizeof h->seed, "%d%s", i, r ? "r" : "");
                return true;
            }
    return false;
}

bool sim_mutants(const char *file, int search, int steps)
{
    FILE *f = fopen(file, "r");
    char line[400], why[300];
    int n = 0, found = 0;
    if (!f) perror(file);
    while (f && fgets(line, sizeof line, f)) {
        struct hunt h = {.steps = steps};
        if (!isdigit((unsigned char)line[0]) || sscanf(line, "%d %23s %239[^\n]", &h.number, h.seed, h.what) != 3) continue;
        bool ok = hunt(&h, search, why, sizeof why);
        n++;
        found += ok;
        printf("%s %d %s %s\n", ok ? "found   " : "SURVIVED", h.number, h.seed, h.what);
        if (ok && why[0]) printf("           %s\n", why);
    }
    if (f) (void)fclose(f);
    printf("mutants: %d planted, %d found\n", n, found);
    return n > 0 && found == n;
}
