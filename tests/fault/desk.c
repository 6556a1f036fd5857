/* The workstation between two disturbed runs: its store made, looked at and drained in this very process, without faults; and what the
 * service has on record, read from its database. */
#include "fault.h"
#include <ftw.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/buf.h"
#include "base/str.h"
#include "sync/runner.h"

enum { CITIZENS = 600, PER_CITIZEN = 100, SYNC_MS = 60000 };
static char citizen[CITIZENS][SG_ID_MAX];
static size_t n_citizens;
/* Shared with forked children: what one of them has used the next must not use again. mark: events up to here are of no interest. */
static struct { size_t turn, rows_before, rows_now; int64_t mark; } *memo;
static sqlite3 *db;
static struct sg_secret pass;
static char dir[E2E_PATH], ca[E2E_PATH], cert[E2E_PATH], key[E2E_PATH], url[64];
static struct sg_engine_opts opts;

static void import_citizens(void)
{
    struct sg_buf b;
    sg_buf_init(&b, 1 << 20);
    for (int i = 0; i < CITIZENS; i++) {
        char pid[13];
        e2e_next_pid(pid, 40);
        (void)sg_buf_addf(&b, "{\"type\":\"citizen\",\"personalIdentityNumber\":\"%s\",\"name\":\"Mira Dahl\",\"region\":\"demo\"}\n", pid);
    }
    assert_int_equal(sg_buf_check(&b), SG_E_OK);
    e2e_import(b.data);
    sg_buf_free(&b);
}

static int keep_citizen(void *ctx, int n, char **v, char **name)
{
    (void)ctx, (void)n, (void)name;
    if (n_citizens < CITIZENS) SG_COPY(citizen[n_citizens++], v[0]);
    return 0;
}

void desk_sit_at(int station)
{
    char name[32];
    sg_format(name, sizeof name, "state/manager-%d", station);
    e2e_path(dir, name);
}

const struct sg_engine_opts *desk_opts(void) { return &opts; }

void desk_reopen(void)
{
    char path[E2E_PATH];
    struct sg_error e = {0};
    e2e_path(path, "sigill.db");
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    sqlite3_busy_timeout(db, 10000);
    e2e_path(path, "passphrase");
    sg_secret_free(&pass);                                  /* wiped in a child */
    assert_int_equal(sg_secret_read_file(&pass, path, &e), SG_E_OK);
}

void desk_open(void)
{
    char path[E2E_PATH], name[SG_NAME_MAX];
    struct sg_error e = {0};
    import_citizens();
    memo = mmap(NULL, sizeof *memo, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(memo != MAP_FAILED);
    desk_reopen();
    assert_int_equal(sqlite3_exec(db, "SELECT id FROM citizen", keep_citizen, NULL, NULL), SQLITE_OK);
    e2e_path(path, "state");
    assert_int_equal(mkdir(path, 0700), 0);
    e2e_path(dir, "state/manager");
    e2e_pki_path(ca, "ca.pem");
    e2e_pki_path(cert, "manager.pem");
    e2e_pki_path(key, "manager.key");
    sg_format(url, sizeof url, "https://127.0.0.1:%d", e2e_server_port);
    opts = (struct sg_engine_opts){.identity = {.url = url, .ca_file = ca, .cert_file = cert, .key_file = key},
                                   .clock = sg_clock_system(NULL), .random = sg_random_system(), .client = "sigill/fault"};
    assert_int_equal(sg_identity_read(cert, opts.actor, name, &e), SG_E_OK);
    opts.store = (struct sg_store_opts){.dir = dir, .actor = opts.actor, .passphrase = &pass, .scrypt_log_n = 14, .clock = opts.clock,
                                        .random = opts.random};
}

void desk_close(void)
{
    sqlite3_close(db);
    (void)munmap(memo, sizeof *memo);
    sg_secret_free(&pass);
}

/* One number; ?1 is text, ?2 the mark. */
static long number(const char *sql, const char *text)
{
    sqlite3_stmt *st = NULL;
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &st, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_bind_text(st, 1, text, -1, SQLITE_STATIC), SQLITE_OK);
    if (sqlite3_bind_parameter_count(st) > 1) assert_int_equal(sqlite3_bind_int64(st, 2, memo->mark), SQLITE_OK);
    assert_int_equal(sqlite3_step(st), SQLITE_ROW);
    long n = (long)sqlite3_column_int64(st, 0);
    sqlite3_finalize(st);
    return n;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *f)
{
    (void)st, (void)kind, (void)f;
    return remove(path);
}

static struct sg_store *store(void)
{
    struct sg_store *s = NULL;
    struct sg_error e = {0};
    enum sg_err err = sg_store_open(&opts.store, &s, &e);
    if (err != SG_E_OK) fail_msg("the store cannot be opened after the fault: %s %s %s", sg_err_name(err), e.where, e.detail);
    return s;
}

void desk_fresh(bool with_store)
{
    (void)nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    memo->rows_before = memo->rows_now = 0;
    memo->mark = number("SELECT coalesce(max(idx), -1) FROM event WHERE ?1 = ''", "");
    if (with_store) sg_store_close(store());
}

const char *desk_citizen(char day[11])
{
    size_t i = memo->turn++;
    assert_true(memo->turn < (size_t)CITIZENS * PER_CITIZEN);
    sg_date_format(day, sg_date_add((struct sg_date){1980, 1, 1}, 0, 0, (int)(i / n_citizens)));
    return citizen[i % n_citizens];
}

void desk_queue(int n)
{
    struct sg_store *s = store();
    for (int i = 0; i < n; i++) {
        struct sg_action *a = calloc(1, sizeof *a);
        struct sg_error e = {0};
        char day[11];
        assert_non_null(a);
        sg_action_init(a, SG_ACT_RECORD_SEAL, desk_citizen(day));
        assert_int_equal(sg_part_set(&a->part[0], "scope", "period", &e), SG_E_OK);
        assert_int_equal(sg_part_set(&a->part[0], "from", day, &e), SG_E_OK);
        assert_int_equal(sg_part_set(&a->part[0], "to", day, &e), SG_E_OK);
        SG_COPY(a->observed, "*");
        assert_int_equal(sg_store_enqueue(s, a, "SE2321000016-1001C", false, NULL, &e), SG_E_OK);
        free(a);
    }
    sg_store_close(s);
}

static bool note_row(void *ctx, const struct sg_qrow *r)
{
    struct desk *d = ctx;
    assert_true(d->n < DESK_ROWS);
    if (getenv("FAULT_ROWS")) printf("   row %s %s fresh %d err '%s' status %d\n", r->action.id, sg_qstate_name(r->state), r->fresh_needed, r->last_error, r->last_status);
    SG_COPY(d->row[d->n].id, r->action.id);
    d->row[d->n++].state = r->state;
    return true;
}

void desk_mark(void) { memo->rows_before = memo->rows_now; }

void desk_look(struct desk *d)
{
    struct sg_store *s = store();
    size_t damaged = 0;
    *d = (struct desk){0};
    SG_COPY(d->device, sg_store_device(s));
    struct sg_damage what[1] = {0};
    assert_int_equal(sg_store_check(s, what, 1, &damaged), SG_E_OK);
    if (damaged) fail_msg("the store is damaged: %s %lld %s", what[0].table, (long long)what[0].seq, what[0].what);
    assert_int_equal(sg_store_each(s, false, note_row, d, &damaged), SG_E_OK);
    sg_store_close(s);
    d->before = memo->rows_before;
    memo->rows_now = d->n;
}

static void keep(void *ctx, struct sg_tell *t)
{
    struct sg_tell **last = ctx;
    if (*last) sg_tell_free(*last);
    *last = t;
}

static void ask(struct sg_inline *run, enum sg_ask_kind kind)
{
    struct sg_ask a = {.kind = kind};
    struct sg_tell *t = NULL;
    enum sg_err err = sg_inline_ask(run, &a, SYNC_MS, keep, &t);
    if (err != SG_E_OK) fail_msg("draining without faults: %s", sg_err_name(err));
    if (t) sg_tell_free(t);
}

void desk_try(int ms)
{
    struct sg_inline *run = NULL;
    struct sg_error e = {0};
    struct sg_ask a = {.kind = SG_ASK_SYNC};
    struct sg_tell *t = NULL;
    assert_int_equal(sg_inline_open(&opts, &run, &e), SG_E_OK);
    (void)!sg_inline_ask(run, &a, ms, keep, &t);
    if (t) sg_tell_free(t);
    sg_inline_close(run);
}

void desk_sync(void)
{
    struct sg_inline *run = NULL;
    struct sg_error e = {0};
    assert_int_equal(sg_inline_open(&opts, &run, &e), SG_E_OK);
    ask(run, SG_ASK_RETRY);
    ask(run, SG_ASK_SYNC);
    sg_inline_close(run);
}

long desk_effects(const char *action_id)
{
    return number("SELECT count(*) FROM event WHERE idx > ?2 AND action = ?1 AND outcome = 'done' AND kind NOT LIKE 'action.%'", action_id);
}

long desk_acts_of(const char *device)
{
    return number("SELECT count(*) FROM action WHERE device = ?1", device);
}
