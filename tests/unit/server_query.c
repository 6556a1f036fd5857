/* Reading the log by filter and place: against a plain walk over all events, for many filters; what a role may see; that no page costs more
 * than its ceiling, and that every walk uses its index. */
#include "server_kit.h"

enum { EVENTS = 1200 };
static char alva[SG_ID_MAX], bo[SG_ID_MAX];
static struct sg_event *all;                      /* the log as a plain walk sees it */

static const char *const KINDS[] = {"citizen.read", "citizen.lookup", "login.lock", "login.unlock", "log.read"};
static const char *const OUTCOMES[] = {"done", "done", "done", "refused", "conflict"};
static const char *const PURPOSES[] = {"care", "Vård och behandling", "administration", "Eget ändamål"};

/* Event i of the made-up log; times go back a little now and then. */
static struct sg_event made(int64_t i)
{
    struct sg_event ev = {0};
    uint64_t r = (uint64_t)i * UINT64_C(0x9E3779B97F4A7C15);
    r ^= r >> 29;
    struct sg_clock clock = kit_clock();
    struct sg_random random = kit_random();
    sg_uuid7(ev.id, &clock, &random);
    SG_COPY(ev.kind, KINDS[r % 5]);
    SG_COPY(ev.outcome, OUTCOMES[r / 5 % 5]);
    ev.at = kit_wall_ms - 86400000 * INT64_C(100) + i * 60000 - (i % 97 == 0 ? 300000 : 0);
    sg_format(ev.actor, sizeof ev.actor, "SE2321000016-%d", 1000 + (int)(r / 25 % 7));
    SG_COPY(ev.actor_name, "Någon");
    SG_COPY(ev.region, r / 175 % 3 ? "norr" : "syd");
    SG_COPY(ev.unit, r / 175 % 3 ? "SE2321000016-U1" : "SE2321000016-U2");
    SG_COPY(ev.provider, "SE2321000016-P1");
    SG_COPY(ev.purpose, PURPOSES[r / 525 % 4]);
    if (r / 2100 % 4) SG_COPY(ev.subject, r / 2100 % 4 == 1 ? alva : bo);
    return ev;
}

static int begin(void **state)
{
    struct sg_error e = {0};
    (void)state;
    kit_begin();
    assert_int_equal(kit_import(KIT_DATA, &e), SG_E_OK);
    kit_open_core(NULL);
    kit_citizen_id(ALVA, alva);
    kit_citizen_id(BO, bo);
    assert_int_equal(sg_db_run(&kit_core->db, SG_SQL_BEGIN, ""), SG_E_OK);
    for (int64_t i = 0; i < EVENTS; i++) {
        struct sg_event ev = made(i);
        assert_int_equal(sg_evlog_append(kit_core->log, &ev), SG_E_OK);
    }
    assert_int_equal(sg_db_commit(&kit_core->db), SG_E_OK);
    assert_int_equal(kit_sign_in(NAT), 200);
    assert_int_equal(kit_sign_in(RITA), 200);
    assert_int_equal(kit_sign_in(ANNA), 200);
    return 0;
}
static int end(void **state)
{
    (void)state;
    free(all);
    kit_end();
    return 0;
}

static bool fits(const struct sg_event *ev, const struct sg_event_filter *f, const char *region)
{
    bool care = sg_eq(f->purpose, "care") || sg_eq(f->purpose, "Vård och behandling"), is_care = sg_eq(ev->purpose, "care") || sg_eq(ev->purpose, "Vård och behandling");
    return (!region[0] || sg_eq(ev->region, region)) && (!f->citizen[0] || sg_eq(f->citizen, ev->subject)) && (!f->staff[0] || sg_eq(f->staff, ev->actor)) &&
           (!f->unit[0] || sg_eq(f->unit, ev->unit)) && sg_event_kind_fits(f->kind, ev->kind) && (!f->outcome[0] || sg_eq(f->outcome, ev->outcome)) &&
           (!f->purpose[0] || sg_eq(f->purpose, ev->purpose) || (care && is_care)) && (f->from == 0 || ev->at >= f->from) && (f->to == 0 || ev->at < f->to);
}

/* All events as they are now, by the old form. */
static void everything(int64_t *n)
{
    static int64_t had;
    *n = kit_events();
    all = realloc(all, (size_t)*n * sizeof *all);
    assert_non_null(all);
    for (int64_t i = had; i < *n; i++) {
        sqlite3_stmt *st = sg_db_query(&kit_core->db, SG_SQL_EVENTS_ALL, "tiii", "", i, (int64_t)1, i);
        assert_int_equal(sg_db_step(&kit_core->db, st), SG_E_OK);
        assert_int_equal(sg_scan_event(&kit_core->db, st, &all[i]), SG_E_OK);
        (void)sqlite3_reset(st);
    }
    had = *n;
}

/* Reads page after page and compares with a plain walk over what there was before the first page. */
static void compare(enum kit_who who, const struct sg_event_filter *f, enum sg_event_order order, const char *region, int limit)
{
    int64_t n = 0;
    everything(&n);
    struct sg_event_page p = {.filter = *f, .order = order, .cursor = order == SG_EVENTS_NEWEST ? n : -1, .limit = limit};
    int64_t at = order == SG_EVENTS_NEWEST ? n - 1 : 0, step = order == SG_EVENTS_NEWEST ? -1 : 1;
    for (bool more = true; more;) {
        char query[768] = "";
        assert_true(sg_event_page_write(&p, query, sizeof query));
        assert_int_equal(kit_send(&(struct kit_ask){.who = who, .method = SG_GET, .path = "/events", .query = query}), 200);
        cJSON *v = cJSON_Parse(kit_body());
        const cJSON *next = cJSON_GetObjectItemCaseSensitive(v, "next"), *one;
        cJSON_ArrayForEach(one, cJSON_GetObjectItemCaseSensitive(v, "events")) {
            struct sg_event ev;
            assert_int_equal(sg_wire_event_read(one, &ev, NULL), SG_E_OK);
            if (ev.index >= n) continue;                                /* came with this very test's reading */
            while (at >= 0 && at < n && !fits(&all[at], f, region)) at += step;
            if (at < 0 || at >= n || ev.index != at) fail_msg("%s: place %lld, wanted %lld", query, (long long)ev.index, (long long)at);
            at += step;
        }
        more = next != NULL;
        if (more) p.cursor = (int64_t)next->valuedouble;
        if (order == SG_EVENTS_OLDEST && more && p.cursor >= n) more = false;
        cJSON_Delete(v);
    }
    while (at >= 0 && at < n && !fits(&all[at], f, region)) at += step;
    assert_true(at < 0 || at >= n);                                     /* nothing was left out */
}

static void r2_11_filters_and_places_agree_with_a_plain_walk(void **state)
{
    (void)state;
    int64_t t0 = kit_wall_ms - 86400000 * INT64_C(100);
    struct sg_event_filter f[17] = {{.kind = ""}};
    SG_COPY(f[1].citizen, alva);
    SG_COPY(f[2].staff, "SE2321000016-1003");
    SG_COPY(f[3].unit, "SE2321000016-U2");
    SG_COPY(f[4].kind, "login.lock");
    SG_COPY(f[5].kind, "login.*");
    SG_COPY(f[6].outcome, "refused");
    SG_COPY(f[7].outcome, "done");
    SG_COPY(f[8].purpose, "care");
    SG_COPY(f[9].purpose, "Eget ändamål");
    f[10].from = t0 + 600 * 60000, f[10].to = t0 + 700 * 60000;
    f[11] = f[1], SG_COPY(f[11].staff, "SE2321000016-1002"), SG_COPY(f[11].outcome, "done"), f[11].from = t0 + 60000 * 400;
    f[12] = f[2], SG_COPY(f[12].kind, "citizen.*"), SG_COPY(f[12].purpose, "Vård och behandling"), f[12].to = t0 + 60000 * 900, SG_COPY(f[12].unit, "SE2321000016-U1");
    SG_COPY(f[13].staff, "SE2321000016-9999");
    f[14] = f[2], SG_COPY(f[14].kind, "login.lock"), SG_COPY(f[14].purpose, "care");
    f[15] = f[4], SG_COPY(f[15].unit, "SE2321000016-U2"), SG_COPY(f[15].outcome, "refused");
    f[16] = f[1], SG_COPY(f[16].kind, "login.lock"), SG_COPY(f[16].purpose, "Eget ändamål"), f[16].from = t0 + 60000 * 200;
    for (size_t i = 0; i < sizeof f / sizeof *f; i++)
        for (int o = 0; o < 2; o++) {
            enum sg_event_order order = o ? SG_EVENTS_NEWEST : SG_EVENTS_OLDEST;
            compare(NAT, &f[i], order, "", i % 2 ? 1000 : 173);
            compare(RITA, &f[i], order, "norr", 999);
        }
}

static int get(enum kit_who who, const char *path, const char *query)
{
    return kit_send(&(struct kit_ask){.who = who, .method = SG_GET, .path = path, .query = query});
}

static void reading_is_an_event_that_says_what_was_asked(void **state)
{
    (void)state;
    char query[768];
    snprintf(query, sizeof query, "citizen=%s&outcome=refused&order=newest", alva);
    assert_int_equal(get(NAT, "/events", query), 200);
    struct sg_event ev = kit_last();
    assert_string_equal(ev.kind, "log.read");
    assert_string_equal(ev.subject, alva);
    assert_non_null(strstr(ev.activity_args, "outcome=refused"));
    assert_int_equal(get(NAT, "/events", "citizen=" ALVA "&order=newest"), 200);         /* a number where an id belongs */
    ev = kit_last();
    assert_string_equal(ev.subject, "");
    assert_null(strstr(ev.activity_args, ALVA));
    assert_int_equal(get(NAT, "/events", "from=whenever"), 422);
    assert_string_equal(kit_last().outcome, "refused");
    assert_int_equal(get(ANNA, "/events", "order=newest"), 403);
}

static void one_citizen_for_those_who_may(void **state)
{
    (void)state;
    char path[96];
    snprintf(path, sizeof path, "/citizens/%s/events", alva);
    assert_int_equal(get(ANNA, path, "order=newest&limit=5&outcome=done"), 200);
    cJSON *v = cJSON_Parse(kit_body());
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(v, "events")), 5);
    cJSON_Delete(v);
    assert_null(strstr(kit_body(), bo));
    snprintf(path, sizeof path, "/citizens/%s/events", bo);
    char query[128];
    snprintf(query, sizeof query, "order=newest&citizen=%s", alva);                       /* the path counts */
    assert_int_equal(get(ANNA, path, query), 200);
    assert_null(strstr(kit_body(), alva));
}

/* A filter that hardly anything fits ends after its ceiling and says where to go on. */
static void a_page_has_a_ceiling(void **state)
{
    (void)state;
    struct sg_event_filter f = {.kind = "nothing.*"};                    /* a group: no index knows it */
    struct sg_scan s;
    int64_t next = 0, pages = 0;
    assert_int_equal(sg_scan_init(&s, &kit_core->db, &f, "", true), SG_E_OK);
    for (; next >= 0; pages++) {
        assert_int_equal(sg_scan_run(&s, &kit_core->db, 500, NULL, NULL, &next), SG_E_OK);
        s.high = next - 1;
    }
    assert_true(pages >= EVENTS / 500);
}

/* What no event can fit is known from the indexes alone, in a few steps: a purpose that nobody has, with whatever else is asked. */
static void what_fits_nothing_costs_nothing(void **state)
{
    (void)state;
    struct sg_event_filter f[] = {{.purpose = "no such purpose"}, {.purpose = "no such purpose", .kind = "citizen.read", .staff = "SE2321000016-1003"},
                                  {.kind = "login.lock", .staff = "SE2321000016-9999", .unit = "SE2321000016-U2"}};
    for (size_t i = 0; i < sizeof f / sizeof *f; i++) {
        struct sg_scan s;
        int64_t next = 0;
        assert_int_equal(sg_scan_init(&s, &kit_core->db, &f[i], "", true), SG_E_OK);
        assert_int_equal(sg_scan_run(&s, &kit_core->db, 10, NULL, NULL, &next), SG_E_OK);
        assert_int_equal(next, -1);
    }
}

/* Not one walk sorts or looks at the whole table. */
static void every_walk_uses_its_index(void **state)
{
    (void)state;
    static const struct { enum sg_sql sql; const char *index; } rows[] = {
        {SG_SQL_DOWN_ALL, "PRIMARY KEY"}, {SG_SQL_UP_ALL, "PRIMARY KEY"}, {SG_SQL_DOWN_SUBJECT, "event_subject"}, {SG_SQL_UP_SUBJECT, "event_subject"},
        {SG_SQL_DOWN_ACTOR, "event_actor"}, {SG_SQL_UP_ACTOR, "event_actor"}, {SG_SQL_DOWN_UNIT, "event_unit"}, {SG_SQL_UP_UNIT, "event_unit"},
        {SG_SQL_DOWN_KIND, "event_kind"}, {SG_SQL_UP_KIND, "event_kind"}, {SG_SQL_DOWN_REGION, "event_region"}, {SG_SQL_UP_REGION, "event_region"},
        {SG_SQL_DOWN_REFUSED, "event_refused"}, {SG_SQL_UP_REFUSED, "event_refused"}, {SG_SQL_EVENT_SINCE, "event_at"}, {SG_SQL_EVENT_BEFORE, "event_at"},
        {SG_SQL_EVENT_BY_ID, "event_id"}, {SG_SQL_HOURS, "PRIMARY KEY"}, {SG_SQL_DOWN_PURPOSE, "event_purpose"}, {SG_SQL_UP_PURPOSE, "event_purpose"},
#define SEEK(ID, index) {SG_SQL_BELOW_##ID, "COVERING INDEX " index}, {SG_SQL_ABOVE_##ID, "COVERING INDEX " index}
        SEEK(SUBJECT, "event_subject"), SEEK(ACTOR, "event_actor"), SEEK(UNIT, "event_unit"), SEEK(KIND, "event_kind"), SEEK(REGION, "event_region"),
        SEEK(REFUSED, "event_refused"), SEEK(PURPOSE, "event_purpose"),
#undef SEEK
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        sqlite3_stmt *st = sg_db_query(&kit_core->db, rows[i].sql, ""), *plan = NULL;
        char explain[1024];
        assert_non_null(st);
        snprintf(explain, sizeof explain, "EXPLAIN QUERY PLAN %s", sqlite3_sql(st));
        assert_int_equal(sqlite3_prepare_v2(kit_core->db.h, explain, -1, &plan, NULL), SQLITE_OK);
        while (sqlite3_step(plan) == SQLITE_ROW) {
            const char *detail = (const char *)sqlite3_column_text(plan, 3);
            if (strncmp(detail, "SEARCH", 6) != 0 || !strstr(detail, rows[i].index)) fail_msg("%s: %s", explain, detail);
        }
        sqlite3_finalize(plan);
    }
}

/* Following: parked until somebody else does something, woken by that and not by another reader; time out tells and logs nothing. */
static void following_waits_and_logs_nothing_while_it_waits(void **state)
{
    (void)state;
    char query[64];
    struct sg_job j, *list[1] = {&j};
    struct sg_http_request rq;
    int64_t before = kit_events();
    snprintf(query, sizeof query, "after=%lld&wait=25", (long long)before - 1);
    assert_int_equal(get(NAT, "/events", query), 200);                   /* may not park here: the time is up at once */
    assert_true(kit_says("\"events\":[]"));
    assert_int_equal(kit_events(), before);
    kit_fill_request(&rq, &(struct kit_ask){.who = NAT, .method = SG_GET, .path = "/events", .query = query});
    sg_job_init(&j, &kit_peer[NAT], &rq);
    sg_core_batch(kit_core, list, 1);
    assert_true(j.parked);
    assert_int_equal(kit_events(), before);
    assert_int_equal(get(RITA, "/events", "order=newest&limit=1"), 200); /* another reader */
    assert_true(j.parked_size != sg_core_events(kit_core));              /* handed in again … */
    sg_core_batch(kit_core, list, 1);
    assert_true(j.parked);                                               /* … and no reason to answer */
    assert_int_equal(kit_get(ANNA, "/citizens/nobody"), 404);
    sg_core_batch(kit_core, list, 1);
    assert_false(j.parked);
    assert_non_null(strstr(j.reply.body.data, "\"kind\":\"citizen.read\""));
    assert_string_equal(kit_last().kind, "log.read");
    sg_http_reply_free(&j.reply);
    sg_http_request_free(&rq);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(r2_11_filters_and_places_agree_with_a_plain_walk), cmocka_unit_test(reading_is_an_event_that_says_what_was_asked),
        cmocka_unit_test(one_citizen_for_those_who_may), cmocka_unit_test(a_page_has_a_ceiling), cmocka_unit_test(what_fits_nothing_costs_nothing), cmocka_unit_test(every_walk_uses_its_index),
        cmocka_unit_test(following_waits_and_logs_nothing_while_it_waits),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
