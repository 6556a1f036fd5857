/* status: three separate facts, never mixed: the link to the service, one's own queue, and how fresh what we know is. */
#include <stdio.h>
#include <string.h>
#include "base/i18n.h"
#include "cli/inside.h"

static const char *link_name(enum sg_link l) {
    static const char *const names[] = {[SG_LINK_STARTING] = "starting", [SG_LINK_ONLINE] = "online", [SG_LINK_OFFLINE] = "offline", [SG_LINK_AUTH] = "sign-in"};
    return names[l];
}

static const char *link_words(enum sg_link l) {
    static const char *const words[] = {[SG_LINK_STARTING] = N_("not known yet"), [SG_LINK_ONLINE] = N_("the service answers"),
                                        [SG_LINK_OFFLINE] = N_("the service cannot be reached"),
                                        [SG_LINK_AUTH] = N_("the service does not accept this identity")};
    return _(words[l]);
}

static void status_json(const struct cli *c, const struct sg_status *s) {
    cJSON *o = sg_out_new(), *q = NULL;
    sg_out_str(o, "profile", c->config.profile);
    sg_out_str(o, "actor", c->engine.actor);
    sg_out_str(o, "link", link_name(s->link));
    sg_out_str(o, "linkDetail", s->link_detail);
    q = cJSON_AddObjectToObject(o, "queue");
    const struct { const char *name; size_t n; } counts[] = {{"waiting", s->queue.waiting}, {"needYou", s->queue.need_you}, {"done", s->queue.done},
        {"withdrawn", s->queue.withdrawn}, {"damaged", s->queue.damaged}, {"others", s->queue.others}, {"again", s->queue.again}};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        (void)cJSON_AddNumberToObject(q, counts[i].name, (double)counts[i].n);
    }
    sg_out_time(q, "oldest", s->queue.oldest);
    sg_out_str(o, "store", s->store_open ? "open" : sg_err_name(s->store_err));
    sg_out_time(o, "lastContact", s->last_contact);
    (void)cJSON_AddNumberToObject(o, "clockOffsetMs", (double)s->server_offset);
    cJSON *log = cJSON_AddObjectToObject(o, "log");
    (void)cJSON_AddBoolToObject(log, "forked", s->log.forked);
    (void)cJSON_AddBoolToObject(log, "newEpoch", s->log.new_epoch);
    if (s->log.verified >= 0) {
        (void)cJSON_AddNumberToObject(log, "verified", (double)s->log.verified);
    }
    sg_out_str(log, "why", s->log.why);
    sg_out_str(log, "key", s->log.key);
    if (s->events >= 0) {
        (void)cJSON_AddNumberToObject(o, "events", (double)s->events);
    }
    sg_out_line(o);
}

static void status_text(const struct cli *c, const struct sg_status *s) {
    char when[SG_RFC3339_MAX] = "";
    if (s->last_contact != 0) {
        sg_local_stamp(when, s->last_contact, sg_wall(&c->clock));
    }
    char text[512];
    sg_format(text, sizeof text, "%s, %s", c->config.profile, c->engine.actor);
    sg_out_pair(_("Profile"), text);
    sg_format(text, sizeof text, "%s%s%s", link_words(s->link), s->link_detail[0] ? ": " : "", s->link_detail);
    sg_out_pair(_("Link"), text);
    sg_format(text, sizeof text, _("%zu waiting, %zu need you, %zu done, %zu damaged, %zu of others"), s->queue.waiting, s->queue.need_you,
              s->queue.done, s->queue.damaged, s->queue.others);
    sg_out_pair(_("Queue"), text);
    if (s->queue.again > 0) {
        sg_format(text, sizeof text, ngettext("the service came back from an old copy without %zu of your acts; it is sent again, or waits for your confirmation",
                  "the service came back from an old copy without %zu of your acts; they are sent again, or wait for your confirmation", s->queue.again),
                  s->queue.again);
        sg_out_pair(_("Forgotten"), text);
    }
    sg_out_pair(_("Freshness"), when[0] ? when : _("no answer yet"));
    if (s->log.forked) {
        sg_format(text, sizeof text, _("FORKED, nothing is sent: %s. The evidence lies beside the queue; “sigill log accept” begins anew"), s->log.why);
        sg_out_pair(_("Event log"), text);
    } else if (s->log.key[0] != '\0') {
        sg_out_pair(_("Log key"), s->log.key);
    }
    if (!s->store_open) {
        sg_out_pair(_("Store"), _(sg_err_text(s->store_err)));
    }
}

int sg_run_status(struct cli *c) {
    struct sg_error e = {0};
    struct sg_tell *t = NULL;
    struct sg_ask a = {.kind = SG_ASK_STATUS};
    enum sg_err err = sg_client_open(c, &e);
    err = err ? err : sg_client_ask(c, &a, SG_CLI_WAIT_MS, &t, &e);
    int status = 0;
    if (err != SG_E_OK) {
        status = sg_client_failed(c, t, &e);
    } else {
        (c->json ? status_json : status_text)(c, &t->status);
        bool unusable = !t->status.store_open && t->status.store_err != SG_E_OK;
        status = unusable ? sg_err_exit(t->status.store_err) : t->status.log.forked ? sg_err_exit(SG_E_CORRUPT) : t->status.link == SG_LINK_AUTH ? sg_err_exit(SG_E_AUTH) : 0;
    }
    if (t != NULL) {
        sg_tell_free(t);
    }
    return status;
}
