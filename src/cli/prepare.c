/* prepare: before a planned stop, the people one's unit may need are read into the sealed cache. What is kept says when it was read, wherever
 * it is shown, and is gone when the policy's time is over. */
#include "base/i18n.h"
#include "cli/inside.h"

enum { PREPARE_WAIT_MS = 300000 };

static void say(struct cli *c, const struct sg_tell *t) {
    char when[SG_RFC3339_MAX];
    if (c->json) {
        cJSON *o = sg_out_new();
        (void)cJSON_AddNumberToObject(o, "wanted", (double)t->prepared.wanted);
        (void)cJSON_AddNumberToObject(o, "kept", (double)t->prepared.kept);
        (void)cJSON_AddNumberToObject(o, "failed", (double)t->prepared.failed);
        (void)cJSON_AddBoolToObject(o, "more", t->prepared.more);
        sg_out_time(o, "asOf", t->as_of);
        sg_out_line(o);
        return;
    }
    sg_local_stamp(when, t->as_of, sg_wall(&c->clock));
    sg_out_text(_("%zu of %zu people are kept here, sealed, as known %s."), t->prepared.kept, t->prepared.wanted, when);
    if (t->prepared.failed > 0) {
        sg_out_text(_("%zu could not be read."), t->prepared.failed);
    }
    if (t->prepared.more) {
        sg_out_text("%s", _("There are more; the most pressing ones were read."));
    }
}

int sg_run_prepare(struct cli *c) {
    struct sg_error e = {0};
    struct sg_tell *t = NULL;
    struct sg_ask a = {.kind = SG_ASK_PREPARE};
    SG_COPY(a.purpose, c->opt[0] != NULL ? c->opt[0] : c->config.purpose[0] != '\0' ? c->config.purpose : "care");
    if (sg_client_open(c, &e) != SG_E_OK) {
        return sg_cli_failed(&e, c->json);
    }
    enum sg_err err = sg_client_ask(c, &a, PREPARE_WAIT_MS, &t, &e);
    int status;
    if (err == SG_E_OK && t != NULL && t->kind == SG_TELL_PREPARED) {
        say(c, t);
        status = t->prepared.failed > 0 && t->prepared.kept == 0 ? sg_err_exit(SG_E_OFFLINE) : 0;
    } else {
        status = sg_client_failed(c, t, &e);
    }
    sg_tell_free(t);
    return status;
}
