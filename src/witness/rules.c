/* What a witness answers. In the specification's order: which log is it, who signed it, does it start where we stopped, is it proved. Only
 * then is it written down, and only when that is on the disk the signature leaves. */
#include <inttypes.h>
#include <string.h>
#include "base/log.h"
#include "base/str.h"
#include "witness/witness.h"

enum { OK = 200, BAD = 400, UNSIGNED = 403, UNKNOWN = 404, CONFLICT = 409, UNPROVED = 422, FAULT = 500 };

enum sg_err sg_witness_open(struct sg_witness *w, const char *key_file, const char *name, struct sg_error *e)
{
    return sg_sign_open_as(&w->store, key_file, name, SG_NOTE_COSIGNATURE, e);
}

void sg_witness_close(struct sg_witness *w) { sg_sign_close(&w->store); }

enum sg_err sg_witness_log(struct sg_witness *w, const char *vkey, struct sg_error *e)
{
    if (w->n == SG_WITNESS_LOGS_MAX) return sg_fail(e, SG_E_LIMIT, "--log", "at most %d logs", SG_WITNESS_LOGS_MAX);
    enum sg_err err = sg_note_key_parse(vkey, &w->log[w->n], e);
    if (err == SG_E_OK && w->log[w->n].type != SG_NOTE_ED25519) err = sg_fail(e, SG_E_INPUT, "--log", "not the key of a log");
    if (err == SG_E_OK) w->n++;
    return err;
}

static const struct sg_note_key *key_of(const struct sg_witness *w, const char *origin)
{
    char log[SG_LOG_ID_MAX];
    uint64_t epoch = 0;
    for (size_t i = 0; i < w->n; i++)
        if (sg_eq(origin, w->log[i].name) || sg_origin_parse(origin, w->log[i].name, log, &epoch)) return &w->log[i];
    return NULL;
}

/* Of an origin of ours: a later epoch of the same log has been cosigned, so this one is over. */
static bool closed(const struct sg_witness *w, const struct sg_note_key *k, const char *origin)
{
    char log[SG_LOG_ID_MAX], other[SG_LOG_ID_MAX];
    uint64_t epoch = 0, later = 0;
    if (!sg_origin_parse(origin, k->name, log, &epoch)) return false;
    for (size_t i = 0; i < w->store.book.n; i++)
        if (sg_origin_parse(w->store.book.row[i].origin, k->name, other, &later) && sg_eq(other, log) && later > epoch) return true;
    return false;
}

static int tell_size(struct sg_buf *answer, uint64_t size)
{
    (void)sg_buf_addf(answer, "%" PRIu64 "\n", size);
    return CONFLICT;
}

/* The log has signed it, and it contradicts what the log has signed before. */
static int contradiction(struct sg_witness *w, const struct sg_checkpoint *c, const char *body, size_t n, int status)
{
    sg_log(SG_LOG_ERROR, "%s: a checkpoint of %" PRIu64 " entries does not follow from what was cosigned", c->origin, c->size);
    if (w->evidence) w->evidence(w->ctx, body, n);
    return status;
}

static int cosign(struct sg_witness *w, const struct sg_checkpoint *c, const struct sg_signed *last, const char *text, size_t n, struct sg_buf *answer)
{
    struct sg_signed s = {.size = c->size, .root = c->root};
    struct sg_sign_book *b = &w->store.book;
    SG_COPY(s.origin, c->origin);
    bool kept = (last && last->size == c->size) || (b->keep(b->ctx, &s) && sg_sign_put(b, &s) == SG_E_OK);
    if (!kept) sg_log(SG_LOG_ERROR, "%s: nothing is cosigned: it could not be written down", c->origin);
    return kept && sg_note_sign_line(&b->signer, text, n, (uint64_t)(sg_wall(&w->clock) / 1000), answer) == SG_E_OK ? OK : FAULT;
}

static int follows(struct sg_witness *w, const struct sg_witness_ask *a, const struct sg_checkpoint *c, const struct sg_signed *last, const char *body, size_t n,
                   struct sg_buf *answer)
{
    struct sg_hash empty;
    sg_merkle_empty(&empty);
    const struct sg_hash *root = last ? &last->root : &empty;
    uint64_t size = last ? last->size : 0;
    if (a->old != size) return tell_size(answer, size);
    if (a->old == c->size && memcmp(root, &c->root, sizeof *root) != 0) return contradiction(w, c, body, n, tell_size(answer, size));
    if (!sg_merkle_check_consistency(size, c->size, root, &c->root, a->proof.h, a->proof.n)) return contradiction(w, c, body, n, UNPROVED);
    return OK;
}

int sg_witness_add(struct sg_witness *w, const char *body, size_t n, struct sg_buf *answer)
{
    struct sg_witness_ask a;
    struct sg_note note;
    struct sg_checkpoint c;
    if (!sg_witness_ask_read(body, n, &a) || sg_note_parse(a.note, a.note_len, &note, NULL) != SG_E_OK ||
        sg_checkpoint_parse(note.text, note.text_len, &c, NULL) != SG_E_OK)
        return BAD;
    const struct sg_note_key *k = key_of(w, c.origin);
    if (!k) return UNKNOWN;
    if (sg_note_verify(&note, k, NULL) != SG_E_OK || closed(w, k, c.origin)) return UNSIGNED;
    if (a.old > c.size) return BAD;
    const struct sg_signed *last = sg_sign_last(&w->store.book, c.origin);
    int status = follows(w, &a, &c, last, body, n, answer);
    return status == OK ? cosign(w, &c, last, note.text, note.text_len, answer) : status;
}
