/* The request and its answer as text. Read as strictly as they are written. */
#include <inttypes.h>
#include <string.h>
#include "base/base64.h"
#include "base/str.h"
#include "witness/witness.h"

enum sg_err sg_witness_ask_write(const struct sg_witness_ask *a, struct sg_buf *out)
{
    if (a->proof.n > SG_WITNESS_PROOF_MAX) return SG_E_LIMIT;
    (void)sg_buf_addf(out, "old %" PRIu64 "\n", a->old);
    for (size_t i = 0; i < a->proof.n; i++) {
        char text[SG_BASE64_LEN(SG_HASH_LEN) + 1];
        sg_base64(text, a->proof.h[i].b, SG_HASH_LEN);
        (void)sg_buf_addf(out, "%s\n", text);
    }
    (void)sg_buf_addz(out, "\n");
    (void)sg_buf_add(out, a->note, a->note_len);
    return sg_buf_check(out);
}

/* The next line without its newline; NULL at the end, or when the rest has none. */
static const char *line(const char **at, const char *end, size_t *n)
{
    const char *from = *at, *nl = memchr(from, '\n', (size_t)(end - from));
    if (!nl) return NULL;
    *n = (size_t)(nl - from);
    *at = nl + 1;
    return from;
}

bool sg_witness_ask_read(const char *body, size_t n, struct sg_witness_ask *out)
{
    const char *at = body, *end = body + n;
    size_t len = 0, got = 0;
    memset(out, 0, sizeof *out);
    const char *l = n > 0 ? line(&at, end, &len) : NULL;
    if (!l || len < 5 || memcmp(l, "old ", 4) != 0 || !sg_size_parse(l + 4, len - 4, &out->old)) return false;
    while ((l = line(&at, end, &len)) != NULL && len > 0) {
        if (out->proof.n == SG_WITNESS_PROOF_MAX) return false;
        if (!sg_unbase64(out->proof.h[out->proof.n++].b, SG_HASH_LEN, &got, l, len) || got != SG_HASH_LEN) return false;
    }
    out->note = at;
    out->note_len = (size_t)(end - at);
    return l != NULL && out->note_len > 0;
}

enum sg_err sg_witness_line(const char *note, size_t n, const char *body, size_t len, const struct sg_note_key *k, uint64_t *when, struct sg_buf *out)
{
    struct sg_note parsed;
    const char *at = body, *end = body + len, *l;
    size_t line_len = 0;
    enum sg_err err = SG_E_NOTFOUND;
    while (err == SG_E_NOTFOUND && at < end && (l = line(&at, end, &line_len)) != NULL) {
        struct sg_buf one;
        sg_buf_init(&one, SG_NOTE_MAX);
        (void)sg_buf_add(&one, note, n);
        (void)sg_buf_add(&one, l, line_len + 1);
        if (sg_buf_check(&one) == SG_E_OK && sg_note_parse(one.data, one.len, &parsed, NULL) == SG_E_OK) err = sg_note_verify(&parsed, k, when);
        sg_buf_free(&one);
        if (err == SG_E_OK) err = sg_buf_add(out, l, line_len + 1);
    }
    return err;
}
