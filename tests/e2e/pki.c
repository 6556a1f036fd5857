/* A private certificate authority in a folder: ECDSA P-256, the staff member's HSA-id in the subject's serialNumber. What exists
 * is kept, so that all test programs of one run share it. */
#include "tests/e2e/lib.h"
#include <fcntl.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <unistd.h>
#include "base/str.h"

enum { BACK_S = 3600, DAYS = 30 };

static void file_of(char dst[E2E_PATH], const char *dir, const char *name, const char *end) {
    assert_true(sg_format(dst, E2E_PATH, "%s/%s.%s", dir, name, end));
}

static FILE *private_file(const char *dir, const char *name, const char *end) {
    char path[E2E_PATH];
    file_of(path, dir, name, end);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;
    assert_non_null(f);
    return f;
}

static void add_name(X509_NAME *n, const char *field, const char *value) {
    union { const char *c; const unsigned char *u; } v = {.c = value};
    assert_int_equal(X509_NAME_add_entry_by_txt(n, field, MBSTRING_UTF8, v.u, -1, -1, 0), 1);
}

static void add_ext(X509 *x, X509 *issuer, int nid, const char *value) {
    X509V3_CTX ctx;
    X509V3_set_ctx_nodb(&ctx);
    X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
    X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    assert_non_null(e);
    assert_int_equal(X509_add_ext(x, e, -1), 1);
    X509_EXTENSION_free(e);
}

static X509 *blank(EVP_PKEY *key, const char *cn, const char *hsa) {
    uint64_t serial = 0;
    X509 *x = X509_new();
    assert_non_null(x);
    assert_int_equal(RAND_bytes((unsigned char *)&serial, sizeof serial), 1);
    assert_int_equal(X509_set_version(x, X509_VERSION_3), 1);
    assert_int_equal(ASN1_INTEGER_set_uint64(X509_get_serialNumber(x), serial >> 1), 1);
    assert_non_null(X509_gmtime_adj(X509_getm_notBefore(x), -BACK_S));
    assert_non_null(X509_gmtime_adj(X509_getm_notAfter(x), (long)DAYS * 86400));
    add_name(X509_get_subject_name(x), "C", "SE");
    add_name(X509_get_subject_name(x), "O", "Sigill test");
    add_name(X509_get_subject_name(x), "CN", cn);
    if (hsa != NULL) {
        add_name(X509_get_subject_name(x), "serialNumber", hsa);
    }
    assert_int_equal(X509_set_pubkey(x, key), 1);
    return x;
}

static void save(const char *dir, const char *name, X509 *x, EVP_PKEY *key) {
    FILE *f = private_file(dir, name, "key");
    assert_int_equal(PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL), 1);
    assert_int_equal(fclose(f), 0);
    f = private_file(dir, name, "pem");
    assert_int_equal(PEM_write_X509(f, x), 1);
    assert_int_equal(fclose(f), 0);
}

static bool there(const char *dir, const char *name) {
    char path[E2E_PATH];
    file_of(path, dir, name, "pem");
    return access(path, R_OK) == 0;
}

void e2e_pki_ca(const char *dir, const char *ca) {
    if (there(dir, ca)) {
        return;
    }
    EVP_PKEY *key = EVP_EC_gen("P-256");
    assert_non_null(key);
    X509 *x = blank(key, ca, NULL);
    assert_int_equal(X509_set_issuer_name(x, X509_get_subject_name(x)), 1);
    add_ext(x, x, NID_basic_constraints, "critical,CA:TRUE");
    add_ext(x, x, NID_key_usage, "critical,keyCertSign,cRLSign");
    add_ext(x, x, NID_subject_key_identifier, "hash");
    assert_true(X509_sign(x, key, EVP_sha256()) > 0);
    save(dir, ca, x, key);
    X509_free(x);
    EVP_PKEY_free(key);
}

static void load(const char *dir, const char *name, X509 **x, EVP_PKEY **key) {
    char path[E2E_PATH];
    file_of(path, dir, name, "pem");
    FILE *f = fopen(path, "re");
    assert_non_null(f);
    *x = PEM_read_X509(f, NULL, NULL, NULL);
    fclose(f);
    file_of(path, dir, name, "key");
    f = fopen(path, "re");
    assert_non_null(f);
    *key = PEM_read_PrivateKey(f, NULL, NULL, NULL);
    fclose(f);
    assert_true(*x != NULL && *key != NULL);
}

void e2e_pki_cert(const char *dir, const char *ca, const char *name, const char *cn, const char *hsa, bool server) {
    if (there(dir, name)) {
        return;
    }
    X509 *issuer;
    EVP_PKEY *ca_key, *key = EVP_EC_gen("P-256");
    assert_non_null(key);
    load(dir, ca, &issuer, &ca_key);
    X509 *x = blank(key, cn, hsa);
    assert_int_equal(X509_set_issuer_name(x, X509_get_subject_name(issuer)), 1);
    add_ext(x, issuer, NID_basic_constraints, "critical,CA:FALSE");
    add_ext(x, issuer, NID_key_usage, "critical,digitalSignature");
    add_ext(x, issuer, NID_ext_key_usage, server ? "serverAuth" : "clientAuth");
    add_ext(x, issuer, NID_authority_key_identifier, "keyid");
    if (server) {
        add_ext(x, issuer, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1,IP:10.177.0.1");
    }
    assert_true(X509_sign(x, ca_key, EVP_sha256()) > 0);
    save(dir, name, x, key);
    X509_free(x);
    X509_free(issuer);
    EVP_PKEY_free(key);
    EVP_PKEY_free(ca_key);
}
