/* A second answer to "who reaches what", written from the prose of docs/access.md for the tests alone. It shares nothing with
 * src/model: its own world (one letter per circumstance), its own calendar, and a decision table read from the top instead of
 * a chain of functions. A column holds the letters that match; "*" matches all. The first matching row is the answer. */
#pragma once
#include <stddef.h>
#include <string.h>

/* life  A alive, D deceased, E emigrated            id    P personnummer, C coordination number, R reserve number
 * who   S the citizen, G guardian (the one the block, the grants and the ended relation are about), O other guardian,
 *       R representative                             svc   e e-services, j journal, x jump-out
 * band  a 0-12, b 13-15, c 16-17, d 18-              prot  0 no, 1 marked, 2 protected registration
 * ended 1: G's relation has ended                    block 1: G is blocked
 * grant 0 none, c child A, g G for A, b G for A and B, o both for B, l G for A but lifted, x G for A but past its last day
 * seal  0 none, a account, p provider of A, u unit A, v unit B, t period, l account but lifted
 * lock  0, 1 or 2 regions */
struct oracle_case { char life, id, who, svc, band, prot, ended, block, grant, seal, lock; };
struct oracle_answer { const char *reach, *rule, *detail; };
struct oracle_row { const char *when[11]; struct oracle_answer then; };

#define ORACLE_PERIOD "2020-01-01–2020-06-30"
static const struct oracle_row ORACLE[] = {
    /*  life  id   who    svc   band   prot  end  block grant    seal    lock */
    {{"D", "*", "*", "*", "*", "*", "*", "*", "*", "*", "*"}, {"none", "deceased", ""}},
    {{"*", "CR", "*", "*", "*", "*", "*", "*", "*", "*", "*"}, {"none", "no-personnummer", ""}},
    /* what shuts a guardian out whatever the age */
    {{"*", "*", "G", "*", "*", "*", "1", "*", "*", "*", "*"}, {"none", "relation-ended", ""}},
    {{"*", "*", "GO", "*", "*", "12", "*", "*", "*", "*", "*"}, {"none", "protected", ""}},
    {{"*", "*", "G", "*", "*", "*", "*", "1", "*", "*", "*"}, {"none", "guardian-block", "2025-01-02 ref D 1"}},
    {{"*", "*", "GOR", "x", "*", "*", "*", "*", "*", "*", "*"}, {"none", "not-available", ""}},
    /* whom age shuts out */
    {{"*", "*", "GO", "*", "d", "*", "*", "*", "*", "*", "*"}, {"none", "over-age", "18"}},
    {{"*", "*", "GO", "e", "bc", "*", "*", "*", "*", "*", "*"}, {"none", "over-age", "13"}},
    {{"*", "*", "GO", "j", "c", "*", "*", "*", "*", "*", "*"}, {"none", "over-age", "16"}},
    {{"*", "*", "O", "j", "b", "*", "*", "*", "*", "*", "*"}, {"none", "over-age", "13"}},
    {{"*", "*", "G", "j", "b", "*", "*", "*", "0clx", "*", "*"}, {"none", "over-age", "13"}},
    {{"*", "*", "R", "*", "ab", "*", "*", "*", "*", "*", "*"}, {"none", "under-age", "16"}},
    {{"*", "*", "S", "ex", "a", "*", "*", "*", "*", "*", "*"}, {"none", "under-age", "13"}},
    {{"*", "*", "S", "j", "a", "*", "*", "*", "*", "*", "*"}, {"none", "under-age", "16"}},
    {{"*", "*", "S", "j", "b", "*", "*", "*", "0gblx", "*", "*"}, {"none", "under-age", "16"}},
    /* a whole record sealed shuts out whoever is left */
    {{"*", "*", "*", "j", "*", "*", "*", "*", "*", "a", "*"}, {"none", "sealed", ""}},
    /* grants: who is left in the journal at 13-15 has one. A and B, less what is sealed */
    {{"*", "*", "*", "j", "b", "*", "*", "*", "cg", "pu", "*"}, {"none", "sealed", ""}},
    {{"*", "*", "*", "j", "b", "*", "*", "*", "cg", "t", "*"}, {"only", "granted-unit", "Unit A – ✗ " ORACLE_PERIOD}},
    {{"*", "*", "*", "j", "b", "*", "*", "*", "cg", "*", "*"}, {"only", "granted-unit", "Unit A"}},
    {{"*", "*", "*", "j", "b", "*", "*", "*", "o", "v", "*"}, {"none", "sealed", ""}},
    {{"*", "*", "*", "j", "b", "*", "*", "*", "o", "t", "*"}, {"only", "granted-unit", "Unit B – ✗ " ORACLE_PERIOD}},
    {{"*", "*", "*", "j", "b", "*", "*", "*", "o", "*", "*"}, {"only", "granted-unit", "Unit B"}},
    {{"*", "*", "*", "j", "b", "*", "*", "*", "b", "pu", "*"}, {"only", "granted-unit", "Unit B"}},
    {{"*", "*", "*", "j", "b", "*", "*", "*", "b", "v", "*"}, {"only", "granted-unit", "Unit A"}},
    {{"*", "*", "*", "j", "b", "*", "*", "*", "b", "t", "*"}, {"only", "granted-unit", "Unit A, Unit B – ✗ " ORACLE_PERIOD}},
    {{"*", "*", "*", "j", "b", "*", "*", "*", "b", "*", "*"}, {"only", "granted-unit", "Unit A, Unit B"}},
    /* whole records with a part sealed */
    {{"*", "*", "*", "j", "*", "*", "*", "*", "*", "p", "*"}, {"except", "sealed-part", "Provider One"}},
    {{"*", "*", "*", "j", "*", "*", "*", "*", "*", "u", "*"}, {"except", "sealed-part", "Unit A"}},
    {{"*", "*", "*", "j", "*", "*", "*", "*", "*", "v", "*"}, {"except", "sealed-part", "Unit B"}},
    {{"*", "*", "*", "j", "*", "*", "*", "*", "*", "t", "*"}, {"except", "sealed-part", ORACLE_PERIOD}},
    /* locks */
    {{"*", "*", "S", "x", "*", "*", "*", "*", "*", "*", "12"}, {"all", "not-covered", ""}},
    {{"*", "*", "*", "e", "*", "*", "*", "*", "*", "*", "1"}, {"none", "login-locked", "Region Alpha"}},
    {{"*", "*", "*", "e", "*", "*", "*", "*", "*", "*", "2"}, {"none", "login-locked", "Region Alpha, Region Beta"}},
    /* nothing stands against it */
    {{"*", "*", "S", "*", "*", "*", "*", "*", "*", "*", "*"}, {"all", "own", ""}},
    {{"*", "*", "GO", "*", "*", "*", "*", "*", "*", "*", "*"}, {"all", "guardian", ""}},
    {{"*", "*", "R", "*", "*", "*", "*", "*", "*", "*", "*"}, {"all", "representative", ""}},
};

static struct oracle_answer oracle(const struct oracle_case *c)
{
    const char is[11] = {c->life, c->id, c->who, c->svc, c->band, c->prot, c->ended, c->block, c->grant, c->seal, c->lock};
    for (size_t r = 0; r < sizeof ORACLE / sizeof *ORACLE; r++) {
        int k = 0;
        while (k < 11 && (ORACLE[r].when[k][0] == '*' || strchr(ORACLE[r].when[k], is[k]))) k++;
        if (k == 11) return ORACLE[r].then;
    }
    return (struct oracle_answer){"?", "?", "?"};
}

/* Dates as the number YYYYMMDD: the difference of two, without its last four digits, is the number of full years, and a
 * birthday on 29 February falls by itself on 1 March in other years. */
static int oracle_years(int birth, int today) { return today < birth ? -1 : (today - birth) / 10000; }
static char oracle_band(int birth, int today)
{
    int years = oracle_years(birth, today);
    return years < 13 ? 'a' : years < 16 ? 'b' : years < 18 ? 'c' : 'd';
}

static int oracle_month_days(int y, int m)
{
    if (m == 2) return y % 400 == 0 || (y % 4 == 0 && y % 100 != 0) ? 29 : 28;
    return m == 4 || m == 6 || m == 9 || m == 11 ? 30 : 31;
}
static int oracle_next_day(int day)
{
    int y = day / 10000, m = day / 100 % 100, d = day % 100;
    if (++d > oracle_month_days(y, m)) d = 1, m++;
    if (m > 12) m = 1, y++;
    return y * 10000 + m * 100 + d;
}
static int oracle_day_before(int day)
{
    int y = day / 10000, m = day / 100 % 100, d = day % 100;
    if (--d < 1) {
        if (--m < 1) m = 12, y--;
        d = oracle_month_days(y, m);
    }
    return y * 10000 + m * 100 + d;
}
static int oracle_birthday(int birth, int years)
{
    int day = birth + years * 10000;
    return day % 10000 == 229 && oracle_month_days(day / 10000, 2) == 28 ? day - 229 + 301 : day;
}
