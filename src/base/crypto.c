#include "base/crypto.h"
#include <openssl/crypto.h>
#include <stdbool.h>

enum sg_err sg_crypto_start(struct sg_error *e)
{
    bool ready = OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG, NULL) == 1 && OSSL_LIB_CTX_get0_global_default() != NULL;
    return ready ? SG_E_OK : sg_fail(e, SG_E_NOMEM, "libcrypto", "it could not be made ready");
}
