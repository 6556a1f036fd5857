/* The main jobs from end to end: who reaches what, preview, block, lift, annul, locks of two regions, seals, grants for 13–15, a
 * newcomer's terms, protect — each through the command line of the real client, against the real service, with the event each leaves
 * and the exit status scripts rely on. */
#include "tests/e2e/lib.h"
#include <stdio.h>
#include <string.h>
#include "base/str.h"

enum { FIELD = 128 };

static const char *field(char dst[FIELD], const char *name, const char *value) {
    assert_true(sg_format(dst, FIELD, "%s=%s", name, value));
    return dst;
}

/* The active restriction of that kind and region; ends the test when there is none. */
static const char *restriction_in(const struct e2e_out *citizen, const char *kind, const char *region) {
    const cJSON *r;
    cJSON_ArrayForEach(r, cJSON_GetObjectItemCaseSensitive(citizen->line[0], "restrictions")) {
        if (sg_eq(e2e_str(r, "kind"), kind) && sg_eq(e2e_str(r, "region"), region) && sg_eq(e2e_str(r, "state"), "active")) {
            return e2e_str(r, "restrictionId");
        }
    }
    fail_msg("no active %s of %s", kind, region);
    return "";
}

static const struct e2e_out *citizen(const char *id) {
    const struct e2e_out *o = RUN("manager", "show", "citizen", id);
    assert_exit(o, 0);
    return o;
}

static const struct e2e_out *access_of(const char *id) {
    const struct e2e_out *o = RUN("manager", "access", id);
    assert_exit(o, 0);
    return o;
}

/* One finished action: outcome, exactly one event of its kind with who, when and about whom. */
static void assert_done(const struct e2e_out *o, const char *kind, const char *subject) {
    assert_exit(o, 0);
    assert_int_equal(o->n, 1);
    assert_string_equal(e2e_str(o->line[0], "outcome"), "done");
    assert_true(e2e_true(o->line[0], "inEffect"));
    const char *id = e2e_str(o->line[0], "actionId");
    const struct e2e_out *ev = RUN("national", "events", subject);
    assert_exit(ev, 0);
    assert_int_equal(e2e_done_events(ev, id), 1);
    const cJSON *line = e2e_find(ev, "actionId", id, "kind", kind);
    assert_non_null(line);
    assert_string_equal(e2e_str(line, "subject"), subject);
    assert_true(sg_starts(e2e_str(line, "actor"), "SE2321000016-100"));
    int64_t at = 0;
    assert_true(sg_rfc3339_parse(e2e_str(line, "at"), &at));
    assert_true(cJSON_IsNumber(cJSON_GetObjectItemCaseSensitive(line, "index")));
}

static void assert_refused(const struct e2e_out *o, const char *rule) {
    assert_exit(o, 1);
    assert_string_equal(e2e_str(o->line[0], "outcome"), "refused");
    assert_string_equal(e2e_str(o->line[0], "rule"), rule);
    assert_true(e2e_str(o->line[0], "text")[0] != '\0');
}

static void look_up(struct e2e_person *p) {
    const struct e2e_out *o = RUN_IN("manager", p->pid, "lookup", "--purpose", "care");
    assert_exit(o, 0);
    assert_string_equal(e2e_str(o->line[0], "citizenId"), p->id);
    assert_null(strstr(o->out, p->pid));
}

static const cJSON *cell(const cJSON *preview, const char *table, const char *who, const char *service) {
    const cJSON *r;
    cJSON_ArrayForEach(r, cJSON_GetObjectItemCaseSensitive(preview, table)) {
        if (sg_eq(e2e_str(r, "who"), who) && sg_eq(e2e_str(r, "service"), service)) {
            return r;
        }
    }
    fail_msg("no %s for %s in %s", service, who, table);
    return NULL;
}

static void preview_then_block_then_lift(void **state) {
    (void)state;
    struct e2e_family f;
    char guardian[FIELD], restriction[FIELD];
    e2e_make_family(&f, 8, "");
    look_up(&f.child);
    const struct e2e_out *o = access_of(f.child.id);
    assert_true(e2e_reaches(o, f.guardian[0].id, "e-services", "guardian"));
    assert_true(e2e_reaches(o, f.guardian[0].id, "journal", "guardian"));
    assert_false(e2e_reaches(o, f.child.id, "journal", "under-age"));
    field(guardian, "guardian", f.guardian[0].id);

    o = RUN("manager", "preview", "guardian.block", f.child.id, guardian);
    assert_exit(o, 0);
    assert_string_equal(e2e_str(o->line[0], "outcome"), "possible");
    assert_true(e2e_true(cell(o->line[0], "before", f.guardian[0].id, "journal"), "allowed"));
    assert_false(e2e_true(cell(o->line[0], "after", f.guardian[0].id, "journal"), "allowed"));
    assert_true(e2e_true(cell(o->line[0], "after", f.guardian[1].id, "journal"), "allowed"));
    assert_true(cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(o->line[0], "notCovered")) > 0);
    assert_non_null(strstr(o->out, "warn-other-guardian"));
    assert_int_equal(e2e_active(citizen(f.child.id), "guardian.block"), 0);         /* looking changes nothing */

    assert_done(RUN("manager", "do", "guardian.block", f.child.id, guardian, "acute=yes", "--reason", "report of concern"), "guardian.block", f.child.id);
    o = access_of(f.child.id);
    assert_false(e2e_reaches(o, f.guardian[0].id, "e-services", "guardian-block"));
    assert_false(e2e_reaches(o, f.guardian[0].id, "journal", "guardian-block"));
    assert_true(e2e_reaches(o, f.guardian[1].id, "journal", "guardian"));
    assert_refused(RUN("manager", "do", "guardian.block", f.child.id, guardian), "already-in-force");

    field(restriction, "restriction", e2e_restriction_id(citizen(f.child.id), "guardian.block"));
    assert_done(RUN("manager", "do", "guardian.unblock", f.child.id, restriction, "--reason", "looked into"), "guardian.unblock", f.child.id);
    assert_true(e2e_reaches(access_of(f.child.id), f.guardian[0].id, "journal", "guardian"));
    assert_refused(RUN("manager", "do", "guardian.unblock", f.child.id, restriction), "not-active");
}

static void r2_4_events_tell_who_looked_and_what_was_done(void **state) {
    (void)state;
    struct e2e_family f;
    char guardian[FIELD];
    e2e_make_family(&f, 7, "");
    look_up(&f.child);
    (void)access_of(f.child.id);
    assert_done(RUN("manager", "do", "guardian.block", f.child.id, field(guardian, "guardian", f.guardian[1].id)), "guardian.block", f.child.id);
    const struct e2e_out *ev = RUN("manager", "events", f.child.id);
    assert_exit(ev, 0);
    assert_int_equal(e2e_count(ev, "kind", "citizen.lookup", "outcome", "done"), 1);
    assert_true(e2e_count(ev, "kind", "citizen.read", "actor", "SE2321000016-1001") >= 1);
    assert_int_equal(e2e_count(ev, "kind", "guardian.block", NULL, NULL), 1);
    assert_string_equal(e2e_str(e2e_find(ev, "kind", "citizen.lookup", NULL, NULL), "purpose"), "care");
    assert_null(strstr(ev->out, f.child.pid));
    size_t before = ev->n;
    assert_true(RUN("manager", "events", f.child.id)->n > before);                  /* reading them is an event, too */
    for (size_t i = 1; i < ev->n; i++) {
        assert_true(cJSON_GetObjectItemCaseSensitive(ev->line[i], "index")->valuedouble >
                    cJSON_GetObjectItemCaseSensitive(ev->line[i - 1], "index")->valuedouble);
    }
}

static void locks_of_two_regions(void **state) {
    (void)state;
    struct e2e_person p;
    char id[FIELD];
    e2e_citizen(&p, 45, "Disa Dahl", "");
    assert_done(RUN("manager", "do", "login.lock", p.id), "login.lock", p.id);
    assert_done(RUN("norr", "do", "login.lock", p.id), "login.lock", p.id);
    const struct e2e_out *o = access_of(p.id);
    assert_false(e2e_reaches(o, p.id, "e-services", "login-locked"));
    assert_true(e2e_reaches(o, p.id, "jump-out", "not-covered"));
    assert_refused(RUN("manager", "do", "login.lock", p.id), "already-in-force");

    field(id, "restriction", restriction_in(citizen(p.id), "login.lock", "norr"));
    assert_refused(RUN("manager", "do", "login.unlock", p.id, id), "consult-other-region");
    assert_done(RUN("manager", "do", "login.unlock", p.id, id, "consultedWith=Nora Nord", "consultedAt=2026-01-02T03:04:05Z"), "login.unlock", p.id);
    assert_false(e2e_reaches(access_of(p.id), p.id, "e-services", "login-locked"));  /* the own region's lock stays */
    field(id, "restriction", restriction_in(citizen(p.id), "login.lock", "demo"));
    assert_done(RUN("manager", "do", "login.unlock", p.id, id), "login.unlock", p.id);
    assert_true(e2e_reaches(access_of(p.id), p.id, "e-services", "own"));
}

static void unlocking_a_child_asks_about_the_guardians(void **state) {
    (void)state;
    struct e2e_family f;
    char id[FIELD];
    e2e_make_family(&f, 14, "");
    assert_done(RUN("manager", "do", "login.lock", f.child.id), "login.lock", f.child.id);
    field(id, "restriction", e2e_restriction_id(citizen(f.child.id), "login.lock"));
    assert_refused(RUN("manager", "do", "login.unlock", f.child.id, id), "child-check");
    assert_done(RUN("manager", "do", "login.unlock", f.child.id, id, "childChecked=yes"), "login.unlock", f.child.id);
}

static void scopes_of_a_seal(void **state) {
    (void)state;
    struct e2e_person p;
    char id[FIELD];
    e2e_citizen(&p, 50, "Edit Dahl", "");
    assert_exit(RUN("manager", "do", "record.seal", p.id, "scope=unit"), 65);
    assert_refused(RUN("manager", "do", "record.seal", p.id, "scope=unit", "unit=SE2321000016-99"), "unknown-unit");
    assert_done(RUN("manager", "do", "record.seal", p.id, "scope=unit", "unit=SE2321000016-11"), "record.seal", p.id);
    assert_true(e2e_reaches(access_of(p.id), p.id, "journal", "sealed-part"));
    assert_done(RUN("manager", "do", "record.seal", p.id, "scope=provider", "provider=SE2321000016-1"), "record.seal", p.id);
    assert_done(RUN("manager", "do", "record.seal", p.id, "scope=period", "from=2020-01-01", "to=2020-12-31"), "record.seal", p.id);
    assert_true(e2e_reaches(access_of(p.id), p.id, "journal", NULL));
    assert_done(RUN("manager", "do", "record.seal", p.id, "scope=account", "initiative=citizen"), "record.seal", p.id);
    const struct e2e_out *o = access_of(p.id);
    assert_false(e2e_reaches(o, p.id, "journal", "sealed"));
    assert_true(e2e_reaches(o, p.id, "e-services", "own"));
    const cJSON *r;
    cJSON_ArrayForEach(r, cJSON_GetObjectItemCaseSensitive(citizen(p.id)->line[0], "restrictions")) {
        if (sg_eq(e2e_str(r, "scope"), "account")) {
            field(id, "restriction", e2e_str(r, "restrictionId"));
        }
    }
    assert_refused(RUN("manager", "do", "record.unseal", p.id, id), "identity-check");
    assert_done(RUN("manager", "do", "record.unseal", p.id, id, "identityVerified=yes"), "record.unseal", p.id);
    assert_true(e2e_reaches(access_of(p.id), p.id, "journal", NULL));
}

static void an_entry_made_by_mistake_is_annulled(void **state) {
    (void)state;
    struct e2e_person p;
    char id[FIELD];
    e2e_citizen(&p, 33, "Frej Dahl", "");
    assert_done(RUN("manager", "do", "login.lock", p.id), "login.lock", p.id);
    field(id, "restriction", e2e_restriction_id(citizen(p.id), "login.lock"));
    assert_true(RUN("manager", "do", "restriction.annul", p.id, id)->status != 0);          /* a reason is needed */
    assert_done(RUN("manager", "do", "restriction.annul", p.id, id, "--reason", "wrong person"), "restriction.annul", p.id);
    const struct e2e_out *o = citizen(p.id);
    assert_int_equal(e2e_active(o, "login.lock"), 0);
    assert_non_null(strstr(o->out, "annulled"));                                              /* never deleted */
    assert_true(e2e_reaches(access_of(p.id), p.id, "e-services", "own"));
}

static void grants_for_13_to_15(void **state) {
    (void)state;
    struct e2e_family f, young;
    char who[FIELD], id[FIELD];
    e2e_make_family(&f, 14, "");
    e2e_make_family(&young, 11, "");
    assert_false(e2e_reaches(access_of(f.child.id), f.guardian[0].id, "journal", NULL));
    field(who, "grantee", f.guardian[0].id);
    assert_exit(RUN("manager", "do", "minor-access.grant", f.child.id, who, "unit=SE2321000016-11"), 65);     /* nobody has decided it */
    assert_done(RUN("manager", "do", "minor-access.grant", f.child.id, who, "unit=SE2321000016-11", "decisionBy=SE2321000016-1001",
                    "harmAssessed=yes"), "minor-access.grant", f.child.id);
    assert_true(e2e_reaches(access_of(f.child.id), f.guardian[0].id, "journal", "granted-unit"));
    assert_false(e2e_reaches(access_of(f.child.id), f.guardian[0].id, "e-services", NULL));
    assert_done(RUN("manager", "do", "minor-access.grant", f.child.id, "grantee=child", "unit=SE2321000016-11", "decisionBy=SE2321000016-1001"),
                "minor-access.grant", f.child.id);
    assert_true(e2e_reaches(access_of(f.child.id), f.child.id, "journal", "granted-unit"));
    assert_refused(RUN("manager", "do", "minor-access.grant", young.child.id, "grantee=child", "unit=SE2321000016-11", "decisionBy=SE2321000016-1001"),
                   "not-13-to-15");
    const cJSON *r;
    cJSON_ArrayForEach(r, cJSON_GetObjectItemCaseSensitive(citizen(f.child.id)->line[0], "restrictions")) {
        if (sg_eq(e2e_str(r, "person"), f.guardian[0].id)) {
            field(id, "restriction", e2e_str(r, "restrictionId"));
        }
    }
    assert_done(RUN("manager", "do", "minor-access.withdraw", f.child.id, id), "minor-access.withdraw", f.child.id);
    assert_false(e2e_reaches(access_of(f.child.id), f.guardian[0].id, "journal", NULL));
    assert_true(e2e_reaches(access_of(f.child.id), f.child.id, "journal", "granted-unit"));
}

static void a_newcomer_accepts_the_terms_first(void **state) {
    (void)state;
    struct e2e_person p;
    e2e_citizen(&p, 29, "Gun Dahl", "");
    const struct e2e_out *o = RUN("newcomer", "show", "citizen", p.id);
    assert_exit(o, 77);
    assert_string_equal(e2e_str(o->line[0], "rule"), "terms-not-accepted");
    assert_null(strstr(o->out, p.name));
    o = RUN("newcomer", "do", "terms.accept", "me", "version=1999-1");
    assert_true(o->status == 1);
    assert_exit(RUN("newcomer", "do", "terms.accept", "me"), 0);
    assert_exit(RUN("newcomer", "show", "citizen", p.id), 0);
    assert_exit(RUN("newcomer", "do", "login.lock", p.id), 0);
}

static void r1_8_protect_is_one_act(void **state) {
    (void)state;
    struct e2e_family f;
    char block[FIELD * 2];
    e2e_make_family(&f, 14, "");
    assert_done(RUN("manager", "do", "minor-access.grant", f.child.id, "grantee=child", "unit=SE2321000016-11", "decisionBy=SE2321000016-1001"),
                "minor-access.grant", f.child.id);
    assert_true(sg_format(block, sizeof block, "guardian.block.guardian=%s,%s", f.guardian[0].id, f.guardian[1].id));
    const char *parts[] = {block, "login.lock=yes", "record.seal.scope=account", "minor-access.withdraw=yes"};
    const struct e2e_out *o = RUN("manager", "preview", "citizen.protect", f.child.id, parts[0], parts[1], parts[2], parts[3]);
    assert_exit(o, 0);
    assert_false(e2e_true(cell(o->line[0], "after", f.child.id, "journal"), "allowed"));
    o = RUN("manager", "do", "citizen.protect", f.child.id, parts[0], parts[1], parts[2], parts[3], "--reason", "acute");
    assert_done(o, "citizen.protect", f.child.id);
    char id[SG_UUID_MAX];
    SG_COPY(id, e2e_str(o->line[0], "actionId"));
    o = citizen(f.child.id);
    assert_int_equal(e2e_made_by(o, id), 4);
    assert_int_equal(e2e_active(o, "guardian.block"), 2);
    assert_int_equal(e2e_active(o, "login.lock") + e2e_active(o, "record.seal"), 2);
    assert_int_equal(e2e_active(o, "minor-access.grant"), 0);
    o = access_of(f.child.id);
    assert_false(e2e_reaches(o, f.child.id, "e-services", "login-locked"));
    assert_false(e2e_reaches(o, f.guardian[0].id, "e-services", "guardian-block"));
    o = RUN("manager", "events", f.child.id);
    assert_int_equal(e2e_count(o, "actionId", id, "outcome", "done"), 1);                     /* one event, not five */
}

static void access_on_another_day(void **state) {
    (void)state;
    struct e2e_family f;
    char day[11];
    e2e_make_family(&f, 12, "");
    sg_date_format(day, sg_date_add(e2e_today(), 1, 0, 0));
    assert_true(e2e_reaches(access_of(f.child.id), f.guardian[0].id, "journal", "guardian"));
    const struct e2e_out *o = RUN("manager", "access", f.child.id, "--at", day);
    assert_exit(o, 0);
    assert_false(e2e_reaches(o, f.guardian[0].id, "journal", "over-age"));
    assert_true(e2e_reaches(o, f.child.id, "e-services", "own"));
}

static void identify_without_configuration(void **state) {
    (void)state;
    static const struct { const char *text, *type, *birth, *gender; } good[] = {
        {"19121212-1212", "personnummer", "1912-12-12", "male"}, {"121212+1212", "personnummer", "1912-12-12", "male"},
        {"20141212-2380", "", "", ""}, {"197010632391", "samordningsnummer", "1970-10-03", "male"}};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        const struct e2e_out *o = RUN_IN(NULL, good[i].text, "identify");
        assert_int_equal(o->n, 1);
        assert_int_equal(o->status, e2e_true(o->line[0], "valid") ? 0 : 65);
        assert_true(e2e_true(o->line[0], "valid") == (good[i].type[0] != '\0'));
        assert_string_equal(e2e_str(o->line[0], "type"), good[i].type);
        assert_string_equal(e2e_str(o->line[0], "birthDate"), good[i].birth);
        assert_string_equal(e2e_str(o->line[0], "gender"), good[i].gender);
        assert_true(good[i].type[0] != '\0' || e2e_str(o->line[0], "fault")[0] != '\0');
    }
}

static void r4_6_a_number_in_the_arguments_is_refused(void **state) {
    (void)state;
    static const char *const forms[] = {"191212121212", "19121212-1212", "121212-1212", "note=19121212-1212", "--reason=about 19121212-1212 again"};
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        const struct e2e_out *o = RUN("manager", "access", forms[i]);
        assert_exit(o, 2);
        assert_null(strstr(o->out, "1212121"));
        assert_null(strstr(o->out, "1212-1212"));
        assert_null(strstr(o->err, "1212-1212"));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(preview_then_block_then_lift), cmocka_unit_test(r2_4_events_tell_who_looked_and_what_was_done),
        cmocka_unit_test(locks_of_two_regions), cmocka_unit_test(unlocking_a_child_asks_about_the_guardians),
        cmocka_unit_test(scopes_of_a_seal), cmocka_unit_test(an_entry_made_by_mistake_is_annulled),
        cmocka_unit_test(grants_for_13_to_15), cmocka_unit_test(a_newcomer_accepts_the_terms_first),
        cmocka_unit_test(r1_8_protect_is_one_act), cmocka_unit_test(access_on_another_day),
        cmocka_unit_test(identify_without_configuration), cmocka_unit_test(r4_6_a_number_in_the_arguments_is_refused)};
    return cmocka_run_group_tests_name("flow", tests, e2e_open, e2e_close);
}
