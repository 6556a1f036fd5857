/* Inside the event log: its state and its trees. */
#pragma once
#include "merkle/tree.h"
#include "server/evlog.h"

/* One log in its newest epoch. */
struct sg_tree {
    struct sg_tree *next;
    int64_t tree, epoch;                             /* row of table log */
    char log[SG_HSA_MAX], name[SG_NAME_MAX];
    uint64_t size;
};
struct sg_evlog {
    struct sg_db *db;
    struct sg_random random;
    struct sg_log_identity id;
    int64_t next;                                    /* index of the next event; -1: not read yet */
    struct sg_tree *trees;                           /* those that were used since the last sg_evlog_forget */
};
/* The tree of a log, begun when there is none yet. */
SG_MUST enum sg_err sg_tree_of(struct sg_evlog *l, const char *log, const char *name, int64_t now, struct sg_tree **out);
SG_MUST enum sg_err sg_tree_add(struct sg_evlog *l, struct sg_tree *t, const uint8_t leaf[SG_LEAF_LEN]);
void sg_trees_free(struct sg_evlog *l);
/* The ten fields that the national log contract demands are there. */
bool sg_event_complete(const struct sg_event *ev);
