/* Demo citizens: about sixty people whose ages are told from today, so that "turns 13 next month" is true whenever the demo is made.
 * Writes an import file for sigilld and a list for people and tests. Numbers are made from the individual numbers 238, 239, 980 and
 * 981 of the official test series, or stand among the official test numbers themselves: nobody alive has them.
 *   demo_data IMPORT LIST [YYYY-MM-DD] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/json.h"
#include "base/str.h"
#include "model/ids.h"

enum { PEOPLE_MAX = 100, GUARDIANS_MAX = 2 };
struct person {
    char pid[13], name[64];
    const char *tags;                 /* "child two-guardians" */
    const char *life;                 /* NULL: alive */
    bool protected_person;
    size_t n_guardians, guardian[GUARDIANS_MAX];
};
static struct person people[PEOPLE_MAX];
static size_t n_people;
static struct sg_date today;
static FILE *import, *list;

static const char *const women[] = {"Alva", "Bea", "Cia", "Disa", "Ebba", "Freja", "Gun", "Hilda", "Ines", "Julia", "Karin", "Lo", "Maja", "Nova", "Olga", "Petra", "Runa", "Saga", "Tyra", "Ulla"};
static const char *const men[] = {"Albin", "Bo", "Carl", "David", "Elis", "Folke", "Gustav", "Hugo", "Ivar", "Johan", "Kalle", "Liam", "Melker", "Noel", "Olle", "Per", "Rune", "Sixten", "Ture", "Urban"};
static const char *const families[] = {"Ek", "Björk", "Lind", "Alm", "Ask", "Rönn", "Tall", "Gran", "Hassel", "Lönn", "Sälg", "Asp", "Hägg", "Al", "Oxel", "Syrén"};

static void stop(const char *what) {
    fprintf(stderr, "demo_data: %s\n", what);
    exit(70);
}

static bool taken(const char *pid) {
    for (size_t i = 0; i < n_people; i++) {
        if (strcmp(people[i].pid, pid) == 0) {
            return true;
        }
    }
    return false;
}

/* The check digit is found by trying: the model's own parser is the judge. */
static bool complete(char pid[13]) {
    struct sg_pid p;
    for (char c = '0'; c <= '9'; c++) {
        pid[11] = c;
        if (sg_pid_parse(pid, today, &p) == SG_PID_FINE) {
            return true;
        }
    }
    return false;
}

/* A free number of the test series for that birthday and sex; one day earlier when all of that day are taken. */
static void make_number(char pid[13], struct sg_date birth, bool woman) {
    static const char *const series[2][2] = {{"239", "981"}, {"238", "980"}};
    for (int tries = 0; tries < 30; tries++) {
        for (int i = 0; i < 2; i++) {
            (void)sg_format(pid, 13, "%04d%02d%02d%s0", birth.y, birth.m, birth.d, series[woman][i]);
            if (complete(pid) && !taken(pid)) {
                return;
            }
        }
        birth = sg_date_add(birth, 0, 0, -1);
    }
    stop("no free test number for that day");
}

static struct person *add(const char *pid, const char *name, const char *tags) {
    if (n_people == PEOPLE_MAX) {
        stop("too many people");
    }
    struct person *p = &people[n_people++];
    SG_COPY(p->pid, pid);
    SG_COPY(p->name, name);
    p->tags = tags;
    return p;
}

/* Born that many years, months and days before today. Names follow one after the other; family shared by who belongs together. */
static struct person *born(int years, int months, int days, bool woman, size_t family, const char *tags) {
    static size_t turn;
    char pid[13], name[64];
    make_number(pid, sg_date_add(today, -years, -months, -days), woman);
    turn++;
    (void)sg_format(name, sizeof name, "%s %s", (woman ? women : men)[turn % 20], families[family % (sizeof families / sizeof families[0])]);
    return add(pid, name, tags);
}

static void guarded(struct person *child, size_t a, size_t b) {
    child->guardian[child->n_guardians++] = a;
    if (b != a) {
        child->guardian[child->n_guardians++] = b;
    }
}

static void write_line(FILE *f, cJSON *o) {
    char *text = o ? cJSON_PrintUnformatted(o) : NULL;
    if (text == NULL || fprintf(f, "%s\n", text) < 0) {
        stop("cannot write");
    }
    cJSON_free(text);
    cJSON_Delete(o);
}

static cJSON *object(const char *type) {
    cJSON *o = cJSON_CreateObject();
    if (o == NULL) {
        stop("out of memory");
    }
    if (type != NULL) {
        (void)cJSON_AddStringToObject(o, "type", type);
    }
    return o;
}

static void write_citizen(const struct person *p) {
    cJSON *o = object("citizen");
    (void)cJSON_AddStringToObject(o, "personalIdentityNumber", p->pid);
    (void)cJSON_AddStringToObject(o, "name", p->name);
    (void)cJSON_AddStringToObject(o, "region", "demo");
    (void)cJSON_AddBoolToObject(o, "activeUser", p->life == NULL);
    if (p->protected_person) {
        (void)cJSON_AddBoolToObject(o, "protectedPerson", true);
    }
    if (p->life != NULL) {
        char day[11];
        sg_date_format(day, sg_date_add(today, 0, -2, 0));
        (void)cJSON_AddStringToObject(o, "life", p->life);
        (void)cJSON_AddStringToObject(o, "deceasedOn", day);
    }
    write_line(import, o);
}

static void write_relations(const struct person *p) {
    for (size_t i = 0; i < p->n_guardians; i++) {
        cJSON *o = object("relation");
        (void)cJSON_AddStringToObject(o, "citizen", p->pid);
        (void)cJSON_AddStringToObject(o, "person", people[p->guardian[i]].pid);
        (void)cJSON_AddStringToObject(o, "relation", "guardian");
        write_line(import, o);
    }
}

static void write_listing(const struct person *p) {
    cJSON *o = object(NULL);
    (void)cJSON_AddStringToObject(o, "personalIdentityNumber", p->pid);
    (void)cJSON_AddStringToObject(o, "name", p->name);
    cJSON *guardians = cJSON_AddArrayToObject(o, "guardians"), *tags = cJSON_AddArrayToObject(o, "tags");
    for (size_t i = 0; i < p->n_guardians; i++) {
        (void)cJSON_AddItemToArray(guardians, cJSON_CreateString(people[p->guardian[i]].pid));
    }
    for (const char *t = p->tags; *t != '\0';) {
        char one[32];
        size_t n = strcspn(t, " ");
        (void)sg_copyn(one, sizeof one, t, n);
        (void)cJSON_AddItemToArray(tags, cJSON_CreateString(one));
        t += n + (t[n] == ' ');
    }
    write_line(list, o);
}

/* key, value, key, value … NULL: the fields of its kind. Registered some weeks ago by the account administrator of the demo. */
static void restriction(const struct person *p, const char *kind, const char *const *fields) {
    static int made;
    char id[40], at[11], stamp[32];
    cJSON *o = object("restriction");
    (void)sg_format(id, sizeof id, "01900000-0000-7000-8000-%012d", ++made);
    sg_date_format(at, sg_date_add(today, 0, 0, -20 - made));
    (void)sg_format(stamp, sizeof stamp, "%sT09:30:00Z", at);
    (void)cJSON_AddStringToObject(o, "citizen", p->pid);
    (void)cJSON_AddStringToObject(o, "kind", kind);
    (void)cJSON_AddStringToObject(o, "id", id);
    (void)cJSON_AddStringToObject(o, "registeredAt", stamp);
    (void)cJSON_AddStringToObject(o, "actor", "SE2321000016-2005");
    (void)cJSON_AddStringToObject(o, "actorName", "Anna Berg");
    for (size_t i = 0; fields[i] != NULL; i += 2) {
        (void)cJSON_AddStringToObject(o, fields[i], fields[i + 1]);
    }
    write_line(import, o);
}
#define RESTRICT(p, kind, ...) restriction((p), (kind), (const char *const[]){__VA_ARGS__, NULL})

/* Eight couples of 28–49 years; couple i is people[2 i] and people[2 i + 1]. */
static void parents(void) {
    for (int i = 0; i < 8; i++) {
        (void)born(28 + 3 * i, 2 + i, 5, true, (size_t)i, "adult guardian");
        (void)born(30 + 2 * i, 7, 3 + i, false, (size_t)i, "adult guardian");
    }
}

/* One child of each age from 0 to 17 with two guardians, nothing restricted. */
static void children_of_each_age(void) {
    for (int age = 0; age < 18; age++) {
        size_t couple = (size_t)age % 8;
        struct person *p = born(age, 5, 10 + age, age % 2 == 0, couple, age < 13 ? "child two-guardians" : "teen two-guardians");
        guarded(p, 2 * couple, 2 * couple + 1);
    }
}

/* Days before, on and after the birthdays on which the rules change. */
static void at_the_limits(void) {
    static const struct { int years, days; const char *tags; } table[] = {
        {13, -25, "child two-guardians turns-13-soon"}, {13, -45, "child two-guardians turns-13-soon"}, {13, 0, "teen two-guardians turned-13"},
        {16, -25, "teen two-guardians turns-16-soon"}, {16, 0, "teen two-guardians turned-16"}, {18, -25, "teen two-guardians turns-18-soon"}, {18, 0, "adult turned-18"}};
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct person *p = born(table[i].years, 0, table[i].days, i % 2 == 1, i, table[i].tags);
        guarded(p, 2 * i, 2 * i + 1);
    }
}

static void write_special(const struct person *const s[]) {
    char until[11];
    const char *guardian = people[s[5]->guardian[0]].pid;
    sg_date_format(until, sg_date_add(today, 0, 3, 0));
    RESTRICT(s[1], "record.seal", "scope", "account", "requestedBy", "citizen", "reference", "2026/114");
    RESTRICT(s[2], "record.seal", "scope", "unit", "unit", "SE2321000016-0101", "requestedBy", "care");
    RESTRICT(s[3], "login.lock", "region", "demo", "requestedBy", "care", "reference", "2026/101");
    RESTRICT(s[3], "login.lock", "region", "norr", "requestedBy", "care", "reference", "2026/17");
    RESTRICT(s[4], "login.lock", "region", "demo", "requestedBy", "citizen");
    RESTRICT(s[5], "minor-access.grant", "person", guardian, "unit", "SE2321000016-0101", "to", until, "decisionBy", "SE2321000016-2010");
    RESTRICT(s[6], "minor-access.grant", "person", s[6]->pid, "unit", "SE5560001234-0102", "to", until, "decisionBy", "SE2321000016-2010");
    RESTRICT(s[7], "guardian.block", "person", people[s[7]->guardian[0]].pid, "reference", "2026/118", "decisionBy", "SE2321000016-2010");
}

/* The people with something out of the ordinary; one guardian each, so that the plain children stay unrestricted. */
static void special(const struct person *out[8]) {
    struct person *child = born(9, 2, 1, true, 3, "child protected");
    guarded(child, 6, 6);
    child->protected_person = true;
    struct person *adult = born(36, 2, 1, true, 9, "adult protected");
    adult->protected_person = true;
    out[0] = child;
    out[1] = born(44, 1, 1, true, 10, "adult sealed");
    out[2] = born(52, 1, 1, false, 11, "adult sealed sealed-unit");
    out[3] = born(33, 1, 1, true, 12, "adult locked two-locks");
    out[4] = born(61, 1, 1, false, 13, "adult locked");
    struct person *teen = born(14, 3, 3, false, 4, "teen minor-access");
    guarded(teen, 8, 8);
    out[5] = teen;
    teen = born(15, 2, 3, true, 5, "teen minor-access minor-access-own");
    guarded(teen, 10, 10);
    out[6] = teen;
    struct person *blocked = born(10, 8, 8, false, 6, "child blocked");
    guarded(blocked, 12, 12);
    out[7] = blocked;
    born(81, 4, 4, true, 14, "adult deceased")->life = "deceased";
    born(12, 4, 4, false, 7, "deceased")->life = "deceased";
}

/* Numbers published as test numbers, with the forms that are no personnummer. */
static void official(void) {
    static const struct { const char *pid, *name, *tags; } table[] = {
        {"191212121212", "Tolvan Tolvansson", "adult official"}, {"194011306125", "Gun Oxel", "adult official"}, {"199001012385", "Vera Syrén", "adult official"},
        {"200002292399", "Love Hägg", "adult official"}, {"196408233234", "Arne Sälg", "adult official"},
        {"191401682396", "Sven Samordning", "adult samordningsnummer official"}, {"191406652386", "Svea Samordning", "adult samordningsnummer official"},
        {"191500722390", "Max Samordning", "adult samordningsnummer official"}, {"991981000010", "Rut Reserv", "reserve official"},
        {"19810829M071", "Rolf Reserv", "reserve official"}};
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct sg_pid p;
        if (sg_pid_parse(table[i].pid, today, &p) != SG_PID_FINE) {
            stop("an official test number is not accepted");
        }
        (void)add(p.normalised, table[i].name, table[i].tags);
    }
}

int main(int argc, char **argv) {
    struct sg_clock clock = sg_clock_system(NULL);
    const struct person *marked[8] = {0};
    if (argc < 3 || (argc == 4 && !sg_date_parse(argv[3], &today)) || (import = fopen(argv[1], "w")) == NULL ||
        (list = fopen(argv[2], "w")) == NULL) {
        stop("use it as: demo_data IMPORT LIST [YYYY-MM-DD]");
    }
    if (argc < 4) {
        today = sg_date_stockholm(sg_wall(&clock));
    }
    parents();
    children_of_each_age();
    at_the_limits();
    special(marked);
    official();
    for (size_t i = 0; i < n_people; i++) {
        write_citizen(&people[i]);
        write_listing(&people[i]);
    }
    for (size_t i = 0; i < n_people; i++) {
        write_relations(&people[i]);
    }
    write_special(marked);
    return fclose(import) != 0 || fclose(list) != 0 ? 74 : 0;
}
