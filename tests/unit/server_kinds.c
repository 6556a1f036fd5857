/* R2.12: every kind of event that is declared (event.def and action.def) is triggered here by what it stands for in life, and nothing else
 * is ever written. A kind without a trigger fails. */
#include "server_witness.h"
#include "model/event.h"
#include "server/admin.h"
#include "server/outage.h"

static char alva[SG_ID_MAX];

static void as(enum kit_who who, enum sg_method m, const char *path, const char *query, const char *body, int status)
{
    int got = kit_send(&(struct kit_ask){.who = who, .method = m, .path = path, .query = query, .body = body});
    if (got != status) fail_msg("%s %s: %d, not %d: %s", sg_method_name(m), path, got, status, kit_body());
}
static void read_one(enum kit_who who, const char *what, int status)
{
    char path[128];
    snprintf(path, sizeof path, "/citizens/%s%s", alva, what);
    as(who, SG_GET, path, "", NULL, status);
}

/* An act of each kind; most are refused for their fields, which is an event of the kind as well. */
static void every_act(void)
{
    for (int k = 0; k < SG_ACT_COUNT; k++) {
        char path[64], body[512];
        snprintf(path, sizeof path, "/actions/0190a1b2-0000-7000-8000-%012d", k + 1);
        snprintf(body, sizeof body, "{\"kind\":\"%s\",\"subject\":\"%s\",%s,\"reason\":\"r\",\"performedAt\":\"2026-03-02T10:00:00Z\","
                                    "\"device\":\"0190a1b2-0000-7000-8000-0000000000dd\",\"seq\":%d}", sg_action_def((enum sg_action_kind)k)->name, alva,
                 k == SG_ACT_CITIZEN_PROTECT ? "\"parts\":[{\"kind\":\"record.seal\",\"params\":{\"scope\":\"account\"}}]" : "\"params\":{}", k + 1);
        (void)kit_send(&(struct kit_ask){.who = ANNA, .method = SG_PUT, .path = path, .if_match = "*", .body = body});
    }
    as(ANNA, SG_PUT, "/actions/0190a1b2-0000-7000-8000-0000000000ff", "", "{\"kind\":\"no.such\"}", 422);
}

static void reads(void)
{
    char body[256];
    as(ANNA, SG_POST, "/citizen-lookups", "", "{\"personalIdentityNumber\":\"" ALVA "\",\"purpose\":\"care\"}", 200);
    read_one(ANNA, "", 200);
    read_one(ANNA, "/access", 200);
    read_one(ANNA, "/restrictions", 200);
    read_one(ANNA, "/events", 200);
    read_one(NAT, "/extract", 200);
    as(NAT, SG_GET, "/events", "", NULL, 200);
    as(NAT, SG_GET, "/events/density", "", NULL, 200);
    as(RITA, SG_GET, "/events/sample", "", NULL, 200);
    as(NAT, SG_GET, "/events/export", "", NULL, 200);
    as(ANNA, SG_POST, "/preparations", "", "{\"purpose\":\"care\"}", 200);
    snprintf(body, sizeof body, "{\"kind\":\"record.seal\",\"subject\":\"%s\",\"params\":{\"scope\":\"account\"}}", alva);
    (void)kit_post(ANNA, "/action-previews", body);
}

/* What is an event only when it is refused: nobody signed in, no such thing. */
static void refusals(void)
{
    as(STRANGER, SG_GET, "/me", "", NULL, 403);
    kit_token[OLLE][0] = '\0';
    as(OLLE, SG_GET, "/me", "", NULL, 401);
    as(OLLE, SG_GET, "/policy", "", NULL, 401);
    as(OLLE, SG_POST, "/offline-reads", "", "{}", 401);
    as(OLLE, SG_GET, "/changes", "", NULL, 401);
    as(OLLE, SG_GET, "/service-level", "", NULL, 401);
    as(OLLE, SG_GET, "/devices/0190a1b2-0000-7000-8000-0000000000dd", "", NULL, 401);
    as(OLLE, SG_GET, "/logs", "", NULL, 401);
    static const char *const of_log[] = {"checkpoint", "consistency", "inclusion", "leaves", "entries"};
    for (size_t i = 0; i < sizeof of_log / sizeof *of_log; i++) {
        char path[64];
        snprintf(path, sizeof path, "/logs/no-such-log/%s", of_log[i]);
        as(NAT, SG_GET, path, "", NULL, 404);
    }
    as(INGA, SG_POST, "/sessions", "", "{\"client\":\"t\"}", 403);                 /* in the directory, and no more at work */
    as(LONA, SG_POST, "/sessions", "", "{\"client\":\"t\"}", 403);                 /* no commission */
    SG_COPY(kit_peer[STRANGER].hsa, "SE2321000016-9999");
    kit_peer[STRANGER].certified = true;
    as(STRANGER, SG_GET, "/me", "", NULL, 403);                                   /* a good certificate of nobody who works here */
    kit_peer[STRANGER].certified = false;
    as(STRANGER, SG_GET, "/me", "", NULL, 403);
    SG_COPY(kit_token[OLLE], kit_token[STEN]);
    as(OLLE, SG_GET, "/me", "", NULL, 401);                                       /* somebody else's session */
    kit_token[OLLE][0] = '\0';
    as(ANNA, SG_GET, "/nothing", "", NULL, 404);
}

static void outcomes(void)
{
    char path[96], body[256], id[SG_UUID_MAX];
    snprintf(body, sizeof body, "{\"kind\":\"login.lock\",\"subject\":\"%s\",\"params\":{},\"reason\":\"r\",\"performedAt\":\"2026-03-02T10:00:00Z\","
                                "\"device\":\"0190a1b2-0000-7000-8000-0000000000de\",\"seq\":1}", alva);
    struct kit_ask put = {.who = STEN, .method = SG_PUT, .path = "/actions/0190a1b2-0000-7000-8000-0000000000e1", .if_match = "*", .body = body};
    (void)kit_send(&put);
    SG_COPY(id, kit_last().id);
    (void)kit_send(&put);                                                      /* action.repeat */
    (void)kit_get(STEN, put.path);                                             /* action.read */
    put.path = "/actions/0190a1b2-0000-7000-8000-0000000000e2/withdrawal";
    put.body = "{\"device\":\"0190a1b2-0000-7000-8000-0000000000de\",\"seq\":2}";
    (void)kit_send(&put);                                                      /* action.withdraw */
    snprintf(path, sizeof path, "/events/%s/proof", id);
    as(STEN, SG_GET, path, "", NULL, 200);
    if (sg_eq(kit_last().kind, "log.proof")) fail_msg("the proof of an own act is an event");
    as(NAT, SG_GET, path, "", NULL, 200);
    assert_string_equal(kit_last().kind, "log.proof");
    assert_string_equal(kit_last().subject, alva);
    for (int i = 0; i < 12; i++) (void)kit_post(PIA, "/citizen-lookups", "{\"personalIdentityNumber\":\"" ALVA "\",\"purpose\":\"care\"}");
    assert_int_equal(kit_reply.status, 429);
}

static enum sg_err allow(void *ctx, const char *origin, struct sg_error *e)
{
    (void)ctx; (void)e;
    return sg_sign_epoch(&kit_book, origin);
}

static enum sg_err silent(void *ctx, const struct sg_sign_ask *ask, struct sg_sign_answer *out)
{
    (void)ctx; (void)ask; (void)out;
    return SG_E_OFFLINE;
}
/* A signer that is away for a while; the service's own life; a day later nobody's session is good. */
static void service_s(void)
{
    struct sg_signer real = kit_core->signer;
    kit_core->signer.ask = silent;
    read_one(ANNA, "", 200);
    kit_mono_ms += 2000;
    read_one(ANNA, "", 200);
    kit_core->signer = real;
    kit_mono_ms += 2000;
    read_one(ANNA, "", 200);
    assert_int_equal(sg_core_note(kit_core, "service.start"), SG_E_OK);
    assert_int_equal(sg_core_note(kit_core, "service.stop"), SG_E_OK);
    kit_wall_ms += INT64_C(86400000);
    as(NILS, SG_GET, "/me", "", NULL, 401);
    for (int i = 0; i < KIT_PEOPLE; i++)
        if (i != INGA && i != LONA && i != STRANGER) assert_int_equal(kit_sign_in((enum kit_who)i), 200);
}

static void outages(void)
{
    struct sg_error e = {0};
    char database[] = "--database", from[] = "2026-03-01T10:00:00Z", over[] = "--end", to[] = "2026-03-01T11:00:00Z";
    char kind[] = "--kind", planned[] = "planned", begins[] = "2999-06-01T20:00:00Z", ends[] = "2999-06-01T21:00:00Z", cancel[] = "--cancel";
    char *add[] = {database, kit_db, from}, *end[] = {database, kit_db, over, to};
    char *plan[] = {database, kit_db, kind, planned, begins, ends}, *not_so[] = {database, kit_db, cancel, begins};
    if (sg_outage_command(6, plan, &e) != SG_E_OK || sg_outage_command(4, not_so, &e) != SG_E_OK) fail_msg("%s: %s", e.where, e.detail);
    if (sg_outage_command(3, add, &e) != SG_E_OK) fail_msg("%s: %s", e.where, e.detail);
    if (sg_outage_command(4, end, &e) != SG_E_OK) fail_msg("%s: %s", e.where, e.detail);
    static const char terms[] = "{\"type\":\"policy\",\"termsVersion\":\"1\",\"termsText\":\"Terms\"}\n"
        "{\"type\":\"restriction\",\"citizen\":\"" BO "\",\"kind\":\"login.lock\",\"region\":\"norr\",\"registeredAt\":\"2026-01-02T03:04:05Z\"}\n";
    assert_int_equal(kit_import(terms, &e), SG_E_OK);
}

/* The operator's: an erasure of what is old, and a restored database. */
static void operator_s(void)
{
    struct sg_error e = {0};
    struct sg_core *c = kit_core;
    struct sg_date d;
    int64_t n = 0;
    struct sg_restored how = {.signer = kit_signer(), .epoch = allow};
    assert_int_equal(kit_get(ANNA, "/logs"), 200);
    kit_wall_ms += INT64_C(6) * 366 * 86400000;
    assert_true(sg_date_parse("2026-06-01", &d));
    assert_int_equal(sg_admin_erase(&c->db, c->log, &c->clock, &c->random, d, 5, &n, &e), SG_E_OK);
    kit_book.row[0].root.b[0] ^= 1;                                            /* the signer has seen another log */
    sg_evlog_forget(c->log);
    assert_int_equal(sg_admin_restored(&c->db, c->log, &c->clock, &c->random, &how, &e), SG_E_OK);
}

/* A witness that has seen another log, one that is well again, and one that is gone. */
static void witnesses(void)
{
    char note[SG_CHECKPOINT_MAX];
    feed_begin();
    begin_feed(0, 1);
    struct sg_checkpoint c = until_size(signed_size(), note);
    witness_down();
    struct sg_signed real = *sg_sign_last(&w.store.book, c.origin), other = real;
    other.root.b[0] ^= 1;
    assert_int_equal(sg_sign_put(&w.store.book, &other), SG_E_OK);
    witness_up();
    read_one(ANNA, "", 200);
    (void)signed_size();
    until_kind("witness.refused", 1);
    witness_down();
    assert_int_equal(sg_sign_put(&w.store.book, &real), SG_E_OK);
    witness_up();
    until_kind("witness.back", 1);
    witness_down();
    read_one(ANNA, "", 200);
    (void)signed_size();
    until_kind("witness.silent", 1);
    feed_end();
}

static bool written(const char *kind)
{
    sqlite3_stmt *st = NULL;
    assert_int_equal(sqlite3_prepare_v2(kit_core->db.h, "SELECT 1 FROM event WHERE kind = ?1", -1, &st, NULL), SQLITE_OK);
    sqlite3_bind_text(st, 1, kind, -1, SQLITE_STATIC);
    bool yes = sqlite3_step(st) == SQLITE_ROW;
    sqlite3_finalize(st);
    return yes;
}

static void r2_12_every_kind_has_its_trigger(void **state)
{
    (void)state;
    int kinds = 0, missing = 0;
    kit_citizen_id(ALVA, alva);
    every_act();
    reads();
    refusals();
    outcomes();
    witnesses();
    service_s();
    outages();
    as(RITA, SG_DELETE, "/sessions/current", "", NULL, 200);
    operator_s();
    for (int i = 0; i < SG_EV_COUNT; i++, kinds++) {
        if (written(sg_event_def((enum sg_event_kind)i)->kind)) continue;
        print_error("no trigger: %s\n", sg_event_def((enum sg_event_kind)i)->kind);
        missing++;
    }
    for (int k = 0; k < SG_ACT_COUNT; k++, kinds++) {
        if (written(sg_action_def((enum sg_action_kind)k)->name)) continue;
        print_error("no trigger: %s\n", sg_action_def((enum sg_action_kind)k)->name);
        missing++;
    }
    assert_int_equal(missing, 0);
    print_message("%d kinds\n", kinds);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(r2_12_every_kind_has_its_trigger, kit_setup, kit_teardown)};
    return cmocka_run_group_tests_name("server_kinds", tests, NULL, NULL);
}
