/* A row of the queue: what a sealed blob opens to is what was sealed, and only that; what is read from the text inside is written and read as
 * the same row. First byte: even, a sealed blob; odd, the text inside one. */
#include "tests/fuzz/fuzz.h"
#include "base/str.h"
#include "queue/internal.h"

static const uint8_t KEY[SG_Q_KEY] = {7}, ACTOR[SG_Q_TAG] = {9};
static const char EXTRA[] = "state";
static const struct sg_q_ad AD = {"row", "01a21b25-bbf6-7155-8c8f-e42e27145529", ACTOR, 5, EXTRA, sizeof EXTRA};
static const char *const PLAIN[] = {"", "{\"action\":1}", "another text that was sealed"};
enum { N_PLAIN = sizeof PLAIN / sizeof *PLAIN };

static void no_chance(void *ctx, void *dst, size_t n)
{
    (void)ctx;
    memset(dst, 0x55, n);
}
static const struct sg_random STILL = {no_chance, NULL};

static void blob(const uint8_t *data, size_t n)
{
    struct sg_q_blob out;
    int64_t index = 0;
    bool known = false;
    uint8_t mark[SG_Q_MARK];
    sg_q_mark(mark, data, n);
    if (sg_q_unseal(KEY, &AD, data, n, &index, &out) != SG_E_OK) {
        FUZZ_HOLDS(out.p == NULL);
        return;
    }
    for (size_t i = 0; i < N_PLAIN; i++) known = known || (out.n == strlen(PLAIN[i]) && memcmp(out.p, PLAIN[i], out.n) == 0);
    FUZZ_HOLDS(known);
    sg_q_blob_free(&out);
}

static void sealed_and_opened(const uint8_t *data, size_t n)
{
    struct sg_q_blob sealed, out;
    int64_t index = 0;
    FUZZ_HOLDS(sg_q_seal(KEY, &STILL, &AD, data, n, &sealed) == SG_E_OK);
    FUZZ_HOLDS(sg_q_unseal(KEY, &AD, sealed.p, sealed.n, &index, &out) == SG_E_OK && index == AD.index);
    FUZZ_HOLDS(out.n == n && (n == 0 || memcmp(out.p, data, n) == 0));
    sg_q_blob_free(&sealed);
    sg_q_blob_free(&out);
}

static size_t rows;       /* read in all */

static void row(const char *text, size_t n)
{
    static struct sg_qrow r, again;
    struct sg_buf one, two;
    if (sg_q_decode(text, n, &r) != SG_E_OK) return;
    rows++;
    sg_buf_init(&one, 8 << 20);
    sg_buf_init(&two, 8 << 20);
    FUZZ_HOLDS(sg_q_encode(&r, &one) == SG_E_OK && one.len % 256 == 0);
    FUZZ_HOLDS(sg_q_decode(one.data, one.len, &again) == SG_E_OK);
    FUZZ_HOLDS(sg_q_encode(&again, &two) == SG_E_OK);
    FUZZ_HOLDS(one.len == two.len && memcmp(one.data, two.data, one.len) == 0);
    sg_qrow_free(&r);
    sg_qrow_free(&again);
    sg_buf_free(&one);
    sg_buf_free(&two);
}

void fuzz_run(const uint8_t *data, size_t n)
{
    if (n == 0) return;
    if (data[0] % 2 == 0) {
        blob(data + 1, n - 1);
        sealed_and_opened(data + 1, n - 1);
        return;
    }
    char *text = fuzz_text(data + 1, n - 1);
    row(text, n - 1);
    free(text);
}

void fuzz_seeds(void (*put)(const void *data, size_t n))
{
    static struct sg_qrow r = {.attempts = 2, .last_status = 503, .sent_at = 1764115200000, .has_base = true, .has_outcome = true};
    struct sg_buf b;
    sg_action_init(&r.action, SG_ACT_LOGIN_LOCK, "c1");
    SG_COPY(r.action.id, "01a21b25-bbf6-7155-8c8f-e42e27145529");
    SG_COPY(r.action.part[0].value[0], "norr");
    SG_COPY(r.commission, "SE1");
    SG_COPY(r.note, "n\x1B");
    SG_COPY(r.base.id, "c1");
    r.outcome = (struct sg_outcome){.problem = SG_PROBLEM_COUNT, .event_index = -1};
    SG_COPY(r.outcome.action_id, r.action.id);
    sg_buf_init(&b, 1 << 20);
    (void)sg_buf_add(&b, "\x01", 1);
    FUZZ_HOLDS(sg_q_encode(&r, &b) == SG_E_OK);
    row(b.data + 1, b.len - 1);
    FUZZ_HOLDS(rows > 0);
    put(b.data, b.len);
    sg_buf_free(&b);
    for (size_t i = 0; i < N_PLAIN; i++) {
        struct sg_q_blob sealed;
        uint8_t room[256] = {2};
        FUZZ_HOLDS(sg_q_seal(KEY, &STILL, &AD, PLAIN[i], strlen(PLAIN[i]), &sealed) == SG_E_OK);
        memcpy(room + 1, sealed.p, sealed.n);
        put(room, 1 + sealed.n);
        sg_q_blob_free(&sealed);
    }
}
