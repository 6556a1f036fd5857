/* PUT /actions/{id}: carry out an action exactly once. What has been decided about an id — done, refused or conflict — is stored with its
 * bytes in the same savepoint as the effect and its event, and repeated byte for byte ever after. What is not the action's own fault
 * (form of the request, sign-in, age of a decision, faults) is not stored, so that the same id may come again. Terms that are not accepted
 * end an action: the client has told a person so, and a copy of the request that comes late, when they are, must not carry it out.
 * Order: id -> form -> stored outcome -> device and sequence -> If-Match -> visibility -> version -> fields -> age -> role and rules. */
#include "server/event_scan.h"
#include "base/mutant.h"
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include "base/str.h"

struct put {
    struct sg_ctx *x;
    struct sg_action a;
    uint8_t fingerprint[32];
    struct sg_citizen c;
    struct sg_changed_by by;
    struct sg_changed changed;
    struct sg_outcome o;
};

/* ---- fingerprint and stored outcomes --------------------------------------------------------------------------------------- */

static enum sg_err fingerprint(struct put *p)
{
    struct sg_ctx *x = p->x;
    struct sg_buf b;
    sg_buf_init(&b, 256 << 10);
    enum sg_err err = sg_json_canonical(x->body, &b);
    const char *more[] = {sg_method_name(x->rq->method), x->rq->path, x->actor.hsa, x->actor.commission.id};
    for (size_t i = 0; i < sizeof more / sizeof *more; i++) {
        (void)sg_buf_add(&b, "", 1);
        (void)sg_buf_addz(&b, more[i]);
    }
    if (err == SG_E_OK) err = sg_buf_check(&b);
    if (err == SG_E_OK) err = sg_sha256(p->fingerprint, b.data, b.len);
    sg_buf_free(&b);
    return err;
}

/* The stored answer as it stands in the row. */
enum sg_err sg_action_repeat(struct sg_ctx *x, sqlite3_stmt *st)
{
    struct sg_http_reply *re = x->re;
    re->status = SG_MUTANT(53) ? 200 : sqlite3_column_int(st, 4);
    sg_db_text(st, 5, re->content_type, sizeof re->content_type);
    sg_db_text(st, 6, re->etag, sizeof re->etag);
    re->replayed = true;
    const void *body = sqlite3_column_blob(st, 7);
    return sg_buf_add(&re->body, body ? body : "", (size_t)sqlite3_column_bytes(st, 7));
}

/* *found: the id is known; it has been answered, with the stored outcome or, for another request, with id-reused. An outcome holds
 * citizen data, so repeating it is an event of its own (never a second one of the action's kind). */
static enum sg_err stored(struct put *p, bool *found)
{
    struct sg_ctx *x = p->x;
    sqlite3_stmt *st = sg_db_query(&x->core->db, SG_SQL_ACTION, "t", p->a.id);
    enum sg_err err = sg_db_step(&x->core->db, st);
    if (SG_MUTANT(50) && err == SG_E_OK) {
        (void)sqlite3_reset(st);
        err = SG_E_NOTFOUND;
    }
    *found = err == SG_E_OK;
    if (err != SG_E_OK) return err == SG_E_NOTFOUND ? SG_E_OK : err;
    const void *fp = sqlite3_column_blob(st, 3);
    char actor[SG_HSA_MAX] = "";
    sg_db_text(st, 1, actor, sizeof actor);
    int n = sqlite3_column_bytes(st, 3);                    /* 0: withdrawn, whatever it said */
    bool same = n == 0 ? sg_eq(actor, x->actor.hsa) : fp && n == (int)sizeof p->fingerprint && memcmp(fp, p->fingerprint, sizeof p->fingerprint) == 0;
    if (same) err = sg_action_repeat(x, st);
    (void)sqlite3_reset(st);
    if (!same) return sg_ctx_refuse(x, SG_PROBLEM_ID_REUSED, NULL, NULL);
    if (err != SG_E_OK) return err;
    struct sg_event ev;
    sg_ctx_event(x, &ev, "done");
    SG_COPY(ev.kind, "action.repeat");
    SG_COPY(ev.action_id, p->a.id);
    return sg_ctx_append(x, &ev);
}

static enum sg_err keep(struct put *p, int64_t event_index)
{
    struct sg_ctx *x = p->x;
    const struct sg_http_reply *re = x->re;
    if (re->status == 200 ? SG_MUTANT(51) : SG_MUTANT(52)) return SG_E_OK;
    return sg_db_run(&x->core->db, SG_SQL_ACTION_PUT, "tttibittbii", p->a.id, p->a.device, x->actor.hsa, p->a.seq,
                     (const void *)p->fingerprint, sizeof p->fingerprint, (int64_t)re->status, re->content_type, re->etag,
                     (const void *)re->body.data, re->body.len, event_index, x->now);
}

/* ---- ends of an action ----------------------------------------------------------------------------------------------------- */

/* The first value of a field of that name in any part. */
static void field_of(const struct sg_action *a, const char *name, char *dst, size_t cap)
{
    for (size_t i = 0; i < a->n_parts; i++) {
        const struct sg_action_def *d = sg_action_def(a->part[i].kind);
        for (size_t f = 0; f < d->n_fields && f < SG_FIELDS_MAX; f++)
            if (sg_eq(d->fields[f].name, name) && a->part[i].value[f][0] && !dst[0]) (void)sg_copy(dst, cap, a->part[i].value[f]);
    }
}

static void restriction_ids(const struct sg_changed *ch, char *dst, size_t cap)
{
    size_t n = 0;
    for (size_t i = SG_MUTANT(65) ? 1 : 0; i < ch->n; i++) {
        (void)sg_format(dst + n, cap - n, "%s%s", i ? " " : "", ch->id[i]);
        n += strlen(dst + n);
    }
}

/* Who asked, for which region, how far: what the event says it was done with. */
static void args_of(const struct sg_action *a, char *dst, size_t cap)
{
    static const char *const names[] = {"region", "requestedBy", "scope", "consultedWith"};
    cJSON *o = cJSON_CreateObject();
    for (size_t i = 0; o && a->n_parts == 1 && i < sizeof names / sizeof *names; i++) {
        const struct sg_field_def *f = sg_action_field(a->part[0].kind, names[i]);
        const char *value = f ? sg_part_get(&a->part[0], f->id) : "";
        if (value[0]) (void)cJSON_AddStringToObject(o, names[i], value);
    }
    char *text = o && o->child ? cJSON_PrintUnformatted(o) : NULL;
    if (text && strlen(text) < cap) (void)sg_copy(dst, cap, text);
    cJSON_free(text);
    cJSON_Delete(o);
}

static void event_of(struct put *p, struct sg_event *ev, const char *outcome)
{
    sg_ctx_event(p->x, ev, outcome);
    SG_COPY(ev->action_id, p->a.id);
    SG_COPY(ev->device, p->a.device);
    SG_COPY(ev->reason, p->a.reason);
    ev->performed_at = p->a.performed_at;
    ev->offline = p->a.offline;
    SG_COPY(ev->etag_before, p->o.etag_before);
    field_of(&p->a, "reference", ev->reference, sizeof ev->reference);
    field_of(&p->a, "decisionBy", ev->decision, sizeof ev->decision);
    restriction_ids(&p->changed, ev->restriction, sizeof ev->restriction);
    if (!ev->activity_args[0]) args_of(&p->a, ev->activity_args, sizeof ev->activity_args);
}

/* Which leaf of which log holds it. */
void sg_action_receipt(struct sg_outcome *o, const struct sg_event *ev)
{
    o->event_index = ev->index;
    o->leaf_index = ev->leaf_index;
    SG_COPY(o->event_id, ev->id);
    SG_COPY(o->log, ev->log);
    o->recorded_at = ev->at;
}

/* Ends the action for good with a refusal or conflict: event, answer, stored. */
static enum sg_err end_refused(struct put *p, enum sg_problem problem, const struct sg_why *why, const char *detail)
{
    struct sg_event ev;
    struct sg_outcome *o = &p->o;
    o->kind = problem == SG_PROBLEM_STALE ? SG_OUT_CONFLICT : SG_OUT_REFUSED;
    o->problem = problem;
    if (why) o->why = *why;
    event_of(p, &ev, o->kind == SG_OUT_CONFLICT ? "conflict" : "refused");
    SG_COPY(ev.rule, why ? sg_rule_name(why->rule) : sg_problem_def(problem)->type);
    enum sg_err err = sg_ctx_append(p->x, &ev);
    if (err != SG_E_OK) return err;
    bool anonymous = problem == SG_PROBLEM_NOT_AVAILABLE;
    sg_action_receipt(o, &ev);
    err = sg_ctx_problem(p->x, problem, why, detail, anonymous ? NULL : sg_wire_outcome(o), ev.id);
    return err == SG_E_OK ? keep(p, ev.index) : err;
}

/* Refused for a reason that may pass: an event, but nothing is stored and the number in the sequence stays free. */
static enum sg_err turn_away(struct put *p, enum sg_problem problem, const struct sg_why *why, const char *detail)
{
    struct sg_event ev;
    event_of(p, &ev, "refused");
    SG_COPY(ev.rule, why ? sg_rule_name(why->rule) : sg_problem_def(problem)->type);
    enum sg_err err = sg_ctx_append(p->x, &ev);
    return err == SG_E_OK ? sg_ctx_problem(p->x, problem, why, detail, NULL, ev.id) : err;
}

static enum sg_err persist(struct put *p)
{
    struct sg_ctx *x = p->x;
    enum sg_err err = SG_E_OK;
    p->o.restriction = calloc(p->changed.n + 1, sizeof *p->o.restriction);
    if (!p->o.restriction) return SG_E_NOMEM;
    for (size_t i = 0; i < p->changed.n && err == SG_E_OK; i++) {
        const struct sg_restriction *r = sg_citizen_restriction(&p->c, p->changed.id[i]);
        if (!r) return SG_E_INTERNAL;
        p->o.restriction[p->o.n_restrictions++] = *r;
        if ((SG_MUTANT(58) && i > 0) || (SG_MUTANT(64) && r->state != SG_RS_ACTIVE)) continue;
        err = sg_dir_restriction_put(&x->core->db, p->c.id, r);
    }
    struct sg_changed_by by = {.at = x->now};
    SG_COPY(by.name, x->actor.name);
    SG_COPY(by.unit, x->actor.commission.unit_name);
    if (SG_MUTANT(59)) return err;
    return err == SG_E_OK ? sg_dir_touch(&x->core->db, &p->c, &by, &x->core->random) : err;
}

static enum sg_err end_done(struct put *p)
{
    struct sg_ctx *x = p->x;
    struct sg_event ev;
    SG_COPY(p->o.etag_after, p->c.etag);
    event_of(p, &ev, SG_MUTANT(60) ? "refused" : "done");
    enum sg_err err = SG_MUTANT(57) ? SG_E_OK : sg_ctx_append(x, &ev);
    if (err != SG_E_OK) return err;
    p->o.kind = SG_OUT_DONE;
    sg_action_receipt(&p->o, &ev);
    if (p->c.etag[0]) (void)sg_format(x->re->etag, sizeof x->re->etag, "\"%s\"", p->c.etag);
    err = sg_ctx_json(x, 200, sg_wire_outcome(&p->o));
    return err == SG_E_OK ? keep(p, ev.index) : err;
}

/* ---- the checks, in order -------------------------------------------------------------------------------------------------- */

/* "…" or * into dst without quotes; false when it is anything else. */
static bool entity_tag(const char *if_match, char dst[SG_ETAG_MAX])
{
    size_t n = strlen(if_match);
    if (sg_eq(if_match, "*")) return sg_copy(dst, SG_ETAG_MAX, "*");
    if (n < 2 || if_match[0] != '"' || if_match[n - 1] != '"' || memchr(if_match + 1, '"', n - 2)) return false;
    return sg_copyn(dst, SG_ETAG_MAX, if_match + 1, n - 2);
}

/* Device and sequence number, If-Match, and whether the number was used. *ended: answered. */
static enum sg_err preconditions(struct put *p, bool *ended)
{
    struct sg_ctx *x = p->x;
    struct sg_db *db = &x->core->db;
    *ended = true;
    if (!sg_uuid_valid(p->a.device) || p->a.seq < 1) return turn_away(p, SG_PROBLEM_INVALID, NULL, p->a.seq < 1 ? "seq" : "device");
    if (sg_action_about_citizen(p->a.kind)) {
        if (!x->rq->if_match[0]) return turn_away(p, SG_PROBLEM_PRECONDITION, NULL, NULL);
        if (!entity_tag(x->rq->if_match, p->a.observed)) return turn_away(p, SG_PROBLEM_BAD_REQUEST, NULL, "If-Match");
        if (sg_eq(p->a.observed, "*") && sg_action_def(p->a.kind)->effect != SG_EFFECT_PROTECTS)
            return turn_away(p, SG_PROBLEM_PRECONDITION, NULL, "* only for protective actions");
        SG_COPY(p->o.etag_before, p->a.observed);
    }
    enum sg_err err = sg_db_step(db, sg_db_query(db, SG_SQL_ACTION_SEQ, "tti", p->a.device, x->actor.hsa, p->a.seq));
    if (err == SG_E_OK) {
        (void)sqlite3_reset(db->stmt[SG_SQL_ACTION_SEQ]);
        return turn_away(p, SG_PROBLEM_SEQUENCE_REUSED, NULL, NULL);
    }
    if (err != SG_E_NOTFOUND) return err;
    err = sg_db_step(db, sg_db_query(db, SG_SQL_RESTRICTION_OWNER, "t", p->a.id));
    if (err == SG_E_OK) {                                   /* the new restriction would bear the id of an old one */
        (void)sqlite3_reset(db->stmt[SG_SQL_RESTRICTION_OWNER]);
        return turn_away(p, SG_PROBLEM_ID_REUSED, NULL, NULL);
    }
    *ended = err != SG_E_NOTFOUND;
    return *ended ? err : SG_E_OK;
}

static enum sg_err conflict(struct put *p)
{
    struct sg_outcome *o = &p->o;
    o->has_current = true;
    o->current = p->c;                                      /* moved: put_free frees it there */
    memset(&p->c, 0, sizeof p->c);
    SG_COPY(o->changed_by, p->by.name);
    SG_COPY(o->changed_unit, p->by.unit);
    o->changed_at = p->by.at;
    SG_COPY(o->etag_after, o->current.etag);
    return end_refused(p, SG_PROBLEM_STALE, NULL, NULL);
}

/* The citizen, visible and unchanged since it was seen. */
static enum sg_err subject(struct put *p, bool *ended)
{
    static const struct sg_why none = {.rule = SG_RULE_NOT_AVAILABLE};
    struct sg_ctx *x = p->x;
    *ended = true;
    enum sg_err err = sg_dir_citizen(&x->core->db, p->a.subject, x->now, &p->c, &p->by);
    if (err != SG_E_OK && err != SG_E_NOTFOUND) return err;
    if (err == SG_E_NOTFOUND || !sg_ctx_sees(x, &p->c)) return end_refused(p, SG_PROBLEM_NOT_AVAILABLE, &none, NULL);
    if (sg_eq(p->a.observed, "*")) SG_COPY(p->o.etag_before, p->c.etag);
    else if (!sg_eq(p->a.observed, p->c.etag) && !SG_MUTANT(54)) return conflict(p);
    *ended = false;
    return SG_E_OK;
}

static enum sg_err accept_terms(struct put *p)
{
    struct sg_ctx *x = p->x;
    const char *version = sg_part_get(&p->a.part[0], SG_F_TERMS_ACCEPT_VERSION);
    struct sg_why why = {.rule = SG_RULE_BAD_FIELD};
    SG_COPY(why.detail, "version");
    if (!sg_eq(version, x->core->policy.terms_version)) return end_refused(p, SG_PROBLEM_RULE, &why, NULL);
    enum sg_err err = sg_db_run(&x->core->db, SG_SQL_STAFF_TERMS, "tt", x->actor.hsa, version);
    return err == SG_E_OK ? end_done(p) : err;
}

static enum sg_err end_rule(struct put *p, enum sg_rule rule, const char *detail)
{
    struct sg_why why = {.rule = rule};
    SG_COPY(why.detail, detail);
    return end_refused(p, rule == SG_RULE_OTHER_REGION ? SG_PROBLEM_NOT_PERMITTED : SG_PROBLEM_RULE, &why, NULL);
}

/* A reviewer's word about one event of the log. It stands in the log as an event about the same citizen. */
static enum sg_err review(struct put *p)
{
    struct sg_ctx *x = p->x;
    struct sg_db *db = &x->core->db;
    struct sg_event ev;
    struct sg_why why = {0};
    const char *id = sg_part_get(&p->a.part[0], SG_F_LOG_REVIEW_EVENT), *mark = sg_part_get(&p->a.part[0], SG_F_LOG_REVIEW_MARK);
    if (!sg_uuid_valid(id)) return end_rule(p, SG_RULE_BAD_FIELD, "event");
    if (!sg_eq(mark, "ok") && !p->a.reason[0]) return end_rule(p, SG_RULE_BAD_FIELD, "reason");
    enum sg_err err = sg_event_by_id(db, id, &ev);
    if (err == SG_E_NOTFOUND) return end_rule(p, SG_RULE_BAD_FIELD, "event");
    if (err != SG_E_OK) return err;
    if (!sg_authorise(&x->actor, SG_PERM_LOG_REVIEW, ev.region[0] ? ev.region : "-", &why)) return end_rule(p, SG_RULE_OTHER_REGION, "");
    if (sg_eq(ev.actor, x->actor.hsa)) return end_rule(p, SG_RULE_OWN_ACT, "");
    SG_COPY(x->subject, ev.subject);
    (void)sg_format(x->args, sizeof x->args, "{\"event\":\"%s\",\"mark\":\"%s\"}", id, mark);
    err = end_done(p);
    return err == SG_E_OK ? sg_db_run(db, SG_SQL_REVIEW_PUT, "iit", ev.index, p->o.event_index, mark) : err;
}

static enum sg_err verdict(struct put *p, enum sg_err err, const struct sg_why *why)
{
    if (SG_MUTANT(56) && err == SG_E_DENIED && why->rule == SG_RULE_TERMS) return turn_away(p, SG_PROBLEM_NOT_PERMITTED, why, NULL);
    if (err == SG_E_DENIED) return end_refused(p, SG_PROBLEM_NOT_PERMITTED, why, NULL);
    if (err == SG_E_REFUSED) return end_refused(p, SG_PROBLEM_RULE, why, NULL);
    if (err == SG_E_LIMIT) return end_refused(p, SG_PROBLEM_INVALID, NULL, "this citizen has as many restrictions as can be kept");
    if (err != SG_E_OK) return err;
    if (p->a.kind == SG_ACT_TERMS_ACCEPT) return accept_terms(p);
    if (p->a.kind == SG_ACT_LOG_REVIEW) return review(p);
    err = persist(p);
    return err == SG_E_OK ? end_done(p) : err;
}

static enum sg_err carry_out(struct put *p)
{
    struct sg_ctx *x = p->x;
    struct sg_error e = {0};
    struct sg_why why = {0};
    bool ended = false;
    enum sg_err err = preconditions(p, &ended);
    if (err != SG_E_OK || ended) return err;
    if (sg_action_about_citizen(p->a.kind)) err = subject(p, &ended);
    if (err != SG_E_OK || ended) return err;
    if (sg_action_validate(&p->a, &e) != SG_E_OK) return end_refused(p, SG_PROBLEM_INVALID, NULL, e.where);
    if (!SG_MUTANT(55) && !sg_effect_fresh(&x->core->policy, p->a.kind, p->a.performed_at, x->now, &why)) return turn_away(p, SG_PROBLEM_RULE, &why, NULL);
    struct sg_effect_ctx fx = {.policy = &x->core->policy, .actor = &x->actor, .today = x->today, .now = x->now};
    err = sg_effect_apply(&fx, &p->a, sg_action_about_citizen(p->a.kind) ? &p->c : NULL, &p->changed, &why);
    return verdict(p, err, &why);
}

static struct put *put_new(struct sg_ctx *x)
{
    struct put *p = calloc(1, sizeof *p);
    if (!p) return NULL;
    p->x = x;
    p->o.why.rule = SG_RULE_COUNT;                          /* no rule, unless one is named */
    return p;
}

static void put_free(struct put *p)
{
    if (!p) return;
    sg_citizen_free(&p->c);
    sg_outcome_free(&p->o);
    free(p);
}

/* Reads the body; the event is from here on named by the action's kind and subject. */
static enum sg_err read_action(struct put *p, bool *ended)
{
    struct sg_ctx *x = p->x;
    struct sg_error e = {0};
    enum sg_err err = sg_wire_action_read(x->body, false, &p->a, &e);
    *ended = err != SG_E_OK;
    if (err == SG_E_NOMEM) return err;
    if (err != SG_E_OK) return sg_ctx_refuse(x, SG_PROBLEM_INVALID, NULL, e.where);
    SG_COPY(p->a.id, x->param);
    SG_COPY(p->o.action_id, x->param);
    if (sg_uuid_valid(p->a.subject)) SG_COPY(x->subject, p->a.subject);
    return SG_E_OK;
}

enum sg_err sg_h_action_put(struct sg_ctx *x)
{
    bool ended = false;
    struct put *p = put_new(x);
    enum sg_err err = p ? read_action(p, &ended) : SG_E_NOMEM;
    if (err == SG_E_OK && !ended) {
        SG_COPY(x->kind, sg_action_def(p->a.kind)->name);
        err = fingerprint(p);
        if (err == SG_E_OK) err = stored(p, &ended);
        if (err == SG_E_OK && !ended) err = carry_out(p);
    }
    put_free(p);
    return err;
}

enum sg_err sg_h_action_get(struct sg_ctx *x)
{
    struct sg_db *db = &x->core->db;
    char actor[SG_HSA_MAX] = "";
    struct sg_event ev;
    sqlite3_stmt *st = sg_db_query(db, SG_SQL_ACTION, "t", x->param);
    enum sg_err err = sg_db_step(db, st);
    if (err == SG_E_OK) sg_db_text(st, 1, actor, sizeof actor);
    if (err == SG_E_OK && sg_eq(actor, x->actor.hsa) && !SG_MUTANT(61)) err = sg_action_repeat(x, st);
    else if (err == SG_E_OK) err = SG_E_NOTFOUND;
    if (st) (void)sqlite3_reset(st);
    if (err == SG_E_NOTFOUND) return sg_ctx_refuse(x, SG_PROBLEM_NOT_FOUND, NULL, NULL);
    if (err != SG_E_OK) return err;
    sg_ctx_event(x, &ev, "done");
    SG_COPY(ev.action_id, x->param);
    return sg_ctx_append(x, &ev);
}

/* What would happen: nothing is done, but it shows who reaches what, so it is an event. */
enum sg_err sg_h_action_preview(struct sg_ctx *x)
{
    bool ended = false;
    struct sg_error e = {0};
    struct put *p = put_new(x);
    struct sg_preview *out = calloc(1, sizeof *out);
    enum sg_err err = p && out ? read_action(p, &ended) : SG_E_NOMEM;
    if (err == SG_E_OK && !ended) err = sg_ctx_citizen(x, p->a.subject, &p->c, NULL, &ended);
    if (err == SG_E_OK && !ended && sg_action_validate(&p->a, &e) != SG_E_OK) {
        ended = true;
        err = sg_ctx_refuse(x, SG_PROBLEM_INVALID, NULL, e.where);
    }
    if (err == SG_E_OK && !ended) {
        struct sg_effect_ctx fx = {.policy = &x->core->policy, .actor = &x->actor, .today = x->today, .now = x->now};
        err = sg_effect_preview(&fx, &p->a, &p->c, out);
        if (err == SG_E_OK) err = sg_ctx_note(x, "done");
        if (err == SG_E_OK) err = sg_ctx_json(x, 200, sg_wire_preview(out));
    }
    put_free(p);
    free(out);
    return err;
}
