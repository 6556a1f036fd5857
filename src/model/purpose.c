/* The table of purposes, read by either of its names. */
#include "model/purpose.h"
#include <stddef.h>
#include "base/str.h"

static const struct { const char *code, *swedish, *title; } PURPOSES[] = {
#define SG_PURPOSE(id, code, swedish, title) {code, swedish, title},
#include "model/purpose.def"
};

enum sg_purpose sg_purpose_named(const char *text)
{
    size_t i = 0;
    while (i < SG_PURPOSE_COUNT && !sg_eq(PURPOSES[i].code, text) && !sg_eq(PURPOSES[i].swedish, text)) i++;
    return (enum sg_purpose)i;
}

const char *sg_purpose_code(enum sg_purpose p) { return (size_t)p < SG_PURPOSE_COUNT ? PURPOSES[p].code : ""; }
const char *sg_purpose_swedish(enum sg_purpose p) { return (size_t)p < SG_PURPOSE_COUNT ? PURPOSES[p].swedish : ""; }
const char *sg_purpose_title(enum sg_purpose p) { return (size_t)p < SG_PURPOSE_COUNT ? PURPOSES[p].title : ""; }
