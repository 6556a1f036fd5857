/* HTTP exchanges as plain values. The body is the only owned part; freeing wipes it, because a request body may carry a
 * personnummer and a reply always carries personal data. */
#include "wire/http.h"
#include "base/secret.h"

const char *sg_method_name(enum sg_method m)
{
    static const char *const name[] = { [SG_GET] = "GET", [SG_PUT] = "PUT", [SG_POST] = "POST", [SG_DELETE] = "DELETE" };
    return (unsigned)m < sizeof name / sizeof *name ? name[m] : "?";
}

void sg_http_request_free(struct sg_http_request *r)
{
    if (!r)
        return;
    sg_buf_free(&r->body);
    sg_wipe(r->bearer, sizeof r->bearer);
}

void sg_http_reply_free(struct sg_http_reply *r)
{
    if (r)
        sg_buf_free(&r->body);
}
