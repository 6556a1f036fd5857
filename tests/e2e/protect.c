/* A bundle is one act: all of it or nothing, whatever part is wrong and whenever the service dies under it (R1.8). BUNDLES is the
 * number of services killed (40). */
#include "tests/e2e/lib.h"
#include <stdio.h>
#include <string.h>
#include "base/str.h"

static uint64_t seed = 131;
static long below(long n) { return (long)(e2e_random(&seed) % (uint64_t)n); }

static const struct e2e_out *citizen(const char *id) {
    const struct e2e_out *o = RUN("manager", "show", "citizen", id);
    assert_exit(o, 0);
    return o;
}

static void r1_8_one_invalid_part_changes_nothing(void **state) {
    (void)state;
    struct e2e_family f;
    char block[128], twice[128], stranger[128], etag[64];
    e2e_make_family(&f, 9, "");
    sg_format(block, sizeof block, "guardian.block.guardian=%s", f.guardian[0].id);
    sg_format(twice, sizeof twice, "guardian.block.guardian=%s,%s", f.guardian[0].id, f.guardian[0].id);
    sg_format(stranger, sizeof stranger, "guardian.block.guardian=%s", f.child.id);
    SG_COPY(etag, e2e_str(citizen(f.child.id)->line[0], "etag"));
    const struct { const char *parts[3], *rule; } bad[] = {
        {{block, "record.seal.scope=unit", "record.seal.unit=SE2321000016-99"}, "unknown-unit"},
        {{"record.seal.scope=account", "login.lock.region=mars", block}, "unknown-region"},
        {{"login.lock=yes", stranger, "record.seal.scope=account"}, "not-a-guardian"},
        {{"login.lock=yes", twice, "record.seal.scope=account"}, "already-in-force"},
        {{"login.lock=yes", block, "minor-access.withdraw.restriction=0a1b2c3d-0000-7000-8000-000000000000"}, "unknown-restriction"}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const struct e2e_out *o = RUN("manager", "do", "citizen.protect", f.child.id, bad[i].parts[0], bad[i].parts[1], bad[i].parts[2]);
        assert_exit(o, 1);
        assert_string_equal(e2e_str(o->line[0], "rule"), bad[i].rule);
        const struct e2e_out *now = citizen(f.child.id);
        assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(now->line[0], "restrictions")), 0);
        assert_string_equal(e2e_str(now->line[0], "etag"), etag);
    }
    const struct e2e_out *ev = RUN("manager", "events", f.child.id);
    assert_int_equal(e2e_count(ev, "kind", "citizen.protect", "outcome", "refused"), sizeof bad / sizeof bad[0]);
    assert_int_equal(e2e_count(ev, "kind", "citizen.protect", "outcome", "done"), 0);
}

/* One bundle with the service killed under it; *whole: it was in effect at once. The id stays the same throughout. */
static void kill_under_one(int ms, long *whole) {
    struct e2e_family f;
    struct e2e_out o;
    char block[256], id[SG_UUID_MAX];
    e2e_make_family(&f, 9, "");
    sg_format(block, sizeof block, "guardian.block.guardian=%s,%s", f.guardian[0].id, f.guardian[1].id);
    const char *args[] = {"do", "citizen.protect", f.child.id, block, "login.lock=yes", "record.seal.scope=account", NULL};
    struct e2e_proc c = e2e_sigill_start("manager", args);
    (void)e2e_ends_within(&c, ms / 2 + (int)below(ms * 2 / 3 + 1));
    e2e_server_kill();
    e2e_finish(&c, NULL, &o);
    assert_true(o.status == 0 || o.status == 75);
    assert_true(sg_copy(id, sizeof id, e2e_str(o.line[0], "actionId")));
    bool said_done = o.status == 0;
    e2e_out_free(&o);
    e2e_server_start();
    size_t made = e2e_made_by(citizen(f.child.id), id);
    if (made != 0 && made != 4) {
        fail_msg("%zu of 4 measures in effect", made);
    }
    assert_true(made == 4 || !said_done);
    *whole += made == 4;
    assert_exit(RUN("manager", "sync"), 0);
    const struct e2e_out *now = citizen(f.child.id), *ev = RUN("manager", "events", f.child.id);
    assert_exit(ev, 0);
    assert_int_equal(e2e_made_by(now, id), 4);
    assert_int_equal(e2e_active(now, "guardian.block") + e2e_active(now, "login.lock") + e2e_active(now, "record.seal"), 4);
    assert_int_equal(e2e_done_events(ev, id), 1);
    assert_int_equal(e2e_count(ev, "kind", "citizen.protect", "outcome", "done"), 1);
    assert_int_equal(e2e_count(ev, "kind", "login.lock", NULL, NULL), 0);
    e2e_forget_results();
}

static void r1_8_a_dying_service_leaves_no_half_bundle(void **state) {
    (void)state;
    long bundles = e2e_env("BUNDLES", 40), whole = 0;
    struct e2e_family f;
    e2e_make_family(&f, 9, "");
    (void)citizen(f.child.id);
    int64_t start = e2e_mono_ms();
    assert_exit(RUN("manager", "do", "citizen.protect", f.child.id, "login.lock=yes", "record.seal.scope=account"), 0);
    int ms = (int)(e2e_mono_ms() - start);
    for (long i = 0; i < bundles; i++) {
        kill_under_one(ms, &whole);
    }
    printf("%ld services killed around the end of the %d ms of a bundle: %ld bundles had got in whole, %ld not at all, none in part; then each once\n", bundles, ms,
           whole, bundles - whole);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(r1_8_one_invalid_part_changes_nothing),
                                       cmocka_unit_test(r1_8_a_dying_service_leaves_no_half_bundle)};
    return cmocka_run_group_tests_name("protect", tests, e2e_open, e2e_close);
}
