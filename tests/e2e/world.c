/* The world of one test program: a temporary folder with certificates, configuration, the service's database and the clients'
 * state, and one sigilld process. Certificates are shared by all programs of a run through SIGILL_E2E_PKI. */
#include "tests/e2e/lib.h"
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <sqlite3.h>
#include "base/buf.h"
#include "base/str.h"
#include "wire/leaf.h"
#include "tests/patience.h"

char e2e_dir[E2E_PATH];
int e2e_port, e2e_server_port;
const char *e2e_host = "127.0.0.1";
const char *e2e_clock_file, *e2e_more_client, *e2e_more_server;
static char pki[E2E_PATH];
static struct e2e_proc server;
static bool up;

/* Everybody who works here. stranger is not in the directory, foreign has a certificate of another authority. */
static const struct { const char *profile, *hsa, *name, *region, *unit, *roles; bool terms, known; const char *ca; } staff[] = {
    {"manager", "SE2321000016-1001", "Maja Lind", "demo", "SE2321000016-11", "\"account-admin\",\"journal-superadmin\",\"reviewer\"", true, true, "ca"},
    {"second", "SE2321000016-1002", "Sven Ek", "demo", "SE2321000016-12", "\"account-admin\",\"journal-superadmin\"", true, true, "ca"},
    {"norr", "SE2321000016-1003", "Nora Nord", "norr", "SE2321000016-21", "\"account-admin\",\"journal-superadmin\"", true, true, "ca"},
    {"nurse", "SE2321000016-1004", "Nils Vård", "demo", "SE2321000016-11", "\"case-handler\"", true, true, "ca"},
    {"support", "SE2321000016-1005", "Siv Stöd", "demo", "SE2321000016-11", "\"support\"", true, true, "ca"},
    {"national", "SE2321000016-1006", "Nina Riks", "demo", "SE2321000016-11", "\"national-admin\",\"protected-persons\"", true, true, "ca"},
    {"newcomer", "SE2321000016-1007", "Ny Anställd", "demo", "SE2321000016-11", "\"account-admin\"", false, true, "ca"},
    {"stranger", "SE2321000016-1008", "Okänd Person", "demo", "SE2321000016-11", "", true, false, "ca"},
    {"foreign", "SE2321000016-1001", "Falsk Lind", "demo", "SE2321000016-11", "", true, false, "other-ca"},
    {"missing", "", "", "", "", "", true, false, NULL},
};
enum { N_STAFF = sizeof staff / sizeof staff[0] };

void e2e_path(char dst[E2E_PATH], const char *name) { assert_true(sg_format(dst, E2E_PATH, "%s/%s", e2e_dir, name)); }

void e2e_pki_path(char dst[E2E_PATH], const char *name) { assert_true(sg_format(dst, E2E_PATH, "%s/%s", pki, name)); }

void e2e_write(const char *name, const char *text) {
    char path[E2E_PATH], fresh[E2E_PATH];
    e2e_path(path, name);
    assert_true(sg_format(fresh, sizeof fresh, "%s.new", path));
    int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    assert_int_equal(rename(fresh, path), 0);
}

void e2e_set_clock(const char *name, int64_t wall_ms) {
    char stamp[SG_RFC3339_MAX];
    sg_rfc3339(stamp, wall_ms);
    e2e_write(name, stamp);
}

static int64_t frozen_at;

void e2e_freeze(const char *name, int64_t wall_ms) {
    e2e_clock_file = name;
    frozen_at = wall_ms;
}

void e2e_configure(int port) {
    struct sg_buf b;
    sg_buf_init(&b, 64 << 10);
    e2e_port = port;
    (void)sg_buf_addf(&b, "[sigill]\nurl = https://%s:%d\nca = %s/ca.pem\npassphrase_file = passphrase\nscrypt_log_n = 14\nconnect_seconds = %d\nanswer_seconds = %d\n"
                      "key_cache = no\nlang = en\n%s", e2e_host, port, pki, 3 * test_patience(), 15 * test_patience(), e2e_more_client != NULL ? e2e_more_client : "");
    for (size_t i = 0; i < N_STAFF; i++) {
        (void)sg_buf_addf(&b, "[%s]\ncert = %s/%s.pem\nkey = %s/%s.key\nstate_dir = state/%s\n", staff[i].profile, pki, staff[i].profile, pki,
                          staff[i].profile, staff[i].profile);
    }
    assert_int_equal(sg_buf_check(&b), SG_E_OK);
    e2e_write("sigill.conf", b.data);
    sg_buf_free(&b);
}

static void make_pki(void) {
    const char *shared = getenv("SIGILL_E2E_PKI");
    assert_true(shared != NULL ? sg_copy(pki, sizeof pki, shared) : sg_format(pki, sizeof pki, "%s/pki", e2e_dir));
    assert_true(mkdir(pki, 0700) == 0 || errno == EEXIST);
    e2e_pki_ca(pki, "ca");
    e2e_pki_ca(pki, "other-ca");
    e2e_pki_cert(pki, "ca", "server", "localhost", NULL, true);
    for (size_t i = 0; i < N_STAFF; i++) {
        if (staff[i].ca != NULL) {
            e2e_pki_cert(pki, staff[i].ca, staff[i].profile, staff[i].name, staff[i].hsa, false);
        }
    }
}

static void make_directory(void) {
    struct sg_buf b;
    sg_buf_init(&b, 64 << 10);
    (void)sg_buf_addz(&b, "{\"type\":\"policy\",\"termsVersion\":\"2026-1\",\"termsText\":\"Be careful.\"}\n"
        "{\"type\":\"region\",\"code\":\"demo\",\"name\":\"Region Demo\"}\n{\"type\":\"region\",\"code\":\"norr\",\"name\":\"Region Norr\"}\n"
        "{\"type\":\"region\",\"code\":\"syd\",\"name\":\"Region Syd\",\"unsealWaitHours\":24}\n"
        "{\"type\":\"provider\",\"hsa\":\"SE2321000016-1\",\"name\":\"Demo vård\"}\n"
        "{\"type\":\"unit\",\"hsa\":\"SE2321000016-11\",\"name\":\"BUP Öst\",\"provider\":\"SE2321000016-1\",\"region\":\"demo\"}\n"
        "{\"type\":\"unit\",\"hsa\":\"SE2321000016-12\",\"name\":\"Barnkliniken\",\"provider\":\"SE2321000016-1\",\"region\":\"demo\"}\n"
        "{\"type\":\"unit\",\"hsa\":\"SE2321000016-21\",\"name\":\"Norrkliniken\",\"provider\":\"SE2321000016-1\",\"region\":\"norr\"}\n");
    for (size_t i = 0; i < N_STAFF; i++) {
        if (staff[i].known) {
            (void)sg_buf_addf(&b, "{\"type\":\"staff\",\"hsa\":\"%s\",\"name\":\"%s\",\"termsAccepted\":%s}\n"
                "{\"type\":\"commission\",\"id\":\"%sC\",\"staff\":\"%s\",\"name\":\"Uppdrag\",\"unit\":\"%s\",\"roles\":[%s]}\n",
                staff[i].hsa, staff[i].name, staff[i].terms ? "true" : "false", staff[i].hsa, staff[i].hsa, staff[i].unit, staff[i].roles);
        }
    }
    assert_int_equal(sg_buf_check(&b), SG_E_OK);
    e2e_import(b.data);
    sg_buf_free(&b);
}

static const char *sigilld(void) {
    const char *bin = getenv("SIGILLD_BIN");
    if (bin == NULL) {
        fail_msg("SIGILLD_BIN is not set: run the tests with `make e2e`");
    }
    return bin;
}

void e2e_import(const char *ndjson) {
    char file[E2E_PATH], db[E2E_PATH];
    struct e2e_out o;
    e2e_write("import.ndjson", ndjson);
    e2e_path(file, "import.ndjson");
    e2e_path(db, "sigill.db");
    struct e2e_proc p = e2e_spawn((const char *const[]){sigilld(), "import", "--database", db, file, NULL}, NULL);
    e2e_finish(&p, NULL, &o);
    if (o.status != 0) {
        fail_msg("import: exit %d: %s", o.status, o.err);
    }
    e2e_out_free(&o);
}

/* ---- the service ---- */

static void wait_ready(void) {
    char line[16] = "";
    size_t n = 0;
    int64_t until = e2e_mono_ms() + 20000 * test_patience();
    struct pollfd f = {.fd = server.out, .events = POLLIN};
    while (strstr(line, "ready\n") == NULL) {
        int64_t left = until - e2e_mono_ms();
        ssize_t got = left > 0 && poll(&f, 1, (int)left) == 1 ? read(server.out, line + n, sizeof line - 1 - n) : 0;
        if (got <= 0) {
            fail_msg("sigilld did not become ready; see sigilld.err in %s", e2e_dir);
        }
        n += (size_t)got;
        line[n] = '\0';
    }
}

static int read_port(const char *path) {
    struct sg_buf b;
    struct sg_error e = {0};
    int64_t port = 0;
    sg_buf_init(&b, 64);
    assert_int_equal(sg_buf_read_file(&b, path, &e), SG_E_OK);
    assert_true(sg_parse_i64(sg_trim(b.data), 1, 65535, &port));
    sg_buf_free(&b);
    return (int)port;
}

void e2e_server_start(void) {
    char conf[E2E_PATH], file[E2E_PATH], port[16], clock[E2E_PATH], err[E2E_PATH];
    assert_false(up);
    e2e_path(conf, "sigilld.conf");
    e2e_path(file, "port");
    sg_format(port, sizeof port, "%d", e2e_server_port);
    const char *argv[12] = {sigilld(), "--config", conf, "--port", port, "--port-file", file};
    if (e2e_clock_file != NULL) {
        e2e_path(clock, e2e_clock_file);
        argv[7] = "--clock";
        argv[8] = clock;
    }
    (void)unlink(file);
    e2e_path(err, "sigilld.err");
    server = e2e_spawn_logged(argv, NULL, err);
    up = true;
    wait_ready();
    int got = read_port(file);
    assert_true(e2e_server_port == 0 || e2e_server_port == got);
    e2e_server_port = got;
    if (e2e_port == 0) {
        e2e_configure(got);
    }
}

static int collect(void) {
    struct e2e_out o;
    e2e_finish(&server, NULL, &o);
    up = false;
    int status = o.status;
    e2e_out_free(&o);
    return status;
}

bool e2e_server_running(void) { return up; }

pid_t e2e_server_pid(void) { return server.pid; }

void e2e_server_kill(void) {
    kill(server.pid, SIGKILL);
    (void)collect();
}

/* The end of what the service said. */
static void show_errors(void) {
    char path[E2E_PATH], text[2048];
    e2e_path(path, "sigilld.err");
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    off_t end = lseek(fd, 0, SEEK_END);
    ssize_t n = pread(fd, text, sizeof text - 1, end > (off_t)sizeof text - 1 ? end - ((off_t)sizeof text - 1) : 0);
    text[n > 0 ? n : 0] = '\0';
    close(fd);
    print_error("%s\n", text);
}

void e2e_server_stop(void) {
    kill(server.pid, SIGTERM);
    int status = collect();
    if (status != 0) {
        show_errors();
        fail_msg("sigilld ended with %d", status);
    }
}

bool e2e_server_halted(void) {
    char path[32], line[256] = "";
    sg_format(path, sizeof path, "/proc/%d/stat", (int)server.pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0 && read(fd, line, sizeof line - 1) > 0);
    close(fd);
    const char *state = strrchr(line, ')');
    return state != NULL && state[1] == ' ' && state[2] == 'T';
}

void e2e_server_halt(void) {
    int64_t until = e2e_mono_ms() + 10000;
    kill(server.pid, SIGSTOP);
    while (!e2e_server_halted()) {
        assert_true(e2e_mono_ms() < until);
    }
}

void e2e_server_go_on(void) { kill(server.pid, SIGCONT); }

/* ---- fixtures ---- */

void e2e_server_conf(void) {
    struct sg_buf b;
    sg_buf_init(&b, 8192);
    (void)sg_buf_addf(&b, "[server]\nlisten = %s\nport = 0\ncert = %s/server.pem\nkey = %s/server.key\nca = %s/ca.pem\ndatabase = sigill.db\n"
                      "[limits]\nlookups-per-minute = 100000\nlookups-per-hour = 100000\nlookups-per-day = 100000\n[log]\nlevel = debug\n%s", e2e_host, pki, pki, pki, e2e_more_server != NULL ? e2e_more_server : "");
    e2e_write("sigilld.conf", b.data);
    sg_buf_free(&b);
}

int e2e_open(void **state) {
    (void)state;
    const char *tmp = getenv("TMPDIR");
    signal(SIGPIPE, SIG_IGN);
    assert_true(sg_format(e2e_dir, sizeof e2e_dir, "%s/sigill-e2e-XXXXXX", tmp != NULL ? tmp : "/tmp"));
    assert_non_null(mkdtemp(e2e_dir));
    make_pki();
    if (e2e_clock_file != NULL) {
        e2e_set_clock(e2e_clock_file, frozen_at);
    }
    e2e_write("passphrase", "correct horse battery staple\n");
    e2e_server_conf();
    make_directory();
    e2e_port = e2e_server_port = 0;
    e2e_server_start();
    return 0;
}

int e2e_ready(void **state) {
    (void)state;
    if (!up) {
        e2e_server_start();
    }
    return 0;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *f) {
    (void)st, (void)kind, (void)f;
    if (remove(path) == 0) {
        return 0;
    }
    print_error("%s cannot be removed: %s\n", path, strerror(errno));
    return -1;
}

/* R2.11: every event that the test has left holds the ten fields that the national log contract demands. */
static int events_incomplete(void) {
    static struct sg_event ev;
    char path[E2E_PATH];
    sqlite3 *db = NULL;
    sqlite3_stmt *st = NULL;
    int bad = 0;
    e2e_path(path, "sigill.db");
    if (access(path, F_OK) != 0) {
        return 0;
    }
    int n = 0;
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK) {
        (void)sqlite3_prepare_v2(db, "SELECT payload FROM event WHERE payload IS NOT NULL", -1, &st, NULL);
    }
    for (; st && sqlite3_step(st) == SQLITE_ROW; n++) {
        bool ok = sg_payload_decode(sqlite3_column_blob(st, 0), (size_t)sqlite3_column_bytes(st, 0), &ev) == SG_E_OK && ev.at > 0;
        const char *const must[] = {ev.id, ev.system, ev.activity, ev.purpose, ev.actor, ev.provider, ev.unit, ev.resource, ev.log, ev.kind};
        for (size_t i = 0; i < sizeof must / sizeof *must; i++) {
            ok = ok && must[i][0];
        }
        if (!ok) {
            print_error("an event lacks a mandatory field: %s %s\n", ev.id, ev.kind);
            bad++;
        }
    }
    sqlite3_finalize(st);
    sqlite3_close(db);
    if (n == 0) {                            /* the directory's import is an event already: no row at all was no check */
        print_error("no event could be read in %s\n", path);
        bad++;
    }
    return bad;
}

int e2e_close(void **state) {
    (void)state;
    if (up) {
        e2e_server_kill();
    }
    if (events_incomplete() > 0) {
        return -1;
    }
    e2e_forget_results();
    return getenv("SIGILL_E2E_KEEP") != NULL ? 0 : nftw(e2e_dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
