/* The trees: how large each is, kept in memory between two rollbacks. */
#include <stdlib.h>
#include "base/str.h"
#include "server/evlog_inside.h"

void sg_trees_free(struct sg_evlog *l)
{
    while (l->trees) {
        struct sg_tree *t = l->trees;
        l->trees = t->next;
        free(t);
    }
}

/* The newest epoch's row, or a new first one. */
static enum sg_err row_of(struct sg_evlog *l, struct sg_tree *t, int64_t now)
{
    sqlite3_stmt *st = sg_db_query(l->db, SG_SQL_LOG_NEWEST, "t", t->log);
    enum sg_err err = sg_db_step(l->db, st);
    if (err == SG_E_OK) {
        t->tree = sqlite3_column_int64(st, 0);
        t->epoch = sqlite3_column_int64(st, 1);
        (void)sqlite3_reset(st);
        return SG_E_OK;
    }
    if (err != SG_E_NOTFOUND) return err;
    t->epoch = 0;
    err = sg_db_run(l->db, SG_SQL_LOG_NEW, "ttii", t->log, t->name, t->epoch, now);
    t->tree = sqlite3_last_insert_rowid(l->db->h);
    return err;
}

enum sg_err sg_tree_of(struct sg_evlog *l, const char *log, const char *name, int64_t now, struct sg_tree **out)
{
    int64_t next = 0;
    for (*out = l->trees; *out; *out = (*out)->next)
        if (sg_eq((*out)->log, log)) return SG_E_OK;
    struct sg_tree *t = calloc(1, sizeof *t);
    if (!t) return SG_E_NOMEM;
    SG_COPY(t->log, log);
    SG_COPY(t->name, name);
    enum sg_err err = row_of(l, t, now);
    if (err == SG_E_OK) err = sg_db_number(l->db, sg_db_query(l->db, SG_SQL_LEAF_NEXT, "i", t->tree), &next);
    if (err != SG_E_OK) {
        free(t);
        return err;
    }
    t->size = (uint64_t)next;
    t->next = l->trees;
    *out = l->trees = t;
    return SG_E_OK;
}

enum sg_err sg_tree_add(struct sg_evlog *l, struct sg_tree *t, const uint8_t leaf[SG_LEAF_LEN])
{
    (void)l; (void)leaf;
    t->size++;
    return SG_E_OK;
}
