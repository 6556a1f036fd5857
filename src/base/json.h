/* Strict JSON: our own scanner decides what is valid, cJSON only builds the tree afterwards. */
#pragma once
#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>
#include "base/buf.h"
#include "base/err.h"

struct sg_json_limits { size_t bytes, depth, tokens; bool any_integer; };   /* any_integer: also those beyond 2^53, which the tree rounds */
extern const struct sg_json_limits SG_JSON_BODY;   /* 64 KiB, 16 deep, 2,000 tokens: requests */
extern const struct sg_json_limits SG_JSON_REPLY;  /* 8 MiB, 16 deep, 200,000 tokens: answers, stored rows */

/* RFC 8259 and nothing else: valid UTF-8, no BOM, no duplicate keys, no \u0000, no lone surrogates,
 * integers within ±2^53, nothing behind the value. e->where is "byte N". */
SG_MUST enum sg_err sg_json_check(const char *text, size_t n, const struct sg_json_limits *lim, struct sg_error *e);
/* Checks, then parses. *out is the caller's (cJSON_Delete). */
SG_MUST enum sg_err sg_json_parse(const char *text, size_t n, const struct sg_json_limits *lim, cJSON **out, struct sg_error *e);

/* Readers: a wrong type (null is one) or a missing required field fails with e->where = the field's name. A missing
 * optional field succeeds: "" in a string, a number or truth value keeps what the caller put there. */
SG_MUST enum sg_err sg_json_str(const cJSON *obj, const char *key, bool required, char *dst, size_t cap, struct sg_error *e);
SG_MUST enum sg_err sg_json_int(const cJSON *obj, const char *key, bool required, int64_t min, int64_t max, int64_t *dst,
                                 struct sg_error *e);
SG_MUST enum sg_err sg_json_bool(const cJSON *obj, const char *key, bool required, bool *dst, struct sg_error *e);
/* Refuses any key of obj that is not in the NULL-terminated list. */
SG_MUST enum sg_err sg_json_only(const cJSON *obj, const char *const *keys, struct sg_error *e);
/* Canonical form (RFC 8785) for fingerprints. A number above 2^53 written without exponent would not pass the
 * scanner again. */
SG_MUST enum sg_err sg_json_canonical(const cJSON *v, struct sg_buf *out);
/* Appends printed JSON with everything in it that is not printable (sg_cp_printable) as \uXXXX, so that nothing acts on a terminal that shows
 * it; means the same to a parser. A byte that is no UTF-8 becomes U+FFFD. */
void sg_json_visible(struct sg_buf *out, const char *printed);
