/* libcurl, loaded when the first transport is made. Include this instead of <curl/curl.h>: the functions of curl.def then go through
 * the table. Internal to net. */
#pragma once
#include <curl/curl.h>
#include "base/err.h"

#undef curl_easy_setopt                 /* curl's own macros would call the linked function */
#undef curl_easy_getinfo
#undef curl_multi_setopt

struct sg_curl_lib {
#define SG_CURL_FN(name) __typeof__(curl_##name) *name;
#include "net/curl.def"
#undef SG_CURL_FN
};
extern const struct sg_curl_lib *const sg_curl_lib;
/* Loads it once; SG_E_INTERNAL when this machine has no libcurl.so.4. From any thread. */
SG_MUST enum sg_err sg_curl_load(struct sg_error *e);

#define curl_global_init (*sg_curl_lib->global_init)
#define curl_easy_init (*sg_curl_lib->easy_init)
#define curl_easy_cleanup (*sg_curl_lib->easy_cleanup)
#define curl_easy_perform (*sg_curl_lib->easy_perform)
#define curl_easy_setopt (*sg_curl_lib->easy_setopt)
#define curl_easy_getinfo (*sg_curl_lib->easy_getinfo)
#define curl_easy_strerror (*sg_curl_lib->easy_strerror)
#define curl_slist_append (*sg_curl_lib->slist_append)
#define curl_slist_free_all (*sg_curl_lib->slist_free_all)
#define curl_multi_init (*sg_curl_lib->multi_init)
#define curl_multi_cleanup (*sg_curl_lib->multi_cleanup)
#define curl_multi_setopt (*sg_curl_lib->multi_setopt)
#define curl_multi_add_handle (*sg_curl_lib->multi_add_handle)
#define curl_multi_remove_handle (*sg_curl_lib->multi_remove_handle)
#define curl_multi_perform (*sg_curl_lib->multi_perform)
#define curl_multi_info_read (*sg_curl_lib->multi_info_read)
#define curl_multi_poll (*sg_curl_lib->multi_poll)
#define curl_multi_wakeup (*sg_curl_lib->multi_wakeup)
