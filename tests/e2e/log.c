/* R2.6, R2.7, R2.9: the event log from outside: the proof of an action, the whole log verified, exported and checked by sigill-verify; and
 * a service that shows two clients different logs (two databases, one key) is found by the first that has seen the other view. */
#include "tests/e2e/lib.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/str.h"

static void verify(const char *path, const char *key, int want) {
    char exe[E2E_PATH];
    struct e2e_out o;
    const char *sigill = getenv("SIGILL_BIN");
    assert_true(sg_format(exe, sizeof exe, "%s-verify", sigill ? sigill : "build/sigill"));
    struct e2e_proc p = e2e_spawn((const char *const[]){exe, "--key", key, path, NULL}, NULL);
    e2e_finish(&p, NULL, &o);
    if (o.status != want)
        fail_msg("sigill-verify: %d instead of %d: %s%s", o.status, want, o.out, o.err);
    e2e_out_free(&o);
}

static void copy(const char *from, const char *to) {
    char a[E2E_PATH], b[E2E_PATH], block[65536];
    e2e_path(a, from);
    e2e_path(b, to);
    FILE *in = fopen(a, "rb"), *out = fopen(b, "wb");
    assert_true(in && out);
    for (size_t n; (n = fread(block, 1, sizeof block, in)) > 0;)
        assert_true(fwrite(block, 1, n, out) == n);
    assert_true(fclose(out) == 0 && fclose(in) == 0);
}

static void drop(const char *name) {
    char path[E2E_PATH];
    e2e_path(path, name);
    (void)unlink(path);
}

static void lock(const char *profile, char action[SG_UUID_MAX], char event[SG_UUID_MAX]) {
    struct e2e_person p;
    e2e_citizen(&p, 44, "Ebbe Alm", "");
    const struct e2e_out *o = RUN(profile, "do", "login.lock", p.id, "--reason", "log");
    assert_exit(o, 0);
    assert_true(sg_copy(action, SG_UUID_MAX, e2e_str(o->line[0], "actionId")) && sg_copy(event, SG_UUID_MAX, e2e_str(o->line[0], "eventId")));
}

static const cJSON *log_of(const struct e2e_out *status) { return cJSON_GetObjectItemCaseSensitive(status->line[0], "log"); }

static void r2_6_proof_of_an_action(void **state) {
    (void)state;
    char action[SG_UUID_MAX], event[SG_UUID_MAX], file[E2E_PATH], key[512];
    lock("manager", action, event);
    assert_exit(RUN("manager", "sync"), 0);
    const struct e2e_out *o = RUN("manager", "queue", "show", action);
    assert_exit(o, 0);
    const cJSON *r = cJSON_GetObjectItemCaseSensitive(o->line[0], "receipt");
    assert_true(e2e_true(r, "verified"));
    assert_string_equal(e2e_str(o->line[0], "eventId"), event);
    o = RUN("manager", "status");
    assert_exit(o, 0);
    assert_false(e2e_true(log_of(o), "forked"));
    assert_true(sg_copy(key, sizeof key, e2e_str(log_of(o), "key")));
    e2e_path(file, "proof.json");
    assert_exit(RUN("manager", "log", "prove", event, "--out", file), 0);
    verify(file, key, 0);
    assert_exit(RUN("manager", "log", "prove", action), 1);          /* no such event */
    o = RUN("manager", "log", "verify");
    assert_exit(o, 0);
    assert_true(o->n >= 1);
    for (size_t i = 0; i < o->n; i++)
        assert_true(e2e_true(o->line[i], "valid"));
}

static void r2_9_an_exported_log_stands_alone(void **state) {
    (void)state;
    char dir[E2E_PATH], none[E2E_PATH], key[512];
    assert_exit(RUN("manager", "sync"), 0);
    assert_true(sg_copy(key, sizeof key, e2e_str(log_of(RUN("manager", "status")), "key")));
    e2e_path(dir, "export");
    const struct e2e_out *o = RUN("manager", "log", "export", dir);
    assert_exit(o, 0);
    assert_true(cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(o->line[0], "size")) > 0);
    verify(dir, key, 0);
    assert_exit(RUN("manager", "log", "export", dir), 74);            /* there is one already */
    e2e_path(none, "nowhere");
    assert_exit(RUN("second", "log", "export", none), 77);            /* not a reviewer */
    assert_int_equal(access(none, F_OK), -1);                         /* and nothing is left of the attempt */
    drop("export/checkpoint");
    verify(dir, key, 1);
}

/* Without --log it is the log of one's own care provider, also when nobody of it has done anything yet but this. */
static void the_log_of_one_s_own_provider(void **state) {
    (void)state;
    char dir[E2E_PATH], key[512];
    e2e_path(dir, "national-export");
    const struct e2e_out *o = RUN("national", "log", "export", dir);
    assert_exit(o, 0);
    assert_true(sg_copy(key, sizeof key, e2e_str(o->line[0], "key")));
    verify(dir, key, 0);
}

static int evidence(const char *profile) {
    char path[E2E_PATH], name[64];
    int n = 0;
    sg_format(name, sizeof name, "state/%s", profile);
    e2e_path(path, name);
    DIR *d = opendir(path);
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d)) != NULL;)
        n += sg_starts(e->d_name, "fork-");
    (void)closedir(d);
    return n;
}

/* The second database begins as a copy of the first and goes on by itself, under the same key; whoever holds the key may also take away
 * the signer's own memory. */
static void r2_7_a_service_with_two_faces(void **state) {
    (void)state;
    char action[SG_UUID_MAX], event[SG_UUID_MAX];
    assert_exit(RUN("manager", "sync"), 0);
    assert_exit(RUN("second", "sync"), 0);
    e2e_server_stop();
    copy("sigill.db", "other.db");
    copy("sigill.db.log-key.state", "other.state");
    e2e_server_start();
    lock("manager", action, event);                                   /* manager sees the first face */
    assert_exit(RUN("manager", "sync"), 0);
    e2e_server_stop();
    copy("other.db", "sigill.db");
    copy("other.state", "sigill.db.log-key.state");
    drop("sigill.db-wal");
    drop("sigill.db-shm");
    e2e_server_start();
    lock("second", action, event);                                    /* for the second person this is the one true log */
    lock("second", action, event);
    assert_exit(RUN("second", "sync"), 0);
    assert_exit(RUN("second", "status"), 0);
    (void)RUN("manager", "sync");
    const struct e2e_out *o = RUN("manager", "status");
    assert_exit(o, 74);
    assert_true(e2e_true(log_of(o), "forked"));
    assert_int_equal(evidence("manager"), 1);
    assert_exit(RUN("manager", "log", "verify"), 74);
    struct e2e_person p;
    e2e_citizen(&p, 41, "Frej Alm", "");
    assert_exit(RUN("manager", "do", "login.lock", p.id, "--reason", "not sent"), 75);
    assert_exit(RUN("manager", "log", "accept"), 0);
    /* What this face has forgotten was offered again, before the fork was seen or after, and it knows no such person. */
    (void)RUN("manager", "sync");
    o = RUN("manager", "queue", "list");
    assert_non_null(e2e_find(o, "state", "refused", "rule", "not-available"));
    assert_non_null(e2e_find(o, "subject", p.id, "state", "done"));
    assert_exit(RUN("manager", "status"), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup(the_log_of_one_s_own_provider, e2e_ready),
                                       cmocka_unit_test_setup(r2_6_proof_of_an_action, e2e_ready), cmocka_unit_test_setup(r2_9_an_exported_log_stands_alone, e2e_ready),
                                       cmocka_unit_test_setup(r2_7_a_service_with_two_faces, e2e_ready)};
    return cmocka_run_group_tests(tests, e2e_open, e2e_close);
}
