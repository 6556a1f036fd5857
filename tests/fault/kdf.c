/* scrypt replaced by one round of PBKDF2, in the shim and in the test program alike: a thousand starts of a program would otherwise be
 * spent deriving one key, and the store cannot tell. */
#include <openssl/evp.h>

int EVP_PBE_scrypt(const char *pass, size_t n_pass, const unsigned char *salt, size_t n_salt, uint64_t n, uint64_t r, uint64_t p,
                   uint64_t most, unsigned char *key, size_t n_key)
{
    (void)n, (void)r, (void)p, (void)most;
    return PKCS5_PBKDF2_HMAC(pass, (int)n_pass, salt, (int)n_salt, 1, EVP_sha256(), (int)n_key, key);
}
