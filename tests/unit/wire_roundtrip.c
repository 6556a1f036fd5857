/* Property: what is written and read back is the same value. Random values of every type, filled by hand (not by the shapes
 * under test), with a fixed seed so that a failure can be repeated; compared byte for byte after zero-initialisation. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "base/str.h"
#include "wire/wire.h"

enum { ROUNDS = 300 };
static uint64_t seed;

static uint32_t rnd(uint32_t below)
{
    seed = seed * 6364136223846793005U + 1442695040888963407U;
    return (uint32_t)(seed >> 33) % below;
}
static bool coin(void) { return rnd(2) != 0; }

static const char *const CHARS[] = { "a", "Z", "9", " ", "\"", "\\", "/", "\n", "\t", "\x01", "<", "å", "Ö", "€", "\xF0\x9F\x98\x80", "\xE2\x80\xAE" };
static void text(char *dst, size_t cap)
{
    size_t n = 0, most = coin() ? cap - 1 : rnd((uint32_t)cap);
    memset(dst, 0, cap);
    if (rnd(4) == 0)
        return;
    for (;;) {
        const char *c = CHARS[rnd(sizeof CHARS / sizeof *CHARS)];
        if (n + strlen(c) > most)
            return;
        memcpy(dst + n, c, strlen(c));
        n += strlen(c);
    }
}
static void required(char *dst, size_t cap) { do text(dst, cap); while (!*dst); }

static void from_set(char *dst, size_t cap, const char *set, bool may_be_empty)
{
    size_t n = may_be_empty && rnd(4) == 0 ? 0 : 1 + rnd((uint32_t)cap - 1);
    memset(dst, 0, cap);
    for (size_t i = 0; i < n; i++)
        dst[i] = set[rnd((uint32_t)strlen(set))];
}
static void id(char dst[SG_ID_MAX], bool may_be_empty) { from_set(dst, SG_ID_MAX, "abcxyz0189-", may_be_empty); }
static void etag(char dst[SG_ETAG_MAX]) { from_set(dst, SG_ETAG_MAX, "aZ09-_.:*'", true); }
static void uuid(char dst[SG_UUID_MAX])
{
    memset(dst, 0, SG_UUID_MAX);
    if (rnd(4) == 0)
        return;
    for (size_t i = 0; i < 36; i++)
        dst[i] = i == 8 || i == 13 || i == 18 || i == 23 ? '-' : "0123456789abcdef"[rnd(16)];
}
static int64_t instant(void) { return rnd(3) == 0 ? 0 : (int64_t)1 + (int64_t)rnd(4000000) * 1000003 + rnd(1000); }
static struct sg_date date(void)
{
    struct sg_date d = { 0, 0, 0 };
    if (coin())
        d = (struct sg_date){ (int16_t)(1900 + rnd(200)), (int8_t)(1 + rnd(12)), (int8_t)(1 + rnd(28)) };
    return d;
}
#define TEXT(a) text((a), sizeof(a))

static void fill_deed(struct sg_deed *d)
{
    TEXT(d->requester); d->requested_at = instant();
    TEXT(d->actor); TEXT(d->actor_name); TEXT(d->commission); TEXT(d->unit);
    d->performed_at = instant(); d->registered_at = instant();
    TEXT(d->reason); TEXT(d->reference); uuid(d->action_id);
    d->offline = coin();
}

static void fill_restriction(struct sg_restriction *r)
{
    id(r->id, false);
    r->kind = (enum sg_restriction_kind)rnd(SG_R_COUNT);
    r->state = (enum sg_restriction_state)rnd(3);
    TEXT(r->region);
    r->requested_by = (enum sg_requested_by)rnd(3);
    id(r->person, true);
    r->scope = (enum sg_seal_scope)rnd(4);
    TEXT(r->provider); TEXT(r->unit);
    r->from = date(); r->to = date(); r->review = date();
    TEXT(r->decision_by);
    r->acute = coin(); r->harm_assessed = coin();
    TEXT(r->consulted_with); r->consulted_at = instant();
    r->child_checked = coin(); r->identity_verified = coin();
    if (rnd(4)) fill_deed(&r->made);
    if (coin()) fill_deed(&r->ended);
}

static void fill_citizen(struct sg_citizen *c)
{
    id(c->id, false); etag(c->etag); TEXT(c->name);
    from_set(c->pid.normalised, sizeof c->pid.normalised, "0123456789TF", true);
    c->pid.type = (enum sg_pid_type)rnd(5);
    c->pid.reserve = (enum sg_reserve_kind)rnd(5);
    c->pid.gender = (enum sg_gender)rnd(3);
    c->pid.birth = date();
    if (rnd(3) == 0) c->pid.birth.d = 0;
    if (rnd(3) == 0) c->pid.birth.m = 0;
    c->life = (enum sg_life)rnd(3); c->deceased_on = date();
    c->protected_person = coin(); c->protected_record = coin(); c->active_user = coin();
    c->last_login_at = instant(); TEXT(c->region); c->as_of = instant();
    c->n_relations = rnd(SG_RELATIONS_MAX + 1);
    for (size_t i = 0; i < c->n_relations; i++) {
        struct sg_relation *r = &c->relation[i];
        id(r->person, false); TEXT(r->name); r->kind = (enum sg_relation_kind)rnd(3); r->from = date(); r->to = date();
    }
    for (size_t n = rnd(5); n; n--)
        fill_restriction(sg_citizen_add(c));
}

/* Writes, checks that it is strict JSON, reads back as a tree. */
static cJSON *through_text(cJSON *v)
{
    struct sg_buf b;
    cJSON *back = NULL;
    struct sg_error e = { 0 };
    sg_buf_init(&b, 8 << 20);
    assert_int_equal(sg_wire_print(v, &b), SG_E_OK);
    if (sg_json_parse(b.data, b.len, &SG_JSON_REPLY, &back, &e) != SG_E_OK)
        fail_msg("%s: %s", e.where, e.detail);
    assert_null(strstr(b.data, ":null"));
    assert_null(strstr(b.data, "\"\":"));
    sg_buf_free(&b);
    return back;
}

#define READ_BACK(read, v, out) do { \
        struct sg_error e_ = { 0 }; \
        cJSON *tree_ = through_text(v); \
        if (read(tree_, (out), &e_) != SG_E_OK) fail_msg("round %d, %s: %s", round_, e_.where, e_.detail); \
        cJSON_Delete(tree_); \
    } while (0)
#define EACH_ROUND(first) seed = (first); for (int round_ = 0; round_ < ROUNDS; round_++)

static void same_citizen(const struct sg_citizen *a, const struct sg_citizen *b)
{
    struct sg_citizen flat_a = *a, flat_b = *b;
    flat_a.restriction = flat_b.restriction = NULL;
    assert_memory_equal(&flat_a, &flat_b, sizeof flat_a);
    if (a->n_restrictions)
        assert_memory_equal(a->restriction, b->restriction, a->n_restrictions * sizeof *a->restriction);
}

static void test_citizen(void **state)
{
    (void)state;
    EACH_ROUND(1) {
        struct sg_citizen a, b;
        memset(&a, 0, sizeof a);
        fill_citizen(&a);
        READ_BACK(sg_wire_citizen_read, sg_wire_citizen(&a), &b);
        same_citizen(&a, &b);
        sg_citizen_free(&a);
        sg_citizen_free(&b);
    }
}

static void test_restriction(void **state)
{
    (void)state;
    EACH_ROUND(2) {
        struct sg_restriction a, b;
        memset(&a, 0, sizeof a);
        fill_restriction(&a);
        READ_BACK(sg_wire_restriction_read, sg_wire_restriction(&a), &b);
        assert_memory_equal(&a, &b, sizeof a);
    }
}

static void fill_policy(struct sg_policy *p)
{
    int *const ages[] = { &p->guardian_until, &p->child_eservices_from, &p->child_journal_from, &p->jumpout_from, &p->adult_from };
    for (size_t i = 0; i < sizeof ages / sizeof *ages; i++)
        *ages[i] = (int)rnd(151);
    etag(p->etag);
    p->widen_fresh_minutes = (int)rnd(1000); p->ground_hours = 1 + (int)rnd(100); p->cache_hours = (int)rnd(100); p->idle_minutes = (int)rnd(100);
    TEXT(p->terms_version); TEXT(p->terms_text);
    p->n_regions = rnd(33);
    for (size_t i = 0; i < p->n_regions; i++) {
        struct sg_region *r = &p->region[i];
        required(r->code, sizeof r->code); TEXT(r->name); TEXT(r->hsa);
        r->unseal_wait_hours = (int)rnd(1000); r->second_person = rnd(1U << SG_ACT_COUNT);
    }
    p->n_units = rnd(40);
    p->unit = calloc(p->n_units + 1, sizeof *p->unit);
    for (size_t i = 0; i < p->n_units; i++) {
        struct sg_unit *u = &p->unit[i];
        required(u->hsa, sizeof u->hsa); TEXT(u->name); TEXT(u->provider); TEXT(u->provider_name); TEXT(u->region);
    }
}

static void test_policy(void **state)
{
    (void)state;
    EACH_ROUND(3) {
        struct sg_policy a, b, flat_a, flat_b;
        memset(&a, 0, sizeof a);
        fill_policy(&a);
        READ_BACK(sg_wire_policy_read, sg_wire_policy(&a), &b);
        flat_a = a;
        flat_b = b;
        flat_a.unit = flat_b.unit = NULL;
        assert_memory_equal(&flat_a, &flat_b, sizeof flat_a);
        if (a.n_units)
            assert_memory_equal(a.unit, b.unit, a.n_units * sizeof *a.unit);
        sg_policy_free(&a);
        sg_policy_free(&b);
    }
}

static void fill_commission(struct sg_commission *c)
{
    required(c->id, sizeof c->id); TEXT(c->name); TEXT(c->purpose); TEXT(c->unit); TEXT(c->unit_name); TEXT(c->provider);
    TEXT(c->provider_name); TEXT(c->region); TEXT(c->region_name);
    c->roles = rnd(1U << SG_ROLE_COUNT);
}

static void test_actor(void **state)
{
    (void)state;
    EACH_ROUND(4) {
        struct sg_actor a, b;
        struct sg_commission c;
        memset(&a, 0, sizeof a);
        required(a.hsa, sizeof a.hsa); TEXT(a.name); TEXT(a.title);
        a.active = coin(); a.terms_accepted = coin();
        if (coin()) fill_commission(&a.commission);
        READ_BACK(sg_wire_actor_read, sg_wire_actor(&a), &b);
        assert_memory_equal(&a, &b, sizeof a);
        if (!a.commission.id[0])
            continue;
        READ_BACK(sg_wire_commission_read, sg_wire_commission(&a.commission), &c);
        assert_memory_equal(&a.commission, &c, sizeof c);
    }
}

static void fill_part(struct sg_part *p)
{
    const struct sg_action_def *d = sg_action_def(p->kind);
    for (size_t i = 0; i < d->n_fields; i++)
        text(p->value[i], (d->fields[i].max < SG_VALUE_MAX ? d->fields[i].max : SG_VALUE_MAX - 1) + 1);
}

static void fill_action(struct sg_action *a)
{
    char subject[SG_ID_MAX];
    id(subject, false);
    sg_action_init(a, (enum sg_action_kind)rnd(SG_ACT_COUNT), subject);
    memset(a->subject, 0, sizeof a->subject);
    SG_COPY(a->subject, subject);
    uuid(a->id); etag(a->observed); TEXT(a->reason); uuid(a->device);
    a->performed_at = instant(); a->offline = coin(); a->seq = rnd(1000);
    if (a->kind == SG_ACT_CITIZEN_PROTECT)
        for (size_t n = rnd(SG_PARTS_MAX + 1); n; n--)
            assert_non_null(sg_action_add_part(a, (enum sg_action_kind)rnd(SG_ACT_COUNT)));
    for (size_t i = 0; i < a->n_parts; i++)
        fill_part(&a->part[i]);
}

/* Strings are compared as strings: what stands behind a terminator is nobody's. */
static void same_action(const struct sg_action *a, const struct sg_action *b, bool stored)
{
    assert_int_equal(a->kind, b->kind);
    assert_string_equal(b->id, stored ? a->id : "");
    assert_string_equal(b->observed, stored ? a->observed : "");
    assert_string_equal(a->subject, b->subject);
    assert_string_equal(a->reason, b->reason);
    assert_string_equal(a->device, b->device);
    assert_int_equal(a->performed_at, b->performed_at);
    assert_int_equal(a->offline, b->offline);
    assert_int_equal(a->seq, b->seq);
    assert_int_equal(a->n_parts, b->n_parts);
    for (size_t i = 0; i < a->n_parts; i++) {
        assert_int_equal(a->part[i].kind, b->part[i].kind);
        for (size_t f = 0; f < SG_FIELDS_MAX; f++)
            assert_string_equal(a->part[i].value[f], b->part[i].value[f]);
    }
}

static enum sg_err read_request(const cJSON *v, struct sg_action *out, struct sg_error *e) { return sg_wire_action_read(v, false, out, e); }
static enum sg_err read_stored(const cJSON *v, struct sg_action *out, struct sg_error *e) { return sg_wire_action_read(v, true, out, e); }

static void test_action(void **state)
{
    (void)state;
    EACH_ROUND(5) {
        struct sg_action a, b;
        fill_action(&a);
        READ_BACK(read_request, sg_wire_action(&a, false), &b);
        same_action(&a, &b, false);
        READ_BACK(read_stored, sg_wire_action(&a, true), &b);
        same_action(&a, &b, true);
    }
}

static void test_access_row(void **state)
{
    (void)state;
    EACH_ROUND(6) {
        struct sg_access_row a, b;
        memset(&a, 0, sizeof a);
        id(a.who, false); TEXT(a.name);
        a.relation = (enum sg_relation_kind)rnd(3); a.service = (enum sg_service)rnd(SG_SVC_COUNT); a.reach = (enum sg_reach)rnd(4);
        a.allowed = coin();
        a.why.rule = (enum sg_rule)rnd(SG_RULE_COUNT);
        TEXT(a.why.detail); TEXT(a.why.restriction);
        READ_BACK(sg_wire_access_row_read, sg_wire_access_row(&a), &b);
        assert_memory_equal(&a, &b, sizeof a);
    }
}

static void fill_outcome(struct sg_outcome *o)
{
    uuid(o->action_id);
    o->kind = (enum sg_outcome_kind)rnd(SG_OUT_COUNT);
    if (o->kind != SG_OUT_DONE) {
        o->problem = (enum sg_problem)rnd(SG_PROBLEM_COUNT);
        o->why.rule = (enum sg_rule)rnd(SG_RULE_COUNT + 1);
        if (o->why.rule != SG_RULE_COUNT) { TEXT(o->why.detail); TEXT(o->why.restriction); }
    }
    etag(o->etag_before); etag(o->etag_after);
    o->event_index = rnd(1U << 30); o->recorded_at = instant();
    uuid(o->event_id); TEXT(o->log); o->leaf_index = rnd(1U << 30);
    o->n_restrictions = rnd(4);
    if (o->n_restrictions)
        o->restriction = calloc(o->n_restrictions, sizeof *o->restriction);
    for (size_t i = 0; i < o->n_restrictions; i++)
        fill_restriction(&o->restriction[i]);
    if (o->kind == SG_OUT_CONFLICT && coin()) {
        o->has_current = true;
        fill_citizen(&o->current);
    }
    TEXT(o->changed_by); TEXT(o->changed_unit); o->changed_at = instant();
}

static void test_outcome(void **state)
{
    (void)state;
    EACH_ROUND(7) {
        struct sg_outcome a, b, flat_a, flat_b;
        memset(&a, 0, sizeof a);
        fill_outcome(&a);
        READ_BACK(sg_wire_outcome_read, sg_wire_outcome(&a), &b);
        flat_a = a;
        flat_b = b;
        flat_a.restriction = flat_b.restriction = flat_a.current.restriction = flat_b.current.restriction = NULL;
        assert_memory_equal(&flat_a, &flat_b, sizeof flat_a);
        if (a.n_restrictions)
            assert_memory_equal(a.restriction, b.restriction, a.n_restrictions * sizeof *a.restriction);
        same_citizen(&a.current, &b.current);
        sg_outcome_free(&a);
        sg_outcome_free(&b);
    }
}

static void test_event(void **state)
{
    (void)state;
    EACH_ROUND(8) {
        struct sg_event a, b;
        memset(&a, 0, sizeof a);
        a.index = rnd(1U << 30);
        do uuid(a.id); while (!a.id[0]);
        required(a.kind, sizeof a.kind); required(a.outcome, sizeof a.outcome);
        a.at = 1 + rnd(1U << 30); a.performed_at = instant();
        TEXT(a.actor); TEXT(a.actor_name); TEXT(a.commission); TEXT(a.unit); TEXT(a.unit_name); TEXT(a.provider); TEXT(a.purpose);
        id(a.subject, true); uuid(a.action_id);
        for (uint32_t n = rnd(SG_PARTS_MAX + 1), i = 0; i < n; i++) {
            char one[SG_ID_MAX];
            id(one, false);
            strncat(a.restriction, i ? " " : "", 2);
            strncat(a.restriction, one, SG_ID_MAX);
        }
        TEXT(a.rule); uuid(a.device); a.offline = coin(); TEXT(a.reason); TEXT(a.reference); TEXT(a.client); etag(a.etag_before); TEXT(a.region);
        TEXT(a.log); a.leaf_index = rnd(1U << 30); TEXT(a.system); TEXT(a.activity); TEXT(a.activity_args); TEXT(a.title); TEXT(a.assignment);
        TEXT(a.provider_name); TEXT(a.resource); TEXT(a.decision); TEXT(a.traceparent); a.skew = coin();
        READ_BACK(sg_wire_event_read, sg_wire_event(&a), &b);
        assert_memory_equal(&a, &b, sizeof a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_citizen), cmocka_unit_test(test_restriction), cmocka_unit_test(test_policy), cmocka_unit_test(test_actor),
        cmocka_unit_test(test_action), cmocka_unit_test(test_access_row), cmocka_unit_test(test_outcome), cmocka_unit_test(test_event),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
