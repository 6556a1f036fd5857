/* An event line: sigill-verify's JSON reader accepts nothing that sigill's scanner refuses; and what sigill writes as the readable event beside a
 * payload is what sigill-verify demands there. The input is a payload, 0xFF 0x00, and JSON. */
#include "tests/fuzz/fuzz.h"
#include "base/json.h"
#include "base/str.h"
#include "verify/verify.h"
#include "wire/leaf.h"

static const struct sg_json_limits LIMITS = {SV_LINE_MAX, 64, 100000, true};
static struct sv_json doc;

static void json(const uint8_t *data, size_t n, const uint8_t leaf[SV_LEAF], const uint8_t *payload, size_t payload_len)
{
    char *text = fuzz_text(data, n), *copy = fuzz_text(data, n);
    uint8_t bytes[64];
    uint64_t number = 0;
    size_t got = 0;
    if (sv_json_read(&doc, text, n)) {
        FUZZ_HOLDS(sg_json_check(copy, n, &LIMITS, NULL) == SG_E_OK);
        FUZZ_HOLDS(doc.n >= 1 && doc.n <= SV_NODES && doc.node[0].type == SV_OBJECT);
        (void)sv_member_number(&doc, "leafIndex", &number);
        if (sv_member_bytes(&doc, "salt", bytes, sizeof bytes, &got)) FUZZ_HOLDS(got <= sizeof bytes);
        (void)sv_event_fault(leaf, payload, payload_len, "service", &doc, &doc.node[0]);
        const struct sv_node *list = sv_member(&doc, &doc.node[0], "event");
        uint8_t packed[SV_PAYLOAD_MAX], at[8];
        if (list && sv_event_pack(&doc, list, "service", packed, sizeof packed, &got, at)) FUZZ_HOLDS(got <= sizeof packed);
    }
    free(text);
    free(copy);
}

/* Ids with one blank between them are the only words that the service writes. */
static bool words(const char *s)
{
    if (s[0] == '\0') return true;
    for (size_t n; ; s += n + 1) {
        n = strcspn(s, " ");
        if (n == 0 || n >= SG_ID_MAX) return false;
        if (s[n] == '\0') return true;
    }
}

static bool has_time(int64_t ms) { return ms >= 0 && ms < INT64_C(253402300800000); }

static void readable(const uint8_t *payload, size_t n)
{
    static struct sg_event ev;
    uint8_t leaf[SV_LEAF] = {2};
    if (sg_payload_decode(payload, n, &ev) != SG_E_OK) return;
    bool written = words(ev.restriction) && has_time(ev.at) && has_time(ev.performed_at);       /* by a service; else it need only come back */
    for (size_t i = 0; i < 8; i++) leaf[1 + i] = (uint8_t)((uint64_t)ev.at >> (56 - 8 * i));
    cJSON *o = sg_wire_event(&ev);
    FUZZ_HOLDS(o != NULL);
    cJSON_DeleteItemFromObjectCaseSensitive(o, "index");
    cJSON_DeleteItemFromObjectCaseSensitive(o, "leafIndex");
    char *text = cJSON_PrintUnformatted(o);
    FUZZ_HOLDS(text != NULL);
    if (!strstr(text, "\xEF\xBF\xBD")) {                 /* which the wire form writes for what is no UTF-8 */
        FUZZ_HOLDS(sv_json_read(&doc, text, strlen(text)));
        const char *fault = sv_event_fault(leaf, payload, n, ev.log, &doc, &doc.node[0]);
        if (fault && written) fuzz_fails(fault, __FILE__, __LINE__);
    }
    cJSON_free(text);
    cJSON_Delete(o);
}

void fuzz_run(const uint8_t *data, size_t n)
{
    uint8_t leaf[SV_LEAF] = {2};
    size_t cut = 0;
    while (cut < n && !(data[cut] == 0xFF && cut + 1 < n && data[cut + 1] == 0)) cut++;
    readable(data, cut);
    if (cut < n) json(data + cut + 2, n - cut - 2, leaf, data, cut);
    else json(data, n, leaf, data, n);
}

void fuzz_seeds(void (*put)(const void *data, size_t n))
{
    static struct sg_event ev;
    static const uint8_t between[2] = {0xFF, 0};
    for (size_t i = 0; i < 4; i++) {
        struct sg_buf b;
        memset(&ev, 0, sizeof ev);
        SG_COPY(ev.id, "01a21b25-bbf6-7155-8c8f-e42e27145529");
        SG_COPY(ev.kind, "citizen.read");
        SG_COPY(ev.outcome, "done");
        SG_COPY(ev.actor, "SE2321000016-1001");
        SG_COPY(ev.actor_name, i % 2 ? "\xC3\x85sa \"Ek\"" : "");
        SG_COPY(ev.restriction, i % 2 ? "r1 r2" : "");
        SG_COPY(ev.log, "service");
        SG_COPY(ev.reason, "a\nb\x7F\xF0\x9F\x98\x80");
        ev.offline = i & 2;
        ev.at = i == 3 ? INT64_MIN : 0;
        ev.performed_at = i == 2 ? INT64_MAX : i == 1 ? INT64_MIN + 1 : 0;
        sg_buf_init(&b, 64 * 1024);
        FUZZ_HOLDS(sg_payload_encode(&ev, &b) == SG_E_OK);
        if (i > 1) {
            cJSON *o = sg_wire_event(&ev);
            char *text = cJSON_PrintUnformatted(o);
            (void)sg_buf_add(&b, between, 2);
            (void)sg_buf_addz(&b, text);
            cJSON_free(text);
            cJSON_Delete(o);
        }
        put(b.data, b.len);
        sg_buf_free(&b);
    }
    fuzz_put_text(put, "{\"leafIndex\":3,\"salt\":\"AAAA\",\"event\":[\"=AaIbJbv2cVWMj+QuJxRVKQ\",\"\\u00e5\\ud83d\\ude00\",1,true,null,{}]}");
}
