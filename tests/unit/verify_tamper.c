/* R2.2, R2.3: whatever is done to an exported log is found, by the code of sigill-verify itself.
 *   Small log (50 events): every bit of every file; every deletion, swap, insertion, doubling and cut, of one file or of all alike.
 *   Whole things: old copy, re-signed, unsigned, wrong key, fork, another log.
 *   Large log (100,000 events in the long form `make tamper`): random edits, each looked for from the last place known to be good before
 *   it, with everything behind it, so that a hundred thousand of them are checked in minutes. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <sys/wait.h>
#include "log_maker.h"
#include "../../src/verify/directory.c"         /* entry by entry, from any place: not part of its header */
#include "tests/patience.h"

enum { SMALL = 50, ANY = -2 };
static int64_t large = 2000;
static long edits = 2000, stride = 499, row_stride = 31;       /* of the bits of events.ndjson, leaves and hashes that are tried in the short form */
static char work[] = "/tmp/sigill-tamper-XXXXXX", small[64], key[SG_VKEY_MAX];
static struct sg_note_signer signer;
static struct sv_opts opts = {.key_text = key};

static struct sv_verdict check(const char *dir) {
    struct sv_verdict v = {.index = -1};
    v.ok = sv_check_directory(dir, &opts, &v);
    return v;
}

static void expect_bad(const char *dir, int64_t index, const char *what, size_t at) {
    struct sv_verdict v = check(dir);
    if (v.ok || (index != ANY && v.index != index))
        fail_msg("%s %zu: ok %d, entry %lld instead of %lld: %s", what, at, v.ok, (long long)v.index, (long long)index, v.why);
}

/* The entry byte at of a file belongs to. */
static int64_t entry_of(const char *name, const char *t, size_t at) {
    if (sg_eq(name, "leaves"))
        return (int64_t)(at / SG_LEAF_LEN);
    if (sg_eq(name, "hashes"))
        return (int64_t)(at / SG_HASH_LEN);
    int64_t line_no = 0;
    for (size_t i = 0; i < at; i++)
        line_no += t[i] == '\n';
    return sg_eq(name, "events.ndjson") ? line_no : -1;
}

static void r2_2_every_bit(void **state) {
    (void)state;
    long tried = 0;
    assert_true(check(small).ok);
    for (size_t f = 0; f < MK_FILES; f++) {
        size_t n, step = f < 2 ? 1 : sg_eq(mk_files[f], "events.ndjson") ? (size_t)stride : (size_t)row_stride;
        char *t = mk_read(small, mk_files[f], &n), path[512];
        mk_path(path, small, mk_files[f]);
        FILE *file = fopen(path, "r+b");
        assert_true(t && file);
        for (size_t bit = 0; bit < n * 8; bit += step, tried++) {
            char c = (char)(t[bit / 8] ^ 1 << bit % 8);
            assert_true(pwrite(fileno(file), &c, 1, (off_t)(bit / 8)) == 1);
            expect_bad(small, entry_of(mk_files[f], t, bit / 8), mk_files[f], bit);
            assert_true(pwrite(fileno(file), t + bit / 8, 1, (off_t)(bit / 8)) == 1);
        }
        (void)fclose(file);
        free(t);
    }
    assert_true(check(small).ok);
    print_message("%ld bits, all found\n", tried);
}

/* Start and length of entry i in a file. */
static void place(const char *name, const char *t, int64_t i, size_t *at, size_t *n) {
    if (!sg_eq(name, "events.ndjson")) {
        *n = sg_eq(name, "leaves") ? SG_LEAF_LEN : SG_HASH_LEN;
        *at = (size_t)i * *n;
        return;
    }
    const char *s = t;
    while (i-- > 0)
        s = strchr(s, '\n') + 1;
    *at = (size_t)(s - t);
    *n = strcspn(s, "\n") + 1;
}

enum edit { DELETE, DOUBLE, INSERT, SWAP, CUT, EDITS };
/* Entry i of one file, edited; an inserted one is another entry of the same log. */
static void edit_file(const char *name, enum edit what, int64_t i) {
    size_t len, at, n, at2, n2;
    char *t = mk_read(small, name, &len);
    struct sg_buf b;
    place(name, t, i, &at, &n);
    place(name, t, what == SWAP ? i + 1 : (i + 20) % SMALL, &at2, &n2);
    sg_buf_init(&b, len * 2);
    (void)sg_buf_add(&b, t, at);
    if (what == INSERT || what == SWAP)
        (void)sg_buf_add(&b, t + at2, n2);
    if (what != DELETE && what != CUT)
        (void)sg_buf_add(&b, t + at, n);
    if (what == DOUBLE)
        (void)sg_buf_add(&b, t + at, n);
    size_t from = what == SWAP ? at2 + n2 : at + n;
    if (what != CUT)
        (void)sg_buf_add(&b, t + from, len - from);
    mk_write(small, name, b.data ? b.data : "", b.len);
    sg_buf_free(&b);
    free(t);
}

static void r2_2_every_row(void **state) {
    (void)state;
    static const char *const rows[] = {"leaves", "hashes", "events.ndjson"};
    char *kept[3];
    size_t len[3];
    for (int f = 0; f < 3; f++)
        kept[f] = mk_read(small, rows[f], &len[f]);
    for (unsigned which = 1; which < 8; which++)
        for (int what = 0; what < EDITS; what++)
            for (int64_t i = 0; i < SMALL - (what == SWAP); i += test_repeats(1, 23)) {
                for (int f = 0; f < 3; f++)
                    if (which >> f & 1)
                        edit_file(rows[f], (enum edit)what, i);
                /* A doubled entry is first wrong where it stands for the second time. */
                expect_bad(small, what == DOUBLE ? i + 1 : i, "row", (size_t)i * 100 + (size_t)what * 10 + which);
                for (int f = 0; f < 3; f++)
                    mk_write(small, rows[f], kept[f], len[f]);
            }
    for (int f = 0; f < 3; f++)
        free(kept[f]);
    assert_true(check(small).ok);
}

static void sub(char dst[512], const char *name) { (void)sg_format(dst, 512, "%s/%s", work, name); }

static void copy_file(const char *from, const char *to, const char *name) {
    size_t n;
    char *t = mk_read(from, name, &n);
    mk_write(to, name, t, n);
    free(t);
}

static void since(const char *dir, bool want, const char *checkpoint_of) {
    char path[512];
    mk_path(path, checkpoint_of, "checkpoint");
    opts.since = path;
    struct sv_verdict v = check(dir);
    opts.since = NULL;
    if (v.ok != want)
        fail_msg("%s since %s: %s", dir, checkpoint_of, v.why);
}

static void r2_2_whole_logs(void **state) {
    (void)state;
    char old[512], fork[512], thief[512];
    struct sg_note_signer other = mk_signer(2);
    sub(old, "old");
    sub(fork, "fork");
    sub(thief, "thief");
    mk_log(old, 0, 0, 30, 0, &signer);                 /* the small log as it was earlier */
    mk_log(fork, 5, 20, SMALL, 0, &signer);            /* the same first 20, then apart; as well signed as the other */
    mk_log(thief, 0, 0, SMALL, 0, &other);             /* the right entries, another's signature and key */
    assert_true(check(old).ok && check(fork).ok);
    since(small, true, old);
    since(small, true, small);
    since(old, false, small);                           /* old copy */
    since(fork, false, small);
    since(fork, false, old);
    assert_false(check(thief).ok);                      /* wrong key */
    copy_file(small, thief, "key");
    assert_false(check(thief).ok);                      /* re-signed, the key left as it was */
    copy_file(fork, old, "checkpoint");
    assert_false(check(old).ok);
    size_t n;
    char *t = mk_read(fork, "checkpoint", &n), *body = strstr(t, "\n\n");
    mk_write(fork, "checkpoint", t, (size_t)(body - t) + 1);
    assert_false(check(fork).ok);                       /* unsigned: no signature, no blank line, nothing at all */
    mk_write(fork, "checkpoint", t, (size_t)(body - t) + 2);
    assert_false(check(fork).ok);
    mk_write(fork, "checkpoint", "", 0);
    assert_false(check(fork).ok);
    free(t);
    mk_remove(old);
    mk_remove(fork);
    mk_remove(thief);
}

/* A file as it would be after an edit: base, with the bytes from `at` to `to` replaced. */
struct view { const char *base, *patch; size_t n, at, to, patch_n, pos; };
static ssize_t view_read(void *cookie, char *dst, size_t cap) {
    struct view *v = cookie;
    const char *from;
    size_t left;
    if (v->pos < v->at) {
        from = v->base + v->pos;
        left = v->at - v->pos;
    } else if (v->pos < v->at + v->patch_n) {
        from = v->patch + (v->pos - v->at);
        left = v->at + v->patch_n - v->pos;
    } else {
        size_t behind = v->to + (v->pos - v->at - v->patch_n);
        from = v->base + behind;
        left = v->n - behind;
    }
    left = left < cap ? left : cap;
    memcpy(dst, from, left);
    v->pos += left;
    return (ssize_t)left;
}

struct base { char *t; size_t n, *row; };               /* row[i]: where entry i starts */
static struct base big[3];
static struct sv_tree *known;                           /* the tree before every 64th entry */

static void load(const char *dir, int f, const char *name) {
    big[f].t = mk_read(dir, name, &big[f].n);
    big[f].row = calloc((size_t)large + 1, sizeof(size_t));
    for (int64_t i = 0; i < large; i++)
        big[f].row[i + 1] = f == 0 ? (size_t)(i + 1) * SG_LEAF_LEN : f == 2 ? (size_t)(i + 1) * SG_HASH_LEN
                                                                            : (size_t)(strchr(big[f].t + big[f].row[i], '\n') + 1 - big[f].t);
}

/* One random edit of file f: entry i is the first that differs. */
static void random_edit(struct view *v, int f, int64_t *i, char *room) {
    const struct base *b = &big[f];
    *i = (int64_t)mk_below((uint64_t)large - 1);
    size_t at = b->row[*i], n = b->row[*i + 1] - at, m = b->row[*i + 2 <= large ? *i + 2 : large] - b->row[*i + 1], x = at + mk_below(n);
    *v = (struct view){.base = b->t, .n = b->n, .patch = room, .at = at, .to = at};
    switch (mk_below(6)) {
    case 0: v->at = x; v->to = x + 1; v->patch_n = 1; room[0] = (char)(b->t[x] ^ 1 << mk_below(8)); break;
    case 1: v->to = at + n; break;                                                       /* gone */
    case 2: v->at = v->to = at + n; v->patch = b->t + at; v->patch_n = n; (*i)++; break;       /* twice */
    case 3: v->to = at + n + m; v->patch_n = n + m; memcpy(room, b->t + at + n, m); memcpy(room + m, b->t + at, n); break;      /* swapped with the next */
    case 4: v->to = b->n; break;                                                         /* cut off */
    default: v->patch = b->t + b->row[0]; v->patch_n = b->row[1]; if (*i == 0) { v->patch = b->t + b->row[1]; v->patch_n = b->row[2] - b->row[1]; } break;      /* another one put in */
    }
}

/* Goes on from the last known tree before entry i. */
static struct sv_verdict check_from(struct view view[3], int64_t i, const struct sv_checkpoint *c) {
    static const cookie_io_functions_t io = {.read = view_read};
    struct sv_verdict v = {.index = -1};
    int64_t from = i / 64 * 64;
    struct sv_tree t = known[i / 64];
    FILE *f[3];
    for (int k = 0; k < 3; k++) {
        view[k].pos = big[k].row[from];
        f[k] = fopencookie(&view[k], "rb", io);
        assert_non_null(f[k]);
    }
    struct files files = {f[0], f[1], f[2]};
    v.ok = true;
    while (v.ok && t.size < c->size)
        v.ok = check_entry(&files, &t, c, &v);
    v.ok = v.ok && all_end(&files, c->size, &v);
    for (int k = 0; k < 3; k++)
        (void)fclose(f[k]);
    return v;
}

static void r2_2_random_edits(void **state) {
    (void)state;
    char dir[512], room[4 * SV_PAYLOAD_MAX];
    static char note[SV_NOTE_MAX];
    struct sv_key k;
    struct sv_checkpoint c;
    struct sv_verdict v = {.index = -1};
    sub(dir, "large");
    mk_log(dir, 9, 0, large, 0, &signer);
    long n = sv_read_file(dir, "checkpoint", note, sizeof note);
    assert_true(n > 0 && sv_key_read(key, SV_LOG, &k) && sv_checkpoint_read(note, (size_t)n, &k, &c, &v));
    assert_true(check(dir).ok);
    load(dir, 0, "leaves");
    load(dir, 1, "events.ndjson");
    load(dir, 2, "hashes");
    mk_remove(dir);
    known = calloc((size_t)large / 64 + 1, sizeof *known);
    struct sv_tree t = {0};
    struct sv_hash h;
    for (int64_t i = 0; i < large; i++) {
        known[i / 64] = i % 64 == 0 ? t : known[i / 64];
        sv_tree_add(&t, big[0].t + big[0].row[i], SG_LEAF_LEN, &h);
    }
    mk_dice = 4711;
    for (long e = 0; e < edits; e++) {
        int64_t i;
        int f = (int)mk_below(3);
        struct view view[3];
        for (int j = 0; j < 3; j++)
            view[j] = (struct view){.base = big[j].t, .n = big[j].n, .at = big[j].n, .to = big[j].n};
        random_edit(&view[f], f, &i, room);
        v = check_from(view, i < large ? i : large - 1, &c);
        if (v.ok || v.index != i)
            fail_msg("edit %ld of file %d: ok %d, entry %lld instead of %lld: %s", e, f, v.ok, (long long)v.index, (long long)i, v.why);
    }
    print_message("%ld edits of %lld events, all found, the first bad entry named\n", edits, (long long)large);
    for (int f = 0; f < 3; f++) {
        free(big[f].t);
        free(big[f].row);
    }
    free(known);
}

/* The two %s of format, in turn. */
static void mk_args(char *dst, size_t cap, const char *format, const char *a, const char *b) {
    const char *one = strstr(format, "%s"), *two = strstr(one + 2, "%s");
    (void)sg_format(dst, cap, "%.*s%s%.*s%s%s", (int)(one - format), format, a, (int)(two - one - 2), one + 2, b, two + 2);
}

/* The program itself says so by its exit status. */
static void r2_3_exit_status(void **state) {
    (void)state;
    char exe[512], cmd[2048];
    ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
    exe[n > 0 ? n : 0] = '\0';
    *strrchr(exe, '/') = '\0';
    const struct { const char *format, *a, *b; int status; } table[] = {
        {"--key '%s' %s", key, small, 0}, {"%s%s", "", small, 0}, {"--key '%s' %s/nowhere", key, small, 1}, {"--key '%s' %s/leaves", key, small, 1},
        {"%s%s", "", "", 2}, {"--key %s %s", "nonsense", small, 2}, {"--since %s %s", "/nowhere", small, 1}, {"--leaves --key '%s' %s", key, small, 0},
        {"%s /nowhere %s", small, small, 1}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        char args[1024] = "";
        mk_args(args, sizeof args, table[i].format, table[i].a, table[i].b);
        (void)sg_format(cmd, sizeof cmd, "%s/../../sigill-verify %s >/dev/null 2>&1", exe, args);
        int status = system(cmd);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), table[i].status);
    }
}

static int setup(void **state) {
    (void)state;
    signer = mk_signer(1);
    sg_note_key_print(key, &signer.key);
    if (!mkdtemp(work))
        return 1;
    (void)sg_format(small, sizeof small, "%s/small", work);
    mk_log(small, 0, 0, SMALL, 0, &signer);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    mk_remove(small);
    return rmdir(work);
}

int main(int argc, char **argv) {
    large = edits = test_repeats(2000, 100);
    if (argc > 2) {
        large = strtol(argv[1], NULL, 10);
        edits = strtol(argv[2], NULL, 10);
        stride = row_stride = 1;
    }
    const struct CMUnitTest tests[] = {cmocka_unit_test(r2_2_every_bit), cmocka_unit_test(r2_2_every_row), cmocka_unit_test(r2_2_whole_logs),
                                       cmocka_unit_test(r2_2_random_edits), cmocka_unit_test(r2_3_exit_status)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
