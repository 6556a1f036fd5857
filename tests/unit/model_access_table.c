/* R4.1: every cell of the access table equals an oracle written apart (oracle_access.h). The cross product runs over the day
 * before, the day and the day after each birthday 0-18 of three births (one on 29 February), all relations and services, and
 * all combinations of protection, block, grant, seal and lock. */
#include "model_fixture.h"
#include "oracle_access.h"

static const char LIVES[] = "ADE", IDS[] = "PCR", PROTS[] = "012", FLAGS[] = "01";
static const char GRANTS[] = "0cgbolx", SEALS[] = "0apuvtl", LOCKS[] = "012";

static void add_grant(struct sg_citizen *c, const char *id, const char *person, const char *unit, char how)
{
    struct sg_restriction *r = fixture_restriction(c, SG_R_MINOR_GRANT, id);
    SG_COPY(r->person, person);
    SG_COPY(r->unit, unit);
    r->to = how == 'x' ? day(20000101) : day(20991231);
    if (how == 'l') r->state = SG_RS_LIFTED;
}

static void add_grants(struct sg_citizen *c, char g)
{
    if (g == 'c') add_grant(c, "r-g1", c->id, UNIT_A, g);
    if (strchr("gblx", g)) add_grant(c, "r-g2", "c-bo", UNIT_A, g);
    if (g == 'b' || g == 'o') add_grant(c, "r-g3", "c-bo", UNIT_B, g);
    if (g == 'o') add_grant(c, "r-g4", c->id, UNIT_B, g);
}

static void add_seal(struct sg_citizen *c, char s)
{
    if (s == '0') return;
    struct sg_restriction *r = fixture_restriction(c, SG_R_SEAL, "r-s");
    r->scope = s == 'p' ? SG_SEAL_PROVIDER : s == 'u' || s == 'v' ? SG_SEAL_UNIT : s == 't' ? SG_SEAL_PERIOD : SG_SEAL_ACCOUNT;
    if (s == 'p') SG_COPY(r->provider, PROVIDER_1);
    if (s == 'u' || s == 'v') SG_COPY(r->unit, s == 'u' ? UNIT_A : UNIT_B);
    if (s == 't') r->from = day(20200101), r->to = day(20200630);
    if (s == 'l') r->state = SG_RS_LIFTED;
}

static void add_block(struct sg_citizen *c)
{
    struct sg_restriction *r = fixture_restriction(c, SG_R_GUARDIAN_BLOCK, "r-b");
    SG_COPY(r->person, "c-bo");
    SG_COPY(r->made.reference, "D 1");
    assert_true(sg_rfc3339_parse("2025-01-01T23:41:00Z", &r->made.registered_at)); /* already 2 January in Sweden */
}

static void build(struct sg_citizen *c, const struct oracle_case *q, int birth)
{
    static const struct { char letter; enum sg_life life; } lives[] = {{'A', SG_ALIVE}, {'D', SG_DECEASED}, {'E', SG_EMIGRATED}};
    fixture_child(c, birth);
    fixture_relation(c, "c-rut", "Rut", SG_REL_REPRESENTATIVE);
    for (size_t i = 0; i < 3; i++)
        if (lives[i].letter == q->life) c->life = lives[i].life;
    c->pid.type = q->id == 'P' ? SG_PID_PERSONNUMMER : q->id == 'C' ? SG_PID_SAMORDNINGSNUMMER : SG_PID_RESERVE;
    c->protected_person = q->prot == '1';
    c->protected_record = q->prot == '2';
    if (q->ended == '1') c->relation[0].to = day(20010101);
    if (q->block == '1') add_block(c);
    add_grants(c, q->grant);
    add_seal(c, q->seal);
    static const char *const regions[] = {"alpha", "beta"};
    for (int i = 0; i < q->lock - '0'; i++) SG_COPY(fixture_restriction(c, SG_R_LOGIN_LOCK, i ? "r-l2" : "r-l1")->region, regions[i]);
}

static size_t cells, wrong;

static void compare(const struct sg_policy *p, const struct sg_citizen *c, struct oracle_case q, int birth, int today)
{
    static const char services[] = "ejx", whos[] = "SGOR";
    static const char *const ids[] = {NULL, "c-bo", "c-cia", "c-rut"};
    q.band = oracle_band(birth, today);
    for (int w = 0; w < 4; w++)
        for (int s = 0; s < 3; s++) {
            struct sg_access_row row;
            q.who = whos[w];
            q.svc = services[s];
            struct oracle_answer want = oracle(&q);
            sg_access_decide(p, c, ids[w], (enum sg_service)s, day(today), &row);
            cells++;
            bool same = !strcmp(want.reach, sg_reach_name(row.reach)) && !strcmp(want.rule, sg_rule_name(row.why.rule)) &&
                        !strcmp(want.detail, row.why.detail) && row.allowed == (strcmp(want.reach, "none") != 0);
            if (same || ++wrong > 5) continue;
            print_error("life %c id %c who %c svc %c born %d on %d ", q.life, q.id, q.who, q.svc, birth, today);
            print_error("prot %c ended %c block %c grant %c seal %c lock %c\n", q.prot, q.ended, q.block, q.grant, q.seal, q.lock);
            print_error("  want %s %s [%s], got %s %s [%s]\n", want.reach, want.rule, want.detail, sg_reach_name(row.reach),
                        sg_rule_name(row.why.rule), row.why.detail);
        }
}

static void compare_days(const struct sg_policy *p, struct oracle_case q, int birth)
{
    struct sg_citizen c;
    build(&c, &q, birth);
    for (int years = 0; years <= 18; years++) {
        int d = oracle_birthday(birth, years);
        if (years) compare(p, &c, q, birth, oracle_day_before(d));
        compare(p, &c, q, birth, d);
        compare(p, &c, q, birth, oracle_next_day(d));
    }
    sg_citizen_free(&c);
}

static const int BIRTHS[] = {20080229, 20080615, 20071231};

static void test_every_combination(void **state)
{
    (void)state;
    struct sg_policy p;
    fixture_policy(&p);
    cells = wrong = 0;
    for (const char *g = GRANTS; *g; g++)
        for (const char *s = SEALS; *s; s++)
            for (const char *l = LOCKS; *l; l++)
                for (int bits = 0; bits < 12; bits++) {
                    struct oracle_case q = {.life = 'A', .id = 'P', .grant = *g, .seal = *s, .lock = *l};
                    q.prot = PROTS[bits % 3], q.ended = FLAGS[bits / 3 % 2], q.block = FLAGS[bits / 6];
                    compare_days(&p, q, BIRTHS[(size_t)(g - GRANTS + (s - SEALS) + bits) % 3]);
                }
    print_message("access cells compared with the oracle: %zu\n", cells);
    sg_policy_free(&p);
    assert_int_equal(wrong, 0);
    assert_true(cells >= 1000000);
}

static void test_life_and_identity(void **state)
{
    (void)state;
    struct sg_policy p;
    fixture_policy(&p);
    cells = wrong = 0;
    for (const char *life = LIVES; *life; life++)
        for (const char *id = IDS; *id; id++)
            for (const char *g = GRANTS; *g; g++)
                for (const char *s = SEALS; *s; s++)
                    for (int b = 0; b < 3; b++) {
                        struct oracle_case q = {.life = *life, .id = *id, .grant = *g, .seal = *s, .lock = '1'};
                        q.prot = q.ended = q.block = '0';
                        compare_days(&p, q, BIRTHS[b]);
                    }
    print_message("access cells of the dead, the emigrated and other numbers: %zu\n", cells);
    sg_policy_free(&p);
    assert_int_equal(wrong, 0);
    assert_true(cells >= 10000);
}

/* The oracle's own calendar against well-known days, so that both sides cannot be wrong together unseen. */
static void test_oracle_calendar(void **state)
{
    (void)state;
    assert_int_equal(oracle_years(20080229, 20210228), 12);
    assert_int_equal(oracle_years(20080229, 20210301), 13);
    assert_int_equal(oracle_years(20080229, 20240229), 16);
    assert_int_equal(oracle_birthday(20080229, 13), 20210301);
    assert_int_equal(oracle_birthday(20080229, 16), 20240229);
    assert_int_equal(oracle_day_before(20210301), 20210228);
    assert_int_equal(oracle_day_before(20240301), 20240229);
    assert_int_equal(oracle_next_day(20071231), 20080101);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_oracle_calendar),
        cmocka_unit_test(test_every_combination),
        cmocka_unit_test(test_life_and_identity),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
