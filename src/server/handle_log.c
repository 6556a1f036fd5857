/* The log as a tree: which logs there are, their checkpoints, leaves and proofs, and the proof of one event. Nothing is told beyond what is
 * signed. Leaves, checkpoints and proofs hold no personal data and are no events of their own; an event's proof holds the event, so that of
 * somebody else's is read like one. The newest epoch of a log is meant unless the query says epoch=N. */
#include "server/ctx.h"
#include <string.h>
#include "base/base64.h"
#include "base/str.h"
#include "server/evlog_inside.h"

enum { LEAVES_MAX = 131072, LEAVES_PRESET = 4096, ENTRIES_MAX = 1000 };

static bool add_base64(cJSON *v, const char *key, const void *data, size_t n)
{
    char text[SG_BASE64_LEN(SG_PAYLOAD_MAX) + 1] = "";
    bool fits = n <= SG_PAYLOAD_MAX;
    if (fits) sg_base64(text, data, n);
    return fits && cJSON_AddStringToObject(v, key, text) != NULL;
}

static bool add_proof(cJSON *v, const struct sg_proof *p)
{
    cJSON *list = cJSON_AddArrayToObject(v, "proof");
    for (size_t i = 0; list && i < p->n; i++) {
        char text[SG_BASE64_LEN(SG_HASH_LEN) + 1];
        sg_base64(text, p->h[i].b, SG_HASH_LEN);
        cJSON *h = cJSON_CreateString(text);
        if (!h || !cJSON_AddItemToArray(list, h)) {
            cJSON_Delete(h);
            return false;
        }
    }
    return list != NULL;
}

static bool add_number(cJSON *v, const char *key, uint64_t n) { return cJSON_AddNumberToObject(v, key, (double)n) != NULL; }

/* Frees v when it is not whole. */
static enum sg_err give(struct sg_ctx *x, cJSON *v, bool whole)
{
    if (v && whole) return sg_ctx_json(x, 200, v);
    cJSON_Delete(v);
    return SG_E_NOMEM;
}

/* ---- which log ---------------------------------------------------------------------------------------------------------------------- */

/* The tree of the path's log. *refused: there is none, or nothing of it is signed; answered. */
static enum sg_err tree_of(struct sg_ctx *x, struct sg_tree **t, bool *refused)
{
    struct sg_evlog *l = x->core->log;
    int64_t epoch = -1;
    *refused = true;
    if (!sg_ctx_query(x, "epoch", 0, INT32_MAX, &epoch)) return sg_ctx_refuse(x, SG_PROBLEM_INVALID, NULL, "epoch");
    enum sg_err err = epoch < 0 ? sg_tree_find(l, x->param, t) : sg_tree_in_epoch(l, x->param, epoch, t);
    if (err == SG_E_NOTFOUND) return sg_ctx_refuse(x, SG_PROBLEM_NOT_FOUND, NULL, NULL);
    if (err != SG_E_OK) return err;
    *refused = !(*t)->note[0];
    return *refused ? sg_ctx_refuse(x, SG_PROBLEM_BUSY, NULL, "no checkpoint of this log has been signed yet") : SG_E_OK;
}

static enum sg_err add_log(struct sg_evlog *l, cJSON *list, sqlite3_stmt *st)
{
    struct sg_tree row = {0};
    char origin[SG_ORIGIN_MAX];
    sg_db_text(st, 1, row.log, sizeof row.log);
    sg_db_text(st, 2, row.name, sizeof row.name);
    row.epoch = sqlite3_column_int64(st, 3);
    cJSON *v = cJSON_CreateObject();
    bool ok = v && sg_tree_origin(l, &row, origin) && cJSON_AddStringToObject(v, "log", row.log) && cJSON_AddStringToObject(v, "origin", origin) &&
              cJSON_AddStringToObject(v, "name", row.name) && add_number(v, "epoch", (uint64_t)row.epoch) &&
              add_number(v, "size", (uint64_t)sqlite3_column_int64(st, 4)) && cJSON_AddItemToArray(list, v);
    if (!ok) cJSON_Delete(v);
    return ok ? SG_E_OK : SG_E_NOMEM;
}

/* Every log in every epoch, with its signed size. */
enum sg_err sg_h_logs(struct sg_ctx *x)
{
    struct sg_db *db = &x->core->db;
    cJSON *v = cJSON_CreateObject(), *list = NULL;
    bool ok = v && cJSON_AddStringToObject(v, "key", x->core->log_key) && (list = cJSON_AddArrayToObject(v, "logs")) != NULL;
    enum sg_err err = ok ? SG_E_OK : SG_E_NOMEM;
    sqlite3_stmt *st = sg_db_query(db, SG_SQL_LOGS, "");
    while (err == SG_E_OK && (err = sg_db_step(db, st)) == SG_E_OK) err = add_log(x->core->log, list, st);
    if (st) (void)sqlite3_reset(st);
    if (err == SG_E_NOTFOUND) return give(x, v, true);
    cJSON_Delete(v);
    return err;
}

/* ---- checkpoint and proofs -------------------------------------------------------------------------------------------------------------- */

/* The newest checkpoint that witnesses have signed: a little older than the newest. */
static enum sg_err add_witnessed(struct sg_ctx *x, const struct sg_tree *t, cJSON *v)
{
    struct sg_buf note;
    char when[SG_RFC3339_MAX];
    int64_t size = 0, at = 0;
    sg_buf_init(&note, SG_NOTE_MAX);
    enum sg_err err = sg_feed_cosigned(&x->core->db, t->tree, &note, &size, &at);
    if (err == SG_E_OK) {
        cJSON *w = cJSON_AddObjectToObject(v, "witnessed");
        sg_rfc3339(when, at);
        if (!w || !cJSON_AddStringToObject(w, "checkpoint", note.data ? note.data : "") || !add_number(w, "size", (uint64_t)size) ||
            !cJSON_AddStringToObject(w, "at", when))
            err = SG_E_NOMEM;
    }
    sg_buf_free(&note);
    return err == SG_E_NOTFOUND ? SG_E_OK : err;
}

enum sg_err sg_h_log_checkpoint(struct sg_ctx *x)
{
    struct sg_tree *t = NULL;
    bool refused = false;
    enum sg_err err = tree_of(x, &t, &refused);
    if (err != SG_E_OK || refused) return err;
    char at[SG_RFC3339_MAX];
    sg_rfc3339(at, t->signed_at);
    cJSON *v = cJSON_CreateObject();
    bool ok = v && cJSON_AddStringToObject(v, "checkpoint", t->note) && add_number(v, "size", t->signed_size) && cJSON_AddStringToObject(v, "at", at);
    if (ok) err = add_witnessed(x, t, v);
    if (err == SG_E_OK) return give(x, v, ok);
    cJSON_Delete(v);
    return err;
}

enum sg_err sg_h_log_consistency(struct sg_ctx *x)
{
    struct sg_tree *t = NULL;
    struct sg_proof p;
    bool refused = false;
    enum sg_err err = tree_of(x, &t, &refused);
    if (err != SG_E_OK || refused) return err;
    int64_t from = -1, to = (int64_t)t->signed_size;
    if (!sg_ctx_query(x, "to", 0, to, &to) || !sg_ctx_query(x, "from", 0, to, &from) || from < 0)
        return sg_ctx_refuse(x, SG_PROBLEM_INVALID, NULL, "from or to");
    err = sg_tree_consistency(x->core->log, t, (uint64_t)from, (uint64_t)to, &p);
    if (err != SG_E_OK) return err;
    cJSON *v = cJSON_CreateObject();
    return give(x, v, v && add_number(v, "size1", (uint64_t)from) && add_number(v, "size2", (uint64_t)to) && add_proof(v, &p));
}

static enum sg_err leaf_hash(struct sg_ctx *x, const struct sg_tree *t, int64_t index, struct sg_hash *out)
{
    struct sg_db *db = &x->core->db;
    sqlite3_stmt *st = sg_db_query(db, SG_SQL_LEAVES, "iii", t->tree, index, (int64_t)1);
    enum sg_err err = sg_db_step(db, st);
    if (err == SG_E_OK && sqlite3_column_bytes(st, 0) == SG_LEAF_LEN) sg_merkle_leaf(out, sqlite3_column_blob(st, 0), SG_LEAF_LEN);
    else if (err == SG_E_OK || err == SG_E_NOTFOUND) err = SG_E_CORRUPT;
    if (st) (void)sqlite3_reset(st);
    return err;
}

enum sg_err sg_h_log_inclusion(struct sg_ctx *x)
{
    struct sg_tree *t = NULL;
    struct sg_proof p;
    struct sg_hash h;
    bool refused = false;
    enum sg_err err = tree_of(x, &t, &refused);
    if (err != SG_E_OK || refused) return err;
    int64_t index = -1, size = (int64_t)t->signed_size;
    if (!sg_ctx_query(x, "size", 1, size, &size) || !sg_ctx_query(x, "index", 0, size - 1, &index) || index < 0)
        return sg_ctx_refuse(x, SG_PROBLEM_INVALID, NULL, "index or size");
    err = sg_tree_inclusion(x->core->log, t, (uint64_t)index, (uint64_t)size, &p);
    if (err == SG_E_OK) err = leaf_hash(x, t, index, &h);
    if (err != SG_E_OK) return err;
    cJSON *v = cJSON_CreateObject();
    return give(x, v, v && add_number(v, "leafIndex", (uint64_t)index) && add_number(v, "treeSize", (uint64_t)size) &&
                      add_base64(v, "leafHash", h.b, sizeof h.b) && add_proof(v, &p));
}

enum sg_err sg_h_log_leaves(struct sg_ctx *x)
{
    struct sg_tree *t = NULL;
    struct sg_db *db = &x->core->db;
    int64_t from = 0, limit = LEAVES_PRESET;
    bool refused = false;
    enum sg_err err = tree_of(x, &t, &refused);
    if (err != SG_E_OK || refused) return err;
    int64_t size = (int64_t)t->signed_size;
    if (!sg_ctx_query(x, "from", 0, size, &from) || !sg_ctx_query(x, "limit", 1, LEAVES_MAX, &limit))
        return sg_ctx_refuse(x, SG_PROBLEM_INVALID, NULL, "from or limit");
    if (limit > size - from) limit = size - from;
    sqlite3_stmt *st = sg_db_query(db, SG_SQL_LEAVES, "iii", t->tree, from, limit);
    int64_t n = 0;
    for (; (err = sg_db_step(db, st)) == SG_E_OK; n++) {
        err = sqlite3_column_bytes(st, 0) == SG_LEAF_LEN ? sg_buf_add(&x->re->body, sqlite3_column_blob(st, 0), SG_LEAF_LEN) : SG_E_CORRUPT;
        if (err != SG_E_OK) break;
    }
    if (st) (void)sqlite3_reset(st);
    if (err != SG_E_NOTFOUND) return err;
    if (n != limit) return SG_E_CORRUPT;
    x->re->status = 200;
    SG_COPY(x->re->content_type, "application/octet-stream");
    return SG_E_OK;
}

/* ---- entries: what an export of the log consists of ---------------------------------------------------------------------------------- */

/* *foreign: an event of a region one may not export. Left out it would look erased, so the whole answer is refused. */
static cJSON *entry(struct sg_ctx *x, sqlite3_stmt *st, bool *foreign)
{
    char region[SG_CODE_MAX];
    sg_db_text(st, 4, region, sizeof region);
    *foreign = !sg_authorise(&x->actor, SG_PERM_LOG_EXPORT, region, NULL);
    cJSON *v = *foreign ? NULL : cJSON_CreateObject();
    bool erased = sqlite3_column_type(st, 2) == SQLITE_NULL;
    bool ok = v && add_number(v, "leafIndex", (uint64_t)sqlite3_column_int64(st, 0)) &&
              add_base64(v, "leaf", sqlite3_column_blob(st, 1), (size_t)sqlite3_column_bytes(st, 1)) &&
              (erased || (add_base64(v, "salt", sqlite3_column_blob(st, 2), (size_t)sqlite3_column_bytes(st, 2)) &&
                          add_base64(v, "payload", sqlite3_column_blob(st, 3), (size_t)sqlite3_column_bytes(st, 3))));
    if (!ok) {
        cJSON_Delete(v);
        return NULL;
    }
    return v;
}

static enum sg_err read_entries(struct sg_ctx *x, const struct sg_tree *t, int64_t from, int64_t limit, cJSON *list, bool *foreign)
{
    struct sg_db *db = &x->core->db;
    sqlite3_stmt *st = sg_db_query(db, SG_SQL_ENTRIES, "iii", t->tree, from, limit);
    enum sg_err err;
    *foreign = false;
    while ((err = sg_db_step(db, st)) == SG_E_OK) {
        cJSON *v = entry(x, st, foreign);
        if (!v || !cJSON_AddItemToArray(list, v)) {
            cJSON_Delete(v);
            err = SG_E_NOMEM;
            break;
        }
    }
    if (st) (void)sqlite3_reset(st);
    return err == SG_E_NOTFOUND || *foreign ? SG_E_OK : err;
}

enum sg_err sg_h_log_entries(struct sg_ctx *x)
{
    struct sg_tree *t = NULL;
    int64_t from = 0, limit = ENTRIES_MAX;
    bool refused = false, foreign = false;
    enum sg_err err = tree_of(x, &t, &refused);
    if (err != SG_E_OK || refused) return err;
    int64_t size = (int64_t)t->signed_size;
    if (!sg_ctx_query(x, "from", 0, size, &from) || !sg_ctx_query(x, "limit", 1, ENTRIES_MAX, &limit))
        return sg_ctx_refuse(x, SG_PROBLEM_INVALID, NULL, "from or limit");
    if (limit > size - from) limit = size - from;
    cJSON *v = cJSON_CreateObject(), *list = v ? cJSON_AddArrayToObject(v, "entries") : NULL;
    err = list ? read_entries(x, t, from, limit, list, &foreign) : SG_E_NOMEM;
    if (err == SG_E_OK && !foreign) err = sg_ctx_note(x, "done");
    if (err == SG_E_OK && !foreign) return give(x, v, true);
    cJSON_Delete(v);
    return foreign ? sg_ctx_refuse(x, SG_PROBLEM_NOT_PERMITTED, NULL, "an event of another region") : err;
}

/* ---- one event -------------------------------------------------------------------------------------------------------------------------- */

struct found { int64_t tree, leaf_index; uint8_t leaf[SG_LEAF_LEN], salt[SG_SALT_LEN]; char payload[SG_PAYLOAD_MAX]; size_t n_payload; bool erased;
               char actor[SG_HSA_MAX], region[SG_CODE_MAX], subject[SG_ID_MAX]; };

static bool blob(sqlite3_stmt *st, int col, void *dst, size_t n)
{
    const void *p = sqlite3_column_blob(st, col);
    if (!p || (size_t)sqlite3_column_bytes(st, col) != n) return false;
    memcpy(dst, p, n);
    return true;
}

static enum sg_err find_event(struct sg_ctx *x, struct found *f)
{
    struct sg_db *db = &x->core->db;
    sqlite3_stmt *st = sg_db_query(db, SG_SQL_EVENT_PROOF, "t", x->param);
    enum sg_err err = sg_db_step(db, st);
    if (err != SG_E_OK) return err;
    f->tree = sqlite3_column_int64(st, 1);
    f->leaf_index = sqlite3_column_int64(st, 2);
    f->erased = sqlite3_column_type(st, 4) == SQLITE_NULL;
    f->n_payload = (size_t)sqlite3_column_bytes(st, 5);
    bool ok = blob(st, 3, f->leaf, sizeof f->leaf) &&
              (f->erased || (blob(st, 4, f->salt, sizeof f->salt) && f->n_payload <= sizeof f->payload && blob(st, 5, f->payload, f->n_payload)));
    sg_db_text(st, 6, f->actor, sizeof f->actor);
    sg_db_text(st, 7, f->region, sizeof f->region);
    sg_db_text(st, 8, f->subject, sizeof f->subject);
    (void)sqlite3_reset(st);
    return ok ? SG_E_OK : SG_E_CORRUPT;
}

/* One's own; the whole log of one's region; the events of a citizen whom one may see. */
static enum sg_err may_see(struct sg_ctx *x, const struct found *f, bool *yes)
{
    struct sg_citizen c;
    *yes = sg_eq(f->actor, x->actor.hsa) || sg_authorise(&x->actor, SG_PERM_LOG_READ, f->region, NULL);
    if (*yes || !f->subject[0] || !sg_authorise(&x->actor, SG_PERM_EVENTS_READ, "", NULL)) return SG_E_OK;
    enum sg_err err = sg_dir_citizen(&x->core->db, f->subject, x->now, &c, NULL);
    if (err != SG_E_OK) return err == SG_E_NOTFOUND ? SG_E_OK : err;
    *yes = sg_ctx_sees(x, &c);
    sg_citizen_free(&c);
    return SG_E_OK;
}

/* All hashes in one text. */
static bool add_path(cJSON *v, const struct sg_proof *p)
{
    uint8_t all[SG_PROOF_MAX * SG_HASH_LEN];
    char text[SG_BASE64_LEN(sizeof all) + 1];
    for (size_t i = 0; i < p->n; i++) memcpy(all + i * SG_HASH_LEN, p->h[i].b, SG_HASH_LEN);
    sg_base64(text, all, p->n * SG_HASH_LEN);
    return cJSON_AddStringToObject(v, "path", text) != NULL;
}

/* The event as values, or its leaf alone when it was erased. */
static bool add_event(cJSON *v, const struct found *f)
{
    struct sg_event ev;
    if (f->erased) return add_base64(v, "leaf", f->leaf, sizeof f->leaf);
    cJSON *list = sg_payload_decode(f->payload, f->n_payload, &ev) == SG_E_OK ? sg_payload_list(&ev) : NULL;
    if (list && cJSON_AddItemToObject(v, "event", list)) return add_base64(v, "salt", f->salt, sizeof f->salt);
    cJSON_Delete(list);
    return false;
}

/* Nothing that can be computed from the rest is said twice: a proof is kept with every action. */
/* The proof of what one has done oneself tells nothing one did not know, and is fetched after each act: it is no event, or every receipt
 * would be one more leaf. That of somebody else's holds what it says of people, and is read like it. */
static enum sg_err show_proof(struct sg_ctx *x, const struct found *f, const struct sg_tree *t)
{
    struct sg_proof p;
    enum sg_err err = sg_tree_inclusion(x->core->log, t, (uint64_t)f->leaf_index, t->signed_size, &p);
    if (err != SG_E_OK) return err;
    cJSON *v = cJSON_CreateObject();
    return give(x, v, v && add_event(v, f) && add_number(v, "leafIndex", (uint64_t)f->leaf_index) && add_path(v, &p) &&
                      cJSON_AddStringToObject(v, "checkpoint", t->note));
}

enum sg_err sg_h_event_proof(struct sg_ctx *x)
{
    struct found f = {0};
    struct sg_tree *t = NULL;
    bool yes = false;
    enum sg_err err = find_event(x, &f);
    if (err == SG_E_OK) err = may_see(x, &f, &yes);
    if (err != SG_E_OK && err != SG_E_NOTFOUND) return err;
    if (!yes) return sg_ctx_refuse(x, SG_PROBLEM_NOT_FOUND, NULL, NULL);
    if (f.subject[0]) SG_COPY(x->subject, f.subject);
    err = sg_tree_at(x->core->log, f.tree, &t);
    if (err != SG_E_OK) return err;
    bool own = sg_eq(f.actor, x->actor.hsa);
    if ((uint64_t)f.leaf_index >= t->signed_size) {
        static const char not_yet[] = "this event is not signed yet";
        x->re->retry_after = 1;
        return own ? sg_ctx_problem(x, SG_PROBLEM_BUSY, NULL, not_yet, NULL, NULL) : sg_ctx_refuse(x, SG_PROBLEM_BUSY, NULL, not_yet);
    }
    err = own ? SG_E_OK : sg_ctx_note(x, "done");
    return err == SG_E_OK ? show_proof(x, &f, t) : err;
}
