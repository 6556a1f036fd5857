/* events: what the service has written down about one citizen, or in the whole log. A list by filter and place, oldest first unless newest
 * is asked for, page by page until the limit; the old form by offset stays. The other shapes of the same events are in events_out.c. */
#include <stdio.h>
#include <string.h>
#include "base/i18n.h"
#include "cli/events.h"

enum { PAGE = 500, MOST = 1000000 };

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
    return text != NULL && sg_parse_i64(text, 0, MOST, &n) ? n : preset;
}

/* ---- the filter ---- */

/* A day in Swedish time, or an RFC 3339 time. end: of a day, the moment after it. */
static enum sg_err take_time(const char *name, const char *text, bool end, int64_t *out, struct sg_error *e) {
    struct sg_date d;
    if (text == NULL || sg_rfc3339_parse(text, out)) {
        return SG_E_OK;
    }
    if (!sg_date_parse(text, &d)) {
        return sg_fail(e, SG_E_INPUT, name, _("a day such as 2026-03-02, or a time such as 2026-03-02T14:00:00Z"));
    }
    *out = sg_local_midnight(end ? sg_date_add(d, 0, 0, 1) : d);
    return SG_E_OK;
}

static enum sg_err take_text(const char *name, const char *text, char *dst, size_t cap, struct sg_error *e) {
    return text == NULL || sg_copy(dst, cap, text) ? SG_E_OK : sg_fail(e, SG_E_INPUT, name, _("is too long"));
}

static enum sg_err take_place(struct cli *c, struct sg_event_page *p, struct sg_error *e) {
    const char *before = c->opt[EV_BEFORE], *after = c->opt[EV_AFTER];
    p->cursor = -1;
    p->order = c->opt[EV_NEWEST] != NULL || before != NULL ? SG_EVENTS_NEWEST : SG_EVENTS_OLDEST;
    if (before != NULL && after != NULL) {
        return sg_fail(e, SG_E_USAGE, "--before", _("either --before or --after"));
    }
    const char *text = before != NULL ? before : after;
    if (text != NULL && !sg_parse_i64(text, 0, INT64_C(1) << 53, &p->cursor)) {
        return sg_fail(e, SG_E_INPUT, before ? "--before" : "--after", _("a place in the log: a number"));
    }
    return SG_E_OK;
}

enum sg_err sg_events_page(struct cli *c, struct sg_event_page *p, struct sg_error *e) {
    struct sg_event_filter *f = &p->filter;
    memset(p, 0, sizeof *p);
    enum sg_err err = take_place(c, p, e);
    err = err ? err : take_text("--staff", c->opt[EV_STAFF], f->staff, sizeof f->staff, e);
    err = err ? err : take_text("--unit", c->opt[EV_UNIT], f->unit, sizeof f->unit, e);
    err = err ? err : take_text("--kind", c->opt[EV_KIND], f->kind, sizeof f->kind, e);
    err = err ? err : take_text("--outcome", c->opt[EV_OUTCOME], f->outcome, sizeof f->outcome, e);
    err = err ? err : take_text("--purpose", c->opt[EV_PURPOSE], f->purpose, sizeof f->purpose, e);
    err = err ? err : take_text("--citizen", c->opt[EV_CITIZEN], f->citizen, sizeof f->citizen, e);
    err = err ? err : take_time("--from", c->opt[EV_FROM], false, &f->from, e);
    return err ? err : take_time("--to", c->opt[EV_TO], true, &f->to, e);
}

/* ---- the list ---- */

struct list { struct table t; int64_t left, got, total; };

static int show_page(struct cli *c, struct sg_ask *a, struct list *l, int64_t *next) {
    struct sg_error e = {0};
    struct sg_tell *r = NULL;
    enum sg_err err = sg_client_ask(c, a, SG_CLI_WAIT, &r, &e);
    for (size_t i = 0; err == SG_E_OK && i < r->n_events && l->left > 0; i++, l->left--) {
        if (c->json) {
            event_json(&r->events[i]);
        } else {
            event_row(&l->t, &r->events[i], sg_wall(&c->clock));
        }
    }
    int status = err == SG_E_OK ? 0 : sg_client_failed(c, r, &e);
    *next = r != NULL ? r->go_on : -1;
    l->got = r != NULL ? (int64_t)r->n_events : 0;
    l->total = r != NULL ? r->total : 0;
    if (r != NULL) {
        sg_tell_free(r);
    }
    return status;
}

static int by_offset(struct cli *c, const char *who, struct list *l) {
    int64_t at = number(c->opt[EV_OFFSET], 0), next = -1;
    int status = 0;
    do {
        struct sg_ask a = {.kind = SG_ASK_EVENTS, .offset = at, .limit = l->left < PAGE ? l->left : PAGE};
        SG_COPY(a.key, who);
        status = show_page(c, &a, l, &next);
        at += l->got;
    } while (status == 0 && l->left > 0 && l->got > 0 && at < l->total);
    return status;
}

/* Oldest first without an end there is always one event more, that of the reading itself: what came after the start is left out. */
static int by_place(struct cli *c, const char *who, struct sg_event_page p, struct list *l) {
    int status = 0;
    do {
        struct sg_ask a = {.kind = SG_ASK_EVENTS, .page = p};
        a.page.limit = l->left < PAGE ? l->left : PAGE;
        SG_COPY(a.key, who);
        status = show_page(c, &a, l, &p.cursor);
    } while (status == 0 && l->left > 0 && p.cursor >= 0);
    return status;
}

static int list(struct cli *c, const char *who, const struct sg_event_page *p) {
    static const char *const head[] = {N_("NO"), N_("WHEN"), N_("WHAT"), N_("OUTCOME"), N_("WHO"), N_("RULE")};
    struct list l = {.left = number(c->opt[EV_LIMIT], MOST)};
    sg_table_init(&l.t, 6, head, 1u | 1u << 1 | 1u << 2);
    int status = l.left == 0 ? 0 : c->opt[EV_OFFSET] != NULL ? by_offset(c, who, &l) : by_place(c, who, *p, &l);
    if (!c->json && status == 0) {
        sg_table_print(&l.t);
    }
    return status;
}

static int usage(struct cli *c) {
    struct sg_error e = {0};
    (void)sg_fail(&e, SG_E_USAGE, c->sub->name, _("use it as: sigill %s %s"), c->sub->name, c->sub->usage);
    return sg_cli_failed(&e, c->json);
}

int sg_run_events(struct cli *c) {
    struct sg_error e = {0};
    struct sg_event_page p;
    bool all = c->opt[EV_ALL] != NULL, shaped = c->opt[EV_FORMAT] != NULL || c->opt[EV_SAMPLE] != NULL;
    bool one = c->opt[EV_EXTRACT] != NULL || c->opt[EV_HISTORY] != NULL;
    if (shaped ? one : all == (c->n == 1)) {
        return usage(c);
    }
    if (one && c->n != 1) {
        return usage(c);
    }
    enum sg_err err = sg_events_page(c, &p, &e);
    if (err == SG_E_OK && shaped && c->n == 1 && !SG_COPY(p.filter.citizen, c->arg[0])) {
        err = sg_fail(&e, SG_E_INPUT, c->arg[0], _("is too long"));
    }
    if (err == SG_E_OK) {
        err = sg_client_open(c, &e);
    }
    if (err != SG_E_OK) {
        return sg_cli_failed(&e, c->json);
    }
    return c->opt[EV_FORMAT]    ? sg_events_export(c, &p)
           : c->opt[EV_SAMPLE]  ? sg_events_sample(c, &p)
           : c->opt[EV_EXTRACT] ? sg_events_extract(c, &p)
           : c->opt[EV_HISTORY] ? sg_events_history(c, &p)
                                : list(c, all ? "" : c->arg[0], &p);
}
