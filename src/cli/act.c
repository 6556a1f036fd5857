/* do and batch: an action goes into the queue, durably, and from there to the service; we wait a while for what becomes of it.
 * What has not come back by then stays queued and is said to be. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/i18n.h"
#include "base/log.h"
#include "cli/inside.h"
#include "model/paper.h"

enum { DO_REASON, DO_QUEUE, DO_OBSERVED, DO_PAPER, DO_DECIDED };

static enum sg_err may_write(const struct cli *c, struct sg_error *e) {
    return c->config.read_only ? sg_fail(e, SG_E_DENIED, c->config.profile, _("the profile is read-only")) : SG_E_OK;
}

/* A refusal holds back later actions for the same citizen until a person has seen it. Who runs the command sees it now, so that is
 * noted at once; the row keeps its outcome. A conflict needs a decision and stays. */
static void seen(struct cli *c, const struct sg_qrow *row) {
    struct sg_error e = {0};
    struct sg_tell *t = NULL;
    struct sg_ask a = {.kind = SG_ASK_RESOLVE};
    if (row->state != SG_Q_REFUSED) {
        return;
    }
    SG_COPY(a.key, row->action.id);
    SG_COPY(a.text, "note");
    SG_COPY(a.note, "refused while the command waited");
    if (sg_client_ask(c, &a, SG_CLI_WAIT, &t, &e) != SG_E_OK) {
        sg_log(SG_LOG_WARN, "a refusal that was shown could not be noted as seen: %s", sg_err_name(e.code));
    }
    if (t != NULL) {
        sg_tell_free(t);
    }
}

int sg_carry_out(struct cli *c, const struct sg_action *a, bool hold, const char *paper) {
    struct sg_error e = {0};
    struct sg_tell *t = NULL;
    struct sg_ask ask = {.kind = SG_ASK_ACT, .hold = hold, .action = malloc(sizeof *a)};
    if (ask.action == NULL) {
        (void)sg_fail(&e, SG_E_NOMEM, "", "out of memory");
        return sg_cli_failed(&e, c->json);
    }
    *ask.action = *a;
    SG_COPY(ask.text, paper);
    if (ask.action->performed_at == 0) {
        ask.action->performed_at = sg_wall(&c->clock);
    }
    enum sg_err err = sg_client_ask(c, &ask, SG_CLI_WAIT, &t, &e);
    const struct sg_qrow *row = err == SG_E_OK && t != NULL ? t->row : NULL;
    if (err == SG_E_OK && row == NULL) {
        (void)sg_fail(&e, SG_E_INTERNAL, "", "an answer without a row");
    }
    int status = row != NULL ? sg_say_row(c, row) : sg_client_failed(c, t, &e);
    if (row != NULL && !hold) {
        seen(c, row);
    }
    if (t != NULL) {
        sg_tell_free(t);
    }
    return status;
}

/* terms.accept without a version means the one in force. */
static int fill_terms(struct cli *c, struct sg_action *a) {
    if (a->kind != SG_ACT_TERMS_ACCEPT || sg_part_get(&a->part[0], SG_F_TERMS_ACCEPT_VERSION)[0] != '\0') {
        return 0;
    }
    struct known k;
    struct sg_error e = {0};
    int status = sg_client_know(c, NULL, false, &k);
    if (status == 0 && sg_part_set(&a->part[0], "version", k.policy->policy->terms_version, &e) != SG_E_OK) {
        status = sg_cli_failed(&e, c->json);
    }
    sg_known_free(&k);
    return status;
}

/* Reads the citizen only when the fields cannot be understood without. */
static int build(struct cli *c, struct sg_action *a) {
    struct known k = {0};
    struct sg_error e = {0};
    int n = c->n - 2, status = 0;
    char *const *arg = c->arg + 2;
    if (sg_params_need_citizen(a, n, arg)) {
        status = sg_client_know(c, a->subject, false, &k);
    }
    if (status == 0 && sg_params_apply(a, n, arg, k.citizen ? k.citizen->citizen : NULL, &e) != SG_E_OK) {
        status = sg_cli_failed(&e, c->json);
    }
    sg_known_free(&k);
    return status;
}

/* What was decided on paper bears the form's number and the time that stands on it. */
static enum sg_err on_paper(const struct cli *c, struct sg_action *a, struct sg_error *e) {
    const char *number = c->opt[DO_PAPER], *at = c->opt[DO_DECIDED];
    if (number != NULL && !sg_paper_valid(number)) {
        return sg_fail(e, SG_E_INPUT, "--paper", _("is not the number of a form: a character is wrong, missing or exchanged"));
    }
    if (at == NULL) {
        return SG_E_OK;
    }
    if (number == NULL || !sg_rfc3339_parse(at, &a->performed_at) || a->performed_at <= 0 || a->performed_at > sg_wall(&c->clock)) {
        return sg_fail(e, SG_E_INPUT, "--decided", _("goes with --paper and is a past time such as 2026-03-02T14:05:00+01:00"));
    }
    return SG_E_OK;
}

static enum sg_err start(struct cli *c, struct sg_action *a, struct sg_error *e) {
    enum sg_action_kind kind = SG_ACT_COUNT;
    enum sg_err err = sg_params_kind(c->arg[0], &kind, e);
    if (err != SG_E_OK) {
        return err;
    }
    sg_action_init(a, kind, c->arg[1]);
    if (!sg_copy(a->subject, sizeof a->subject, c->arg[1])) {
        return sg_fail(e, SG_E_INPUT, "SUBJECT", _("is not a citizen id"));
    }
    if (c->opt[DO_REASON] != NULL && !sg_copy(a->reason, sizeof a->reason, c->opt[DO_REASON])) {
        return sg_fail(e, SG_E_LIMIT, "--reason", _("at most %d bytes"), SG_TEXT_MAX - 1);
    }
    if (c->opt[DO_OBSERVED] != NULL && !sg_copy(a->observed, sizeof a->observed, c->opt[DO_OBSERVED])) {
        return sg_fail(e, SG_E_INPUT, "--observed", _("is not an ETag"));
    }
    err = on_paper(c, a, e);
    return err == SG_E_OK ? may_write(c, e) : err;
}

int sg_run_do(struct cli *c) {
    static struct sg_action a;
    struct sg_error e = {0};
    if (start(c, &a, &e) != SG_E_OK) {
        return sg_cli_failed(&e, c->json);
    }
    int status = build(c, &a);
    status = status ? status : fill_terms(c, &a);
    if (status != 0) {
        return status;
    }
    if (sg_action_validate(&a, &e) != SG_E_OK || sg_client_open(c, &e) != SG_E_OK) {
        return sg_cli_failed(&e, c->json);
    }
    return sg_carry_out(c, &a, c->opt[DO_QUEUE] != NULL, c->opt[DO_PAPER]);
}

/* The worst of two exit statuses, in the order a person must care: not permitted, conflict, bad input, refused, fault, queued, done. */
static int worse(int a, int b) {
    static const int order[] = {77, 76, 65, 1, 74, 70, 69, 75, 0};
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        if (a == order[i] || b == order[i]) {
            return order[i];
        }
    }
    return a;
}

static int batch_line(struct cli *c, const char *line, long n, int number) {
    static struct sg_action a;
    struct sg_error e = {0};
    cJSON *v = NULL;
    bool hold = false;
    enum sg_err err = n < 0 ? sg_fail(&e, SG_E_LIMIT, "", _("the line is too long"))
                            : sg_json_parse(line, (size_t)n, &SG_JSON_BODY, &v, &e);
    err = err ? err : sg_params_json(v, &a, &hold, &e);
    err = err ? err : sg_action_validate(&a, &e);
    cJSON_Delete(v);
    if (err != SG_E_OK) {
        struct sg_error at = {.code = err};
        sg_format(at.where, sizeof at.where, _("line %d: %s"), number, e.where);
        SG_COPY(at.detail, e.detail);
        return sg_cli_failed(&at, c->json);
    }
    return sg_carry_out(c, &a, hold, NULL);
}

int sg_run_batch(struct cli *c) {
    struct sg_error e = {0};
    if (may_write(c, &e) != SG_E_OK || sg_client_open(c, &e) != SG_E_OK) {
        return sg_cli_failed(&e, c->json);
    }
    static char line[SG_CLI_LINE_MAX];
    int status = 0, number = 0;
    for (long n; (n = sg_read_line(line, sizeof line)) != SG_LINE_END;) {
        number++;
        if (n >= 0 && strspn(line, " \t\r") == (size_t)n) {
            continue;
        }
        status = worse(status, batch_line(c, line, n, number));
        (void)fflush(stdout);           /* a result is worth something only when it is seen before the next is begun */
    }
    return status;
}
