/* Who is asking. The person is the certificate's HSA-id and must be active in the directory; the session is a 256-bit random bearer of
 * which only the SHA-256 is stored, bound to the certificate it was given to, with an idle and an absolute limit. Roles are read from
 * the directory anew at every request. A long poll does not count as use, or an unattended screen would never be signed out. */
#include "server/ctx.h"
#include <openssl/evp.h>
#include <string.h>
#include "base/secret.h"
#include "base/str.h"

enum { USED_EVERY_MS = 60000 };

enum sg_err sg_sha256(uint8_t dst[32], const void *data, size_t n)
{
    return EVP_Digest(data, n, dst, NULL, EVP_sha256(), NULL) == 1 ? SG_E_OK : SG_E_CRYPTO;
}

enum sg_err sg_auth_person(struct sg_ctx *x, bool *refused)
{
    enum sg_err err = sg_dir_staff(&x->core->db, &x->core->policy, x->job->peer->hsa, &x->actor);
    *refused = err == SG_E_NOTFOUND || (err == SG_E_OK && !x->actor.active);
    x->known = err == SG_E_OK;
    if (!*refused) return err;
    SG_COPY(x->kind, x->known ? "staff.inactive" : "staff.unknown");
    return sg_ctx_refuse(x, SG_PROBLEM_NO_STAFF, NULL, NULL);
}

struct row { char staff[SG_HSA_MAX], commission[SG_HSA_MAX], fingerprint[65]; };

static enum sg_err session_row(struct sg_ctx *x, struct row *r)
{
    struct sg_session *s = &x->session;
    enum sg_err err = sg_sha256(s->token, x->rq->bearer, strlen(x->rq->bearer));
    if (err != SG_E_OK) return err;
    sqlite3_stmt *st = sg_db_query(&x->core->db, SG_SQL_SESSION, "b", (const void *)s->token, sizeof s->token);
    err = sg_db_step(&x->core->db, st);
    if (err != SG_E_OK) return err;
    sg_db_text(st, 0, r->staff, sizeof r->staff);
    sg_db_text(st, 1, r->commission, sizeof r->commission);
    sg_db_text(st, 2, r->fingerprint, sizeof r->fingerprint);
    sg_db_text(st, 3, s->device, sizeof s->device);
    sg_db_text(st, 4, s->client, sizeof s->client);
    s->created = sqlite3_column_int64(st, 5);
    s->used = sqlite3_column_int64(st, 6);
    (void)sqlite3_reset(st);
    return SG_E_OK;
}

/* A bearer that was given to another certificate: taken, or carried over by somebody who changed cards. */
static bool foreign(const struct sg_ctx *x, const struct row *r)
{
    return !sg_eq(r->staff, x->actor.hsa) || !sg_eq(r->fingerprint, x->job->peer->fingerprint);
}

static bool fresh(const struct sg_ctx *x)
{
    const struct sg_limits *l = &x->core->limits;
    return x->now - x->session.used < INT64_C(60000) * l->idle_minutes && x->now - x->session.created < INT64_C(3600000) * l->session_hours;
}

enum sg_err sg_auth_session(struct sg_ctx *x, bool *refused)
{
    struct row r;
    enum sg_err err = x->rq->bearer[0] ? session_row(x, &r) : SG_E_NOTFOUND;
    if (err == SG_E_OK && (foreign(x, &r) || !fresh(x))) {
        SG_COPY(x->kind, foreign(x, &r) ? "session.foreign" : "session.expired");
        err = SG_E_NOTFOUND;
    }
    if (err == SG_E_OK) err = sg_dir_commission(&x->core->db, &x->actor, r.commission);
    *refused = err == SG_E_NOTFOUND;
    if (*refused) return sg_ctx_refuse(x, SG_PROBLEM_SIGN_IN, NULL, NULL);
    if (err != SG_E_OK || x->ep == SG_EP_CHANGES || (x->ep == SG_EP_EVENTS && strstr(x->rq->query, "wait=")) || x->now - x->session.used < USED_EVERY_MS) return err;
    return sg_db_run(&x->core->db, SG_SQL_SESSION_USED, "bi", (const void *)x->session.token, sizeof x->session.token, x->now);
}
