/* Queue files that were left behind, looked at and opened as such (R1.18): what they are is told without making, moving or changing anything,
 * whose rows are whose stands in the clear, who has one open is seen, and nobody gets into one who was not in it. */
#include "tests/unit/queue_fixture.h"
#include <signal.h>
#include <sys/wait.h>

struct looked { char dir[SG_LEFTOVER_PATH], file[SG_LEFTOVER_FILE]; struct sg_leftover l; };

static enum sg_left kind_of(const char *path, struct looked *k)
{
    enum sg_err err = sg_store_look(path, ACTOR, k->dir, k->file, &k->l);
    assert_int_equal(err, k->l.kind == SG_LEFT_NOTHING ? SG_E_NOTFOUND : SG_E_OK);
    return k->l.kind;
}

static enum sg_err open_existing(const struct fix *f, const char *dir, const char *actor, struct sg_store **out)
{
    struct sg_error e = {0};
    struct sg_store_opts o = fix_opts(f, actor);
    o.dir = dir;
    o.existing = true;
    return sg_store_open(&o, out, &e);
}

static size_t files_in(const char *dir)
{
    size_t n = 0;
    DIR *d = opendir(dir);
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d));)
        n += e->d_name[0] != '.';
    closedir(d);
    return n;
}

static void write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, strlen(text), f), strlen(text));
    assert_int_equal(fclose(f), 0);
}

static void r1_18_a_mistaken_path_stays_as_it_was(void **state)
{
    struct fix *f = *state;
    struct looked k;
    struct sg_store *s = NULL;
    char dir[512], path[600];
    fix_path(f, "elsewhere", dir, sizeof dir);
    assert_int_equal(kind_of(dir, &k), SG_LEFT_NOTHING);
    assert_int_not_equal(open_existing(f, dir, ACTOR, &s), SG_E_OK);
    assert_int_not_equal(access(dir, F_OK), 0);
    assert_int_equal(mkdir(dir, 0700), 0);
    assert_int_equal(kind_of(dir, &k), SG_LEFT_NOTHING);
    assert_int_not_equal(open_existing(f, dir, ACTOR, &s), SG_E_OK);
    assert_int_equal(files_in(dir), 0);
    sg_format(path, sizeof path, "%s/store.db", dir);
    write_file(path, "a shopping list, and a long one, so that it is more than a header: milk, bread, butter, eggs, apples, and so on and on");
    assert_int_equal(kind_of(dir, &k), SG_LEFT_UNREADABLE);
    assert_int_equal(kind_of(path, &k), SG_LEFT_UNREADABLE);
    assert_int_equal(open_existing(f, dir, ACTOR, &s), SG_E_CORRUPT);
    assert_int_equal(files_in(dir), 1);                  /* not moved aside either */
    assert_int_equal(access(path, F_OK), 0);
    assert_int_equal(unlink(path), 0);
    write_file(path, "");                                /* an empty file is no queue, and does not become one */
    assert_int_not_equal(open_existing(f, dir, ACTOR, &s), SG_E_OK);
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_size, 0);
    sg_format(path, sizeof path, "%s/list.txt", dir);
    write_file(path, "milk");
    assert_int_equal(kind_of(path, &k), SG_LEFT_UNREADABLE);
    assert_int_equal(unlink(path), 0);
    sg_format(path, sizeof path, "%s/store.db", dir);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(dir), 0);
}

static void r1_18_whose_rows_are_whose_is_told_without_a_passphrase(void **state)
{
    struct fix *f = *state;
    struct looked k;
    struct sg_error e;
    char id[SG_UUID_MAX];
    (void)fix_add(f, "citizen-1", "e1", false, NULL);
    (void)fix_add(f, "citizen-2", "e1", false, id);
    assert_int_equal(sg_store_withdraw(f->s, id), SG_E_OK);
    sg_store_close(f->s);
    assert_int_equal(fix_try_open(f, OTHER, &e), SG_E_OK);
    for (int i = 0; i < 3; i++)
        (void)fix_add(f, "citizen-3", "e1", false, NULL);
    sg_store_close(f->s);
    f->s = NULL;
    assert_int_equal(kind_of(f->dir, &k), SG_LEFT_QUEUE);
    assert_int_equal(k.l.mine, 1);
    assert_int_equal(k.l.open_rows, 4);
    assert_int_equal(k.l.holder, 0);
    assert_int_equal(sg_store_look(f->dir, "TSTNMT2321000156-1009", k.dir, k.file, &k.l), SG_E_OK);
    assert_int_equal(k.l.mine, 0);
    struct sg_store *s = NULL;                           /* somebody who was never in it does not get into it */
    assert_int_equal(open_existing(f, f->dir, "TSTNMT2321000156-1009", &s), SG_E_NOTFOUND);
    fix_sql(f, "CREATE TEMP TABLE two(n CHECK(n=2));INSERT INTO two SELECT count(*) FROM actor;CREATE TEMP TABLE too(n CHECK(n=2));"
               "INSERT INTO too SELECT count(*) FROM keyslot");
    assert_int_equal(open_existing(f, f->dir, ACTOR, &s), SG_E_OK);
    struct sg_qcounts n;
    assert_int_equal(sg_store_counts(s, &n), SG_E_OK);
    assert_int_equal(n.waiting, 1);
    assert_int_equal(n.others, 3);
    sg_store_close(s);
}

static void r1_18_newer_and_practice_queues_are_told_apart(void **state)
{
    struct fix *f = *state;
    struct looked k;
    struct sg_store *s = NULL;
    (void)fix_add(f, "citizen-1", "e1", false, NULL);
    fix_sql(f, "INSERT INTO meta VALUES('drill',1)");
    assert_int_equal(kind_of(f->dir, &k), SG_LEFT_DRILL);
    assert_int_equal(open_existing(f, f->dir, ACTOR, &s), SG_E_STATE);
    fix_sql(f, "DELETE FROM meta WHERE key='drill';UPDATE meta SET value=99 WHERE key='format'");
    assert_int_equal(kind_of(f->dir, &k), SG_LEFT_NEWER);
    assert_int_equal(k.l.format, 99);
    assert_true(sg_store_format() < 99);
    assert_int_equal(open_existing(f, f->dir, ACTOR, &s), SG_E_VERSION);
    fix_sql(f, "UPDATE meta SET value=3 WHERE key='format'");
    assert_int_equal(kind_of(f->dir, &k), SG_LEFT_QUEUE);
}

/* The child opens the store and waits until it is told to end. */
static void r1_18_a_living_program_is_seen(void **state)
{
    struct fix *f = *state;
    struct looked k;
    int up[2], down[2];
    char c = 0;
    (void)fix_add(f, "citizen-1", "e1", false, NULL);
    sg_store_close(f->s);
    f->s = NULL;
    assert_true(pipe(up) == 0 && pipe(down) == 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct sg_store *s = NULL;
        close(up[0]), close(down[1]);
        fix_secret(&f->pass, "correct horse");           /* the parent's is not inherited */
        bool ok = open_existing(f, f->dir, ACTOR, &s) == SG_E_OK;
        ok = ok && write(up[1], "x", 1) == 1 && read(down[0], &c, 1) == 1;
        _exit(ok ? 0 : 1);
    }
    close(up[1]), close(down[0]);
    assert_int_equal(read(up[0], &c, 1), 1);
    assert_int_equal(kind_of(f->dir, &k), SG_LEFT_QUEUE);
    assert_int_equal(k.l.holder, child);
    assert_int_equal(write(down[1], "x", 1), 1);
    int status = 1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(kind_of(f->dir, &k), SG_LEFT_QUEUE);
    assert_int_equal(k.l.holder, 0);
    close(up[0]), close(down[1]);
}

static void r1_18_an_older_copy_is_known_as_one(void **state)
{
    struct fix *f = *state;
    (void)fix_add(f, "citizen-1", "e1", false, NULL);
    sg_store_close(f->s);
    fix_copy(f, "store.db", "copy");
    fix_open(f);
    assert_false(sg_store_rolled(f->s));
    (void)fix_add(f, "citizen-1", "e1", false, NULL);
    sg_store_close(f->s);
    f->s = NULL;
    fix_copy(f, "copy", "store.db");
    assert_int_equal(open_existing(f, f->dir, ACTOR, &f->s), SG_E_OK);
    assert_true(sg_store_rolled(f->s));
}

/* How many are announced that lie in the folder itself; others may lie about beside it. */
static size_t announced(const struct fix *f)
{
    static struct sg_leftover list[64];
    size_t n = sg_store_leftovers(f->dir, ACTOR, list, 64), here = 0;
    for (size_t i = 0; i < n && i < 64; i++)
        here += sg_starts(list[i].path, f->dir) && list[i].damaged;
    return here;
}

static void r1_18_what_was_set_aside_and_is_emptied_is_put_away(void **state)
{
    struct fix *f = *state;
    struct looked k;
    char from[512], to[512], id[SG_UUID_MAX];
    (void)fix_add(f, "citizen-1", "e1", false, id);
    sg_store_close(f->s);
    f->s = NULL;
    fix_path(f, "store.db", from, sizeof from);
    fix_path(f, "store.db.damaged-7", to, sizeof to);
    assert_int_equal(rename(from, to), 0);
    assert_int_equal(announced(f), 1);
    assert_int_equal(kind_of(to, &k), SG_LEFT_QUEUE);    /* it can be read, whatever was the matter then */
    assert_string_equal(k.file, "store.db.damaged-7");
    assert_int_equal(k.l.mine, 1);
    struct sg_error e;
    struct sg_store_opts o = fix_opts(f, ACTOR);
    o.existing = true;
    o.file = k.file;
    assert_int_equal(sg_store_open(&o, &f->s, &e), SG_E_OK);
    assert_int_equal(sg_store_withdraw(f->s, id), SG_E_OK);
    sg_store_close(f->s);
    f->s = NULL;
    assert_int_equal(sg_store_put_away(k.dir, k.file), SG_E_OK);
    assert_int_equal(announced(f), 0);
    fix_path(f, "store.db.adopted-7", to, sizeof to);
    assert_int_equal(access(to, F_OK), 0);               /* not deleted */
}

int main(void)
{
#define LEFT_TEST(f) cmocka_unit_test_setup_teardown(f, fix_setup, fix_teardown)
    const struct CMUnitTest tests[] = {
        LEFT_TEST(r1_18_a_mistaken_path_stays_as_it_was), LEFT_TEST(r1_18_whose_rows_are_whose_is_told_without_a_passphrase),
        LEFT_TEST(r1_18_newer_and_practice_queues_are_told_apart), LEFT_TEST(r1_18_a_living_program_is_seen),
        LEFT_TEST(r1_18_an_older_copy_is_known_as_one), LEFT_TEST(r1_18_what_was_set_aside_and_is_emptied_is_put_away),
    };
    return cmocka_run_group_tests_name("queues left behind", tests, NULL, NULL);
}
