/* Queue files that lie beside the one in use: set aside because they could not be read, or those of other folders with acts that never ended
 * or reads that were never handed in. Their content stays sealed; only their numbers are looked at, which stand in the clear. */
#include "queue/internal.h"
#include "base/str.h"
#include <dirent.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LOOK_MOST = 256 };
struct found { const char *actor; struct sg_leftover *list; size_t cap, n; };

static void note(struct found *f, const struct sg_leftover *l)
{
    if (f->n < f->cap)
        f->list[f->n] = *l;
    f->n++;
}

static void set_aside(struct found *f, const char *dir)
{
    struct sg_leftover l = {.kind = SG_LEFT_UNREADABLE, .damaged = true, .open_rows = -1, .mine = -1};
    DIR *d = opendir(dir);
    for (struct dirent *e; d && (e = readdir(d)) != NULL;)
        if (sg_starts(e->d_name, "store.db.damaged-") && !strchr(e->d_name + sizeof "store.db.damaged-" - 1, '-') && sg_format(l.path, sizeof l.path, "%s/%s", dir, e->d_name))
            note(f, &l);
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
    struct sg_leftover l;
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
        if (!sg_format(file, sizeof file, "%s/store.db", path) || access(file, R_OK) != 0)
            continue;
        sg_store_look_file(file, f->actor, &l);             /* what waits in a drill waits for nothing */
        l.damaged = l.kind != SG_LEFT_DRILL && l.open_rows < 0;
        if (l.damaged || l.open_rows > 0 || (l.kind != SG_LEFT_DRILL && l.reads > 0))
            note(f, &l);
    }
    if (d)
        closedir(d);
}

size_t sg_store_leftovers(const char *dir, const char *actor, struct sg_leftover *list, size_t cap)
{
    struct found f = {.actor = actor, .list = list, .cap = cap};
    set_aside(&f, dir);
    beside(&f, dir);
    return f.n;
}
