/* The SQLite file: opening, migrations, prepared statements, commit. Not thread-safe: one thread owns it. */
#pragma once
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include "base/err.h"

enum sg_sql {
#define SG_SQL(id, text) SG_SQL_##id,
#include "server/sql.def"
    SG_SQL_COUNT
};
struct sg_db {
    sqlite3 *h;
    sqlite3_stmt *stmt[SG_SQL_COUNT];
    int wal_pages;          /* length of the write-ahead log after the last commit */
    bool tidy_later;        /* the caller shortens that log itself, with sg_db_tidy, when nobody waits for it */
    bool fsync_failed;      /* what the disk holds is unknown: nothing may be answered until a restart has read it anew */
};
extern const char *const sg_schema[];   /* sg_schema[n-1] brings version n-1 to n */
extern const int sg_schema_version;

/* Opens or makes the file (0600), brings its schema up to date. vfs NULL: SQLite's own; otherwise the file is held exclusively (no
 * shared memory is asked of that VFS). VERSION: made by a newer sigilld · LOCKED · CORRUPT · IO. */
SG_MUST enum sg_err sg_db_open(struct sg_db *db, const char *path, const char *vfs, struct sg_error *e);
/* Brings a database from its user_version up along a ladder of n steps; sg_db_open uses sg_schema. */
SG_MUST enum sg_err sg_db_migrate(sqlite3 *h, const char *const *step, int n, struct sg_error *e);
void sg_db_close(struct sg_db *db);

/* Binds by spec, one letter an argument: t const char * (NULL counts as ""), i int64_t, b const void * and size_t.
 * The memory must live until the statement is stepped for the last time. NULL when it cannot be prepared. */
sqlite3_stmt *sg_db_query(struct sg_db *db, enum sg_sql s, const char *spec, ...);
/* Runs a statement of which no rows are wanted; arguments as for sg_db_query. */
#define sg_db_run(db, ...) sg_db_finish((db), sg_db_query((db), __VA_ARGS__))
SG_MUST enum sg_err sg_db_finish(struct sg_db *db, sqlite3_stmt *st);
/* OK: a row stands ready · NOTFOUND: no more rows (the statement is reset) · IO, CORRUPT, NOMEM … */
SG_MUST enum sg_err sg_db_step(struct sg_db *db, sqlite3_stmt *st);
/* Copies a text column of the row; "" for NULL. */
void sg_db_text(sqlite3_stmt *st, int col, char *dst, size_t cap);
/* One number of one row; absent: NOTFOUND. */
SG_MUST enum sg_err sg_db_number(struct sg_db *db, sqlite3_stmt *st, int64_t *out);
/* COMMIT with fsync, then a checkpoint when the log has grown long, unless that is done later. */
SG_MUST enum sg_err sg_db_commit(struct sg_db *db);
/* A checkpoint when the log has grown to that many pages. What the disk does not confirm is noted in fsync_failed. */
void sg_db_tidy(struct sg_db *db, int pages);
void sg_db_rollback(struct sg_db *db);                     /* whatever is open; harmless when nothing is */
