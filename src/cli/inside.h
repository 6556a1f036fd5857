/* What the files of this room share. Nothing here is for others. */
#pragma once
#include "base/json.h"
#include "base/str.h"
#include "base/utf8.h"
#include "cli/cli.h"
#include "sync/runner.h"

enum { SG_CLI_WAIT = 0 };     /* as a wait in ms: as long as answer_seconds of the profile says */
enum { SG_CLI_ARGS_MAX = 64, SG_CLI_LINE_MAX = 64 * 1024 };

/* One sub-command being run. */
struct cli {
    bool json;
    const struct sg_cli_args *args;
    int n; char *arg[SG_CLI_ARGS_MAX];      /* positional, without the sub-command */
    const char *opt[24];                    /* values by position in the sub-command's option list; "" for a flag that is set */
    const struct subcommand *sub;
    struct sg_config config; bool has_config;
    struct sg_clock clock;
    struct sg_secret pass;
    struct sg_engine_opts engine;
    struct sg_inline *run;
    uint64_t last_ask;
    const char *left;                       /* a queue left behind, as the person named it; NULL: the profile's own */
    const char *left_unlock; bool left_moved;
    char left_dir[SG_LEFTOVER_PATH], left_file[SG_LEFTOVER_FILE];
    struct sg_receipt receipt;              /* of the row that is said, when there is one */
};
struct option { const char *name, *value, *help; };      /* value NULL: a flag */
struct subcommand {
    const char *name, *usage, *help;        /* usage: what follows the name */
    int min, max;                           /* positional arguments */
    bool config;                            /* needs the configuration */
    int (*fn)(struct cli *c);
    const struct option *options;           /* ends with name NULL; may be NULL */
};
extern const struct subcommand sg_subcommands[];
const struct subcommand *sg_subcommand(const char *name);
extern const struct option sg_common_options[];

/* args.c: loads the configuration, for sub-commands that need it only at times */
SG_MUST enum sg_err sg_cli_configure(struct cli *c, struct sg_error *e);

/* guard.c */
bool sg_looks_like_person(const char *text);

/* text.c: what is printed */
cJSON *sg_out_new(void);                                          /* {"v":1}; NULL only without memory */
void sg_out_str(cJSON *o, const char *key, const char *value);    /* nothing when "" or NULL */
void sg_out_time(cJSON *o, const char *key, int64_t wall_ms);     /* nothing when 0 */
void sg_out_init(void);                                  /* cJSON's memory is watched from now on */
void sg_out_fresh(void);                                 /* what was missed so far does not count */
void sg_out_line(cJSON *o);                                       /* prints and frees; ends the program with 74 when stdout is gone */
cJSON *sg_out_with(cJSON *body);                                  /* the members of body behind "v"; takes body */
void sg_out_text(const char *fmt, ...) SG_PRINTF(1, 2);           /* a line for people, foreign text made safe */
void sg_out_pair(const char *label, const char *text);            /* "label        text", aligned */
int sg_out_flush(int status);                                     /* 74 when what was printed did not get out */
struct table { size_t cols, rows, cap; const char *const *head; unsigned fixed; char **cell; };   /* fixed: bit per column never cut */
void sg_table_init(struct table *t, size_t cols, const char *const *head, unsigned fixed);
void sg_table_row(struct table *t, const char *const *cells);     /* copies */
void sg_table_print(struct table *t);                             /* and frees */

/* stdin.c. One line of standard input without its end; SG_LINE_LONG: skipped, longer than cap; SG_LINE_END: no more. */
enum { SG_LINE_END = -1, SG_LINE_LONG = -2 };
long sg_read_line(char *dst, size_t cap);

int sg_log_verify(struct cli *c), sg_log_prove(struct cli *c), sg_log_export(struct cli *c), sg_log_accept(struct cli *c);   /* log_read.c */
int sg_check_proofs(struct cli *c);                               /* check_proof.c: log check-proof */

/* client.c: the engine */
SG_MUST enum sg_err sg_client_open(struct cli *c, struct sg_error *e);
void sg_client_close(struct cli *c);
/* The last tell of the ask (owned by the caller, never NULL on OK). FAILED tells are errors. */
SG_MUST enum sg_err sg_client_ask(struct cli *c, struct sg_ask *a, int wait_ms, struct sg_tell **out, struct sg_error *e);
/* Prints an error of an ask and returns its exit status: rule and sentence of the service when it gave one. */
int sg_client_failed(struct cli *c, const struct sg_tell *t, const struct sg_error *e);
struct known { struct sg_tell *citizen, *policy, *me; struct sg_date today; };    /* me only when wanted */
/* Opens the engine and fetches citizen (NULL: none), policy and who one is. Exit status; 0 = all there. */
int sg_client_know(struct cli *c, const char *citizen, bool me, struct known *out);
void sg_known_free(struct known *k);
struct sg_date sg_client_today(const struct cli *c);

/* adopt.c: opens the queue that c->left names instead of the profile's own */
SG_MUST enum sg_err sg_adopt_open(struct cli *c, struct sg_error *e);
int sg_queue_adopt(struct cli *c, const char *path);
/* Passphrase of the queue in dir, from the terminal. s is new. */
SG_MUST enum sg_err sg_cli_passphrase_of(const char *dir, struct sg_secret *s, struct sg_error *e);

/* params.c: field=value of the command line, and one JSON action of a batch, to an action */
SG_MUST enum sg_err sg_params_apply(struct sg_action *a, int n, char *const *arg, const struct sg_citizen *c, struct sg_error *e);
bool sg_params_need_citizen(const struct sg_action *a, int n, char *const *arg);
SG_MUST enum sg_err sg_params_kind(const char *name, enum sg_action_kind *out, struct sg_error *e);
SG_MUST enum sg_err sg_params_json(const cJSON *v, struct sg_action *out, bool *hold, struct sg_error *e);

/* show what is known */
void sg_say_access(struct cli *c, const struct sg_access_row *rows, size_t n, const struct sg_tell *from);
void sg_say_freshness(const struct sg_tell *t);                    /* stderr line when it came from the cache */
/* act.c: an action into the queue and to the service; prints and returns what became of it. Takes no part of *a. */
int sg_carry_out(struct cli *c, const struct sg_action *a, bool hold, const char *paper);
/* queue.c, undo.c */
typedef void sg_qline_fn(void *ctx, const struct sg_qline *q);
int sg_queue_each(struct cli *c, const char *what, sg_qline_fn *fn, void *ctx);       /* "waiting" or ""; exit status */
/* One decision about one action, printed with what became of it. way: theirs, redo, note (RESOLVE), else "". */
int sg_queue_decide(struct cli *c, enum sg_ask_kind kind, const char *which, const char *way, const char *note, bool send);
int sg_queue_undo(struct cli *c, const char *id, const char *reason);                 /* reason NULL: none given */
int sg_queue_report(struct cli *c, const char *id);                /* the row as it stands; its exit status */
int sg_queue_send(struct cli *c);                                  /* all that waits, now */
int sg_worse(int one, int status);                                 /* the exit status that needs a person more */
int sg_queue_resolve_all(struct cli *c, const char *way, const char *note);
int sg_say_row(struct cli *c, const struct sg_qrow *row);          /* one action's state; its exit status */
void sg_ground_text(char *dst, size_t cap, int64_t age_ms);        /* why a row waits that was decided on old knowledge, and what to do */
int sg_row_exit(const struct sg_qrow *row);
const char *sg_state_text(enum sg_qstate s);                       /* translated; NOT YET IN EFFECT where it waits */

/* the sub-commands */
int sg_run_lookup(struct cli *c), sg_run_show(struct cli *c), sg_run_access(struct cli *c), sg_run_preview(struct cli *c), sg_run_do(struct cli *c),
    sg_run_batch(struct cli *c), sg_run_queue(struct cli *c), sg_run_paper(struct cli *c), sg_run_prepare(struct cli *c), sg_run_sync(struct cli *c), sg_run_events(struct cli *c), sg_run_actions(struct cli *c),
    sg_run_keys(struct cli *c), sg_run_status(struct cli *c), sg_run_paths(struct cli *c), sg_run_completion(struct cli *c),
    sg_run_identify(struct cli *c), sg_run_later(struct cli *c), sg_run_log(struct cli *c), sg_run_help(struct cli *c);
void sg_print_help(void);
void sg_print_sub_help(const struct subcommand *s);
