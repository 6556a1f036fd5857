/* The service notices by itself that it was away, and counts it until somebody judges otherwise (R6.4). Real time: a frozen clock has no
 * heart. */
#include "tests/e2e/lib.h"
#include <stdio.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/str.h"

static double down_minutes(void) {
    const struct e2e_out *o = RUN("manager", "status");
    assert_exit(o, 0);
    const cJSON *l = cJSON_GetObjectItemCaseSensitive(o->line[0], "serviceLevel");
    const cJSON *down = cJSON_GetObjectItemCaseSensitive(l, "downMs");
    assert_true(cJSON_IsNumber(down));
    return down->valuedouble / 60000;
}

static void last_seen(int64_t ms_ago) {
    char text[SG_RFC3339_MAX];
    struct sg_clock now = sg_clock_system(NULL);
    sg_rfc3339(text, sg_wall(&now) - ms_ago);
    e2e_write("sigill.db.alive", text);
}

static void r6_4_what_nobody_recorded_counts(void **state) {
    (void)state;
    const int64_t minute = 60000;
    char path[E2E_PATH];
    assert_true(down_minutes() < 0.5);
    e2e_server_stop();
    e2e_path(path, "sigill.db.alive");
    assert_int_equal(access(path, R_OK), 0);               /* it said when it went */
    e2e_server_start();                                    /* a restart is no outage */
    assert_true(down_minutes() < 0.5);
    e2e_server_stop();
    last_seen(7 * minute);
    e2e_server_start();
    double down = down_minutes();
    assert_true(down > 6.5 && down < 8.5);
    e2e_server_stop();
    e2e_server_start();
    assert_true(down_minutes() < 8.5);                     /* counted once */
    e2e_server_stop();
    e2e_write("sigill.db.alive", "no time");
    e2e_server_start();
    assert_true(down_minutes() < 8.5);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup(r6_4_what_nobody_recorded_counts, e2e_ready)};
    return cmocka_run_group_tests_name("away", tests, e2e_open, e2e_close);
}
