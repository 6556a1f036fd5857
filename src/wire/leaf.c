/* An event as bytes: a version octet, then every field in the order of the table below. Text: 4 bytes length (big endian) and the
 * bytes. Times: 8 bytes big endian, two's complement. Flags: one byte 0 or 1. No field is ever left out, so there is exactly one
 * encoding of an event and exactly one event of an encoding. A new field means a new version octet and a new table. */
#include "wire/leaf.h"
#include <openssl/evp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "base/base64.h"
#include "base/random.h"
#include "base/str.h"

enum { VERSION = 2, LEAF_VERSION = 2, COMMITMENT_PREFIX = 2, COMMITMENT_AT = SG_LEAF_LEN - SG_COMMITMENT_LEN };
enum type { TEXT, TIME, FLAG };
struct field { enum type type; size_t at, size; };
#define F(t, m) {t, offsetof(struct sg_event, m), sizeof(((struct sg_event *)0)->m)}

static const struct field FIELDS[] = {
    F(TEXT, id), F(TEXT, kind), F(TEXT, outcome), F(TIME, at), F(TIME, performed_at),
    F(TEXT, actor), F(TEXT, actor_name), F(TEXT, commission), F(TEXT, unit), F(TEXT, unit_name), F(TEXT, provider), F(TEXT, purpose),
    F(TEXT, subject), F(TEXT, action_id), F(TEXT, restriction), F(TEXT, rule), F(TEXT, device), F(FLAG, offline),
    F(TEXT, reason), F(TEXT, reference), F(TEXT, client), F(TEXT, etag_before), F(TEXT, region),
    F(TEXT, log), F(TEXT, system), F(TEXT, activity), F(TEXT, activity_args), F(TEXT, title), F(TEXT, assignment), F(TEXT, provider_name),
    F(TEXT, resource), F(TEXT, decision), F(TEXT, traceparent), F(FLAG, skew),
};
enum { N_FIELDS = sizeof FIELDS / sizeof *FIELDS };

static void put(struct sg_buf *out, uint64_t v, size_t bytes)
{
    unsigned char b[8];
    for (size_t i = 0; i < bytes; i++) b[i] = (unsigned char)(v >> (8 * (bytes - 1 - i)));
    (void)sg_buf_add(out, b, bytes);
}

static uint64_t get(const unsigned char *p, size_t bytes)
{
    uint64_t v = 0;
    for (size_t i = 0; i < bytes; i++) v = v << 8 | p[i];
    return v;
}

enum sg_err sg_payload_encode(const struct sg_event *ev, struct sg_buf *out)
{
    put(out, VERSION, 1);
    for (size_t i = 0; i < N_FIELDS; i++) {
        const char *m = (const char *)ev + FIELDS[i].at;
        if (FIELDS[i].type == TEXT) {
            size_t n = strnlen(m, FIELDS[i].size - 1);
            put(out, n, 4);
            (void)sg_buf_add(out, m, n);
        } else if (FIELDS[i].type == TIME) {
            int64_t v;
            memcpy(&v, m, sizeof v);
            put(out, (uint64_t)v, 8);
        } else {
            bool v;
            memcpy(&v, m, sizeof v);
            put(out, v, 1);
        }
    }
    return sg_buf_check(out);
}

/* One text at *p, moved past it. */
static bool take_text(const unsigned char **p, const unsigned char *end, char *dst, size_t cap)
{
    if (end - *p < 4) return false;
    size_t n = (size_t)get(*p, 4);
    *p += 4;
    if ((size_t)(end - *p) < n || n >= cap || memchr(*p, 0, n)) return false;
    memcpy(dst, *p, n);
    dst[n] = '\0';
    *p += n;
    return true;
}

static bool take(const struct field *f, const unsigned char **p, const unsigned char *end, char *m)
{
    if (f->type == TEXT) return take_text(p, end, m, f->size);
    size_t n = f->type == TIME ? 8 : 1;
    if ((size_t)(end - *p) < n) return false;
    uint64_t u = get(*p, n);
    *p += n;
    if (f->type == TIME) {
        int64_t v = (int64_t)u;
        memcpy(m, &v, sizeof v);
        return true;
    }
    bool v = u == 1;
    memcpy(m, &v, sizeof v);
    return u <= 1;
}

enum sg_err sg_payload_decode(const void *data, size_t n, struct sg_event *out)
{
    const unsigned char *p = data, *end = p + n;
    memset(out, 0, sizeof *out);
    if (n < 1 || *p++ != VERSION) return SG_E_CORRUPT;
    for (size_t i = 0; i < N_FIELDS; i++)
        if (!take(&FIELDS[i], &p, end, (char *)out + FIELDS[i].at)) return SG_E_CORRUPT;
    return p == end ? SG_E_OK : SG_E_CORRUPT;
}

/* ---- as a list of values: what a proof file holds instead of the bytes, shorter and readable ------------------------------------------- */

/* A UUID is "=" and its 16 bytes in base 64 without the padding; any other text that begins with "=" gets one more. */
enum { UUID_BYTES = 16, UUID_CHARS = 22, UUID_PADDED = 24 };

static cJSON *text_value(const char *s)
{
    char hex[2 * UUID_BYTES + 1] = "", packed[UUID_PADDED + 2] = "=";
    uint8_t raw[UUID_BYTES];
    size_t n = 0;
    if (sg_uuid_valid(s)) {
        for (const char *p = s; *p; p++)
            if (*p != '-') hex[n++] = *p;
        if (!sg_unhex(raw, sizeof raw, hex)) return NULL;
        sg_base64(packed + 1, raw, sizeof raw);
        packed[1 + UUID_CHARS] = '\0';
        return cJSON_CreateString(packed);
    }
    if (s[0] != '=') return cJSON_CreateString(s);
    n = strlen(s) + 2;
    char *more = malloc(n);
    if (!more) return NULL;
    (void)sg_format(more, n, "=%s", s);
    cJSON *v = cJSON_CreateString(more);
    free(more);
    return v;
}

static cJSON *value(const struct field *f, const char *m)
{
    if (f->type == TEXT) return text_value(m);
    int64_t t;
    bool yes;
    if (f->type == FLAG) {
        memcpy(&yes, m, sizeof yes);
        return cJSON_CreateNumber(yes);
    }
    memcpy(&t, m, sizeof t);
    return cJSON_CreateNumber((double)t);
}

static const size_t LOG_AT = offsetof(struct sg_event, log);

cJSON *sg_payload_list(const struct sg_event *ev)
{
    cJSON *list = cJSON_CreateArray();
    for (size_t i = 0; list && i < N_FIELDS; i++) {
        cJSON *v = FIELDS[i].at == LOG_AT ? NULL : value(&FIELDS[i], (const char *)ev + FIELDS[i].at);
        if (FIELDS[i].at == LOG_AT || (v && cJSON_AddItemToArray(list, v))) continue;
        cJSON_Delete(v);
        cJSON_Delete(list);
        return NULL;
    }
    return list;
}

static bool untext(const char *s, char *dst, size_t cap)
{
    char padded[UUID_PADDED + 1], hex[2 * UUID_BYTES + 1];
    uint8_t raw[UUID_BYTES];
    size_t n = 0;
    if (!s) return false;
    if (s[0] != '=' || s[1] == '=') return sg_copy(dst, cap, s[0] == '=' ? s + 1 : s);
    if (strlen(s) != 1 + UUID_CHARS || !sg_format(padded, sizeof padded, "%s==", s + 1) || !sg_unbase64(raw, sizeof raw, &n, padded, UUID_PADDED)) return false;
    sg_hex(hex, raw, sizeof raw);
    return sg_format(dst, cap, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16, hex + 20);
}

static bool unvalue(const struct field *f, const cJSON *v, char *m)
{
    static const double MOST = 9007199254740992.0;       /* 2⁵³: beyond it the text says more than the number */
    if (f->type == TEXT) return untext(cJSON_GetStringValue(v), m, f->size);
    double d = cJSON_GetNumberValue(v);
    if (!(d > -MOST && d < MOST) || (double)(int64_t)d < d || (double)(int64_t)d > d) return false;
    int64_t t = (int64_t)d;
    bool yes = t == 1;
    if (f->type == TIME) memcpy(m, &t, sizeof t);
    else memcpy(m, &yes, sizeof yes);
    return f->type == TIME || t == 0 || t == 1;
}

bool sg_payload_unlist(const cJSON *list, const char *log, struct sg_event *out)
{
    memset(out, 0, sizeof *out);
    if (!cJSON_IsArray(list)) return false;
    const cJSON *v = list->child;
    for (size_t i = 0; i < N_FIELDS; i++) {
        if (FIELDS[i].at == LOG_AT) continue;
        if (!v || !unvalue(&FIELDS[i], v, (char *)out + FIELDS[i].at)) return false;
        v = v->next;
    }
    return !v && SG_COPY(out->log, log);
}

/* ---- the leaf ------------------------------------------------------------------------------------------------------------------------- */

enum sg_err sg_leaf_make(int64_t at, const uint8_t salt[SG_SALT_LEN], const void *payload, size_t n, uint8_t leaf[SG_LEAF_LEN])
{
    static const uint8_t prefix = COMMITMENT_PREFIX;
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    if (!c) return SG_E_NOMEM;
    leaf[0] = LEAF_VERSION;
    for (size_t i = 0; i < 8; i++) leaf[1 + i] = (uint8_t)((uint64_t)at >> (56 - 8 * i));
    leaf[9] = 0;
    bool ok = EVP_DigestInit_ex(c, EVP_sha256(), NULL) == 1 && EVP_DigestUpdate(c, &prefix, 1) == 1 && EVP_DigestUpdate(c, salt, SG_SALT_LEN) == 1 &&
              EVP_DigestUpdate(c, payload, n) == 1 && EVP_DigestFinal_ex(c, leaf + COMMITMENT_AT, NULL) == 1;
    EVP_MD_CTX_free(c);
    return ok ? SG_E_OK : SG_E_CRYPTO;
}

bool sg_leaf_read(const void *leaf, size_t n, int64_t *at, const uint8_t **commitment)
{
    const uint8_t *p = leaf;
    if (n != SG_LEAF_LEN || p[0] != LEAF_VERSION || p[9] != 0) return false;
    if (at) *at = (int64_t)get(p + 1, 8);
    if (commitment) *commitment = p + COMMITMENT_AT;
    return true;
}
