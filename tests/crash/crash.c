/* Real SIGKILLs under load (R1.12, R4.14): two clients at a time decide, queue and send acts as fast as they can, against a real service
 * over TLS, and are killed at random moments; so is the service under them. A client is a forked child with the real engine, store and
 * transport, so that ten thousand of them cost minutes and not hours. Afterwards every act that a client was told is queued is in its
 * queue, every row is in effect exactly once with exactly one event, and nothing is in effect that no queue knows.
 * KILLS is the number of kills (300; make crash: 10000). */
#include "tests/fault/fault.h"
#include <poll.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "base/str.h"
#include "sync/runner.h"

enum { STATIONS = 4, AT_ONCE = 2, SERVICE_ONE_IN = 12, ACT_MS = 20000, BURST = 3 };
struct said { char what; char id[SG_UUID_MAX]; };        /* q: queued · d: done */
struct life { pid_t pid; int from, station; };
struct ids { char (*id)[SG_UUID_MAX]; size_t n, cap; };

static struct ids queued, done, rows, effects;
static struct { long clients, services, ended; } did;
static uint64_t seed = 20261127;
static double usual_ms = 200;                            /* from the fork to the first word; learnt */

static long below(long n) { return (long)(e2e_random(&seed) % (uint64_t)n); }

static void keep_id(struct ids *s, const char *id)
{
    if (s->n == s->cap) {
        s->cap = s->cap * 2 + 1024;
        s->id = realloc(s->id, s->cap * sizeof *s->id);
        assert_non_null(s->id);
    }
    SG_COPY(s->id[s->n++], id);
}

static int by_text(const void *a, const void *b) { return strcmp(a, b); }
static void sort(struct ids *s) { if (s->n) qsort(s->id, s->n, sizeof *s->id, by_text); }
static bool holds(const struct ids *s, const char *id) { return s->n && bsearch(id, s->id, s->n, sizeof *s->id, by_text); }

/* ---- the child ---- */

struct hearer { int to; bool told; };

/* What the program would show, in the moment it would show it. */
static void hear(void *ctx, struct sg_tell *t)
{
    struct hearer *h = ctx;
    if (t->kind == SG_TELL_ACTION && t->row) {
        struct said s = {.what = t->row->state == SG_Q_DONE ? 'd' : 'q'};
        SG_COPY(s.id, t->row->action.id);
        if (write(h->to, &s, sizeof s) != (ssize_t)sizeof s) _exit(5);
    }
    sg_tell_free(t);
}

static struct sg_action *seal(const char *citizen, const char *day)
{
    struct sg_action *a = malloc(sizeof *a);
    struct sg_error e = {0};
    if (!a) _exit(6);
    sg_action_init(a, SG_ACT_RECORD_SEAL, citizen);
    if (sg_part_set(&a->part[0], "scope", "period", &e) != SG_E_OK || sg_part_set(&a->part[0], "from", day, &e) != SG_E_OK ||
        sg_part_set(&a->part[0], "to", day, &e) != SG_E_OK)
        _exit(6);
    SG_COPY(a->observed, "*");
    return a;
}

/* Held ones, then all let go at once, then one sent while it is waited for; for ever. */
static void live(int to, uint64_t mine)
{
    struct sg_inline *run = NULL;
    struct sg_error e = {0};
    struct hearer h = {.to = to};
    if (sg_inline_open(desk_opts(), &run, &e) != SG_E_OK) _exit(4);
    for (int i = 0;; i++) {
        char day[11];
        struct sg_ask act = {.kind = SG_ASK_ACT, .hold = i % (BURST + 1) != BURST}, go = {.kind = SG_ASK_RETRY};
        const char *citizen = desk_citizen(day);
        act.action = seal(citizen, day);
        (void)!sg_inline_ask(run, &act, ACT_MS, hear, &h);
        if (i % BURST == BURST - 1 && e2e_random(&mine) % 2) (void)!sg_inline_ask(run, &go, ACT_MS, hear, &h);
    }
}

static struct life begin(int station)
{
    int p[2];
    assert_int_equal(pipe(p), 0);
    uint64_t mine = e2e_random(&seed);
    fflush(stdout);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        setenv("CMOCKA_TEST_ABORT", "1", 1);
        close(p[0]);
        desk_sit_at(station);
        desk_reopen();
        live(p[1], mine);
    }
    close(p[1]);
    return (struct life){.pid = pid, .from = p[0], .station = station};
}

/* ---- kills ---- */

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void pause_us(long us)
{
    struct timespec t = {us / 1000000, us % 1000000 * 1000};
    nanosleep(&t, NULL);
}

static void take(const struct said *s)
{
    keep_id(&queued, s->id);
    if (s->what == 'd') keep_id(&done, s->id);
}

/* Until the client has said something, or has had four times its usual time. */
static void first_word(struct life *l)
{
    struct pollfd f = {.fd = l->from, .events = POLLIN};
    struct said s;
    double start = now_ms();
    if (poll(&f, 1, (int)usual_ms * 4 + 20) == 1 && read(l->from, &s, sizeof s) == (ssize_t)sizeof s) {
        take(&s);
        usual_ms += (now_ms() - start - usual_ms) / 16;
    } else if (usual_ms < 2000) {
        usual_ms *= 1.25;
    }
}

static void end(struct life *l)
{
    int status = 0;
    struct said s;
    kill(l->pid, SIGKILL);
    assert_int_equal(waitpid(l->pid, &status, 0), l->pid);
    if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL) fail_msg("a client ended by itself (%d)", status);
    did.clients++;
    while (read(l->from, &s, sizeof s) == (ssize_t)sizeof s) take(&s);
    close(l->from);
}

/* Half of the clients die anywhere, also while they start; half while they write and send. */
static void one_round(void)
{
    struct life life[AT_ONCE];
    int first = (int)below(STATIONS);
    if (!e2e_server_running()) e2e_server_start();
    for (int i = 0; i < AT_ONCE; i++) life[i] = begin((first + i) % STATIONS);
    if (below(2)) {
        for (int i = 0; i < AT_ONCE; i++) first_word(&life[i]);
        pause_us(below(12000));
    } else {
        pause_us(below((long)(usual_ms * 1500)));
    }
    if (below(SERVICE_ONE_IN) == 0) {
        e2e_server_kill();
        did.services++;
        pause_us(below(8000));
    }
    for (int i = 0; i < AT_ONCE; i++) {
        end(&life[i]);
        pause_us(below(4000));
    }
}

/* ---- the reckoning ---- */

static bool keep_row(void *ctx, const struct sg_qrow *r)
{
    (void)ctx;
    if (r->state != SG_Q_DONE) fail_msg("%s ended as %s: %s", r->action.id, sg_qstate_name(r->state), r->last_error);
    keep_id(&rows, r->action.id);
    return true;
}

static double open_ms;

static void reckon_station(int n)
{
    struct sg_store *s = NULL;
    struct sg_error e = {0};
    size_t damaged = 0, orphans = 0;
    desk_sit_at(n);
    double start = now_ms();
    assert_int_equal(sg_store_open(&desk_opts()->store, &s, &e), SG_E_OK);
    assert_int_equal(sg_store_reclaim(s, &orphans), SG_E_OK);
    open_ms = now_ms() - start > open_ms ? now_ms() - start : open_ms;
    sg_store_close(s);
    desk_sync();
    assert_int_equal(sg_store_open(&desk_opts()->store, &s, &e), SG_E_OK);
    assert_int_equal(sg_store_check(s, NULL, 0, &damaged), SG_E_OK);
    assert_int_equal(damaged, 0);
    assert_int_equal(sg_store_each(s, false, keep_row, NULL, &damaged), SG_E_OK);
    assert_int_equal(damaged, 0);
    sg_store_close(s);
}

static int keep_effect(void *ctx, int n, char **v, char **name)
{
    (void)ctx, (void)n, (void)name;
    keep_id(&effects, v[0]);
    return 0;
}

static void read_effects(void)
{
    char path[E2E_PATH];
    sqlite3 *db = NULL;
    e2e_path(path, "sigill.db");
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    sqlite3_busy_timeout(db, 10000);
    assert_int_equal(sqlite3_exec(db, "SELECT action FROM event WHERE kind = 'record.seal' AND outcome = 'done'", keep_effect, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static void reckon(void)
{
    if (!e2e_server_running()) e2e_server_start();
    for (int i = 0; i < STATIONS; i++) reckon_station(i);
    read_effects();
    sort(&rows);
    sort(&effects);
    long lost = 0, doubled = 0, lied = 0, unknown = 0;
    for (size_t i = 0; i < queued.n; i++) lost += !holds(&rows, queued.id[i]);
    for (size_t i = 0; i < done.n; i++) lied += !holds(&effects, done.id[i]);
    for (size_t i = 0; i < rows.n; i++) lost += !holds(&effects, rows.id[i]);
    for (size_t i = 0; i < effects.n; i++) unknown += !holds(&rows, effects.id[i]);
    for (size_t i = 1; i < effects.n; i++) doubled += sg_eq(effects.id[i - 1], effects.id[i]);
    printf("%ld kills (%ld clients, %ld services): %zu acts in the queues, %zu words heard, %zu effects: %ld lost, %ld doubled, %ld told done and not, "
           "%ld unknown; a killed queue of %zu rows opens in %.1f ms\n", did.clients + did.services, did.clients, did.services, rows.n, queued.n,
           effects.n, lost, doubled, lied, unknown, rows.n / STATIONS, open_ms);
    assert_true(lost == 0 && doubled == 0 && lied == 0 && unknown == 0);
    assert_int_equal(rows.n, effects.n);
}

static void r1_12_kills_under_load(void **state)
{
    (void)state;
    long kills = e2e_env("KILLS", 300);
    int64_t told = e2e_mono_ms();
    while (did.clients + did.services < kills) {
        one_round();
        if (e2e_mono_ms() - told > 30000) {
            told = e2e_mono_ms();
            printf("  %ld kills, %zu words heard\n", did.clients + did.services, queued.n);
        }
    }
    reckon();
    assert_true(queued.n > (size_t)kills / 10 && did.services > 0);      /* it did work between the kills */
}

static int open_all(void **state)
{
    (void)e2e_open(state);
    desk_open();
    for (int i = 0; i < STATIONS; i++) {
        desk_sit_at(i);
        desk_fresh(true);
        desk_sync();                                     /* signs in once */
    }
    return 0;
}

static int close_all(void **state)
{
    desk_close();
    free(queued.id);
    free(done.id);
    free(rows.id);
    free(effects.id);
    return e2e_close(state);
}

/* ---- a long queue ---- */

/* Only queues, for ever. */
static void fill(int to)
{
    struct sg_store *s = NULL;
    struct sg_error e = {0};
    if (sg_store_open(&desk_opts()->store, &s, &e) != SG_E_OK) _exit(4);
    for (;;) {
        char day[11];
        const char *citizen = desk_citizen(day);
        struct sg_action *a = seal(citizen, day);
        struct said said = {.what = 'q'};
        if (sg_store_enqueue(s, a, "SE2321000016-1001C", true, NULL, &e) != SG_E_OK) _exit(7);
        SG_COPY(said.id, a->id);
        if (write(to, &said, sizeof said) != (ssize_t)sizeof said) _exit(5);
        free(a);
    }
}

/* Killed while it writes, and opened again: everything it told of is there. The time is what a program needs before it can go on. */
static void r1_12_a_long_queue_is_there_at_once(void **state)
{
    (void)state;
    const long wanted = e2e_env("WAITING", 1000);
    struct sg_store *s = NULL;
    struct sg_error e = {0};
    struct sg_qcounts n;
    struct said said;
    size_t orphans = 0, damaged = 0;
    int p[2];
    assert_int_equal(pipe(p), 0);
    fflush(stdout);
    pid_t pid = fork();
    assert_true(pid >= 0);
    desk_sit_at(STATIONS);
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        close(p[0]);
        desk_reopen();
        fill(p[1]);
    }
    close(p[1]);
    for (long i = 0; i < wanted; i++) assert_int_equal(read(p[0], &said, sizeof said), sizeof said);
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    size_t told = (size_t)wanted;
    while (read(p[0], &said, sizeof said) == (ssize_t)sizeof said) told++;
    close(p[0]);
    double start = now_ms();
    assert_int_equal(sg_store_open(&desk_opts()->store, &s, &e), SG_E_OK);
    assert_int_equal(sg_store_reclaim(s, &orphans), SG_E_OK);
    assert_int_equal(sg_store_counts(s, &n), SG_E_OK);
    double took = now_ms() - start;
    assert_true(n.waiting >= told && n.waiting <= told + 1);
    assert_int_equal(sg_store_check(s, NULL, 0, &damaged), SG_E_OK);
    assert_int_equal(damaged, 0);
    sg_store_close(s);
    printf("a queue killed with %zu acts waiting, %zu told of, is open and counted after %.1f ms (key derivation aside)\n", n.waiting, told, took);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(r1_12_kills_under_load), cmocka_unit_test(r1_12_a_long_queue_is_there_at_once)};
    setvbuf(stdout, NULL, _IOLBF, 0);
    return cmocka_run_group_tests_name("crash", tests, open_all, close_all);
}
