/* Figures of the queue and the back-end in one run, each beside a floor of the same run. Prints figures, no verdict.
 *   service PROFILE WORKDIR DEMO-DIR        (SIGILL_CONFIG names the demo; tools/bench.sh starts the service) */
#include <curl/curl.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>
#include "base/str.h"
#include "cmd/config.h"
#include "sync/runner.h"

enum { N_ENQUEUE = 1000, MOST_REPLAY = 10000, N_READS = 5000, WORKERS = 32, CITIZENS = 2000, N_BIG = 100000 };
static double sample[MOST_REPLAY];
static int n_replay = MOST_REPLAY;      /* BENCH_ACTS: fewer, for a quick look */
static char citizen[CITIZENS][SG_ID_MAX];
static size_t n_citizens;

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* Processor time of this process, ms: what a busy machine does not stretch. */
static double cpu_ms(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e3 + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e3;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double quantile(size_t n, double q)
{
    qsort(sample, n, sizeof *sample, by_value);
    return sample[(size_t)(q * (double)(n - 1) + 0.5)];
}

static void die(const char *what, const struct sg_error *e)
{
    fprintf(stderr, "bench: %s: %s %s %s\n", what, e ? sg_err_name(e->code) : "", e ? e->where : "", e ? e->detail : "");
    exit(1);
}

/* The floor of an enqueue: append 2 KiB to a file and wait for the disk. */
static double bare_fsync(const char *dir)
{
    char path[600], block[2048] = {1};
    sg_format(path, sizeof path, "%s/fsync.bin", dir);
    int fd = open(path, O_CREAT | O_WRONLY | O_APPEND, 0600);
    for (int i = 0; i < N_ENQUEUE; i++) {
        double t = now_ms();
        if (write(fd, block, sizeof block) < 0 || fdatasync(fd) != 0)
            die("fsync", NULL);
        sample[i] = now_ms() - t;
    }
    close(fd);
    return quantile(N_ENQUEUE, 0.99);
}

/* The floor of a durable read event: one row, one commit. */
static double bare_commits(const char *dir)
{
    char path[600];
    sqlite3 *db;
    sqlite3_stmt *st;
    sg_format(path, sizeof path, "%s/commits.db", dir);
    sqlite3_open(path, &db);
    sqlite3_exec(db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE IF NOT EXISTS t(i INTEGER PRIMARY KEY, b BLOB)", NULL, NULL, NULL);
    sqlite3_prepare_v2(db, "INSERT INTO t(b) VALUES(zeroblob(512))", -1, &st, NULL);
    double t = now_ms();
    for (int i = 0; i < 3000; i++) {
        sqlite3_step(st);
        sqlite3_reset(st);
    }
    t = now_ms() - t;
    sqlite3_finalize(st);
    sqlite3_close(db);
    return 3000 / t * 1e3;
}

static void keep_citizen(void *ctx, struct sg_tell *t)
{
    (void)ctx;
    if (t->kind == SG_TELL_LOOKUP && n_citizens < CITIZENS)
        SG_COPY(citizen[n_citizens++], t->id);
    sg_tell_free(t);
}

/* Their ids also go into WORKDIR/ids.txt, for the measurement of the screen meanwhile. */
static void look_up(struct sg_inline *run, const char *dir)
{
    char path[600], line[1024];
    sg_format(path, sizeof path, "%s/more.ndjson", dir);
    FILE *f = fopen(path, "r");
    if (!f)
        die("more.ndjson", NULL);
    while (fgets(line, sizeof line, f) && n_citizens < CITIZENS) {
        const char *n = strstr(line, "\"personalIdentityNumber\":\"");
        struct sg_ask a = {.kind = SG_ASK_LOOKUP};
        if (!n || strstr(line, "protected") || strstr(line, "deceased"))
            continue;
        n += strlen("\"personalIdentityNumber\":\"");
        sg_copyn(a.text, sizeof a.text, n, strcspn(n, "\""));
        SG_COPY(a.purpose, "care");
        if (sg_inline_ask(run, &a, 10000, keep_citizen, NULL) != SG_E_OK)
            fprintf(stderr, "bench: a look-up failed\n");
    }
    fclose(f);
    sg_format(path, sizeof path, "%s/ids.txt", dir);
    f = fopen(path, "w");
    for (size_t i = 0; f && i < n_citizens; i++)
        fprintf(f, "%s\n", citizen[i]);
    if (!f || fclose(f) != 0)
        die("ids.txt", NULL);
}

struct acts { long done; double at; };

static void count_act(void *ctx, struct sg_tell *t)
{
    struct acts *a = ctx;
    a->at = now_ms();
    if (t->kind == SG_TELL_STATUS || t->kind == SG_TELL_IDLE)
        a->done = (long)t->status.queue.done;
    if (t->kind == SG_TELL_FAILED)
        fprintf(stderr, "bench: %s %s\n", sg_err_name(t->err), t->error.where);
    sg_tell_free(t);
}

/* A seal of one day nobody else has used, on one citizen after the other. */
static struct sg_action *one_act(int i)
{
    struct sg_action *a = malloc(sizeof *a);
    struct sg_error e = {0};
    char day[11];
    struct sg_date d = sg_date_add((struct sg_date){1990, 1, 1}, 0, 0, i + (int)(getpid() % 97) * 40);
    if (!a)
        die("memory", NULL);
    sg_date_format(day, d);
    sg_action_init(a, SG_ACT_RECORD_SEAL, citizen[(size_t)i % n_citizens]);
    if (sg_part_set(&a->part[0], "scope", "period", &e) != SG_E_OK || sg_part_set(&a->part[0], "from", day, &e) != SG_E_OK ||
        sg_part_set(&a->part[0], "to", day, &e) != SG_E_OK)
        die("field", &e);
    return a;
}

static void read_all(struct sg_inline *run)
{
    struct acts seen = {0};
    for (size_t i = 0; i < n_citizens; i++) {
        struct sg_ask read = {.kind = SG_ASK_CITIZEN};
        SG_COPY(read.key, citizen[i]);
        if (sg_inline_ask(run, &read, 10000, count_act, &seen) != SG_E_OK)
            fprintf(stderr, "bench: a read failed\n");
    }
}

/* Without the service: nothing listens on the port of the address. */
static void enqueue(const struct sg_config *c, const struct sg_secret *pass, double floor)
{
    struct sg_config away = *c;
    struct sg_engine_opts o;
    struct sg_error e = {0};
    struct sg_inline *run;
    struct acts seen = {0};
    SG_COPY(away.url, "https://localhost:1");
    if (sg_config_engine(&away, pass, &o, &e) != SG_E_OK || sg_inline_open(&o, &run, &e) != SG_E_OK)
        die("engine", &e);
    for (int i = 0; i < n_replay; i++) {
        struct sg_ask a = {.kind = SG_ASK_ACT, .action = one_act(i)};
        SG_COPY(a.key, a.action->subject);
        double t = now_ms();
        if (sg_inline_ask(run, &a, 10000, count_act, &seen) != SG_E_OK)
            die("enqueue", NULL);
        sample[i] = now_ms() - t;
    }
    sg_inline_close(run);
    double first = sample[0], p99 = quantile((size_t)n_replay, 0.99), p50 = quantile((size_t)n_replay, 0.5);
    printf("enqueue, fsync included    p50 %7.2f ms   p99 %7.2f ms   %5.2f x a bare fsync of 2 KiB (p99 %.2f ms); goal p99 5 ms; the first, with opening, %.0f ms\n",
           p50, p99, p99 / floor, floor, first);
}

struct replayed { long done, ended, proved; double at, cpu; bool idle; };

static void on_tell(void *ctx, struct sg_tell *t)
{
    struct replayed *r = ctx;
    if (t->kind == SG_TELL_ACTION && t->row && sg_qstate_terminal(t->row->state) && t->row->done_at > 0 && !t->receipt.verified) {
        r->done += t->row->state == SG_Q_DONE;
        r->ended++;
        r->at = now_ms();
        r->cpu = cpu_ms();
    }
    r->proved += t->kind == SG_TELL_ACTION && t->receipt.verified;
    r->idle |= t->kind == SG_TELL_IDLE;
    sg_tell_free(t);
}

static void turn(struct sg_engine *g, struct sg_curl *curl, const struct replayed *r)
{
    int due = sg_engine_step(g);
    if (!r->idle)
        sg_curl_run(curl, -1, due < 0 || due > 1000 ? 1000 : due);
}

/* The proofs are fetched one by one behind the acts; a part of them tells the pace. */
static void prove(struct sg_engine *g, struct sg_curl *curl, struct replayed *r, double began)
{
    const double most = 60000;
    double t = now_ms();
    while (!r->idle && now_ms() - t < most)
        turn(g, curl, r);
    printf("proofs of the acts, verified and kept: %ld of %ld %.0f ms after the beginning\n", r->proved, r->done, now_ms() - began);
}

static void replay(const struct sg_engine_opts *o, double commits)
{
    struct replayed r = {0};
    struct sg_engine *g;
    struct sg_curl *curl;
    struct sg_error e = {0};
    struct sg_ask sync = {.id = 1, .kind = SG_ASK_SYNC};
    double t = now_ms(), cpu = cpu_ms();
    if (sg_engine_new(o, on_tell, &r, &g, &e) != SG_E_OK || sg_curl_new(&o->identity, sg_engine_reply, g, &curl, &e) != SG_E_OK)
        die("engine", &e);
    sg_engine_set_transport(g, sg_curl_transport(curl));
    sg_engine_ask(g, &sync);
    double began = t;
    for (double until = t + 300000; !r.idle && r.ended < n_replay && now_ms() < until;)
        turn(g, curl, &r);
    t = r.at - t;
    printf("replay of %d actions    %7.0f ms   %7.0f /s   %5.2f x bare commits one after the other; goal 30000 ms; %ld done; %.0f ms of the client's processor\n",
           n_replay, t, n_replay / t * 1e3, n_replay / t * 1e3 / commits, r.done, r.cpu - cpu);
    prove(g, curl, &r, began);
    sg_engine_free(g);
    if (r.done != n_replay)
        fprintf(stderr, "bench: %ld of %d actions were carried out, %ld ended\n", r.done, n_replay, r.ended);
}

static double open_ms(const struct sg_store_opts *o, size_t *waiting)
{
    struct sg_store *s = NULL;
    struct sg_qcounts c = {0};
    struct sg_error e = {0};
    size_t n = 0;
    double t = now_ms();
    if (sg_store_open(o, &s, &e) != SG_E_OK || sg_store_reclaim(s, &n) != SG_E_OK || sg_store_counts(s, &c) != SG_E_OK)
        die("open", &e);
    t = now_ms() - t;
    *waiting = c.waiting;
    sg_store_close(s);
    return t;
}

static void fill(const struct sg_store_opts *o, int from, int to)
{
    struct sg_store *s = NULL;
    struct sg_error e = {0};
    if (sg_store_open(o, &s, &e) != SG_E_OK)
        die("open", &e);
    for (int i = from; i < to; i++) {
        struct sg_action *a = one_act(i % 40000);
        SG_COPY(a->observed, "*");
        if (sg_store_enqueue(s, a, "bench", false, NULL, &e) != SG_E_OK)
            die("enqueue", &e);
        free(a);
    }
    sg_store_close(s);
}

/* Opening with the key derivation of the default strength, which is the floor: what the rows add is the rest. In memory, because what
 * is measured is work and not the disk. */
static void big_queue(const char *dir)
{
    char path[600];
    size_t none = 0, ten = 0, all = 0;
    struct sg_error e = {0};
    struct sg_secret pass;
    bool memory = access("/dev/shm", W_OK) == 0;
    sg_format(path, sizeof path, "%s/big-%d", memory ? "/dev/shm" : dir, (int)getpid());
    if (sg_secret_new(&pass, 64, &e) != SG_E_OK)
        die("memory", &e);
    memcpy(pass.data, "bench", pass.len = 5);
    struct sg_store_opts o = {.dir = path, .actor = "SE2321000016-1", .passphrase = &pass, .clock = sg_clock_system(NULL), .random = sg_random_system()};
    fill(&o, 0, 0);
    double floor = open_ms(&o, &none);
    fill(&o, 0, N_BIG / 10);
    double t10 = open_ms(&o, &ten);
    fill(&o, N_BIG / 10, N_BIG);
    double t100 = open_ms(&o, &all);
    printf("opening a queue: empty %.0f ms (the key derivation), %zu rows %.0f ms, %zu rows %.0f ms\n", floor, ten, t10, all, t100);
    static const char *const TAILS[] = {"/store.db", "/store.db-wal", "/store.db-shm"};
    for (size_t i = 0; i < sizeof TAILS / sizeof *TAILS; i++) {
        char file[700];
        sg_format(file, sizeof file, "%s%s", path, TAILS[i]);
        unlink(file);
    }
    sg_secret_free(&pass);
}

static size_t swallow(char *p, size_t s, size_t n, void *u)
{
    (void)p;
    (void)u;
    return s * n;
}

static size_t keep(char *p, size_t s, size_t n, void *u)
{
    struct sg_buf *b = u;
    sg_buf_add(b, p, s * n);
    return s * n;
}

static CURL *handle(const struct sg_config *c, const char *url, struct curl_slist *h, const char *body)
{
    CURL *e = curl_easy_init();
    curl_easy_setopt(e, CURLOPT_URL, url);
    curl_easy_setopt(e, CURLOPT_CAINFO, c->ca);
    curl_easy_setopt(e, CURLOPT_SSLCERT, c->cert);
    curl_easy_setopt(e, CURLOPT_SSLKEY, c->key);
    curl_easy_setopt(e, CURLOPT_HTTPHEADER, h);
    curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, swallow);
    if (body)
        curl_easy_setopt(e, CURLOPT_POSTFIELDS, body);
    return e;
}

/* Requests per second with WORKERS connections kept alive. want: the status that counts. */
static double rate(const struct sg_config *c, const char *url, struct curl_slist *h, const char *body, long want)
{
    CURLM *m = curl_multi_init();
    CURL *e[WORKERS];
    int started = 0, done = 0, good = 0, running;
    for (int i = 0; i < WORKERS; i++, started++)
        curl_multi_add_handle(m, e[i] = handle(c, url, h, body));
    double t = 0;
    while (done < N_READS) {
        int left;
        curl_multi_perform(m, &running);
        for (CURLMsg *g; (g = curl_multi_info_read(m, &left));) {
            long status = 0;
            CURL *one = g->easy_handle;
            curl_easy_getinfo(one, CURLINFO_RESPONSE_CODE, &status);
            good += status == want;
            if (++done == WORKERS)
                t = now_ms();               /* connections are made: from here on it counts */
            curl_multi_remove_handle(m, one);
            if (started < N_READS) {
                curl_multi_add_handle(m, one);
                started++;
            }
        }
        curl_multi_poll(m, NULL, 0, 100, NULL);
    }
    t = now_ms() - t;
    for (int i = 0; i < WORKERS; i++)
        curl_easy_cleanup(e[i]);
    curl_multi_cleanup(m);
    if (good < N_READS)
        fprintf(stderr, "bench: %d of %d answers had another status than %ld\n", N_READS - good, N_READS, want);
    return (N_READS - WORKERS) / t * 1e3;
}

static void reads(const struct sg_config *c, const char *number, double commits, const char *bare_url)
{
    char url[400], auth[200], body[200], token[100] = "";
    struct sg_buf b;
    struct curl_slist *h = curl_slist_append(NULL, "Content-Type: application/json");
    sg_buf_init(&b, 65536);
    sg_format(url, sizeof url, "%s" SG_API_BASE "/sessions", c->url);
    CURL *e = handle(c, url, h, "{\"device\":\"0190a000-0000-7000-8000-000000000001\",\"client\":\"bench\"}");
    curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, keep);
    curl_easy_setopt(e, CURLOPT_WRITEDATA, &b);
    curl_easy_perform(e);
    curl_easy_cleanup(e);
    const char *at = b.data ? strstr(b.data, "\"token\":\"") : NULL;
    if (!at)
        die("no session", NULL);
    sg_copyn(token, sizeof token, at + 9, strcspn(at + 9, "\""));
    sg_format(auth, sizeof auth, "Authorization: Bearer %s", token);
    h = curl_slist_append(h, auth);
    double bare = rate(c, bare_url, NULL, NULL, 200);
    sg_format(url, sizeof url, "%s" SG_API_BASE "/citizen-lookups", c->url);
    sg_format(body, sizeof body, "{\"personalIdentityNumber\":\"%s\",\"purpose\":\"care\"}", number);
    double look = rate(c, url, h, body, 200);
    sg_format(url, sizeof url, "%s" SG_API_BASE "/citizens/%s", c->url, citizen[0]);
    double read = rate(c, url, h, NULL, 200);
    printf("bare server (static JSON over the same TLS) %8.0f /s   bare commits %8.0f /s\n", bare, commits);
    printf("look-ups, each with a durable event         %8.0f /s   %5.2f x bare server   %5.2f x bare commits\n", look, look / bare, look / commits);
    printf("reads of a citizen, each a durable event    %8.0f /s   %5.2f x bare server   %5.2f x bare commits\n", read, read / bare, read / commits);
    curl_slist_free_all(h);
    sg_buf_free(&b);
}

int main(int argc, char **argv)
{
    struct sg_config c;
    struct sg_engine_opts o;
    struct sg_secret pass;
    struct sg_error e = {0};
    struct sg_inline *run;
    char number[32] = "";
    const char *acts = getenv("BENCH_ACTS");
    int64_t v = 0;
    if (acts && sg_parse_i64(acts, 1, MOST_REPLAY, &v))
        n_replay = (int)v;
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc != 6) {
        fprintf(stderr, "usage: service PROFILE WORKDIR DEMO-DIR BARE-URL NUMBER\n");
        return 2;
    }
    SG_COPY(number, argv[5]);
    if (sg_config_load(argv[1], &c, &e) != SG_E_OK || sg_secret_read_file(&pass, c.passphrase_file, &e) != SG_E_OK)
        die("configuration", &e);
    sg_format(c.state_dir, sizeof c.state_dir, "%s/state-%d", argv[2], (int)getpid());
    if (sg_config_engine(&c, &pass, &o, &e) != SG_E_OK || sg_inline_open(&o, &run, &e) != SG_E_OK)
        die("engine", &e);
    double floor = bare_fsync(argv[2]);
    look_up(run, argv[2]);
    double commits = bare_commits(argv[2]);
    printf("\nQueue and back-end, %zu citizens\n", n_citizens);
    read_all(run);
    sg_inline_close(run);
    enqueue(&c, &pass, floor);
    if (sg_config_engine(&c, &pass, &o, &e) != SG_E_OK)
        die("engine", &e);
    replay(&o, commits);
    big_queue(argv[2]);
    reads(&c, number, commits, argv[4]);
    return 0;
}
