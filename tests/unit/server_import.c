/* Import: every bad line is named with its field and leaves nothing behind; good ones may come again. */
#include "server_kit.h"

#define REGION "{\"type\":\"region\",\"code\":\"norr\",\"name\":\"Norr\"}\n"
#define PROV   "{\"type\":\"provider\",\"hsa\":\"SE2321000016-P1\",\"name\":\"N\"}\n"
#define UNIT   "{\"type\":\"unit\",\"hsa\":\"SE2321000016-U1\",\"name\":\"U\",\"provider\":\"SE2321000016-P1\",\"region\":\"norr\"}\n"
#define STAFF  "{\"type\":\"staff\",\"hsa\":\"SE2321000016-1\",\"name\":\"S\"}\n"
#define KID    "{\"type\":\"citizen\",\"personalIdentityNumber\":\"20141212-2382\",\"name\":\"A\",\"region\":\"norr\"}\n"
#define DAD    "{\"type\":\"citizen\",\"personalIdentityNumber\":\"" BO "\",\"name\":\"B\"}\n"
#define LOCKED(more) "{\"type\":\"restriction\",\"citizen\":\"" ALVA "\",\"kind\":\"login.lock\",\"region\":\"norr\"," more "}\n"
#define AT "\"registeredAt\":\"2026-01-02T03:04:05Z\""

static int64_t count(const char *table)
{
    struct sg_db db;
    char sql[64];
    sqlite3_stmt *st = NULL;
    assert_int_equal(sg_db_open(&db, kit_db, NULL, NULL), SG_E_OK);
    snprintf(sql, sizeof sql, "%s %s", "SELECT count(*) FROM", table);
    assert_int_equal(sqlite3_prepare_v2(db.h, sql, -1, &st, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(st), SQLITE_ROW);
    int64_t n = sqlite3_column_int64(st, 0);
    sqlite3_finalize(st);
    sg_db_close(&db);
    return n;
}

static const struct { const char *text, *where; } BAD[] = {
    {"{", "a.ndjson:1: byte"}, {"[]\n", "a.ndjson:1: line"}, {"# fine\n\n{\"type\":\"moon\"}\n", "a.ndjson:3: type"}, {"{}\n", "a.ndjson:1: type"},
    {"{\"type\":\"region\",\"code\":\"Norr\",\"name\":\"N\"}\n", "a.ndjson:1: code"},
    {"{\"type\":\"region\",\"code\":\"norr\"}\n", "a.ndjson:1: name"},
    {"{\"type\":\"region\",\"code\":\"norr\",\"name\":\"N\",\"x\":1}\n", "a.ndjson:1: x"},
    {"{\"type\":\"region\",\"code\":\"norr\",\"name\":\"N\",\"secondPerson\":[\"nap\"]}\n", "a.ndjson:1: secondPerson"},
    {"{\"type\":\"provider\",\"hsa\":\"P1\",\"name\":\"N\"}\n", "a.ndjson:1: hsa"},
    {REGION UNIT, "a.ndjson:2: provider"}, {PROV UNIT, "a.ndjson:2: region"},
    {REGION PROV UNIT STAFF "{\"type\":\"commission\",\"id\":\"SE2321000016-C\",\"staff\":\"SE2321000016-2\",\"name\":\"x\",\"unit\":\"SE2321000016-U1\",\"roles\":[]}\n",
     "a.ndjson:5: staff"},
    {REGION PROV UNIT STAFF "{\"type\":\"commission\",\"id\":\"SE2321000016-C\",\"staff\":\"SE2321000016-1\",\"name\":\"x\",\"unit\":\"SE2321000016-U1\",\"roles\":[\"king\"]}\n",
     "a.ndjson:5: roles"},
    {"{\"type\":\"citizen\",\"personalIdentityNumber\":\"201412122383\",\"name\":\"A\"}\n", "a.ndjson:1: personalIdentityNumber"},
    {"{\"type\":\"citizen\",\"personalIdentityNumber\":\"" ALVA "\",\"name\":\"A\",\"region\":\"mars\"}\n", "a.ndjson:1: region"},
    {"{\"type\":\"citizen\",\"personalIdentityNumber\":\"" ALVA "\",\"name\":\"A\",\"life\":\"asleep\"}\n", "a.ndjson:1: life"},
    {"{\"type\":\"citizen\",\"personalIdentityNumber\":\"" ALVA "\",\"name\":\"A\",\"deceasedOn\":\"2020-01-01\"}\n", "a.ndjson:1: deceasedOn"},
    {"{\"type\":\"citizen\",\"personalIdentityNumber\":\"" ALVA "\",\"name\":\"A\",\"activeUser\":\"yes\"}\n", "a.ndjson:1: activeUser"},
    {REGION KID "{\"type\":\"relation\",\"citizen\":\"" ALVA "\",\"person\":\"" BO "\",\"relation\":\"guardian\"}\n", "a.ndjson:3: person"},
    {REGION KID "{\"type\":\"relation\",\"citizen\":\"" ALVA "\",\"person\":\"" ALVA "\",\"relation\":\"guardian\"}\n", "a.ndjson:3: person"},
    {REGION KID DAD "{\"type\":\"relation\",\"citizen\":\"" ALVA "\",\"person\":\"" BO "\",\"relation\":\"self\"}\n", "a.ndjson:4: relation"},
    {REGION KID DAD "{\"type\":\"relation\",\"citizen\":\"" ALVA "\",\"person\":\"" BO "\",\"relation\":\"guardian\",\"to\":\"2026-02-30\"}\n", "a.ndjson:4: to"},
    {REGION KID LOCKED("\"id\":\"7\"," AT), "a.ndjson:3: id"}, {REGION KID LOCKED("\"acute\":false"), "a.ndjson:3: registeredAt"},
    {REGION KID LOCKED("\"state\":\"lifted\"," AT), "a.ndjson:3: endedAt"}, {REGION KID LOCKED("\"state\":\"maybe\"," AT), "a.ndjson:3: state"},
    {REGION KID "{\"type\":\"restriction\",\"citizen\":\"" ALVA "\",\"kind\":\"record.seal\",\"scope\":\"unit\"," AT "}\n", "a.ndjson:3: unit"},
    {REGION KID "{\"type\":\"restriction\",\"citizen\":\"" ALVA "\",\"kind\":\"minor-access.grant\",\"person\":\"" ALVA "\",\"unit\":\"SE2321000016-U1\"," AT "}\n",
     "a.ndjson:3: to"},
    {"{\"type\":\"policy\",\"idleMinutes\":0}\n", "a.ndjson:1: idleMinutes"},
};

static void a_bad_line_is_named_and_nothing_is_loaded(void **state)
{
    (void)state;
    char text[4096];
    int bad = 0;
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        struct sg_error e = {0};
        kit_begin();
        snprintf(text, sizeof text, "%s", BAD[i].text);
        enum sg_err err = kit_import(text, &e);
        bool ok = err == SG_E_INPUT && strncmp(e.where, BAD[i].where, strlen(BAD[i].where)) == 0 && !strstr(e.detail, "2014") && !strstr(e.where, "2014");
        ok = ok && count("region") == 0 && count("citizen") == 0 && count("event") == 0 && count("staff") == 0;
        if (!ok) fprintf(stderr, "  %s -> %s: %s\n", BAD[i].where, e.where, e.detail);
        bad += !ok;
        kit_tidy();
    }
    assert_int_equal(bad, 0);
}

static void all_files_are_one_transaction(void **state)
{
    (void)state;
    struct sg_db db;
    struct sg_error e = {0};
    struct sg_clock c = kit_clock();
    struct sg_random r = kit_random();
    kit_begin();
    const char *files[2] = {kit_file_of("a.ndjson", REGION), kit_file_of("b.ndjson", PROV UNIT "{\"type\":\"staff\"}\n")};
    assert_int_equal(sg_db_open(&db, kit_db, NULL, &e), SG_E_OK);
    assert_int_equal(sg_import_files(&db, &c, &r, files, 2, &e), SG_E_INPUT);
    assert_string_equal(e.where, "b.ndjson:3: hsa");
    sg_db_close(&db);
    assert_int_equal(count("region"), 0);
    files[1] = kit_file_of("b.ndjson", PROV UNIT STAFF);
    assert_int_equal(sg_db_open(&db, kit_db, NULL, &e), SG_E_OK);
    assert_int_equal(sg_import_files(&db, &c, &r, files, 2, &e), SG_E_OK);
    files[1] = "/nonexistent/file";
    assert_int_equal(sg_import_files(&db, &c, &r, files, 2, &e), SG_E_IO);
    sg_db_close(&db);
    assert_int_equal(count("unit"), 1);
    assert_int_equal(count("event"), 3);             /* the import, and that units and staff changed */
    kit_tidy();
}

static void again_brings_up_to_date(void **state)
{
    (void)state;
    struct sg_error e = {0};
    char first[SG_ID_MAX], second[SG_ID_MAX];
    assert_int_equal(kit_setup_on(NULL), 0);
    kit_citizen_id(ALVA, first);
    int64_t revision = sg_core_revision(kit_core);
    assert_int_equal(kit_import("{\"type\":\"citizen\",\"personalIdentityNumber\":\"141212-2382\",\"name\":\"Alva Ny\",\"region\":\"norr\"}\n"
                                LOCKED("\"id\":\"0190a1b2-0000-7000-8000-00000000aaaa\"," AT)
                                "{\"type\":\"staff\",\"hsa\":\"SE2321000016-1001\",\"name\":\"Sten\",\"active\":false}\n", &e), SG_E_OK);
    kit_citizen_id(ALVA, second);
    assert_string_equal(first, second);
    assert_int_equal(kit_get(ANNA, "/changes"), 200);                         /* a running service notices */
    assert_true(sg_core_revision(kit_core) > revision);
    assert_true(kit_says(first));
    char path[96];
    snprintf(path, sizeof path, "/citizens/%s", first);
    assert_int_equal(kit_get(ANNA, path), 200);
    assert_true(kit_says("Alva Ny") && kit_says("0190a1b2-0000-7000-8000-00000000aaaa"));
    assert_int_equal(kit_get(STEN, "/me"), 403);
    assert_int_equal(kit_import("{\"type\":\"restriction\",\"citizen\":\"" BO "\",\"kind\":\"login.lock\",\"region\":\"norr\","
                                "\"id\":\"0190a1b2-0000-7000-8000-00000000aaaa\"," AT "}\n", &e), SG_E_INPUT);
    assert_string_equal(e.where, "a.ndjson:1: id");
    kit_end();
}

/* All four kinds, in all states, come out as they went in. */
static void restrictions_are_read_back(void **state)
{
    (void)state;
    struct sg_error e = {0};
    struct sg_citizen c;
    char id[SG_ID_MAX], bo[SG_ID_MAX];
    assert_int_equal(kit_setup_on(NULL), 0);
    assert_int_equal(kit_import(
        LOCKED("\"requestedBy\":\"inera\",\"requester\":\"R\",\"reference\":\"1/2\",\"reason\":\"why\",\"actor\":\"SE2321000016-1000\",\"actorName\":\"Anna\"," AT)
        "{\"type\":\"restriction\",\"citizen\":\"" ALVA "\",\"kind\":\"record.seal\",\"scope\":\"period\",\"from\":\"2020-01-01\",\"to\":\"2020-12-31\",\"requestedBy\":\"citizen\"," AT "}\n"
        "{\"type\":\"restriction\",\"citizen\":\"" ALVA "\",\"kind\":\"guardian.block\",\"person\":\"" BO "\",\"acute\":true,\"reviewDate\":\"2026-05-01\",\"state\":\"lifted\","
        "\"endedAt\":\"2026-02-02T00:00:00Z\",\"endedReason\":\"done\"," AT "}\n"
        "{\"type\":\"restriction\",\"citizen\":\"" ALVA "\",\"kind\":\"minor-access.grant\",\"person\":\"" BO "\",\"unit\":\"SE2321000016-U1\",\"to\":\"2030-12-11\","
        "\"harmAssessed\":true,\"decisionBy\":\"SE2321000016-1000\"," AT "}\n", &e), SG_E_OK);
    kit_citizen_id(ALVA, id);
    kit_citizen_id(BO, bo);
    assert_int_equal(sg_dir_citizen(&kit_core->db, id, kit_wall_ms, &c, NULL), SG_E_OK);
    assert_int_equal(c.n_restrictions, 4);
    const struct sg_restriction *r = c.restriction;
    assert_int_equal(r[0].requested_by, SG_BY_INERA);
    assert_string_equal(r[0].made.reference, "1/2");
    assert_string_equal(r[0].region, "norr");
    assert_int_equal(r[1].scope, SG_SEAL_PERIOD);
    assert_int_equal(r[1].to.m, 12);
    assert_string_equal(r[1].region, "norr");                                  /* the citizen's, when not said */
    assert_int_equal(r[2].state, SG_RS_LIFTED);
    assert_string_equal(r[2].person, bo);
    assert_true(r[2].acute && r[2].ended.registered_at > r[2].made.registered_at);
    assert_string_equal(r[3].unit, "SE2321000016-U1");
    assert_true(r[3].harm_assessed && r[3].to.y == 2030);
    sg_citizen_free(&c);
    kit_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_bad_line_is_named_and_nothing_is_loaded), cmocka_unit_test(all_files_are_one_transaction),
        cmocka_unit_test(again_brings_up_to_date), cmocka_unit_test(restrictions_are_read_back)};
    return cmocka_run_group_tests_name("server_import", tests, NULL, NULL);
}
