/* The one way from a tree to text: compact, into a buffer with a ceiling. The tree is consumed, also when it fails. */
#include <string.h>
#include "base/secret.h"
#include "wire/wire.h"

enum sg_err sg_wire_print(cJSON *v, struct sg_buf *out)
{
    if (!v)
        return SG_E_NOMEM;
    char *text = cJSON_PrintUnformatted(v);
    cJSON_Delete(v);
    if (!text)
        return SG_E_NOMEM;
    enum sg_err r = sg_buf_addz(out, text);
    sg_wipe(text, strlen(text));
    cJSON_free(text);
    return r;
}
