/* The log's disk is full, fails to write, or does not confirm: on every route nothing is read out, nothing is done, the answer says why, and
 * once the disk is well the same request is served. And what is left afterwards is a log whose tree is whole. */
#include "server_kit.h"
#include "server/evlog_inside.h"

#define AID "0190a1b2-0000-7000-8000-00000000ab01"
#define DEV "0190a1b2-0000-7000-8000-0000000000dd"
static char alva[SG_ID_MAX], path[160], body[512], event_id[SG_UUID_MAX];
static int round_;

/* Who may, and whether a success is an event: what holds personal data always is. */
static const struct { enum kit_who who; bool event; const char *query; } ROUTES[SG_EP_COUNT] = {
    [SG_EP_SESSION_CREATE] = {ANNA, true, ""}, [SG_EP_SESSION_DELETE] = {OLLE, true, ""}, [SG_EP_ME] = {ANNA, false, ""},
    [SG_EP_POLICY] = {ANNA, false, ""}, [SG_EP_LOOKUP] = {ANNA, true, ""}, [SG_EP_CITIZEN] = {ANNA, true, ""}, [SG_EP_ACCESS] = {ANNA, true, ""},
    [SG_EP_RESTRICTIONS] = {ANNA, true, ""}, [SG_EP_CITIZEN_EVENTS] = {ANNA, true, ""}, [SG_EP_ACTION_PUT] = {ANNA, true, ""},
    [SG_EP_ACTION_GET] = {ANNA, true, ""}, [SG_EP_ACTION_WITHDRAW] = {ANNA, true, ""}, [SG_EP_ACTION_PREVIEW] = {ANNA, true, ""}, [SG_EP_EVENTS] = {NAT, true, ""},
    [SG_EP_EVENTS_DENSITY] = {NAT, true, "buckets=5"}, [SG_EP_EVENTS_SAMPLE] = {RITA, true, ""}, [SG_EP_EVENTS_EXPORT] = {NAT, true, ""},
    [SG_EP_EXTRACT] = {NAT, true, ""}, [SG_EP_EVENT_PROOF] = {NAT, true, ""}, [SG_EP_LOGS] = {ANNA, false, ""},
    [SG_EP_LOG_CHECKPOINT] = {ANNA, false, ""}, [SG_EP_LOG_CONSISTENCY] = {ANNA, false, "from=0"}, [SG_EP_LOG_INCLUSION] = {ANNA, false, "index=0"},
    [SG_EP_LOG_ENTRIES] = {NAT, true, ""}, [SG_EP_LOG_LEAVES] = {ANNA, false, ""}, [SG_EP_CHANGES] = {ANNA, false, ""}, [SG_EP_DEVICE] = {ANNA, false, ""},
    [SG_EP_PREPARE] = {ANNA, true, ""}, [SG_EP_OFFLINE_READS] = {ANNA, true, ""}, [SG_EP_SERVICE_LEVEL] = {ANNA, false, ""},
};

static struct kit_ask ask_of(enum sg_endpoint ep)
{
    const struct sg_endpoint_def *d = sg_endpoint_def(ep);
    const char *brace = strchr(d->path, '{');
    const char *id = strstr(d->path, "/logs/") ? "se2321000016-p1" : strstr(d->path, "/events/") == d->path ? event_id : strstr(d->path, "/devices/") ? DEV : alva;
    char action[64];
    if (ROUTES[ep].query == NULL) fail_msg("%s: this route has no row here", d->path);
    snprintf(action, sizeof action, "0190a1b2-0000-7000-8000-%012d", ep == SG_EP_ACTION_PUT ? 1000 + round_ : 1);
    if (strstr(d->path, "/actions/")) id = action;
    if (brace) snprintf(path, sizeof path, "%.*s%s%s", (int)(brace - d->path), d->path, id, strchr(brace, '}') + 1);
    else snprintf(path, sizeof path, "%s", d->path);
    snprintf(body, sizeof body, "{\"kind\":\"login.lock\",\"subject\":\"%s\",\"params\":{},\"reason\":\"r\",\"performedAt\":"
                                "\"2026-03-02T10:00:00Z\",\"device\":\"" DEV "\",\"seq\":%d}", alva, 1000 + round_);
    if (ep == SG_EP_LOOKUP) snprintf(body, sizeof body, "{\"personalIdentityNumber\":\"" ALVA "\",\"purpose\":\"care\"}");
    if (ep == SG_EP_ACTION_WITHDRAW) snprintf(body, sizeof body, "{\"device\":\"" DEV "\",\"seq\":1}");
    if (ep == SG_EP_PREPARE) snprintf(body, sizeof body, "{\"purpose\":\"care\"}");
    if (ep == SG_EP_OFFLINE_READS)
        snprintf(body, sizeof body, "{\"reads\":[{\"eventId\":\"0190a1b2-1111-7000-8000-%012d\",\"kind\":\"citizen.read\",\"citizenId\":\"%s\","
                                    "\"performedAt\":\"2026-03-02T09:00:00.000Z\"}]}", round_, alva);
    if (ep == SG_EP_SESSION_CREATE) snprintf(body, sizeof body, "{\"client\":\"test/1\"}");
    bool has_body = d->method == SG_PUT || d->method == SG_POST;
    return (struct kit_ask){.who = ROUTES[ep].who, .method = d->method, .path = path, .query = ROUTES[ep].query,
                            .if_match = ep == SG_EP_ACTION_PUT ? "*" : NULL, .body = has_body ? body : NULL};
}

/* Something to find: an action and its event. */
static void prepare(void)
{
    kit_citizen_id(ALVA, alva);
    snprintf(body, sizeof body, "{\"kind\":\"record.seal\",\"subject\":\"%s\",\"params\":{\"scope\":\"account\"},\"reason\":\"r\",\"performedAt\":"
                                "\"2026-03-02T10:00:00Z\",\"device\":\"" DEV "\",\"seq\":1}", alva);
    assert_int_equal(kit_send(&(struct kit_ask){.who = ANNA, .method = SG_PUT, .path = "/actions/0190a1b2-0000-7000-8000-000000000001", .if_match = "*", .body = body}), 200);
    SG_COPY(event_id, kit_last().id);
}

static int64_t rows(const char *sql)
{
    sqlite3_stmt *st = NULL;
    assert_int_equal(sqlite3_prepare_v2(kit_core->db.h, sql, -1, &st, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(st), SQLITE_ROW);
    int64_t n = sqlite3_column_int64(st, 0);
    sqlite3_finalize(st);
    return n;
}

static bool tells_of_somebody(void)
{
    return kit_says("Alva") || kit_says("Ek") || kit_says(ALVA) || kit_says("Anna Berg") || kit_says(alva) || kit_says("token\":") || kit_says("\"payload\"");
}

static void fails_closed(enum sg_endpoint ep, enum kit_fault fault)
{
    struct kit_ask a = ask_of(ep);
    int64_t events = kit_events(), restrictions = rows("SELECT count(*) FROM restriction"), actions = rows("SELECT count(*) FROM action");
    kit_disk.fault = fault;
    int status = kit_send(&a);
    kit_disk.fault = KIT_NONE;
    if (ROUTES[ep].event || status != 200) {
        if (status != 503 || !kit_problem("log-unavailable")) fail_msg("%s: %d %s", a.path, status, kit_body());
        assert_true(kit_reply.retry_after > 0);
        assert_false(tells_of_somebody());
    }
    assert_int_equal(kit_events(), events);
    assert_int_equal(rows("SELECT count(*) FROM restriction"), restrictions);
    assert_int_equal(rows("SELECT count(*) FROM action"), actions);
}

/* What the disk did not confirm may be there after all, or not: a session that was ended may be ended, an action is answered as stored. */
static void recovers(enum sg_endpoint ep, enum kit_fault fault)
{
    struct kit_ask a = ask_of(ep);
    int64_t events = kit_events();
    int status = kit_send(&a);
    bool ended = fault == KIT_FSYNC && ep == SG_EP_SESSION_DELETE && status == 401;
    if (status != 200 && !ended) fail_msg("%s: %d %s", a.path, status, kit_body());
    bool there = fault == KIT_FSYNC && ep == SG_EP_OFFLINE_READS;             /* and a read that is there is not written twice */
    if (ROUTES[ep].event) assert_true(kit_events() > events || there);
    else assert_int_equal(kit_events(), events);
    if (ep == SG_EP_SESSION_DELETE || ep == SG_EP_SESSION_CREATE) assert_int_equal(kit_sign_in(a.who), 200);
}

/* The tree in memory and the one in the file are the same, and the signer agrees. */
static void is_whole(void)
{
    sg_core_close(kit_core);
    kit_open_core(kit_vfs_name());
    assert_int_equal(kit_get(ANNA, "/logs"), 200);
    assert_false(kit_core->sealed || kit_core->is_unsigned);
}

static void every_route(enum kit_fault fault)
{
    prepare();
    for (int ep = 0; ep < (int)SG_EP_COUNT; ep++) {
        round_++;
        fails_closed((enum sg_endpoint)ep, fault);
        if (fault == KIT_FSYNC && sg_core_dead(kit_core)) is_whole();          /* only a restart brings it back */
        recovers((enum sg_endpoint)ep, fault);
    }
    is_whole();
}

static void r2_4_disk_full(void **state) { (void)state; every_route(KIT_FULL); }
static void r2_4_write_error(void **state) { (void)state; every_route(KIT_IOERR); }
static void r2_4_fsync_not_confirmed(void **state) { (void)state; every_route(KIT_FSYNC); }

/* The signer refuses at run time (the file was changed under the service): nothing more is answered. */
static void a_refusing_signer_seals_the_service(void **state)
{
    (void)state;
    prepare();
    assert_int_equal(kit_get(ANNA, "/logs"), 200);
    for (size_t i = 0; i < kit_book.n; i++) kit_book.row[i].root.b[0] ^= 1;
    kit_citizen_id(ALVA, alva);
    snprintf(path, sizeof path, "/citizens/%s", alva);
    assert_int_equal(kit_get(ANNA, path), 200);
    assert_int_equal(kit_get(ANNA, "/logs"), 503);
    assert_int_equal(kit_get(ANNA, path), 503);
    assert_true(kit_problem("log-unavailable"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, kit_setup_disk, kit_teardown)
        T(r2_4_disk_full), T(r2_4_write_error), T(r2_4_fsync_not_confirmed), T(a_refusing_signer_seals_the_service),
    };
    return cmocka_run_group_tests_name("server_unavailable", tests, NULL, NULL);
}
