/* A workstation that several people share, and what earlier sessions left behind: other people's rows are a number and nothing else, each is
 * sent by its owner only, and queue files that lie about are named (R1.18). */
#include "tests/e2e/lib.h"
#include <stdio.h>
#include <string.h>
#include "base/buf.h"
#include "base/str.h"

/* Two more profiles whose queues are in one folder. */
static int shared_open(void **state) {
    struct sg_buf b;
    struct sg_error e = {0};
    char path[E2E_PATH], pem[E2E_PATH], key[E2E_PATH];
    static const char *const who[][2] = {{"desk-maja", "manager"}, {"desk-sven", "second"}};
    if (e2e_open(state) != 0) {
        return -1;
    }
    sg_buf_init(&b, 64 << 10);
    e2e_path(path, "sigill.conf");
    assert_int_equal(sg_buf_read_file(&b, path, &e), SG_E_OK);
    for (int i = 0; i < 2; i++) {
        char file[64];
        sg_format(file, sizeof file, "%s.pem", who[i][1]);
        e2e_pki_path(pem, file);
        sg_format(file, sizeof file, "%s.key", who[i][1]);
        e2e_pki_path(key, file);
        assert_int_equal(sg_buf_addf(&b, "[%s]\ncert = %s\nkey = %s\nstate_dir = state/shared\n", who[i][0], pem, key), SG_E_OK);
    }
    e2e_write("sigill.conf", b.data);
    sg_buf_free(&b);
    return 0;
}

static int others(const char *profile) {
    const struct e2e_out *o = RUN(profile, "status");
    assert_int_equal(o->n, 1);
    return cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(o->line[0], "queue"), "others")->valueint;
}

static void r1_18_rows_of_somebody_else_are_a_number_and_stay_theirs(void **state) {
    (void)state;
    struct e2e_person p;
    char mine[SG_UUID_MAX], theirs[SG_UUID_MAX];
    e2e_citizen(&p, 44, "Gun Gemensam", "");
    assert_exit(RUN("desk-maja", "show", "citizen", p.id), 0);
    assert_exit(RUN("desk-sven", "show", "citizen", p.id), 0);
    e2e_server_stop();
    const struct e2e_out *o = RUN("desk-maja", "do", "login.lock", p.id, "--reason", "only Maja may read this");
    assert_exit(o, 75);
    assert_true(SG_COPY(mine, e2e_str(o->line[0], "actionId")));
    assert_int_equal(others("desk-maja"), 0);
    assert_int_equal(others("desk-sven"), 1);
    o = RUN("desk-sven", "queue", "list");
    assert_exit(o, 0);
    assert_int_equal(o->n, 0);
    assert_null(strstr(o->out, "Maja"));
    assert_exit(RUN("desk-sven", "queue", "show", mine), 1);
    assert_exit(RUN("desk-sven", "queue", "withdraw", mine), 1);
    o = RUN("desk-sven", "do", "record.seal", p.id);
    assert_exit(o, 75);
    assert_true(SG_COPY(theirs, e2e_str(o->line[0], "actionId")));
    e2e_server_start();
    assert_exit(RUN("desk-sven", "sync"), 0);                  /* sends his own, not hers */
    o = RUN("manager", "events", p.id, "--limit", "1000");
    assert_int_equal(e2e_done_events(o, theirs), 1);
    assert_int_equal(e2e_done_events(o, mine), 0);
    assert_int_equal(others("desk-sven"), 1);
    assert_exit(RUN("desk-maja", "sync"), 76);                 /* hers meets his change, and she is told */
    assert_exit(RUN("desk-maja", "queue", "resolve", mine, "redo"), 0);
    assert_int_equal(others("desk-sven"), 0);
    const cJSON *line = e2e_find(RUN("manager", "events", p.id, "--limit", "1000"), "kind", "login.lock", "outcome", "done");
    assert_string_equal(e2e_str(line, "actor"), "SE2321000016-1001");
}

static int own_reads(const char *profile) {
    const struct e2e_out *o = RUN(profile, "status");
    assert_int_equal(o->n, 1);
    return cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(o->line[0], "queue"), "readsNotLogged")->valueint;
}

/* Reads without the service are sealed like rows: everybody hands in their own. */
static void r6_5_reads_are_handed_in_by_whoever_made_them(void **state) {
    (void)state;
    struct e2e_person p;
    e2e_citizen(&p, 46, "Lars Delad", "");
    assert_exit(RUN("desk-maja", "show", "citizen", p.id), 0);
    assert_exit(RUN("desk-sven", "show", "citizen", p.id), 0);
    e2e_server_stop();
    assert_exit(RUN("desk-maja", "show", "citizen", p.id), 0);
    assert_exit(RUN("desk-sven", "show", "citizen", p.id), 0);
    assert_exit(RUN("desk-sven", "show", "citizen", p.id), 0);
    e2e_server_start();
    assert_exit(RUN("desk-sven", "sync"), 0);
    assert_int_equal(own_reads("desk-sven"), 0);
    const struct e2e_out *o = RUN("desk-sven", "events", p.id, "--limit", "1000");
    size_t his = 0, hers = 0;
    for (size_t i = 0; i < o->n; i++) {
        bool offline = e2e_true(o->line[i], "offline") && strcmp(e2e_str(o->line[i], "kind"), "citizen.read") == 0;
        his += offline && strcmp(e2e_str(o->line[i], "actor"), "SE2321000016-1001") != 0;
        hers += offline && strcmp(e2e_str(o->line[i], "actor"), "SE2321000016-1001") == 0;
    }
    assert_int_equal(his, 2);
    assert_int_equal(hers, 0);
    assert_exit(RUN("desk-maja", "sync"), 0);
    assert_int_equal(own_reads("desk-maja"), 0);
}

static bool left(const char *profile, const char *part, bool damaged) {
    const struct e2e_out *o = RUN(profile, "status");
    const cJSON *one;
    cJSON_ArrayForEach(one, cJSON_GetObjectItemCaseSensitive(o->line[0], "leftovers")) {
        if (strstr(e2e_str(one, "path"), part) != NULL && e2e_true(one, "damaged") == damaged) {
            return true;
        }
    }
    return false;
}

static void r1_18_what_earlier_sessions_left_is_named(void **state) {
    (void)state;
    struct e2e_person p;
    char path[E2E_PATH];
    e2e_citizen(&p, 45, "Per Kvar", "");
    assert_exit(RUN("norr", "show", "citizen", p.id), 0);
    assert_false(left("desk-maja", "/norr/", false));
    e2e_server_stop();
    assert_exit(RUN("norr", "do", "login.lock", p.id), 75);
    assert_true(left("desk-maja", "/norr/store.db", false));   /* an act that never ended, in another folder of this user */
    e2e_path(path, "state/shared/store.db");
    FILE *f = fopen(path, "r+");
    assert_non_null(f);
    assert_int_equal(fwrite("this is no database any more", 1, 28, f), 28);
    assert_int_equal(fclose(f), 0);
    assert_exit(RUN("desk-maja", "queue", "list"), 74);        /* set aside, said once by the command that met it … */
    assert_true(left("desk-maja", "store.db.damaged-1", true));/* … and named from then on */
    assert_true(left("desk-sven", "store.db.damaged-1", true));
    e2e_server_start();
    assert_exit(RUN("norr", "sync"), 0);
    assert_false(left("desk-maja", "/norr/", false));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup(r1_18_rows_of_somebody_else_are_a_number_and_stay_theirs, e2e_ready),
                                       cmocka_unit_test_setup(r6_5_reads_are_handed_in_by_whoever_made_them, e2e_ready),
                                       cmocka_unit_test_setup(r1_18_what_earlier_sessions_left_is_named, e2e_ready)};
    return cmocka_run_group_tests_name("shared workstation", tests, shared_open, e2e_close);
}
