/* Fills a service's database with N events of a made-up everyday, through the service's own append, so that trees, tiles, tallies and
 * indexes are the real ones:  make_log N FILE [SEED]
 * Staff, units and citizens of the database are used where there are any (a demo's), together with made-up ones. The events spread over
 * the five years up to now, busier by day and on weekdays. Nothing is waited for on the disk until the end; the file must not be in use. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "base/str.h"
#include "model/action.h"
#include "server/evlog.h"

enum { STAFF = 400, CITIZENS = 20000, CHUNK = 50000, YEARS = 5 };
struct person { char hsa[SG_HSA_MAX], name[SG_NAME_MAX], title[SG_NAME_MAX], commission[SG_HSA_MAX], assignment[SG_NAME_MAX], purpose[48],
                unit[SG_HSA_MAX], unit_name[SG_NAME_MAX], provider[SG_HSA_MAX], provider_name[SG_NAME_MAX], region[SG_CODE_MAX], device[SG_UUID_MAX]; };
static struct person staff[STAFF];
static char citizen[CITIZENS][SG_UUID_MAX];
static size_t n_staff, n_citizens;
static int64_t now_ms;
static uint64_t state = 88172645463325252u;

static uint64_t chance(uint64_t below)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (state >> 11) % below;
}
static void fill(void *ctx, void *dst, size_t n)
{
    (void)ctx;
    for (size_t i = 0; i < n; i += sizeof state) {
        (void)chance(1);
        memcpy((char *)dst + i, &state, n - i < sizeof state ? n - i : sizeof state);
    }
}
static int64_t wall(void *ctx) { (void)ctx; return now_ms; }
static struct sg_clock clock_ = {wall, wall, NULL};
static struct sg_random random_ = {fill, NULL};

static void die(const char *what)
{
    fprintf(stderr, "make_log: %s\n", what);
    exit(1);
}

static void text(sqlite3_stmt *st, int col, char *dst, size_t cap) { sg_db_text(st, col, dst, cap); }

static void real_ones(sqlite3 *h)
{
    sqlite3_stmt *st = NULL;
    sqlite3_prepare_v2(h, "SELECT s.hsa, s.name, s.title, c.id, c.name, c.purpose, u.hsa, u.name, p.hsa, p.name, u.region FROM commission c "
                          "JOIN staff s ON s.hsa = c.staff JOIN unit u ON u.hsa = c.unit JOIN provider p ON p.hsa = u.provider LIMIT 200", -1, &st, NULL);
    while (st && sqlite3_step(st) == SQLITE_ROW) {
        struct person *p = &staff[n_staff++];
#define C(i, m) text(st, i, p->m, sizeof p->m)
        C(0, hsa); C(1, name); C(2, title); C(3, commission); C(4, assignment); C(5, purpose); C(6, unit); C(7, unit_name); C(8, provider);
        C(9, provider_name); C(10, region);
#undef C
    }
    sqlite3_finalize(st);
    sqlite3_prepare_v2(h, "SELECT id FROM citizen LIMIT 5000", -1, &st, NULL);
    while (st && sqlite3_step(st) == SQLITE_ROW) text(st, 0, citizen[n_citizens++], SG_UUID_MAX);
    sqlite3_finalize(st);
}

static void made_up_ones(void)
{
    static const char *const first[] = {"Anna", "Erik", "Maria", "Lars", "Karin", "Åsa", "Per", "Eva", "Nils", "Sara"};
    static const char *const last[] = {"Berg", "Lind", "Ek", "Ström", "Holm", "Öberg", "Nilsson", "Dahl", "Falk", "Sjö"};
    static const char *const regions[] = {"demo", "norr", "syd"};
    static const char *const purposes[] = {"care", "care", "care", "administration", "quality"};
    for (; n_staff < STAFF; n_staff++) {
        struct person *p = &staff[n_staff];
        size_t unit = n_staff % 60, provider = unit % 3;
        sg_format(p->hsa, sizeof p->hsa, "SE2321000016-M%03zu", n_staff);
        sg_format(p->name, sizeof p->name, "%s %s", first[n_staff % 10], last[n_staff / 10 % 10]);
        SG_COPY(p->title, n_staff % 3 ? "Sjuksköterska" : "Läkare");
        sg_format(p->commission, sizeof p->commission, "SE2321000016-MC%03zu", n_staff);
        SG_COPY(p->assignment, "Vård och behandling");
        SG_COPY(p->purpose, purposes[n_staff % 5]);
        sg_format(p->unit, sizeof p->unit, "SE2321000016-MU%02zu", unit);
        sg_format(p->unit_name, sizeof p->unit_name, "Vårdcentralen %zu", unit);
        sg_format(p->provider, sizeof p->provider, "SE2321000016-MP%zu", provider);
        sg_format(p->provider_name, sizeof p->provider_name, "Vårdgivare %zu", provider);
        SG_COPY(p->region, regions[provider]);
    }
    for (size_t i = 0; i < STAFF; i++) sg_uuid7(staff[i].device, &clock_, &random_);
    for (; n_citizens < CITIZENS; n_citizens++) sg_uuid7(citizen[n_citizens], &clock_, &random_);
}

/* Kinds by how common they are. */
static const struct { const char *kind; unsigned weight; bool subject, acts; } KINDS[] = {
    {"citizen.lookup", 22, true, false}, {"citizen.read", 40, true, false}, {"citizen.access", 8, true, false},
    {"citizen.restrictions", 4, true, false}, {"events.read", 3, true, false}, {"log.read", 2, false, false}, {"session.start", 7, false, false},
    {"session.end", 5, false, false}, {"session.refused", 1, false, false}, {"action.preview", 3, true, false}, {"login.lock", 1, true, true},
    {"record.seal", 1, true, true}, {"guardian.block", 2, true, true}, {"citizen.protect", 1, true, true}};

static void one(struct sg_event *ev)
{
    const struct person *p = &staff[chance(STAFF)];
    size_t k = 0, at = chance(100);
    while (at >= KINDS[k].weight) at -= KINDS[k++].weight;
    memset(ev, 0, sizeof *ev);
    sg_uuid7(ev->id, &clock_, &random_);
    ev->at = now_ms;
    SG_COPY(ev->kind, KINDS[k].kind);
    bool refused = chance(50) == 0 || sg_eq(ev->kind, "session.refused");
    SG_COPY(ev->outcome, refused ? "refused" : "done");
    if (refused) SG_COPY(ev->rule, "no-role");
#define C(to, from) SG_COPY(ev->to, p->from)
    C(actor, hsa); C(actor_name, name); C(title, title); C(commission, commission); C(assignment, assignment); C(purpose, purpose); C(unit, unit);
    C(unit_name, unit_name); C(provider, provider); C(provider_name, provider_name); C(region, region); C(device, device);
#undef C
    SG_COPY(ev->client, "sigill/1");
    if (KINDS[k].subject) SG_COPY(ev->subject, citizen[chance(4) ? chance(CITIZENS) : chance(CITIZENS / 20)]);
    if (!KINDS[k].acts) return;
    sg_uuid7(ev->action_id, &clock_, &random_);
    ev->performed_at = now_ms - (int64_t)chance(40000);
    ev->offline = chance(20) == 0;
    SG_COPY(ev->reason, "Efter samtal med verksamhetschefen");
    sg_format(ev->reference, sizeof ev->reference, "2026/%u", (unsigned)chance(900));
}

/* Moves the clock to the next event: gaps are four times longer at night and at weekends. */
static void advance(double gap)
{
    int64_t hour = now_ms / 3600000, day = hour / 24;
    bool quiet = hour % 24 < 6 || hour % 24 > 17 || (day + 4) % 7 % 6 == 0;
    now_ms += (int64_t)((double)chance(2001) / 1000 * gap * (quiet ? 2.58 : 0.475));
}

enum { INDEX_MAX = 24 };
static char made[INDEX_MAX][512];
static size_t n_made;

static void exec(sqlite3 *h, const char *sql)
{
    if (sqlite3_exec(h, sql, NULL, NULL, NULL) != SQLITE_OK) die(sqlite3_errmsg(h));
}

/* The indexes of the events are made once, at the end: sorting ten million rows takes seconds, ten million insertions here and there hours. */
static void drop_indexes(sqlite3 *h)
{
    sqlite3_stmt *st = NULL;
    char name[INDEX_MAX][64], sql[128];
    sqlite3_prepare_v2(h, "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'event' AND sql IS NOT NULL", -1, &st, NULL);
    for (; st && n_made < INDEX_MAX && sqlite3_step(st) == SQLITE_ROW; n_made++) {
        text(st, 0, name[n_made], sizeof name[n_made]);
        text(st, 1, made[n_made], sizeof made[n_made]);
    }
    sqlite3_finalize(st);
    for (size_t i = 0; i < n_made; i++) {
        sg_format(sql, sizeof sql, "DROP INDEX %s", name[i]);
        exec(h, sql);
    }
}

/* Straight into the file: no journal, no waiting. A connection of the service is "defensive", and such a one keeps its journal in silence. */
static void hasten(sqlite3 *h)
{
    char mode[16] = "";
    sqlite3_stmt *st = NULL;
    (void)sqlite3_db_config(h, SQLITE_DBCONFIG_DEFENSIVE, 0, (int *)NULL);
    exec(h, "PRAGMA locking_mode = EXCLUSIVE; PRAGMA synchronous = OFF; PRAGMA cache_size = -800000; PRAGMA threads = 2; PRAGMA foreign_keys = OFF");
    sqlite3_prepare_v2(h, "PRAGMA journal_mode = OFF", -1, &st, NULL);
    if (st && sqlite3_step(st) == SQLITE_ROW) text(st, 0, mode, sizeof mode);
    sqlite3_finalize(st);
    if (!sg_eq(mode, "off")) die("the journal stays on");
}

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void append(struct sg_db *db, struct sg_evlog *log, int64_t n)
{
    static struct sg_event ev;
    double gap = YEARS * 365.25 * 86400e3 / (double)n;
    for (int64_t i = 0; i < n; i++) {
        if (i % CHUNK == 0 && sg_db_run(db, SG_SQL_BEGIN, "") != SG_E_OK) die("begin");
        advance(gap);
        one(&ev);
        if (sg_evlog_append(log, &ev) != SG_E_OK) die("append");
        if ((i % CHUNK == CHUNK - 1 || i == n - 1) && sg_db_run(db, SG_SQL_COMMIT, "") != SG_E_OK) die("commit");
    }
}

int main(int argc, char **argv)
{
    struct sg_db db;
    struct sg_evlog *log;
    struct sg_error e = {0};
    int64_t n = 0, seed = 0;
    if (argc < 3 || !sg_parse_i64(argv[1], 1, 100000000, &n) || (argc > 3 && !sg_parse_i64(argv[3], 1, INT64_MAX, &seed)))
        die("use it as: make_log N FILE [SEED]");
    if (seed) state ^= (uint64_t)seed;
    struct sg_clock real = sg_clock_system(NULL);
    now_ms = sg_wall(&real) - (int64_t)(YEARS * 365.25 * 86400e3);
    if (sg_db_open(&db, argv[2], NULL, &e) != SG_E_OK || sg_evlog_open(&db, &random_, NULL, &log, &e) != SG_E_OK) die(e.detail);
    hasten(db.h);
    real_ones(db.h);
    made_up_ones();
    double t = seconds();
    drop_indexes(db.h);
    append(&db, log, n);
    double written = seconds();
    for (size_t i = 0; i < n_made; i++) exec(db.h, made[i]);
    exec(db.h, "PRAGMA journal_mode = WAL; ANALYZE");
    printf("%lld events in %.1f s (%.0f a second), indexes in %.1f s\n", (long long)n, written - t, (double)n / (written - t), seconds() - written);
    sg_evlog_close(log);
    sg_db_close(&db);
    return 0;
}
