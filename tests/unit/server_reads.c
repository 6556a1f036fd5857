/* Reads made without the service and handed in afterwards, asked of the real core: each becomes one event of its own person, however often and
 * late it comes; what happened is logged and not refused; nothing is told back, and nobody can say anything of somebody else (R2.4, R6.5). */
#include "tests/unit/server_kit.h"

#define ID(n) "019b0000-1111-7000-8000-00000000000" n
#define DEV "019b0000-0000-7000-8000-0000000000dd"
static char alva[SG_ID_MAX], dan[SG_ID_MAX];

static int world(void **state)
{
    if (kit_setup(state) != 0) return -1;
    kit_citizen_id(ALVA, alva);
    kit_citizen_id(DAN, dan);
    return 0;
}

/* One read as JSON; more: further members, beginning with a comma. */
static const char *one(const char *id, const char *kind, const char *citizen, const char *at, const char *more)
{
    static char text[4][600];
    static int turn;
    char *s = text[turn++ & 3];
    snprintf(s, sizeof text[0], "{\"eventId\":\"%s\",\"kind\":\"%s\",\"citizenId\":\"%s\",\"performedAt\":\"%s\"%s}", id, kind, citizen, at, more);
    return s;
}

static int hand_in(enum kit_who who, const char *first, const char *second)
{
    char body[1600];
    snprintf(body, sizeof body, "{\"device\":\"" DEV "\",\"reads\":[%s%s%s]}", first, second ? "," : "", second ? second : "");
    return kit_post(who, "/offline-reads", body);
}

static struct sg_event event_of(const char *id)
{
    struct sg_event ev;
    assert_int_equal(sg_event_by_id(&kit_core->db, id, &ev), SG_E_OK);
    return ev;
}

static int64_t named(const char *id)
{
    int64_t n = 0;
    assert_int_equal(sg_db_number(&kit_core->db, sg_db_query(&kit_core->db, SG_SQL_EVENT_BY_ID, "t", id), &n), SG_E_OK);
    return n;
}

#define EARLIER "2026-03-02T08:00:00.000Z"

static void r6_5_offline_reads_become_events(void **state)
{
    (void)state;
    int64_t before = kit_events();
    assert_int_equal(hand_in(ANNA, one(ID("1"), "citizen.lookup", alva, EARLIER, ",\"purpose\":\"quality\",\"commission\":\"SE2321000016-C0\""),
                             one(ID("2"), "citizen.read", alva, "2026-03-02T08:00:01.000Z", ",\"asOf\":\"2026-03-02T07:00:00.000Z\"")), 200);
    assert_string_equal(kit_body(), "{\"stored\":[\"" ID("1") "\",\"" ID("2") "\"]}");
    assert_int_equal(kit_events(), before + 2);
    struct sg_event ev = event_of(ID("1"));
    assert_string_equal(ev.kind, "citizen.lookup");
    assert_string_equal(ev.outcome, "done");
    assert_string_equal(ev.actor, "SE2321000016-1000");
    assert_string_equal(ev.subject, alva);
    assert_string_equal(ev.purpose, "quality");
    assert_string_equal(ev.device, DEV);
    assert_string_equal(ev.unit, "SE2321000016-U1");
    assert_true(ev.offline && !ev.skew);
    assert_int_equal(ev.at, kit_wall_ms);
    assert_int_equal(ev.at - ev.performed_at, INT64_C(7200000));
    ev = event_of(ID("2"));
    assert_string_equal(ev.kind, "citizen.read");
    assert_string_equal(ev.purpose, "administration");                /* not stated: the commission's */
    assert_string_equal(ev.activity_args, "{\"asOf\":\"2026-03-02T07:00:00.000Z\"}");
}

static void r6_5_however_often_it_comes_there_is_one(void **state)
{
    (void)state;
    assert_int_equal(hand_in(ANNA, one(ID("1"), "citizen.read", alva, EARLIER, ""), NULL), 200);
    int64_t at = named(ID("1")), after = kit_events();
    kit_wall_ms += 60000;
    assert_int_equal(hand_in(ANNA, one(ID("1"), "citizen.read", alva, EARLIER, ""), NULL), 200);
    assert_string_equal(kit_body(), "{\"stored\":[\"" ID("1") "\"]}");
    assert_int_equal(kit_events(), after);
    assert_int_equal(hand_in(ANNA, one(ID("2"), "citizen.read", alva, EARLIER, ""), one(ID("1"), "citizen.read", alva, EARLIER, "")), 200);
    assert_int_equal(kit_events(), after + 1);                        /* a late batch that holds it as well */
    assert_int_equal(named(ID("1")), at);
}

/* The commission is one of the actor's own, or else that of the session. */
static void r6_5_under_ones_own_name_only(void **state)
{
    (void)state;
    assert_int_equal(hand_in(ANNA, one(ID("1"), "citizen.read", alva, EARLIER, ",\"commission\":\"SE2321000016-C0B\""),
                             one(ID("2"), "citizen.read", alva, EARLIER, ",\"commission\":\"SE2321000016-C3\"")), 200);
    struct sg_event own = event_of(ID("1")), foreign = event_of(ID("2"));
    assert_string_equal(own.commission, "SE2321000016-C0B");
    assert_string_equal(own.activity_args, "");
    assert_string_equal(foreign.commission, "SE2321000016-C0");       /* Olle's is not hers */
    assert_string_equal(foreign.unit, "SE2321000016-U1");
    assert_string_equal(foreign.activity_args, "{\"saidCommission\":\"SE2321000016-C3\"}");
    assert_string_equal(foreign.actor, "SE2321000016-1000");
    int64_t before = kit_events();
    assert_int_equal(hand_in(OLLE, one(ID("1"), "citizen.read", alva, EARLIER, ""), NULL), 422);       /* an id that is somebody else's event */
    assert_true(kit_problem("id-reused"));
    assert_int_equal(kit_events(), before + 1);
    assert_string_equal(kit_last().kind, "offline.reads");
    assert_string_equal(kit_last().outcome, "refused");
    assert_string_equal(event_of(ID("1")).actor, "SE2321000016-1000");
    assert_int_equal(hand_in(ANNA, one(ID("1"), "citizen.read", dan, EARLIER, ""), NULL), 422);        /* nor may a read change whom it is about */
    assert_int_equal(kit_post(ANNA, "/offline-reads", "{\"actor\":\"SE2321000016-1003\",\"reads\":[]}"), 422);
}

/* What happened is logged, and the answer is the same for all of it. */
static void r2_4_a_read_that_was_made_is_never_refused(void **state)
{
    (void)state;
    static const char nobody[] = "019b0000-9999-7000-8000-000000000001";
    assert_int_equal(hand_in(ANNA, one(ID("1"), "citizen.read", nobody, EARLIER, ""), one(ID("2"), "citizen.read", dan, EARLIER, "")), 200);
    assert_string_equal(kit_body(), "{\"stored\":[\"" ID("1") "\",\"" ID("2") "\"]}");
    assert_string_equal(event_of(ID("1")).activity_args, "{\"unknownCitizen\":true}");
    assert_string_equal(event_of(ID("1")).subject, nobody);
    assert_string_equal(event_of(ID("2")).subject, dan);              /* hidden from her by now */
    assert_string_equal(event_of(ID("2")).activity_args, "");
    assert_int_equal(hand_in(ANNA, one(ID("3"), "citizen.read", alva, "2026-03-02T11:00:00.000Z", ""), one(ID("4"), "citizen.read", alva, "2025-01-01T00:00:00.000Z", "")), 200);
    assert_true(event_of(ID("3")).skew);                              /* later than now */
    assert_false(event_of(ID("4")).skew);                             /* long ago: both times are there to see */
    assert_int_equal(hand_in(RITA, one(ID("5"), "citizen.read", alva, EARLIER, ",\"purpose\":\"no such purpose\""), NULL), 200);    /* a role that may not read her now */
    assert_string_equal(event_of(ID("5")).actor, "SE2321000016-1006");
}

static void r2_4_what_is_no_read_is_refused_whole(void **state)
{
    (void)state;
    const char *good = one(ID("1"), "citizen.read", alva, EARLIER, "");
    static const char *const bad[] = {"{\"reads\":[]}", "{}", "{\"reads\":{}}", "{\"reads\":[1]}", "{\"device\":\"x\",\"reads\":[]}"};
    char many[16384] = "{\"reads\":[";
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) assert_int_equal(kit_post(ANNA, "/offline-reads", bad[i]), 422);
    for (int i = 0; i <= SG_SEEN_BATCH; i++) strcat(many, i < SG_SEEN_BATCH ? "{}," : "{}]}");
    assert_int_equal(kit_post(ANNA, "/offline-reads", many), 422);
    int64_t before = kit_events();
    assert_int_equal(hand_in(ANNA, good, one(ID("2"), "login.lock", alva, EARLIER, "")), 422);
    assert_int_equal(hand_in(ANNA, good, one("x", "citizen.read", alva, EARLIER, "")), 422);
    assert_int_equal(hand_in(ANNA, good, one(ID("2"), "citizen.read", ALVA, EARLIER, "")), 422);       /* a number must not enter the log */
    assert_int_equal(hand_in(ANNA, good, one(ID("2"), "citizen.read", alva, "yesterday", "")), 422);
    assert_int_equal(hand_in(ANNA, good, one(ID("2"), "citizen.read", alva, EARLIER, ",\"actor\":\"SE2321000016-1003\"")), 422);
    assert_int_equal(hand_in(ANNA, good, good), 422);
    assert_int_equal(kit_events(), before + 6);                       /* the refusals, and nothing of the good ones beside the bad */
    kit_token[OLLE][0] = '\0';
    assert_int_equal(hand_in(OLLE, good, NULL), 401);
    sqlite3_stmt *st = sg_db_query(&kit_core->db, SG_SQL_EVENT_BY_ID, "t", ID("1"));
    assert_int_equal(sg_db_step(&kit_core->db, st), SG_E_NOTFOUND);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, world, kit_teardown)
    const struct CMUnitTest tests[] = {
        T(r6_5_offline_reads_become_events), T(r6_5_however_often_it_comes_there_is_one), T(r6_5_under_ones_own_name_only),
        T(r2_4_a_read_that_was_made_is_never_refused), T(r2_4_what_is_no_read_is_refused_whole),
    };
    return cmocka_run_group_tests_name("server_reads", tests, NULL, NULL);
}
