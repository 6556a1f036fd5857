/* HSA-ids: ^(SE([0-9]{10}|16[0-9]{10})|TSTNMT[0-9]{10})-[A-Za-z0-9]{1,}$, at most 31 characters. What people paste
 * has blanks around and inside; those go. The case of the last part is kept, since the directory keeps it. */
#include "base/str.h"
#include "model/ids.h"
#include <string.h>

enum { HSA_TEXT_MAX = 31, PASTED_MAX = 128 };

static size_t prefix(char *s)
{
    static const char *const prefixes[] = { "TSTNMT", "SE" };
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
        size_t n = strlen(prefixes[i]);
        char head[8];
        sg_copyn(head, sizeof head, s, n);
        if (sg_ieq(head, prefixes[i])) {
            memcpy(s, prefixes[i], n);
            return n;
        }
    }
    return 0;
}

bool sg_hsa_parse(const char *text, char dst[SG_HSA_MAX])
{
    static const char alnum[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    char s[PASTED_MAX];
    dst[0] = '\0';
    if (!SG_COPY(s, text) || strlen(sg_strip_blanks(s)) > HSA_TEXT_MAX)
        return false;
    size_t at = prefix(s), digits = strspn(s + at, "0123456789");
    bool company = at == 2 && digits == 12 && sg_starts(s + at, "16");   /* organisation number with its 16 */
    if (at == 0 || (digits != 10 && !company) || s[at + digits] != '-')
        return false;
    const char *rest = s + at + digits + 1;
    if (!*rest || strspn(rest, alnum) != strlen(rest))
        return false;
    return sg_copy(dst, SG_HSA_MAX, s);
}
