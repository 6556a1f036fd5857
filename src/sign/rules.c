/* The rules. A signature says: under this origin there has never been, and will never be, another tree of this size. So nothing is signed
 * that does not grow, by proof, out of what was signed before; and what is about to be signed is written down durably first. The other side
 * is taken to be hostile: everything it says is checked here against this side's own book. */
#include <stdlib.h>
#include <string.h>
#include "base/secret.h"
#include "base/str.h"
#include "sign/sign.h"

enum { ROWS_MAX = 100000 };

const char *sg_sign_text(enum sg_sign_verdict v)
{
    static const char *const text[SG_SIGN_VERDICTS] = {
        [SG_SIGN_OK] = "signed", [SG_SIGN_MALFORMED] = "not a request", [SG_SIGN_OTHER_ORIGIN] = "not a log of this key",
        [SG_SIGN_NOT_EMPTY] = "an unknown log must begin empty", [SG_SIGN_EPOCH] = "this epoch is closed or has not been begun",
        [SG_SIGN_SMALLER] = "smaller than what was signed before", [SG_SIGN_OTHER_ROOT] = "another root than was signed for this size",
        [SG_SIGN_INCONSISTENT] = "does not follow from what was signed before", [SG_SIGN_STORE] = "the signer's state could not be written",
    };
    return (unsigned)v < SG_SIGN_VERDICTS ? text[v] : "";
}

void sg_sign_free(struct sg_sign_book *b)
{
    if (!b) return;
    free(b->row);
    sg_wipe(b, sizeof *b);
}

static struct sg_signed *row_of(const struct sg_sign_book *b, const char *origin)
{
    for (size_t i = 0; i < b->n; i++)
        if (sg_eq(b->row[i].origin, origin)) return &b->row[i];
    return NULL;
}

const struct sg_signed *sg_sign_last(const struct sg_sign_book *b, const char *origin) { return row_of(b, origin); }

/* The newest epoch of a log that anything was signed under; false: none. */
static bool newest(const struct sg_sign_book *b, const char *log, uint64_t *epoch)
{
    bool any = false;
    for (size_t i = 0; i < b->n; i++) {
        char other[SG_LOG_ID_MAX];
        uint64_t n = 0;
        if (!sg_origin_parse(b->row[i].origin, b->signer.key.name, other, &n) || !sg_eq(other, log)) continue;
        if (!any || n > *epoch) *epoch = n;
        any = true;
    }
    return any;
}

/* Ids of logs are a-z, 0-9 and -, so that an origin is one line and has one spelling. */
static bool ours(const struct sg_sign_book *b, const char *origin, char log[SG_LOG_ID_MAX], uint64_t *epoch)
{
    return sg_origin_parse(origin, b->signer.key.name, log, epoch) && log[0] && strspn(log, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(log);
}

static enum sg_sign_verdict judge_first(const struct sg_sign_request *rq, uint64_t epoch)
{
    struct sg_hash empty;
    sg_merkle_empty(&empty);
    if (epoch != 0) return SG_SIGN_EPOCH;
    return rq->size == 0 && memcmp(&rq->root, &empty, sizeof empty) == 0 ? SG_SIGN_OK : SG_SIGN_NOT_EMPTY;
}

enum sg_sign_verdict sg_sign_judge(const struct sg_sign_book *b, const struct sg_sign_request *rq)
{
    char log[SG_LOG_ID_MAX];
    uint64_t epoch = 0, last_epoch = 0;
    if (!ours(b, rq->origin, log, &epoch)) return SG_SIGN_OTHER_ORIGIN;
    if (!newest(b, log, &last_epoch)) return judge_first(rq, epoch);
    if (epoch != last_epoch) return SG_SIGN_EPOCH;
    const struct sg_signed *last = row_of(b, rq->origin);
    if (!last) return SG_SIGN_EPOCH;
    if (rq->size < last->size) return SG_SIGN_SMALLER;
    if (rq->size == last->size && memcmp(&rq->root, &last->root, sizeof rq->root) != 0) return SG_SIGN_OTHER_ROOT;
    if (rq->size > INT64_MAX || rq->proof.n > SG_PROOF_MAX) return SG_SIGN_MALFORMED;
    return sg_merkle_check_consistency(last->size, rq->size, &last->root, &rq->root, rq->proof.h, rq->proof.n) ? SG_SIGN_OK : SG_SIGN_INCONSISTENT;
}

enum sg_err sg_sign_put(struct sg_sign_book *b, const struct sg_signed *s)
{
    struct sg_signed *at = row_of(b, s->origin);
    if (!at) {
        struct sg_signed *more = b->n < ROWS_MAX ? realloc(b->row, (b->n + 1) * sizeof *more) : NULL;
        if (!more) return SG_E_NOMEM;
        b->row = more;
        at = &b->row[b->n++];
    }
    *at = *s;
    return SG_E_OK;
}

static bool write_down(struct sg_sign_book *b, const struct sg_signed *s)
{
    return (!b->keep || b->keep(b->ctx, s)) && sg_sign_put(b, s) == SG_E_OK;
}

enum sg_sign_verdict sg_sign(struct sg_sign_book *b, const struct sg_sign_request *rq, struct sg_buf *note)
{
    struct sg_checkpoint c = {.size = rq->size, .root = rq->root};
    struct sg_signed s = {.size = rq->size, .root = rq->root};
    enum sg_sign_verdict v = sg_sign_judge(b, rq);
    if (v != SG_SIGN_OK) return v;
    SG_COPY(c.origin, rq->origin);
    SG_COPY(s.origin, rq->origin);
    const struct sg_signed *last = row_of(b, rq->origin);
    if ((!last || last->size != rq->size) && !write_down(b, &s)) return SG_SIGN_STORE;
    return sg_checkpoint_sign(&c, &b->signer, note) == SG_E_OK ? SG_SIGN_OK : SG_SIGN_STORE;
}

enum sg_err sg_sign_epoch(struct sg_sign_book *b, const char *origin)
{
    char log[SG_LOG_ID_MAX];
    uint64_t epoch = 0, last = 0;
    struct sg_signed s = {0};
    if (!ours(b, origin, log, &epoch) || !SG_COPY(s.origin, origin)) return SG_E_INPUT;
    if (!newest(b, log, &last) || epoch != last + 1) return SG_E_STATE;
    sg_merkle_empty(&s.root);
    return write_down(b, &s) ? SG_E_OK : SG_E_IO;
}
