/* INI text, one entry at a time, with line numbers. Used for the configuration and for keymaps. */
#pragma once
#include "base/err.h"
enum { SG_INI_MAX = 256 * 1024 };
/* Returns OK to go on; anything else stops the reading and is handed out. */
typedef enum sg_err sg_ini_fn(void *ctx, const char *section, const char *name, const char *value, int line, struct sg_error *e);
/* label stands in e->where before the line number: "LABEL:12". */
SG_MUST enum sg_err sg_ini_text(const char *text, const char *label, sg_ini_fn *fn, void *ctx, struct sg_error *e);
SG_MUST enum sg_err sg_ini_file(const char *path, sg_ini_fn *fn, void *ctx, struct sg_error *e);
