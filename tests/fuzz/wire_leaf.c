/* The leaf codec (R2.16): what decodes encodes to the same bytes, so no two encodings are one event; and no two events are one encoding. */
#include "tests/fuzz/fuzz.h"
#include "base/str.h"
#include "wire/leaf.h"

#define F(m) {offsetof(struct sg_event, m), sizeof(((struct sg_event *)0)->m)}
static const struct { size_t at, size; } TEXTS[] = {
    F(id), F(kind), F(outcome), F(actor), F(actor_name), F(commission), F(unit), F(unit_name), F(provider), F(purpose), F(subject), F(action_id),
    F(restriction), F(rule), F(device), F(reason), F(reference), F(client), F(etag_before), F(region), F(log), F(system), F(activity), F(activity_args),
    F(title), F(assignment), F(provider_name), F(resource), F(decision), F(traceparent)};
enum { N_TEXTS = sizeof TEXTS / sizeof *TEXTS };

static char *text(struct sg_event *ev, size_t i) { return (char *)ev + TEXTS[i].at; }

static bool same(struct sg_event *a, struct sg_event *b)
{
    for (size_t i = 0; i < N_TEXTS; i++)
        if (!sg_eq(text(a, i), text(b, i))) return false;
    return a->at == b->at && a->performed_at == b->performed_at && a->offline == b->offline && a->skew == b->skew;
}

static void encode(struct sg_event *ev, struct sg_buf *b)
{
    sg_buf_init(b, SG_PAYLOAD_MAX);
    FUZZ_HOLDS(sg_payload_encode(ev, b) == SG_E_OK);
}

/* Both ways through the list of a proof file; its numbers are exact up to 2^53. */
static void through_list(struct sg_event *ev)
{
    static struct sg_event back;
    const int64_t most = INT64_C(1) << 53;
    if (ev->at <= -most || ev->at >= most || ev->performed_at <= -most || ev->performed_at >= most) return;
    cJSON *list = sg_payload_list(ev);
    FUZZ_HOLDS(list != NULL);
    FUZZ_HOLDS(sg_payload_unlist(list, ev->log, &back));
    FUZZ_HOLDS(same(ev, &back));
    cJSON_Delete(list);
}

static void there_and_back(struct sg_event *ev, struct sg_buf *b)
{
    static struct sg_event back;
    encode(ev, b);
    FUZZ_HOLDS(sg_payload_decode(b->data, b->len, &back) == SG_E_OK);
    FUZZ_HOLDS(same(ev, &back));
    through_list(ev);
}

static void as_bytes(const uint8_t *data, size_t n)
{
    static struct sg_event ev;
    struct sg_buf b;
    const uint8_t *commitment = NULL;
    int64_t at = 0;
    if (sg_leaf_read(data, n, &at, &commitment)) FUZZ_HOLDS(commitment == data + SG_LEAF_LEN - SG_COMMITMENT_LEN);
    if (sg_payload_decode(data, n, &ev) != SG_E_OK) return;
    encode(&ev, &b);
    FUZZ_HOLDS(b.len == n && memcmp(b.data, data, n) == 0);
    sg_buf_free(&b);
    through_list(&ev);
}

/* Texts of the input one after the other; their lengths are the first bytes. */
static void fill(struct sg_event *ev, const uint8_t *data, size_t n)
{
    size_t at = N_TEXTS + 17;
    memset(ev, 0, sizeof *ev);
    if (n < at) return;
    memcpy(&ev->at, data + N_TEXTS, 8);
    memcpy(&ev->performed_at, data + N_TEXTS + 8, 8);
    ev->offline = data[N_TEXTS + 16] & 1;
    ev->skew = data[N_TEXTS + 16] & 2;
    for (size_t i = 0; i < N_TEXTS; i++) {
        size_t len = data[i] < n - at ? data[i] : n - at;
        if (len >= TEXTS[i].size) len = TEXTS[i].size - 1;
        memcpy(text(ev, i), data + at, len);         /* ends at the first NUL among them, as every reader takes it */
        at += len;
    }
}

/* The same event, with some bytes moved from the end of one text to the beginning of the next. */
static void shift(struct sg_event *ev, size_t i, size_t most)
{
    char *a = text(ev, i), *b = text(ev, i + 1);
    size_t n = strlen(a), m = strlen(b), k = most < n ? most : n;
    if (m + k >= TEXTS[i + 1].size) return;
    memmove(b + k, b, m + 1);
    memcpy(b, a + n - k, k);
    a[n - k] = '\0';
}

void fuzz_run(const uint8_t *data, size_t n)
{
    static struct sg_event a, b;
    struct sg_buf ab, bb;
    as_bytes(data, n);
    fill(&a, data, n);
    b = a;
    if (n > 1) shift(&b, data[0] % (N_TEXTS - 1), data[1] % 16);
    there_and_back(&a, &ab);
    there_and_back(&b, &bb);
    FUZZ_HOLDS(same(&a, &b) == (ab.len == bb.len && memcmp(ab.data, bb.data, ab.len) == 0));
    sg_buf_free(&ab);
    sg_buf_free(&bb);
}

void fuzz_seeds(void (*put)(const void *data, size_t n))
{
    static const char *const words[] = {"", "01a21b25-bbf6-7155-8c8f-e42e27145529", "citizen.read", "\xC3\x85sa", "=", "=AaIbJbv2cVWMj+QuJxRVKQ", "r1 r2", "{\"a\":1}"};
    static struct sg_event ev;
    struct sg_buf b;
    for (size_t round = 0; round < 8; round++) {
        memset(&ev, 0, sizeof ev);
        for (size_t i = 0; i < N_TEXTS; i++) (void)sg_copy(text(&ev, i), TEXTS[i].size, words[(i * round + round) % 8]);
        ev.at = (int64_t)round * 1764115200000;
        ev.performed_at = -(int64_t)round;
        ev.offline = round & 1;
        ev.skew = round & 2;
        encode(&ev, &b);
        put(b.data, b.len);
        sg_buf_free(&b);
    }
    uint8_t leaf[SG_LEAF_LEN] = {2};
    put(leaf, sizeof leaf);
}
