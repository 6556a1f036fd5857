/* Reasons: a rule and its detail. */
#pragma once
#include <stddef.h>
#include "base/i18n.h"
enum sg_rule {
#define SG_RULE(id, ...) SG_RULE_##id,
#include "model/rule.def"
    SG_RULE_COUNT
};
struct sg_why { enum sg_rule rule; char detail[192]; char restriction[48]; };  /* restriction: the one behind it, or "" */
const char *sg_rule_name(enum sg_rule r);
enum sg_rule sg_rule_named(const char *name);                     /* SG_RULE_COUNT when unknown */
const char *sg_rule_msgid(enum sg_rule r);
/* The sentence in the current language with the detail in its place. detail is foreign text and passes
 * sg_text_render before a terminal. */
void sg_why_text(char *dst, size_t cap, const struct sg_why *w);
