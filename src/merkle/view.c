/* Judging a checkpoint by the last one. Nothing here changes the view: the caller does, once it has written the new checkpoint down. */
#include "merkle/view.h"
#include <string.h>

static bool same_root(const struct sg_checkpoint *a, const struct sg_checkpoint *b)
{
    return memcmp(a->root.b, b->root.b, SG_HASH_LEN) == 0;
}

static enum sg_view_verdict by_size(const struct sg_view *v, bool current, const struct sg_checkpoint *c)
{
    if (c->size == v->last.size)
        return same_root(c, &v->last) ? SG_VIEW_SAME : SG_VIEW_FORK;
    if (c->size > v->last.size)
        return SG_VIEW_GREW;
    return current ? SG_VIEW_FORK : SG_VIEW_EARLIER;
}

enum sg_view_verdict sg_view_judge(const struct sg_view *v, const char *note, size_t n, bool current, struct sg_checkpoint *out, struct sg_error *e)
{
    char log[SG_LOG_ID_MAX], known_log[SG_LOG_ID_MAX];
    uint64_t epoch = 0, known = 0;
    if (sg_checkpoint_open(note, n, &v->key, out, e) != SG_E_OK)
        return SG_VIEW_BAD;
    if (!sg_origin_parse(out->origin, v->key.name, log, &epoch) || strcmp(log, v->log) != 0) {
        (void)sg_fail(e, SG_E_CORRUPT, "origin", "a checkpoint of another log");
        memset(out, 0, sizeof *out);
        return SG_VIEW_BAD;
    }
    if (!v->has)
        return SG_VIEW_FIRST;
    if (!sg_origin_parse(v->last.origin, v->key.name, known_log, &known))
        return SG_VIEW_FORK;
    if (epoch == known)
        return by_size(v, current, out);
    if (epoch > known)
        return SG_VIEW_NEW_EPOCH;
    return current ? SG_VIEW_FORK : SG_VIEW_EARLIER;
}

bool sg_view_proved(const struct sg_view *v, const struct sg_checkpoint *shown, const struct sg_hash *proof, size_t n)
{
    const struct sg_checkpoint *a = v->last.size <= shown->size ? &v->last : shown, *b = a == shown ? &v->last : shown;
    return v->has && strcmp(v->last.origin, shown->origin) == 0 && sg_merkle_check_consistency(a->size, b->size, &a->root, &b->root, proof, n);
}
