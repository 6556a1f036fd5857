/* An exported log: checkpoint, key, leaves (n times 42 bytes), events.ndjson (one line an entry), hashes (n times 32 bytes, the leaf
 * hashes; may be missing, it only serves to name an entry that was changed where the rest fits). Entry by entry, so that the first bad one
 * is named; at the end the root decides. */
#include "verify/verify.h"
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { FILES = 3 };
struct files { FILE *leaves, *events, *hashes; };
static struct sv_json doc;

bool sv_fail(struct sv_verdict *v, int64_t index, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(v->why, sizeof v->why, fmt, ap);
    va_end(ap);
    for (char *c = v->why; *c; c++)
        *c = (unsigned char)*c < ' ' || (unsigned char)*c >= 0x7F ? '?' : *c;     /* the files are foreign text */
    v->index = index;
    v->ok = false;
    return false;
}

static FILE *open_in(const char *dir, const char *name)
{
    char path[4096];
    int n = snprintf(path, sizeof path, "%s%s%s", dir, name[0] ? "/" : "", name);
    return n > 0 && (size_t)n < sizeof path ? fopen(path, "rb") : NULL;
}

long sv_read_file(const char *dir, const char *name, char *dst, size_t cap)
{
    FILE *f = open_in(dir, name);
    if (!f)
        return -1;
    size_t got = fread(dst, 1, cap, f);
    bool bad = ferror(f) || got == cap || memchr(dst, 0, got);
    (void)fclose(f);
    dst[bad ? 0 : got] = '\0';
    return bad ? -1 : (long)got;
}

/* A key that lies beside the log must be the same as the one that was given; without a given one it is believed, and the caller says so. */
bool sv_find_key(const char *beside, const struct sv_opts *o, struct sv_key *k, struct sv_verdict *v)
{
    const char *text = o->key_text ? o->key_text : beside;
    if (!text)
        return sv_fail(v, -1, "key: none lies beside it, give the one you trust with --key");
    if (beside && strcmp(beside, text) != 0)
        return sv_fail(v, -1, "key: not the key that is trusted");
    return sv_key_read(text, SV_LOG, k) || sv_fail(v, -1, "key: not a verifier key");
}

static bool key_file(const char *path, const struct sv_opts *o, struct sv_key *k, struct sv_verdict *v)
{
    char text[1024];
    long n = sv_read_file(path, "key", text, sizeof text);
    if (n <= 0 || strchr(text, '\n') != text + n - 1)
        return sv_fail(v, -1, "key: missing or not one line");
    text[n - 1] = '\0';
    return sv_find_key(text, o, k, v);
}

static bool check_event(FILE *events, const uint8_t leaf[SV_LEAF], uint64_t i, const char *log, struct sv_verdict *v)
{
    static char line[SV_LINE_MAX];
    static uint8_t payload[SV_PAYLOAD_MAX];
    uint8_t salt[SV_SALT], made[SV_LEAF];
    uint64_t index = 0;
    size_t salt_len = 0, len = 0;
    int64_t at = (int64_t)i;
    size_t n = fgets(line, sizeof line, events) ? strlen(line) : 0;
    if (n == 0 || line[n - 1] != '\n')
        return sv_fail(v, at, "events.ndjson ends before this entry, or its line is too long");
    bool good = sv_json_read(&doc, line, n) && sv_member_number(&doc, "leafIndex", &index);
    if (good && index != i)
        return sv_fail(v, at, "the line of events.ndjson is that of entry %" PRIu64, index);
    const struct sv_node *erased = good ? sv_member(&doc, &doc.node[0], "erased") : NULL, *event = good ? sv_member(&doc, &doc.node[0], "event") : NULL;
    if (erased && erased->type == SV_TRUE && doc.node[0].members == 2) {
        v->erased++;
        return true;
    }
    if (!event || event->type != SV_OBJECT || doc.node[0].members != 4 || !sv_member_bytes(&doc, "salt", salt, sizeof salt, &salt_len) || salt_len != SV_SALT || !sv_member_bytes(&doc, "payload", payload, sizeof payload, &len))
        return sv_fail(v, at, "the line of events.ndjson is malformed");
    sv_leaf_make(made, leaf + 1, salt, payload, len);
    if (memcmp(made, leaf, sizeof made) != 0)
        return sv_fail(v, at, "the event is not the one the leaf commits to");
    const char *fault = sv_event_fault(leaf, payload, len, log, &doc, event);
    return !fault || sv_fail(v, at, "the event differs from what was recorded: %s", fault);
}

static bool check_entry(struct files *f, struct sv_tree *t, const struct sv_checkpoint *c, struct sv_verdict *v)
{
    uint8_t leaf[SV_LEAF];
    struct sv_hash h, kept;
    int64_t i = (int64_t)t->size;
    if (fread(leaf, sizeof leaf, 1, f->leaves) != 1)
        return sv_fail(v, i, "the leaves end before this entry, the checkpoint says there are %" PRIu64, c->size);
    if (leaf[0] != 2 || leaf[9] != 0)
        return sv_fail(v, i, "not a leaf of a known version");
    sv_tree_add(t, leaf, sizeof leaf, &h);
    if (f->hashes && (fread(kept.b, sizeof kept.b, 1, f->hashes) != 1 || memcmp(kept.b, h.b, sizeof h.b) != 0))
        return sv_fail(v, i, "the leaf is not the one with this hash");
    return !f->events || check_event(f->events, leaf, (uint64_t)i, c->log, v);
}

static bool all_end(struct files *f, uint64_t size, struct sv_verdict *v)
{
    FILE *const all[FILES] = {f->leaves, f->events, f->hashes};
    for (size_t i = 0; i < FILES; i++)
        if (all[i] && (getc(all[i]) != EOF || ferror(all[i])))
            return sv_fail(v, (int64_t)size, "there is more than the checkpoint vouches for");
    return true;
}

/* since: a checkpoint one has kept; its entries must be the first ones of this log. */
static bool check_entries(struct files *f, const struct sv_checkpoint *c, const struct sv_checkpoint *since, struct sv_verdict *v)
{
    struct sv_tree t = {0};
    for (;;) {
        if (since && t.size == since->size) {
            sv_tree_root(&t, &v->root);
            if (memcmp(v->root.b, since->root.b, sizeof since->root.b) != 0)
                return sv_fail(v, -1, "fork: the first %" PRIu64 " entries are not those of the earlier checkpoint", since->size);
        }
        if (t.size == c->size)
            break;
        if (!check_entry(f, &t, c, v))
            return false;
    }
    sv_tree_root(&t, &v->root);
    if (!all_end(f, c->size, v))
        return false;
    return memcmp(v->root.b, c->root.b, sizeof c->root.b) == 0 || sv_fail(v, -1, "the entries do not give the root that was signed");
}

static bool read_checkpoint(const char *dir, const char *name, const struct sv_key *k, const struct sv_opts *o, struct sv_checkpoint *out, struct sv_verdict *v)
{
    static char note[SV_NOTE_MAX];
    long n = sv_read_file(dir, name, note, sizeof note);
    if (n <= 0)
        return sv_fail(v, -1, "checkpoint: %s is missing or cannot be read", *name ? name : dir);
    return sv_checkpoint_read(note, (size_t)n, k, out, v) && (!o || sv_witnessed(note, (size_t)n, o, v));
}

static bool read_since(const char *path, const struct sv_key *k, const struct sv_checkpoint *now, struct sv_checkpoint *out, struct sv_verdict *v)
{
    if (!read_checkpoint(path, "", k, NULL, out, v))
        return false;
    if (strcmp(out->origin, now->origin) != 0)
        return sv_fail(v, -1, "the earlier checkpoint is of another log: %s", out->origin);
    return out->size <= now->size || sv_fail(v, -1, "older than the earlier checkpoint: %" PRIu64 " entries, it had %" PRIu64, now->size, out->size);
}

bool sv_check_directory(const char *path, const struct sv_opts *o, struct sv_verdict *v)
{
    struct sv_key k;
    struct sv_checkpoint c = {0}, since = {0};
    if (!key_file(path, o, &k, v) || !read_checkpoint(path, "checkpoint", &k, o, &c, v) || (o->since && !read_since(o->since, &k, &c, &since, v)))
        return false;
    struct files f = {open_in(path, "leaves"), o->leaves_only ? NULL : open_in(path, "events.ndjson"), open_in(path, "hashes")};
    FILE *const all[FILES] = {f.leaves, f.events, f.hashes};
    (void)snprintf(v->origin, sizeof v->origin, "%s", c.origin);
    v->size = c.size;
    bool good = f.leaves && (f.events || o->leaves_only) ? check_entries(&f, &c, o->since ? &since : NULL, v)
                                                         : sv_fail(v, -1, "%s: missing", f.leaves ? "events.ndjson" : "leaves");
    for (size_t i = 0; i < FILES; i++)
        if (all[i])
            (void)fclose(all[i]);
    return good;
}
