/* The trees. Each level is cut into tiles of 256 hashes (C2SP tlog-tiles): hash i of level n is the root of leaves [i·256ⁿ, (i+1)·256ⁿ).
 * A full tile is a row, written in the transaction of the event that filled it; the open tile of every level, the right edge of the tree,
 * lives in memory. A restart reads the edge back from at most 255 event rows and 255 tiles a level and hashes nothing else. */
#include <stdlib.h>
#include <string.h>
#include "base/str.h"
#include "server/evlog_inside.h"

enum { BITS = 8, WIDE = 1 << BITS };
struct sg_tile { size_t n; struct sg_hash h[WIDE]; };

static void tree_free(struct sg_tree *t)
{
    for (size_t i = 0; i < SG_TREE_LEVELS; i++) free(t->edge[i]);
    free(t);
}

void sg_trees_free(struct sg_evlog *l)
{
    while (l->trees) {
        struct sg_tree *t = l->trees;
        l->trees = t->next;
        tree_free(t);
    }
}

/* Root of n hashes that stand for equally large subtrees, n a power of two; h is used up. */
static void fold(struct sg_hash *h, size_t n, struct sg_hash *out)
{
    for (; n > 1; n /= 2)
        for (size_t i = 0; i < n / 2; i++) sg_merkle_node(&h[i], &h[2 * i], &h[2 * i + 1]);
    *out = h[0];
}

/* ---- growing ---------------------------------------------------------------------------------------------------------------------- */

static enum sg_err push(struct sg_evlog *l, struct sg_tree *t, size_t level, const struct sg_hash *h)
{
    struct sg_hash up = *h;
    for (; level < SG_TREE_LEVELS; level++) {
        struct sg_tile *e = t->edge[level];
        if (!e) e = t->edge[level] = calloc(1, sizeof *e);
        if (!e) return SG_E_NOMEM;
        e->h[e->n++] = up;
        if (e->n < WIDE) return SG_E_OK;
        int64_t n = (int64_t)(t->size >> (BITS * (level + 1)));
        enum sg_err err = sg_db_run(l->db, SG_SQL_TILE_PUT, "iiib", t->tree, (int64_t)level, n, (const void *)e->h, sizeof e->h);
        if (err != SG_E_OK) return err;
        e->n = 0;
        fold(e->h, WIDE, &up);
    }
    return SG_E_LIMIT;
}

enum sg_err sg_tree_add(struct sg_evlog *l, struct sg_tree *t, const uint8_t leaf[SG_LEAF_LEN])
{
    struct sg_hash h;
    sg_merkle_leaf(&h, leaf, SG_LEAF_LEN);
    enum sg_err err = push(l, t, 0, &h);
    t->size++;
    return err;
}

/* ---- reading it back -------------------------------------------------------------------------------------------------------------- */

static bool tile_row(sqlite3_stmt *st, int col, struct sg_hash h[WIDE])
{
    const void *p = sqlite3_column_blob(st, col);
    if (!p || sqlite3_column_bytes(st, col) != (int)(WIDE * sizeof *h)) return false;
    memcpy(h, p, WIDE * sizeof *h);
    return true;
}

/* What one row of the edge adds: a leaf, or a full tile of the level below. */
static bool edge_row(sqlite3_stmt *st, size_t level, struct sg_hash *out)
{
    struct sg_hash h[WIDE];
    if (level > 0) {
        if (!tile_row(st, 0, h)) return false;
        fold(h, WIDE, out);
        return true;
    }
    const void *leaf = sqlite3_column_blob(st, 0);
    if (!leaf || sqlite3_column_bytes(st, 0) != SG_LEAF_LEN) return false;
    sg_merkle_leaf(out, leaf, SG_LEAF_LEN);
    return true;
}

static enum sg_err read_edge(struct sg_evlog *l, struct sg_tree *t, size_t level)
{
    uint64_t count = t->size >> (BITS * level), first = count & ~(uint64_t)(WIDE - 1);
    if (count == first) return SG_E_OK;
    struct sg_tile *e = t->edge[level] = calloc(1, sizeof *e);
    if (!e) return SG_E_NOMEM;
    sqlite3_stmt *st = level ? sg_db_query(l->db, SG_SQL_TILES_FROM, "iii", t->tree, (int64_t)level - 1, (int64_t)first)
                             : sg_db_query(l->db, SG_SQL_LEAVES, "iii", t->tree, (int64_t)first, (int64_t)WIDE);
    enum sg_err err = sg_db_step(l->db, st);
    bool whole = true;
    for (; err == SG_E_OK && whole && e->n < WIDE; err = sg_db_step(l->db, st)) whole = edge_row(st, level, &e->h[e->n++]);
    if (st) (void)sqlite3_reset(st);
    if (err == SG_E_NOTFOUND) err = SG_E_OK;
    return err == SG_E_OK && (!whole || e->n != count - first) ? SG_E_CORRUPT : err;
}

static enum sg_err load(struct sg_evlog *l, struct sg_tree *t)
{
    int64_t next = 0;
    enum sg_err err = sg_db_number(l->db, sg_db_query(l->db, SG_SQL_LEAF_NEXT, "i", t->tree), &next);
    t->size = (uint64_t)next;
    for (size_t i = 0; i < SG_TREE_LEVELS && err == SG_E_OK; i++) err = read_edge(l, t, i);
    return err == SG_E_OK ? sg_tree_signed(l, t) : err;
}

/* ---- which tree ------------------------------------------------------------------------------------------------------------------- */

static void from_row(sqlite3_stmt *st, struct sg_tree *t)
{
    t->tree = sqlite3_column_int64(st, 0);
    sg_db_text(st, 1, t->log, sizeof t->log);
    sg_db_text(st, 2, t->name, sizeof t->name);
    t->epoch = sqlite3_column_int64(st, 3);
    t->newest = sqlite3_column_int(st, 4) != 0;
    (void)sqlite3_reset(st);
}

/* Takes the row that st is about to give; a tree that is in memory already is used. */
static enum sg_err found(struct sg_evlog *l, sqlite3_stmt *st, struct sg_tree **out)
{
    struct sg_tree *t = calloc(1, sizeof *t);
    if (!t) return SG_E_NOMEM;
    enum sg_err err = sg_db_step(l->db, st);
    if (err == SG_E_OK) from_row(st, t);
    for (*out = err == SG_E_OK ? l->trees : NULL; *out && (*out)->tree != t->tree; *out = (*out)->next) {}
    if (err == SG_E_OK && !*out) err = load(l, t);
    if (err != SG_E_OK || *out) {
        tree_free(t);
        return err;
    }
    t->next = l->trees;
    *out = l->trees = t;
    return SG_E_OK;
}

enum sg_err sg_tree_find(struct sg_evlog *l, const char *log, struct sg_tree **out)
{
    for (*out = l->trees; *out; *out = (*out)->next)
        if ((*out)->newest && sg_eq((*out)->log, log)) return SG_E_OK;
    return found(l, sg_db_query(l->db, SG_SQL_LOG_NEWEST, "t", log), out);
}

enum sg_err sg_tree_at(struct sg_evlog *l, int64_t tree, struct sg_tree **out)
{
    for (*out = l->trees; *out; *out = (*out)->next)
        if ((*out)->tree == tree) return SG_E_OK;
    return found(l, sg_db_query(l->db, SG_SQL_LOG_AT, "i", tree), out);
}

enum sg_err sg_tree_in_epoch(struct sg_evlog *l, const char *log, int64_t epoch, struct sg_tree **out)
{
    int64_t tree = 0;
    enum sg_err err = sg_db_number(l->db, sg_db_query(l->db, SG_SQL_LOG_EPOCH, "ti", log, epoch), &tree);
    return err == SG_E_OK ? sg_tree_at(l, tree, out) : err;
}

enum sg_err sg_tree_of(struct sg_evlog *l, const char *log, const char *name, int64_t now, struct sg_tree **out)
{
    enum sg_err err = sg_tree_find(l, log, out);
    if (err != SG_E_NOTFOUND) return err;
    err = sg_db_run(l->db, SG_SQL_LOG_NEW, "ttii", log, name, (int64_t)0, now);
    return err == SG_E_OK ? sg_tree_find(l, log, out) : err;
}

/* ---- proofs ----------------------------------------------------------------------------------------------------------------------- */

struct reading { struct sg_evlog *l; const struct sg_tree *t; enum sg_err err; };

/* Hashes [first, first + n) of a level, all of one tile, into h. */
static bool part(struct reading *r, size_t level, uint64_t first, size_t n, struct sg_hash *h)
{
    size_t at = first % WIDE;
    const struct sg_tile *e = r->t->edge[level];
    if (first >> BITS == r->t->size >> (BITS * (level + 1))) {             /* the open tile */
        if (!e || at + n > e->n) return false;
        memcpy(h, e->h + at, n * sizeof *h);
        return true;
    }
    sqlite3_stmt *st = sg_db_query(r->l->db, SG_SQL_TILE, "iii", r->t->tree, (int64_t)level, (int64_t)(first >> BITS));
    r->err = sg_db_step(r->l->db, st);
    if (r->err != SG_E_OK) return false;
    const char *p = sqlite3_column_blob(st, 0);
    bool ok = p && sqlite3_column_bytes(st, 0) == (int)(WIDE * sizeof *h);
    if (ok) memcpy(h, p + at * sizeof *h, n * sizeof *h);
    (void)sqlite3_reset(st);
    return ok;
}

static bool subtree(void *ctx, uint64_t start, uint64_t count, struct sg_hash *out)
{
    struct sg_hash h[WIDE];
    size_t height = 0, level;
    while (count >> height > 1) height++;
    level = height / BITS;
    if (level >= SG_TREE_LEVELS) return false;
    size_t n = (size_t)1 << (height % BITS);
    if (!part(ctx, level, start >> (BITS * level), n, h)) return false;
    fold(h, n, out);
    return true;
}

/* A tree that lacks a part of itself is damaged, unless the disk itself said something else. */
static enum sg_err verdict(const struct reading *r, enum sg_err err)
{
    if (err != SG_E_IO) return err;
    return r->err == SG_E_OK || r->err == SG_E_NOTFOUND ? SG_E_CORRUPT : r->err;
}

enum sg_err sg_tree_root(struct sg_evlog *l, const struct sg_tree *t, uint64_t size, struct sg_hash *out)
{
    struct reading r = {.l = l, .t = t};
    return size > t->size ? SG_E_INPUT : verdict(&r, sg_merkle_range(0, size, subtree, &r, out));
}

enum sg_err sg_tree_inclusion(struct sg_evlog *l, const struct sg_tree *t, uint64_t index, uint64_t size, struct sg_proof *out)
{
    struct reading r = {.l = l, .t = t};
    return size > t->size ? SG_E_INPUT : verdict(&r, sg_merkle_inclusion(index, size, subtree, &r, out));
}

enum sg_err sg_tree_consistency(struct sg_evlog *l, const struct sg_tree *t, uint64_t from, uint64_t to, struct sg_proof *out)
{
    struct reading r = {.l = l, .t = t};
    return to > t->size ? SG_E_INPUT : verdict(&r, sg_merkle_consistency(from, to, subtree, &r, out));
}
