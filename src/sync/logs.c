/* The client as a witness of the event logs. At each sync, and in the full screen whenever the service says that its log grew, the list of
 * logs is read; of each log that grew the newest checkpoint; and of each such checkpoint the proof that it continues the one we kept. Only
 * then it becomes the one we keep. The proof of each own action is fetched and kept with it, and its checkpoint must fit as well.
 *
 * One request at a time. What cannot be asked now is asked later; what does not fit is a FORK: both checkpoints are written to a file
 * beside the queue, nothing is sent any more, and that stays so over restarts until a person has looked (sigill log accept). */
#include "base/log.h"
#include "base/str.h"
#include "sync/logs_inside.h"
#include <stdlib.h>
#include <string.h>

enum { LOGS_MOST = 512, LOG_TIMEOUT_MS = 10000, AGAIN_MS = 1000, CALM_MS = 3000, TRIES_MOST = 6, PROOF_PACE_MS = 100, UNKEPT_PAUSE_MS = 60000 };
static int64_t mono(const struct sg_engine *g) { return sg_mono(&g->o.clock); }

bool sg_eng_logs_new(struct sg_engine *g)
{
    g->logs = calloc(1, sizeof *g->logs);
    if (g->logs) {
        g->logs->total = -1;
        sg_witnessed_begin(&g->logs->witness, g->log_witnesses, g->o.log_witness_quorum);
    }
    return g->logs != NULL;
}

void sg_logs_drop_shown(struct sg_logs *l)
{
    free(l->note);
    l->note = NULL;
}

bool sg_eng_forked(const struct sg_engine *g) { return g->logs && g->logs->forked; }

/* The machine, not the service, is what failed: asked again, a few times. */
void sg_logs_later(struct sg_engine *g)
{
    g->logs->tries++;
    g->logs->not_before = mono(g) + AGAIN_MS;
}

/* ---- asking ---- */

static bool ask(struct sg_engine *g, enum sg_logs_step step, const char *path, const char *query)
{
    struct sg_http_request rq = { .method = SG_GET };
    if (!SG_COPY(rq.path, path) || !SG_COPY(rq.query, query))
        return false;
    g->logs->step = step;
    if (sg_eng_send(g, SG_RQ_LOG, &rq, LOG_TIMEOUT_MS))
        return true;
    sg_logs_later(g);                           /* no memory: neither spin nor wait for it for ever */
    return false;
}

static bool ask_consistency(struct sg_engine *g)
{
    struct sg_logs *l = g->logs;
    uint64_t a = l->view.last.size, b = l->shown.size, epoch = 0;
    char path[256], query[160], log[SG_LOG_ID_MAX];
    if (!sg_origin_parse(l->shown.origin, l->key.name, log, &epoch))
        return false;
    sg_format(path, sizeof path, "/logs/%s/consistency", log);
    sg_format(query, sizeof query, "from=%llu&to=%llu&epoch=%llu", (unsigned long long)(a < b ? a : b), (unsigned long long)(a < b ? b : a), (unsigned long long)epoch);
    return ask(g, CONSISTENCY, path, query);
}

static void list_done(struct sg_engine *g)
{
    struct sg_logs *l = g->logs;
    free(l->row);
    l->row = NULL;
    l->n = l->at = 0;
    l->wanted = false;
    g->status_due = true;
}

/* Kept, so that who asks later (sigill status) need not walk. */
static void witnesses_seen(struct sg_engine *g)
{
    struct sg_witnessed *w = &g->logs->witness;
    bool known = w->known, met = w->met;
    sg_witnessed_walked(w);
    if (w->asked && (!known || met != w->met) && sg_store_kept_put(g->store, "witnessed", "", w->met ? "yes" : "no", w->met ? 3 : 2) != SG_E_OK)
        sg_log(SG_LOG_WARN, "what the witnesses have signed could not be noted");
}

/* Also of a log whose size did not change: the list is not signed, and another tree may be as large. */
static bool ask_next_log(struct sg_engine *g)
{
    struct sg_logs *l = g->logs;
    char path[256];
    if (l->at == l->n) {
        l->total = (int64_t)l->verified;
        witnesses_seen(g);
        list_done(g);
        return false;
    }
    sg_format(path, sizeof path, "/logs/%s/checkpoint", l->row[l->at].log);
    return sg_logs_open_view(g, l->row[l->at].log) && ask(g, CHECKPOINT, path, "");
}

static bool ask_receipt(struct sg_engine *g)
{
    char path[256];
    sg_format(path, sizeof path, "/events/%s/proof", g->logs->due->event);
    return ask(g, PROOF, path, "");
}

/* Something is to be asked, now or within the time that a sync waits for. */
bool sg_eng_logs_busy(const struct sg_engine *g)
{
    const struct sg_logs *l = g->logs;
    if (!l || !g->store || l->forked || l->absent || !sg_eng_can_send(g) || l->tries >= TRIES_MOST)
        return false;
    return l->note || l->n > 0 || l->due || l->wanted;
}

/* Acts before proofs: while acts are on the wire a proof is fetched now and then only, or it would cost a long queue half of its speed. */
static bool acts_first(const struct sg_engine *g)
{
    const struct sg_logs *l = g->logs;
    return !l->note && l->n == 0 && l->due && l->has_key && g->n_rq[SG_RQ_PUT] > 0 && mono(g) < l->proof_at;
}

int64_t sg_eng_logs_due(const struct sg_engine *g)
{
    if (!sg_eng_logs_busy(g) || g->n_rq[SG_RQ_LOG] > 0)
        return -1;
    const struct sg_logs *l = g->logs;
    int64_t at = acts_first(g) && l->proof_at > l->not_before ? l->proof_at : l->not_before;
    return l->unkept_until > at ? l->unkept_until : at;
}

void sg_eng_logs_step(struct sg_engine *g)
{
    struct sg_logs *l = g->logs;
    if (!l || !g->store)
        return;
    sg_eng_logs_load(g);
    if (g->n_rq[SG_RQ_LOG] > 0 || !sg_eng_logs_busy(g) || mono(g) < l->not_before || acts_first(g) || mono(g) < l->unkept_until)
        return;
    if (sg_store_failing(g->store))                     /* what comes cannot be kept, and would be asked for again at once */
        l->unkept_until = mono(g) + UNKEPT_PAUSE_MS;
    if (l->note) {
        if (!ask_consistency(g))
            sg_logs_drop_shown(l);
    } else if (l->n > 0) {
        (void)ask_next_log(g);
    } else if (l->due && l->has_key) {
        l->proof_at = mono(g) + PROOF_PACE_MS;
        (void)ask_receipt(g);
    } else {
        l->listed_at = mono(g);
        (void)ask(g, LIST, "/logs", "");
    }
}

void sg_eng_logs_want(struct sg_engine *g, bool now)
{
    struct sg_logs *l = g->logs;
    if (!l)
        return;
    l->wanted = true;
    l->tries = 0;
    if (now)
        l->absent = false;
    else if (l->not_before < l->listed_at + CALM_MS && l->listed_at > 0)
        l->not_before = l->listed_at + CALM_MS;
}

/* ---- answers ---- */

static const char *text_of(const cJSON *o, const char *key)
{
    const char *s = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(o, key));
    return s ? s : "";
}

/* The key is the profile's, or the one that was shown at first; another one is no key rotation but a fork. */
static bool take_key(struct sg_engine *g, const char *text, const struct sg_http_reply *r)
{
    struct sg_logs *l = g->logs;
    struct sg_note_key k;
    if (sg_note_key_parse(text, &k, NULL) != SG_E_OK)
        return false;
    if (l->has_key && !sg_note_key_same(&k, &l->key)) {
        sg_logs_fork(g, "the service signs its log with another key", r);
        return false;
    }
    if (!l->has_key && g->log_key) {
        sg_logs_fork(g, "log_key of the profile is not a verifier key", r);
        return false;
    }
    if (!l->has_key && sg_store_kept_put(g->store, "log-key", "", text, strlen(text)) != SG_E_OK)
        return false;
    l->key = k;
    l->has_key = true;
    return true;
}

/* One row a log: the newest epoch of it. */
static void take_row(struct sg_logs *l, const cJSON *o)
{
    struct sg_logs_row r = { 0 };
    int64_t size = 0;
    uint64_t epoch = 0, other = 0;
    char log[SG_LOG_ID_MAX];
    if (l->n == LOGS_MOST || sg_json_int(o, "size", true, 0, INT64_MAX, &size, NULL) != SG_E_OK || !SG_COPY(r.origin, text_of(o, "origin")) ||
        !sg_origin_parse(r.origin, l->key.name, r.log, &epoch))
        return;
    r.size = (uint64_t)size;
    for (size_t i = 0; i < l->n; i++)
        if (strcmp(l->row[i].log, r.log) == 0) {
            if (sg_origin_parse(l->row[i].origin, l->key.name, log, &other) && other < epoch)
                l->row[i] = r;
            return;
        }
    if (r.size > 0)
        l->row[l->n++] = r;
}

static void on_list(struct sg_engine *g, const cJSON *v, const struct sg_http_reply *r)
{
    struct sg_logs *l = g->logs;
    const cJSON *item;
    free(l->row);
    l->n = l->at = 0;
    l->verified = 0;
    l->witness.missing = 0;
    l->row = calloc(LOGS_MOST, sizeof *l->row);
    if (!l->row || !take_key(g, text_of(v, "key"), r)) {
        list_done(g);
        return;
    }
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(v, "logs"))
        take_row(l, item);
    if (l->n == 0)
        list_done(g);
}

/* Judges a checkpoint against the view that is open. False: nothing more to ask about it. */
static bool judge(struct sg_engine *g, const char *note, bool current, const struct sg_http_reply *r)
{
    struct sg_logs *l = g->logs;
    struct sg_error e = { 0 };
    sg_logs_drop_shown(l);
    l->note = strdup(note);
    switch (l->note ? sg_view_judge(&l->view, note, strlen(note), current, &l->shown, &e) : SG_VIEW_SAME) {
    case SG_VIEW_NEW_EPOCH:
        l->new_epoch = true;
        if (sg_store_kept_put(g->store, "new-epoch", "", l->shown.origin, strlen(l->shown.origin)) != SG_E_OK)
            sg_log(SG_LOG_WARN, "that the log was begun anew could not be noted");
        sg_log(SG_LOG_WARN, "the service was restored from an older backup: its log goes on as %s", l->shown.origin);
        if (sg_store_kept_put(g->store, "old-checkpoint", l->view.last.origin, note, strlen(note)) != SG_E_OK)
            sg_log(SG_LOG_WARN, "the last checkpoint of the old log could not be kept");
        sg_logs_keep(g, &l->shown, note);
        sg_logs_drop_shown(l);
        return false;
    case SG_VIEW_FIRST:
        sg_logs_keep(g, &l->shown, note);
        sg_logs_drop_shown(l);
        return false;
    case SG_VIEW_SAME:
        sg_logs_drop_shown(l);
        return false;
    case SG_VIEW_GREW:
        l->keep = true;
        return true;
    case SG_VIEW_EARLIER:
        l->keep = false;
        if (strcmp(l->shown.origin, l->view.last.origin) == 0)
            return true;
        sg_logs_drop_shown(l);
        return false;
    case SG_VIEW_BAD:
        if (e.code == SG_E_NOMEM) {             /* not looked at, so nothing is said against it */
            sg_logs_drop_shown(l);
            sg_logs_later(g);
            return true;
        }
        sg_logs_fork(g, e.detail, r);
        return false;
    case SG_VIEW_FORK:
        sg_logs_fork(g, "the service shows another log than before, or one that goes backwards", r);
        return false;
    }
    return false;
}

/* The newest checkpoint of a log is verified; where witnesses are demanded, what they have signed is looked at before the next log. */
static void next_log(struct sg_engine *g, const struct sg_http_reply *r)
{
    struct sg_logs *l = g->logs;
    bool prove = false, proved = l->witness.proving;
    if (l->at >= l->n)
        return;
    if (l->witness.asked && !proved && !sg_witnessed_show(&l->witness, l->cosigned, &l->key, &l->view.last, sg_eng_now(g), &prove)) {
        sg_logs_fork(g, "the witnesses have signed another log than the service shows", r);
        return;
    }
    if (prove && (l->note = strdup(l->witness.note))) {
        l->shown = l->witness.c;
        l->keep = false;
        return;
    }
    sg_witnessed_forget(&l->witness);
    l->verified += l->view.last.size;
    l->at++;
}

static void on_checkpoint(struct sg_engine *g, const cJSON *v, const struct sg_http_reply *r)
{
    struct sg_logs *l = g->logs;
    const char *cosigned = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(v, "witnessed"), "checkpoint"));
    free(l->cosigned);
    l->cosigned = l->witness.asked && cosigned ? strdup(cosigned) : NULL;
    if (!judge(g, text_of(v, "checkpoint"), true, r) && !l->forked)
        next_log(g, r);
}

static void on_consistency(struct sg_engine *g, const cJSON *v, const struct sg_http_reply *r)
{
    struct sg_logs *l = g->logs;
    struct sg_proof p;
    if (!l->note)
        return;
    if (!sg_proof_read(v, &p) || !sg_view_proved(&l->view, &l->shown, p.h, p.n)) {
        sg_logs_fork(g, "the service cannot prove that its log only grew", r);
        return;
    }
    if (l->keep)
        sg_logs_keep(g, &l->shown, l->note);
    sg_logs_drop_shown(l);
    next_log(g, r);
}

/* The proof of an own action. One that does not hold is as good a reason to stop as a fork. */
static void on_proof(struct sg_engine *g, const struct sg_http_reply *r)
{
    struct sg_logs *l = g->logs;
    struct sg_receipt receipt;
    struct sg_checkpoint c;
    struct sg_error e = { 0 };
    cJSON *v = NULL;
    char why[SG_DETAIL_MAX];
    if (!l->due)
        return;
    enum sg_err err = sg_receipt_check(r->body.data ? r->body.data : "", r->body.len, &l->key, l->due->event, l->due->action, &receipt, &c, NULL, &e);
    if (err == SG_E_NOMEM) {
        sg_logs_later(g);
        return;
    }
    if (err != SG_E_OK) {
        sg_format(why, sizeof why, "the proof of an action does not hold: %s", e.detail);
        memset(&l->view, 0, sizeof l->view);
        sg_logs_fork(g, why, r);
        return;
    }
    if (sg_store_kept_put(g->store, "receipt", l->due->action, r->body.data, r->body.len) != SG_E_OK) {
        sg_log(SG_LOG_ERROR, "a proof could not be kept");
        sg_logs_later(g);
        return;
    }
    bool open = sg_logs_open_view(g, receipt.log);
    if (!open && !l->forked)
        return;
    if (open && sg_eng_body(r, &v) == SG_E_OK)
        (void)judge(g, text_of(v, "checkpoint"), false, r);
    cJSON_Delete(v);
    sg_logs_due_done(g);
}

static void again(struct sg_engine *g, const struct sg_http_reply *r)
{
    struct sg_logs *l = g->logs;
    int64_t wait = r->retry_after > 0 && r->retry_after < 60 ? (int64_t)r->retry_after * 1000 : AGAIN_MS;
    l->tries++;
    l->not_before = mono(g) + (wait > AGAIN_MS / 2 ? wait : AGAIN_MS);
}

/* Refused: this service has no logs (an older one), or the event is not for us. */
static void refused(struct sg_engine *g)
{
    struct sg_logs *l = g->logs;
    if (l->step == PROOF && l->due)
        sg_logs_due_done(g);
    else if (l->step == LIST)
        l->absent = true;
    else if (l->step == CONSISTENCY && l->note)
        sg_logs_fork(g, "the service refuses to prove that its log only grew", NULL);
    if (l->step == CHECKPOINT) {
        l->at++;
        l->witness.missing++;
    }
}

void sg_eng_on_log(struct sg_engine *g, struct sg_rq *q, struct sg_http_reply *r, enum sg_verdict v, struct sg_problem_info *pi)
{
    struct sg_logs *l = g->logs;
    cJSON *o = NULL;
    (void)q;
    (void)pi;
    if (!l || l->forked)
        return;
    if (v != SG_V_DONE) {
        if (v == SG_V_REFUSED || v == SG_V_CONFLICT)
            refused(g);
        else
            again(g, r);
        return;
    }
    if (sg_eng_body(r, &o) != SG_E_OK) {
        again(g, r);
        return;
    }
    l->tries = 0;
    l->not_before = 0;
    switch (l->step) {
    case LIST: on_list(g, o, r); break;
    case CHECKPOINT: on_checkpoint(g, o, r); break;
    case CONSISTENCY: on_consistency(g, o, r); break;
    case PROOF: on_proof(g, r); break;
    case NOTHING: break;
    }
    cJSON_Delete(o);
    g->status_due = true;
}

/* ---- out ---- */

void sg_eng_logs_status(const struct sg_engine *g, struct sg_log_status *s)
{
    const struct sg_logs *l = g->logs;
    memset(s, 0, sizeof *s);
    s->verified = -1;
    if (!l)
        return;
    s->verified = l->forked ? -1 : l->total;
    s->forked = l->forked;
    s->new_epoch = l->new_epoch;
    s->quorum = l->witness.asked ? l->witness.want.quorum : 0;
    s->witnessed = l->witness.asked && l->witness.known && l->witness.met;
    SG_COPY(s->why, l->why);
    if (l->has_key)
        sg_note_key_print(s->key, &l->key);
}

enum sg_err sg_eng_proof_check(const struct sg_engine *g, const struct sg_http_reply *r, const char *event_id, struct sg_receipt *out, struct sg_error *e)
{
    struct sg_checkpoint c;
    memset(out, 0, sizeof *out);
    if (!g->logs || !g->logs->has_key)
        return sg_fail(e, SG_E_STATE, "proof", "the key of the log is not known yet");
    return sg_receipt_check(r->body.data ? r->body.data : "", r->body.len, &g->logs->key, event_id, NULL, out, &c, NULL, e);
}

enum sg_err sg_eng_logs_accept(struct sg_engine *g)
{
    struct sg_logs *l = g->logs;
    if (!l || !g->store)
        return SG_E_STATE;
    sg_eng_logs_load(g);
    if (l->new_epoch && sg_store_kept_drop(g->store, "new-epoch", "") != SG_E_OK)
        return SG_E_IO;
    l->new_epoch = false;
    g->status_due = true;
    if (!l->forked)                              /* the epoch was all there was to accept: what is known of the logs stays */
        return SG_E_OK;
    enum sg_err err = sg_logs_accepted(g);
    if (err != SG_E_OK)
        return err;
    sg_logs_drop_shown(l);
    list_done(g);
    g->drain_due = true;
    sg_eng_logs_want(g, true);
    return SG_E_OK;
}
