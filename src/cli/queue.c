/* queue and sync: what waits, what needs a person, and the decisions about single actions. The list is read page by page, so that a
 * long history needs no more memory than a short one. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/i18n.h"
#include "cli/inside.h"

enum { PAGE = 200, SYNC_WAIT_MS = 120000 };
enum { Q_NOTE, Q_WAITING, Q_ALL, Q_REASON, Q_FOLDER, Q_UNLOCK, Q_MOVED };

int sg_queue_each(struct cli *c, const char *what, sg_qline_fn *fn, void *ctx) {
    struct sg_error e = {0};
    for (int64_t at = 0, total = 1; at < total;) {
        struct sg_tell *t = NULL;
        struct sg_ask a = {.kind = SG_ASK_QUEUE, .offset = at, .limit = PAGE};
        SG_COPY(a.text, what);
        enum sg_err err = sg_client_ask(c, &a, SG_CLI_WAIT, &t, &e);
        for (size_t i = 0; err == SG_E_OK && i < t->n_lines; i++) {
            fn(ctx, &t->lines[i]);
        }
        int status = err == SG_E_OK ? 0 : sg_client_failed(c, t, &e);
        total = t != NULL ? t->total : 0;
        at += t != NULL && t->n_lines > 0 ? (int64_t)t->n_lines : total + 1;
        if (t != NULL) {
            sg_tell_free(t);
        }
        if (status != 0) {
            return status;
        }
    }
    return 0;
}

/* Also when somebody has seen it since and the row is closed. */
static bool was_refused(const struct sg_qline *q) {
    return (q->state == SG_Q_REFUSED || q->state == SG_Q_WITHDRAWN) && q->why.rule < SG_RULE_COUNT;
}

static void line_text(const struct sg_qline *q, char *dst, size_t cap) {
    if (q->again && q->fresh_needed) {
        sg_copy(dst, cap, _("was done, but the service came back from an old copy without it, NOT YET IN EFFECT: confirm it again"));
    } else if (q->again && sg_qstate_waiting(q->state)) {
        sg_copy(dst, cap, _("was done, but the service came back from an old copy without it, NOT YET IN EFFECT: it is sent again"));
    } else if (q->ground_age > 0) {
        sg_ground_text(dst, cap, q->ground_age);
    } else if (q->fresh_needed) {
        sg_copy(dst, cap, _("decided too long ago, NOT YET IN EFFECT: confirm it again"));
    } else if (was_refused(q)) {
        sg_why_text(dst, cap, &q->why);
    } else {
        sg_copy(dst, cap, sg_state_text(q->state));
    }
}

static void line_json(const struct sg_qline *q, const char *text) {
    cJSON *o = sg_out_new();
    sg_out_str(o, "actionId", q->action_id);
    sg_out_str(o, "kind", sg_action_def(q->kind)->name);
    sg_out_str(o, "subject", q->subject);
    sg_out_str(o, "subjectName", q->subject_name);
    sg_out_str(o, "summary", q->summary);
    sg_out_str(o, "state", sg_qstate_name(q->state));
    (void)cJSON_AddBoolToObject(o, "inEffect", q->state == SG_Q_DONE);
    (void)cJSON_AddBoolToObject(o, "freshNeeded", q->fresh_needed);
    (void)cJSON_AddBoolToObject(o, "again", q->again);
    (void)cJSON_AddNumberToObject(o, "attempts", q->attempts);
    sg_out_str(o, "text", text);
    if (was_refused(q)) {
        sg_out_str(o, "rule", sg_rule_name(q->why.rule));
    }
    sg_out_time(o, "createdAt", q->created_at);
    sg_out_time(o, "nextTry", sg_qstate_waiting(q->state) ? q->next_try : 0);
    sg_out_time(o, "doneAt", q->done_at);
    if (q->event_index >= 0 && q->state == SG_Q_DONE) {
        (void)cJSON_AddNumberToObject(o, "eventIndex", (double)q->event_index);
    }
    sg_out_line(o);
}

struct listing { struct cli *c; struct table t; };

static void list_line(void *ctx, const struct sg_qline *q) {
    struct listing *l = ctx;
    char text[400], when[SG_RFC3339_MAX];
    line_text(q, text, sizeof text);
    if (l->c->json) {
        line_json(q, text);
        return;
    }
    sg_local_stamp(when, q->created_at, sg_wall(&l->c->clock));
    sg_out_text("%s  %s  %s", q->action_id, when, q->summary[0] ? q->summary : sg_action_def(q->kind)->name);
    sg_out_text("  %s  %s", q->state == SG_Q_DONE ? "✓" : sg_qstate_waiting(q->state) ? "◷" : q->state == SG_Q_WITHDRAWN ? "–" : "!", text);
}

static int run_list(struct cli *c) {
    struct listing l = {.c = c};
    return sg_queue_each(c, c->opt[Q_WAITING] != NULL ? "waiting" : "", list_line, &l);
}

/* The row as it stands, and its exit status. */
int sg_queue_report(struct cli *c, const char *id) {
    struct sg_error e = {0};
    struct sg_tell *t = NULL;
    struct sg_ask a = {.kind = SG_ASK_QROW};
    SG_COPY(a.key, id);
    enum sg_err err = sg_client_ask(c, &a, SG_CLI_WAIT, &t, &e);
    if (err == SG_E_OK && (t == NULL || t->row == NULL)) {
        err = sg_fail(&e, SG_E_NOTFOUND, id, _("is not in your queue"));
    }
    c->receipt = t != NULL ? t->receipt : (struct sg_receipt){0};
    int status = err == SG_E_OK && t != NULL ? sg_say_row(c, t->row) : sg_client_failed(c, t, &e);
    if (t != NULL) {
        sg_tell_free(t);
    }
    return status;
}

/* Asks and forgets the answer but for *id, which becomes the id it names. */
static int tell_engine(struct cli *c, struct sg_ask *a, int wait_ms, char id[SG_UUID_MAX]) {
    struct sg_error e = {0};
    struct sg_tell *t = NULL;
    enum sg_err err = sg_client_ask(c, a, wait_ms, &t, &e);
    int status = err == SG_E_OK ? 0 : sg_client_failed(c, t, &e);
    if (err == SG_E_OK && id != NULL && t->id[0] != '\0') {
        sg_copy(id, SG_UUID_MAX, t->id);
    }
    if (t != NULL) {
        sg_tell_free(t);
    }
    return status;
}

static enum sg_err drain(struct cli *c) {
    struct sg_error e = {0};
    struct sg_tell *t = NULL;
    struct sg_ask a = {.kind = SG_ASK_SYNC};
    enum sg_err err = sg_client_ask(c, &a, SYNC_WAIT_MS, &t, &e);
    if (t != NULL) {
        sg_tell_free(t);
    }
    return err;
}

int sg_queue_decide(struct cli *c, enum sg_ask_kind kind, const char *which, const char *way, const char *note, bool send) {
    char id[SG_UUID_MAX] = "";
    struct sg_ask a = {.kind = kind};
    SG_COPY(a.key, which);
    SG_COPY(id, which);
    SG_COPY(a.text, way);
    SG_COPY(a.note, note);
    int status = tell_engine(c, &a, SG_CLI_WAIT, id);
    if (status != 0) {
        return status;
    }
    if (send) {
        (void)drain(c);             /* offline: it stays queued, which the report says */
    }
    status = sg_queue_report(c, id);
    bool asked_for = kind == SG_ASK_WITHDRAW || (kind == SG_ASK_RESOLVE && !send);
    return asked_for && status == sg_err_exit(SG_E_REFUSED) ? 0 : status;     /* withdrawn is what was wanted */
}

static int usage(struct cli *c) {
    struct sg_error e = {0};
    (void)sg_fail(&e, SG_E_USAGE, c->arg[0], _("use it as: sigill %s %s"), c->sub->name, c->sub->usage);
    return sg_cli_failed(&e, c->json);
}

static int decide(struct cli *c, enum sg_ask_kind kind, bool send) { return sg_queue_decide(c, kind, c->arg[1], "", "", send); }

static int resolve(struct cli *c) {
    static const char *const ways[] = {"theirs", "redo", "note"};
    bool all = c->opt[Q_ALL] != NULL;
    const char *note = c->opt[Q_NOTE] != NULL ? c->opt[Q_NOTE] : "";
    if (c->n != (all ? 2 : 3) || sg_name_index(ways, 3, c->arg[c->n - 1]) < 0) {
        return usage(c);
    }
    return all ? sg_queue_resolve_all(c, c->arg[1], note) : sg_queue_decide(c, SG_ASK_RESOLVE, c->arg[1], c->arg[2], note, sg_eq(c->arg[2], "redo"));
}

/* What one word and at most one id say, once the queue is open. */
static int one_of(struct cli *c, const char *what) {
    static const struct { const char *name; enum sg_ask_kind kind; bool send; } decisions[] = {
        {"retry", SG_ASK_RETRY, true}, {"confirm", SG_ASK_RECONFIRM, true}, {"withdraw", SG_ASK_WITHDRAW, false}};
    if (sg_eq(what, "show")) {
        int status = sg_queue_report(c, c->arg[1]);
        return status == sg_err_exit(SG_E_NOTFOUND) ? status : 0;
    }
    if (sg_eq(what, "undo")) {
        return sg_queue_undo(c, c->arg[1], c->opt[Q_REASON]);
    }
    for (size_t i = 0; i < sizeof decisions / sizeof decisions[0]; i++) {
        if (sg_eq(what, decisions[i].name)) {
            return decide(c, decisions[i].kind, decisions[i].send);
        }
    }
    return usage(c);
}

int sg_run_queue(struct cli *c) {
    struct sg_error e = {0};
    const char *what = c->n > 0 ? c->arg[0] : "list";
    c->left = c->opt[Q_FOLDER];
    c->left_unlock = c->opt[Q_UNLOCK];
    c->left_moved = c->opt[Q_MOVED] != NULL;
    if (sg_eq(what, "adopt")) {
        return c->n == 2 && c->left == NULL ? sg_queue_adopt(c, c->arg[1]) : usage(c);
    }
    if (sg_client_open(c, &e) != SG_E_OK) {
        return sg_cli_failed(&e, c->json);
    }
    if (sg_eq(what, "list") && c->n <= 1) {
        return run_list(c);
    }
    if (sg_eq(what, "retry") && c->n == 1) {
        return sg_run_sync(c);
    }
    if (sg_eq(what, "resolve")) {
        return resolve(c);
    }
    return c->n == 2 ? one_of(c, what) : usage(c);
}

/* What waited when sync began: a page of it is enough to tell afterwards what became of each. */
enum { TRACKED_MAX = 1000 };
struct tracked { size_t n; char id[TRACKED_MAX][SG_UUID_MAX]; };

static void track(void *ctx, const struct sg_qline *q) {
    struct tracked *k = ctx;
    if (sg_qstate_waiting(q->state) && k->n < TRACKED_MAX) {
        SG_COPY(k->id[k->n], q->action_id);
        k->n++;
    }
}

static int rank(int status) {
    static const int order[] = {0, 75, 69, 74, 1, 65, 76, 77};
    for (int i = 0; i < (int)(sizeof order / sizeof order[0]); i++) {
        if (order[i] == status) {
            return i;
        }
    }
    return 8;
}

int sg_worse(int one, int status) { return rank(one) > rank(status) ? one : status; }

int sg_queue_send(struct cli *c) {
    struct sg_ask all = {.kind = SG_ASK_RETRY};
    int status = tell_engine(c, &all, SG_CLI_WAIT, NULL);      /* held ones too: a person asked for it */
    if (status == 0) {
        (void)drain(c);
    }
    return status;
}

int sg_run_sync(struct cli *c) {
    static struct tracked waiting;
    struct sg_error e = {0};
    struct sg_tell *t = NULL;
    struct sg_ask now = {.kind = SG_ASK_STATUS};
    waiting.n = 0;
    if (sg_client_open(c, &e) != SG_E_OK) {
        return sg_cli_failed(&e, c->json);
    }
    int status = sg_queue_each(c, "waiting", track, &waiting);
    status = status ? status : sg_queue_send(c);
    if (status != 0) {
        return status;
    }
    if (waiting.n == 0 && !c->json) {
        sg_out_text("%s", _("Nothing waits to be sent."));
    }
    for (size_t i = 0; i < waiting.n; i++) {
        status = sg_worse(sg_queue_report(c, waiting.id[i]), status);
    }
    enum sg_err err = sg_client_ask(c, &now, SG_CLI_WAIT, &t, &e);
    if (err == SG_E_OK && t->status.store_err != SG_E_OK) {
        (void)sg_fail(&e, t->status.store_err, "", "%s", _("the queue cannot be written; what waits in it is sent when it can be written again"));
        status = sg_worse(sg_cli_failed(&e, c->json), status);
    } else if (err == SG_E_OK && status == 0 && t->status.link != SG_LINK_ONLINE) {
        (void)sg_fail(&e, t->status.link == SG_LINK_AUTH ? SG_E_AUTH : SG_E_OFFLINE, "", "%s", t->status.link_detail);
        status = sg_cli_failed(&e, c->json);
    }
    if (t != NULL) {
        sg_tell_free(t);
    }
    return status;
}
