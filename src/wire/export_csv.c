/* CSV after RFC 4180: comma, CRLF, every cell in quotes, UTF-8. Cells come from people, and spreadsheets calculate what begins with one of
 * = + - @ (or their full-width forms), also after tab, CR or blanks: such a cell is made text. */
#include "wire/export.h"
#include <string.h>
#include "base/str.h"
#include "base/utf8.h"

static bool starts_formula(uint32_t cp)
{
    return cp == '=' || cp == '+' || cp == '-' || cp == '@' || cp == 0xFF1D || cp == 0xFF0B || cp == 0xFF0D || cp == 0xFF20 || cp == 0x2212;
}

/* What a spreadsheet may drop in front of a cell. */
static bool skipped(uint32_t cp)
{
    return cp <= 0x20 || cp == 0x7F || cp == 0xA0 || cp == 0xFEFF || cp == 0x3000 || (cp >= 0x2000 && cp <= 0x200F) || (cp >= 0x2028 && cp <= 0x202F) ||
           cp == SG_UTF8_BAD;
}

static bool separates(uint32_t cp) { return cp == ',' || cp == ';' || cp == '\t' || cp == '|' || cp == '\r' || cp == '\n' || cp == '"' || cp == '\''; }

/* Whether a cell that began here would be a formula. */
static bool formula_at(const char *s, size_t n)
{
    uint32_t cp = 0;
    for (size_t at = 0; at < n;) {
        at += sg_utf8_next(s + at, n - at, &cp);
        if (!skipped(cp)) return starts_formula(cp);
    }
    return false;
}

/* Acts on a terminal or turns the text around, should the file be shown as it is; tab and line ends are what CSV holds. */
static bool acts(uint32_t cp)
{
    return (cp < 0x20 && cp != '\t' && cp != '\r' && cp != '\n') || (cp >= 0x7F && cp < 0xA0) || cp == 0x61C || cp == 0x200E || cp == 0x200F ||
           (cp >= 0x2028 && cp <= 0x202E) || (cp >= 0x2066 && cp <= 0x2069);
}

void sg_csv_cell(struct sg_buf *out, const char *text)
{
    size_t n = strlen(text);
    bool begins = true;
    (void)sg_buf_add(out, "\"", 1);
    if (n > 0 && (text[0] == '\t' || text[0] == '\r' || text[0] == '\n') && !formula_at(text, n)) (void)sg_buf_add(out, "'", 1);
    for (size_t at = 0; at < n;) {
        uint32_t cp = 0;
        if (begins && formula_at(text + at, n - at)) (void)sg_buf_add(out, "'", 1);
        size_t used = sg_utf8_next(text + at, n - at, &cp);
        if (cp == SG_UTF8_BAD) (void)sg_buf_addz(out, "\xEF\xBF\xBD");
        else if (acts(cp)) (void)sg_buf_addf(out, "\xE2\x9F\xA8U+%04X\xE2\x9F\xA9", (unsigned)cp);
        else if (cp == '"') (void)sg_buf_addz(out, "\"\"");
        else (void)sg_buf_add(out, text + at, used);
        begins = separates(cp);
        at += used;
    }
    (void)sg_buf_add(out, "\"", 1);
}

static const char *const HEAD[] = {"index", "eventId", "log", "leafIndex", "at", "performedAt", "kind", "activityType", "outcome", "rule", "actor",
    "actorName", "title", "commission", "assignment", "unit", "unitName", "provider", "providerName", "region", "purpose", "subject",
    "personalIdentityNumber", "patientName", "resourceType", "actionId", "restrictions", "reason", "reference", "decision", "activityArgs",
    "device", "client", "offline", "skew", "etagBefore", "traceparent", "system"};

static void line(struct sg_buf *out, const char *const *cell, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (i > 0) (void)sg_buf_add(out, ",", 1);
        sg_csv_cell(out, cell[i]);
    }
    (void)sg_buf_addz(out, "\r\n");
}

void sg_export_csv_head(struct sg_buf *out) { line(out, HEAD, sizeof HEAD / sizeof *HEAD); }

void sg_export_csv_row(const struct sg_export_row *r, struct sg_buf *out)
{
    const struct sg_event *v = &r->event;
    char index[24], leaf[24], at[SG_RFC3339_MAX], performed[SG_RFC3339_MAX] = "";
    sg_format(index, sizeof index, "%lld", (long long)v->index);
    sg_format(leaf, sizeof leaf, "%lld", (long long)v->leaf_index);
    sg_rfc3339(at, v->at);
    if (v->performed_at > 0) sg_rfc3339(performed, v->performed_at);
    const char *const cells[] = {index, v->id, v->log, leaf, at, performed, v->kind, v->activity, v->outcome, v->rule, v->actor,
        v->actor_name, v->title, v->commission, v->assignment, v->unit, v->unit_name, v->provider, v->provider_name, v->region, v->purpose, v->subject,
        r->number, r->name, v->resource, v->action_id, v->restriction, v->reason, v->reference, v->decision, v->activity_args,
        v->device, v->client, v->offline ? "true" : "false", v->skew ? "true" : "false", v->etag_before, v->traceparent, v->system};
    _Static_assert(sizeof cells / sizeof *cells == sizeof HEAD / sizeof *HEAD, "a cell for every heading");
    line(out, cells, sizeof cells / sizeof *cells);
}
