/* The form of an action: what each type of field accepts and how it is written afterwards (normalised in place), and what
 * depends on each other inside a kind. Whether the person and the actor allow it is not decided here (effect.c). A value
 * may not contain a personnummer: it would come from a command line, which other users of the machine can read. */
#include "model/action.h"
#include <ctype.h>
#include <string.h>
#include "base/str.h"
#include "base/utf8.h"

enum { MINUTE_MS = 60000, HOUR_MS = 3600000 };

static bool text_ok(const char *s, bool newline_too)
{
    size_t n = strlen(s);
    for (size_t i = 0; i < n;) {
        uint32_t cp;
        size_t step = sg_utf8_next(s + i, n - i, &cp);
        bool control = cp < 0x20 || (cp >= 0x7F && cp < 0xA0);
        if (cp == SG_UTF8_BAD || (control && !(newline_too && cp == '\n'))) return false;
        i += step;
    }
    return true;
}

static bool opaque_id(const char *s)
{
    for (const char *p = s; *p; p++)
        if (!(*p >= 'a' && *p <= 'z') && !(*p >= '0' && *p <= '9') && *p != '-') return false;
    return *s != '\0';
}

static bool is_person_number(const char *text)
{
    struct sg_pid pid;
    /* The end of 2099 lets every two-digit year fall in 2000–2099, whose leap years include those of 1901–1999. */
    return sg_pid_parse(text, (struct sg_date){2099, 12, 31}, &pid) == SG_PID_FINE;
}

/* The next run of bytes of which ok() says yes, from *at; false when there is none. */
static bool next_run(const char *s, size_t *at, bool (*ok)(unsigned char), char *run, size_t cap)
{
    size_t i = *at;
    while (s[i] && !ok((unsigned char)s[i])) i++;
    size_t from = i;
    while (s[i] && ok((unsigned char)s[i])) i++;
    *at = i;
    sg_copyn(run, cap, s + from, i - from);
    return i > from;
}
static bool in_word(unsigned char c) { return isalnum(c) || c == '-' || c == '+'; }
static bool in_number(unsigned char c) { return isdigit(c) || c == '-' || c == '+' || c == ' '; }

/* As a whole, as a word of it ("Bo 20010101-1234"), or as digits inside ("(20010101 1234)", "Bo20010101"). */
static bool holds_person_number(const char *value)
{
    char run[SG_VALUE_MAX];
    if (sg_uuid_valid(value)) return false;
    if (is_person_number(value)) return true;
    for (size_t at = 0; next_run(value, &at, in_word, run, sizeof run);)
        if (is_person_number(run)) return true;
    for (size_t at = 0; next_run(value, &at, in_number, run, sizeof run);)
        if (is_person_number(run)) return true;
    return false;
}

static bool fix_choice(char *v, const char *choices)
{
    size_t n = strlen(v);
    for (const char *c = choices; c && *c;) {
        size_t len = strcspn(c, "|");
        char one[SG_VALUE_MAX];
        sg_copyn(one, sizeof one, c, len);
        if (len == n && sg_ieq(one, v)) {
            sg_copy(v, SG_VALUE_MAX, one);
            return true;
        }
        c += len + (c[len] == '|');
    }
    return false;
}

static bool fix_flag(char *v)
{
    bool yes = sg_flag(v), no = sg_ieq(v, "no") || sg_ieq(v, "false") || sg_eq(v, "0") || sg_ieq(v, "nej");
    sg_copy(v, SG_VALUE_MAX, yes ? "yes" : "no");
    return yes || no;
}

static bool fix_date(char *v)
{
    struct sg_date d;
    if (!sg_date_parse(v, &d)) return false;
    char out[11];
    sg_date_format(out, d);
    return sg_copy(v, SG_VALUE_MAX, out);
}

static bool fix_hsa(char *v)
{
    char out[SG_HSA_MAX];
    return sg_hsa_parse(v, out) && sg_copy(v, SG_VALUE_MAX, out);
}

/* "YYYY-MM-DD HH:MM" is Swedish time: try summer time, then winter time, and keep the one that reads the same back.
 * An hour that summer time skips is refused; of the hour that comes twice the first is meant. */
static bool local_time(const char *v, int64_t *ms)
{
    char text[SG_RFC3339_MAX], back[SG_RFC3339_MAX], stamp[24];
    if (strlen(v) != 16 || (v[10] != ' ' && v[10] != 'T')) return false;
    sg_copy(stamp, sizeof stamp, v);
    stamp[10] = ' ';
    sg_format(text, sizeof text, "%.10sT%.5s:00Z", v, v + 11);
    int64_t utc;
    if (!sg_rfc3339_parse(text, &utc)) return false;
    for (int hours = 2; hours >= 1; hours--) {
        *ms = utc - (int64_t)hours * HOUR_MS;
        sg_local_stamp(back, *ms, *ms + (int64_t)400 * 24 * HOUR_MS);
        if (sg_eq(back, stamp)) return true;
    }
    return false;
}

bool sg_action_time(const char *text, int64_t *ms)
{
    return local_time(text, ms) || sg_rfc3339_parse(text, ms);
}

static bool fix_time(char *v)
{
    int64_t ms;
    if (!sg_action_time(v, &ms)) return false;
    char out[SG_RFC3339_MAX];
    sg_rfc3339(out, ms);
    return sg_copy(v, SG_VALUE_MAX, out);
}

static bool fix_value(const struct sg_field_def *f, char *v, const char **wanted)
{
    switch (f->type) {
    case SG_FT_CHOICE: *wanted = f->choices; return fix_choice(v, f->choices);
    case SG_FT_FLAG: *wanted = "yes or no"; return fix_flag(v);
    case SG_FT_DATE: *wanted = "a date, YYYY-MM-DD"; return fix_date(v);
    case SG_FT_TIME: *wanted = "a time, YYYY-MM-DD HH:MM or RFC 3339"; return fix_time(v);
    case SG_FT_UNIT:
    case SG_FT_PROVIDER:
    case SG_FT_STAFF: *wanted = "an HSA-id"; return fix_hsa(v);
    case SG_FT_RESTRICTION: *wanted = "the id of a restriction"; return opaque_id(v);
    case SG_FT_GUARDIAN:
    case SG_FT_GRANTEE: *wanted = "the person's id or name: a personnummer may not stand here, use the id"; return !holds_person_number(v);
    case SG_FT_TEXT:
    case SG_FT_REGION: break;
    }
    return true;
}

/* where: "field", or "kind.field" in a bundle. */
struct place { const struct sg_action *a; const struct sg_part *p; };
static enum sg_err bad(const struct place *at, const char *field, struct sg_error *e, enum sg_err code, const char *detail)
{
    char where[SG_WHERE_MAX];
    if (at->p && at->a->kind == SG_ACT_CITIZEN_PROTECT)
        sg_format(where, sizeof where, "%s.%s", sg_action_def(at->p->kind)->name, field);
    else
        SG_COPY(where, field);
    return sg_fail(e, code, where, "%s", detail);
}

static enum sg_err check_field(const struct place *at, const struct sg_field_def *f, char *v, struct sg_error *e)
{
    const char *wanted = "text";
    v[SG_VALUE_MAX - 1] = '\0';
    if (!text_ok(v, false)) return bad(at, f->name, e, SG_E_INPUT, "invalid UTF-8 or a control character");
    sg_trim(v);
    if (!*v && f->preset) sg_copy(v, SG_VALUE_MAX, f->preset);
    if (!*v) return f->required ? bad(at, f->name, e, SG_E_INPUT, "required") : SG_E_OK;
    if (strlen(v) > f->max) return bad(at, f->name, e, SG_E_LIMIT, "too long");
    if (!fix_value(f, v, &wanted)) {
        char detail[SG_DETAIL_MAX];
        sg_format(detail, sizeof detail, "wanted: %s", wanted);
        return bad(at, f->name, e, SG_E_INPUT, detail);
    }
    return SG_E_OK;
}

/* A seal's scope says which of the other fields belong to it. */
static enum sg_err check_seal(const struct place *at, struct sg_error *e)
{
    const struct { enum sg_field_id id; const char *name, *scope; } owns[] = {
        {SG_F_RECORD_SEAL_PROVIDER, "provider", "provider"}, {SG_F_RECORD_SEAL_UNIT, "unit", "unit"},
        {SG_F_RECORD_SEAL_FROM, "from", "period"}, {SG_F_RECORD_SEAL_TO, "to", "period"},
    };
    const char *scope = sg_part_get(at->p, SG_F_RECORD_SEAL_SCOPE);
    bool period = sg_eq(scope, "period");
    for (size_t i = 0; i < sizeof owns / sizeof *owns; i++) {
        bool given = *sg_part_get(at->p, owns[i].id) != '\0', wanted = sg_eq(owns[i].scope, scope);
        if (given && !wanted) return bad(at, owns[i].name, e, SG_E_INPUT, "does not belong to this scope");
        if (!given && wanted && !period) return bad(at, owns[i].name, e, SG_E_INPUT, "required with this scope");
    }
    const char *from = sg_part_get(at->p, SG_F_RECORD_SEAL_FROM), *to = sg_part_get(at->p, SG_F_RECORD_SEAL_TO);
    if (period && !*from && !*to) return bad(at, "from", e, SG_E_INPUT, "a period needs from, to or both");
    if (*from && *to && strcmp(from, to) > 0) return bad(at, "to", e, SG_E_INPUT, "ends before it begins");
    return SG_E_OK;
}

static enum sg_err check_part(const struct sg_action *a, struct sg_part *p, struct sg_error *e)
{
    const struct place at = {a, p};
    const struct sg_action_def *def = sg_action_def(p->kind);
    if (!def) return sg_fail(e, SG_E_INPUT, "kind", "unknown kind of action");
    if (a->kind == SG_ACT_CITIZEN_PROTECT && !sg_action_may_be_part(p->kind))
        return bad(&at, "kind", e, SG_E_INPUT, "cannot be a part of a bundle");
    for (size_t i = 0; i < def->n_fields && i < SG_FIELDS_MAX; i++) {
        enum sg_err r = check_field(&at, &def->fields[i], p->value[i], e);
        if (r != SG_E_OK) return r;
    }
    return p->kind == SG_ACT_RECORD_SEAL ? check_seal(&at, e) : SG_E_OK;
}

enum sg_err sg_action_validate(struct sg_action *a, struct sg_error *e)
{
    bool bundle = a->kind == SG_ACT_CITIZEN_PROTECT;
    if (!sg_action_def(a->kind)) return sg_fail(e, SG_E_INPUT, "kind", "unknown kind of action");
    if (!opaque_id(a->subject)) return sg_fail(e, SG_E_INPUT, "subject", "wanted: the id of a citizen");
    if (a->id[0] && !sg_uuid_valid(a->id)) return sg_fail(e, SG_E_INPUT, "id", "wanted: a UUID in lower case");
    a->reason[SG_TEXT_MAX - 1] = '\0';
    if (!text_ok(a->reason, true)) return sg_fail(e, SG_E_INPUT, "reason", "invalid UTF-8 or a control character");
    sg_trim(a->reason);
    if (a->kind == SG_ACT_RESTRICTION_ANNUL && !a->reason[0]) return sg_fail(e, SG_E_INPUT, "reason", "required");
    if (a->n_parts > SG_PARTS_MAX || (!bundle && (a->n_parts != 1 || a->part[0].kind != a->kind)))
        return sg_fail(e, SG_E_INPUT, "parts", "wrong parts for this kind of action");
    for (size_t i = 0; i < a->n_parts; i++) {
        enum sg_err r = check_part(a, &a->part[i], e);
        if (r != SG_E_OK) return r;
    }
    return SG_E_OK;
}
