/* Who sends what. A claim marks one row as sending for this process in one durable transaction, so that several processes drain one
 * file without sending twice at once. The owner is written "pid start boot instance": process number, its start time in clock ticks,
 * the machine's boot, and a random number of this open store. A row is orphaned when that process is gone, or when it is this very
 * process but the store it was claimed through has been closed. */
#include "queue/internal.h"
#include "base/mutant.h"
#include "base/str.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { OPEN_MOST = 64 };
static const char UNKNOWN_BOOT[] = "unknown-";           /* it could not be read, now or then */
static pthread_mutex_t open_lock = PTHREAD_MUTEX_INITIALIZER;
static char open_owner[OPEN_MOST][96];                   /* stores open in this process */

static size_t slurp(const char *path, char *dst, size_t cap)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? 0 : read(fd, dst, cap - 1);
    if (fd >= 0)
        close(fd);
    dst[n > 0 ? n : 0] = 0;
    return n > 0 ? (size_t)n : 0;
}

/* Field 22 of /proc/PID/stat; the name in field 2 may hold anything, so it counts from the last ')'. 0: cannot be told. */
static unsigned long long start_time(long pid)
{
    char path[64], stat[1024];
    sg_format(path, sizeof path, "/proc/%ld/stat", pid);
    if (!slurp(path, stat, sizeof stat))
        return 0;
    const char *p = strrchr(stat, ')');
    for (int field = 2; p && field < 22; field++) {
        p = strchr(p, ' ');
        p = p ? p + 1 : NULL;
    }
    return p ? strtoull(p, NULL, 10) : 0;
}

static void boot_id(char dst[9])
{
    char text[64];
    slurp("/proc/sys/kernel/random/boot_id", text, sizeof text);
    sg_copyn(dst, 9, text[0] ? text : UNKNOWN_BOOT, 8);
}

void sg_q_owner_make(struct sg_store *s)
{
    char boot[9], hex[17];
    uint8_t r[8];
    boot_id(boot);
    sg_random_fill(&s->random, r, sizeof r);
    sg_hex(hex, r, sizeof r);
    sg_format(s->owner, sizeof s->owner, "%ld %llu %s %s", (long)getpid(), start_time(getpid()), boot, hex);
    pthread_mutex_lock(&open_lock);
    for (int i = 0; i < OPEN_MOST; i++)
        if (!open_owner[i][0]) {
            SG_COPY(open_owner[i], s->owner);
            break;
        }
    pthread_mutex_unlock(&open_lock);
}

void sg_q_owner_drop(struct sg_store *s)
{
    pthread_mutex_lock(&open_lock);
    for (int i = 0; i < OPEN_MOST; i++)
        if (s->owner[0] && sg_eq(open_owner[i], s->owner)) {
            open_owner[i][0] = 0;
            break;
        }
    pthread_mutex_unlock(&open_lock);
}

static bool open_here(const char *owner)
{
    bool found = false;
    pthread_mutex_lock(&open_lock);
    for (int i = 0; i < OPEN_MOST && !found; i++)
        found = sg_eq(open_owner[i], owner);
    pthread_mutex_unlock(&open_lock);
    return found;
}

static bool alive(const char *owner)
{
    char here[9], *at = NULL;
    long pid = strtol(owner, &at, 10);                   /* "PID START BOOT …" */
    if (pid <= 0 || *at != ' ')
        return false;
    unsigned long long start = strtoull(at, &at, 10);
    boot_id(here);
    bool told = strcmp(here, UNKNOWN_BOOT) != 0;
    if (*at != ' ' || (told && strncmp(at + 1, here, strlen(here)) != 0))
        return false;
    if (pid == getpid() && start == start_time(pid))
        return open_here(owner);
    if (kill((pid_t)pid, 0) != 0 && errno != EPERM)
        return false;
    unsigned long long now = start_time(pid);
    return now == 0 || now == start;                     /* cannot be told: rather wait than send at the same time as another */
}

static enum sg_err find_next(struct sg_store *s, const uint8_t tag[SG_Q_TAG], int64_t *seq, int64_t *due)
{
    *due = 0;
    int64_t now = sg_wall(&s->clock);
#ifdef SG_MUTANTS
    if (SG_MUTANT(6) || SG_MUTANT(7))
        return sg_q_int(s, sg_q_bind(s, SG_MUTANT(6) ? SG_SQL_CLAIM_ANY : SG_SQL_CLAIM_CLOCK, "ibi", s->actor_n, (const void *)tag, (size_t)SG_Q_TAG, now), seq);
#endif
    enum sg_err err = sg_q_int(s, sg_q_bind(s, SG_SQL_CLAIM, "ibi", s->actor_n, (const void *)tag, (size_t)SG_Q_TAG, now), seq);
    if (err != SG_E_NOTFOUND)
        return err;
    err = sg_q_int(s, sg_q_bind(s, SG_SQL_CLAIM_DUE, "ib", s->actor_n, (const void *)tag, (size_t)SG_Q_TAG), due);
    return err == SG_E_OK ? SG_E_NOTFOUND : err;
}

/* Damaged rows must not hold others back, and a row that blocks is otherwise never opened: once, when nothing can go. */
static enum sg_err verify_open(struct sg_store *s)
{
    int64_t last = 0;
    s->open_verified = true;
    for (;;) {
        sqlite3_stmt *st = sg_q_bind(s, SG_SQL_ROW_OPEN, "ii", s->actor_n, last);
        int rc = st ? sqlite3_step(st) : sqlite3_errcode(s->db);
        if (rc == SQLITE_ROW) {
            last = sqlite3_column_int64(st, 0);
            enum sg_err err = sg_q_row_read(s, st, NULL, NULL);
            sqlite3_reset(st);
            if (err != SG_E_OK && err != SG_E_CORRUPT)
                return err;
            continue;
        }
        sqlite3_reset(st);
        return sg_q_db_err(s, rc);
    }
}

static enum sg_err mark_sending(struct sg_store *s, int64_t seq, struct sg_qrow *out)
{
    enum sg_err err = sg_q_row_load(s, sg_q_bind(s, SG_SQL_ROW_SEQ, "ii", s->actor_n, seq), out);
    if (err != SG_E_OK)
        return err;
    out->state = SG_Q_SENDING;
    out->attempts++;
    out->sent_at = sg_wall(&s->clock);
    out->next_try = 0;
    out->last_status = 0;                                /* from here on the fate is unknown until an answer is noted */
    out->last_error[0] = 0;
    err = sg_q_ground_now(s, out);
    if (err == SG_E_OK)
        err = sg_q_row_put(s, out, s->owner);
    if (err != SG_E_OK)
        sg_qrow_free(out);
    return err;
}

enum sg_err sg_store_claim(struct sg_store *s, const char *commission, struct sg_qrow *out, int64_t *next_try)
{
    uint8_t tag[SG_Q_TAG];
    int64_t seq = 0;
    *next_try = 0;
    memset(out, 0, sizeof *out);
    enum sg_err err = sg_q_tag(s, "commission", commission ? commission : "", tag);
    if (err == SG_E_OK)
        err = sg_q_begin(s);
    if (err != SG_E_OK)
        return err;
    bool again = true;
    while (again) {
        err = find_next(s, tag, &seq, next_try);
        if (err == SG_E_OK) {
            err = mark_sending(s, seq, out);
            again = err == SG_E_CORRUPT && sg_q_is_bad(s, seq);
        } else if (err == SG_E_NOTFOUND && !s->open_verified) {
            size_t bad = s->n_bad;
            err = verify_open(s);
            again = err == SG_E_OK && s->n_bad > bad;
            if (err == SG_E_OK && !again)
                err = SG_E_NOTFOUND;
        } else {
            again = false;
        }
    }
    bool claimed = err == SG_E_OK;
    err = sg_q_end(s, err);
    if (claimed && err != SG_E_OK)
        sg_qrow_free(out);
    return err;
}

static enum sg_err give_back(struct sg_store *s, struct sg_qrow *row)
{
    row->state = SG_MUTANT(9) ? SG_Q_DONE : SG_Q_READY;
    row->next_try = 0;
    enum sg_err err = sg_q_row_put(s, row, "");
    sg_qrow_free(row);
    return err;
}

static enum sg_err reclaim_all(struct sg_store *s, struct sg_qrow *row, size_t *n)
{
    enum sg_err err = SG_E_OK;
    for (int64_t last = 0; err == SG_E_OK;) {
        sqlite3_stmt *st = sg_q_bind(s, SG_SQL_ROW_STATE, "iii", s->actor_n, last, (int64_t)SG_Q_SENDING);
        int rc = st ? sqlite3_step(st) : sqlite3_errcode(s->db);
        if (rc != SQLITE_ROW) {
            sqlite3_reset(st);
            return sg_q_db_err(s, rc);
        }
        last = sqlite3_column_int64(st, 0);
        const char *owner = (const char *)sqlite3_column_text(st, 9);
        bool orphan = owner && !alive(owner) && !SG_MUTANT(8);
        err = !owner ? sg_q_column_err(s) : orphan ? sg_q_row_read(s, st, row, NULL) : SG_E_OK;
        sqlite3_reset(st);
        if (orphan && err == SG_E_OK) {
            err = give_back(s, row);
            *n += err == SG_E_OK;
        }
        if (err == SG_E_CORRUPT)
            err = SG_E_OK;                               /* noted as bad; the others come back all the same */
    }
    return err;
}

enum sg_err sg_store_reclaim(struct sg_store *s, size_t *n)
{
    *n = 0;
    struct sg_qrow *row = calloc(1, sizeof *row);
    if (!row)
        return SG_E_NOMEM;
    enum sg_err err = sg_q_begin(s);
    if (err == SG_E_OK)
        err = sg_q_end(s, reclaim_all(s, row, n));
    free(row);
    if (err != SG_E_OK)
        *n = 0;
    return err;
}
