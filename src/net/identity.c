/* Who a certificate is for, and whether a set of files can be used at all. Read once, before any connection, so that a wrong
 * path or a key of another certificate is told as such and not as a failed handshake. */
#include "net/identity.h"
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <string.h>
#include "base/str.h"

static enum sg_err read_cert(const char *path, X509 **out, struct sg_error *e)
{
    BIO *in = path ? BIO_new_file(path, "r") : NULL;
    bool readable = in != NULL;
    *out = in ? PEM_read_bio_X509(in, NULL, NULL, NULL) : NULL;
    BIO_free(in);
    if (*out)
        return SG_E_OK;
    return sg_fail(e, readable ? SG_E_PARSE : SG_E_IO, path, "%s", readable ? "not a certificate in PEM form" : "cannot be read");
}

/* One attribute of the subject as UTF-8; "" when there is none or it does not fit. */
static void subject_text(const X509 *cert, int nid, char *dst, size_t cap)
{
    const X509_NAME *name = X509_get_subject_name(cert);
    int at = X509_NAME_get_index_by_NID(name, nid, -1);
    const X509_NAME_ENTRY *entry = at >= 0 ? X509_NAME_get_entry(name, at) : NULL;
    unsigned char *utf8 = NULL;
    int n = entry ? ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(entry)) : -1;
    dst[0] = '\0';
    if (n > 0 && !memchr(utf8, '\0', (size_t)n) && !sg_copyn(dst, cap, (const char *)utf8, (size_t)n))
        dst[0] = '\0';
    OPENSSL_free(utf8);
}

enum sg_err sg_identity_read(const char *cert_file, char hsa[SG_HSA_MAX], char name[SG_NAME_MAX], struct sg_error *e)
{
    char serial[96];
    X509 *cert;
    enum sg_err r = read_cert(cert_file, &cert, e);
    hsa[0] = name[0] = '\0';
    if (r != SG_E_OK)
        return r;
    subject_text(cert, NID_serialNumber, serial, sizeof serial);
    subject_text(cert, NID_commonName, name, SG_NAME_MAX);
    X509_free(cert);
    if (!sg_hsa_parse(serial, hsa)) {
        hsa[0] = '\0';
        return sg_fail(e, SG_E_AUTH, cert_file, "the subject has no HSA-id as its serialNumber");
    }
    return SG_E_OK;
}

/* A key behind a passphrase is refused: a prompt would appear in the middle of a full-screen program. */
static int no_prompt(char *buf, int size, int rwflag, void *ctx)
{
    (void)buf, (void)size, (void)rwflag, (void)ctx;
    return -1;
}

static enum sg_err read_key(const char *path, EVP_PKEY **out, struct sg_error *e)
{
    BIO *in = path ? BIO_new_file(path, "r") : NULL;
    *out = in ? PEM_read_bio_PrivateKey(in, NULL, no_prompt, NULL) : NULL;
    BIO_free(in);
    return *out ? SG_E_OK : sg_fail(e, SG_E_IO, path, "no key can be read from it");
}

enum sg_err sg_identity_check(const struct sg_identity *id, struct sg_error *e)
{
    X509 *ca = NULL, *cert = NULL;
    EVP_PKEY *key = NULL;
    enum sg_err r = SG_E_OK;
    if (read_cert(id->ca_file, &ca, NULL) != SG_E_OK)
        r = sg_fail(e, SG_E_IO, id->ca_file, "no certificate authority can be read from it");
    else if (read_cert(id->cert_file, &cert, NULL) != SG_E_OK)
        r = sg_fail(e, SG_E_IO, id->cert_file, "no certificate can be read from it");
    else if ((r = read_key(id->key_file, &key, e)) == SG_E_OK && X509_check_private_key(cert, key) != 1)
        r = sg_fail(e, SG_E_IO, id->key_file, "the key is not the certificate's");
    EVP_PKEY_free(key);
    X509_free(cert);
    X509_free(ca);
    return r;
}
