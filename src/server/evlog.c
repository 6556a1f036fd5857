/* Appending. An event gets the next place among all events and the next leaf of its provider's tree; both are known from memory, where
 * they were read once, so that a transaction can add thousands. Nothing kept here outlives a rollback: sg_evlog_forget. */
#include "server/evlog.h"
#include "base/mutant.h"
#include <stdlib.h>
#include <string.h>
#include "base/log.h"
#include "base/str.h"
#include "model/event.h"
#include "server/evlog_inside.h"

enum { SKEW_MS = 5 * 60 * 1000, HOUR_MS = 3600000 };
static const struct sg_log_identity PRESET = {.name = SG_LOG_NAME, .system = "SE0000000000-SIGILLD"};

/* ---- who keeps the log -------------------------------------------------------------------------------------------------------- */

static const struct { const char *key; size_t at, size; } META[] = {
#define M(key, m) {key, offsetof(struct sg_log_identity, m), sizeof(((struct sg_log_identity *)0)->m)}
    M("log.name", name), M("log.system", system), M("log.provider", provider), M("log.provider-name", provider_name),
#undef M
};
enum { N_META = sizeof META / sizeof *META };

enum sg_err sg_meta_get(struct sg_db *db, const char *key, char *dst, size_t cap)
{
    sqlite3_stmt *st = sg_db_query(db, SG_SQL_META_GET, "t", key);
    enum sg_err err = sg_db_step(db, st);
    if (err == SG_E_NOTFOUND) return SG_E_OK;
    if (err != SG_E_OK) return err;
    sg_db_text(st, 0, dst, cap);
    (void)sqlite3_reset(st);
    return SG_E_OK;
}

/* Fields that were not set take those of the service itself. */
static void complete(struct sg_log_identity *id)
{
    if (!id->name[0]) SG_COPY(id->name, PRESET.name);
    if (!id->system[0]) SG_COPY(id->system, PRESET.system);
    if (!id->provider[0]) SG_COPY(id->provider, id->system);
}

static enum sg_err identity(struct sg_evlog *l, const struct sg_log_identity *wish, struct sg_error *e)
{
    struct sg_log_identity kept = {0};
    enum sg_err err = SG_E_OK;
    for (size_t i = 0; i < N_META && err == SG_E_OK; i++) err = sg_meta_get(l->db, META[i].key, (char *)&kept + META[i].at, META[i].size);
    if (err != SG_E_OK) return sg_fail(e, err, "database", "cannot be read");
    l->id = wish ? *wish : kept;
    complete(&l->id);
    if (!wish) return SG_E_OK;
    if (kept.name[0] && !sg_eq(kept.name, l->id.name))
        return sg_fail(e, SG_E_CONFLICT, "event-log", "this log was begun under the name %s, which cannot change", kept.name);
    for (size_t i = 0; i < N_META && err == SG_E_OK; i++) {
        const char *now = (const char *)&l->id + META[i].at;
        if (!sg_eq((const char *)&kept + META[i].at, now)) err = sg_db_run(l->db, SG_SQL_META_PUT, "tt", META[i].key, now);
    }
    return err == SG_E_OK ? SG_E_OK : sg_fail(e, err, "database", "cannot be written");
}

enum sg_err sg_evlog_open(struct sg_db *db, const struct sg_random *random, const struct sg_log_identity *id, struct sg_evlog **out,
                          struct sg_error *e)
{
    struct sg_evlog *l = calloc(1, sizeof *l);
    *out = NULL;
    if (!l) return sg_fail(e, SG_E_NOMEM, "", "no memory");
    l->db = db;
    l->random = *random;
    l->next = -1;
    l->unsure = true;
    enum sg_err err = identity(l, id, e);
    if (err == SG_E_OK) *out = l;
    else sg_evlog_close(l);
    return err;
}

void sg_evlog_forget(struct sg_evlog *l)
{
    sg_trees_free(l);
    if (!SG_MUTANT(74)) l->next = -1;
    l->unsure = true;
}

void sg_evlog_close(struct sg_evlog *l)
{
    if (!l) return;
    sg_trees_free(l);
    free(l);
}

const struct sg_log_identity *sg_evlog_identity(const struct sg_evlog *l) { return &l->id; }

/* ---- what an event must hold ---------------------------------------------------------------------------------------------------- */

/* What waited for the service may be as old as it says; later than now nothing can have been. */
static bool apart(const struct sg_event *ev)
{
    int64_t d = ev->at - ev->performed_at;
    return ev->performed_at && ((d > SKEW_MS && !ev->offline) || d < -SKEW_MS);
}

/* An event of nobody's commission is the service's own: its operator answers for it. */
static void fill(const struct sg_evlog *l, struct sg_event *ev, const struct sg_event_def *d)
{
    SG_COPY(ev->system, l->id.system);
    SG_COPY(ev->activity, sg_activity_name(d->activity));
    SG_COPY(ev->resource, d->resource);
    if (!ev->provider[0]) {
        SG_COPY(ev->log, SG_LOG_SERVICE);
        SG_COPY(ev->provider, l->id.provider);
        SG_COPY(ev->provider_name, l->id.provider_name);
    } else {
        SG_COPY(ev->log, ev->provider);
        for (char *p = ev->log; *p; p++)
            if (*p >= 'A' && *p <= 'Z') *p = (char)(*p - 'A' + 'a');
    }
    if (!ev->unit[0]) SG_COPY(ev->unit, ev->provider);
    if (!ev->purpose[0]) SG_COPY(ev->purpose, "administration");
    ev->skew = apart(ev);
}

void sg_event_of_service(struct sg_event *ev, const char *kind, const struct sg_clock *clock, const struct sg_random *random)
{
    memset(ev, 0, sizeof *ev);
    sg_uuid7(ev->id, clock, random);
    SG_COPY(ev->kind, kind);
    SG_COPY(ev->outcome, "done");
    SG_COPY(ev->actor, "sigilld");
    ev->at = sg_wall(clock);
}

bool sg_event_complete(const struct sg_event *ev)
{
    const char *const must[] = {ev->id, ev->system, ev->activity, ev->purpose, ev->actor, ev->provider, ev->unit, ev->resource, ev->log};
    for (size_t i = 0; i < sizeof must / sizeof *must; i++)
        if (!must[i][0]) return false;
    return ev->at > 0;
}

/* ---- appending ------------------------------------------------------------------------------------------------------------------ */

static enum sg_err put(struct sg_evlog *l, struct sg_tree *t, const struct sg_event *ev, const struct sg_buf *payload)
{
    uint8_t salt[SG_SALT_LEN], leaf[SG_LEAF_LEN];
    sg_random_fill(&l->random, salt, sizeof salt);
    enum sg_err err = sg_leaf_make(ev->at, salt, payload->data, payload->len, leaf);
    if (err == SG_E_OK)
        err = sg_db_run(l->db, SG_SQL_EVENT_PUT, "itiiitttttttttbbb", ev->index, ev->id, t->tree, ev->leaf_index, ev->at, ev->kind, ev->outcome,
                        ev->region, ev->provider, ev->actor, ev->unit, ev->purpose, ev->subject, ev->action_id, (const void *)leaf, sizeof leaf,
                        (const void *)salt, sizeof salt, (const void *)payload->data, payload->len);
    if (err == SG_E_OK)
        err = sg_db_run(l->db, SG_SQL_EVENT_HOUR, "tii", ev->region, ev->at / HOUR_MS, (int64_t)!sg_eq(ev->outcome, "done"));
    return err == SG_E_OK ? sg_tree_add(l, t, leaf) : err;
}

enum sg_err sg_evlog_append(struct sg_evlog *l, struct sg_event *ev)
{
    struct sg_event_def d;
    struct sg_tree *t = NULL;
    struct sg_buf payload;
    if (!sg_event_find(ev->kind, &d)) {
        sg_log(SG_LOG_ERROR, "an event of a kind that event.def does not know: %s", ev->kind);
        return SG_E_INTERNAL;
    }
    fill(l, ev, &d);
    if (!sg_event_complete(ev)) return SG_E_INTERNAL;
    enum sg_err err = l->next < 0 ? sg_db_number(l->db, sg_db_query(l->db, SG_SQL_EVENT_NEXT, ""), &l->next) : SG_E_OK;
    if (err == SG_E_OK) err = sg_tree_of(l, ev->log, ev->provider_name, ev->at, &t);
    if (err != SG_E_OK) return err;
    ev->index = l->next;
    ev->leaf_index = (int64_t)t->size;
    sg_buf_init(&payload, SG_PAYLOAD_MAX);
    err = sg_payload_encode(ev, &payload);
    if (err == SG_E_OK) err = put(l, t, ev, &payload);
    sg_buf_free(&payload);
    if (err == SG_E_OK) l->next++;
    l->grew = true;
    return err;
}

bool sg_evlog_grew(struct sg_evlog *l)
{
    bool yes = l->grew || l->unsure;
    l->grew = false;
    return yes;
}
