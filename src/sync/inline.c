/* The engine without a thread, for the command line: stepped until one ask has its final answer or the time is up. Tells of other asks and
 * news are dropped; what they announce is in the store anyway. */
#include "sync/runner.h"
#include <stdlib.h>

struct sg_inline {
    struct sg_engine *engine;
    struct sg_curl *curl;
    struct sg_clock clock;
    uint64_t last_id, ask;
    bool finished, queued;
    sg_tell_fn *fn; void *ctx;
};

static void on_tell(void *ctx, struct sg_tell *t)
{
    struct sg_inline *r = ctx;
    if (r->ask == 0 || t->ask != r->ask) {
        sg_tell_free(t);
        return;
    }
    r->finished |= t->final;
    r->queued |= t->kind == SG_TELL_ACTION;
    if (r->fn)
        r->fn(r->ctx, t);
    else
        sg_tell_free(t);
}

enum sg_err sg_inline_open(const struct sg_engine_opts *o, struct sg_inline **out, struct sg_error *e)
{
    *out = NULL;
    struct sg_inline *r = calloc(1, sizeof *r);
    if (!r)
        return sg_fail(e, SG_E_NOMEM, "", "engine");
    r->clock = o->clock;
    enum sg_err err = sg_engine_new(o, on_tell, r, &r->engine, e);
    if (err == SG_E_OK)
        err = sg_curl_new(&o->identity, sg_engine_reply, r->engine, &r->curl, e);
    if (err != SG_E_OK) {
        sg_inline_close(r);
        return err;
    }
    sg_engine_set_transport(r->engine, sg_curl_transport(r->curl));
    *out = r;
    return SG_E_OK;
}

static int shorter(int due, int64_t left)
{
    if (left < 0)
        return due;
    return due < 0 || left < due ? (int)left : due;
}

enum sg_err sg_inline_ask(struct sg_inline *r, struct sg_ask *a, int wait_ms, sg_tell_fn *fn, void *ctx)
{
    int64_t until = wait_ms < 0 ? -1 : sg_mono(&r->clock) + wait_ms;
    if (a->id == 0)
        a->id = (UINT64_C(1) << 62) + ++r->last_id;
    r->ask = a->id;
    r->finished = r->queued = false;
    r->fn = fn;
    r->ctx = ctx;
    sg_engine_ask(r->engine, a);
    bool late = false, mute = sg_engine_mute(r->engine);
    while (!r->finished && !late && !mute) {
        int due = sg_engine_step(r->engine);
        mute = sg_engine_mute(r->engine);
        if (r->finished || mute)
            break;
        int64_t left = until < 0 ? -1 : until - sg_mono(&r->clock);
        late = until >= 0 && left <= 0;
        if (!late)
            sg_curl_run(r->curl, -1, shorter(due, left));
    }
    r->ask = 0;
    r->fn = NULL;
    if (r->finished)
        return SG_E_OK;
    if (mute)
        return SG_E_NOMEM;
    return r->queued ? SG_E_QUEUED : SG_E_OFFLINE;
}

void sg_inline_close(struct sg_inline *r)
{
    if (!r)
        return;
    sg_engine_free(r->engine);                  /* closes the transport as well */
    free(r);
}
