/* Preparing for a stop and the service level, asked of the real core: who is on the list and why, who is not, what is logged; outages that the
 * operator recorded (R6.4, R6.5). */
#include "tests/unit/server_kit.h"
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

int main(void)
{
#define CORE_TEST(f) cmocka_unit_test_setup_teardown(f, world, kit_teardown)
    const struct CMUnitTest tests[] = {
        CORE_TEST(r6_5_whom_the_unit_may_need), CORE_TEST(r6_5_whom_the_unit_has_read_lately), CORE_TEST(r6_5_children_who_turn_an_age),
        CORE_TEST(r6_5_protected_people_only_for_those_who_may), CORE_TEST(r6_5_preparing_is_an_event_with_a_purpose),
        CORE_TEST(r6_4_the_level_follows_from_recorded_outages),
    };
    return cmocka_run_group_tests_name("down-time in the service", tests, NULL, NULL);
}
