/* What scripts rely on (docs/cli.md): exit statuses, one JSON object a line, a refusal that was printed holds nothing back, what is held
 * back with --queue goes with sync, every line of a batch is answered, numbers never stand in arguments, no identity is exit 77. */
#include "lib.h"
#include <stdio.h>
#include <string.h>
#include "base/str.h"

static void r5_a_printed_refusal_holds_nothing_back(void **state)
{
    (void)state;
    struct e2e_person p;
    e2e_citizen(&p, 40, "Ada Alm", "");
    const struct e2e_out *o = RUN("manager", "do", "login.lock", p.id, "region=mars");
    assert_exit(o, 1);
    assert_string_equal(e2e_str(o->line[0], "outcome"), "refused");
    assert_string_equal(e2e_str(o->line[0], "rule"), "unknown-region");
    assert_exit(RUN("manager", "do", "login.lock", p.id), 0);
    o = RUN("manager", "do", "login.lock", p.id);
    assert_exit(o, 1);
    assert_string_equal(e2e_str(o->line[0], "rule"), "already-in-force");
    o = RUN("manager", "queue", "list");
    assert_exit(o, 0);
    assert_non_null(e2e_find(o, "rule", "unknown-region", "state", "withdrawn"));
    assert_int_equal(e2e_count(RUN("manager", "events", p.id, "--limit", "1000"), "kind", "login.lock", "outcome", "refused"), 2);
}

static void r5_held_back_goes_with_sync(void **state)
{
    (void)state;
    struct e2e_person p;
    e2e_citizen(&p, 41, "Bea Alm", "");
    const struct e2e_out *o = RUN("manager", "do", "record.seal", p.id, "--queue");
    assert_exit(o, 75);
    assert_string_equal(e2e_str(o->line[0], "state"), "held");
    assert_non_null(strstr(e2e_str(o->line[0], "text"), "NOT YET IN EFFECT"));
    assert_int_equal(e2e_active(RUN("manager", "show", "citizen", p.id), "record.seal"), 0);
    char id[SG_UUID_MAX];
    SG_COPY(id, e2e_str(o->line[0], "actionId"));
    o = RUN("manager", "sync");
    assert_exit(o, 0);
    assert_non_null(e2e_find(o, "actionId", id, "outcome", "done"));
    assert_int_equal(e2e_active(RUN("manager", "show", "citizen", p.id), "record.seal"), 1);
    o = RUN("manager", "do", "login.lock", p.id, "--queue");
    assert_exit(o, 75);
    SG_COPY(id, e2e_str(o->line[0], "actionId"));
    assert_exit(RUN("manager", "queue", "withdraw", id), 0);
    assert_exit(RUN("manager", "sync"), 0);
    assert_int_equal(e2e_active(RUN("manager", "show", "citizen", p.id), "login.lock"), 0);
}

static void r5_every_line_of_a_batch_is_answered(void **state)
{
    (void)state;
    struct e2e_family f;
    char text[2048];
    e2e_make_family(&f, 9, "");
    (void)sg_format(text, sizeof text,
                    "{\"kind\":\"guardian.block\",\"subject\":\"%s\",\"params\":{\"guardian\":\"%s\",\"acute\":true},\"reason\":\"batch\"}\n\n"
                    "{\"kind\":\"guardian.blok\",\"subject\":\"%s\"}\nnonsense\n"
                    "{\"kind\":\"citizen.protect\",\"subject\":\"%s\",\"parts\":[{\"kind\":\"login.lock\"},{\"kind\":\"record.seal\"}]}\n",
                    f.child.id, f.guardian[0].id, f.child.id, f.child.id);
    const struct e2e_out *o = RUN_IN("manager", text, "batch");
    assert_exit(o, 65);
    assert_int_equal(o->n, 4);
    assert_string_equal(e2e_str(o->line[0], "outcome"), "done");
    assert_non_null(strstr(e2e_str(o->line[1], "where"), "3"));
    assert_non_null(strstr(e2e_str(o->line[1], "detail"), "guardian.block"));
    assert_string_equal(e2e_str(o->line[2], "error"), "bad-syntax");
    assert_string_equal(e2e_str(o->line[3], "outcome"), "done");
    assert_false(e2e_reaches(RUN("manager", "access", f.child.id), f.guardian[0].id, "journal", "guardian-block"));
}

static void r5_exit_statuses(void **state)
{
    (void)state;
    struct e2e_person p;
    e2e_citizen(&p, 42, "Cia Alm", "");
    assert_exit(RUN("manager", "frobnicate"), 2);
    assert_exit(RUN("manager", "access"), 2);
    assert_exit(RUN("manager", "cases"), 2);
    assert_exit(RUN("manager", "log", "frobnicate"), 2);
    assert_exit(RUN("manager", "access", "19121212-1212"), 2);
    assert_exit(RUN("manager", "do", "login.lock", p.id, "regoin=demo"), 65);
    assert_exit(RUN("manager", "do", "login.lokc", p.id), 65);
    assert_exit(RUN("manager", "access", p.id, "--at", "someday"), 65);
    assert_exit(RUN_IN("manager", "19811218-9875\n", "lookup"), 65);
    assert_exit(RUN_IN("manager", "", "lookup"), 65);
    assert_exit(RUN("manager", "access", "01234567-0000-7000-8000-000000000000"), 1);
    assert_exit(RUN("manager", "do", "login.lock", p.id, "--observed", "0"), 76);
    assert_exit(RUN("nobody-at-all", "status"), 65);
    const struct e2e_out *o = RUN_IN("manager", "19121212-1212\n19811218-9875\n", "identify");
    assert_exit(o, 65);
    assert_string_equal(e2e_str(o->line[0], "type"), "personnummer");
    assert_string_equal(e2e_str(o->line[0], "birthDate"), "1912-12-12");
    assert_false(e2e_true(o->line[1], "valid"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(r5_a_printed_refusal_holds_nothing_back), cmocka_unit_test(r5_held_back_goes_with_sync),
        cmocka_unit_test(r5_every_line_of_a_batch_is_answered), cmocka_unit_test(r5_exit_statuses)};
    return cmocka_run_group_tests(tests, e2e_open, e2e_close);
}
