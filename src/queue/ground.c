/* On what a waiting act stands after one's own acts before it. An act says which version of the person it was decided on; when the version
 * since then is one's own doing, it holds for the new one. Rows are not rewritten for that, or a hundred acts on one person would cost
 * ten thousand: what became of a version is noted once for each person, and looked up when a row is claimed.
 *
 * One sealed entry a person: "from\0to\0upto\0" again and again. Rows up to number upto that were decided on from hold for to; later rows were
 * decided when to was there already, and a from of theirs is an old reading. An entry that is lost, or an old copy of it, moves too little:
 * then the service finds the act decided on an old version, and a person decides. */
#include "queue/internal.h"
#include "base/mutant.h"
#include "base/str.h"
#include <stdlib.h>
#include <string.h>

enum { MOVES_MOST = 256 };                               /* when full the first ones, which most rows stand on, still go on moving */
#define KIND "ground"
struct move { char from[SG_ETAG_MAX], to[SG_ETAG_MAX]; int64_t upto; };
struct moves { size_t n; struct move m[MOVES_MOST]; };

/* The text at *at, which is moved behind its end. */
static bool next_text(const char **at, const char *end, char *dst, size_t cap)
{
    const char *nul = memchr(*at, '\0', (size_t)(end - *at));
    bool fits = nul && sg_copy(dst, cap, *at);
    *at = nul ? nul + 1 : end;
    return fits;
}

static enum sg_err load(struct sg_store *s, const char *subject, struct moves *v)
{
    struct sg_buf b;
    char number[24];
    sg_buf_init(&b, SG_JSON_REPLY.bytes);
    v->n = 0;
    enum sg_err err = sg_store_kept_get(s, KIND, subject, &b);
    const char *at = b.data, *end = b.data ? b.data + b.len : NULL;
    while (err == SG_E_OK && at < end && v->n < MOVES_MOST) {
        struct move *m = &v->m[v->n++];
        if (!next_text(&at, end, m->from, sizeof m->from) || !next_text(&at, end, m->to, sizeof m->to) ||
            !next_text(&at, end, number, sizeof number) || !sg_parse_i64(number, 0, INT64_MAX, &m->upto))
            err = SG_E_CORRUPT;
    }
    sg_buf_free(&b);
    if (err != SG_E_CORRUPT && err != SG_E_NOTFOUND)
        return err;
    v->n = 0;                                            /* moves too little, see above */
    return SG_E_OK;
}

static enum sg_err save(struct sg_store *s, const char *subject, const struct moves *v)
{
    struct sg_buf b;
    char number[24];
    sg_buf_init(&b, SG_JSON_REPLY.bytes);
    enum sg_err err = SG_E_OK;
    for (size_t i = 0; i < v->n && err == SG_E_OK; i++) {
        const struct move *m = &v->m[i];
        sg_format(number, sizeof number, "%lld", (long long)m->upto);
        const char *const part[] = {m->from, m->to, number};
        for (size_t k = 0; k < 3 && err == SG_E_OK; k++)
            err = sg_buf_add(&b, part[k], strlen(part[k]) + 1);
    }
    if (err == SG_E_OK)
        err = sg_q_kept_write(s, KIND, subject, b.data, b.len);
    sg_buf_free(&b);
    return err;
}

/* What led to before leads to after now, and before itself does. */
static void extend(struct moves *v, const char *before, const char *after, int64_t upto)
{
    struct move *own = NULL;
    for (size_t i = 0; i < v->n; i++) {
        if (sg_eq(v->m[i].from, before))
            own = &v->m[i];
        else if (sg_eq(v->m[i].to, before))
            SG_COPY(v->m[i].to, after);
    }
    if (!own && v->n < MOVES_MOST)
        own = &v->m[v->n++];
    if (!own)
        return;
    SG_COPY(own->from, before);
    SG_COPY(own->to, after);
    own->upto = upto;
}

/* Whether anything of that person still stands in the queue behind that row. */
static enum sg_err any_behind(struct sg_store *s, const char *subject, int64_t seq, bool *any)
{
    uint8_t tag[SG_Q_TAG];
    int64_t next = 0;
    enum sg_err err = sg_q_tag(s, "subject", subject, tag);
    if (err == SG_E_OK)
        err = sg_q_int(s, sg_q_bind(s, SG_SQL_ROW_LINE, "iib", s->actor_n, seq, (const void *)tag, sizeof tag), &next);
    *any = err == SG_E_OK;
    return err == SG_E_NOTFOUND ? SG_E_OK : err;
}

enum sg_err sg_q_ground_moved(struct sg_store *s, const char *subject, int64_t seq, const char *before, const char *after)
{
    bool any;
    enum sg_err err = any_behind(s, subject, seq, &any);
    if (err != SG_E_OK)
        return err;
    if (!any)
        return sg_q_kept_erase(s, KIND, subject);
    struct moves *v = malloc(sizeof *v);
    int64_t upto = 0;
    err = v ? load(s, subject, v) : SG_E_NOMEM;
    if (err == SG_E_OK)
        err = sg_q_int(s, sg_q_bind(s, SG_SQL_ROW_MAX, "i", s->actor_n), &upto);
    if (err == SG_E_OK) {
        extend(v, before, after, upto);
        err = save(s, subject, v);
    }
    free(v);
    return err;
}

enum sg_err sg_q_ground_now(struct sg_store *s, struct sg_qrow *row)
{
    struct moves *v = malloc(sizeof *v);
    enum sg_err err = v ? load(s, row->action.subject, v) : SG_E_NOMEM;
    for (size_t i = 0; err == SG_E_OK && i < v->n; i++) {
        if (row->seq > v->m[i].upto || !(SG_MUTANT(10) || sg_eq(v->m[i].from, row->action.observed)))
            continue;
        SG_COPY(row->action.observed, v->m[i].to);
        break;
    }
    free(v);
    return err;
}
