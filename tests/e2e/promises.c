/* What the queue promises, with real processes: killed at random moments nothing is lost and nothing done twice (R1.2, R1.12), offline
 * is never called done (R6.5), a colleague's change is a conflict (R1.7), a bundle is whole or nothing (R1.8), a refusal tells
 * nothing about who exists (R4.5) and is an event (R2.12). KILLS sets the number of kills (200). */
#include "tests/e2e/lib.h"
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "base/str.h"

static struct sg_date day(int n)
{
    return sg_date_add((struct sg_date){1980, 1, 1}, 0, 0, n);
}

/* One seal of a day of its own: every act is told apart and none is refused as a repetition. */
static void seal_args(const char *args[8], char from[20], char to[20], const char *citizen, int n)
{
    char d[11];
    sg_date_format(d, day(n));
    sg_format(from, 20, "from=%s", d);
    sg_format(to, 20, "to=%s", d);
    args[0] = "do";
    args[1] = "record.seal";
    args[2] = citizen;
    args[3] = "scope=period";
    args[4] = from;
    args[5] = to;
    args[6] = NULL;
}

enum { ANNOUNCED_MAX = 20000 };
static char announced[ANNOUNCED_MAX][SG_ID_MAX];
static size_t n_announced;

static void r1_12_kills_lose_and_double_nothing(void **state)
{
    (void)state;
    long kills = e2e_env("KILLS", 200);
    uint64_t seed = 20261124;
    struct e2e_person p[5];
    for (int i = 0; i < 5; i++) {
        e2e_citizen(&p[i], 40, "Ada Alm", "");
        assert_exit(RUN("manager", "show", "citizen", p[i].id), 0);
    }
    for (int i = 0; i < kills; i++) {
        const char *args[8];
        char from[20], to[20];
        if (i % 20 == 10)
            e2e_server_stop();
        else if (i % 20 == 0 && !e2e_server_running())
            e2e_server_start();
        seal_args(args, from, to, p[i % 5].id, i);
        struct e2e_proc c = e2e_sigill_start("manager", args);
        struct e2e_out o;
        if (!e2e_ends_within(&c, (int)(e2e_random(&seed) % 120)))
            kill(c.pid, SIGKILL);
        e2e_finish(&c, NULL, &o);
        if (o.n > 0 && n_announced < ANNOUNCED_MAX && e2e_str(o.line[0], "actionId")[0])
            SG_COPY(announced[n_announced], e2e_str(o.line[0], "actionId")), n_announced++;
        e2e_out_free(&o);
        e2e_forget_results();
    }
    if (!e2e_server_running())
        e2e_server_start();
    const struct e2e_out *s = RUN("manager", "sync");
    assert_exit(s, 0);
    const struct e2e_out *queue = RUN("manager", "queue", "list");
    assert_exit(queue, 0);
    size_t in_effect = 0;
    for (size_t i = 0; i < n_announced; i++)
        assert_non_null(e2e_find(queue, "actionId", announced[i], "state", "done"));
    for (int i = 0; i < 5; i++) {
        const struct e2e_out *ev = RUN("manager", "events", p[i].id, "--limit", "1000"), *now = RUN("manager", "show", "citizen", p[i].id);
        assert_exit(ev, 0);
        assert_exit(now, 0);
        for (size_t k = 0; k < queue->n; k++) {
            const char *id = e2e_str(queue->line[k], "actionId");
            if (!sg_eq(e2e_str(queue->line[k], "subject"), p[i].id))
                continue;
            assert_string_equal(e2e_str(queue->line[k], "state"), "done");
            assert_int_equal(e2e_done_events(ev, id), 1);
            assert_int_equal(e2e_made_by(now, id), 1);
            in_effect++;
        }
        assert_int_equal(e2e_count(ev, "kind", "record.seal", "outcome", "done"), e2e_active(now, "record.seal"));
    }
    printf("%ld runs killed at random: %zu acts had been announced, %zu were found, all in effect once\n", kills, n_announced, in_effect);
    assert_true(in_effect >= n_announced);
    assert_true(in_effect > (size_t)kills / 10);
}

static void r6_5_offline_is_queued_and_says_so(void **state)
{
    (void)state;
    struct e2e_person p;
    e2e_citizen(&p, 40, "Bea Alm", "");
    assert_exit(RUN("manager", "show", "citizen", p.id), 0);
    e2e_server_stop();
    const struct e2e_out *o = RUN("manager", "do", "login.lock", p.id, "requestedBy=care");
    assert_exit(o, 75);
    assert_string_equal(e2e_str(o->line[0], "outcome"), "queued");
    char id[64];
    SG_COPY(id, e2e_str(o->line[0], "actionId"));
    const struct e2e_out *q = RUN("manager", "queue", "list");
    const cJSON *row = e2e_find(q, "actionId", id, NULL, NULL);
    assert_non_null(row);
    assert_false(e2e_true(row, "inEffect"));
    assert_non_null(strstr(e2e_str(row, "text"), "NOT YET IN EFFECT"));
    e2e_server_start();
    assert_exit(RUN("manager", "sync"), 0);
    const struct e2e_out *ev = RUN("manager", "events", p.id, "--limit", "100");
    assert_int_equal(e2e_done_events(ev, id), 1);
    assert_int_equal(e2e_active(RUN("manager", "show", "citizen", p.id), "login.lock"), 1);
}

static void r1_7_a_colleagues_change_is_a_conflict(void **state)
{
    (void)state;
    struct e2e_family f;
    e2e_make_family(&f, 8, "");
    assert_exit(RUN("manager", "access", f.child.id), 0);
    assert_exit(RUN("second", "access", f.child.id), 0);
    char who[80];
    sg_format(who, sizeof who, "guardian=%s", f.guardian[0].id);
    assert_exit(RUN("second", "do", "guardian.block", f.child.id, who), 0);
    const struct e2e_out *o = RUN("manager", "do", "login.lock", f.child.id);
    assert_exit(o, 76);
    assert_string_equal(e2e_str(o->line[0], "outcome"), "conflict");
    char id[64];
    SG_COPY(id, e2e_str(o->line[0], "actionId"));
    const struct e2e_out *show = RUN("manager", "queue", "show", id);
    assert_exit(show, 0);
    assert_non_null(strstr(show->out, "\"base\""));
    assert_non_null(strstr(show->out, "\"mine\""));
    assert_non_null(strstr(show->out, "\"theirs\""));
    assert_int_equal(e2e_active(RUN("manager", "show", "citizen", f.child.id), "login.lock"), 0);
    assert_int_equal(e2e_active(RUN("manager", "show", "citizen", f.child.id), "guardian.block"), 1);
    assert_exit(RUN("manager", "queue", "resolve", id, "redo"), 0);
    const struct e2e_out *now = RUN("manager", "show", "citizen", f.child.id);
    assert_int_equal(e2e_active(now, "login.lock"), 1);
    assert_int_equal(e2e_active(now, "guardian.block"), 1);
}

static void r1_8_a_bundle_is_whole_or_nothing(void **state)
{
    (void)state;
    long kills = e2e_env("BUNDLES", 40);
    uint64_t seed = 7;
    struct e2e_family f;
    char block[100];
    e2e_make_family(&f, 9, "");
    sg_format(block, sizeof block, "guardian.block.guardian=%s", f.guardian[0].id);
    assert_exit(RUN("manager", "access", f.child.id), 0);
    const struct e2e_out *bad = RUN("manager", "do", "citizen.protect", f.child.id, block, "record.seal.scope=unit", "record.seal.unit=SE2321000016-NONE");
    assert_true(bad->status == 1 || bad->status == 65);
    const struct e2e_out *none = RUN("manager", "show", "citizen", f.child.id);
    assert_int_equal(e2e_active(none, "guardian.block") + e2e_active(none, "record.seal"), 0);
    for (long i = 0; i < kills; i++) {
        struct e2e_family one;
        e2e_make_family(&one, 9, "");
        assert_exit(RUN("manager", "access", one.child.id), 0);
        sg_format(block, sizeof block, "guardian.block.guardian=%s", one.guardian[0].id);
        const char *args[] = {"do", "citizen.protect", one.child.id, block, "login.lock=yes", "record.seal.scope=account", NULL};
        struct e2e_proc c = e2e_sigill_start("manager", args);
        struct e2e_out o;
        (void)e2e_ends_within(&c, (int)(e2e_random(&seed) % 40));
        e2e_server_kill();
        e2e_finish(&c, NULL, &o);
        e2e_out_free(&o);
        e2e_server_start();
        const struct e2e_out *now = RUN("manager", "show", "citizen", one.child.id);
        size_t b = e2e_active(now, "guardian.block"), l = e2e_active(now, "login.lock"), s = e2e_active(now, "record.seal");
        assert_true(b == l && l == s && b <= 1);
        assert_exit(RUN("manager", "sync"), 0);
        now = RUN("manager", "show", "citizen", one.child.id);
        assert_int_equal(e2e_active(now, "guardian.block"), 1);
        assert_int_equal(e2e_active(now, "login.lock"), 1);
        assert_int_equal(e2e_active(now, "record.seal"), 1);
        const struct e2e_out *ev = RUN("manager", "events", one.child.id, "--limit", "100");
        assert_int_equal(e2e_count(ev, "kind", "citizen.protect", "outcome", "done"), 1);
        e2e_forget_results();
    }
    printf("%ld services killed during a bundle: all or nothing each time, then done once\n", kills);
}

static void r4_5_refusals_tell_nothing_and_are_events(void **state)
{
    (void)state;
    struct e2e_person hidden;
    char unknown[13];
    static char first[4096];
    e2e_citizen(&hidden, 9, "Cia Alm", ",\"protectedPerson\":true");
    e2e_next_pid(unknown, 9);
    const struct e2e_out *a = RUN_IN("manager", unknown, "lookup", "--purpose", "care");
    assert_exit(a, 1);
    SG_COPY(first, a->out);
    const struct e2e_out *b = RUN_IN("manager", hidden.pid, "lookup", "--purpose", "care");
    assert_exit(b, 1);
    assert_string_equal(first, b->out);
    assert_non_null(strstr(b->out, "not-available"));
    assert_null(strstr(b->out, hidden.pid));
    assert_exit(RUN("manager", "access", hidden.id), 1);
    struct e2e_person open;
    e2e_citizen(&open, 40, "Dan Alm", "");
    assert_exit(RUN("nurse", "access", open.id), 0);
    const struct e2e_out *no = RUN("nurse", "do", "login.lock", open.id);
    assert_exit(no, 77);
    assert_string_equal(e2e_str(no->line[0], "rule"), "no-role");
    const struct e2e_out *ev = RUN("manager", "events", open.id, "--limit", "100");
    assert_int_equal(e2e_count(ev, "kind", "login.lock", "outcome", "refused"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(r6_5_offline_is_queued_and_says_so), cmocka_unit_test(r1_7_a_colleagues_change_is_a_conflict),
        cmocka_unit_test(r1_8_a_bundle_is_whole_or_nothing), cmocka_unit_test(r4_5_refusals_tell_nothing_and_are_events),
        cmocka_unit_test(r1_12_kills_lose_and_double_nothing)};
    return cmocka_run_group_tests(tests, e2e_open, e2e_close);
}
