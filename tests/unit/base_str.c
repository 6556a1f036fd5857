/* Strings, buffers and errors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/buf.h"
#include "base/str.h"

static void copies_never_split_a_character(void **state)
{
    (void)state;
    static const char text[] = "a\xC3\xA5\xE2\x82\xAC\xF0\x9F\x98\x80z";    /* 1 + 2 + 3 + 4 + 1 bytes */
    static const size_t whole[] = { 0, 0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11 };
    char dst[16];
    for (size_t cap = 1; cap <= 12; cap++) {
        assert_int_equal(sg_copy(dst, cap, text), cap > 11);
        assert_int_equal(strlen(dst), whole[cap]);
        assert_int_equal(sg_format(dst, cap, "%s", text), cap > 11);
        assert_int_equal(strlen(dst), whole[cap]);
        assert_memory_equal(dst, text, whole[cap]);
    }
    assert_false(sg_copy(dst, 0, text));
    assert_true(SG_COPY(dst, NULL));
    assert_string_equal(dst, "");
    assert_true(sg_copyn(dst, sizeof dst, "abcdef", 3));
    assert_string_equal(dst, "abc");
    /* stray continuation bytes are not searched through for ever */
    assert_false(sg_copy(dst, 4, "\x80\x80\x80\x80\x80"));
    assert_int_equal(strlen(dst), 3);
}

static void blanks_go(void **state)
{
    (void)state;
    char a[] = " \t\xC2\xA0 se 23\xE2\x80\xAF" "1 \xE2\x80\x8B\n";
    assert_string_equal(sg_trim(a), "se 23\xE2\x80\xAF" "1");
    assert_string_equal(sg_strip_blanks(a), "se231");
    char none[] = "", only[] = " \xC2\xA0\xEF\xBB\xBF";
    assert_string_equal(sg_trim(none), "");
    assert_string_equal(sg_trim(only), "");
}

static void comparisons(void **state)
{
    (void)state;
    assert_true(sg_eq(NULL, NULL));
    assert_false(sg_eq("", NULL));
    assert_true(sg_eq("a", "a"));
    assert_false(sg_eq("a", "A"));
    assert_true(sg_ieq("aBz", "AbZ"));
    assert_false(sg_ieq("ab", "a"));
    assert_false(sg_ieq("a", NULL));
    assert_false(sg_ieq("\xC3\xA5", "\xC3\x85"));      /* ASCII only */
    assert_true(sg_starts("sv_SE", "sv"));
    assert_false(sg_starts("s", "sv"));
    assert_false(sg_starts(NULL, "sv"));
}

static void decimal_is_exact(void **state)
{
    (void)state;
    int64_t v = 7;
    static const char *const bad[] = { "", "-", "+1", " 1", "1 ", "0x1", "1.0", "1e3", "--1", "9223372036854775808", "11", "-6", NULL };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(sg_parse_i64(bad[i], -5, 10, &v));
    assert_int_equal(v, 7);
    assert_true(sg_parse_i64("-5", -5, 10, &v));
    assert_int_equal(v, -5);
    assert_true(sg_parse_i64("010", -5, 10, &v));
    assert_int_equal(v, 10);
    assert_true(sg_parse_i64("-9223372036854775808", INT64_MIN, INT64_MAX, &v));
    assert_true(v == INT64_MIN);
}

static void hexadecimal(void **state)
{
    (void)state;
    uint8_t all[256], back[256];
    char text[513];
    for (size_t i = 0; i < 256; i++)
        all[i] = (uint8_t)i;
    sg_hex(text, all, 256);
    assert_int_equal(strlen(text), 512);
    assert_true(sg_unhex(back, 256, text));
    assert_memory_equal(all, back, 256);
    assert_true(sg_unhex(back, 1, "aF"));
    assert_int_equal(back[0], 0xAF);
    assert_false(sg_unhex(back, 1, "a"));
    assert_false(sg_unhex(back, 1, "abc"));
    assert_false(sg_unhex(back, 1, "g0"));
    assert_false(sg_unhex(back, 1, "0 "));
    assert_false(sg_unhex(back, 1, NULL));
}

static void buffer_keeps_its_ceiling(void **state)
{
    (void)state;
    struct sg_buf b;
    sg_buf_init(&b, 100);
    for (int i = 0; i < 10; i++)
        assert_int_equal(sg_buf_add(&b, "0123456789", 10), SG_E_OK);
    assert_int_equal(b.len, 100);
    assert_int_equal(sg_buf_check(&b), SG_E_OK);
    assert_int_equal(sg_buf_add(&b, "x", 1), SG_E_LIMIT);
    assert_int_equal(b.len, 100);
    assert_int_equal(b.data[100], '\0');
    sg_buf_reset(&b);
    assert_int_equal(sg_buf_check(&b), SG_E_OK);
    assert_string_equal(b.data, "");
    assert_int_equal(sg_buf_addf(&b, "%0*d", 98, 7), SG_E_OK);
    assert_int_equal(sg_buf_addz(&b, "abc"), SG_E_LIMIT);
    assert_int_equal(b.len, 98);
    assert_int_equal(sg_buf_addz(&b, ""), SG_E_LIMIT);     /* remembered */
    assert_int_equal(sg_buf_check(&b), SG_E_LIMIT);
    assert_true(b.cap <= 101);
    char *taken = sg_buf_take(&b);
    assert_int_equal(strlen(taken), 98);
    assert_null(b.data);
    free(taken);
    assert_int_equal(sg_buf_addz(&b, "again"), SG_E_OK);
    sg_buf_free(&b);
    sg_buf_init(&b, SIZE_MAX);
    assert_int_equal(sg_buf_addz(&b, "x"), SG_E_LIMIT);
    sg_buf_free(&b);
}

static void buffer_reads_files(void **state)
{
    (void)state;
    char path[] = "/tmp/sg-buf-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    struct sg_buf b;
    struct sg_error e;
    sg_buf_init(&b, 5);
    assert_int_equal(sg_buf_read_file(&b, path, &e), SG_E_OK);
    assert_string_equal(b.data, "");
    assert_int_equal(write(fd, "a\0bcd", 5), 5);
    assert_int_equal(sg_buf_read_file(&b, path, &e), SG_E_OK);
    assert_int_equal(b.len, 5);
    assert_memory_equal(b.data, "a\0bcd", 6);
    sg_buf_reset(&b);
    assert_int_equal(write(fd, "e", 1), 1);
    assert_int_equal(sg_buf_read_file(&b, path, &e), SG_E_LIMIT);
    assert_string_equal(e.where, path);
    sg_buf_reset(&b);
    unlink(path);
    close(fd);
    assert_int_equal(sg_buf_read_file(&b, path, &e), SG_E_NOTFOUND);
    assert_int_equal(sg_buf_read_file(&b, "/", &e), SG_E_IO);
    sg_buf_free(&b);
}

static void errors_come_from_the_table(void **state)
{
    (void)state;
    static const int known[] = { 0, 1, 2, 65, 69, 70, 74, 75, 76, 77 };
    for (int i = 0; i < SG_E_COUNT; i++) {
        bool listed = false;
        for (size_t k = 0; k < sizeof known / sizeof *known; k++)
            listed = listed || known[k] == sg_err_exit((enum sg_err)i);
        assert_true(listed);
        for (int j = 0; j < i; j++)
            assert_string_not_equal(sg_err_name((enum sg_err)i), sg_err_name((enum sg_err)j));
        assert_true(strlen(sg_err_text((enum sg_err)i)) > 3);
    }
    assert_int_equal(sg_err_exit(SG_E_QUEUED), 75);
    assert_string_equal(sg_err_name((enum sg_err)9999), "internal");
}

static void fail_may_quote_the_error_it_fills(void **state)
{
    (void)state;
    struct sg_error e = { 0 };
    assert_int_equal(sg_fail(&e, SG_E_IO, "line 3", "no %s", "luck"), SG_E_IO);
    assert_int_equal(sg_fail(&e, SG_E_PARSE, e.where, "because %s", e.detail), SG_E_PARSE);
    assert_int_equal(e.code, SG_E_PARSE);
    assert_string_equal(e.where, "line 3");
    assert_string_equal(e.detail, "because no luck");
    assert_int_equal(sg_fail(NULL, SG_E_IO, NULL, NULL), SG_E_IO);
    assert_int_equal(sg_fail(&e, SG_E_IO, NULL, NULL), SG_E_IO);
    assert_string_equal(e.detail, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(copies_never_split_a_character), cmocka_unit_test(blanks_go), cmocka_unit_test(comparisons),
        cmocka_unit_test(decimal_is_exact), cmocka_unit_test(hexadecimal), cmocka_unit_test(buffer_keeps_its_ceiling),
        cmocka_unit_test(buffer_reads_files), cmocka_unit_test(errors_come_from_the_table),
        cmocka_unit_test(fail_may_quote_the_error_it_fills),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
