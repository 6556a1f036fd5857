/* Every way in which somebody else's change can meet an act of one's own, as the screen shows it at 80×24 (R1.7). Base, mine and theirs are
 * made by the real rules: what was there before, then on one side my act, on the other theirs. */
#include "tests/unit/ui_kit.h"
#include "tests/unit/model_fixture.h"

enum { ACTS = 3, VALUES = 6 };
struct act { enum sg_action_kind kind; const char *value[VALUES]; };     /* "name=value"; kind SG_ACT_COUNT ends */
#define NO_ACT {.kind = SG_ACT_COUNT}
struct conflict_case {
    const char *name;                              /* also of the picture */
    int birth;
    bool nothing_seen, refused;
    void (*register_change)(struct sg_citizen *c); /* what the population register changed on their side */
    struct act before[ACTS], mine, theirs[ACTS];
};

static void becomes_protected(struct sg_citizen *c) { c->protected_person = true; c->n_relations = 0; }
static void dies(struct sg_citizen *c) { c->life = SG_DECEASED; c->deceased_on = day(20260301); }
static void guardian_gone(struct sg_citizen *c) { c->relation[0].to = day(20260228); }
static void only_version(struct sg_citizen *c) { (void)c; }
static void new_name(struct sg_citizen *c) { SG_COPY(c->name, "Alva Lind"); }

#define LOCK {SG_ACT_LOGIN_LOCK, {"region=alpha", "reference=2026/1"}}
#define SEAL {SG_ACT_RECORD_SEAL, {"scope=account"}}
#define BLOCK_BO {SG_ACT_GUARDIAN_BLOCK, {"guardian=c-bo", "decisionBy=SE2321000016-7777", "reviewDate=2026-04-01"}}
#define GRANT {SG_ACT_MINOR_GRANT, {"grantee=c-bo", "unit=" UNIT_A, "to=2026-09-01", "decisionBy=SE2321000016-7777", "harmAssessed=yes"}}
#define LIFT(kind) {SG_ACT_##kind, {"restriction=019b0000-0000-7000-8000-000000000100", "childChecked=yes"}}
#define LIFT_PLAIN(kind) {SG_ACT_##kind, {"restriction=019b0000-0000-7000-8000-000000000100"}}
static const struct conflict_case cases[] = {
    {.name = "lock-meets-block", .mine = LOCK, .theirs = {BLOCK_BO, NO_ACT}},
    {.name = "lock-meets-same-lock", .mine = LOCK, .theirs = {{SG_ACT_LOGIN_LOCK, {"region=alpha", "reference=2026/77"}}, NO_ACT}},
    {.name = "unlock-meets-unlock", .before = {LOCK, NO_ACT}, .mine = LIFT(LOGIN_UNLOCK), .theirs = {LIFT(LOGIN_UNLOCK), NO_ACT}},
    {.name = "unlock-meets-seal", .before = {LOCK, NO_ACT}, .mine = LIFT(LOGIN_UNLOCK), .theirs = {SEAL, NO_ACT}},
    {.name = "seal-meets-wider-seal", .mine = {SG_ACT_RECORD_SEAL, {"scope=unit", "unit=" UNIT_A}}, .theirs = {SEAL, NO_ACT}},
    {.name = "unseal-meets-annulment", .before = {SEAL, NO_ACT}, .mine = LIFT_PLAIN(RECORD_UNSEAL), .theirs = {LIFT_PLAIN(RESTRICTION_ANNUL), NO_ACT}},
    {.name = "block-meets-other-review", .mine = BLOCK_BO,
     .theirs = {{SG_ACT_GUARDIAN_BLOCK, {"guardian=c-bo", "decisionBy=SE2321000016-8888", "reviewDate=2026-06-30", "acute=yes"}}, NO_ACT}},
    {.name = "unblock-meets-lock", .before = {BLOCK_BO, NO_ACT}, .mine = LIFT_PLAIN(GUARDIAN_UNBLOCK), .theirs = {LOCK, NO_ACT}},
    {.name = "grant-meets-block", .birth = 20111214, .mine = GRANT, .theirs = {BLOCK_BO, NO_ACT}},
    {.name = "withdrawal-meets-withdrawal", .birth = 20111214, .before = {GRANT, NO_ACT}, .mine = LIFT_PLAIN(MINOR_WITHDRAW),
     .theirs = {LIFT_PLAIN(MINOR_WITHDRAW), NO_ACT}},
    {.name = "annulment-meets-lift", .before = {BLOCK_BO, NO_ACT}, .mine = LIFT_PLAIN(RESTRICTION_ANNUL), .theirs = {LIFT_PLAIN(GUARDIAN_UNBLOCK), NO_ACT}},
    {.name = "bundle-meets-part", .mine = {SG_ACT_CITIZEN_PROTECT, {NULL}}, .theirs = {LOCK, NO_ACT}},
    {.name = "nothing-seen", .nothing_seen = true, .mine = LOCK, .theirs = {BLOCK_BO, SEAL, NO_ACT}},
    {.name = "became-protected", .mine = BLOCK_BO, .register_change = becomes_protected},
    {.name = "died", .mine = LOCK, .register_change = dies},
    {.name = "guardian-no-longer", .mine = BLOCK_BO, .register_change = guardian_gone},
    {.name = "changed-name", .mine = LOCK, .register_change = new_name},
    {.name = "only-the-version", .mine = LOCK, .register_change = only_version},
    {.name = "refused-already", .refused = true, .mine = BLOCK_BO, .theirs = {BLOCK_BO, NO_ACT}},
};

static struct sg_actor me, colleague;

static void fill_action(struct sg_action *a, const struct act *t, int serial, const char *reason)
{
    struct sg_error e = {0};
    sg_action_init(a, t->kind, "c-alva");
    sg_format(a->id, sizeof a->id, "019b0000-0000-7000-8000-000000000%03d", serial);
    SG_COPY(a->reason, reason);
    a->performed_at = kit_now - 600000 + serial * 100;
    SG_COPY(a->observed, "e1");
    if (t->kind == SG_ACT_CITIZEN_PROTECT) {
        assert_int_equal(sg_part_set(sg_action_add_part(a, SG_ACT_LOGIN_LOCK), "region", "alpha", &e), SG_E_OK);
        assert_int_equal(sg_part_set(sg_action_add_part(a, SG_ACT_GUARDIAN_BLOCK), "guardian", "c-bo", &e), SG_E_OK);
    }
    for (int i = 0; i < VALUES && t->value[i]; i++) {
        char name[40];
        const char *eq = strchr(t->value[i], '=');
        sg_copyn(name, sizeof name, t->value[i], (size_t)(eq - t->value[i]));
        if (sg_action_field(t->kind, name))
            assert_int_equal(sg_part_set(&a->part[0], name, eq + 1, &e), SG_E_OK);
    }
    assert_int_equal(sg_action_validate(a, &e), SG_E_OK);
}

static void carry_out(struct sg_citizen *c, const struct act *acts, const struct sg_actor *who, int serial, int64_t at, const char *reason)
{
    for (int i = 0; i < ACTS && acts[i].kind != SG_ACT_COUNT && (acts[i].value[0] || acts[i].kind == SG_ACT_CITIZEN_PROTECT); i++) {
        struct sg_action a;
        struct sg_why why = {0};
        struct sg_effect_ctx x = {.policy = &kit_app.policy, .actor = who, .today = day(20260302), .now = at};
        fill_action(&a, &acts[i], serial + i, reason);
        assert_int_equal(sg_effect_apply(&x, &a, c, NULL, &why), SG_E_OK);
    }
}

static struct sg_tell *row_of(const struct conflict_case *t, const struct sg_citizen *base, const struct sg_citizen *theirs)
{
    struct sg_tell *tell = kit_new_tell(SG_TELL_QROW, kit_last(SG_ASK_QROW)->id);
    struct sg_qrow *r = tell->row = calloc(1, sizeof *tell->row);
    assert_non_null(r);
    fill_action(&r->action, &t->mine, 200, "my reason");
    r->state = t->refused ? SG_Q_REFUSED : SG_Q_CONFLICT;
    r->has_base = !t->nothing_seen;
    if (r->has_base)
        assert_int_equal(sg_citizen_copy(&r->base, base), SG_E_OK);
    else
        SG_COPY(r->action.observed, "*");
    r->has_outcome = true;
    r->outcome.kind = t->refused ? SG_OUT_REFUSED : SG_OUT_CONFLICT;
    r->outcome.problem = t->refused ? SG_PROBLEM_RULE : SG_PROBLEM_STALE;
    r->outcome.why.rule = t->refused ? SG_RULE_ALREADY : SG_RULE_COUNT;
    r->outcome.has_current = !t->refused;
    if (r->outcome.has_current)
        assert_int_equal(sg_citizen_copy(&r->outcome.current, theirs), SG_E_OK);
    SG_COPY(r->outcome.changed_by, t->register_change ? "" : "Sven Ek");
    SG_COPY(r->outcome.changed_unit, t->register_change ? "" : "Unit B");
    r->outcome.changed_at = kit_now - 180000;
    return tell;
}

static void open_case(const struct conflict_case *t)
{
    struct sg_citizen base, theirs;
    struct sg_view_arg arg = {.id = "019b0000-0000-7000-8000-000000000200", .kind = SG_ACT_COUNT};
    fixture_child(&base, t->birth ? t->birth : 20141214);
    base.as_of = kit_now - 900000;
    carry_out(&base, t->before, &me, 100, kit_now - 86400000, "first");
    assert_int_equal(sg_citizen_copy(&theirs, &base), SG_E_OK);
    carry_out(&theirs, t->theirs, &colleague, 300, kit_now - 180000, "their reason");
    if (t->register_change)
        t->register_change(&theirs);
    SG_COPY(theirs.etag, "e2");
    sg_app_push(&kit_app, &sg_view_conflict, &arg);
    kit_tell(row_of(t, &base, &theirs));
    if (t->refused) {
        struct sg_tell *now = kit_new_tell(SG_TELL_CITIZEN, kit_last(SG_ASK_CITIZEN)->id);
        now->citizen = calloc(1, sizeof *now->citizen);
        assert_non_null(now->citizen);
        assert_int_equal(sg_citizen_copy(now->citizen, &theirs), SG_E_OK);
        kit_tell(now);
    }
    sg_citizen_free(&base);
    sg_citizen_free(&theirs);
}

static int people(void **state)
{
    if (kit_fresh(state) != 0)
        return -1;
    sg_policy_free(&kit_app.policy);
    fixture_policy(&kit_app.policy);
    me = fixture_actor(JOURNAL_AND_LOCK, "alpha");
    SG_COPY(me.commission.unit_name, "Unit A");
    colleague = me;
    SG_COPY(colleague.name, "Sven Ek");
    SG_COPY(colleague.hsa, "SE2321000016-2DEF");
    SG_COPY(colleague.commission.unit, UNIT_B);
    kit_app.me = me;
    kit_app.have_me = true;
    kit_link(SG_LINK_ONLINE);
    kit_app.toast.at = 0;
    return 0;
}

static void r1_7_every_kind_of_conflict_has_its_picture(void **state)
{
    size_t n = sizeof cases / sizeof cases[0];
    assert_true(n >= 12);
    for (size_t i = 0; i < n; i++) {
        char name[80];
        if (i > 0) {
            kit_over(state);
            assert_int_equal(people(state), 0);
        }
        open_case(&cases[i]);
        snprintf(name, sizeof name, "conflict-%s", cases[i].name);
        kit_golden(name);
    }
}

static void r1_7_nothing_is_decided_by_the_keys_of_moving_about(void **state)
{
    static const char *const harmless[] = {"Enter", "Down", "Up", "PageDown", "Home", "End", "Tab", "F9", "Space"};
    (void)state;
    open_case(&cases[0]);
    for (size_t i = 0; i < sizeof harmless / sizeof harmless[0]; i++)
        kit_press(harmless[i]);
    assert_null(kit_last(SG_ASK_RESOLVE));
    kit_press("Esc");
    assert_null(kit_last(SG_ASK_RESOLVE));
    assert_int_equal(kit_app.n, 1);
}

static void r1_7_accepting_theirs_is_one_key(void **state)
{
    (void)state;
    open_case(&cases[0]);
    kit_press("t");
    assert_string_equal(kit_last(SG_ASK_RESOLVE)->text, "theirs");
    kit_tell(kit_new_tell(SG_TELL_DONE, kit_last(SG_ASK_RESOLVE)->id));
    assert_true(kit_shows("Your choice is kept."));
    assert_int_equal(kit_app.n, 1);
}

static void r1_7_a_note_is_typed_and_kept(void **state)
{
    (void)state;
    open_case(&cases[0]);
    kit_press("n");
    kit_press("t");                         /* typed, not a choice */
    kit_press("d");
    assert_null(kit_last(SG_ASK_RESOLVE));
    kit_press("Enter");
    assert_string_equal(kit_last(SG_ASK_RESOLVE)->text, "note");
    assert_string_equal(kit_last(SG_ASK_RESOLVE)->note, "td");
}

/* Through the confirm dialog, on the ground of how it is now and no other. */
static void r1_7_redo_is_confirmed_on_how_it_is_now(void **state)
{
    (void)state;
    open_case(&cases[0]);
    kit_press("d");
    assert_null(kit_last(SG_ASK_RESOLVE));
    kit_golden("conflict-redo-confirm");
    kit_press("F9");
    assert_string_equal(kit_last(SG_ASK_RESOLVE)->text, "redo");
    assert_string_equal(kit_action.observed, "e2");
}

static void r1_7_what_cannot_be_redone_says_why(void **state)
{
    (void)state;
    open_case(&cases[1]);
    assert_true(kit_shows("Redo mine: cannot be done now: the same restriction is already in force"));
    kit_press("d");
    assert_true(kit_shows("Cannot be done: the same restriction is already in force"));
    assert_int_equal(kit_app.n, 2);
}

int main(void)
{
#define VIEW_TEST(f) cmocka_unit_test_setup_teardown(f, people, kit_over)
    const struct CMUnitTest tests[] = {
        VIEW_TEST(r1_7_every_kind_of_conflict_has_its_picture), VIEW_TEST(r1_7_nothing_is_decided_by_the_keys_of_moving_about),
        VIEW_TEST(r1_7_accepting_theirs_is_one_key), VIEW_TEST(r1_7_a_note_is_typed_and_kept), VIEW_TEST(r1_7_redo_is_confirmed_on_how_it_is_now),
        VIEW_TEST(r1_7_what_cannot_be_redone_says_why),
    };
    return cmocka_run_group_tests_name("conflict screen", tests, kit_screen, kit_screen_end);
}
