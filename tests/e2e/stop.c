/* The service is told to stop while it is busy: long polls lie in it and others come without pause. It always ends by itself and in
 * order; libmicrohttpd ends the whole program when it is stopped with a suspended request, or when two of its threads take the listening
 * socket out of the same epoll set. STOPS is the number of runs (15). */
#include "tests/e2e/lib.h"
#include <curl/curl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include "base/str.h"

enum { HANDLES = 24 };
static char token[80];
static atomic_bool enough;
static atomic_long answers;

static size_t swallow(char *data, size_t size, size_t n, void *ctx) {
    char *at = ctx != NULL ? strstr(data, "\"token\":\"") : NULL;      /* the whole answer comes in one piece */
    if (at != NULL && n > 100) {
        (void)sg_copyn(token, sizeof token, at + 9, strcspn(at + 9, "\""));
    }
    return size * n;
}

static CURL *handle(const char *path, struct curl_slist *headers) {
    char url[256], ca[E2E_PATH], pem[E2E_PATH], key[E2E_PATH];
    CURL *c = curl_easy_init();
    assert_non_null(c);
    sg_format(url, sizeof url, "https://127.0.0.1:%d/sigill/v1%s", e2e_server_port, path);
    e2e_pki_path(ca, "ca.pem");
    e2e_pki_path(pem, "manager.pem");
    e2e_pki_path(key, "manager.key");
    curl_easy_setopt(c, CURLOPT_URL, url);
    curl_easy_setopt(c, CURLOPT_CAINFO, ca);
    curl_easy_setopt(c, CURLOPT_SSLCERT, pem);
    curl_easy_setopt(c, CURLOPT_SSLKEY, key);
    curl_easy_setopt(c, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_TIMEOUT, 20L);
    curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, swallow);
    return c;
}

static void sign_in(void) {
    struct curl_slist *json = curl_slist_append(NULL, "Content-Type: application/json");
    CURL *c = handle("/sessions", json);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, (void *)token);
    curl_easy_setopt(c, CURLOPT_POSTFIELDS, "{}");
    assert_int_equal(curl_easy_perform(c), CURLE_OK);
    assert_int_equal(strlen(token), 64);
    curl_easy_cleanup(c);
    curl_slist_free_all(json);
}

/* Every handle that has its answer asks again, until enough. */
static void *busy(void *ctx) {
    CURLM *m = curl_multi_init();
    CURL *c[HANDLES];
    int running = 0, left;
    for (int i = 0; i < HANDLES; i++) {
        c[i] = handle(i % 2 ? "/changes?since=0&wait=0" : "/changes?wait=60&since=1", ctx);
        curl_multi_add_handle(m, c[i]);
    }
    while (!atomic_load(&enough)) {
        curl_multi_perform(m, &running);
        for (CURLMsg *msg; (msg = curl_multi_info_read(m, &left)) != NULL;) {
            CURL *again = msg->easy_handle;
            atomic_fetch_add(&answers, msg->data.result == CURLE_OK);
            curl_multi_remove_handle(m, again);
            curl_multi_add_handle(m, again);
        }
        curl_multi_poll(m, NULL, 0, 5, NULL);
    }
    for (int i = 0; i < HANDLES; i++) {
        curl_multi_remove_handle(m, c[i]);
        curl_easy_cleanup(c[i]);
    }
    curl_multi_cleanup(m);
    return NULL;
}

static void stopped_while_busy(void **state) {
    char bearer[128];
    uint64_t seed = 20261127;
    long stops = e2e_env("STOPS", 15);
    (void)state;
    e2e_server_start();
    sign_in();
    sg_format(bearer, sizeof bearer, "Authorization: Bearer %s", token);
    struct curl_slist *headers = curl_slist_append(NULL, bearer);
    for (long i = 0; i < stops; i++) {
        pthread_t t;
        long before = atomic_load(&answers);
        int64_t least = e2e_mono_ms() + (int64_t)(e2e_random(&seed) % 120), most = e2e_mono_ms() + 10000;
        atomic_store(&enough, false);
        assert_int_equal(pthread_create(&t, NULL, busy, headers), 0);
        while (e2e_mono_ms() < most && (atomic_load(&answers) == before || e2e_mono_ms() < least)) {
            sched_yield();
        }
        e2e_server_stop();                      /* exit status 0 or the test fails */
        atomic_store(&enough, true);
        assert_int_equal(pthread_join(t, NULL), 0);
        e2e_server_start();
    }
    curl_slist_free_all(headers);
    print_message("%ld stops, %ld answers meanwhile\n", stops, atomic_load(&answers));
    assert_true(atomic_load(&answers) > stops);
}

static int open_stopped(void **state) {
    int r = e2e_open(state);
    e2e_server_stop();
    return r;
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(stopped_while_busy)};
    curl_global_init(CURL_GLOBAL_DEFAULT);
    return cmocka_run_group_tests_name("stop", tests, open_stopped, e2e_close);
}
