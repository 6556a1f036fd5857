/* The planned stop as a member of what clients ask for anyway (R6.9). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "base/str.h"
#include "wire/level.h"

static void there_and_back(struct sg_stop s)
{
    struct sg_stop back;
    struct sg_error e = {0};
    cJSON *o = cJSON_CreateObject();
    assert_non_null(o);
    assert_true(sg_wire_stop_add(o, &s));
    assert_int_equal(sg_wire_stop_of(o, &back, &e), SG_E_OK);
    assert_memory_equal(&s, &back, sizeof s);
    cJSON_Delete(o);
}

static void r6_9_a_stop_there_and_back(void **state)
{
    (void)state;
    there_and_back((struct sg_stop){1795899600000, 1795905000000, 1795500000000});
    there_and_back((struct sg_stop){1795899600000, 0, 1795500000000});              /* no end yet */
    there_and_back((struct sg_stop){0});                                            /* none */
    cJSON *o = cJSON_CreateObject();
    struct sg_stop none = {0};
    assert_true(sg_wire_stop_add(o, &none));
    assert_int_equal(cJSON_GetArraySize(o), 0);
    cJSON_Delete(o);
}

static void r6_9_what_is_no_stop_is_refused(void **state)
{
    static const char *const bad[] = {
        "{\"plannedStop\":null}", "{\"plannedStop\":[]}", "{\"plannedStop\":{}}", "{\"plannedStop\":{\"from\":\"2026-11-28T21:00:00Z\"}}",
        "{\"plannedStop\":{\"from\":\"soon\",\"announcedAt\":\"2026-11-24T08:00:00Z\"}}",
        "{\"plannedStop\":{\"from\":\"2026-11-28T21:00:00Z\",\"to\":\"2026-11-28T20:00:00Z\",\"announcedAt\":\"2026-11-24T08:00:00Z\"}}",
        "{\"plannedStop\":{\"from\":\"1969-11-28T21:00:00Z\",\"announcedAt\":\"2026-11-24T08:00:00Z\"}}"};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct sg_stop s = {1, 2, 3};
        struct sg_error e = {0};
        cJSON *o = cJSON_Parse(bad[i]);
        assert_non_null(o);
        if (sg_wire_stop_of(o, &s, &e) == SG_E_OK)
            fail_msg("taken: %s", bad[i]);
        assert_true(sg_starts(e.where, "plannedStop"));
        assert_int_equal(s.from, 0);
        cJSON_Delete(o);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(r6_9_a_stop_there_and_back), cmocka_unit_test(r6_9_what_is_no_stop_is_refused)};
    return cmocka_run_group_tests_name("planned stop on the wire", tests, NULL, NULL);
}
