/* Effects: every kind done, every rule that refuses, bundles whole or not at all, ids and deeds. The child is 14 on the test's
 * day unless a test says otherwise. */
#include "model_fixture.h"

static struct sg_policy policy;
static struct sg_actor actor;
static struct sg_citizen child;
static struct sg_effect_ctx ctx;
static struct sg_action act;
static struct sg_why why;
static struct sg_changed changed;
enum { TODAY = 20260310, TEEN = 20120615, SMALL = 20180615, ADULT = 19900615 };
static const int64_t NOW = INT64_C(1773140400000); /* 2026-03-10 11:00 UTC */
static const int64_t HOUR = 3600000;

static int setup(void **state)
{
    (void)state;
    fixture_policy(&policy);
    fixture_child(&child, TEEN);
    actor = fixture_actor(JOURNAL_AND_LOCK, "alpha");
    ctx = (struct sg_effect_ctx){.policy = &policy, .actor = &actor, .today = day(TODAY), .now = NOW};
    return 0;
}
static int teardown(void **state)
{
    (void)state;
    sg_citizen_free(&child);
    sg_policy_free(&policy);
    return 0;
}

/* "name=value" pairs, ended by NULL. */
static void fill(struct sg_part *p, va_list ap)
{
    for (const char *pair; (pair = va_arg(ap, const char *)) != NULL;) {
        char name[64];
        const char *eq = strchr(pair, '=');
        assert_non_null(eq);
        sg_copyn(name, sizeof name, pair, (size_t)(eq - pair));
        assert_int_equal(sg_part_set(p, name, eq + 1, NULL), SG_E_OK);
    }
}
static void make(enum sg_action_kind k, ...)
{
    va_list ap;
    va_start(ap, k);
    sg_action_init(&act, k, "c-alva");
    SG_COPY(act.id, ACTION_ID);
    SG_COPY(act.reason, "because");
    act.performed_at = NOW - HOUR;
    fill(&act.part[0], ap);
    va_end(ap);
}
static void add(enum sg_action_kind k, ...)
{
    va_list ap;
    va_start(ap, k);
    struct sg_part *p = sg_action_add_part(&act, k);
    assert_non_null(p);
    fill(p, ap);
    va_end(ap);
}

static enum sg_err apply(void)
{
    struct sg_error e;
    if (sg_action_validate(&act, &e) != SG_E_OK) fail_msg("not valid: %s: %s", e.where, e.detail);
    return sg_effect_apply(&ctx, &act, &child, &changed, &why);
}
static struct sg_restriction *done(void)
{
    enum sg_err e = apply();
    if (e != SG_E_OK) fail_msg("refused: %s [%s]", sg_rule_name(why.rule), why.detail);
    assert_int_equal(changed.n, 1);
    struct sg_restriction *r = sg_citizen_restriction(&child, changed.id[0]);
    assert_non_null(r);
    return r;
}
/* Refused for that reason, and the citizen is as before. */
static void refused(enum sg_err want, enum sg_rule rule)
{
    size_t n = child.n_restrictions;
    struct sg_restriction before[8];
    assert_true(n <= 8);
    if (n) memcpy(before, child.restriction, n * sizeof *before);
    assert_int_equal(apply(), want);
    assert_string_equal(sg_rule_name(why.rule), sg_rule_name(rule));
    assert_int_equal(changed.n, 0);
    assert_int_equal(child.n_restrictions, n);
    if (n) assert_memory_equal(before, child.restriction, n * sizeof *before);
}
#define REFUSED(rule) refused(SG_E_REFUSED, SG_RULE_##rule)
#define DENIED(rule) refused(SG_E_DENIED, SG_RULE_##rule)

static struct sg_restriction *existing(enum sg_restriction_kind k, const char *region)
{
    struct sg_restriction *r = fixture_restriction(&child, k, "r-old");
    SG_COPY(r->region, region);
    SG_COPY(r->person, "c-bo");
    SG_COPY(r->unit, k == SG_R_MINOR_GRANT ? UNIT_A : "");
    return r;
}

static void test_lock(void **state)
{
    (void)state;
    make(SG_ACT_LOGIN_LOCK, "region=REGION ALPHA", "requestedBy=inera", "reference=D 7", "requester=Head",
         "requestedAt=2026-03-09 10:00", NULL);
    act.offline = true;
    struct sg_restriction *r = done();
    assert_string_equal(r->id, ACTION_ID);
    assert_string_equal(r->region, "alpha");
    assert_int_equal(r->kind, SG_R_LOGIN_LOCK);
    assert_int_equal(r->state, SG_RS_ACTIVE);
    assert_int_equal(r->requested_by, SG_BY_INERA);
    assert_string_equal(r->made.actor, STAFF_HSA);
    assert_string_equal(r->made.actor_name, "Anna Berg");
    assert_string_equal(r->made.commission, "SE2321000016-2COM");
    assert_string_equal(r->made.unit, UNIT_A);
    assert_string_equal(r->made.reason, "because");
    assert_string_equal(r->made.reference, "D 7");
    assert_string_equal(r->made.requester, "Head");
    assert_true(r->made.requested_at == NOW - 26 * HOUR); /* 10:00 in Swedish winter time */
    assert_true(r->made.registered_at == NOW && r->made.performed_at == NOW - HOUR);
    assert_true(r->made.offline);
    assert_string_equal(r->made.action_id, ACTION_ID);
    assert_int_equal(r->ended.registered_at, 0);
    assert_string_equal(child.etag, "e1");
}

static void test_lock_refusals(void **state)
{
    (void)state;
    make(SG_ACT_LOGIN_LOCK, "region=nowhere", NULL);
    REFUSED(NO_SUCH_REGION);
    assert_string_equal(why.detail, "nowhere");
    make(SG_ACT_LOGIN_LOCK, "region=beta", NULL);
    DENIED(OTHER_REGION);
    existing(SG_R_LOGIN_LOCK, "alpha");
    make(SG_ACT_LOGIN_LOCK, NULL);
    REFUSED(ALREADY);
    assert_string_equal(why.restriction, "r-old");
    child.restriction[0].state = SG_RS_LIFTED;
    child.life = SG_DECEASED;
    REFUSED(IS_DECEASED);
    child.life = SG_EMIGRATED;
    (void)done();
    actor = fixture_actor(ROLE_BIT(NATIONAL_ADMIN), "");
    make(SG_ACT_LOGIN_LOCK, "region=SE2321000024-0000", NULL); /* the national administrator for any region, also by HSA-id */
    SG_COPY(act.id, "019b0000-0000-7000-8000-000000000002");
    assert_string_equal(done()->region, "beta");
}

/* The role is looked at before anything that would say something about the person. */
static void test_role_comes_first(void **state)
{
    (void)state;
    static const enum sg_action_kind kinds[] = {
        SG_ACT_LOGIN_LOCK, SG_ACT_LOGIN_UNLOCK, SG_ACT_RECORD_SEAL, SG_ACT_RECORD_UNSEAL, SG_ACT_GUARDIAN_BLOCK, SG_ACT_GUARDIAN_UNBLOCK,
        SG_ACT_MINOR_GRANT, SG_ACT_MINOR_WITHDRAW, SG_ACT_RESTRICTION_ANNUL,
    };
    child.life = SG_DECEASED;
    actor = fixture_actor(ROLE_BIT(SUPPORT), "alpha");
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        sg_action_init(&act, kinds[i], "c-alva");
        assert_int_equal(sg_effect_apply(&ctx, &act, &child, &changed, &why), SG_E_DENIED);
        assert_int_equal(why.rule, SG_RULE_NO_ROLE);
    }
    actor.active = false;
    assert_int_equal(sg_effect_apply(&ctx, &act, &child, &changed, &why), SG_E_DENIED);
    assert_int_equal(why.rule, SG_RULE_STAFF_INACTIVE);
    actor.active = true;
    actor.terms_accepted = false;
    assert_int_equal(sg_effect_apply(&ctx, &act, &child, &changed, &why), SG_E_DENIED);
    assert_int_equal(why.rule, SG_RULE_TERMS);
}

static void test_unlock(void **state)
{
    (void)state;
    existing(SG_R_LOGIN_LOCK, "alpha");
    make(SG_ACT_LOGIN_UNLOCK, "restriction=r-none", NULL);
    REFUSED(NO_RESTRICTION);
    make(SG_ACT_LOGIN_UNLOCK, "restriction=r-old", NULL);
    REFUSED(CHILD_CHECK);
    make(SG_ACT_LOGIN_UNLOCK, "restriction=r-old", "childChecked=ja", "reference=D 8", NULL);
    struct sg_restriction *r = done();
    assert_int_equal(r->state, SG_RS_LIFTED);
    assert_true(r->child_checked);
    assert_true(r->ended.registered_at == NOW);
    assert_string_equal(r->ended.reference, "D 8");
    REFUSED(NOT_ACTIVE);
    r->state = SG_RS_ACTIVE;
    r->kind = SG_R_SEAL; /* a seal is no lock */
    REFUSED(NO_RESTRICTION);
}

static void test_unlock_from_18_needs_no_look_at_guardians(void **state)
{
    (void)state;
    existing(SG_R_LOGIN_LOCK, "alpha");
    child.pid.birth = day(20080311);
    make(SG_ACT_LOGIN_UNLOCK, "restriction=r-old", NULL);
    REFUSED(CHILD_CHECK);
    child.pid.birth = day(20080300); /* might still be 17 */
    REFUSED(CHILD_CHECK);
    child.pid.birth = day(20080310);
    (void)done();
}

static void test_unlock_of_another_region(void **state)
{
    (void)state;
    child.pid.birth = day(ADULT);
    for (int national = 0; national < 2; national++) {
        if (national) actor = fixture_actor(ROLE_BIT(NATIONAL_ADMIN), "");
        existing(SG_R_LOGIN_LOCK, "beta");
        make(SG_ACT_LOGIN_UNLOCK, "restriction=r-old", NULL);
        REFUSED(CONSULT);
        assert_string_equal(why.detail, "Region Beta");
        make(SG_ACT_LOGIN_UNLOCK, "restriction=r-old", "consultedWith=Eva", NULL);
        REFUSED(CONSULT);
        make(SG_ACT_LOGIN_UNLOCK, "restriction=r-old", "consultedAt=2026-03-10T09:00:00Z", NULL);
        REFUSED(CONSULT);
        make(SG_ACT_LOGIN_UNLOCK, "restriction=r-old", "consultedWith=Eva", "consultedAt=2026-03-10T09:00:00Z", NULL);
        struct sg_restriction *r = done();
        assert_string_equal(r->consulted_with, "Eva");
        assert_true(r->consulted_at == NOW - 2 * HOUR);
        child.n_restrictions = 0;
    }
    existing(SG_R_LOGIN_LOCK, "left"); /* a region the policy no longer knows is named by its code */
    make(SG_ACT_LOGIN_UNLOCK, "restriction=r-old", NULL);
    REFUSED(CONSULT);
    assert_string_equal(why.detail, "left");
}

static void test_seal(void **state)
{
    (void)state;
    make(SG_ACT_RECORD_SEAL, NULL);
    assert_int_equal(done()->scope, SG_SEAL_ACCOUNT);
    SG_COPY(act.id, "019b0000-0000-7000-8000-000000000002");
    REFUSED(ALREADY);
    make(SG_ACT_RECORD_SEAL, "scope=unit", "unit=" UNIT_B, "initiative=citizen", NULL);
    SG_COPY(act.id, "019b0000-0000-7000-8000-000000000003");
    struct sg_restriction *r = done();
    assert_int_equal(r->scope, SG_SEAL_UNIT);
    assert_string_equal(r->unit, UNIT_B);
    assert_int_equal(r->requested_by, SG_BY_CITIZEN);
    assert_string_equal(r->region, "alpha");
    SG_COPY(act.id, "019b0000-0000-7000-8000-000000000004");
    REFUSED(ALREADY);
    make(SG_ACT_RECORD_SEAL, "scope=provider", "provider=" PROVIDER_3, NULL);
    SG_COPY(act.id, "019b0000-0000-7000-8000-000000000005");
    assert_string_equal(done()->provider, PROVIDER_3);
    make(SG_ACT_RECORD_SEAL, "scope=period", "from=20200101", "to=2020-12-31", NULL);
    SG_COPY(act.id, "019b0000-0000-7000-8000-000000000006");
    r = done();
    assert_int_equal(sg_date_cmp(r->from, day(20200101)) | sg_date_cmp(r->to, day(20201231)), 0);
    make(SG_ACT_RECORD_SEAL, "scope=period", "from=20200101", NULL); /* another period is another seal */
    SG_COPY(act.id, "019b0000-0000-7000-8000-000000000007");
    child.life = SG_DECEASED;                                        /* and the record of the dead may be sealed */
    (void)done();
    make(SG_ACT_RECORD_SEAL, "scope=unit", "unit=SE2321000016-NONE", NULL);
    REFUSED(NO_SUCH_UNIT);
    assert_string_equal(why.detail, "SE2321000016-NONE");
    make(SG_ACT_RECORD_SEAL, "scope=provider", "provider=" UNIT_A, NULL); /* a unit is no provider */
    REFUSED(NO_SUCH_PROVIDER);
}

static void test_unseal(void **state)
{
    (void)state;
    struct sg_restriction *r = existing(SG_R_SEAL, "beta");
    make(SG_ACT_RECORD_UNSEAL, "restriction=r-old", NULL);
    r->requested_by = SG_BY_CARE;
    DENIED(OTHER_REGION);
    SG_COPY(r->region, "alpha");
    (void)done();
    r = &child.restriction[0];
    r->state = SG_RS_ACTIVE;
    r->requested_by = SG_BY_CITIZEN;
    r->made.registered_at = NOW - 71 * HOUR;
    REFUSED(IDENTITY_CHECK);
    policy.region[0].unseal_wait_hours = 72;
    REFUSED(IDENTITY_CHECK);
    make(SG_ACT_RECORD_UNSEAL, "restriction=r-old", "identityVerified=true", NULL);
    REFUSED(WAITING_PERIOD);
    assert_string_equal(why.detail, "13:00"); /* noon here is 12:00; one hour is left */
    ctx.now += HOUR - 1;
    REFUSED(WAITING_PERIOD);
    ctx.now += 1;
    r = done();
    assert_true(r->identity_verified);
    assert_int_equal(r->state, SG_RS_LIFTED);
}

static void test_block(void **state)
{
    (void)state;
    make(SG_ACT_GUARDIAN_BLOCK, "guardian=cia åKESSON", "decisionBy=se2321000016-1DEF", "acute=yes", "reviewDate=2026-04-01", NULL);
    struct sg_restriction *r = done();
    assert_string_equal(r->person, "c-cia");
    assert_string_equal(r->decision_by, "SE2321000016-1DEF");
    assert_true(r->acute);
    assert_int_equal(sg_date_cmp(r->review, day(20260401)), 0);
    make(SG_ACT_GUARDIAN_BLOCK, "guardian=c-cia", NULL);
    SG_COPY(act.id, "019b0000-0000-7000-8000-000000000002");
    REFUSED(ALREADY);
    static const char *const strangers[] = {"guardian=Nobody", "guardian=Bo", "guardian=Bo Eka"};
    for (size_t i = 0; i < 3; i++) {
        make(SG_ACT_GUARDIAN_BLOCK, strangers[i], NULL);
        REFUSED(NOT_A_GUARDIAN);
    }
    make(SG_ACT_GUARDIAN_BLOCK, "guardian=Bo Ek", NULL);
    fixture_relation(&child, "c-bo2", "BO EK", SG_REL_GUARDIAN); /* two of that name: say which */
    REFUSED(NOT_A_GUARDIAN);
    make(SG_ACT_GUARDIAN_BLOCK, "guardian=c-bo2", NULL);
    SG_COPY(act.id, "019b0000-0000-7000-8000-000000000003");
    child.relation[2].kind = SG_REL_REPRESENTATIVE;
    REFUSED(NOT_A_GUARDIAN);
    child.relation[2].kind = SG_REL_GUARDIAN;
    child.pid.birth = day(20080310); /* 18 today */
    REFUSED(NOT_A_CHILD);
    assert_string_equal(why.detail, "18");
    child.pid.birth = day(20080311);
    child.life = SG_DECEASED;
    REFUSED(IS_DECEASED);
    child.life = SG_ALIVE;
    child.relation[2].to = day(20200101); /* a relation that ended may come back: it can be blocked all the same */
    (void)done();
    child.pid.birth = day(20080300); /* some day this month: might still be a child */
    make(SG_ACT_GUARDIAN_BLOCK, "guardian=þÓRA à", NULL);
    SG_COPY(act.id, "019b0000-0000-7000-8000-000000000004");
    fixture_relation(&child, "c-th", "Þóra À", SG_REL_GUARDIAN);
    assert_string_equal(done()->person, "c-th");
    child.n_relations = 0; /* protected: the relations are not known */
    child.protected_person = true;
    make(SG_ACT_GUARDIAN_BLOCK, "guardian=c-bo", NULL);
    REFUSED(NOT_A_GUARDIAN);
}

static void test_unblock_and_withdraw(void **state)
{
    (void)state;
    static const struct { enum sg_action_kind act; enum sg_restriction_kind kind; } lifts[] = {
        {SG_ACT_GUARDIAN_UNBLOCK, SG_R_GUARDIAN_BLOCK}, {SG_ACT_MINOR_WITHDRAW, SG_R_MINOR_GRANT}};
    for (size_t i = 0; i < 2; i++) {
        existing(lifts[i].kind, "beta");
        make(lifts[i].act, "restriction=r-old", NULL);
        DENIED(OTHER_REGION);
        assert_string_equal(why.detail, "beta");
        SG_COPY(child.restriction[0].region, "alpha");
        assert_int_equal(done()->state, SG_RS_LIFTED);
        REFUSED(NOT_ACTIVE);
        make(lifts[i].act, "restriction=r-none", NULL);
        REFUSED(NO_RESTRICTION);
        make(lifts[1 - i].act, "restriction=r-old", NULL);
        REFUSED(NO_RESTRICTION);
        child.n_restrictions = 0;
    }
}

#define GRANT(...) make(SG_ACT_MINOR_GRANT, "decisionBy=SE2321000016-1DEF", __VA_ARGS__, NULL)

static void test_grant(void **state)
{
    (void)state;
    GRANT("grantee=c-bo", "unit=" UNIT_A, "harmAssessed=yes");
    struct sg_restriction *r = done();
    assert_string_equal(r->person, "c-bo");
    assert_string_equal(r->unit, UNIT_A);
    assert_string_equal(r->provider, PROVIDER_1);
    assert_true(r->harm_assessed);
    assert_int_equal(sg_date_cmp(r->from, day(TODAY)), 0);
    assert_int_equal(sg_date_cmp(r->to, day(20280614)), 0);
    SG_COPY(act.id, "019b0000-0000-7000-8000-000000000002");
    REFUSED(ALREADY);
    GRANT("grantee=Child", "unit=" UNIT_A, "to=2028-06-14");
    SG_COPY(act.id, "019b0000-0000-7000-8000-000000000003");
    assert_string_equal(done()->person, "c-alva");
    GRANT("grantee=c-bo", "unit=" UNIT_B, "to=2028-06-15");
    REFUSED(BAD_FIELD);
    assert_string_equal(why.detail, "to");
    GRANT("grantee=c-bo", "unit=" UNIT_B, "to=2026-03-09");
    REFUSED(BAD_FIELD);
    GRANT("grantee=c-bo", "unit=SE2321000016-NONE");
    REFUSED(NO_SUCH_UNIT);
    GRANT("grantee=c-bo", "unit=" UNIT_C);
    DENIED(OTHER_REGION);
    GRANT("grantee=c-rut", "unit=" UNIT_B);
    REFUSED(NOT_A_GUARDIAN);
    child.relation[1].to = day(20260309); /* an ended relation gets nothing new */
    GRANT("grantee=c-cia", "unit=" UNIT_B);
    REFUSED(NOT_A_GUARDIAN);
    struct sg_restriction *block = existing(SG_R_GUARDIAN_BLOCK, "alpha");
    GRANT("grantee=c-bo", "unit=" UNIT_B);
    REFUSED(BLOCKED_GRANTEE);
    assert_string_equal(why.restriction, "r-old");
    block->state = SG_RS_LIFTED;
    SG_COPY(act.id, "019b0000-0000-7000-8000-000000000004");
    (void)done();
}

static void test_grant_only_from_13_to_15(void **state)
{
    (void)state;
    static const struct { int birth; enum sg_rule rule; } cases[] = {
        {20130311, SG_RULE_NOT_13_TO_15}, {20130310, SG_RULE_COUNT}, {20100311, SG_RULE_COUNT}, {20100310, SG_RULE_NOT_13_TO_15},
        {20080311, SG_RULE_NOT_13_TO_15}, {20080310, SG_RULE_NOT_A_CHILD}, {20080300, SG_RULE_NOT_A_CHILD},
        {20130300, SG_RULE_NOT_13_TO_15}, {20130000, SG_RULE_NOT_13_TO_15}, {20100300, SG_RULE_NOT_13_TO_15}, {20120000, SG_RULE_COUNT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        child.pid.birth = day(cases[i].birth);
        child.n_restrictions = 0;
        GRANT("grantee=self", "unit=" UNIT_A);
        if (cases[i].rule == SG_RULE_COUNT)
            (void)done();
        else
            refused(SG_E_REFUSED, cases[i].rule);
        if (cases[i].rule == SG_RULE_NOT_13_TO_15) assert_string_equal(why.detail, "13–15");
    }
    child.life = SG_DECEASED;
    REFUSED(IS_DECEASED);
}

static void test_annul(void **state)
{
    (void)state;
    static const enum sg_role ROLE[SG_R_COUNT] = {SG_ROLE_ACCOUNT_ADMIN, SG_ROLE_SEAL, SG_ROLE_BLOCK_GUARDIAN, SG_ROLE_MINOR_ACCESS};
    for (int kind = 0; kind < SG_R_COUNT; kind++)
        for (int role = 0; role < SG_R_COUNT; role++) {
            actor = fixture_actor(UINT32_C(1) << ROLE[role], "alpha");
            child.n_restrictions = 0;
            existing((enum sg_restriction_kind)kind, "alpha");
            make(SG_ACT_RESTRICTION_ANNUL, "restriction=r-old", NULL);
            if (kind != role) {
                DENIED(NO_ROLE);
                continue;
            }
            SG_COPY(child.restriction[0].region, "beta");
            DENIED(OTHER_REGION);
            SG_COPY(child.restriction[0].region, "alpha");
            struct sg_restriction *r = done();
            assert_int_equal(r->state, SG_RS_ANNULLED);
            assert_string_equal(r->ended.reason, "because");
            REFUSED(NOT_ACTIVE);
        }
    child.restriction[0].state = SG_RS_ACTIVE;
    act.reason[0] = '\0'; /* what validation already refuses is refused here too */
    assert_int_equal(sg_effect_apply(&ctx, &act, &child, &changed, &why), SG_E_REFUSED);
    assert_int_equal(why.rule, SG_RULE_BAD_FIELD);
    assert_string_equal(why.detail, "reason");
}

static void bundle(void)
{
    make(SG_ACT_CITIZEN_PROTECT, NULL);
    add(SG_ACT_LOGIN_LOCK, NULL);
    add(SG_ACT_RECORD_SEAL, NULL);
    add(SG_ACT_GUARDIAN_BLOCK, "guardian=c-bo", NULL);
    add(SG_ACT_MINOR_WITHDRAW, "restriction=r-old", NULL);
}

static void test_bundle(void **state)
{
    (void)state;
    existing(SG_R_MINOR_GRANT, "alpha");
    bundle();
    assert_int_equal(apply(), SG_E_OK);
    assert_int_equal(changed.n, 4);
    assert_string_equal(changed.id[0], ACTION_ID);
    assert_string_equal(changed.id[1], ACTION_ID "-1");
    assert_string_equal(changed.id[2], ACTION_ID "-2");
    assert_string_equal(changed.id[3], "r-old");
    assert_int_equal(child.n_restrictions, 4);
    assert_int_equal(child.restriction[0].state, SG_RS_LIFTED);
    for (size_t i = 1; i < 4; i++) assert_string_equal(child.restriction[i].made.action_id, ACTION_ID);
}

/* Each part in turn fails: nothing of the bundle is done. */
static void test_bundle_all_or_nothing(void **state)
{
    (void)state;
    static const struct { uint32_t roles; const char *kind; } lacking[] = {
        {ROLE_BIT(JOURNAL_SUPERADMIN), "login.lock"}, {ROLE_BIT(ACCOUNT_ADMIN) | ROLE_BIT(BLOCK_GUARDIAN), "record.seal"},
        {ROLE_BIT(ACCOUNT_ADMIN) | ROLE_BIT(SEAL) | ROLE_BIT(MINOR_ACCESS), "guardian.block"},
    };
    existing(SG_R_MINOR_GRANT, "alpha");
    for (size_t i = 0; i < 3; i++) {
        actor = fixture_actor(lacking[i].roles, "alpha");
        bundle();
        DENIED(NO_ROLE);
        assert_string_equal(why.detail, lacking[i].kind);
    }
    actor = fixture_actor(JOURNAL_AND_LOCK, "alpha");
    child.restriction[0].state = SG_RS_LIFTED; /* the last part fails */
    bundle();
    REFUSED(NOT_ACTIVE);
    assert_string_equal(why.detail, "minor-access.withdraw");
    make(SG_ACT_CITIZEN_PROTECT, NULL);
    add(SG_ACT_RECORD_SEAL, NULL);
    add(SG_ACT_RECORD_SEAL, "scope=unit", "unit=SE2321000016-NONE", NULL);
    REFUSED(NO_SUCH_UNIT);
    assert_string_equal(why.detail, "record.seal: SE2321000016-NONE");
}

static void test_bundle_shape(void **state)
{
    (void)state;
    make(SG_ACT_CITIZEN_PROTECT, NULL);
    REFUSED(NOTHING);
    add(SG_ACT_RECORD_SEAL, NULL);
    add(SG_ACT_RECORD_SEAL, NULL);
    REFUSED(ALREADY);
    existing(SG_R_MINOR_GRANT, "alpha");
    make(SG_ACT_CITIZEN_PROTECT, NULL);
    add(SG_ACT_MINOR_WITHDRAW, "restriction=r-old", NULL);
    add(SG_ACT_MINOR_WITHDRAW, "restriction=r-old", NULL);
    REFUSED(ALREADY);
    make(SG_ACT_CITIZEN_PROTECT, NULL);
    add(SG_ACT_GUARDIAN_BLOCK, "guardian=c-bo", NULL);
    add(SG_ACT_GUARDIAN_BLOCK, "guardian=Bo Ek", NULL); /* the same person said twice */
    REFUSED(ALREADY);
    make(SG_ACT_CITIZEN_PROTECT, NULL);
    add(SG_ACT_GUARDIAN_BLOCK, "guardian=c-bo", NULL);
    add(SG_ACT_GUARDIAN_BLOCK, "guardian=c-cia", NULL);
    assert_int_equal(apply(), SG_E_OK);
    assert_int_equal(changed.n, 2);
    make(SG_ACT_CITIZEN_PROTECT, NULL);
    sg_action_add_part(&act, SG_ACT_LOGIN_UNLOCK); /* a part that would widen; validation refuses it as well */
    assert_int_equal(sg_effect_apply(&ctx, &act, &child, &changed, &why), SG_E_REFUSED);
    assert_int_equal(why.rule, SG_RULE_BAD_FIELD);
    make(SG_ACT_LOGIN_LOCK, NULL);
    act.n_parts = 0;
    assert_int_equal(sg_effect_apply(&ctx, &act, &child, &changed, &why), SG_E_REFUSED);
    assert_int_equal(why.rule, SG_RULE_BAD_FIELD);
}

static void test_second_person(void **state)
{
    (void)state;
    policy.region[0].second_person = UINT32_C(1) << SG_ACT_RECORD_SEAL;
    make(SG_ACT_RECORD_SEAL, NULL);
    REFUSED(SECOND_PERSON);
    make(SG_ACT_LOGIN_LOCK, NULL);
    (void)done();
    policy.region[0].second_person = UINT32_C(1) << SG_ACT_CITIZEN_PROTECT;
    make(SG_ACT_CITIZEN_PROTECT, NULL);
    add(SG_ACT_RECORD_SEAL, NULL);
    REFUSED(SECOND_PERSON);
    policy.region[0].second_person = UINT32_C(1) << SG_ACT_RESTRICTION_ANNUL;
    make(SG_ACT_RESTRICTION_ANNUL, "restriction=" ACTION_ID, NULL);
    REFUSED(SECOND_PERSON);
}

static void test_subject_and_terms(void **state)
{
    (void)state;
    make(SG_ACT_LOGIN_LOCK, NULL);
    SG_COPY(act.subject, "c-other");
    REFUSED(NOT_AVAILABLE);
    assert_int_equal(sg_effect_apply(&ctx, &act, NULL, NULL, &why), SG_E_REFUSED);
    actor = fixture_actor(0, "");
    actor.terms_accepted = false;
    sg_action_init(&act, SG_ACT_TERMS_ACCEPT, "me");
    assert_int_equal(sg_effect_apply(&ctx, &act, NULL, NULL, NULL), SG_E_OK);
    actor.active = false;
    assert_int_equal(sg_effect_apply(&ctx, &act, NULL, NULL, NULL), SG_E_DENIED);
}

/* The same action once more (a repeat that got past the outcome table) adds nothing. */
static void test_repeat_adds_nothing(void **state)
{
    (void)state;
    make(SG_ACT_RECORD_SEAL, NULL);
    (void)done();
    child.restriction[0].state = SG_RS_LIFTED;
    REFUSED(ALREADY);
}

static void test_freshness(void **state)
{
    (void)state;
    int64_t window = 240 * INT64_C(60000);
    for (unsigned k = 0; k < SG_ACT_COUNT; k++) {
        enum sg_action_kind kind = (enum sg_action_kind)k;
        bool widens = sg_action_def(kind)->effect == SG_EFFECT_WIDENS;
        assert_true(sg_effect_fresh(&policy, kind, NOW - window, NOW, &why));
        assert_int_equal(sg_effect_fresh(&policy, kind, NOW - window - 1, NOW, &why), !widens);
        assert_true(sg_effect_fresh(&policy, kind, NOW + window, NOW, &why));
        assert_int_equal(sg_effect_fresh(&policy, kind, NOW + window + 1, NOW, &why), !widens);
        assert_int_equal(sg_effect_fresh(&policy, kind, 0, NOW, NULL), !widens);
        if (widens) assert_int_equal(why.rule, SG_RULE_STALE_WIDENING);
    }
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_lock), T(test_lock_refusals), T(test_role_comes_first), T(test_unlock), T(test_unlock_from_18_needs_no_look_at_guardians),
        T(test_unlock_of_another_region), T(test_seal),
        T(test_unseal), T(test_block), T(test_unblock_and_withdraw), T(test_grant), T(test_grant_only_from_13_to_15), T(test_annul),
        T(test_bundle), T(test_bundle_all_or_nothing), T(test_bundle_shape), T(test_second_person), T(test_subject_and_terms),
        T(test_repeat_adds_nothing), T(test_freshness),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
