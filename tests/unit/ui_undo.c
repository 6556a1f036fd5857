/* Taking back and deciding together, on the screen with a false engine: what is proposed, what is asked of the engine, and that nothing is
 * undone or decided without a key meant for it (R1.7). */
#include "tests/unit/ui_kit.h"
#include "tests/unit/model_fixture.h"

#define ID "019b0000-0000-7000-8000-000000000200"

static int people(void **state)
{
    if (kit_fresh(state) != 0)
        return -1;
    sg_policy_free(&kit_app.policy);
    fixture_policy(&kit_app.policy);
    kit_app.me = fixture_actor(JOURNAL_AND_LOCK, "alpha");
    kit_app.have_me = true;
    kit_link(SG_LINK_ONLINE);
    return 0;
}

static void line(struct sg_qline *l, int i, enum sg_qstate state, enum sg_action_kind kind)
{
    memset(l, 0, sizeof *l);
    sg_format(l->action_id, sizeof l->action_id, "019b0000-0000-7000-8000-000000000%03d", 200 + i);
    l->state = state;
    l->kind = kind;
    SG_COPY(l->subject_name, i == 1 ? "Per Dahl" : "Alva Ek");
    SG_COPY(l->summary, _(sg_action_def(kind)->title));
    l->created_at = kit_now;
}

/* The queue with these rows. */
static void open_queue(const enum sg_qstate *state, const enum sg_action_kind *kind, size_t n)
{
    kit_press("q");
    struct sg_tell *t = kit_new_tell(SG_TELL_QUEUE, kit_last(SG_ASK_QUEUE)->id);
    t->lines = calloc(n, sizeof *t->lines);
    assert_non_null(t->lines);
    for (size_t i = 0; i < n; i++)
        line(&t->lines[i], (int)i, state[i], kind[i]);
    t->n_lines = n;
    t->total = (int64_t)n;
    kit_tell(t);
}

static struct sg_tell *row(enum sg_tell_kind tell, enum sg_qstate state, enum sg_action_kind kind)
{
    struct sg_tell *t = kit_new_tell(tell, tell == SG_TELL_QROW ? kit_last(SG_ASK_QROW)->id : 0);
    t->row = calloc(1, sizeof *t->row);
    assert_non_null(t->row);
    sg_action_init(&t->row->action, kind, "c-alva");
    SG_COPY(t->row->action.id, ID);
    SG_COPY(t->id, ID);
    t->row->state = state;
    t->row->has_outcome = state == SG_Q_DONE;
    if (state != SG_Q_DONE || kind == SG_ACT_CITIZEN_PROTECT)
        return t;
    t->row->outcome.kind = SG_OUT_DONE;
    t->row->outcome.n_restrictions = 1;
    t->row->outcome.restriction = calloc(1, sizeof *t->row->outcome.restriction);
    assert_non_null(t->row->outcome.restriction);
    SG_COPY(t->row->outcome.restriction->id, ID);
    SG_COPY(t->row->outcome.restriction->region, "alpha");
    return t;
}

static void tell_citizen(bool lock_in_force)
{
    struct sg_tell *t = kit_new_tell(SG_TELL_CITIZEN, kit_last(SG_ASK_CITIZEN)->id);
    t->citizen = calloc(1, sizeof *t->citizen);
    assert_non_null(t->citizen);
    fixture_child(t->citizen, 20141214);
    fixture_restriction(t->citizen, SG_R_LOGIN_LOCK, "other-lock")->state = SG_RS_ACTIVE;
    fixture_restriction(t->citizen, SG_R_LOGIN_LOCK, ID)->state = lock_in_force ? SG_RS_ACTIVE : SG_RS_LIFTED;
    kit_tell(t);
}

static void what_waits_is_withdrawn(void **state)
{
    (void)state;
    open_queue((enum sg_qstate[]){SG_Q_READY}, (enum sg_action_kind[]){SG_ACT_LOGIN_LOCK}, 1);
    kit_press("z");
    kit_tell(row(SG_TELL_QROW, SG_Q_READY, SG_ACT_LOGIN_LOCK));
    assert_true(kit_shows("It is NOT YET IN EFFECT."));
    assert_null(kit_last(SG_ASK_WITHDRAW));
    kit_press("F9");
    assert_string_equal(kit_last(SG_ASK_WITHDRAW)->key, ID);
    kit_tell(row(SG_TELL_ACTION, SG_Q_WITHDRAWN, SG_ACT_LOGIN_LOCK));
    assert_true(kit_shows("It is withdrawn and is not sent."));
}

static void one_key_withdraws_from_the_queue(void **state)
{
    (void)state;
    open_queue((enum sg_qstate[]){SG_Q_READY}, (enum sg_action_kind[]){SG_ACT_LOGIN_LOCK}, 1);
    kit_press("w");
    assert_string_equal(kit_last(SG_ASK_WITHDRAW)->key, ID);
}

static void what_is_done_leads_to_the_form_of_its_inverse(void **state)
{
    (void)state;
    open_queue((enum sg_qstate[]){SG_Q_DONE}, (enum sg_action_kind[]){SG_ACT_LOGIN_LOCK}, 1);
    kit_press("z");
    kit_tell(row(SG_TELL_QROW, SG_Q_DONE, SG_ACT_LOGIN_LOCK));
    tell_citizen(true);
    kit_golden("undo-inverse");
    kit_press("F9");
    assert_string_equal(sg_app_top(&kit_app)->ops->name, "form");
    assert_true(kit_shows("Unlock login"));
    kit_press("Tab");                       /* the proposal is filled in; a person still has to say the rest and to confirm */
    kit_press("F8");
    kit_press("1");
    assert_null(kit_last(SG_ASK_ACT));
}

/* Otherwise the form would propose to lift somebody else's lock. */
static void what_was_lifted_meanwhile_is_not_proposed(void **state)
{
    (void)state;
    open_queue((enum sg_qstate[]){SG_Q_DONE}, (enum sg_action_kind[]){SG_ACT_LOGIN_LOCK}, 1);
    kit_press("z");
    kit_tell(row(SG_TELL_QROW, SG_Q_DONE, SG_ACT_LOGIN_LOCK));
    tell_citizen(false);
    assert_true(kit_shows("Somebody has already taken it back"));
    kit_press("F9");
    assert_string_equal(sg_app_top(&kit_app)->ops->name, "undo");
}

static void a_bundle_has_no_single_inverse(void **state)
{
    (void)state;
    open_queue((enum sg_qstate[]){SG_Q_DONE}, (enum sg_action_kind[]){SG_ACT_CITIZEN_PROTECT}, 1);
    kit_press("z");
    kit_tell(row(SG_TELL_QROW, SG_Q_DONE, SG_ACT_CITIZEN_PROTECT));
    assert_true(kit_shows("has no single deed that takes it back"));
}

static const enum sg_qstate three[] = {SG_Q_CONFLICT, SG_Q_CONFLICT, SG_Q_REFUSED};
static const enum sg_action_kind kinds[] = {SG_ACT_LOGIN_LOCK, SG_ACT_RECORD_SEAL, SG_ACT_GUARDIAN_UNBLOCK};

static size_t resolves(const char *how)
{
    size_t n = 0;
    for (size_t i = 0; i < kit_n_asked; i++)
        n += kit_asked[i].kind == SG_ASK_RESOLVE && sg_eq(kit_asked[i].text, how);
    return n;
}

static void together_all_are_named_and_nothing_is_the_default(void **state)
{
    (void)state;
    open_queue(three, kinds, 3);
    kit_press("x");
    kit_press("x");
    kit_press("x");
    kit_press("d");
    kit_golden("batch-open");
    kit_press("F9");                        /* starts on leaving them */
    assert_null(kit_last(SG_ASK_RESOLVE));
    assert_string_equal(sg_app_top(&kit_app)->ops->name, "queue");
}

static void together_theirs_is_one_decision_each(void **state)
{
    (void)state;
    open_queue(three, kinds, 3);
    kit_press("x");
    kit_press("x");
    kit_press("d");
    kit_press("Right");
    kit_press("F9");
    assert_int_equal(resolves("theirs"), 2);
    for (size_t i = 0; i < kit_n_asked; i++)
        if (kit_asked[i].kind == SG_ASK_RESOLVE)
            kit_tell(kit_new_tell(SG_TELL_DONE, kit_asked[i].id));
    assert_true(kit_shows("2 of 2 decisions are kept"));
}

static void together_what_opens_access_is_not_redone(void **state)
{
    (void)state;
    open_queue(three, kinds, 3);
    for (int i = 0; i < 3; i++)
        kit_press("x");
    kit_press("d");
    kit_press("Right");
    kit_press("Right");
    assert_true(kit_shows("opens access: is decided alone"));
    kit_press("F9");
    assert_int_equal(resolves("redo"), 2);
}

static void nothing_marked_says_how(void **state)
{
    (void)state;
    open_queue(three, kinds, 3);
    kit_press("d");
    assert_true(kit_shows("Mark conflicts or refusals first with x."));
    kit_press("x");
    kit_press("Up");
    kit_press("x");                         /* and unmarked again */
    kit_press("d");
    assert_string_equal(sg_app_top(&kit_app)->ops->name, "queue");
}

int main(void)
{
#define VIEW_TEST(f) cmocka_unit_test_setup_teardown(f, people, kit_over)
    const struct CMUnitTest tests[] = {
        VIEW_TEST(what_waits_is_withdrawn), VIEW_TEST(one_key_withdraws_from_the_queue), VIEW_TEST(what_is_done_leads_to_the_form_of_its_inverse),
        VIEW_TEST(what_was_lifted_meanwhile_is_not_proposed), VIEW_TEST(a_bundle_has_no_single_inverse),
        VIEW_TEST(together_all_are_named_and_nothing_is_the_default), VIEW_TEST(together_theirs_is_one_decision_each),
        VIEW_TEST(together_what_opens_access_is_not_redone), VIEW_TEST(nothing_marked_says_how),
    };
    return cmocka_run_group_tests_name("take back", tests, kit_screen, kit_screen_end);
}
