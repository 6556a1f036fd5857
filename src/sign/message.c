/* Messages of the signer's socket, one a packet: fixed octets, numbers big endian, texts with their length. Strict both ways. */
#include <string.h>
#include "base/str.h"
#include "sign/sign.h"

struct cut { const uint8_t *p; size_t n; bool bad; };

static void put(struct sg_buf *b, uint64_t v, size_t bytes)
{
    uint8_t o[8];
    for (size_t i = 0; i < bytes; i++) o[i] = (uint8_t)(v >> (8 * (bytes - 1 - i)));
    (void)sg_buf_add(b, o, bytes);
}
static void put_text(struct sg_buf *b, const char *s)
{
    size_t n = strlen(s);
    put(b, n, 2);
    (void)sg_buf_add(b, s, n);
}

static const uint8_t *take(struct cut *c, size_t n)
{
    static const uint8_t zero[SG_HASH_LEN];
    c->bad = c->bad || c->n < n;
    if (c->bad) return zero;
    c->p += n;
    c->n -= n;
    return c->p - n;
}
static uint64_t number(struct cut *c, size_t bytes)
{
    const uint8_t *p = take(c, bytes);
    uint64_t v = 0;
    for (size_t i = 0; i < bytes; i++) v = v << 8 | p[i];
    return v;
}
static void hash(struct cut *c, struct sg_hash *h) { memcpy(h->b, take(c, SG_HASH_LEN), SG_HASH_LEN); }
static void words(struct cut *c, char *dst, size_t cap)
{
    size_t n = number(c, 2);
    c->bad = c->bad || n >= cap || n > c->n;
    if (c->bad) return;
    const uint8_t *p = take(c, n);
    c->bad = memchr(p, 0, n) != NULL;
    memcpy(dst, p, n);
    dst[n] = '\0';
}

enum sg_err sg_sign_ask_write(const struct sg_sign_ask *a, struct sg_buf *out)
{
    put(out, a->op, 1);
    put(out, a->at, 8);
    put_text(out, a->rq.origin);
    put(out, a->rq.size, 8);
    (void)sg_buf_add(out, a->rq.root.b, SG_HASH_LEN);
    put(out, a->rq.proof.n, 1);
    (void)sg_buf_add(out, a->rq.proof.h, a->rq.proof.n * SG_HASH_LEN);
    return sg_buf_check(out);
}

bool sg_sign_ask_read(const void *data, size_t n, struct sg_sign_ask *out)
{
    struct cut c = {.p = data, .n = n};
    memset(out, 0, sizeof *out);
    uint64_t op = number(&c, 1);
    out->op = (enum sg_sign_op)op;
    out->at = number(&c, 8);
    words(&c, out->rq.origin, sizeof out->rq.origin);
    out->rq.size = number(&c, 8);
    hash(&c, &out->rq.root);
    out->rq.proof.n = (size_t)number(&c, 1);
    if (out->rq.proof.n > SG_PROOF_MAX) return false;
    for (size_t i = 0; i < out->rq.proof.n; i++) hash(&c, &out->rq.proof.h[i]);
    return !c.bad && c.n == 0 && op >= SG_SIGN_KEY && op <= SG_SIGN_SIGN;
}

enum sg_err sg_sign_answer_write(const struct sg_sign_answer *a, struct sg_buf *out)
{
    put(out, a->verdict, 1);
    put(out, a->found, 1);
    put_text(out, a->last.origin);
    put(out, a->last.size, 8);
    (void)sg_buf_add(out, a->last.root.b, SG_HASH_LEN);
    put_text(out, a->text);
    return sg_buf_check(out);
}

bool sg_sign_answer_read(const void *data, size_t n, struct sg_sign_answer *out)
{
    struct cut c = {.p = data, .n = n};
    memset(out, 0, sizeof *out);
    uint64_t verdict = number(&c, 1);
    out->verdict = (enum sg_sign_verdict)verdict;
    out->found = number(&c, 1) == 1;
    words(&c, out->last.origin, sizeof out->last.origin);
    out->last.size = number(&c, 8);
    hash(&c, &out->last.root);
    words(&c, out->text, sizeof out->text);
    return !c.bad && c.n == 0 && verdict < SG_SIGN_VERDICTS;
}

static void tell_row(const struct sg_signed *s, struct sg_sign_answer *out)
{
    out->found = s != NULL;
    if (s) out->last = *s;
}

static void sign(struct sg_sign_book *b, const struct sg_sign_request *rq, struct sg_sign_answer *out)
{
    struct sg_buf note;
    sg_buf_init(&note, sizeof out->text - 1);
    out->verdict = sg_sign(b, rq, &note);
    if (out->verdict == SG_SIGN_OK && note.data) (void)sg_copyn(out->text, sizeof out->text, note.data, note.len);
    sg_buf_free(&note);
}

void sg_sign_serve(struct sg_sign_book *b, const void *data, size_t n, struct sg_sign_answer *out)
{
    struct sg_sign_ask ask;
    memset(out, 0, sizeof *out);
    if (!sg_sign_ask_read(data, n, &ask)) {
        out->verdict = SG_SIGN_MALFORMED;
        return;
    }
    switch (ask.op) {
    case SG_SIGN_KEY: sg_note_key_print(out->text, &b->signer.key); break;
    case SG_SIGN_LAST: tell_row(sg_sign_last(b, ask.rq.origin), out); break;
    case SG_SIGN_AT: tell_row(ask.at < b->n ? &b->row[ask.at] : NULL, out); break;
    case SG_SIGN_SIGN: sign(b, &ask.rq, out); break;
    }
}
