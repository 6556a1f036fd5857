/* Looking at a queue file from outside, before anybody opens it: whether it is one at all, of which format, how many rows of its clear
 * columns never ended and how many of them are this person's, and whether a living program has it open. Nothing is made, moved or
 * written, and a file that is not named like a queue is not even opened. */
#include "queue/internal.h"
#include "base/str.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Where SQLite's unix VFS says in NAME-shm that a connection exists: the "dead man switch", held shared while the file is open. */
enum { SHM_DMS = 128 };
static const char NAME[] = "store.db", ASIDE[] = "store.db.damaged-";

/* -1: it does not say. */
static int64_t number(sqlite3 *db, const char *sql, const void *tag)
{
    sqlite3_stmt *st = NULL;
    int64_t n = -1;
    int rc = sqlite3_prepare_v2(db, sql, -1, &st, NULL);
    if (rc == SQLITE_OK && tag)
        rc = sqlite3_bind_blob(st, 1, tag, SG_Q_TAG, SQLITE_STATIC);
    if (rc == SQLITE_OK && sqlite3_step(st) == SQLITE_ROW)
        n = sqlite3_column_int64(st, 0);
    sqlite3_finalize(st);
    return n;
}

/* Whose rows are whose stands in the clear for who knows the HSA-id: the tag is a plain hash of device and person. */
static void count_mine(sqlite3 *db, const char *actor, struct sg_leftover *l)
{
    char device[SG_UUID_MAX] = "";
    uint8_t tag[SG_Q_KEY];
    sqlite3_stmt *st = NULL;
    if (sqlite3_prepare_v2(db, "SELECT value FROM meta WHERE key='device'", -1, &st, NULL) == SQLITE_OK && sqlite3_step(st) == SQLITE_ROW) {
        const char *text = (const char *)sqlite3_column_text(st, 0);
        SG_COPY(device, text ? text : "");
    }
    sqlite3_finalize(st);
    if (!actor || sg_q_actor_tag(device, actor, tag) != SG_E_OK)
        return;
    int64_t reads = number(db, "SELECT value FROM meta WHERE key='" SG_Q_READS "'||(SELECT n FROM actor WHERE tag=?1)", tag);
    l->mine = number(db, "SELECT count(*) FROM row WHERE state NOT IN (3,8) AND actor=(SELECT n FROM actor WHERE tag=?1)", tag);
    l->my_reads = reads > 0 ? reads : 0;
}

static void look_inside(sqlite3 *db, const char *actor, struct sg_leftover *l)
{
    l->format = number(db, "SELECT value FROM meta WHERE key='format'", NULL);
    if (l->format < 1)
        return;
    int64_t drill = number(db, "SELECT count(*) FROM meta WHERE key='drill'", NULL);
    l->kind = l->format > SG_Q_FILE ? SG_LEFT_NEWER : drill > 0 ? SG_LEFT_DRILL : drill == 0 ? SG_LEFT_QUEUE : SG_LEFT_UNREADABLE;
    if (drill != 0)
        return;
    l->open_rows = number(db, "SELECT count(*) FROM row WHERE state NOT IN (3,8)", NULL);
    int64_t reads = number(db, "SELECT coalesce(sum(value),0) FROM meta WHERE key GLOB '" SG_Q_READS "*'", NULL);
    l->reads = reads > 0 ? reads : 0;
    if (l->kind == SG_LEFT_QUEUE)
        count_mine(db, actor, l);
}

/* The process that has the file open, 0 none that can be seen. Closing the descriptor drops the locks this process holds on the file
 * itself, so it must not be asked about a file that is open here. */
static long holder(const char *path)
{
    char shm[SG_LEFTOVER_PATH + 8];
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = SHM_DMS, .l_len = 1};
    int fd = sg_format(shm, sizeof shm, "%s-shm", path) ? open(shm, O_RDWR | O_NOFOLLOW | O_CLOEXEC) : -1;
    if (fd < 0)
        return 0;
    bool held = fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
    close(fd);
    return held ? (long)lock.l_pid : 0;
}

static bool own_file(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid() && access(path, R_OK) == 0;
}

void sg_store_look_file(const char *path, const char *actor, struct sg_leftover *out)
{
    sqlite3 *db = NULL;
    *out = (struct sg_leftover){.kind = SG_LEFT_UNREADABLE, .open_rows = -1, .mine = -1};
    SG_COPY(out->path, path);
    if (!own_file(path))
        return;
    out->holder = holder(path);
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL) == SQLITE_OK)
        look_inside(db, actor, out);
    sqlite3_close(db);
}

/* dir and file of what a person named: a folder means the queue in it. */
static bool split(const char *path, char dir[SG_LEFTOVER_PATH], char file[SG_LEFTOVER_FILE])
{
    struct stat st;
    if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
        return sg_copy(file, SG_LEFTOVER_FILE, NAME) && sg_copy(dir, SG_LEFTOVER_PATH, path);
    const char *slash = strrchr(path, '/');
    size_t n = slash ? (size_t)(slash - path) : 1;
    bool fits = sg_copy(file, SG_LEFTOVER_FILE, slash ? slash + 1 : path);
    return fits && sg_copyn(dir, SG_LEFTOVER_PATH, slash ? path : ".", n ? n : 1);
}

/* The queue of a folder, or one that was set aside: a copy made by hand is none, because it may be older than what was decided since. */
static bool named_so(const char *file)
{
    if (!sg_starts(file, ASIDE))
        return sg_eq(file, NAME);
    const char *n = file + sizeof ASIDE - 1;
    return n[0] && strspn(n, "0123456789") == strlen(n);
}

enum sg_err sg_store_look(const char *path, const char *actor, char dir[SG_LEFTOVER_PATH], char file[SG_LEFTOVER_FILE], struct sg_leftover *out)
{
    char whole[SG_LEFTOVER_PATH];
    *out = (struct sg_leftover){.kind = SG_LEFT_NOTHING, .open_rows = -1, .mine = -1};
    if (!split(path, dir, file) || !sg_format(whole, sizeof whole, "%s/%s", dir, file))
        return SG_E_LIMIT;
    SG_COPY(out->path, whole);
    if (access(whole, F_OK) != 0)
        return SG_E_NOTFOUND;
    if (!named_so(file)) {
        out->kind = SG_LEFT_UNREADABLE;
        return SG_E_OK;
    }
    sg_store_look_file(whole, actor, out);
    return SG_E_OK;
}

int sg_store_format(void)
{
    return SG_Q_FILE;
}

enum sg_err sg_store_put_away(const char *dir, const char *file)
{
    char from[SG_LEFTOVER_PATH + SG_LEFTOVER_FILE], to[SG_LEFTOVER_PATH + SG_LEFTOVER_FILE];
    if (!sg_starts(file, ASIDE))
        return SG_E_OK;
    sg_format(from, sizeof from, "%s/%s", dir, file);
    sg_format(to, sizeof to, "%s/store.db.adopted-%s", dir, file + sizeof ASIDE - 1);
    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) != 0)
        return SG_E_IO;
    return sg_q_fsync_dir(dir);
}
