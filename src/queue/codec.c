/* One queue row as JSON, as it stands inside the seal. What stands in clear columns (seq, id, state, times for scheduling) is not
 * repeated here: it is bound to the seal as associated data. The text is padded with blanks to a multiple of 256 bytes, so that its
 * length tells little. */
#include "queue/internal.h"
#include "base/str.h"
#include <string.h>

enum { PAD = 256 };

static bool put_node(cJSON *o, const char *key, cJSON *child)
{
    if (child && cJSON_AddItemToObject(o, key, child))
        return true;
    cJSON_Delete(child);
    return false;
}

static bool put_text(cJSON *o, const char *key, const char *text)
{
    return !text[0] || cJSON_AddStringToObject(o, key, text);
}

static bool put_int(cJSON *o, const char *key, int64_t v)
{
    return v == 0 || cJSON_AddNumberToObject(o, key, (double)v);
}

/* An outcome the client had to put together itself has no place in the log: event_index -1, which the wire form does not know. */
static cJSON *outcome_node(const struct sg_outcome *o)
{
    struct sg_outcome plain = *o;
    if (plain.event_index < 0)
        plain.event_index = 0;
    return sg_wire_outcome(&plain);
}

static bool build(cJSON *o, const struct sg_qrow *r)
{
    return put_node(o, "action", sg_wire_action(&r->action, true)) && put_text(o, "commission", r->commission)
        && put_int(o, "attempts", r->attempts) && put_int(o, "lastStatus", r->last_status) && put_text(o, "lastError", r->last_error)
        && put_int(o, "sentAt", r->sent_at) && put_int(o, "doneAt", r->done_at) && put_text(o, "resolvedAs", r->resolved_as)
        && put_text(o, "successor", r->successor) && put_text(o, "note", r->note)
        && (!r->has_base || put_node(o, "base", sg_wire_citizen(&r->base)))
        && (!r->has_outcome || (put_node(o, "outcome", outcome_node(&r->outcome))
                               && (r->outcome.event_index >= 0 || cJSON_AddTrueToObject(o, "noEvent"))));
}

enum sg_err sg_q_encode(const struct sg_qrow *r, struct sg_buf *out)
{
    cJSON *o = cJSON_CreateObject();
    if (!o || !build(o, r)) {
        cJSON_Delete(o);
        return SG_E_NOMEM;
    }
    enum sg_err err = sg_wire_print(o, out);
    char blanks[PAD];
    memset(blanks, ' ', sizeof blanks);
    if (err == SG_E_OK && out->len % PAD)
        err = sg_buf_add(out, blanks, PAD - out->len % PAD);
    return err == SG_E_OK ? sg_buf_check(out) : err;
}

static enum sg_err get_int(const cJSON *o, const char *key, int64_t *dst)
{
    *dst = 0;
    return sg_json_int(o, key, false, INT64_C(-9007199254740992), INT64_C(9007199254740992), dst, NULL);
}

static enum sg_err plain_fields(const cJSON *o, struct sg_qrow *r)
{
    struct { const char *key; char *dst; size_t cap; } const TEXT[] = {
        {"commission", r->commission, sizeof r->commission}, {"lastError", r->last_error, sizeof r->last_error},
        {"resolvedAs", r->resolved_as, sizeof r->resolved_as}, {"successor", r->successor, sizeof r->successor},
        {"note", r->note, sizeof r->note},
    };
    enum sg_err err = SG_E_OK;
    for (size_t i = 0; i < sizeof TEXT / sizeof TEXT[0] && err == SG_E_OK; i++)
        err = sg_json_str(o, TEXT[i].key, false, TEXT[i].dst, TEXT[i].cap, NULL);
    int64_t attempts = 0, status = 0;
    if (err == SG_E_OK)
        err = get_int(o, "attempts", &attempts);
    if (err == SG_E_OK)
        err = get_int(o, "lastStatus", &status);
    if (err == SG_E_OK)
        err = get_int(o, "sentAt", &r->sent_at);
    if (err == SG_E_OK)
        err = get_int(o, "doneAt", &r->done_at);
    r->attempts = (int)attempts;
    r->last_status = (int)status;
    return err;
}

static enum sg_err decode_tree(const cJSON *o, struct sg_qrow *r)
{
    const cJSON *action = cJSON_GetObjectItemCaseSensitive(o, "action"), *base = cJSON_GetObjectItemCaseSensitive(o, "base");
    const cJSON *outcome = cJSON_GetObjectItemCaseSensitive(o, "outcome");
    if (!action)
        return SG_E_CORRUPT;
    enum sg_err err = sg_wire_action_read(action, true, &r->action, NULL);
    if (err == SG_E_OK)
        err = plain_fields(o, r);
    if (err == SG_E_OK && base) {
        r->has_base = true;
        err = sg_wire_citizen_read(base, &r->base, NULL);
    }
    if (err == SG_E_OK && outcome) {
        r->has_outcome = true;
        err = sg_wire_outcome_read(outcome, &r->outcome, NULL);
        if (err == SG_E_OK && cJSON_GetObjectItemCaseSensitive(o, "noEvent"))
            r->outcome.event_index = -1;
    }
    return err;
}

enum sg_err sg_q_decode(const char *text, size_t n, struct sg_qrow *out)
{
    cJSON *o = NULL;
    enum sg_err err = sg_json_parse(text, n, &SG_JSON_REPLY, &o, NULL);
    if (err == SG_E_OK)
        err = decode_tree(o, out);
    cJSON_Delete(o);
    if (err != SG_E_OK) {
        sg_qrow_free(out);
        return err == SG_E_NOMEM ? err : SG_E_CORRUPT;
    }
    return SG_E_OK;
}

void sg_qrow_free(struct sg_qrow *r)
{
    if (!r)
        return;
    if (r->has_base)
        sg_citizen_free(&r->base);
    if (r->has_outcome)
        sg_outcome_free(&r->outcome);
    memset(r, 0, sizeof *r);
}
