/* Key slots: the random 256-bit data key of one person, wrapped by something that person has. A slot is {kind, params, salt, proof,
 * wrapped, sum}:
 *     sum     plain SHA-256 over the rest: an accidentally damaged slot is CORRUPT, not "wrong passphrase"
 *     proof   second half of the KDF's output, hashed: tells a wrong passphrase without touching the wrapped key
 *     wrapped the data key under AES-256-GCM
 * One row of KINDS per kind; a card becomes one more. The data key may be kept in the kernel's keyring for 15 minutes together with
 * a MAC of the passphrase that opened it, so that a wrong passphrase does not pass because a right one was given before. */
#include "queue/internal.h"
#include "base/str.h"
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

enum { LOG_N_MIN = 10, LOG_N_MAX = 20, LOG_N_DEFAULT = 17, KEYRING_SECONDS = 900, CACHED = 2 * SG_Q_KEY };

static enum sg_err stretch(const struct sg_store_opts *o, const uint8_t *salt, size_t n_salt, int log_n, uint8_t out[2 * SG_Q_KEY],
                           struct sg_error *e)
{
    if (!o->passphrase || o->passphrase->len == 0)
        return sg_fail(e, SG_E_PASSPHRASE, "", "no passphrase was given");
    uint64_t n = UINT64_C(1) << log_n;
    uint64_t maxmem = n * 8 * 128 + (UINT64_C(4) << 20);         /* OpenSSL's own limit is 32 MiB, too little from N = 2^15 */
    const char *pass = (const char *)o->passphrase->data;
    if (EVP_PBE_scrypt(pass, o->passphrase->len, salt, n_salt, n, 8, 1, maxmem, out, (size_t)2 * SG_Q_KEY) != 1)
        return sg_fail(e, SG_E_CRYPTO, "", "scrypt with N = 2^%d failed (it needs %llu MiB)", log_n, (unsigned long long)(maxmem >> 20));
    return SG_E_OK;
}

static enum sg_err proof_of(const uint8_t *kdf, uint8_t proof[16])
{
    uint8_t h[SG_Q_KEY];
    enum sg_err err = sg_q_sha256("sigill slot proof", kdf + SG_Q_KEY, SG_Q_KEY, NULL, 0, h);
    memcpy(proof, h, 16);
    return err;
}

static struct sg_q_ad slot_ad(const struct sg_q_slot *slot)
{
    return (struct sg_q_ad){.table = "keyslot", .device = slot->kind, .actor = slot->salt, .extra = slot->params,
                            .n_extra = sizeof slot->params};
}

static enum sg_err pass_wrap(const struct sg_store_opts *o, const uint8_t *key, struct sg_q_slot *slot, struct sg_error *e)
{
    int log_n = o->scrypt_log_n ? o->scrypt_log_n : LOG_N_DEFAULT;
    if (log_n < LOG_N_MIN || log_n > LOG_N_MAX)
        return sg_fail(e, SG_E_INPUT, "scrypt_log_n", "%d is not between %d and %d", log_n, LOG_N_MIN, LOG_N_MAX);
    uint8_t kdf[2 * SG_Q_KEY];
    sg_format(slot->params, sizeof slot->params, "scrypt log_n=%d r=8 p=1", log_n);
    sg_random_fill(&o->random, slot->salt, sizeof slot->salt);
    enum sg_err err = stretch(o, slot->salt, sizeof slot->salt, log_n, kdf, e);
    if (err == SG_E_OK)
        err = proof_of(kdf, slot->proof);
    struct sg_q_blob b = {0};
    struct sg_q_ad ad = slot_ad(slot);
    if (err == SG_E_OK)
        err = sg_q_seal(kdf, &o->random, &ad, key, SG_Q_KEY, &b);
    if (err == SG_E_OK) {
        memcpy(slot->wrapped, b.p, b.n);
        slot->n_wrapped = b.n;
    }
    sg_q_blob_free(&b);
    sg_wipe(kdf, sizeof kdf);
    return err;
}

static bool read_params(const char *params, int *log_n)
{
    static const char HEAD[] = "scrypt log_n=", TAIL[] = " r=8 p=1";
    if (!sg_starts(params, HEAD))
        return false;
    char digits[8];
    const char *at = params + sizeof HEAD - 1;
    size_t n = strspn(at, "0123456789");
    int64_t v = 0;
    if (n == 0 || n >= sizeof digits || !sg_eq(at + n, TAIL) || !sg_copyn(digits, sizeof digits, at, n))
        return false;
    if (!sg_parse_i64(digits, LOG_N_MIN, LOG_N_MAX, &v))
        return false;
    *log_n = (int)v;
    return true;
}

static enum sg_err pass_unwrap(const struct sg_store_opts *o, const struct sg_q_slot *slot, uint8_t *key, struct sg_error *e)
{
    int log_n = 0;
    if (!read_params(slot->params, &log_n))
        return sg_fail(e, SG_E_CORRUPT, "key slot", "its parameters make no sense");
    uint8_t kdf[2 * SG_Q_KEY], proof[16];
    enum sg_err err = stretch(o, slot->salt, sizeof slot->salt, log_n, kdf, e);
    if (err == SG_E_OK)
        err = proof_of(kdf, proof);
    if (err == SG_E_OK && !sg_secret_equal(proof, slot->proof, sizeof proof))
        err = sg_fail(e, SG_E_PASSPHRASE, "key slot", "the slot is whole, but this passphrase does not open it");
    struct sg_q_blob b = {0};
    struct sg_q_ad ad = slot_ad(slot);
    int64_t index = 0;
    if (err == SG_E_OK) {
        err = sg_q_unseal(kdf, &ad, slot->wrapped, slot->n_wrapped, &index, &b);
        if (err != SG_E_OK && err != SG_E_CORRUPT)
            err = sg_fail(e, err, "key slot", "it could not be opened");
        else if (err != SG_E_OK || b.n != SG_Q_KEY)
            err = sg_fail(e, SG_E_CORRUPT, "key slot", "the passphrase is right, but the wrapped key was changed or damaged");
        else
            memcpy(key, b.p, SG_Q_KEY);
    }
    sg_q_blob_free(&b);
    sg_wipe(kdf, sizeof kdf);
    return err;
}

const struct sg_keyslot_ops SG_KEYSLOT_PASSPHRASE = {"passphrase", pass_wrap, pass_unwrap};
static const struct sg_keyslot_ops *const KINDS[] = {&SG_KEYSLOT_PASSPHRASE};

static enum sg_err slot_sum(const struct sg_store *s, const struct sg_q_slot *slot, uint8_t sum[SG_Q_KEY])
{
    uint8_t flat[SG_Q_TAG + sizeof slot->kind + sizeof slot->params + sizeof slot->salt + sizeof slot->proof];
    size_t at = 0;
#define PUT(field) (memcpy(flat + at, (field), sizeof(field)), at += sizeof(field))
    PUT(s->actor);
    PUT(slot->kind);
    PUT(slot->params);
    PUT(slot->salt);
    PUT(slot->proof);
#undef PUT
    return sg_q_sha256("sigill slot sum", flat, at, slot->wrapped, slot->n_wrapped, sum);
}

static bool copy_blob(sqlite3_stmt *st, int col, void *dst, size_t n)
{
    const void *p = sqlite3_column_blob(st, col);
    if (!p || (size_t)sqlite3_column_bytes(st, col) != n)
        return false;
    memcpy(dst, p, n);
    return true;
}

/* NOTFOUND: this person has no slot of that kind. */
static enum sg_err slot_read(struct sg_store *s, const char *kind, struct sg_q_slot *slot, struct sg_error *e)
{
    *slot = (struct sg_q_slot){0};
    SG_COPY(slot->kind, kind);
    sqlite3_stmt *st = sg_q_bind(s, SG_SQL_SLOT_GET, "it", s->actor_n, kind);
    int rc = st ? sqlite3_step(st) : sqlite3_errcode(s->db);
    if (rc != SQLITE_ROW) {
        sqlite3_reset(st);
        return rc == SQLITE_DONE ? SG_E_NOTFOUND : sg_fail(e, sg_q_db_err(s, rc), "key slot", "%s", sqlite3_errmsg(s->db));
    }
    uint8_t sum[SG_Q_KEY], should[SG_Q_KEY];
    const char *params = (const char *)sqlite3_column_text(st, 0);
    size_t n = (size_t)sqlite3_column_bytes(st, 3);
    bool ok = params && sg_copy(slot->params, sizeof slot->params, params) && copy_blob(st, 1, slot->salt, sizeof slot->salt)
        && copy_blob(st, 2, slot->proof, sizeof slot->proof) && n > 0 && n <= sizeof slot->wrapped && copy_blob(st, 3, slot->wrapped, n)
        && copy_blob(st, 4, sum, sizeof sum);
    slot->n_wrapped = n;
    enum sg_err err = ok ? slot_sum(s, slot, should) : sg_q_column_err(s);
    sqlite3_reset(st);
    if (err != SG_E_OK && err != SG_E_CORRUPT)
        return sg_fail(e, err, "key slot", "it could not be read");
    if (!ok || !sg_secret_equal(sum, should, sizeof sum))
        return sg_fail(e, SG_E_CORRUPT, "key slot", "the key slot is damaged; the rows behind it cannot be opened without it");
    return SG_E_OK;
}

/* Makes a data key and its first slot. CONFLICT: another process was quicker. */
static enum sg_err slot_make(struct sg_store *s, const struct sg_store_opts *o, struct sg_q_slot *slot, uint8_t *key, struct sg_error *e)
{
    *slot = (struct sg_q_slot){0};
    SG_COPY(slot->kind, KINDS[0]->kind);
    uint8_t sum[SG_Q_KEY];
    sg_random_fill(&o->random, key, SG_Q_KEY);
    enum sg_err err = KINDS[0]->wrap(o, key, slot, e);
    if (err == SG_E_OK)
        err = slot_sum(s, slot, sum);
    if (err != SG_E_OK)
        return err;
    sqlite3_stmt *st = sg_q_bind(s, SG_SQL_SLOT_ADD, "ittbbbb", s->actor_n, slot->kind, slot->params,
                                 (const void *)slot->salt, sizeof slot->salt,
                                 (const void *)slot->proof, sizeof slot->proof, (const void *)slot->wrapped, slot->n_wrapped,
                                 (const void *)sum, sizeof sum);
    err = sg_q_done(s, st);
    return err == SG_E_OK || err == SG_E_CONFLICT ? err : sg_fail(e, err, "key slot", "%s", sqlite3_errmsg(s->db));
}

/* What the keyring holds: key ‖ HMAC(key, passphrase). */
static enum sg_err cached_form(const struct sg_store_opts *o, const uint8_t *key, uint8_t out[CACHED])
{
    memcpy(out, key, SG_Q_KEY);
    return o->passphrase ? sg_q_hmac(key, "sigill keyring", o->passphrase->data, o->passphrase->len, out + SG_Q_KEY) : SG_E_PASSPHRASE;
}

static enum sg_err cache_name(const struct sg_store *s, const struct sg_q_slot *slot, char name[80])
{
    uint8_t h[SG_Q_KEY];
    enum sg_err err = sg_q_sha256(s->device, slot->salt, sizeof slot->salt, slot->wrapped, slot->n_wrapped, h);
    if (err != SG_E_OK)
        return err;
    static const char prefix[] = "sigill:";
    memcpy(name, prefix, sizeof prefix);                    /* sg_hex writes over its end and ends the whole */
    sg_hex(name + sizeof prefix - 1, h, sizeof h);
    return SG_E_OK;
}

static enum sg_err slot_unwrap(struct sg_store *s, const struct sg_store_opts *o, const struct sg_keyslot_ops *ops,
                               const struct sg_q_slot *slot, uint8_t *key, struct sg_error *e)
{
    char name[80] = "";
    uint8_t have[CACHED], want[CACHED];
    bool cached = o->cache_key && cache_name(s, slot, name) == SG_E_OK;
    bool hit = cached && sg_q_keyring_get(name, have, sizeof have) && cached_form(o, have, want) == SG_E_OK
        && sg_secret_equal(have, want, sizeof have);
    enum sg_err err = SG_E_OK;
    if (hit)
        memcpy(key, have, SG_Q_KEY);
    else
        err = ops->unwrap(o, slot, key, e);
    if (cached && !hit && err == SG_E_OK && cached_form(o, key, want) == SG_E_OK)
        sg_q_keyring_put(name, want, sizeof want, KEYRING_SECONDS);
    sg_wipe(have, sizeof have);
    sg_wipe(want, sizeof want);
    return err;
}

enum sg_err sg_q_slot_open(struct sg_store *s, const struct sg_store_opts *o, uint8_t key[SG_Q_KEY], struct sg_error *e)
{
    struct sg_q_slot slot;
    for (int again = 0; again < 2; again++) {
        for (size_t i = 0; i < sizeof KINDS / sizeof KINDS[0]; i++) {
            enum sg_err err = slot_read(s, KINDS[i]->kind, &slot, e);
            if (err != SG_E_NOTFOUND)
                return err == SG_E_OK ? slot_unwrap(s, o, KINDS[i], &slot, key, e) : err;
        }
        int64_t used = 1;
        enum sg_err err = sg_q_int(s, sg_q_bind(s, SG_SQL_ACTOR_USED, "i", s->actor_n), &used);
        if (err != SG_E_OK)
            return sg_fail(e, err, "key slot", "%s", sqlite3_errmsg(s->db));
        if (!used && s->existing)
            return sg_fail(e, SG_E_NOTFOUND, "key slot", "there is nothing of this person in it");
        if (used)
            return sg_fail(e, SG_E_CORRUPT, "key slot", "there are rows of this person, but their key slot is missing");
        err = slot_make(s, o, &slot, key, e);
        if (err != SG_E_CONFLICT)
            return err;
    }
    return sg_fail(e, SG_E_LOCKED, "key slot", "another process keeps changing it");
}
