/* Every form of export of any event: nothing in the file acts on a terminal, the JSON is JSON, and XML holds no mark that was not written. */
#include "tests/fuzz/fuzz.h"
#include "base/str.h"
#include "base/utf8.h"
#include "wire/export.h"
#include "wire/leaf.h"

static bool acts(uint32_t cp)
{
    return (cp < 0x20 && cp != '\n' && cp != '\r' && cp != '\t') || (cp >= 0x7F && cp < 0xA0) || (cp >= 0x202A && cp <= 0x202E) || (cp >= 0x2066 && cp <= 0x2069) ||
           cp == 0x200E || cp == 0x200F || cp == SG_UTF8_BAD;
}

static void quiet(const struct sg_buf *b)
{
    for (size_t at = 0; at < b->len;) {
        uint32_t cp = 0;
        at += sg_utf8_next(b->data + at, b->len - at, &cp);
        FUZZ_HOLDS(!acts(cp));
    }
}

/* Marks of XML outside of what an escape makes: as many < as >, & only before an entity. */
static void marked_up(const struct sg_buf *b)
{
    size_t open = 0, shut = 0;
    for (const char *p = b->data; *p; p++) {
        open += *p == '<';
        shut += *p == '>';
        if (*p == '&') FUZZ_HOLDS(strncmp(p, "&amp;", 5) == 0 || strncmp(p, "&lt;", 4) == 0 || strncmp(p, "&gt;", 4) == 0 || strncmp(p, "&quot;", 6) == 0 ||
                                  strncmp(p, "&apos;", 6) == 0 || strncmp(p, "&#", 2) == 0);
    }
    FUZZ_HOLDS(open == shut);
}

static void form(enum sg_export_form f, const struct sg_export_row *r)
{
    struct sg_buf b;
    sg_buf_init(&b, 1 << 20);
    sg_export_begin(f, &b);
    sg_export_row(f, r, true, &b);
    sg_export_end(f, &b);
    FUZZ_HOLDS(sg_buf_check(&b) == SG_E_OK);
    quiet(&b);
    if (f == SG_EXPORT_STORELOG || f == SG_EXPORT_ATNA) marked_up(&b);
    if (f == SG_EXPORT_FHIR || f == SG_EXPORT_NDJSON) {
        cJSON *v = cJSON_ParseWithLength(b.data, b.len);
        FUZZ_HOLDS(v != NULL);
        cJSON_Delete(v);
    }
    sg_buf_free(&b);
}

/* The event is a payload; the last byte says whether its patient may be told. */
void fuzz_run(const uint8_t *data, size_t n)
{
    static struct sg_export_row r;
    memset(&r, 0, sizeof r);
    if (n < 2 || sg_payload_decode(data, n - 1, &r.event) != SG_E_OK) return;
    if (data[n - 1] & 1) {
        (void)sg_copy(r.number, sizeof r.number, "201412122382");
        (void)sg_copy(r.name, sizeof r.name, r.event.reason);
    }
    for (int f = 0; f < SG_EXPORT_COUNT; f++) form((enum sg_export_form)f, &r);
}

void fuzz_seeds(void (*put)(const void *data, size_t n))
{
    static const char *const texts[] = {"Anna", "\x1B[2J\xC2\x9B\xE2\x80\xAE", "]]>&#0;<!--\"'", "=1+1\r\n", "\xFF\xEF\xBF\xBE\xED\xA0\x80"};
    static const char *const kinds[] = {"citizen.read", "login.lock", "citizen.lookup", "log.erased", "session.start"};
    static const char *const activities[] = {"read", "write", "read", "delete", "attest"};
    static struct sg_event ev;
    for (size_t i = 0; i < 5; i++) {
        struct sg_buf b;
        memset(&ev, 0, sizeof ev);
        char *const fields[] = {ev.actor_name, ev.unit_name, ev.title, ev.assignment, ev.reason, ev.provider_name, ev.reference};
        for (size_t k = 0; k < sizeof fields / sizeof *fields; k++) (void)sg_copy(fields[k], SG_REF_MAX, texts[(i + k) % 5]);
        (void)sg_copy(ev.kind, sizeof ev.kind, kinds[i]);
        (void)sg_copy(ev.activity, sizeof ev.activity, activities[i]);
        (void)sg_copy(ev.outcome, sizeof ev.outcome, i % 2 ? "refused" : "done");
        (void)sg_copy(ev.subject, sizeof ev.subject, i % 2 ? "" : "c1");
        (void)sg_copy(ev.activity_args, sizeof ev.activity_args, i % 2 ? "{\"a\":1}" : "x<");
        ev.at = 1764115200000;
        sg_buf_init(&b, SG_PAYLOAD_MAX + 1);
        FUZZ_HOLDS(sg_payload_encode(&ev, &b) == SG_E_OK);
        (void)sg_buf_add(&b, i % 2 ? "\x01" : "\x02", 1);
        put(b.data, b.len);
        sg_buf_free(&b);
    }
}
