/* The SQLite file: opening, statements, transactions, and what SQLite's errors mean to us.
 *
 * WAL with synchronous FULL: COMMIT returns after fsync of the log. Checkpoints are run by us, not by SQLite's own hook, because that
 * hook swallows a failed fsync. After a failed fsync nobody knows what is on the disk, so the store refuses every further write until
 * reopened, and closes without a checkpoint. A file that SQLite cannot read at all is moved aside, never deleted.
 * With a VFS name (simulation) the directory is the VFS's business: nothing is made, moved or synced beside it. */
#include "queue/internal.h"
#include "base/mutant.h"
#include "base/log.h"
#include "base/str.h"
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BUSY_MS = 5000, BRIEF_MS = 200, FAILING = 3, CHECKPOINT_PAGES = 1000, WAL_TRIES = 100 };

static const char *const SQL[SG_SQL_COUNT] = {
#define SG_SQL(id, text) text,
#include "queue/sql.def"
};

enum sg_err sg_q_db_err(struct sg_store *s, int rc)
{
    if (!s->db)
        return SG_E_IO;                                  /* given up */
    int ext = sqlite3_extended_errcode(s->db);
    if ((ext & 0xff) != (rc & 0xff))
        ext = rc;
    if ((ext == SQLITE_IOERR_FSYNC || ext == SQLITE_IOERR_DIR_FSYNC) && !SG_MUTANT(2))
        s->dead = true;
    switch (rc & 0xff) {
    case SQLITE_OK: case SQLITE_ROW: case SQLITE_DONE: return SG_E_OK;
    case SQLITE_PROTOCOL: s->stuck++; return SG_E_LOCKED;
    case SQLITE_BUSY: case SQLITE_LOCKED: return SG_E_LOCKED;
    case SQLITE_CORRUPT: case SQLITE_NOTADB: return SG_E_CORRUPT;
    case SQLITE_NOMEM: return SG_E_NOMEM;
    case SQLITE_TOOBIG: return SG_E_LIMIT;
    case SQLITE_CONSTRAINT: return SG_E_CONFLICT;
    case SQLITE_ERROR: case SQLITE_MISUSE: case SQLITE_RANGE: return SG_E_INTERNAL;
    default: return SG_E_IO;
    }
}

static bool usable(struct sg_store *s);

sqlite3_stmt *sg_q_bind(struct sg_store *s, enum sg_q_sql id, const char *fmt, ...)
{
    if (s->stuck > 0 && !usable(s))
        return NULL;
    if (!s->stmt[id] && sqlite3_prepare_v3(s->db, SQL[id], -1, SQLITE_PREPARE_PERSISTENT, &s->stmt[id], NULL) != SQLITE_OK)
        return NULL;
    sqlite3_stmt *st = s->stmt[id];
    sqlite3_reset(st);
    va_list ap;
    va_start(ap, fmt);
    int rc = SQLITE_OK;
    for (int i = 1; *fmt && rc == SQLITE_OK; fmt++, i++) {
        if (*fmt == 'i') {
            rc = sqlite3_bind_int64(st, i, va_arg(ap, int64_t));
        } else if (*fmt == 't') {
            rc = sqlite3_bind_text(st, i, va_arg(ap, const char *), -1, SQLITE_TRANSIENT);
        } else {
            const void *p = va_arg(ap, const void *);
            rc = sqlite3_bind_blob64(st, i, p, va_arg(ap, size_t), SQLITE_TRANSIENT);
        }
    }
    va_end(ap);
    return rc == SQLITE_OK ? st : NULL;
}

enum sg_err sg_q_column_err(const struct sg_store *s)
{
    return sqlite3_errcode(s->db) == SQLITE_NOMEM ? SG_E_NOMEM : SG_E_CORRUPT;
}

static enum sg_err not_prepared(struct sg_store *s)
{
    enum sg_err err = sg_q_db_err(s, sqlite3_errcode(s->db));
    return err == SG_E_OK ? SG_E_INTERNAL : err;
}

enum sg_err sg_q_done(struct sg_store *s, sqlite3_stmt *st)
{
    if (!st)
        return not_prepared(s);
    int rc = sqlite3_step(st);
    enum sg_err err = sg_q_db_err(s, rc);
    sqlite3_reset(st);
    return err;
}

enum sg_err sg_q_int(struct sg_store *s, sqlite3_stmt *st, int64_t *out)
{
    if (!st)
        return not_prepared(s);
    int rc = sqlite3_step(st);
    if (rc == SQLITE_ROW)
        *out = sqlite3_column_int64(st, 0);
    enum sg_err err = rc == SQLITE_DONE ? SG_E_NOTFOUND : sg_q_db_err(s, rc);
    sqlite3_reset(st);
    return err;
}

static void bad_fn(sqlite3_context *c, int n, sqlite3_value **v)
{
    (void)n;
    sqlite3_result_int(c, sg_q_is_bad(sqlite3_user_data(c), sqlite3_value_int64(v[0])));
}

static int wal_hook(void *ctx, sqlite3 *db, const char *name, int pages)
{
    (void)db, (void)name;
    ((struct sg_store *)ctx)->wal_pages = pages;
    return SQLITE_OK;
}

static int use_wal(struct sg_store *s)
{
    int rc = SQLITE_BUSY;
    for (int i = 0; i < WAL_TRIES && (rc & 0xff) == SQLITE_BUSY; i++) {    /* the busy handler does not cover the change to WAL */
        if (i)
            sqlite3_sleep(20);
        rc = sqlite3_exec(s->db, "PRAGMA journal_mode=WAL", NULL, NULL, NULL);
    }
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(s->db, "PRAGMA synchronous=FULL;PRAGMA temp_store=MEMORY;PRAGMA secure_delete=ON;PRAGMA trusted_schema=OFF;"
                          "PRAGMA cell_size_check=ON;PRAGMA mmap_size=0", NULL, NULL, NULL);
    if (SG_MUTANT(1))
        (void)sqlite3_exec(s->db, "PRAGMA synchronous=OFF", NULL, NULL, NULL);
    return rc;
}

static int configure(struct sg_store *s)
{
    sqlite3_extended_result_codes(s->db, 1);
    sqlite3_busy_timeout(s->db, BUSY_MS);
    sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    int rc = sqlite3_create_function(s->db, "sg_bad", 1, SQLITE_UTF8, s, bad_fn, NULL, NULL);
    if (rc == SQLITE_OK)
        rc = use_wal(s);
    sqlite3_wal_hook(s->db, wal_hook, s);
    return rc;
}

/* Ending a transaction must not fail for lack of memory: it would stay open, and its lock with it. A statement made before the tables were
 * would ask for memory again at its first use, so these are made when the file is as it stays. */
static enum sg_err prepare_ahead(struct sg_store *s, struct sg_error *e)
{
    static const enum sg_q_sql AHEAD[] = {SG_SQL_BEGIN, SG_SQL_BEGIN_READ, SG_SQL_COMMIT, SG_SQL_ROLLBACK};
    for (size_t i = 0; i < sizeof AHEAD / sizeof AHEAD[0]; i++) {
        sqlite3_finalize(s->stmt[AHEAD[i]]);
        s->stmt[AHEAD[i]] = NULL;
        if (!sg_q_bind(s, AHEAD[i], ""))
            return sg_fail(e, not_prepared(s), s->path, "%s", sqlite3_errmsg(s->db));
    }
    return SG_E_OK;
}

void sg_q_db_close(struct sg_store *s)
{
    for (int i = 0; i < SG_SQL_COUNT; i++) {
        sqlite3_finalize(s->stmt[i]);
        s->stmt[i] = NULL;
    }
    if (s->db && s->dead)                                /* do not pretend: what fsync refused must not be copied on as if it held */
        sqlite3_db_config(s->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    sqlite3_close(s->db);
    s->db = NULL;
}

static bool in_use(const struct sg_store *s)
{
    for (sqlite3_stmt *st = sqlite3_next_stmt(s->db, NULL); st; st = sqlite3_next_stmt(s->db, st))
        if (sqlite3_stmt_busy(st))
            return true;
    return false;
}

/* Neither read nor written any more, until the program is started again. */
static void give_up(struct sg_store *s, const char *why)
{
    sg_log(SG_LOG_ERROR, "store: a lock was not given back: %s", why);
    sg_q_db_close(s);
    s->dead = true;
}

/* SQLite 3.40 does not look whether a lock could be given back, and then takes its own lock for somebody else's as long as the file is
 * open; closing it gives every lock back. What is opened again must be the same queue. */
static void open_again(struct sg_store *s)
{
    char device[SG_UUID_MAX];
    struct sg_error e = {0};
    SG_COPY(device, s->device);
    sg_q_db_close(s);
    int rc = sqlite3_open_v2(s->path, &s->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    enum sg_err err = rc == SQLITE_OK && configure(s) == SQLITE_OK ? sg_q_format_read(s, &e) : SG_E_IO;
    bool same = sg_eq(device, s->device);
    SG_COPY(s->device, device);
    if (err == SG_E_OK && same)
        err = prepare_ahead(s, &e);
    if (err != SG_E_OK || !same)
        give_up(s, same ? sg_err_name(err) : "another file lies there now");
}

/* Where a reader met such a lock, SQLite said so after ten seconds of its own (PROTOCOL). Once that may have been chance. */
static bool usable(struct sg_store *s)
{
    if (s->stuck > 0 && s->db && s->real_files && s->device[0] && sqlite3_get_autocommit(s->db) && !in_use(s)) {
        bool before = s->opened_again;
        s->stuck = 0;
        s->opened_again = true;
        if (before)
            give_up(s, "again and again");
        else
            open_again(s);
    }
    return s->db != NULL;
}

/* An earlier transaction may stand open because not even its rollback found memory. */
static enum sg_err begin(struct sg_store *s, enum sg_q_sql how)
{
    if (!usable(s) || (!sqlite3_get_autocommit(s->db) && sg_q_done(s, sg_q_bind(s, SG_SQL_ROLLBACK, "")) != SG_E_OK))
        return SG_E_IO;
    sqlite3_busy_timeout(s->db, s->kept_lock ? BRIEF_MS : BUSY_MS);
    enum sg_err err = sg_q_done(s, sg_q_bind(s, how, ""));
    if (err != SG_E_LOCKED || !s->real_files || in_use(s))
        return err;
    if (s->stuck == 0)
        open_again(s);
    if (!usable(s))
        return SG_E_IO;
    sqlite3_busy_timeout(s->db, s->kept_lock ? BUSY_MS : BRIEF_MS);
    err = sg_q_done(s, sg_q_bind(s, how, ""));
    s->kept_lock = s->kept_lock || err == SG_E_OK;
    return err;
}

enum sg_err sg_q_begin_read(struct sg_store *s)
{
    s->writing = false;
    return begin(s, SG_SQL_BEGIN_READ);
}

enum sg_err sg_q_begin(struct sg_store *s)
{
    enum sg_err err = s->dead ? SG_E_IO : begin(s, SG_SQL_BEGIN);
    if (err != SG_E_OK) {
        s->failed++;
        return err;
    }
    s->writing = true;
    s->changes = sqlite3_total_changes(s->db);
    s->head_dirty = false;
    err = sg_q_head_load(s);
    return err == SG_E_OK ? SG_E_OK : sg_q_end(s, err);
}

bool sg_store_failing(const struct sg_store *s)
{
    return s->dead || s->failed >= FAILING;
}

static void checkpoint(struct sg_store *s)
{
    if (s->wal_pages < CHECKPOINT_PAGES || s->dead)
        return;
    int rc = sqlite3_wal_checkpoint_v2(s->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    if (rc != SQLITE_OK && (rc & 0xff) != SQLITE_BUSY)
        sg_log(SG_LOG_ERROR, "store: checkpoint failed: %s", sg_err_name(sg_q_db_err(s, rc)));
    s->wal_pages = 0;
}

enum sg_err sg_q_end(struct sg_store *s, enum sg_err so_far)
{
    bool wrote = s->head_dirty;
    if (so_far == SG_E_OK && wrote)
        so_far = sg_q_head_save(s);
    if (so_far == SG_E_OK)
        so_far = sg_q_done(s, sg_q_bind(s, SG_SQL_COMMIT, ""));
    if (SG_MUTANT(3) && so_far != SG_E_OK && wrote)
        so_far = sg_q_done(s, sg_q_bind(s, SG_SQL_ROLLBACK, "")) == SG_E_OK || wrote ? SG_E_OK : SG_E_IO;
    s->head_dirty = false;
    bool of_disk = so_far == SG_E_IO || so_far == SG_E_LOCKED || so_far == SG_E_CORRUPT || so_far == SG_E_NOMEM;
    bool stored = so_far == SG_E_OK && s->writing && sqlite3_total_changes(s->db) != s->changes;
    s->failed = stored ? 0 : s->failed + of_disk;
    if (so_far != SG_E_OK) {
        if (!sqlite3_get_autocommit(s->db) && sg_q_done(s, sg_q_bind(s, SG_SQL_ROLLBACK, "")) != SG_E_OK)
            sg_log(SG_LOG_ERROR, "store: rollback failed");
        return so_far;
    }
    if (wrote)
        sg_q_witness_write(s);
    checkpoint(s);
    return SG_E_OK;
}

enum sg_err sg_q_fsync_dir(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return SG_E_IO;
    int rc = fsync(fd);
    close(fd);
    return rc == 0 ? SG_E_OK : SG_E_IO;
}

/* The directory, private; its own entry durable in the parent. */
static enum sg_err make_dir(const char *dir, bool existing, struct sg_error *e)
{
    struct stat st;
    if (!existing && mkdir(dir, 0700) == 0) {
        char parent[4096];
        if (!SG_COPY(parent, dir))
            return sg_fail(e, SG_E_LIMIT, "state directory", "its path is too long");
        char *cut = strrchr(parent, '/');
        if (cut == parent)
            cut[1] = 0;
        else if (cut)
            *cut = 0;
        else
            SG_COPY(parent, ".");
        if (sg_q_fsync_dir(parent) != SG_E_OK)
            return sg_fail(e, SG_E_IO, dir, "its parent could not be synced: %s", strerror(errno));
        return SG_E_OK;
    }
    if (!existing && errno != EEXIST)
        return sg_fail(e, SG_E_IO, dir, "cannot be made: %s", strerror(errno));
    if (stat(dir, &st) != 0 || !S_ISDIR(st.st_mode))
        return sg_fail(e, SG_E_IO, dir, "is not a directory");
    if (st.st_uid != geteuid() || (st.st_mode & 022))
        return sg_fail(e, SG_E_IO, dir, "belongs to or may be written by somebody else");
    return SG_E_OK;
}

static enum sg_err make_file(const struct sg_store *s, struct sg_error *e)
{
    int fd = open(s->path, O_RDWR | (s->existing ? 0 : O_CREAT) | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return sg_fail(e, SG_E_IO, s->path, "%s", strerror(errno));
    struct stat st;
    if (s->existing && fstat(fd, &st) == 0 && st.st_size == 0) {      /* SQLite would make it a database */
        close(fd);
        return sg_fail(e, SG_E_NOTFOUND, s->path, "it is empty");
    }
    bool ok = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && ((st.st_mode & 077) == 0 || fchmod(fd, 0600) == 0)
        && (st.st_size > 0 || (fsync(fd) == 0 && sg_q_fsync_dir(s->dir) == SG_E_OK));
    int why = errno;
    close(fd);
    return ok ? SG_E_OK : sg_fail(e, SG_E_IO, s->path, "not a private regular file, or not durable: %s", strerror(why));
}

/* Moves a file SQLite cannot read out of the way, with its log, under the first free number. */
static enum sg_err move_aside(const struct sg_store *s, struct sg_error *e)
{
    static const char *const TAILS[] = {"-wal", "-shm"};
    char to[4096], from[4096], name[4200];
    for (int i = 1; i < 1000; i++) {
        sg_format(to, sizeof to, "%s.damaged-%d", s->path, i);
        if (renameat2(AT_FDCWD, s->path, AT_FDCWD, to, RENAME_NOREPLACE) != 0) {
            if (errno == EEXIST)
                continue;
            return sg_fail(e, SG_E_CORRUPT, s->path, "cannot be read, and not be moved aside either: %s", strerror(errno));
        }
        for (size_t t = 0; t < sizeof TAILS / sizeof TAILS[0]; t++) {
            sg_format(from, sizeof from, "%s%s", s->path, TAILS[t]);
            sg_format(name, sizeof name, "%s%s", to, TAILS[t]);
            (void)renameat2(AT_FDCWD, from, AT_FDCWD, name, RENAME_NOREPLACE);
        }
        if (sg_q_fsync_dir(s->dir) != SG_E_OK)
            sg_log(SG_LOG_WARN, "store: the directory could not be synced after moving a damaged file aside");
        return sg_fail(e, SG_E_CORRUPT, to, "the store cannot be read at all; nothing was deleted, the file was renamed to "
                       "store.db.damaged-%d; the next start makes a new one", i);
    }
    return sg_fail(e, SG_E_CORRUPT, s->path, "cannot be read; a thousand damaged files lie beside it already");
}

static enum sg_err unreadable(struct sg_store *s, int rc, struct sg_error *e)
{
    enum sg_err err = sg_q_db_err(s, rc);
    char why[160];
    SG_COPY(why, sqlite3_errmsg(s->db));
    if (err != SG_E_CORRUPT || !s->real_files || s->existing)
        return sg_fail(e, err == SG_E_OK ? SG_E_INTERNAL : err, s->path, "%s", why);
    sg_q_db_close(s);
    return move_aside(s, e);
}

enum sg_err sg_q_db_open(struct sg_store *s, const struct sg_store_opts *o, struct sg_error *e)
{
    enum sg_err err = SG_E_OK;
    if (s->real_files) {
        err = make_dir(s->dir, s->existing, e);
        if (err == SG_E_OK)
            err = make_file(s, e);
        if (err != SG_E_OK)
            return err;
    }
    int rc = sqlite3_open_v2(s->path, &s->db, SQLITE_OPEN_READWRITE | (s->existing ? 0 : SQLITE_OPEN_CREATE) | SQLITE_OPEN_NOMUTEX, o->vfs);
    if (rc == SQLITE_OK)
        rc = configure(s);
    int64_t tables = 0;
    if (rc == SQLITE_OK) {
        err = sg_q_int(s, sg_q_bind(s, SG_SQL_TABLES, ""), &tables);
        rc = err == SG_E_OK ? SQLITE_OK : sqlite3_errcode(s->db);
    }
    if (rc != SQLITE_OK)
        return s->db ? unreadable(s, rc, e) : sg_fail(e, SG_E_NOMEM, s->path, "no memory for the database");
    if (tables == 0)
        err = s->existing ? sg_fail(e, SG_E_NOTFOUND, s->path, "there is no queue in it") : sg_q_format_make(s, o, e);
    if (err == SG_E_OK)
        err = sg_q_format_read(s, e);
    if (err == SG_E_OK)
        err = sg_q_format_fits(s, o->drill, e);
    return err == SG_E_OK ? prepare_ahead(s, e) : err;
}
