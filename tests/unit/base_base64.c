/* Base 64: the vectors of RFC 4648 §10, every length, and every other spelling refused. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "base/base64.h"

static void vectors(void **state)
{
    (void)state;
    static const char *const v[][2] = {{"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"fooba", "Zm9vYmE="}, {"foobar", "Zm9vYmFy"}};
    for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
        char text[16];
        uint8_t raw[16];
        size_t n = 99;
        sg_base64(text, v[i][0], strlen(v[i][0]));
        assert_string_equal(text, v[i][1]);
        assert_true(sg_unbase64(raw, sizeof raw, &n, text, strlen(text)));
        assert_int_equal(n, strlen(v[i][0]));
        assert_memory_equal(raw, v[i][0], n);
    }
}

static void every_byte_and_length(void **state)
{
    (void)state;
    uint8_t in[256], out[256];
    char text[SG_BASE64_LEN(256) + 1];
    for (size_t i = 0; i < sizeof in; i++)
        in[i] = (uint8_t)(i * 167 + 13);
    for (size_t n = 0; n <= sizeof in; n++) {
        size_t got = 0;
        sg_base64(text, in, n);
        assert_int_equal(strlen(text), SG_BASE64_LEN(n));
        assert_true(sg_unbase64(out, n, &got, text, strlen(text)));
        assert_int_equal(got, n);
        assert_memory_equal(in, out, n);
        if (n > 0)
            assert_false(sg_unbase64(out, n - 1, &got, text, strlen(text)));
    }
}

static void other_spellings_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Z===", "====", "Zm9v\n", " Zm9v", "Zm 9v", "Zg==Zg==", "Zm9-", "Zm9_", "Zm9v=", "\xC3\xA5""9v"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        uint8_t out[32];
        size_t n = 0;
        assert_false(sg_unbase64(out, sizeof out, &n, bad[i], strlen(bad[i])));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(vectors), cmocka_unit_test(every_byte_and_length), cmocka_unit_test(other_spellings_are_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
