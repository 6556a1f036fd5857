/* Own pending actions over a snapshot: shown, marked as not in effect, and never written into the snapshot itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "base/str.h"
#include "sync/engine.h"

static struct sg_policy policy;
static struct sg_actor me;
static const struct sg_date today = { 2025, 12, 1 };
#define REGION "SE-T"

static void person(struct sg_citizen *c)
{
    memset(c, 0, sizeof *c);
    SG_COPY(c->id, "c-1");
    SG_COPY(c->etag, "v1");
    SG_COPY(c->name, "Alva Ek");
    SG_COPY(c->region, REGION);
    SG_COPY(c->pid.normalised, "198001012389");
    c->pid.type = SG_PID_PERSONNUMMER;
    c->pid.birth = (struct sg_date){ 1980, 1, 1 };
}

static void action(struct sg_action *a, enum sg_action_kind k, const char *id, const char *subject)
{
    sg_action_init(a, k, subject);
    SG_COPY(a->id, id);
    a->performed_at = INT64_C(1764543600000);
}

static int setup(void **state)
{
    (void)state;
    sg_policy_defaults(&policy);
    policy.n_regions = 1;
    SG_COPY(policy.region[0].code, REGION);
    SG_COPY(policy.region[0].name, "Region Test");
    SG_COPY(me.hsa, "SE2321000016-1001");
    me.active = me.terms_accepted = true;
    SG_COPY(me.commission.region, REGION);
    for (int r = 0; r < SG_ROLE_COUNT; r++)
        me.commission.roles |= 1u << r;
    return 0;
}

static void pending_is_shown_and_marked(void **state)
{
    (void)state;
    struct sg_citizen c, out;
    struct sg_action a[2];
    person(&c);
    action(&a[0], SG_ACT_LOGIN_LOCK, "01900000-0000-7000-8000-000000000001", "c-1");
    action(&a[1], SG_ACT_RECORD_SEAL, "01900000-0000-7000-8000-000000000002", "c-1");
    assert_int_equal(sg_overlay(&policy, &me, &c, a, 2, today, &out), SG_E_OK);
    assert_int_equal(out.n_restrictions, 2);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(out.restriction[i].state, SG_RS_ACTIVE);
        assert_int_equal(out.restriction[i].made.registered_at, 0);
        assert_true(out.restriction[i].made.performed_at > 0);
    }
    assert_int_equal(c.n_restrictions, 0);
    sg_citizen_free(&out);
}

static void pending_end_keeps_what_was_registered(void **state)
{
    (void)state;
    struct sg_citizen c, out;
    struct sg_action a, lift;
    struct sg_error e;
    person(&c);
    action(&a, SG_ACT_LOGIN_LOCK, "01900000-0000-7000-8000-000000000001", "c-1");
    struct sg_effect_ctx x = { .policy = &policy, .actor = &me, .today = today, .now = 5000 };
    struct sg_why why;
    assert_int_equal(sg_effect_apply(&x, &a, &c, NULL, &why), SG_E_OK);
    action(&lift, SG_ACT_LOGIN_UNLOCK, "01900000-0000-7000-8000-000000000002", "c-1");
    assert_int_equal(sg_part_set(&lift.part[0], "restriction", c.restriction[0].id, &e), SG_E_OK);
    assert_int_equal(sg_overlay(&policy, &me, &c, &lift, 1, today, &out), SG_E_OK);
    assert_int_equal(out.restriction[0].state, SG_RS_LIFTED);
    assert_int_equal(out.restriction[0].ended.registered_at, 0);
    assert_int_equal(out.restriction[0].made.registered_at, 5000);
    assert_int_equal(c.restriction[0].state, SG_RS_ACTIVE);
    sg_citizen_free(&out);
    sg_citizen_free(&c);
}

static void others_and_impossible_ones_are_left_out(void **state)
{
    (void)state;
    struct sg_citizen c, out;
    struct sg_action a[3];
    struct sg_error e;
    person(&c);
    action(&a[0], SG_ACT_LOGIN_LOCK, "01900000-0000-7000-8000-000000000001", "c-2");
    action(&a[1], SG_ACT_LOGIN_UNLOCK, "01900000-0000-7000-8000-000000000002", "c-1");
    assert_int_equal(sg_part_set(&a[1].part[0], "restriction", "none-such", &e), SG_E_OK);
    action(&a[2], SG_ACT_LOGIN_LOCK, "01900000-0000-7000-8000-000000000003", "c-1");
    assert_int_equal(sg_overlay(&policy, &me, &c, a, 3, today, &out), SG_E_OK);
    assert_int_equal(out.n_restrictions, 1);
    assert_string_equal(out.restriction[0].id, a[2].id);
    sg_citizen_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pending_is_shown_and_marked), cmocka_unit_test(pending_end_keeps_what_was_registered),
        cmocka_unit_test(others_and_impossible_ones_are_left_out),
    };
    return cmocka_run_group_tests_name("sync_overlay", tests, setup, NULL);
}
