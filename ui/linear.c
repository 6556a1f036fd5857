/* --linear: sigill for braille displays and speech. The same commands, gate and engine as the full screen, but nothing is ever overwritten:
 * numbered choices, one line an answer, no drawing. The engine runs only while something is asked; what waits in the queue is sent then,
 * or by “Send now”. */
#include "ui/linear.h"
#include "base/i18n.h"
#include "base/str.h"
#include "cli/cli.h"
#include "ui/linear_inside.h"
#include "ui/views/common.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WAIT_MS = 15000, PAGE = 20 };
enum { DO_FIND, DO_QUEUE, DO_SYNC, DO_TERMS };
enum { DO_EVENTS = 1000, DO_EXPLAIN, DO_AGAIN };

int64_t sg_linear_now(const struct sg_linear *l) { return sg_wall(&l->clock) + l->status.server_offset; }
struct sg_date sg_linear_today(const struct sg_linear *l) { return sg_date_stockholm(sg_linear_now(l)); }

void sg_linear_gate(const struct sg_linear *l, struct sg_gate *g)
{
    *g = (struct sg_gate){ .me = l->have_me ? &l->me : NULL, .link = l->status.link, .read_only = l->cfg->read_only,
                           .citizen = l->have ? &l->citizen : NULL };
}

static void keep_last(void *ctx, struct sg_tell *t)
{
    struct sg_tell **last = ctx;
    sg_tell_free(*last);
    *last = t;
}

struct sg_tell *sg_linear_ask(struct sg_linear *l, struct sg_ask *a, int wait_ms)
{
    struct sg_tell *t = NULL;
    char text[400];
    enum sg_err err = sg_inline_ask(l->run, a, wait_ms, keep_last, &t);
    if (!t) {
        sg_say("%s.", _(sg_err_text(err == SG_E_OK ? SG_E_OFFLINE : err)));
        return NULL;
    }
    if (t->kind != SG_TELL_FAILED)
        return t;
    sg_failure_text(text, sizeof text, t);
    sg_say("%s.", text);
    sg_tell_free(t);
    return NULL;
}

/* ---- who, policy, connection ---- */

static struct sg_tell *ask_kind(struct sg_linear *l, enum sg_ask_kind kind)
{
    struct sg_ask a = { .kind = kind, .cached_ok = true };
    struct sg_tell *t = NULL;
    (void)!sg_inline_ask(l->run, &a, WAIT_MS, keep_last, &t);
    return t;
}

static void learn(struct sg_linear *l)
{
    struct sg_tell *t = ask_kind(l, SG_ASK_ME);
    if (t && t->actor)
        l->me = *t->actor;
    l->have_me = l->have_me || (t && t->actor);
    sg_tell_free(t);
    t = ask_kind(l, SG_ASK_POLICY);
    if (t && t->policy)
        (void)!sg_policy_copy(&l->policy, t->policy);
    sg_tell_free(t);
}

/* Asked for whenever the service answers anyway; else what was heard last is still true. */
static void learn_stop(struct sg_linear *l)
{
    if (l->stop_asked && l->status.link != SG_LINK_ONLINE)
        return;
    struct sg_tell *t = ask_kind(l, SG_ASK_LEVEL);
    if (t && t->kind == SG_TELL_LEVEL) {
        l->stop = t->stop;
        l->stop_cached = t->from_cache;
        l->stop_as_of = t->as_of;
    }
    l->stop_asked = true;
    sg_tell_free(t);
}

static void say_stop(struct sg_linear *l)
{
    char text[240], known[96] = "";
    int64_t now = sg_linear_now(l);
    learn_stop(l);
    sg_stop_text(text, sizeof text, &l->stop, now);
    if (!text[0])
        return;
    bool old = l->stop_cached || l->status.link != SG_LINK_ONLINE;
    if (old)
        sg_freshness_text(known, sizeof known, true, l->stop_as_of, now);
    sg_say("%s%s%s%s.", text, old ? ". " : "", known, sg_stop_phase(&l->stop, now) == SG_STOP_AHEAD ? _(". “sigill prepare” reads whom your unit may need") : "");
}

static void say_status(struct sg_linear *l)
{
    static const char *const links[] = { [SG_LINK_STARTING] = N_("Connecting"), [SG_LINK_ONLINE] = N_("Online"), [SG_LINK_OFFLINE] = N_("Offline"),
                                         [SG_LINK_AUTH] = N_("Identity not accepted") };
    struct sg_tell *t = ask_kind(l, SG_ASK_STATUS);
    if (t && t->kind == SG_TELL_STATUS)
        l->status = t->status;
    sg_tell_free(t);
    sg_say(_("%s. Queue: %zu not yet in effect, %zu need you."), _(links[l->status.link]), l->status.queue.waiting, l->status.queue.need_you);
    if (l->status.queue.again > 0)
        sg_say(ngettext("! The restored service lacks %zu of your acts: sent again, or yours to confirm.", "! The restored service lacks %zu of your acts: sent again, or yours to confirm.", l->status.queue.again), l->status.queue.again);
    if (l->status.queue.reads > 0)
        sg_say(ngettext("%zu read without the service is not yet in its log.", "%zu reads without the service are not yet in its log.", l->status.queue.reads), l->status.queue.reads);
    if (l->status.store_err != SG_E_OK)
        sg_say(l->status.store_open ? _("The queue cannot be written: %s. What waits stays in it.") : _("The queue cannot be opened: %s."),
               _(sg_err_text(l->status.store_err)));
    say_stop(l);
}

/* ---- citizen ---- */

static void say_restrictions(const struct sg_linear *l)
{
    char object[200], made[SG_RFC3339_MAX];
    int n = 0;
    for (size_t i = 0; i < l->citizen.n_restrictions; i++) {
        const struct sg_restriction *r = &l->citizen.restriction[i];
        if (!sg_restriction_in_force(r, sg_linear_today(l)))
            continue;
        sg_restriction_object(object, sizeof object, r, &l->citizen, &l->policy);
        sg_local_stamp(made, r->made.registered_at, sg_linear_now(l));
        sg_say(_("Restriction: %s, %s, since %s."), sg_restriction_title(r->kind), object, made);
        n++;
    }
    if (n == 0)
        sg_say("%s", _("No restriction is in force."));
}

static void say_access(const struct sg_linear *l)
{
    static struct sg_access_row rows[SG_ACCESS_ROWS_MAX];
    size_t n = sg_access_list(&l->policy, &l->citizen, sg_linear_today(l), rows);
    char why[320];
    sg_say("%s", _("Who reaches what, now:"));
    for (size_t i = 0; i < n; i++) {
        sg_why_text(why, sizeof why, &rows[i].why);
        sg_say(rows[i].allowed ? _("%s (%s), %s: allowed, %s.") : _("%s (%s), %s: not allowed, %s."), rows[i].name,
               sg_relation_title(rows[i].relation), _(sg_service_title(rows[i].service)), why);
    }
}

static void say_waiting(struct sg_linear *l)
{
    struct sg_ask a = { .kind = SG_ASK_QUEUE, .text = "waiting", .limit = PAGE };
    SG_COPY(a.key, l->citizen.id);
    struct sg_tell *t = sg_linear_ask(l, &a, WAIT_MS);
    for (size_t i = 0; t && i < t->n_lines; i++)
        sg_say(_("%s: %s. NOT YET IN EFFECT."), t->lines[i].summary, sg_qstate_title(t->lines[i].state));
    sg_tell_free(t);
}

static bool read_citizen(struct sg_linear *l, const char *id)
{
    struct sg_ask a = { .kind = SG_ASK_CITIZEN, .cached_ok = true };
    SG_COPY(a.key, id);
    struct sg_tell *t = sg_linear_ask(l, &a, WAIT_MS);
    bool got = t && t->citizen;
    if (got) {
        if (l->have)
            sg_citizen_free(&l->citizen);
        l->have = sg_citizen_copy(&l->citizen, t->citizen) == SG_E_OK;
        l->from_cache = t->from_cache;
    }
    sg_tell_free(t);
    return got && l->have;
}

static void say_citizen(struct sg_linear *l)
{
    char number[32], fresh[96];
    sg_pid_show(number, l->citizen.pid.normalised, true, true);
    sg_freshness_text(fresh, sizeof fresh, l->from_cache, l->citizen.as_of, sg_linear_now(l));
    sg_say("%s, %s. %s.", l->citizen.name, number, fresh);
    if (sg_citizen_protected(&l->citizen))
        sg_say("%s", _("Protected identity."));
    if (l->citizen.life == SG_DECEASED)
        sg_say("%s", _("Deceased."));
    say_access(l);
    say_restrictions(l);
    say_waiting(l);
}

static void say_events(struct sg_linear *l, const char *id)
{
    struct sg_ask a = { .kind = SG_ASK_EVENTS, .limit = PAGE };
    char when[SG_RFC3339_MAX];
    sg_copy(a.key, sizeof a.key, id);
    struct sg_tell *t = sg_linear_ask(l, &a, WAIT_MS);
    for (size_t i = 0; t && i < t->n_events; i++) {
        const struct sg_event *e = &t->events[i];
        sg_local_stamp(when, e->at, sg_linear_now(l));
        sg_say(_("%lld: %s, %s by %s, %s. %s"), (long long)e->index, when, e->kind, e->actor_name, e->unit_name, e->outcome);
    }
    if (t && t->total > (int64_t)t->n_events)
        sg_say(_("%lld events in all; the first %zu were told."), (long long)t->total, t->n_events);
    sg_tell_free(t);
}

static void citizen_menu(struct sg_linear *l)
{
    while (l->have && !l->ended) {
        struct sg_menu m = { 0 };
        struct sg_gate g;
        char reason[320];
        sg_linear_gate(l, &g);
        for (int k = 0; k < SG_ACT_COUNT; k++)
            if (sg_action_about_citizen((enum sg_action_kind)k) && sg_cmd_enabled(SG_CMD_ACTION(k), &g, reason, sizeof reason))
                sg_menu_add(&m, k, "%s", _(sg_action_def((enum sg_action_kind)k)->title));
        sg_menu_add(&m, DO_EVENTS, "%s", _("Events"));
        sg_menu_add(&m, DO_AGAIN, "%s", _("Read again"));
        int what = sg_menu_choose(l, &m, l->citizen.name, _("Back"));
        if (what < 0)
            break;
        if (what == DO_EVENTS)
            say_events(l, l->citizen.id);
        else if (what != DO_AGAIN)
            sg_linear_act(l, (enum sg_action_kind)what);
        if (what != DO_EVENTS && read_citizen(l, l->citizen.id))
            say_citizen(l);
    }
    if (l->have)
        sg_citizen_free(&l->citizen);
    l->have = false;
}

static void find(struct sg_linear *l)
{
    static const struct { const char *value, *label; } purposes[] = {
        { "care", N_("Care and treatment") }, { "administration", N_("Administration") }, { "support", N_("Support") },
        { "quality", N_("Quality assurance") }, { "documentation", N_("Other documentation by law") }, { "statistics", N_("Statistics") } };
    struct sg_ask a = { .kind = SG_ASK_LOOKUP };
    struct sg_menu m = { 0 };
    struct sg_pid pid;
    char line[64];
    do {
        if (!sg_ask_text(l, _("Personnummer (0 goes back)"), NULL, line, sizeof line) || sg_eq(line, "0"))
            return;
        enum sg_pid_fault fault = sg_pid_parse(line, sg_linear_today(l), &pid);
        if (fault == SG_PID_FINE)
            break;
        sg_say("%s", _(sg_pid_fault_text(fault)));
    } while (!l->ended);
    for (int i = 0; i < (int)(sizeof purposes / sizeof purposes[0]); i++)
        sg_menu_add(&m, i, "%s", _(purposes[i].label));
    int purpose = sg_menu_choose(l, &m, _("Purpose"), _("Back"));
    if (purpose < 0)
        return;
    SG_COPY(a.text, pid.normalised);
    SG_COPY(a.purpose, purposes[purpose].value);
    struct sg_tell *t = sg_linear_ask(l, &a, WAIT_MS);
    sg_wipe(&a, sizeof a);
    sg_wipe(line, sizeof line);
    if (t && t->kind == SG_TELL_LOOKUP && read_citizen(l, t->id)) {
        say_citizen(l);
        citizen_menu(l);
    }
    sg_tell_free(t);
}

/* ---- queue ---- */

static void row_menu(struct sg_linear *l, const struct sg_qline *q)
{
    struct sg_menu m = { 0 };
    bool waits = sg_qstate_waiting(q->state), decide = q->state == SG_Q_CONFLICT || q->state == SG_Q_REFUSED;
    if (waits) {
        sg_menu_add(&m, SG_ASK_RETRY, "%s", _("Try now"));
        sg_menu_add(&m, SG_ASK_WITHDRAW, "%s", _("Withdraw"));
    }
    if (q->ground_age > 0)
        sg_say(_("What you saw was %lld hours old when you decided."), (long long)(q->ground_age / 3600000));
    if (q->fresh_needed)
        sg_menu_add(&m, SG_ASK_RECONFIRM, "%s", _("Confirm again"));
    if (decide)
        sg_menu_add(&m, SG_ASK_RESOLVE, "%s", _("Accept how it is now; mine is not carried out"));
    int what = sg_menu_choose(l, &m, q->summary, _("Back"));
    if (what < 0)
        return;
    struct sg_ask a = { .kind = (enum sg_ask_kind)what };
    SG_COPY(a.key, q->action_id);
    if (what == SG_ASK_RESOLVE)
        SG_COPY(a.text, "theirs");
    struct sg_tell *t = sg_linear_ask(l, &a, WAIT_MS);
    if (t)
        sg_say("%s.", _("Done"));
    sg_tell_free(t);
}

static void queue(struct sg_linear *l)
{
    struct sg_ask a = { .kind = SG_ASK_QUEUE, .limit = SG_CHOICES_LINEAR };
    struct sg_menu m = { 0 };
    struct sg_tell *t = sg_linear_ask(l, &a, WAIT_MS);
    for (size_t i = 0; t && i < t->n_lines; i++)
        sg_menu_add(&m, (int)i, "%s, %s: %s%s", t->lines[i].summary, t->lines[i].subject_name, sg_qstate_title(t->lines[i].state),
                    sg_qstate_waiting(t->lines[i].state) ? _(". NOT YET IN EFFECT") : "");
    if (t && t->total > (int64_t)t->n_lines)
        sg_say(_("%lld rows in all; the first %zu are told."), (long long)t->total, t->n_lines);
    if (t && m.n == 0)
        sg_say("%s", _("The queue is empty."));
    int row = m.n > 0 ? sg_menu_choose(l, &m, _("Queue"), _("Back")) : -1;
    if (row >= 0)
        row_menu(l, &t->lines[row]);
    sg_tell_free(t);
}

/* ---- the whole ---- */

static void main_menu(struct sg_linear *l)
{
    while (!l->ended) {
        struct sg_menu m = { 0 };
        say_status(l);
        sg_menu_add(&m, DO_FIND, "%s", _("Find citizen"));
        sg_menu_add(&m, DO_QUEUE, "%s", _("Queue"));
        sg_menu_add(&m, DO_SYNC, "%s", _("Send now"));
        if (l->have_me && !l->me.terms_accepted)
            sg_menu_add(&m, DO_TERMS, "%s", _("Accept terms of use"));
        switch (sg_menu_choose(l, &m, "sigill", _("Quit"))) {
        case DO_FIND: find(l); break;
        case DO_QUEUE: queue(l); break;
        case DO_SYNC: sg_tell_free(ask_kind(l, SG_ASK_SYNC)); break;
        case DO_TERMS: sg_linear_act(l, SG_ACT_TERMS_ACCEPT); learn(l); break;
        default: return;
        }
    }
}

int sg_linear_run(const struct sg_config *cfg)
{
    static struct sg_linear l;
    struct sg_error e = { 0 };
    l = (struct sg_linear){ .cfg = cfg, .clock = sg_clock_system(cfg->clock_file[0] ? cfg->clock_file : NULL), .random = sg_random_system() };
    sg_policy_defaults(&l.policy);
    enum sg_err err = sg_cli_passphrase(cfg, &l.pass, &e);
    if (err == SG_E_OK)
        err = sg_config_engine(cfg, &l.pass, &l.opts, &e);
    if (err == SG_E_OK)
        err = sg_inline_open(&l.opts, &l.run, &e);
    if (err != SG_E_OK) {
        sg_secret_free(&l.pass);
        return sg_cli_failed(&e, false);
    }
    learn(&l);
    if (l.have_me)
        sg_say("%s, %s, %s.", l.me.name, l.me.commission.name, l.me.commission.region_name);
    main_menu(&l);
    sg_inline_close(l.run);
    sg_secret_free(&l.pass);
    sg_policy_free(&l.policy);
    return 0;
}
