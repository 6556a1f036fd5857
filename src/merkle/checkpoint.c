/* The three lines of a checkpoint, read as strictly as they are written: one spelling for one tree. */
#include "merkle/checkpoint.h"
#include "base/base64.h"
#include <inttypes.h>
#include <string.h>

bool sg_size_parse(const char *s, size_t n, uint64_t *out)
{
    uint64_t v = 0;
    if (n == 0 || n > 19 || (n > 1 && s[0] == '0'))
        return false;
    for (size_t i = 0; i < n; i++) {
        if (s[i] < '0' || s[i] > '9')
            return false;
        v = v * 10 + (uint64_t)(s[i] - '0');        /* 19 digits stay below 2^64 */
    }
    *out = v;
    return v <= INT64_MAX;
}

enum sg_err sg_checkpoint_print(const struct sg_checkpoint *c, struct sg_buf *out)
{
    char root[SG_BASE64_LEN(SG_HASH_LEN) + 1];
    sg_base64(root, c->root.b, SG_HASH_LEN);
    (void)sg_buf_addf(out, "%s\n%" PRIu64 "\n%s\n", c->origin, c->size, root);
    return sg_buf_check(out);
}

/* Takes one line without its newline. False: none, or an empty one. */
static bool take(const char **at, const char *end, const char **line, size_t *n)
{
    const char *nl = memchr(*at, '\n', (size_t)(end - *at));
    if (!nl || nl == *at)
        return false;
    *line = *at;
    *n = (size_t)(nl - *at);
    *at = nl + 1;
    return true;
}

static bool root_fits(const struct sg_checkpoint *c)
{
    struct sg_hash empty;
    sg_merkle_empty(&empty);
    return c->size > 0 || memcmp(empty.b, c->root.b, SG_HASH_LEN) == 0;
}

enum sg_err sg_checkpoint_parse(const char *text, size_t n, struct sg_checkpoint *out, struct sg_error *e)
{
    const char *at = text, *end = text + n, *line = NULL;
    size_t len = 0, got = 0;
    struct sg_checkpoint c = {0};
    memset(out, 0, sizeof *out);
    if (!take(&at, end, &line, &len) || memchr(line, '\0', len) || !sg_copyn(c.origin, sizeof c.origin, line, len))
        return sg_fail(e, SG_E_PARSE, "origin", "missing or too long");
    if (!take(&at, end, &line, &len) || !sg_size_parse(line, len, &c.size))
        return sg_fail(e, SG_E_PARSE, "size", "not a decimal number without leading zeros below 2^63");
    if (!take(&at, end, &line, &len) || !sg_unbase64(c.root.b, SG_HASH_LEN, &got, line, len) || got != SG_HASH_LEN)
        return sg_fail(e, SG_E_PARSE, "root", "not the base 64 of 32 bytes");
    while (at < end)
        if (!take(&at, end, &line, &len))
            return sg_fail(e, SG_E_PARSE, "extension", "an empty line, or no newline at the end");
    if (!root_fits(&c))
        return sg_fail(e, SG_E_PARSE, "root", "an empty tree with a root of something");
    *out = c;
    return SG_E_OK;
}

enum sg_err sg_checkpoint_open(const char *note, size_t n, const struct sg_note_key *k, struct sg_checkpoint *out, struct sg_error *e)
{
    struct sg_note parsed;
    memset(out, 0, sizeof *out);
    enum sg_err err = sg_note_parse(note, n, &parsed, e);
    if (err != SG_E_OK)
        return err;
    err = sg_note_verify(&parsed, k, NULL);
    if (err != SG_E_OK)
        return sg_fail(e, err, "signature", err == SG_E_NOTFOUND ? "not signed by the key %s" : "the signature of %s is wrong", k->name);
    return sg_checkpoint_parse(parsed.text, parsed.text_len, out, e);
}

enum sg_err sg_checkpoint_sign(const struct sg_checkpoint *c, const struct sg_note_signer *s, struct sg_buf *out)
{
    struct sg_buf body;
    sg_buf_init(&body, SG_CHECKPOINT_MAX);
    enum sg_err err = sg_checkpoint_print(c, &body);
    if (err == SG_E_OK)
        err = sg_note_sign(s, body.data, body.len, out);
    sg_buf_free(&body);
    return err;
}

bool sg_origin_print(char dst[SG_ORIGIN_MAX], const char *key_name, const char *log, uint64_t epoch)
{
    return sg_format(dst, SG_ORIGIN_MAX, "%s/%s/%" PRIu64, key_name, log, epoch);
}

bool sg_origin_parse(const char *origin, const char *key_name, char log[SG_LOG_ID_MAX], uint64_t *epoch)
{
    size_t n = strlen(key_name);
    if (strncmp(origin, key_name, n) != 0 || origin[n] != '/')
        return false;
    const char *id = origin + n + 1, *slash = strchr(id, '/');
    return slash && slash > id && sg_copyn(log, SG_LOG_ID_MAX, id, (size_t)(slash - id)) && sg_size_parse(slash + 1, strlen(slash + 1), epoch);
}
