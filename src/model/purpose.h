/* Purposes: code, the contract's Swedish name, and a title. Pure. */
#pragma once
#include "base/i18n.h"

enum sg_purpose {
#define SG_PURPOSE(id, ...) SG_PURPOSE_##id,
#include "model/purpose.def"
    SG_PURPOSE_COUNT
};
enum sg_purpose sg_purpose_named(const char *text);       /* code or Swedish name; SG_PURPOSE_COUNT when it is neither */
const char *sg_purpose_code(enum sg_purpose p);           /* "" beyond the last, these three */
const char *sg_purpose_swedish(enum sg_purpose p);
const char *sg_purpose_title(enum sg_purpose p);          /* msgid */
