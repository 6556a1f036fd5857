/* What the parts of the store share. Private to src/queue. */
#pragma once
#include "queue/store.h"
#include <sqlite3.h>

enum { SG_Q_KEY = 32, SG_Q_TAG = 16, SG_Q_FORMAT = 1 /* of a sealed blob */, SG_Q_FILE = 3 /* of the file */, SG_Q_BUCKET = 64, SG_Q_MARK = 8 };

enum sg_q_sql {
#define SG_SQL(id, text) SG_SQL_##id,
#include "queue/sql.def"
    SG_SQL_COUNT
};
enum sg_q_use { SG_USE_ROW, SG_USE_CACHE, SG_USE_TAG, SG_USE_CHAIN, SG_USE_COUNT };    /* sub-keys, one per use */
enum sg_q_fault { SG_Q_INTACT, SG_Q_BITFLIP, SG_Q_ORDER, SG_Q_ROLLED };

/* The sealed head: how many rows there must be, and a sum over the newest seal of each. */
struct sg_q_head {
    bool known;                  /* false: it could not be unsealed; it is then left as it is, as evidence */
    bool rolled;                 /* an older copy of the file was once put in place */
    int64_t count;               /* rows 1..count exist */
    int64_t generation;          /* transactions so far */
    uint8_t sum[SG_Q_KEY];
};

struct sg_store {
    sqlite3 *db;
    sqlite3_stmt *stmt[SG_SQL_COUNT];
    struct sg_clock clock; struct sg_random random;
    char *dir, *path;
    bool existing;               /* nothing is made that is not there */
    bool real_files;             /* no VFS given: directory, witness and renaming are ours to handle */
    bool dead;                   /* fsync failed: no more writes until reopened */
    bool kept_lock, opened_again;    /* the file system has once not let go of a lock of ours; a reader met such a one */
    int stuck, changes;          /* times SQLite said PROTOCOL since; rows changed before this transaction */
    unsigned failed;             /* write transactions in a row that the disk, a lock or memory let fail */
    bool writing, head_dirty;
    int wal_pages;
    char device[SG_UUID_MAX];
    char owner[96];
    uint8_t actor[SG_Q_TAG];     /* tag of the HSA-id */
    int64_t actor_n;
    struct sg_secret keys;       /* SG_USE_COUNT sub-keys */
    struct sg_q_head head;       /* as of the running or latest transaction */
    int64_t witness_gen;
    uint8_t *bad; size_t bad_cap, n_bad;     /* one bit a seq: rows found damaged */
    bool open_verified;
};

/* seal.c: the only place that knows AES-GCM, HMAC and HKDF */
struct sg_q_ad { const char *table; const char *device; const uint8_t *actor; int64_t index; const void *extra; size_t n_extra; };
struct sg_q_blob { uint8_t *p; size_t n; };              /* owned; free with sg_q_blob_free, which wipes */
void sg_q_blob_free(struct sg_q_blob *b);
SG_MUST enum sg_err sg_q_seal(const uint8_t *key, const struct sg_random *r, const struct sg_q_ad *ad, const void *plain, size_t n,
                              struct sg_q_blob *out);
/* The index that counts is the one inside the blob; *index tells it. out->p is NUL-terminated behind n. CORRUPT when not authentic. */
SG_MUST enum sg_err sg_q_unseal(const uint8_t *key, const struct sg_q_ad *ad, const void *blob, size_t n, int64_t *index,
                                struct sg_q_blob *out);
void sg_q_mark(uint8_t dst[SG_Q_MARK], const void *blob, size_t n);      /* what the chain remembers of a sealed row */
SG_MUST enum sg_err sg_q_hmac(const uint8_t *key, const char *label, const void *data, size_t n, uint8_t out[SG_Q_KEY]);
SG_MUST enum sg_err sg_q_sha256(const char *label, const void *a, size_t na, const void *b, size_t nb, uint8_t out[SG_Q_KEY]);
SG_MUST enum sg_err sg_q_subkeys(const uint8_t *data_key, const char *device, struct sg_secret *out);
const uint8_t *sg_q_key(const struct sg_store *s, enum sg_q_use u);
void sg_q_be64(uint8_t dst[8], int64_t v);
int64_t sg_q_rd64(const uint8_t src[8]);

/* keyslot.c, keyring.c */
struct sg_q_slot { char kind[16]; char params[64]; uint8_t salt[16]; uint8_t proof[16]; uint8_t wrapped[512]; size_t n_wrapped; };
/* One kind of key slot. wrap makes salt, params, proof and wrapped; unwrap tells PASSPHRASE from CORRUPT. */
struct sg_keyslot_ops {
    const char *kind;
    enum sg_err (*wrap)(const struct sg_store_opts *o, const uint8_t *key, struct sg_q_slot *slot, struct sg_error *e);
    enum sg_err (*unwrap)(const struct sg_store_opts *o, const struct sg_q_slot *slot, uint8_t *key, struct sg_error *e);
};
extern const struct sg_keyslot_ops SG_KEYSLOT_PASSPHRASE;
SG_MUST enum sg_err sg_q_slot_open(struct sg_store *s, const struct sg_store_opts *o, uint8_t key[SG_Q_KEY], struct sg_error *e);
/* Names and payloads in the kernel's user keyring. false: not there, or no keyring here. */
bool sg_q_keyring_get(const char *name, uint8_t *dst, size_t n);
void sg_q_keyring_put(const char *name, const uint8_t *src, size_t n, unsigned seconds);

/* db.c */
SG_MUST enum sg_err sg_q_db_open(struct sg_store *s, const struct sg_store_opts *o, struct sg_error *e);
void sg_q_db_close(struct sg_store *s);
enum sg_err sg_q_db_err(struct sg_store *s, int rc);                     /* notes a failed fsync */
/* Binds by fmt: i int64_t · t const char * · b const void *, size_t. NULL when it cannot be prepared. */
sqlite3_stmt *sg_q_bind(struct sg_store *s, enum sg_q_sql id, const char *fmt, ...);
/* What a column that should hold something and gives nothing means: CORRUPT, or NOMEM when it was only too large to be handed out. */
enum sg_err sg_q_column_err(const struct sg_store *s);
SG_MUST enum sg_err sg_q_done(struct sg_store *s, sqlite3_stmt *st);     /* steps a statement without rows; NULL: why it was not prepared */
SG_MUST enum sg_err sg_q_int(struct sg_store *s, sqlite3_stmt *st, int64_t *out);   /* first column of one row, NOTFOUND */
SG_MUST enum sg_err sg_q_begin(struct sg_store *s);                      /* write transaction; loads the head */
SG_MUST enum sg_err sg_q_begin_read(struct sg_store *s);                 /* one snapshot; ended by sg_q_end */
SG_MUST enum sg_err sg_q_end(struct sg_store *s, enum sg_err so_far);    /* commits when OK, else rolls back and returns so_far */
SG_MUST enum sg_err sg_q_fsync_dir(const char *path);

/* format.c: every one says in *e what is wrong */
SG_MUST enum sg_err sg_q_format_make(struct sg_store *s, const struct sg_store_opts *o, struct sg_error *e);   /* the tables of a new file */
SG_MUST enum sg_err sg_q_format_read(struct sg_store *s, struct sg_error *e);     /* format, taking an older one over; the device */
SG_MUST enum sg_err sg_q_format_fits(struct sg_store *s, bool drill, struct sg_error *e);

/* store.c, look.c */
SG_MUST enum sg_err sg_q_actor_tag(const char *device, const char *hsa, uint8_t tag[SG_Q_KEY]);      /* the first SG_Q_TAG bytes count */
void sg_store_look_file(const char *path, const char *actor, struct sg_leftover *out);

#define SG_Q_READS "reads:"          /* meta, and the actor's number behind it: reads of that person that were not handed in yet */

/* chain.c: what sees deletion, exchange and old copies */
SG_MUST enum sg_err sg_q_head_load(struct sg_store *s);
SG_MUST enum sg_err sg_q_head_save(struct sg_store *s);
SG_MUST enum sg_err sg_q_chain_set(struct sg_store *s, int64_t seq, const uint8_t mark[SG_Q_MARK]);
/* INTACT also when the chain itself is damaged there: intact rows stay usable. */
SG_MUST enum sg_err sg_q_chain_test(struct sg_store *s, int64_t seq, const uint8_t mark[SG_Q_MARK], enum sg_q_fault *fault);
SG_MUST enum sg_err sg_q_chain_get(struct sg_store *s, int64_t bucket, uint8_t marks[SG_Q_BUCKET * SG_Q_MARK]);
/* sum ^= the term of that row and seal */
SG_MUST enum sg_err sg_q_chain_term(struct sg_store *s, int64_t seq, const uint8_t mark[SG_Q_MARK], uint8_t sum[SG_Q_KEY]);
void sg_q_witness_read(struct sg_store *s);
void sg_q_witness_write(struct sg_store *s);

/* row.c */
SG_MUST enum sg_err sg_q_tag(struct sg_store *s, const char *label, const char *text, uint8_t tag[SG_Q_TAG]);
/* Opens the row the statement stands on. fault (may be NULL) says what is wrong when CORRUPT; the row is then noted as bad. out may be
 * NULL: only verified. */
SG_MUST enum sg_err sg_q_row_read(struct sg_store *s, sqlite3_stmt *st, struct sg_qrow *out, enum sg_q_fault *fault);
SG_MUST enum sg_err sg_q_row_load(struct sg_store *s, sqlite3_stmt *st, struct sg_qrow *out);      /* steps, reads, resets; NOTFOUND */
SG_MUST enum sg_err sg_q_row_add(struct sg_store *s, struct sg_qrow *r);                           /* gives seq; inside a transaction */
SG_MUST enum sg_err sg_q_row_put(struct sg_store *s, const struct sg_qrow *r, const char *owner);  /* inside a transaction */
void sg_q_note_bad(struct sg_store *s, int64_t seq);
bool sg_q_is_bad(const struct sg_store *s, int64_t seq);
SG_MUST enum sg_err sg_q_encode(const struct sg_qrow *r, struct sg_buf *out);
SG_MUST enum sg_err sg_q_decode(const char *text, size_t n, struct sg_qrow *out);

/* ground.c; both inside a transaction */
/* The finished row seq brought the person from version before to after: later rows that stand on before stand on after. */
SG_MUST enum sg_err sg_q_ground_moved(struct sg_store *s, const char *subject, int64_t seq, const char *before, const char *after);
SG_MUST enum sg_err sg_q_ground_now(struct sg_store *s, struct sg_qrow *row);      /* sets action.observed to what the row stands on now */

/* claim.c, cache.c, queue.c, kept.c */
SG_MUST enum sg_err sg_q_kept_write(struct sg_store *s, const char *kind, const char *key, const void *data, size_t n);    /* inside a transaction */
SG_MUST enum sg_err sg_q_kept_erase(struct sg_store *s, const char *kind, const char *key);                                /* the same */
void sg_q_owner_make(struct sg_store *s);
void sg_q_owner_drop(struct sg_store *s);
SG_MUST enum sg_err sg_q_cache_write(struct sg_store *s, const char *kind, const char *key, const char *json, size_t n, int64_t as_of);
SG_MUST enum sg_err sg_q_cache_outcome(struct sg_store *s, const char *subject, const struct sg_outcome *o);
SG_MUST enum sg_err sg_q_new_row(struct sg_store *s, struct sg_action *a, const char *commission, bool hold, const struct sg_citizen *base,
                                 struct sg_error *e);
