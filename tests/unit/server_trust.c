/* Which certificates let somebody in: every kind of wrongness is refused, and with a revocation list the service fails closed. */
#include "server_pki.h"
#include "server/trust.h"
#include <sys/stat.h>
#include <sys/time.h>

#define HSA "SE2321000016-1000"
static struct pki_issuer ca, other;
static EVP_PKEY *key;

static int setup(void **state)
{
    (void)state;
    kit_begin();
    ca = pki_make_issuer("Test CA");
    other = pki_make_issuer("Test CA");                      /* the same name, another key */
    key = pki_key();
    pki_write(ca.cert, NULL, "ca.pem", NULL);
    return 0;
}
static int teardown(void **state)
{
    (void)state;
    unlink(pki_path("ca.pem"));
    unlink(pki_path("crl.pem"));
    kit_tidy();
    pki_free_issuer(&ca);
    pki_free_issuer(&other);
    EVP_PKEY_free(key);
    return 0;
}

static struct sg_peer judged(struct sg_trust *t, const struct pki_issuer *by, const struct pki_wish *w)
{
    struct sg_peer p;
    struct sg_clock now = sg_clock_system(NULL);
    X509 *c = pki_leaf(by, key, w);
    unsigned char *der = NULL;
    int n = i2d_X509(c, &der);
    assert_true(n > 0);
    struct sg_der chain = {der, (size_t)n};
    sg_trust_judge(t, &chain, 1, sg_wall(&now), &p);
    OPENSSL_free(der);
    X509_free(c);
    return p;
}

static void wrong_ones_stay_outside(void **state)
{
    (void)state;
    struct sg_trust *t = NULL;
    static const struct { const char *what; struct pki_wish w; } bad[] = {
        {"a server's", {.serial = HSA, .usage = "serverAuth"}}, {"an expired one", {.serial = HSA, .usage = "clientAuth", .from_days = -9, .to_days = -1}},
        {"one not yet valid", {.serial = HSA, .usage = "clientAuth", .from_days = 2}}, {"one without person", {.usage = "clientAuth"}},
        {"one of two persons", {.serial = HSA, .serial2 = "SE2321000016-1001", .usage = "clientAuth"}},
        {"one of a thing", {.serial = "12345", .usage = "clientAuth"}}};
    assert_int_equal(sg_trust_open(pki_path("ca.pem"), NULL, &t, NULL), SG_E_OK);
    struct pki_wish good = {.serial = HSA, .usage = "clientAuth"};
    struct sg_peer p = judged(t, &ca, &good);
    assert_true(p.certified);
    assert_string_equal(p.hsa, HSA);
    assert_int_equal(strlen(p.fingerprint), 64);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        p = judged(t, &ca, &bad[i].w);
        if (p.certified || !p.why[0]) fail_msg("%s was let in or not explained", bad[i].what);
    }
    p = judged(t, &other, &good);
    assert_false(p.certified);
    struct sg_peer none;
    sg_trust_judge(t, NULL, 0, 0, &none);
    assert_false(none.certified);
    struct sg_der rubbish = {(const unsigned char *)"rubbish", 7};
    sg_trust_judge(t, &rubbish, 1, 0, &none);
    assert_false(none.certified);
    sg_trust_close(t);
}

/* The file gets another time stamp each time it is written, whatever the clock's grain. */
static void renew(long number, int next_days)
{
    static long tick = 1000000000;
    tick++;
    struct timeval t[2] = {{.tv_sec = tick}, {.tv_sec = tick}};
    pki_crl(&ca, number, next_days, pki_path("crl.pem"));
    assert_int_equal(utimes(pki_path("crl.pem"), t), 0);
}

static void revocation_fails_closed(void **state)
{
    (void)state;
    struct sg_trust *t = NULL;
    struct pki_wish seven = {.serial = HSA, .usage = "clientAuth", .number = 7}, eight = {.serial = HSA, .usage = "clientAuth", .number = 8};
    assert_int_equal(sg_trust_open(pki_path("ca.pem"), pki_path("crl.pem"), &t, NULL), SG_E_IO);           /* no list yet */
    renew(7, 5);
    assert_int_equal(sg_trust_open(pki_path("ca.pem"), pki_path("crl.pem"), &t, NULL), SG_E_OK);
    assert_false(judged(t, &ca, &seven).certified);
    assert_true(judged(t, &ca, &eight).certified);
    renew(8, 5);                                                                                            /* read by itself */
    assert_true(judged(t, &ca, &seven).certified);
    assert_false(judged(t, &ca, &eight).certified);
    renew(0, -1);                                                                                           /* too old */
    assert_false(judged(t, &ca, &seven).certified);
    renew(0, 5);
    assert_true(judged(t, &ca, &seven).certified);
    assert_int_equal(unlink(pki_path("crl.pem")), 0);                                                       /* gone */
    assert_false(judged(t, &ca, &seven).certified);
    sg_trust_close(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(wrong_ones_stay_outside, setup, teardown),
                                       cmocka_unit_test_setup_teardown(revocation_fails_closed, setup, teardown)};
    return cmocka_run_group_tests_name("server_trust", tests, NULL, NULL);
}
