/* R2.7, seen by a person: a service with two faces is told across the full width and stays there, nothing is sent; a service that was restored
 * and says so is told as that, and is no fork. */
#include "tests/e2e/desk.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/str.h"

static void copy(const char *from, const char *to)
{
    char a[E2E_PATH], b[E2E_PATH], block[65536];
    e2e_path(a, from);
    e2e_path(b, to);
    FILE *in = fopen(a, "rb"), *out = fopen(b, "wb");
    assert_true(in && out);
    for (size_t n; (n = fread(block, 1, sizeof block, in)) > 0;)
        assert_true(fwrite(block, 1, n, out) == n);
    assert_true(fclose(out) == 0 && fclose(in) == 0);
}

static void back_to_copy(bool signer_too)
{
    static const char *const gone[] = {"sigill.db-wal", "sigill.db-shm"};
    char path[E2E_PATH];
    copy("old.db", "sigill.db");
    if (signer_too) copy("old.state", "sigill.db.log-key.state");
    for (size_t i = 0; i < 2; i++) {
        e2e_path(path, gone[i]);
        (void)unlink(path);
    }
}

static void remember(void)
{
    e2e_server_stop();
    copy("sigill.db", "old.db");
    copy("sigill.db.log-key.state", "old.state");
    e2e_server_start();
}

static void lock(const char *profile, struct e2e_person *p)
{
    e2e_citizen(p, 44, "Ebbe Alm", "");
    assert_exit(RUN(profile, "do", "login.lock", p->id, "--reason", "log"), 0);
}

static void restored_and_says_so(void **state)
{
    (void)state;
    struct e2e_person p;
    char conf[E2E_PATH];
    struct e2e_out o;
    assert_exit(RUN("second", "sync"), 0);
    remember();
    lock("second", &p);
    assert_exit(RUN("second", "sync"), 0);
    struct vt *v = desk_start("second", "en");
    desk_see(v, "✓ log");
    e2e_server_stop();
    desk_see(v, "offline");
    back_to_copy(false);
    e2e_path(conf, "sigilld.conf");
    struct e2e_proc r = e2e_spawn((const char *const[]){getenv("SIGILLD_BIN"), "restored", "--config", conf, NULL}, NULL);
    e2e_finish(&r, NULL, &o);
    if (o.status != 0) fail_msg("restored: %d %s", o.status, o.err);
    e2e_out_free(&o);
    e2e_server_start();
    desk_see(v, "log begun anew");
    assert_int_equal(vt_find(v, "DOES NOT FIT"), -1);
    desk_see(v, "1 need you");                               /* the act about somebody of whom the old copy does not know is refused */
    vt_send(v, "\x11");
    desk_see(v, "1 action needs your decision.");
    desk_leave(v);                                           /* the same key again leaves */
    assert_true(e2e_true(cJSON_GetObjectItemCaseSensitive(RUN("second", "status")->line[0], "log"), "newEpoch"));
    assert_exit(RUN("second", "log", "accept"), 0);
    assert_false(e2e_true(cJSON_GetObjectItemCaseSensitive(RUN("second", "status")->line[0], "log"), "newEpoch"));
}

static void r2_7_a_fork_is_told_across_the_full_width(void **state)
{
    (void)state;
    static const struct { const char *profile, *lang, *online, *alert, *forked; } who[] = {
        {"manager", "en", "● online", "THE EVENT LOG DOES NOT FIT WHAT WAS SEEN BEFORE", "log FORKED"},
        {"norr", "sv", "● ansluten", "HÄNDELSELOGGEN STÄMMER INTE", "logg DELAD"}};
    struct e2e_person p;
    struct vt *v[2];
    for (int i = 0; i < 2; i++) assert_exit(RUN(who[i].profile, "sync"), 0);
    remember();
    lock("manager", &p);                                     /* both see the first face with this in it */
    for (int i = 0; i < 2; i++) assert_exit(RUN(who[i].profile, "sync"), 0);
    e2e_server_stop();
    back_to_copy(true);
    e2e_server_start();
    for (int i = 0; i < 3; i++) lock("second", &p);          /* and now there is another */
    for (int i = 0; i < 2; i++) {
        v[i] = desk_start(who[i].profile, who[i].lang);
        desk_see(v[i], who[i].alert);
        desk_see(v[i], who[i].forked);
        vt_send(v[i], "?");                                  /* whatever is done, it stays */
        desk_esc(v[i]);
        desk_see(v[i], who[i].alert);
        desk_kill(v[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(restored_and_says_so, e2e_ready, desk_clear),
                                       cmocka_unit_test_setup_teardown(r2_7_a_fork_is_told_across_the_full_width, e2e_ready, desk_clear)};
    return cmocka_run_group_tests_name("screen_fork", tests, e2e_open, e2e_close);
}
