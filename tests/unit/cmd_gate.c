/* The gate and the list of commands: every command has a title and a sentence; what is refused says why and names the role. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "base/str.h"
#include "cmd/command.h"

static struct sg_actor staff(enum sg_role r) {
    struct sg_actor a = {.active = true, .terms_accepted = true};
    a.commission.roles = 1u << r;
    SG_COPY(a.commission.region, "demo");
    return a;
}

static void every_command_has_words(void **state) {
    (void)state;
    for (int i = 0; i < (int)SG_CMD_TOTAL; i++) {
        const struct sg_cmd_def *d = sg_cmd_def(i);
        assert_int_equal(d->cmd, i);
        assert_true(strlen(d->name) > 1 && strlen(d->title) > 1 && strlen(d->help) > 5);
        assert_int_equal(sg_cmd_named(d->name), i);       /* no two of one name */
    }
    assert_null(sg_cmd_def(SG_CMD_TOTAL));
    assert_null(sg_cmd_def(-1));
    assert_int_equal(sg_cmd_named("no such"), SG_CMD_NONE);
    assert_int_equal(sg_cmd_named("login.lock"), SG_CMD_ACTION(SG_ACT_LOGIN_LOCK));
}

/* Every role against every command, in every state: a refusal always has a whole sentence, a permission never has one. */
static void reasons_are_sentences(void **state) {
    (void)state;
    struct sg_citizen c = {.id = "x"};
    char why[400];
    size_t seen[2] = {0, 0};
    for (int mask = 0; mask < 256; mask++) {
        for (int r = 0; r <= (int)SG_ROLE_COUNT; r++) {
            struct sg_actor me = staff((enum sg_role)(r % (int)SG_ROLE_COUNT));
            me.terms_accepted = mask & 1;
            struct sg_gate g = {.me = r == (int)SG_ROLE_COUNT ? NULL : &me, .link = (enum sg_link)(mask >> 1 & 3), .read_only = mask & 8,
                                .citizen = mask & 16 ? &c : NULL, .row = mask & 32, .waiting_row = mask & 64, .conflict_row = mask & 128};
            for (int i = 0; i < (int)SG_CMD_TOTAL; i++) {
                bool ok = sg_cmd_enabled(i, &g, why, sizeof why);
                size_t n = strlen(why);
                seen[ok]++;
                assert_true(ok ? n == 0 : n > 15 && why[n - 1] == '.');
            }
        }
    }
    assert_true(seen[0] > 1000 && seen[1] > 1000);
}

static void names_the_missing_role(void **state) {
    (void)state;
    struct sg_actor nurse = staff(SG_ROLE_CASE_HANDLER);
    struct sg_citizen c = {.id = "x"};
    struct sg_gate g = {.me = &nurse, .link = SG_LINK_ONLINE, .citizen = &c};
    char why[400];
    assert_false(sg_cmd_enabled(SG_CMD_ACTION(SG_ACT_LOGIN_LOCK), &g, why, sizeof why));
    assert_non_null(strstr(why, "lock and unlock a login"));
    assert_non_null(strstr(why, "Account administrator or National administrator"));
    assert_false(sg_cmd_enabled(SG_CMD_LOG, &g, why, sizeof why));
    assert_non_null(strstr(why, "Reviewer"));
    assert_true(sg_cmd_enabled(SG_CMD_FIND, &g, why, sizeof why));
}

static void the_right_state(void **state) {
    (void)state;
    struct sg_actor admin = staff(SG_ROLE_ACCOUNT_ADMIN);
    struct sg_citizen c = {.id = "x"};
    struct sg_gate g = {.me = &admin, .link = SG_LINK_OFFLINE};
    char why[400];
    int lock = SG_CMD_ACTION(SG_ACT_LOGIN_LOCK), terms = SG_CMD_ACTION(SG_ACT_TERMS_ACCEPT);
    assert_false(sg_cmd_enabled(lock, &g, why, sizeof why));
    assert_non_null(strstr(why, "open a citizen"));
    g.citizen = &c;
    assert_true(sg_cmd_enabled(lock, &g, why, sizeof why));              /* protective: also without a network */
    g.read_only = true;
    assert_false(sg_cmd_enabled(lock, &g, why, sizeof why));
    assert_non_null(strstr(why, "read-only"));
    g.read_only = false;
    assert_false(sg_cmd_enabled(terms, &g, why, sizeof why));
    assert_non_null(strstr(why, "already accepted"));
    admin.terms_accepted = false;
    assert_false(sg_cmd_enabled(terms, &g, why, sizeof why));
    assert_non_null(strstr(why, "cannot be reached"));
    assert_false(sg_cmd_enabled(lock, &g, why, sizeof why));
    assert_non_null(strstr(why, "accept the terms"));
    g.link = SG_LINK_ONLINE;
    assert_true(sg_cmd_enabled(terms, &g, why, sizeof why));
    assert_false(sg_cmd_enabled(SG_CMD_RETRY, &g, why, sizeof why));
    g.waiting_row = true;
    assert_true(sg_cmd_enabled(SG_CMD_RETRY, &g, why, sizeof why));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_command_has_words), cmocka_unit_test(reasons_are_sentences),
        cmocka_unit_test(names_the_missing_role), cmocka_unit_test(the_right_state),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
