/* Faults at every file, socket and memory call of enqueue, replay and apply (R1.1, R1.11, R1.13, R4.16), in the programs as built.
 * FAULT_PART, FAULT_CLASS choose; FAULT_MS (for each class and way) makes it a sample; FAULT_STOP=1 stops at the first that ends wrongly. */
#include "fault.h"
#include <stdio.h>
#include <stdlib.h>
#include "base/str.h"

static void r1_11_enqueue_into_a_new_store(void **state) { (void)state; fault_drive(&FAULT_ENQUEUE_FIRST); }
static void r1_1_enqueue(void **state) { (void)state; fault_drive(&FAULT_ENQUEUE); }
static void r1_11_enqueue_and_send(void **state) { (void)state; fault_drive(&FAULT_DO); }
static void r1_11_replay(void **state) { (void)state; fault_drive(&FAULT_SYNC); }
static void r4_16_apply(void **state) { (void)state; fault_drive(&FAULT_APPLY); }

static int open_all(void **state)
{
    setenv("LC_ALL", "C", 1);                    /* translations found are kept by libc for good */
    (void)e2e_open(state);
    fault_open();
    desk_open();
    fault_warm_up();
    return 0;
}

static int close_all(void **state)
{
    desk_close();
    fault_close();
    return e2e_close(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(r1_11_enqueue_into_a_new_store, e2e_ready), cmocka_unit_test_setup(r1_1_enqueue, e2e_ready),
        cmocka_unit_test_setup(r1_11_enqueue_and_send, e2e_ready),         cmocka_unit_test_setup(r1_11_replay, e2e_ready),
        cmocka_unit_test_setup(r4_16_apply, e2e_ready),
    };
    const char *part = getenv("FAULT_PART");
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (part && *part) cmocka_set_test_filter(part);
    return cmocka_run_group_tests_name("faults", tests, open_all, close_all);
}
