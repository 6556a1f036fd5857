/* Every call of the store once along its good way and along its refusals: R1.1, R1.13, R1.18, C2. */
#include "queue_fixture.h"
#include <errno.h>

static bool fail_sync;
int fdatasync(int fd);
int fdatasync(int fd)
{
    (void)fd;
    errno = EIO;
    return fail_sync ? -1 : 0;
}
int fsync(int fd);
int fsync(int fd)
{
    return fdatasync(fd);
}

static void enqueue_gives_id_device_seq(void **state)
{
    struct fix *f = *state;
    struct sg_action a;
    struct sg_error e;
    fix_action(&a, CANARY_CITIZEN, "e1");
    assert_int_equal(sg_store_enqueue(f->s, &a, COMMISSION, false, NULL, &e), SG_E_OK);
    assert_true(sg_uuid_valid(a.id));
    assert_string_equal(a.device, sg_store_device(f->s));
    assert_int_equal(a.seq, 1);
    assert_int_equal(fix_add(f, CANARY_CITIZEN, "e1", false, NULL), 2);
    assert_int_equal(sg_store_last_seq(f->s), 2);
    a.seq = 0;
    assert_int_equal(sg_store_enqueue(f->s, &a, COMMISSION, false, NULL, &e), SG_E_CONFLICT);      /* the same id again */
    SG_COPY(a.id, "no-uuid");
    assert_int_equal(sg_store_enqueue(f->s, &a, COMMISSION, false, NULL, &e), SG_E_INPUT);
    assert_int_equal(sg_store_last_seq(f->s), 2);
}

static void a_row_comes_back_whole(void **state)
{
    struct fix *f = *state;
    struct sg_citizen base;
    struct sg_action a;
    struct sg_error e;
    struct sg_qrow r;
    fix_citizen(&base, CANARY_CITIZEN, "e1");
    struct sg_restriction *x = sg_citizen_add(&base);
    assert_non_null(x);
    SG_COPY(x->id, "r-1");
    SG_COPY(x->region, "demo");
    fix_action(&a, CANARY_CITIZEN, "e1");
    assert_int_equal(sg_part_set(&a.part[0], "reference", "2026/131", &e), SG_E_OK);
    a.offline = true;
    assert_int_equal(sg_store_enqueue(f->s, &a, COMMISSION, true, &base, &e), SG_E_OK);
    sg_citizen_free(&base);
    fix_reopen(f);
    assert_int_equal(sg_store_get(f->s, a.id, &r), SG_E_OK);
    assert_int_equal(r.state, SG_Q_HELD);
    assert_int_equal(r.action.kind, SG_ACT_LOGIN_LOCK);
    assert_string_equal(r.action.subject, CANARY_CITIZEN);
    assert_string_equal(r.action.observed, "e1");
    assert_string_equal(r.action.reason, CANARY_REASON);
    assert_string_equal(sg_part_get(&r.action.part[0], SG_F_LOGIN_LOCK_REFERENCE), "2026/131");
    assert_true(r.action.offline);
    assert_int_equal(r.action.performed_at, fix_now);
    assert_string_equal(r.commission, COMMISSION);
    assert_true(r.has_base);
    assert_string_equal(r.base.name, CANARY_NAME);
    assert_int_equal(r.base.n_restrictions, 1);
    assert_string_equal(r.base.restriction[0].id, "r-1");
    assert_int_equal(r.created_at, fix_now);
    sg_qrow_free(&r);
    assert_int_equal(sg_store_get(f->s, "0190aaaa-0000-7000-8000-000000000000", &r), SG_E_NOTFOUND);
}

static bool collect(void *ctx, const struct sg_qrow *r)
{
    int64_t *seq = ctx;
    seq[1 + seq[0]++] = r->seq;
    return seq[0] < 5;
}

static void each_streams_in_order_and_stops(void **state)
{
    struct fix *f = *state;
    int64_t seq[8] = {0};
    size_t damaged = 9;
    char id[SG_UUID_MAX];
    fix_add(f, "c-1", "e1", false, id);
    for (int i = 0; i < 6; i++)
        fix_add(f, "c-2", "e1", false, NULL);
    assert_int_equal(sg_store_withdraw(f->s, id), SG_E_OK);
    assert_int_equal(sg_store_each(f->s, false, collect, seq, &damaged), SG_E_OK);
    assert_int_equal(seq[0], 5);
    assert_int_equal(seq[1], 1);
    assert_int_equal(seq[5], 5);
    assert_int_equal(damaged, 0);
    memset(seq, 0, sizeof seq);
    assert_int_equal(sg_store_each(f->s, true, collect, seq, NULL), SG_E_OK);
    assert_int_equal(seq[1], 2);
}

static void counts_tell_every_state(void **state)
{
    struct fix *f = *state;
    struct sg_qcounts c;
    char id[6][SG_UUID_MAX];
    static const char *const who[] = {"c-1", "c-2", "c-3", "c-4", "c-5", "c-6"};
    assert_int_equal(sg_store_counts(f->s, &c), SG_E_OK);
    assert_int_equal(c.waiting + c.need_you + c.done + c.withdrawn + c.damaged + c.others, 0);
    assert_int_equal(c.oldest, 0);
    for (int i = 0; i < 6; i++)
        fix_add(f, who[i], "e1", false, id[i]);
    int64_t first = fix_now;
    fix_now += 1000;
    fix_add(f, "c-7", "e1", false, NULL);
    fix_finish(f, id[1], SG_OUT_DONE, "e1", "e2");
    fix_finish(f, id[2], SG_OUT_CONFLICT, "e1", "");
    fix_finish(f, id[3], SG_OUT_REFUSED, "e1", "");
    assert_int_equal(sg_store_withdraw(f->s, id[4]), SG_E_OK);
    assert_int_equal(sg_store_later(f->s, id[5], SG_Q_HELD, 0, "stale", 0), SG_E_OK);
    assert_int_equal(sg_store_counts(f->s, &c), SG_E_OK);
    assert_int_equal(c.waiting, 3);
    assert_int_equal(c.need_you, 3);
    assert_int_equal(c.done, 1);
    assert_int_equal(c.withdrawn, 1);
    assert_int_equal(c.oldest, first);
    assert_int_equal(c.others, 0);
}

static void others_rows_are_counted_and_closed(void **state)
{
    struct fix *f = *state;
    struct sg_qcounts c;
    struct sg_error e;
    struct sg_qrow r;
    char id[SG_UUID_MAX];
    fix_add(f, "c-1", "e1", false, id);
    sg_store_close(f->s);
    sg_wipe(f->pass.data, f->pass.cap);
    f->pass.len = 5;
    memcpy(f->pass.data, "other", 5);
    assert_int_equal(fix_try_open(f, OTHER, &e), SG_E_OK);
    assert_int_equal(sg_store_counts(f->s, &c), SG_E_OK);
    assert_int_equal(c.waiting, 0);
    assert_int_equal(c.others, 1);
    assert_int_equal(sg_store_get(f->s, id, &r), SG_E_NOTFOUND);
    assert_int_equal(sg_store_withdraw(f->s, id), SG_E_NOTFOUND);
    assert_int_equal(fix_claim(f, NULL), 0);
    assert_int_equal(fix_add(f, "c-1", "e1", false, NULL), 1);      /* a sequence of their own */
    sg_store_close(f->s);
    f->s = NULL;
    assert_int_equal(fix_try_open(f, ACTOR, &e), SG_E_PASSPHRASE);   /* this passphrase opens the other's slot only */
}

static void later_release_withdraw_reconfirm(void **state)
{
    struct fix *f = *state;
    char id[SG_UUID_MAX];
    struct sg_qrow r;
    int64_t due = 0;
    fix_add(f, "c-1", "e1", false, id);
    assert_int_equal(fix_claim(f, NULL), 1);
    assert_int_equal(sg_store_withdraw(f->s, id), SG_E_STATE);
    assert_int_equal(sg_store_release(f->s, id), SG_E_STATE);
    assert_int_equal(sg_store_later(f->s, id, SG_Q_DONE, 0, "", 0), SG_E_INPUT);
    assert_int_equal(sg_store_later(f->s, id, SG_Q_RETRY, 503, "busy", fix_now + 4000), SG_E_OK);
    assert_int_equal(sg_store_claim(f->s, COMMISSION, &r, &due), SG_E_NOTFOUND);
    assert_int_equal(due, fix_now + 4000);
    fix_now += 4000;
    assert_int_equal(sg_store_claim(f->s, COMMISSION, &r, &due), SG_E_OK);
    assert_int_equal(r.attempts, 2);
    assert_int_equal(r.last_status, 0);
    sg_qrow_free(&r);
    assert_int_equal(sg_store_later(f->s, id, SG_Q_HELD, 0, "stale-widening", 0), SG_E_OK);
    assert_int_equal(sg_store_release(f->s, id), SG_E_STATE);        /* needs a confirmation, not a push */
    assert_int_equal(fix_claim(f, NULL), 0);
    assert_int_equal(sg_store_reconfirm(f->s, id, fix_now + 5, NULL), SG_E_OK);
    assert_int_equal(sg_store_reconfirm(f->s, id, fix_now + 5, NULL), SG_E_STATE);
    assert_int_equal(sg_store_get(f->s, id, &r), SG_E_OK);
    assert_int_equal(r.action.performed_at, fix_now + 5);
    assert_false(r.fresh_needed);
    assert_int_equal(r.state, SG_Q_READY);
    sg_qrow_free(&r);
    assert_int_equal(sg_store_withdraw(f->s, id), SG_E_OK);
    assert_int_equal(sg_store_withdraw(f->s, id), SG_E_STATE);
    assert_int_equal(sg_store_later(f->s, id, SG_Q_RETRY, 0, "", 0), SG_E_STATE);
}

static void auth_wait_comes_back(void **state)
{
    struct fix *f = *state;
    char a[SG_UUID_MAX], b[SG_UUID_MAX];
    fix_add(f, "c-1", "e1", false, a);
    fix_add(f, "c-2", "e1", false, b);
    assert_int_equal(sg_store_later(f->s, a, SG_Q_AUTH_WAIT, 401, "sign-in", 0), SG_E_OK);
    assert_int_equal(sg_store_later(f->s, b, SG_Q_AUTH_WAIT, 401, "sign-in", 0), SG_E_OK);
    assert_int_equal(fix_claim(f, NULL), 0);
    assert_int_equal(sg_store_auth_ready(f->s), SG_E_OK);
    assert_int_equal(fix_claim(f, NULL), 1);
    assert_int_equal(fix_claim(f, NULL), 2);
}

static void cache_citizen(struct fix *f, const char *etag)
{
    struct sg_citizen c;
    struct sg_buf text;
    fix_citizen(&c, CANARY_CITIZEN, etag);
    sg_buf_init(&text, 1 << 20);
    assert_int_equal(sg_wire_print(sg_wire_citizen(&c), &text), SG_E_OK);
    assert_int_equal(sg_store_cache_put(f->s, "citizen", CANARY_CITIZEN, text.data, text.len, fix_now), SG_E_OK);
    sg_buf_free(&text);
}

static void cached_citizen(struct fix *f, struct sg_citizen *c)
{
    struct sg_buf text;
    int64_t as_of = 0;
    cJSON *v = NULL;
    sg_buf_init(&text, 1 << 20);
    assert_int_equal(sg_store_cache_get(f->s, "citizen", CANARY_CITIZEN, 0, &text, &as_of), SG_E_OK);
    assert_int_equal(sg_json_parse(text.data, text.len, &SG_JSON_REPLY, &v, NULL), SG_E_OK);
    assert_int_equal(sg_wire_citizen_read(v, c, NULL), SG_E_OK);
    cJSON_Delete(v);
    sg_buf_free(&text);
}

static void observed_of(struct fix *f, const char *id, const char *want)
{
    struct sg_qrow r;
    assert_int_equal(sg_store_get(f->s, id, &r), SG_E_OK);
    assert_string_equal(r.action.observed, want);
    sg_qrow_free(&r);
}

static void finish_rebases_and_updates_the_cache(void **state)
{
    struct fix *f = *state;
    char a[SG_UUID_MAX], b[SG_UUID_MAX], c[SG_UUID_MAX], d[SG_UUID_MAX];
    struct sg_citizen seen;
    struct sg_outcome o;
    cache_citizen(f, "e1");
    fix_add(f, CANARY_CITIZEN, "e1", false, a);
    fix_add(f, CANARY_CITIZEN, "e1", false, b);
    fix_add(f, CANARY_CITIZEN, "e0", false, c);
    fix_add(f, "c-other", "e1", false, d);
    fix_outcome(&o, a, SG_OUT_DONE, "e1", "e2");
    struct sg_restriction r = {.kind = SG_R_LOGIN_LOCK};
    SG_COPY(r.id, "lock-1");
    o.restriction = &r;
    o.n_restrictions = 1;
    assert_int_equal(sg_store_finish(f->s, a, &o), SG_E_OK);
    assert_int_equal(fix_claim(f, NULL), 2);
    observed_of(f, b, "e2");
    assert_int_equal(fix_claim(f, NULL), 4);
    observed_of(f, d, "e1");                               /* another citizen's tag only looks the same */
    cached_citizen(f, &seen);
    assert_string_equal(seen.etag, "e2");
    assert_non_null(sg_citizen_restriction(&seen, "lock-1"));
    sg_citizen_free(&seen);
    struct sg_qrow row;
    assert_int_equal(sg_store_get(f->s, a, &row), SG_E_OK);
    assert_int_equal(row.state, SG_Q_DONE);
    assert_true(row.has_outcome);
    assert_int_equal(row.outcome.event_index, 7);
    assert_int_equal(row.outcome.n_restrictions, 1);
    sg_qrow_free(&row);
    fix_outcome(&o, a, SG_OUT_REFUSED, "", "");            /* the first outcome stands */
    assert_int_equal(sg_store_finish(f->s, a, &o), SG_E_OK);
    assert_int_equal(fix_state(f, a), SG_Q_DONE);
    fix_outcome(&o, b, SG_OUT_DONE, "e8", "e9");           /* cached etag was not e8: it is not claimed to be e9 */
    assert_int_equal(sg_store_finish(f->s, b, &o), SG_E_OK);
    cached_citizen(f, &seen);
    assert_string_equal(seen.etag, "e2");
    sg_citizen_free(&seen);
    assert_int_equal(fix_claim(f, NULL), 3);
    observed_of(f, c, "e0");                               /* decided on something else: a conflict stays a conflict */
}

static void an_outcome_without_a_leaf_is_kept(void **state)
{
    struct fix *f = *state;
    char id[SG_UUID_MAX];
    struct sg_outcome o;
    struct sg_qrow row;
    fix_add(f, "c-1", "e1", false, id);
    fix_outcome(&o, id, SG_OUT_REFUSED, "", "");
    o.event_index = -1;
    o.why.rule = SG_RULE_STALE_WIDENING;
    assert_int_equal(sg_store_finish(f->s, id, &o), SG_E_OK);
    assert_int_equal(sg_store_get(f->s, id, &row), SG_E_OK);
    assert_int_equal(row.outcome.event_index, -1);
    assert_int_equal(row.outcome.problem, SG_PROBLEM_RULE);
    assert_int_equal(row.outcome.why.rule, SG_RULE_STALE_WIDENING);
    sg_qrow_free(&row);
}

static void resolve_each_way(void **state)
{
    struct fix *f = *state;
    struct sg_action again;
    struct sg_citizen now;
    struct sg_error e;
    struct sg_qrow r;
    char id[SG_UUID_MAX];
    fix_add(f, "c-1", "e1", false, id);
    assert_int_equal(sg_store_resolve(f->s, id, "theirs", "", NULL, NULL, &e), SG_E_STATE);
    fix_finish(f, id, SG_OUT_CONFLICT, "e2", "");
    assert_int_equal(sg_store_resolve(f->s, id, "mine", "", NULL, NULL, &e), SG_E_INPUT);
    assert_int_equal(sg_store_resolve(f->s, id, "redo", "", NULL, NULL, &e), SG_E_INPUT);
    fix_citizen(&now, "c-1", "e2");
    fix_action(&again, "c-1", "e2");
    assert_int_equal(sg_store_resolve(f->s, id, "redo", "still needed", &again, &now, &e), SG_E_OK);
    assert_int_equal(again.seq, 2);
    assert_int_equal(sg_store_get(f->s, id, &r), SG_E_OK);
    assert_int_equal(r.state, SG_Q_WITHDRAWN);
    assert_string_equal(r.resolved_as, "redo");
    assert_string_equal(r.successor, again.id);
    assert_string_equal(r.note, "still needed");
    assert_int_equal(r.outcome.kind, SG_OUT_CONFLICT);
    sg_qrow_free(&r);
    assert_int_equal(fix_state(f, again.id), SG_Q_READY);
    fix_finish(f, again.id, SG_OUT_REFUSED, "e2", "");
    assert_int_equal(sg_store_resolve(f->s, again.id, "note", "called the region", NULL, NULL, &e), SG_E_OK);
    assert_int_equal(fix_state(f, again.id), SG_Q_WITHDRAWN);
}

static void cache_keeps_age_and_expires(void **state)
{
    struct fix *f = *state;
    struct sg_buf b;
    int64_t as_of = 0;
    sg_buf_init(&b, 100);
    assert_int_equal(sg_store_cache_get(f->s, "k", "x", 0, &b, &as_of), SG_E_NOTFOUND);
    assert_int_equal(sg_store_cache_put(f->s, "k", "x", "{\"a\":1}", 7, fix_now - 10), SG_E_OK);
    assert_int_equal(sg_store_cache_put(f->s, "k", "x", "{\"a\":2}", 7, fix_now - 5), SG_E_OK);
    assert_int_equal(sg_store_cache_get(f->s, "k", "x", fix_now - 5, &b, &as_of), SG_E_OK);
    assert_string_equal(b.data, "{\"a\":2}");
    assert_int_equal(as_of, fix_now - 5);
    sg_buf_reset(&b);
    assert_int_equal(sg_store_cache_get(f->s, "k", "x", fix_now - 4, &b, &as_of), SG_E_NOTFOUND);
    assert_int_equal(sg_store_cache_get(f->s, "other", "x", 0, &b, &as_of), SG_E_NOTFOUND);
    assert_int_equal(sg_store_cache_expire(f->s, fix_now), SG_E_OK);
    assert_int_equal(sg_store_cache_get(f->s, "k", "x", 0, &b, &as_of), SG_E_NOTFOUND);
    sg_buf_free(&b);
}

static void version_moves_when_another_writes(void **state)
{
    struct fix *f = *state;
    int64_t v = sg_store_version(f->s);
    fix_add(f, "c-1", "e1", false, NULL);
    assert_int_equal(sg_store_version(f->s), v);           /* own writes are known anyway */
    struct fix g = *f;
    fix_open(&g);
    fix_add(&g, "c-1", "e1", false, NULL);
    sg_store_close(g.s);
    assert_int_not_equal(sg_store_version(f->s), v);
}

static void files_are_private(void **state)
{
    struct fix *f = *state;
    static const char *const names[] = {"store.db", "store.db-wal", "store.db-shm"};
    fix_add(f, "c-1", "e1", false, NULL);
    for (int i = 0; i < 3; i++) {
        char path[512];
        struct stat st;
        fix_path(f, names[i], path, sizeof path);
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 0777, 0600);
    }
}

static void failed_fsync_is_final(void **state)
{
    struct fix *f = *state;
    struct sg_action a;
    struct sg_error e;
    struct sg_qcounts c;
    char id[SG_UUID_MAX];
    fix_add(f, "c-1", "e1", false, id);
    fix_action(&a, "c-1", "e1");
    fail_sync = true;
    assert_int_equal(sg_store_enqueue(f->s, &a, COMMISSION, false, NULL, &e), SG_E_IO);
    assert_int_equal(a.seq, 0);
    fail_sync = false;                                     /* the disk seems well again: no matter */
    assert_int_equal(sg_store_enqueue(f->s, &a, COMMISSION, false, NULL, &e), SG_E_IO);
    assert_int_equal(sg_store_withdraw(f->s, id), SG_E_IO);
    assert_int_equal(sg_store_cache_put(f->s, "k", "x", "1", 1, 1), SG_E_IO);
    assert_int_equal(sg_store_counts(f->s, &c), SG_E_OK);  /* reading goes on */
    assert_int_equal(c.waiting, 1);
    fix_reopen(f);
    fix_add(f, "c-1", "e1", false, NULL);
}

static void refuses_what_could_not_be_read_back(void **state)
{
    struct fix *f = *state;
    struct sg_action a;
    struct sg_error e;
    fix_action(&a, "NOT AN ID", "e1");
    assert_int_equal(sg_store_enqueue(f->s, &a, COMMISSION, false, NULL, &e), SG_E_INPUT);
    assert_int_equal(sg_store_last_seq(f->s), 0);
    fix_add(f, "c-1", "e1", false, NULL);
    size_t n = 9;
    assert_int_equal(sg_store_check(f->s, NULL, 0, &n), SG_E_OK);
    assert_int_equal(n, 0);
}

static void a_newer_format_is_left_alone(void **state)
{
    struct fix *f = *state;
    struct sg_error e;
    sg_store_close(f->s);
    f->s = NULL;
    fix_sql(f, "UPDATE meta SET value=4 WHERE key='format'");
    assert_int_equal(fix_try_open(f, ACTOR, &e), SG_E_VERSION);
    fix_sql(f, "UPDATE meta SET value=3 WHERE key='format'");
    fix_open(f);
}

static void the_keyring_never_replaces_the_passphrase(void **state)
{
    struct fix *f = *state;
    struct sg_error e;
    struct sg_store_opts o = fix_opts(f, ACTOR);
    struct sg_secret wrong;
    o.cache_key = true;
    for (int i = 0; i < 2; i++) {                          /* the second time from the keyring, where there is one */
        sg_store_close(f->s);
        assert_int_equal(sg_store_open(&o, &f->s, &e), SG_E_OK);
    }
    fix_add(f, "c-1", "e1", false, NULL);
    sg_store_close(f->s);
    f->s = NULL;
    fix_secret(&wrong, "wrong");
    o.passphrase = &wrong;
    assert_int_equal(sg_store_open(&o, &f->s, &e), SG_E_PASSPHRASE);
    sg_secret_free(&wrong);
}

#define T(name) cmocka_unit_test_setup_teardown(name, fix_setup, fix_teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(enqueue_gives_id_device_seq), T(a_row_comes_back_whole), T(each_streams_in_order_and_stops), T(counts_tell_every_state),
        T(others_rows_are_counted_and_closed), T(later_release_withdraw_reconfirm), T(auth_wait_comes_back),
        T(finish_rebases_and_updates_the_cache), T(an_outcome_without_a_leaf_is_kept), T(resolve_each_way), T(cache_keeps_age_and_expires),
        T(version_moves_when_another_writes), T(files_are_private), T(failed_fsync_is_final), T(refuses_what_could_not_be_read_back),
        T(a_newer_format_is_left_alone), T(the_keyring_never_replaces_the_passphrase),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
