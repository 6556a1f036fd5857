/* One write a frame: standard output is a socket that keeps writes apart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "ui/gather.h"

static int other, kept;

static int setup(void **state)
{
    int pair[2];
    (void)state;
    kept = dup(STDOUT_FILENO);
    if (kept < 0 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
        return -1;
    other = pair[0];
    dup2(pair[1], STDOUT_FILENO);
    close(pair[1]);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    sg_gather_close();
    dup2(kept, STDOUT_FILENO);
    close(kept);
    close(other);
    return 0;
}

static void expect(const char *text)
{
    char got[64];
    ssize_t n = recv(other, got, sizeof got, MSG_DONTWAIT);
    assert_int_equal(n, (ssize_t)strlen(text));
    assert_memory_equal(got, text, strlen(text));
}

static void say(FILE *out, const char *text)
{
    assert_int_equal(write(fileno(out), text, strlen(text)), (ssize_t)strlen(text));
}

static void a_frame_is_one_write(void **state)
{
    (void)state;
    FILE *out = sg_gather_open();
    assert_non_null(out);
    say(out, "before");
    expect("before");
    for (int frame = 0; frame < 2; frame++) {
        sg_gather_begin();
        say(out, "a row, ");
        say(out, "a move, ");
        say(out, "another row");
        assert_int_equal(recv(other, (char[1]){ 0 }, 1, MSG_DONTWAIT), -1);
        sg_gather_end();
        expect("a row, a move, another row");
        assert_int_equal(recv(other, (char[1]){ 0 }, 1, MSG_DONTWAIT), -1);
    }
    say(out, "after");
    expect("after");
}

static void a_large_frame_is_whole(void **state)
{
    static char piece[10000], got[70000];
    size_t sum = 0;
    (void)state;
    FILE *out = sg_gather_open();
    memset(piece, 'x', sizeof piece);
    sg_gather_begin();
    for (int i = 0; i < 12; i++)
        assert_int_equal(write(fileno(out), piece, sizeof piece), (ssize_t)sizeof piece);
    sg_gather_end();
    for (ssize_t n; (n = recv(other, got, sizeof got, MSG_DONTWAIT)) > 0;)
        sum += (size_t)n;
    assert_int_equal(sum, 12 * sizeof piece);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_frame_is_one_write, setup, teardown),
        cmocka_unit_test_setup_teardown(a_large_frame_is_whole, setup, teardown),
    };
    return cmocka_run_group_tests_name("ui gather", tests, NULL, NULL);
}
