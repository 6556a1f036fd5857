/* Citizens: made as a test needs them and imported into the running service. Their numbers belong to the official test series
 * (individual numbers 238, 239, 980 and 981), so that none of them can be a living person's. */
#include "tests/e2e/lib.h"
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include "base/buf.h"
#include "base/str.h"

struct sg_date e2e_today(void) {
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return sg_date_stockholm((int64_t)t.tv_sec * 1000);
}

static char check_digit(const char *nine) {
    int sum = 0;
    for (int i = 0; i < 9; i++) {
        int d = (nine[i] - '0') * (i % 2 == 0 ? 2 : 1);
        sum += d > 9 ? d - 9 : d;
    }
    return (char)('0' + (10 - sum % 10) % 10);
}

/* Four numbers a day, each day once: birthdays lie one to eleven months back, so that nobody's age changes during a run. */
void e2e_next_pid(char dst[13], int age) {
    static const char *const series[] = {"238", "239", "980", "981"};
    static int made;
    int n = made++;
    struct sg_date b = sg_date_add(e2e_today(), -age, 0, -31 - (n / 4) % 300);
    assert_true(n < 1200 * 10);
    assert_true(sg_format(dst, 13, "%04d%02d%02d%s", b.y, b.m, b.d, series[n % 4]));
    dst[11] = check_digit(dst + 2);
    dst[12] = '\0';
}

void e2e_id_of(struct e2e_person *p) {
    char path[E2E_PATH];
    sqlite3 *db = NULL;
    sqlite3_stmt *st = NULL;
    e2e_path(path, "sigill.db");
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    sqlite3_busy_timeout(db, 10000);
    assert_int_equal(sqlite3_prepare_v2(db, "SELECT id FROM citizen WHERE pid = ?1", -1, &st, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_bind_text(st, 1, p->pid, -1, SQLITE_STATIC), SQLITE_OK);
    assert_int_equal(sqlite3_step(st), SQLITE_ROW);
    union { const unsigned char *u; const char *c; } text = {.u = sqlite3_column_text(st, 0)};
    assert_true(SG_COPY(p->id, text.c));
    sqlite3_finalize(st);
    sqlite3_close(db);
}

static void citizen_line(struct sg_buf *b, const struct e2e_person *p, const char *more) {
    (void)sg_buf_addf(b, "{\"type\":\"citizen\",\"personalIdentityNumber\":\"%s\",\"name\":\"%s\",\"region\":\"demo\"%s}\n", p->pid, p->name, more);
}

void e2e_citizen(struct e2e_person *p, int age, const char *name, const char *more) {
    struct sg_buf b;
    sg_buf_init(&b, 4096);
    e2e_next_pid(p->pid, age);
    SG_COPY(p->name, name);
    citizen_line(&b, p, more);
    e2e_import(b.data);
    sg_buf_free(&b);
    e2e_id_of(p);
}

static void import_family(struct e2e_family *f, int age, const char *more) {
    struct sg_buf b;
    sg_buf_init(&b, 8192);
    e2e_next_pid(f->child.pid, age);
    citizen_line(&b, &f->child, more);
    for (int i = 0; i < 2; i++) {
        e2e_next_pid(f->guardian[i].pid, 38 + i);
        citizen_line(&b, &f->guardian[i], "");
        (void)sg_buf_addf(&b, "{\"type\":\"relation\",\"citizen\":\"%s\",\"person\":\"%s\",\"relation\":\"guardian\"}\n", f->child.pid, f->guardian[i].pid);
    }
    e2e_import(b.data);
    sg_buf_free(&b);
    e2e_id_of(&f->child);
    e2e_id_of(&f->guardian[0]);
    e2e_id_of(&f->guardian[1]);
}

void e2e_make_family(struct e2e_family *f, int age, const char *more) {
    SG_COPY(f->child.name, "Alva Ek");
    SG_COPY(f->guardian[0].name, "Bo Ek");
    SG_COPY(f->guardian[1].name, "Cia Ek");
    import_family(f, age, more);
}

void e2e_make_family_named(struct e2e_family *f, int age, const char *child, const char *guardian) {
    SG_COPY(f->child.name, child);
    SG_COPY(f->guardian[0].name, guardian);
    SG_COPY(f->guardian[1].name, "Cia Ek");
    import_family(f, age, "");
}
