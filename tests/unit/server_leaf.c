/* The canonical form of an event: decode∘encode is the identity, and nothing but an encoding decodes. */
#include "server_kit.h"

static void random_text(char *dst, size_t cap)
{
    uint8_t len[2], c;
    kit_fill(NULL, len, 2);
    size_t n = (size_t)(len[0] << 8 | len[1]) % cap;
    if (len[0] % 3 == 0) n %= 4;
    for (size_t i = 0; i < n; i++) {
        kit_fill(NULL, &c, 1);
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
#undef T
    kit_fill(NULL, &ev->at, sizeof ev->at);
    kit_fill(NULL, &ev->performed_at, sizeof ev->performed_at);
    kit_fill(NULL, &flag, 1);
    ev->offline = flag & 1;
}

static bool same(const struct sg_event *a, const struct sg_event *b)
{
#define S(m) (strcmp(a->m, b->m) == 0)
    return S(id) && S(kind) && S(outcome) && S(actor) && S(actor_name) && S(commission) && S(unit) && S(unit_name) && S(provider) && S(purpose) &&
           S(subject) && S(action_id) && S(restriction) && S(rule) && S(device) && S(reason) && S(reference) && S(client) && S(etag_before) &&
           S(region) && a->at == b->at && a->performed_at == b->performed_at && a->offline == b->offline;
#undef S
}

static void round_trip(void **state)
{
    (void)state;
    static struct sg_event ev, back;
    struct sg_buf b;
    sg_buf_init(&b, SG_LEAF_MAX);
    for (int i = 0; i < 10000; i++) {
        random_event(&ev);
        sg_buf_reset(&b);
        assert_int_equal(sg_leaf_encode(&ev, &b), SG_E_OK);
        assert_int_equal(sg_leaf_decode(b.data, b.len, &back), SG_E_OK);
        assert_true(same(&ev, &back));
    }
    sg_buf_free(&b);
}

static void the_largest_event_fits(void **state)
{
    (void)state;
    static struct sg_event ev;
    struct sg_buf b;
    sg_buf_init(&b, SG_LEAF_MAX);
    memset(&ev, 'x', sizeof ev);
    ev.offline = true;
    assert_int_equal(sg_leaf_encode(&ev, &b), SG_E_OK);      /* unterminated members are cut, never read beyond */
    sg_buf_free(&b);
}

static void nothing_else_decodes(void **state)
{
    (void)state;
    static struct sg_event ev, back;
    struct sg_buf b, again;
    sg_buf_init(&b, SG_LEAF_MAX);
    sg_buf_init(&again, SG_LEAF_MAX);
    random_event(&ev);
    assert_int_equal(sg_leaf_encode(&ev, &b), SG_E_OK);
    for (size_t n = 0; n < b.len; n++) assert_int_equal(sg_leaf_decode(b.data, n, &back), SG_E_CORRUPT);
    assert_int_equal(sg_buf_add(&b, "", 1), SG_E_OK);
    assert_int_equal(sg_leaf_decode(b.data, b.len, &back), SG_E_CORRUPT);
    b.len--;
    for (size_t bit = 0; bit < b.len * 8; bit++) {           /* a flipped bit is refused, or is another event with that very encoding */
        b.data[bit / 8] = (char)(b.data[bit / 8] ^ (1 << (bit % 8)));
        if (sg_leaf_decode(b.data, b.len, &back) == SG_E_OK) {
            assert_false(same(&ev, &back));
            sg_buf_reset(&again);
            assert_int_equal(sg_leaf_encode(&back, &again), SG_E_OK);
            assert_int_equal(again.len, b.len);
            assert_memory_equal(again.data, b.data, b.len);
        }
        b.data[bit / 8] = (char)(b.data[bit / 8] ^ (1 << (bit % 8)));
    }
    sg_buf_free(&b);
    sg_buf_free(&again);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(round_trip), cmocka_unit_test(the_largest_event_fits), cmocka_unit_test(nothing_else_decodes)};
    return cmocka_run_group_tests_name("server_leaf", tests, NULL, NULL);
}
