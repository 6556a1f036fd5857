/* The link and the reads: loss and return of the service, cached answers and their age, probes, the change feed, cancelling. */
#include "sync_fake.h"

static void signs_in_and_reads(void **state)
{
    (void)state;
    struct fake *f = new_fake(false);
    uint64_t id = ask(f, SG_ASK_CITIZEN, "c-1", "");
    settle(f);
    struct sg_tell *t = final_of(f, id);
    assert_int_equal(t->kind, SG_TELL_CITIZEN);
    assert_string_equal(t->citizen->id, "c-1");
    assert_false(t->from_cache);
    assert_int_equal(t->as_of, T0);
    assert_int_equal(link_of(f), SG_LINK_ONLINE);
    assert_string_equal(f->sent[0].path, "/sessions");         /* before the store is opened, and before anything else */
    assert_string_equal(f->sent[0].bearer, "");
    assert_int_equal(f->sessions, 1);
    end_fake(f);
}

static void offline_reads_come_from_the_cache_with_their_age(void **state)
{
    (void)state;
    struct fake *f = new_fake(false);
    see(f, "c-1");
    uint64_t look = ask(f, SG_ASK_LOOKUP, "", "20141212-2382");
    settle(f);
    assert_string_equal(final_of(f, look)->id, "c-1");
    f->down = true;
    f->now += 3600000;
    restart(f);
    static const enum sg_ask_kind kinds[] = { SG_ASK_CITIZEN, SG_ASK_POLICY, SG_ASK_ME, SG_ASK_LOOKUP };
    for (size_t i = 0; i < 4; i++) {
        uint64_t id = ask(f, kinds[i], "c-1", "20141212-2382");
        settle(f);
        struct sg_tell *t = final_of(f, id);
        assert_non_null(t);
        if (t->kind == SG_TELL_FAILED)
            fail_msg("ask %zu failed: %s", i, t->error.detail);
        assert_true(t->from_cache);
        assert_int_equal(t->as_of, T0);
    }
    assert_int_equal(link_of(f), SG_LINK_OFFLINE);
    uint64_t other = ask(f, SG_ASK_LOOKUP, "", "20100101-2382"), unseen = ask(f, SG_ASK_CITIZEN, "c-3", "");
    uint64_t events = ask(f, SG_ASK_EVENTS, "c-1", "");
    settle(f);
    assert_int_equal(final_of(f, unseen)->err, SG_E_OFFLINE);
    assert_true(strlen(final_of(f, unseen)->error.detail) > 20);
    assert_int_equal(final_of(f, events)->err, SG_E_OFFLINE);
    assert_int_equal(final_of(f, other)->kind, SG_TELL_FAILED);
    end_fake(f);
}

static void cache_expires(void **state)
{
    (void)state;
    struct fake *f = new_fake(false);
    see(f, "c-1");
    f->down = true;
    f->now += INT64_C(13) * 3600000;            /* policy: 12 h */
    restart(f);
    uint64_t id = ask(f, SG_ASK_CITIZEN, "c-1", "");
    settle(f);
    assert_int_equal(final_of(f, id)->err, SG_E_OFFLINE);
    end_fake(f);
}

static void cached_first_then_fresh(void **state)
{
    (void)state;
    struct fake *f = new_fake(false);
    see(f, "c-1");
    f->version[1] = 5;
    struct sg_ask a = { .id = 777, .kind = SG_ASK_CITIZEN, .cached_ok = true };
    SG_COPY(a.key, "c-1");
    sg_engine_ask(f->g, &a);
    sg_engine_step(f->g);
    struct sg_tell *t = last(f, 777, SG_TELL_CITIZEN);
    assert_true(t && t->from_cache && !t->final);
    assert_string_equal(t->citizen->etag, "v1");
    settle(f);
    t = final_of(f, 777);
    assert_false(t->from_cache);
    assert_string_equal(t->citizen->etag, "v5");
    end_fake(f);
}

static void no_longer_allowed_is_forgotten(void **state)
{
    (void)state;
    struct fake *f = new_fake(false);
    see(f, "c-1");
    f->citizen_status = 404;
    f->citizen_problem = "not-available";
    uint64_t id = ask(f, SG_ASK_CITIZEN, "c-1", "");
    settle(f);
    assert_int_equal(final_of(f, id)->err, SG_E_NOTFOUND);
    f->down = true;
    restart(f);
    id = ask(f, SG_ASK_CITIZEN, "c-1", "");
    settle(f);
    assert_int_equal(final_of(f, id)->err, SG_E_OFFLINE);      /* it does not come back from the cache */
    end_fake(f);
}

static void loss_and_return_are_seen_in_time(void **state)
{
    (void)state;
    struct fake *f = new_fake(true);
    see(f, "c-1");
    assert_int_equal(count_sent(f, SG_GET, "/changes"), 2);
    assert_int_equal(settle(f), -1);            /* idle and online: no timer at all */
    f->down = true;
    settle(f);                                  /* the waiting poll breaks */
    assert_int_equal(link_of(f), SG_LINK_OFFLINE);
    forget_tells(f);
    pass(f, 60000);
    size_t probes = 0;
    int64_t before = 0;
    for (size_t i = 0; i < f->n_sent; i++) {
        if (strcmp(f->sent[i].path, "/me") != 0)
            continue;
        assert_true(before == 0 || f->sent[i].at - before >= 2000);
        before = f->sent[i].at;
        probes++;
    }
    assert_true(probes >= 13 && probes <= 30);
    f->down = false;
    pass(f, 5000);
    assert_int_equal(link_of(f), SG_LINK_ONLINE);
    assert_non_null(last(f, 0, SG_TELL_STATUS));
    assert_int_equal(f->sessions, 1);           /* the session lives on */
    assert_int_equal(settle(f), -1);
    end_fake(f);
}

static void captive_portal_is_offline(void **state)
{
    (void)state;
    struct fake *f = new_fake(true);
    see(f, "c-1");
    f->portal = true;
    uint64_t id = ask(f, SG_ASK_CITIZEN, "c-1", "");
    settle(f);
    assert_int_equal(link_of(f), SG_LINK_OFFLINE);
    assert_true(final_of(f, id)->from_cache);
    f->portal = false;
    pass(f, 5000);
    assert_int_equal(link_of(f), SG_LINK_ONLINE);
    end_fake(f);
}

static void command_line_probes_only_when_asked(void **state)
{
    (void)state;
    struct fake *f = new_fake(false);
    see(f, "c-1");
    f->down = true;
    see(f, "c-1");
    assert_int_equal(link_of(f), SG_LINK_OFFLINE);
    size_t n = f->n_sent;
    assert_int_equal(settle(f), -1);
    pass(f, 100000);
    assert_int_equal(f->n_sent, n);
    f->down = false;
    uint64_t id = ask(f, SG_ASK_CITIZEN, "c-1", "");
    settle(f);
    assert_false(final_of(f, id)->from_cache);  /* the ask itself found out that it is back */
    assert_int_equal(link_of(f), SG_LINK_ONLINE);
    end_fake(f);
}

static void changes_are_told(void **state)
{
    (void)state;
    struct fake *f = new_fake(true);
    SG_COPY(f->changed, "c-3");
    see(f, "c-1");
    assert_null(last(f, 0, SG_TELL_CHANGED));   /* the first call only learns the revision */
    SG_COPY(f->changed, "c-4");
    settle(f);
    struct sg_tell *t = last(f, 0, SG_TELL_CHANGED);
    assert_non_null(t);
    assert_string_equal(t->id, "c-4");
    assert_string_equal(t->change.etag, "tag-9");
    assert_string_equal(t->change.by, "Bo Berg");
    assert_int_equal(count_sent(f, SG_GET, "/changes"), 3);
    end_fake(f);
}

static bool serve_level(struct fake *f, const struct sent *s, struct sg_http_reply *r)
{
    struct sg_level l = { .year = 2026, .month = 3, .from = T0, .to = T0 + 1, .availability = 100000 };
    if (strcmp(s->path, "/service-level") != 0 || f->extra_ctx == f)       /* the fake itself stands for a service that does not know it today */
        return false;
    cJSON *v = sg_wire_level(&l);
    assert_true(sg_wire_stop_add(v, &f->stop));
    json_reply(r, 200, v);
    return true;
}

static void a_change_comes(struct fake *f)
{
    SG_COPY(f->changed, "c-4");
    settle(f);
}

static void r6_9_a_stop_is_news_and_is_kept(void **state)
{
    (void)state;
    struct fake *f = new_fake(true);
    f->extra = serve_level;
    settle(f);
    a_change_comes(f);
    assert_int_equal(count_sent(f, SG_GET, "/service-level"), 0);      /* none is announced: nothing more is asked than before */
    f->stop = (struct sg_stop){ T0 + 300000000, T0 + 303600000, T0 };
    f->extra_ctx = f;
    a_change_comes(f);
    assert_null(last(f, 0, SG_TELL_LEVEL));
    f->extra_ctx = NULL;
    size_t in_vain = count_sent(f, SG_GET, "/service-level");
    assert_true(in_vain > 0);                                          /* what could not be read is asked for with the next news */
    a_change_comes(f);
    struct sg_tell *t = last(f, 0, SG_TELL_LEVEL);
    assert_non_null(t);
    assert_memory_equal(&t->stop, &f->stop, sizeof f->stop);
    assert_int_equal(count_sent(f, SG_GET, "/service-level"), in_vain + 1);
    a_change_comes(f);
    assert_int_equal(count_sent(f, SG_GET, "/service-level"), in_vain + 1);      /* once */
    f->stop = (struct sg_stop){ 0 };
    a_change_comes(f);
    assert_int_equal(count_sent(f, SG_GET, "/service-level"), in_vain + 2);
    assert_int_equal(last(f, 0, SG_TELL_LEVEL)->stop.from, 0);         /* called off */
    f->stop = (struct sg_stop){ T0 + 300000000, T0 + 303600000, T0 };
    a_change_comes(f);
    assert_int_equal(settle(f), -1);                                   /* and no timer for it */
    f->down = true;
    f->now += 301000000;                                               /* three and a half days later the stop has come, and the program is started */
    restart(f);
    uint64_t id = ask(f, SG_ASK_LEVEL, "", "");
    settle(f);
    t = final_of(f, id);
    assert_int_equal(t->kind, SG_TELL_LEVEL);
    assert_true(t->from_cache);
    assert_int_equal(t->as_of, T0);
    assert_memory_equal(&t->stop, &f->stop, sizeof f->stop);
    end_fake(f);
}

static void cancelled_is_forgotten(void **state)
{
    (void)state;
    struct fake *f = new_fake(false);
    settle(f);
    uint64_t read = ask(f, SG_ASK_CITIZEN, "c-1", "");
    sg_engine_step(f->g);
    assert_true(f->sent[f->n_sent - 1].open);
    struct sg_ask stop = { .id = 9999, .kind = SG_ASK_CANCEL, .ref = (int64_t)read };
    sg_engine_ask(f->g, &stop);
    sg_engine_step(f->g);
    assert_false(f->sent[f->n_sent - 1].open);
    assert_int_equal(final_of(f, read)->err, SG_E_CANCELLED);
    uint64_t act = ask_act(f, SG_ACT_LOGIN_LOCK, "c-1", false);     /* cancelled while its citizen is being read: not queued */
    sg_engine_step(f->g);
    stop.ref = (int64_t)act;
    sg_engine_ask(f->g, &stop);
    settle(f);
    assert_int_equal(final_of(f, act)->err, SG_E_CANCELLED);
    assert_int_equal(count_sent(f, SG_PUT, "/"), 0);
    uint64_t list = ask(f, SG_ASK_QUEUE, "", "");
    settle(f);
    assert_int_equal(final_of(f, list)->n_lines, 0);
    end_fake(f);
}

static void bad_input_never_leaves(void **state)
{
    (void)state;
    struct fake *f = new_fake(false);
    settle(f);
    size_t n = f->n_sent;
    uint64_t bad_number = ask(f, SG_ASK_LOOKUP, "", "20141212-2380");
    struct sg_ask a = { .id = 555555, .kind = SG_ASK_ACT };
    a.action = calloc(1, sizeof *a.action);
    sg_action_init(a.action, SG_ACT_LOGIN_UNLOCK, "c-1");           /* the lock to remove is missing */
    sg_engine_ask(f->g, &a);
    settle(f);
    assert_int_equal(final_of(f, bad_number)->err, SG_E_INPUT);
    assert_int_equal(final_of(f, 555555)->err, SG_E_INPUT);
    assert_string_equal(final_of(f, 555555)->error.where, "restriction");
    assert_int_equal(f->n_sent, n);
    end_fake(f);
}

static void service_clock_is_learnt(void **state)
{
    (void)state;
    struct fake *f = new_fake(false);
    f->clock_skew = 3 * 3600000;
    settle(f);
    uint64_t id = ask(f, SG_ASK_STATUS, "", "");
    settle(f);
    assert_int_equal(final_of(f, id)->status.server_offset, 3 * 3600000);
    assert_int_equal(final_of(f, id)->status.last_contact, T0);
    uint64_t act = ask_act(f, SG_ACT_LOGIN_LOCK, "c-1", false);
    settle(f);
    assert_int_equal(final_of(f, act)->row->action.performed_at, T0 + 3 * 3600000);
    end_fake(f);
}

static void r1_9_decided_when_asked(void **state)
{
    (void)state;
    struct fake *f = new_fake(false);
    settle(f);
    uint64_t act = ask_act(f, SG_ACT_LOGIN_LOCK, "c-1", false);
    (void)sg_engine_step(f->g);                 /* the person has not been read here: the service is asked first … */
    f->now += 6 * 3600000;                      /* … and the lid is closed for the night */
    settle(f);
    assert_int_equal(final_of(f, act)->row->action.performed_at, T0);
    end_fake(f);
}

static void wrong_passphrase_still_reads(void **state)
{
    (void)state;
    struct fake *f = new_fake(false);
    see(f, "c-1");
    sg_engine_free(f->g);
    uint8_t wrong[] = "not it";
    struct sg_secret pass = { wrong, sizeof wrong - 1, sizeof wrong };
    struct sg_engine_opts o = { .actor = ACTOR, .clock = { fake_clock, fake_clock, f }, .random = { fake_random, NULL } };
    o.store.dir = f->dir;
    o.store.passphrase = &pass;
    o.store.scrypt_log_n = 14;
    assert_int_equal(sg_engine_new(&o, on_tell, f, &f->g, NULL), SG_E_OK);
    sg_engine_set_transport(f->g, (struct sg_transport){ &fake_ops, f });
    uint64_t read = ask(f, SG_ASK_CITIZEN, "c-1", ""), act = ask_act(f, SG_ACT_LOGIN_LOCK, "c-1", false);
    settle(f);
    assert_int_equal(final_of(f, read)->kind, SG_TELL_CITIZEN);
    assert_int_equal(final_of(f, act)->err, SG_E_PASSPHRASE);       /* never sent without being durable first */
    assert_int_equal(count_sent(f, SG_PUT, "/"), 0);
    uint64_t id = ask(f, SG_ASK_STATUS, "", "");
    settle(f);
    assert_int_equal(final_of(f, id)->status.store_err, SG_E_PASSPHRASE);
    end_fake(f);
}

static void changed_roles_empty_the_cache(void **state)
{
    (void)state;
    struct fake *f = new_fake(false);
    see(f, "c-1");
    restart(f);
    f->roles = 2;
    settle(f);
    f->down = true;
    restart(f);
    uint64_t id = ask(f, SG_ASK_CITIZEN, "c-1", "");
    settle(f);
    assert_int_equal(final_of(f, id)->err, SG_E_OFFLINE);
    end_fake(f);
}

static void sync_always_ends(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        struct fake *f = new_fake(i & 1);
        f->down = i & 2;
        uint64_t id = ask(f, SG_ASK_SYNC, "", "");
        settle(f);
        struct sg_tell *t = final_of(f, id);
        assert_non_null(t);
        assert_int_equal(t->kind, SG_TELL_IDLE);
        assert_int_equal(t->status.link, f->down ? SG_LINK_OFFLINE : SG_LINK_ONLINE);
        end_fake(f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signs_in_and_reads), cmocka_unit_test(offline_reads_come_from_the_cache_with_their_age),
        cmocka_unit_test(cache_expires), cmocka_unit_test(cached_first_then_fresh), cmocka_unit_test(no_longer_allowed_is_forgotten),
        cmocka_unit_test(loss_and_return_are_seen_in_time), cmocka_unit_test(captive_portal_is_offline),
        cmocka_unit_test(command_line_probes_only_when_asked), cmocka_unit_test(changes_are_told), cmocka_unit_test(r6_9_a_stop_is_news_and_is_kept),
        cmocka_unit_test(cancelled_is_forgotten), cmocka_unit_test(bad_input_never_leaves), cmocka_unit_test(service_clock_is_learnt),
        cmocka_unit_test(wrong_passphrase_still_reads), cmocka_unit_test(r1_9_decided_when_asked), cmocka_unit_test(changed_roles_empty_the_cache), cmocka_unit_test(sync_always_ends),
    };
    return cmocka_run_group_tests_name("sync_link", tests, NULL, NULL);
}
