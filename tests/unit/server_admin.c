/* What an operator may do to the event log: lawful erasure leaves every proof and no text; a database from an old backup is noticed and goes
 * on under a new epoch. */
#include <dirent.h>
#include "server_kit.h"
#include "server/admin.h"
#include "server/evlog_inside.h"

#define OLD "KANARIE-GAMMAL"
#define NEW "KANARIE-NY"

/* ---- erasure ------------------------------------------------------------------------------------------------------------------------- */

/* A refused act whose reason stands in its event and nowhere else. */
static void refused_act(const char *reason, int n)
{
    char path[64], body[512], alva[SG_ID_MAX];
    kit_citizen_id(ALVA, alva);
    snprintf(path, sizeof path, "/actions/0190a1b2-0000-7000-8000-%012d", n);
    snprintf(body, sizeof body, "{\"kind\":\"login.lock\",\"subject\":\"%s\",\"params\":{},\"reason\":\"%s\",\"performedAt\":\"2026-03-02T10:00:00Z\","
                                "\"device\":\"0190a1b2-0000-7000-8000-0000000000dd\",\"seq\":%d}", alva, reason, n);
    assert_int_equal(kit_send(&(struct kit_ask){.who = STEN, .method = SG_PUT, .path = path, .if_match = "*", .body = body}), 403);
}

static bool in_any_file(const char *text)
{
    bool found = false;
    DIR *d = opendir(kit_dir);
    assert_non_null(d);
    for (struct dirent *f; (f = readdir(d));) {
        char path[400];
        struct sg_buf b;
        if (f->d_name[0] == '.' || strstr(f->d_name, "ndjson")) continue;
        snprintf(path, sizeof path, "%s/%s", kit_dir, f->d_name);
        sg_buf_init(&b, 64 << 20);
        assert_int_equal(sg_buf_read_file(&b, path, NULL), SG_E_OK);
        found = found || (b.data && memmem(b.data, b.len, text, strlen(text)));
        sg_buf_free(&b);
    }
    closedir(d);
    return found;
}

static struct sg_tree *tree(void)
{
    struct sg_tree *t = NULL;
    assert_int_equal(sg_tree_find(kit_core->log, "se2321000016-p1", &t), SG_E_OK);
    return t;
}

static void check_every_leaf(uint64_t size, const struct sg_hash *root)
{
    for (uint64_t i = 0; i < size; i++) {
        struct sg_proof p;
        struct sg_hash h;
        sqlite3_stmt *st = sg_db_query(&kit_core->db, SG_SQL_LEAVES, "iii", tree()->tree, (int64_t)i, (int64_t)1);
        assert_int_equal(sg_db_step(&kit_core->db, st), SG_E_OK);
        sg_merkle_leaf(&h, sqlite3_column_blob(st, 0), SG_LEAF_LEN);
        (void)sqlite3_reset(st);
        assert_int_equal(sg_tree_inclusion(kit_core->log, tree(), i, size, &p), SG_E_OK);
        assert_true(sg_merkle_check_inclusion(i, size, &h, root, p.h, p.n));
    }
}

static enum sg_err erase(const char *day, int years, int64_t *n)
{
    struct sg_date d;
    struct sg_error e = {0};
    assert_true(sg_date_parse(day, &d));
    return sg_admin_erase(&kit_core->db, kit_core->log, &kit_core->clock, &kit_core->random, d, years, n, &e);
}

static void r2_13_erasing_a_tenth_leaves_every_proof(void **state)
{
    (void)state;
    struct sg_hash before, after;
    char old_event[SG_UUID_MAX], path[80];
    int64_t n = 0;
    for (int i = 1; i <= 40; i++) refused_act(OLD, i);
    SG_COPY(old_event, kit_last().id);
    assert_true(sg_rfc3339_parse("2032-03-02T10:00:00Z", &kit_wall_ms));
    assert_int_equal(kit_sign_in(STEN), 200);
    assert_int_equal(kit_sign_in(NAT), 200);
    for (int i = 100; i < 500; i++) refused_act(NEW, i);
    uint64_t size = tree()->size;
    assert_int_equal(sg_tree_root(kit_core->log, tree(), size, &before), SG_E_OK);
    assert_true(in_any_file(OLD) && in_any_file(NEW));
    assert_int_equal(erase("2027-03-03", 5, &n), SG_E_REFUSED);               /* one day too few */
    assert_int_equal(erase("2027-03-01", 4, &n), SG_E_REFUSED);               /* a policy below the law */
    assert_true(in_any_file(OLD));
    assert_int_equal(erase("2027-03-02", 5, &n), SG_E_OK);
    assert_true(n >= 40 && n < 60);
    assert_string_equal(kit_last().kind, "log.erased");
    assert_non_null(strstr(kit_last().activity_args, "2027-03-02"));
    assert_false(in_any_file(OLD));
    assert_true(in_any_file(NEW));
    assert_int_equal(sg_tree_root(kit_core->log, tree(), size, &after), SG_E_OK);
    assert_memory_equal(&before, &after, sizeof before);
    check_every_leaf(size, &after);
    sg_core_close(kit_core);
    kit_open_core(NULL);                                                      /* and after a restart, from the file alone */
    check_every_leaf(size, &before);
    assert_int_equal(kit_send(&(struct kit_ask){.who = NAT, .method = SG_GET, .path = "/events", .query = "limit=1000"}), 200);
    assert_false(kit_says(OLD));
    snprintf(path, sizeof path, "/events/%s/proof", old_event);
    assert_int_equal(kit_get(NAT, path), 200);                                /* the leaf can still be proved, without its content */
    assert_true(kit_says("\"leaf\"") && kit_says("\"checkpoint\"") && !kit_says("\"event\"") && !kit_says("\"salt\""));
    assert_int_equal(erase("2027-03-02", 5, &n), SG_E_OK);
    assert_int_equal(n, 0);                                                   /* nothing is left to erase, and that is no event */
}

/* ---- an old backup --------------------------------------------------------------------------------------------------------------------- */

static void copy(const char *from, const char *to)
{
    struct sg_buf b;
    sg_buf_init(&b, 64 << 20);
    assert_int_equal(sg_buf_read_file(&b, from, NULL), SG_E_OK);
    FILE *f = fopen(to, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(b.data, 1, b.len, f), b.len);
    assert_int_equal(fclose(f), 0);
    sg_buf_free(&b);
}

static enum sg_err operator_epoch(void *ctx, const char *origin, struct sg_error *e)
{
    (void)ctx;
    enum sg_err err = sg_sign_epoch(&kit_book, origin);
    return err == SG_E_OK ? err : sg_fail(e, err, origin, "refused");
}

static enum sg_err put_right(void)
{
    struct sg_db db;
    struct sg_evlog *log;
    struct sg_error e = {0};
    struct sg_clock c = kit_clock();
    struct sg_random r = kit_random();
    struct sg_restored how = {.signer = kit_signer(), .epoch = operator_epoch};
    assert_int_equal(sg_db_open(&db, kit_db, NULL, &e), SG_E_OK);
    assert_int_equal(sg_evlog_open(&db, &r, NULL, &log, &e), SG_E_OK);
    enum sg_err err = sg_admin_restored(&db, log, &c, &r, &how, &e);
    sg_evlog_close(log);
    sg_db_close(&db);
    return err;
}

static enum sg_err try_open(struct sg_error *e)
{
    struct sg_core *c = NULL;
    struct sg_core_opts o = {.database = kit_db, .clock = kit_clock(), .random = kit_random(), .signer = kit_signer()};
    enum sg_err err = sg_core_open(&o, &c, e);
    sg_core_close(c);
    return err;
}

/* Signed work, then the database as it was before. */
static void go_back_in_time(void)
{
    char backup[120];
    snprintf(backup, sizeof backup, "%s/a.ndjson", kit_dir);                  /* a name that is tidied away */
    assert_int_equal(kit_get(ANNA, "/logs"), 200);                            /* signs what there is */
    sg_core_close(kit_core);
    copy(kit_db, backup);
    kit_open_core(NULL);
    for (int i = 0; i < 20; i++) assert_int_equal(kit_get(STRANGER, "/me"), 403);
    for (int i = 1; i < 20; i++) refused_act(OLD, i);
    assert_int_equal(kit_get(ANNA, "/logs"), 200);
    sg_core_close(kit_core);
    kit_core = NULL;
    copy(backup, kit_db);
}

static void an_old_backup_is_noticed_and_begins_an_epoch(void **state)
{
    (void)state;
    struct sg_error e = {0};
    go_back_in_time();
    assert_int_equal(try_open(&e), SG_E_REFUSED);
    assert_non_null(strstr(e.detail, "sigilld restored"));
    assert_int_equal(put_right(), SG_E_OK);
    kit_open_core(NULL);
    assert_int_equal(kit_get(ANNA, "/logs/se2321000016-p1/checkpoint"), 200);
    assert_true(kit_says("/se2321000016-p1/1\\n"));
    assert_int_equal(kit_send(&(struct kit_ask){.who = ANNA, .method = SG_GET, .path = "/logs/se2321000016-p1/checkpoint", .query = "epoch=0"}), 200);
    assert_true(kit_says("/se2321000016-p1/0\\n"));
    struct sg_event ev = {0};
    sqlite3_stmt *st = NULL;
    sqlite3_prepare_v2(kit_core->db.h, "SELECT payload FROM event JOIN log USING(tree) WHERE epoch = 1 AND leaf_index = 0 AND log.log = 'se2321000016-p1'",
                       -1, &st, NULL);
    assert_int_equal(sqlite3_step(st), SQLITE_ROW);
    assert_int_equal(sg_payload_decode(sqlite3_column_blob(st, 0), (size_t)sqlite3_column_bytes(st, 0), &ev), SG_E_OK);
    sqlite3_finalize(st);
    assert_string_equal(ev.kind, "log.restored");
    assert_non_null(strstr(ev.reason, "/se2321000016-p1/0 "));                /* names the last checkpoint of the old epoch */
    refused_act(NEW, 900);                                                    /* and work goes on */
    assert_int_equal(kit_get(ANNA, "/logs/se2321000016-p1/checkpoint"), 200);
    assert_int_equal(put_right(), SG_E_OK);                                   /* nothing more to put right */
}

/* Broken off between the database and the signer: the next run finishes it. */
static enum sg_err no_epoch(void *ctx, const char *origin, struct sg_error *e) { (void)ctx; return sg_fail(e, SG_E_IO, origin, "power cut"); }

static void a_repair_that_was_broken_off_is_finished(void **state)
{
    (void)state;
    struct sg_db db;
    struct sg_evlog *log;
    struct sg_error e = {0};
    struct sg_clock c = kit_clock();
    struct sg_random r = kit_random();
    struct sg_restored how = {.signer = kit_signer(), .epoch = no_epoch};
    go_back_in_time();
    assert_int_equal(sg_db_open(&db, kit_db, NULL, &e), SG_E_OK);
    assert_int_equal(sg_evlog_open(&db, &r, NULL, &log, &e), SG_E_OK);
    assert_int_equal(sg_admin_restored(&db, log, &c, &r, &how, &e), SG_E_IO);
    sg_evlog_close(log);
    sg_db_close(&db);
    assert_int_equal(try_open(&e), SG_E_REFUSED);
    assert_int_equal(put_right(), SG_E_OK);
    kit_open_core(NULL);
    assert_int_equal(kit_get(ANNA, "/logs"), 200);
    assert_false(kit_says("/2\""));
}

static void a_changed_row_is_noticed_at_the_start(void **state)
{
    (void)state;
    struct sg_error e = {0};
    assert_int_equal(kit_get(ANNA, "/logs"), 200);
    assert_int_equal(sqlite3_exec(kit_core->db.h, "DROP TRIGGER event_stays; UPDATE event SET leaf = (SELECT leaf FROM event WHERE idx = 2) WHERE idx = 3",
                                  NULL, NULL, NULL), SQLITE_OK);
    sg_core_close(kit_core);
    kit_core = NULL;
    assert_int_equal(try_open(&e), SG_E_REFUSED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, kit_setup, kit_teardown)
        T(r2_13_erasing_a_tenth_leaves_every_proof), T(an_old_backup_is_noticed_and_begins_an_epoch), T(a_repair_that_was_broken_off_is_finished),
        T(a_changed_row_is_noticed_at_the_start),
    };
    return cmocka_run_group_tests_name("server_admin", tests, NULL, NULL);
}
