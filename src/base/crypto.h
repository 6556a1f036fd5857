/* The library of cryptography, made ready once. */
#pragma once
#include "base/err.h"

/* Before anything else is asked of libcrypto, in every program: without memory for its tables OpenSSL 3.0 says nothing and crashes at the
 * next call. NOMEM then, and libcrypto must not be used in this process. Costs nothing when called again. */
SG_MUST enum sg_err sg_crypto_start(struct sg_error *e);
