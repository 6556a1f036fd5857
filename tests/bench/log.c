/* Figures of the event log, each beside a floor of the same run; prints figures, no verdict.   log WORKDIR [DATABASE-OF-make_log]
 * Durable events: reads of a citizen through the service's own thread (group commit, fsync each), as many at once as fit a batch; the floor is
 * a bare commit of one row, and SHA-256 over leaves. Latency at 500 a second, evenly paced. Start on a large log. */
#include <fcntl.h>
#include <openssl/sha.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "base/log.h"
#include "base/str.h"
#include "server/import.h"
#include "server/worker.h"

enum { FLIGHT = 256, RUN_S = 5, PACED = 5000, PACE_US = 2000, BARE = 2000, HASHES = 4000000 };
static const char DATA[] =
    "{\"type\":\"policy\",\"termsVersion\":\"1\",\"termsText\":\"T\"}\n{\"type\":\"region\",\"code\":\"norr\",\"name\":\"Norr\"}\n"
    "{\"type\":\"provider\",\"hsa\":\"SE2321000016-P1\",\"name\":\"Norr\"}\n"
    "{\"type\":\"unit\",\"hsa\":\"SE2321000016-U1\",\"name\":\"BUP\",\"provider\":\"SE2321000016-P1\",\"region\":\"norr\"}\n"
    "{\"type\":\"staff\",\"hsa\":\"SE2321000016-1000\",\"name\":\"Anna Berg\",\"title\":\"Läkare\",\"termsAccepted\":true}\n"
    "{\"type\":\"commission\",\"id\":\"SE2321000016-C0\",\"staff\":\"SE2321000016-1000\",\"name\":\"Admin\",\"purpose\":\"care\",\"unit\":\"SE2321000016-U1\",\"roles\":[\"account-admin\"]}\n"
    "{\"type\":\"citizen\",\"personalIdentityNumber\":\"201412122382\",\"name\":\"Alva Ek\",\"region\":\"norr\",\"activeUser\":true}\n";

struct ask { struct sg_task task; struct sg_http_request rq; double began; atomic_bool busy; };
static struct ask ask[FLIGHT];
static struct sg_peer peer = {.certified = true, .hsa = "SE2321000016-1000", .fingerprint = "00"};
static struct sg_core *core;
static struct sg_worker *worker;
static struct sg_sign_book book;
static char token[80], path[96];
static double sample[PACED];
static atomic_long done, failed;
static atomic_bool again;

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}
static void die(const char *what)
{
    fprintf(stderr, "bench log: %s\n", what);
    exit(1);
}
static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void bare_commits(const char *dir)
{
    char file[600];
    sqlite3 *db;
    sqlite3_stmt *st;
    sg_format(file, sizeof file, "%s/bare.db", dir);
    sqlite3_open(file, &db);
    sqlite3_exec(db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE t(i INTEGER PRIMARY KEY, b BLOB)", NULL, NULL, NULL);
    sqlite3_prepare_v2(db, "INSERT INTO t(b) VALUES(zeroblob(600))", -1, &st, NULL);
    double t = now_s();
    for (int i = 0; i < BARE; i++) {
        double one = now_s();
        sqlite3_step(st);
        sqlite3_reset(st);
        sample[i] = now_s() - one;
    }
    t = now_s() - t;
    sqlite3_finalize(st);
    sqlite3_close(db);
    qsort(sample, BARE, sizeof *sample, by_value);
    printf("floor: bare commits of one row      %8.0f /s   p99 %.2f ms\n", BARE / t, sample[BARE * 99 / 100] * 1e3);
}

static void bare_hashes(void)
{
    uint8_t leaf[43] = {0}, out[32];
    double t = now_s();
    for (int i = 0; i < HASHES; i++) {
        memcpy(leaf + 1, &i, sizeof i);
        SHA256(leaf, sizeof leaf, out);
    }
    printf("floor: SHA-256 of a leaf             %8.0f /s\n", HASHES / (now_s() - t));
}

static struct sg_signer in_memory(void)
{
    static const uint8_t seed[SG_SEED_LEN] = {1};
    sg_sign_free(&book);
    if (sg_note_signer_make(SG_LOG_NAME, SG_NOTE_ED25519, seed, &book.signer) != SG_E_OK) die("key");
    return sg_signer_of_book(&book);
}

static void open_core(const char *file)
{
    struct sg_error e = {0};
    struct sg_signer signer = in_memory();
    struct sg_core_opts o = {.database = file, .clock = sg_clock_system(NULL), .random = sg_random_system(), .signer = &signer};
    if (sg_core_open(&o, &core, &e) != SG_E_OK) die(e.detail);
}

static void load(const char *dir, const char *file)
{
    char data[600];
    struct sg_db db;
    struct sg_error e = {0};
    struct sg_clock c = sg_clock_system(NULL);
    struct sg_random r = sg_random_system();
    sg_format(data, sizeof data, "%s/bench.ndjson", dir);
    const char *files[] = {data};
    FILE *f = fopen(data, "w");
    if (!f || fputs(DATA, f) < 0 || fclose(f) != 0) die("directory");
    if (sg_db_open(&db, file, NULL, &e) != SG_E_OK || sg_import_files(&db, &c, &r, files, 1, &e) != SG_E_OK) die(e.detail);
    sqlite3_stmt *st = NULL;
    sqlite3_prepare_v2(db.h, "SELECT '/citizens/' || id FROM citizen", -1, &st, NULL);
    if (sqlite3_step(st) != SQLITE_ROW) die("citizen");
    SG_COPY(path, (const char *)sqlite3_column_text(st, 0));
    sqlite3_finalize(st);
    sg_db_close(&db);
}

static void sign_in(void)
{
    struct sg_http_request rq = {.method = SG_POST, .path = "/sessions", .content_type = "application/json"};
    struct sg_http_reply re;
    sg_buf_init(&rq.body, 100);
    sg_buf_addz(&rq.body, "{\"client\":\"bench\"}");
    sg_core_handle(core, &peer, &rq, &re);
    cJSON *v = cJSON_Parse(re.body.data);
    const char *t = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(v, "token"));
    if (!t) die(re.body.data);
    SG_COPY(token, t);
    cJSON_Delete(v);
    sg_http_request_free(&rq);
    sg_http_reply_free(&re);
}

static void put(struct ask *a)
{
    sg_job_init(&a->task.job, &peer, &a->rq);
    a->began = now_s();
    atomic_store(&a->busy, true);
    if (!sg_worker_put(worker, &a->task)) die("full");
}

/* In the database thread: the answer is there, so the event is on the disk. */
static void on_done(struct sg_task *t)
{
    struct ask *a = (struct ask *)(void *)t;
    long n = atomic_fetch_add(&done, 1);
    if (t->job.reply.status != 200) atomic_fetch_add(&failed, 1);
    if (!atomic_load(&again) && n < PACED) sample[n] = now_s() - a->began;
    sg_http_reply_free(&t->job.reply);
    if (atomic_load(&again)) put(a);
    else atomic_store(&a->busy, false);
}

static void start(void)
{
    struct sg_error e = {0};
    if (sg_worker_start(core, &worker, &e) != SG_E_OK) die(e.detail);
    for (size_t i = 0; i < FLIGHT; i++) {
        ask[i].rq = (struct sg_http_request){.method = SG_GET};
        SG_COPY(ask[i].rq.path, path);
        SG_COPY(ask[i].rq.bearer, token);
        ask[i].task.done = on_done;
    }
}

static void pause_us(long us)
{
    struct timespec t = {us / 1000000, us % 1000000 * 1000};
    nanosleep(&t, NULL);
}

static void throughput(void)
{
    atomic_store(&again, true);
    double t = now_s();
    for (size_t i = 0; i < FLIGHT; i++) put(&ask[i]);
    pause_us(RUN_S * 1000000L);
    long n = atomic_load(&done);
    t = now_s() - t;
    atomic_store(&again, false);
    while (sg_worker_load(worker)) pause_us(1000);
    printf("durable events, group commit         %8.0f /s   (%ld in %.1f s, %ld failed)\n", (double)n / t, n, t, atomic_load(&failed));
}

static void paced(void)
{
    double next = now_s();
    atomic_store(&done, 0);
    for (int i = 0; i < PACED; i++) {
        next += PACE_US / 1e6;
        while (now_s() < next) pause_us((long)((next - now_s()) * 1e6) + 1);
        while (atomic_load(&ask[i % FLIGHT].busy)) pause_us(100);             /* the disk stood still for half a second */
        put(&ask[i % FLIGHT]);
    }
    while (sg_worker_load(worker)) pause_us(1000);
    qsort(sample, PACED, sizeof *sample, by_value);
    printf("an event at 500 /s                   p50 %.2f ms   p99 %.2f ms   max %.2f ms\n", sample[PACED / 2] * 1e3, sample[PACED * 99 / 100] * 1e3, sample[PACED - 1] * 1e3);
}

static void restart(const char *file)
{
    open_core(file);                                         /* the signer signs the whole log for the first time: not measured */
    sg_core_close(core);
    struct sg_signer signer = sg_signer_of_book(&book);
    struct sg_error e = {0};
    struct sg_core_opts o = {.database = file, .clock = sg_clock_system(NULL), .random = sg_random_system(), .signer = &signer};
    double t = now_s();
    if (sg_core_open(&o, &core, &e) != SG_E_OK) die(e.detail);
    t = now_s() - t;
    struct sg_http_request rq = {.method = SG_GET, .path = "/nothing"};
    struct sg_http_reply re;
    double first = now_s();
    sg_core_handle(core, &peer, &rq, &re);
    first = now_s() - first;
    uint64_t n = 0;
    for (size_t i = 0; i < book.n; i++) n += book.row[i].size;
    printf("start on a log of %llu events       %8.3f s    first event %.1f ms\n", (unsigned long long)n, t, first * 1e3);
    sg_http_reply_free(&re);
    sg_core_close(core);
}

int main(int argc, char **argv)
{
    char file[600];
    if (argc < 2) die("use it as: log WORKDIR [DATABASE]");
    sg_log_open(STDERR_FILENO, SG_LOG_ERROR);
    bare_commits(argv[1]);
    bare_hashes();
    sg_format(file, sizeof file, "%s/log.db", argv[1]);
    load(argv[1], file);
    open_core(file);
    sign_in();
    start();
    throughput();
    paced();
    sg_worker_stop(worker);
    sg_worker_free(worker);
    sg_core_close(core);
    if (argc > 2) restart(argv[2]);
    sg_sign_free(&book);
    return 0;
}
