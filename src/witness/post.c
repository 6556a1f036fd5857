/* One POST to a witness. libcurl is opened when the first one is made: a service without witnesses never loads it. No proxy, no redirects,
 * only http and https; the answer is foreign text and is read up to a limit. */
#include "net/curl_lib.h"
#include <pthread.h>
#include "base/str.h"
#include "witness/witness.h"

enum { CONNECT_MS = 3000 };
static pthread_once_t once = PTHREAD_ONCE_INIT;
static void begin(void) { (void)curl_global_init(CURL_GLOBAL_DEFAULT); }

static size_t on_body(char *data, size_t one, size_t n, void *ctx) { return sg_buf_add(ctx, data, one * n) == SG_E_OK ? one * n : 0; }

/* Called a few times a second while a transfer waits. */
static int on_progress(void *ctx, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    const atomic_bool *stop = ctx;
    (void)a, (void)b, (void)c, (void)d;
    return atomic_load(stop) ? 1 : 0;
}

static bool breakable(CURL *c, const atomic_bool *stop)
{
    return !stop || (curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L) == CURLE_OK && curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, on_progress) == CURLE_OK &&
                     curl_easy_setopt(c, CURLOPT_XFERINFODATA, stop) == CURLE_OK);
}

static bool set(CURL *c, const char *url, const char *ca_file, const struct sg_buf *body, int timeout_ms, struct curl_slist *headers, struct sg_buf *answer)
{
    return curl_easy_setopt(c, CURLOPT_URL, url) == CURLE_OK && curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_PROXY, "") == CURLE_OK && curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_QUICK_EXIT, 1L) == CURLE_OK && curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) == CURLE_OK &&
           (!ca_file[0] || curl_easy_setopt(c, CURLOPT_CAINFO, ca_file) == CURLE_OK) && curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body->len) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_POSTFIELDS, body->data ? body->data : "") == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, (long)(timeout_ms < CONNECT_MS ? timeout_ms : CONNECT_MS)) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, (long)timeout_ms) == CURLE_OK && curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_WRITEDATA, (void *)answer) == CURLE_OK;
}

enum sg_err sg_witness_post(const char *url, const char *ca_file, const struct sg_buf *body, int timeout_ms, const atomic_bool *stop,
                            int *status, struct sg_buf *answer, struct sg_error *e)
{
    char whole[600];
    long code = 0;
    if (!sg_format(whole, sizeof whole, "%s/add-checkpoint", url)) return sg_fail(e, SG_E_LIMIT, url, "too long");
    enum sg_err err = sg_curl_load(e);
    if (err != SG_E_OK) return err;
    (void)pthread_once(&once, begin);
    struct curl_slist *h = curl_slist_append(NULL, "Expect:"), *headers = h ? curl_slist_append(h, "Content-Type: text/plain") : NULL;
    CURL *c = headers ? curl_easy_init() : NULL;
    if (!c || !set(c, whole, ca_file, body, timeout_ms, headers, answer) || !breakable(c, stop)) err = sg_fail(e, SG_E_NOMEM, url, "the request could not be made");
    CURLcode rc = err == SG_E_OK ? curl_easy_perform(c) : CURLE_OK;
    if (rc != CURLE_OK) err = sg_fail(e, SG_E_OFFLINE, url, "%s", curl_easy_strerror(rc));
    if (err == SG_E_OK) (void)curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &code);
    *status = (int)code;
    if (c) curl_easy_cleanup(c);
    curl_slist_free_all(headers ? headers : h);
    return err;
}
