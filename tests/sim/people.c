/* What people decide: every kind of action on a few citizens that all of them edit, mostly possible ones, some that the service must
 * refuse; and what they do about what comes back. */
#include "sim.h"
#include <stdlib.h>
#include <string.h>
#include "base/str.h"
#include "checker.h"

static uint32_t below(struct sim_world *w, uint32_t n) { return sim_below(&w->plan, n); }

static void set(struct sg_part *p, const char *name, const char *value)
{
    struct sg_error e;
    if (sg_part_set(p, name, value, &e) != SG_E_OK) abort();
}

/* A restriction of that kind the person has seen on the citizen (any: SG_R_COUNT), or one that does not exist. */
static const char *seen(struct sim_world *w, const struct sim_client *c, int k, enum sg_restriction_kind kind)
{
    const char *found = NULL;
    uint32_t n = 0;
    for (size_t i = 0; i < c->n_seen[k]; i++)
        if ((kind == SG_R_COUNT || c->seen[k][i].kind == kind) && below(w, ++n) == 0) found = c->seen[k][i].id;
    return found ? found : w->citizen[k].id;
}

static void fill_seal(struct sim_world *w, struct sg_part *p)
{
    static const char *const SCOPES[] = {"account", "provider", "unit", "period"};
    uint32_t s = below(w, 4);
    char from[16], to[16];
    set(p, "scope", SCOPES[s]);
    sg_format(from, sizeof from, "2025-0%u-01", 1 + below(w, 4));
    sg_format(to, sizeof to, "2025-0%u-28", 5 + below(w, 4));
    if (s == 1) set(p, "provider", "SE2321000016-P1");
    if (s == 2) set(p, "unit", below(w, 2) ? "SE2321000016-U0" : "SE2321000016-U1");
    if (s == 3) set(p, "from", from);
    if (s == 3) set(p, "to", to);
}

static void fill_grant(struct sim_world *w, struct sg_part *p, int k)
{
    set(p, "grantee", below(w, 2) ? w->citizen[k].id : w->citizen[k].guardian);
    set(p, "unit", below(w, 2) ? "SE2321000016-U0" : "SE2321000016-U1");
    set(p, "decisionBy", "SE2321000016-1000");
    set(p, "harmAssessed", "yes");
}

static void fill_unlock(struct sim_world *w, struct sim_client *c, struct sg_part *p, int k)
{
    set(p, "restriction", seen(w, c, k, SG_R_LOGIN_LOCK));
    set(p, "childChecked", "yes");
    if (below(w, 3) == 0) return;
    set(p, "consultedWith", "Sven");
    set(p, "consultedAt", "2026-03-01T10:00:00Z");
}

static void fill(struct sim_world *w, struct sim_client *c, struct sg_part *p, int k)
{
    static const char *const REGIONS[] = {"norr", "syd", ""};
    switch (p->kind) {
    case SG_ACT_LOGIN_LOCK: set(p, "region", REGIONS[below(w, 3)]); break;
    case SG_ACT_LOGIN_UNLOCK: fill_unlock(w, c, p, k); break;
    case SG_ACT_RECORD_SEAL: fill_seal(w, p); break;
    case SG_ACT_RECORD_UNSEAL: set(p, "restriction", seen(w, c, k, SG_R_SEAL)); break;
    case SG_ACT_GUARDIAN_BLOCK: set(p, "guardian", w->citizen[k].guardian); break;
    case SG_ACT_GUARDIAN_UNBLOCK: set(p, "restriction", seen(w, c, k, SG_R_GUARDIAN_BLOCK)); break;
    case SG_ACT_MINOR_GRANT: fill_grant(w, p, k); break;
    case SG_ACT_MINOR_WITHDRAW: set(p, "restriction", seen(w, c, k, SG_R_MINOR_GRANT)); break;
    case SG_ACT_RESTRICTION_ANNUL: set(p, "restriction", seen(w, c, k, SG_R_COUNT)); break;
    case SG_ACT_TERMS_ACCEPT: set(p, "version", "1"); break;
    default: break;
    }
}

static void bundle(struct sim_world *w, struct sim_client *c, struct sg_action *a, int k)
{
    static const enum sg_action_kind PARTS[] = {SG_ACT_LOGIN_LOCK, SG_ACT_RECORD_SEAL, SG_ACT_GUARDIAN_BLOCK, SG_ACT_MINOR_WITHDRAW};
    unsigned which = 1 + below(w, 15);
    if (which & 8 && below(w, 2)) which ^= 8;
    if (!which) which = 3;
    for (unsigned i = 0; i < 4; i++) {
        struct sg_part *p = which & (1U << i) ? sg_action_add_part(a, PARTS[i]) : NULL;
        if (p) fill(w, c, p, k);
    }
}

void sim_people_act(struct sim_world *w, struct sim_client *c)
{
    static const enum sg_action_kind OFTEN[] = {SG_ACT_LOGIN_LOCK, SG_ACT_LOGIN_UNLOCK, SG_ACT_RECORD_SEAL, SG_ACT_RECORD_UNSEAL,
        SG_ACT_GUARDIAN_BLOCK, SG_ACT_GUARDIAN_UNBLOCK, SG_ACT_CITIZEN_PROTECT, SG_ACT_LOGIN_LOCK, SG_ACT_RECORD_SEAL};
    enum sg_action_kind kind = below(w, 4) ? OFTEN[below(w, sizeof OFTEN / sizeof *OFTEN)] : (enum sg_action_kind)below(w, SG_ACT_COUNT);
    int k = (int)below(w, SIM_CITIZENS);
    struct sg_action a;
    struct sg_random rnd = sim_random(&c->rng);
    struct sg_clock clock = sim_service_clock(w);
    if (!c->g) return;
    sg_action_init(&a, kind, kind == SG_ACT_TERMS_ACCEPT ? "me" : w->citizen[k].id);
    sg_uuid7(a.id, &clock, &rnd);
    if (kind == SG_ACT_CITIZEN_PROTECT) bundle(w, c, &a, k);
    else fill(w, c, &a.part[0], k);
    SG_COPY(a.reason, "because");
    if (kind != SG_ACT_TERMS_ACCEPT && c->etag_seen[k][0] && below(w, 2)) SG_COPY(a.observed, c->etag_seen[k]);
    if (sg_action_def(kind)->effect == SG_EFFECT_PROTECTS && below(w, 8) == 0) SG_COPY(a.observed, "*");        /* whatever there is */
    bool hold = below(w, 10) == 0;
    sim_trace("decide c%d %s citizen %d %s observed %s%s", c->n, sg_action_def(kind)->name, k, a.id, a.observed, hold ? " held" : "");
    w->n.asked++;
    chk_asked(w->chk, c->n, a.id, sg_action_def(kind)->effect == SG_EFFECT_WIDENS, (int)a.n_parts, a.subject, sim_world_wall(w));
    sim_client_act(c, &a, hold);
}

/* ---- what comes back ---- */

static void resolve(struct sim_world *w, struct sim_client *c, const struct sim_row *r)
{
    static const char *const HOW[] = {"theirs", "redo", "note"};
    const char *how = HOW[below(w, w->healed && w->round > 6 ? 1 : 3)];
    sim_trace("resolve c%d %s %s", c->n, r->id, how);
    if (sg_eq(how, "redo")) chk_redo(w->chk, c->n);
    sim_client_ask(c, SG_ASK_RESOLVE, r->id, how);
}

static void second_thoughts(struct sim_client *c, const struct sim_row *r)
{
    sim_trace("withdraw c%d %s", c->n, r->id);
    sim_client_ask(c, SG_ASK_WITHDRAW, r->id, "");
}

void sim_people_tend(struct sim_world *w, struct sim_client *c)
{
    if (!c->g) return;
    for (size_t i = 0; i < c->n_row && c->g; i++) {
        struct sim_row r = c->row[i];
        if (sg_qstate_terminal(r.state)) continue;
        if (r.fresh_needed && (w->healed || below(w, 2) == 0)) {
            sim_trace("confirm c%d %s", c->n, r.id);
            if (r.again) (void)sim_client_ask(c, SG_ASK_CITIZEN, r.subject, "");
            chk_confirmed(w->chk, r.id, sim_world_wall(w));
            sim_client_ask(c, SG_ASK_RECONFIRM, r.id, "");
        } else if ((r.state == SG_Q_CONFLICT || r.state == SG_Q_REFUSED) && (w->healed || below(w, 2) == 0)) {
            resolve(w, c, &r);
        } else if (sg_qstate_waiting(r.state) && !w->healed && below(w, 12) == 0) {
            second_thoughts(c, &r);
        } else if (sg_qstate_waiting(r.state) && !w->healed && below(w, 12) == 0) {
            sim_client_ask(c, SG_ASK_RETRY, r.id, "");
        }
    }
}
