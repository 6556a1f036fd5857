/* Random event logs for the tests of the verifiers: signed exports as `sigill log export` writes them. Everything comes from a seed. */
#pragma once
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/str.h"
#include "cli/export.h"

static uint64_t mk_dice;
static inline uint64_t mk_roll(void) {
    uint64_t z = (mk_dice += UINT64_C(0x9E3779B97F4A7C15));
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}
static inline uint64_t mk_below(uint64_t n) { return mk_roll() % n; }

#define MK_NAME "log.test"
#define MK_LOG "se2321000016-1003"
static inline struct sg_note_signer mk_signer(uint8_t number) {
    uint8_t seed[SG_SEED_LEN] = {number};
    struct sg_note_signer s;
    if (sg_note_signer_make(MK_NAME, SG_NOTE_ED25519, seed, &s) != SG_E_OK)
        abort();
    return s;
}

static inline void mk_text(char *dst, size_t cap, size_t most) {
    static const char *const words[] = {"Åsa", "läst", "\"citat\"", "rad\nbrytning", "tab\t", "\\", "Ö", "/", "<b>", "✓", "a", "bb", "\x7f", "😀"};
    dst[0] = '\0';
    for (uint64_t n = mk_below(most + 1); n > 0; n--)
        (void)sg_format(dst + strlen(dst), cap - strlen(dst), "%s%s", dst[0] ? " " : "", words[mk_below(sizeof words / sizeof *words)]);
}

static inline void mk_uuid(char dst[SG_UUID_MAX]) {
    (void)sg_format(dst, SG_UUID_MAX, "%08x-0000-7000-8000-%012llx", (unsigned)(mk_roll() & 0xFFFFFFFF), (unsigned long long)(mk_roll() & 0xFFFFFFFFFFFF));
}

static inline void mk_event(struct sg_event *ev, int64_t i) {
    static const char *const kinds[] = {"citizen.read", "login.lock", "citizen.lookup", "record.seal"};
    memset(ev, 0, sizeof *ev);
    ev->index = i * 3;
    ev->leaf_index = i;
    mk_uuid(ev->id);
    SG_COPY(ev->kind, kinds[mk_below(4)]);
    SG_COPY(ev->outcome, mk_below(5) ? "done" : "refused");
    ev->at = INT64_C(1764115200000) + i * 1000 + (int64_t)mk_below(1000);
    ev->performed_at = mk_below(2) ? ev->at - 500 : 0;
    SG_COPY(ev->actor, "SE2321000016-1001");
    mk_text(ev->actor_name, sizeof ev->actor_name, 3);
    SG_COPY(ev->provider, "SE2321000016-1003");
    SG_COPY(ev->log, MK_LOG);
    SG_COPY(ev->purpose, "care");
    mk_uuid(ev->subject);
    if (mk_below(3) == 0)
        SG_COPY(ev->restriction, mk_below(2) ? "r1" : "r1 r2 r3");
    ev->offline = mk_below(4) == 0;
    ev->skew = mk_below(9) == 0;
    mk_text(ev->reason, sizeof ev->reason, 8);
    SG_COPY(ev->system, "SE2321000016-2002");
    SG_COPY(ev->activity, "read");
    if (mk_below(2))
        SG_COPY(ev->activity_args, "{\"fields\":[\"a\"]}");
    SG_COPY(ev->resource, "journal");
}

/* The leaf and, in payload, what it commits to. Returns the payload's length. */
static inline size_t mk_entry(int64_t i, uint8_t leaf[SG_LEAF_LEN], uint8_t salt[SG_SALT_LEN], uint8_t payload[SG_PAYLOAD_MAX]) {
    struct sg_event ev;
    struct sg_buf b;
    mk_event(&ev, i);
    for (size_t k = 0; k < SG_SALT_LEN; k++)
        salt[k] = (uint8_t)mk_roll();
    sg_buf_init(&b, SG_PAYLOAD_MAX);
    if (sg_payload_encode(&ev, &b) != SG_E_OK || sg_leaf_make(ev.at, salt, b.data, b.len, leaf) != SG_E_OK)
        abort();
    size_t n = b.len;
    memcpy(payload, b.data, n);
    sg_buf_free(&b);
    return n;
}

static inline struct sg_checkpoint mk_checkpoint(const struct sg_frontier *f) {
    struct sg_checkpoint c = {.size = f->size};
    sg_frontier_root(f, &c.root);
    if (!sg_origin_print(c.origin, MK_NAME, MK_LOG, 0))
        abort();
    return c;
}

/* n events from the seed; one in erased_one_in is erased (0: none). The first `common` come from seed 0, so that two logs may share them. */
static inline void mk_log(const char *dir, uint64_t seed, int64_t common, int64_t n, uint64_t erased_one_in, const struct sg_note_signer *s) {
    struct sg_export x;
    struct sg_error e = {0};
    uint8_t leaf[SG_LEAF_LEN], salt[SG_SALT_LEN], payload[SG_PAYLOAD_MAX];
    char key[SG_VKEY_MAX];
    struct sg_buf note;
    if (sg_export_open(&x, dir, &e) != SG_E_OK)
        abort();
    for (int64_t i = 0; i < n; i++) {
        mk_dice = (i < common ? 0 : seed * 1000003) + (uint64_t)i * 7919;
        size_t len = mk_entry(i, leaf, salt, payload);
        bool erased = erased_one_in > 0 && mk_below(erased_one_in) == 0;
        if (sg_export_add(&x, leaf, erased ? NULL : salt, erased ? NULL : payload, len, &e) != SG_E_OK)
            abort();
    }
    struct sg_checkpoint c = mk_checkpoint(&x.tree);
    sg_note_key_print(key, &s->key);
    sg_buf_init(&note, SG_CHECKPOINT_MAX);
    if (sg_checkpoint_sign(&c, s, &note) != SG_E_OK || sg_export_close(&x, &c, note.data, key, &e) != SG_E_OK)
        abort();
    sg_buf_free(&note);
}

static const char *const mk_files[] = {"checkpoint", "key", "leaves", "events.ndjson", "hashes"};
enum { MK_FILES = 5 };
static inline void mk_path(char dst[512], const char *dir, const char *name) { (void)sg_format(dst, 512, "%s/%s", dir, name); }
static inline void mk_remove(const char *dir) {
    char path[512];
    for (size_t i = 0; i < MK_FILES; i++) {
        mk_path(path, dir, mk_files[i]);
        (void)unlink(path);
    }
    (void)rmdir(dir);
}
/* Whole file into memory (caller frees); *n its length. NULL: not there. */
static inline char *mk_read(const char *dir, const char *name, size_t *n) {
    char path[512];
    struct stat st;
    mk_path(path, dir, name);
    FILE *f = fopen(path, "rb");
    if (!f)
        return NULL;
    char *text = fstat(fileno(f), &st) == 0 ? malloc((size_t)st.st_size + 1) : NULL;
    if (!text || fread(text, 1, (size_t)st.st_size, f) != (size_t)st.st_size)
        abort();
    (void)fclose(f);
    *n = (size_t)st.st_size;
    text[*n] = '\0';
    return text;
}
static inline void mk_write(const char *dir, const char *name, const char *text, size_t n) {
    char path[512];
    mk_path(path, dir, name);
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(text, 1, n, f) != n || fclose(f) != 0)
        abort();
}
