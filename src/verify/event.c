/* The payload is the event in bytes, version 2: a version octet, then every field of the table in its order; text with a length of four
 * bytes before it, times as eight bytes, flags as one. The readable event beside it must say the same, member by member, and nothing more. */
#include "verify/verify.h"
#include <stdio.h>
#include <string.h>

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

static bool split(const uint8_t *p, size_t n, struct field out[FIELDS])
{
    const uint8_t *end = p + n;
    if (n < 1 || *p++ != 2)
        return false;
    for (size_t i = 0; i < FIELDS; i++) {
        size_t len = fields[i].kind == TIME ? 8 : fields[i].kind == FLAG ? 1 : 4;
        if ((size_t)(end - p) < len)
            return false;
        if (fields[i].kind == TEXT || fields[i].kind == WORDS) {
            len = (size_t)sv_be(p, 4);
            p += 4;
            if ((size_t)(end - p) < len)
                return false;
        }
        out[i] = (struct field){p, len};
        p += len;
    }
    return p == end;
}

/* RFC 3339 in UTC with milliseconds; days to a date as in the proleptic Gregorian calendar. */
static void time_text(char dst[64], int64_t ms)
{
    int64_t days = (ms >= 0 ? ms : ms - 86399999) / 86400000, rest = ms - days * 86400000;
    int64_t z = days + 719468, era = (z >= 0 ? z : z - 146096) / 146097, doe = z - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365, doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
    int64_t day = doy - (153 * mp + 2) / 5 + 1, month = mp < 10 ? mp + 3 : mp - 9, year = yoe + era * 400 + (month <= 2 ? 1 : 0);
    (void)snprintf(dst, 64, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", (int)year, (int)month, (int)day, (int)(rest / 3600000), (int)(rest / 60000 % 60),
                   (int)(rest / 1000 % 60), (int)(rest % 1000));
}

static bool text_is(const struct sv_node *m, const void *p, size_t n)
{
    return m->type == SV_STRING && m->len == n && memcmp(m->text, p, n) == 0;
}

/* Words with one blank between them, as a list. */
static bool words_are(const struct sv_json *j, const struct sv_node *m, const struct field *f)
{
    const uint8_t *at = f->p, *end = f->p + f->n;
    if (m->type != SV_ARRAY)
        return false;
    for (int i = m->child; i >= 0; i = j->node[i].next) {
        const uint8_t *blank = memchr(at, ' ', (size_t)(end - at)), *stop = blank ? blank : end;
        bool more = j->node[i].next >= 0;
        if (stop == at || !text_is(&j->node[i], at, (size_t)(stop - at)) || more != (blank != NULL))
            return false;
        at = more ? stop + 1 : stop;
    }
    return at == end;
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
    struct field f[FIELDS];
    int seen = 0;
    if (!split(payload, n, f))
        return "the payload is malformed";
    if (memcmp(f[AT].p, leaf + 1, 8) != 0)
        return "the time of the payload is not that of the leaf";
    if (f[LOG].n != strlen(log) || memcmp(f[LOG].p, log, f[LOG].n) != 0)
        return "the event belongs to another log";
    for (size_t i = 0; event && i < FIELDS; i++) {
        const struct sv_node *m = sv_member(j, event, fields[i].name);
        if (!says(j, m, fields[i].kind, &f[i]))
            return fields[i].name;
        seen += m != NULL;
    }
    return event && seen != sv_members(j, event) ? "the event says more than the payload" : NULL;
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
    const struct sv_node named = {.type = SV_STRING, .text = log, .len = strlen(log), .next = list->type == SV_ARRAY ? list->child : -1}, *m = &named;
    int next = named.next;
    *n = 1;
    dst[0] = 2;
    for (size_t i = 0; i < FIELDS; i++) {
        size_t head = fields[i].kind == TIME ? 8 : fields[i].kind == FLAG ? 1 : 4, len = 0;
        const char *text = "";
        char uuid[37] = "";
        uint64_t v = 0;
        if (i != LOG && next < 0)
            return false;
        m = i == LOG ? &named : &j->node[next];
        next = i == LOG ? next : m->next;
        bool number = fields[i].kind == TIME || fields[i].kind == FLAG;
        if (number ? m->type != SV_NUMBER || !sv_number(m->text, m->len, &v) || (head == 1 && v > 1) : !unpack_text(m, uuid, &text, &len))
            return false;
        v = number ? v : len;
        if (head + len > cap - *n)
            return false;
        for (size_t b = 0; b < head; b++)
            dst[(*n)++] = (uint8_t)(v >> (8 * (head - 1 - b)));
        if (i == AT)
            memcpy(at, dst + *n - 8, 8);
        memcpy(dst + *n, text, len);
        *n += len;
    }
    return next < 0;
}
