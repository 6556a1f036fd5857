/* Refusals: who may not, learns why and nothing else; whoever does not exist and whoever is protected look the same byte for byte
 * (R4.5); no certificate, a foreign one or an unknown person never gets in; and every refusal is an event (R2.12). */
#include "tests/e2e/lib.h"
#include <curl/curl.h>
#include <stdio.h>
#include <string.h>
#include "base/str.h"

static size_t events_of(const char *kind, const char *rule) {
    const struct e2e_out *ev = RUN("national", "events", "--all");
    assert_exit(ev, 0);
    size_t n = 0;
    for (size_t i = 0; i < ev->n; i++) {
        n += sg_eq(e2e_str(ev->line[i], "outcome"), "refused") && (kind == NULL || sg_eq(e2e_str(ev->line[i], "kind"), kind)) &&
             sg_eq(e2e_str(ev->line[i], "rule"), rule);
    }
    return n;
}

static void assert_not_permitted(const struct e2e_out *o, const char *rule) {
    assert_exit(o, 77);
    assert_int_equal(o->n, 1);
    assert_string_equal(e2e_str(o->line[0], "rule"), rule);
    assert_true(e2e_str(o->line[0], "text")[0] != '\0');
}

static void wrong_role_and_wrong_region(void **state) {
    (void)state;
    struct e2e_family f;
    char who[128];
    e2e_make_family(&f, 9, "");
    sg_format(who, sizeof who, "guardian=%s", f.guardian[0].id);
    size_t before = events_of(NULL, "no-role");
    assert_not_permitted(RUN("nurse", "do", "login.lock", f.child.id), "no-role");
    assert_not_permitted(RUN("support", "do", "guardian.block", f.child.id, who), "no-role");
    assert_not_permitted(RUN("newcomer", "do", "record.seal", f.child.id), "terms-not-accepted");
    assert_not_permitted(RUN("nurse", "events", "--all"), "no-role");
    assert_not_permitted(RUN("nurse", "events", f.child.id), "no-role");
    assert_not_permitted(RUN("manager", "do", "login.lock", f.child.id, "region=norr"), "other-region");
    assert_int_equal(events_of(NULL, "no-role"), before + 4);
    assert_int_equal(events_of("login.lock", "other-region"), 1);
    assert_true(events_of(NULL, "terms-not-accepted") > 0);
    const struct e2e_out *now = RUN("manager", "show", "citizen", f.child.id);
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(now->line[0], "restrictions")), 0);
}

/* The answer with every member that names the request itself blanked. */
static void shape(char *dst, size_t cap, const struct e2e_out *o) {
    static const char *const own[] = {"actionId", "subject", "eventIndex", "recordedAt", "observed", "where"};
    assert_int_equal(o->n, 1);
    cJSON *copy = cJSON_Duplicate(o->line[0], true);
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
        cJSON_DeleteItemFromObjectCaseSensitive(copy, own[i]);
    }
    assert_true(cJSON_PrintPreallocated(copy, dst, (int)cap, 0));
    cJSON_Delete(copy);
}

static void assert_same(const struct e2e_out *a, const struct e2e_out *b) {
    char x[2048], y[2048];
    assert_exit(a, 1);
    assert_exit(b, 1);
    shape(x, sizeof x, a);
    shape(y, sizeof y, b);
    assert_string_equal(x, y);
    assert_non_null(strstr(x, "not-available"));
    assert_string_equal(a->err, b->err);
}

static void r4_5_unknown_and_protected_look_the_same(void **state) {
    (void)state;
    struct e2e_person hidden, unknown = {.id = "0b8f7c1e-5f62-4f0b-9d1a-7d1f0c2b3a49"};
    e2e_citizen(&hidden, 9, "Tyra Dold", ",\"protectedPerson\":true");
    e2e_next_pid(unknown.pid, 9);
    size_t before = events_of("citizen.lookup", "not-available");
    const struct e2e_out *a = RUN_IN("manager", unknown.pid, "lookup", "--purpose", "care"),
                         *b = RUN_IN("manager", hidden.pid, "lookup", "--purpose", "care");
    assert_same(a, b);
    assert_string_equal(a->out, b->out);                                    /* byte for byte */
    assert_same(RUN("manager", "show", "citizen", unknown.id), RUN("manager", "show", "citizen", hidden.id));
    assert_same(RUN("manager", "access", unknown.id), RUN("manager", "access", hidden.id));
    assert_same(RUN("manager", "events", unknown.id), RUN("manager", "events", hidden.id));
    assert_same(RUN("manager", "do", "login.lock", unknown.id), RUN("manager", "do", "login.lock", hidden.id));
    assert_same(RUN("manager", "do", "login.lock", unknown.id, "--observed", "abc"), RUN("manager", "do", "login.lock", hidden.id, "--observed", "abc"));
    assert_int_equal(events_of("citizen.lookup", "not-available"), before + 2);
    assert_true(events_of("citizen.read", "not-available") >= 2);
    const struct e2e_out *may = RUN_IN("national", hidden.pid, "lookup");
    assert_exit(may, 0);
    assert_string_equal(e2e_str(may->line[0], "citizenId"), hidden.id);
    assert_int_equal(e2e_active(RUN("national", "show", "citizen", hidden.id), "login.lock"), 0);
}

static void r3_13_no_foreign_or_unknown_identity(void **state) {
    (void)state;
    struct e2e_person p;
    e2e_citizen(&p, 40, "Ulla Dahl", "");
    static const char *const who[] = {"foreign", "stranger", "missing"};
    for (size_t i = 0; i < 3; i++) {
        const struct e2e_out *o = RUN_IN(who[i], p.pid, "lookup");
        assert_exit(o, 77);
        assert_null(strstr(o->out, p.id));
        assert_int_equal(o->n, 1);
        assert_true(e2e_str(o->line[0], "text")[0] != '\0');
        assert_exit(RUN(who[i], "show", "citizen", p.id), 77);
    }
    assert_true(events_of("certificate.refused", "certificate") > 0);
    assert_true(events_of(NULL, "unknown-staff") > 0);
}

/* ---- without the client: what the door itself says ---- */

struct answer { long status; char body[4096]; size_t n; CURLcode code; };

static size_t take(char *data, size_t size, size_t n, void *ctx) {
    struct answer *a = ctx;
    size_t fits = sizeof a->body - 1 - a->n < size * n ? sizeof a->body - 1 - a->n : size * n;
    memcpy(a->body + a->n, data, fits);
    a->n += fits;
    a->body[a->n] = '\0';
    return size * n;
}

static struct answer get(const char *path, const char *cert, long tls) {
    struct answer a = {0};
    char url[256], ca[E2E_PATH], pem[E2E_PATH], key[E2E_PATH], name[64];
    CURL *c = curl_easy_init();
    assert_non_null(c);
    sg_format(url, sizeof url, "https://127.0.0.1:%d/sigill/v1%s", e2e_server_port, path);
    e2e_pki_path(ca, "ca.pem");
    curl_easy_setopt(c, CURLOPT_URL, url);
    curl_easy_setopt(c, CURLOPT_CAINFO, ca);
    curl_easy_setopt(c, CURLOPT_PROXY, "");
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_TIMEOUT, 20L);
    curl_easy_setopt(c, CURLOPT_SSLVERSION, tls);
    if (cert != NULL) {
        sg_format(name, sizeof name, "%s.pem", cert);
        e2e_pki_path(pem, name);
        sg_format(name, sizeof name, "%s.key", cert);
        e2e_pki_path(key, name);
        curl_easy_setopt(c, CURLOPT_SSLCERT, pem);
        curl_easy_setopt(c, CURLOPT_SSLKEY, key);
    }
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, &a);
    a.code = curl_easy_perform(c);
    curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &a.status);
    curl_easy_cleanup(c);
    return a;
}

static void r4_11_the_door_without_a_client(void **state) {
    (void)state;
    struct answer a = get("/me", NULL, CURL_SSLVERSION_TLSv1_3);
    assert_int_equal(a.status, 403);
    assert_non_null(strstr(a.body, "certificate"));
    a = get("/me", "foreign", CURL_SSLVERSION_TLSv1_3);
    assert_int_equal(a.status, 403);
    assert_non_null(strstr(a.body, "certificate"));
    a = get("/me", "stranger", CURL_SSLVERSION_TLSv1_3);
    assert_true(a.status == 403 || a.status == 401);
    a = get("/citizens/0b8f7c1e-5f62-4f0b-9d1a-7d1f0c2b3a49", "manager", CURL_SSLVERSION_TLSv1_3);
    assert_int_equal(a.status, 401);                                        /* a certificate without a session opens nothing */
    a = get("/policy", "manager", CURL_SSLVERSION_TLSv1_3);
    assert_int_equal(a.status, 401);
    a = get("/me", "manager", CURL_SSLVERSION_TLSv1_2 | CURL_SSLVERSION_MAX_TLSv1_2);
    assert_int_equal(a.status, 0);
    assert_int_not_equal(a.code, CURLE_OK);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_role_and_wrong_region), cmocka_unit_test(r4_5_unknown_and_protected_look_the_same),
        cmocka_unit_test(r3_13_no_foreign_or_unknown_identity), cmocka_unit_test(r4_11_the_door_without_a_client)};
    return cmocka_run_group_tests_name("refuse", tests, e2e_open, e2e_close);
}
