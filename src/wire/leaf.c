/* An event as bytes: a version octet, then every field in the order of the table below. Text: 4 bytes length (big endian) and the
 * bytes. Times: 8 bytes big endian, two's complement. Flags: one byte 0 or 1. No field is ever left out, so there is exactly one
 * encoding of an event and exactly one event of an encoding. A new field means a new version octet and a new table. */
#include "wire/leaf.h"
#include <openssl/evp.h>
#include <stdint.h>
#include <string.h>

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
