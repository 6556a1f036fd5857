/* How one event looks, in a list and in full. */
#pragma once
#include "ui/views/common.h"

/* One line. tail: instead of the outcome at the right end, NULL none. */
void sg_draw_event_row(const struct sg_canvas *c, const struct sg_event *ev, bool focused, int64_t now, const char *tail);
/* Everything it says, from the second row of c on; a rule above. more: a further fact, "" none; proof: as of sg_proof_text, "" not asked for. */
void sg_draw_event(const struct sg_canvas *c, const struct sg_event *ev, const char *label, const char *more, const char *proof);
/* What became of the proof of an event, in words. */
void sg_proof_text(char *dst, size_t cap, const struct sg_tell *t);
/* Opens the dialog in which a reviewer says what was found. */
void sg_review_open(struct sg_app *a, const struct sg_event *ev);
/* "risk, risk", translated. */
void sg_risk_text(char *dst, size_t cap, uint32_t risks);
/* A day typed into a form as a moment: its beginning, or with end the moment after it; 0 when empty. False: the field says what is wrong. */
bool sg_day_field(struct sg_form_field *ff, bool end, int64_t *out);
/* Keys of a form inside a list screen, whose context has other keys: between the fields, choices, text. */
bool sg_view_form_key(struct sg_form *f, const struct sg_key *k);
extern const struct sg_view_ops sg_view_review, sg_view_mark;
