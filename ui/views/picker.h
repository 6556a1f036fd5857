/* A list of commands that is filtered by typing; palette and help are two of them. */
#pragma once
#include "ui/view.h"
enum { SG_QUERY_MAX = 80 };
struct sg_picker {
    struct sg_view v;
    bool here_only;                       /* help: only what can be reached from the view below */
    char query[SG_QUERY_MAX + 1];
    int cmd[SG_CMD_TOTAL]; long n;        /* those that match, best first */
    struct sg_list list;
    struct sg_gate gate; enum sg_context context;
};
void sg_picker_open(struct sg_picker *p, bool here_only);
void sg_picker_draw(struct sg_view *v, const struct sg_canvas *c);
bool sg_picker_key(struct sg_view *v, const struct sg_key *k);
bool sg_picker_command(struct sg_view *v, int cmd);
void sg_picker_tell(struct sg_view *v, const struct sg_tell *t);
