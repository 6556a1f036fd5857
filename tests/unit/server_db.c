/* The database: migrations, refusal of newer files, an append-only log, group commit, and what happens when the disk fails. */
#include "server_kit.h"

static int version(sqlite3 *h)
{
    sqlite3_stmt *st = NULL;
    assert_int_equal(sqlite3_prepare_v2(h, "PRAGMA user_version", -1, &st, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(st), SQLITE_ROW);
    int v = sqlite3_column_int(st, 0);
    sqlite3_finalize(st);
    return v;
}

static void a_ladder_is_climbed_step_by_step(void **state)
{
    (void)state;
    static const char *const ladder[] = {"CREATE TABLE a(x)", "INSERT INTO a VALUES(1)", "INSERT INTO a VALUES(2); CREATE TABLE b(y)", "nonsense"};
    sqlite3 *h = NULL;
    struct sg_error e = {0};
    assert_int_equal(sqlite3_open(":memory:", &h), SQLITE_OK);
    assert_int_equal(sg_db_migrate(h, ladder, 1, &e), SG_E_OK);
    assert_int_equal(version(h), 1);
    assert_int_equal(sg_db_migrate(h, ladder, 3, &e), SG_E_OK);
    assert_int_equal(version(h), 3);
    assert_int_equal(sg_db_migrate(h, ladder, 3, &e), SG_E_OK);             /* nothing is done twice */
    assert_int_equal(sqlite3_exec(h, "CREATE TABLE check_n AS SELECT count(*) AS n FROM a; DELETE FROM check_n WHERE n = 2;", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_changes(h), 1);
    assert_int_not_equal(sg_db_migrate(h, ladder, 4, &e), SG_E_OK);         /* a failing step leaves no trace */
    assert_int_equal(version(h), 3);
    assert_true(sqlite3_get_autocommit(h));
    assert_int_equal(sg_db_migrate(h, ladder, 2, &e), SG_E_VERSION);        /* made by a newer program */
    sqlite3_close(h);
}

static void a_newer_database_is_refused(void **state)
{
    (void)state;
    struct sg_db db;
    struct sg_error e = {0};
    kit_begin();
    assert_int_equal(sg_db_open(&db, kit_db, NULL, &e), SG_E_OK);
    assert_int_equal(sqlite3_exec(db.h, "PRAGMA user_version = 999", NULL, NULL, NULL), SQLITE_OK);
    sg_db_close(&db);
    assert_int_equal(sg_db_open(&db, kit_db, NULL, &e), SG_E_VERSION);
    kit_tidy();
}

static void the_log_only_grows(void **state)
{
    (void)state;
    sqlite3 *h = kit_core->db.h;
    assert_true(kit_events() > 3);
    assert_int_not_equal(sqlite3_exec(h, "DELETE FROM event WHERE idx = 1", NULL, NULL, NULL), SQLITE_OK);
    assert_int_not_equal(sqlite3_exec(h, "UPDATE event SET actor = 'x' WHERE idx = 1", NULL, NULL, NULL), SQLITE_OK);
}

static void a_batch_is_one_fsync(void **state)
{
    (void)state;
    enum { N = 32 };
    static struct sg_http_request rq[N];
    static struct sg_job jobs[N];
    struct sg_job *list[N];
    char id[SG_ID_MAX], path[96];
    kit_citizen_id(ALVA, id);
    snprintf(path, sizeof path, "/citizens/%s", id);
    for (int i = 0; i < N; i++) {
        kit_fill_request(&rq[i], &(struct kit_ask){.who = ANNA, .method = SG_GET, .path = path});
        sg_job_init(&jobs[i], &kit_peer[ANNA], &rq[i]);
        list[i] = &jobs[i];
    }
    int64_t before = kit_events();
    long syncs = kit_disk.syncs;
    sg_core_batch(kit_core, list, N);
    assert_int_equal(kit_events(), before + N);
    assert_int_equal(kit_disk.syncs - syncs, 1);
    for (int i = 0; i < N; i++) {
        assert_int_equal(jobs[i].reply.status, 200);
        sg_http_reply_free(&jobs[i].reply);
        sg_http_request_free(&rq[i]);
    }
}

/* Every kind of read, while the log cannot be written: nothing of the citizen may come out. */
static void nothing_is_shown_that_is_not_logged(void **state)
{
    (void)state;
    static const enum kit_fault faults[] = {KIT_FULL, KIT_IOERR};
    static const char *const below[] = {"", "/access", "/restrictions", "/events"};
    char id[SG_ID_MAX], path[96];
    kit_citizen_id(ALVA, id);
    for (size_t f = 0; f < 2; f++) {
        for (size_t i = 0; i < 4; i++) {
            int64_t before = kit_events();
            snprintf(path, sizeof path, "/citizens/%s%s", id, below[i]);
            kit_disk.fault = faults[f];
            assert_int_equal(kit_get(ANNA, path), 503);
            assert_true(kit_problem("log-unavailable"));
            assert_false(kit_says("Alva") || kit_says(ALVA) || kit_says("Bo Ek") || kit_reply.etag[0]);
            kit_disk.fault = KIT_NONE;
            assert_int_equal(kit_events(), before);
            assert_int_equal(kit_get(ANNA, path), 200);                     /* and it comes back when there is room again */
            assert_int_equal(kit_events(), before + 1);
        }
        kit_disk.fault = faults[f];
        assert_int_equal(kit_post(ANNA, "/citizen-lookups", "{\"personalIdentityNumber\":\"" ALVA "\",\"purpose\":\"care\"}"), 503);
        assert_false(kit_says(id));
        kit_disk.fault = KIT_NONE;
    }
}

static void an_unconfirmed_write_ends_all_service_until_restart(void **state)
{
    (void)state;
    char id[SG_ID_MAX], path[96];
    kit_citizen_id(ALVA, id);
    snprintf(path, sizeof path, "/citizens/%s", id);
    kit_disk.fault = KIT_FSYNC;
    assert_int_equal(kit_get(ANNA, path), 503);
    assert_true(sg_core_dead(kit_core));
    kit_disk.fault = KIT_NONE;
    assert_int_equal(kit_get(ANNA, path), 503);
    assert_int_equal(kit_get(ANNA, "/me"), 503);
    sg_core_close(kit_core);
    kit_open_core(kit_vfs_name());
    assert_int_equal(kit_get(ANNA, path), 200);
}

/* However early a transaction fails, the next attempt has its time: nothing is tried at once and for ever, with a line in the diary each time. */
static void a_failing_transaction_is_not_tried_at_once(void **state)
{
    (void)state;
    assert_int_equal(kit_get(ANNA, "/me"), 200);
    kit_mono_ms += 60000;
    assert_int_equal(sqlite3_exec(kit_core->db.h, "BEGIN", NULL, NULL, NULL), SQLITE_OK);        /* so that its own fails */
    sg_core_batch(kit_core, NULL, 0);
    assert_true(sg_core_due(kit_core) > kit_mono_ms);
    kit_mono_ms = sg_core_due(kit_core);
    sg_core_batch(kit_core, NULL, 0);
    assert_int_equal(kit_get(ANNA, "/me"), 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_ladder_is_climbed_step_by_step), cmocka_unit_test(a_newer_database_is_refused),
        cmocka_unit_test_setup_teardown(the_log_only_grows, kit_setup, kit_teardown),
        cmocka_unit_test_setup_teardown(a_failing_transaction_is_not_tried_at_once, kit_setup, kit_teardown),
        cmocka_unit_test_setup_teardown(a_batch_is_one_fsync, kit_setup_disk, kit_teardown),
        cmocka_unit_test_setup_teardown(nothing_is_shown_that_is_not_logged, kit_setup_disk, kit_teardown),
        cmocka_unit_test_setup_teardown(an_unconfirmed_write_ends_all_service_until_restart, kit_setup_disk, kit_teardown),
    };
    return cmocka_run_group_tests_name("server_db", tests, NULL, NULL);
}
