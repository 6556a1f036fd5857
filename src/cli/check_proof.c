/* log check-proof: Merkle proofs as JSON lines on standard input, one verdict a line. It needs neither configuration nor service, only
 * RFC 6962. A line is malformed (no JSON, a field missing, a value that is neither hexadecimal nor base 64) or well-formed and then
 * decided: a root or hash of another length than 32 bytes is simply a proof that does not hold. Numbers are taken from the text, because
 * an index may be any 64-bit number and the parsed tree rounds beyond 2^53. A proof from the empty tree to another one does not exist
 * (PROOF(m, D[n]) is defined for 0 < m), so none is valid. */
#include <string.h>
#include "base/base64.h"
#include "base/i18n.h"
#include "cli/inside.h"
#include "merkle/tree.h"

enum { VALUE_MAX = 256, PROOF_MAX = 65 };       /* PROOF_MAX: one more than any tree needs; longer ones are cut there and are too long */
struct value { uint8_t b[VALUE_MAX]; size_t n; };
struct proof { struct sg_hash h[PROOF_MAX]; size_t n; bool whole; };     /* whole: every element has 32 bytes */
struct verdict { bool valid; const char *kind, *fault; char where[32]; };

static const struct sg_json_limits limits = {SG_CLI_LINE_MAX, 4, 4000, true};

static bool malformed(struct verdict *v, const char *where, const char *fault) {
    v->fault = fault;
    SG_COPY(v->where, where);
    return false;
}

/* Behind the string that starts at s (a valid one). */
static const char *skip_string(const char *s) {
    for (s++; *s != '"'; s++) {
        s += *s == '\\' ? 1 : 0;
    }
    return s + 1;
}

/* The text of a top-level number; NULL: no such member, or not written plainly. line has passed the scanner. */
static const char *number_text(const char *line, const char *key) {
    int depth = 0;
    size_t n = strlen(key);
    for (const char *s = line; *s != '\0';) {
        if (*s != '"') {
            depth += *s == '{' || *s == '[' ? 1 : *s == '}' || *s == ']' ? -1 : 0;
            s++;
            continue;
        }
        const char *end = skip_string(s), *after = end + strspn(end, " \t\r\n");
        if (depth == 1 && *after == ':' && (size_t)(end - s) == n + 2 && memcmp(s + 1, key, n) == 0) {
            return after + 1 + strspn(after + 1, " \t\r\n");
        }
        s = end;
    }
    return NULL;
}

static bool get_u64(const char *line, const char *key, uint64_t *out, struct verdict *v) {
    const char *s = number_text(line, key);
    size_t n = s ? strspn(s, "0123456789") : 0;
    *out = 0;
    if (n == 0 || n > 20 || strchr(".eE", s[n]) != NULL) {
        return malformed(v, key, N_("expected a number from 0 to 2^64 - 1"));
    }
    for (size_t i = 0; i < n; i++) {
        uint64_t d = (uint64_t)(s[i] - '0');
        if (*out > (UINT64_MAX - d) / 10) {
            return malformed(v, key, N_("expected a number from 0 to 2^64 - 1"));
        }
        *out = *out * 10 + d;
    }
    return true;
}

/* 64 hexadecimal digits are those; anything else is base 64 where it can be. null is the empty value. */
static bool decode(const cJSON *item, struct value *out) {
    out->n = 0;
    if (cJSON_IsNull(item)) {
        return true;
    }
    if (!cJSON_IsString(item)) {
        return false;
    }
    const char *s = item->valuestring;
    size_t n = strlen(s);
    bool hex = n % 2 == 0 && n / 2 <= VALUE_MAX && sg_unhex(out->b, n / 2, s);
    if (hex && n == 2 * SG_HASH_LEN) {
        out->n = SG_HASH_LEN;
        return true;
    }
    if (sg_unbase64(out->b, VALUE_MAX, &out->n, s, n)) {
        return true;
    }
    out->n = n / 2;
    return hex && sg_unhex(out->b, n / 2, s);
}

static bool get_value(const cJSON *o, const char *key, struct value *out, struct verdict *v) {
    return decode(cJSON_GetObjectItemCaseSensitive(o, key), out) || malformed(v, key, N_("expected hexadecimal or base 64"));
}

static bool get_proof(const cJSON *o, struct proof *out, struct verdict *v) {
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(o, "proof"), *item;
    *out = (struct proof){.whole = true};
    if (!cJSON_IsArray(list) && !cJSON_IsNull(list)) {
        return malformed(v, "proof", N_("expected a list"));
    }
    cJSON_ArrayForEach(item, list) {
        struct value one;
        if (!decode(item, &one)) {
            return malformed(v, "proof", N_("expected hexadecimal or base 64"));
        }
        out->whole = out->whole && one.n == SG_HASH_LEN;
        if (out->n < PROOF_MAX) {
            memcpy(out->h[out->n++].b, one.b, SG_HASH_LEN);
        }
    }
    return true;
}

static const struct sg_hash *as_hash(const struct value *v, struct sg_hash *room) {
    memcpy(room->b, v->b, SG_HASH_LEN);
    return room;
}

static bool inclusion(const char *line, const cJSON *o, struct verdict *v) {
    uint64_t index, size;
    struct value root, leaf;
    struct proof p;
    struct sg_hash r, l;
    v->kind = "inclusion";
    if (!get_u64(line, "leafIndex", &index, v) || !get_u64(line, "treeSize", &size, v) || !get_value(o, "root", &root, v) ||
        !get_value(o, "leafHash", &leaf, v) || !get_proof(o, &p, v)) {
        return false;
    }
    v->valid = p.whole && root.n == SG_HASH_LEN && leaf.n == SG_HASH_LEN &&
        sg_merkle_check_inclusion(index, size, as_hash(&leaf, &l), as_hash(&root, &r), p.h, p.n);
    return true;
}

static bool consistency(const char *line, const cJSON *o, struct verdict *v) {
    uint64_t size1, size2;
    struct value root1, root2;
    struct proof p;
    struct sg_hash r1, r2;
    v->kind = "consistency";
    if (!get_u64(line, "size1", &size1, v) || !get_u64(line, "size2", &size2, v) || !get_value(o, "root1", &root1, v) ||
        !get_value(o, "root2", &root2, v) || !get_proof(o, &p, v)) {
        return false;
    }
    if (size1 == size2) {               /* nothing is hashed: the same tree, whatever its hash is called */
        v->valid = p.n == 0 && root1.n == root2.n && memcmp(root1.b, root2.b, root1.n) == 0;
        return true;
    }
    v->valid = size1 > 0 && p.whole && root1.n == SG_HASH_LEN && root2.n == SG_HASH_LEN &&
        sg_merkle_check_consistency(size1, size2, as_hash(&root1, &r1), as_hash(&root2, &r2), p.h, p.n);
    return true;
}

/* False: the line is malformed, and v says where and how. */
static bool decide(const char *line, size_t n, struct verdict *v) {
    cJSON *o = NULL;
    struct sg_error e = {0};
    char kind[32] = "";
    *v = (struct verdict){.kind = ""};
    if (sg_json_parse(line, n, &limits, &o, &e) != SG_E_OK) {
        return malformed(v, e.where, N_("not a JSON object"));
    }
    bool ok = cJSON_IsObject(o) && sg_json_str(o, "kind", true, kind, sizeof kind, &e) == SG_E_OK;
    if (ok && sg_eq(kind, "inclusion")) {
        ok = inclusion(line, o, v);
    } else if (ok && sg_eq(kind, "consistency")) {
        ok = consistency(line, o, v);
    } else {
        ok = malformed(v, "kind", N_("expected inclusion or consistency"));
    }
    cJSON_Delete(o);
    return ok;
}

static void print(long at, const struct verdict *v) {
    cJSON *o = sg_out_new();
    (void)cJSON_AddNumberToObject(o, "line", (double)at);
    sg_out_str(o, "kind", v->kind);
    (void)cJSON_AddBoolToObject(o, "valid", v->valid);
    if (v->fault != NULL) {
        sg_out_str(o, "error", sg_err_name(SG_E_INPUT));
        sg_out_str(o, "where", v->where);
        sg_out_str(o, "text", _(v->fault));
    }
    sg_out_line(o);
}

int sg_check_proofs(struct cli *c) {
    static char line[SG_CLI_LINE_MAX];
    int status = 0;
    long at = 0;
    (void)c;
    for (long n; (n = sg_read_line(line, sizeof line)) != SG_LINE_END;) {
        struct verdict v = {.kind = ""};
        at++;
        if (n >= 0 && line[strspn(line, " \t\r")] == '\0' && strlen(line) == (size_t)n) {
            continue;
        }
        bool read = n >= 0 ? decide(line, (size_t)n, &v) : malformed(&v, "", N_("the line is too long"));
        print(at, &v);
        status = !read || status == sg_err_exit(SG_E_INPUT) ? sg_err_exit(SG_E_INPUT) : !v.valid ? sg_err_exit(SG_E_REFUSED) : status;
    }
    if (at == 0) {
        struct sg_error e = {0};
        (void)sg_fail(&e, SG_E_INPUT, _("standard input"), _("no proof was given"));
        return sg_cli_failed(&e, c->json);
    }
    return status;
}
