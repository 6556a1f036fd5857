/* R2.8 with real programs: two sigill-witness processes, one over TLS and one plain, watch a sigilld; a profile that demands both signatures
 * gets them, an outsider's sigill-verify does, and a service that goes back to an old copy and on from there is not cosigned. */
#include "tests/e2e/lib.h"
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/buf.h"
#include "base/str.h"

enum { N = 2 };
static struct { struct e2e_proc p; bool up; int port; char key[400]; } witness[N];
static char log_key[400], client_more[1200], server_more[3000];

static void program(char dst[E2E_PATH], const char *suffix) {
    const char *sigill = getenv("SIGILL_BIN");
    assert_true(sg_format(dst, E2E_PATH, "%s%s", sigill ? sigill : "build/sigill", suffix));
}

static void first_line(const char *const *argv, char *dst, size_t cap) {
    struct e2e_out o;
    struct e2e_proc p = e2e_spawn(argv, NULL);
    e2e_finish(&p, NULL, &o);
    assert_int_equal(o.status, 0);
    o.out[strcspn(o.out, "\n")] = '\0';
    assert_true(sg_copy(dst, cap, o.out));
    e2e_out_free(&o);
}

static void read_file(const char *name, char *dst, size_t cap) {
    char path[E2E_PATH];
    struct sg_buf b;
    struct sg_error e = {0};
    e2e_path(path, name);
    sg_buf_init(&b, 1 << 20);
    assert_int_equal(sg_buf_read_file(&b, path, &e), SG_E_OK);
    (void)sg_copy(dst, cap, b.data ? b.data : "");
    sg_buf_free(&b);
}

static void start_witness(int i) {
    char exe[E2E_PATH], key[E2E_PATH], name[32], port_file[E2E_PATH], listen[32], cert[E2E_PATH], cert_key[E2E_PATH], err[E2E_PATH], line[8] = "", text[16];
    program(exe, "-witness");
    sg_format(name, sizeof name, "witness%d", i);
    e2e_path(key, name);
    sg_format(text, sizeof text, "w%d.port", i);
    e2e_path(port_file, text);
    sg_format(text, sizeof text, "w%d.err", i);
    e2e_path(err, text);
    sg_format(listen, sizeof listen, "127.0.0.1:%d", witness[i].port);
    e2e_pki_path(cert, "server.pem");
    e2e_pki_path(cert_key, "server.key");
    const char *argv[16] = {exe, "--serve", key, "--name", name, "--log", log_key, "--listen", listen, "--port-file", port_file};
    if (i == 0) {
        argv[11] = "--cert", argv[12] = cert, argv[13] = "--cert-key", argv[14] = cert_key;
    }
    witness[i].p = e2e_spawn_logged(argv, NULL, err);
    witness[i].up = true;
    struct pollfd f = {.fd = witness[i].p.out, .events = POLLIN};
    assert_true(poll(&f, 1, 20000) == 1 && read(witness[i].p.out, line, 6) == 6 && strcmp(line, "ready\n") == 0);
    char number[16];
    sg_format(text, sizeof text, "w%d.port", i);
    read_file(text, number, sizeof number);
    witness[i].port = (int)strtol(number, NULL, 10);
}

static void stop_witness(int i) {
    struct e2e_out o;
    if (!witness[i].up) {
        return;
    }
    kill(witness[i].p.pid, SIGTERM);
    e2e_finish(&witness[i].p, NULL, &o);
    assert_int_equal(o.status, 0);
    e2e_out_free(&o);
    witness[i].up = false;
}

static const cJSON *log_of(const struct e2e_out *status) { return cJSON_GetObjectItemCaseSensitive(status->line[0], "log"); }

/* The key of the log is known once the service has run; then the witnesses are told of it, and the service of them. */
static int open_all(void **state) {
    char exe[E2E_PATH], key[E2E_PATH], name[32], ca[E2E_PATH];
    if (e2e_open(state) != 0) {
        return -1;
    }
    e2e_path(key, "sigill.db.log-key");
    e2e_server_stop();
    program(exe, "d-sign");
    first_line((const char *const[]){exe, "--key", key, NULL}, log_key, sizeof log_key);
    for (int i = 0; i < N; i++) {
        start_witness(i);
        stop_witness(i);
        sg_format(name, sizeof name, "witness%d", i);
        e2e_path(key, name);
        program(exe, "-witness");
        first_line((const char *const[]){exe, "--key", key, NULL}, witness[i].key, sizeof witness[i].key);
        start_witness(i);
    }
    e2e_pki_path(ca, "ca.pem");
    sg_format(server_more, sizeof server_more, "[event-log]\nwitness-seconds = 1\n[witness one]\nurl = https://127.0.0.1:%d\nkey = %s\nca = %s\n"
              "[witness two]\nurl = http://127.0.0.1:%d\nkey = %s\n", witness[0].port, witness[0].key, ca, witness[1].port, witness[1].key);
    sg_format(client_more, sizeof client_more, "log_key = %s\nlog_witnesses = %s %s\n", log_key, witness[0].key, witness[1].key);
    e2e_more_server = server_more;
    e2e_more_client = client_more;
    e2e_server_conf();
    e2e_server_start();
    e2e_configure(e2e_server_port);
    return 0;
}

static int close_all(void **state) {
    for (int i = 0; i < N; i++) {
        stop_witness(i);
    }
    return e2e_close(state);
}

/* Looks at the logs until what the profile demands is met, or is not. */
static const struct e2e_out *until_witnessed(const char *profile, bool met) {
    int64_t until = e2e_mono_ms() + 30000;
    const struct e2e_out *o;
    do {
        (void)RUN(profile, "sync");
        o = RUN(profile, "status");
        assert_true(e2e_mono_ms() < until);
    } while (e2e_true(log_of(o), "witnessed") != met);
    return o;
}

static int verify(const char *dir, const char *w0, const char *w1, const char *quorum) {
    char exe[E2E_PATH];
    struct e2e_out o;
    program(exe, "-verify");
    struct e2e_proc p = e2e_spawn((const char *const[]){exe, "--key", log_key, "--witness", w0, "--witness", w1, "--quorum", quorum, dir, NULL}, NULL);
    e2e_finish(&p, NULL, &o);
    int status = o.status;
    e2e_out_free(&o);
    return status;
}

static void lock(const char *profile) {
    struct e2e_person p;
    e2e_citizen(&p, 44, "Ebbe Alm", "");
    assert_exit(RUN(profile, "do", "login.lock", p.id, "--reason", "log"), 0);
}

static double verified(const char *what) {
    const struct e2e_out *o = RUN("manager", "log", "verify");
    assert_exit(o, 0);
    return cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(o->line[0], what));
}

/* The witnesses have signed the log of the manager's care provider as long as it is now. */
static void until_all_is_witnessed(void) {
    int64_t until = e2e_mono_ms() + 30000;
    double size = verified("size");
    assert_true(size > 0);
    while (!(verified("witnessedSize") >= size)) assert_true(e2e_mono_ms() < until);
}

static void r2_8_both_have_signed(void **state) {
    (void)state;
    char dir[E2E_PATH];
    lock("manager");
    const struct e2e_out *o = until_witnessed("manager", true);
    assert_exit(o, 0);
    assert_true(cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(log_of(o), "quorum")) == 2);
    o = RUN("manager", "log", "verify");
    assert_exit(o, 0);
    assert_true(cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(o->line[0], "witnessedSize")) > 0);
    e2e_path(dir, "export");
    assert_exit(RUN("manager", "log", "export", dir), 0);
    assert_int_equal(verify(dir, witness[0].key, witness[1].key, "2"), 0);
    char other[] = "other.example+8d0b0b3f+BAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    assert_int_equal(verify(dir, witness[0].key, other, "2"), 2);           /* not a key */
    assert_int_equal(verify(dir, witness[0].key, witness[0].key, "2"), 2);  /* one is not two */
}

/* Without them work goes on; who demands them is told, and verification fails. */
static void r2_8_a_witness_is_away(void **state) {
    (void)state;
    stop_witness(1);
    e2e_server_stop();
    e2e_more_server = "";
    e2e_server_conf();                                                      /* as if it had never had witnesses … */
    e2e_server_start();
    lock("manager");
    (void)until_witnessed("manager", true);                                 /* … what they signed lately still stands */
    e2e_server_stop();
    e2e_more_server = server_more;
    e2e_server_conf();
    start_witness(1);
    e2e_server_start();
    lock("manager");
    (void)until_witnessed("manager", true);
}

static void copy(const char *from, const char *to) {
    char a[E2E_PATH], b[E2E_PATH], block[65536];
    e2e_path(a, from);
    e2e_path(b, to);
    FILE *in = fopen(a, "rb"), *out = fopen(b, "wb");
    assert_true(in && out);
    for (size_t n; (n = fread(block, 1, sizeof block, in)) > 0;)
        assert_true(fwrite(block, 1, n, out) == n);
    assert_true(fclose(out) == 0 && fclose(in) == 0);
}

static size_t events(const char *kind) {
    const struct e2e_out *o = RUN("national", "events", "--all", "--kind", kind, "--newest");
    assert_exit(o, 0);
    return e2e_count(o, "kind", kind, NULL, NULL);
}

/* The whole house of the service is hostile: database and signer's book go back, and another history is signed with the true key. */
static void r2_8_a_fork_is_not_cosigned(void **state) {
    (void)state;
    char path[E2E_PATH], before[4096], after[4096];
    (void)until_witnessed("second", true);
    e2e_server_stop();
    copy("sigill.db", "old.db");
    copy("sigill.db.log-key.state", "old.state");
    e2e_server_start();
    lock("manager");
    until_all_is_witnessed();                                               /* else the other history would only be a longer one */
    e2e_server_stop();
    read_file("witness1.state", before, sizeof before);
    copy("old.db", "sigill.db");
    copy("old.state", "sigill.db.log-key.state");
    e2e_path(path, "sigill.db-wal");
    (void)unlink(path);
    e2e_path(path, "sigill.db-shm");
    (void)unlink(path);
    e2e_server_start();
    int64_t until = e2e_mono_ms() + 30000;
    for (int i = 0; i < 8; i++) lock("second");                             /* longer than what they signed */
    while (events("witness.refused") < 2) assert_true(e2e_mono_ms() < until);
    e2e_server_stop();
    stop_witness(1);
    start_witness(1);                                                       /* it writes its book anew at a start: a line an origin */
    read_file("witness1.state", after, sizeof after);
    char provider[160];
    const char *line = strstr(before, "/se2321000016-1/");
    assert_non_null(line);
    while (line > before && line[-1] != '\n') line--;
    const char *last = line;                                                /* the last line of this origin counts */
    for (const char *at = line; (at = strchr(at, '\n')) && at[1]; at++)
        if (strncmp(at + 1, line, strcspn(line, " ")) == 0) last = at + 1;
    assert_true(sg_copyn(provider, sizeof provider, last, strcspn(last, "\n")));
    assert_non_null(strstr(after, provider));                               /* what it signed of that log it still stands by */
    e2e_server_start();
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup(r2_8_both_have_signed, e2e_ready), cmocka_unit_test_setup(r2_8_a_witness_is_away, e2e_ready),
                                       cmocka_unit_test_setup(r2_8_a_fork_is_not_cosigned, e2e_ready)};
    return cmocka_run_group_tests(tests, open_all, close_all);
}
