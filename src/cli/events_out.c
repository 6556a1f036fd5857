/* Events in other shapes: exports into a file of its own (0600) or to standard output, the extract for a citizen, the history of a
 * citizen's login, and a sample for a review. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/i18n.h"
#include "base/secret.h"
#include "cli/events.h"
#include "cmd/extract.h"

enum { PAGE = 500, DOC_MAX = 256 << 20, HOLD = 1 << 20 };

/* ---- where it goes ---- */

struct sink { FILE *f; const char *path; };

static enum sg_err sink_open(struct cli *c, struct sink *s, struct sg_error *e) {
    s->path = c->opt[EV_OUT];
    s->f = stdout;
    if (s->path == NULL) {
        return SG_E_OK;
    }
    int fd = open(s->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    s->f = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (s->f == NULL) {
        int why = errno;
        if (fd >= 0) {
            (void)close(fd);
        }
        return sg_fail(e, SG_E_IO, s->path, "%s", strerror(why));
    }
    return SG_E_OK;
}

/* Writes and empties b, and wipes what it held. */
static enum sg_err sink_put(struct sink *s, struct sg_buf *b, struct sg_error *e) {
    enum sg_err err = sg_buf_check(b);
    if (err == SG_E_OK && b->len > 0 && fwrite(b->data, 1, b->len, s->f) != b->len) {
        err = SG_E_IO;
    }
    if (b->data != NULL) {
        sg_wipe(b->data, b->len);
    }
    sg_buf_reset(b);
    return err == SG_E_OK ? err : sg_fail(e, err, s->path ? s->path : "", _("it could not be written"));
}

/* ok: all was written. A file that is not whole does not stay. */
static int sink_close(struct cli *c, struct sink *s, int status) {
    struct sg_error e = {0};
    if (s->path == NULL || s->f == NULL) {
        return status;
    }
    bool bad = fflush(s->f) != 0 || fsync(fileno(s->f)) != 0;
    if ((fclose(s->f) != 0 || bad) && status == 0) {
        (void)sg_fail(&e, SG_E_IO, s->path, _("it could not be written"));
        status = sg_cli_failed(&e, c->json);
    }
    if (status != 0) {
        (void)unlink(s->path);
    }
    return status;
}

/* ---- export ---- */

static int64_t most(const struct cli *c) {
    int64_t n = INT64_MAX;
    return c->opt[EV_LIMIT] != NULL && sg_parse_i64(c->opt[EV_LIMIT], 0, INT64_MAX, &n) ? n : INT64_MAX;
}

static int export_pages(struct cli *c, struct sg_event_page p, enum sg_export_form form, struct sink *s, struct sg_buf *b) {
    int64_t left = most(c);
    bool first = true;
    while (left > 0) {
        struct sg_error e = {0};
        struct sg_tell *t = NULL;
        struct sg_ask a = {.kind = SG_ASK_EXPORT, .page = p};
        a.page.limit = left < PAGE ? left : PAGE;
        SG_COPY(a.text, sg_export_name(form));
        if (sg_client_ask(c, &a, SG_CLI_WAIT, &t, &e) != SG_E_OK) {
            int status = sg_client_failed(c, t, &e);
            if (t != NULL) {
                sg_tell_free(t);
            }
            return status;
        }
        for (size_t i = 0; i < t->n_rows; i++, left--, first = false) {
            sg_export_row(form, &t->rows[i], first, b);
        }
        p.cursor = t->go_on;
        sg_tell_free(t);
        if (sink_put(s, b, &e) != SG_E_OK) {
            return sg_cli_failed(&e, c->json);
        }
        if (p.cursor < 0) {
            break;
        }
    }
    return 0;
}

int sg_events_export(struct cli *c, const struct sg_event_page *p) {
    struct sg_error e = {0};
    struct sink s;
    struct sg_buf b;
    enum sg_export_form form = sg_export_named(c->opt[EV_FORMAT]);
    struct sg_event_page page = *p;
    page.order = SG_EVENTS_OLDEST;
    if (form >= SG_EXPORT_COUNT) {
        (void)sg_fail(&e, SG_E_INPUT, "--format", "ndjson, csv, storelog, fhir, atna");
        return sg_cli_failed(&e, c->json);
    }
    if (sink_open(c, &s, &e) != SG_E_OK) {
        return sg_cli_failed(&e, c->json);
    }
    sg_buf_init(&b, DOC_MAX);
    sg_export_begin(form, &b);
    int status = export_pages(c, page, form, &s, &b);
    if (status == 0) {
        sg_export_end(form, &b);
        status = sink_put(&s, &b, &e) == SG_E_OK ? 0 : sg_cli_failed(&e, c->json);
    }
    sg_buf_free(&b);
    return sink_close(c, &s, status);
}

/* ---- all events of one citizen, for the two that follow ---- */

struct gathered { struct sg_event *ev; size_t n; char number[13], name[SG_NAME_MAX]; };

static enum sg_err keep(struct gathered *g, const struct sg_tell *t) {
    size_t more = t->kind == SG_TELL_EXPORT ? t->n_rows : t->n_events;
    struct sg_event *ev = g->n + more < HOLD ? realloc(g->ev, (g->n + more + 1) * sizeof *ev) : NULL;
    if (ev == NULL) {
        return SG_E_NOMEM;
    }
    g->ev = ev;
    for (size_t i = 0; i < more; i++) {
        g->ev[g->n++] = t->kind == SG_TELL_EXPORT ? t->rows[i].event : t->events[i];
    }
    SG_COPY(g->number, t->number);
    SG_COPY(g->name, t->name);
    return SG_E_OK;
}

static int gather(struct cli *c, enum sg_ask_kind kind, struct sg_event_page p, struct gathered *g) {
    p.order = SG_EVENTS_OLDEST;
    p.limit = PAGE;
    do {
        struct sg_error e = {0};
        struct sg_tell *t = NULL;
        struct sg_ask a = {.kind = kind, .page = p};
        SG_COPY(a.key, c->arg[0]);
        enum sg_err err = sg_client_ask(c, &a, SG_CLI_WAIT, &t, &e);
        if (err == SG_E_OK && keep(g, t) != SG_E_OK) {
            err = sg_fail(&e, SG_E_NOMEM, "", _("too many events"));
        }
        p.cursor = err == SG_E_OK && t != NULL ? t->go_on : -1;
        int status = err == SG_E_OK ? 0 : sg_client_failed(c, t, &e);
        if (t != NULL) {
            sg_tell_free(t);
        }
        if (status != 0) {
            return status;
        }
    } while (p.cursor >= 0);
    return 0;
}

/* ---- extract ---- */

static void extract_json(const struct gathered *g) {
    for (size_t i = 0; i < g->n; i++) {
        const struct sg_event *ev = &g->ev[i];
        cJSON *o = sg_out_new();
        sg_out_time(o, "at", ev->performed_at > 0 ? ev->performed_at : ev->at);
        sg_out_str(o, "what", sg_event_plain(ev->kind));
        sg_out_str(o, "kind", ev->kind);
        sg_out_str(o, "outcome", ev->outcome);
        sg_out_str(o, "unit", ev->unit_name[0] ? ev->unit_name : ev->unit);
        sg_out_str(o, "provider", ev->provider_name);
        sg_out_str(o, "purpose", sg_purpose_text(ev->purpose));
        sg_out_line(o);
    }
}

static int extract_text(struct cli *c, const struct sg_event_page *p, const struct gathered *g) {
    struct sg_error e = {0};
    struct sink s;
    struct sg_buf b;
    struct known k;
    int status = sg_client_know(c, NULL, true, &k);
    if (status != 0 || sink_open(c, &s, &e) != SG_E_OK) {
        sg_known_free(&k);
        return status != 0 ? status : sg_cli_failed(&e, c->json);
    }
    const struct sg_commission *m = &k.me->actor->commission;
    char by[2 * SG_NAME_MAX];
    sg_format(by, sizeof by, "%s, %s", m->unit_name, m->provider_name);
    struct sg_extract x = {.name = g->name, .number = g->number, .taken_by = by, .from = p->filter.from, .to = p->filter.to, .now = sg_wall(&c->clock)};
    sg_buf_init(&b, DOC_MAX);
    if (sg_extract_write(&x, g->ev, g->n, &b) != SG_E_OK || sink_put(&s, &b, &e) != SG_E_OK) {
        status = sg_cli_failed(&e, c->json);
    }
    sg_buf_free(&b);
    sg_known_free(&k);
    return sink_close(c, &s, status);
}

int sg_events_extract(struct cli *c, const struct sg_event_page *p) {
    struct gathered g = {0};
    int status = gather(c, SG_ASK_EXTRACT, *p, &g);
    if (status == 0 && c->json) {
        extract_json(&g);
    } else if (status == 0) {
        status = extract_text(c, p, &g);
    }
    sg_wipe(g.number, sizeof g.number);
    free(g.ev);
    return status;
}

/* ---- history of the login ---- */

/* LOCKED, UNLOCKED, and what was denied, as the service descriptions call them. */
static const char *lock_event(const struct sg_event *ev) {
    bool done = sg_eq(ev->outcome, "done");
    if (sg_eq(ev->kind, "login.unlock")) {
        return done ? "UNLOCKED" : "UNLOCK_DENIED";
    }
    return done ? "LOCKED" : "LOCK_DENIED";
}

static void history_json(const struct sg_event *ev) {
    cJSON *o = sg_out_with(sg_wire_event(ev)), *args = ev->activity_args[0] ? cJSON_Parse(ev->activity_args) : NULL;
    sg_out_str(o, "event", lock_event(ev));
    sg_out_str(o, "channel", ev->offline ? "offline" : "online");
    sg_out_str(o, "requestedBy", cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(args, "requestedBy")));
    sg_out_str(o, "requestingRegion", cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(args, "region")));
    cJSON_Delete(args);
    sg_out_line(o);
}

static void history_row(struct table *t, const struct sg_event *ev, int64_t now) {
    char when[SG_RFC3339_MAX], who[2 * SG_NAME_MAX];
    cJSON *args = ev->activity_args[0] ? cJSON_Parse(ev->activity_args) : NULL;
    const char *region = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(args, "region"));
    const char *by = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(args, "requestedBy"));
    sg_local_stamp(when, ev->at, now);
    sg_format(who, sizeof who, "%s, %s", ev->actor_name[0] ? ev->actor_name : ev->actor, ev->unit_name);
    const char *const cells[] = {when, lock_event(ev), by ? by : "", region ? region : ev->region, who, ev->offline ? _("offline") : _("online"),
                                 ev->reason[0] ? ev->reason : ev->rule};
    sg_table_row(t, cells);
    cJSON_Delete(args);
}

int sg_events_history(struct cli *c, const struct sg_event_page *p) {
    static const char *const head[] = {N_("WHEN"), N_("EVENT"), N_("AT REQUEST OF"), N_("REGION"), N_("WHO"), N_("CHANNEL"), N_("REASON")};
    struct gathered g = {0};
    struct table t;
    struct sg_event_page page = *p;
    SG_COPY(page.filter.kind, "login.*");
    int status = gather(c, SG_ASK_EVENTS, page, &g);
    sg_table_init(&t, 7, head, 1u | 1u << 1);
    for (size_t i = 0; status == 0 && i < g.n; i++) {
        if (c->json) {
            history_json(&g.ev[i]);
        } else {
            history_row(&t, &g.ev[i], sg_wall(&c->clock));
        }
    }
    if (status == 0 && !c->json) {
        sg_table_print(&t);
    }
    free(g.ev);
    return status;
}

/* ---- sample ---- */

static void sample_json(const struct sg_tell *t) {
    for (size_t i = 0; i < t->n_sample; i++) {
        sg_out_line(sg_out_with(sg_wire_review_row(&t->sample[i])));
    }
    cJSON *o = sg_out_new();
    sg_out_str(o, "seed", t->seed);
    (void)cJSON_AddNumberToObject(o, "size", (double)t->size);
    (void)cJSON_AddNumberToObject(o, "drawn", (double)t->n_sample);
    (void)cJSON_AddBoolToObject(o, "complete", t->complete);
    sg_out_line(o);
}

static void risk_text(char *dst, size_t cap, uint32_t risks) {
    dst[0] = '\0';
    for (int r = 0; r < SG_RISK_COUNT; r++) {
        if (risks >> r & 1) {
            size_t n = strlen(dst);
            sg_format(dst + n, cap - n, "%s%s", n ? ", " : "", _(sg_risk_title((enum sg_risk)r)));
        }
    }
}

static void sample_text(struct cli *c, const struct sg_tell *t) {
    static const char *const head[] = {N_("WHEN"), N_("WHAT"), N_("WHO"), N_("EVENT"), N_("FINDING"), N_("RISKS")};
    struct table table;
    sg_table_init(&table, 6, head, 1u | 1u << 3);
    for (size_t i = 0; i < t->n_sample; i++) {
        const struct sg_review_row *r = &t->sample[i];
        char when[SG_RFC3339_MAX], risks[256];
        sg_local_stamp(when, r->event.at, sg_wall(&c->clock));
        risk_text(risks, sizeof risks, r->risks);
        const char *const cells[] = {when, sg_event_title(r->event.kind), r->event.actor_name, r->event.id, r->mark, risks};
        sg_table_row(&table, cells);
    }
    sg_table_print(&table);
    sg_out_text(_("%zu drawn with seed %s from the first %lld events. The same seed and size draw the same."), t->n_sample, t->seed, (long long)t->size);
    if (!t->complete) {
        sg_out_text("%s", _("The log is large: places were drawn until enough were looked at. There may be more that fit."));
    }
}

int sg_events_sample(struct cli *c, const struct sg_event_page *p) {
    struct sg_error e = {0};
    struct sg_tell *t = NULL;
    struct sg_ask a = {.kind = SG_ASK_SAMPLE, .page = *p};
    enum sg_err err = sg_parse_i64(c->opt[EV_SAMPLE], 1, 200, &a.limit) ? SG_E_OK : sg_fail(&e, SG_E_INPUT, "--sample", _("a number from 1 to 200"));
    if (err == SG_E_OK && c->opt[EV_SEED] != NULL && (strlen(c->opt[EV_SEED]) != 16 || !SG_COPY(a.text, c->opt[EV_SEED]))) {
        err = sg_fail(&e, SG_E_INPUT, "--seed", _("16 hexadecimal digits"));
    }
    if (err == SG_E_OK && c->opt[EV_SIZE] != NULL && !sg_parse_i64(c->opt[EV_SIZE], 1, INT64_C(1) << 53, &a.ref)) {
        err = sg_fail(&e, SG_E_INPUT, "--size", _("a number"));
    }
    uint32_t bits = 0;
    if (err == SG_E_OK && c->opt[EV_RISK] != NULL && (!sg_risks_parse(c->opt[EV_RISK], &bits) || !SG_COPY(a.note, c->opt[EV_RISK]))) {
        err = sg_fail(&e, SG_E_INPUT, "--risk", _("risks with commas between them, as documented"));
    }
    if (err != SG_E_OK) {
        return sg_cli_failed(&e, c->json);
    }
    err = sg_client_ask(c, &a, SG_CLI_WAIT, &t, &e);
    if (err == SG_E_OK && c->json) {
        sample_json(t);
    } else if (err == SG_E_OK) {
        sample_text(c, t);
    }
    int status = err == SG_E_OK ? 0 : sg_client_failed(c, t, &e);
    if (t != NULL) {
        sg_tell_free(t);
    }
    return status;
}
