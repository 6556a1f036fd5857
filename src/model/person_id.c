/* Person identifiers. The text is cleaned to 10 or 12 characters; a 10-digit one gets its century; then a table of
 * kinds is tried from the most to the least particular, each a pattern of character classes with its own reader.
 * All readers fill the same struct. The check digit (Luhn) never covers the century, so a wrong century would
 * name another real person: a 10-digit number whose birthday is still to come this year is refused and not
 * taken for someone a hundred years old; the 12-digit form must then be typed.
 *
 * Värmland's last character has no published rule: only its form is checked. Regional formats other than the four
 * are not known here and fail as SG_PID_CHARACTERS. */
#include "base/i18n.h"
#include "base/str.h"
#include "model/ids.h"
#include <string.h>

enum { YEAR_FIRST = 1840, PASTED_MAX = 64 };

struct number {
    char s[13];             /* upper case */
    struct sg_date today;
    struct sg_pid *out;
};

static int num(const char *s, int n)
{
    int v = 0;
    for (int i = 0; i < n; i++)
        v = v * 10 + (s[i] - '0');
    return v;
}

/* Luhn over a string of digits, the last one being the check digit. */
static bool luhn(const char *digits)
{
    int sum = 0;
    bool twice = false;
    for (size_t i = strlen(digits); i > 0; i--, twice = !twice) {
        int d = (digits[i - 1] - '0') * (twice ? 2 : 1);
        sum += d > 9 ? d - 9 : d;
    }
    return sum % 10 == 0;
}

static enum sg_gender by_parity(char digit)
{
    return (digit - '0') % 2 ? SG_GENDER_MALE : SG_GENDER_FEMALE;
}

/* Year, month and day as far as they are known (0: unknown) against the calendar and today. */
static enum sg_pid_fault check_birth(struct sg_date b, struct sg_date today)
{
    if (b.y < YEAR_FIRST)
        return SG_PID_YEAR;
    if (b.m < 0 || b.m > 12)
        return SG_PID_MONTH;
    struct sg_date probe = { b.y, b.m ? b.m : 1, b.d ? b.d : 1 };
    if (!sg_date_valid(probe))
        return SG_PID_DAY;
    bool later = b.y > today.y || (b.y == today.y && (b.m > today.m || (b.m == today.m && b.d > today.d)));
    return later ? SG_PID_FUTURE : SG_PID_FINE;
}

static enum sg_pid_fault birth_is(struct number *n, int y, int m, int d)
{
    n->out->birth = (struct sg_date){ (int16_t)y, (int8_t)m, (int8_t)d };
    return check_birth(n->out->birth, n->today);
}

static enum sg_pid_fault full_birth(struct number *n, int year)
{
    int m = num(n->s + 4, 2), d = num(n->s + 6, 2);
    if (m == 0)
        return SG_PID_MONTH;
    return d == 0 ? SG_PID_DAY : birth_is(n, year, m, d);
}

/* Personnummer and samordningsnummer: the day tells which. */
static enum sg_pid_fault read_number(struct number *n)
{
    int y = num(n->s, 4), m = num(n->s + 4, 2), d = num(n->s + 6, 2);
    bool coordination = d >= 60;
    n->out->type = coordination ? SG_PID_SAMORDNINGSNUMMER : SG_PID_PERSONNUMMER;
    enum sg_pid_fault f = coordination ? birth_is(n, y, m, d - 60) : full_birth(n, y);
    if (f)
        return f;
    if (num(n->s + 8, 3) == 0)
        return SG_PID_SERIAL;
    n->out->gender = by_parity(n->s[10]);
    return luhn(n->s + 2) ? SG_PID_FINE : SG_PID_CHECK;
}

/* yyyymmxxNNNC, xx 32-59. */
static enum sg_pid_fault read_inera(struct number *n)
{
    int m = num(n->s + 4, 2);
    enum sg_pid_fault f = m == 0 ? SG_PID_MONTH : birth_is(n, num(n->s, 4), m, 0);
    if (f)
        return f;
    return luhn(n->s + 2) ? SG_PID_FINE : SG_PID_CHECK;
}

/* 99yyyyNNNNNC: Luhn over positions 5 to 12. The year is that of issue or a guess, not a date of birth. Years before
 * 1980, where the series began by its description, occur among the published examples. */
static enum sg_pid_fault read_stockholm(struct number *n)
{
    int y = num(n->s + 2, 4);
    if (y < 1900 || y > 2299)
        return SG_PID_YEAR;
    return luhn(n->s + 4) ? SG_PID_FINE : SG_PID_CHECK;
}

/* yyyymmddGggC, G one of K (woman), M (man), X, gg 06-89; Luhn with K=5, M=7, X=8. */
static enum sg_pid_fault read_vastra_gotaland(struct number *n)
{
    char digits[11];
    char g = n->s[8];
    enum sg_pid_fault f = full_birth(n, num(n->s, 4));
    if (f)
        return f;
    int serial = num(n->s + 9, 2);
    if (serial < 6 || serial > 89)
        return SG_PID_SERIAL;
    SG_COPY(digits, n->s + 2);
    digits[6] = g == 'K' ? '5' : g == 'M' ? '7' : '8';
    n->out->gender = g == 'K' ? SG_GENDER_FEMALE : g == 'M' ? SG_GENDER_MALE : SG_GENDER_UNKNOWN;
    return luhn(digits) ? SG_PID_FINE : SG_PID_CHECK;
}

static enum sg_pid_fault read_varmland(struct number *n)
{
    return full_birth(n, num(n->s, 4));
}

/* Letters count as the two digits of their ASCII code. */
static bool nrid_check(const char *s)
{
    char digits[2 * 12 + 1];
    size_t k = 0;
    for (; *s; s++) {
        int code = (unsigned char)*s;
        if (code >= 'A') {
            digits[k++] = (char)('0' + code / 10);
            digits[k++] = (char)('0' + code % 10);
        } else {
            digits[k++] = *s;
        }
    }
    digits[k] = '\0';
    return luhn(digits);
}

/* XXYYMMDDNNGC. XX = century of birth + 3, 6, … 78, and never 18-21, so XX modulo 3 tells the century; 00: the
 * date is unknown and YYMMDD is a serial with MM 20-99, DD 40-59. */
static enum sg_pid_fault read_nrid(struct number *n)
{
    int xx = num(n->s, 2), m = num(n->s + 4, 2), d = num(n->s + 6, 2);
    if (xx == 0) {
        if (m < 20)
            return SG_PID_MONTH;
        if (d < 40 || d > 59)
            return SG_PID_DAY;
    } else {
        if (xx < 22 || xx > 98)
            return SG_PID_YEAR;
        enum sg_pid_fault f = full_birth(n, (18 + xx % 3) * 100 + num(n->s + 2, 2));
        if (f)
            return f;
    }
    char g = n->s[10];
    n->out->gender = g <= '9' ? by_parity(g) : SG_GENDER_UNKNOWN;
    return nrid_check(n->s) ? SG_PID_FINE : SG_PID_CHECK;
}

/* Patterns: 9 a digit, A a letter of NRID's alphabet, G that or a digit, S K V the sets of sets[], Z letter or digit. */
static const struct {
    const char *pattern;
    int day_first, day_last;        /* 0 0: any */
    enum sg_pid_type type;
    enum sg_reserve_kind reserve;
    enum sg_pid_fault (*read)(struct number *n);
} kinds[] = {
    { "N99999999999", 0, 0, SG_PID_RESERVE, SG_RESERVE_STOCKHOLM, read_stockholm },
    { "99999999K999", 0, 0, SG_PID_RESERVE, SG_RESERVE_VASTRA_GOTALAND, read_vastra_gotaland },
    { "C9999999SV9Z", 0, 0, SG_PID_RESERVE, SG_RESERVE_VARMLAND, read_varmland },
    { "99999999AAG9", 0, 0, SG_PID_NRID, SG_RESERVE_NONE, read_nrid },
    { "999999999999", 32, 59, SG_PID_RESERVE, SG_RESERVE_INERA, read_inera },
    { "999999999999", 0, 0, SG_PID_PERSONNUMMER, SG_RESERVE_NONE, read_number },
};

static bool class_has(char pattern, char c)
{
    static const struct { char name; const char *chars; } sets[] = {
        { '9', "0123456789" }, { 'A', "ABCDEFGHJKLMNPRSTUXYZ" }, { 'G', "0123456789ABCDEFGHJKLMNPRSTUXYZ" }, { 'K', "KMX" },
        { 'S', "S" }, { 'V', "FUXPL" }, { 'Z', "123456789ABCDEFGHIJKLMNOPQRSTUWXYZ" }, { 'N', "9" }, { 'C', "12" },
    };
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++)
        if (sets[i].name == pattern)
            return strchr(sets[i].chars, c) != NULL;
    return false;
}

static bool matches(size_t kind, const char *s)
{
    const char *p = kinds[kind].pattern;
    for (size_t i = 0; i < 12; i++)
        if (!class_has(p[i], s[i]))
            return false;
    /* Stockholm's 99 stands for no century; both digits are needed. */
    if (p[0] == 'N' && s[1] != '9')
        return false;
    /* A Värmland number begins with the year of birth, an NRID never with 18-21. */
    if (p[0] == 'C' && (num(s, 2) < 18 || num(s, 2) > 21))
        return false;
    int day = num(s + 6, 2);
    return kinds[kind].day_last == 0 || (day >= kinds[kind].day_first && day <= kinds[kind].day_last);
}

/* A dash as word processors make it. */
static size_t typographic_dash(const char *s)
{
    static const char *const dashes[] = { "\xE2\x80\x90", "\xE2\x80\x91", "\xE2\x80\x92", "\xE2\x80\x93", "\xE2\x80\x94", "\xE2\x88\x92" };
    for (size_t i = 0; i < sizeof dashes / sizeof *dashes; i++)
        if (sg_starts(s, dashes[i]))
            return 3;
    return 0;
}

/* Upper case without separators into dst; *sep is the separator before the last four, 0 when none. */
static enum sg_pid_fault clean(const char *text, char dst[13], char *sep)
{
    char s[PASTED_MAX];
    size_t n = 0, at = 0;
    *sep = '\0';
    if (!SG_COPY(s, text))
        return SG_PID_LENGTH;
    if (!*sg_strip_blanks(s))
        return SG_PID_EMPTY;
    for (const char *p = s; *p; p++) {
        size_t dash = typographic_dash(p);
        char c = dash ? '-' : *p >= 'a' && *p <= 'z' ? (char)(*p - 'a' + 'A') : *p;
        p += dash ? dash - 1 : 0;
        if (c == '-' || c == '+') {
            if (*sep)
                return SG_PID_CHARACTERS;
            *sep = c;
            at = n;
        } else if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'))) {
            return SG_PID_CHARACTERS;
        } else if (n == 12) {
            return SG_PID_LENGTH;
        } else {
            dst[n++] = c;
        }
    }
    dst[n] = '\0';
    if (n != 10 && n != 12)
        return SG_PID_LENGTH;
    return *sep && at != n - 4 ? SG_PID_CHARACTERS : SG_PID_FINE;
}

/* 10 digits to 12: the latest year that has begun, a hundred years earlier with '+', which is written from the
 * year of the hundredth birthday on. */
static enum sg_pid_fault add_century(char s[13], char sep, struct sg_date today)
{
    if (strspn(s, "0123456789") != 10)
        return SG_PID_CHARACTERS;
    int y = today.y / 100 * 100 + num(s, 2);
    if (y > today.y)
        y -= 100;
    if (sep == '+')
        y -= 100;
    char full[13];
    if (y < YEAR_FIRST)
        return SG_PID_YEAR;
    /* The reserve series exist in full only; here their days are just wrong days. */
    int day = num(s + 4, 2);
    if (day >= 32 && day <= 59)
        return SG_PID_DAY;
    sg_format(full, sizeof full, "%04d%s", y % 10000, s + 2);
    memcpy(s, full, sizeof full);
    return SG_PID_FINE;
}

static enum sg_pid_fault read_kinds(struct number *n)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (!matches(i, n->s))
            continue;
        n->out->type = kinds[i].type;
        n->out->reserve = kinds[i].reserve;
        return kinds[i].read(n);
    }
    return SG_PID_CHARACTERS;
}

enum sg_pid_fault sg_pid_parse(const char *text, struct sg_date today, struct sg_pid *out)
{
    struct number n = { .today = today, .out = out };
    char sep;
    *out = (struct sg_pid){ 0 };
    enum sg_pid_fault f = clean(text, n.s, &sep);
    if (!f && strlen(n.s) == 10)
        f = add_century(n.s, sep, today);
    if (!f)
        f = read_kinds(&n);
    if (f)
        *out = (struct sg_pid){ 0 };
    else
        SG_COPY(out->normalised, n.s);
    return f;
}

const char *sg_pid_type_name(enum sg_pid_type t)
{
    static const char *const names[] = { "none", "personnummer", "samordningsnummer", "nrid", "reserve" };
    return (size_t)t < sizeof names / sizeof *names ? names[t] : names[0];
}

const char *sg_pid_fault_text(enum sg_pid_fault f)
{
    static const char *const texts[] = {
        [SG_PID_FINE] = N_("The number is correct"),
        [SG_PID_EMPTY] = N_("Type a person identifier"),
        [SG_PID_LENGTH] = N_("Type 10 or 12 characters"),
        [SG_PID_CHARACTERS] = N_("A character or the separator is in the wrong place"),
        [SG_PID_MONTH] = N_("The month (characters 5-6 of 12) does not exist"),
        [SG_PID_DAY] = N_("The day (characters 7-8 of 12) does not exist"),
        [SG_PID_FUTURE] = N_("The date of birth is in the future; type all 12 digits if the person is 100 years or older"),
        [SG_PID_SERIAL] = N_("The serial number (characters 9-11 of 12) is not allowed"),
        [SG_PID_CHECK] = N_("The check digit (the last one) is wrong; look for a mistyped digit"),
        [SG_PID_YEAR] = N_("The year of birth (characters 1-4 of 12) is not possible"),
    };
    size_t i = (size_t)f;
    return i < sizeof texts / sizeof *texts ? texts[i] : texts[SG_PID_CHARACTERS];
}

const char *sg_gender_name(enum sg_gender g)
{
    return g == SG_GENDER_FEMALE ? "female" : g == SG_GENDER_MALE ? "male" : "unknown";
}

void sg_pid_show(char dst[32], const char *normalised, bool masked, bool ascii)
{
    const char *dots = ascii ? "**" : "\xE2\x80\xA2\xE2\x80\xA2";
    size_t n = normalised ? strlen(normalised) : 0;
    if (n == 12)
        sg_format(dst, 32, "%.8s-%.*s%s", normalised, masked ? 2 : 4, normalised + 8, masked ? dots : "");
    else if (n > 0 && masked)
        sg_format(dst, 32, "%s%s", dots, dots);
    else
        sg_copy(dst, 32, normalised);
}
