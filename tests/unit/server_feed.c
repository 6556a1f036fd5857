/* R2.8: what the service shows its witnesses and what it does with their answers, against a real witness over the loopback: the cosigned
 * checkpoint is served, a witness that has seen another log is an event, so is one that does not answer; and appending waits for none. */
#include "server_witness.h"

static int setup(void **state)
{
    kit_setup(state);
    feed_begin();
    return 0;
}
static int teardown(void **state)
{
    feed_end();
    return kit_teardown(state);
}

static void r2_8_the_cosigned_checkpoint_is_kept_and_served(void **state)
{
    (void)state;
    char note[SG_CHECKPOINT_MAX];
    uint64_t when = 0;
    struct sg_note parsed;
    begin_feed(0, 1);
    uint64_t first = signed_size();
    struct sg_checkpoint c = until_size(first, note);
    assert_int_equal(sg_note_parse(note, strlen(note), &parsed, NULL), SG_E_OK);
    assert_int_equal(parsed.lines, 2);
    assert_int_equal(sg_note_verify(&parsed, &w.store.book.signer.key, &when), SG_E_OK);
    assert_true((int64_t)when == kit_wall_ms / 1000 && c.size == first);
    assert_int_equal(kit_get(ANNA, "/citizens/none"), 404);          /* an event: the log grows, and so does what they have signed */
    assert_true(signed_size() > first);
    c = until_size(first + 1, note);
    const struct sg_signed *s = sg_sign_last(&w.store.book, c.origin);
    assert_true(s && s->size == c.size && memcmp(&s->root, &c.root, sizeof c.root) == 0);
    assert_int_equal(count("witness.silent") + count("witness.refused") + count("witness.back"), 0);
}

static void r2_8_a_witness_that_saw_another_log_is_an_event(void **state)
{
    (void)state;
    char note[SG_CHECKPOINT_MAX];
    begin_feed(0, 1);
    struct sg_checkpoint c = until_size(signed_size(), note);
    witness_down();
    struct sg_signed real = *sg_sign_last(&w.store.book, c.origin), other = real;
    other.root.b[0] ^= 1;
    assert_int_equal(sg_sign_put(&w.store.book, &other), SG_E_OK);
    witness_up();
    assert_int_equal(kit_get(ANNA, "/citizens/none"), 404);
    (void)signed_size();
    until_kind("witness.refused", 1);
    assert_true(witnessed(note).size == real.size);                  /* what was cosigned before is still served, and nothing newer */
    witness_down();
    assert_int_equal(sg_sign_put(&w.store.book, &real), SG_E_OK);
    witness_up();
    until_kind("witness.back", 1);
    assert_int_equal(count("witness.refused"), 1);
}

static void r2_8_a_witness_that_is_away_is_an_event_and_holds_up_nothing(void **state)
{
    (void)state;
    char note[SG_CHECKPOINT_MAX];
    begin_feed(1, 2);                                                /* the second is nowhere */
    uint64_t n = signed_size();
    assert_true(until_size(n, note).size >= n);                      /* one of two is enough */
    until_kind("witness.silent", 1);
    witness_down();
    assert_int_equal(kit_get(ANNA, "/citizens/none"), 404);
    (void)signed_size();
    until_kind("witness.silent", 2);
    witness_up();
    until_kind("witness.back", 1);
    assert_true(until_size(n + 1, note).size > n);
}

/* Two are demanded and one is nowhere: what the other has signed is not shown as witnessed. */
static void r2_8_fewer_than_the_quorum_are_none(void **state)
{
    (void)state;
    char note[SG_CHECKPOINT_MAX];
    begin_feed(2, 2);
    (void)signed_size();
    until_kind("witness.silent", 1);                                 /* by now the first was asked as often */
    const struct sg_checkpoint c = witnessed(note);
    assert_true(c.size == 0 && note[0] == '\0');
    witness_down();
    assert_true(w.store.book.n > 0);                                 /* and it has signed */
}

/* One that takes the connection and says nothing: requests are answered as if it were not there, and stopping does not wait for it. */
static void r2_8_a_witness_that_hangs_holds_up_nothing(void **state)
{
    (void)state;
    struct sg_clock c = sg_clock_system(NULL);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    struct pollfd asked = {.fd = fd, .events = POLLIN};
    assert_true(fd >= 0 && bind(fd, (struct sockaddr *)&at, sizeof at) == 0 && listen(fd, 4) == 0 && getsockname(fd, (struct sockaddr *)&at, &len) == 0);
    port = ntohs(at.sin_port);
    begin_feed(0, 1);
    (void)signed_size();
    assert_int_equal(poll(&asked, 1, 10000), 1);                     /* it is being asked now */
    int64_t from = sg_mono(&c);
    for (int i = 0; i < 50; i++) assert_int_equal(kit_get(ANNA, "/citizens/none"), 404);
    assert_true(sg_mono(&c) - from < 4000);                          /* the time-out of one question is five seconds */
    from = sg_mono(&c);
    sg_feed_stop(feed);
    assert_true(sg_mono(&c) - from < 4000);
    (void)close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
        T(r2_8_the_cosigned_checkpoint_is_kept_and_served), T(r2_8_a_witness_that_saw_another_log_is_an_event),
        T(r2_8_a_witness_that_is_away_is_an_event_and_holds_up_nothing), T(r2_8_fewer_than_the_quorum_are_none), T(r2_8_a_witness_that_hangs_holds_up_nothing),
    };
    return cmocka_run_group_tests_name("server_feed", tests, NULL, NULL);
}
