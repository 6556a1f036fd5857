/* Output: exit statuses of queue states, JSON of an action's row, tables that keep to 80 columns and show foreign text safely. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "cli/inside.h"

static char caught[65536];
static int kept, pipe_fd;
static char path[] = "/tmp/sigill-out-XXXXXX";

static void catch_start(void) {
    SG_COPY(path, "/tmp/sigill-out-XXXXXX");
    (void)fflush(stdout);
    kept = dup(1);
    pipe_fd = mkstemp(path);
    assert_true(kept >= 0 && pipe_fd >= 0);
    dup2(pipe_fd, 1);
}

static const char *catch_end(void) {
    (void)fflush(stdout);
    dup2(kept, 1);
    close(kept);
    ssize_t n = pread(pipe_fd, caught, sizeof caught - 1, 0);
    caught[n > 0 ? n : 0] = '\0';
    close(pipe_fd);
    unlink(path);
    return caught;
}

static void exit_of_states(void **state) {
    (void)state;
    static const struct { enum sg_qstate s; enum sg_problem p; int status; } table[] = {
        {SG_Q_DONE, SG_PROBLEM_COUNT, 0}, {SG_Q_HELD, SG_PROBLEM_COUNT, 75}, {SG_Q_READY, SG_PROBLEM_COUNT, 75}, {SG_Q_SENDING, SG_PROBLEM_COUNT, 75},
        {SG_Q_RETRY, SG_PROBLEM_COUNT, 75}, {SG_Q_AUTH_WAIT, SG_PROBLEM_COUNT, 77}, {SG_Q_CONFLICT, SG_PROBLEM_STALE, 76},
        {SG_Q_REFUSED, SG_PROBLEM_RULE, 1}, {SG_Q_REFUSED, SG_PROBLEM_NOT_PERMITTED, 77}, {SG_Q_REFUSED, SG_PROBLEM_NOT_AVAILABLE, 1},
        {SG_Q_WITHDRAWN, SG_PROBLEM_COUNT, 1}};
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct sg_qrow row = {.state = table[i].s, .has_outcome = table[i].p != SG_PROBLEM_COUNT};
        row.outcome.problem = table[i].p;
        assert_int_equal(sg_row_exit(&row), table[i].status);
    }
}

/* "NOT YET IN EFFECT" stands in the text of every waiting state, and in no other. */
static void waiting_is_said(void **state) {
    (void)state;
    for (int s = 0; s < (int)SG_Q_COUNT; s++) {
        bool says = strstr(sg_state_text((enum sg_qstate)s), "NOT YET IN EFFECT") != NULL;
        assert_int_equal(says, sg_qstate_waiting((enum sg_qstate)s));
    }
}

static cJSON *row_object(const struct sg_qrow *row, int *status) {
    struct cli c = {.json = true};
    cJSON *v = NULL;
    struct sg_error e = {0};
    catch_start();
    *status = sg_say_row(&c, row);
    const char *text = catch_end();
    assert_int_equal(sg_json_parse(text, strlen(text) - 1, &SG_JSON_REPLY, &v, &e), SG_E_OK);
    return v;
}

static const char *member(const cJSON *v, const char *key) { return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(v, key)); }

static void row_json(void **state) {
    (void)state;
    static struct sg_qrow row;
    int status;
    row = (struct sg_qrow){.state = SG_Q_REFUSED, .has_outcome = true};
    row.action.kind = SG_ACT_LOGIN_LOCK;
    SG_COPY(row.action.id, "01900000-0000-7000-8000-000000000001");
    row.outcome = (struct sg_outcome){.kind = SG_OUT_REFUSED, .problem = SG_PROBLEM_RULE, .why = {.rule = SG_RULE_ALREADY}};
    cJSON *v = row_object(&row, &status);
    assert_int_equal(status, 1);
    assert_string_equal(member(v, "outcome"), "refused");
    assert_string_equal(member(v, "rule"), "already-in-force");
    assert_string_equal(member(v, "kind"), "login.lock");
    assert_true(cJSON_IsFalse(cJSON_GetObjectItemCaseSensitive(v, "inEffect")));
    assert_int_equal(cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(v, "v")), 1);
    cJSON_Delete(v);
    row.state = SG_Q_DONE;
    row.outcome = (struct sg_outcome){.kind = SG_OUT_DONE, .problem = SG_PROBLEM_COUNT, .event_index = 7};
    v = row_object(&row, &status);
    assert_int_equal(status, 0);
    assert_null(cJSON_GetObjectItemCaseSensitive(v, "rule"));
    assert_int_equal(cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(v, "eventIndex")), 7);
    cJSON_Delete(v);
}

static void tables(void **state) {
    (void)state;
    static const char *const head[] = {"NAME", "ID", "WHY"};
    static const char *const rows[][3] = {
        {"Bo", "01900000-0000-7000-8000-000000000001", "a reason that is a good deal longer than what is left of the line and must not be lost"},
        {"A name that goes on and on and on \x1b[31m\xe2\x80\xae", "01900000-0000-7000-8000-000000000002", "short \x1b[2J"}};
    struct table t;
    sg_table_init(&t, 3, head, 1u << 1);
    sg_table_row(&t, rows[0]);
    sg_table_row(&t, rows[1]);
    catch_start();
    sg_table_print(&t);
    char *line = (char *)(uintptr_t)catch_end();
    assert_null(strchr(line, 0x1b));
    assert_non_null(strstr(line, rows[0][1]));
    assert_non_null(strstr(line, "lost"));
    while (*line != '\0') {
        size_t n = strcspn(line, "\n");
        line[n] = '\0';
        assert_true(sg_width(line) <= 80);
        line += n + 1;
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(exit_of_states), cmocka_unit_test(waiting_is_said), cmocka_unit_test(row_json), cmocka_unit_test(tables)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
