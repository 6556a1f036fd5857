/* GnuTLS makes the handshake and so proves that the other end holds the key; whether that key's certificate means anything is decided here,
 * by OpenSSL, against our own issuers only. The store is made anew when the revocation list's file has changed; a list that cannot be
 * read lets nobody in (fail closed), and an expired one neither, because OpenSSL then finds no valid list. */
#include "server/trust.h"
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include "base/log.h"
#include "base/str.h"

enum { CHAIN_MAX = 8 };

struct sg_trust {
    char *ca_file, *crl_file;
    pthread_mutex_t lock;
    X509_STORE *store;                 /* NULL: the revocation list cannot be read */
    struct timespec crl_time;
};

static bool changed(struct sg_trust *t)
{
    struct stat st;
    if (!t->crl_file) return false;
    if (stat(t->crl_file, &st) != 0) memset(&st, 0, sizeof st);
    bool differs = st.st_mtim.tv_sec != t->crl_time.tv_sec || st.st_mtim.tv_nsec != t->crl_time.tv_nsec;
    t->crl_time = st.st_mtim;
    return differs;
}

static X509_STORE *store_of(const struct sg_trust *t)
{
    X509_STORE *s = X509_STORE_new();
    if (!s) return NULL;
    bool ok = X509_STORE_load_file(s, t->ca_file) == 1;
    if (ok && t->crl_file) {
        X509_LOOKUP *l = X509_STORE_add_lookup(s, X509_LOOKUP_file());
        ok = l && X509_load_crl_file(l, t->crl_file, X509_FILETYPE_PEM) > 0 &&
             X509_STORE_set_flags(s, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL) == 1;
    }
    ERR_clear_error();
    if (ok) return s;
    X509_STORE_free(s);
    return NULL;
}

enum sg_err sg_trust_open(const char *ca_file, const char *crl_file, struct sg_trust **out, struct sg_error *e)
{
    struct sg_trust *t = calloc(1, sizeof *t);
    *out = NULL;
    if (!t) return sg_fail(e, SG_E_NOMEM, "", "no memory");
    t->ca_file = strdup(ca_file);
    t->crl_file = crl_file && crl_file[0] ? strdup(crl_file) : NULL;
    (void)pthread_mutex_init(&t->lock, NULL);
    (void)changed(t);
    t->store = t->ca_file ? store_of(t) : NULL;
    if (!t->store) {
        sg_trust_close(t);
        return sg_fail(e, SG_E_IO, ca_file, "issuers or revocation list cannot be read");
    }
    *out = t;
    return SG_E_OK;
}

void sg_trust_close(struct sg_trust *t)
{
    if (!t) return;
    X509_STORE_free(t->store);
    (void)pthread_mutex_destroy(&t->lock);
    free(t->ca_file);
    free(t->crl_file);
    free(t);
}

/* The store of the moment, with a reference of the caller's own. */
static X509_STORE *current(struct sg_trust *t)
{
    (void)pthread_mutex_lock(&t->lock);
    if (changed(t)) {
        X509_STORE_free(t->store);
        t->store = store_of(t);
        sg_log(t->store ? SG_LOG_INFO : SG_LOG_ERROR, t->store ? "revocation list read anew" : "revocation list cannot be read: nobody is let in");
    }
    X509_STORE *s = t->store;
    if (s) (void)X509_STORE_up_ref(s);
    (void)pthread_mutex_unlock(&t->lock);
    return s;
}

static STACK_OF(X509) *others(const struct sg_der *chain, size_t n)
{
    STACK_OF(X509) *stack = sk_X509_new_null();
    for (size_t i = 1; stack && i < n && i < CHAIN_MAX; i++) {
        const unsigned char *p = chain[i].data;
        X509 *x = d2i_X509(NULL, &p, (long)chain[i].n);
        if (x && sk_X509_push(stack, x) <= 0) X509_free(x);
    }
    return stack;
}

static bool chain_ok(X509_STORE *s, X509 *leaf, STACK_OF(X509) *rest, int64_t wall_ms, struct sg_peer *p)
{
    X509_STORE_CTX *c = X509_STORE_CTX_new();
    bool ok = c && X509_STORE_CTX_init(c, s, leaf, rest) == 1 && X509_STORE_CTX_set_purpose(c, X509_PURPOSE_SSL_CLIENT) == 1;
    if (ok) {
        X509_STORE_CTX_set_time(c, 0, (time_t)(wall_ms / 1000));
        ok = X509_verify_cert(c) == 1;
        if (!ok) SG_COPY(p->why, X509_verify_cert_error_string(X509_STORE_CTX_get_error(c)));
    }
    X509_STORE_CTX_free(c);
    return ok;
}

/* The subject's only serialNumber must be an HSA-id. */
static bool person_of(X509 *leaf, struct sg_peer *p)
{
    X509_NAME *name = X509_get_subject_name(leaf);
    int at = X509_NAME_get_index_by_NID(name, NID_serialNumber, -1);
    if (at < 0 || X509_NAME_get_index_by_NID(name, NID_serialNumber, at) >= 0) return false;
    unsigned char *text = NULL;
    char copy[64];
    int n = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
    bool ok = n > 0 && !memchr(text, 0, (size_t)n) && sg_copyn(copy, sizeof copy, (const char *)text, (size_t)n) && sg_hsa_parse(copy, p->hsa);
    OPENSSL_free(text);
    return ok;
}

static void judge(X509_STORE *s, const struct sg_der *chain, size_t n, int64_t wall_ms, struct sg_peer *p)
{
    unsigned char md[EVP_MAX_MD_SIZE];
    const unsigned char *der = chain[0].data;
    X509 *leaf = d2i_X509(NULL, &der, (long)chain[0].n);
    STACK_OF(X509) *rest = others(chain, n);
    if (!leaf) SG_COPY(p->why, "the certificate cannot be read");
    else if (!chain_ok(s, leaf, rest, wall_ms, p)) p->certified = false;
    else if (!person_of(leaf, p)) SG_COPY(p->why, "no HSA-id in the subject");
    else p->certified = EVP_Digest(chain[0].data, chain[0].n, md, NULL, EVP_sha256(), NULL) == 1;
    if (p->certified) sg_hex(p->fingerprint, md, 32);
    sk_X509_pop_free(rest, X509_free);
    X509_free(leaf);
    ERR_clear_error();
}

void sg_trust_judge(struct sg_trust *t, const struct sg_der *chain, size_t n, int64_t wall_ms, struct sg_peer *p)
{
    memset(p, 0, sizeof *p);
    if (n == 0) {
        SG_COPY(p->why, "no certificate");
        return;
    }
    X509_STORE *s = current(t);
    if (s) judge(s, chain, n, wall_ms, p);
    else SG_COPY(p->why, "no revocation list");
    X509_STORE_free(s);
}
