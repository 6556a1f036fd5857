/* Queue files that lie beside the one in use: set aside because they could not be read, or those of other folders with acts that never ended.
 * Their content stays sealed; only the number of unfinished rows is looked at, which stands in the clear. */
#include "queue/internal.h"
#include "base/str.h"
#include <dirent.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LOOK_MOST = 256 };
struct found { struct sg_leftover *list; size_t cap, n; };

static void note(struct found *f, const char *path, bool damaged, int64_t open_rows)
{
    if (f->n < f->cap) {
        struct sg_leftover *l = &f->list[f->n];
        SG_COPY(l->path, path);
        l->damaged = damaged;
        l->open_rows = open_rows;
    }
    f->n++;
}

/* -1: it does not say. */
static int64_t number(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *st = NULL;
    int64_t n = -1;
    if (sqlite3_prepare_v2(db, sql, -1, &st, NULL) == SQLITE_OK && sqlite3_step(st) == SQLITE_ROW)
        n = sqlite3_column_int64(st, 0);
    sqlite3_finalize(st);
    return n;
}

/* -1: it does not say. What waits in a drill waits for nothing. */
static int64_t open_rows(const char *file)
{
    sqlite3 *db = NULL;
    int64_t n = -1;
    if (sqlite3_open_v2(file, &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL) == SQLITE_OK)
        n = number(db, "SELECT count(*) FROM meta WHERE key='drill'") > 0 ? 0 : number(db, "SELECT count(*) FROM row WHERE state NOT IN (3,8)");
    sqlite3_close(db);
    return n;
}

static void set_aside(struct found *f, const char *dir)
{
    char path[SG_LEFTOVER_PATH];
    DIR *d = opendir(dir);
    for (struct dirent *e; d && (e = readdir(d)) != NULL;)
        if (sg_starts(e->d_name, "store.db.damaged-") && !strchr(e->d_name + sizeof "store.db.damaged-" - 1, '-') && sg_format(path, sizeof path, "%s/%s", dir, e->d_name))
            note(f, path, true, -1);
    if (d)
        closedir(d);
}

static bool own_folder(const char *path, const struct stat *mine)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid() && !(st.st_dev == mine->st_dev && st.st_ino == mine->st_ino);
}

/* Folders beside ours, as other profiles and earlier ones have them. */
static void beside(struct found *f, const char *dir)
{
    char parent[SG_LEFTOVER_PATH], path[SG_LEFTOVER_PATH], file[SG_LEFTOVER_PATH];
    struct stat mine;
    char *cut = SG_COPY(parent, dir) ? strrchr(parent, '/') : NULL;
    if (!cut || cut == parent || stat(dir, &mine) != 0)
        return;
    *cut = '\0';
    DIR *d = opendir(parent);
    int looked = 0;
    for (struct dirent *e; d && looked < LOOK_MOST && (e = readdir(d)) != NULL; looked++) {
        if (e->d_name[0] == '.' || !sg_format(path, sizeof path, "%s/%s", parent, e->d_name) || !own_folder(path, &mine))
            continue;
        set_aside(f, path);
        int64_t n = sg_format(file, sizeof file, "%s/store.db", path) && access(file, R_OK) == 0 ? open_rows(file) : 0;
        if (n != 0)
            note(f, file, n < 0, n);
    }
    if (d)
        closedir(d);
}

size_t sg_store_leftovers(const char *dir, struct sg_leftover *list, size_t cap)
{
    struct found f = {.list = list, .cap = cap};
    set_aside(&f, dir);
    beside(&f, dir);
    return f.n;
}
