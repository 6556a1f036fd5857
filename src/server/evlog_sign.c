/* Checkpoints. Signing happens at the beginning of a transaction, before anything is appended in it: all that the database then shows is
 * committed, so nothing is ever signed that a power cut could take back. Every tree whose size is not signed yet gets a checkpoint with a
 * proof from what was signed last. A signer that refuses has seen another tree before: then the database is older than its own signatures,
 * or was changed, and no more may be written under this origin. */
#include <string.h>
#include "base/log.h"
#include "base/str.h"
#include "server/evlog_inside.h"

enum { HOUR_MS = 3600000 };

bool sg_tree_origin(const struct sg_evlog *l, const struct sg_tree *t, char dst[SG_ORIGIN_MAX])
{
    return sg_origin_print(dst, l->id.name, t->log, (uint64_t)t->epoch);
}

enum sg_err sg_tree_signed(struct sg_evlog *l, struct sg_tree *t)
{
    sqlite3_stmt *st = sg_db_query(l->db, SG_SQL_CHECKPOINT, "i", t->tree);
    enum sg_err err = sg_db_step(l->db, st);
    t->note[0] = '\0';
    if (err == SG_E_NOTFOUND) return SG_E_OK;
    if (err != SG_E_OK) return err;
    t->signed_size = (uint64_t)sqlite3_column_int64(st, 0);
    t->signed_at = sqlite3_column_int64(st, 1);
    bool ok = t->signed_size <= t->size && sg_copyn(t->note, sizeof t->note, sqlite3_column_blob(st, 2), (size_t)sqlite3_column_bytes(st, 2));
    (void)sqlite3_reset(st);
    return ok ? SG_E_OK : SG_E_CORRUPT;
}

static enum sg_err keep(struct sg_evlog *l, struct sg_tree *t, const struct sg_sign_request *rq, int64_t now, const char *note)
{
    enum sg_err err = sg_db_run(l->db, SG_SQL_CHECKPOINT_THIN, "ii", t->tree, now / HOUR_MS);
    if (err == SG_E_OK)
        err = sg_db_run(l->db, SG_SQL_CHECKPOINT_PUT, "iibib", t->tree, (int64_t)rq->size, (const void *)rq->root.b, sizeof rq->root, now,
                        (const void *)note, strlen(note));
    if (err != SG_E_OK) return err;
    t->signed_size = rq->size;
    t->signed_at = now;
    SG_COPY(t->note, note);
    return SG_E_OK;
}

static enum sg_err refused(struct sg_evlog *l, const struct sg_sign_ask *ask, uint64_t before, enum sg_sign_verdict v)
{
    if (v == SG_SIGN_STORE || v == SG_SIGN_MALFORMED) {
        sg_log(SG_LOG_ERROR, "no checkpoint: %s", sg_sign_text(v));
        return v == SG_SIGN_STORE ? SG_E_OFFLINE : SG_E_INTERNAL;
    }
    (void)sg_format(l->why, sizeof l->why, "log %s holds %llu events, %llu were signed before: %s", ask->rq.origin, (unsigned long long)ask->rq.size,
                    (unsigned long long)before, sg_sign_text(v));
    return SG_E_REFUSED;
}

/* One request; from: what the signer signed last. */
static enum sg_err ask_for(struct sg_evlog *l, const struct sg_signer *s, struct sg_tree *t, uint64_t from, uint64_t size, int64_t now)
{
    static const struct sg_sign_ask none;
    struct sg_sign_ask ask = none;
    struct sg_sign_answer a;
    ask.op = SG_SIGN_SIGN;
    ask.rq.size = size;
    if (!sg_tree_origin(l, t, ask.rq.origin)) return SG_E_INTERNAL;
    enum sg_err err = sg_tree_root(l, t, size, &ask.rq.root);
    if (err == SG_E_OK && from <= size) err = sg_tree_consistency(l, t, from, size, &ask.rq.proof);
    if (err == SG_E_OK) err = s->ask(s->ctx, &ask, &a);
    if (err != SG_E_OK) return err;
    return a.verdict == SG_SIGN_OK ? keep(l, t, &ask.rq, now, a.text) : refused(l, &ask, from, a.verdict);
}

static enum sg_err sign_tree(struct sg_evlog *l, const struct sg_signer *s, struct sg_tree *t, int64_t now)
{
    struct sg_sign_ask ask = {.op = SG_SIGN_LAST};
    struct sg_sign_answer a;
    if (!sg_tree_origin(l, t, ask.rq.origin)) return SG_E_INTERNAL;
    enum sg_err err = s->ask(s->ctx, &ask, &a);
    if (err == SG_E_OK && !a.found) err = ask_for(l, s, t, 0, 0, now);          /* a new log begins with the empty tree */
    return err == SG_E_OK ? ask_for(l, s, t, a.last.size, t->size, now) : err;
}

/* After a start or a rollback it is not known which trees grew: all of them are looked at. */
static enum sg_err load_all(struct sg_evlog *l)
{
    int64_t tree[256], after = 0;
    enum sg_err err = SG_E_OK;
    for (size_t n = sizeof tree / sizeof *tree; n == sizeof tree / sizeof *tree && err == SG_E_OK;) {
        struct sg_tree *t = NULL;
        sqlite3_stmt *st = sg_db_query(l->db, SG_SQL_LOGS_NEWEST, "i", after);
        for (n = 0; n < sizeof tree / sizeof *tree && (err = sg_db_step(l->db, st)) == SG_E_OK; n++) tree[n] = sqlite3_column_int64(st, 0);
        if (st) (void)sqlite3_reset(st);
        if (err == SG_E_NOTFOUND) err = SG_E_OK;
        for (size_t i = 0; i < n && err == SG_E_OK; i++) err = sg_tree_at(l, tree[i], &t);
        if (n) after = tree[n - 1];
    }
    return err;
}

enum sg_err sg_evlog_sign(struct sg_evlog *l, const struct sg_signer *s, int64_t now)
{
    enum sg_err err = l->unsure ? load_all(l) : SG_E_OK, worst = SG_E_OK;
    for (struct sg_tree *t = l->trees; t && err == SG_E_OK; t = t->next) {
        if (!t->newest || (!l->unsure && t->note[0] && t->signed_size == t->size)) continue;
        err = sign_tree(l, s, t, now);
        if (err == SG_E_OFFLINE || err == SG_E_REFUSED) {
            if (worst != SG_E_REFUSED) worst = err;
            if (err == SG_E_OFFLINE) break;
            err = SG_E_OK;
        }
    }
    if (err == SG_E_OK && worst == SG_E_OK) l->unsure = false;
    return err == SG_E_OK ? worst : err;
}

const char *sg_evlog_why(const struct sg_evlog *l) { return l->why; }

/* ---- whose key, and what the signer knows that this database does not ------------------------------------------------------------------ */

enum sg_err sg_evlog_key(struct sg_evlog *l, const struct sg_signer *s, char vkey[SG_VKEY_MAX], struct sg_error *e)
{
    struct sg_sign_ask ask = {.op = SG_SIGN_KEY};
    struct sg_sign_answer a;
    struct sg_note_key key;
    char kept[SG_VKEY_MAX] = "";
    enum sg_err err = s->ask(s->ctx, &ask, &a);
    if (err != SG_E_OK) return sg_fail(e, err, "event-log", "the signer does not answer");
    if (sg_note_key_parse(a.text, &key, NULL) != SG_E_OK || !sg_eq(key.name, l->id.name))
        return sg_fail(e, SG_E_CONFLICT, "event-log", "the signer's key is not in the name %s", l->id.name);
    (void)sg_copy(vkey, SG_VKEY_MAX, a.text);
    err = sg_meta_get(l->db, "log.key", kept, sizeof kept);
    if (err == SG_E_OK && !kept[0]) err = sg_db_run(l->db, SG_SQL_META_PUT, "tt", "log.key", vkey);
    if (err != SG_E_OK) return sg_fail(e, err, "database", "cannot be written");
    return kept[0] && !sg_eq(kept, vkey) ? sg_fail(e, SG_E_CONFLICT, "event-log", "the signer's key is not the one this log was begun with (%s)", kept)
                                         : SG_E_OK;
}

enum sg_err sg_evlog_missing(struct sg_evlog *l, const struct sg_signer *s)
{
    struct sg_sign_answer a = {.found = true};
    enum sg_err err = SG_E_OK;
    for (uint64_t i = 0; err == SG_E_OK && a.found; i++) {
        struct sg_sign_ask ask = {.op = SG_SIGN_AT, .at = i};
        struct sg_tree *t = NULL;
        char log[SG_LOG_ID_MAX];
        uint64_t epoch = 0;
        err = s->ask(s->ctx, &ask, &a);
        if (err != SG_E_OK || !a.found || !sg_origin_parse(a.last.origin, l->id.name, log, &epoch)) continue;
        err = sg_tree_find(l, log, &t);
        if (err != SG_E_OK && err != SG_E_NOTFOUND) break;
        if (err == SG_E_OK && (uint64_t)t->epoch >= epoch) continue;
        (void)sg_format(l->why, sizeof l->why, "log %s was signed with %llu events and is not here", a.last.origin, (unsigned long long)a.last.size);
        return SG_E_REFUSED;
    }
    return err;
}
