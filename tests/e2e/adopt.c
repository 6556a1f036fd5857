/* Queues that were left behind (R1.18): found, and sent from their own file by their owner only, each act once and under the numbers it was
 * decided with, whoever is killed meanwhile. What must not be taken over is refused, and nothing is made or moved where there was nothing. */
#include "tests/e2e/lib.h"
#include "tests/e2e/proxy.h"
#include <dirent.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/buf.h"
#include "base/str.h"
#include "tests/patience.h"

enum { ACTS = 5 };
static struct proxy *proxy;
static char left_dir[E2E_PATH];                  /* the folder that is left behind */

/* "left" was worked in by two people and has a passphrase of its own; "mine" is where they work now. All go through the proxy. */
static int adopt_open(void **state) {
    struct sg_buf b;
    struct sg_error e = {0};
    int port = 0;
    char path[E2E_PATH], pem[E2E_PATH], key[E2E_PATH];
    static const char *const who[][4] = {{"left-maja", "manager", "left", "old-passphrase"}, {"left-sven", "second", "left", "old-passphrase"},
                                         {"mine-maja", "manager", "mine", "passphrase"},     {"mine-sven", "second", "mine", "passphrase"}};
    if (e2e_open(state) != 0) {
        return -1;
    }
    proxy = proxy_new(e2e_server_port, &port);
    assert_non_null(proxy);
    sg_buf_init(&b, 64 << 10);
    e2e_path(path, "sigill.conf");
    assert_int_equal(sg_buf_read_file(&b, path, &e), SG_E_OK);
    for (int i = 0; i < 4; i++) {
        char file[64];
        sg_format(file, sizeof file, "%s.pem", who[i][1]);
        e2e_pki_path(pem, file);
        sg_format(file, sizeof file, "%s.key", who[i][1]);
        e2e_pki_path(key, file);
        assert_int_equal(sg_buf_addf(&b, "[%s]\nurl = https://127.0.0.1:%d\ncert = %s\nkey = %s\nstate_dir = desk/%s\npassphrase_file = %s\n", who[i][0], port, pem, key, who[i][2], who[i][3]), SG_E_OK);
    }
    e2e_write("sigill.conf", b.data);
    e2e_write("old-passphrase", "another horse\n");
    e2e_write("no-passphrase", "no horse at all\n");
    e2e_path(left_dir, "desk/left");
    sg_buf_free(&b);
    return 0;
}

static int adopt_close(void **state) {
    if (proxy != NULL) {
        proxy_free(proxy);
    }
    return e2e_close(state);
}

static char unlock[E2E_PATH];
static const struct e2e_out *adopt(const char *profile) {
    e2e_path(unlock, "old-passphrase");
    return RUN(profile, "queue", "adopt", left_dir, "--unlock", unlock);
}

static void queued(const char *profile, const char *kind, const char *who, char id[SG_UUID_MAX]) {
    const struct e2e_out *o = RUN(profile, "do", kind, who, "--queue");
    assert_exit(o, 75);
    assert_true(sg_copy(id, SG_UUID_MAX, e2e_str(o->line[0], "actionId")));
}

/* Acts the service has answered for, by its own book; -1: it cannot be read. */
static int carried_out(void) {
    char path[E2E_PATH];
    sqlite3 *db = NULL;
    sqlite3_stmt *st = NULL;
    e2e_path(path, "sigill.db");
    int n = -1;
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK && sqlite3_busy_timeout(db, 10000) == SQLITE_OK &&
        sqlite3_prepare_v2(db, "SELECT count(*) FROM action", -1, &st, NULL) == SQLITE_OK && sqlite3_step(st) == SQLITE_ROW) {
        n = sqlite3_column_int(st, 0);
    }
    sqlite3_finalize(st);
    sqlite3_close(db);
    return n;
}

static void line_of(const struct e2e_proc *p, char *dst, size_t cap) {
    size_t n = 0;
    while (n + 1 < cap && read(p->out, dst + n, 1) == 1 && dst[n] != '\n') {
        n++;
    }
    dst[n] = '\0';
}

/* What the service says is passed on until it has carried out one more: its answer comes after the commit. */
static int carried_before;
static int until_carried_out(void) { return carried_out() == carried_before; }

/* A session that is killed with an act in effect of whose answer it never heard: it stays "sending". An earlier one was told. */
static void killed_in_the_middle(const char *told, const char *untold) {
    char line[8192];
    struct e2e_out o;
    struct e2e_proc p = e2e_sigill_start("left-maja", (const char *const[]){"batch", NULL});
    sg_format(line, sizeof line, "{\"kind\":\"login.lock\",\"subject\":\"%s\"}\n", told);
    assert_int_equal(write(p.in, line, strlen(line)), (ssize_t)strlen(line));
    line_of(&p, line, sizeof line);
    assert_non_null(strstr(line, "\"done\""));
    carried_before = carried_out();
    proxy_gate(proxy, until_carried_out);
    sg_format(line, sizeof line, "{\"kind\":\"login.lock\",\"subject\":\"%s\"}\n", untold);
    assert_int_equal(write(p.in, line, strlen(line)), (ssize_t)strlen(line));
    int64_t until = e2e_mono_ms() + 10000 * test_patience();
    while (carried_out() == carried_before) {
        assert_true(e2e_mono_ms() < until && !e2e_ends_within(&p, 2));
    }
    const struct e2e_out *held = RUN("mine-maja", "queue", "adopt", left_dir, "--unlock", unlock);
    assert_exit(held, 74);                       /* while that program lives it is left alone */
    assert_non_null(strstr(held->out, "locked"));
    kill(p.pid, SIGKILL);
    e2e_finish(&p, NULL, &o);
    e2e_out_free(&o);
    proxy_gate(proxy, NULL);
}

/* Taken over and killed as soon as something more has been carried out, again and again, until it comes to an end. */
static int storm(void) {
    int kills = 0;
    for (;;) {
        struct e2e_out o;
        int before = carried_out();
        struct e2e_proc p = e2e_sigill_start("mine-maja", (const char *const[]){"queue", "adopt", left_dir, "--unlock", unlock, NULL});
        while (!e2e_ends_within(&p, 2) && carried_out() == before) {
        }
        bool ended = e2e_ends_within(&p, 0);
        if (!ended) {
            kill(p.pid, SIGKILL);
            kills++;
        }
        e2e_finish(&p, NULL, &o);
        int status = o.status;
        if (status > 0) {
            print_error("%s%s\n", o.out, o.err);
        }
        e2e_out_free(&o);
        assert_true(kills < 20);
        if (ended) {
            assert_int_equal(status, 0);
            return kills;
        }
    }
}

static const cJSON *left_line(const char *profile) {
    const struct e2e_out *o = RUN(profile, "status");
    const cJSON *one;
    assert_int_equal(o->n, 1);
    cJSON_ArrayForEach(one, cJSON_GetObjectItemCaseSensitive(o->line[0], "leftovers")) {
        if (strstr(e2e_str(one, "path"), "/left/store.db") != NULL) {
            return one;
        }
    }
    return NULL;
}

static int number(const cJSON *o, const char *key) {
    const cJSON *v = cJSON_GetObjectItemCaseSensitive(o, key);
    return cJSON_IsNumber(v) ? v->valueint : -1;
}

static const struct e2e_out *all_events(void) {
    const struct e2e_out *o = RUN("manager", "events", "--all", "--limit", "1000");
    assert_exit(o, 0);
    return o;
}

/* One event says that it was done. Its place in the log. */
static double once(const struct e2e_out *events, const char *id) {
    assert_int_equal(e2e_done_events(events, id), 1);
    return cJSON_GetObjectItemCaseSensitive(e2e_find(events, "actionId", id, "outcome", "done"), "index")->valuedouble;
}

static void r1_18_a_queue_left_behind_is_sent_once_by_its_owner(void **state) {
    (void)state;
    struct e2e_person p[7];
    char id[ACTS][SG_UUID_MAX], his[SG_UUID_MAX], own[SG_UUID_MAX];
    for (int i = 0; i < 7; i++) {
        e2e_citizen(&p[i], 40, "Kvar Lämnad", "");
    }
    queued("left-maja", "login.lock", p[0].id, id[0]);
    queued("left-maja", "record.seal", p[0].id, id[1]);          /* two about one person: in this order */
    queued("left-maja", "login.lock", p[1].id, id[2]);
    queued("left-maja", "login.lock", p[2].id, id[3]);
    queued("left-sven", "login.lock", p[3].id, his);
    queued("mine-maja", "login.lock", p[4].id, own);
    e2e_path(unlock, "old-passphrase");
    killed_in_the_middle(p[5].id, p[6].id);
    assert_int_equal(number(left_line("mine-maja"), "open"), 6);
    assert_int_equal(number(left_line("mine-maja"), "mine"), 5);
    e2e_path(unlock, "no-passphrase");
    assert_exit(RUN("mine-maja", "queue", "adopt", left_dir, "--unlock", unlock), 77);
    assert_int_equal(number(left_line("mine-maja"), "mine"), 5);
    e2e_path(unlock, "old-passphrase");
    const struct e2e_out *q = RUN("mine-maja", "queue", "list", "--waiting", "--folder", left_dir, "--unlock", unlock);
    assert_exit(q, 0);
    assert_int_equal(q->n, 5);
    SG_COPY(id[4], e2e_str(e2e_find(q, "subject", p[6].id, NULL, NULL), "actionId"));
    int before = carried_out(), kills = storm();
    assert_int_equal(carried_out(), before + 4);                 /* the fifth was in effect already */
    const struct e2e_out *ev = all_events();
    double place[ACTS];
    for (int i = 0; i < ACTS; i++) {
        place[i] = once(ev, id[i]);
    }
    assert_true(place[1] > place[0]);
    assert_int_equal(e2e_done_events(ev, his), 0);
    assert_int_equal(e2e_made_by(RUN("manager", "show", "citizen", p[6].id), id[4]), 1);
    print_message("killed %d times while it was taken over\n", kills);
    assert_true(kills > 0);
    const struct e2e_out *o = adopt("mine-maja");                /* once more: there is nothing left of hers */
    assert_exit(o, 0);
    assert_string_equal(e2e_str(o->line[0], "state"), "emptied");
    assert_int_equal(number(o->line[0], "others"), 1);
    assert_int_equal(carried_out(), before + 4);
    q = RUN("mine-maja", "queue", "list");                       /* her own queue has gained and lost nothing */
    assert_int_equal(q->n, 1);
    assert_string_equal(e2e_str(q->line[0], "actionId"), own);
    assert_string_equal(e2e_str(q->line[0], "state"), "held");
    assert_exit(adopt("mine-sven"), 0);
    (void)once(all_events(), his);
    assert_null(left_line("mine-maja"));
}

/* Two take it over at the same moment: whoever is quicker has it, or both send from it; each act is in effect once. */
static void r1_18_two_at_once_double_nothing(void **state) {
    (void)state;
    enum { MANY = 5 };
    struct e2e_person p[MANY];
    char id[MANY][SG_UUID_MAX];
    struct e2e_proc two[2];
    for (int i = 0; i < MANY; i++) {
        e2e_citizen(&p[i], 40, "Dubbel Dahl", "");
        queued("left-maja", "login.lock", p[i].id, id[i]);
    }
    e2e_path(unlock, "old-passphrase");
    int before = carried_out(), least = 100;
    for (int i = 0; i < 2; i++) {
        two[i] = e2e_sigill_start("mine-maja", (const char *const[]){"queue", "adopt", left_dir, "--unlock", unlock, NULL});
    }
    for (int i = 0; i < 2; i++) {
        struct e2e_out o;
        e2e_finish(&two[i], NULL, &o);
        assert_true(o.status == 0 || o.status == 74 || o.status == 75);
        least = o.status < least ? o.status : least;
        e2e_out_free(&o);
    }
    assert_true(least < 74 || adopt("mine-maja")->status == 0);
    assert_exit(adopt("mine-maja"), 0);
    assert_int_equal(carried_out(), before + MANY);
    const struct e2e_out *ev = all_events();
    for (int i = 0; i < MANY; i++) {
        (void)once(ev, id[i]);
    }
}

static void r1_18_what_ends_in_a_conflict_is_decided_where_it_lies(void **state) {
    (void)state;
    struct e2e_person p;
    char mine[SG_UUID_MAX];
    e2e_citizen(&p, 40, "Kent Konflikt", "");
    queued("left-maja", "login.lock", p.id, mine);
    assert_exit(RUN("second", "do", "record.seal", p.id), 0);
    const struct e2e_out *o = adopt("mine-maja");
    assert_exit(o, 76);
    assert_non_null(e2e_find(o, "actionId", mine, "outcome", "conflict"));
    assert_string_equal(e2e_str(o->line[o->n - 1], "state"), "open");
    assert_exit(RUN("mine-maja", "queue", "show", mine), 1);     /* it is not in her own queue, and does not come there */
    o = RUN("mine-maja", "queue", "resolve", mine, "redo", "--folder", left_dir, "--unlock", unlock);
    assert_exit(o, 0);
    assert_exit(adopt("mine-maja"), 0);
    o = RUN("manager", "events", p.id, "--limit", "1000");
    assert_int_equal(e2e_count(o, "kind", "login.lock", "outcome", "done"), 1);
    assert_null(left_line("mine-maja"));
}

static size_t entries(const char *name) {
    char path[E2E_PATH];
    size_t n = 0;
    e2e_path(path, name);
    DIR *d = opendir(path);
    for (struct dirent *e; d != NULL && (e = readdir(d)) != NULL;) {
        n += e->d_name[0] != '.';
    }
    if (d != NULL) {
        closedir(d);
    }
    return n;
}

static void refused(const char *where, int status, const char *word) {
    char path[E2E_PATH];
    e2e_path(path, where);
    const struct e2e_out *o = RUN("mine-maja", "queue", "adopt", path, "--unlock", unlock);
    assert_exit(o, status);
    if (strstr(o->out, word) == NULL) {
        fail_msg("“%s” is not in: %s", word, o->out);
    }
}

static void r1_18_what_is_no_such_queue_is_refused_and_left_alone(void **state) {
    (void)state;
    struct e2e_person p;
    char path[E2E_PATH], to[E2E_PATH], id[SG_UUID_MAX];
    e2e_path(unlock, "old-passphrase");
    refused("desk/nowhere", 1, "no queue here");
    e2e_path(path, "desk/empty");
    assert_int_equal(mkdir(path, 0700), 0);
    refused("desk/empty", 1, "no queue here");
    assert_int_equal(entries("desk/empty"), 0);
    assert_int_equal(entries("desk/nowhere"), 0);
    e2e_write("desk/empty/store.db", "milk, bread, butter");
    refused("desk/empty", 65, "left as it is");
    assert_int_equal(entries("desk/empty"), 1);
    refused("desk/mine", 2, "sigill sync");
    assert_exit(RUN("left-maja", "--drill", "queue", "list"), 0);
    refused("desk/left-drill", 1, "drill");
    /* Set aside, and readable all the same: it is emptied and put away. */
    e2e_citizen(&p, 40, "Undan Lagd", "");
    queued("left-maja", "login.lock", p.id, id);
    e2e_path(path, "desk/left/store.db");
    e2e_path(to, "desk/left/store.db.damaged-1");
    assert_int_equal(rename(path, to), 0);
    assert_non_null(left_line("mine-maja"));
    assert_exit(RUN("mine-maja", "queue", "adopt", to, "--unlock", unlock), 0);
    assert_null(left_line("mine-maja"));
    assert_int_not_equal(access(to, F_OK), 0);
    e2e_path(to, "desk/left/store.db.adopted-1");
    assert_int_equal(access(to, F_OK), 0);
    assert_int_equal(e2e_done_events(RUN("manager", "events", p.id), id), 1);
    /* Another address is another service, until a person says that it has moved. */
    e2e_citizen(&p, 40, "Flytta Flod", "");
    assert_exit(RUN("manager", "do", "login.lock", p.id, "--queue"), 75);
    e2e_path(unlock, "passphrase");
    refused("state/manager", 1, "for the service at");
    assert_int_equal(e2e_count(RUN("manager", "events", p.id), "kind", "login.lock", NULL, NULL), 0);
    e2e_path(path, "state/manager");
    assert_exit(RUN("mine-maja", "queue", "adopt", path, "--unlock", unlock, "--moved"), 0);
    assert_int_equal(e2e_count(RUN("manager", "events", p.id), "kind", "login.lock", "outcome", "done"), 1);
}

/* Reads that were shown without the service and never handed in are left behind as well: announced, and in the log once (R2.4). */
static void r1_18_reads_alone_are_announced_and_handed_in(void **state) {
    (void)state;
    struct e2e_person p;
    e2e_citizen(&p, 40, "Lars Läst", "");
    assert_exit(RUN("left-maja", "show", "citizen", p.id), 0);
    e2e_server_stop();
    assert_exit(RUN("left-maja", "show", "citizen", p.id), 0);
    assert_exit(RUN("left-maja", "show", "citizen", p.id), 0);
    e2e_server_start();
    const cJSON *l = left_line("mine-maja");
    assert_non_null(l);
    assert_int_equal(cJSON_GetObjectItemCaseSensitive(l, "reads")->valueint, 2);
    const struct e2e_out *o = adopt("mine-sven");                 /* not his */
    assert_exit(o, 0);
    assert_non_null(left_line("mine-maja"));
    for (int again = 0; again < 2; again++) {
        o = adopt("mine-maja");
        assert_exit(o, 0);
        assert_string_equal(e2e_str(o->line[o->n - 1], "state"), "emptied");
    }
    assert_null(left_line("mine-maja"));
    o = RUN("manager", "events", p.id, "--limit", "1000");
    int offline = 0;
    for (size_t i = 0; i < o->n; i++) {
        offline += sg_eq(e2e_str(o->line[i], "kind"), "citizen.read") && e2e_true(o->line[i], "offline");
    }
    assert_int_equal(offline, 2);
}

/* As programs left them that did not note the service yet: sent, and said where to. */
static void r1_18_which_service_is_said_where_the_queue_does_not(void **state) {
    (void)state;
    struct e2e_person p;
    char id[SG_UUID_MAX], path[E2E_PATH];
    sqlite3 *h = NULL;
    e2e_citizen(&p, 40, "Vart Vidare", "");
    queued("left-maja", "login.lock", p.id, id);
    assert_null(strstr(adopt("mine-maja")->err, "which service"));
    queued("left-maja", "record.seal", p.id, id);
    e2e_path(path, "desk/left/store.db");
    assert_int_equal(sqlite3_open(path, &h), SQLITE_OK);
    assert_int_equal(sqlite3_exec(h, "DELETE FROM kept", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(h);
    const struct e2e_out *o = adopt("mine-maja");
    assert_exit(o, 0);
    assert_non_null(strstr(o->err, "does not say which service it is for; it is sent to https://"));
    assert_int_equal(e2e_done_events(RUN("manager", "events", p.id), id), 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup(r1_18_a_queue_left_behind_is_sent_once_by_its_owner, e2e_ready),
                                       cmocka_unit_test_setup(r1_18_two_at_once_double_nothing, e2e_ready),
                                       cmocka_unit_test_setup(r1_18_what_ends_in_a_conflict_is_decided_where_it_lies, e2e_ready),
                                       cmocka_unit_test_setup(r1_18_what_is_no_such_queue_is_refused_and_left_alone, e2e_ready),
                                       cmocka_unit_test_setup(r1_18_reads_alone_are_announced_and_handed_in, e2e_ready),
                                       cmocka_unit_test_setup(r1_18_which_service_is_said_where_the_queue_does_not, e2e_ready)};
    return cmocka_run_group_tests_name("adopt", tests, adopt_open, adopt_close);
}
