/* libcurl brings some twenty-five libraries (Kerberos, LDAP, SSH, GnuTLS …) that would have to be found and relocated before the first frame,
 * for a program that may be started only to look at its queue. It is therefore opened by name when the first transport is made, all
 * symbols at once (RTLD_NOW), so that a missing one is an error message and not a crash later. The table stands on a page of its own that
 * is made read-only, as a linked program's table would be. */
#include "net/curl_lib.h"
#include <dlfcn.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>

#define SO "libcurl.so.4"
enum { PAGE = 4096 };

static _Alignas(PAGE) union { struct sg_curl_lib lib; char page[PAGE]; } table;
const struct sg_curl_lib *const sg_curl_lib = &table.lib;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static const char *missing = SO;                /* NULL: loaded */

static const char *const names[] = {
#define SG_CURL_FN(name) "curl_" #name,
#include "net/curl.def"
#undef SG_CURL_FN
};
_Static_assert(sizeof names / sizeof *names * sizeof(void *) == sizeof(struct sg_curl_lib), "one pointer for each name");

static void load(void)
{
    void *so = dlopen(SO, RTLD_NOW | RTLD_LOCAL);
    if (!so)
        return;
    missing = NULL;
    for (size_t i = 0; i < sizeof names / sizeof *names && !missing; i++) {
        void *at = dlsym(so, names[i]);
        memcpy(table.page + i * sizeof at, &at, sizeof at);
        missing = at ? NULL : names[i];
    }
    (void)mprotect(table.page, sizeof table, PROT_READ);
}

enum sg_err sg_curl_load(struct sg_error *e)
{
    (void)pthread_once(&once, load);
    return missing ? sg_fail(e, SG_E_INTERNAL, SO, "cannot be loaded: %s is missing or unusable", missing) : SG_E_OK;
}
