/* Before, during and after a planned stop: whom the unit needs is read in advance and is there without the service, with its age and under its
 * number, and goes by policy; protected people only for those who may; paper forms are keyed in once; the service level; the stop itself, announced (R6.4–R6.6, R6.9). */
#include "tests/e2e/lib.h"
#include <stdlib.h>
#include <string.h>
#include "base/str.h"

static int64_t start_ms;
static void clock_at(int hours) { e2e_set_clock("clock", start_ms + (int64_t)hours * 3600000); }

static void r6_5_what_was_prepared_is_there_without_the_service(void **state) {
    (void)state;
    struct e2e_family f, hidden;
    struct e2e_person p;
    char who[128];
    clock_at(0);
    e2e_make_family(&f, 8, "");
    e2e_make_family_named(&hidden, 9, "Dold Ek", "Eva Ek");
    e2e_citizen(&p, 40, "Vera Dahl", "");
    sg_format(who, sizeof who, "guardian=%s", f.guardian[0].id);
    assert_exit(RUN("manager", "do", "guardian.block", f.child.id, who), 0);
    assert_exit(RUN("manager", "show", "citizen", p.id), 0);
    const struct e2e_out *o = RUN("national", "prepare", "--purpose", "administration");     /* of the same unit, has read none of them */
    assert_exit(o, 0);
    double kept = cJSON_GetObjectItemCaseSensitive(o->line[0], "kept")->valuedouble;
    assert_true(kept >= 2);
    assert_int_equal(cJSON_GetObjectItemCaseSensitive(o->line[0], "failed")->valueint, 0);
    assert_true(e2e_count(RUN("manager", "events", f.child.id), "kind", "citizen.read", "actor", "SE2321000016-1006") >= 1);     /* each reading is an event */
    e2e_server_stop();
    clock_at(1);
    o = RUN("national", "access", f.child.id);
    assert_exit(o, 0);
    assert_true(e2e_reaches(o, f.guardian[0].id, "journal", "guardian-block") == false);
    assert_true(e2e_true(o->line[0], "fromCache"));
    assert_string_not_equal(e2e_str(o->line[0], "asOf"), "");
    assert_exit(RUN_IN("national", p.pid, "lookup"), 0);                                  /* under its number as well */
    assert_exit(RUN("national", "show", "citizen", p.id), 0);
    assert_exit(RUN("national", "show", "citizen", hidden.child.id), 69);                 /* nobody of the unit had to do with her */
    clock_at(13);
    assert_exit(RUN("national", "show", "citizen", p.id), 69);                            /* gone by policy */
    e2e_server_start();
    clock_at(0);
}

static void r6_5_prepare_needs_the_service(void **state) {
    (void)state;
    e2e_server_stop();
    assert_exit(RUN("national", "prepare"), 69);
    e2e_server_start();
}

static void paper(char number[2][40], char id[2][SG_UUID_MAX]) {
    const struct e2e_out *o = RUN("manager", "paper", "--count", "2");
    assert_exit(o, 0);
    assert_int_equal(o->n, 2);
    for (int i = 0; i < 2; i++) {
        assert_true(sg_copy(number[i], 40, e2e_str(o->line[i], "number")));
        assert_true(sg_copy(id[i], SG_UUID_MAX, e2e_str(o->line[i], "actionId")));
    }
}

/* Printed and decided while nothing works, keyed in without the service, then again, and a third time elsewhere. */
static void r6_6_a_paper_form_takes_effect_once(void **state) {
    (void)state;
    struct e2e_person p;
    char number[2][40], id[2][SG_UUID_MAX], slip[40];
    clock_at(0);
    e2e_citizen(&p, 50, "Pelle Papper", "");
    assert_exit(RUN("manager", "show", "citizen", p.id), 0);
    assert_exit(RUN("second", "show", "citizen", p.id), 0);
    e2e_server_stop();
    paper(number, id);
    SG_COPY(slip, number[0]);
    slip[0] = slip[0] == '7' ? '8' : '7';
    assert_exit(RUN("manager", "do", "login.lock", p.id, "--paper", slip), 65);
    const struct e2e_out *o = RUN("manager", "do", "login.lock", p.id, "--paper", number[0], "--reason", "on paper", "--decided", "2026-03-02T08:00:00+01:00");
    assert_exit(o, 75);
    assert_string_equal(e2e_str(o->line[0], "actionId"), id[0]);
    assert_exit(RUN("manager", "do", "login.lock", p.id, "--paper", number[0]), 1);       /* keyed in already */
    assert_exit(RUN("second", "do", "login.lock", p.id, "--paper", number[0]), 65);       /* not printed there … */
    assert_exit(RUN("second", "do", "login.lock", p.id, "--paper", id[0]), 75);           /* … but the whole id is known everywhere */
    e2e_server_start();
    assert_exit(RUN("manager", "sync"), 0);
    o = RUN("second", "sync");
    assert_exit(o, 1);                                                                    /* the service has that act already, and that is said */
    assert_true(sg_starts(e2e_str(o->line[0], "text"), "this id, or paper form, has been used already; what was keyed in first stands"));
    assert_int_equal(e2e_active(RUN("manager", "show", "citizen", p.id), "login.lock"), 1);
    const struct e2e_out *ev = RUN("manager", "events", p.id, "--limit", "1000");
    assert_int_equal(e2e_done_events(ev, id[0]), 1);
    assert_int_equal(e2e_count(ev, "kind", "login.lock", "outcome", "done"), 1);
    const cJSON *line = e2e_find(ev, "actionId", id[0], "outcome", "done");
    assert_true(e2e_true(line, "offline"));
    assert_true(sg_starts(e2e_str(line, "performedAt"), "2026-03-02T07:00:00"));
    assert_exit(RUN("manager", "do", "record.seal", p.id, "--paper", number[1]), 0);      /* directly, under the other form's id */
    assert_int_equal(e2e_done_events(RUN("manager", "events", p.id), id[1]), 1);
}

static void r6_4_status_tells_the_service_level(void **state) {
    (void)state;
    const struct e2e_out *o = RUN("manager", "status");
    assert_exit(o, 0);
    const cJSON *l = cJSON_GetObjectItemCaseSensitive(o->line[0], "serviceLevel");
    assert_true(cJSON_IsObject(l));
    assert_true(cJSON_GetObjectItemCaseSensitive(l, "availability")->valuedouble > 99.999);
    assert_string_not_equal(e2e_str(l, "month"), "");
}

static int outage(struct e2e_out *o, const char *from, const char *to, const char *more, const char *reason) {
    char db[E2E_PATH], clock[E2E_PATH];
    e2e_path(db, "sigill.db");
    e2e_path(clock, "clock");
    struct e2e_proc p = e2e_spawn((const char *const[]){getenv("SIGILLD_BIN"), "outage", "--database", db, "--clock", clock, "--kind", "planned", from, to, more, reason, NULL}, NULL);
    e2e_finish(&p, NULL, o);
    return o->status;
}

static const cJSON *stop_in_status(void) {
    const struct e2e_out *o = RUN("manager", "status");
    assert_exit(o, 0);
    return cJSON_GetObjectItemCaseSensitive(o->line[0], "plannedStop");
}

/* For people: in a language, or line by line. */
static bool tells(const char *const *args, const char *what) {
    char path[E2E_PATH], conf[E2E_PATH + 16], clock[E2E_PATH + 16];
    const char *argv[12] = {getenv("SIGILL_BIN"), "--profile", "manager"};
    struct e2e_out o;
    e2e_path(path, "sigill.conf");
    sg_format(conf, sizeof conf, "SIGILL_CONFIG=%s", path);
    e2e_path(path, "clock");
    sg_format(clock, sizeof clock, "SIGILL_CLOCK=%s", path);
    for (size_t i = 0; i < 8 && args[i] != NULL; i++) {
        argv[3 + i] = args[i];
    }
    struct e2e_proc p = e2e_spawn(argv, (const char *const[]){conf, clock, NULL});
    e2e_finish(&p, "0\n", &o);
    bool yes = strstr(o.out, what) != NULL;
    if (!yes) {
        print_error("not “%s”, but: %s%s\n", what, o.out, o.err);
    }
    e2e_out_free(&o);
    return yes;
}
#define TELLS(what, ...) tells((const char *const[]){__VA_ARGS__, NULL}, what)

/* Recorded on a Monday for Tuesday night: refused by day, late by night; seen while the service runs and when it is away. */
static void r6_9_a_planned_stop_is_seen(void **state) {
    (void)state;
    struct e2e_out o;
    clock_at(0);
    assert_null(stop_in_status());
    assert_int_equal(outage(&o, "2026-03-03T10:00:00+01:00", "2026-03-03T11:00:00+01:00", NULL, NULL), 65);
    assert_true(strstr(o.err, "2026-03-03T10:00:00+01:00: touches office hours at Tue 2026-03-03 10:00") != NULL && strstr(o.err, "--override REASON") != NULL);
    e2e_out_free(&o);
    assert_null(stop_in_status());
    assert_int_equal(outage(&o, "2026-03-03T21:00:00Z", "2026-03-03T22:30:00Z", NULL, NULL), 0);
    assert_non_null(strstr(o.err, "announced 37 h 0 min too late"));
    e2e_out_free(&o);
    const cJSON *stop = stop_in_status();
    assert_string_equal(e2e_str(stop, "from"), "2026-03-03T21:00:00.000Z");
    assert_string_equal(e2e_str(stop, "to"), "2026-03-03T22:30:00.000Z");
    assert_string_equal(e2e_str(stop, "announcedAt"), "2026-03-02T10:00:00.000Z");
    assert_false(e2e_true(stop, "goingOn") || e2e_true(stop, "fromCache"));
    assert_true(TELLS("Planned stop Tue 2026-03-03 22:00–23:30, in 1 d 11 h. “sigill prepare” reads whom your unit may need\n", "--lang", "en", "status"));
    assert_true(TELLS("Planerat stopp tis 2026-03-03 22:00–23:30, om 1 dygn 11 tim. ”sigill prepare” läser in", "--lang", "sv", "status"));
    assert_true(TELLS("\nPlanned stop Tue 2026-03-03 22:00–23:30, in 1 d 11 h. “sigill prepare”", "--lang", "en", "--linear"));
    e2e_server_stop();
    clock_at(36);
    assert_true(TELLS("Planned stop since 22:00, until 23:30 (as known 2026-03-02 11:00)\n", "--lang", "en", "status"));
    assert_true(TELLS("\nPlanerat stopp sedan 22:00, pågår till 23:30. ", "--lang", "sv", "--linear"));
    stop = stop_in_status();
    assert_true(e2e_true(stop, "goingOn") && e2e_true(stop, "fromCache"));
    assert_string_equal(e2e_str(stop, "asOf"), "2026-03-02T10:00:00.000Z");
    clock_at(37);
    assert_null(stop_in_status());                        /* over */
    clock_at(0);
    e2e_server_start();
    assert_int_equal(outage(&o, "2026-03-10T10:00:00+01:00", "2026-03-10T10:05:00+01:00", "--override", "the power of the house is off"), 0);
    assert_string_equal(o.err, "");                       /* a week ahead: in time */
    e2e_out_free(&o);
}

int main(void) {
    start_ms = (int64_t)1772445600000;                     /* 2026-03-02T10:00:00Z */
    e2e_freeze("clock", start_ms);
#define AT(f) cmocka_unit_test_setup(f, e2e_ready)
    const struct CMUnitTest tests[] = {AT(r6_5_what_was_prepared_is_there_without_the_service), AT(r6_5_prepare_needs_the_service),
                                       AT(r6_6_a_paper_form_takes_effect_once), AT(r6_4_status_tells_the_service_level),
                                       AT(r6_9_a_planned_stop_is_seen)};
    return cmocka_run_group_tests_name("down-time", tests, e2e_open, e2e_close);
}
