/* The payload is the event in bytes, version 2: a version octet, then every field of the table in its order; text with a length of four
 * bytes before it, times as eight bytes, flags as one. The readable event beside it must say the same, member by member, and nothing more. */
#include "verify/verify.h"
#include <stdio.h>
#include <string.h>
#include <time.h>

enum kind { TEXT, TIME, FLAG, WORDS };
static const struct { const char *name; enum kind kind; } fields[] = {
    {"eventId", TEXT}, {"kind", TEXT}, {"outcome", TEXT}, {"at", TIME}, {"performedAt", TIME}, {"actor", TEXT}, {"actorName", TEXT}, {"commission", TEXT},
    {"unit", TEXT}, {"unitName", TEXT}, {"provider", TEXT}, {"purpose", TEXT}, {"subject", TEXT}, {"actionId", TEXT}, {"restrictions", WORDS}, {"rule", TEXT},
    {"device", TEXT}, {"offline", FLAG}, {"reason", TEXT}, {"reference", TEXT}, {"client", TEXT}, {"etagBefore", TEXT}, {"region", TEXT}, {"log", TEXT},
    {"system", TEXT}, {"activityType", TEXT}, {"activityArgs", TEXT}, {"title", TEXT}, {"assignment", TEXT}, {"providerName", TEXT}, {"resourceType", TEXT},
    {"decision", TEXT}, {"traceparent", TEXT}, {"skew", FLAG}};
enum { FIELDS = sizeof fields / sizeof *fields, AT = 3, LOG = 23 };
struct field { const uint8_t *p; size_t n; };

void sv_leaf_make(uint8_t leaf[SV_LEAF], const uint8_t at[8], const uint8_t salt[SV_SALT], const uint8_t *payload, size_t n)
{
    struct sv_hash c;
    sv_sha256(&c, 2, salt, SV_SALT, payload, n);
    leaf[0] = 2;
    memcpy(leaf + 1, at, 8);
    leaf[9] = 0;
    memcpy(leaf + 10, c.b, sizeof c.b);
}

/* By kind: a value of fixed length, or the length that stands before a text. */
static const uint8_t head_of[] = {[TEXT] = 4, [TIME] = 8, [FLAG] = 1, [WORDS] = 4};

/* The next field of a payload that ends at end. */
static bool next_field(const uint8_t **p, const uint8_t *end, enum kind kind, struct field *out)
{
    size_t head = head_of[kind];
    if ((size_t)(end - *p) < head)
        return false;
    *out = head == 4 ? (struct field){*p + 4, (size_t)sv_be(*p, 4)} : (struct field){*p, head};
    if ((size_t)(end - out->p) < out->n)
        return false;
    *p = out->p + out->n;
    return true;
}

/* RFC 3339 in UTC with milliseconds; empty for a year that no calendar has. */
static void time_text(char dst[64], int64_t ms)
{
    time_t seconds = ms / 1000 - (ms % 1000 < 0);
    struct tm t;
    dst[0] = '\0';
    if (gmtime_r(&seconds, &t))
        (void)snprintf(dst, 64, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", t.tm_year + 1900, t.tm_mon + 1, t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec,
                       (int)((ms % 1000 + 1000) % 1000));
}

static bool text_is(const struct sv_node *m, const void *p, size_t n) { return m->type == SV_STRING && m->len == n && memcmp(m->text, p, n) == 0; }

/* Words with one blank between them, as a list. */
static bool words_are(const struct sv_json *j, const struct sv_node *m, const struct field *f)
{
    size_t at = 0;
    for (int i = m->type == SV_ARRAY ? m->child : -1; i >= 0; i = j->node[i].next) {
        const struct sv_node *w = &j->node[i];
        if ((at > 0 && (at == f->n || f->p[at++] != ' ')) || w->len == 0 || w->len > f->n - at || memchr(w->text, ' ', w->len) || !text_is(w, f->p + at, w->len))
            return false;
        at += w->len;
    }
    return at == f->n;
}

/* What is empty, zero or false in the payload is left out of the event. */
static bool says(const struct sv_json *j, const struct sv_node *m, enum kind kind, const struct field *f)
{
    char when[64];
    switch (kind) {
    case TEXT: return m ? f->n > 0 && text_is(m, f->p, f->n) : f->n == 0;
    case WORDS: return m ? f->n > 0 && words_are(j, m, f) : f->n == 0;
    case FLAG: return f->p[0] <= 1 && (m ? m->type == (f->p[0] ? SV_TRUE : SV_FALSE) : f->p[0] == 0);
    case TIME: time_text(when, (int64_t)sv_be(f->p, 8)); return m ? text_is(m, when, strlen(when)) : sv_be(f->p, 8) == 0;
    }
    return false;
}

const char *sv_event_fault(const uint8_t leaf[SV_LEAF], const uint8_t *payload, size_t n, const char *log, const struct sv_json *j, const struct sv_node *event)
{
    const uint8_t *at = payload + 1, *end = payload + n;
    struct field f;
    int seen = 0;
    if (n < 1 || payload[0] != 2)
        return "the payload is of no known version";
    for (size_t i = 0; i < FIELDS; i++) {
        const struct sv_node *m = sv_member(j, event, fields[i].name);
        if (!next_field(&at, end, fields[i].kind, &f))
            return "the payload is too short";
        if (i == AT && memcmp(f.p, leaf + 1, f.n) != 0)
            return "the time of the payload is not that of the leaf";
        if (i == LOG && (f.n != strlen(log) || memcmp(f.p, log, f.n) != 0))
            return "the event belongs to another log";
        if (!says(j, m, fields[i].kind, &f))
            return fields[i].name;
        seen += m != NULL;
    }
    return at != end || seen != event->members ? "payload or event says more than there are fields" : NULL;
}

/* A UUID is "=" and its 16 bytes in base 64 without the padding; another text that begins with "=" has one more of them. */
static bool unpack_text(const struct sv_node *m, char uuid[37], const char **text, size_t *n)
{
    char padded[25];
    uint8_t b[16];
    if (m->type != SV_STRING)
        return false;
    bool mark = m->text[0] == '=';
    *text = m->text + mark;
    *n = m->len - mark;
    if (!mark || **text == '=')
        return true;
    (void)snprintf(padded, sizeof padded, "%.22s==", *text);
    if (*n != 22 || !sv_base64(b, sizeof b, n, padded, 24))
        return false;
    (void)snprintf(uuid, 37, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9],
                   b[10], b[11], b[12], b[13], b[14], b[15]);
    *text = uuid;
    *n = 36;
    return true;
}

bool sv_event_pack(const struct sv_json *j, const struct sv_node *list, const char *log, uint8_t *dst, size_t cap, size_t *n, uint8_t at[8])
{
    int next = list->type == SV_ARRAY ? list->child : -1;
    *n = 1;
    dst[0] = 2;
    for (size_t i = 0; i < FIELDS; i++) {
        struct sv_node m = {.type = SV_STRING, .text = log, .len = strlen(log)};
        size_t head = head_of[fields[i].kind], len = 0;
        const char *text = "";
        char uuid[37] = "";
        if (i != LOG && next < 0)
            return false;
        if (i != LOG) {
            m = j->node[next];
            next = m.next;
        }
        if (head == 4 ? !unpack_text(&m, uuid, &text, &len) : m.type != SV_NUMBER || (head == 1 && m.number > 1))
            return false;
        uint64_t value = head == 4 ? len : m.number;
        if (head + len > cap - *n)
            return false;
        for (size_t b = head; b-- > 0;)
            dst[(*n)++] = (uint8_t)(value >> (8 * b));
        if (i == AT)
            memcpy(at, dst + *n - 8, 8);
        memcpy(dst + *n, text, len);
        *n += len;
    }
    return next < 0;
}
