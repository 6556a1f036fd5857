/* Preparing for a stop and the service level, asked of the real core: who is on the list and why, who is not, what is logged; outages that the
 * operator recorded, and stops that are planned (R6.4, R6.5, R6.9). */
#include "tests/unit/server_kit.h"
#include <stdio.h>
#include <unistd.h>
#include "server/outage.h"

#define NEARLY13 "201303152381"
#define OTHERKID "201303162380"

static char alva[SG_ID_MAX], dan[SG_ID_MAX];

static int world(void **state)
{
    if (kit_setup(state) != 0)
        return -1;
    kit_citizen_id(ALVA, alva);
    kit_citizen_id(DAN, dan);
    return 0;
}

static int act(enum kit_who who, const char *serial, const char *body)
{
    char path[80];
    snprintf(path, sizeof path, "/actions/019b0000-0000-7000-8000-000000000%s", serial);
    return kit_send(&(struct kit_ask){.who = who, .method = SG_PUT, .path = path, .if_match = "*", .body = body});
}

static void block(enum kit_who who, const char *serial, const char *child, const char *guardian_pid, const char *review, int seq)
{
    char body[800], guardian[SG_ID_MAX];
    kit_citizen_id(guardian_pid, guardian);
    snprintf(body, sizeof body, "{\"kind\":\"guardian.block\",\"subject\":\"%s\",\"params\":{\"guardian\":\"%s\"%s%s%s},\"reason\":\"r\","
             "\"performedAt\":\"2026-03-02T09:59:00Z\",\"device\":\"019b0000-0000-7000-8000-0000000000d%d\",\"seq\":%d}", child, guardian,
             review ? ",\"reviewDate\":\"" : "", review ? review : "", review ? "\"" : "", (int)who, seq);
    if (act(who, serial, body) != 200)
        fail_msg("%s", kit_body());
}

static int prepare(enum kit_who who) { return kit_post(who, "/preparations", "{\"purpose\":\"care\"}"); }

static bool listed(const char *id, const char *why)
{
    char want[160];
    snprintf(want, sizeof want, "\"citizenId\":\"%s\",\"why\":\"%s\"", id, why);
    return kit_says(want);
}

static void r6_5_whom_the_unit_may_need(void **state)
{
    (void)state;
    assert_int_equal(prepare(ANNA), 200);
    assert_false(kit_says(alva));
    block(ANNA, "101", alva, BO, NULL, 1);
    assert_int_equal(prepare(ANNA), 200);
    assert_true(listed(alva, "restricted"));
    block(ANNA, "102", alva, CIA, "2026-03-10", 2);
    assert_int_equal(prepare(ANNA), 200);
    assert_true(listed(alva, "review"));                /* the most pressing reason, and each person once */
    assert_true(strstr(strstr(kit_body(), alva) + 1, alva) == NULL);
    assert_int_equal(prepare(OLLE), 200);               /* another unit of another region has nothing to do with her */
    assert_false(kit_says(alva));
}

static void r6_5_whom_the_unit_has_read_lately(void **state)
{
    char path[80];
    (void)state;
    snprintf(path, sizeof path, "/citizens/%s", alva);
    assert_int_equal(kit_get(ANNA, path), 200);
    assert_int_equal(prepare(ANNA), 200);
    assert_true(listed(alva, "read"));
    kit_wall_ms += INT64_C(15) * 86400000;
    kit_mono_ms += INT64_C(15) * 86400000;
    assert_int_equal(kit_sign_in(ANNA), 200);
    assert_int_equal(prepare(ANNA), 200);
    assert_false(kit_says(alva));
}

static void r6_5_children_who_turn_an_age(void **state)
{
    static const char MORE[] =
        "{\"type\":\"citizen\",\"personalIdentityNumber\":\"" NEARLY13 "\",\"name\":\"Kim Snart\",\"region\":\"norr\"}\n"
        "{\"type\":\"citizen\",\"personalIdentityNumber\":\"" OTHERKID "\",\"name\":\"Lo Snart\",\"region\":\"norr\"}\n"
        "{\"type\":\"relation\",\"citizen\":\"" NEARLY13 "\",\"person\":\"" BO "\",\"relation\":\"guardian\"}\n";
    char kim[SG_ID_MAX], lo[SG_ID_MAX];
    struct sg_error e = {0};
    (void)state;
    if (kit_import(MORE, &e) != SG_E_OK)
        fail_msg("%s: %s", e.where, e.detail);
    kit_citizen_id(NEARLY13, kim);
    kit_citizen_id(OTHERKID, lo);
    block(PIA, "103", kim, BO, NULL, 1);
    assert_int_equal(prepare(ANNA), 200);               /* Pia's unit is Anna's: restricted; of the two only the one with a restriction */
    assert_true(kit_says(kim));
    assert_false(kit_says(lo));
}

static void r6_5_protected_people_only_for_those_who_may(void **state)
{
    (void)state;
    block(PIA, "104", dan, BO, "2026-03-09", 1);
    assert_int_equal(prepare(ANNA), 200);
    assert_false(kit_says(dan));
    assert_int_equal(prepare(PIA), 200);
    assert_true(listed(dan, "review"));
}

static void r6_5_preparing_is_an_event_with_a_purpose(void **state)
{
    (void)state;
    int64_t before = kit_events();
    assert_int_equal(prepare(ANNA), 200);
    struct sg_event ev = kit_last();
    assert_int_equal(kit_events(), before + 1);
    assert_string_equal(ev.kind, "citizen.prepare");
    assert_string_equal(ev.outcome, "done");
    assert_true(ev.purpose[0] != '\0');
    assert_int_equal(kit_post(ANNA, "/preparations", "{\"purpose\":\"curiosity\"}"), 422);
    assert_int_equal(kit_post(ANNA, "/preparations", "{}"), 422);
    assert_int_equal(prepare(NILS), 403);               /* terms not accepted */
}

static void outage(const char *from, const char *to, const char *kind, const char *cls)
{
    struct sg_error e = {0};
    char db[] = "--database", k[] = "--kind", c[] = "--class", *argv[8] = {db, kit_db, k, NULL, c, NULL, NULL, NULL};
    char kind_copy[16], cls_copy[16], from_copy[40], to_copy[40];
    SG_COPY(kind_copy, kind);
    SG_COPY(cls_copy, cls);
    SG_COPY(from_copy, from);
    SG_COPY(to_copy, to ? to : "");
    argv[3] = kind_copy;
    argv[5] = cls_copy;
    argv[6] = from_copy;
    argv[7] = to_copy;
    if (sg_outage_command(to ? 8 : 7, argv, &e) != SG_E_OK)
        fail_msg("%s: %s", e.where, e.detail);
}

static void r6_4_the_level_follows_from_recorded_outages(void **state)
{
    (void)state;
    assert_int_equal(kit_get(ANNA, "/service-level"), 200);
    assert_true(kit_says("\"month\":\"2026-03\"") && kit_says("\"availability\":100,"));
    outage("2026-03-01T10:00:00Z", "2026-03-01T11:00:00Z", "fault", "critical");
    outage("2026-03-01T12:00:00Z", "2026-03-01T15:00:00Z", "fault", "medium");
    outage("2026-03-01T22:00:00Z", "2026-03-02T01:00:00Z", "planned", "critical");
    assert_int_equal(kit_get(ANNA, "/service-level"), 200);
    assert_true(kit_says("\"downMs\":3600000,") && kit_says("\"availabilityThousandths\":99865,"));     /* of 743 hours: March has a short night */
    outage("2026-03-02T09:30:00Z", NULL, "fault", "high");
    assert_int_equal(kit_get(ANNA, "/service-level"), 200);
    assert_true(kit_says("\"downMs\":5400000,"));       /* not over yet: half an hour until now */
    struct sg_error e = {0};
    char db[] = "--database", end[] = "--end", at[] = "2026-03-02T09:45:00Z", *argv[] = {db, kit_db, end, at};
    assert_int_equal(sg_outage_command(4, argv, &e), SG_E_OK);
    assert_int_equal(sg_outage_command(4, argv, &e), SG_E_NOTFOUND);
    assert_int_equal(kit_get(ANNA, "/service-level"), 200);
    assert_true(kit_says("\"downMs\":4500000,"));
    assert_int_equal(kit_send(&(struct kit_ask){.who = ANNA, .method = SG_GET, .path = "/service-level", .query = "month=2026-02"}), 200);
    assert_true(kit_says("\"availability\":100,"));
    assert_int_equal(kit_send(&(struct kit_ask){.who = ANNA, .method = SG_GET, .path = "/service-level", .query = "month=2026-13"}), 422);
}

/* ---- planned stops ---- */

static char clock_file[120];

/* The order as it is typed, at that moment; the rest stands in e. */
static enum sg_err order_at(const char *now, struct sg_error *e, const char *const *word)
{
    static char copy[10][64];
    char *argv[14] = {(char[]){"--database"}, kit_db, (char[]){"--clock"}, clock_file};
    int n = 4;
    snprintf(clock_file, sizeof clock_file, "%s.clock", kit_db);
    FILE *f = fopen(clock_file, "w");
    assert_true(f && fputs(now, f) >= 0 && fclose(f) == 0);
    for (int i = 0; word[i]; i++) {
        assert_true(i < 10 && sg_copy(copy[i], sizeof copy[i], word[i]));
        argv[n++] = copy[i];
    }
    memset(e, 0, sizeof *e);
    enum sg_err err = sg_outage_command(n, argv, e);
    unlink(clock_file);
    return err;
}
#define ORDER(now, e, ...) order_at(now, e, (const char *const[]){__VA_ARGS__, NULL})

static void at(const char *now)
{
    int64_t was = kit_wall_ms;
    assert_true(sg_rfc3339_parse(now, &kit_wall_ms));
    kit_mono_ms += kit_wall_ms - was;
    assert_int_equal(kit_sign_in(ANNA), 200);
}

static bool both_say(const char *what, bool yes)
{
    if (kit_get(ANNA, "/service-level") != 200 || (strstr(kit_body(), what) != NULL) != yes)
        return false;
    return kit_send(&(struct kit_ask){.who = ANNA, .method = SG_GET, .path = "/changes", .query = "since=0&wait=0"}) == 200 && (strstr(kit_body(), what) != NULL) == yes;
}

static void r6_9_the_next_stop_is_announced(void **state)
{
    (void)state;
    struct sg_error e;
    const char *now = "2026-03-02T10:00:00Z";
    assert_true(both_say("plannedStop", false));
    assert_int_equal(ORDER(now, &e, "2026-03-07T20:00:00Z", "2026-03-07T20:30:00Z", "--kind", "fault"), SG_E_OK);
    assert_int_equal(ORDER(now, &e, "2026-02-28T20:00:00Z", "2026-02-28T20:30:00Z", "--kind", "planned"), SG_E_OK);
    assert_true(both_say("plannedStop", false));
    assert_int_equal(ORDER(now, &e, "2026-03-14T21:00:00Z", "2026-03-14T22:30:00Z", "--kind", "planned"), SG_E_OK);
    assert_int_equal(ORDER(now, &e, "2026-03-07T21:00:00Z", "2026-03-07T22:30:00Z", "--kind", "planned"), SG_E_OK);
    static const char near[] = "\"plannedStop\":{\"from\":\"2026-03-07T21:00:00.000Z\",\"to\":\"2026-03-07T22:30:00.000Z\",\"announcedAt\":\"2026-03-02T10:00:00.000Z\"}";
    static const char far[] = "\"plannedStop\":{\"from\":\"2026-03-14T21:00:00.000Z\",\"to\":\"2026-03-14T22:30:00.000Z\"";
    assert_true(both_say(near, true));
    at("2026-03-07T22:29:59Z");
    assert_true(both_say(near, true));                   /* as long as it goes on */
    at("2026-03-07T22:30:00Z");
    assert_true(both_say(far, true));
    assert_int_equal(ORDER("2026-03-14T21:00:00Z", &e, "--cancel", "2026-03-14T21:00:00Z"), SG_E_NOTFOUND);     /* has begun */
    assert_int_equal(ORDER("2026-03-14T20:59:59Z", &e, "--cancel", "2026-03-14T21:00:01Z"), SG_E_NOTFOUND);
    assert_int_equal(ORDER("2026-03-14T20:59:59Z", &e, "--cancel", "2026-03-14T21:00:00Z"), SG_E_OK);
    assert_string_equal(kit_last().kind, "outage.cancelled");
    assert_true(both_say("plannedStop", false));
}

static void r6_9_a_stop_that_ends_early_is_over(void **state)
{
    (void)state;
    struct sg_error e;
    assert_int_equal(ORDER("2026-03-02T10:00:00Z", &e, "2026-03-07T21:00:00Z", "2026-03-07T22:30:00Z", "--kind", "planned"), SG_E_OK);
    at("2026-03-07T21:40:00Z");
    assert_true(both_say("plannedStop", true));
    assert_int_equal(ORDER("2026-03-07T21:40:00Z", &e, "--end", "2026-03-07T20:59:00Z"), SG_E_NOTFOUND);
    assert_int_equal(ORDER("2026-03-07T21:40:00Z", &e, "--end", "2026-03-07T21:35:00Z"), SG_E_OK);
    assert_true(both_say("plannedStop", false));
    outage("2026-03-07T21:00:00Z", "2026-03-07T21:36:00Z", "fault", "critical");
    assert_int_equal(kit_get(ANNA, "/service-level"), 200);
    assert_true(kit_says("\"downMs\":60000,"));          /* the excuse ended with it */
}

static void r6_9_office_hours_need_a_reason(void **state)
{
    (void)state;
    struct sg_error e;
    const char *now = "2026-03-02T10:00:00Z";
    static const char *const span[][2] = {{"2026-03-10T05:00:00Z", "2026-03-10T06:30:00Z"}, {"2026-03-06T15:59:59Z", "2026-03-06T18:00:00Z"}, {"2026-03-02T09:00:00Z", "2026-03-02T10:30:00Z"}};
    static const char *const touched[] = {"Tue 2026-03-10 07:00", "Fri 2026-03-06 16:59", "Mon 2026-03-02 11:00"};       /* of what has begun only the rest counts */
    assert_int_equal(kit_get(ANNA, "/service-level"), 200);
    int64_t before = kit_events();
    for (int i = 0; i < 3; i++) {
        assert_int_equal(ORDER(now, &e, span[i][0], span[i][1], "--kind", "planned"), SG_E_INPUT);
        assert_string_equal(e.where, span[i][0]);
        if (!strstr(e.detail, touched[i]) || !strstr(e.detail, "--override"))
            fail_msg("%s", e.detail);
    }
    assert_int_equal(ORDER(now, &e, "2026-03-02T09:59:00Z", "--kind", "planned"), SG_E_INPUT);                      /* goes on, in office hours */
    assert_int_equal(ORDER(now, &e, "2026-03-07T21:00:00Z", "--kind", "planned"), SG_E_INPUT);                      /* ahead, without an end */
    assert_int_equal(ORDER(now, &e, span[0][0], span[0][1], "--kind", "planned", "--override", ""), SG_E_INPUT);
    assert_int_equal(ORDER(now, &e, span[0][0], span[0][1], "--kind", "fault", "--override", "because"), SG_E_INPUT);
    assert_int_equal(kit_events(), before);
    assert_true(both_say("plannedStop", false));
    assert_int_equal(ORDER(now, &e, span[0][0], span[0][1], "--kind", "planned", "--override", "the supplier's only day"), SG_E_OK);
    struct sg_event ev = kit_last();
    assert_string_equal(ev.kind, "outage.recorded");
    assert_non_null(strstr(ev.reason, "override: the supplier's only day"));
    assert_true(both_say("\"from\":\"2026-03-10T05:00:00.000Z\"", true));
    assert_int_equal(ORDER(now, &e, "2026-02-25T09:00:00Z", "2026-02-25T10:00:00Z", "--kind", "planned"), SG_E_OK);    /* after the fact */
    assert_int_equal(ORDER("2026-03-03T19:00:00Z", &e, "2026-03-03T18:59:00Z", "--kind", "planned"), SG_E_OK);         /* goes on, in the evening */
    assert_int_equal(ORDER(now, &e, "2026-03-04T20:00:00Z", "2026-03-04T21:00:00Z", "--kind", "planned"), SG_E_OK);    /* late, and recorded */
    assert_int_equal(ORDER(now, &e, "--end", now, "--cancel", now), SG_E_USAGE);
}

int main(void)
{
#define CORE_TEST(f) cmocka_unit_test_setup_teardown(f, world, kit_teardown)
    const struct CMUnitTest tests[] = {
        CORE_TEST(r6_5_whom_the_unit_may_need), CORE_TEST(r6_5_whom_the_unit_has_read_lately), CORE_TEST(r6_5_children_who_turn_an_age),
        CORE_TEST(r6_5_protected_people_only_for_those_who_may), CORE_TEST(r6_5_preparing_is_an_event_with_a_purpose),
        CORE_TEST(r6_4_the_level_follows_from_recorded_outages), CORE_TEST(r6_9_the_next_stop_is_announced),
        CORE_TEST(r6_9_a_stop_that_ends_early_is_over), CORE_TEST(r6_9_office_hours_need_a_reason),
    };
    return cmocka_run_group_tests_name("down-time in the service", tests, NULL, NULL);
}
