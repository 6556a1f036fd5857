/* The export of a log. Every entry is checked against its leaf before it is written, and the whole against the checkpoint: an export that
 * does not verify is never finished. The readable event is made from the payload here, so it says what is proved and nothing else: the
 * place among all events of the service is not in the payload and therefore not in the export. */
#include "cli/export.h"
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/base64.h"
#include "base/json.h"
#include "base/secret.h"

static enum sg_err failed(const char *path, struct sg_error *e) { return sg_fail(e, SG_E_IO, path, "%s", strerror(errno)); }

static FILE *open_in(const char *dir, const char *name, struct sg_error *e) {
    char path[4096];
    FILE *f = sg_format(path, sizeof path, "%s/%s", dir, name) ? fopen(path, "wxe") : NULL;
    if (f == NULL) {
        (void)failed(path, e);
    }
    return f;
}

enum sg_err sg_export_open(struct sg_export *x, const char *dir, struct sg_error *e) {
    memset(x, 0, sizeof *x);
    if (!SG_COPY(x->dir, dir)) {
        return sg_fail(e, SG_E_INPUT, dir, "the path is too long");
    }
    x->made = mkdir(dir, 0700) == 0;
    if (!x->made && errno != EEXIST) {
        return failed(dir, e);
    }
    if ((x->leaves = open_in(dir, "leaves", e)) == NULL || (x->events = open_in(dir, "events.ndjson", e)) == NULL || (x->hashes = open_in(dir, "hashes", e)) == NULL) {
        sg_export_drop(x);
        return SG_E_IO;
    }
    return SG_E_OK;
}

void sg_export_drop(struct sg_export *x) {
    const struct { FILE **f; const char *name; } all[] = {{&x->leaves, "leaves"}, {&x->events, "events.ndjson"}, {&x->hashes, "hashes"}};
    char path[4096];
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        if (*all[i].f != NULL) {
            (void)fclose(*all[i].f);
            *all[i].f = NULL;
            if (sg_format(path, sizeof path, "%s/%s", x->dir, all[i].name)) {
                (void)unlink(path);
            }
        }
    }
    if (x->made) {
        (void)rmdir(x->dir);
    }
}

static enum sg_err write_line(FILE *f, cJSON *o) {
    char *text = o != NULL ? cJSON_PrintUnformatted(o) : NULL;
    cJSON_Delete(o);
    if (text == NULL) {
        return SG_E_NOMEM;
    }
    bool ok = fputs(text, f) >= 0 && putc('\n', f) != EOF;
    sg_wipe(text, strlen(text));
    cJSON_free(text);
    return ok ? SG_E_OK : SG_E_IO;
}

static void put_bytes(cJSON *o, const char *key, const void *p, size_t n) {
    char text[SG_BASE64_LEN(SG_PAYLOAD_MAX) + 1];
    sg_base64(text, p, n);
    (void)cJSON_AddStringToObject(o, key, text);
}

static enum sg_err write_event(struct sg_export *x, const uint8_t *salt, const void *payload, size_t n) {
    struct sg_event ev;
    if (sg_payload_decode(payload, n, &ev) != SG_E_OK) {
        return SG_E_CORRUPT;
    }
    cJSON *o = cJSON_CreateObject(), *event = sg_wire_event(&ev);
    (void)cJSON_AddNumberToObject(o, "leafIndex", (double)x->tree.size);
    put_bytes(o, "salt", salt, SG_SALT_LEN);
    put_bytes(o, "payload", payload, n);
    cJSON_DeleteItemFromObjectCaseSensitive(event, "index");
    cJSON_DeleteItemFromObjectCaseSensitive(event, "leafIndex");
    if (!cJSON_AddItemToObject(o, "event", event)) {
        cJSON_Delete(event);
        cJSON_Delete(o);
        return SG_E_NOMEM;
    }
    return write_line(x->events, o);
}

static enum sg_err write_erased(struct sg_export *x) {
    cJSON *o = cJSON_CreateObject();
    (void)cJSON_AddNumberToObject(o, "leafIndex", (double)x->tree.size);
    (void)cJSON_AddTrueToObject(o, "erased");
    x->erased++;
    return write_line(x->events, o);
}

static bool commits(const uint8_t leaf[SG_LEAF_LEN], const uint8_t *salt, const void *payload, size_t n) {
    uint8_t again[SG_LEAF_LEN];
    int64_t at;
    return sg_leaf_read(leaf, SG_LEAF_LEN, &at, NULL) && sg_leaf_make(at, salt, payload, n, again) == SG_E_OK && memcmp(again, leaf, SG_LEAF_LEN) == 0;
}

enum sg_err sg_export_add(struct sg_export *x, const uint8_t leaf[SG_LEAF_LEN], const uint8_t *salt, const void *payload, size_t n, struct sg_error *e) {
    char where[48];
    struct sg_hash h;
    (void)sg_format(where, sizeof where, "entry %llu", (unsigned long long)x->tree.size);
    bool erased = salt == NULL || payload == NULL;
    if (n > SG_PAYLOAD_MAX || (!erased && !commits(leaf, salt, payload, n))) {
        return sg_fail(e, SG_E_CORRUPT, where, "the leaf does not commit to this event");
    }
    enum sg_err err = erased ? write_erased(x) : write_event(x, salt, payload, n);
    sg_merkle_leaf(&h, leaf, SG_LEAF_LEN);
    if (err == SG_E_OK && (fwrite(leaf, 1, SG_LEAF_LEN, x->leaves) != SG_LEAF_LEN || fwrite(h.b, 1, sizeof h.b, x->hashes) != sizeof h.b)) {
        err = SG_E_IO;
    }
    sg_frontier_add(&x->tree, &h);
    return err == SG_E_OK ? err : sg_fail(e, err, where, "could not be written");
}

static bool finish(FILE **f) {
    bool ok = fflush(*f) == 0 && fsync(fileno(*f)) == 0;
    ok = fclose(*f) == 0 && ok;
    *f = NULL;
    return ok;
}

static enum sg_err small_file(const char *dir, const char *name, const char *text, const char *end, struct sg_error *e) {
    FILE *f = open_in(dir, name, e);
    if (f == NULL) {
        return SG_E_IO;
    }
    bool ok = fputs(text, f) >= 0 && fputs(end, f) >= 0;
    return finish(&f) && ok ? SG_E_OK : failed(name, e);
}

enum sg_err sg_export_close(struct sg_export *x, const struct sg_checkpoint *c, const char *note, const char *key, struct sg_error *e) {
    struct sg_hash root;
    sg_frontier_root(&x->tree, &root);
    bool fits = x->tree.size == c->size && memcmp(root.b, c->root.b, sizeof root.b) == 0;
    bool ok = finish(&x->leaves);                    /* every one of them, whatever became of the others */
    ok = finish(&x->events) && ok;
    ok = finish(&x->hashes) && ok;
    if (!fits) {
        return sg_fail(e, SG_E_CORRUPT, "root", "the entries do not give the root that was signed");
    }
    enum sg_err err = ok ? small_file(x->dir, "key", key, "\n", e) : failed(x->dir, e);
    return err == SG_E_OK ? small_file(x->dir, "checkpoint", note, "", e) : err;
}
