/* R2.4 as a property: reads of every route that shows anything about anybody, by people who may and who may not, several in one batch, while
 * the disk fills up or fails in the middle of a transaction, a sync is not confirmed, or single rows of the log are refused. Afterwards the
 * tables are asked: each answered read has its one event with its leaf, each refusal its own, what was not answered has left nothing and
 * revealed nothing, and the leaves lead to the root that was signed. Short here; READS=1000000 is make leaf-million. */
#include "server_kit.h"
#include <openssl/evp.h>

#define DEV "0190a1b2-0000-7000-8000-0000000000dd"
enum { BATCH = 6, A_WORLD = 2500, CITIZENS_N = 5, SHORT_READS = 2500 };

/* What a success is called in the log; the first the core has appended comes first. subject: it is about the citizen that was asked for. */
static const struct { enum sg_endpoint ep; const char *kind, *query; bool subject, post; } READING[] = {
    {SG_EP_LOOKUP, "citizen.lookup", "", true, true}, {SG_EP_CITIZEN, "citizen.read", "", true, false}, {SG_EP_ACCESS, "citizen.access", "", true, false},
    {SG_EP_RESTRICTIONS, "citizen.restrictions", "", true, false}, {SG_EP_CITIZEN_EVENTS, "events.read", "order=newest&limit=20", true, false},
    {SG_EP_EXTRACT, "events.extract", "order=oldest&limit=20", true, false}, {SG_EP_ACTION_GET, "action.read", "", false, false},
    {SG_EP_ACTION_PREVIEW, "action.preview", "", true, true}, {SG_EP_EVENTS, "log.read", "order=newest&limit=20", false, false},
    {SG_EP_EVENTS_DENSITY, "log.density", "buckets=5", false, false}, {SG_EP_EVENTS_SAMPLE, "log.sample", "count=5", false, false},
    {SG_EP_EVENTS_EXPORT, "log.export", "order=oldest&limit=20", false, false}, {SG_EP_EVENT_PROOF, "log.proof", "", false, false},
    {SG_EP_LOG_ENTRIES, "log.entries", "from=0&limit=20", false, false}, {SG_EP_PREPARE, "citizen.prepare", "", false, true},
    {SG_EP_OFFLINE_READS, "citizen.read", "", true, true},
};
enum { N_READING = sizeof READING / sizeof *READING };

static char citizen[CITIZENS_N][SG_ID_MAX], event_id[SG_UUID_MAX];
static const char *const number[CITIZENS_N] = {ALVA, BO, CIA, DAN, NOBODY};
static uint64_t chance_seed;
static int refuse_rows;                            /* per mille of the rows of the log that are refused by themselves */
static long done[N_READING], unanswered, turned_away, read_no;

static uint32_t chance(uint32_t n)
{
    chance_seed += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t z = chance_seed;
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (uint32_t)((z ^ (z >> 31)) >> 32) % n;
}

/* ---- asking ---- */

struct read { int of; enum kit_who who; int citizen; char path[160], body[600]; struct sg_http_request rq; struct sg_job job; bool taken; };

static void path_of(struct read *r, const char *pattern)
{
    const char *brace = strchr(pattern, '{');
    const char *id = strstr(pattern, "/logs/") ? "se2321000016-p1" : strstr(pattern, "/events/") == pattern ? event_id
                   : strstr(pattern, "/actions/") ? "0190a1b2-0000-7000-8000-000000000001" : citizen[r->citizen];
    if (brace) snprintf(r->path, sizeof r->path, "%.*s%s%s", (int)(brace - pattern), pattern, id, strchr(brace, '}') + 1);
    else snprintf(r->path, sizeof r->path, "%s", pattern);
}

static void body_of(struct read *r)
{
    const char *id = citizen[r->citizen];
    switch (READING[r->of].ep) {
    case SG_EP_LOOKUP: snprintf(r->body, sizeof r->body, "{\"personalIdentityNumber\":\"%s\",\"purpose\":\"care\"}", number[r->citizen]); break;
    case SG_EP_PREPARE: snprintf(r->body, sizeof r->body, "{\"purpose\":\"care\"}"); break;
    case SG_EP_OFFLINE_READS:
        snprintf(r->body, sizeof r->body, "{\"reads\":[{\"eventId\":\"0190a1b2-2222-7000-8000-%012ld\",\"kind\":\"citizen.read\",\"citizenId\":\"%s\","
                                          "\"performedAt\":\"2026-03-02T09:00:00.000Z\"}]}", read_no, id);
        break;
    default: snprintf(r->body, sizeof r->body, "{\"kind\":\"record.seal\",\"subject\":\"%s\",\"params\":{\"scope\":\"account\"}}", id); break;
    }
}

static void ask(struct read *r)
{
    static const enum kit_who who[] = {ANNA, ANNA, STEN, PIA, OLLE, RITA, NAT, NAT, STRANGER};
    memset(r, 0, sizeof *r);
    read_no++;
    r->of = (int)chance(N_READING);
    r->who = who[chance(sizeof who / sizeof *who)];
    r->citizen = (int)chance(CITIZENS_N);
    const struct sg_endpoint_def *d = sg_endpoint_def(READING[r->of].ep);
    path_of(r, d->path);
    if (READING[r->of].post) body_of(r);
    kit_fill_request(&r->rq, &(struct kit_ask){.who = r->who, .method = d->method, .path = r->path, .query = READING[r->of].query,
                                               .body = READING[r->of].post ? r->body : NULL});
    sg_job_init(&r->job, &kit_peer[r->who], &r->rq);
}

/* ---- the tables ---- */

static bool leaf_fits(sqlite3_stmt *st)
{
    uint8_t leaf[SG_LEAF_LEN];
    if (sqlite3_column_bytes(st, 4) != SG_LEAF_LEN || sqlite3_column_bytes(st, 5) != SG_SALT_LEN) return false;
    assert_int_equal(sg_leaf_make(sqlite3_column_int64(st, 7), sqlite3_column_blob(st, 5), sqlite3_column_blob(st, 6), (size_t)sqlite3_column_bytes(st, 6), leaf), SG_E_OK);
    return memcmp(leaf, sqlite3_column_blob(st, 4), sizeof leaf) == 0;
}

static bool same(const char *want, sqlite3_stmt *st, int col) { return sg_eq(want, (const char *)sqlite3_column_text(st, col)); }

static bool event_of(const struct read *r, sqlite3_stmt *st)
{
    bool ok = r->job.reply.status == 200;
    if (r->taken || r->job.reply.status >= 500 || same("done", st, 1) != ok) return false;
    if (!same(kit_peer[r->who].hsa, st, 2)) return false;
    if (r->who == STRANGER) return same("staff.unknown", st, 0);
    if (!ok) return same(READING[r->of].kind, st, 0);
    return same(READING[r->of].kind, st, 0) && (!READING[r->of].subject || same(citizen[r->citizen], st, 3));
}

/* The proof of one's own act, and of an act that is not one's to see, are the cases of their own. */
static bool without_event(const struct read *r) { return READING[r->of].ep == SG_EP_EVENT_PROOF && r->who == ANNA && r->job.reply.status == 200; }

static void reckon(struct read *r, int n, int64_t from)
{
    sqlite3_stmt *st = NULL;
    int64_t at = from;
    assert_int_equal(sqlite3_prepare_v2(kit_core->db.h, "SELECT kind, outcome, actor, subject, leaf, salt, payload, at, idx FROM event WHERE idx >= ?1 ORDER BY idx", -1, &st, NULL), SQLITE_OK);
    sqlite3_bind_int64(st, 1, from);
    for (; sqlite3_step(st) == SQLITE_ROW; at++) {
        int i = 0;
        while (i < n && !event_of(&r[i], st)) i++;
        if (i == n) fail_msg("read %ld: event %lld (%s, %s, %s) belongs to no answer", read_no, (long long)at, sqlite3_column_text(st, 0), sqlite3_column_text(st, 1), sqlite3_column_text(st, 2));
        r[i].taken = true;
        assert_int_equal(sqlite3_column_int64(st, 8), at);
        if (!leaf_fits(st)) fail_msg("event %lld: its leaf is not that of its content", (long long)at);
    }
    sqlite3_finalize(st);
}

/* Nothing about anybody; of an answer that was refused, or not given. */
static bool reveals(const struct sg_http_reply *re)
{
    static const char *const words[] = {"Alva", "Bo Ek", "Cia Ek", "Dan Dold", "payload", ALVA, BO, CIA, DAN, "\"events\"", "restrictions", "\"citizens\"", "citizenId"};
    for (size_t i = 0; re->body.data && i < sizeof words / sizeof *words; i++)
        if (strstr(re->body.data, words[i])) return true;
    return false;
}

static void judge(struct read *r, int n)
{
    for (int i = 0; i < n; i++) {
        const struct sg_http_reply *re = &r[i].job.reply;
        const char *path = r[i].rq.path;
        if (re->status == 200) done[r[i].of]++;
        else if (re->status >= 500) unanswered++;
        else turned_away++;
        if (re->status != 200 && reveals(re)) fail_msg("%s: %d reveals %s", path, re->status, re->body.data);
        if (re->status >= 500 && r[i].taken) fail_msg("%s: not answered, and there is an event", path);
        if (re->status < 500 && !r[i].taken && !without_event(&r[i])) fail_msg("read %ld, %s by %d: answered with %d and no leaf says so", read_no, path, (int)r[i].who, re->status);
        assert_true(re->status == 200 || re->status >= 400);
    }
}

/* ---- the leaves lead to the signed root ---- */

static struct sg_hash naive(const struct sg_hash *h, size_t n)
{
    struct sg_hash l, r, out;
    size_t k = 1;
    if (n == 1) return h[0];
    while (k * 2 < n) k *= 2;
    l = naive(h, k);
    r = naive(h + k, n - k);
    uint8_t b[1 + 2 * SG_HASH_LEN] = {1};
    memcpy(b + 1, l.b, SG_HASH_LEN);
    memcpy(b + 1 + SG_HASH_LEN, r.b, SG_HASH_LEN);
    assert_int_equal(EVP_Digest(b, sizeof b, out.b, NULL, EVP_sha256(), NULL), 1);
    return out;
}

static void root_fits(int64_t tree, int64_t size, const void *root)
{
    struct sg_hash *h = calloc((size_t)size + 1, sizeof *h);
    sqlite3_stmt *st = NULL;
    int64_t n = 0;
    assert_non_null(h);
    assert_int_equal(sqlite3_prepare_v2(kit_core->db.h, "SELECT leaf FROM event WHERE tree = ?1 AND leaf_index < ?2 ORDER BY leaf_index", -1, &st, NULL), SQLITE_OK);
    sqlite3_bind_int64(st, 1, tree);
    sqlite3_bind_int64(st, 2, size);
    for (; sqlite3_step(st) == SQLITE_ROW && n < size; n++) {
        uint8_t b[1 + SG_LEAF_LEN] = {0};
        memcpy(b + 1, sqlite3_column_blob(st, 0), SG_LEAF_LEN);
        assert_int_equal(EVP_Digest(b, sizeof b, h[n].b, NULL, EVP_sha256(), NULL), 1);
    }
    sqlite3_finalize(st);
    assert_int_equal(n, size);
    struct sg_hash all = naive(h, (size_t)size);
    free(h);
    assert_memory_equal(all.b, root, SG_HASH_LEN);
}

/* Every event there is stands below a checkpoint that the signer has signed. */
static void all_signed(void)
{
    sqlite3_stmt *st = NULL;
    int64_t covered = 0, events = kit_events();
    for (int i = 0; i < 2; i++) assert_int_equal(kit_get(ANNA, "/logs"), 200);           /* after a rollback it looks once more than it must */
    assert_false(kit_core->sealed || kit_core->is_unsigned);
    assert_int_equal(sqlite3_prepare_v2(kit_core->db.h, "SELECT tree, size, root FROM checkpoint c WHERE size = (SELECT max(size) FROM checkpoint m WHERE m.tree = c.tree)", -1, &st, NULL), SQLITE_OK);
    while (sqlite3_step(st) == SQLITE_ROW) {
        root_fits(sqlite3_column_int64(st, 0), sqlite3_column_int64(st, 1), sqlite3_column_blob(st, 2));
        covered += sqlite3_column_int64(st, 1);
    }
    sqlite3_finalize(st);
    assert_int_equal(covered, events);
}

/* ---- a world ---- */

static void refuse(sqlite3_context *c, int n, sqlite3_value **v)
{
    (void)n, (void)v;
    sqlite3_result_int(c, refuse_rows > 0 && (int)chance(1000) < refuse_rows);
}

static void prepare_core(void)
{
    sqlite3 *h = kit_core->db.h;
    assert_int_equal(sqlite3_create_function(h, "test_refuse", 0, SQLITE_UTF8 | SQLITE_INNOCUOUS, NULL, refuse, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_exec(h, "CREATE TEMP TRIGGER no_event BEFORE INSERT ON main.event WHEN test_refuse() BEGIN SELECT RAISE(ABORT, 'no'); END;"
                                     "CREATE TEMP TRIGGER no_hour BEFORE INSERT ON main.event_hour WHEN test_refuse() BEGIN SELECT RAISE(ABORT, 'no'); END", NULL, NULL, NULL), SQLITE_OK);
}

static void begin(void)
{
    char body[400];
    assert_int_equal(kit_setup_on(kit_vfs_name()), 0);
    kit_disk.lazy = true;
    kit_core->limits.lookups_minute = kit_core->limits.lookups_hour = kit_core->limits.lookups_day = 1000000;
    for (int i = 0; i < CITIZENS_N - 1; i++) kit_citizen_id(number[i], citizen[i]);
    SG_COPY(citizen[CITIZENS_N - 1], "019b0000-9999-7000-8000-000000000001");
    snprintf(body, sizeof body, "{\"kind\":\"record.seal\",\"subject\":\"%s\",\"params\":{\"scope\":\"account\"},\"reason\":\"r\",\"performedAt\":"
                                "\"2026-03-02T10:00:00Z\",\"device\":\"" DEV "\",\"seq\":1}", citizen[0]);
    assert_int_equal(kit_send(&(struct kit_ask){.who = ANNA, .method = SG_PUT, .path = "/actions/0190a1b2-0000-7000-8000-000000000001", .if_match = "*", .body = body}), 200);
    SG_COPY(event_id, kit_last().id);
    prepare_core();
}

static void reopen(void)
{
    sg_core_close(kit_core);
    kit_open_core(kit_vfs_name());
    kit_core->limits.lookups_minute = kit_core->limits.lookups_hour = kit_core->limits.lookups_day = 1000000;
    prepare_core();
}

static void plan_fault(void)
{
    uint32_t k = chance(20);
    kit_disk.fault = k == 0 ? KIT_FULL : k == 1 ? KIT_IOERR : k == 2 && chance(8) == 0 ? KIT_FSYNC : KIT_NONE;
    kit_disk.after = kit_disk.writes + (long)chance(12);
    kit_disk.upto = kit_disk.after + 1 + (long)chance(20);
    refuse_rows = chance(4) == 0 ? 150 : 0;
}

/* After a sync that was not confirmed what was written may be there or not; nobody was told, and only a restart knows. */
static void batch(int n)
{
    struct read r[BATCH];
    struct sg_job *list[BATCH];
    int64_t from = kit_events();
    for (int i = 0; i < n; i++) {
        ask(&r[i]);
        list[i] = &r[i].job;
    }
    plan_fault();
    sg_core_batch(kit_core, list, (size_t)n);
    bool sync = kit_disk.fault == KIT_FSYNC && sg_core_dead(kit_core);
    kit_disk.fault = KIT_NONE;
    kit_disk.upto = 0;
    refuse_rows = 0;
    if (sync) reopen();
    else reckon(r, n, from);
    judge(r, n);
    for (int i = 0; i < n; i++) {
        sg_http_request_free(&r[i].rq);
        sg_http_reply_free(&r[i].job.reply);
    }
    kit_mono_ms += 200;
    kit_wall_ms += 200;
}

static void r2_4_every_answered_read_has_its_leaf(void **state)
{
    (void)state;
    const char *want = getenv("READS");
    long reads = want ? atol(want) : getenv("SG_UNDER_VALGRIND") ? SHORT_READS / 20 : SHORT_READS;
    chance_seed = 20260302;
    for (long world = 0; read_no < reads; world++) {
        long end = read_no + A_WORLD < reads ? read_no + A_WORLD : reads;
        begin();
        kit_seed += (uint64_t)world;
        while (read_no < end) batch(1 + (int)chance(BATCH));
        all_signed();
        reopen();                                  /* and a restart reads the same tree from the tables */
        all_signed();
        kit_end();
    }
    long sum = 0;
    for (int i = 0; i < N_READING; i++) {
        if (reads >= SHORT_READS) assert_true(done[i] > 0);
        sum += done[i];
    }
    if (reads >= SHORT_READS) assert_true(unanswered > reads / 100 && turned_away > reads / 100);
    print_message("%ld reads: %ld answered, each with its leaf; %ld refused, each with its event; %ld not answered, nothing of them\n", read_no, sum, turned_away, unanswered);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(r2_4_every_answered_read_has_its_leaf)};
    return cmocka_run_group_tests_name("server_leaf", tests, NULL, NULL);
}
