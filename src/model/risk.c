/* Risk marks compare what can be compared. Names are compared without regard to ASCII case and to blanks around them; a surname is the
 * last word of a name. */
#include "model/risk.h"
#include <string.h>
#include "base/str.h"

enum { DAY_BEGINS = 7, DAY_ENDS = 19, SATURDAY = 6 };

static const struct { const char *name, *title, *help; } RISKS[] = {
#define SG_RISK(id, name, title, help) {name, title, help},
#include "model/risk.def"
};

const char *sg_risk_name(int r) { return r >= 0 && r < SG_RISK_COUNT ? RISKS[r].name : ""; }
const char *sg_risk_title(enum sg_risk r) { return (unsigned)r < SG_RISK_COUNT ? RISKS[r].title : ""; }
const char *sg_risk_help(enum sg_risk r) { return (unsigned)r < SG_RISK_COUNT ? RISKS[r].help : ""; }

enum sg_risk sg_risk_named(const char *name)
{
    unsigned r = 0;
    while (r < SG_RISK_COUNT && !sg_eq(RISKS[r].name, name)) r++;
    return (enum sg_risk)r;
}

static const char *surname(const char *name)
{
    const char *last = name ? strrchr(name, ' ') : NULL;
    return last ? last + 1 : name ? name : "";
}

static bool same(const char *a, const char *b) { return a && b && a[0] && sg_ieq(a, b); }

static bool related(const struct sg_risk_facts *f)
{
    bool any = same(f->actor_name, f->citizen_name);
    for (size_t i = 0; i < f->n_related && i < SG_RISK_RELATED_MAX; i++) any = any || same(f->actor_name, f->related[i]);
    return any;
}

static bool out_of_hours(int64_t at)
{
    int hour = 0, weekday = 0;
    sg_local_hour(at, &hour, &weekday);
    return hour < DAY_BEGINS || hour >= DAY_ENDS || weekday >= SATURDAY;
}

uint32_t sg_risks(const struct sg_risk_facts *f)
{
    const bool is[SG_RISK_COUNT] = {
        [SG_RISK_SAME_SURNAME] = same(surname(f->actor_name), surname(f->citizen_name)), [SG_RISK_RELATION] = related(f),
        [SG_RISK_COLLEAGUE] = f->colleague, [SG_RISK_PROTECTED] = f->is_protected, [SG_RISK_OUT_OF_HOURS] = out_of_hours(f->at),
        [SG_RISK_BREAK_GLASS] = f->emergency, [SG_RISK_BULK] = f->within_hour >= SG_RISK_MANY};
    uint32_t bits = 0;
    for (unsigned r = 0; r < SG_RISK_COUNT; r++)
        if (is[r]) bits |= UINT32_C(1) << r;
    return bits;
}

/* ---- drawing ------------------------------------------------------------------------------------------------------------- */

uint64_t sg_sample_next(struct sg_sampler *s)
{
    uint64_t z = s->state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

uint64_t sg_sample_below(struct sg_sampler *s, uint64_t n)
{
    uint64_t uneven = (UINT64_MAX - n + 1) % n, v;       /* 2^64 mod n: those values would favour the first numbers */
    do v = sg_sample_next(s);
    while (v < uneven);
    return v % n;
}

void sg_sample_shuffle(struct sg_sampler *s, int64_t *v, size_t n, size_t k)
{
    for (size_t i = 0; i < k && i < n; i++) {
        size_t j = i + (size_t)sg_sample_below(s, n - i);
        int64_t keep = v[i];
        v[i] = v[j];
        v[j] = keep;
    }
}
