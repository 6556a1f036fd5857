/* Replay: what happens to a queued action when the wire, the session, the clock or somebody else gets in the way. */
#include "sync_fake.h"
#include <sqlite3.h>

static uint64_t act_id(struct fake *f, uint64_t ask_id, char id[SG_UUID_MAX])
{
    struct sg_tell *t = last(f, ask_id, SG_TELL_ACTION);
    assert_non_null(t);
    sg_copy(id, SG_UUID_MAX, t->id);
    return ask_id;
}

static void online_is_done_at_once(void **state)
{
    (void)state;
    struct fake *f = new_fake(false);
    see(f, "c-1");
    uint64_t id = ask_act(f, SG_ACT_LOGIN_LOCK, "c-1", false);
    settle(f);
    struct sg_tell *t = final_of(f, id);
    assert_non_null(t);
    assert_int_equal(t->kind, SG_TELL_ACTION);
    assert_int_equal(t->row->state, SG_Q_DONE);
    assert_true(t->row->has_outcome && t->row->outcome.event_index == 100);
    assert_false(t->row->action.offline);
    assert_true(t->row->has_base);
    assert_int_equal(f->applied[1], 1);
    size_t i = 0;                               /* durable before sent: the first news of it is READY */
    while (i < f->n_tell && f->tell[i]->ask != id)
        i++;
    assert_int_equal(f->tell[i]->row->state, SG_Q_READY);
    end_fake(f);
}

static void nothing_seen_is_read_first(void **state)
{
    (void)state;
    struct fake *f = new_fake(false);
    uint64_t id = ask_act(f, SG_ACT_LOGIN_LOCK, "c-2", false);
    settle(f);
    assert_int_equal(count_sent(f, SG_GET, "/citizens/c-2"), 1);
    assert_int_equal(final_of(f, id)->row->state, SG_Q_DONE);
    assert_string_equal(final_of(f, id)->row->action.observed, "v1");
    end_fake(f);
}

static void lost_reply_after_commit(void **state)
{
    (void)state;
    struct fake *f = new_fake(true);
    see(f, "c-1");
    f->lose_put_reply = true;
    uint64_t id = ask_act(f, SG_ACT_LOGIN_LOCK, "c-1", false);
    settle(f);
    char action[SG_UUID_MAX];
    act_id(f, id, action);
    assert_int_equal(f->applied[1], 1);
    assert_int_equal(state_of(f, action), SG_Q_RETRY);
    assert_non_null(final_of(f, id));           /* offline: this is all that can be said for now */
    f->lose_put_reply = false;
    pass(f, 5000);
    assert_int_equal(state_of(f, action), SG_Q_DONE);
    assert_int_equal(f->applied[1], 1);         /* exactly once */
    assert_true(count_sent(f, SG_PUT, "/actions/") >= 2);
    end_fake(f);
}

static void every_try_has_the_same_bytes(void **state)
{
    (void)state;
    struct fake *f = new_fake(true);
    see(f, "c-1");
    f->put_status = 503;
    f->put_problem = "busy";
    f->retry_after = -1;
    ask_act(f, SG_ACT_LOGIN_LOCK, "c-1", false);
    pass(f, 400000);
    restart(f);
    settle(f);
    pass(f, 2000000);
    const struct sent *first = NULL;
    size_t n = 0;
    for (size_t i = 0; i < f->n_sent; i++) {
        const struct sent *s = &f->sent[i];
        if (s->method != SG_PUT)
            continue;
        n++;
        first = first ? first : s;
        assert_string_equal(s->path, first->path);
        assert_string_equal(s->body, first->body);
        assert_string_equal(s->if_match, first->if_match);
    }
    assert_true(n >= 5);
    end_fake(f);
}

static void backs_off(void **state)
{
    (void)state;
    struct fake *f = new_fake(false);
    see(f, "c-1");
    f->put_status = 503;
    f->put_problem = "busy";
    f->retry_after = -1;
    ask_act(f, SG_ACT_LOGIN_LOCK, "c-1", false);
    pass(f, 3600000);
    static const int64_t step[] = { 4000, 20000, 300000, 1800000 };
    int64_t before = 0;
    size_t n = 0;
    for (size_t i = 0; i < f->n_sent; i++) {
        if (f->sent[i].method != SG_PUT)
            continue;
        if (n > 0 && n <= 4) {
            int64_t gap = f->sent[i].at - before;
            assert_true(gap >= step[n - 1] * 80 / 100 && gap <= step[n - 1] * 121 / 100);
        }
        before = f->sent[i].at;
        n++;
    }
    assert_true(n == 5 || n == 4);
    assert_int_equal(link_of(f), SG_LINK_ONLINE);
    end_fake(f);
}

static void retry_after_is_honoured(void **state)
{
    (void)state;
    struct fake *f = new_fake(false);
    see(f, "c-1");
    f->put_status = 429;
    f->put_problem = "too-many-requests";
    f->retry_after = 90;
    ask_act(f, SG_ACT_LOGIN_LOCK, "c-1", false);
    pass(f, 89000);
    assert_int_equal(count_sent(f, SG_PUT, "/actions/"), 1);
    f->put_status = 0;
    pass(f, 2000);
    assert_int_equal(f->applied[1], 1);
    end_fake(f);
}

static void session_runs_out_mid_drain(void **state)
{
    (void)state;
    struct fake *f = new_fake(false);
    uint64_t id[4];
    const char *who[] = { "c-1", "c-2", "c-3", "c-4" };
    for (int i = 0; i < 4; i++)
        see(f, who[i]);
    f->expired = true;
    for (int i = 0; i < 4; i++)
        id[i] = ask_act(f, SG_ACT_LOGIN_LOCK, who[i], false);
    settle(f);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(final_of(f, id[i])->row->state, SG_Q_DONE);
        assert_int_equal(f->applied[i + 1], 1);
    }
    assert_int_equal(f->sessions, 2);           /* signed in again once, not once a row */
    end_fake(f);
}

static void late_401_of_an_old_session(void **state)
{
    (void)state;
    struct fake *f = new_fake(false);
    see(f, "c-1");
    see(f, "c-2");
    SG_COPY(f->stuck, "\"c-1\"");
    uint64_t slow = ask_act(f, SG_ACT_LOGIN_LOCK, "c-1", false);
    settle(f);
    f->expired = true;
    uint64_t quick = ask_act(f, SG_ACT_LOGIN_LOCK, "c-2", false);
    settle(f);
    assert_int_equal(final_of(f, quick)->row->state, SG_Q_DONE);
    assert_int_equal(f->sessions, 2);
    f->stuck[0] = '\0';                         /* its answer, 401, comes only now */
    settle(f);
    assert_int_equal(final_of(f, slow)->row->state, SG_Q_DONE);
    assert_int_equal(f->sessions, 2);
    end_fake(f);
}

static void refused_identity_parks_and_loses_nothing(void **state)
{
    (void)state;
    struct fake *f = new_fake(false);
    see(f, "c-1");
    f->always_401 = true;
    uint64_t id = ask_act(f, SG_ACT_LOGIN_LOCK, "c-1", false);
    settle(f);
    char action[SG_UUID_MAX];
    act_id(f, id, action);
    assert_int_equal(link_of(f), SG_LINK_AUTH);
    assert_int_equal(state_of(f, action), SG_Q_AUTH_WAIT);
    assert_non_null(final_of(f, id));
    assert_int_equal(f->sessions, 2);           /* one new try, then no more by itself */
    pass(f, 3600000);
    assert_int_equal(f->sessions, 2);
    f->always_401 = false;
    uint64_t sync = ask(f, SG_ASK_SYNC, "", "");
    settle(f);
    assert_non_null(last(f, sync, SG_TELL_IDLE));
    assert_int_equal(state_of(f, action), SG_Q_DONE);
    end_fake(f);
}

static void unknown_staff_queues(void **state)
{
    (void)state;
    struct fake *f = new_fake(false);
    see(f, "c-1");
    restart(f);
    f->no_staff = true;
    uint64_t id = ask_act(f, SG_ACT_LOGIN_LOCK, "c-1", false);
    settle(f);
    assert_int_equal(link_of(f), SG_LINK_AUTH);
    struct sg_tell *t = final_of(f, id);
    assert_non_null(t);
    assert_int_equal(t->kind, SG_TELL_ACTION);
    assert_true(sg_qstate_waiting(t->row->state));
    uint64_t read = ask(f, SG_ASK_CITIZEN, "c-1", "");
    settle(f);
    assert_int_equal(final_of(f, read)->err, SG_E_AUTH);       /* and the cache is not shown either */
    end_fake(f);
}

static void conflict(struct fake *f, char action[SG_UUID_MAX])
{
    see(f, "c-1");
    f->version[1] = 7;                          /* somebody else */
    uint64_t id = ask_act(f, SG_ACT_LOGIN_LOCK, "c-1", false);
    settle(f);
    struct sg_tell *t = final_of(f, id);
    assert_non_null(t);
    assert_int_equal(t->row->state, SG_Q_CONFLICT);
    assert_true(t->row->has_outcome && t->row->outcome.has_current && t->row->has_base);
    assert_string_equal(t->row->base.etag, "v1");
    assert_string_equal(t->row->outcome.current.etag, "v7");
    assert_int_equal(f->applied[1], 0);
    act_id(f, id, action);
}

static void conflict_holds_only_its_own_citizen(void **state)
{
    (void)state;
    struct fake *f = new_fake(false);
    char action[SG_UUID_MAX];
    conflict(f, action);
    see(f, "c-2");
    uint64_t same = ask_act(f, SG_ACT_RECORD_SEAL, "c-1", false);
    uint64_t other = ask_act(f, SG_ACT_LOGIN_LOCK, "c-2", false);
    settle(f);
    assert_int_equal(final_of(f, other)->row->state, SG_Q_DONE);
    assert_non_null(final_of(f, same));         /* told that it waits, not left hanging */
    assert_int_equal(final_of(f, same)->row->state, SG_Q_READY);
    end_fake(f);
}

static void redo_makes_a_new_action_on_what_is_there(void **state)
{
    (void)state;
    struct fake *f = new_fake(false);
    char action[SG_UUID_MAX], again[SG_UUID_MAX];
    conflict(f, action);
    uint64_t id = ask(f, SG_ASK_RESOLVE, action, "redo");
    settle(f);
    struct sg_tell *t = final_of(f, id);
    assert_int_equal(t->kind, SG_TELL_DONE);
    SG_COPY(again, t->id);
    assert_string_not_equal(again, action);
    assert_int_equal(state_of(f, action), SG_Q_WITHDRAWN);
    assert_int_equal(state_of(f, again), SG_Q_DONE);
    assert_int_equal(f->applied[1], 1);
    struct sg_tell *row = last(f, ask(f, SG_ASK_QROW, action, ""), SG_TELL_QROW);
    assert_null(row);
    settle(f);
    end_fake(f);
}

static void theirs_and_note_end_it(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct fake *f = new_fake(false);
        char action[SG_UUID_MAX];
        conflict(f, action);
        uint64_t bad = ask(f, SG_ASK_RESOLVE, action, "whatever");
        uint64_t id = ask(f, SG_ASK_RESOLVE, action, i ? "note" : "theirs");
        settle(f);
        assert_int_equal(final_of(f, bad)->err, SG_E_INPUT);
        assert_int_equal(final_of(f, id)->kind, SG_TELL_DONE);
        assert_int_equal(state_of(f, action), SG_Q_WITHDRAWN);
        f->down = true;
        restart(f);
        uint64_t read = ask(f, SG_ASK_CITIZEN, "c-1", "");
        settle(f);
        assert_string_equal(final_of(f, read)->citizen->etag, "v7");   /* what one sees offline now is theirs */
        end_fake(f);
    }
}

static void offline_queues_and_goes_when_it_returns(void **state)
{
    (void)state;
    struct fake *f = new_fake(true);
    see(f, "c-1");
    f->down = true;
    pass(f, 10000);
    assert_int_equal(link_of(f), SG_LINK_OFFLINE);
    size_t puts = count_sent(f, SG_PUT, "/actions/");
    uint64_t id = ask_act(f, SG_ACT_LOGIN_LOCK, "c-1", false);
    settle(f);
    struct sg_tell *t = final_of(f, id);
    assert_int_equal(t->row->state, SG_Q_READY);
    assert_true(t->row->action.offline);
    assert_int_equal(count_sent(f, SG_PUT, "/actions/"), puts);
    f->down = false;
    pass(f, 5000);
    assert_int_equal(link_of(f), SG_LINK_ONLINE);
    assert_int_equal(f->applied[1], 1);
    end_fake(f);
}

static void what_may_not_wait_fails(void **state)
{
    (void)state;
    struct fake *f = new_fake(true);
    see(f, "c-1");
    f->down = true;
    pass(f, 5000);
    uint64_t terms = ask_act(f, SG_ACT_TERMS_ACCEPT, "me", false);
    uint64_t blind_widening = ask_act(f, SG_ACT_LOGIN_UNLOCK, "c-5", false);
    uint64_t blind_protecting = ask_act(f, SG_ACT_LOGIN_LOCK, "c-5", false);
    uint64_t seen_widening = ask_act(f, SG_ACT_LOGIN_UNLOCK, "c-1", false);
    settle(f);
    assert_int_equal(final_of(f, terms)->err, SG_E_OFFLINE);
    assert_int_equal(final_of(f, blind_widening)->err, SG_E_OFFLINE);
    assert_string_equal(final_of(f, blind_protecting)->row->action.observed, "*");
    assert_int_equal(final_of(f, seen_widening)->row->state, SG_Q_READY);
    uint64_t list = ask(f, SG_ASK_QUEUE, "", "");
    settle(f);
    assert_int_equal(final_of(f, list)->n_lines, 2);
    end_fake(f);
}

static void old_widening_needs_a_person(void **state)
{
    (void)state;
    struct fake *f = new_fake(true);
    see(f, "c-1");
    see(f, "c-2");
    f->down = true;
    pass(f, 5000);
    uint64_t opens = ask_act(f, SG_ACT_LOGIN_UNLOCK, "c-1", false);
    uint64_t shuts = ask_act(f, SG_ACT_LOGIN_LOCK, "c-2", false);
    settle(f);
    char wide[SG_UUID_MAX], narrow[SG_UUID_MAX];
    act_id(f, opens, wide);
    act_id(f, shuts, narrow);
    f->now += 5 * 3600000;
    f->down = false;
    pass(f, 5000);
    assert_int_equal(state_of(f, narrow), SG_Q_DONE);          /* protecting: at any age */
    assert_int_equal(state_of(f, wide), SG_Q_HELD);
    assert_int_equal(f->applied[1], 0);
    assert_true(last(f, 0, SG_TELL_ACTION) != NULL);
    uint64_t all = ask(f, SG_ASK_RETRY, "", ""), one = ask(f, SG_ASK_RETRY, wide, "");
    settle(f);
    assert_int_equal(final_of(f, all)->kind, SG_TELL_DONE);
    assert_int_equal(final_of(f, one)->err, SG_E_STATE);       /* "again" is not "confirmed" */
    assert_int_equal(f->applied[1], 0);
    uint64_t yes = ask(f, SG_ASK_RECONFIRM, wide, "");
    settle(f);
    assert_int_equal(final_of(f, yes)->kind, SG_TELL_DONE);
    assert_int_equal(state_of(f, wide), SG_Q_DONE);
    assert_int_equal(f->applied[1], 1);
    end_fake(f);
}

static void hold_waits_for_a_person(void **state)
{
    (void)state;
    struct fake *f = new_fake(false);
    see(f, "c-1");
    uint64_t id = ask_act(f, SG_ACT_LOGIN_LOCK, "c-1", true);
    settle(f);
    char action[SG_UUID_MAX];
    act_id(f, id, action);
    assert_int_equal(final_of(f, id)->row->state, SG_Q_HELD);
    pass(f, 100000);
    assert_int_equal(f->applied[1], 0);
    uint64_t sync = ask(f, SG_ASK_SYNC, "", "");
    settle(f);
    assert_non_null(final_of(f, sync));
    assert_int_equal(state_of(f, action), SG_Q_DONE);
    end_fake(f);
}

static void goes_at_once_when_the_service_is_back(void **state)
{
    (void)state;
    struct fake *f = new_fake(true);
    see(f, "c-1");
    f->put_status = 503;
    f->put_problem = "busy";
    f->retry_after = -1;
    uint64_t id = ask_act(f, SG_ACT_LOGIN_LOCK, "c-1", false);
    pass(f, 40000);
    char action[SG_UUID_MAX];
    act_id(f, id, action);
    assert_int_equal(count_sent(f, SG_PUT, "/actions/"), 3);   /* the next by itself only in five minutes */
    f->down = true;
    pass(f, 5000);
    f->down = false;
    f->put_status = 0;
    pass(f, 5000);
    assert_int_equal(state_of(f, action), SG_Q_DONE);
    end_fake(f);
}

/* A row on which the service breaks every time does not get a free try with every return. */
static void poison_keeps_its_distance(void **state)
{
    (void)state;
    struct fake *f = new_fake(true);
    see(f, "c-1");
    f->lose_put_reply = true;
    ask_act(f, SG_ACT_LOGIN_LOCK, "c-1", false);
    pass(f, 600000);
    assert_true(count_sent(f, SG_PUT, "/actions/") < 10);
    end_fake(f);
}

static void a_base_nobody_saw_is_not_kept(void **state)
{
    (void)state;
    struct fake *f = new_fake(false);
    see(f, "c-1");
    struct sg_ask a = { .id = 424242, .kind = SG_ASK_ACT, .hold = true };
    a.action = calloc(1, sizeof *a.action);
    sg_action_init(a.action, SG_ACT_LOGIN_LOCK, "c-1");
    SG_COPY(a.action->observed, "v0");          /* what the person looked at was older than the cache */
    sg_engine_ask(f->g, &a);
    settle(f);
    struct sg_tell *t = final_of(f, 424242);
    assert_string_equal(t->row->action.observed, "v0");
    assert_false(t->row->has_base);
    end_fake(f);
}

static void stuck_citizen_blocks_nobody(void **state)
{
    (void)state;
    struct fake *f = new_fake(false);
    for (int i = 1; i < CITIZENS; i++) {
        char id[8];
        sg_format(id, sizeof id, "c-%d", i);
        see(f, id);
    }
    SG_COPY(f->stuck, "\"c-1\"");
    uint64_t stuck = ask_act(f, SG_ACT_LOGIN_LOCK, "c-1", false), behind = ask_act(f, SG_ACT_RECORD_SEAL, "c-1", false), id[CITIZENS];
    for (int i = 2; i < CITIZENS; i++) {
        char who[8];
        sg_format(who, sizeof who, "c-%d", i);
        id[i] = ask_act(f, SG_ACT_LOGIN_LOCK, who, false);
    }
    settle(f);
    for (int i = 2; i < CITIZENS; i++)
        assert_int_equal(final_of(f, id[i])->row->state, SG_Q_DONE);
    assert_null(final_of(f, stuck));
    assert_null(final_of(f, behind));
    assert_false(sg_engine_idle(f->g));
    f->stuck[0] = '\0';
    settle(f);
    assert_int_equal(final_of(f, stuck)->row->state, SG_Q_DONE);
    assert_int_equal(final_of(f, behind)->row->state, SG_Q_DONE);      /* moved on to the new ETag by its own predecessor */
    assert_int_equal(f->applied[1], 2);
    assert_true(sg_engine_idle(f->g));
    end_fake(f);
}

static void never_more_than_four_on_the_wire(void **state)
{
    (void)state;
    struct fake *f = new_fake(false);
    for (int i = 0; i < CITIZENS; i++) {
        char id[8];
        sg_format(id, sizeof id, "c-%d", i);
        see(f, id);
    }
    SG_COPY(f->stuck, "subject");               /* every body has it */
    for (int i = 0; i < CITIZENS; i++) {
        char id[8];
        sg_format(id, sizeof id, "c-%d", i);
        ask_act(f, SG_ACT_LOGIN_LOCK, id, false);
    }
    for (int i = 0; i < 20; i++) {
        sg_engine_step(f->g);
        size_t open = 0;
        for (size_t k = 0; k < f->n_sent; k++)
            open += f->sent[k].open && f->sent[k].method == SG_PUT;
        assert_int_equal(open, 4);
    }
    f->stuck[0] = '\0';
    settle(f);
    for (int i = 0; i < CITIZENS; i++)
        assert_int_equal(f->applied[i], 1);
    end_fake(f);
}

static void killed_while_sending(void **state)
{
    (void)state;
    struct fake *f = new_fake(false);
    see(f, "c-1");
    SG_COPY(f->stuck, "\"c-1\"");
    uint64_t id = ask_act(f, SG_ACT_LOGIN_LOCK, "c-1", false);
    settle(f);
    char action[SG_UUID_MAX];
    act_id(f, id, action);
    assert_int_equal(state_of(f, action), SG_Q_SENDING);
    restart(f);
    f->stuck[0] = '\0';
    settle(f);
    pass(f, 100);
    assert_int_equal(state_of(f, action), SG_Q_DONE);
    assert_int_equal(f->applied[1], 1);
    end_fake(f);
}

static void spoilt_answer_is_not_believed(void **state)
{
    (void)state;
    struct fake *f = new_fake(false);
    see(f, "c-1");
    f->truncate_put = true;
    uint64_t id = ask_act(f, SG_ACT_LOGIN_LOCK, "c-1", false);
    settle(f);
    char action[SG_UUID_MAX];
    act_id(f, id, action);
    assert_int_equal(state_of(f, action), SG_Q_RETRY);
    f->truncate_put = false;
    pass(f, 6000);
    assert_int_equal(state_of(f, action), SG_Q_DONE);
    assert_int_equal(f->applied[1], 1);
    end_fake(f);
}

/* As it was before the last change: the service had read it before the act that came in between. */
static bool late_picture(struct fake *f, const struct sent *s, struct sg_http_reply *r)
{
    int *left = f->extra_ctx;
    struct sg_citizen c;
    if (s->method != SG_GET || strcmp(s->path, "/citizens/c-1") != 0 || *left == 0)
        return false;
    (*left)--;
    f->version[1]--;
    make_citizen(f, "c-1", &c);
    f->version[1]++;
    json_reply(r, 200, sg_wire_citizen(&c));
    return true;
}

static void what_an_own_act_overtook_is_read_again(void **state)
{
    (void)state;
    struct fake *f = new_fake(true);
    char first[SG_UUID_MAX], second[SG_UUID_MAX];
    int late = 1;
    settle(f);
    f->down = true;
    pass(f, 5000);
    uint64_t id = ask_act(f, SG_ACT_LOGIN_LOCK, "c-1", false);
    settle(f);
    act_id(f, id, first);
    f->down = false;
    pass(f, 60000);
    assert_int_equal(state_of(f, first), SG_Q_DONE);
    f->extra = late_picture;
    f->extra_ctx = &late;
    id = ask_act(f, SG_ACT_RECORD_SEAL, "c-1", false);
    settle(f);
    act_id(f, id, second);
    assert_int_equal(late, 0);
    assert_int_equal(state_of(f, second), SG_Q_DONE);          /* not a conflict with oneself */
    assert_int_equal(f->applied[1], 2);
    end_fake(f);
}

/* The store cannot note what the service accepted: nothing is claimed, and the same id is sent again. */
static void store_fails_after_accept(void **state)
{
    (void)state;
    struct fake *f = new_fake(false);
    see(f, "c-1");
    SG_COPY(f->stuck, "\"c-1\"");
    uint64_t id = ask_act(f, SG_ACT_LOGIN_LOCK, "c-1", false);
    settle(f);
    char action[SG_UUID_MAX], path[96];
    act_id(f, id, action);
    sqlite3 *other = NULL;
    sg_format(path, sizeof path, "%s/store.db", f->dir);
    assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);    /* keeps every writer out */
    f->stuck[0] = '\0';
    settle(f);
    assert_int_equal(f->applied[1], 1);
    struct sg_tell *t = final_of(f, id);
    assert_non_null(t);
    assert_int_equal(t->kind, SG_TELL_FAILED);
    assert_int_equal(state_of(f, action), SG_Q_SENDING);
    assert_int_equal(sqlite3_exec(other, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(other);
    pass(f, 30000);
    assert_int_equal(state_of(f, action), SG_Q_DONE);          /* the same id again: the stored outcome, nothing done twice */
    assert_int_equal(f->applied[1], 1);
    end_fake(f);
}

/* Where the policy lets a view be kept for longer than a day: what opens access on such ground waits for a person, what protects does not. */
static void r6_5_ground_older_than_a_day_is_confirmed_again(void **state)
{
    (void)state;
    const int64_t hour = 3600000;
    static const struct { int hours, policy; enum sg_action_kind kind; bool held; } cases[] = {
        { 23, 0, SG_ACT_LOGIN_UNLOCK, false }, { 25, 0, SG_ACT_LOGIN_UNLOCK, true }, { 25, 0, SG_ACT_LOGIN_LOCK, false },
        { 25, 48, SG_ACT_LOGIN_UNLOCK, false }, { 7, 6, SG_ACT_LOGIN_UNLOCK, true } };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fake *f = new_fake(false);
        f->cache_hours = 72;
        f->ground_hours = cases[i].policy;
        ask(f, SG_ASK_POLICY, "", "");
        see(f, "c-1");
        f->down = true;
        f->now += cases[i].hours * hour;
        restart(f);
        settle(f);
        uint64_t id = ask_act(f, cases[i].kind, "c-1", false);
        settle(f);
        struct sg_tell *t = last(f, id, SG_TELL_ACTION);
        assert_non_null(t);
        assert_int_equal(t->row->state, cases[i].held ? SG_Q_HELD : SG_Q_READY);
        assert_int_equal(t->row->fresh_needed, cases[i].held);
        assert_int_equal(sg_qrow_ground_age(t->row), cases[i].held ? cases[i].hours * hour : 0);          /* and how old it was is said */
        char action[SG_UUID_MAX];
        SG_COPY(action, t->row->action.id);
        f->down = false;
        ask(f, SG_ASK_SYNC, "", "");
        settle(f);
        assert_int_equal(f->applied[1], cases[i].held ? 0 : 1);
        if (cases[i].held) {
            ask(f, SG_ASK_RECONFIRM, action, "");
            settle(f);
            assert_int_equal(f->applied[1], 1);
        }
        end_fake(f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(r6_5_ground_older_than_a_day_is_confirmed_again),
        cmocka_unit_test(online_is_done_at_once), cmocka_unit_test(nothing_seen_is_read_first), cmocka_unit_test(lost_reply_after_commit),
        cmocka_unit_test(every_try_has_the_same_bytes), cmocka_unit_test(backs_off), cmocka_unit_test(retry_after_is_honoured),
        cmocka_unit_test(session_runs_out_mid_drain), cmocka_unit_test(late_401_of_an_old_session),
        cmocka_unit_test(refused_identity_parks_and_loses_nothing),
        cmocka_unit_test(unknown_staff_queues), cmocka_unit_test(conflict_holds_only_its_own_citizen),
        cmocka_unit_test(redo_makes_a_new_action_on_what_is_there), cmocka_unit_test(theirs_and_note_end_it),
        cmocka_unit_test(offline_queues_and_goes_when_it_returns), cmocka_unit_test(what_may_not_wait_fails),
        cmocka_unit_test(old_widening_needs_a_person), cmocka_unit_test(hold_waits_for_a_person),
        cmocka_unit_test(stuck_citizen_blocks_nobody), cmocka_unit_test(never_more_than_four_on_the_wire),
        cmocka_unit_test(killed_while_sending), cmocka_unit_test(spoilt_answer_is_not_believed),
        cmocka_unit_test(what_an_own_act_overtook_is_read_again),
        cmocka_unit_test(store_fails_after_accept), cmocka_unit_test(goes_at_once_when_the_service_is_back),
        cmocka_unit_test(poison_keeps_its_distance), cmocka_unit_test(a_base_nobody_saw_is_not_kept),
    };
    return cmocka_run_group_tests_name("sync_replay", tests, NULL, NULL);
}
