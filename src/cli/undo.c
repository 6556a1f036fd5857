/* queue undo: what is not sent yet is withdrawn; for what is done the deed that takes it back is carried out, with a reason of its own and on
 * the ground of how the citizen is now. Both stand in the history. queue resolve --all: one decision about everything that waits for one;
 * what opens access is never redone together with others. */
#include <stdlib.h>
#include <string.h>
#include "base/i18n.h"
#include "cli/inside.h"
#include "model/effect.h"

static int no(struct cli *c, const char *id, enum sg_err err, const char *why) {
    struct sg_error e = {0};
    (void)sg_fail(&e, err, id, "%s", why);
    return sg_cli_failed(&e, c->json);
}

/* A restriction that is to be lifted must still be in force; otherwise another one would be. */
static bool still_there(const struct sg_action *inverse, const struct sg_citizen *now, struct sg_date today) {
    const struct sg_field_def *f = sg_action_def(inverse->kind)->fields;
    const struct sg_restriction *r;
    if (f->type != SG_FT_RESTRICTION) {
        return true;
    }
    r = sg_citizen_restriction(now, inverse->part[0].value[0]);
    return r != NULL && sg_restriction_in_force(r, today);
}

static int take_back(struct cli *c, const struct sg_qrow *row, const char *reason) {
    static struct sg_action inverse;
    struct known k = {0};
    if (!row->has_outcome || !sg_action_inverse(&row->action, row->outcome.restriction, row->outcome.n_restrictions, &inverse)) {
        return no(c, row->action.id, SG_E_STATE, _("is done and has no single deed that takes it back: lift what is to be lifted, one by one"));
    }
    if (reason != NULL && !SG_COPY(inverse.reason, reason)) {
        return no(c, "--reason", SG_E_LIMIT, _("is too long"));
    }
    int status = sg_client_know(c, row->action.subject, false, &k);
    if (status == 0 && !still_there(&inverse, k.citizen->citizen, k.today)) {
        status = no(c, row->action.id, SG_E_STATE, _("has already been taken back: the entry is no longer in force"));
    } else if (status == 0) {
        SG_COPY(inverse.observed, k.citizen->citizen->etag);
        status = sg_carry_out(c, &inverse, false, NULL);
    }
    sg_known_free(&k);
    return status;
}

int sg_queue_undo(struct cli *c, const char *id, const char *reason) {
    struct sg_error e = {0};
    struct sg_tell *t = NULL;
    struct sg_ask a = {.kind = SG_ASK_QROW};
    SG_COPY(a.key, id);
    enum sg_err err = c->config.read_only ? sg_fail(&e, SG_E_DENIED, c->config.profile, _("the profile is read-only")) : sg_client_ask(c, &a, SG_CLI_WAIT, &t, &e);
    const struct sg_qrow *row = err == SG_E_OK && t != NULL ? t->row : NULL;
    int status;
    if (row == NULL) {
        status = err == SG_E_OK ? no(c, id, SG_E_NOTFOUND, _("is not in your queue")) : sg_client_failed(c, t, &e);
    } else if (row->state == SG_Q_DONE) {
        status = take_back(c, row, reason);
    } else if (sg_qstate_waiting(row->state)) {
        status = sg_queue_decide(c, SG_ASK_WITHDRAW, id, "", "", false);
    } else {
        status = no(c, id, SG_E_STATE, _("was not carried out, so there is nothing to take back"));
    }
    if (t != NULL) {
        sg_tell_free(t);
    }
    return status;
}

enum { OPEN_MAX = 1000 };
struct open_rows { size_t n, more; struct { char id[SG_UUID_MAX]; bool opens; } row[OPEN_MAX]; };

static void note_open(void *ctx, const struct sg_qline *q) {
    struct open_rows *all = ctx;
    if (q->state != SG_Q_CONFLICT && q->state != SG_Q_REFUSED) {
        return;
    }
    if (all->n == OPEN_MAX) {
        all->more++;
        return;
    }
    SG_COPY(all->row[all->n].id, q->action_id);
    all->row[all->n++].opens = sg_action_def(q->kind)->danger == SG_DANGER_TYPE_ID;
}

int sg_queue_resolve_all(struct cli *c, const char *way, const char *note) {
    static struct open_rows all;
    memset(&all, 0, sizeof all);
    int status = sg_queue_each(c, "waiting", note_open, &all);
    size_t left = all.more;
    bool redo = sg_eq(way, "redo");
    for (size_t i = 0; status == 0 && i < all.n; i++) {
        if (redo && all.row[i].opens) {
            (void)no(c, all.row[i].id, SG_E_STATE, _("opens access, so it is decided alone"));
            left++;
        } else {
            int one = sg_queue_decide(c, SG_ASK_RESOLVE, all.row[i].id, way, note, redo);
            left += one == sg_err_exit(SG_E_CONFLICT);
            status = one == sg_err_exit(SG_E_CONFLICT) || one == sg_err_exit(SG_E_QUEUED) ? 0 : one;
        }
    }
    if (all.n == 0 && status == 0 && !c->json) {
        sg_out_text("%s", _("Nothing waits for a decision."));
    }
    return status == 0 && left > 0 ? sg_err_exit(SG_E_CONFLICT) : status;
}
