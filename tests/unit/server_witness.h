/* A real witness on the loopback and the service's feed of it, for the tests of the service. */
#pragma once
#include "server_kit.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include "witness/witness.h"

static struct sg_witness w;
static struct sg_witness_server *http;
static struct sg_feed *feed;
static char key_file[96], vkey[SG_VKEY_MAX];
static int port;
static inline int64_t real_wall(void *c) { (void)c; return kit_wall_ms; }

static inline void witness_up(void)
{
    struct sg_witness_listen l = {.address = "127.0.0.1", .port = port};
    struct sg_error e = {0};
    if (sg_witness_serve(&w, &l, &http, &port, &e) != SG_E_OK) fail_msg("%s: %s", e.where, e.detail);
}
static inline void witness_down(void)
{
    sg_witness_stop(http);
    http = NULL;
}
static inline void wake(void *ctx) { (void)ctx; }

static inline void begin_feed(int quorum, size_t n)
{
    struct sg_feed_witness is[2] = {{.name = "w1"}, {.name = "w2"}};
    struct sg_clock system = sg_clock_system(NULL);
    struct sg_error e = {0};
    snprintf(is[0].url, sizeof is[0].url, "http://127.0.0.1:%d", port);
    snprintf(is[1].url, sizeof is[1].url, "http://127.0.0.1:1");              /* nobody listens there */
    SG_COPY(is[0].vkey, vkey);
    SG_COPY(is[1].vkey, vkey);
    struct sg_feed_opts o = {.database = kit_db, .witness = is, .n = n, .quorum = quorum, .every_ms = 5, .random = sg_random_system(),
                             .clock = {real_wall, system.mono_ms, NULL}};
    assert_int_equal(sg_feed_new(&o, &feed, &e), SG_E_OK);
    if (sg_feed_start(feed, wake, NULL, &e) != SG_E_OK) fail_msg("%s: %s", e.where, e.detail);
    kit_core->feed = feed;
}

/* Of a kit that is set up. */
static inline void feed_begin(void)
{
    struct sg_error e = {0};
    char log_key[SG_VKEY_MAX];
    memset(&w, 0, sizeof w);
    w.clock = (struct sg_clock){real_wall, real_wall, NULL};
    snprintf(key_file, sizeof key_file, "%s/witness", kit_dir);
    assert_int_equal(sg_witness_open(&w, key_file, "w.example", &e), SG_E_OK);
    sg_note_key_print(vkey, &w.store.book.signer.key);
    sg_note_key_print(log_key, &kit_book.signer.key);
    assert_int_equal(sg_witness_log(&w, log_key, &e), SG_E_OK);
    port = 0;
    witness_up();
}

static inline void feed_end(void)
{
    static const char *const names[] = {"witness", "witness.state"};
    char path[160];
    sg_feed_stop(feed);
    sg_feed_free(feed);
    feed = NULL;
    if (kit_core) kit_core->feed = NULL;
    witness_down();
    sg_witness_close(&w);
    for (size_t i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/%s", kit_dir, names[i]);
        (void)unlink(path);
    }
}

/* "" when there is none. */
static inline struct sg_checkpoint witnessed(char note[SG_CHECKPOINT_MAX])
{
    struct sg_checkpoint c = {0};
    assert_int_equal(kit_get(ANNA, "/logs/se2321000016-p1/checkpoint"), 200);
    cJSON *v = cJSON_Parse(kit_body());
    const char *s = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(v, "witnessed"), "checkpoint"));
    sg_copy(note, SG_CHECKPOINT_MAX, s ? s : "");
    if (s) assert_int_equal(sg_checkpoint_open(s, strlen(s), &kit_book.signer.key, &c, NULL), SG_E_OK);
    cJSON_Delete(v);
    return c;
}
static inline int64_t count(const char *kind)
{
    int64_t n = 0;
    sqlite3_stmt *st = NULL;
    assert_int_equal(sqlite3_prepare_v2(kit_core->db.h, "SELECT count(*) FROM event WHERE kind = ?1", -1, &st, NULL), SQLITE_OK);
    sqlite3_bind_text(st, 1, kind, -1, SQLITE_STATIC);
    assert_int_equal(sqlite3_step(st), SQLITE_ROW);
    n = sqlite3_column_int64(st, 0);
    sqlite3_finalize(st);
    return n;
}
static inline void until_kind(const char *kind, int64_t n)
{
    for (int i = 0; i < 4000 && count(kind) < n; i++) {
        (void)poll(NULL, 0, 5);
        kit_mono_ms += 2000;
        sg_core_batch(kit_core, NULL, 0);
    }
    assert_int_equal(count(kind), n);
}
/* Until the served checkpoint has at least this size. */
static inline struct sg_checkpoint until_size(uint64_t size, char note[SG_CHECKPOINT_MAX])
{
    struct sg_checkpoint c = witnessed(note);
    for (int i = 0; i < 4000 && c.size < size; i++) {
        (void)poll(NULL, 0, 5);
        c = witnessed(note);
    }
    assert_true(c.size >= size);
    return c;
}

static inline uint64_t signed_size(void)
{
    char note[SG_CHECKPOINT_MAX];
    (void)witnessed(note);                                   /* asking for it signs it */
    cJSON *v = cJSON_Parse(kit_body());
    uint64_t n = (uint64_t)cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(v, "size"));
    cJSON_Delete(v);
    return n;
}
