/* SQLite as sigilld uses it: WAL, synchronous FULL, every statement prepared once. The write-ahead log is checkpointed here and not by
 * SQLite itself, because a failed fsync during a checkpoint must not go unseen: after any failed fsync the kernel may have dropped the
 * pages it could not write, so nothing that is read afterwards can be trusted to be on the disk (fsync_failed, until a restart). */
#include "server/db.h"
#include "base/mutant.h"
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include "base/log.h"
#include "base/str.h"

enum { CHECKPOINT_PAGES = 1000, BUSY_MS = 5000 };

static const char *const SQL[SG_SQL_COUNT] = {
#define SG_SQL(id, text) text,
#include "server/sql.def"
};

static enum sg_err map(int rc)
{
    switch (rc & 0xff) {
    case SQLITE_OK: case SQLITE_ROW: case SQLITE_DONE: return SG_E_OK;
    case SQLITE_NOMEM: return SG_E_NOMEM;
    case SQLITE_BUSY: case SQLITE_LOCKED: return SG_E_LOCKED;
    case SQLITE_CORRUPT: case SQLITE_NOTADB: return SG_E_CORRUPT;
    case SQLITE_FULL: case SQLITE_IOERR: case SQLITE_CANTOPEN: case SQLITE_READONLY: case SQLITE_PERM: case SQLITE_INTERRUPT: return SG_E_IO;
    default: return SG_E_INTERNAL;
    }
}

static bool is_fsync(int rc) { return rc == SQLITE_IOERR_FSYNC || rc == SQLITE_IOERR_DIR_FSYNC; }

/* Notes a failure once in the diary and keeps the one that cannot be recovered from. */
static enum sg_err noted(struct sg_db *db, int rc, const char *what)
{
    if (is_fsync(rc) || is_fsync(sqlite3_extended_errcode(db->h))) {
        if (!db->fsync_failed) sg_log(SG_LOG_ERROR, "%s: the disk did not confirm a write (fsync); refusing everything until restarted", what);
        db->fsync_failed = !SG_MUTANT(71);
    } else {
        sg_log(SG_LOG_ERROR, "%s: %s (%d)", what, sqlite3_errstr(rc), rc);
    }
    return map(rc);
}

static int on_wal(void *ctx, sqlite3 *h, const char *name, int pages)
{
    (void)h; (void)name;
    ((struct sg_db *)ctx)->wal_pages = pages;
    return SQLITE_OK;
}

/* One pragma whose answer must be what was asked for. */
static enum sg_err pragma_is(sqlite3 *h, const char *sql, const char *want, struct sg_error *e)
{
    sqlite3_stmt *st = NULL;
    int rc = sqlite3_prepare_v2(h, sql, -1, &st, NULL);
    if (rc == SQLITE_OK) rc = sqlite3_step(st);
    const char *got = rc == SQLITE_ROW ? (const char *)sqlite3_column_text(st, 0) : NULL;
    enum sg_err err = SG_E_OK;
    if (!got || (want && !sg_eq(got, want)))
        err = sg_fail(e, rc == SQLITE_ROW ? SG_E_IO : map(rc) == SG_E_OK ? SG_E_IO : map(rc), "database", "%s: %s", sql, sqlite3_errmsg(h));
    sqlite3_finalize(st);
    return err;
}

static enum sg_err exec(sqlite3 *h, const char *sql, struct sg_error *e)
{
    int rc = sqlite3_exec(h, sql, NULL, NULL, NULL);
    return rc == SQLITE_OK ? SG_E_OK : sg_fail(e, map(rc), "database", "%s", sqlite3_errmsg(h));
}

static enum sg_err version_of(sqlite3 *h, int *out, struct sg_error *e)
{
    sqlite3_stmt *st = NULL;
    int rc = sqlite3_prepare_v2(h, "PRAGMA user_version", -1, &st, NULL);
    if (rc == SQLITE_OK) rc = sqlite3_step(st);
    if (rc == SQLITE_ROW) *out = sqlite3_column_int(st, 0);
    enum sg_err err = rc == SQLITE_ROW ? SG_E_OK : sg_fail(e, map(rc), "database", "%s", sqlite3_errmsg(h));
    sqlite3_finalize(st);
    return err;
}

/* One step with its new version number, all or nothing. The number is checked again inside: another process may have been quicker. */
static enum sg_err climb(sqlite3 *h, const char *step, int to, struct sg_error *e)
{
    int now = 0;
    char set[48];
    if (!sg_format(set, sizeof set, "PRAGMA user_version = %d", to)) return SG_E_INTERNAL;
    enum sg_err err = exec(h, "BEGIN IMMEDIATE", e);
    if (err != SG_E_OK) return err;
    err = version_of(h, &now, e);
    if (err == SG_E_OK && now < to) {
        err = exec(h, step, e);
        if (err == SG_E_OK) err = exec(h, set, e);
    }
    if (err == SG_E_OK) err = exec(h, "COMMIT", e);
    if (err != SG_E_OK && !sqlite3_get_autocommit(h)) (void)sqlite3_exec(h, "ROLLBACK", NULL, NULL, NULL);
    return err;
}

enum sg_err sg_db_migrate(sqlite3 *h, const char *const *step, int n, struct sg_error *e)
{
    int now = 0;
    enum sg_err err = version_of(h, &now, e);
    if (err != SG_E_OK) return err;
    if (now > n || now < 0) return sg_fail(e, SG_E_VERSION, "database", "schema version %d; this program knows %d", now, n);
    for (int i = now; i < n && err == SG_E_OK; i++) err = climb(h, step[i], i + 1, e);
    return err;
}

static enum sg_err settle(struct sg_db *db, bool exclusive, struct sg_error *e)
{
    sqlite3 *h = db->h;
    (void)sqlite3_busy_timeout(h, BUSY_MS);
    (void)sqlite3_extended_result_codes(h, 1);
    (void)sqlite3_db_config(h, SQLITE_DBCONFIG_DEFENSIVE, 1, (int *)NULL);
    enum sg_err err = SG_E_OK;
    if (exclusive) err = pragma_is(h, "PRAGMA locking_mode = EXCLUSIVE", "exclusive", e);
    if (err == SG_E_OK) err = pragma_is(h, "PRAGMA journal_mode = WAL", "wal", e);
    if (err == SG_E_OK)
        err = exec(h, "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY;"
                      "PRAGMA cell_size_check = ON; PRAGMA wal_autocheckpoint = 0", e);
    if (SG_MUTANT(70) && err == SG_E_OK) err = exec(h, "PRAGMA synchronous = OFF", e);
    sqlite3_wal_hook(h, on_wal, db);
    return err;
}

static sqlite3_stmt *ready(struct sg_db *db, enum sg_sql s)
{
    if (!db->stmt[s]) {
        int rc = sqlite3_prepare_v3(db->h, SQL[s], -1, SQLITE_PREPARE_PERSISTENT, &db->stmt[s], NULL);
        if (rc != SQLITE_OK) {
            sg_log(SG_LOG_ERROR, "statement %d: %s", (int)s, sqlite3_errmsg(db->h));
            return NULL;
        }
    }
    (void)sqlite3_reset(db->stmt[s]);
    return db->stmt[s];
}

/* Ending a transaction must not fail for lack of memory: it would stay open, and its lock with it. */
static enum sg_err prepare_ahead(struct sg_db *db, struct sg_error *e)
{
    static const enum sg_sql all[] = {SG_SQL_BEGIN, SG_SQL_COMMIT, SG_SQL_ROLLBACK, SG_SQL_SAVEPOINT, SG_SQL_RELEASE, SG_SQL_BACK_TO};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (!ready(db, all[i])) return sg_fail(e, SG_E_NOMEM, "database", "%s", sqlite3_errmsg(db->h));
    return SG_E_OK;
}

enum sg_err sg_db_open(struct sg_db *db, const char *path, const char *vfs, struct sg_error *e)
{
    memset(db, 0, sizeof *db);
    mode_t before = umask(077);
    int rc = sqlite3_open_v2(path, &db->h, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, vfs);
    enum sg_err err = rc == SQLITE_OK ? settle(db, vfs != NULL, e) : sg_fail(e, map(rc), "database", "%s", sqlite3_errstr(rc));
    if (err == SG_E_OK) err = sg_db_migrate(db->h, sg_schema, sg_schema_version, e);
    if (err == SG_E_OK) err = prepare_ahead(db, e);
    (void)umask(before);
    if (err != SG_E_OK) sg_db_close(db);
    return err;
}

void sg_db_close(struct sg_db *db)
{
    for (size_t i = 0; i < SG_SQL_COUNT; i++) sqlite3_finalize(db->stmt[i]);
    if (db->h && db->fsync_failed)       /* what the disk did not confirm must not be copied on as if it held */
        (void)sqlite3_db_config(db->h, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, (int *)NULL);
    if (db->h && sqlite3_close(db->h) != SQLITE_OK) sg_log(SG_LOG_WARN, "the database was closed with work left in it");
    memset(db, 0, sizeof *db);
}

sqlite3_stmt *sg_db_query(struct sg_db *db, enum sg_sql s, const char *spec, ...)
{
    sqlite3_stmt *st = ready(db, s);
    if (!st) return NULL;
    int rc = SQLITE_OK;
    va_list ap;
    va_start(ap, spec);
    for (int i = 1; spec[i - 1] && rc == SQLITE_OK; i++) {
        if (spec[i - 1] == 'i') {
            rc = sqlite3_bind_int64(st, i, va_arg(ap, int64_t));
        } else if (spec[i - 1] == 't') {
            const char *t = va_arg(ap, const char *);
            rc = sqlite3_bind_text(st, i, t ? t : "", -1, SQLITE_STATIC);
        } else {
            const void *p = va_arg(ap, const void *);
            rc = sqlite3_bind_blob64(st, i, p ? p : "", va_arg(ap, size_t), SQLITE_STATIC);
        }
    }
    va_end(ap);
    return rc == SQLITE_OK ? st : NULL;
}

enum sg_err sg_db_step(struct sg_db *db, sqlite3_stmt *st)
{
    if (!st) return SG_E_IO;
    int rc = sqlite3_step(st);
    if (rc == SQLITE_ROW) return SG_E_OK;
    if (rc == SQLITE_DONE) {
        (void)sqlite3_reset(st);
        return SG_E_NOTFOUND;
    }
    enum sg_err err = noted(db, rc, "database");
    (void)sqlite3_reset(st);
    return err;
}

enum sg_err sg_db_finish(struct sg_db *db, sqlite3_stmt *st)
{
    enum sg_err err = sg_db_step(db, st);
    if (err == SG_E_OK) (void)sqlite3_reset(st);
    return err == SG_E_NOTFOUND ? SG_E_OK : err;
}

void sg_db_text(sqlite3_stmt *st, int col, char *dst, size_t cap)
{
    (void)sg_copy(dst, cap, (const char *)sqlite3_column_text(st, col));
}

enum sg_err sg_db_number(struct sg_db *db, sqlite3_stmt *st, int64_t *out)
{
    enum sg_err err = sg_db_step(db, st);
    if (err != SG_E_OK) return err;
    *out = sqlite3_column_int64(st, 0);
    (void)sqlite3_reset(st);
    return SG_E_OK;
}

enum sg_err sg_db_commit(struct sg_db *db)
{
    enum sg_err err = sg_db_run(db, SG_SQL_COMMIT, "");
    if (err != SG_E_OK || db->fsync_failed) return err == SG_E_OK ? SG_E_IO : err;
    if (!db->tidy_later) sg_db_tidy(db, CHECKPOINT_PAGES);
    return SG_E_OK;                     /* the commit itself stands */
}

void sg_db_tidy(struct sg_db *db, int pages)
{
    if (db->wal_pages < pages || db->fsync_failed) return;
    int rc = sqlite3_wal_checkpoint_v2(db->h, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    if (rc != SQLITE_OK && rc != SQLITE_BUSY && rc != SQLITE_LOCKED) (void)noted(db, rc, "checkpoint");
    db->wal_pages = 0;
}

void sg_db_rollback(struct sg_db *db)
{
    if (sqlite3_get_autocommit(db->h)) return;
    if (sg_db_run(db, SG_SQL_ROLLBACK, "") != SG_E_OK) sg_log(SG_LOG_ERROR, "rollback failed");
}
