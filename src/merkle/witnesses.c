/* Counting cosignatures: each key once, however many lines it has. */
#include "merkle/witnesses.h"
#include "base/str.h"
#include <string.h>

static bool known(const struct sg_witnesses *w, const struct sg_note_key *k)
{
    for (size_t i = 0; i < w->n; i++)
        if (memcmp(w->key[i].pub, k->pub, sizeof k->pub) == 0)
            return true;
    return false;
}

enum sg_err sg_witnesses_parse(const char *text, int quorum, struct sg_witnesses *out, struct sg_error *e)
{
    const char *at = text ? text : "";
    char one[SG_VKEY_MAX];
    memset(out, 0, sizeof *out);
    for (at += strspn(at, " \t,"); *at; at += strspn(at, " \t,")) {
        struct sg_note_key k;
        size_t n = strcspn(at, " \t,");
        if (out->n == SG_WITNESSES_MAX || !sg_copyn(one, sizeof one, at, n))
            return sg_fail(e, SG_E_LIMIT, "witnesses", "more than %d, or a key that is too long", SG_WITNESSES_MAX);
        enum sg_err err = sg_note_key_parse(one, &k, e);
        if (err != SG_E_OK)
            return err;
        if (k.type != SG_NOTE_COSIGNATURE || known(out, &k))
            return sg_fail(e, SG_E_INPUT, "witnesses", "not the key of a witness, or one of them twice");
        out->key[out->n++] = k;
        at += n;
    }
    if (quorum < 0 || (size_t)quorum > out->n)
        return sg_fail(e, SG_E_INPUT, "witnesses", "%d of %zu", quorum, out->n);
    out->quorum = quorum > 0 ? quorum : (int)out->n;
    return SG_E_OK;
}

/* The quorum-th newest of n times. */
static uint64_t since(uint64_t *t, size_t n, size_t quorum)
{
    for (size_t i = 1; i < n; i++)
        for (size_t k = i; k > 0 && t[k - 1] < t[k]; k--) {
            uint64_t swap = t[k];
            t[k] = t[k - 1];
            t[k - 1] = swap;
        }
    return quorum > 0 ? t[quorum - 1] : 0;
}

enum sg_err sg_witnesses_check(const struct sg_witnesses *w, const char *note, size_t n, uint64_t *when)
{
    struct sg_note parsed;
    uint64_t time[SG_WITNESSES_MAX];
    size_t good = 0;
    enum sg_err err = sg_note_parse(note, n, &parsed, NULL);
    *when = 0;
    for (size_t i = 0; i < w->n && err == SG_E_OK; i++) {
        err = sg_note_verify(&parsed, &w->key[i], &time[good]);
        good += err == SG_E_OK;
        if (err == SG_E_NOTFOUND)
            err = SG_E_OK;
    }
    if (err != SG_E_OK)
        return err;
    if (good < (size_t)w->quorum)
        return SG_E_NOTFOUND;
    *when = since(time, good, (size_t)w->quorum);
    return SG_E_OK;
}
