/* Three versions of one citizen laid side by side, field by field: what a person saw when deciding (base), the same with the decision
 * laid over it (mine), and how it is now (theirs). Pure; texts are translated. */
#pragma once
#include "model/effect.h"

enum { SG_DIFF_TEXT = 80 };
struct sg_diff {
    char what[160];                     /* "Login lock · Region Demo", "Name", "Bo Ek" */
    char field[64];                     /* "" for the state itself, else a field of that row: "Review on" */
    char base[SG_DIFF_TEXT], mine[SG_DIFF_TEXT], theirs[SG_DIFF_TEXT];      /* "–" where there is none, never empty */
    bool mine_differs, theirs_differs;  /* from base; from nothing when base is not known */
    char by[SG_NAME_MAX], by_unit[SG_NAME_MAX]; int64_t at;                 /* who made theirs what it is; "" and 0 when not known */
};
struct sg_three_way { size_t n; struct sg_diff *row; };                     /* owned; those that differ first */
struct sg_three_way_in { const struct sg_citizen *base, *mine, *theirs; const struct sg_policy *policy; struct sg_date today; };   /* NULL: not known */
/* Rows that are alike in all three are left out, but for restrictions in force, which are the ground of any decision. */
SG_MUST enum sg_err sg_three_way_make(const struct sg_three_way_in *in, struct sg_three_way *out);
void sg_three_way_free(struct sg_three_way *t);
