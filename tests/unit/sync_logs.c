/* R2.6, R2.7: the engine as a witness of the event log. A service with a real key and real trees, and a second history under the same
 * key, so that a client can be shown the one after the other. */
#include "sync_fake.h"
#include <dirent.h>
#include "base/base64.h"
#include "merkle/checkpoint.h"
#include "wire/leaf.h"

enum { MOST = 64 };
struct entry { char id[SG_UUID_MAX]; uint8_t leaf[SG_LEAF_LEN], salt[SG_SALT_LEN]; char payload[SG_PAYLOAD_MAX]; size_t n; };
struct world {
    struct sg_note_signer signer;
    struct entry entry[MOST]; uint64_t n, shown;    /* shown: what it admits to, 0 all */
    uint64_t epoch; size_t taken;                   /* taken: actions of the fake that are in it */
    bool spoil_proof, unsigned_note, busy;
    struct sg_note_signer witness[2];               /* who cosigns … */
    int cosigners; uint64_t cosigned, cosigned_at;  /* … how many, of this size, at this time (s); cosigners 0: nothing is shown */
    bool cosign_other;                              /* … another tree of that size */
};

static void append(struct world *w, const char *id, uint8_t salt)
{
    struct entry *en = &w->entry[w->n++];
    struct sg_event ev = { .at = T0 + (int64_t)w->n };
    struct sg_buf b;
    SG_COPY(ev.id, id);
    SG_COPY(ev.action_id, id);
    SG_COPY(ev.kind, "login.lock");
    SG_COPY(ev.outcome, "done");
    SG_COPY(ev.log, "p1");
    SG_COPY(en->id, id);
    memset(en->salt, salt, sizeof en->salt);
    sg_buf_init(&b, SG_PAYLOAD_MAX);
    assert_int_equal(sg_payload_encode(&ev, &b), SG_E_OK);
    memcpy(en->payload, b.data, en->n = b.len);
    sg_buf_free(&b);
    assert_int_equal(sg_leaf_make(ev.at, en->salt, en->payload, en->n, en->leaf), SG_E_OK);
}

static void grow(struct world *w, int n, uint8_t salt)
{
    for (int i = 0; i < n; i++) {
        char id[SG_UUID_MAX];
        sg_format(id, sizeof id, "00000000-0000-7000-8000-%012llu", (unsigned long long)w->n);
        append(w, id, salt);
    }
}

static bool subtree(void *ctx, uint64_t start, uint64_t count, struct sg_hash *out)
{
    struct world *w = ctx;
    struct sg_hash r;
    if (count == 1) {
        sg_merkle_leaf(out, w->entry[start].leaf, SG_LEAF_LEN);
        return true;
    }
    return subtree(ctx, start, count / 2, out) && subtree(ctx, start + count / 2, count / 2, &r) && (sg_merkle_node(out, out, &r), true);
}

static uint64_t size_of(const struct world *w) { return w->shown ? w->shown : w->n; }

static void add_checkpoint(struct world *w, cJSON *v)
{
    struct sg_checkpoint c = { .size = size_of(w) };
    struct sg_buf b;
    assert_true(sg_origin_print(c.origin, w->signer.key.name, "p1", w->epoch));
    assert_int_equal(sg_merkle_range(0, c.size, subtree, w, &c.root), SG_E_OK);
    sg_buf_init(&b, SG_CHECKPOINT_MAX);
    assert_int_equal(w->unsigned_note ? sg_checkpoint_print(&c, &b) : sg_checkpoint_sign(&c, &w->signer, &b), SG_E_OK);
    cJSON_AddStringToObject(v, "checkpoint", b.data);
    sg_buf_free(&b);
}

static void add_cosigned(struct world *w, cJSON *v)
{
    struct sg_checkpoint c = { .size = w->cosigned };
    struct sg_buf text, b;
    if (w->cosigners == 0)
        return;
    assert_true(sg_origin_print(c.origin, w->signer.key.name, "p1", w->epoch));
    assert_int_equal(sg_merkle_range(0, c.size, subtree, w, &c.root), SG_E_OK);
    c.root.b[0] ^= w->cosign_other;
    sg_buf_init(&text, SG_CHECKPOINT_MAX);
    sg_buf_init(&b, SG_CHECKPOINT_MAX);
    assert_int_equal(sg_checkpoint_print(&c, &text), SG_E_OK);
    assert_int_equal(sg_checkpoint_sign(&c, &w->signer, &b), SG_E_OK);
    for (int i = 0; i < w->cosigners; i++)
        assert_int_equal(sg_note_sign_line(&w->witness[i], text.data, text.len, w->cosigned_at, &b), SG_E_OK);
    cJSON *o = cJSON_AddObjectToObject(v, "witnessed");
    cJSON_AddStringToObject(o, "checkpoint", b.data);
    sg_buf_free(&b);
    sg_buf_free(&text);
}

static void add_bytes(cJSON *v, const char *key, const void *p, size_t n)
{
    char text[SG_BASE64_LEN(SG_PAYLOAD_MAX) + 1];
    sg_base64(text, p, n);
    cJSON_AddStringToObject(v, key, text);
}

static void add_proof(struct world *w, cJSON *v, struct sg_proof *p)
{
    cJSON *list = cJSON_AddArrayToObject(v, "proof");
    if (w->spoil_proof && p->n > 0)
        p->h[0].b[0] ^= 1;
    for (size_t i = 0; i < p->n; i++) {
        char text[SG_BASE64_LEN(SG_HASH_LEN) + 1];
        sg_base64(text, p->h[i].b, SG_HASH_LEN);
        cJSON_AddItemToArray(list, cJSON_CreateString(text));
    }
}

static cJSON *list_json(struct world *w)
{
    char key[SG_VKEY_MAX], origin[SG_ORIGIN_MAX];
    cJSON *v = cJSON_CreateObject(), *list = NULL, *row = cJSON_CreateObject();
    sg_note_key_print(key, &w->signer.key);
    assert_true(sg_origin_print(origin, w->signer.key.name, "p1", w->epoch));
    cJSON_AddStringToObject(v, "key", key);
    list = cJSON_AddArrayToObject(v, "logs");
    cJSON_AddStringToObject(row, "log", "p1");
    cJSON_AddStringToObject(row, "origin", origin);
    cJSON_AddNumberToObject(row, "size", (double)size_of(w));
    cJSON_AddItemToArray(list, row);
    return v;
}

static cJSON *proof_json(struct world *w, const char *id)
{
    for (uint64_t i = 0; i < size_of(w); i++) {
        struct entry *en = &w->entry[i];
        struct sg_proof p;
        struct sg_event ev;
        if (!sg_eq(en->id, id))
            continue;
        cJSON *v = cJSON_CreateObject();
        assert_int_equal(sg_payload_decode(en->payload, en->n, &ev), SG_E_OK);
        cJSON_AddItemToObject(v, "event", sg_payload_list(&ev));
        add_bytes(v, "salt", en->salt, sizeof en->salt);
        cJSON_AddNumberToObject(v, "leafIndex", (double)i);
        assert_int_equal(sg_merkle_inclusion(i, size_of(w), subtree, w, &p), SG_E_OK);
        if (w->spoil_proof && p.n > 0)
            p.h[0].b[0] ^= 1;
        add_bytes(v, "path", p.h, p.n * sizeof p.h[0]);
        add_checkpoint(w, v);
        return v;
    }
    return NULL;
}

static bool serve_logs(struct fake *f, const struct sent *s, struct sg_http_reply *r)
{
    struct world *w = f->extra_ctx;
    unsigned long long from = 0, to = 0;
    cJSON *v = NULL;
    for (; w->taken < f->n_stored; w->taken++)
        append(w, f->stored[w->taken].id, 7);
    if (!sg_starts(s->path, "/logs") && !sg_starts(s->path, "/events/"))
        return false;
    if (w->busy) {
        problem_reply(r, SG_PROBLEM_BUSY);
        r->retry_after = 1;
        return true;
    }
    if (sg_eq(s->path, "/logs")) {
        v = list_json(w);
    } else if (sg_eq(s->path, "/logs/p1/checkpoint")) {
        add_checkpoint(w, v = cJSON_CreateObject());
        add_cosigned(w, v);
    } else if (sg_eq(s->path, "/logs/p1/consistency") && sscanf(s->query, "from=%llu&to=%llu", &from, &to) == 2) {
        struct sg_proof p;
        if (sg_merkle_consistency(from, to, subtree, w, &p) == SG_E_OK)
            add_proof(w, v = cJSON_CreateObject(), &p);
    } else if (sg_starts(s->path, "/events/")) {
        char id[SG_UUID_MAX];
        (void)sg_copyn(id, sizeof id, s->path + strlen("/events/"), SG_UUID_MAX - 1);
        v = proof_json(w, id);
    }
    if (v)
        json_reply(r, 200, v);
    else
        problem_reply(r, SG_PROBLEM_NOT_FOUND);
    return true;
}

static struct world *new_world(uint8_t key, int n, uint8_t salt)
{
    uint8_t seed[SG_SEED_LEN] = { key };
    struct world *w = calloc(1, sizeof *w);
    assert_non_null(w);
    assert_int_equal(sg_note_signer_make("log.test", SG_NOTE_ED25519, seed, &w->signer), SG_E_OK);
    grow(w, n, salt);
    return w;
}

static struct fake *start(struct world *w, const char *log_key)
{
    struct fake *f = new_fake(false);
    f->extra = serve_logs;
    f->extra_ctx = w;
    f->log_key = log_key;
    restart(f);
    return f;
}

static struct sg_log_status sync_now(struct fake *f)
{
    uint64_t id = ask(f, SG_ASK_SYNC, "", "");
    pass(f, 9000);
    struct sg_tell *t = final_of(f, id);
    assert_non_null(t);
    return t ? t->status.log : (struct sg_log_status){ 0 };
}

static int evidence(const struct fake *f)
{
    int n = 0;
    DIR *d = opendir(f->dir);
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d));)
        n += sg_starts(e->d_name, "fork-");
    (void)closedir(d);
    return n;
}

static const char *act(struct fake *f)
{
    see(f, "c-1");
    uint64_t id = ask_act(f, SG_ACT_LOGIN_LOCK, "c-1", false);
    settle(f);
    struct sg_tell *t = last(f, id, SG_TELL_ACTION);
    assert_non_null(t);
    return t->row->action.id;
}

static void r2_6_the_proof_of_an_action_is_kept_with_it(void **state)
{
    (void)state;
    struct world *w = new_world(1, 5, 0);
    struct fake *f = start(w, NULL);
    w->busy = true;                              /* not signed yet when it is asked for at first */
    const char *id = act(f);
    settle(f);
    w->busy = false;
    pass(f, 1500);
    uint64_t q = ask(f, SG_ASK_QROW, id, "");
    settle(f);
    struct sg_tell *t = last(f, q, SG_TELL_QROW);
    assert_true(t->receipt.verified);            /* within a second of the action, without anybody asking for it */
    assert_false(sync_now(f).forked);
    restart(f);
    q = ask(f, SG_ASK_QROW, id, "");
    settle(f);
    t = last(f, q, SG_TELL_QROW);
    assert_true(t->receipt.verified);
    assert_string_equal(t->receipt.log, "p1");
    assert_int_equal(t->receipt.leaf_index, 5);
    end_fake(f);
    free(w);
}

static void r2_7_consistency_is_asked_at_each_sync(void **state)
{
    (void)state;
    struct world *w = new_world(1, 5, 0);
    struct fake *f = start(w, NULL);
    assert_int_equal(sync_now(f).verified, 5);
    assert_int_equal(count_sent(f, SG_GET, "/logs/p1/consistency"), 0);
    grow(w, 7, 0);
    assert_int_equal(sync_now(f).verified, 12);
    assert_int_equal(count_sent(f, SG_GET, "/logs/p1/consistency"), 1);
    assert_int_equal(sync_now(f).verified, 12);
    assert_int_equal(count_sent(f, SG_GET, "/logs/p1/consistency"), 1);
    restart(f);
    grow(w, 1, 0);
    struct sg_log_status s = sync_now(f);
    assert_int_equal(s.verified, 13);
    assert_int_equal(count_sent(f, SG_GET, "/logs/p1/consistency"), 2);
    assert_non_null(strstr(s.key, "log.test+"));
    end_fake(f);
    free(w);
}

/* Who decided it has been told the last there is to tell. */
static bool told_finally(const struct fake *f, const char *action_id)
{
    for (size_t i = 0; i < f->n_tell; i++)
        if (f->tell[i]->final && sg_eq(f->tell[i]->id, action_id))
            return true;
    return false;
}

/* Found at the sync, evidence written, nothing sent, also after a restart; until a person has accepted it. */
static void expect_fork(struct fake *f)
{
    struct sg_log_status s = sync_now(f);
    assert_true(s.forked);
    assert_true(s.why[0] != '\0');
    assert_int_equal(evidence(f), 1);
    size_t puts = count_sent(f, SG_PUT, "/");
    const char *id = act(f);
    assert_true(told_finally(f, id));                       /* at once: nobody waits for what is not going to be sent */
    pass(f, 60000);
    assert_int_equal(count_sent(f, SG_PUT, "/"), puts);
    assert_true(sg_qstate_waiting(state_of(f, id)));
    restart(f);
    pass(f, 60000);
    assert_true(sync_now(f).forked);
    assert_int_equal(count_sent(f, SG_PUT, "/"), puts);
    uint64_t ok = ask(f, SG_ASK_LOG_ACCEPT, "", "");
    pass(f, 10000);
    assert_non_null(last(f, ok, SG_TELL_DONE));
    assert_int_equal(count_sent(f, SG_PUT, "/"), puts + 1);
}

static void r2_7_two_histories_under_one_key(void **state)
{
    (void)state;
    for (int other = 8; other <= 14; other += 2) {          /* shorter, as long, longer than what was seen */
        struct world *a = new_world(1, 10, 0), *b = new_world(1, 3, 0);
        grow(b, other - 3, 1);
        struct fake *f = start(a, NULL);
        assert_int_equal(sync_now(f).verified, 10);
        f->extra_ctx = b;
        expect_fork(f);
        end_fake(f);
        free(a);
        free(b);
    }
}

static void r2_7_backwards_another_key_unsigned(void **state)
{
    (void)state;
    for (int what = 0; what < 4; what++) {
        struct world *w = new_world(1, 10, 0), *other = new_world(2, 12, 0);
        struct fake *f = start(w, NULL);
        assert_int_equal(sync_now(f).verified, 10);
        grow(w, 2, 0);
        w->shown = what == 0 ? 9 : 0;
        w->unsigned_note = what == 1;
        w->spoil_proof = what == 2;
        if (what == 3)
            f->extra_ctx = other;
        struct sg_log_status s = sync_now(f);
        assert_true(s.forked);
        assert_int_equal(evidence(f), 1);
        end_fake(f);
        free(w);
        free(other);
    }
}

static void r2_7_the_key_of_the_profile_decides(void **state)
{
    (void)state;
    struct world *w = new_world(1, 10, 0), *other = new_world(2, 10, 0);
    char key[SG_VKEY_MAX];
    sg_note_key_print(key, &w->signer.key);
    struct fake *f = start(w, key);
    assert_int_equal(sync_now(f).verified, 10);
    end_fake(f);
    f = start(other, key);
    assert_true(sync_now(f).forked);
    end_fake(f);
    f = start(w, "nonsense");
    assert_true(sync_now(f).forked);
    end_fake(f);
    free(w);
    free(other);
}

static void r2_7_a_new_epoch_is_told_and_goes_on(void **state)
{
    (void)state;
    struct world *w = new_world(1, 10, 0);
    struct fake *f = start(w, NULL);
    assert_false(sync_now(f).new_epoch);
    w->epoch = 1;
    w->n = 0;
    grow(w, 2, 5);
    struct sg_log_status s = sync_now(f);
    assert_false(s.forked);
    assert_true(s.new_epoch);
    assert_int_equal(s.verified, 2);
    restart(f);
    assert_true(sync_now(f).new_epoch);          /* said until a person has read it */
    uint64_t read = ask(f, SG_ASK_LOG_ACCEPT, "", "");
    settle(f);
    assert_non_null(last(f, read, SG_TELL_DONE));
    s = sync_now(f);
    assert_false(s.new_epoch);
    assert_int_equal(s.verified, 2);
    w->epoch = 0;                                /* back to the old one: that is over */
    assert_true(sync_now(f).forked);
    end_fake(f);
    free(w);
}

static void r2_6_a_proof_that_does_not_hold_stops_everything(void **state)
{
    (void)state;
    struct world *w = new_world(1, 5, 0);
    struct fake *f = start(w, NULL);
    assert_false(sync_now(f).forked);
    w->spoil_proof = true;
    (void)act(f);
    pass(f, 3000);
    assert_true(sync_now(f).forked);
    end_fake(f);
    free(w);
}

static struct fake *start_witnessed(struct world *w, int quorum)
{
    static char keys[2 * SG_VKEY_MAX];
    char one[2][SG_VKEY_MAX];
    for (int i = 0; i < 2; i++) {
        assert_int_equal(sg_note_signer_make(i ? "w2.test" : "w1.test", SG_NOTE_COSIGNATURE, (const uint8_t[SG_SEED_LEN]){(uint8_t)(60 + i)}, &w->witness[i]), SG_E_OK);
        sg_note_key_print(one[i], &w->witness[i].key);
    }
    sg_format(keys, sizeof keys, "%s %s", one[0], one[1]);
    w->cosigned_at = (uint64_t)(T0 / 1000);
    struct fake *f = new_fake(false);
    f->extra = serve_logs;
    f->extra_ctx = w;
    f->witnesses = keys;
    f->quorum = quorum;
    restart(f);
    return f;
}

static void r2_8_so_many_witnesses_must_have_signed(void **state)
{
    (void)state;
    struct world *w = new_world(1, 10, 0);
    struct fake *f = start_witnessed(w, 0);
    struct sg_log_status s = sync_now(f);
    assert_true(s.quorum == 2 && !s.witnessed && s.verified == 10);         /* nobody has */
    w->cosigned = 7;
    w->cosigners = 1;
    assert_false(sync_now(f).witnessed);                                    /* one of two */
    w->cosigned = 10;
    assert_false(sync_now(f).witnessed);
    w->cosigned = 7;
    w->cosigners = 2;
    s = sync_now(f);
    assert_true(s.witnessed && !s.forked && s.verified == 10);              /* both, of an earlier size: proved to belong */
    assert_true(count_sent(f, SG_GET, "/logs/p1/consistency") == 1);
    w->cosigned = 10;
    assert_true(sync_now(f).witnessed);
    w->cosigners = 0;
    assert_false(sync_now(f).witnessed);                                    /* withheld: told, and nothing is held up */
    assert_true(sync_now(f).verified == 10);
    end_fake(f);
    w->cosigners = 1;
    f = start_witnessed(w, 1);
    assert_true(sync_now(f).witnessed);                                     /* one is enough where one is demanded */
    end_fake(f);
    free(w);
}

static void r2_8_what_they_signed_long_ago_is_not_enough(void **state)
{
    (void)state;
    struct world *w = new_world(1, 10, 0);
    struct fake *f = start_witnessed(w, 0);
    w->cosigners = 2;
    w->cosigned = 7;
    w->cosigned_at -= 3600;
    assert_false(sync_now(f).witnessed);
    w->cosigned = 10;                                                       /* however old, when the log has not grown since */
    assert_true(sync_now(f).witnessed);
    end_fake(f);
    free(w);
}

/* The log's key has signed two trees; that witnesses know the one and we the other is the proof of it. */
static void r2_8_witnesses_who_saw_another_log(void **state)
{
    (void)state;
    for (uint64_t size = 7; size <= 10; size += 3) {
        struct world *w = new_world(1, 10, 0);
        struct fake *f = start_witnessed(w, 0);
        w->cosigners = 2;
        w->cosigned = size;
        w->cosign_other = true;
        assert_true(sync_now(f).forked);
        assert_int_equal(evidence(f), 1);
        end_fake(f);
        free(w);
    }
}

/* A service without logs is an older one, no fork. */
static void a_service_without_logs(void **state)
{
    (void)state;
    struct world *w = new_world(1, 5, 0);
    struct fake *f = start(w, NULL);
    f->extra = NULL;
    struct sg_log_status s = sync_now(f);
    assert_false(s.forked);
    assert_int_equal(s.verified, -1);
    end_fake(f);
    free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(r2_6_the_proof_of_an_action_is_kept_with_it), cmocka_unit_test(r2_7_consistency_is_asked_at_each_sync),
        cmocka_unit_test(r2_7_two_histories_under_one_key), cmocka_unit_test(r2_7_backwards_another_key_unsigned),
        cmocka_unit_test(r2_7_the_key_of_the_profile_decides), cmocka_unit_test(r2_7_a_new_epoch_is_told_and_goes_on),
        cmocka_unit_test(r2_6_a_proof_that_does_not_hold_stops_everything), cmocka_unit_test(r2_8_so_many_witnesses_must_have_signed), cmocka_unit_test(r2_8_what_they_signed_long_ago_is_not_enough),
        cmocka_unit_test(r2_8_witnesses_who_saw_another_log), cmocka_unit_test(a_service_without_logs)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
