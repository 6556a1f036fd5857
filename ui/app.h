/* The inside of the program, shared by app*.c and by the few views that steer it. Other views use ui/view.h. */
#pragma once
#include "cmd/config.h"
#include "sync/runner.h"
#include "ui/view.h"

enum { SG_STACK_MAX = 16, SG_MESSAGES_MAX = 100, SG_PENDING_MAX = 32, SG_BAR_PARTS = 9, SG_SENDING_MAX = 16 };
enum { SG_MIN_ROWS = 16, SG_MIN_COLS = 60 };

struct sg_message { enum sg_toast kind; int64_t at; char text[256]; };
struct sg_hint_spot { int cmd, x, w; };                 /* where a hint stands, for the mouse */

struct sg_app {
    const struct sg_config *cfg;
    struct sg_clock clock;
    struct sg_random random;
    struct sg_keymap keys;

    struct sg_runner *runner;                           /* NULL until started */
    int wake_fd;
    struct sg_secret passphrase;
    /* A queue that was left behind is open instead of one's own; without a passphrase of its own one's own is tried. */
    struct { bool on; char dir[SG_LEFTOVER_PATH], file[SG_LEFTOVER_FILE]; struct sg_secret passphrase; } left;
    struct sg_engine_opts opts;
    uint64_t last_ask, sync_ask, prepare_ask;
    struct sg_ask pending[SG_PENDING_MAX]; int n_pending;   /* asked before the engine ran */

    struct sg_view *view[SG_STACK_MAX]; int n;
    struct sg_canvas rect[SG_STACK_MAX];                /* where each stood at its last draw */
    const struct sg_view *drawing;                      /* whose draw() runs: keys are named as they work there */
    struct sg_view *dead[SG_STACK_MAX * 2]; int n_dead; /* closed while their own code may still run; freed between turns */

    bool have_me; struct sg_actor me;
    struct sg_policy policy;
    struct sg_status status;

    const struct sg_theme_spec *theme;
    bool mouse, blank, all_dirty, bar_dirty, swallow, quit;
    int exit_status;
    int64_t toast_until, last_key, paste_until;         /* mono ms */
    struct sg_message toast; int toast_rows;            /* at 0: none shown; rows it had in the last frame */
    struct sg_message msg[SG_MESSAGES_MAX]; int n_msg, msg_head;
    struct sg_hint_spot spot[16]; int n_spots;
    char sending[SG_SENDING_MAX][SG_UUID_MAX]; int n_sending;      /* acts seen on their way: whose end is news */
    struct sg_gate hint_gate;                           /* what the hints shown were judged by */
};

SG_MUST enum sg_err sg_app_init(struct sg_app *a, const struct sg_config *cfg, struct sg_error *e);
int sg_app_loop(struct sg_app *a);                      /* the terminal is open; returns the exit status */
void sg_app_free(struct sg_app *a);

void sg_app_frame(struct sg_app *a);                    /* paints what is dirty */
void sg_app_key_event(struct sg_app *a, const struct sg_key *k);
void sg_app_tell(struct sg_app *a, struct sg_tell *t);  /* takes over t */
void sg_app_due(struct sg_app *a);                       /* lets the views do what they had put off until now */
void sg_app_bury(struct sg_app *a);                     /* frees closed views */
/* Starts the engine; with a passphrase (taken over) or, when NULL, with the one of the configuration's file. Opens the unlock view when
 * there is none. */
void sg_app_unlock(struct sg_app *a, struct sg_secret *passphrase);
void sg_app_leave(struct sg_app *a, int exit_status);
void sg_app_restart(struct sg_app *a);                  /* the engine anew, with the passphrases at hand, on whichever queue is to be open */
/* Takes over the queue at path (DIR/FILE); passphrase (taken over; NULL: one's own). False: the path is too long. */
bool sg_app_take_over(struct sg_app *a, const char *path, struct sg_secret *passphrase);
void sg_app_own_queue(struct sg_app *a);                /* back to one's own */
void sg_app_left_failed(struct sg_app *a);              /* it cannot be opened, or must not be sent: says why, and back */
bool sg_app_left_done(struct sg_app *a);                /* all that can go has gone: says what is left. False: that is not so */
void sg_app_theme(struct sg_app *a, const char *name);
struct sg_view *sg_app_top(const struct sg_app *a);
struct sg_view *sg_app_ground(const struct sg_app *a);  /* the view commands are about: the top one, or what lies below the palette */
const struct sg_message *sg_app_message_at(const struct sg_app *a, int i);
