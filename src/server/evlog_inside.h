/* Inside the event log: its state and its trees. */
#pragma once
#include "merkle/tree.h"
#include "server/evlog.h"
#include "server/signer.h"

enum { SG_TREE_LEVELS = 6 };                         /* 256⁶ leaves */
struct sg_tile;
/* One log in one epoch. */
struct sg_tree {
    struct sg_tree *next;
    int64_t tree, epoch;                             /* row of table log */
    char log[SG_HSA_MAX], name[SG_NAME_MAX];
    bool newest;                                     /* epoch of its log: the one that grows */
    uint64_t size;                                   /* what this transaction has appended included */
    uint64_t signed_size; int64_t signed_at;         /* of the newest checkpoint */
    char note[1024];                                 /* the checkpoint; "" when there is none */
    struct sg_tile *edge[SG_TREE_LEVELS];            /* the open tile of each level; owned */
};
struct sg_evlog {
    struct sg_db *db;
    struct sg_random random;
    struct sg_log_identity id;
    int64_t next;                                    /* index of the next event; -1: not read yet */
    bool grew;
    bool unsure;                                     /* which trees are signed: must be looked up */
    char why[320];                                   /* why the signer refused */
    struct sg_tree *trees;                           /* those that were used since the last sg_evlog_forget */
};
/* Trees are borrowed until the next sg_evlog_forget. find: the newest epoch of a log; at: by row; both NOTFOUND when there is none.
 * of: begun when there is none yet. CORRUPT: tiles and events do not fit together. */
SG_MUST enum sg_err sg_tree_find(struct sg_evlog *l, const char *log, struct sg_tree **out);
SG_MUST enum sg_err sg_tree_at(struct sg_evlog *l, int64_t tree, struct sg_tree **out);
SG_MUST enum sg_err sg_tree_in_epoch(struct sg_evlog *l, const char *log, int64_t epoch, struct sg_tree **out);
SG_MUST enum sg_err sg_tree_of(struct sg_evlog *l, const char *log, const char *name, int64_t now, struct sg_tree **out);
SG_MUST enum sg_err sg_tree_add(struct sg_evlog *l, struct sg_tree *t, const uint8_t leaf[SG_LEAF_LEN]);
void sg_trees_free(struct sg_evlog *l);
/* Root and proofs of any size the tree has had. INPUT: beyond it. */
SG_MUST enum sg_err sg_tree_root(struct sg_evlog *l, const struct sg_tree *t, uint64_t size, struct sg_hash *out);
SG_MUST enum sg_err sg_tree_inclusion(struct sg_evlog *l, const struct sg_tree *t, uint64_t index, uint64_t size, struct sg_proof *out);
SG_MUST enum sg_err sg_tree_consistency(struct sg_evlog *l, const struct sg_tree *t, uint64_t from, uint64_t to, struct sg_proof *out);
/* Reads the newest checkpoint of t. */
SG_MUST enum sg_err sg_tree_signed(struct sg_evlog *l, struct sg_tree *t);
SG_MUST bool sg_tree_origin(const struct sg_evlog *l, const struct sg_tree *t, char dst[SG_ORIGIN_MAX]);
/* "" stays when there is no such key. */
SG_MUST enum sg_err sg_meta_get(struct sg_db *db, const char *key, char *dst, size_t cap);
/* The ten fields that the national log contract demands are there. */
bool sg_event_complete(const struct sg_event *ev);
