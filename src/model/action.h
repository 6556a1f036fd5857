/* Actions: the catalogue of action.def as data, and one action as a plain value. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/err.h"
#include "base/i18n.h"
#include "base/random.h"
#include "model/ids.h"

enum sg_action_kind {
#define SG_ACTION(id, ...) SG_ACT_##id,
#include "model/action.def"
    SG_ACT_COUNT            /* also: "none", where a kind is optional (inverse) */
};

/* Field indices of one kind: SG_F_LOGIN_LOCK_REGION … numbered through the whole table; sg_field_index() maps to values[]. */
enum sg_field_id {
#define SG_FIELD(act, id, ...) SG_F_##act##_##id,
#include "model/action.def"
    SG_F_COUNT
};

enum sg_effect { SG_EFFECT_PROTECTS, SG_EFFECT_WIDENS, SG_EFFECT_NEUTRAL };
enum sg_offline { SG_OFFLINE_QUEUE, SG_OFFLINE_RECONFIRM, SG_OFFLINE_ONLINE };
enum sg_danger { SG_DANGER_PLAIN, SG_DANGER_CONFIRM, SG_DANGER_TYPE_ID };
enum sg_field_type { SG_FT_TEXT, SG_FT_REGION, SG_FT_CHOICE, SG_FT_UNIT, SG_FT_PROVIDER, SG_FT_STAFF, SG_FT_DATE, SG_FT_TIME,
                     SG_FT_FLAG, SG_FT_GUARDIAN, SG_FT_GRANTEE, SG_FT_RESTRICTION };

struct sg_field_def {
    enum sg_action_kind kind;
    enum sg_field_id id;
    const char *name;        /* API and command line */
    enum sg_field_type type;
    bool required;
    size_t max;              /* bytes */
    const char *choices;     /* "a|b|c" for CHOICE; the kind whose restrictions may be named ("*" all) for RESTRICTION */
    const char *preset;      /* default value or NULL */
    const char *label, *help;/* msgids */
};
struct sg_action_def {
    enum sg_action_kind kind;
    const char *name;        /* "login.lock" */
    enum sg_effect effect;
    enum sg_offline offline;
    enum sg_danger danger;
    int perm;                /* enum sg_perm; SG_PERM_COUNT: decided per part / per restriction */
    enum sg_action_kind inverse;
    char key;
    const char *title, *help, *not_covered;  /* msgids */
    size_t n_fields;
    const struct sg_field_def *fields;       /* n_fields of them, in table order */
};
const struct sg_action_def *sg_action_def(enum sg_action_kind k);        /* never NULL for k < SG_ACT_COUNT */
enum sg_action_kind sg_action_kind_named(const char *name);              /* SG_ACT_COUNT when unknown */
const struct sg_field_def *sg_action_field(enum sg_action_kind k, const char *name); /* NULL when unknown */
/* Whether a kind is about a citizen, whom subject names; the others are about oneself or the service, and subject is "me". */
bool sg_action_about_citizen(enum sg_action_kind k);
/* Whether a kind may be a part of citizen.protect: the protective, queueable, non-compound ones. */
bool sg_action_may_be_part(enum sg_action_kind k);

enum { SG_PARTS_MAX = 10, SG_FIELDS_MAX = 12, SG_VALUE_MAX = 128 };

/* One kind with its values as typed (strings), by position in sg_action_def()->fields. "" = not given. */
struct sg_part { enum sg_action_kind kind; char value[SG_FIELDS_MAX][SG_VALUE_MAX]; };

/* An action as a person decided it. A plain value: copy freely. A simple kind has one part of the same kind,
 * citizen.protect has 1..SG_PARTS_MAX parts of other kinds. */
struct sg_action {
    char id[SG_UUID_MAX];            /* UUIDv7 made by the client: the idempotency key */
    enum sg_action_kind kind;
    char subject[SG_ID_MAX];         /* citizenId, or "me" */
    char observed[SG_ETAG_MAX];      /* ETag of the subject when the person decided; "*" only for protective kinds when nothing was seen */
    char reason[SG_TEXT_MAX];
    int64_t performed_at;            /* wall ms on the client when the person decided; display and law, never order */
    bool offline;                    /* decided while the service was away */
    int64_t seq;                     /* per device + actor, 1, 2, 3 …; 0 = not yet given */
    char device[SG_UUID_MAX];
    size_t n_parts;
    struct sg_part part[SG_PARTS_MAX];
};

/* Empty action of a kind, its own part made for simple kinds, presets filled in. id, device and times are left empty. */
void sg_action_init(struct sg_action *a, enum sg_action_kind k, const char *subject);
const char *sg_part_get(const struct sg_part *p, enum sg_field_id f);    /* "" when not given or not a field of the part's kind */
SG_MUST enum sg_err sg_part_set(struct sg_part *p, const char *name, const char *value, struct sg_error *e); /* where = field name */
struct sg_part *sg_action_add_part(struct sg_action *a, enum sg_action_kind k);      /* NULL when full */

/* "YYYY-MM-DD HH:MM" in Stockholm, or RFC 3339, as fields of type TIME are typed. */
bool sg_action_time(const char *text, int64_t *ms);

/* Form and types of every field (not whether the subject allows it): HSA-ids and dates normalised in place, required ones
 * present, choices known, what depends on each other (scope=unit needs unit …). where = "field", or "kind.field" in a bundle. */
SG_MUST enum sg_err sg_action_validate(struct sg_action *a, struct sg_error *e);
bool sg_flag(const char *value);                                         /* yes, true, 1, ja */
