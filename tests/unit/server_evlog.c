/* The trees of the event log against a rebuild from the definition: random batches of events of several logs, job and batch rollbacks,
 * restarts, another process that writes in between. After each step every root and random proofs must be those of the leaves in the
 * table. */
#include "server_kit.h"
#include "server/evlog_inside.h"
#include "tests/patience.h"

static struct sg_db db;
static struct sg_evlog *evlog;
static const char *const PROVIDERS[] = {"SE2321000016-P1", "SE2321000016-P2", "", "SE2321000016-P3"};
enum { N_LOGS = 4 };
static const char *log_of(size_t i)
{
    static const char *const logs[] = {"se2321000016-p1", "se2321000016-p2", SG_LOG_SERVICE, "se2321000016-p3"};
    return logs[i];
}

static uint32_t chance(uint32_t below)
{
    uint32_t v;
    kit_fill(NULL, &v, sizeof v);
    return v % below;
}

static void open_log(void)
{
    struct sg_error e = {0};
    struct sg_random r = kit_random();
    assert_int_equal(sg_db_open(&db, kit_db, NULL, &e), SG_E_OK);
    assert_int_equal(sqlite3_exec(db.h, "PRAGMA synchronous = OFF", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sg_evlog_open(&db, &r, NULL, &evlog, &e), SG_E_OK);
}
static void close_log(void)
{
    sg_evlog_close(evlog);
    sg_db_close(&db);
}
static int setup(void **state)
{
    (void)state;
    kit_begin();
    open_log();
    return 0;
}
static int teardown(void **state)
{
    (void)state;
    close_log();
    kit_tidy();
    return 0;
}

static void run(enum sg_sql s) { assert_int_equal(sg_db_run(&db, s, ""), SG_E_OK); }

static void append(size_t provider)
{
    static struct sg_event ev;
    struct sg_clock c = kit_clock();
    struct sg_random r = kit_random();
    memset(&ev, 0, sizeof ev);
    sg_uuid7(ev.id, &c, &r);
    SG_COPY(ev.kind, "citizen.read");
    SG_COPY(ev.outcome, "done");
    SG_COPY(ev.actor, "SE2321000016-1000");
    SG_COPY(ev.provider, PROVIDERS[provider]);
    ev.at = kit_wall_ms += chance(50);
    assert_int_equal(sg_evlog_append(evlog, &ev), SG_E_OK);
    assert_string_equal(ev.log, log_of(provider));
}

/* ---- the definition (RFC 6962 §2.1), over leaf hashes ------------------------------------------------------------------------------- */

static struct sg_hash *leaf;
static size_t n_leaves, room;

static void read_leaves(int64_t tree)
{
    sqlite3_stmt *st = sg_db_query(&db, SG_SQL_LEAVES, "iii", tree, (int64_t)0, (int64_t)-1);
    enum sg_err err;
    for (n_leaves = 0; (err = sg_db_step(&db, st)) == SG_E_OK; n_leaves++) {
        if (n_leaves == room) leaf = realloc(leaf, (room = room ? 2 * room : 1024) * sizeof *leaf);
        assert_non_null(leaf);
        assert_int_equal(sqlite3_column_bytes(st, 0), SG_LEAF_LEN);
        sg_merkle_leaf(&leaf[n_leaves], sqlite3_column_blob(st, 0), SG_LEAF_LEN);
    }
    assert_int_equal(err, SG_E_NOTFOUND);
}

static struct sg_hash naive(size_t from, size_t to)
{
    struct sg_hash a, b;
    size_t k = 1;
    if (from == to) sg_merkle_empty(&a);
    if (from == to) return a;
    if (to - from == 1) return leaf[from];
    while (2 * k < to - from) k *= 2;
    a = naive(from, from + k);
    b = naive(from + k, to);
    sg_merkle_node(&a, &a, &b);
    return a;
}

static void check_proofs(const struct sg_tree *t)
{
    struct sg_proof p;
    uint64_t to = 1 + chance((uint32_t)t->size), from = chance((uint32_t)to + 1), at = chance((uint32_t)to);
    struct sg_hash root = naive(0, to), old = naive(0, from);
    assert_int_equal(sg_tree_inclusion(evlog, t, at, to, &p), SG_E_OK);
    assert_true(sg_merkle_check_inclusion(at, to, &leaf[at], &root, p.h, p.n));
    assert_int_equal(sg_tree_consistency(evlog, t, from, to, &p), SG_E_OK);
    assert_true(sg_merkle_check_consistency(from, to, &old, &root, p.h, p.n));
    assert_int_equal(sg_tree_inclusion(evlog, t, at, t->size + 1, &p), SG_E_INPUT);
    assert_int_equal(sg_tree_consistency(evlog, t, 0, t->size + 1, &p), SG_E_INPUT);
}

static void check_all(int proofs)
{
    for (size_t i = 0; i < N_LOGS; i++) {
        struct sg_tree *t = NULL;
        struct sg_hash root, want;
        if (sg_tree_find(evlog, log_of(i), &t) != SG_E_OK) continue;
        read_leaves(t->tree);
        assert_int_equal(t->size, n_leaves);
        want = naive(0, n_leaves);
        assert_int_equal(sg_tree_root(evlog, t, t->size, &root), SG_E_OK);
        assert_memory_equal(&root, &want, sizeof root);
        for (int n = 0; n < proofs && n_leaves; n++) check_proofs(t);
    }
}

/* One job of a batch; a third of them are undone. */
static void job(void)
{
    run(SG_SQL_SAVEPOINT);
    for (uint32_t n = chance(200); n > 0; n--) append(chance(4) ? chance(2) : chance(N_LOGS));
    if (chance(3) == 0) {
        run(SG_SQL_BACK_TO);
        sg_evlog_forget(evlog);
    }
    run(SG_SQL_RELEASE);
}

/* Another process appends, as an import does: the one that has been running must read anew. */
static void another_writes(void)
{
    struct sg_db mine = db;
    struct sg_evlog *own = evlog;
    open_log();
    run(SG_SQL_BEGIN);
    append(2);
    assert_int_equal(sg_db_commit(&db), SG_E_OK);
    close_log();
    db = mine;
    evlog = own;
    sg_evlog_forget(evlog);
}

static void r2_1_random_batches_rollbacks_and_restarts(void **state)
{
    (void)state;
    for (long round = test_repeats(120, 25); round > 0; round--) {
        run(SG_SQL_BEGIN);
        for (uint32_t n = chance(4); n > 0; n--) job();
        if (chance(4) == 0) {
            sg_db_rollback(&db);
            sg_evlog_forget(evlog);
        } else {
            assert_int_equal(sg_db_commit(&db), SG_E_OK);
        }
        if (chance(5) == 0) another_writes();
        if (chance(4) == 0) {
            close_log();
            open_log();
        }
        if (round % 6 == 0) check_all(5);
    }
    check_all(50);
}

/* Past the second level of tiles, and back from there after a restart. */
static void r2_10_a_large_log_starts_from_its_tiles(void **state)
{
    (void)state;
    run(SG_SQL_BEGIN);
    for (long i = test_repeats(66100, 700); i > 0; i--) append(0);
    assert_int_equal(sg_db_commit(&db), SG_E_OK);
    check_all(5);
    close_log();
    open_log();
    check_all(5);
    run(SG_SQL_BEGIN);
    for (int i = 0; i < 300; i++) append(0);
    assert_int_equal(sg_db_commit(&db), SG_E_OK);
    check_all(5);
}

static void a_tile_that_lacks_is_damage(void **state)
{
    (void)state;
    struct sg_tree *t = NULL;
    struct sg_hash root;
    run(SG_SQL_BEGIN);
    for (int i = 0; i < 600; i++) append(0);
    assert_int_equal(sg_db_commit(&db), SG_E_OK);
    assert_int_equal(sqlite3_exec(db.h, "DELETE FROM tile WHERE n = 0", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sg_tree_find(evlog, log_of(0), &t), SG_E_OK);
    assert_int_equal(sg_tree_root(evlog, t, 200, &root), SG_E_CORRUPT);
    sg_evlog_forget(evlog);
    assert_int_equal(sg_tree_find(evlog, log_of(0), &t), SG_E_CORRUPT);
}

static void an_undeclared_kind_cannot_be_written(void **state)
{
    (void)state;
    struct sg_event ev = {.kind = "made.up", .outcome = "done", .actor = "A", .at = 1, .id = "0190a1b2-0000-7000-8000-000000000001"};
    run(SG_SQL_BEGIN);
    assert_int_equal(sg_evlog_append(evlog, &ev), SG_E_INTERNAL);
    SG_COPY(ev.kind, "citizen.read");
    ev.actor[0] = '\0';                                      /* one of the ten fields of the national contract */
    assert_int_equal(sg_evlog_append(evlog, &ev), SG_E_INTERNAL);
    SG_COPY(ev.actor, "A");
    assert_int_equal(sg_evlog_append(evlog, &ev), SG_E_OK);
    assert_true(ev.system[0] && ev.provider[0] && ev.unit[0] && ev.purpose[0] && ev.resource[0]);
    assert_string_equal(ev.activity, "read");
    sg_db_rollback(&db);
}

/* The table keeps what was written: only a whole erasure passes the trigger. */
static void r2_13_only_erasure_changes_a_row(void **state)
{
    (void)state;
    static const char *const refused[] = {
        "UPDATE event SET leaf = zeroblob(42)", "UPDATE event SET salt = NULL", "UPDATE event SET payload = NULL", "UPDATE event SET at = 0",
        "UPDATE event SET actor = 'x'", "DELETE FROM event",
        "UPDATE event SET salt = NULL, payload = NULL, actor = NULL, unit = NULL, purpose = NULL, subject = NULL, action = NULL, kind = 'x'"};
    run(SG_SQL_BEGIN);
    append(0);
    assert_int_equal(sg_db_commit(&db), SG_E_OK);
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        assert_int_equal(sqlite3_exec(db.h, refused[i], NULL, NULL, NULL) & 0xff, SQLITE_CONSTRAINT);
    assert_int_equal(sqlite3_exec(db.h, "UPDATE event SET salt = NULL, payload = NULL, actor = NULL, unit = NULL, purpose = NULL, subject = NULL, "
                                        "action = NULL", NULL, NULL, NULL), SQLITE_OK);
    check_all(1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
        T(r2_1_random_batches_rollbacks_and_restarts), T(r2_10_a_large_log_starts_from_its_tiles), T(a_tile_that_lacks_is_damage),
        T(an_undeclared_kind_cannot_be_written), T(r2_13_only_erasure_changes_a_row),
    };
    int rc = cmocka_run_group_tests_name("server_evlog", tests, NULL, NULL);
    free(leaf);
    return rc;
}
