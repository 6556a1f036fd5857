/* RFC 8785: one way to write a value, so that both ends compute the same fingerprint. Keys are sorted by UTF-16
 * code units, numbers are written as ECMAScript does, strings escape only what they must. */
#include "base/json.h"
#include "base/str.h"
#include "base/utf8.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DEEPEST = 64 };

struct member { const cJSON *item; };

static enum sg_err put(const cJSON *v, struct sg_buf *out, int depth);

/* In UTF-16 a surrogate (D800..DFFF) stands for U+10000 and above and sorts before E000..FFFF. */
static uint32_t utf16_rank(uint32_t cp)
{
    return cp >= 0xE000 && cp <= 0xFFFF ? cp + 0x110000 : cp;
}

static int key_order(const void *a, const void *b)
{
    const struct member *ma = a, *mb = b;
    const char *x = ma->item->string, *y = mb->item->string;
    size_t nx = strlen(x), ny = strlen(y);
    while (nx > 0 && ny > 0) {
        uint32_t p, q;
        size_t lx = sg_utf8_next(x, nx, &p), ly = sg_utf8_next(y, ny, &q);
        if (p != q)
            return utf16_rank(p) < utf16_rank(q) ? -1 : 1;
        x += lx;
        nx -= lx;
        y += ly;
        ny -= ly;
    }
    return (nx > 0) - (ny > 0);
}

static void put_string(struct sg_buf *out, const char *s)
{
    static const char plain[] = "\b\t\n\f\r\"\\", escaped[] = "btnfr\"\\";
    sg_buf_addz(out, "\"");
    for (; *s; s++) {
        const char *at = strchr(plain, *s);
        if (at)
            sg_buf_addf(out, "\\%c", escaped[at - plain]);
        else if ((unsigned char)*s < 0x20)
            sg_buf_addf(out, "\\u%04x", (unsigned)*s);
        else
            sg_buf_add(out, s, 1);
    }
    sg_buf_addz(out, "\"");
}

/* ECMAScript Number::toString from the digits d (k of them) and the place n of the decimal point. */
static void put_digits(struct sg_buf *out, const char *d, int k, int n)
{
    if (n >= k && n <= 21) {
        sg_buf_addf(out, "%s%.*s", d, n - k, "000000000000000000000");
    } else if (n > 0 && n <= 21) {
        sg_buf_addf(out, "%.*s.%s", n, d, d + n);
    } else if (n > -6 && n <= 0) {
        sg_buf_addf(out, "0.%.*s%s", -n, "000000", d);
    } else {
        sg_buf_add(out, d, 1);
        if (k > 1)
            sg_buf_addf(out, ".%s", d + 1);
        sg_buf_addf(out, "e%+d", n - 1);
    }
}

static enum sg_err put_number(struct sg_buf *out, double v)
{
    char text[40], digits[20];
    if (!isfinite(v))
        return SG_E_INPUT;
    if (fpclassify(v) == FP_ZERO)
        return sg_buf_addz(out, "0");
    if (v < 0)
        sg_buf_addz(out, "-");
    v = fabs(v);
    /* The fewest digits that read back as the same number; 17 always do. */
    for (int most = 0; most < 17; most++) {
        sg_format(text, sizeof text, "%.*e", most, v);
        double back = strtod(text, NULL);
        if (!(back < v) && !(back > v))
            break;
    }
    char *e = strchr(text, 'e');
    if (!e)
        return SG_E_INTERNAL;
    int64_t exponent = 0;
    if (!sg_parse_i64(e[1] == '+' ? e + 2 : e + 1, -400, 400, &exponent))
        return SG_E_INTERNAL;
    *e = '\0';
    int k = 0;
    for (const char *p = text; *p; p++)
        if (*p != '.')
            digits[k++] = *p;
    while (k > 1 && digits[k - 1] == '0')
        k--;
    digits[k] = '\0';
    put_digits(out, digits, k, (int)exponent + 1);
    return SG_E_OK;
}

static enum sg_err put_members(struct member *m, size_t n, struct sg_buf *out, int depth)
{
    qsort(m, n, sizeof *m, key_order);
    for (size_t i = 0; i < n; i++) {
        if (i)
            sg_buf_addz(out, ",");
        put_string(out, m[i].item->string);
        sg_buf_addz(out, ":");
        enum sg_err err = put(m[i].item, out, depth + 1);
        if (err)
            return err;
    }
    return SG_E_OK;
}

static enum sg_err put_object(const cJSON *v, struct sg_buf *out, int depth)
{
    size_t n = 0;
    for (const cJSON *c = v->child; c; c = c->next)
        n++;
    sg_buf_addz(out, "{");
    if (n > 0) {
        struct member *m = calloc(n, sizeof *m);
        if (!m)
            return SG_E_NOMEM;
        size_t i = 0;
        for (const cJSON *c = v->child; c && i < n; c = c->next)
            m[i++].item = c;
        enum sg_err err = put_members(m, n, out, depth);
        free(m);
        if (err)
            return err;
    }
    return sg_buf_addz(out, "}");
}

static enum sg_err put_array(const cJSON *v, struct sg_buf *out, int depth)
{
    sg_buf_addz(out, "[");
    for (const cJSON *c = v->child; c; c = c->next) {
        if (c != v->child)
            sg_buf_addz(out, ",");
        enum sg_err err = put(c, out, depth + 1);
        if (err)
            return err;
    }
    return sg_buf_addz(out, "]");
}

static enum sg_err put(const cJSON *v, struct sg_buf *out, int depth)
{
    if (depth > DEEPEST)
        return SG_E_LIMIT;
    switch (v->type & 0xFF) {
    case cJSON_False: return sg_buf_addz(out, "false");
    case cJSON_True: return sg_buf_addz(out, "true");
    case cJSON_NULL: return sg_buf_addz(out, "null");
    case cJSON_Number: return put_number(out, v->valuedouble);
    case cJSON_String: put_string(out, v->valuestring); return sg_buf_check(out);
    case cJSON_Array: return put_array(v, out, depth);
    case cJSON_Object: return put_object(v, out, depth);
    default: return SG_E_INPUT;
    }
}

enum sg_err sg_json_canonical(const cJSON *v, struct sg_buf *out)
{
    enum sg_err err = v ? put(v, out, 0) : SG_E_INPUT;
    return err ? err : sg_buf_check(out);
}
