/* The canary rule (R3.6, R4.6): after a day's work no personal data lies in clear in anything the client writes — its store, its
 * messages — nor in what the service prints, nor in the arguments or environment of a running process. Each search is first shown to
 * find what it looks for where it may be. */
#include "tests/e2e/lib.h"
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/buf.h"
#include "base/str.h"

#define NAME "Kanariegul Tvestjärt"
#define GUARDIAN "Papegojgrön Skata"
#define REASON "quokka told the zebra"
#define REFERENCE "ZX-778-quagga"

enum { CANARIES_MAX = 16, FILE_MAX = 64 << 20 };
static char canary[CANARIES_MAX][64];
static size_t n_canaries, files_searched;

static void add(const char *text) {
    assert_true(n_canaries < CANARIES_MAX && sg_copy(canary[n_canaries], sizeof canary[0], text));
    n_canaries++;
}

static void add_number(const char *pid) {
    char form[32];
    add(pid);
    add(pid + 2);
    sg_format(form, sizeof form, "%.8s-%s", pid, pid + 8);
    add(form);
}

/* The canary that stands in the data; NULL when none does. */
static const char *caught(const char *data, size_t n) {
    for (size_t i = 0; i < n_canaries; i++) {
        if (memmem(data, n, canary[i], strlen(canary[i])) != NULL) {
            return canary[i];
        }
    }
    return NULL;
}

static void assert_clean(const char *what, const char *data, size_t n) {
    const char *found = caught(data, n);
    if (found != NULL) {
        fail_msg("%s holds “%s”", what, found);
    }
}

static struct sg_buf file_of(const char *path) {
    struct sg_buf b;
    struct sg_error e = {0};
    sg_buf_init(&b, FILE_MAX);
    assert_int_equal(sg_buf_read_file(&b, path, &e), SG_E_OK);
    files_searched++;
    return b;
}

static void search_folder(const char *path) {
    DIR *d = opendir(path);
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d)) != NULL;) {
        char child[2 * E2E_PATH];
        struct stat st;
        if (sg_eq(e->d_name, ".") || sg_eq(e->d_name, "..")) {
            continue;
        }
        sg_format(child, sizeof child, "%s/%s", path, e->d_name);
        assert_clean("a file name", e->d_name, strlen(e->d_name));
        assert_int_equal(lstat(child, &st), 0);
        assert_int_equal(st.st_mode & 077, 0);                   /* nobody else may even look */
        if (S_ISDIR(st.st_mode)) {
            search_folder(child);
        } else {
            struct sg_buf b = file_of(child);
            assert_clean(child, b.data != NULL ? b.data : "", b.len);
            sg_buf_free(&b);
        }
    }
    closedir(d);
}

static const struct e2e_out *quiet(const struct e2e_out *o, int want) {
    assert_exit(o, want);
    assert_clean("standard error", o->err, strlen(o->err));
    return o;
}

/* What others on the machine can see of a process. */
static void look_at(const struct e2e_proc *p) {
    static const char *const what[] = {"cmdline", "environ", "comm"};
    for (size_t i = 0; i < 3; i++) {
        char path[64], data[65536];
        sg_format(path, sizeof path, "/proc/%d/%s", (int)p->pid, what[i]);
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0) {
            assert_true(i == 1 && errno == EACCES);               /* environ is closed to us altogether: an ordinary user, a process that is not dumpable */
            continue;
        }
        ssize_t n = read(fd, data, sizeof data);
        for (int again = 0; n == 0 && i != 1 && again < 500; again++) {       /* the moment between fork and exec has no arguments yet */
            (void)poll(NULL, 0, 10);
            n = pread(fd, data, sizeof data, 0);
        }
        close(fd);
        assert_true(n > 0 || i == 1);                             /* environ: closed to us, or nothing in it while it starts or ends */
        assert_clean(path, data, n > 0 ? (size_t)n : 0);
    }
}

static void first_line(struct e2e_proc *p, char *dst, size_t cap) {
    size_t n = 0;
    while (n + 1 < cap && (n == 0 || dst[n - 1] != '\n')) {
        struct pollfd f = {.fd = p->out, .events = POLLIN};
        assert_int_equal(poll(&f, 1, 30000), 1);
        assert_int_equal(read(p->out, dst + n, 1), 1);
        n++;
    }
    dst[n] = '\0';
}

/* A batch that has done one line and waits for the next: a running client that holds everything. It ends well or is killed, which
 * leaves the journal of its store behind. */
static void batch(const struct e2e_family *f, const char *outcome, bool murder) {
    char line[1024], answer[4096];
    struct e2e_out o;
    struct e2e_proc p = e2e_sigill_start("manager", (const char *const[]){"batch", NULL});
    assert_true(sg_format(line, sizeof line, "{\"kind\":\"guardian.block\",\"subject\":\"%s\",\"params\":{\"guardian\":\"%s\",\"reference\":\"" REFERENCE
                          "\"},\"reason\":\"" REASON "\"}\n", f->child.id, f->guardian[0].id));
    assert_int_equal(write(p.in, line, strlen(line)), (ssize_t)strlen(line));
    first_line(&p, answer, sizeof answer);
    assert_non_null(strstr(answer, outcome));
    look_at(&p);
    if (murder) {
        kill(p.pid, SIGKILL);
    }
    e2e_finish(&p, NULL, &o);
    assert_int_equal(o.status, murder ? -SIGKILL : 0);
    assert_clean("standard error", o.err, strlen(o.err));
    e2e_out_free(&o);
}

/* At rest, not even the opaque ids may show. */
static void search_state(const struct e2e_family *f, const struct e2e_family *away, size_t files) {
    char path[E2E_PATH];
    add(f->child.id);
    add(away->child.id);
    e2e_path(path, "state");
    files_searched = 0;
    search_folder(path);
    assert_true(files_searched >= files);
    n_canaries -= 2;
}

static void look_up(const char *number) {
    struct e2e_out o;
    struct e2e_proc p = e2e_sigill_start("manager", (const char *const[]){"lookup", NULL});
    assert_int_equal(write(p.in, number, 6), 6);
    look_at(&p);
    e2e_finish(&p, number + 6, &o);
    (void)quiet(&o, 0);
    e2e_out_free(&o);
}

static void the_net_catches(const struct e2e_family *f) {
    char path[E2E_PATH];
    e2e_path(path, "sigill.db");
    struct sg_buf b = file_of(path), wal;
    e2e_path(path, "sigill.db-wal");
    wal = file_of(path);
    assert_true(caught(b.data, b.len) != NULL || caught(wal.data, wal.len) != NULL);   /* the service's database may hold numbers */
    sg_buf_free(&b);
    sg_buf_free(&wal);
    const struct e2e_out *o = RUN("manager", "show", "citizen", f->child.id);
    assert_non_null(caught(o->out, strlen(o->out)));
    assert_non_null(strstr(o->out, NAME));
}

static void r3_6_nothing_lies_in_clear(void **state) {
    (void)state;
    static struct e2e_family f, away;
    char path[E2E_PATH];
    e2e_make_family_named(&f, 8, NAME, GUARDIAN);
    e2e_make_family_named(&away, 9, NAME, GUARDIAN);
    const struct e2e_person *all[] = {&f.child, &f.guardian[0], &away.child};
    for (size_t i = 0; i < 3; i++) {
        add_number(all[i]->pid);
    }
    add(NAME);
    add(GUARDIAN);
    add(REASON);
    add(REFERENCE);
    the_net_catches(&f);

    look_up(f.child.pid);
    (void)quiet(RUN("manager", "access", f.child.id), 0);
    (void)quiet(RUN("manager", "show", "citizen", away.child.id), 0);
    batch(&f, "\"done\"", false);
    (void)quiet(RUN("manager", "events", f.child.id), 0);
    e2e_server_stop();
    batch(&away, "\"queued\"", true);
    search_state(&f, &away, 2);
    (void)quiet(RUN("manager", "access", f.child.id), 0);                  /* from the cache */
    (void)quiet(RUN("manager", "queue", "list"), 0);
    (void)quiet(RUN_IN("manager", "19121212-1213", "lookup"), 65);
    e2e_server_start();
    (void)quiet(RUN("manager", "sync"), 0);
    e2e_server_stop();

    search_state(&f, &away, 1);
    e2e_path(path, "sigilld.err");
    struct sg_buf b = file_of(path);
    assert_clean(path, b.data != NULL ? b.data : "", b.len);
    sg_buf_free(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(r3_6_nothing_lies_in_clear)};
    return cmocka_run_group_tests_name("canary", tests, e2e_open, e2e_close);
}
