/* Forms: labelled fields with their own text, choices and errors. What was typed stays until it is carried out. */
#pragma once
#include "cmd/command.h"
#include "ui/canvas.h"
#include "ui/input.h"
enum sg_ff_kind { SG_FF_TEXT, SG_FF_CHOICE, SG_FF_CHECK, SG_FF_LABEL };
enum { SG_FF_TEXT_MAX = 1100, SG_FF_CHOICES_MAX = 64, SG_FORM_MAX = 48 };
struct sg_form_field {
    enum sg_ff_kind kind;
    char label[96]; const char *help;      /* help: translated, shown below the form while focused */
    char text[SG_FF_TEXT_MAX]; size_t max; int caret; bool secret;
    int n_choices, choice;                  /* CHOICE: label and value per choice */
    struct { char value[SG_VALUE_MAX]; char label[96]; } *choices;   /* owned */
    bool checked, disabled; char why[160];  /* disabled: reason, shown */
    char error[200];                        /* what is wrong, shown beside; "" none */
    int tag;                                /* the owner's own number */
};
/* touched: something was typed or chosen since init. */
struct sg_form { int n, cur, top; bool touched; struct sg_form_field f[SG_FORM_MAX]; };
void sg_form_init(struct sg_form *f);
void sg_form_free(struct sg_form *f);
struct sg_form_field *sg_form_text(struct sg_form *f, const char *label, const char *value, size_t max, const char *help);
struct sg_form_field *sg_form_check(struct sg_form *f, const char *label, bool checked, const char *help);
struct sg_form_field *sg_form_choice(struct sg_form *f, const char *label, const char *help);   /* then add choices */
bool sg_form_add_choice(struct sg_form_field *ff, const char *value, const char *label);
struct sg_form_field *sg_form_label(struct sg_form *f, const char *text);
const char *sg_form_value(const struct sg_form_field *ff);                  /* text, the choice's value, or "yes"/"no" */
bool sg_form_key(struct sg_form *f, const struct sg_key *k);                /* typing, paste (blanks trimmed), caret; true when taken */
bool sg_form_command(struct sg_form *f, int cmd);                           /* next-field, previous-field, toggle */
int sg_form_draw(struct sg_form *f, const struct sg_canvas *c);             /* returns rows used; scrolls to the focused field */
int sg_form_rows(const struct sg_form *f, int w);                           /* rows it would use in a canvas w columns wide */
bool sg_form_mouse(struct sg_form *f, const struct sg_canvas *c, const struct sg_key *k);      /* c: as at the last draw */
