/* Person identifiers and HSA-ids: the published test numbers, then whole ranges against rules written a second way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include "base/str.h"
#include "model/ids.h"

static const struct sg_date TODAY = { 2026, 11, 24 };

struct good {
    const char *text, *normalised, *birth;
    enum sg_pid_type type;
    enum sg_gender gender;
    enum sg_reserve_kind reserve;
};

static void check_good(const struct good *g)
{
    struct sg_pid p;
    char birth[24];
    enum sg_pid_fault f = sg_pid_parse(g->text, TODAY, &p);
    if (f)
        fail_msg("%s refused with %d", g->text, (int)f);
    snprintf(birth, sizeof birth, "%04d-%02d-%02d", p.birth.y, p.birth.m, p.birth.d);
    assert_string_equal(p.normalised, g->normalised);
    assert_string_equal(birth, g->birth);
    assert_int_equal(p.type, g->type);
    assert_int_equal(p.gender, g->gender);
    assert_int_equal(p.reserve, g->reserve);
}

#define PN SG_PID_PERSONNUMMER
#define SN SG_PID_SAMORDNINGSNUMMER
#define F SG_GENDER_FEMALE
#define M SG_GENDER_MALE
#define U SG_GENDER_UNKNOWN
static const struct good goods[] = {
    { "19121212-1212", "191212121212", "1912-12-12", PN, M, 0 }, { "20121212-1212", "201212121212", "2012-12-12", PN, M, 0 },
    { "121212-1212", "201212121212", "2012-12-12", PN, M, 0 }, { "121212+1212", "191212121212", "1912-12-12", PN, M, 0 },
    { "1212121212", "201212121212", "2012-12-12", PN, M, 0 }, { "19121212+1212", "191212121212", "1912-12-12", PN, M, 0 },
    { "18900101-9802", "189001019802", "1890-01-01", PN, F, 0 }, { "19000101-9801", "190001019801", "1900-01-01", PN, F, 0 },
    { "19031204-9802", "190312049802", "1903-12-04", PN, F, 0 }, { "19031101-9814", "190311019814", "1903-11-01", PN, M, 0 },
    { "19401130-6125", "194011306125", "1940-11-30", PN, F, 0 }, { "19900101-2385", "199001012385", "1990-01-01", PN, F, 0 },
    { "19640823-3234", "196408233234", "1964-08-23", PN, M, 0 }, { "811218-9876", "198112189876", "1981-12-18", PN, M, 0 },
    { "20000229-2399", "200002292399", "2000-02-29", PN, M, 0 }, { "20240229-2383", "202402292383", "2024-02-29", PN, F, 0 },
    { "20190101-2391", "201901012391", "2019-01-01", PN, M, 0 }, { "20190119-2391", "201901192391", "2019-01-19", PN, M, 0 },
    { "20190206-2395", "201902062395", "2019-02-06", PN, M, 0 }, { "20190224-2393", "201902242393", "2019-02-24", PN, M, 0 },
    { "20190314-2394", "201903142394", "2019-03-14", PN, M, 0 }, { "20190331-2385", "201903312385", "2019-03-31", PN, F, 0 },
    { "20190418-2381", "201904182381", "2019-04-18", PN, F, 0 }, { "20190506-2384", "201905062384", "2019-05-06", PN, F, 0 },
    { "20190524-2382", "201905242382", "2019-05-24", PN, F, 0 }, { "20190611-2386", "201906112386", "2019-06-11", PN, F, 0 },
    { "20170101-2393", "201701012393", "2017-01-01", PN, M, 0 },
    { "202601612381", "202601612381", "2026-01-01", SN, F, 0 }, { "202601622380", "202601622380", "2026-01-02", SN, F, 0 },
    { "202601912393", "202601912393", "2026-01-31", SN, M, 0 }, { "191401682396", "191401682396", "1914-01-08", SN, M, 0 },
    { "191406652386", "191406652386", "1914-06-05", SN, F, 0 }, { "191500722390", "191500722390", "1915-00-12", SN, M, 0 },
    { "191711602399", "191711602399", "1917-11-00", SN, M, 0 }, { "701063-2391", "197010632391", "1970-10-03", SN, M, 0 },
    { "150072+2390", "191500722390", "1915-00-12", SN, M, 0 },
    { "991981000010", "991981000010", "0000-00-00", SG_PID_RESERVE, U, SG_RESERVE_STOCKHOLM },
    { "991945000023", "991945000023", "0000-00-00", SG_PID_RESERVE, U, SG_RESERVE_STOCKHOLM },
    { "991993000032", "991993000032", "0000-00-00", SG_PID_RESERVE, U, SG_RESERVE_STOCKHOLM },
    { "19810829M071", "19810829M071", "1981-08-29", SG_PID_RESERVE, M, SG_RESERVE_VASTRA_GOTALAND },
    { "19450829-k088", "19450829K088", "1945-08-29", SG_PID_RESERVE, F, SG_RESERVE_VASTRA_GOTALAND },
    { "19930829X802", "19930829X802", "1993-08-29", SG_PID_RESERVE, U, SG_RESERVE_VASTRA_GOTALAND },
    { "19810829SU3A", "19810829SU3A", "1981-08-29", SG_PID_RESERVE, U, SG_RESERVE_VARMLAND },
    { "198108320014", "198108320014", "1981-08-00", SG_PID_RESERVE, U, SG_RESERVE_INERA },
    /* as people paste them */
    { " 2012 1212 - 1212 ", "201212121212", "2012-12-12", PN, M, 0 },
    { "\xC2\xA0" "20121212\xE2\x80\x93" "1212\xE2\x80\x8B", "201212121212", "2012-12-12", PN, M, 0 },
};

static void published_numbers_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof goods / sizeof *goods; i++)
        check_good(&goods[i]);
}

static void faults_are_named(void **state)
{
    (void)state;
    static const struct { const char *text; enum sg_pid_fault fault; } bads[] = {
        { "", SG_PID_EMPTY }, { " \xC2\xA0", SG_PID_EMPTY }, { NULL, SG_PID_EMPTY }, { "19811218-9875", SG_PID_CHECK },
        { "811318-9876", SG_PID_MONTH }, { "811200-9876", SG_PID_DAY }, { "811232-9876", SG_PID_DAY }, { "19810018-9876", SG_PID_MONTH },
        { "811218-0006", SG_PID_SERIAL }, { "81121861-000", SG_PID_LENGTH }, { "20230229-2384", SG_PID_DAY },
        { "19000229-2384", SG_PID_DAY },
        { "20261125-2384", SG_PID_FUTURE }, { "261125-2384", SG_PID_FUTURE }, { "2013121212", SG_PID_MONTH },
        { "20121212-12", SG_PID_CHARACTERS }, { "20121212121", SG_PID_LENGTH },
        { "2012121212122", SG_PID_LENGTH }, { "2012-12121212", SG_PID_CHARACTERS }, { "20121212--1212", SG_PID_CHARACTERS },
        { "20121212-12l2", SG_PID_CHARACTERS }, { "2012121212\xC3\xA5", SG_PID_CHARACTERS },
        { "\xEF\xBC\x92" "0121212121", SG_PID_CHARACTERS },
        { "18391231-2384", SG_PID_YEAR }, { "500101+2384", SG_PID_CHECK }, { "300101+2384", SG_PID_YEAR },
        { "991899000014", SG_PID_YEAR },
        { "19810829M072", SG_PID_CHECK }, { "19810829M05X", SG_PID_CHARACTERS }, { "19810829M051", SG_PID_SERIAL },
        { "19810829SV3A", SG_PID_CHARACTERS }, { "19810829SU3V", SG_PID_CHARACTERS }, { "991981000011", SG_PID_CHECK },
        { "198108320015", SG_PID_CHECK }, { "810832-0014", SG_PID_DAY }, { "202701612380", SG_PID_FUTURE },
        { "20260092-2380", SG_PID_DAY },
        { "11111111111111111111111111111111111111111111111111111111111111111111", SG_PID_LENGTH },
    };
    for (size_t i = 0; i < sizeof bads / sizeof *bads; i++) {
        struct sg_pid p, none;
        memset(&none, 0, sizeof none);
        memset(&p, 0x5A, sizeof p);
        enum sg_pid_fault f = sg_pid_parse(bads[i].text, TODAY, &p);
        if (f != bads[i].fault)
            fail_msg("%s: fault %d, not %d", bads[i].text, (int)f, (int)bads[i].fault);
        assert_int_equal(p.type, SG_PID_NONE);
        assert_string_equal(p.normalised, "");
        assert_true(strlen(sg_pid_fault_text(f)) > 10);
    }
}

/* Ten check digits, one right; and every digit mistyped is seen. */
static void every_wrong_digit_is_refused(void **state)
{
    (void)state;
    for (size_t g = 0; g < sizeof goods / sizeof *goods; g++) {
        if ((goods[g].type != PN && goods[g].type != SN) || strlen(goods[g].normalised) != 12)
            continue;
        struct sg_pid p;
        char s[13];
        for (size_t at = 2; at < 12; at++)
            for (char c = '0'; c <= '9'; c++) {
                SG_COPY(s, goods[g].normalised);
                bool same = s[at] == c;
                s[at] = c;
                enum sg_pid_fault f = sg_pid_parse(s, TODAY, &p);
                if (same != (f == SG_PID_FINE))
                    fail_msg("%s: fault %d", s, (int)f);
            }
    }
}

static int check_digit(const char *nine)
{
    static const int twice[] = { 0, 2, 4, 6, 8, 1, 3, 5, 7, 9 };
    int sum = 0;
    for (int i = 0; i < 9; i++)
        sum += i % 2 ? nine[i] - '0' : twice[nine[i] - '0'];
    return (10 - sum % 10) % 10;
}

/* y m d with serial 238 and its check digit. */
static void make(char dst[16], int y, int m, int d)
{
    char nine[32];
    snprintf(nine, sizeof nine, "%02d%02d%02d238", y % 100, m, d);
    snprintf(dst, 16, "%04d%02d%02d238%d", y % 10000, m % 100, d % 100, check_digit(nine));
}

static int month_length(int y, int m)
{
    if (m == 2)
        return y % 400 == 0 || (y % 4 == 0 && y % 100 != 0) ? 29 : 28;
    return m == 4 || m == 6 || m == 9 || m == 11 ? 30 : 31;
}

/* Days 1-31 and 61-91 of 1890-2025: accepted exactly when the day exists. */
static void every_day_of_the_calendar(void **state)
{
    (void)state;
    for (int y = 1890; y <= 2025; y++)
        for (int m = 0; m <= 13; m++)
            for (int d = 0; d <= 99; d++) {
                char s[16];
                struct sg_pid p;
                if (d >= 32 && d <= 59)
                    continue;
                make(s, y, m, d);
                int day = d >= 60 ? d - 60 : d, most = m >= 1 && m <= 12 ? month_length(y, m) : 31;
                bool real = m <= 12 && day <= most && (d >= 60 || (m > 0 && d > 0));
                if (real != (sg_pid_parse(s, TODAY, &p) == SG_PID_FINE))
                    fail_msg("%s", s);
            }
}

/* The short form written by the rule (+ from the year of the 100th birthday) reads back as the same person. */
static void century_of_the_short_form(void **state)
{
    (void)state;
    for (int this_year = 1995; this_year <= 2105; this_year++)
        for (int y = this_year - 199; y <= this_year; y++)
            for (int coordination = 0; coordination <= 1; coordination++) {
                char full[16], brief[16];
                struct sg_pid p;
                if (y < 1840)
                    continue;
                make(full, y, 6, coordination ? 61 : 1);
                snprintf(brief, sizeof brief, "%.6s%c%.4s", full + 2, this_year - y >= 100 ? '+' : '-', full + 8);
                enum sg_pid_fault f = sg_pid_parse(brief, (struct sg_date){ (int16_t)this_year, 6, 1 }, &p);
                if (f || !sg_eq(p.normalised, full))
                    fail_msg("%s in %d: fault %d, %s not %s", brief, this_year, (int)f, p.normalised, full);
                /* The day before the birthday in the year of birth: not yet born, and never the hundred years older. */
                if (y == this_year)
                    assert_int_equal(sg_pid_parse(brief, (struct sg_date){ (int16_t)this_year, 5, 31 }, &p), SG_PID_FUTURE);
            }
}

/* The check digit computed the long way: write letters as their code, double every second digit from the right. */
static char nrid_digit(const char *eleven)
{
    char digits[32] = "";
    size_t n = 0;
    for (; *eleven; eleven++)
        n += (size_t)snprintf(digits + n, sizeof digits - n, *eleven >= 'A' ? "%d" : "%c", *eleven);
    int sum = 0;
    for (size_t i = 0; i < n; i++) {
        int d = digits[n - 1 - i] - '0', v = i % 2 == 0 ? 2 * d : d;
        sum += v / 10 + v % 10;
    }
    return (char)('0' + (10 - sum % 10) % 10);
}

static void nrid(const char *eleven, enum sg_pid_fault want, const char *birth, enum sg_gender gender)
{
    struct sg_pid p;
    char s[16], got[24];
    snprintf(s, sizeof s, "%s%c", eleven, nrid_digit(eleven));
    assert_int_equal(sg_pid_parse(s, TODAY, &p), want);
    if (want)
        return;
    snprintf(got, sizeof got, "%04d-%02d-%02d", p.birth.y, p.birth.m, p.birth.d);
    assert_string_equal(got, birth);
    assert_int_equal(p.type, SG_PID_NRID);
    assert_int_equal(p.gender, gender);
    s[11] = s[11] == '9' ? '0' : (char)(s[11] + 1);
    assert_int_equal(sg_pid_parse(s, TODAY, &p), SG_PID_CHECK);
}

static void national_reserve_ids(void **state)
{
    (void)state;
    nrid("22810829AB3", SG_PID_FINE, "1981-08-29", M);
    nrid("23140229XY2", SG_PID_DAY, "", U);
    nrid("23120229XY2", SG_PID_FINE, "2012-02-29", F);
    nrid("25810829ABC", SG_PID_FINE, "1981-08-29", U);
    nrid("98120229ZZ4", SG_PID_FINE, "2012-02-29", F);
    nrid("24991231AB4", SG_PID_FINE, "1899-12-31", F);
    nrid("00812040AB3", SG_PID_FINE, "0000-00-00", M);
    nrid("00811940AB3", SG_PID_MONTH, "", U);
    nrid("00812060AB3", SG_PID_DAY, "", U);
    nrid("21810829AB3", SG_PID_YEAR, "", U);
    nrid("99810829AB3", SG_PID_YEAR, "", U);
    nrid("23300101AB3", SG_PID_FUTURE, "", U);
    nrid("22810829AI3", SG_PID_CHARACTERS, "", U);
}

static void shown_and_named(void **state)
{
    (void)state;
    char s[32];
    sg_pid_show(s, "201412122389", false, false);
    assert_string_equal(s, "20141212-2389");
    sg_pid_show(s, "201412122389", true, false);
    assert_string_equal(s, "20141212-23\xE2\x80\xA2\xE2\x80\xA2");
    sg_pid_show(s, "201412122389", true, true);
    assert_string_equal(s, "20141212-23**");
    sg_pid_show(s, "2014", true, true);
    assert_string_equal(s, "****");
    sg_pid_show(s, NULL, true, false);
    assert_string_equal(s, "");
    assert_string_equal(sg_pid_type_name(SG_PID_RESERVE), "reserve");
    assert_string_equal(sg_pid_type_name((enum sg_pid_type)77), "none");
    assert_string_equal(sg_gender_name(SG_GENDER_FEMALE), "female");
    assert_string_equal(sg_gender_name(SG_GENDER_UNKNOWN), "unknown");
}

static void hsa_ids(void **state)
{
    (void)state;
    static const struct { const char *text, *want; } rows[] = {
        { "SE2321000016-1003", "SE2321000016-1003" }, { " se2321000016 - 10a3\xC2\xA0", "SE2321000016-10a3" },
        { "SE165565594230-1000", "SE165565594230-1000" }, { "TSTNMT2321000156-ALFA", "TSTNMT2321000156-ALFA" },
        { "tstnmt2321000156-1077", "TSTNMT2321000156-1077" }, { "SE2321000016-12345678901234567", "SE2321000016-12345678901234567" },
        { "SE2321000016-123456789012345678", "SE2321000016-123456789012345678" }, { "SE2321000016-1234567890123456789", NULL },
        { "", NULL }, { NULL, NULL }, { "SE2321000016", NULL }, { "SE2321000016-", NULL }, { "SE232100001-1003", NULL },
        { "SE23210000166-1003", NULL }, { "SE175565594230-1000", NULL }, { "NO2321000016-1003", NULL }, { "SE2321000016-\xC3\x85", NULL },
        { "SE2321000016-a@b", NULL }, { "SE2321000016-1_3", NULL }, { "SE11837399", NULL }, { "TSTNMT165565594230-1", NULL },
        { "SE2321000016-1003\n", "SE2321000016-1003" }, { "SE2321000016-1-3", NULL },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char dst[SG_HSA_MAX] = "x";
        const char *want = rows[i].want;
        bool ok = sg_hsa_parse(rows[i].text, dst);
        if (ok != (want != NULL) || !sg_eq(dst, want ? want : ""))
            fail_msg("row %zu: %d \"%s\"", i, ok, dst);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_numbers_are_read), cmocka_unit_test(faults_are_named), cmocka_unit_test(every_wrong_digit_is_refused),
        cmocka_unit_test(every_day_of_the_calendar), cmocka_unit_test(century_of_the_short_form), cmocka_unit_test(national_reserve_ids),
        cmocka_unit_test(shown_and_named), cmocka_unit_test(hsa_ids),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
