/* The same act by paper, from the queue and directly: ids are made beforehand at one workstation, and each act is then keyed in a random
 * number of times, under its number at that workstation or under its whole id at two others (one of them another person's), sent at once or
 * later, with answers that get lost and workstations that are restarted between. The real stores, the real core of the service, their real
 * files. Afterwards no id may have taken effect twice, nothing may wait, and whatever took no effect must stand before a person (R6.6).
 * MIXES: how many, SEED: which. */
#include "tests/unit/server_kit.h"
#include "model/paper.h"
#include "queue/store.h"

enum { DESKS = 3, CITIZENS = 50, BATCH = 100, SCRYPT = 10 };
struct desk { struct sg_store *s; enum kit_who who; const char *commission; char dir[96]; };
static struct desk desk[DESKS] = {{.who = ANNA, .commission = "SE2321000016-C0"}, {.who = ANNA, .commission = "SE2321000016-C0"},
                                  {.who = PIA, .commission = "SE2321000016-C2"}};
static struct sg_secret pass;
static char citizen[CITIZENS][SG_ID_MAX];
static uint64_t rng;
static struct { long keyed, refused_here, sent, lost, restarts, done, conflicts, repeats; } n;

static uint32_t below(uint32_t k)
{
    rng += UINT64_C(0x9E3779B97F4A7C15);
    uint64_t z = rng;
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return (uint32_t)((z ^ (z >> 31)) % k);
}

/* ---- the world ---- */

static char check_digit(const char *nine)
{
    int sum = 0;
    for (int i = 0; i < 9; i++) {
        int d = (nine[i] - '0') * (i % 2 == 0 ? 2 : 1);
        sum += d > 9 ? d - 9 : d;
    }
    return (char)('0' + (10 - sum % 10) % 10);
}

static void people(void)
{
    static char text[CITIZENS * 160];
    static char pid[CITIZENS][24];
    struct sg_error e = {0};
    size_t at = 0;
    for (int i = 0; i < CITIZENS; i++) {
        snprintf(pid[i], sizeof pid[i], "1950%02d%02d238", 1 + i / 28, 1 + i % 28);
        pid[i][11] = check_digit(pid[i] + 2);
        pid[i][12] = '\0';
        at += (size_t)snprintf(text + at, sizeof text - at, "{\"type\":\"citizen\",\"personalIdentityNumber\":\"%s\",\"name\":\"Nr %d\",\"region\":\"norr\"}\n", pid[i], i);
    }
    if (kit_import(text, &e) != SG_E_OK)
        fail_msg("%s: %s", e.where, e.detail);
    kit_open_core(NULL);
    for (int i = 0; i < CITIZENS; i++)
        kit_citizen_id(pid[i], citizen[i]);
    assert_int_equal(kit_sign_in(ANNA), 200);
    assert_int_equal(kit_sign_in(PIA), 200);
}

static void open_desk(struct desk *d)
{
    struct sg_error e = {0};
    struct sg_store_opts o = {.dir = d->dir, .actor = kit_peer[d->who].hsa, .passphrase = &pass, .scrypt_log_n = SCRYPT, .clock = kit_clock(), .random = kit_random()};
    if (sg_store_open(&o, &d->s, &e) != SG_E_OK)
        fail_msg("%s: %s", e.where, e.detail);
}

/* A memory file system where there is one: what is tested is order and identity, not the disk. */
static int world(void **state)
{
    struct sg_error e = {0};
    (void)state;
    kit_begin();
    (void)rmdir(kit_dir);
    snprintf(kit_dir, sizeof kit_dir, "%s/sigill-paper-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    assert_non_null(mkdtemp(kit_dir));
    snprintf(kit_db, sizeof kit_db, "%s/db", kit_dir);
    assert_int_equal(kit_import(KIT_DATA, &e), SG_E_OK);
    people();
    assert_int_equal(sg_secret_new(&pass, 64, &e), SG_E_OK);
    pass.len = 7;
    memcpy(pass.data, "correct", 7);
    for (int i = 0; i < DESKS; i++) {
        snprintf(desk[i].dir, sizeof desk[i].dir, "%s/desk%d", kit_dir, i);
        open_desk(&desk[i]);
    }
    return 0;
}

static int world_end(void **state)
{
    (void)state;
    for (int i = 0; i < DESKS; i++) {
        static const char *const file[] = {"store.db", "store.db-wal", "store.db-shm"};
        char path[160];
        sg_store_close(desk[i].s);
        for (size_t k = 0; k < sizeof file / sizeof file[0]; k++) {
            snprintf(path, sizeof path, "%s/%s", desk[i].dir, file[k]);
            (void)unlink(path);
        }
    }
    sg_secret_free(&pass);
    kit_end();
    return 0;
}

/* ---- keying in and sending ---- */

/* The act of that form: a seal over a period of its own, so that no two forms mean the same deed. */
static void act_of(struct sg_action *a, long mix, const char *id)
{
    struct sg_error e = {0};
    char from[11], to[11];
    struct sg_date day = {1920, 1, 1};
    sg_action_init(a, SG_ACT_RECORD_SEAL, citizen[mix % CITIZENS]);
    sg_date_format(from, sg_date_add(day, 0, 0, (int)(mix / CITIZENS) * 2));
    sg_date_format(to, sg_date_add(day, 0, 0, (int)(mix / CITIZENS) * 2 + 1));
    assert_int_equal(sg_part_set(&a->part[0], "scope", "period", &e), SG_E_OK);
    assert_int_equal(sg_part_set(&a->part[0], "from", from, &e), SG_E_OK);
    assert_int_equal(sg_part_set(&a->part[0], "to", to, &e), SG_E_OK);
    SG_COPY(a->id, id);
    SG_COPY(a->observed, below(10) == 0 ? "seen-long-ago" : "*");
    SG_COPY(a->reason, below(2) ? "from the form" : "typed again");
    a->performed_at = kit_wall_ms - (int64_t)below(3600000);
    a->offline = true;
}

static int put(const struct desk *d, const struct sg_action *a)
{
    struct sg_http_request rq = {.method = SG_PUT};
    sg_endpoint_request(&rq, SG_EP_ACTION_PUT, a->id);
    SG_COPY(rq.bearer, kit_token[d->who]);
    SG_COPY(rq.content_type, "application/json");
    if (sg_eq(a->observed, "*"))
        SG_COPY(rq.if_match, "*");
    else
        sg_format(rq.if_match, sizeof rq.if_match, "\"%s\"", a->observed);
    sg_buf_init(&rq.body, 1 << 20);
    assert_int_equal(sg_wire_print(sg_wire_action(a, false), &rq.body), SG_E_OK);
    sg_http_reply_free(&kit_reply);
    sg_core_handle(kit_core, &kit_peer[d->who], &rq, &kit_reply);
    sg_http_request_free(&rq);
    n.sent++;
    n.repeats += kit_reply.replayed;
    return kit_reply.status;
}

static void restart(struct desk *d)
{
    size_t back = 0;
    sg_store_close(d->s);
    open_desk(d);
    assert_int_equal(sg_store_reclaim(d->s, &back), SG_E_OK);
    n.restarts++;
}

/* Sends the next row; the answer may get lost, or the workstation end before it is noted. False: nothing waits. */
static bool send_one(struct desk *d, bool faults)
{
    struct sg_qrow row;
    struct sg_outcome o;
    int64_t due = 0;
    enum sg_err err = sg_store_claim(d->s, d->commission, &row, &due);
    if (err == SG_E_NOTFOUND)
        return false;
    assert_int_equal(err, SG_E_OK);
    (void)put(d, &row.action);
    uint32_t fate = faults ? below(8) : 7;
    cJSON *v = cJSON_Parse(kit_body());
    if (fate == 0) {
        n.lost++;
        assert_int_equal(sg_store_later(d->s, row.action.id, SG_Q_RETRY, 0, "no answer", kit_wall_ms), SG_E_OK);
    } else if (fate == 1 && below(10) == 0) {
        restart(d);
    } else {
        assert_int_equal(sg_wire_outcome_read(v, &o, NULL), SG_E_OK);
        SG_COPY(o.action_id, row.action.id);
        assert_int_equal(sg_store_finish(d->s, row.action.id, &o), SG_E_OK);
        n.conflicts += o.kind == SG_OUT_CONFLICT;
        sg_outcome_free(&o);
    }
    cJSON_Delete(v);
    sg_qrow_free(&row);
    return true;
}

/* At the workstation that printed the form under its number, elsewhere under the whole id. */
static void key_in(int at, long mix, const char *id)
{
    static struct sg_action a;
    struct sg_error e = {0};
    char number[SG_PAPER_MAX], code[SG_PAPER_CODE], found[SG_UUID_MAX];
    SG_COPY(found, id);
    sg_paper_number(id, number);
    assert_true(sg_paper_parse(number, code));
    if (at == 0)
        assert_int_equal(sg_store_paper_find(desk[at].s, code, found), SG_E_OK);
    else
        assert_int_equal(sg_store_paper_find(desk[at].s, code, found), SG_E_NOTFOUND);
    act_of(&a, mix, at == 0 ? found : id);
    enum sg_err err = sg_store_enqueue(desk[at].s, &a, desk[at].commission, false, NULL, &e);
    n.keyed++;
    n.refused_here += err == SG_E_CONFLICT;
    assert_true(err == SG_E_OK || err == SG_E_CONFLICT);
}

/* ---- judgement ---- */

static long number_of(const char *sql)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *st = NULL;
    assert_int_equal(sqlite3_open_v2(kit_db, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &st, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(st), SQLITE_ROW);
    long v = sqlite3_column_int(st, 0);
    sqlite3_finalize(st);
    sqlite3_close(db);
    return v;
}

static bool effect_of(const char *id)
{
    sqlite3_stmt *st = sg_db_query(&kit_core->db, SG_SQL_RESTRICTION_OWNER, "t", id);
    bool there = sg_db_step(&kit_core->db, st) == SG_E_OK;
    (void)sqlite3_reset(st);
    return there;
}

/* What every workstation says about the form agrees with what the service did. */
static void judge(const char *id)
{
    bool effect = effect_of(id), told = false, done = false;
    for (int i = 0; i < DESKS; i++) {
        struct sg_qrow row;
        if (sg_store_get(desk[i].s, id, &row) != SG_E_OK)
            continue;
        assert_false(sg_qstate_waiting(row.state));
        done = done || row.state == SG_Q_DONE;
        told = told || row.state == SG_Q_CONFLICT || row.state == SG_Q_REFUSED;
        if (row.state == SG_Q_CONFLICT || row.state == SG_Q_REFUSED) {      /* a person has seen it; later forms of the citizen may go */
            struct sg_error e = {0};
            assert_int_equal(sg_store_resolve(desk[i].s, id, "theirs", "", NULL, NULL, &e), SG_E_OK);
        }
        sg_qrow_free(&row);
    }
    assert_true(done == effect);
    assert_true(effect || told);
    n.done += effect;
}

static void one_mix(long mix, const char *id)
{
    static const int where[] = {0, 0, 0, 1, 1, 2};
    uint32_t times = 1 + below(4);
    for (uint32_t k = 0; k < times; k++) {
        int at = where[below(6)];
        key_in(at, mix, id);
        for (uint32_t now = below(3); now > 0; now--)
            (void)send_one(&desk[at], true);
        kit_wall_ms += 1000;
        kit_mono_ms += 1000;
    }
    for (bool more = true; more;) {
        more = false;
        for (uint32_t k = below(DESKS), i = 0; i < DESKS; i++)
            more = send_one(&desk[(k + i) % DESKS], below(4) == 0) || more;
        kit_wall_ms += 1000;
    }
    judge(id);
}

static long env_of(const char *name, long preset)
{
    int64_t v = preset;
    const char *text = getenv(name);
    return text && sg_parse_i64(text, 1, 10000000, &v) ? (long)v : preset;
}

static void r6_6_no_mix_of_paper_queue_and_direct_entry_takes_effect_twice(void **state)
{
    static char id[BATCH][SG_UUID_MAX];
    long mixes = env_of("MIXES", 300);
    (void)state;
    rng = (uint64_t)env_of("SEED", 1);
    for (long i = 0; i < mixes; i++) {
        if (i % BATCH == 0) {
            assert_int_equal(sg_store_paper_reserve(desk[0].s, BATCH, id), SG_E_OK);
            kit_mono_ms += 1;
            assert_int_equal(kit_sign_in(ANNA), 200);
            assert_int_equal(kit_sign_in(PIA), 200);
        }
        one_mix(i, id[i % BATCH]);
    }
    assert_int_equal(number_of("SELECT count(*) FROM restriction"), n.done);
    assert_int_equal(number_of("SELECT count(*) FROM event WHERE outcome = 'done' AND kind = 'record.seal'"), n.done);
    assert_int_equal(number_of("SELECT count(*) - count(DISTINCT action) FROM event WHERE outcome = 'done' AND kind = 'record.seal'"), 0);
    assert_true(n.done > 0 && n.repeats > 0 && n.lost > 0 && n.refused_here > 0);
    printf("paper: %ld mixes, keyed in %ld times, %ld of them seen at once as keyed in already, %ld sent, %ld answers lost, %ld restarts, %ld repeats; %ld took effect once, none twice\n",
           mixes, n.keyed, n.refused_here, n.sent, n.lost, n.restarts, n.repeats, n.done);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(r6_6_no_mix_of_paper_queue_and_direct_entry_takes_effect_twice)};
    return cmocka_run_group_tests_name("paper mixes", tests, world, world_end);
}
