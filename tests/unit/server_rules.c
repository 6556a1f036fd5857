/* Who may do what over the whole surface: every refusal is an event, what is hidden looks like what is not there, sessions end when they
 * should, look-ups are counted, the log is shown by region, a bundle is whole or nothing. */
#include "server_kit.h"

#define DEV "0190a1b2-0000-7000-8000-0000000000d1"
#define AID "0190a1b2-0000-7000-8000-000000000001"
#define NOID "0190a1b2-0000-7000-8000-00000000ffff"

static char alva[SG_ID_MAX], dan[SG_ID_MAX];
static int setup(void **state)
{
    if (kit_setup(state)) return -1;
    kit_citizen_id(ALVA, alva);
    kit_citizen_id(DAN, dan);
    return 0;
}

/* Concrete requests for every route there is. */
static void request_for(enum sg_endpoint ep, enum kit_who who, const char *citizen, struct kit_ask *a)
{
    static char path[160], body[256];
    const struct sg_endpoint_def *d = sg_endpoint_def(ep);
    const char *brace = strchr(d->path, '{');
    bool own = strstr(d->path, "/actions/") || strstr(d->path, "/devices/");
    memset(a, 0, sizeof *a);
    a->who = who;
    a->method = d->method;
    if (brace) snprintf(path, sizeof path, "%.*s%s%s", (int)(brace - d->path), d->path, own ? AID : citizen, strchr(brace, '}') + 1);
    else snprintf(path, sizeof path, "%s", d->path);
    a->path = path;
    if (ep == SG_EP_LOOKUP) snprintf(body, sizeof body, "{\"personalIdentityNumber\":\"" ALVA "\",\"purpose\":\"care\"}");
    else if (ep == SG_EP_SESSION_CREATE) snprintf(body, sizeof body, "{}");
    else snprintf(body, sizeof body, "{\"kind\":\"record.seal\",\"subject\":\"%s\",\"params\":{\"scope\":\"account\"},\"performedAt\":\"2026-03-02T09:59:00Z\","
                  "\"offline\":false,\"reason\":\"r\",\"device\":\"" DEV "\",\"seq\":1}", citizen);
    if (d->method == SG_PUT || d->method == SG_POST) a->body = body;
    if (ep == SG_EP_ACTION_PUT) a->if_match = "*";
}

static void expect_refused(const struct kit_ask *a, int status, const char *problem, const char *kind)
{
    int64_t before = kit_events();
    int got = kit_send(a);
    struct sg_event ev = kit_last();
    if (got != status || !kit_problem(problem) || kit_events() != before + 1 || strcmp(ev.outcome, "refused") || !ev.rule[0] || (kind && strcmp(ev.kind, kind)))
        fail_msg("%s as %d: %d instead of %d %s, %d events, %s %s %s", a->path, (int)a->who, got, status, problem, (int)(kit_events() - before), ev.kind,
                 ev.outcome, ev.rule);
}

static void every_route_refuses_and_says_so(void **state)
{
    (void)state;
    struct kit_ask a;
    for (int i = 0; i < SG_EP_COUNT; i++) {
        const struct sg_endpoint_def *d = sg_endpoint_def((enum sg_endpoint)i);
        request_for((enum sg_endpoint)i, ANNA, alva, &a);
        kit_peer[ANNA].certified = false;
        expect_refused(&a, 403, "certificate", "certificate.refused");
        assert_string_equal(kit_last().actor, "unknown");
        kit_peer[ANNA].certified = true;
        request_for((enum sg_endpoint)i, STRANGER, alva, &a);
        expect_refused(&a, 403, "unknown-staff", "staff.unknown");
        request_for((enum sg_endpoint)i, INGA, alva, &a);                    /* an HSA-id that is not active */
        expect_refused(&a, 403, "unknown-staff", "staff.inactive");
        if (d->mode != SG_EP_OPEN) {
            request_for((enum sg_endpoint)i, LONA, alva, &a);
            expect_refused(&a, 401, "sign-in", NULL);
        }
        if (d->perm != SG_PERM_SELF) {
            request_for((enum sg_endpoint)i, NILS, alva, &a);                /* terms not accepted */
            expect_refused(&a, 403, "not-permitted", NULL);
            assert_true(kit_says("terms-not-accepted"));
        }
    }
}

static void every_read_is_an_event_before_it_answers(void **state)
{
    (void)state;
    static const struct { enum sg_endpoint ep; const char *kind; enum kit_who who; } reads[] = {
        {SG_EP_LOOKUP, "citizen.lookup", ANNA}, {SG_EP_CITIZEN, "citizen.read", ANNA}, {SG_EP_ACCESS, "citizen.access", ANNA},
        {SG_EP_RESTRICTIONS, "citizen.restrictions", ANNA}, {SG_EP_CITIZEN_EVENTS, "events.read", ANNA},
        {SG_EP_ACTION_PREVIEW, "action.preview", ANNA}};
    struct kit_ask a;
    for (size_t i = 0; i < sizeof reads / sizeof *reads; i++) {
        int64_t before = kit_events();
        request_for(reads[i].ep, reads[i].who, alva, &a);
        assert_int_equal(kit_send(&a), 200);
        struct sg_event ev = kit_last();
        assert_int_equal(kit_events(), before + 1);
        assert_string_equal(ev.kind, reads[i].kind);
        assert_string_equal(ev.outcome, "done");
        assert_string_equal(ev.subject, alva);
        assert_string_equal(ev.actor, "SE2321000016-1000");
        assert_string_equal(ev.purpose, reads[i].ep == SG_EP_LOOKUP ? "care" : "administration");
    }
    request_for(SG_EP_EVENTS, RITA, alva, &a);
    assert_int_equal(kit_send(&a), 200);
    assert_string_equal(kit_last().kind, "log.read");
}

/* R4.4, R4.6: unknown and hidden answer alike, to the last byte, on every route that names a citizen. */
static void hidden_looks_like_absent(void **state)
{
    (void)state;
    static const enum sg_endpoint routes[] = {SG_EP_CITIZEN, SG_EP_ACCESS, SG_EP_RESTRICTIONS, SG_EP_CITIZEN_EVENTS, SG_EP_ACTION_PREVIEW};
    static char absent[8192];
    struct kit_ask a;
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
        request_for(routes[i], ANNA, NOID, &a);
        expect_refused(&a, 404, "not-available", NULL);
        snprintf(absent, sizeof absent, "%s", kit_body());
        request_for(routes[i], ANNA, dan, &a);
        expect_refused(&a, 404, "not-available", NULL);
        assert_string_equal(kit_body(), absent);
        assert_string_equal(kit_reply.etag, "");
        request_for(routes[i], PIA, dan, &a);
        assert_int_equal(kit_send(&a), 200);
    }
    assert_int_equal(kit_post(ANNA, "/citizen-lookups", "{\"personalIdentityNumber\":\"" NOBODY "\",\"purpose\":\"care\"}"), 404);
    assert_string_equal(kit_body(), absent);
    assert_int_equal(kit_post(ANNA, "/citizen-lookups", "{\"personalIdentityNumber\":\"" DAN "\",\"purpose\":\"care\"}"), 404);
    assert_string_equal(kit_body(), absent);
    assert_string_equal(kit_last().subject, dan);                             /* the log knows whom it was about */
    assert_int_equal(kit_post(PIA, "/citizen-lookups", "{\"personalIdentityNumber\":\"" DAN "\",\"purpose\":\"care\"}"), 200);
    assert_int_equal(kit_get(PIA, "/citizens/0190a1b2-0000-7000-8000-00000000ffff"), 404);
    assert_string_equal(kit_body(), absent);
}

/* A number in place of an id is not found, and does not enter the log. */
static void a_number_in_a_path_is_not_logged(void **state)
{
    (void)state;
    assert_int_equal(kit_get(ANNA, "/citizens/" ALVA), 404);
    assert_string_equal(kit_last().subject, "");
    assert_int_equal(kit_get(ANNA, "/nothing/" ALVA), 404);
    for (int64_t i = 0; i < kit_events(); i++) {
        sqlite3_stmt *st = sg_db_query(&kit_core->db, SG_SQL_EVENTS_ALL, "tiii", "", i, (int64_t)1, i);
        assert_int_equal(sg_db_step(&kit_core->db, st), SG_E_OK);
        assert_null(memmem(sqlite3_column_blob(st, SG_SC_PAYLOAD), (size_t)sqlite3_column_bytes(st, SG_SC_PAYLOAD), ALVA, 12));
        (void)sqlite3_reset(st);
    }
}

static void look_ups_are_counted(void **state)
{
    (void)state;
    static const char ask[] = "{\"personalIdentityNumber\":\"" ALVA "\",\"purpose\":\"Vård och behandling\"}";
    for (int i = 0; i < 10; i++) assert_int_equal(kit_post(ANNA, "/citizen-lookups", ask), 200);
    assert_string_equal(kit_last().purpose, "care");
    assert_int_equal(kit_post(ANNA, "/citizen-lookups", ask), 429);
    assert_in_range(kit_reply.retry_after, 1, 60);
    assert_string_equal(kit_last().outcome, "refused");
    assert_int_equal(kit_post(STEN, "/citizen-lookups", ask), 200);           /* each for oneself */
    sg_core_close(kit_core);
    kit_open_core(NULL);                                                      /* a restart forgets nothing */
    assert_int_equal(kit_post(ANNA, "/citizen-lookups", ask), 429);
    kit_wall_ms += INT64_C(1000) * kit_reply.retry_after;
    assert_int_equal(kit_post(ANNA, "/citizen-lookups", ask), 200);
    for (int minute = 0, n = 11; n < 100; minute++) {
        kit_wall_ms += 60000;
        for (int i = 0; i < 10 && n < 100; i++, n++) assert_int_equal(kit_post(ANNA, "/citizen-lookups", ask), 200);
    }
    kit_wall_ms += 60000;
    assert_int_equal(kit_post(ANNA, "/citizen-lookups", ask), 429);           /* the hour */
    assert_in_range(kit_reply.retry_after, 61, 3600);
}

static void look_ups_are_strict(void **state)
{
    (void)state;
    static const char *const bad[] = {"{}", "{\"personalIdentityNumber\":\"" ALVA "\"}", "{\"personalIdentityNumber\":\"" ALVA "\",\"purpose\":\"fun\"}",
        "{\"personalIdentityNumber\":\"201412122383\",\"purpose\":\"care\"}", "{\"personalIdentityNumber\":201412122382,\"purpose\":\"care\"}",
        "{\"personalIdentityNumber\":\"" ALVA "\",\"purpose\":\"care\",\"x\":1}"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(kit_post(ANNA, "/citizen-lookups", bad[i]), 422);
        assert_true(kit_problem("invalid"));
        assert_false(kit_says("20141212"));                                   /* never repeats the number */
    }
}

/* ---- sessions ------------------------------------------------------------------------------------------------------------------ */

static void a_session_ends_when_it_should(void **state)
{
    (void)state;
    kit_wall_ms += 29 * 60000;
    assert_int_equal(kit_get(ANNA, "/me"), 200);
    kit_wall_ms += 29 * 60000;
    assert_int_equal(kit_get(ANNA, "/me"), 200);                              /* use keeps it alive */
    for (int i = 0; i < 29; i++) {
        kit_wall_ms += 60000;
        assert_int_equal(kit_send(&(struct kit_ask){.who = ANNA, .path = "/changes", .query = "since=0&wait=30"}), 200);
    }
    kit_wall_ms += 60000;
    assert_int_equal(kit_get(ANNA, "/me"), 401);                              /* waiting for changes does not */
    assert_int_equal(kit_sign_in(ANNA), 200);
    for (int i = 0; i < 35; i++) {
        kit_wall_ms += 20 * 60000;
        assert_int_equal(kit_get(ANNA, "/me"), 200);
    }
    kit_wall_ms += 20 * 60000;
    assert_int_equal(kit_get(ANNA, "/me"), 401);                              /* twelve hours are the end */
}

static void a_session_belongs_to_its_certificate(void **state)
{
    (void)state;
    char own[65];
    SG_COPY(own, kit_peer[ANNA].fingerprint);
    SG_COPY(kit_peer[ANNA].fingerprint, kit_peer[STEN].fingerprint);
    assert_int_equal(kit_get(ANNA, "/me"), 401);                              /* another certificate of the same person */
    SG_COPY(kit_peer[ANNA].fingerprint, own);
    assert_int_equal(kit_get(ANNA, "/me"), 200);
    char mine[80];
    SG_COPY(mine, kit_token[STEN]);
    SG_COPY(kit_token[STEN], kit_token[ANNA]);
    assert_int_equal(kit_get(STEN, "/me"), 401);                              /* another person with a stolen bearer */
    SG_COPY(kit_token[STEN], mine);
    assert_int_equal(kit_send(&(struct kit_ask){.who = ANNA, .method = SG_DELETE, .path = "/sessions/current"}), 200);
    assert_string_equal(kit_last().kind, "session.end");
    assert_int_equal(kit_get(ANNA, "/me"), 401);
}

static void a_commission_is_chosen(void **state)
{
    (void)state;
    assert_int_equal(kit_post(ANNA, "/sessions", "{\"commission\":\"SE2321000016-C0B\"}"), 200);
    SG_COPY(kit_token[ANNA], kit_member("token"));
    assert_int_equal(kit_get(ANNA, "/me"), 200);
    assert_true(kit_says("SE2321000016-C0B") && kit_says("\"support\"") && !kit_says("account-admin"));
    assert_int_equal(kit_post(ANNA, "/sessions", "{\"commission\":\"SE2321000016-C1\"}"), 403);         /* somebody else's */
    assert_int_equal(kit_post(LONA, "/sessions", "{}"), 403);                                            /* none at all */
    assert_string_equal(kit_last().kind, "session.refused");
    assert_int_equal(kit_post(ANNA, "/sessions", "{\"device\":\"x\"}"), 422);
}

/* The token itself is nowhere in the file. */
static void a_token_is_stored_as_its_hash(void **state)
{
    (void)state;
    sqlite3_stmt *st = NULL;
    assert_int_equal(sqlite3_prepare_v2(kit_core->db.h, "SELECT count(*) FROM session WHERE hex(token) = upper(?1) OR instr(token, ?1)", -1, &st, NULL), SQLITE_OK);
    sqlite3_bind_text(st, 1, kit_token[ANNA], -1, SQLITE_STATIC);
    assert_int_equal(sqlite3_step(st), SQLITE_ROW);
    assert_int_equal(sqlite3_column_int(st, 0), 0);
    sqlite3_finalize(st);
    assert_int_equal(strlen(kit_token[ANNA]), 64);
}

/* ---- the log, policy, terms, bundles -------------------------------------------------------------------------------------------- */

static int total(void)
{
    cJSON *v = cJSON_Parse(kit_body());
    int n = (int)cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(v, "total"));
    cJSON_Delete(v);
    return n;
}

static void the_log_is_shown_by_region_and_in_stable_pages(void **state)
{
    (void)state;
    assert_int_equal(kit_get(RITA, "/events"), 200);
    assert_false(kit_says("Olle") || kit_says("directory.import"));
    assert_true(kit_says("Anna"));
    assert_int_equal(kit_get(NAT, "/events"), 200);
    assert_true(kit_says("Olle") && kit_says("directory.import"));
    assert_int_equal(total(), kit_events());
    assert_int_equal(kit_get(ANNA, "/events"), 403);
    assert_int_equal(kit_send(&(struct kit_ask){.who = NAT, .path = "/events", .query = "limit=2&offset=1&snapshot=4"}), 200);
    assert_true(kit_says("\"total\":5,\"offset\":1,\"limit\":2,\"snapshot\":4") && kit_says("\"index\":1,") && kit_says("\"index\":2,"));
    assert_false(kit_says("\"index\":0,") || kit_says("\"index\":3,"));
    assert_int_equal(kit_send(&(struct kit_ask){.who = NAT, .path = "/events", .query = "limit=0"}), 422);
    assert_int_equal(kit_send(&(struct kit_ask){.who = NAT, .path = "/events", .query = "offset=-1"}), 422);
    assert_int_equal(kit_send(&(struct kit_ask){.who = NAT, .path = "/events", .query = "limit=%31"}), 422);
}

static void a_policy_known_is_not_sent_again(void **state)
{
    (void)state;
    struct sg_http_request rq;
    struct sg_http_reply re;
    assert_int_equal(kit_get(ANNA, "/policy"), 200);
    kit_fill_request(&rq, &(struct kit_ask){.who = ANNA, .path = "/policy"});
    SG_COPY(rq.if_none_match, kit_reply.etag);
    sg_core_handle(kit_core, &kit_peer[ANNA], &rq, &re);
    assert_int_equal(re.status, 304);
    assert_int_equal(re.body.len, 0);
    sg_http_reply_free(&re);
    struct sg_error e = {0};
    assert_int_equal(kit_import("{\"type\":\"policy\",\"cacheHours\":1}\n", &e), SG_E_OK);               /* by another connection */
    sg_core_handle(kit_core, &kit_peer[ANNA], &rq, &re);
    assert_int_equal(re.status, 200);
    assert_non_null(strstr(re.body.data, "\"cacheHours\":1,"));
    sg_http_reply_free(&re);
    sg_http_request_free(&rq);
}

static void terms_open_the_door(void **state)
{
    (void)state;
    static const char form[] = "{\"kind\":\"terms.accept\",\"subject\":\"me\",\"params\":{\"version\":\"%s\"},\"performedAt\":\"2026-03-02T09:59:00Z\","
                               "\"offline\":false,\"device\":\"" DEV "\",\"seq\":%d}";
    char body[512], path[96];
    snprintf(path, sizeof path, "/citizens/%s", alva);
    assert_int_equal(kit_get(NILS, path), 403);
    snprintf(body, sizeof body, "{\"kind\":\"terms.accept\",\"subject\":\"me\",\"params\":{\"version\":\"0\"},\"performedAt\":\"2026-03-02T09:59:00Z\","
             "\"offline\":false,\"device\":\"" DEV "\",\"seq\":1}");
    assert_int_equal(kit_send(&(struct kit_ask){.who = NILS, .method = SG_PUT, .path = "/actions/" AID, .body = body}), 422);
    snprintf(body, sizeof body, form, "1", 2);
    assert_int_equal(kit_send(&(struct kit_ask){.who = NILS, .method = SG_PUT, .path = "/actions/" NOID, .body = body}), 200);
    assert_int_equal(kit_get(NILS, path), 200);
}

static int restrictions(void)
{
    int64_t n = 0;
    assert_int_equal(sg_db_number(&kit_core->db, sg_db_query(&kit_core->db, SG_SQL_RESTRICTION_COUNT, "t", alva), &n), SG_E_OK);
    return (int)n;
}

static int protect(const char *id, int seq, const char *parts)
{
    char path[96], body[1024];
    snprintf(path, sizeof path, "/actions/%s", id);
    snprintf(body, sizeof body, "{\"kind\":\"citizen.protect\",\"subject\":\"%s\",\"parts\":[%s],\"reason\":\"r\",\"performedAt\":\"2026-03-02T09:59:00Z\","
             "\"offline\":true,\"device\":\"" DEV "\",\"seq\":%d}", alva, parts, seq);
    return kit_send(&(struct kit_ask){.who = ANNA, .method = SG_PUT, .path = path, .if_match = "*", .body = body});
}

#define PART_LOCK "{\"kind\":\"login.lock\",\"params\":{}}"
#define PART_SEAL "{\"kind\":\"record.seal\",\"params\":{\"scope\":\"account\"}}"
#define PART_BLOCK "{\"kind\":\"guardian.block\",\"params\":{\"guardian\":\"Bo Ek\"}}"
#define PART_BAD "{\"kind\":\"guardian.block\",\"params\":{\"guardian\":\"Nobody\"}}"

/* R1.8: one act, one event, all rows or none. */
static void a_bundle_is_whole_or_nothing(void **state)
{
    (void)state;
    int64_t before = kit_events();
    assert_int_equal(protect(AID, 1, PART_LOCK "," PART_SEAL "," PART_BAD), 422);
    assert_int_equal(restrictions(), 0);
    assert_int_equal(kit_events(), before + 1);
    assert_int_equal(protect(NOID, 2, PART_LOCK "," PART_SEAL "," PART_BLOCK), 200);
    assert_int_equal(restrictions(), 3);
    assert_int_equal(kit_events(), before + 2);
    struct sg_event ev = kit_last();
    assert_string_equal(ev.kind, "citizen.protect");
    assert_string_equal(ev.restriction, NOID " " NOID "-1 " NOID "-2");
    assert_true(ev.offline);
}

/* The disk is full while a bundle is carried out: never a part of it. */
static void no_part_of_a_bundle_survives_a_failing_disk(void **state)
{
    (void)state;
    kit_citizen_id(ALVA, alva);
    kit_disk.fault = KIT_FULL;
    assert_int_equal(protect(AID, 1, PART_LOCK "," PART_SEAL "," PART_BLOCK), 503);
    kit_disk.fault = KIT_NONE;
    assert_int_equal(restrictions(), 0);
    int64_t before = kit_events();
    assert_int_equal(protect(AID, 1, PART_LOCK "," PART_SEAL "," PART_BLOCK), 200);                      /* the same id, now in earnest */
    assert_false(kit_reply.replayed);
    assert_int_equal(restrictions(), 3);
    assert_int_equal(kit_events(), before + 1);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, kit_teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {T(every_route_refuses_and_says_so), T(every_read_is_an_event_before_it_answers), T(hidden_looks_like_absent),
        T(a_number_in_a_path_is_not_logged), T(look_ups_are_counted), T(look_ups_are_strict), T(a_session_ends_when_it_should),
        T(a_session_belongs_to_its_certificate), T(a_commission_is_chosen), T(a_token_is_stored_as_its_hash),
        T(the_log_is_shown_by_region_and_in_stable_pages), T(a_policy_known_is_not_sent_again), T(terms_open_the_door),
        T(a_bundle_is_whole_or_nothing),
        cmocka_unit_test_setup_teardown(no_part_of_a_bundle_survives_a_failing_disk, kit_setup_disk, kit_teardown)};
    return cmocka_run_group_tests_name("server_rules", tests, NULL, NULL);
}
