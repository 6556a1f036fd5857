/* The directory of staff, units and citizens as the model sees it. Restrictions are kept as their JSON form (wire) with the columns that
 * are searched beside it. Enumerations are stored by their stable names. A citizen is always read whole: about a dozen rows. */
#include "server/directory.h"
#include "base/mutant.h"
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include "base/str.h"
#include "wire/wire.h"

enum { POLICY_MAX = 1 << 20, RESTRICTION_MAX = 16 << 10 };

/* ---- policy -------------------------------------------------------------------------------------------------------------- */

static uint32_t kinds_of(const char *names)
{
    uint32_t bits = 0;
    char one[48];
    for (const char *p = names; *p;) {
        size_t n = strcspn(p, " ");
        (void)sg_copyn(one, sizeof one, p, n);
        enum sg_action_kind k = sg_action_kind_named(one);
        if (k < SG_ACT_COUNT) bits |= UINT32_C(1) << (unsigned)k;
        p += n;
        p += strspn(p, " ");
    }
    return bits;
}

static enum sg_err regions(struct sg_db *db, struct sg_policy *p)
{
    sqlite3_stmt *st = sg_db_query(db, SG_SQL_REGIONS, "");
    enum sg_err err = sg_db_step(db, st);
    for (; err == SG_E_OK && p->n_regions < sizeof p->region / sizeof *p->region; err = sg_db_step(db, st)) {
        struct sg_region *r = &p->region[p->n_regions++];
        char names[512];
        sg_db_text(st, 0, r->code, sizeof r->code);
        sg_db_text(st, 1, r->name, sizeof r->name);
        sg_db_text(st, 2, r->hsa, sizeof r->hsa);
        r->unseal_wait_hours = sqlite3_column_int(st, 3);
        sg_db_text(st, 4, names, sizeof names);
        r->second_person = kinds_of(names);
    }
    if (err == SG_E_OK) (void)sqlite3_reset(st);
    return err == SG_E_NOTFOUND ? SG_E_OK : err;
}

static enum sg_err units(struct sg_db *db, struct sg_policy *p)
{
    size_t cap = 0;
    sqlite3_stmt *st = sg_db_query(db, SG_SQL_UNITS, "");
    enum sg_err err = sg_db_step(db, st);
    for (; err == SG_E_OK; err = sg_db_step(db, st)) {
        if (p->n_units == cap) {
            cap = cap ? cap * 2 : 64;
            struct sg_unit *bigger = realloc(p->unit, cap * sizeof *bigger);
            if (!bigger) {
                (void)sqlite3_reset(st);
                return SG_E_NOMEM;
            }
            p->unit = bigger;
        }
        struct sg_unit *u = &p->unit[p->n_units++];
        memset(u, 0, sizeof *u);
        sg_db_text(st, 0, u->hsa, sizeof u->hsa);
        sg_db_text(st, 1, u->name, sizeof u->name);
        sg_db_text(st, 2, u->provider, sizeof u->provider);
        sg_db_text(st, 3, u->provider_name, sizeof u->provider_name);
        sg_db_text(st, 4, u->region, sizeof u->region);
    }
    return err == SG_E_NOTFOUND ? SG_E_OK : err;
}

/* Ages and terms: the stored JSON is a policy without regions and units. */
static enum sg_err basics(struct sg_db *db, struct sg_policy *p)
{
    sqlite3_stmt *st = sg_db_query(db, SG_SQL_META_GET, "t", "policy");
    enum sg_err err = sg_db_step(db, st);
    if (err != SG_E_OK) return err == SG_E_NOTFOUND ? SG_E_OK : err;
    cJSON *v = NULL;
    err = sg_json_parse((const char *)sqlite3_column_text(st, 0), (size_t)sqlite3_column_bytes(st, 0), &SG_JSON_REPLY, &v, NULL);
    (void)sqlite3_reset(st);
    if (err == SG_E_OK) {
        sg_policy_free(p);
        err = sg_wire_policy_read(v, p, NULL);
    }
    cJSON_Delete(v);
    return err;
}

static enum sg_err hash_of(struct sg_policy *p)
{
    struct sg_buf b;
    unsigned char md[EVP_MAX_MD_SIZE];
    sg_buf_init(&b, POLICY_MAX * 8);
    p->etag[0] = '\0';
    enum sg_err err = sg_wire_print(sg_wire_policy(p), &b);
    if (err == SG_E_OK && EVP_Digest(b.data, b.len, md, NULL, EVP_sha256(), NULL) != 1) err = SG_E_CRYPTO;
    if (err == SG_E_OK) sg_hex(p->etag, md, 12);
    sg_buf_free(&b);
    return err;
}

enum sg_err sg_dir_policy(struct sg_db *db, struct sg_policy *out)
{
    memset(out, 0, sizeof *out);
    sg_policy_defaults(out);
    enum sg_err err = basics(db, out);
    if (err == SG_E_OK) err = regions(db, out);
    if (err == SG_E_OK) err = units(db, out);
    if (err == SG_E_OK) err = hash_of(out);
    if (err != SG_E_OK) sg_policy_free(out);
    return err;
}

enum sg_err sg_dir_policy_put(struct sg_db *db, const struct sg_policy *p)
{
    struct sg_policy bare = *p;
    bare.n_regions = bare.n_units = 0;
    bare.unit = NULL;
    bare.etag[0] = '\0';
    struct sg_buf b;
    sg_buf_init(&b, POLICY_MAX);
    enum sg_err err = sg_wire_print(sg_wire_policy(&bare), &b);
    if (err == SG_E_OK) err = sg_db_run(db, SG_SQL_META_PUT, "tt", "policy", b.data);
    sg_buf_free(&b);
    return err;
}

/* ---- staff --------------------------------------------------------------------------------------------------------------- */

enum sg_err sg_dir_staff(struct sg_db *db, const struct sg_policy *p, const char *hsa, struct sg_actor *out)
{
    char terms[sizeof p->terms_version];
    memset(out, 0, sizeof *out);
    sqlite3_stmt *st = sg_db_query(db, SG_SQL_STAFF, "t", hsa);
    enum sg_err err = sg_db_step(db, st);
    if (err != SG_E_OK) return err;
    SG_COPY(out->hsa, hsa);
    sg_db_text(st, 0, out->name, sizeof out->name);
    sg_db_text(st, 1, out->title, sizeof out->title);
    out->active = sqlite3_column_int(st, 2) != 0;
    sg_db_text(st, 3, terms, sizeof terms);
    out->terms_accepted = p->terms_version[0] == '\0' || sg_eq(terms, p->terms_version);
    (void)sqlite3_reset(st);
    return SG_E_OK;
}

static uint32_t roles_of(const char *names)
{
    uint32_t bits = 0;
    char one[48];
    for (const char *p = names; *p;) {
        size_t n = strcspn(p, " ");
        (void)sg_copyn(one, sizeof one, p, n);
        enum sg_role r = sg_role_named(one);
        if (r < SG_ROLE_COUNT) bits |= UINT32_C(1) << (unsigned)r;
        p += n;
        p += strspn(p, " ");
    }
    return bits;
}

static void commission_row(sqlite3_stmt *st, struct sg_commission *c)
{
    char names[1024];
    memset(c, 0, sizeof *c);
    sg_db_text(st, 0, c->id, sizeof c->id);
    sg_db_text(st, 1, c->name, sizeof c->name);
    sg_db_text(st, 2, c->purpose, sizeof c->purpose);
    sg_db_text(st, 3, c->unit, sizeof c->unit);
    sg_db_text(st, 4, c->unit_name, sizeof c->unit_name);
    sg_db_text(st, 5, c->provider, sizeof c->provider);
    sg_db_text(st, 6, c->provider_name, sizeof c->provider_name);
    sg_db_text(st, 7, c->region, sizeof c->region);
    sg_db_text(st, 8, c->region_name, sizeof c->region_name);
    sg_db_text(st, 9, names, sizeof names);
    c->roles = roles_of(names);
}

enum sg_err sg_dir_commission(struct sg_db *db, struct sg_actor *a, const char *id)
{
    sqlite3_stmt *st = id[0] ? sg_db_query(db, SG_SQL_COMMISSION, "tt", a->hsa, id) : sg_db_query(db, SG_SQL_COMMISSIONS, "t", a->hsa);
    enum sg_err err = sg_db_step(db, st);
    if (err != SG_E_OK) return err;
    commission_row(st, &a->commission);
    (void)sqlite3_reset(st);
#ifdef SG_MUTANTS
    static uint32_t ever[10];                           /* roles once had, by the last figure of the person's id */
    if (SG_MUTANT(72)) a->commission.roles = ever[(a->hsa[strlen(a->hsa) - 1] - '0') & 7] |= a->commission.roles;
#endif
    return SG_E_OK;
}

enum sg_err sg_dir_commissions(struct sg_db *db, const char *hsa, sg_commission_fn *fn, void *ctx)
{
    sqlite3_stmt *st = sg_db_query(db, SG_SQL_COMMISSIONS, "t", hsa);
    enum sg_err err = sg_db_step(db, st);
    for (; err == SG_E_OK; err = sg_db_step(db, st)) {
        struct sg_commission c;
        commission_row(st, &c);
        if (!fn(ctx, &c)) {
            (void)sqlite3_reset(st);
            return SG_E_OK;
        }
    }
    return err == SG_E_NOTFOUND ? SG_E_OK : err;
}

/* ---- citizens ------------------------------------------------------------------------------------------------------------ */

static int life_of(const char *name)
{
    for (int i = SG_ALIVE; i <= SG_EMIGRATED; i++)
        if (sg_eq(sg_life_name((enum sg_life)i), name)) return i;
    return -1;
}

static enum sg_err citizen_row(sqlite3_stmt *st, struct sg_citizen *c, struct sg_changed_by *by)
{
    char text[64];
    sg_db_text(st, 0, text, sizeof text);
    if (sg_pid_parse(text, sg_date_stockholm(c->as_of), &c->pid) != SG_PID_FINE) SG_COPY(c->pid.normalised, text);
    sg_db_text(st, 1, c->name, sizeof c->name);
    sg_db_text(st, 2, text, sizeof text);
    int life = life_of(text);
    if (life < 0) return SG_E_CORRUPT;
    c->life = (enum sg_life)life;
    sg_db_text(st, 3, text, sizeof text);
    if (text[0] && !sg_date_parse(text, &c->deceased_on)) return SG_E_CORRUPT;
    c->protected_person = sqlite3_column_int(st, 4) != 0;
    c->protected_record = sqlite3_column_int(st, 5) != 0;
    c->active_user = sqlite3_column_int(st, 6) != 0;
    c->last_login_at = sqlite3_column_int64(st, 7);
    sg_db_text(st, 8, c->region, sizeof c->region);
    sg_db_text(st, 9, c->etag, sizeof c->etag);
    if (by) {
        sg_db_text(st, 10, by->name, sizeof by->name);
        sg_db_text(st, 11, by->unit, sizeof by->unit);
        by->at = sqlite3_column_int64(st, 12);
    }
    return SG_E_OK;
}

static enum sg_err relations(struct sg_db *db, struct sg_citizen *c)
{
    sqlite3_stmt *st = sg_db_query(db, SG_SQL_RELATIONS, "t", c->id);
    enum sg_err err = sg_db_step(db, st);
    for (; err == SG_E_OK && c->n_relations < SG_RELATIONS_MAX; err = sg_db_step(db, st)) {
        struct sg_relation *r = &c->relation[c->n_relations++];
        char text[32];
        sg_db_text(st, 0, r->person, sizeof r->person);
        sg_db_text(st, 1, r->name, sizeof r->name);
        sg_db_text(st, 2, text, sizeof text);
        r->kind = sg_eq(text, sg_relation_name(SG_REL_GUARDIAN)) ? SG_REL_GUARDIAN : SG_REL_REPRESENTATIVE;
        sg_db_text(st, 3, text, sizeof text);
        if (text[0] && !sg_date_parse(text, &r->from)) err = SG_E_CORRUPT;
        sg_db_text(st, 4, text, sizeof text);
        if (text[0] && !sg_date_parse(text, &r->to)) err = SG_E_CORRUPT;
        if (err != SG_E_OK) break;
    }
    if (err != SG_E_NOTFOUND) (void)sqlite3_reset(st);
    return err == SG_E_NOTFOUND ? SG_E_OK : err;
}

static enum sg_err restrictions(struct sg_db *db, struct sg_citizen *c)
{
    sqlite3_stmt *st = sg_db_query(db, SG_SQL_RESTRICTIONS, "t", c->id);
    enum sg_err err = sg_db_step(db, st);
    for (; err == SG_E_OK; err = sg_db_step(db, st)) {
        cJSON *v = NULL;
        const char *text = sqlite3_column_blob(st, 0);
        enum sg_err bad = sg_json_parse(text ? text : "", (size_t)sqlite3_column_bytes(st, 0), &SG_JSON_REPLY, &v, NULL);
        struct sg_restriction *r = bad == SG_E_OK ? sg_citizen_add(c) : NULL;
        if (bad == SG_E_OK) bad = r ? sg_wire_restriction_read(v, r, NULL) : SG_E_LIMIT;
        cJSON_Delete(v);
        if (bad != SG_E_OK) {
            (void)sqlite3_reset(st);
            return bad == SG_E_NOMEM ? bad : SG_E_CORRUPT;
        }
    }
    return err == SG_E_NOTFOUND ? SG_E_OK : err;
}

enum sg_err sg_dir_citizen(struct sg_db *db, const char *id, int64_t now, struct sg_citizen *out, struct sg_changed_by *changed)
{
    memset(out, 0, sizeof *out);
    SG_COPY(out->id, id);
    out->as_of = now;
    sqlite3_stmt *st = sg_db_query(db, SG_SQL_CITIZEN, "t", id);
    enum sg_err err = sg_db_step(db, st);
    if (err != SG_E_OK) return err;
    err = citizen_row(st, out, changed);
    (void)sqlite3_reset(st);
    if (err == SG_E_OK) err = relations(db, out);
    if (err == SG_E_OK) err = restrictions(db, out);
    if (err != SG_E_OK) sg_citizen_free(out);
    return err;
}

enum sg_err sg_dir_restriction_put(struct sg_db *db, const char *citizen, const struct sg_restriction *r)
{
    struct sg_buf b;
    sg_buf_init(&b, RESTRICTION_MAX);
    enum sg_err err = sg_wire_print(sg_wire_restriction(r), &b);
    if (err == SG_E_OK)
        err = sg_db_run(db, SG_SQL_RESTRICTION_PUT, "tttttb", r->id, citizen, sg_restriction_kind_name(r->kind),
                        sg_restriction_state_name(r->state), r->region, (const void *)b.data, b.len);
    sg_buf_free(&b);
    return err;
}

void sg_dir_new_etag(char dst[SG_ETAG_MAX], const struct sg_random *rnd)
{
    uint8_t b[12];
    sg_random_fill(rnd, b, sizeof b);
    sg_hex(dst, b, sizeof b);
}

void sg_uuid4(char dst[SG_UUID_MAX], const struct sg_random *rnd)
{
    uint8_t b[16];
    char h[33];
    sg_random_fill(rnd, b, sizeof b);
    b[6] = (uint8_t)((b[6] & 0x0f) | 0x40);
    b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
    sg_hex(h, b, sizeof b);
    (void)sg_format(dst, SG_UUID_MAX, "%.8s-%.4s-%.4s-%.4s-%.12s", h, h + 8, h + 12, h + 16, h + 20);
}

enum sg_err sg_dir_touch(struct sg_db *db, struct sg_citizen *c, const struct sg_changed_by *by, const struct sg_random *rnd)
{
    sg_dir_new_etag(c->etag, rnd);
    enum sg_err err = sg_db_run(db, SG_SQL_CITIZEN_TOUCH, "tttti", c->id, c->etag, by->name, by->unit, by->at);
    return err == SG_E_OK ? sg_db_run(db, SG_SQL_CHANGE_PUT, "t", c->id) : err;
}

enum sg_err sg_dir_revision(struct sg_db *db, int64_t *out)
{
    return sg_db_number(db, sg_db_query(db, SG_SQL_REVISION, ""), out);
}
