/* A disk of a simulated machine, as an SQLite VFS in memory. Each file exists twice: as the program sees it, and as it would be found
 * after a power loss; between them stands the list of writes since the last sync. A crash applies some of that list: all of it (only the
 * process died), none, a random part with torn sectors and garbage, or a random first part. A sync that fails has lost its writes for
 * good. On some disks none succeeds from then on until the power is cycled; on others the next one does, as the kernel's does, although what
 * was lost stays lost: a program that syncs again and believes it is caught. One connection a file: locks are always granted. */
#include "sim.h"
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include "base/str.h"

enum { SECTOR = 512, FILE_MOST = 16 << 20 };
struct handle { sqlite3_file base; struct sim_disk *d; struct sim_file *f; };

static struct handle *of(sqlite3_file *f) { return (struct handle *)(void *)f; }

static bool room(struct sim_bytes *b, size_t n)
{
    if (n <= b->cap) return true;
    if (n > FILE_MOST) return false;
    size_t cap = b->cap ? b->cap : 256 << 10;            /* growing from small cost a twelfth of all time */
    while (cap < n) cap *= 2;
    uint8_t *p = realloc(b->p, cap);
    if (!p) return false;
    b->p = p;
    b->cap = cap;
    return true;
}

static bool put(struct sim_bytes *b, size_t at, const void *src, size_t n)
{
    if (!room(b, at + n)) return false;
    if (at > b->n) memset(b->p + b->n, 0, at - b->n);
    if (n) memcpy(b->p + at, src, n);
    if (at + n > b->n) b->n = at + n;
    return true;
}

static void cut(struct sim_bytes *b, size_t n)
{
    if (n < b->n) b->n = n;
    else if (n > b->n && room(b, n)) { memset(b->p + b->n, 0, n - b->n); b->n = n; }
}

static bool note_op(struct sim_file *f, int64_t at, const void *src, size_t n, bool truncate)
{
    if (f->n_op == f->cap_op) {
        size_t cap = f->cap_op ? f->cap_op * 2 : 64;
        struct sim_op *more = realloc(f->op, cap * sizeof *more);
        if (!more) return false;
        f->op = more;
        f->cap_op = cap;
    }
    f->op[f->n_op++] = (struct sim_op){.at = at, .from = f->op_bytes.n, .n = truncate ? 0 : n, .truncate = truncate};
    return truncate || put(&f->op_bytes, f->op_bytes.n, src, n);
}

static void apply(struct sim_file *f, const struct sim_op *o)
{
    if (o->truncate) cut(&f->safe, (size_t)o->at);
    else (void)put(&f->safe, (size_t)o->at, f->op_bytes.p + o->from, o->n);
}

static void forget_ops(struct sim_file *f)
{
    f->n_op = 0;
    f->op_bytes.n = 0;
}

/* ---- faults ---- */

/* Called before every operation that reaches the disk. SQLITE_OK, or how it fails. */
static int before(struct sim_disk *d, enum sim_fault hit, int rc)
{
    if (d->frozen) return SQLITE_IOERR;
    d->ops++;
    if (d->freeze_in >= 0 && d->freeze_in-- == 0) {
        d->frozen = true;
        return SQLITE_IOERR;
    }
    if (hit == SIM_FAULT_SYNC && d->sync_dead && !d->sync_lies) return SQLITE_IOERR_FSYNC;
    if (d->fault == SIM_FAULT_NONE) return SQLITE_OK;
    if (d->fault_in > 0) {
        d->fault_in--;
        return SQLITE_OK;
    }
    bool mine = d->fault == hit || (d->fault == SIM_FAULT_FULL && hit == SIM_FAULT_WRITE);
    if (!mine) return SQLITE_OK;
    if (d->fault_for-- <= 0) {
        d->fault = SIM_FAULT_NONE;
        return SQLITE_OK;
    }
    d->faults++;
    return d->fault == SIM_FAULT_FULL ? SQLITE_FULL : rc;
}

static void sync_fails(struct sim_disk *d, struct sim_file *f)
{
    if (!d->sync_dead || d->sync_lies) {
        for (size_t i = 0; i < f->n_op; i++)
            if (sim_chance(&d->rng, 400)) apply(f, &f->op[i]);
            else d->lost++;
        forget_ops(f);
    }
    d->sync_dead = d->sync_failed_once = true;
}

/* ---- file methods ---- */

static int f_close(sqlite3_file *f) { (void)f; return SQLITE_OK; }

static int f_read(sqlite3_file *file, void *dst, int n, sqlite3_int64 at)
{
    struct handle *h = of(file);
    int rc = before(h->d, SIM_FAULT_READ, SQLITE_IOERR_READ);
    if (rc != SQLITE_OK) return rc;
    const struct sim_bytes *b = &h->f->data;
    size_t from = (size_t)at, want = (size_t)n, have = from < b->n ? b->n - from : 0;
    if (have > want) have = want;
    if (have) memcpy(dst, b->p + from, have);
    if (have == want) return SQLITE_OK;
    memset((uint8_t *)dst + have, 0, want - have);
    return SQLITE_IOERR_SHORT_READ;
}

static int f_write(sqlite3_file *file, const void *src, int n, sqlite3_int64 at)
{
    struct handle *h = of(file);
    int rc = before(h->d, SIM_FAULT_WRITE, SQLITE_IOERR_WRITE);
    if (rc != SQLITE_OK) return rc;
    bool ok = put(&h->f->data, (size_t)at, src, (size_t)n) && note_op(h->f, at, src, (size_t)n, false);
    return ok ? SQLITE_OK : SQLITE_FULL;
}

static int f_truncate(sqlite3_file *file, sqlite3_int64 n)
{
    struct handle *h = of(file);
    int rc = before(h->d, SIM_FAULT_WRITE, SQLITE_IOERR_TRUNCATE);
    if (rc != SQLITE_OK) return rc;
    cut(&h->f->data, (size_t)n);
    return note_op(h->f, n, NULL, 0, true) ? SQLITE_OK : SQLITE_NOMEM;
}

static int f_sync(sqlite3_file *file, int flags)
{
    struct handle *h = of(file);
    (void)flags;
    int rc = before(h->d, SIM_FAULT_SYNC, SQLITE_IOERR_FSYNC);
    if (rc == SQLITE_IOERR_FSYNC) sync_fails(h->d, h->f);
    if (rc != SQLITE_OK) return rc;
    for (size_t i = 0; i < h->f->n_op; i++) apply(h->f, &h->f->op[i]);
    forget_ops(h->f);
    h->f->safe_exists = true;                           /* the unix VFS syncs the directory with the file */
    for (int i = 0; i < SIM_FILES; i++)                 /* and file systems write their own log in order: what was deleted before stays so */
        if (!h->d->file[i].exists) h->d->file[i].safe_exists = false;
    return SQLITE_OK;
}

static int f_size(sqlite3_file *file, sqlite3_int64 *n)
{
    *n = (sqlite3_int64)of(file)->f->data.n;
    return of(file)->d->frozen ? SQLITE_IOERR_FSTAT : SQLITE_OK;
}

static int f_lock(sqlite3_file *f, int l) { (void)f; (void)l; return SQLITE_OK; }
static int f_reserved(sqlite3_file *f, int *out) { (void)f; *out = 0; return SQLITE_OK; }
static int f_control(sqlite3_file *f, int op, void *p) { (void)f; (void)op; (void)p; return SQLITE_NOTFOUND; }
static int f_sector(sqlite3_file *f) { (void)f; return SECTOR; }
static int f_traits(sqlite3_file *f) { (void)f; return SQLITE_IOCAP_POWERSAFE_OVERWRITE; }

static int f_shm_map(sqlite3_file *file, int page, int size, int extend, void volatile **out)
{
    struct sim_file *f = of(file)->f;
    *out = NULL;
    if (page < 0 || (size_t)page >= sizeof f->shm / sizeof *f->shm) return SQLITE_IOERR_SHMMAP;
    if (!f->shm[page] && extend) f->shm[page] = calloc(1, (size_t)size);
    if (!f->shm[page] && extend) return SQLITE_NOMEM;
    *out = f->shm[page];
    return SQLITE_OK;
}
static int f_shm_lock(sqlite3_file *f, int at, int n, int flags) { (void)f; (void)at; (void)n; (void)flags; return SQLITE_OK; }
static void f_shm_barrier(sqlite3_file *f) { (void)f; }

static void drop_shm(struct sim_file *f)
{
    for (size_t i = 0; i < sizeof f->shm / sizeof *f->shm; i++) {
        free(f->shm[i]);
        f->shm[i] = NULL;
    }
}
static int f_shm_unmap(sqlite3_file *file, int del)
{
    if (del) drop_shm(of(file)->f);
    return SQLITE_OK;
}

static const sqlite3_io_methods METHODS = {
    .iVersion = 2, .xClose = f_close, .xRead = f_read, .xWrite = f_write, .xTruncate = f_truncate, .xSync = f_sync, .xFileSize = f_size,
    .xLock = f_lock, .xUnlock = f_lock, .xCheckReservedLock = f_reserved, .xFileControl = f_control, .xSectorSize = f_sector,
    .xDeviceCharacteristics = f_traits, .xShmMap = f_shm_map, .xShmLock = f_shm_lock, .xShmBarrier = f_shm_barrier, .xShmUnmap = f_shm_unmap,
};

/* ---- the VFS ---- */

/* "/c0/store.db" lies on the disk of client 0, "/s0/db" on the service's. */
static struct sim_disk *disk_of(const char *name)
{
    if (!name || name[0] != '/' || !sim_w) return NULL;
    if (name[1] == 's') return &sim_w->disk[SIM_SERVICE_DISK];
    int n = name[2] - '0';
    return name[1] == 'c' && n >= 0 && n < SIM_CLIENTS ? &sim_w->disk[n] : NULL;
}

static struct sim_file *find(struct sim_disk *d, const char *name)
{
    for (int i = 0; d && i < SIM_FILES; i++)
        if (d->file[i].used && sg_eq(d->file[i].name, name)) return &d->file[i];
    return NULL;
}

static struct sim_file *make(struct sim_disk *d, const char *name)
{
    struct sim_file *f = find(d, name);
    for (int i = 0; !f && i < SIM_FILES; i++)
        if (!d->file[i].used) f = &d->file[i];
    if (!f) return NULL;
    f->used = f->exists = true;
    SG_COPY(f->name, name);
    f->data.n = 0;
    forget_ops(f);
    (void)note_op(f, 0, NULL, 0, true);                 /* another of this name may still be on the disk */
    return f;
}

static int v_open(sqlite3_vfs *v, const char *name, sqlite3_file *file, int flags, int *out)
{
    struct sim_disk *d = disk_of(name);
    struct sim_file *f = find(d, name);
    (void)v;
    file->pMethods = NULL;
    if (!d || d->frozen) return SQLITE_CANTOPEN;
    if (!f || !f->exists) f = flags & SQLITE_OPEN_CREATE ? make(d, name) : NULL;
    if (!f) return SQLITE_CANTOPEN;
    struct handle *h = of(file);
    h->d = d;
    h->f = f;
    file->pMethods = &METHODS;
    if (out) *out = flags;
    return SQLITE_OK;
}

static int v_delete(sqlite3_vfs *v, const char *name, int sync_dir)
{
    struct sim_disk *d = disk_of(name);
    struct sim_file *f = find(d, name);
    (void)v;
    if (!d || !f || !f->exists) return SQLITE_IOERR_DELETE_NOENT;
    int rc = before(d, SIM_FAULT_WRITE, SQLITE_IOERR_DELETE);
    if (rc != SQLITE_OK) return rc;
    f->exists = false;
    f->data.n = 0;
    forget_ops(f);
    if (sync_dir) f->safe_exists = false;
    return SQLITE_OK;
}

static int v_access(sqlite3_vfs *v, const char *name, int flags, int *out)
{
    struct sim_file *f = find(disk_of(name), name);
    (void)v; (void)flags;
    *out = f && f->exists && (flags != SQLITE_ACCESS_EXISTS || f->data.n > 0);
    return SQLITE_OK;
}

static int v_path(sqlite3_vfs *v, const char *name, int cap, char *out)
{
    (void)v;
    return sg_copy(out, (size_t)cap, name) ? SQLITE_OK : SQLITE_CANTOPEN;
}

static int v_random(sqlite3_vfs *v, int n, char *out)
{
    struct sim_rng fixed = {7};
    (void)v;
    for (int i = 0; i < n; i++) out[i] = (char)sim_below(sim_w ? &sim_w->plan : &fixed, 256);
    return n;
}
static int v_sleep(sqlite3_vfs *v, int us) { (void)v; return us; }
static int v_time(sqlite3_vfs *v, sqlite3_int64 *out)
{
    (void)v;
    *out = INT64_C(210866760000000) + (sim_w ? sim_world_wall(sim_w) : 0);
    return SQLITE_OK;
}
static int v_error(sqlite3_vfs *v, int n, char *out) { (void)v; (void)n; (void)out; return 0; }

bool sim_vfs_register(void)
{
    static sqlite3_vfs v = {.iVersion = 2, .szOsFile = (int)sizeof(struct handle), .mxPathname = 256, .zName = "sim", .xOpen = v_open,
        .xDelete = v_delete, .xAccess = v_access, .xFullPathname = v_path, .xRandomness = v_random, .xSleep = v_sleep,
        .xGetLastError = v_error, .xCurrentTimeInt64 = v_time};
    return sqlite3_vfs_register(&v, 1) == SQLITE_OK;
}

/* ---- life and death of a disk ---- */

void sim_disk_init(struct sim_disk *d, struct sim_rng rng)
{
    memset(d, 0, sizeof *d);
    d->rng = rng;
    d->freeze_in = -1;
    d->sync_lies = sim_chance(&d->rng, 500);
}

void sim_disk_free(struct sim_disk *d)
{
    for (int i = 0; i < SIM_FILES; i++) {
        struct sim_file *f = &d->file[i];
        drop_shm(f);
        free(f->data.p);
        free(f->safe.p);
        free(f->op_bytes.p);
        free(f->op);
    }
    memset(d, 0, sizeof *d);
}

/* One un-synced write met by a power loss: kept, lost, or some of its sectors kept and others garbage. */
static void weather(struct sim_disk *d, struct sim_file *f, const struct sim_op *o)
{
    uint32_t fate = sim_below(&d->rng, 4);
    d->lost += fate == 0 || (fate == 3 && !o->truncate);
    if (fate == 0) return;
    if (fate < 3 || o->truncate) {
        apply(f, o);
        return;
    }
    for (size_t at = 0; at < o->n; at += SECTOR) {
        size_t n = o->n - at < SECTOR ? o->n - at : SECTOR;
        uint32_t kept = sim_below(&d->rng, 5);
        if (kept >= 2) (void)put(&f->safe, (size_t)o->at + at, f->op_bytes.p + o->from + at, n);
        if (kept == 1)
            for (size_t i = 0; i < n; i++) {
                uint8_t noise = (uint8_t)sim_next(&d->rng);
                (void)put(&f->safe, (size_t)o->at + at + i, &noise, 1);
            }
    }
}

static void crash_file(struct sim_disk *d, struct sim_file *f, enum sim_loss loss)
{
    size_t keep = loss == SIM_KEEP_ALL ? f->n_op : loss == SIM_LOSE_TAIL && f->n_op ? sim_below(&d->rng, (uint32_t)f->n_op + 1) : 0;
    bool entry = f->safe_exists;
    sim_trace("crash %s loss %d ops %zu keep %zu data %zu safe %zu exists %d safe_exists %d", f->name, (int)loss, f->n_op, keep, f->data.n, f->safe.n, f->exists, f->safe_exists);
    if (f->exists && !f->safe_exists) entry = loss == SIM_KEEP_ALL || sim_chance(&d->rng, 500);
    if (!f->exists && f->safe_exists) entry = loss != SIM_KEEP_ALL && sim_chance(&d->rng, 500);
    if (loss == SIM_LOSE_SOME)
        for (size_t i = 0; i < f->n_op; i++) weather(d, f, &f->op[i]);
    for (size_t i = 0; i < keep; i++) apply(f, &f->op[i]);
    if (loss == SIM_LOSE_ALL || loss == SIM_LOSE_TAIL) d->lost += (int64_t)(f->n_op - keep);
    forget_ops(f);
    f->exists = f->safe_exists = entry;
    if (!entry) f->safe.n = 0;
    f->data.n = 0;
    (void)put(&f->data, 0, f->safe.p, f->safe.n);
}

void sim_disk_crash(struct sim_disk *d, enum sim_loss loss)
{
    if (d->sync_dead && loss == SIM_KEEP_ALL) loss = SIM_LOSE_ALL;       /* such a disk comes back only with the power */
    for (int i = 0; i < SIM_FILES; i++) {
        if (!d->file[i].used) continue;
        drop_shm(&d->file[i]);
        crash_file(d, &d->file[i], loss);
    }
    d->frozen = d->sync_dead = false;
    d->freeze_in = -1;
    d->fault = SIM_FAULT_NONE;
}

void sim_disk_wipe(struct sim_disk *d)
{
    for (int i = 0; i < SIM_FILES; i++) {
        struct sim_file *f = &d->file[i];
        drop_shm(f);
        forget_ops(f);
        f->data.n = f->safe.n = 0;
        f->used = f->exists = f->safe_exists = false;
    }
}

void sim_disk_load(struct sim_disk *d, const char *name, const void *p, size_t n)
{
    struct sim_file *f = make(d, name);
    if (!f) return;
    forget_ops(f);
    f->safe_exists = true;
    f->safe.n = 0;
    (void)put(&f->data, 0, p, n);
    (void)put(&f->safe, 0, p, n);
}

const struct sim_file *sim_disk_file(const struct sim_disk *d, const char *name)
{
    for (int i = 0; i < SIM_FILES; i++)
        if (d->file[i].used && d->file[i].exists && sg_eq(d->file[i].name, name)) return &d->file[i];
    return NULL;
}
