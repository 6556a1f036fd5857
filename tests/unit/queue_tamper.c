/* Somebody changes the file behind the store's back: every change is seen and named, intact rows stay usable, nothing readable leaks.
 * R3.8, DESIGN: queue and cache at rest. */
#include "queue_fixture.h"
#include "tests/patience.h"
#include <fcntl.h>

enum { ROWS = 20 };

static void fill(struct fix *f)
{
    char who[16];
    for (int i = 0; i < ROWS; i++) {
        sg_format(who, sizeof who, "c-%d", i);
        fix_add(f, who, "e1", false, NULL);
    }
}

static bool nothing(void *ctx, const struct sg_qrow *r)
{
    (void)r;
    ++*(size_t *)ctx;
    return true;
}

static size_t intact(struct fix *f, size_t *damaged)
{
    size_t n = 0;
    assert_int_equal(sg_store_each(f->s, false, nothing, &n, damaged), SG_E_OK);
    return n;
}

static size_t check(struct fix *f, struct sg_damage *d, size_t cap)
{
    size_t n = 0;
    assert_int_equal(sg_store_check(f->s, d, cap, &n), SG_E_OK);
    return n;
}

/* Exactly one finding of that kind. */
static void finds(struct fix *f, int64_t seq, const char *table, const char *what)
{
    struct sg_damage d[4];
    size_t n = check(f, d, 4);
    if (n != 1 || d[0].seq != seq || strcmp(d[0].what, what) != 0 || strcmp(d[0].table, table) != 0)
        for (size_t i = 0; i < n && i < 4; i++)
            print_error("found %s %lld %s\n", d[i].table, (long long)d[i].seq, d[i].what);
    assert_int_equal(n, 1);
    assert_int_equal(d[0].seq, seq);
    assert_string_equal(d[0].table, table);
    assert_string_equal(d[0].what, what);
}

static void an_honest_file_has_no_findings(void **state)
{
    struct fix *f = *state;
    struct sg_damage d[4];
    char id[SG_UUID_MAX];
    fill(f);
    for (int i = 0; i < 5; i++) {
        fix_claim(f, id);
        fix_finish(f, id, i % 2 ? SG_OUT_DONE : SG_OUT_CONFLICT, "e1", "e2");
    }
    assert_int_equal(check(f, d, 4), 0);
    fix_reopen(f);
    assert_int_equal(check(f, d, 4), 0);
    for (int i = 0; i < 60; i++)                           /* over the border of a bucket */
        fix_add(f, "c-x", "e1", false, NULL);
    assert_int_equal(check(f, d, 4), 0);
    size_t damaged = 9;
    assert_int_equal(intact(f, &damaged), 80);
    assert_int_equal(damaged, 0);
}

/* Flips bits of one sealed blob through a connection of its own. */
struct blob { sqlite3 *db; sqlite3_blob *b; int n; };

static void blob_open(const struct fix *f, struct blob *x, const char *table, int64_t rowid)
{
    char path[512];
    fix_path(f, "store.db", path, sizeof path);
    assert_int_equal(sqlite3_open(path, &x->db), SQLITE_OK);
    assert_int_equal(sqlite3_blob_open(x->db, "main", table, "sealed", rowid, 1, &x->b), SQLITE_OK);
    x->n = sqlite3_blob_bytes(x->b);
}

static void flip(struct blob *x, int at, unsigned char mask)
{
    unsigned char c = 0;
    assert_int_equal(sqlite3_blob_read(x->b, &c, 1, at), SQLITE_OK);
    c ^= mask;
    assert_int_equal(sqlite3_blob_write(x->b, &c, 1, at), SQLITE_OK);
}

static void blob_close(struct blob *x)
{
    sqlite3_blob_close(x->b);
    sqlite3_close(x->db);
}

static void every_seventh_byte(struct fix *f, int64_t rowid)
{
    struct blob x;
    char id[SG_UUID_MAX] = "";
    (void)id;
    blob_open(f, &x, "row", rowid);
    int n = x.n;
    blob_close(&x);
    for (int at = 0; at < n; at += (int)test_repeats(7, 210)) {
        blob_open(f, &x, "row", rowid);
        flip(&x, at, (unsigned char)(1u << (at % 8)));
        blob_close(&x);
        struct sg_damage d[2];
        assert_int_equal(check(f, d, 2), 1);
        assert_int_equal(d[0].seq, rowid);
        assert_string_equal(d[0].what, "bit-flip");
        blob_open(f, &x, "row", rowid);
        flip(&x, at, (unsigned char)(1u << (at % 8)));
        blob_close(&x);
    }
}

static void flipped_bits_are_all_seen(void **state)
{
    struct fix *f = *state;
    struct blob x;
    size_t damaged = 0;
    fill(f);
    for (int64_t row = 1; row <= ROWS; row++)
        every_seventh_byte(f, row);
    for (int64_t row = 1; row <= ROWS; row += 3) {
        blob_open(f, &x, "row", row);
        flip(&x, x.n / 2, 1);
        blob_close(&x);
    }
    assert_int_equal(intact(f, &damaged), 13);
    assert_int_equal(damaged, 7);
    struct sg_qcounts c;
    assert_int_equal(sg_store_counts(f->s, &c), SG_E_OK);
    assert_int_equal(c.damaged, 7);
    assert_int_equal(fix_claim(f, NULL), 2);               /* intact ones go */
}

static void a_damaged_row_does_not_hold_its_citizen(void **state)
{
    struct fix *f = *state;
    struct sg_outcome o;
    char id[SG_UUID_MAX];
    struct blob x;
    fix_add(f, "c-1", "e1", false, id);
    fix_add(f, "c-1", "e1", false, NULL);
    fix_outcome(&o, id, SG_OUT_CONFLICT, "e1", "");
    assert_int_equal(sg_store_finish(f->s, id, &o), SG_E_OK);
    assert_int_equal(fix_claim(f, NULL), 0);
    fix_reopen(f);
    blob_open(f, &x, "row", 1);
    flip(&x, 100, 4);
    blob_close(&x);
    assert_int_equal(fix_claim(f, NULL), 2);
}

static void deleted_rows_are_missed(void **state)
{
    struct fix *f = *state;
    static const int gone[] = {1, 10, 20};
    char sql[64];
    fill(f);
    for (int i = 0; i < 3; i++) {
        sg_format(sql, sizeof sql, "DELETE FROM row WHERE seq=%d", gone[i]);
        fix_sql(f, sql);
    }
    struct sg_damage d[8];
    assert_int_equal(check(f, d, 8), 3);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(d[i].seq, gone[i]);
        assert_string_equal(d[i].what, "missing-row");
    }
    struct sg_qcounts c;
    assert_int_equal(sg_store_counts(f->s, &c), SG_E_OK);
    assert_int_equal(c.damaged, 3);
    assert_int_equal(fix_add(f, "c-1", "e1", false, NULL), 21);      /* number 20 is not given twice */
    assert_int_equal(check(f, d, 8), 3);
}

static void swapped_rows_are_seen(void **state)
{
    struct fix *f = *state;
    struct sg_damage d[8];
    fill(f);
    fix_sql(f, "UPDATE row SET seq=-1 WHERE seq=4; UPDATE row SET seq=4 WHERE seq=9; UPDATE row SET seq=9 WHERE seq=-1;");
    assert_int_equal(check(f, d, 8), 2);
    assert_int_equal(d[0].seq, 4);
    assert_string_equal(d[0].what, "order");
    assert_int_equal(d[1].seq, 9);
    assert_string_equal(d[1].what, "order");
    size_t damaged = 0;
    assert_int_equal(intact(f, &damaged), ROWS - 2);
}

static void exchanged_contents_are_seen(void **state)
{
    struct fix *f = *state;
    fill(f);
    fix_sql(f, "UPDATE row SET sealed=(SELECT sealed FROM row WHERE seq=2) WHERE seq=3;");
    finds(f, 3, "row", "order");
}

static void changed_clear_columns_are_seen(void **state)
{
    struct fix *f = *state;
    static const char *const change[] = {
        "UPDATE row SET state=3 WHERE seq=5", "UPDATE row SET fresh=1 WHERE seq=5", "UPDATE row SET next_try=77 WHERE seq=5",
        "UPDATE row SET created_at=created_at+1 WHERE seq=5", "UPDATE row SET subject=(SELECT subject FROM row WHERE seq=6) WHERE seq=5",
        "UPDATE row SET commission=zeroblob(16) WHERE seq=5", "UPDATE row SET id='0190aaaa-0000-7000-8000-000000000000' WHERE seq=5",
        "UPDATE row SET state=77 WHERE seq=5", "UPDATE row SET sealed=x'' WHERE seq=5",
    };
    fill(f);
    fix_sql(f, "CREATE TABLE spare AS SELECT * FROM row WHERE seq=5");
    for (size_t i = 0; i < sizeof change / sizeof change[0]; i++) {
        fix_sql(f, change[i]);
        finds(f, 5, "row", "bit-flip");
        fix_sql(f, "UPDATE row SET (id,state,fresh,subject,commission,next_try,created_at,sealed)="
                   "(SELECT id,state,fresh,subject,commission,next_try,created_at,sealed FROM spare) WHERE seq=5");
        assert_int_equal(check(f, NULL, 0), 0);
    }
}

static const char PUT_BACK[] = "UPDATE row SET (state,fresh,next_try,sealed,owner)=(SELECT state,fresh,next_try,sealed,owner FROM spare)"
                               " WHERE seq=(SELECT seq FROM spare)";

static void an_old_copy_of_a_row_is_seen(void **state)
{
    struct fix *f = *state;
    char id[SG_UUID_MAX];
    fill(f);
    fix_add(f, "c-last", "e1", false, id);
    fix_sql(f, "CREATE TABLE spare AS SELECT * FROM row WHERE seq=21");
    assert_int_equal(sg_store_withdraw(f->s, id), SG_E_OK);
    fix_sql(f, PUT_BACK);
    finds(f, 21, "row", "rolled-back");
    struct sg_qrow r;
    assert_int_equal(sg_store_get(f->s, id, &r), SG_E_CORRUPT);
    for (int i = 0; i < ROWS; i++)
        assert_int_equal(fix_claim(f, NULL), i + 1);
    assert_int_equal(fix_claim(f, NULL), 0);               /* what was withdrawn is never sent */
}

static void an_old_row_with_its_bucket_is_seen(void **state)
{
    struct fix *f = *state;
    char id[SG_UUID_MAX];
    fix_add(f, "c-1", "e1", false, id);
    fix_sql(f, "CREATE TABLE spare AS SELECT * FROM row WHERE seq=1; CREATE TABLE spare_chain AS SELECT * FROM chain WHERE idx=0");
    assert_int_equal(sg_store_withdraw(f->s, id), SG_E_OK);
    fix_sql(f, PUT_BACK);
    fix_sql(f, "UPDATE chain SET sealed=(SELECT sealed FROM spare_chain) WHERE idx=0");
    finds(f, 0, "head", "rolled-back");
}

static void damaged_chain_parts_are_named_and_cost_no_row(void **state)
{
    struct fix *f = *state;
    struct sg_damage d[4];
    size_t damaged = 0;
    fill(f);
    fix_sql(f, "UPDATE chain SET sealed=zeroblob(50) WHERE idx=0");
    finds(f, 1, "bucket", "bit-flip");
    assert_int_equal(intact(f, &damaged), ROWS);
    assert_int_equal(fix_add(f, "c-1", "e1", false, NULL), ROWS + 1);
    finds(f, 1, "bucket", "bit-flip");                     /* writing on does not heal it */
    fix_sql(f, "DELETE FROM chain WHERE idx=0");
    finds(f, 1, "bucket", "missing-row");
    fix_sql(f, "UPDATE chain SET sealed=zeroblob(50) WHERE idx=-1");
    assert_int_equal(check(f, d, 4), 2);
    assert_string_equal(d[1].table, "head");
    assert_int_equal(fix_add(f, "c-1", "e1", false, NULL), ROWS + 2);
    assert_int_equal(sg_store_last_seq(f->s), -1);
}

static void an_old_copy_of_the_file_is_seen(void **state)
{
    struct fix *f = *state;
    fill(f);
    sg_store_close(f->s);
    fix_copy(f, "store.db", "old");
    fix_open(f);
    fix_add(f, "c-1", "e1", false, NULL);
    sg_store_close(f->s);
    fix_copy(f, "old", "store.db");
    fix_open(f);
    finds(f, 0, "head", "rolled-back");
    assert_int_equal(sg_store_last_seq(f->s), ROWS);       /* what the service is asked about: it knows of 21 */
    fix_add(f, "c-1", "e1", false, NULL);
    fix_add(f, "c-1", "e1", false, NULL);
    fix_reopen(f);
    finds(f, 0, "head", "rolled-back");                    /* not forgotten when the file has overtaken the witness */
}

static void slot_faults_are_told_apart(void **state)
{
    struct fix *f = *state;
    struct sg_error e;
    struct sg_secret wrong;
    fix_add(f, "c-1", "e1", false, NULL);
    sg_store_close(f->s);
    f->s = NULL;
    struct fix g = *f;
    fix_secret(&wrong, "wrong horse");
    g.pass = wrong;
    assert_int_equal(fix_try_open(&g, ACTOR, &e), SG_E_PASSPHRASE);
    sg_secret_free(&wrong);
    static const char *const damage[] = {
        "UPDATE keyslot SET salt=zeroblob(16)", "UPDATE keyslot SET proof=zeroblob(16)", "UPDATE keyslot SET wrapped=zeroblob(69)",
        "UPDATE keyslot SET params='scrypt log_n=30 r=8 p=1'", "UPDATE keyslot SET sum=zeroblob(32)", "DELETE FROM keyslot",
    };
    fix_sql(f, "CREATE TABLE spare AS SELECT * FROM keyslot");
    for (size_t i = 0; i < sizeof damage / sizeof damage[0]; i++) {
        fix_sql(f, damage[i]);
        assert_int_equal(fix_try_open(f, ACTOR, &e), SG_E_CORRUPT);
        assert_true(e.detail[0]);
        fix_sql(f, "DELETE FROM keyslot; INSERT INTO keyslot SELECT * FROM spare");
    }
    fix_open(f);
    assert_int_equal(sg_store_check(f->s, NULL, 0, &(size_t){0}), SG_E_OK);
}

static void scribble(const struct fix *f, const char *name, off_t at, size_t n)
{
    char path[512], junk[4096];
    memset(junk, 0x5a, sizeof junk);
    fix_path(f, name, path, sizeof path);
    int fd = open(path, O_WRONLY);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, junk, n, at), (ssize_t)n);
    close(fd);
}

static void an_unreadable_file_is_put_aside_not_deleted(void **state)
{
    struct fix *f = *state;
    struct sg_error e;
    struct stat st;
    char path[512];
    for (int i = 1; i <= 2; i++) {
        fill(f);
        sg_store_close(f->s);
        f->s = NULL;
        scribble(f, "store.db", 0, 100);
        assert_int_equal(fix_try_open(f, ACTOR, &e), SG_E_CORRUPT);
        assert_non_null(strstr(e.detail, "damaged-"));
        char name[32];
        sg_format(name, sizeof name, "store.db.damaged-%d", i);
        fix_path(f, name, path, sizeof path);
        assert_int_equal(stat(path, &st), 0);
        assert_true(st.st_size > 20000);
        fix_open(f);
    }
    assert_int_equal(check(f, NULL, 0), 0);
}

static void rows_on_whole_pages_survive_a_damaged_page(void **state)
{
    struct fix *f = *state;
    size_t damaged = 0;
    struct stat st;
    char path[512];
    for (int i = 0; i < 10; i++)
        fill(f);
    sg_store_close(f->s);
    f->s = NULL;
    fix_path(f, "store.db", path, sizeof path);
    assert_int_equal(stat(path, &st), 0);
    off_t pages = st.st_size / 4096;
    int tried = 0;
    for (off_t p = 15; p < pages; p += test_repeats(4, 100), tried++) {
        fix_copy(f, "store.db", "whole");
        scribble(f, "store.db", p * 4096, 4096);
        fix_open(f);
        size_t n = intact(f, &damaged);
        assert_true(n >= 100);
        assert_true(n == 200 || damaged > 0 || check(f, NULL, 0) > 0);
        sg_store_close(f->s);
        f->s = NULL;
        fix_copy(f, "whole", "store.db");
    }
    assert_true(tried > test_repeats(5, 0));
    fix_open(f);
}

static bool has(const char *hay, size_t n, const char *needle)
{
    return memmem(hay, n, needle, strlen(needle)) != NULL;
}

static void no_canary_in(const struct fix *f, const char *name)
{
    static const char *const canaries[] = {CANARY_REASON, "heimlig", CANARY_NAME, CANARY_PNR, CANARY_CITIZEN, ACTOR, COMMISSION,
                                           "login.lock", "correct horse", "2026/131"};
    char path[512];
    struct sg_error e;
    struct sg_buf text;
    fix_path(f, name, path, sizeof path);
    sg_buf_init(&text, 16 << 20);
    assert_int_equal(sg_buf_read_file(&text, path, &e), SG_E_OK);
    for (size_t i = 0; i < sizeof canaries / sizeof canaries[0]; i++)
        if (text.data && has(text.data, text.len, canaries[i])) {
            print_error("%s holds %s in clear\n", name, canaries[i]);
            fail();
        }
    sg_buf_free(&text);
}

static void nothing_readable_in_any_file(void **state)
{
    struct fix *f = *state;
    struct sg_citizen c;
    struct sg_action a;
    struct sg_error e;
    struct sg_buf text;
    fix_citizen(&c, CANARY_CITIZEN, "e1");
    fix_action(&a, CANARY_CITIZEN, "e1");
    assert_int_equal(sg_part_set(&a.part[0], "reference", "2026/131", &e), SG_E_OK);
    assert_int_equal(sg_store_enqueue(f->s, &a, COMMISSION, false, &c, &e), SG_E_OK);
    sg_buf_init(&text, 1 << 20);
    assert_int_equal(sg_wire_print(sg_wire_citizen(&c), &text), SG_E_OK);
    assert_true(has(text.data, text.len, CANARY_PNR));     /* the canary does sing when it is in clear */
    assert_int_equal(sg_store_cache_put(f->s, "citizen", CANARY_CITIZEN, text.data, text.len, fix_now), SG_E_OK);
    sg_buf_free(&text);
    fix_claim(f, NULL);
    int files = 0;
    DIR *d = opendir(f->dir);
    assert_non_null(d);
    for (struct dirent *en; (en = readdir(d));)
        if (en->d_name[0] != '.') {
            no_canary_in(f, en->d_name);
            files++;
        }
    closedir(d);
    assert_true(files >= 3);                               /* database, WAL, shared memory, witness */
    sg_store_close(f->s);
    f->s = NULL;
    no_canary_in(f, "store.db");
    fix_open(f);
}

static void cache_entries_cannot_be_made_younger_or_moved(void **state)
{
    struct fix *f = *state;
    struct sg_buf b;
    int64_t as_of = 0;
    sg_buf_init(&b, 100);
    assert_int_equal(sg_store_cache_put(f->s, "k", "x", "{}", 2, 1000), SG_E_OK);
    assert_int_equal(sg_store_cache_put(f->s, "k", "y", "[]", 2, 1000), SG_E_OK);
    fix_sql(f, "UPDATE cache SET as_of=2000 WHERE rowid=1");
    assert_int_equal(sg_store_cache_get(f->s, "k", "x", 0, &b, &as_of), SG_E_CORRUPT);
    fix_sql(f, "UPDATE cache SET as_of=1000 WHERE rowid=1");
    assert_int_equal(sg_store_cache_get(f->s, "k", "x", 0, &b, &as_of), SG_E_OK);
    fix_sql(f, "UPDATE cache SET sealed=(SELECT sealed FROM cache WHERE rowid=2) WHERE rowid=1");
    assert_int_equal(sg_store_cache_get(f->s, "k", "x", 0, &b, &as_of), SG_E_CORRUPT);
    sg_buf_free(&b);
}

#define T(name) cmocka_unit_test_setup_teardown(name, fix_setup, fix_teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(an_honest_file_has_no_findings), T(flipped_bits_are_all_seen), T(a_damaged_row_does_not_hold_its_citizen),
        T(deleted_rows_are_missed), T(swapped_rows_are_seen), T(exchanged_contents_are_seen), T(changed_clear_columns_are_seen),
        T(an_old_copy_of_a_row_is_seen), T(an_old_row_with_its_bucket_is_seen), T(damaged_chain_parts_are_named_and_cost_no_row),
        T(an_old_copy_of_the_file_is_seen), T(slot_faults_are_told_apart), T(an_unreadable_file_is_put_aside_not_deleted),
        T(rows_on_whole_pages_survive_a_damaged_page), T(nothing_readable_in_any_file), T(cache_entries_cannot_be_made_younger_or_moved),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
