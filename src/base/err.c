/* Errors. The table is err.def; everything here is a look-up in it, so that a new error is one row.
 * There is no "last error" kept anywhere: the caller owns the struct. */
#include "base/err.h"
#include "base/i18n.h"
#include "base/str.h"
#include <stdarg.h>
#include <stdio.h>

static const struct {
    const char *name, *text;
    int exit_status;
} errors[] = {
#define SG_ERR(id, name, exit_status, text) { name, text, exit_status },
#include "base/err.def"
};

static size_t row(enum sg_err code)
{
    size_t i = (size_t)code;
    return i < SG_E_COUNT ? i : SG_E_INTERNAL;
}

enum sg_err sg_fail(struct sg_error *e, enum sg_err code, const char *where, const char *fmt, ...)
{
    if (!e)
        return code;
    /* Formatted aside first: the arguments may point into *e (a caller adding to what a callee said). */
    char detail[SG_DETAIL_MAX] = "", at[SG_WHERE_MAX];
    if (fmt) {
        va_list ap;
        va_start(ap, fmt);
        vsnprintf(detail, sizeof detail, fmt, ap);
        va_end(ap);
    }
    SG_COPY(at, where);
    e->code = code;
    SG_COPY(e->where, at);
    SG_COPY(e->detail, detail);
    return code;
}

const char *sg_err_name(enum sg_err code) { return errors[row(code)].name; }
const char *sg_err_text(enum sg_err code) { return errors[row(code)].text; }
int sg_err_exit(enum sg_err code) { return errors[row(code)].exit_status; }
