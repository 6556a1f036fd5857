/* The strict scanner: what it lets through is parsed, printed and canonical, and passes again; what is made visible means the same. */
#include "tests/fuzz/fuzz.h"
#include <stdio.h>
#include "base/json.h"
#include "base/utf8.h"

static const struct sg_json_limits SMALL = {16 * 1024, 16, 2000, false};

static void canonical(const cJSON *v, struct sg_buf *out)
{
    sg_buf_init(out, 1 << 20);
    FUZZ_HOLDS(sg_json_canonical(v, out) == SG_E_OK);
}

/* A whole number above 2^53 written without exponent would not pass the scanner again. */
static bool above(const cJSON *v)
{
    if (cJSON_IsNumber(v) && (v->valuedouble > 9007199254740992.0 || v->valuedouble < -9007199254740992.0)) return true;
    for (const cJSON *c = v->child; c; c = c->next)
        if (above(c)) return true;
    return false;
}

/* printed means what v does. */
static void means(const cJSON *v, const char *printed, size_t n, const struct sg_buf *wanted)
{
    struct sg_buf c;
    cJSON *again = NULL;
    if (sg_json_parse(printed, n, &SMALL, &again, NULL) != SG_E_OK) {
        FUZZ_HOLDS(n > SMALL.bytes || above(v));
        return;
    }
    canonical(again, &c);
    FUZZ_HOLDS(c.len == wanted->len && memcmp(c.data, wanted->data, c.len) == 0);
    sg_buf_free(&c);
    cJSON_Delete(again);
}

/* cJSON writes 15 digits when they are the same number but for its last bits. */
static bool in_15_digits(const cJSON *v)
{
    char text[40];
    if (cJSON_IsNumber(v)) {
        (void)snprintf(text, sizeof text, "%.15g", v->valuedouble);
        double back = strtod(text, NULL);
        if (back < v->valuedouble || back > v->valuedouble) return false;
    }
    for (const cJSON *c = v->child; c; c = c->next)
        if (!in_15_digits(c)) return false;
    return true;
}

static void printed_again(const cJSON *v, const struct sg_buf *wanted)
{
    char *text = cJSON_PrintUnformatted(v);
    struct sg_buf seen;
    FUZZ_HOLDS(text != NULL);
    sg_buf_init(&seen, 1 << 20);
    sg_json_visible(&seen, text);
    FUZZ_HOLDS(sg_buf_check(&seen) == SG_E_OK);
    for (size_t at = 0, used; at < seen.len; at += used) {
        uint32_t cp = 0;
        used = sg_utf8_next(seen.data + at, seen.len - at, &cp);
        FUZZ_HOLDS(cp != SG_UTF8_BAD && sg_cp_printable(cp));
    }
    if (in_15_digits(v)) means(v, seen.data, seen.len, wanted);
    sg_buf_free(&seen);
    cJSON_free(text);
}

void fuzz_run(const uint8_t *data, size_t n)
{
    char *text = fuzz_text(data, n);
    struct sg_error e = {0};
    struct sg_buf c;
    cJSON *v = NULL;
    enum sg_err err = sg_json_check(text, n, &SMALL, &e);
    FUZZ_HOLDS((sg_json_parse(text, n, &SMALL, &v, NULL) == SG_E_OK) == (err == SG_E_OK));
    if (err == SG_E_OK) {
        FUZZ_HOLDS(v != NULL);
        canonical(v, &c);
        means(v, c.data, c.len, &c);
        printed_again(v, &c);
        sg_buf_free(&c);
    }
    cJSON_Delete(v);
    free(text);
}

void fuzz_seeds(void (*put)(const void *data, size_t n))
{
    static const char *const texts[] = {"{}", "[]", "null", "true", "\"\"", "-0", "1.5e-7", "9007199254740992", "0.1", "[1,[2,[3,{\"a\":[]}]]]",
        "{\"a\":1,\"b\":[true,false,null],\"\xC3\xA5\":\"\\u00e5\\ud83d\\ude00\\n\\\\\\/\"}", "{\"z\":\"\xE2\x80\xAE\xC2\x9B\x7F\",\"\xEF\xBF\xBF\":0,\"\xF0\x9F\x98\x80\":1}",
        " { \"x\" : [ 1 , 2.5E+3 ] } \n", "\"\\ud800\"", "{\"a\":1,\"a\":2}"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) fuzz_put_text(put, texts[i]);
}
