/* The strict scanner (R4.8), the readers and the canonical form. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/json.h"

static enum sg_err check(const char *text)
{
    struct sg_error e = { 0 };
    enum sg_err err = sg_json_check(text, strlen(text), &SG_JSON_BODY, &e);
    if (err && strncmp(e.where, "byte ", 5) != 0)
        fail_msg("where is \"%s\"", e.where);
    return err;
}

static const char *const good[] = {
    "{}", "[]", " [1 , 2]\n", "\"\"", "null", "true", "false", "0", "-0", "-1", "10", "1.5", "-0.1e+2", "1E9", "1e-400",
    "9007199254740992",
    "-9007199254740992", "{\"a\":{\"a\":1},\"b\":[{\"a\":1},{\"a\":1}]}", "\"\\u00e5\\uD83D\\uDE00\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
    "\"\xC3\xA5\xF0\x9F\x98\x80\x7F\xEF\xBF\xBF\"", "[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]", "{\"\":0,\" \":1}", "{\"a\":1,\"A\":2}",
    "123.456789012345678901234567890", "{\"ab\":0,\"a\":1,\"abc\":2}",
};

static const char *const bad[] = {
    "", " ", "{", "}", "[", "]", "[1,]", "[,1]", "[1 2]", "{,}", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "{'a':1}", "{1:1}",
    "{\"a\" 1}",
    "\"", "\"\\\"", "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"", "\"\\u0000\"", "\"a\\u0000\"", "\"\\uD800\"", "\"\\uDC00\"",
    "\"\\uD800\\u0041\"",
    "\"\\uD800x\"", "\"\\uDC00\\uD800\"", "\"\\u", "\"\n\"", "\"\t\"", "\"\x01\"", "\"\xFF\"", "\"\xC0\xAF\"", "\"\xED\xA0\x80\"",
    "\"\xC3",
    "\xEF\xBB\xBF{}", "nul", "nulll", "True", "tru", "NaN", "Infinity", "-Infinity", "-", "+1", ".5", "5.", "01", "-01", "1e", "1e+",
    "1.e1",
    "0x10", "1_000", "9007199254740993", "-9007199254740993", "99999999999999999999", "1e999", "-1e999", "1 2", "{}{}", "{} x",
    "[] ]", "/**/1",
    "1//", "{\"a\":1,\"a\":2}", "{\"a\":1,\"\\u0061\":2}", "{\"x\":{\"a\":1,\"b\":2,\"a\":3}}", "{\"\":1,\"\":1}", "[1]\v",
    "\xC2\xA0[]", "\f1",
    "{\"\\uD83D\\uDE00\":1,\"\xF0\x9F\x98\x80\":2}", "[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]", "\"\\a\"", "\"\\U0041\"",
    "{\"a\":\"b\":1}", "*",
    "1.2345678901234567890123456789012345678901234567890123456789012345678901",
};

static void only_json_passes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (check(good[i]))
            fail_msg("refused: %s", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (!check(bad[i]))
            fail_msg("accepted: %s", bad[i]);
    struct sg_error e;
    assert_int_equal(sg_json_check("1\0", 2, &SG_JSON_BODY, &e), SG_E_PARSE);
    assert_int_equal(sg_json_check("\"\0\"", 3, &SG_JSON_BODY, &e), SG_E_PARSE);
    assert_string_equal(e.where, "byte 1");
    assert_int_equal(sg_json_check("{\"a\":1,\"a\":2}", 13, &SG_JSON_BODY, &e), SG_E_PARSE);
    assert_string_equal(e.where, "byte 7");
    assert_int_equal(sg_json_check(NULL, 0, &SG_JSON_BODY, &e), SG_E_PARSE);
}

/* Every prefix of a rich text is refused, in memory of exactly that size: reading past the end is seen by ASan. */
static void prefixes_are_refused(void **state)
{
    (void)state;
    static const char text[] = "{\"k\\u00e5\":[1.5e3,-0,true,false,null,\"\\uD83D\\uDE00\xC3\xA5\"],\"l\":{\"m\":[[{}]]}}";
    for (size_t n = 1; n <= sizeof text - 1; n++) {
        char *p = malloc(n);
        assert_non_null(p);
        memcpy(p, text, n);
        enum sg_err err = sg_json_check(p, n, &SG_JSON_BODY, NULL);
        free(p);
        if ((err == SG_E_OK) != (n == sizeof text - 1))
            fail_msg("%zu bytes: %d", n, (int)err);
    }
}

/* What passes cJSON takes as well, and random damage never separates the two in that direction. */
static void whatever_passes_can_be_parsed(void **state)
{
    (void)state;
    static const char damage[] = "{}[]\",:\\u019eE+-. tfn\xC3\xA5\xFF";
    uint32_t seed = 7;
    int passed = 0;
    for (int round = 0; round < 100000; round++) {
        char text[128];
        snprintf(text, sizeof text, "%s", good[(size_t)round % (sizeof good / sizeof *good)]);
        size_t n = strlen(text);
        for (int k = 0; k <= round % 2; k++) {
            seed = seed * 1664525u + 1013904223u;
            text[(seed >> 8) % n] = damage[(seed >> 16) % (sizeof damage - 1)];
        }
        cJSON *v = NULL;
        enum sg_err err = sg_json_parse(text, n, &SG_JSON_BODY, &v, NULL);
        assert_true((err == SG_E_OK) == (v != NULL));
        assert_true(err != SG_E_NOMEM);
        passed += v != NULL;
        cJSON_Delete(v);
    }
    assert_in_range(passed, 2000, 98000);       /* both sides were tried */
}

static void limits_hold(void **state)
{
    (void)state;
    struct sg_json_limits lim = { .bytes = 20, .depth = 2, .tokens = 5 };
    struct sg_error e;
    assert_int_equal(sg_json_check("[[1]]               ", 20, &lim, &e), SG_E_OK);
    assert_int_equal(sg_json_check("[[1]]                ", 21, &lim, &e), SG_E_LIMIT);
    assert_int_equal(sg_json_check("[[[]]]", 6, &lim, &e), SG_E_LIMIT);
    assert_int_equal(sg_json_check("[1,2,3,4]", 9, &lim, &e), SG_E_OK);
    assert_int_equal(sg_json_check("[1,2,3,4,5]", 11, &lim, &e), SG_E_LIMIT);
    assert_int_equal(sg_json_check("{\"a\":1,\"b\":2}", 13, &lim, &e), SG_E_OK);
    assert_int_equal(sg_json_check("{\"a\":1,\"b\":2,\"c\":3}", 19, &lim, &e), SG_E_LIMIT);
    assert_int_equal(SG_JSON_BODY.bytes, 65536);
    assert_int_equal(SG_JSON_BODY.tokens, 2000);
    /* However high a caller sets the depth, the stack is safe. */
    struct sg_json_limits deep = { .bytes = 300000, .depth = 200000, .tokens = 200000 };
    char *text = malloc(200000);
    assert_non_null(text);
    memset(text, '[', 200000);
    assert_int_equal(sg_json_check(text, 200000, &deep, &e), SG_E_LIMIT);
    free(text);
}

static cJSON *parse(const char *text)
{
    cJSON *v = NULL;
    struct sg_error e;
    if (sg_json_parse(text, strlen(text), &SG_JSON_BODY, &v, &e))
        fail_msg("%s: %s", text, e.detail);
    return v;
}

static void readers_are_exact(void **state)
{
    (void)state;
    cJSON *v = parse("{\"s\":\"abc\",\"n\":42,\"f\":1.5,\"b\":true,\"z\":null,\"big\":1e300,\"a\":[]}");
    struct sg_error e = { 0 };
    char s[4] = "???";
    int64_t n = 5;
    bool b = false;
    assert_int_equal(sg_json_str(v, "s", true, s, sizeof s, &e), SG_E_OK);
    assert_string_equal(s, "abc");
    assert_int_equal(sg_json_str(v, "s", true, s, 3, &e), SG_E_LIMIT);
    assert_string_equal(s, "");
    assert_int_equal(sg_json_str(v, "S", true, s, sizeof s, &e), SG_E_INPUT);
    assert_string_equal(e.where, "S");
    assert_int_equal(sg_json_str(v, "S", false, s, sizeof s, &e), SG_E_OK);
    assert_int_equal(sg_json_str(v, "z", false, s, sizeof s, &e), SG_E_INPUT);
    assert_int_equal(sg_json_str(v, "n", true, s, sizeof s, &e), SG_E_INPUT);
    assert_int_equal(sg_json_str(NULL, "n", false, s, sizeof s, &e), SG_E_INPUT);
    assert_int_equal(sg_json_int(v, "n", true, 0, 42, &n, &e), SG_E_OK);
    assert_int_equal(n, 42);
    assert_int_equal(sg_json_int(v, "n", true, 0, 41, &n, &e), SG_E_INPUT);
    assert_int_equal(sg_json_int(v, "n", true, 43, 50, &n, &e), SG_E_INPUT);
    assert_int_equal(sg_json_int(v, "f", true, 0, 9, &n, &e), SG_E_INPUT);
    assert_int_equal(sg_json_int(v, "big", true, 0, INT64_MAX, &n, &e), SG_E_INPUT);
    assert_int_equal(sg_json_int(v, "s", true, 0, 9, &n, &e), SG_E_INPUT);
    assert_int_equal(sg_json_int(v, "none", false, 0, 9, &n, &e), SG_E_OK);
    assert_int_equal(n, 42);
    assert_int_equal(sg_json_bool(v, "b", true, &b, &e), SG_E_OK);
    assert_true(b);
    assert_int_equal(sg_json_bool(v, "n", true, &b, &e), SG_E_INPUT);
    assert_int_equal(sg_json_bool(v, "none", true, &b, &e), SG_E_INPUT);
    static const char *const all[] = { "s", "n", "f", "b", "z", "big", "a", NULL }, *const most[] = { "s", "n", "f", "b", "z",
    "a", NULL };
    assert_int_equal(sg_json_only(v, all, &e), SG_E_OK);
    assert_int_equal(sg_json_only(v, most, &e), SG_E_INPUT);
    assert_string_equal(e.where, "big");
    cJSON_Delete(v);
}

static void canon(const char *text, const char *want)
{
    struct sg_buf b;
    sg_buf_init(&b, 4096);
    cJSON *v = parse(text);
    assert_int_equal(sg_json_canonical(v, &b), SG_E_OK);
    assert_string_equal(b.data, want);
    cJSON_Delete(v);
    /* A fixed point. Not read with our scanner, which refuses the digits of 1e20 as an integer. */
    v = cJSON_Parse(want);
    sg_buf_reset(&b);
    assert_int_equal(sg_json_canonical(v, &b), SG_E_OK);
    assert_string_equal(b.data, want);
    cJSON_Delete(v);
    sg_buf_free(&b);
}

/* The samples of RFC 8785, section 3.2 and appendix B. */
static void canonical_form(void **state)
{
    (void)state;
    canon(" { \"b\" : [ ] , \"a\" : { } } ", "{\"a\":{},\"b\":[]}");
    canon("{\"numbers\":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],"
          "\"string\":\"\\u20ac$\\u000F\\u000aA'\\u0042\\u0022"
          "\\u005c\\\\\\\"\\/\",\"literals\":[null,true,false]}",
          "{\"literals\":[null,true,false],\"numbers\":[333333333.3333333,1e+30,4.5,0.002,1e-27],"
          "\"string\":\"\xE2\x82\xAC$\\u000f\\nA'B\\\""
          "\\\\\\\\\\\"/\"}");
    canon("{\"\\u20ac\":\"Euro Sign\",\"\\r\":\"Carriage Return\",\"\\ufb33\":\"Hebrew Letter Dalet With Dagesh\",\"1\":\"One\","
          "\"\\ud83d\\ude00\":\"Emoji: Grinning Face\",\"\\u0080\":\"Control\",\"\\u00f6\":\"Latin Small Letter O With Diaeresis\"}",
          "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\xC2\x80\":\"Control\",\"\xC3\xB6\":\"Latin Small Letter O With Diaeresis\","
          "\"\xE2\x82\xAC\":\"Euro Sign\",\"\xF0\x9F\x98\x80\":\"Emoji: Grinning Face\","
          "\"\xEF\xAC\xB3\":\"Hebrew Letter Dalet With Dagesh\"}");
    canon("[-0,0.0,-0e9,1.0,100,1e20,1e21,123456789012345680000.0,1e-6,1e-7,0.1,-1.5e-9,9007199254740992,5e-324,1.7976931348623157e308]",
          "[0,0,0,1,100,100000000000000000000,1e+21,123456789012345680000,0.000001,1e-7,0.1,-1.5e-9,9007199254740992,5e-324,"
          "1.7976931348623157e+308]");
    struct sg_buf b;
    sg_buf_init(&b, 5);
    cJSON *v = parse("\"12345\"");
    assert_int_equal(sg_json_canonical(v, &b), SG_E_LIMIT);
    cJSON_Delete(v);
    sg_buf_free(&b);
    assert_int_equal(sg_json_canonical(NULL, &b), SG_E_INPUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_json_passes), cmocka_unit_test(prefixes_are_refused), cmocka_unit_test(whatever_passes_can_be_parsed),
        cmocka_unit_test(limits_hold), cmocka_unit_test(readers_are_exact), cmocka_unit_test(canonical_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
