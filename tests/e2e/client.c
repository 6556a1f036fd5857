/* Running sigill and reading its JSON lines. Results live in a ring, so that a test can compare several without freeing any. */
#include "tests/e2e/lib.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/str.h"

enum { RING = 32, ARGS = 40 };
static struct e2e_out ring[RING];
static size_t turn;

struct e2e_proc e2e_sigill_start(const char *profile, const char *const *args) {
    const char *argv[ARGS] = {getenv("SIGILL_BIN"), "--profile", profile, "--json"}, *env[4] = {NULL};
    char conf[E2E_PATH + 16], clock[E2E_PATH + 16], path[E2E_PATH];
    size_t n = profile != NULL ? 4 : 1, e = 0;
    if (argv[0] == NULL) {
        fail_msg("SIGILL_BIN is not set: run the tests with `make e2e`");
    }
    if (profile == NULL) {
        argv[n++] = "--json";
    }
    for (size_t i = 0; args[i] != NULL; i++) {
        assert_true(n + 1 < ARGS);
        argv[n++] = args[i];
    }
    argv[n] = NULL;
    e2e_path(path, "sigill.conf");
    sg_format(conf, sizeof conf, "SIGILL_CONFIG=%s", path);
    env[e++] = conf;
    if (e2e_clock_file != NULL) {
        e2e_path(path, e2e_clock_file);
        sg_format(clock, sizeof clock, "SIGILL_CLOCK=%s", path);
        env[e++] = clock;
    }
    return e2e_spawn(argv, env);
}

const struct e2e_out *e2e_sigill(const char *profile, const char *input, const char *const *args) {
    struct e2e_out *o = &ring[turn++ % RING];
    e2e_out_free(o);
    struct e2e_proc p = e2e_sigill_start(profile, args);
    e2e_finish(&p, input, o);
    return o;
}

void e2e_forget_results(void) {
    for (size_t i = 0; i < RING; i++) {
        e2e_out_free(&ring[i]);
    }
}

void e2e_assert_exit(const struct e2e_out *o, int want, const char *file, int line) {
    if (o->status != want) {
        print_error("%s:%d: exit %d, expected %d\nstdout: %.3000s\nstderr: %.2000s\n", file, line, o->status, want, o->out, o->err);
        _fail(file, line);
    }
}

const char *e2e_str(const cJSON *o, const char *key) {
    const cJSON *v = cJSON_GetObjectItemCaseSensitive(o, key);
    return cJSON_IsString(v) ? v->valuestring : "";
}

bool e2e_true(const cJSON *o, const char *key) { return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(o, key)); }

static bool matches(const cJSON *o, const char *key, const char *value, const char *key2, const char *value2) {
    return sg_eq(e2e_str(o, key), value) && (key2 == NULL || sg_eq(e2e_str(o, key2), value2));
}

const cJSON *e2e_find(const struct e2e_out *o, const char *key, const char *value, const char *key2, const char *value2) {
    for (size_t i = 0; i < o->n; i++) {
        if (matches(o->line[i], key, value, key2, value2)) {
            return o->line[i];
        }
    }
    return NULL;
}

size_t e2e_count(const struct e2e_out *o, const char *key, const char *value, const char *key2, const char *value2) {
    size_t n = 0;
    for (size_t i = 0; i < o->n; i++) {
        n += matches(o->line[i], key, value, key2, value2) ? 1 : 0;
    }
    return n;
}

bool e2e_reaches(const struct e2e_out *access, const char *who, const char *service, const char *rule) {
    const cJSON *row = e2e_find(access, "who", who, "service", service);
    if (row == NULL) {
        fail_msg("no row for %s in %s", service, access->out);
    }
    if (rule != NULL) {
        assert_string_equal(e2e_str(row, "rule"), rule);
        assert_true(e2e_str(row, "text")[0] != '\0');
    }
    return e2e_true(row, "allowed");
}

size_t e2e_done_events(const struct e2e_out *events, const char *action_id) {
    size_t n = 0;
    for (size_t i = 0; i < events->n; i++) {
        const cJSON *ev = events->line[i];
        n += matches(ev, "actionId", action_id, "outcome", "done") && strchr(e2e_str(ev, "kind"), '.') != NULL &&
             strncmp(e2e_str(ev, "kind"), "action.", 7) != 0 ? 1 : 0;
    }
    return n;
}

static const cJSON *restrictions(const struct e2e_out *citizen) {
    assert_int_equal(citizen->n, 1);
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(citizen->line[0], "restrictions");
    assert_true(cJSON_IsArray(list));
    return list;
}

size_t e2e_made_by(const struct e2e_out *citizen, const char *action_id) {
    size_t n = 0;
    const cJSON *r;
    cJSON_ArrayForEach(r, restrictions(citizen)) {
        const cJSON *made = cJSON_GetObjectItemCaseSensitive(r, "registered");
        n += matches(r, "state", "active", NULL, NULL) && made != NULL && matches(made, "actionId", action_id, NULL, NULL) ? 1 : 0;
    }
    return n;
}

size_t e2e_active(const struct e2e_out *citizen, const char *kind) {
    size_t n = 0;
    const cJSON *r;
    cJSON_ArrayForEach(r, restrictions(citizen)) {
        n += matches(r, "kind", kind, "state", "active") ? 1 : 0;
    }
    return n;
}

const char *e2e_restriction_id(const struct e2e_out *citizen, const char *kind) {
    const cJSON *r;
    cJSON_ArrayForEach(r, restrictions(citizen)) {
        if (matches(r, "kind", kind, "state", "active")) {
            return e2e_str(r, "restrictionId");
        }
    }
    fail_msg("no active %s", kind);
    return "";
}
