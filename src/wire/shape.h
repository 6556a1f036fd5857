/* How a struct looks as a JSON object: one static table a type, read in both directions (and printed as API schema), so that
 * writing and reading cannot drift apart. Internal to wire and to the schema generator. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include "base/json.h"

enum sg_shape_type {
    SG_SH_STR,       /* char[]; absent when "" */
    SG_SH_ID,        /* char[SG_ID_MAX], a-z 0-9 - */
    SG_SH_UUID,      /* char[SG_UUID_MAX] */
    SG_SH_ETAG,      /* char[SG_ETAG_MAX]: visible ASCII without quote and backslash */
    SG_SH_TIME,      /* int64_t wall ms ⇄ RFC 3339; absent when 0 */
    SG_SH_DATE,      /* struct sg_date, a calendar day; absent when y == 0 */
    SG_SH_PARTDATE,  /* the same, month and day may be 00 */
    SG_SH_BOOL, SG_SH_INT, SG_SH_I64,
    SG_SH_NAME,      /* an enum by its stable name */
    SG_SH_BITS,      /* uint32_t, bit per enum value ⇄ array of names; unknown names are ignored */
    SG_SH_WORDS,     /* char[], ids with one blank between them ⇄ array of strings; absent when "" */
    SG_SH_WHY,       /* struct sg_why, spread over the members rule, text, ruleDetail, restriction of the same object */
    SG_SH_OBJECT,    /* embedded struct with its own shape; absent when it would be empty */
    SG_SH_LIST,      /* array of structs with their own shape */
};
enum { SG_SHF_REQUIRED = 1 };                       /* written even when empty, demanded when read */
struct sg_shape;
struct sg_shape_field {
    const char *key;
    enum sg_shape_type type;
    unsigned flags;
    size_t at, size;                                /* offset of the member in bytes, its size (one element's, in a list) */
    const char *help;                               /* for the schema */
    int64_t min, max;                               /* numbers; LIST: max elements */
    const char *(*name)(int); int n_names;          /* NAME, BITS */
    const struct sg_shape *sub;                     /* OBJECT, LIST */
    size_t count_at;                                /* LIST: offset of the size_t that counts */
    void *(*add)(void *obj);                        /* LIST behind a pointer: a zeroed new element, counted; NULL when full */
};
struct sg_shape { const char *title, *help; const struct sg_shape_field *field; size_t n; };

/* The member m of struct T. f: flags. */
#define SG_SHAPE(TYPE, T, m, k, f, h) \
    .key = (k), .type = SG_SH_##TYPE, .flags = (f), .at = offsetof(struct T, m), .size = sizeof(((struct T *)0)->m), .help = (h)
#define SG_SHAPE_NUM(TYPE, T, m, k, f, lo, hi, h) SG_SHAPE(TYPE, T, m, k, f, h), .min = (lo), .max = (hi)
#define SG_SHAPE_NAME(T, m, k, f, fn, nn, h) SG_SHAPE(NAME, T, m, k, f, h), .name = (fn), .n_names = (int)(nn)
#define SG_SHAPE_BITS(T, m, k, f, fn, nn, h) SG_SHAPE(BITS, T, m, k, f, h), .name = (fn), .n_names = (int)(nn)
#define SG_SHAPE_OBJECT(T, m, k, f, s, h) SG_SHAPE(OBJECT, T, m, k, f, h), .sub = (s)
/* arr: array or pointer member; addfn: NULL for an array inside the struct. */
#define SG_SHAPE_LIST(T, arr, count, k, f, most, s, addfn, h) \
    .key = (k), .type = SG_SH_LIST, .flags = (f), .at = offsetof(struct T, arr), .size = sizeof(*((struct T *)0)->arr), .help = (h), \
    .max = (most), .sub = (s), .count_at = offsetof(struct T, count), .add = (addfn)
#define SG_SHAPE_OF(fields, t, h) { .title = (t), .help = (h), .field = (fields), .n = sizeof(fields) / sizeof *(fields) }

cJSON *sg_shape_write(const struct sg_shape *s, const void *obj);                        /* NULL: no memory */
bool sg_shape_write_into(const struct sg_shape *s, const void *obj, cJSON *o);
/* dst is zeroed first. Unknown members of v are ignored. On failure owned lists may be partly filled: the caller frees. */
SG_MUST enum sg_err sg_shape_read(const struct sg_shape *s, const cJSON *v, void *dst, size_t size, struct sg_error *e);

/* Appends a string member, bad UTF-8 replaced; absent when NULL or "" unless always. False: no memory. */
bool sg_wire_put_str(cJSON *o, const char *key, const char *text, bool always);
bool sg_wire_put_time(cJSON *o, const char *key, int64_t ms);
bool sg_wire_put_node(cJSON *o, const char *key, cJSON *child);                          /* takes child; NULL child = false */
SG_MUST enum sg_err sg_wire_get_time(const cJSON *o, const char *key, int64_t *ms, struct sg_error *e);
/* Puts "prefix." (or "prefix" before '[') in front of e->where and passes err on. */
enum sg_err sg_wire_within(struct sg_error *e, const char *prefix, enum sg_err err);

extern const struct sg_shape sg_shape_citizen, sg_shape_relation, sg_shape_restriction, sg_shape_deed, sg_shape_policy, sg_shape_region,
    sg_shape_unit, sg_shape_actor, sg_shape_commission, sg_shape_event, sg_shape_access_row, sg_shape_outcome, sg_shape_problem,
    sg_shape_change, sg_shape_seen, sg_shape_stop;
