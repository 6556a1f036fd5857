/* What the client keeps of the event logs, sealed in its store: the key, the last checkpoint of each log, the proofs of own actions and
 * which are still to be fetched, and that there was a fork. */
#include "base/log.h"
#include "base/str.h"
#include "sync/logs_inside.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Under what a checkpoint is kept. */
static const char *view_key(const struct sg_logs *l, const char *log, char dst[SG_LOG_ID_MAX + 24])
{
    sg_format(dst, SG_LOG_ID_MAX + 24, "%lld/%s", (long long)l->generation, log);
    return dst;
}

/* ---- fork ---- */

static void put_evidence(struct sg_engine *g, const char *text, size_t n)
{
    char path[1024];
    if (g->vfs || !sg_format(path, sizeof path, "%s/fork-%lld.json", g->dir, (long long)sg_eng_now(g)))
        return;
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool ok = fd >= 0 && write(fd, text, n) == (ssize_t)n && fsync(fd) == 0;
    if (fd >= 0)
        (void)close(fd);
    if (!ok)
        sg_log(SG_LOG_ERROR, "the evidence of a fork could not be written: %s", strerror(errno));
}

/* answer: what the service sent last (a list, a checkpoint, a proof), or NULL. */
void sg_logs_fork(struct sg_engine *g, const char *why, const struct sg_http_reply *answer)
{
    struct sg_logs *l = g->logs;
    struct sg_buf text, kept;
    char name[SG_LOG_ID_MAX + 24];
    sg_buf_init(&text, SG_JSON_REPLY.bytes);
    sg_buf_init(&kept, SG_CHECKPOINT_MAX);
    l->forked = true;
    SG_COPY(l->why, why);
    if (l->view.has && sg_store_kept_get(g->store, "checkpoint", view_key(l, l->view.log, name), &kept) != SG_E_OK)
        sg_log(SG_LOG_WARN, "the checkpoint kept here cannot be read");
    cJSON *o = cJSON_CreateObject();
    char key[SG_VKEY_MAX] = "";
    if (l->has_key)
        sg_note_key_print(key, &l->key);
    (void)cJSON_AddStringToObject(o, "why", why);
    (void)cJSON_AddStringToObject(o, "log", l->view.log);
    (void)cJSON_AddStringToObject(o, "key", key);
    (void)cJSON_AddStringToObject(o, "kept", kept.data ? kept.data : "");
    (void)cJSON_AddStringToObject(o, "shown", l->note ? l->note : "");
    (void)cJSON_AddStringToObject(o, "answer", answer && answer->body.data ? answer->body.data : "");
    if (sg_wire_print(o, &text) == SG_E_OK && text.data) {
        put_evidence(g, text.data, text.len);
        if (sg_store_kept_put(g->store, "fork", "", why, strlen(why)) != SG_E_OK)
            sg_log(SG_LOG_ERROR, "a fork could not be noted");
    }
    sg_log(SG_LOG_ERROR, "FORK of the event log: %s", why);
    sg_buf_free(&text);
    sg_buf_free(&kept);
    sg_logs_drop_shown(l);
    g->status_due = true;
}

/* ---- what is kept ---- */

static void read_key(struct sg_engine *g)
{
    struct sg_logs *l = g->logs;
    struct sg_buf b;
    sg_buf_init(&b, SG_VKEY_MAX);
    if (g->log_key)
        l->has_key = sg_note_key_parse(g->log_key, &l->key, NULL) == SG_E_OK;
    else if (sg_store_kept_get(g->store, "log-key", "", &b) == SG_E_OK && b.data)
        l->has_key = sg_note_key_parse(b.data, &l->key, NULL) == SG_E_OK;
    sg_buf_free(&b);
}

static void read_due(struct sg_engine *g)
{
    struct sg_buf b;
    sg_buf_init(&b, SG_JSON_REPLY.bytes);
    if (sg_store_kept_get(g->store, "receipts-due", "", &b) == SG_E_OK && b.data)
        for (char *s = b.data; s[0] && strlen(s) >= 2 * (SG_UUID_MAX - 1) + 2; s += 2 * (SG_UUID_MAX - 1) + 2) {
            char action[SG_UUID_MAX], event[SG_UUID_MAX];
            (void)sg_copyn(action, sizeof action, s, SG_UUID_MAX - 1);
            (void)sg_copyn(event, sizeof event, s + SG_UUID_MAX, SG_UUID_MAX - 1);
            sg_eng_receipt_want(g, action, event);
        }
    sg_buf_free(&b);
}

/* The list is written as a whole, so a long one not at each change, or a queue of thousands would cost the square of it. What a kill
 * takes is only that a proof is fetched twice, or not before somebody looks at the row. */
static void write_due(struct sg_engine *g, bool now)
{
    enum { SHARE = 16 };
    struct sg_buf b;
    if (!now && ++g->logs->unwritten * SHARE < g->logs->n_due)
        return;
    g->logs->unwritten = 0;
    sg_buf_init(&b, SG_JSON_REPLY.bytes);
    for (const struct sg_logs_due *d = g->logs->due; d; d = d->next)
        (void)sg_buf_addf(&b, "%s %s\n", d->action, d->event);
    if (sg_store_kept_put(g->store, "receipts-due", "", b.data ? b.data : "", b.len) != SG_E_OK)
        sg_log(SG_LOG_WARN, "which proofs are still to be fetched could not be noted");
    sg_buf_free(&b);
}

void sg_eng_logs_free(struct sg_engine *g)
{
    struct sg_logs *l = g->logs;
    if (!l)
        return;
    if (l->unwritten && g->store)
        write_due(g, true);
    while (l->due) {
        struct sg_logs_due *d = l->due;
        l->due = d->next;
        free(d);
    }
    sg_logs_drop_shown(l);
    sg_witnessed_end(&l->witness);
    free(l->cosigned);
    free(l->row);
    free(l);
    g->logs = NULL;
}

static void read_generation(struct sg_engine *g)
{
    struct sg_buf b;
    sg_buf_init(&b, 32);
    if (sg_store_kept_get(g->store, "log-generation", "", &b) != SG_E_OK || !b.data || !sg_parse_i64(b.data, 0, INT64_MAX, &g->logs->generation))
        g->logs->generation = 0;
    sg_buf_free(&b);
}

void sg_eng_logs_load(struct sg_engine *g)
{
    struct sg_logs *l = g->logs;
    struct sg_buf b;
    if (!l || l->loaded || !g->store)
        return;
    l->loaded = true;
    read_generation(g);
    read_key(g);
    sg_buf_init(&b, SG_DETAIL_MAX);
    enum sg_err err = sg_store_kept_get(g->store, "fork", "", &b);
    l->forked = err != SG_E_NOTFOUND;           /* also when it cannot be read: fail closed */
    SG_COPY(l->why, err == SG_E_OK && b.data ? b.data : "");
    sg_buf_reset(&b);
    l->new_epoch = sg_store_kept_get(g->store, "new-epoch", "", &b) == SG_E_OK;
    sg_buf_reset(&b);
    l->witness.known = sg_store_kept_get(g->store, "witnessed", "", &b) == SG_E_OK;
    l->witness.met = l->witness.known && sg_eq(b.data, "yes");
    sg_buf_free(&b);
    read_due(g);
}

/* The view of one log, from the store. An entry that is damaged is no reason to trust whatever comes. */
bool sg_logs_open_view(struct sg_engine *g, const char *log)
{
    struct sg_logs *l = g->logs;
    struct sg_buf b;
    struct sg_error e = { 0 };
    char name[SG_LOG_ID_MAX + 24];
    memset(&l->view, 0, sizeof l->view);
    l->view.key = l->key;
    SG_COPY(l->view.log, log);
    sg_buf_init(&b, SG_CHECKPOINT_MAX);
    enum sg_err err = sg_store_kept_get(g->store, "checkpoint", view_key(l, log, name), &b);
    bool none = err == SG_E_NOTFOUND;
    if (err == SG_E_OK)
        err = b.data ? sg_checkpoint_open(b.data, b.len, &l->key, &l->view.last, &e) : SG_E_CORRUPT;
    l->view.has = err == SG_E_OK;
    sg_buf_free(&b);
    if (none || l->view.has)
        return true;
    if (err == SG_E_IO || err == SG_E_NOMEM || err == SG_E_LOCKED) {       /* the disk or the memory here says nothing against the service */
        sg_logs_later(g);
        return false;
    }
    sg_logs_fork(g, "the checkpoint kept here was changed, or is signed by another key", NULL);
    return false;
}

void sg_logs_keep(struct sg_engine *g, const struct sg_checkpoint *c, const char *note)
{
    struct sg_logs *l = g->logs;
    char name[SG_LOG_ID_MAX + 24];
    if (sg_store_kept_put(g->store, "checkpoint", view_key(l, l->view.log, name), note, strlen(note)) != SG_E_OK)
        sg_log(SG_LOG_ERROR, "a checkpoint could not be kept");
    l->view.last = *c;
    l->view.has = true;
}

static struct sg_logs_due **bucket_of(struct sg_logs *l, const char *action_id)
{
    uint32_t h = 2166136261u;
    for (const char *p = action_id; *p; p++)
        h = (h ^ (uint8_t)*p) * 16777619u;
    return &l->due_by[h % SG_DUE_BUCKETS];
}

void sg_eng_receipt_want(struct sg_engine *g, const char *action_id, const char *event_id)
{
    struct sg_logs *l = g->logs;
    if (!l || !sg_uuid_valid(event_id) || !sg_uuid_valid(action_id))
        return;
    struct sg_logs_due **at = bucket_of(l, action_id), *d;
    for (; *at; at = &(*at)->same)
        if (strcmp((*at)->action, action_id) == 0)
            return;
    if (!(d = calloc(1, sizeof *d)))
        return;
    SG_COPY(d->action, action_id);
    SG_COPY(d->event, event_id);
    *at = d;
    *(l->due ? &l->due_last->next : &l->due) = d;
    l->due_last = d;
    l->n_due++;
    l->tries = 0;
    if (l->loaded)
        write_due(g, false);
}

void sg_logs_due_done(struct sg_engine *g)
{
    struct sg_logs_due *d = g->logs->due;
    g->logs->due = d->next;
    *bucket_of(g->logs, d->action) = d->same;                   /* the oldest of all is the oldest there */
    g->logs->n_due--;
    write_due(g, false);
    sg_eng_tell_row(g, d->action);
    free(d);
}

/* The kept proof of an action, checked anew. False: none, or it does not hold. */
bool sg_eng_receipt(struct sg_engine *g, const char *action_id, struct sg_receipt *out)
{
    struct sg_buf b;
    struct sg_checkpoint c;
    struct sg_error e = { 0 };
    memset(out, 0, sizeof *out);
    if (!g->logs || !g->store || !g->logs->has_key)
        return false;
    sg_buf_init(&b, SG_JSON_REPLY.bytes);
    bool ok = sg_store_kept_get(g->store, "receipt", action_id, &b) == SG_E_OK && b.data &&
              sg_receipt_check(b.data, b.len, &g->logs->key, "", action_id, out, &c, NULL, &e) == SG_E_OK;
    sg_buf_free(&b);
    return ok;
}

enum sg_err sg_logs_accepted(struct sg_engine *g)
{
    struct sg_logs *l = g->logs;
    char number[32];
    sg_format(number, sizeof number, "%lld", (long long)l->generation + 1);
    enum sg_err err = sg_store_kept_put(g->store, "log-generation", "", number, strlen(number));
    err = err == SG_E_OK ? sg_store_kept_drop(g->store, "log-key", "") : err;
    err = err == SG_E_OK ? sg_store_kept_drop(g->store, "fork", "") : err;
    if (err != SG_E_OK)
        return err;
    l->generation++;
    l->forked = l->has_key = false;
    l->why[0] = '\0';
    read_key(g);
    return SG_E_OK;
}
