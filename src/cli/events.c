/* events: what the service has written down about one citizen, or the whole log, oldest first, page by page. */
#include <stdio.h>
#include <string.h>
#include "base/i18n.h"
#include "cli/inside.h"

enum { EV_ALL, EV_OFFSET, EV_LIMIT, EVENTS_PAGE = 100, EVENTS_MOST = 1000000 };

static void event_json(const struct sg_event *ev) {
    cJSON *o = sg_out_with(sg_wire_event(ev));
    if (cJSON_GetObjectItemCaseSensitive(o, "index") == NULL) {
        (void)cJSON_AddNumberToObject(o, "index", (double)ev->index);
    }
    sg_out_line(o);
}

static void event_row(struct table *t, const struct sg_event *ev, int64_t now) {
    char when[SG_RFC3339_MAX], index[24];
    sg_local_stamp(when, ev->at, now);
    sg_format(index, sizeof index, "%lld", (long long)ev->index);
    const char *const cells[] = {index, when, ev->kind, ev->outcome, ev->actor_name[0] ? ev->actor_name : ev->actor, ev->rule};
    sg_table_row(t, cells);
}

static int64_t number(const char *text, int64_t preset) {
    int64_t n;
    return text != NULL && sg_parse_i64(text, 0, EVENTS_MOST, &n) ? n : preset;
}

/* One page; *total is what the service has in all. */
static int page(struct cli *c, const char *who, int64_t offset, int64_t limit, struct table *t, int64_t *total, int64_t *got) {
    struct sg_error e = {0};
    struct sg_tell *r = NULL;
    struct sg_ask a = {.kind = SG_ASK_EVENTS, .offset = offset, .limit = limit};
    SG_COPY(a.key, who);
    enum sg_err err = sg_client_ask(c, &a, SG_CLI_WAIT_MS, &r, &e);
    for (size_t i = 0; err == SG_E_OK && i < r->n_events; i++) {
        if (c->json) {
            event_json(&r->events[i]);
        } else {
            event_row(t, &r->events[i], sg_wall(&c->clock));
        }
    }
    int status = err == SG_E_OK ? 0 : sg_client_failed(c, r, &e);
    *got = r != NULL ? (int64_t)r->n_events : 0;
    *total = r != NULL ? r->total : 0;
    if (r != NULL) {
        sg_tell_free(r);
    }
    return status;
}

int sg_run_events(struct cli *c) {
    static const char *const head[] = {N_("NO"), N_("WHEN"), N_("WHAT"), N_("OUTCOME"), N_("WHO"), N_("RULE")};
    struct sg_error e = {0};
    bool all = c->opt[EV_ALL] != NULL;
    if (all == (c->n == 1)) {
        (void)sg_fail(&e, SG_E_USAGE, c->sub->name, _("use it as: sigill %s %s"), c->sub->name, c->sub->usage);
        return sg_cli_failed(&e, c->json);
    }
    if (sg_client_open(c, &e) != SG_E_OK) {
        return sg_cli_failed(&e, c->json);
    }
    struct table t;
    sg_table_init(&t, 6, head, 1u | 1u << 1 | 1u << 2);
    int64_t at = number(c->opt[EV_OFFSET], 0), left = number(c->opt[EV_LIMIT], EVENTS_MOST), total = at + 1;
    int status = 0;
    while (status == 0 && left > 0 && at < total) {
        int64_t got = 0;
        status = page(c, all ? "" : c->arg[0], at, left < EVENTS_PAGE ? left : EVENTS_PAGE, &t, &total, &got);
        at += got;
        left -= got;
        if (got == 0) {
            break;
        }
    }
    if (!c->json && status == 0) {
        sg_table_print(&t);
    }
    return status;
}
