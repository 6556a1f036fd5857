/* Reasons as data: one row of rule.def each. The sentence is looked up in the catalogue of the current language and its one
 * %s is replaced by hand, never by printf, so that neither a translation nor a foreign detail can act as a format. */
#include "model/rule.h"
#include <string.h>
#include "base/str.h"

static const struct { const char *name, *msgid; } RULES[] = {
#define SG_RULE(id, name, text) {name, text},
#include "model/rule.def"
};

const char *sg_rule_name(enum sg_rule r) { return (size_t)r < SG_RULE_COUNT ? RULES[r].name : ""; }
const char *sg_rule_msgid(enum sg_rule r) { return (size_t)r < SG_RULE_COUNT ? RULES[r].msgid : ""; }

enum sg_rule sg_rule_named(const char *name)
{
    for (size_t i = 0; name && i < SG_RULE_COUNT; i++)
        if (sg_eq(RULES[i].name, name)) return (enum sg_rule)i;
    return SG_RULE_COUNT;
}

void sg_why_text(char *dst, size_t cap, const struct sg_why *w)
{
    const char *msgid = sg_rule_msgid(w->rule);
    const char *text = *msgid ? _(msgid) : ""; /* gettext("") would give the catalogue's header */
    const char *mark = strstr(text, "%s");
    if (!mark) {
        sg_copy(dst, cap, text);
        return;
    }
    size_t before = (size_t)(mark - text);
    const char *after = mark + 2;
    if (!w->detail[0]) /* without a detail the sentence ends before the blank or colon that led to it */
        while (before > 0 && (text[before - 1] == ' ' || text[before - 1] == ':')) before--;
    char head[256];
    sg_copyn(head, sizeof head, text, before);
    sg_format(dst, cap, "%s%s%s", head, w->detail, after);
}
