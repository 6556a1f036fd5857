/* The catalogue as data and an action as a value. action.def is expanded three times: into the table of all fields, into one
 * struct per kind whose size counts its fields, and into the table of kinds, which points into the first. Nothing is built
 * at run time. What a value must look like is checked in action_check.c. */
#include "model/action.h"
#include <string.h>
#include "base/str.h"
#include "model/role.h"

enum { REQ_OPTIONAL, REQ_REQUIRED };

static const struct sg_field_def FIELDS[] = {
#define SG_FIELD(act, id, name, type, need, max, choices, preset, label, help) \
    {SG_ACT_##act, SG_F_##act##_##id, name, SG_FT_##type, REQ_##need == REQ_REQUIRED, max, choices, preset, label, help},
#include "model/action.def"
};

/* Index of each kind's first field. BACK undoes the step, so that the first field gets the same number. */
enum {
#define SG_ACTION(id, ...) FIRST_##id, BACK_##id = FIRST_##id - 1,
#define SG_FIELD(act, id, ...) AT_##act##_##id,
#include "model/action.def"
};

/* One member per field and one more: sizeof - 1 is the number of fields. */
struct count_start {
    char one;
#define SG_ACTION(id, ...) \
    }; \
    struct count_##id { \
        char one;
#define SG_FIELD(act, id, ...) char f_##id;
#include "model/action.def"
};

static const struct sg_action_def KINDS[] = {
#define SG_ACTION(id, name, effect, offline, danger, perm, inverse, key, title, help, rest) \
    {SG_ACT_##id, name, SG_EFFECT_##effect, SG_OFFLINE_##offline, SG_DANGER_##danger, \
     SG_PERM_##perm, SG_ACT_##inverse, key, title, help, rest, \
     sizeof(struct count_##id) - 1, FIELDS + FIRST_##id},
#include "model/action.def"
};
_Static_assert(sizeof(struct count_GUARDIAN_BLOCK) - 1 <= SG_FIELDS_MAX, "fields fit in a part");
_Static_assert(sizeof(struct count_RECORD_SEAL) - 1 <= SG_FIELDS_MAX, "fields fit in a part");

const struct sg_action_def *sg_action_def(enum sg_action_kind k)
{
    return (size_t)k < SG_ACT_COUNT ? &KINDS[k] : NULL;
}

enum sg_action_kind sg_action_kind_named(const char *name)
{
    size_t k = 0;
    while (k < SG_ACT_COUNT && !sg_eq(KINDS[k].name, name)) k++;
    return (enum sg_action_kind)k;
}

const struct sg_field_def *sg_action_field(enum sg_action_kind k, const char *name)
{
    if ((size_t)k >= SG_ACT_COUNT) return NULL;
    for (size_t i = 0; i < KINDS[k].n_fields; i++)
        if (sg_eq(KINDS[k].fields[i].name, name)) return &KINDS[k].fields[i];
    return NULL;
}

bool sg_action_about_citizen(enum sg_action_kind k) { return k != SG_ACT_TERMS_ACCEPT && k != SG_ACT_LOG_REVIEW; }

bool sg_action_may_be_part(enum sg_action_kind k)
{
    if ((size_t)k >= SG_ACT_COUNT || k == SG_ACT_CITIZEN_PROTECT) return false;
    return KINDS[k].effect == SG_EFFECT_PROTECTS && KINDS[k].offline == SG_OFFLINE_QUEUE;
}

static void part_init(struct sg_part *p, enum sg_action_kind k)
{
    memset(p, 0, sizeof *p);
    p->kind = k;
    for (size_t i = 0; i < KINDS[k].n_fields && i < SG_FIELDS_MAX; i++) SG_COPY(p->value[i], KINDS[k].fields[i].preset);
}

void sg_action_init(struct sg_action *a, enum sg_action_kind k, const char *subject)
{
    memset(a, 0, sizeof *a);
    a->kind = k;
    SG_COPY(a->subject, subject);
    if ((size_t)k < SG_ACT_COUNT && k != SG_ACT_CITIZEN_PROTECT) {
        part_init(&a->part[0], k);
        a->n_parts = 1;
    }
}

struct sg_part *sg_action_add_part(struct sg_action *a, enum sg_action_kind k)
{
    if (a->n_parts >= SG_PARTS_MAX || (size_t)k >= SG_ACT_COUNT) return NULL;
    struct sg_part *p = &a->part[a->n_parts++];
    part_init(p, k);
    return p;
}

const char *sg_part_get(const struct sg_part *p, enum sg_field_id f)
{
    if ((size_t)f >= SG_F_COUNT || FIELDS[f].kind != p->kind) return "";
    const struct sg_action_def *def = &KINDS[p->kind];
    size_t i = (size_t)(&FIELDS[f] - def->fields);
    return i < SG_FIELDS_MAX ? p->value[i] : "";
}

enum sg_err sg_part_set(struct sg_part *p, const char *name, const char *value, struct sg_error *e)
{
    const struct sg_field_def *f = sg_action_field(p->kind, name);
    if (!f) return sg_fail(e, SG_E_INPUT, name, "this kind of action has no such field");
    size_t i = (size_t)(f - KINDS[p->kind].fields), n = value ? strlen(value) : 0;
    if (i >= SG_FIELDS_MAX) return sg_fail(e, SG_E_INTERNAL, name, "too many fields in the catalogue");
    if (n > f->max || n >= SG_VALUE_MAX) return sg_fail(e, SG_E_LIMIT, name, "at most %zu bytes", f->max);
    SG_COPY(p->value[i], value);
    return SG_E_OK;
}

bool sg_flag(const char *value)
{
    return sg_ieq(value, "yes") || sg_ieq(value, "true") || sg_eq(value, "1") || sg_ieq(value, "ja");
}
