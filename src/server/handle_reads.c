/* POST /offline-reads: what a member of staff has read from the cache while the service could not log it. A read that was made is logged
 * whatever may be said against it: an unknown citizen, one who is hidden from the actor by now, a role that is gone, a time of long ago or
 * of tomorrow (marked as skew). Only what is not a read at all is refused, before anything is written. Nothing can be said of somebody else:
 * the actor is the session's, the commission one of the actor's own or else the session's. The event bears the id that the client made, so
 * however often and late it comes there is one. The answer names ids and nothing else, so that it tells nothing of anybody. */
#include <string.h>
#include "base/str.h"
#include "model/purpose.h"
#include "server/ctx.h"
#include "base/mutant.h"

struct batch { char device[SG_UUID_MAX]; const cJSON *list; char id[SG_SEEN_BATCH][SG_UUID_MAX]; size_t n; };

static enum sg_err read_one(const cJSON *v, struct sg_seen *s, struct sg_error *e)
{
    static const char *const keys[] = {"eventId", "kind", "citizenId", "commission", "purpose", "performedAt", "asOf", NULL};
    enum sg_err err = sg_json_only(v, keys, e);
    if (err == SG_E_OK) err = sg_wire_seen_read(v, s, e);
    if (err == SG_E_OK && !sg_uuid_valid(s->citizen)) err = sg_fail(e, SG_E_INPUT, "citizenId", "not a UUID");    /* it might be a number */
    return err;
}

static bool twice(const struct batch *b, const char *id)
{
    for (size_t i = 0; i < b->n; i++)
        if (sg_eq(b->id[i], id)) return true;
    return false;
}

static enum sg_err read_batch(const struct sg_ctx *x, struct batch *b, struct sg_error *e)
{
    static const char *const keys[] = {"device", "reads", NULL};
    const cJSON *one;
    struct sg_seen s;
    enum sg_err err = sg_json_only(x->body, keys, e);
    if (err == SG_E_OK) err = sg_json_str(x->body, "device", false, b->device, sizeof b->device, e);
    if (err == SG_E_OK && b->device[0] && !sg_uuid_valid(b->device)) err = sg_fail(e, SG_E_INPUT, "device", "not a UUID");
    if (err != SG_E_OK) return err;
    b->list = cJSON_GetObjectItemCaseSensitive(x->body, "reads");
    int n = cJSON_GetArraySize(b->list);
    if (!cJSON_IsArray(b->list) || n < 1 || n > SG_SEEN_BATCH) return sg_fail(e, SG_E_INPUT, "reads", "1 to 100 of them");
    cJSON_ArrayForEach(one, b->list) {
        err = read_one(one, &s, e);
        if (err == SG_E_OK && twice(b, s.id)) err = sg_fail(e, SG_E_INPUT, "eventId", "there twice");
        if (err != SG_E_OK) return err;
        SG_COPY(b->id[b->n], s.id);
        b->n++;
    }
    return SG_E_OK;
}

enum place { FREE, THERE, TAKEN };

/* Whether an event of this id is in the log, and whether it is this read. One whose content was erased long ago is taken for it. */
static enum sg_err place_of(struct sg_ctx *x, const struct sg_seen *s, enum place *out)
{
    struct sg_db *db = &x->core->db;
    char kind[40] = "", actor[SG_HSA_MAX] = "", subject[SG_ID_MAX] = "";
    sqlite3_stmt *st = sg_db_query(db, SG_SQL_EVENT_WAS, "t", s->id);
    enum sg_err err = sg_db_step(db, st);
    *out = FREE;
    if (err != SG_E_OK) return err == SG_E_NOTFOUND ? SG_E_OK : err;
    sg_db_text(st, 0, kind, sizeof kind);
    sg_db_text(st, 1, actor, sizeof actor);
    sg_db_text(st, 2, subject, sizeof subject);
    (void)sqlite3_reset(st);
    bool same = sg_eq(kind, s->kind) && (!actor[0] || (sg_eq(actor, x->actor.hsa) && sg_eq(subject, s->citizen)));
    *out = same && !SG_MUTANT(81) ? THERE : TAKEN;
    return SG_E_OK;
}

/* An id that belongs to another event is nobody's read: *refused. */
static enum sg_err all_free(struct sg_ctx *x, const struct batch *b, bool *refused)
{
    const cJSON *one;
    struct sg_seen s;
    enum place at = FREE;
    *refused = false;
    cJSON_ArrayForEach(one, b->list) {
        enum sg_err err = sg_wire_seen_read(one, &s, NULL);
        if (err == SG_E_OK) err = place_of(x, &s, &at);
        if (err != SG_E_OK) return err;
        if (at != TAKEN) continue;
        *refused = true;
        return sg_ctx_refuse(x, SG_PROBLEM_ID_REUSED, NULL, NULL);
    }
    return SG_E_OK;
}

/* How old it was, and what about it is only said and not known here. */
static enum sg_err args_of(struct sg_ctx *x, const struct sg_seen *s, bool own_commission, char *dst, size_t cap)
{
    struct sg_db *db = &x->core->db;
    char when[SG_RFC3339_MAX];
    sqlite3_stmt *st = sg_db_query(db, SG_SQL_CITIZEN_HAS, "t", s->citizen);
    enum sg_err err = sg_db_step(db, st);
    bool known = err == SG_E_OK;
    if (!known && err != SG_E_NOTFOUND) return err;
    if (known) (void)sqlite3_reset(st);
    cJSON *o = cJSON_CreateObject();
    bool ok = o != NULL;
    if (s->as_of > 0) {
        sg_rfc3339(when, s->as_of);
        ok = ok && cJSON_AddStringToObject(o, "asOf", when);
    }
    ok = ok && (known || cJSON_AddBoolToObject(o, "unknownCitizen", true));
    ok = ok && (own_commission || cJSON_AddStringToObject(o, "saidCommission", s->commission));
    char *text = ok && o->child ? cJSON_PrintUnformatted(o) : NULL;
    ok = ok && (!o->child || (text && sg_copy(dst, cap, text)));
    cJSON_free(text);
    cJSON_Delete(o);
    return ok ? SG_E_OK : SG_E_NOMEM;
}

static enum sg_err record(struct sg_ctx *x, const struct batch *b, const struct sg_seen *s)
{
    struct sg_event ev;
    const struct sg_commission session = x->actor.commission;
    bool own = !s->commission[0] || sg_eq(s->commission, session.id);
    enum sg_err err = own ? SG_E_OK : sg_dir_commission(&x->core->db, &x->actor, s->commission);
    if (err != SG_E_OK && err != SG_E_NOTFOUND) return err;
    own = err == SG_E_OK;
    sg_ctx_event(x, &ev, "done");
    x->actor.commission = session;
    err = args_of(x, s, own, ev.activity_args, sizeof ev.activity_args);
    SG_COPY(ev.id, s->id);
    SG_COPY(ev.kind, s->kind);
    SG_COPY(ev.subject, s->citizen);
    if (b->device[0]) SG_COPY(ev.device, b->device);
    enum sg_purpose p = s->purpose[0] ? sg_purpose_named(s->purpose) : SG_PURPOSE_COUNT;
    if (p < SG_PURPOSE_COUNT) SG_COPY(ev.purpose, sg_purpose_code(p));
    ev.performed_at = s->at;
    ev.offline = true;
    return err == SG_E_OK ? sg_ctx_append(x, &ev) : err;
}

static enum sg_err record_all(struct sg_ctx *x, const struct batch *b, cJSON *stored)
{
    const cJSON *one;
    struct sg_seen s;
    enum place at = FREE;
    cJSON_ArrayForEach(one, b->list) {
        enum sg_err err = sg_wire_seen_read(one, &s, NULL);
        if (err == SG_E_OK) err = place_of(x, &s, &at);
        if (err == SG_E_OK && at == FREE && !SG_MUTANT(80)) err = record(x, b, &s);
        if (err != SG_E_OK) return err;
        cJSON *id = cJSON_CreateString(s.id);
        if (!id || !cJSON_AddItemToArray(stored, id)) {
            cJSON_Delete(id);
            return SG_E_NOMEM;
        }
    }
    return SG_E_OK;
}

enum sg_err sg_h_offline_reads(struct sg_ctx *x)
{
    struct batch b = {.n = 0};
    struct sg_error e = {0};
    bool refused = false;
    enum sg_err err = read_batch(x, &b, &e);
    if (err == SG_E_NOMEM) return err;
    if (err != SG_E_OK) return sg_ctx_refuse(x, SG_PROBLEM_INVALID, NULL, e.where);
    err = all_free(x, &b, &refused);
    if (err != SG_E_OK || refused) return err;
    cJSON *v = cJSON_CreateObject(), *stored = v ? cJSON_AddArrayToObject(v, "stored") : NULL;
    err = stored ? record_all(x, &b, stored) : SG_E_NOMEM;
    if (err == SG_E_OK) return sg_ctx_json(x, 200, v);
    cJSON_Delete(v);
    return err;
}
