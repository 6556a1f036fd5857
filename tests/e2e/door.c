/* The door of the service, without the client. Every route by every wrong way in: refused with the right problem, and each refusal is an
 * event (R4.11, R2.12). Every id swapped for one that is not the asker's to see: the answer is that of an id nobody has, in status,
 * headers and body (R4.4, R4.5). Routes come from the table, so a new one is covered when it is added. */
#include "tests/e2e/lib.h"
#include <curl/curl.h>
#include <ctype.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include "base/str.h"
#include "wire/endpoint.h"

struct answer { long status; char head[4096], body[16384]; size_t n_head, n_body; };
struct way { const char *what, *cert, *bearer; long status; const char *problem; };

#define NOBODY "0b8f7c1e-5f62-4f0b-9d1a-7d1f0c2b3a49"
static char token[2][80];                     /* of manager and second */
static struct e2e_family family, other;
static struct e2e_person hidden;

static size_t keep(char *dst, size_t cap, size_t *n, const char *data, size_t more) {
    assert_true(*n + more < cap);
    memcpy(dst + *n, data, more);
    *n += more;
    dst[*n] = '\0';
    return more;
}

static size_t on_head(char *data, size_t size, size_t n, void *ctx) {
    struct answer *a = ctx;
    return keep(a->head, sizeof a->head, &a->n_head, data, size * n);
}

static size_t on_body(char *data, size_t size, size_t n, void *ctx) {
    struct answer *a = ctx;
    return keep(a->body, sizeof a->body, &a->n_body, data, size * n);
}

static void certificate(CURL *c, const char *cert) {
    char name[64], pem[E2E_PATH], key[E2E_PATH];
    sg_format(name, sizeof name, "%s.pem", cert);
    e2e_pki_path(pem, name);
    sg_format(name, sizeof name, "%s.key", cert);
    e2e_pki_path(key, name);
    curl_easy_setopt(c, CURLOPT_SSLCERT, pem);
    curl_easy_setopt(c, CURLOPT_SSLKEY, key);
}

/* bearer NULL or cert NULL: none. */
static struct answer ask(const char *cert, const char *bearer, enum sg_method method, const char *path, const char *body) {
    struct answer a = {0};
    char url[512], ca[E2E_PATH], line[160];
    CURL *c = curl_easy_init();
    assert_non_null(c);
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
    if (bearer != NULL) {
        sg_format(line, sizeof line, "Authorization: Bearer %s", bearer);
        headers = curl_slist_append(headers, line);
    }
    sg_format(url, sizeof url, "https://127.0.0.1:%d/sigill/v1%s", e2e_server_port, path);
    e2e_pki_path(ca, "ca.pem");
    if (cert != NULL) {
        certificate(c, cert);
    }
    curl_easy_setopt(c, CURLOPT_URL, url);
    curl_easy_setopt(c, CURLOPT_CAINFO, ca);
    curl_easy_setopt(c, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_TIMEOUT, 30L);
    curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, sg_method_name(method));
    if (body != NULL) {
        curl_easy_setopt(c, CURLOPT_POSTFIELDS, body);
    }
    curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_head);
    curl_easy_setopt(c, CURLOPT_HEADERDATA, (void *)&a);
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, (void *)&a);
    assert_int_equal(curl_easy_perform(c), CURLE_OK);
    curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &a.status);
    curl_easy_cleanup(c);
    curl_slist_free_all(headers);
    return a;
}

static int64_t refused_events(void) {
    char path[E2E_PATH];
    sqlite3 *db = NULL;
    sqlite3_stmt *st = NULL;
    e2e_path(path, "sigill.db");
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    sqlite3_busy_timeout(db, 10000);
    assert_int_equal(sqlite3_prepare_v2(db, "SELECT count(*) FROM event WHERE outcome = 'refused'", -1, &st, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(st), SQLITE_ROW);
    int64_t n = sqlite3_column_int64(st, 0);
    sqlite3_finalize(st);
    sqlite3_close(db);
    return n;
}

static void sign_in(const char *cert, char bearer[80]) {
    struct answer a = ask(cert, NULL, SG_POST, "/sessions", "{}");
    cJSON *v = cJSON_Parse(a.body);
    assert_int_equal(a.status, 200);
    assert_true(sg_copy(bearer, 80, e2e_str(v, "token")));
    cJSON_Delete(v);
}

static const char *with_id(char dst[256], const char *path, const char *id) {
    const char *open = strchr(path, '{');
    if (open == NULL) {
        return path;
    }
    sg_format(dst, 256, "%.*s%s%s", (int)(open - path), path, id, strchr(open, '}') + 1);
    return dst;
}

static void r4_11_every_route_by_every_wrong_way(void **state) {
    const struct way ways[] = {{"no certificate", NULL, token[0], 403, "certificate"},
        {"foreign certificate", "foreign", token[0], 403, "certificate"}, {"not in the directory", "stranger", token[0], 403, "unknown-staff"},
        {"no session", "manager", NULL, 401, "sign-in"}, {"an invented session", "manager", "00112233445566778899aabbccddeeff", 401, "sign-in"},
        {"another's session", "manager", token[1], 401, "sign-in"}};
    (void)state;
    for (int e = 0; e < (int)SG_EP_COUNT; e++) {
        const struct sg_endpoint_def *d = sg_endpoint_def((enum sg_endpoint)e);
        char path[256], want[64];
        const char *body = d->method == SG_PUT || d->method == SG_POST ? "{}" : NULL;
        for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
            if (d->mode == SG_EP_OPEN && ways[i].status == 401) {
                continue;
            }
            int64_t before = refused_events();
            struct answer a = ask(ways[i].cert, ways[i].bearer, d->method, with_id(path, d->path, family.child.id), body);
            sg_format(want, sizeof want, "/problems/%s\"", ways[i].problem);
            if (a.status != ways[i].status || strstr(a.body, want) == NULL || strstr(a.body, family.child.id) != NULL) {
                fail_msg("%s %s, %s: %ld %s", sg_method_name(d->method), d->path, ways[i].what, a.status, a.body);
            }
            assert_int_equal(refused_events(), before + 1);
        }
    }
}

/* The time of day, and the id of the refusal's own event. */
static void mask(struct answer *a) {
    for (char *line = strstr(a->head, "Sigill-Time:"); line != NULL && *line != '\r'; line++) {
        *line = isdigit((unsigned char)*line) ? '0' : *line;
    }
    for (char *line = strstr(a->head, "Date:"); line != NULL && *line != '\r'; line++) {
        *line = '-';
    }
    for (char *id = strstr(a->body, "urn:uuid:"); id != NULL; id = strstr(id, "urn:uuid:")) {
        id += 9;
        for (int i = 0; i < 36; i++) {
            id[i] = '0';
        }
    }
}

static void assert_alike(const char *what, struct answer a, struct answer b) {
    mask(&a);
    mask(&b);
    if (a.status != b.status || !sg_eq(a.head, b.head) || !sg_eq(a.body, b.body)) {
        fail_msg("%s: an id of nobody gets %ld\n%s%s\nbut this one gets %ld\n%s%s", what, a.status, a.head, a.body, b.status, b.head, b.body);
    }
}

/* A path id on every route about a citizen: hidden, of another kind of thing, nonsense. */
static void r4_4_ids_in_paths(void **state) {
    const char *swaps[] = {hidden.id, "0198c0de-1111-7000-8000-000000000017", "se2321000016-11", "a", "00000000-0000-0000-0000-000000000000"};
    (void)state;
    for (int e = 0; e < (int)SG_EP_COUNT; e++) {
        const struct sg_endpoint_def *d = sg_endpoint_def((enum sg_endpoint)e);
        if (d->method != SG_GET || !sg_starts(d->path, "/citizens/{")) {
            continue;
        }
        char path[256];
        struct answer none = ask("manager", token[0], SG_GET, with_id(path, d->path, NOBODY), NULL);
        assert_int_equal(none.status, 404);
        for (size_t i = 0; i < sizeof swaps / sizeof *swaps; i++) {
            int64_t before = refused_events();
            assert_alike(d->path, none, ask("manager", token[0], SG_GET, with_id(path, d->path, swaps[i]), NULL));
            assert_int_equal(refused_events(), before + 1);
        }
    }
}

static struct answer preview(const char *kind, const char *subject, const char *field, const char *value) {
    char body[512];
    sg_format(body, sizeof body, "{\"kind\":\"%s\",\"subject\":\"%s\",\"params\":{\"%s\":\"%s\"}}", kind, subject, field, value);
    return ask("manager", token[0], SG_POST, "/action-previews", body);
}

static void r4_4_ids_in_bodies(void **state) {
    (void)state;
    assert_alike("subject", preview("login.lock", NOBODY, "reference", "x"), preview("login.lock", hidden.id, "reference", "x"));
    struct answer none = preview("guardian.block", family.child.id, "guardian", NOBODY);
    assert_alike("guardian: hidden", none, preview("guardian.block", family.child.id, "guardian", hidden.id));
    assert_alike("guardian: of another family", none, preview("guardian.block", family.child.id, "guardian", other.guardian[0].id));
    assert_alike("guardian: another child", none, preview("guardian.block", family.child.id, "guardian", other.child.id));
    const struct e2e_out *done = RUN("second", "do", "login.lock", other.child.id);
    assert_exit(done, 0);
    const char *theirs = e2e_restriction_id(RUN("second", "show", "citizen", other.child.id), "login.lock");
    assert_alike("restriction of another citizen", preview("login.unlock", family.child.id, "restriction", NOBODY),
                 preview("login.unlock", family.child.id, "restriction", theirs));
    char path[2][256];
    sg_format(path[0], sizeof path[0], "/actions/%s", NOBODY);
    sg_format(path[1], sizeof path[1], "/actions/%s", e2e_str(done->line[0], "actionId"));
    assert_alike("another's action", ask("manager", token[0], SG_GET, path[0], NULL), ask("manager", token[0], SG_GET, path[1], NULL));
}

static void r4_5_numbers(void **state) {
    char pid[13], body[2][160];
    (void)state;
    e2e_next_pid(pid, 9);
    sg_format(body[0], sizeof body[0], "{\"personalIdentityNumber\":\"%s\",\"purpose\":\"care\"}", pid);
    sg_format(body[1], sizeof body[1], "{\"personalIdentityNumber\":\"%s\",\"purpose\":\"care\"}", hidden.pid);
    struct answer unknown = ask("manager", token[0], SG_POST, "/citizen-lookups", body[0]);
    assert_int_equal(unknown.status, 404);
    assert_alike("look-up", unknown, ask("manager", token[0], SG_POST, "/citizen-lookups", body[1]));
}

static int open_door(void **state) {
    int r = e2e_open(state);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    e2e_make_family(&family, 9, "");
    e2e_make_family(&other, 10, "");
    e2e_citizen(&hidden, 9, "Tyra Dold", ",\"protectedPerson\":true");
    sign_in("manager", token[0]);
    sign_in("second", token[1]);
    return r;
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(r4_11_every_route_by_every_wrong_way), cmocka_unit_test(r4_4_ids_in_paths),
                                       cmocka_unit_test(r4_4_ids_in_bodies), cmocka_unit_test(r4_5_numbers)};
    return cmocka_run_group_tests_name("door", tests, open_door, e2e_close);
}
