/* Whose certificate is this: chain, purpose, dates and revocation decided by OpenSSL, once per connection. Thread-safe. */
#pragma once
#include <openssl/x509.h>
#include "server/core.h"

struct sg_trust;
struct sg_der { const unsigned char *data; size_t n; };
/* ca_file: accepted issuers. crl_file may be NULL: then no revocation is checked. */
SG_MUST enum sg_err sg_trust_open(const char *ca_file, const char *crl_file, struct sg_trust **out, struct sg_error *e);
void sg_trust_close(struct sg_trust *t);
/* chain[0] is the leaf. Never fails: what is not in order leaves p->certified false and says why. wall_ms: the time to judge by. */
void sg_trust_judge(struct sg_trust *t, const struct sg_der *chain, size_t n, int64_t wall_ms, struct sg_peer *p);
