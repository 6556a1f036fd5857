/* PUT /actions/{id} as a table (R1.4, R1.5): ids, fingerprints, preconditions, sequence numbers, visibility. Before each case Anna has
 * locked Alva's login with ID1, number 1. Each request is sent twice: what is stored must come again byte for byte and marked, what is not
 * stored must be judged anew. Every request is exactly one event, and none but the expected ones changes anything. */
#include "server_kit.h"

#define DEV  "0190a1b2-0000-7000-8000-0000000000d1"
#define DEV2 "0190a1b2-0000-7000-8000-0000000000d2"
#define ID1  "0190a1b2-0000-7000-8000-000000000001"
#define ID2  "0190a1b2-0000-7000-8000-000000000002"
#define FULL(kind, subject, params, at, dev, seq) "{\"kind\":\"" kind "\",\"subject\":\"" subject "\",\"params\":{" params "},\"reason\":\"r\"," \
    "\"performedAt\":\"" at "\",\"offline\":false,\"device\":\"" dev "\",\"seq\":" seq "}"
#define NOON "2026-03-02T09:59:00Z"
#define ACT(kind, params, seq) FULL(kind, "$A", params, NOON, DEV, seq)
#define LOCK  ACT("login.lock", "", "1")
#define SEAL  ACT("record.seal", "\"scope\":\"account\"", "2")
#define BLOCK ACT("guardian.block", "\"guardian\":\"Bo Ek\"", "2")
#define UNLOCK(at) FULL("login.unlock", "$A", "\"restriction\":\"" ID1 "\",\"childChecked\":\"yes\"", at, DEV, "2")

struct kase {
    const char *name;
    enum kit_who who;
    const char *id, *body, *match;       /* match: "cur", "old" (before ID1) or as it stands */
    int status;
    const char *problem;                 /* NULL: done */
    bool first, stored;                  /* first: already a repeat the first time · stored: the second time is one */
    int restrictions;                    /* of Alva afterwards */
};
#define YES true
#define NO false

static const struct kase CASES[] = {
    /* the id */
    {"another shape of id", ANNA, "abc", SEAL, "cur", 400, "bad-id", NO, NO, 1},
    {"an id in capitals", ANNA, "0190A1B2-0000-7000-8000-000000000002", SEAL, "cur", 400, "bad-id", NO, NO, 1},
    {"an id without hyphens", ANNA, "0190a1b2000070008000000000000002", SEAL, "cur", 400, "bad-id", NO, NO, 1},
    {"an id one short", ANNA, "0190a1b2-0000-7000-8000-00000000000", SEAL, "cur", 400, "bad-id", NO, NO, 1},
    {"an id one long", ANNA, "0190a1b2-0000-7000-8000-0000000000022", SEAL, "cur", 400, "bad-id", NO, NO, 1},
    {"an id of other letters", ANNA, "0190a1b2-0000-7000-8000-00000000000z", SEAL, "cur", 400, "bad-id", NO, NO, 1},
    {"an escaped id", ANNA, "%30190a1b2-0000-7000-8000-00000000002", SEAL, "cur", 400, "bad-id", NO, NO, 1},
    {"a bad id before a bad body", ANNA, "abc", "{", "cur", 400, "bad-id", NO, NO, 1},
    /* the body */
    {"not JSON", ANNA, ID2, "{", "cur", 400, "bad-request", NO, NO, 1},
    {"not an object", ANNA, ID2, "[]", "cur", 400, "bad-request", NO, NO, 1},
    {"an empty body", ANNA, ID2, "", "cur", 400, "bad-request", NO, NO, 1},
    {"a key twice", ANNA, ID2, "{\"kind\":\"record.seal\",\"kind\":\"record.seal\"}", "cur", 400, "bad-request", NO, NO, 1},
    {"something behind it", ANNA, ID2, SEAL "x", "cur", 400, "bad-request", NO, NO, 1},
    {"an unknown kind", ANNA, ID2, ACT("record.burn", "", "2"), "cur", 422, "invalid", NO, NO, 1},
    {"an unknown member", ANNA, ID2, "{\"kind\":\"login.lock\",\"extra\":1}", "cur", 422, "invalid", NO, NO, 1},
    {"an unknown field", ANNA, ID2, ACT("record.seal", "\"color\":\"red\"", "2"), "cur", 422, "invalid", NO, NO, 1},
    {"no sequence number", ANNA, ID2, ACT("record.seal", "\"scope\":\"account\"", "0"), "cur", 422, "invalid", NO, NO, 1},
    {"a field of a wrong value", ANNA, ID2, ACT("record.seal", "\"scope\":\"galaxy\"", "2"), "cur", 422, "invalid", NO, YES, 1},
    {"a field without what it needs", ANNA, ID2, ACT("record.seal", "\"scope\":\"unit\"", "2"), "cur", 422, "invalid", NO, YES, 1},
    /* the same id again */
    {"the same again", ANNA, ID1, LOCK, "old", 200, NULL, YES, YES, 1},
    {"the same with the tag of now", ANNA, ID1, LOCK, "cur", 200, NULL, YES, YES, 1},
    {"the same without a tag", ANNA, ID1, LOCK, "", 200, NULL, YES, YES, 1},
    {"the same with other blanks and order", ANNA, ID1, "{ \"seq\":1, \"device\":\"" DEV "\", \"offline\":false,\"performedAt\":\"" NOON
        "\",\"reason\":\"r\",\"params\":{ },\"subject\":\"$A\",\"kind\":\"login.lock\"}", "old", 200, NULL, YES, YES, 1},
    {"the same id, another kind", ANNA, ID1, SEAL, "cur", 422, "id-reused", NO, NO, 1},
    {"the same id, another reason", ANNA, ID1, "{\"kind\":\"login.lock\",\"subject\":\"$A\",\"params\":{},\"reason\":\"other\",\"performedAt\":\"" NOON
        "\",\"offline\":false,\"device\":\"" DEV "\",\"seq\":1}", "cur", 422, "id-reused", NO, NO, 1},
    {"the same id, another subject", ANNA, ID1, FULL("login.lock", "$B", "", NOON, DEV, "1"), "cur", 422, "id-reused", NO, NO, 1},
    {"the same id, another time", ANNA, ID1, FULL("login.lock", "$A", "", "2026-03-02T09:59:01Z", DEV, "1"), "cur", 422, "id-reused", NO, NO, 1},
    {"the same id, another number", ANNA, ID1, ACT("login.lock", "", "2"), "cur", 422, "id-reused", NO, NO, 1},
    {"the same id, another device", ANNA, ID1, FULL("login.lock", "$A", "", NOON, DEV2, "1"), "cur", 422, "id-reused", NO, NO, 1},
    {"the same id, another person", PIA, ID1, LOCK, "old", 422, "id-reused", NO, NO, 1},
    {"the same id, a person of another region", OLLE, ID1, LOCK, "cur", 422, "id-reused", NO, NO, 1},
    /* If-Match */
    {"no tag", ANNA, ID2, SEAL, "", 428, "precondition-required", NO, NO, 1},
    {"a tag without quotes", ANNA, ID2, SEAL, "abc", 400, "bad-request", NO, NO, 1},
    {"a weak tag", ANNA, ID2, SEAL, "W/\"abc\"", 400, "bad-request", NO, NO, 1},
    {"two tags", ANNA, ID2, SEAL, "\"a\",\"b\"", 400, "bad-request", NO, NO, 1},
    {"an old tag", ANNA, ID2, SEAL, "old", 412, "stale", NO, YES, 1},
    {"a tag that never was", ANNA, ID2, SEAL, "\"never\"", 412, "stale", NO, YES, 1},
    {"an empty tag", ANNA, ID2, SEAL, "\"\"", 412, "stale", NO, YES, 1},
    {"the tag of now", ANNA, ID2, SEAL, "cur", 200, NULL, NO, YES, 2},
    {"any tag, to protect", ANNA, ID2, SEAL, "*", 200, NULL, NO, YES, 2},
    {"any tag, to block", ANNA, ID2, BLOCK, "*", 200, NULL, NO, YES, 2},
    {"any tag, to open", ANNA, ID2, UNLOCK(NOON), "*", 428, "precondition-required", NO, NO, 1},
    /* the sequence */
    {"a number used before", ANNA, ID2, ACT("record.seal", "\"scope\":\"account\"", "1"), "cur", 409, "sequence-reused", NO, NO, 1},
    {"a number used before, other device", ANNA, ID2, FULL("record.seal", "$A", "\"scope\":\"account\"", NOON, DEV2, "1"), "cur", 200, NULL, NO, YES, 2},
    {"a number used before by another", PIA, ID2, ACT("record.seal", "\"scope\":\"account\"", "1"), "cur", 200, NULL, NO, YES, 2},
    {"a gap", ANNA, ID2, ACT("record.seal", "\"scope\":\"account\"", "77"), "cur", 200, NULL, NO, YES, 2},
    /* visibility */
    {"an unknown citizen", ANNA, ID2, FULL("record.seal", "$X", "\"scope\":\"account\"", NOON, DEV, "2"), "*", 404, "not-available", NO, YES, 1},
    {"a hidden citizen", ANNA, ID2, FULL("record.seal", "$D", "\"scope\":\"account\"", NOON, DEV, "2"), "*", 404, "not-available", NO, YES, 1},
    {"a hidden citizen, for one who may", PIA, ID2, FULL("record.seal", "$D", "\"scope\":\"account\"", NOON, DEV, "2"), "*", 200, NULL, NO, YES, 1},
    /* role, region, rules, age */
    {"no role", STEN, ID2, SEAL, "cur", 403, "not-permitted", NO, YES, 1},
    {"terms not accepted", NILS, ID2, SEAL, "cur", 403, "not-permitted", NO, YES, 1},
    {"another region's lock", ANNA, ID2, ACT("login.lock", "\"region\":\"syd\"", "2"), "cur", 403, "not-permitted", NO, YES, 1},
    {"the other region's own lock", OLLE, ID2, ACT("login.lock", "", "2"), "cur", 200, NULL, NO, YES, 2},
    {"already locked", ANNA, ID2, ACT("login.lock", "", "2"), "cur", 422, "rule", NO, YES, 1},
    {"an unknown region", ANNA, ID2, ACT("login.lock", "\"region\":\"mars\"", "2"), "cur", 422, "rule", NO, YES, 1},
    {"a block of nobody's guardian", ANNA, ID2, ACT("guardian.block", "\"guardian\":\"Dan Dold\"", "2"), "cur", 422, "rule", NO, YES, 1},
    {"opening, freshly decided", ANNA, ID2, UNLOCK(NOON), "cur", 200, NULL, NO, YES, 1},
    {"opening, decided too long ago", ANNA, ID2, UNLOCK("2026-03-02T05:00:00Z"), "cur", 422, "rule", NO, NO, 1},
    {"protecting, decided long ago", ANNA, ID2, FULL("record.seal", "$A", "\"scope\":\"account\"", "2025-01-02T05:00:00Z", DEV, "2"), "cur", 200, NULL, NO, YES, 2},
    /* no session */
    {"nobody signed in", LONA, ID2, SEAL, "cur", 401, "sign-in", NO, NO, 1},
    {"not staff", STRANGER, ID2, SEAL, "cur", 403, "unknown-staff", NO, NO, 1},
};
enum { N_CASES = sizeof CASES / sizeof *CASES };

static char alva[SG_ID_MAX], old_tag[SG_ETAG_MAX + 4], cur_tag[SG_ETAG_MAX + 4], first_body[4096];

/* $A $B $D $X stand for Alva, Bo, Dan and nobody. */
static void expand(char *dst, size_t cap, const char *src)
{
    char id[SG_ID_MAX];
    size_t n = 0;
    for (; *src && n + SG_ID_MAX < cap; src++) {
        if (*src != '$') { dst[n++] = *src; continue; }
        src++;
        if (*src == 'X') SG_COPY(id, "0190a1b2-0000-7000-8000-00000000ffff");
        else kit_citizen_id(*src == 'A' ? ALVA : *src == 'B' ? BO : DAN, id);
        memcpy(dst + n, id, strlen(id));
        n += strlen(id);
    }
    dst[n] = '\0';
}

static int put(enum kit_who who, const char *id, const char *body, const char *match)
{
    char path[96], text[2048];
    snprintf(path, sizeof path, "/actions/%s", id);
    expand(text, sizeof text, body);
    const char *m = strcmp(match, "cur") == 0 ? cur_tag : strcmp(match, "old") == 0 ? old_tag : match;
    return kit_send(&(struct kit_ask){.who = who, .method = SG_PUT, .path = path, .if_match = m, .body = text});
}

static void tag_of(const char *id, char tag[SG_ETAG_MAX + 4])
{
    struct sg_citizen c;
    assert_int_equal(sg_dir_citizen(&kit_core->db, id, kit_wall_ms, &c, NULL), SG_E_OK);
    snprintf(tag, SG_ETAG_MAX + 4, "\"%s\"", c.etag);
    sg_citizen_free(&c);
}

static int restrictions_of(const char *id)
{
    int64_t n = 0;
    assert_int_equal(sg_db_number(&kit_core->db, sg_db_query(&kit_core->db, SG_SQL_RESTRICTION_COUNT, "t", id), &n), SG_E_OK);
    return (int)n;
}

static void prepare(void)
{
    assert_int_equal(kit_setup_on(NULL), 0);
    kit_citizen_id(ALVA, alva);
    tag_of(alva, old_tag);
    assert_int_equal(put(ANNA, ID1, LOCK, "old"), 200);
    snprintf(first_body, sizeof first_body, "%s", kit_body());
    tag_of(alva, cur_tag);
    assert_string_equal(kit_reply.etag, cur_tag);
    assert_string_not_equal(old_tag, cur_tag);
}

static bool as_expected(const struct kase *k, int status, bool repeat)
{
    bool ok = status == k->status && kit_reply.replayed == repeat;
    if (k->problem) ok = ok && kit_problem(k->problem) && strcmp(kit_reply.content_type, "application/problem+json; charset=utf-8") == 0;
    else ok = ok && kit_says("\"outcome\":\"done\"") && kit_reply.etag[0] == '"';
    return ok && restrictions_of(alva) == k->restrictions;
}

static bool run(const struct kase *k)
{
    static char once[16384];
    prepare();
    int64_t events = kit_events();
    bool ok = as_expected(k, put(k->who, k->id, k->body, k->match), k->first);
    struct sg_event ev = kit_last();
    const char *outcome = !k->problem ? "done" : k->status == 412 ? "conflict" : "refused";
    ok = ok && kit_events() == events + 1 && strcmp(ev.outcome, outcome) == 0;
    if (k->first) ok = ok && strcmp(kit_body(), first_body) == 0 && strcmp(ev.kind, "action.repeat") == 0;
    snprintf(once, sizeof once, "%s", kit_body());
    if (!ok) fprintf(stderr, "  %s: %d %s\n", k->name, kit_reply.status, kit_body());
    ok = ok && as_expected(k, put(k->who, k->id, k->body, k->match), k->stored) && kit_events() == events + 2;
    if (k->stored) ok = ok && strcmp(kit_body(), once) == 0;
    if (!ok) fprintf(stderr, "  %s, again: %d %s\n", k->name, kit_reply.status, kit_body());
    kit_end();
    return ok;
}

static void the_table(void **state)
{
    (void)state;
    int bad = 0;
    for (int i = 0; i < N_CASES; i++) bad += !run(&CASES[i]);
    printf("%d cases\n", (int)N_CASES);
    assert_true(N_CASES >= 40);
    assert_int_equal(bad, 0);
}

/* R1.3: an outcome does not expire, not with years and not with restarts. */
static void an_outcome_stays(void **state)
{
    (void)state;
    prepare();
    for (int year = 1; year <= 5; year++) {
        sg_core_close(kit_core);
        kit_wall_ms += INT64_C(366) * 86400000;
        kit_open_core(NULL);
        assert_int_equal(kit_sign_in(ANNA), 200);
        assert_int_equal(put(ANNA, ID1, LOCK, "old"), 200);
        assert_true(kit_reply.replayed);
        assert_string_equal(kit_body(), first_body);
    }
    kit_end();
}

static int withdraw(enum kit_who who, const char *id, const char *body)
{
    char path[96];
    snprintf(path, sizeof path, "/actions/%s/withdrawal", id);
    return kit_send(&(struct kit_ask){.who = who, .method = SG_PUT, .path = path, .body = body});
}
#define GONE(seq) "{\"device\":\"" DEV "\",\"seq\":" seq "}"

/* R1.6: what was withdrawn is not carried out by a copy of it that comes later, whatever has become of its sender, years, restarts. */
static void r1_6_a_late_copy_of_what_was_withdrawn(void **state)
{
    (void)state;
    prepare();
    assert_int_equal(withdraw(ANNA, ID2, GONE("2")), 410);
    assert_true(kit_problem("withdrawn") && !kit_reply.replayed && kit_says("\"outcome\":\"refused\""));
    assert_true(strcmp(kit_last().kind, "action.withdraw") == 0 && strcmp(kit_last().outcome, "done") == 0 && strcmp(kit_last().action_id, ID2) == 0);
    snprintf(first_body, sizeof first_body, "%s", kit_body());
    assert_int_equal(put(ANNA, ID2, SEAL, "cur"), 410);
    assert_true(kit_reply.replayed);
    assert_string_equal(kit_body(), first_body);
    assert_int_equal(restrictions_of(alva), 1);
    assert_int_equal(withdraw(ANNA, ID2, GONE("2")), 410);
    assert_string_equal(kit_body(), first_body);
    sg_core_close(kit_core);
    kit_wall_ms += INT64_C(400) * 86400000;
    kit_open_core(NULL);
    assert_int_equal(kit_sign_in(ANNA), 200);
    assert_int_equal(put(ANNA, ID2, SEAL, "cur"), 410);
    assert_int_equal(kit_get(ANNA, "/actions/" ID2), 410);
    assert_string_equal(kit_body(), first_body);
    assert_int_equal(restrictions_of(alva), 1);
    kit_end();
}

/* What has ended is not withdrawn but told; nobody withdraws another's; and the number is taken as an action's would be. */
static void withdrawing_what_has_ended_or_is_another_s(void **state)
{
    (void)state;
    prepare();
    assert_int_equal(withdraw(ANNA, ID1, GONE("1")), 200);
    assert_true(kit_reply.replayed);
    assert_string_equal(kit_body(), first_body);
    assert_int_equal(withdraw(OLLE, ID1, GONE("1")), 422);
    assert_true(kit_problem("id-reused"));
    assert_int_equal(withdraw(ANNA, ID2, GONE("1")), 409);
    assert_true(kit_problem("sequence-reused"));
    assert_int_equal(withdraw(ANNA, ID2, GONE("0")), 422);
    assert_int_equal(withdraw(ANNA, ID2, "{\"device\":\"x\",\"seq\":2}"), 422);
    assert_int_equal(withdraw(ANNA, ID2, "{\"device\":\"" DEV "\",\"seq\":2,\"why\":\"\"}"), 422);
    assert_int_equal(withdraw(ANNA, "abc", GONE("2")), 400);
    assert_int_equal(put(ANNA, ID2, SEAL, "cur"), 200);                     /* none of these withdrew it */
    assert_int_equal(withdraw(OLLE, "0190a1b2-0000-7000-8000-000000000003", GONE("3")), 410);
    assert_int_equal(put(ANNA, "0190a1b2-0000-7000-8000-000000000003", ACT("login.lock", "", "3"), "cur"), 422);
    assert_true(kit_problem("id-reused"));
    kit_end();
}

static void one_may_read_ones_own_outcome_only(void **state)
{
    (void)state;
    prepare();
    assert_int_equal(kit_get(ANNA, "/actions/" ID1), 200);
    assert_string_equal(kit_body(), first_body);
    assert_int_equal(kit_get(OLLE, "/actions/" ID1), 404);
    assert_false(kit_says("restriction"));
    assert_int_equal(kit_get(ANNA, "/actions/" ID2), 404);
    kit_end();
}

static void gaps_are_counted(void **state)
{
    (void)state;
    prepare();
    assert_int_equal(put(ANNA, ID2, ACT("record.seal", "\"scope\":\"account\"", "5"), "*"), 200);
    assert_int_equal(kit_get(ANNA, "/devices/" DEV), 200);
    assert_string_equal(kit_body(), "{\"device\":\"" DEV "\",\"lastSeq\":5,\"missing\":3}");
    assert_int_equal(kit_send(&(struct kit_ask){.who = ANNA, .method = SG_GET, .path = "/devices/" DEV, .query = "from=1"}), 200);
    assert_string_equal(kit_body(), "{\"device\":\"" DEV "\",\"lastSeq\":5,\"missing\":3,\"done\":\"1 5\"}");
    assert_int_equal(kit_send(&(struct kit_ask){.who = ANNA, .method = SG_GET, .path = "/devices/" DEV, .query = "from=2"}), 200);
    assert_true(kit_says("\"done\":\"5\""));
    assert_int_equal(kit_send(&(struct kit_ask){.who = ANNA, .method = SG_GET, .path = "/devices/" DEV, .query = "from=6"}), 200);
    assert_true(kit_says("\"done\":\"\""));
    assert_int_equal(kit_send(&(struct kit_ask){.who = ANNA, .method = SG_GET, .path = "/devices/" DEV, .query = "from=x"}), 422);
    assert_int_equal(kit_get(OLLE, "/devices/" DEV), 200);
    assert_true(kit_says("\"lastSeq\":0"));
    kit_end();
}

/* A refused action leaves its number free only when nothing was stored. */
static void what_was_turned_away_may_come_again(void **state)
{
    (void)state;
    prepare();
    assert_int_equal(put(ANNA, ID2, UNLOCK("2026-03-02T05:00:00Z"), "cur"), 422);
    assert_true(kit_says("stale-widening"));
    assert_int_equal(put(ANNA, ID2, UNLOCK("2026-03-02T09:58:00Z"), "cur"), 200);       /* confirmed again: same id, same number */
    assert_false(kit_reply.replayed);
    kit_end();
}

static void a_conflict_tells_what_is_there_now(void **state)
{
    (void)state;
    prepare();
    assert_int_equal(put(OLLE, ID2, ACT("login.lock", "", "1"), "old"), 412);
    assert_true(kit_says("\"current\":{") && kit_says("\"changedBy\":\"Anna Berg\"") && kit_says("\"changedUnit\":\"BUP Norr\"") && kit_says(ID1));
    assert_false(kit_says("own access"));
    kit_end();
}

/* A full citizen refuses for good; a fault would make the client try for ever. */
static void a_full_citizen_refuses(void **state)
{
    (void)state;
    struct sg_restriction r = {.kind = SG_R_LOGIN_LOCK, .state = SG_RS_LIFTED};
    prepare();
    for (int i = 1; i < SG_RESTRICTIONS_MAX; i++) {
        snprintf(r.id, sizeof r.id, "full-%d", i);
        assert_int_equal(sg_dir_restriction_put(&kit_core->db, alva, &r), SG_E_OK);
    }
    assert_int_equal(put(ANNA, ID2, SEAL, "cur"), 422);
    assert_true(kit_problem("invalid") && strcmp(kit_last().outcome, "refused") == 0);
    assert_int_equal(restrictions_of(alva), SG_RESTRICTIONS_MAX);
    kit_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_table), cmocka_unit_test(an_outcome_stays), cmocka_unit_test(r1_6_a_late_copy_of_what_was_withdrawn),
        cmocka_unit_test(withdrawing_what_has_ended_or_is_another_s), cmocka_unit_test(one_may_read_ones_own_outcome_only),
        cmocka_unit_test(gaps_are_counted), cmocka_unit_test(what_was_turned_away_may_come_again), cmocka_unit_test(a_conflict_tells_what_is_there_now), cmocka_unit_test(a_full_citizen_refuses)};
    return cmocka_run_group_tests_name("server_idempotency", tests, NULL, NULL);
}
