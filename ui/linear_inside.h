/* The inside of --linear, shared by linear*.c. */
#pragma once
#include "cmd/command.h"
#include "cmd/config.h"
#include "sync/runner.h"

struct sg_linear {
    const struct sg_config *cfg;
    struct sg_clock clock; struct sg_random random;
    struct sg_engine_opts opts; struct sg_secret pass;
    struct sg_inline *run;
    bool have_me; struct sg_actor me;
    struct sg_policy policy;
    struct sg_status status;
    struct sg_stop stop; bool stop_asked, stop_cached; int64_t stop_as_of;
    bool have; struct sg_citizen citizen; bool from_cache;
    bool ended;                                     /* end of input: everything returns */
};
enum { SG_LINE_MAX = 1100, SG_CHOICES_LINEAR = 64 };
struct sg_menu { int n; char text[SG_CHOICES_LINEAR][240]; int value[SG_CHOICES_LINEAR]; };

/* Text to the terminal: foreign parts made safe, plain letters where needed, one line break behind and none inside. */
void sg_say(const char *fmt, ...) SG_PRINTF(1, 2);
void sg_say_lines(const char *text);                    /* the same for each line of a text that may have several */
/* Asks for one line; preset is taken for an empty one (may be NULL). False at the end of input. */
bool sg_ask_text(struct sg_linear *l, const char *label, const char *preset, char *dst, size_t cap);
void sg_menu_add(struct sg_menu *m, int value, const char *fmt, ...) SG_PRINTF(3, 4);
/* Numbered choices from 1; 0 goes back. The chosen value, or -1 for back and for the end of input. */
int sg_menu_choose(struct sg_linear *l, const struct sg_menu *m, const char *title, const char *back);
bool sg_ask_yes(struct sg_linear *l, const char *question);

/* Asks the engine and gives the last answer (caller frees), NULL when none came; says what is wrong itself. */
struct sg_tell *sg_linear_ask(struct sg_linear *l, struct sg_ask *a, int wait_ms);
int64_t sg_linear_now(const struct sg_linear *l);
struct sg_date sg_linear_today(const struct sg_linear *l);
void sg_linear_gate(const struct sg_linear *l, struct sg_gate *g);
void sg_linear_act(struct sg_linear *l, enum sg_action_kind kind);          /* asks, shows what changes, confirms, carries out */
bool sg_linear_protect(struct sg_linear *l, struct sg_action *a);           /* fills the parts; false: nothing chosen */
bool sg_linear_fields(struct sg_linear *l, struct sg_part *p);              /* asks for each field of one part */
