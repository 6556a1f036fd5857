/* What stands in the file: its tables, its format and how an older one is taken over, the device it is of, and the mark of a drill. */
#include "queue/internal.h"
#include "base/log.h"
#include "base/str.h"

static const char SCHEMA[] =
    "CREATE TABLE meta(key TEXT PRIMARY KEY, value NOT NULL);"
    "CREATE TABLE actor(n INTEGER PRIMARY KEY, tag BLOB NOT NULL UNIQUE);"
    "CREATE TABLE keyslot(actor INTEGER NOT NULL, kind TEXT NOT NULL, params TEXT, salt BLOB, proof BLOB, wrapped BLOB, sum BLOB,"
    " PRIMARY KEY(actor,kind));"
    "CREATE TABLE chain(actor INTEGER NOT NULL, idx INTEGER NOT NULL, sealed BLOB, PRIMARY KEY(actor,idx)) WITHOUT ROWID;"
    "CREATE TABLE row(actor INTEGER NOT NULL, seq INTEGER NOT NULL, id TEXT NOT NULL UNIQUE, state INTEGER NOT NULL,"
    " fresh INTEGER NOT NULL, subject BLOB NOT NULL, commission BLOB NOT NULL,"
    " next_try INTEGER NOT NULL, created_at INTEGER NOT NULL, owner TEXT NOT NULL,"
    " sealed BLOB NOT NULL, UNIQUE(actor,seq));"
    "CREATE INDEX row_open ON row(actor,seq) WHERE state NOT IN (3,8);"
    "CREATE INDEX row_line ON row(actor,subject,seq) WHERE state NOT IN (3,8);"
    "CREATE INDEX row_state ON row(actor,state,seq,fresh);"
    "CREATE TABLE cache(actor INTEGER NOT NULL, tag BLOB NOT NULL, as_of INTEGER NOT NULL, sealed BLOB NOT NULL, UNIQUE(actor,tag));"
    "CREATE INDEX cache_age ON cache(actor,as_of);";
/* Format 2. */
static const char PAPER[] =
    "CREATE TABLE paper(actor INTEGER NOT NULL, tag BLOB NOT NULL, sealed BLOB NOT NULL, PRIMARY KEY(actor,tag)) WITHOUT ROWID;";
/* Format 3. */
static const char KEPT[] =
    "CREATE TABLE kept(actor INTEGER NOT NULL, tag BLOB NOT NULL, sealed BLOB NOT NULL, PRIMARY KEY(actor,tag)) WITHOUT ROWID;";
_Static_assert(SG_Q_DONE == 3 && SG_Q_WITHDRAWN == 8 && SG_Q_READY == 1 && SG_Q_RETRY == 4 && SG_Q_CONFLICT == 6 && SG_Q_REFUSED == 7,
               "the SQL spells these states as numbers; they are stored, so new ones go at the end");

enum sg_err sg_q_format_make(struct sg_store *s, const struct sg_store_opts *o, struct sg_error *e)
{
    enum sg_err err = sg_q_done(s, sg_q_bind(s, SG_SQL_BEGIN, ""));
    if (err != SG_E_OK)
        return sg_fail(e, err, s->path, "%s", sqlite3_errmsg(s->db));
    int64_t tables = 0;
    err = sg_q_int(s, sg_q_bind(s, SG_SQL_TABLES, ""), &tables);         /* again, now alone: somebody may have been quicker */
    if (err == SG_E_OK && tables == 0) {
        char device[SG_UUID_MAX];
        sg_uuid7(device, &o->clock, &o->random);
        err = sg_q_db_err(s, sqlite3_exec(s->db, SCHEMA, NULL, NULL, NULL));
        if (err == SG_E_OK)
            err = sg_q_db_err(s, sqlite3_exec(s->db, PAPER, NULL, NULL, NULL));
        if (err == SG_E_OK)
            err = sg_q_db_err(s, sqlite3_exec(s->db, KEPT, NULL, NULL, NULL));
        if (err == SG_E_OK)
            err = sg_q_done(s, sg_q_bind(s, SG_SQL_META_ADD, "ti", "format", (int64_t)SG_Q_FILE));
        if (err == SG_E_OK)
            err = sg_q_done(s, sg_q_bind(s, SG_SQL_META_ADD, "tt", "device", device));
        if (err == SG_E_OK && o->drill)
            err = sg_q_done(s, sg_q_bind(s, SG_SQL_META_ADD, "ti", "drill", (int64_t)1));
    }
    if (err == SG_E_OK)
        err = sg_q_done(s, sg_q_bind(s, SG_SQL_COMMIT, ""));
    if (err != SG_E_OK)
        sg_fail(e, err, s->path, "the tables could not be made: %s", sqlite3_errmsg(s->db));
    if (err != SG_E_OK && !sqlite3_get_autocommit(s->db))
        sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
    return err;
}

/* A file of an older program is taken over in one transaction: either it is of the new format afterwards, or untouched. */
static enum sg_err upgrade(struct sg_store *s)
{
    enum sg_err err = sg_q_done(s, sg_q_bind(s, SG_SQL_BEGIN, ""));
    if (err != SG_E_OK)
        return err;
    int64_t format = 0;
    err = sg_q_int(s, sg_q_bind(s, SG_SQL_META_GET, "t", "format"), &format);     /* again, now alone */
    if (err == SG_E_OK && format == 1)
        err = sg_q_db_err(s, sqlite3_exec(s->db, PAPER, NULL, NULL, NULL));
    if (err == SG_E_OK && format < 3)
        err = sg_q_db_err(s, sqlite3_exec(s->db, KEPT, NULL, NULL, NULL));
    if (err == SG_E_OK)
        err = sg_q_done(s, sg_q_bind(s, SG_SQL_META_SET, "ti", "format", (int64_t)SG_Q_FILE));
    if (err == SG_E_OK)
        err = sg_q_done(s, sg_q_bind(s, SG_SQL_COMMIT, ""));
    if (err != SG_E_OK && !sqlite3_get_autocommit(s->db))
        sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
    if (err == SG_E_OK)
        sg_log(SG_LOG_INFO, "store: a queue of format %lld was taken over", (long long)format);
    return err;
}

enum sg_err sg_q_format_read(struct sg_store *s, struct sg_error *e)
{
    int64_t format = 0;
    enum sg_err err = sg_q_int(s, sg_q_bind(s, SG_SQL_META_GET, "t", "format"), &format);
    if (err == SG_E_LOCKED || err == SG_E_IO || err == SG_E_NOMEM)
        return sg_fail(e, err, s->path, "%s", sqlite3_errmsg(s->db));
    if (err != SG_E_OK)
        return sg_fail(e, SG_E_CORRUPT, s->path, "it does not say its format");
    if (format > SG_Q_FILE)
        return sg_fail(e, SG_E_VERSION, s->path, "format %lld, this program knows up to %d", (long long)format, SG_Q_FILE);
    if (format < 1)
        return sg_fail(e, SG_E_CORRUPT, s->path, "format %lld never existed", (long long)format);
    if (format < SG_Q_FILE && (err = upgrade(s)) != SG_E_OK)
        return sg_fail(e, err, s->path, "a queue of format %lld could not be taken over: %s", (long long)format, sqlite3_errmsg(s->db));
    sqlite3_stmt *st = sg_q_bind(s, SG_SQL_META_GET, "t", "device");
    int rc = st ? sqlite3_step(st) : sqlite3_errcode(s->db);
    const char *device = rc == SQLITE_ROW ? (const char *)sqlite3_column_text(st, 0) : NULL;
    bool ok = sg_uuid_valid(device ? device : "");
    if (ok)
        SG_COPY(s->device, device);
    else if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        err = sg_q_db_err(s, rc);
    else
        err = device ? SG_E_CORRUPT : sg_q_column_err(s);
    sqlite3_reset(st);
    if (!ok && err != SG_E_CORRUPT)
        return sg_fail(e, err, s->path, "%s", sqlite3_errmsg(s->db));
    return ok ? SG_E_OK : sg_fail(e, SG_E_CORRUPT, s->path, "its device identity is missing or damaged");
}

/* The mark stands in the file itself: moving or copying it does not make a drill real. */
enum sg_err sg_q_format_fits(struct sg_store *s, bool drill, struct sg_error *e)
{
    int64_t mark = 0;
    enum sg_err err = sg_q_int(s, sg_q_bind(s, SG_SQL_META_GET, "t", "drill"), &mark);
    if (err != SG_E_OK && err != SG_E_NOTFOUND)
        return sg_fail(e, err, s->path, "%s", sqlite3_errmsg(s->db));
    if ((err == SG_E_OK && mark != 0) == drill)
        return SG_E_OK;
    return sg_fail(e, SG_E_STATE, s->path, drill ? "a live queue is not opened by a drill" : "the queue of a drill is not opened for real work");
}
