/* The canonical form of an event: decode∘encode is the identity, and nothing but an encoding decodes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <openssl/sha.h>
#include "wire/leaf.h"

static uint64_t seed = 88172645463325252u;
static void fill(void *dst, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        ((uint8_t *)dst)[i] = (uint8_t)(seed >> 32);
    }
}

static void random_text(char *dst, size_t cap)
{
    uint8_t len[2], c;
    fill(len, 2);
    size_t n = (size_t)(len[0] << 8 | len[1]) % cap;
    if (len[0] % 3 == 0) n %= 4;
    for (size_t i = 0; i < n; i++) {
        fill(&c, 1);
        dst[i] = (char)(c ? c : 1);
    }
    dst[n] = '\0';
}

static void random_event(struct sg_event *ev)
{
    uint8_t flag;
    memset(ev, 0, sizeof *ev);
#define T(m) random_text(ev->m, sizeof ev->m)
    T(id); T(kind); T(outcome); T(actor); T(actor_name); T(commission); T(unit); T(unit_name); T(provider); T(purpose); T(subject);
    T(action_id); T(restriction); T(rule); T(device); T(reason); T(reference); T(client); T(etag_before); T(region);
    T(log); T(system); T(activity); T(activity_args); T(title); T(assignment); T(provider_name); T(resource); T(decision); T(traceparent);
#undef T
    fill(&ev->at, sizeof ev->at);
    fill(&ev->performed_at, sizeof ev->performed_at);
    fill(&flag, 1);
    ev->offline = flag & 1;
    ev->skew = flag & 2;
}

static bool same(const struct sg_event *a, const struct sg_event *b)
{
#define S(m) (strcmp(a->m, b->m) == 0)
    return S(id) && S(kind) && S(outcome) && S(actor) && S(actor_name) && S(commission) && S(unit) && S(unit_name) && S(provider) && S(purpose) &&
           S(subject) && S(action_id) && S(restriction) && S(rule) && S(device) && S(reason) && S(reference) && S(client) && S(etag_before) &&
           S(region) && S(log) && S(system) && S(activity) && S(activity_args) && S(title) && S(assignment) && S(provider_name) && S(resource) &&
           S(decision) && S(traceparent) && a->skew == b->skew && a->at == b->at && a->performed_at == b->performed_at && a->offline == b->offline;
#undef S
}

static void round_trip(void **state)
{
    (void)state;
    static struct sg_event ev, back;
    struct sg_buf b;
    sg_buf_init(&b, SG_PAYLOAD_MAX);
    for (int i = 0; i < 10000; i++) {
        random_event(&ev);
        sg_buf_reset(&b);
        assert_int_equal(sg_payload_encode(&ev, &b), SG_E_OK);
        assert_int_equal(sg_payload_decode(b.data, b.len, &back), SG_E_OK);
        assert_true(same(&ev, &back));
    }
    sg_buf_free(&b);
}

/* As the list of a proof file, through its text: the same event, and so the same bytes; a text that cannot be told from a packed id cannot be. */
static void r2_6_list_and_back(void **state)
{
    (void)state;
    static struct sg_event ev, back;
    static const char *const odd[] = {"=", "==", "=AaIbJbv2cVWMj+QuJxRVKQ", "", "01a21b25-bbf6-7155-8c8f-e42e27145529", "01A21B25-BBF6-7155-8C8F-E42E27145529"};
    for (size_t i = 0; i < 600; i++) {
        random_event(&ev);
        ev.at = (int64_t)((uint64_t)ev.at >> 12);
        ev.performed_at = i % 2 ? 0 : -5;
        for (char *c = (char *)&ev; c < (char *)(&ev + 1); c++) *c = *c < 0 ? 'x' : *c;      /* JSON holds text, not any bytes */
        ev.offline = i % 3 == 0;
        ev.skew = i % 5 == 0;
        strcpy(ev.subject, odd[i % 6]);
        strcpy(ev.action_id, odd[(i + 1) % 6]);
        ev.at &= 0xFFFFFFFFFF;
        ev.performed_at &= 0xFFFFFFFFFF;
        cJSON *list = sg_payload_list(&ev);
        char *text = cJSON_PrintUnformatted(list);
        cJSON *again = cJSON_Parse(text);
        assert_true(sg_payload_unlist(again, ev.log, &back));
        assert_true(same(&ev, &back));
        cJSON_DeleteItemFromArray(again, (int)(i % 33));
        assert_false(sg_payload_unlist(again, ev.log, &back));
        cJSON_Delete(list);
        cJSON_Delete(again);
        free(text);
    }
    cJSON *bad = cJSON_Parse("[\"=AaIbJbv2cVWMj+QuJxRVK\",\"=AaIbJbv2cVWMj+QuJxRVKR\"]");      /* too short; stray bits at the end */
    assert_false(sg_payload_unlist(bad, "x", &back));
    cJSON_DeleteItemFromArray(bad, 0);
    assert_false(sg_payload_unlist(bad, "x", &back));
    cJSON_Delete(bad);
}

static void the_largest_event_fits(void **state)
{
    (void)state;
    static struct sg_event ev;
    struct sg_buf b;
    sg_buf_init(&b, SG_PAYLOAD_MAX);
    memset(&ev, 'x', sizeof ev);
    ev.offline = ev.skew = true;
    assert_int_equal(sg_payload_encode(&ev, &b), SG_E_OK);      /* unterminated members are cut, never read beyond */
    sg_buf_free(&b);
}

static void nothing_else_decodes(void **state)
{
    (void)state;
    static struct sg_event ev, back;
    struct sg_buf b, again;
    sg_buf_init(&b, SG_PAYLOAD_MAX);
    sg_buf_init(&again, SG_PAYLOAD_MAX);
    random_event(&ev);
    assert_int_equal(sg_payload_encode(&ev, &b), SG_E_OK);
    for (size_t n = 0; n < b.len; n++) assert_int_equal(sg_payload_decode(b.data, n, &back), SG_E_CORRUPT);
    assert_int_equal(sg_buf_add(&b, "", 1), SG_E_OK);
    assert_int_equal(sg_payload_decode(b.data, b.len, &back), SG_E_CORRUPT);
    b.len--;
    for (size_t bit = 0; bit < b.len * 8; bit++) {           /* a flipped bit is refused, or is another event with that very encoding */
        b.data[bit / 8] = (char)(b.data[bit / 8] ^ (1 << (bit % 8)));
        if (sg_payload_decode(b.data, b.len, &back) == SG_E_OK) {
            assert_false(same(&ev, &back));
            sg_buf_reset(&again);
            assert_int_equal(sg_payload_encode(&back, &again), SG_E_OK);
            assert_int_equal(again.len, b.len);
            assert_memory_equal(again.data, b.data, b.len);
        }
        b.data[bit / 8] = (char)(b.data[bit / 8] ^ (1 << (bit % 8)));
    }
    sg_buf_free(&b);
    sg_buf_free(&again);
}

/* The leaf is put together here a second time, by hand, from docs/log.md. */
static void a_leaf_commits_to_time_salt_and_payload(void **state)
{
    (void)state;
    static const char payload[] = "not even a payload";
    uint8_t salt[SG_SALT_LEN], leaf[SG_LEAF_LEN], in[1 + sizeof salt + sizeof payload] = {2}, want[SG_LEAF_LEN] = {2, 0, 0, 1, 2, 3, 4, 5, 6, 0};
    const uint8_t *commitment = NULL;
    int64_t at = 0;
    fill(salt, sizeof salt);
    memcpy(in + 1, salt, sizeof salt);
    memcpy(in + 1 + sizeof salt, payload, sizeof payload);
    SHA256(in, sizeof in, want + 10);
    assert_int_equal(sg_leaf_make(0x010203040506, salt, payload, sizeof payload, leaf), SG_E_OK);
    assert_memory_equal(leaf, want, sizeof want);
    assert_true(sg_leaf_read(leaf, sizeof leaf, &at, &commitment));
    assert_true(at == 0x010203040506 && commitment == leaf + 10);
    assert_false(sg_leaf_read(leaf, sizeof leaf - 1, NULL, NULL));
    leaf[9] = 1;                                             /* flags that are not known yet */
    assert_false(sg_leaf_read(leaf, sizeof leaf, NULL, NULL));
    leaf[9] = 0;
    leaf[0] = 1;
    assert_false(sg_leaf_read(leaf, sizeof leaf, NULL, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_leaf_commits_to_time_salt_and_payload), cmocka_unit_test(round_trip), cmocka_unit_test(r2_6_list_and_back), cmocka_unit_test(the_largest_event_fits), cmocka_unit_test(nothing_else_decodes)};
    return cmocka_run_group_tests_name("wire_leaf", tests, NULL, NULL);
}
