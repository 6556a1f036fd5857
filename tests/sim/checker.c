/* The history checker. While a world runs it only writes down; chk_verdict() then asks, one rule after the other, whether what people
 * were told and what the service holds can be true together. The first breach is kept and named. Nothing of the product is used here. */
#include "checker.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ID = 64, CLIENTS = 8, LONG = 700 };
static const int64_t FRESH_MS = INT64_C(4) * 3600 * 1000, SLACK_MS = 5000;

struct act {
    char id[ID], citizen[ID], observed[ID], successor[ID];
    int client, parts;
    bool widens, asked, told, declined, lied, withdrawn_told, done_told, refused_told;
    int64_t decided, told_event, seq;
    enum chk_state last;
    int rows, done_events, stored, effects;              /* the end */
    enum chk_state row;
};
struct event { int64_t index, at, performed_at; bool done, conflict, action, read, offline; char event[ID];
    char actor[ID], id[ID], citizen[ID], etag_before[ID], device[ID], restrictions[LONG]; };
struct stored { char id[ID], device[ID], actor[ID], etag[ID]; int64_t seq, event; int status; };
struct restr { char id[ID], citizen[ID], made_by[ID], ended_by[ID]; bool active; };
struct span { char actor[ID]; int64_t from, to; };       /* events of the log during which the commission was lost */
struct name { char id[ID], etag[ID]; };
struct row { int client; int64_t seq; };
struct look { char event[ID], actor[ID], citizen[ID]; bool in_vain; };

#define LIST(T, name) struct T *name; size_t n_##name, cap_##name
struct chk {
    LIST(act, act); LIST(event, event); LIST(stored, stored); LIST(restr, restr); LIST(span, span); LIST(name, citizen); LIST(name, shown); LIST(row, row); LIST(look, look);
    bool restored, clock[CLIENTS];
    int redo[CLIENTS];
    size_t damage[CLIENTS];
    char why[400];
};

static void *more(void *list, size_t *n, size_t *cap, size_t size)
{
    void **p = list;
    if (*n == *cap) {
        *cap = *cap ? *cap * 2 : 64;
        *p = realloc(*p, *cap * size);
        if (!*p) abort();
    }
    void *at = (char *)*p + (*n)++ * size;
    memset(at, 0, size);
    return at;
}
#define ADD(c, name) more(&(c)->name, &(c)->n_##name, &(c)->cap_##name, sizeof *(c)->name)

static void copy(char *dst, size_t cap, const char *src) { (void)snprintf(dst, cap, "%s", src ? src : ""); }
#define PUT(field, src) copy(field, sizeof field, src)
static bool same(const char *a, const char *b) { return strcmp(a, b) == 0; }

void chk_note(struct chk *c, const char *fmt, ...)
{
    va_list ap;
    if (c->why[0]) return;
    va_start(ap, fmt);
    (void)vsnprintf(c->why, sizeof c->why, fmt, ap);
    va_end(ap);
}

struct chk *chk_new(void)
{
    struct chk *c = calloc(1, sizeof *c);
    if (!c) abort();
    return c;
}

void chk_free(struct chk *c)
{
    if (!c) return;
    free(c->act); free(c->event); free(c->stored); free(c->restr); free(c->span); free(c->citizen); free(c->shown); free(c->row); free(c->look);
    free(c);
}

static struct act *find(struct chk *c, const char *id)
{
    for (size_t i = c->n_act; i-- > 0;)
        if (same(c->act[i].id, id)) return &c->act[i];
    return NULL;
}

static struct act *made(struct chk *c, const char *id)
{
    struct act *a = ADD(c, act);
    PUT(a->id, id);
    a->client = -1;
    a->told_event = -1;
    return a;
}

/* ---- while it runs ---- */

void chk_restored(struct chk *c) { c->restored = true; }
void chk_clock_touched(struct chk *c, int client) { c->clock[client] = true; }
void chk_redo(struct chk *c, int client) { c->redo[client]++; }
void chk_damage(struct chk *c, int client, size_t n) { c->damage[client] += n; }

void chk_citizen(struct chk *c, const char *id, const char *etag)
{
    struct name *n = ADD(c, citizen);
    PUT(n->id, id);
    PUT(n->etag, etag);
}

void chk_asked(struct chk *c, int client, const char *id, bool widens, int parts, const char *citizen, int64_t when)
{
    struct act *a = made(c, id);
    a->client = client;
    a->asked = true;
    a->widens = widens;
    a->parts = parts;
    a->decided = when;
    PUT(a->citizen, citizen);
}

void chk_again(struct chk *c, int client, const char *id, const char *successor, int64_t when)
{
    struct act *old = find(c, id);
    if (old && old->successor[0] && !same(old->successor, successor)) chk_note(c, "%s was decided twice to be done again", id);
    if (old) PUT(old->successor, successor);
    struct act was = old ? *old : (struct act){0};
    struct act *a = find(c, successor);
    if (a && a->asked) return;
    bool fresh = !a;
    if (fresh) a = made(c, successor);
    a->client = client;
    a->asked = old != NULL;
    a->widens = was.widens;
    a->parts = was.parts;
    memcpy(a->citizen, was.citizen, sizeof a->citizen);
    if (fresh || !a->decided) a->decided = when;
}

static void told_state(struct chk *c, struct act *a, enum chk_state s)
{
    bool forgotten = c->restored && a->last == CHK_DONE && s != CHK_WITHDRAWN;      /* told again that it is not in effect */
    bool final = (a->last == CHK_DONE && !forgotten) || a->last == CHK_WITHDRAWN, decided = a->last == CHK_REFUSED || a->last == CHK_CONFLICT;
    if (final && s != a->last) chk_note(c, "%s was told as ended (%d) and then as %d", a->id, (int)a->last, (int)s);
    if (decided && s != a->last && s != CHK_WITHDRAWN) chk_note(c, "%s was told as refused or in conflict and then as %d", a->id, (int)s);
    a->last = s;
    if (forgotten && s != CHK_DONE) a->done_told = false;
    if (s == CHK_DONE) a->done_told = true;
    if (s == CHK_WITHDRAWN) a->withdrawn_told = true;
    if (s == CHK_REFUSED || s == CHK_CONFLICT) a->refused_told = true;
}

void chk_told(struct chk *c, int client, const char *id, int64_t seq, const char *observed, enum chk_state s, int64_t event, int64_t when)
{
    struct act *a = find(c, id);
    if (!a) {
        if (c->redo[client] == 0) chk_note(c, "client %d was told of %s, which nobody asked for", client, id);
        a = made(c, id);
        a->client = client;
        a->decided = when;
    }
    if (a->client != client) chk_note(c, "client %d was told of %s of client %d", client, id, a->client);
    if (!a->told || c->restored) PUT(a->observed, observed);             /* after a restore people confirm on new ground */
    if (!a->told) {
        a->seq = seq;
        if (a->declined && !a->lied) chk_note(c, "%s was declined and is queued all the same", id);
    }
    if (a->seq != seq) chk_note(c, "%s changed its number from %lld to %lld", id, (long long)a->seq, (long long)seq);
    a->told = true;
    told_state(c, a, s);
    if (s == CHK_DONE) a->told_event = event;
}

void chk_declined(struct chk *c, const char *id, bool lied)
{
    struct act *a = find(c, id);
    if (!a) return;
    a->declined = true;
    a->lied = lied;
}

void chk_confirmed(struct chk *c, const char *id, int64_t when)
{
    struct act *a = find(c, id);
    if (a) a->decided = when;
}

void chk_shown(struct chk *c, const char *id)
{
    for (size_t i = c->n_shown; i-- > 0;)
        if (same(c->shown[i].id, id)) return;
    struct name *n = ADD(c, shown);
    PUT(n->id, id);
}

void chk_commission(struct chk *c, const char *actor, bool lost, int64_t events)
{
    if (lost) {
        struct span *s = ADD(c, span);
        PUT(s->actor, actor);
        s->from = events;
        s->to = INT64_MAX;
        return;
    }
    for (size_t i = c->n_span; i-- > 0;)
        if (same(c->span[i].actor, actor) && c->span[i].to == INT64_MAX) c->span[i].to = events;
}

/* Shown twice for one question, at once and in the end, it is one look. */
void chk_read(struct chk *c, const char *actor, const char *event, const char *citizen, bool in_vain)
{
    for (size_t i = c->n_look; i-- > 0;) {
        if (!same(c->look[i].event, event)) continue;
        c->look[i].in_vain = c->look[i].in_vain || in_vain;
        return;
    }
    struct look *l = ADD(c, look);
    l->in_vain = in_vain;
    PUT(l->event, event);
    PUT(l->actor, actor);
    PUT(l->citizen, citizen);
}

void chk_reads_left(struct chk *c, int client, size_t n)
{
    if (n) chk_note(c, "client %d has not handed in %zu reads", client, n);
}

/* ---- the end ---- */

void chk_event(struct chk *c, const struct chk_event *ev)
{
    if (ev->index != (int64_t)c->n_event) chk_note(c, "the log has a hole before event %lld", (long long)ev->index);
    struct event *e = ADD(c, event);
    *e = (struct event){.index = ev->index, .at = ev->at, .performed_at = ev->performed_at, .done = same(ev->outcome, "done"), .conflict = same(ev->outcome, "conflict"),
                         .action = ev->is_action, .read = ev->read, .offline = ev->offline};
    PUT(e->event, ev->id);
    PUT(e->actor, ev->actor);
    PUT(e->id, ev->action);
    PUT(e->citizen, ev->citizen);
    PUT(e->etag_before, ev->etag_before);
    PUT(e->device, ev->device);
    PUT(e->restrictions, ev->restrictions);
}

void chk_stored(struct chk *c, const char *id, const char *device, const char *actor, int64_t seq, int status, const char *etag, int64_t event)
{
    struct stored *s = ADD(c, stored);
    s->seq = seq;
    s->status = status;
    s->event = event;
    PUT(s->id, id);
    PUT(s->device, device);
    PUT(s->actor, actor);
    PUT(s->etag, etag);
}

void chk_restriction(struct chk *c, const char *id, const char *citizen, const char *made_by, bool active, const char *ended_by)
{
    struct restr *r = ADD(c, restr);
    r->active = active;
    PUT(r->id, id);
    PUT(r->citizen, citizen);
    PUT(r->made_by, made_by);
    PUT(r->ended_by, ended_by);
}

void chk_row(struct chk *c, int client, const char *id, int64_t seq, enum chk_state s)
{
    struct act *a = find(c, id);
    struct row *r = ADD(c, row);
    *r = (struct row){client, seq};
    if (!a) {
        if (c->redo[client] == 0) chk_note(c, "client %d holds %s, which nobody asked for", client, id);
        a = made(c, id);
        a->client = client;
    }
    if (a->told && a->seq != seq) chk_note(c, "%s stands under number %lld, told was %lld", id, (long long)seq, (long long)a->seq);
    a->rows++;
    a->row = s;
}

/* ---- the rules ---- */

static const struct stored *outcome_of(const struct chk *c, const char *id)
{
    for (size_t k = 0; k < c->n_stored; k++)
        if (same(c->stored[k].id, id)) return &c->stored[k];
    return NULL;
}

/* One done event an action at most, none that nobody asked for, each with its stored outcome. */
static void at_most_once(struct chk *c)
{
    for (size_t i = 0; i < c->n_event; i++) {
        const struct event *e = &c->event[i];
        struct act *a = e->action && e->done ? find(c, e->id) : NULL;
        if (e->action && e->conflict && !outcome_of(c, e->id)) chk_note(c, "event %lld finds %s in conflict, but its outcome is not stored", (long long)e->index, e->id);
        if (!e->action || !e->done) continue;
        if (!a) chk_note(c, "event %lld carries out %s, which nobody asked for", (long long)e->index, e->id);
        else if (a->done_events++) chk_note(c, "%s was carried out twice", e->id);
        size_t n = 0;
        for (size_t k = 0; k < c->n_stored; k++)
            n += same(c->stored[k].id, e->id) && c->stored[k].status == 200 && c->stored[k].event == e->index;
        if (n != 1) chk_note(c, "event %lld carries out %s, but its outcome is not stored", (long long)e->index, e->id);
    }
    for (size_t k = 0; k < c->n_stored; k++) {
        struct act *a = find(c, c->stored[k].id);
        if (a) a->stored = c->stored[k].status;
        if (a && c->stored[k].status == 200 && a->done_events != 1) chk_note(c, "%s is stored as done without an event", a->id);
    }
}

static bool ended(enum chk_state s) { return s == CHK_DONE || s == CHK_REFUSED || s == CHK_CONFLICT || s == CHK_WITHDRAWN; }

/* What was announced is there, once, and has ended in one way; what was declined is nowhere. */
static void durable(struct chk *c)
{
    for (size_t i = 0; i < c->n_act; i++) {
        const struct act *a = &c->act[i];
        if (a->told && a->rows != 1) chk_note(c, "%s was announced and is in the queue %d times", a->id, a->rows);
        if (a->rows && !ended(a->row)) chk_note(c, "%s has not come to an end (%d)", a->id, (int)a->row);
        if (a->rows && a->done_told && a->row != CHK_DONE) chk_note(c, "%s was shown as done and is %d", a->id, (int)a->row);
        if (a->rows && a->withdrawn_told && a->row != CHK_WITHDRAWN) chk_note(c, "%s was shown as withdrawn and is %d", a->id, (int)a->row);
        if (a->declined && !a->lied && (a->rows || a->done_events)) chk_note(c, "%s was declined and is there all the same", a->id);
        if (!a->rows && a->done_events) chk_note(c, "%s was carried out, but no queue knows it", a->id);
    }
}

/* The service has refused it, or found it in conflict, at least once. */
static bool judged(const struct chk *c, const char *id)
{
    for (size_t i = 0; i < c->n_event; i++)
        if (!c->event[i].done && same(c->event[i].id, id)) return true;
    return false;
}

/* What the queue says and what the service did are the same. */
static void agreement(struct chk *c)
{
    for (size_t i = 0; i < c->n_act; i++) {
        const struct act *a = &c->act[i];
        if (a->refused_told && !c->restored && !judged(c, a->id)) chk_note(c, "%s was told as refused or in conflict, which the service never said", a->id);
        if (!a->rows) continue;
        bool done = a->row == CHK_DONE;
        if (done && a->done_events != 1) chk_note(c, "%s is shown as done, but the service has not done it", a->id);
        if (!done && a->done_events) chk_note(c, "%s is in effect, but the queue says %d", a->id, (int)a->row);
        if (done && a->told_event >= 0 && !c->restored) {
            bool there = (size_t)a->told_event < c->n_event && same(c->event[a->told_event].id, a->id) && c->event[a->told_event].done;
            if (!there) chk_note(c, "%s names event %lld as its own, which it is not", a->id, (long long)a->told_event);
        }
    }
    for (size_t i = 0; i < c->n_shown && !c->restored; i++) {
        bool there = false;
        for (size_t k = 0; k < c->n_restr && !there; k++) there = same(c->restr[k].id, c->shown[i].id);
        if (!there) chk_note(c, "restriction %s was shown and is not in the service", c->shown[i].id);
    }
}

/* Outcomes of one device on one citizen come in the order of its numbers; the queue's numbers have no holes. */
static void order(struct chk *c)
{
    for (size_t i = 0; i < c->n_stored; i++)
        for (size_t k = 0; k < i; k++) {
            const struct stored *now = &c->stored[i], *then = &c->stored[k];
            if (!same(now->device, then->device) || !same(now->actor, then->actor) || then->seq < now->seq) continue;
            const struct act *a = find(c, now->id), *b = find(c, then->id);
            if (then->seq == now->seq) chk_note(c, "number %lld of a device was used twice", (long long)now->seq);
            bool withdrawn = now->status == 410 || then->status == 410;        /* that may come at any time */
            if (a && b && a->citizen[0] && same(a->citizen, b->citizen) && !c->restored && !withdrawn) chk_note(c, "%s (#%lld) came after %s (#%lld) of the same citizen", now->id,
                                                                (long long)now->seq, then->id, (long long)then->seq);
        }
    int64_t last[CLIENTS] = {0};
    for (size_t i = 0; i < c->n_row; i++) {
        const struct row *r = &c->row[i];
        if (r->seq != last[r->client] + 1) chk_note(c, "client %d: number %lld follows %lld", r->client, (long long)r->seq, (long long)last[r->client]);
        last[r->client] = r->seq;
    }
}

/* Between what the person saw and what it was applied to lie only changes of the same device. */
static void ground(struct chk *c, const struct event *e, const struct act *a)
{
    if (!a->told || !a->observed[0]) return;
    char at[ID];
    PUT(at, e->etag_before);
    for (size_t i = (size_t)e->index; !same(at, a->observed); i--) {
        const struct event *p = &c->event[i];
        const struct stored *s = p->action && p->done && i < (size_t)e->index ? outcome_of(c, p->id) : NULL;
        if (s && same(s->etag, at)) {
            if (!same(p->device, e->device)) {
                chk_note(c, "%s opened access on a ground that somebody else had changed", a->id);
                return;
            }
            PUT(at, p->etag_before);
        }
        if (i == 0) break;
    }
    if (!same(at, a->observed) && !c->restored) chk_note(c, "%s opened access on a ground nobody had seen", a->id);
}

static void widening(struct chk *c, const struct event *e, const struct act *a)
{
    int64_t age = e->at - e->performed_at;
    if (age > FRESH_MS || age < -FRESH_MS) chk_note(c, "%s opened access %lld ms after its decision", a->id, (long long)age);
    bool clock = a->client >= 0 && c->clock[a->client];
    if (!clock && a->asked && a->decided && e->at - a->decided > FRESH_MS + SLACK_MS)
        chk_note(c, "%s opened access %lld ms after its true decision", a->id, (long long)(e->at - a->decided));
    if (same(a->observed, "*")) chk_note(c, "%s opened access blindly", a->id);
    else ground(c, e, a);
}

/* Versions of a citizen form one chain; nothing without a commission; nothing that opens access on stale ground or too late. */
static void versions(struct chk *c)
{
    for (size_t i = 0; i < c->n_event; i++) {
        const struct event *e = &c->event[i];
        if (!e->action || !e->done) continue;
        for (size_t k = 0; k < c->n_span; k++)
            if (same(c->span[k].actor, e->actor) && e->index >= c->span[k].from && e->index < c->span[k].to && e->citizen[0] && !c->restored)
                chk_note(c, "event %lld carries out %s without a commission", (long long)e->index, e->id);
        const struct stored *s = outcome_of(c, e->id);
        if (s && e->restrictions[0] && same(s->etag, e->etag_before)) chk_note(c, "event %lld changed a citizen and not its version", (long long)e->index);
        for (size_t k = 0; k < c->n_citizen && s; k++) {
            if (!same(c->citizen[k].id, e->citizen)) continue;
            if (!same(c->citizen[k].etag, e->etag_before)) chk_note(c, "event %lld was applied to a version that was not the newest", (long long)e->index);
            PUT(c->citizen[k].etag, s->etag);
        }
        const struct act *a = find(c, e->id);
        if (a && a->widens) widening(c, e, a);
    }
}

static void word(struct chk *c, const struct event *e, const char *id, size_t n)
{
    for (size_t k = 0; k < c->n_restr; k++) {
        const struct restr *r = &c->restr[k];
        if (strlen(r->id) != n || strncmp(r->id, id, n) != 0) continue;
        if (!same(r->citizen, e->citizen)) chk_note(c, "event %lld changed a restriction of somebody else", (long long)e->index);
        if (!same(r->made_by, e->id) && !same(r->ended_by, e->id)) chk_note(c, "event %lld names %s, which does not know it", (long long)e->index, r->id);
        return;
    }
    chk_note(c, "event %lld names a restriction that is not there: %.*s", (long long)e->index, (int)n, id);
}

/* Effects and events are the same set, and a bundle is whole. */
static void effects(struct chk *c)
{
    for (size_t k = 0; k < c->n_restr; k++) {
        const struct restr *r = &c->restr[k];
        struct act *m = find(c, r->made_by), *x = r->active ? NULL : find(c, r->ended_by);
        if (!m || m->done_events != 1) chk_note(c, "restriction %s is there without an event", r->id);
        if (!r->active && (!x || x->done_events != 1)) chk_note(c, "restriction %s has ended without an event", r->id);
        if (m) m->effects++;
        if (x) x->effects++;
    }
    for (size_t i = 0; i < c->n_event; i++) {
        const struct event *e = &c->event[i];
        const struct act *a = find(c, e->id);
        int n = 0;
        if (!e->action || !e->done || !e->citizen[0]) continue;
        for (const char *p = e->restrictions; *p; n++) {
            size_t len = strcspn(p, " ");
            word(c, e, p, len);
            p += len + (p[len] == ' ');
        }
        if (a && a->parts && n != a->parts) chk_note(c, "%s had %d parts and %d effects in its event", a->id, a->parts, n);
        if (a && a->parts && a->effects != a->parts) chk_note(c, "%s had %d parts and %d effects", a->id, a->parts, a->effects);
    }
}

/* Who was shown something is in the log: once by the event that was named, or, when the service answered the same question, by that one. */
static void looks(struct chk *c)
{
    for (size_t i = 0; i < c->n_look && !c->restored; i++) {
        const struct look *l = &c->look[i];
        int own = 0, asked = 0;
        for (size_t k = 0; k < c->n_event; k++) {
            const struct event *e = &c->event[k];
            bool his = e->read && e->done && same(e->actor, l->actor) && same(e->citizen, l->citizen);
            if (same(e->event, l->event) && !(his && e->offline)) chk_note(c, "event %lld is to be the read %s and is another", (long long)e->index, l->event);
            own += same(e->event, l->event);
            asked += his && !e->offline;
        }
        if (own > 1) chk_note(c, "the read %s is in the log %d times", l->event, own);
        if (own == 0 && (l->in_vain || asked == 0)) chk_note(c, "%s was shown %s, and the log does not know (%s)", l->actor, l->citizen, l->event);
    }
}

const char *chk_verdict(struct chk *c)
{
    looks(c);
    at_most_once(c);
    durable(c);
    agreement(c);
    order(c);
    versions(c);
    effects(c);
    for (int i = 0; i < CLIENTS; i++)
        if (c->damage[i]) chk_note(c, "the store of client %d is damaged in %zu places", i, c->damage[i]);
    return c->why[0] ? c->why : NULL;
}
