/* What sees that rows were deleted, exchanged or put back from an old copy, although each row alone is authentic.
 *
 *   bucket k  the marks (first half of the GCM tag) of the newest seal of rows 64k+1 .. 64k+64, sealed. A row whose seal is intact but
 *             whose mark differs is an old copy: "rolled-back".
 *   head      number of rows, number of transactions, and the XOR of HMAC(seq ‖ mark) over all rows, sealed. It sees the last row
 *             deleted, and an old bucket put back together with its rows.
 *   witness   a small file beside the database with the number of transactions, written after each commit and not synced: it may lag
 *             behind, but never run ahead of an honest database. It sees an old copy of the database file put in place. An old copy of
 *             the whole directory is seen only by the service's last sequence number (sg_store_last_seq).
 *
 * A part of the chain that cannot be opened is left as it is: it stays evidence, and rows under it stay usable. */
#include "queue/internal.h"
#include "base/str.h"
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { HEAD_INDEX = -1, HEAD_BYTES = 8 + 8 + SG_Q_KEY + 1, BUCKET_BYTES = SG_Q_BUCKET * SG_Q_MARK, WITNESS_BYTES = 8 + SG_Q_KEY };

static struct sg_q_ad chain_ad(const struct sg_store *s, int64_t index)
{
    return (struct sg_q_ad){.table = index == HEAD_INDEX ? "head" : "bucket", .device = s->device, .actor = s->actor, .index = index};
}

/* NOTFOUND: there is none. CORRUPT: it cannot be opened, or does not belong here. */
static enum sg_err chain_read(struct sg_store *s, int64_t index, void *dst, size_t n)
{
    sqlite3_stmt *st = sg_q_bind(s, SG_SQL_CHAIN_GET, "ii", s->actor_n, index);
    int rc = st ? sqlite3_step(st) : sqlite3_errcode(s->db);
    if (rc != SQLITE_ROW) {
        sqlite3_reset(st);
        return rc == SQLITE_DONE ? SG_E_NOTFOUND : sg_q_db_err(s, rc);
    }
    struct sg_q_ad ad = chain_ad(s, index);
    struct sg_q_blob b;
    int64_t says = 0;
    const void *sealed = sqlite3_column_blob(st, 0);
    enum sg_err err = !sealed ? sg_q_column_err(s) : SG_E_OK;
    b = (struct sg_q_blob){0};
    if (err == SG_E_OK)
        err = sg_q_unseal(sg_q_key(s, SG_USE_CHAIN), &ad, sealed, (size_t)sqlite3_column_bytes(st, 0), &says, &b);
    if (err == SG_E_OK && (says != index || b.n != n))
        err = SG_E_CORRUPT;
    if (err == SG_E_OK)
        memcpy(dst, b.p, n);
    sg_q_blob_free(&b);
    sqlite3_reset(st);
    return err;
}

static enum sg_err chain_write(struct sg_store *s, int64_t index, const void *src, size_t n)
{
    struct sg_q_ad ad = chain_ad(s, index);
    struct sg_q_blob b;
    enum sg_err err = sg_q_seal(sg_q_key(s, SG_USE_CHAIN), &s->random, &ad, src, n, &b);
    if (err == SG_E_OK)
        err = sg_q_done(s, sg_q_bind(s, SG_SQL_CHAIN_PUT, "iib", s->actor_n, index, (const void *)b.p, b.n));
    sg_q_blob_free(&b);
    return err;
}

enum sg_err sg_q_head_load(struct sg_store *s)
{
    uint8_t h[HEAD_BYTES] = {0};
    s->head = (struct sg_q_head){0};
    enum sg_err err = chain_read(s, HEAD_INDEX, h, sizeof h);
    if (err == SG_E_NOTFOUND) {                          /* right only while there are no rows */
        int64_t max = 0;
        err = sg_q_int(s, sg_q_bind(s, SG_SQL_ROW_MAX, "i", s->actor_n), &max);
        s->head.known = err == SG_E_OK && max == 0;
        return err == SG_E_CORRUPT ? SG_E_OK : err;
    }
    if (err == SG_E_CORRUPT)
        return SG_E_OK;
    if (err != SG_E_OK)
        return err;
    s->head.known = true;
    s->head.count = sg_q_rd64(h);
    s->head.generation = sg_q_rd64(h + 8);
    memcpy(s->head.sum, h + 16, SG_Q_KEY);
    s->head.rolled = h[16 + SG_Q_KEY];
    return SG_E_OK;
}

enum sg_err sg_q_head_save(struct sg_store *s)
{
    if (!s->head.known)
        return SG_E_OK;
    if (s->witness_gen > s->head.generation)
        s->head.rolled = true;
    s->head.generation++;
    uint8_t h[HEAD_BYTES];
    sg_q_be64(h, s->head.count);
    sg_q_be64(h + 8, s->head.generation);
    memcpy(h + 16, s->head.sum, SG_Q_KEY);
    h[16 + SG_Q_KEY] = s->head.rolled;
    return chain_write(s, HEAD_INDEX, h, sizeof h);
}

enum sg_err sg_q_chain_term(struct sg_store *s, int64_t seq, const uint8_t mark[SG_Q_MARK], uint8_t sum[SG_Q_KEY])
{
    static const uint8_t NONE[SG_Q_MARK];
    if (memcmp(mark, NONE, SG_Q_MARK) == 0)
        return SG_E_OK;                                  /* no row yet */
    uint8_t in[8 + SG_Q_MARK], t[SG_Q_KEY];
    sg_q_be64(in, seq);
    memcpy(in + 8, mark, SG_Q_MARK);
    enum sg_err err = sg_q_hmac(sg_q_key(s, SG_USE_CHAIN), "chain", in, sizeof in, t);
    for (int i = 0; i < SG_Q_KEY && err == SG_E_OK; i++)
        sum[i] ^= t[i];
    return err;
}

enum sg_err sg_q_chain_get(struct sg_store *s, int64_t bucket, uint8_t marks[BUCKET_BYTES])
{
    return chain_read(s, bucket, marks, BUCKET_BYTES);
}

enum sg_err sg_q_chain_set(struct sg_store *s, int64_t seq, const uint8_t mark[SG_Q_MARK])
{
    uint8_t marks[BUCKET_BYTES] = {0};
    int64_t bucket = (seq - 1) / SG_Q_BUCKET, slot = (seq - 1) % SG_Q_BUCKET;
    uint8_t *mine = marks + slot * SG_Q_MARK;
    enum sg_err err = chain_read(s, bucket, marks, sizeof marks);
    s->head_dirty = true;
    if (err == SG_E_CORRUPT || (err == SG_E_NOTFOUND && slot != 0))
        return SG_E_OK;                                  /* damaged or gone: left so */
    if (err != SG_E_OK && err != SG_E_NOTFOUND)
        return err;
    err = sg_q_chain_term(s, seq, mine, s->head.sum);
    if (err == SG_E_OK)
        err = sg_q_chain_term(s, seq, mark, s->head.sum);
    memcpy(mine, mark, SG_Q_MARK);
    return err == SG_E_OK ? chain_write(s, bucket, marks, sizeof marks) : err;
}

enum sg_err sg_q_chain_test(struct sg_store *s, int64_t seq, const uint8_t mark[SG_Q_MARK], enum sg_q_fault *fault)
{
    uint8_t marks[BUCKET_BYTES];
    enum sg_err err = chain_read(s, (seq - 1) / SG_Q_BUCKET, marks, sizeof marks);
    *fault = SG_Q_INTACT;
    if (err == SG_E_OK && memcmp(marks + (seq - 1) % SG_Q_BUCKET * SG_Q_MARK, mark, SG_Q_MARK) != 0)
        *fault = SG_Q_ROLLED;
    return err == SG_E_CORRUPT || err == SG_E_NOTFOUND ? SG_E_OK : err;
}

static bool witness_path(const struct sg_store *s, char *dst, size_t cap)
{
    char tag[17];
    sg_hex(tag, s->actor, 8);
    return sg_format(dst, cap, "%s/head-%s", s->dir, tag);
}

static enum sg_err witness_mac(const struct sg_store *s, const uint8_t gen[8], uint8_t mac[SG_Q_KEY])
{
    return sg_q_hmac(sg_q_key(s, SG_USE_CHAIN), "witness", gen, 8, mac);
}

void sg_q_witness_read(struct sg_store *s)
{
    char path[4096];
    uint8_t w[WITNESS_BYTES], mac[SG_Q_KEY];
    s->witness_gen = 0;
    if (!s->real_files || !witness_path(s, path, sizeof path))
        return;
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return;
    if (read(fd, w, sizeof w) == (ssize_t)sizeof w && witness_mac(s, w, mac) == SG_E_OK && sg_secret_equal(mac, w + 8, sizeof mac))
        s->witness_gen = sg_q_rd64(w);
    close(fd);
}

void sg_q_witness_write(struct sg_store *s)
{
    char path[4096];
    uint8_t w[WITNESS_BYTES];
    if (!s->real_files || !s->head.known || !witness_path(s, path, sizeof path))
        return;
    sg_q_be64(w, s->head.generation);
    if (witness_mac(s, w, w + 8) != SG_E_OK)
        return;
    int fd = open(path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return;
    if (pwrite(fd, w, sizeof w, 0) == (ssize_t)sizeof w && s->head.generation > s->witness_gen)
        s->witness_gen = s->head.generation;
    close(fd);
}
