/* Opening and closing. The order matters: directory and file, device, the person's key slot, sub-keys, then the witness BEFORE the
 * head, so that another process writing in between cannot make an honest file look old. */
#include "queue/internal.h"
#include "base/str.h"
#include <stdlib.h>
#include <string.h>

static const char *const STATES[SG_Q_COUNT] = {
    [SG_Q_HELD] = "held", [SG_Q_READY] = "ready", [SG_Q_SENDING] = "sending", [SG_Q_DONE] = "done", [SG_Q_RETRY] = "retry",
    [SG_Q_AUTH_WAIT] = "auth-wait", [SG_Q_CONFLICT] = "conflict", [SG_Q_REFUSED] = "refused", [SG_Q_WITHDRAWN] = "withdrawn",
};

const char *sg_qstate_name(enum sg_qstate s)
{
    return s < SG_Q_COUNT ? STATES[s] : "";
}

bool sg_qstate_terminal(enum sg_qstate s)
{
    return s == SG_Q_DONE || s == SG_Q_WITHDRAWN;
}

bool sg_qstate_waiting(enum sg_qstate s)
{
    return s == SG_Q_HELD || s == SG_Q_READY || s == SG_Q_SENDING || s == SG_Q_RETRY || s == SG_Q_AUTH_WAIT;
}

enum sg_err sg_q_actor_tag(const char *device, const char *hsa, uint8_t tag[SG_Q_KEY])
{
    return sg_q_sha256("sigill actor", device, strlen(device), hsa, strlen(hsa), tag);
}

int64_t sg_qrow_ground_age(const struct sg_qrow *r)
{
    bool waits = r->fresh_needed && r->has_base && r->base.as_of > 0 && sg_eq(r->last_error, SG_Q_OLD_GROUND);
    return waits ? r->action.performed_at - r->base.as_of : 0;
}

static enum sg_err find_actor(struct sg_store *s, const char *hsa, struct sg_error *e)
{
    uint8_t h[SG_Q_KEY];
    enum sg_err err = sg_q_actor_tag(s->device, hsa, h);
    memcpy(s->actor, h, SG_Q_TAG);
    if (err == SG_E_OK)
        err = sg_q_int(s, sg_q_bind(s, SG_SQL_ACTOR_GET, "b", (const void *)s->actor, (size_t)SG_Q_TAG), &s->actor_n);
    if (err == SG_E_NOTFOUND && s->existing)
        return sg_fail(e, err, s->path, "there is nothing of this person in it");
    if (err == SG_E_NOTFOUND) {
        err = sg_q_done(s, sg_q_bind(s, SG_SQL_ACTOR_ADD, "b", (const void *)s->actor, (size_t)SG_Q_TAG));
        if (err == SG_E_OK || err == SG_E_CONFLICT)      /* conflict: another process has just done it */
            err = sg_q_int(s, sg_q_bind(s, SG_SQL_ACTOR_GET, "b", (const void *)s->actor, (size_t)SG_Q_TAG), &s->actor_n);
    }
    return err == SG_E_OK ? err : sg_fail(e, err, s->path, "%s", sg_err_name(err));
}

static enum sg_err unlock(struct sg_store *s, const struct sg_store_opts *o, struct sg_error *e)
{
    struct sg_secret key = {0};
    enum sg_err err = sg_secret_new(&key, SG_Q_KEY, e);
    if (err == SG_E_OK)
        err = sg_secret_new(&s->keys, (size_t)SG_USE_COUNT * SG_Q_KEY, e);
    if (err == SG_E_OK)
        err = sg_q_slot_open(s, o, key.data, e);
    if (err == SG_E_OK && (err = sg_q_subkeys(key.data, s->device, &s->keys)) != SG_E_OK)
        sg_fail(e, err, s->path, "sub-keys");
    sg_secret_free(&key);
    return err;
}

static enum sg_err open_parts(struct sg_store *s, const struct sg_store_opts *o, struct sg_error *e)
{
    enum sg_err err = sg_q_db_open(s, o, e);
    if (err == SG_E_OK)
        err = find_actor(s, o->actor, e);
    if (err == SG_E_OK)
        err = unlock(s, o, e);
    if (err != SG_E_OK)
        return err;
    sg_q_witness_read(s);
    err = sg_q_head_load(s);
    if (err != SG_E_OK)
        return sg_fail(e, err, s->path, "the head could not be read");
    if (s->head.known && s->witness_gen > s->head.generation)
        s->head.rolled = true;
    sg_q_owner_make(s);
    return SG_E_OK;
}

enum sg_err sg_store_open(const struct sg_store_opts *o, struct sg_store **out, struct sg_error *e)
{
    *out = NULL;
    if (!o->dir || !o->dir[0] || !o->actor || !o->actor[0])
        return sg_fail(e, SG_E_USAGE, "store", "directory and actor must be given");
    struct sg_store *s = calloc(1, sizeof *s);
    if (!s)
        return sg_fail(e, SG_E_NOMEM, "store", "no memory");
    s->clock = o->clock;
    s->random = o->random;
    s->real_files = o->vfs == NULL;
    s->existing = o->existing;
    const char *file = o->file ? o->file : "store.db";
    size_t n = strlen(o->dir) + 1 + strlen(file) + 1;
    s->dir = strdup(o->dir);
    s->path = malloc(n);
    enum sg_err err = s->dir && s->path && n < 3900 ? SG_E_OK : sg_fail(e, SG_E_NOMEM, "store", "no memory, or the path is too long");
    if (err == SG_E_OK) {
        sg_format(s->path, n, "%s/%s", o->dir, file);
        err = open_parts(s, o, e);
    }
    if (err != SG_E_OK) {
        sg_store_close(s);
        return err;
    }
    *out = s;
    return SG_E_OK;
}

void sg_store_close(struct sg_store *s)
{
    if (!s)
        return;
    sg_q_owner_drop(s);
    sg_q_db_close(s);
    sg_secret_free(&s->keys);
    free(s->bad);
    free(s->dir);
    free(s->path);
    free(s);
}

const char *sg_store_device(const struct sg_store *s)
{
    return s->device;
}

int64_t sg_store_last_seq(struct sg_store *s)
{
    if (sg_q_head_load(s) != SG_E_OK || !s->head.known)
        return -1;
    return s->head.count;
}

int64_t sg_store_version(struct sg_store *s)
{
    int64_t v = 0;
    return sg_q_int(s, sg_q_bind(s, SG_SQL_VERSION, ""), &v) == SG_E_OK ? v : -1;
}

bool sg_store_rolled(const struct sg_store *s)
{
    return s->head.rolled;
}

struct turn { const char (*skip)[SG_HSA_MAX]; size_t n; bool any; char *out; };

static bool first_turn(void *ctx, const struct sg_qrow *r)
{
    struct turn *t = ctx;
    if (!t->any && r->state != SG_Q_READY && r->state != SG_Q_RETRY && r->state != SG_Q_AUTH_WAIT)
        return true;
    for (size_t i = 0; i < t->n; i++)
        if (sg_eq(t->skip[i], r->commission))
            return true;
    sg_copy(t->out, SG_HSA_MAX, r->commission);
    return false;
}

enum sg_err sg_store_commission(struct sg_store *s, const char (*skip)[SG_HSA_MAX], size_t n, bool any, char out[SG_HSA_MAX])
{
    struct turn t = {.skip = skip, .n = n, .any = any, .out = out};
    out[0] = '\0';
    enum sg_err err = sg_store_each(s, true, first_turn, &t, NULL);
    return err == SG_E_OK && !out[0] ? SG_E_NOTFOUND : err;
}
