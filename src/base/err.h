/* Errors: one closed enum, and one explicit struct that names what went wrong and where. */
#pragma once
#include <stddef.h>

enum sg_err {
#define SG_ERR(id, name, exit_status, text) SG_E_##id,
#include "base/err.def"
    SG_E_COUNT
};

#define SG_MUST __attribute__((warn_unused_result))
#define SG_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

enum { SG_WHERE_MAX = 96, SG_DETAIL_MAX = 256 };

/* Filled by the callee when it returns anything but SG_E_OK. Never holds personal data.
 * where: the place in the input ("line 3", "params.unit", a file's path); may be empty.
 * detail: an English sentence for a maintainer, or the problem type of the service. */
struct sg_error {
    enum sg_err code;
    char where[SG_WHERE_MAX];
    char detail[SG_DETAIL_MAX];
};

/* Sets *e (which may be NULL) and returns code, so that a callee can `return sg_fail(...)`. */
enum sg_err sg_fail(struct sg_error *e, enum sg_err code, const char *where, const char *fmt, ...) SG_PRINTF(4, 5);
const char *sg_err_name(enum sg_err code);      /* stable, English, for scripts */
const char *sg_err_text(enum sg_err code);      /* msgid of a sentence; translate with _() */
int sg_err_exit(enum sg_err code);              /* exit status, DESIGN: 0 1 2 65 69 70 74 75 76 77 */
