/* Certificates of the tests' own: issuers, leaves of every kind of wrongness, revocation lists. Written as PEM into the test's directory. */
#pragma once
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include "server_kit.h"

struct pki_issuer { EVP_PKEY *key; X509 *cert; };
struct pki_wish { const char *serial, *serial2, *usage; int from_days, to_days; long number; const char *san; };

static inline EVP_PKEY *pki_key(void) { return EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256"); }

static inline void pki_extend(X509 *c, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX ctx;
    X509V3_set_ctx(&ctx, issuer, c, NULL, NULL, 0);
    X509_EXTENSION *x = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    assert_non_null(x);
    assert_int_equal(X509_add_ext(c, x, -1), 1);
    X509_EXTENSION_free(x);
}

static inline X509 *pki_blank(long number, int from_days, int to_days, EVP_PKEY *key, const char *cn)
{
    X509 *c = X509_new();
    X509_set_version(c, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(c), number);
    X509_time_adj_ex(X509_getm_notBefore(c), from_days, 0, NULL);
    X509_time_adj_ex(X509_getm_notAfter(c), to_days, 0, NULL);
    X509_set_pubkey(c, key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(c), "CN", MBSTRING_UTF8, (const unsigned char *)cn, -1, -1, 0);
    return c;
}

static inline struct pki_issuer pki_make_issuer(const char *cn)
{
    struct pki_issuer i = {.key = pki_key()};
    i.cert = pki_blank(1, -1, 30, i.key, cn);
    X509_set_issuer_name(i.cert, X509_get_subject_name(i.cert));
    pki_extend(i.cert, i.cert, NID_basic_constraints, "critical,CA:TRUE");
    pki_extend(i.cert, i.cert, NID_key_usage, "critical,keyCertSign,cRLSign");
    assert_true(X509_sign(i.cert, i.key, EVP_sha256()) > 0);
    return i;
}

static inline X509 *pki_leaf(const struct pki_issuer *i, EVP_PKEY *key, const struct pki_wish *w)
{
    X509 *c = pki_blank(w->number ? w->number : 7, w->from_days, w->to_days ? w->to_days : 10, key, "leaf");
    X509_NAME *n = X509_get_subject_name(c);
    if (w->serial) X509_NAME_add_entry_by_NID(n, NID_serialNumber, MBSTRING_ASC, (const unsigned char *)w->serial, -1, -1, 0);
    if (w->serial2) X509_NAME_add_entry_by_NID(n, NID_serialNumber, MBSTRING_ASC, (const unsigned char *)w->serial2, -1, -1, 0);
    X509_set_issuer_name(c, X509_get_subject_name(i->cert));
    if (w->usage) pki_extend(c, i->cert, NID_ext_key_usage, w->usage);
    if (w->san) pki_extend(c, i->cert, NID_subject_alt_name, w->san);
    assert_true(X509_sign(c, i->key, EVP_sha256()) > 0);
    return c;
}

/* A revocation list with at most one number in it (0: none), good until next_days. */
static inline void pki_crl(const struct pki_issuer *i, long number, int next_days, const char *path)
{
    X509_CRL *crl = X509_CRL_new();
    ASN1_TIME *t = ASN1_TIME_new();
    X509_CRL_set_version(crl, 1);
    X509_CRL_set_issuer_name(crl, X509_get_subject_name(i->cert));
    X509_time_adj_ex(t, -2, 0, NULL);
    X509_CRL_set1_lastUpdate(crl, t);
    X509_time_adj_ex(t, next_days, 0, NULL);
    X509_CRL_set1_nextUpdate(crl, t);
    if (number) {
        X509_REVOKED *r = X509_REVOKED_new();
        ASN1_INTEGER *s = ASN1_INTEGER_new();
        ASN1_INTEGER_set(s, number);
        X509_time_adj_ex(t, -1, 0, NULL);
        X509_REVOKED_set_serialNumber(r, s);
        X509_REVOKED_set_revocationDate(r, t);
        X509_CRL_add0_revoked(crl, r);
        ASN1_INTEGER_free(s);
    }
    assert_true(X509_CRL_sign(crl, i->key, EVP_sha256()) > 0);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(PEM_write_X509_CRL(f, crl), 1);
    fclose(f);
    ASN1_TIME_free(t);
    X509_CRL_free(crl);
}

static inline const char *pki_path(const char *name)
{
    static char path[8][160];
    static unsigned next;
    char *p = path[next++ % 8];
    snprintf(p, sizeof path[0], "%s/%s", kit_dir, name);
    return p;
}
static inline void pki_write(X509 *c, EVP_PKEY *k, const char *cert, const char *key)
{
    FILE *f = fopen(pki_path(cert), "w");
    assert_non_null(f);
    assert_int_equal(PEM_write_X509(f, c), 1);
    fclose(f);
    if (!key) return;
    f = fopen(pki_path(key), "w");
    assert_non_null(f);
    assert_int_equal(PEM_write_PrivateKey(f, k, NULL, NULL, 0, NULL, NULL), 1);
    fclose(f);
}
static inline void pki_free_issuer(struct pki_issuer *i) { EVP_PKEY_free(i->key); X509_free(i->cert); }
