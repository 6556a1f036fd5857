/* log verify, prove, export, accept: the event log read from the service and checked here. The key is the one of the profile or the one
 * that was pinned; only a client that has never met the service takes the key it is given, and says so. Leaves are read in pieces and
 * hashed as they come, so that a log of any size needs no more memory than a small one. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/base64.h"
#include "base/i18n.h"
#include "cli/export.h"
#include "cli/inside.h"
#include "merkle/witnesses.h"

enum { LEAVES_PIECE = 65536, ENTRIES_PIECE = 500, WAIT_MS = 60000 };
enum { O_SINCE, O_OUT, O_LOG };
struct source { struct sg_note_key key; bool pinned; cJSON *list; };     /* list: the answer of /logs; begins all zero */
struct head { char log[SG_LOG_ID_MAX], key[SG_VKEY_MAX]; struct sg_checkpoint c; struct sg_buf note; bool demanded; struct sg_checkpoint cosigned; struct sg_buf witnessed; };

static enum sg_err fetch(struct cli *c, struct sg_buf *out, struct sg_error *e, const char *fmt, ...) SG_PRINTF(4, 5);
static enum sg_err fetch(struct cli *c, struct sg_buf *out, struct sg_error *e, const char *fmt, ...) {
    struct sg_ask a = {.kind = SG_ASK_FETCH};
    struct sg_tell *t = NULL;
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(a.note, sizeof a.note, fmt, ap);
    va_end(ap);
    enum sg_err err = sg_client_ask(c, &a, WAIT_MS, &t, e);
    if (err == SG_E_OK && t->kind != SG_TELL_FETCHED) {
        err = sg_fail(e, SG_E_INTERNAL, "", "no body");
    }
    sg_buf_init(out, SG_JSON_REPLY.bytes);
    if (err == SG_E_OK) {
        err = sg_buf_add(out, t->body.data ? t->body.data : "", t->body.len);
    }
    sg_tell_free(t);
    return err;
}

static enum sg_err fetch_json(struct cli *c, cJSON **out, struct sg_error *e, const char *path) {
    struct sg_buf b;
    *out = NULL;
    enum sg_err err = fetch(c, &b, e, "%s", path);
    if (err == SG_E_OK) {
        err = sg_json_parse(b.data ? b.data : "", b.len, &SG_JSON_REPLY, out, e);
    }
    sg_buf_free(&b);
    return err;
}

static const char *text_of(const cJSON *o, const char *key) {
    const char *s = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(o, key));
    return s ? s : "";
}

/* Which logs there are, and the key that is trusted. A fork that was found before is told at once. */
static enum sg_err open_source(struct cli *c, struct source *s, struct sg_error *e) {
    struct sg_ask a = {.kind = SG_ASK_STATUS};
    struct sg_tell *t = NULL;
    memset(s, 0, sizeof *s);
    enum sg_err err = sg_client_open(c, e);
    err = err == SG_E_OK ? sg_client_ask(c, &a, SG_CLI_WAIT, &t, e) : err;
    if (err == SG_E_OK && t->status.log.forked) {
        err = sg_fail(e, SG_E_CORRUPT, _("event log"), "%s", t->status.log.why);
    }
    char key[SG_VKEY_MAX] = "";
    SG_COPY(key, t != NULL && err == SG_E_OK ? t->status.log.key : "");
    sg_tell_free(t);
    err = err == SG_E_OK ? fetch_json(c, &s->list, e, "/logs") : err;
    if (err != SG_E_OK) {
        return err;
    }
    s->pinned = key[0] != '\0';
    if (s->pinned && !sg_eq(key, text_of(s->list, "key"))) {
        return sg_fail(e, SG_E_CORRUPT, _("event log"), _("the service signs its log with another key"));
    }
    return sg_note_key_parse(s->pinned ? key : text_of(s->list, "key"), &s->key, e);
}

static void close_source(struct source *s) { cJSON_Delete(s->list); }

/* Where the profile names witnesses: the checkpoint that enough of them have signed. Its note is kept in h->witnessed. */
static enum sg_err open_witnessed(const struct cli *c, const struct source *s, const cJSON *v, struct head *h, struct sg_error *e) {
    struct sg_witnesses w;
    uint64_t when = 0;
    const char *note = text_of(cJSON_GetObjectItemCaseSensitive(v, "witnessed"), "checkpoint");
    enum sg_err err = sg_witnesses_parse(c->engine.log_witnesses, c->engine.log_witness_quorum, &w, e);
    h->demanded = c->engine.log_witnesses != NULL;
    if (err != SG_E_OK || !h->demanded) {
        return err;
    }
    if (sg_witnesses_check(&w, note, strlen(note), &when) != SG_E_OK || sg_checkpoint_open(note, strlen(note), &s->key, &h->cosigned, NULL) != SG_E_OK) {
        return sg_fail(e, SG_E_CORRUPT, h->log, _("not signed by %d of %zu witnesses"), w.quorum, w.n);
    }
    sg_buf_init(&h->witnessed, SG_NOTE_MAX);
    err = sg_buf_addz(&h->witnessed, note);
    if (err != SG_E_OK) {
        return err;
    }
    if (!sg_eq(h->cosigned.origin, h->c.origin) || h->cosigned.size > h->c.size) {
        return sg_fail(e, SG_E_CORRUPT, h->log, _("the witnesses have signed another log than the service shows"));
    }
    return SG_E_OK;
}

/* The newest checkpoint of a log, signed by the key. */
static enum sg_err open_head(struct cli *c, const struct source *s, const char *log, struct head *h, struct sg_error *e) {
    char path[128], name[SG_LOG_ID_MAX];
    cJSON *v = NULL;
    uint64_t epoch = 0;
    memset(h, 0, sizeof *h);
    SG_COPY(h->log, log);
    sg_note_key_print(h->key, &s->key);
    sg_buf_init(&h->note, SG_CHECKPOINT_MAX);
    sg_format(path, sizeof path, "/logs/%s/checkpoint", log);
    enum sg_err err = fetch_json(c, &v, e, path);
    err = err == SG_E_OK ? sg_buf_addz(&h->note, text_of(v, "checkpoint")) : err;
    err = err == SG_E_OK ? sg_checkpoint_open(h->note.data ? h->note.data : "", h->note.len, &s->key, &h->c, e) : err;
    err = err == SG_E_OK ? open_witnessed(c, s, v, h, e) : err;
    cJSON_Delete(v);
    if (err != SG_E_OK) {
        return err;
    }
    bool fits = sg_origin_parse(h->c.origin, s->key.name, name, &epoch) && sg_eq(name, log);
    return fits ? SG_E_OK : sg_fail(e, SG_E_CORRUPT, log, _("the checkpoint is of another log"));
}

static enum sg_err read_since(const char *path, const struct head *h, const struct source *s, struct sg_checkpoint *out, struct sg_error *e) {
    struct sg_buf b;
    sg_buf_init(&b, SG_NOTE_MAX);
    enum sg_err err = sg_buf_read_file(&b, path, e);
    err = err == SG_E_OK ? sg_checkpoint_open(b.data ? b.data : "", b.len, &s->key, out, e) : err;
    sg_buf_free(&b);
    if (err == SG_E_OK && sg_eq(out->origin, h->c.origin) && out->size > h->c.size) {
        err = sg_fail(e, SG_E_CORRUPT, h->log, _("the log has gone backwards: %llu entries, it had %llu"), (unsigned long long)h->c.size, (unsigned long long)out->size);
    }
    return err;
}

static bool root_is(const struct sg_frontier *f, const struct sg_hash *want) {
    struct sg_hash root;
    sg_frontier_root(f, &root);
    return memcmp(root.b, want->b, SG_HASH_LEN) == 0;
}

/* since, cosigned (each may be NULL): checkpoints that the log must have passed through. */
static enum sg_err add_piece(struct sg_frontier *f, const struct sg_buf *b, const struct sg_checkpoint *since, const struct sg_checkpoint *cosigned, struct sg_error *e) {
    struct sg_hash h;
    for (size_t at = 0; at + SG_LEAF_LEN <= b->len; at += SG_LEAF_LEN) {
        char where[48];
        sg_format(where, sizeof where, _("entry %llu"), (unsigned long long)f->size);
        if (!sg_leaf_read(b->data + at, SG_LEAF_LEN, NULL, NULL)) {
            return sg_fail(e, SG_E_CORRUPT, where, _("not a leaf of a known version"));
        }
        sg_merkle_leaf(&h, b->data + at, SG_LEAF_LEN);
        sg_frontier_add(f, &h);
        if (since != NULL && f->size == since->size && !root_is(f, &since->root)) {
            return sg_fail(e, SG_E_CORRUPT, where, _("fork: the entries up to here are not those of the earlier checkpoint"));
        }
        if (cosigned != NULL && f->size == cosigned->size && !root_is(f, &cosigned->root)) {
            return sg_fail(e, SG_E_CORRUPT, where, _("fork: the entries up to here are not those that the witnesses have signed"));
        }
    }
    return SG_E_OK;
}

/* Every leaf of the log, from first to last, against the root that was signed. */
static enum sg_err hash_log(struct cli *c, const struct head *h, const struct sg_checkpoint *since, struct sg_error *e) {
    static struct sg_frontier f;
    enum sg_err err = SG_E_OK;
    sg_frontier_init(&f);
    while (err == SG_E_OK && f.size < h->c.size) {
        struct sg_buf b;
        uint64_t left = h->c.size - f.size, n = left < LEAVES_PIECE ? left : LEAVES_PIECE, from = f.size;
        err = fetch(c, &b, e, "/logs/%s/leaves?from=%llu&limit=%llu", h->log, (unsigned long long)from, (unsigned long long)n);
        if (err == SG_E_OK && b.len != n * SG_LEAF_LEN) {
            err = sg_fail(e, SG_E_CORRUPT, h->log, _("leaves are missing from entry %llu on"), (unsigned long long)from + b.len / SG_LEAF_LEN);
        }
        err = err == SG_E_OK ? add_piece(&f, &b, since, h->demanded ? &h->cosigned : NULL, e) : err;
        sg_buf_free(&b);
    }
    return err == SG_E_OK && !root_is(&f, &h->c.root) ? sg_fail(e, SG_E_CORRUPT, h->log, _("the entries do not give the root that was signed")) : err;
}

static void say_verified(const struct cli *c, const struct head *h, const struct source *s, enum sg_err err, const struct sg_error *e, int64_t ms) {
    char root[2 * SG_HASH_LEN + 1];
    sg_hex(root, h->c.root.b, SG_HASH_LEN);
    if (c->json) {
        cJSON *o = sg_out_new();
        sg_out_str(o, "log", h->log);
        (void)cJSON_AddBoolToObject(o, "valid", err == SG_E_OK);
        sg_out_str(o, "origin", h->c.origin);
        (void)cJSON_AddNumberToObject(o, "size", (double)h->c.size);
        sg_out_str(o, "root", root);
        (void)cJSON_AddNumberToObject(o, "ms", (double)ms);
        sg_out_str(o, "key", h->key);
        (void)cJSON_AddBoolToObject(o, "keyPinned", s->pinned);
        if (h->demanded) {
            (void)cJSON_AddNumberToObject(o, "witnessedSize", (double)h->cosigned.size);
        }
        sg_out_str(o, "where", err == SG_E_OK ? "" : e->where);
        sg_out_str(o, "text", err == SG_E_OK ? "" : e->detail);
        sg_out_line(o);
    } else if (err == SG_E_OK) {
        sg_out_text(_("✓ %s: %llu entries, root %s, %lld ms"), h->log, (unsigned long long)h->c.size, root, (long long)ms);
    } else {
        sg_out_text(_("✗ %s: %s: %s"), h->log, e->where, e->detail);
    }
}

/* Exit status of one log: 0, or the worst there is. */
static int verify_one(struct cli *c, const struct source *s, const char *log) {
    struct head h;
    struct sg_checkpoint since = {0};
    struct sg_error e = {0};
    int64_t from = sg_mono(&c->clock);
    enum sg_err err = open_head(c, s, log, &h, &e);
    if (err == SG_E_OK && c->opt[O_SINCE] != NULL) {
        err = read_since(c->opt[O_SINCE], &h, s, &since, &e);
    }
    bool of_this = c->opt[O_SINCE] != NULL && sg_eq(since.origin, h.c.origin);
    err = err == SG_E_OK ? hash_log(c, &h, of_this ? &since : NULL, &e) : err;
    say_verified(c, &h, s, err, &e, sg_mono(&c->clock) - from);
    sg_buf_free(&h.note);
    sg_buf_free(&h.witnessed);
    return err == SG_E_OK ? 0 : sg_err_exit(err);
}

/* True for the first row of a log in the list: a log is listed once for each of its epochs. */
static bool first_of(const cJSON *list, const cJSON *row) {
    for (const cJSON *r = list ? list->child : NULL; r != row; r = r->next) {
        if (sg_eq(text_of(r, "log"), text_of(row, "log"))) {
            return false;
        }
    }
    return true;
}

int sg_log_verify(struct cli *c) {
    struct source s = {0};
    struct sg_error e = {0};
    int worst = 0, n = 0;
    enum sg_err err = open_source(c, &s, &e);
    const cJSON *row, *list = cJSON_GetObjectItemCaseSensitive(s.list, "logs");
    cJSON_ArrayForEach(row, list) {
        bool wanted = c->opt[O_LOG] == NULL || sg_eq(c->opt[O_LOG], text_of(row, "log"));
        if (err == SG_E_OK && wanted && first_of(list, row)) {
            int status = verify_one(c, &s, text_of(row, "log"));
            worst = status > worst ? status : worst;
            n++;
        }
    }
    if (err == SG_E_OK && n == 0) {
        err = sg_fail(&e, SG_E_NOTFOUND, c->opt[O_LOG] ? c->opt[O_LOG] : "", _("there is no such log"));
    }
    if (err == SG_E_OK && !s.pinned && !c->json) {
        fputs(_("The key of the log was never seen before; compare it with the one you were given: "), stderr);
        fprintf(stderr, "%s\n", text_of(s.list, "key"));
    }
    close_source(&s);
    return err == SG_E_OK ? worst : sg_cli_failed(&e, c->json);
}

static enum sg_err write_proof(const char *path, const char *text, struct sg_error *e) {
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    size_t n = strlen(text);
    bool ok = fd >= 0 && write(fd, text, n) == (ssize_t)n && write(fd, "\n", 1) == 1 && fsync(fd) == 0;
    enum sg_err err = ok ? SG_E_OK : sg_fail(e, SG_E_IO, path, "%s", strerror(errno));
    if (fd >= 0) {
        (void)close(fd);
    }
    return err;
}

/* As the service gave it. The key is not in it: whoever checks it has that from somebody he trusts. */
static enum sg_err give_proof(struct cli *c, const struct sg_buf *b, struct sg_error *e) {
    if (c->opt[O_OUT] != NULL) {
        return write_proof(c->opt[O_OUT], b->data ? b->data : "", e);
    }
    puts(b->data ? b->data : "");
    return SG_E_OK;
}

static void say_proved(const struct cli *c, const struct source *s, const char *id, const struct sg_receipt *r) {
    char key[SG_VKEY_MAX];
    sg_note_key_print(key, &s->key);
    if (c->json) {
        cJSON *o = sg_out_new();
        sg_out_str(o, "eventId", id);
        sg_out_str(o, "log", r->log);
        (void)cJSON_AddNumberToObject(o, "leafIndex", (double)r->leaf_index);
        (void)cJSON_AddNumberToObject(o, "treeSize", (double)r->tree_size);
        sg_out_str(o, "file", c->opt[O_OUT]);
        sg_out_str(o, "key", key);
        sg_out_line(o);
        return;
    }
    sg_out_text(_("✓ entry %lld of %lld in the log of %s: %s"), (long long)r->leaf_index, (long long)r->tree_size, r->log, c->opt[O_OUT]);
    sg_out_text(_("Check it with: sigill-verify --key '%s' %s"), key, c->opt[O_OUT]);
}

int sg_log_prove(struct cli *c) {
    struct source s = {0};
    struct sg_error e = {0};
    struct sg_buf b = {0};
    struct sg_receipt r = {0};
    struct sg_checkpoint cp;
    const char *id = c->arg[1];
    enum sg_err err = sg_uuid_valid(id) ? open_source(c, &s, &e) : sg_fail(&e, SG_E_INPUT, "EVENT", _("the id of an event is expected"));
    err = err == SG_E_OK ? fetch(c, &b, &e, "/events/%s/proof", id) : err;
    err = err == SG_E_OK ? sg_receipt_check(b.data ? b.data : "", b.len, &s.key, id, NULL, &r, &cp, NULL, &e) : err;
    err = err == SG_E_OK ? give_proof(c, &b, &e) : err;
    if (err == SG_E_OK && c->opt[O_OUT] != NULL) {
        say_proved(c, &s, id, &r);
    }
    sg_buf_free(&b);
    close_source(&s);
    return err == SG_E_OK ? 0 : sg_cli_failed(&e, c->json);
}

static bool bytes_of(const cJSON *o, const char *key, uint8_t *dst, size_t cap, size_t *n) {
    const char *s = text_of(o, key);
    return s[0] != '\0' && sg_unbase64(dst, cap, n, s, strlen(s));
}

static enum sg_err export_entry(struct sg_export *x, const cJSON *o, struct sg_error *e) {
    static uint8_t payload[SG_PAYLOAD_MAX];
    uint8_t leaf[SG_LEAF_LEN], salt[SG_SALT_LEN];
    size_t leaf_n = 0, salt_n = 0, n = 0;
    int64_t index = -1;
    if (sg_json_int(o, "leafIndex", true, 0, INT64_MAX, &index, e) != SG_E_OK || (uint64_t)index != x->tree.size ||
        !bytes_of(o, "leaf", leaf, sizeof leaf, &leaf_n) || leaf_n != sizeof leaf) {
        return sg_fail(e, SG_E_CORRUPT, "entries", _("an entry is malformed, or not the next one"));
    }
    bool there = bytes_of(o, "salt", salt, sizeof salt, &salt_n) && salt_n == sizeof salt && bytes_of(o, "payload", payload, sizeof payload, &n);
    return sg_export_add(x, leaf, there ? salt : NULL, there ? payload : NULL, n, e);
}

static enum sg_err export_entries(struct cli *c, const struct head *h, struct sg_export *x, struct sg_error *e) {
    enum sg_err err = SG_E_OK;
    while (err == SG_E_OK && x->tree.size < h->c.size) {
        char path[160];
        cJSON *v = NULL;
        const cJSON *o;
        uint64_t before = x->tree.size, left = h->c.size - before;
        sg_format(path, sizeof path, "/logs/%s/entries?from=%llu&limit=%llu", h->log, (unsigned long long)before,
                  (unsigned long long)(left < ENTRIES_PIECE ? left : ENTRIES_PIECE));
        err = fetch_json(c, &v, e, path);
        cJSON_ArrayForEach(o, cJSON_GetObjectItemCaseSensitive(v, "entries")) {
            err = err == SG_E_OK && x->tree.size < h->c.size ? export_entry(x, o, e) : err;
        }
        cJSON_Delete(v);
        if (err == SG_E_OK && x->tree.size == before) {
            err = sg_fail(e, SG_E_CORRUPT, h->log, _("entries are missing"));
        }
    }
    return err;
}

/* --log, else that of one's own care provider. */
static enum sg_err choose_log(struct cli *c, char log[SG_LOG_ID_MAX], struct sg_error *e) {
    struct sg_ask a = {.kind = SG_ASK_ME};
    struct sg_tell *t = NULL;
    if (c->opt[O_LOG] != NULL) {
        return sg_copy(log, SG_LOG_ID_MAX, c->opt[O_LOG]) ? SG_E_OK : sg_fail(e, SG_E_INPUT, "--log", _("there is no such log"));
    }
    enum sg_err err = sg_client_ask(c, &a, SG_CLI_WAIT, &t, e);
    sg_copy(log, SG_LOG_ID_MAX, err == SG_E_OK && t->actor != NULL ? t->actor->commission.provider : "");
    for (char *s = log; *s != '\0'; s++) {
        *s = *s >= 'A' && *s <= 'Z' ? (char)(*s + 32) : *s;
    }
    sg_tell_free(t);
    return err == SG_E_OK && log[0] == '\0' ? sg_fail(e, SG_E_NOTFOUND, "--log", _("your care provider is not known here: name a log")) : err;
}

int sg_log_export(struct cli *c) {
    static struct sg_export x;
    struct source s = {0};
    struct head h;
    struct sg_error e = {0};
    char log[SG_LOG_ID_MAX] = "";
    enum sg_err err = open_source(c, &s, &e);
    memset(&h, 0, sizeof h);
    err = err == SG_E_OK ? choose_log(c, log, &e) : err;
    err = err == SG_E_OK ? open_head(c, &s, log, &h, &e) : err;
    if (h.demanded) {                        /* an outsider shall see their signatures */
        struct sg_buf newest = h.note;
        h.note = h.witnessed;
        h.witnessed = newest;
        h.c = h.cosigned;
    }
    err = err == SG_E_OK ? sg_export_open(&x, c->arg[1], &e) : err;
    if (err == SG_E_OK) {
        err = export_entries(c, &h, &x, &e);
        if (err == SG_E_OK) {
            err = sg_export_close(&x, &h.c, h.note.data, h.key, &e);
        }
        sg_export_drop(&x);
    }
    if (err == SG_E_OK && c->json) {
        cJSON *o = sg_out_new();
        sg_out_str(o, "log", log);
        (void)cJSON_AddNumberToObject(o, "size", (double)h.c.size);
        (void)cJSON_AddNumberToObject(o, "erased", (double)x.erased);
        sg_out_str(o, "key", h.key);
        sg_out_line(o);
    } else if (err == SG_E_OK) {
        sg_out_text(_("✓ %llu entries of %s in %s. Check them with: sigill-verify --key '%s' %s"), (unsigned long long)h.c.size, log, c->arg[1], h.key, c->arg[1]);
    }
    sg_buf_free(&h.note);
    sg_buf_free(&h.witnessed);
    close_source(&s);
    return err == SG_E_OK ? 0 : sg_cli_failed(&e, c->json);
}

int sg_log_accept(struct cli *c) {
    struct sg_error e = {0};
    struct sg_tell *t = NULL;
    struct sg_ask a = {.kind = SG_ASK_LOG_ACCEPT};
    enum sg_err err = sg_client_open(c, &e);
    err = err == SG_E_OK ? sg_client_ask(c, &a, SG_CLI_WAIT, &t, &e) : err;
    sg_tell_free(t);
    if (err == SG_E_OK && !c->json) {
        sg_out_text("%s", _("The log is looked at anew from now on; the evidence stays beside the queue."));
    }
    return err == SG_E_OK ? 0 : sg_cli_failed(&e, c->json);
}
