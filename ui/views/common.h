/* What several screens draw alike: access cells, restrictions, queue states. Nothing here asks or waits. */
#pragma once
#include "ui/view.h"

enum { SG_BATCH_MAX = 20 };                                            /* rows one decision may cover: all of them are named on the screen */

/* The access list folded into one line a person. jump: the citizen's jump-out services, NULL when the list has none. */
struct sg_access_table {
    size_t n;
    struct { const struct sg_access_row *eservices, *journal; } row[1 + SG_RELATIONS_MAX];
    const struct sg_access_row *jump;
};
void sg_access_fold(struct sg_access_table *t, const struct sg_access_row *rows, size_t n);
int sg_access_names(const struct sg_access_table *t, int least, int most);     /* columns the names need, with a gap */
enum sg_mark sg_access_mark(const struct sg_access_row *r);            /* allowed, shut by an act, or shut by a general rule */
enum sg_ui_role sg_access_role(const struct sg_access_row *r);
/* Mark and the rule in words, within cols columns. */
void sg_draw_access(const struct sg_canvas *c, int y, int x, int cols, const struct sg_access_row *r, bool focused);
/* "✓ → ✗ blocked", or one state when both are alike. */
void sg_draw_change(const struct sg_canvas *c, int y, int x, int cols, const struct sg_access_row *before, const struct sg_access_row *after);
/* The table before → after of a preview, with its heading. The row below it. */
int sg_draw_after(const struct sg_canvas *c, int y, const struct sg_preview *p);
const char *sg_relation_title(enum sg_relation_kind k);                /* translated */

bool sg_guardian_blocked(const struct sg_citizen *c, const char *person, struct sg_date today);
enum sg_action_kind sg_restriction_lift_kind(enum sg_restriction_kind k);

/* The screen that shows a row of the queue in that state: what needs a decision has one of its own. */
const struct sg_view_ops *sg_qstate_view(enum sg_qstate s);
bool sg_counts_differ(const struct sg_qcounts *a, const struct sg_qcounts *b);     /* in rows of one's own */
const char *sg_qstate_title(enum sg_qstate s);                         /* translated: "waiting", "done", … */
enum sg_mark sg_qstate_mark(enum sg_qstate s);
enum sg_ui_role sg_qstate_role(enum sg_qstate s);

/* Opens the form that lifts or annuls r, or says why that cannot be done now: one key serves several kinds, so the gate is asked here. */
void sg_end_restriction(struct sg_app *app, const struct sg_citizen *c, const struct sg_restriction *r, bool annul);
/* What is wrong with what stands in a field of that type, translated: what is wanted, with an example. */
const char *sg_field_fault(enum sg_field_type type, const char *value);
/* Esc in a form that holds something: the first time says so and stays (true), the second time lets it go (false). The caller keeps
 * *warned beside its form; any other key forgets the warning. */
bool sg_form_keeps(struct sg_app *app, const struct sg_form *f, bool *warned);
const char *sg_choice_title(const char *value);                        /* translated label of a CHOICE value, "care" -> care */

/* "11 years", or "age not known". */
void sg_age_text(char *dst, size_t cap, struct sg_date birth, struct sg_date today);

/* For a list that is read anew when something has happened: at once when it was quiet, and else a few times a second at most, never while
 * an answer is awaited, so that a queue going through at any speed costs the screen the same. */
struct sg_pace { int64_t asked_at; bool awaited, put_off; };
bool sg_pace_now(struct sg_view *v, struct sg_pace *p);                /* true: ask now; else v->ops->due is called when it is time */
void sg_pace_answered(struct sg_view *v, struct sg_pace *p);

/* One tell that failed, as a sentence for a person: what, and the rule or the reason. */
void sg_failure_text(char *dst, size_t cap, const struct sg_tell *t);
/* "read 14:02", or "≈ kept copy, as known 14:02". */
void sg_freshness_text(char *dst, size_t cap, bool from_cache, int64_t as_of, int64_t now);
