/* Views: one file a screen in ui/views/. A view holds ids and its own copies of what it was told, draws itself, reacts to
 * commands. It never waits and never talks to the network: it asks, and is told. */
#pragma once
#include "cmd/command.h"
#include "cmd/config.h"
#include "ui/canvas.h"
#include "ui/form.h"
#include "ui/input.h"
#include "ui/list.h"

struct sg_app;
struct sg_view;
struct sg_view_arg {                              /* what a view is opened with; strings are copied by it */
    const char *id;                               /* citizen id, action id */
    enum sg_action_kind kind;
    const struct sg_action *action;               /* confirm: what is about to be done */
    const struct sg_citizen *citizen;
    const char *text;
    int64_t number;
    const struct sg_qline *lines; size_t n_lines; /* batch: rows to decide about together */
};
struct sg_view_ops {
    const char *name;                             /* "citizen": also in the screen tests */
    enum sg_context context;
    bool dialog;                                  /* drawn over the view below, with a border */
    size_t size;                                  /* bytes of the view's own struct, whose first member is struct sg_view */
    void (*open)(struct sg_view *v, const struct sg_view_arg *a);     /* asks for what it needs */
    void (*close)(struct sg_view *v);
    void (*title)(struct sg_view *v, char *dst, size_t cap);          /* breadcrumb part */
    void (*dialog_size)(struct sg_view *v, int *h, int *w);           /* dialogs: wanted size of the inside */
    void (*draw)(struct sg_view *v, const struct sg_canvas *c);       /* v->dirty says how much must be painted */
    bool (*command)(struct sg_view *v, int cmd);                      /* true: done. Called only when the gate allows */
    bool (*key)(struct sg_view *v, const struct sg_key *k);           /* before keymaps, for text fields; NULL: none */
    void (*tell)(struct sg_view *v, const struct sg_tell *t);         /* every tell reaches every open view; it picks its own */
    void (*gate)(struct sg_view *v, struct sg_gate *g);               /* fills citizen, row … of the gate */
    const int *hints;                             /* commands for the last line, most important first, SG_CMD_NONE ends */
    const int *(*hints_now)(struct sg_view *v);   /* instead of hints, when they change while the view is open; NULL: they do not */
    void (*due)(struct sg_view *v);               /* the time in v->due has come (it is 0 again); NULL: never sets one */
    void (*fresh)(struct sg_view *v, char *dst, size_t cap);          /* right end of line 2: "read 14:02", "≈ as known 13:40"; NULL: nothing */
};
enum sg_dirty { SG_DIRTY_NONE, SG_DIRTY_ROWS, SG_DIRTY_ALL };         /* ROWS: lists draw what moved */
/* The program clears the view's canvas before draw() when dirty is SG_DIRTY_ALL, and forgets dirty after it. When key() or command()
 * returned true and dirty is still NONE, the program sets ALL or ROWS. Keys that waited when a view of SG_CTX_DIALOG opened are dropped. */
struct sg_view { const struct sg_view_ops *ops; struct sg_app *app; enum sg_dirty dirty; int64_t due; };      /* due: sg_app_mono(), 0 never */

/* What a view may ask of the program (ui/app.c). */
struct sg_view *sg_app_push(struct sg_app *a, const struct sg_view_ops *ops, const struct sg_view_arg *arg);
void sg_app_pop(struct sg_app *a);                                    /* closes the top view */
void sg_app_replace(struct sg_app *a, const struct sg_view_ops *ops, const struct sg_view_arg *arg);
void sg_app_home(struct sg_app *a);
uint64_t sg_app_ask(struct sg_app *a, struct sg_ask *ask);            /* fills ask->id; returns it */
void sg_app_cancel(struct sg_app *a, uint64_t *ask);                  /* the answer is not wanted any more; *ask becomes 0. What is queued stays */
const struct sg_actor *sg_app_me(const struct sg_app *a);             /* NULL until known; borrowed until the next frame */
const struct sg_policy *sg_app_policy(const struct sg_app *a);        /* never NULL: defaults until known */
const struct sg_status *sg_app_status(const struct sg_app *a);
const struct sg_config *sg_app_config(const struct sg_app *a);
const char *sg_app_left(const struct sg_app *a);                      /* folder of the queue left behind that is open; NULL: one's own is */
int64_t sg_app_now(const struct sg_app *a);                           /* wall ms by the service's clock */
int64_t sg_app_mono(const struct sg_app *a);                          /* ms on a clock that only goes on */
struct sg_date sg_app_today(const struct sg_app *a);
void sg_app_new_id(struct sg_app *a, char dst[SG_UUID_MAX]);
const char *sg_app_key(const struct sg_app *a, int cmd);              /* the key shown for a command here; "" none */
void sg_app_gate(const struct sg_app *a, struct sg_gate *g);          /* me, link, read-only and what the top view fills in */
bool sg_app_run(struct sg_app *a, int cmd);                           /* through the gate; a refusal becomes a toast with the reason */
enum sg_toast { SG_TOAST_INFO, SG_TOAST_OK, SG_TOAST_WAIT, SG_TOAST_BAD };
void sg_app_toast(struct sg_app *a, enum sg_toast t, const char *fmt, ...) SG_PRINTF(3, 4);   /* also kept for the messages view */
void sg_app_hush(struct sg_app *a);                                   /* takes the last message from the screen; it stays among the messages */
void sg_app_dirty(struct sg_app *a);                                  /* everything */
const struct sg_keymap *sg_app_keymap(const struct sg_app *a);
/* Messages kept since the start, newest first; NULL behind the last. */
const char *sg_app_message(const struct sg_app *a, int i, int64_t *at);

/* The views, each in ui/views/NAME.c. */
extern const struct sg_view_ops sg_view_home, sg_view_find, sg_view_citizen, sg_view_history, sg_view_explain, sg_view_events,
    sg_view_form, sg_view_protect, sg_view_confirm, sg_view_queue, sg_view_qrow, sg_view_conflict, sg_view_palette, sg_view_help,
    sg_view_messages, sg_view_undo, sg_view_batch, sg_view_unlock, sg_view_terms, sg_view_quit, sg_view_left, sg_view_takeover;
