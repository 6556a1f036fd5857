/* What the tests of the service share: a core over a private database with a clock and randomness of the test's own, a small directory,
 * and a file system that fails on command. */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "base/str.h"
#include "server/ctx.h"
#include "server/event_scan.h"
#include "server/import.h"
#include "tests/unit/server_api.h"
#include "wire/leaf.h"

/* ---- a VFS that fails ------------------------------------------------------------------------------------------------------ */

enum kit_fault { KIT_NONE, KIT_FULL, KIT_IOERR, KIT_FSYNC };
struct kit_vfs { enum kit_fault fault; long writes, syncs; long after, upto; bool lazy; };    /* upto > 0: only writes after … upto fail; lazy: no sync reaches the disk */
static struct kit_vfs kit_disk;
struct kit_file { sqlite3_file base; sqlite3_file *real; };
#define KIT_REAL(f) (((struct kit_file *)(void *)(f))->real)

static inline int kit_close(sqlite3_file *f) { return KIT_REAL(f)->pMethods ? KIT_REAL(f)->pMethods->xClose(KIT_REAL(f)) : SQLITE_OK; }
static inline int kit_read(sqlite3_file *f, void *p, int n, sqlite3_int64 o) { return KIT_REAL(f)->pMethods->xRead(KIT_REAL(f), p, n, o); }
static inline int kit_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 o)
{
    kit_disk.writes++;
    bool spared = kit_disk.upto > 0 && (kit_disk.writes <= kit_disk.after || kit_disk.writes > kit_disk.upto);
    if (kit_disk.fault == KIT_FULL && !spared) return SQLITE_FULL;
    if (kit_disk.fault == KIT_IOERR && !spared) return SQLITE_IOERR_WRITE;
    return KIT_REAL(f)->pMethods->xWrite(KIT_REAL(f), p, n, o);
}
static inline int kit_truncate(sqlite3_file *f, sqlite3_int64 n) { return KIT_REAL(f)->pMethods->xTruncate(KIT_REAL(f), n); }
static inline int kit_sync(sqlite3_file *f, int flags)
{
    kit_disk.syncs++;
    return kit_disk.fault == KIT_FSYNC ? SQLITE_IOERR_FSYNC : kit_disk.lazy ? SQLITE_OK : KIT_REAL(f)->pMethods->xSync(KIT_REAL(f), flags);
}
static inline int kit_size(sqlite3_file *f, sqlite3_int64 *n) { return KIT_REAL(f)->pMethods->xFileSize(KIT_REAL(f), n); }
static inline int kit_lock(sqlite3_file *f, int l) { return KIT_REAL(f)->pMethods->xLock(KIT_REAL(f), l); }
static inline int kit_unlock(sqlite3_file *f, int l) { return KIT_REAL(f)->pMethods->xUnlock(KIT_REAL(f), l); }
static inline int kit_reserved(sqlite3_file *f, int *r) { return KIT_REAL(f)->pMethods->xCheckReservedLock(KIT_REAL(f), r); }
static inline int kit_control(sqlite3_file *f, int op, void *p) { return KIT_REAL(f)->pMethods->xFileControl(KIT_REAL(f), op, p); }
static inline int kit_sector(sqlite3_file *f) { return KIT_REAL(f)->pMethods->xSectorSize(KIT_REAL(f)); }
static inline int kit_traits(sqlite3_file *f) { return KIT_REAL(f)->pMethods->xDeviceCharacteristics(KIT_REAL(f)); }
static const sqlite3_io_methods kit_methods = {.iVersion = 1, .xClose = kit_close, .xRead = kit_read, .xWrite = kit_write,
    .xTruncate = kit_truncate, .xSync = kit_sync, .xFileSize = kit_size, .xLock = kit_lock, .xUnlock = kit_unlock,
    .xCheckReservedLock = kit_reserved, .xFileControl = kit_control, .xSectorSize = kit_sector, .xDeviceCharacteristics = kit_traits};

static inline int kit_open(sqlite3_vfs *v, const char *name, sqlite3_file *f, int flags, int *out)
{
    sqlite3_vfs *real = v->pAppData;
    struct kit_file *k = (struct kit_file *)(void *)f;
    k->real = (sqlite3_file *)(void *)(k + 1);
    f->pMethods = NULL;
    int rc = real->xOpen(real, name, k->real, flags, out);
    if (rc == SQLITE_OK) f->pMethods = &kit_methods;
    return rc;
}
static inline int kit_delete(sqlite3_vfs *v, const char *n, int s) { sqlite3_vfs *r = v->pAppData; return r->xDelete(r, n, s); }
static inline int kit_access(sqlite3_vfs *v, const char *n, int f, int *o) { sqlite3_vfs *r = v->pAppData; return r->xAccess(r, n, f, o); }
static inline int kit_path(sqlite3_vfs *v, const char *n, int c, char *o) { sqlite3_vfs *r = v->pAppData; return r->xFullPathname(r, n, c, o); }
static inline const char *kit_vfs_name(void)
{
    static sqlite3_vfs v;
    if (!v.zName) {
        sqlite3_vfs *real = sqlite3_vfs_find(NULL);
        v = *real;
        v.zName = "kit";
        v.pAppData = real;
        v.szOsFile = real->szOsFile + (int)sizeof(struct kit_file);
        v.xOpen = kit_open;
        v.xDelete = kit_delete;
        v.xAccess = kit_access;
        v.xFullPathname = kit_path;
        assert_int_equal(sqlite3_vfs_register(&v, 0), SQLITE_OK);
    }
    return v.zName;
}

/* ---- clock, randomness, directory -------------------------------------------------------------------------------------------- */

enum { KIT_START_Y = 2026 };
static int64_t kit_wall_ms, kit_mono_ms;
static inline int64_t kit_wall(void *c) { (void)c; return kit_wall_ms; }
static inline int64_t kit_mono(void *c) { (void)c; return kit_mono_ms; }
static inline struct sg_clock kit_clock(void) { return (struct sg_clock){kit_wall, kit_mono, NULL}; }
static uint64_t kit_seed = 1;
static inline void kit_fill(void *c, void *dst, size_t n)
{
    (void)c;
    for (size_t i = 0; i < n; i++) {
        kit_seed ^= kit_seed << 13;
        kit_seed ^= kit_seed >> 7;
        kit_seed ^= kit_seed << 17;
        ((uint8_t *)dst)[i] = (uint8_t)(kit_seed >> 32);
    }
}
static inline struct sg_random kit_random(void) { return (struct sg_random){kit_fill, NULL}; }

static char kit_dir[64], kit_db[96];
static inline void kit_tidy(void)
{
    static const char *const names[] = {"db", "db-wal", "db-shm", "db-journal", "a.ndjson", "b.ndjson"};
    char path[160];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", kit_dir, names[i]);
        (void)unlink(path);
    }
    (void)rmdir(kit_dir);
}
static struct sg_sign_book kit_book;               /* the signer of the tests: outlives a core, as the program's state file outlives the service */
static inline void kit_begin(void)
{
    sg_sign_free(&kit_book);
    snprintf(kit_dir, sizeof kit_dir, "/tmp/sigilld-test-XXXXXX");
    assert_non_null(mkdtemp(kit_dir));
    snprintf(kit_db, sizeof kit_db, "%s/db", kit_dir);
    assert_true(sg_rfc3339_parse("2026-03-02T10:00:00Z", &kit_wall_ms));
    kit_mono_ms = 1000000;
    kit_disk = (struct kit_vfs){0};
    kit_seed = 88172645463325252u;
}
/* Official-series test numbers. Bo and Cia are guardians of Alva; Dan is a hidden child with Bo as guardian. */
#define ALVA "201412122382"
#define BO   "198001012387"
#define CIA  "198202022383"
#define DAN  "201505052389"
#define NOBODY "194506062399"

/* Who may be asked for. */
enum kit_who { ANNA, STEN, PIA, OLLE, INGA, NILS, RITA, NAT, LONA, STRANGER, KIT_PEOPLE };

static const char KIT_DATA[] =
    "# a small world\n"
    "{\"type\":\"policy\",\"termsVersion\":\"1\",\"termsText\":\"Terms\"}\n"
    "{\"type\":\"region\",\"code\":\"norr\",\"name\":\"Region Norr\"}\n"
    "{\"type\":\"region\",\"code\":\"syd\",\"name\":\"Region Syd\"}\n"
    "\n"
    "{\"type\":\"provider\",\"hsa\":\"SE2321000016-P1\",\"name\":\"Norr\"}\n"
    "{\"type\":\"unit\",\"hsa\":\"SE2321000016-U1\",\"name\":\"BUP Norr\",\"provider\":\"SE2321000016-P1\",\"region\":\"norr\"}\n"
    "{\"type\":\"unit\",\"hsa\":\"SE2321000016-U2\",\"name\":\"BUP Syd\",\"provider\":\"SE2321000016-P1\",\"region\":\"syd\"}\n"
    "{\"type\":\"staff\",\"hsa\":\"SE2321000016-1000\",\"name\":\"Anna Berg\",\"termsAccepted\":true}\n"
    "{\"type\":\"staff\",\"hsa\":\"SE2321000016-1001\",\"name\":\"Sten Stod\",\"termsAccepted\":true}\n"
    "{\"type\":\"staff\",\"hsa\":\"SE2321000016-1002\",\"name\":\"Pia Prim\",\"termsAccepted\":true}\n"
    "{\"type\":\"staff\",\"hsa\":\"SE2321000016-1003\",\"name\":\"Olle Oman\",\"termsAccepted\":true}\n"
    "{\"type\":\"staff\",\"hsa\":\"SE2321000016-1004\",\"name\":\"Inga Inaktiv\",\"termsAccepted\":true,\"active\":false}\n"
    "{\"type\":\"staff\",\"hsa\":\"SE2321000016-1005\",\"name\":\"Nils Ny\"}\n"
    "{\"type\":\"staff\",\"hsa\":\"SE2321000016-1006\",\"name\":\"Rita Rev\",\"termsAccepted\":true}\n"
    "{\"type\":\"staff\",\"hsa\":\"SE2321000016-1007\",\"name\":\"Nat Nation\",\"termsAccepted\":true}\n"
    "{\"type\":\"staff\",\"hsa\":\"SE2321000016-1008\",\"name\":\"Lona Loes\",\"termsAccepted\":true}\n"
    "{\"type\":\"commission\",\"id\":\"SE2321000016-C0\",\"staff\":\"SE2321000016-1000\",\"name\":\"Admin\",\"purpose\":\"administration\",\"unit\":\"SE2321000016-U1\",\"roles\":[\"account-admin\",\"journal-superadmin\"]}\n"
    "{\"type\":\"commission\",\"id\":\"SE2321000016-C0B\",\"staff\":\"SE2321000016-1000\",\"name\":\"Support\",\"unit\":\"SE2321000016-U1\",\"roles\":[\"support\"]}\n"
    "{\"type\":\"commission\",\"id\":\"SE2321000016-C1\",\"staff\":\"SE2321000016-1001\",\"name\":\"Support\",\"unit\":\"SE2321000016-U1\",\"roles\":[\"support\"]}\n"
    "{\"type\":\"commission\",\"id\":\"SE2321000016-C2\",\"staff\":\"SE2321000016-1002\",\"name\":\"Protected\",\"unit\":\"SE2321000016-U1\",\"roles\":[\"account-admin\",\"journal-superadmin\",\"protected-persons\"]}\n"
    "{\"type\":\"commission\",\"id\":\"SE2321000016-C3\",\"staff\":\"SE2321000016-1003\",\"name\":\"Admin\",\"unit\":\"SE2321000016-U2\",\"roles\":[\"account-admin\",\"journal-superadmin\"]}\n"
    "{\"type\":\"commission\",\"id\":\"SE2321000016-C4\",\"staff\":\"SE2321000016-1004\",\"name\":\"Admin\",\"unit\":\"SE2321000016-U1\",\"roles\":[\"account-admin\"]}\n"
    "{\"type\":\"commission\",\"id\":\"SE2321000016-C5\",\"staff\":\"SE2321000016-1005\",\"name\":\"Admin\",\"unit\":\"SE2321000016-U1\",\"roles\":[\"account-admin\",\"journal-superadmin\"]}\n"
    "{\"type\":\"commission\",\"id\":\"SE2321000016-C6\",\"staff\":\"SE2321000016-1006\",\"name\":\"Review\",\"unit\":\"SE2321000016-U1\",\"roles\":[\"reviewer\"]}\n"
    "{\"type\":\"commission\",\"id\":\"SE2321000016-C7\",\"staff\":\"SE2321000016-1007\",\"name\":\"National\",\"unit\":\"SE2321000016-U1\",\"roles\":[\"national-admin\"]}\n"
    "{\"type\":\"citizen\",\"personalIdentityNumber\":\"" ALVA "\",\"name\":\"Alva Ek\",\"region\":\"norr\",\"activeUser\":true}\n"
    "{\"type\":\"citizen\",\"personalIdentityNumber\":\"" BO "\",\"name\":\"Bo Ek\",\"region\":\"norr\"}\n"
    "{\"type\":\"citizen\",\"personalIdentityNumber\":\"" CIA "\",\"name\":\"Cia Ek\",\"region\":\"norr\"}\n"
    "{\"type\":\"citizen\",\"personalIdentityNumber\":\"" DAN "\",\"name\":\"Dan Dold\",\"region\":\"norr\",\"protectedPerson\":true}\n"
    "{\"type\":\"relation\",\"citizen\":\"" ALVA "\",\"person\":\"" BO "\",\"relation\":\"guardian\"}\n"
    "{\"type\":\"relation\",\"citizen\":\"" ALVA "\",\"person\":\"" CIA "\",\"relation\":\"guardian\"}\n"
    "{\"type\":\"relation\",\"citizen\":\"" DAN "\",\"person\":\"" BO "\",\"relation\":\"guardian\"}\n";

/* Writes text into a file of the test's directory; the path is good until the next call with the same name. */
static inline const char *kit_file_of(const char *name, const char *text)
{
    static char path[2][160];
    char *p = path[name[0] == 'b'];
    snprintf(p, sizeof path[0], "%s/%s", kit_dir, name);
    FILE *f = fopen(p, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, strlen(text), f), strlen(text));
    assert_int_equal(fclose(f), 0);
    return p;
}

static inline enum sg_err kit_import(const char *text, struct sg_error *e)
{
    struct sg_db db;
    struct sg_clock c = kit_clock();
    struct sg_random r = kit_random();
    const char *files[1] = {kit_file_of("a.ndjson", text)};
    assert_int_equal(sg_db_open(&db, kit_db, NULL, e), SG_E_OK);
    enum sg_err err = sg_import_files(&db, &c, &r, files, 1, e);
    sg_db_close(&db);
    return err;
}

/* ---- requests ---------------------------------------------------------------------------------------------------------------- */

static struct sg_core *kit_core;
static struct sg_peer kit_peer[KIT_PEOPLE];
static char kit_token[KIT_PEOPLE][80];
static struct sg_http_reply kit_reply;             /* the last one */

static inline struct sg_signer *kit_signer(void)
{
    static struct sg_signer s;
    static const uint8_t seed[SG_SEED_LEN] = {1};
    if (!kit_book.signer.key.name[0]) assert_int_equal(sg_note_signer_make(SG_LOG_NAME, SG_NOTE_ED25519, seed, &kit_book.signer), SG_E_OK);
    s = sg_signer_of_book(&kit_book);
    return &s;
}

static inline void kit_open_core(const char *vfs)
{
    struct sg_error e = {0};
    struct sg_core_opts o = {.database = kit_db, .vfs = vfs, .clock = kit_clock(), .random = kit_random(), .signer = kit_signer(),
                             .limits = {.lookups_minute = 10, .lookups_hour = 100, .lookups_day = 1000}};
    if (sg_core_open(&o, &kit_core, &e) != SG_E_OK) fail_msg("%s: %s", e.where, e.detail);
    for (int i = 0; i < KIT_PEOPLE; i++) {
        struct sg_peer *p = &kit_peer[i];
        p->certified = true;
        snprintf(p->hsa, sizeof p->hsa, "SE2321000016-%d", 1000 + i);
        snprintf(p->fingerprint, sizeof p->fingerprint, "%064d", i);
    }
}

struct kit_ask { enum kit_who who; enum sg_method method; const char *path, *query, *if_match, *body; };

static inline void kit_fill_request(struct sg_http_request *rq, const struct kit_ask *a)
{
    memset(rq, 0, sizeof *rq);
    rq->method = a->method;
    SG_COPY(rq->path, a->path);
    SG_COPY(rq->query, a->query);
    SG_COPY(rq->if_match, a->if_match);
    SG_COPY(rq->bearer, kit_token[a->who]);
    sg_buf_init(&rq->body, 1 << 20);
    if (a->body) {
        SG_COPY(rq->content_type, "application/json");
        assert_int_equal(sg_buf_addz(&rq->body, a->body), SG_E_OK);
    }
}

static inline int kit_send(const struct kit_ask *a)
{
    struct sg_http_request rq;
    kit_fill_request(&rq, a);
    sg_http_reply_free(&kit_reply);
    sg_core_handle(kit_core, &kit_peer[a->who], &rq, &kit_reply);
    sg_http_request_free(&rq);
    assert_true(api_allows(a->method, a->path, &kit_reply));
    return kit_reply.status;
}
static inline int kit_get(enum kit_who who, const char *path) { return kit_send(&(struct kit_ask){.who = who, .method = SG_GET, .path = path}); }
static inline int kit_post(enum kit_who who, const char *path, const char *body)
{
    return kit_send(&(struct kit_ask){.who = who, .method = SG_POST, .path = path, .body = body});
}
static inline const char *kit_body(void) { return kit_reply.body.data ? kit_reply.body.data : ""; }
static inline bool kit_says(const char *part) { return strstr(kit_body(), part) != NULL; }
static inline bool kit_problem(const char *type)
{
    char want[96];
    snprintf(want, sizeof want, "\"type\":\"" SG_PROBLEM_BASE "%s\"", type);
    return kit_says(want);
}
/* A text member of the last answer. */
static inline const char *kit_member(const char *key)
{
    static char value[256];
    cJSON *v = cJSON_Parse(kit_body());
    const char *s = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(v, key));
    snprintf(value, sizeof value, "%s", s ? s : "");
    cJSON_Delete(v);
    return value;
}

static inline int kit_sign_in(enum kit_who who)
{
    int status = kit_post(who, "/sessions", "{\"client\":\"test/1\"}");
    if (status == 200) SG_COPY(kit_token[who], kit_member("token"));
    return status;
}
static inline void kit_citizen_id(const char *pid, char id[SG_ID_MAX])
{
    sqlite3_stmt *st = sg_db_query(&kit_core->db, SG_SQL_CITIZEN_BY_PID, "t", pid);
    assert_int_equal(sg_db_step(&kit_core->db, st), SG_E_OK);
    sg_db_text(st, 0, id, SG_ID_MAX);
    (void)sqlite3_reset(st);
}

/* ---- the log ------------------------------------------------------------------------------------------------------------------- */

static inline int64_t kit_events(void)
{
    int64_t n = 0;
    assert_int_equal(sg_db_number(&kit_core->db, sg_db_query(&kit_core->db, SG_SQL_EVENT_NEXT, ""), &n), SG_E_OK);
    return n;
}
/* The newest event. */
static inline struct sg_event kit_last(void)
{
    struct sg_event ev;
    sqlite3_stmt *st = sg_db_query(&kit_core->db, SG_SQL_EVENTS_ALL, "tiii", "", kit_events() - 1, (int64_t)1, kit_events() - 1);
    assert_int_equal(sg_db_step(&kit_core->db, st), SG_E_OK);
    assert_int_equal(sg_scan_event(&kit_core->db, st, &ev), SG_E_OK);
    (void)sqlite3_reset(st);
    return ev;
}

/* R2.11: every event that a test has left holds the ten fields of the national contract; one that was erased holds none. */
static inline void kit_check_events(void)
{
    static struct sg_event ev;
    sqlite3_stmt *st = NULL;
    if (!kit_core || sqlite3_prepare_v2(kit_core->db.h, "SELECT payload FROM event WHERE payload IS NOT NULL", -1, &st, NULL) != SQLITE_OK) return;
    while (sqlite3_step(st) == SQLITE_ROW) {
        assert_int_equal(sg_payload_decode(sqlite3_column_blob(st, 0), (size_t)sqlite3_column_bytes(st, 0), &ev), SG_E_OK);
        const char *const must[] = {ev.id, ev.system, ev.activity, ev.purpose, ev.actor, ev.provider, ev.unit, ev.resource, ev.log, ev.kind};
        for (size_t i = 0; i < sizeof must / sizeof *must; i++)
            if (!must[i][0]) fail_msg("event %s (%s) lacks field %zu", ev.id, ev.kind, i);
        assert_true(ev.at > 0 && strlen(ev.system) <= 32 && strlen(ev.actor) <= 32 && strlen(ev.provider) <= 32 && strlen(ev.unit) <= 32);
    }
    sqlite3_finalize(st);
}

static inline void kit_end(void)
{
    kit_check_events();
    sg_http_reply_free(&kit_reply);
    memset(&kit_reply, 0, sizeof kit_reply);
    sg_core_close(kit_core);
    api_free();
    kit_core = NULL;
    memset(kit_token, 0, sizeof kit_token);
    sg_sign_free(&kit_book);
    kit_tidy();
}
static inline int kit_setup_on(const char *vfs)
{
    struct sg_error e = {0};
    kit_begin();
    if (kit_import(KIT_DATA, &e) != SG_E_OK) {
        fprintf(stderr, "%s: %s\n", e.where, e.detail);
        return -1;
    }
    kit_open_core(vfs);
    for (int i = 0; i < KIT_PEOPLE; i++)
        if (i != INGA && i != LONA && i != STRANGER) assert_int_equal(kit_sign_in((enum kit_who)i), 200);
    return 0;
}
static inline int kit_setup(void **state) { (void)state; return kit_setup_on(NULL); }
static inline int kit_setup_disk(void **state) { (void)state; return kit_setup_on(kit_vfs_name()); }
static inline int kit_teardown(void **state) { (void)state; kit_end(); return 0; }
