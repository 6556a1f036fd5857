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

/* What the service says of itself; as_of: when it did. */
struct service { struct sg_level level; struct sg_stop stop; bool from_cache; int64_t as_of, now; };

/* When the service gives it or has given it before. */
static bool ask_level(struct cli *c, const struct sg_status *s, struct service *out) {
    struct sg_error e = {0};
    struct sg_tell *t = NULL;
    struct sg_ask a = {.kind = SG_ASK_LEVEL};
    bool known = sg_client_ask(c, &a, SG_CLI_WAIT, &t, &e) == SG_E_OK && t != NULL && t->kind == SG_TELL_LEVEL;
    if (known) {
        *out = (struct service){t->level, t->stop, t->from_cache, t->as_of, sg_wall(&c->clock) + s->server_offset};
    }
    sg_tell_free(t);
    return known;
}

static void level_json(cJSON *o, const struct sg_level *l) {
    char month[8];
    cJSON *v = cJSON_AddObjectToObject(o, "serviceLevel");
    sg_format(month, sizeof month, "%04d-%02d", l->year % 10000, l->month % 100);
    sg_out_str(v, "month", month);
    (void)cJSON_AddNumberToObject(v, "availability", l->availability / 1000.0);
    (void)cJSON_AddNumberToObject(v, "goal", SG_LEVEL_GOAL / 1000.0);
    (void)cJSON_AddNumberToObject(v, "downMs", (double)l->down_ms);
    (void)cJSON_AddNumberToObject(v, "budgetMs", (double)l->budget_ms);
}

static void level_text(const struct sg_level *l) {
    char text[160];
    sg_format(text, sizeof text, _("%04d-%02d: %d.%03d %% of at least 99.80 %%, %lld min down, %lld min left"), l->year, l->month, l->availability / 1000,
              l->availability % 1000, (long long)((l->down_ms + 59999) / 60000), (long long)(l->budget_ms / 60000));
    sg_out_pair(_("Service level"), text);
}

static void stop_json(cJSON *o, const struct service *s) {
    enum sg_stop_phase phase = sg_stop_phase(&s->stop, s->now);
    if (phase == SG_STOP_NONE) {
        return;
    }
    cJSON *v = cJSON_AddObjectToObject(o, "plannedStop");
    sg_out_time(v, "from", s->stop.from);
    sg_out_time(v, "to", s->stop.to);
    sg_out_time(v, "announcedAt", s->stop.announced);
    (void)cJSON_AddBoolToObject(v, "goingOn", phase == SG_STOP_ON);
    (void)cJSON_AddBoolToObject(v, "fromCache", s->from_cache);
    sg_out_time(v, "asOf", s->as_of);
}

/* What can still be done about it is said as long as it lies ahead; how old the knowledge is, when it is not of now. */
static void stop_text(const struct service *s) {
    char stop[240], known[300] = "", when[SG_RFC3339_MAX], text[640];
    sg_stop_text(stop, sizeof stop, &s->stop, s->now);
    if (stop[0] == '\0') {
        return;
    }
    if (s->from_cache) {
        sg_local_stamp(when, s->as_of, s->now);
        sg_format(known, sizeof known, _(" (as known %s)"), when);
    }
    const char *advice = sg_stop_phase(&s->stop, s->now) == SG_STOP_AHEAD ? _(". “sigill prepare” reads whom your unit may need") : "";
    sg_format(text, sizeof text, "%s%s%s", stop, known, advice);
    sg_out_pair(_("Stop"), text);
}

enum { LEFT_MOST = 16 };

static size_t left_behind(const struct cli *c, struct sg_leftover left[LEFT_MOST]) {
    return c->config.drill ? 0 : sg_store_leftovers(c->config.state_dir, c->engine.actor, left, LEFT_MOST);      /* a drill knows nothing of real queues */
}

static void left_json(const struct cli *c, cJSON *o) {
    static struct sg_leftover left[LEFT_MOST];
    size_t n = left_behind(c, left);
    cJSON *list = cJSON_AddArrayToObject(o, "leftovers");
    for (size_t i = 0; i < n && i < LEFT_MOST; i++) {
        cJSON *one = cJSON_CreateObject();
        sg_out_str(one, "path", left[i].path);
        (void)cJSON_AddBoolToObject(one, "damaged", left[i].damaged);
        if (left[i].open_rows > 0) {
            (void)cJSON_AddNumberToObject(one, "open", (double)left[i].open_rows);
        }
        if (left[i].mine >= 0) {
            (void)cJSON_AddNumberToObject(one, "mine", (double)left[i].mine);
        }
        if (left[i].reads > 0) {
            (void)cJSON_AddNumberToObject(one, "reads", (double)left[i].reads);
        }
        if (left[i].holder != 0) {
            (void)cJSON_AddNumberToObject(one, "process", (double)left[i].holder);
        }
        (void)cJSON_AddItemToArray(list, one);
    }
}

static void left_line(const struct sg_leftover *l, char *text, size_t cap) {
    long long all = (long long)l->open_rows, mine = (long long)l->mine;
    if (l->kind == SG_LEFT_NEWER) {
        sg_format(text, cap, _("%s: a queue of a newer program (format %lld); only that program sends it"), l->path, (long long)l->format);
    } else if (l->damaged) {
        sg_format(text, cap, _("%s: set aside because it could not be read"), l->path);
    } else if (l->holder != 0) {
        sg_format(text, cap, _("%s: %lld acts that have not ended; process %ld has it open and sends them"), l->path, all, l->holder);
    } else if (mine > 0) {
        sg_format(text, cap, _("%s: %lld acts that never ended, %lld of them yours; “sigill queue adopt” with this path sends those"), l->path, all, mine);
    } else if (l->my_reads > 0) {
        sg_format(text, cap, _("%s: %lld times you looked at somebody without the service are not in its log; “sigill queue adopt” with this path hands them in"), l->path, (long long)l->my_reads);
    } else if (all <= 0) {
        sg_format(text, cap, _("%s: somebody else's reads without the service (%lld) are not in its log; only they can hand them in"), l->path, (long long)l->reads);
    } else {
        sg_format(text, cap, _("%s: %lld acts of somebody else that never ended; only they can send them"), l->path, all);
    }
}

static void left_text(const struct cli *c) {
    static struct sg_leftover left[LEFT_MOST];
    size_t n = left_behind(c, left);
    for (size_t i = 0; i < n && i < LEFT_MOST; i++) {
        char text[SG_LEFTOVER_PATH + 160];
        left_line(&left[i], text, sizeof text);
        sg_out_pair(_("Left behind"), text);
    }
}

static void status_json(const struct cli *c, const struct sg_status *s, const struct service *service) {
    cJSON *o = sg_out_new(), *q = NULL;
    sg_out_str(o, "profile", c->config.profile);
    sg_out_str(o, "actor", c->engine.actor);
    sg_out_str(o, "link", link_name(s->link));
    sg_out_str(o, "linkDetail", s->link_detail);
    q = cJSON_AddObjectToObject(o, "queue");
    const struct { const char *name; size_t n; } counts[] = {{"waiting", s->queue.waiting}, {"needYou", s->queue.need_you}, {"done", s->queue.done},
        {"withdrawn", s->queue.withdrawn}, {"damaged", s->queue.damaged}, {"others", s->queue.others}, {"again", s->queue.again}, {"readsNotLogged", s->queue.reads}};
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
    if (s->log.quorum > 0) {
        (void)cJSON_AddNumberToObject(log, "quorum", (double)s->log.quorum);
        (void)cJSON_AddBoolToObject(log, "witnessed", s->log.witnessed);
    }
    if (s->log.verified >= 0) {
        (void)cJSON_AddNumberToObject(log, "verified", (double)s->log.verified);
    }
    sg_out_str(log, "why", s->log.why);
    sg_out_str(log, "key", s->log.key);
    if (s->events >= 0) {
        (void)cJSON_AddNumberToObject(o, "events", (double)s->events);
    }
    if (service != NULL) {
        level_json(o, &service->level);
        stop_json(o, service);
    }
    left_json(c, o);
    sg_out_line(o);
}

static void status_text(const struct cli *c, const struct sg_status *s, const struct service *service) {
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
    if (s->queue.reads > 0) {
        sg_format(text, sizeof text, ngettext("%zu read without the service, not yet in its log; it is handed in when the service answers",
                  "%zu reads without the service, not yet in its log; they are handed in when the service answers", s->queue.reads), s->queue.reads);
        sg_out_pair(_("Reads"), text);
    }
    sg_out_pair(_("Freshness"), when[0] ? when : _("no answer yet"));
    if (s->log.forked) {
        sg_format(text, sizeof text, _("FORKED, nothing is sent: %s. The evidence lies beside the queue; “sigill log accept” begins anew"), s->log.why);
        sg_out_pair(_("Event log"), text);
    } else if (s->log.key[0] != '\0') {
        sg_out_pair(_("Log key"), s->log.key);
    }
    if (s->log.new_epoch) {
        sg_out_pair(_("Event log"), _("begun anew: the service was restored from an older backup and says so. The checkpoint seen last is kept; “sigill log accept” puts this notice away"));
    }
    if (s->log.quorum > 0 && !s->log.forked) {
        sg_format(text, sizeof text, s->log.witnessed ? _("every log is signed by at least %d") : _("NOT signed by %d, or not lately: somebody should ask why"), s->log.quorum);
        sg_out_pair(_("Witnesses"), text);
    }
    if (service != NULL) {
        stop_text(service);
        level_text(&service->level);
    }
    left_text(c);
    if (!s->store_open) {
        sg_out_pair(_("Store"), _(sg_err_text(s->store_err)));
    }
}

int sg_run_status(struct cli *c) {
    struct sg_error e = {0};
    struct sg_tell *t = NULL;
    struct sg_ask a = {.kind = SG_ASK_STATUS};
    enum sg_err err = sg_client_open(c, &e);
    err = err ? err : sg_client_ask(c, &a, SG_CLI_WAIT, &t, &e);
    int status = 0;
    if (err != SG_E_OK) {
        status = sg_client_failed(c, t, &e);
    } else {
        struct service service;
        bool known = t->status.link != SG_LINK_AUTH && ask_level(c, &t->status, &service);
        (c->json ? status_json : status_text)(c, &t->status, known ? &service : NULL);
        bool unusable = !t->status.store_open && t->status.store_err != SG_E_OK;
        status = unusable ? sg_err_exit(t->status.store_err) : t->status.log.forked ? sg_err_exit(SG_E_CORRUPT) : t->status.link == SG_LINK_AUTH ? sg_err_exit(SG_E_AUTH) : 0;
    }
    if (t != NULL) {
        sg_tell_free(t);
    }
    return status;
}
